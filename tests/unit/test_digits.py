"""Printed digits are certain: what a text asserts contains the whole enclosure."""

from decimal import Decimal
from fractions import Fraction as Q

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntkproofs.arithmetic.digits import certain_digits
from ntkproofs.errors import Undecided
from ntkproofs.rigor import Ball


def asserted(text):
    """Return the interval of numbers that the decimal `text` asserts."""
    if text.startswith("["):
        low, high = text[1:-1].split(", ")
        return Q(Decimal(low)), Q(Decimal(high))
    if "±" in text:
        value, error = (Q(Decimal(part)) for part in text.split(" ± "))
        return value - error, value + error
    if not text.endswith("…"):
        return Q(Decimal(text)), Q(Decimal(text))
    number = Decimal(text[:-1])
    unit = Q(Decimal((0, (1,), number.as_tuple().exponent)))
    value = Q(number)
    return (value - unit, value) if text.startswith("-") else (value, value + unit)


ends = st.one_of(
    st.fractions(-3, 3, max_denominator=10**6),
    st.builds(lambda a, e: Q(a) * Q(10) ** e, st.integers(-(10**6), 10**6), st.integers(-30, 30)),
)
widths = st.builds(lambda a, e: Q(a) / Q(10) ** e, st.integers(0, 999), st.integers(0, 40))


@given(ends, widths, st.integers(1, 25))
def test_the_text_is_true_of_both_ends(low, width, limit):
    low, high = low, low + width
    text = certain_digits(low, high, limit)
    first, last = asserted(text)
    assert first <= low
    assert high <= last


@given(ends, st.integers(1, 25))
def test_no_more_digits_than_asked_for(value, limit):
    text = certain_digits(value, value, limit)
    mantissa = text.removesuffix("…").split("e")[0]
    assert len(mantissa.lstrip("-").replace(".", "").lstrip("0")) <= limit


@given(st.integers(1, 10**9), st.integers(0, 12), st.integers(5, 25))
def test_an_exact_short_decimal_is_written_out_exactly(numerator, indices, limit):
    value = Q(numerator, 10**indices)
    text = certain_digits(value, value, limit)
    if not text.endswith("…"):
        assert Q(Decimal(text)) == value


@given(ends.filter(bool), st.integers(2, 12))
def test_a_narrow_enclosure_shows_most_of_its_digits(value, limit):
    """An enclosure 10**-40 wide, relatively, has `limit` digits, or one less across a carry."""
    text = certain_digits(value, value + abs(value) / Q(10) ** 40, limit)
    first, last = asserted(text)
    assert last - first <= 20 * abs(value) / Q(10) ** (limit - 2)


def test_sixty_digits_of_known_constants():
    with mpmath.workdps(70):
        expected = {
            "pi": mpmath.nstr(mpmath.pi, 68),
            "sqrt2": mpmath.nstr(mpmath.sqrt(2), 68),
            "e": mpmath.nstr(mpmath.e, 68),
            "log2": mpmath.nstr(mpmath.log(2), 68),
        }
    balls = {
        "pi": Ball.pi(precision=260),
        "sqrt2": Ball(2, precision=260).sqrt(),
        "e": Ball(1, precision=260).exp(),
        "log2": Ball(2, precision=260).log(),
    }
    for name, ball in balls.items():
        for limit in (1, 2, 17, 60):
            shown = ball.digits(limit)
            assert shown.endswith("…")
            assert expected[name].startswith(shown[:-1])
            assert len(shown[:-1].replace(".", "").lstrip("0")) == limit


@pytest.mark.parametrize(
    ("low", "high", "limit", "text"),
    [
        (0, 0, 5, "0"),
        (Q(1, 8), Q(1, 8), 5, "0.125"),
        (-12, -12, 5, "-12"),
        (Q(1, 3), Q(1, 3), 4, "0.3333…"),
        (Q(-2, 3), Q(-2, 3), 3, "-0.666…"),
        (123456, 123456, 3, "1.23e5…"),
        (Q(1, 3 * 10**9), Q(1, 3 * 10**9), 3, "3.33e-10…"),
    ],
)
def test_numbers_as_they_are_printed(low, high, limit, text):
    assert certain_digits(Q(low), Q(high), limit) == text


def test_a_ball_prints_known_digits_only():
    first, last = asserted(str(Ball.between(0, 1, precision=53)))
    assert first <= 0
    assert last >= 1


@pytest.mark.parametrize(
    ("ball", "text"),
    [
        (lambda: Ball.pi(precision=20000), "3.14159…"),
        (lambda: Ball(10**5000, precision=20000), "1.00000e5000…"),
        (lambda: Ball(Q(1, 3 * 10**5000), precision=64), "3.33333e-5001…"),
        (lambda: Ball(10000, precision=64).exp(), "8.80681e4342…"),
    ],
    ids=["pi to 20000 bits", "10**5000", "10**-5000 / 3", "exp(10000)"],
)
def test_long_and_large_numbers_can_be_shown(ball, text):
    assert ball().digits(6) == text
    assert repr(ball()).startswith("Ball(")


def test_a_large_ball_outside_a_domain_is_undecided_and_not_a_crash():
    with pytest.raises(Undecided):
        Ball.between(0, 10000, precision=64).exp().asin()
