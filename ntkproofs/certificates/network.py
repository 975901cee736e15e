"""Issue certificates about networks of finite width: output layer trained, or all layers trained from pairs.

The producer searches in floats and confirms in ball arithmetic (``bounds.finite``); the checker recomputes all bounds
from the claim. A difference is a bug in one of them: EnginesDisagree reports both results.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from ntkproofs.bounds.finite.all_layers import AllLayersNetwork, find_all_layers
from ntkproofs.bounds.finite.gaussian_search import Required, find_gaussian_ensemble
from ntkproofs.bounds.finite.gaussian_start import GaussianEnsemble, GaussianLoad, Length
from ntkproofs.bounds.finite.network import FiniteNetwork, Requirements, Workload, find_network
from ntkproofs.bounds.finite.search import Report, silent
from ntkproofs.certificates.all_layers import all_layers_evidence
from ntkproofs.certificates.format import Certificate
from ntkproofs.certificates.issue import MAX_EXECUTED, Run, checked, program_json, source_entry
from ntkproofs.certificates.source import SourceClaim
from ntkproofs.classes import Classes, TooConnected, arbitrary_classes, reachable_classes
from ntkproofs.errors import InputError, NoMargin, Undecided
from ntkproofs.programs import Task
from ntkproofs.training import Training
from ntkproofs.validation import integer

__all__ = ["Request", "find", "issue_network", "request_for"]

Found: TypeAlias = FiniteNetwork | AllLayersNetwork | GaussianEnsemble


@dataclass(frozen=True)
class Request:
    """What a certificate about networks of finite width claims; None in `training` means the smallest, best or largest.

    `networks`: how many are averaged for each output bit; `inputs`: None for all.
    """

    run: Run
    training: Training
    states: str
    inputs: int | None
    networks: int | None
    wanted: Requirements

    @property
    def averaged(self) -> bool:
        """Whether networks are averaged: the output layer is trained from a Gaussian start."""
        return self.training.trained == "output" and self.training.start.name == "gaussian"


MOST_EXECUTED = 20  # maximum of input bits of runs whose states are counted


def issue_network(
    task: Task | Run,
    *,
    failure: Any,
    trained: str = "output",
    start: str = "",
    networks: int | str = "",
    width: int | str = "least",
    threshold: Any = "best",
    states: str = "",
    inputs: int | str = "all",
    steps: int | str = "least",
    step: Any = "largest",
    source: SourceClaim | None = None,
    report: Report = silent,
) -> Certificate:
    """Certify that networks of finite width, trained by gradient descent, execute the program correctly.

    `trained`: ``"output"``, networks with all outputs whose hidden layer is fixed; or ``"all"``, one scalar network for
    each output bit with all layers trained. `start`: for the output layer ``"zero"`` (default: one network) or
    ``"gaussian"`` (the average of `networks` independent ones; ``"least"`` is the smallest number for a given width,
    the default); for all layers ``"antisymmetric"``, pairs of neurons (the width counts both). With probability at
    least 1 - failure over the random start, all outputs are correct simultaneously at all `states` (``"arbitrary"``, or
    ``"reachable"`` by the run; default: arbitrary if their classes can be counted and a threshold separates the limits
    there), or at `inputs` of them chosen beforehand. No limit or approximation is used. `width`: a number of neurons,
    or ``"least"``; `threshold`: a fraction, or ``"best"``; `steps` and `step`: of full-batch gradient descent on half
    the sum of squared errors (default: the least number for which the width suffices, and the largest step that the
    bounds allow); `source`: the file from which the program was compiled, as an entry of the claim. `report` is called
    with lines that show progress. Raises NtkProofsError with the reason if the bounds do not prove the claim, Undecided
    beyond the limits of the checker.

    >>> from ntkproofs.programs import permutation_task
    >>> certificate = issue_network(permutation_task([1, 0, 2]), failure="1/10")
    >>> certificate.claim["networks"], certificate.claim["width"]
    (1, 226)
    >>> issue_network(permutation_task([1, 0, 2]), failure="1/10", start="gaussian", width=1000).networks
    15
    """
    request = request_for(
        task, failure=failure, trained=trained, start=start, networks=networks, width=width, threshold=threshold,
        states=states, inputs=inputs, steps=steps, step=step,
    )  # fmt: skip
    value, found = find(request, report)
    claim = {
        "kind": "network",
        "program": program_json(request.run.program),
        "states": value,
        "trained": request.training.trained,
        "start": request.training.start.name,
        "networks": found.networks if isinstance(found, GaussianEnsemble) else 1,
        "width": found.width,
        "steps": found.steps,
        "step": str(found.step),
        "threshold": str(found.threshold),
        "failure": str(found.failure),
    }
    if request.inputs is not None:
        claim["inputs"] = request.inputs
    return checked(claim | source_entry(source), _evidence_of(found), found)


def request_for(
    task: Task | Run,
    *,
    failure: Any,
    trained: str = "output",
    start: str = "",
    networks: int | str = "",
    width: int | str = "least",
    threshold: Any = "best",
    states: str = "",
    inputs: int | str = "all",
    steps: int | str = "least",
    step: Any = "largest",
) -> Request:
    """Return the request of :func:`issue_network` with the same arguments; raises InputError for an invalid one."""
    return Request(
        task if isinstance(task, Run) else Run.of(task),
        Training.of(trained, start or None),
        states,
        _number(inputs, "inputs", "all"),
        _networks(networks, start),
        Requirements(
            _between(failure, "failure"),
            _number(width, "width", "least"),
            None if threshold == "best" else _between(threshold, "threshold"),
            _number(steps, "steps", "least"),
            None if step == "largest" else _positive(step, "step"),
        ),
    )


def _networks(networks: int | str, start: str) -> int | None:
    """Return the number of networks, None for the smallest."""
    if start == "gaussian":
        return _number("least" if networks == "" else networks, "networks", "least")
    if networks not in ("", "least", 1):
        raise InputError(
            f"networks = {networks}: only networks with a Gaussian start are averaged; the initial function of the "
            f"others is 0, and one of them is sufficient"
        )
    return 1


def find(request: Request, report: Report = silent) -> tuple[Any, Found]:
    """Return the JSON value of the states, and networks that satisfy a request; see :func:`issue_network`.

    Raises InputError for a start or a combination that no certificate is about.
    """
    training, run, states = request.training, request.run, request.states
    if not (request.averaged or training.start.name == training.layers.start):
        starts = "zero and gaussian" if training.trained == "output" else training.layers.start
        raise InputError(f"start {training.start.name!r}: certificates are for the start {starts} alone")
    unknown = states or not run.steps or len(run.free) > MAX_EXECUTED
    try:
        value, classes = _classes(run, states or "arbitrary", request.inputs)
        return value, _found(request, value, classes, report)
    except NoMargin as problem:
        if unknown:
            raise NoMargin(f"{problem}: more padding makes room for one") from problem
    except TooConnected:
        if unknown:
            raise
    value, classes = _classes(run, "reachable", request.inputs)
    return value, _found(request, value, classes, report)


def _found(request: Request, value: Any, classes: Classes, report: Report) -> Found:
    """Return networks that are correct at the states of these classes."""
    run, wanted = request.run, request.wanted
    samples, labels = run.program.samples, run.program.labels.T.tolist()
    room = None if request.inputs is None else request.inputs * (1 if value == "arbitrary" else run.steps)
    if request.averaged:
        required = Required(wanted.failure, request.networks, wanted.width, wanted.threshold, wanted.steps, wanted.step)
        return find_gaussian_ensemble(GaussianLoad.of(samples, classes, labels, max_states=room), required)
    load = Workload.of(samples, classes, labels, max_states=room)
    find_trained = find_network if request.training.trained == "output" else find_all_layers
    return find_trained(load, wanted, report)


def _classes(run: Run, states: str, inputs: int | None) -> tuple[Any, Classes]:
    """Return the JSON value of the states, and the classes of the outputs that must be correct there."""
    value, classes = _states(run, states)
    most = run.program.output_bits if value == "arbitrary" else len(run.free)
    if inputs is not None and inputs > 1 << most:
        raise InputError(f"inputs: there are only 2^{most}, got {inputs}")
    return value, classes


def _evidence_of(found: Found) -> dict[str, Any]:
    """Return the parameters of every bound as JSON values."""
    if isinstance(found, GaussianEnsemble):
        return _average_evidence(found)
    return _evidence(found) if isinstance(found, FiniteNetwork) else all_layers_evidence(found)


def _average_evidence(found: GaussianEnsemble) -> dict[str, Any]:
    def length(event: Length) -> list[str]:
        return [str(value) for value in (event.value, event.l, event.z, event.q)]

    return {
        "descent": _descent(found),
        "columns": [[t, {"deviation": length(event)}] for t, event in found.deviations.items()],
        "states": [
            [n, {"shift": length(event), "square": [str(value) for value in found.squares[n]]}]
            for n, event in found.shifts.items()
        ],
        "classes": [
            [kind.n, kind.p, kind.t, {"split": [str(split.d), str(split.l)]}] for kind, split in found.splits.items()
        ],
    }


def _descent(found: FiniteNetwork | GaussianEnsemble) -> dict[str, Any]:
    return {"rise": str(found.rise), "drop": str(found.drop), "tilts": [str(tilt) for tilt in found.tilts]}


def _evidence(network: FiniteNetwork) -> dict[str, Any]:
    """Return the parameters of every bound as JSON values."""
    return {
        "descent": _descent(network),
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


def _states(run: Run, states: str) -> tuple[Any, Classes]:
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
