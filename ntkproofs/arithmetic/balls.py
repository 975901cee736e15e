"""Interval arithmetic with outward rounding: the class Ball, a closed interval computed with Arb.

Constructors: ``Ball(value, precision=...)``, ``Ball.between``, ``Ball.pi``. Operations: ``+ - * / **``, the functions
of the grammar, and what their derivatives need. Comparisons return a result only where it is certain, and raise
Undecided otherwise.

The class is named after the balls of Arb, with which it computes, and represents an interval by its two end points
(exact Arb numbers) instead of midpoint and radius. So a box that ends exactly at the boundary of a function's domain
stays inside the domain: ``1 - s**2`` on ``[1/2, 1]`` is ``[0, 3/4]``, not ``[-1e-9, ...]``.

Differences from ``flint.arb``: a Ball has no truth value (every ``arb`` is true), stores its precision (Arb's is a
global that threads share), rejects floats, can be pickled, and raises an exception where ``max`` or a comparison would
be arbitrary or ``acos`` would be nan.
"""

from __future__ import annotations

import numbers
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from types import TracebackType
from typing import Any, Self, TypeAlias

import flint

from ntkproofs.arithmetic.digits import certain_digits
from ntkproofs.errors import DomainError, InputError, Undecided
from ntkproofs.truth import NoTruthValue
from ntkproofs.validation import integer

__all__ = ["Ball", "Rational", "as_fraction", "greatest", "hull", "least", "working_precision"]

Rational: TypeAlias = int | Fraction
Arb: TypeAlias = Any  # flint has no complete stubs; an `Arb` here is exact (radius 0) unless stated otherwise

MAX_PRECISION = 1 << 16
MAX_PRINTED_BITS = 1 << 16  # bits of the largest number that is printed in decimal digits
MAX_HALF_TURNS = 1 << 50  # of the argument of a tangent
MAX_ROOT = 1 << 20  # roots of a higher degree are computed by the logarithm
MAX_INTEGER_BITS = 64  # of an exponent for which a power is computed by multiplication
GAMMA_MINIMUM = tuple(flint.arb((part, -40)) for part in (1607081538923, 1607081538924))  # around its argument
MAX_EXPONENT = 1 << 26  # binary exponent of the largest number that is converted to a fraction
_LOCK = threading.RLock()
_CONTEXT = flint.ctx


class _WorkingPrecision:
    """Context manager that sets Arb's global precision, holding a lock, and restores it afterwards."""

    __slots__ = ("bits", "saved")

    def __init__(self, bits: int) -> None:
        self.bits = bits

    def __enter__(self) -> None:
        _LOCK.acquire()
        self.saved = _CONTEXT.prec
        if self.saved != self.bits:
            _CONTEXT.prec = self.bits

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.saved != self.bits:
            _CONTEXT.prec = self.saved
        _LOCK.release()


@contextmanager
def working_precision(bits: int) -> Iterator[None]:
    """Set Arb's global precision, so that operations with balls of this precision, which need it, are faster."""
    with _LOCK:
        saved, _CONTEXT.prec = _CONTEXT.prec, bits
    try:
        yield
    finally:
        with _LOCK:
            _CONTEXT.prec = saved


def as_fraction(value: object, what: str = "a number") -> Fraction:
    """Convert `value` to an exact fraction; raises InputError for a float, a boolean or text, naming it `what`.

    >>> as_fraction(3)
    Fraction(3, 1)
    """
    if type(value) is Fraction:
        return value
    if isinstance(value, bool) or not isinstance(value, numbers.Rational):
        raise InputError(f"{what} must be exact (int or fractions.Fraction), got {type(value).__name__} {value!r}")
    return Fraction(int(value.numerator), int(value.denominator))


def _to_fraction(end: Arb) -> Fraction:
    mantissa, exponent = map(int, end.man_exp())
    if abs(exponent) > MAX_EXPONENT:
        raise Undecided(
            f"a number of size 2^{exponent + mantissa.bit_length()} is too large or too small for a fraction"
        )
    return Fraction(mantissa << exponent) if exponent >= 0 else Fraction(mantissa, 1 << -exponent)


def _to_arb(value: Fraction) -> Arb:
    return flint.arb(flint.fmpq(int(value.numerator), int(value.denominator)))


class Ball(NoTruthValue):
    """A closed interval ``[lower, upper]`` that contains some real number: an enclosure of that number.

    Parameters: `value` (int or Fraction) and `precision` (bits, 2 to 65536; there is no global default). A float, a
    bool or text raises InputError. Every operation rounds outward; an operation on two intervals uses the larger
    precision. Comparisons raise Undecided if the intervals overlap. Functions raise Undecided if the interval is not
    contained in their domain, and DomainError if it is disjoint from the domain.

    >>> third = Ball(Fraction(1, 3), precision=64)
    >>> third * 3 - 1 < Fraction(1, 10**18)
    True
    >>> print(Ball(2, precision=40).sqrt())
    1.4142135623…
    """

    instead = "a comparison or .sign()"
    __slots__ = ("_lower", "_upper", "precision")
    __hash__ = None  # type: ignore[assignment]  # overlapping intervals are neither known to be equal nor to be different

    _lower: Arb
    _upper: Arb
    precision: int

    def __init__(self, value: Rational, *, precision: int) -> None:
        fraction = as_fraction(value, "the value of a Ball")
        self._set(fraction, fraction, precision)

    def _set(self, lower: Fraction, upper: Fraction, precision: int) -> None:
        precision = integer(precision, "precision", low=2, high=MAX_PRECISION)
        if lower is not upper and lower > upper:
            raise InputError(f"a Ball needs lower <= upper, got [{lower}, {upper}]")
        with _WorkingPrecision(precision):
            low = _to_arb(lower)
            high = low if upper is lower else _to_arb(upper)
            self._lower, self._upper = low.lower(), high.upper()
        self.precision = precision

    @classmethod
    def between(cls, lower: Rational, upper: Rational, *, precision: int) -> Self:
        """Return the smallest interval of the given precision that contains ``[lower, upper]`` (exact rationals).

        >>> Ball.between(0, 1, precision=53).contains(Fraction(1, 3))
        True
        """
        ball = cls.__new__(cls)
        ball._set(as_fraction(lower, "a lower end"), as_fraction(upper, "an upper end"), precision)
        return ball

    @classmethod
    def pi(cls, *, precision: int) -> Self:
        """Return an interval that contains pi.

        >>> print(Ball.pi(precision=53))
        3.14159265358979…
        """
        with _WorkingPrecision(precision):
            value = flint.arb.pi()
            return cls._of(value.lower(), value.upper(), precision)

    @classmethod
    def _of(cls, lower: Arb, upper: Arb, precision: int) -> Self:
        if not (lower.is_finite() and upper.is_finite()):
            raise Undecided(f"a value is not finite at {precision} bits")
        ball = cls.__new__(cls)
        ball._lower, ball._upper, ball.precision = lower, upper, precision
        return ball

    # --- properties

    @property
    def lower(self) -> Fraction:
        """The lower end point, exactly."""
        return _to_fraction(self._lower)

    @property
    def upper(self) -> Fraction:
        """The upper end point, exactly."""
        return _to_fraction(self._upper)

    @property
    def middle(self) -> Fraction:
        """The midpoint of the interval, exactly."""
        return (self.lower + self.upper) / 2

    @property
    def width(self) -> Fraction:
        """``upper - lower``, exactly."""
        return self.upper - self.lower

    def contains(self, value: Rational) -> bool:
        """Return whether the exact rational `value` lies in the interval."""
        return self.lower <= as_fraction(value) <= self.upper

    def overlaps(self, other: Ball) -> bool:
        """Return whether the two intervals have a common point."""
        return not bool(self._upper < other._lower or other._upper < self._lower)

    def intersection(self, other: Ball) -> Ball:
        """Return the intersection of two enclosures of the same number; raises InputError if they are disjoint."""
        if not self.overlaps(other):
            raise InputError(f"{self!r} and {other!r} cannot contain the same number")
        lower, upper = _greatest([self._lower, other._lower]), _least([self._upper, other._upper])
        return Ball._of(lower, upper, max(self.precision, other.precision))

    def sign(self) -> int:
        """Return the sign, -1, 0 or 1, if it is certain (0 only for the exact zero); raises Undecided otherwise.

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
        """Return the certain decimal digits, at most `limit` of them; '…' stands for further digits.

        >>> Ball.pi(precision=200).digits(6)
        '3.14159…'
        """
        sizes = [_binary_exponent(end) for end in (self._lower, self._upper)]
        if max(map(abs, sizes)) > MAX_PRINTED_BITS:
            low, high = (f"{'-' if end < 0 else ''}2^{size}" for end, size in zip(self.ends, sizes, strict=True))
            return f"about {low}" if low == high else f"[about {low}, about {high}]"
        return certain_digits(self.lower, self.upper, limit)

    @classmethod
    def from_ends(cls, lower: Arb, upper: Arb, precision: int) -> Self:
        """Return the interval between two exact numbers of Arb; raises Undecided unless they are finite."""
        return cls._of(lower, upper, precision)

    @property
    def ends(self) -> tuple[Arb, Arb]:
        """The two end points, as exact numbers of Arb."""
        return self._lower, self._upper

    def is_zero(self) -> bool:
        """Return whether the interval contains only 0."""
        return bool(self._lower.is_zero() and self._upper.is_zero())

    def is_positive(self) -> bool:
        """Return whether every number of the interval is positive."""
        return bool(self._lower > 0)

    def is_nonnegative(self) -> bool:
        """Return whether no number of the interval is negative."""
        return bool(self._lower >= 0)

    def accuracy(self) -> int:
        """Return the relative accuracy in bits: the precision itself for an exact value, 0 if no bit is certain."""
        size = max(abs(self.lower), abs(self.upper))
        if self.width == 0:
            return self.precision
        ratio = size / self.width
        return max(0, int(ratio).bit_length() - 1)

    # --- arithmetic

    def _operand(self, other: object) -> Ball:
        if isinstance(other, Ball):
            return other
        if type(other) is int and other.bit_length() <= self.precision:
            exact = flint.arb(other)  # an integer of so few bits is represented exactly and needs no rounding
            return Ball._of(exact, exact, self.precision)
        return Ball(as_fraction(other, "the other operand of a Ball"), precision=self.precision)

    def __add__(self, other: Ball | Rational) -> Ball:
        other = self._operand(other)
        precision = max(self.precision, other.precision)
        with _WorkingPrecision(precision):
            return Ball._of((self._lower + other._lower).lower(), (self._upper + other._upper).upper(), precision)

    def __sub__(self, other: Ball | Rational) -> Ball:
        other = self._operand(other)
        precision = max(self.precision, other.precision)
        with _WorkingPrecision(precision):
            return Ball._of((self._lower - other._upper).lower(), (self._upper - other._lower).upper(), precision)

    def __mul__(self, other: Ball | Rational) -> Ball:
        other = self._operand(other)
        precision = max(self.precision, other.precision)
        a, b, c, d = self._lower, self._upper, other._lower, other._upper
        with _WorkingPrecision(precision):
            if a >= 0 and c >= 0:
                return Ball._of((a * c).lower(), (b * d).upper(), precision)
            ends = (a * c, a * d, b * c, b * d)
            return Ball._of(_least([x.lower() for x in ends]), _greatest([x.upper() for x in ends]), precision)

    def __truediv__(self, other: Ball | Rational) -> Ball:
        other = self._operand(other)
        precision = max(self.precision, other.precision)
        a, b, c, d = self._lower, self._upper, other._lower, other._upper
        if c == 0 and d == 0:
            raise DomainError("division by zero")
        if not (c > 0 or d < 0):
            raise Undecided(f"division by {other!r}, which contains zero")
        with _WorkingPrecision(precision):
            if a >= 0 and c > 0:
                return Ball._of((a / d).lower(), (b / c).upper(), precision)
            ends = (a / c, a / d, b / c, b / d)
            return Ball._of(_least([x.lower() for x in ends]), _greatest([x.upper() for x in ends]), precision)

    def __pow__(self, exponent: int) -> Ball:
        exponent = integer(exponent, "the power of a Ball (sqrt is the power 1/2)")
        if exponent < 0:
            return 1 / self**-exponent
        a, b = self._lower, self._upper
        with _WorkingPrecision(self.precision):
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
        return self._operand(other) - self

    def __rmul__(self, other: Rational) -> Ball:
        return self * other

    def __rtruediv__(self, other: Rational) -> Ball:
        return self._operand(other) / self

    def __neg__(self) -> Ball:
        with _WorkingPrecision(self.precision):
            return Ball._of((-self._upper).lower(), (-self._lower).upper(), self.precision)

    def __abs__(self) -> Ball:
        if self._lower >= 0:
            return self
        if self._upper <= 0:
            return -self
        with _WorkingPrecision(self.precision):
            return Ball._of(flint.arb(0), _greatest([(-self._lower).upper(), self._upper]), self.precision)

    # --- functions that are monotone on their domain: the values at the end points enclose the range

    def _apply_increasing(self, function: Callable[[Arb], Arb]) -> Ball:
        with _WorkingPrecision(self.precision):
            return Ball._of(function(self._lower).lower(), function(self._upper).upper(), self.precision)

    def _apply_decreasing(self, function: Callable[[Arb], Arb]) -> Ball:
        with _WorkingPrecision(self.precision):
            return Ball._of(function(self._upper).lower(), function(self._lower).upper(), self.precision)

    def _clamped(self, low: int | None, high: int | None) -> Ball:
        """Return the part of the interval that lies in [low, high], for a function whose values lie there."""
        lower = self._lower if low is None else _greatest([self._lower, flint.arb(low)])
        upper = self._upper if high is None else _least([self._upper, flint.arb(high)])
        return Ball._of(lower, upper, self.precision)

    def _check_domain(
        self, name: str, low: int | None, high: int | None, *, open_low: bool = False, open_high: bool = False
    ) -> None:
        """Raise DomainError or Undecided unless the interval lies in the domain of the function `name`."""
        lower, upper = self._lower, self._upper
        outside_low = low is not None and (lower < low or (open_low and lower == low))
        outside_high = high is not None and (upper > high or (open_high and upper == high))
        if not (outside_low or outside_high):
            return
        disjoint_low = low is not None and (upper < low or (open_low and upper == low))
        if disjoint_low or (high is not None and (lower > high or (open_high and lower == high))):
            must = _requirement(low, high, is_open=open_low)
            raise DomainError(f"{name} of {self.shown()} is undefined: its argument must {must}")
        raise Undecided(f"{name} of {self!r}: the interval is not contained in the domain")

    def sqrt(self) -> Ball:
        """Return the square root; raises DomainError for a negative interval, Undecided for one across zero."""
        self._check_domain("sqrt", 0, None)
        return self._apply_increasing(lambda x: x.sqrt())

    def exp(self) -> Ball:
        """Return the exponential."""
        return self._apply_increasing(lambda x: x.exp())

    def log(self) -> Ball:
        """Return the natural logarithm; raises DomainError for an interval ``<= 0``, Undecided for one across zero."""
        self._check_domain("log", 0, None, open_low=True)
        return self._apply_increasing(lambda x: x.log())

    def atan(self) -> Ball:
        """Return the arc tangent, in radians."""
        return self._apply_increasing(lambda x: x.atan())

    def asin(self) -> Ball:
        """Return the arc sine, in radians; raises DomainError outside [-1, 1], Undecided across -1 or 1."""
        self._check_domain("asin", -1, 1)
        return self._apply_increasing(lambda x: x.asin())

    def acos(self) -> Ball:
        """Return the arc cosine, in radians; raises DomainError outside [-1, 1], Undecided across -1 or 1."""
        self._check_domain("acos", -1, 1)
        return self._apply_decreasing(lambda x: x.acos())

    def erf(self) -> Ball:
        """Return the error function, ``2/sqrt(pi)`` times the integral of ``exp(-t**2)`` over [0, x]."""
        return self._apply_increasing(lambda x: x.erf())._clamped(-1, 1)

    def erfc(self) -> Ball:
        """Return the complementary error function, ``2/sqrt(pi)`` times the integral of ``exp(-t**2)`` over t > x.

        >>> print(Ball(1, precision=50).erfc())
        0.15729920705028…
        """
        return self._apply_decreasing(lambda x: x.erfc())._clamped(0, 2)

    def sinh(self) -> Ball:
        """Return the hyperbolic sine."""
        return self._apply_increasing(lambda x: x.sinh())

    def cosh(self) -> Ball:
        """Return the hyperbolic cosine, which increases with the absolute value."""
        return abs(self)._apply_increasing(lambda x: x.cosh())._clamped(1, None)

    def tanh(self) -> Ball:
        """Return the hyperbolic tangent."""
        return self._apply_increasing(lambda x: x.tanh())._clamped(-1, 1)

    def asinh(self) -> Ball:
        """Return the inverse hyperbolic sine."""
        return self._apply_increasing(lambda x: x.asinh())

    def acosh(self) -> Ball:
        """Return the inverse hyperbolic cosine; raises DomainError below 1, Undecided across 1."""
        self._check_domain("acosh", 1, None)
        return self._apply_increasing(lambda x: x.acosh())

    def atanh(self) -> Ball:
        """Return the inverse hyperbolic tangent; raises DomainError outside (-1, 1), Undecided across -1 or 1."""
        self._check_domain("atanh", -1, 1, open_low=True, open_high=True)
        return self._apply_increasing(lambda x: x.atanh())

    # --- functions that are not monotone

    def _apply_in_arb(self, function: Callable[[Arb], Arb]) -> Ball:
        with _WorkingPrecision(self.precision):
            value = function(self._lower.union(self._upper))
            return Ball._of(value.lower(), value.upper(), self.precision)

    def sin(self) -> Ball:
        """Return the sine of an angle in radians."""
        return self._apply_in_arb(lambda x: x.sin())

    def cos(self) -> Ball:
        """Return the cosine of an angle in radians."""
        return self._apply_in_arb(lambda x: x.cos())

    def tan(self) -> Ball:
        """Return the tangent of an angle in radians; raises Undecided unless the interval lies between two poles."""
        with _WorkingPrecision(self.precision):
            half_turns = (self._lower / 2 + self._upper / 2) / flint.arb.pi()
            if not half_turns.is_finite() or abs(half_turns) > MAX_HALF_TURNS:
                raise Undecided(f"tan of {self!r}: the interval may contain a pole")
            branch = flint.arb(round(float(half_turns)))  # a wrong branch is noticed below
            left, right = (branch - flint.arb("0.5")) * flint.arb.pi(), (branch + flint.arb("0.5")) * flint.arb.pi()
            if not (left < self._lower and self._upper < right):
                raise Undecided(f"tan of {self!r}: the interval may contain a pole")
        return self._apply_increasing(lambda x: x.tan())

    def gamma(self) -> Ball:
        """Return the gamma function; raises DomainError at a pole, Undecided for an interval that may contain one.

        On (0, oo) it decreases to its minimum near 1.46 and then increases. Below 0, Arb evaluates the whole interval.

        >>> Ball(5, precision=30).gamma().contains(24)
        True
        """
        if self._lower > 0:
            return self._on_both_sides_of_the_minimum(lambda x: x.gamma())._clamped(0, None)
        if self._is_integer():
            raise DomainError(f"gamma of {self.shown()} is undefined: it has a pole there")
        return self._apply_in_arb(lambda x: x.gamma())

    def loggamma(self) -> Ball:
        """Return the logarithm of the gamma function; raises DomainError for an interval ``<= 0``."""
        self._check_domain("loggamma", 0, None, open_low=True)
        return self._on_both_sides_of_the_minimum(lambda x: x.lgamma())

    def _on_both_sides_of_the_minimum(self, function: Callable[[Arb], Arb]) -> Ball:
        """Apply a function of (0, oo) that decreases up to a point in `GAMMA_MINIMUM` and increases after it."""
        left, right = GAMMA_MINIMUM
        if self._upper <= left:
            return self._apply_decreasing(function)
        if self._lower >= right:
            return self._apply_increasing(function)
        with _WorkingPrecision(self.precision):
            near = function(left.union(right))
            greatest_value = _greatest([function(end).upper() for end in self.ends] + [near.upper()])
            return Ball._of(near.lower(), greatest_value, self.precision)

    def digamma(self) -> Ball:
        """Return the logarithmic derivative of the gamma function, on (0, oo), where it increases."""
        self._check_domain("digamma", 0, None, open_low=True)
        return self._apply_increasing(lambda x: x.digamma())

    def hurwitz_zeta(self, exponent: int) -> Ball:
        """Return the sum of ``(k + x)**-exponent`` over k >= 0, for an integer exponent >= 2, on (0, oo)."""
        self._check_domain("the Hurwitz zeta function", 0, None, open_low=True)
        return self._apply_decreasing(lambda x: flint.arb(exponent).zeta(x))._clamped(0, None)

    def minimum(self, other: Ball) -> Ball:
        """Return an enclosure of the smaller one of two numbers."""
        return least(self, other)

    def maximum(self, other: Ball) -> Ball:
        """Return an enclosure of the larger one of two numbers."""
        return greatest(self, other)

    # --- powers with exponents that are not integers

    def rational_power(self, exponent: Fraction) -> Ball:
        """Return ``x**exponent`` for x >= 0; DomainError for a negative interval, Undecided for one across zero.

        >>> Ball(8, precision=30).rational_power(Fraction(2, 3)).contains(4)
        True
        """
        if exponent < 0:
            return 1 / self.rational_power(-exponent)
        self._check_domain(f"the power {exponent}", 0, None)
        if exponent.denominator > MAX_ROOT:
            return self.real_power(self._operand(exponent))
        root = self._apply_increasing(lambda x: x.root(exponent.denominator) if x > 0 else x)  # Arb's root of 0 is nan
        return root**exponent.numerator

    def real_power(self, exponent: Ball) -> Ball:
        """Return ``x**exponent``; for x < 0 the exponent must be an exact integer, and ``0**0 = 1`` as in SymPy.

        Raises DomainError or Undecided where it is undefined, or not known to be defined: for a base that is negative,
        and for ``0**exponent`` with a negative exponent. At base 0 the exponent must be known to be positive.
        """
        if exponent._is_integer():
            return self ** int(exponent.lower)
        self._check_domain("a real power", 0, None)
        if self._lower > 0:
            return (self.log() * exponent).exp()
        if self._upper == 0 and exponent._upper < 0:
            raise DomainError(f"division by zero: 0 to the power {exponent.shown()}")
        if not exponent._lower > 0:
            raise Undecided(f"the power {exponent!r} of {self!r}, which contains zero")
        zero = Ball(0, precision=max(self.precision, exponent.precision))
        if self._upper == 0:
            return zero
        return hull(zero, (Ball._of(self._upper, self._upper, self.precision).log() * exponent).exp())

    def _is_integer(self) -> bool:
        """Return whether the interval is a single integer of at most `MAX_INTEGER_BITS` bits."""
        if not bool(self._lower == self._upper) or abs(_binary_exponent(self._lower)) > MAX_INTEGER_BITS:
            return False
        return bool(self._lower.is_integer())

    # --- comparisons, which raise Undecided where the result is not certain

    def __lt__(self, other: Ball | Rational) -> bool:
        other = self._operand(other)
        if self._upper < other._lower:
            return True
        if self._lower >= other._upper:
            return False
        raise Undecided(f"{self!r} < {other!r} is not certain")

    def __le__(self, other: Ball | Rational) -> bool:
        other = self._operand(other)
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
        other = self._operand(other)
        if not self.overlaps(other):
            return False
        if self.width == 0 and other.width == 0:
            return True
        raise Undecided(f"{self!r} == {other!r} is not certain")

    # --- display and pickling

    def __str__(self) -> str:
        return self.digits(max(3, int(self.precision * 0.30103)))

    def __repr__(self) -> str:
        return f"Ball({self.digits(12)}, precision={self.precision})"

    def shown(self) -> str:
        """Return a number, or the two ends of an interval, as decimals of eight digits; for messages.

        >>> print(Ball(-2, precision=53).shown(), Ball.between(-1, Fraction(1, 3), precision=53).shown())
        -2 [-1, 0.33333333…]
        """
        ends = [Ball._of(end, end, self.precision).digits(8) for end in self.ends]
        return ends[0] if ends[0] == ends[1] else f"[{', '.join(ends)}]"

    def __reduce__(self) -> tuple[Callable[..., Ball], tuple[Fraction, Fraction, int]]:
        return _rebuild, (self.lower, self.upper, self.precision)


def _requirement(low: int | None, high: int | None, *, is_open: bool) -> str:
    """Return which values a function takes as its argument, for messages."""
    if high is not None:
        return f"lie in ({low}, {high})" if is_open else f"lie in [{low}, {high}]"
    if low == 0:
        return "be positive" if is_open else "not be negative"
    return f"be at least {low}"


def _binary_exponent(end: Arb) -> int:
    """Return the integer e with ``2**(e-1) <= |end| < 2**e`` (0 for zero)."""
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
    """Return the smallest interval that contains all of `balls` (at least one).

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
    """Return an enclosure of the minimum of the numbers that `balls` enclose (at least one).

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
    """Return an enclosure of the maximum of the numbers that `balls` enclose (at least one).

    >>> greatest(Ball(2, precision=53), Ball(3, precision=53)).contains(3)
    True
    """
    if not balls:
        raise InputError("greatest needs at least one ball")
    return -least(*(-ball for ball in balls))
