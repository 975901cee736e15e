"""Execute SBN programs through the predictor, one instruction after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from ntkproofs.arithmetic.balls import Rational
from ntkproofs.display import CODE, counted, table
from ntkproofs.errors import InputError
from ntkproofs.execution.events import EventRun
from ntkproofs.execution.machine import Machine
from ntkproofs.execution.runner import Run, Runner
from ntkproofs.kernels import Kernel, KernelLike
from ntkproofs.programs.sbn.assembly import Assembly
from ntkproofs.programs.sbn.interpreter import Configuration
from ntkproofs.programs.sbn.layout import Layout
from ntkproofs.programs.sbn.loader import layout_for, load, read_configuration
from ntkproofs.programs.sbn.program import sbn
from ntkproofs.training_time import Time
from ntkproofs.truth import NoTruthValue
from ntkproofs.validation import integer

__all__ = ["Boundary", "SbnRun", "execute_sbn", "run_sbn"]


@dataclass(frozen=True)
class Boundary:
    """A state between two instructions: its configuration, and the work done so far.

    `executed` instructions, network `steps`, and the largest number n of matching templates of a step.
    """

    executed: int
    steps: int
    configuration: Configuration
    largest_matches: int


@dataclass(frozen=True)
class SbnRun(NoTruthValue):
    """The result of a run: `memory` (signed values by name), `executed` instructions, network `steps`.

    `kernel`: that of the predictor, None if another machine executed the program. `halted` is false if the run ended at
    the limit of instructions; `largest_matches` is the largest n of the run.
    """

    instead = ".halted"

    program: Assembly
    layout: Layout
    kernel: Kernel | None
    memory: dict[str, int]
    executed: int
    steps: int
    halted: bool
    largest_matches: int

    @classmethod
    def at(cls, program: Assembly, layout: Layout, kernel: Kernel | None, boundary: Boundary) -> SbnRun:
        """Return the result of a run that ended at `boundary`."""
        configuration = boundary.configuration
        memory = dict(zip(program.names, configuration.memory, strict=True))
        halted = configuration.counter == len(program.instructions)
        return cls(program, layout, kernel, memory, boundary.executed, boundary.steps, halted, boundary.largest_matches)

    def __repr__(self) -> str:
        state = "halted" if self.halted else "not halted"
        return f"<SbnRun {state} after {counted(self.executed, 'instruction')}: {self.memory}>"

    def _repr_html_(self) -> str:
        state = "halted" if self.halted else "not halted"
        return table(
            ["word", "value"],
            ((CODE + name, f"{value}") for name, value in self.memory.items()),
            caption=f"{state} after {counted(self.executed, 'instruction')}, {counted(self.steps, 'network step')}; "
            f"{counted(self.layout.templates, 'sample')}, at most {counted(self.largest_matches, 'template')} matching",
            total=len(self.memory),
        )


def execute_sbn(
    program: Assembly,
    layout: Layout,
    *,
    kernel: KernelLike = "ntk",
    machine: Runner | None = None,
    every: int = 1,
    most: int | None = None,
) -> Iterator[Boundary]:
    r"""Yield the boundary before the first instruction and after every instruction, until the program halts, if ever.

    `machine`: what executes the program ``sbn(words, bits, instructions)`` of the layout (default: a Machine of the
    kernel, at convergence and the threshold 0). `every`: yield a boundary after so many instructions only, and the last
    one; `most`: stop after so many instructions. Raises RoundingFailure, or the error of the machine, if a bit would be
    rounded incorrectly, and InputError for a machine of another program.

    >>> from ntkproofs.programs.sbn import assemble, layout_for
    >>> program = assemble("x: .word 5\ny: .word 3\nsbn x y\nsbn x y")
    >>> [boundary.configuration.memory for boundary in execute_sbn(program, layout_for(program))]
    [(5, 3), (5, -2), (5, -7)]
    """
    templates = sbn(layout.words, layout.bits, layout.instructions)
    if machine is None:
        machine = Machine(templates, kernel)
    elif machine.program.templates != templates.templates:
        raise InputError(f"the machine executes {machine.program.name!r}, and not the program of this layout")
    together = integer(every, "every", low=1)
    last = None if most is None else integer(most, "most", low=0)
    run = machine.begin(load(layout, program))
    while True:
        configuration = read_configuration(layout, run.state, program)
        executed = run.steps // layout.steps_per_instruction
        yield Boundary(executed, run.steps, configuration, run.largest_matches)
        if configuration.counter == len(program.instructions) or executed == last:
            return
        _execute(run, layout, together if last is None else min(together, last - executed))


def _execute(run: Run, layout: Layout, instructions: int) -> None:
    """Execute instructions, fewer if the program halts."""
    halt = ("counter", layout.instructions)
    if isinstance(run, EventRun):
        run.advance(instructions * layout.steps_per_instruction, until=halt)
        return
    for _ in range(instructions):
        run.advance(layout.steps_per_instruction)
        if run.state["counter"][-1]:
            return


def run_sbn(
    program: Assembly,
    *,
    kernel: KernelLike = "ntk",
    max_instructions: int = 10_000,
    words: int | None = None,
    instructions: int | None = None,
    watch: Callable[[Boundary], object] | None = None,
    time: Time | None = None,
    threshold: Rational = Fraction(0),
) -> SbnRun:
    """Execute an SBN program through the predictor, until it halts or `max_instructions` have been executed.

    `kernel`, `time` and `threshold` are those of :class:`~ntkproofs.execution.Machine`; `words` and `instructions`
    are the size of the machine (default: that of the program); `watch` is called with every boundary. Raises
    RoundingFailure if a bit would be rounded incorrectly, and InputError for sizes out of range.

    >>> from ntkproofs.programs.sbn import example
    >>> run = run_sbn(example("addition").with_data({"x": 20, "y": -3}))
    >>> run.memory["z"], run.executed, run.steps
    (17, 3, 48)
    """
    limit = integer(max_instructions, "max_instructions", low=0)
    layout = layout_for(program, words=words, instructions=instructions)
    templates = sbn(layout.words, layout.bits, layout.instructions)
    machine = Machine(templates, kernel, time=time, threshold=threshold)
    together = max(1, limit) if watch is None else 1
    for boundary in execute_sbn(program, layout, machine=machine, every=together, most=limit):
        if watch is not None:
            watch(boundary)
    return SbnRun.at(program, layout, machine.kernel, boundary)
