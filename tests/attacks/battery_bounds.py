"""Facts about the checker's moments and tails, against the oracles beside this file."""

from __future__ import annotations

import itertools
import random
import types
from fractions import Fraction
from functools import cache
from types import SimpleNamespace
from typing import Any

from battery import expect, fact, refuses, replaced, spent
from battery_intervals import between, contains, units, width
from claim_oracle import DIGITS, Training, largest_eigenvalue, moments, number
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


TRAININGS: list[tuple[int | None, Fraction]] = [  # numbers of steps with their size; None with a time
    *((steps, size) for steps in (1, 2, 13) for size in (Fraction(1, 10), Fraction(2, 5))),
    *((None, size) for size in (Fraction(1, 3), Fraction(7, 2))),
]
SAMPLE_PLACES = [("ntk", 5, 1, 0, 2), ("ntk", 5, 1, 1, 3), ("nngp", 12, 1, 0, 1), ("ntk", 1, 1, 1, 1)]


@cache
def true_moments() -> list[tuple[tuple[Any, ...], Training, mpf, mpf]]:
    """Return mean and deviation at each of the places, at convergence and after each training."""
    rows = [(place, None, moments(*place)) for place in PLACES]
    rows += [(place, each, moments(*place, each)) for place in PLACES[:-1] + SAMPLE_PLACES for each in TRAININGS]
    with mp.workdps(DIGITS):
        return [(place, training, mean, mp.sqrt(variance)) for place, training, (mean, variance) in rows]


def predictor_of(module: types.ModuleType, kernel: str, samples: int, training: Training) -> Any:
    """Return the predictor after a training, None for convergence."""
    return module.Predictor(kernel, samples, training and module.StoppedTraining(*training))


@fact
def means_and_deviations(module: types.ModuleType) -> None:
    for (kernel, samples, n, p, t), training, mean, deviation in true_moments():
        predictor = predictor_of(module, kernel, samples, training)
        with mp.workdps(DIGITS):
            near(predictor.mean(n, p, t), mean, "mean", kernel, samples, n, p, t, training)
            found = predictor.deviation(n)
            if n == 1:  # an upper bound
                found = module.Interval(found.low - (1 << 64), found.high)
            near(found, deviation, "deviation", kernel, samples, n, training, digits=50)
    predictor = module.Predictor("ntk", 7)
    for n, p, t in ((1, 0, 3), (1, 1, 3), (2, 0, 0), (3, 0, 0)):
        found = predictor.mean(n, p, t)
        expect(found.low == found.high == units(p), "exact mean", n, p, t)
    predictor = predictor_of(module, "ntk", 7, TRAININGS[0])
    for n in (1, 2):
        found = predictor.mean(n, 0, 0)
        expect(found.low == found.high == 0, "exact mean of a bit that no template writes", n)
    found = predictor_of(module, "ntk", 7, (4000, Fraction(1, 2))).deviation(1)
    expect(0 < found.low <= found.high < units(mpf(10) ** -35), "a variance beyond this precision is not 0")


@fact
def what_training_leaves(module: types.ModuleType) -> None:
    """The power or exponential of an eigenvalue, refused from ``step l = 2`` on."""
    of = module.Interval.of
    for steps, size, value in (
        *((steps, size, Fraction(3, 2)) for steps in (1, 2, 5, 8) for size in (Fraction(1, 5), Fraction(5, 4))),
        (4, Fraction(1, 3), Fraction(3)),
        (3, Fraction(1, 7), Fraction(1, 2)),
        (1025, Fraction(1, 7), Fraction(1, 2)),
    ):
        expect(contains(module.StoppedTraining(steps, size).left(of(value)), (1 - size * value) ** steps), steps, size)
    with mp.workdps(DIGITS):
        near(module.StoppedTraining(None, Fraction(3, 2)).left(of(3)), mp.exp(mpf(-9) / 2), "flow")
    expect(module.StoppedTraining(None, Fraction(10**30)).left(of(1)).high <= 1, "a long time")
    two = units(Fraction(2)).numerator
    for low, high, outcome in ((two, two, "Rejected"), (two - 1, two, "Declined"), (two - 9, two + 9, "Declined")):
        message = {"Rejected": "the step 1 is not below 2 divided by", "Declined": "whether the step is below"}[outcome]
        refuses(module, outcome, message, module.StoppedTraining(2, Fraction(1)).left, module.Interval(low, high))
    module.StoppedTraining(2, Fraction(1)).left(module.Interval(two - 9, two - 1))
    for tiny in (module.StoppedTraining(1, Fraction(1, 10**90)), module.StoppedTraining(None, Fraction(1, 10**90))):
        mean = module.Predictor("ntk", 5, tiny).mean(1, 1, 1)
        expect(mean.low <= 0 < mean.high < 99, "a step beyond this precision", mean.high)
    short = module.StoppedTraining(1, Fraction(1, 10**60))
    with mp.workdps(DIGITS):
        near(module.Predictor("ntk", 5, short).mean(1, 1, 1), mpf(10) ** -60, "a short step", digits=15)


@fact
def trainings_are_read(module: types.ModuleType) -> None:
    read = module.StoppedTraining.of
    for claim, steps, size in (
        ({"training": {"steps": 1, "step": 2}}, 1, Fraction(2)),
        ({"training": {"steps": 10**30, "step": "1/3"}}, 10**30, Fraction(1, 3)),
        ({"training": {"time": "5/2"}}, None, Fraction(5, 2)),
    ):
        found = read(claim)
        expect((found.steps, found.size) == (steps, size), claim)
    expect(read({"steps": 1, "step": 2}) is None, "no training")
    for value, message in (
        ({"steps": 0, "step": 1}, "training: steps is out of range"),
        ({"steps": -1, "step": 1}, "training: steps is out of range"),
        ({"steps": "1", "step": 1}, "training: steps is not an integer"),
        ({"steps": 1, "step": 0}, "training: step is not above 0"),
        ({"steps": 1, "step": "-1/9"}, "training: step is not above 0"),
        ({"steps": 1, "step": "0.1"}, "training: step is not a number"),
        ({"time": 0}, "training: time is not above 0"),
        ({"time": "-3"}, "training: time is not above 0"),
        ({"time": None}, "training: time is not a number"),
        ({"steps": 1}, "training lacks the key step"),
        ({"step": 1}, "training lacks the key steps"),
        ({}, "training lacks the key step"),
        ({"steps": 1, "step": 1, "kernel": 1}, "training has the unknown key 'kernel'"),
        ({"steps": 1, "step": 1, "time": 1}, "training has the unknown key"),
        ({"time": 1, "step": 1}, "training has the unknown key 'step'"),
        (None, "training is not an object"),
        ([], "training is not an object"),
        ("time", "training is not an object"),
    ):
        refuses(module, "Rejected", message, read, {"training": value})


@fact
def gains_and_variances_are_certainly_positive(module: types.ModuleType) -> None:
    """The gain F falls as 1/sqrt(n), the variance as 1/K: of very many they are beyond this precision."""
    for kernel in ("ntk", "nngp"):
        predictor = module.Predictor(kernel, 5)
        expect(predictor.row(1 << 200)[0].low > 0, "a small gain")
        refuses(module, "Declined", "> 0 is not certain", predictor.row, 1 << 600)
        many = module.Predictor(kernel, 1 << 400)
        refuses(module, "Declined", "a positive variance at n = 2 is not certain", many.deviation, 2)


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
            near(module.margin(predictor, threshold, map(module.Range.of, chosen)), min(ones), "margin")
    certain = [module.Range.of((1, 1, 1)), module.Range.of((1, 0, 1))]
    expect(module.margin(predictor, threshold, certain) is None, "no variance")
    refuses(
        module, "Rejected", "beyond", lambda: module.margin(predictor, Fraction(9, 10), map(module.Range.of, counts))
    )


Part = tuple[int, int, int, int, int]  # first n, last n, least p, others, t


def random_ranges(source: random.Random, K: int) -> list[Part]:
    """Return some ranges of counts that can occur among K samples."""
    result = []
    for _ in range(3):
        t = source.choice([0, 1, 1, 2, source.randint(1, K)])
        first = source.randint(1, K)
        if source.random() < 0.5 and first <= K - t:
            result.append((first, source.randint(first, K - t), 0, K - t, t))
        elif t:
            result.append((first, source.randint(first, K), 1, K - t, t))
    return result


Row = list[tuple[int, mpf, mpf]]  # p, mean and deviation at each n


def random_training(source: random.Random, kernel: str, K: int) -> Training:
    """Return convergence, or a number of steps or a time: from far too short for any program to nearly convergence."""
    if source.random() < 0.5:
        return None
    if source.random() < 0.5:
        return None, Fraction(source.choice([1, 5, 20, 60, 200]), 40)
    with mp.workdps(DIGITS):
        largest = Fraction(int(largest_eigenvalue(kernel, K) * 1000) + 1, 1000)
    return source.choice([1, 2, 3, 7, 40]), Fraction(source.randint(1, 39), 20) / largest


@cache
def range_cases() -> list[tuple[str, int, Training, Fraction, list[Part], list[Row]]]:
    """Return kernels, K, trainings, thresholds and ranges, with a row for every n of each range where outputs vary."""
    source, cases = random.Random("battery ranges"), []
    for case in range(90):
        kernel, K = ("ntk", "nngp")[case % 2], source.choice([4, 9, 30, 60])
        threshold = Fraction(source.randint(0, 3), source.choice([4, 2 * K, 20 * K]))
        training, parts, rows = random_training(source, kernel, K), random_ranges(source, K), []
        with mp.workdps(DIGITS):
            for first, last, least, others, t in parts:
                matched = [(n, max(least, n - others)) for n in range(max(2 - bool(training), first), last + 1)]
                found = [(p, moments(kernel, K, n, p, t, training)) for n, p in matched]
                rows.append([(p, mean, mp.sqrt(variance)) for p, (mean, variance) in found])
        cases.append((kernel, K, training, threshold, parts, rows))
    return cases


@fact
def margins_over_ranges_are_those_of_every_n(module: types.ModuleType) -> None:
    """The minimum over all n, or the refusal where one of them is refused."""
    for kernel, K, training, threshold, chosen, rows in range_cases():
        predictor, parts = predictor_of(module, kernel, K, training), [module.Range(*part) for part in chosen]
        with mp.workdps(DIGITS):
            tau = mpf(threshold.numerator) / threshold.denominator
            values = [(mean - tau) * (1 if p else -1) / sigma for row in rows for p, mean, sigma in row]
        if not values:
            expect(module.margin(predictor, threshold, parts) is None, "no n >= 2")
        elif min(values) > 0:
            near(module.margin(predictor, threshold, parts), min(values), "margin", chosen)
        else:
            message = "threshold" if threshold else "fails" if min(values) == 0 else "threshold"
            refuses(module, "Rejected", message, module.margin, predictor, threshold, parts)


@fact
def signs_over_ranges_are_those_of_every_n(module: types.ModuleType) -> None:
    for kernel, K, training, _, chosen, rows in range_cases():
        predictor, parts = predictor_of(module, kernel, K, training), [module.Range(*part) for part in chosen]
        written = [row for row, part in zip(rows, chosen, strict=True) if part[-1]]
        if all(mean > 0 if p else mean < 0 for row in written for p, mean, _ in row):
            module.correct(predictor, parts)
        else:
            refuses(module, "Rejected", "beyond the threshold", module.correct, predictor, parts)


@fact
def ranges_enclose_every_n(module: types.ModuleType) -> None:
    """Means, an upper bound of the deviations, both narrow for a single n; and distances and bounds of margins."""
    for kernel, K, training, threshold, chosen, rows in range_cases():
        predictor = predictor_of(module, kernel, K, training)
        for (first, last, least, others, t), whole in zip(chosen, rows, strict=True):
            row = whole[first == 1 and bool(training) :]
            if not row:
                continue
            part = module.Range(max(2, first), last, least, others, t)
            with mp.workdps(DIGITS):
                _encloses_a_range(predictor, part, row)
                _bounds_margins(module, predictor, threshold, part, row)


def _encloses_a_range(predictor: Any, part: Any, row: list[tuple[int, mpf, mpf]]) -> None:
    means, bound, tiny = predictor.means(part), predictor.deviations(part), units(mpf(10) ** -70)
    for _, mean, sigma in row:
        expect(means.low - tiny <= units(mean) <= means.high + tiny, "mean", part)
        expect(bound.high + tiny >= units(sigma), "deviation", part)
    if len(row) == 1:
        expect(width(means) <= tiny, "a single mean", part)
        expect(bound.high <= units(row[0][2]) + tiny, "a single deviation", part)


def _bounds_margins(module: types.ModuleType, predictor: Any, threshold: Fraction, part: Any, row: Any) -> None:
    tiny, tau = units(mpf(10) ** -70), mpf(threshold.numerator) / threshold.denominator
    far = [(mean - tau) * (1 if p else -1) for p, mean, _ in row]
    found = module.distance(predictor, threshold, part)
    expect(all(found.low - tiny <= units(each) <= found.high + tiny for each in far), "distance", part)
    if len(row) > 1 and min(far) > 0:
        least = min(each / sigma for each, (_, _, sigma) in zip(far, row, strict=True))
        expect(0 <= module.standardised(predictor, threshold, part).low <= units(least) + tiny, "margin", part)


@fact
def ranges_enclose_the_intervals_of_their_ends(module: types.ModuleType) -> None:
    """Whatever the widths of what they are made of: those of single n, and of the sum D + K."""
    for kernel, training in itertools.product(("ntk", "nngp"), (None, *TRAININGS)):
        predictor = predictor_of(module, kernel, 12, training)
        for first, last in ((2, 5), (3, 12), (7, 7)):
            for place, n in ((0, first), (1, last)):
                for wide, narrow in zip(predictor.rows(first, last), predictor.row(n), strict=True):
                    expect(wide.low <= narrow.low and narrow.high <= wide.high, "rows", first, last, place)
        exact, unit = predictor.along, units(Fraction(1, 1000)).numerator
        for n, p, t in ((9, 1, 2), (9, 3, 3), (2, 0, 1), (9, 0, 1)):
            part, means = module.Range.of((n, p, t)), []
            ends = [module.Interval(exact.low + move, exact.low + move) for move in (-unit, unit)]
            for total in (*ends, module.Interval(ends[0].low, ends[1].high)):
                predictor.along = total
                means.append(predictor.means(part))
            expect(means[2].low <= min(mean.low for mean in means) + 99, "a wide sum", n, p, t)
            expect(means[2].high >= max(mean.high for mean in means) - 99, "a wide sum", n, p, t)
        predictor.along = exact


@fact
def the_margin_with_the_least_low_end_is_returned(module: types.ModuleType) -> None:
    """Of intervals that overlap; a range is halved before any margin that is not below its bound is returned."""
    ends = {(2, 2): (5, 9), (3, 3): (3, 20), (4, 4): (6, 7), (5, 5): (4, 30), (4, 5): (2, 40)}

    def put(_predictor: Any, _threshold: Any, part: Any) -> Any:
        return module.Interval(*ends[part.first, part.last])

    with replaced(module, standardised=put):
        for parts, least in (
            (((2, 2), (3, 3)), (3, 20)),
            (((3, 3), (2, 2)), (3, 20)),
            (((2, 2), (4, 5)), (4, 30)),
            (((4, 5), (3, 3)), (3, 20)),
            (((4, 4), (2, 2)), (5, 9)),
        ):
            found = module.margin(
                SimpleNamespace(first=2), Fraction(0), [module.Range(*part, 1, 11, 1) for part in parts]
            )
            expect((found.low, found.high) == least, parts)


@fact
def ranges_that_may_reach_zero_are_halved(module: types.ModuleType) -> None:
    predictor, part = module.Predictor("ntk", 12), module.Range(2, 4, 1, 11, 1)
    for ends, asked in (((-1, 5), [2, 3, 4]), ((0, 5), [2, 3, 4]), ((1, 5), []), ((-5, -1), [2, 3, 4])):
        found: list[int] = []
        with (
            replaced(module, distance=lambda *_, ends=ends: module.Interval(*ends)),
            replaced(module, gap=lambda _mean, _threshold, n, _p, _t, found=found: found.append(n)),
        ):
            module.correct(predictor, [part])
        expect(sorted(found) == asked, ends, found)


@fact
def ranges_are_halved(module: types.ModuleType) -> None:
    part = module.Range(2, 7, 1, 4, 3)
    expect([part.matched(n) for n in range(2, 8)] == [1, 1, 1, 1, 2, 3], "p")
    low, high = part.halves()
    expect((low, high) == (module.Range(2, 4, 1, 4, 3), module.Range(5, 7, 1, 4, 3)), "halves")
    expect((len(part), len(low)) == (6, 3), "length")
    expect((part.count, high.count, module.Range(7, 9, 1, 4, 3).count) == ((2, 1, 3), (5, 1, 3), (7, 3, 3)), "counts")
    one = module.Range.of((5, 2, 3))
    expect(one.count == (5, 2, 3), "the count of a single n")
    expect((one.first, one.last, one.matched(5), one.t, len(one)) == (5, 5, 2, 3, 1), "a single n")


@fact
def few_of_many_n_are_evaluated(module: types.ModuleType) -> None:
    """The work for a range grows slowly with its length."""
    K = 1 << 16
    predictor = module.Predictor("ntk", K)
    parts = [module.Range(1, K, 1, K - 1, 1), module.Range(1, K - 1, 0, K - 1, 1)]
    expect(spent(module, module.margin, predictor, Fraction(1, 2 * K), parts) < 1 << 28, "margin")
    expect(spent(module, module.correct, predictor, parts) < 1 << 24, "signs")


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


@fact
def the_union_bound_is_compared_by_the_outer_ends(module: types.ModuleType) -> None:
    """``3 U <= 1/7`` with log U, in place of a tail's, a point at the ends of log 21, or wider than it."""
    needed, tail = module.Interval.of(21).log(), module.tail
    low, high = needed.low, needed.high
    expect(low < high, "an inexact logarithm")
    try:
        for ends, outcome, message in (
            ((high, high), None, ""),
            ((high, high + 5), None, ""),
            ((low, low), "Declined", "too close"),
            ((low, high + 9), "Declined", "too close"),
            ((high - 1, high - 1), "Declined", "too close"),
            ((low - 9, high + 9), "Declined", "too close"),
            ((low - 9, low), "Declined", "too close"),
            ((low - 1, low - 1), "Rejected", "too few"),
            ((low - 9, low - 1), "Rejected", "too few"),
        ):
            log_tail = module.Interval(-ends[1], -ends[0])
            module.tail = lambda _, log_tail=log_tail: log_tail
            if outcome is None:
                module.enough(1, needed, 3, Fraction(1, 7))
            else:
                refuses(module, outcome, message, module.enough, 1, needed, 3, Fraction(1, 7))
    finally:
        module.tail = tail


@cache
def _least(z: Fraction, cases: int, failure: Fraction) -> int:
    with mp.workdps(DIGITS):
        x = mp.sqrt(2) * mp.erfinv(1 - 2 * number(failure) / cases)
        return int(mp.ceil((x / number(z)) ** 2))
