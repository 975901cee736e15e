"""``ntkproofs show``: what a program consists of, whether rounding is right, and how many networks it needs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ntkproofs.commands.common import HOLDS, number, print_json, probability
from ntkproofs.commands.programs import add_options, add_padding, add_program, load, run_of
from ntkproofs.commands.regime import add_regime, certified_regime
from ntkproofs.commands.training_time import add_training_time, described, entries_of, training_time_of
from ntkproofs.display import counted
from ntkproofs.errors import NtkProofsError
from ntkproofs.training_time import UNIT

if TYPE_CHECKING:
    from ntkproofs.bounds.padding import Padded
    from ntkproofs.bounds.stopping import StoppingEarly
    from ntkproofs.counts import Counts
    from ntkproofs.execution import FailureSearch
    from ntkproofs.loading import Loaded
    from ntkproofs.summary import Rounding, Summary
    from ntkproofs.training_time import TrainingTime

__all__ = ["register"]

DEFAULT_TEMPLATES, MAX_FIELDS = 12, 24


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "show",
        help="show a program: templates, counts, rounding, and the networks it needs",
        description="Show a program: its fields and templates; K (training samples), t (templates that write a bit) "
        "and n (templates that match a state); whether rounding is right at arbitrary and at reachable states, and the "
        "least padding that makes it right; and the number of networks against padding.",
        epilog="Examples: ntkproofs show multiplication --bits 4; ntkproofs show mine.py:task --failure 0.01",
    )
    add_program(parser, "show")
    add_options(parser, "--steps", "--program-steps")
    add_padding(parser)
    parser.add_argument(
        "--templates",
        metavar="N",
        default=str(DEFAULT_TEMPLATES),
        help=f"number of templates that are listed (default: {DEFAULT_TEMPLATES}; --json: all)",
    )
    parser.add_argument(
        "--failure",
        metavar="DELTA",
        default="1e-6",
        help="the probability of failure for which networks are counted, for all inputs (default: 1e-6)",
    )
    add_regime(parser, known="ntk or nngp")
    add_training_time(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.set_defaults(function=_show)


def _show(options: argparse.Namespace) -> int:
    from ntkproofs.summary import summarise

    listed, failure = number(options.templates, "--templates"), probability(options.failure)
    kernel = certified_regime(options.regime)
    loaded = load(options, "show")
    summary = summarise(run_of(loaded), loaded.task, kernel=kernel)
    at = training_time_of(options)
    points, reason = _frontier(summary, failure, at)
    training, unknown = _training(summary, failure)
    search = _search(loaded, summary)
    if options.json:
        document = _document(loaded, summary, failure) | entries_of(at) | _frontier_json(summary, points, reason)
        print_json(document | _training_json(training, unknown) | _search_json(search))
        return HOLDS
    lines = [*_lines(loaded, summary, listed), *([("rounded wrong", _found(search))] if search is not None else [])]
    print("\n".join(f"{name:<16} {text}".rstrip() for name, text in lines))
    when = "" if at.converged else f", {described(at)}"
    print(f"\nnetworks for all inputs, failure at most {failure}, at {_better(summary)} states{when}:")
    for line in _table(points) if points else [f"  {reason}"]:
        print(line)
    print(f"\nnetworks that are not trained to convergence, at {_better(summary)} states ({UNIT}):")
    for line in _training_lines(training) if training is not None else [f"  {unknown}"]:
        print(line)
    return HOLDS


def _better(summary: Summary) -> str:
    """Return the states for which networks are counted: arbitrary if rounding is right there."""
    return "arbitrary" if summary.arbitrary.wrong is None or summary.reachable is None else "reachable"


def _training(summary: Summary, failure: Fraction) -> tuple[StoppingEarly | None, str]:
    """Return what stopping early costs, or the reason why that is not known."""
    from ntkproofs.summary import stopping_early

    try:
        return stopping_early(summary.run, _better(summary), failure, kernel=summary.kernel), ""
    except NtkProofsError as problem:
        return None, str(problem)


def _frontier(summary: Summary, failure: Fraction, at: TrainingTime) -> tuple[list[Padded], str]:
    """Return the frontier of networks against padding, or the reason why there is none."""
    from ntkproofs.summary import frontier

    try:
        return frontier(summary.run, _better(summary), failure, kernel=summary.kernel, at=at), ""
    except NtkProofsError as problem:
        return [], str(problem)


def _search(loaded: Loaded, summary: Summary) -> FailureSearch | None:
    """Search for a state at which a bit is rounded incorrectly, reachable if possible; None if there is none."""
    from ntkproofs.execution import find_failure
    from ntkproofs.programs import Task

    reachable = summary.reachable
    if reachable is not None and reachable.wrong is not None and isinstance(loaded.task, Task):
        return find_failure(loaded.task, kernel=summary.kernel, states="reachable")
    if summary.arbitrary.wrong is None:
        return None
    return find_failure(summary.program, kernel=summary.kernel)


# --- text


def _lines(loaded: Loaded, summary: Summary, listed: int) -> Iterator[tuple[str, str]]:
    program = summary.program
    yield "program", f"{program.name}: {counted(program.output_bits, 'bit')}"
    yield "fields", _listed([f"{name} ({width})" for name, width in program.fields.items()])
    if loaded.task is not None:
        yield "inputs", _listed(loaded.task.inputs)
        yield "steps", f"{summary.run.steps:,}"
    for index, template in enumerate(program.templates[:listed]):
        yield ("templates" if index == 0 else ""), str(template)
    omitted = len(program.templates) - listed
    if omitted > 0:
        yield ("" if listed else "templates"), f"... and {omitted:,} more"
    yield "K", f"{program.samples:,} ({len(program.templates):,} templates, {program.padding:,} padding)"
    yield "t", f"at most {summary.writers:,}"
    yield "n", ", ".join(_matches(summary))
    condition = "t n <= K holds" if summary.sufficient else "t n <= K does not hold"
    yield "condition", f"{condition} with the bound of n at arbitrary states"
    yield "rounding", f"at arbitrary states: {_rounding(summary.arbitrary)}"
    if summary.reachable is not None:
        yield "", f"at reachable states: {_rounding(summary.reachable)}"


def _listed(names: Sequence[str]) -> str:
    more = f", ... and {len(names) - MAX_FIELDS:,} more" if len(names) > MAX_FIELDS else ""
    return ", ".join(names[:MAX_FIELDS]) + more


def _matches(summary: Summary) -> Iterator[str]:
    yield f"at most {summary.arbitrary.matches:,} at arbitrary states (contradictory templates)"
    if summary.reachable is not None:
        yield f"at most {summary.reachable.matches:,} at reachable states (executed)"
    else:
        yield f"reachable states not executed: {summary.reason}"


def _rounding(rounding: Rounding) -> str:
    if rounding.wrong is None:
        return "right"
    proviso = " if that occurs" if rounding.states == "arbitrary" else ""
    if rounding.least_padding is None:
        return f"wrong at {rounding.wrong}{proviso}; {rounding.reason}"
    return f"wrong at {rounding.wrong}{proviso}; least padding {rounding.least_padding:,}"


def _found(search: FailureSearch) -> str:
    """Return the state that a search found, or its outcome."""
    return str(search).removeprefix(f"program {search.program.name!r}: ")


def _table(points: list[Padded]) -> Iterator[str]:
    yield f"  {'padding':>12}{'samples':>12}{'networks':>12}  threshold"
    for point in points:
        yield f"  {point.padding:>12,}{point.samples:>12,}{point.networks:>12,}  {point.threshold}"


def _training_lines(training: StoppingEarly) -> Iterator[str]:
    for name, onset in (("threshold 0", training.zero), ("best threshold", training.best)):
        time = f"at time {float(onset.time):g}" if onset.time is not None else "not at time 64 of gradient flow"
        steps = "" if onset.step is None else f", after none of 1 to 64 steps of size {onset.step}"
        if onset.steps is not None:
            steps = f", after {counted(onset.steps, 'step')} of size {onset.step}"
        yield f"  {'rounding right':<16}{name + ':':<16} {time}{steps}"
    numbers = [
        f"{'none' if number is None else f'{number:,}'} at {'convergence' if moment is None else f'time {moment}'}"
        for moment, number in training.networks
    ]
    yield f"  {'networks':<16}{', '.join(numbers)}"


# --- JSON


def _document(loaded: Loaded, summary: Summary, failure: Fraction) -> dict[str, Any]:
    from ntkproofs.programs.serialised import program_json

    program = summary.program
    return {
        "format": 1,
        "program": loaded.name,
        **{key: value for key, value in program_json(program).items() if key != "padding"},
        "bits": program.output_bits,
        "inputs": None if loaded.task is None else list(loaded.task.inputs),
        "steps": summary.run.steps,
        "padding": program.padding,
        "samples": program.samples,
        "writers": summary.writers,
        "kernel": summary.kernel,
        "condition": summary.sufficient,
        "arbitrary": _rounding_json(summary.arbitrary),
        "reachable": None if summary.reachable is None else _rounding_json(summary.reachable),
        "not_executed": summary.reason or None,
        "failure": str(failure),
    }


def _frontier_json(summary: Summary, points: list[Padded], reason: str) -> dict[str, Any]:
    rows = [
        {
            "padding": point.padding,
            "samples": point.samples,
            "networks": point.networks,
            "threshold": str(point.threshold),
        }
        for point in points
    ]
    return {"frontier_states": _better(summary), "frontier": rows, "no_frontier": reason or None}


def _training_json(training: StoppingEarly | None, reason: str) -> dict[str, Any]:
    """Return when rounding becomes right, and the networks at some times; None with the reason if that is not known."""
    if training is None:
        return {"training": None, "no_training": reason}
    entry: dict[str, Any] = {"unit": UNIT}
    for name, onset in (("zero", training.zero), ("best", training.best)):
        time, step = (None if value is None else str(value) for value in (onset.time, onset.step))
        entry[name] = {"time": time, "steps": onset.steps, "step": step}
    rows = [{"time": None if moment is None else str(moment), "networks": size} for moment, size in training.networks]
    return {"training": entry | {"networks": rows}, "no_training": None}


def _search_json(search: FailureSearch | None) -> dict[str, Any]:
    """Return the state at which a bit is rounded incorrectly; `search` is ``none``, ``found`` or ``open``."""
    if search is None or search.state is None or search.counts is None or search.bit is None:
        return {"search": "none" if search is None else search.outcome, "rounded_wrong": None}
    program = search.program
    wrong = {
        "state": program.field_digits(program.row(search.state)),
        "bit": list(search.bit),
        "counts": _counts_json(search.counts),
    }
    return {"search": search.outcome, "rounded_wrong": wrong}


def _rounding_json(rounding: Rounding) -> dict[str, Any]:
    return {
        "matches": rounding.matches,
        "right": rounding.wrong is None,
        "wrong": None if rounding.wrong is None else _counts_json(rounding.wrong),
        "least_padding": rounding.least_padding,
        "reason": rounding.reason or None,
    }


def _counts_json(counts: Counts) -> dict[str, int]:
    return {
        "matches": counts.matches,
        "matched_writers": counts.matched_writers,
        "writers": counts.writers,
        "samples": counts.samples,
    }
