"""Small things that must be refused, or be equal: each was once let through."""

from fractions import Fraction

import numpy as np
import pytest

from ntkproofs.arithmetic.exact import PiRational
from ntkproofs.errors import InputError
from ntkproofs.kernels import expectation_by_quadrature, two_layer_relu
from ntkproofs.programs import TemplateProgram
from ntkproofs.rigor import Ball, identity


def test_equal_constants_have_equal_hashes():
    assert len({PiRational.of(1), Fraction(1), PiRational.pi() / PiRational.pi()}) == 1


@pytest.mark.parametrize("value", [0.1, "1", True])
def test_exact_constants_take_exact_numbers(value):
    with pytest.raises(InputError):
        PiRational.of(value)


def test_a_ball_is_not_compared_with_a_float():
    with pytest.raises(InputError, match="exact"):
        _ = Ball(1, precision=53) == 1.0


def test_texts_are_no_expressions():
    with pytest.raises(InputError, match="exact"):
        identity("1 + 1", 2)


@pytest.mark.parametrize("matches", [0, -1, "4"])
def test_a_kernel_needs_a_match(matches):
    with pytest.raises(InputError):
        two_layer_relu().matched(matches)


def test_quadrature_knows_two_functions():
    with pytest.raises(InputError, match="relu"):
        expectation_by_quadrature("tanh", Fraction(1, 2))


def test_numpy_bits_are_bits():
    program = TemplateProgram("x", fields={"p": 3})
    bits = np.array([True, False, True])
    assert program.row({"p": bits}).tolist() == [1, 0, 1]
