"""Deep ReLU kernels, other activations, and the atlas: known values, other ways to the same numbers, refusals."""

from fractions import Fraction as Q

import mpmath
import numpy as np
import pytest
import sympy
from strategies_local import as_exact

from ntkproofs.bounds import (
    Margins,
    activation_kernels,
    choose_threshold,
    depth_kernels,
    ensemble_size,
    mean_sign,
    sign_of_zero,
    survey,
)
from ntkproofs.counts import Counts, arbitrary_counts
from ntkproofs.errors import InputError, NoMargin, Undecided
from ntkproofs.kernels import (
    ACTIVATIONS,
    MAX_LAYERS,
    REGIMES,
    RHO,
    Kernel,
    activation_kernel,
    deep_numbers,
    deep_relu,
    leaky_relu,
    linear,
    plane_expectation,
    two_layer_relu,
)
from ntkproofs.predictor import Predictor
from ntkproofs.programs import permutation
from ntkproofs.rigor import enclose, identity

CORRELATION = {RHO: (Q(-1), Q(1))}
PLAIN = {"erf": mpmath.erf, "sine": mpmath.sin, "cosine": mpmath.cos, "gelu": lambda x: x * mpmath.ncdf(x)}
SLOPES = {
    "erf": lambda x: 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x),
    "sine": mpmath.cos,
    "cosine": mpmath.sin,
    "gelu": lambda x: mpmath.ncdf(x) + x * mpmath.npdf(x),
}


def close(ball, estimate, digits):
    return abs(ball.middle - as_exact(mpmath.mpf(estimate))) < Q(1, 10**digits)


# --- depth


@pytest.mark.parametrize(
    ("layers", "digits"), [(1, "1.738307…"), (2, "2.104325…"), (3, "2.506200…"), (4, "2.938603…"), (8, "4.897428…")]
)
def test_the_balance_at_two(layers, digits):
    own, other, matched = deep_numbers(layers, 2, precision=100)
    assert ((own - other) / (matched - other)).digits(7) == digits


@pytest.mark.parametrize("regime", REGIMES)
def test_one_hidden_layer_is_the_two_layer_network(regime):
    assert identity(deep_relu(1, regime).angular, two_layer_relu(regime).angular, CORRELATION).outcome == "holds"
    assert identity(leaky_relu(0, regime).angular, two_layer_relu(regime).angular, CORRELATION).outcome == "holds"
    assert identity(deep_relu(2, regime).angular, two_layer_relu(regime).angular, CORRELATION).outcome == "fails"


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("slope", [Q(0), Q(1, 3), Q(-1)])
@pytest.mark.parametrize("layers", [1, 2, 5])
def test_formula_and_recursion_agree_up_to_the_scale(layers, slope, regime):
    scale = ((1 + slope**2) / 2) ** layers
    formula = deep_relu(layers, regime, slope=slope).enclosed(3, precision=200)
    numbers = deep_numbers(layers, 3, regime, slope=slope, precision=200)
    for first, second in zip(formula, numbers, strict=True):
        assert (second * scale).overlaps(first)
        assert first.width < Q(1, 10**40)


def test_a_deep_kernel_against_the_textbook_recursion_in_covariances():
    """Unnormalised: C' = E[relu relu], D = E[step step], Theta' = C' + Theta D, in floats."""

    def expectation(a, b, c):  # variances a, b, covariance c
        r = c / np.sqrt(a * b)
        value = np.sqrt(a * b) * (np.sqrt(1 - r * r) + (np.pi - np.arccos(r)) * r) / (2 * np.pi)
        return value, (np.pi - np.arccos(r)) / (2 * np.pi)

    for rho in (0.0, 0.3, 0.8):
        variance, covariance, theta = 1.0, rho, rho
        for _ in range(4):
            above, gradient = expectation(variance, variance, covariance)
            theta, covariance, variance = above + theta * gradient, above, variance / 2
        result = enclose(deep_relu(4).angular, {RHO: Q(rho).limit_denominator(100)}, precision=80)
        assert abs(float(result.middle) - theta) < 1e-14


@pytest.mark.parametrize("regime", REGIMES)
def test_slope_one_is_linear_at_every_depth(regime):
    for layers in (1, 2, 6):
        kernel = deep_relu(layers, regime, slope=1)
        multiple = layers + 1 if regime == "ntk" else 1
        assert identity(kernel.angular, multiple * RHO, CORRELATION).outcome == "holds"
        assert kernel.linear
    assert not deep_relu(2, regime, slope=Q(99, 100)).linear
    assert not Kernel("cubic", RHO**3).linear


def test_a_network_of_the_absolute_value_is_even():
    for regime in REGIMES:
        odd = leaky_relu(-1, "nngp").angular - leaky_relu(-1, "nngp").angular.subs(RHO, -RHO)
        assert enclose(odd, {RHO: Q(2, 7)}, precision=100).contains(0)
        assert sign_of_zero(leaky_relu(-1, regime), 2) == 1


def test_own_is_the_number_of_layers_and_one():
    for layers in (1, 3, 24):
        assert deep_relu(layers).own == sympy.Rational(layers + 1, 2**layers)
        assert deep_relu(layers, "nngp").own == sympy.Rational(1, 2**layers)
        assert deep_numbers(layers, 1, precision=60)[2] == layers + 1


def test_deep_kernels_stay_cheap_and_exact():
    own, other, matched = deep_relu(MAX_LAYERS).enclosed(2, precision=300)
    assert max(own.width, other.width, matched.width) < Q(1, 10**50)
    balance = [ball for ball in deep_numbers(200, 2, precision=64)]
    assert (balance[0] - balance[1]) / (balance[2] - balance[1]) > 100


@pytest.mark.parametrize(("regime", "first"), [("ntk", 2), ("nngp", 5)])
def test_the_first_failing_depth(regime, first):
    for layers in range(1, 9):
        assert sign_of_zero(deep_relu(layers, regime), 2) == (1 if layers >= first else -1)


@pytest.mark.parametrize(("layers", "last"), [(2, 2), (3, 5), (4, 9), (5, 16), (6, 25)])
def test_how_far_the_failure_reaches(layers, last):
    signs = [sign_of_zero(deep_relu(layers), n) for n in range(2, last + 5)]
    assert signs == [1] * (last - 1) + [-1] * 4
    assert mean_sign(deep_relu(layers), Counts(last, 0, 1, 40)) == 1
    assert mean_sign(deep_relu(layers), Counts(last + 1, 0, 3, 40)) == -1


@pytest.mark.parametrize(
    "make",
    [
        lambda: deep_relu(0),
        lambda: deep_relu(True),
        lambda: deep_relu(MAX_LAYERS + 1),
        lambda: deep_relu(2, "lazy"),
        lambda: deep_relu(2, slope=0.5),
        lambda: deep_numbers(-1, 2, precision=64),
        lambda: deep_numbers(2, 0, precision=64),
        lambda: deep_numbers(2, 2, "lazy", precision=64),
        lambda: deep_relu(2).enclosed(0, precision=64),
        lambda: deep_relu(2).scaled(0),
        lambda: deep_relu(2).scaled(0.5),
        lambda: sign_of_zero(deep_relu(2), 1),
    ],
)
def test_refusals(make):
    with pytest.raises(InputError):
        make()


# --- activations


@pytest.mark.parametrize("variance", [Q(1), Q(3, 10)])
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_kernels_are_the_gaussian_integrals(activation, variance):
    """NNGP: E[phi phi]/v; NTK: E[phi phi]/v + r E[phi' phi'], both by quadrature."""
    rho = Q(3, 8)
    value = plane_expectation(PLAIN[activation], rho, variance=variance, digits=12)
    slope = plane_expectation(SLOPES[activation], rho, variance=variance, digits=12)
    weight, part = (mpmath.mpf(x.numerator) / x.denominator for x in (variance, rho))
    nngp, ntk = (activation_kernel(activation, regime, variance=variance).angular for regime in ("nngp", "ntk"))
    assert close(enclose(nngp, {RHO: rho}, precision=80), value / weight, 12)
    assert close(enclose(ntk, {RHO: rho}, precision=80), value / weight + part * slope, 12)


def test_erf_at_known_points():
    third = activation_kernel("erf", "nngp", variance=Q(1, 2))
    assert third.own == sympy.Rational(2, 3)  # 2/pi asin(1/2) = 1/3, over v = 1/2
    assert third.other == 0
    assert third.matched(4) == 4 * sympy.asin(sympy.Rational(1, 4)) / sympy.pi


def test_small_preactivations_make_odd_activations_linear():
    for name, slope in (("erf", 4 / sympy.pi), ("sine", sympy.Integer(1))):
        kernel = activation_kernel(name, variance=Q(1, 10**9))
        ratio = enclose(kernel.matched(4), precision=200) / enclose(slope * linear().matched(4), precision=200)
        assert abs(ratio.middle - 1) < Q(1, 10**8)


def test_mean_of_an_odd_activation_is_independent_of_other_templates():
    kernel = activation_kernel("sine")
    for t, K in ((1, 5), (3, 9)):
        mean = Predictor(kernel, K).mean(2, 1, t)
        assert enclose(mean - kernel.matched(2) / kernel.own, precision=120).contains(0)
    assert sign_of_zero(kernel, 7) == 0


def test_kernels_that_are_not_homogeneous_are_for_unit_vectors():
    kernel = activation_kernel("cosine")
    assert kernel.between([1, 0], [0, 1]) == kernel.other
    with pytest.raises(InputError, match="length 1"):
        kernel.between([2, 0], [0, 1])
    assert kernel.between([0, 0], [0, 1]) == sympy.exp(-sympy.Rational(1, 2))
    assert kernel.between([0, 0], [0, 0]) == 1
    assert deep_relu(2).between([2, 0], [0, 0]) == 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: activation_kernel("tanh"),
        lambda: activation_kernel("erf", "lazy"),
        lambda: activation_kernel("erf", variance=0),
        lambda: activation_kernel("erf", variance=0.1),
        lambda: activation_kernels("lazy"),
        lambda: plane_expectation(mpmath.sin, Q(2)),
        lambda: plane_expectation(mpmath.sin, Q(0), variance=Q(0)),
    ],
)
def test_refused_activations(make):
    with pytest.raises(InputError):
        make()


@pytest.mark.parametrize(
    ("slope", "regime", "works"),
    [
        (Q(1, 2), "ntk", True),
        (Q(-2318, 10**4), "ntk", True),
        (Q(-2319, 10**4), "ntk", False),
        (Q(-580, 1000), "nngp", True),
        (Q(-581, 1000), "nngp", False),
        (Q(-4), "ntk", False),
        (Q(-5), "ntk", True),  # mostly relu(-x)
    ],
)
def test_slopes_at_which_the_threshold_zero_works(slope, regime, works):
    assert all((sign_of_zero(leaky_relu(slope, regime), n) < 0) == works for n in ((2,) if not works else range(2, 30)))


# --- the predictor with these kernels


@pytest.mark.parametrize(
    "kernel",
    [
        deep_relu(3),
        deep_relu(2, "nngp"),
        deep_relu(2, slope=Q(1, 4)),
        leaky_relu(Q(1, 5)),
        activation_kernel("erf"),
        activation_kernel("cosine", variance=Q(1, 3)),
    ],
    ids=lambda kernel: kernel.name,
)
def test_mean_and_variance_are_those_of_a_dense_solve_at_random_states(kernel):
    """The reference uses vectors, inner products and numpy.linalg.solve, not the algebra of two-value matrices."""
    source = np.random.default_rng(5)
    prior = kernel.prior or kernel

    def angular(of):
        function, own = sympy.lambdify(RHO, of.angular, "numpy"), float(of.own)

        def values(x, y):
            rho = x @ y.T
            same = rho > 1 - 1e-12  # acos in floats does not forgive 1 + 1e-16
            return np.where(same, own, function(np.where(same, 0.0, rho)))

        return values

    theta, nngp = angular(kernel), angular(prior)
    for K in (4, 9):
        samples = np.eye(K)
        for _ in range(3):
            match = source.random(K) < 0.5
            match[source.integers(K)] = True
            n = int(match.sum())
            writes = source.random(K) < 0.5
            state = (match / np.sqrt(n))[None, :]
            weights = np.linalg.solve(theta(samples, samples), theta(samples, state))[:, 0]
            expected = weights @ writes
            variance = (
                nngp(state, state)[0, 0]
                + weights @ nngp(samples, samples) @ weights
                - 2 * weights @ nngp(samples, state)[:, 0]
            )
            predictor = Predictor(kernel, K)
            result = enclose(predictor.mean(n, int((match & writes).sum()), int(writes.sum())), precision=120)
            assert abs(float(result.middle) - expected) < 1e-10
            assert abs(float(enclose(predictor.variance(n), precision=120).middle) * K - variance) < 1e-10


def test_the_threshold_t_over_k_plus_d_separates_at_every_depth():
    for layers, regime in ((1, "ntk"), (2, "ntk"), (8, "ntk"), (6, "nngp")):
        kernel = deep_relu(layers, regime)
        own, other, _ = kernel.enclosed(2, precision=128)
        for t in (1, 3):
            level = t / (own / other - 1 + 30)
            for row in Margins.of(
                kernel, [Counts(n, p, t, 30) for n in range(2, 10) for p in range(t) if p <= n]
            ).moments:
                assert (row.mean > level) == bool(row.bit)


def test_the_threshold_zero_is_refused_with_two_hidden_layers():
    counts = arbitrary_counts(permutation(range(10)))
    with pytest.raises(NoMargin, match="should be 0 has its mean"):
        choose_threshold(deep_relu(2), counts, "zero")
    assert choose_threshold(deep_relu(2, "nngp"), counts, "zero") == 0


def test_scaling_the_output_scales_the_variance_and_the_ensemble():
    kernel = deep_relu(2)
    for factor in (1, 2, Q(1, 3)):
        scaled = kernel.scaled(factor)
        ratio = enclose(Predictor(scaled, 9).variance(3) / Predictor(kernel, 9).variance(3), precision=100)
        assert ratio.contains(Q(factor))
        assert enclose(Predictor(scaled, 9).mean(3, 1, 2) - Predictor(kernel, 9).mean(3, 1, 2), precision=99).contains(
            0
        )
    assert deep_relu(2, "nngp").scaled(2).prior is None


@pytest.mark.parametrize("regime", REGIMES)
def test_a_linear_network_needs_no_ensemble(regime):
    counts = arbitrary_counts(permutation(range(12)))
    for choice in ("half", "best"):
        threshold = choose_threshold(linear(regime), counts, choice)
        assert 0 < threshold < Q(289, 1000)  # below 12**(-1/2)
        size = ensemble_size(
            linear(regime), counts, output_bits=12, steps=1, inputs=2**12, failure=Q(1, 100), threshold=threshold
        )
        assert (size.networks, size.margin.z) == (1, None)
    with pytest.raises(NoMargin):
        ensemble_size(
            linear(regime), counts, output_bits=12, steps=1, inputs=2**12, failure=Q(1, 100), threshold=Q(3, 10)
        )


# --- the atlas


def test_atlas_of_depth():
    entries = survey(depth_kernels(4), most=12, bits=30)
    assert [entry.last_positive for entry in entries] == [None, 2, 5, 9]
    assert [entry.zero_works for entry in entries] == [True, False, False, False]
    assert [entry.networks for entry in entries] == [390, 685, 952, 1214]
    for entry in entries:
        assert entry.threshold is not None
        assert entry.lowest < entry.threshold < entry.highest
        assert all(
            (balance > n) == (sign > 0)
            for n, (sign, balance) in enumerate(zip(entry.signs, entry.balances, strict=True), 2)
        )


def test_atlas_of_activations():
    entries = {entry.name: entry for entry in survey(activation_kernels(), most=6, bits=10)}
    assert {name for name, entry in entries.items() if entry.zero_works} == {"ReLU", "leaky 1/2", "leaky 1/10"}
    assert {name for name, entry in entries.items() if entry.last_positive == 6} == {"cosine", "|x|"}
    assert {name for name, entry in entries.items() if set(entry.signs) == {0}} == {"linear", "erf", "sine"}
    for name, kernel in activation_kernels("nngp").items():
        assert enclose(kernel.own, precision=100).contains(Q(1, 2)), name
    assert "mean of a 0-bit 0" in str(entries["erf"])
    assert "positive at n = 2..6" in str(entries["cosine"])


def test_atlas_refuses_invalid_arguments():
    with pytest.raises(InputError, match="most"):
        survey(depth_kernels(1), most=1)


def test_a_sign_that_intervals_do_not_determine_is_undecided():
    balanced = Kernel("balanced", 1 + RHO**2)  # the second power is neutral: exactly 0, which balls do not tell
    with pytest.raises(Undecided):
        sign_of_zero(balanced, 3)


def test_the_figure_draws_every_cell():
    pytest.importorskip("matplotlib")
    from ntkproofs.report.plots.depth_atlas import depth_atlas

    axes = depth_atlas(layers=2, most=5, bits=6)
    assert len(axes.patches) == (2 + 2 + 8) * 4
    colours = [patch.get_facecolor()[:3] for patch in axes.patches]
    orange, blue = colours[4], colours[0]
    assert orange != blue  # two layers at n = 2, one layer at n = 2
    assert colours[5:8] == [blue] * 3
    assert [tick.get_text() for tick in axes.get_yticklabels()][:2] == ["1 layer", "2 layers"]
