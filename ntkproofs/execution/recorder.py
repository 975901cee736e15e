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

NEVER, BEFORE = 1 << 62, -1  # lanes of counts that were not visited, and that an earlier block visited


@dataclass(frozen=True, order=True)
class Visit:
    """The first occurrence of counts: the least case number, then the number of steps before it, then the output bit.

    The bit is the one with the least position of those that have the counts there.
    """

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
        self._first = 0  # the first case of the current block
        self._lowest: dict[Triple, int] = {}  # the lane of a visit in the current block, or BEFORE
        self._new: list[Triple] = []  # the counts that the current block was the first to visit

    def record(self, mask: Words, first: int, step: int) -> None:
        """Record the counts of the last step, which is step number `step` (from 0) of the cases from `first` on.

        Only lanes that are set in `mask`, ``(words,)``, are recorded. Blocks are recorded in order of their cases, and
        the steps of a block in order.
        """
        if first != self._first:
            self._lowest.update(dict.fromkeys(self._new, BEFORE))
            self._first, self._new = first, []
        for t, p, numbers, lanes in self.occurring(mask):
            lowest = [self._lowest.get((n, p, t), NEVER) for n in numbers.tolist()]
            if max(lowest, default=BEFORE) > 0:  # otherwise no visit can be an earlier one
                found = _lowest_lanes(lanes)
                for index in np.flatnonzero(found < np.array(lowest)):
                    triple = (int(numbers[index]), p, t)
                    if triple not in self._lowest:
                        self._new.append(triple)
                    self._lowest[triple] = int(found[index])
                    self.visited[self.counts(triple)] = Visit(
                        first + self._lowest[triple], step, self.bit(triple, *divmod(self._lowest[triple], LANES))
                    )

    def occurring(self, mask: Words) -> Iterator[tuple[int, int, NDArray[np.intp], Planes]]:
        """Yield t and p, the numbers n that occur with them at the last step, and the plane of the lanes of each n.

        The planes have the shape ``(numbers, words)``; only lanes that are set in `mask` are considered.
        """
        self.adder.run()
        numbers, lanes_by_number = _lanes_by_number(self.adder.counts, mask)
        for t, (_, columns) in self.classes.items():
            for p, lanes in _lanes_by_matched(self.match, columns, mask):
                both = lanes_by_number & lanes
                occurring = np.bitwise_or.reduce(both, axis=1) != 0
                yield t, p, numbers[occurring], both[occurring]

    def counts(self, triple: Triple) -> Counts:
        """Return the counts of (n, p, t)."""
        return Counts(*triple, self.program.samples)

    def bit(self, triple: Triple, word: int, lane: int) -> Bit:
        """Return the first output bit whose counts in a lane of a word are (n, p, t) at the last step."""
        _, p, t = triple
        positions, columns = self.classes[t]
        hits = sum(
            ((self.match[column, word] >> np.uint64(lane)) & np.uint64(1)).astype(np.int64) for column in columns
        ) + np.zeros(len(positions), dtype=np.int64)
        return self.program.bit(int(positions[np.flatnonzero(hits == p)[0]]))


def _lowest_lanes(planes: Planes) -> NDArray[np.int64]:
    """Return the number of the lowest lane that is set in each of some planes, none of which is empty.

    >>> _lowest_lanes(np.array([[0, 12], [5, 0]], dtype=np.uint64)).tolist()
    [66, 0]
    """
    words = (planes != 0).argmax(axis=1)
    values = planes[np.arange(len(planes)), words]
    _, exponents = np.frexp((values & (~values + np.uint64(1))).astype(np.float64))  # exact: powers of two
    return np.asarray(words * LANES + exponents - 1, dtype=np.int64)


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
