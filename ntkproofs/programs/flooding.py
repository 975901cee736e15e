"""Message flooding: the program of a node that forwards messages until all nodes of its component know them.

A node has d slots, one for each neighbour, and messages of l bits, which are forwarded independently. The fields have l
bits each: ``message`` (the bits that the node knows), and for each slot j ``in_j`` (bits received in the last step),
``out_j`` (bits to send now), ``told_j`` (bits that the neighbour knows, since they were sent to it or came from it).

The templates for each bit are one that keeps the message, and four for each slot, by the values of (told_j, in_j)::

    message=1                      -> message            keep the bit
    message=1, told_j=0, in_j=0    -> out_j, told_j      send the bit, once
               told_j=0, in_j=1    -> message, told_j    receive the bit, and do not send it back
               told_j=1, in_j=0    -> told_j             remember that the neighbour knows the bit
               told_j=1, in_j=1    -> told_j             both nodes have sent the bit in the same step

There are ``l (1 + 4 d)`` templates and ``l (1 + 3 d)`` bits. At most one of the four templates of a bit and a slot
matches, so ``n <= l (1 + d)``, with equality for a node that knows every bit. told_j has four writers, message has
1 + d, out_j has one, and in_j has none: it is set by the exchange only.

After each step the nodes exchange messages: the bits of out_j are set in the slot at the other end of the edge. A bit
therefore needs two steps for each edge: one to be sent and one to be received. It crosses each edge once, or once in
each direction if both ends received it in the same step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.programs.graphs import Edges, Graph, path, star
from ntkproofs.programs.language import MAX_BITS, Rows, TemplateProgram
from ntkproofs.validation import integer

__all__ = ["Network", "Step", "flooding", "path", "star"]

Step: TypeAlias = Callable[[Rows], Rows]


def flooding(bits: int, slots: int) -> TemplateProgram:
    """Return the program of a node with messages of `bits` bits and at most `slots` neighbours.

    Raises InputError for numbers that are not positive or too large.

    >>> flooding(bits=2, slots=3).samples
    26
    """
    length, degree = integer(bits, "flooding: bits", low=1), integer(slots, "flooding: slots", low=1)
    if length * (1 + 3 * degree) > MAX_BITS:
        raise InputError(
            f"flooding: bits (1 + 3 slots) must be at most {MAX_BITS}, got bits = {bits!r}, slots = {slots!r}"
        )
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
    """A graph with nodes 0, 1, ..., each of which runs the same flooding program.

    Parameters: `program`; `nodes`, the number of nodes; `edges`, pairs of nodes. The edges of a node use its slots in
    the order in which they are listed; other slots are unused. States of all nodes are rows, ``(nodes, bits)``. Raises
    InputError for a loop, a repeated edge, an unknown node, or a node with more edges than slots.

    >>> network = Network(flooding(bits=3, slots=2), nodes=3, edges=path(3))
    >>> [network.known(rows) for rows in network.run([1, 0, 4], steps=4)]
    [[1, 0, 4], [1, 0, 4], [1, 5, 4], [1, 5, 4], [5, 5, 5]]
    """

    program: TemplateProgram
    nodes: int
    edges: Edges

    def __post_init__(self) -> None:
        graph = Graph(self.nodes, self.edges)
        object.__setattr__(self, "nodes", graph.nodes)
        object.__setattr__(self, "edges", graph.edges)
        graph.demand_slots(self.slots)

    @property
    def slots(self) -> int:
        """The number of slots of each node."""
        return sum(field.startswith("in_") for field in self.program.fields)

    @cached_property
    def wires(self) -> tuple[tuple[tuple[int, int], tuple[int, int]], ...]:
        """The two ends ``(node, slot)`` of each edge."""
        return Graph(self.nodes, self.edges).wires

    def start(self, messages: Sequence[int]) -> Rows:
        """Return the initial states: node i knows the bits of the number ``messages[i]`` and has sent nothing."""
        if len(messages) != self.nodes:
            raise InputError(
                f"there must be one message for each of {counted(self.nodes, 'node')}, got {len(messages)}"
            )
        return np.stack([self.program.row(self.program.state(message=number)) for number in messages])

    def exchange(self, rows: Rows) -> Rows:
        """Return the states after an exchange: each ``out_j`` is delivered to the slot at the other end of its edge."""
        result = rows.copy()
        for (sender, out_slot), (receiver, in_slot) in self._directed_wires():
            result[receiver, self._positions(f"in_{in_slot}")] |= rows[sender, self._positions(f"out_{out_slot}")]
        return result

    def _directed_wires(self) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """Yield the ends ``(sender, slot), (receiver, slot)`` of both directions of every edge."""
        for one, other in self.wires:
            yield one, other
            yield other, one

    def _positions(self, field: str) -> slice:
        """Return the positions of a field in a row."""
        first = self.program.position((field, 0))
        return slice(first, first + self.program.fields[field])

    def run(self, messages: Sequence[int], *, steps: int, step: Step | None = None) -> Iterator[Rows]:
        """Yield the initial states of all nodes, then the states after each step and the exchange that follows it.

        `step` maps the states of all nodes to their next states (default: the ideal semantics of the program). To run
        through the predictor: ``step=lambda rows: machine.step_rows(rows)[0]``.
        """
        rows = self.start(messages)
        yield rows
        for _ in range(steps):
            rows = self.exchange((step or self.program.step_rows)(rows))
            yield rows

    def known(self, rows: Rows) -> list[int]:
        """Return the message of each node as a number."""
        return [_number(row) for row in rows[:, self._positions("message")]]

    def sent(self, rows: Rows) -> dict[tuple[int, int], int]:
        """Return the bits to be sent from node u to node v, ``{(u, v): number}``; pairs without any are omitted."""
        numbers = {
            (sender, receiver): _number(rows[sender, self._positions(f"out_{slot}")])
            for (sender, slot), (receiver, _) in self._directed_wires()
        }
        return {pair: number for pair, number in numbers.items() if number}


def _number(bits: Rows) -> int:
    """Return the number with the given bits, least significant first."""
    return sum(int(bit) << index for index, bit in enumerate(bits))
