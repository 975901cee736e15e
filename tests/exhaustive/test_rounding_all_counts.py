"""For every (n, p, t, K) with K <= 7, the sign, the rounding condition and the dense solve agree."""

import mpmath
import pytest
from strategies_local import all_counts, as_exact, dense_mean, dense_weights

from ntkproofs.bounds import enclose_mean, mean_sign, rounding_condition, rounds_right
from ntkproofs.kernels import REGIMES, two_layer_relu
from ntkproofs.rigor import decide

MAX_SAMPLES = 7


@pytest.mark.parametrize("regime", REGIMES)
def test_signs_agree_with_the_dense_solve(regime):
    kernel = two_layer_relu(regime)
    cases = 0
    with mpmath.workdps(50):
        tiny = as_exact(mpmath.mpf(10) ** -40)
        weights = {(n, K): dense_weights(regime, n, K) for K in range(1, MAX_SAMPLES + 1) for n in range(1, K + 1)}
        for counts in all_counts(MAX_SAMPLES):
            mean = as_exact(dense_mean(weights[counts.matches, counts.samples], counts))
            ball = enclose_mean(kernel, counts, precision=192)
            assert ball.lower - tiny <= mean <= ball.upper + tiny
            sign = 0 if abs(mean) < tiny else (1 if mean > 0 else -1)
            assert mean_sign(kernel, counts) == sign
            assert rounds_right(kernel, counts) == ((mean > tiny) == (counts.matched_writers > 0))
            assert (sign == 0) == (counts.matched_writers == 0 and (counts.matches == 1 or counts.writers == 0))
            cases += 1
    assert cases == sum((n + 1) * (K - n + 1) for K in range(1, MAX_SAMPLES + 1) for n in range(1, K + 1))


@pytest.mark.parametrize("regime", REGIMES)
def test_the_condition_decides_the_sign(regime):
    kernel = two_layer_relu(regime)
    for counts in all_counts(MAX_SAMPLES):
        if counts.matched_writers:
            n, p, t, K = counts.matches, counts.matched_writers, counts.writers, counts.samples
            decision = decide(rounding_condition(kernel, n=n, p=p, t=t, K=K))
            assert decision.outcome == ("holds" if mean_sign(kernel, counts) > 0 else "fails")
