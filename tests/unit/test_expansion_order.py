"""The order of an expansion at a contact point is raised until a coefficient is not zero."""

import pytest
import sympy

from ntkproofs.rigor import Box, Integers, at_most, decide, less, replay

n = sympy.Symbol("n", positive=True)
x = sympy.Symbol("x", real=True)


def sine(t, terms):
    return sum((-1) ** k * t ** (2 * k + 1) / sympy.factorial(2 * k + 1) for k in range(terms))


TRUE = [
    (less(1 / n - 1 / (6 * n**3), sympy.sin(1 / n)), Integers(n)),
    (less(sympy.sin(1 / n), 1 / n - 1 / (6 * n**3) + 1 / (120 * n**5)), Integers(n)),
    (less(sine(1 / n, 4), sympy.sin(1 / n)), Integers(n)),
    (less(sympy.cos(1 / n), 1 - 1 / (2 * n**2) + 1 / (24 * n**4)), Integers(n)),
    (less(sympy.log(1 + 1 / n), 1 / n - 1 / (2 * n**2) + 1 / (3 * n**3)), Integers(n)),
    (less(1 + 1 / n + 1 / (2 * n**2) + 1 / (6 * n**3), sympy.exp(1 / n)), Integers(n)),
    (at_most(sympy.sin(x), sine(x, 5)), Box({x: (0, 2)})),
    (at_most(sine(x, 4), sympy.sin(x)), Box({x: (0, 2)})),
    (at_most(x**40, x**39), Box({x: (0, 1)})),
]


@pytest.mark.parametrize(("claim", "domain"), TRUE, ids=str)
def test_a_contact_of_high_order_is_decided(claim, domain):
    decision = decide(claim, domain)
    assert decision.outcome == "holds"
    assert replay(decision).outcome == "holds"


def test_a_false_statement_of_high_order_is_refuted():
    decision = decide(less(sympy.sin(1 / n), 1 / n - 1 / (6 * n**3)), Integers(n))
    assert decision.outcome == "fails"


def test_both_sides_equal_to_the_highest_order():
    claim = at_most(sympy.sin(1 / n) ** 2 + sympy.cos(1 / n) ** 2, 1)  # equal, but not by ball arithmetic
    decision = decide(claim, Integers(n), max_cells=50)
    assert decision.outcome == "open"
    assert "an expansion of order 48" in decision.reason
