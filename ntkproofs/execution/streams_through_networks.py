"""Streams through given networks: every input at every clock, from all states that occur, as `explore` does."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np

from ntkproofs.execution.executed import Executed
from ntkproofs.execution.match_sets import MatchSets, distinct, keys_of
from ntkproofs.execution.network_exhaustion import NetworkExhaustion, Place, WrongStep
from ntkproofs.execution.streams import Run, Search
from ntkproofs.programs import Rows, Stream
from ntkproofs.validation import integer

__all__ = ["stream_chunks"]


def stream_chunks(stream: Stream, sets: MatchSets, clocks: int | None) -> Iterator[NetworkExhaustion]:
    """Yield the result at first, and after every clock; `clocks`: the length of the sequences of inputs (None: any)."""
    requested = None if clocks is None else integer(clocks, "clocks", low=1)
    yield NetworkExhaustion(stream, sets.networks, sets.threshold, None, clocks=0)
    search, start, done = _Search(stream, sets), time.perf_counter(), 0
    while search.frontier and done != requested and len(search.before) <= search.max_states:
        search.advance()
        done += 1
        yield NetworkExhaustion(
            stream,
            sets.networks,
            sets.threshold,
            search.runs if done == requested or not search.frontier else None,
            cases=search.runs,
            wrong=search.wrong_runs,
            wrong_answers=search.wrong,
            first_wrong=search.first_wrong_step,
            first_wrong_answer=search.first_wrong,
            seconds=time.perf_counter() - start,
            clocks=None if not search.frontier else done,
            **sets.state_of_result(),
        )


class _Search(Search):
    """A search of all states that decides the sets of matching templates that are new."""

    def __init__(self, stream: Stream, sets: MatchSets) -> None:
        super().__init__(stream)
        self.sets, self.wrong_runs = sets, 0
        self.first_wrong_step: WrongStep | None = None
        self._block: Sequence[Run] = ()
        self._step = 0
        self._wrong: dict[int, tuple[int, Rows]] = {}  # of the block: the first wrong step of a run, and its state

    def run_block(self, block: Sequence[Run]) -> None:
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

    def answered(self, index: int, run: Run, got: int, expected: int) -> None:
        """Count a run as wrong if one of its bits or its answer is."""
        super().answered(index, run, got, expected)
        self.wrong_runs += index in self._wrong or got != expected
        if index in self._wrong and self.first_wrong_step is None and self.sets.threshold is not None:
            step, row = self._wrong[index]
            executed = Executed.of(self.stream.program, self.sets.networks, self.sets.threshold, row[None, :])
            found = executed.first_wrong()
            if found is not None:
                self.first_wrong_step = WrongStep(self.path(run), step, found[1])
