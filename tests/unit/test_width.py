"""Finite width: tails of kernel entries, the perturbation of the mean, the least width."""

from fractions import Fraction as Q
from math import comb

import mpmath
import numpy as np
import pytest
import sympy

from ntkproofs.bounds import entry_rate, least_width, perturbation
from ntkproofs.bounds.width import TILT, moment_generating
from ntkproofs.counts import Counts, arbitrary_counts
from ntkproofs.errors import InputError
from ntkproofs.programs import permutation
from ntkproofs.rigor import enclose


def test_the_diagonal_entry_is_a_mixture_of_nothing_and_a_chi_square():
    """g > 0 with probability 1/2; then g^2 + a^2 is chi-square with two degrees: the tail is a binomial mixture."""
    width, error = 30, Q(1, 2)
    with mpmath.workdps(30):
        tail = mpmath.mpf(0)
        for on in range(1, width + 1):  # a sum of `on` exponentials of mean 2 exceeds width * (1 + error)
            x = mpmath.mpf(width) * mpmath.mpf(3) / 4
            tail += mpmath.mpf(comb(width, on)) / 2**width * mpmath.gammainc(on, x, regularized=True)
        bound = mpmath.exp(-width * mpmath.mpf(str(float(entry_rate(1, error, above=True).lower))))
        assert tail <= bound < 20 * tail


@pytest.mark.parametrize(("rho", "tilt"), [(Q(0), Q(1, 2)), (Q(3, 5), Q(-1)), (Q(4, 5), Q(1, 3)), (Q(0), Q(-1, 2))])
def test_the_moment_generating_function_is_that_of_drawn_entries(rho, tilt):
    source = np.random.default_rng(5)
    g, z, a = source.standard_normal((3, 400_000))
    h = float(rho) * g + (1 - float(rho) ** 2) ** 0.5 * z
    copies = np.where((g > 0) & (h > 0), g * h + a * a * float(rho), 0.0)
    drawn = np.exp(float(tilt) * copies)
    exact = float(enclose(moment_generating(), {sympy.Symbol("rho", real=True): rho, TILT: tilt}, precision=80).middle)
    assert abs(drawn.mean() - exact) < 6 * drawn.std() / len(drawn) ** 0.5


@pytest.mark.parametrize("matches", [0, 1, 2, 7])
@pytest.mark.parametrize("above", [True, False])
def test_larger_errors_are_rarer(matches, above):
    rates = [entry_rate(matches, Q(error, 100), above=above).lower for error in (1, 2, 5, 10, 15)]
    assert rates == sorted(rates)
    assert rates[0] > 0


def test_an_error_beyond_zero_is_refused():
    with pytest.raises(InputError, match="too small"):
        entry_rate(0, Q(1, 2), above=False)
    for error in (0, -1, 0.1):
        with pytest.raises(InputError):
            entry_rate(0, error, above=True)


def test_perturbation_vanishes_with_the_error_and_ends_where_the_gram_matrix_may_be_singular():
    counts = Counts(3, 1, 2, 8)
    moves = [perturbation(counts, Q(1, 10**power)) for power in (2, 4, 8)]
    assert moves[0].lower > 90 * moves[1].upper > 0
    assert moves[2].upper < Q(1, 10**6)
    assert perturbation(counts, Q(1, 9)) is None  # K eps = 8/9 > 1 - 1/(2 pi)
    assert perturbation(Counts(3, 0, 0, 8), Q(1, 100)).upper == 0


def test_least_width_grows_with_what_is_asked():
    counts = arbitrary_counts(permutation(range(5)))
    base = {"threshold": Q(1, 10), "failure": Q(1, 100), "states": 32, "output_bits": 5}
    width = least_width(counts, **base).width
    assert least_width(counts, **base | {"failure": Q(1, 10**6)}).width > width
    assert least_width(counts, **base | {"states": 10**6}).width > width
    assert least_width(counts, **base | {"networks": 100}).width > width
    assert (
        least_width(counts, **base | {"output_bits": 500}).width
        == least_width(counts, **base | {"networks": 100}).width
    )
    assert least_width(counts, **base | {"threshold": Q(1, 100)}).width > width  # closer to the 0-bits


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": Q(1, 2)},
        {"threshold": Q(-1)},
        {"failure": Q(0)},
        {"failure": Q(1)},
        {"states": 0},
        {"networks": 0},
        {"output_bits": 0},
    ],
)
def test_what_cannot_be_asked_is_refused(change):
    asked = {"threshold": Q(1, 10), "failure": Q(1, 100), "states": 32, "output_bits": 5} | change
    with pytest.raises(InputError):
        least_width(arbitrary_counts(permutation(range(5))), **asked)


def test_counts_of_two_programs_are_refused():
    with pytest.raises(InputError, match="one program"):
        least_width(
            [Counts(1, 1, 1, 4), Counts(1, 1, 1, 5)], threshold=Q(1, 10), failure=Q(1, 100), states=1, output_bits=1
        )
    with pytest.raises(InputError, match="no counts"):
        least_width([], threshold=Q(1, 10), failure=Q(1, 100), states=1, output_bits=1)
