"""Kernels that are none, what networks answer where nothing matches, and formulas of many layers."""

import time
from fractions import Fraction as Q

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import Phase, example, find, given, settings
from hypothesis import strategies as st

from ntkproofs.bounds import (
    Margins,
    enclose_mean,
    least_padding,
    mean_sign,
    rounding_condition,
    rounds_right,
    sufficient_applies,
)
from ntkproofs.bounds.moments import demand_networks
from ntkproofs.counts import Counts, arbitrary_counts
from ntkproofs.errors import InputError, NoMargin
from ntkproofs.execution import Machine, RoundingFailure, exhaust
from ntkproofs.kernels import (
    MAX_LAYERS,
    RHO,
    Kernel,
    activation_kernel,
    deep_numbers,
    deep_relu,
    demand_definite,
    two_layer_relu,
)
from ntkproofs.predictor import MATCHES, SAMPLES, Predictor, TwoValueMatrix
from ntkproofs.programs import addition_task, permutation, permutation_task
from ntkproofs.rigor import enclose
from ntkproofs.simulation import words_with_ones
from ntkproofs.simulation.limit import limit_of
from ntkproofs.strategies import template_programs

MINUS = Kernel("minus", -RHO)
QUARTER = Kernel("quarter", RHO - sympy.Rational(1, 4))
CONSTANT = Kernel("constant", RHO * 0 + sympy.pi)
PRIOR = Kernel("trained", RHO, prior=MINUS)
COSINE = activation_kernel("cosine")


# --- eigenvalues


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (MINUS, "'minus' is no kernel on 12 samples: the eigenvalue own - other = -1"),
        (QUARTER, "'quarter' is no kernel on 12 samples: the eigenvalue own . .K - 1. other = -2"),
        (CONSTANT, "'constant' is no kernel on 12 samples: the eigenvalue own - other = 0"),
        (PRIOR, "'minus' is no kernel on 12 samples: the eigenvalue own - other = -1"),
    ],
)
def test_a_function_that_is_no_kernel_is_refused_wherever_it_is_used(kernel, message):
    task = addition_task(3)
    for use in (
        lambda: exhaust(task, kernel=kernel),
        lambda: exhaust(task, kernel=kernel, condition=False),
        lambda: Machine(task.program, kernel).step(task.start(1, 2)),
        lambda: Predictor(kernel, 12),
        lambda: Margins.of(kernel, [Counts(2, 1, 1, 12)]),
        lambda: mean_sign(kernel, Counts(2, 1, 1, 12)),
        lambda: enclose_mean(kernel, Counts(1, 1, 1, 12), precision=64),
        lambda: least_padding(kernel, [Counts(2, 1, 1, 12)]),
    ):
        with pytest.raises(InputError, match=message):
            use()


def test_the_number_of_samples_decides():
    for samples in (1, 2, 3):
        demand_definite(QUARTER, samples)  # 3/4 - (K - 1)/4 > 0
    with pytest.raises(InputError, match=r"no kernel on 4 samples: the eigenvalue own \+ \(K - 1\) other = 0"):
        demand_definite(QUARTER, 4)
    with pytest.raises(InputError, match=r"no kernel on every number of samples: other = -0\.25"):
        Predictor(QUARTER, SAMPLES)


@given(st.fractions(-2, 2, max_denominator=8), st.fractions(-2, 2, max_denominator=8), st.integers(1, 9))
@example(Q(1), Q(-1, 3), 3)  # an eigenvalue that is exactly 0 and that no interval separates from 0
@settings(max_examples=60)
def test_definite_is_what_numpy_says_of_the_matrix(slope, offset, samples):
    kernel = Kernel("affine", sympy.Rational(slope) * RHO + sympy.Rational(offset))
    matrix = np.full((samples, samples), float(offset)) + np.eye(samples) * float(slope)
    lowest = min(float(slope), float(np.linalg.eigvalsh(matrix)[0]))
    if lowest > 1e-9:
        demand_definite(kernel, samples)
    else:
        with pytest.raises(InputError, match="no kernel"):
            demand_definite(kernel, samples)


def test_a_negative_variance_is_refused():
    """Definite on the samples, and yet |matched| > own: rho (3 - 2 rho**2) is 1 at 1 and sqrt(2) at 1/sqrt(2)."""
    steep = Kernel("steep", RHO * (3 - 2 * RHO**2))
    demand_definite(steep, 6)
    for use in (
        lambda: demand_networks(steep, 2, 6),
        lambda: Predictor(steep, 6).variance(2),
        lambda: mean_sign(steep, Counts(2, 1, 1, 6)),
    ):
        with pytest.raises(InputError, match="the variance of an output would be negative"):
            use()


def test_a_linear_trained_kernel_with_another_prior_has_a_variance():
    kernel = Kernel("l", RHO, prior=two_layer_relu("nngp"))
    margins = Margins.of(kernel, [Counts(2, 1, 1, 10)])
    (row,) = margins.moments
    expected = enclose(Predictor(kernel, 10).variance(2), precision=128)
    assert not row.certain
    assert row.variance.overlaps(expected)
    assert margins.smallest(0).z is not None
    # by hand: m = 1/sqrt(2), u = 0
    prior = two_layer_relu("nngp")
    by_hand = 2 * prior.own + prior.other - 2 * sympy.sqrt(2) * prior.matched(2)
    assert expected.overlaps(enclose(by_hand / 10, precision=128))
    assert Margins.of(Kernel("l", RHO), [Counts(2, 1, 1, 10)]).smallest(0).z is None


def test_promises_of_docstrings_are_kept():
    with pytest.raises(InputError, match="there is no inverse"):
        TwoValueMatrix(sympy.Integer(1), sympy.Integer(1), 3).inverse()
    with pytest.raises(InputError, match="there is no inverse"):
        TwoValueMatrix(sympy.Integer(2), sympy.Integer(-1), 3).inverse()
    for size in (SAMPLES, 0, sympy.Rational(1, 2)):
        with pytest.raises(InputError, match="the size of a matrix"):
            TwoValueMatrix(sympy.Integer(2), sympy.Integer(1), size).dense()
    with pytest.raises(InputError, match="no kernel on every number of samples"):
        rounding_condition(QUARTER)
    trials = words_with_ones(permutation(range(5)))
    with pytest.raises(InputError, match="no kernel on 5 samples"):
        limit_of(trials, QUARTER)
    with pytest.raises(InputError, match="must not be negative"):
        limit_of(trials, two_layer_relu(), time=-1.0)
    for ones in (2.0, "2"):
        with pytest.raises(InputError, match="number of ones"):
            words_with_ones(permutation(range(5)), ones=ones)
    with pytest.raises(InputError, match="rounds must be True, False or None, got 2"):
        find(template_programs(rounds=2), lambda _: True, settings=settings(phases=[Phase.generate]))


# --- the zero vector


def test_a_kernel_says_what_it_is_at_the_zero_vector():
    with pytest.raises(InputError, match="is not homogeneous: its values at the zero vector are required"):
        Kernel("x", RHO, homogeneous=False)
    with pytest.raises(InputError, match="is homogeneous and vanishes"):
        Kernel("x", RHO, zero=(sympy.Integer(1), sympy.Integer(0)))
    for wrong in ((1,), 3, (RHO, 0), (0.5, 0), "ab"):
        with pytest.raises(InputError):
            Kernel("x", RHO, homogeneous=False, zero=wrong)
    assert two_layer_relu().vanishes
    assert activation_kernel("erf").vanishes
    assert activation_kernel("sine", "nngp").vanishes
    assert not COSINE.vanishes
    assert not COSINE.scaled(3).vanishes
    assert not Kernel("x", RHO, prior=COSINE).vanishes


@pytest.mark.parametrize("regime", ["ntk", "nngp"])
@pytest.mark.parametrize("K", [3, 7])
def test_the_cosine_at_the_zero_vector_is_the_dense_solve(regime, K):
    """From the network: v n0 K(x, y) = E cos(g) cos(h), by quadrature, without the algebra of two-value matrices."""
    v = 0.5
    kernel = activation_kernel("cosine", regime, variance=Q(1, 2))
    with mpmath.workdps(20):
        against = float(mpmath.quad(lambda g: mpmath.cos(mpmath.sqrt(v) * g) * mpmath.npdf(g), [-9, 9])) / v
    prior = kernel.prior or kernel
    theta, nngp = (
        np.full((K, K), float(one.other)) + np.eye(K) * float(one.own - one.other) for one in (kernel, prior)
    )
    weights = np.linalg.solve(theta, np.full(K, against))
    writes = np.array([1] * 2 + [0] * (K - 2))
    variance = (1 / v + weights @ nngp @ weights - 2 * weights.sum() * against) / K
    mean = enclose_mean(kernel, Counts(0, 0, 2, K), precision=64)
    assert float(mean.middle) == pytest.approx(float(weights @ writes), rel=1e-12)
    (row,) = Margins.of(kernel, [Counts(0, 0, 2, K)]).moments
    assert float(row.variance.middle) == pytest.approx(variance, rel=1e-9)
    predictor = Predictor(kernel, K)
    assert enclose(predictor.mean(0, 0, 2), precision=64).overlaps(mean)
    assert enclose(predictor.variance(0), precision=64).overlaps(row.variance)


def test_a_network_that_does_not_answer_zero_is_not_said_to():
    assert float(enclose_mean(COSINE, Counts(0, 0, 1, 3), precision=64).middle) == pytest.approx(0.349, abs=5e-4)
    with pytest.raises(RoundingFailure, match=r"its mean is 0\.349432… and must be not positive"):
        Machine(permutation([1, 0, 2]), COSINE).step({"bits": [0, 0, 0]})
    result = exhaust(permutation_task([1, 0, 2]), kernel=COSINE, condition=False)
    assert Counts(0, 0, 1, 3) in result.unsound
    assert not sufficient_applies(COSINE)
    with pytest.raises(NoMargin, match="do not answer 0 where no template matches"):
        least_padding(COSINE, arbitrary_counts(permutation([1, 0, 2])))
    with pytest.raises(NoMargin, match="n = 0"):
        Margins.of(COSINE, arbitrary_counts(permutation([1, 0, 2]))).smallest(0)


# --- padding


def test_padding_takes_0_bits_into_account():
    deep = deep_relu(2)
    row = Counts(2, 0, 1, 10)
    assert not rounds_right(deep, row)
    with pytest.raises(NoMargin, match="a bit that should be 0 has a positive mean at n = 2, p = 0, t = 1, K = 10"):
        least_padding(deep, [row])
    with pytest.raises(InputError, match="rounds=True is impossible for some programs: no padding helps"):
        find(template_programs(rounds=True, kernel=deep), lambda _: False, settings=settings(phases=[Phase.generate]))


@pytest.mark.parametrize("kernel", [activation_kernel("erf"), Kernel("linear", RHO), deep_relu(2, "nngp")])
def test_padding_for_other_kernels_makes_every_count_right(kernel):
    counts = [Counts(n, p, t, 12) for n in (2, 5, 9) for t in range(4) for p in range(min(n, t) + 1)]
    padding = least_padding(kernel, counts)
    assert all(rounds_right(kernel, Counts(c.matches, c.matched_writers, c.writers, 12 + padding)) for c in counts)


# --- many layers


@pytest.mark.parametrize("regime", ["ntk", "nngp"])
def test_values_of_deep_kernels_take_no_time_and_are_those_of_the_recursion(regime):
    start = time.process_time()
    for layers in (2, 7, MAX_LAYERS):
        kernel = deep_relu(layers, regime)
        own, other, matched = deep_numbers(layers, 3, regime, precision=100)
        scale = Q(1, 2) ** layers
        assert kernel.own == sympy.Rational(*(layers + 1 if regime == "ntk" else 1, 2**layers))
        assert enclose(kernel.other, precision=200).overlaps(other * scale)
        assert enclose(kernel.matched(3), precision=200).overlaps(matched * scale)
        assert enclose(kernel.matched(MATCHES), {MATCHES: 3}, precision=200).overlaps(matched * scale)
        assert own * scale == kernel.enclosed(1, precision=100)[0]
        assert enclose(kernel.at(sympy.Rational(1, 2)), precision=200).overlaps(
            enclose(kernel.angular, {RHO: Q(1, 2)}, precision=200)
        )
    assert time.process_time() - start < 20


def test_a_correlation_lies_between_minus_one_and_one():
    for wrong in (2, Q(-3, 2), 0.5, "1/2"):
        with pytest.raises(InputError):
            two_layer_relu().at(wrong)
    assert two_layer_relu().at(Q(-1)) == 0
