"""Proofs of inequalities by interval arithmetic, over points, boxes and all integers, and proofs of identities.

>>> import sympy
>>> from ntkproofs.rigor import Integers, decide, less
>>> n = sympy.Symbol("n", positive=True)
>>> decide(less(sympy.log(2), sympy.sqrt(n)), Integers(n)).outcome
'holds'
"""

from ntkproofs.arithmetic.balls import Ball, greatest, hull, least
from ntkproofs.arithmetic.expressions import enclose
from ntkproofs.rigor.combination import Combination, combination
from ntkproofs.rigor.decide import Cell, Decision, decide
from ntkproofs.rigor.derive import Equality, derive, equal
from ntkproofs.rigor.identities import Identity, identity
from ntkproofs.rigor.replay import EvidenceError, replay
from ntkproofs.rigor.statements import Box, Inequality, Integers, Point, at_most, less

__all__ = [
    "Ball",
    "Box",
    "Cell",
    "Combination",
    "Decision",
    "Equality",
    "EvidenceError",
    "Identity",
    "Inequality",
    "Integers",
    "Point",
    "at_most",
    "combination",
    "decide",
    "derive",
    "enclose",
    "equal",
    "greatest",
    "hull",
    "identity",
    "least",
    "less",
    "replay",
]
