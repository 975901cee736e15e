"""True claims that the methods of this package leave undecided."""

import sympy

from ntkproofs.claims import Verdict, claim, conclude
from ntkproofs.rigor import Box, at_most, decide

X = sympy.Symbol("x")


@claim("sin^2 + cos^2 <= 1 on [0, 1]", source="made up")
def pythagoras_by_balls() -> Verdict:
    square = sympy.sin(X) ** 2 + sympy.cos(X) ** 2
    return conclude(decide(at_most(square, 1), Box({X: (0, 1)}), max_cells=50, limit=128))


@claim("2 sqrt(2) x <= x^2 + 2 on [1, 2]", source="made up")
def irrational_contact() -> Verdict:
    return conclude(decide(at_most(2 * sympy.sqrt(2) * X, X**2 + 2), Box({X: (1, 2)}), max_cells=50))
