"""The fraction of the smallest denominator in an interval."""

from __future__ import annotations

from fractions import Fraction

from ntkproofs.errors import InputError

__all__ = ["simplest_between"]


def simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """Return the fraction of the smallest denominator in ``[low, high]``, ``0 <= low <= high``.

    >>> simplest_between(Fraction(314, 100), Fraction(315, 100))
    Fraction(22, 7)
    """
    if not 0 <= low <= high:
        raise InputError(f"simplest_between needs 0 <= low <= high, got {low} and {high}")
    quotients = []  # of the continued fraction; thousands of them if the two numbers are very close
    while (above := -(-low // 1)) > high:
        quotients.append(whole := low // 1)
        low, high = 1 / (high - whole), 1 / (low - whole)
    result = Fraction(above)
    for whole in reversed(quotients):
        result = whole + 1 / result
    return result
