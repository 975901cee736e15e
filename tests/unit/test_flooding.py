"""Flooding: runs computed by hand, the necessity of every template, invalid networks."""

import pytest

from ntkproofs.errors import InputError
from ntkproofs.execution import Machine
from ntkproofs.programs import Network, TemplateProgram, flooding
from ntkproofs.programs.flooding import path, star


def through_predictor(program):
    machine = Machine(program)
    return lambda rows: machine.step_rows(rows)[0]


def log(network, messages, steps, step=None):
    """Return the known bits and the sent bits after each step."""
    states = list(network.run(messages, steps=steps, step=step))
    return [(network.known(rows), network.sent(rows)) for rows in states]


def test_a_path_by_hand():
    network = Network(flooding(1, 2), 3, path(3))
    assert log(network, [1, 0, 0], 6, through_predictor(network.program)) == [
        ([1, 0, 0], {}),
        ([1, 0, 0], {(0, 1): 1}),
        ([1, 1, 0], {}),
        ([1, 1, 0], {(1, 2): 1}),  # and not back to 0
        ([1, 1, 1], {}),
        ([1, 1, 1], {}),  # the other slot of node 2 leads nowhere
        ([1, 1, 1], {}),
    ]


def test_a_triangle_crosses_once():
    """Nodes 1 and 2 receive the bit at the same step, send it to each other once, and then send nothing."""
    network = Network(flooding(1, 2), 3, ((0, 1), (0, 2), (1, 2)))
    sent = [messages for _, messages in log(network, [1, 0, 0], 8, through_predictor(network.program))]
    assert sent[1] == {(0, 1): 1, (0, 2): 1}
    assert sent[3] == {(1, 2): 1, (2, 1): 1}
    assert [messages for step, messages in enumerate(sent) if step not in (1, 3)] == [{}] * 7


def test_messages_are_combined_in_a_star():
    network = Network(flooding(3, 3), 4, star(3))
    runs = log(network, [0, 1, 2, 4], 6, through_predictor(network.program))
    assert [known[0] for known, _ in runs] == [0, 0, 7, 7, 7, 7, 7]
    assert runs[-1] == ([7, 7, 7, 7], {})


def test_messages_stay_in_their_connected_component():
    network = Network(flooding(2, 1), 4, ((0, 1), (2, 3)))
    assert log(network, [1, 0, 2, 0], 6)[-1] == ([1, 1, 2, 2], {})


@pytest.mark.parametrize("dropped", range(9))
def test_every_template_is_necessary(dropped):
    """Without one template, a node on a triangle with a tail loses a bit, does not send it, or sends it forever."""
    whole = flooding(1, 2)
    mutant = TemplateProgram("mutant", fields=whole.fields)
    for index, template in enumerate(whole.templates):
        if index != dropped:
            mutant.template(template.when, template.write)
    triangle = ((0, 1), (0, 2), (1, 2))
    runs = [
        [
            log(Network(program, 3, edges), messages, 12)
            for edges in (triangle, path(3), ((1, 2), (0, 1)))
            for messages in ([1, 0, 0], [0, 0, 1], [1, 0, 1])
        ]
        for program in (mutant, whole)
    ]
    assert runs[0] != runs[1]


@pytest.mark.parametrize(
    ("nodes", "edges", "message"),
    [
        (2, ((0, 0),), "two different nodes"),
        (2, ((0, 2),), "from 0 to 1"),
        (2, ((0, 1), (1, 0)), "is listed twice"),
        (4, star(3), "node 0 has 3 edges, but its program has 2 slots"),
    ],
)
def test_refused_networks(nodes, edges, message):
    with pytest.raises(InputError, match=message):
        Network(flooding(1, 2), nodes, edges)


def test_refused_messages():
    network = Network(flooding(2, 1), 2, path(2))
    with pytest.raises(InputError, match="one message for each of"):
        network.start([1])
    with pytest.raises(InputError, match="does not fit"):
        network.start([4, 0])


@pytest.mark.parametrize(("bits", "slots"), [(0, 1), (1, 0), ("1", 1), (2**20, 2**20)])
def test_refused_sizes(bits, slots):
    with pytest.raises(InputError, match="flooding: "):
        flooding(bits, slots)
