"""``ntkproofs exhaust`` of a stream: every input at every clock, from every state that this reaches."""

from __future__ import annotations

import argparse
import contextlib
from typing import TYPE_CHECKING, Any

from ntkproofs.commands.common import HOLDS, REFUTED, UNDECIDED, print_json, remark
from ntkproofs.commands.infinite import InfinitelyWide
from ntkproofs.commands.progress import Pace, showing
from ntkproofs.commands.stopping import Stoppable
from ntkproofs.commands.training_time import entries_of
from ntkproofs.display import counted

if TYPE_CHECKING:
    from ntkproofs.execution import Exploration
    from ntkproofs.loading import Loaded
    from ntkproofs.programs import Stream

__all__ = ["exhaust_stream"]


def exhaust_stream(
    options: argparse.Namespace, loaded: Loaded, stream: Stream, wide: InfinitelyWide, clocks: int | None
) -> int:
    """Explore a stream for a number of clocks (None: until no new state appears), and return the exit code."""
    from ntkproofs.execution.streams import explore_blocks

    result: Exploration | None = None
    with contextlib.ExitStack() as stack:
        show, pace = stack.enter_context(showing()), Pace("runs")
        stop = stack.enter_context(Stoppable())
        blocks = explore_blocks(stream, clocks=clocks, resume=options.resume, **wide.arguments)
        for result in stack.enter_context(contextlib.closing(blocks)):
            text = f"{counted(result.clocks, 'clock')}, {result.states:,} states, {result.runs:,} runs"
            show(result.runs, 0, f"{text}, {result.wrong:,} wrong{pace(result.runs, None)}")
    if result is None:
        if options.json:
            print_json({"format": 1, "program": loaded.name, "complete": False, "cases": 0})
        else:
            print("not complete: no result")
        remark(f"ntkproofs: {stop.reason} before all sequences of inputs were covered")
        return UNDECIDED
    if options.json:
        print_json(_document(loaded, result))
    else:
        print(result)
    if not result.complete:
        how = "" if stop.reason is None else f"{stop.reason}, "
        remark(f"ntkproofs: {how}{result.states:,} states were reached: not all sequences of inputs are covered")
        return UNDECIDED
    return HOLDS if result.holds else REFUTED


def _document(loaded: Loaded, result: Exploration) -> dict[str, Any]:
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
        **entries_of(result.at, result.threshold),
        "samples": result.stream.program.samples,
        "largest_matches": result.largest_matches,
        "different_counts": len(result.visited),
        "rounded_wrong": [{"counts": str(counts)} for counts in result.unsound[:10]],
        "seconds": round(result.seconds, 4),
        "cases_per_second": round(result.runs / result.seconds) if result.seconds else 0,
    }
