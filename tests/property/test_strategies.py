"""The public strategies draw what their documentation says, and shrink to small examples."""

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from ntkproofs.errors import InputError
from ntkproofs.execution import Machine, RoundingFailure
from ntkproofs.kernels import REGIMES, two_layer_relu
from ntkproofs.programs import addition
from ntkproofs.strategies import bit_vectors, dyadics, sbn_programs, states, template_programs


@given(st.data(), st.sampled_from(REGIMES))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_programs_drawn_with_rounds_true_are_rounded_correctly_at_every_state(data, regime):
    kernel = two_layer_relu(regime)
    program = data.draw(template_programs(rounds=True, kernel=kernel))
    state = data.draw(states(program))
    assert Machine(program, kernel).step(state) == program.step(state)


@given(template_programs(rounds=False))
@settings(max_examples=10)
def test_programs_drawn_with_rounds_false_fail_at_a_state(program):
    with pytest.raises(RoundingFailure):
        Machine(program).step(program.state(p=1))


@given(template_programs(fields={"x": 5, "y": 2}, max_templates=3, max_padding=1))
def test_drawn_programs_respect_the_arguments(program):
    assert dict(program.fields) == {"x": 5, "y": 2}
    assert 1 <= len(program.templates) <= 3
    assert program.padding <= 1


def test_the_fields_of_programs_drawn_with_rounds_false():
    with pytest.raises(InputError, match="determines the fields of the program"):
        find(template_programs(fields={"x": 2}, rounds=False), lambda program: True)


@given(states(addition(3)))
def test_drawn_states_are_states_of_the_program(state):
    program = addition(3)
    assert program.unrow(program.row(state)) == state


@given(dyadics(bits=6, largest=3))
def test_dyadics_have_few_bits(value):
    assert -3 <= value <= 3
    assert value.denominator in {1, 2, 4, 8, 16, 32, 64}


@given(sbn_programs(most_words=3, most_bits=4, most_instructions=5))
def test_drawn_sbn_programs_are_small_and_valid(program):
    assert 1 <= len(program.names) <= 3
    assert 1 <= program.bits <= 4
    assert 1 <= len(program.instructions) <= 5


def test_examples_shrink_to_small_ones():
    assert find(bit_vectors(4), lambda bits: any(bits)) == [0, 0, 0, 1]
    assert find(dyadics(), lambda value: value > 1) == 2
    smallest = find(template_programs(), lambda program: len(program.templates) > 1)
    assert (len(smallest.templates), smallest.padding) == (2, 0)
    assert smallest.output_bits <= 2
    assert {template.when + template.write for template in smallest.templates} == {()}
