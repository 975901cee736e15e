"""ThresholdSearch: the thresholds at which networks execute single runs of a program, each output compared exactly.

The states of a run are those of the templates: the networks answer the same bits at every threshold that is right. For
all inputs of a program see :func:`ntkproofs.execution.search_thresholds`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ntkproofs.counts import Counts
from ntkproofs.execution.fitting import demand_fit, kernel_of
from ntkproofs.execution.match_sets import MatchSets, distinct, keys_of
from ntkproofs.execution.network_exhaustion import NetworkExhaustion, Place, ThresholdInterval
from ntkproofs.execution.runner import Runner
from ntkproofs.execution.trace import Trace
from ntkproofs.programs import Rows, Task, TemplateProgram
from ntkproofs.validation import integer
from ntkproofs.weights import Networks

__all__ = ["ThresholdSearch"]


class ThresholdSearch(Runner):
    """Execute a program by its templates, and compare the outputs of `networks` at all states of its runs.

    :meth:`interval` returns the thresholds that are right at all steps so far. Raises InputError if the networks do not
    fit the program.

    >>> from ntkproofs.programs import permutation
    >>> search = ThresholdSearch(permutation([1, 0]), Networks.of(np.eye(2), np.eye(2)))
    >>> search.run({"bits": [1, 0]}, steps=2).final
    {'bits': [1, 0]}
    >>> print(search.interval().low, search.interval().high)
    0 1
    """

    def __init__(self, program: TemplateProgram, networks: Networks) -> None:
        demand_fit(program, networks)
        self.program, self.networks = program, networks
        self._sets, self._steps = MatchSets(program, networks, None), 0

    def step_rows(self, rows: Rows) -> tuple[Rows, frozenset[Counts]]:
        """Return the next states of many states by the templates, and no counts."""
        program = self.program
        match = program.match_rows(rows)
        keys, first, _ = distinct(keys_of(match.astype(np.bool_)))
        new, begun = self._sets.new(keys), self._steps
        if new:

            def place(index: int) -> Place:
                state = int(first[new[index]])
                return Place((), begun + state, program.unrow(rows[state]))

            self._sets.decide([keys[number] for number in new], place)
        self._steps += len(rows)
        return (program.matched_writers_rows(match) > 0).astype(np.uint8), frozenset()

    def run(
        self, state: Mapping[str, Sequence[int]], *, steps: int, watch: Callable[[int], object] | None = None
    ) -> Trace:
        """Return the states of `steps` steps by the templates; `watch` is called with the number of steps done."""
        rows = [self.program.row(state)[None, :]]
        for _ in range(integer(steps, "steps", low=0)):
            rows.append(self.program.step_rows(rows[-1]))
        if steps:
            self.step_rows(np.concatenate(rows[:-1]))
        if watch is not None:
            watch(steps)
        packed = np.stack([np.packbits(row[0]) for row in rows])
        return Trace(self.program, kernel_of(self.networks), packed, (frozenset(),) * steps)

    def interval(self) -> ThresholdInterval:
        """Return the thresholds that are right at all steps so far; the places are numbers of steps, without inputs."""
        program = self.program
        runs = Task(program, tuple(program.fields), 1, (program.bit(0),), lambda *_: 0)
        return ThresholdInterval(
            NetworkExhaustion(runs, self.networks, None, 1, cases=1, compared="", **self._sets.state_of_result())
        )
