"""Truncated Taylor series over intervals or exact constants (automatic differentiation).

Over exact constants the coefficients are those of the expansion at one point. Over intervals, if the variable's
constant term is an interval X, the coefficients enclose the Taylor coefficients at *every* point of X: coefficient
``k`` contains ``f^(k)(x)/k!`` for all ``x`` in X. Mean-value forms and contact points need such enclosures.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Generic, Protocol, Self, TypeVar

from ntkproofs.arithmetic.expressions import Arithmetic, Number

__all__ = ["Taylor", "TaylorArithmetic"]


class Coefficient(Number, Protocol):
    """A number type with all functions that may occur in a formula."""

    def exp(self) -> Self: ...
    def log(self) -> Self: ...
    def sin(self) -> Self: ...
    def cos(self) -> Self: ...
    def atan(self) -> Self: ...
    def asin(self) -> Self: ...
    def acos(self) -> Self: ...


C = TypeVar("C", bound=Coefficient)


class Taylor(Generic[C]):
    """A power series ``c[0] + c[1] x + ... + c[order] x**order``, truncated after `order`.

    The operands of an operation must have the same length. An operation raises Undecided, DomainError or NotExact if
    an operation on its coefficients does.

    >>> from ntkproofs.arithmetic.exact import PiRational
    >>> one_plus_x = Taylor([PiRational.of(1), PiRational.of(1), PiRational.of(0)])
    >>> [c.rational() for c in one_plus_x.sqrt().coefficients]
    [Fraction(1, 1), Fraction(1, 2), Fraction(-1, 8)]
    """

    __slots__ = ("coefficients",)

    def __init__(self, coefficients: list[C]) -> None:
        self.coefficients = coefficients

    def __add__(self, other: Taylor[C]) -> Taylor[C]:
        return Taylor([a + b for a, b in zip(self.coefficients, other.coefficients, strict=True)])

    def __sub__(self, other: Taylor[C]) -> Taylor[C]:
        return Taylor([a - b for a, b in zip(self.coefficients, other.coefficients, strict=True)])

    def __mul__(self, other: Taylor[C]) -> Taylor[C]:
        a, b = self.coefficients, other.coefficients
        return Taylor([_convolution(a, b, k, 0, k) for k in range(len(a))])

    def __truediv__(self, other: Taylor[C]) -> Taylor[C]:
        a, b = self.coefficients, other.coefficients
        quotient: list[C] = [a[0] / b[0]]
        for k in range(1, len(a)):
            quotient.append((a[k] - _convolution(quotient, b, k, 0, k - 1)) / b[0])
        return Taylor(quotient)

    def __pow__(self, exponent: int) -> Taylor[C]:
        if exponent < 0:
            return self._constant(1) / self**-exponent
        if exponent == 0:
            return self._constant(1)
        # the constant term by a single power, since x*x of an interval across zero would contain negative numbers
        constant = self.coefficients[0] ** exponent
        power = self if exponent == 1 else (self * self if exponent == 2 else self ** (exponent // 2))
        if exponent > 2:
            power = power * power
            if exponent % 2:
                power = power * self
        return Taylor([constant, *power.coefficients[1:]])

    def _constant(self, value: int) -> Taylor[C]:
        zero = self.coefficients[0] * 0
        return Taylor([zero + value] + [zero] * (len(self.coefficients) - 1))

    def _integral(self, start: C, slope: Taylor[C]) -> Taylor[C]:
        """Return the series with constant term `start` and derivative `slope` (which has one term less)."""
        return Taylor([start, *(slope.coefficients[k - 1] / k for k in range(1, len(self.coefficients)))])

    def _derivative(self) -> Taylor[C]:
        return Taylor([c * k for k, c in enumerate(self.coefficients)][1:])

    def _shortened(self) -> Taylor[C]:
        return Taylor(self.coefficients[:-1])

    def sqrt(self) -> Taylor[C]:
        """Return the square root; the constant term must be positive unless the series is a constant."""
        a = self.coefficients
        root: list[C] = [a[0].sqrt()]
        for k in range(1, len(a)):
            rest = a[k] if k == 1 else a[k] - _convolution(root, root, k, 1, k - 1)
            root.append(rest / (root[0] * 2))
        return Taylor(root)

    def exp(self) -> Taylor[C]:
        """Return the exponential."""
        a = self.coefficients
        result: list[C] = [a[0].exp()]
        for k in range(1, len(a)):
            total = a[1] * result[k - 1]
            for j in range(2, k + 1):
                total = total + a[j] * result[k - j] * j
            result.append(total / k)
        return Taylor(result)

    def log(self) -> Taylor[C]:
        """Return the natural logarithm."""
        start = self.coefficients[0].log()
        if len(self.coefficients) == 1:
            return Taylor([start])
        return self._integral(start, self._derivative() / self._shortened())

    def _arc(self, start: C, *, root: bool, sign: int) -> Taylor[C]:
        """Return ``start + sign * integral of self' / (1 + self**2)``, or over ``sqrt(1 - self**2)``."""
        if len(self.coefficients) == 1:
            return Taylor([start])
        short = self._shortened()
        one = short._constant(1)
        below = (one - short**2).sqrt() if root else one + short**2
        slope = self._derivative() / below
        return self._integral(start, slope if sign > 0 else slope._constant(0) - slope)

    def atan(self) -> Taylor[C]:
        """Return the arc tangent."""
        return self._arc(self.coefficients[0].atan(), root=False, sign=1)

    def asin(self) -> Taylor[C]:
        """Return the arc sine."""
        return self._arc(self.coefficients[0].asin(), root=True, sign=1)

    def acos(self) -> Taylor[C]:
        """Return the arc cosine."""
        return self._arc(self.coefficients[0].acos(), root=True, sign=-1)

    def _sine_and_cosine(self) -> tuple[Taylor[C], Taylor[C]]:
        a = self.coefficients
        sine, cosine = [a[0].sin()], [a[0].cos()]
        for k in range(1, len(a)):
            up, down = a[1] * cosine[k - 1], a[1] * sine[k - 1]
            for j in range(2, k + 1):
                up, down = up + a[j] * cosine[k - j] * j, down + a[j] * sine[k - j] * j
            sine.append(up / k)
            cosine.append((down * -1) / k)
        return Taylor(sine), Taylor(cosine)

    def sin(self) -> Taylor[C]:
        """Return the sine."""
        return self._sine_and_cosine()[0]

    def cos(self) -> Taylor[C]:
        """Return the cosine."""
        return self._sine_and_cosine()[1]


def _convolution(a: list[C], b: list[C], k: int, first: int, last: int) -> C:
    """Return the sum of ``a[j] * b[k-j]`` for j from `first` to `last`."""
    total = a[first] * b[k - first]
    for j in range(first + 1, last + 1):
        total = total + a[j] * b[k - j]
    return total


@dataclass(frozen=True)
class TaylorArithmetic:
    """Taylor series of a given order over the numbers of the arithmetic `base`."""

    base: Arithmetic[Any]
    order: int

    def rational(self, value: Fraction) -> Taylor[Any]:
        """Return the constant series `value`."""
        return self.series([self.base.rational(value)])

    def pi(self) -> Taylor[Any]:
        """Return the constant series pi."""
        return self.series([self.base.pi()])

    def series(self, leading: list[Any]) -> Taylor[Any]:
        """Return the series with the given leading coefficients, followed by zeros."""
        zeros = [self.base.rational(Fraction(0))] * (self.order + 1 - len(leading))
        return Taylor([*leading, *zeros][: self.order + 1])
