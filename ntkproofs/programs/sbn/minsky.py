"""A compiler from counter machines (Minsky machines) to SBN, which shows that SBN is Turing-complete.

The counters of a counter machine hold nonnegative integers. It has two instructions: increment a counter and go to
`then`; or, if a counter is positive, decrement it and go to `then`, else go to `otherwise`. It halts at an address
without an instruction. Two counters suffice to simulate every Turing machine (Minsky 1967: a tape is represented by two
stacks, a stack by a number, and several numbers by the exponents of a product of primes).

An increment is compiled to two SBN instructions and a decrement to four, with the constants ``one``, ``minus_one`` and
``zero``::

    go to L             zero minus_one L         -1 - 0 is negative, so this always branches; it changes no word
    increment r         minus_one r halt         r := r - (-1), which is negative only if r overflows
                        (go to then)
    decrement r         one r fix                r := r - 1, which is negative if and only if r was 0
                        (go to then)
                 fix:   minus_one r              r := -1 - (-1) = 0
                        (go to otherwise)

With words of unbounded size the translation is exact, so SBN is Turing-complete. With words of b bits it is exact as
long as no counter exceeds ``2^(b-1) - 1``. If a counter would exceed this value, the machine halts with a negative
counter; otherwise no counter is negative when the machine halts. Every halting computation is therefore executed
exactly for some b, and by a single trained network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias

from ntkproofs.errors import InputError
from ntkproofs.programs.sbn.assembly import Assembly, Instruction

__all__ = ["CounterInstruction", "Decrement", "Increment", "compile_minsky", "counter_steps", "sbn_addresses"]


@dataclass(frozen=True)
class Increment:
    """Add 1 to a counter and go to `then`."""

    counter: int
    then: int


@dataclass(frozen=True)
class Decrement:
    """If a counter is positive, subtract 1 from it and go to `then`; else go to `otherwise`."""

    counter: int
    then: int
    otherwise: int


CounterInstruction: TypeAlias = Increment | Decrement


def counter_steps(
    program: Sequence[CounterInstruction], counters: Sequence[int]
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield ``(address, counters)`` initially and after every instruction, until the counter machine halts, if ever.

    >>> move = [Decrement(1, then=1, otherwise=2), Increment(0, then=0)]  # counter 0 += counter 1
    >>> list(counter_steps(move, [2, 3]))[-1]
    (2, (5, 0))
    """
    address, values = 0, list(counters)
    while True:
        yield address, tuple(values)
        if address >= len(program):
            return
        instruction = program[address]
        if isinstance(instruction, Increment):
            values[instruction.counter] += 1
            address = instruction.then
        elif values[instruction.counter]:
            values[instruction.counter] -= 1
            address = instruction.then
        else:
            address = instruction.otherwise


def sbn_addresses(program: Sequence[CounterInstruction]) -> tuple[int, ...]:
    """Return the address of each counter instruction in the compiled SBN program, and that of the end.

    >>> sbn_addresses([Decrement(1, then=1, otherwise=2), Increment(0, then=0)])
    (0, 4, 6)
    """
    return tuple(accumulate((2 if isinstance(instruction, Increment) else 4 for instruction in program), initial=0))


def compile_minsky(program: Sequence[CounterInstruction], counters: Sequence[int], *, bits: int) -> Assembly:
    """Return the SBN program that simulates a counter machine; counter i is the word ``counter_i``.

    Raises InputError for a counter or an address that does not exist, a negative initial value, or a size out of range.
    """
    addresses, words = sbn_addresses(program), range(len(counters))
    one, minus_one, zero = (len(counters) + offset for offset in range(3))
    code: list[Instruction] = []

    def go_to(target: int) -> Instruction:
        return Instruction(zero, minus_one, addresses[target])

    for number, instruction in enumerate(program):
        targets = [instruction.then]
        if isinstance(instruction, Decrement):
            targets.append(instruction.otherwise)
        if instruction.counter not in words or any(target not in range(len(addresses)) for target in targets):
            raise InputError(f"instruction {number} has a counter or a target that does not exist: {instruction}")
        r, address = instruction.counter, len(code)
        if isinstance(instruction, Increment):
            code += [Instruction(minus_one, r, addresses[-1]), go_to(instruction.then)]
        else:
            code += [Instruction(one, r, address + 2), go_to(instruction.then)]
            code += [Instruction(minus_one, r, address + 3), go_to(instruction.otherwise)]
    if any(value < 0 for value in counters):
        raise InputError(f"initial values of counters must be nonnegative, got {tuple(counters)}")
    names = (*(f"counter_{i}" for i in words), "one", "minus_one", "zero")
    return Assembly(bits, names, (*counters, 1, -1, 0), tuple(code))
