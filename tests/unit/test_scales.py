"""Bounds of scales of growth on a whole interval, against samples computed by mpmath."""

from fractions import Fraction as Q

import mpmath
import pytest
from strategies_local import as_exact

from ntkproofs.arithmetic.exact import PiRational
from ntkproofs.arithmetic.germs import GermArithmetic
from ntkproofs.arithmetic.growth import Growth
from ntkproofs.arithmetic.scales import LOG, LOG_LOG, POWER, Scale
from ntkproofs.errors import Undecided
from ntkproofs.rigor import Ball

ZERO = Q(0)


def key(a, b=0):
    return (Q(a), Q(b), ZERO, ZERO)


SCALES = [
    {POWER: -1},
    {POWER: Q(-1, 3)},
    {POWER: -1, LOG: 1},
    {POWER: Q(-1, 10), LOG: 1},
    {POWER: Q(-1, 10), LOG: 5},
    {LOG: -1},
    {LOG: -1, LOG_LOG: 3},
    {LOG: Q(-1, 2), LOG_LOG: 1},
    {key(1): -1},
    {key(2): -1, POWER: 5},
    {key(1): -1, key(Q(1, 2)): 3},
    {key(2, 1): -1, key(2): 2},
    {key(1): -1, POWER: 40, LOG: 3},
    {key(0, 2): -1, POWER: 3},
    {key(0, Q(1, 2)): 2, POWER: -1},
]


def value(scale, s):
    x = mpmath.log(1 / mpmath.mpf(s))
    total = mpmath.mpf(0)
    for (a, b, c, d), coefficient in scale.items():
        a, b, c, d, coefficient = (mpmath.mpf(Q(q).numerator) / Q(q).denominator for q in (a, b, c, d, coefficient))
        total += coefficient * mpmath.exp(a * x) * x**b * mpmath.log(x) ** c * mpmath.log(mpmath.log(x)) ** d
    return mpmath.exp(total)


@pytest.mark.parametrize("coefficients", SCALES, ids=str)
@pytest.mark.parametrize("power", [4, 8, 16, 40, 200])
def test_no_sample_exceeds_the_bound(coefficients, power):
    reach = Q(1, 2**power)
    scale = Scale.of(coefficients)
    assert scale.direction() == -1
    try:
        scale.bound(reach, 100)
    except Undecided:  # not decreasing on the whole interval
        assert power < 200
        return
    largest = value(coefficients, mpmath.mpf(2) ** -power) * (1 + mpmath.mpf(10) ** -10)
    if power <= 8 and largest > mpmath.mpf(2) ** -100000:
        assert abs(as_exact(largest) / scale.at(reach, 100).upper - 1) < Q(1, 10**9)
    for step in range(40):
        s = mpmath.mpf(2) ** (-power - step * mpmath.mpf(step) / 3)
        assert value(coefficients, s) <= largest


def test_a_scale_that_increases_first_is_refused():
    """s**(1/10) log(1/s)**5 is largest at log(1/s) = 50."""
    scale = Scale.of({POWER: Q(-1, 10), LOG: 5})
    with pytest.raises(Undecided):
        scale.bound(Q(1, 2**16), 64)
    assert scale.bound(Q(1, 2**80), 64).is_nonnegative()


def test_a_growing_scale_has_no_bound():
    for coefficients in ({POWER: 1}, {LOG: 1}, {key(1): 1, POWER: -100}, {POWER: PiRational.pi() - 3}):
        with pytest.raises(Undecided):
            Scale.of(coefficients).bound(Q(1, 2**300), 64)


def test_logarithms_need_an_interval_on_which_they_are_positive():
    for reach in (Q(1), Q(1, 2), Q(1, 7)):
        arithmetic = GermArithmetic(reach, 6, 64)
        with pytest.raises(Undecided):
            arithmetic.variable(-2).log()
    assert isinstance(GermArithmetic(Q(1, 8), 6, 64).variable(-2).log(), Growth)


def test_scales_with_equal_irrational_exponents_are_equal():
    two = PiRational.of(2)
    first = Scale.of({POWER: two.sqrt()}) ** 2
    second = Scale.of({POWER: PiRational.of(8).sqrt()})
    assert first.equals(second)
    assert not first.equals(Scale.of({POWER: PiRational.pi()}))
    assert (Scale.of({POWER: PiRational.pi()}) / first).direction() == 1


@pytest.mark.parametrize("power", [4, 20])
def test_enclosures_of_sums_contain_samples(power):
    reach = Q(1, 2**power)
    arithmetic = GermArithmetic(reach, 6, 100)
    n = arithmetic.variable(-2)
    expression = n.log() / n.sqrt() + (n * -1).exp() * n + (n.log() + 3) / (n.log() * n.log() + 1)
    enclosure = expression.range()
    for k in range(20):
        m = mpmath.mpf(4) ** (power + k)
        sample = mpmath.log(m) / mpmath.sqrt(m) + mpmath.exp(-m) * m + (mpmath.log(m) + 3) / (mpmath.log(m) ** 2 + 1)
        assert enclosure.overlaps(Ball(Q(str(mpmath.nstr(sample, 15))), precision=40))
