"""Programs of the nodes of a graph, against networkx: breadth-first search, both kinds of flooding, colourings."""

import networkx
import numpy as np
import pytest

from ntkproofs.errors import InputError
from ntkproofs.execution import Machine
from ntkproofs.programs import (
    Graph,
    Network,
    PipedNetwork,
    Search,
    TemplateProgram,
    breadth_first,
    flooding,
    piped_flooding,
)
from ntkproofs.programs.graphs import path, star

DEGREE = 3


def random_graph(seed):
    """Return a random graph of degree at most 3, as a Graph and for networkx."""
    source = np.random.default_rng(seed)
    nodes = int(source.integers(2, 13))
    graph = networkx.empty_graph(nodes)
    for u, v in source.integers(0, nodes, (2 * nodes, 2)).tolist():
        if u != v and max(graph.degree[u], graph.degree[v]) < DEGREE:
            graph.add_edge(u, v)
    return Graph(nodes, tuple(graph.edges)), graph


def through_predictor(program):
    machine = Machine(program)
    return lambda rows: machine.step_rows(rows)[0]


# --- graphs


@pytest.mark.parametrize("seed", range(20))
def test_colours_differ_within_distance_two(seed):
    graph, reference = random_graph(seed)
    assert max(graph.colours) <= DEGREE**2
    for u, v in networkx.power(reference, 2).edges:
        assert graph.colours[u] != graph.colours[v]


def test_slots_of_a_graph():
    graph, reference = random_graph(3)
    assert [set(near) for near in graph.neighbours] == [set(reference[node]) for node in range(graph.nodes)]
    for (u, slot), (v, other) in graph.wires:
        assert (graph.neighbours[u][slot], graph.neighbours[v][other]) == (v, u)


# --- breadth-first search


@pytest.mark.parametrize("seed", range(20))
def test_search_finds_the_distances_of_networkx(seed):
    graph, reference = random_graph(seed)
    bits, source = graph.nodes.bit_length(), seed % graph.nodes
    search = Search(breadth_first(bits, DEGREE), graph, source)
    away = networkx.single_source_shortest_path_length(reference, source)
    rounds = list(search.run(graph.nodes - 1 + bits, step=through_predictor(search.stream.program)))
    assert rounds[-1] == search.tree()
    for number, known in enumerate(rounds, 1):
        assert {node for node, reached in enumerate(known) if reached} == {u for u in away if away[u] <= number}
    assert {node: reached.distance for node, reached in enumerate(rounds[-1]) if reached} == away
    for node, reached in enumerate(rounds[-1]):
        if reached and node != source:
            assert reference.has_edge(node, reached.parent)
            assert away[reached.parent] == away[node] - 1


def test_the_carries_need_as_many_rounds_as_bits():
    """The nodes at distance 8 show it only when the carry has passed all 4 bits."""
    search = Search(breadth_first(bits=4, slots=2), Graph(9, path(9)), 0)
    shown = [known[8].distance for known in search.run(14) if known[8]]
    assert shown[-1] == 8
    assert shown[0] != 8


def test_the_first_slot_is_the_parent():
    square = Graph(4, ((0, 1), (0, 2), (2, 3), (1, 3)))
    assert Search(breadth_first(2, 2), square, 0).tree()[3] == (2, 2)


@pytest.mark.parametrize("dropped", range(1 + 2 * 2 + 1 + 3 * 2 - 1))
def test_every_template_of_the_search_is_necessary(dropped):
    whole = breadth_first(bits=2, slots=2)
    mutant = TemplateProgram("mutant", fields=whole.program.fields)
    for index, template in enumerate(whole.program.templates):
        if index != dropped:
            mutant.template(template.when, template.write)
    square, line = Graph(4, ((0, 1), (0, 2), (2, 3), (1, 3))), Graph(4, path(4))
    results = [
        [list(Search(whole, graph, source).run(6, step=step)) for graph in (square, line) for source in range(4)]
        for step in (whole.program.step_rows, mutant.step_rows)
    ]
    assert results[0] != results[1]


@pytest.mark.parametrize("stream", [breadth_first(3, 2), piped_flooding(2, 2, slot=3), piped_flooding(1, 1)])
def test_nodes_agree_with_their_oracles(stream):
    source = np.random.default_rng(11)
    for _ in range(30):
        sequence = source.integers(0, 2**stream.input_bits, 12).tolist()
        if stream.program.name == "breadth_first":
            sequence[: source.integers(0, 8)] = [2**stream.input_bits - 1] * 7
        assert stream.run(sequence) == stream.expected(sequence)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Search(breadth_first(2, 2), Graph(3, path(3)), 3), "source must be an integer from 0 to 2, got 3"),
        (lambda: Search(breadth_first(2, 2), Graph(4, star(3)), 0), "node 0 has 3 edges, but its program has 2 slots"),
        (lambda: Search(breadth_first(2, 2), Graph(5, path(5)), 0), "of 5 nodes need not fit in 2 bits"),
        (lambda: breadth_first(0, 1), "breadth_first: bits"),
        (lambda: breadth_first(1, 2**20), "must be at most"),
        (lambda: piped_flooding(1, 2**10), "must be at most"),
        (lambda: piped_flooding(1, 2, slot=5), "piped_flooding: slot"),
        (lambda: PipedNetwork(1, 2, Graph(4, star(3))), "node 0 has 3 edges"),
        (lambda: PipedNetwork(1, 2, path(3)), "graph must be a Graph"),
        (lambda: PipedNetwork(1, 2, Graph(2, path(2))).copies([1]), "one message for each of 2 nodes, got 1"),
        (lambda: PipedNetwork(1, 2, Graph(2, path(2))).copies([2, 0]), "does not fit in 1 bit"),
    ],
)
def test_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


# --- flooding


@pytest.mark.parametrize("seed", range(20))
def test_flooding_takes_two_steps_for_each_edge(seed):
    graph, reference = random_graph(seed)
    source = seed % graph.nodes
    network = Network(flooding(1, DEGREE), graph.nodes, graph.edges)
    away = networkx.single_source_shortest_path_length(reference, source)
    messages = [int(node == source) for node in range(graph.nodes)]
    run = network.run(messages, steps=2 * graph.nodes, step=through_predictor(network.program))
    for step, rows in enumerate(run):
        assert network.known(rows) == [int(node in away and 2 * away[node] <= step) for node in range(graph.nodes)]


@pytest.mark.parametrize("seed", range(20))
def test_pipes_take_as_long_as_the_own_slots_say(seed):
    """Arrival times are shortest paths in which an edge from a node with the own slot c costs S + 3 - c."""
    graph, reference = random_graph(seed)
    source, network = seed % graph.nodes, PipedNetwork(1, DEGREE, graph)
    away = networkx.single_source_dijkstra_path_length(
        reference, source, weight=lambda u, v, _: network.slots + 3 - graph.colours[u]
    )
    last = max(away.values())
    if networkx.is_connected(reference):  # the number of steps of the published experiments is enough
        assert last <= networkx.diameter(reference) * (network.slots + 3)
    messages = [int(node == source) for node in range(graph.nodes)]
    run = network.run(messages, steps=last + 3, step=through_predictor(network.stream.program))
    for step, known in enumerate(run):
        assert known == tuple(int(node in away and away[node] <= step) for node in range(graph.nodes))


@pytest.mark.parametrize("seed", range(5))
def test_both_floods_end_with_the_union_of_each_component(seed):
    graph, reference = random_graph(seed)
    messages = np.random.default_rng(seed).integers(0, 8, graph.nodes).tolist()
    expected = [0] * graph.nodes
    for component in networkx.connected_components(reference):
        union = int(np.bitwise_or.reduce([messages[node] for node in component]))
        for node in component:
            expected[node] = union
    simple = Network(flooding(3, DEGREE), graph.nodes, graph.edges)
    piped = PipedNetwork(3, DEGREE, graph)
    assert simple.known(list(simple.run(messages, steps=2 * graph.nodes))[-1]) == expected
    assert list(piped.run(messages, steps=13 * graph.nodes))[-1] == tuple(expected)
