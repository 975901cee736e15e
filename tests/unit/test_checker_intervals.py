"""The checker's interval functions against 300-bit Arb values on few-bit dyadics: containment, and width."""

import random
from fractions import Fraction

import pytest
from flint import arb, ctx, fmpz

from ntkproofs.bounds import moments as moments_of
from ntkproofs.checker import (
    FRACTION_BITS,
    Declined,
    Interval,
    Predictor,
    Rejected,
    pi,
    tail,
)
from ntkproofs.counts import Counts
from ntkproofs.kernels import two_layer_relu

BITS = 300 + FRACTION_BITS


@pytest.fixture(autouse=True)
def precision():
    before = ctx.prec
    ctx.prec = BITS
    yield
    ctx.prec = before


def exact(fraction):
    return arb(fmpz(fraction.numerator)) / arb(fmpz(fraction.denominator))


def units(value):
    return value * arb(fmpz(1 << FRACTION_BITS))


def contains(interval, value):
    """Return whether the interval certainly contains the value of the ball; exact end points may be equal to it."""
    scaled = units(value)
    return not (arb(fmpz(interval.low)) > scaled) and not (arb(fmpz(interval.high)) < scaled)


def dyadics(count, *, signed=False, positive=True):
    source = random.Random(1)
    values = {Fraction(n, 1 << e) for n in range(1, 18) for e in range(7)}
    values |= {
        Fraction(source.getrandbits(source.randint(1, 40)) + 1, 1 << source.randint(0, 60)) for _ in range(count)
    }
    values |= {
        Fraction(1 << 200),
        Fraction(1, 1 << 200),
        Fraction((1 << 60) - 1),
        Fraction(257, 64),
        Fraction(1, 1 << 256),
    }
    if signed:
        values |= {-value for value in values}
    if not positive:
        values.add(Fraction(0))
    return sorted(values)


@pytest.mark.parametrize(
    ("name", "signed", "positive", "width"),
    [("sqrt", False, False, 1), ("atan", True, False, 2), ("log", False, True, 2)],
)
def test_functions_enclose_their_values_narrowly(name, signed, positive, width):
    for value in dyadics(400, signed=signed, positive=positive):
        point = Interval.of(value)
        assert point.low == point.high
        result = getattr(point, name)()
        assert contains(result, getattr(exact(value), name)()), value
        assert result.high - result.low <= width


def test_exp_encloses_its_values_narrowly():
    for value in dyadics(400, signed=True, positive=False):
        if abs(value) > 4096:
            continue
        result = Interval.of(value).exp()
        assert contains(result, exact(value).exp()), value
        assert result.high - result.low <= 2 + (result.high >> FRACTION_BITS)


def test_pi():
    assert contains(pi(), arb.pi())
    assert pi().high - pi().low <= 8


def test_arithmetic_is_exact_or_one_unit_wide():
    source = random.Random(2)
    values = dyadics(100, signed=True, positive=False)
    for _ in range(3000):
        a, b = source.choice(values), source.choice(values)
        x, y = Interval.of(a), Interval.of(b)
        results = [(x + y, a + b), (x - y, a - b), (x * y, a * b), (-x, -a), (x.times(7), 7 * a), (x.power(3), a**3)]
        if b:
            results.append((x / y, a / b))
        for result, value in results:
            scaled = value * (1 << FRACTION_BITS)
            assert result.low <= scaled <= result.high
        assert results[2][0].high - results[2][0].low <= 1
        assert not b or results[-1][0].high - results[-1][0].low <= 1


def test_wide_intervals_contain_the_values_at_their_points():
    source = random.Random(3)
    for _ in range(400):
        ends = sorted(Fraction(source.randint(-64, 64), 16) for _ in range(2))
        others = sorted(Fraction(source.randint(-64, 64), 16) for _ in range(2))
        x = Interval(Interval.of(ends[0]).low, Interval.of(ends[1]).high)
        y = Interval(Interval.of(others[0]).low, Interval.of(others[1]).high)
        for a in (ends[0], sum(ends) / 2, ends[1]):
            assert contains(x.atan(), exact(a).atan())
            assert contains(x.exp(), exact(a).exp())
            assert contains(x.power(4), exact(a) ** 4)
            for b in (others[0], sum(others) / 2, others[1]):
                assert contains(x + y, exact(a + b))
                assert contains(x - y, exact(a - b))
                assert contains(x * y, exact(a * b))
                if not others[0] <= 0 <= others[1]:
                    assert contains(x / y, exact(a / b))


def test_even_powers_of_intervals_with_zero_are_tight():
    square = Interval(Interval.of(-2).low, Interval.of(1).high).power(2)
    assert (square.low, square.high) == (0, 4 << FRACTION_BITS)


def test_undefined_values_are_refused():
    zero = Interval(-1, 1)
    with pytest.raises(Rejected, match="division"):
        Interval.of(1) / zero
    with pytest.raises(Rejected, match="square root"):
        zero.sqrt()
    with pytest.raises(Rejected, match="logarithm"):
        zero.log()
    with pytest.raises(Rejected, match="division"):
        zero.power(-1)


@pytest.mark.parametrize(("x", "excess"), [(1, "2e-5"), (2, "1e-9"), (4, "1e-15"), (9, "1e-29")])
def test_the_tail_is_a_tight_upper_bound(x, excess):
    """The value exceeds the Gaussian tail by at most the given relative error."""
    bound = tail(Interval.of(Fraction(x)))
    true = ((arb(x) / arb(2).sqrt()).erfc() / 2).log()
    assert arb(fmpz(bound.low)) > units(true)
    assert arb(fmpz(bound.high)) < units(true + arb(excess))


def test_one_unit_outside_the_domain_is_refused():
    for bad in (Interval(-1, 5), Interval(-1, -1)):
        with pytest.raises(Rejected, match="square root"):
            bad.sqrt()
    for bad in (Interval(0, 5), Interval(-1, -1)):
        with pytest.raises(Rejected, match="logarithm"):
            bad.log()
    for bad in (Interval(0, 5), Interval(-5, 0), Interval(0, 0)):
        with pytest.raises(Rejected, match="division"):
            Interval.of(1) / bad
    assert Interval(0, 0).sqrt().high == 0
    assert contains(Interval(1, 1).log(), (arb(1) / arb(1 << FRACTION_BITS)).log())


def test_exp_far_below_and_far_above_0():
    edge = Interval.of(-4096)
    beyond = Interval(edge.low - 1, edge.low - 1)
    assert (beyond.exp().low, beyond.exp().high) == (0, 1)
    assert (edge.exp().low, edge.exp().high) == (0, 1)  # of a smaller number than a unit
    assert contains(Interval.of(-170).exp(), arb(-170).exp())
    assert contains(Interval.of(4096).exp(), arb(4096).exp())
    with pytest.raises(Declined, match="an exponential of more than 4096"):
        Interval(-beyond.high, -beyond.high).exp()


def test_ends_in_the_wrong_order_are_refused():
    with pytest.raises(Rejected, match="wrong order"):
        Interval(1, 0)


def balls(kernel, n, p, t, K):
    """Return mean and deviation of the package at the precision of this file."""
    state = moments_of.State.at(two_layer_relu(kernel), n, K, BITS)
    result = state.moments(Counts(n, p, t, K))
    return result.mean, result.sigma


@pytest.mark.parametrize("kernel", ["ntk", "nngp"])
@pytest.mark.parametrize(
    ("n", "p", "t", "K"), [(2, 0, 1, 3), (2, 1, 1, 30), (7, 2, 3, 20), (16, 1, 2, 32), (99, 3, 9, 500)]
)
def test_means_and_deviations_are_enclosed_narrowly(kernel, n, p, t, K):
    predictor = Predictor(kernel, K)
    for result, ball in zip((predictor.mean(n, p, t), predictor.deviation(n)), balls(kernel, n, p, t, K), strict=True):
        unit = Fraction(1, 1 << FRACTION_BITS)
        assert result.low * unit <= ball.lower
        assert ball.upper <= result.high * unit
        assert result.high - result.low < 1 << 24
