"""Evaluation of an inequality: decisions at a point, and enclosures of ``right - left`` over a box or near infinity.

These enclosures are the trusted core of :func:`ntkproofs.rigor.decide`; the subdivision of a domain is only a search.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias, TypeVar

import sympy

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.arithmetic.expressions import Arithmetic, BallArithmetic, Difference, Number, difference
from ntkproofs.arithmetic.extended import ExtendedArithmetic, ExtendedInterval
from ntkproofs.arithmetic.germs import Germ, GermArithmetic
from ntkproofs.arithmetic.growth import LeadingTerm
from ntkproofs.arithmetic.taylor import TaylorArithmetic
from ntkproofs.errors import DomainError, NotExact, OrderTooLow, Undecided
from ntkproofs.rigor.charts import IDENTITY, Chart
from ntkproofs.rigor.points import PointArithmetic, PointNumber
from ntkproofs.rigor.statements import Inequality, point_text
from ntkproofs.truth import NoTruthValue

__all__ = ["Evaluator", "PointResult", "Values"]

Values: TypeAlias = Mapping[sympy.Symbol, Fraction]
T = TypeVar("T", bound=Number)


@dataclass(frozen=True)
class PointResult(NoTruthValue):
    """The result at a point.

    `holds`: True, False, or None if undecided; `value`: an enclosure of ``right - left``; `precision`: the bits used;
    `exact_zero`: whether ``right - left`` is exactly 0.
    """

    instead = ".holds, which is True, False or None"

    holds: bool | None
    value: Ball | None
    precision: int
    exact_zero: bool = False


@dataclass(frozen=True)
class Evaluator:
    """Evaluates one inequality; `precision` and `limit`: the first and the last precision tried at a point, in bits.

    Points are values of the variables. Enclosures, germs and equality at a contact point take values of the parameters
    of the `chart`; by default these are the variables.
    """

    inequality: Inequality
    precision: int
    limit: int
    chart: Chart = IDENTITY

    def on(self, chart: Chart) -> Evaluator:
        """Return the evaluator whose enclosures and germs take the parameters of a chart."""
        return self if chart == self.chart else replace(self, chart=chart)

    def evaluate(self, parameters: Mapping[sympy.Symbol, T], arithmetic: Arithmetic[T], *, guarded: bool = True) -> T:
        """Return ``right - left`` at values of the parameters."""
        return self.difference.evaluate(self.chart.values(parameters, arithmetic), arithmetic, guarded=guarded)

    @property
    def difference(self) -> Difference:
        """The compiled form of ``right - left``, which also checks that both sides are defined."""
        return difference(self.inequality.left, self.inequality.right)

    def at_point(self, values: Values, bits: int | None = None) -> PointResult:
        """Decide the inequality at one exact point; `bits`: the first precision, instead of `precision`.

        Raises DomainError if a side is undefined at the point.
        """
        try:
            return self.on(IDENTITY).at_parameters(values, self.precision if bits is None else bits)
        except DomainError as problem:
            raise DomainError(f"{self.inequality} is undefined at {point_text(values.items())}: {problem}") from problem

    def at_parameters(self, values: Values, first: int) -> PointResult:
        """Decide the inequality at one exact point of the chart's parameters; raises DomainError if it is undefined."""
        value, bits, exact = None, first, None
        while bits <= self.limit:
            try:
                arithmetic = BallArithmetic(bits)
                arguments = {symbol: arithmetic.rational(number) for symbol, number in values.items()}
                value = self.evaluate(arguments, arithmetic)
                return self._result(value, value.sign(), bits)
            except Undecided:
                exact = self._exact_difference(values, bits) if exact is None else exact.at_precision(bits)
                result = self._exact_result(exact, bits)
                if result is not None:
                    return result
                exact = exact if exact is not None and exact.is_exact else None
            bits *= 2
        return PointResult(None, value, bits // 2)

    def _result(self, value: Ball, sign: int, bits: int) -> PointResult:
        return PointResult(sign > 0 or (sign == 0 and not self.inequality.strict), value, bits, sign == 0)

    def _exact_difference(self, values: Values, bits: int) -> PointNumber | None:
        """Return ``right - left``, exact where possible and with intervals otherwise, or None if undecided."""
        arithmetic = PointArithmetic(bits)
        arguments = {symbol: arithmetic.rational(exact) for symbol, exact in values.items()}
        try:
            return self.evaluate(arguments, arithmetic)
        except Undecided:
            return None

    def _exact_result(self, number: PointNumber | None, bits: int) -> PointResult | None:
        """Return the result for a value of ``right - left``, or None if its sign is not known."""
        try:
            return None if number is None else self._result(number.ball, number.sign(), bits)
        except Undecided:
            return None

    def is_equality_at(self, values: Values) -> bool:
        """Return whether both sides are known, by exact arithmetic, to be defined and equal at given parameters."""
        try:
            number = self._exact_difference(values, self.precision)
            return number is not None and number.sign() == 0
        except (DomainError, Undecided):
            return False

    def is_satisfied_by(self, value: Ball) -> bool:
        """Return whether the inequality holds for every value of ``right - left`` in an interval."""
        return value.is_positive() or (not self.inequality.strict and value.is_nonnegative())

    # --- enclosures over a box

    def range_over(self, box: Mapping[sympy.Symbol, Ball], bits: int) -> Ball | None:
        """Return the range of ``right - left`` over the box by interval evaluation, or None if it is not bounded.

        A result implies that both sides are defined on the whole box. Raises DomainError if a side is undefined
        everywhere in it.
        """
        try:
            return self.evaluate(box, BallArithmetic(bits))
        except DomainError as problem:
            values = self.chart.values(box, BallArithmetic(bits))
            where = ", ".join(f"{symbol.name} in {side.shown()}" for symbol, side in values.items())
            raise DomainError(f"{self.inequality} is undefined for {where}: {problem}") from problem
        except Undecided:
            return None

    def extended_range(self, box: Mapping[sympy.Symbol, ExtendedInterval], bits: int) -> ExtendedInterval | None:
        """Return the range of ``right - left`` over a box with infinite or excluded ends, or None if it is not known.

        A result implies that both sides are defined on the whole box, except at excluded ends.
        """
        try:
            return self.evaluate(box, ExtendedArithmetic(bits))
        except (Undecided, DomainError):
            return None

    def extended_slope(
        self, box: Mapping[sympy.Symbol, ExtendedInterval], symbol: sympy.Symbol, bits: int
    ) -> ExtendedInterval | None:
        """Return the range of the derivative of ``right - left`` by one parameter, or None if it is not known."""
        arithmetic = TaylorArithmetic(ExtendedArithmetic(bits), 1)
        one = ExtendedArithmetic(bits).rational(Fraction(1))
        seeds = {other: arithmetic.series([side, one] if other == symbol else [side]) for other, side in box.items()}
        try:
            slope: ExtendedInterval = self.evaluate(seeds, arithmetic, guarded=False).coefficients[1]
        except (Undecided, DomainError, NotExact):  # where branches of Abs, Max or Min meet
            return None
        return slope

    def mean_value(self, box: Mapping[sympy.Symbol, Ball], bits: int) -> Ball | None:
        """Return the mean-value form of ``right - left`` over the box, or None if a derivative is not bounded.

        Use it only if :meth:`range_over` returned a result for the same box: it does not check that both sides are
        defined.
        """
        base = BallArithmetic(bits)
        middles = {symbol: Ball(side.middle, precision=bits) for symbol, side in box.items()}
        try:
            total = self.evaluate(middles, base, guarded=False)
            arithmetic = TaylorArithmetic(base, 1)
            for symbol in box:
                seeds = {
                    other: arithmetic.series([side, Ball(1 if other == symbol else 0, precision=bits)])
                    for other, side in box.items()
                }
                slope = self.evaluate(seeds, arithmetic, guarded=False).coefficients[1]
                total = total + slope * (box[symbol] - middles[symbol])
        except (Undecided, DomainError):
            return None
        return total

    def germ(
        self, values: Mapping[sympy.Symbol, Germ], arithmetic: GermArithmetic, *, defined: bool = False
    ) -> Germ | LeadingTerm | None:
        """Return ``right - left`` as a reduced germ or by its leading term, or None if it has no such expansion.

        A result implies that both sides are defined near the contact point; pass ``defined=True`` if that is known.
        Raises OrderTooLow if the order of the arithmetic is too low, so that a higher one may give a result.
        """
        try:
            return self.evaluate(values, arithmetic, guarded=not defined).reduced()
        except OrderTooLow:
            raise
        except (Undecided, DomainError, NotExact):
            return None
