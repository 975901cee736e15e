"""exhaust: run a task on every input, 64 inputs to a machine word, and check every answer and every rounded bit.

The next states come from the template logic. That a trained network computes the same states is checked, not assumed:
either the sufficient condition ``t n <= K`` holds for the largest t and n that can occur, or the counts of every
visited state and output bit are recorded, and the sign of the mean is decided rigorously for each distinct
``(n, p, t)``. The answers are compared with the values of the task's oracle, or with the answers of another task
(:mod:`ntkproofs.execution.references`). With more inputs than can be run, a sample of them is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from time import perf_counter

from ntkproofs.arithmetic.balls import Rational
from ntkproofs.bounds.rounding import as_threshold, rounds_right
from ntkproofs.errors import InputError
from ntkproofs.execution.cases import case_inputs
from ntkproofs.execution.chunks import Chunk, Plan, run_chunk
from ntkproofs.execution.engines import engine_for
from ntkproofs.execution.exhaustion import Exhaustion, WrongCase
from ntkproofs.execution.recorder import Visit
from ntkproofs.execution.references import OtherProgram, Reference, reference_of
from ntkproofs.kernels import KernelLike, as_kernel
from ntkproofs.processes import can_fork, parallel_map
from ntkproofs.programs import Stream, Task, TemplateProgram
from ntkproofs.training_time import Time, as_training_time
from ntkproofs.validation import integer

__all__ = ["Exhaustion", "Visit", "WrongCase", "exhaust", "exhaust_chunks", "not_begun", "reference_for"]

MAX_INPUT_BITS = 40
MAX_SAMPLE = 1 << MAX_INPUT_BITS
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
    time: Time | None = None,
    threshold: Rational = Fraction(0),
    engine: str | None = None,
) -> Exhaustion:
    """Run `task` on all its inputs; see :class:`Exhaustion`.

    Of a program, one step from every state is executed, and the rounding alone is checked: there is no oracle.
    `against`: another task with the same inputs and outputs, whose answers are expected in place of the oracle's;
    its own rounding is not checked. `sample`: run so many independent random inputs, determined by `seed`, in place
    of all. `condition`: record the counts even if ``t n <= K`` proves that rounding is correct. `kernel`: a Kernel
    or the name of one. `workers`: number of processes (default: one for each core). `time` and `threshold`: those
    of :class:`~ntkproofs.execution.Machine`; unless they are the defaults, counts are always recorded. `engine`:
    "compiled" (machine code, which needs llvmlite) or "numpy"; by default compiled code if llvmlite is installed and
    the cases are many. Both have the same results. Raises InputError for more than 40 input bits without `sample`, for
    an oracle whose value is not a nonnegative integer, and for a kernel that is not positive definite; Undecided if a
    worker process dies.

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
        time=time,
        threshold=threshold,
        engine=engine,
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
    time: Time | None = None,
    threshold: Rational = Fraction(0),
    engine: str | None = None,
) -> Iterator[Exhaustion]:
    """Run like :func:`exhaust`, and yield the result so far after every chunk of cases; the last one is complete."""
    result = not_begun(
        task,
        against=against,
        sample=sample,
        seed=seed,
        kernel=kernel,
        time=time,
        threshold=threshold,
        engine=engine,
    )
    plan = Plan.of(result, condition, reference_for(task, against, result.total))
    result = replace(result, counted=plan.counting, matches_bound=plan.matches_bound)
    start = perf_counter()
    for chunk in _run_chunks(plan, workers):
        result = _merge(plan, result, chunk, perf_counter() - start)
        yield result


def not_begun(
    task: Task | TemplateProgram,
    *,
    against: Task | None = None,
    sample: int | None = None,
    seed: int = 0,
    kernel: KernelLike = "ntk",
    time: Time | None = None,
    threshold: Rational = Fraction(0),
    engine: str | None = None,
) -> Exhaustion:
    """Return the result of :func:`exhaust` before any case is run; raises InputError for too many cases."""
    run = _task_of(task)
    total = _total(run, sample)
    compared = "" if task is not run else "the oracle" if against is None else against.program.name
    return Exhaustion(
        run,
        as_kernel(kernel),
        total,
        seed=None if sample is None else integer(seed, "seed", low=0),
        compared=compared,
        at=as_training_time(time),
        threshold=as_threshold(threshold),
        engine=engine_for(engine, run, total),
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


def _merge(plan: Plan, result: Exhaustion, chunk: Chunk, seconds: float) -> Exhaustion:
    """Return the result so far, extended by a chunk."""
    first_wrong = result.first_wrong
    if first_wrong is None and chunk.first_wrong is not None:
        first_wrong = _wrong_case(plan, chunk.first_wrong)
    visited = dict(result.visited)
    unsound = list(result.unsound)
    for counts, visit in chunk.visited.items():
        if counts not in visited:
            visited[counts] = visit
            if not rounds_right(result.kernel, counts, at=result.at, threshold=result.threshold):
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


def _wrong_case(plan: Plan, case: int) -> WrongCase:
    """Run a single case through the template logic."""
    task, inputs = plan.task, case_inputs(plan.task, case, plan.seed)
    row = task.program.row(task.start(*inputs))[None, :]
    for _ in range(task.steps):
        row = task.program.step_rows(row)
    expected = 0 if plan.reference is None else plan.reference.answer(inputs)
    return WrongCase(inputs, task.read_row(row[0]), expected)


def _run_chunks(plan: Plan, workers: int | None) -> Iterator[Chunk]:
    """Run the chunks and yield their results in order, in several processes unless there is little work."""
    chunks = plan.chunks()
    plan.prepare()
    count = min(workers or os.cpu_count() or 1, len(chunks))
    if count == 1 or plan.work < SMALL_WORK or not can_fork():
        yield from (run_chunk(plan, chunk) for chunk in chunks)
    else:
        yield from parallel_map(partial(run_chunk, plan), chunks, count)
