"""Issuing certificates about one network of finite width whose output layer is trained from zero.

The producer searches with floats and confirms with balls (``bounds.finite``); the checker recomputes everything from
the claim. Where they differ one of them has a bug, and EnginesDisagree says what each computes.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ntkproofs.bounds.finite.network import FiniteNetwork, Wanted, Workload, find_network
from ntkproofs.certificates.format import Certificate
from ntkproofs.certificates.issue import MAX_EXECUTED, MOST_EXECUTED, Run, checked, program_json
from ntkproofs.classes import arbitrary_classes, reachable_classes
from ntkproofs.errors import InputError, NoMargin, Undecided
from ntkproofs.programs import Task
from ntkproofs.validation import integer

__all__ = ["issue_network"]


def issue_network(
    task: Task | Run,
    *,
    failure: Any,
    width: int | str = "least",
    threshold: Any = "best",
    states: str = "",
    steps: int | str = "least",
    step: Any = "largest",
) -> Certificate:
    """Certify that one network of finite width, its output layer trained from zero, runs the program right.

    The claim is about all its outputs at all states of the kind named together (``arbitrary``, or ``reachable`` by the
    run; default: arbitrary where their limits leave a threshold), with probability 1 - failure over the hidden weights,
    and neglects nothing. `width`: a number of neurons, or ``"least"``; `threshold`: a fraction, or ``"best"``; `steps`
    and `step`: of full-batch gradient descent on half the sum of squared errors, the least number for which the width
    suffices and the largest step that the bounds allow unless given. Raises NtkProofsError with the reason where the
    bounds do not give what is asked, Undecided beyond the limits of the checker.

    >>> from ntkproofs.programs import permutation_task
    >>> certificate = issue_network(permutation_task([1, 0, 2]), failure="1/10")
    >>> certificate.claim["networks"], certificate.claim["width"]
    (1, 240)
    """
    run = task if isinstance(task, Run) else Run.of(task)
    wanted = Wanted(
        _between(failure, "failure"),
        _number(width, "width", "least"),
        None if threshold == "best" else _between(threshold, "threshold"),
        _number(steps, "steps", "least"),
        None if step == "largest" else _positive(step, "step"),
    )
    value, network = _network(run, states, wanted)
    claim = {
        "kind": "network",
        "program": program_json(run.program),
        "states": value,
        "trained": "output",
        "start": "zero",
        "networks": 1,
        "width": network.width,
        "steps": network.steps,
        "step": str(network.step),
        "threshold": str(network.threshold),
        "failure": str(network.failure),
    }
    return checked(claim, _evidence(network))


def _network(run: Run, states: str, wanted: Wanted) -> tuple[Any, FiniteNetwork]:
    """Return the states as they stand in the claim, and the network; see :func:`issue_network` for the default."""
    value, classes = _states(run, states or "arbitrary")
    columns = run.program.labels.T.tolist()
    try:
        return value, find_network(Workload.of(run.program.samples, classes, columns), wanted)
    except NoMargin as problem:
        if states or not run.steps or len(run.free) > MAX_EXECUTED:
            raise NoMargin(f"{problem}: more padding makes room for one") from problem
    value, classes = _states(run, "reachable")
    return value, find_network(Workload.of(run.program.samples, classes, columns), wanted)


def _evidence(network: FiniteNetwork) -> dict[str, Any]:
    """Return the parameters of every bound as JSON values."""
    return {
        "descent": {
            "rise": str(network.rise),
            "drop": str(network.drop),
            "tilts": [str(tilt) for tilt in network.tilts],
        },
        "deviations": [[t, str(event.e), str(event.z), str(event.l)] for t, event in network.deviated.items()],
        "classes": [
            [
                kind.n,
                kind.p,
                kind.t,
                str(each.l),
                str(each.z),
                str(each.q),
                [[most, str(mu)] for most, mu in each.cover],
            ]
            for kind, each in network.parameters.items()
        ],
    }


def _states(run: Run, states: str) -> tuple[Any, dict[tuple[int, int, int], int]]:
    """Return the states as they stand in a claim, and their classes."""
    if states == "arbitrary":
        return "arbitrary", arbitrary_classes(run.program)
    if states != "reachable":
        raise InputError(f"states must be one of arbitrary, reachable, got {states!r}")
    if not run.steps:
        raise InputError(f"program {run.program.name!r} is no task: its reachable states are not known")
    if len(run.free) > MOST_EXECUTED:
        raise Undecided(f"{len(run.free)} input bits: the checker executes at most {MOST_EXECUTED}")
    value = {"free": list(run.free), "ones": list(run.ones), "steps": run.steps}
    return value, reachable_classes(run.program, run.free, run.ones, run.steps)


def _number(value: int | str, name: str, word: str) -> int | None:
    return None if value == word else integer(value, name, low=1, word=word)


def _positive(value: Any, name: str) -> Fraction:
    try:
        result = Fraction(value)
    except (TypeError, ValueError, ZeroDivisionError):
        raise InputError(f"{name} must be a fraction such as 1/50, got {value!r}") from None
    if result <= 0:
        raise InputError(f"{name} must be above 0, got {value}")
    return result


def _between(value: Any, name: str) -> Fraction:
    result = _positive(value, name)
    if result >= 1:
        raise InputError(f"{name} must lie between 0 and 1, got {value}")
    return result
