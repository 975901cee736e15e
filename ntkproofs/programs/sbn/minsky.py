"""Counter machines (Minsky) compiled to SBN: why SBN is Turing-complete.

A counter machine has counters that hold numbers from 0 on, and two instructions: increment a counter and go on at
`then`; or, if a counter is positive, decrement it and go on at `then`, else go on at `otherwise`. It stops where there
is no instruction. Two counters are enough to simulate every Turing machine (Minsky 1967: a tape becomes two stacks, a
stack a number, several numbers the exponents of one product of primes).

Each instruction becomes two or four of SBN, with the constants ``one``, ``minus_one`` and ``zero``::

    go to L             zero minus_one L         -1 - 0 is negative: always goes, changes nothing
    increment r         minus_one r halt         r - (-1); negative only if r has outgrown its word
                        (go to then)
    decrement r         one r fix                negative iff r was 0
                        (go to then)
                 fix:   minus_one r              -1 - (-1): r is 0 again
                        (go to otherwise)

With words of unbounded size the translation is exact, so SBN computes all that can be computed. With words of b bits it
is exact as long as no counter exceeds ``2^(b-1) - 1``; where one would, the machine stops with that counter negative,
which no other way leads to. For every halting computation some b is large enough, and so one trained network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias

from ntkproofs.errors import InputError
from ntkproofs.programs.sbn.assembly import Assembly, Instruction

__all__ = ["CounterInstruction", "Decrement", "Increment", "compile_minsky", "counter_steps", "entries"]


@dataclass(frozen=True)
class Increment:
    """Add 1 to a counter, go on at `then`."""

    counter: int
    then: int


@dataclass(frozen=True)
class Decrement:
    """If a counter is positive subtract 1 and go on at `then`, else go on at `otherwise`."""

    counter: int
    then: int
    otherwise: int


CounterInstruction: TypeAlias = Increment | Decrement


def counter_steps(
    program: Sequence[CounterInstruction], counters: Sequence[int]
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield ``(place, counters)`` at the start and after each instruction, until the machine stops: run directly.

    >>> move = [Decrement(1, then=1, otherwise=2), Increment(0, then=0)]  # counter 0 += counter 1
    >>> list(counter_steps(move, [2, 3]))[-1]
    (2, (5, 0))
    """
    place, values = 0, list(counters)
    while True:
        yield place, tuple(values)
        if place >= len(program):
            return
        now = program[place]
        if isinstance(now, Increment):
            values[now.counter] += 1
            place = now.then
        elif values[now.counter]:
            values[now.counter] -= 1
            place = now.then
        else:
            place = now.otherwise


def entries(program: Sequence[CounterInstruction]) -> tuple[int, ...]:
    """Return the place of each counter instruction in the SBN program, and the end.

    >>> entries([Decrement(1, then=1, otherwise=2), Increment(0, then=0)])
    (0, 4, 6)
    """
    return tuple(accumulate((2 if isinstance(each, Increment) else 4 for each in program), initial=0))


def compile_minsky(program: Sequence[CounterInstruction], counters: Sequence[int], *, bits: int) -> Assembly:
    """Return the SBN program that does what a counter machine does; counter i is the word ``counter_i``.

    Raises InputError if a counter or a place does not exist, a counter starts below 0, or a size is out of range.
    """
    where, words = entries(program), range(len(counters))
    one, minus_one, zero = (len(counters) + place for place in range(3))
    code: list[Instruction] = []

    def go_to(place: int) -> Instruction:
        return Instruction(zero, minus_one, where[place])

    for number, each in enumerate(program):
        targets = (each.then,) if isinstance(each, Increment) else (each.then, each.otherwise)
        if each.counter not in words or any(target not in range(len(where)) for target in targets):
            raise InputError(f"instruction {number} names a counter or a place that is not there: {each}")
        r, here = each.counter, len(code)
        if isinstance(each, Increment):
            code += [Instruction(minus_one, r, where[-1]), go_to(each.then)]
        else:
            code += [Instruction(one, r, here + 2), go_to(each.then)]
            code += [Instruction(minus_one, r, here + 3), go_to(each.otherwise)]
    if any(value < 0 for value in counters):
        raise InputError(f"counters start from 0 on, got {tuple(counters)}")
    names = (*(f"counter_{i}" for i in words), "one", "minus_one", "zero")
    return Assembly(bits, names, (*counters, 1, -1, 0), tuple(code))
