"""Facts about the numbers and series of inequalities: exact values, sharp enclosures. Without that kind, delete it."""

from __future__ import annotations

import itertools
import types
from collections.abc import Sequence
from dataclasses import dataclass
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
        expect(found.high - found.low <= (4 if abs(end) == 1 else 6), "narrow", end)
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
    expect(
        quotient({0: Fraction(1)}, {0: Fraction(2), 1: Fraction(4)}) == ({0: HALF}, UNIT | {1: Fraction(2)}), "first"
    )
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


# --- series, against the identities of their docstrings by pairs of mpmath's numbers

Pair = tuple[Any, Any]
REACH = Fraction(1, 4)


def plus(a: Pair, b: Pair) -> Pair:
    return a[0] + b[0], a[1] + b[1]


def minus(a: Pair, b: Pair) -> Pair:
    return a[0] - b[1], a[1] - b[0]


def times(a: Pair, b: Pair) -> Pair:
    products = [x * y for x in a for y in b]
    return min(products), max(products)


def over(a: Pair, b: Pair) -> Pair:
    return times(a, (1 / b[1], 1 / b[0]))


def point(value: Any) -> Pair:
    return value, value


def on_reach(terms: Sequence[Any], rest: Pair) -> Pair:
    """Enclose ``c[0] + c[1] s + ... + rest s^m`` for all s from 0 to REACH, from the last to the first."""
    for c in reversed(terms):
        rest = plus(times(rest, (mpf(0), inequalities.number(REACH))), point(c))
    return rest


@dataclass(frozen=True)
class Known:
    """What a series must be: its valuation, the true terms, the rest that its docstring says."""

    terms: list[Any]
    rest: Pair
    valuation: int = 0

    @classmethod
    def of(cls, terms: Sequence[Fraction], low: Fraction, high: Fraction, valuation: int = 0) -> Known:
        number = inequalities.number
        return cls([number(Fraction(c)) for c in terms], (number(Fraction(low)), number(Fraction(high))), valuation)

    def cut(self, m: int) -> Known:
        return Known(self.terms[:m], on_reach(self.terms[m:], self.rest), self.valuation)

    def bounds(self) -> Pair:
        return on_reach(self.terms, self.rest)

    def polynomial(self) -> Pair:
        return on_reach(self.terms, point(mpf(0)))

    def raised(self, valuation: int) -> Known:
        return Known([mpf(0)] * (self.valuation - valuation) + self.terms, self.rest, valuation)

    def __add__(self, other: Known) -> Known:
        low = min(self.valuation, other.valuation)
        a, b = self.raised(low), other.raised(low)
        m = min(len(a.terms), len(b.terms))
        a, b = a.cut(m), b.cut(m)
        return Known([x + y for x, y in zip(a.terms, b.terms, strict=True)], plus(a.rest, b.rest), low)

    def __neg__(self) -> Known:
        return Known([-c for c in self.terms], (-self.rest[1], -self.rest[0]), self.valuation)

    def __mul__(self, other: Known) -> Known:
        m = min(len(self.terms), len(other.terms))
        a, b = self.cut(m), other.cut(m)
        product = convolution(a.terms, b.terms)
        rest = on_reach(product[m:], point(mpf(0)))
        rest = plus(plus(rest, times(a.rest, b.bounds())), times(b.rest, a.polynomial()))
        return Known(product[:m], rest, a.valuation + b.valuation)

    def __truediv__(self, other: Known) -> Known:
        m = min(len(self.terms), len(other.terms))
        a, b, h = self.cut(m), other.cut(m), list[Any]()
        for k in range(m):
            h.append((a.terms[k] - mp.fsum(h[j] * b.terms[k - j] for j in range(k))) / b.terms[0])
        quotient = Known(h, point(mpf(0)), a.valuation - b.valuation)
        e = on_reach(convolution(h, b.terms)[m:], point(mpf(0)))
        rest = over(minus(minus(a.rest, e), times(b.rest, quotient.polynomial())), b.bounds())
        return Known(h, rest, quotient.valuation)

    def sqrt(self) -> Known:
        h = mp.taylor(lambda s: mp.sqrt(mp.polyval(self.terms[::-1], s)), 0, len(self.terms) - 1)
        root = Known(h, point(mpf(0)), self.valuation // 2)
        e = on_reach(convolution(h, h)[len(h) :], point(mpf(0)))
        low, high = self.bounds()
        rest = over(minus(self.rest, e), plus((mp.sqrt(low), mp.sqrt(high)), root.polynomial()))
        return Known(h, rest, root.valuation)

    def difference(self) -> Known:
        """Return this without its first term, the limit."""
        return Known([mpf(0), *self.terms[1:]], self.rest)

    def atan(self) -> Known:
        c, m, u = self.terms[0], len(self.terms), self.difference()
        u = u / (constant(1 + c * c, m) + u * constant(c, m))
        odd = [mpf(-1) ** (k // 2) / k if k % 2 else mpf(0) for k in range(1, m)]
        return u.substituted([mp.atan(c), *odd], (-mpf(1) / m, mpf(1) / m))

    def substituted(self, coefficients: Sequence[Any], last: Pair) -> Known:
        """Return the function with these Taylor coefficients at the first term of this series."""
        m, u = len(self.terms), Known([mpf(0), *self.terms[1:]], self.rest)
        total = constant(coefficients[m - 1], m)
        for a in reversed(coefficients[: m - 1]):
            total = total * u + constant(a, m)
        rest = last
        for _ in range(m):
            rest = times(rest, on_reach(u.terms[1:], u.rest))  # of one sign
        return Known(total.terms, plus(total.rest, rest))


def constant(value: Any, m: int) -> Known:
    return Known([mpf(value), *[mpf(0)] * (m - 1)], point(mpf(0)))


def convolution(a: Sequence[Any], b: Sequence[Any]) -> list[Any]:
    result = [mpf(0)] * (len(a) + len(b) - 1)
    for j, x in enumerate(a):
        for k, y in enumerate(b):
            result[j + k] += x * y
    return result


def series(
    module: types.ModuleType, terms: Sequence[Fraction], low: Fraction, high: Fraction, valuation: int = 0
) -> Any:
    interval = module.Interval
    rest = interval(interval.of(low).low, interval.of(high).high)
    s = interval(0, interval.of(REACH).high)
    return module.Series(s, valuation, [module.Number.of(c) for c in terms], rest, len(terms))


def agrees(found: Any, known: Known, *shown: object) -> None:
    expect(found.valuation == known.valuation, "valuation", *shown)
    expect(len(found.terms) == len(known.terms), "number of terms", *shown)
    for k, (term, true) in enumerate(zip(found.terms, known.terms, strict=True)):
        expect(near(term.value, true, true), "term", k, *shown)
    expect(near(found.rest, *known.rest), "rest", *shown)
    expect(near(found.bounds(), *known.bounds()), "bounds", *shown)


F = Fraction
OPERANDS: list[tuple[list[Fraction], Fraction, Fraction, int]] = [
    ([F(1), F(2), F(-3)], F(-1, 4), F(1, 2), 1),
    ([F(2), F(-1), F(1, 2)], F(1, 8), F(3, 8), -2),
    ([F(3), F(1)], F(-2), F(-1), 0),
    ([F(-4), F(1), F(1), F(1, 3), F(2)], F(1), F(3), 2),
    ([F(5)], F(0), F(1), 0),
]


@fact
def series_are_added_multiplied_and_divided_sharply(module: types.ModuleType) -> None:
    with mp.workdps(DIGITS):
        operands = [(series(module, *each), Known.of(*each)) for each in OPERANDS]
        for (a, known_a), (b, known_b) in itertools.product(operands, repeat=2):
            agrees(a + b, known_a + known_b, "sum")
            agrees(a - b, known_a + -known_b, "difference")
            agrees(a * b, known_a * known_b, "product")
            agrees(a / b, known_a / known_b, "quotient")
        for a, known in operands:
            agrees(-a, -known, "opposite")
            agrees(a.raised(-3), known.raised(-3), "raised")
            agrees(a.power(3), known * known * known, "power")
            one = constant(1, len(known.terms))
            agrees(a.power(-2), one / (known * known), "power")
            agrees(a.power(0), one, "power")
            agrees(a.constant(module.Number.of(F(2, 3))), constant(mpf(2) / 3, len(known.terms)), "constant")
            found = a.polynomial()
            expect(near(found, *known.polynomial()), "polynomial")


@fact
def zeros_at_the_beginning_go_into_the_valuation(module: types.ModuleType) -> None:
    with mp.workdps(DIGITS):
        late = ([F(0), F(0), F(2), F(-1), F(1, 2)], F(1, 8), F(3, 8), -1)
        same = ([F(2), F(-1), F(1, 2)], F(1, 8), F(3, 8), 1)
        agrees(series(module, *late).reduced(), Known.of(*same), "reduced")
        agrees(series(module, [F(0), F(0)], F(1), F(2), 3).reduced(), Known.of([], F(1), F(2), 5), "nothing is left")
        first = ([F(1), F(2), F(-3)], F(-1, 4), F(1, 2), 1)
        agrees(series(module, *first) / series(module, *late), Known.of(*first) / Known.of(*same), "quotient")
        square = ([F(0), F(0), F(4), F(4), F(1)], F(1), F(2), -4)
        agrees(series(module, *square).sqrt(), Known.of(square[0][2:], F(1), F(2), -2).sqrt(), "root")
        odd = series(module, [F(0), F(4)], F(1), F(2), 0)
        refuses(module, "Rejected", "begins with an odd power", odd.sqrt)
    limit = module.MAX_EXPONENT
    for valuation in (limit, -limit):
        expect(series(module, [F(1)], F(0), F(1), valuation).valuation == valuation, "the limit of the valuation")
        over_it = valuation + (1 if valuation > 0 else -1)
        refuses(module, "Declined", "a power of the variable", series, module, [F(1)], F(0), F(1), over_it)


INNER: list[tuple[list[Fraction], Fraction, Fraction]] = [  # the first is the limit; the rest grows, and is positive
    ([F(1, 2)], F(1), F(2)),
    ([F(1, 2), F(1)], F(1, 3), F(1, 2)),
    ([F(1, 3), F(1, 2), F(-1), F(1, 3)], F(1), F(2)),
    ([F(2), F(1), F(-1, 2)], F(1), F(2)),
    ([F(1), F(1, 3), F(1, 2), F(1)], F(0), F(0)),
    ([F(3, 2), F(-1), F(0), F(-1, 2), F(1, 7)], F(-1), F(-1, 2)),
    ([F(1, 4), F(1), F(-1), F(0), F(1), F(1, 2), F(1, 5)], F(1), F(2)),
]


@fact
def functions_of_series_are_sharp(module: types.ModuleType) -> None:
    with mp.workdps(DIGITS):
        for terms, low, high in INNER:
            f, known, m = series(module, terms, low, high), Known.of(terms, low, high), len(terms)
            c, factorials = known.terms[0], [mp.factorial(k) for k in range(m + 1)]
            reach = on_reach([mpf(0), *known.terms[1:]], known.rest)
            u = (min(reach[0], mpf(0)), max(reach[1], mpf(0)))
            last = tuple(mp.exp(end) / factorials[m] for end in u)
            known_exp = known.substituted([1 / each for each in factorials[:m]], last) * constant(mp.exp(c), m)
            agrees(f.exp(), known_exp, "exp", m)
            unit = over(point(mpf(1)), point(factorials[m]))
            ball = times(unit, (mpf(-1), mpf(1)))
            sines = [mp.sin(c + k * mp.pi / 2) / factorials[k] for k in range(m)]
            agrees(f.sin(), known.substituted(sines, ball), "sin", m)
            cosines = [mp.cos(c + k * mp.pi / 2) / factorials[k] for k in range(m)]
            agrees(f.cos(), known.substituted(cosines, ball), "cos", m)
            agrees(f.sqrt(), known.sqrt(), "sqrt", m)
            v = known.difference() / constant(c, m)
            ends = on_reach(v.terms, v.rest)
            bases = (1 + min(ends[0], mpf(0)), 1 + max(ends[1], mpf(0)))
            last = times(point(-(mpf(-1) ** m) / m), tuple(sorted(base**-m for base in bases)))
            logs = [mp.log(c), *(-(mpf(-1) ** k) / k for k in range(1, m))]
            agrees(f.log(), v.substituted(logs, last), "log", m)
            agrees(f.atan(), known.atan(), "atan", m)
            if c < 1 < m:
                agrees(f.asin(), (known / (constant(1, m) + -(known * known)).sqrt()).atan(), "asin", m)
            for sign in (1, -1):  # no limit: s^-2 times the series
                pole = Known(known.terms, known.rest, -2)
                small = constant(1, m) / (pole if sign > 0 else -pole)
                small = Known(([mpf(0)] * 2 + small.terms)[: m + 2], small.rest)
                g = series(module, terms, low, high, -2)
                agrees(
                    (g if sign > 0 else -g).atan(),
                    constant(sign * mp.pi / 2, m) + -small.atan(),
                    "atan",
                    "without limit",
                )


FUNCTIONS = ("exp", "log", "sin", "cos", "atan")


@fact
def limits_of_series_are_found_or_refused(module: types.ModuleType) -> None:
    with mp.workdps(DIGITS):
        for zeros, name in itertools.product((0, 1, 2), FUNCTIONS):
            plain, late = (
                getattr(series(module, [F(0)] * more + [F(1, 2), F(1), F(-1)], F(1), F(2), -more), name)()
                for more in (0, zeros)
            )
            known = Known([c.value.low / units(mpf(1)) for c in plain.terms], _ends(plain.rest), plain.valuation)
            agrees(late, known, name, zeros)
        for zeros, name in itertools.product((0, 1), ("exp", "log", "sin", "cos")):
            for pole in (1, 2):
                f = series(module, [F(0)] * zeros + [F(1, 2), F(1)], F(1), F(2), -zeros - pole)
                refuses(module, "Rejected", "a series that has no limit", getattr(f, name))
        for zeros, name in itertools.product((1, 2), FUNCTIONS):
            few = series(module, [F(0)] * zeros, F(1), F(2), -zeros)
            refuses(module, "Rejected", "a series with too few terms", getattr(few, name))
        expect(near(series(module, [F(0)], F(1), F(2), 0).atan().terms[0].value, 0, 0), "at 0")
        for sign in (1, -1):  # nearer to 0 than anything else
            least = series(module, [F(sign, 1 << 256)], F(0), F(0), -2).atan().terms[0].value
            expect(near(least, sign * mp.pi / 2, sign * mp.pi / 2), "of one sign", sign)
            found = series(module, [F(0), F(sign), F(1)], F(1), F(2), -2).atan().terms[0].value
            expect(near(found, sign * mp.pi / 2, sign * mp.pi / 2), "a pole behind a 0", sign)
        across = series(module, [F(1), F(-8)], F(0), F(0))  # 1 + c f is 0 at s = 1/4
        refuses(module, "Rejected", "an arctangent too far from its limit", across.atan)
        refuses(module, "Rejected", "may reach to 0", series(module, [F(2), F(-8)], F(0), F(0)).log)
        refuses(module, "Rejected", "contains 0", series(module, [F(1), F(-8)], F(0), F(0), -1).atan)


def _ends(interval: Any) -> Pair:
    return interval.low / units(mpf(1)), interval.high / units(mpf(1))
