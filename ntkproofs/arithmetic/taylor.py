"""Truncated Taylor series over intervals or exact constants (automatic differentiation).

Over exact constants the coefficients are those of the expansion at one point. Over intervals, if the variable's
constant term is an interval X, the coefficients enclose the Taylor coefficients at *every* point of X: coefficient
``k`` contains ``f^(k)(x)/k!`` for all ``x`` in X. Mean-value forms and contact points need such enclosures.

``Abs``, ``Max`` and ``Min`` have no derivative where their branches meet. If they may meet in X, a series of order 1
has the convex hull of the derivatives of both branches as its coefficient 1. It contains all slopes ``(f(y) - f(x)) /
(y - x)`` for x and y in X, which is what a mean-value form needs; and all other operations preserve that property.
A series of a higher order raises Undecided there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Generic, Protocol, Self, TypeVar

from ntkproofs.arithmetic.balls import Ball, hull
from ntkproofs.arithmetic.exact import PiRational
from ntkproofs.arithmetic.expressions import Arithmetic, Number
from ntkproofs.errors import NotExact, Undecided

__all__ = ["Taylor", "TaylorArithmetic"]

MAX_SHIFT = 1000  # the gamma function of smaller arguments than minus this has no series


class Coefficient(Number, Protocol):
    """A number type with all functions that may occur in a formula."""

    def exp(self) -> Self: ...
    def log(self) -> Self: ...
    def sin(self) -> Self: ...
    def cos(self) -> Self: ...
    def tan(self) -> Self: ...
    def asin(self) -> Self: ...
    def acos(self) -> Self: ...
    def atan(self) -> Self: ...
    def sinh(self) -> Self: ...
    def cosh(self) -> Self: ...
    def tanh(self) -> Self: ...
    def asinh(self) -> Self: ...
    def acosh(self) -> Self: ...
    def atanh(self) -> Self: ...
    def gamma(self) -> Self: ...
    def loggamma(self) -> Self: ...
    def digamma(self) -> Self: ...
    def erf(self) -> Self: ...
    def erfc(self) -> Self: ...
    def __abs__(self) -> Self: ...
    def minimum(self, other: Any) -> Self: ...
    def maximum(self, other: Any) -> Self: ...
    def rational_power(self, exponent: Fraction) -> Self: ...
    def real_power(self, exponent: Any) -> Self: ...
    def hurwitz_zeta(self, exponent: int) -> Self: ...
    def is_zero(self) -> bool: ...
    def sign(self) -> int: ...


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
                if not _is_known_zero(a[j]):
                    total = total + a[j] * result[k - j] * j
            result.append(total / k)
        return Taylor(result)

    def log(self) -> Taylor[C]:
        """Return the natural logarithm."""
        start = self.coefficients[0].log()
        if len(self.coefficients) == 1:
            return Taylor([start])
        return self._integral(start, self._derivative() / self._shortened())

    def _primitive(self, start: C, factor: Callable[[Taylor[C]], Taylor[C]]) -> Taylor[C]:
        """Return the series with constant term `start` and the derivative ``factor(self) * self'``."""
        if len(self.coefficients) == 1:
            return Taylor([start])
        return self._integral(start, self._derivative() * factor(self._shortened()))

    def _arc(self, start: C, below: Callable[[Taylor[C], Taylor[C]], Taylor[C]]) -> Taylor[C]:
        """Return the series with constant term `start` and the derivative ``self' / below(1, self**2)``."""
        if len(self.coefficients) == 1:
            return Taylor([start])
        short = self._shortened()
        return self._integral(start, self._derivative() / below(short._constant(1), short**2))

    def atan(self) -> Taylor[C]:
        """Return the arc tangent."""
        return self._arc(self.coefficients[0].atan(), lambda one, square: one + square)

    def asin(self) -> Taylor[C]:
        """Return the arc sine."""
        return self._arc(self.coefficients[0].asin(), lambda one, square: (one - square).sqrt())

    def acos(self) -> Taylor[C]:
        """Return the arc cosine."""
        rest = self._arc(self.coefficients[0].acos(), lambda one, square: (one - square).sqrt())
        return Taylor([rest.coefficients[0], *(c * -1 for c in rest.coefficients[1:])])

    def asinh(self) -> Taylor[C]:
        """Return the inverse hyperbolic sine."""
        return self._arc(self.coefficients[0].asinh(), lambda one, square: (one + square).sqrt())

    def acosh(self) -> Taylor[C]:
        """Return the inverse hyperbolic cosine."""
        return self._arc(self.coefficients[0].acosh(), lambda one, square: (square - one).sqrt())

    def atanh(self) -> Taylor[C]:
        """Return the inverse hyperbolic tangent."""
        return self._arc(self.coefficients[0].atanh(), lambda one, square: one - square)

    def tan(self) -> Taylor[C]:
        """Return the tangent, whose derivative is ``1 + tan**2``."""
        return self._tangent(self.coefficients[0].tan(), 1)

    def tanh(self) -> Taylor[C]:
        """Return the hyperbolic tangent, whose derivative is ``1 - tanh**2``."""
        return self._tangent(self.coefficients[0].tanh(), -1)

    def _tangent(self, start: C, sign: int) -> Taylor[C]:
        """Return the solution t of ``t' = (1 + sign * t**2) self'`` with constant term `start`."""
        a, result = self.coefficients, [start]
        slopes: list[C] = []  # of t as a function of its argument
        for k in range(1, len(a)):
            square = start**2 if k == 1 else _convolution(result, result, k - 1, 0, k - 1)
            slopes.append(square * sign + (1 if k == 1 else 0))
            total = a[1] * slopes[k - 1]
            for j in range(2, k + 1):
                total = total + a[j] * slopes[k - j] * j
            result.append(total / k)
        return Taylor(result)

    def _hyperbolic(self) -> tuple[Taylor[C], Taylor[C]]:
        """Return the hyperbolic sine and cosine."""
        a = self.coefficients
        sine, cosine = [a[0].sinh()], [a[0].cosh()]
        for k in range(1, len(a)):
            first, second = a[1] * cosine[k - 1], a[1] * sine[k - 1]
            for j in range(2, k + 1):
                first, second = first + a[j] * cosine[k - j] * j, second + a[j] * sine[k - j] * j
            sine.append(first / k)
            cosine.append(second / k)
        return Taylor(sine), Taylor(cosine)

    def sinh(self) -> Taylor[C]:
        """Return the hyperbolic sine."""
        return self._hyperbolic()[0]

    def cosh(self) -> Taylor[C]:
        """Return the hyperbolic cosine."""
        return self._hyperbolic()[1]

    def _bell(self, start: C, sign: int) -> Taylor[C]:
        """Return the series with constant term `start` and the derivative ``sign * 2/sqrt(pi) exp(-x**2)``."""

        def slope(x: Taylor[C]) -> Taylor[C]:
            zero = x.coefficients[0] * 0
            scale = (zero + 2 * sign) / (zero + Fraction(1, 2)).gamma()  # gamma(1/2) is the square root of pi
            return (x._constant(0) - x**2).exp()._scaled(scale)

        return self._primitive(start, slope)

    def erf(self) -> Taylor[C]:
        """Return the error function."""
        return self._bell(self.coefficients[0].erf(), 1)

    def erfc(self) -> Taylor[C]:
        """Return the complementary error function."""
        return self._bell(self.coefficients[0].erfc(), -1)

    def loggamma(self) -> Taylor[C]:
        """Return the logarithm of the gamma function: its derivatives are digamma and values of the zeta function."""
        x = self.coefficients[0]
        order = len(self.coefficients) - 1
        outer = [x.loggamma(), x.digamma()] if order else [x.loggamma()]
        outer += [x.hurwitz_zeta(k) * Fraction((-1) ** k, k) for k in range(2, order + 1)]
        zeros = [x * 0] * order
        increment, total = Taylor([x * 0, *self.coefficients[1:]]), Taylor([outer[-1], *zeros])
        for value in reversed(outer[:-1]):
            total = total * increment
            total.coefficients[0] = value
        return total

    def gamma(self) -> Taylor[C]:
        """Return the gamma function: the exponential of its logarithm, after a shift to positive arguments."""
        start = self.coefficients[0].gamma()
        if len(self.coefficients) == 1:
            return Taylor([start])
        shifted, below = self, self._constant(1)
        for _ in range(MAX_SHIFT):
            if shifted.coefficients[0].sign() > 0:
                break
            below, shifted = below * shifted, shifted + self._constant(1)
        else:
            raise Undecided(f"derivatives of gamma are not computed for arguments below -{MAX_SHIFT}")
        quotient = shifted.loggamma().exp() / below
        return Taylor([start, *quotient.coefficients[1:]])

    def _scaled(self, factor: C | Fraction) -> Taylor[C]:
        return Taylor([c * factor for c in self.coefficients])

    # --- powers

    def rational_power(self, exponent: Fraction) -> Taylor[C]:
        """Return ``self**exponent``, whose derivative is ``exponent * self**(exponent - 1) * self'``."""
        start = self.coefficients[0].rational_power(exponent)
        return self._primitive(start, lambda x: x.rational_power(exponent - 1)._scaled(exponent))

    def real_power(self, exponent: Taylor[C]) -> Taylor[C]:
        """Return ``self**exponent``; if the exponent is constant, by its derivative as for a rational exponent."""
        start = self.coefficients[0].real_power(exponent.coefficients[0])
        if all(c.is_zero() for c in exponent.coefficients[1:]):
            return self._constant_power(start, exponent.coefficients[0])
        power = (self.log() * exponent).exp()
        return Taylor([start, *power.coefficients[1:]])

    def _constant_power(self, start: C, exponent: C) -> Taylor[C]:
        def slope(x: Taylor[C]) -> Taylor[C]:
            less = exponent - 1
            return x._constant_power(x.coefficients[0].real_power(less), less)._scaled(exponent)

        return self._primitive(start, slope)

    # --- functions with two branches

    def __abs__(self) -> Taylor[C]:
        larger = self.maximum(self._constant(0) - self)
        start: Any = abs(self.coefficients[0])
        return Taylor([start, *larger.coefficients[1:]])

    def maximum(self, other: Taylor[C]) -> Taylor[C]:
        """Return the larger one of two series, by the sign of their difference."""
        a, b = self.coefficients, other.coefficients
        if len(a) == 1:
            return Taylor([a[0].maximum(b[0])])
        sign = _certain_sign(a[0] - b[0])
        if sign:
            return self if sign > 0 else other
        slope = _hull(a[1], b[1])
        if len(a) > 2:
            raise Undecided("the branches of Abs, Max or Min may meet, so that there is no derivative")
        return Taylor([a[0].maximum(b[0]), slope])

    def minimum(self, other: Taylor[C]) -> Taylor[C]:
        """Return the smaller one of two series."""
        zero = self._constant(0)
        return zero - (zero - self).maximum(zero - other)

    def _sine_and_cosine(self) -> tuple[Taylor[C], Taylor[C]]:
        a = self.coefficients
        sine, cosine = [a[0].sin()], [a[0].cos()]
        for k in range(1, len(a)):
            up, down = a[1] * cosine[k - 1], a[1] * sine[k - 1]
            for j in range(2, k + 1):
                if not _is_known_zero(a[j]):
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


def _certain_sign(value: Coefficient) -> int:
    """Return the sign of a coefficient, 0 if it is not certain."""
    try:
        return value.sign()
    except Undecided:
        return 0


def _hull(first: Any, second: Any) -> Any:
    """Return an interval that contains two intervals; raises NotExact for exact numbers."""
    if not (isinstance(first, Ball) and isinstance(second, Ball)):
        raise NotExact("the branches of Abs, Max or Min meet")
    return hull(first, second)


def _convolution(a: list[C], b: list[C], k: int, first: int, last: int) -> C:
    """Return the sum of ``a[j] * b[k-j]`` for j from `first` to `last`."""
    total = a[first] * b[k - first]
    for j in range(first + 1, last + 1):
        if not (_is_known_zero(a[j]) or _is_known_zero(b[k - j])):
            total = total + a[j] * b[k - j]
    return total


def _is_known_zero(value: Any) -> bool:
    """Return whether a coefficient is 0 and this costs nothing to see, as most coefficients of simple series are."""
    return type(value) in (Ball, PiRational) and bool(value.is_zero())


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
