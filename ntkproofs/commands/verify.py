"""``ntkproofs verify``: the independent checker, in a process of its own for every file."""

from __future__ import annotations

import argparse
import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ntkproofs.commands.common import HOLDS, INTERNAL, REFUTED, UNDECIDED, USAGE, print_json, remark, worst
from ntkproofs.printable import file_name, printable

__all__ = ["register"]

CHECKER = Path(__file__).resolve().parent.parent / "checker.py"
OUTCOMES = {HOLDS: "accepted", REFUTED: "rejected", UNDECIDED: "declined", USAGE: "unreadable", INTERNAL: "failed"}
LIMITS = {  # signals by which a limit ends a process
    signal.SIGXCPU: "it exceeded the limit of CPU time",
    signal.SIGKILL: "it was killed (SIGKILL), as where memory or CPU time is exceeded",
    signal.SIGTERM: "it was ended (SIGTERM)",
}
EVERY = 0.2  # seconds between two looks at whether a signal came


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "verify",
        help="check certificates with the independent checker",
        description="Run the independent checker (one file, standard library only, isolated) on each certificate. "
        "The exit code is that of the worst outcome: 0 only if all are accepted, else 2 declined, 3 unreadable, 1 "
        "rejected, 70 the checker failed, in this order.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="certificates")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.set_defaults(function=_verify)


@dataclass(frozen=True)
class _Outcome:
    """What the checker said of one file."""

    file: str
    code: int
    lines: tuple[str, ...]

    @property
    def name(self) -> str:
        return OUTCOMES[self.code]

    @property
    def reason(self) -> str:
        """Why it is not accepted."""
        return (self.lines[0] if self.lines else "the checker said nothing").partition(": ")[2]

    @property
    def found(self) -> dict[str, str]:
        """What was verified."""
        return dict(line.partition(": ")[::2] for line in self.lines[1:])


def _verify(options: argparse.Namespace) -> int:
    outcomes: list[_Outcome] = []
    try:
        for file in options.files:
            outcomes.append(_run(file))
            if not options.json:
                _show(outcomes[-1])
    except KeyboardInterrupt:
        if options.json:
            print_json(_document(outcomes, complete=False))
        raise
    if options.json:
        print_json(_document(outcomes, complete=True))
    return worst(outcome.code for outcome in outcomes)


def _run(file: str) -> _Outcome:
    """Run the checker, alone: no site packages, no environment variables, nothing of this package."""
    command = [sys.executable, "-I", "-S", str(CHECKER), file]
    code, text = _output(command)
    lines = tuple(text.splitlines())
    if code in OUTCOMES and lines[:1] and lines[0].startswith(OUTCOMES[code]):
        return _Outcome(file, code, lines)
    if -code in LIMITS:
        return _Outcome(file, UNDECIDED, (f"declined: the checker did not end: {LIMITS[signal.Signals(-code)]}",))
    return _Outcome(file, INTERNAL, (f"failed: the checker ended with code {code}",))  # also one that says nothing


def _output(command: list[str]) -> tuple[int, str]:
    """Run a command and return its exit code and output; a signal that ends this process ends the command first."""
    with _stopping() as stopped:
        child = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace"
        )
        text = None
        while text is None and not stopped:
            with contextlib.suppress(subprocess.TimeoutExpired):
                text, _ = child.communicate(timeout=EVERY)
        if text is None:
            child.kill()
            child.communicate()
    if not stopped:
        return child.returncode, text or ""
    raise KeyboardInterrupt


@contextlib.contextmanager
def _stopping() -> Iterator[list[int]]:
    """Yield a list to which the signals that should end this process are added while the body runs.

    Nothing is raised by the handlers, so that they cannot come between a child's start and its being known.
    """
    stopped: list[int] = []
    if threading.current_thread() is not threading.main_thread():  # only the main one can receive signals
        yield stopped
        return
    heeded = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    numbers = [number for number in heeded if signal.getsignal(number) is not signal.SIG_IGN]
    before = [(number, signal.signal(number, lambda number, _: stopped.append(number))) for number in numbers]
    try:
        yield stopped
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _show(outcome: _Outcome) -> None:
    if outcome.code == HOLDS:
        print(f"{file_name(outcome.file)}: accepted")
        for name, text in outcome.found.items():
            print(f"  {printable(name):<13} {printable(text)}")
        sys.stdout.flush()
    else:
        remark(f"{file_name(outcome.file)}: {outcome.name}: {outcome.reason}")


def _document(outcomes: list[_Outcome], *, complete: bool) -> dict[str, Any]:
    accepted = complete and all(outcome.code == HOLDS for outcome in outcomes)
    return {"format": 1, "complete": complete, "accepted": accepted, "files": [*map(_row, outcomes)]}


def _row(outcome: _Outcome) -> dict[str, Any]:
    row: dict[str, Any] = {"file": outcome.file, "outcome": outcome.name}
    if outcome.code == HOLDS:
        return outcome.found | row | {"facts": int(outcome.found["facts"])}
    return row | {"reason": outcome.reason}
