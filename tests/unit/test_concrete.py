"""Programs through given networks: traces, wrong bits, all inputs, samples, streams, thresholds."""

import pickle
import sys
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from exact_networks import brute_force, sign_of_root_sum
from networks_local import regressed

from ntkproofs.bounds.thresholds import choose_threshold
from ntkproofs.counts import worst_counts
from ntkproofs.errors import InputError
from ntkproofs.execution import (
    NetworkMachine,
    WrongBit,
    execute_sbn,
    exhaust_networks,
    exhaust_networks_chunks,
    explore,
    search_thresholds,
)
from ntkproofs.execution import match_sets as sets_module
from ntkproofs.inference import Surd
from ntkproofs.programs import Stream, Task, TemplateProgram, addition, addition_task, permutation_task, sbn
from ntkproofs.programs.sbn import assemble, layout_for
from ntkproofs.strategies import assert_executes
from ntkproofs.weights import Networks

ADDITION = addition_task(bits=2)


def executing(program):
    """Networks that are the program itself: output b is the sum over its writers, so at least 1/sqrt(n), or 0."""
    return Networks.of(np.eye(program.samples), program.labels.T.astype(float))


def by_cases(task, networks, threshold):
    """Which cases go wrong, at which step and bit first: by brute force, state by state, without deduplication."""
    wrong = {}
    for case in range(1 << task.input_bits):
        inputs, shift = [], case
        for width in task.input_widths:
            inputs.append(shift & (1 << width) - 1)
            shift >>= width
        state = task.start(*inputs)
        for step in range(task.steps):
            match = np.zeros((1, networks.inputs), dtype=np.bool_)
            match[0, task.program.match(state)] = True
            values, numbers = brute_force(networks, match)
            following = task.program.step(state)
            row = task.program.row(following)
            bad = [
                position
                for position, (a, b) in enumerate(values[0])
                if sign_of_root_sum(a - threshold, b, numbers[0]) != (1 if row[position] else -1)
                and (networks.biased or match.any() or threshold < 0)
            ]
            if bad:
                wrong[tuple(inputs)] = step, task.program.bit(bad[0])
                break
            state = following
    return wrong


@pytest.mark.parametrize("threshold", [Fraction(1, 8), Fraction(1, 4), Fraction(2, 5), Fraction(0)])
def test_wrong_cases_are_those_of_brute_force(threshold):
    networks = regressed(ADDITION.program, width=40, seed=3)
    expected = by_cases(ADDITION, networks, threshold)
    result = exhaust_networks(ADDITION, networks, threshold=threshold)
    assert (result.cases, result.wrong, result.complete) == (16, len(expected), True)
    assert result.holds == (not expected)
    if expected:
        first = min(expected, key=lambda inputs: inputs[0] + 4 * inputs[1])
        assert result.first_wrong.inputs == first
        assert (result.first_wrong.step, result.first_wrong.output.bit) == expected[first]


def test_equality_is_wrong_and_counted():
    task = addition_task(bits=4)
    networks = executing(task.program)
    result = exhaust_networks(task, networks, threshold=Fraction(1, 2))  # 1/sqrt(4), where four templates match
    assert result.at_threshold > 0
    assert result.wrong > 0
    assert result.first_wrong.output.value == Surd(Fraction(1, 2))
    assert "exactly the threshold 1/2, and must be above it" in str(result)
    assert result.smallest_margin.value == Surd(0)
    below = exhaust_networks(task, networks, threshold=Fraction(1, 2) - Fraction(1, 1 << 60))
    assert below.holds
    assert below.at_threshold == 0
    assert below.smallest_margin.value == Surd(Fraction(1, 1 << 60))


def test_zero_at_a_state_that_nothing_matches_is_right():
    networks = executing(ADDITION.program)
    result = exhaust_networks(ADDITION, networks, threshold=0)
    assert result.first_wrong.output.value == Surd(0)
    assert result.first_wrong.inputs != (0, 0)  # where no template matches
    task = permutation_task([1, 0])
    assert exhaust_networks(task, Networks.of(np.eye(2), np.eye(2) - 0.5), threshold=0).wrong == 1  # 11, not 00
    assert exhaust_networks(task, Networks.of(np.eye(2), np.eye(2) - 0.5), threshold=-1).wrong == 3  # all but 11


@pytest.mark.parametrize("scalar", [False, True])
def test_the_trace_of_networks(scalar):
    task = addition_task(bits=3)
    networks = regressed(task.program, width=1500, networks=2, scalar=scalar)
    machine = NetworkMachine(task.program, networks)
    seen = []
    trace = machine.run(task.start(5, 3), steps=task.steps, watch=seen.append)
    assert task.read(trace.final) == 8
    assert seen == list(range(1, 7))
    assert len(trace) == len(trace.margins) == 6
    for least, greatest in trace.margins:
        assert greatest is None or greatest < machine.threshold
        assert least is None or least > machine.threshold
    assert str(trace).splitlines()[0].split()[-6:] == ["least", "1-bit", "output", "greatest", "0-bit", "output"]
    assert "width 1,500" in trace._repr_html_()
    assert machine.step(task.start(5, 3)) == task.program.step(task.start(5, 3))


def test_a_wrong_bit_stops_a_run_and_can_be_pickled():
    task = ADDITION
    machine = NetworkMachine(task.program, executing(task.program), Fraction(3, 4))  # above 1/sqrt(2)
    with pytest.raises(WrongBit, match="must be above it") as caught:
        machine.run(task.start(3, 3), steps=task.steps)
    problem = pickle.loads(pickle.dumps(caught.value))
    assert (str(problem), problem.state, problem.bit) == (str(caught.value), caught.value.state, caught.value.bit)
    assert problem.value < problem.threshold == Fraction(3, 4)
    assert (problem.expected, problem.counts.matched_writers) == (1, 1)
    assert problem.value == Surd(0, Fraction(1, problem.counts.matches), problem.counts.matches)


def test_a_flipped_weight_is_found():
    """The sign of one weight of the only neuron of the template `bits_3 -> bits_1`: 8 is the first wrong input."""
    task = permutation_task([2, 3, 0, 1])
    networks = executing(task.program)
    assert exhaust_networks(task, networks, threshold=Fraction(1, 4)).holds
    (template,) = task.program.match(task.start(8))
    networks.hidden[0, 0, template, template] *= -1
    result = exhaust_networks(task, networks, threshold=Fraction(1, 4))
    assert (result.wrong, result.first_wrong.inputs, result.first_wrong.output.bit) == (8, (8,), ("bits", 1))


def test_the_oracle_is_compared():
    """A program that is executed exactly, but is not what its oracle says, is not called right."""
    wrong = replace(ADDITION, oracle=lambda p, q: p + q + (p == 2))
    result = exhaust_networks(wrong, executing(ADDITION.program), threshold=Fraction(1, 4))
    assert (result.wrong, result.wrong_answers, result.first_wrong) == (4, 4, None)
    assert (result.first_wrong_answer.inputs, result.first_wrong_answer.got) == ((2, 0), 2)
    assert not result.holds
    assert "inputs 2, 0: got 2, expected 3" in str(result)
    against = exhaust_networks(ADDITION, executing(ADDITION.program), threshold=Fraction(1, 4), against=ADDITION)
    assert against.holds


def test_a_program_without_a_task_is_run_from_every_state():
    program = addition(bits=2)
    result = exhaust_networks(program, executing(program), threshold=Fraction(1, 8))
    assert (result.cases, result.steps, result.compared) == (64, 1, "")
    assert result.holds
    assert "there is no oracle" in str(result)


def test_samples_shrink_to_small_inputs():
    task = addition_task(bits=20)
    networks = executing(task.program)
    threshold = Fraction(1, 3)  # wrong where nine templates match: nine carries, or bits
    result = exhaust_networks(task, networks, threshold=threshold, sample=60, seed=5)
    assert (result.cases, result.sampled, result.complete) == (60, True, True)
    assert result.wrong > 0
    p, q = result.first_wrong.inputs
    assert bin(p).count("1") + bin(q).count("1") <= 9
    for smaller in ((p & (p - 1), q), (p, q & (q - 1))):  # without their lowest bits they are right
        assert smaller == (p, q) or NetworkMachine(task.program, networks, threshold).run(
            task.start(*smaller), steps=task.steps
        )
    same = exhaust_networks(task, networks, threshold=threshold, sample=60, seed=5)
    assert (same.wrong, same.first_wrong) == (result.wrong, result.first_wrong)
    wrong = replace(task, oracle=lambda p, q: p + q + (p & 8 and q > 100))
    answers = exhaust_networks(wrong, networks, threshold=Fraction(1, 40), sample=60, seed=5)
    assert answers.first_wrong_answer.inputs == (8, 101)


def test_blocks_and_interruption(monkeypatch):
    """The result does not depend on the blocks; before the last one it is not complete."""
    monkeypatch.setattr(sys.modules[exhaust_networks.__module__], "BLOCK", 1)
    monkeypatch.setattr(sets_module, "TOGETHER", 1)
    task = addition_task(bits=5)
    networks = regressed(task.program, width=60, seed=1)
    *before, small = exhaust_networks_chunks(task, networks, threshold=Fraction(1, 5))
    monkeypatch.undo()
    whole = exhaust_networks(task, networks, threshold=Fraction(1, 5))
    assert whole.wrong > 0
    assert replace(small, seconds=0.0) == replace(whole, seconds=0.0)
    assert [result.cases for result in before] == [0, 512]
    for result in before:
        assert not result.complete
        assert not result.holds
        assert "not complete" in str(result)


def test_distinct_match_sets_and_exact_decisions_are_counted():
    task = addition_task(bits=3)
    networks = executing(task.program)
    result = exhaust_networks(task, networks, threshold=Fraction(1, 5))
    visited = set()
    for p in range(8):
        for q in range(8):
            state = task.start(p, q)
            for _ in range(task.steps):
                visited.add(tuple(task.program.match(state)))
                state = task.program.step(state)
    assert result.match_sets == len(visited)
    assert result.bits_decided == len(visited) * task.program.output_bits
    assert result.exact_decisions == 0
    equal = exhaust_networks(task, networks, threshold=0)
    assert equal.exact_decisions == equal.at_threshold > 0


def test_extreme_outputs_and_where_they_are():
    task = addition_task(bits=3)
    networks = regressed(task.program, width=50, dtype=np.float16)
    result = exhaust_networks(task, networks, threshold=Fraction(1, 4))
    for extreme, one in ((result.least_one, 1), (result.greatest_zero, 0)):
        state = task.start(*extreme.place.inputs)
        for _ in range(extreme.place.step):
            state = task.program.step(state)
        assert state == extreme.place.state
        match = np.zeros((1, networks.inputs), dtype=np.bool_)
        match[0, task.program.match(state)] = True
        values, numbers = brute_force(networks, match)
        assert extreme.value == Surd(*values[0][task.program.position(extreme.bit)], numbers[0])
        field, index = extreme.bit
        assert task.program.step(state)[field][index] == one
    assert result.smallest_margin.value == min(
        result.least_one.value - Fraction(1, 4), -(result.greatest_zero.value - Fraction(1, 4))
    )


def test_the_interval_of_thresholds():
    task = addition_task(bits=3)
    networks = executing(task.program)
    found = search_thresholds(task, networks)
    assert found.outcome == "right"
    assert (found.low, found.high) == (Surd(0), found.exhaustion.least_one.value)
    assert exhaust_networks(task, networks, threshold=found.threshold()).holds
    for end, right in ((found.high, False), (found.low, False)):
        if not end.b:
            assert exhaust_networks(task, networks, threshold=end.a).holds == right


def test_the_proof_that_no_threshold_is_right():
    task = addition_task(bits=3)
    found = search_thresholds(task, regressed(task.program, width=20, seed=2))
    assert found.outcome == "none"
    assert found.low >= found.high
    assert str(found).startswith("no threshold is right: a bit that should be 0 has the output ")
    with pytest.raises(InputError, match="no threshold is right"):
        found.threshold()
    zero = search_thresholds(permutation_task([0]), Networks.of(np.eye(1), -np.eye(1)))
    assert zero.outcome == "none"  # the bit 1 has the output -1, and 0 is the output where no template matches
    assert "where no template matches" in str(zero)


@pytest.mark.parametrize(("trained", "kernel"), [("output", "nngp"), ("all", "ntk"), (None, "ntk")])
def test_the_default_threshold(trained, kernel):
    program = addition(bits=3)
    metadata = {} if trained is None else {"trained": trained}
    networks = regressed(program, width=50, metadata=metadata or {"other": "x"})
    expected = choose_threshold(kernel, worst_counts(program), "best")
    assert NetworkMachine(program, networks).threshold == expected
    assert NetworkMachine(program, replace(networks, threshold=Fraction(1, 7))).threshold == Fraction(1, 7)
    assert NetworkMachine(program, replace(networks, threshold=Fraction(1, 7)), 1).threshold == 1


def parity_stream(oracle=None):
    program = TemplateProgram("parity", fields={"bit": 1, "odd": 1})
    program.template(when={("bit", 0): 1, ("odd", 0): 0}, write=[("odd", 0)])
    program.template(when={("bit", 0): 0, ("odd", 0): 1}, write=[("odd", 0)])

    def parity(odd, bit):
        return (odd or 0) ^ bit, (odd or 0) ^ bit

    return Stream(program, ("bit",), period=1, output=(("odd", 0),), oracle=oracle or parity)


def test_streams_visit_the_states_of_explore():
    stream = parity_stream()
    right = executing(stream.program)
    result = exhaust_networks(stream, right, threshold=Fraction(1, 2))
    explored = explore(stream)
    assert (result.cases, result.complete, result.holds) == (explored.runs, True, True)
    assert result.match_sets == 3
    assert exhaust_networks(stream, right, threshold=Fraction(1, 2), clocks=1).cases == 2
    broken = Networks.of(np.eye(2), np.array([[0.0, 0.0], [1.0, 0.25]]))
    wrong = exhaust_networks(stream, broken, threshold=Fraction(1, 2))
    assert wrong.first_wrong.inputs == ((1,), (0,))
    assert wrong.first_wrong.output.value == Surd(Fraction(1, 4))
    assert wrong.wrong == 1
    assert "inputs 1 / 0, step 1" in wrong.problem()
    other = exhaust_networks(parity_stream(lambda odd, bit: (bit, bit)), right, threshold=Fraction(1, 2))
    assert other.wrong == other.wrong_answers > 0
    machine = NetworkMachine(stream.program, right, Fraction(1, 2))
    assert machine.run_stream(stream, [1, 0, 1, 1]).answers == (1, 1, 0, 1)


def test_sbn_runs_through_networks():
    program = assemble("x: .word 2\ny: .word 1\nsbn x y")
    layout = layout_for(program)
    templates = sbn(layout.words, layout.bits, layout.instructions)
    machine = NetworkMachine(templates, executing(templates), Fraction(1, 16))
    ended = [boundary.configuration for boundary in execute_sbn(program, layout, machine=machine)]
    assert ended == [boundary.configuration for boundary in execute_sbn(program, layout)]
    with pytest.raises(InputError, match="and not the program of this layout"):
        next(execute_sbn(program, layout, machine=NetworkMachine(ADDITION.program, executing(ADDITION.program), 1)))


@pytest.mark.parametrize(
    ("networks", "message"),
    [
        (
            Networks.of(np.ones((1, 7)), np.ones((6, 1))),
            r"the networks have 7 inputs, and program 'addition' 8 samples",
        ),
        (Networks.of(np.ones((1, 8)), np.ones((5, 1))), r"the networks have 5 outputs, and program 'addition' 6 bits"),
        (None, "networks must be Networks"),
    ],
)
def test_networks_that_do_not_fit(networks, message):
    for run in (NetworkMachine, exhaust_networks, search_thresholds):
        with pytest.raises(InputError, match=message):
            run(ADDITION.program, networks)


def test_padding_follows_the_templates():
    program = addition(bits=2)
    program.pad(3)
    networks = executing(program)
    assert exhaust_networks(program, networks, threshold=Fraction(1, 8)).holds
    with pytest.raises(InputError, match=r"8 inputs, and program 'addition' 11 samples \(8 templates and padding 3\)"):
        NetworkMachine(program, executing(addition(bits=2)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clocks": 2}, "clocks are those of a Stream"),
        ({"threshold": 0.5}, "a threshold must be a fraction"),
        ({"threshold": Fraction(1, 10**5000)}, "a threshold must be a fraction of integers of at most 4,000 digits"),
        ({"sample": 0}, "sample must be an integer from 1"),
    ],
)
def test_invalid_options(options, message):
    with pytest.raises(InputError, match=message):
        exhaust_networks(ADDITION, executing(ADDITION.program), **{"threshold": 1, **options})


def test_too_many_match_sets_are_refused(monkeypatch):
    monkeypatch.setattr(sets_module, "MOST_SETS", 3)
    with pytest.raises(InputError, match="more than 3 different sets of matching templates occur; choose a sample"):
        exhaust_networks(ADDITION, executing(ADDITION.program), threshold=Fraction(1, 4))


def test_a_program_without_a_balanced_threshold():
    program = TemplateProgram("alarm", fields={"sensor": 9, "log": 9, "alarm": 1})
    for i in range(9):
        program.template(when={("sensor", i): 1}, write=[("log", i), ("alarm", 0)])
        program.template(when={("log", i): 1}, write=[("log", i)])
    with pytest.raises(InputError, match="no threshold is balanced for alarm: at arbitrary states"):
        NetworkMachine(program, executing(program))


def test_assert_executes():
    networks = executing(ADDITION.program)
    assert_executes(networks, ADDITION, threshold=Fraction(1, 4))
    assert_executes(networks, ADDITION, threshold=Fraction(1, 4), sample=10, seed=3)
    with pytest.raises(AssertionError, match=r"networks do not execute 'addition': inputs \d, \d, step \d: .*must be"):
        assert_executes(networks, ADDITION, threshold=Fraction(3, 4))


def test_a_threshold_between_two_outputs_that_are_close_to_the_golden_ratio():
    """A bit that should be 1 has the output (1 + sqrt(5))/2 + 2**-2148/sqrt(5), where 0 is right (1 + sqrt(5))/2."""
    program = TemplateProgram("golden", fields={"x": 1, "on": 4, "y": 1})
    program.template(when={("x", 0): 1}, write=[("y", 0)])
    program.template(when={("x", 0): 0}, write=[])
    for index in range(4):
        program.template(when={("on", index): 1}, write=[])
    task = Task(program, ("x",), 1, (("y", 0),), lambda x: x, constants={"on": 15})
    least = 2.0**-1074
    hidden, output, bias = np.zeros((2, 6)), np.zeros((6, 2)), np.zeros(6)
    hidden[0], hidden[1, 0], output[5], bias[5] = 0.5, least, (1, least), 0.5
    networks = Networks.of(hidden, output, None, bias)
    found = search_thresholds(task, networks)
    assert found.exhaustion.problem() == ""  # all cases were run, without a threshold
    assert found.low == Surd(Fraction(1, 2), Fraction(1, 2), 5)
    assert found.high == Surd(Fraction(1, 2), Fraction(1, 2) + Fraction(1, 5 << 2148), 5)
    assert exhaust_networks(task, networks, threshold=found.threshold()).holds
