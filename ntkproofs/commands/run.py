"""``ntkproofs run``: execute a program on one input through the predictor."""

from __future__ import annotations

import argparse
from typing import Any

from ntkproofs.catalogue import CATALOGUE, BuiltIn, built_ins
from ntkproofs.commands import run_file, sbn
from ntkproofs.commands.common import clipped, number
from ntkproofs.commands.executing import execute, output_word, show
from ntkproofs.commands.networks import add_networks
from ntkproofs.commands.programs import ORDER, ProgramParsers, add_padding, read_bits, read_order, task_of
from ntkproofs.commands.regime import add_regime
from ntkproofs.commands.threshold import add_threshold
from ntkproofs.commands.training_time import add_training_time
from ntkproofs.display import counted
from ntkproofs.errors import InputError

__all__ = ["register"]


def register(commands: Any) -> None:
    """Add the command, with a subcommand for each program, to the parser."""
    run = commands.add_parser(
        "run",
        help="execute a program through the predictor, or through networks",
        description="Execute a program through the predictor, which computes each bit from the rigorous sign of its "
        "mean; or, with --networks, through the networks of a weights file, whose outputs are compared with a "
        "threshold exactly.",
        epilog="Example: ntkproofs run mine.py:task 5 3; ntkproofs run FILE --help describes programs of your own.",
    )
    programs = run.add_subparsers(dest="program", metavar="PROGRAM", required=True, action=ProgramParsers)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--trace", action="store_true", help="show all steps")
    common.add_argument("--html", metavar="FILE", help="write the run to an HTML page that shows its states one by one")
    common.add_argument("--json", action="store_true", help="one JSON document on stdout")
    add_regime(common, explicit=True)
    add_training_time(common)
    add_networks(common)
    add_threshold(common)
    add_padding(common)
    for entry in built_ins("run"):
        _add_built_in(programs.add_parser(entry.name, parents=[common], help=entry.help), entry)
    sbn.register(programs, common)
    run_file.register(programs, common)


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
    execution = execute(options, task.program, task.start(*values), task.steps, entries)
    return execution if isinstance(execution, int) else show(execution, task.read(execution.last.state), entries)


def _largest(bits: int) -> str:
    return str((1 << bits) - 1) if bits <= 64 else f"2^{bits} - 1"


def _run_on_word(options: argparse.Namespace) -> int:
    word, limit = options.word, CATALOGUE[options.program].limits["run"]
    if not word or set(word) - {"0", "1"}:
        raise InputError(f"BITS must consist of the digits 0 and 1, got {clipped(word)}")
    if len(word) > limit:
        raise InputError(f"BITS has {len(word)} digits, at most {limit} are supported")
    order = read_order(options)
    options.bits = str(len(word))
    task = task_of(options, "run")
    entries = {"bits": len(word), "inputs": [word], **({} if order is None else {"order": order})}
    execution = execute(options, task.program, task.start(int(word[::-1], 2)), task.steps, entries)
    return execution if isinstance(execution, int) else show(execution, output_word(task, execution.last), entries)
