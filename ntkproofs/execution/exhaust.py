"""exhaust: run a task on every input, 64 inputs to a machine word, and check every answer and every rounded bit.

The next states come from the template logic. That a trained network computes the same states is checked, not assumed:
either the sufficient condition ``t n <= K`` holds for the largest t and n that can occur, or the counts of every
visited state and output bit are recorded, and the sign of the mean is decided rigorously for each distinct
``(n, p, t)``. The answers are compared with the values of the task's oracle, or with the answers of another task
(:mod:`ntkproofs.execution.references`). With more inputs than can be run, a sample of them is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from time import perf_counter
from typing import Any, TypeAlias

from ntkproofs.arithmetic.balls import Rational
from ntkproofs.bounds.rounding import as_threshold, rounds_right
from ntkproofs.counts import Counts
from ntkproofs.errors import InputError
from ntkproofs.execution.cases import case_inputs
from ntkproofs.execution.checkpoints import opened
from ntkproofs.execution.chunks import Chunk, Plan, run_chunk
from ntkproofs.execution.engines import engine_for
from ntkproofs.execution.exhaustion import Exhaustion, WrongCase
from ntkproofs.execution.jobs import described_kernel, program_sha256, source_sha256
from ntkproofs.execution.recorder import Visit
from ntkproofs.execution.references import OtherProgram, Reference, reference_of
from ntkproofs.execution.tally import CaseTally, natural, tally_json
from ntkproofs.kernels import KernelLike, as_kernel
from ntkproofs.processes import can_fork, parallel_map
from ntkproofs.programs import Stream, Task, TemplateProgram
from ntkproofs.training_time import Time, as_training_time
from ntkproofs.validation import integer

__all__ = [
    "Execute",
    "Exhaustion",
    "Planned",
    "Visit",
    "WrongCase",
    "case_job",
    "exhaust",
    "exhaust_chunks",
    "not_begun",
    "planned",
    "reference_for",
]

MAX_INPUT_BITS = 40
MAX_SAMPLE = 1 << MAX_INPUT_BITS
Execute: TypeAlias = Callable[[Plan, Sequence[range]], Iterator[CaseTally]]

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
    resume: str | os.PathLike[str] | None = None,
) -> Exhaustion:
    """Run `task` on all its inputs; see :class:`Exhaustion`.

    Of a program, one step from every state is executed, and the rounding alone is checked: there is no oracle.
    `against`: another task with the same inputs and outputs, whose answers are expected in place of the oracle's;
    its own rounding is not checked. `sample`: run so many independent random inputs, determined by `seed`, in place
    of all. `condition`: record the counts even if ``t n <= K`` proves that rounding is correct. `kernel`: a Kernel
    or the name of one. `workers`: number of processes (default: one for each core). `time` and `threshold`: those
    of :class:`~ntkproofs.execution.Machine`; unless they are the defaults, counts are always recorded. `engine`:
    "compiled" (machine code, which needs llvmlite) or "numpy"; by default compiled code if llvmlite is installed and
    the cases are many; both have the same results. `resume`: a file for checkpoints; the run is begun if there is none,
    and else goes on from it, with the result of a run that was not interrupted. Raises InputError for more than 40
    input bits without `sample`, for an oracle whose value is not a nonnegative integer, for a kernel that is not
    positive definite, and for a file that is not the checkpoint of this run (:mod:`ntkproofs.execution.checkpoints`);
    Undecided if a worker process dies.

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
        resume=resume,
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
    resume: str | os.PathLike[str] | None = None,
    execute: Execute | None = None,
) -> Generator[Exhaustion, None, None]:
    """Run like :func:`exhaust`, and yield the result so far after every chunk of cases; the last one is complete.

    A run that goes on from a checkpoint yields what is in it first. `execute`: what runs the chunks of a plan and
    yields their tallies, in any order (default: this computer).
    """
    run = planned(
        task,
        against=against,
        sample=sample,
        seed=seed,
        condition=condition,
        kernel=kernel,
        time=time,
        threshold=threshold,
        engine=engine,
    )
    plan, results = run.plan, _Results(run)
    with opened(resume, run.job) as checkpoint:
        tally, seconds = checkpoint.restored(partial(_restored, plan)) or (CaseTally(), 0.0)
        start = perf_counter() - seconds
        checkpoint.update(partial(_saved, plan, tally, seconds))
        if tally.done:
            yield results.of(tally, seconds)
        for part in (execute or _on(workers))(plan, plan.chunks(tally)):
            tally, seconds = tally.plus(part), perf_counter() - start
            checkpoint.update(partial(_saved, plan, tally, seconds))
            yield results.of(tally, seconds)


@dataclass(frozen=True)
class Planned:
    """A run that is not begun: its plan, the result before any case is run, and the other task that it is against."""

    plan: Plan
    begun: Exhaustion
    against: Task | None

    def job(self) -> dict[str, Any]:
        """Return the description of what is computed, as text and numbers."""
        begun = self.begun
        return {
            **case_job(begun, self.against),
            "kernel": described_kernel(begun.kernel),
            "time": f"{begun.at}",
            "threshold": f"{begun.threshold}",
            "counts": "recorded" if self.plan.counting else "not recorded",
        }


def planned(
    task: Task | TemplateProgram,
    *,
    against: Task | None = None,
    sample: int | None = None,
    seed: int = 0,
    condition: bool = True,
    kernel: KernelLike = "ntk",
    time: Time | None = None,
    threshold: Rational = Fraction(0),
    engine: str | None = None,
) -> Planned:
    """Return the plan of the run of :func:`exhaust` with these arguments."""
    begun = not_begun(
        task,
        against=against,
        sample=sample,
        seed=seed,
        kernel=kernel,
        time=time,
        threshold=threshold,
        engine=engine,
    )
    plan = Plan.of(begun, condition, reference_for(task, against, begun.total))
    return Planned(plan, replace(begun, counted=plan.counting, matches_bound=plan.matches_bound), against)


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


def case_job(begun: Exhaustion, against: Task | None) -> dict[str, Any]:
    """Return the description of the cases of a run, and of what their answers are compared with, for checkpoints."""
    oracle = begun.task.oracle if begun.compared and against is None else None
    return {
        "task": "all inputs" if begun.seed is None else "a sample of the inputs",
        "program": begun.task.program.name,
        "cases": begun.total,
        "seed": begun.seed,
        "program sha256": program_sha256(begun.task),
        "oracle sha256": None if oracle is None else source_sha256(oracle),
        "compared with sha256": None if against is None else program_sha256(against),
    }


def _saved(plan: Plan, tally: CaseTally, seconds: float) -> dict[str, Any]:
    """Return a tally and the seconds that it took as JSON data."""
    return {**tally_json(tally, plan.task.program), "microseconds": round(seconds * 1e6)}


def _restored(plan: Plan, data: Any) -> tuple[CaseTally, float]:
    """Return the tally and the seconds in JSON data; raises an error for invalid data."""
    return plan.tally(data), natural(data["microseconds"], "microseconds") / 1e6


class _Results:
    """The results of tallies of a plan; what was decided for one of them is kept for the next ones."""

    def __init__(self, run: Planned) -> None:
        self.plan, self.begun = run.plan, run.begun
        self._right: dict[Counts, bool] = {}
        self._wrong: tuple[int, WrongCase] | None = None

    def of(self, tally: CaseTally, seconds: float) -> Exhaustion:
        """Return the result; counts are in the order of their first visits, however the tally was made."""
        visited = dict(sorted(tally.visited.items(), key=lambda item: (item[1].case, item[1].step, item[1].bit)))
        return replace(
            self.begun,
            cases=tally.cases,
            wrong=tally.wrong,
            first_wrong=self._first_wrong(tally.first_wrong),
            visited=visited,
            unsound=tuple(counts for counts in visited if not self._rounds_right(counts)),
            seconds=seconds,
        )

    def _rounds_right(self, counts: Counts) -> bool:
        if counts not in self._right:
            begun = self.begun
            self._right[counts] = rounds_right(begun.kernel, counts, at=begun.at, threshold=begun.threshold)
        return self._right[counts]

    def _first_wrong(self, case: int | None) -> WrongCase | None:
        if case is None:
            return None
        if self._wrong is None or self._wrong[0] != case:
            self._wrong = case, _wrong_case(self.plan, case)
        return self._wrong[1]


def _wrong_case(plan: Plan, case: int) -> WrongCase:
    """Run a single case through the template logic."""
    task, inputs = plan.task, case_inputs(plan.task, case, plan.seed)
    row = task.program.row(task.start(*inputs))[None, :]
    for _ in range(task.steps):
        row = task.program.step_rows(row)
    expected = 0 if plan.reference is None else plan.reference.answer(inputs)
    return WrongCase(inputs, task.read_row(row[0]), expected)


def _on(workers: int | None) -> Execute:
    """Return what runs chunks on this computer, in `workers` processes (default: one for each core)."""
    return partial(_run_chunks, workers=workers)


def _run_chunks(plan: Plan, chunks: Sequence[range], workers: int | None) -> Iterator[CaseTally]:
    """Run chunks and yield their tallies in order, in several processes unless there is little work."""
    plan.prepare()
    count = min(workers or os.cpu_count() or 1, len(chunks))
    run = partial(run_chunk, plan)
    if count <= 1 or plan.work < SMALL_WORK or not can_fork():
        results: Iterator[Chunk] = map(run, chunks)
    else:
        results = parallel_map(run, chunks, count)
    for chunk, result in zip(chunks, results, strict=True):
        yield plan.tally_of(chunk, result)
