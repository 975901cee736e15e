"""The catalogue of built-in programs: for each program its task, its options and its size limit in each command.

Commands convert the argument PROGRAM to a :class:`~ntkproofs.programs.Task`; the module ``ntkproofs.commands.programs``
reads the options and calls :meth:`BuiltIn.task`. The catalogue is not part of the package ``programs`` because
``--help`` needs it, and importing that package imports NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ntkproofs.errors import InputError

if TYPE_CHECKING:
    from ntkproofs.programs import Task

__all__ = ["CATALOGUE", "BuiltIn", "add", "built_ins"]


GENERAL = ("show", "export", "train")  # commands that accept every program


@dataclass(frozen=True)
class BuiltIn:
    """A built-in program, defined for every number of bits.

    * `name`, `help`: the name and the help text on the command line
    * `make`: a function that returns the task for a number of bits, or, if the program is `ordered`, for an order
    * `limits`: ``{command: largest number of bits}``; other commands do not accept the program, except `show`, `export`
      and `train`, which accept every program, up to the largest of these numbers
    * `operands`: the names of the inputs in ``run``, each a number; without operands the input is one word of bits
    * `ordered`: whether the program depends on a permutation of the bits, the option ``--order``
    """

    name: str
    help: str
    make: Callable[..., Task]
    limits: Mapping[str, int] = field(hash=False)
    operands: tuple[str, ...] = ()
    ordered: bool = False

    def limit(self, command: str) -> int | None:
        """Return the largest number of bits in a command; None if the command does not accept the program.

        >>> CATALOGUE["multiplication"].limit("run"), CATALOGUE["multiplication"].limit("show")
        (128, 256)
        """
        return max(self.limits.values()) if command in GENERAL else self.limits.get(command)

    def task(self, bits: int, order: Sequence[int] | None = None) -> Task:
        """Return the task for inputs of `bits` bits; the default order of an ordered program reverses the bits.

        Raises InputError if the program has no order, or if the length of `order` is not `bits`.

        >>> CATALOGUE["permutation"].task(3).oracle(0b001)
        4
        """
        if not self.ordered:
            if order is not None:
                raise InputError(f"--order is not an option of {self.name}")
            return self.make(bits)
        order = range(bits - 1, -1, -1) if order is None else order
        if len(order) != bits:
            raise InputError(f"--order must have one index for each of the {bits} bits, got {len(order)}")
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
    """Add a program to the catalogue; raises InputError if a program of this name exists."""
    if entry.name in CATALOGUE:
        raise InputError(f"the catalogue already has a program with the name {entry.name!r}")
    CATALOGUE[entry.name] = entry


def built_ins(command: str) -> tuple[BuiltIn, ...]:
    """Return the programs that a command accepts.

    >>> [entry.name for entry in built_ins("simulate")]
    ['addition', 'multiplication', 'permutation']
    """
    return tuple(entry for entry in CATALOGUE.values() if entry.limit(command) is not None)


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
