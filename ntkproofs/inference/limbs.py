"""Limbs: floats as sums of small integers times powers of 2**21, so that matrix products of the limbs are exact.

The limb at the position j of a float x is an integer ``x_j`` of at most 21 bits with the sign of x, and ``x`` is the
sum of ``x_j 2**(21 j)``. A product of two limbs has at most 42 bits. A float64 matrix product that adds up to 2**11 of
them is therefore exact, in any order of summation: every partial sum is an integer of at most 53 bits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.inference.pieces import Floats

__all__ = ["LIMB", "Limbs", "Sum", "carried", "limbs", "sign"]

Integers: TypeAlias = NDArray[np.int64]
Limbs: TypeAlias = Mapping[int, Floats]  # the limbs of an array at each position; those that are all zero are left out

LIMB = 21  # bits
MANTISSA = 52  # bits of a float64 that are stored
BIAS = 1075  # of its exponent, with the mantissa as an integer
EXTRA = 2  # positions above the highest one, for carries
MOST_ADDED = 1 << 9  # products of at most 2**53 to an int64: then the sum fits


def limbs(array: Floats) -> Limbs:
    """Return the limbs of finite floats, by integer operations on their binary representation.

    >>> {position: limb.tolist() for position, limb in limbs(np.array([3.0, -0.5])).items()}
    {-1: [0.0, -1048576.0], 0: [3.0, 0.0]}
    """
    stored = np.ascontiguousarray(array, dtype=np.float64).view(np.int64)
    field = stored >> MANTISSA & 0x7FF
    mantissa = (stored & (1 << MANTISSA) - 1) + np.where(field > 0, np.int64(1) << MANTISSA, 0)
    exponent = np.maximum(field, 1) - BIAS
    nonzero = exponent[mantissa != 0]
    if not nonzero.size:
        return {}
    lowest, highest = int(nonzero.min()) // LIMB, (int(nonzero.max()) + MANTISSA) // LIMB
    negative, unsigned = stored < 0, mantissa.astype(np.uint64)
    result = {}
    for position in range(lowest, highest + 1):
        shift = exponent - LIMB * position
        upwards = unsigned << np.clip(shift, 0, LIMB).astype(np.uint64)  # modulo 2**64: the lowest 21 bits are right
        limb = (upwards >> np.clip(-shift, 0, 63).astype(np.uint64)).astype(np.int64) & (1 << LIMB) - 1
        limb[shift >= LIMB] = 0
        if limb.any():
            result[position] = np.where(negative, -limb, limb).astype(np.float64)
    return result


def carried(parts: Mapping[int, Floats]) -> dict[int, Integers]:
    """Return integers in place of `parts`, with the same sum, from 0 to ``2**21 - 1`` except at the highest position.

    `parts` are integers of at most 53 bits at some positions. Two positions are added for carries; then the highest
    integer has at most 21 bits as well.
    """
    positions = range(min(parts), max(parts) + 1 + EXTRA)
    result, carry = {}, np.zeros_like(next(iter(parts.values())), dtype=np.int64)
    for position in positions:
        value = carry if position not in parts else carry + parts[position].astype(np.int64)
        carry = value >> LIMB
        result[position] = value - (carry << LIMB)
    result[positions[-1]] += carry << LIMB
    return result


def sign(digits: Mapping[int, Integers]) -> NDArray[np.int8]:
    """Return the signs of the numbers with these digits, which :func:`carried` returned."""
    *lower, highest = (digits[position] for position in sorted(digits))
    positive = highest > 0
    for digit in lower:
        positive |= (digit != 0) & (highest == 0)
    return positive.astype(np.int8) - (highest < 0)


class Sum:
    """Exact sums of arrays of integers times powers of 2**21: added as int64, and as Python integers before that fails.

    >>> total = Sum((1,))
    >>> total.add(1, np.array([3.0]))
    >>> total.add(-1, np.array([1.0]))
    >>> total.fractions() == [3 * 2**21 + Fraction(1, 2**21)]
    True
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self._parts: dict[int, Integers] = {}
        self._added: Counter[tuple[int, int | None]] = Counter()
        self._base = 0
        self._total: NDArray[Any] = np.zeros(shape, dtype=object)

    def add(self, position: int, values: Floats, where: slice = slice(None)) -> None:
        """Add ``values 2**(21 position)``, integers of at most 53 bits, to the rows `where`, of a partition."""
        if self._added[position, where.start] == MOST_ADDED:
            self._flush()
        part = self._parts.setdefault(position, np.zeros(self.shape, dtype=np.int64))
        part[where] += values.astype(np.int64)
        self._added[position, where.start] += 1

    def _flush(self) -> None:
        """Move the int64 to the Python integers, which count multiples of ``2**(21 base)``."""
        lowest = min([*self._parts, self._base])
        self._total = self._total << LIMB * (self._base - lowest)
        self._base = lowest
        for position, part in self._parts.items():
            if part.any():
                self._total = self._total + (part.astype(object) << LIMB * (position - lowest))
        self._parts, self._added = {}, Counter()

    def fractions(self) -> list[Any]:
        """Return the sums as nested lists of fractions."""
        self._flush()
        scale = Fraction(1, 1 << LIMB * -self._base)
        result: list[Any] = np.vectorize(lambda total: total * scale, otypes=[object])(self._total).tolist()
        return result
