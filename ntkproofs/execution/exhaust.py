"""exhaust: run a task on every input, 64 at a time, and look at every state that it visits.

The template logic gives the next states; that a network would give the same is checked, not assumed. Either it
provably cannot fail (``t n <= K`` for the largest t and n that can occur: the sufficient condition with p = 1), or the
counts of every visited state and output bit are collected, bit-sliced, and each distinct ``(n, p, t)`` is held against
the rigorous sign of its mean. The answers are compared with the task's oracle, which means its value on Python's
integers (:mod:`ntkproofs.execution.oracles`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from ntkproofs.bounds.moments import demand_networks
from ntkproofs.bounds.rounding import MeanAt, extreme_means, rounds_right, sufficient_applies
from ntkproofs.counts import Counts, bound_matches
from ntkproofs.errors import InputError
from ntkproofs.execution.bitsliced import LANES, Slab, SlicedProgram
from ntkproofs.execution.cases import CaseInputs, inputs_of
from ntkproofs.execution.census import Census, Visit
from ntkproofs.execution.oracles import Oracle
from ntkproofs.kernels import Kernel, two_layer_relu
from ntkproofs.processes import can_fork, parallel_map
from ntkproofs.programs import Task
from ntkproofs.truth import NoTruthValue

__all__ = ["Exhaustion", "Visit", "WrongCase", "exhaust", "exhaust_chunks"]

MAX_INPUT_BITS = 40
SLAB_WORDS = 1 << 17  # one megabyte of planes: what a core's cache holds
CHUNK_WORK = 1 << 27  # plane words for a chunk: some tenths of a second
SMALL_WORK = 1 << 26  # below this, starting processes costs more than it saves


@dataclass(frozen=True)
class WrongCase:
    """An input on which the program's answer is not the oracle's."""

    inputs: tuple[int, ...]
    got: int
    wanted: int


@dataclass(frozen=True)
class Exhaustion(NoTruthValue):
    """What came of running a task on all inputs (or so far).

    `wrong` counts the cases whose answer differs from the oracle's, `first_wrong` is the first of them. `visited` maps
    every counts (n, p, t, K) that occurred to where it occurred first; it is empty if the rounding condition holds
    provably for all states (``t n <= K`` with `matches_bound`) and counting was not asked for. `unsound` are the
    counts among them at which rounding goes wrong.
    """

    instead = ".holds"

    task: Task
    kernel: Kernel
    total: int
    cases: int = 0
    wrong: int = 0
    first_wrong: WrongCase | None = None
    visited: dict[Counts, Visit] = field(default_factory=dict, hash=False)
    unsound: tuple[Counts, ...] = ()
    counted: bool = False
    matches_bound: int = 0
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether every case is done."""
        return self.cases == self.total

    @property
    def holds(self) -> bool:
        """Whether every case is done, its answer right, and every visited bit rounded right."""
        return self.complete and self.wrong == 0 and not self.unsound

    @property
    def steps(self) -> int:
        """Steps that each case was run for."""
        return self.task.steps

    @property
    def states(self) -> int:
        """How many states were stepped."""
        return self.cases * self.task.steps

    @property
    def cases_per_second(self) -> float:
        """Speed."""
        return self.cases / self.seconds if self.seconds else 0.0

    @property
    def largest_matches(self) -> int | None:
        """The largest n that occurred, None if counts were not collected."""
        return max((counts.matches for counts in self.visited), default=None) if self.counted else None

    def smallest_margin(self) -> tuple[MeanAt, Visit] | None:
        """Return the smallest positive mean among the visited bits and where it occurred first; None without counts."""
        if not self.visited:
            return None
        smallest, _ = extreme_means(self.kernel, self.visited)
        return None if smallest is None else (smallest, self.visited[smallest.counts])

    def inputs_of(self, case: int) -> tuple[int, ...]:
        """Return the inputs of a case: the case's number, cut into the inputs' bits, the first input lowest."""
        return inputs_of(self.task, case)


def exhaust(
    task: Task, *, condition: bool = True, kernel: Kernel | None = None, workers: int | None = None
) -> Exhaustion:
    """Run `task` on all its inputs; see :class:`Exhaustion`.

    `condition`: collect the counts even where rounding provably cannot fail. `workers`: processes (default: all cores).
    Raises InputError for more than 40 input bits, for an oracle that gives anything but integers from 0 on, and for a
    function that is no kernel; Undecided if a worker process dies.

    >>> from ntkproofs.programs import addition_task
    >>> found = exhaust(addition_task(bits=4))
    >>> found.cases, found.wrong, found.largest_matches, found.holds
    (256, 0, 4, True)
    """
    *_, found = exhaust_chunks(task, condition=condition, kernel=kernel, workers=workers)
    return found


def exhaust_chunks(
    task: Task, *, condition: bool = True, kernel: Kernel | None = None, workers: int | None = None
) -> Iterator[Exhaustion]:
    """Like :func:`exhaust`, but yield what is known after every chunk; the last one is the whole."""
    kernel = two_layer_relu() if kernel is None else kernel
    if not 1 <= task.input_bits <= MAX_INPUT_BITS:
        raise InputError(f"{task.program.name}: {task.input_bits} input bits, 1 to {MAX_INPUT_BITS} can be exhausted")
    if len(task.output) > LANES:
        raise InputError(f"{task.program.name}: {len(task.output)} output bits, at most {LANES} are supported")
    plan = _Plan.of(task, kernel, condition)
    start = time.perf_counter()
    found = Exhaustion(task, kernel, 1 << task.input_bits, counted=plan.counting, matches_bound=plan.matches_bound)
    for chunk in _run_chunks(plan, workers):
        found = _merge(found, chunk, kernel, time.perf_counter() - start)
        yield found


@dataclass(frozen=True)
class _Chunk:
    """What one range of blocks gave."""

    cases: int
    wrong: int
    first_wrong: int | None
    visited: dict[Counts, Visit]


def _merge(found: Exhaustion, chunk: _Chunk, kernel: Kernel, seconds: float) -> Exhaustion:
    first = found.first_wrong
    if first is None and chunk.first_wrong is not None:
        first = _wrong_case(found.task, chunk.first_wrong)
    visited = dict(found.visited)
    unsound = list(found.unsound)
    for counts, visit in chunk.visited.items():
        if counts not in visited:
            visited[counts] = visit
            if not rounds_right(kernel, counts):
                unsound.append(counts)
    return replace(
        found,
        cases=found.cases + chunk.cases,
        wrong=found.wrong + chunk.wrong,
        first_wrong=first,
        visited=visited,
        unsound=tuple(unsound),
        seconds=seconds,
    )


def _wrong_case(task: Task, case: int) -> WrongCase:
    """Run one case alone, on Python integers."""
    inputs = inputs_of(task, case)
    row = task.program.row(task.start(*inputs))[None, :]
    for _ in range(task.steps):
        row = task.program.step_rows(row)
    return WrongCase(inputs, task.read_row(row[0]), Oracle(task).one(inputs))


# --- the work, cut into blocks and chunks


@dataclass(frozen=True)
class _Plan:
    """How the cases are cut: blocks of `words` words that fit the cache, chunks of `blocks_per_chunk` blocks."""

    task: Task
    sliced: SlicedProgram
    words: int
    blocks: int
    blocks_per_chunk: int
    counting: bool
    matches_bound: int
    work: int

    @classmethod
    def of(cls, task: Task, kernel: Kernel, condition: bool) -> _Plan:
        program = task.program
        bound = bound_matches(program).bound
        for matches in range(bound + 1):
            demand_networks(kernel, matches, program.samples)
        provable = int(program.writers.max()) * bound <= program.samples and sufficient_applies(kernel)
        counting = condition or not provable
        planes = 3 * program.output_bits + len(program.templates) * (2 if counting else 1)
        total_words = max(1, (1 << task.input_bits) // LANES)
        words = min(total_words, max(8, 1 << (SLAB_WORDS // planes).bit_length() - 1))
        blocks = total_words // words
        work = words * planes * max(1, task.steps)
        return cls(
            task=task,
            sliced=SlicedProgram(program),
            words=words,
            blocks=blocks,
            blocks_per_chunk=min(blocks, max(1, CHUNK_WORK // work)),
            counting=counting,
            matches_bound=bound,
            work=work * blocks,
        )

    def chunks(self) -> list[range]:
        size = self.blocks_per_chunk
        return [range(first, min(first + size, self.blocks)) for first in range(0, self.blocks, size)]


def _run_chunks(plan: _Plan, workers: int | None) -> Iterator[_Chunk]:
    """Run the chunks in order: in this process if there is little to do, else in several."""
    chunks = plan.chunks()
    count = min(workers or os.cpu_count() or 1, len(chunks))
    if count == 1 or plan.work < SMALL_WORK or not can_fork():
        yield from (_run_chunk(plan, chunk) for chunk in chunks)
    else:
        yield from parallel_map(partial(_run_chunk, plan), chunks, count)


def _run_chunk(plan: _Plan, chunk: range) -> _Chunk:
    task, slab = plan.task, Slab(plan.sliced, plan.words)
    census = Census(slab) if plan.counting else None
    inputs = CaseInputs(task, plan.words)
    lanes = min(1 << task.input_bits, LANES)  # fewer than 64 cases leave lanes idle
    mask = np.full(plan.words, (1 << lanes) - 1, dtype=np.uint64)
    cases, wrong, first_wrong = 0, 0, None
    for block in chunk:
        first = block * plan.words * LANES
        inputs.load(slab.state, first)
        for step in range(task.steps):
            slab.step()
            if census is not None:
                census.look(mask, first, step)
        differs = inputs.differences(slab.state, first) & mask
        if differs.any():
            places = np.flatnonzero(np.unpackbits(differs.astype("<u8").view(np.uint8), bitorder="little"))
            wrong += len(places)
            first_wrong = first + int(places[0]) if first_wrong is None else first_wrong
        cases += plan.words * lanes
    return _Chunk(cases, wrong, first_wrong, {} if census is None else census.visited)
