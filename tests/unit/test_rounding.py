"""Rounding: least padding is least, extreme means are extreme, and exact zeros are zeros."""

from fractions import Fraction as Q

import mpmath
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_local import as_exact, dense_mean, dense_weights, possible_counts

from ntkproofs.bounds import (
    contrast_positive,
    enclose_mean,
    excess_positive,
    extreme_means,
    gap_increases,
    least_padding,
    matches_outweigh,
    mean_sign,
    rounding_condition,
    rounds_right,
    sufficient_condition,
)
from ntkproofs.counts import Counts
from ntkproofs.errors import InputError
from ntkproofs.kernels import REGIMES, RHO, Kernel, two_layer_relu
from ntkproofs.rigor import Integers, decide, enclose

KERNELS = [two_layer_relu(regime) for regime in REGIMES]
kernels = pytest.mark.parametrize("kernel", KERNELS, ids=REGIMES)
regimes = st.sampled_from(REGIMES)


def padded(counts, more):
    return Counts(counts.matches, counts.matched_writers, counts.writers, counts.samples + more)


@kernels
@pytest.mark.parametrize("state", [contrast_positive, excess_positive, matches_outweigh, gap_increases])
def test_the_four_facts_about_the_kernel_are_decided(kernel, state):
    assert decide(*state(kernel)).outcome == "holds"


def test_two_hidden_layers_do_not_outweigh():
    """S'' of the depth recursion: at n = 2, B(2) = 2.104 > 2, so that n F(n) > D is false."""
    s = (sympy.sqrt(1 - RHO**2) + (sympy.pi - sympy.acos(RHO)) * RHO) / sympy.pi
    second = (sympy.sqrt(1 - s**2) + (sympy.pi - sympy.acos(s)) * s) / sympy.pi
    first_ntk = s + RHO * (sympy.pi - sympy.acos(RHO)) / sympy.pi
    deep = Kernel("three layers", second + first_ntk * (sympy.pi - sympy.acos(s)) / sympy.pi)
    assert enclose(deep.balance(2), precision=100).digits(4) == "2.104…"
    inequality, domain = matches_outweigh(deep)
    decision = decide(inequality, Integers(domain.symbol, 2, 2))
    assert decision.outcome == "fails"
    assert mean_sign(deep, Counts(2, 0, 1, 10)) == 1
    assert not rounds_right(deep, Counts(2, 0, 1, 10))


def test_statements_begin_where_they_are_true():
    kernel = two_layer_relu()
    inequality, domain = matches_outweigh(kernel)
    assert domain.start == 2
    assert decide(inequality, Integers(domain.symbol, 1)).outcome == "fails"  # equality at n = 1
    assert excess_positive(kernel)[1].start == 1
    assert gap_increases(kernel)[1].start == 1


@kernels
@pytest.mark.parametrize("counts", [(0, 0, 3, 9), (5, 0, 0, 9), (1, 0, 4, 9), (0, 0, 0, 1)])
def test_exact_zeros(kernel, counts):
    assert mean_sign(kernel, Counts(*counts)) == 0
    mean = enclose_mean(kernel, Counts(*counts), precision=64)
    assert (mean.lower, mean.upper) == (0, 0)
    assert rounds_right(kernel, Counts(*counts))


@kernels
def test_a_training_sample_has_its_target(kernel):
    assert enclose_mean(kernel, Counts(1, 1, 4, 9), precision=64) == 1


# --- padding


@settings(max_examples=40)
@given(regimes, st.lists(possible_counts(most_samples=40), min_size=1, max_size=4))
def test_least_padding_is_least(regime, rows):
    kernel = two_layer_relu(regime)
    padding = least_padding(kernel, rows)
    assert all(mean_sign(kernel, padded(row, padding)) > 0 for row in rows if row.matched_writers)
    if padding:
        assert any(mean_sign(kernel, padded(row, padding - 1)) <= 0 for row in rows if row.matched_writers)


@pytest.mark.parametrize("counts", [(10, 1, 9, 20), (12, 1, 12, 30), (20, 2, 19, 60), (100, 1, 50, 160)])
@kernels
def test_least_padding_at_counts_that_need_it(kernel, counts):
    row = Counts(*counts)
    padding = least_padding(kernel, [row])
    assert padding > 0
    with mpmath.workdps(40):  # the condition itself, from D and B as tabulated
        s = 1 / mpmath.sqrt(row.matches)
        c, own = (2, 1) if kernel.own == 1 else (1, mpmath.mpf(1) / 2)
        matched = (mpmath.sqrt(1 - s**2) + c * s * (mpmath.pi - mpmath.acos(s))) / (2 * mpmath.pi)
        D, F = own * 2 * mpmath.pi - 1, matched * 2 * mpmath.pi - 1
        need = row.writers * (row.matches - D / F) / row.matched_writers - D - row.samples
        assert padding == int(mpmath.floor(need)) + 1


def test_zero_bits_need_no_padding_and_no_counts_are_refused():
    kernel = two_layer_relu()
    assert least_padding(kernel, [Counts(10, 0, 5, 20)]) == 0
    for function in (least_padding, extreme_means):
        with pytest.raises(InputError, match="nothing to decide"):
            function(kernel, [])


def test_samples_that_do_not_interact_need_no_padding():
    linear = Kernel("linear", RHO)
    row = Counts(5, 1, 4, 8)
    assert least_padding(linear, [row]) == 0
    assert rounds_right(linear, row)


def test_least_padding_where_the_mean_is_exactly_zero():
    """1 + rho: own 2, other 1, B(4) = 2; t (n - B) = 8 = p (K + P + D) at P = 0, so one more sample is needed."""
    affine = Kernel("affine", 1 + RHO)
    row = Counts(4, 1, 4, 7)
    assert mean_sign(affine, row) == 0
    assert mean_sign(affine, padded(row, 1)) == 1
    assert least_padding(affine, [row]) == 1


# --- statements


@settings(max_examples=40)
@given(regimes, possible_counts(most_samples=30).filter(lambda c: c.matched_writers > 0))
def test_the_condition_is_the_sign_of_the_mean(regime, counts):
    kernel = two_layer_relu(regime)
    n, p, t, K = counts.matches, counts.matched_writers, counts.writers, counts.samples
    decision = decide(rounding_condition(kernel, n=n, p=p, t=t, K=K))
    assert decision.outcome == ("holds" if mean_sign(kernel, counts) > 0 else "fails")
    if decide(sufficient_condition(n=n, p=p, t=t, K=K)).outcome == "holds":
        assert t * n <= p * K
        assert decision.outcome == "holds"
    else:
        assert t * n > p * K


# --- extreme means


@settings(max_examples=25)
@given(regimes, st.lists(possible_counts(), min_size=1, max_size=8))
def test_extreme_means_are_those_of_a_dense_solve(regime, rows):
    with mpmath.workdps(50):
        means = {row: as_exact(dense_mean(dense_weights(regime, row.matches, row.samples), row)) for row in rows}
    noise = Q(1, 10**40)  # means that are exactly zero come out of the solve as such noise
    smallest, largest = extreme_means(two_layer_relu(regime), rows, digits=12)
    positive = [mean for mean in means.values() if mean > noise]
    rest = [mean for mean in means.values() if mean <= noise]
    assert (smallest is None) == (not positive)
    assert (largest is None) == (not rest)
    for result, expected in ((smallest, min(positive, default=0)), (largest, max(rest, default=0))):
        if result is not None:
            assert result.mean.lower - noise <= expected <= result.mean.upper + noise
            assert abs(means[result.counts] - expected) <= noise
            assert result.mean.width <= abs(expected) / 10**12 + noise


def test_extreme_means_show_as_many_digits_as_asked_for():
    rows = [Counts(2, 1, 1, 10), Counts(3, 1, 1, 10), Counts(2, 0, 1, 10)]
    for digits in (3, 15, 40):
        small, _ = extreme_means(two_layer_relu(), rows, digits=digits)
        assert len(small.mean.digits(digits).strip("0.…")) == digits
        assert small.counts == Counts(3, 1, 1, 10)


@pytest.mark.parametrize(
    "counts",
    [(1, 2, 2, 5), (2, 1, 0, 5), (6, 1, 1, 5), (2, 1, 6, 5), (0, 0, 0, 0), (-1, 0, 0, 5), (5, 0, 1, 5), (2, -1, 1, 5)],
)
def test_counts_that_cannot_occur(counts):
    with pytest.raises(InputError, match="cannot occur"):
        Counts(*counts)


@pytest.mark.parametrize("matches", [2.5, 2.0])
def test_counts_are_integers(matches):
    with pytest.raises(InputError):
        Counts(matches, 1, 1, 10)
