"""Compilation of Turing machines: a binary code of the head and its state in each cell.

A cell has the bits of its symbol, and w bits that are 0 if the head is elsewhere and 1 + q if it is there in the state
q. Its templates are one for each symbol other than 0, which holds the symbol while the head is elsewhere, and one for
each pair of state and symbol, which writes the new symbol there and the new state at the neighbour. All of them require
all bits of the cell, so at most one template of a cell matches: n is at most the number of cells. With S states and two
symbols a cell has 2 S + 1 templates, and a bit at most as many writers t, so that ``t n <= p K`` at every state. But
templates that write nothing are left out, in particular at the ends of the tape, where the head cannot move on; if K is
then smaller than t times the number of cells, the program is padded to that number.

A rule that halts writes and removes the head; where a rule is undefined, the symbol stays and the head is removed. Then
the tape stays as it is. A tape has ends: the machine is simulated first, and a tape that the head would leave is an
error.
"""

from __future__ import annotations

from ntkproofs.compilation.names import program_name
from ntkproofs.errors import InputError
from ntkproofs.formats.sources import Rule, TuringMachine
from ntkproofs.interpreters import TapeRun, simulate
from ntkproofs.programs import Bit, Task, TemplateProgram
from ntkproofs.validation import integer

__all__ = ["HALTS_WITHIN", "MAX_STEPS", "compile_turing"]

HALTS_WITHIN = 1_000_000  # steps of the simulation, if no number of steps is given
MAX_STEPS = 100_000_000  # that can be given


def compile_turing(machine: TuringMachine, cells: int | None = None, steps: int | None = None) -> Task:
    """Return a machine on a blank tape as a task: bit i of the answer is cell i, from the left.

    `cells`: the length of the tape (default: as many as the run needs); further cells are added on both sides.
    `steps`: the number of steps (default: until it halts). The input ``head`` is 1 to start the machine, and 0 for a
    tape without a head, which stays blank. With more than two symbols the answer has several bits for each cell. Raises
    InputError for a tape that is too short, and for a machine that does not halt within 1,000,000 steps if `steps` is
    not given.

    >>> from ntkproofs.formats import Rule
    >>> rules = ((Rule(1, 1, 1), Rule(1, -1, 1)), (Rule(1, -1, 0), Rule(1, 1, -1)))
    >>> task = compile_turing(TuringMachine("BB(2)", rules))
    >>> task.steps, task.program.fields, f"{task.oracle(1):b}"
    (6, mappingproxy({'tape': 4, 'head': 8}), '1111')
    >>> compile_turing(TuringMachine("BB(2)", rules), cells=3)
    Traceback (most recent call last):
    ntkproofs.errors.InputError: BB(2): a tape of 3 cells is too short: the head visits 4 cells in 6 steps
    """
    limit = HALTS_WITHIN if steps is None else integer(steps, f"{machine.name}: steps", low=1, high=MAX_STEPS)
    run = simulate(machine, steps=limit)
    if steps is None and not run.halted:
        raise InputError(f"{machine.name}: the machine does not halt within {limit:,} steps; give a number of steps")
    length = run.cells if cells is None else integer(cells, f"{machine.name}: cells", low=1)
    if length < run.cells:
        raise InputError(
            f"{machine.name}: a tape of {length} cells is too short: the head visits {run.cells} cells in "
            f"{run.steps} steps"
        )
    tape = _Tape(machine, length, start=(length - run.cells) // 2 - run.first)
    return Task(
        tape.program(),
        inputs=("head",),
        widths={"head": 1},
        steps=max(1, run.steps) if steps is None else limit,
        output=tuple(("tape", index) for index in range(length * tape.symbol_bits)),
        oracle=_Answer(run, tape),
    )


class _Tape:
    """The fields of a tape, and their templates."""

    def __init__(self, machine: TuringMachine, cells: int, start: int) -> None:
        self.machine, self.cells, self.start = machine, cells, start
        self.symbol_bits = max(1, (len(machine.rules[0]) - 1).bit_length())
        self.state_bits = len(machine.rules).bit_length()

    def symbol(self, cell: int, value: int) -> list[tuple[Bit, int]]:
        """Return the bits of a cell's symbol with their values."""
        return [(("tape", cell * self.symbol_bits + i), value >> i & 1) for i in range(self.symbol_bits)]

    def head(self, cell: int, code: int) -> list[tuple[Bit, int]]:
        """Return the bits of the head with their values; those of the start cell are the lowest of the field."""
        index = (cell - self.start) % self.cells * self.state_bits
        return [(("head", index + i), code >> i & 1) for i in range(self.state_bits)]

    def program(self) -> TemplateProgram:
        """Return the program, padded to K >= t n."""
        program = TemplateProgram(
            program_name(self.machine.name, "turing"),
            fields={"tape": self.cells * self.symbol_bits, "head": self.cells * self.state_bits},
            text=["tape"],
        )
        for cell in range(self.cells):
            for symbol in range(len(self.machine.rules[0])):
                self._template(program, self.head(cell, 0) + self.symbol(cell, symbol), self.symbol(cell, symbol))
                for state, rules in enumerate(self.machine.rules):
                    required = self.head(cell, 1 + state) + self.symbol(cell, symbol)
                    self._template(program, required, self._result(cell, symbol, rules[symbol]))
        program.pad(max(0, int(program.writers.max()) * self.cells - program.samples))
        return program

    def _result(self, cell: int, symbol: int, rule: Rule | None) -> list[tuple[Bit, int]]:
        """Return the bits that a rule changes, with their values. At the ends, the head of a rule that leaves is lost.

        That happens only from states that the run does not visit.
        """
        if rule is None:
            return self.symbol(cell, symbol)
        target = cell + rule.move
        moved = self.head(target, 1 + rule.next) if rule.next >= 0 and 0 <= target < self.cells else []
        return self.symbol(cell, rule.write) + moved

    def _template(
        self, program: TemplateProgram, required: list[tuple[Bit, int]], result: list[tuple[Bit, int]]
    ) -> None:
        """Append a template, unless it writes nothing."""
        written = [bit for bit, value in result if value]
        if written:
            program.template(required, written)


class _Answer:
    """The oracle: the tape after the run if the machine is started, else the blank tape.

    `head`: the cell at which the head starts.
    """

    def __init__(self, run: TapeRun, tape: _Tape) -> None:
        self.run, self.head = run, tape.start
        self._tape = sum(symbol << (cell + tape.start) * tape.symbol_bits for cell, symbol in run.tape.items())

    def __call__(self, head: int) -> int:
        return self._tape if head else 0
