"""The argument PROGRAM on the command line: its place in the parsers of the commands, its options, and its program."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ntkproofs.catalogue import CATALOGUE, built_ins
from ntkproofs.commands.common import Parser, clipped, number

if TYPE_CHECKING:
    from ntkproofs.certificates import Run
    from ntkproofs.loading import Loaded
    from ntkproofs.programs import Task

__all__ = [
    "ORDER",
    "OTHER",
    "ProgramParsers",
    "add_options",
    "add_padding",
    "add_program",
    "load",
    "read_bits",
    "read_order",
    "task_of",
]

ORDER = "I,J,..."  # placeholder of the value of --order in help texts
OTHER = "FILE"  # the subcommand for programs that are not built in
FILES = "FILE.py:NAME (a Task, a TemplateProgram, or a function that returns one), or a file .sbn or .json"
MAX_PADDING = 10**9
MAX_STEPS = 10**6


class ProgramParsers(argparse._SubParsersAction):  # type: ignore[type-arg]
    """Subcommands for the built-in programs, and the subcommand FILE for every other PROGRAM.

    Pass it as `action` of ``add_subparsers``; the subcommand FILE must be added.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.choices: Any = None  # any PROGRAM is accepted here

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        """Parse the arguments after PROGRAM with the parser of the program."""
        parsers = self._name_parser_map
        parsers.setdefault(values[0], parsers[OTHER])
        super().__call__(parser, namespace, values, option)


def add_program(parser: Parser, command: str) -> None:
    """Add the argument PROGRAM, and the options ``--bits`` and ``--order``, to a command without subcommands."""
    names = ", ".join(entry.name for entry in built_ins(command))
    parser.add_argument("program", metavar="PROGRAM", help=f"{names} with --bits; {FILES}")
    parser.add_argument("--bits", metavar="N", help="for a built-in program (required): bits of each input")
    parser.add_argument("--order", metavar=ORDER, help="for permutation: the order of the bits (default: reversed)")
    parser.set_defaults(refuse=parser.error)


def add_options(parser: argparse.ArgumentParser, *steps: str) -> None:
    """Add the options of programs that are not built in; `steps`: the names of the option for the number of steps."""
    parser.add_argument(
        *steps,
        dest="program_steps",
        metavar="N",
        help="number of steps of the program, if it does not state it (default: 1)",
    )


def add_padding(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--padding``, a number of samples."""
    parser.add_argument(
        "--padding", dest="padded", metavar="P", help="number of further samples with all-zero targets (default: 0)"
    )


def read_bits(options: argparse.Namespace, command: str, *, low: int = 1) -> int:
    """Return the value of ``--bits``; raises InputError unless it is from `low` to the limit of the program."""
    return number(options.bits, "--bits", low=low, high=CATALOGUE[options.program].limit(command))


def read_order(options: argparse.Namespace) -> Sequence[int] | None:
    """Return the value of ``--order``, or None if it is not given or the program has no such option."""
    text = getattr(options, "order", None)
    if text is None:
        return None
    return [number(part.strip(), "each index in --order") for part in text.split(",")]


def load(options: argparse.Namespace, command: str, *, low: int = 1) -> Loaded:
    """Return the program that the options name; for a built-in program ``--bits`` must be at least `low`.

    Raises InputError if there is no such program, or if it is not available in the command.
    """
    from ntkproofs.loading import Parameters, load_program

    if options.program in CATALOGUE:
        _check_built_in(options, command)
        bits: int | None = read_bits(options, command, low=low)
    else:
        bits = _given(options, "bits", "--bits")
    steps = _given(options, "program_steps", "the number of steps", low=1, high=MAX_STEPS)
    loaded = load_program(options.program, Parameters(bits, read_order(options), steps))
    loaded.program.pad(_given(options, "padded", "--padding", high=MAX_PADDING) or 0)
    return loaded


def _given(options: argparse.Namespace, key: str, name: str, *, low: int = 0, high: int | None = None) -> int | None:
    """Return the value of an option; None if it is not given or the command does not have it."""
    text = getattr(options, key, None)
    return None if text is None else number(text, name, low=low, high=high)


def run_of(loaded: Loaded) -> Run:
    """Return the run of a task on any input, or else of the program from any state."""
    from ntkproofs.certificates import Run

    if loaded.task is not None:
        return Run.of(loaded.task)
    return Run(loaded.program, tuple(range(loaded.program.output_bits)), (), loaded.steps)


def task_of(options: argparse.Namespace, command: str) -> Task:
    """Return the task of the built-in program that the options name."""
    task = load(options, command).task
    assert task is not None
    return task


def _check_built_in(options: argparse.Namespace, command: str) -> None:
    """Report a built-in program that the command does not accept, or a missing option, as argparse does."""
    names = [entry.name for entry in built_ins(command)]
    if options.program not in names:
        choices = ", ".join(map(repr, names))
        options.refuse(f"argument program: invalid choice: {clipped(options.program)} (choose from {choices})")
    if options.bits is None:
        options.refuse("the following arguments are required: --bits")
