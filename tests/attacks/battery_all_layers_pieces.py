"""Facts about single rules for networks with all layers trained, each against balls at many sizes.

The arguments are set by hand, so that no certificate has to be searched for; so are the limits at which a rule refuses.
"""

from __future__ import annotations

import types
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from math import factorial
from types import SimpleNamespace
from typing import Any

from battery import Fact, expect, refuses, replaced
from battery_network import close

from ntkproofs.bounds.finite import tails as balls
from ntkproofs.bounds.finite.all_layers import moments, regression
from ntkproofs.bounds.finite.drift import Closings, Drift, Spectrum, StateEvents
from ntkproofs.bounds.finite.linearised import LinearisedBound, TangentSetting
from ntkproofs.bounds.finite.numbers import Balls
from ntkproofs.bounds.finite.output_layer import BitClass

PIECES: list[Fact] = []
BALLS = Balls(700)
of = BALLS.of
PAIRS = 1000
THRESHOLD = Fraction(2, 5)


def piece(function: Fact) -> Fact:
    """Register a fact."""
    PIECES.append(function)
    return function


@cache
def setting(K: int) -> TangentSetting:
    return TangentSetting(BALLS, K)


def same(module: types.ModuleType, intervals: Sequence[Any], values: Sequence[Any], *shown: object) -> None:
    """Expect narrow intervals that contain the balls, one each."""
    expect(len(intervals) == len(values), len(intervals), *shown)
    for index, (interval, value) in enumerate(zip(intervals, values, strict=True)):
        close(module, interval, value, *shown, index)


# --- moments and the start

GATED = [
    (n, q, exponents)
    for n in (2, 3, 5)
    for q in (0, 1)
    for exponents in ((0,), (1,), (0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (1, 0, 1), (1, 2))
    if len(exponents) <= min(n, 3 - (q > 0 or n > len(exponents)) * (len(exponents) == 3 and n > 3))
]


@cache
def _gated(n: int, q: int, exponents: tuple[int, ...]) -> Any:
    return setting(5).moments.gated(n, q, exponents)


@piece
def gated_moments(module: types.ModuleType) -> None:
    tangent = module.Tangent(5)
    for n, q, exponents in GATED:
        if 0 not in exponents:  # moments of another kind, under keys of their own
            tangent.moment(n, q, exponents)
        close(module, tangent.gated(n, q, exponents), _gated(n, q, exponents), n, q, exponents)
    before = dict(tangent._known)
    for n, q, exponents in GATED:
        with replaced(tangent, by_parts=None, positive=None):  # all known
            expect(tangent.gated(n, q, exponents[::-1]) is tangent.gated(n, q, exponents))
    expect(tangent._known == before)


@cache
def _bennett(l: Fraction, M0: Fraction, M2: Fraction, dimension: int) -> Any:
    return setting(5).bennett(of(l), of(M2), of(M0), dimension=dimension)


@piece
def two_degrees(module: types.ModuleType) -> None:
    tangent, put, unit = module.Tangent(5), module.Interval.of, Fraction(1, 1 << module.FRACTION_BITS)
    for l, M0, M2, K in (
        (Fraction(1, 10), Fraction(0), Fraction(1), 5),
        (Fraction(1, 7), Fraction(2, 3), Fraction(1, 2), 4),
        (Fraction(1, 3), Fraction(5, 2), Fraction(3, 4), 2),
        (Fraction(2, 5), Fraction(0), Fraction(1), 1),
        (Fraction(4, 5), Fraction(1), Fraction(1, 2), 3),
        (Fraction(20), Fraction(0), Fraction(1, 50), 3),
    ):
        close(module, tangent.two_degrees(l, put(M0), put(M2), K), _bennett(l, M0, M2, K), l, M0, M2, K)
    wide = module.Interval(0, put(Fraction(1, 4)).high)
    far = module.Interval(put(1).low, put(2).high)
    for l, M2 in (
        (Fraction(0), put(1)),
        (Fraction(-1, 5), put(1)),
        (Fraction(1, 5), put(0)),
        (Fraction(1, 5), put(Fraction(-1, 5))),
        (Fraction(1, 5), wide),
        (Fraction(1, 2), put(1)),
        (Fraction(1, 2), put(2)),
        (Fraction(2, 5), far),
    ):
        refuses(module, "Rejected", "is not between 0 and 1/(2 M)", tangent.two_degrees, l, put(0), M2, 5)
    tangent.two_degrees(Fraction(1, 2) - unit, put(0), put(1), 5)


@cache
def _start(K: int, l: Fraction) -> list[Any]:
    s, one = setting(K), of(l)
    return [
        *balls.second_moments(s),
        balls.least_eigenvalue(s, PAIRS, one) + of(l * PAIRS * Fraction(9, 10)),
        balls.gram(s, PAIRS, one) - of(l * PAIRS * 2),
        balls.longest(s, PAIRS, one) - of(l * 25),
    ]


@piece
def the_start(module: types.ModuleType) -> None:
    for K in (2, 3, 6):
        start = module.Start(module.Tangent(K), 2 * PAIRS, Fraction(1, 10), Fraction(2), Fraction(5))
        for l in (Fraction(1, 10), Fraction(2, 5)):
            found = [
                *start.second_moments(),
                *(event(l) for event in (start.eigenvalue_event, start.gram_event, start.longest_event)),
            ]
            same(module, found, _start(K, l), K, l)
        s = setting(K)
        roots = [BALLS.sqrt(of(2)), BALLS.sqrt(of(2 * PAIRS)), of(Fraction(10, 9)), s.lam * of(Fraction(9, 10))]
        same(module, [start.L, start.root, start.inverse, start.least], roots, K)
        expect((start.pairs, start.drop, start.gram, start.longest) == (PAIRS, Fraction(1, 10), 2, 5))
    for drop in (Fraction(0), Fraction(1), Fraction(-1, 2), Fraction(3, 2)):
        refuses(module, "Rejected", "the drop of the", module.Start, module.Tangent(3), 4, drop, *map(Fraction, (2, 5)))
    for l in (Fraction(0), Fraction(1, 2), Fraction(3, 4), Fraction(-1, 2)):
        refuses(module, "Rejected", "a tilt of |v| is not", module.Tangent(3).chi, l)


# --- columns and states

SIZES = [(2, 1), (3, 1), (3, 2), (5, 1), (5, 2), (6, 3), (7, 4), (8, 6)]
VECTOR = tuple(map(Fraction, ("1/6", "1/50", "7", "9/2")))
SCALAR = tuple(map(Fraction, ("7/5", "1/20")))


def _vector(moment: tuple[Any, Any]) -> Any:
    value, l, _, _ = VECTOR
    return moment[0] - moment[1] * PAIRS * of(l * value)


def _scalar(moment: Any) -> Any:
    value, l = SCALAR
    return moment - of(l * value * PAIRS)


@cache
def _column(K: int, t: int) -> list[Any]:
    column, (_, l, z, q), l1 = balls.Column(setting(K), t), map(of, VECTOR), of(SCALAR[1])
    return [
        *(_vector(balls.vector_moment(setting(K), PAIRS, spread, l, z, q)) for spread in (column.pull, column.bulk)),
        _scalar(column.label_moment(PAIRS, l1)),
        _scalar(column.open_moment(PAIRS, l1)),
    ]


@piece
def many_writers(module: types.ModuleType) -> None:
    """The chance that all of 300 writers are shut is less than one unit, and not 0."""
    column, unit = module.TangentColumn(module.Tangent(302), 300), Fraction(1, 1 << module.FRACTION_BITS)
    value, l = SCALAR
    found = column.open_event(PAIRS, SCALAR)
    nearest = (1 - value) * l * PAIRS  # log of (1 + (exp(l) - 1)(1 - 2^-300))^m - l m value, but for 2^-300
    expect(found.low * unit < nearest < found.high * unit and (found.high - found.low) * unit < Fraction(1, 10**50))


@cache
def _cumulant(kinds: tuple[int, ...]) -> Any:
    """Return the joint cumulant of variables that are v_i (1) or 1_i (0), as a sum over all their partitions."""
    m = setting(5).moments.single
    total = of(0)
    for partition in _partitions(list(kinds)):
        term = of((-1) ** (len(partition) - 1) * factorial(len(partition) - 1))
        for block in partition:
            term = term * (m[sum(block)] if any(block) else of(Fraction(1, 2)))
        total = total + term
    return total


def _partitions(items: list[int]) -> Iterator[list[list[int]]]:
    """Yield all partitions of a list into blocks."""
    if not items:
        yield []
        return
    first, *rest = items
    for partition in _partitions(rest):
        yield [[first], *partition]
        for index, block in enumerate(partition):
            yield [*partition[:index], [first, *block], *partition[index + 1 :]]


@piece
def joint_cumulants(module: types.ModuleType) -> None:
    """Of up to 4 copies of v_i and 3 of 1_i."""
    column = module.TangentColumn(module.Tangent(5), 2)
    for values in range(5):
        for gates in range(min(4, 6 - values)):
            if values + gates:
                value = _cumulant((1,) * values + (0,) * gates)
                close(module, column.cumulant(values, gates), value, values, gates)


@piece
def ends_of_the_sphere(module: types.ModuleType) -> None:
    """Where y is 1 or -1, c has no component across y: no term with ``|c|^2`` counts, whatever its sign."""
    column, put, one = module.TangentColumn(module.Tangent(5), 2), module.Interval.of, 1 << module.FRACTION_BITS
    parts = [put(Fraction(1, 2))] * 2
    for low, high in ((-1, -1), (1, 1), (-1, 0), (0, 1)):
        y = module.Interval(low * one, high * one)
        expect(column._at(y, parts, {(0, 1): put(-1)}, {}).high == 0, low, high)
        if low == high:
            expect(column._at(y, parts, {(0, 1): put(1)}, {}).high == 0, low, high)


@piece
def events_of_columns(module: types.ModuleType) -> None:
    for K, t in SIZES:
        column = module.TangentColumn(module.Tangent(K), t)
        found = [column.pull_event(PAIRS, VECTOR), column.bulk_event(PAIRS, VECTOR)]
        found += [column.label_event(PAIRS, SCALAR), column.open_event(PAIRS, SCALAR)]
        same(module, found, _column(K, t), K, t)


STATES = [(2, 2), (3, 2), (3, 3), (5, 2), (6, 4), (6, 6), (9, 3), (8, 8), (11, 9)]  # the last: x - beta is large


@cache
def _state(K: int, n: int) -> tuple[list[Any], list[Any]]:
    state, (_, l, z, q) = regression(setting(K), n), map(of, VECTOR)
    numbers = [*state.suprema, state.square_moment(PAIRS, of(SCALAR[1])) - of(SCALAR[0] * SCALAR[1] * PAIRS)]
    numbers.append(_vector(state.shift_moment(PAIRS, l, z, q)))
    groups = [g for g in range(4) if state.sizes[g]]
    return numbers, [state.b[g] for g in groups]


@piece
def states(module: types.ModuleType) -> None:
    for K, n in STATES:
        state, (values, limits) = module.Regression(module.Tangent(K), n), _state(K, n)
        found = [state.reach, *state.sides(), state.square_event(PAIRS, SCALAR), state.shift_event(PAIRS, VECTOR)]
        same(module, found, values, K, n)
        if n < K:
            same(module, [state.b[1], state.b[3]], [limits[0], limits[-1]], K, n)
        square = limits[0] * limits[0] * n + (limits[-1] * limits[-1] * (K - n) if n < K else of(0))
        close(module, state.length, BALLS.sqrt(square), K, n)
    refuses(
        module,
        "Rejected",
        "is not between 0 and 1/(2 M)",
        module.Regression(module.Tangent(3), 2).square_event,
        PAIRS,
        (Fraction(1), Fraction(90)),
    )
    state, one = module.Regression(module.Tangent(3), 2), 1 << module.FRACTION_BITS
    length = state.sides()[0]
    M2 = length.power(2)
    tilt = Fraction(one, M2.low + M2.high)  # where 1 - 2 l M2 may be 0
    refuses(module, "Rejected", "is not between 0 and 1/(2 M)", state.square_event, PAIRS, (Fraction(1), tilt))


KINDS = [(5, 2, 0, 1), (5, 2, 1, 1), (6, 3, 2, 2), (7, 2, 2, 4), (6, 4, 0, 2), (4, 2, 1, 3)]


@cache
def _bit(K: int, n: int, p: int, t: int) -> tuple[list[Any], Any]:
    bit = LinearisedBound(setting(K), BitClass(n, p, t), THRESHOLD, of(Fraction(1, 20)))
    groups = [g for g in range(4) if bit.sizes[g]]
    entries = [bit.diagonal[g] for g in groups]
    entries += [bit.between[g][k] for g in groups for k in groups if g != k or bit.sizes[g] > 1]
    return [*bit.constants, *entries], bit


@piece
def bits(module: types.ModuleType) -> None:
    """All entries of the second moments, and the suprema of degree 0."""
    slack = module.Interval.of(Fraction(1, 20))
    for K, n, p, t in KINDS:
        bit = module.TangentBit(module.TangentColumn(module.Tangent(K), t), (n, p, t), THRESHOLD, slack)
        groups = [g for g in range(4) if bit.sizes[g]]
        found = [*bit.constants(), *(bit.entry(g) for g in groups)]
        found += [bit.entry(g, k) for g in groups for k in groups if g != k or bit.sizes[g] > 1]
        same(module, found, _bit(K, n, p, t)[0], K, n, p, t)


# --- paths and windows

EVENTS = {
    name: Fraction(value) for name, value in {"pull": "1/9", "bulk": "1/8", "label": "13/10", "open": "4/5"}.items()
}
REST, DROP, GRAM, LONGEST, WIDTH = Fraction(1, 90), Fraction(1, 6), Fraction(5, 2), Fraction(5), 6000
LEVELS = [tuple(map(Fraction, level)) for level in (("2", "1/9"), ("3", "1/5"), ("4", "1/3"))]
CLOSED = dict(zip(("writer", "cross", "turn", "other", "echo", "far_echo"), map(Fraction, range(2, 8)), strict=True))
PATHS = [(3, 1), (5, 1), (5, 2), (6, 4)]
MOVED = [(2, 0), (2, 1), (3, 2), (4, 1)]  # n, p
E, LATE, RATE, STEPS = Fraction(1, 3), Fraction(1, 800), Fraction(1, 70), 90
KNOWN = tuple(map(Fraction, ("1/40", "1/9", "1/20")))  # kinks, Theta, shift
TILTS = (Fraction(1), Fraction(9))


def _kinds(t: int, K: int) -> Iterator[tuple[int, int]]:
    return ((n, p) for n, p in MOVED if p <= t and n - p <= K - t)


@cache
def _drift(K: int, t: int) -> tuple[Drift, balls.Windows]:
    s = setting(K)
    rest = {name: of(value) for name, value in EVENTS.items()}
    spectrum = Spectrum(
        least=s.lam * of(1 - DROP), inverse=1 / of(1 - DROP), gram=of(GRAM), longest=of(LONGEST), **rest
    )
    drift = Drift(s, t, WIDTH, spectrum, of(REST))
    return drift, balls.Windows(drift, [balls.Level(*level) for level in LEVELS])


@cache
def _path(K: int, t: int) -> list[Any]:
    drift, size = _drift(K, t)[0], of(3)
    closed = Closings(*(of(value) for value in CLOSED.values()))
    numbers = [drift.sy, drift.st, drift.S, drift.tw, drift.s1, drift.back, drift.cosh, drift.sinh, drift.be, drift.mu]
    numbers += [f(size) for f in (drift.nu, drift.amax, drift.blur, drift.kappa)]
    numbers += [*drift.squares, drift._open(1), drift._open(2), drift.st / drift.s1, drift.echo(closed)]
    numbers += [drift.variation(closed), drift.lipschitz(closed, of(Fraction(1, 7)))]
    numbers.append(drift.residual(of(RATE), STEPS))
    for n, p in _kinds(t, K):
        numbers += [move + drift.blur(size) for move in drift.moves(BitClass(n, p, t), of(E), of(LATE))]
        known = StateEvents(of(E), *map(of, KNOWN))
        limits = LinearisedBound(setting(K), BitClass(n, p, t), THRESHOLD, of(0)).limits
        numbers.append(drift.distance(BitClass(n, p, t), limits, of(THRESHOLD), known, closed, of(Fraction(1, 99))))
    return numbers


def _paths(module: types.ModuleType) -> Iterator[tuple[int, int, Any, Any]]:
    """Yield K, t, a path and the events of its windows."""
    for K, t in PATHS:
        tangent = module.Tangent(K)
        start = module.Start(tangent, WIDTH, DROP, GRAM, LONGEST)
        path = module.Path(start, module.TangentColumn(tangent, t), REST, {name: (v,) for name, v in EVENTS.items()})
        yield K, t, path, module.Windows(path, LEVELS)


@piece
def paths(module: types.ModuleType) -> None:
    put = module.Interval.of
    closed, size = {name: put(value) for name, value in CLOSED.items()}, put(3)
    for K, t, path, _ in _paths(module):
        found = [path.sy, path.st, path.S, path.one, path.zero, path.back, path.C, path.sinh, path.be, path.mu]
        found += [f(size) for f in (path.nu, path.amax, path.blur, path.kappa)]
        found += [*path.squares(), path.bent(1), path.bent(2), path.zeros_path(), path.echo(closed)]
        found += [path.variation(closed), path.lipschitz(closed, put(Fraction(1, 7)))]
        found.append(path.residual(put(RATE), STEPS))
        for n, p in _kinds(t, K):
            found += path.moves(n, p, E, put(LATE), size)
            state, known = module.Regression(path.start.tangent, n), tuple(map(put, KNOWN))
            found.append(path.distance((n, p, t), state, THRESHOLD, known, closed, put(Fraction(1, 99))))
        same(module, found, _path(K, t), K, t)
        unit = module.Interval(1, 1)
        for rate in (0, -1, 1, 2, module.Interval(-1, 1), module.Interval(0, 1), unit.times(0) + module.Interval(0, 0)):
            rate = put(rate) if isinstance(rate, int) else rate
            refuses(module, "Rejected", "the residual does not decay", path.residual, rate, STEPS)
        near = put(1) - unit
        refuses(module, "Rejected", "not decay", path.residual, module.Interval(near.low, put(1).high), STEPS)
        path.residual(unit, STEPS)
        path.residual(near, STEPS)


@cache
def _windows(K: int, t: int) -> list[Any]:
    drift, windows = _drift(K, t)
    result = [*windows.chances]
    for l in TILTS:
        numbers = [moment(of(l)) for moment in moments(windows).values()]
        numbers += [windows.share_moment(path, of(l)) * of(1) for path in (BALLS.largest(drift.tw, drift.s1),)]
        numbers += [windows.kink_moment(BitClass(n, p, t), of(E), of(LATE), of(l)) for n, p in _kinds(t, K)]
        scales = [drift.root] * len(numbers)
        scales[len(moments(windows))] = of(WIDTH // 2)
        result += [number - of(l * Fraction(1, 3)) * scale for number, scale in zip(numbers, scales, strict=True)]
    return result


@piece
def windows_near_kinks(module: types.ModuleType) -> None:
    for K, t, path, windows in _paths(module):
        found = [*windows.chances]
        for l in TILTS:
            tail = (Fraction(1, 3), l)
            one, zero = path.one, path.zero
            found += [
                windows.closing(tail, one, twice=False, echo=False),
                windows.cross(tail, one, path.back),
                windows.turn(tail, one, path.back),
                windows.closing(tail, zero, twice=True, echo=False),
                windows.closing(tail, one, twice=True, echo=True),
                windows.closing(tail, zero, twice=True, echo=True),
                windows.share(tail),
            ]
            found += [windows.kinks(tail, n, p, E, module.Interval.of(LATE)) for n, p in _kinds(t, K)]
        same(module, found, _windows(K, t), K, t)
    sizes = [Fraction(1), Fraction(6)]
    for levels in ([(Fraction(6), Fraction(1, 5))], [(Fraction(-1), Fraction(1, 5))], [(Fraction(0), Fraction(1, 5))]):
        refuses(module, "Rejected", "the levels are not positive", module.Windows, path, levels)
    module.Windows(path, [(sizes[0], Fraction(1, 5)), (LONGEST, Fraction(1, 5))])


@piece
def layers_of_windows(module: types.ModuleType) -> None:
    """By hand: values at the first size and increments, of which none counts below 0, times chances at most weight."""
    put, one = module.Interval.of, 1 << module.FRACTION_BITS
    _, _, _, windows = next(_paths(module))
    windows.chances = [put(Fraction(1, 2)), put(Fraction(1, 8)), put(Fraction(1, 4))]
    values = {Fraction(5, 2): 3, Fraction(7, 2): 7, Fraction(9, 2): 6, Fraction(5): 10}
    for weight, total in ((1, 3 + 2 + 1), (Fraction(1, 4), Fraction(3, 4) + 1 + 1)):
        found = windows.layered(lambda size: put(values[Fraction(size.low, one)]), put(Fraction(1, 2)), put(weight))
        expect(Fraction(found.low, one) <= total <= Fraction(found.high, one), weight)
        expect(found.high - found.low < 100)


# --- training and what is read


@piece
def steps_that_are_too_large(module: types.ModuleType) -> None:
    """Two conditions of a step: ``step (1 + gram) < 1``, and ``step mu < 1`` for the eigenvalue mu of the limit."""
    tangent, unit = module.Tangent(9), Fraction(1, 1 << module.FRACTION_BITS)
    tails = {name: (v,) for name, v in EVENTS.items()} | {name: (v,) for name, v in CLOSED.items()}
    tails |= {"deviation": (E,), "rest": (Fraction(1, 10**9),), "share": (Fraction(1, 7),)}
    mu = module.Path(module.Start(tangent, 2, DROP, GRAM, LONGEST), module.TangentColumn(tangent, 1), REST, tails).mu
    largest = 1 / (mu.high * unit)  # of the steps that serve for mu
    limit = "the step is too large for the eigenvalue of the limit in columns with 1 ones"
    for gram, step, message in (
        (Fraction(1, 9), largest + 4 * unit, limit),
        (Fraction(1, 9), Fraction(1, 2), limit),
        (Fraction(1, 9), Fraction(8, 9), limit),
        (Fraction(1, 9), largest - 4 * unit, "the outputs vary more than the path allows"),
        (Fraction(3), Fraction(1, 4), "the step is too large for the eigenvalues of H"),
    ):
        start = module.Start(tangent, 10**12, DROP, gram, LONGEST)
        network = SimpleNamespace(step=step, steps=STEPS, threshold=THRESHOLD)
        refuses(module, "Rejected", message, module.TrainedColumn, network, start, LEVELS, 1, tails)


@piece
def columns_without_a_zero(module: types.ModuleType) -> None:
    """Refused beside columns with one."""
    network = SimpleNamespace(program=SimpleNamespace(samples=3), columns=Counter({1: 2, 3: 1}))
    evidence: dict[str, Any] = {"classes": [], "columns": [], "kinks": [], "regressions": [], "start": {}}
    refuses(module, "Rejected", "a column of targets without a 0", module.all_layers, network, {}, {}, evidence)


@piece
def what_is_less(module: types.ModuleType) -> None:
    """An interval is less than another if its high end is below the other's low end."""
    for first, second in (((0, 2), (1, 3)), ((0, 1), (1, 2)), ((1, 1), (1, 1)), ((2, 3), (0, 1)), ((0, 3), (1, 2))):
        refuses(
            module, "Rejected", "not less", module.less, module.Interval(*first), module.Interval(*second), "not less"
        )
    module.less(module.Interval(0, 1), module.Interval(2, 3), "not less")


@piece
def tails_that_are_read(module: types.ModuleType) -> None:
    sizes = {"one": 2, "other": 4}
    numbers = {"one": ["1/2", "3"], "other": ["1", "1/9", "7", "-1/2"]}
    read = {"one": (Fraction(1, 2), Fraction(3)), "other": (Fraction(1), Fraction(1, 9), Fraction(7), Fraction(-1, 2))}
    expect(
        module.tails_of([[0, 3, numbers], [2, 1, numbers]], "a row", [(2, 1), (0, 3)], sizes)
        == {(0, 3): read, (2, 1): read}
    )
    expect(module.tails_of([], "a row", [], sizes) == {})
    for rows, required, message in (
        ([[1, numbers]], [], "a row (1,) does not occur"),
        ([[-1, numbers]], [(1,)], "a row is out of range"),
        ([], [(1,)], "a row (1,) is missing"),
        ([[1, 2, numbers]], [(1,)], "a row"),
        ([[1, numbers], [1, numbers]], [(1,)], "a row (1,) occurs twice"),
    ):
        refuses(module, "Rejected", message, module.tails_of, rows, "a row", required, sizes)
    for place in range(3):
        for number in ("0", "-1/3"):
            for size in (3, 4):
                values = ["1"] * place + [number] + ["1"] * (size - 1 - place)
                refuses(
                    module, "Rejected", "a tail: a number that is not above 0", module._tail, values, size, "a tail"
                )


@piece
def words_of_a_network(module: types.ModuleType) -> None:
    program = SimpleNamespace(samples=7)
    network = SimpleNamespace(program=program, width=6000, steps=90)
    words = module.all_layers_words(network, {"step": "1/5", "threshold": "2/5"})
    for phrase in (
        "network of width 6000 for each output bit",
        "f(x) = 6000^(-1/2) sum",
        "start of 3000 pairs of neurons",
        "by 90 steps of size 1/5 of",
        "over the 7 samples",
        "at the threshold 2/5, they compute",
    ):
        expect(phrase in words, phrase)
