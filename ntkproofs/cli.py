"""The command line: parser, error messages and exit codes. The commands themselves are in ``commands``.

Data is written to stdout, progress and messages to stderr. Exit codes: 0 holds or accepted, 1 refuted or rejected,
2 undecided, declined or stopped, 3 invalid usage or input, 70 internal error.
"""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial

from ntkproofs import __version__
from ntkproofs.commands import (
    certify,
    check,
    copy_examples,
    exhaust,
    export,
    plot,
    report,
    run,
    show,
    simulate,
    train,
    verify,
)
from ntkproofs.commands.common import (
    HOLDS,
    INTERNAL,
    REFUTED,
    UNDECIDED,
    USAGE,
    Parser,
    json_printed,
    print_json,
    remark,
    silence,
)
from ntkproofs.commands.networks import repeated
from ntkproofs.errors import InputError, NtkProofsError, Undecided
from ntkproofs.printable import SPELLED

__all__ = ["guarded", "main"]

GREETING = """\
ntkproofs checks that ensembles of wide neural networks execute binary programs exactly.

Try:
  ntkproofs run addition 13 29 --bits 8 --trace     an addition, step by step through the trained predictor
  ntkproofs run multiplication 201 57 --bits 8      a multiplication: 280 steps of the trained predictor
  ntkproofs exhaust multiplication --bits 8         all pairs of 8-bit numbers, 64 at a time
  ntkproofs simulate permutation --bits 10 --networks 69   measured ensembles of networks, and the prediction
  ntkproofs run sbn FILE --trace                    a program of the subtract-and-branch machine
  ntkproofs run mine.py:task 5 3                    a program of your own (ntkproofs run FILE --help)
  ntkproofs exhaust circuit.blif                    a circuit, a table or a machine in a file, on all inputs
  ntkproofs exhaust permutation --bits 8 --networks FILE   the networks of a weights file, decided exactly
  ntkproofs show multiplication --bits 4            templates, counts, rounding, and the networks that are needed
  ntkproofs certify addition --bits 8 --failure 1e-6 -o a.json   a certificate: how many networks are sufficient
  ntkproofs verify a.json                           check the certificate with the independent checker
  ntkproofs check                                   all claims about the paper, with verdict and evidence
  ntkproofs check -k rounding                       only the claims about rounding
  ntkproofs report -o report.html                   all claims and figures as an HTML page
  ntkproofs --help                                  all commands and options
"""


OUTPUT_ERRORS = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def _parser() -> Parser:
    parser = Parser(
        prog="ntkproofs",
        description="Checks that ensembles of wide neural networks execute binary programs exactly.",
        epilog="Exit codes: 0 holds or accepted, 1 refuted or rejected, 2 undecided, declined or stopped, "
        "3 invalid usage or input, 70 internal error.",
    )
    parser.add_argument("--version", action="version", version=f"ntkproofs {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for command in (check, report, plot, run, exhaust, show, simulate, train, certify, verify, export, copy_examples):
        command.register(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    return guarded(partial(_run, sys.argv[1:] if arguments is None else arguments))


def guarded(command: Callable[[argparse.Namespace], int]) -> int:
    """Run a command and return its exit code; errors are reported on stderr in one line.

    `command` fills in the namespace that it is called with, so that its options are known if it is interrupted.
    """
    _prepare_streams()
    options = argparse.Namespace()
    try:
        if sys.stdout is None:
            raise InputError(
                "stdout is closed, so that no result can be written (to discard the result, use > /dev/null)"
            )
        code = command(options)
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
        return _unwritten(problem) if problem.errno in OUTPUT_ERRORS else _internal_error(problem)
    except Exception as problem:
        return _internal_error(problem)


def _run(arguments: Sequence[str], options: argparse.Namespace) -> int:
    """Parse the arguments into `options` and run the command that they name."""
    if not arguments:
        print(GREETING, end="")
        return HOLDS
    _parser().parse_args(repeated(arguments), options)
    if options.command is None:
        raise InputError("a command is required (see ntkproofs --help)")
    code: int = options.function(options)
    return code


def _interrupted(options: argparse.Namespace) -> int:
    """Report the interruption on both streams, unless a JSON document was begun; return the exit code."""
    try:
        if not getattr(options, "json", False):
            print("not complete: interrupted")
        elif not json_printed():
            print_json({"format": 1, "complete": False})
        sys.stdout.flush()
    except OSError as problem:
        return _unwritten(problem)
    remark("ntkproofs: interrupted")
    return UNDECIDED


def _prepare_streams() -> None:
    """Open standard streams that are closed, and escape characters that their encoding lacks.

    The next opened file would get the descriptor of a closed stream, and would then receive what this process or a
    child writes to that stream.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the smallest free descriptor, which is `number`
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open until this process ends
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=SPELLED)


def _unwritten(problem: OSError) -> int:
    """Report output that could not be written, because a pipe is closed or a disk is full; return the exit code."""
    silence(sys.stdout)
    if not isinstance(problem, BrokenPipeError):  # without a reader, no message is needed
        remark(f"ntkproofs: the output cannot be written: {problem.strerror}")
    return UNDECIDED


def _internal_error(problem: Exception) -> int:
    if os.environ.get("NTKPROOFS_DEBUG"):
        raise problem
    remark(f"ntkproofs: internal error: {type(problem).__name__}: {problem}")
    remark("ntkproofs: set NTKPROOFS_DEBUG=1 for a traceback")
    return INTERNAL
