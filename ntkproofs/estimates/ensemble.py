"""The union bound of an ensemble, evaluated with mpmath.

The module is independent of the certified bound: mean and variance are computed from the three numbers of the kernel
(own, other and matched) without ball arithmetic, SymPy or the package ``bounds``, and the Gaussian tail Q is mpmath's
``erfc``, where the certified bound uses an upper bound of Q.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

from mpmath import mp, mpf

from ntkproofs.counts import Counts
from ntkproofs.kernels.names import KernelLike, two_layer_name
from ntkproofs.training_time import CONVERGED, TrainingTime

__all__ = ["DIGITS", "margin", "union_bound", "union_by_class"]

DIGITS = 50
GUARD = 30  # guard digits of every operation
MAX_PRECISE = 32  # counts with the smallest margins in float arithmetic, evaluated with DIGITS digits
LEAST = 1e-90  # variance in the estimate, up to a factor: that at samples tends to 0 in training
TRAINED_LAYERS = {"ntk": 2, "nngp": 1}  # number of trained layers, by kernel

Real: TypeAlias = Any  # float or mpmath number
Functions: TypeAlias = Any  # the module math or mpmath's context


def union_bound(
    kernel: KernelLike,
    counts: Iterable[Counts],
    threshold: Fraction,
    *,
    networks: int,
    cases: int,
    at: TrainingTime = CONVERGED,
) -> mpf:
    """Return ``cases * Q(sqrt(N) z)`` to 50 digits, for N = `networks` and the smallest standardised margin z.

    `kernel`: that of a two-layer ReLU network, or its name, ``ntk`` or ``nngp``; `at`: the time of training. The
    minimum is over the `counts` with n >= 2, because the variance is 0 for n <= 1 at convergence; before, also over
    those with n = 1. Raises InputError for any other kernel.

    >>> estimate = union_bound("ntk", [Counts(2, 0, 1, 10)], Fraction(1, 10), networks=9, cases=5)
    >>> mp.nstr(estimate, 10)
    '0.0001117689942'
    """
    name = two_layer_name(kernel)
    varying = [item for item in counts if _varies(item, at)]
    varying.sort(key=lambda item: margin(math, name, item, float(threshold), at))
    with mp.workdps(DIGITS + GUARD):
        tau = mpf(threshold.numerator) / threshold.denominator
        z = min((margin(mp, name, item, tau, at) for item in varying[:MAX_PRECISE]), default=mp.inf)
        return cases * mp.erfc(mp.sqrt(networks) * z / mp.sqrt(2)) / 2


def union_by_class(
    kernel: KernelLike,
    pairs: Mapping[Counts, int],
    threshold: Fraction,
    *,
    networks: int,
    cases: int,
    at: TrainingTime = CONVERGED,
) -> mpf:
    """Return the union by class to 50 digits: the sum of ``m Q(sqrt(N) z)`` over classes with n >= 2 and m pairs each.

    If there are more than `cases` pairs, it is the largest sum over `cases` of them. `at`: the time of training; before
    convergence classes with n = 1 are included. Raises InputError as :func:`union_bound`.

    >>> pairs = {Counts(2, 0, 1, 10): 3, Counts(2, 1, 1, 10): 9}
    >>> mp.nstr(union_by_class("ntk", pairs, Fraction(1, 10), networks=9, cases=5), 10)
    '6.70613965e-5'
    """
    name = two_layer_name(kernel)
    logs = {
        counts: math.log(min(number, cases))
        - networks * max(0.0, margin(math, name, counts, float(threshold), at)) ** 2 / 2
        for counts, number in pairs.items()
        if _varies(counts, at) and number
    }
    least = max(logs.values(), default=0.0) - (DIGITS + GUARD) * math.log(10)  # smaller terms are negligible
    with mp.workdps(DIGITS + GUARD):
        tau, root = mpf(threshold.numerator) / threshold.denominator, mp.sqrt(networks)
        terms = [
            (mp.erfc(root * margin(mp, name, counts, tau, at) / mp.sqrt(2)) / 2, pairs[counts])
            for counts, log in logs.items()
            if log >= least
        ]
        total = mpf(0)
        for chance, number in sorted(terms, reverse=True):
            total += chance * min(number, cases)
            cases -= min(number, cases)
        return total


def _varies(counts: Counts, at: TrainingTime) -> bool:
    """Tell whether outputs at these counts have a variance."""
    return counts.matches > (1 if at.converged else 0)


def margin(functions: Functions, kernel: str, counts: Counts, threshold: Real, at: TrainingTime = CONVERGED) -> Real:
    """Return the standardised margin of counts of positive variance, by the module ``math`` or by an mpmath context."""
    n, p, t, K = counts.matches, counts.matched_writers, counts.writers, counts.samples
    # (own, other, matched) of the kernel of training and of the covariance of the initial networks
    trained, prior = (_entries(functions, layers, n) for layers in (TRAINED_LAYERS[kernel], 1))
    own, other, matched = trained
    # the values of the kernel, their mean and the distances from it, divided by the eigenvalues
    mean_value = (n * matched + (K - n) * other) / K
    across, along = own - other, own + (K - 1) * other
    learnt = [1 - _remaining(functions, eigenvalue / own, at) for eigenvalue in (across, along)]
    inside, outside = (
        learnt[0] * (value - mean_value) / across + learnt[1] * mean_value / along for value in (matched, other)
    )
    total = n * inside + (K - n) * outside
    mean = p * inside + (t - p) * outside
    own, other, matched = prior
    square = n * inside * inside + (K - n) * outside * outside
    quadratic = own * square + other * (total * total - square)
    linear = n * inside * matched + (K - n) * outside * other
    deviation = functions.sqrt(max(own + quadratic - 2 * linear, LEAST) / K)
    return (mean - threshold if p else threshold - mean) / deviation


def _remaining(functions: Functions, eigenvalue: Real, at: TrainingTime) -> Real:
    """Return the factor of the initial error that remains, for an eigenvalue of the kernel with own entry 1."""
    if at.converged:
        return 0
    if at.time is not None:
        return functions.exp(-_real(functions, at.time) * eigenvalue)
    return (1 - _real(functions, at.step) * eigenvalue) ** int(at.steps)


def _real(functions: Functions, value: Any) -> Real:
    """Return a rational number as a number of the module ``math`` or of an mpmath context."""
    return functions.fdiv(int(value.p), int(value.q)) if functions is not math else float(value)


def _entries(functions: Functions, layers: int, n: int) -> tuple[Real, Real, Real]:
    """Return own, other and matched of the kernel of a two-layer ReLU network with `layers` trained layers."""
    angle = functions.acos(1 / functions.sqrt(n))
    matched = functions.sin(angle) + layers * (functions.pi - angle) * functions.cos(angle)
    return layers * functions.pi / (2 * functions.pi), 1 / (2 * functions.pi), matched / (2 * functions.pi)
