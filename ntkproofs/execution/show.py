"""The results of explorations as tables of two columns: for the command line, ``print`` and notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from ntkproofs.display import counted

if TYPE_CHECKING:
    from ntkproofs.execution.streams import Exploration

__all__ = ["Lines", "as_text", "exploration_lines"]

Lines: TypeAlias = Iterator[tuple[str, str]]
WIDTH = 16  # of the first column


def as_text(lines: Iterable[tuple[str, str]]) -> str:
    """Return a table as text.

    >>> print(as_text([("cases", "64"), ("wrong", "0")]))
    cases            64
    wrong            0
    """
    return "\n".join(f"{name:<{WIDTH}} {value}" for name, value in lines)


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
    yield "rounding", _counts(len(result.visited), len(result.unsound))
    yield "largest n", str(result.largest_matches)
    yield "seconds", f"{result.seconds:.2f}"


def _counts(visited: int, unsound: int) -> str:
    outcome = f"wrong at {unsound} of them" if unsound else "right at all of them"
    return f"{visited} different counts (n, p, t) at the visited states, {outcome}"
