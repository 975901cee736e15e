"""How the number of networks grows: permutation of K bits, all 2^K inputs, NTK.

Three sizes of an ensemble of infinitely wide networks, for a permitted probability of failure delta:

* the published sufficient size grows like K^2 (:mod:`check_12_ensemble`);
* the size for which the union bound by class is at most delta grows like ``K^(3/2) ln K``: :func:`by_class_is_enough`
  and :func:`by_class_is_too_few`;
* the size that ensembles need grows like ``K ln K``: :func:`enough_networks` and :func:`too_few_networks`.

So "quadratic ensemble complexity" is a property of the published bound, and of no ensemble. In floats, the union by
class divided by ``K^(3/2) ln K`` tends to ``(pi - 1)(2 pi - 1)/(8 pi^2) = 0.1433``.

**Notation.** A state with n ones has the mean ``u(n) <= 0`` for a bit that should be 0 and ``u(n) + F(n)/D`` for a bit
that should be 1, and the variance ``V(n, K)/K``. D', F' are the numbers of the prior (NNGP) kernel, ``j = K - n``, and
``U = n F - D``.

**Why the union by class is not tight.** Its worst class has about sqrt(K) zeros: the mean of a 1 is between ``1/K`` and
``2/K``, the variance about ``0.34/K``, and there are ``C(K, sqrt K)`` such states. But at all of them the output is
strongly correlated with that at the state F of all ones. Let S be a state with j zeros, and ``lam = sqrt(n/K)``; then
``f(S) - lam f(F)`` has a variance of less than ``0.3233 j/K^2`` (:func:`difference_from_all_ones`). For any a > 0, the
average is on the wrong side at S only if at F it is below its mean by a, or the difference is below its mean by the
rest of the margin, ``mean - threshold - lam a``. The union bound over these events has one event for F and one for each
S, whose variance is the smaller the nearer S is to F. No independence is used.

**Enough networks.** Let ``W = D + K``, ``L = ln(K/delta)``, ``N >= A W^2/K L`` with ``A = 183/100``, the threshold
``c/K`` with ``c = 35/100``, and ``a = (1 - c)/K``. Tails are bounded by ``Q(x) <= exp(-x^2/2)/2``.

* State F, K bits: half of N times the squared margin over the variance is at least ``A (1-c)^2/(2 V) L >= L``.
* Differences, ``K C(K-1, j) <= K^(j+1)/j!`` for each j >= 1 with n >= 2: as ``F(n) >= pi/sqrt(n)``, K times the mean is
  at least ``1 + e + b j/sqrt(K)`` with ``b = (K/W) pi/D`` and ``e = (pi sqrt(K) - D)/W``. So the margin is at least
  ``(e + b j/sqrt(K))/K``, and its square at least ``(b^2 j^2/K + 2 e b j/sqrt(K))/K^2``. Half of N times this over the
  variance is at least ``(j + 1) L``.
* Bits that should be 0, n >= 2: at most ``K^(n+1)/n!``, and at most ``K C(K-1, j-1) <= K^j/(j-1)!``. The margin is
  ``(c W/K + U/D)/W``. Half of N times its square over the variance is at least ``(n + 1) L`` if ``j >= n/2``, and
  ``(j + 1) L`` if ``j <= n/2``.

The sum is at most ``delta/2 (1 + (e^delta - 1) + (e^delta - 1 - delta) + delta e^delta) <= delta`` for delta <= 1/3.
States with n <= 1 have no variance.

**Too few networks.** Let ``theta`` be a number and N <= kappa K ln K. At a threshold of theta/K or more, consider the K
bits at F, which should be 1; below it, consider for each output bit one state with two ones at which it should be 0. In
both cases these are K independent events, each of probability q, and some occurs with probability
``1 - (1 - q)^K >= 1 - exp(-K q)``. If half the squared argument of the tail is at most ``mu ln K``, then
``q >= K^-mu x/((1 + x^2) sqrt(2 pi))`` with ``x = sqrt(2 mu ln K)``.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import comb

import sympy

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.arithmetic.expressions import enclose
from ntkproofs.bounds.moments import State
from ntkproofs.bounds.tails import gaussian_tail
from ntkproofs.claims import Verdict, claim, conclude, confirm, confirm_batches, decide, derive
from ntkproofs.counts import Counts
from ntkproofs.facts import Finding
from ntkproofs.kernels import two_layer_relu
from ntkproofs.kernels.angular import RHO
from ntkproofs.predictor import MATCHES, SAMPLES, Predictor
from ntkproofs.rigor import Box, Integers, at_most, equal, less

SOURCE = "abstract: quadratic ensemble complexity (arXiv 2502.16763 v1)"
n, K = MATCHES, SAMPLES
i, s, y = sympy.symbols("i s y", nonnegative=True)
pi, root = sympy.pi, sympy.sqrt
NTK, PRIOR = two_layer_relu(), two_layer_relu("nngp")
OTHER, D, D_PRIOR = NTK.other, NTK.contrast, PRIOR.contrast
F, F_PRIOR = NTK.excess(n), PRIOR.excess(n)
GAP = F / D - F_PRIOR / D_PRIOR
A, C = sympy.Rational(183, 100), sympy.Rational(35, 100)
LARGEST = sympy.Rational(3409, 10000)  # of V
SPREAD = sympy.Rational(3233, 10000)  # of K^2/j times the variance of the difference
PHI, PHI_PRIOR = n * F - pi * root(n), n * F_PRIOR - pi * root(n) / 2


# --- the variance as a polynomial in i, at K = n + i or K = 3 n/2 + i


def _coefficients(
    samples: sympy.Expr, square: Callable[[sympy.Expr], sympy.Expr], factor: sympy.Expr
) -> list[sympy.Expr]:
    """Return the coefficients in i of ``(square(U/D) - factor V) W^2`` at K = `samples`, a polynomial of degree 2."""
    names = sympy.symbols("f f_prior")
    U, gap = n * names[0] - D, names[0] / D - names[1] / D_PRIOR
    constant = (D_PRIOR**2 - n * names[1] ** 2) / D_PRIOR + D_PRIOR * n * gap**2
    W = D + samples
    variance = OTHER * (constant * W**2 + U**2 + D_PRIOR * (samples * U**2 / D**2 - 2 * n * gap * U * W / D))
    whole = square(U / D) * W**2 - factor * variance
    slope = sympy.diff(whole, i)
    known = dict(zip(names, (F, F_PRIOR), strict=True))
    return [part.subs(known) for part in (whole.subs(i, 0), slope.subs(i, 0), sympy.diff(slope, i) / 2)]


def _variance() -> sympy.Expr:
    """Return V(n, K)."""
    U, W = n * F - D, D + K
    constant = (D_PRIOR**2 - n * F_PRIOR**2) / D_PRIOR + D_PRIOR * n * GAP**2
    return OTHER * (constant + U**2 / W**2 + D_PRIOR * (K * U**2 / (D * W) ** 2 - 2 * n * GAP * U / (D * W)))


def _variance_is_bounded() -> list[Finding]:
    """Show ``V(n, K) < LARGEST`` for 2 <= n <= K, from the closed form of the predictor."""
    positive = _coefficients(n + i, lambda _: LARGEST, sympy.Integer(1))
    return [
        derive(equal(Predictor(NTK, K).scaled_variance(n), _variance()), {n: (2, 40), K: (40, 400)}),
        *(decide(less(0, coefficient), Integers(n, start=2)) for coefficient in positive),
    ]


# --- the difference of the outputs at a state and at the state of all ones


@claim(
    "permutation of K bits (NTK), K >= 3, S a state with n ones, 2 <= n < K, and F the state of all ones: the "
    "difference of the outputs f(S) - sqrt(n/K) f(F) of one network has a variance of less than 0.3233 (1 - n/K)/K",
    source=SOURCE,
)
def difference_from_all_ones() -> Verdict:
    names = sympy.symbols("lam k other contrast contrast_prior f f_prior f_all f_prior_all own_prior j")
    lam, kernel, other, c, c_prior, f, f_prior, f_all, f_prior_all, own_prior, j = names
    samples, ranges = n + j, {symbol: (1, 50) for symbol in (*names, n)}
    # the weights at S and, all equal, at F; the difference has the weights `inside`, `outside`
    W = c + samples
    outside_S, at_F = (c - n * f) / (c * W), (c + c * f_all) / (c * W)
    inside, outside = outside_S + f / c - lam * at_F, outside_S - lam * at_F
    vector = f_prior + 1 - lam * (1 + f_prior_all), 1 - lam * (1 + f_prior_all)  # in units of other
    total, total_vector = n * inside + j * outside, n * vector[0] + j * vector[1]
    squares, products = n * inside**2 + j * outside**2, n * inside * vector[0] + j * outside * vector[1]
    direct = own_prior * (1 + lam**2) - 2 * lam * kernel + other * (c_prior * squares + total**2 - 2 * products)
    start = own_prior * (1 + lam**2) - 2 * lam * kernel
    apart = n * j / samples * (c_prior * (f / c) ** 2 - 2 * f / c * f_prior)
    rest = total / samples * ((samples + c_prior) * total - 2 * total_vector)
    # with f = (pi sqrt n + phi)/n and lam = sqrt(n/K) the sums are K (1 - lam) + phi(n) - lam phi(K), the first over W
    phi, phi_all, a, b = sympy.symbols("phi phi_all a b", positive=True)
    known = {f: (a * b + phi) / n, f_all: (a * b / lam + phi_all) / samples}
    ones, far = Fraction(3, 2), Fraction(164, 100)
    return conclude(
        derive(equal(direct, start + other * (apart + rest)), ranges),
        derive(
            equal((total * W).subs(known), samples - lam * samples + phi - lam * phi_all),
            {**ranges, phi: (1, 50), phi_all: (1, 50), a: (1, 50), b: (1, 50)},
        ),
        # the kernel of two vectors of correlation rho is at least rho/2, so that `start` is at most (1 - lam^2)/2
        derive(equal(PRIOR.angular, (root(1 - RHO**2) + RHO * (pi - sympy.acos(RHO))) / (2 * pi)), {RHO: (0, 1)}),
        decide(at_most(root(1 - y**2) * sympy.asin(y), y), Box({y: (0, 1)})),  # y = sqrt(1 - rho^2)
        # `rest` is at most 0: the total is positive, and (K + D') total <= W total < 2 total_vector, because
        # K (1 - lam) = j/(1 + lam) >= 1/(1 + lam), 3/2 < phi(n) < 1.64, and phi(n) - 2 phi'(n) is in [1/2, 3/5)
        decide(less(D_PRIOR, D)),
        decide(less(ones, PHI), Integers(n, start=2)),
        decide(less(PHI, far), Integers(n, start=2)),
        derive(equal(PHI - 2 * PHI_PRIOR, n - n * root(1 - 1 / n)), {n: (2, 400)}),
        decide(less(Fraction(1, 2), n - n * root(1 - 1 / n)), Integers(n, start=2)),
        decide(less(n - n * root(1 - 1 / n), Fraction(3, 5)), Integers(n, start=2)),
        decide(less(0, 1 + (ones - far * y) * (1 + y)), Box({y: (0, 1)})),
        decide(less(0, 1 - (Fraction(3, 5) - y / 2) * (1 + y)), Box({y: (0, 1)})),
        # `apart` is (1 - n/K) times a function of n
        decide(
            less(Fraction(1, 2) + OTHER * n * (D_PRIOR * (F / D) ** 2 - 2 * F / D * F_PRIOR), SPREAD),
            Integers(n, start=2),
        ),
        checks=[_dense_differences()],
    )


def _difference(ones: int, samples: int, precision: int = 128) -> Ball:
    """Enclose K times the variance of ``f(S) - sqrt(n/K) f(F)``: sums over the samples with the predictor's weights."""
    at_S, at_F = (State.at(NTK, count, samples, precision) for count in (ones, samples))
    lam = Ball(Fraction(ones, samples), precision=precision).sqrt()
    own, other, _ = PRIOR.enclosed(ones, precision=precision)
    near, all_near = (PRIOR.enclosed(count, precision=precision)[2] for count in (ones, samples))
    everywhere = lam * (at_F.u + at_F.gain)
    weights = (at_S.u + at_S.gain - everywhere, at_S.u - everywhere)
    vector = (near - lam * all_near, other - lam * all_near)
    counts = (ones, samples - ones)
    total = sum((weight * count for weight, count in zip(weights, counts, strict=True)), Ball(0, precision=precision))
    result = own * (1 + lam**2) - lam * 2 * enclose(PRIOR.angular, {RHO: lam}, precision=precision) + other * total**2
    for weight, entry, count in zip(weights, vector, counts, strict=True):
        result = result + ((own - other) * weight**2 - weight * entry * 2) * count
    return result


def _dense_differences() -> Finding:
    """Compare the bound with the variance itself, for all n < K <= 60, by balls."""

    def check() -> Iterator[tuple[int, str | None]]:
        for samples in range(3, 61):
            for ones in range(2, samples):
                value = _difference(ones, samples) / Fraction(samples - ones, samples)
                yield 1, None if 0 < value < Fraction(3233, 10000) else f"n = {ones}, K = {samples}: {value!r}"

    return confirm_batches("2 <= n < K <= 60", check(), exhaustive=True)


# --- ensembles


@claim(
    "permutation of K bits (NTK), all 2^K inputs, for all K >= 4 and delta <= 1/3: N >= 1.83 (K + 2 pi - 1)^2/K "
    "ln(K/delta) networks are enough at the threshold 0.35/K, by a union bound over the state of all ones and the "
    "differences of other states from it",
    source=SOURCE,
)
def enough_networks() -> Verdict:
    delta = y
    sum_of_shares = 2 * sympy.exp(delta) - 1 - delta + delta * sympy.exp(delta)
    zeros = _coefficients(3 * n / 2 + i, lambda margin: A * (C + margin) ** 2, 2 * (n + 1))
    return conclude(
        *_variance_is_bounded(),
        # the state of all ones
        decide(less(2 * LARGEST, A * (1 - C) ** 2)),
        # differences
        decide(less(pi / root(n), F), Integers(n, start=2)),
        decide(less(D, pi * root(K)), Integers(K, start=3)),
        decide(less(2 * SPREAD, A * (pi / D) ** 2)),
        decide(less(SPREAD, A * pi / D * (pi - D / root(K))), Integers(K, start=4)),
        # bits that should be 0, at K >= 3 n/2 and at K <= 3 n/2, where j + 1 <= (n + 2)/2 and W/K >= 1 + 2 D/(3 n)
        *(decide(less(0, coefficient), Integers(n, start=2)) for coefficient in zeros),
        decide(
            less((n + 2) * LARGEST, A * (C * (1 + 2 * D / (3 * n)) + (n * F - D) / D) ** 2),
            Integers(n, start=2),
        ),
        # the sum of the shares
        decide(at_most(sum_of_shares, 2), Box({delta: (0, Fraction(1, 3))})),
    )


TOO_FEW = {
    16: (Fraction(1, 4), "0.39", "0.6"),
    256: (Fraction(1, 2), "0.26", "0.69"),
    4096: (Fraction(3, 4), "0.21", "0.8"),
}


@claim(
    "permutation of K bits (NTK), all 2^K inputs: at every threshold, ensembles of N networks fail with a probability "
    "of more than 1/3 for N <= K ln(K)/4 and all K >= 16, for N <= K ln(K)/2 and all K >= 256, for N <= 3/4 K ln K and "
    "all K >= 4,096",
    source=SOURCE,
)
def too_few_networks() -> Verdict:
    U_two, V = (n * F - D).subs(n, 2), _variance()
    at_all_ones = K * (1 + F.subs(n, K)) / (D + K)
    log_k, mu = sympy.symbols("log_k mu", positive=True)
    x_squared = 2 * mu * log_k
    log_of_events = (1 - mu) * log_k + sympy.log(x_squared) / 2 - sympy.log(1 + x_squared)
    slope = (1 - mu) + 1 / (2 * log_k) - 2 * mu / (1 + x_squared)
    findings: list[Finding] = [
        derive(equal(Predictor(NTK, K).mean(K, 1, 1) * K, at_all_ones), {K: (3, 400)}),
        derive(equal(Predictor(NTK, K).mean(2, 0, 1), -U_two / (D * (D + K))), {K: (3, 400)}),
        derive(equal(sympy.diff(log_of_events, log_k), slope), {log_k: (3, 40), mu: (Fraction(1, 2), Fraction(9, 10))}),
    ]
    for start, (kappa, theta_digits, mu_digits) in TOO_FEW.items():
        theta, bound = sympy.Rational(theta_digits), sympy.Rational(mu_digits)
        ones = kappa * (at_all_ones - theta) ** 2 / (2 * V.subs(n, K))
        zeros = kappa * (theta + K * U_two / (D * (D + K))) ** 2 / (2 * V.subs(n, 2))
        findings += [
            decide(less(ones, bound), Integers(K, start=start)),
            decide(less(zeros, bound), Integers(K, start=start)),
            *_increasing(bound, start),
            # the logarithm of K q sqrt(2 pi) at K = start; 1 - exp(-K q) > 1/3 if K q > ln(3/2)
            decide(
                less(
                    sympy.log(sympy.log(sympy.Rational(3, 2))) + sympy.log(2 * pi) / 2,
                    log_of_events.subs({mu: bound, log_k: sympy.log(start)}),
                )
            ),
        ]
    return conclude(*findings)


def _increasing(mu: sympy.Rational, start: int) -> list[Finding]:
    """Show that ``ln(K q)`` increases with ln K from `start` on: its derivative exceeds ``1 - mu - 2 mu/(1 + x^2)``."""
    return [decide(at_most(2 * mu / (1 - mu), 1 + 2 * mu * sympy.log(start)))]


# --- the union bound by class


@claim(
    "permutation of K bits (NTK), all 2^K inputs, for all K >= 10 and delta <= 1/3: with N >= 0.9 (K + 2 pi - 1) "
    "sqrt(K) ln(K/delta) networks the union bound by class is at most delta at the threshold 0.35/K",
    source=SOURCE,
)
def by_class_is_enough() -> Verdict:
    size = sympy.Rational(9, 10)
    return conclude(
        *_variance_is_bounded(),
        decide(less(pi / root(n), F), Integers(n, start=2)),
        decide(less(D, pi * root(K)), Integers(K, start=3)),
        # bits that should be 1 at j >= 1 zeros: (1 - c + b j/sqrt(K))^2 >= 4 (1 - c) b j/sqrt(K), and j + 1 <= 2 j
        decide(less(LARGEST, size * (1 - C) * pi / D)),
        # at the state of all ones
        decide(less(2 * LARGEST, size * (1 - C) ** 2 * (K + D) / root(K)), Integers(K, start=2)),
        # bits that should be 0: no fewer networks than in `enough_networks`
        decide(less(A * (K + D), size * K * root(K)), Integers(K, start=10)),
    )


BY_CLASS_TOO_FEW = {
    100: (Fraction(1, 17), "0.8", "0.83", 90, "0.948", "0.133"),
    1024: (Fraction(1, 10), "0.95", "0.95", 992, "1.006", "0.137"),
    10**6: (Fraction(13, 100), "1.25", "1.2", 998_749, "1.0298", "0.1387"),
}


@claim(
    "permutation of K bits (NTK), all 2^K inputs: at every threshold >= 0 the union bound by class exceeds 1 for "
    "N <= K^(3/2) ln(K)/17 and all K >= 100, for N <= K^(3/2) ln(K)/10 and all K >= 1,024, and for N <= 0.13 K^(3/2) "
    "ln K and all K >= 10^6",
    source=SOURCE,
)
def by_class_is_too_few() -> Verdict:
    findings: list[Finding] = [
        decide(less(PHI, Fraction(164, 100)), Integers(n, start=2)),
        decide(less(Fraction(3, 2), PHI), Integers(n, start=2)),
        derive(equal(Predictor(NTK, K).scaled_variance(n), _variance()), {n: (2, 40), K: (40, 400)}),
        derive(equal(Predictor(NTK, K).mean(n, 1, 1) * (D + K), 1 + (D + K - n) * F / D), {n: (2, 40), K: (40, 400)}),
    ]
    for start, (kappa, zeros, share, ones, constant, gap) in BY_CLASS_TOO_FEW.items():
        values = [sympy.Rational(value) for value in (zeros, share, constant, gap)]
        findings += _class_of_many(start, kappa, ones, *values)
    return conclude(*findings)


def _class_of_many(
    start: int,
    kappa: Fraction,
    ones: int,
    t: sympy.Rational,
    q: sympy.Rational,
    least: sympy.Rational,
    gap: sympy.Rational,
) -> list[Finding]:
    """Show that one class exceeds 1: the 1-bits at states with j zeros, ``t r <= j <= t r + 1``, ``r = sqrt(K)``.

    With s = 1/r: ``K (1 - t s - s^2) <= n``, at least `ones`. K times the mean is at most `most`, and V is at least
    other times the sum of `least` and `more`, so that half the squared argument of the tail is at most ``q r ln r``.
    The class has at least ``K ((K - 1)/j)^j`` pairs, and ``Q(x) >= exp(-x^2/2)/((x + 1/x) sqrt(2 pi))``.
    """
    edge = Fraction(1, int(sympy.sqrt(start)))
    p = root(1 - t * s - s**2)
    most = 1 + (s * (D + 1) + t) * (pi / p + Fraction(164, 100) * s / p**2) / D
    low = (pi * p + (Fraction(3, 2) - D) * s) / (1 + D * s**2)  # at most U sqrt(K)/W
    more = D_PRIOR * (low / D) ** 2 + 2 * D_PRIOR * gap * p * low / D
    constant = (D_PRIOR**2 - n * F_PRIOR**2) / D_PRIOR + D_PRIOR * n * GAP**2
    side, log_r = Box({s: (0, edge)}), sympy.log(start) / 2
    largest = root(2 * q * root(start) * log_r)  # x at K = start
    return [
        decide(at_most(ones, start * p.subs(s, edge) ** 2)),
        decide(less(least, constant), Integers(n, start=ones)),
        decide(less(GAP * root(n), -gap), Integers(n, start=ones)),
        decide(less(0, low), side),
        decide(less(kappa * most**2, q * OTHER * (least + more)), side),
        # t (ln r - tau) >= q ln r at K = start, hence from there on, where j ln((K - 1)/j) >= t r (ln r - tau)
        decide(less(q * log_r, t * (log_r - sympy.log((t + edge) / (1 - edge**2))))),
        # K >= sqrt(2 pi) (x + 1) at K = start, hence from there on, as x^2 <= 2 q r ln r
        decide(less(root(2 * pi) * (largest + 1), start)),
    ]


# --- sizes

SIZES = {  # bits: networks, K times the threshold, K times the deviation a at the state of all ones
    30: (144, "0.48", "0.811"),
    64: (380, "0.44", "0.807"),
    128: (945, "0.41", "0.77"),
    256: (2230, "0.39", "0.756"),
    1024: (12_000, "0.36", "0.719"),
}


@claim(
    "permutation of k bits (NTK), all inputs, delta = 0.01: 144, 380, 945, 2,230, 12,000 networks are enough for k = "
    "30, 64, 128, 256, 1,024, by a union bound over the state of all ones and the differences of other states from it",
    source=SOURCE,
)
def sizes_by_differences() -> Verdict:
    def check(bits: int) -> bool:
        networks, threshold, deviation = SIZES[bits]
        return _failure(bits, networks, Fraction(threshold) / bits, Fraction(deviation) / bits) < Fraction(1, 100)

    return conclude(confirm("the union bound, by balls", SIZES, check, exhaustive=True))


def _failure(bits: int, networks: int, threshold: Fraction, deviation: Fraction) -> Ball:
    """Enclose the sum of the tails; for 1-bits, the smaller one of the tails of the output and of the difference."""
    root_of_networks = Ball(networks, precision=128).sqrt()
    at_all_ones = State.at(NTK, bits, bits, 128)
    total = gaussian_tail(root_of_networks * deviation / (at_all_ones.variance).sqrt()) * bits
    states = comb(bits, 2)
    for ones in range(2, bits):
        state = State.at(NTK, ones, bits, 128)
        one, zero = (state.moments(Counts(ones, p, 1, bits)) for p in (1, 0))
        own = gaussian_tail(root_of_networks * (one.mean - threshold) / one.sigma)
        spread = (_difference(ones, bits) / bits).sqrt()
        rest = one.mean - threshold - Ball(Fraction(ones, bits), precision=128).sqrt() * deviation
        apart = gaussian_tail(root_of_networks * rest / spread)
        total = total + (apart if apart.middle < own.middle else own) * (ones * states)
        total = total + gaussian_tail(root_of_networks * (threshold - zero.mean) / zero.sigma) * (
            (bits - ones) * states
        )
        states = states * (bits - ones) // (ones + 1)
    return total
