"""The results of runs on all inputs as tables of two columns: for the command line, ``print`` and notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from ntkproofs.display import counted
from ntkproofs.programs.language import bit_name

if TYPE_CHECKING:
    from ntkproofs.execution.exhaust import Exhaustion
    from ntkproofs.execution.recorder import Visit
    from ntkproofs.execution.streams import Exploration

__all__ = ["Lines", "as_text", "exhaustion_lines", "exploration_lines"]

Lines: TypeAlias = Iterator[tuple[str, str]]
WIDTH = 16  # of the first column


def as_text(lines: Iterable[tuple[str, str]]) -> str:
    """Return a table as text.

    >>> print(as_text([("cases", "64"), ("wrong", "0")]))
    cases            64
    wrong            0
    """
    return "\n".join(f"{name:<{WIDTH}} {value}" for name, value in lines)


def exhaustion_lines(result: Exhaustion) -> Lines:
    """Yield the rows of the table of an :class:`~ntkproofs.execution.Exhaustion`."""
    if not result.complete:
        yield "not complete", f"{result.cases:,} of {result.total:,} cases were run"
        if not result.cases:
            return
    so_far = "" if result.complete else " so far"
    yield "cases", f"{result.cases:,}"
    yield "wrong", f"{result.wrong:,}{so_far}"
    if result.first_wrong is not None:
        wrong = result.first_wrong
        yield "first wrong", f"{_inputs(result, wrong.inputs)}: got {wrong.got}, expected {wrong.expected}"
    yield "states", f"{result.states:,} ({counted(result.steps, 'step')} each)"
    yield from _rounding(result, so_far)
    yield "seconds", f"{result.seconds:.2f}"
    yield "cases/second", f"{result.cases_per_second:,.0f}"


def _rounding(result: Exhaustion, so_far: str) -> Lines:
    if not result.counted:
        yield "rounding", f"right at all states: t n <= K, with n <= {result.matches_bound} by contradictory templates"
        return
    yield "rounding", f"{_counts(len(result.visited), len(result.unsound), so_far)}"
    for counts in result.unsound[:3]:
        yield "rounded wrong", f"{counts}: {_location(result, result.visited[counts])}"
    yield "largest n", str(result.largest_matches)
    margin = result.smallest_margin()
    if margin is not None:
        mean, visit = margin
        yield "smallest margin", f"mean {mean.mean.digits(8)} at {mean.counts}"
        yield "", _location(result, visit)


def exploration_lines(result: Exploration) -> Lines:
    """Yield the rows of the table of an :class:`~ntkproofs.execution.Exploration`."""
    if not result.complete:
        yield "not complete", f"only the sequences of {counted(result.clocks, 'clock')} are covered"
    length = "any length" if result.closed else counted(result.clocks, "clock")
    yield "cases", f"{result.runs:,} clocks of {counted(result.stream.period, 'step')}: all sequences of {length}"
    yield "wrong", f"{result.wrong:,}"
    if result.first_wrong is not None:
        wrong = result.first_wrong
        inputs = " / ".join(" ".join(map(str, word)) for word in wrong.inputs)
        yield "first wrong", f"inputs {inputs}: got {wrong.got}, expected {wrong.expected}"
    yield "states", f"{result.states:,} at the beginnings of clocks"
    yield "rounding", _counts(len(result.visited), len(result.unsound), "")
    yield "largest n", str(result.largest_matches)
    yield "seconds", f"{result.seconds:.2f}"


def _counts(visited: int, unsound: int, so_far: str) -> str:
    outcome = f"wrong at {unsound} of them" if unsound else "right at all of them"
    return f"{visited} different counts (n, p, t) at the visited states{so_far}, {outcome}"


def _location(result: Exhaustion, visit: Visit) -> str:
    return f"{_inputs(result, result.inputs_of(visit.case))}, step {visit.step + 1}, bit {bit_name(visit.bit)}"


def _inputs(result: Exhaustion, values: tuple[int, ...]) -> str:
    """Return inputs as text: numbers, or a word if each of them has one bit, as ``ntkproofs run`` takes them."""
    bits = len(values) > 1 and set(result.task.input_widths) == {1}
    return f"inputs {('' if bits else ', ').join(map(str, values))}"
