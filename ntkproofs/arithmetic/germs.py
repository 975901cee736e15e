"""Germs: functions near a contact point, with their zero or pole at that point divided out.

On ``0 < s <= h`` a germ is the function ``s**valuation * g(s)``. Two things are known of ``g``: its first Taylor
coefficients at 0, exactly, so that a zero can be recognised (always in
Q(pi), and often beyond it, see ``constants``); and intervals that contain its Taylor
coefficients at every point of ``[0, h]``. If the exact constant term is zero, ``g`` can be divided by ``s``. Since
``g(s)/s`` is the mean of ``g'`` over ``[0, s]``, its k-th Taylor coefficient lies in the interval of coefficient
``k + 1`` of ``g``, so the division drops the first interval.

Germs decide an inequality whose two sides are equal at an end of the domain, or in the limit ``n -> infinity`` with
``s = n**(-1/2)``: ``f > 0`` near the contact point follows from ``g > 0`` on the closed interval.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.arithmetic.exact import Exact, ExactArithmetic, PiRational
from ntkproofs.arithmetic.expressions import BallArithmetic
from ntkproofs.arithmetic.functions import Functions
from ntkproofs.arithmetic.taylor import Taylor, TaylorArithmetic
from ntkproofs.errors import DomainError, NotExact, OrderTooLow, Undecided

__all__ = ["Germ", "GermArithmetic"]

MAX_POWER = 1 << 16


@dataclass(frozen=True)
class Germ(Functions):
    """The function ``s**valuation * g(s)`` on ``0 < s <= h``.

    `exact`: the Taylor coefficients of ``g`` at 0, or None if one of them is not known exactly; then zeros
    cannot be recognised. `balls`: intervals that contain the Taylor coefficients of ``g`` at every point of ``[0, h]``.
    """

    arithmetic: GermArithmetic
    valuation: int
    exact: Taylor[Exact] | None
    balls: Taylor[Ball]

    def reduced(self) -> Germ:
        """Return the same germ with its zeros at ``s = 0`` divided out; OrderTooLow if all known terms are zero."""
        valuation, exact, balls = self.valuation, self.exact, self.balls
        while exact is not None and exact.coefficients[0].is_zero():
            if len(balls.coefficients) < 2:
                raise OrderTooLow("all computed Taylor coefficients are zero at the contact point")
            valuation += 1
            exact, balls = Taylor(exact.coefficients[1:]), Taylor(balls.coefficients[1:])
        return Germ(self.arithmetic, valuation, exact, balls)

    def factor(self) -> Ball:
        """Return an interval that contains ``g(s)`` for all ``0 <= s <= h``; for a reduced germ it decides the sign.

        The result is the intersection of two enclosures: the range of ``g``, and the mean-value form ``g(0) + s g'``.
        """
        values = self.balls.coefficients[0]
        if self.exact is None or len(self.balls.coefficients) < 2:
            return values
        reach = Ball.between(0, self.arithmetic.reach, precision=self.arithmetic.precision)
        centred = self.exact.coefficients[0].enclose(self.arithmetic.precision) + reach * self.balls.coefficients[1]
        return values.intersection(centred)

    def bound(self) -> Fraction:
        """Return the lower end of :meth:`factor`."""
        return self.factor().lower

    def is_zero(self) -> bool:
        """Return whether the germ is known to be zero on the whole interval."""
        values = self.balls.coefficients[0]
        return values.is_nonnegative() and (-values).is_nonnegative()

    def times_power(self, exponent: int) -> Germ:
        """Return the germ times ``s**exponent``."""
        return replace(self, valuation=self.valuation + exponent)

    def with_valuation_zero(self) -> Germ:
        """Return ``g``, the germ divided by ``s**valuation``."""
        return replace(self, valuation=0)

    def aligned_with_valuation_zero(self) -> Germ:
        """Return the same germ, which must be bounded, with valuation 0."""
        return self._with_valuation(0)

    def without_leading(self) -> Germ:
        """Return the germ minus its first term."""
        exact = None if self.exact is None else Taylor(self.exact.coefficients[1:])
        return Germ(self.arithmetic, self.valuation + 1, exact, Taylor(self.balls.coefficients[1:]))

    def remainder(self) -> Germ:
        """Return the same germ, all of whose exact coefficients are zero, with all but one divided out."""
        count = len(self.balls.coefficients) - 1
        return Germ(self.arithmetic, self.valuation + count, None, Taylor(self.balls.coefficients[count:]))

    def _with_valuation(self, valuation: int) -> Germ:
        """Return the same germ with the smaller exponent `valuation`."""
        gap = self.valuation - valuation
        if gap == 0:
            return self
        order = len(self.balls.coefficients) - 1
        power = self.arithmetic.monomial(gap, order)
        exact = None if self.exact is None or power.exact is None else power.exact * self.exact
        return Germ(self.arithmetic, valuation, exact, power.balls * self.balls)

    def _aligned(self, other: Germ) -> tuple[Germ, Germ]:
        """Return both germs with the same valuation and the same number of terms."""
        low = min(self.valuation, other.valuation)
        first, second = self._with_valuation(low), other._with_valuation(low)
        return first._truncated(second), second._truncated(first)

    def _truncated(self, other: Germ) -> Germ:
        """Return this germ with at most as many terms as `other`."""
        terms = min(len(self.balls.coefficients), len(other.balls.coefficients))
        exact = None if self.exact is None else Taylor(self.exact.coefficients[:terms])
        return Germ(self.arithmetic, self.valuation, exact, Taylor(self.balls.coefficients[:terms]))

    def _before(self, other: Germ) -> Germ:
        """Return this germ as it enters a sum with `other`: reduced if the sum will not be exact, as none can be then.

        So ``n F(n) - D``, with D that is not known exactly, keeps the pole that ``n F(n)`` has at infinity.
        """
        if self.exact is None or other.exact is not None or all(c.is_zero() for c in self.exact.coefficients):
            return self
        return self.reduced()

    def _combine(self, other: Germ, operation: str) -> Germ:
        first, second = self._before(other)._aligned(other._before(self))
        exact = None
        if first.exact is not None and second.exact is not None:
            exact = getattr(first.exact, operation)(second.exact)
        balls = getattr(first.balls, operation)(second.balls)
        return Germ(self.arithmetic, first.valuation, exact, balls)

    def _operand(self, other: Any) -> Germ | None:
        """Return an operand as a germ, or None if it is of a type that includes germs."""
        if isinstance(other, Germ):
            return other
        return self.constant(other) if isinstance(other, int | Fraction) else None

    def __add__(self, other: Any) -> Germ:
        other = self._operand(other)
        return NotImplemented if other is None else self._combine(other, "__add__")

    def __sub__(self, other: Any) -> Germ:
        other = self._operand(other)
        return NotImplemented if other is None else self._combine(other, "__sub__")

    def __mul__(self, other: Any) -> Germ:
        other = self._operand(other)
        if other is None:
            return NotImplemented
        first, second = self._truncated(other), other._truncated(self)
        exact = None if first.exact is None or second.exact is None else first.exact * second.exact
        return Germ(self.arithmetic, self.valuation + other.valuation, exact, first.balls * second.balls)

    def __truediv__(self, other: Any) -> Germ:
        other = self._operand(other)
        if other is None:
            return NotImplemented
        divisor = other.reduced()
        first, second = self._truncated(divisor), divisor._truncated(self)
        exact = None if first.exact is None or second.exact is None else first.exact / second.exact
        return Germ(self.arithmetic, self.valuation - divisor.valuation, exact, first.balls / second.balls)

    def __pow__(self, exponent: int) -> Germ:
        if exponent < 0:
            return self.arithmetic.rational(Fraction(1)) / self**-exponent
        if exponent > MAX_POWER:
            raise Undecided(f"the exponent {exponent} is larger than {MAX_POWER}")
        exact = _if_exact(self.exact, lambda series: series**exponent)
        return Germ(self.arithmetic, self.valuation * exponent, exact, self.balls**exponent)

    def sqrt(self) -> Germ:
        """Return the square root.

        It is a Growth for an odd valuation. Raises Undecided or DomainError if ``g`` is not known to be positive.
        """
        base = self.reduced()
        if base.valuation % 2:
            return base._growth().sqrt()  # type: ignore[no-any-return]
        return Germ(
            self.arithmetic,
            base.valuation // 2,
            _if_exact(base.exact, operator.methodcaller("sqrt")),
            base.balls.sqrt(),
        )

    def _apply_analytic(self, name: str) -> Germ:
        """Apply a function that is analytic at the germ's value at the contact point."""
        base = self
        if self.valuation < 0:
            base = self.reduced()
            if base.valuation < 0:
                raise Undecided(f"{name} of a function that is unbounded at the contact point")
        base = base._with_valuation(0)
        return Germ(self.arithmetic, 0, _if_exact(base.exact, operator.methodcaller(name)), getattr(base.balls, name)())

    def _growth(self) -> Any:
        """Return the germ as a Growth, which has the functions of unbounded arguments."""
        from ntkproofs.arithmetic.growth import Growth

        return Growth.of(self)

    def _if_bounded(self, name: str) -> Germ:
        """Apply a function that is analytic at the limit, or that of Growth if the germ is unbounded."""
        value: Germ = self._apply_analytic(name) if self._is_bounded() else getattr(self._growth(), name)()
        return value

    def exp(self) -> Germ:
        """Return the exponential; it is a Growth for an unbounded germ."""
        return self._if_bounded("exp")

    def log(self) -> Germ:
        """Return the logarithm of a positive germ; it is a Growth if the limit is 0 or infinity."""
        base = self.reduced()
        return base._apply_analytic("log") if base.valuation == 0 else base._growth().log()

    def sin(self) -> Germ:
        """Return the sine."""
        return self._if_bounded("sin")

    def cos(self) -> Germ:
        """Return the cosine."""
        return self._if_bounded("cos")

    def asin(self) -> Germ:
        """Return the arc sine; near an end of its domain, pi/2 minus the arc cosine."""
        return self._apply_analytic("asin") if self._end() == 0 else self.arithmetic.pi() / 2 - self.acos()

    def acos(self) -> Germ:
        """Return the arc cosine; near an end of its domain by ``acos(x) = 2 asin(sqrt((1 - x)/2))``."""
        end = self._end()
        if end == 0:
            return self._apply_analytic("acos")
        if end < 0:
            return self.arithmetic.pi() - (self * -1).acos()
        return ((self.constant(1) - self) / 2).sqrt().asin() * 2

    def _end(self) -> int:
        """Return -1 or 1 if that is known to be the limit of the germ, otherwise 0."""
        if self.exact is None or self.valuation > 0:
            return 0
        base = self.reduced() if self.valuation < 0 else self
        if base.exact is None or base.valuation:
            return 0
        limit = base.exact.coefficients[0]
        return next((end for end in (-1, 1) if (limit - end).is_zero()), 0)

    def atan(self) -> Germ:
        """Return the arc tangent; for a germ f that is unbounded at the contact point, +-pi/2 minus that of 1/f."""
        base = self.reduced() if self.valuation < 0 else self
        if base.valuation >= 0:
            return base._apply_analytic("atan")
        sign = base.balls.coefficients[0].sign()
        half_pi = self.arithmetic.pi() * self.arithmetic.rational(Fraction(sign, 2))
        return half_pi - (self.arithmetic.rational(Fraction(1)) / base)._apply_analytic("atan")

    def tan(self) -> Germ:
        """Return the tangent of a bounded germ, as sine over cosine at a pole."""
        try:
            return self._apply_analytic("tan")
        except (Undecided, DomainError):
            return self.sin() / self.cos()

    def sinh(self) -> Germ:
        """Return the hyperbolic sine."""
        return self._apply_analytic("sinh") if self._is_bounded() else super().sinh()

    def cosh(self) -> Germ:
        """Return the hyperbolic cosine."""
        return self._apply_analytic("cosh") if self._is_bounded() else super().cosh()

    def tanh(self) -> Germ:
        """Return the hyperbolic tangent."""
        return self._apply_analytic("tanh") if self._is_bounded() else super().tanh()

    def asinh(self) -> Germ:
        """Return the inverse hyperbolic sine."""
        return self._apply_analytic("asinh") if self._is_bounded() else super().asinh()

    def gamma(self) -> Germ:
        """Return the gamma function."""
        return self._if_bounded("gamma")

    def loggamma(self) -> Germ:
        """Return the logarithm of the gamma function."""
        return self._if_bounded("loggamma")

    def erf(self) -> Germ:
        """Return the error function."""
        return self._if_bounded("erf")

    def erfc(self) -> Germ:
        """Return the complementary error function."""
        return self._if_bounded("erfc")

    def _is_bounded(self) -> bool:
        return self.valuation >= 0 or self.reduced().valuation >= 0

    def rational_power(self, exponent: Fraction) -> Germ:
        """Return the power, for a germ that is positive on ``0 < s <= h``; a Growth if it has no integer valuation."""
        base = self.reduced()
        valuation = base.valuation * exponent
        if valuation.denominator > 1:
            return base._growth().rational_power(exponent)  # type: ignore[no-any-return]
        exact = _if_exact(base.exact, lambda series: series.rational_power(exponent))
        return Germ(self.arithmetic, int(valuation), exact, base.balls.rational_power(exponent))

    def __abs__(self) -> Germ:
        base = self.reduced()
        return base if base.factor().sign() > 0 else self.constant(0) - base

    def maximum(self, other: Germ) -> Germ:
        """Return the larger one of two germs, if their difference has one sign on ``0 < s <= h``."""
        return self if (self - other).reduced().factor().sign() >= 0 else other

    def minimum(self, other: Germ) -> Germ:
        """Return the smaller one of two germs, if their difference has one sign on ``0 < s <= h``."""
        return other if (self - other).reduced().factor().sign() >= 0 else self

    def constant(self, value: Fraction | int) -> Germ:
        """Return the constant `value`."""
        return self.arithmetic.rational(Fraction(value))


def _if_exact(
    series: Taylor[Exact] | None, operation: Callable[[Taylor[Exact]], Taylor[Exact]]
) -> Taylor[Exact] | None:
    """Apply an operation to exact coefficients; None if there are none or the result is not known exactly."""
    if series is None:
        return None
    try:
        return operation(series)
    except (NotExact, DomainError):  # the intervals decide whether the result is defined
        return None


@dataclass(frozen=True)
class GermArithmetic:
    """Germs on ``0 < s <= reach`` with `order` + 1 Taylor coefficients and intervals of `precision` bits."""

    reach: Fraction
    order: int
    precision: int

    def _exact(self) -> TaylorArithmetic:
        return TaylorArithmetic(ExactArithmetic(), self.order)

    def _balls(self) -> TaylorArithmetic:
        return TaylorArithmetic(BallArithmetic(self.precision), self.order)

    def rational(self, value: Fraction) -> Germ:
        """Return the constant `value`."""
        return Germ(self, 0, self._exact().rational(value), self._balls().rational(value))

    def pi(self) -> Germ:
        """Return the constant pi."""
        return Germ(self, 0, self._exact().pi(), self._balls().pi())

    def exact(self, value: Exact) -> Germ:
        """Return an exact constant."""
        ball = value.enclose(self.precision)
        return Germ(self, 0, self._exact().series([value]), self._balls().series([ball]))

    def enclosed(self, values: Ball) -> Germ:
        """Return a function of which only an interval that contains its values is known."""
        return Germ(self, 0, None, Taylor([values]))

    def bounded(self, low: int, high: int) -> Germ:
        """Return a function of which only bounds are known."""
        return self.enclosed(Ball.between(low, high, precision=self.precision))

    def monomial(self, power: int, order: int) -> Germ:
        """Return ``s**power`` (power >= 0) as a germ of valuation 0 with `order` + 1 terms."""
        balls = self._balls()
        box: Any = Ball.between(0, self.reach, precision=self.precision)
        series = Germ(
            self,
            0,
            _if_exact(self._exact().series([PiRational.of(0), PiRational.of(1)]), lambda series: series**power),
            balls.series([box, Ball(1, precision=self.precision)]) ** power,
        )
        return Germ(
            self,
            0,
            None if series.exact is None else Taylor(series.exact.coefficients[: order + 1]),
            Taylor(series.balls.coefficients[: order + 1]),
        )

    def variable(self, power: int) -> Germ:
        """Return ``s**power`` for any integer power, as a germ of valuation `power` with ``g = 1``."""
        one = self.rational(Fraction(1))
        return Germ(self, power, one.exact, one.balls)

    def shifted(self, centre: Fraction, direction: int) -> Germ:
        """Return ``centre + direction * s``, the variable near the contact point `centre` (`direction`: 1 or -1)."""
        return self.rational(centre) + self.rational(Fraction(direction)) * self.variable(1)
