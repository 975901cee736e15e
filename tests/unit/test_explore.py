"""All sequences of inputs of a stream: explored, and certified; and copies that exchange messages."""

import itertools
import json

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_local import naive_counts, naive_step, programs

from ntkproofs import checker
from ntkproofs.bounds import rounds_right
from ntkproofs.certificates import issue_stream, schema
from ntkproofs.errors import InputError
from ntkproofs.execution import Machine, RoundingFailure, explore
from ntkproofs.kernels import two_layer_relu
from ntkproofs.programs import Copies, Stream, TemplateProgram, addition


def accumulator(modulus_bits=2):
    """Return a stream that adds its port to a number, one half adder for each bit and step, in `modulus_bits` steps."""
    bits = modulus_bits
    program = TemplateProgram("accumulator", fields={"x": bits, "total": bits, "carry": bits})
    for i in range(bits):
        # each step: (total, carry) <- half adder of total and (x or carry); x is not kept after the first step
        for source in ("x", "carry"):
            program.template({("total", i): 0, (source, i): 1}, [("total", i)])
            if i + 1 < bits:
                program.template({("total", i): 1, (source, i): 1}, [("carry", i + 1)])
        program.template({("total", i): 1, ("x", i): 0, ("carry", i): 0}, [("total", i)])
    program.pad(8)

    def add(total, x):
        after = ((total or 0) + x) % (1 << bits)
        return after, after

    return Stream(program, ("x",), bits, tuple(("total", i) for i in range(bits)), add)


def naive_run(stream, words):
    """Run a stream with the naive semantics; return the answers and all states at which a step was done."""
    state, answers, states = stream.start(), [], []
    for word in words:
        for name, value in zip(stream.inputs, word, strict=True):
            state[name] = [value >> i & 1 for i in range(stream.program.fields[name])]
        for _ in range(stream.period):
            states.append(state)
            state = naive_step(stream.program, state)
        answers.append(sum(state[name][i] << weight for weight, (name, i) in enumerate(stream.output)))
    return answers, states


def test_an_accumulator_is_right_for_sequences_of_any_length():
    stream = accumulator()
    result = explore(stream)
    assert (result.closed, result.complete, result.holds, result.wrong, result.states) == (True, True, True, 0, 5)
    assert result.runs == 5 * 4  # None and 0 are two states of the oracle
    assert "all sequences of any length" in str(result)
    assert stream.run([3, 3, 1, 2]) == stream.expected([3, 3, 1, 2]) == [3, 2, 3, 1]
    with pytest.raises(InputError, match="no truth value"):
        bool(result)


def test_the_first_wrong_sequence_is_a_shortest_one():
    stream = accumulator()

    def saturating(total, x):
        after = min((total or 0) + x, 3)
        return after, after

    result = explore(Stream(stream.program, stream.inputs, stream.period, stream.output, saturating))
    assert result.wrong > 0
    assert not result.holds
    first = result.first_wrong
    assert len(first.inputs) == 2
    assert sum(word for (word,) in first.inputs) > 3
    assert (first.got, first.expected) == (stream.run(first.inputs)[-1], 3)
    sequence = " / ".join(str(word) for (word,) in first.inputs)
    assert f"first wrong      inputs {sequence}: got {first.got}, expected 3" in str(result)


def test_a_number_of_clocks():
    result = explore(accumulator(), clocks=1)
    assert (result.clocks, result.closed, result.complete, result.holds) == (1, False, True, True)
    assert "cases            4 clocks of 2 steps: all sequences of 1 clock\n" in str(result)
    limited = explore(accumulator(3), max_states=3)
    assert (limited.complete, limited.holds, limited.wrong) == (False, False, 0)
    assert "not complete" in str(limited)


@st.composite
def streams(draw):
    program = draw(programs())
    names = list(program.fields)
    inputs = draw(st.lists(st.sampled_from(names), min_size=1, max_size=min(2, len(names)), unique=True))
    rest = [name for name in names if name not in inputs]
    constants = {name: draw(st.integers(0, (1 << program.fields[name]) - 1)) for name in rest}
    output = [(name, 0) for name in names]
    return Stream(program, tuple(inputs), draw(st.integers(1, 3)), output, lambda *_: (None, 0), constants)


@settings(max_examples=40, deadline=None)
@given(streams(), st.integers(1, 2))
def test_exploring_visits_what_all_sequences_visit(stream, clocks):
    """Against every sequence run on its own: answers, the counts of all states, and which of them are unsound."""
    words = list(itertools.product(*(range(1 << width) for width in stream.input_widths)))[:6]
    counts, nonzero = set(), 0
    for sequence in itertools.product(words, repeat=clocks):
        answers, states = naive_run(stream, sequence)
        assert stream.run(sequence) == answers
        counts |= {item for state in states for item in naive_counts(stream.program, state).values()}
        nonzero += answers[-1] != 0
    if len(words) == 1 << stream.input_bits:
        result = explore(stream, clocks=clocks)
        assert set(result.visited) <= counts  # those of an earlier stop are the same
        if not result.closed:
            assert set(result.visited) == counts
        wrong = {item for item in counts if not rounds_right(two_layer_relu(), item)}
        assert set(result.unsound) == wrong & set(result.visited)
        assert (result.wrong > 0) == (nonzero > 0) or clocks > 1


def test_the_machine_runs_a_stream_and_fails_where_a_bit_is_rounded_wrong():
    stream = accumulator()
    run = Machine(stream.program).run_stream(stream, [3, 3, 1, 2])
    assert run.answers == (3, 2, 3, 1)
    assert [len(trace) for trace in run.clocks] == [2, 2, 2, 2]
    assert run.clocks[1].states[0] == stream.program.state(x=3, total=3)
    with pytest.raises(InputError, match="the stream is one of program 'accumulator', not of 'addition'"):
        Machine(addition(2)).run_stream(stream, [1])
    crowded = TemplateProgram("crowded", fields={"x": 9, "out": 2})
    for i in range(9):
        crowded.template({("x", i): 1}, [("out", 1), ("out", 0)] if i else [("out", 0)])
        crowded.template({("x", i): 0}, [])
    wrong = Stream(crowded, ("x",), 1, (("out", 0),), lambda state, x: (None, int(x > 0)))
    result = explore(wrong)
    assert result.wrong == 0
    assert result.unsound
    assert not result.holds
    with pytest.raises(RoundingFailure):
        Machine(crowded).run_stream(wrong, [0, 1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"clocks": 0}, "clocks must be a positive integer, got 0"),
        ({"max_states": 0}, "max_states must be a positive integer"),
        ({"kernel": "x"}, "'x'"),
    ],
)
def test_invalid_arguments(change, message):
    with pytest.raises(InputError, match=message):
        explore(accumulator(), **change)


def test_streams_that_are_not_explored():
    program = TemplateProgram("x", fields={"a": 17, "b": 1})
    with pytest.raises(InputError, match="17 input bits of a clock; at most 16 are explored"):
        explore(Stream(program, ("a",), 1, (("b", 0),), lambda state, a: (None, 0)))
    with pytest.raises(InputError, match="no templates"):
        explore(Stream(program, ("b",), 1, (("b", 0),), lambda state, b: (None, 0)))
    program.template({}, [])
    with pytest.raises(InputError, match=r"its state must be hashable, got \[\]"):
        explore(Stream(program, ("b",), 1, (("b", 0),), lambda state, b: ([], 0)))


# --- certificates


def test_a_certificate_of_all_sequences_of_inputs():
    stream = accumulator()
    one, many, any_length = (
        issue_stream(stream, failure="1/1000000", clocks=clocks, by_class=False) for clocks in (1, 2, 1000)
    )
    assert one.networks < many.networks < any_length.networks
    assert issue_stream(stream, failure="1/1000000", clocks=1000).networks <= any_length.networks
    text = many.verified.claim
    assert "at each of 2 steps of each clock simultaneously for all 2^4 sequences of 2 inputs of 2 bits" in text
    assert "where each input replaces the bits at the port positions 0, 1 before its clock" in text
    for certificate in (one, many, any_length):
        document = json.loads(certificate.data)
        jsonschema.validate(document, schema())
        fewer = document["claim"] | {"networks": certificate.networks - 1}
        with pytest.raises(checker.Rejected, match="networks are too few"):
            checker.check_ensemble(fewer, document["evidence"])
    # no more than all states: 10^9 clocks need no more networks
    later = issue_stream(stream, failure="1/1000000", clocks=10**9, by_class=False)
    assert later.networks == any_length.networks


@pytest.mark.parametrize(("ports", "clocks"), [(1, 1), (1, 3), (2, 2), (3, 1), (1, 6), (2, 3), (6, 1), (1, 10**30)])
def test_the_number_of_states_at_which_clocks_begin(ports, clocks):
    """The checker's number bounds the states at which the clocks of all sequences begin, counted one by one."""
    source = np.random.default_rng(ports + clocks % 97)
    for _ in range(20):
        table = source.integers(0, 64, 64)  # any function of a state of six bits, as a program would define one
        begun, memory = set(), {0}
        for _ in range(min(clocks, 70)):
            now = {rest >> ports << ports | word for rest in memory for word in range(1 << ports)}
            if now <= begun:
                break
            begun |= now
            memory = {int(table[state]) for state in now}
        program = checker.program_of({"name": "p", "fields": [["a", 6]], "templates": [[[], [0]]], "padding": 0})
        value = {"clocks": clocks, "ones": [], "ports": list(range(ports))}
        number, _ = checker._sequences(value, program, checker.States(frozenset(), "", ""))
        assert len(begun) <= number <= 64


# --- copies that exchange messages


def flooding_stream(bits, slots):
    """Return a node that remembers the bits it has heard and says what it knows: a stream with a port for each slot."""
    fields = {f"in_{j}": bits for j in range(slots)}
    program = TemplateProgram("node", fields={**fields, "known": bits})
    for i in range(bits):
        for field in (*fields, "known"):
            program.template({(field, i): 1}, [("known", i)])
    program.pad(bits * (slots + 1) ** 2)

    def node(known, *heard):
        for word in heard:
            known = (known or 0) | word
        return known, known

    return Stream(program, tuple(fields), 1, tuple(("known", i) for i in range(bits)), node)


def random_graph(source, nodes):
    """Return the three neighbours of each node in a union of three perfect matchings."""
    neighbours = [[] for _ in range(nodes)]
    for _ in range(3):
        order = source.permutation(nodes).tolist()
        for u, v in zip(order[::2], order[1::2], strict=True):
            neighbours[u].append(v)
            neighbours[v].append(u)
    return neighbours


def ball(graph, node, radius):
    """Return the nodes at a distance of at most `radius`."""
    reached = {node}
    for _ in range(radius):
        reached |= {other for inner in reached for other in graph[inner]}
    return reached


@pytest.mark.parametrize("seed", range(5))
def test_copies_flood_a_graph(seed):
    graph = random_graph(np.random.default_rng(seed), 8)
    stream = flooding_stream(8, 3)

    def exchange(known):
        return [[known[other] for other in graph[node]] for node in range(8)]

    copies = Copies(stream, [{"known": 1 << node} for node in range(8)], exchange)
    machine = Machine(stream.program)
    first = [[0, 0, 0]] * 8
    rounds = list(copies.run(6, first=first, step=lambda rows: machine.step_rows(rows)[0]))
    assert rounds == list(copies.run(6, first=first))
    for number, known in enumerate(rounds):
        for node in range(8):
            assert known[node] == sum(1 << other for other in ball(graph, node, number))


def test_invalid_copies():
    stream = flooding_stream(2, 2)
    with pytest.raises(InputError, match="one entry a copy"):
        Copies(stream, [], lambda known: known)
    with pytest.raises(InputError, match="those of a Stream"):
        Copies(stream.program, [{}], lambda known: known)
    with pytest.raises(InputError, match="field 'known': 4 does not fit"):
        Copies(stream, [{"known": 4}], lambda known: known)
    copies = Copies(stream, [{}, {}], lambda known: [(0, 0), (0, 4)])
    with pytest.raises(InputError, match="node, round 2, copy 1: input 'in_1': 4 does not fit"):
        list(copies.run(2, first=[(0, 0), (0, 0)]))
    with pytest.raises(InputError, match="node, round 1: the inputs must be a list of 2"):
        list(copies.run(2, first=[(0, 0)]))
