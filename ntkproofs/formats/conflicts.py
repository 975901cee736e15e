"""Rows of a table that contradict each other: their cubes intersect and their results differ."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

__all__ = ["MAX_WORK", "first_conflict", "most_rows"]

MAX_WORK = 1 << 35  # bit operations of all comparisons, about a second


def most_rows(width: int) -> int:
    """Return how many rows with so many characters :func:`first_conflict` compares within MAX_WORK operations.

    >>> most_rows(8)
    65536
    """
    return isqrt(MAX_WORK // width)


def first_conflict(rows: Sequence[tuple[str, str]]) -> tuple[int, int] | None:
    """Return the indices of two rows (cube, result) that contradict each other, or None.

    Cubes and results are strings of ``0``, ``1`` and ``-``. Two rows contradict each other if no position of the cubes
    and some position of the results has 0 in one and 1 in the other. The first index is the smallest possible, and the
    second then too. For each position, one integer is the set of rows that have 0 there and one that of 1, a bit a row,
    so that a row is compared with all others by one operation a position.

    >>> first_conflict([("-0", "0-"), ("1-", "1-"), ("0-", "0-"), ("-1", "-1")])
    (0, 1)
    """
    cubes = _opposites([cube for cube, _ in rows])
    results = _opposites([result for _, result in rows])
    for index, (cube, result) in enumerate(rows):
        others = _union(results, result)
        if others:
            others &= ~_union(cubes, cube)
        if others:
            return index, (others & -others).bit_length() - 1
    return None


def _opposites(strings: list[str]) -> list[dict[str, int]]:
    """Return for each position and each of the values 0 and 1 the set of strings that have the other value there."""
    columns = ["".join(reversed(column)) for column in zip(*strings, strict=True)]
    return [{"0": _indices(column, "1"), "1": _indices(column, "0")} for column in columns]


def _indices(column: str, value: str) -> int:
    return int(column.translate({ord(char): "1" if char == value else "0" for char in "01-"}), 2)


def _union(opposites: list[dict[str, int]], values: str) -> int:
    """Return the set of strings that have the opposite of some value of `values` at the same position."""
    union = 0
    for position, value in enumerate(values):
        if value != "-":
            union |= opposites[position][value]
    return union
