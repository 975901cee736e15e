"""Facts about the rules for one finite network, in the order of what they cost. Without this kind, delete it.

Pieces are compared with balls (``ntkproofs.bounds.finite``, which shares no code with the checker) computed once a
process, with brute force, and with what is worked out by hand; whole certificates come last.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import types
from collections import Counter
from fractions import Fraction
from functools import cache, wraps
from typing import Any

import mpmath
from battery import Fact, expect, refuses, replaced
from forgery import sign
from network_forgeries import BOUNDARY, FORGERIES, honest

from ntkproofs.bounds.finite import descent
from ntkproofs.bounds.finite.deviation import Deviation
from ntkproofs.bounds.finite.moments import Moments
from ntkproofs.bounds.finite.numbers import Balls
from ntkproofs.bounds.finite.output_layer import BitClass, ClassBound, Parameters, Setting

NETWORK_FACTS: list[Fact] = []
BALLS = Balls(330)
CASES = tuple((n, p, t, K) for K, t in ((2, 2), (4, 1), (7, 2), (9, 3)) for n in (2, 3, 5) for p in range(t + 1)
              if p <= n <= K and n - p <= K - t)  # fmt: skip


WORK = 1 << 29  # word operations that a fact may take of the checker's budget, so that a loop without an end is ended


def bounded(function: Fact) -> Fact:
    """Return a fact that takes at most WORK of the checker's budget."""

    @wraps(function)
    def asked(module: types.ModuleType) -> None:
        with replaced(module, MAX_WORK=WORK, _left=[WORK]):
            function(module)

    return asked


def network_fact(function: Fact) -> Fact:
    """Register a fact, asked of the mutants of these rules only."""
    NETWORK_FACTS.append(bounded(function))
    return NETWORK_FACTS[-1]


def close(module: types.ModuleType, interval: Any, ball: Any, *shown: object) -> None:
    """Expect a narrow interval that contains the middle of a ball."""
    one, width = 1 << module.FRACTION_BITS, interval.high - interval.low
    middle = (Fraction(ball.lower) + Fraction(ball.upper)) / 2
    size = max(Fraction(1), abs(middle))
    expect(interval.low <= middle * one <= interval.high, *shown)
    expect(width * 10**50 <= one * size, *shown)


@cache
def setting(samples: int) -> Setting:
    return Setting(BALLS, samples)


@cache
def moments() -> Moments:
    return Moments(BALLS)


def interval(module: types.ModuleType, low: Any, high: Any) -> Any:
    """Return an interval between two rationals."""
    return module.Interval(module.Interval.of(Fraction(low)).low, module.Interval.of(Fraction(high)).high)


def ends(module: types.ModuleType, value: Any) -> tuple[Fraction, Fraction]:
    """Return the ends of an interval as rationals."""
    return Fraction(value.low, 1 << module.FRACTION_BITS), Fraction(value.high, 1 << module.FRACTION_BITS)


@network_fact
def sums_and_products(module: types.ModuleType) -> None:
    of = module.Interval.of
    a, b = [of(each) for each in (3, 0, 4)], [of(each) for each in (-5, 12, 0)]
    expect(ends(module, module.dot(a, b)) == (-15, -15))
    expect(ends(module, module.product_bound(a, b)) == ((65 - 15) / 2,) * 2)
    expect(ends(module, module._multiplied(a[:1] + b[:2])) == (-180, -180) and ends(module, module._added(b)) == (7, 7))
    expect(ends(module, module.largest(interval(module, 0, 3), interval(module, 1, 2))) == (1, 3))
    expect([ends(module, module._positive(of(each))) for each in (-2, 3)] == [(0, 0), (3, 3)])
    try:
        module.dot(a, b[:2])
    except ValueError:
        pass
    else:
        raise AssertionError("vectors of different lengths")


@network_fact
def determinants(module: types.ModuleType) -> None:
    def matrix(rows: Any) -> Any:
        return [[module.Interval.of(each) for each in row] for row in rows]

    for rows, determinant in (
        ([[Fraction(7, 3)]], Fraction(7, 3)),
        ([[2, 1], [1, 3]], 5),
        ([[4, 1, -2], [1, 5, 3], [-2, 3, 6]], 4 * 21 - 12 + -2 * 13),
        ([], 1),
    ):
        close(module, module.log_determinant(matrix(rows), "here"), BALLS.log(BALLS.of(determinant)), rows)
    words = "a quadratic form that is not positive definite here"
    for rows in (
        [[0]],
        [[-1]],
        [[1, 2], [2, 4]],
        [[1, 2], [2, 3]],
        [[-1, 0], [0, -1]],
        [[1, 0, 0], [0, 1, 1], [0, 1, 1]],
    ):
        refuses(module, "Rejected", words, module.log_determinant, matrix(rows), "here")
    refuses(module, "Rejected", words, module.log_determinant, [[interval(module, 0, 1)]], "here")
    refuses(module, "Rejected", words, module.log_determinant, [[interval(module, -1, 9)]], "here")


@network_fact
def moments_of_rectified_numbers(module: types.ModuleType) -> None:
    for K in (2, 5):
        hidden, other = module.Hidden(K), setting(K)
        expect((hidden.K, hidden.N) == (K, K - 1))
        for found, expected in ((hidden.lam, other.lam), (hidden.D, other.D), (hidden.apart, other.rest)):
            close(module, found, expected, "constants")
        for found, expected in zip(hidden.m, moments().single, strict=True):
            close(module, found, expected, "single moments")
    for n, q, exponents in (
        *((n, 1, exponents) for n in (3, 5) for exponents in ((), (3,), (2, 1), (1, 2), (1, 1, 1))),
        *((n, 2, exponents) for n in (3, 5) for exponents in ((1, 1), (2,))),
        *((2, 2, exponents) for exponents in ((1, 1), (2,))),
        (2, 1, (1, 2)),
        (1, 1, (3,)),
        (2, 0, (1, 4)),
    ):  # fmt: skip
        close(module, hidden.moment(n, q, exponents), moments().joint(n, q, exponents), n, q, exponents)
    # conditions that lower the covariance to negative numbers
    R = [
        [Fraction(2), Fraction(-1), Fraction(1)],
        [Fraction(-1), Fraction(3), Fraction(0)],
        [Fraction(1), Fraction(0), Fraction(1)],
    ]
    for exponents in ((1, 2, 1), (0, 1, 2), (2, 0, 0), (0, 0, 0)):
        close(module, hidden.by_parts(exponents, R), moments()._by_parts(exponents, tuple(map(tuple, R))), exponents)
    identity = [[Fraction(i == k) for i in range(4)] for k in range(4)]
    refuses(module, "Declined", "of more than 3 dimensions", hidden.orthant, identity)
    close(module, hidden.orthant([row[:3] for row in identity[:3]]), BALLS.of(Fraction(1, 8)), "an orthant")
    refuses(module, "Rejected", "fewer than 2 samples", module.Hidden, 1)


@cache
def _tilted(N: int, z: Fraction) -> tuple[Any, Any]:
    with mpmath.workdps(320):
        half, x = mpmath.mpf(N) / 2, mpmath.mpf(z.numerator) / z.denominator
        psi = mpmath.hyp0f1(half, x * x / 4)
        p = x / (2 * half) * mpmath.hyp0f1(half + 1, x * x / 4) / psi
        return p, x * p - mpmath.log(psi)


def _tilts(module: types.ModuleType, cases: Any) -> None:
    for N, z in cases:
        for value, expected in zip(module.Hidden(N + 1).tilted(z), _tilted(N, z), strict=True):
            with mpmath.workdps(320):
                low, high = (mpmath.mpf(end) / (1 << module.FRACTION_BITS) for end in (value.low, value.high))
                expect(low <= expected <= high and high - low < mpmath.mpf(10) ** -60, N, z)


@network_fact
def tilted_directions(module: types.ModuleType) -> None:
    _tilts(module, ((1, Fraction(1, 3)), (2, Fraction(7)), (9, Fraction(45, 2)), (3, Fraction(1, 10**9))))
    hidden = module.Hidden(4)
    expect(hidden.tilted(Fraction(2)) == hidden.tilted(Fraction(2)) != hidden.tilted(Fraction(3)))
    for z in (Fraction(0), Fraction(-1)):
        refuses(module, "Rejected", "not above 0", module.Hidden(3).tilted, z)
    refuses(module, "Declined", "of more than 16384", module.Hidden(3).tilted, Fraction(16385))
    with replaced(module, MAX_TILT=9):
        module.Hidden(3).tilted(Fraction(9))
        refuses(module, "Declined", "of more than 9", module.Hidden(3).tilted, Fraction(91, 10))


@cache
def _coarse() -> list[tuple[int, int, Fraction, Any, Any]]:
    """Return units, dimensions and tilts for a coarse summation, with mean and divergence."""
    cases = [*itertools.product((1, 2, 4, 16, 256), (1, 2, 4, 9), (Fraction(1, 2), 1, 2, 4, 7, 12))]
    cases += [(24, 1, 1), (720, 1, 1), (36, 2, 2), (2, 10**4, 100)]  # where all terms that are added are whole
    return [(one, N, Fraction(z), *_tilted(N, Fraction(z))) for one, N, z in cases]


@network_fact
def the_rest_of_a_series(module: types.ModuleType) -> None:
    """With a unit so large that the terms left out matter: p, and the divergence, which is off by log(2^256/ONE)."""
    bits = module.FRACTION_BITS
    for one, N, z, p, divergence in _coarse():
        hidden = module.Hidden(N + 1)
        with replaced(module, ONE=one):
            low, high = hidden.tilted(z)
        shift = mpmath.log(mpmath.mpf(2) ** bits / one)
        for value, expected in ((low, p), (high, divergence + shift)):
            expect(mpmath.mpf(value.low) / 2**bits <= expected <= mpmath.mpf(value.high) / 2**bits, one, N, z)


@network_fact
def work_is_counted(module: types.ModuleType) -> None:
    hidden, program = module.Hidden(5), module.program_of(claimed("apart"))
    R = [[Fraction(1), Fraction(1)], [Fraction(1), Fraction(2)]]
    for words, least, action, arguments in (  # less than the first amount that is spent
        ("the series of a tilted distribution", 2000, hidden.tilted, (Fraction(1, 2),)),
        ("moments of a hidden layer", 64 * 149, hidden.by_parts, ((1, 1), R)),
        ("counting states", 500, module.components, (program,)),
        ("counting states", 2000, module._matching, (program, (0, 1, 2), (0, 1))),
        ("counting states", 1000, module._series, (Counter(range(9)), 3)),
        ("counting states", 500, module._convolved, ({(0, 0): 1, (1, 0): 1}, [((0, 1), 2)] * 9)),
        ("the execution of the program", 100, module.pairs_visited, (program, (0, 2, 3), (1,), 2)),
    ):
        with replaced(module, _left=[least]):
            refuses(module, "Declined", words, action, *arguments)
    said: list[str] = []
    with replaced(module, spend=lambda _amount, what: said.append(what)):
        module.pairs_visited(program, (0, 2, 3), (1,), 2)
        module.components(program)
    expect(said.count(module.EXECUTION) > 40, said)  # for each step and output bit, and for matches and writers
    expect(said.count("counting states") == 7, said)  # for each template and component


@network_fact
def bennett(module: types.ModuleType) -> None:
    for K, l, M in ((2, Fraction(1, 3), Fraction(1)), (7, Fraction(1, 9), Fraction(5, 2))):
        close(module, module.Hidden(K).bennett(l, module.Interval.of(M)), setting(K).bennett(BALLS.of(l), BALLS.of(M)))
    words = "is not between 0 and 1/(2 M)"
    for l, M in (
        (Fraction(1, 2), Fraction(1)),
        (Fraction(0), Fraction(1)),
        (Fraction(-1), Fraction(1)),
        (Fraction(-1), Fraction(-1)),
        (Fraction(1), Fraction(0)),
        (Fraction(3), Fraction(1)),
    ):
        refuses(module, "Rejected", words, module.Hidden(3).bennett, l, module.Interval.of(M))
    for M in ((-1, Fraction(1, 4)), (0, Fraction(1, 4)), (Fraction(1, 4), 3)):
        refuses(module, "Rejected", words, module.Hidden(3).bennett, Fraction(1), interval(module, *M))


@network_fact
def gradient_descent(module: types.ModuleType) -> None:
    step, rise, drop = Fraction(1, 12), Fraction(1, 5), Fraction(1, 3)
    for K in (2, 5, 20):
        here = step * 5 / K
        found = module.Descent(module.Hidden(K), here, rise, drop)
        numbers = [BALLS.of(each) for each in (here, rise, drop)]
        close(module, found.remainder(3, 40), descent.remainder(setting(K), 3, 40, *numbers), "remainder", K)
        close(module, found.second_moment(), descent.largest_second_moment(setting(K)), "Lam", K)
        tilt = Fraction(1, 11)
        close(module, found.trace_event(70, tilt), descent.log_trace(setting(K), 70, BALLS.of(rise), BALLS.of(tilt)))
        expected = descent.log_small_eigenvalue(setting(K), 70, BALLS.of(drop), BALLS.of(tilt))
        close(module, found.eigenvalue_event(70, tilt), expected, "eigenvalue", K)
    largest = 2 / (5 * (1 + rise))
    module.Descent(module.Hidden(5), largest, rise, drop)
    five, words = module.Hidden(5), "rise or step is not above 0, or drop not between 0 and 1"
    refuses(module, "Rejected", "is too large", module.Descent, five, largest + Fraction(1, 10**9), rise, drop)
    for wrong in (
        (step, Fraction(0), drop),
        (step, Fraction(-1, 9), drop),
        (Fraction(0), rise, drop),
        (Fraction(-1, 9), rise, drop),
        (step, rise, Fraction(1)),
        (step, rise, Fraction(0)),
        (step, rise, Fraction(-1, 9)),
        (step, rise, Fraction(9)),
    ):
        refuses(module, "Rejected", words, module.Descent, five, *wrong)
    module.Descent(five, step, Fraction(1, 10**9), Fraction(1, 10**9))
    for tilt in (Fraction(1, 2), Fraction(0), Fraction(-1, 9), Fraction(3)):
        refuses(module, "Rejected", "between 0 and 1/2", found.trace_event, 5, tilt)
    found.trace_event(5, Fraction(49, 100))
    for tilt in (Fraction(0), Fraction(-1)):
        refuses(module, "Rejected", "the tilt of the eigenvalue is not above 0", found.eigenvalue_event, 5, tilt)
    found.eigenvalue_event(5, Fraction(3, 2))


@network_fact
def claims_at_samples(module: types.ModuleType) -> None:
    words = "an output at a sample may be on the wrong side"
    nearest = module.Interval.of(Fraction(1, 4))
    less, more = module.Interval(-9, nearest.low - 1), module.Interval(0, nearest.low)
    for threshold in (Fraction(1, 4), Fraction(3, 4)):
        module.at_samples(threshold, [less, less])
        refuses(module, "Rejected", words, module.at_samples, threshold, [less, more])
        refuses(module, "Rejected", words, module.at_samples, threshold, [more, less])
    low = module.Interval.of(Fraction(1, 3)).low
    for threshold in (Fraction(1, 3), Fraction(2, 3)):
        refuses(module, "Rejected", words, module.at_samples, threshold, [module.Interval(0, low)])


@network_fact
def unions(module: types.ModuleType) -> None:
    def log(value: Any) -> Any:
        return module.Interval.of(Fraction(value)).log()

    together, single = (
        "the union bound exceeds the failure probability, its largest term ",
        "one term of the union bound exceeds the failure probability: ",
    )
    unlikely, failure = module.unlikely, Fraction(1, 10)
    parts = [("a", log(Fraction(1, 100)), 2), ("b", log(Fraction(1, 100)), 5), ("c", log(Fraction(2, 100)), 1)]
    unlikely(parts, failure)
    unlikely(parts, Fraction(9, 100) + Fraction(1, 10**70))
    refuses(module, "Rejected", f"{together}b", unlikely, parts, Fraction(9, 100) - Fraction(1, 10**70))
    refuses(module, "Rejected", f"{together}b", unlikely, parts[::-1], Fraction(8, 100))
    refuses(module, "Rejected", f"{single}b", unlikely, parts, Fraction(1, 21))
    refuses(module, "Declined", "too close to the failure probability to decide", unlikely, parts, Fraction(9, 100))
    refuses(
        module,
        "Declined",
        "too close to the failure probability to decide",
        unlikely,
        [("a", interval(module, -9, 1), 1)],
        Fraction(9, 10),
    )
    refuses(
        module,
        "Declined",
        "too close to the failure probability to decide",
        unlikely,
        [("a", interval(module, -9, 0), 1), ("b", log(1), 1)][:1],
        Fraction(99, 100),
    )
    # with exact logarithms and exponentials: exactly 1 is small enough, and a unit more is not
    unit, one = module.Interval(1, 1), module.Interval.of(1)
    with replaced(module.Interval, log=lambda self: module.Interval(0, 0), exp=lambda self: self + one):
        unlikely([("a", unit - unit, 1)], failure)
        unlikely([("a", unit - one, 1), ("b", -unit, 1)], failure)
        refuses(module, "Rejected", f"{single}a", unlikely, [("a", unit, 1)], failure)
        refuses(module, "Rejected", f"{together}b", unlikely, [("a", unit - one, 1), ("b", unit - unit, 1)], failure)
        refuses(
            module,
            "Declined",
            "too close to the failure probability to decide",
            unlikely,
            [("a", module.Interval(-1, 1), 1)],
            failure,
        )


@network_fact
def rows_of_evidence(module: types.ModuleType) -> None:
    deviations = [[1, "1/2", 3, "1/9"], [4, 5, "6/7", 8]]
    found = module.deviations_of([4, 1], deviations)
    expect(found == {1: (Fraction(1, 2), 3, Fraction(1, 9)), 4: (5, Fraction(6, 7), 8)})
    once = "the deviations do not list each number of ones in a column exactly once"
    for columns, rows, words in (
        ([1], deviations, once),
        ([1, 4, 5], deviations, once),
        ([1, 5], deviations, once),
        ([1, 4], [*deviations, deviations[0]], once),
        ([1, 4], [deviations[0], [4, 5, 6]], "a deviation is not a list of 4"),
        ([1, 4], [deviations[0], [4, 5, 6, 7, 8]], "a deviation is not a list of 4"),
        ([0], [[0, 5, 6, 7]], "t is out of range"),
        ([1], [["1", 5, 6, 7]], "t is not an integer"),
        ([1], [[1, 5, None, 7]], "a deviation is not a number"),
        ([1], {}, "deviations is not a list"),
    ):
        refuses(module, "Rejected", words, module.deviations_of, columns, rows)
    classes = [[2, 0, 1, "1/3", 4, -1, [[0, "1/2"], [3, 1]]], [3, 1, 2, 1, 2, 3, []]]
    counts = [(3, 1, 2), (2, 0, 1)]
    expect(
        module.classes_of(counts, classes)
        == {(2, 0, 1): (Fraction(1, 3), 4, -1, [(0, Fraction(1, 2)), (3, 1)]), (3, 1, 2): (1, 2, 3, [])}
    )
    for given, rows, words in (
        (counts, classes[:1], "the class n = 3, p = 1, t = 2 is missing"),
        (counts[1:], classes, "the class n = 3, p = 1, t = 2 does not occur"),
        ([(9, 1, 2), (2, 0, 1)], classes, "the class n = 9, p = 1, t = 2 is missing"),
        (counts, [*classes, classes[0]], "the class n = 2, p = 0, t = 1 occurs twice"),
        (counts, [*classes, [4, 0, 1]], "a class is not a list of 7"),
        ([(1, 0, 1)], [[1, *classes[0][1:]]], "n is out of range"),
        ([(2, -1, 1)], [[2, -1, *classes[0][2:]]], "p is out of range"),
        ([(2, 0, 0)], [[2, 0, 0, *classes[0][3:]]], "t is out of range"),
        (counts, [[*classes[0][:6], [[0]]], classes[1]], "a block is not a list of 2"),
        (counts, [[*classes[0][:6], [[0, 1, 2]]], classes[1]], "a block is not a list of 2"),
        (counts, [[*classes[0][:6], [[-1, 1]]], classes[1]], "a block's last number is out of range"),
        (counts, [[*classes[0][:6], [["0", 1]]], classes[1]], "a block's last number is not an integer"),
        (counts, [[*classes[0][:6], [[0, "x"]]], classes[1]], "mu is not a number"),
        (counts, [[*classes[0][:6], 3], classes[1]], "a cover is not a list"),
        (counts, [[*classes[0][:4], None, *classes[0][5:]], classes[1]], "a class is not a number"),
        (counts, {}, "classes is not a list"),
    ):
        refuses(module, "Rejected", words, module.classes_of, given, rows)


PROGRAMS = {
    "apart": (6, [({0: 1}, [0]), ({1: 0}, [0, 1]), ({2: 1, 3: 0}, [1]), ({3: 1}, [2, 3])], 2),
    "tied": (5, [({0: 1, 1: 1}, [0]), ({1: 0, 2: 1}, [0, 4]), ({2: 0}, [4]), ({4: 1}, [4, 3])], 0),
}


def claimed(name: str) -> dict[str, Any]:
    """Return a program as a claim states it."""
    bits, templates, padding = PROGRAMS[name]
    value = [[[[place, bit] for place, bit in when.items()], list(write)] for when, write in templates]
    return {"name": name, "fields": [["a", bits]], "templates": value, "padding": padding}


def step(name: str, state: tuple[int, ...]) -> tuple[Counter[tuple[int, int, int]], tuple[int, ...]]:
    """Return the counts of all output bits at a state, by brute force, and the next state."""
    bits, templates, _ = PROGRAMS[name]
    match = [all(state[place] == bit for place, bit in when.items()) for when, _ in templates]
    found: Counter[tuple[int, int, int]] = Counter()
    after = []
    for place in range(bits):
        writers = [index for index, (_, write) in enumerate(templates) if place in write]
        p = sum(match[index] for index in writers)
        found[sum(match), p, len(writers)] += 1
        after.append(int(p > 0))
    return found, tuple(after)


@cache
def counted(name: str, steps: int | None) -> Counter[tuple[int, int, int]]:
    """Return the pairs over all states, or over so many steps of the runs that begin in any values of bits 0, 2, 3."""
    total: Counter[tuple[int, int, int]] = Counter()
    bits = PROGRAMS[name][0]
    if steps is None:
        for state in itertools.product((0, 1), repeat=bits):
            total += step(name, state)[0]
        return total
    for values in itertools.product((0, 1), repeat=3):
        state = tuple(values[(0, 2, 3).index(i)] if i in (0, 2, 3) else int(i == 1) for i in range(bits))
        for _ in range(steps):
            found, after = step(name, state)
            total += found
            if after == state:
                break
            state = after
    return total


@network_fact
def pairs_of_states_and_bits(module: types.ModuleType) -> None:
    for name in PROGRAMS:
        program = module.program_of(claimed(name))
        expect(+module.pairs_at_arbitrary(program) == counted(name, None), name)
        for steps in (1, 2, 5):
            for lane_bits in (18, 1):  # in parts of 2^18 and of two assignments
                with replaced(module, LANE_BITS=lane_bits):
                    found = +module.pairs_visited(program, (0, 2, 3), (1,), steps)
                expect(found == counted(name, steps), name, steps)
    for bits, outcome in ((16, None), (17, "Declined")):
        value = {"name": "tied", "fields": [["a", bits]], "padding": 0}
        program = module.program_of(value | {"templates": [[[[i, 1] for i in range(bits)], [0]]]})
        if outcome is None:
            expect(module.pairs_at_arbitrary(program)[1, 1, 1] == 1, bits)
        else:
            refuses(module, outcome, "tie more than 16 bits", module.pairs_at_arbitrary, program)


def _chosen(name: str, steps: int | None, room: int | None) -> tuple[dict[Any, int], dict[int, int]]:
    """Return pairs by class and states by n that need a bound, of which `room` states are chosen."""
    bits, templates, _ = PROGRAMS[name]
    writers = Counter(sum(place in write for _, write in templates) for place in range(bits))
    pairs = {count: number for count, number in sorted(counted(name, steps).items()) if count[0] > 1 and count[2]}
    states: Counter[int] = Counter()
    for (n, _, _), number in counted(name, steps).items():
        states[n] += number
    numbers = {n: states[n] // bits for n in sorted({n for n, _, _ in pairs})}
    if room is None:
        return pairs, numbers
    pairs = {(n, p, t): min(number, room * writers[t]) for (n, p, t), number in pairs.items()}
    return pairs, {n: min(number, room) for n, number in numbers.items()}


def _simple(name: str, steps: int | None, room: int | None) -> dict[Any, int]:
    """Return pairs by class at samples, or of bits that no template writes, of which `room` states are chosen."""
    bits, templates, _ = PROGRAMS[name]
    writers = Counter(sum(place in write for _, write in templates) for place in range(bits))
    found = {
        (n, p, t): number for (n, p, t), number in sorted(counted(name, steps).items()) if n == 1 or (n > 1 and not t)
    }
    return {c: number if room is None else min(number, room * writers[c[2]]) for c, number in found.items()}


@network_fact
def chosen_states(module: types.ModuleType) -> None:
    def given(name: str, states: Any, inputs: Any) -> Any:
        claim = honest()["permutation"]["claim"] | {"program": claimed(name), "states": states}
        return module.pairs_of(module.network_of(claim | ({} if inputs is None else {"inputs": inputs})), states)

    for name, inputs, words in (
        ("apart", None, "every state"),
        ("tied", 1, "any one state chosen beforehand"),
        ("tied", 3, "any 3 states chosen beforehand"),
        ("apart", 64, "any 64 states chosen beforehand"),
    ):
        found = given(name, "arbitrary", inputs)
        expect(found[:2] == _chosen(name, None, inputs) and list(found[0]) == sorted(found[0]), name, inputs, found)
        expect(found[3:] == (words, f"counted over 2^{PROGRAMS[name][0]} states"), found)
        expect(found[2] == _simple(name, None, inputs), name, inputs, found)
    refuses(module, "Rejected", "inputs: there are only 2^5", given, "tied", "arbitrary", 33)
    refuses(module, "Rejected", "inputs is out of range", given, "tied", "arbitrary", 0)
    for name, steps, inputs, words in (
        ("tied", 2, None, "every state visited in 2 steps from the 2^3 assignments of the input bits"),
        (
            "apart",
            1,
            1,
            "every state visited in one step from any one assignment of 3 input bits chosen beforehand",
        ),
        ("tied", 2, 2, "every state visited in 2 steps from any 2 assignments of 3 input bits chosen beforehand"),
        ("tied", 1, 8, "every state visited in one step from any 8 assignments of 3 input bits chosen beforehand"),
    ):
        found = given(name, {"free": [0, 2, 3], "ones": [1], "steps": steps}, inputs)
        expect(
            found[:2] == _chosen(name, steps, None if inputs is None else inputs * steps), name, steps, inputs, found
        )
        expect(found[3:] == (words, f"{f'{steps} steps' if steps > 1 else 'one step'} executed on 2^3 inputs"), found)
        expect(found[2] == _simple(name, steps, None if inputs is None else inputs * steps), name, steps, inputs)
    refuses(module, "Rejected", "only 2^3", given, "tied", {"free": [0, 2, 3], "ones": [1], "steps": 1}, 9)
    refuses(module, "Rejected", "states: steps is out", given, "tied", {"free": [0], "ones": [1], "steps": 0}, 1)


@network_fact
def limits_of_runs(module: types.ModuleType) -> None:
    program = module.program_of(claimed("apart"))
    asked = (program, (0, 2, 3), (1,), 1)
    with replaced(module, MAX_FREE=3, MAX_MEMORY=8 * module._planes(program)):
        module.pairs_visited(*asked)
    for limits in ({"MAX_FREE": 2}, {"MAX_MEMORY": 8 * module._planes(program) - 1}):
        with replaced(module, **limits):
            refuses(module, "Declined", "an execution on 3 free bits with", module.pairs_visited, *asked)
    claim = honest()["permutation"]["claim"]
    least = module.network_of(claim | {"width": 1, "steps": 1, "inputs": 1})
    expect((least.width, least.steps, least.inputs) == (1, 1, 1))


@network_fact
def words_for_what_is_trained(module: types.ModuleType) -> None:
    claim = honest()["permutation"]["claim"]
    with replaced(module, all_layers=lambda *_: [], output_layer=lambda *_: []):
        output = module.check_network(claim, {})[0]
        layers = module.check_network(claim | {"trained": "all", "start": "antisymmetric"}, {})[0]
    expect(output.startswith("one two-layer ReLU network of width 240 with all outputs of "), output)
    expect("- 1/10 over the hidden weights; this holds at the finite width: no limit" in output, output)
    expect(layers.startswith("one scalar two-layer ReLU network of width 240 for each output bit of "), layers)
    expect("- 1/10 over the random initial pairs; this holds at the finite width: no limit" in layers, layers)


@network_fact
def kernels_of_states(module: types.ModuleType) -> None:
    for n, hidden, layers in itertools.product((2, 5), (module.Hidden(6), module.Tangent(6)), (1, 2)):
        if hidden.layers == layers:
            with mpmath.workdps(90):
                root = 1 / mpmath.sqrt(n)
                expected = (mpmath.sqrt(1 - root**2) + layers * root * (mpmath.pi - mpmath.acos(root))) / (
                    2 * mpmath.pi
                )
                value = hidden.matched(n)
                low, high = (mpmath.mpf(end) / 2**module.FRACTION_BITS for end in (value.low, value.high))
                expect(low <= expected <= high and high - low < mpmath.mpf(10) ** -70, n, layers)


@network_fact
def moments_of_columns(module: types.ModuleType) -> None:
    for K, t in ((5, 1), (6, 3), (4, 4)):
        column, other = module.Column(module.Hidden(K), t), _deviation(K, t)
        for found, expected in ((column.a, other.a), (column.top, other.top), (column.A0, other.A0)):
            close(module, found, expected, "alpha", K, t)
        close(module, column.fourth_moment(), other.T2, "T2", K, t)
        for g in (Fraction(3, 7), Fraction(11, 2)):
            for y in (Fraction(-1), Fraction(-2, 3), Fraction(0), Fraction(1, 5), Fraction(9, 10), Fraction(1)):
                for side, ball in ((-column.a, -other.a), (column.top, other.top)):
                    value = column.second_moment(module.Interval.of(g), module.Interval.of(y), side)
                    expected = _second(K, t, g, y, ball is other.top)
                    close(module, value, expected, "E2", K, t, y)
        around = column.second_moment(module.Interval.of(g), interval(module, Fraction(3, 4), 1), column.top)
        for y in (Fraction(3, 4), Fraction(9, 10), Fraction(1)):
            low, high = ends(module, around)
            expect(low <= Fraction(_second(K, t, g, y, True).lower) <= high, "E2 around", K, t, y)


@cache
def _deviation(K: int, t: int) -> Deviation:
    return Deviation(setting(K), t)


@cache
def _second(K: int, t: int, g: Fraction, y: Fraction, top: bool) -> Any:
    other = _deviation(K, t)
    return other.second_moment(BALLS.of(g), BALLS.of(y), other.top if top else -other.a)


@network_fact
def suprema_of_columns(module: types.ModuleType) -> None:
    for K, t in ((5, 1), (6, 3), (4, 4)):
        column, asked = module.Column(module.Hidden(K), t), []

        def moment(g: Any, y: Any, side: Any, asked: Any = asked) -> Any:
            asked.append((*ends(module, y), ends(module, side)))
            low = y.low if asked[-1][1] < Fraction(1, 2) else -y.low
            return module.Interval(low, low + 3)

        column.second_moment = moment
        found = column.supremum(module.Interval.of(1))
        expect(found.low == found.high == max(y.numerator * (module.ONE // y.denominator) if high < Fraction(1, 2)
               else -y.numerator * (module.ONE // y.denominator) for y, high, _ in asked) + 3)  # fmt: skip
        sides = {side for _, _, side in asked}
        expect(sides == {ends(module, -column.a)} | ({ends(module, column.top)} if t > 1 else set()), "sides", t)
        for side in sides:
            parts = sorted((low, high) for low, high, here in asked if here == side)
            expect(parts[0][0] == -1 and parts[-1][1] == 1 and len(parts) >= 200, "ends")
            expect(all(a[1] == b[0] for a, b in itertools.pairwise(parts)), "parts")


@network_fact
def deviation_events(module: types.ModuleType) -> None:
    for K, t in ((5, 1), (6, 3), (4, 4)):
        column = module.Column(module.Hidden(K), t)
        for e, z, l, second in (
            (Fraction(4, 5), Fraction(3 * K), Fraction(1, 20), Fraction(2)),
            (Fraction(1, 9), Fraction(K), Fraction(1, 30), Fraction(9)),
        ):
            column.supremum = lambda g, second=second: module.Interval.of(second)
            close(module, column.event(900, e, z, l), _event(K, t, 900, e, z, l, second), "event", K, t, e)
    column, words = module.Column(module.Hidden(3), 1), "the deviation of columns with 1 ones: e or z is too small"
    column.supremum = lambda g: module.Interval.of(1)
    for e, z in (
        (Fraction(0), Fraction(9)),
        (Fraction(-1), Fraction(9)),
        (Fraction(1), Fraction(1, 10**60)),
        (Fraction(1), Fraction(1, 10**30)),
    ):
        refuses(module, "Rejected", words, column.event, 9, e, z, Fraction(1, 20))


@cache
def _event(K: int, t: int, width: int, e: Fraction, z: Fraction, l: Fraction, second: Fraction) -> Any:
    other = Deviation(setting(K), t)
    other.largest_second_moment = lambda g: BALLS.of(second)  # type: ignore[method-assign]
    divergence, log = other.rate(*map(BALLS.of, (e, z, l)))
    return divergence + log * width


@cache
def _bound(n: int, p: int, t: int, K: int) -> ClassBound:
    return ClassBound(setting(K), BitClass(n, p, t), Fraction(1, 9 if p else 2), BALLS.of(Fraction(1, 10**4)))


REACH = Fraction(5, 4)


@cache
def _blocks(case: tuple[int, int, int, int]) -> list[tuple[tuple[int, int, Fraction], Any]]:
    """Return bounds of blocks: first and last number of positive samples, and mu."""
    bound, others = _bound(*case), _bound(*case).sizes[1]
    blocks = {
        (0, others, Fraction(1, 3)),
        (0, 0, Fraction(1)),
        (others, others, Fraction(0)),
        (0, others, Fraction(4, 5)),
    }
    return [((first, last, mu), bound.below(BALLS.of(REACH), first, last, BALLS.of(mu))) for first, last, mu in blocks]


@cache
def _whole(case: tuple[int, int, int, int]) -> list[tuple[Any, Any]]:
    """Return covers with the suprema, and the bound with parameters."""
    bound, others = _bound(*case), _bound(*case).sizes[1]
    covers = [((others, Fraction(1, 3)),)]
    covers += [((0, Fraction(1)), (others, Fraction(1, 2)))] * bool(others)
    return [(cover, bound.supremum(BALLS.of(REACH), cover)) for cover in covers]


def _parameters(case: tuple[int, int, int, int]) -> Parameters:
    return Parameters(
        Fraction(1, 300), Fraction(2 * case[3]), Fraction(3, 2), ((_bound(*case).sizes[1], Fraction(1, 3)),)
    )


@cache
def _wrong(case: tuple[int, int, int, int], width: int, e: Fraction) -> Any:
    return _bound(*case).log_probability(width, BALLS.of(e), _parameters(case))


def _bit(module: types.ModuleType, case: tuple[int, int, int, int]) -> Any:
    """Return an output bit of a module, made once."""
    known = module.__dict__.setdefault("bits of the battery", {})
    if case not in known:
        n, p, t, K = case
        slack = module.Interval.of(Fraction(1, 10**4))
        column = module.Column(module.Hidden(K), t)
        known[case] = module.OutputBit(column, (n, p, t), Fraction(1, 9 if p else 2), slack)
    return known[case]


def usable() -> list[tuple[int, int, int, int]]:
    """Return the cases whose limits are on their sides of the thresholds."""
    return [case for case in CASES if _bound(*case).margin > 0]


@network_fact
def weights_of_output_bits(module: types.ModuleType) -> None:
    for case in usable():
        bound, bit = _bound(*case), _bit(module, case)
        expect(bit.where == "at n = {}, p = {}, t = {}".format(*case))
        close(module, bit.mean, bound.mean, "mean", case)
        close(module, bit.margin, bound.margin, "margin", case)
        close(module, bit.spread, bound.spread, "spread", case)
    case = (2, 1, 1, 4)
    column, words = (
        module.Column(module.Hidden(4), 1),
        "the limit of the output is not clearly on the program's side of the threshold",
    )
    with replaced(module.OutputBit, _weigh=lambda self: None):
        mean = module.OutputBit(column, case[:3], Fraction(0), module.Interval.of(0)).mean
        slack = module.Interval(mean.high, mean.high)
        for near in (Fraction(mean.low, module.ONE), Fraction(mean.high, module.ONE)):
            refuses(module, "Rejected", words, module.OutputBit, column, case[:3], near, module.Interval.of(0))
        refuses(module, "Rejected", words, module.OutputBit, column, case[:3], Fraction(0), slack)
        module.OutputBit(column, case[:3], Fraction(mean.low - 1, module.ONE), module.Interval.of(0))
        zero = module.OutputBit(column, (2, 0, 1), Fraction(1), module.Interval.of(0)).mean
        for near in (Fraction(zero.low, module.ONE), Fraction(zero.high, module.ONE)):
            refuses(module, "Rejected", words, module.OutputBit, column, (2, 0, 1), near, module.Interval.of(0))
        module.OutputBit(column, (2, 0, 1), Fraction(zero.high + 1, module.ONE), module.Interval.of(0))


@network_fact
def suprema_of_output_bits(module: types.ModuleType) -> None:
    for case in usable():
        bound, bit = _bound(*case), _bit(module, case)
        reach = module.Interval.of(REACH) / bit.hidden.lam.sqrt()
        above, below = (bit.above_of_zero, bit.below_of_zero) if bit.sign > 0 else (bit.above_of_one, bit.below_of_one)
        close(module, above(reach), _above(case), "above", case)
        for (first, last, mu), expected in _blocks(case):
            negative, pulled = bit.sizes[1] - first, module.Interval.of(mu) * bit.root
            close(module, below(reach, negative, last, pulled), expected, "below", case, first, last, mu)
        for cover, expected in _whole(case):
            close(module, bit.supremum(module.Interval.of(REACH), list(cover)), expected, "supremum", case, cover)
        others, none = (
            bound.sizes[1],
            f"the blocks of the cover do not increase, or a mu is not between 0 and 1, {bit.where}",
        )
        for mu in (0, 1):
            bit.supremum(module.Interval.of(REACH), [(others, Fraction(mu))])
        for cover, words in (
            ([], f"the cover does not end in {others} {bit.where}"),
            ([(others - 1, Fraction(1))] * bool(others), f"the cover does not end in {others} {bit.where}"),
            ([(others, Fraction(1)), (others, Fraction(1))], none),
            ([(others, Fraction(1)), (others + 1, Fraction(1))], none),
            ([(others + 1, Fraction(1))], none),
            ([(others, Fraction(-1, 9))], none),
            ([(others, Fraction(10, 9))], none),
        ):
            refuses(module, "Rejected", words, bit.supremum, module.Interval.of(1), cover)


@cache
def _above(case: tuple[int, int, int, int]) -> Any:
    return _bound(*case).above(BALLS.of(REACH))


@network_fact
def bounds_of_output_bits(module: types.ModuleType) -> None:
    for case in usable():
        bit, given = _bit(module, case), _parameters(case)
        for width, e in ((20_000, Fraction(1, 5)), (300, Fraction(3, 2))):
            found = bit.wrong(width, e, given.l, given.z, given.q, list(given.cover))
            close(module, found, _wrong(case, width, e), "wrong", case)
    words = f"a bound of an expectation that is not positive {bit.where}"
    for low in (10**4, -1):
        with replaced(bit, margin=interval(module, low, 10**4)):
            refuses(module, "Rejected", words, bit.wrong, 9, Fraction(1), given.l, given.z, given.q, list(given.cover))


def _refused(module: types.ModuleType, name: str) -> None:
    make, code, message = FORGERIES[name]
    got, text = module.judge(make())
    expect(got == code and message in text, name, text)


@network_fact
def forged_networks(module: types.ModuleType) -> None:
    with replaced(module, CELLS=4):
        for name in FORGERIES:
            if name not in BOUNDARY:
                _refused(module, name)


@cache
def chances(name: str) -> list[Any]:
    """Return the probabilities' logarithms of an honest certificate, by balls; None for a deviation of weights."""
    document = honest()[name]
    claim, evidence, number = document["claim"], document["evidence"], len(document["claim"]["program"]["templates"])
    K = number + claim["program"]["padding"]
    rise, drop, first, second, step = (
        BALLS.of(Fraction(each))
        for each in (
            evidence["descent"]["rise"],
            evidence["descent"]["drop"],
            *evidence["descent"]["tilts"],
            claim["step"],
        )
    )
    result = [descent.log_trace(setting(K), claim["width"], rise, first)]
    result.append(descent.log_small_eigenvalue(setting(K), claim["width"], drop, second))
    result += [None] * len(evidence["deviations"])
    events = {t: BALLS.of(Fraction(e)) for t, e, _, _ in evidence["deviations"]}
    for n, p, t, l, z, q, cover in evidence["classes"]:
        slack = descent.remainder(setting(K), t, claim["steps"], step, rise, drop)
        bound = ClassBound(setting(K), BitClass(n, p, t), Fraction(claim["threshold"]), slack)
        blocks = tuple((last, Fraction(mu)) for last, mu in cover)
        parameters = Parameters(Fraction(l), Fraction(z), Fraction(q), blocks)
        result.append(bound.log_probability(claim["width"], events[t], parameters))
    return result


SENTENCE = (
    "accepted\nclaim: one two-layer ReLU network of width {width} with all outputs of the {templates} templates "
    "with SHA-256 {digest} ({padding} padding, {bits} bits; the issuer calls them '{name}'), f(x) = "
    "{width}^(-1/2) sum over r of a_r relu(u_r . x): hidden weights u_r drawn from N(0, I), independent and not "
    "trained, output weights a_r trained from zero by {steps} steps of size {step} of full-batch gradient descent"
    " on half the sum of squared errors over its {samples} samples (basis vectors); rounded at the threshold "
    "{threshold}, it computes the templates' next state at every {states} simultaneously, where a state is encoded as "
    "the indicator vector of its matching templates divided by its Euclidean norm, with probability at least "
    "1 - {failure} over the hidden weights; this holds at the finite width: no limit, linearisation or Gaussian "
    "approximation is used\n"
)


def said(name: str) -> str:
    """Return what the checker must say of an honest certificate, up to its digest."""
    claim, program = honest()[name]["claim"], honest()[name]["claim"]["program"]
    rest = {key: program[key] for key in ("fields", "padding", "templates")}
    number, runs = len(program["templates"]), claim["states"]
    words = "state"
    if runs != "arbitrary":
        words = f"state visited in {runs['steps']} steps from the 2^{len(runs['free'])} assignments of the input bits"
    values = {key: claim[key] for key in ("width", "steps", "step", "threshold", "failure")}
    return SENTENCE.format(
        templates=number,
        digest=hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()).hexdigest(),
        padding=program["padding"],
        bits=sum(width for _, width in program["fields"]),
        name=program["name"],
        samples=number + program["padding"],
        states=words,
        **values,
    )


# by hand: what the counts come from; trace, eigenvalue, columns with so many ones, classes in their order
DETAILS = {
    "permutation": "verified: 3 classes (n, p, t), counted over 2^3 states; "
    "one kind of target column, union bound over 6 kinds of events",
    "full": "verified: 2 classes (n, p, t), counted over 2^3 states; "
    "2 kinds of target columns, union bound over 6 kinds of events",
    "visited": "verified: 4 classes (n, p, t), 3 steps executed on 2^2 inputs; "
    "2 kinds of target columns, union bound over 8 kinds of events",
}
NUMBERS = {"permutation": [1, 1, 3, 3, 6, 3], "full": [1, 1, 1, 1, 4, 2]}


@network_fact
def honest_networks(module: types.ModuleType) -> None:
    heard: list[list[Any]] = []
    code, text = module.judge(sign(honest()["permutation"]))
    expect(code == 0, text)
    with replaced(module, unlikely=lambda given, failure: heard.append(list(given)), CELLS=4):
        for name in ("permutation", "full", "visited"):
            code, text = module.judge(sign(honest()[name]))
            expect(code == 0, name, text)
            found = heard.pop()
            expect([number for _, _, number in found] == NUMBERS.get(name, [number for _, _, number in found]), name)
            for (where, log, _), expected in zip(found, chances(name), strict=True):
                if expected is not None:
                    close(module, log, expected, name, where)
            words = [where for where, _, _ in found]
            kinds = honest()[name]["evidence"]["deviations"]
            expect(words[:2] == ["the trace", "the least eigenvalue"])
            expect(
                sorted(words[2 : 2 + len(kinds)]) == [f"the deviation of columns with {row[0]} ones" for row in kinds]
            )
            expect(text.startswith(said(name)) and f"facts: {len(words)}\n" in text and DETAILS[name] in text, text)


SLIGHTLY = (
    "one_step_fewer",
    "failure_of_just_the_sum",
    "failure_slightly_less_than_the_sum",
)


@network_fact
def networks_forged_slightly(module: types.ModuleType) -> None:
    for name in SLIGHTLY:
        _refused(module, name)
