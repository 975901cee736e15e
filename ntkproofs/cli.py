"""The command line: ``ntkproofs check`` and ``ntkproofs run``.

Data goes to stdout, progress and remarks to stderr. Exit codes: 0 holds, 1 refuted or rejected, 2 undecided or stopped,
3 usage or bad input (one line says what), 70 internal error.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ntkproofs import __version__
from ntkproofs.commands import exhaust, sbn
from ntkproofs.errors import InputError, NtkProofsError

if TYPE_CHECKING:
    from rich.console import Console

    from ntkproofs.claims import Claim, Result
    from ntkproofs.execution import Trace
    from ntkproofs.programs import Task

HOLDS, REFUTED, UNDECIDED, USAGE, INTERNAL = 0, 1, 2, 3, 70
MAX_RUN_BITS = 4096
TWO_OPERANDS = {"addition": ("add two numbers", MAX_RUN_BITS), "multiplication": ("multiply two numbers", 128)}
PLAIN_WIDTH = 120

GREETING = """\
ntkproofs checks that ensembles of wide neural networks execute binary programs exactly.

Try:
  ntkproofs run addition 13 29 --bits 8 --trace     an addition, step by step through the trained predictor
  ntkproofs run multiplication 201 57 --bits 8      a multiplication: 280 steps of the trained predictor
  ntkproofs check                                   every claim in paper_checks/, with verdict and evidence
  ntkproofs check -k rounding                       those about rounding only
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
        epilog="Exit codes: 0 holds, 1 refuted, 2 undecided or stopped, 3 usage or bad input, 70 internal error.",
    )
    parser.add_argument("--version", action="version", version=f"ntkproofs {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    check = commands.add_parser(
        "check",
        help="look into every claim of the given files: verdict, engine, margin, seconds",
        description="Collect the claims of the given files or directories and give each its verdict.",
    )
    check.add_argument(
        "paths", nargs="*", metavar="PATH", help="claim files or directories of them (default: paper_checks/)"
    )
    check.add_argument("-k", dest="text", default="", metavar="TEXT", help="only claims with TEXT in name or statement")
    check.add_argument("--json", action="store_true", help="one JSON document on stdout")
    check.set_defaults(function=_check)

    run = commands.add_parser(
        "run",
        help="execute a program through the predictor",
        description="Execute a program through the predictor: exact counts, rigorous sign of each mean.",
    )
    programs = run.add_subparsers(dest="program", metavar="PROGRAM", required=True, parser_class=_Parser)
    common = _Parser(add_help=False)
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
    exhaust.register(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments:
        print(GREETING, end="")
        return HOLDS
    try:
        options = _parser().parse_args(arguments)
        if options.command is None:
            raise InputError("name a command: check or run (see ntkproofs --help)")
        code: int = options.function(options)
        sys.stdout.flush()
        return code
    except SystemExit as stop:
        return int(stop.code or 0)
    except InputError as problem:
        _complain(problem)
        return USAGE
    except NtkProofsError as problem:
        from ntkproofs.errors import Undecided

        _complain(problem)
        return UNDECIDED if isinstance(problem, Undecided) else REFUTED
    except KeyboardInterrupt:
        print("ntkproofs: interrupted", file=sys.stderr)
        return UNDECIDED
    except BrokenPipeError:  # the reader of our output went away; nothing more to say to it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNDECIDED
    except Exception as problem:
        print(f"ntkproofs: internal error: {type(problem).__name__}: {problem}", file=sys.stderr)
        if os.environ.get("NTKPROOFS_DEBUG"):
            raise
        print("ntkproofs: set NTKPROOFS_DEBUG=1 to see where", file=sys.stderr)
        return INTERNAL


def _complain(problem: Exception) -> None:
    print(f"ntkproofs: {' '.join(str(problem).split())}", file=sys.stderr)


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False)
    return console if console.is_terminal else Console(stderr=stderr, highlight=False, width=PLAIN_WIDTH)


def _print_json(document: dict[str, Any]) -> None:
    print(json.dumps(document, indent=2, ensure_ascii=False))


# --- check


def _check(options: argparse.Namespace) -> int:
    from ntkproofs.claims import collect
    from ntkproofs.report import document, show_results

    paths = [Path(path) for path in options.paths or ["paper_checks"]]
    if not options.paths and not paths[0].exists():
        raise InputError("there is no paper_checks/ here: name a claim file or directory (ntkproofs check PATH)")
    claims = collect(paths, matching=options.text)
    results: list[Result] = []
    interrupted = False
    try:
        results.extend(_progress(claims))
    except KeyboardInterrupt:
        interrupted = True
    if options.json:
        _print_json(document(results))
    elif results:
        console = _console()
        with console.capture() as shown:
            show_results(results, console)
        print("\n".join(line.rstrip() for line in shown.get().splitlines()))
    if interrupted:
        print(f"ntkproofs: interrupted after {len(results)} of {len(claims)} claims", file=sys.stderr)
        return max(UNDECIDED, _exit_code(results)) if _exit_code(results) != REFUTED else REFUTED
    return _exit_code(results)


def _exit_code(results: Sequence[Result]) -> int:
    """Return 1 if a claim is refuted, else 3 if one is an error, else 2 if one is undecided, else 0."""
    kinds = {result.verdict.kind for result in results}
    for kind, code in (("refuted", REFUTED), ("error", USAGE), ("undecided", UNDECIDED)):
        if kind in kinds:
            return code
    return HOLDS


def _progress(claims: Sequence[Claim]) -> Iterator[Result]:
    """Run the claims one by one; a bar on stderr if that is a terminal, a line for each otherwise."""
    console = _console(stderr=True)
    with contextlib.ExitStack() as stack:
        bar = None
        if console.is_terminal:
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
            bar = stack.enter_context(Progress(*columns, console=console, transient=True))
            job = bar.add_task("", total=len(claims))
        for number, claim in enumerate(claims, 1):
            if bar is not None:
                bar.update(job, description=claim.name)
            result = claim.run()
            if bar is not None:
                bar.advance(job)
            else:
                line = f"[{number}/{len(claims)}] {claim.name}: {result.verdict.kind}, {result.seconds:.2f} s"
                print(line, file=sys.stderr)
            yield result


# --- run


def _number(text: str, what: str, *, low: int = 0, high: int | None = None) -> int:
    """Return the decimal number that `text` says."""
    if not (text.isascii() and text.isdigit()):
        raise InputError(f"{what} must be a number from {low} on, in decimal digits, got {_clipped(text)}")
    try:
        value = int(text)
    except ValueError:  # Python reads no more than some thousand digits
        raise InputError(f"{what} has {len(text)} digits, which is more than can be read") from None
    if value < low or (high is not None and value > high):
        span = f"from {low} to {high}" if high is not None else f"from {low} on"
        raise InputError(f"{what} must be a number {span}, got {_clipped(text)}")
    return value


def _clipped(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:18]}...{text[-18:]}")


def _run_two_operands(options: argparse.Namespace) -> int:
    from ntkproofs.programs import addition_task, multiplication_task

    task_of = {"addition": addition_task, "multiplication": multiplication_task}[options.program]
    bits = _number(options.bits, "--bits", low=1, high=TWO_OPERANDS[options.program][1])
    values = []
    for name, text in (("X", options.x), ("Y", options.y)):
        value = _number(text, name)
        if value.bit_length() > bits:
            raise InputError(f"{name} = {_clipped(text)} does not fit in {bits} bits: 0 to {_largest(bits)}")
        values.append(value)
    task = task_of(bits)
    trace = _execute(task, options, values)
    result = task.read(trace.final)
    return _answer(options, trace, result, {"bits": bits, "inputs": values})


def _largest(bits: int) -> str:
    return str((1 << bits) - 1) if bits <= 64 else f"2^{bits} - 1"


def _run_permutation(options: argparse.Namespace) -> int:
    from ntkproofs.programs import permutation_task

    word = options.word
    if not word or set(word) - {"0", "1"}:
        raise InputError(f"BITS must be a word of the digits 0 and 1, got {_clipped(word)}")
    if len(word) > MAX_RUN_BITS:
        raise InputError(f"BITS has {len(word)} digits, at most {MAX_RUN_BITS} are supported")
    order = [_number(part.strip(), "a place in --order") for part in options.order.split(",")]
    if len(order) != len(word):
        raise InputError(f"--order names {len(order)} places for a word of {len(word)} bits")
    task = permutation_task(order)
    trace = _execute(task, options, [int(word[::-1], 2)])
    (field,) = task.program.fields
    result = "".join(map(str, trace.final[field]))
    return _answer(options, trace, result, {"bits": len(word), "inputs": [word], "order": order})


def _execute(task: Task, options: argparse.Namespace, values: Sequence[int]) -> Trace:
    from ntkproofs.execution import Machine
    from ntkproofs.kernels import two_layer_relu

    machine = Machine(task.program, kernel=two_layer_relu(options.regime))
    return machine.run(task.start(*values), steps=task.steps)


def _answer(options: argparse.Namespace, trace: Trace, result: int | str, more: dict[str, Any]) -> int:
    if options.json:
        document = {
            "format": 1,
            "program": options.program,
            **more,
            "result": result,
            "steps": len(trace),
            "samples": trace.program.samples,
            "largest_matches": trace.largest_matches,
            "kernel": trace.kernel.name,
        }
        if options.trace:
            document["trace"] = [trace.program.written(trace.row(step)) for step in range(len(trace) + 1)]
        _print_json(document)
        return HOLDS
    if options.trace:
        console = _console()
        console.width = max([console.width, *map(len, str(trace).splitlines())])  # a wide table stays whole
        console.print(trace if console.is_terminal else str(trace), markup=False, soft_wrap=True)
    print(result)
    print(
        f"{len(trace)} steps, {trace.program.samples} samples, at most {trace.largest_matches} templates matching; "
        f"every bit by the rigorous sign of its mean ({trace.kernel.name})",
        file=sys.stderr,
    )
    return HOLDS


if __name__ == "__main__":
    sys.exit(main())
