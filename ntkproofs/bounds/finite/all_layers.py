r"""One finite network for each output bit, all layers trained: the width from which on they execute a program.

The statement: m pairs of neurons ``(+1, u), (-1, u)``, ``u ~ N(0, I_K)`` drawn once (the networks of all output bits
start from it, each with ``w = 2 m`` neurons), T steps of full-batch gradient descent of size eta on all weights, on
the K basis vectors and one column of targets for each network. With probability at least ``1 - failure`` every output
bit at every state of the classes given, rounded at the threshold, is right.

On the events of :mod:`ntkproofs.bounds.finite.tails`, :mod:`ntkproofs.bounds.finite.drift` bounds by d, for each
class, how far a network ends from its linearisation in the bad direction; :mod:`ntkproofs.bounds.finite.linearised`
bounds the chance that the linearised network is not right by d ::

    failure >= eigenvalue + gram + longest + sum over columns ( deviation + pull + bulk + label )
               + sum over t, coordinates ( closings of writers, of others, share )
               + sum over classes (states) ( kinks + square + shift + P(margin below d, |delta| < e) )

States at which one template matches are training samples, at which a network differs from its target by the residual;
bits that no template writes are exactly 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from ntkproofs.bounds.finite.drift import Closings, Drift, Spectrum, StateEvents
from ntkproofs.bounds.finite.linearised import LinearisedBound, LinearisedDeviation, TangentSetting
from ntkproofs.bounds.finite.network import EVENT, PRECISION, Deviated, Workload
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
from ntkproofs.errors import InputError, Undecided

__all__ = ["AllLayersNetwork", "least_all_layers", "levels", "network_of_width"]


CLOSINGS = ("writer", "cross", "turn", "other", "echo", "far_echo")


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
    longest: Tail  # of |v|^2
    levels: tuple[Level, ...]  # the last one's size squared is at least the value of `longest`


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
class ClassEvents:
    """Events of one class of states, and the parameters of the linearised network's bound."""

    kinks: Tail
    square: Tail
    shift: VectorTail
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
    classes: Mapping[BitClass, ClassEvents]

    def bound(self, numbers: Numbers | None = None) -> Real:
        """Enclose the bound of the failure probability; raises Undecided or InputError where a condition fails."""
        numbers = Balls(PRECISION) if numbers is None else numbers
        return sum(self.terms(numbers), start=numbers.of(0))

    def terms(self, numbers: Numbers) -> Iterator[Real]:
        """Yield the terms of the union bound: the start, columns, classes."""
        if self.width % 2 or self.width < 2 or self.steps < 1:
            raise InputError(
                f"a network of pairs has an even width and at least one step, got {self.width}, {self.steps}"
            )
        _refuse_full_columns(self.workload)
        if set(self.columns) != set(self.workload.columns) or set(self.classes) != set(self.workload.classes):
            raise InputError("the events are not those of the workload's columns and classes")
        evaluation = _Evaluation(self, numbers)
        yield from evaluation.start()
        for t in self.workload.columns:
            yield from evaluation.column(t)
        for kind in self.workload.classes:
            yield from evaluation.state(kind)


def _refuse_full_columns(workload: Workload) -> None:
    if max(workload.columns, default=1) >= workload.samples:
        raise InputError(f"a column of {workload.samples} targets has a target 0, got one with {workload.samples} ones")


class _Evaluation:
    """The bound of one network in one kind of numbers."""

    def __init__(self, network: AllLayersNetwork, numbers: Numbers) -> None:
        self.network, self.numbers = network, numbers
        self.setting = TangentSetting(numbers, network.workload.samples)
        self.pairs = network.width // 2
        self.ends: dict[int, tuple[Drift, Windows, Real, Real]] = {}

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
        sizes = [level.size for level in shared.levels]
        if sizes != sorted(sizes) or sizes[0] <= 0 or shared.longest.value > sizes[-1] ** 2:
            raise InputError("the levels increase to the longest")
        if min(level.l for level in shared.levels) < 0:
            raise InputError("tilts are positive")
        self.less(of(self.network.step) * (1 + of(shared.gram.value)), of(1), "the step")
        yield self.numbers.exp(least_eigenvalue(setting, m, of(drop.l)) + of(drop.l * m) * of(1 - drop.value))
        yield self.chance(gram(setting, m, of(shared.gram.l)), m, shared.gram)
        yield self.chance(longest(setting, m, of(shared.longest.l)), 1, shared.longest)

    def column(self, t: int) -> Iterator[Real]:
        """Yield the terms of the columns with t ones, and keep what the states need."""
        network, numbers, setting, of, m = self.network, self.numbers, self.setting, self.numbers.of, self.pairs
        events, column, count, K = network.columns[t], Column(self.setting, t), network.workload.columns[t], setting.K
        if min(getattr(events, name).l for name in ("label", "pull", "bulk", "open", "share", *CLOSINGS)) <= 0:
            raise InputError("tilts are positive")
        deviated = events.deviated
        divergence, log = LinearisedDeviation(setting, t).rate(of(deviated.e), of(deviated.z), of(deviated.l))
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

    def state(self, kind: BitClass) -> Iterator[Real]:
        """Yield the terms of one class."""
        network, numbers, setting, of, m = self.network, self.numbers, self.setting, self.numbers.of, self.pairs
        events, count, column = network.classes[kind], network.workload.classes[kind], network.columns[kind.t]
        drift, windows, residual, late = self.ends[kind.t]
        if min(events.kinks.l, events.square.l, events.shift.l) <= 0:
            raise InputError("tilts are positive")
        e, state = of(column.deviated.e), StateBound(setting, kind, network.threshold, of(0))
        yield self.chance(windows.kink_moment(kind, e, late, of(events.kinks.l)), drift.root, events.kinks) * count
        yield self.chance(state.square_moment(m, of(events.square.l)), m, events.square) * count
        shift = events.shift
        yield self.vector(state.shift_moment(m, of(shift.l), of(shift.z), of(shift.q)), shift) * count
        least = drift.spectrum.least / numbers.sqrt(setting.lam)
        known = StateEvents(e, of(events.kinks.value), of(events.square.value), of(shift.value) / least)
        d = drift.distance(kind, state.limits, of(network.threshold), known, column.closings(of), residual)
        bound = LinearisedBound(setting, kind, network.threshold, numbers.upper(d))
        yield numbers.exp(bound.log_probability(m, e, events.linearised)) * count


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
        longest=of(shared.levels[-1].size),
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
LEVELS = (0.2, 0.24, 0.28, 0.32, 0.36, 0.4, 0.44, 0.48, 0.53, 0.59, 0.66, 0.75, 0.87)


def levels(samples: int, longest: Fraction) -> tuple[Level, ...]:
    """Return levels of ``|v|`` that end in the longest, with good tilts."""
    result = []
    for part in LEVELS:
        s = float(longest) * part

        def log(l: float, s: float = s) -> tuple[float, ...]:
            return (samples * math.log((1 + (1 - 2 * l) ** -0.5) / 2) - l * s * s, l)

        result.append(Level(short(s), short(max(1e-6, minimum(log, 0.0, 0.495, 20)[1]))))
    return (*result, Level(longest, Fraction(1, 4)))


def _least(moment: Callable[[float], float], scale: float, chance: float, top: float) -> Tail:
    """Return the least value with ``moment(l) - l scale value <= chance`` for some ``l < top``."""

    def value(log: float) -> tuple[float, ...]:
        l = math.exp(log)
        try:
            return ((moment(l) - chance) / (l * scale), l)
        except (ValueError, OverflowError):
            return (math.inf, l)

    result, l = minimum(value, math.log(top) - 9, math.log(top * 0.98), 26)
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

    def __init__(self, workload: Workload, failure: float) -> None:
        self.scale = min(1.0, 10 / workload.samples)
        super().__init__(workload, failure, EVENT + self.scale * sum(SHARES.values()))

    def draws(self, width: int) -> int:
        return width // 2

    @cached_property
    def setting(self) -> TangentSetting:
        return TangentSetting(FLOATS, self.workload.samples)

    @lru_cache(maxsize=16)  # noqa: B019 - a search lives for one call
    def event(self, t: int) -> LinearisedDeviation:
        return LinearisedDeviation(self.setting, t)

    @lru_cache(maxsize=4096)  # noqa: B019 - a search lives for one call
    def state(self, kind: BitClass) -> StateBound:
        """Return the limit regression of a class."""
        return StateBound(self.setting, kind, Fraction(1, 2), 0.0)

    def mean(self, kind: BitClass) -> float:
        return float(self.state(kind).mean)

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
            drop, _least(lambda l: gram(setting, m, l), m, self.chance("gram", 1), 0.5), longest_tail, levels(K, size)
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

    def steps(self, width: int) -> tuple[Fraction, int] | None:
        """Return the step and the number of steps."""
        shared, rates = self.shared(width), []
        step = short(1 / (1 + float(shared.gram.value)) * (1 - 1e-5))
        for t in self.workload.columns:
            found = self.column(width, t)
            if found is None:
                return None
            events, drift, _ = found
            lip = drift.lipschitz(events.closings(float), float(events.share.value))
            rates.append(drift.spectrum.least - lip)
        if min(rates) <= 0:
            return None
        goal = 1e-4 / (self.setting.lam * math.sqrt(width * max(self.workload.columns)))
        return step, math.ceil(math.log(goal) / math.log1p(-float(step) * min(rates)))

    @lru_cache(maxsize=4096)  # noqa: B019 - a search lives for one call
    def state_events(self, kind: BitClass, width: int) -> tuple[Tail, Tail, VectorTail] | None:
        """Return the events of a class."""
        found, schedule = self.column(width, kind.t), self.steps(width)
        if found is None or schedule is None:
            return None
        events, drift, windows = found
        state, m, count = self.state(kind), self.draws(width), self.workload.classes[kind] * len(self.workload.classes)
        late, e = drift.late(float(schedule[0]), schedule[1]), float(events.deviated.e)
        near = max(drift.windows(kind, e, late, windows.sizes[0]))
        kinks = _least(
            lambda l: windows.kink_moment(kind, e, late, l), drift.root, self.chance("kinks", count), 20 / near
        )
        spread = state.spread_of_rho
        square = _least(
            lambda l: state.square_moment(m, l), m, self.chance("square", count), 0.5 / float(state.suprema[1]) ** 2
        )
        shift = _least_vector(
            self._shifts(state), self.setting.K, m, self.chance("shift", count), 0.5 / float(spread.M2)
        )
        return kinks, square, shift

    def distance(self, kind: BitClass, width: int, threshold: float) -> float:
        """Return the distance from the linearised network for a class; infinite if it is not bounded."""
        found, tails = self.column(width, kind.t), self.state_events(kind, width)
        if found is None or tails is None:
            return math.inf
        events, drift, _ = found
        kinks, square, shift = (float(tail.value) for tail in tails)
        least = float(drift.spectrum.least) / math.sqrt(self.setting.lam)
        known = StateEvents(float(events.deviated.e), kinks, square, shift / least)
        residual = 1e-4 / (self.setting.lam * math.sqrt(width))
        limits = self.state(kind).limits
        return float(drift.distance(kind, limits, threshold, known, events.closings(float), residual))

    def _shifts(self, state: StateBound) -> Callable[[float], tuple[list[tuple[int, float]], float]]:
        pairs = [(count, float(value)) for count, value in state.spread_of_rho.eigenvalues]
        limits, forms = state.blocks()
        root = np.linalg.inv(np.linalg.cholesky(np.array(limits)))
        pairs += [(1, value) for value in np.linalg.eigvalsh(root @ np.array(forms) @ root.T).tolist()]
        return lambda l: (pairs, state.spread_of_rho.factor(self.setting, l))

    def bound(self, kind: BitClass, width: int, threshold: float) -> LinearisedBound:
        d = min(9.0, self.distance(kind, width, threshold))
        return LinearisedBound(self.setting, kind, short(threshold), d * (1 + 1e-6))


def least_all_layers(workload: Workload, failure: Fraction, *, most: int = 1 << 40) -> AllLayersNetwork:
    """Return the least width that the search finds for a workload, with threshold, training and parameters.

    Every number was searched for with floats; the failure probability is then bounded by balls. Raises Undecided if
    that does not confirm it.
    """
    search = _search(workload, failure)
    width, threshold = bracketed(search, most)
    width, threshold = bisected(search, width, threshold)
    width += width % 2
    for _ in range(12):
        threshold = best_threshold(search, width, rounds=8, near=threshold) or threshold
        if search.total(width, threshold) <= math.log(search.failure):
            candidate = _complete(search, failure, width, threshold)
            if candidate is not None:
                return candidate
        width += max(2, width // 500 * 2)
    raise Undecided(f"no width near {width} was confirmed")


def network_of_width(workload: Workload, failure: Fraction, width: int) -> AllLayersNetwork | None:
    """Return a network of this width with threshold, training and parameters, confirmed by balls, or None."""
    if width < 2 or width % 2:
        raise InputError(f"a network of pairs has an even width, got {width}")
    search = _search(workload, failure)
    threshold = best_threshold(search, width, rounds=10, first=True)
    return None if threshold is None else _complete(search, failure, width, threshold)


def _search(workload: Workload, failure: Fraction) -> _Search:
    if not workload.classes:
        raise InputError("no state has two matching templates: every state is a training sample or 0")
    _refuse_full_columns(workload)
    if not 0 < failure < 1:
        raise InputError(f"a failure probability lies between 0 and 1, got {failure}")
    return _Search(workload, float(failure))


def _complete(search: _Search, failure: Fraction, width: int, threshold: float) -> AllLayersNetwork | None:
    """Return the network of a width with all parameters, if balls confirm that it is enough."""
    schedule, classes = search.steps(width), {}
    if schedule is None:
        return None
    for kind in search.workload.classes:
        _, parameters = search.log_class(kind, width, threshold, rounds=8 if kind in search.leading else 3)
        found = search.state_events(kind, width)
        if found is None or parameters is None:
            return None
        classes[kind] = ClassEvents(*found, parameters)
    columns = {t: search.column(width, t) for t in search.workload.columns}
    network = AllLayersNetwork(
        search.workload,
        width,
        short(threshold),
        failure,
        schedule[1],
        schedule[0],
        search.shared(width),
        {t: found[0] for t, found in columns.items() if found is not None},
        classes,
    )
    try:
        enough = network.bound().upper <= failure
    except (Undecided, InputError):
        return None
    return network if enough else None
