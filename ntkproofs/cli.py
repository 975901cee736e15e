"""The command line: parser, errors and exit codes. The commands themselves are in ``commands``.

Data goes to stdout, progress and remarks to stderr. Exit codes: 0 holds, 1 refuted or rejected, 2 undecided or stopped,
3 usage or bad input (one line says what), 70 internal error.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from ntkproofs import __version__
from ntkproofs.commands import certify, check, exhaust, plot, report, run, simulate, verify
from ntkproofs.commands.common import HOLDS, INTERNAL, REFUTED, UNDECIDED, USAGE
from ntkproofs.errors import InputError, NtkProofsError, Undecided

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


class _Parser(argparse.ArgumentParser):
    """Reports bad usage in one line, with exit code 3."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message} (see {self.prog} --help)\n")


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
    _tolerate_narrow_streams()
    if not arguments:
        print(GREETING, end="")
        return HOLDS
    try:
        options = _parser().parse_args(arguments)
        if options.command is None:
            raise InputError("name a command (see ntkproofs --help)")
        code: int = options.function(options)
        sys.stdout.flush()
        return code
    except SystemExit as stop:
        return int(stop.code or 0)
    except NtkProofsError as problem:
        print(f"ntkproofs: {' '.join(str(problem).split())}", file=sys.stderr)
        return USAGE if isinstance(problem, InputError) else UNDECIDED if isinstance(problem, Undecided) else REFUTED
    except KeyboardInterrupt:
        print("ntkproofs: interrupted", file=sys.stderr)
        return UNDECIDED
    except BrokenPipeError:  # the reader of our output went away; nothing more to say to it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNDECIDED
    except Exception as problem:
        return _internal_error(problem)


def _tolerate_narrow_streams() -> None:
    """Show '?' for a sign that the terminal's encoding lacks, and go on."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _internal_error(problem: Exception) -> int:
    if os.environ.get("NTKPROOFS_DEBUG"):
        raise problem
    print(f"ntkproofs: internal error: {type(problem).__name__}: {problem}", file=sys.stderr)
    print("ntkproofs: set NTKPROOFS_DEBUG=1 to see where", file=sys.stderr)
    return INTERNAL


if __name__ == "__main__":
    sys.exit(main())
