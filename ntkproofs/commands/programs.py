"""The argument PROGRAM on the command line: its place in the parsers of the commands, its options, and its program."""

from __future__ import annotations

import argparse
import contextlib
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ntkproofs.catalogue import CATALOGUE, built_ins
from ntkproofs.commands.common import Parser, clipped, number, remark
from ntkproofs.errors import InputError

if TYPE_CHECKING:
    from ntkproofs.certificates import Run, SourceClaim
    from ntkproofs.loading import Loaded
    from ntkproofs.programs import Task

__all__ = [
    "ORDER",
    "OTHER",
    "ProgramParsers",
    "add_options",
    "add_padding",
    "add_program",
    "given",
    "load",
    "read_bits",
    "read_order",
    "run_of",
    "source_of",
    "task_of",
]

ORDER = "I,J,..."  # placeholder of the value of --order in help texts
OTHER = "FILE"  # the subcommand for programs that are not built in
FILES = (
    "FILE.py:NAME (a Task, a Stream, a TemplateProgram, or a function that returns one); a file .blif .pla .aag .aig "
    ".kiss .kiss2 .tm .v .sbn; .json, as written by export, or a certificate, or a data set, also .npz; rule0 to "
    "rule255; or a Turing machine such as 1RB1LB_1LA1RZ"
)
MAX_PADDING = 10**9
MAX_STEPS = 10**9
MAX_WARNINGS = 3


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
    parser.add_argument("program", metavar="PROGRAM", help=f"{names}, with --bits; sbn; {FILES}")
    parser.add_argument("file", metavar="FILE", nargs="?", help="for sbn: a file with an SBN program")
    parser.add_argument("--bits", metavar="N", help="for a built-in program (required): bits of each input")
    parser.add_argument("--order", metavar=ORDER, help="for permutation: the order of the bits (default: reversed)")
    parser.set_defaults(refuse=parser.error)


def add_options(parser: argparse.ArgumentParser, *steps: str) -> None:
    """Add the options of programs that are not built in; `steps`: the names of the option for the number of steps."""
    group = parser.add_argument_group("programs of your own")
    group.add_argument(
        *steps,
        dest="program_steps",
        metavar="N",
        help="number of steps of a program that does not state it: of rule0 to rule255 (required), of a Turing machine "
        "(default: until it halts), of a TemplateProgram or .json (default: 1)",
    )
    group.add_argument(
        "--cells",
        metavar="N",
        help="number of cells: of rule0 to rule255 (required), of a Turing machine (default: all that it visits)",
    )
    group.add_argument(
        "--naive", action="store_true", default=None, help="compile a circuit cube by cube, for comparison"
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
        bits = given(options, "bits", "--bits")
    steps = given(options, "program_steps", "the number of steps", low=1, high=MAX_STEPS)
    cells = given(options, "cells", "--cells", low=1, high=MAX_STEPS)
    naive, file = getattr(options, "naive", None), getattr(options, "file", None)
    if file is not None and options.program != "sbn":
        options.refuse(f"unrecognized arguments: {file}")
    parameters = Parameters(bits, read_order(options), cells, steps, naive, file)
    with _warnings_shown():
        loaded = load_program(options.program, parameters)
    loaded.program.pad(given(options, "padded", "--padding", high=MAX_PADDING) or 0)
    return loaded


@contextlib.contextmanager
def _warnings_shown() -> Iterator[None]:
    """Print warnings about a program, such as those of duplicate templates, on stderr, a line each."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught[:MAX_WARNINGS]:
        remark(f"ntkproofs: warning: {warning.message}")
    if len(caught) > MAX_WARNINGS:
        remark(f"ntkproofs: {len(caught) - MAX_WARNINGS:,} more warnings")


def given(options: argparse.Namespace, key: str, name: str, *, low: int = 0, high: int | None = None) -> int | None:
    """Return the value of an option; None if it is not given or the command does not have it."""
    text = getattr(options, key, None)
    return None if text is None else number(text, name, low=low, high=high)


def run_of(loaded: Loaded) -> Run:
    """Return the run of a task on any input, of a stream for one clock from any state, or of a program from any state.

    If a clock is right from any state, so is any sequence of inputs.
    """
    from ntkproofs.certificates import Run
    from ntkproofs.programs import Task

    if isinstance(loaded.task, Task):
        return Run.of(loaded.task)
    return Run(loaded.program, tuple(range(loaded.program.output_bits)), (), loaded.steps)


def source_of(loaded: Loaded) -> SourceClaim | None:
    """Return the claim that the program computes what its file says; None if it was not compiled from a file."""
    from ntkproofs.certificates import SourceClaim
    from ntkproofs.programs.language import PROGRAM_NAME

    source, task = loaded.source, loaded.task
    if source is None or task is None:
        return None
    if not PROGRAM_NAME.fullmatch(source.file):
        raise InputError(
            f"{loaded.name}: a certificate names the file, so its base name must be 1 to 64 ASCII letters, digits, "
            f"'_', '.' and '-', and not start with '.' or '-', got {source.file!a}"
        )
    return SourceClaim.of(source, task)


def task_of(options: argparse.Namespace, command: str) -> Task:
    """Return the task of the built-in program that the options name."""
    from ntkproofs.programs import Task

    task = load(options, command).task
    assert isinstance(task, Task)
    return task


def _check_built_in(options: argparse.Namespace, command: str) -> None:
    """Report a built-in program that the command does not accept, or a missing option, as argparse does."""
    names = [entry.name for entry in built_ins(command)]
    if options.program not in names:
        choices = ", ".join(map(repr, names))
        options.refuse(f"argument program: invalid choice: {clipped(options.program)} (choose from {choices})")
    if options.bits is None:
        options.refuse("the following arguments are required: --bits")
