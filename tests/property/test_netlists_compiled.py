"""Random netlists, compiled, compute from every state what plain Python computes from the covers."""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from netlists_local import answer_of, evaluate, netlists

from ntkproofs.bounds.rounding import least_padding
from ntkproofs.compilation import compile_source
from ntkproofs.counts import arbitrary_counts
from ntkproofs.execution import Machine, explore


def cases(netlist):
    return list(product((0, 1), repeat=len(netlist.inputs)))


def rows_with_inputs(task, inputs, seed):
    """Return a state for each case: the inputs are those of the case, every other bit is drawn at random."""
    rows = np.random.default_rng(seed).integers(0, 2, (len(inputs), task.program.output_bits), dtype=np.uint8)
    positions = [position for (position,) in task.input_positions]
    rows[:, positions] = inputs
    return rows


@settings(max_examples=150)
@given(netlists(), st.integers(0, 2**32 - 1))
def test_after_its_depth_every_state_has_become_right_and_stays_so(netlist, seed):
    task, inputs = compile_source(netlist), cases(netlist)
    expected = [answer_of(netlist, case) for case in inputs]
    rows = rows_with_inputs(task, inputs, seed)
    for _ in range(task.steps):
        rows = task.program.step_rows(rows)
    assert task.read_rows(rows).tolist() == expected
    assert task.read_rows(task.program.step_rows(rows)).tolist() == expected


@settings(max_examples=100)
@given(netlists())
def test_every_bit_has_one_writer_and_no_state_needs_padding(netlist):
    program = compile_source(netlist).program
    assert program.writers.max() <= 1
    assert program.padding == 0
    assert program.samples <= len(netlist.inputs) + sum(1 + len(cover.cubes) for _, cover in netlist.covers) + 5
    if program.samples < 20:
        assert least_padding("ntk", arbitrary_counts(program)) == 0


@settings(max_examples=25)
@given(netlists(most_inputs=3, most_covers=6), st.data())
def test_the_predictor_computes_the_outputs(netlist, data):
    task = compile_source(netlist)
    case = data.draw(st.sampled_from(cases(netlist)))
    trace = Machine(task.program).run(task.start(*case), steps=task.steps)
    assert task.read(trace.final) == answer_of(netlist, case)


@settings(max_examples=100)
@given(netlists())
def test_the_interpreter_computes_the_same_on_integers_and_on_planes(netlist):
    oracle, inputs = compile_source(netlist).oracle, cases(netlist)
    expected = [answer_of(netlist, case) for case in inputs]
    assert [oracle(*case) for case in inputs] == expected
    planes = np.array([[sum(bit << lane for lane, bit in enumerate(column))] for column in zip(*inputs, strict=True)])
    outputs = oracle.planes(np.repeat(planes.astype(np.uint64), 3, axis=1))
    assert outputs.shape == (len(netlist.outputs), 3)
    for word in range(3):
        answers = [
            sum((int(plane[word]) >> lane & 1) << weight for weight, plane in enumerate(outputs))
            for lane in range(len(inputs))
        ]
        assert answers == expected


@settings(max_examples=100)
@given(netlists())
def test_the_naive_compilation_computes_the_same_by_template_logic(netlist):
    task, inputs = compile_source(netlist, naive=True), cases(netlist)
    rows = task.start_rows(*np.array(inputs, dtype=np.int64).T)
    for _ in range(task.steps):
        rows = task.program.step_rows(rows)
    assert task.read_rows(rows).tolist() == [answer_of(netlist, case) for case in inputs]


@settings(max_examples=100)
@given(netlists())
def test_a_field_with_the_name_of_a_signal_holds_the_signal(netlist):
    task = compile_source(netlist)
    for case in cases(netlist):
        state = task.start(*case)
        for _ in range(task.steps + 12):
            state = task.program.step(state)
        values = evaluate(netlist, case)
        shared = set(values) & set(task.program.fields)
        assert {name: state[name] for name in shared} == {name: [values[name]] for name in shared}


@settings(max_examples=150)
@given(netlists(latches=3), st.data())
def test_netlists_with_latches_compute_the_same_clock_by_clock(netlist, data):
    stream = compile_source(netlist)
    words = data.draw(st.lists(st.sampled_from(cases(netlist)), min_size=1, max_size=12))
    registers, expected = [latch.initial for latch in netlist.latches], []
    for word in words:
        values = evaluate(netlist, word, registers)
        expected.append(sum(values[name] << weight for weight, name in enumerate(netlist.outputs)))
        registers = [values[latch.input] for latch in netlist.latches]
    assert stream.run(words) == expected
    assert stream.expected(words) == expected
    assert stream.program.writers.max() <= 1


@settings(max_examples=40)
@given(netlists(most_inputs=2, most_covers=6, latches=2))
def test_netlists_with_latches_are_right_for_all_sequences_of_inputs(netlist):
    stream = compile_source(netlist)
    result = explore(stream)
    assert result.closed
    assert result.holds, result
    assert least_padding("ntk", result.visited) == 0
