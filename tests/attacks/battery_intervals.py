"""Facts about the checker's interval arithmetic: containment and width, against exact rationals and mpmath."""

from __future__ import annotations

import types
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

from battery import expect, fact, refuses
from mpmath import mp, mpf

UNIT = 256  # bits after the point, as the checker's head says
DIGITS = 330  # of mpmath: more than MAX_SIZE is not needed, values here stay below 2**260

POINTS = [
    *(Fraction(n, 1 << e) for n, e in ((1, 0), (2, 0), (3, 0), (1, 1), (5, 2), (257, 6), (7, 9), (1, 200), (1, 256))),
    *(Fraction(n, d) for n, d in ((1, 3), (22, 7), (1000, 3), (10**30, 7), (1, 10**40), (99999, 100000))),
    *(Fraction(1 << exponent) for exponent in (63, 64, 65, 66, 200)),
]
SIGNED = [*POINTS, Fraction(0), *(-value for value in POINTS)]


def units(value: Any) -> Any:
    """Return a number in units of an interval's end."""
    return value * (1 << UNIT)


def contains(interval: Any, value: Fraction | mpf) -> bool:
    """Tell whether an interval contains a rational, or a number that mpmath knows to many digits."""
    if isinstance(value, Fraction):
        return bool(interval.low <= units(value) <= interval.high)
    tiny = abs(units(value)) * mpf(10) ** (20 - DIGITS)
    return bool(interval.low <= units(value) + tiny and units(value) - tiny <= interval.high)


def width(interval: Any) -> int:
    """Return the width in units."""
    return int(interval.high - interval.low)


def between(module: types.ModuleType, low: Fraction, high: Fraction) -> Any:
    """Return the interval between two rationals."""
    return module.Interval(module.Interval.of(low).low, module.Interval.of(high).high)


@cache
def true_values(name: str) -> list[tuple[Fraction, mpf]]:
    """Return points and the values of a function there, to many digits."""
    functions: dict[str, tuple[Callable[[Any], Any], list[Fraction]]] = {
        "sqrt": (mp.sqrt, [Fraction(0), *POINTS]),
        "atan": (mp.atan, SIGNED),
        "log": (mp.log, POINTS),
        "exp": (mp.exp, [value for value in SIGNED if abs(value) < 120]),
    }
    function, points = functions[name]
    with mp.workdps(DIGITS):
        return [(point, function(mpf(point.numerator) / point.denominator)) for point in points]


@fact
def rationals_are_enclosed(module: types.ModuleType) -> None:
    for value in SIGNED:
        found = module.Interval.of(value)
        expect(contains(found, value) and width(found) <= 1, "of", value)
        exact = units(value).denominator == 1
        expect((width(found) == 0) == exact, "exact", value)


@fact
def arithmetic_is_enclosed(module: types.ModuleType) -> None:
    values = [*SIGNED[::3], Fraction(-5), Fraction(4), Fraction(1, 4)]
    for a in values:
        x = module.Interval.of(a)
        for b in values:
            y = module.Interval.of(b)
            for found, value in ((x + y, a + b), (x - y, a - b), (x * y, a * b)):
                expect(contains(found, value), "arithmetic", a, b)
            if b:
                expect(contains(x / y, a / b), "quotient", a, b)
        expect(contains(-x, -a), "neg", a)


@fact
def dyadics_are_exact_or_one_unit_wide(module: types.ModuleType) -> None:
    source = [Fraction(n, 8) for n in (-9, -8, -1, 1, 3, 16)]
    for a in source:
        for b in source:
            x, y = module.Interval.of(a), module.Interval.of(b)
            expect(width(x + y) == width(x - y) == width(x * y) == width(-x) == width(x.times(-3)) == 0, a, b)
            expect(width(x / y) == (units(a / b).denominator > 1), "quotient", a, b)
    small = module.Interval(1, 1)  # the product of one unit by itself lies between 0 and 1 unit
    for found, ends in (
        (small * small, (0, 1)),
        (small * -small, (-1, 0)),
        (-small * -small, (0, 1)),
        (small / module.Interval.of(2), (0, 1)),
        (-small / module.Interval.of(2), (-1, 0)),
    ):
        expect((found.low, found.high) == ends, "rounded outward", found.low, found.high)


@fact
def wide_intervals_hold_what_their_points_give(module: types.ModuleType) -> None:
    ends = [Fraction(n, 4) for n in (-9, -4, -1, 0, 2, 4, 12)]
    pairs = [(a, b) for a in ends for b in ends if a <= b]
    for a, b in pairs:
        x = between(module, a, b)
        for number in (-3, 0, 1, 7):
            products = sorted((a * number, b * number))
            found = x.times(number)
            expect([found.low, found.high] == [units(end) for end in products], "times", a, b, number)
        negative = -x
        expect([negative.low, negative.high] == [units(-b), units(-a)], "neg")
        for c, d in pairs[::2]:
            y = between(module, c, d)
            total, difference, product = x + y, x - y, x * y
            expect([total.low, total.high] == [units(a + c), units(b + d)], "sum")
            expect([difference.low, difference.high] == [units(a - d), units(b - c)], "difference")
            products = [a * c, a * d, b * c, b * d]
            expect([product.low, product.high] == [units(min(products)), units(max(products))], "product", a, b, c, d)
            if c > 0 or d < 0:
                quotients = [a / c, a / d, b / c, b / d]
                found = x / y
                expect(found.low <= units(min(quotients)) < found.low + 1, "quotient", a, b, c, d)
                expect(found.high - 1 < units(max(quotients)) <= found.high, "quotient", a, b, c, d)


@fact
def what_is_undefined_is_refused(module: types.ModuleType) -> None:
    one = module.Interval.of(1)
    for low, high in ((0, 0), (-1, 1), (0, 1), (-1, 0), (-5, 3)):
        refuses(module, "Rejected", "contains 0", one.__truediv__, module.Interval(low, high))
    expect((one / module.Interval(1, 1)).low == 1 << 2 * UNIT, "smallest divisor")
    expect((one / module.Interval(-1, -1)).high == -1 << 2 * UNIT, "smallest negative divisor")
    refuses(module, "Rejected", "below 0", module.Interval(-1, 5).sqrt)
    for low in (0, -1):
        refuses(module, "Rejected", "reaches to 0", module.Interval(low, 5).log)
    refuses(module, "Rejected", "wrong order", lambda: module.Interval(1, 0))
    zero = module.Interval(0, 0)
    expect((zero.low, zero.high) == (0, 0) and zero.sqrt().high == 0, "a point is an interval")


@fact
def functions_are_enclosed_and_narrow(module: types.ModuleType) -> None:
    for name, most in (("sqrt", 1), ("atan", 2), ("log", 2), ("exp", 2)):
        for point, value in true_values(name):
            x = module.Interval.of(point)
            found = getattr(x, name)()
            if width(x):  # of some points only rationals of many bits are enclosed
                expect(found.low <= found.high, name, point)
                with mp.workdps(DIGITS):
                    expect(contains(found, value), name, point)
                continue
            with mp.workdps(DIGITS):
                expect(contains(found, value), name, point)
            expect(width(found) <= most + (found.high >> UNIT if name == "exp" else 0), "narrow", name, point)


@fact
def functions_of_wide_intervals(module: types.ModuleType) -> None:
    x = between(module, Fraction(1, 4), Fraction(9, 4))
    for name in ("sqrt", "atan", "log", "exp"):
        found = getattr(x, name)()
        low, high = (getattr(module.Interval.of(end), name)() for end in (Fraction(1, 4), Fraction(9, 4)))
        expect((found.low, found.high) == (low.low, high.high), name)
    expect(module.Interval.of(4).sqrt().low == module.Interval.of(4).sqrt().high == 2 << UNIT, "an exact root")
    root = module.Interval(1, 1).sqrt()  # the root of one unit is exact: half of the bits are even
    expect((root.low, root.high) == (1 << UNIT // 2, 1 << UNIT // 2), "an exact root")
    root = module.Interval(2, 2).sqrt()
    expect(root.high == root.low + 1, "a root that is not exact")


@fact
def powers(module: types.ModuleType) -> None:
    x = between(module, Fraction(-2), Fraction(3))
    for exponent, ends in ((0, (1, 1)), (1, (-2, 3)), (2, (0, 9)), (4, (0, 81))):
        found = x.power(exponent)
        expect((found.low, found.high) == tuple(units(end) for end in ends), "power", exponent)
    cube = x.power(3)
    expect(cube.low <= units(-8) and units(27) <= cube.high, "cube")
    for low, high in ((-3, -2), (2, 3), (0, 3), (-3, 0)):
        even = between(module, Fraction(low), Fraction(high)).power(2)
        squares = sorted((low * low, high * high))
        expect((even.low, even.high) == tuple(units(end) for end in squares), "square", low, high)
    for base in (Fraction(3, 2), Fraction(-3, 2), Fraction(1, 3)):
        for exponent in (1, 2, 3, 5, 6, 11, -1, -2, -3):
            found = module.Interval.of(base).power(exponent)
            expect(contains(found, base**exponent), "power", base, exponent)
            expect(width(found) < 1 << 20, "narrow power", base, exponent)
    expect(module.Interval.of(1).power(1024).low == 1 << UNIT, "the largest exponent")
    expect(module.Interval.of(1).power(-1024).low == 1 << UNIT, "the least exponent")
    for exponent in (1025, -1025):
        refuses(module, "Declined", "an exponent beyond 1024", module.Interval.of(1).power, exponent)


@fact
def exponentials_far_out(module: types.ModuleType) -> None:
    edge = 4096
    low = module.Interval.of(-edge).exp()
    expect(low.low >= 0 and 1 <= low.high <= 2, "at the edge", low.low, low.high)
    beyond = module.Interval(units(-edge) - 1, units(-edge) - 1).exp()
    expect((beyond.low, beyond.high) == (0, 1), "far negative", beyond.low, beyond.high)
    high = module.Interval.of(edge).exp()
    with mp.workdps(2500):
        expect(high.low <= units(mp.exp(edge)) <= high.high, "the largest argument")
        expect((high.high - high.low) < units(mp.exp(edge)) * mpf(2) ** -255, "narrow at the edge")
    refuses(
        module, "Declined", "an exponential of more than 4096", module.Interval(units(edge) + 1, units(edge) + 1).exp
    )
    for k in (30, 100, 177, 178, 200):
        found = module.Interval.of(-k).exp()
        with mp.workdps(DIGITS):
            expect(contains(found, mp.exp(-k)) and width(found) <= 2, "small", k)


@fact
def pi(module: types.ModuleType) -> None:
    with mp.workdps(DIGITS):
        expect(contains(module.pi(), +mp.pi) and width(module.pi()) <= 8, "pi")


@fact
def errors_are_counted_outward(module: types.ModuleType) -> None:
    """Of a number over 2**320, known but for an error, both ends lie outside, by less than 2 units."""
    unit = 1 << 64
    for value in (5 * unit, -5 * unit, 0, 5 * unit + 7, -5 * unit - 7):
        for error in (1, 7, 8, unit // 2, unit):
            found = module._narrowed(value, error)
            expect(found.low * unit <= value - error < (found.low + 1) * unit, "low", value, error)
            expect((found.high - 1) * unit < value + error <= found.high * unit, "high", value, error)


@fact
def errors_are_as_large_as_their_docstrings_count(module: types.ModuleType) -> None:
    """What the series give, before it is narrowed to units: within the counted error, which is what is added."""
    seen: list[tuple[int, int]] = []
    narrowed = module._narrowed

    def watch(value: int, error: int) -> Any:
        seen.append((value, error))
        return narrowed(value, error)

    module._narrowed = watch
    try:
        for name, logarithms in (("atan", 0), ("log", 1)):
            for point, true in true_values(name):
                if point <= 0 or units(point).denominator > 1:
                    continue
                seen.clear()
                getattr(module, f"_{name}").cache_clear()
                getattr(module.Interval.of(point), name)()
                many = 1 + abs(point.numerator.bit_length() - point.denominator.bit_length()) if logarithms else 1
                for value, error in seen:
                    with mp.workdps(DIGITS):
                        expect(abs(value - true * (1 << UNIT + 64)) <= (1 << 15) * many, "the series", name, point)
                    expect((1 << 16) * many <= error <= 1 << 64, "the error", name, point, error)
    finally:
        module._narrowed = narrowed


@fact
def exponentials_of_negative_numbers_are_quotients(module: types.ModuleType) -> None:
    for end in (1, 2, 1 << 200, 1 << 256, 7 << 256, 3 << 260):
        found = module.Interval(-end, -end).exp()
        quotient = module.Interval.of(1) / module.Interval(end, end).exp()
        expect((found.low, found.high) == (quotient.low, quotient.high), "exp", end)


@fact
def odd_functions_are_odd(module: types.ModuleType) -> None:
    for end in (1, 2, 5, 1 << 100, 1 << 256, 3 << 260):
        positive, negative = module.Interval(end, end).atan(), module.Interval(-end, -end).atan()
        expect((negative.low, negative.high) == (-positive.high, -positive.low), "atan", end)


@fact
def sizes_of_ends(module: types.ModuleType) -> None:
    largest = (1 << module.MAX_SIZE) - 1
    for low, high in ((0, largest), (-largest, 0)):
        module.Interval(low, high)
    for low, high in ((0, largest + 1), (-largest - 1, 0), (largest + 1, largest + 1)):
        refuses(module, "Declined", "bits", module.Interval, low, high)
