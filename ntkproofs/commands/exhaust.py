"""``ntkproofs exhaust``: a program on every input, 64 at a time."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ntkproofs.catalogue import built_ins
from ntkproofs.commands.common import HOLDS, REFUTED, UNDECIDED, print_json, remark
from ntkproofs.commands.programs import ORDER, task_of
from ntkproofs.commands.progress import showing
from ntkproofs.commands.regime import add_regime, kernel_of
from ntkproofs.commands.stopping import Stoppable

if TYPE_CHECKING:
    from ntkproofs.execution import Exhaustion

__all__ = ["register"]


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "exhaust",
        help="run a program on every input, bit-sliced",
        description="Run a program on every input, 64 at a time, and compare each answer with the oracle's. Rounding "
        "is proved right for all states (t n <= K) or checked for the counts of every visited state and bit.",
    )
    parser.add_argument("program", choices=[entry.name for entry in built_ins("exhaust")], help="which program")
    parser.add_argument("--bits", required=True, metavar="N", help="bits of each input")
    parser.add_argument("--order", metavar=ORDER, help="for permutation: its order (default: the bits reversed)")
    parser.add_argument("--condition", action="store_true", help="count at every state even where t n <= K is proved")
    add_regime(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.set_defaults(function=_exhaust)


def _exhaust(options: argparse.Namespace) -> int:
    from ntkproofs.execution import Exhaustion, exhaust_chunks
    from ntkproofs.processes import WorkerDied

    task, kernel = task_of(options, "exhaust"), kernel_of(options.regime)
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
        print_json(_document(options.program, int(options.bits), found))
    else:
        print("\n".join(f"{name:<16} {value}" for name, value in _lines(found)))
    if not found.complete:
        remark(f"ntkproofs: {stop.reason} after {found.cases:,} of {found.total:,} cases")
        return UNDECIDED
    return HOLDS if found.holds else REFUTED


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
