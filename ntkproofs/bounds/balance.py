"""Four statements about one kernel on which exact rounding rests.

Each function returns ``(inequality, domain)``, the arguments of :func:`ntkproofs.rigor.decide`. Raises InputError for a
kernel with other = 0, for which D and F(n) are infinite.
"""

from __future__ import annotations

from typing import TypeAlias

from ntkproofs.kernels.names import KernelLike, as_kernel
from ntkproofs.predictor import MATCHES
from ntkproofs.rigor import Inequality, Integers, Point, less
from ntkproofs.rigor.statements import Domain

__all__ = ["Statement", "contrast_positive", "excess_positive", "gap_increases", "matches_outweigh"]

Statement: TypeAlias = tuple[Inequality, Domain]


def contrast_positive(kernel: KernelLike) -> Statement:
    """Return the statement ``D > 0``: own > other."""
    return less(0, as_kernel(kernel).contrast), Point()


def excess_positive(kernel: KernelLike) -> Statement:
    """Return the statement ``F(n) > 0`` for all n >= 1: matched(n) > other.

    >>> from ntkproofs.kernels import two_layer_relu
    >>> from ntkproofs.rigor import decide
    >>> decide(*excess_positive(two_layer_relu())).outcome
    'holds'
    """
    return less(0, as_kernel(kernel).excess(MATCHES)), Integers(MATCHES, start=1)


def matches_outweigh(kernel: KernelLike) -> Statement:
    """Return the statement ``n F(n) > D`` for all n >= 2, which makes the mean of every written 0-bit negative."""
    kernel = as_kernel(kernel)
    return less(kernel.contrast, MATCHES * kernel.excess(MATCHES)), Integers(MATCHES, start=2)


def gap_increases(kernel: KernelLike) -> Statement:
    """Return the statement ``B(n + 1) - B(n) < 1`` for all n >= 1: n - B(n) increases, so the largest n is worst."""
    kernel = as_kernel(kernel)
    return less(kernel.balance(MATCHES + 1) - kernel.balance(MATCHES), 1), Integers(MATCHES, start=1)
