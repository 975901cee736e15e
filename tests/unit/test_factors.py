"""Signs by factors: strictness at closed and excluded corners, signs of odd and even powers, denominators."""

from fractions import Fraction as Q

import pytest
import sympy

from ntkproofs.arithmetic.extended import ExtendedInterval
from ntkproofs.rigor import less
from ntkproofs.rigor.evaluator import Evaluator
from ntkproofs.rigor.factors import factors_of

x, y = sympy.symbols("x y")
CORNER = (x + y - x**2 - 2 * y**2) / (
    1 + y
)  # irreducible numerator, 0 at the corner x = y = 0 and increasing from there


def proves(right, ends, *, strict):
    """Return whether ``0 < right`` (or <=) is proved by signs where x and y have these ends."""
    factors = factors_of(Evaluator(less(0, right), 64, 512), (x, y))
    box = {
        symbol: ExtendedInterval.between(Q(low), Q(high), excluded, precision=64)
        for symbol, (low, high, excluded) in zip((x, y), ends, strict=True)
    }
    return factors is not None and factors.prove(box, 64, strict=strict)


@pytest.mark.parametrize("excluded_x", [False, True])
@pytest.mark.parametrize("excluded_y", [False, True])
def test_a_zero_at_a_corner_is_strict_only_if_the_corner_is_excluded(excluded_x, excluded_y):
    ends = (0, Q(1, 8), (excluded_x, False)), (0, Q(1, 8), (excluded_y, False))
    assert proves(CORNER, ends, strict=False)
    assert proves(CORNER, ends, strict=True) == (excluded_x or excluded_y)


@pytest.mark.parametrize(
    ("right", "weak", "strict"),
    [
        ((x - y) ** 2 / (1 + x), True, False),
        ((x - y) ** 2 * (x - 2) / (1 + x), False, False),
        ((x - y) ** 2 * (2 - x) / (1 + x), True, False),
        ((2 - x) * (3 - y) / (1 + x), True, True),
        ((x - y) / (1 + x), False, False),
        (1 / (x - y) ** 2 + 0 * x, False, False),  # it may be undefined
        ((2 - x) / (x - y), False, False),
    ],
)
def test_signs_on_a_closed_box(right, weak, strict):
    ends = (0, 1, (False, False)), (0, 1, (False, False))
    assert (proves(right, ends, strict=False), proves(right, ends, strict=True)) == (weak, strict)
