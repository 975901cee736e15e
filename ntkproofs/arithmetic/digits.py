"""Decimal digits of an enclosure: only those that are certain."""

from __future__ import annotations

from fractions import Fraction

__all__ = ["certain_digits"]


def certain_digits(lower: Fraction, upper: Fraction, limit: int) -> str:
    """Return the leading decimal digits shared by every number of ``[lower, upper]``, at most `limit` of them.

    '…' says that the digits go on. Exact values that fit are written out. Across a carry (0.7999 to 0.8001) a rounded
    value is given with its error, and where not even one digit is certain the two ends, rounded outward.

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
        exact = _written_out(lower, limit)
        if exact is not None:
            return exact
    if (lower > 0) == (upper > 0) and lower != 0 and upper != 0:
        sign, small, large = ("-", -upper, -lower) if upper < 0 else ("", lower, upper)
        exponent = _exponent(large)
        good = limit if large == small else min(limit, exponent - _exponent(large - small))
        for count in range(good, max(0, good - 2), -1):
            scale = Fraction(10) ** (count - 1 - exponent)
            head = int(small * scale)
            if head and head == int(large * scale):
                return sign + _place(str(head), exponent, count) + "…"
        if good > 2:
            return sign + _with_error(small, large, good - 1)
    return _ends(lower, upper)


def _exponent(value: Fraction) -> int:
    """Return e with 10**e <= value < 10**(e+1), for positive `value`."""
    guess = (value.numerator.bit_length() - value.denominator.bit_length()) * 30103 // 100000
    while Fraction(10) ** guess > value:
        guess -= 1
    while Fraction(10) ** (guess + 1) <= value:
        guess += 1
    return guess


def _written_out(value: Fraction, limit: int) -> str | None:
    if abs(value) >= 10**limit or value.denominator.bit_length() > 4 * limit:
        return None  # too long, and Python writes out no integer of more than some thousand digits
    rest, places = value.denominator, 0
    while rest % 10 == 0 or rest % 2 == 0 or rest % 5 == 0:
        rest //= 10 if rest % 10 == 0 else (2 if rest % 2 == 0 else 5)
        places += 1
    if rest != 1 or places > limit:
        return None
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    if len(digits.lstrip("0")) > limit:
        return None
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return ("-" if value < 0 else "") + text


def _place(head: str, exponent: int, count: int) -> str:
    """Put the point into the `count` leading digits of a number of size 10**exponent (some may be leading zeros)."""
    head = head.rjust(count, "0")
    if -5 <= exponent < 0:
        return "0." + "0" * (-exponent - 1) + head
    if 0 <= exponent < count:
        point = exponent + 1
        return f"{head[:point]}.{head[point:]}" if head[point:] else head
    return f"{head[0]}.{head[1:]}e{exponent}" if len(head) > 1 else f"{head[0]}e{exponent}"


def _with_error(small: Fraction, large: Fraction, count: int) -> str:
    """Return the middle, rounded to `count` digits, and a bound of its distance to both ends."""
    middle = (small + large) / 2
    exponent = _exponent(middle)
    unit = Fraction(10) ** (exponent + 1 - count)
    head = round(middle / unit)
    error = max(abs(large - head * unit), abs(small - head * unit))
    size = _exponent(error)
    leading = -(-error // Fraction(10) ** size)
    if head == 10**count:
        head, exponent = head // 10, exponent + 1
    return f"{_place(str(head), exponent, count)} ± {leading}e{size}"


def _ends(lower: Fraction, upper: Fraction) -> str:
    return f"[{_rounded(lower, up=False)}, {_rounded(upper, up=True)}]"


def _rounded(value: Fraction, *, up: bool) -> str:
    """Return `value` with three digits, rounded up or down."""
    if value == 0:
        return "0"
    exponent = _exponent(abs(value))
    scaled = value * Fraction(10) ** (2 - exponent)
    head = -((-scaled.numerator) // scaled.denominator) if up else scaled.numerator // scaled.denominator
    if abs(head) == 1000:
        head, exponent = head // 10, exponent + 1
    text = str(abs(head)).rjust(3, "0")
    return ("-" if head < 0 else "") + f"{text[0]}.{text[1:]}e{exponent}"
