"""Counts: the numbers (n, p, t, K) of a program on which mean and variance depend.

:func:`counts_of` returns those at one state. For *arbitrary* states :func:`bound_matches` bounds n, with evidence:
groups of templates of which no two match the same state; :func:`arbitrary_counts` contains all counts that can occur,
and :func:`worst_ranges` those that are nearest to any threshold, as a few ranges of n.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import chain, islice
from typing import TypeAlias

from ntkproofs.errors import InputError, NtkProofsError
from ntkproofs.programs import Bit, Template, TemplateProgram
from ntkproofs.validation import integer

__all__ = [
    "CountRange",
    "Counts",
    "Groups",
    "arbitrary_counts",
    "bound_matches",
    "counts_of",
    "worst_counts",
    "worst_ranges",
]

MANY, FEW = 512, 16  # groups: where more than MANY may take a template, about FEW are tried

Requirement: TypeAlias = tuple[Bit, int]


@dataclass(frozen=True, order=True)
class Counts:
    """The counts on which mean and variance of one output bit at one state depend.

    `matches` (n): the templates that match the state; `matched_writers` (p): those of them that write the bit;
    `writers` (t): all templates that write the bit; `samples` (K): the training samples. Raises InputError for counts
    that cannot occur.
    """

    matches: int
    matched_writers: int
    writers: int
    samples: int

    def __post_init__(self) -> None:
        for name in ("matches", "matched_writers", "writers", "samples"):
            if type(getattr(self, name)) is not int:
                object.__setattr__(self, name, integer(getattr(self, name), f"counts: {name}"))
        n, p, t, K = self.matches, self.matched_writers, self.writers, self.samples
        if not (0 <= p <= t <= K and p <= n <= K and K >= 1 and n - p <= K - t):
            raise InputError(f"counts that cannot occur: n = {n}, p = {p}, t = {t}, K = {K}")

    def __str__(self) -> str:
        return f"n = {self.matches}, p = {self.matched_writers}, t = {self.writers}, K = {self.samples}"


def counts_of(program: TemplateProgram, state: Mapping[str, Sequence[int]]) -> dict[Bit, Counts]:
    """Return the counts of every output bit at `state`.

    >>> from ntkproofs.programs import addition
    >>> program = addition(bits=2)
    >>> print(counts_of(program, program.state(p=3, q=1))[("c", 0)])
    n = 2, p = 1, t = 1, K = 8
    """
    match = program.match_rows(program.row(state)[None, :])
    matched = program.matched_writers_rows(match)[0]
    n, K = int(match.sum()), program.samples
    return {
        program.bit(index): Counts(n, int(p), int(t), K)
        for index, (p, t) in enumerate(zip(matched, program.writers, strict=True))
    }


@dataclass(frozen=True)
class Groups:
    """A partition of a program's templates into groups of pairwise contradictory templates.

    At most one template of each group matches a state, so ``n <= len(groups)`` at every state.
    """

    groups: tuple[tuple[int, ...], ...]

    @property
    def bound(self) -> int:
        """An upper bound of the number of templates that match a state."""
        return len(self.groups)

    def check(self, program: TemplateProgram) -> None:
        """Verify the partition against the program; raises NtkProofsError unless it proves the bound."""
        members = Counter(index for group in self.groups for index in group)
        if members != Counter(range(len(program.templates))):
            raise NtkProofsError("the groups are not a partition of the program's templates")
        templates = program.templates
        for group in self.groups:
            both = _compatible([templates[index] for index in group])
            if both is not None:
                first, second = (group[member] for member in both)
                raise NtkProofsError(f"templates {first} and {second} are in one group but can match together")


def _compatible(templates: Sequence[Template]) -> tuple[int, int] | None:
    """Return two of the templates that require no bit to have different values; None if there are none."""
    requiring: dict[Requirement, int] = {}  # the templates with a requirement, as a set of bits
    for index, template in enumerate(templates):
        for requirement in template.when:
            requiring[requirement] = requiring.get(requirement, 0) | 1 << index
    for index, template in enumerate(templates):
        others = (1 << len(templates)) - 1 & ~(1 << index) & ~_opposed(requiring, template)
        if others:
            return index, others.bit_length() - 1
    return None


def _opposed(requiring: Mapping[Requirement, int], template: Template) -> int:
    """Return the set of those that require the opposite of a requirement of the template."""
    opposed = 0
    for bit, value in template.when:
        opposed |= requiring.get((bit, 1 - value), 0)
    return opposed


class _Grouping:
    """Groups of pairwise contradictory templates, to which templates are added one by one.

    A template joins the first group all of whose members it contradicts. Such a group has a member with an opposite
    requirement; where more than MANY groups have one, the first group all of whose members have the same opposite
    requirement is taken, or else one of the FEW oldest.
    """

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.requiring: list[dict[Requirement, int]] = []  # of each group: the members with a requirement
        self.having: dict[Requirement, list[int]] = {}  # the groups with such a member
        self.common: dict[Requirement, list[int]] = {}  # a heap of groups all of whose members had it when added

    def add(self, index: int, template: Template) -> None:
        """Add the template with this index."""
        home = next((group for group in self._candidates(template) if self._fits(group, template)), len(self.groups))
        if home == len(self.groups):
            self.groups.append([])
            self.requiring.append({})
        for requirement in template.when:
            members = self.requiring[home].get(requirement, 0)
            self.requiring[home][requirement] = members | 1 << len(self.groups[home])
            if not members:
                self.having.setdefault(requirement, []).append(home)
                if not self.groups[home]:
                    heappush(self.common.setdefault(requirement, []), home)
        self.groups[home].append(index)

    def _fits(self, group: int, template: Template) -> bool:
        return _opposed(self.requiring[group], template) == (1 << len(self.groups[group])) - 1

    def _candidates(self, template: Template) -> Iterable[int]:
        opposite = [(bit, 1 - value) for bit, value in template.when]
        having = [self.having.get(requirement, []) for requirement in opposite]
        if sum(map(len, having)) <= MANY:
            return sorted(set(chain(*having)))
        return chain(self._with_common(opposite), *(islice(groups, FEW) for groups in having))

    def _with_common(self, opposite: Iterable[Requirement]) -> Iterator[int]:
        """Yield the first group all of whose members have one of these requirements, if there is one."""
        firsts = []
        for requirement in opposite:
            heap = self.common.get(requirement, [])
            while heap and self.requiring[heap[0]][requirement] != (1 << len(self.groups[heap[0]])) - 1:
                heappop(heap)  # a later member lacks it
            firsts += heap[:1]
        yield from sorted(firsts)[:1]


def bound_matches(program: TemplateProgram) -> Groups:
    """Return groups of templates that bound n at arbitrary states, built greedily and verified.

    >>> from ntkproofs.programs import addition
    >>> bound_matches(addition(bits=8)).bound
    16
    """
    grouping = _Grouping()
    for index, template in enumerate(program.templates):
        grouping.add(index, template)
    result = Groups(tuple(map(tuple, grouping.groups)))
    result.check(program)
    return result


def arbitrary_counts(program: TemplateProgram) -> frozenset[Counts]:
    """Return a set of counts that contains all counts that occur at any state.

    It may contain more: for every t of the program, all n and p with ``0 <= n <= bound_matches(program).bound``,
    ``0 <= p <= min(t, n)`` and at least ``n - p`` templates that do not write the bit.

    >>> from ntkproofs.programs import permutation
    >>> sorted(map(str, arbitrary_counts(permutation([0, 1]))))[:2]
    ['n = 0, p = 0, t = 1, K = 2', 'n = 1, p = 0, t = 1, K = 2']
    """
    K, templates, most = program.samples, len(program.templates), bound_matches(program).bound
    return frozenset(
        Counts(n, p, t, K)
        for t in {int(t) for t in program.writers}
        for n in range(most + 1)
        for p in range(max(0, n - (templates - t)), min(t, n) + 1)
    )


@dataclass(frozen=True)
class CountRange:
    """The counts (n, p, t, K) for ``first <= n <= last``, where ``p = max(least, n - others)``.

    ``others`` is the number of templates that do not write the bit: if more match, the rest of them write it.

    >>> [str(counts) for counts in CountRange(2, 4, least=1, others=2, writers=3, samples=5)][2]
    'n = 4, p = 2, t = 3, K = 5'
    """

    first: int
    last: int
    least: int
    others: int
    writers: int
    samples: int

    @classmethod
    def of(cls, counts: Counts) -> CountRange:
        """Return the range of a single item."""
        n, p, t, K = counts.matches, counts.matched_writers, counts.writers, counts.samples
        return cls(n, n, p, n, t, K)

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __iter__(self) -> Iterator[Counts]:
        return map(self.at, range(self.first, self.last + 1))

    def at(self, n: int) -> Counts:
        """Return the counts with n matching templates."""
        return Counts(n, max(self.least, n - self.others), self.writers, self.samples)

    def halves(self) -> tuple[CountRange, CountRange]:
        """Return the lower and the upper half of a range of at least two counts."""
        middle = (self.first + self.last) // 2
        return replace(self, last=middle), replace(self, first=middle + 1)


def worst_ranges(program: TemplateProgram, most: int | None = None) -> tuple[CountRange, ...]:
    """Return the :func:`arbitrary_counts` whose means are nearest to any threshold, for means that increase with p.

    For every t and every n >= 1 (up to `most`, by default ``bound_matches(program).bound``): p = 0 and the smallest
    p >= 1 that can occur.

    >>> from ntkproofs.programs import permutation
    >>> [len(counts) for counts in worst_ranges(permutation(range(5)))]
    [4, 5]
    """
    templates, ranges = len(program.templates), []
    if most is None:
        most = bound_matches(program).bound
    for t in sorted({int(t) for t in program.writers}):
        others = templates - t
        ranges.append(CountRange(1, min(most, others), 0, others, t, program.samples))
        if t:
            ranges.append(CountRange(1, most, 1, others, t, program.samples))
    return tuple(counts for counts in ranges if counts.first <= counts.last)


def worst_counts(program: TemplateProgram, most: int | None = None) -> frozenset[Counts]:
    """Return the counts of the :func:`worst_ranges`, which are few even where many templates write one bit.

    >>> from ntkproofs.programs import permutation
    >>> program = permutation(range(5))
    >>> worst_counts(program) == {counts for counts in arbitrary_counts(program) if counts.matches}
    True
    """
    return frozenset(chain(*worst_ranges(program, most)))
