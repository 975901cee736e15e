"""Elimination of constraints from a box: a linear constraint becomes an end of a side.

``x < y`` with y from 0 to 1 becomes: y from x to 1. If it is not known which of two ends of a side is the tighter one
everywhere, one of them becomes the end of the side, and the other remains as a condition, by which cells are discarded.
That a side with variable ends is not empty becomes a constraint on the variables before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

import sympy

from ntkproofs.arithmetic.expressions import difference, formula
from ntkproofs.arithmetic.extended import ExtendedArithmetic
from ntkproofs.arithmetic.normal_form import same_normal_form
from ntkproofs.errors import DomainError, InputError, Undecided
from ntkproofs.rigor.sides import Side, as_end, compared, extents
from ntkproofs.rigor.statements import Box, Inequality

__all__ = ["eliminated"]

BITS = 128  # of the enclosures by which ends are compared


@dataclass(frozen=True)
class _Bound:
    """An end of a side, and whether it is excluded."""

    end: sympy.Expr
    excluded: bool


@dataclass
class _Elimination:
    """The state of an elimination: the sides, the constraints that are left, and the conditions for cells."""

    sides: list[Side]
    constraints: list[Inequality]
    conditions: list[Inequality] = field(default_factory=list)

    def run(self) -> None:
        """Eliminate the constraints on each variable, from the last to the first."""
        for index in reversed(range(len(self.sides))):
            symbols = {side.symbol for side in self.sides[: index + 1]}
            mine = [c for c in self.constraints if _symbols(c) <= symbols and self.sides[index].symbol in _symbols(c)]
            self.constraints = [c for c in self.constraints if c not in mine]
            self._restrict(index, mine)
        for constraint in self.constraints:  # about constants
            sign = compared(_exact(constraint.left), _exact(constraint.right))
            if sign < 0 or (sign == 0 and constraint.strict):
                raise InputError(f"the box is empty: {constraint} is false")

    def _restrict(self, index: int, constraints: list[Inequality]) -> None:
        side = self.sides[index]
        if not constraints and not side.symbols:
            return
        lows = [_Bound(as_end(side.low), side.open[0])]
        highs = [_Bound(as_end(side.high), side.open[1])]
        for constraint in constraints:
            bound = _linear_bound(constraint, side.symbol)
            if bound is None:
                self.conditions.append(constraint)
            else:
                (lows if bound[0] else highs).append(bound[1])
        earlier = self.sides[:index]
        low = self._tightest(lows, earlier, side.symbol, is_low=True)
        high = self._tightest(highs, earlier, side.symbol, is_low=False)
        if constraints:
            self.sides[index] = _side(side, low, high)
        if self.sides[index].symbols:
            for below in lows:
                for above in highs:
                    self._require(below, above, earlier)

    def _tightest(self, bounds: list[_Bound], earlier: list[Side], symbol: sympy.Symbol, *, is_low: bool) -> _Bound:
        """Return the tightest of several ends, or the last one, in which case the others become conditions."""
        for bound in bounds:
            others = [other for other in bounds if other is not bound]
            if all(_is_tighter(bound, other, earlier, is_low=is_low) for other in others):
                excluded = any(other.excluded for other in others if other.end == bound.end)
                return replace(bound, excluded=bound.excluded or excluded)
        for other in bounds[:-1]:
            left, right = (other.end, symbol) if is_low else (symbol, other.end)
            if other.end not in (sympy.oo, -sympy.oo):
                self.conditions.append(Inequality(left, right, other.excluded))
        return bounds[-1]

    def _require(self, low: _Bound, high: _Bound, earlier: list[Side]) -> None:
        """Require that a lower end does not exceed an upper end, unless that is certain."""
        if low.end == -sympy.oo or high.end == sympy.oo:
            return
        strict = low.excluded or high.excluded
        if _gap_is_nonnegative(low.end, high.end, earlier, strict=strict):
            return
        self.constraints.append(Inequality(low.end, high.end, strict))


def _exact(expression: sympy.Expr) -> Fraction | sympy.Expr:
    is_rational = isinstance(expression, sympy.Rational)
    return Fraction(int(expression.p), int(expression.q)) if is_rational else expression


def _symbols(constraint: Inequality) -> frozenset[sympy.Symbol]:
    return difference(constraint.left, constraint.right).symbols


def _linear_bound(constraint: Inequality, symbol: sympy.Symbol) -> tuple[bool, _Bound] | None:
    """Return whether a constraint is a lower end of a variable, and the end; None unless it is a linear one.

    The constraint must be a polynomial with rational coefficients, in which the variable occurs only with a constant
    factor. SymPy proposes the end, and equal normal forms show that it is right.
    """
    if not (formula(constraint.left).total and formula(constraint.right).total):
        return None
    try:
        polynomial = sympy.Poly(
            constraint.right - constraint.left, *sorted(_symbols(constraint), key=str), domain=sympy.QQ
        )
        if polynomial.degree(symbol) != 1:
            return None
        factor = polynomial.coeff_monomial(symbol)
        end = sympy.expand(-(polynomial.as_expr() - factor * symbol) / factor)
        is_the_same = same_normal_form(constraint.right - constraint.left, factor * (symbol - end))
    except (sympy.PolynomialError, sympy.CoercionFailed, Undecided):
        return None
    if factor == 0 or symbol in end.free_symbols or not is_the_same:
        return None
    return bool(factor > 0), _Bound(end, constraint.strict)


def _is_tighter(bound: _Bound, other: _Bound, earlier: list[Side], *, is_low: bool) -> bool:
    """Return whether an end is known to be at least as tight as another one for all values of the variables before."""
    outer = -sympy.oo if is_low else sympy.oo
    if other.end == outer or other.end == bound.end:
        return True
    if bound.end == outer:
        return False
    first, second = (other.end, bound.end) if is_low else (bound.end, other.end)
    return _gap_is_nonnegative(first, second, earlier, strict=other.excluded and not bound.excluded)


def _gap_is_nonnegative(low: sympy.Expr, high: sympy.Expr, earlier: list[Side], *, strict: bool) -> bool:
    """Return whether ``high - low`` is known to be >= 0, or > 0, for all values of the variables before."""
    if not (formula(low).symbols | formula(high).symbols):
        sign = compared(_exact(low), _exact(high))
        return sign > 0 or (sign == 0 and not strict)
    try:
        gap = difference(low, high).evaluate(extents(earlier, BITS), ExtendedArithmetic(BITS))
    except (Undecided, DomainError):
        return False
    return gap.is_positive() or (not strict and gap.is_nonnegative())


def _side(side: Side, low: _Bound, high: _Bound) -> Side:
    """Return a side with new ends."""
    ends = (_exact(low.end), _exact(high.end))
    new = replace(side, low=ends[0], high=ends[1], open=(low.excluded, high.excluded))
    return new if new.symbols else new.checked()


def eliminated(domain: Box) -> tuple[tuple[Side, ...], tuple[Inequality, ...]]:
    """Return the sides of a box after the elimination of its linear constraints, and the conditions that remain.

    The points of the box satisfy the conditions and lie between the ends of the sides, and all points that do so, with
    integers where the sides are of integers, and that satisfy the constraints of the box, are in the box. Raises
    InputError if the box is seen to be empty.

    >>> from ntkproofs.rigor.statements import less
    >>> x, y = sympy.symbols("x y")
    >>> sides, conditions = eliminated(Box({x: (0, 1), y: (0, 1)}, where=[less(x + y, 1)]))
    >>> print(*sides, sep="; ")
    0 <= x < 1; 0 <= y < 1 - x
    """
    elimination = _Elimination(list(domain.ranges), list(domain.where))
    elimination.run()
    return tuple(elimination.sides), tuple(elimination.conditions)
