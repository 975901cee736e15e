"""Numbers at a single point: exact where possible, enclosed by an interval otherwise.

Intervals alone cannot show that ``sqrt(x - 1/3)`` is defined at ``x = 1/3``, or that ``log(6)`` equals ``log(2) +
log(3)``. So each operation is exact if its operands and its result are exact numbers (in Q(pi) or constants, see
``exact``), and is done with intervals otherwise.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.arithmetic.exact import Exact, PiRational
from ntkproofs.arithmetic.functions import Functions
from ntkproofs.errors import DomainError, NotExact

__all__ = ["PointArithmetic", "PointNumber"]


@dataclass(frozen=True)
class PointNumber(Functions):
    """A real number: exact where possible, otherwise enclosed by an interval of `precision` bits.

    An undefined operation raises DomainError, one that the interval cannot decide raises Undecided.

    >>> third = PointArithmetic(64).rational(Fraction(1, 3))
    >>> (third - third).sqrt().is_zero(), (third - third + third.exp()).is_zero()
    (True, False)
    """

    precision: int
    value: Exact
    _zero: list[bool] = field(default_factory=list, repr=False, compare=False)  # whether it is zero, once computed

    @property
    def ball(self) -> Ball:
        """An interval that contains the number."""
        return self.value if isinstance(self.value, Ball) else self.value.enclose(self.precision)

    @property
    def is_exact(self) -> bool:
        """Whether the number is exact."""
        return not isinstance(self.value, Ball)

    def is_zero(self) -> bool:
        """Return whether the number is known to be exactly 0."""
        if not self.is_exact:
            return False
        if not self._zero:
            self._zero.append(bool(self.value.is_zero()))
        return self._zero[0]

    def sign(self) -> int:
        """Return the sign, -1, 0 or 1; raises Undecided if it is not certain."""
        return 0 if self.is_zero() else self.ball.sign()

    def at_precision(self, precision: int) -> PointNumber:
        """Return the same exact number, whose enclosure has `precision` bits."""
        return replace(self, precision=precision)

    def _apply(self, operation: Callable[..., Any], *others: PointNumber) -> PointNumber:
        numbers = (self, *others)
        if not any(isinstance(number.value, Ball) for number in numbers):
            try:
                return PointNumber(self.precision, operation(*(number.value for number in numbers)))
            except NotExact:
                pass
        return PointNumber(self.precision, operation(*(number.ball for number in numbers)))

    def __add__(self, other: PointNumber) -> PointNumber:
        return self._apply(operator.add, other)

    def __sub__(self, other: PointNumber) -> PointNumber:
        return self._apply(operator.sub, other)

    def __mul__(self, other: PointNumber) -> PointNumber:
        return self._apply(operator.mul, other)

    def __truediv__(self, other: PointNumber) -> PointNumber:
        if other.is_zero():
            raise DomainError("division by zero")
        return self._apply(operator.truediv, other)

    def __pow__(self, exponent: int) -> PointNumber:
        return self._apply(lambda value: value**exponent)

    def sqrt(self) -> PointNumber:
        """Return the square root."""
        return self._apply(operator.methodcaller("sqrt"))

    def exp(self) -> PointNumber:
        """Return the exponential."""
        return self._apply(operator.methodcaller("exp"))

    def log(self) -> PointNumber:
        """Return the natural logarithm."""
        return self._apply(operator.methodcaller("log"))

    def sin(self) -> PointNumber:
        """Return the sine."""
        return self._apply(operator.methodcaller("sin"))

    def cos(self) -> PointNumber:
        """Return the cosine."""
        return self._apply(operator.methodcaller("cos"))

    def atan(self) -> PointNumber:
        """Return the arc tangent."""
        return self._apply(operator.methodcaller("atan"))

    def asin(self) -> PointNumber:
        """Return the arc sine."""
        return self._apply(operator.methodcaller("asin"))

    def acos(self) -> PointNumber:
        """Return the arc cosine."""
        return self._apply(operator.methodcaller("acos"))

    def tan(self) -> PointNumber:
        """Return the tangent."""
        return self._apply(operator.methodcaller("tan"))

    def sinh(self) -> PointNumber:
        """Return the hyperbolic sine."""
        return self._apply(operator.methodcaller("sinh"))

    def cosh(self) -> PointNumber:
        """Return the hyperbolic cosine."""
        return self._apply(operator.methodcaller("cosh"))

    def tanh(self) -> PointNumber:
        """Return the hyperbolic tangent."""
        return self._apply(operator.methodcaller("tanh"))

    def asinh(self) -> PointNumber:
        """Return the inverse hyperbolic sine."""
        return self._apply(operator.methodcaller("asinh"))

    def acosh(self) -> PointNumber:
        """Return the inverse hyperbolic cosine."""
        return self._apply(operator.methodcaller("acosh"))

    def atanh(self) -> PointNumber:
        """Return the inverse hyperbolic tangent."""
        return self._apply(operator.methodcaller("atanh"))

    def gamma(self) -> PointNumber:
        """Return the gamma function."""
        return self._apply(operator.methodcaller("gamma"))

    def loggamma(self) -> PointNumber:
        """Return the logarithm of the gamma function."""
        return self._apply(operator.methodcaller("loggamma"))

    def erf(self) -> PointNumber:
        """Return the error function."""
        return self._apply(operator.methodcaller("erf"))

    def erfc(self) -> PointNumber:
        """Return the complementary error function."""
        return self._apply(operator.methodcaller("erfc"))

    def __abs__(self) -> PointNumber:
        return self._apply(operator.abs)

    def minimum(self, other: PointNumber) -> PointNumber:
        """Return the smaller one of two numbers."""
        return self._apply(lambda first, second: first.minimum(second), other)

    def maximum(self, other: PointNumber) -> PointNumber:
        """Return the larger one of two numbers."""
        return self._apply(lambda first, second: first.maximum(second), other)

    def rational_power(self, exponent: Fraction) -> PointNumber:
        """Return ``x**exponent`` for ``x >= 0``."""
        return self._apply(lambda value: value.rational_power(exponent))

    def real_power(self, exponent: PointNumber) -> PointNumber:
        """Return ``x**exponent``."""
        return self._apply(lambda base, power: base.real_power(power), exponent)

    def constant(self, value: Fraction | int) -> PointNumber:
        """Return the exact constant `value`."""
        return PointNumber(self.precision, PiRational.of(value))


@dataclass(frozen=True)
class PointArithmetic:
    """The arithmetic of point numbers, with intervals of `precision` bits where numbers are not exact."""

    precision: int

    def rational(self, value: Fraction) -> PointNumber:
        """Return the exact constant `value`."""
        return PointNumber(self.precision, PiRational.of(value))

    def pi(self) -> PointNumber:
        """Return the constant pi."""
        return PointNumber(self.precision, PiRational.pi())
