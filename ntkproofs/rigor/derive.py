"""derive: a statement for all values of its symbols, by exact algebra.

``derive(equal(a, b), domains)`` is :func:`~ntkproofs.rigor.identity`; ``derive(less(a, b), quantities, terms)`` and the
same with ``at_most`` are :func:`~ntkproofs.rigor.combination`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, overload

import sympy

from ntkproofs.arithmetic.expressions import as_expression
from ntkproofs.arithmetic.notation import latex, written
from ntkproofs.errors import InputError
from ntkproofs.rigor.combination import Combination, combination
from ntkproofs.rigor.identities import Identity, identity
from ntkproofs.rigor.statements import Inequality
from ntkproofs.truth import NoTruthValue

__all__ = ["Equality", "derive", "equal"]


@dataclass(frozen=True)
class Equality(NoTruthValue):
    """The statement ``left = right``, wherever both sides are defined; made by :func:`equal`."""

    instead = "derive(...).outcome"

    left: sympy.Expr
    right: sympy.Expr

    def __str__(self) -> str:
        return f"{written(self.left)} = {written(self.right)}"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {latex(self.left)} = {latex(self.right)}$"


def equal(left: sympy.Expr | int, right: sympy.Expr | int) -> Equality:
    """Return the statement ``left = right``; raises InputError for a side that is not an exact expression.

    >>> print(equal(sympy.Symbol("x") ** 2, 4))
    x**2 = 4
    """
    return Equality(*(as_expression(side, "a side of an equality") for side in (left, right)))


@overload
def derive(
    statement: Equality, domains: Mapping[sympy.Symbol, tuple[Any, Any]] | None = None, /, **options: Any
) -> Identity: ...
@overload
def derive(
    statement: Inequality, quantities: Mapping[sympy.Symbol, Any], terms: Any, /, **options: Any
) -> Combination: ...
def derive(statement: object, /, *given: Any, **options: Any) -> Identity | Combination:
    """Derive an equality or an inequality for all values of its symbols, by exact algebra.

    An equality (:func:`equal`): by normal form, confirmed at random exact points of its `domains`,
    ``{symbol: (low, high)}``; `options` are `points` and `seed`. An inequality (``less``, ``at_most``): from the signs
    of `quantities`, ``{name: expression}``, in which `terms` is a polynomial without minus signs that equals
    ``right - left``; `options` are `positive`, `findings` and `instance`. Raises InputError as
    :func:`~ntkproofs.rigor.identity` and :func:`~ntkproofs.rigor.combination` do.

    >>> from ntkproofs.rigor import at_most
    >>> n, K, a, b = sympy.symbols("n K a b")
    >>> derive(equal((n + 1) ** 2, n**2 + 2 * n + 1), {n: (0, 9)}).outcome
    'holds'
    >>> derive(at_most(1, K), {a: n - 1, b: K - n}, a + b).outcome
    'holds'
    """
    if isinstance(statement, Equality):
        return identity(statement.left, statement.right, *given, **options)
    if isinstance(statement, Inequality):
        return combination(statement, *given, **options)
    raise InputError(
        f"derive takes a statement made by equal(a, b), less(a, b) or at_most(a, b), got {type(statement).__name__} "
        f"{statement!r}"
    )
