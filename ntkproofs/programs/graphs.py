"""Graphs whose nodes run copies of one program: which slot of a node leads to which neighbour, and colourings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise
from typing import TypeAlias

from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.validation import integer

__all__ = ["Edges", "Graph", "path", "star"]

Edges: TypeAlias = tuple[tuple[int, int], ...]
End: TypeAlias = tuple[int, int]  # (node, slot)


@dataclass(frozen=True)
class Graph:
    """A graph with the nodes 0, 1, ... and undirected edges.

    Parameters: `nodes`, the number of nodes; `edges`, pairs of nodes. The edges of a node use its slots 0, 1, ... in
    the order in which they are listed. Raises InputError for a loop, a repeated edge, and an unknown node.

    >>> Graph(3, path(3)).neighbours
    ((1,), (0, 2), (1,))
    """

    nodes: int
    edges: Edges

    def __post_init__(self) -> None:
        object.__setattr__(self, "nodes", integer(self.nodes, "nodes", low=1))
        edges = tuple((integer(u, "the end of an edge"), integer(v, "the end of an edge")) for u, v in self.edges)
        object.__setattr__(self, "edges", edges)
        seen = set()
        for edge in edges:
            u, v = edge
            if not (0 <= u < self.nodes and 0 <= v < self.nodes) or u == v:
                raise InputError(f"an edge must join two different nodes from 0 to {self.nodes - 1}, got {edge}")
            if frozenset(edge) in seen:
                raise InputError(f"the edge between the nodes {u} and {v} is listed twice")
            seen.add(frozenset(edge))

    @cached_property
    def neighbours(self) -> tuple[tuple[int, ...], ...]:
        """The neighbours of each node, in the order of its slots."""
        lists: list[list[int]] = [[] for _ in range(self.nodes)]
        for u, v in self.edges:
            lists[u].append(v)
            lists[v].append(u)
        return tuple(map(tuple, lists))

    @cached_property
    def wires(self) -> tuple[tuple[End, End], ...]:
        """The two ends ``(node, slot)`` of each edge.

        >>> Graph(3, path(3)).wires
        (((0, 0), (1, 0)), ((1, 1), (2, 0)))
        """
        used = [0] * self.nodes
        wires = []
        for u, v in self.edges:
            wires.append(((u, used[u]), (v, used[v])))
            used[u] += 1
            used[v] += 1
        return tuple(wires)

    def demand_slots(self, slots: int) -> None:
        """Raise InputError if a node has more edges than `slots`."""
        for node, near in enumerate(self.neighbours):
            if len(near) > slots:
                raise InputError(f"node {node} has {len(near)} edges, but its program has {counted(slots, 'slot')}")

    @cached_property
    def colours(self) -> tuple[int, ...]:
        """A colour for each node, different from those of all nodes at distance 1 and 2.

        Each node, in order, gets the smallest colour that is possible, so in a graph of degree at most D the colours
        are at most ``D**2``: there are at most ``D + D (D - 1)`` other nodes at distance 1 and 2.

        >>> Graph(4, path(4)).colours, Graph(4, star(3)).colours
        ((0, 1, 2, 0), (0, 1, 2, 3))
        """
        colours: dict[int, int] = {}
        for node in range(self.nodes):
            near = self.neighbours[node]
            taken = {colours.get(other) for other in chain(near, *(self.neighbours[inner] for inner in near))}
            colours[node] = next(colour for colour in range(len(taken) + 1) if colour not in taken)
        return tuple(colours.values())


def path(nodes: int) -> Edges:
    """Return the edges of a path of `nodes` nodes.

    >>> path(3)
    ((0, 1), (1, 2))
    """
    return tuple(pairwise(range(nodes)))


def star(leaves: int) -> Edges:
    """Return the edges of a star: node 0 is joined to each of the `leaves` other nodes.

    >>> star(3)
    ((0, 1), (0, 2), (0, 3))
    """
    return tuple((0, leaf) for leaf in range(1, leaves + 1))
