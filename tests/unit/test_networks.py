"""Ensembles of networks: the joint limit, the law of the error, and networks of finite width next to naive ones."""

import math
from dataclasses import replace
from functools import lru_cache

import mpmath
import numpy as np
import pytest
import sympy

from ntkproofs.claims import Comparison, confirm_measured
from ntkproofs.errors import InputError, Undecided
from ntkproofs.kernels import RHO, two_layer_relu
from ntkproofs.predictor import Predictor
from ntkproofs.programs import addition, permutation
from ntkproofs.simulation import networks, simulate, simulate_chunks, words_with_ones
from ntkproofs.simulation.finite import Weights, draw_weights, linearised, trained
from ntkproofs.simulation.limit import ErrorLaw, Trials, limit_of
from ntkproofs.simulation.normal import log_two_sided, log_upper, quadrant_excess
from ntkproofs.simulation.streams import ENSEMBLES, PAIRS, WORDS, stream

REGIME_OF = {"ntk": "ntk", "standard": "nngp"}


# --- the normal distribution


@pytest.mark.parametrize("x", [-3, 0, 1.5, 8, 24.999, 25.001, 170])
def test_tails_are_those_of_mpmath(x):
    with mpmath.workdps(40):
        tail = mpmath.erfc(mpmath.mpf(x) / mpmath.sqrt(2)) / 2
        assert log_upper(x) == pytest.approx(float(mpmath.log(tail)), rel=1e-9)
        if x > 0:
            assert log_two_sided(-x) == pytest.approx(float(mpmath.log(2 * tail)), rel=1e-9)


@pytest.mark.parametrize(("h", "k", "rho"), [(0, 0, 0.6), (1, -0.5, 0.8), (2, 3, -0.7), (-1, -1, 0.95), (1, 2, 0)])
def test_quadrants_are_those_of_a_quadrature(h, k, rho):
    with mpmath.workdps(20):

        def inner(z):
            return mpmath.npdf(z) * mpmath.ncdf((k - rho * z) / mpmath.sqrt(1 - rho * rho))

        joint = mpmath.quad(inner, [-12, -6, -2, 0, h] if h > 0 else [-12, -6, -2, h])
        excess = float(joint - mpmath.ncdf(h) * mpmath.ncdf(k))
    result = float(quadrant_excess(np.array([h * 1.0]), np.array([k * 1.0]), np.array([rho * 1.0]))[0])
    assert result == pytest.approx(excess, abs=1e-10)


# --- the limit


@pytest.mark.parametrize("regime", ["ntk", "nngp"])
def test_the_limit_has_the_predictors_mean_and_variance(regime):
    """Dense float solve against the closed form, at every state and bit of a program with unequal counts."""
    program = addition(bits=2)
    program.pad(1)
    source = np.random.default_rng(1)
    rows = source.integers(0, 2, (40, program.output_bits)).astype(np.uint8)
    rows = rows[program.match_rows(rows).sum(axis=1) >= 2]
    limit = limit_of(Trials.of(program, rows), two_layer_relu(regime))
    predictor = Predictor(two_layer_relu(regime), program.samples)
    match = program.match_rows(rows)
    written = program.matched_writers_rows(match)
    variance = lru_cache(lambda *counts: float(predictor.variance(*counts)))
    mean = lru_cache(lambda *counts: float(predictor.mean(*counts)))
    for state in range(len(rows)):
        n = int(match[state].sum())
        assert limit.covariance[state, state] == pytest.approx(variance(n), rel=1e-9)
        for bit in range(program.output_bits):
            expected = mean(n, int(written[state, bit]), int(program.writers[bit]))
            assert limit.mean[state, bit] == pytest.approx(expected, abs=1e-12)


def test_the_covariance_of_two_states_is_that_of_their_sum_and_difference():
    """The joint distribution of two outputs is Gaussian; its covariance has the entries of the kernel."""
    trials = words_with_ones(permutation(range(5)), ones=3)
    limit = limit_of(trials, two_layer_relu())
    kernel, prior = two_layer_relu(), two_layer_relu("nngp")
    x, y = (trials.codes[index] for index in (0, 7))

    def entry(of, a, b):
        return float(sympy.lambdify(RHO, of.angular)(min(1.0, float(a @ b))))

    eye = np.eye(5)
    gram = np.array([[entry(kernel, a, b) for a in eye] for b in eye])
    k_x, k_y = (np.linalg.solve(gram, [entry(kernel, a, item) for a in eye]) for item in (x, y))
    before = np.array([[entry(prior, a, b) for a in eye] for b in eye])
    p_x, p_y = (np.array([entry(prior, a, item) for a in eye]) for item in (x, y))
    joint = entry(prior, x, y) - k_x @ p_y - k_y @ p_x + k_x @ before @ k_y
    assert limit.covariance[0, 7] == pytest.approx(joint / 5, abs=1e-12)


def test_training_that_goes_on_approaches_the_end():
    trials = words_with_ones(permutation(range(4)))
    end = limit_of(trials, two_layer_relu())
    gaps = [float(np.abs(limit_of(trials, two_layer_relu(), time=t).mean - end.mean).max()) for t in (0, 1, 5, 60)]
    assert gaps[0] == pytest.approx(float(np.abs(end.mean).max()))  # nothing learnt yet: mean 0
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 1e-12


@pytest.mark.parametrize("freedom", [1, 4, 60])
@pytest.mark.parametrize("times", [0.05, 0.5, 1.0, 1.001, 3.0, 20.0])
def test_deviates_of_the_error_are_those_of_chi_square(freedom, times):
    law = ErrorLaw(np.ones(1), np.zeros(1), freedom, 1.0)
    assert (law.mean, law.deviation) == (freedom, pytest.approx(math.sqrt(2 * freedom)))
    with mpmath.workdps(40):
        value = mpmath.mpf(times) * freedom
        above = mpmath.gammainc(mpmath.mpf(freedom) / 2, value / 2, mpmath.inf, regularized=True)
        below = mpmath.gammainc(mpmath.mpf(freedom) / 2, 0, value / 2, regularized=True)
        small = float(mpmath.log(min(above, below)))
    z = law.deviate(times * freedom)
    assert log_upper(abs(z)) == pytest.approx(small, abs=0.04, rel=0.01) or abs(small) < 1
    assert (z > 0) == (above < below)


def test_the_density_of_the_error_is_that_of_chi_square():
    law = ErrorLaw(np.ones(1), np.zeros(1), 40, 0.5)
    for value in (10.0, 20.0, 31.0):
        exact = (20 - 1) * math.log(2 * value) - value - 20 * math.log(2) - math.lgamma(20) + math.log(2)
        assert law.log_density(value) == pytest.approx(exact, abs=0.005)


def test_the_law_of_the_error_is_that_of_draws():
    limit = limit_of(words_with_ones(permutation(range(5))), two_layer_relu())
    law, source = limit.error_law(3), np.random.default_rng(5)
    errors = [float(((limit.draw(source, 3) - limit.trials.targets) ** 2).mean()) for _ in range(1000)]
    assert np.mean(errors) == pytest.approx(law.mean, abs=4 * law.deviation / math.sqrt(1000))
    assert np.std(errors) == pytest.approx(law.deviation, rel=0.12)
    deviates = np.array([law.deviate(error) for error in errors])
    assert abs(deviates.mean()) < 4 / math.sqrt(1000)
    assert (np.abs(deviates) > 1.96).mean() == pytest.approx(0.05, abs=0.025)


@pytest.mark.parametrize(("bits", "size"), [(4, 10), (6, 20), (8, 2)])
def test_the_deviation_of_the_accuracy_is_that_of_draws(bits, size):
    limit = limit_of(words_with_ones(permutation(range(bits))), two_layer_relu("nngp"))
    source = np.random.default_rng(3)
    right = [((limit.draw(source, size) > 0) == (limit.trials.wanted > 0)).all(axis=1).mean() for _ in range(4000)]
    mean = limit.accuracy(size)
    spread = limit.accuracy_unit(size) * mean * (1 - mean)
    assert np.mean(right) == pytest.approx(mean, abs=4 * math.sqrt(spread / 4000))
    assert np.var(right) == pytest.approx(spread, rel=0.1)


def test_bits_that_should_differ_make_states_less_alike():
    """If a bit should be 1 at one state and 0 at the other, an error at both states is less likely."""
    limit = limit_of(words_with_ones(permutation(range(8)), ones=6), two_layer_relu("nngp"))
    source, size, draws = np.random.default_rng(9), 1, 10_000
    values, vectors = np.linalg.eigh(limit.covariance)
    noise = source.standard_normal((draws, 28, 8)) * np.sqrt(np.maximum(values, 0) / size)[:, None]
    right = ((limit.mean + vectors @ noise > 0) == (limit.trials.wanted > 0)).all(axis=2)
    mean = limit.accuracy(size)
    spread = limit.accuracy_unit(size) * mean * (1 - mean)
    assert right.mean() == pytest.approx(mean, abs=4 * math.sqrt(spread / draws))
    assert right.mean(axis=1).var() == pytest.approx(spread, rel=0.08)


# --- the simulation of the limit

CASES = [(bits, size, seed) for bits in (2, 3, 5, 10, 17) for size in (1, 2, 30, 1000, 10**6) for seed in (0, 1, 2)]


@pytest.mark.parametrize("parametrisation", ["ntk", "standard"])
@pytest.mark.parametrize(("bits", "size", "seed"), CASES)
def test_the_limit_is_measured_as_predicted(bits, size, seed, parametrisation):
    trials = words_with_ones(permutation(range(bits)))
    result = simulate(trials, networks=size, parametrisation=parametrisation, seed=seed, repetitions=200)
    for name in ("mean_squared_error", "accuracy", "mean_of_ones", "mean_of_zeros", "variance"):
        quantity = getattr(result, name)
        if quantity is not None:
            assert 0 < quantity.standard_error < math.inf
            assert abs(quantity.deviations) < 4, name


def test_the_variance_of_two_draws_is_not_too_small():
    trials = words_with_ones(permutation(range(6)))
    result = [simulate(trials, networks=3, seed=seed, repetitions=2).variance for seed in range(80)]
    ratios = [item.measured / item.predicted for item in result]
    error = result[0].standard_error / result[0].predicted
    assert np.mean(ratios) == pytest.approx(1, abs=4 * error / math.sqrt(80))
    assert np.std(ratios) == pytest.approx(error, rel=0.4)


def test_the_wrong_kernel_is_rejected_and_the_right_one_is_not():
    """Power and size of the test that is applied to the published errors."""
    trials = words_with_ones(permutation(range(8)))
    limits = {regime: limit_of(trials, two_layer_relu(regime)) for regime in ("ntk", "nngp")}
    for truth, other in (("ntk", "nngp"), ("nngp", "ntk")):
        kept = 0
        for seed in range(60):
            drawn = limits[truth].draw(np.random.default_rng((seed, len(truth))), 40)
            error = float(((drawn - trials.targets) ** 2).mean())
            tests = {}
            for regime in (truth, other):
                law = limits[regime].error_law(40)
                tests[regime] = confirm_measured("", [Comparison("", error, law.mean, law.deviate(error))]).holds
            assert not tests[other]
            kept += tests[truth]
        assert kept >= 57  # each is kept with probability 0.99


def test_all_words_or_a_thousand_different_ones():
    assert len(words_with_ones(permutation(range(6)), ones=3).targets) == 20
    many = words_with_ones(permutation(range(20)), ones=10, seed=4)
    assert len({tuple(row) for row in many.wanted.tolist()}) == 1000
    assert set(many.wanted.sum(axis=1).tolist()) == {10}


# --- networks of finite width


def small(bits=3, width=7, seed=1):
    trials = words_with_ones(permutation([1, 2, 0][:bits]))
    return trials, draw_weights(trials.program, width, [stream(seed, ENSEMBLES, index) for index in range(2)])


def answer(hidden, outer, codes):
    """Return the outputs of one network in the NTK parametrisation, ``(states, bits)``, written out."""
    width, inputs = hidden.shape
    return np.maximum(codes @ hidden.T / math.sqrt(inputs), 0) @ outer / math.sqrt(width)


def test_outputs_are_those_of_the_formula():
    trials, weights = small()
    for index, outputs in enumerate(weights.outputs(trials.codes)):
        assert outputs == pytest.approx(answer(weights.hidden[index], weights.outer[index], trials.codes), abs=1e-12)


@pytest.mark.parametrize("parametrisation", ["ntk", "standard"])
def test_linearised_networks_are_the_least_move_of_the_weights(parametrisation):
    """The reference uses a Jacobian by finite differences and the pseudo-inverse."""
    width = 7
    trials, weights = small(width=width)
    fast = (1, 1) if parametrisation == "ntk" else (3**-0.5, width**-0.5)  # hidden, outer: variables to weights
    result = linearised(trials, weights, parametrisation)
    for index in range(2):
        shapes = weights.hidden[index].shape, weights.outer[index].shape
        sizes = [math.prod(shape) for shape in shapes]
        start = np.concatenate([weights.hidden[index].ravel() * fast[0], weights.outer[index].ravel() * fast[1]])

        def outputs(variables, codes, shapes=shapes, sizes=sizes):
            hidden = variables[: sizes[0]].reshape(shapes[0]) / fast[0]
            return answer(hidden, variables[sizes[0] :].reshape(shapes[1]) / fast[1], codes).ravel()

        def jacobian(codes, start=start, outputs=outputs):
            step = 1e-6 * np.eye(len(start))
            return np.stack([(outputs(start + d, codes) - outputs(start - d, codes)) / 2e-6 for d in step], axis=1)

        samples = np.eye(3)
        missing = trials.program.labels.ravel() - outputs(start, samples)
        move = np.linalg.pinv(jacobian(samples)) @ missing
        expected = outputs(start, trials.codes) + jacobian(trials.codes) @ move
        assert result[index].ravel() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("parametrisation", ["ntk", "standard"])
def test_linearised_networks_fit_the_samples(parametrisation):
    trials, weights = small(width=40)
    at_samples = linearised(replace(trials, codes=np.eye(3)), weights, parametrisation)
    assert np.abs(at_samples - trials.program.labels).max() < 1e-9


def test_the_standard_parametrisation_is_plain_gradient_descent():
    """The reference is a loop with weights of deviation 1/sqrt(fan in) and one learning rate, at every step."""
    width = 12
    trials, weights = small(width=width, seed=3)
    outputs, steps = trained(trials, Weights(weights.hidden[:1], weights.outer[:1]), "standard")
    u, a = weights.hidden[0] / math.sqrt(3), weights.outer[0] / math.sqrt(width)
    rate = 1 / _largest(u, a)
    for _ in range(steps):
        after = np.maximum(u, 0)  # the samples are the basis: column i is the hidden layer at sample i
        miss = after.T @ a - trials.program.labels
        turn = (u > 0) * (a @ miss.T)
        a, u = a - rate * after @ miss, u - rate * turn
    assert outputs[0] == pytest.approx(np.maximum(trials.codes @ u.T, 0) @ a, abs=1e-9)
    assert np.abs(np.maximum(u, 0).T @ a - trials.program.labels).max() <= 1e-6


def _largest(u, a):
    """Bound the largest eigenvalue of the tangent kernel on the basis, in the standard parametrisation's variables."""
    outer = np.linalg.eigvalsh(np.maximum(u, 0).T @ np.maximum(u, 0))[-1]
    return outer + max(np.linalg.eigvalsh(a.T @ ((u[:, [i]] > 0) * a))[-1] for i in range(u.shape[1]))


@pytest.mark.parametrize("parametrisation", ["ntk", "standard"])
def test_wide_trained_networks_become_linear(parametrisation):
    trials = words_with_ones(permutation(range(4)))
    gaps = []
    for width in (100, 1600, 25600):
        weights = draw_weights(trials.program, width, [stream(1, ENSEMBLES, index) for index in range(4)])
        gap = trained(trials, weights, parametrisation)[0] - linearised(trials, weights, parametrisation)
        gaps.append(math.sqrt(float((gap**2).mean())))
    assert gaps[1] < gaps[0] / 2
    assert gaps[2] < gaps[1] / 2


@pytest.mark.parametrize("model", ["linearised", "trained"])
@pytest.mark.parametrize("parametrisation", ["ntk", "standard"])
def test_finite_networks_follow_their_own_kernel(model, parametrisation):
    """In each parametrisation the test rejects the other kernel only: 60 networks of width 1,500."""
    trials = words_with_ones(permutation(range(6)))
    result = simulate(trials, networks=60, model=model, parametrisation=parametrisation, width=1500, seed=11)
    error = result.mean_squared_error
    assert abs(error.deviations) < 4
    other = {"ntk": "nngp", "standard": "ntk"}[parametrisation]
    assert abs(limit_of(trials, two_layer_relu(other)).error_law(60).deviate(error.measured)) > 6


# --- runs


def test_chunks_do_not_change_the_networks(monkeypatch):
    trials = words_with_ones(permutation(range(4)))
    options = {"networks": 5, "model": "trained", "width": 50, "seed": 8, "repetitions": 2}
    whole = simulate(trials, **options)
    monkeypatch.setattr(networks, "HELD", 1)
    alone = list(simulate_chunks(trials, **options))
    assert len(alone) == 10
    apart = alone[-1].result()
    assert apart.mean_squared_error.measured == pytest.approx(whole.mean_squared_error.measured, rel=1e-6)
    assert apart.variance.measured == pytest.approx(whole.variance.measured, rel=1e-6)
    assert (apart.drawn, apart.repetitions, apart.complete) == (10, 2, True)


def test_a_run_cut_short_reports_the_networks_it_has(monkeypatch):
    monkeypatch.setattr(networks, "HELD", 1)
    trials = words_with_ones(permutation(range(4)))
    run = simulate_chunks(trials, networks=9, model="linearised", width=60, seed=2)
    for _ in range(3):
        state = next(run)
    part = state.result()
    assert (part.networks, part.repetitions, part.complete, part.drawn, part.total) == (3, 0, False, 3, 9)
    whole = simulate(trials, networks=3, model="linearised", width=60, seed=2)
    assert part.mean_squared_error == whole.mean_squared_error


def test_the_same_seed_is_the_same_run():
    trials = words_with_ones(permutation(range(5)))
    first, again, other = (simulate(trials, networks=7, seed=seed, repetitions=3) for seed in (1, 1, 2))
    assert first.mean_squared_error == again.mean_squared_error
    assert first.mean_squared_error.measured != other.mean_squared_error.measured


def first_numbers(source):
    return tuple(source.integers(0, 2**62, 8).tolist())


def test_every_purpose_index_and_seed_has_its_own_stream():
    """As seeds of NumPy, 5, (5, 0) and (5, 0, 0) are one stream, and so are (2**32 + 5, 0) and (5, 1, 0)."""
    seeds = [0, 1, 5, 2**32, 2**32 + 5, 2**64 + 5, 5 << 32, (5 << 64) + 1, 2**128 - 1]
    indices = [(), (0,), (1,), (0, 0), (0, 1), (1, 0), (0, 0, 0), (5,), (5, 0)]
    keys = [(seed, purpose, *index) for seed in seeds for purpose in (WORDS, ENSEMBLES, PAIRS) for index in indices]
    drawn = {first_numbers(stream(*key)) for key in keys}
    assert len(drawn) == len(keys)
    assert first_numbers(np.random.default_rng(5)) not in drawn
    assert first_numbers(stream(5, ENSEMBLES, 3)) == first_numbers(stream(5, ENSEMBLES, 3))


def test_random_words_and_the_first_network_are_drawn_apart(monkeypatch):
    sources = []
    original = networks.stream

    def watched(*key):
        sources.append(key)
        return original(*key)

    monkeypatch.setattr(networks, "stream", watched)
    trials = words_with_ones(permutation(range(30)), ones=5, seed=5)
    simulate(trials, networks=2, model="linearised", width=40, seed=5, repetitions=2)
    simulate(trials, networks=2, seed=5, repetitions=2)
    indices = [(5, ENSEMBLES, a, b) for a in range(2) for b in range(2)] + [(5, ENSEMBLES, a) for a in range(2)]
    assert sources == [(5, WORDS), *indices]


@pytest.mark.parametrize("seed", [-1, 1.0, "5", None, 2**128])
def test_a_seed_is_an_integer(seed):
    with pytest.raises(InputError, match="a seed is an integer from 0"):
        simulate(words_with_ones(permutation(range(3))), networks=2, seed=seed, repetitions=2)


def test_one_network_has_no_variance():
    trials = words_with_ones(permutation(range(3)))
    assert simulate(trials, networks=1, model="linearised", width=30).variance is None
    assert simulate(words_with_ones(permutation(range(2))), networks=1).mean_of_zeros is None


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"networks": 0}, "networks must be a positive integer, got 0"),
        ({"networks": 1, "repetitions": -1}, "repetitions must be a positive integer"),
        ({"networks": 1, "repetitions": 0}, "repetitions must be a positive integer, got 0"),
        ({"networks": 1.5}, "networks must be a positive integer, got 1.5"),
        ({"networks": 1, "model": "deep"}, "unknown model 'deep'"),
        ({"networks": 1, "parametrisation": "mean-field"}, "unknown parametrisation 'mean-field'"),
        ({"networks": 1, "model": "trained", "width": 2}, "width 2: it must be at least 3"),
        ({"networks": 1, "model": "trained", "width": 10**9}, "at most"),
    ],
)
def test_invalid_arguments_of_simulate_are_refused(options, text):
    with pytest.raises(InputError, match=text):
        simulate(words_with_ones(permutation(range(3))), **options)


def test_training_inputs_and_unmatched_states_are_no_trials():
    with pytest.raises(InputError, match="at least two templates"):
        Trials.of(permutation(range(3)), np.array([[1, 0, 0]], dtype=np.uint8))
    with pytest.raises(InputError, match="number of ones must be from 2"):
        words_with_ones(permutation(range(3)), ones=1)
    with pytest.raises(InputError, match="width 2 cannot fit 3 samples"):
        draw_weights(permutation(range(3)), 2, [stream(0, ENSEMBLES)])


def test_a_network_without_an_active_neuron_at_a_sample_cannot_be_linearised():
    trials, weights = small()
    dead = Weights(np.concatenate([-np.abs(weights.hidden[:, :, :1]), weights.hidden[:, :, 1:]], axis=2), weights.outer)
    for parametrisation in ("ntk", "standard"):
        with pytest.raises(Undecided, match="too close to singular: a larger width helps"):
            linearised(trials, dead, parametrisation)


def test_training_that_does_not_converge_says_so():
    trials, weights = small(width=40)
    with pytest.raises(Undecided, match="has not reached 1e-06 after 3 steps"):
        trained(trials, weights, "ntk", most_steps=3)
