"""Known counts: for each pair (t, p) the set of the numbers n that were visited with it, as tests on planes.

Two tests that no new counts pass. The quick one: n is in an interval that consists of known numbers for all pairs that
are accepted, and no other pair occurs. The exact one: n is in the set of every pair that occurs, by the binary decision
diagrams of the sets, which share their nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ntkproofs.execution.compiled.logic import Root

__all__ = ["Known", "interval"]

ALL = -1  # a word with all bits set


def interval(numbers: int) -> tuple[int, int] | None:
    """Return the longest interval of consecutive elements of a set, given as the bits of an integer.

    >>> interval(0b110111001)
    (3, 5)
    """
    best: tuple[int, int] | None = None
    start = 0
    while numbers:
        skip = (numbers & -numbers).bit_length() - 1
        numbers >>= skip
        length = (~numbers & (numbers + 1)).bit_length() - 1
        if best is None or length > best[1] - best[0] + 1:
            best = (start + skip, start + skip + length - 1)
        numbers >>= length
        start += skip + length
    return best


class Known:
    """The sets of known numbers n, of `bits` bits, for each of `roots`; in arrays for the compiled code.

    `bounds`: words that are 0 or all ones; first the complements of the bits of the first and of the last number of the
    interval, then for each root whether it is rejected. `nodes`, ``(nodes, 3)``: the bit of n, and the nodes for 1 and
    0; node 0 is false and node 1 true, and the first row is node 2. `ends`: the node of each root.
    """

    def __init__(self, roots: Sequence[Root], bits: int) -> None:
        self.roots, self.bits = {root: index for index, root in enumerate(roots)}, bits
        self.sets = [0] * len(roots)
        self.bounds = np.zeros(2 * bits + len(roots), dtype=np.int64)
        self.nodes: NDArray[np.int64] = np.zeros((0, 3), dtype=np.int64)
        self.ends = np.zeros(len(roots), dtype=np.int64)
        self._bound()

    def add(self, triples: Iterable[tuple[int, int, int]]) -> None:
        """Add counts (n, p, t)."""
        for n, p, t in triples:
            self.sets[self.roots[t, p]] |= 1 << n
        self._bound()
        self._decide()

    def _bound(self) -> None:
        """Choose the interval: the longest that is known for all roots with at least half of the most known numbers."""
        sizes = [numbers.bit_count() for numbers in self.sets]
        common = -1
        for numbers, size in zip(self.sets, sizes, strict=True):
            common = common & numbers if 2 * size >= max(sizes) else common
        low, high = (common > 0 and interval(common)) or ((1 << self.bits) - 1, 0)
        members = sum(1 << number for number in range(low, high + 1))
        ends = [0 if number >> bit & 1 else ALL for number in (low, high) for bit in range(self.bits)]
        self.bounds[:] = ends + [ALL if members & ~numbers else 0 for numbers in self.sets]

    def _decide(self) -> None:
        """Build the decision diagrams."""
        rows: list[tuple[int, int, int]] = []
        unique: dict[tuple[int, int, int], int] = {}
        memo: dict[tuple[int, int], int] = {}

        def node(bit: int, members: int) -> int:
            """Return the node of a set of numbers of ``bit + 1`` bits."""
            if members == 0 or members == (1 << (1 << bit + 1)) - 1:
                return int(members != 0)
            if (bit, members) not in memo:
                half = 1 << bit
                one, zero = node(bit - 1, members >> half), node(bit - 1, members & ((1 << half) - 1))
                row = (bit, one, zero)
                if one != zero and row not in unique:
                    unique[row] = len(rows) + 2
                    rows.append(row)
                memo[bit, members] = one if one == zero else unique[row]
            return memo[bit, members]

        self.ends[:] = [node(self.bits - 1, members) for members in self.sets]
        self.nodes = np.array(rows, dtype=np.int64).reshape(-1, 3)
