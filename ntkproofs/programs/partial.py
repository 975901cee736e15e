"""Partial states: rows in which a bit is 0, 1 or unknown, and a program stepped on them.

One partial row stands for all states that agree with its known bits. A step keeps what is certain for all of them: a
bit is 1 if a writer surely matches, 0 if none can match, and unknown otherwise. So a run of one row covers many states,
and what may match bounds n for all of them at once.
"""

from __future__ import annotations

from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from ntkproofs.programs.language import Rows, TemplateProgram

__all__ = ["UNKNOWN", "PartialStepper"]

UNKNOWN = 2


class PartialStepper:
    """Steps partial rows of a program.

    >>> program = TemplateProgram("and", fields={"p": 2, "q": 1})
    >>> program.template(when={("p", 0): 1, ("p", 1): 1}, write=[("q", 0)])
    >>> stepper = PartialStepper(program)
    >>> stepper.step(np.array([[1, UNKNOWN, 0], [0, UNKNOWN, 0]], dtype=np.uint8)).tolist()
    [[0, 0, 2], [0, 0, 0]]
    """

    def __init__(self, program: TemplateProgram) -> None:
        self.program = program
        required = [(program.position(bit), value) for template in program.templates for bit, value in template.when]
        lengths = [len(template.when) for template in program.templates]
        self._place = np.array([place for place, _ in required], dtype=np.intp)
        self._refused = np.array([1 - value for _, value in required], dtype=np.uint8)
        self._first = np.array([0, *accumulate(lengths[:-1])], dtype=np.intp)

    def may_match(self, rows: Rows) -> NDArray[np.bool_]:
        """Return which templates match at least one state of each row, ``(rows, templates)``."""
        refused = rows[:, self._place] == self._refused
        return ~np.logical_or.reduceat(refused, self._first, axis=1)

    def step(self, rows: Rows) -> Rows:
        """Return the next partial rows."""
        surely = self.program.matched_writers_rows(self.program.match_rows(rows)) > 0  # an unknown bit meets nothing
        possibly = self.program.matched_writers_rows(self.may_match(rows)) > 0
        return np.where(surely, 1, np.where(possibly, UNKNOWN, 0)).astype(np.uint8)
