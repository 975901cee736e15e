"""Decisions about random statements agree with dense exact sampling."""

from fractions import Fraction as Q

import mpmath
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_local import as_exact

from ntkproofs.rigor import Box, Inequality, Integers, at_most, decide, less, replay

X, Y = sympy.symbols("x y")
N = sympy.Symbol("n", positive=True, integer=True)

coefficients = st.fractions(-3, 3, max_denominator=8)


def rational(value):
    return sympy.Rational(value.numerator, value.denominator)


def horner(row, point):
    total = Q(0)
    for c in reversed(row):
        total = total * point + c
    return total


@st.composite
def boxes(draw):
    low = draw(st.fractions(-2, 2, max_denominator=6))
    return low, low + draw(st.fractions(Q(1, 6), 3, max_denominator=6))


@settings(max_examples=60)
@given(st.lists(coefficients, min_size=1, max_size=5), boxes(), st.booleans())
def test_polynomials_on_an_interval(row, side, strict):
    low, high = side
    expression = sum((rational(c) * X**k for k, c in enumerate(row)), sympy.Integer(0))
    decision = decide(Inequality(sympy.Integer(0), expression, strict), Box({X: side}), max_cells=300, limit=256)
    samples = [low + (high - low) * Q(k, 60) for k in range(61)]
    if decision.outcome == "holds":
        worst = min(horner(row, point) for point in samples)
        assert worst >= decision.margin
        assert worst > 0 or not strict
    elif decision.outcome == "fails":
        ((_, point),) = decision.counterexample
        assert low <= point <= high
        result = horner(row, point)
        assert result < 0 or (strict and result == 0)
    else:  # only where the minimum is so close to zero that bisection cannot tell, or sits on it
        assert min(horner(row, point) for point in samples) >= -Q(1, 10)
    assert replay(decision).outcome == decision.outcome


@settings(max_examples=30)
@given(st.lists(st.lists(coefficients, min_size=1, max_size=3), min_size=1, max_size=3), boxes(), boxes())
def test_polynomials_on_a_rectangle(rows, first, second):
    expression = sum(
        (rational(c) * X**i * Y**j for i, row in enumerate(rows) for j, c in enumerate(row)), sympy.Integer(0)
    )

    def exact(a, b):
        return sum((c * a**i * b**j for i, row in enumerate(rows) for j, c in enumerate(row)), Q(0))

    decision = decide(less(0, expression), Box({X: first, Y: second}), max_cells=300, limit=256)
    grid = [
        (first[0] + (first[1] - first[0]) * Q(i, 12), second[0] + (second[1] - second[0]) * Q(j, 12))
        for i in range(13)
        for j in range(13)
    ]
    if decision.outcome == "holds":
        assert min(exact(*point) for point in grid) >= decision.margin > 0
    elif decision.outcome == "fails":
        values = dict(decision.counterexample)
        assert first[0] <= values[X] <= first[1]
        assert second[0] <= values[Y] <= second[1]
        assert exact(values[X], values[Y]) <= 0
    assert replay(decision).outcome == decision.outcome


@settings(max_examples=40)
@given(st.lists(coefficients, min_size=1, max_size=4), boxes(), st.fractions(Q(1, 100), 1, max_denominator=100))
def test_inequalities_with_a_gap_are_decided(row, side, gap):
    """p(x)**2 - 2 p(x) + 1 + gap is at least gap: never refuted, never open."""
    p = sum((rational(c) * X**k for k, c in enumerate(row)), sympy.Integer(0))
    decision = decide(less(0, sympy.expand(p**2 - 2 * p + 1 + rational(gap))), Box({X: side}))
    assert decision.outcome == "holds"
    assert decision.margin > 0


small = st.integers(-6, 6)


@settings(max_examples=60)
@given(small, small, st.integers(0, 5), st.integers(1, 5), small, small, st.integers(1, 4), st.booleans())
def test_rational_functions_and_roots_over_all_integers(a, b, c, d, e, f, start, strict):
    """(a n + b)/(c n + d) + e sqrt(n) against f, for all n >= start, against n up to 300 one by one."""
    left = (a * N + b) / (c * N + d) + e * sympy.sqrt(N)
    decision = decide((less if strict else at_most)(f, left), Integers(N, start), limit=512)

    def value(n):  # exact sign of p + e sqrt(n)
        p = Q(a * n + b, c * n + d) - f
        square = p * p - e * e * n
        if p >= 0 and e >= 0:
            return p + e
        if p <= 0 and e <= 0:
            return p + e
        return square if p > 0 else -square

    bad = [n for n in range(start, 301) if (value(n) <= 0 if strict else value(n) < 0)]
    if decision.outcome == "holds":
        assert bad == []
        with mpmath.workdps(40):
            for n in (*range(start, 301), 10**6):
                exact = mpmath.mpf(a * n + b) / (c * n + d) + e * mpmath.sqrt(n) - f
                scaled = exact * mpmath.mpf(n) ** (mpmath.mpf(decision.order) / 2)
                assert as_exact(scaled) >= decision.margin - Q(1, 10**25)
    elif decision.outcome == "fails":
        ((_, n),) = decision.counterexample
        assert n.denominator == 1
        assert n >= start
        assert value(n) <= 0 if strict else value(n) < 0
    else:
        assert not bad
    assert replay(decision).outcome == decision.outcome


@settings(max_examples=40)
@given(st.lists(st.integers(-9, 9), min_size=2, max_size=4), st.integers(0, 3), st.integers(0, 60))
def test_polynomials_over_finitely_many_integers_are_always_decided(row, start, more):
    """Exact arithmetic at each integer decides, whatever the polynomial; so must decide()."""
    expression = sum((c * N**k for k, c in enumerate(row)), sympy.Integer(0))
    first = max(start, 1)
    decision = decide(at_most(0, expression), Integers(N, first, first + more))
    values = {n: horner(row, Q(n)) for n in range(first, first + more + 1)}
    if all(v >= 0 for v in values.values()):
        assert decision.outcome == "holds"
        assert decision.margin <= min(values.values())
    else:
        assert decision.outcome == "fails"
        ((_, n),) = decision.counterexample
        assert values[int(n)] < 0
