"""Chunks: the cases of a task in blocks of words, and the result of running a range of blocks.

A :class:`Plan` says how the cases are partitioned; :func:`run_chunk` runs a range of its blocks in this process and
returns plain data. Chunks are independent of each other, so that they may run in any order and in any process.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ntkproofs.bounds.moments import demand_networks
from ntkproofs.bounds.rounding import sufficient_applies
from ntkproofs.counts import Counts, bound_matches
from ntkproofs.execution.bitsliced import LANES, SlicedProgram, StateBlock
from ntkproofs.execution.cases import AllCases, Cases, SampledCases, lane_mask
from ntkproofs.execution.exhaustion import Exhaustion
from ntkproofs.execution.recorder import CountsRecorder, Visit
from ntkproofs.execution.references import Reference
from ntkproofs.kernels import two_layer_relu
from ntkproofs.programs import Task

__all__ = ["Chunk", "Plan", "run_chunk"]

BLOCK_WORDS = 1 << 17  # of all planes of a block: one megabyte, which fits in the cache of a core
CHUNK_WORK = 1 << 27  # plane words that a chunk processes: some tenths of a second


@dataclass(frozen=True)
class Chunk:
    """The result of a range of blocks.

    The number of `cases`, and of those whose answer is `wrong`, with the number of the first of these;
    `visited`: the first occurrence of each of the counts.
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


def run_chunk(plan: Plan, chunk: range) -> Chunk:
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
    return Chunk(cases, wrong, first_wrong, {} if recorder is None else recorder.visited)
