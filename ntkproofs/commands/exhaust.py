"""``ntkproofs exhaust``: a program on every input, 64 at a time."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ntkproofs.commands.common import HOLDS, REFUTED, UNDECIDED, number, print_json, remark
from ntkproofs.commands.progress import showing
from ntkproofs.commands.stopping import Stoppable
from ntkproofs.errors import InputError

if TYPE_CHECKING:
    from ntkproofs.execution import Exhaustion
    from ntkproofs.programs import Task

__all__ = ["register"]

PROGRAMS = ("addition", "multiplication", "permutation")


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "exhaust",
        help="run a program on every input, bit-sliced",
        description="Run a program on every input, 64 at a time, and compare each answer with the oracle's. Rounding "
        "is proved right for all states (t n <= K) or checked for the counts of every visited state and bit.",
    )
    parser.add_argument("program", choices=PROGRAMS, help="which program")
    parser.add_argument("--bits", required=True, metavar="N", help="bits of each input")
    parser.add_argument("--order", metavar="I,J,...", help="for permutation: its order (default: the bits reversed)")
    parser.add_argument("--condition", action="store_true", help="count at every state even where t n <= K is proved")
    parser.add_argument(
        "--regime", choices=("ntk", "nngp"), default="ntk", help="the kernel that trains (default: ntk)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.set_defaults(function=_exhaust)


def _exhaust(options: argparse.Namespace) -> int:
    from ntkproofs.execution import Exhaustion, exhaust_chunks
    from ntkproofs.kernels import two_layer_relu
    from ntkproofs.processes import WorkerDied

    bits = number(options.bits, "--bits", low=1, high=40)
    task, kernel = _task(options, bits), two_layer_relu(options.regime)
    found = Exhaustion(task, kernel, 1 << task.input_bits)
    with contextlib.ExitStack() as stack:
        show = stack.enter_context(showing())
        stop = stack.enter_context(Stoppable())
        try:
            for found in exhaust_chunks(task, condition=options.condition, kernel=kernel):
                text = f"{found.cases:,} of {found.total:,} cases, {found.wrong:,} wrong"
                show(found.cases, found.total, text)
        except WorkerDied as problem:
            stop.reason = f"stopped: {problem}"
    if options.json:
        print_json(_document(options.program, bits, found))
    else:
        print("\n".join(f"{name:<16} {value}" for name, value in _lines(found)))
    if not found.complete:
        remark(f"ntkproofs: {stop.reason} after {found.cases:,} of {found.total:,} cases")
        return UNDECIDED
    return HOLDS if found.holds else REFUTED


def _task(options: argparse.Namespace, bits: int) -> Task:
    from ntkproofs import programs

    if options.program == "permutation":
        places = map(str, reversed(range(bits))) if options.order is None else options.order.split(",")
        order = [number(place.strip(), "a place in --order") for place in places]
        if len(order) != bits:
            raise InputError(f"--order names {len(order)} places for {bits} bits")
        return programs.permutation_task(order)
    if options.order is not None:
        raise InputError(f"--order is for permutation, not for {options.program}")
    make: Callable[[int], Task] = getattr(programs, f"{options.program}_task")
    return make(bits)


def _lines(found: Exhaustion) -> Iterator[tuple[str, str]]:
    if not found.complete:
        yield "not complete", f"{found.cases:,} of {found.total:,} cases were run"
        if not found.cases:
            return
    so_far = "" if found.complete else " so far"
    yield "cases", f"{found.cases:,}"
    yield "wrong", f"{found.wrong:,}{so_far}"
    if found.first_wrong is not None:
        wrong = found.first_wrong
        yield "first wrong", f"inputs {', '.join(map(str, wrong.inputs))}: got {wrong.got}, should be {wrong.expected}"
    yield "states", f"{found.states:,} ({found.steps} steps each)"
    if not found.counted:
        yield "rounding", f"right at all states: t n <= K, with n <= {found.matches_bound} by contradictory templates"
    else:
        failing = f"wrong at {len(found.unsound)} of them" if found.unsound else "right at all of them"
        yield "rounding", f"{len(found.visited)} different counts (n, p, t) at the visited states{so_far}, {failing}"
        for counts in found.unsound[:3]:
            visit = found.visited[counts]
            yield "rounded wrong", f"{counts}: {_place(found, visit.case, visit.step, visit.bit)}"
        yield "largest n", str(found.largest_matches)
        margin = found.smallest_margin()
        if margin is not None:
            mean, visit = margin
            yield "smallest margin", f"mean {mean.mean.digits(8)} at {mean.counts}"
            yield "", _place(found, visit.case, visit.step, visit.bit)
    yield "seconds", f"{found.seconds:.2f}"
    yield "cases/second", f"{found.cases_per_second:,.0f}"


def _place(found: Exhaustion, case: int, step: int, bit: tuple[str, int]) -> str:
    return f"inputs {', '.join(map(str, found.inputs_of(case)))}, step {step + 1}, bit {bit[0]}_{bit[1]}"


def _document(program: str, bits: int, found: Exhaustion) -> dict[str, Any]:
    wrong, margin = found.first_wrong, found.smallest_margin()
    document: dict[str, Any] = {
        "format": 1,
        "program": program,
        "bits": bits,
        "cases": found.cases,
        "wrong": found.wrong,
        "first_wrong": None
        if wrong is None
        else {"inputs": list(wrong.inputs), "got": wrong.got, "wanted": wrong.expected},
        "steps": found.steps,
        "states": found.states,
        "complete": found.complete,
        "total": found.total,
        "holds": found.holds if found.complete else None,
        "kernel": found.kernel.name,
        "samples": found.task.program.samples,
        "condition": "counted" if found.counted else "proved: t n <= K",
        "matches_bound": found.matches_bound,
        "largest_matches": found.largest_matches,
        "different_counts": len(found.visited) if found.counted else None,
        "rounded_wrong": [{"counts": str(counts), **_visit(found, counts)} for counts in found.unsound[:10]],
        "smallest_margin": None,
        "seconds": round(found.seconds, 4),
        "cases_per_second": round(found.cases_per_second),
    }
    if margin is not None:
        mean, _ = margin
        document["smallest_margin"] = {
            "mean": mean.mean.digits(12),
            "counts": str(mean.counts),
            **_visit(found, mean.counts),
        }
    return document


def _visit(found: Exhaustion, counts: Any) -> dict[str, Any]:
    visit = found.visited[counts]
    return {"inputs": list(found.inputs_of(visit.case)), "step": visit.step + 1, "bit": list(visit.bit)}
