"""CountsRecorder: record which counts (n, p, t) occur at the states that a block visits, by bit-sliced counting."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.counts import Counts
from ntkproofs.execution.bitsliced import LANES, Adder, Planes, StateBlock
from ntkproofs.programs import Bit

__all__ = ["CountsRecorder", "Visit"]

Words: TypeAlias = NDArray[np.uint64]

_ALL_LANES = (1 << LANES) - 1


@dataclass(frozen=True, order=True)
class Visit:
    """The first occurrence of counts: the case number, the number of steps before it, and the output bit."""

    case: int
    step: int
    bit: Bit


class CountsRecorder:
    """Record the counts (n, p, t) of the states that `block` visits; `visited` maps each to its first occurrence."""

    def __init__(self, block: StateBlock) -> None:
        sliced = block.sliced
        self.program, self.match = sliced.program, block.match
        self.adder = Adder(block.match)
        self.visited: dict[Counts, Visit] = {}
        by_writers: dict[int, list[int]] = {}
        for position, writers in enumerate(sliced.writers):
            by_writers.setdefault(len(writers), []).append(position)
        self.classes = [
            (t, np.array(positions), [np.array([sliced.writers[x][j] for x in positions]) for j in range(t)])
            for t, positions in sorted(by_writers.items())
        ]
        self.keys = [(t, p) for t, _, _ in self.classes for p in range(t + 1)]
        self.seen: set[tuple[int, int]] = set()  # (n, index in keys)
        self.lanes_by_key = np.zeros((len(self.keys), block.words), dtype=np.uint64)

    def record(self, mask: Words, first: int, step: int) -> None:
        """Record the counts of the last step, which is step number `step` (from 0) of the cases from `first` on.

        Only lanes that are set in `mask`, ``(words,)``, are recorded.
        """
        self.adder.run()
        numbers, lanes_by_number = _lanes_by_number(self.adder.counts, mask)
        row = 0
        for t, _, columns in self.classes:
            for plane in _lanes_by_matched(self.match, columns, t):
                self.lanes_by_key[row] = plane
                row += 1
        both = np.bitwise_or.reduce(lanes_by_number[:, None, :] & self.lanes_by_key[None, :, :], axis=2)
        for index, key in zip(*np.nonzero(both), strict=True):
            pair = (int(numbers[index]), int(key))
            if pair not in self.seen:
                self.seen.add(pair)
                self._add(pair, lanes_by_number[index] & self.lanes_by_key[key], first, step)

    def _add(self, pair: tuple[int, int], lanes: Words, first: int, step: int) -> None:
        """Add the counts of a pair ``(n, index in keys)`` that occurs in `lanes`, at the first of these lanes."""
        n, (t, p) = pair[0], self.keys[pair[1]]
        word = int(np.flatnonzero(lanes)[0])
        lane = (int(lanes[word]) & -int(lanes[word])).bit_length() - 1
        _, positions, columns = next(row for row in self.classes if row[0] == t)
        hits = sum(
            ((self.match[column, word] >> np.uint64(lane)) & np.uint64(1)).astype(np.int64) for column in columns
        ) + np.zeros(len(positions), dtype=np.int64)
        position = int(positions[np.flatnonzero(hits == p)[0]])
        visit = Visit(first + word * LANES + lane, step, self.program.bit(position))
        self.visited[Counts(n, p, t, self.program.samples)] = visit


def _lanes_by_number(counts: list[Words], mask: Words) -> tuple[NDArray[np.intp], Words]:
    """Return the numbers that occur in the lanes of `mask`, and for each number the plane of its lanes."""
    lanes, numbers = mask[None, :], np.zeros(1, dtype=np.intp)
    for weight, plane in enumerate(counts):
        if plane.any():
            lanes = np.concatenate([lanes & ~plane, lanes & plane])
            numbers = np.concatenate([numbers, numbers + (1 << weight)])
    occurring = np.flatnonzero(np.bitwise_or.reduce(lanes, axis=1))
    return numbers[occurring], lanes[occurring]


def _lanes_by_matched(match: Planes, columns: list[NDArray[np.intp]], t: int) -> Iterable[Words]:
    """Yield for p = 0 to t the plane of the lanes in which a bit with t writers has p matching writers."""
    if t == 0:
        yield np.full(match.shape[1], _ALL_LANES, dtype=np.uint64)
        return
    counts: list[Any] = []
    for column in columns:
        carry = match[column]
        for weight, plane in enumerate(counts):
            counts[weight], carry = plane ^ carry, plane & carry
        if len(counts) < t.bit_length():
            counts.append(carry)
    for p in range(t + 1):
        equal = counts[0] if p & 1 else ~counts[0]
        for weight, plane in enumerate(counts[1:], 1):
            equal = equal & (plane if p >> weight & 1 else ~plane)
        yield np.bitwise_or.reduce(equal, axis=0)
