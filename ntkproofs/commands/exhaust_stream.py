"""``ntkproofs exhaust`` of a stream: every input at every clock, from every state that this reaches."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ntkproofs.commands.common import HOLDS, REFUTED, UNDECIDED, print_json, remark
from ntkproofs.commands.regime import kernel_of
from ntkproofs.commands.stopping import Stoppable
from ntkproofs.display import counted

if TYPE_CHECKING:
    from ntkproofs.execution import Exploration
    from ntkproofs.loading import Loaded
    from ntkproofs.programs import Stream

__all__ = ["exhaust_stream"]


def exhaust_stream(options: argparse.Namespace, loaded: Loaded, stream: Stream, clocks: int | None) -> int:
    """Explore a stream for a number of clocks (None: until no new state appears), and return the exit code."""
    from ntkproofs.execution import explore

    start, kernel = time.perf_counter(), kernel_of(options.regime)
    result: Exploration | None = None
    with Stoppable() as stop:
        result = explore(stream, clocks=clocks, kernel=kernel)
    if result is None:
        if options.json:
            print_json({"format": 1, "program": loaded.name, "complete": False, "cases": 0})
        else:
            print("not complete: no result")
        remark(f"ntkproofs: {stop.reason} before all sequences of inputs were covered")
        return UNDECIDED
    seconds = time.perf_counter() - start
    if options.json:
        print_json(_document(loaded, result, seconds))
    else:
        print("\n".join(f"{name:<16} {value}" for name, value in _lines(result, seconds)))
    if not result.complete:
        remark(f"ntkproofs: {result.states:,} states were reached: not all sequences of inputs are covered")
        return UNDECIDED
    return HOLDS if result.holds else REFUTED


def _lines(result: Exploration, seconds: float) -> Iterator[tuple[str, str]]:
    if not result.complete:
        yield "not complete", f"only the sequences of {counted(result.clocks, 'clock')} are covered"
    length = "any length" if result.closed else counted(result.clocks, "clock")
    yield "cases", f"{result.runs:,} clocks of {counted(result.stream.period, 'step')}: all sequences of {length}"
    yield "wrong", f"{result.wrong:,}"
    if result.first_wrong is not None:
        wrong = result.first_wrong
        inputs = " / ".join(" ".join(map(str, word)) for word in wrong.inputs)
        yield "first wrong", f"inputs {inputs}: got {wrong.got}, expected {wrong.expected}"
    yield "states", f"{result.states:,} at the beginnings of clocks"
    outcome = f"wrong at {len(result.unsound)} of them" if result.unsound else "right at all of them"
    yield "rounding", f"{len(result.visited)} different counts (n, p, t) at the visited states, {outcome}"
    yield "largest n", str(max((counts.matches for counts in result.visited), default=0))
    yield "seconds", f"{seconds:.2f}"


def _document(loaded: Loaded, result: Exploration, seconds: float) -> dict[str, Any]:
    wrong = result.first_wrong
    return {
        "format": 1,
        "program": loaded.name,
        "bits": None,
        "input_bits": result.stream.input_bits,
        "cases": result.runs,
        "wrong": result.wrong,
        "first_wrong": None
        if wrong is None
        else {"inputs": [list(word) for word in wrong.inputs], "got": wrong.got, "wanted": wrong.expected},
        "steps": result.stream.period,
        "clocks": None if result.closed else result.clocks,
        "states": result.states,
        "complete": result.complete,
        "holds": result.holds if result.complete else None,
        "kernel": result.kernel.name,
        "samples": result.stream.program.samples,
        "largest_matches": max((counts.matches for counts in result.visited), default=0),
        "different_counts": len(result.visited),
        "rounded_wrong": [{"counts": str(counts)} for counts in result.unsound[:10]],
        "seconds": round(seconds, 4),
        "cases_per_second": round(result.runs / seconds) if seconds else 0,
    }
