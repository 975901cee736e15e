r"""One finite network per output bit, all layers trained: the smallest certified width for which they are correct.

Theorem. Let the initial weights be m pairs of neurons ``(+1, u), (-1, u)``, ``u ~ N(0, I_K)``, drawn once: the networks
of all output bits, each with ``w = 2 m`` neurons, have the same initial weights. Let all weights be trained by T steps
of full-batch gradient descent with step size eta on the K basis vectors, each network with its own column of targets.
Then, with probability at least ``1 - failure``, every output bit is correct after rounding at the threshold, at all
states of the given classes simultaneously.

On the events of :mod:`ntkproofs.bounds.finite.tails`, the distance between a trained network and its linearisation in
the unfavourable direction is at most d for each class, by :mod:`ntkproofs.bounds.finite.drift`; the probability that
the linearised network is not correct with margin d is bounded in :mod:`ntkproofs.bounds.finite.linearised` ::

    failure >= eigenvalue + gram + longest + sum over columns ( deviation + pull + bulk + label )
               + sum over t, coordinates ( closings of writers, of others, share )
               + sum over states (square + shift) + sum over classes ( kinks + P(margin below d, |delta| < e) )

A state that exactly one template matches is a training sample: there, a network differs from its target only by the
residual of training. Bits that no template writes are exactly 0.
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
    """The event that a variable is at most `value`, with the tilt l of the Chernoff bound of its complement."""

    value: Fraction
    l: Fraction


@dataclass(frozen=True)
class VectorTail:
    """The event that the length of a vector is at most `value`, with the parameters l, z and q of the bound."""

    value: Fraction
    l: Fraction
    z: Fraction
    q: Fraction


@dataclass(frozen=True)
class Shared:
    """Events that depend only on the initial weights, not on the targets."""

    drop: Tail
    gram: Tail
    longest: Tail  # upper bound of |v|
    levels: tuple[Level, ...]  # increasing, below `longest`


@dataclass(frozen=True)
class ColumnEvents:
    """Events of the columns with t ones; `rest` is the allowance for the variation of D(X), see `drift`."""

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
        """Return the values of the closings, each converted to a number by `of`."""
        return Closings(*(of(getattr(self, name).value) for name in CLOSINGS))


@dataclass(frozen=True)
class StateTails:
    """Events of the regression at states with n matches."""

    square: Tail
    shift: VectorTail


@dataclass(frozen=True)
class ClassEvents:
    """The event about the kinks of one class, and the parameters of the bound for the linearised network."""

    kinks: Tail
    linearised: Parameters


@dataclass(frozen=True)
class AllLayersNetwork:
    """A width, a threshold and a training schedule that suffice for a workload, with all parameters of the bound."""

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
        """Return an enclosure of the bound of the failure probability.

        Raises Undecided or InputError if a condition of the bound is not satisfied.
        """
        numbers = Balls(PRECISION) if numbers is None else numbers
        return sum(self.terms(TangentSetting(numbers, self.workload.samples)), start=numbers.of(0))

    def rates(self, setting: TangentSetting) -> Rates:
        """Return the divergence and the rate of the deviation event, by the number t of ones in a column."""
        of = setting.numbers.of
        return {
            t: LinearisedDeviation(setting, t).rate(*map(of, (events.deviated.e, events.deviated.z, events.deviated.l)))
            for t, events in self.columns.items()
        }

    def terms(
        self, setting: TangentSetting, rates: Rates | None = None, kinds: Collection[BitClass] | None = None
    ) -> Iterator[Real]:
        """Yield the terms of the union bound: initial weights, columns, states, classes.

        `rates`: the result of :meth:`rates`, if it is available. `kinds`: evaluate only these classes; the sum is then
        not a bound of the failure probability.
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
        yield from evaluation.common_terms()
        for kind in self.workload.classes if kinds is None else kinds:
            yield from evaluation.class_terms(kind)


def _refuse_full_columns(workload: Workload) -> None:
    if max(workload.columns, default=1) >= workload.samples:
        raise InputError(
            f"a column of {workload.samples} targets has a target 0, got one with {workload.samples} ones (padding "
            f"adds zeros)"
        )


class _Evaluation:
    """The bound of one network, evaluated with the numbers of a setting."""

    def __init__(self, network: AllLayersNetwork, setting: TangentSetting, rates: Rates) -> None:
        self.network, self.numbers, self.setting, self.rates = network, setting.numbers, setting, rates
        self.pairs = network.width // 2
        self.drifts: dict[int, tuple[Drift, Windows, Real, Real]] = {}
        self.regressions: dict[int, tuple[tuple[Real, ...], Real, Real]] = {}  # limits, Q(beta), |bh - beta|

    def common_terms(self) -> Iterator[Real]:
        """Yield the terms of the initial weights, columns and states."""
        yield from self.initial_terms()
        for t in self.network.workload.columns:
            yield from self.column_terms(t)
        for n in self.network.states:
            yield from self.state_terms(n)

    def require_less(self, first: Real, second: Real, what: str) -> None:
        """Raise InputError unless the first number, which is not negative, is certainly less than the second."""
        if not self.numbers.negligible(first, second, bits=0):
            raise InputError(f"{what}: {first} is not certainly less than {second}")

    def tail_bound(self, moment: Real, scale: Real | int, tail: Tail | VectorTail) -> Real:
        """Return the Chernoff bound ``exp(moment - l scale value)`` of the complement of an event."""
        return self.numbers.exp(moment - self.numbers.of(tail.l) * scale * self.numbers.of(tail.value))

    def vector_tail_bound(self, moment: tuple[Real, Real], tail: VectorTail) -> Real:
        """Return the bound for the length of a vector, whose scale is ``m p(z)``; `moment` is (moment, ``p(z)``)."""
        return self.tail_bound(moment[0], moment[1] * self.pairs, tail)

    def initial_terms(self) -> Iterator[Real]:
        """Yield the terms of the events about the initial weights."""
        shared, setting, of, m = self.network.shared, self.setting, self.numbers.of, self.pairs
        drop = shared.drop
        if not 0 < drop.value < 1 or min(drop.l, shared.gram.l, shared.longest.l) <= 0:
            raise InputError("a drop lies between 0 and 1 and tilts are positive")
        sizes = [*(level.size for level in shared.levels), shared.longest.value]
        if sizes != sorted(sizes) or sizes[0] <= 0:
            raise InputError("the levels increase to the longest")
        if any(level.l <= 0 for level in shared.levels):
            raise InputError("tilts are positive")
        self.require_less(of(self.network.step) * (1 + of(shared.gram.value)), of(1), "the step")
        yield self.numbers.exp(least_eigenvalue(setting, m, of(drop.l)) + of(drop.l * m) * of(1 - drop.value))
        yield self.tail_bound(gram(setting, m, of(shared.gram.l)), m, shared.gram)
        yield self.tail_bound(longest(setting, m, of(shared.longest.l)), of(shared.longest.value), shared.longest)

    def column_terms(self, t: int) -> Iterator[Real]:
        """Yield the terms of the columns with t ones, and store the values that the classes require."""
        network, numbers, setting, of, m = self.network, self.numbers, self.setting, self.numbers.of, self.pairs
        events, column, count, K = network.columns[t], Column(self.setting, t), network.workload.columns[t], setting.K
        if min(getattr(events, name).l for name in ("label", "pull", "bulk", "open", "share", *CLOSINGS)) <= 0:
            raise InputError("tilts are positive")
        divergence, log = self.rates[t]
        yield numbers.exp(divergence + log * m) * count
        for spread, tail in ((column.pull, events.pull), (column.bulk, events.bulk)):
            yield (
                self.vector_tail_bound(vector_moment(setting, m, spread, of(tail.l), of(tail.z), of(tail.q)), tail)
                * count
            )
        yield self.tail_bound(column.label_moment(m, of(events.label.l)), m, events.label) * count
        drift = Drift(setting, t, network.width, spectrum(setting, network.shared, events), of(events.rest))
        windows, root = Windows(drift, network.shared.levels), drift.root
        self.require_less(drift.amax(windows.sizes[-1]), of(2), "the output weights may change sign: amax")
        yield self.tail_bound(column.open_moment(m, of(events.open.l)), m, events.open) * count
        self.require_less(of(network.step) * drift.mu, of(1), "the step")
        closings, share = events.closings(of), of(events.share.value)
        self.require_less(
            drift.variation(closings), of(events.rest) * drift.spectrum.least * root, "the variation of D(X)"
        )
        rate = (drift.spectrum.least - drift.lipschitz(closings, share)) * of(network.step)
        self.require_less(of(0), rate, "the rate of decay")
        residual = drift.residual(rate, network.steps)
        self.require_less(residual, of(min(network.threshold, 1 - network.threshold)), "the residual")
        for name, moment in moments(windows).items():
            tail = getattr(events, name)
            yield self.tail_bound(moment(of(tail.l)), root, tail) * K
        longer = numbers.largest(drift.tw, drift.s1)
        yield self.tail_bound(windows.share_moment(longer, of(events.share.l)), m, events.share) * K
        self.drifts[t] = (drift, windows, residual, drift.late(of(network.step), network.steps))

    def state_terms(self, n: int) -> Iterator[Real]:
        """Yield the terms of the states with n matches, and store the values that their classes require."""
        events, of, m = self.network.states[n], self.numbers.of, self.pairs
        state, count, shift = regression(self.setting, n), self.network.workload.states_with(n), events.shift
        if min(events.square.l, shift.l) <= 0:
            raise InputError("tilts are positive")
        yield self.tail_bound(state.square_moment(m, of(events.square.l)), m, events.square) * count
        yield self.vector_tail_bound(state.shift_moment(m, of(shift.l), of(shift.z), of(shift.q)), shift) * count
        least = of(1 - self.network.shared.drop.value) * self.numbers.sqrt(self.setting.lam)
        self.regressions[n] = (state.limits, of(events.square.value), of(shift.value) / least)

    def class_terms(self, kind: BitClass) -> Iterator[Real]:
        """Yield the terms of one class: kinks, and the bound for the linearised network."""
        network, numbers, setting, of, m = self.network, self.numbers, self.setting, self.numbers.of, self.pairs
        events, count, column = network.classes[kind], network.workload.classes[kind], network.columns[kind.t]
        drift, windows, residual, late = self.drifts[kind.t]
        limits, square, shift = self.regressions[kind.n]
        if events.kinks.l <= 0:
            raise InputError("tilts are positive")
        e = of(column.deviated.e)
        yield self.tail_bound(windows.kink_moment(kind, e, late, of(events.kinks.l)), drift.root, events.kinks) * count
        known = StateEvents(e, of(events.kinks.value), square, shift)
        d = drift.distance(kind, limits, of(network.threshold), known, column.closings(of), residual)
        bound = LinearisedBound(setting, kind, network.threshold, numbers.upper(d))
        yield numbers.exp(bound.log_probability(m, e, events.linearised)) * count


def regression(setting: TangentSetting, n: int) -> StateBound:
    """Return the regression at the states with n matches; it is the same for all of them."""
    return StateBound(setting, BitClass(n, 1, 1), Fraction(1, 2), setting.numbers.of(0))


def spectrum(setting: TangentSetting, shared: Shared, events: ColumnEvents) -> Spectrum:
    """Return the inequalities about the initial weights that hold on the events."""
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
    """Return the logarithms of the moment generating functions of the closings of one coordinate, by name."""
    drift = windows.drift
    return {
        "writer": lambda l: windows.closing_moment(drift.tw, l),
        "cross": lambda l: windows.cross_moment(drift.tw, drift.back, l),
        "turn": lambda l: windows.turn_moment(drift.tw, drift.back, l),
        "other": lambda l: windows.closing_moment(drift.s1, l, twice=True),
        "echo": lambda l: windows.closing_moment(drift.tw, l, echo=True, twice=True),
        "far_echo": lambda l: windows.closing_moment(drift.s1, l, echo=True, twice=True),
    }


# --- search

SHARES = {  # of the failure probability, for up to 10 samples; divided by K/10 for K > 10
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
SLACK = 1e-4  # admissible residual, relative to 1/(lam sqrt(width))
MAX_WIDTH = 1 << 40  # the largest width of the search
NEGLIGIBLE = 1e-9  # share of the failure probability below which a class does not affect width or steps
LEVELS = (0.2, 0.24, 0.28, 0.32, 0.36, 0.4, 0.44, 0.48, 0.53, 0.59, 0.66, 0.75, 0.87)


def levels(samples: int, longest: Fraction) -> tuple[Level, ...]:
    """Return levels of ``|v|`` below `longest`, with nearly optimal tilts."""
    result = []
    for part in LEVELS:
        s = float(longest) * part

        def log(l: float, s: float = s) -> tuple[float, ...]:
            return (samples * math.log((1 + (1 - 2 * l) ** -0.5) / 2) - l * s * s, l)

        result.append(Level(short(s), short(max(1e-6, minimum(log, 0.0, 0.495, 20)[1]))))
    return tuple(result)


def _least(moment: Callable[[float], float], scale: float, chance: float, top: float) -> Tail:
    """Return the event with the smallest value such that ``moment(l) - l scale value <= chance`` for some ``l < top``.

    `chance` is the logarithm of the admissible probability.
    """

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
    """Return the event with the smallest length; `values` returns the eigenvalues of V, and C, for a tilt l."""

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
    """Search in floats for a network with all layers trained."""

    def __init__(self, workload: Workload, requirements: Requirements) -> None:
        self.scale, self.requirements = min(1.0, 10 / workload.samples), requirements
        threshold = None if requirements.threshold is None else float(requirements.threshold)
        super().__init__(workload, float(requirements.failure), EVENT + self.scale * sum(SHARES.values()), threshold)

    def independent_terms(self, width: int) -> int:
        return width // 2

    @cached_property
    def setting(self) -> TangentSetting:
        return TangentSetting(FLOATS, self.workload.samples)

    @lru_cache(maxsize=16)  # noqa: B019 - a search lives for one call
    def event(self, t: int) -> LinearisedDeviation:
        return LinearisedDeviation(self.setting, t)

    @lru_cache(maxsize=4096)  # noqa: B019 - a search lives for one call
    def state(self, n: int) -> StateBound:
        """Return the regression at the states with n matches."""
        return regression(self.setting, n)

    def mean(self, kind: BitClass) -> float:
        limits = self.state(kind.n).limits
        return float(limits[0] * kind.p + limits[2] * (kind.t - kind.p))

    def chance(self, name: str, count: float) -> float:
        """Return the logarithm of the admissible probability of each of `count` events of this name."""
        return math.log(self.failure * self.scale * SHARES[name] / count)

    @lru_cache(maxsize=256)  # noqa: B019 - a search lives for one call
    def shared(self, width: int) -> Shared:
        """Return the events about the initial weights."""
        m, setting, K = self.independent_terms(width), self.setting, self.setting.K
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
        """Return the events of the columns with t ones; None if the bounds do not hold at this width."""
        deviated, setting, m = self.deviated(width), self.setting, self.independent_terms(width)
        shared = self.shared(width)
        if deviated is None or not 0 < shared.drop.value < 1:
            return None
        column, count = Column(setting, t), sum(self.workload.columns.values())

        def vector(spread: Spread, name: str) -> VectorTail:
            def values(l: float) -> tuple[list[tuple[int, float]], float]:
                return list(spread.eigenvalues), float(spread.factor(setting, l))

            return _least_vector(values, setting.N, m, self.chance(name, count), 0.5 / float(spread.M2))

        label = _least(lambda l: column.label_moment(m, l), m, self.chance("label", count), 0.5)
        open_tail = _least(lambda l: column.open_moment(m, l), m, self.chance("open", count), 4.0)
        unset, rest = Tail(Fraction(1), Fraction(1)), 0.0
        pull, bulk = vector(column.pull, "pull"), vector(column.bulk, "bulk")
        events = ColumnEvents(
            deviated[t], pull, bulk, label, open_tail, Fraction(0), unset, unset, unset, unset, unset, unset, unset
        )
        known, coordinates = spectrum(setting, shared, events), setting.K * len(self.workload.columns)
        for _ in range(12):
            drift = Drift(setting, t, width, known, rest)
            windows = Windows(drift, shared.levels)
            if drift.amax(windows.sizes[-1]) >= 2:
                return None
            closing_tails: dict[str, Any] = {}
            for name, moment in moments(windows).items():
                path = {"turn": drift.back, "other": drift.s1, "far_echo": drift.s1}.get(name, drift.tw)
                top = 20 / max(path, 0.02 * drift.tw) / (3 * drift.tw if "echo" in name else 1)
                closing_tails[name] = _least(moment, drift.root, self.chance(name, coordinates), top)
            events = replace(events, rest=short(rest), **closing_tails)
            required_rest = drift.variation(events.closings(float)) / (drift.spectrum.least * drift.root)
            if float(events.rest) > required_rest * 1.00001:
                break
            rest = required_rest * 1.01
        else:
            return None
        longer = max(drift.tw, drift.s1)
        share = _least(lambda l: windows.share_moment(longer, l), m, self.chance("share", coordinates), 8.0)
        return replace(events, share=share), drift, windows

    @lru_cache(maxsize=256)  # noqa: B019 - a search lives for one call
    def training(self, width: int) -> tuple[Fraction, int, float] | None:
        """Return the step size, the number of steps, and the final residual; None if the residual need not decay."""
        rates, largest = [], 1 / (1 + float(self.shared(width).gram.value))
        step = short(largest * (1 - 1e-5)) if self.requirements.step is None else self.requirements.step
        if step >= largest:
            raise TooNarrow(f"the step {step} is too large for the width {width}: below {largest:.6g}")
        for t in self.workload.columns:
            column = self.column(width, t)
            if column is None:
                return None
            events, drift, _ = column
            rates.append(drift.spectrum.least - drift.lipschitz(events.closings(float), float(events.share.value)))
        if min(rates) <= 0:
            return None
        goal = SLACK / (self.setting.lam * math.sqrt(width * max(self.workload.columns)))
        decay = math.log1p(-float(step) * min(rates))
        steps = self.requirements.steps or math.ceil(math.log(goal) / decay)
        return step, steps, math.sqrt(max(self.workload.columns)) * math.exp(steps * decay)

    @lru_cache(maxsize=4096)  # noqa: B019 - a search lives for one call
    def state_tails(self, n: int, width: int) -> StateTails:
        """Return the events of the regression at states with n matches."""
        state, m = self.state(n), self.independent_terms(width)
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
        """Return the event about the kinks of a class; None if the bounds do not hold at this width."""
        column, training = self.column(width, kind.t), self.training(width)
        if column is None or training is None:
            return None
        events, drift, windows = column
        count = self.workload.classes[kind] * len(self.workload.classes)
        late, e = drift.late(float(training[0]), training[1]), float(events.deviated.e)
        near = max(drift.moves(kind, e, late)) + drift.blur(windows.sizes[0])
        return _least(
            lambda l: windows.kink_moment(kind, e, late, l), drift.root, self.chance("kinks", count), 20 / near
        )

    def distance(self, kind: BitClass, width: int, threshold: float) -> float:
        """Return the bound of the distance from the linearised network for a class; infinite if there is none."""
        column, kinks, training = self.column(width, kind.t), self.kinks(kind, width), self.training(width)
        if column is None or kinks is None or training is None:
            return math.inf
        (events, drift, _), tails = column, self.state_tails(kind.n, width)
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
    """Return the networks of the smallest width found for a workload; see :func:`find_all_layers`."""
    return find_all_layers(workload, Requirements(failure))


def find_all_layers(workload: Workload, requirements: Requirements) -> AllLayersNetwork:
    """Return a network that satisfies the requirements, with all parameters of its bound, confirmed in ball arithmetic.

    The search uses floats; the failure probability of the result is then bounded in ball arithmetic. A width or number
    of steps that is not required is the smallest one for which the bounds with these parameters suffice. Raises
    TooNarrow if the requirements cannot be satisfied, NoMargin if no threshold separates the limits.
    """
    search = _search(workload, requirements)
    if requirements.width is not None:
        threshold = best_threshold(search, requirements.width, rounds=10, reselect=True)
        result = None if threshold is None else _completed(search, requirements.width, threshold)
        if result is None:
            raise TooNarrow(
                f"the width {requirements.width} with this training and threshold does not suffice by these bounds"
            )
        return result
    width, threshold = bisected(search, *bracketed(search, MAX_WIDTH))
    for index in range(8):
        width += index * width // 200  # the first width suffices for the leading classes
        width += width % 2
        threshold = best_threshold(search, width, rounds=6, near=threshold) or threshold
        candidate = _completed(search, width, threshold)
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
    low, high = search.limit_range()
    if low >= high:
        raise NoMargin("no threshold lies between the limits of the outputs that should be 0 and 1")
    if requirements.threshold is not None and not low < requirements.threshold < high:
        raise NtkProofsError(f"the threshold {requirements.threshold} is not between {low:.6g} and {high:.6g}")
    return search


def _completed(search: _Search, width: int, threshold: float) -> AllLayersNetwork | None:
    """Return the network of this width with all parameters; None if ball arithmetic does not confirm it."""
    training, classes, requirements = search.training(width), {}, search.requirements
    if training is None:
        return None
    for kind in search.workload.classes:
        is_leading = kind in search.leading
        _, parameters = search.log_class(kind, width, threshold, rounds=8 if is_leading else 3, new_cover=is_leading)
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
        {t: column[0] for t, column in columns.items() if column is not None},
        {n: search.state_tails(n, width) for n in sorted({kind.n for kind in classes})},
        classes,
    )
    return _Fitted(network, requirements, search.setting).result()


class _Fitted:
    """Minimise the width, then the number of steps, with the other parameters of a network fixed."""

    def __init__(self, network: AllLayersNetwork, requirements: Requirements, floats: TangentSetting) -> None:
        self.network, self.requirements, self.floats = network, requirements, floats
        self.balls = TangentSetting(Balls(PRECISION), network.workload.samples)
        self.rates = network.rates(self.balls)
        self.upper = {t: (float(first.upper), float(second.upper)) for t, (first, second) in self.rates.items()}

    def result(self) -> AllLayersNetwork | None:
        """Return the minimised network, confirmed in ball arithmetic; None if it is not confirmed."""
        if not self.suffices(self.network):
            return None
        for kinds in (self._significant(), tuple(self.network.classes)):
            network = self._fitted(kinds)
            if self.suffices(network) and self._confirmed(network):
                return network
        return self.network if self._confirmed(self.network) else None

    def _significant(self) -> tuple[BitClass, ...]:
        """Return the classes whose contributions are not negligible."""
        least, result = float(self.network.failure) * NEGLIGIBLE, list[BitClass]()
        evaluation = _Evaluation(self.network, self.floats, self.upper)
        for _ in evaluation.common_terms():
            pass
        for kind in self.network.classes:
            if sum(evaluation.class_terms(kind)) > least:
                result.append(kind)
        return tuple(result)

    def _fitted(self, kinds: tuple[BitClass, ...]) -> AllLayersNetwork:
        """Return the network with the smallest width and number of steps, evaluated on these classes."""
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
        """Tell whether the failure probability is certainly at most the required one, by ball arithmetic."""
        total: Real = self.balls.numbers.of(0)
        try:
            for term in network.terms(self.balls, self.rates):
                total = total + term
        except (Undecided, InputError):
            return False
        return bool(total.upper <= network.failure)

    def suffices(self, network: AllLayersNetwork, kinds: tuple[BitClass, ...] | None = None) -> bool:
        """Tell whether the failure probability is at most the required one, by floats."""
        try:
            return bool(sum(network.terms(self.floats, self.upper, kinds)) <= float(network.failure))
        except (InputError, ValueError, OverflowError, ZeroDivisionError):
            return False

    def _least(self, changed: Callable[[int], AllLayersNetwork], high: int, kinds: tuple[BitClass, ...]) -> int:
        """Return the smallest number for which the changed network suffices, given that `high` suffices."""
        low = high * 7 // 8
        while self.suffices(changed(low), kinds):
            low, high = low * 7 // 8, low
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.suffices(changed(middle), kinds) else (middle, high)
        return high
