"""Executing SBN programs through the predictor, an instruction at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ntkproofs.display import CODE, counted, table
from ntkproofs.execution.machine import Machine
from ntkproofs.kernels import Kernel, two_layer_relu
from ntkproofs.programs.sbn.assembly import Assembly
from ntkproofs.programs.sbn.interpreter import Configuration
from ntkproofs.programs.sbn.layout import Layout
from ntkproofs.programs.sbn.loader import layout_for, load, read_configuration
from ntkproofs.programs.sbn.program import sbn
from ntkproofs.truth import NoTruthValue
from ntkproofs.validation import integer

__all__ = ["Boundary", "SbnRun", "execute_sbn", "run_sbn"]


@dataclass(frozen=True)
class Boundary:
    """What stands in the state between two instructions, and how much was done to come here."""

    executed: int
    steps: int
    configuration: Configuration
    largest_matches: int


@dataclass(frozen=True)
class SbnRun(NoTruthValue):
    """What came of a run: `memory` by name (signed), instructions `executed`, network `steps`.

    `halted` is false if the run was cut off; `largest_matches` is the largest n of the run.
    """

    instead = ".halted"

    program: Assembly
    layout: Layout
    kernel: Kernel
    memory: dict[str, int]
    executed: int
    steps: int
    halted: bool
    largest_matches: int

    @classmethod
    def at(cls, program: Assembly, layout: Layout, kernel: Kernel, boundary: Boundary) -> SbnRun:
        """Return what came of a run that ended at the given boundary."""
        now = boundary.configuration
        memory = dict(zip(program.names, now.memory, strict=True))
        halted = now.counter == len(program.instructions)
        return cls(program, layout, kernel, memory, boundary.executed, boundary.steps, halted, boundary.largest_matches)

    def __repr__(self) -> str:
        state = "halted" if self.halted else "cut off"
        return f"<SbnRun {state} after {counted(self.executed, 'instruction')}: {self.memory}>"

    def _repr_html_(self) -> str:
        state = "halted" if self.halted else "cut off"
        return table(
            ["word", "value"],
            ((CODE + name, f"{value}") for name, value in self.memory.items()),
            caption=f"{state} after {counted(self.executed, 'instruction')}, {counted(self.steps, 'network step')}; "
            f"{counted(self.layout.templates, 'sample')}, at most {counted(self.largest_matches, 'template')} matching",
            total=len(self.memory),
        )


def execute_sbn(program: Assembly, layout: Layout, *, kernel: Kernel | None = None) -> Iterator[Boundary]:
    r"""Yield the boundary before the first instruction and after each, until the program stops (or for ever).

    Raises RoundingFailure where a bit would be rounded wrong. Nothing is kept.

    >>> from ntkproofs.programs.sbn import assemble, layout_for
    >>> program = assemble("x: .word 5\ny: .word 3\nsbn x y\nsbn x y")
    >>> [boundary.configuration.memory for boundary in execute_sbn(program, layout_for(program))]
    [(5, 3), (5, -2), (5, -7)]
    """
    templates = sbn(layout.words, layout.bits, layout.instructions)
    machine = Machine(templates, kernel)
    state = load(layout, program)
    row, executed, largest = templates.row(state)[None, :], 0, 0
    while True:
        now = read_configuration(layout, state, program)
        yield Boundary(executed, executed * layout.steps_per_instruction, now, largest)
        if now.counter == len(program.instructions):
            return
        for _ in range(layout.steps_per_instruction):
            row, counts = machine.step_rows(row)
            largest = max(largest, *(each.matches for each in counts))
        state = templates.unrow(row[0])
        executed += 1


def run_sbn(
    program: Assembly,
    *,
    kernel: Kernel | None = None,
    max_instructions: int = 10_000,
    words: int | None = None,
    instructions: int | None = None,
    watch: Callable[[Boundary], object] | None = None,
) -> SbnRun:
    """Execute an SBN program through the predictor, until it stops or `max_instructions` have been executed.

    `words` and `instructions` make the machine larger than the program needs; `watch` is called with every boundary.
    Raises RoundingFailure where a bit would be rounded wrong.

    >>> from ntkproofs.programs.sbn import example
    >>> run = run_sbn(example("addition").with_data({"x": 20, "y": -3}))
    >>> run.memory["z"], run.executed, run.steps
    (17, 3, 48)
    """
    limit = integer(max_instructions, "max_instructions", low=0)
    layout = layout_for(program, words=words, instructions=instructions)
    used = two_layer_relu() if kernel is None else kernel
    for boundary in execute_sbn(program, layout, kernel=used):
        if watch is not None:
            watch(boundary)
        if boundary.executed >= limit:
            break
    return SbnRun.at(program, layout, used, boundary)
