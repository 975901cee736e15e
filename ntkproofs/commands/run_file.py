"""``ntkproofs run FILE``: execute a program that is not built in, on inputs given on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ntkproofs.commands import sbn
from ntkproofs.commands.common import remark
from ntkproofs.commands.executing import Execution, execute, execute_stream, output_word, show, show_clocks
from ntkproofs.commands.inputs import CLOCKS, FORMS, Ports, named_values
from ntkproofs.commands.programs import FILES, OTHER, add_options, load
from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.formats.sources import Netlist, TuringMachine

if TYPE_CHECKING:
    from ntkproofs.execution.runner import Run
    from ntkproofs.loading import Loaded
    from ntkproofs.programs import Stream, Task

__all__ = ["register"]

MAX_NAMED = 32  # values that are printed with their names


def register(programs: Any, common: argparse.ArgumentParser) -> None:
    """Add the subcommand for programs that are not built in; `common`: a parser with the options of all programs."""
    parser = programs.add_parser(
        OTHER,
        parents=[common],
        help=f"a program of your own: {FILES}",
        description=f"Execute a program of your own through the predictor: {FILES}. The answer of a program that was "
        "compiled from a file is the word of its outputs, in the order of the file.",
        epilog="Examples: ntkproofs run c17.blif 10110; ntkproofs run adder.v a[7:0]=200 b[7:0]=55; ntkproofs run "
        "s27.blif 0101 1100 0000; ntkproofs run 1RB1LB_1LA0LC_1RZ1LD_1RD0RA; ntkproofs run rule110 --cells 32 --steps "
        "16 --trace; ntkproofs run mine.py:task 5 3; ntkproofs run mine.json p=5 q=3 --steps 2",
    )
    parser.add_argument("inputs", nargs="*", metavar="INPUT", help=f"{FORMS}; {CLOCKS}")
    add_options(parser, "--steps", "--program-steps")
    sbn.add_options(parser)
    parser.set_defaults(function=_run)


def _run(options: argparse.Namespace) -> int:
    from ntkproofs.programs import Stream

    loaded = load(options, "run")
    if loaded.assembly is not None:
        if options.inputs:
            raise InputError(f"{loaded.name}: the data of an SBN program are set with --data NAME=VALUE")
        return sbn.run_assembly(options, loaded, loaded.assembly)
    if options.data or options.max_instructions is not None:
        raise InputError(f"--data and --max-instructions are options of SBN programs, not of {loaded.name}")
    if loaded.task is None:
        return _run_program(options, loaded)
    if isinstance(loaded.task, Stream):
        return _run_stream(options, loaded, loaded.task)
    return _run_task(options, loaded, loaded.task)


def _ports(loaded: Loaded, task: Task | Stream) -> Ports:
    texts = frozenset(name for name in task.inputs if name in loaded.program.text)
    return Ports(loaded.name, tuple(task.inputs), task.input_widths, texts)


def _run_task(options: argparse.Namespace, loaded: Loaded, task: Task) -> int:
    """Run a task on its inputs, and print its answer."""
    ports = _ports(loaded, task)
    values = list(loaded.default) if loaded.default and not options.inputs else ports.read(options.inputs)
    entries = {"inputs": _inputs_json(loaded, ports, values)}
    execution = execute(options, task.program, task.start(*values), task.steps, entries)
    if isinstance(execution, int):
        return execution
    if not loaded.words:
        return show(execution, task.read(execution.last.state), entries)
    word = output_word(task, execution.last)
    if isinstance(loaded.source, TuringMachine):
        return _show_tape(loaded.source, execution, word, entries)
    names = _output_names(loaded)
    lines = [word, _shortened(named_values(names, word))] if names else [word]
    return show(execution, word, entries | ({"outputs": names} if names else {}), lines=lines)


def _inputs_json(loaded: Loaded, ports: Ports, values: Sequence[int]) -> list[Any]:
    """Return the inputs as in the JSON document: words of bits, or numbers."""
    if loaded.words and ports.binary:
        return ["".join(map(str, values))]
    return [
        format(value, f"0{width}b")[::-1] if name in ports.texts else value
        for value, name, width in zip(values, ports.names, ports.widths, strict=True)
    ]


def _output_names(loaded: Loaded) -> list[str]:
    """Return the names of the outputs in the order of the file; empty if the file does not name them."""
    return list(loaded.source.outputs) if isinstance(loaded.source, Netlist) else []


def _shortened(names: Sequence[str]) -> str:
    return " ".join(names[:MAX_NAMED]) + (" ..." if len(names) > MAX_NAMED else "")


def _show_tape(machine: TuringMachine, execution: Execution, word: str, entries: dict[str, Any]) -> int:
    """Print the tape of a Turing machine, from the left, and its number of ones; return the exit code."""
    size = max(1, (len(machine.rules[0]) - 1).bit_length())  # bits of a cell
    symbols = [int(word[index : index + size][::-1], 2) for index in range(0, len(word), size)]
    ones, halted = sum(map(bool, symbols)), not any(execution.last.state["head"])
    tape = "".join(map(str, symbols))
    end = "halted" if halted else "not halted"
    lines = [
        tape,
        f"{counted(execution.steps, 'step')}, {counted(ones, 'one')}, {counted(len(symbols), 'cell')}, {end}",
    ]
    return show(execution, tape, entries | {"ones": ones, "cells": len(symbols), "halted": halted}, lines=lines)


def _run_stream(options: argparse.Namespace, loaded: Loaded, stream: Stream) -> int:
    """Run a stream on its inputs at each clock, and print the answer of each."""
    ports = _ports(loaded, stream)
    clocks = ports.clocks(options.inputs)
    shown = [_inputs_json(loaded, ports, values) for values in clocks]
    names = _output_names(loaded)
    entries: dict[str, Any] = {"inputs": [item[0] if len(item) == 1 else item for item in shown]}
    execution = execute_stream(options, stream, clocks, entries)
    if isinstance(execution, int):
        return execution
    answers = [output_word(stream, run) if loaded.words else _answer(stream, run) for run in execution.runs]
    if names:
        entries |= {"outputs": names}
        remark(f"outputs: {_shortened(names)}")
    return show_clocks(execution, answers, entries | {"period": stream.period})


def _answer(stream: Stream, run: Run) -> int:
    """Return the answer after a clock."""
    return stream.read_rows(run.row[None, :])[0]


def _run_program(options: argparse.Namespace, loaded: Loaded) -> int:
    """Run a program that is no task from the state that the inputs describe, and print its last state.

    Fields without an assignment are 0, as in :meth:`TemplateProgram.state`.
    """
    program = loaded.program
    fields = Ports(loaded.name, tuple(program.fields), tuple(program.fields.values()), program.text, partial=True)
    values = fields.read(options.inputs)
    entries = {"inputs": values}
    start = program.state(**dict(zip(program.fields, values, strict=True)))
    execution = execute(options, program, start, loaded.steps, entries)
    if isinstance(execution, int):
        return execution
    result = program.field_digits(execution.last.row)
    width = max(map(len, result))
    return show(execution, result, entries, lines=[f"{name:<{width}} = {text}" for name, text in result.items()])
