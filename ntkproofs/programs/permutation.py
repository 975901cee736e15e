"""Permutation of bits: a program of one template for each bit, which runs for one step."""

from __future__ import annotations

from collections.abc import Sequence

from ntkproofs.errors import InputError
from ntkproofs.programs.language import TemplateProgram
from ntkproofs.programs.tasks import Task
from ntkproofs.validation import as_integer

__all__ = ["permutation", "permutation_task"]

FIELD = "bits"


def permutation(order: Sequence[int]) -> TemplateProgram:
    """Return the program that permutes k bits: output bit i is input bit ``order[i]``.

    It has ``K = k`` samples, every output bit has one writer, and n is the number of ones of the input. Raises
    InputError unless `order` contains each of 0, ..., k - 1 exactly once.

    >>> permutation([2, 0, 1]).step({"bits": [1, 0, 0]})
    {'bits': [0, 1, 0]}
    """
    sources = [as_integer(index) for index in order]
    if not sources or sorted(index for index in sources if index is not None) != list(range(len(sources))):
        raise InputError(f"the order of k bits must contain each of 0, ..., k - 1 exactly once, got {list(order)}")
    program = TemplateProgram("permutation", fields={FIELD: len(sources)}, text=[FIELD])
    for target, source in enumerate(sources):
        program.template(when=[((FIELD, source or 0), 1)], write=[(FIELD, target)])
    return program


def permutation_task(order: Sequence[int]) -> Task:
    """Return the permutation as a task of one step; bit i of its input and of its output is bit i of the field.

    >>> permutation_task([1, 0]).oracle(1)
    2
    """
    program = permutation(order)
    sources = [int(index) for index in order]

    def oracle(value: int) -> int:
        return sum((value >> source & 1) << target for target, source in enumerate(sources))

    output = tuple((FIELD, index) for index in range(len(sources)))
    return Task(program, inputs=(FIELD,), steps=1, output=output, oracle=oracle)
