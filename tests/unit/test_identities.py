"""Identities: true ones are proved, false ones refuted at a point that tells them apart, branch traps never hold."""

from fractions import Fraction as Q

import pytest
import sympy
from sympy import acos, asin, atan, cos, exp, log, pi, sin, sqrt

from ntkproofs.errors import InputError
from ntkproofs.rigor import Box, Identity, at_most, combination, enclose, identity, less

x, y, a, b, c, n, K = sympy.symbols("x y a b c n K")
R = sympy.Rational
UNIT = (Q(-1), Q(1))

TRUE = [
    ((x + y) ** 3, x**3 + 3 * x**2 * y + 3 * x * y**2 + y**3, {x: (-2, 2), y: (-2, 2)}),
    (1 / (x + 1) - 1 / (x + 2), 1 / ((x + 1) * (x + 2)), {x: (0, 5)}),
    ((1 - sqrt(1 - x**2)) / x, x / (1 + sqrt(1 - x**2)), {x: (0, 1)}),
    (sqrt(1 - x) * sqrt(1 - x), 1 - x, {x: (-1, 1)}),
    (1 / (sqrt(x) + sqrt(y)), (sqrt(x) - sqrt(y)) / (x - y), {x: (2, 3), y: (0, 1)}),
    (sin(2 * x), 2 * sin(x) * cos(x), {x: (-3, 3)}),
    (cos(3 * x), 4 * cos(x) ** 3 - 3 * cos(x), {x: (-3, 3)}),
    (sin(x) ** 2 + cos(x) ** 2, sympy.Integer(1), {x: (-3, 3)}),
    (sin(x + y), sin(x) * cos(y) + cos(x) * sin(y), {x: (-3, 3), y: (-3, 3)}),
    (sin(acos(x), evaluate=False), sqrt(1 - x**2), {x: UNIT}),
    (asin(x) + acos(x), pi / 2, {x: UNIT}),
    (cos(2 * acos(x)), 2 * x**2 - 1, {x: UNIT}),
    (exp(x**2 - 1), exp((x - 1) * (x + 1)), {x: UNIT}),
    (sqrt(sqrt(x) + 1) ** 4, x + 2 * sqrt(x) + 1, {x: (0, 4)}),
    (x**-3 * y**2 / x**-5, x**2 * y**2, {x: (1, 2), y: (1, 2)}),
]


@pytest.mark.parametrize(("left", "right", "domains"), TRUE, ids=lambda v: str(v)[:50])
def test_true_identities_hold(left, right, domains):
    result = identity(left, right, domains)
    assert result.outcome == "holds"
    assert result.points == 8
    assert result.counterexample is None


FALSE = [
    (x**2, x, {x: (2, 3)}),
    ((x + y) ** 2, x**2 + y**2, {x: (1, 2), y: (1, 2)}),
    (sin(2 * x), 2 * sin(x), {x: (1, 2)}),
    (sqrt(x + y), sqrt(x) + sqrt(y), {x: (1, 2), y: (1, 2)}),
    (1 / (x + 1), 1 - x, {x: (1, 2)}),
    (atan(x), x, {x: (1, 2)}),
    (x, x + R(1, 10**60), {x: (0, 1)}),
    (pi, R(355, 113), {}),
    (acos(R(7823207, 7823209)), sympy.Integer(0), {}),
    (asin(x) - acos(x), pi / 2, {x: UNIT}),
    (exp(x), 1 + x + x**2 / 2, {x: (1, 2)}),
]


@pytest.mark.parametrize(("left", "right", "domains"), FALSE, ids=lambda v: str(v)[:50])
def test_false_identities_fail_at_a_point_that_tells_the_sides_apart(left, right, domains):
    result = identity(left, right, domains)
    assert result.outcome == "fails"
    values = dict(result.counterexample)
    assert set(values) == set(domains)
    assert all(domains[symbol][0] < v < domains[symbol][1] for symbol, v in values.items())
    assert (enclose(left, values, precision=2000) - enclose(right, values, precision=2000)).sign() != 0


@pytest.mark.parametrize(
    ("left", "right", "domain"),
    [
        (sqrt(x**2), x, (-2, 0)),
        (sqrt(x**2), x, (-1, 1)),
        (sqrt(x**2), -x, (-1, 1)),
        (sqrt((x - R(1, 10**9)) ** 2), x - R(1, 10**9), (0, 1)),
        (acos(cos(x)), x, (-1, 1)),
        (asin(sin(x)), x, (1, 3)),
        (sqrt(x**2 * (1 - x)), x * sqrt(1 - x), (-1, 1)),
        (log(x**2), 2 * log(x), (Q(1, 2), 2)),
        (sqrt(x**2 - 2 * x + 1), 1 - x, (0, 2)),
        (sin(acos(x), evaluate=False), -sqrt(1 - x**2), (-1, 1)),
    ],
    ids=str,
)
def test_equalities_on_one_branch_never_hold(left, right, domain):
    """The sides are equal on one branch at most; the normal form must not assume this branch."""
    assert identity(left, right, {x: domain}).outcome != "holds"


def test_functions_of_different_arguments_are_not_equal():
    """The two arguments differ by the factor d = 1 + |x| - x, which is 1 for x >= 0 only: false for negative x."""
    d = 1 + sqrt(x**2) - x
    g = sqrt(1 + 1 / d)
    left, right = exp((g + 1) ** 2), exp(2 * d + 1 + 2 * d * g)
    at = {x: Q(-1, 10**13)}
    assert (enclose(left, at, precision=500) - enclose(right, at, precision=500)).sign() != 0
    assert identity(left, right, {x: (Q(-1, 10**12), 1)}).outcome != "holds"


def test_a_combination_does_not_take_different_arguments_for_equal():
    g = sqrt(1 + 1 / x)
    given, large = exp((g + 1) ** 2), exp(2 * x + 1 + 2 * x * g)
    claim = at_most(large, 2 * given)
    assert enclose(claim.difference, {x: 10}, precision=100).sign() < 0  # the claim is false
    assert combination(claim, {a: given}, a).outcome != "holds"


def test_a_domain_must_agree_with_what_the_symbol_is_assumed_to_be():
    positive = sympy.Symbol("v", positive=True)
    with pytest.raises(InputError):
        identity(sqrt(positive**2), positive, {positive: (-1, 1)})


@pytest.mark.parametrize("domains", [Box({x: (0, 1)}), [(x, (0, 1))], {x: 1}, {x: (0, 1, 2)}])
def test_domains_that_are_no_intervals_by_symbol_are_refused(domains):
    with pytest.raises(InputError, match=r"the domains of an identity are \{symbol: \(low, high\)\}"):
        identity(x, x, domains)


def test_open_says_that_points_agree_but_nothing_is_proved():
    result = identity(atan(x) + atan(1 / x), pi / 2, {x: (1, 2)})
    assert result.outcome == "open"
    assert result.points == 8
    assert "agree at 8 points" in result.reason


def test_integer_symbols_are_drawn_as_integers():
    m = sympy.Symbol("m", integer=True)
    result = identity(m**2, m, {m: (2, 9)})
    assert dict(result.counterexample)[m].denominator == 1


def test_the_seed_decides_the_points():
    first, again, other = (identity(x**2, x, {x: (2, 3)}, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.counterexample != other.counterexample


@pytest.mark.parametrize(
    ("left", "right", "domains"),
    [
        (x, x, {}),
        (x + y, y + x, {x: (0, 1)}),
        (x, x, {x: (1, 1)}),
        (x, x, {x: (2, 1)}),
        (x, x, {x: (0.5, 1)}),
        (sqrt(x), sqrt(x), {x: (-2, -1)}),
        (log(x), log(x), {x: (-2, -1)}),
        (acos(x), acos(x), {x: (2, 3)}),
        (sqrt(x**2 - 1) / sqrt(x**2 - 1), acos(x) + 1, {x: (2, 3)}),
        (sympy.Float("0.5"), R(1, 2), {}),
        (sympy.sign(x), x, {x: (0, 1)}),
    ],
    ids=str,
)
def test_meaningless_identities_are_refused(left, right, domains):
    with pytest.raises(InputError):
        identity(left, right, domains)


def test_an_identity_reads_as_a_sentence():
    assert str(identity(x, x, {x: (0, 1)})) == "holds: x = x (normal form; 8 random exact points)"
    assert isinstance(identity(1, 1), Identity)


# --- combinations


def test_a_true_combination_holds():
    assert combination(at_most(1, K), {a: n - 1, b: K - n}, a + b).outcome == "holds"
    assert combination(less(0, n + 1), {a: n, b: sympy.Integer(1)}, a + b, positive=(b,)).outcome == "holds"
    assert combination(at_most(2 * x * y, x**2 + y**2), {a: (x - y) ** 2}, a).outcome == "holds"
    assert combination(less(0, x * y), {a: x, b: y}, a * b, positive=(a, b)).outcome == "holds"
    assert combination(less(0, x + R(1, 3)), {a: x}, a + R(1, 3)).outcome == "holds"  # a constant is positive


@pytest.mark.parametrize(
    "terms", [a + 2 * b, a, b, a * b, a + b + 1, sympy.Integer(0), a + b + R(1, 10**30), (a + b) ** 2]
)
def test_wrong_sums_are_refused(terms):
    result = combination(at_most(1, K), {a: n - 1, b: K - n}, terms)
    assert result.outcome == "open"
    assert "does not equal" in result.reason


@pytest.mark.parametrize(
    ("claim", "given", "terms"),
    [
        (at_most(n, K), {a: K, b: n}, a - b),
        (at_most(0, -n), {a: n}, -a),
        (at_most(0, n**2 - 2 * n * K + K**2), {a: n, b: K}, (a - b) ** 2),
        (at_most(0, n * K - 1), {a: n, b: K}, a * b - 1),
    ],
    ids=str,
)
def test_negative_coefficients_are_refused(claim, given, terms):
    result = combination(claim, given, terms)
    assert result.outcome == "open"
    assert "negative" in result.reason


def test_strictness_needs_a_positive_monomial():
    given = {a: n - 1, b: K - n}
    strict = less(1, K)
    assert combination(strict, given, a + b).outcome == "open"
    assert combination(strict, given, a + b, positive=(a,)).outcome == "holds"
    product = less(0, x * y)
    assert combination(product, {a: x, b: y}, a * b, positive=(a,)).outcome == "open"
    assert combination(less(0, x**2 + x), {a: x}, a**2 + a).outcome == "open"
    assert combination(less(0, x - x), {a: x}, sympy.Integer(0), positive=(a,)).outcome == "open"


def test_certificates_are_polynomials_in_the_given_names():
    for terms in (a + c, n - 1):
        with pytest.raises(InputError, match="not among the given"):
            combination(at_most(1, n), {a: n - 1}, terms)
    for terms in (1 / a, sqrt(a), exp(a), pi * a):
        with pytest.raises(InputError, match="polynomial"):
            combination(at_most(1, n), {a: n - 1}, terms)
