"""exhaust_networks: run a program through given networks on every input, with every output bit decided exactly.

The states that the program visits are enumerated by its template logic, 64 to a machine word. The networks answer the
same bits until the first wrong one, so a case is right if and only if, at every state on its way, the networks decide
all bits as the program writes them. Outputs depend on the set of matching templates only, so each set is decided once
(:mod:`ntkproofs.execution.match_sets`). The answers of the program are compared with its oracle as well, as
:func:`ntkproofs.execution.exhaust` does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError
from ntkproofs.execution.bitsliced import LANES, SlicedProgram, StateBlock, unslice
from ntkproofs.execution.cases import AllCases, Cases, SampledCases, case_inputs
from ntkproofs.execution.executed import Executed
from ntkproofs.execution.exhaust import not_begun, reference_for
from ntkproofs.execution.exhaustion import WrongCase
from ntkproofs.execution.fitting import chosen_threshold, demand_fit
from ntkproofs.execution.match_sets import MatchSets, distinct, keys_of
from ntkproofs.execution.network_exhaustion import NetworkExhaustion, Place, ThresholdInterval, WrongStep
from ntkproofs.execution.references import Reference
from ntkproofs.execution.shrinking import shrink
from ntkproofs.execution.streams_through_networks import stream_chunks
from ntkproofs.programs import Stream, Task, TemplateProgram
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
) -> NetworkExhaustion:
    """Run a program through `networks` on all its inputs, and decide every output bit exactly.

    Of a task, all inputs are run; of a program, one step from every state; of a stream, every input at every clock from
    all states that occur. `threshold`: a fraction (default: that of the networks' file, else the balanced one for the
    program). `sample`: run so many independent random inputs, determined by `seed`, in place of all; the first wrong
    case is then replaced by one with small inputs. `against`: a task whose answers are expected in place of the
    oracle's. `clocks`: of a stream, the length of the sequences of inputs (default: any). Raises InputError for
    networks that do not fit the program, for a threshold that is not rational, and for too many inputs.

    >>> from ntkproofs.programs import permutation_task
    >>> networks = Networks.of(np.eye(3), np.eye(3))
    >>> result = exhaust_networks(permutation_task([1, 2, 0]), networks, threshold=Fraction(1, 2))
    >>> result.cases, result.wrong, result.match_sets, result.at_threshold, result.holds
    (8, 0, 8, 0, True)
    >>> print(result.smallest_margin.value, result.smallest_margin.place.inputs)
    -1/2 + 1/3*sqrt(3) (7,)
    """
    *_, result = exhaust_networks_chunks(
        task, networks, threshold=threshold, sample=sample, seed=seed, against=against, clocks=clocks
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
) -> Iterator[NetworkExhaustion]:
    """Run like :func:`exhaust_networks`, and yield the result so far: at first, and after every block of cases.

    The last one is complete, except if a stream has more states than are explored. `progress` is called with the
    part that is done of the outputs of a block.
    """
    program = _program_of(task)
    demand_fit(program, networks)
    tau = chosen_threshold(program, networks, threshold)
    yield from _chunks(task, networks, tau, sample, seed, against, clocks, progress)


def search_thresholds(
    task: Task | TemplateProgram | Stream,
    networks: Networks,
    *,
    sample: int | None = None,
    seed: int = 0,
    clocks: int | None = None,
) -> ThresholdInterval:
    """Return the thresholds at which `networks` execute a program exactly on all its inputs, or that there are none.

    Parameters and errors of :func:`exhaust_networks`.

    >>> from ntkproofs.programs import permutation_task
    >>> found = search_thresholds(permutation_task([1, 0]), Networks.of(np.eye(2), np.eye(2)))
    >>> print(found, found.threshold(), sep="; ")
    the thresholds above 0 and below 1/2*sqrt(2) = 0.70710678… are right; 1/2
    """
    *_, result = search_thresholds_chunks(task, networks, sample=sample, seed=seed, clocks=clocks)
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
) -> Iterator[NetworkExhaustion]:
    """Run like :func:`search_thresholds`, and yield the result so far, whose `threshold` is None, after every block."""
    demand_fit(_program_of(task), networks)
    yield from _chunks(task, networks, None, sample, seed, against, clocks, progress)


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
) -> Iterator[NetworkExhaustion]:
    if isinstance(task, Stream):
        if sample is not None or against is not None:
            raise InputError(
                "a sample, or another task to compare with, is for tasks; all sequences of a stream are run"
            )
        yield from stream_chunks(task, MatchSets(task.program, networks, threshold, progress), clocks)
        return
    if clocks is not None:
        raise InputError(f"clocks are those of a Stream, got {type(task).__name__}")
    before = not_begun(task, against=against, sample=sample, seed=seed)
    result = NetworkExhaustion(
        before.task, networks, threshold, before.total, seed=before.seed, compared=before.compared
    )
    yield result
    sets = MatchSets(before.task.program, networks, threshold, progress)
    start = time.perf_counter()
    for block in _Run(
        before.task, sets, before.total, before.seed, reference_for(task, against, before.total)
    ).blocks():
        result = replace(
            result,
            cases=result.cases + block.cases,
            wrong=result.wrong + block.wrong_cases,
            wrong_answers=result.wrong_answers + block.wrong_answers,
            first_wrong=result.first_wrong or block.first_wrong,
            first_wrong_answer=result.first_wrong_answer or block.first_wrong_answer,
            seconds=time.perf_counter() - start,
            **sets.state_of_result(),
        )
        yield result


@dataclass(frozen=True)
class _Block:
    """The result of a block of cases."""

    cases: int
    wrong_cases: int
    wrong_answers: int
    first_wrong: WrongStep | None
    first_wrong_answer: WrongCase | None


class _Run:
    """The execution of a task, in blocks of cases."""

    def __init__(self, task: Task, sets: MatchSets, total: int, seed: int | None, reference: Reference | None) -> None:
        self.task, self.sets, self.total, self.seed, self.reference = task, sets, total, seed, reference
        program, sliced = task.program, SlicedProgram(task.program)
        most = max(8, 1 << max(1, BLOCK // LANES // len(program.templates)).bit_length() - 1)
        self.words = min(1 << (-(-total // LANES) - 1).bit_length(), most)
        self.state = StateBlock(sliced, self.words)
        self.order = np.argsort(sliced.templates)  # the match plane of each template
        self.output = [program.position(bit) for bit in task.output]
        self.inputs: Cases = AllCases(task, self.words) if seed is None else SampledCases(task, self.words, total, seed)
        self.found: tuple[bool, bool] = False, False  # a wrong step, a wrong answer: the first of each is described

    def blocks(self) -> Iterator[_Block]:
        """Run the blocks one after another."""
        for first in range(0, self.total, self.words * LANES):
            yield self._block(first, min(self.words * LANES, self.total - first))

    def _block(self, first: int, cases: int) -> _Block:
        self._decide(first, cases)
        wrong = self._differing(first, cases) if self.reference is not None else np.zeros(cases, dtype=np.bool_)
        answers = int(wrong.sum())
        first_answer = None if not answers or self.found[1] else self._wrong_case(first + int(np.argmax(wrong)))
        steps = self._wrong_steps(first, cases) if self.sets.wrong else np.zeros(cases, dtype=np.bool_)
        first_step = None if not steps.any() or self.found[0] else self._wrong_step(first + int(np.argmax(steps)))
        self.found = self.found[0] or first_step is not None, self.found[1] or first_answer is not None
        return _Block(cases, int((wrong | steps).sum()), answers, first_step, first_answer)

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
