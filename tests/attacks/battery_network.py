"""Facts about the rules for one finite network: against balls, brute force and mpmath. Without this kind, delete it."""

from __future__ import annotations

import itertools
import types
from collections import Counter
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
from battery import Fact, expect, refuses
from forgery import sign
from test_network_forgeries import FORGERIES, honest

from ntkproofs.bounds.finite import descent
from ntkproofs.bounds.finite.deviation import Deviation
from ntkproofs.bounds.finite.moments import Moments
from ntkproofs.bounds.finite.numbers import Balls
from ntkproofs.bounds.finite.output_layer import BitClass, ClassBound, Parameters, Setting

NETWORK_FACTS: list[Fact] = []
BALLS = Balls(300)
CASES = tuple((n, p, t, K) for K, t in ((2, 2), (4, 1), (7, 2), (9, 3)) for n in (2, 3, 5) for p in range(t + 1)
              if p <= n <= K and n - p <= K - t)  # fmt: skip


def network_fact(function: Fact) -> Fact:
    """Register a fact: apart from the others, which are asked of every mutant, since these take seconds."""
    NETWORK_FACTS.append(function)
    return function


def close(module: types.ModuleType, interval: Any, ball: Any, *shown: object) -> None:
    """Expect a narrow interval that contains the middle of a ball."""
    one, width = 1 << module.FRACTION_BITS, interval.high - interval.low
    middle = (Fraction(ball.lower) + Fraction(ball.upper)) / 2
    off = abs(Fraction(interval.low + interval.high, 2 * one) - middle)
    expect(off <= Fraction(1, 10**30) * max(1, abs(middle)) and width * 10**30 <= one * max(1, abs(middle)), *shown)


@cache
def setting(samples: int) -> Setting:
    return Setting(BALLS, samples)


@cache
def moments() -> Moments:
    return Moments(BALLS)


@network_fact
def moments_of_rectified_numbers(module: types.ModuleType) -> None:
    hidden = module.Hidden(4)
    for n, q, exponents in (
        *((n, 1, exponents) for n in (3, 5) for exponents in ((), (3,), (1, 2), (1, 1, 1))),
        *((n, 2, exponents) for n in (3, 5) for exponents in ((1, 1), (2,))),
        (2, 2, (1, 1)),
        (2, 0, (1, 4)),
    ):  # fmt: skip
        close(module, hidden.moment(n, q, exponents), moments().joint(n, q, exponents), n, q, exponents)
    refuses(
        module,
        "Declined",
        "of more than 3 dimensions",
        hidden.orthant,
        [[Fraction(i == k) for i in range(4)] for k in range(4)],
    )
    refuses(module, "Rejected", "fewer than 2 samples", module.Hidden, 1)


@cache
def _tilted(N: int, z: Fraction) -> tuple[Any, Any]:
    with mpmath.workdps(320):
        half, x = mpmath.mpf(N) / 2, mpmath.mpf(z.numerator) / z.denominator
        psi = mpmath.hyp0f1(half, x * x / 4)
        p = x / (2 * half) * mpmath.hyp0f1(half + 1, x * x / 4) / psi
        return p, x * p - mpmath.log(psi)


@network_fact
def tilted_directions(module: types.ModuleType) -> None:
    for N, z in ((1, Fraction(1, 3)), (2, Fraction(7)), (9, Fraction(45, 2)), (63, Fraction(300))):
        found = module.Hidden(N + 1).tilted(z)
        for interval, expected in zip(found, _tilted(N, z), strict=True):
            with mpmath.workdps(320):
                low, high = (mpmath.mpf(end) / (1 << module.FRACTION_BITS) for end in (interval.low, interval.high))
                expect(low <= expected <= high and high - low < mpmath.mpf(10) ** -60, N, z)
    refuses(module, "Rejected", "not above 0", module.Hidden(3).tilted, Fraction(0))
    module.Hidden(3).tilted(Fraction(module.MAX_TILT))
    refuses(module, "Declined", "of more than 16384", module.Hidden(3).tilted, Fraction(16385))


@network_fact
def bennett(module: types.ModuleType) -> None:
    for K, l, M in ((2, Fraction(1, 3), Fraction(1)), (7, Fraction(1, 9), Fraction(5, 2))):
        close(module, module.Hidden(K).bennett(l, module.Interval.of(M)), setting(K).bennett(BALLS.of(l), BALLS.of(M)))
    for l, M in (
        (Fraction(1, 2), Fraction(1)),
        (Fraction(0), Fraction(1)),
        (Fraction(-1), Fraction(1)),
        (Fraction(1), Fraction(0)),
    ):
        refuses(module, "Rejected", "is not between 0 and 1/(2 M)", module.Hidden(3).bennett, l, module.Interval.of(M))


@network_fact
def deviations(module: types.ModuleType) -> None:
    for K, t in ((5, 1), (6, 3), (4, 4)):
        column, other = module.Column(module.Hidden(K), t), Deviation(setting(K), t)
        close(module, column.fourth_moment(), other.T2, "T2", K, t)
        g = Fraction(3, 7)
        values = []
        for y in (Fraction(-1), Fraction(-2, 3), Fraction(0), Fraction(1, 5), Fraction(9, 10)):
            for side, ball in ((-column.a, -other.a), (column.top, other.top)):
                value = column.second_moment(module.Interval.of(g), module.Interval.of(y), side)
                close(module, value, other.second_moment(BALLS.of(g), BALLS.of(y), ball), "E2", K, t, y)
                values += [value.high] * (t > 1 or ball is not other.top)
        supremum = column.supremum(module.Interval.of(g))
        expect(max(values) <= supremum.low <= supremum.high <= max(values) * Fraction(13, 10), "sup", K, t)
        e, z, l = Fraction(4, 5), Fraction(3 * K), Fraction(1, 20)
        found = column.event(900, e, z, l)
        divergence, log = other.rate(*map(BALLS.of, (e, z, l)))
        highest = float((divergence + log * 900).upper)
        expect(highest - 12 <= found.low / 2**module.FRACTION_BITS <= highest + 1e-9, "event", K, t, highest)
    refuses(module, "Rejected", "e or z is too small", module.Column(module.Hidden(3), 1).event, 9, Fraction(0), z, l)


@cache
def _bound(n: int, p: int, t: int, K: int) -> ClassBound:
    return ClassBound(setting(K), BitClass(n, p, t), Fraction(1, 9 if p else 2), BALLS.of(Fraction(1, 10**4)))


@network_fact
def output_bits(module: types.ModuleType) -> None:
    r, width, e = Fraction(5, 4), 20_000, Fraction(1, 5)
    for n, p, t, K in CASES:
        bound = _bound(n, p, t, K)
        if not bound.margin > 0:
            continue
        slack = module.Interval.of(Fraction(1, 10**4))
        bit = module.OutputBit(module.Column(module.Hidden(K), t), (n, p, t), Fraction(1, 9 if p else 2), slack)
        close(module, bit.mean, bound.mean, "mean", n, p, t, K)
        close(module, bit.margin, bound.margin, "margin", n, p, t, K)
        close(module, bit.spread, bound.spread, "spread", n, p, t, K)
        others = bound.sizes[1]
        for cover in (((others, Fraction(1, 3)),), ((0, Fraction(1)), (others, Fraction(1, 2))) if others else ()):
            if cover:
                found = bit.supremum(module.Interval.of(r), list(cover))
                close(module, found, bound.supremum(BALLS.of(r), cover), "supremum", n, p, t, K, cover)
        cover = ((others, Fraction(1, 3)),)
        parameters = Parameters(Fraction(1, 300), Fraction(2 * K), Fraction(3, 2), cover)
        found = bit.wrong(width, e, parameters.l, parameters.z, parameters.q, list(cover))
        close(module, found, bound.log_probability(width, BALLS.of(e), parameters), "wrong", n, p, t, K)


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
    refuses(
        module, "Rejected", "is too large", module.Descent, module.Hidden(5), largest + Fraction(1, 10**9), rise, drop
    )
    refuses(module, "Rejected", "not above 0", module.Descent, module.Hidden(5), step, Fraction(0), drop)
    refuses(module, "Rejected", "not between 0 and 1", module.Descent, module.Hidden(5), step, rise, Fraction(1))
    refuses(module, "Rejected", "between 0 and 1/2", found.trace_event, 5, Fraction(1, 2))
    refuses(module, "Rejected", "not above 0", found.eigenvalue_event, 5, Fraction(0))


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
            expect(+module.pairs_visited(program, (0, 2, 3), (1,), steps) == counted(name, steps), name, steps)
    for bits, outcome in ((16, None), (17, "Declined")):
        value = {"name": "tied", "fields": [["a", bits]], "padding": 0}
        program = module.program_of(value | {"templates": [[[[i, 1] for i in range(bits)], [0]]]})
        if outcome is None:
            expect(module.pairs_at_arbitrary(program)[1, 1, 1] == 1, bits)
        else:
            refuses(module, outcome, "tie more than 16 bits", module.pairs_at_arbitrary, program)


@network_fact
def honest_networks(module: types.ModuleType) -> None:
    said, unlikely = [], module.unlikely

    def spy(chances: Any, failure: Fraction) -> None:
        said.append([number for _, _, number in chances])
        unlikely(chances, failure)

    module.unlikely = spy  # type: ignore[attr-defined]
    try:
        for name, numbers in NUMBERS.items():
            code, text = module.judge(sign(honest()[name]))
            expect(code == 0, name, text)
            expect(said.pop() == numbers, name)
    finally:
        module.unlikely = unlikely  # type: ignore[attr-defined]


# by hand: trace, eigenvalue, columns with so many ones, classes in their order
NUMBERS = {
    "permutation": [1, 1, 3, 3, 6, 3],
    "full": [1, 1, 1, 1, 4, 2],
}


@network_fact
def forged_networks(module: types.ModuleType) -> None:
    for name, (make, code, message) in FORGERIES.items():
        got, text = module.judge(make())
        expect(got == code and message in text, name, text)
