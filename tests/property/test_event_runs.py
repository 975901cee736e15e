"""Event-driven runs have the states, the counts and the errors of plain execution, with and without machine code."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ntkproofs.execution import Machine, RoundingFailure
from ntkproofs.execution.compiled import available
from ntkproofs.programs import TemplateProgram
from ntkproofs.strategies import states, template_programs

STEPS = 8
LOOPS = [False, pytest.param(True, marks=pytest.mark.skipif(not available(), reason="llvmlite is not installed"))]

OTHERS = [{"threshold": Fraction(1, 3)}, {"time": 2}, {"kernel": "nngp"}, {"kernel": "gelu"}, {"kernel": "erf"}]
PROGRAMS = st.one_of(template_programs(), template_programs(max_templates=20), template_programs(rounds=False))


def plain(machine, state, steps):
    """Return the states and counts of plain execution, and the failure that ends it, if any."""
    seen = []
    for _ in range(steps):
        try:
            rows, counts = machine.step_rows(machine.program.row(state)[None, :])
        except RoundingFailure as failure:
            return seen, failure
        state = machine.program.unrow(rows[0])
        seen.append((state, counts))
    return seen, None


def begin(machine, state, native):
    """Return a run that uses machine code and the sufficient condition from the first step on, or neither."""
    run = machine.begin(state)
    if native:
        run._prepare_long_run()
    return run


def check_step_by_step(machine, state, native):
    expected, failure = plain(machine, state, STEPS)
    run, largest = begin(machine, state, native), 0
    for number, (following, counts) in enumerate(expected, 1):
        assert run.counts == counts
        assert {run.matches} == {item.matches for item in counts}
        largest = max(largest, run.matches)
        assert run.advance(1) == 1
        assert (run.state, run.steps, run.largest_matches) == (following, number, largest)
    if failure is not None:
        with pytest.raises(RoundingFailure) as raised:
            run.advance(1)
        assert (f"{raised.value}", raised.value.state) == (f"{failure}", failure.state)
        assert (raised.value.bit, raised.value.counts) == (failure.bit, failure.counts)
        assert (run.steps, run.largest_matches) == (len(expected), largest)


@pytest.mark.parametrize("native", LOOPS)
@settings(max_examples=80, deadline=None)
@given(st.data())
def test_every_step_is_that_of_plain_execution(native, data):
    program = data.draw(PROGRAMS)
    check_step_by_step(Machine(program), data.draw(states(program)), native)


@pytest.mark.parametrize("native", LOOPS)
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_other_networks_fail_at_the_same_step(native, data):
    """A threshold, a time of training and other kernels, for which the sufficient condition implies nothing."""
    program = data.draw(PROGRAMS)
    options = data.draw(st.sampled_from(OTHERS))
    check_step_by_step(Machine(program, **options), data.draw(states(program)), native)


@pytest.mark.parametrize("native", LOOPS)
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_many_steps_together_are_the_same_run(native, data):
    program = data.draw(PROGRAMS)
    machine, state = Machine(program), data.draw(states(program))
    expected, failure = plain(machine, state, STEPS)
    run = begin(machine, state, native)
    if failure is None:
        assert run.advance(STEPS) == STEPS
    else:
        with pytest.raises(RoundingFailure, match="would be rounded incorrectly"):
            run.advance(STEPS)
    assert run.steps == len(expected)
    assert run.state == (expected[-1][0] if expected else state)


@pytest.mark.parametrize("native", LOOPS)
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_run_stops_where_a_bit_is_set(native, data):
    program = data.draw(PROGRAMS)
    machine, state = Machine(program), data.draw(states(program))
    bit = program.bit(data.draw(st.integers(0, program.output_bits - 1)))
    visited = [state, *(item for item, _ in plain(machine, state, STEPS)[0])]
    first = next((step for step, item in enumerate(visited) if item[bit[0]][bit[1]]), None)
    run = begin(machine, state, native)
    if first is None and len(visited) <= STEPS:
        with pytest.raises(RoundingFailure):
            run.advance(STEPS, until=bit)
    else:
        assert run.advance(STEPS, until=bit) == (STEPS if first is None else first)
    assert run.state == visited[-1 if first is None else first]


def test_the_tables_of_a_machine_follow_its_program():
    program = TemplateProgram("grows", fields={"a": 2})
    program.template(when={("a", 0): 1}, write=[("a", 1)])
    machine = Machine(program)
    run = machine.begin({"a": [1, 0]})
    run.advance(1)
    assert run.state == {"a": [0, 1]}
    program.template(when={("a", 0): 1}, write=[("a", 0)])
    run = machine.begin({"a": [1, 0]})
    run.advance(1)
    assert run.state == {"a": [1, 1]}
