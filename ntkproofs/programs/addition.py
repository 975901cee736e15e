"""Addition of two l-bit numbers with ripple carry.

The fields ``p``, ``q``, ``c`` of l bits start with the values x, y, 0. The templates are those of
:func:`ntkproofs.programs.adder.ripple_carry`. A step preserves ``p + q + 2 c``; a carry out of the last position stays
there and is bit l of the sum.
"""

from __future__ import annotations

import operator

from ntkproofs.programs.adder import ripple_carry
from ntkproofs.programs.language import MAX_BITS, TemplateProgram
from ntkproofs.programs.tasks import Task
from ntkproofs.validation import integer

__all__ = ["addition", "addition_task"]


def addition(bits: int) -> TemplateProgram:
    """Return the program that adds two numbers of l = `bits` bits: 4 l templates and 3 l output bits.

    Raises InputError for a number of bits out of range.

    >>> program = addition(bits=8)
    >>> program.samples, program.labels.shape
    (32, (32, 24))
    """
    length = integer(bits, "addition: bits", low=1, high=MAX_BITS // 3)
    program = TemplateProgram("addition", fields={"p": length, "q": length, "c": length})
    ripple_carry(program, length, total="p", addend="q", carry="c")
    return program


def addition_task(bits: int) -> Task:
    """Return addition as a task of 2 l steps: inputs in ``p`` and ``q``, the sum in ``p`` with ``c_{l-1}`` as bit l.

    >>> addition_task(bits=8).steps
    16
    """
    program = addition(bits)
    length = program.fields["p"]
    output = (*(("p", index) for index in range(length)), ("c", length - 1))
    return Task(program, inputs=("p", "q"), steps=2 * length, output=output, oracle=operator.add)
