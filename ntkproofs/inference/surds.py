"""Surd: the real numbers ``a + b sqrt(n)`` with rational a, b and a natural number n, compared exactly.

Every output of a network with rational weights at a state that n inputs match is such a number.

>>> from fractions import Fraction
>>> print(Surd(Fraction(3, 8), Fraction(-1, 2), 7), Surd(0, 1, 12), sep="; ")
3/8 - 1/2*sqrt(7); 2*sqrt(3)
>>> Surd(3, 0, 1) < Surd(0, 1, 10) < Surd(1, 1, 5)
True
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import inf, isqrt

from ntkproofs.arithmetic.digits import certain_digits
from ntkproofs.validation import integer

__all__ = ["Surd"]

DIGITS = 1000  # of a number in decimal; longer ones are printed in hexadecimal
ZERO = Fraction(0)
FLOAT_BITS = 64  # of the enclosure that is converted to a float


@dataclass(frozen=True)
class Surd:
    """The number ``a + b sqrt(n)``, stored with a squarefree n, and with b = 0 and n = 1 if it is rational.

    Two surds are equal if and only if their three parts are: 1 and the roots of different squarefree numbers are
    linearly independent over the rationals. Raises InputError unless n is a nonnegative integer.

    >>> Surd(1, 2, 9)
    Surd(a=Fraction(7, 1), b=Fraction(0, 1), n=1)
    """

    a: Fraction
    b: Fraction = ZERO
    n: int = 1

    def __post_init__(self) -> None:
        a, b = _as_fraction(self.a), _as_fraction(self.b)
        root, rest = _square_part(self.n if type(self.n) is int and self.n > 0 else integer(self.n, "n", low=0))
        if root != 1:
            b *= root
        if rest == 1 and b:
            a, b = a + b, ZERO
        object.__setattr__(self, "a", a)
        object.__setattr__(self, "b", b)
        object.__setattr__(self, "n", rest if b else 1)

    def sign(self) -> int:
        """Return -1, 0 or 1, by comparison of ``a**2`` with ``b**2 n``.

        >>> Surd(-7, 5, 2).sign(), Surd(-10, 7, 2).sign()
        (1, -1)
        """
        return _sign(self.a, self.b, self.n)

    def compare(self, other: Surd | Fraction | int) -> int:
        """Return the sign of the difference ``self - other``; the radicands may be different."""
        if not isinstance(other, Surd):
            return _sign(self.a - other, self.b, self.n)
        if self.n == other.n or not other.b:
            return _sign(self.a - other.a, self.b - other.b, self.n)
        return _sign_of_two(self.a - other.a, self.b, self.n, -other.b, other.n)

    def __lt__(self, other: Surd | Fraction | int) -> bool:
        return self.compare(other) < 0

    def __le__(self, other: Surd | Fraction | int) -> bool:
        return self.compare(other) <= 0

    def __gt__(self, other: Surd | Fraction | int) -> bool:
        return self.compare(other) > 0

    def __ge__(self, other: Surd | Fraction | int) -> bool:
        return self.compare(other) >= 0

    def __neg__(self) -> Surd:
        return Surd(-self.a, -self.b, self.n)

    def __abs__(self) -> Surd:
        return -self if self.sign() < 0 else self

    def __add__(self, number: Fraction | int) -> Surd:
        return Surd(self.a + number, self.b, self.n)

    def __sub__(self, number: Fraction | int) -> Surd:
        return Surd(self.a - number, self.b, self.n)

    def enclose(self, bits: int) -> tuple[Fraction, Fraction]:
        """Return rational bounds ``low <= self <= high`` with ``high - low <= 2**-bits`` times both absolute values.

        >>> low, high = Surd(0, 1, 2).enclose(20)
        >>> low**2 <= 2 <= high**2, (high - low) * 2**20 <= low
        (True, True)
        """
        if not self.b:
            return self.a, self.a
        square, precision = self.b**2 * self.n, bits
        while True:
            scaled = isqrt((square.numerator << 2 * precision) // square.denominator)
            root = Fraction(scaled, 1 << precision), Fraction(scaled + 1, 1 << precision)
            low, high = (self.a + root[0], self.a + root[1]) if self.b > 0 else (self.a - root[1], self.a - root[0])
            if low * high > 0 and (high - low) * (1 << bits) <= min(abs(low), abs(high)):
                return low, high
            precision *= 2

    def decimal(self, digits: int = 8) -> str:
        """Return at most so many leading decimal digits, all of them certain; '…' stands for further ones.

        >>> Surd(0, 1, 2).decimal(), Surd(Fraction(1, 8)).decimal(), Surd(-99, 70, 2).decimal(4)
        ('1.4142135…', '0.125', '-0.005050…')
        """
        limit = integer(digits, "digits", low=1)
        return certain_digits(*self.enclose(4 * limit + 16), limit)

    def __float__(self) -> float:
        """Return a float nearby, for display only."""
        low, high = self.enclose(FLOAT_BITS)
        try:
            return float((low + high) / 2)
        except OverflowError:
            return inf if low > 0 else -inf

    def __str__(self) -> str:
        if not self.b:
            return _fraction(self.a)
        root = f"sqrt({self.n})" if abs(self.b) == 1 else f"{_fraction(abs(self.b))}*sqrt({self.n})"
        if not self.a:
            return f"-{root}" if self.b < 0 else root
        return f"{_fraction(self.a)} {'-' if self.b < 0 else '+'} {root}"


@lru_cache(maxsize=1 << 12)
def _square_part(n: int) -> tuple[int, int]:
    """Return (r, m) with ``n = r**2 m`` and squarefree m; (0, 1) for n = 0."""
    if n == 0:
        return 0, 1
    root, rest, divisor = 1, n, 2
    while divisor * divisor <= rest:
        if rest % (divisor * divisor) == 0:
            rest //= divisor * divisor
            root *= divisor
        else:
            divisor += 1
    return root, rest


def _sign(a: Fraction, b: Fraction, n: int) -> int:
    """Return the sign of ``a + b sqrt(n)``."""
    first, second = _of(a), _of(b) if n else 0
    if first * second >= 0:
        return first or second
    return first * _of(a**2 - b**2 * n)


def _sign_of_two(a: Fraction, b: Fraction, n: int, c: Fraction, m: int) -> int:
    """Return the sign of ``a + b sqrt(n) + c sqrt(m)``: compare a**2 with the square of the two roots."""
    first = _of(a)
    roots = _of(b) * _of(b**2 * n - c**2 * m) if b * c < 0 else _of(b) or _of(c)
    if first * roots >= 0:
        return first or roots
    return first * _sign(a**2 - b**2 * n - c**2 * m, -2 * b * c, n * m)


def _of(number: Fraction) -> int:
    """Return the sign of a rational number."""
    return (number.numerator > 0) - (number.numerator < 0)


def _as_fraction(number: Fraction | int) -> Fraction:
    """Return a rational number as a Fraction; conversion of one that is a Fraction already is slow in Python."""
    return number if type(number) is Fraction else Fraction(number)


def _fraction(number: Fraction) -> str:
    """Return a fraction as text; in hexadecimal if it has thousands of digits, which Python does not convert."""
    parts = (number.numerator,) if number.denominator == 1 else (number.numerator, number.denominator)
    form = "d" if max(abs(part) for part in parts).bit_length() <= 3 * DIGITS else "#x"
    return "/".join(format(part, form) for part in parts)
