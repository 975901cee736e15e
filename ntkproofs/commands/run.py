"""``ntkproofs run``: one program on one input, through the predictor."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ntkproofs.commands import sbn
from ntkproofs.commands.common import HOLDS, UNDECIDED, clipped, make_console, number, print_json, remark
from ntkproofs.commands.stopping import Stoppable
from ntkproofs.errors import InputError

if TYPE_CHECKING:
    from ntkproofs.execution import Trace
    from ntkproofs.programs import Task

__all__ = ["register"]

MAX_RUN_BITS = 4096
TWO_OPERANDS = {"addition": ("add two numbers", MAX_RUN_BITS), "multiplication": ("multiply two numbers", 128)}


def register(commands: Any) -> None:
    """Add the command, with a subcommand for each program, to the parser."""
    run = commands.add_parser(
        "run",
        help="execute a program through the predictor",
        description="Execute a program through the predictor: exact counts, rigorous sign of each mean.",
    )
    programs = run.add_subparsers(dest="program", metavar="PROGRAM", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--trace", action="store_true", help="show every step")
    common.add_argument("--json", action="store_true", help="one JSON document on stdout")
    common.add_argument(
        "--regime", choices=("ntk", "nngp"), default="ntk", help="the kernel that trains (default: ntk)"
    )
    for name, (what, most) in TWO_OPERANDS.items():
        binary = programs.add_parser(name, parents=[common], help=what)
        binary.add_argument("x", metavar="X", help="a number")
        binary.add_argument("y", metavar="Y", help="a number")
        binary.add_argument("--bits", required=True, metavar="L", help=f"bits of each number, at most {most}")
        binary.set_defaults(function=_run_two_operands)
    permute = programs.add_parser("permutation", parents=[common], help="permute the bits of a word")
    permute.add_argument("word", metavar="BITS", help="bits as typed, such as 1011")
    permute.add_argument(
        "--order",
        required=True,
        metavar="I,J,...",
        help="output bit i is input bit ORDER[i], both from the left, from 0",
    )
    permute.set_defaults(function=_run_permutation)
    sbn.register(programs, common)


def _run_two_operands(options: argparse.Namespace) -> int:
    from ntkproofs.programs import addition_task, multiplication_task

    task_of = {"addition": addition_task, "multiplication": multiplication_task}[options.program]
    bits = number(options.bits, "--bits", low=1, high=TWO_OPERANDS[options.program][1])
    values = []
    for name, text in (("X", options.x), ("Y", options.y)):
        value = number(text, name)
        if value.bit_length() > bits:
            raise InputError(f"{name} = {clipped(text)} does not fit in {bits} bits: 0 to {_largest(bits)}")
        values.append(value)
    task, more = task_of(bits), {"bits": bits, "inputs": values}
    trace = _execute(task, options, values, more)
    return UNDECIDED if trace is None else _answer(options, trace, task.read(trace.final), more)


def _largest(bits: int) -> str:
    return str((1 << bits) - 1) if bits <= 64 else f"2^{bits} - 1"


def _run_permutation(options: argparse.Namespace) -> int:
    from ntkproofs.programs import permutation_task

    word = options.word
    if not word or set(word) - {"0", "1"}:
        raise InputError(f"BITS must be a word of the digits 0 and 1, got {clipped(word)}")
    if len(word) > MAX_RUN_BITS:
        raise InputError(f"BITS has {len(word)} digits, at most {MAX_RUN_BITS} are supported")
    order = [number(part.strip(), "a place in --order") for part in options.order.split(",")]
    if len(order) != len(word):
        raise InputError(f"--order names {len(order)} places for a word of {len(word)} bits")
    task, more = permutation_task(order), {"bits": len(word), "inputs": [word], "order": order}
    trace = _execute(task, options, [int(word[::-1], 2)], more)
    if trace is None:
        return UNDECIDED
    (field,) = task.program.fields
    return _answer(options, trace, "".join(map(str, trace.final[field])), more)


def _execute(task: Task, options: argparse.Namespace, values: Sequence[int], more: dict[str, Any]) -> Trace | None:
    """Run the task; if somebody stops it, report that there is no result and return None."""
    from ntkproofs.execution import Machine
    from ntkproofs.kernels import two_layer_relu

    machine, done = Machine(task.program, kernel=two_layer_relu(options.regime)), 0

    def watch(steps: int) -> None:
        nonlocal done
        done = steps

    trace: Trace | None = None
    with Stoppable() as stop:
        trace = machine.run(task.start(*values), steps=task.steps, watch=watch)
    if trace is not None:
        return trace
    if options.json:
        head = {"format": 1, "program": options.program, **more}
        print_json({**head, "result": None, "complete": False, "steps": done, "planned_steps": task.steps})
    else:
        print(f"not complete: {done:,} of {task.steps:,} steps, no result")
    remark(f"ntkproofs: {stop.reason} after {done:,} of {task.steps:,} steps")
    return None


def _answer(options: argparse.Namespace, trace: Trace, result: int | str, more: dict[str, Any]) -> int:
    if options.json:
        document = {
            "format": 1,
            "program": options.program,
            **more,
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
        console.width = max([console.width, *map(len, str(trace).splitlines())])  # a wide table stays whole
        coloured = console.color_system is not None and not console.no_color  # else changed bits are marked below
        console.print(trace if coloured else str(trace), markup=False, soft_wrap=True)
    print(result)
    remark(
        f"{len(trace)} steps, {trace.program.samples} samples, at most {trace.largest_matches} templates matching; "
        f"every bit by the rigorous sign of its mean ({trace.kernel.name})"
    )
    return HOLDS
