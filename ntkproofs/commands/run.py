"""``ntkproofs run``: execute a program on one input through the predictor."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ntkproofs.catalogue import CATALOGUE, BuiltIn, built_ins
from ntkproofs.commands import sbn
from ntkproofs.commands.common import HOLDS, UNDECIDED, clipped, make_console, number, print_json, remark
from ntkproofs.commands.programs import ORDER, read_bits, read_order, task_of
from ntkproofs.commands.regime import add_regime, kernel_of
from ntkproofs.commands.stopping import Stoppable
from ntkproofs.display import counted
from ntkproofs.errors import InputError

if TYPE_CHECKING:
    from ntkproofs.execution import Trace
    from ntkproofs.programs import Task

__all__ = ["register"]


def register(commands: Any) -> None:
    """Add the command, with a subcommand for each program, to the parser."""
    run = commands.add_parser(
        "run",
        help="execute a program through the predictor",
        description="Execute a program through the predictor: each bit is computed from the rigorous sign of its mean.",
    )
    programs = run.add_subparsers(dest="program", metavar="PROGRAM", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--trace", action="store_true", help="show all steps")
    common.add_argument("--json", action="store_true", help="one JSON document on stdout")
    add_regime(common)
    for entry in built_ins("run"):
        _add_built_in(programs.add_parser(entry.name, parents=[common], help=entry.help), entry)
    sbn.register(programs, common)


def _add_built_in(parser: argparse.ArgumentParser, entry: BuiltIn) -> None:
    """Add the inputs of a program to its parser: numbers and their size in bits, or a word of bits."""
    for name in entry.operands:
        parser.add_argument(name.lower(), metavar=name, help="an integer")
    if entry.operands:
        parser.add_argument(
            "--bits", required=True, metavar="L", help=f"number of bits of each integer, at most {entry.limits['run']}"
        )
        parser.set_defaults(function=_run_on_numbers)
        return
    parser.add_argument("word", metavar="BITS", help="a word of bits, such as 1011")
    if entry.ordered:
        parser.add_argument(
            "--order",
            required=True,
            metavar=ORDER,
            help="output bit i is input bit ORDER[i], both from the left, from 0",
        )
    parser.set_defaults(function=_run_on_word)


def _run_on_numbers(options: argparse.Namespace) -> int:
    bits, values = read_bits(options, "run"), []
    for name in CATALOGUE[options.program].operands:
        text = getattr(options, name.lower())
        value = number(text, name)
        if value.bit_length() > bits:
            limits = f"it must be from 0 to {_largest(bits)}"
            raise InputError(f"{name} = {clipped(text)} does not fit in {counted(bits, 'bit')}: {limits}")
        values.append(value)
    task, entries = task_of(options, "run"), {"bits": bits, "inputs": values}
    trace = _execute(task, options, values, entries)
    return UNDECIDED if trace is None else _show(options, trace, task.read(trace.final), entries)


def _largest(bits: int) -> str:
    return str((1 << bits) - 1) if bits <= 64 else f"2^{bits} - 1"


def _run_on_word(options: argparse.Namespace) -> int:
    word, limit = options.word, CATALOGUE[options.program].limits["run"]
    if not word or set(word) - {"0", "1"}:
        raise InputError(f"BITS must consist of the digits 0 and 1, got {clipped(word)}")
    if len(word) > limit:
        raise InputError(f"BITS has {len(word)} digits, at most {limit} are supported")
    order = read_order(options)
    task = CATALOGUE[options.program].task(len(word), order)
    entries = {"bits": len(word), "inputs": [word], **({} if order is None else {"order": order})}
    trace = _execute(task, options, [int(word[::-1], 2)], entries)
    if trace is None:
        return UNDECIDED
    return _show(options, trace, "".join(str(trace.final[field][index]) for field, index in task.output), entries)


def _execute(task: Task, options: argparse.Namespace, values: Sequence[int], entries: dict[str, Any]) -> Trace | None:
    """Run the task and return its trace; if it is stopped, report that there is no result and return None.

    `entries`: the entries of the JSON document that describe the input.
    """
    from ntkproofs.execution import Machine

    machine, done = Machine(task.program, kernel=kernel_of(options.regime)), 0

    def watch(steps: int) -> None:
        nonlocal done
        done = steps

    trace: Trace | None = None
    with Stoppable() as stop:
        trace = machine.run(task.start(*values), steps=task.steps, watch=watch)
    if trace is not None:
        return trace
    if options.json:
        head = {"format": 1, "program": options.program, **entries}
        print_json({**head, "result": None, "complete": False, "steps": done, "planned_steps": task.steps})
    else:
        print(f"not complete: {done:,} of {counted(task.steps, 'step')}, no result")
    remark(f"ntkproofs: {stop.reason} after {done:,} of {counted(task.steps, 'step')}")
    return None


def _show(options: argparse.Namespace, trace: Trace, result: int | str, entries: dict[str, Any]) -> int:
    """Print the result of a complete run, as text or as JSON, and return the exit code."""
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
    print(result)
    remark(
        f"{counted(len(trace), 'step')}, {counted(trace.program.samples, 'sample')}, at most "
        f"{counted(trace.largest_matches, 'matching template')}; every bit from the rigorous sign of its mean "
        f"({trace.kernel.name})"
    )
    return HOLDS
