"""Chunks: the cases of a task in blocks of words, and the result of running a range of blocks.

A :class:`Plan` says how the cases are partitioned; :func:`run_chunk` runs a range of its blocks in this process and
returns plain data. Chunks are independent of each other, so that they may run in any order and in any process. The
blocks are run by one of the engines of :mod:`ntkproofs.execution.engines`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from ntkproofs.bounds.moments import demand_networks
from ntkproofs.bounds.rounding import sufficient_applies
from ntkproofs.counts import Counts, bound_matches
from ntkproofs.errors import InputError
from ntkproofs.execution.bitsliced import LANES, Planes, SlicedProgram, StateBlock
from ntkproofs.execution.cases import AllCases, Cases, SampledCases, Words, case_inputs, lane_mask
from ntkproofs.execution.engines import COMPILED
from ntkproofs.execution.exhaustion import Exhaustion
from ntkproofs.execution.oracles import MIN_COMPARED
from ntkproofs.execution.recorder import CountsRecorder, Visit
from ntkproofs.execution.references import Reference
from ntkproofs.execution.tally import CaseTally, Interval, tally_from_json
from ntkproofs.kernels import two_layer_relu
from ntkproofs.programs import Task

if TYPE_CHECKING:
    from ntkproofs.execution.compiled.kernel import Answers
    from ntkproofs.execution.compiled.program import CompiledProgram

__all__ = ["Chunk", "Plan", "run_chunk"]

BLOCK_WORDS = 1 << 17  # of all planes of a block: one megabyte, which fits in the cache of a core
CHUNK_WORK = 1 << 27  # plane words that a chunk processes: some tenths of a second
LEAST_CHUNKS = 4  # if there are as many blocks
COMPILED_BLOCK_WORDS = 1 << 18  # of the planes of inputs and outputs of a block, for compiled code
COMPILED_SPEED = 128  # plane words that compiled code processes in the time in which NumPy processes one


@dataclass(frozen=True)
class Chunk:
    """The result of a range of blocks.

    The number of `cases`, and of those whose answer is `wrong`, with the number of the first of these;
    `visited`: the first occurrence of each of the counts, in order of their occurrence.
    """

    cases: int
    wrong: int
    first_wrong: int | None
    visited: dict[Counts, Visit]


@dataclass(frozen=True)
class Plan:
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
    compiled: CompiledProgram | None

    @classmethod
    def of(cls, result: Exhaustion, condition: bool, reference: Reference | None) -> Plan:
        """Return the plan for a result; raises InputError if the kernel is not positive definite on the samples."""
        task, kernel, total = result.task, result.kernel, result.total
        program, sliced = task.program, SlicedProgram(task.program)
        bound = bound_matches(program).bound
        if kernel not in (two_layer_relu("ntk"), two_layer_relu("nngp")):  # of which there are networks
            for matches in range(bound + 1):
                demand_networks(kernel, matches, program.samples)
        result.at.demand_allowed(kernel, program.samples)
        provable = int(program.writers.max()) * bound <= program.samples and sufficient_applies(kernel)
        counting = condition or not provable or not result.at.converged or result.threshold != 0
        planes = 4 * program.output_bits + len(program.templates) * (2 if counting else 1)
        compiled, limit, speed = None, BLOCK_WORDS // planes, 1
        if result.engine == COMPILED:
            from ntkproofs.execution.compiled.program import CompiledProgram

            compiled = CompiledProgram(program, bound, counting, _answers(task, reference))
            limit, speed = COMPILED_BLOCK_WORDS // (task.input_bits + len(task.output)), COMPILED_SPEED
        total_words = -(-total // LANES)
        words = min(1 << (total_words - 1).bit_length(), max(8, 1 << max(1, limit).bit_length() - 1))
        blocks = -(-total_words // words)
        work = max(1, words * planes * max(1, task.steps) // speed)
        return cls(
            task=task,
            sliced=sliced,
            words=words,
            blocks=blocks,
            blocks_per_chunk=min(-(-blocks // LEAST_CHUNKS), max(1, CHUNK_WORK // work)),
            counting=counting,
            matches_bound=bound,
            work=work * blocks,
            total=total,
            seed=result.seed,
            reference=reference,
            compiled=compiled,
        )

    def prepare(self) -> None:
        """Compile the code, if there is any, so that processes which are started afterwards need not."""
        if self.compiled is not None:
            self.compiled.prepare()

    def cases(self) -> Cases:
        """Return the inputs of the blocks."""
        if self.seed is None:
            return AllCases(self.task, self.words)
        return SampledCases(self.task, self.words, self.total, self.seed)

    def chunks(self, tally: CaseTally | None = None) -> Sequence[range]:
        """Return the numbers of the cases of each chunk, of those that are not in the tally."""
        missing = CaseTally().missing(self.total) if tally is None else tally.missing(self.total)
        return Chunks(list(missing), self.blocks_per_chunk * self.words * LANES)

    def tally_of(self, chunk: range, result: Chunk) -> CaseTally:
        """Return the result of the cases of a chunk as a tally."""
        return CaseTally(((chunk.start, chunk.stop),), result.wrong, result.first_wrong, result.visited)

    def tally(self, data: Any) -> CaseTally:
        """Return the tally with this JSON data; raises an error for data that is no tally of cases of this plan."""
        tally = tally_from_json(data, self.task.program, self.total, self.task.steps)
        if tally.visited and not self.counting:
            raise InputError("there are counts, which are not recorded")
        return tally


class Chunks(Sequence[range]):
    """The parts of some intervals between the multiples of `size`, which are not kept in memory.

    >>> list(Chunks([(0, 3), (5, 10)], 4))
    [range(0, 3), range(5, 8), range(8, 10)]
    """

    def __init__(self, intervals: Sequence[Interval], size: int) -> None:
        self._size, self._intervals = size, intervals
        self._ends = list(accumulate(-(-last // size) - first // size for first, last in intervals))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, index: Any) -> Any:
        if not 0 <= index < len(self):
            raise IndexError(index)
        number = bisect_right(self._ends, index)
        (first, last), size = self._intervals[number], self._size
        start = (first // size + index - (self._ends[number - 1] if number else 0)) * size
        return range(max(first, start), min(last, start + size))


def _answers(task: Task, reference: Reference | None) -> Answers | None:
    if reference is None or reference.operations is None:
        return None
    from ntkproofs.execution.compiled.kernel import Answers

    outputs = tuple(task.program.position(bit) for bit in task.output)
    return Answers(reference.operations, tuple(task.input_widths), outputs)


class _Engine(ABC):
    """What runs the blocks of a plan; `visited` maps the counts that occurred to their first visits."""

    visited: dict[Counts, Visit]

    @abstractmethod
    def run(self, mask: Words, first: int) -> Planes:
        """Run the cases from number `first` on, those of the lanes in `mask`, and return the planes of the outputs."""

    @property
    def differences(self) -> Words | None:
        """The plane of the last cases whose answers are wrong; None if the engine did not compare them."""
        return None


class _Numpy(_Engine):
    def __init__(self, plan: Plan, inputs: Cases) -> None:
        self.inputs, self.steps = inputs, plan.task.steps
        self.states = StateBlock(plan.sliced, plan.words)
        self.recorder = CountsRecorder(self.states) if plan.counting else None
        self.visited = {} if self.recorder is None else self.recorder.visited
        self.output = [plan.task.program.position(bit) for bit in plan.task.output]

    def run(self, mask: Words, first: int) -> Planes:
        self.inputs.load(self.states.state, first)
        for step in range(self.steps):
            self.states.step()
            if self.recorder is not None:
                self.recorder.record(mask, first, step)
        return self.states.state[self.output]


class _Compiled(_Engine):
    def __init__(self, compiled: CompiledProgram, plan: Plan, inputs: Cases) -> None:
        from ntkproofs.execution.compiled.program import BlockRunner

        self.inputs, self.samples = inputs, plan.task.program.samples
        self.runner = BlockRunner(compiled, plan.sliced, plan.task, inputs)

    def run(self, mask: Words, first: int) -> Planes:
        self.runner.run(self.inputs.planes(first), mask, first)
        return self.runner.outputs

    @property
    def differences(self) -> Words | None:
        return self.runner.differences

    @property
    def visited(self) -> dict[Counts, Visit]:  # type: ignore[override]
        """The first visits of all counts so far."""
        visits = {} if self.runner.visits is None else self.runner.visits.visits
        return {Counts(*triple, self.samples): visit for triple, visit in visits.items()}


def run_chunk(plan: Plan, chunk: range) -> Chunk:
    """Run the cases with the numbers of a chunk, in whole blocks, of which other lanes are not counted."""
    inputs, size = plan.cases(), plan.words * LANES
    engine = _Numpy(plan, inputs) if plan.compiled is None else _Compiled(plan.compiled, plan, inputs)
    cases, wrong, first_wrong = 0, 0, None
    for first in range(chunk.start // size * size, chunk.stop, size):
        number, skipped = min(size, chunk.stop - first), max(0, chunk.start - first)
        mask = lane_mask(plan.words, number) & ~lane_mask(plan.words, skipped)
        outputs = engine.run(mask, first)
        cases += number - skipped
        if plan.reference is None:
            continue
        if first <= chunk.start and engine.differences is not None:
            _compare_some(plan, engine.differences, outputs, first, number)
        differs = _differences(plan.reference, engine, inputs, outputs, first) & mask
        if differs.any():
            offsets = np.flatnonzero(np.unpackbits(differs.astype("<u8").view(np.uint8), bitorder="little"))
            wrong += len(offsets)
            first_wrong = first + int(offsets[0]) if first_wrong is None else first_wrong
    visits = sorted(engine.visited.items(), key=lambda item: (item[1].case, item[1].step, item[0]))
    return Chunk(cases, wrong, first_wrong, dict(visits))


def _differences(reference: Reference, engine: _Engine, inputs: Cases, outputs: Planes, first: int) -> Words:
    """Return the plane of the cases whose answers are wrong."""
    differences = engine.differences
    return reference.differences(inputs, outputs, first) if differences is None else differences


def _compare_some(plan: Plan, differences: Words, outputs: Planes, first: int, number: int) -> None:
    """Compare random cases of a block with the oracle's values on Python integers.

    Raises InputError if an answer is wrong where `differences` is not set, or right where it is.
    """
    reference, random = plan.reference, np.random.default_rng(first)
    if reference is None:
        return
    for case in {0, number - 1, *random.integers(number, size=MIN_COMPARED).tolist()}:
        word, lane = divmod(case, LANES)
        got = sum((int(plane[word]) >> lane & 1) << bit for bit, plane in enumerate(outputs))
        values = case_inputs(plan.task, first + case, plan.seed)
        answer = reference.answer(values)
        if (got != answer) != bool(int(differences[word]) >> lane & 1):
            raise InputError(
                f"the oracle of {plan.task.program.name} gives {answer} at the inputs {values}, and another value if "
                "its operations are applied to other types: its value must not depend on the type of its arguments"
            )
