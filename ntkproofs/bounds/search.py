"""The least integer that is enough, where more is never worse."""

from __future__ import annotations

from collections.abc import Callable

from ntkproofs.errors import Undecided

__all__ = ["least_integer"]


def least_integer(enough: Callable[[int], bool], *, most: int, what: str) -> int:
    """Return the least integer from 1 on that is `enough`, by doubling and bisection; `enough` must not fall back.

    Raises Undecided, naming `what` is searched, if more than `most` would be needed.

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
