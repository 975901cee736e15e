"""``ntkproofs verify``: run the independent checker on certificates, one process for each file."""

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
SOURCE_CHECKER = CHECKER.with_name("source_checker.py")
OUTCOMES = {HOLDS: "accepted", REFUTED: "rejected", UNDECIDED: "declined", USAGE: "unreadable", INTERNAL: "failed"}
LIMIT_SIGNALS = {  # signals that end a process at a limit, and the reason shown for them
    signal.SIGXCPU: "it exceeded the limit of CPU time",
    signal.SIGKILL: "it was killed (SIGKILL), for example at a limit of memory or CPU time",
    signal.SIGTERM: "it was ended (SIGTERM)",
}
POLL_SECONDS = 0.2  # between checks for received signals


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "verify",
        help="check certificates with the independent checker",
        description="Run the independent checker (one file, standard library only, isolated) on each certificate, and "
        "the checker of sources, another such file, if the certificate names a file from which its program was "
        "compiled. The exit code is that of the most severe outcome, in increasing order: 0 accepted, 2 declined, "
        "3 unreadable, 1 rejected, 70 the checker failed.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="the certificate files")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.set_defaults(function=_verify)


@dataclass(frozen=True)
class _Outcome:
    """The answer of the checker for one file: its exit code and its lines of output."""

    file: str
    code: int
    lines: tuple[str, ...]

    @property
    def name(self) -> str:
        return OUTCOMES[self.code]

    @property
    def reason(self) -> str:
        """Why the certificate is not accepted."""
        return (self.lines[0] if self.lines else "the checker printed nothing").partition(": ")[2]

    @property
    def entries(self) -> dict[str, str]:
        """The names and values in the lines after the first: what was verified."""
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
    """Run the checker, then, if the certificate names a source, the checker of sources; both must accept."""
    outcome = _checked(CHECKER, file)
    if outcome.code != HOLDS or "source" not in outcome.entries:
        return outcome
    source = _checked(SOURCE_CHECKER, file)
    if source.code != HOLDS:
        return _Outcome(file, source.code, (f"{source.name}: the source: {source.reason}",))
    if source.entries.get("claim_sha256") != outcome.entries["claim_sha256"]:
        return _Outcome(file, INTERNAL, ("failed: the file changed while it was checked",))
    lines = [line for line in outcome.lines if not line.startswith("source: ")]
    how = source.entries["verified"]
    return _Outcome(file, HOLDS, (*lines, f"source: {source.entries['source']}", f"source_verified: {how}"))


def _checked(checker: Path, file: str) -> _Outcome:
    """Run a checker in isolation: without site packages, environment variables, and other modules of this package."""
    command = [sys.executable, "-I", "-S", str(checker), file]
    code, text = _output(command)
    lines = tuple(text.splitlines())
    if code == USAGE:
        return _Outcome(file, USAGE, (f"unreadable: {_reason(file)}",))
    if code in OUTCOMES and lines[:1] and lines[0].startswith(OUTCOMES[code]):
        return _Outcome(file, code, lines)
    if -code in LIMIT_SIGNALS:
        return _Outcome(
            file, UNDECIDED, (f"declined: the checker did not end: {LIMIT_SIGNALS[signal.Signals(-code)]}",)
        )
    return _Outcome(file, INTERNAL, (f"failed: the checker ended with exit code {code}",))  # also if it printed nothing


def _reason(file: str) -> str:
    """Return why a file cannot be read, in words."""
    try:
        with open(file, "rb") as opened:
            opened.read(1)
    except (OSError, ValueError) as problem:
        return (getattr(problem, "strerror", None) or str(problem)).lower()
    return "it could not be read"


def _output(command: list[str]) -> tuple[int, str]:
    """Run a command and return its exit code and output; signals that end this process end the command first."""
    with _received_signals() as received:
        child = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace"
        )
        text = None
        while text is None and not received:
            with contextlib.suppress(subprocess.TimeoutExpired):
                text, _ = child.communicate(timeout=POLL_SECONDS)
        if text is None:
            child.kill()
            child.communicate()
    if not received:
        return child.returncode, text or ""
    raise KeyboardInterrupt


@contextlib.contextmanager
def _received_signals() -> Iterator[list[int]]:
    """Yield a list to which SIGINT, SIGTERM and SIGHUP are appended when they are received within the context.

    The handlers raise no exception, which could otherwise occur between the start of a child and its assignment.
    """
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():  # only the main thread receives signals
        yield received
        return
    ending = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    numbers = [number for number in ending if signal.getsignal(number) is not signal.SIG_IGN]
    before = [(number, signal.signal(number, lambda number, _: received.append(number))) for number in numbers]
    try:
        yield received
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _show(outcome: _Outcome) -> None:
    if outcome.code == HOLDS:
        print(f"{file_name(outcome.file)}: accepted")
        width = max(13, *map(len, outcome.entries))
        for name, text in outcome.entries.items():
            print(f"  {printable(name):<{width}} {printable(text)}")
        sys.stdout.flush()
    else:
        remark(f"{file_name(outcome.file)}: {outcome.name}: {outcome.reason}")


def _document(outcomes: list[_Outcome], *, complete: bool) -> dict[str, Any]:
    accepted = complete and all(outcome.code == HOLDS for outcome in outcomes)
    return {"format": 1, "complete": complete, "accepted": accepted, "files": [*map(_outcome_json, outcomes)]}


def _outcome_json(outcome: _Outcome) -> dict[str, Any]:
    row: dict[str, Any] = {"file": outcome.file, "outcome": outcome.name}
    if outcome.code == HOLDS:
        return outcome.entries | row | {"facts": int(outcome.entries["facts"])}
    return row | {"reason": outcome.reason}
