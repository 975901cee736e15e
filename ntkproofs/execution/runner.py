"""Runner: what every machine offers that executes a program state by state: one step, and the clocks of a stream."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ntkproofs.counts import Counts
from ntkproofs.errors import InputError
from ntkproofs.execution.trace import Trace
from ntkproofs.programs import Rows, State, Stream, TemplateProgram

__all__ = ["Runner", "StreamRun"]


@dataclass(frozen=True)
class StreamRun:
    """The answers of a stream, one for each clock, and the trace of each clock, which begins when its ports are set."""

    answers: tuple[int, ...]
    clocks: tuple[Trace, ...]


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
