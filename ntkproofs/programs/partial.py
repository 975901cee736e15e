"""Partial states: rows in which a bit is 0, 1 or unknown, and one step of a program on them.

A partial row stands for all states that agree with its known bits. A step keeps what is certain for all of them: a bit
is 1 if some writer matches every such state, 0 if no writer matches any of them, and unknown otherwise. A run of one
partial row therefore covers many runs, and the templates that may match bound n for all of them at once.
"""

from __future__ import annotations

import numpy as np

from ntkproofs.programs.language import Rows, TemplateProgram

__all__ = ["UNKNOWN", "step_partial"]

UNKNOWN = 2


def step_partial(program: TemplateProgram, rows: Rows) -> Rows:
    """Return the next partial rows of a program, ``(rows, bits)`` with entries 0, 1 and ``UNKNOWN``.

    >>> program = TemplateProgram("and", fields={"p": 2, "q": 1})
    >>> program.template(when={("p", 0): 1, ("p", 1): 1}, write=[("q", 0)])
    >>> step_partial(program, np.array([[1, UNKNOWN, 0], [0, UNKNOWN, 0]], dtype=np.uint8)).tolist()
    [[0, 0, 2], [0, 0, 0]]
    """
    certainly = program.matched_writers_rows(program.match_rows(rows)) > 0  # an unknown bit meets no requirement
    possibly = program.matched_writers_rows(program.may_match_rows(rows)) > 0
    return np.where(certainly, 1, np.where(possibly, UNKNOWN, 0)).astype(np.uint8)
