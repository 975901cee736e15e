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
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from ntkproofs.arithmetic.balls import working_precision
from ntkproofs.bounds.finite.drift import Closings, Drift, Spectrum, StateEvents
from ntkproofs.bounds.finite.linearised import LinearisedBound, LinearisedDeviation, TangentSetting
from ntkproofs.bounds.finite.numbers import FLOATS, Balls, Numbers, Real
from ntkproofs.bounds.finite.output_layer import BitClass, Parameters, tilted
from ntkproofs.bounds.finite.search import Report, Search, silent, too_narrow
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
from ntkproofs.bounds.finite.tuning import averaged, least_sufficient, minimum, minimum_near, short
from ntkproofs.bounds.finite.workload import PRECISION, Deviated, Requirements, TooNarrow, Workload
from ntkproofs.errors import InputError, Undecided

__all__ = ["AllLayersNetwork", "find_all_layers", "least_all_layers", "levels"]


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
DEVIATION = 0.05  # share for the deviation events
SLACK = 1e-4  # admissible residual, relative to 1/(lam sqrt(width))
STEP = 0.15  # between the logarithms of tilts
NEGLIGIBLE = 1e-4  # share of the failure probability below which a class does not affect width or steps
LEVELS = (0.2, 0.24, 0.28, 0.32, 0.36, 0.4, 0.44, 0.48, 0.53, 0.59, 0.66, 0.75, 0.87)

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
        yield self.vector_tail_bound(state.shift_moment(m, of(shift.l), shift.z, of(shift.q)), shift) * count
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
        make = LinearisedBound.searched if numbers is FLOATS else LinearisedBound
        bound = make(setting, kind, network.threshold, numbers.upper(d))
        yield numbers.exp(bound.log_probability(m, e, events.linearised)) * count


def regression(setting: TangentSetting, n: int) -> StateBound:
    """Return the regression at the states with n matches; it is the same for all of them."""
    if ("regression", n) not in setting.stored:
        setting.stored["regression", n] = StateBound(setting, BitClass(n, 1, 1), Fraction(1, 2), setting.numbers.of(0))
    result: StateBound = setting.stored["regression", n]
    return result


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


def levels(samples: int, longest: Fraction) -> tuple[Level, ...]:
    """Return levels of ``|v|`` below `longest`, with nearly optimal tilts."""
    result = []
    for part in LEVELS:
        s = float(longest) * part

        def log(l: float, s: float = s) -> tuple[float, ...]:
            return (samples * math.log((1 + (1 - 2 * l) ** -0.5) / 2) - l * s * s, l)

        result.append(Level(short(s), short(max(1e-6, minimum(log, 0.0, 0.495, 20)[1]))))
    return tuple(result)


def _least(
    moment: Callable[[float], float],
    scale: float,
    chance: float,
    top: float,
    near: Fraction | None = None,
    *,
    step: float = STEP,
) -> Tail:
    """Return the event with the smallest value such that ``moment(l) - l scale value <= chance`` for some ``l < top``.

    `chance` is the logarithm of the admissible probability, `near` the tilt of a similar event.
    """

    def value(log: float) -> tuple[float, ...]:
        l = math.exp(log)
        try:
            return ((moment(l) - chance) / (l * scale), l)
        except (ValueError, OverflowError):
            return (math.inf, l)

    low, high = math.log(top) - 9, math.log(top * 0.98)
    result, l = minimum_near(value, low, high, 14, near=None if near is None else math.log(near), step=step)
    return Tail(short(result * (1 + 2e-5)), short(l))


def _least_vector(
    values: Callable[[float], tuple[list[tuple[int, float]], float]],
    dimension: int,
    pairs: int,
    chance: float,
    top: float,
    near: VectorTail | None = None,
    *,
    digits: int = 5,
    step: float = STEP,
) -> VectorTail:
    """Return the event with the smallest length; `values` returns the eigenvalues of V, and C, for a tilt l.

    z has that many `digits`: with few, different events have the same z, whose series is evaluated once.
    """
    tilt = [None if near is None else math.log(near.l)]

    def over(hint: float) -> tuple[float, ...]:
        z = float(f"{dimension * math.exp(hint):.{digits}g}")
        p, divergence = tilted(dimension, z)

        def value(log: float) -> tuple[float, ...]:
            l = math.exp(log)
            eigenvalues, C = values(l)
            average, q = averaged([(count, 2 * pairs * C * x / dimension) for count, x in eigenvalues], dimension)
            return ((divergence + average - chance) / (l * pairs * p), l, z, q)

        result = minimum_near(value, math.log(top) - 7, math.log(top * 0.97), 14, near=tilt[0], step=step)
        tilt[0] = math.log(result[1])
        return result

    middle = None if near is None else math.log(near.z / dimension)
    result, l, z, q = minimum_near(over, -2.4, 1.4, 8, near=middle, step=step)
    return VectorTail(short(result * (1 + 2e-4)), short(l), short(z), short(q))


class _Search(Search):
    """Search in floats for a network with all layers trained."""

    def __init__(self, workload: Workload, requirements: Requirements, report: Report = silent) -> None:
        self.scale = min(1.0, 10 / workload.samples)
        super().__init__(workload, requirements, report, DEVIATION, self.scale * sum(SHARES.values()))
        self.setting = TangentSetting(FLOATS, workload.samples)
        self.tails: dict[Any, Any] = {}  # the last tail of every event, from which the next search starts
        self.step = STEP
        self.rests: dict[int, float] = {}  # the last `rest`, times the width, by t

    def independent_terms(self, width: int) -> int:
        return width // 2

    def width_of(self, terms: float) -> int:
        return 2 * max(1, math.ceil(terms))

    @lru_cache(maxsize=16)  # noqa: B019 - a search lives for one call
    def event(self, t: int) -> LinearisedDeviation:
        return LinearisedDeviation(self.setting, t)

    def bound(self, kind: BitClass, width: int, threshold: float) -> LinearisedBound:
        d = min(9.0, self.distance(kind, width, threshold))
        return LinearisedBound.searched(self.setting, kind, short(threshold), d * (1 + 1e-6))

    def at_limit(self, kind: BitClass, threshold: float) -> LinearisedBound:
        return LinearisedBound.searched(self.setting, kind, short(threshold), 0.0)

    def set_room(self, room: float) -> None:
        super().set_room(room)
        for stored in (_Search.column, _Search.training, _Search.kinks):
            stored.cache_clear()

    def chance(self, name: str, count: float) -> float:
        """Return the logarithm of the admissible probability of each of `count` events of this name."""
        return math.log(self.failure * self.scale * SHARES[name] / count)

    def tail(self, key: Any, moment: Callable[[float], float], scale: float, chance: float, top: float) -> Tail:
        """Return :func:`_least`, starting from the last result with the same key."""
        self.tails[key] = _least(
            moment, scale, chance, top, self.tails[key].l if key in self.tails else None, step=self.step
        )
        result: Tail = self.tails[key]
        return result

    def vector_tail(
        self, key: Any, values: Callable[[float], tuple[list[tuple[int, float]], float]], dimension: int, pairs: int,
        chance: float, top: float, *, digits: int = 5,
    ) -> VectorTail:  # fmt: skip
        """Return :func:`_least_vector`, starting from the last result with the same key."""
        self.tails[key] = _least_vector(
            values, dimension, pairs, chance, top, self.tails.get(key), digits=digits, step=self.step
        )
        result: VectorTail = self.tails[key]
        return result

    @lru_cache(maxsize=256)  # noqa: B019 - a search lives for one call
    def shared(self, width: int) -> Shared:
        """Return the events about the initial weights."""
        m, setting, K = self.independent_terms(width), self.setting, self.setting.K
        drop = self.tail("drop", lambda l: least_eigenvalue(setting, m, l) + l * m, m, self.chance("drop", 1), 3.0)
        if not 0 < drop.value < 1:
            raise too_narrow(width)
        longest_tail = self.tail("longest", lambda l: longest(setting, m, l), 1.0, self.chance("longest", 1), 0.5)
        size = short(math.sqrt(float(longest_tail.value)) * (1 + 1e-5))
        gram_tail = self.tail("gram", lambda l: gram(setting, m, l), m, self.chance("gram", 1), 0.5)
        return Shared(drop, gram_tail, Tail(size, longest_tail.l), levels(K, size))

    @lru_cache(maxsize=256)  # noqa: B019 - a search lives for one call
    def column(self, width: int, t: int) -> tuple[ColumnEvents, Drift, Windows]:
        """Return the events of the columns with t ones."""
        setting, m, column = self.setting, self.independent_terms(width), Column(self.setting, t)
        count = sum(self.workload.columns.values())

        def vector(spread: Spread, name: str) -> VectorTail:
            def values(l: float) -> tuple[list[tuple[int, float]], float]:
                return list(spread.eigenvalues), float(spread.factor(setting, l))

            top = 0.5 / float(spread.M2)
            return self.vector_tail((name, t), values, setting.N, m, self.chance(name, count), top)

        label = self.tail(("label", t), lambda l: column.label_moment(m, l), m, self.chance("label", count), 0.5)
        open_tail = self.tail(("open", t), lambda l: column.open_moment(m, l), m, self.chance("open", count), 4.0)
        unset = Tail(Fraction(1), Fraction(1))
        pull, bulk = vector(column.pull, "pull"), vector(column.bulk, "bulk")
        events = ColumnEvents(
            self.deviated(width)[t], pull, bulk, label, open_tail, Fraction(0), unset, unset, unset, unset, unset,
            unset, unset,
        )  # fmt: skip
        return self._closed(width, t, events)

    def _closed(self, width: int, t: int, events: ColumnEvents) -> tuple[ColumnEvents, Drift, Windows]:
        """Return the events of a column with the closings and an allowance `rest` that suffices for them."""
        shared, setting = self.shared(width), self.setting
        known, coordinates = spectrum(setting, shared, events), setting.K * len(self.workload.columns)
        rest, slope, before = self.rests.get(t, 0.0) / width, 0.0, (0.0, 0.0)
        for index in range(24):
            drift = Drift(setting, t, width, known, rest)
            windows = Windows(drift, shared.levels)
            if drift.amax(windows.sizes[-1]) >= 2:
                raise too_narrow(width)
            tails: dict[str, Any] = {}
            for name, moment in moments(windows).items():
                path = {"turn": drift.back, "other": drift.s1, "far_echo": drift.s1}.get(name, drift.tw)
                top = 20 / max(path, 0.02 * drift.tw) / (3 * drift.tw if "echo" in name else 1)
                tails[name] = self.tail((name, t), moment, drift.root, self.chance(name, coordinates), top)
            events = replace(events, rest=short(rest), **tails)
            required = drift.variation(events.closings(float)) / (drift.spectrum.least * drift.root)
            room = float(events.rest) / required - 1
            if abs(room - self.room) < self.room / (20 if index < 8 else 2):
                break
            if rest != before[0]:  # the fixed point by the secant method
                slope = min(0.9, max(0.0, (required - before[1]) / (rest - before[0])))
            before, rest = (rest, required), (required - slope * rest) / (1 - slope) * (1 + self.room)
        if room < self.room / 4:
            raise too_narrow(width)
        self.rests[t] = rest * width
        longer = max(drift.tw, drift.s1)
        share = self.tail(
            ("share", t), lambda l: windows.share_moment(longer, l), self.independent_terms(width),
            self.chance("share", coordinates), 8.0,
        )  # fmt: skip
        return replace(events, share=share), drift, windows

    @lru_cache(maxsize=256)  # noqa: B019 - a search lives for one call
    def training(self, width: int) -> tuple[Fraction, int, float]:
        """Return the step size, the number of steps, and the final residual."""
        rates, largest = [], 1 / (1 + float(self.shared(width).gram.value))
        step = short(largest * (1 - 1e-5)) if self.requirements.step is None else self.requirements.step
        if step >= largest:
            raise TooNarrow(f"the step {step} is too large for the width {width}: below {largest:.6g}")
        for t in self.workload.columns:
            events, drift, _ = self.column(width, t)
            rates.append(drift.spectrum.least - drift.lipschitz(events.closings(float), float(events.share.value)))
        if min(rates) <= 0:
            raise too_narrow(width)
        goal = SLACK / (self.setting.lam * math.sqrt(width * max(self.workload.columns)))
        decay = math.log1p(-float(step) * min(rates))
        steps = self.requirements.steps or math.ceil(math.log(goal) / decay)
        return step, steps, math.sqrt(max(self.workload.columns)) * math.exp(steps * decay)

    @lru_cache(maxsize=4096)  # noqa: B019 - a search lives for one call
    def state_tails(self, n: int, width: int) -> StateTails:
        """Return the events of the regression at states with n matches."""
        state, m = regression(self.setting, n), self.independent_terms(width)
        count = self.workload.states_with(n) * len({kind.n for kind in self.workload.classes})
        spread, key = state.spread_of_rho, n if ("square", n) in self.tails else 0
        square = self.tail(
            ("square", key), lambda l: state.square_moment(m, l), m, self.chance("square", count),
            0.5 / float(state.suprema[1]) ** 2,
        )  # fmt: skip
        top = 0.5 / float(spread.M2)
        shift = self.vector_tail(
            ("shift", key), self._shifts(state), self.setting.K, m, self.chance("shift", count), top, digits=2
        )
        self.tails["square", n], self.tails["shift", n] = square, shift
        return StateTails(square, shift)

    @lru_cache(maxsize=4096)  # noqa: B019 - a search lives for one call
    def kinks(self, kind: BitClass, width: int) -> Tail:
        """Return the event about the kinks of a class."""
        (events, drift, windows), training = self.column(width, kind.t), self.training(width)
        count = self.workload.classes[kind] * len(self.workload.classes)
        late, e = drift.late(float(training[0]), training[1]), float(events.deviated.e)
        near = max(drift.moves(kind, e, late)) + drift.blur(windows.sizes[0])
        key = kind if ("kinks", kind) in self.tails else (kind.t, kind.p)
        tail = self.tail(
            ("kinks", key), lambda l: windows.kink_moment(kind, e, late, l), drift.root, self.chance("kinks", count),
            20 / near,
        )  # fmt: skip
        self.tails["kinks", kind] = tail
        return tail

    def distance(self, kind: BitClass, width: int, threshold: float) -> float:
        """Return the bound of the distance from the linearised network for a class."""
        (events, drift, _), kinks, tails = (
            self.column(width, kind.t),
            self.kinks(kind, width),
            self.state_tails(kind.n, width),
        )
        least = float(drift.spectrum.least) / math.sqrt(self.setting.lam)
        square, shift = float(tails.square.value), float(tails.shift.value) / least
        known = StateEvents(float(events.deviated.e), float(kinks.value), square, shift)
        limits, residual = regression(self.setting, kind.n).limits, self.training(width)[2]
        return float(drift.distance(kind, limits, threshold, known, events.closings(float), residual))

    def _shifts(self, state: StateBound) -> Callable[[float], tuple[list[tuple[int, float]], float]]:
        pairs = [(count, float(value)) for count, value in state.spread_of_rho.eigenvalues]
        limits, forms = state.blocks()
        root = np.linalg.inv(np.linalg.cholesky(np.array(limits)))
        pairs += [(1, value) for value in np.linalg.eigvalsh(root @ np.array(forms) @ root.T).tolist()]
        return lambda l: (pairs, state.spread_of_rho.factor(self.setting, l))

    def complete(self, width: int, threshold: float) -> AllLayersNetwork | None:
        """Return the network of this width with all parameters; None if ball arithmetic does not confirm it."""
        self.step = STEP / 3
        tau, training, classes = self.short_threshold(threshold), self.training(width), {}
        for kind in self.workload.classes:
            parameters = self.final(kind, width, float(tau))
            if parameters is None:
                return None
            classes[kind] = ClassEvents(self.kinks(kind, width), parameters)
        network = AllLayersNetwork(
            self.workload,
            width,
            tau,
            self.requirements.failure,
            training[1],
            training[0],
            self.shared(width),
            {t: self.column(width, t)[0] for t in self.workload.columns},
            {n: self.state_tails(n, width) for n in sorted({kind.n for kind in classes})},
            classes,
        )
        return _Fitted(network, self.requirements, self.setting).result()


def least_all_layers(workload: Workload, failure: Fraction) -> AllLayersNetwork:
    """Return the networks of the smallest width found for a workload; see :func:`find_all_layers`."""
    return find_all_layers(workload, Requirements(failure))


def find_all_layers(workload: Workload, requirements: Requirements, report: Report = silent) -> AllLayersNetwork:
    """Return a network that satisfies the requirements, with all parameters of its bound, confirmed in ball arithmetic.

    The search uses floats; the failure probability of the result is then bounded in ball arithmetic. A width or number
    of steps that is not required is the smallest one for which the bounds with these parameters suffice. `report` is
    called with lines that show progress. Raises TooNarrow if the requirements cannot be satisfied, NoMargin if no
    threshold separates the limits.
    """
    _check(workload, requirements)
    search = _Search(workload, requirements, report)
    return search.result(search.complete)


def _check(workload: Workload, requirements: Requirements) -> None:
    """Raise InputError for requirements that no network satisfies."""
    _refuse_full_columns(workload)
    if not 0 < requirements.failure < 1:
        raise InputError(f"a failure probability lies between 0 and 1, got {requirements.failure}")
    if requirements.width is not None and (requirements.width < 2 or requirements.width % 2):
        raise InputError(f"a network of pairs has an even width, got {requirements.width}")


class _Fitted:
    """Minimise the width, then the number of steps, with the other parameters of a network fixed."""

    def __init__(self, network: AllLayersNetwork, requirements: Requirements, floats: TangentSetting) -> None:
        self.network, self.requirements, self.floats = network, requirements, floats
        self.balls = TangentSetting(Balls(PRECISION), network.workload.samples)
        self.rates = network.rates(self.balls)
        self.failure = float(network.failure)
        self.upper = {t: (float(first.upper), float(second.upper)) for t, (first, second) in self.rates.items()}

    def result(self) -> AllLayersNetwork | None:
        """Return the minimised network, confirmed in ball arithmetic; None if it is not confirmed."""
        network = self.network
        if self.total(network) > self.failure:
            return None
        for kinds in (self._significant(), tuple(network.classes)):
            candidate = self._fitted(kinds)
            if self.total(candidate) <= self.failure and self._confirmed(candidate):
                return candidate
        return network if self._confirmed(network) else None

    def _significant(self) -> tuple[BitClass, ...]:
        """Return the classes whose contributions are not negligible."""
        least, result = self.failure * NEGLIGIBLE, list[BitClass]()
        evaluation = _Evaluation(self.network, self.floats, self.upper)
        for _ in evaluation.common_terms():
            pass
        for kind in self.network.classes:
            if sum(evaluation.class_terms(kind)) > least:
                result.append(kind)
        return tuple(result)

    def _fitted(self, kinds: tuple[BitClass, ...]) -> AllLayersNetwork:
        """Return the network with the smallest width and number of steps, evaluated on these classes.

        The contribution of the other classes is taken as it is at first.
        """
        network = self.network
        room = self.failure - (self.total(network) - self.total(network, kinds))
        if self.requirements.width is None:
            half = self._least(lambda pairs: replace(network, width=2 * pairs), network.width // 2, kinds, room)
            network = replace(network, width=2 * half)
        if self.requirements.steps is None:
            fitted = network
            steps = self._least(lambda steps: replace(fitted, steps=steps), network.steps, kinds, room)
            network = replace(network, steps=steps)
        return network

    def _confirmed(self, network: AllLayersNetwork) -> bool:
        """Tell whether the failure probability is certainly at most the required one, by ball arithmetic."""
        total: Real = self.balls.numbers.of(0)
        try:
            with working_precision(PRECISION):
                for term in network.terms(self.balls, self.rates):
                    total = total + term
        except (Undecided, InputError):
            return False
        return bool(total.upper <= network.failure)

    def total(self, network: AllLayersNetwork, kinds: tuple[BitClass, ...] | None = None) -> float:
        """Return the failure probability by floats, that of some classes alone if given; infinite without a bound."""
        try:
            return float(sum(network.terms(self.floats, self.upper, kinds)))
        except (InputError, ValueError, OverflowError, ZeroDivisionError):
            return math.inf

    def _least(
        self, changed: Callable[[int], AllLayersNetwork], high: int, kinds: tuple[BitClass, ...], room: float
    ) -> int:
        """Return the smallest number for which the changed network has a total of at most `room`; `high` has."""
        return least_sufficient(lambda number: math.log(self.total(changed(number), kinds) / room), high)
