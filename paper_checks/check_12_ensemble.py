"""Ensemble size: the thinnest margin, how it grows with the program, what a better threshold saves, safe tails."""

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from random import Random

import sympy

from ntkproofs.bounds import (
    Margins,
    choose_threshold,
    ensemble_size,
    gaussian_tail,
    gaussian_tail_upper,
    mills_convergent,
)
from ntkproofs.bounds.tails import ORDER
from ntkproofs.bounds.thresholds import best, half
from ntkproofs.claims import Verdict, claim, conclude, confirm, confirm_batches, decide, derive
from ntkproofs.counts import arbitrary_counts
from ntkproofs.errors import InputError, NoMargin
from ntkproofs.facts import Finding
from ntkproofs.kernels import REGIMES, Kernel, two_layer_relu
from ntkproofs.predictor import MATCHES, SAMPLES, Predictor
from ntkproofs.programs import addition, permutation
from ntkproofs.rigor import Ball, Decision, Integers, at_most, enclose, equal, less

SOURCE = "abstract: ensemble complexity; ensemble experiment (arXiv 2502.16763 v1)"
n, K = MATCHES, SAMPLES
j = sympy.Symbol("j", nonnegative=True, integer=True)
x = sympy.Symbol("x", positive=True)
SIZES = {n: (2, 100), j: (0, 300)}
DELTA = Fraction(1, 100)
SEED = 20250222

# --- permutation, threshold 0: W**2 n0 var is a polynomial of degree 2 in K, W mean one of degree 0 (0-bits: U) or 1


@lru_cache
def polynomials(regime: str) -> tuple[sympy.Expr, list[sympy.Expr]]:
    """Return ``U(n) = W mean`` of a 0-bit (t = 1) and the coefficients in j of ``W**2 n0 var`` at ``K = n + j``."""
    kernel = two_layer_relu(regime)
    prior = kernel.prior or kernel
    names = sympy.symbols("own other g prior_own prior_other prior_matched")
    own, other, g, prior_own, prior_other, prior_matched = names
    W, U = own - other + (n + j) * other, other * (1 - n * g)
    m = U + g * W
    S1, S2 = n * m + j * U, n * m**2 + j * U**2
    linear = n * m * prior_matched + j * U * prior_other
    variance = prior_own * W**2 + (prior_own - prior_other) * S2 + prior_other * S1**2 - 2 * linear * W
    values = (kernel.own, kernel.other, Predictor(kernel, K).gain(n), prior.own, prior.other, prior.matched(n))
    known = dict(zip(names, values, strict=True))
    coefficients = reversed(sympy.Poly(variance, j).all_coeffs())
    return U.subs(known), [coefficient.subs(known) for coefficient in coefficients]


@lru_cache
def thinnest(regime: str) -> tuple[sympy.Expr, sympy.Expr, sympy.Expr]:
    """Return a, b, c with ``var/mean**2 = a K + b + c/K`` for the 0-bit at n = 2."""
    U, (c0, c1, c2) = polynomials(regime)
    square = U.subs(n, 2) ** 2
    a, b, c = c2.subs(n, 2), (c1 - 4 * c2).subs(n, 2), (c0 - 2 * c1 + 4 * c2).subs(n, 2)
    return a / square, b / square, c / square


def _of_two(regime: str) -> sympy.Expr:
    """Return ``var/mean**2`` of the 0-bit at n = 2, straight from the predictor."""
    predictor = Predictor(two_layer_relu(regime), K)
    return predictor.variance(2) / predictor.mean(2, 0, 1) ** 2


def _below(value: sympy.Expr) -> Fraction:
    """Return a rational with few digits just below a constant (that it is below is decided where it is used)."""
    return Fraction(int(enclose(value, precision=80).middle * 10**6) - 1, 10**6)


@claim(
    "permutation, threshold 0: of all bits of all states the 0-bit at n = 2 has the largest var/mean^2, for every K "
    ">= 3 (for K = 2 no such bit occurs) ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def thinnest_margin(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    own, other, g = kernel.own, kernel.other, Predictor(kernel, K).gain(n)
    U, variance = polynomials(regime)
    predictor, W = Predictor(kernel, n + j), own - other + (n + j) * other
    low = [sympy.Rational(value.numerator, value.denominator) for value in map(_below, thinnest(regime))]
    # K var/mean**2 at n = 2 is more than low[0] K**2 + low[1] K + low[2], at K = n + j a polynomial in j:
    two = [low[0] * n**2 + low[1] * n + low[2], 2 * low[0] * n + low[1], low[0]]
    one = [other + g * (own - other), g * other]  # W mean of a 1-bit
    squared = [one[0] ** 2, 2 * one[0] * one[1], one[1] ** 2]
    products = [sum(two[a] * squared[power - a] for a in range(3) if 0 <= power - a < 3) for power in range(5)]
    total = sum(coefficient * j**power for power, coefficient in enumerate(variance))
    # a polynomial in j >= 0 all of whose coefficients are positive is positive
    return conclude(
        *(decide(less(bound, value)) for bound, value in zip(low, thinnest(regime), strict=True)),
        *(decide(less(variance[power], two[power] * U**2), Integers(n, start=3)) for power in range(3)),
        *(
            decide(less(variance[power] if power < 3 else 0, products[power]), Integers(n, start=2))
            for power in range(5)
        ),
        derive(equal(predictor.scaled_variance(n) * W**2, total), SIZES),
        derive(equal(predictor.mean(n, 0, 1) * W, U), SIZES),
        derive(equal(predictor.mean(n, 1, 1) * W, one[0] + one[1] * j), SIZES),
    )


@claim(
    "permutation, 0-bit at n = 2: var/mean^2 = a K + b + c/K with a = 2.8036... (the limit of var/(mean^2 K)), "
    "b = 30.56..., c = 85.85... for every K",
    source=SOURCE,
)
def thinnest_closed_form() -> Verdict:
    a, b, c = thinnest("ntk")
    limits = ((a, 28036, 10**4), (b, 3056, 100), (c, 8585, 100))
    return conclude(
        derive(equal(_of_two("ntk"), a * K + b + c / K), {K: (2, 400)}),
        *(decide(less(Fraction(value, unit), number)) for number, value, unit in limits),
        *(decide(less(number, Fraction(value + 1, unit))) for number, value, unit in limits),
    )


def _per_sample(bound: Fraction, start: int) -> Decision:
    """Decide ``a + b/K + c/K**2 < bound`` for all K from `start` on."""
    a, b, c = thinnest("ntk")
    return decide(less(a + b / K + c / K**2, bound), Integers(K, start=start))


PER_SAMPLE = ((3, Fraction(2254, 100)), (10, Fraction(672, 100)), (30, Fraction(392, 100)))


@claim(
    "permutation: max var/mean^2 > 2.8036 K for every K >= 3; < 22.54 K for every K >= 2 (22.53 is too small), "
    "< 6.72 K from K = 10 on (6.71 is too small), < 3.92 K from K = 30 on (3.91 is too small)",
    source=SOURCE,
)
def linear_in_samples() -> Verdict:
    a, b, c = thinnest("ntk")
    only = Predictor(two_layer_relu(), 2)  # K = 2: the one bit with a variance, a 1-bit at n = 2
    return conclude(
        derive(equal(_of_two("ntk"), K * (a + b / K + c / K**2)), {K: (3, 400)}),
        decide(less(Fraction(28036, 10000), a)),
        decide(less(0, b)),
        decide(less(0, c)),
        decide(less(only.variance(2) / only.mean(2, 1, 1) ** 2, 2 * PER_SAMPLE[0][1])),
        *(_per_sample(bound, start) for start, bound in PER_SAMPLE),
        *(decide(less(bound - Fraction(1, 100), a + b / start + c / start**2)) for start, bound in PER_SAMPLE),
    )


@claim(
    "published bound 8 max(var/mean^2) ln(2 K X/delta) for permutation, every K >= 3, delta < 1: one input (X = 1), "
    "between 22.4 K ln(2 K/delta) and 180.4 K ln(2 K/delta); all inputs (X = 2^K), between 15.5 K^2 and 250 K^2 + "
    "180.4 K ln(1/delta)",
    source=SOURCE,
)
def growth() -> Verdict:
    two = sympy.log(2)
    ratio, log_delta, twice = sympy.symbols("ratio log_delta twice", positive=True)  # log_delta = ln(1/delta)
    log_k, above, below, gap = sympy.symbols("log_k above below gap", nonnegative=True)  # log_k = ln(2 K)
    high, low = sympy.Rational(2254, 100), sympy.Rational(28036, 10000)
    given = {above: high * K - ratio, below: ratio - low * K, log_k: log_k, log_delta: log_delta, K: K, twice: twice}
    one_input = 8 * ratio * (log_k + log_delta)
    # all inputs, with twice = ln 2: ln(2 K 2^K / delta) = log_k + K twice + log_delta, and 2 K <= 2^K
    all_inputs = one_input + 8 * ratio * K * twice
    most = 8 * high * K * (2 * K * twice + log_delta)
    short = {**given, gap: K * twice - log_k}
    return conclude(
        _per_sample(*reversed(PER_SAMPLE[0])),
        *(decide(less(bound, value)) for bound, value in zip((low, 0, 0), thinnest("ntk"), strict=True)),
        derive(at_most(one_input, 8 * high * K * (log_k + log_delta)), given, 8 * above * (log_k + log_delta)),
        derive(at_most(8 * low * K * (log_k + log_delta), one_input), given, 8 * below * (log_k + log_delta)),
        derive(
            at_most(all_inputs, most),
            short,
            8 * above * (log_k + log_delta + K * twice) + 8 * high * K * gap,
        ),
        derive(
            at_most(8 * low * K**2 * twice, all_inputs),
            short,
            8 * below * (log_k + log_delta + K * twice) + 8 * low * K * (log_k + log_delta),
        ),
        derive(at_most(2 * (K + 1), 2 * (2 * K)), {gap: K - 1}, 2 * gap),  # 2 K <= 2^K, by induction from K = 1
        decide(at_most(8 * high, Fraction(1804, 10))),
        decide(less(Fraction(224, 10), 8 * low)),
        decide(less(16 * high * two, 250)),
        decide(less(Fraction(155, 10), 8 * low * two)),
    )


@claim(
    "the scaling curve 8 K ln(2 K T 2^K) is not an upper bound for 8 max(var/mean^2) ln(2 K T 2^K / delta), delta < 1: "
    "for no K >= 3, by a factor of more than 2.8; K = 30: by more than 3.9",
    source="validation scripts (scaling curve)",
)
def scaling_curve() -> Verdict:
    a, b, c = thinnest("ntk")
    ratio = _of_two("ntk") / K
    return conclude(
        derive(equal(ratio, a + b / K + c / K**2), {K: (2, 400)}),
        decide(less(Fraction(28, 10), a + b / K + c / K**2), Integers(K, start=3)),
        decide(less(Fraction(39, 10), ratio.subs(K, 30))),
    )


# --- thresholds


@lru_cache(maxsize=128)
def margins_of(bits: int) -> Margins:
    """Return the margins of the permutations of so many bits, at any state."""
    return Margins.of(two_layer_relu(), arbitrary_counts(permutation(range(bits))))


@lru_cache(maxsize=128)
def _best(bits: int) -> Fraction:
    return best(margins_of(bits))


@lru_cache(maxsize=512)
def _z(bits: int, threshold: Fraction) -> Ball:
    z = margins_of(bits).smallest(threshold).z
    if z is None:
        raise InputError(f"no output has a variance for k = {bits}")
    return z


def _saving(bits: int, threshold: Fraction) -> Ball:
    """Return how many times fewer networks than at threshold 0: the ratio of the squared margins."""
    return (_z(bits, threshold) / _z(bits, Fraction(0))) ** 2


@claim(
    "permutation, k = 5..128: half the smallest positive mean needs 3.9 to 39.1 times fewer networks than the "
    "threshold 0, the best threshold 9.1 to 58.5 times fewer; either saving falls with k (up to the rounding of the "
    "threshold); the best lies between 0.29/k and 0.52/k",
    source=SOURCE,
)
def savings() -> Verdict:
    def check() -> Iterator[tuple[int, str | None]]:
        last: tuple[Ball, Ball] | None = None
        for bits in range(5, 129):
            tau = _best(bits)
            found = (_saving(bits, half(margins_of(bits))), _saving(bits, tau))
            good = Fraction(39, 10) < found[0] < Fraction(391, 10) and Fraction(91, 10) < found[1] < Fraction(585, 10)
            good = good and Fraction(29, 100) <= tau * bits <= Fraction(52, 100)
            falls = last is None or all(
                now < then * Fraction(1001, 1000) for now, then in zip(found, last, strict=True)
            )
            last = found
            yield 1, None if good and falls else f"k = {bits}: {found[0].digits(6)}, {found[1].digits(6)}, {tau}"

    return conclude(confirm_batches("every k from 5 to 128, ratios by balls", check(), exhaustive=True))


@claim(
    "no threshold at all needs 1 network in 1,000 less than the rounded best one: permutation, k = 3..128",
    source=SOURCE,
)
def best_is_best() -> Verdict:
    def check(bits: int) -> bool:
        tau = _best(bits)
        ceiling = margins_of(bits).ceiling(tau)
        return ceiling is not None and (_z(bits, tau) / ceiling) ** 2 > Fraction(999, 1000)

    return conclude(confirm("every k from 3 to 128, ratios by balls", range(3, 129), check, exhaustive=True))


@claim(
    "permutation, all inputs, delta = 0.01, Gaussian tail: the best threshold needs 390 networks for k = 30 and 8,070 "
    "for k = 128, threshold 0 needs 6,086 and 73,834; with one network less even the exact tail exceeds delta",
    source=SOURCE,
)
def known_sizes() -> Verdict:
    def check(case: tuple[int, str, int]) -> bool:
        bits, choice, networks = case
        counts = arbitrary_counts(permutation(range(bits)))
        found = ensemble_size(
            two_layer_relu(),
            counts,
            output_bits=bits,
            steps=1,
            inputs=2**bits,
            failure=DELTA,
            threshold=choose_threshold(two_layer_relu(), counts, choice),
        )
        return (found.networks, found.least) == (networks, "tail")

    cases = [(30, "best", 390), (30, "zero", 6086), (128, "best", 8070), (128, "zero", 73834)]
    return conclude(confirm("the size of the ensemble", cases, check, exhaustive=True))


@claim(
    "threshold 0 is refused for addition (q_0), at l = 2..32; without the bits that no template writes it is accepted",
    source=SOURCE,
)
def zero_for_addition() -> Verdict:
    def check(bits: int) -> bool:
        counts, kernel = arbitrary_counts(addition(bits)), two_layer_relu()
        try:
            choose_threshold(kernel, counts, "zero")
        except NoMargin as refusal:
            return "no template writes" in str(refusal) and _accepted(kernel, bits)
        return False

    def _accepted(kernel: Kernel, bits: int) -> bool:
        return choose_threshold(kernel, arbitrary_counts(addition(bits)), "zero", drop_unwritten=True) == 0

    return conclude(confirm("every l from 2 to 32", range(2, 33), check, exhaustive=True))


# --- tails


@claim(
    "odd convergents c_m of Laplace's continued fraction bound the Gaussian tail: phi c_m - Q and phi c_m decrease to "
    "0, for every odd m at once",
    source="Laplace; needed for sizes that elementary arithmetic can check",
)
def odd_convergents() -> Verdict:
    m, y, p0, p1, p2, q0, q1, q2 = sympy.symbols("m y p0:3 q0:3", positive=True)
    # p0, p1, p2 stand for P_(m-2), P_(m-1), P_m, and q0, q1, q2 for Q_(m-2), Q_(m-1), Q_m
    P, Q = x * p1 + (m - 1) * p0, x * q1 + (m - 1) * q0  # P_m, Q_m
    P_next, Q_next = x * p2 + m * p1, x * q2 + m * q1  # P_(m+1), Q_(m+1)
    ranges = {symbol: (1, 50) for symbol in (m, y, x, p0, p1, p2, q0, q1, q2)}
    # induction on Q_m' = m Q_(m-1) and P_m' = x P_m - Q_m + m P_(m-1), which hold for m = 1, 2
    q_slope = q2 + x * m * q1 + m * (m - 1) * q0
    p_slope = p2 + x * (x * p2 - q2 + m * p1) + m * (x * p1 - q1 + (m - 1) * p0)
    solved = {p2: P, q2: Q}
    slopes = x * p2 - q2 + m * p1, m * q1  # P_m', Q_m'
    wronskian = slopes[0] * q2 - p2 * slopes[1] - x * p2 * q2 + q2**2  # Q_m**2 (c_m' - x c_m + 1)
    return conclude(
        derive(equal(q_slope.subs(solved), ((m + 1) * q2).subs(solved)), ranges),
        derive(equal(p_slope.subs(solved), (x * P_next - Q_next + (m + 1) * p2).subs(solved)), ranges),
        derive(equal(wronskian, m * (p1 * q2 - p2 * q1)), ranges),
        # P_m Q_(m-1) - P_(m-1) Q_m turns its sign and grows (m-1)-fold: (-1)**(m-1) (m-1)!, as P_1 Q_0 - P_0 Q_1 = 1
        derive(equal(P * q1 - p1 * Q, -(m - 1) * (p1 * q0 - p0 * q1)), ranges),
        # one more level: the last x of c_m replaced by x + m/y
        derive(equal((x + m / y) * p1 + (m - 1) * p0, ((x * p1 + (m - 1) * p0) * y + m * p1) / y), ranges),
        derive(equal(sympy.diff(1 / x, x) - x / x + 1, -1 / x**2), ranges),
        checks=[_recurrence(), _above_the_tail()],
    )


def _recurrence() -> Finding:
    """Hold the convergents of the code against the recurrence, in exact rationals."""

    def check(point: Fraction) -> bool:
        P, Q = [Fraction(0), Fraction(1)], [Fraction(1), point]
        for order in range(2, ORDER + 1):
            P.append(point * P[-1] + (order - 1) * P[-2])
            Q.append(point * Q[-1] + (order - 1) * Q[-2])
        balls = [mills_convergent(Ball(point, precision=200), order) for order in range(1, ORDER + 1)]
        return all(ball.contains(P[order] / Q[order]) for order, ball in enumerate(balls, start=1))

    points = [Fraction(k, 7) for k in range(1, 41)]
    return confirm(f"c_m = P_m/Q_m for m = 1..{ORDER}", points, check, exhaustive=False, seed=0)


def _above_the_tail() -> Finding:
    source = Random(SEED)
    points = [Fraction(source.randint(1, 40_000), 1000) for _ in range(200)]

    def check(point: Fraction) -> bool:
        at = Ball(point, precision=2000)
        return gaussian_tail(at) < gaussian_tail_upper(at)

    return confirm("Q < phi c_41 at random points up to 40", points, check, exhaustive=False, seed=SEED)
