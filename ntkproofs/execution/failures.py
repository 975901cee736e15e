"""find_failure: search for a state at which a bit would be rounded incorrectly, or prove that there is none.

The counts that are rounded wrong are decided rigorously first, for every n up to its bound by groups of contradictory
templates. Then states are searched that have such counts: as many matching templates as possible while few writers of a
bit match (:mod:`ntkproofs.programs.extremes`). That no such state exists is concluded from an exhaustive search only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ntkproofs.bounds.moments import State as StateMoments
from ntkproofs.bounds.rounding import rounds_right, sufficient_applies
from ntkproofs.counts import Counts, bound_matches, counts_of
from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.execution.exhaust import exhaust
from ntkproofs.execution.machine import RoundingFailure
from ntkproofs.kernels import Kernel, KernelLike, as_kernel
from ntkproofs.kernels.definite import FIRST_PRECISION
from ntkproofs.programs import Bit, State, Task, TemplateProgram
from ntkproofs.programs.extremes import Extremes
from ntkproofs.truth import NoTruthValue
from ntkproofs.validation import integer

__all__ = ["FailureSearch", "find_failure"]

QUICK = 64  # nodes for each component and bit of the first pass
LIMIT = 50_000  # nodes of the second pass


@dataclass(frozen=True)
class FailureSearch(NoTruthValue):
    """The result of a search for a state at which a bit is rounded incorrectly.

    `outcome`: ``found``, with the `state`, the `bit` and its `counts`; ``none``: there is no such state, by `reason`;
    ``open``: none was found within the limit of the search, and there may be one. `nodes`: nodes that were searched.
    """

    instead = '.outcome == "none"'

    program: TemplateProgram
    kernel: Kernel
    outcome: str
    reason: str
    state: State | None = None
    bit: Bit | None = None
    counts: Counts | None = None
    nodes: int = 0

    def __str__(self) -> str:
        return {"found": "", "none": "no state is rounded wrong: ", "open": "not decided: "}[self.outcome] + self.reason


def find_failure(
    program: TemplateProgram | Task, *, kernel: KernelLike = "ntk", states: str = "arbitrary", limit: int = LIMIT
) -> FailureSearch:
    """Search for a state at which some bit would be rounded incorrectly at the threshold 0.

    `kernel`: a Kernel or the name of one. `states`: ``arbitrary``, or ``reachable``, the states that a task visits from
    all its inputs, which are executed. `limit`: nodes of the search of arbitrary states, beyond a first pass. Raises
    InputError for reachable states of a program that is no Task.

    >>> program = TemplateProgram("alarm", fields={"sensor": 8, "log": 8, "alarm": 1})
    >>> for i in range(8):
    ...     program.template(when={("sensor", i): 1}, write=[("log", i), ("alarm", 0)])
    ...     program.template(when={("log", i): 1}, write=[("log", i)])
    >>> search = find_failure(program)
    >>> search.outcome, search.bit, search.counts.matches, sum(search.state["sensor"])
    ('found', ('alarm', 0), 9, 1)
    >>> program.pad(16)
    >>> print(find_failure(program))
    no state is rounded wrong: every count (n, p, t) with n <= 16 is rounded right
    """
    if states not in ("arbitrary", "reachable"):
        raise InputError(f"states must be arbitrary or reachable, got {states!r}")
    most = integer(limit, "limit", low=0)
    if states == "reachable":
        if not isinstance(program, Task):
            raise InputError(f"reachable states are those of a Task, got {type(program).__name__}")
        return _reachable(program, as_kernel(kernel))
    if isinstance(program, Task):
        program = program.program
    if not isinstance(program, TemplateProgram):
        raise InputError(f"a TemplateProgram or a Task is searched, got {type(program).__name__}")
    return _Search(program, as_kernel(kernel)).run(most)


def _reachable(task: Task, kernel: Kernel) -> FailureSearch:
    """Run a task on all inputs; return the first state that it visits and that is rounded wrong."""
    result = exhaust(task, condition=False, kernel=kernel)
    if not result.unsound:
        why = "" if result.counted else f", t n <= K with n <= {result.matches_bound}"
        return FailureSearch(task.program, kernel, "none", f"{result.states:,} states visited from all inputs{why}")
    counts = result.unsound[0]
    visit = result.visited[counts]
    state = task.start(*result.inputs_of(visit.case))
    for _ in range(visit.step):
        state = task.program.step(state)
    return _found(task.program, kernel, state, visit.bit, counts)


def _found(
    program: TemplateProgram, kernel: Kernel, state: State, bit: Bit, counts: Counts, nodes: int = 0
) -> FailureSearch:
    reason = str(RoundingFailure(program, program.row(state), bit, counts, kernel))
    return FailureSearch(program, kernel, "found", reason, state, bit, counts, nodes)


class _Wrong:
    """The counts that are rounded wrong, for n up to `bound`: for each t and p the least n."""

    def __init__(self, kernel: Kernel, samples: int, templates: int, bound: int) -> None:
        self.kernel, self.samples, self.templates, self.bound = kernel, samples, templates, bound
        self.sufficient = sufficient_applies(kernel)

    def least(self, t: int) -> dict[int, int]:
        """Return, for each p for which some count ``(n, p, t)`` is rounded wrong, the least such n."""
        result: dict[int, int] = {}
        for n in range(self.bound + 1):
            for p in self._wrong(n, t):
                result.setdefault(p, n)
        return result

    def _wrong(self, n: int, t: int) -> Iterable[int]:
        """Return the numbers p at which ``(n, p, t)`` is rounded wrong."""
        low, high = max(0, n - (self.templates - t)), min(n, t)
        if n > 1 and self.sufficient and low <= high:
            if t * n <= max(1, low) * self.samples:
                return ()
            if StateMoments.at(self.kernel, n, self.samples, FIRST_PRECISION).ordered:
                return self._increasing(n, t, max(1, low), high)
        return [p for p in range(low, high + 1) if not self._right(n, p, t)]

    def _increasing(self, n: int, t: int, low: int, high: int) -> Iterable[int]:
        """Return the numbers p from `low` to `high` at which the mean, which increases with p, is not positive.

        At p = 0 the mean is ``t u <= 0``, since u < 0, and right.
        """
        first, last = low, high + 1  # the least p that is right is between them
        while first < last:
            middle = (first + last) // 2
            first, last = (first, middle) if middle > high or self._right(n, middle, t) else (middle + 1, last)
        return range(low, first)

    def _right(self, n: int, p: int, t: int) -> bool:
        return rounds_right(self.kernel, Counts(n, p, t, self.samples))


class _Search:
    """The search of arbitrary states."""

    def __init__(self, program: TemplateProgram, kernel: Kernel) -> None:
        if not program.templates:
            raise InputError(f"program {program.name!r} has no templates: there is nothing to train on")
        self.program, self.kernel = program, kernel
        self.groups = bound_matches(program)
        wrong = _Wrong(kernel, program.samples, len(program.templates), self.groups.bound)
        self.least = {t: wrong.least(t) for t in sorted({int(t) for t in program.writers}, reverse=True)}

    def run(self, limit: int) -> FailureSearch:
        """Return a state that is rounded wrong, or the reason why there is none or none is known."""
        if not any(self.least.values()):
            return self._none(f"every count (n, p, t) with n <= {self.groups.bound} is rounded right", 0)
        extremes = Extremes(self.program, self.groups.groups)
        open_bits = list(self._dangerous().items())
        for budget in (QUICK, limit // max(1, len(open_bits) * len(extremes.parts))):
            remaining = []
            for writers, bit in open_bits:
                found, settled = self._look(extremes, writers, bit, budget)
                if found is not None:
                    return found
                if not settled:
                    remaining.append((writers, bit))
            open_bits = remaining
        if not open_bits:
            nodes = extremes.nodes
            return self._none(f"none has such a count (n, p, t), by an exhaustive search of {nodes:,} nodes", nodes)
        reason = (
            f"no state that is rounded wrong was found in {extremes.nodes:,} nodes of the search, but "
            f"{counted(len(open_bits), 'set')} of writers may have one"
        )
        return FailureSearch(self.program, self.kernel, "open", reason, nodes=extremes.nodes)

    def _none(self, reason: str, nodes: int) -> FailureSearch:
        return FailureSearch(self.program, self.kernel, "none", reason, nodes=nodes)

    def _dangerous(self) -> Mapping[frozenset[int], Bit]:
        """Return the sets of writers of bits that may be rounded wrong, each with a bit; large sets first."""
        writers: dict[int, list[int]] = {position: [] for position in range(self.program.output_bits)}
        for index, template in enumerate(self.program.templates):
            for bit in template.write:
                writers[self.program.position(bit)].append(index)
        order = np.argsort(-self.program.writers.astype(np.int64), kind="stable").tolist()
        result: dict[frozenset[int], Bit] = {}
        for position in order:
            if self.least[len(writers[position])]:
                result.setdefault(frozenset(writers[position]), self.program.bit(position))
        return result

    def _look(
        self, extremes: Extremes, writers: frozenset[int], bit: Bit, budget: int
    ) -> tuple[FailureSearch | None, bool]:
        """Search a state at which a bit is rounded wrong; return it, or whether there is certainly none."""
        least = self.least[len(writers)]
        most = extremes.most(writers, max(least), budget)
        reached = [p for p, n in least.items() if p in most.best and most.best[p][0] >= n]
        for p in reached:
            state = most.state(self.program, p)
            counts = counts_of(self.program, state)[bit]
            if not rounds_right(self.kernel, counts):
                return _found(self.program, self.kernel, state, bit, counts, extremes.nodes), True
        return None, most.exhaustive and not reached
