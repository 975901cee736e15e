"""Breadth-first search: the program of a node that learns its distance from a source, and a neighbour nearer to it.

Every node of a graph runs a copy (:mod:`ntkproofs.programs.copies`). It has d slots, one for each neighbour, and five
fields: ``waiting`` (1 until the node is reached); the port ``neighbours`` (bit j: the neighbour in slot j is waiting; 1
for a slot without a neighbour); ``parent`` (bit j: the node was reached from slot j); and the number of rounds for
which it waited, of l bits, in a sum ``distance`` and its carries ``carry``. The message of a node to all of its
neighbours is the bit ``waiting``. The templates are::

    waiting=1, neighbours_k=1 for all k                     -> waiting           no neighbour is reached
    waiting=1, neighbours_j=0, neighbours_k=1 for k < j     -> parent_j          reached; the first slot is the parent
    parent_j=1                                              -> parent_j
    waiting=1                                               -> carry_0           count the round
    distance_i=1, carry_i=0                                 -> distance_i        add the carries
    distance_i=0, carry_i=1                                 -> distance_i
    distance_i=1, carry_i=1                                 -> carry_(i+1)       except at i = l - 1

There are ``2 d + 3 l + 1`` templates and ``2 d + 2 l + 1`` bits; parent_j and distance_i have two writers, and all
other bits at most one. At most one of the first two kinds matches, so ``n <= l + d + 2``, with equality at a state with
every parent; at a state that occurs there is at most one parent, and no parent while waiting, so ``n <= l + 2``.

A round is one step and one exchange. A node at distance r of the source waits in the rounds 1 to r. In every round
``distance + carry`` increases by one if the node waited, and is otherwise constant (modulo 2^l): so it is min(s, r)
after s rounds, and after r + l rounds every carry is 0 and the field ``distance`` is r, if r < 2^l.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

from ntkproofs.errors import InputError
from ntkproofs.programs.copies import Copies
from ntkproofs.programs.graphs import Graph
from ntkproofs.programs.language import MAX_BITS, Rows, TemplateProgram
from ntkproofs.programs.streams import Stream
from ntkproofs.validation import integer

__all__ = ["Reached", "Search", "breadth_first"]

Node: TypeAlias = tuple[int, int, int, int]  # the fields other than the port, as numbers


def breadth_first(bits: int, slots: int) -> Stream:
    """Return the program of a node with distances of `bits` bits and at most `slots` neighbours.

    Its answer is ``waiting + 2 parent + 2^(1 + slots) distance``. Raises InputError for numbers that are not positive
    or too large.

    >>> breadth_first(bits=4, slots=3).program
    <TemplateProgram 'breadth_first': 19 templates, 0 padding, 15 bits>
    """
    length, degree = integer(bits, "breadth_first: bits", low=1), integer(slots, "breadth_first: slots", low=1)
    if 1 + 2 * degree + 2 * length > MAX_BITS:
        raise InputError(
            f"breadth_first: 1 + 2 slots + 2 bits must be at most {MAX_BITS}, got bits = {bits!r}, slots = {slots!r}"
        )
    program = TemplateProgram(
        "breadth_first",
        fields={"waiting": 1, "neighbours": degree, "parent": degree, "distance": length, "carry": length},
    )
    _reach(program, degree)
    _count(program, length)
    output = (("waiting", 0), *(("parent", j) for j in range(degree)), *(("distance", i) for i in range(length)))
    return Stream(program, ("neighbours",), 1, output, _node(length, degree), constants={"waiting": 1})


def _reach(program: TemplateProgram, degree: int) -> None:
    """Append the templates by which a node is reached, and remembers from which slot."""
    waiting = ("waiting", 0)
    near = [("neighbours", j) for j in range(degree)]
    program.template(when={waiting: 1, **dict.fromkeys(near, 1)}, write=[waiting])
    for j in range(degree):
        program.template(when={waiting: 1, near[j]: 0, **dict.fromkeys(near[:j], 1)}, write=[("parent", j)])
        program.template(when={("parent", j): 1}, write=[("parent", j)])


def _count(program: TemplateProgram, length: int) -> None:
    """Append the templates that count the rounds of waiting."""
    program.template(when={("waiting", 0): 1}, write=[("carry", 0)])
    for i in range(length):
        total, carry = ("distance", i), ("carry", i)
        program.template(when={total: 1, carry: 0}, write=[total])
        program.template(when={total: 0, carry: 1}, write=[total])
        if i < length - 1:
            program.template(when={total: 1, carry: 1}, write=[("carry", i + 1)])


def _node(length: int, degree: int) -> Callable[[Node | None, int], tuple[Node, int]]:
    """Return the oracle of a node that is not the source."""

    def node(state: Node | None, neighbours: int) -> tuple[Node, int]:
        waiting, parent, distance, carry = state or (1, 0, 0, 0)
        distance, carry = distance ^ carry, (2 * (distance & carry) + waiting) % 2**length
        reached = 2**degree - 1 - neighbours
        if waiting and reached:
            waiting, parent = 0, reached & -reached
        return (waiting, parent, distance, carry), waiting + 2 * parent + 2 ** (1 + degree) * distance

    return node


class Reached(NamedTuple):
    """The distance of a node from the source, and its parent: the neighbour that reached it, None for the source."""

    distance: int
    parent: int | None


@dataclass(frozen=True)
class Search:
    """A graph whose nodes run breadth-first search from a source.

    Parameters: `stream`, the program of a node; `graph`; `source`, a node. Raises InputError for an unknown source, a
    node with more edges than slots, and a graph with more than ``2^bits`` nodes, whose distances need not fit.

    >>> from ntkproofs.programs.graphs import path
    >>> search = Search(breadth_first(bits=2, slots=2), Graph(4, path(3)), source=1)
    >>> search.tree()
    [Reached(distance=1, parent=1), Reached(distance=0, parent=None), Reached(distance=1, parent=1), None]
    """

    stream: Stream
    graph: Graph
    source: int

    def __post_init__(self) -> None:
        last = self.graph.nodes - 1
        object.__setattr__(self, "source", integer(self.source, "source", low=0, high=last))
        self.graph.demand_slots(self._slots)
        if last >> self._bits:
            raise InputError(f"distances in a graph of {self.graph.nodes} nodes need not fit in {self._bits} bits")

    @property
    def _slots(self) -> int:
        return self.stream.program.fields["neighbours"]

    @property
    def _bits(self) -> int:
        return self.stream.program.fields["distance"]

    @cached_property
    def copies(self) -> Copies:
        """The copies of the program, one for each node."""
        starts = [{"waiting": int(node != self.source)} for node in range(self.graph.nodes)]
        return Copies(self.stream, starts, self.exchange)

    def exchange(self, answers: tuple[int, ...]) -> list[int]:
        """Return the port of each node: the bit ``waiting`` of the neighbour in each slot, 1 if there is none."""
        unused = 2**self._slots - 1
        return [
            unused - sum((1 - answers[other] % 2) << slot for slot, other in enumerate(near))
            for near in self.graph.neighbours
        ]

    def run(self, rounds: int, *, step: Callable[[Rows], Rows] | None = None) -> Iterator[list[Reached | None]]:
        """Yield after each round what each node knows; None: the node is not reached.

        A distance is complete ``bits`` rounds after the node was reached. `step` maps the states of all nodes to their
        next states (default: the ideal semantics). To run through the predictor: ``step=lambda rows:
        machine.step_rows(rows)[0]``.
        """
        first = self.exchange(tuple(int(node != self.source) for node in range(self.graph.nodes)))
        for answers in self.copies.run(rounds, first=first, step=step):
            yield [self._read(node, answer) for node, answer in enumerate(answers)]

    def _read(self, node: int, answer: int) -> Reached | None:
        parent, distance = answer // 2 % 2**self._slots, answer >> 1 + self._slots
        if answer % 2:
            return None
        return Reached(distance, self.graph.neighbours[node][parent.bit_length() - 1] if parent else None)

    def tree(self, *, step: Callable[[Rows], Rows] | None = None) -> list[Reached | None]:
        """Return the distance and the parent of each node, None without a path to the source.

        It takes ``nodes - 1 + bits`` rounds: no distance is above ``nodes - 1``.
        """
        *_, last = self.run(self.graph.nodes - 1 + self._bits, step=step)
        return last
