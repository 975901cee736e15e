"""The states of a small program, as sets of matching templates, on all its inputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.execution.executed import padded
from ntkproofs.programs import Rows, Stream, Task, TemplateProgram

__all__ = ["occurring_matches"]

MAX_BITS = 16  # of the inputs
MAX_STEPS = 1 << 22  # of all inputs


def occurring_matches(source: Task | TemplateProgram | Stream) -> NDArray[np.bool_]:
    """Return the different sets of templates that match at a state, ``(states, samples)``, in lexicographic order.

    Of a task these are the states on the way from all inputs, of a program all states. Columns of padding are False.
    Raises InputError for more than 16 bits of input, for more than 2**22 steps, and for a stream.

    >>> from ntkproofs.programs import addition_task, permutation
    >>> len(occurring_matches(permutation([1, 0]))), len(occurring_matches(addition_task(bits=2)))
    (4, 23)
    """
    if isinstance(source, Stream):
        raise InputError(f"--export-vnnlib: {source.program.name!r} is a stream; programs and tasks are exported")
    program, steps = (source.program, source.steps) if isinstance(source, Task) else (source, 1)
    bits = source.input_bits if isinstance(source, Task) else program.output_bits
    if bits > MAX_BITS or steps << bits > MAX_STEPS:
        raise InputError(
            f"--export-vnnlib: {program.name!r} has {counted(bits, 'input bit')} and takes {counted(steps, 'step')}: "
            f"at most {MAX_BITS} bits and {MAX_STEPS:,} steps in all are exported; take a smaller program"
        )
    rows, found = _starts(source, bits), np.zeros((0, program.samples), dtype=np.bool_)
    for _ in range(steps):
        match = padded(program, program.match_rows(rows))
        found = np.unique(np.concatenate([found, match]), axis=0)
        rows = program.step_rows(rows)
    return found


def _starts(source: Task | TemplateProgram, bits: int) -> Rows:
    """Return the initial states of all inputs."""
    numbers = np.arange(1 << bits)[:, None] >> np.arange(bits) & 1
    if not isinstance(source, Task):
        return numbers.astype(np.uint8)
    rows = np.repeat(source.program.row(source.start(*(0 for _ in source.inputs)))[None], len(numbers), axis=0)
    rows[:, [position for positions in source.input_positions for position in positions]] = numbers
    return rows
