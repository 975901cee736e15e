"""Executing a program through the predictor, and printing the trace and the result, for ``ntkproofs run``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ntkproofs.commands.common import HOLDS, make_console, print_json, remark
from ntkproofs.commands.regime import kernel_of
from ntkproofs.commands.stopping import Stoppable
from ntkproofs.commands.training_time import described, entries_of, threshold_of, training_time_of
from ntkproofs.display import counted

if TYPE_CHECKING:
    from ntkproofs.execution import Machine, Trace
    from ntkproofs.programs import State, Stream, Task, TemplateProgram

__all__ = ["execute", "execute_stream", "machine_of", "output_word", "rounded", "show", "show_clocks"]


def machine_of(options: argparse.Namespace, program: TemplateProgram) -> Machine:
    """Return the machine of a program that the options describe: kernel, time of training, threshold."""
    from ntkproofs.execution import Machine

    kernel, at = kernel_of(options.regime), training_time_of(options)
    return Machine(program, kernel, time=at, threshold=threshold_of(options))


def execute(
    options: argparse.Namespace, program: TemplateProgram, start: State, steps: int, entries: dict[str, Any]
) -> Trace | None:
    """Run the program and return its trace; if it is stopped, report that there is no result and return None.

    `entries`: the entries of the JSON document that describe the input.
    """
    machine, done = machine_of(options, program), 0

    def watch(number: int) -> None:
        nonlocal done
        done = number

    trace: Trace | None = None
    with Stoppable() as stop:
        trace = machine.run(start, steps=steps, watch=watch)
    if trace is None:
        _report_stopped(options, f"{stop.reason}", done, steps, entries)
    return trace


def execute_stream(
    options: argparse.Namespace, stream: Stream, words: Sequence[Sequence[int]], entries: dict[str, Any]
) -> list[Trace] | None:
    """Run a stream and return the trace of each clock; if it is stopped, report that and return None."""
    program = stream.program
    machine, state, traces, done = machine_of(options, program), stream.start(), [], 0

    def watch(_number: int) -> None:
        nonlocal done
        done += 1

    steps = stream.period * len(words)
    with Stoppable() as stop:
        for word in words:
            row = stream.set_rows(program.row(state)[None, :], [tuple(word)])[0]
            traces.append(machine.run(program.unrow(row), steps=stream.period, watch=watch))
            state = traces[-1].final
        return traces
    _report_stopped(options, f"{stop.reason}", done, steps, entries)
    return None


def _report_stopped(options: argparse.Namespace, reason: str, done: int, steps: int, entries: dict[str, Any]) -> None:
    """Report that a run was stopped after `done` of its `steps`."""
    if options.json:
        head = {"format": 1, "program": options.program, **entries}
        print_json({**head, "result": None, "complete": False, "steps": done, "planned_steps": steps})
    else:
        print(f"not complete: {done:,} of {counted(steps, 'step')}, no result")
    remark(f"ntkproofs: {reason} after {done:,} of {counted(steps, 'step')}")


def output_word(task: Task | Stream, trace: Trace) -> str:
    """Return the bits of the answer at the end of a run, in the order of the output."""
    final = trace.final
    return "".join(str(final[field][index]) for field, index in task.output)


def show(
    options: argparse.Namespace, trace: Trace, result: Any, entries: dict[str, Any], *, lines: Sequence[str] = ()
) -> int:
    """Print the result of a complete run, as text or as JSON, and return the exit code.

    `lines`: the text of the result, if it is not that of `result`.
    """
    if options.json:
        document = _document(options, [trace], result, entries)
        if options.trace:
            document["trace"] = _rows(trace)
        print_json(document)
        return HOLDS
    if options.trace:
        _print_trace(trace)
    print("\n".join(lines or (f"{result}",)))
    _remark_on(options, [trace])
    return HOLDS


def show_clocks(
    options: argparse.Namespace, traces: Sequence[Trace], answers: Sequence[Any], entries: dict[str, Any]
) -> int:
    """Print the answer of each clock of a complete run, as text or as JSON, and return the exit code."""
    if options.json:
        document = _document(options, traces, list(answers), entries)
        if options.trace:
            document["trace"] = [_rows(trace) for trace in traces]
        print_json(document)
        return HOLDS
    for number, (trace, answer) in enumerate(zip(traces, answers, strict=True), 1):
        if options.trace:
            print(f"clock {number}")
            _print_trace(trace)
        print(answer)
    _remark_on(options, traces)
    return HOLDS


def _document(
    options: argparse.Namespace, traces: Sequence[Trace], result: Any, entries: dict[str, Any]
) -> dict[str, Any]:
    return {
        "format": 1,
        "program": options.program,
        **entries,
        "result": result,
        "complete": True,
        "steps": sum(map(len, traces)),
        "samples": traces[0].program.samples,
        "largest_matches": max(trace.largest_matches for trace in traces),
        "kernel": traces[0].kernel.name,
        **entries_of(training_time_of(options), threshold_of(options)),
    }


def _rows(trace: Trace) -> list[dict[str, str]]:
    return [trace.program.field_digits(trace.row(step)) for step in range(len(trace) + 1)]


def _print_trace(trace: Trace) -> None:
    console = make_console()
    console.width = max([console.width, *map(len, str(trace).splitlines())])  # wide enough for every line
    coloured = console.color_system is not None and not console.no_color  # otherwise the lines below mark changed bits
    console.print(trace if coloured else str(trace), markup=False, soft_wrap=True)


def _remark_on(options: argparse.Namespace, traces: Sequence[Trace]) -> None:
    """Print the size of a run on stderr."""
    matches = max(trace.largest_matches for trace in traces)
    remark(
        f"{counted(sum(map(len, traces)), 'step')}, {counted(traces[0].program.samples, 'sample')}, at most "
        f"{counted(matches, 'matching template')}; every bit {rounded(options)} ({traces[0].kernel.name})"
    )


def rounded(options: argparse.Namespace) -> str:
    """Return how bits are rounded, for the remark after a run."""
    at, threshold = training_time_of(options), threshold_of(options)
    minus = " minus the threshold" if threshold else ""
    where = described(at, threshold)
    return f"from the rigorous sign of its mean{minus}" + (f", {where}" if where else "")
