"""Shapes of ONNX values: numbers, and names for dimensions that the file leaves open, such as that of the batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import prod
from typing import TypeAlias

__all__ = ["Shape", "reshaped"]

Shape: TypeAlias = tuple[int | str, ...]


def reshaped(shape: Shape, target: Sequence[int | str]) -> Shape | None:
    """Return the shape of a Reshape to `target`, which may contain one -1, or None if the sizes differ or are unknown.

    >>> reshaped(("batch", 8), (-1, 8)), reshaped(("batch", 8), ("batch", -1)), reshaped(("batch", 8), (1, -1))
    (('batch', 8), ('batch', 8), (1, '8*batch'))
    >>> reshaped((2, 8), (3, 5)) is None
    True
    """
    number, names = _size(shape)
    known = [size for size in target if size != -1]
    known_number, known_names = _size(known)
    if len(known) == len(target):
        return tuple(target) if (number, names) == (known_number, known_names) else None
    if len(known) < len(target) - 1 or known_number <= 0 or number % known_number or known_names - names:
        return None
    rest = number // known_number
    left = sorted((names - known_names).elements())
    inferred: int | str = rest if not left else "*".join([str(rest)] * (rest != 1) + left)
    return tuple(inferred if size == -1 else size for size in target)


def _size(dimensions: Sequence[int | str]) -> tuple[int, Counter[str]]:
    """Return the product of the dimensions: of the numbers, and of the names with multiplicities."""
    number = prod(size for size in dimensions if isinstance(size, int))
    return number, Counter(size for size in dimensions if isinstance(size, str))
