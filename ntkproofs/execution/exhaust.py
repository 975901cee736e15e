"""exhaust: run a task on every input, 64 inputs to a machine word, and check every answer and every rounded bit.

The next states come from the template logic. That a trained network computes the same states is checked, not assumed:
either the sufficient condition ``t n <= K`` holds for the largest t and n that can occur, or the counts of every
visited state and output bit are recorded, and the sign of the mean is decided rigorously for each distinct
``(n, p, t)``. The answers are compared with the values of the task's oracle on Python integers
(:mod:`ntkproofs.execution.oracles`).
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
from ntkproofs.display import facts
from ntkproofs.errors import InputError
from ntkproofs.execution.bitsliced import LANES, SlicedProgram, StateBlock
from ntkproofs.execution.cases import CaseInputs, inputs_of
from ntkproofs.execution.oracles import Oracle
from ntkproofs.execution.recorder import CountsRecorder, Visit
from ntkproofs.execution.show import as_text, exhaustion_lines
from ntkproofs.kernels import Kernel, KernelLike, as_kernel
from ntkproofs.processes import can_fork, parallel_map
from ntkproofs.programs import Task
from ntkproofs.truth import NoTruthValue

__all__ = ["Exhaustion", "Visit", "WrongCase", "exhaust", "exhaust_chunks"]

MAX_INPUT_BITS = 40
BLOCK_WORDS = 1 << 17  # of all planes of a block: one megabyte, which fits in the cache of a core
CHUNK_WORK = 1 << 27  # plane words that a chunk processes: some tenths of a second
SMALL_WORK = 1 << 26  # plane words; with fewer, starting processes costs more than it saves


@dataclass(frozen=True)
class WrongCase:
    """Inputs at which the program's answer, `got`, differs from that of the oracle, `expected`."""

    inputs: tuple[int, ...]
    got: int
    expected: int


@dataclass(frozen=True)
class Exhaustion(NoTruthValue):
    """The result of running a task on all inputs, or on those done so far.

    `cases` of `total` inputs are done. `wrong` is the number of cases whose answer differs from the oracle's, and
    `first_wrong` is the first of them. `visited` maps the counts (n, p, t, K) that occurred to their first occurrence;
    it is empty unless `counted`, that is if counts were not requested and ``t n <= K``, with `matches_bound` for n,
    proves that every state is rounded correctly. `unsound` are the visited counts at which rounding is incorrect.
    `seconds` is the running time.
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
        """Whether all cases are done."""
        return self.cases == self.total

    @property
    def holds(self) -> bool:
        """Whether all cases are done, all answers agree with the oracle, and every visited bit is rounded correctly."""
        return self.complete and self.wrong == 0 and not self.unsound

    @property
    def steps(self) -> int:
        """The number of steps of each case."""
        return self.task.steps

    @property
    def states(self) -> int:
        """The number of states to which a step was applied."""
        return self.cases * self.task.steps

    @property
    def cases_per_second(self) -> float:
        """The number of cases per second."""
        return self.cases / self.seconds if self.seconds else 0.0

    @property
    def largest_matches(self) -> int | None:
        """The largest n that occurred; None if counts were not recorded."""
        return max((counts.matches for counts in self.visited), default=None) if self.counted else None

    def smallest_margin(self) -> tuple[MeanAt, Visit] | None:
        """Return the smallest positive mean of a visited bit and its first occurrence; None if there is none."""
        if not self.visited:
            return None
        smallest, _ = extreme_means(self.kernel, self.visited)
        return None if smallest is None else (smallest, self.visited[smallest.counts])

    def __str__(self) -> str:
        return as_text(exhaustion_lines(self))

    def _repr_html_(self) -> str:
        return facts(exhaustion_lines(self), caption=f"{self.task.program.name}: all inputs")

    def inputs_of(self, case: int) -> tuple[int, ...]:
        """Return the inputs of a case number: its bits are those of the first input, then of the second, and so on."""
        return inputs_of(self.task, case)


def exhaust(
    task: Task, *, condition: bool = True, kernel: KernelLike = "ntk", workers: int | None = None
) -> Exhaustion:
    """Run `task` on all its inputs; see :class:`Exhaustion`.

    `condition`: record the counts even if ``t n <= K`` proves that rounding is correct. `kernel`: a Kernel or the name
    of one. `workers`: number of processes (default: one for each core). Raises InputError for more than 40 input bits,
    for an oracle whose value is not a nonnegative integer, and for a kernel that is not positive definite; Undecided if
    a worker process dies.

    >>> from ntkproofs.programs import addition_task
    >>> result = exhaust(addition_task(bits=4))
    >>> result.cases, result.wrong, result.largest_matches, result.holds
    (256, 0, 4, True)
    """
    *_, result = exhaust_chunks(task, condition=condition, kernel=kernel, workers=workers)
    return result


def exhaust_chunks(
    task: Task, *, condition: bool = True, kernel: KernelLike = "ntk", workers: int | None = None
) -> Iterator[Exhaustion]:
    """Run like :func:`exhaust`, and yield the result so far after every chunk of cases; the last one is complete."""
    kernel = as_kernel(kernel)
    if not 1 <= task.input_bits <= MAX_INPUT_BITS:
        raise InputError(
            f"{task.program.name}: {task.input_bits} input bits; an exhaustive run takes 1 to {MAX_INPUT_BITS}"
        )
    if len(task.output) > LANES:
        raise InputError(f"{task.program.name}: {len(task.output)} output bits, at most {LANES} are supported")
    plan = _Plan.of(task, kernel, condition)
    start = time.perf_counter()
    result = Exhaustion(task, kernel, 1 << task.input_bits, counted=plan.counting, matches_bound=plan.matches_bound)
    for chunk in _run_chunks(plan, workers):
        result = _merge(result, chunk, kernel, time.perf_counter() - start)
        yield result


@dataclass(frozen=True)
class _Chunk:
    """The result of a range of blocks."""

    cases: int
    wrong: int
    first_wrong: int | None
    visited: dict[Counts, Visit]


def _merge(result: Exhaustion, chunk: _Chunk, kernel: Kernel, seconds: float) -> Exhaustion:
    """Return the result so far, extended by a chunk."""
    first_wrong = result.first_wrong
    if first_wrong is None and chunk.first_wrong is not None:
        first_wrong = _wrong_case(result.task, chunk.first_wrong)
    visited = dict(result.visited)
    unsound = list(result.unsound)
    for counts, visit in chunk.visited.items():
        if counts not in visited:
            visited[counts] = visit
            if not rounds_right(kernel, counts):
                unsound.append(counts)
    return replace(
        result,
        cases=result.cases + chunk.cases,
        wrong=result.wrong + chunk.wrong,
        first_wrong=first_wrong,
        visited=visited,
        unsound=tuple(unsound),
        seconds=seconds,
    )


def _wrong_case(task: Task, case: int) -> WrongCase:
    """Run a single case through the template logic."""
    inputs = inputs_of(task, case)
    row = task.program.row(task.start(*inputs))[None, :]
    for _ in range(task.steps):
        row = task.program.step_rows(row)
    return WrongCase(inputs, task.read_row(row[0]), Oracle(task).one(inputs))


# --- blocks and chunks


@dataclass(frozen=True)
class _Plan:
    """The partition of the cases: blocks of `words` words, which fit in the cache, and chunks of several blocks."""

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
        """Return the plan for a task; raises InputError if the kernel is not positive definite on its samples."""
        program = task.program
        bound = bound_matches(program).bound
        for matches in range(bound + 1):
            demand_networks(kernel, matches, program.samples)
        provable = int(program.writers.max()) * bound <= program.samples and sufficient_applies(kernel)
        counting = condition or not provable
        planes = 3 * program.output_bits + len(program.templates) * (2 if counting else 1)
        total_words = max(1, (1 << task.input_bits) // LANES)
        words = min(total_words, max(8, 1 << (BLOCK_WORDS // planes).bit_length() - 1))
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
        """Return the blocks of each chunk."""
        size = self.blocks_per_chunk
        return [range(first, min(first + size, self.blocks)) for first in range(0, self.blocks, size)]


def _run_chunks(plan: _Plan, workers: int | None) -> Iterator[_Chunk]:
    """Run the chunks and yield their results in order, in several processes unless there is little work."""
    chunks = plan.chunks()
    count = min(workers or os.cpu_count() or 1, len(chunks))
    if count == 1 or plan.work < SMALL_WORK or not can_fork():
        yield from (_run_chunk(plan, chunk) for chunk in chunks)
    else:
        yield from parallel_map(partial(_run_chunk, plan), chunks, count)


def _run_chunk(plan: _Plan, chunk: range) -> _Chunk:
    """Run a range of blocks."""
    task, states = plan.task, StateBlock(plan.sliced, plan.words)
    recorder = CountsRecorder(states) if plan.counting else None
    inputs = CaseInputs(task, plan.words)
    lanes = min(1 << task.input_bits, LANES)  # the others are unused
    mask = np.full(plan.words, (1 << lanes) - 1, dtype=np.uint64)
    cases, wrong, first_wrong = 0, 0, None
    for block in chunk:
        first = block * plan.words * LANES
        inputs.load(states.state, first)
        for step in range(task.steps):
            states.step()
            if recorder is not None:
                recorder.record(mask, first, step)
        differs = inputs.differences(states.state, first) & mask
        if differs.any():
            offsets = np.flatnonzero(np.unpackbits(differs.astype("<u8").view(np.uint8), bitorder="little"))
            wrong += len(offsets)
            first_wrong = first + int(offsets[0]) if first_wrong is None else first_wrong
        cases += plan.words * lanes
    return _Chunk(cases, wrong, first_wrong, {} if recorder is None else recorder.visited)
