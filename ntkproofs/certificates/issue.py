"""Issue certificates about programs: exact rounding, and the number of networks of an ensemble.

The producer uses ``bounds`` (ball arithmetic) and ``execution``; the checker verifies the finished certificate. Both
evaluate the same bounds, so a difference is a bug in one of them: EnginesDisagree reports both results.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from ntkproofs import checker
from ntkproofs.bounds import THRESHOLDS, Margins, rounds_right
from ntkproofs.bounds.padding import Requirement, listed
from ntkproofs.bounds.ranges import FEW, first_wrong_count, representatives
from ntkproofs.bounds.search import least_integer
from ntkproofs.bounds.thresholds import demand_separable
from ntkproofs.certificates.format import Certificate
from ntkproofs.certificates.source import SourceClaim
from ntkproofs.classes import TooConnected, arbitrary_classes, reachable_classes
from ntkproofs.counts import CountRange, Counts, bound_matches, worst_ranges
from ntkproofs.display import counted
from ntkproofs.errors import EnginesDisagree, InputError, NoMargin, NtkProofsError, Undecided
from ntkproofs.execution.visited import visited_counts
from ntkproofs.kernels import KernelLike, two_layer_name, two_layer_relu
from ntkproofs.programs import State, Task, TemplateProgram
from ntkproofs.programs.serialised import program_json
from ntkproofs.training_time import CONVERGED, TrainingTime
from ntkproofs.validation import integer

__all__ = [
    "MAX_EXECUTED",
    "THRESHOLDS",
    "Run",
    "States",
    "ample_padding",
    "checked",
    "issue_ensemble",
    "issue_rounding",
    "program_json",
    "requirement",
    "training_entry",
]

TAILS = ("gaussian", "published")
MAX_EXECUTED = 16  # input bits for which reachable states are executed by default, whatever the estimated work
MAX_TEMPLATES, MAX_COUNTED = 1 << 11, 1 << 28  # limits of counting by class: templates; templates matched with states
MOST_FREE, MAX_WORK = 28, 1 << 34  # the checker's limits: input bits of an execution; word operations
OVERESTIMATE = 8  # how much less the work of the checker may be than the estimate of :func:`executing`
CALL, LANE_BITS = 150, 18  # word operations that a call costs; bits of the number of states in one Python integer


@dataclass(frozen=True)
class Run:
    """A program, its initial states (`free` positions take any values, `ones` are 1), and the number of steps."""

    program: TemplateProgram
    free: tuple[int, ...]
    ones: tuple[int, ...]
    steps: int

    def __post_init__(self) -> None:
        last, name = self.program.output_bits - 1, f"{self.program.name}: a position of the run"
        for field in ("free", "ones"):
            positions = tuple(integer(index, name, low=0, high=last) for index in getattr(self, field))
            object.__setattr__(self, field, positions)
        object.__setattr__(self, "steps", integer(self.steps, "steps", low=0))

    @classmethod
    def of(cls, task: Task) -> Run:
        """Return the run of a task on any input."""
        row = task.program.row(task.start(*(0 for _ in task.inputs)))
        free = sorted(index for positions in task.input_positions for index in positions)
        ones = (index for index, bit in enumerate(row) if bit and index not in set(free))
        return cls(task.program, tuple(free), tuple(ones), task.steps)

    @classmethod
    def from_state(cls, program: TemplateProgram, state: State, steps: int) -> Run:
        """Return the run from one state."""
        ones = (index for index, bit in enumerate(program.row(state)) if bit)
        return cls(program, (), tuple(ones), steps)


def issue_rounding(
    task: Task | Run | TemplateProgram,
    *,
    states: str = "",
    kernel: KernelLike = "ntk",
    source: SourceClaim | None = None,
    at: TrainingTime = CONVERGED,
) -> Certificate:
    """Certify that every mean is positive if and only if the program's bit is 1, at arbitrary or reachable states.

    `states`: ``"arbitrary"`` or ``"reachable"`` (default: arbitrary if the claim holds there); `source`: the file from
    which the program was compiled, as an entry of the claim; `at`: the time of training. Raises NtkProofsError with the
    reason if the claim is false, InputError for reachable states of a program without a run, Undecided beyond the
    limits of the checker.

    >>> from ntkproofs.programs import permutation
    >>> print(issue_rounding(permutation([1, 0])).verified.details)
    3 counts (n, p, t), from n <= 2 by contradictory groups
    """
    kernel = two_layer_name(kernel)
    run = _run(task)
    claimed = _states(run, states, lambda ranges: _wrong(kernel, ranges, at))
    wrong = _wrong(kernel, claimed.ranges, at)
    if wrong is not None:
        raise NtkProofsError(f"rounding at 0 is not right: {wrong}")
    claim = {"kind": "rounding", "kernel": kernel, "program": program_json(run.program), "states": claimed.value}
    return checked(claim | training_entry(at) | source_entry(source), claimed.evidence)


def issue_ensemble(
    task: Task | Run,
    *,
    failure: Any,
    inputs: int | str = "all",
    threshold: str = "best",
    states: str = "",
    tail: str = "gaussian",
    drop_unwritten: bool = False,
    kernel: KernelLike = "ntk",
    networks: int | None = None,
    source: SourceClaim | None = None,
    by_class: bool = True,
    at: TrainingTime = CONVERGED,
) -> Certificate:
    """Certify the least number of networks whose average executes the program with probability at least 1 - failure.

    `inputs`: ``"all"`` simultaneously, or a number of inputs chosen beforehand; `threshold`: ``best`` (for which the
    number of networks is smallest), ``half`` (of the smallest mean of a 1) or ``zero``; `states`: whose counts,
    ``arbitrary`` or ``reachable`` (default: arbitrary where rounding holds there); `tail`: the bound that gives the
    number of networks, ``gaussian`` or ``published``, which asks for more; `drop_unwritten`: claim nothing of bits that
    no template writes; `networks`: certify this number instead of the least one; `source`: the file from which the
    program was compiled, as an entry of the claim; `by_class`: take every state and output bit with the margin of its
    own counts, where the pairs of each class can be counted and the tail is Gaussian, instead of all with the smallest
    margin; `at`: the time of training. Raises NtkProofsError with the reason where no number of networks is enough,
    Undecided where the bounds do not give `networks`, and beyond the limits of the checker.

    >>> from ntkproofs.programs import permutation_task
    >>> issue_ensemble(permutation_task(range(30)), failure="1/100").networks
    145
    >>> issue_ensemble(permutation_task(range(30)), failure="1/100", by_class=False).networks
    390
    >>> early = TrainingTime(steps=40, step=Fraction(1, 10))
    >>> issue_ensemble(permutation_task(range(10)), failure="1/100", at=early).claim["training"]
    {'step': '1/10', 'steps': 40}
    """
    run, kernel = _run(task), two_layer_name(kernel)
    claimed, required = requirement(
        run,
        failure=failure,
        inputs=inputs,
        threshold=threshold,
        states=states,
        tail=tail,
        drop_unwritten=drop_unwritten,
        kernel=kernel,
        by_class=by_class,
        at=at,
    )
    size = required.size(0) if networks is None else required.exactly(0, networks)
    claim = {
        "kind": "ensemble",
        "kernel": kernel,
        "program": program_json(run.program),
        "states": claimed.value,
        "inputs": {"free": list(run.free), "ones": list(run.ones)} if inputs == "all" else required.inputs,
        "steps": run.steps,
        "failure": str(required.failure),
        "threshold": str(size.threshold),
        "networks": size.networks,
        "drop_unwritten": drop_unwritten,
    }
    return checked(claim | training_entry(at) | source_entry(source), claimed.evidence)


def requirement(
    run: Run,
    *,
    failure: Any,
    inputs: int | str = "all",
    threshold: str = "best",
    states: str = "",
    tail: str = "gaussian",
    drop_unwritten: bool = False,
    kernel: KernelLike = "ntk",
    by_class: bool = True,
    at: TrainingTime = CONVERGED,
) -> tuple[States, Requirement]:
    """Return the states of a claim about an ensemble, and the requirement on the number of networks.

    Parameters and errors of :func:`issue_ensemble`.
    """
    kernel = two_layer_name(kernel)
    _choose(threshold, THRESHOLDS, "threshold")
    _choose(tail, TAILS, "tail")
    chance = Fraction(failure)
    if not 0 < chance < 1:
        raise InputError(f"failure must lie between 0 and 1, got {failure}")
    many = _how_many(inputs, run)
    claimed = _states(run, states, lambda ranges: _unusable(kernel, ranges, at, drop_unwritten=drop_unwritten))
    if by_class and tail == "gaussian":
        claimed = _by_class(run, claimed)
    return claimed, Requirement(
        two_layer_relu(kernel),
        claimed.counts,
        output_bits=int((run.program.writers > 0).sum()) if drop_unwritten else run.program.output_bits,
        steps=run.steps,
        inputs=many,
        failure=chance,
        threshold=threshold,
        tail="published" if tail == "published" else "gaussian",
        drop_unwritten=drop_unwritten,
        ranges=claimed.ranges if sum(map(len, claimed.ranges)) > FEW else (),
        pairs=claimed.pairs,
        at=at,
    )


def ample_padding(program: TemplateProgram) -> int:
    """Return the padding that makes ``2 t n <= K`` at arbitrary states, twice what suffices for exact rounding.

    With the least padding for which rounding is correct, the smallest mean of a 1 may be arbitrarily close to 0, and
    the ensemble arbitrarily large.

    >>> from ntkproofs.programs import addition, multiplication
    >>> ample_padding(addition(bits=8)), ample_padding(multiplication(bits=8))
    (32, 378)
    """
    return max(0, 2 * int(program.writers.max()) * bound_matches(program).bound - program.samples)


# --- parts of a claim


def source_entry(source: SourceClaim | None) -> dict[str, Any]:
    """Return the entry of a claim that names the source of its program, if there is one."""
    return {} if source is None else {"source": source.json}


def training_entry(at: TrainingTime) -> dict[str, Any]:
    """Return the entry of a claim that states the time of training, if it is not convergence."""
    if at.converged:
        return {}
    if at.time is not None:
        return {"training": {"time": str(at.time)}}
    return {"training": {"step": str(at.step), "steps": int(at.steps)}}


def _choose(value: str, choices: Collection[str], name: str) -> None:
    if value not in choices:
        raise InputError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def _run(task: Task | Run | TemplateProgram) -> Run:
    if isinstance(task, TemplateProgram):
        return Run(task, (), (), 0)
    return task if isinstance(task, Run) else Run.of(task)


def _how_many(inputs: int | str, run: Run) -> int:
    if inputs == "all":
        return 1 << len(run.free)
    return integer(inputs, "inputs", low=1, high=1 << len(run.free), word="all")


@dataclass(frozen=True)
class States:
    """The states of a claim: their JSON value, the evidence for their counts, and the counts, as ranges of n.

    `counts` are those of the ranges, or representatives of so many. `pairs`: the number of pairs of a state and an
    output bit with each of the counts, if they are counted.
    """

    value: Any
    evidence: dict[str, Any]
    ranges: tuple[CountRange, ...]
    pairs: Mapping[Counts, int] | None = None

    @cached_property
    def counts(self) -> frozenset[Counts]:
        """The counts of the ranges, or representatives of them."""
        return representatives(self.ranges) if self.pairs is None else frozenset(self.pairs)


def _by_class(run: Run, states: States) -> States:
    """Return the states with the number of pairs of each class, or unchanged where counting them is too much work."""
    program, K = run.program, run.program.samples
    try:
        if len(program.templates) > MAX_TEMPLATES:
            return states
        if states.value == "arbitrary":
            classes = arbitrary_classes(program)
        elif run.steps * len(program.templates) << len(run.free) <= MAX_COUNTED:
            classes = reachable_classes(program, run.free, run.ones, run.steps)
        else:
            return states
    except TooConnected:
        return states
    pairs = {Counts(n, p, t, K): number for (n, p, t), number in classes.items()}
    return States(states.value, {"union": "classes"}, (), pairs)


def _states(run: Run, states: str, wrong_at: Callable[[tuple[CountRange, ...]], str | None]) -> States:
    """Select the states and return them with their counts.

    `wrong_at` says why the claim cannot hold at states with these counts, None if it can.
    """
    _choose(states or "arbitrary", ("arbitrary", "reachable"), "states")
    if states != "reachable":
        groups = bound_matches(run.program)
        ranges = worst_ranges(run.program, groups.bound)
        wrong = None if states == "arbitrary" else wrong_at(ranges)
        if wrong is None:
            return States("arbitrary", {"groups": [list(group) for group in groups.groups]}, ranges)
        if not run.steps or (len(run.free) > MAX_EXECUTED and executing(run) > MAX_WORK):
            raise NtkProofsError(
                f"rounding is not right at arbitrary states ({wrong}), and there is no execution that is short enough "
                f"to tell the reachable ones ({_size(run)}): more padding makes it right"
            )
    if not run.steps:
        raise InputError(f"program {run.program.name!r} is no task: its reachable states are not known")
    if len(run.free) > MOST_FREE or executing(run) > OVERESTIMATE * MAX_WORK:
        raise Undecided(
            f"{_size(run)}: executing them takes about {executing(run):.1e} word operations, and the checker does at "
            f"most {MAX_WORK:.1e}, on at most {MOST_FREE} input bits; claim arbitrary states, with more padding"
        )
    value = {"free": list(run.free), "ones": list(run.ones), "steps": run.steps}
    visited = visited_counts(run.program, run.free, run.ones, run.steps)
    return States(value, {}, tuple(map(CountRange.of, sorted(visited))))


def executing(run: Run) -> int:
    """Return about how many operations on 64-bit words the checker needs to execute a run, if no state repeats.

    >>> from ntkproofs.programs import addition_task
    >>> executing(Run.of(addition_task(8))) < MAX_WORK < executing(Run.of(addition_task(20)))
    True
    """
    program, lanes = run.program, min(len(run.free), LANE_BITS)
    total, kinds = len(program.templates), Counter(int(t) for t in program.writers)
    matching = sum(1 + 2 * len(template.when) for template in program.templates)
    adding = 3 * total * total.bit_length() + sum(
        bits * t * (1 + 3 * t.bit_length()) + 2 * bits for t, bits in kinds.items()
    )
    planes = matching + adding + 4 * program.output_bits
    return planes * (CALL + (1 << lanes >> 6)) * max(1, run.steps) << (len(run.free) - lanes)


def _size(run: Run) -> str:
    return f"{counted(len(run.free), 'input bit')}, {counted(run.steps, 'step')}"


def _unusable(kernel: str, ranges: tuple[CountRange, ...], at: TrainingTime, *, drop_unwritten: bool) -> str | None:
    """Return why an ensemble is not claimed at these counts, in words; None if it can be.

    At convergence rounding at 0 is incorrect; before convergence there is no threshold between the means.
    """
    if at.converged:
        return _wrong(kernel, ranges, at)
    try:
        demand_separable(Margins.of(two_layer_relu(kernel), listed(ranges), drop_unwritten=drop_unwritten, at=at))
    except NoMargin as problem:
        return str(problem)
    return None


def _wrong(kernel: str, ranges: Iterable[CountRange], at: TrainingTime) -> str | None:
    """Return the first count at which rounding at 0 is incorrect, in words; None if there is none."""
    relu = two_layer_relu(kernel)
    if at.converged:
        count = first_wrong_count(relu, ranges)
    else:
        count = next((each for each in sorted(listed(ranges)) if not rounds_right(relu, each, at=at)), None)
    if count is None:
        return None
    return f"the mean of a bit that should be {min(1, count.matched_writers)} is on the wrong side of 0 at {count}"


# --- verification


def checked(claim: dict[str, Any], evidence: dict[str, Any], computed: Any = None) -> Certificate:
    """Return the certificate if the checker accepts it; raises Undecided if it declines, else EnginesDisagree."""
    certificate = Certificate(claim, evidence, computed)
    try:
        _ = certificate.verified
    except NtkProofsError as problem:
        if isinstance(problem.__cause__, checker.Declined):
            raise Undecided(f"the checker declines the certificate: {problem.__cause__}") from problem
        raise EnginesDisagree(
            f"the producer computes {_numbers(claim)}, and the checker rejects that: {problem.__cause__}; it accepts "
            f"{_accepted(claim, evidence)}"
        ) from problem
    return certificate


def _numbers(claim: dict[str, Any]) -> str:
    return " and ".join(f"{key} = {claim[key]}" for key in ("networks", "width") if key in claim) or "right means"


def _accepted(claim: dict[str, Any], evidence: dict[str, Any]) -> str:
    """Return the least number of networks, or width, for which the checker accepts the claim, to report a bug."""
    if "networks" not in claim:
        return "nothing like it"
    if claim["kind"] == "network":
        return _from_which(claim, evidence, "width")
    return _from_which(claim, evidence, "networks")


def _from_which(claim: dict[str, Any], evidence: dict[str, Any], key: str) -> str:
    unit = 2 if claim.get("trained") == "all" else 1  # a width counts both neurons of a pair

    def accepts(number: int) -> bool:
        return checker.judge(Certificate(claim | {key: unit * number}, evidence).data)[0] == checker.ACCEPTED

    try:
        return f"{key} = {unit * least_integer(accepts, most=1000 * int(claim[key]), what=key)}"
    except Undecided:
        return f"no {key} near that"
