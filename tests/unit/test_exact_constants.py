"""Exact constants in Q(pi): field laws, the zero test, and functions at special points against balls."""

from fractions import Fraction as Q

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntkproofs.arithmetic.constants import Constant
from ntkproofs.arithmetic.exact import ExactArithmetic, PiRational
from ntkproofs.errors import DomainError, NotExact

PI = PiRational.pi()
of = PiRational.of

small = st.fractions(-4, 4, max_denominator=6)
polynomials = st.lists(small, min_size=1, max_size=4).map(
    lambda row: sum((of(c) * PI**k for k, c in enumerate(row)), of(0))
)


@st.composite
def elements(draw):
    below = draw(polynomials)
    return draw(polynomials) / (of(1) if below.is_zero() else below)


@given(elements(), elements(), elements())
def test_field_laws(a, b, c):
    assert a + b == b + a
    assert a * b == b * a
    assert (a + b) + c == a + (b + c)
    assert (a * b) * c == a * (b * c)
    assert a * (b + c) == a * b + a * c
    assert (a - a).is_zero()
    assert a + -a == 0
    assert a - b == -(b - a)
    if not b.is_zero():
        assert (a / b) * b == a
        assert b**-2 * b**2 == 1


@given(elements(), elements())
def test_equality_is_equality_of_numbers(a, b):
    """Narrow enclosures of two elements overlap iff they are equal, as pi is transcendental."""
    difference = (a - b).enclose(300)
    if a == b:
        assert difference.contains(0)
    else:
        assert difference.sign() != 0


@given(elements(), elements())
def test_enclosures_are_those_of_the_arithmetic(a, b):
    assert (a * b + a).enclose(100).overlaps(a.enclose(200) * b.enclose(200) + a.enclose(200))


def test_near_equalities_of_pi_are_not_equalities():
    assert Q(355, 113) != PI
    assert Q(3141592653589793, 10**15) != PI
    assert not (PI - Q(355, 113)).is_zero()
    assert (PI * 2 - 1) - (PI * 2 - 1) == 0
    assert (PI**2 - 1) / (PI - 1) == PI + 1


def test_rational_says_whether_pi_occurs():
    assert of(Q(2, 3)).rational() == Q(2, 3)
    assert (PI / PI * 5).rational() == 5
    assert PI.rational() is None
    assert (1 / PI).rational() is None


def test_mixed_operands():
    assert 1 + PI - 1 == PI
    assert 2 - PI == -(PI - 2)
    assert 3 * PI == PI * 3
    assert 1 / PI == PI**-1


def test_equal_fractions_of_pi_have_equal_hashes():
    assert hash((PI**2 - 1) / (PI - 1)) == hash(PI + 1)


def test_division_by_zero():
    with pytest.raises(DomainError):
        PI / (PI - PI)
    with pytest.raises(DomainError):
        of(0) ** -1


H = Q(1, 2)
SPECIAL = [
    ("sqrt", of(Q(9, 4))),
    ("sqrt", of(0)),
    ("exp", of(0)),
    ("log", of(1)),
    *[("asin", of(v)) for v in (-1, -H, 0, H, 1)],
    *[("acos", of(v)) for v in (-1, -H, 0, H, 1)],
    *[("atan", of(v)) for v in (-1, 0, 1)],
    *[("sin", PI * Q(k, 6)) for k in (-13, -7, -6, -5, -3, -1, 0, 1, 3, 5, 6, 7, 9, 11, 12, 13, 18)],
    *[("cos", PI * Q(k, 6)) for k in (-14, -8, -6, -4, -3, -2, 0, 2, 3, 4, 6, 8, 9, 10, 12, 15)],
]


@pytest.mark.parametrize(("name", "argument"), SPECIAL, ids=str)
def test_special_values_lie_in_the_ball_of_the_function(name, argument):
    """The exact value is within 2**-190 of the value by interval arithmetic."""
    exact = getattr(argument, name)()
    if argument.rational() is not None:
        enclosure = getattr(ExactArithmetic().rational(argument.rational()).enclose(200), name)()
    else:
        enclosure = getattr(argument.enclose(200), name)()
    assert enclosure.overlaps(exact.enclose(200))
    assert enclosure.width < Q(1, 2**190)


def test_inverse_functions_invert():
    for value in (-1, -H, 0, H, 1):
        assert of(value).asin().sin() == value
        assert of(value).acos().cos() == value
        assert of(value).asin() + of(value).acos() == PI / 2


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("sqrt", of(2)),
        ("sqrt", PI),
        ("sqrt", PI**2),
        ("exp", of(1)),
        ("exp", PI),
        ("log", of(2)),
        ("log", PI),
        ("asin", of(Q(1, 3))),
        ("acos", PI / 4),
        ("atan", of(2)),
        ("sin", of(1)),
        ("sin", PI / 4),
        ("cos", PI / 6),
        ("cos", PI**2),
    ],
    ids=str,
)
def test_values_outside_the_field_are_constants(name, argument):
    value = getattr(argument, name)()
    assert isinstance(value, Constant)
    assert value.enclose(100).overlaps(getattr(argument.enclose(200), name)())


def test_the_root_of_a_negative_number_is_undefined():
    with pytest.raises(DomainError):
        of(-4).sqrt()


class Answer:
    """What stands for a number of Calcium, with a given answer to the question whether it is zero."""

    def __init__(self, zero):
        self.zero = zero

    def is_zero(self):
        return self.zero


@pytest.mark.parametrize("answer", [None, False, 1, "True"])
def test_a_constant_is_zero_only_if_calcium_is_certain(monkeypatch, answer):
    near = (Constant.of(1) + Constant.of(-1000).exp()).log()  # its enclosure of 512 bits contains 0
    monkeypatch.setattr(Constant, "_in_calcium", lambda self: Answer(answer))
    assert not near.is_zero()
    with pytest.raises(NotExact):
        near.sign()


def test_an_enclosure_without_zero_outweighs_calcium(monkeypatch):
    monkeypatch.setattr(Constant, "_in_calcium", lambda self: Answer(True))
    assert Constant.of(2).sqrt().sign() == 1
