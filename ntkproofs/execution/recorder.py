"""CountsRecorder: record which counts (n, p, t) occur at the states that a block visits, by bit-sliced counting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.counts import Counts
from ntkproofs.execution.bitsliced import LANES, Adder, Planes, StateBlock
from ntkproofs.programs import Bit

__all__ = ["CountsRecorder", "Visit"]

Words: TypeAlias = NDArray[np.uint64]
Triple: TypeAlias = tuple[int, int, int]  # (n, p, t)


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
        self.classes = {
            t: (np.array(positions), [np.array([sliced.writers[x][j] for x in positions]) for j in range(t)])
            for t, positions in sorted(by_writers.items())
        }
        self.seen: set[Triple] = set()

    def record(self, mask: Words, first: int, step: int) -> None:
        """Record the counts of the last step, which is step number `step` (from 0) of the cases from `first` on.

        Only lanes that are set in `mask`, ``(words,)``, are recorded.
        """
        self.adder.run()
        numbers, lanes_by_number = _lanes_by_number(self.adder.counts, mask)
        for t, (_, columns) in self.classes.items():
            for p, lanes in _lanes_by_matched(self.match, columns, mask):
                common = np.bitwise_or.reduce(lanes_by_number & lanes, axis=1)
                for index in np.flatnonzero(common):
                    triple = (int(numbers[index]), p, t)
                    if triple not in self.seen:
                        self.seen.add(triple)
                        self._add(triple, lanes_by_number[index] & lanes, first, step)

    def _add(self, triple: Triple, lanes: Words, first: int, step: int) -> None:
        """Add the counts (n, p, t) that occur in `lanes`, at the first of these lanes."""
        n, p, t = triple
        word = int(np.flatnonzero(lanes)[0])
        lane = (int(lanes[word]) & -int(lanes[word])).bit_length() - 1
        positions, columns = self.classes[t]
        hits = sum(
            ((self.match[column, word] >> np.uint64(lane)) & np.uint64(1)).astype(np.int64) for column in columns
        ) + np.zeros(len(positions), dtype=np.int64)
        position = int(positions[np.flatnonzero(hits == p)[0]])
        visit = Visit(first + word * LANES + lane, step, self.program.bit(position))
        self.visited[Counts(n, p, t, self.program.samples)] = visit


def _lanes_by_number(counts: Iterable[Words], mask: Words) -> tuple[NDArray[np.intp], Words]:
    """Return the numbers that occur in the lanes of `mask`, and for each number the plane of its lanes.

    `counts` are the planes of the bits of the numbers, ``(words,)`` each, or a matrix of planes each, ``(planes,
    words)``, where a number occurs if it does in one of them. Numbers that do not occur are dropped at every bit.
    """
    lanes, numbers = mask[None], np.zeros(1, dtype=np.intp)
    for weight, plane in enumerate(counts):
        if plane.any():
            lanes = np.concatenate([lanes & ~plane, lanes & plane])
            numbers = np.concatenate([numbers, numbers + (1 << weight)])
            occurring = np.flatnonzero(lanes.any(axis=tuple(range(1, lanes.ndim))))
            lanes, numbers = lanes[occurring], numbers[occurring]
    return numbers, lanes


def _lanes_by_matched(match: Planes, columns: list[NDArray[np.intp]], mask: Words) -> Iterator[tuple[int, Words]]:
    """Yield each number p of matching writers of a bit that occurs, and the plane of its lanes.

    Column j contains the j-th writer of each of several bits with the same number of writers.
    """
    if not columns:
        yield 0, mask
        return
    counts: list[Any] = []
    for number, column in enumerate(columns, 1):
        carry = match[column]
        for weight, plane in enumerate(counts):
            counts[weight], carry = plane ^ carry, plane & carry
        if len(counts) < number.bit_length():
            counts.append(carry)
    numbers, lanes = _lanes_by_number(counts, np.broadcast_to(mask, counts[0].shape))
    for p, planes in zip(numbers.tolist(), lanes, strict=True):
        yield p, np.bitwise_or.reduce(planes, axis=0)
