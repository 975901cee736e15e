"""Statements that compare logarithms, powers, exponentials and their like at infinity."""

import pytest
import sympy
from sympy import Abs, E, Max, Min, atan, cos, cosh, erf, erfc, exp, factorial, gamma, log, pi, sin, sinh, sqrt, tanh

from ntkproofs.rigor import Box, Integers, at_most, decide, less, replay

n = sympy.Symbol("n", positive=True)
R = sympy.Rational

TRUE = [
    (less(log(n), sqrt(n)), 1),
    (less(exp(-n), 1 / n), 1),
    (less(n, 2**n), 1),
    (less((1 + 1 / n) ** n, E), 1),
    (less(E, (1 + 1 / n) ** (n + 1)), 1),
    (less(n ** (1 / n), R(3, 2)), 1),
    (less(1, n ** (1 / n)), 2),
    (less(n ** (1 / n), 1 + 2 / sqrt(n)), 1),
    (less(log(log(n)), log(n)), 3),
    (less(log(log(n)) ** 2, log(n)), 3),
    (less(sin(n) / n, 2 / sqrt(n)), 1),
    (less(sin(n) + cos(n), n), 2),
    (less(n ** R(1, 3), sqrt(n)), 2),
    (less(log(n), n ** R(1, 3) * 2), 1),
    (less(n ** R(1, 3) * log(n), n), 2),
    (less((n + 1) ** R(1, 3) - n ** R(1, 3), n ** R(-2, 3) / 3), 1),
    (less(n ** sqrt(2), n**2), 2),
    (less(2**n, 3**n), 1),
    (less(n**5, 2**n), 23),
    (less(log(1 + exp(-n)), exp(-n)), 1),
    (less(log(1 + exp(n)), n + 1), 1),
    (less(factorial(n), n**n), 2),
    (less(sqrt(2 * pi * n) * (n / E) ** n, factorial(n)), 1),
    (less(factorial(n), sqrt(2 * pi * n) * (n / E) ** n * exp(1 / (12 * n))), 1),
    (less(2**n, factorial(n)), 4),
    (less(erfc(n), exp(-(n**2))), 1),
    (less(1 - erf(n), exp(-(n**2)) / (n * sqrt(pi))), 1),
    (less(tanh(n), 1), 1),
    (less(1 - 2 * exp(-2 * n), tanh(n)), 1),
    (less(sinh(n), cosh(n)), 1),
    (less(cosh(n), exp(n)), 1),
    (less(exp(sqrt(log(n))), n), 3),
    (less(log(n) ** 3, n), 100),
    (less(gamma(n + R(1, 2)), gamma(n + 1)), 2),
    (less(log(n + 1) - log(n), 1 / n), 1),
    (less(Max(sqrt(n), log(n)), n + R(1, 2)), 1),
    (less(Min(sqrt(n), log(n)), sqrt(n)), 1),
    (less(Abs(log(n) - n), n), 2),
    (less(atan(log(n)), pi / 2), 1),
    (less(exp(-sqrt(n)), 1 / (n + 1) ** 2 * 12), 1),
    (less(n * log(n), n ** R(3, 2)), 1),
    (less(1 / log(n), 1), 3),
    (less(log(n) / n, log(n + 1) / n), 1),
    (less((n + 1) ** (1 / (n + 1)), n ** (1 / n)), 3),
    (less(log(n) - 1 / n, log(n) + exp(-n)), 1),
]
FALSE = [
    (less(sqrt(n), 2 * log(n)), 3),
    (less(2**n, n**10), 1),
    (less(exp(-n), 1 / n**3), 1),
    (less(E, (1 + 1 / n) ** n), 1),
    (less(n ** (1 / n), 1 + log(n) / n), 2),
    (less(log(n) ** 2, sqrt(n)), 2),
    (less(factorial(n), 100**n), 1),
    (less(sin(n), R(9, 10)), 1),
    (less(n ** R(1, 3), log(n)), 2),
    (less(tanh(n), 1 - exp(-n)), 1),
    (less(exp(-(n**2)), erfc(n)), 1),
    (less(2**n * n, 2**n * 1000), 1),
    (less(0, log(n)), 1),  # false at 1, where a logarithm is not positive
    (less(0, n * log(n)), 1),
    (less(0, sqrt(log(n))), 1),
    (less(0, log(log(n))), 2),
    (less(1 / n, log(n) * n), 1),
    (less(n, 2**n * (1 + sin(n))), 1),
]
OPEN = [
    (less(sin(n), 1), 1),  # bounds of the sine alone do not decide it
    (less(sin(n) ** 2 + cos(n) ** 2, 1 + exp(-n)), 1),
]


def name(case):
    return f"{case[0]} from {case[1]}"


@pytest.mark.parametrize("case", TRUE, ids=name)
def test_true_statements(case):
    decision = decide(case[0], Integers(n, case[1]))
    assert decision.outcome == "holds", decision.reason
    assert decision.margin >= 0
    assert replay(decision).outcome == "holds"


@pytest.mark.parametrize("case", FALSE, ids=name)
def test_false_statements_are_not_proved(case):
    assert decide(case[0], Integers(n, case[1]), max_cells=300).outcome != "holds"


@pytest.mark.parametrize("case", OPEN, ids=name)
def test_open_statements(case):
    assert decide(case[0], Integers(n, case[1]), max_cells=100).outcome == "open"


def test_gamma_of_a_germ_and_a_vanishing_exponential_is_no_crash() -> None:
    x = sympy.Symbol("x")
    side = sympy.gamma(sympy.erfc(x))
    claim = at_most(side, side + sympy.exp(-x) - sympy.exp(-2 * x))
    assert decide(claim, Box({x: sympy.Interval.open(-sympy.oo, -2)})).outcome == "fails"
