"""Facts about the numbers and series of inequalities: exact values, sharp enclosures. Without that kind, delete this file."""

from __future__ import annotations

import types
from fractions import Fraction
from typing import Any

import inequalities
from battery import expect, fact, refuses, spent
from battery_intervals import units
from claim_oracle import DIGITS
from mpmath import mp, mpf

TINY = 1 << 40  # units: more than roundings come to here
UNIT = {0: Fraction(1)}
HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)


def near(interval: Any, low: Any, high: Any) -> bool:
    """Tell whether an interval is the one between two numbers, up to roundings."""
    return bool(abs(interval.low - units(low)) < TINY and abs(interval.high - units(high)) < TINY)


# --- exact numbers


@fact
def the_arcsine_is_sharp(module: types.ModuleType) -> None:
    one = 1 << module.FRACTION_BITS
    for low, high in ((-one - 1, 0), (0, one + 1), (-one - 1, -one - 1), (one + 1, one + 1), (-one - 1, one + 1)):
        refuses(module, "Rejected", "that reaches beyond 1", module.arcsine, module.Interval(low, high))
    with mp.workdps(DIGITS):
        for low, high in ((-HALF, HALF), (-QUARTER, Fraction(1)), (Fraction(-1), QUARTER), (QUARTER, HALF)):
            found = module.arcsine(module.Interval(module.Interval.of(low).low, module.Interval.of(high).high))
            ends = (mp.asin(inequalities.number(low)), mp.asin(inequalities.number(high)))
            expect(near(found, *ends), "arcsine", low, high)


@fact
def the_sine_is_sharp(module: types.ModuleType) -> None:
    one = 1 << module.FRACTION_BITS
    for end in (1, -1, 2, 3, -3):
        found = module.sine(module.Interval(end, end))
        low, high = (end - 1, end) if end > 0 else (end, end + 1)  # sin x is a little nearer to 0 than x
        expect(found.low <= low and high <= found.high, "the sine of units", end)
        expect(found.high - found.low <= 6, "narrow", end)
    with mp.workdps(DIGITS):
        for middle, reach in ((HALF, one // 8), (-HALF, one // 8), (Fraction(5), one), (Fraction(9), 0), (-HALF, 0)):
            m = int(units(middle))
            found, true = module.sine(module.Interval(m - reach, m + reach)), mp.sin(inequalities.number(middle))
            wide = mpf(reach) / one
            expect(near(found, true - wide, true + wide), "sine", middle, reach)
            expect(found.low <= units(true - wide) and units(true + wide) <= found.high, "sine", middle, reach)


@fact
def polynomials_in_pi_are_computed_within_limits(module: types.ModuleType) -> None:
    a, b = {0: Fraction(2), 1: Fraction(3)}, {1: Fraction(1), 2: Fraction(5), 4: Fraction(1)}
    expect(module._times(a, b) == {1: 2, 2: 13, 3: 15, 4: 2, 5: 3}, "a product")
    expect(module._times(a, UNIT) == module._times(UNIT, a) == a, "by 1")
    expect(spent(module, module._times, a, b) == 64 * module.CALL * 6, "spends")
    expect(spent(module, module._times, a, UNIT) == spent(module, module._times, UNIT, a) == 0, "by 1 spends nothing")
    quotient = module._quotient
    expect(quotient({}, a) == ({}, UNIT), "0")
    expect(quotient({0: Fraction(1)}, {0: Fraction(2), 1: Fraction(4)}) == ({0: HALF}, UNIT | {1: Fraction(2)}), "first")
    expect(quotient({1: Fraction(1)}, {1: HALF, 2: HALF}) == ({0: Fraction(2)}, UNIT | {1: Fraction(1)}), "first power")
    for bits, kept in ((4092, True), (4093, False)):  # and 1, 1, 1 bits of the other numbers: together 4096
        long = Fraction(1 << bits)  # of one bit more
        for top, bottom in (({0: long}, UNIT), ({0: 1 / long}, UNIT)):
            expect((quotient(top, bottom) == (top, bottom)) == kept, "top", bits)
            expect(kept or quotient(top, bottom) is None, "top", bits)
        for number in (long / 4, 4 / long):  # two further numbers of one bit each; the top's bits
            bottom = UNIT | {1: number}
            expect((quotient({0: Fraction(1)}, bottom) is not None) == kept, "bottom", bits)
    for bits, kept in ((2046, True), (2047, False)):
        expect((quotient({0: Fraction((1 << bits) - 1, 1 << bits)}, UNIT) is None) != kept, "both", bits)


@fact
def zero_is_exact_and_what_is_not_known_is_not(module: types.ModuleType) -> None:
    of, pi = module.Number.of, module.Number.pi
    zero, one, two, some = of(0), of(1), of(2), of(2).exp()
    for found in (
        zero * some,
        some * zero,
        zero * two,
        two * zero,
        zero / some,
        zero / two,
        -zero,
        zero.sqrt(),
        zero.atan(),
        zero.asin(),
        zero.sin(),
        one.log(),
        zero.exp() - one,
        pi().sin(),
        (pi() / two).cos(),
        (two * pi()).power(2).sqrt() - two * pi(),
        of(Fraction(9, 4)).sqrt() - of(Fraction(3, 2)),
        some.power(0) - one,
    ):
        expect(found.is_zero() and (found.value.low, found.value.high) == (0, 0), "is 0")
    for found in (
        two / some,
        some / two,
        some / some,
        some * two,
        two * some,
        some + two,
        two + some,
        some + zero,
        -some,
        some - some,
        some.power(2),
        some.sqrt(),
        some.atan(),
        two.atan(),
        of(HALF).asin(),
        two.log(),
        two.sqrt(),
        pi().sqrt(),
        some.sin(),
        some.cos(),
        (pi() / (two + two * pi())).sin(),
        (pi() * pi() / two).sin(),
        (pi() / of(6)).sin(),
    ):
        expect(found.exact is None and found.value.low < found.value.high, "is not exact")
