"""Four facts about one kernel on which exact rounding rests, as statements to decide.

Each function returns ``(inequality, domain)`` for :func:`ntkproofs.rigor.decide`; n runs over all integers of the
domain.
"""

from __future__ import annotations

from typing import TypeAlias

from ntkproofs.kernels.angular import Kernel
from ntkproofs.predictor import MATCHES
from ntkproofs.rigor import Inequality, Integers, Point, less
from ntkproofs.rigor.statements import Domain

__all__ = ["Statement", "contrast_positive", "excess_positive", "gap_increases", "matches_outweigh"]

Statement: TypeAlias = tuple[Inequality, Domain]


def contrast_positive(kernel: Kernel) -> Statement:
    """State ``D > 0``: a sample is closer to itself than to another one."""
    return less(0, kernel.contrast), Point()


def excess_positive(kernel: Kernel) -> Statement:
    """State ``F(n) > 0`` for all n >= 1: a state is closer to a matching sample than to any other.

    >>> from ntkproofs.kernels import two_layer_relu
    >>> from ntkproofs.rigor import decide
    >>> decide(*excess_positive(two_layer_relu())).outcome
    'holds'
    """
    return less(0, kernel.excess(MATCHES)), Integers(MATCHES, start=1)


def matches_outweigh(kernel: Kernel) -> Statement:
    """State ``n F(n) > D`` for all n >= 2: what makes the mean of a 0-bit negative."""
    return less(kernel.contrast, MATCHES * kernel.excess(MATCHES)), Integers(MATCHES, start=2)


def gap_increases(kernel: Kernel) -> Statement:
    """State that ``n - B(n)`` increases, ``B(n+1) - B(n) < 1`` for all n >= 1: the largest n is the worst."""
    return less(kernel.balance(MATCHES + 1) - kernel.balance(MATCHES), 1), Integers(MATCHES, start=1)
