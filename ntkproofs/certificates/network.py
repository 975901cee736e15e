"""Issue certificates about networks of finite width: output layer trained from zero, or all layers from pairs.

The producer searches in floats and confirms in ball arithmetic (``bounds.finite``); the checker recomputes all bounds
from the claim. A difference is a bug in one of them: EnginesDisagree reports both results.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ntkproofs.bounds.finite.all_layers import AllLayersNetwork, find_all_layers
from ntkproofs.bounds.finite.network import FiniteNetwork, Requirements, Workload, find_network
from ntkproofs.bounds.finite.search import Report, silent
from ntkproofs.certificates.all_layers import all_layers_evidence
from ntkproofs.certificates.format import Certificate
from ntkproofs.certificates.issue import MAX_EXECUTED, Run, checked, program_json, source_entry
from ntkproofs.certificates.source import SourceClaim
from ntkproofs.classes import TooConnected, arbitrary_classes, reachable_classes
from ntkproofs.errors import InputError, NoMargin, Undecided
from ntkproofs.programs import Task
from ntkproofs.training import Training
from ntkproofs.validation import integer

__all__ = ["issue_network"]

MOST_EXECUTED = 20  # maximum of input bits of runs whose states are counted


def issue_network(
    task: Task | Run,
    *,
    failure: Any,
    trained: str = "output",
    start: str = "",
    width: int | str = "least",
    threshold: Any = "best",
    states: str = "",
    inputs: int | str = "all",
    steps: int | str = "least",
    step: Any = "largest",
    source: SourceClaim | None = None,
    report: Report = silent,
) -> Certificate:
    """Certify that a network of finite width, trained by gradient descent, executes the program correctly.

    `trained`: ``"output"``, one network with all outputs, whose output layer is trained from zero and whose hidden
    layer is fixed; or ``"all"``, one scalar network for each output bit with all layers trained, all from one
    antisymmetric `start` of pairs of neurons (the width counts both neurons of a pair). With probability at least 1 -
    failure over the random start, all outputs are correct simultaneously at all `states` (``"arbitrary"``, or
    ``"reachable"`` by the run; default: arbitrary if their classes can be counted and a
    threshold separates the limits there), or at `inputs` of them
    chosen beforehand. No limit or approximation is used. `width`: a number of neurons, or ``"least"``; `threshold`: a
    fraction, or ``"best"``; `steps` and `step`: of full-batch gradient descent on half the sum of squared errors
    (default: the least number for which the width suffices, and the largest step that the bounds allow); `source`:
    the file from which the program was compiled, as an entry of the claim. `report` is called with lines that show
    progress. Raises NtkProofsError with the reason if the bounds do not prove the claim, Undecided beyond the limits of
    the checker.

    >>> from ntkproofs.programs import permutation_task
    >>> certificate = issue_network(permutation_task([1, 0, 2]), failure="1/10")
    >>> certificate.claim["networks"], certificate.claim["width"]
    (1, 240)
    """
    run = task if isinstance(task, Run) else Run.of(task)
    training = Training.of(trained, start or None)
    if training.start.name != training.layers.start:
        raise InputError(f"start {start!r}: certificates are for the start {training.layers.start!r} alone")
    wanted = Requirements(
        _between(failure, "failure"),
        _number(width, "width", "least"),
        None if threshold == "best" else _between(threshold, "threshold"),
        _number(steps, "steps", "least"),
        None if step == "largest" else _positive(step, "step"),
    )
    count = _number(inputs, "inputs", "all")
    value, network = _network(run, states, count, trained, wanted, report)
    claim = {
        "kind": "network",
        "program": program_json(run.program),
        "states": value,
        "trained": training.trained,
        "start": training.start.name,
        "networks": 1,
        "width": network.width,
        "steps": network.steps,
        "step": str(network.step),
        "threshold": str(network.threshold),
        "failure": str(network.failure),
    }
    if count is not None:
        claim["inputs"] = count
    evidence = _evidence(network) if isinstance(network, FiniteNetwork) else all_layers_evidence(network)
    return checked(claim | source_entry(source), evidence, network)


def _network(
    run: Run, states: str, inputs: int | None, trained: str, wanted: Requirements, report: Report
) -> tuple[Any, FiniteNetwork | AllLayersNetwork]:
    """Return the JSON value of the states and the network; see :func:`issue_network` for the default states."""
    find = find_network if trained == "output" else find_all_layers
    unknown = states or not run.steps or len(run.free) > MAX_EXECUTED
    try:
        value, load = _workload(run, states or "arbitrary", inputs)
        return value, find(load, wanted, report)
    except NoMargin as problem:
        if unknown:
            raise NoMargin(f"{problem}: more padding makes room for one") from problem
    except TooConnected:
        if unknown:
            raise
    value, load = _workload(run, "reachable", inputs)
    return value, find(load, wanted, report)


def _workload(run: Run, states: str, inputs: int | None) -> tuple[Any, Workload]:
    """Return the JSON value of the states, and the outputs that must be correct there."""
    value, classes = _states(run, states)
    most, steps = (run.program.output_bits, 1) if value == "arbitrary" else (len(run.free), run.steps)
    if inputs is not None and inputs > 1 << most:
        raise InputError(f"inputs: there are only 2^{most}, got {inputs}")
    room = None if inputs is None else inputs * steps
    return value, Workload.of(run.program.samples, classes, run.program.labels.T.tolist(), max_states=room)


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
                str(used.l),
                str(used.z),
                str(used.q),
                [[most, str(mu)] for most, mu in used.cover],
            ]
            for kind, used in network.parameters.items()
        ],
    }


def _states(run: Run, states: str) -> tuple[Any, dict[tuple[int, int, int], int]]:
    """Return the JSON value of the states, and their classes."""
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
