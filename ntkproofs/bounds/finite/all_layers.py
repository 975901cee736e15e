r"""One finite network for each output bit, all layers trained: a width at which they execute a program.

The statement: m pairs of neurons ``(+1, u), (-1, u)``, ``u ~ N(0, I_K)`` drawn once (the networks of all output bits
start from it, each with ``w = 2 m`` neurons), T steps of full-batch gradient descent of size eta on all weights, on
the K basis vectors and one column of targets for each network. With probability at least ``1 - failure`` every output
bit at every state of the classes given, rounded at the threshold, is right.

On the events of :mod:`ntkproofs.bounds.finite.tails`, :mod:`ntkproofs.bounds.finite.drift` bounds by d, for each
class, how far a network ends from its linearisation in the bad direction; :mod:`ntkproofs.bounds.finite.linearised`
bounds the chance that the linearised network is not right by d ::

    failure >= eigenvalue + gram + longest + sum over columns ( deviation + pull + bulk + label )
               + sum over t, coordinates ( closings of writers, of others, share )
               + sum over states (square + shift) + sum over classes ( kinks + P(margin below d, |delta| < e) )

States at which one template matches are training samples, at which a network differs from its target by the residual;
bits that no template writes are exactly 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

import numpy as np

from ntkproofs.bounds.finite.drift import Closings, Drift, Spectrum, StateEvents
from ntkproofs.bounds.finite.linearised import LinearisedBound, LinearisedDeviation, TangentSetting
from ntkproofs.bounds.finite.network import EVENT, PRECISION, Deviated, Requirements, TooNarrow, Workload
from ntkproofs.bounds.finite.numbers import FLOATS, Balls, Numbers, Real
from ntkproofs.bounds.finite.output_layer import BitClass, Parameters
from ntkproofs.bounds.finite.search import Search, best_threshold, bisected, bracketed
from ntkproofs.bounds.finite.tails import (
    Column,
    Level,
    Spread,
    StateBound,
    Windows,
    gram,
    least_eigenvalue,
    longest,
    vector_moment,
)
from ntkproofs.bounds.finite.tuning import averaged, minimum, short, tilted
from ntkproofs.errors import InputError, NoMargin, NtkProofsError, Undecided

__all__ = ["AllLayersNetwork", "find_all_layers", "least_all_layers", "levels"]


CLOSINGS = ("writer", "cross", "turn", "other", "echo", "far_echo")


Rates: TypeAlias = Mapping[int, tuple[Real, Real]]


@dataclass(frozen=True)
class Tail:
    """A value that an event keeps below, and the tilt l of its bound."""

    value: Fraction
    l: Fraction


@dataclass(frozen=True)
class VectorTail:
    """The same for the length of a vector."""

    value: Fraction
    l: Fraction
    z: Fraction
    q: Fraction


@dataclass(frozen=True)
class Shared:
    """Events about the start alone."""

    drop: Tail
    gram: Tail
    longest: Tail  # of |v|
    levels: tuple[Level, ...]  # below the longest


@dataclass(frozen=True)
class ColumnEvents:
    """Events of the columns with t ones, and what the deterministic part may spend on the variation of D(X)."""

    deviated: Deviated
    pull: VectorTail
    bulk: VectorTail
    label: Tail
    open: Tail
    rest: Fraction
    writer: Tail
    cross: Tail
    turn: Tail
    other: Tail
    echo: Tail
    far_echo: Tail
    share: Tail

    def closings(self, of: Callable[[Fraction], Real]) -> Closings:
        """Return the values of the closings."""
        return Closings(*(of(getattr(self, name).value) for name in CLOSINGS))


@dataclass(frozen=True)
class StateTails:
    """Events of the states with n matches."""

    square: Tail
    shift: VectorTail


@dataclass(frozen=True)
class ClassEvents:
    """The event of one class, and the parameters of the linearised network's bound."""

    kinks: Tail
    linearised: Parameters


@dataclass(frozen=True)
class AllLayersNetwork:
    """A width, a threshold and a training that are enough for a workload, with every parameter of the bound."""

    workload: Workload
    width: int
    threshold: Fraction
    failure: Fraction
    steps: int
    step: Fraction
    shared: Shared
    columns: Mapping[int, ColumnEvents]
    states: Mapping[int, StateTails]
    classes: Mapping[BitClass, ClassEvents]

    def bound(self, numbers: Numbers | None = None) -> Real:
        """Enclose the bound of the failure probability; raises Undecided or InputError where a condition fails."""
        numbers = Balls(PRECISION) if numbers is None else numbers
        return sum(self.terms(TangentSetting(numbers, self.workload.samples)), start=numbers.of(0))

    def rates(self, setting: TangentSetting) -> Rates:
        """Return, for each number of ones, divergence and rate of the event that the weights deviate."""
        of = setting.numbers.of
        return {
            t: LinearisedDeviation(setting, t).rate(*map(of, (events.deviated.e, events.deviated.z, events.deviated.l)))
            for t, events in self.columns.items()
        }

    def terms(
        self, setting: TangentSetting, rates: Rates | None = None, kinds: Collection[BitClass] | None = None
    ) -> Iterator[Real]:
        """Yield the terms of the union bound: the start, columns, states, classes; `rates` if they are known.

        Of these classes alone, if `kinds` are given: then it is no bound.
        """
        if self.width % 2 or self.width < 2 or self.steps < 1:
            raise InputError(
                f"a network of pairs has an even width and at least one step, got {self.width}, {self.steps}"
            )
        _refuse_full_columns(self.workload)
        if set(self.columns) != set(self.workload.columns) or set(self.classes) != set(self.workload.classes):
            raise InputError("the events are not those of the workload's columns and classes")
        if set(self.states) != {kind.n for kind in self.classes}:
            raise InputError("the events are not those of the workload's states")
        evaluation = _Evaluation(self, setting, self.rates(setting) if rates is None else rates)
        yield from evaluation.before()
        for kind in self.workload.classes if kinds is None else kinds:
            yield from evaluation.bit(kind)


def _refuse_full_columns(workload: Workload) -> None:
    if max(workload.columns, default=1) >= workload.samples:
        raise InputError(
            f"a column of {workload.samples} targets has a target 0, got one with {workload.samples} ones (padding "
            f"adds zeros)"
        )


class _Evaluation:
    """The bound of one network in one kind of numbers."""

    def __init__(self, network: AllLayersNetwork, setting: TangentSetting, rates: Rates) -> None:
        self.network, self.numbers, self.setting, self.rates = network, setting.numbers, setting, rates
        self.pairs = network.width // 2
        self.ends: dict[int, tuple[Drift, Windows, Real, Real]] = {}
        self.states: dict[int, tuple[tuple[Real, ...], Real, Real]] = {}  # limits, Q(beta), |bh - beta|

    def before(self) -> Iterator[Real]:
        """Yield the terms of the start, columns and states."""
        yield from self.start()
        for t in self.network.workload.columns:
            yield from self.column(t)
        for n in self.network.states:
            yield from self.state(n)

    def less(self, first: Real, second: Real, what: str) -> None:
        """Refuse the network unless the first number, which is not negative, is certainly smaller."""
        if not self.numbers.negligible(first, second, bits=0):
            raise InputError(f"{what}: {first} is not certainly less than {second}")

    def chance(self, moment: Real, scale: Real | int, tail: Tail | VectorTail) -> Real:
        """Return ``exp(moment - l scale value)``."""
        return self.numbers.exp(moment - self.numbers.of(tail.l) * scale * self.numbers.of(tail.value))

    def vector(self, moment: tuple[Real, Real], tail: VectorTail) -> Real:
        """Return the same with the scale ``m p(z)``."""
        return self.chance(moment[0], moment[1] * self.pairs, tail)

    def start(self) -> Iterator[Real]:
        """Yield the terms of the start alone."""
        shared, setting, of, m = self.network.shared, self.setting, self.numbers.of, self.pairs
        drop = shared.drop
        if not 0 < drop.value < 1 or min(drop.l, shared.gram.l, shared.longest.l) <= 0:
            raise InputError("a drop lies between 0 and 1 and tilts are positive")
        sizes = [*(level.size for level in shared.levels), shared.longest.value]
        if sizes != sorted(sizes) or sizes[0] <= 0:
            raise InputError("the levels increase to the longest")
        if any(level.l <= 0 for level in shared.levels):
            raise InputError("tilts are positive")
        self.less(of(self.network.step) * (1 + of(shared.gram.value)), of(1), "the step")
        yield self.numbers.exp(least_eigenvalue(setting, m, of(drop.l)) + of(drop.l * m) * of(1 - drop.value))
        yield self.chance(gram(setting, m, of(shared.gram.l)), m, shared.gram)
        yield self.chance(longest(setting, m, of(shared.longest.l)), of(shared.longest.value), shared.longest)

    def column(self, t: int) -> Iterator[Real]:
        """Yield the terms of the columns with t ones, and keep what the states need."""
        network, numbers, setting, of, m = self.network, self.numbers, self.setting, self.numbers.of, self.pairs
        events, column, count, K = network.columns[t], Column(self.setting, t), network.workload.columns[t], setting.K
        if min(getattr(events, name).l for name in ("label", "pull", "bulk", "open", "share", *CLOSINGS)) <= 0:
            raise InputError("tilts are positive")
        divergence, log = self.rates[t]
        yield numbers.exp(divergence + log * m) * count
        for spread, tail in ((column.pull, events.pull), (column.bulk, events.bulk)):
            yield self.vector(vector_moment(setting, m, spread, of(tail.l), of(tail.z), of(tail.q)), tail) * count
        yield self.chance(column.label_moment(m, of(events.label.l)), m, events.label) * count
        drift = Drift(setting, t, network.width, spectrum(setting, network.shared, events), of(events.rest))
        windows, root = Windows(drift, network.shared.levels), drift.root
        self.less(drift.amax(windows.sizes[-1]), of(2), "the output weights may change sign: amax")
        yield self.chance(column.open_moment(m, of(events.open.l)), m, events.open) * count
        self.less(of(network.step) * drift.mu, of(1), "the step")
        closings, share = events.closings(of), of(events.share.value)
        self.less(drift.variation(closings), of(events.rest) * drift.spectrum.least * root, "the variation of D(X)")
        rate = (drift.spectrum.least - drift.lipschitz(closings, share)) * of(network.step)
        self.less(of(0), rate, "the rate of decay")
        residual = drift.residual(rate, network.steps)
        self.less(residual, of(min(network.threshold, 1 - network.threshold)), "the residual")
        for name, moment in moments(windows).items():
            tail = getattr(events, name)
            yield self.chance(moment(of(tail.l)), root, tail) * K
        longer = numbers.largest(drift.tw, drift.s1)
        yield self.chance(windows.share_moment(longer, of(events.share.l)), m, events.share) * K
        self.ends[t] = (drift, windows, residual, drift.late(of(network.step), network.steps))

    def state(self, n: int) -> Iterator[Real]:
        """Yield the terms of the states with n matches, and keep what their classes need."""
        events, of, m = self.network.states[n], self.numbers.of, self.pairs
        state, count, shift = regression(self.setting, n), self.network.workload.states_with(n), events.shift
        if min(events.square.l, shift.l) <= 0:
            raise InputError("tilts are positive")
        yield self.chance(state.square_moment(m, of(events.square.l)), m, events.square) * count
        yield self.vector(state.shift_moment(m, of(shift.l), of(shift.z), of(shift.q)), shift) * count
        least = of(1 - self.network.shared.drop.value) * self.numbers.sqrt(self.setting.lam)
        self.states[n] = (state.limits, of(events.square.value), of(shift.value) / least)

    def bit(self, kind: BitClass) -> Iterator[Real]:
        """Yield the terms of one class."""
        network, numbers, setting, of, m = self.network, self.numbers, self.setting, self.numbers.of, self.pairs
        events, count, column = network.classes[kind], network.workload.classes[kind], network.columns[kind.t]
        drift, windows, residual, late = self.ends[kind.t]
        limits, square, shift = self.states[kind.n]
        if events.kinks.l <= 0:
            raise InputError("tilts are positive")
        e = of(column.deviated.e)
        yield self.chance(windows.kink_moment(kind, e, late, of(events.kinks.l)), drift.root, events.kinks) * count
        known = StateEvents(e, of(events.kinks.value), square, shift)
        d = drift.distance(kind, limits, of(network.threshold), known, column.closings(of), residual)
        bound = LinearisedBound(setting, kind, network.threshold, numbers.upper(d))
        yield numbers.exp(bound.log_probability(m, e, events.linearised)) * count


def regression(setting: TangentSetting, n: int) -> StateBound:
    """Return the regression of the states with n matches, which depends on nothing else."""
    return StateBound(setting, BitClass(n, 1, 1), Fraction(1, 2), setting.numbers.of(0))


def spectrum(setting: TangentSetting, shared: Shared, events: ColumnEvents) -> Spectrum:
    """Return the inequalities of a start that the events stand for."""
    of = setting.numbers.of
    rest = of(1 - shared.drop.value)
    return Spectrum(
        least=rest * setting.lam,
        inverse=1 / rest,
        gram=of(shared.gram.value),
        pull=of(events.pull.value),
        bulk=of(events.bulk.value),
        label=of(events.label.value),
        open=of(events.open.value),
        longest=of(shared.longest.value),
    )


def moments(windows: Windows) -> dict[str, Callable[[Real], Real]]:
    """Return the moments of the closings of one coordinate, by name."""
    drift = windows.drift
    return {
        "writer": lambda l: windows.closing_moment(drift.tw, l),
        "cross": lambda l: windows.cross_moment(drift.tw, drift.back, l),
        "turn": lambda l: windows.turn_moment(drift.tw, drift.back, l),
        "other": lambda l: windows.closing_moment(drift.s1, l, twice=True),
        "echo": lambda l: windows.closing_moment(drift.tw, l, echo=True, twice=True),
        "far_echo": lambda l: windows.closing_moment(drift.s1, l, echo=True, twice=True),
    }


# --- searching

SHARES = {  # of the failure probability, for up to 10 samples; less for more
    "drop": 0.25,
    "pull": 0.08,
    "bulk": 0.05,
    "other": 0.06,
    "writer": 0.03,
    "cross": 0.02,
    "turn": 0.01,
    "echo": 0.02,
    "far_echo": 0.007,
    "kinks": 0.03,
    "shift": 0.03,
    "gram": 0.005,
    "longest": 0.006,
    "label": 0.004,
    "square": 0.002,
    "open": 0.001,
    "share": 0.001,
}
SLACK = 1e-4  # the residual that is allowed for, relative to 1/(lam sqrt(width))
MOST = 1 << 40  # the largest width looked at
NEGLIGIBLE = 1e-9  # share of the failure probability below which a class does not move width or steps
LEVELS = (0.2, 0.24, 0.28, 0.32, 0.36, 0.4, 0.44, 0.48, 0.53, 0.59, 0.66, 0.75, 0.87)


def levels(samples: int, longest: Fraction) -> tuple[Level, ...]:
    """Return levels of ``|v|`` below the longest, with good tilts."""
    result = []
    for part in LEVELS:
        s = float(longest) * part

        def log(l: float, s: float = s) -> tuple[float, ...]:
            return (samples * math.log((1 + (1 - 2 * l) ** -0.5) / 2) - l * s * s, l)

        result.append(Level(short(s), short(max(1e-6, minimum(log, 0.0, 0.495, 20)[1]))))
    return tuple(result)


def _least(moment: Callable[[float], float], scale: float, chance: float, top: float) -> Tail:
    """Return the least value with ``moment(l) - l scale value <= chance`` for some ``l < top``."""

    def value(log: float) -> tuple[float, ...]:
        l = math.exp(log)
        try:
            return ((moment(l) - chance) / (l * scale), l)
        except (ValueError, OverflowError):
            return (math.inf, l)

    result, l = minimum(value, math.log(top) - 9, math.log(top * 0.98), 14)
    return Tail(short(result * (1 + 2e-5)), short(l))


def _least_vector(
    values: Callable[[float], tuple[list[tuple[int, float]], float]],
    dimension: int,
    pairs: int,
    chance: float,
    top: float,
) -> VectorTail:
    """Return the least length; `values` gives the eigenvalues of V and C for a tilt l."""

    def over(hint: float) -> tuple[float, ...]:
        z = float(f"{dimension * math.exp(hint):.5g}")
        p, divergence = tilted(dimension, z)

        def value(log: float) -> tuple[float, ...]:
            l = math.exp(log)
            eigenvalues, C = values(l)
            average, q = averaged([(count, 2 * pairs * C * x / dimension) for count, x in eigenvalues], dimension)
            return ((divergence + average - chance) / (l * pairs * p), l, z, q)

        return minimum(value, math.log(top) - 7, math.log(top * 0.97), 14)

    result, l, z, q = minimum(over, -2.4, 1.4, 8)
    return VectorTail(short(result * (1 + 2e-4)), short(l), short(z), short(q))


class _Search(Search):
    """Floats: the failure probability at a width and threshold, by the classes that matter."""

    def __init__(self, workload: Workload, requirements: Requirements) -> None:
        self.scale, self.requirements = min(1.0, 10 / workload.samples), requirements
        threshold = None if requirements.threshold is None else float(requirements.threshold)
        super().__init__(workload, float(requirements.failure), EVENT + self.scale * sum(SHARES.values()), threshold)

    def draws(self, width: int) -> int:
        return width // 2

    @cached_property
    def setting(self) -> TangentSetting:
        return TangentSetting(FLOATS, self.workload.samples)

    @lru_cache(maxsize=16)  # noqa: B019 - a search lives for one call
    def event(self, t: int) -> LinearisedDeviation:
        return LinearisedDeviation(self.setting, t)

    @lru_cache(maxsize=4096)  # noqa: B019 - a search lives for one call
    def state(self, n: int) -> StateBound:
        """Return the limit regression of the states with n matches."""
        return regression(self.setting, n)

    def mean(self, kind: BitClass) -> float:
        limits = self.state(kind.n).limits
        return float(limits[0] * kind.p + limits[2] * (kind.t - kind.p))

    def chance(self, name: str, count: float) -> float:
        """Return the logarithm of what one of `count` events may have."""
        return math.log(self.failure * self.scale * SHARES[name] / count)

    @lru_cache(maxsize=256)  # noqa: B019 - a search lives for one call
    def shared(self, width: int) -> Shared:
        """Return the events about the start alone."""
        m, setting, K = self.draws(width), self.setting, self.setting.K
        drop = _least(lambda l: least_eigenvalue(setting, m, l) + l * m, m, self.chance("drop", 1), 3.0)
        longest_tail = _least(lambda l: longest(setting, m, l), 1.0, self.chance("longest", 1), 0.5)
        size = short(math.sqrt(float(longest_tail.value)) * (1 + 1e-5))
        return Shared(
            drop,
            _least(lambda l: gram(setting, m, l), m, self.chance("gram", 1), 0.5),
            Tail(size, longest_tail.l),
            levels(K, size),
        )

    @lru_cache(maxsize=256)  # noqa: B019 - a search lives for one call
    def column(self, width: int, t: int) -> tuple[ColumnEvents, Drift, Windows] | None:
        """Return the events of the columns with t ones; None if there are none at this width."""
        deviated, setting, m = self.deviated(width), self.setting, self.draws(width)
        shared = self.shared(width)
        if deviated is None or not 0 < shared.drop.value < 1:
            return None
        column, count = Column(setting, t), sum(self.workload.columns.values())

        def vector(spread: Spread, name: str) -> VectorTail:
            def values(l: float) -> tuple[list[tuple[int, float]], float]:
                return list(spread.eigenvalues), float(spread.factor(setting, l))

            return _least_vector(values, setting.N, m, self.chance(name, count), 0.5 / float(spread.M2))

        label = _least(lambda l: column.label_moment(m, l), m, self.chance("label", count), 0.5)
        opened = _least(lambda l: column.open_moment(m, l), m, self.chance("open", count), 4.0)
        empty, rest = Tail(Fraction(1), Fraction(1)), 0.0
        pull, bulk = vector(column.pull, "pull"), vector(column.bulk, "bulk")
        events = ColumnEvents(
            deviated[t], pull, bulk, label, opened, Fraction(0), empty, empty, empty, empty, empty, empty, empty
        )
        known, coordinates = spectrum(setting, shared, events), setting.K * len(self.workload.columns)
        for _ in range(12):
            drift = Drift(setting, t, width, known, rest)
            windows = Windows(drift, shared.levels)
            if drift.amax(windows.sizes[-1]) >= 2:
                return None
            found: dict[str, Any] = {}
            for name, moment in moments(windows).items():
                path = {"turn": drift.back, "other": drift.s1, "far_echo": drift.s1}.get(name, drift.tw)
                top = 20 / max(path, 0.02 * drift.tw) / (3 * drift.tw if "echo" in name else 1)
                found[name] = _least(moment, drift.root, self.chance(name, coordinates), top)
            events = replace(events, rest=short(rest), **found)
            need = drift.variation(events.closings(float)) / (drift.spectrum.least * drift.root)
            if float(events.rest) > need * 1.00001:
                break
            rest = need * 1.01
        else:
            return None
        longer = max(drift.tw, drift.s1)
        share = _least(lambda l: windows.share_moment(longer, l), m, self.chance("share", coordinates), 8.0)
        return replace(events, share=share), drift, windows

    @lru_cache(maxsize=256)  # noqa: B019 - a search lives for one call
    def training(self, width: int) -> tuple[Fraction, int, float] | None:
        """Return the step, the number of steps, and the residual after them; None if the residual does not decay."""
        rates, most = [], 1 / (1 + float(self.shared(width).gram.value))
        step = short(most * (1 - 1e-5)) if self.requirements.step is None else self.requirements.step
        if step >= most:
            raise TooNarrow(f"the step {step} is too large for the width {width}: below {most:.6g}")
        for t in self.workload.columns:
            found = self.column(width, t)
            if found is None:
                return None
            events, drift, _ = found
            rates.append(drift.spectrum.least - drift.lipschitz(events.closings(float), float(events.share.value)))
        if min(rates) <= 0:
            return None
        goal = SLACK / (self.setting.lam * math.sqrt(width * max(self.workload.columns)))
        decay = math.log1p(-float(step) * min(rates))
        steps = self.requirements.steps or math.ceil(math.log(goal) / decay)
        return step, steps, math.sqrt(max(self.workload.columns)) * math.exp(steps * decay)

    @lru_cache(maxsize=4096)  # noqa: B019 - a search lives for one call
    def state_tails(self, n: int, width: int) -> StateTails:
        """Return the events of the states with n matches."""
        state, m = self.state(n), self.draws(width)
        count = self.workload.states_with(n) * len({kind.n for kind in self.workload.classes})
        spread = state.spread_of_rho
        square = _least(
            lambda l: state.square_moment(m, l), m, self.chance("square", count), 0.5 / float(state.suprema[1]) ** 2
        )
        shift = _least_vector(
            self._shifts(state), self.setting.K, m, self.chance("shift", count), 0.5 / float(spread.M2)
        )
        return StateTails(square, shift)

    @lru_cache(maxsize=4096)  # noqa: B019 - a search lives for one call
    def kinks(self, kind: BitClass, width: int) -> Tail | None:
        """Return the event of a class."""
        found, training = self.column(width, kind.t), self.training(width)
        if found is None or training is None:
            return None
        events, drift, windows = found
        count = self.workload.classes[kind] * len(self.workload.classes)
        late, e = drift.late(float(training[0]), training[1]), float(events.deviated.e)
        near = max(drift.windows(kind, e, late, windows.sizes[0]))
        return _least(
            lambda l: windows.kink_moment(kind, e, late, l), drift.root, self.chance("kinks", count), 20 / near
        )

    def distance(self, kind: BitClass, width: int, threshold: float) -> float:
        """Return the distance from the linearised network for a class; infinite if it is not bounded."""
        found, kinks, training = self.column(width, kind.t), self.kinks(kind, width), self.training(width)
        if found is None or kinks is None or training is None:
            return math.inf
        (events, drift, _), tails = found, self.state_tails(kind.n, width)
        least = float(drift.spectrum.least) / math.sqrt(self.setting.lam)
        square, shift = float(tails.square.value), float(tails.shift.value) / least
        known = StateEvents(float(events.deviated.e), float(kinks.value), square, shift)
        limits = self.state(kind.n).limits
        return float(drift.distance(kind, limits, threshold, known, events.closings(float), training[2]))

    def _shifts(self, state: StateBound) -> Callable[[float], tuple[list[tuple[int, float]], float]]:
        pairs = [(count, float(value)) for count, value in state.spread_of_rho.eigenvalues]
        limits, forms = state.blocks()
        root = np.linalg.inv(np.linalg.cholesky(np.array(limits)))
        pairs += [(1, value) for value in np.linalg.eigvalsh(root @ np.array(forms) @ root.T).tolist()]
        return lambda l: (pairs, state.spread_of_rho.factor(self.setting, l))

    def bound(self, kind: BitClass, width: int, threshold: float) -> LinearisedBound:
        d = min(9.0, self.distance(kind, width, threshold))
        return LinearisedBound(self.setting, kind, short(threshold), d * (1 + 1e-6))


def least_all_layers(workload: Workload, failure: Fraction) -> AllLayersNetwork:
    """Return the least width that the search finds for a workload, with threshold, training and parameters."""
    return find_all_layers(workload, Requirements(failure))


def find_all_layers(workload: Workload, requirements: Requirements) -> AllLayersNetwork:
    """Return a network as asked for, with every parameter of its bound, confirmed by balls.

    Every number is searched for with floats; the failure probability is then bounded by balls. The width, if it is not
    given, is the smallest one, and the number of steps likewise the smallest one, for which the bounds with these
    parameters suffice. Raises TooNarrow where what is asked does not, NoMargin where no threshold separates the bits.
    """
    search = _search(workload, requirements)
    if requirements.width is not None:
        threshold = best_threshold(search, requirements.width, rounds=10, first=True)
        result = None if threshold is None else _complete(search, requirements.width, threshold)
        if result is None:
            raise TooNarrow(
                f"the width {requirements.width} with this training and threshold does not suffice by these bounds"
            )
        return result
    width, threshold = bisected(search, *bracketed(search, MOST))
    for index in range(8):
        width += index * width // 200  # by the classes that lead it is enough
        width += width % 2
        threshold = best_threshold(search, width, rounds=6, near=threshold) or threshold
        candidate = _complete(search, width, threshold)
        if candidate is not None:
            return candidate
    raise Undecided(f"no width near {width} was confirmed")


def _search(workload: Workload, requirements: Requirements) -> _Search:
    if not workload.classes:
        raise InputError("no state has two matching templates: every state is a training sample or 0")
    _refuse_full_columns(workload)
    if not 0 < requirements.failure < 1:
        raise InputError(f"a failure probability lies between 0 and 1, got {requirements.failure}")
    if requirements.width is not None and (requirements.width < 2 or requirements.width % 2):
        raise InputError(f"a network of pairs has an even width, got {requirements.width}")
    search = _Search(workload, requirements)
    low, high = search.room()
    if low >= high:
        raise NoMargin("no threshold lies between the limits of the outputs that should be 0 and 1")
    if requirements.threshold is not None and not low < requirements.threshold < high:
        raise NtkProofsError(f"the threshold {requirements.threshold} is not between {low:.6g} and {high:.6g}")
    return search


def _complete(search: _Search, width: int, threshold: float) -> AllLayersNetwork | None:
    """Return the network of a width with all parameters, if balls confirm that it is enough, fitted as requirements."""
    training, classes, requirements = search.training(width), {}, search.requirements
    if training is None:
        return None
    for kind in search.workload.classes:
        leads = kind in search.leading
        _, parameters = search.log_class(kind, width, threshold, rounds=8 if leads else 3, anew=leads)
        kinks = search.kinks(kind, width)
        if kinks is None or parameters is None:
            return None
        classes[kind] = ClassEvents(kinks, parameters)
    columns = {t: search.column(width, t) for t in search.workload.columns}
    network = AllLayersNetwork(
        search.workload,
        width,
        short(threshold) if requirements.threshold is None else requirements.threshold,
        requirements.failure,
        training[1],
        training[0],
        search.shared(width),
        {t: found[0] for t, found in columns.items() if found is not None},
        {n: search.state_tails(n, width) for n in sorted({kind.n for kind in classes})},
        classes,
    )
    return _Fitted(network, requirements, search.setting).result()


class _Fitted:
    """The least width, then the least number of steps, for which a network's parameters are enough."""

    def __init__(self, network: AllLayersNetwork, requirements: Requirements, floats: TangentSetting) -> None:
        self.network, self.requirements, self.floats = network, requirements, floats
        self.balls = TangentSetting(Balls(PRECISION), network.workload.samples)
        self.rates = network.rates(self.balls)
        self.upper = {t: (float(first.upper), float(second.upper)) for t, (first, second) in self.rates.items()}

    def result(self) -> AllLayersNetwork | None:
        """Return the fitted network, confirmed by balls; None if it is not enough."""
        if not self.enough(self.network):
            return None
        for kinds in (self._leading(), tuple(self.network.classes)):
            network = self._fitted(kinds)
            if self.enough(network) and self._confirmed(network):
                return network
        return self.network if self._confirmed(self.network) else None

    def _leading(self) -> tuple[BitClass, ...]:
        """Return the classes that are not negligible by far."""
        least, result = float(self.network.failure) * NEGLIGIBLE, list[BitClass]()
        evaluation = _Evaluation(self.network, self.floats, self.upper)
        for _ in evaluation.before():
            pass
        for kind in self.network.classes:
            if sum(evaluation.bit(kind)) > least:
                result.append(kind)
        return tuple(result)

    def _fitted(self, kinds: tuple[BitClass, ...]) -> AllLayersNetwork:
        """Return the network with the least width and steps, by these classes."""
        network = self.network
        if self.requirements.width is None:
            half = self._least(lambda pairs: replace(network, width=2 * pairs), network.width // 2, kinds)
            network = replace(network, width=2 * half)
        if self.requirements.steps is None:
            fitted = network
            steps = self._least(lambda steps: replace(fitted, steps=steps), network.steps, kinds)
            network = replace(network, steps=steps)
        return network

    def _confirmed(self, network: AllLayersNetwork) -> bool:
        """Tell whether the failure probability is small enough, by balls."""
        total: Real = self.balls.numbers.of(0)
        try:
            for term in network.terms(self.balls, self.rates):
                total = total + term
        except (Undecided, InputError):
            return False
        return bool(total.upper <= network.failure)

    def enough(self, network: AllLayersNetwork, kinds: tuple[BitClass, ...] | None = None) -> bool:
        """Tell whether the failure probability is small enough, by floats."""
        try:
            return bool(sum(network.terms(self.floats, self.upper, kinds)) <= float(network.failure))
        except (InputError, ValueError, OverflowError, ZeroDivisionError):
            return False

    def _least(self, changed: Callable[[int], AllLayersNetwork], high: int, kinds: tuple[BitClass, ...]) -> int:
        """Return the least number for which the network is enough, where `high` is."""
        low = high * 7 // 8
        while self.enough(changed(low), kinds):
            low, high = low * 7 // 8, low
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.enough(changed(middle), kinds) else (middle, high)
        return high
