"""True claims that the methods of this package leave undecided."""

import sympy

from ntkproofs.claims import Verdict, claim, conclude
from ntkproofs.rigor import Box, Integers, decide, less

X, N = sympy.symbols("x n")


@claim("sin n < 1 for all integers n >= 1", source="made up")
def sine_of_integers() -> Verdict:
    return conclude(decide(less(sympy.sin(N), 1), Integers(N)))


@claim("sin x cos x < 51/100 on [0, 100]", source="made up")
def too_few_cells() -> Verdict:
    return conclude(decide(less(sympy.sin(X) * sympy.cos(X), sympy.Rational(51, 100)), Box({X: (0, 100)}), max_cells=2))
