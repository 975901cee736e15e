"""The predictor: closed forms at known values, figures from elsewhere, and counts that cannot occur."""

from fractions import Fraction as Q

import mpmath
import pytest
import sympy
from strategies_local import as_exact, dense_mean, dense_variance, dense_weights

from ntkproofs.counts import Counts
from ntkproofs.errors import InputError
from ntkproofs.kernels import REGIMES, Kernel, two_layer_relu
from ntkproofs.predictor import MATCHED_WRITERS, MATCHES, SAMPLES, WRITERS, Predictor, TwoValueMatrix
from ntkproofs.rigor import enclose, identity

kernels = pytest.mark.parametrize("kernel", [two_layer_relu(regime) for regime in REGIMES], ids=REGIMES)


def number(expression, precision=300):
    return enclose(expression, precision=precision)


def relative_variance(K, n, p, t, regime="ntk"):
    """Return var / mu**2 of one network."""
    predictor = Predictor(two_layer_relu(regime), K)
    return number(predictor.variance(n) / predictor.mean(n, p, t) ** 2)


# --- figures


@pytest.mark.parametrize(("K", "figure"), [(10, Q(6718, 1000)), (30, Q(3918, 1000))])
def test_the_thinnest_margin_of_a_permutation(K, figure):
    """var/mu^2 is largest for the 0-bit at n = 2: 6.718 K at K = 10, 3.918 K at K = 30."""
    thinnest = relative_variance(K, 2, 0, 1)
    assert abs(thinnest.middle / K - figure) < Q(1, 2000)
    for n in range(2, K + 1):
        for p in (0, 1):
            if (n, p) != (2, 0) and n - p <= K - 1:
                assert relative_variance(K, n, p, 1).upper < thinnest.lower


def test_the_limit_of_the_thinnest_margin():
    figure = Q(28036, 10000)
    far = relative_variance(10**8, 2, 0, 1).middle / 10**8
    assert abs(far - figure) < Q(1, 20000)
    assert abs(relative_variance(10**4, 2, 0, 1).middle / 10**4 - figure) < Q(1, 100)


def test_one_bits_at_full_match_have_k_mu_tending_to_one():
    kernel = two_layer_relu()
    for K in (10**4, 10**8):
        scaled = number(K * Predictor(kernel, K).mean(K, 1, 1))
        assert scaled.lower > 1
        assert scaled.upper < 1 + Q(4, int(K**0.5))


def test_encoding_two_matches_of_ten():
    """Dense solve at n = 2, p = t = 1, K = 10, written out here."""
    with mpmath.workdps(60):
        weights = dense_weights("ntk", 2, 10)
        expected = as_exact(dense_mean(weights, Counts(2, 1, 1, 10)))
        variance = as_exact(dense_variance("ntk", 2, 10))
    predictor = Predictor(two_layer_relu(), 10)
    assert abs(number(predictor.mean(2, 1, 1)).middle - expected) < Q(1, 10**55)
    assert abs(number(predictor.variance(2)).middle - variance) < Q(1, 10**55)


# --- exact values


@kernels
@pytest.mark.parametrize("K", [1, 2, 5, 40])
def test_a_training_sample_is_interpolated(kernel, K):
    predictor = Predictor(kernel, K)
    assert identity(predictor.variance(1), 0).outcome == "holds"
    for t in range(min(K, 3) + 1):
        for p in range(min(t, 1) + 1):
            if 1 - p <= K - t:
                assert identity(predictor.mean(1, p, t), p).outcome == "holds"


@kernels
def test_interpolation_for_all_counts_at_once(kernel):
    predictor = Predictor(kernel, SAMPLES)
    domain = {SAMPLES: (2, 200), WRITERS: (0, 50), MATCHED_WRITERS: (0, 1)}
    assert identity(predictor.mean(1, MATCHED_WRITERS, WRITERS), MATCHED_WRITERS, domain).outcome == "holds"
    assert identity(predictor.scaled_variance(1), 0, {SAMPLES: (2, 200)}).outcome == "holds"


@kernels
def test_where_nothing_matches_the_prediction_is_zero(kernel):
    predictor = Predictor(kernel, 7)
    assert predictor.mean(0, 0, 3) == 0
    assert predictor.variance(0) == 0


@kernels
def test_weights_solve_the_gram_system(kernel):
    """own m + other ((n-1) m + (K-n) u) = matched, other (n m + (K-n-1) u) + own u = other."""
    n, K = MATCHES, SAMPLES
    m, u = Predictor(kernel, K).weights(n)
    domain = {n: (1, 40), K: (41, 90)}
    own, other = kernel.own, kernel.other
    assert identity(own * m + other * ((n - 1) * m + (K - n) * u), kernel.matched(n), domain).outcome == "holds"
    assert identity(other * (n * m + (K - n - 1) * u) + own * u, other, domain).outcome == "holds"


@kernels
def test_weights_have_the_form_with_contrast_and_excess(kernel):
    n, K = MATCHES, SAMPLES
    D, F = kernel.contrast, kernel.excess(n)
    m, u = Predictor(kernel, K).weights(n)
    domain = {n: (2, 40), K: (41, 90)}
    assert identity(u, (D - n * F) / (D * (D + K)), domain).outcome == "holds"
    assert identity(m - u, F / D, domain).outcome == "holds"


def test_the_variance_needs_every_term():
    """Variance at (n, K) = (3, 8): leaving out any term of the quadratic form changes it."""
    predictor = Predictor(two_layer_relu(), 8)
    m, u = predictor.weights(3)
    prior = predictor.prior
    terms = (
        prior.own,
        (prior.own - prior.other) * (3 * m**2 + 5 * u**2),
        prior.other * (3 * m + 5 * u) ** 2,
        -2 * (3 * m * prior.matched(3) + 5 * u * prior.other),
    )
    assert identity(predictor.scaled_variance(3), sum(terms)).outcome == "holds"
    assert identity(8 * predictor.variance(3), sum(terms)).outcome == "holds"
    for term in terms:
        assert identity(predictor.scaled_variance(3), sum(terms) - term).outcome == "fails"


def test_a_prior_of_ones_own():
    """With prior = trained kernel the variance is K(x,x) - K(x,X) K(X,X)^-1 K(X,x): the posterior variance."""
    kernel = two_layer_relu("nngp")
    predictor = Predictor(kernel, 6)
    m, u = predictor.weights(4)
    posterior = kernel.own - (4 * m * kernel.matched(4) + 2 * u * kernel.other)
    assert identity(predictor.scaled_variance(4), posterior).outcome == "holds"
    assert Predictor(two_layer_relu("ntk"), 6, prior=two_layer_relu("ntk")).prior == two_layer_relu("ntk")


# --- two-value matrices


@pytest.mark.parametrize(("diagonal", "rest", "size"), [(2, 1, 3), (1, sympy.Rational(1, 7), 5), (3, 0, 4), (1, -2, 2)])
def test_two_value_matrices_agree_with_dense_algebra(diagonal, rest, size):
    matrix = TwoValueMatrix(sympy.Integer(diagonal), sympy.sympify(rest), size)
    dense = matrix.dense()
    assert dense.shape == (size, size)
    assert dense * matrix.inverse().dense() == sympy.eye(size)
    assert matrix.eigenvalues() == dense.eigenvals()
    first, second = matrix.apply(sympy.Integer(5), sympy.Integer(-3), 1)
    assert list(dense * sympy.Matrix([5, *[-3] * (size - 1)])) == [first, *[second] * (size - 1)]


# --- counts that cannot occur


@pytest.mark.parametrize("samples", [0, -1, 2.5, sympy.Rational(1, 2)])
def test_samples_are_a_positive_integer(samples):
    with pytest.raises(InputError):
        Predictor(two_layer_relu(), samples)


@pytest.mark.parametrize(
    "counts",
    [
        (11, 1, 1),
        (2, 3, 3),
        (2, 1, 0),
        (2, 2, 1),
        (2, 1, 11),
        (-1, 0, 0),
        (2, -1, 1),
        (2, 1, -1),
        (2.5, 1, 1),
        (0, 1, 1),
    ],
)
def test_counts_that_cannot_occur_are_refused(counts):
    with pytest.raises(InputError):
        Predictor(two_layer_relu(), 10).mean(*counts)


@pytest.mark.parametrize("matches", [11, -1, 2.5, sympy.Rational(1, 2)])
def test_matches_that_cannot_occur_have_no_variance(matches):
    with pytest.raises(InputError):
        Predictor(two_layer_relu(), 10).variance(matches)


@pytest.mark.parametrize("counts", [(10, 1, 9), (6, 0, 5), (1, 0, 10)])
def test_writers_that_cannot_be_anywhere_are_refused(counts):
    """Of K = 10 samples n match; the t - p writers that do not match must be among the K - n others."""
    with pytest.raises(InputError):
        Predictor(two_layer_relu(), 10).mean(*counts)


@pytest.mark.parametrize("count", ["2", True])
def test_texts_and_booleans_are_no_counts(count):
    with pytest.raises(InputError):
        Predictor(two_layer_relu(), 10).mean(count, 1, 1)


def test_a_kernel_with_only_own_needs_no_padding():
    assert Predictor(Kernel("linear", sympy.Symbol("rho", real=True)), 4).gram.rest == 0
