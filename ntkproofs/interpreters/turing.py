"""Simulation of Turing machines on a tape without ends."""

from __future__ import annotations

from dataclasses import dataclass

from ntkproofs.errors import InputError
from ntkproofs.formats.sources import TuringMachine
from ntkproofs.truth import NoTruthValue

__all__ = ["TapeRun", "simulate"]

MAX_CELLS = 1 << 20


@dataclass(frozen=True)
class TapeRun(NoTruthValue):
    """A run of a Turing machine from the blank tape, with the head at position 0.

    `steps`: the rules that were applied; `halted`: whether it halted after them, by a rule that halts or at an
    undefined rule; `tape`: the symbols other than 0 by position; `first` and `last`: the ends of the positions at which
    the head stood, not counting where a rule that halts left it.
    """

    instead = ".halted"

    steps: int
    halted: bool
    tape: dict[int, int]
    first: int
    last: int

    @property
    def cells(self) -> int:
        """The number of cells that the run needs."""
        return self.last - self.first + 1

    @property
    def ones(self) -> int:
        """The number of symbols other than 0 on the tape."""
        return len(self.tape)


def simulate(machine: TuringMachine, *, steps: int) -> TapeRun:
    """Run a machine from the blank tape until it halts, for at most `steps` steps.

    Raises InputError for a run of more than 2^20 cells.

    >>> from ntkproofs.formats import Rule
    >>> rules = ((Rule(1, 1, 1), Rule(1, -1, 1)), (Rule(1, -1, 0), Rule(1, 1, -1)))
    >>> run = simulate(TuringMachine("BB(2)", rules), steps=100)
    >>> run.steps, run.halted, run.ones, run.cells
    (6, True, 4, 4)
    """
    tape: dict[int, int] = {}
    state = position = first = last = 0
    rules, halted = machine.rules, False
    for step in range(steps):
        rule = rules[state][tape.get(position, 0)]
        if rule is None:
            return _run(step, True, tape, first, last)
        tape[position] = rule.write
        if rule.next < 0:
            return _run(step + 1, True, tape, first, last)
        position, state = position + rule.move, rule.next
        if position < first or position > last:
            first, last = min(first, position), max(last, position)
            if last - first >= MAX_CELLS:
                raise InputError(
                    f"{machine.name}: after {step + 1:,} steps the head has visited {MAX_CELLS + 1:,} cells"
                )
    halted = rules[state][tape.get(position, 0)] is None
    return _run(steps, halted, tape, first, last)


def _run(steps: int, halted: bool, tape: dict[int, int], first: int, last: int) -> TapeRun:
    return TapeRun(steps, halted, {cell: symbol for cell, symbol in tape.items() if symbol}, first, last)
