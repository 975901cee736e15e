"""Runner: what every machine offers that executes a program state by state: steps, runs, and the clocks of a stream."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ntkproofs.counts import Counts
from ntkproofs.errors import InputError
from ntkproofs.execution.trace import Trace
from ntkproofs.programs import Rows, State, Stream, TemplateProgram

__all__ = ["Run", "Runner", "StreamRun", "TracedRun"]


@dataclass(frozen=True)
class StreamRun:
    """The answers of a stream, one for each clock, and the trace of each clock, which begins when its ports are set."""

    answers: tuple[int, ...]
    clocks: tuple[Trace, ...]


class Run(Protocol):
    """A run of a program from a state: `steps`, the number of steps done, and the largest n of them."""

    steps: int

    @property
    def row(self) -> Rows:
        """The present state as one row of bits."""

    @property
    def state(self) -> State:
        """The present state."""

    @property
    def largest_matches(self) -> int:
        """The largest n of the steps done, 0 if there are none."""

    def advance(self, steps: int, *, watch: Callable[[int], object] | None = None) -> int:
        """Execute steps and return their number; `watch` is called with the number of steps of the run so far."""


class TracedRun:
    """A run by :meth:`Runner.run`; `trace` is the trace of the last steps that were executed together.

    >>> from ntkproofs.execution import Machine
    >>> from ntkproofs.programs import permutation
    >>> run = TracedRun(Machine(permutation([2, 0, 1])), {"bits": [1, 1, 0]})
    >>> run.advance(2), run.state, run.steps
    (2, {'bits': [1, 0, 1]}, 2)
    """

    def __init__(self, runner: Runner, state: Mapping[str, Sequence[int]]) -> None:
        self.runner, self.steps, self.largest_matches = runner, 0, 0
        self.trace = runner.run(state, steps=0)

    @property
    def row(self) -> Rows:
        """The present state as one row of bits."""
        return self.trace.row(len(self.trace))

    @property
    def state(self) -> State:
        """The present state."""
        return self.trace.final

    def advance(self, steps: int, *, watch: Callable[[int], object] | None = None) -> int:
        """Execute `steps` steps, and return their number; raises the error of the runner.

        `watch` is called after each step with the number of steps of the run so far.
        """
        before = self.steps
        told = None if watch is None else lambda done: watch(before + done)
        self.trace = self.runner.run(self.state, steps=steps, watch=told)
        self.steps += len(self.trace)
        self.largest_matches = max(self.largest_matches, self.trace.largest_matches)
        return len(self.trace)


class Runner(ABC):
    """A machine that executes `program`; derived classes define how a step is computed."""

    program: TemplateProgram

    @abstractmethod
    def step_rows(self, rows: Rows) -> tuple[Rows, frozenset[Counts]]:
        """Return the next states of many states, ``(states, bits)``, and all counts that occurred at their bits."""

    @abstractmethod
    def run(
        self, state: Mapping[str, Sequence[int]], *, steps: int, watch: Callable[[int], object] | None = None
    ) -> Trace:
        """Return the trace of `steps` steps from `state`; `watch` is called with the number of steps done."""

    def begin(self, state: Mapping[str, Sequence[int]]) -> Run:
        """Return a run from `state`, for many steps."""
        return TracedRun(self, state)

    def step(self, state: Mapping[str, Sequence[int]]) -> State:
        """Return the next state; raises the error of the machine if a bit is not that of the program."""
        rows, _ = self.step_rows(self.program.row(state)[None, :])
        return self.program.unrow(rows[0])

    def run_stream(
        self,
        stream: Stream,
        inputs: Iterable[int | Sequence[int]],
        *,
        start: Mapping[str, Sequence[int]] | None = None,
    ) -> StreamRun:
        """Run a stream of this program on a sequence of inputs, from `start` (default: its initial state).

        `inputs`: for each clock a tuple with the value of each port, or an integer if there is one port. Raises the
        error of the machine at the first step with a bit that is not that of the program, and InputError for a stream
        of another program and for inputs that do not fit their ports.
        """
        if stream.program is not self.program:
            raise InputError(f"the stream is one of program {stream.program.name!r}, not of {self.program.name!r}")
        state = stream.start() if start is None else self.program.unrow(self.program.row(start))
        answers, traces = [], []
        for word in stream.words(inputs):
            row = stream.set_rows(self.program.row(state)[None, :], [word])[0]
            traces.append(self.run(self.program.unrow(row), steps=stream.period))
            state = traces[-1].final
            answers.append(stream.read(state))
        return StreamRun(tuple(answers), tuple(traces))
