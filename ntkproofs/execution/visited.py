"""visited_counts: the counts (n, p, t, K) at every state of the runs from all assignments of some free bits."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from ntkproofs.counts import Counts
from ntkproofs.execution.bitsliced import LANES, Planes, SlicedProgram, StateBlock
from ntkproofs.execution.cases import lane_planes
from ntkproofs.execution.recorder import CountsRecorder
from ntkproofs.programs import TemplateProgram

__all__ = ["visited_counts"]

LANE_BITS = 18  # free bits whose assignments are executed together


def visited_counts(program: TemplateProgram, free: Sequence[int], ones: Sequence[int], steps: int) -> frozenset[Counts]:
    """Return the counts at the states before each of `steps` steps, from every assignment of the `free` positions.

    `ones` are the other positions that are 1 at the start; the rest are 0. States that no template matches are omitted,
    since every output is 0 there. The assignments are executed in parts of 2**18, each of which ends early when all its
    states repeat.

    >>> from ntkproofs.programs import permutation
    >>> sorted(map(str, visited_counts(permutation([1, 0]), free=[0], ones=[], steps=2)))
    ['n = 1, p = 0, t = 1, K = 2', 'n = 1, p = 1, t = 1, K = 2']
    """
    lanes = 1 << min(len(free), LANE_BITS)
    block = StateBlock(SlicedProgram(program), max(1, lanes // LANES))
    recorder = CountsRecorder(block)
    for values in product((0, 1), repeat=len(free[LANE_BITS:])):
        block.state[:] = 0
        chosen = [position for position, value in zip(free[LANE_BITS:], values, strict=True) if value]
        block.state[[*ones, *chosen]] = ~np.uint64(0)
        lane_planes(block.state, free[:LANE_BITS])
        _run(block, recorder, min(lanes, LANES), steps)
    return frozenset(counts for counts in recorder.visited if counts.matches)


def _run(block: StateBlock, recorder: CountsRecorder, lanes: int, steps: int) -> None:
    """Record the counts of up to `steps` steps, of the first `lanes` lanes of each word."""
    mask = np.full(block.words, (1 << lanes) - 1, dtype=np.uint64)
    saved: Planes = block.state.copy()
    for number in range(1, steps + 1):
        block.step()
        recorder.record(mask, 0, number - 1)
        if np.array_equal(block.state, saved):
            break
        if number & (number - 1) == 0:  # Brent's cycle detection: save the state after 1, 2, 4, 8, ... steps
            saved = block.state.copy()
