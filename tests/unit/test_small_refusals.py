"""Small things that must be refused, or be equal: each was once let through."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy

from ntkproofs.arithmetic.exact import PiRational
from ntkproofs.bounds.atlas import sign_of_zero
from ntkproofs.bounds.tails import mills_convergent
from ntkproofs.claims import confirm_batches, estimate
from ntkproofs.counts import Counts
from ntkproofs.errors import InputError
from ntkproofs.execution import Machine
from ntkproofs.kernels import expectation_by_quadrature, two_layer_relu
from ntkproofs.programs import TemplateProgram, addition
from ntkproofs.rigor import Ball, Integers, decide, identity, less


def test_equal_constants_have_equal_hashes():
    assert len({PiRational.of(1), Fraction(1), PiRational.pi() / PiRational.pi()}) == 1


@pytest.mark.parametrize("value", [0.1, "1", True])
def test_exact_constants_take_exact_numbers(value):
    with pytest.raises(InputError):
        PiRational.of(value)


def test_a_ball_is_not_compared_with_a_float():
    with pytest.raises(InputError, match="exact"):
        _ = Ball(1, precision=53) == 1.0


def test_a_text_is_not_an_expression():
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


# --- integers of every library


INTEGERS = {
    "Ball": lambda number: Ball(1, precision=number),
    "power": lambda number: Ball(2, precision=30) ** number,
    "identity": lambda number: identity(1, 1, points=number, seed=number),
    "decide": lambda number: decide(less(3, sympy.pi), precision=number, limit=number, max_cells=number),
    "Integers": lambda number: Integers(sympy.Symbol("n"), number, number),
    "addition": addition,
    "pad": lambda number: addition(2).pad(number),
    "machine": lambda number: Machine(addition(2)).run(addition(2).state(), steps=number),
    "confirm": lambda number: confirm_batches("some", [(number, None)], exhaustive=True),
    "estimate": lambda number: estimate("one", mpmath.mpf(1), Ball(1, precision=53), digits=number),
    "convergent": lambda number: mills_convergent(Fraction(1), number),
    "sign": lambda number: sign_of_zero(two_layer_relu(), number),
    "counts": lambda number: Counts(number, number, number, number),
}


@pytest.mark.parametrize("make", INTEGERS.values(), ids=INTEGERS)
def test_integers_of_numpy_and_sympy_are_taken_as_those_of_python(make):
    expected = repr(make(3))
    for number in (np.int64(3), np.uint8(3), sympy.Integer(3)):
        assert repr(make(number)) == expected


@pytest.mark.parametrize("make", INTEGERS.values(), ids=INTEGERS)
@pytest.mark.parametrize("wrong", [3.0, "3", Fraction(3), np.float64(3)], ids=repr)
def test_values_that_are_not_integers_are_refused(make, wrong):
    with pytest.raises(InputError, match="integer"):
        make(wrong)
