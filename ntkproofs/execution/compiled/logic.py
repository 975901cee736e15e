"""Logic: what the code of a step needs of a program: literals, writers, and templates of which at most one matches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from ntkproofs.programs import TemplateProgram

__all__ = ["Literals", "Logic", "Root"]

MAX_GROUP = 32  # templates of a group: their pairs are examined

Root = tuple[int, int]  # (t, p): a number of writers, and of matching writers


@dataclass(frozen=True)
class Literals:
    """The positions that a template requires to be 1, and to be 0."""

    ones: tuple[int, ...]
    zeros: tuple[int, ...]

    def excludes(self, other: Literals) -> bool:
        """Return whether no state matches both templates."""
        return not (set(self.ones).isdisjoint(other.zeros) and set(self.zeros).isdisjoint(other.ones))


class Logic:
    """A program as positions: the literals of each template, and the writers of each output bit.

    `exclusive[bit]` says whether at most one of the writers of a bit matches any state. `groups` is a partition of the
    templates into sets of which at most one matches, so that the number of matching templates is the number of groups
    with one; it is at most `bound`. `roots` are the pairs (t, p) that the output bits can have; with exclusive writers
    p is at most 1.
    """

    def __init__(self, program: TemplateProgram, bound: int) -> None:
        self.bound = bound
        self.program, self.bits = program, program.output_bits
        self.literals = [_literals(program, template.when) for template in program.templates]
        writers: list[list[int]] = [[] for _ in range(self.bits)]
        for index, template in enumerate(program.templates):
            for written in template.write:
                writers[program.position(written)].append(index)
        self.writers = [tuple(templates) for templates in writers]
        self.exclusive = [self._exclude_each_other(templates) for templates in self.writers]
        self.groups = self._partition()
        self.classes: dict[int, list[int]] = {}
        for position, templates in enumerate(self.writers):
            self.classes.setdefault(len(templates), []).append(position)
        self.roots: list[Root] = [
            (t, p) for t, positions in sorted(self.classes.items()) for p in range(self.most(positions) + 1)
        ]

    @property
    def number_bits(self) -> int:
        """The number of bits of the number of matching templates."""
        return self.bound.bit_length()

    def most(self, positions: Iterable[int]) -> int:
        """Return the largest number of matching writers of bits with the same number of writers."""
        return max(min(1, len(self.writers[x])) if self.exclusive[x] else len(self.writers[x]) for x in positions)

    def _exclude_each_other(self, templates: Sequence[int]) -> bool:
        pairs = combinations([self.literals[index] for index in templates], 2)
        return len(templates) <= MAX_GROUP and all(one.excludes(other) for one, other in pairs)

    def _partition(self) -> list[tuple[int, ...]]:
        """Return groups: the writers of bits where they are exclusive, so that the group's plane is that of the bit."""
        groups, left = [], set(range(len(self.literals)))
        for position, writers in enumerate(self.writers):
            if writers and self.exclusive[position] and left.issuperset(writers):
                groups.append(writers)
                left.difference_update(writers)
        return groups + [(index,) for index in sorted(left)]


def _literals(program: TemplateProgram, when: Iterable[tuple[tuple[str, int], int]]) -> Literals:
    ones: list[int] = []
    zeros: list[int] = []
    for bit, value in when:
        (ones if value else zeros).append(program.position(bit))
    return Literals(tuple(sorted(ones)), tuple(sorted(zeros)))
