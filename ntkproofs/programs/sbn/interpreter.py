"""An interpreter of SBN programs on Python integers: the oracle of the template machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.programs.sbn.assembly import Assembly

__all__ = ["Configuration", "configurations", "interpret", "start", "successor"]


@dataclass(frozen=True)
class Configuration:
    """The state of an SBN program between two instructions: the program counter, and the words as signed numbers."""

    counter: int
    memory: tuple[int, ...]


def start(program: Assembly) -> Configuration:
    """Return the initial configuration of a program."""
    return Configuration(0, program.values)


def successor(program: Assembly, configuration: Configuration) -> Configuration | None:
    r"""Return the configuration after one more instruction, or None if the program has halted.

    >>> from ntkproofs.programs.sbn.assembler import assemble
    >>> program = assemble("x: .word 5\ny: .word 3\nsbn x y halt")
    >>> successor(program, start(program))
    Configuration(counter=1, memory=(5, -2))
    """
    counter, memory = configuration.counter, configuration.memory
    if counter == len(program.instructions):
        return None
    instruction = program.instructions[counter]
    a, b, half = instruction.a, instruction.b, 1 << (program.bits - 1)
    difference = (memory[b] - memory[a] + half) % (2 * half) - half
    return Configuration(instruction.c if difference < 0 else counter + 1, (*memory[:b], difference, *memory[b + 1 :]))


def configurations(program: Assembly) -> Iterator[Configuration]:
    """Yield the initial configuration and that after every instruction, until the program halts, if ever."""
    configuration: Configuration | None = start(program)
    while configuration is not None:
        yield configuration
        configuration = successor(program, configuration)


def interpret(program: Assembly, *, max_instructions: int) -> tuple[Configuration, int]:
    r"""Run a program; return its last configuration and the number of executed instructions.

    Raises InputError if it has not halted after `max_instructions`.

    >>> from ntkproofs.programs.sbn.assembler import assemble
    >>> interpret(assemble("x: .word 5\nsbn x x"), max_instructions=10)
    (Configuration(counter=1, memory=(0,)), 1)
    """
    for executed, configuration in enumerate(configurations(program)):
        if configuration.counter == len(program.instructions):
            return configuration, executed
        if executed == max_instructions:
            break
    raise InputError(f"the program has not halted after {counted(max_instructions, 'instruction')}")
