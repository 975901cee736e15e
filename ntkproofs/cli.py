"""The command line: parser, errors and exit codes. The commands themselves are in ``commands``.

Data goes to stdout, progress and remarks to stderr. Exit codes: 0 holds, 1 refuted or rejected, 2 undecided or stopped,
3 usage or bad input (one line says what), 70 internal error.
"""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from ntkproofs import __version__
from ntkproofs.commands import certify, check, exhaust, plot, report, run, simulate, verify
from ntkproofs.commands.common import (
    HOLDS,
    INTERNAL,
    REFUTED,
    UNDECIDED,
    USAGE,
    json_begun,
    print_json,
    remark,
    silence,
)
from ntkproofs.errors import InputError, NtkProofsError, Undecided
from ntkproofs.printable import SPELLED

__all__ = ["main"]

GREETING = """\
ntkproofs checks that ensembles of wide neural networks execute binary programs exactly.

Try:
  ntkproofs run addition 13 29 --bits 8 --trace     an addition, step by step through the trained predictor
  ntkproofs run multiplication 201 57 --bits 8      a multiplication: 280 steps of the trained predictor
  ntkproofs exhaust multiplication --bits 8         every pair of 8-bit numbers, 64 at a time
  ntkproofs simulate permutation --bits 10 --networks 69   ensembles of networks, measured next to the prediction
  ntkproofs run sbn FILE --trace                    a program for the subtract-and-branch machine
  ntkproofs certify addition --bits 8 --failure 1e-6 -o a.json   how many networks that takes, as a certificate
  ntkproofs verify a.json                           the independent checker
  ntkproofs check                                   every claim in paper_checks/, with verdict and evidence
  ntkproofs check -k rounding                       those about rounding only
  ntkproofs report -o report.html                   the same as one page, with figures
  ntkproofs --help                                  all commands and options
"""


UNWRITABLE = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class _Parser(argparse.ArgumentParser):
    """Reports bad usage in one line, with exit code 3."""

    def error(self, message: str) -> NoReturn:
        remark(f"{self.prog}: {message} (see {self.prog} --help)")
        self.exit(USAGE)


def _parser() -> _Parser:
    parser = _Parser(
        prog="ntkproofs",
        description="Checks that ensembles of wide neural networks execute binary programs exactly.",
        epilog="Exit codes: 0 holds or accepted, 1 refuted or rejected, 2 undecided, declined or stopped, "
        "3 usage or bad input, 70 internal error.",
    )
    parser.add_argument("--version", action="version", version=f"ntkproofs {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for command in (check, report, plot, run, exhaust, simulate, certify, verify):
        command.register(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    _prepare_streams()
    options = argparse.Namespace()
    try:
        code = _run(arguments, options)
        sys.stdout.flush()
        return code
    except SystemExit as stop:
        return int(stop.code or 0)
    except NtkProofsError as problem:
        remark(f"ntkproofs: {problem}")
        return USAGE if isinstance(problem, InputError) else UNDECIDED if isinstance(problem, Undecided) else REFUTED
    except KeyboardInterrupt:
        return _interrupted(options)
    except OSError as problem:
        return _unwritten(problem) if problem.errno in UNWRITABLE else _internal_error(problem)
    except Exception as problem:
        return _internal_error(problem)


def _run(arguments: Sequence[str], options: argparse.Namespace) -> int:
    """Run the command that the arguments name, and set its options."""
    if sys.stdout is None:
        raise InputError("stdout is closed: an answer needs a place to go to (discard it with > /dev/null)")
    if not arguments:
        print(GREETING, end="")
        return HOLDS
    _parser().parse_args(arguments, options)
    if options.command is None:
        raise InputError("name a command (see ntkproofs --help)")
    code: int = options.function(options)
    return code


def _interrupted(options: argparse.Namespace) -> int:
    """Say on both streams that the work was stopped, unless the answer has begun already; return the exit code."""
    try:
        if not getattr(options, "json", False):
            print("not complete: interrupted")
        elif not json_begun():
            print_json({"format": 1, "complete": False})
        sys.stdout.flush()
    except OSError as problem:
        return _unwritten(problem)
    remark("ntkproofs: interrupted")
    return UNDECIDED


def _prepare_streams() -> None:
    """Make the three standard streams safe to write to, however the command was started.

    A closed one would give its number to the next file that is opened, and what is written to stderr (by a child, or by
    ``print``, which takes stdout where there is no stderr) would stand in that file. What an encoding lacks is escaped.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # takes the least free number: this one
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for the rest of this process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=SPELLED)


def _unwritten(problem: OSError) -> int:
    """Return the exit code for output that could not be written: its reader went away, or its disk is full."""
    silence(sys.stdout)
    if not isinstance(problem, BrokenPipeError):  # else there is nobody to tell
        remark(f"ntkproofs: the output cannot be written: {problem.strerror}")
    return UNDECIDED


def _internal_error(problem: Exception) -> int:
    if os.environ.get("NTKPROOFS_DEBUG"):
        raise problem
    remark(f"ntkproofs: internal error: {type(problem).__name__}: {problem}")
    remark("ntkproofs: set NTKPROOFS_DEBUG=1 to see where")
    return INTERNAL


if __name__ == "__main__":
    sys.exit(main())
