"""Issuing certificates about programs: exact rounding, and how many networks an ensemble needs.

The producer is not believed. The threshold comes from ``bounds``; the least number of networks is searched with the
checker's own arithmetic, so that it is exact.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ntkproofs import checker
from ntkproofs.bounds import THRESHOLDS, choose_threshold
from ntkproofs.bounds.search import least_integer
from ntkproofs.certificates.format import Certificate
from ntkproofs.certificates.width import width_hints
from ntkproofs.counts import Counts, bound_matches
from ntkproofs.errors import InputError, NtkProofsError
from ntkproofs.kernels import two_layer_relu
from ntkproofs.programs import State, Task, TemplateProgram

__all__ = ["MAX_EXECUTED", "THRESHOLDS", "Run", "ample_padding", "issue_ensemble", "issue_rounding"]

KERNELS = ("ntk", "nngp")
TAILS = ("gaussian", "published")
MAX_EXECUTED = 16  # input bits up to which reachable states are executed unless asked for
MAX_NETWORKS = 1 << 200


@dataclass(frozen=True)
class Run:
    """What is run: a program, its initial states (`free` positions take any values, `ones` are 1), and for how long."""

    program: TemplateProgram
    free: tuple[int, ...]
    ones: tuple[int, ...]
    steps: int

    @classmethod
    def of(cls, task: Task) -> Run:
        """Return the run of a task on any input."""
        row = task.program.row(task.start(*(0 for _ in task.inputs)))
        free = sorted(place for places in task.input_positions for place in places)
        ones = (place for place, bit in enumerate(row) if bit and place not in set(free))
        return cls(task.program, tuple(free), tuple(ones), task.steps)

    @classmethod
    def from_state(cls, program: TemplateProgram, state: State, steps: int) -> Run:
        """Return the run from one state."""
        ones = (place for place, bit in enumerate(program.row(state)) if bit)
        return cls(program, (), tuple(ones), steps)


def issue_rounding(task: Task | Run | TemplateProgram, *, states: str = "", kernel: str = "ntk") -> Certificate:
    """Certify that every mean, rounded at 0, is the program's bit: at arbitrary or at reachable states.

    `states`: ``"arbitrary"``, ``"reachable"`` (the default: arbitrary if it holds there). Raises NtkProofsError with
    the reason where it does not hold, InputError for reachable states of a program without a run.

    >>> from ntkproofs.programs import permutation
    >>> print(issue_rounding(permutation([1, 0])).verified.details)
    3 counts (n, p, t), from n <= 2 by contradictory groups
    """
    _choose(kernel, KERNELS, "kernel")
    run = _run(task)
    value, evidence, _ = _states(run, states, kernel)
    claim = {"kind": "rounding", "kernel": kernel, "program": program_json(run.program), "states": value}
    certificate = Certificate(claim, evidence)
    _ = certificate.verified
    return certificate


def issue_ensemble(
    task: Task | Run,
    *,
    failure: Any,
    inputs: int | str = "all",
    threshold: str = "best",
    states: str = "",
    tail: str = "gaussian",
    drop_unwritten: bool = False,
    kernel: str = "ntk",
    width: int | str | None = None,
) -> Certificate:
    """Certify the least number of networks whose average runs the program right with probability 1 - failure.

    `inputs`: ``"all"`` together, or any chosen number of them; `threshold`: ``best`` (balances the standardised
    margins), ``half`` (of the smallest mean of a 1) or ``zero``; `states`: whose counts, ``arbitrary`` or ``reachable``
    (default: arbitrary where rounding holds there); `tail`: the bound that gives the number of networks, ``gaussian``
    or ``published``, which asks for more; `drop_unwritten`: claim nothing of bits that no template writes; `width`:
    claim also that the means of networks of this width, linearised at their initialisation, are right (``"least"``
    finds the least width that the checker accepts). Raises NtkProofsError with the reason where no number of networks,
    or not this width, is enough.

    >>> from ntkproofs.programs import permutation_task
    >>> issue_ensemble(permutation_task(range(30)), failure="1/100").networks
    390
    """
    for value, choices, name in (
        (kernel, KERNELS, "kernel"),
        (threshold, THRESHOLDS, "threshold"),
        (tail, TAILS, "tail"),
    ):
        _choose(value, choices, name)
    run, chance = _run(task), Fraction(failure)
    if not 0 < chance < 1:
        raise InputError(f"failure must lie between 0 and 1, got {failure}")
    _check_width(width, kernel)
    claimed, evidence, found = _states(run, states, kernel)
    program = checker.program_of(program_json(run.program))
    counts = [count for count in sorted(found.counts) if count[0] and (count[2] or not drop_unwritten)]
    predictor = checker.Predictor(kernel, program.samples)
    distinct = [Counts(*count, program.samples) for count in counts]
    place = choose_threshold(two_layer_relu(kernel), distinct, threshold, drop_unwritten=drop_unwritten)
    bits = sum(1 for t in program.writers if t or not drop_unwritten)
    many = _how_many(inputs, run)
    try:
        z = checker.margin(predictor, place, counts)
    except (checker.Rejected, checker.Declined) as problem:
        raise NtkProofsError(f"no number of networks is enough at the threshold {place}: {problem}") from problem
    size = least_networks if tail == "gaussian" else published_networks
    networks = 1 if z is None else size(z, many * run.steps * bits, chance)
    claim = {
        "kind": "ensemble",
        "kernel": kernel,
        "program": program_json(run.program),
        "states": claimed,
        "inputs": {"free": list(run.free), "ones": list(run.ones)} if inputs == "all" else many,
        "steps": run.steps,
        "failure": str(chance),
        "threshold": str(place),
        "networks": networks,
        "drop_unwritten": drop_unwritten,
    }
    if width is not None:
        evidence["width"] = width_hints(predictor, place, counts)
        claim["width"] = width
    if width == "least":
        claim["width"] = _least_width(predictor, place, counts, many * run.steps, chance / networks, evidence["width"])
    certificate = Certificate(claim, evidence)
    _ = certificate.verified
    return certificate


def ample_padding(program: TemplateProgram) -> int:
    """Return the padding that makes ``2 t n <= K`` at arbitrary states, twice what suffices for exact rounding.

    With the least padding for which rounding is right the smallest mean of a 1 may be arbitrarily near 0, and the
    ensemble arbitrarily large.

    >>> from ntkproofs.programs import addition, multiplication
    >>> ample_padding(addition(bits=8)), ample_padding(multiplication(bits=8))
    (32, 378)
    """
    return max(0, 2 * int(program.writers.max()) * bound_matches(program).bound - program.samples)


# --- parts of a claim


def program_json(program: TemplateProgram) -> dict[str, Any]:
    """Return a program as it stands in a claim: positions instead of names."""
    place = program.position
    return {
        "name": program.name,
        "fields": [[name, width] for name, width in program.fields.items()],
        "templates": [
            [[[place(bit), value] for bit, value in template.when], [place(bit) for bit in template.write]]
            for template in program.templates
        ],
        "padding": program.padding,
    }


def _choose(value: str, choices: Collection[str], name: str) -> None:
    if value not in choices:
        raise InputError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def _check_width(width: int | str | None, kernel: str) -> None:
    if width not in (None, "least") and (not isinstance(width, int) or isinstance(width, bool) or width < 1):
        raise InputError(f"width must be an integer from 1 on, or 'least', got {width!r}")
    if width is not None and kernel != "ntk":
        raise InputError(f"a width can be certified for the kernel 'ntk' only, not {kernel!r}")


def _least_width(
    predictor: checker.Predictor,
    place: Fraction,
    counts: Sequence[checker.Count],
    states: int,
    chance: Fraction,
    hints: Any,
) -> int:
    """Return the least width that the checker accepts with these hints."""
    try:
        return checker.wide_enough(predictor, place, counts, states, chance, hints)
    except (checker.Rejected, checker.Declined) as problem:
        raise NtkProofsError(f"no width is found to be enough: {problem}") from problem


def _run(task: Task | Run | TemplateProgram) -> Run:
    if isinstance(task, TemplateProgram):
        return Run(task, (), (), 0)
    return task if isinstance(task, Run) else Run.of(task)


def _how_many(inputs: int | str, run: Run) -> int:
    if inputs == "all":
        return 1 << len(run.free)
    if isinstance(inputs, (str, bool)) or not 1 <= inputs <= 1 << len(run.free):
        raise InputError(f"inputs must be 'all' or a number from 1 to 2^{len(run.free)}, got {inputs!r}")
    return inputs


def _states(run: Run, states: str, kernel: str) -> tuple[Any, dict[str, Any], checker.States]:
    """Return the claim's states, the evidence for their counts, and the counts as the checker finds them."""
    _choose(states or "arbitrary", ("arbitrary", "reachable"), "states")
    program = checker.program_of(program_json(run.program))
    if states != "reachable":
        evidence = {"groups": [list(group) for group in bound_matches(run.program).groups]}
        found = checker.states_of(program, "arbitrary", evidence)
        wrong = _wrong(checker.Predictor(kernel, program.samples), found.counts)
        if wrong is None or states == "arbitrary":
            return "arbitrary", evidence, found
        if not run.steps or len(run.free) > MAX_EXECUTED:
            raise NtkProofsError(
                f"rounding is not right at arbitrary states ({wrong}), and there is no execution of at most "
                f"{MAX_EXECUTED} input bits to tell the reachable ones: more padding makes it right"
            )
    if not run.steps:
        raise InputError(f"program {run.program.name!r} is no task: its reachable states are not known")
    value = {"free": list(run.free), "ones": list(run.ones), "steps": run.steps}
    try:
        return value, {}, checker.states_of(program, value, {})
    except checker.Declined as problem:
        raise NtkProofsError(f"reachable states cannot be executed by the checker: {problem}") from problem


def _wrong(predictor: checker.Predictor, counts: Iterable[checker.Count]) -> str | None:
    """Return why rounding at 0 is not right, None if it is."""
    try:
        for n, p, t in counts:
            if n > 1 and t:  # else the mean is p exactly
                checker.gap(predictor.mean(n, p, t), Fraction(0), n, p, t)
    except (checker.Rejected, checker.Declined) as problem:
        return str(problem)
    return None


# --- the search


def least_networks(z: checker.Interval, cases: int, failure: Fraction) -> int:
    """Return the least N that the checker accepts: doubling, then bisection, with the checker's own comparison."""

    def fits(networks: int) -> bool:
        try:
            checker.enough(networks, z, cases, failure)
        except (checker.Rejected, checker.Declined):
            return False
        return True

    return least_integer(fits, most=MAX_NETWORKS, what="networks")


def published_networks(z: checker.Interval, cases: int, failure: Fraction) -> int:
    """Return the least ``N >= 8 log(2 cases / failure) / z^2``, the published form, larger than the Gaussian one."""
    lowest = checker.Interval(z.low, z.low)
    needed = checker.Interval.of(2 * cases / failure).log().times(8) / (lowest * lowest)
    return -(-needed.high // checker.ONE)
