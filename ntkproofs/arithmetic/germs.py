"""Germ: a function near a contact point, with its pole or zero there divided out.

On ``0 < s <= h`` a germ is ``s**valuation * g(s)``. About ``g`` two things are known: its first Taylor coefficients at
0, exactly (in Q(pi), where zero can be told from non-zero), and balls that contain its Taylor coefficients at every
point of ``[0, h]``. When the exact constant term is zero, ``g`` is divided by ``s``: since ``g(s)/s`` is the mean of
``g'`` between 0 and ``s``, its k-th Taylor coefficient lies in the ball of coefficient ``k + 1``, so the balls just
move up one place.

This is how an inequality that touches equality at an end of its domain (at infinity, for ``s = n**(-1/2)``) is decided:
``f > 0`` near the contact follows from ``g > 0`` on the closed box.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.arithmetic.exact import ExactArithmetic, PiRational
from ntkproofs.arithmetic.expressions import BallArithmetic
from ntkproofs.arithmetic.taylor import Taylor, TaylorArithmetic
from ntkproofs.errors import DomainError, NotExact, Undecided

__all__ = ["Germ", "GermArithmetic"]

MAX_POWER = 1 << 16


@dataclass(frozen=True)
class Germ:
    """The function ``s**valuation * g(s)`` on ``0 < s <= h``; see the module for what is known of ``g``.

    `exact` is None once a constant outside Q(pi) has entered; then the germ still has an enclosure but no exact zeros.
    """

    arithmetic: GermArithmetic
    valuation: int
    exact: Taylor[PiRational] | None
    balls: Taylor[Ball]

    def reduced(self) -> Germ:
        """Return the same germ with exact zeros at 0 divided out; raises Undecided if all known terms are zero."""
        valuation, exact, balls = self.valuation, self.exact, self.balls
        while exact is not None and exact.coefficients[0].is_zero():
            if len(balls.coefficients) < 2:
                raise Undecided("every Taylor coefficient looked at is zero at the contact point")
            valuation += 1
            exact, balls = Taylor(exact.coefficients[1:]), Taylor(balls.coefficients[1:])
        return Germ(self.arithmetic, valuation, exact, balls)

    def factor(self) -> Ball:
        """Return a ball that contains ``g(s)`` for all ``0 <= s <= h``; of the reduced germ this decides the sign.

        Two enclosures meet: the one computed with the whole box, and ``g(0) + s g'(xi)``.
        """
        values = self.balls.coefficients[0]
        if self.exact is None or len(self.balls.coefficients) < 2:
            return values
        reach = Ball.between(0, self.arithmetic.reach, precision=self.arithmetic.precision)
        centred = self.exact.coefficients[0].enclose(self.arithmetic.precision) + reach * self.balls.coefficients[1]
        return values.intersection(centred)

    def _raised(self, valuation: int) -> Germ:
        """Return the same germ written with the smaller exponent `valuation`."""
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
        first, second = self._raised(low), other._raised(low)
        return first._cut(second), second._cut(first)

    def _cut(self, other: Germ) -> Germ:
        terms = min(len(self.balls.coefficients), len(other.balls.coefficients))
        exact = None if self.exact is None else Taylor(self.exact.coefficients[:terms])
        return Germ(self.arithmetic, self.valuation, exact, Taylor(self.balls.coefficients[:terms]))

    def _before(self, other: Germ) -> Germ:
        """Return this germ as it enters a sum with `other`: reduced if the sum will not be exact, as none can be then.

        So ``n F(n) - D``, with D outside Q(pi), keeps the pole that ``n F(n)`` has at infinity.
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

    def __add__(self, other: Germ) -> Germ:
        return self._combine(other, "__add__")

    def __sub__(self, other: Germ) -> Germ:
        return self._combine(other, "__sub__")

    def __mul__(self, other: Germ) -> Germ:
        first, second = self._cut(other), other._cut(self)
        exact = None if first.exact is None or second.exact is None else first.exact * second.exact
        return Germ(self.arithmetic, self.valuation + other.valuation, exact, first.balls * second.balls)

    def __truediv__(self, other: Germ) -> Germ:
        below = other.reduced()
        first, second = self._cut(below), below._cut(self)
        exact = None if first.exact is None or second.exact is None else first.exact / second.exact
        return Germ(self.arithmetic, self.valuation - below.valuation, exact, first.balls / second.balls)

    def __pow__(self, exponent: int) -> Germ:
        if exponent < 0:
            return self.arithmetic.rational(Fraction(1)) / self**-exponent
        if exponent > MAX_POWER:
            raise Undecided(f"the power {exponent} grows too fast to be followed")
        exact = _exactly(self.exact, lambda series: series**exponent)
        return Germ(self.arithmetic, self.valuation * exponent, exact, self.balls**exponent)

    def sqrt(self) -> Germ:
        """Return the square root; an odd valuation or a germ that is not positive raises Undecided or DomainError."""
        base = self.reduced()
        if base.valuation % 2:
            raise Undecided("the square root is not a power series at the contact point")
        return Germ(
            self.arithmetic, base.valuation // 2, _exactly(base.exact, operator.methodcaller("sqrt")), base.balls.sqrt()
        )

    def _bounded(self, name: str) -> Germ:
        """Apply a function that is analytic where the germ's value at 0 lies."""
        base = self
        if self.valuation < 0:
            base = self.reduced()
            if base.valuation < 0:
                raise Undecided(f"{name} of a value that grows without bound at the contact point")
        base = base._raised(0)
        return Germ(self.arithmetic, 0, _exactly(base.exact, operator.methodcaller(name)), getattr(base.balls, name)())

    def exp(self) -> Germ:
        """Return the exponential of a bounded germ."""
        return self._bounded("exp")

    def log(self) -> Germ:
        """Return the logarithm of a germ with a positive limit."""
        return self._bounded("log")

    def sin(self) -> Germ:
        """Return the sine of a bounded germ."""
        return self._bounded("sin")

    def cos(self) -> Germ:
        """Return the cosine of a bounded germ."""
        return self._bounded("cos")

    def asin(self) -> Germ:
        """Return the arc sine."""
        return self._bounded("asin")

    def acos(self) -> Germ:
        """Return the arc cosine."""
        return self._bounded("acos")

    def atan(self) -> Germ:
        """Return the arc tangent; where the germ grows without bound, +-pi/2 minus that of its inverse."""
        base = self.reduced() if self.valuation < 0 else self
        if base.valuation >= 0:
            return base._bounded("atan")
        sign = base.balls.coefficients[0].sign()
        quarter = self.arithmetic.pi() * self.arithmetic.rational(Fraction(sign, 2))
        return quarter - (self.arithmetic.rational(Fraction(1)) / base)._bounded("atan")


def _exactly(
    series: Taylor[PiRational] | None, operation: Callable[[Taylor[PiRational]], Taylor[PiRational]]
) -> Taylor[PiRational] | None:
    if series is None:
        return None
    try:
        return operation(series)
    except (NotExact, DomainError):  # the balls decide whether it is defined
        return None


@dataclass(frozen=True)
class GermArithmetic:
    """Germs on ``0 < s <= reach``, with `order` + 1 Taylor coefficients, balls of `precision` bits."""

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

    def monomial(self, power: int, order: int) -> Germ:
        """Return ``s**power`` (power >= 0) written with valuation 0 and `order` + 1 terms."""
        balls = self._balls()
        box: Any = Ball.between(0, self.reach, precision=self.precision)
        series = Germ(
            self,
            0,
            _exactly(self._exact().series([PiRational.of(0), PiRational.of(1)]), lambda series: series**power),
            balls.series([box, Ball(1, precision=self.precision)]) ** power,
        )
        return Germ(
            self,
            0,
            None if series.exact is None else Taylor(series.exact.coefficients[: order + 1]),
            Taylor(series.balls.coefficients[: order + 1]),
        )

    def variable(self, power: int) -> Germ:
        """Return ``s**power`` for any integer power, as a pure valuation."""
        one = self.rational(Fraction(1))
        return Germ(self, power, one.exact, one.balls)

    def shifted(self, centre: Fraction, direction: int) -> Germ:
        """Return the variable ``centre + direction * s`` of a box that starts at the contact point `centre`."""
        return self.rational(centre) + self.rational(Fraction(direction)) * self.variable(1)
