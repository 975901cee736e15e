"""Interval arithmetic with infinite and excluded ends: ``1/x`` for ``0 < x <= 1`` is ``[1, oo)``.

A :class:`~ntkproofs.arithmetic.balls.Ball` is closed and bounded. Here each end may be infinite, and each finite end
may be marked as excluded: it is a strict bound of the numbers enclosed. So a division by, or the logarithm of, numbers
``> 0`` is known to be defined although they come arbitrarily close to 0. The numbers enclosed are always real: an
infinite end is marked as excluded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Self, TypeAlias

import flint

from ntkproofs.arithmetic.balls import Ball, working_precision
from ntkproofs.arithmetic.digits import certain_digits
from ntkproofs.arithmetic.expressions import FUNCTIONS
from ntkproofs.errors import DomainError, Undecided
from ntkproofs.truth import NoTruthValue

__all__ = ["ExtendedArithmetic", "ExtendedInterval"]

Arb: TypeAlias = Any  # an exact number of Arb (radius 0), or infinite
_INF: Arb = flint.arb("inf")
_ZERO: Arb = flint.arb(0)

_ONE: Arb = flint.arb(1)

# functions that are strictly monotone on their domain: their limits at -oo and at oo, None where these are outside it
INCREASING: dict[str, tuple[Arb | None, Arb | None]] = {
    "exp": (_ZERO, _INF),
    "log": (None, _INF),
    "sqrt": (None, _INF),
    "asin": (None, None),
    "sinh": (-_INF, _INF),
    "tanh": (-_ONE, _ONE),
    "asinh": (-_INF, _INF),
    "acosh": (None, _INF),
    "atanh": (None, None),
    "erf": (-_ONE, _ONE),
}
DECREASING: dict[str, tuple[Arb | None, Arb | None]] = {"acos": (None, None), "erfc": (2 * _ONE, _ZERO)}
INCREASING_FROM_TWO = ("gamma", "loggamma")  # to infinity
ONE_ARGUMENT = frozenset(FUNCTIONS.values()) - {"Abs"} | {
    "digamma"
}  # methods of a Ball that are functions of the number alone
BOUNDED = ("sin", "cos")  # functions with values in [-1, 1] for all real numbers


@dataclass(frozen=True)
class ExtendedInterval(NoTruthValue):
    """An interval that contains a real number; its ends may be infinite or excluded.

    `low`, `high`: the ends; `excluded`: for each end, whether it is known to differ from the number. Functions raise
    Undecided if the interval is not contained in their domain, and DomainError if it is disjoint from it.

    >>> x = ExtendedInterval.between(Fraction(0), Fraction(1), (True, False), precision=64)
    >>> one = ExtendedArithmetic(64).rational(Fraction(1))
    >>> print(one / x, x.log(), one - x)
    [1, oo) (-oo, 0] [0, 1)
    """

    instead: ClassVar[str] = ".is_positive()"

    low: Arb
    high: Arb
    excluded: tuple[bool, bool]
    precision: int

    @classmethod
    def between(cls, low: Fraction, high: Fraction, excluded: tuple[bool, bool], *, precision: int) -> Self:
        """Return the interval with two rational ends."""
        return cls.of(Ball.between(low, high, precision=precision), excluded)

    @classmethod
    def of(cls, ball: Ball, excluded: tuple[bool, bool] = (False, False)) -> Self:
        """Return the interval of a ball."""
        low, high = ball.ends
        return cls(low, high, excluded, ball.precision)

    @classmethod
    def spanning(cls, low: Self | None, high: Self | None, excluded: tuple[bool, bool], *, precision: int) -> Self:
        """Return the interval of all numbers from those of `low` to those of `high`; None is an infinite end."""
        below, above = (-_INF, True) if low is None else (low.low, excluded[0] or low.excluded[0])
        top, outside = (_INF, True) if high is None else (high.high, excluded[1] or high.excluded[1])
        return cls(below, top, (below == -_INF or above, top == _INF or outside), precision)

    # --- properties

    @property
    def lower(self) -> Fraction | None:
        """The lower end, exactly; None if it is infinite."""
        return Ball.from_ends(self.low, self.low, self.precision).lower if self.low.is_finite() else None

    @property
    def upper(self) -> Fraction | None:
        """The upper end, exactly; None if it is infinite."""
        return Ball.from_ends(self.high, self.high, self.precision).lower if self.high.is_finite() else None

    def end(self, which: int) -> ExtendedInterval:
        """Return the lower (0) or the upper (1) end, which must be finite, as an interval."""
        end = (self.low, self.high)[which]
        return ExtendedInterval.of(Ball.from_ends(end, end, self.precision))

    def is_positive(self) -> bool:
        """Return whether every number of the interval is positive."""
        return bool(self.low > 0) or (bool(self.low == 0) and self.excluded[0])

    def is_nonnegative(self) -> bool:
        """Return whether no number of the interval is negative."""
        return bool(self.low >= 0)

    def is_negative(self) -> bool:
        """Return whether every number of the interval is negative."""
        return (-self).is_positive()

    def sign(self) -> int:
        """Return the sign, -1, 0 or 1, of every number of the interval; raises Undecided if they differ."""
        if self._has_zero() and not (self.low == 0 and self.high == 0):
            raise Undecided(f"the sign of a number in {self} is not certain")
        return int(self.is_positive()) - int(self.is_negative())

    def _has_zero(self) -> bool:
        return not (self.is_positive() or self.is_negative())

    def __str__(self) -> str:
        below, above = ("(" if self.excluded[0] else "["), (")" if self.excluded[1] else "]")
        low, high = self.lower, self.upper
        left = "-oo" if low is None else certain_digits(low, low, 8)
        return f"{below}{left}, {'oo' if high is None else certain_digits(high, high, 8)}{above}"

    # --- arithmetic

    def _of(self, low: Arb, high: Arb, excluded: tuple[bool, bool]) -> ExtendedInterval:
        if not (low.is_exact() and high.is_exact()):  # the result of an operation on infinite ends that has no value
            raise Undecided(f"a value is not known at {self.precision} bits")
        return ExtendedInterval(low, high, (excluded[0] or low == -_INF, excluded[1] or high == _INF), self.precision)

    def _operand(self, other: Any) -> ExtendedInterval:
        if isinstance(other, ExtendedInterval):
            return other
        return ExtendedArithmetic(self.precision).rational(Fraction(other))

    def __neg__(self) -> ExtendedInterval:
        with working_precision(self.precision):
            low, high = (-self.high).lower(), (-self.low).upper()
        return self._of(low, high, (self.excluded[1], self.excluded[0]))

    def __add__(self, other: Any) -> ExtendedInterval:
        other = self._operand(other)
        with working_precision(self.precision):
            low, high = (self.low + other.low).lower(), (self.high + other.high).upper()
        excluded = zip(self.excluded, other.excluded, strict=True)
        below, above = (first or second for first, second in excluded)
        return self._of(low, high, (below, above))

    def __sub__(self, other: Any) -> ExtendedInterval:
        return self + -self._operand(other)

    def __mul__(self, other: Any) -> ExtendedInterval:
        other = self._operand(other)
        corners = [
            (_times(a, b, self.precision), first or second)
            for a, first in zip((self.low, self.high), self.excluded, strict=True)
            for b, second in zip((other.low, other.high), other.excluded, strict=True)
        ]
        low, high = corners[0][0][0], corners[0][0][1]
        for (below, above), _ in corners:
            low, high = (below if below < low else low), (above if above > high else high)
        # a product with an end other than 0 attains it at corners only, and 0 if a factor is 0
        no_zero = not (self._has_zero() or other._has_zero())
        below = no_zero if low == 0 else all(is_open for (end, _), is_open in corners if end == low)
        above = no_zero if high == 0 else all(is_open for (_, end), is_open in corners if end == high)
        return self._of(low, high, (below, above))

    def _reciprocal(self) -> ExtendedInterval:
        if self._has_zero():
            if self.low == 0 and self.high == 0:
                raise DomainError("division by zero")
            raise Undecided(f"division by {self}, which may contain zero")
        with working_precision(self.precision):
            low = _ZERO if self.high == _INF else -_INF if self.high == 0 else (1 / self.high).lower()
            high = _ZERO if self.low == -_INF else _INF if self.low == 0 else (1 / self.low).upper()
        return self._of(low, high, (self.excluded[1], self.excluded[0]))

    def __truediv__(self, other: Any) -> ExtendedInterval:
        return self * self._operand(other)._reciprocal()

    def __pow__(self, exponent: int) -> ExtendedInterval:
        if exponent < 0:
            return (self**-exponent)._reciprocal()
        if exponent == 0:
            return self._operand(1)
        if exponent % 2 == 0 and not self.is_nonnegative():
            if self.high > 0:  # 0 is attained, and the other end by the larger of the two
                (_, first), (_, second) = (_power(end, exponent, self.precision) for end in (self.low, self.high))
                outside = (first < second or self.excluded[0]) and (second < first or self.excluded[1])
                return self._of(_ZERO, second if first < second else first, (False, outside))
            return (-self) ** exponent
        (low, _), (_, high) = (_power(end, exponent, self.precision) for end in (self.low, self.high))
        return self._of(low, high, self.excluded)

    def __abs__(self) -> ExtendedInterval:
        if self.is_nonnegative():
            return self
        return -self if self.high <= 0 else self.maximum(-self).maximum(self._operand(0))

    def maximum(self, other: ExtendedInterval) -> ExtendedInterval:
        """Return an enclosure of the larger one of two numbers."""
        return -(-self).minimum(-other)

    def minimum(self, other: ExtendedInterval) -> ExtendedInterval:
        """Return an enclosure of the smaller one of two numbers."""
        low, below = _smallest(self.low, self.excluded[0], other.low, other.excluded[0])
        high, above = self.high, self.excluded[1]
        if other.high < high or (other.high == high and other.excluded[1]):
            high, above = other.high, other.excluded[1]
        return self._of(low, high, (below, above))

    # --- functions

    def _finite(self) -> bool:
        return bool(self.low.is_finite() and self.high.is_finite())

    def _ball(self) -> Ball:
        return Ball.from_ends(self.low, self.high, self.precision)

    def _apply(self, name: str) -> ExtendedInterval:
        """Apply a function of a Ball: on a bounded interval as there, otherwise by its limits at infinity."""
        is_monotone = name in INCREASING or name in DECREASING
        excluded = self.excluded if name in INCREASING else (self.excluded[1], self.excluded[0])
        if self._finite():
            values: Ball = getattr(self._ball(), name)()
            return ExtendedInterval.of(values, excluded if is_monotone else (False, False))
        if name in BOUNDED:
            return self._of(-_ONE, _ONE, (False, False))
        if name in INCREASING:
            low, high = (self._value(name, end, INCREASING[name]) for end in (self.low, self.high))
        elif name in DECREASING:
            high, low = (self._value(name, end, DECREASING[name]) for end in (self.low, self.high))
        elif name == "cosh":
            low, high = (self._value(name, end, (None, _INF)) for end in (abs(self).low, abs(self).high))
        elif name in INCREASING_FROM_TWO and self.low >= 2:
            low, high = (self._value(name, end, (None, _INF)) for end in (self.low, self.high))
        else:
            raise Undecided(f"{name} of {self}")
        return self._of(low[0], high[1], excluded if is_monotone else (False, False))

    def _value(self, name: str, end: Arb, limits: tuple[Arb | None, Arb | None]) -> tuple[Arb, Arb]:
        """Return bounds of the value of a function at an end, or of its limit there."""
        if end.is_finite():
            try:
                low, high = getattr(Ball.from_ends(end, end, self.precision), name)().ends
            except DomainError as problem:
                raise Undecided(f"{name} of {self}: the interval is not contained in the domain") from problem
            return low, high
        limit = limits[1] if end > 0 else limits[0]
        if limit is None:
            raise Undecided(f"{name} of {self}: the interval is not contained in the domain")
        return limit, limit

    def __getattr__(self, name: str) -> Callable[[], ExtendedInterval]:
        """Return a function of one argument, such as ``sin``, as a method."""
        if name not in ONE_ARGUMENT:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return lambda: self._apply(name)

    def log(self) -> ExtendedInterval:
        """Return the natural logarithm."""
        if self.is_positive() and self.low == 0:  # the limit at 0 is -oo
            high = _INF if self.high == _INF else self._value("log", self.high, (None, None))[1]
            return self._of(-_INF, high, self.excluded)
        return self._apply("log")

    def sqrt(self) -> ExtendedInterval:
        """Return the square root."""
        return self._apply("sqrt")

    def atan(self) -> ExtendedInterval:
        """Return the arc tangent."""
        right = (Ball.pi(precision=self.precision) / 2).ends
        left = (-(Ball.pi(precision=self.precision) / 2)).ends
        low, high = (
            self._value("atan", end, (None, None)) if end.is_finite() else right if end > 0 else left
            for end in (self.low, self.high)
        )
        return self._of(low[0], high[1], self.excluded)

    def rational_power(self, exponent: Fraction) -> ExtendedInterval:
        """Return ``x**exponent`` for x >= 0."""
        if exponent < 0:
            return self.rational_power(-exponent)._reciprocal()
        if self._finite():
            return ExtendedInterval.of(self._ball().rational_power(exponent), self.excluded)
        if not self.is_nonnegative():
            raise Undecided(f"the power {exponent} of {self}")
        low = Ball.from_ends(self.low, self.low, self.precision).rational_power(exponent)
        return self._of(low.ends[0], _INF, self.excluded)

    def real_power(self, exponent: ExtendedInterval) -> ExtendedInterval:
        """Return ``x**exponent``."""
        if self.is_positive():
            return (self.log() * exponent)._apply("exp")
        if not (self._finite() and exponent._finite()):
            raise Undecided(f"{self} to the power {exponent}")
        return ExtendedInterval.of(self._ball().real_power(exponent._ball()))


def _smallest(first: Arb, first_excluded: bool, second: Arb, second_excluded: bool) -> tuple[Arb, bool]:
    """Return the smaller of two lower ends, and whether it is excluded."""
    if first == second:
        return first, first_excluded and second_excluded
    return (first, first_excluded) if first < second else (second, second_excluded)


def _times(a: Arb, b: Arb, precision: int) -> tuple[Arb, Arb]:
    """Return bounds of a product of ends, where 0 times an infinite end is 0."""
    if a == 0 or b == 0:
        return _ZERO, _ZERO
    with working_precision(precision):
        product = a * b
        return product.lower(), product.upper()


def _power(end: Arb, exponent: int, precision: int) -> tuple[Arb, Arb]:
    if not end.is_finite():
        infinite = _INF if end > 0 or exponent % 2 == 0 else -_INF
        return infinite, infinite
    with working_precision(precision):
        power = end**exponent
        return power.lower(), power.upper()


@dataclass(frozen=True)
class ExtendedArithmetic:
    """Arithmetic of extended intervals of a given precision (bits)."""

    precision: int

    def rational(self, value: Fraction) -> ExtendedInterval:
        """Return an interval that contains `value`."""
        return ExtendedInterval.of(Ball(value, precision=self.precision))

    def pi(self) -> ExtendedInterval:
        """Return an interval that contains pi."""
        return ExtendedInterval.of(Ball.pi(precision=self.precision))
