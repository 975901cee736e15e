"""The union bound of an ensemble, estimated by mpmath.

Mean and variance are written out from the entries of the kernel at two and at encoded states; no ball, no SymPy and no
code of ``bounds`` is involved. ``Q`` is ``erfc``, where the certified bound has a continued fraction above it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, TypeAlias

from mpmath import mp, mpf

from ntkproofs.counts import Counts
from ntkproofs.errors import InputError

__all__ = ["DIGITS", "margin", "union_bound"]

DIGITS = 50
GUARD = 30  # further digits of every operation
LEADING = 32  # counts that are evaluated with many digits, those with the smallest margins in floats
CURVATURE = {"ntk": 2, "nngp": 1}  # of the kernels: layers whose gradients train

Real: TypeAlias = Any  # a float or an mpmath number
Functions: TypeAlias = Any  # the module math or mpmath's context


def union_bound(kernel: str, counts: Iterable[Counts], threshold: Fraction, *, networks: int, cases: int) -> mpf:
    """Return an estimate of ``cases * Q(sqrt(N) z)``, z the smallest standardised margin of the counts, to 50 digits.

    `kernel` is ``ntk`` or ``nngp``. Counts with n <= 1 are left out: nothing varies there. Raises InputError for
    another kernel.

    >>> estimate = union_bound("ntk", [Counts(2, 0, 1, 10)], Fraction(1, 10), networks=9, cases=5)
    >>> mp.nstr(estimate, 10)
    '0.0001117689942'
    """
    if kernel not in CURVATURE:
        raise InputError(f"a kernel is one of {', '.join(CURVATURE)}, got {kernel!r}")
    varying = [each for each in counts if each.matches > 1]
    varying.sort(key=lambda each: margin(math, kernel, each, float(threshold)))
    with mp.workdps(DIGITS + GUARD):
        tau = mpf(threshold.numerator) / threshold.denominator
        z = min((margin(mp, kernel, each, tau) for each in varying[:LEADING]), default=mp.inf)
        return cases * mp.erfc(mp.sqrt(networks) * z / mp.sqrt(2)) / 2


def margin(functions: Functions, kernel: str, counts: Counts, threshold: Real) -> Real:
    """Return the standardised margin of counts with n >= 2, by the functions of ``math`` or of an mpmath context."""
    n, p, t, K = counts.matches, counts.matched_writers, counts.writers, counts.samples
    trained, prior = (_entries(functions, layers, n) for layers in (CURVATURE[kernel], 1))
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
    """Return own, other and matched of the kernel of a two-layer ReLU network, `layers` of which train."""
    angle = functions.acos(1 / functions.sqrt(n))
    matched = functions.sin(angle) + layers * (functions.pi - angle) * functions.cos(angle)
    return layers * functions.pi / (2 * functions.pi), 1 / (2 * functions.pi), matched / (2 * functions.pi)
