"""find_failure and the extremes agree with loops over all states; the states drawn for tests find rounding failures."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from strategies_local import all_states, naive_counts, naive_match, programs

from ntkproofs.bounds import rounds_right
from ntkproofs.counts import bound_matches
from ntkproofs.errors import InputError
from ntkproofs.execution import Machine, RoundingFailure, find_failure
from ntkproofs.kernels import as_kernel
from ntkproofs.programs import Task, TemplateProgram, addition, addition_task, multiplication
from ntkproofs.programs.extremes import Extremes, components
from ntkproofs.strategies import states


def wrong_states(program, kernel):
    """Return every state and bit that is rounded wrong, by trying all."""
    return [
        (state, bit)
        for state in all_states(program)
        for bit, counts in naive_counts(program, state).items()
        if not rounds_right(kernel, counts)
    ]


@settings(max_examples=120, deadline=None)
@given(programs(most_templates=24, most_padding=0), st.sampled_from(["ntk", "nngp", "depth-2", "erf", "linear"]))
def test_a_state_is_found_if_and_only_if_there_is_one(program, name):
    kernel = as_kernel(name)
    try:
        wrong = wrong_states(program, kernel)
    except InputError:  # not definite on these samples
        return
    search = find_failure(program, kernel=name)
    if search.outcome == "found":
        assert (search.state, search.bit) in wrong
        assert search.counts == naive_counts(program, search.state)[search.bit]
        with pytest.raises(RoundingFailure):
            Machine(program, kernel).step(search.state)
    elif search.outcome == "none":
        assert not wrong
    else:
        assert name in ("depth-2", "erf", "linear")  # whose means are not monotone in n


@settings(max_examples=80, deadline=None)
@given(programs(most_templates=14), st.data())
def test_the_greatest_number_of_matches(program, data):
    """Against all states, for every number of matching writers of a bit."""
    bit = data.draw(st.sampled_from([(name, i) for name, width in program.fields.items() for i in range(width)]))
    writers = [index for index, template in enumerate(program.templates) if bit in template.write]
    greatest = defaultdict(lambda: -1)
    for state in all_states(program):
        matching = naive_match(program, state)
        p = len(set(matching) & set(writers))
        greatest[p] = max(greatest[p], len(matching))
    most = Extremes(program, bound_matches(program).groups).most(writers, len(writers), 10_000)
    assert most.exhaustive
    assert {p: n for p, (n, _) in most.best.items()} == dict(greatest)
    for p in most.best:
        matching = naive_match(program, most.state(program, p))
        assert (len(matching), len(set(matching) & set(writers))) == (greatest[p], p)


@given(programs())
def test_components_are_a_partition_and_share_no_bit(program):
    parts = components(program)
    assert sorted(index for _, members in parts for index in members) == list(range(len(program.templates)))
    required = [bit for bits, _ in parts for bit in bits]
    assert len(set(required)) == len(required)
    for bits, members in parts:
        assert {program.position(bit) for index in members for bit, _ in program.templates[index].when} == set(bits)


def alarm(padding=0):
    """The program of the tutorial."""
    program = TemplateProgram("alarm", fields={"sensor": 8, "log": 8, "alarm": 1})
    for i in range(8):
        program.template(when={("sensor", i): 1}, write=[("log", i), ("alarm", 0)])
        program.template(when={("log", i): 1}, write=[("log", i)])
    program.pad(padding)
    return program


def test_the_alarm_of_the_tutorial():
    search = find_failure(alarm())
    assert str(search).startswith("program 'alarm': at the state")
    assert not rounds_right("ntk", search.counts)
    assert find_failure(alarm(16)).outcome == "none"
    assert find_failure(alarm(15)).outcome == "found"  # 16 is the least padding
    with pytest.raises(InputError, match="no truth value"):
        bool(search)


def test_the_number_of_states_that_are_rounded_wrong():
    """648 of the 131,072 states of the alarm program."""
    program = alarm()
    rows = np.unpackbits(np.arange(1 << 17, dtype=">u4").view(np.uint8).reshape(-1, 4), axis=1)[:, -17:]
    match = program.match_rows(rows)
    p, n = program.matched_writers_rows(match)[:, 16], match.sum(axis=1)
    wrong = {(a, b): not rounds_right("ntk", naive(a, b)) for a, b in set(zip(n.tolist(), p.tolist(), strict=True))}
    assert sum(wrong[pair] for pair in zip(n.tolist(), p.tolist(), strict=True)) == 648


def naive(n, p):
    from ntkproofs.counts import Counts

    return Counts(n, p, 8, 16)


def test_a_search_by_exhaustion_and_one_that_is_not_decided():
    """Counts within the bound by groups are rounded wrong here, but no state has them."""
    program = TemplateProgram("chain", fields={"x": 12, "out": 2})
    for i in range(12):
        program.template({("x", i): 1, ("x", (i + 1) % 12): 0}, [("out", 0)])
        program.template({("x", i): 1, ("x", (i + 1) % 12): 1, ("x", (i + 2) % 12): 0}, [("out", 1)])
    program.pad(12)
    assert wrong_states(program, as_kernel("ntk")) == []
    search = find_failure(program)
    assert search.outcome == "none"
    assert search.nodes > 0
    assert "by an exhaustive search of" in str(search)
    limited = find_failure(program, limit=0)
    assert limited.outcome == "open"
    assert str(limited).startswith("not decided: no state that is rounded wrong was found in")


def test_large_programs():
    assert find_failure(addition(64)).outcome == "none"
    search = find_failure(multiplication(8))
    assert search.outcome == "found"
    with pytest.raises(RoundingFailure):
        Machine(multiplication(8)).step(search.state)


def test_reachable_states():
    assert find_failure(addition_task(4), states="reachable").outcome == "none"
    task = Task(alarm(), ("sensor", "log"), 1, (("alarm", 0),), lambda sensor, log: int(sensor > 0))
    search = find_failure(task, states="reachable")
    assert search.outcome == "found"
    with pytest.raises(RoundingFailure):
        Machine(task.program).step(search.state)
    empty_log = Task(alarm(), ("sensor",), 1, (("alarm", 0),), lambda sensor: int(sensor > 0))
    assert find_failure(empty_log, states="reachable").outcome == "none"
    assert find_failure(empty_log).outcome == "found"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"program": 3}, "a TemplateProgram or a Task is searched, got int"),
        ({"states": "all"}, "states must be arbitrary or reachable"),
        ({"states": "reachable"}, "reachable states are those of a Task"),
        ({"limit": -1}, "limit must be a nonnegative integer"),
        ({"kernel": "x"}, "no kernel is called"),
        ({"program": TemplateProgram("x", fields={"p": 1})}, "no templates"),
    ],
)
def test_invalid_arguments(arguments, message):
    program = arguments.pop("program", alarm())
    with pytest.raises(InputError, match=message):
        find_failure(program, **arguments)


# --- the states that Hypothesis draws


@pytest.mark.parametrize("number", range(50))
def test_the_property_test_of_the_readme_finds_the_bug_of_the_tutorial(number):
    program = alarm()

    @seed(number)
    @settings(database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(states(program))
    def property_test(state):
        assert Machine(program).step(state) == program.step(state)

    with pytest.raises(RoundingFailure):
        property_test()
