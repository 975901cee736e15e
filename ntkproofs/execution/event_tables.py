"""The tables of an event-driven run: templates indexed by the bits that they require, and the counts at a state."""

from __future__ import annotations

import inspect
from bisect import bisect_right
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.execution.event_loop import CHANGING, LARGEST, MATCHES, PRESENT, advance
from ntkproofs.programs import Rows, TemplateProgram

__all__ = ["ARRAYS", "Arrays", "EventTables"]

Arrays: TypeAlias = dict[str, Any]  # each a list of integers, or an array of int32

ARRAYS = tuple(inspect.signature(advance).parameters)[4:]  # the arguments of the loop after its numbers


class EventTables:
    """The tables of a program for :mod:`~ntkproofs.execution.event_loop`, for runs from any states.

    `templates`: those of the program; `writers`: the numbers t that occur, in increasing order. The classes (p, t) of
    the i-th of them are those from ``first_class[i]`` on, one for each p from 0 to t. Rows of the table ``right`` are
    appended when they are needed.
    """

    def __init__(self, program: TemplateProgram) -> None:
        self.program, self.templates = program, program.templates
        writers = np.unique(program.writers)
        self.writers: list[int] = writers.tolist()
        self.first_class: list[int] = [0, *np.cumsum(writers[:-1] + 1).tolist()]
        self.classes = self.first_class[-1] + self.writers[-1] + 1
        self.base = np.array(self.first_class)[np.searchsorted(writers, program.writers)]  # of each bit at p = 0
        required = [[2 * program.position(bit) + value for bit, value in template.when] for template in self.templates]
        self._required = np.array([item for items in required for item in items], dtype=np.int64)
        self._requiring = np.repeat(np.arange(len(required)), [len(items) for items in required])
        first_write, written = _joined([[program.position(bit) for bit in item.write] for item in self.templates])
        order = np.argsort(self._required, kind="stable")
        self._fixed = {
            "first_reader": np.searchsorted(self._required[order], np.arange(2 * program.output_bits + 1)).tolist(),
            "reader": self._requiring[order].tolist(),
            "first_write": first_write,
            "written": written,
            "base": self.base.tolist(),
        }

    def pair(self, item: int) -> tuple[int, int]:
        """Return (p, t) of a class."""
        index = bisect_right(self.first_class, item) - 1
        return item - self.first_class[index], self.writers[index]

    def start(self, row: Rows) -> Arrays:
        """Return all arrays of a run that begins at a state."""
        bits, templates = len(row), len(self.templates)
        violated = self._requiring[row[self._required >> 1] != self._required & 1]
        unmet = np.bincount(violated, minlength=templates)
        match = unmet == 0
        matched = self.program.matched_writers_rows(match[None, :])[0]
        occupancy = np.bincount(self.base + matched, minlength=self.classes)
        present, changed = np.flatnonzero(occupancy), np.flatnonzero((matched > 0) != row)
        place, scalars = np.zeros(self.classes, dtype=np.int64), np.zeros(4, dtype=np.int64)
        place[present] = np.arange(len(present))
        scalars[[MATCHES, CHANGING, PRESENT, LARGEST]] = match.sum(), len(changed), len(present), 0
        return self._fixed | {
            "bit": row.tolist(),
            "unmet": unmet.tolist(),
            "matched": matched.tolist(),
            "occupancy": occupancy.tolist(),
            "present": _filled(present, self.classes),
            "place": place.tolist(),
            "row_of": [-1] * (templates + 1),
            "right": [],
            "changed": _filled(changed, bits),
            "touched": [0] * bits,
            "before": [0] * bits,
            "marked": [0] * bits,
            "scalars": scalars.tolist(),
        }


def _filled(items: NDArray[np.intp], length: int) -> list[int]:
    """Return items, followed by zeros up to the length."""
    return [*items.tolist(), *[0] * (length - len(items))]


def _joined(lists: list[list[int]]) -> tuple[list[int], list[int]]:
    """Return where each list begins in all of them joined, with the end, and the joined lists."""
    return [0, *np.cumsum([len(items) for items in lists], dtype=np.int64).tolist()], [
        i for part in lists for i in part
    ]
