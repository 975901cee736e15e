"""Partial states: rows in which a bit is 0, 1 or unknown, and the step of a program on such rows.

A partial row represents all states that agree with its known bits. After a step, a bit is 1 if one of its writers
matches all these states, 0 if none of its writers matches any of them, and unknown otherwise. The run of a partial row
thus covers the runs of all states that it represents, and the number of templates that may match bounds their n.
"""

from __future__ import annotations

import numpy as np

from ntkproofs.programs.language import Rows, TemplateProgram

__all__ = ["UNKNOWN", "step_partial"]

UNKNOWN = 2


def step_partial(program: TemplateProgram, rows: Rows) -> Rows:
    """Return the next partial rows of a program: ``(rows, bits)`` with the entries 0, 1 and ``UNKNOWN``.

    >>> program = TemplateProgram("and", fields={"p": 2, "q": 1})
    >>> program.template(when={("p", 0): 1, ("p", 1): 1}, write=[("q", 0)])
    >>> step_partial(program, np.array([[1, UNKNOWN, 0], [0, UNKNOWN, 0]], dtype=np.uint8)).tolist()
    [[0, 0, 2], [0, 0, 0]]
    """
    surely = program.matched_writers_rows(program.match_rows(rows)) > 0  # an unknown bit meets no requirement
    possibly = program.matched_writers_rows(program.may_match_rows(rows)) > 0
    return np.where(surely, 1, np.where(possibly, UNKNOWN, 0)).astype(np.uint8)
