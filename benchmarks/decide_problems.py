"""Decide the problems of files and print how many are decided, refuted, open and wrong, beside Coq-Interval.

    python benchmarks/decide_problems.py benchmarks/problems/*.txt [--seconds 20] [--coq] [--json FILE] [--show open]

Files ``.txt`` are in the plain format (see ``deciding/plain.py``), ``.tptp`` and ``.p`` in MetiTarski's, ``.smt2`` in
SMT-LIB. Every answer is replayed and compared with the expected one and with mpmath; the exit code is 1 if one is
wrong.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.deciding.attempt import Attempt, attempt
from benchmarks.deciding.coq import prove
from benchmarks.deciding.plain import read_plain
from benchmarks.deciding.problem import Problem
from benchmarks.deciding.smtlib import read_smtlib
from benchmarks.deciding.tptp import read_tptp
from ntkproofs.errors import InputError

READERS: dict[str, Callable[[Path], list[Problem]]] = {
    ".txt": read_plain,
    ".tptp": read_tptp,
    ".p": read_tptp,
    ".smt2": read_smtlib,
}
ANSWERS = ("decided", "refuted", "open", "wrong")


def read(file: Path) -> list[Problem]:
    """Read the problems of a file, by its suffix."""
    if file.suffix not in READERS:
        raise InputError(f"{file}: the suffix of a file of problems is one of {', '.join(READERS)}")
    return READERS[file.suffix](file)


def table(attempts: list[Attempt], proved: dict[int, bool]) -> str:
    """Return the table: a row for each class."""
    lines = [f"{'class':<14}{'problems':>9}" + "".join(f"{answer:>9}" for answer in ANSWERS) + "   median    Coq"]
    for group in dict.fromkeys(item.problem.group for item in attempts):
        rows = [(index, item) for index, item in enumerate(attempts) if item.problem.group == group]
        taken = [item for _, item in rows if item.answer != "not taken"]
        counts = "".join(f"{sum(item.answer == answer for item in taken):>9}" for answer in ANSWERS)
        median = statistics.median(item.seconds for item in taken) if taken else 0
        coq = f"{sum(proved[index] for index, _ in rows if index in proved):>7}" if proved else ""
        crashed = sum(item.answer == "crash" for item in taken)
        skipped = f"   ({crashed} crashed)" if crashed else ""
        skipped += f"   ({len(rows) - len(taken)} not taken)" if len(rows) > len(taken) else ""
        lines.append(f"{group:<14}{len(taken):>9}{counts}{1000 * median:>6.0f} ms{coq}{skipped}")
    return "\n".join(lines)


def _document(attempts: list[Attempt], proved: dict[int, bool]) -> str:
    rows = [
        {
            "name": item.problem.name,
            "class": item.problem.group,
            "expected": item.problem.expected,
            "answer": item.answer,
            "detail": item.detail[:500],
            "seconds": round(item.seconds, 4),
            "coq": proved.get(index),
        }
        for index, item in enumerate(attempts)
    ]
    return json.dumps(rows, indent=1, ensure_ascii=False)


def main() -> int:
    """Run the command; return the exit code."""
    parser = argparse.ArgumentParser(description="Decide the problems of files.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--seconds", type=float, default=20, help="processor seconds for each problem (default: 20)")
    parser.add_argument("--coq", action="store_true", help="try each problem with Coq-Interval, if coqc is installed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all answers to a file")
    parser.add_argument("--show", choices=(*ANSWERS, "not taken"), action="append", default=[], help="print these")
    options = parser.parse_args()
    try:
        problems = [problem for file in options.files for problem in read(file)]
    except InputError as error:
        print(error, file=sys.stderr)
        return 3
    attempts = [attempt(problem, options.seconds) for problem in problems]
    coqc = shutil.which("coqc") if options.coq else None
    proved = (
        {}
        if coqc is None
        else {
            index: prove(problem, int(options.seconds), coqc)[0]
            for index, problem in enumerate(problems)
            if not problem.reason and problem.expected != "fails"
        }
    )
    if options.coq and coqc is None:
        print("coqc is not installed", file=sys.stderr)
    for item in attempts:
        if item.answer in (*options.show, "wrong", "crash"):
            print(f"{item.answer:<10}{item.problem.group}/{item.problem.name}: {item.detail}")
    print(table(attempts, proved))
    if options.json:
        options.json.write_text(_document(attempts, proved) + "\n", encoding="utf-8")
    return 1 if any(item.answer in ("wrong", "crash") for item in attempts) else 0


if __name__ == "__main__":
    sys.exit(main())
