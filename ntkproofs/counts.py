"""Counts: the numbers (n, p, t, K) of a program on which mean and variance depend.

:func:`counts_of` returns those at one state. For *arbitrary* states :func:`bound_matches` bounds n, with evidence:
groups of templates of which no two match the same state; :func:`arbitrary_counts` contains all counts that can occur.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ntkproofs.errors import InputError, NtkProofsError
from ntkproofs.programs import Bit, TemplateProgram
from ntkproofs.validation import integer

__all__ = ["Counts", "Groups", "arbitrary_counts", "bound_matches", "counts_of", "worst_counts"]


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
        for group in self.groups:
            for index, first in enumerate(group):
                for second in group[index + 1 :]:
                    if not program.templates[first].contradicts(program.templates[second]):
                        raise NtkProofsError(f"templates {first} and {second} are in one group but can match together")


def bound_matches(program: TemplateProgram) -> Groups:
    """Return groups of templates that bound n at arbitrary states, built greedily and verified.

    >>> from ntkproofs.programs import addition
    >>> bound_matches(addition(bits=8)).bound
    16
    """
    groups: list[list[int]] = []
    touching: dict[Bit, list[int]] = {}  # bit -> groups with a template that requires it
    templates = program.templates
    for index, template in enumerate(templates):
        candidates = sorted({group for bit, _ in template.when for group in touching.get(bit, [])})
        fits = (g for g in candidates if all(template.contradicts(templates[other]) for other in groups[g]))
        home = next(fits, None)
        if home is None:
            home = len(groups)
            groups.append([])
        groups[home].append(index)
        for bit, _ in template.when:
            if home not in touching.setdefault(bit, []):
                touching[bit].append(home)
    result = Groups(tuple(map(tuple, groups)))
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


def worst_counts(program: TemplateProgram, most: int | None = None) -> frozenset[Counts]:
    """Return the :func:`arbitrary_counts` whose means are nearest to any threshold, for means that increase with p.

    For every t and every n >= 1 (up to `most`, by default ``bound_matches(program).bound``): p = 0 and the smallest
    p >= 1 that can occur. These are few even where many templates write one bit.

    >>> from ntkproofs.programs import permutation
    >>> program = permutation(range(5))
    >>> worst_counts(program) == {counts for counts in arbitrary_counts(program) if counts.matches}
    True
    """
    K, templates = program.samples, len(program.templates)
    if most is None:
        most = bound_matches(program).bound
    worst: set[Counts] = set()
    for t in {int(t) for t in program.writers}:
        for n in range(1, most + 1):
            least = max(0, n - (templates - t))
            worst.update(Counts(n, p, t, K) for p in {least, max(1, least)} if p <= min(t, n))
    return frozenset(worst)
