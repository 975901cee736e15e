"""Mean and variance of the trained network in closed form, for all numbers of samples and of matching templates."""

from fractions import Fraction

import mpmath
import sympy

from ntkproofs.claims import Verdict, claim, conclude, decide, derive, estimate
from ntkproofs.facts import Finding
from ntkproofs.kernels import REGIMES, Kernel, two_layer_relu
from ntkproofs.predictor import MATCHED_WRITERS, MATCHES, SAMPLES, WRITERS, Predictor, combine, unmatched
from ntkproofs.rigor import Integers, enclose, equal, less

LEE = "Lee et al., arXiv 1902.06720, on orthonormal samples; validation scripts"
n, p, t, K = MATCHES, MATCHED_WRITERS, WRITERS, SAMPLES
COUNTS = {n: (1, 100), K: (101, 400), p: (0, 50), t: (50, 100)}
SIZES = {n: (1, 100), K: (101, 400)}


@claim(
    "for all 1 <= n <= K: the weights m(n) of matching samples and u(n) of other samples solve the Gram system "
    "({regime})",
    source=LEE,
    each={"regime": REGIMES},
)
def weights_solve_the_gram_system(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    predictor = Predictor(kernel, K)
    m, u = predictor.weights(n)
    at_matched, at_other = predictor.gram.apply(m, u, n)
    from_inverse = predictor.gram.inverse().apply(kernel.matched(n), kernel.other, n)
    return conclude(
        derive(equal(at_matched, kernel.matched(n)), SIZES),
        derive(equal(at_other, kernel.other), SIZES),
        derive(equal(from_inverse[0], m), SIZES),
        derive(equal(from_inverse[1], u), SIZES),
    )


@claim(
    "for every kernel with own > other >= 0 and every value of matched(n), and all 1 <= n <= K: the same formulas for "
    "m(n) and u(n) solve the Gram system",
    source=LEE,
)
def weights_for_every_kernel() -> Verdict:
    own, other, matched = sympy.symbols("own other matched", positive=True)
    gain = (matched - other) / (own - other)
    u = unmatched(own, other, gain, n, K)
    m = u + gain
    total = other * (n * m + (K - n) * u)
    ranges = {own: (1, 2), other: (0, 1), matched: (0, 2), **SIZES}
    return conclude(
        derive(equal((own - other) * m + total, matched), ranges),
        derive(equal((own - other) * u + total, other), ranges),
    )


@claim(
    "for all n, p, t, K: the sum of the weights of the t samples with target 1, of which p match, is mean = p F/D + t "
    "(D - n F)/(D (D + K)) ({regime})",
    source=LEE,
    each={"regime": REGIMES},
)
def mean_closed_form(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    predictor = Predictor(kernel, K)
    m, u = predictor.weights(n)
    D, F = kernel.contrast, kernel.excess(n)
    mean = predictor.mean(n, p, t)
    return conclude(
        derive(equal(p * m + (t - p) * u, mean), COUNTS),  # p matching and t - p other samples have the target 1
        derive(equal(p * F / D + t * (D - n * F) / (D * (D + K)), mean), COUNTS),
        derive(equal(combine(predictor.gain(n), u, p, t), mean), COUNTS),
        checks=_dense_means(regime),
    )


def _dense(kernel: Kernel, rows: int, matches: int) -> tuple[mpmath.matrix, mpmath.matrix]:
    """Return the kernel matrix of the samples and the kernel vector of a state, as mpmath numbers."""

    def number(expression: sympy.Expr) -> mpmath.mpf:
        value = enclose(expression, precision=240).middle
        return mpmath.mpf(value.numerator) / value.denominator

    own, other, matched = number(kernel.own), number(kernel.other), number(kernel.matched(matches))
    gram = mpmath.matrix(rows, rows)
    for i in range(rows):
        for j in range(rows):
            gram[i, j] = own if i == j else other
    return gram, mpmath.matrix([matched] * matches + [other] * (rows - matches))


def _dense_means(regime: str) -> list[Finding]:
    """Compare means with a dense linear solve at 60 digits."""
    kernel, findings = two_layer_relu(regime), []
    for rows, matches, matched, writers in ((5, 2, 1, 1), (8, 3, 0, 2), (12, 7, 2, 5), (9, 9, 3, 3)):
        with mpmath.workdps(60):
            gram, vector = _dense(kernel, rows, matches)
            weights = mpmath.lu_solve(gram, vector)
            targets = [1] * matched + [0] * (matches - matched) + [1] * (writers - matched)
            targets += [0] * (rows - len(targets))
            mean = mpmath.fdot(weights, targets)
            ball = enclose(Predictor(kernel, rows).mean(matches, matched, writers), precision=240)
            findings.append(estimate(f"mean by a dense solve, K = {rows}, n = {matches}", mean, ball, digits=50))
    return findings


@claim(
    "for all 1 <= n <= K: the closed form of the variance is K(x, x) + a' K(X, X) a - 2 a' K(X, x), a the weights of "
    "the trained kernel ({regime})",
    source=LEE,
    each={"regime": REGIMES},
)
def variance_closed_form(regime: str) -> Verdict:
    predictor = Predictor(two_layer_relu(regime), K)
    prior = predictor.prior
    m, u = predictor.weights(n)
    at_matched, at_other = Predictor(prior, K).gram.apply(m, u, n)
    quadratic = n * m * at_matched + (K - n) * u * at_other
    linear = n * m * prior.matched(n) + (K - n) * u * prior.other
    return conclude(
        derive(equal(prior.own + quadratic - 2 * linear, predictor.scaled_variance(n)), SIZES),
        derive(equal(predictor.variance(n) * K, predictor.scaled_variance(n)), SIZES),
        checks=_dense_variances(regime),
    )


def _dense_variances(regime: str) -> list[Finding]:
    """Compare variances with a dense linear solve at 60 digits."""
    predictor, findings = Predictor(two_layer_relu(regime), K), []
    for rows, matches in ((5, 2), (8, 3), (12, 7), (9, 9)):
        with mpmath.workdps(60):
            gram, vector = _dense(predictor.kernel, rows, matches)
            prior_gram, prior_vector = _dense(predictor.prior, rows, matches)
            a = mpmath.lu_solve(gram, vector)
            own = prior_gram[0, 0]
            variance = (own + mpmath.fdot(a, prior_gram * a) - 2 * mpmath.fdot(a, prior_vector)) / rows
            ball = enclose(Predictor(predictor.kernel, rows).variance(matches), precision=240)
            findings.append(
                estimate(f"variance by a dense solve, K = {rows}, n = {matches}", variance, ball, digits=50)
            )
    return findings


@claim(
    "interpolation, for all t and K: where one template matches (n = 1), the mean is the target p and the variance 0 "
    "({regime})",
    source=LEE,
    each={"regime": REGIMES},
)
def interpolation(regime: str) -> Verdict:
    predictor = Predictor(two_layer_relu(regime), K)
    return conclude(
        derive(equal(predictor.mean(1, p, t), p), {p: (0, 1), t: (1, 50), K: (51, 400)}),
        derive(equal(predictor.variance(1), 0), {K: (1, 400)}),
    )


def variance_coefficients(kernel: Kernel) -> tuple[sympy.Symbol, list[sympy.Expr]]:
    """Return j and the coefficients in j of ``W**2 n0 var`` at ``K = n + j``.

    With the gain g the weights are ::

        u = U/W,  m = U/W + g,  W = own - other + K other,  U = other (1 - n g)

    so that ``W**2 n0 var`` is a polynomial of degree 2 in K.
    """
    j = sympy.Symbol("j", nonnegative=True, integer=True)
    names = sympy.symbols("own other g prior_own prior_other prior_matched")
    own, other, g, prior_own, prior_other, prior_matched = names
    W, U = own - other + (n + j) * other, other * (1 - n * g)
    m, u = U + g * W, U
    S1, S2 = n * m + j * u, n * m**2 + j * u**2
    polynomial = sympy.Poly(
        prior_own * W**2
        + (prior_own - prior_other) * S2
        + prior_other * S1**2
        - 2 * (n * m * prior_matched + j * u * prior_other) * W,
        j,
    )
    prior = kernel.prior or kernel
    values = (kernel.own, kernel.other, Predictor(kernel, K).gain(n), prior.own, prior.other, prior.matched(n))
    known = dict(zip(names, values, strict=True))
    return j, [coefficient.subs(known) for coefficient in reversed(polynomial.all_coeffs())]


@claim(
    "the variance is positive for all 2 <= n <= K, and 0 at n = 1 for all K ({regime})",
    source=LEE,
    each={"regime": REGIMES},
)
def variance_positive(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    j, coefficients = variance_coefficients(kernel)
    W = kernel.own - kernel.other + (n + j) * kernel.other
    total = sum(coefficient * j**power for power, coefficient in enumerate(coefficients))
    # a polynomial with positive coefficients is positive for j >= 0
    return conclude(
        derive(equal(Predictor(kernel, n + j).scaled_variance(n) * W**2, total), {n: (1, 100), j: (0, 300)}),
        *(decide(less(0, coefficient), Integers(n, start=2)) for coefficient in coefficients),
        derive(equal(Predictor(kernel, K).variance(1), 0), {K: (1, 400)}),
    )


@claim(
    "permutation, 0-bit at n = 2 (NTK): var/(K mean^2) lies in (6.718, 6.719) at K = 10 and in (3.917, 3.918) at K = "
    "30",
    source="ensemble experiment (arXiv 2502.16763 v1)",
)
def variance_ratio_at_two_matches() -> Verdict:
    findings = []
    for samples, low in ((10, Fraction(6718, 1000)), (30, Fraction(3917, 1000))):
        predictor = Predictor(two_layer_relu(), samples)
        ratio = predictor.variance(2) / predictor.mean(2, 0, 1) ** 2 / samples
        findings += [decide(less(low, ratio)), decide(less(ratio, low + Fraction(1, 1000)))]
    return conclude(*findings)
