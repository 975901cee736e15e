"""Random graphs and distances in plain Python, for the claims on graph algorithms."""

from random import Random

Edges = tuple[tuple[int, int], ...]


def random_edges(nodes: int, degree: int, source: Random) -> Edges:
    """Return the edges among ``2 nodes`` random pairs that leave the degree of every node at most `degree`."""
    degrees, edges = [0] * nodes, set()
    for _ in range(2 * nodes):
        u, v = sorted(source.sample(range(nodes), 2))
        if (u, v) not in edges and max(degrees[u], degrees[v]) < degree:
            edges.add((u, v))
            degrees[u] += 1
            degrees[v] += 1
    return tuple(sorted(edges))


def distances(nodes: int, edges: Edges, sources: list[int], costs: list[int] | None = None) -> list[float]:
    """Return each node's distance from the nearest source; to leave node u costs ``costs[u]`` (default: 1)."""
    leave = costs or [1] * nodes
    result = [0 if node in sources else float("inf") for node in range(nodes)]
    for _ in range(nodes):
        for edge in edges:
            for u, v in (edge, edge[::-1]):
                result[v] = min(result[v], result[u] + leave[u])
    return result
