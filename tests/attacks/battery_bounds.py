"""Facts about the checker's moments, tails and Chernoff bounds, against the oracles beside this file."""

from __future__ import annotations

import types
from fractions import Fraction
from functools import cache
from typing import Any

import width_oracle
from battery import expect, fact, refuses
from battery_intervals import between, contains, units, width
from claim_oracle import DIGITS, moments
from mpmath import mp, mpf

PLACES = [  # (kernel, K, n, p, t)
    *(("ntk", 5, n, p, t) for n, p, t in ((2, 0, 1), (2, 1, 1), (3, 1, 2), (4, 3, 3), (5, 1, 1), (2, 0, 3))),
    *(("nngp", 12, n, p, t) for n, p, t in ((2, 0, 1), (3, 1, 1), (7, 2, 4), (12, 1, 3))),
    ("ntk", 100_000, 50, 1, 2),
]


def near(interval: Any, value: mpf, *shown: object, digits: int = 65) -> None:
    """Expect an interval that contains a number, known to more than 80 digits, and is narrow."""
    tiny = units(abs(value) * mpf(10) ** -85)
    expect(interval.low - tiny <= units(value) <= interval.high + tiny, "contains", *shown)
    expect(width(interval) <= units(abs(value) * mpf(10) ** -digits), "narrow", *shown)


@cache
def true_moments() -> list[tuple[tuple[Any, ...], mpf, mpf]]:
    """Return mean and deviation at each of the places."""
    rows = [(place, moments(*place)) for place in PLACES]
    with mp.workdps(DIGITS):
        return [(place, mean, mp.sqrt(variance)) for place, (mean, variance) in rows]


@fact
def means_and_deviations(module: types.ModuleType) -> None:
    for (kernel, samples, n, p, t), mean, deviation in true_moments():
        predictor = module.Predictor(kernel, samples)
        with mp.workdps(DIGITS):
            near(predictor.mean(n, p, t), mean, "mean", kernel, samples, n, p, t)
            near(predictor.deviation(n), deviation, "deviation", kernel, samples, n)
    predictor = module.Predictor("ntk", 7)
    for n, p, t in ((1, 0, 3), (1, 1, 3), (2, 0, 0), (3, 0, 0)):
        found = predictor.mean(n, p, t)
        expect(found.low == found.high == units(p), "exact mean", n, p, t)


@fact
def gaps(module: types.ModuleType) -> None:
    half, third = Fraction(1, 2), Fraction(1, 3)
    at, zero = module.Interval.of(half), module.Interval.of(0)
    for mean, threshold, p, value in ((at, Fraction(1, 4), 1, Fraction(1, 4)), (-at, third, 0, Fraction(5, 6))):
        expect(contains(module.gap(mean, threshold, 2, p, 1), value), "gap", p)
    for mean, threshold, p in ((at, half, 0), (at, half, 1), (at, third, 0), (zero, third, 1)):
        refuses(
            module,
            "Rejected",
            f"of a bit that should be {min(p, 1)} lies beyond",
            lambda m=mean, h=threshold, p=p: module.gap(m, h, 2, p, 1),
        )
    refuses(module, "Rejected", "should be 1 lies", lambda: module.gap(zero, third, 2, 3, 3))
    around = module.Interval(units(half).numerator - 1, units(half).numerator + 1)
    for p in (0, 1):
        refuses(module, "Declined", "not certain", lambda p=p: module.gap(around, half, 2, p, 1))
    touching = module.Interval(at.low, at.high + 1)
    refuses(module, "Declined", "not certain", lambda: module.gap(touching, half, 2, 1, 1))
    refuses(module, "Rejected", "no template writes", lambda: module.gap(zero, Fraction(0), 2, 0, 0))
    expect(contains(module.gap(zero, third, 2, 0, 0), third), "a bit without writers")
    expect(contains(module.gap(module.Interval.of(-1), Fraction(0), 2, 0, 1), Fraction(1)), "threshold 0")


@fact
def margins(module: types.ModuleType) -> None:
    predictor, threshold = module.Predictor("nngp", 12), Fraction(1, 20)
    counts = [(1, 0, 1), (2, 0, 1), (3, 1, 1), (2, 1, 1)]
    with mp.workdps(DIGITS):
        values = []
        for n, p, t in counts[1:]:
            mean, variance = moments("nngp", 12, n, p, t)
            values.append((mean - mpf(1) / 20) * (1 if p else -1) / mp.sqrt(variance))
        for chosen in (counts, counts[::-1], counts[1:2]):
            ones = [value for count, value in zip(counts[1:], values, strict=True) if count in chosen]
            near(module.margin(predictor, threshold, chosen), min(ones), "margin")
    expect(module.margin(predictor, threshold, [(1, 1, 1), (1, 0, 1)]) is None, "no variance")
    refuses(module, "Rejected", "beyond", lambda: module.margin(predictor, Fraction(9, 10), counts))


@cache
def true_tails() -> list[tuple[Fraction, mpf]]:
    """Return points and the logarithm of the Gaussian tail there."""
    points = [Fraction(1, 10), Fraction(1, 2), Fraction(1), Fraction(2), Fraction(5), Fraction(40), Fraction(300)]
    with mp.workdps(DIGITS):
        return [(x, mp.log(mp.erfc(mpf(x.numerator) / x.denominator / mp.sqrt(2)) / 2)) for x in points]


# how far above the tail its bound of order 41 lies at each point: the convergent's error, evaluated below
@cache
def convergent(x: Fraction, order: int = 41) -> Fraction:
    """Return ``1/(x + 1/(x + 2/(x + ...)))``, with `order` many x, exactly."""
    rest = Fraction(0)
    for k in range(order - 1, 0, -1):
        rest = k / (x + rest)
    return 1 / (x + rest)


@fact
def tails(module: types.ModuleType) -> None:
    expect(module.CONVERGENT % 2 == 1, "an odd order bounds from above")
    with mp.workdps(DIGITS):
        for x, log in true_tails():
            found, order = module.tail(module.Interval.of(x)), module.CONVERGENT
            expect(units(log) <= found.high, "above the tail", x)
            value = convergent(x, order)
            stated = mp.log(mpf(value.numerator) / value.denominator)
            stated -= (mpf(x.numerator) / x.denominator) ** 2 / 2 + mp.log(2 * mp.pi) / 2
            near(found, stated, "tail", x)
    wide = module.tail(between(module, Fraction(1), Fraction(2)))
    expect(wide.low <= module.tail(module.Interval.of(2)).low, "wide: the far end")
    expect(wide.high >= module.tail(module.Interval.of(1)).high, "wide: the near end")
    for low in (0, -1):
        refuses(module, "Declined", "not certainly positive", lambda low=low: module.tail(module.Interval(low, 5)))
    module.tail(module.Interval(1, 1))  # the least margin


@fact
def rates(module: types.ModuleType) -> None:
    for n, error, tilt in (
        (0, Fraction(1, 10), Fraction(1, 8)),
        (0, Fraction(1, 10), Fraction(-1, 8)),
        (1, Fraction(1, 30), Fraction(1, 50)),
        (1, Fraction(1, 30), Fraction(-3)),
        (2, Fraction(1, 20), Fraction(1, 16)),
        (2, Fraction(1, 20), Fraction(-1, 16)),
        (5, Fraction(1, 9), Fraction(1, 7)),
        (5, Fraction(1, 9), Fraction(-1, 7)),
    ):
        with mp.workdps(DIGITS):
            kind = width_oracle.entry(n)
            value = width_oracle.rate(kind, width_oracle.number(error), width_oracle.number(tilt))
            near(module.rate(n, module.Interval.of(error), tilt), value, "rate", n, error, tilt, digits=60)
