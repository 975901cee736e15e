"""Visited counts: the counts (n, p, t, K) at every state of a run, for all assignments of its free bits at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ntkproofs.counts import Counts
from ntkproofs.execution.bitsliced import LANES, Planes, Slab, SlicedProgram
from ntkproofs.execution.cases import lane_planes
from ntkproofs.execution.census import Census
from ntkproofs.programs import TemplateProgram

__all__ = ["visited_counts"]


def visited_counts(program: TemplateProgram, free: Sequence[int], ones: Sequence[int], steps: int) -> frozenset[Counts]:
    """Return the counts at all states of `steps` steps from every assignment of the `free` positions.

    `ones` are the positions that are 1 at the start; all others are 0. States that no template matches are left out:
    every output is 0 there. Stops early once all states repeat earlier ones. Memory grows with ``2**len(free)``.

    >>> from ntkproofs.programs import permutation
    >>> sorted(map(str, visited_counts(permutation([1, 0]), free=[0], ones=[], steps=2)))
    ['n = 1, p = 0, t = 1, K = 2', 'n = 1, p = 1, t = 1, K = 2']
    """
    lanes = 1 << len(free)
    slab = Slab(SlicedProgram(program), max(1, lanes // LANES))
    census = Census(slab)
    slab.state[list(ones)] = ~np.uint64(0)
    lane_planes(slab.state, free)
    mask = np.full(slab.words, (1 << min(lanes, LANES)) - 1, dtype=np.uint64)
    kept: Planes = slab.state.copy()
    for number in range(1, steps + 1):
        slab.step()
        census.look(mask, 0, number - 1)
        if np.array_equal(slab.state, kept):
            break
        if number & (number - 1) == 0:  # a later state to compare with, so that every cycle is noticed (Brent)
            kept = slab.state.copy()
    return frozenset(counts for counts in census.visited if counts.matches)
