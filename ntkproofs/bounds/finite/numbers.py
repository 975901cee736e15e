"""The two kinds of number on which the bounds for finite networks are evaluated: floats to search, balls to decide.

One formula, written once, runs on both. A formula takes a :class:`Numbers` and builds its constants with it; values
support ``+ - * /`` with each other and with exact rationals.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, Protocol, TypeAlias

from ntkproofs.rigor import Ball, greatest

__all__ = ["FLOATS", "Balls", "Numbers", "Real"]

Real: TypeAlias = Any  # a float or a Ball, whichever the Numbers at hand makes


class Numbers(Protocol):
    """Constructors and functions of one kind of number."""

    def of(self, value: int | Fraction) -> Real:
        """Return an exact rational as a number."""

    def pi(self) -> Real:
        """Return pi."""

    def sqrt(self, value: Real) -> Real:
        """Return the square root of a number that is not negative."""

    def exp(self, value: Real) -> Real:
        """Return the exponential."""

    def log(self, value: Real) -> Real:
        """Return the natural logarithm of a positive number."""

    def atan(self, value: Real) -> Real:
        """Return the arctangent."""

    def largest(self, *values: Real) -> Real:
        """Return the largest of the values."""

    def upper(self, value: Real) -> Real:
        """Return an upper bound of the value as an exact number (a float is taken as it is)."""

    def between(self, low: int, high: Real) -> Real:
        """Return a number from `low` to `high` of which no more is known (floats: `low`)."""

    def span(self, low: Fraction, high: Fraction) -> Real:
        """Return all numbers from `low` to `high` at once (floats: the middle)."""

    def negligible(self, value: Real, other: Real, *, bits: int | None = None) -> bool:
        """Tell whether ``|value| < other / 2**bits`` for certain (default: the precision)."""

    def huge(self, value: Real) -> bool:
        """Tell whether a value comes close to what the numbers can hold."""


class _Floats:
    """Floats: for searching only."""

    def of(self, value: int | Fraction) -> float:
        return float(value)

    def pi(self) -> float:
        return math.pi

    def sqrt(self, value: float) -> float:
        return math.sqrt(max(value, 0.0))

    def exp(self, value: float) -> float:
        return math.exp(min(value, 700.0))

    def log(self, value: float) -> float:
        return math.log(value)

    def atan(self, value: float) -> float:
        return math.atan(value)

    def largest(self, *values: float) -> float:
        return max(values)

    def upper(self, value: float) -> float:
        return value

    def between(self, low: int, high: float) -> float:
        return float(low)

    def span(self, low: Fraction, high: Fraction) -> float:
        return float((low + high) / 2)

    def negligible(self, value: float, other: float, *, bits: int | None = None) -> bool:
        return bool(abs(value) < other / 2 ** (52 if bits is None else bits))

    def huge(self, value: float) -> bool:
        return value > 1e250


FLOATS: Numbers = _Floats()


class Balls:
    """Balls of a given precision in bits: every result encloses the true value.

    >>> print(Balls(64).pi())
    3.141592653589793238…
    """

    def __init__(self, precision: int) -> None:
        self.precision = precision
        self._integers: dict[int, Ball] = {}

    def of(self, value: int | Fraction) -> Ball:
        """Enclose a rational."""
        if type(value) is not int:
            return Ball(value, precision=self.precision)
        if value not in self._integers:
            self._integers[value] = Ball(value, precision=self.precision)
        return self._integers[value]

    def pi(self) -> Ball:
        """Enclose pi."""
        return Ball.pi(precision=self.precision)

    def sqrt(self, value: Ball) -> Ball:
        """Enclose the square root; Undecided if the value may be negative."""
        return value.sqrt()

    def exp(self, value: Ball) -> Ball:
        """Enclose the exponential."""
        return value.exp()

    def log(self, value: Ball) -> Ball:
        """Enclose the logarithm; Undecided if the value may be 0 or negative."""
        return value.log()

    def atan(self, value: Ball) -> Ball:
        """Enclose the arctangent."""
        return value.atan()

    def largest(self, *values: Ball) -> Ball:
        """Enclose the largest of the values."""
        return greatest(*values)

    def upper(self, value: Ball) -> Ball:
        """Return the upper end of the enclosure."""
        return Ball(value.upper, precision=self.precision)

    def between(self, low: int, high: Ball) -> Ball:
        """Enclose everything from `low` to the upper end of `high`."""
        return Ball.between(low, high.upper, precision=self.precision)

    def span(self, low: Fraction, high: Fraction) -> Ball:
        """Enclose all numbers from `low` to `high`."""
        return Ball.between(low, high, precision=self.precision)

    def negligible(self, value: Ball, other: Ball, *, bits: int | None = None) -> bool:
        """Tell whether the value is certainly smaller than the other by so many bits."""
        return bool(abs(value).upper * 2 ** (self.precision if bits is None else bits) < other.lower)

    def huge(self, value: Ball) -> bool:
        """Return False: Arb's exponents have no bound that matters here."""
        return False
