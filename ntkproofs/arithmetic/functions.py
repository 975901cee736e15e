"""The functions of the grammar, and how a number type gets those that it does not define itself.

A number type must define the operations of :class:`~ntkproofs.arithmetic.expressions.Number` and ``exp log sin cos
atan``. :class:`Functions` derives the others from these where a formula exists, and raises NotExact otherwise. A type
overrides what it can do better: intervals evaluate each function by its own algorithm, since a formula in which the
argument occurs twice gives a wider interval.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Protocol, Self

from ntkproofs.arithmetic.expressions import Number
from ntkproofs.errors import NotExact

__all__ = ["Functions"]


class Functions(Number, Protocol):
    """Mixin that derives the functions of the grammar from ``exp log sqrt sin cos`` and the field operations."""

    __slots__ = ()

    def constant(self, value: Fraction | int) -> Self:
        """Return the exact constant `value` as a number of this type."""

    def exp(self) -> Self:
        """Return the exponential."""

    def log(self) -> Self:
        """Return the natural logarithm."""

    def sin(self) -> Self:
        """Return the sine."""

    def cos(self) -> Self:
        """Return the cosine."""

    def tan(self) -> Self:
        """Return the tangent."""
        return self.sin() / self.cos()

    def _exponentials(self) -> tuple[Self, Self]:
        """Return ``exp(x)`` and ``exp(-x)``."""
        power = self.exp()
        return power, self.constant(1) / power

    def sinh(self) -> Self:
        """Return the hyperbolic sine."""
        up, down = self._exponentials()
        return (up - down) / self.constant(2)

    def cosh(self) -> Self:
        """Return the hyperbolic cosine."""
        up, down = self._exponentials()
        return (up + down) / self.constant(2)

    def tanh(self) -> Self:
        """Return the hyperbolic tangent."""
        up, down = self._exponentials()
        return (up - down) / (up + down)

    def asinh(self) -> Self:
        """Return the inverse hyperbolic sine."""
        return (self + (self**2 + self.constant(1)).sqrt()).log()

    def acosh(self) -> Self:
        """Return the inverse hyperbolic cosine, which is defined on [1, oo)."""
        return (self + (self**2 - self.constant(1)).sqrt()).log()

    def atanh(self) -> Self:
        """Return the inverse hyperbolic tangent, which is defined on (-1, 1)."""
        one = self.constant(1)
        return ((one + self) / (one - self)).log() / self.constant(2)

    def rational_power(self, exponent: Fraction) -> Self:
        """Return ``x**exponent`` for ``x >= 0``; the denominator of `exponent` is greater than 2."""
        return (self.log() * self.constant(exponent)).exp()

    def real_power(self, exponent: Any) -> Self:
        """Return ``x**exponent``, for another number of this type and ``x > 0``."""
        power: Self = (self.log() * exponent).exp()
        return power

    def _unknown(self, name: str) -> NotExact:
        return NotExact(f"{name} of {self!r} is not known exactly")

    def __abs__(self) -> Self:
        raise self._unknown("Abs")

    def minimum(self, other: Any) -> Self:
        """Return the smaller one of two numbers."""
        raise self._unknown("Min")

    def maximum(self, other: Any) -> Self:
        """Return the larger one of two numbers."""
        raise self._unknown("Max")

    def gamma(self) -> Self:
        """Return the gamma function, which is undefined at 0, -1, -2, ..."""
        raise self._unknown("gamma")

    def loggamma(self) -> Self:
        """Return the logarithm of the gamma function, which is defined on (0, oo)."""
        raise self._unknown("loggamma")

    def erf(self) -> Self:
        """Return the error function, ``2/sqrt(pi)`` times the integral of ``exp(-t**2)`` over [0, x]."""
        raise self._unknown("erf")

    def erfc(self) -> Self:
        """Return the complementary error function, ``1 - erf(x)``."""
        return self.constant(1) - self.erf()
