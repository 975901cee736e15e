"""Smallest integer satisfying a monotone predicate."""

from __future__ import annotations

from collections.abc import Callable

from ntkproofs.errors import Undecided

__all__ = ["least_integer"]


def least_integer(enough: Callable[[int], bool], *, most: int, what: str) -> int:
    """Return the smallest integer from 1 on that satisfies the monotone predicate `enough`, by doubling and bisection.

    Once true, `enough` must stay true for larger integers. Raises Undecided, with `what` in the message, where the
    doubling exceeds `most`.

    >>> least_integer(lambda number: number * number >= 50, most=100, what="a root")
    8
    """
    high = 1
    while not enough(high):
        high *= 2
        if high > most:
            raise Undecided(f"{what}: more than 2^{most.bit_length() - 1} would be needed")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
