"""Elementary cellular automata on a ring of cells, by minterms: ``t n <= K`` at every state without padding.

A rule whose number has r ones gives each cell r templates, one for every triple of values (left neighbour, cell, right
neighbour) that sets it. Each cell has t = r writers, the program has K = r templates a cell, and at most one template
of a cell matches a state, so n is at most the number of cells: ``t n <= K``.
"""

from __future__ import annotations

from ntkproofs.errors import InputError
from ntkproofs.interpreters import AutomatonOracle
from ntkproofs.programs import Task, TemplateProgram
from ntkproofs.programs.language import MAX_BITS
from ntkproofs.validation import integer

__all__ = ["elementary"]


def elementary(rule: int, *, cells: int, steps: int) -> Task:
    """Return the elementary cellular automaton with the number `rule` (Wolfram's) on a ring of cells.

    Input and output are the field ``cells``, whose bit 0 is the leftmost cell. Raises InputError for numbers out of
    range, and for rule 0, which sets no cell, so that there is nothing to train.

    >>> task = elementary(110, cells=8, steps=3)
    >>> task.program.samples, task.oracle(0b10000000)
    (40, 176)
    >>> task.read(task.program.step(task.start(0b10000000)))
    192
    """
    number = integer(rule, "the number of the rule", low=0, high=255)
    ring = integer(cells, "cells", low=3, high=MAX_BITS)
    times = integer(steps, "steps", low=1)
    if number == 0:
        raise InputError("rule 0 sets no cell: a program without templates cannot be trained")
    program = TemplateProgram(f"rule{number}", fields={"cells": ring}, text=["cells"])
    for cell in range(ring):
        neighbours = [("cells", (cell + distance) % ring) for distance in (-1, 0, 1)]
        for values in range(8):
            if number >> values & 1:
                program.template([(bit, values >> 2 - i & 1) for i, bit in enumerate(neighbours)], [("cells", cell)])
    output = tuple(("cells", cell) for cell in range(ring))
    return Task(program, inputs=("cells",), steps=times, output=output, oracle=AutomatonOracle(number, ring, times))
