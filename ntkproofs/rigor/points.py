"""PointNumber: a number at one exact point, exact in Q(pi) as long as that is possible, a ball beside it.

Balls alone cannot tell that ``sqrt(x - 1/3)`` is defined at ``x = 1/3``, and exact constants alone do not know
``sqrt(2)``; here each operation is exact where its operands and its value are, and done with balls otherwise.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ntkproofs.errors import DomainError, NotExact
from ntkproofs.rigor.balls import Ball
from ntkproofs.rigor.exact import PiRational

__all__ = ["PointArithmetic", "PointNumber"]


@dataclass(frozen=True)
class PointNumber:
    """A real number: exact if it is known in Q(pi), else enclosed in a ball of `precision` bits.

    Undefined operations raise DomainError, those that the ball cannot answer Undecided.

    >>> third = PointArithmetic(64).rational(Fraction(1, 3))
    >>> (third - third).sqrt().is_zero(), (third - third + third.exp()).is_zero()
    (True, False)
    """

    precision: int
    value: PiRational | Ball

    @property
    def ball(self) -> Ball:
        """A ball that contains the number."""
        return self.value if isinstance(self.value, Ball) else self.value.enclose(self.precision)

    def is_zero(self) -> bool:
        """Tell whether the number is known to be exactly 0."""
        return isinstance(self.value, PiRational) and self.value.is_zero()

    def _operate(self, operation: Callable[..., Any], *others: PointNumber) -> PointNumber:
        numbers = (self, *others)
        if all(isinstance(number.value, PiRational) for number in numbers):
            try:
                return PointNumber(self.precision, operation(*(number.value for number in numbers)))
            except NotExact:
                pass
        return PointNumber(self.precision, operation(*(number.ball for number in numbers)))

    def __add__(self, other: PointNumber) -> PointNumber:
        return self._operate(operator.add, other)

    def __sub__(self, other: PointNumber) -> PointNumber:
        return self._operate(operator.sub, other)

    def __mul__(self, other: PointNumber) -> PointNumber:
        return self._operate(operator.mul, other)

    def __truediv__(self, other: PointNumber) -> PointNumber:
        if other.is_zero():
            raise DomainError("division by zero")
        return self._operate(operator.truediv, other)

    def __pow__(self, exponent: int) -> PointNumber:
        return self._operate(lambda value: value**exponent)

    def sqrt(self) -> PointNumber:
        """Return the square root."""
        return self._operate(operator.methodcaller("sqrt"))

    def exp(self) -> PointNumber:
        """Return the exponential."""
        return self._operate(operator.methodcaller("exp"))

    def log(self) -> PointNumber:
        """Return the natural logarithm."""
        return self._operate(operator.methodcaller("log"))

    def sin(self) -> PointNumber:
        """Return the sine."""
        return self._operate(operator.methodcaller("sin"))

    def cos(self) -> PointNumber:
        """Return the cosine."""
        return self._operate(operator.methodcaller("cos"))

    def atan(self) -> PointNumber:
        """Return the arc tangent."""
        return self._operate(operator.methodcaller("atan"))

    def asin(self) -> PointNumber:
        """Return the arc sine."""
        return self._operate(operator.methodcaller("asin"))

    def acos(self) -> PointNumber:
        """Return the arc cosine."""
        return self._operate(operator.methodcaller("acos"))


@dataclass(frozen=True)
class PointArithmetic:
    """Formulas at a point, with balls of `precision` bits where exact constants do not reach."""

    precision: int

    def rational(self, value: Fraction) -> PointNumber:
        """Return the exact constant `value`."""
        return PointNumber(self.precision, PiRational.of(value))

    def pi(self) -> PointNumber:
        """Return pi."""
        return PointNumber(self.precision, PiRational.pi())
