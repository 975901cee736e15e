"""Inquiry: an inequality on its way to a decision. What is known at a point, and over a box.

The enclosures here are the whole trusted core of :func:`ntkproofs.rigor.decide`; cutting a domain into cells is search.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import sympy

from ntkproofs.errors import DomainError, NotExact, Undecided
from ntkproofs.rigor.balls import Ball
from ntkproofs.rigor.exact import ExactArithmetic
from ntkproofs.rigor.expressions import BallArithmetic, Formula, formula
from ntkproofs.rigor.germs import Germ, GermArithmetic
from ntkproofs.rigor.statements import Inequality
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
    def formula(self) -> Formula:
        """The difference that must be positive, compiled."""
        return formula(self.inequality.difference)

    def at(self, values: Values, bits: int | None = None) -> PointVerdict:
        """Decide at one exact point, from `bits` on (default: the first precision)."""
        first = bits = self.precision if bits is None else bits
        value = None
        while bits <= self.limit:
            try:
                arithmetic = BallArithmetic(bits)
                value = self.formula.evaluate({k: arithmetic.rational(v) for k, v in values.items()}, arithmetic)
                sign = value.sign()
                if sign:
                    return PointVerdict(sign > 0, value, bits)
                return PointVerdict(not self.inequality.strict, value, bits, exact_zero=True)
            except Undecided:
                if bits == first and self.is_zero_at(values):
                    return PointVerdict(not self.inequality.strict, Ball(0, precision=bits), bits, exact_zero=True)
            bits *= 2
        return PointVerdict(None, value, bits // 2)

    def is_zero_at(self, values: Values) -> bool:
        """Tell whether the two sides are equal at a point, where that is decidable in Q(pi)."""
        arithmetic = ExactArithmetic()
        try:
            value = self.formula.evaluate({k: arithmetic.rational(v) for k, v in values.items()}, arithmetic)
        except (NotExact, DomainError):
            return False
        return value.is_zero()

    def accepts(self, value: Ball) -> bool:
        """Tell whether every number of the ball satisfies the inequality."""
        return value.is_positive() or (not self.inequality.strict and value.is_nonnegative())

    # --- rules for a cell of real boxes

    def range_over(self, box: Mapping[sympy.Symbol, Ball], bits: int) -> Ball | None:
        """Return the formula evaluated with the whole box; DomainError (undefined everywhere there) is passed on."""
        try:
            return self.formula.evaluate(box, BallArithmetic(bits))
        except Undecided:
            return None

    def mean_value(self, box: Mapping[sympy.Symbol, Ball], bits: int) -> Ball | None:
        """Return the mean-value enclosure over the box, or None where a derivative is not bounded."""
        base = BallArithmetic(bits)
        middles = {symbol: Ball(side.middle, precision=bits) for symbol, side in box.items()}
        try:
            total = self.formula.evaluate(middles, base)
            arithmetic = TaylorArithmetic(base, 1)
            for symbol in box:
                seeds = {
                    other: arithmetic.series([side, Ball(1 if other == symbol else 0, precision=bits)])
                    for other, side in box.items()
                }
                slope = self.formula.evaluate(seeds, arithmetic).coefficients[1]
                total = total + slope * (box[symbol] - middles[symbol])
        except (Undecided, DomainError):
            return None
        return total

    def germ(self, values: Mapping[sympy.Symbol, Germ], arithmetic: GermArithmetic) -> Germ | None:
        """Return the difference as a reduced germ, or None where it has none."""
        try:
            return self.formula.evaluate(values, arithmetic).reduced()
        except (Undecided, DomainError):
            return None
