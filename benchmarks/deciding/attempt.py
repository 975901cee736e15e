"""One problem decided by :func:`ntkproofs.rigor.decide`, within a time limit, and its answer checked by the oracle."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, TypeAlias

import sympy

from benchmarks.deciding.expressions import expression
from benchmarks.deciding.oracle import contradiction, difference_of, samples
from benchmarks.deciding.problem import NotTaken, Problem, Range
from benchmarks.deciding.trees import constant
from ntkproofs.errors import NtkProofsError
from ntkproofs.rigor import Box, Decision, Integers, Point, at_most, decide, less, replay

__all__ = ["Answer", "Attempt", "attempt", "outside"]

Answer: TypeAlias = Literal["decided", "refuted", "open", "wrong", "crash", "not taken"]


@dataclass(frozen=True)
class Attempt:
    """The answer to a problem, what is said of it, and the processor seconds that the decision took."""

    problem: Problem
    answer: Answer
    detail: str
    seconds: float


class _Late(Exception):
    """The time limit is over."""


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise _Late in the block after that many seconds of processor time."""

    def stop(number: int, frame: object) -> None:
        raise _Late

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def attempt(problem: Problem, seconds: float) -> Attempt:
    """Decide a problem within `seconds`, replay the decision, and check it by the oracle."""
    if problem.reason:
        return Attempt(problem, "not taken", problem.reason, 0.0)
    start = time.process_time()
    try:
        with _limited(seconds):
            decision = _decide(problem)
    except _Late:
        return Attempt(problem, "open", f"more than {seconds:g} s", time.process_time() - start)
    except (NtkProofsError, NotTaken) as reason:
        return Attempt(problem, "open", f"{type(reason).__name__}: {reason}", time.process_time() - start)
    except Exception as crash:  # an error outside the package's family
        return Attempt(problem, "crash", f"{type(crash).__name__}: {crash}", time.process_time() - start)
    took = time.process_time() - start
    if decision.outcome == "open":
        return Attempt(problem, "open", decision.reason, took)
    again = replay(decision)
    wrong = _wrong(problem, decision)
    if again.outcome != decision.outcome or wrong:
        return Attempt(problem, "wrong", wrong or "the replay differs", took)
    return Attempt(problem, "decided" if decision.outcome == "holds" else "refuted", str(decision), took)


def _decide(problem: Problem) -> Decision:
    symbols = {item.name: sympy.Symbol(item.name, **_assumptions(item)) for item in problem.ranges}
    sides = [expression(side, symbols) for side in (problem.left, problem.right)]
    claim = less(*sides) if problem.strict else at_most(*sides)
    return decide(claim, _domain(problem, symbols))


def _assumptions(item: Range) -> dict[str, bool]:
    return {"integer": True} if item.integer else {"real": True}


def _domain(problem: Problem, symbols: dict[str, sympy.Symbol]) -> Any:
    """Return the domain of a problem; NotTaken for a kind of domain that there is not."""
    ranges = problem.ranges
    if all(item.is_point() for item in ranges):
        return Point({symbols[item.name]: _rational(item.low) for item in ranges})
    if len(ranges) == 1 and ranges[0].integer:
        low, high = _integers(ranges[0])
        return Integers(symbols[ranges[0].name], low, high)
    return Box({symbols[item.name]: _values(item, symbols) for item in ranges})


def _rational(tree: Any) -> Fraction:
    exact = constant(tree)
    if exact is None:
        raise NotTaken("a value that is not rational")
    return exact


def _integers(item: Range) -> tuple[int, int | None]:
    low = None if item.low is None else constant(item.low)
    high = None if item.high is None else constant(item.high)
    if low is None or (item.high is not None and high is None):
        raise NotTaken("integers whose ends are not rational")
    first = low // 1 + 1 if item.low_open else -(-low // 1)
    last = None if high is None else -(-high // 1) - 1 if item.high_open else high // 1
    return int(first), None if last is None else int(last)


def _values(item: Range, symbols: dict[str, sympy.Symbol]) -> Any:
    """Return the range as `Box` takes it: integers, a pair for a closed interval, or an interval of SymPy."""
    low = -sympy.oo if item.low is None else expression(item.low, symbols)
    high = sympy.oo if item.high is None else expression(item.high, symbols)
    if item.integer:
        if item.low is None or item.low_open or (item.high is not None and item.high_open):
            raise NotTaken("integers with an excluded end")
        return sympy.Range(low, high + 1)
    if item.low_open or item.high_open:
        return sympy.Interval(low, high, item.low_open, item.high_open)
    return low, high


def _wrong(problem: Problem, decision: Decision) -> str:
    """Return why an answer is wrong, by the expected answer or by the oracle; nothing if it is not."""
    if problem.expected in ("holds", "fails") and decision.outcome != problem.expected:
        return f"expected: {problem.expected}; {decision}"
    if decision.outcome == "holds":
        for at in samples(problem):
            problem_found = contradiction(problem, at, holds=True)
            if problem_found:
                where = ", ".join(f"{name} = {value}" for name, value in at.items())
                return f"holds, but {problem_found} at {where}"
        return ""
    at = {symbol.name: value for symbol, value in decision.counterexample or ()}
    where = outside(problem, at)
    return where or contradiction(problem, at, holds=False)


def outside(problem: Problem, at: dict[str, Fraction]) -> str:
    """Return which coordinate of a counterexample is outside its range, if one is."""
    for item in problem.ranges:
        if item.name not in at:
            return f"the counterexample has no {item.name}"
        if item.integer and at[item.name].denominator != 1:
            return f"{item.name} = {at[item.name]} is no integer"
        for end, sign, open_ in ((item.low, 1, item.low_open), (item.high, -1, item.high_open)):
            gap = None if end is None else difference_of(("name", item.name), end, at) * sign
            if gap is not None and (gap < 0 or (gap == 0 and open_)):
                return f"{item.name} = {at[item.name]} is outside its range"
    return ""
