"""CaseTally: what is known after some of the cases of a task were run; tallies add up in any order."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ntkproofs.counts import Counts
from ntkproofs.errors import InputError
from ntkproofs.execution.recorder import Visit
from ntkproofs.programs import TemplateProgram
from ntkproofs.truth import NoTruthValue

__all__ = ["Interval", "CaseTally", "natural", "tally_from_json", "tally_json"]

Interval: TypeAlias = tuple[int, int]  # the numbers of cases from the first on and below the second


@dataclass(frozen=True)
class CaseTally(NoTruthValue):
    """The cases that are `done`, as disjoint intervals in ascending order, and what occurred in them.

    `wrong`: the number of cases with a wrong answer; `first_wrong`: the least of them; `visited`: for each of the
    counts (n, p, t, K) that occurred, its first occurrence.

    >>> one, other = CaseTally(((0, 64),)), CaseTally(((128, 192),), wrong=2, first_wrong=130)
    >>> both = other.plus(one)
    >>> both.done, both.cases, both.first_wrong, list(both.missing(256))
    (((0, 64), (128, 192)), 128, 130, [(64, 128), (192, 256)])
    >>> both.plus(one)
    Traceback (most recent call last):
    ntkproofs.errors.InputError: the cases from 0 to 63 are counted twice
    """

    instead = ".wrong"

    done: tuple[Interval, ...] = ()
    wrong: int = 0
    first_wrong: int | None = None
    visited: dict[Counts, Visit] = field(default_factory=dict, hash=False)

    @property
    def cases(self) -> int:
        """The number of cases that are done."""
        return sum(last - first for first, last in self.done)

    def plus(self, other: CaseTally) -> CaseTally:
        """Return the tally of the cases of both; raises InputError if they have a case in common."""
        done = self.done
        for interval in other.done:
            done = _with(done, interval)
        visited = dict(self.visited)
        for counts, visit in other.visited.items():
            known = visited.get(counts)
            visited[counts] = visit if known is None or visit < known else known
        wrong = [case for case in (self.first_wrong, other.first_wrong) if case is not None]
        return CaseTally(done, self.wrong + other.wrong, min(wrong, default=None), visited)

    def missing(self, total: int) -> Iterator[Interval]:
        """Yield the intervals of the cases below `total` that are not done, in ascending order."""
        start = 0
        for first, last in self.done:
            if start < first:
                yield start, first
            start = last
        if start < total:
            yield start, total


def _with(done: tuple[Interval, ...], interval: Interval) -> tuple[Interval, ...]:
    """Return disjoint intervals with another one; neighbours are joined."""
    index = bisect(done, interval)
    before, after = done[:index], done[index:]
    first, last = interval
    if (before and before[-1][1] > first) or (after and after[0][0] < last):
        raise InputError(f"the cases from {first} to {last - 1} are counted twice")
    if before and before[-1][1] == first:
        first, before = before[-1][0], before[:-1]
    if after and after[0][0] == last:
        last, after = after[0][1], after[1:]
    return (*before, (first, last), *after)


# --- as JSON data


def tally_json(tally: CaseTally, program: TemplateProgram) -> dict[str, Any]:
    """Return a tally as JSON data."""
    return {
        "done": [list(interval) for interval in tally.done],
        "wrong": tally.wrong,
        "first_wrong": tally.first_wrong,
        "visited": [
            [
                counts.matches,
                counts.matched_writers,
                counts.writers,
                visit.case,
                visit.step,
                program.position(visit.bit),
            ]
            for counts, visit in sorted(tally.visited.items())
        ],
    }


def tally_from_json(data: Any, program: TemplateProgram, total: int, steps: int) -> CaseTally:
    """Return the tally with this JSON data, of `total` cases with `steps` steps.

    Raises InputError, KeyError, TypeError or ValueError for data that is none.
    """
    done = _intervals(data["done"], total)
    tally = CaseTally(done)
    wrong, first = natural(data["wrong"], "wrong", tally.cases), data["first_wrong"]
    if (first is None) != (wrong == 0) or (
        first is not None and not _holds(done, natural(first, "first_wrong", total))
    ):
        raise InputError("first_wrong is no case that is done and wrong")
    visited: dict[Counts, Visit] = {}
    for item in data["visited"]:
        n, p, t, case, step, position = (natural(number, "a number of a visit") for number in item)
        counts = Counts(n, p, t, program.samples)
        fits = step < steps and position < program.output_bits and _holds(done, case)
        if counts in visited or not fits or t != program.writers[position]:
            raise InputError(f"{item} is no first visit of counts")
        visited[counts] = Visit(case, step, program.bit(position))
    return CaseTally(done, wrong, first, visited)


def _intervals(data: Any, total: int) -> tuple[Interval, ...]:
    done: tuple[Interval, ...] = ()
    end = -1
    for item in data:
        first, last = (natural(number, "the end of an interval", total) for number in item)
        if not end < first < last:
            raise InputError("the intervals of cases that are done are not disjoint and ascending")
        done, end = (*done, (first, last)), last
    return done


def _holds(done: tuple[Interval, ...], case: int) -> bool:
    """Return whether a case is in one of some intervals."""
    return any(first <= case < last for first, last in done)


def natural(value: Any, name: str, most: int | None = None) -> int:
    """Return a nonnegative integer of JSON data, at most `most`; raises InputError for anything else."""
    if type(value) is not int or value < 0 or (most is not None and value > most):
        raise InputError(f"{name} must be an integer from 0{'' if most is None else f' to {most}'}, got {value!a:.40}")
    return value
