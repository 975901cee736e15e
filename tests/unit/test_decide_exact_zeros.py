"""Statements whose two sides are equal at a point, or in the limit, as exact numbers beyond Q(pi)."""

import pytest
import sympy
from sympy import E, acos, asin, atan, cos, exp, log, pi, sin, sqrt

from ntkproofs.rigor import Box, Integers, at_most, decide, less, replay

n = sympy.Symbol("n", positive=True)
x = sympy.Symbol("x", real=True)
R = sympy.Rational


def apply(function, argument):
    """Return a function applied to an argument, without evaluation by SymPy."""
    return function(argument, evaluate=False)


TRUE = [
    (less(sqrt(2), sqrt(2 + 1 / n)), Integers(n)),
    (less(log(2), log(2 + 1 / n)), Integers(n)),
    (less(acos(R(1, 2) + 1 / n), pi / 3), Integers(n, 2)),
    (less(E, exp(1 + 1 / n)), Integers(n)),
    (less(sin(1), sin(1 + 1 / n)), Integers(n, 3)),
    (less(sqrt(5 + 2 * sqrt(6)), sqrt(2) + sqrt(3) + 1 / n), Integers(n)),
    (less(log(2) + log(3), log(6 + 1 / n)), Integers(n)),
    (less(exp(pi), exp(pi + 1 / n)), Integers(n)),
    (less(pi / 3, asin(sqrt(3) / 2 + 1 / (10 * n))), Integers(n)),
    (less(sqrt(2 + sqrt(3)), (sqrt(6) + sqrt(2)) / 2 + 1 / n**2), Integers(n)),
    (less(sqrt(2) + 1 / (4 * n), sqrt(2 + 1 / n)), Integers(n, 1)),
    (at_most(sqrt(5 + 2 * sqrt(6)), sqrt(2) + sqrt(3)), None),
    (at_most(sqrt(2) + sqrt(3), sqrt(5 + 2 * sqrt(6))), None),
    (at_most(exp(1 + sqrt(2)), E * exp(sqrt(2))), None),
    (at_most(apply(acos, cos(1)), 1), None),
    (at_most(apply(asin, sqrt(3) / 2), pi / 3), None),
    (at_most(4 * atan(R(1, 5)) - atan(R(1, 239)), pi / 4), None),
    (at_most(R(1, 2), cos(pi / 7) - cos(2 * pi / 7) + cos(3 * pi / 7)), None),
    (at_most(E * x, exp(x)), Box({x: (0, 3)}, contacts=(1,))),
    (at_most(log(x), log(2) + (x - 2) / 2), Box({x: (1, 4)}, contacts=(2,))),
    (at_most(sqrt(x), sqrt(2) + (x - 2) / (2 * sqrt(2))), Box({x: (1, 3)}, contacts=(2,))),
    (at_most(sin(x), sin(1) + (x - 1) * cos(1)), Box({x: (R(1, 2), 2)}, contacts=(1,))),
    (less(exp(pi * sqrt(163)), 262537412640768744), None),
]
FALSE = [
    (less(sqrt(5 + 2 * sqrt(6)), sqrt(2) + sqrt(3)), None),
    (less(log(6), log(2) + log(3)), None),
    (less(sqrt(2), sqrt(2 - 1 / n)), Integers(n)),
    (less(log(2) + 1 / n, log(2 + 1 / n)), Integers(n)),
    (less(sqrt(2) + 1 / (2 * n), sqrt(2 + 1 / n)), Integers(n)),
    (less(acos(R(1, 2) - 1 / n), pi / 3), Integers(n)),
    (at_most(E + pi, R(5859874482048838, 10**15)), None),
    (at_most(sqrt(2) + sqrt(3) + R(1, 10**50), sqrt(5 + 2 * sqrt(6))), None),
    (at_most(exp(x), E * x + (x - 1) ** 2 / 2), Box({x: (1, 2)})),
]
OPEN = [
    (at_most((sqrt(3) + sqrt(2)) ** 1001 * (sqrt(3) - sqrt(2)) ** 1001, 1), None),  # the power is too large
    (at_most(1 + log(2) * (sin(n) ** 2 + cos(n) ** 2 - 1), 1), Integers(n)),
]


@pytest.mark.parametrize(("claim", "domain"), TRUE, ids=str)
def test_true_statements(claim, domain):
    decision = decide(claim, domain)
    assert decision.outcome == "holds", decision.reason
    assert replay(decision).outcome == "holds"


@pytest.mark.parametrize(("claim", "domain"), FALSE, ids=str)
def test_false_statements(claim, domain):
    decision = decide(claim, domain, max_cells=500)
    assert decision.outcome == "fails", decision.reason
    assert replay(decision).outcome == "fails"


@pytest.mark.parametrize(("claim", "domain"), OPEN, ids=str)
def test_statements_that_stay_open(claim, domain):
    assert decide(claim, domain, max_cells=50).outcome == "open"
