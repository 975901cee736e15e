"""Training time: what networks do on the way to convergence, by gradient flow and by steps of gradient descent.

The unit of time is the kernel with own entry 1. With the eigenvalues ``l1 < l2`` of its Gram matrix, gradient flow
leaves at the time t of the initial errors the factors ``e1 = exp(-l1 t)`` and ``e2 = exp(-l2 t)``. Claims for all t and
all K use ``a = l1 t > 0`` and ``b = (l2 - l1) t > 0``, so that ``e1 = exp(-a)``, ``e2 = exp(-a) exp(-b)``; their
hypotheses on the signs of expressions in a and b follow from ``exp(x) >= 1 + x``.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

import sympy

from ntkproofs.bounds import Margins, excess_positive, matches_outweigh, rounds_right
from ntkproofs.bounds.moments import State
from ntkproofs.bounds.padding import Requirement
from ntkproofs.bounds.thresholds import best
from ntkproofs.claims import Verdict, claim, conclude, confirm, decide, derive
from ntkproofs.classes import arbitrary_classes
from ntkproofs.counts import Counts, arbitrary_counts
from ntkproofs.kernels import REGIMES, two_layer_relu
from ntkproofs.predictor import (
    MATCHED_WRITERS,
    MATCHES,
    SAMPLES,
    WRITERS,
    Predictor,
    combine,
    spread,
    stopped,
    unmatched,
)
from ntkproofs.programs import permutation
from ntkproofs.rigor import Ball, Box, Combination, Equality, Integers, at_most, equal, less
from ntkproofs.training_time import TrainingTime, eigenvalues, fastest_step

SOURCE = "abstract: training dynamics"
n, p, t, K = MATCHES, MATCHED_WRITERS, WRITERS, SAMPLES
x = sympy.Symbol("x", real=True)
a, b, g, h = sympy.symbols("a b g h", positive=True)  # a = l1 time, b = (l2 - l1) time, the gains at n and at 2
e1, e2 = sympy.symbols("e1 e2", real=True)
time = sympy.Symbol("tau", positive=True)

# --- the facts used for all times


@claim(
    "exp(x) >= 1 + x for all real x: for -1 <= x <= 1; for x from -2 on if it holds for x/2, where exp(x) = r^2 with "
    "r = exp(x/2); and for x <= -1, where exp(x) > 0",
    source=SOURCE,
)
def exponential() -> Verdict:
    r = sympy.Symbol("r", positive=True)
    half, rest, square, minus, positive = sympy.symbols("half rest square minus positive")
    doubled = {half: r - 1 - x / 2, rest: r + 1 + x / 2, square: x**2}
    negative = {minus: -1 - x, positive: sympy.exp(x)}
    return conclude(
        decide(at_most(1 + x, sympy.exp(x)), Box({x: (-1, 1)}, contacts=(0,))),
        derive(at_most(1 + x, r**2), doubled, half * rest + square / 4),
        derive(less(1 + x, sympy.exp(x)), negative, minus + positive, positive=(positive,)),
    )


E, B = sympy.exp(-a), sympy.exp(-b)
A0, B0, E0, F0, QA, QB, QM, MA, G0, H0, KN, K0, W0 = sympy.symbols("A0 B0 E0 F0 QA QB QM MA G0 H0 KN K0 W0")
SIGNS = {
    A0: a,
    B0: b,
    E0: E,
    F0: B,
    QA: 1 - E - a * E,  # exp(a) >= 1 + a
    QB: 1 - B - b * B,
    QM: b - 1 + B,
    K0: 1 / K,
    W0: 1 / (K * (a + b)),
}
# the mean of a 1-bit minus the largest mean of a 0-bit
ONE_SIGNS = SIGNS | {G0: g, KN: K - n, H0: n * g - 1}
ONE_TERMS = K0 * (QA + A0 * E0) * (G0 * KN + 1) + (QA + A0 * E0 + E0 * (QB + B0 * F0)) * A0 * W0 * H0
FLOW = (E, E * B)


def _mean(bit: int, gain: Any, matches: Any, remaining: tuple[Any, Any] = FLOW) -> sympy.Expr:
    """Return the mean of a bit with one writer, from a, b and the gain: own and other, times `time`, are these."""
    own, other = a + b / K, b / K
    return combine(*stopped(gain, unmatched(own, other, gain, matches, K), matches, K, remaining), bit, 1)


def _same_as_the_predictor(regime: str) -> Iterator[Equality]:
    """Yield derivations that the means in a and b are those of the predictor, whatever remains of the errors."""
    predictor, (l1, l2) = Predictor(two_layer_relu(regime), K), eigenvalues(two_layer_relu(regime), K)
    gain, u = predictor.gain(n), predictor.mean(n, 0, 1)
    known = {a: l1 * time, b: (l2 - l1) * time}
    draws = {n: (1, 100), K: (101, 400), time: (1, 5), e1: (-2, 2), e2: (-2, 2)}
    for bit in (0, 1):
        predicted = combine(*stopped(gain, u, n, K, (e1, e2)), bit, 1)
        yield derive(equal(predicted, _mean(bit, gain, n, (e1, e2)).subs(known)), draws)


# --- all times, all K


@claim(
    "permutation, for all K and all times: no 0-bit has a larger mean than those at n = 1, and every 1-bit has a "
    "larger mean than these: some threshold separates all states from the first instant on ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def some_threshold_separates(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    return conclude(
        _largest_zero_bit(),
        derive(
            less(_mean(0, 1, 1), _mean(1, g, n)),
            ONE_SIGNS,
            ONE_TERMS,
            positive=(A0, E0, K0),
        ),
        *_same_as_the_predictor(regime),
        decide(*excess_positive(kernel)),  # g > 0
        decide(*matches_outweigh(kernel)),  # n g >= 1
    )


def _largest_zero_bit() -> Combination:
    """Derive that the mean of a 0-bit is at most that of a 0-bit at n = 1, if n g >= 1."""
    return derive(
        at_most(_mean(0, g, n), _mean(0, 1, 1)),
        SIGNS | {H0: n * g - 1},
        W0 * H0 * (B0 * QA + A0 * E0 * QM),
    )


@claim(
    "permutation, threshold 0: at every time before convergence, for every K >= 2, the 0-bits at n = 1 (the samples "
    "themselves) have a positive mean and are rounded to 1",
    source=SOURCE,
)
def threshold_zero_is_wrong_at_the_samples() -> Verdict:
    return conclude(
        derive(less(0, _mean(0, 1, 1)), SIGNS, K0 * E0 * (QB + B0 * F0), positive=(K0, E0, B0, F0)),
        *(finding for regime in REGIMES for finding in _same_as_the_predictor(regime)),
    )


# --- threshold 0, two templates and more

SIZES = (5, 10, 20, 30, 64, 128)
BEYOND = (
    "permutation, threshold 0: there is a time from which the sign of every mean is right at all states with n >= 2, "
    "and before which no 0-bit at n = 2 is right; for 5, 10, 20, 30, 64, 128 bits, rounded down: "
)


@claim(BEYOND + "3.184, 2.912, 2.697, 2.611, 2.513, 2.466 (ntk)", source=SOURCE)
def threshold_zero_beyond_the_samples() -> Verdict:
    return _right_from("ntk", (3184, 2912, 2697, 2611, 2513, 2466))


@claim(BEYOND + "2.726, 2.503, 2.368, 2.320, 2.268, 2.244 (nngp)", source=SOURCE)
def threshold_zero_beyond_the_samples_nngp() -> Verdict:
    return _right_from("nngp", (2726, 2503, 2368, 2320, 2268, 2244))


def _right_from(regime: str, times: tuple[int, ...]) -> Verdict:
    """Return the verdict for the times of :data:`SIZES`, in thousandths."""
    kernel = two_layer_relu(regime)
    gain = Predictor(kernel, K).gain
    points = []
    for bits, least in zip(SIZES, times, strict=True):
        for thousandths, right in ((least, False), (least + 1, True)):
            mean = Predictor(kernel, bits, time=Fraction(thousandths, 1000)).mean(2, 0, 1)
            points.append(decide(less(mean, 0) if right else less(0, mean)))
    draws = {n: (1, 100), K: (101, 400), a: (1, 9), b: (1, 9), g: (1, 9)}
    return conclude(
        *points,
        _increasing_ratio(),
        derive(equal(_mean(0, g, n), _by_ratio()), draws),
        _largest_at_two(),
        decide(less(2 * gain(2), n * gain(n)), Integers(n, start=3)),
        derive(
            less(0, _mean(1, g, n)),
            ONE_SIGNS,
            ONE_TERMS + K0 * E0 * (QB + B0 * F0),
            positive=(A0, E0, K0),
        ),
        *_same_as_the_predictor(regime),
    )


def _largest_at_two() -> Combination:
    """Derive that the mean of a 0-bit is at most that of a 0-bit at n = 2, where n g >= 2 h with the gain h at 2."""
    terms = W0 * H0 * (B0 * QA + A0 * E0 * QM)
    return derive(at_most(_mean(0, g, n), _mean(0, h, 2)), SIGNS | {H0: n * g - 2 * h}, terms)


def _by_ratio() -> sympy.Expr:
    """Return the mean of a 0-bit as ``(1 - e2) (u + n g/K - n g/K (1 - e1)/(1 - e2))``."""
    u = unmatched(a + b / K, b / K, g, n, K)
    return (1 - E * B) * (u + n * g / K - n * g / K * (1 - E) / (1 - E * B))


def _increasing_ratio() -> Combination:
    """Derive that ``(1 - e1)/(1 - e2)`` increases with time: the sign of the numerator of its derivative."""
    return derive(
        at_most((a + b) * E * B * (1 - E), a * E * (1 - E * B)),
        SIGNS | {MA: a - 1 + E},
        E0 * (A0 * QB + B0 * F0 * MA),
    )


ALL_SIZES = (
    "permutation, threshold 0: for all K >= 5 the sign of every mean is right at all states with n >= 2 from the time "
)


@claim(ALL_SIZES + "3.28 on (ntk)", source=SOURCE)
def threshold_zero_for_all_sizes() -> Verdict:
    return _right_for_all_sizes("ntk", sympy.Rational(328, 100))


@claim(ALL_SIZES + "2.75 on (nngp)", source=SOURCE)
def threshold_zero_for_all_sizes_nngp() -> Verdict:
    return _right_for_all_sizes("nngp", sympy.Rational(275, 100))


def _right_for_all_sizes(regime: str, first: sympy.Rational) -> Verdict:
    """Bound the mean at n = 2, the largest, from the time `first` on: there e1 is at most its value at `first`."""
    predictor, (l1, _) = Predictor(two_layer_relu(regime), K), eigenvalues(two_layer_relu(regime), K)
    u, gain, most = sympy.Symbol("u", real=True), predictor.gain(2), sympy.Symbol("most", positive=True)
    later, positive, left = sympy.symbols("later positive left")
    zero_bit = combine(*stopped(h, u, sympy.Integer(2), K, (e1, e2)), 0, 1)
    u2 = predictor.mean(2, 0, 1)
    return conclude(
        derive(
            at_most(zero_bit, u + 2 * h * most / K),
            {later: most - e1, left: e2, positive: u + 2 * h / K, G0: h, K0: 1 / K},
            2 * G0 * K0 * later + left * positive,
        ),
        decide(less(0, K * u2 + 2 * gain), Integers(K, start=2)),
        decide(less(K * u2 + 2 * gain * sympy.exp(-l1 * first), 0), Integers(K, start=5)),
        _largest_at_two(),
    )


# --- gradient descent in steps of the largest useful size


@claim(
    "gradient descent in steps of the size 2/(l1 + l2), below 2/lambda_max: after two steps e1 = e2, and every mean is "
    "the one at convergence times 1 - e1: all signs are those at convergence, for every program and every K",
    source=SOURCE,
)
def two_steps_are_enough() -> Verdict:
    l1, l2, u = *sympy.symbols("l1 l2", positive=True), sympy.Symbol("u", real=True)
    fastest = 2 / (l1 + l2)
    both = combine(*stopped(g, u, n, K, (e1, e1)), p, t)
    low = sympy.Symbol("low")
    return conclude(
        derive(equal((1 - fastest * l1) ** 2, (1 - fastest * l2) ** 2), {l1: (1, 9), l2: (1, 9)}),
        derive(equal(both, (1 - e1) * combine(g, u, p, t)), _draws(e1, u)),
        derive(less(fastest, 2 / l2), {low: 2 * l1 / (l2 * (l1 + l2))}, low, positive=(low,)),
    )


def _draws(*reals: sympy.Symbol) -> dict[sympy.Symbol, tuple[int, int]]:
    return {n: (1, 100), K: (101, 400), g: (1, 9), p: (0, 50), t: (50, 100)} | dict.fromkeys(reals, (-3, 3))


@claim(
    "permutation, threshold 0, gradient descent: after one step of any size the 0-bits at n = 1 are wrong; after two "
    "steps of any size from 2/(l1 + l2) to below 2/l2 every mean has the sign that it has at convergence (also of any "
    "program with t n <= p K)",
    source=SOURCE,
)
def two_larger_steps() -> Verdict:
    l1, rest, step = sympy.symbols("l1 rest step", positive=True)  # l2 = l1 + rest
    l2, u = l1 + rest, sympy.Symbol("u", real=True)
    late, P0, R0, S0, L0, T0 = sympy.symbols("late P0 R0 S0 L0 T0")
    one_step = combine(*stopped(1, 0, 1, K, (1 - step * l1, 1 - step * l2)), 0, 1)
    later = combine(*stopped(g, u, n, K, (e1, e2)), p, t)
    at_convergence = (1 - e2) * combine(g, u, p, t)
    zero_bit = combine(*stopped(g, u, n, K, (e1, e2)), 0, t)
    return conclude(
        derive(less(0, one_step), {K0: 1 / K, R0: rest, S0: step}, K0 * R0 * S0, positive=(K0, R0, S0)),
        derive(
            at_most((1 - step * l1) ** 2, (1 - step * l2) ** 2),
            {S0: step, R0: rest, late: step * (l1 + l2) - 2},
            S0 * R0 * late,
        ),
        # e1 <= e2: a 1-bit has at least (1 - e2) times its mean at convergence, a 0-bit at most
        derive(
            at_most(at_convergence, later),
            {late: e2 - e1, G0: g, K0: 1 / K, P0: p * K - t * n},
            late * G0 * K0 * P0,
        ),
        derive(
            at_most(zero_bit, (1 - e2) * t * u),
            {late: e2 - e1, G0: g, K0: 1 / K, T0: t, L0: n},
            late * G0 * K0 * T0 * L0,
        ),
        checks=[
            confirm(
                "permutations of 5, 10, 20, 30, 64, 128 bits, both kernels, two steps: all states are rounded right",
                [(regime, bits) for regime in REGIMES for bits in SIZES],
                _right_after_two_steps,
                exhaustive=True,
            )
        ],
    )


def _right_after_two_steps(case: tuple[str, int]) -> bool:
    """Tell whether two steps, of a size between 2/(l1 + l2) and 2/l2, round every state of a permutation right."""
    regime, bits = case
    kernel = two_layer_relu(regime)
    at = TrainingTime(steps=2, step=fastest_step(kernel, bits))
    return all(rounds_right(kernel, counts, at=at) for counts in arbitrary_counts(permutation(range(bits))))


# --- the price of stopping early


BITS = 10


@claim(
    "permutation of 10 bits (NTK), worst margin at the best threshold: the networks needed at the times 1, 2, 3, 6 are "
    "between 2.99 and 3, 1.46 and 1.47, 1.163 and 1.166, 1.011 and 1.012 times those at convergence",
    source=SOURCE,
)
def price_of_stopping_early() -> Verdict:
    limits = {1: ("2.99", "3"), 2: ("1.46", "1.47"), 3: ("1.163", "1.166"), 6: ("1.011", "1.012")}
    return conclude(
        confirm(
            "the ratio of the squares of the largest margins, enclosed by balls",
            limits.items(),
            lambda case: _within(case[0], *map(Fraction, case[1])),
            exhaustive=True,
        )
    )


@lru_cache
def _largest_margin(moment: int | None) -> tuple[Ball, Ball]:
    """Return bounds of the largest worst margin over all thresholds, at a time; None: at convergence."""
    counts = arbitrary_counts(permutation(range(BITS)))
    margins = Margins.of(two_layer_relu(), counts, at=TrainingTime(time=moment))
    threshold = best(margins)
    least, most = margins.smallest(threshold).z, margins.ceiling(threshold)
    assert least is not None
    assert most is not None
    return least, most


def _within(moment: int, low: Fraction, high: Fraction) -> bool:
    early, late = _largest_margin(moment), _largest_margin(None)
    return bool((late[0] / early[1]) ** 2 > low) and bool((late[1] / early[0]) ** 2 < high)


@claim(
    "permutation of 10 bits (NTK), union by class for all inputs and a failure of 1/100: 96, 46, 36, 32 networks at "
    "the times 1, 2, 3, 6, and 31 at convergence",
    source=SOURCE,
)
def networks_by_class() -> Verdict:
    sizes = {Fraction(1): 96, Fraction(2): 46, Fraction(3): 36, Fraction(6): 32, None: 31}
    return conclude(
        confirm(
            "the smallest number of networks", sizes.items(), lambda case: _size(case[0]) == case[1], exhaustive=True
        )
    )


def _size(moment: Fraction | None) -> int:
    program = permutation(range(BITS))
    pairs = {Counts(*counts, BITS): number for counts, number in arbitrary_classes(program).items()}
    required = Requirement(
        two_layer_relu(),
        frozenset(pairs),
        output_bits=BITS,
        steps=1,
        inputs=1 << BITS,
        failure=Fraction(1, 100),
        pairs=pairs,
        at=TrainingTime(time=moment),
    )
    return required.size(0).networks


y, w = sympy.symbols("y w", nonnegative=True)  # e1 = y, e2 = y w
moment = sympy.Symbol("moment", nonnegative=True)
LAST = 9  # a time near convergence


def _moments(matches: int, bit: int, remaining: tuple[Any, Any]) -> tuple[sympy.Expr, sympy.Expr]:
    """Return mean and standard deviation of a bit of a permutation of 10 bits."""
    predictor, size = Predictor(two_layer_relu(), BITS), sympy.Integer(BITS)
    gain, u = predictor.gain(matches), predictor.weights(matches)[1]
    gain, u = stopped(gain, u, sympy.Integer(matches), size, remaining)
    prior = predictor.prior
    variance = spread(prior.own, prior.other, prior.matched(matches), u + gain, u, matches, size) / size
    return combine(gain, u, bit, 1), sympy.sqrt(variance)


@claim(
    "permutation of 10 bits (NTK): at every time and for every threshold the smallest margin of a 0-bit at n = 2 and a "
    "1-bit at n = 10 is less than the worst margin of all bits at convergence at the best threshold: no early stopping "
    "saves networks",
    source=SOURCE,
)
def early_stopping_saves_nothing() -> Verdict:
    """Decide for the pair, whose margins are at most ``(m1 - m0)/(s0 + s1)``, and for all other bits at convergence."""
    l1, l2 = eigenvalues(two_layer_relu(), BITS)
    low = sympy.Rational(6878, 10**4)
    distance, deviations = _pair((sympy.exp(-l1 * moment), sympy.exp(-l2 * moment)))
    near = _pair((y, y * w))
    end = {y: (0, Fraction(1, 1900)), w: (0, Fraction(1, 400000))}  # contains e1 and e2/e1 from the time LAST on
    return conclude(
        decide(less(distance, low * deviations), Box({moment: (0, LAST)})),
        decide(less(sympy.diff(near[0] / near[1], y), 0), Box(end)),
        decide(less(1900, sympy.exp(l1 * LAST))),
        decide(less(400000, sympy.exp((l2 - l1) * LAST))),
        checks=[
            confirm(
                "at convergence, where the margins of the pair are equal, they exceed 0.6878, and no other is smaller",
                sorted(arbitrary_counts(permutation(range(BITS)))),
                lambda counts: _at_least_the_pair(counts, Fraction(6878, 10**4)),
                exhaustive=True,
            )
        ],
    )


def _at_least_the_pair(counts: Counts, low: Fraction) -> bool:
    """Tell by balls whether at convergence no margin is smaller than that of the pair, which is above `low`."""
    kernel, precision = two_layer_relu(), 128
    pair = [Counts(2, 0, 1, BITS), Counts(BITS, 1, 1, BITS)]
    zero, one, bit = (State.at(kernel, c.matches, BITS, precision).moments(c) for c in (*pair, counts))
    largest = (one.mean - zero.mean) / (one.sigma + zero.sigma)
    tau = (zero.mean * one.sigma + one.mean * zero.sigma) / (one.sigma + zero.sigma)
    margin = bit.mean - tau if bit.bit else tau - bit.mean
    if bit.certain:
        return bool(margin > 0)
    return bool(largest > low) and (counts in pair or bool(margin / bit.sigma > largest))


def _pair(remaining: tuple[Any, Any]) -> tuple[sympy.Expr, sympy.Expr]:
    """Return the distance of the means of the pair, and the sum of their standard deviations."""
    (m0, s0), (m1, s1) = _moments(2, 0, remaining), _moments(BITS, 1, remaining)
    return m1 - m0, s0 + s1
