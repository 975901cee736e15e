"""Shrinking: small inputs with a property, found from large ones by greedy steps that are always the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

__all__ = ["shrink", "smaller"]

Inputs = tuple[int, ...]


def shrink(inputs: Inputs, widths: Sequence[int], fails: Callable[[list[Inputs]], Sequence[bool]]) -> Inputs:
    """Return small inputs at which `fails` is true, as it is at `inputs`, and false at all that :func:`smaller` lists.

    `fails` decides many inputs at once. Of the smaller inputs at which it is true, the smallest is taken next.

    >>> shrink((13, 6), (4, 4), lambda many: [p >= 2 and q >= 3 for p, q in many])
    (2, 3)
    """
    while True:
        candidates = smaller(inputs, widths)
        failing = [values for values, failed in zip(candidates, fails(candidates), strict=True) if failed]
        if not failing:
            return inputs
        inputs = failing[0]


def smaller(inputs: Inputs, widths: Sequence[int]) -> list[Inputs]:
    """Return inputs with a smaller sum, those with the smallest first.

    One input is replaced by 0, a power of 2, or half of it, or it loses one bit, half of its bits, or 1.

    >>> smaller((3, 0), (2, 2))
    [(0, 0), (1, 0), (2, 0)]
    """
    result = set()
    for index, (value, width) in enumerate(zip(inputs, widths, strict=True)):
        powers = [1 << bit for bit in range(width)]
        cleared = [value & ~(1 << bit) for bit in range(width)]
        half = value.bit_length() // 2
        for other in (0, *powers, *cleared, value >> 1, value & (1 << half) - 1, value >> half << half, value - 1):
            if 0 <= other < value:
                result.add((*inputs[:index], other, *inputs[index + 1 :]))
    return sorted(result, key=lambda values: (sum(values), values))
