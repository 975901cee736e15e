"""A plain interpreter of SBN programs: Python integers, nothing else. The oracle of the template machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ntkproofs.errors import InputError
from ntkproofs.programs.sbn.assembly import Assembly

__all__ = ["Configuration", "configurations", "interpret", "start", "successor"]


@dataclass(frozen=True)
class Configuration:
    """What an SBN program consists of between two instructions: the counter, and the words as signed numbers."""

    counter: int
    memory: tuple[int, ...]


def start(program: Assembly) -> Configuration:
    """Return the configuration in which a program starts."""
    return Configuration(0, program.values)


def successor(program: Assembly, now: Configuration) -> Configuration | None:
    r"""Return the configuration after one more instruction, None if the program has stopped.

    >>> from ntkproofs.programs.sbn.assembler import assemble
    >>> program = assemble("x: .word 5\ny: .word 3\nsbn x y halt")
    >>> successor(program, start(program))
    Configuration(counter=1, memory=(5, -2))
    """
    if now.counter == len(program.instructions):
        return None
    each = program.instructions[now.counter]
    half = 1 << (program.bits - 1)
    difference = (now.memory[each.b] - now.memory[each.a] + half) % (2 * half) - half
    memory = (*now.memory[: each.b], difference, *now.memory[each.b + 1 :])
    return Configuration(each.c if difference < 0 else now.counter + 1, memory)


def configurations(program: Assembly) -> Iterator[Configuration]:
    """Yield the configuration at the start and after each instruction, until the program stops (or for ever)."""
    now: Configuration | None = start(program)
    while now is not None:
        yield now
        now = successor(program, now)


def interpret(program: Assembly, *, max_instructions: int) -> tuple[Configuration, int]:
    r"""Run a program; return where it stopped and the number of instructions.

    Raises InputError if it has not stopped after `max_instructions`.

    >>> from ntkproofs.programs.sbn.assembler import assemble
    >>> interpret(assemble("x: .word 5\nsbn x x"), max_instructions=10)
    (Configuration(counter=1, memory=(0,)), 1)
    """
    for executed, now in enumerate(configurations(program)):
        if now.counter == len(program.instructions):
            return now, executed
        if executed == max_instructions:
            break
    raise InputError(f"the program has not stopped after {max_instructions} instructions")
