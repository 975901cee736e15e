"""What the fuzzers share: auditing so many random cases of a seed, and the command that prints what came of them."""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable
from typing import TypeAlias

Audit: TypeAlias = Callable[[random.Random], tuple[str, str]]  # the outcome of a case, and what is wrong with it
Run: TypeAlias = Callable[[int, int], tuple[Counter[str], list[str]]]


def audited(audit: Audit, number: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Audit that many random cases; return how often each outcome came, and what was wrong."""
    source = random.Random(seed)
    outcomes: Counter[str] = Counter()
    wrong = []
    for _ in range(number):
        outcome, problem = audit(source)
        outcomes[outcome] += 1
        if problem:
            wrong.append(problem)
    return outcomes, wrong


def command(run: Run, description: str, number: int) -> None:
    """Audit `number` cases, unless the command line says otherwise; exit with 1 if any is wrong."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--number", type=int, default=number, help="number of cases")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    outcomes, wrong = run(options.number, options.seed)
    for outcome, often in outcomes.most_common():
        print(f"{often:7,} {outcome}")
    print(*wrong, f"{len(wrong)} wrong of {options.number:,}", sep="\n")
    sys.exit(bool(wrong))
