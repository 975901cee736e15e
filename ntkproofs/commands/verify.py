"""``ntkproofs verify``: the independent checker, in a process of its own for every file."""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ntkproofs.commands.common import HOLDS, INTERNAL, REFUTED, UNDECIDED, USAGE, print_json, remark
from ntkproofs.printable import file_name, printable

__all__ = ["register"]

CHECKER = Path(__file__).resolve().parent.parent / "checker.py"
OUTCOMES = {HOLDS: "accepted", REFUTED: "rejected", UNDECIDED: "declined", USAGE: "unreadable"}


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "verify",
        help="check certificates with the independent checker",
        description="Run the independent checker (one file, standard library only, isolated) on each certificate. "
        "Exit code 0 only if all are accepted; 1 if one is rejected.",
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
        return OUTCOMES.get(self.code, "failed")

    @property
    def reason(self) -> str:
        """Why it is not accepted."""
        return (self.lines[0] if self.lines else "the checker said nothing").partition(": ")[2]

    @property
    def found(self) -> dict[str, str]:
        """What was verified."""
        return dict(line.partition(": ")[::2] for line in self.lines[1:])


def _verify(options: argparse.Namespace) -> int:
    outcomes = []
    for file in options.files:
        outcome = _run(file)
        outcomes.append(outcome)
        if not options.json:
            _show(outcome)
    if options.json:
        print_json({"format": 1, "accepted": all(o.code == HOLDS for o in outcomes), "files": [*map(_row, outcomes)]})
    codes = {outcome.code for outcome in outcomes}
    return next((code for code in (REFUTED, USAGE, UNDECIDED, HOLDS) if code in codes), INTERNAL)


def _run(file: str) -> _Outcome:
    """Run the checker, alone: no site packages, no environment variables, nothing of this package."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(CHECKER), file], capture_output=True, text=True, errors="replace", check=False
    )
    lines = tuple(done.stdout.splitlines())
    known = done.returncode in OUTCOMES and lines[:1] and lines[0].startswith(OUTCOMES[done.returncode])
    if not known:  # also one that says nothing: that is no acceptance
        return _Outcome(file, INTERNAL, (f"failed: the checker ended with code {done.returncode}",))
    return _Outcome(file, done.returncode, lines)


def _show(outcome: _Outcome) -> None:
    if outcome.code == HOLDS:
        print(f"{file_name(outcome.file)}: accepted")
        for name, text in outcome.found.items():
            print(f"  {printable(name):<13} {printable(text)}")
        sys.stdout.flush()
    else:
        remark(f"{file_name(outcome.file)}: {outcome.name}: {outcome.reason}")


def _row(outcome: _Outcome) -> dict[str, Any]:
    row: dict[str, Any] = {"file": outcome.file, "outcome": outcome.name}
    if outcome.code == HOLDS:
        return row | outcome.found | {"facts": int(outcome.found["facts"])}
    return row | {"reason": outcome.reason}
