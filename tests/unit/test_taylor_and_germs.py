"""Power series, exact and over balls; and functions at a contact point with the zero divided out."""

from fractions import Fraction as Q
from math import comb, factorial

import mpmath
import pytest
import sympy
from strategies_local import as_exact

from ntkproofs.arithmetic.exact import ExactArithmetic, PiRational
from ntkproofs.arithmetic.expressions import BallArithmetic, Formula
from ntkproofs.arithmetic.germs import GermArithmetic
from ntkproofs.arithmetic.growth import Growth
from ntkproofs.arithmetic.taylor import Taylor, TaylorArithmetic
from ntkproofs.errors import DomainError, NotExact, Undecided
from ntkproofs.rigor import Ball, enclose

ORDER = 7
X = sympy.Symbol("x")


def exact_series(expression, at=0):
    arithmetic = TaylorArithmetic(ExactArithmetic(), ORDER)
    variable = arithmetic.series([PiRational.of(at), PiRational.of(1)])
    return Formula(expression).evaluate({X: variable}, arithmetic).coefficients


def rationals(expression, at=0):
    return [c.rational() for c in exact_series(expression, at)]


def test_exponential():
    assert rationals(sympy.exp(X)) == [Q(1, factorial(k)) for k in range(ORDER + 1)]


def test_logarithm():
    assert rationals(sympy.log(1 + X)) == [0] + [Q((-1) ** (k + 1), k) for k in range(1, ORDER + 1)]


def test_sine_and_cosine():
    sine = [Q([0, 1, 0, -1][k % 4], factorial(k)) for k in range(ORDER + 1)]
    cosine = [Q([1, 0, -1, 0][k % 4], factorial(k)) for k in range(ORDER + 1)]
    assert rationals(sympy.sin(X)) == sine
    assert rationals(sympy.cos(X)) == cosine


def test_arc_tangent():
    assert rationals(sympy.atan(X)) == [Q([0, 1, 0, -1][k % 4], max(k, 1)) for k in range(ORDER + 1)]


def test_square_root():
    def binomial(k):
        return Q((-1) ** (k - 1) * comb(2 * k, k), 4**k * (2 * k - 1)) if k else Q(1)

    assert rationals(sympy.sqrt(1 + X)) == [binomial(k) for k in range(ORDER + 1)]


def test_arc_sine_and_arc_cosine():
    sine = [Q(comb(k - 1, (k - 1) // 2), 2 ** (k - 1) * k) if k % 2 else Q(0) for k in range(ORDER + 1)]
    assert rationals(sympy.asin(X)) == sine
    cosine = exact_series(sympy.acos(X))
    assert cosine[0] == PiRational.pi() / 2
    assert [c.rational() for c in cosine[1:]] == [-c for c in sine[1:]]


def test_geometric_series_and_powers():
    assert rationals(1 / (1 - X)) == [1] * (ORDER + 1)
    assert rationals((1 + X) ** 5) == [comb(5, k) for k in range(ORDER + 1)]
    assert rationals((1 + X) ** -2) == [(-1) ** k * (k + 1) for k in range(ORDER + 1)]
    assert rationals(X**3) == [0, 0, 0, 1, 0, 0, 0, 0]
    assert rationals((X + 2) ** 4, at=-2) == [0, 0, 0, 0, 1, 0, 0, 0]


def test_series_leave_the_field_with_an_error():
    exact = exact_series(sympy.exp(X + 1) - sympy.E)
    assert exact[0].is_zero()
    assert not exact[1].is_zero()
    with pytest.raises(DomainError):
        exact_series(1 / X)
    with pytest.raises(DomainError):
        exact_series(sympy.sqrt(X - 1))


EXPRESSIONS = [
    sympy.exp(sympy.sin(X)) / (2 + sympy.cos(X)),
    sympy.log(2 + X) * sympy.atan(X) ** 3,
    sympy.sqrt(3 - X) * sympy.acos(X / 2),
    sympy.asin(X / 3) / (X**2 + 1),
    (X - sympy.pi) ** -3,
    sympy.tan(X) + sympy.tanh(2 * X),
    sympy.sinh(X) / sympy.cosh(X - 1),
    sympy.asinh(X) * sympy.acosh(2 + X) - sympy.atanh(X),
    sympy.Abs(X - 2) + sympy.Max(X, X**2 - 3, -5),
    sympy.gamma(X - 3) + sympy.loggamma(2 + X),
    sympy.erf(X) * sympy.erfc(1 - X**2),
    (1 + X) ** Q(2, 7) * (2 - X) ** Q(-4, 3) + (1 + X) ** sympy.pi,
    2**X + (1 + X) ** (X + sympy.Rational(1, 2)),
    sympy.binomial(X + 3, 2 * X),
]


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
@pytest.mark.parametrize("point", [Q(1, 3), Q(-2, 5)])
def test_coefficients_over_balls_are_those_of_mpmath(expression, point):
    arithmetic = TaylorArithmetic(BallArithmetic(200), 5)
    variable = arithmetic.series([Ball(point, precision=200), Ball(1, precision=200)])
    balls = Formula(expression).evaluate({X: variable}, arithmetic).coefficients
    with mpmath.workdps(80):
        function = sympy.lambdify(X, expression, "mpmath")
        expected = mpmath.taylor(function, mpmath.mpf(point.numerator) / point.denominator, 5)
        for ball, value in zip(balls, expected, strict=True):
            assert abs(ball.middle - as_exact(value)) < Q(1, 10**20)  # mpmath differentiates numerically
            assert ball.width < Q(1, 10**50)


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
def test_coefficients_over_a_box_enclose_those_at_each_of_its_points(expression):
    low, high = Q(1, 4), Q(3, 8)
    arithmetic = TaylorArithmetic(BallArithmetic(80), 4)
    one = Ball(1, precision=80)

    def at(side):
        variable = arithmetic.series([side, one])
        return Formula(expression).evaluate({X: variable}, arithmetic).coefficients

    whole = at(Ball.between(low, high, precision=80))
    for step in range(9):
        inside = at(Ball(low + (high - low) * Q(step, 8), precision=80))
        for big, small in zip(whole, inside, strict=True):
            assert big.lower <= small.lower
            assert small.upper <= big.upper


def test_an_even_power_of_a_box_across_zero_is_not_negative():
    square = Taylor([Ball.between(-1, 2, precision=53), Ball(1, precision=53)]) ** 2
    assert square.coefficients[0].lower == 0


# --- germs

GERMS = [
    (X - sympy.sin(X), 3),
    (1 - sympy.cos(X), 2),
    (sympy.exp(X) - 1 - X, 2),
    (sympy.sqrt(1 + X) - 1, 1),
    (sympy.sqrt(X**2 + X**4), 1),
    (sympy.atan(1 / X), 0),
    (1 / X + 1, -1),
    ((sympy.exp(X) - 1) / X**3, -2),
    (sympy.acos(X) - sympy.pi / 2 + X, 3),
    (sympy.log(1 + X) / (1 + X**2), 1),
    (sympy.pi * X - sympy.sin(sympy.pi * X), 3),
    (sympy.exp(sympy.exp(X)) * X, 1),
    ((sympy.exp(X) - 1) / X**2 - sympy.sqrt(3), -1),  # a constant outside Q(pi)
]


@pytest.mark.parametrize(("expression", "valuation"), GERMS, ids=str)
@pytest.mark.parametrize("reach", [Q(1, 2), Q(1, 16)])
def test_the_factor_encloses_the_function_over_its_power(expression, valuation, reach):
    arithmetic = GermArithmetic(reach, 6, 100)
    germ = Formula(expression).evaluate({X: arithmetic.variable(1)}, arithmetic).reduced()
    assert germ.valuation == valuation
    factor = germ.factor()
    for step in range(1, 25):
        s = reach * Q(step, 24)
        value = enclose(expression, {X: s}, precision=300) / s**valuation
        assert factor.lower <= value.lower
        assert value.upper <= factor.upper


def test_a_germ_at_the_right_end_of_an_interval():
    """1 - x**2 seen from x = 1 to the left is s (2 - s)."""
    arithmetic = GermArithmetic(Q(1, 4), 6, 100)
    germ = Formula(1 - X**2).evaluate({X: arithmetic.shifted(Q(1), -1)}, arithmetic).reduced()
    assert germ.valuation == 1
    for step in range(1, 9):
        s = Q(step, 32)
        assert germ.factor().contains((1 - (1 - s) ** 2) / s)


def test_a_function_with_zero_series_stays_undecided():
    arithmetic = GermArithmetic(Q(1, 4), 6, 100)
    with pytest.raises(Undecided):
        Formula(sympy.sin(X) ** 2 + sympy.cos(X) ** 2 - 1).evaluate({X: arithmetic.variable(1)}, arithmetic).reduced()


WITHOUT_A_POWER_SERIES = [sympy.sqrt(X), sympy.exp(1 / X), sympy.exp(-1 / X), sympy.sin(1 / X), sympy.log(1 / X)]


@pytest.mark.parametrize("expression", WITHOUT_A_POWER_SERIES, ids=str)
def test_functions_without_a_power_series_are_growths(expression):
    arithmetic = GermArithmetic(Q(1, 16), 6, 100)
    assert isinstance(Formula(expression).evaluate({X: arithmetic.variable(1)}, arithmetic), Growth)


@pytest.mark.parametrize("expression", [sympy.sqrt(-X), sympy.log(-X), sympy.tan(1 / X)], ids=str)
def test_functions_without_an_expansion_are_refused(expression):
    arithmetic = GermArithmetic(Q(1, 4), 6, 100)
    with pytest.raises((Undecided, DomainError)):
        Formula(expression).evaluate({X: arithmetic.variable(1)}, arithmetic)


# --- functions that are not analytic, and gamma at integers


def over(expression, low, high, order):
    arithmetic = TaylorArithmetic(BallArithmetic(60), order)
    variable = arithmetic.series([Ball.between(low, high, precision=60), Ball(1, precision=60)])
    return Formula(expression).evaluate({X: variable}, arithmetic).coefficients


KINKED = [
    sympy.Abs(X),
    sympy.Max(X, 1 - X, X**2),
    sympy.Min(X**2, sympy.exp(X) - 1),
    sympy.Abs(sympy.Abs(X) - sympy.Rational(1, 2)) * X,
    sympy.sqrt(1 + sympy.Abs(X)) / (2 + sympy.Max(X, 0)),
]


@pytest.mark.parametrize("expression", KINKED, ids=str)
def test_the_first_coefficient_contains_all_slopes_across_a_kink(expression):
    """A mean-value form needs this; the derivative at one end of the interval would not be enough."""
    function = sympy.lambdify(X, expression, "mpmath")
    for low, high in ((Q(-1), Q(1)), (Q(-1, 4), Q(3, 4)), (Q(0), Q(1)), (Q(-1), Q(0))):
        _, slope = over(expression, low, high, 1)
        points = [low + (high - low) * Q(step, 12) for step in range(13)]
        values = [function(mpmath.mpf(p.numerator) / p.denominator) for p in points]
        for i, first in enumerate(points):
            for second, value in zip(points[:i], values[:i], strict=True):
                actual = as_exact(values[i] - value) / (first - second)
                assert slope.lower - Q(1, 10**12) <= actual <= slope.upper + Q(1, 10**12)


@pytest.mark.parametrize("expression", [sympy.Abs(X), sympy.Max(X, 0), sympy.Min(X, -X)], ids=str)
def test_a_kink_has_no_second_derivative(expression):
    with pytest.raises(Undecided):
        over(expression, Q(-1), Q(1), 2)
    with pytest.raises(NotExact):
        exact_series(expression)
    assert [c.middle for c in over(expression, Q(2), Q(2), 2)][2] == 0


def test_exact_values_of_the_further_functions():
    exact = {
        sympy.tan(sympy.pi / 4 + 0 * X): 1,
        sympy.cosh(X): 1,
        sympy.sinh(X) + sympy.tanh(X) + sympy.asinh(X) + sympy.atanh(X) + sympy.erf(X): 0,
        sympy.acosh(X + 1): 0,
        sympy.erfc(X): 1,
        sympy.factorial(X + 6): 720,
        sympy.loggamma(X + 2): 0,
        sympy.binomial(X + 7, X + 3): 35,
        (X + 8) ** Q(2, 3): 4,
        (X + Q(27, 8)) ** Q(-1, 3): Q(2, 3),
        (X + 2) ** (X + 3): 8,
        (X + 4) ** (X + Q(3, 2)): 8,
        X ** (X + sympy.pi): 0,
        X**X: 1,
        sympy.Abs(X - sympy.pi) - sympy.Max(sympy.pi, X + 3): 0,
        sympy.Min(sympy.pi, X + 3): 3,
    }
    for expression, value in exact.items():
        assert Formula(expression).evaluate({X: PiRational.of(0)}, ExactArithmetic()) == value, expression


@pytest.mark.parametrize(
    "expression", [sympy.gamma(X), sympy.gamma(X - 3), sympy.tan(X + sympy.pi / 2), X ** (X - 2), (X - 1) ** Q(1, 3)]
)
def test_exact_values_where_a_function_is_undefined(expression):
    with pytest.raises(DomainError):
        Formula(expression).evaluate({X: PiRational.of(0)}, ExactArithmetic())
