"""``ntkproofs run sbn FILE``: execute an SBN program through the predictor or through networks."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ntkproofs.commands.common import HOLDS, UNDECIDED, clipped, number, print_json, remark
from ntkproofs.commands.executing import Execution, report_wrong, steps_to, write_page_of
from ntkproofs.commands.programs import load
from ntkproofs.commands.progress import showing
from ntkproofs.commands.stopping import Stoppable
from ntkproofs.display import counted
from ntkproofs.errors import InputError

if TYPE_CHECKING:
    from ntkproofs.execution import Boundary, SbnRun
    from ntkproofs.execution.wrong_bits import WrongOutput
    from ntkproofs.loading import Loaded
    from ntkproofs.programs import State
    from ntkproofs.programs.sbn import Assembly, Layout

__all__ = ["add_options", "register", "run_assembly"]

DEFAULT_LIMIT = 10_000
TOGETHER = 1_000  # instructions after which progress is shown, and Ctrl-C obeyed


def register(programs: Any, common: argparse.ArgumentParser) -> None:
    """Add ``sbn`` to the programs of ``ntkproofs run``; `common`: a parser with the options of all programs."""
    parser = programs.add_parser(
        "sbn",
        parents=[common],
        help="execute an SBN program (subtract and branch if negative)",
        description="Execute an SBN program through the predictor, or through the networks of --networks, and print "
        "the words of its memory.",
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
    return run_assembly(options, loaded, loaded.assembly)


def run_assembly(options: argparse.Namespace, loaded: Loaded, assembly: Assembly) -> int:
    """Execute an SBN program on its data and those of the options, and return the exit code."""
    from ntkproofs.execution import execute_sbn
    from ntkproofs.execution.wrong_bits import WrongBit
    from ntkproofs.programs.sbn import layout_for
    from ntkproofs.programs.sbn import load as load_state

    limit = number(options.max_instructions or str(DEFAULT_LIMIT), "--max-instructions")
    program = assembly.with_data(_data(options.data))
    layout, watch = layout_for(program), _Watch(options, program)
    execution = Execution.of(options, loaded.program, {"file": loaded.file})
    wrong: WrongOutput | None = None

    def execute(add: Callable[[Boundary], object]) -> None:
        together = 1 if options.trace else TOGETHER
        for boundary in execute_sbn(program, layout, machine=execution.machine, every=together, most=limit):
            add(boundary)
            show(boundary.executed, limit, f"{counted(boundary.executed, 'instruction')} executed")

    with Stoppable() as stop, showing() as show:
        code = execution.settle(lambda: execute(lambda boundary: None))
        if code is not None:
            return code
        try:
            execute(watch.add)
        except WrongBit as problem:
            wrong = problem.wrong
    if wrong is not None:
        return _wrong(execution, wrong, load_state(layout, program), layout, watch)
    code = _show_run(execution, layout, watch, stop.reason)
    if watch.last is not None:
        memory = dict(zip(program.names, watch.last.configuration.memory, strict=True))
        result = {"memory": ", ".join(f"{name} = {value}" for name, value in memory.items())}
        write_page_of(execution, load_state(layout, program), watch.last.steps, result)
    return code


class _Watch:
    """What is printed, or kept for a JSON document, of the boundaries of a run; `last`: the last one."""

    def __init__(self, options: argparse.Namespace, program: Assembly) -> None:
        self.program, self.traced = program, options.trace
        self.print_line = _printer(program) if options.trace and not options.json else None
        self.kept: list[dict[str, Any]] = []
        self.last: Boundary | None = None

    def add(self, boundary: Boundary) -> None:
        """Add a boundary."""
        self.last = boundary
        if self.print_line is not None:
            self.print_line(boundary)
        elif self.traced:
            self.kept.append(_boundary_json(boundary, self.program))

    def entries(self) -> dict[str, Any]:
        """Return the entry of the JSON document for ``--trace``."""
        return {"trace": self.kept} if self.traced else {}


def _show_run(execution: Execution, layout: Layout, watch: _Watch, reason: str | None) -> int:
    """Print the result of a run, or that it was stopped, and return the exit code."""
    from ntkproofs.execution import SbnRun

    as_json, file = execution.options.json, execution.entries["file"]
    if watch.last is None:
        if as_json:
            print_json({"format": 1, "program": "sbn", "complete": False, "executed": 0})
        else:
            print("not complete: no instruction was executed")
        return UNDECIDED
    run = SbnRun.at(watch.program, layout, None, watch.last)
    if as_json:
        print_json(_document(execution, run) | watch.entries())
    else:
        _show(execution, run)
    if not run.halted:
        executed = counted(run.executed, "instruction")
        hint = "" if reason else " (--max-instructions allows more)"
        remark(f"ntkproofs: {file}: {reason or 'stopped'} after {executed}, the program has not halted{hint}")
        return UNDECIDED
    return HOLDS


def _wrong(execution: Execution, wrong: WrongOutput, start: State, layout: Layout, watch: _Watch) -> int:
    """Report a wrong bit of given networks, and return the exit code."""
    steps = steps_to(wrong, start)
    executed, within = divmod(steps, layout.steps_per_instruction)
    where = f"step {steps + 1:,}, step {within + 1} of instruction {executed + 1:,}"
    return report_wrong(execution, wrong, steps, where, {"executed": executed, **watch.entries()})


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


def _show(execution: Execution, run: SbnRun) -> None:
    width = max(map(len, run.memory))
    for name, value in run.memory.items():
        print(f"{name:<{width}} = {value}")
    partial = "" if run.halted else "not complete: "
    print(f"{partial}executed {counted(run.executed, 'instruction')} in {counted(run.steps, 'network step')}")
    sys.stdout.flush()
    remark(
        f"{counted(execution.program.samples, 'sample')}, at most {counted(run.largest_matches, 'matching template')}; "
        f"{execution.decided}"
    )


def _document(execution: Execution, run: SbnRun) -> dict[str, Any]:
    return {
        "format": 1,
        "program": "sbn",
        **execution.entries,
        "words": run.layout.words,
        "bits": run.layout.bits,
        "instructions": run.layout.instructions,
        "memory": run.memory,
        "executed": run.executed,
        "steps": run.steps,
        "halted": run.halted,
        "complete": run.halted,
        "samples": execution.program.samples,
        "largest_matches": run.largest_matches,
        **execution.about,
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
