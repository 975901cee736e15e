"""The summary of a program: its sizes, the counts that occur, whether rounding is right, and the cost of networks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction

from ntkproofs.bounds import least_padding
from ntkproofs.bounds.padding import Padded, Requirement, padding_for
from ntkproofs.bounds.ranges import first_wrong_count, representatives
from ntkproofs.bounds.stopping import StoppingEarly, price
from ntkproofs.certificates import Run
from ntkproofs.certificates.issue import requirement
from ntkproofs.counts import CountRange, Counts, bound_matches, worst_ranges
from ntkproofs.errors import NoMargin, NtkProofsError, Undecided
from ntkproofs.execution import explore
from ntkproofs.execution.visited import visited_counts
from ntkproofs.kernels import Kernel, KernelLike, two_layer_name, two_layer_relu
from ntkproofs.programs import Stream, Task, TemplateProgram
from ntkproofs.training_time import CONVERGED, TrainingTime
from ntkproofs.truth import NoTruthValue

__all__ = ["Rounding", "Summary", "frontier", "stopping_early", "summarise"]

MAX_EXECUTED = 16  # input bits of the runs that are executed to find the reachable states
MAX_WORK = 1 << 31  # plane words that these runs process, and that are in memory at once
MAX_PLANES = 1 << 25
MAX_EXPLORED, MAX_CLOCKS = 10, 1 << 14  # input bits of a clock; clocks that are executed
MAX_POINTS = 10  # of the frontier, about


@dataclass(frozen=True)
class Rounding(NoTruthValue):
    """Rounding at the threshold 0 at the arbitrary or the reachable states of a program.

    `matches`: for arbitrary states an upper bound of n, else the largest n that occurs. `wrong`: counts at which a bit
    is rounded incorrectly, if there are any; at arbitrary states they need not occur, since n is only bounded.
    `least_padding`: the smallest number of further samples with which every bit is rounded correctly; None, with the
    `reason`, if there is none.
    """

    instead = ".wrong is None"

    states: str
    matches: int
    wrong: Counts | None
    least_padding: int | None
    reason: str = ""

    @classmethod
    def of(cls, states: str, kernel: str, matches: int, ranges: Collection[CountRange]) -> Rounding:
        """Return the rounding at states with counts in these ranges."""
        function = two_layer_relu(kernel)
        wrong = first_wrong_count(function, ranges)
        try:
            return cls(states, matches, wrong, 0 if wrong is None else _least_padding(function, ranges))
        except NtkProofsError as problem:
            return cls(states, matches, wrong, None, str(problem))


def _least_padding(kernel: Kernel, ranges: Collection[CountRange]) -> int:
    """Return the smallest number of further samples with which every bit is rounded correctly, at all these counts."""
    padding = least_padding(kernel, representatives(ranges))  # necessary, and sufficient if no other count is wrong
    padded = [replace(item, samples=item.samples + padding) for item in ranges]
    if first_wrong_count(kernel, padded) is None:
        return padding
    return least_padding(kernel, [counts for item in ranges for counts in item])


@dataclass(frozen=True)
class Summary(NoTruthValue):
    """The facts about a program that do not depend on a probability of failure.

    `writers`: the largest t; `arbitrary` and `reachable`: rounding at these states, the latter None with the `reason`
    if the runs were not executed.
    """

    instead = ".sufficient, .arbitrary and .reachable"

    run: Run
    kernel: str
    writers: int
    arbitrary: Rounding
    reachable: Rounding | None
    reason: str = ""

    @property
    def program(self) -> TemplateProgram:
        """The program."""
        return self.run.program

    @property
    def sufficient(self) -> bool:
        """Whether ``t n <= K`` for the bound of n at arbitrary states, which implies that rounding is right there."""
        return self.writers * self.arbitrary.matches <= self.program.samples


def summarise(run: Run, task: Task | Stream | None, *, kernel: KernelLike = "ntk") -> Summary:
    """Return the summary of a program; `task`: what it computes, which determines its reachable states.

    `run`: the run of the task, or for other programs a run from any state; `kernel`: a Kernel or the name of one.

    >>> from ntkproofs.programs import multiplication_task
    >>> task = multiplication_task(bits=4)
    >>> summary = summarise(Run.of(task), task)
    >>> summary.arbitrary.matches, summary.reachable.matches, summary.arbitrary.wrong is None
    (46, 13, False)
    """
    program, kernel = run.program, two_layer_name(kernel)
    most = bound_matches(program).bound
    arbitrary = Rounding.of("arbitrary", kernel, most, worst_ranges(program, most))
    visited, reason = _visited(run, task)
    reachable = None
    if visited is not None:
        largest = max((counts.matches for counts in visited), default=0)
        reachable = Rounding.of("reachable", kernel, largest, [CountRange.of(counts) for counts in sorted(visited)])
    return Summary(run, kernel, int(program.writers.max()), arbitrary, reachable, reason)


def _visited(run: Run, task: Task | Stream | None) -> tuple[frozenset[Counts] | None, str]:
    """Return the counts at the reachable states, or the reason why they are not known."""
    if task is None:
        return None, "the program does not state its inputs"
    if isinstance(task, Stream):
        if task.input_bits > MAX_EXPLORED:
            return None, f"{task.input_bits} input bits at each clock, at most {MAX_EXPLORED} are explored"
        exploration = explore(task, max_states=MAX_CLOCKS >> task.input_bits)
        if not exploration.closed:
            return None, f"there are more than {exploration.states:,}"
        return frozenset(counts for counts in exploration.visited if counts.matches), ""
    reason = _unreachable(run)
    return (None, reason) if reason else (visited_counts(run.program, run.free, run.ones, run.steps), "")


def _unreachable(run: Run) -> str:
    """Return why the reachable states are not executed; empty if they are."""
    if len(run.free) > MAX_EXECUTED:
        return f"{len(run.free)} input bits, at most {MAX_EXECUTED} are executed"
    planes = (3 * run.program.output_bits + 2 * len(run.program.templates)) * max(1, (1 << len(run.free)) // 64)
    if planes > MAX_PLANES or planes * run.steps > MAX_WORK:
        return "the runs are too long"
    return ""


def stopping_early(run: Run, states: str, failure: Fraction, *, kernel: KernelLike = "ntk") -> StoppingEarly:
    """Return when rounding becomes right in training, and the networks that are needed for all inputs when it stops.

    Raises InputError for more than 4,096 different counts.
    """
    _, required = requirement(run, failure=failure, states=states, kernel=kernel)
    return price(required)


def frontier(
    run: Run, states: str, failure: Fraction, *, kernel: KernelLike = "ntk", at: TrainingTime = CONVERGED
) -> list[Padded]:
    """Return points of the frontier of the number of networks against padding, for all inputs, in decreasing order.

    The first point has the smallest padding at which a number of networks is sufficient; the others have powers of two
    of networks, down to one. `at`: the time of training. Raises NoMargin and Undecided where no number is sufficient.

    >>> from ntkproofs.programs import permutation_task
    >>> points = frontier(Run.of(permutation_task(range(5))), "arbitrary", Fraction(1, 100))
    >>> [(point.padding, point.networks) for point in points]
    [(0, 12), (2, 8), (8, 4), (18, 2), (39, 1)]
    """
    _, required = requirement(run, failure=failure, states=states, kernel=kernel)
    required = replace(required, at=at)
    first = _first(required)
    exponents = range((first.networks - 1).bit_length())
    points = [first]
    for exponent in reversed(exponents[:: 1 + len(exponents) // MAX_POINTS]):
        try:
            point = padding_for(required, 1 << exponent)
        except (NoMargin, Undecided):
            if required.at.converged:
                raise
            break  # with more samples the steps of training are too large
        if point.padding > points[-1].padding:
            points.append(point)
    return points


def _first(required: Requirement) -> Padded:
    """Return the smallest padding with which some number of networks is sufficient, and that number."""
    try:
        padding = 0
        size = required.size(0)
    except (NoMargin, Undecided):
        if not required.at.converged:
            raise
        padding = least_padding(required.kernel, required.counts)
        size = required.size(padding)
    return Padded(padding, required.samples + padding, size.networks, size.threshold)
