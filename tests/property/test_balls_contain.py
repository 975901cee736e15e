"""Balls contain the true value of random expressions on random boxes (exact or high-precision references)."""

from fractions import Fraction as Q

import mpmath
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from strategies_local import as_exact

from ntkproofs.errors import DomainError, Undecided
from ntkproofs.rigor import Ball

DIGITS = 90
SLACK = Q(1, 10**60)  # what mpmath may be off, far below the last bit of the balls tested here
RATIONAL = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
FUNCTIONS = ("sqrt", "exp", "log", "sin", "cos", "atan", "asin", "acos")
MORE = ("tan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "gamma", "loggamma", "digamma", "erf", "erfc")

dyadics = st.builds(lambda k, e: Q(k, 2**e), st.integers(-40, 40), st.integers(0, 5))
fractions = st.fractions(-5, 5, max_denominator=50)
precisions = st.integers(8, 80)


@st.composite
def boxes(draw, ends=dyadics):
    """Draw a closed box and a rational point of it, often one of its ends."""
    low, high = sorted((draw(ends), draw(ends)))
    where = draw(st.sampled_from([Q(0), Q(1), Q(1, 2), Q(1, 3), Q(6, 7)]))
    return low, high, low + where * (high - low)


def trees(leaves, *, functions, signs=()):
    """Expression trees as nested tuples over the two places x0 and x1."""

    def extend(inner):
        grown = [
            st.tuples(st.sampled_from(list(RATIONAL)), inner, inner),
            st.tuples(st.just("**"), inner, st.integers(-3, 4)),
        ]
        if signs:
            grown.append(st.tuples(st.sampled_from(signs), inner))
        if functions:
            grown.append(st.tuples(st.sampled_from(FUNCTIONS), inner))
        return st.one_of(*grown)

    return st.recursive(leaves, extend, max_leaves=5)


def evaluate(tree, leaf, function):
    if isinstance(tree, str):
        return leaf(tree)
    if isinstance(tree, Q):
        return leaf(tree)
    name, first, *rest = tree
    value = evaluate(first, leaf, function)
    if name == "**":
        return value ** rest[0]
    if name == "neg":
        return -value
    if name == "abs":
        return abs(value)
    if rest:
        return RATIONAL[name](value, evaluate(rest[0], leaf, function))
    return function(name, value)


def as_mpf(value):
    return mpmath.mpf(value.numerator) / value.denominator


def ball_of(tree, sides, precision):
    """Return the ball, or reject the example where a function is not defined on the whole box."""
    balls = {f"x{i}": Ball.between(low, high, precision=precision) for i, (low, high, _) in enumerate(sides)}
    try:
        return evaluate(
            tree,
            lambda leaf: balls[leaf] if isinstance(leaf, str) else Ball(leaf, precision=precision),
            lambda name, value: getattr(value, name)(),
        )
    except (Undecided, DomainError):
        assume(False)


places = st.sampled_from(["x0", "x1"])


@given(trees(st.one_of(places, fractions), functions=False), boxes(), boxes(ends=fractions), precisions)
def test_rational_expressions_contain_the_exact_value(tree, first, second, precision):
    sides = (first, second)
    result = ball_of(tree, sides, precision)
    points = {f"x{i}": side[2] for i, side in enumerate(sides)}
    exact = evaluate(tree, lambda leaf: points[leaf] if isinstance(leaf, str) else leaf, None)
    assert result.lower <= exact <= result.upper


@example(tree=("neg", "x0"), side=(Q(1, 3), Q(1, 2), Q(1, 3)), precision=80)
@example(tree=("abs", "x0"), side=(Q(-1, 2), Q(-1, 3), Q(-1, 3)), precision=80)
@given(trees(st.one_of(places, fractions), functions=False, signs=("neg", "abs")), boxes(ends=fractions), precisions)
def test_expressions_with_minus_signs_contain_the_exact_value(tree, side, precision):
    result = ball_of(tree, (side, side), precision)
    exact = evaluate(tree, lambda leaf: side[2] if isinstance(leaf, str) else leaf, None)
    assert result.lower <= exact <= result.upper


def certainly_small(ball):
    """Return whether the numbers of a ball are below 10^12; they may be too large for a fraction."""
    try:
        return abs(ball) < 10**12
    except Undecided:
        return False


@given(trees(places, functions=True), boxes(), boxes(), precisions)
def test_expressions_with_functions_contain_the_true_value(tree, first, second, precision):
    sides = (first, second)
    result = ball_of(tree, sides, precision)
    assume(certainly_small(result))
    points = {f"x{i}": side[2] for i, side in enumerate(sides)}
    with mpmath.workdps(DIGITS):
        value = evaluate(tree, lambda leaf: as_mpf(points[leaf]), lambda name, x: getattr(mpmath, name)(x))
        assume(mpmath.im(value) == 0)  # mpmath's rounding may step over the edge of a domain
        true = as_exact(mpmath.re(value))
    assert result.lower <= true + SLACK
    assert true - SLACK <= result.upper


@given(st.sampled_from(FUNCTIONS), boxes(), st.integers(4, 64))
def test_each_function_contains_its_value_at_the_ends(name, side, precision):
    low, high, _ = side
    result = ball_of((name, "x0"), [side], precision)
    for point in (low, high):
        with mpmath.workdps(DIGITS):
            true = as_exact(getattr(mpmath, name)(as_mpf(point)))
        assert result.lower <= true + SLACK
        assert true - SLACK <= result.upper


@given(boxes(), boxes(), st.sampled_from(list(RATIONAL)))
def test_every_combination_of_signs(first, second, name):
    """All corners of both boxes are met, whichever signs the four ends have; and nothing else at full precision."""
    assume(name != "/" or second[0] > 0 or second[1] < 0)
    result = ball_of((name, "x0", "x1"), (first, second), 64)
    corners = [RATIONAL[name](a, b) for a in first[:2] for b in second[:2]]
    assert result.lower <= min(corners)
    assert max(corners) <= result.upper
    if name != "/":  # dyadic corners of few bits are representable, so the ends are they
        assert (result.lower, result.upper) == (min(corners), max(corners))
    else:
        assert min(corners) - result.lower <= Q(1, 2**50)
        assert result.upper - max(corners) <= Q(1, 2**50)


@given(boxes(), st.integers(0, 7))
def test_powers_are_the_exact_range(side, exponent):
    low, high, _ = side
    result = ball_of(("**", "x0", exponent), [side], 400)
    values = [low**exponent, high**exponent] + ([Q(0) ** exponent] if low <= 0 <= high else [])
    assert (result.lower, result.upper) == (min(values), max(values))


@given(trees(places, functions=True), dyadics, dyadics, st.integers(12, 60))
def test_more_precision_gives_a_narrower_ball_that_meets_the_wide_one(tree, first, second, precision):
    sides = [(first, first, first), (second, second, second)]
    wide, narrow = ball_of(tree, sides, precision), ball_of(tree, sides, 4 * precision)
    assume(certainly_small(wide))
    assert narrow.width <= wide.width
    assert narrow.overlaps(wide)


@given(boxes(), boxes(), precisions)
def test_comparisons_that_answer_are_true_of_every_pair_of_points(first, second, precision):
    a, b = (Ball.between(low, high, precision=precision) for low, high, _ in (first, second))
    for x, y in ((first[2], second[2]), (first[0], second[1]), (first[1], second[0])):
        for compare in (
            lambda u, v: u < v,
            lambda u, v: u <= v,
            lambda u, v: u > v,
            lambda u, v: u >= v,
            lambda u, v: u == v,
        ):
            try:
                answer = compare(a, b)
            except Undecided:
                continue
            assert answer == compare(x, y)


@st.composite
def full_width(draw):
    """Draw a precision and four ends that use all of its bits, so that every result has to be rounded."""
    precision = draw(st.integers(6, 60))
    whole = st.integers(2 ** (precision - 1), 2**precision - 1)
    number = st.builds(lambda m, e, s: Q(s * m) * Q(2) ** e, whole, st.integers(-70, 5), st.sampled_from([1, -1]))
    return precision, *(draw(number) for _ in range(4))


@given(full_width(), st.sampled_from(list(RATIONAL)))
def test_rounding_is_outward_and_by_one_bit_only(drawn, name):
    precision, a, b, c, d = drawn
    for first, second in (((a, a), (c, c)), ((a, b), (c, c)), ((a, a), (c, d)), ((a, b), (c, d))):
        (low, high), (bottom, top) = sorted(first), sorted(second)
        if name == "/" and bottom <= 0 <= top:
            continue
        left, right = (Ball.between(*ends, precision=precision) for ends in ((low, high), (bottom, top)))
        result = RATIONAL[name](left, right)
        corners = [RATIONAL[name](x, y) for x in (low, high) for y in (bottom, top)]
        for end, corner in ((result.lower, min(corners)), (result.upper, max(corners))):
            assert abs(end - corner) <= abs(corner) * Q(4, 2**precision)
        assert result.lower <= min(corners)
        assert max(corners) <= result.upper


@given(full_width(), st.integers(2, 5))
def test_powers_round_outward(drawn, exponent):
    precision, a, b, _, _ = drawn
    low, high = sorted((a, b))
    result = Ball.between(low, high, precision=precision) ** exponent
    values = [low**exponent, high**exponent] + ([Q(0)] if low <= 0 <= high else [])
    assert result.lower <= min(values)
    assert max(values) <= result.upper


# --- functions with several branches, and powers


def value_or_reject(compute):
    """Return the ball, or reject the example where the function is not known to be defined on the whole box."""
    try:
        return compute()
    except (Undecided, DomainError):
        assume(False)


def check_contains(result, true):
    """Compare with mpmath, whose error is relative to the size of the value."""
    with mpmath.workdps(DIGITS):
        assume(mpmath.im(true) == 0 and mpmath.isfinite(true))
        true = as_exact(mpmath.re(true))
    slack = SLACK * max(1, abs(true))
    assert result.lower <= true + slack
    assert true - slack <= result.upper


wide = st.builds(lambda k, e: Q(k, 2**e), st.integers(-400, 400), st.integers(0, 6))


@example(name="gamma", side=(Q(1), Q(2), Q(3, 2)), precision=20)  # both sides of the minimum
@example(name="gamma", side=(Q(-3, 2), Q(-5, 4), Q(-4, 3)), precision=40)
@example(name="loggamma", side=(Q(5, 4), Q(3, 2), Q(187, 128)), precision=60)
@example(name="tan", side=(Q(-3, 2), Q(3, 2), Q(0)), precision=20)
@example(name="tan", side=(Q(13, 8), Q(37, 8), Q(3)), precision=20)
@example(name="cosh", side=(Q(-1), Q(2), Q(0)), precision=20)
@given(st.sampled_from(MORE), boxes(ends=st.one_of(dyadics, wide)), precisions)
def test_each_further_function_contains_its_value_at_every_point(name, side, precision):
    low, high, inside = side
    result = value_or_reject(getattr(Ball.between(low, high, precision=precision), name))
    for point in (low, high, inside):
        with mpmath.workdps(DIGITS):
            check_contains(result, getattr(mpmath, name)(as_mpf(point)))


@given(st.sampled_from(MORE), st.one_of(dyadics, fractions, wide))
def test_each_further_function_is_narrow_at_a_point(name, point):
    result = value_or_reject(getattr(Ball(point, precision=80), name))
    assume(max(abs(result.lower), abs(result.upper)) > Q(1, 10**9))
    assert result.width <= max(abs(result.lower), abs(result.upper)) / 2**40


def test_functions_keep_their_ranges_at_huge_arguments():
    for size in (10**3, 10**6, 2**500):
        x = Ball(size, precision=64)
        assert x.tanh().upper == x.erf().upper == 1
        assert (-x).tanh().lower == (-x).erf().lower == -1
        assert x.erfc() >= 0
        assert x.erfc() < Q(1, 10**9)
    assert Ball(0, precision=20).cosh() == 1


@example(base=(Q(0), Q(1), Q(0)), exponent=(Q(1, 2), Q(2), Q(1)), precision=30)
@example(base=(Q(1, 2), Q(2), Q(1, 2)), exponent=(Q(-3), Q(3), Q(-3)), precision=30)
@given(boxes(dyadics.map(abs)), boxes(), precisions)
def test_real_powers_contain_the_value_at_every_pair_of_points(base, exponent, precision):
    first, second = (Ball.between(low, high, precision=precision) for low, high, _ in (base, exponent))
    result = value_or_reject(lambda: first.real_power(second))
    for x in base:
        for y in exponent:
            with mpmath.workdps(DIGITS):
                true = as_mpf(x) ** as_mpf(y) if x else mpmath.mpf(y == 0)
            check_contains(result, true)


QUOTIENTS = {Q(above, below) for above in range(-9, 10) for below in range(3, 13)}
ROOTS = sorted(quotient for quotient in QUOTIENTS if quotient.denominator > 2)


@given(boxes(dyadics.map(abs)), st.sampled_from(ROOTS), precisions)
def test_rational_powers_contain_the_value_at_every_point(side, exponent, precision):
    result = value_or_reject(lambda: Ball.between(*side[:2], precision=precision).rational_power(exponent))
    for x in side:
        with mpmath.workdps(DIGITS):
            check_contains(result, as_mpf(x) ** as_mpf(exponent))


@given(boxes(), boxes(), precisions)
def test_the_larger_and_the_smaller_number(first, second, precision):
    a, b = (Ball.between(low, high, precision=precision) for low, high, _ in (first, second))
    for x in first:
        for y in second:
            assert a.maximum(b).lower <= max(x, y) <= a.maximum(b).upper
            assert a.minimum(b).lower <= min(x, y) <= a.minimum(b).upper
    assert (a.maximum(b).lower, a.minimum(b).upper) == (max(a.lower, b.lower), min(a.upper, b.upper))


def test_where_the_further_functions_are_undefined():
    def ball(low, high=None):
        return Ball.between(low, low if high is None else high, precision=60)

    undefined = [
        lambda: ball(0).gamma(),
        lambda: ball(-7).gamma(),
        lambda: ball(-2, 0).loggamma(),
        lambda: ball(0, Q(1, 2)).acosh(),
        lambda: ball(1).atanh(),
        lambda: ball(-2, -1).atanh(),
        lambda: ball(-2, -1).rational_power(Q(1, 3)),
        lambda: ball(0).rational_power(Q(-1, 3)),
        lambda: ball(0).real_power(ball(-2)),
        lambda: ball(0).real_power(ball(Q(-3, 2))),
        lambda: ball(-1).real_power(ball(Q(1, 2))),
    ]
    for compute in undefined:
        with pytest.raises(DomainError):
            compute()
    unknown = [
        lambda: ball(-1, 1).gamma(),
        lambda: ball(Q(-5, 2), Q(-3, 2)).gamma(),
        lambda: ball(1, 2).tan(),
        lambda: ball(-1, 100).tan(),
        lambda: ball(0, 1).loggamma(),
        lambda: ball(0, 1).atanh(),
        lambda: ball(-1, 1).rational_power(Q(1, 3)),
        lambda: ball(0, 1).rational_power(Q(-1, 3)),
        lambda: ball(0, 1).real_power(ball(0, 1)),
        lambda: ball(0).real_power(ball(0, 1)),
        lambda: ball(10**15).exp().exp().exp(),
    ]
    for compute in unknown:
        with pytest.raises(Undecided):
            compute()
    assert ball(0).real_power(ball(0)) == 1  # as in SymPy
    assert ball(0).real_power(ball(Q(1, 3))) == 0
    assert ball(-2).real_power(ball(-3)) == Q(-1, 8)
