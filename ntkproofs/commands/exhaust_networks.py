"""``ntkproofs exhaust --networks``: run a program on all inputs through networks with given weights."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

from ntkproofs.commands.common import HOLDS, REFUTED, UNDECIDED, print_json, remark
from ntkproofs.commands.networks import Weights
from ntkproofs.commands.progress import Pace, showing
from ntkproofs.commands.stopping import Stoppable
from ntkproofs.commands.vnnlib import exported, states_to_export
from ntkproofs.commands.wrong_bits import interval_json, print_table, surd_json, wrong_bit_json, wrong_bit_lines
from ntkproofs.errors import InputError

if TYPE_CHECKING:
    from ntkproofs.execution.network_exhaustion import Inputs, NetworkExhaustion, PlacedOutput
    from ntkproofs.loading import Loaded

__all__ = ["exhaust_networks"]

ENGINE = "floats with error bounds, integers"
REPLACED = ("networks", "threshold", "first wrong")  # rows of the table that are shown otherwise here


def exhaust_networks(
    options: argparse.Namespace,
    loaded: Loaded,
    weights: Weights,
    *,
    clocks: int | None,
    sample: int | None,
    seed: int,
) -> int:
    """Run a program through networks on all inputs, on a sample of them, or for a number of clocks; return the code."""
    from ntkproofs.execution.exhaust_networks import exhaust_networks_chunks, search_thresholds_chunks

    weights.fit(loaded.program)
    states = states_to_export(options, loaded)
    run = search_thresholds_chunks if weights.search else partial(exhaust_networks_chunks, threshold=weights.threshold)
    task = loaded.program if loaded.task is None else loaded.task
    result: NetworkExhaustion | None = None
    pace = Pace("cases")
    with contextlib.ExitStack() as stack:
        show, stop = stack.enter_context(showing()), stack.enter_context(Stoppable())

        def progress(part: float) -> None:
            done, total = (0, None) if result is None else (result.cases, result.total)
            show(done, total or 0, f"{done:,} cases done; {part:.0%} of the outputs of the next ones")

        arguments = {"sample": sample, "seed": seed, "clocks": clocks, "progress": progress, "resume": options.resume}
        chunks = stack.enter_context(contextlib.closing(run(task, weights.networks, **arguments)))
        for result in chunks:
            of = "" if result.total is None else f" of {result.total:,}"
            show(
                result.cases,
                result.total or 0,
                f"{result.cases:,}{of} cases, {result.wrong:,} wrong{pace(result.cases, result.total)}",
            )
    if result is None:
        return _not_begun(options, loaded, f"{stop.reason}")
    files, problem = list[str](), None
    if result.complete:
        try:
            files = exported(options, loaded, weights.networks, states, _used(weights, result))
        except InputError as refused:
            problem = refused  # after the verdict
    if options.json:
        print_json(_document(options, weights, result) | ({"exported": files} if files else {}))
    else:
        print_table([*_lines(weights, result), *([("exported", f"{len(files)} files")] if files else [])])
    if problem is not None:
        raise problem
    if not result.complete:
        remark(f"ntkproofs: {stop.reason or 'stopped'} after {result.cases:,} cases")
        return UNDECIDED
    return HOLDS if _holds(weights, result) else REFUTED


def _not_begun(options: argparse.Namespace, loaded: Loaded, reason: str) -> int:
    """Report that the work was stopped before any case was done, and return the exit code."""
    if options.json:
        counts = {"cases": 0, "wrong": 0, "first_wrong": None, "steps": loaded.steps, "states": 0}
        speed = {"engine": ENGINE, "seconds": 0.0, "cases_per_second": 0}
        print_json({"format": 1, "program": options.program, **counts, "complete": False, **speed})
    else:
        print("not complete: no result")
    remark(f"ntkproofs: {reason} before the first case was done")
    return UNDECIDED


def _holds(weights: Weights, result: NetworkExhaustion) -> bool:
    """Return whether all cases are right, at the threshold or, of a search, at some thresholds."""
    if not weights.search:
        return result.holds
    return result.interval().outcome == "right" and result.wrong_answers == 0


def _used(weights: Weights, result: NetworkExhaustion) -> Fraction | None:
    """Return the threshold that was used or, of a search, one of those that are right; None if there is none."""
    if not weights.search:
        return result.threshold
    interval = result.interval()
    return None if interval.outcome == "none" else interval.threshold()


def _lines(weights: Weights, result: NetworkExhaustion) -> Iterator[tuple[str, str]]:
    """Yield the rows of the table."""
    from ntkproofs.execution.network_exhaustion import Place, PlacedOutput

    yield from weights.lines(_used(weights, result))
    for name, value in result.lines():
        if name not in REPLACED:
            yield name, value
        wrong = result.first_wrong
        if name == "first wrong" and wrong is not None:
            place = Place(wrong.inputs, wrong.step, wrong.output.state)
            yield name, result.location(PlacedOutput(wrong.output.value, place, wrong.output.bit))
            yield from wrong_bit_lines(wrong.output)
    if weights.search:
        yield "thresholds", f"{result.interval()}"


def _document(options: argparse.Namespace, weights: Weights, result: NetworkExhaustion) -> dict[str, Any]:
    program, margin = result.source.program, result.smallest_margin
    interval = result.interval() if weights.search else None  # if no threshold is right, no number of cases is wrong
    return {
        "format": 1,
        "program": options.program,
        "bits": None if options.bits is None else int(options.bits),
        "input_bits": result.source.input_bits,
        "cases": result.cases,
        "wrong": None if interval is not None and interval.outcome == "none" else result.wrong,
        "first_wrong": _first_wrong_json(result),
        "steps": result.steps,
        "states": result.states,
        "complete": result.complete,
        "total": result.total,
        "sampled": result.sampled,
        "seed": result.seed,
        "compared": bool(result.compared),
        "wrong_answers": result.wrong_answers,
        "holds": _holds(weights, result) if result.complete else None,
        "samples": program.samples,
        **weights.document(_used(weights, result)),
        "match_sets": result.match_sets,
        "bits_decided": result.bits_decided,
        "exact_decisions": result.exact_decisions,
        "at_threshold": result.at_threshold,
        "smallest_margin": None if margin is None else _placed_json(margin),
        "thresholds": None if interval is None else interval_json(interval, f"{interval}"),
        "engine": ENGINE,
        "seconds": round(result.seconds, 4),
        "cases_per_second": round(result.cases_per_second),
    }


def _first_wrong_json(result: NetworkExhaustion) -> dict[str, Any] | None:
    """Return the first wrong bit; if there is none, the first wrong answer of the program; None if there is none."""
    wrong, answer = result.first_wrong, result.first_wrong_answer
    if wrong is not None:
        return {"inputs": _inputs_json(wrong.inputs), "step": wrong.step + 1, **wrong_bit_json(wrong.output)}
    if answer is not None:
        return {"inputs": _inputs_json(answer.inputs), "got": answer.got, "wanted": answer.expected}
    return None


def _placed_json(output: PlacedOutput) -> dict[str, Any]:
    place = output.place
    return {
        **surd_json(output.value),
        "inputs": _inputs_json(place.inputs),
        "step": place.step + 1,
        "bit": list(output.bit),
    }


def _inputs_json(inputs: Inputs) -> list[Any]:
    """Return the inputs of a case as a list; of a stream, those of each clock."""
    return [list(item) if isinstance(item, tuple) else item for item in inputs]
