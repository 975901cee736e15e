"""Executing a program through the predictor, and printing the trace and the result, for ``ntkproofs run``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ntkproofs.commands.common import HOLDS, make_console, print_json, remark
from ntkproofs.commands.regime import kernel_of
from ntkproofs.commands.stopping import Stoppable
from ntkproofs.display import counted

if TYPE_CHECKING:
    from ntkproofs.execution import Trace
    from ntkproofs.programs import State, Task, TemplateProgram

__all__ = ["execute", "output_word", "show"]


def execute(
    options: argparse.Namespace, program: TemplateProgram, start: State, steps: int, entries: dict[str, Any]
) -> Trace | None:
    """Run the program and return its trace; if it is stopped, report that there is no result and return None.

    `entries`: the entries of the JSON document that describe the input.
    """
    from ntkproofs.execution import Machine

    machine, done = Machine(program, kernel=kernel_of(options.regime)), 0

    def watch(number: int) -> None:
        nonlocal done
        done = number

    trace: Trace | None = None
    with Stoppable() as stop:
        trace = machine.run(start, steps=steps, watch=watch)
    if trace is not None:
        return trace
    if options.json:
        head = {"format": 1, "program": options.program, **entries}
        print_json({**head, "result": None, "complete": False, "steps": done, "planned_steps": steps})
    else:
        print(f"not complete: {done:,} of {counted(steps, 'step')}, no result")
    remark(f"ntkproofs: {stop.reason} after {done:,} of {counted(steps, 'step')}")
    return None


def output_word(task: Task, trace: Trace) -> str:
    """Return the bits of the answer at the end of a run, in the order of the task's output."""
    final = trace.final
    return "".join(str(final[field][index]) for field, index in task.output)


def show(
    options: argparse.Namespace, trace: Trace, result: Any, entries: dict[str, Any], *, lines: Sequence[str] = ()
) -> int:
    """Print the result of a complete run, as text or as JSON, and return the exit code.

    `lines`: the text of the result, if it is not that of `result`.
    """
    if options.json:
        document = {
            "format": 1,
            "program": options.program,
            **entries,
            "result": result,
            "complete": True,
            "steps": len(trace),
            "samples": trace.program.samples,
            "largest_matches": trace.largest_matches,
            "kernel": trace.kernel.name,
        }
        if options.trace:
            document["trace"] = [trace.program.field_digits(trace.row(step)) for step in range(len(trace) + 1)]
        print_json(document)
        return HOLDS
    if options.trace:
        console = make_console()
        console.width = max([console.width, *map(len, str(trace).splitlines())])  # wide enough for every line
        coloured = (
            console.color_system is not None and not console.no_color
        )  # otherwise the lines below mark changed bits
        console.print(trace if coloured else str(trace), markup=False, soft_wrap=True)
    print("\n".join(lines or (f"{result}",)))
    remark(
        f"{counted(len(trace), 'step')}, {counted(trace.program.samples, 'sample')}, at most "
        f"{counted(trace.largest_matches, 'matching template')}; every bit from the rigorous sign of its mean "
        f"({trace.kernel.name})"
    )
    return HOLDS
