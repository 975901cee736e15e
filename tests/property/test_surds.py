"""Exact comparison of numbers with square roots agrees with many digits of mpmath."""

from fractions import Fraction

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntkproofs.errors import InputError
from ntkproofs.inference import Surd

DIGITS = 300


def value(surd_parts):
    a, b, n = surd_parts
    return mpmath.mpf(a.numerator) / a.denominator + mpmath.mpf(b.numerator) / b.denominator * mpmath.sqrt(n)


rationals = st.fractions(min_value=-50, max_value=50, max_denominator=60)
parts = st.tuples(rationals, rationals, st.integers(0, 60))


@st.composite
def close_parts(draw):
    """Numbers very near to zero: b sqrt(n) and a convergent of its negative."""
    n, b, bits = draw(st.integers(2, 60)), draw(st.integers(1, 9)), draw(st.integers(0, 200))
    with mpmath.workdps(DIGITS):
        a = int(mpmath.nint(b * mpmath.sqrt(n) * mpmath.mpf(2) ** bits))
    return Fraction(-a, 1 << bits), Fraction(b), n


def check(left, right):
    first, second = Surd(*left), Surd(*right)
    with mpmath.workdps(DIGITS):
        difference = value(left) - value(right)
        equal = abs(difference) < mpmath.mpf(10) ** (20 - DIGITS)
        expected = 0 if equal else int(mpmath.sign(difference))
    assert first.compare(second) == expected
    assert (first == second) == equal
    assert (first < second, first <= second, first > second, first >= second) == (
        expected < 0,
        expected <= 0,
        expected > 0,
        expected >= 0,
    )
    if equal:
        assert hash(first) == hash(second)


@given(parts | close_parts(), parts | close_parts())
def test_comparison(left, right):
    check(left, right)


@given(st.lists(rationals, min_size=2, max_size=2), st.sampled_from([(2, 8, 2), (3, 12, 2), (5, 45, 3), (1, 49, 7)]))
def test_equal_numbers_with_different_radicands(numbers, radicands):
    small, large, root = radicands
    check((numbers[0], numbers[1] * root, small), (numbers[0], numbers[1], large))


@given(parts | close_parts(), rationals)
def test_signs_and_arithmetic(left, number):
    surd = Surd(*left)
    with mpmath.workdps(DIGITS):
        exact = value(left)
        zero = abs(exact) < mpmath.mpf(10) ** (20 - DIGITS)
        assert surd.sign() == (0 if zero else int(mpmath.sign(exact)))
    assert ((-surd).sign(), abs(surd).sign()) == (-surd.sign(), abs(surd.sign()))
    assert (surd + number) - number == surd
    assert surd.compare(number) == (surd - number).sign() == surd.compare(Surd(number))


@given(parts | close_parts(), st.integers(1, 100))
def test_enclosures_and_floats(left, bits):
    surd = Surd(*left)
    low, high = surd.enclose(bits)
    assert low <= high
    assert (surd.compare(low), surd.compare(high)) in [(0, 0), (1, -1)]
    assert (high - low) * 2**bits <= min(abs(low), abs(high))
    assert abs(float(surd) - float((low + high) / 2)) <= abs(float(low)) * 2.0 ** (1 - bits) + 1e-300


@given(parts | close_parts())
def test_decimal_digits_are_those_of_mpmath(left):
    surd = Surd(*left)
    text = surd.decimal(12)
    if "…" not in text or "±" in text:
        return
    with mpmath.workdps(DIGITS):
        exact, digits = value(left), text.rstrip("…").replace("…", "")
        mantissa, _, exponent = digits.partition("e")
        unit = mpmath.mpf(10) ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
        shown = mpmath.mpf(mantissa) * mpmath.mpf(10) ** int(exponent or 0)
        assert 0 <= abs(exact) - abs(shown) < unit


@pytest.mark.parametrize(
    ("surd", "text"),
    [
        (Surd(0, 0, 5), "0"),
        (Surd(0, -1, 2), "-sqrt(2)"),
        (Surd(1, 1, 2), "1 + sqrt(2)"),
        (Surd(Fraction(-3, 8), Fraction(5, 2), 18), "-3/8 + 15/2*sqrt(2)"),
        (Surd(1, 1, 4), "3"),
        (Surd(4, 3, 0), "4"),
        (Surd(Fraction(1, 1 << 20000)), f"0x1/{1 << 20000:#x}"),
    ],
)
def test_text(surd, text):
    assert str(surd) == text


def test_a_negative_radicand_is_refused():
    with pytest.raises(InputError, match="n must be a nonnegative integer, got -1"):
        Surd(1, 1, -1)
