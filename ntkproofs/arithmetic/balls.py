"""Ball: a closed real interval that contains the true value, computed with Arb.

What it offers: ``Ball(value, precision=...)``, ``Ball.between``, ``Ball.pi``; ``+ - * / **``; ``sqrt exp log sin cos
atan asin acos erfc``; comparisons that answer only when the answer is certain.

Why not ``flint.arb`` itself: there ``bool(ball)`` is true for every ball, ``max`` picks silently, the precision is a
global that leaks between threads, ``acos`` of a ball that touches 1 is nan, and balls do not pickle. A ``Ball`` has no
truth value, takes no float, carries its precision, and raises instead of guessing. It is held by its two end points
(exact Arb numbers) and not by midpoint and radius, so that a box that ends exactly at the edge of a function's domain
stays inside it: ``1 - s**2`` on ``[1/2, 1]`` is ``[0, 3/4]``, not ``[-1e-9, ...]``.
"""

from __future__ import annotations

import numbers
import threading
from collections.abc import Callable
from fractions import Fraction
from types import TracebackType
from typing import Any, Self, TypeAlias

import flint

from ntkproofs.arithmetic.digits import certain_digits
from ntkproofs.errors import DomainError, InputError, Undecided
from ntkproofs.truth import NoTruthValue
from ntkproofs.validation import integer

__all__ = ["Ball", "Rational", "as_fraction", "greatest", "hull", "least"]

Rational: TypeAlias = int | Fraction
Arb: TypeAlias = Any  # flint ships no complete stubs; an `Arb` here is always exact (radius 0) unless said otherwise

MAX_PRECISION = 1 << 16
MAX_WRITTEN = 1 << 16  # bits of the largest number that is written out in decimal digits
MAX_EXPONENT = 1 << 26  # larger numbers are computed with, but not turned into fractions
_LOCK = threading.RLock()


class _Working:
    """Set Arb's global precision for a block of code, alone among threads, and put it back."""

    __slots__ = ("bits", "saved")

    def __init__(self, bits: int) -> None:
        self.bits = bits

    def __enter__(self) -> None:
        _LOCK.acquire()
        self.saved = flint.ctx.prec
        flint.ctx.prec = self.bits

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        flint.ctx.prec = self.saved
        _LOCK.release()


def as_fraction(value: object, what: str = "a number") -> Fraction:
    """Return `value` as an exact fraction; floats, booleans and texts are refused with InputError.

    >>> as_fraction(3)
    Fraction(3, 1)
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Rational):
        raise InputError(f"{what} must be exact (int or fractions.Fraction), got {type(value).__name__} {value!r}")
    return Fraction(int(value.numerator), int(value.denominator))


def _to_fraction(end: Arb) -> Fraction:
    mantissa, exponent = map(int, end.man_exp())
    if abs(exponent) > MAX_EXPONENT:
        raise Undecided(f"a number of size 2^{exponent + mantissa.bit_length()} cannot be written out")
    return Fraction(mantissa << exponent) if exponent >= 0 else Fraction(mantissa, 1 << -exponent)


def _to_arb(value: Fraction) -> Arb:
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


class Ball(NoTruthValue):
    """A closed interval ``[lower, upper]`` that is known to contain a real number.

    Parameters: `value` (int or Fraction), `precision` (bits, 2 to 65536; explicit, nothing is taken from a global).
    A float, a bool or a text raises InputError. Every operation rounds outward; operations on two balls work at the
    larger precision. Comparisons raise Undecided where the intervals overlap, functions raise Undecided where the
    interval sticks out of the domain and DomainError where it lies wholly outside.

    >>> third = Ball(Fraction(1, 3), precision=64)
    >>> third * 3 - 1 < Fraction(1, 10**18)
    True
    >>> print(Ball(2, precision=40).sqrt())
    1.4142135623…
    """

    instead = "a comparison or .sign()"
    __slots__ = ("_lower", "_upper", "precision")
    __hash__ = None  # type: ignore[assignment]  # two overlapping balls are neither equal nor different

    _lower: Arb
    _upper: Arb
    precision: int

    def __init__(self, value: Rational, *, precision: int) -> None:
        fraction = as_fraction(value, "the value of a Ball")
        self._fill(fraction, fraction, precision)

    def _fill(self, lower: Fraction, upper: Fraction, precision: int) -> None:
        precision = integer(precision, "precision", low=2, high=MAX_PRECISION)
        if lower > upper:
            raise InputError(f"a Ball needs lower <= upper, got [{lower}, {upper}]")
        with _Working(precision):
            self._lower, self._upper = _to_arb(lower).lower(), _to_arb(upper).upper()
        self.precision = precision

    @classmethod
    def between(cls, lower: Rational, upper: Rational, *, precision: int) -> Self:
        """Return the smallest ball of the given precision that contains ``[lower, upper]`` (exact rationals).

        >>> Ball.between(0, 1, precision=53).contains(Fraction(1, 3))
        True
        """
        ball = cls.__new__(cls)
        ball._fill(as_fraction(lower, "a lower end"), as_fraction(upper, "an upper end"), precision)
        return ball

    @classmethod
    def pi(cls, *, precision: int) -> Self:
        """Return a ball that contains pi.

        >>> print(Ball.pi(precision=53))
        3.14159265358979…
        """
        with _Working(precision):
            value = flint.arb.pi()
            return cls._of(value.lower(), value.upper(), precision)

    @classmethod
    def _of(cls, lower: Arb, upper: Arb, precision: int) -> Self:
        if not (lower.is_finite() and upper.is_finite()):
            raise Undecided(f"a value is not finite at {precision} bits")
        ball = cls.__new__(cls)
        ball._lower, ball._upper, ball.precision = lower, upper, precision
        return ball

    # --- what is known

    @property
    def lower(self) -> Fraction:
        """The lower end, exactly."""
        return _to_fraction(self._lower)

    @property
    def upper(self) -> Fraction:
        """The upper end, exactly."""
        return _to_fraction(self._upper)

    @property
    def middle(self) -> Fraction:
        """The midpoint of the interval, exactly."""
        return (self.lower + self.upper) / 2

    @property
    def width(self) -> Fraction:
        """Upper end minus lower end, exactly."""
        return self.upper - self.lower

    def contains(self, value: Rational) -> bool:
        """Tell whether the exact rational `value` lies in the ball."""
        return self.lower <= as_fraction(value) <= self.upper

    def overlaps(self, other: Ball) -> bool:
        """Tell whether the two balls have a point in common."""
        return not bool(self._upper < other._lower or other._upper < self._lower)

    def intersection(self, other: Ball) -> Ball:
        """Return what two balls that contain the same number have in common; disjoint balls raise InputError."""
        if not self.overlaps(other):
            raise InputError(f"{self!r} and {other!r} cannot contain the same number")
        lower, upper = _greatest([self._lower, other._lower]), _least([self._upper, other._upper])
        return Ball._of(lower, upper, max(self.precision, other.precision))

    def sign(self) -> int:
        """Return -1, 0 or 1 when the sign is certain (0 only for the exact zero); raise Undecided otherwise.

        >>> (Ball.pi(precision=53) - 3).sign()
        1
        """
        if self._lower > 0:
            return 1
        if self._upper < 0:
            return -1
        if self._lower == 0 and self._upper == 0:
            return 0
        raise Undecided(f"the sign of {self!r} is not certain at {self.precision} bits")

    def digits(self, limit: int = 20) -> str:
        """Return the decimal digits that are certain, at most `limit` of them; '…' says that more digits follow.

        >>> Ball.pi(precision=200).digits(6)
        '3.14159…'
        """
        sizes = [_size(end) for end in (self._lower, self._upper)]
        if max(map(abs, sizes)) > MAX_WRITTEN:
            low, high = (f"{'-' if end < 0 else ''}2^{size}" for end, size in zip(self._ends, sizes, strict=True))
            return f"about {low}" if low == high else f"[about {low}, about {high}]"
        return certain_digits(self.lower, self.upper, limit)

    @property
    def _ends(self) -> tuple[Arb, Arb]:
        return self._lower, self._upper

    def is_positive(self) -> bool:
        """Tell whether every number of the ball is positive."""
        return bool(self._lower > 0)

    def is_nonnegative(self) -> bool:
        """Tell whether no number of the ball is negative."""
        return bool(self._lower >= 0)

    def accuracy(self) -> int:
        """Return how many leading bits are certain (the precision itself for an exact value, 0 if none)."""
        size = max(abs(self.lower), abs(self.upper))
        if self.width == 0:
            return self.precision
        ratio = size / self.width
        return max(0, int(ratio).bit_length() - 1)

    # --- arithmetic

    def _with(self, other: object) -> Ball:
        if isinstance(other, Ball):
            return other
        if type(other) is int and other.bit_length() <= self.precision:
            exact = flint.arb(other)  # an integer that fits is held exactly: no need to round it outward
            return Ball._of(exact, exact, self.precision)
        return Ball(as_fraction(other, "the other operand of a Ball"), precision=self.precision)

    def __add__(self, other: Ball | Rational) -> Ball:
        other = self._with(other)
        precision = max(self.precision, other.precision)
        with _Working(precision):
            return Ball._of((self._lower + other._lower).lower(), (self._upper + other._upper).upper(), precision)

    def __sub__(self, other: Ball | Rational) -> Ball:
        other = self._with(other)
        precision = max(self.precision, other.precision)
        with _Working(precision):
            return Ball._of((self._lower - other._upper).lower(), (self._upper - other._lower).upper(), precision)

    def __mul__(self, other: Ball | Rational) -> Ball:
        other = self._with(other)
        precision = max(self.precision, other.precision)
        a, b, c, d = self._lower, self._upper, other._lower, other._upper
        with _Working(precision):
            if a >= 0 and c >= 0:
                return Ball._of((a * c).lower(), (b * d).upper(), precision)
            ends = (a * c, a * d, b * c, b * d)
            return Ball._of(_least([x.lower() for x in ends]), _greatest([x.upper() for x in ends]), precision)

    def __truediv__(self, other: Ball | Rational) -> Ball:
        other = self._with(other)
        precision = max(self.precision, other.precision)
        a, b, c, d = self._lower, self._upper, other._lower, other._upper
        if c == 0 and d == 0:
            raise DomainError("division by zero")
        if not (c > 0 or d < 0):
            raise Undecided(f"division by {other!r}, which contains zero")
        with _Working(precision):
            ends = (a / c, a / d, b / c, b / d)
            return Ball._of(_least([x.lower() for x in ends]), _greatest([x.upper() for x in ends]), precision)

    def __pow__(self, exponent: int) -> Ball:
        exponent = integer(exponent, "the power of a Ball (sqrt is the power 1/2)")
        if exponent < 0:
            return 1 / self**-exponent
        a, b = self._lower, self._upper
        with _Working(self.precision):
            low, high = a**exponent, b**exponent
            if exponent % 2 == 0 and exponent > 0:
                if b < 0:
                    low, high = high, low
                elif a < 0:
                    low, high = flint.arb(0), _greatest([low.upper(), high.upper()])
            return Ball._of(low.lower(), high.upper(), self.precision)

    def __radd__(self, other: Rational) -> Ball:
        return self + other

    def __rsub__(self, other: Rational) -> Ball:
        return self._with(other) - self

    def __rmul__(self, other: Rational) -> Ball:
        return self * other

    def __rtruediv__(self, other: Rational) -> Ball:
        return self._with(other) / self

    def __neg__(self) -> Ball:
        with _Working(self.precision):
            return Ball._of((-self._upper).lower(), (-self._lower).upper(), self.precision)

    def __abs__(self) -> Ball:
        if self._lower >= 0:
            return self
        if self._upper <= 0:
            return -self
        with _Working(self.precision):
            return Ball._of(flint.arb(0), _greatest([(-self._lower).upper(), self._upper]), self.precision)

    # --- functions: each is monotone on its domain, so its values at the two ends enclose it

    def _increasing(self, function: Callable[[Arb], Arb]) -> Ball:
        with _Working(self.precision):
            return Ball._of(function(self._lower).lower(), function(self._upper).upper(), self.precision)

    def _needs(self, name: str, low: int | None, high: int | None, *, open_low: bool = False) -> None:
        """Refuse a ball that is not wholly in the domain of the function `name`."""
        outside_low = low is not None and (self._lower < low or (open_low and self._lower == low))
        outside_high = high is not None and self._upper > high
        if not (outside_low or outside_high):
            return
        wholly_low = low is not None and (self._upper < low or (open_low and self._upper == low))
        if wholly_low or (high is not None and self._lower > high):
            raise DomainError(f"{name} of {self!r}: outside its domain")
        raise Undecided(f"{name} of {self!r}: the ball sticks out of the domain")

    def sqrt(self) -> Ball:
        """Return the square root; raises DomainError below zero, Undecided across it."""
        self._needs("sqrt", 0, None)
        return self._increasing(lambda x: x.sqrt())

    def exp(self) -> Ball:
        """Return e to the power of this ball."""
        return self._increasing(lambda x: x.exp())

    def log(self) -> Ball:
        """Return the natural logarithm; raises DomainError at or below zero, Undecided across it."""
        self._needs("log", 0, None, open_low=True)
        return self._increasing(lambda x: x.log())

    def atan(self) -> Ball:
        """Return the arc tangent, in radians."""
        return self._increasing(lambda x: x.atan())

    def asin(self) -> Ball:
        """Return the arc sine, in radians; raises DomainError outside [-1, 1], Undecided across its ends."""
        self._needs("asin", -1, 1)
        return self._increasing(lambda x: x.asin())

    def acos(self) -> Ball:
        """Return the arc cosine, in radians; raises DomainError outside [-1, 1], Undecided across its ends."""
        self._needs("acos", -1, 1)
        with _Working(self.precision):
            return Ball._of(self._upper.acos().lower(), self._lower.acos().upper(), self.precision)

    def erfc(self) -> Ball:
        """Return the complementary error function ``2/sqrt(pi) * integral of exp(-t**2) from here on``; it decreases.

        >>> print(Ball(1, precision=50).erfc())
        0.15729920705028…
        """
        with _Working(self.precision):
            return Ball._of(self._upper.erfc().lower(), self._lower.erfc().upper(), self.precision)

    def _through_arb(self, function: Callable[[Arb], Arb]) -> Ball:
        with _Working(self.precision):
            value = function(self._lower.union(self._upper))
            return Ball._of(value.lower(), value.upper(), self.precision)

    def sin(self) -> Ball:
        """Return the sine of this ball, in radians."""
        return self._through_arb(lambda x: x.sin())

    def cos(self) -> Ball:
        """Return the cosine of this ball, in radians."""
        return self._through_arb(lambda x: x.cos())

    # --- comparisons: certain or Undecided

    def __lt__(self, other: Ball | Rational) -> bool:
        other = self._with(other)
        if self._upper < other._lower:
            return True
        if self._lower >= other._upper:
            return False
        raise Undecided(f"{self!r} < {other!r} is not certain")

    def __le__(self, other: Ball | Rational) -> bool:
        other = self._with(other)
        if self._upper <= other._lower:
            return True
        if self._lower > other._upper:
            return False
        raise Undecided(f"{self!r} <= {other!r} is not certain")

    def __gt__(self, other: Ball | Rational) -> bool:
        return not self <= other

    def __ge__(self, other: Ball | Rational) -> bool:
        return not self < other

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ball | int | Fraction | float):
            return NotImplemented
        other = self._with(other)
        if not self.overlaps(other):
            return False
        if self.width == 0 and other.width == 0:
            return True
        raise Undecided(f"{self!r} == {other!r} is not certain")

    # --- display and transport

    def __str__(self) -> str:
        return self.digits(max(3, int(self.precision * 0.30103)))

    def __repr__(self) -> str:
        return f"Ball({self.digits(12)}, precision={self.precision})"

    def __reduce__(self) -> tuple[Callable[..., Ball], tuple[Fraction, Fraction, int]]:
        return _rebuild, (self.lower, self.upper, self.precision)


def _size(end: Arb) -> int:
    """Return e with ``2**(e-1) <= |end| < 2**e`` (0 for zero)."""
    mantissa, exponent = map(int, end.man_exp())
    return exponent + mantissa.bit_length() if mantissa else 0


def _rebuild(lower: Fraction, upper: Fraction, precision: int) -> Ball:
    return Ball.between(lower, upper, precision=precision)


def _least(ends: list[Arb]) -> Arb:
    least = ends[0]
    for end in ends[1:]:
        if end < least:
            least = end
    return least


def _greatest(ends: list[Arb]) -> Arb:
    greatest = ends[0]
    for end in ends[1:]:
        if end > greatest:
            greatest = end
    return greatest


def hull(*balls: Ball) -> Ball:
    """Return the smallest ball that contains all of `balls` (at least one).

    >>> hull(Ball(1, precision=53), Ball(3, precision=53)).contains(2)
    True
    """
    if not balls:
        raise InputError("hull needs at least one ball")
    return Ball._of(
        _least([ball._lower for ball in balls]),
        _greatest([ball._upper for ball in balls]),
        max(ball.precision for ball in balls),
    )


def least(*balls: Ball) -> Ball:
    """Return a ball that contains the smallest of the numbers in `balls` (at least one), whichever it is.

    >>> least(Ball.pi(precision=53), Ball(3, precision=53)).contains(3)
    True
    """
    if not balls:
        raise InputError("least needs at least one ball")
    return Ball._of(
        _least([ball._lower for ball in balls]),
        _least([ball._upper for ball in balls]),
        max(ball.precision for ball in balls),
    )


def greatest(*balls: Ball) -> Ball:
    """Return a ball that contains the largest of the numbers in `balls` (at least one), whichever it is.

    >>> greatest(Ball(2, precision=53), Ball(3, precision=53)).contains(3)
    True
    """
    if not balls:
        raise InputError("greatest needs at least one ball")
    return -least(*(-ball for ball in balls))
