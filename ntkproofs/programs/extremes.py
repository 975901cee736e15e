"""Extremes: states that many templates match while few writers of a bit do, by branch and bound.

Templates whose required bits are connected form a *component* (:func:`components`). Components match independently of
each other, so the greatest number of matches for every number p of matching writers is the (max, +) convolution of
those of the components. In a component the bits are assigned one after another. No more templates match than groups of
pairwise contradictory templates have a member that is not yet contradicted; branches that cannot improve are cut off.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from ntkproofs.programs.language import State, TemplateProgram

__all__ = ["Component", "Extremes", "Most", "components"]

Assignment: TypeAlias = Mapping[int, int]  # position -> value; the other bits are 0
Chain: TypeAlias = "tuple[Assignment, Chain] | None"  # a linked list
Best: TypeAlias = dict[int, tuple[int, Assignment]]  # p -> the greatest number of matches found, and where
Node: TypeAlias = tuple[int, int, int]  # members not contradicted, assigned bits, those assigned 1

DESCENT = 4  # nodes for each bit of a component that are always searched


def components(program: TemplateProgram) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return the components: the positions of the bits that the templates require, and the indices of the templates.

    A template that requires nothing is a component by itself.

    >>> program = TemplateProgram("x", fields={"p": 4})
    >>> program.template({("p", 0): 1, ("p", 2): 1}, [("p", 0)])
    >>> program.template({("p", 2): 0}, [("p", 1)])
    >>> program.template({("p", 3): 0}, [])
    >>> components(program)
    [((0, 2), (0, 1)), ((3,), (2,))]
    """
    parent = list(range(program.output_bits))

    def root(bit: int) -> int:
        while parent[bit] != bit:
            parent[bit] = parent[parent[bit]]
            bit = parent[bit]
        return bit

    required = [[program.position(bit) for bit, _ in template.when] for template in program.templates]
    for bits in required:
        for bit in bits[1:]:
            parent[root(bit)] = root(bits[0])
    members: dict[int, list[int]] = defaultdict(list)
    touched: dict[int, set[int]] = defaultdict(set)
    for index, bits in enumerate(required):
        key = root(bits[0]) if bits else -1 - index
        members[key].append(index)
        touched[key].update(bits)
    return [(tuple(sorted(touched[key])), tuple(indices)) for key, indices in members.items()]


class Component:
    """A component of a program as bit masks over its members, for the search.

    `groups`: groups of pairwise contradictory templates of the whole program.
    """

    def __init__(
        self, program: TemplateProgram, bits: Sequence[int], members: Sequence[int], groups: Iterable[Sequence[int]]
    ) -> None:
        self.bits, self.members = tuple(bits), tuple(members)
        place = {position: index for index, position in enumerate(bits)}
        self.contradicted = [[0, 0] for _ in bits]  # by bit and its value: the members that this value contradicts
        for member, index in enumerate(members):
            for bit, value in program.templates[index].when:
                self.contradicted[place[program.position(bit)]][1 - value] |= 1 << member
        self.requiring = [zero | one for zero, one in self.contradicted]
        self.groups = [mask for mask in (self.mask(group) for group in groups) if mask]

    def mask(self, templates: Iterable[int]) -> int:
        """Return the members among some templates, as a set of bits."""
        return sum(1 << self._number[index] for index in templates if index in self._number)

    @cached_property
    def _number(self) -> dict[int, int]:
        return {index: member for member, index in enumerate(self.members)}

    def assigned(self, node: Node, bit: int, value: int) -> Node:
        """Return the node in which a bit is assigned a value."""
        alive, known, ones = node
        return alive & ~self.contradicted[bit][value], known | 1 << bit, ones | value << bit

    def matching(self, node: Node, member: int) -> Node:
        """Return the node in which the bits that a member requires have the required values."""
        for bit, (at_zero, at_one) in enumerate(self.contradicted):
            if (at_zero | at_one) >> member & 1:
                node = self.assigned(node, bit, at_zero >> member & 1)
        return node


class _Branching:
    """The branch and bound of one component: the greatest number of matches for each p <= `cap`."""

    def __init__(self, component: Component, marked: int, cap: int) -> None:
        self.component, self.marked, self.cap = component, marked, cap
        self.best: Best = {}
        self.nodes = 0

    def run(self, budget: int) -> bool:
        """Search; return whether the search is exhaustive. At first one descent for each marked member."""
        root: Node = ((1 << len(self.component.members)) - 1, 0, 0)
        descent = DESCENT * (len(self.component.bits) + 1)
        for member in (index for index in range(len(self.component.members)) if self.marked >> index & 1):
            if self.nodes >= budget and self.best:
                return False
            self._search(self.component.matching(root, member), descent)
        return self._search(root, max(budget - self.nodes, descent))

    def _search(self, start: Node, budget: int) -> bool:
        stack = [start]
        while stack and budget > 0:
            budget -= 1
            self.nodes += 1
            stack += self._children(stack.pop())
        return not stack

    def _children(self, node: Node) -> list[Node]:
        """Return the two nodes below a node, the more promising one last; none if it is a leaf or cannot improve."""
        alive, known, ones = node
        free = [bit for bit in range(len(self.component.bits)) if not known >> bit & 1]
        undecided = 0
        for bit in free:
            undecided |= self.component.requiring[bit]
        undecided &= alive
        matched = (alive & ~undecided & self.marked).bit_count()
        if matched > self.cap or not self._improves(alive, matched):
            return []
        if not undecided:
            where = {self.component.bits[bit]: ones >> bit & 1 for bit in range(len(self.component.bits))}
            self.best[matched] = alive.bit_count(), where
            return []
        bit = max(free, key=lambda bit: (undecided & self.component.requiring[bit]).bit_count())
        below = [self.component.assigned(node, bit, value) for value in (0, 1)]
        return sorted(below, key=lambda node: self._promise(node[0]))

    def _improves(self, alive: int, matched: int) -> bool:
        """Return whether a completion may have more matches than the best one of the same p."""
        groups, others = self.component.groups, alive & ~self.marked
        most = sum(1 for group in groups if group & alive)
        without = sum(1 for group in groups if group & others)
        highest = min(self.cap, (alive & self.marked).bit_count())
        return any(self.best.get(p, (-1,))[0] < min(most, without + p) for p in range(matched, highest + 1))

    def _promise(self, alive: int) -> int:
        return (alive & ~self.marked).bit_count() - (alive & self.marked).bit_count()


@dataclass(frozen=True)
class Most:
    """For each p up to a limit the greatest number of matches that was found, and where.

    A p that is missing was not found to occur. `exhaustive`: no state has more matches, and no missing p occurs.
    """

    best: Mapping[int, tuple[int, Chain]]
    exhaustive: bool

    def state(self, program: TemplateProgram, p: int) -> State:
        """Return the state at which p writers match."""
        state, chain = program.state(), self.best[p][1]
        while chain is not None:
            assignment, chain = chain
            for position, value in assignment.items():
                field, index = program.bit(position)
                state[field][index] = value
        return state


class Extremes:
    """The search for states of a program that many templates match; `nodes` counts its nodes.

    `groups`: groups of pairwise contradictory templates (:func:`ntkproofs.counts.bound_matches`).
    """

    def __init__(self, program: TemplateProgram, groups: Sequence[Sequence[int]]) -> None:
        self.program = program
        group_of = {index: number for number, group in enumerate(groups) for index in group}
        self.parts = [
            Component(program, bits, members, [groups[number] for number in sorted({group_of[i] for i in members})])
            for bits, members in components(program)
        ]
        self.nodes = 0
        self._known: dict[tuple[int, int, int, int], tuple[Best, bool]] = {}

    def most(self, writers: Iterable[int], cap: int, budget: int) -> Most:
        """Return the greatest number of matches for each number p <= `cap` of matching templates among `writers`.

        `budget`: nodes that are searched in each component at most, beyond the first descents.
        """
        chosen = frozenset(writers)
        total: dict[int, tuple[int, Chain]] = {0: (0, None)}
        exhaustive = True
        for number, part in enumerate(self.parts):
            best, complete = self._of(number, part.mask(chosen & set(part.members)), cap, budget)
            exhaustive &= complete
            combined: dict[int, tuple[int, Chain]] = {}
            for p, (n, chain) in total.items():
                for more, (matches, where) in best.items():
                    if p + more <= cap and combined.get(p + more, (-1,))[0] < n + matches:
                        combined[p + more] = n + matches, (where, chain)
            total = combined
        return Most(total, exhaustive)

    def _of(self, number: int, marked: int, cap: int, budget: int) -> tuple[Best, bool]:
        """Return the result of one component, from earlier calls if there are any."""
        key = number, marked, cap if marked else 0, budget
        if key not in self._known:
            branching = _Branching(self.parts[number], marked, cap)
            complete = branching.run(budget)
            self.nodes += branching.nodes
            self._known[key] = branching.best, complete
        return self._known[key]
