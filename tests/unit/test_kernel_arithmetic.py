"""Sums, multiples and biases of kernels: networks whose outputs add, and exact zeros that no ball can show."""

from fractions import Fraction as Q

import pytest
import sympy

from ntkproofs.bounds import Margins, enclose_mean, extreme_means, mean_sign, rounds_right, sign_of_zero
from ntkproofs.bounds.moments import State, demand_networks
from ntkproofs.counts import Counts
from ntkproofs.errors import InputError, Undecided
from ntkproofs.execution import Machine, RoundingFailure
from ntkproofs.kernels import (
    RHO,
    Kernel,
    activation_kernel,
    as_kernel,
    bias,
    deep_relu,
    demand_definite,
    two_layer_relu,
)
from ntkproofs.kernels.definite import certain_sign
from ntkproofs.predictor import Predictor
from ntkproofs.programs import permutation
from ntkproofs.rigor import enclose

LINEAR = Kernel("linear", RHO)
SQUARE = Kernel("square", RHO**2)
PAIRS = [
    (two_layer_relu(), activation_kernel("erf")),
    (two_layer_relu("nngp"), activation_kernel("cosine", "nngp")),
    (deep_relu(2), two_layer_relu("nngp")),
    (activation_kernel("gelu"), bias(3)),
    (bias(1), bias(Q(1, 3))),
]


def is_zero(expression):
    """Return whether an expression lies within 1e-30 of 0."""
    ball = enclose(sympy.sympify(expression), precision=160)
    return max(abs(ball.lower), abs(ball.upper)) < Q(1, 10**30)


def before(kernel):
    return kernel.prior or kernel


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_values_priors_and_values_at_zero_add(first, second):
    total = first + second
    assert total.name == f"{first.name} + {second.name}"
    for one, other, both in ((first, second, total), (before(first), before(second), before(total))):
        assert both.own == one.own + other.own
        assert both.other == one.other + other.other
        assert sympy.expand(both.matched(4) - one.matched(4) - other.matched(4)) == 0
        assert both.at_zero == tuple(a + b for a, b in zip(one.at_zero, other.at_zero, strict=True))
    assert total.homogeneous == (first.homogeneous and second.homogeneous)
    assert total.vanishes == (first.vanishes and second.vanishes)
    assert (total.prior is None) == (first.prior is None and second.prior is None)


def test_a_multiple_has_the_same_means_and_the_multiple_of_the_variances():
    for kernel in (two_layer_relu(), activation_kernel("cosine"), two_layer_relu() + bias(2)):
        for multiple in (3 * kernel, kernel * 3, kernel.scaled(3)):
            one, three = Predictor(kernel, 8), Predictor(multiple, 8)
            for n, p, t in ((0, 0, 2), (2, 1, 1), (4, 0, 1)):
                assert is_zero(three.mean(n, p, t) - one.mean(n, p, t))
                assert is_zero(three.variance(n) - 3 * one.variance(n))
    assert 1 * LINEAR == LINEAR
    assert (Q(1, 2) * LINEAR).own == sympy.Rational(1, 2)


@pytest.mark.parametrize("factor", [0, -1, 0.5, "2", None, LINEAR, sympy.Symbol("c", positive=True), True])
def test_a_factor_is_an_exact_positive_number(factor):
    with pytest.raises(InputError):
        LINEAR.scaled(factor)
    with pytest.raises(InputError):
        bias(factor)


def test_a_kernel_and_a_number_do_not_add():
    with pytest.raises(TypeError):
        LINEAR + 1


def dense(kernel, state, labels, samples):
    """Return mean and n0 times the variance by solving the Gram system of the kernels themselves."""
    prior = before(kernel)
    units = [[int(row == column) for column in range(samples)] for row in range(samples)]

    def gram(k, rows, columns):
        return sympy.Matrix([[k.between(x, y) for y in columns] for x in rows])

    a = gram(kernel, units, units).LUsolve(gram(kernel, units, [state]))
    mean = (a.T * sympy.Matrix(labels))[0]
    variance = (
        gram(prior, [state], [state]) + a.T * gram(prior, units, units) * a - 2 * a.T * gram(prior, units, [state])
    )
    return mean, variance[0]


@pytest.mark.parametrize("kernel", [LINEAR + bias(2), SQUARE + 3 * LINEAR + bias(Q(1, 2))], ids=lambda k: k.name)
def test_networks_with_a_bias_are_those_of_the_dense_solve(kernel):
    """At states with a match, and at the zero vector, where the output is that of the bias."""
    samples, predictor = 6, Predictor(kernel, 6)
    half = sympy.Rational(1, 2)
    for n, state in ((0, [0] * 6), (1, [1] + [0] * 5), (4, [half] * 4 + [0] * 2)):
        p, t = min(n, 2), min(n, 2) + 1
        labels = [int(index < p or index == 5) for index in range(samples)]
        mean, variance = dense(kernel, state, labels, samples)
        assert predictor.mean(n, p, t) == mean
        assert is_zero(predictor.scaled_variance(n) - variance)


def test_a_bias_alone_is_no_kernel_on_two_samples():
    with pytest.raises(InputError, match="'bias' is no kernel on 2 samples"):
        demand_definite(bias(), 2)
    demand_definite(two_layer_relu() + bias(), 1000)


def test_with_a_bias_the_bits_of_a_state_without_matches_are_wrong():
    """Every written bit has the mean t c / (own - other + K other) > 0 there."""
    machine = Machine(permutation([1, 0]), kernel=two_layer_relu() + bias())
    assert machine.step({"bits": [1, 0]}) == {"bits": [0, 1]}
    with pytest.raises(RoundingFailure):
        machine.step({"bits": [0, 0]})


@pytest.mark.parametrize(
    ("kernel", "linear"),
    [
        (LINEAR + LINEAR, True),
        (sympy.pi * LINEAR + LINEAR, True),
        (sympy.sqrt(2) * (LINEAR + sympy.pi * LINEAR), True),
        (LINEAR + bias(), False),
        (LINEAR + SQUARE, False),
        (SQUARE, False),
        (bias(), False),
    ],
)
def test_sums_of_linear_kernels_are_linear(kernel, linear):
    assert kernel.linear == linear
    if linear:
        assert State.at(kernel, 3, 5, 64).variance == 0


def test_untrained_outputs_with_a_bias_are_not_certain():
    """f(x) = a.x + b: at (x1 + x2)/sqrt(2) the data determine a.x up to b."""
    demand_networks(LINEAR + bias(), 2, 5)
    assert State.at(LINEAR + bias(), 2, 5, 64).variance > 0


# --- exact zeros

EVEN = Kernel("1 + rho^2", 1 + RHO**2)  # matched(n) - other = 1/n: the mean of every 0-bit is exactly 0


def test_a_mean_that_is_zero_by_its_formula_is_known_to_be_zero():
    for n in (2, 3, 5, 7):
        zero, one = Counts(n, 0, 2, 9), Counts(n, 1, 2, 9)
        assert mean_sign(EVEN, zero) == 0
        assert mean_sign(EVEN, one) == 1
        assert rounds_right(EVEN, zero)
        with pytest.raises(Undecided):  # balls alone do not see it
            certain_sign(lambda bits, c=zero: enclose_mean(EVEN, c, precision=bits), "the mean")
    assert Machine(permutation([1, 2, 0]), kernel=EVEN).step({"bits": [1, 1, 0]}) == {"bits": [1, 0, 1]}
    smallest, largest = extreme_means(EVEN, [Counts(3, 0, 2, 9), Counts(3, 1, 2, 9)])
    assert largest.mean == 0
    assert smallest.mean.contains(Q(1, 3))


def test_a_mean_that_is_nearly_zero_is_not_taken_for_zero():
    """The mean is 1e-40: its sign is undecided at the first precision of 64 bits, and decided at a higher one."""
    tiny = sympy.Rational(1, 10**40)
    for kernel, sign in ((EVEN + tiny * LINEAR, -1), (EVEN + tiny * Kernel("cube", RHO**3), 1)):
        assert mean_sign(kernel, Counts(3, 0, 2, 9)) == sign


# --- a name in place of a kernel


def test_a_name_stands_for_a_kernel_wherever_there_is_one():
    counts = Counts(2, 1, 1, 10)
    gelu = as_kernel("gelu")
    assert Predictor("gelu", 5) == Predictor(gelu, 5)
    assert Predictor("ntk", 5, "linear").prior == as_kernel("linear")
    assert Machine(permutation([1, 0]), "nngp").kernel == two_layer_relu("nngp")
    assert mean_sign("gelu", counts) == mean_sign(gelu, counts)
    assert Margins.of("gelu", [counts]).kernel == gelu
    assert sign_of_zero("depth-2", 2) == sign_of_zero(deep_relu(2), 2)
    for wrong in (None, 3, two_layer_relu, "lazy", RHO):
        for use in (
            lambda k: Machine(permutation([1, 0]), k),
            lambda k: mean_sign(k, counts),
            lambda k: Predictor(k, 5),
        ):
            with pytest.raises(InputError, match="kernel"):
                use(wrong)
