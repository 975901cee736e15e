"""The union bound of an ensemble, evaluated with mpmath.

The module is independent of the certified bound: mean and variance are computed from the three numbers of the kernel
(own, other and matched) without ball arithmetic, SymPy or the package ``bounds``, and the Gaussian tail Q is mpmath's
``erfc``, where the certified bound uses an upper bound of Q.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, TypeAlias

from mpmath import mp, mpf

from ntkproofs.counts import Counts
from ntkproofs.kernels.names import KernelLike, two_layer_name

__all__ = ["DIGITS", "margin", "union_bound"]

DIGITS = 50
GUARD = 30  # guard digits of every operation
MAX_PRECISE = 32  # counts with the smallest margins in float arithmetic, evaluated with DIGITS digits
TRAINED_LAYERS = {"ntk": 2, "nngp": 1}  # number of trained layers, by kernel

Real: TypeAlias = Any  # float or mpmath number
Functions: TypeAlias = Any  # the module math or mpmath's context


def union_bound(kernel: KernelLike, counts: Iterable[Counts], threshold: Fraction, *, networks: int, cases: int) -> mpf:
    """Return ``cases * Q(sqrt(N) z)`` to 50 digits, for N = `networks` and the smallest standardised margin z.

    `kernel`: that of a two-layer ReLU network, or its name, ``ntk`` or ``nngp``. The minimum is over the `counts` with
    n >= 2, because the variance is 0 for n <= 1. Raises InputError for any other kernel.

    >>> estimate = union_bound("ntk", [Counts(2, 0, 1, 10)], Fraction(1, 10), networks=9, cases=5)
    >>> mp.nstr(estimate, 10)
    '0.0001117689942'
    """
    name = two_layer_name(kernel)
    varying = [item for item in counts if item.matches > 1]
    varying.sort(key=lambda item: margin(math, name, item, float(threshold)))
    with mp.workdps(DIGITS + GUARD):
        tau = mpf(threshold.numerator) / threshold.denominator
        z = min((margin(mp, name, item, tau) for item in varying[:MAX_PRECISE]), default=mp.inf)
        return cases * mp.erfc(mp.sqrt(networks) * z / mp.sqrt(2)) / 2


def margin(functions: Functions, kernel: str, counts: Counts, threshold: Real) -> Real:
    """Return the standardised margin of counts with n >= 2, computed by the module ``math`` or by an mpmath context."""
    n, p, t, K = counts.matches, counts.matched_writers, counts.writers, counts.samples
    # (own, other, matched) of the kernel of training and of the covariance of the initial networks
    trained, prior = (_entries(functions, layers, n) for layers in (TRAINED_LAYERS[kernel], 1))
    own, other, matched = trained
    # (Theta + ...) a = k: the sum of the weights first, then each weight
    total = (n * matched + (K - n) * other) / (own + (K - 1) * other)
    inside, outside = ((value - other * total) / (own - other) for value in (matched, other))
    mean = p * inside + (t - p) * outside
    own, other, matched = prior
    square = n * inside * inside + (K - n) * outside * outside
    quadratic = own * square + other * (total * total - square)
    linear = n * inside * matched + (K - n) * outside * other
    deviation = functions.sqrt((own + quadratic - 2 * linear) / K)
    return (mean - threshold if p else threshold - mean) / deviation


def _entries(functions: Functions, layers: int, n: int) -> tuple[Real, Real, Real]:
    """Return own, other and matched of the kernel of a two-layer ReLU network with `layers` trained layers."""
    angle = functions.acos(1 / functions.sqrt(n))
    matched = functions.sin(angle) + layers * (functions.pi - angle) * functions.cos(angle)
    return layers * functions.pi / (2 * functions.pi), 1 / (2 * functions.pi), matched / (2 * functions.pi)
