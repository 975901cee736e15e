"""Decimal output of an interval that shows only digits that are certain."""

from __future__ import annotations

from fractions import Fraction

__all__ = ["certain_digits"]


def certain_digits(lower: Fraction, upper: Fraction, limit: int) -> str:
    """Return the leading decimal digits that all numbers of ``[lower, upper]`` share, at most `limit` of them.

    '…' stands for further digits. An exact value of at most `limit` digits is printed in full. If the numbers share too
    few digits because of a carry (0.7999 to 0.8001), the result is a rounded value with an error bound; if not even one
    digit is certain, it is the two end points, rounded outward.

    >>> certain_digits(Fraction(314158, 100000), Fraction(314159, 100000), 10)
    '3.1415…'
    >>> certain_digits(Fraction(79999999, 100000000), Fraction(80000001, 100000000), 10)
    '0.800000 ± 1e-8'
    >>> certain_digits(Fraction(1, 4), Fraction(1, 4), 10)
    '0.25'
    >>> certain_digits(Fraction(-1, 1000), Fraction(1, 500), 10)
    '[-1.00e-3, 2.00e-3]'
    """
    if lower == upper:
        exact = _exact_digits(lower, limit)
        if exact is not None:
            return exact
    if (lower > 0) == (upper > 0) and lower != 0 and upper != 0:
        sign, small, large = ("-", -upper, -lower) if upper < 0 else ("", lower, upper)
        exponent = _exponent(large)
        certain = limit if large == small else min(limit, exponent - _exponent(large - small))
        for count in range(certain, max(0, certain - 2), -1):
            scale = Fraction(10) ** (count - 1 - exponent)
            head = int(small * scale)
            if head and head == int(large * scale):
                return sign + _with_point(str(head), exponent, count) + "…"
        if certain > 2:
            return sign + _with_error(small, large, certain - 1)
    return _end_points(lower, upper)


def _exponent(value: Fraction) -> int:
    """Return the integer e with 10**e <= value < 10**(e+1), for positive `value`."""
    guess = (value.numerator.bit_length() - value.denominator.bit_length()) * 30103 // 100000
    while Fraction(10) ** guess > value:
        guess -= 1
    while Fraction(10) ** (guess + 1) <= value:
        guess += 1
    return guess


def _exact_digits(value: Fraction, limit: int) -> str | None:
    if abs(value) >= 10**limit or value.denominator.bit_length() > 4 * limit:
        return None  # too long; Python converts no integer of more than a few thousand digits
    rest, decimals = value.denominator, 0
    while rest % 10 == 0 or rest % 2 == 0 or rest % 5 == 0:
        rest //= 10 if rest % 10 == 0 else (2 if rest % 2 == 0 else 5)
        decimals += 1
    if rest != 1 or decimals > limit:
        return None
    digits = str(abs(value.numerator) * 10**decimals // value.denominator).rjust(decimals + 1, "0")
    if len(digits.lstrip("0")) > limit:
        return None
    text = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    return ("-" if value < 0 else "") + text


def _with_point(head: str, exponent: int, count: int) -> str:
    """Insert the decimal point into the `count` leading digits of a number of size 10**exponent."""
    head = head.rjust(count, "0")
    if -5 <= exponent < 0:
        return "0." + "0" * (-exponent - 1) + head
    if 0 <= exponent < count:
        point = exponent + 1
        return f"{head[:point]}.{head[point:]}" if head[point:] else head
    return f"{head[0]}.{head[1:]}e{exponent}" if len(head) > 1 else f"{head[0]}e{exponent}"


def _with_error(small: Fraction, large: Fraction, count: int) -> str:
    """Return the midpoint, rounded to `count` digits, and a bound of its distance to both end points."""
    middle = (small + large) / 2
    exponent = _exponent(middle)
    unit = Fraction(10) ** (exponent + 1 - count)
    head = round(middle / unit)
    error = max(abs(large - head * unit), abs(small - head * unit))
    size = _exponent(error)
    leading = -(-error // Fraction(10) ** size)
    if head == 10**count:
        head, exponent = head // 10, exponent + 1
    return f"{_with_point(str(head), exponent, count)} ± {leading}e{size}"


def _end_points(lower: Fraction, upper: Fraction) -> str:
    return f"[{_rounded(lower, up=False)}, {_rounded(upper, up=True)}]"


def _rounded(value: Fraction, *, up: bool) -> str:
    """Return `value` rounded to three digits, up or down."""
    if value == 0:
        return "0"
    exponent = _exponent(abs(value))
    scaled = value * Fraction(10) ** (2 - exponent)
    head = -((-scaled.numerator) // scaled.denominator) if up else scaled.numerator // scaled.denominator
    if abs(head) == 1000:
        head, exponent = head // 10, exponent + 1
    text = str(abs(head)).rjust(3, "0")
    return ("-" if head < 0 else "") + f"{text[0]}.{text[1:]}e{exponent}"
