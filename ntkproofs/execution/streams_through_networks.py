"""Streams through given networks: every input at every clock, from all states that occur, as `explore` does."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ntkproofs.execution.checkpoints import opened
from ntkproofs.execution.executed import Executed
from ntkproofs.execution.match_sets import MatchSets, distinct, keys_of
from ntkproofs.execution.network_exhaustion import NetworkExhaustion, Place, WrongStep
from ntkproofs.execution.streams import Search, stream_job
from ntkproofs.execution.tally import natural
from ntkproofs.programs import Rows, Stream
from ntkproofs.validation import integer

__all__ = ["stream_chunks"]


def stream_chunks(
    stream: Stream, sets: MatchSets, clocks: int | None, resume: str | os.PathLike[str] | None = None
) -> Iterator[NetworkExhaustion]:
    """Yield the result at first, and after every block of runs.

    `clocks`: the length of the sequences of inputs (None: any); `resume`: a file for checkpoints.
    """
    requested = None if clocks is None else integer(clocks, "clocks", low=1)
    search = _Search(stream, sets)

    def job() -> dict[str, Any]:
        return stream_job(stream, requested, search.max_states) | sets.job()

    def result(seconds: float) -> NetworkExhaustion:
        covered = search.closed or search.clocks == requested
        return NetworkExhaustion(
            stream,
            sets.networks,
            sets.threshold,
            search.runs if covered else None,
            cases=search.runs,
            wrong=search.wrong_runs,
            wrong_answers=search.wrong,
            first_wrong=search.first_wrong_step,
            first_wrong_answer=search.first_wrong,
            seconds=seconds,
            clocks=None if search.closed else search.clocks,
            **sets.state_of_result(),
        )

    with opened(resume, job) as checkpoint:
        before = checkpoint.restored(search.restore) or 0.0
        start = time.perf_counter()
        for _ in search.blocks(requested):
            seconds = before + time.perf_counter() - start
            checkpoint.update(search.saved(seconds))
            yield result(seconds)


class _Search(Search):
    """A search of all states that decides the sets of matching templates that are new."""

    def __init__(self, stream: Stream, sets: MatchSets) -> None:
        super().__init__(stream)
        self.sets, self.wrong_runs = sets, 0
        self.first_wrong_step: WrongStep | None = None
        self._first_wrong_bit: int | None = None  # the run of that step
        self._block = range(0)
        self._step = 0
        self._wrong: dict[int, tuple[int, Rows]] = {}  # of the block: the first wrong step of a run, and its state

    def run_block(self, block: range) -> None:
        """Execute a clock in each of some runs."""
        self._block, self._step, self._wrong = block, 0, {}
        super().run_block(block)

    def step(self, rows: Rows) -> Rows:
        """Return the next states by the ideal semantics, and decide what the networks answer at `rows`."""
        program = self.stream.program
        match = program.match_rows(rows)
        keys, first, numbers = distinct(keys_of(match))
        new = self.sets.new(keys)
        if new:
            step = self._step
            self.sets.decide(
                [keys[number] for number in new],
                lambda index: self._place(int(first[new[index]]), step, rows),
            )
        wrong = np.array([key in self.sets.wrong for key in keys], dtype=np.bool_)[numbers]
        for index in np.flatnonzero(wrong).tolist():
            self._wrong.setdefault(index, (self._step, rows[index]))
        self._step += 1
        return (program.matched_writers_rows(match) > 0).astype(np.uint8)

    def _place(self, index: int, step: int, rows: Rows) -> Place:
        return Place(self.path(self._block[index]), step, self.stream.program.unrow(rows[index]))

    def answered(self, index: int, run: int, got: int, expected: int) -> None:
        """Count a run as wrong if one of its bits or its answer is."""
        super().answered(index, run, got, expected)
        self.wrong_runs += index in self._wrong or got != expected
        if index in self._wrong and self.first_wrong_step is None:
            self._describe(run, *self._wrong[index])

    def _describe(self, run: int, step: int, row: Rows) -> None:
        """Describe a run with a wrong bit, in the step from the state `row`, as the first one."""
        if self.sets.threshold is None:
            return
        executed = Executed.of(self.stream.program, self.sets.networks, self.sets.threshold, row[None, :])
        found = executed.first_wrong()
        if found is not None:
            self._first_wrong_bit, self.first_wrong_step = run, WrongStep(self.path(run), step, found[1])

    # --- for checkpoints

    def saved(self, seconds: float) -> Callable[[], dict[str, Any]]:
        """Return a function that returns this state as JSON data, also when the search has gone on."""
        search, sets = super().saved(seconds), self.sets.saved()
        step = None if self.first_wrong_step is None else self.first_wrong_step.step
        own = {"wrong_runs": self.wrong_runs, "first_wrong_bit": self._first_wrong_bit, "first_wrong_step": step}
        return lambda: {**search(), **own, "sets": sets()}

    def restore(self, data: Any) -> float:
        """Bring a search that is not begun into a saved state, and return the seconds that it took."""
        seconds = super().restore(data)
        self.sets.restore(data["sets"], self._row_at)
        self.wrong_runs = natural(data["wrong_runs"], "wrong_runs", self.runs)
        run, step = data["first_wrong_bit"], data["first_wrong_step"]
        if run is not None:
            path = self.path(natural(run, "first_wrong_bit", self.runs - 1))
            number = natural(step, "first_wrong_step", self.stream.period - 1)
            self._describe(run, number, self._row_at(path, number))
        return seconds

    def _row_at(self, inputs: Any, step: int) -> Rows:
        """Return the state after some steps of the last clock of a sequence of inputs."""
        stream = self.stream
        *before, last = stream.words(inputs)
        row = stream.program.row(stream.start())[None, :]
        for word in before:
            row = stream.clock_rows(row, [word])
        row = stream.set_rows(row, [last])
        for _ in range(natural(step, "step", stream.period - 1)):
            row = stream.program.step_rows(row)
        return np.asarray(row[0])
