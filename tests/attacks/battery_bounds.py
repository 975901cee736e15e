"""Facts about the checker's moments, tails and Chernoff bounds, against the oracles beside this file."""

from __future__ import annotations

import types
from fractions import Fraction
from functools import cache
from typing import Any

import width_oracle
from battery import expect, fact, refuses
from battery_intervals import between, contains, units, width
from claim_oracle import DIGITS, moments, number
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
            module.gap,
            mean,
            threshold,
            2,
            p,
            1,
        )
    refuses(module, "Rejected", "should be 1 lies", lambda: module.gap(zero, third, 2, 3, 3))
    around = module.Interval(units(half).numerator - 1, units(half).numerator + 1)
    for p in (0, 1):
        refuses(module, "Declined", "not certain", module.gap, around, half, 2, p, 1)
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
        refuses(module, "Declined", "not certainly positive", module.tail, module.Interval(low, 5))
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
            value = width_oracle.rate(kind, number(error), number(tilt))
            near(module.rate(n, module.Interval.of(error), tilt), value, "rate", n, error, tilt, digits=60)


@fact
def networks_suffice_or_not(module: types.ModuleType) -> None:
    """At z = 1/4: the exact number of networks for some failures; and a failure that no precision separates."""
    z = module.Interval.of(Fraction(1, 4))
    for cases, failure, least in (
        (cases, Fraction(1, inverse), _least(Fraction(1, 4), cases, Fraction(1, inverse)))
        for cases in (1, 12)
        for inverse in (9, 1000, 10**30)
    ):
        module.enough(least, z, cases, failure)
        module.enough(10 * least, z, cases, failure)
        module.enough(least, module.Interval(z.low, 2 * z.high), cases, failure)  # a wide margin: its lower end counts
        for fewer in (least - 1, 1):
            refuses(module, "Rejected", "too few", module.enough, fewer, z, cases, failure)
    bound = module.tail(z * module.Interval.of(2)).exp()
    failure = Fraction(3 * (bound.low + bound.high), 2 * module.ONE)
    refuses(module, "Declined", "too close to tell", lambda: module.enough(4, z, 3, failure))
    for shift, outcome in ((8, None), (-8, "too few")):
        near_failure = failure + Fraction(shift, module.ONE)
        if outcome is None:
            module.enough(4, z, 3, near_failure)
        else:
            refuses(module, "Rejected", outcome, module.enough, 4, z, 3, near_failure)


@cache
def _least(z: Fraction, cases: int, failure: Fraction) -> int:
    with mp.workdps(DIGITS):
        x = mp.sqrt(2) * mp.erfinv(1 - 2 * number(failure) / cases)
        return int(mp.ceil((x / number(z)) ** 2))


# --- finite width


@fact
def means_that_move(module: types.ModuleType) -> None:
    """The largest error of the entries for one count, by the formula solved for it; a little less, a little more."""
    for K, (n, p, t), threshold in (
        (6, (2, 0, 1), Fraction(1, 9)),
        (6, (3, 1, 1), Fraction(1, 9)),
        (14, (3, 0, 2), Fraction(1, 20)),
        (14, (4, 2, 3), Fraction(1, 20)),
    ):
        with mp.workdps(DIGITS):
            error = _largest(K, (n, p, t), threshold)
            fraction = Fraction(int(error * 10**40), 10**40)
        predictor, counts = module.Predictor("ntk", K), [(1, 1, 1), (2, 0, 0), (n, p, t)]
        module.moved_means(predictor, threshold, counts, module.Interval.of(fraction))
        beyond = module.Interval.of(fraction + Fraction(2, 10**40))
        for order in (counts, counts[::-1]):
            refuses(
                module,
                "Rejected",
                "lies beyond",
                module.moved_means,
                predictor,
                threshold,
                order,
                beyond,
            )
    predictor, nothing = module.Predictor("ntk", 5), [(1, 1, 1)]
    with mp.workdps(DIGITS):
        edge = (1 - 1 / (2 * mp.pi)) / 5  # of the Gram matrix
        fraction = Fraction(int(edge * 10**40), 10**40)
    module.moved_means(predictor, Fraction(1, 2), nothing, module.Interval.of(fraction))
    for error in (fraction + Fraction(1, 10**40), Fraction(0), Fraction(-1, 9)):
        refuses(
            module,
            "Rejected",
            "not above 0, or too large",
            module.moved_means,
            predictor,
            Fraction(1, 2),
            nothing,
            module.Interval.of(error),
        )


def _largest(K: int, count: tuple[int, int, int], threshold: Fraction) -> mpf:
    n, p, t = count
    a, least = width_oracle.weights("ntk", K, n), 1 - 1 / (2 * mp.pi)
    gap = abs(moments("ntk", K, n, p, t)[0] - number(threshold))
    return gap * least / (mp.sqrt(t * K) * (1 + n * abs(a.m) + (K - n) * abs(a.u)) + K * gap)


@fact
def entries_of_a_network(module: types.ModuleType) -> None:
    """How many there are of each kind, and at which rates: one for entries too large, one for those too small."""

    def pair(up: int, down: int) -> tuple[Any, Any]:
        return module.Interval.of(up), module.Interval.of(down)

    def shown(rates: dict[int, tuple[Any, Any]]) -> list[tuple[int, int]]:
        return sorted((many, rate.low >> 256) for many, rate in module.entries_off(K, states, rates))

    K, states = 7, 10
    expected = [(7, 31), (7, 32), (21, 21), (21, 22)]
    expect(shown({0: pair(21, 22), 1: pair(31, 32)}) == sorted(expected), "samples alone")
    found = shown({0: pair(21, 22), 1: pair(31, 32), 2: pair(41, 52), 5: pair(43, 50)})
    expect(found == sorted([(7, 31), (7, 32), (71, 21), (71, 22), (50, 41), (50, 50)]), "and states", found)
    K = 1
    expect(shown({0: pair(21, 22), 1: pair(31, 32)}) == [(1, 31), (1, 32)], "one sample has no others")


@fact
def widths_suffice_or_not(module: types.ModuleType) -> None:
    """``3 exp(-w/10) + 5 exp(-w/7) <= chance``, and a chance that no precision separates."""
    of = module.Interval.of
    entries = [(3, of(Fraction(1, 10))), (5, of(Fraction(1, 7)))]
    for chance, least in ((Fraction(1, 100), 59), (Fraction(1, 10**6), 150)):
        with mp.workdps(50):
            sums = [3 * mp.exp(mpf(-w) / 10) + 5 * mp.exp(mpf(-w) / 7) - number(chance) for w in (least - 1, least)]
            expect(sums[0] > 0 >= sums[1], "the example", sums)
        for width_ in (least, 10 * least):
            module.wide_enough(width_, entries, chance)
        for width_ in (least - 1, 1):
            refuses(module, "Rejected", "is too small", module.wide_enough, width_, entries, chance)
    wide = [(3, module.Interval(of(Fraction(1, 10)).low, of(9).high)), (5, of(Fraction(1, 7)))]
    refuses(module, "Rejected", "is too small", lambda: module.wide_enough(58, wide, Fraction(1, 100)))
    unsure = [(many, of(Fraction(1, 7))) for many in (3, 4)]
    total = of(-1).exp().times(7)  # at width 7
    chance = Fraction(total.low + total.high, 2 * module.ONE)
    refuses(module, "Declined", "too close to tell", lambda: module.wide_enough(7, unsure, chance))
    module.wide_enough(7, unsure, chance + Fraction(64, module.ONE))
    refuses(module, "Rejected", "too small", lambda: module.wide_enough(7, unsure, chance - Fraction(64, module.ONE)))
    half = [(1, of(1)), (1, of(1))]  # each alone has no more than the chance, both together have
    refuses(module, "Rejected", "too small", lambda: module.wide_enough(1, half, Fraction(1, 2)))
    module.wide_enough(1, half[:1], Fraction(1, 2))


@fact
def tilts_are_two_for_each_number_of_matches(module: types.ModuleType) -> None:
    counts, error, good = [(1, 1, 1), (3, 0, 1), (2, 0, 1)], Fraction(1, 1000), ["1/10000", "-1/10000"]

    def rates(tilts: Any) -> dict[int, tuple[Any, Any]]:
        found: dict[int, tuple[Any, Any]] = module.rates_of(counts, error, tilts)
        return found

    found = rates([good] * 4)
    expect(list(found) == [0, 1, 2, 3], "kinds", list(found))
    for n in found:
        for rate, tilt in zip(found[n], good, strict=True):
            with mp.workdps(DIGITS):
                true = width_oracle.rate(width_oracle.entry(n), number(error), number(Fraction(tilt)))
                near(rate, true, "rate", n, tilt, digits=60)
    for place in range(4):
        for pair, message in (
            (["1/10000", "1/10000"], f"the tilts for n = {place} are not one above 0 and one below"),
            (["-1/10000", "-1/10000"], f"the tilts for n = {place} are not one above 0 and one below"),
            (["-1/10000", "1/10000"], f"the tilts for n = {place} are not one above 0 and one below"),
            (["1/10000", "0"], f"the tilts for n = {place} are not one above 0 and one below"),
            (["0", "-1/10000"], f"the tilts for n = {place} are not one above 0 and one below"),
            (["1/50", "-1/10000"], f"a tilt for n = {place} does not bound"),
            (["1/10000", "-1/50"], f"a tilt for n = {place} does not bound"),
            (["1/10000"], "a pair of tilts is not a list of 2"),
            (["1/10000", "x"], "a tilt is not a number"),
        ):
            tilts = [good] * 4
            tilts[place] = pair
            refuses(module, "Rejected", message, rates, tilts)
    refuses(module, "Rejected", "tilts is not a list of 4", lambda: rates([good] * 3))
    refuses(module, "Rejected", "tilts is not a list of 4", lambda: rates([good] * 5))
