"""Kernels: the tabulated values, the derivations, and further kernels as one small object."""

from dataclasses import replace
from fractions import Fraction as Q

import mpmath
import pytest
import sympy
from strategies_local import as_exact

from ntkproofs.errors import InputError
from ntkproofs.kernels import (
    REGIMES,
    RHO,
    Kernel,
    derive_relu_product,
    derive_step_product,
    expectation_by_quadrature,
    relu_product,
    step_product,
    two_layer_relu,
)
from ntkproofs.predictor import Predictor
from ntkproofs.rigor import enclose, identity

PI = sympy.pi
CORRELATION = {RHO: (Q(-1), Q(1))}


def tabulated(regime, n):
    """Return (sqrt(1 - s^2) + c s (pi - arccos s)) / (2 pi) with s = n^(-1/2), c = 2 for the NTK, 1 for the NNGP."""
    s = 1 / mpmath.sqrt(n)
    slope = {"ntk": 2, "nngp": 1}[regime]
    return (mpmath.sqrt(1 - s**2) + slope * s * (mpmath.pi - mpmath.acos(s))) / (2 * mpmath.pi)


@pytest.mark.parametrize(("regime", "own"), [("ntk", 1), ("nngp", sympy.Rational(1, 2))])
def test_own_and_other(regime, own):
    kernel = two_layer_relu(regime)
    assert identity(kernel.own, own).outcome == "holds"
    assert identity(kernel.other, 1 / (2 * PI)).outcome == "holds"
    assert identity(kernel.matched(1), own).outcome == "holds"
    assert identity(kernel.contrast, 2 * PI * own - 1).outcome == "holds"
    assert identity(kernel.excess(1), kernel.contrast).outcome == "holds"
    assert identity(kernel.balance(1), 1).outcome == "holds"


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("n", [2, 3, 4, 7, 50, 10**6])
def test_matched_is_as_tabulated(regime, n):
    with mpmath.workdps(60):
        expected = as_exact(tabulated(regime, n))
    assert abs(enclose(two_layer_relu(regime).matched(n), precision=220).middle - expected) < Q(1, 10**55)


def test_the_balance_at_two_and_its_limit():
    kernel = two_layer_relu()
    assert enclose(kernel.balance(2), precision=100).digits(6) == "1.73830…"
    large = enclose(kernel.balance(10**16) / 10**8, precision=200)
    assert large.digits(6) == "1.68169…"
    limit = enclose((2 * PI - 1) / PI, precision=200)
    assert (limit - large).sign() == 1
    assert (limit - large).upper < Q(1, 10**7)


def test_the_default_regime_is_the_ntk_and_others_are_unknown():
    assert two_layer_relu() == two_layer_relu("ntk") != two_layer_relu("nngp")
    for regime in ("NTK", "lazy", "", None):
        with pytest.raises(InputError, match="unknown regime"):
            two_layer_relu(regime)


def test_both_regimes_have_the_nngp_kernel_as_prior():
    nngp = two_layer_relu("nngp")
    assert Predictor(two_layer_relu("ntk"), 5).prior == nngp
    assert Predictor(nngp, 5).prior == nngp


# --- derivations


@pytest.mark.parametrize("derive", [derive_relu_product, derive_step_product])
def test_every_step_of_a_derivation_holds_and_no_broken_one_does(derive):
    derivation = derive()
    assert len(derivation.steps) >= 5
    for step in derivation.steps:
        assert identity(step.left, step.right, step.domains).outcome == "holds", step.reason
        for broken in (
            replace(step, right=step.right + sympy.Rational(1, 10**9)),
            replace(step, right=-step.right),
            replace(step, left=2 * step.left),
        ):
            assert identity(broken.left, broken.right, broken.domains).outcome == "fails", step.reason


@pytest.mark.parametrize(("derive", "form"), [(derive_relu_product, relu_product), (derive_step_product, step_product)])
def test_a_derivation_ends_at_the_closed_form(derive, form):
    assert identity(derive().result, form(), CORRELATION).outcome == "holds"


def test_the_two_closed_forms_are_not_confused():
    assert identity(derive_relu_product().result, step_product(), CORRELATION).outcome == "fails"


def test_prices_theorem():
    """The derivative of E[relu relu] in the correlation is E[step step]."""
    assert identity(sympy.diff(relu_product(), RHO), step_product(), CORRELATION).outcome == "holds"


@pytest.mark.parametrize(("what", "form"), [("relu", relu_product), ("step", step_product)])
@pytest.mark.parametrize("correlation", [Q(-3, 7)])
def test_quadrature_of_the_plane_integral_agrees_to_thirty_digits(what, form, correlation):
    estimate = expectation_by_quadrature(what, correlation, digits=30)
    ball = enclose(form(), {RHO: correlation}, precision=160)
    assert abs(as_exact(estimate) - ball.middle) < Q(1, 10**30)


@pytest.mark.parametrize("correlation", [Q(1), Q(-1), Q(3, 2)])
def test_quadrature_needs_a_correlation_inside(correlation):
    with pytest.raises(InputError):
        expectation_by_quadrature("relu", correlation)


# --- between vectors


@pytest.mark.parametrize("regime", REGIMES)
def test_between_encoded_states_and_samples_there_are_two_values(regime):
    kernel = two_layer_relu(regime)
    root = sympy.sqrt(3)
    state = [1 / root, 1 / root, 0, 1 / root]
    for index in range(4):
        sample = [int(index == other) for other in range(4)]
        expected = kernel.other if index == 2 else kernel.matched(3)
        assert identity(kernel.between(state, sample), expected).outcome == "holds"
        assert identity(kernel.between(sample, sample), kernel.own).outcome == "holds"
    assert kernel.between([0, 0], [1, 0]) == 0
    assert identity(kernel.between([2, 0], [0, 3]), 6 * kernel.other).outcome == "holds"


# --- further kernels


def test_a_linear_kernel_is_one_object():
    linear = Kernel("linear", RHO)
    assert (linear.own, linear.other, linear.matched(4)) == (1, 0, sympy.Rational(1, 2))


@pytest.mark.parametrize("angular", [RHO, 2 * sympy.asin(RHO) / PI, RHO**3])
def test_without_interaction_the_mean_is_p_matched_over_own(angular):
    """For a kernel that is odd in the correlation, other = 0, so the mean does not depend on t and K."""
    kernel = Kernel("odd", angular)
    for n, p, t, K in ((1, 1, 1, 3), (4, 2, 5, 9), (5, 0, 3, 9), (3, 3, 3, 3)):
        assert identity(Predictor(kernel, K).mean(n, p, t), p * kernel.matched(n) / kernel.own).outcome == "holds"
    for attempt in (lambda: kernel.contrast, lambda: kernel.excess(2), lambda: kernel.balance(2)):
        with pytest.raises(InputError, match="other = 0"):
            attempt()


@pytest.mark.parametrize("angular", [sympy.Symbol("x"), RHO * sympy.Symbol("y"), 0.5, "rho", None])
def test_a_kernel_is_an_expression_in_the_correlation_alone(angular):
    with pytest.raises(InputError):
        Kernel("bad", angular)
