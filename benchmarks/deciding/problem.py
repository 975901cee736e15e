"""A problem: ranges of variables, an inequality, and the expected answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from benchmarks.deciding.trees import Tree, constant, names

__all__ = ["NotTaken", "Problem", "Range", "ordered"]


class NotTaken(Exception):
    """A problem that is well formed but is not an inequality over ranges; says why."""


@dataclass(frozen=True)
class Range:
    """The range of a variable: an interval with ends that are formulas, or None where it is infinite."""

    name: str
    low: Tree | None
    high: Tree | None
    low_open: bool = True
    high_open: bool = True
    integer: bool = False

    def is_point(self) -> bool:
        """Return whether the range is a single number."""
        return self.low is not None and self.low == self.high and not (self.low_open or self.high_open)


@dataclass(frozen=True)
class Problem:
    """``left < right`` (or ``<=``) over `ranges`; `expected`: ``holds``, ``fails`` or ``unknown``.

    `point`: where it fails, if that is known; `group`: the class under which it is counted; `reason`: why it is not
    taken, with empty sides.
    """

    name: str
    group: str
    ranges: tuple[Range, ...]
    left: Tree
    right: Tree
    strict: bool
    expected: str = "unknown"
    point: Mapping[str, Fraction] = field(default_factory=dict)
    reason: str = ""

    @classmethod
    def not_taken(cls, name: str, group: str, reason: str) -> Problem:
        """Return a problem that no reader turns into an inequality over ranges."""
        zero = ("number", Fraction(0))
        return cls(name, group, (), zero, zero, strict=True, reason=reason)


def ordered(ranges: list[Range]) -> tuple[Range, ...]:
    """Return ranges in an order in which the ends of each use only earlier variables; NotTaken if there is none."""
    result: list[Range] = []
    remaining = list(ranges)
    while remaining:
        known = {item.name for item in result}
        ready = [item for item in remaining if _used(item) <= known]
        if not ready:
            raise NotTaken(f"the ranges of {', '.join(item.name for item in remaining)} refer to one another")
        result += ready
        remaining = [item for item in remaining if item not in ready]
    return tuple(result)


def _used(item: Range) -> set[str]:
    ends = [end for end in (item.low, item.high) if end is not None]
    return {name for end in ends for name in names(end)}


def is_rational(tree: Tree | None) -> bool:
    """Return whether an end is a rational number."""
    return tree is not None and constant(tree) is not None
