"""``ntkproofs run sbn FILE``: execute an SBN program through the predictor."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ntkproofs.commands.common import HOLDS, UNDECIDED, clipped, number, print_json, remark
from ntkproofs.commands.executing import rounded
from ntkproofs.commands.programs import load
from ntkproofs.commands.regime import kernel_of
from ntkproofs.commands.stopping import Stoppable
from ntkproofs.commands.training_time import entries_of, threshold_of, training_time_of
from ntkproofs.display import counted
from ntkproofs.errors import InputError

if TYPE_CHECKING:
    from ntkproofs.execution import Boundary, SbnRun
    from ntkproofs.programs.sbn import Assembly

__all__ = ["add_options", "register", "run_assembly"]

DEFAULT_LIMIT = 10_000


def register(programs: Any, common: argparse.ArgumentParser) -> None:
    """Add ``sbn`` to the programs of ``ntkproofs run``; `common`: a parser with the options of all programs."""
    parser = programs.add_parser(
        "sbn",
        parents=[common],
        help="execute an SBN program (subtract and branch if negative)",
        description="Execute an SBN program through the predictor and print the words of its memory.",
    )
    parser.add_argument("file", metavar="FILE", help="the program, as assembly text")
    add_options(parser)
    parser.set_defaults(function=_run_file)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of SBN programs."""
    parser.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set the initial value of a data word (may be repeated)",
    )
    parser.add_argument(
        "--max-instructions",
        metavar="N",
        help=f"stop after N instructions (default: {DEFAULT_LIMIT})",
    )


def _run_file(options: argparse.Namespace) -> int:
    """Execute the program that the options name and return the exit code."""
    loaded = load(options, "run")
    if loaded.assembly is None:
        raise InputError(f"{loaded.name} is no SBN program")
    return run_assembly(options, loaded.file, loaded.assembly)


def run_assembly(options: argparse.Namespace, file: str, assembly: Assembly) -> int:
    """Execute an SBN program on its data and those of the options, and return the exit code."""
    from ntkproofs.execution import SbnRun, run_sbn
    from ntkproofs.programs.sbn import layout_for

    limit = number(options.max_instructions or str(DEFAULT_LIMIT), "--max-instructions")
    data = _data(options.data)
    program = assembly.with_data(data)
    trace: list[dict[str, Any]] = []
    print_line = _printer(program) if options.trace and not options.json else None
    layout, kernel = layout_for(program), kernel_of(options.regime)
    last: Boundary | None = None

    def watch(boundary: Boundary) -> None:
        nonlocal last
        last = boundary
        if print_line is not None:
            print_line(boundary)
        elif options.trace:
            trace.append(_boundary_json(boundary, program))

    with Stoppable() as stop:
        run_sbn(
            program,
            kernel=kernel,
            max_instructions=limit,
            watch=watch,
            time=training_time_of(options),
            threshold=threshold_of(options),
        )
    if last is None:
        if options.json:
            print_json({"format": 1, "program": "sbn", "complete": False, "executed": 0})
        else:
            print("not complete: no instruction was executed")
        return UNDECIDED
    run = SbnRun.at(program, layout, kernel, last)
    if options.json:
        print_json(_document(options, file, run, trace))
    else:
        _show(options, run)
    if not run.halted:
        executed = counted(run.executed, "instruction")
        hint = "" if stop.reason else " (--max-instructions allows more)"
        remark(f"ntkproofs: {file}: {stop.reason or 'stopped'} after {executed}, the program has not halted{hint}")
        return UNDECIDED
    return HOLDS


def _data(settings: Sequence[str]) -> dict[str, int]:
    from ntkproofs.programs.sbn.assembler import decimal

    data: dict[str, int] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        value = decimal(text)
        if not equals or value is None:
            raise InputError(f"--data must be NAME=VALUE with a decimal integer, got {clipped(setting)}")
        if name in data:
            raise InputError(f"--data sets {clipped(name)} twice")
        data[name] = value
    return data


def _show(options: argparse.Namespace, run: SbnRun) -> None:
    width = max(map(len, run.memory))
    for name, value in run.memory.items():
        print(f"{name:<{width}} = {value}")
    partial = "" if run.halted else "not complete: "
    print(f"{partial}executed {counted(run.executed, 'instruction')} in {counted(run.steps, 'network step')}")
    sys.stdout.flush()
    layout = run.layout
    remark(
        f"{counted(layout.templates, 'sample')}, at most {counted(run.largest_matches, 'matching template')}; "
        f"every bit {rounded(options)} ({run.kernel.name})"
    )


def _document(options: argparse.Namespace, file: str, run: SbnRun, trace: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "format": 1,
        "program": "sbn",
        "file": file,
        "words": run.layout.words,
        "bits": run.layout.bits,
        "instructions": run.layout.instructions,
        "memory": run.memory,
        "executed": run.executed,
        "steps": run.steps,
        "halted": run.halted,
        "complete": run.halted,
        "samples": run.layout.templates,
        "largest_matches": run.largest_matches,
        "kernel": run.kernel.name,
        **entries_of(training_time_of(options), threshold_of(options)),
        **({"trace": trace} if options.trace else {}),
    }


def _boundary_json(boundary: Boundary, program: Assembly) -> dict[str, Any]:
    configuration = boundary.configuration
    return {
        "executed": boundary.executed,
        "steps": boundary.steps,
        "counter": configuration.counter,
        "memory": dict(zip(program.names, configuration.memory, strict=True)),
    }


def _printer(program: Assembly) -> Callable[[Boundary], None]:
    """Return a function that prints a boundary as a line: the counters, the next instruction and the memory."""
    texts = [program.text(index) for index in range(len(program.instructions))]
    text_width = max([len("next instruction"), *map(len, texts)])
    widths = [max(len(name), len(str(-(1 << program.bits - 1)))) for name in program.names]

    def line(executed: object, steps: object, number: object, text: str, words: Sequence[object]) -> str:
        cells = "  ".join(f"{word!s:>{width}}" for word, width in zip(words, widths, strict=True))
        return f"{executed!s:>8}  {steps!s:>8}  {number!s:>4}  {text:<{text_width}}  {cells}"

    def show(boundary: Boundary) -> None:
        if boundary.executed == 0:
            print(line("executed", "steps", "line", "next instruction", program.names))
        counter, memory = boundary.configuration.counter, boundary.configuration.memory
        halted = counter == len(texts)
        number = "" if halted else program.instructions[counter].line
        print(line(boundary.executed, boundary.steps, number, "(halted)" if halted else texts[counter], memory))

    return show
