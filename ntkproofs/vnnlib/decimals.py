"""Decimal numbers of a given number of digits: bounds of roots, and their text in VNN-LIB, which has no exponents."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import isqrt

__all__ = ["decimal", "root_bounds"]


def root_bounds(factor: Fraction, n: Fraction, digits: int) -> tuple[Fraction, Fraction]:
    """Return the multiples of ``10**-digits`` next below and above ``factor sqrt(n)``, equal if it is one.

    >>> root_bounds(Fraction(1, 2), Fraction(2), 4), root_bounds(Fraction(-1, 2), Fraction(4), 4)
    ((Fraction(7071, 10000), Fraction(442, 625)), (Fraction(-1, 1), Fraction(-1, 1)))
    """
    unit = 10**digits
    square = (factor * unit) ** 2 * n
    low = isqrt(int(square))
    high = low + (low * low != square)
    low, high = (-high, -low) if factor < 0 else (low, high)
    return Fraction(low, unit), Fraction(high, unit)


@lru_cache(maxsize=1 << 10)
def decimal(number: Fraction) -> str:
    """Return the text of a fraction that is a finite decimal number, with a point, which marks a real number.

    >>> decimal(Fraction(-1, 8)), decimal(Fraction(3))
    ('-0.125', '3.0')
    """
    digits = 1
    while 10**digits % number.denominator:
        digits += 1
    text = str(abs(number.numerator) * (10**digits // number.denominator)).rjust(digits + 1, "0")
    return f"{'-' if number < 0 else ''}{text[:-digits]}.{text[-digits:]}"
