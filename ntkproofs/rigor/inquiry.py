"""Inquiry: an inequality on its way to a decision. What is known at a point, and over a box.

The enclosures here are the whole trusted core of :func:`ntkproofs.rigor.decide`; cutting a domain into cells is search.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import sympy

from ntkproofs.errors import DomainError, Undecided
from ntkproofs.rigor.balls import Ball
from ntkproofs.rigor.expressions import BallArithmetic, Difference, difference
from ntkproofs.rigor.germs import Germ, GermArithmetic
from ntkproofs.rigor.points import PointArithmetic
from ntkproofs.rigor.statements import Inequality, point_text
from ntkproofs.rigor.taylor import TaylorArithmetic
from ntkproofs.truth import NoTruthValue

__all__ = ["Inquiry", "PointVerdict", "Values"]

Values: TypeAlias = Mapping[sympy.Symbol, Fraction]


@dataclass(frozen=True)
class PointVerdict(NoTruthValue):
    """What is known at a point: True, False or None for open; the value; the bits used."""

    instead = ".holds, which is True, False or None"

    holds: bool | None
    value: Ball | None
    precision: int
    exact_zero: bool = False


@dataclass(frozen=True)
class Inquiry:
    """An inequality on its way to a decision, with the precisions to try."""

    inequality: Inequality
    precision: int
    limit: int

    @property
    def difference(self) -> Difference:
        """The difference that must be positive, compiled together with the question where both sides are defined."""
        return difference(self.inequality.left, self.inequality.right)

    def at(self, values: Values, bits: int | None = None) -> PointVerdict:
        """Decide at one exact point, from `bits` on (default: the first precision); DomainError if a side is undefined.

        True and False are said only where both sides are defined.
        """
        try:
            return self._at(values, self.precision if bits is None else bits)
        except DomainError as problem:
            raise DomainError(f"{self.inequality} is undefined at {point_text(values.items())}: {problem}") from problem

    def _at(self, values: Values, first: int) -> PointVerdict:
        value, bits = None, first
        while bits <= self.limit:
            try:
                arithmetic = BallArithmetic(bits)
                balls = {symbol: arithmetic.rational(exact) for symbol, exact in values.items()}
                value = self.difference.evaluate(balls, arithmetic)
                sign = value.sign()
                return PointVerdict(sign > 0 or (sign == 0 and not self.inequality.strict), value, bits, sign == 0)
            except Undecided:
                exact = self._exactly_at(values, bits)
                if exact is not None:
                    return exact
            bits *= 2
        return PointVerdict(None, value, bits // 2)

    def _exactly_at(self, values: Values, bits: int) -> PointVerdict | None:
        """Decide at a point by constants in Q(pi), as far as they reach, and balls beyond."""
        arithmetic = PointArithmetic(bits)
        points = {symbol: arithmetic.rational(exact) for symbol, exact in values.items()}
        try:
            number = self.difference.evaluate(points, arithmetic)
            sign = 0 if number.is_zero() else number.ball.sign()
        except Undecided:
            return None
        return PointVerdict(sign > 0 or (sign == 0 and not self.inequality.strict), number.ball, bits, sign == 0)

    def touches_at(self, values: Values) -> bool:
        """Tell whether both sides are defined and equal at a point, where that is decidable in Q(pi)."""
        try:
            verdict = self._exactly_at(values, self.precision)
        except DomainError:
            return False
        return verdict is not None and verdict.exact_zero

    def accepts(self, value: Ball) -> bool:
        """Tell whether every number of the ball satisfies the inequality."""
        return value.is_positive() or (not self.inequality.strict and value.is_nonnegative())

    # --- rules for a cell of real boxes

    def range_over(self, box: Mapping[sympy.Symbol, Ball], bits: int) -> Ball | None:
        """Return the difference evaluated with the whole box: an answer says that both sides are defined on all of it.

        None if that is not known; DomainError (a side is undefined everywhere there) is passed on.
        """
        try:
            return self.difference.evaluate(box, BallArithmetic(bits))
        except DomainError as problem:
            where = ", ".join(f"{symbol.name} in [{side.lower}, {side.upper}]" for symbol, side in box.items())
            raise DomainError(f"{self.inequality} is undefined for {where}: {problem}") from problem
        except Undecided:
            return None

    def mean_value(self, box: Mapping[sympy.Symbol, Ball], bits: int) -> Ball | None:
        """Return the mean-value enclosure over the box, or None where a derivative is not bounded.

        It says nothing about where the sides are defined: :meth:`range_over` must have answered for the same box.
        """
        base = BallArithmetic(bits)
        middles = {symbol: Ball(side.middle, precision=bits) for symbol, side in box.items()}
        try:
            total = self.difference.evaluate(middles, base, guarded=False)
            arithmetic = TaylorArithmetic(base, 1)
            for symbol in box:
                seeds = {
                    other: arithmetic.series([side, Ball(1 if other == symbol else 0, precision=bits)])
                    for other, side in box.items()
                }
                slope = self.difference.evaluate(seeds, arithmetic, guarded=False).coefficients[1]
                total = total + slope * (box[symbol] - middles[symbol])
        except (Undecided, DomainError):
            return None
        return total

    def germ(
        self, values: Mapping[sympy.Symbol, Germ], arithmetic: GermArithmetic, *, defined: bool = False
    ) -> Germ | None:
        """Return the difference as a reduced germ, or None where it has none.

        An answer says that both sides are defined beside the contact point, unless they are known to be `defined`.
        """
        try:
            return self.difference.evaluate(values, arithmetic, guarded=not defined).reduced()
        except (Undecided, DomainError):
            return None
