"""Census: every counts (n, p, t) of the states that a block visits, counted bit-sliced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.counts import Counts
from ntkproofs.execution.bitsliced import LANES, Adder, Planes, Slab
from ntkproofs.programs import Bit

__all__ = ["Census", "Visit"]

Words: TypeAlias = NDArray[np.uint64]

_ALL = (1 << LANES) - 1


@dataclass(frozen=True, order=True)
class Visit:
    """Where counts were seen first: the case, the step that starts there, the output bit."""

    case: int
    step: int
    bit: Bit


class Census:
    """Collects every counts (n, p, t) of the visited states, with the first place where each was seen."""

    def __init__(self, slab: Slab) -> None:
        sliced = slab.sliced
        self.program, self.match = sliced.program, slab.match
        self.adder = Adder(slab.match)
        self.visited: dict[Counts, Visit] = {}
        by_writers: dict[int, list[int]] = {}
        for position, writers in enumerate(sliced.writers):
            by_writers.setdefault(len(writers), []).append(position)
        self.classes = [
            (t, np.array(positions), [np.array([sliced.writers[x][j] for x in positions]) for j in range(t)])
            for t, positions in sorted(by_writers.items())
        ]
        self.keys = [(t, p) for t, _, _ in self.classes for p in range(t + 1)]
        self.seen: set[tuple[int, int]] = set()  # (n, place in keys)
        self.shown = np.zeros((len(self.keys), slab.words), dtype=np.uint64)

    def look(self, mask: Words, first: int, step: int) -> None:
        """Record the counts of the step that was just made."""
        self.adder.run()
        numbers, lanes_with = _lanes_by_number(self.adder.counts, mask)
        row = 0
        for t, _, columns in self.classes:
            for plane in _lanes_by_matched(self.match, columns, t):
                self.shown[row] = plane
                row += 1
        meet = np.bitwise_or.reduce(lanes_with[:, None, :] & self.shown[None, :, :], axis=2)
        for place, key in zip(*np.nonzero(meet), strict=True):
            pair = (int(numbers[place]), int(key))
            if pair not in self.seen:
                self.seen.add(pair)
                self._add(pair, lanes_with[place] & self.shown[key], first, step)

    def _add(self, pair: tuple[int, int], lanes: Words, first: int, step: int) -> None:
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
    """Return the numbers that occur among the lanes of `mask`, and for each the lanes that have it."""
    lanes, numbers = mask[None, :], np.zeros(1, dtype=np.intp)
    for weight, plane in enumerate(counts):
        if plane.any():
            lanes = np.concatenate([lanes & ~plane, lanes & plane])
            numbers = np.concatenate([numbers, numbers + (1 << weight)])
    occurring = np.flatnonzero(np.bitwise_or.reduce(lanes, axis=1))
    return numbers[occurring], lanes[occurring]


def _lanes_by_matched(match: Planes, columns: list[NDArray[np.intp]], t: int) -> Iterable[Words]:
    """Yield, for p = 0 to t, the lanes in which some bit of the class has p matching writers."""
    if t == 0:
        yield np.full(match.shape[1], _ALL, dtype=np.uint64)
        return
    counts: list[Any] = []
    for column in columns:
        carry = match[column]
        for place, plane in enumerate(counts):
            counts[place], carry = plane ^ carry, plane & carry
        if len(counts) < t.bit_length():
            counts.append(carry)
    for p in range(t + 1):
        equal = counts[0] if p & 1 else ~counts[0]
        for place, plane in enumerate(counts[1:], 1):
            equal = equal & (plane if p >> place & 1 else ~plane)
        yield np.bitwise_or.reduce(equal, axis=0)
