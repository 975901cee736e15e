"""Permutation of bits: one template for each input bit, one step."""

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

    ``K = k`` samples, every output bit has one writer, n is the number of ones. Raises InputError unless `order` holds
    each of 0 to k-1 once.

    >>> permutation([2, 0, 1]).step({"bits": [1, 0, 0]})
    {'bits': [0, 1, 0]}
    """
    places = [as_integer(place) for place in order]
    if not places or sorted(place for place in places if place is not None) != list(range(len(places))):
        raise InputError(f"an order of k bits holds each of 0 to k-1 once, got {list(order)}")
    program = TemplateProgram("permutation", fields={FIELD: len(places)}, text=[FIELD])
    for target, source in enumerate(places):
        program.template(when=[((FIELD, source or 0), 1)], write=[(FIELD, target)])
    return program


def permutation_task(order: Sequence[int]) -> Task:
    """Return the permutation as a task on integers whose bit i is bit i of the field.

    >>> permutation_task([1, 0]).oracle(1)
    2
    """
    program = permutation(order)
    places = [int(place) for place in order]

    def oracle(value: int) -> int:
        return sum((value >> source & 1) << target for target, source in enumerate(places))

    output = tuple((FIELD, index) for index in range(len(places)))
    return Task(program, inputs=(FIELD,), steps=1, output=output, oracle=oracle)
