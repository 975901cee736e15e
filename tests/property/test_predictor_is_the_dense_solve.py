"""The closed forms of the predictor agree with a dense linear solve on explicit vectors, to 40 digits."""

from fractions import Fraction as Q

import mpmath
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_local import as_exact, dense_mean, dense_variance, dense_weights, possible_counts

from ntkproofs.bounds import enclose_mean
from ntkproofs.kernels import REGIMES, two_layer_relu
from ntkproofs.predictor import Predictor
from ntkproofs.rigor import enclose

regimes = st.sampled_from(REGIMES)
CLOSE = Q(1, 10**40)


@settings(max_examples=40)
@given(regimes, possible_counts())
def test_mean(regime, counts):
    with mpmath.workdps(60):
        expected = as_exact(dense_mean(dense_weights(regime, counts.matches, counts.samples), counts))
    kernel = two_layer_relu(regime)
    mean = Predictor(kernel, counts.samples).mean(counts.matches, counts.matched_writers, counts.writers)
    assert abs(enclose(mean, precision=256).middle - expected) < CLOSE
    ball = enclose_mean(kernel, counts, precision=256)
    assert abs(ball.middle - expected) < CLOSE
    assert ball.width < CLOSE


@settings(max_examples=30)
@given(regimes, st.integers(1, 10).flatmap(lambda K: st.tuples(st.integers(1, K), st.just(K))))
def test_variance_and_weights(regime, sizes):
    n, K = sizes
    with mpmath.workdps(60):
        expected = as_exact(dense_variance(regime, n, K))
        weights = [as_exact(weight) for weight in dense_weights(regime, n, K)]
    predictor = Predictor(two_layer_relu(regime), K)
    variance = enclose(predictor.variance(n), precision=256)
    assert abs(variance.middle - expected) < CLOSE
    assert variance.upper >= 0
    m, u = (enclose(weight, precision=256).middle for weight in predictor.weights(n))
    for index, weight in enumerate(weights):
        assert abs(weight - (m if index < n else u)) < CLOSE
