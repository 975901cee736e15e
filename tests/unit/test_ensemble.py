"""Margins, thresholds, tails and sizes against brute force, mpmath and numbers known from elsewhere."""

import random
from fractions import Fraction

import mpmath
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from ntkproofs.arithmetic.simplest import simplest_between
from ntkproofs.bounds import (
    THRESHOLDS,
    Margins,
    choose_threshold,
    ensemble_size,
    gaussian_tail,
    gaussian_tail_upper,
    mills_convergent,
    networks_enough,
    size_for_margin,
    smallest_margin,
)
from ntkproofs.counts import Counts, arbitrary_counts
from ntkproofs.errors import InputError, NoMargin, Undecided
from ntkproofs.execution import exhaust
from ntkproofs.kernels import Kernel, two_layer_relu
from ntkproofs.kernels.angular import RHO
from ntkproofs.predictor import Predictor
from ntkproofs.programs import TemplateProgram, addition, addition_task, permutation
from ntkproofs.rigor import Ball, enclose, least

NTK, NNGP = two_layer_relu("ntk"), two_layer_relu("nngp")
PERCENT = Fraction(1, 100)
MILLIONTH = Fraction(1, 10**6)


def permuted(bits):
    return arbitrary_counts(permutation(range(bits)))


def crowded():
    """Return a program of bits with 0 to 3 writers, up to 3 matching at once, with sufficient padding."""
    program = TemplateProgram("crowded", fields={"p": 5})
    for index in range(5):
        program.template({("p", index): 1}, [("p", 0)] if index < 3 else [("p", index), ("p", 1)])
    program.pad(20)
    return program


PROGRAMS = {"permutation": permutation(range(6)), "addition": addition(bits=4), "crowded": crowded()}


def size(counts, bits, inputs, threshold, kernel=NTK, **more):
    given_ = {"output_bits": bits, "steps": 1, "inputs": inputs, "failure": PERCENT, "threshold": threshold}
    return ensemble_size(kernel, counts, **(given_ | more))


def number(value):
    return mpmath.mpf(value.numerator) / value.denominator


# --- margins


def brute_force(kernel, counts, threshold):
    """Return the smallest standardised margin from the symbolic predictor; None if a mean is on the wrong side."""
    result = []
    for c in counts:
        predictor = Predictor(kernel, c.samples)
        mean = enclose(predictor.mean(c.matches, c.matched_writers, c.writers), precision=256)
        margin = mean - threshold if c.matched_writers else threshold - mean
        if c.matches <= 1:
            if not (margin > 0 if c.matched_writers else margin >= 0):
                return None
            continue
        if margin.sign() <= 0:
            return None
        result.append(margin / enclose(predictor.variance(c.matches), precision=256).sqrt())
    return least(*result)


@pytest.mark.parametrize("kernel", [NTK, NNGP], ids=["ntk", "nngp"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_smallest_margin_is_that_of_all_counts(name, kernel):
    counts = arbitrary_counts(PROGRAMS[name])
    outcomes = set()
    for tau in (Fraction(0), Fraction(1, 50), Fraction(1, 30), Fraction(1, 11), Fraction(1, 5), Fraction(3, 2)):
        expected = brute_force(kernel, counts, tau)
        outcomes.add(expected is None)
        if expected is None:
            with pytest.raises(NoMargin):
                smallest_margin(kernel, counts, tau)
            continue
        result = smallest_margin(kernel, counts, tau)
        assert result.z.overlaps(expected)
        assert result.z.width < Fraction(1, 10**30)
        assert result.counts in counts
        assert brute_force(kernel, [result.counts], tau).overlaps(expected)
    assert outcomes == {True, False}  # both kinds of threshold were among them


@pytest.mark.parametrize("name", PROGRAMS)
def test_extreme_moments_are_those_of_all_counts(name):
    counts = arbitrary_counts(PROGRAMS[name])
    margins = Margins.of(NTK, counts)
    ones, zeros, spreads = [], [], []
    for c in counts:
        predictor = Predictor(NTK, c.samples)
        mean = enclose(predictor.mean(c.matches, c.matched_writers, c.writers), precision=200)
        (ones if c.matched_writers else zeros).append(mean)
        spreads.append(enclose(predictor.variance(c.matches), precision=200))
    assert margins.smallest_one.mean.overlaps(least(*ones))
    assert margins.largest_zero.mean.overlaps(-least(*(-mean for mean in zeros)))
    assert margins.variances[0].overlaps(least(*spreads))
    assert margins.variances[1].overlaps(-least(*(-item for item in spreads)))


def test_variance_zero_needs_only_the_comparison():
    certain = [Counts(0, 0, 2, 9), Counts(1, 0, 2, 9), Counts(1, 1, 2, 9)]
    for tau in (0, Fraction(1, 2), Fraction(99, 100)):
        assert smallest_margin(NTK, certain, tau).z is None
        assert size(certain, 9, 2**128, tau).networks == 1
    for tau in (1, 2):
        with pytest.raises(NoMargin, match="should be 1 has its mean 1"):
            smallest_margin(NTK, certain, tau)


def test_a_mean_on_the_wrong_side_of_the_threshold_is_refused():
    crowd = [Counts(10, 1, 9, 20)]  # the mean of this 1-bit is negative
    for choice in THRESHOLDS:
        with pytest.raises(NoMargin, match=r"should be 1 has the mean -0|wrong side of it, at n = 10"):
            choose_threshold(NTK, crowd, choice)


def test_deeper_network_needs_a_positive_threshold():
    """With two or more hidden layers a 0-bit has a positive mean at n = 2: threshold 0 is refused, others are not."""

    def linear(rho):
        return (sympy.sqrt(1 - rho**2) + (sympy.pi - sympy.acos(rho)) * rho) / sympy.pi

    def step(rho):
        return (sympy.pi - sympy.acos(rho)) / sympy.pi

    prior = linear(linear(RHO))
    deep = Kernel(
        "two hidden layers", prior + (linear(RHO) + RHO * step(RHO)) * step(linear(RHO)), prior=Kernel("", prior)
    )
    counts = permuted(8)
    with pytest.raises(NoMargin, match=r"should be 0 has its mean 0\.0.* wrong side of it, at n = 2"):
        choose_threshold(deep, counts, "zero")
    assert smallest_margin(deep, counts, choose_threshold(deep, counts, "best")).z > 0


def test_templates_that_do_not_interact():
    """If other = 0, every 0-bit has the mean 0, which equals the threshold 0, and a positive variance."""
    odd = Kernel("odd", 2 / sympy.pi * sympy.asin(2 * RHO / 3))
    with pytest.raises(NoMargin, match="exactly at it, at n = 2"):
        smallest_margin(odd, permuted(4), 0)
    assert smallest_margin(odd, permuted(4), choose_threshold(odd, permuted(4), "best")).z > 0


# --- thresholds


def test_zero_is_refused_for_a_bit_that_no_template_writes():
    counts = arbitrary_counts(addition(bits=8))
    with pytest.raises(
        NoMargin, match="no template writes the bit, so its mean is exactly 0 and its variance positive"
    ):
        choose_threshold(NTK, counts, "zero")
    assert choose_threshold(NTK, counts, "zero", drop_unwritten=True) == 0
    with pytest.raises(NoMargin, match="threshold 0 is refused"):
        size(counts, 24, 2**16, 0)
    dropped = size(counts, 23, 2**16, 0, steps=16, drop_unwritten=True)
    assert dropped.dropped
    assert dropped.margin.counts.writers > 0


@pytest.mark.parametrize("bits", [2, 3, 5, 17, 64])
def test_half_is_half_rounded_down(bits):
    smallest = Margins.of(NTK, permuted(bits)).smallest_one.mean
    tau = choose_threshold(NTK, permuted(bits), "half")
    assert Fraction(999, 1000) * smallest.lower / 2 <= tau <= smallest.lower / 2


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_threshold_beats_the_best(name):
    margins = Margins.of(NTK, arbitrary_counts(PROGRAMS[name]))
    tau = choose_threshold(NTK, arbitrary_counts(PROGRAMS[name]), "best")
    most = margins.ceiling(tau)
    assert (margins.smallest(tau).z / most) ** 2 > Fraction(999, 1000)
    source = random.Random(4)
    top = margins.smallest_one.mean.lower
    for _ in range(50):
        other = top * Fraction(source.randint(1, 9999), 10**4)
        assert margins.smallest(other).z.lower <= most.upper


def test_best_without_variance_and_without_ones():
    assert choose_threshold(NTK, permuted(1), "best") == Fraction(1, 2)
    assert smallest_margin(NTK, [Counts(3, 0, 1, 9)], choose_threshold(NTK, [Counts(3, 0, 1, 9)], "best")).z > 0


@given(st.fractions(0, 5), st.fractions(0, 5))
@settings(max_examples=100, deadline=None)
def test_simplest_fraction(first, second):
    low, high = min(first, second), max(first, second)
    result = simplest_between(low, high)
    assert low <= result <= high
    below = range(1, min(result.denominator, 500))
    assert not any(-(-low * bottom // 1) <= high * bottom for bottom in below)


# --- tails


@pytest.mark.parametrize("tenth", [1, 2, 5, 10, 15, 20, 30, 45, 71, 120, 377, 900])
def test_tail_against_mpmath(tenth):
    x = Fraction(tenth, 10)
    with mpmath.workdps(50):
        exact = mpmath.erfc(number(x) / mpmath.sqrt(2)) / 2
        ball, bound = gaussian_tail(Ball(x, precision=200)), gaussian_tail_upper(Ball(x, precision=200))
        assert number(ball.lower) <= exact * (1 + mpmath.mpf(10) ** -45)
        assert number(ball.upper) >= exact * (1 - mpmath.mpf(10) ** -45)
        assert number(ball.width) < exact * mpmath.mpf(10) ** -45
        excess = number(bound.lower) / exact - 1
        if tenth <= 71:
            assert excess > 0
        assert -(mpmath.mpf(10) ** -45) < excess
        if tenth >= 20:
            assert excess < mpmath.mpf(10) ** -9


def test_even_convergents_are_below_and_refused():
    x = Ball(2, precision=200)
    mills = gaussian_tail(x) * (Ball.pi(precision=200) * 2).sqrt() * (x**2 / 2).exp()
    values = [mills_convergent(x, order) for order in range(1, 41)]
    assert all(value > mills for value in values[::2])
    assert all(value < mills for value in values[1::2])
    assert all(later < sooner for sooner, later in zip(values[::2], values[2::2], strict=False))
    with pytest.raises(InputError, match="even order"):
        gaussian_tail_upper(x, 40)
    with pytest.raises(InputError, match="x > 0"):
        gaussian_tail_upper(Ball(-1, precision=60))
    with pytest.raises(InputError, match="the order of a convergent must be a positive integer"):
        mills_convergent(x, 0)


# --- sizes


@pytest.mark.parametrize(
    ("bits", "choice", "networks"), [(30, "best", 390), (30, "zero", 6086), (128, "best", 8070), (128, "zero", 73834)]
)
def test_known_sizes(bits, choice, networks):
    counts = permuted(bits)
    result = size(counts, bits, 2**bits, choose_threshold(NTK, counts, choice))
    assert (result.networks, result.least) == (networks, "tail")


def test_published_form_is_the_formula():
    """8 var/mu^2 ln(2 k inputs T / delta) with var/mu^2 from the predictor, in mpmath."""
    predictor = Predictor(NTK, 30)
    result = size(permuted(30), 30, 2**30, 0, tail="published", steps=3)
    with mpmath.workdps(40):
        ratio = number(enclose(predictor.variance(2) / predictor.mean(2, 0, 1) ** 2, precision=160).middle)
        assert result.networks == mpmath.ceil(8 * ratio * mpmath.log(2 * 30 * 3 * mpmath.mpf(2) ** 30 * 100))


@given(
    st.fractions(Fraction(1, 50), Fraction(5)),
    st.integers(1, 2**40),
    st.fractions(Fraction(1, 10**9), Fraction(99, 100)),
    st.sampled_from(["gaussian", "published"]),
)
@settings(max_examples=60, deadline=None)
def test_one_network_less_fails(z, cases, failure, tail):
    ball = Ball(z, precision=160)
    networks, least_ = size_for_margin(ball, cases, failure, tail)
    assert networks_enough(networks, ball, cases, failure, tail)
    with mpmath.workdps(40):

        def exceeds(count):
            if tail == "published":
                return count * number(z) ** 2 < 8 * mpmath.log(2 * cases / number(failure))
            return cases * mpmath.erfc(mpmath.sqrt(count / mpmath.mpf(2)) * number(z)) / 2 > number(failure)

        assert not exceeds(networks)
        if networks > 1 and least_ == "tail":
            assert exceeds(networks - 1)
        if networks > 1:
            assert not networks_enough(networks - 1, ball, cases, failure, tail)


def test_the_elementary_bound_gives_the_same_sizes():
    """For x >= 3 the relative error of the bound is too small to change a size."""
    source = random.Random(11)
    for _ in range(40):
        z = Ball(Fraction(source.randint(20, 900), 1000), precision=160)
        assert size_for_margin(z, source.randint(10, 10**30), PERCENT)[1] == "tail"


def test_sizes_are_monotone():
    counts = permuted(12)
    tau = choose_threshold(NTK, counts, "best")
    sizes = [size(counts, 12, inputs, tau).networks for inputs in (1, 10, 2**12, 2**64, 2**128, 2**1000)]
    assert sizes == sorted(set(sizes))
    sizes = [size(counts, 12, 1, tau, failure=Fraction(1, 10**power)).networks for power in (1, 3, 9, 30)]
    assert sizes == sorted(set(sizes))
    assert size(counts, 12, 1, tau, tail="published").networks > size(counts, 12, 1, tau).networks


def test_visited_states_require_no_more_networks_than_arbitrary_ones():
    task = addition_task(4)
    visited = set(exhaust(task, kernel=NTK).visited)
    arbitrary = arbitrary_counts(task.program)
    assert visited < arbitrary | {c for c in visited if c.matches == 0}
    tau = choose_threshold(NTK, arbitrary, "best")
    common = {"steps": task.steps, "failure": MILLIONTH}
    reachable = size(visited, 12, 2**8, choose_threshold(NTK, visited, "best"), **common)
    assert reachable.networks < size(arbitrary, 12, 2**8, tau, **common).networks


def test_a_threshold_near_the_mean_needs_more_precision():
    counts = [Counts(2, 1, 1, 10)]
    mean = Margins.of(NTK, counts, precision=512).smallest_one.mean
    tau = (mean.lower - Fraction(1, 10**25)).limit_denominator(10**60)
    result = size(counts, 1, 1, tau)
    assert result.networks > 10**45
    assert result.precision > 128
    assert result.least == "bound"  # of so many networks the elementary bound costs a few, though not one in 10^10
    with pytest.raises(Undecided, match="would be needed"):
        size(counts, 1, 1, (mean.lower - Fraction(1, 10**40)).limit_denominator(10**60))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": 0}, "inputs must be a positive integer, got 0"),
        ({"inputs": 2.0}, "inputs must be a positive integer, got 2.0"),
        ({"steps": True}, "steps must be a positive integer"),
        ({"bits": -1}, "output_bits must be a positive integer"),
        ({"failure": 0}, "between 0 and 1"),
        ({"failure": 1}, "between 0 and 1"),
        ({"failure": 0.01}, "must be exact"),
        ({"threshold": 0.01}, "the threshold must be exact"),
        ({"threshold": Fraction(-1, 9)}, "must not be negative"),
        ({"tail": "student"}, "choose one of gaussian, published"),
        ({"counts": []}, "no counts given"),
        ({"counts": [Counts(2, 0, 0, 9)], "drop_unwritten": True}, "no template writes any bit"),
    ],
)
def test_bad_input_has_a_one_line_reason(change, message):
    with pytest.raises(InputError, match=message) as refusal:
        size(**({"counts": permuted(5), "bits": 5, "inputs": 1, "threshold": Fraction(1, 10)} | change))
    assert "\n" not in str(refusal.value)


def test_unknown_threshold():
    with pytest.raises(InputError, match="choose one of zero, half, best"):
        choose_threshold(NTK, permuted(5), "median")
