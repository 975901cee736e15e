"""Evaluation of elementary cellular automata on a ring of cells, on integers and on planes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["AutomatonOracle"]

Planes: TypeAlias = NDArray[np.uint64]  # (bits, words)


@dataclass(frozen=True)
class AutomatonOracle:
    """The cells after a number of steps as a function of those before: bit i of an integer is cell i, from the left.

    The next value of a cell is bit ``4 l + 2 c + r`` of the number of the rule, where l, c, r are the values of its
    left neighbour, the cell and its right neighbour.

    >>> AutomatonOracle(rule=90, cells=5, steps=1)(0b00100)
    10
    """

    rule: int
    cells: int
    steps: int

    def __call__(self, cells: int) -> int:
        """Return the cells after all steps."""
        for _ in range(self.steps):
            cells = sum(self._next(cells, cell) << cell for cell in range(self.cells))
        return cells

    def _next(self, cells: int, cell: int) -> int:
        left, centre, right = (cells >> (cell + distance) % self.cells & 1 for distance in (-1, 0, 1))
        return self.rule >> (4 * left + 2 * centre + right) & 1

    def planes(self, inputs: Planes) -> Planes:
        """Return the planes of the cells after all steps, ``(cells, words)``, from those before."""
        ones, centre = np.uint64(0xFFFFFFFFFFFFFFFF), inputs
        for _ in range(self.steps):
            left, right = np.roll(centre, 1, axis=0), np.roll(centre, -1, axis=0)
            total = np.zeros_like(centre)
            for case in range(8):
                if self.rule >> case & 1:
                    wanted = (ones if case >> 2 & 1 else 0, ones if case >> 1 & 1 else 0, ones if case & 1 else 0)
                    a, b, c = (
                        ~(plane ^ np.uint64(value)) for plane, value in zip((left, centre, right), wanted, strict=True)
                    )
                    total |= a & b & c
            centre = total
        return centre
