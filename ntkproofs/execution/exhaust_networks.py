"""exhaust_networks: run a program through given networks on every input, with every output bit decided exactly.

The states that the program visits are enumerated by its template logic, 64 to a machine word. The networks answer the
same bits until the first wrong one, so a case is right if and only if, at every state on its way, the networks decide
all bits as the program writes them. Outputs depend on the set of matching templates only, so each set is decided once
(:mod:`ntkproofs.execution.match_sets`). The answers of the program are compared with its oracle as well, as
:func:`ntkproofs.execution.exhaust` does.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError
from ntkproofs.execution.bitsliced import LANES, SlicedProgram, StateBlock, unslice
from ntkproofs.execution.cases import AllCases, Cases, SampledCases, case_inputs
from ntkproofs.execution.checkpoints import opened
from ntkproofs.execution.executed import Executed
from ntkproofs.execution.exhaust import case_job, not_begun, reference_for
from ntkproofs.execution.exhaustion import WrongCase
from ntkproofs.execution.fitting import chosen_threshold, demand_fit
from ntkproofs.execution.match_sets import MatchSets, distinct, keys_of
from ntkproofs.execution.network_exhaustion import NetworkExhaustion, Place, ThresholdInterval, WrongStep
from ntkproofs.execution.references import Reference
from ntkproofs.execution.shrinking import shrink
from ntkproofs.execution.streams_through_networks import stream_chunks
from ntkproofs.execution.tally import natural
from ntkproofs.programs import Rows, Stream, Task, TemplateProgram
from ntkproofs.weights import Networks

__all__ = ["exhaust_networks", "exhaust_networks_chunks", "search_thresholds", "search_thresholds_chunks"]

BLOCK = 1 << 24  # matches of templates and cases of a block, one byte each
Progress = Callable[[float], object]


def exhaust_networks(
    task: Task | TemplateProgram | Stream,
    networks: Networks,
    *,
    threshold: Fraction | int | None = None,
    sample: int | None = None,
    seed: int = 0,
    against: Task | None = None,
    clocks: int | None = None,
    resume: str | os.PathLike[str] | None = None,
) -> NetworkExhaustion:
    """Run a program through `networks` on all its inputs, and decide every output bit exactly.

    Of a task, all inputs are run; of a program, one step from every state; of a stream, every input at every clock from
    all states that occur. `threshold`: a fraction (default: that of the networks' file, else the balanced one for the
    program). `sample`: run so many independent random inputs, determined by `seed`, in place of all; the first wrong
    case is then replaced by one with small inputs. `against`: a task whose answers are expected in place of the
    oracle's. `clocks`: of a stream, the length of the sequences of inputs (default: any). `resume`: a file for
    checkpoints, as of :func:`~ntkproofs.execution.exhaust`. Raises InputError for networks that do not fit the program,
    for a threshold that is not rational, and for too many inputs.

    >>> from ntkproofs.programs import permutation_task
    >>> networks = Networks.of(np.eye(3), np.eye(3))
    >>> result = exhaust_networks(permutation_task([1, 2, 0]), networks, threshold=Fraction(1, 2))
    >>> result.cases, result.wrong, result.match_sets, result.at_threshold, result.holds
    (8, 0, 8, 0, True)
    >>> print(result.smallest_margin.value, result.smallest_margin.place.inputs)
    -1/2 + 1/3*sqrt(3) (7,)
    """
    *_, result = exhaust_networks_chunks(
        task,
        networks,
        threshold=threshold,
        sample=sample,
        seed=seed,
        against=against,
        clocks=clocks,
        resume=resume,
    )
    return result


def exhaust_networks_chunks(
    task: Task | TemplateProgram | Stream,
    networks: Networks,
    *,
    threshold: Fraction | int | None = None,
    sample: int | None = None,
    seed: int = 0,
    against: Task | None = None,
    clocks: int | None = None,
    progress: Progress | None = None,
    resume: str | os.PathLike[str] | None = None,
) -> Generator[NetworkExhaustion, None, None]:
    """Run like :func:`exhaust_networks`, and yield the result so far: at first, and after every block of cases.

    The last one is complete, except if a stream has more states than are explored. `progress` is called with the
    part that is done of the outputs of a block.
    """
    program = _program_of(task)
    demand_fit(program, networks)
    tau = chosen_threshold(program, networks, threshold)
    yield from _chunks(task, networks, tau, sample, seed, against, clocks, progress, resume)


def search_thresholds(
    task: Task | TemplateProgram | Stream,
    networks: Networks,
    *,
    sample: int | None = None,
    seed: int = 0,
    clocks: int | None = None,
    resume: str | os.PathLike[str] | None = None,
) -> ThresholdInterval:
    """Return the thresholds at which `networks` execute a program exactly on all its inputs, or that there are none.

    Parameters and errors of :func:`exhaust_networks`.

    >>> from ntkproofs.programs import permutation_task
    >>> found = search_thresholds(permutation_task([1, 0]), Networks.of(np.eye(2), np.eye(2)))
    >>> print(found, found.threshold(), sep="; ")
    the thresholds above 0 and below 1/2*sqrt(2) = 0.70710678… are right; 1/2
    """
    *_, result = search_thresholds_chunks(task, networks, sample=sample, seed=seed, clocks=clocks, resume=resume)
    return result.interval()


def search_thresholds_chunks(
    task: Task | TemplateProgram | Stream,
    networks: Networks,
    *,
    sample: int | None = None,
    seed: int = 0,
    against: Task | None = None,
    clocks: int | None = None,
    progress: Progress | None = None,
    resume: str | os.PathLike[str] | None = None,
) -> Generator[NetworkExhaustion, None, None]:
    """Run like :func:`search_thresholds`, and yield the result so far, whose `threshold` is None, after every block."""
    demand_fit(_program_of(task), networks)
    yield from _chunks(task, networks, None, sample, seed, against, clocks, progress, resume)


def _program_of(task: Task | TemplateProgram | Stream) -> TemplateProgram:
    return task.program if isinstance(task, Task | Stream) else task


def _chunks(
    task: Task | TemplateProgram | Stream,
    networks: Networks,
    threshold: Fraction | None,
    sample: int | None,
    seed: int,
    against: Task | None,
    clocks: int | None,
    progress: Progress | None,
    resume: str | os.PathLike[str] | None,
) -> Generator[NetworkExhaustion, None, None]:
    sets = MatchSets(_program_of(task), networks, threshold, progress)
    if isinstance(task, Stream):
        if sample is not None or against is not None:
            raise InputError(
                "a sample, or another task to compare with, is for tasks; all sequences of a stream are run"
            )
        yield from stream_chunks(task, sets, clocks, resume)
        return
    if clocks is not None:
        raise InputError(f"clocks are those of a Stream, got {type(task).__name__}")
    before = not_begun(task, against=against, sample=sample, seed=seed)
    result = NetworkExhaustion(
        before.task, networks, threshold, before.total, seed=before.seed, compared=before.compared
    )
    run = _Run(before.task, sets, before.total, before.seed, reference_for(task, against, before.total))
    with opened(resume, lambda: case_job(before, against) | sets.job()) as checkpoint:
        seconds = checkpoint.restored(run.restore) or 0.0
        start = time.perf_counter() - seconds
        checkpoint.update(run.saved(seconds))
        yield run.added_to(result, seconds)
        for _ in run.blocks():
            seconds = time.perf_counter() - start
            checkpoint.update(run.saved(seconds))
            yield run.added_to(result, seconds)


class _Run:
    """The execution of a task, in blocks of cases, and what occurred in the first `cases` cases."""

    def __init__(self, task: Task, sets: MatchSets, total: int, seed: int | None, reference: Reference | None) -> None:
        self.task, self.sets, self.total, self.seed, self.reference = task, sets, total, seed, reference
        program, sliced = task.program, SlicedProgram(task.program)
        most = max(8, 1 << max(1, BLOCK // LANES // len(program.templates)).bit_length() - 1)
        self.words = min(1 << (-(-total // LANES) - 1).bit_length(), most)
        self.state = StateBlock(sliced, self.words)
        self.order = np.argsort(sliced.templates)  # the match plane of each template
        self.output = [program.position(bit) for bit in task.output]
        self.inputs: Cases = AllCases(task, self.words) if seed is None else SampledCases(task, self.words, total, seed)
        self.cases = self.wrong = self.wrong_answers = 0
        self.first_case: int | None = None  # the first case with a wrong step, which `first_wrong` describes
        self.first_answer: int | None = None  # the first case with a wrong answer
        self.first_wrong: WrongStep | None = None
        self.first_wrong_answer: WrongCase | None = None

    def blocks(self) -> Iterator[None]:
        """Run the blocks that are not done, one after another; yield after each of them."""
        for first in range(self.cases, self.total, self.words * LANES):
            self._block(first, min(self.words * LANES, self.total - first))
            yield

    def added_to(self, result: NetworkExhaustion, seconds: float) -> NetworkExhaustion:
        """Return a result that is not begun with what is known so far."""
        return replace(
            result,
            cases=self.cases,
            wrong=self.wrong,
            wrong_answers=self.wrong_answers,
            first_wrong=self.first_wrong,
            first_wrong_answer=self.first_wrong_answer,
            seconds=seconds,
            **self.sets.state_of_result(),
        )

    def _block(self, first: int, cases: int) -> None:
        self._decide(first, cases)
        wrong = self._differing(first, cases) if self.reference is not None else np.zeros(cases, dtype=np.bool_)
        steps = self._wrong_steps(first, cases) if self.sets.wrong else np.zeros(cases, dtype=np.bool_)
        if wrong.any() and self.first_answer is None:
            self._describe_answer(first + int(np.argmax(wrong)))
        if steps.any() and self.first_case is None:
            self._describe_step(first + int(np.argmax(steps)))
        self.wrong, self.wrong_answers = self.wrong + int((wrong | steps).sum()), self.wrong_answers + int(wrong.sum())
        self.cases += cases

    def _describe_step(self, case: int) -> None:
        self.first_case, self.first_wrong = case, self._wrong_step(case)

    def _describe_answer(self, case: int) -> None:
        self.first_answer, self.first_wrong_answer = case, self._wrong_case(case)

    # --- for checkpoints

    def saved(self, seconds: float) -> Callable[[], dict[str, Any]]:
        """Return a function that returns this state as JSON data, also when more blocks were run."""
        sets = self.sets.saved()
        own = {
            "cases": self.cases,
            "wrong": self.wrong,
            "wrong_answers": self.wrong_answers,
            "first_wrong": self.first_case,
            "first_wrong_answer": self.first_answer,
            "microseconds": round(seconds * 1e6),
        }
        return lambda: {**own, "sets": sets()}

    def restore(self, data: Any) -> float:
        """Bring a run that is not begun into a saved state, and return the seconds that it took.

        Raises InputError, KeyError, TypeError or ValueError for data that is no such state.
        """
        self.cases = natural(data["cases"], "cases", self.total)
        if self.cases % (self.words * LANES) and self.cases != self.total:
            raise InputError("the cases that are done do not fill blocks")
        self.wrong = natural(data["wrong"], "wrong", self.cases)
        self.wrong_answers = natural(data["wrong_answers"], "wrong_answers", self.wrong)
        self.sets.restore(data["sets"], self._row_at)
        if data["first_wrong"] is not None:
            self._describe_step(natural(data["first_wrong"], "first_wrong", self.cases - 1))
        if data["first_wrong_answer"] is not None:
            self._describe_answer(natural(data["first_wrong_answer"], "first_wrong_answer", self.cases - 1))
        return natural(data["microseconds"], "microseconds") / 1e6

    def _row_at(self, inputs: Any, step: int) -> Rows:
        """Return the state of a case after some steps."""
        values = tuple(natural(value, "an input") for value in inputs)
        return np.asarray(self._rows([values])[0, natural(step, "step", self.task.steps - 1)])

    def _packed(self, first: int, cases: int) -> Iterator[NDArray[np.uint8]]:
        """Run a block; yield the set of matching templates of each case at each step."""
        self.inputs.load(self.state.state, first)
        for _ in range(self.task.steps):
            self.state.step()
            yield keys_of(unslice(self.state.match[self.order], cases).astype(np.bool_))

    def _decide(self, first: int, cases: int) -> None:
        """Run a block, and decide the sets of matching templates that are new."""
        new: dict[bytes, tuple[int, int]] = {}
        for step, packed in enumerate(self._packed(first, cases)):
            keys, indices, _ = distinct(packed)
            for number in self.sets.new(keys):
                new.setdefault(keys[number], (first + int(indices[number]), step))
        places = list(new.values())
        if new:
            self.sets.decide(list(new), lambda index: self._place(*places[index]))

    def _differing(self, first: int, cases: int) -> NDArray[np.bool_]:
        """Return the cases of the block that was just run whose answer is not the expected one."""
        outputs = self.state.state[self.output]
        differs = self.reference.differences(self.inputs, outputs, first) if self.reference is not None else None
        if differs is None:
            return np.zeros(cases, dtype=np.bool_)
        return _lanes(differs, cases)

    def _wrong_steps(self, first: int, cases: int) -> NDArray[np.bool_]:
        """Return the cases with a wrong bit at one of their steps."""
        wrong = np.zeros(cases, dtype=np.bool_)
        for packed in self._packed(first, cases):
            keys, _, numbers = distinct(packed)
            wrong |= np.array([key in self.sets.wrong for key in keys], dtype=np.bool_)[numbers]
        return wrong

    def _rows(self, inputs: Sequence[tuple[int, ...]]) -> NDArray[np.uint8]:
        """Return the states of some cases, ``(cases, steps + 1, bits)``."""
        rows = [np.stack([self.task.program.row(self.task.start(*values)) for values in inputs])]
        for _ in range(self.task.steps):
            rows.append(self.task.program.step_rows(rows[-1]))
        return np.stack(rows, axis=1)

    def _place(self, case: int, step: int) -> Place:
        inputs = case_inputs(self.task, case, self.seed)
        return Place(inputs, step, self.task.program.unrow(self._rows([inputs])[0, step]))

    def _execute(self, inputs: Sequence[tuple[int, ...]]) -> Executed:
        """Execute all steps of some cases."""
        rows = self._rows(inputs)[:, :-1].reshape(-1, self.task.program.output_bits)
        if self.sets.threshold is None:
            raise InputError("without a threshold no bit is wrong")
        return Executed.of(self.task.program, self.sets.networks, self.sets.threshold, rows)

    def _wrong_step(self, case: int) -> WrongStep:
        """Return the first wrong step of a case; of a sample, that of small inputs to which the case shrinks."""
        inputs = case_inputs(self.task, case, self.seed)
        if self.seed is not None:
            inputs = shrink(inputs, self.task.input_widths, self._wrong_bits)
        found = self._execute([inputs]).first_wrong()
        if found is None:
            raise InputError(f"no bit is wrong at the inputs {inputs}")
        return WrongStep(inputs, *found)

    def _wrong_bits(self, inputs: list[tuple[int, ...]]) -> list[bool]:
        """Return at which of the inputs some step has a wrong bit."""
        if not inputs:
            return []
        states = self._execute(inputs).wrong_bits.any(axis=1)
        return [bool(wrong) for wrong in np.any(states.reshape(len(inputs), -1), axis=1)]

    def _wrong_case(self, case: int) -> WrongCase:
        """Return a case with a wrong answer; of a sample, small inputs to which it shrinks."""
        inputs = case_inputs(self.task, case, self.seed)
        if self.seed is not None:
            inputs = shrink(inputs, self.task.input_widths, self._wrong_answers)
        return WrongCase(inputs, *self._answer(inputs))

    def _answer(self, inputs: tuple[int, ...]) -> tuple[int, int]:
        """Return the answer of the program, and the expected one."""
        expected = 0 if self.reference is None else self.reference.answer(inputs)
        return self.task.read_row(self._rows([inputs])[0, -1]), expected

    def _wrong_answers(self, inputs: list[tuple[int, ...]]) -> list[bool]:
        return [got != expected for got, expected in map(self._answer, inputs)]


def _lanes(plane: NDArray[np.uint64], cases: int) -> NDArray[np.bool_]:
    """Return the lanes of a plane, ``(cases,)``."""
    octets = np.ascontiguousarray(plane.astype("<u8")).view(np.uint8)
    return np.unpackbits(octets, count=cases, bitorder="little").astype(np.bool_)
