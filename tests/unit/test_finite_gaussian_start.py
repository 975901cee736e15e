"""Ensembles of finite networks from a Gaussian start: the law given the hidden weights, its bounds, the search."""

import math
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from ntkproofs.bounds.finite.gaussian_start import GaussianLoad, Residual, least_gaussian_ensemble, log_tail
from ntkproofs.bounds.finite.numbers import FLOATS, Balls
from ntkproofs.bounds.finite.output_layer import Setting
from ntkproofs.classes import arbitrary_classes
from ntkproofs.errors import InputError, NoMargin, NtkProofsError
from ntkproofs.programs import addition, permutation
from ntkproofs.simulation.descent import output_layer
from ntkproofs.simulation.measured import States, measure
from ntkproofs.training import STARTS, Training

FAILURE, WIDTH, THRESHOLD = Fraction(1, 20), 2500, Fraction(2, 25)


def load_of(program):
    return GaussianLoad.of(program.samples, arbitrary_classes(program), program.labels.T.tolist())


@pytest.fixture(scope="module")
def found():
    return least_gaussian_ensemble(load_of(permutation(range(4))), FAILURE, width=WIDTH, threshold=THRESHOLD)


@pytest.mark.parametrize(("steps", "step"), [(1, 0.3), (9, 0.5), (400, 0.9)])
def test_given_the_hidden_weights_the_output_is_gaussian_with_the_stated_mean_and_variance(steps, step):
    """Gradient descent is linear in the initial weights a: the random part is c . a, and |c|^2 has the stated bound."""
    K, w, source = 4, 30, np.random.default_rng(5)
    u, a = source.standard_normal((w, K)), source.standard_normal((w, 1))
    y, x = np.array([[1.0], [0], [1], [0]]), np.array([1.0, 1, 0, 0]) / 2**0.5
    Phi, phi = np.maximum(u, 0) / w**0.5, np.maximum(u @ x, 0) / w**0.5
    G, k = Phi.T @ Phi, Phi.T @ phi
    R = np.linalg.matrix_power(np.eye(K) - step * G, steps)
    c = phi - Phi @ np.linalg.solve(G, (np.eye(K) - R) @ k)
    mean = k @ np.linalg.solve(G, (np.eye(K) - R) @ y)
    trained = output_layer(u[None], a[None], x[None], y, step=step, steps=steps)
    assert np.allclose(trained[0, 0], mean + c @ a, 0, 1e-12)
    rest, left = phi - Phi @ np.linalg.solve(G, k), k @ np.linalg.solve(G, R @ R @ k)
    assert np.isclose(c @ c, rest @ rest + left, 0, 1e-12)
    setting = Setting(FLOATS, K)
    residual = Residual(setting, 2)
    beta = np.array([residual.inside] * 2 + [residual.outside] * 2)
    values = np.linalg.eigvalsh(G)
    assert rest @ rest <= ((phi - Phi @ beta) ** 2).sum()
    assert left <= (1 - step * values[0]) ** (2 * steps) * np.trace(G)


@pytest.mark.parametrize(("K", "n"), [(3, 2), (5, 2), (5, 5), (9, 4)])
def test_the_residual_has_the_stated_mean_square_and_supremum(K, n):
    residual, source = Residual(Setting(FLOATS, K), n), np.random.default_rng(K + n)
    u = source.standard_normal((400_000, K))
    x = np.array([n**-0.5] * n + [0.0] * (K - n))
    beta = np.array([residual.inside] * n + [residual.outside] * (K - n))
    rho = np.maximum(u @ x, 0) - np.maximum(u, 0) @ beta
    assert abs((rho**2).mean() - residual.mean_square) < 6 * (rho**2).std() / len(u) ** 0.5
    largest = (rho**2 / (u**2).sum(axis=1)).max()
    assert largest <= residual.M < 4 * largest
    for l in (0.05, 0.2, 0.4):
        values = np.exp(l / residual.M * rho**2)
        bound = np.exp(residual.log_probability(1, 0.0, l / residual.M))
        assert values.mean() <= bound + 5 * values.std() / len(u) ** 0.5
    ball = Residual(Setting(Balls(100), K), n).mean_square
    assert abs(float(ball.middle) - residual.mean_square) < 1e-12


def test_drawn_averages_exceed_a_value_no_more_often_than_bounded():
    residual, source = Residual(Setting(FLOATS, 4), 2), np.random.default_rng(3)
    u = source.standard_normal((20_000, 60, 4))
    beta = np.array([residual.inside] * 2 + [residual.outside] * 2)
    rho = np.maximum(u[:, :, :2].sum(axis=2) / 2**0.5, 0) - np.maximum(u, 0) @ beta
    averages = (rho**2).mean(axis=1)
    for value in (0.09, 0.1, 0.12):
        bound = min(np.exp(residual.log_probability(60, value, l / residual.M)) for l in np.linspace(0.01, 0.49, 60))
        assert 0 < (averages > value).mean() < bound < 1


def test_tails_are_upper_bounds_and_refused_at_zero():
    from ntkproofs.bounds.tails import gaussian_tail

    numbers = Balls(80)
    for x in (Fraction(1, 2), Fraction(3), Fraction(9)):
        assert log_tail(numbers, numbers.of(x)).exp().lower >= gaussian_tail(numbers.of(x)).lower
    with pytest.raises(InputError, match="not certainly above 0"):
        log_tail(numbers, numbers.of(0))


def test_the_load_counts_states_samples_and_unwritten_bits():
    program = addition(2)
    load, rows = load_of(program), np.array(list(product((0, 1), repeat=6)), dtype=np.uint8)
    match = program.match_rows(rows)
    n = match.sum(axis=1)
    assert load.states == {k: int((n == k).sum()) for k in range(2, 5) if (n == k).any()}
    assert sum(load.samples.values()) == int((n == 1).sum()) * 6
    unwritten = int((program.writers == 0).sum())
    assert load.unwritten == {k: count * unwritten for k, count in load.states.items()}


def test_balls_confirm_the_ensemble_and_not_a_smaller_one(found):
    assert found.bound().upper <= FAILURE
    assert found.networks > 20
    assert replace(found, networks=found.networks * 9 // 10).bound().lower > FAILURE
    assert replace(found, width=found.width * 9 // 10).bound().lower > FAILURE
    assert replace(found, threshold=THRESHOLD * Fraction(9, 10)).bound().lower > FAILURE
    floats = found.bound(FLOATS)
    assert float(found.bound().lower) == pytest.approx(floats, rel=1e-2)


def test_the_terms_of_the_ensemble_are_those_of_every_state_and_bit():
    """Once more, in floats: addition of 1 bit has a bit without writers, and states that are samples."""
    found = least_gaussian_ensemble(load_of(addition(1)), FAILURE, width=WIDTH, threshold=Fraction(3, 20))
    setting, N, tau = Setting(FLOATS, 4), found.networks, 0.15
    least = (1 - float(found.drop)) * setting.lam
    trace = 2 * (1 + float(found.rise))
    shrunk = (1 - float(found.step) * least) ** found.steps
    leftover = shrunk**2 * trace
    assert found.leftover(setting) == pytest.approx(leftover, rel=1e-12)

    def tail(margin, variance):
        return math.erfc(math.sqrt(N / 2 / variance) * margin) / 2

    V, l = found.variances[2]
    expected = [np.exp(Residual(setting, 2).log_probability(N * WIDTH, float(V), float(l))) * 3]
    expected += [
        tail(float(d), float(V) + leftover) * found.load.workload.classes[kind]
        for kind, (d, _) in found.classes.items()
    ]
    expected.append(3 * tail(tau, float(V) + leftover))  # three states, and one bit that nothing writes
    rest = math.sqrt(2 * trace / least) * shrunk
    expected += [4 * tail(tau, leftover), 8 * tail(tau - rest, leftover)]  # four states that are samples
    assert found.load.samples == {0: 4, 2: 8}
    terms = list(found.together(setting))
    assert len(terms) == len(expected)
    assert sum(terms) == pytest.approx(sum(expected), rel=1e-6)
    assert replace(found, steps=1).remainder(setting, 1) > tau
    with pytest.raises(NtkProofsError):
        replace(found, steps=1).bound()


def test_drawn_ensembles_of_the_certified_size_are_right(found):
    states = States.arbitrary(permutation(range(4)))
    training = Training.of("output", "gaussian", steps=found.steps, step=float(found.step))
    drawn = measure(states, training, width=found.width, networks=found.networks, draws=4, seed=1)
    assert drawn.right(float(THRESHOLD)) == 4
    assert STARTS["gaussian"].of("output")


def test_wider_networks_require_smaller_ensembles(found):
    load = found.load
    wide = least_gaussian_ensemble(load, FAILURE, width=20 * WIDTH, threshold=THRESHOLD)
    assert wide.networks < found.networks / 1.5


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": {}},
        {"variances": {}},
        {"deviated": {}},
        {"step": Fraction(1, 2)},
        {"step": Fraction(0)},
        {"drop": Fraction(1)},
        {"networks": 0},
        {"steps": 0},
        {"threshold": Fraction(1)},
    ],
)
def test_parameters_that_bound_nothing_are_refused(found, changes):
    with pytest.raises(InputError):
        replace(found, **changes).bound()


def test_networks_that_are_too_narrow_have_no_ensemble_size():
    load = load_of(permutation(range(4)))
    with pytest.raises(NoMargin, match=r"no number of networks|too small"):
        least_gaussian_ensemble(load, FAILURE, width=40, threshold=THRESHOLD)
    with pytest.raises(NoMargin, match="the limit is not beyond the threshold"):
        least_gaussian_ensemble(load, FAILURE, width=WIDTH, threshold=Fraction(9, 10))
    with pytest.raises(InputError, match="between 0 and 1"):
        least_gaussian_ensemble(load, Fraction(1), width=WIDTH, threshold=THRESHOLD)
    with pytest.raises(InputError, match="has 2 to 4 matches, got 5"):
        Residual(Setting(FLOATS, 4), 5)
