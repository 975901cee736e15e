"""The built-in programs: one entry for each, with its task, its options and how large it may be in which command.

Whatever a command takes as PROGRAM ends as a :class:`~ntkproofs.programs.Task`; an entry of this catalogue is one
source of tasks (``ntkproofs.commands.programs`` reads its options). This module stands beside ``programs/`` because a
command's ``--help`` reads it, and importing that package imports NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ntkproofs.errors import InputError

if TYPE_CHECKING:
    from ntkproofs.programs import Task

__all__ = ["CATALOGUE", "BuiltIn", "add", "built_ins"]


@dataclass(frozen=True)
class BuiltIn:
    """A program that commands know by name, for every number of bits.

    `make`: returns the task for a number of bits, or for an order where the program is `ordered` (a permutation of the
    bits, which the option ``--order`` gives); `limits`: ``{command: largest number of bits}``, and commands not named
    do not take the program; `operands`: what ``run`` calls the inputs, numbers of so many bits each; without operands
    the input is one word of bits.
    """

    name: str
    help: str
    make: Callable[..., Task]
    limits: Mapping[str, int] = field(hash=False)
    operands: tuple[str, ...] = ()
    ordered: bool = False

    def task(self, bits: int, order: Sequence[int] | None = None) -> Task:
        """Return the task for `bits` bits; an ordered program without an order reverses the bits.

        Raises InputError if an order is given to a program that takes none, or is not one of `bits` bits.

        >>> CATALOGUE["permutation"].task(3).oracle(0b001)
        4
        """
        if not self.ordered:
            if order is not None:
                raise InputError(f"{self.name} takes no --order")
            return self.make(bits)
        order = range(bits - 1, -1, -1) if order is None else order
        if len(order) != bits:
            raise InputError(f"--order has {len(order)} indices for {bits} bits")
        return self.make(order)


def _addition(bits: int) -> Task:
    from ntkproofs.programs import addition_task

    return addition_task(bits)


def _multiplication(bits: int) -> Task:
    from ntkproofs.programs import multiplication_task

    return multiplication_task(bits)


def _permutation(order: Sequence[int]) -> Task:
    from ntkproofs.programs import permutation_task

    return permutation_task(order)


CATALOGUE: dict[str, BuiltIn] = {}


def add(entry: BuiltIn) -> None:
    """Add a program to the catalogue; raises InputError if its name is taken."""
    if entry.name in CATALOGUE:
        raise InputError(f"there is a program {entry.name!r} already")
    CATALOGUE[entry.name] = entry


def built_ins(command: str) -> tuple[BuiltIn, ...]:
    """Return the programs that a command takes.

    >>> [entry.name for entry in built_ins("simulate")]
    ['addition', 'multiplication', 'permutation']
    """
    return tuple(entry for entry in CATALOGUE.values() if command in entry.limits)


add(
    BuiltIn(
        "addition",
        "add two numbers",
        _addition,
        limits={"run": 4096, "exhaust": 40, "certify": 4096, "simulate": 256},
        operands=("X", "Y"),
    )
)
add(
    BuiltIn(
        "multiplication",
        "multiply two numbers",
        _multiplication,
        limits={"run": 128, "exhaust": 40, "certify": 256, "simulate": 256},
        operands=("X", "Y"),
    )
)
add(
    BuiltIn(
        "permutation",
        "permute the bits of a word",
        _permutation,
        limits={"run": 4096, "exhaust": 40, "certify": 4096, "simulate": 256},
        ordered=True,
    )
)
