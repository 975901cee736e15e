"""Addition of two l-bit numbers by rippling carries.

Fields ``p``, ``q``, ``c`` of l bits start as x, y, 0. A step preserves ``p + q + 2 c``; a carry that has reached the
last position stays there and is bit l of the sum. The rules at position i (:mod:`ntkproofs.programs.adder`)::

    p_i=0, q_i=1 -> p_i        0 + 1 = 1
    p_i=1, q_i=0 -> p_i        1 + 0 = 1
    p_i=1, q_i=1 -> c_i        1 + 1 = 0, carry 1
    c_i=1        -> q_{i+1}    the carry moves on; at the last position it is held: c_{l-1} -> c_{l-1}
"""

from __future__ import annotations

import operator

from ntkproofs.programs.adder import ripple_carry
from ntkproofs.programs.language import MAX_BITS, TemplateProgram
from ntkproofs.programs.tasks import Task
from ntkproofs.validation import integer

__all__ = ["addition", "addition_task"]


def addition(bits: int) -> TemplateProgram:
    """Return the program that adds two numbers of `bits` bits: 4 l templates, 3 l output bits.

    >>> program = addition(bits=8)
    >>> program.samples, program.labels.shape
    (32, (32, 24))
    """
    length = integer(bits, "addition: bits", low=1, high=MAX_BITS // 3)
    program = TemplateProgram("addition", fields={"p": length, "q": length, "c": length})
    ripple_carry(program, length, total="p", addend="q", carry="c")
    return program


def addition_task(bits: int) -> Task:
    """Return addition as a task: x in ``p``, y in ``q``, 2 l steps, the sum in ``p`` with ``c_{l-1}`` as its top bit.

    >>> addition_task(bits=8).steps
    16
    """
    program = addition(bits)
    length = program.fields["p"]
    output = (*(("p", index) for index in range(length)), ("c", length - 1))
    return Task(program, inputs=("p", "q"), steps=2 * length, output=output, oracle=operator.add)
