"""``ntkproofs run FILE``: execute a program that is not built in, on inputs given on the command line."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ntkproofs.commands import sbn
from ntkproofs.commands.common import UNDECIDED
from ntkproofs.commands.executing import execute, show
from ntkproofs.commands.inputs import FORMS, Ports
from ntkproofs.commands.programs import FILES, OTHER, add_options, add_padding, load

if TYPE_CHECKING:
    from ntkproofs.loading import Loaded
    from ntkproofs.programs import Task

__all__ = ["register"]


def register(programs: Any, common: argparse.ArgumentParser) -> None:
    """Add the subcommand for programs that are not built in; `common`: a parser with the options of all programs."""
    parser = programs.add_parser(
        OTHER,
        parents=[common],
        help=f"a program of your own: {FILES}",
        description=f"Execute a program of your own through the predictor: {FILES}.",
        epilog="Examples: ntkproofs run mine.py:task 5 3; ntkproofs run mine.json p=5 q=3 --steps 2",
    )
    parser.add_argument("inputs", nargs="*", metavar="INPUT", help=FORMS)
    add_padding(parser)
    add_options(parser, "--steps", "--program-steps")
    sbn.add_options(parser)
    parser.set_defaults(function=_run)


def _run(options: argparse.Namespace) -> int:
    loaded = load(options, "run")
    if loaded.assembly is not None:
        return sbn.run_assembly(options, options.program, loaded.assembly)
    if loaded.task is not None:
        return _run_task(options, loaded.task)
    return _run_program(options, loaded)


def _run_task(options: argparse.Namespace, task: Task) -> int:
    """Run a task on its inputs, and print its answer."""
    values = Ports(options.program, tuple(task.inputs), task.input_widths).read(options.inputs)
    entries = {"inputs": values}
    trace = execute(options, task.program, task.start(*values), task.steps, entries)
    return UNDECIDED if trace is None else show(options, trace, task.read(trace.final), entries)


def _run_program(options: argparse.Namespace, loaded: Loaded) -> int:
    """Run a program that is no task from the state that the inputs describe, and print its last state."""
    program = loaded.program
    ports = Ports(options.program, tuple(program.fields), tuple(program.fields.values()))
    values = ports.read(options.inputs)
    steps = loaded.steps
    entries = {"inputs": values}
    start = program.state(**dict(zip(program.fields, values, strict=True)))
    trace = execute(options, program, start, steps, entries)
    if trace is None:
        return UNDECIDED
    result = program.field_digits(trace.row(steps))
    width = max(map(len, result))
    return show(options, trace, result, entries, lines=[f"{name:<{width}} = {text}" for name, text in result.items()])
