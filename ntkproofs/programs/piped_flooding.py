"""Message flooding through a pipe, as published in the sequel (arXiv 2601.23207), for graphs of degree at most D.

Every node of a graph runs a copy (:mod:`ntkproofs.programs.copies`), and has S = D^2 + 1 slots. It speaks in its *own
slot*, a colour that no other node at distance 1 or 2 has; so a node and its neighbours speak in different slots, and
what it receives is the union of what they say. What arrives in slot s moves through a *pipe*, one slot a step, and
joins the message after slot S - 1. The fields have l bits for each slot (``message``: l bits): ``sent_message`` (bits
to send), ``my_slot`` (all ones in the own slot, else zero), ``message_pipe``, and the port ``message_slot``. The
templates for each bit are::

    message=1                         -> message, sent_message_s for all s
    sent_message_s=1, my_slot_s=1     -> message_slot_s, my_slot_s
    sent_message_s=0, my_slot_s=1     -> my_slot_s
    message_slot_s=1                  -> message_pipe_s
    message_pipe_s=1                  -> message_pipe_(s+1), or message after the last slot

There are ``l (1 + 4 S)`` templates and as many bits, and a bit has at most two writers. At every state ``n <= l (1 + 3
S)``; at a state that occurs, with one own slot and at most D + 1 slots that speak, ``n <= l (S + D + 3)``, and then
``t n <= p K`` if D >= 2: such a state is rounded right without padding.

A bit that a node with the own slot c knows is known by its neighbours ``S + 3 - c`` steps later. Each node repeats its
message in every step, to itself as well. The program of :mod:`ntkproofs.programs.flooding` needs two steps for each
edge, D slots and no colours, and sends each bit once; its bits have up to ``1 + D`` writers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from typing import TypeAlias

from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.programs.copies import Copies
from ntkproofs.programs.graphs import Graph
from ntkproofs.programs.language import MAX_BITS, Rows, TemplateProgram
from ntkproofs.programs.streams import Stream
from ntkproofs.validation import integer

__all__ = ["PipedNetwork", "piped_flooding"]

Node: TypeAlias = tuple[int, int, int]  # message, what is sent in the own slot, pipe


def piped_flooding(bits: int, degree: int, *, slot: int = 0) -> Stream:
    """Return the program of a node with messages of `bits` bits, in graphs of degree at most `degree`.

    The node speaks in `slot` and knows nothing at first. Its answer is ``message_slot + 2^(bits S) message`` with S =
    degree^2 + 1. Raises InputError for numbers that are not positive or too large, and for a slot that is not below S.

    >>> piped_flooding(bits=2, degree=3).program
    <TemplateProgram 'piped_flooding': 82 templates, 0 padding, 82 bits>
    """
    length, largest = integer(bits, "piped_flooding: bits", low=1), integer(degree, "piped_flooding: degree", low=1)
    slots = largest**2 + 1
    if length * (1 + 4 * slots) > MAX_BITS:
        raise InputError(
            f"piped_flooding: bits (4 degree^2 + 5) must be at most {MAX_BITS}, got bits = {bits!r}, "
            f"degree = {degree!r}"
        )
    own = integer(slot, "piped_flooding: slot", low=0, high=slots - 1)
    wide = ("sent_message", "my_slot", "message_pipe", "message_slot")
    program = TemplateProgram("piped_flooding", fields={"message": length, **dict.fromkeys(wide, slots * length)})
    for i in range(length):
        places = [s * length + i for s in range(slots)]
        program.template({("message", i): 1}, [("message", i), *(("sent_message", place) for place in places)])
        for place in places:
            sent, mine = ("sent_message", place), ("my_slot", place)
            heard, pipe = ("message_slot", place), ("message_pipe", place)
            after = ("message", i) if place == places[-1] else ("message_pipe", place + length)
            program.template({sent: 1, mine: 1}, [heard, mine])
            program.template({sent: 0, mine: 1}, [mine])
            program.template({heard: 1}, [pipe])
            program.template({pipe: 1}, [after])
    output = (*(("message_slot", k) for k in range(slots * length)), *(("message", i) for i in range(length)))
    start = {"my_slot": _in_slot(2**length - 1, own, length)}
    return Stream(program, ("message_slot",), 1, output, _node(length, slots, own), constants=start)


def _in_slot(word: int, slot: int, length: int) -> int:
    """Return the number that has a word of `length` bits in a slot, and zeros in the others."""
    return word << slot * length


def _node(length: int, slots: int, own: int) -> Callable[[Node | None, int], tuple[Node, int]]:
    """Return the oracle of a node."""

    def node(state: Node | None, heard: int) -> tuple[Node, int]:
        message, sent, pipe = state or (0, 0, 0)
        last = pipe >> (slots - 1) * length
        moved = (pipe << length) % 2 ** (slots * length)
        after = message | last
        return (after, message, moved | heard), _in_slot(sent, own, length) | _in_slot(after, slots, length)

    return node


@dataclass(frozen=True)
class PipedNetwork:
    """A graph whose nodes flood messages through pipes; the own slot of a node is its colour (`Graph.colours`).

    Parameters: `bits`, of a message; `degree`, the largest degree D of a node for which the program is made; `graph`.
    Raises InputError for a node with more edges, and invalid numbers.

    >>> from ntkproofs.programs.graphs import path
    >>> network = PipedNetwork(bits=3, degree=1, graph=Graph(2, path(2)))
    >>> [known for known in network.run([1, 4], steps=5)]
    [(1, 4), (1, 4), (1, 4), (1, 4), (5, 4), (5, 5)]
    """

    bits: int
    degree: int
    graph: Graph

    def __post_init__(self) -> None:
        if not isinstance(self.graph, Graph):
            raise InputError(f"piped_flooding: graph must be a Graph, got {self.graph!r}")
        object.__setattr__(self, "degree", integer(self.degree, "piped_flooding: degree", low=1))
        self.graph.demand_slots(self.degree)
        object.__setattr__(self, "bits", self.stream.program.fields["message"])

    @cached_property
    def stream(self) -> Stream:
        """The program of a node, with the own slot 0."""
        return piped_flooding(self.bits, self.degree)

    @property
    def slots(self) -> int:
        """S, the number of slots."""
        return self.degree**2 + 1

    def copies(self, messages: Sequence[int]) -> Copies:
        """Return the copies of the program, one for each node; node i knows the bits of the number ``messages[i]``."""
        if len(messages) != self.graph.nodes:
            raise InputError(
                f"there must be one message for each of {counted(self.graph.nodes, 'node')}, got {len(messages)}"
            )
        starts = [
            {"message": message, "my_slot": _in_slot(2**self.bits - 1, colour, self.bits)}
            for message, colour in zip(messages, self.graph.colours, strict=True)
        ]
        return Copies(self.stream, starts, self.exchange)

    def exchange(self, answers: tuple[int, ...]) -> list[int]:
        """Return the port of each node: the union of what the node and its neighbours say."""
        said = [answer % 2 ** (self.slots * self.bits) for answer in answers]
        return [
            reduce(or_, (said[other] for other in near), said[node]) for node, near in enumerate(self.graph.neighbours)
        ]

    def run(
        self, messages: Sequence[int], *, steps: int, step: Callable[[Rows], Rows] | None = None
    ) -> Iterator[tuple[int, ...]]:
        """Yield the messages of all nodes at first, then those after each step and the exchange that follows it.

        `step` maps the states of all nodes to their next states (default: the ideal semantics). To run through the
        predictor: ``step=lambda rows: machine.step_rows(rows)[0]``.
        """
        copies = self.copies(messages)
        yield tuple(map(int, messages))
        for answers in copies.run(steps, first=[0] * self.graph.nodes, step=step):
            yield tuple(answer >> self.slots * self.bits for answer in answers)
