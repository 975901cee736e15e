"""exhaust: run a task on every input, 64 inputs to a machine word, and check every answer and every rounded bit.

The next states come from the template logic. That a trained network computes the same states is checked, not assumed:
either the sufficient condition ``t n <= K`` holds for the largest t and n that can occur, or the counts of every
visited state and output bit are recorded, and the sign of the mean is decided rigorously for each distinct
``(n, p, t)``. The answers are compared with the values of the task's oracle, or with the answers of another task
(:mod:`ntkproofs.execution.references`). With more inputs than can be run, a sample of them is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ntkproofs.bounds.moments import demand_networks
from ntkproofs.bounds.rounding import rounds_right, sufficient_applies
from ntkproofs.counts import Counts, bound_matches
from ntkproofs.errors import InputError
from ntkproofs.execution.bitsliced import LANES, SlicedProgram, StateBlock
from ntkproofs.execution.cases import AllCases, Cases, SampledCases, case_inputs, lane_mask
from ntkproofs.execution.exhaustion import Exhaustion, WrongCase
from ntkproofs.execution.recorder import CountsRecorder, Visit
from ntkproofs.execution.references import OtherProgram, Reference, reference_of
from ntkproofs.kernels import KernelLike, as_kernel, two_layer_relu
from ntkproofs.processes import can_fork, parallel_map
from ntkproofs.programs import Stream, Task, TemplateProgram
from ntkproofs.validation import integer

__all__ = ["Exhaustion", "Visit", "WrongCase", "exhaust", "exhaust_chunks", "not_begun", "reference_for"]

MAX_INPUT_BITS = 40
MAX_SAMPLE = 1 << MAX_INPUT_BITS
BLOCK_WORDS = 1 << 17  # of all planes of a block: one megabyte, which fits in the cache of a core
CHUNK_WORK = 1 << 27  # plane words that a chunk processes: some tenths of a second
SMALL_WORK = 1 << 26  # plane words; with fewer, starting processes costs more than it saves


def exhaust(
    task: Task | TemplateProgram,
    *,
    against: Task | None = None,
    sample: int | None = None,
    seed: int = 0,
    condition: bool = True,
    kernel: KernelLike = "ntk",
    workers: int | None = None,
) -> Exhaustion:
    """Run `task` on all its inputs; see :class:`Exhaustion`.

    Of a program, one step from every state is executed, and the rounding alone is checked: there is no oracle.
    `against`: another task with the same inputs and outputs, whose answers are expected in place of the oracle's; its
    own rounding is not checked. `sample`: run so many independent random inputs, determined by `seed`, in place of all.
    `condition`: record the counts even if ``t n <= K`` proves that rounding is correct. `kernel`: a Kernel or the name
    of one. `workers`: number of processes (default: one for each core). Raises InputError for more than 40 input bits
    without `sample`, for an oracle whose value is not a nonnegative integer, and for a kernel that is not positive
    definite; Undecided if a worker process dies.

    >>> from ntkproofs.programs import addition, addition_task
    >>> result = exhaust(addition_task(bits=4))
    >>> result.cases, result.wrong, result.largest_matches, result.holds
    (256, 0, 4, True)
    >>> exhaust(addition_task(bits=64), sample=1000, seed=7).holds
    True
    >>> exhaust(addition(bits=4)).largest_matches
    8
    """
    *_, result = exhaust_chunks(
        task,
        against=against,
        sample=sample,
        seed=seed,
        condition=condition,
        kernel=kernel,
        workers=workers,
    )
    return result


def exhaust_chunks(
    task: Task | TemplateProgram,
    *,
    against: Task | None = None,
    sample: int | None = None,
    seed: int = 0,
    condition: bool = True,
    kernel: KernelLike = "ntk",
    workers: int | None = None,
) -> Iterator[Exhaustion]:
    """Run like :func:`exhaust`, and yield the result so far after every chunk of cases; the last one is complete."""
    result = not_begun(task, against=against, sample=sample, seed=seed, kernel=kernel)
    plan = _Plan.of(result, condition, reference_for(task, against, result.total))
    result = replace(result, counted=plan.counting, matches_bound=plan.matches_bound)
    start = time.perf_counter()
    for chunk in _run_chunks(plan, workers):
        result = _merge(plan, result, chunk, time.perf_counter() - start)
        yield result


def not_begun(
    task: Task | TemplateProgram,
    *,
    against: Task | None = None,
    sample: int | None = None,
    seed: int = 0,
    kernel: KernelLike = "ntk",
) -> Exhaustion:
    """Return the result of :func:`exhaust` before any case is run; raises InputError for too many cases."""
    run = _task_of(task)
    compared = "" if task is not run else "the oracle" if against is None else against.program.name
    return Exhaustion(
        run,
        as_kernel(kernel),
        _total(run, sample),
        seed=None if sample is None else integer(seed, "seed", low=0),
        compared=compared,
    )


def _task_of(task: object) -> Task:
    """Return a task, or the task of one step from any state of a program."""
    if isinstance(task, Task):
        return task
    if isinstance(task, TemplateProgram):
        return Task(task, tuple(task.fields), 1, (task.bit(0),), _no_oracle)
    also = "; explore() runs a Stream" if isinstance(task, Stream) else ""
    raise InputError(f"exhaust takes a Task or a TemplateProgram, got {type(task).__name__}{also}")


def _no_oracle(*_: int) -> int:
    raise InputError("a program without a task has no oracle")


def _total(task: Task, sample: int | None) -> int:
    """Return the number of cases; raises InputError for too many."""
    if sample is not None:
        return integer(sample, "sample", low=1, high=MAX_SAMPLE)
    if task.input_bits > MAX_INPUT_BITS:
        bits = "bits of a state" if task.oracle is _no_oracle else "input bits"
        raise InputError(
            f"{task.program.name}: {task.input_bits} {bits}; all cases are run for 1 to {MAX_INPUT_BITS} bits: choose "
            "a sample (sample=N, --sample N), or certify the rounding at arbitrary states"
        )
    return 1 << task.input_bits


def reference_for(task: Task | TemplateProgram, against: Task | None, total: int) -> Reference | None:
    """Return what the answers are compared with; None for a program without an oracle."""
    if against is not None:
        if not isinstance(task, Task) or not isinstance(against, Task):
            raise InputError(f"two tasks can be compared, got {type(task).__name__} and {type(against).__name__}")
        return OtherProgram(task, against)
    return reference_of(task, total) if isinstance(task, Task) else None


@dataclass(frozen=True)
class _Chunk:
    """The result of a range of blocks."""

    cases: int
    wrong: int
    first_wrong: int | None
    visited: dict[Counts, Visit]


def _merge(plan: _Plan, result: Exhaustion, chunk: _Chunk, seconds: float) -> Exhaustion:
    """Return the result so far, extended by a chunk."""
    first_wrong = result.first_wrong
    if first_wrong is None and chunk.first_wrong is not None:
        first_wrong = _wrong_case(plan, chunk.first_wrong)
    visited = dict(result.visited)
    unsound = list(result.unsound)
    for counts, visit in chunk.visited.items():
        if counts not in visited:
            visited[counts] = visit
            if not rounds_right(result.kernel, counts):
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


def _wrong_case(plan: _Plan, case: int) -> WrongCase:
    """Run a single case through the template logic."""
    task, inputs = plan.task, case_inputs(plan.task, case, plan.seed)
    row = task.program.row(task.start(*inputs))[None, :]
    for _ in range(task.steps):
        row = task.program.step_rows(row)
    expected = 0 if plan.reference is None else plan.reference.answer(inputs)
    return WrongCase(inputs, task.read_row(row[0]), expected)


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
    total: int
    seed: int | None
    reference: Reference | None

    @classmethod
    def of(cls, result: Exhaustion, condition: bool, reference: Reference | None) -> _Plan:
        """Return the plan for a result; raises InputError if the kernel is not positive definite on the samples."""
        task, kernel, total = result.task, result.kernel, result.total
        program, sliced = task.program, SlicedProgram(task.program)
        bound = bound_matches(program).bound
        if kernel not in (two_layer_relu("ntk"), two_layer_relu("nngp")):  # of which there are networks
            for matches in range(bound + 1):
                demand_networks(kernel, matches, program.samples)
        provable = int(program.writers.max()) * bound <= program.samples and sufficient_applies(kernel)
        counting = condition or not provable
        planes = 4 * program.output_bits + len(program.templates) * (2 if counting else 1)
        total_words = -(-total // LANES)
        words = min(1 << (total_words - 1).bit_length(), max(8, 1 << max(1, BLOCK_WORDS // planes).bit_length() - 1))
        blocks = -(-total_words // words)
        work = words * planes * max(1, task.steps)
        return cls(
            task=task,
            sliced=sliced,
            words=words,
            blocks=blocks,
            blocks_per_chunk=min(blocks, max(1, CHUNK_WORK // work)),
            counting=counting,
            matches_bound=bound,
            work=work * blocks,
            total=total,
            seed=result.seed,
            reference=reference,
        )

    def cases(self) -> Cases:
        """Return the inputs of the blocks."""
        if self.seed is None:
            return AllCases(self.task, self.words)
        return SampledCases(self.task, self.words, self.total, self.seed)

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
    task, states, inputs = plan.task, StateBlock(plan.sliced, plan.words), plan.cases()
    recorder = CountsRecorder(states) if plan.counting else None
    output = [task.program.position(bit) for bit in task.output]
    cases, wrong, first_wrong = 0, 0, None
    for block in chunk:
        first = block * plan.words * LANES
        number = min(plan.words * LANES, plan.total - first)
        mask = lane_mask(plan.words, number)  # the other lanes are unused
        inputs.load(states.state, first)
        for step in range(task.steps):
            states.step()
            if recorder is not None:
                recorder.record(mask, first, step)
        cases += number
        if plan.reference is None:
            continue
        differs = plan.reference.differences(inputs, states.state[output], first) & mask
        if differs.any():
            offsets = np.flatnonzero(np.unpackbits(differs.astype("<u8").view(np.uint8), bitorder="little"))
            wrong += len(offsets)
            first_wrong = first + int(offsets[0]) if first_wrong is None else first_wrong
    return _Chunk(cases, wrong, first_wrong, {} if recorder is None else recorder.visited)
