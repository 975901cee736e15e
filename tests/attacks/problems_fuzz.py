"""An audit fuzzer for `decide` on open, infinite and dependent domains, with all functions, against mpmath.

    python tests/attacks/problems_fuzz.py --number 5000 --seed 1

Half of the problems are random; the others are those of ``benchmarks/problems`` with small changes: a constant, a
strict sign, an end, a function. `benchmarks/deciding/oracle.py` checks the decisions: it evaluates formulas by mpmath
and shares no code with the product.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction as Q
from functools import lru_cache
from itertools import cycle
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from fuzzing import audited, command

from benchmarks.deciding.attempt import attempt, outside
from benchmarks.deciding.oracle import contradiction
from benchmarks.deciding.plain import read_plain, text
from benchmarks.deciding.problem import Problem, Range
from benchmarks.deciding.trees import ARGUMENTS, Tree, number

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "problems"
SECONDS = 3
ONE = [name for name, count in ARGUMENTS.items() if count == 1]
X, Y = ("name", "x"), ("name", "y")


@lru_cache
def known() -> tuple[Problem, ...]:
    """Return the problems in the repository."""
    return tuple(item for file in sorted(FOLDER.glob("*.txt")) for item in read_plain(file))


# --- random problems


def rational(source: random.Random) -> Tree:
    """Return a small rational number."""
    return number(Q(source.randint(-5, 5), source.choice([1, 1, 1, 2, 3, 4])))


def tree(source: random.Random, variables: list[Tree], depth: int) -> Tree:
    """Return a random formula."""
    if depth == 0:
        return source.choice([*variables, *variables, *variables, rational(source), ("pi",), ("e",)])
    first, second = (tree(source, variables, depth - 1) for _ in range(2))
    kind = source.randrange(8)
    if kind < 4:
        return ("+-*/"[kind], first, second)
    if kind == 4:
        exponent = source.choice([number(Q(2)), number(Q(3)), number(Q(-1)), number(Q(1, 3)), number(Q(3, 2)), second])
        return ("^", source.choice([first, first, number(Q(2))]), exponent)
    if kind == 5:
        return (source.choice(["min", "max"]), first, second)
    return (source.choice(ONE), first)


def end(source: random.Random) -> Tree:
    """Return an end of an interval."""
    value = number(Q(source.randint(-4, 4), source.choice([1, 1, 2, 3])))
    return source.choice([value, value, value, ("pi",), ("/", ("pi",), number(2)), ("sqrt", number(2)), ("e",)])


def low_range(source: random.Random, name: str) -> Range:
    """Return a random range of a variable; it may be empty, which `decide` refuses."""
    kind = source.randrange(7)
    first = number(source.randint(0, 3))
    if kind == 0:
        return Range(name, first, None, low_open=False, integer=True)
    if kind == 1:
        return Range(name, end(source), None, source.random() < 0.5)
    if kind == 2:
        return Range(name, None, end(source), high_open=source.random() < 0.5)
    if kind == 3:
        return Range(name, None, None)
    return Range(name, end(source), end(source), source.random() < 0.6, source.random() < 0.6)


def upper_range(source: random.Random, name: str, below: Range) -> Range:
    """Return a random range of a second variable, which may depend on the first."""
    if source.random() < 0.5:
        return low_range(source, name)
    if below.integer:
        integer = source.random() < 0.5
        return Range(name, number(0), ("name", below.name), low_open=False, high_open=False, integer=integer)
    high = source.choice([None, ("+", ("name", below.name), number(1))])
    return Range(name, ("name", below.name), high, source.random() < 0.5)


def invented(source: random.Random) -> Problem:
    """Return a random problem."""
    ranges = [low_range(source, "x")]
    if source.random() < 0.25:
        ranges.append(upper_range(source, "y", ranges[0]))
    variables = [("name", item.name) for item in ranges]
    left = tree(source, variables, source.choice([1, 2]))
    right = tree(source, variables, source.choice([1, 2]))
    style = source.randrange(5)
    if style == 0:
        right = ("+", left, right)
    elif style == 1:  # a contact, or nearly one
        power = number(source.choice([1, 2, 2, 3, 4]))
        right = ("+", left, ("*", source.choice([number(1), ("pi",), right]), ("^", ("-", X, rational(source)), power)))
    elif style == 2:  # a contact at infinity
        small = source.choice([("exp", ("-", number(0), X)), ("/", number(1), X), ("^", X, number(Q(-1, 3)))])
        right = ("+", left, (source.choice("+-"), small, source.choice([number(0), ("^", small, number(2))])))
    elif style == 3:  # a term that cancels
        common = tree(source, variables, 1)
        left, right = ("+", left, common), ("+", right, common)
    return Problem("invented", "fuzz", tuple(ranges), left, right, source.random() < 0.5)


# --- known problems with small changes


def changed(source: random.Random, item: Tree) -> Tree:
    """Return a formula in which one part is changed."""
    if item[0] in ("number", "name", "pi", "e"):
        return _leaf(source, item)
    if source.random() < 0.15 and ARGUMENTS.get(item[0]) == 1:
        return (source.choice(ONE), *item[1:])
    index = source.randrange(1, len(item))
    return (*item[:index], changed(source, item[index]), *item[index + 1 :])


def _leaf(source: random.Random, item: Tree) -> Tree:
    if item[0] == "number":
        step = source.choice([Q(1), Q(-1), Q(1, 10), Q(-1, 10), Q(1, 1000), Q(-1, 1000), Q(1, 10**9), -item[1] * 2])
        return number(item[1] + step)
    if item[0] == "name":
        return source.choice([item, ("*", number(2), item), ("+", item, number(Q(1, 100))), ("^", item, number(2))])
    return ("*", number(Q(999, 1000)), item)


def mutated(source: random.Random) -> Problem:
    """Return a known problem with one to three changes."""
    problem = replace(source.choice(known()), expected="unknown", point={}, name="mutated")
    for _ in range(source.choice([1, 1, 1, 2, 3])):
        kind = source.randrange(6)
        if kind == 0:
            problem = replace(problem, strict=not problem.strict)
        elif kind == 1:
            index = source.randrange(len(problem.ranges))
            ranges = list(problem.ranges)
            ranges[index] = _changed_range(source, ranges[index])
            problem = replace(problem, ranges=tuple(ranges))
        elif kind == 2:
            problem = replace(problem, left=problem.right, right=problem.left)
        elif kind == 3:
            problem = replace(problem, left=changed(source, problem.left))
        else:
            problem = replace(problem, right=changed(source, problem.right))
    return problem


def _changed_range(source: random.Random, item: Range) -> Range:
    if item.integer:
        return replace(item, low=number(source.randint(0, 9)))
    kind = source.randrange(4)
    if kind == 0 and item.low is not None:
        return replace(item, low_open=not item.low_open)
    if kind == 1 and item.high is not None:
        return replace(item, high_open=not item.high_open)
    if kind == 2:
        return replace(item, low=None, low_open=True)
    return replace(item, high=None, high_open=True) if source.random() < 0.5 else replace(item, low=end(source))


# --- the audit


def simple_points(source: random.Random, problem: Problem) -> list[dict[str, Q]]:
    """Return points with small numerators and denominators, which need not lie in the domain."""
    columns = [Q(k, q) for q in (1, 2, 3, 4) for k in range(-12, 13)]
    if len(problem.ranges) == 1:
        return [{problem.ranges[0].name: value} for value in columns]
    return [{item.name: source.choice(columns) for item in problem.ranges} for _ in range(150)]


def audit(source: random.Random, make: Callable[[random.Random], Problem]) -> tuple[str, str]:
    """Decide one problem; return the answer, and what is wrong with it (nothing if all is well)."""
    problem = make(source)
    result = attempt(problem, SECONDS)
    if result.answer in ("wrong", "crash"):
        return result.answer, f"{text(problem)}: {result.detail}"
    if result.answer == "decided":
        for at in simple_points(source, problem):
            if not outside(problem, at):
                said = contradiction(problem, at, holds=True)
                if said:
                    return "wrong", f"{text(problem)}: {result.detail} BUT {said} at {at}"
    if "NtkProofsError" in result.detail[:14]:
        return "internal error", f"{text(problem)}: {result.detail}"
    kind = result.detail.split(":")[0] if result.answer == "open" and "Error" in result.detail[:20] else ""
    return f"{result.answer} {kind}".strip(), ""


def run(problems: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Audit that many problems, invented and mutated in turn; return how often each answer came, and what was wrong."""
    kinds = cycle((invented, mutated))
    return audited(lambda source: audit(source, next(kinds)), problems, seed)


if __name__ == "__main__":
    command(run, "Random problems on open domains: `decide` against mpmath.", 5000)
