"""Averages of finite networks from a Gaussian start: the law given the hidden weights, its bounds, the search."""

import math
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import product

import numpy as np
import pytest

from ntkproofs.bounds.finite.gaussian_search import (
    Insufficient,
    Required,
    find_gaussian_ensemble,
    least_at_infinite_width,
)
from ntkproofs.bounds.finite.gaussian_start import FirstOrder, GaussianLoad, GramDeviation, Length, Shift, log_tail
from ntkproofs.bounds.finite.numbers import FLOATS, Balls
from ntkproofs.bounds.finite.output_layer import BitClass, Setting
from ntkproofs.classes import arbitrary_classes
from ntkproofs.errors import InputError, NtkProofsError, Undecided
from ntkproofs.programs import addition, permutation
from ntkproofs.simulation.descent import output_layer
from ntkproofs.simulation.measured import States, measure
from ntkproofs.training import STARTS, Training

FAILURE, WIDTH = Fraction(1, 20), 2500
DRAWS = 400_000


def load_of(program):
    return GaussianLoad.of(program.samples, arbitrary_classes(program), program.labels.T.tolist())


@cache
def ensemble():
    return find_gaussian_ensemble(load_of(permutation(range(4))), Required(FAILURE, width=WIDTH))


@pytest.fixture
def found():
    return ensemble()


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
    trained = output_layer(u[None], a[None], y, step=step, steps=steps).outputs(x[None])
    assert np.allclose(trained[0, 0], mean + c @ a, 0, 1e-12)
    rest, left = phi - Phi @ np.linalg.solve(G, k), k @ np.linalg.solve(G, R @ R @ k)
    assert np.isclose(c @ c, rest @ rest + left, 0, 1e-12)
    limit = Shift(Setting(FLOATS, K), 2).limits
    beta = np.array([limit[0]] * 2 + [limit[2]] * 2)
    values = np.linalg.eigvalsh(G)
    assert rest @ rest <= ((phi - Phi @ beta) ** 2).sum()
    assert left <= (1 - step * values[0]) ** (2 * steps) * np.trace(G)


@pytest.mark.parametrize(("K", "n", "p", "t"), [(4, 2, 1, 2), (5, 5, 1, 1), (6, 3, 0, 2)])
def test_the_mean_differs_from_its_limit_by_a_mean_of_first_order_and_a_product_of_two_deviations(K, n, p, t):
    w, source, setting = 50, np.random.default_rng(K), Setting(FLOATS, K)
    term = FirstOrder(setting, BitClass(n, p, t))
    groups = np.repeat(np.arange(4), term.sizes)
    x, y = np.array(term.inside)[groups] / n**0.5, np.array(term.labels)[groups]
    alpha, beta = np.array(term.alpha)[groups], np.array(term.b)[groups]
    u = source.standard_normal((w, K))
    v, h = np.maximum(u, 0), np.maximum(u @ x, 0)
    G, k, rho = v.T @ v / w, v.T @ h / w, h - v @ beta
    gram = setting.lam * np.eye(K) + 1 / (2 * math.pi)
    assert np.allclose(gram @ alpha, y, 0, 1e-12)
    first, S, Delta = ((v @ alpha) * rho).mean(), v.T @ rho / w, (G - gram) @ alpha
    assert np.isclose(k @ np.linalg.solve(G, y) - term.mean, first - Delta @ np.linalg.solve(G, S), 0, 1e-12)
    root = np.linalg.inv(np.linalg.cholesky(gram))
    least = np.linalg.eigvalsh(root @ G @ root.T)[0]
    assert abs(Delta @ np.linalg.solve(G, S)) <= np.linalg.norm(root @ Delta) * np.linalg.norm(root @ S) / least


def neurons(K, n, seed=0):
    """Draw v and rho of many neurons at a state with n matches."""
    shift = Shift(Setting(FLOATS, K), n)
    u = np.random.default_rng([K, n, seed]).standard_normal((DRAWS, K))
    beta = np.array([shift.limits[0]] * n + [shift.limits[2]] * (K - n))
    v = np.maximum(u, 0)
    return u, v, np.maximum(u[:, :n].sum(axis=1) / n**0.5, 0) - v @ beta


@pytest.mark.parametrize(("K", "n"), [(3, 2), (5, 2), (5, 5), (9, 4)])
def test_the_residual_has_the_stated_mean_square_and_supremum(K, n):
    shift, (u, _, rho) = Shift(Setting(FLOATS, K), n), neurons(K, n)
    assert abs((rho**2).mean() - shift.mean_square) < 6 * (rho**2).std() / len(u) ** 0.5
    largest = (rho**2 / (u**2).sum(axis=1)).max()
    assert largest <= shift.square < 4 * largest
    for l in (0.05, 0.2, 0.4):
        values = np.exp(l / shift.square * rho**2)
        bound = np.exp(shift.log_square(1, 0.0, l / shift.square))
        assert values.mean() <= bound + 5 * values.std() / len(u) ** 0.5
    ball = Shift(Setting(Balls(100), K), n).mean_square
    assert abs(float(ball.middle) - shift.mean_square) < 1e-12


def drawn_moment(bound, v, factor):
    """Return the largest standardised difference of W from drawn second moments, on the indicators of the groups."""
    groups = np.repeat(np.arange(4), bound.sizes)
    sums = np.stack([v[:, groups == g].sum(axis=1) for g in range(4) if bound.sizes[g]])
    weights = np.array(bound.blocks[1])
    worst = 0.0
    for i, j in product(range(len(sums)), repeat=2):
        values = sums[i] * sums[j] * factor**2
        worst = max(worst, abs(values.mean() - weights[i][j]) / (values.std() / len(values) ** 0.5))
    for g in range(4):
        if bound.sizes[g] > 1:
            first, second = np.flatnonzero(groups == g)[:2]
            values = (v[:, first] - v[:, second]) ** 2 / 2 * factor**2 / bound.setting.lam
            (expected,) = {value for value, size in _differences(bound) if size == g}
            worst = max(worst, abs(values.mean() - expected) / (values.std() / len(values) ** 0.5))
    return worst


def _differences(bound):
    groups = [g for g in range(4) if bound.sizes[g] > 1]
    return [(value, g) for (_, value), g in zip(bound.differences, groups, strict=True)]


@pytest.mark.parametrize(("K", "n"), [(4, 2), (5, 5), (7, 3)])
def test_the_second_moments_of_shifts_are_those_of_drawn_neurons(K, n):
    u, v, rho = neurons(K, n, seed=1)
    shift = Shift(Setting(FLOATS, K), n)
    groups = np.repeat(np.arange(4), shift.sizes)
    assert (np.array(shift.inside)[groups] == (np.arange(K) < n)).all()
    assert drawn_moment(shift, v, rho) < 5
    gram = shift.setting.lam * np.eye(K) + 1 / (2 * math.pi)
    lengths = np.sqrt(np.einsum("ri,ij,rj->r", v, np.linalg.inv(gram), v)) * np.abs(rho) / (u**2).sum(axis=1)
    assert lengths.max() <= shift.size < 4 * lengths.max()


@pytest.mark.parametrize(("K", "t"), [(4, 1), (5, 2), (4, 4), (3, 2)])
def test_the_second_moments_of_deviations_are_those_of_drawn_neurons(K, t):
    deviation, u = GramDeviation(Setting(FLOATS, K), t), np.random.default_rng([K, t]).standard_normal((DRAWS, K))
    groups, v = np.repeat(np.arange(4), deviation.sizes), np.maximum(u, 0)
    along = v @ np.array(deviation.alpha)[groups]
    assert sum(np.array(deviation.labels)[groups]) == t
    assert drawn_moment(deviation, v, along) < 5
    gram = deviation.setting.lam * np.eye(K) + 1 / (2 * math.pi)
    lengths = np.sqrt(np.einsum("ri,ij,rj->r", v, np.linalg.inv(gram), v)) * np.abs(along) / (u**2).sum(axis=1)
    assert lengths.max() <= deviation.size < 4 * lengths.max()


@pytest.mark.parametrize(("n", "p", "t"), [(2, 0, 1), (2, 1, 1), (4, 2, 2), (3, 0, 2)])
def test_terms_of_first_order_have_the_stated_variance_and_tails(n, p, t):
    K, source = 5, np.random.default_rng([n, p, t])
    term = FirstOrder(Setting(FLOATS, K), BitClass(n, p, t))
    groups = np.repeat(np.arange(4), term.sizes)
    u = source.standard_normal((DRAWS, K))
    v, h = np.maximum(u, 0), np.maximum(u @ np.array(term.inside)[groups] / n**0.5, 0)
    X = term.sign * (v @ np.array(term.alpha)[groups]) * (h - v @ np.array(term.b)[groups])
    assert abs(X.mean()) < 5 * X.std() / len(X) ** 0.5
    assert abs((X**2).mean() - term.spread) < 5 * (X**2).std() / len(X) ** 0.5
    most = term.reach * term.square**0.5
    assert (most * (u**2).sum(axis=1) >= X).all()
    averages = X.reshape(-1, 40).mean(axis=1)
    for value in (0.2, 0.4, 0.6):
        bound = min(math.exp(term.log_exceeds(40, value * most, l / most)) for l in np.linspace(0.01, 0.49, 60))
        assert (averages > value * most).mean() <= bound


@pytest.mark.parametrize("networks", [1, 5])
@pytest.mark.parametrize("kind", ["shift", "deviation"])
def test_drawn_mean_vectors_are_longer_no_more_often_than_bounded(kind, networks):
    K, n, t, w, setting = 4, 3, 2, 60, Setting(FLOATS, 4)
    gram = setting.lam * np.eye(K) + 1 / (2 * math.pi)
    root = np.linalg.inv(np.linalg.cholesky(gram))
    _, v, rho = neurons(K, n, seed=2)
    alpha = np.linalg.solve(gram, np.array([1.0, 1, 0, 0]))
    bound, xi = (Shift(setting, n), rho) if kind == "shift" else (GramDeviation(setting, t), v @ alpha)
    many = len(v) // (w * networks) * w * networks
    vectors = (v * xi[:, None])[:many].reshape(-1, w, K).mean(axis=1) - (0 if kind == "shift" else gram @ alpha)
    lengths = np.linalg.norm(vectors @ root.T, axis=1).reshape(-1, networks).mean(axis=1)
    value = Fraction(float(np.quantile(lengths, 0.97))).limit_denominator(10**6)
    logs = []
    for l, z, q in product(np.geomspace(0.01, 0.49, 12) / bound.size, (2, 5, 12, 30), (0.2, 1, 3, 9)):
        try:
            event = Length(value, *(Fraction(float(x)) for x in (l, z, q)))
            logs.append((bound.log_exceeds(w, event, networks=networks), event))
        except ValueError:  # not positive definite
            continue
    log, event = min(logs, key=lambda item: item[0])
    assert (lengths > float(value)).mean() <= math.exp(log) < (1 if networks == 1 else 2)
    far = replace(event, value=value * 4)
    assert bound.log_exceeds(w, far, networks=2) == pytest.approx(2 * bound.log_exceeds(w, far), rel=1e-12)


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
    few = GaussianLoad.of(program.samples, arbitrary_classes(program), program.labels.T.tolist(), max_states=2)
    assert few.states == dict.fromkeys(load.states, 2)
    assert few.unwritten == dict.fromkeys(load.states, 2 * unwritten)
    bits = {t: int((program.writers == t).sum()) for t in load.samples}
    assert few.samples == {t: 2 * bits[t] for t in load.samples}


def test_balls_confirm_the_ensemble_and_not_a_smaller_one(found):
    assert found.bound().upper <= FAILURE
    assert found.networks > 15
    assert replace(found, networks=found.networks - 1).bound().lower > FAILURE
    assert replace(found, steps=found.steps - 1).bound().lower > FAILURE
    assert replace(found, width=found.width * 9 // 10).bound().lower > FAILURE
    assert replace(found, threshold=found.threshold * Fraction(9, 10)).bound().lower > FAILURE
    floats = found.bound(FLOATS)
    assert float(found.bound().lower) == pytest.approx(floats, rel=1e-2)


def test_the_smallest_width_for_a_number_of_networks(found):
    narrow = find_gaussian_ensemble(found.load, Required(FAILURE, networks=2 * found.networks))
    assert narrow.width < found.width / 2
    assert replace(narrow, width=narrow.width - 1).bound().lower > FAILURE


def test_the_terms_of_the_ensemble_are_those_of_every_state_and_bit():
    """Once more, in floats: addition of 1 bit has a bit without writers, and states that are samples."""
    found = find_gaussian_ensemble(load_of(addition(1)), Required(FAILURE, width=WIDTH, threshold=Fraction(3, 20)))
    setting, N, tau = Setting(FLOATS, 4), found.networks, 0.15
    least = (1 - float(found.drop)) * setting.lam
    trace = 2 * (1 + float(found.rise))
    shrunk = (1 - float(found.step) * least) ** found.steps
    leftover = shrunk**2 * trace
    assert found.leftover(setting) == pytest.approx(leftover, rel=1e-12)

    def tail(margin, variance):
        return math.erfc(math.sqrt(N / 2 / variance) * margin) / 2

    (V, l), shift, deviation = found.squares[2], found.shifts[2], found.deviations[2]
    expected = [np.exp(Shift(setting, 2).log_square(N * WIDTH, float(V), float(l))) * 3]
    expected.append(np.exp(N * Shift(setting, 2).log_exceeds(WIDTH, shift)) * 3)
    rest = math.sqrt(2 * trace / least) * shrunk
    for kind, split in found.splits.items():
        term, pairs = FirstOrder(setting, kind), found.load.workload.classes[kind]
        x = (
            term.sign * (tau - term.mean)
            - float(split.d)
            - float(deviation.value * shift.value / (1 - found.drop))
            - rest
        )
        expected += [
            math.exp(term.log_exceeds(N * WIDTH, x, float(split.l))) * pairs,
            tail(float(split.d), float(V) + leftover) * pairs,
        ]
    expected.append(3 * tail(tau, float(V) + leftover))  # three states, and one bit that nothing writes
    expected += [4 * tail(tau, leftover), 8 * tail(tau - rest, leftover)]  # four states that are samples
    assert found.load.samples == {0: 4, 2: 8}
    terms = list(found.together(setting))
    assert len(terms) == len(expected)
    assert sum(terms) == pytest.approx(sum(expected), rel=1e-6)
    each = list(found.each(setting))
    assert len(each) == 3
    assert each[2] == pytest.approx(
        2 * math.exp(GramDeviation(setting, 2).log_exceeds(WIDTH, deviation)), rel=1e-12
    )  # two columns
    assert found.bound(FLOATS) == pytest.approx(N * sum(each) + sum(expected), rel=1e-6)
    assert replace(found, steps=1).remainder(setting, 1) > tau
    with pytest.raises(NtkProofsError):
        replace(found, steps=1).bound()


@pytest.mark.parametrize(("shares", "often"), [((1, 1), False), ((1, 5), True)])
def test_trained_networks_of_the_certified_size_fail_no_more_often_than_promised(shares, often):
    """Real gradient descent from drawn starts: permutation of 3 bits, failure 1/10; with a fifth of them they fail."""
    failure, draws = Fraction(1, 10), 60
    found = find_gaussian_ensemble(load_of(permutation(range(3))), Required(failure, width=600))
    states = States.arbitrary(permutation(range(3)))
    training = Training.of("output", "gaussian", steps=found.steps, step=float(found.step))
    networks = found.networks * shares[0] // shares[1]
    drawn = measure(states, training, width=found.width, networks=networks, draws=draws, seed=1)
    wrong = draws - drawn.right(float(found.threshold))
    assert (wrong > draws * failure) == often
    assert STARTS["gaussian"].of("output")


def test_wider_networks_require_smaller_ensembles(found):
    wide = find_gaussian_ensemble(found.load, Required(FAILURE, width=20 * WIDTH))
    limit = least_at_infinite_width(found.load, FAILURE)
    assert limit <= wide.networks < found.networks
    assert wide.networks < 1.1 * limit


@pytest.mark.parametrize(
    "changes",
    [
        {"splits": {}},
        {"squares": {}},
        {"shifts": {}},
        {"deviations": {}},
        {"step": Fraction(1)},
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


def test_networks_that_do_not_suffice():
    load = load_of(permutation(range(4)))
    with pytest.raises(Undecided, match="the width 12 is too small: no number of networks suffices"):
        find_gaussian_ensemble(load, Required(FAILURE, width=12))
    with pytest.raises(NtkProofsError, match=r"the threshold 9/10 is not between 0 and"):
        find_gaussian_ensemble(load, Required(FAILURE, width=WIDTH, threshold=Fraction(9, 10)))
    with pytest.raises(Undecided, match=r"no width is sufficient for 3 networks: .* must be \d+ or more"):
        find_gaussian_ensemble(load, Required(FAILURE, networks=3))
    with pytest.raises(Insufficient, match=r"\d+ networks of width 2500 .* is bounded by 0\.\d+, 1/20 is permitted"):
        find_gaussian_ensemble(load, Required(FAILURE, networks=ensemble().networks - 3, width=WIDTH))
    with pytest.raises(NtkProofsError, match="the step 1 is too large"):
        find_gaussian_ensemble(load, Required(FAILURE, width=WIDTH, step=Fraction(1)))
    with pytest.raises(InputError, match="between 0 and 1"):
        Required(Fraction(1), width=9)
    with pytest.raises(InputError, match="need a number of networks or a width"):
        Required(FAILURE)
    with pytest.raises(InputError, match="has 2 to 4 matches, got 5"):
        Shift(Setting(FLOATS, 4), 5)
