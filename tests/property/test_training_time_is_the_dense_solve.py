"""Mean and variance at a time of training agree with dense matrix exponentials and powers, to 30 digits."""

from fractions import Fraction as Q

import mpmath
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_local import (
    as_exact,
    dense_mean,
    dense_variance,
    dense_weights,
    descent,
    flow,
    possible_counts,
)

from ntkproofs.bounds.moments import State
from ntkproofs.kernels import REGIMES, two_layer_relu
from ntkproofs.predictor import Predictor
from ntkproofs.rigor import enclose
from ntkproofs.training_time import TrainingTime

regimes = st.sampled_from(REGIMES)
CLOSE = Q(1, 10**30)
times = st.fractions(Q(1, 100), 12, max_denominator=100).map(lambda t: (TrainingTime(time=t), flow(t)))
steps = st.tuples(st.integers(1, 12), st.fractions(Q(1, 100), Q(2, 5), max_denominator=100)).map(
    lambda pair: (TrainingTime(steps=pair[0], step=pair[1]), descent(*pair))
)  # 2/5 is below 2/lambda_max for 12 samples and both kernels


@settings(max_examples=40, deadline=None)
@given(regimes, possible_counts(), times | steps)
def test_moments_at_a_time(regime, counts, when):
    at, left = when
    n, p, t, K = counts.matches, counts.matched_writers, counts.writers, counts.samples
    with mpmath.workdps(60):
        weights = dense_weights(regime, n, K, left)
        expected = as_exact(dense_mean(weights, counts)), as_exact(dense_variance(regime, n, K, left))
    kernel = two_layer_relu(regime)
    predictor = Predictor(kernel, K, time=at)
    found = predictor.mean(n, p, t), predictor.variance(n)
    moments = State.at(kernel, n, K, 256, at).moments(counts)
    for value, expression, ball in zip(expected, found, (moments.mean, moments.variance), strict=True):
        assert abs(enclose(expression, precision=256).middle - value) < CLOSE
        assert abs(ball.middle - value) < CLOSE
        assert ball.width < CLOSE


@settings(max_examples=15, deadline=None)
@given(regimes, st.integers(2, 8), times | steps)
def test_outputs_at_the_samples(regime, K, when):
    """At a sample the mean is (I - E) y: the state is a training input, and no kernel is solved for."""
    at, left = when
    with mpmath.workdps(60):
        gram = mpmath.matrix(K, K)
        other = 1 / (2 * mpmath.pi) / (1 if regime == "ntk" else mpmath.mpf(1) / 2)
        for i in range(K):
            for j in range(K):
                gram[i, j] = 1 if i == j else other
        remains = left(gram)
        learned, leaked = as_exact(1 - remains[0, 0]), as_exact(-remains[0, 1])
    predictor = Predictor(regime, K, time=at)
    assert abs(enclose(predictor.mean(1, 1, 1), precision=256).middle - learned) < CLOSE
    assert abs(enclose(predictor.mean(1, 0, 1), precision=256).middle - leaked) < CLOSE


@given(regimes, st.integers(1, 30), st.integers(1, 60))
def test_long_training_is_convergence(regime, K, n):
    n = min(n, K)
    late = State.at(two_layer_relu(regime), n, K, 128, TrainingTime(time=200))
    limit = State.at(two_layer_relu(regime), n, K, 128)
    for late_value, value in ((late.gain, limit.gain), (late.u, limit.u), (late.variance, limit.variance)):
        assert abs(late_value.middle - value.middle) < Q(1, 10**25)
