"""Sign certificates: an inequality for all values, because its difference is a sum of non-negative products."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal, TypeAlias

import sympy

from ntkproofs.errors import InputError
from ntkproofs.rigor.expressions import formula
from ntkproofs.rigor.normal_form import Ring
from ntkproofs.rigor.statements import Inequality
from ntkproofs.truth import NoTruthValue

__all__ = ["Combination", "combination"]

Monomial: TypeAlias = tuple[tuple[sympy.Symbol, int], ...]


@dataclass(frozen=True)
class Combination(NoTruthValue):
    """A proof of `inequality` for all values: its difference is a polynomial, with no minus sign, in given quantities.

    `given` names quantities known to be >= 0; `terms` is the polynomial in those names. See :func:`combination`.
    """

    instead = '.outcome == "holds"'

    inequality: Inequality
    given: tuple[tuple[sympy.Symbol, sympy.Expr], ...]
    terms: sympy.Expr
    positive: tuple[sympy.Symbol, ...]
    outcome: Literal["holds", "open"]
    reason: str = ""

    def __str__(self) -> str:
        return (
            f"{self.outcome}: {self.inequality}, right - left being {self.terms}{self.reason and f' ({self.reason})'}"
        )


def combination(
    inequality: Inequality,
    given: Mapping[sympy.Symbol, sympy.Expr],
    terms: sympy.Expr,
    *,
    positive: tuple[sympy.Symbol, ...] = (),
) -> Combination:
    """Prove an inequality for all values of its symbols from quantities known to be non-negative.

    `given` names those quantities: ``{name: expression}``; `terms` must be a polynomial in the names, with non-negative
    coefficients, that equals ``right - left``. For a strict inequality one of its monomials must consist of names in
    `positive` (quantities known to be > 0) only. A person or a search finds the certificate; here it is checked,
    exactly.

    >>> from ntkproofs.rigor import at_most
    >>> n, K, a, b = sympy.symbols("n K a b")
    >>> print(combination(at_most(1, K), {a: n - 1, b: K - n}, a + b))
    holds: 1 <= K, right - left being a + b
    """
    sides = dict(given)

    def found(outcome: Literal["holds", "open"], reason: str = "") -> Combination:
        return Combination(inequality, tuple(sides.items()), terms, positive, outcome, reason)

    monomials = _positive_polynomial(terms, tuple(sides))
    if monomials is None:
        return found("open", "a coefficient is negative")
    if not _sums_up(inequality.difference, sides, terms):
        return found("open", "the terms do not sum up to right - left")
    strictly = any(all(power == 0 or name in positive for name, power in monomial) for monomial in monomials)
    if inequality.strict and not strictly:
        return found("open", "no term is known to be positive")
    return found("holds")


def _sums_up(goal: sympy.Expr, given: Mapping[sympy.Symbol, sympy.Expr], terms: sympy.Expr) -> bool:
    """Tell whether `terms`, with each name standing for its quantity, has the normal form of `goal`."""
    ring = Ring()
    ring.pi()
    symbols = goal.free_symbols.union(*(quantity.free_symbols for quantity in given.values()))
    values = {symbol: ring.symbol(symbol) for symbol in symbols}
    quantities = {name: formula(quantity).evaluate(values, ring) for name, quantity in given.items()}
    difference = formula(goal).evaluate(values, ring) - formula(terms).evaluate(quantities, ring)
    return difference.is_zero()


@lru_cache(maxsize=256)
def _positive_polynomial(terms: sympy.Expr, names: tuple[sympy.Symbol, ...]) -> tuple[Monomial, ...] | None:
    """Return the monomials of `terms`, or None if a coefficient is not positive."""
    stray = terms.free_symbols - set(names)
    if stray:
        raise InputError(f"the certificate uses {', '.join(map(str, stray))}, which is not among the given quantities")
    ring = Ring()
    values = {name: ring.symbol(name) for name in names}
    value = formula(terms).evaluate(values, ring)
    if not value.denominator.is_constant() or any(key not in names for key in ring.named):
        raise InputError(f"the certificate must be a polynomial: {terms}")
    scale = Fraction(str(value.denominator.leading_coefficient()))
    monomials = []
    for exponents, coefficient in value.numerator.to_dict().items():
        if Fraction(str(coefficient)) / scale < 0:
            return None
        monomials.append(tuple(zip(names, map(int, exponents), strict=False)))
    return tuple(monomials)
