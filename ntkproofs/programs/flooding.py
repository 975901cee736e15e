"""Message flooding: what a node knows, all nodes that it can reach come to know. The program is that of one node.

A node has d slots, each for one neighbour, and messages of l bits; every bit floods by itself. Fields of l bits:
``message`` (what the node knows), and for each slot j ``in_j`` (what has just arrived there), ``out_j`` (what is sent
there now), ``told_j`` (what that neighbour knows already: it was sent there, or came from there).

Rules for each bit: one to keep the message, and four for each slot, the four cases of (told_j, in_j)::

    message=1                      -> message            keep
    message=1, told_j=0, in_j=0    -> out_j, told_j      send what the neighbour may not know yet, once
               told_j=0, in_j=1    -> message, told_j    learn, and never send it back
               told_j=1, in_j=0    -> told_j             remember
               told_j=1, in_j=1    -> told_j             both have sent at once: nothing new

That makes ``l (1 + 4 d)`` templates for ``l (1 + 3 d)`` bits. Of the four cases one at most matches, so that
``n <= l (1 + d)``, which a node reaches that knows everything. told_j has four writers, message 1 + d, out_j one, and
in_j none: only the neighbours write it.

Between two steps the nodes exchange: the bits of out_j join (OR) those of the slot at the other end of the edge. So a
bit needs two steps for each edge: one to be sent, one to be learned. It passes each edge once, or once each way if both
ends learned it at the same step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from ntkproofs.errors import InputError
from ntkproofs.programs.language import MAX_BITS, Rows, TemplateProgram
from ntkproofs.validation import integer

__all__ = ["Network", "Step", "flooding", "path", "star"]

Step: TypeAlias = Callable[[Rows], Rows]
Edges: TypeAlias = tuple[tuple[int, int], ...]


def flooding(bits: int, slots: int) -> TemplateProgram:
    """Return the program of a node: messages of `bits` bits, `slots` neighbours at most.

    >>> flooding(bits=2, slots=3).samples
    26
    """
    length, degree = integer(bits, "flooding: bits", low=1), integer(slots, "flooding: slots", low=1)
    if length * (1 + 3 * degree) > MAX_BITS:
        raise InputError(f"flooding: bits (1 + 3 slots) <= {MAX_BITS}, got bits = {bits!r}, slots = {slots!r}")
    fields = {"message": length}
    for j in range(degree):
        fields |= {f"in_{j}": length, f"out_{j}": length, f"told_{j}": length}
    program = TemplateProgram("flooding", fields=fields)
    for i in range(length):
        message = ("message", i)
        program.template(when={message: 1}, write=[message])
        for j in range(degree):
            arrived, sent, told = (f"in_{j}", i), (f"out_{j}", i), (f"told_{j}", i)
            program.template(when={message: 1, told: 0, arrived: 0}, write=[sent, told])
            program.template(when={told: 0, arrived: 1}, write=[message, told])
            program.template(when={told: 1, arrived: 0}, write=[told])
            program.template(when={told: 1, arrived: 1}, write=[told])
    return program


@dataclass(frozen=True)
class Network:
    """Nodes 0, 1, ... that run the same flooding program, and the edges between them.

    A node's edges take its slots in the order in which they are listed; slots left over lead nowhere. States of all
    nodes are rows, ``(nodes, bits)``. Raises InputError for a loop, a repeated edge, an unknown node, or a node with
    more edges than slots.

    >>> network = Network(flooding(bits=3, slots=2), nodes=3, edges=path(3))
    >>> [network.known(rows) for rows in network.run([1, 0, 4], steps=4)]
    [[1, 0, 4], [1, 0, 4], [1, 5, 4], [1, 5, 4], [5, 5, 5]]
    """

    program: TemplateProgram
    nodes: int
    edges: Edges

    def __post_init__(self) -> None:
        seen = set()
        for edge in self.edges:
            u, v = edge
            if not (0 <= u < self.nodes and 0 <= v < self.nodes) or u == v:
                raise InputError(f"an edge joins two different nodes from 0 to {self.nodes - 1}, got {edge}")
            if frozenset(edge) in seen:
                raise InputError(f"the nodes {u} and {v} are joined twice")
            seen.add(frozenset(edge))
        for node in range(self.nodes):
            degree = sum(node in edge for edge in self.edges)
            if degree > self.slots:
                raise InputError(f"node {node} has {degree} edges, its program has {self.slots} slots")

    @property
    def slots(self) -> int:
        """The number of slots of each node."""
        return sum(field.startswith("in_") for field in self.program.fields)

    @cached_property
    def wires(self) -> tuple[tuple[tuple[int, int], tuple[int, int]], ...]:
        """Each edge as its two ends ``(node, slot)``."""
        taken = [0] * self.nodes
        wires = []
        for u, v in self.edges:
            wires.append(((u, taken[u]), (v, taken[v])))
            taken[u] += 1
            taken[v] += 1
        return tuple(wires)

    def start(self, messages: Sequence[int]) -> Rows:
        """Return the initial states: node i knows ``messages[i]`` and has told nobody."""
        if len(messages) != self.nodes:
            raise InputError(f"{self.nodes} nodes need as many messages, got {len(messages)}")
        return np.stack([self.program.row(self.program.state(message=number)) for number in messages])

    def exchange(self, rows: Rows) -> Rows:
        """Return the states after what is sent on each edge has joined what arrives at its other end."""
        after = rows.copy()
        for one, other in self.wires:
            for (sender, slot), (receiver, at) in ((one, other), (other, one)):
                after[receiver, self._places(f"in_{at}")] |= rows[sender, self._places(f"out_{slot}")]
        return after

    def _places(self, field: str) -> slice:
        first = self.program.position((field, 0))
        return slice(first, first + self.program.fields[field])

    def run(self, messages: Sequence[int], *, steps: int, step: Step | None = None) -> Iterator[Rows]:
        """Yield the states of all nodes, from the initial ones on, after each step and the exchange that follows it.

        `step` maps the states of all nodes to their next states, each node by itself; by default the program's ideal
        semantics. To go through the predictor: ``step=lambda rows: machine.step_rows(rows)[0]``.
        """
        rows = self.start(messages)
        yield rows
        for _ in range(steps):
            rows = self.exchange((step or self.program.step_rows)(rows))
            yield rows

    def known(self, rows: Rows) -> list[int]:
        """Return what each node knows."""
        bits = rows[:, self._places("message")]
        return [sum(int(bit) << place for place, bit in enumerate(row)) for row in bits]

    def sent(self, rows: Rows) -> dict[tuple[int, int], int]:
        """Return what is on its way from node u to node v, ``{(u, v): bits}``; pairs with nothing are left out."""
        found = {}
        for one, other in self.wires:
            for (sender, slot), (receiver, _) in ((one, other), (other, one)):
                bits = rows[sender, self._places(f"out_{slot}")]
                number = sum(int(bit) << place for place, bit in enumerate(bits))
                if number:
                    found[sender, receiver] = number
        return found


def path(nodes: int) -> Edges:
    """Return the edges of a path.

    >>> path(3)
    ((0, 1), (1, 2))
    """
    return tuple(pairwise(range(nodes)))


def star(leaves: int) -> Edges:
    """Return the edges of a star: node 0 and its leaves.

    >>> star(3)
    ((0, 1), (0, 2), (0, 3))
    """
    return tuple((0, leaf) for leaf in range(1, leaves + 1))
