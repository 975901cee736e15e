"""The templates of SBN: sizes, states between instructions, halting, and loading."""

import numpy as np
import pytest

from ntkproofs.errors import InputError
from ntkproofs.execution import Machine, execute_sbn, run_sbn
from ntkproofs.kernels import two_layer_relu
from ntkproofs.programs import TemplateProgram, sbn
from ntkproofs.programs.partial import UNKNOWN, step_partial
from ntkproofs.programs.sbn import Configuration, Layout, assemble, example, layout_for, load, read_configuration
from ntkproofs.programs.sbn.interpreter import start, successor
from ntkproofs.programs.sbn.layout import tree_levels
from ntkproofs.programs.sbn.minsky import Decrement, Increment, compile_minsky, counter_steps


@pytest.mark.parametrize("size", [(1, 1, 1), (2, 3, 4), (5, 8, 3), (3, 2, 7), (16, 8, 16), (17, 1, 33)])
def test_closed_forms_of_the_layout(size):
    program, layout = sbn(*size), Layout(*size)
    assert program.samples == len(program.templates) == layout.templates
    assert program.output_bits == sum(layout.fields.values())
    assert set(program.writers.tolist()) <= {0, 1, 2}
    W, b, P = size
    logs = sum(max(1, int(np.ceil(np.log2(m)))) for m in (W, P))
    assert layout.steps_per_instruction == logs + b + 4


def test_every_bit_has_a_writer():
    # a bit that no template writes has mean 0 exactly, at every state: no threshold could read it
    for size in ((1, 1, 1), (3, 4, 5), (8, 8, 8)):
        assert sbn(*size).writers.min() == 1


def test_templates_have_few_requirements():
    layout = Layout(16, 8, 16)
    most = max(len(template.when) for template in sbn(16, 8, 16).templates)
    assert most == max(layout.address_bits + 1, layout.target_bits + 2)


@pytest.mark.parametrize("sizes", [(0, 8, 4), (257, 8, 4), (4, 0, 4), (4, 65, 4), (4, 8, 0), (4, 8, 257), (2.0, 8, 4)])
def test_sizes_out_of_range_are_refused(sizes):
    with pytest.raises(InputError, match=r"sbn: (words|bits|instructions) must be an integer from 1 to"):
        sbn(*sizes)


def test_levels_of_a_gathering_tree():
    assert [tree_levels(m) for m in (1, 2, 3, 4, 9)] == [(1,), (1,), (2, 1), (2, 1), (5, 3, 2, 1)]


def test_one_network_runs_different_sbn_programs():
    layout, machine = Layout(8, 8, 27), Machine(sbn(8, 8, 27))
    for name in ("gcd", "sorting"):
        program = example(name)
        state, expected = load(layout, program), start(program)
        while expected.counter < len(program.instructions):
            for _ in range(layout.steps_per_instruction):
                state = machine.step(state)
            expected = successor(program, expected)
            assert read_configuration(layout, state, program) == expected


def test_a_program_in_a_larger_machine_halts_at_its_end():
    program = assemble("x: .word 5\ny: .word 3\nsbn x y\nsbn y x")
    run = run_sbn(program, words=5, instructions=9)
    assert (run.halted, run.executed, run.memory) == (True, 2, {"x": 7, "y": -2})


def test_a_machine_that_is_too_small_is_refused():
    program = assemble("x: .word 5\ny: .word 3\nsbn x y\nsbn y x")
    for sizes in ({"words": 1}, {"instructions": 1}):
        with pytest.raises(InputError, match="does not fit in a machine"):
            layout_for(program, **sizes)
    with pytest.raises(InputError, match="does not fit in a machine"):
        load(Layout(2, 7, 2), program)


def test_loading_and_reading_are_inverse():
    program = example("sorting")
    layout = layout_for(program, words=7, instructions=30)
    for counter in (0, 13, len(program.instructions)):
        now = Configuration(counter, (1, -128, 127, 0, -1))
        assert read_configuration(layout, load(layout, program, now), program) == now


def test_a_state_within_an_instruction_is_refused():
    program = example("addition")
    layout = layout_for(program)
    state = sbn(layout.words, layout.bits, layout.instructions).step(load(layout, program))
    with pytest.raises(InputError, match="between two instructions, one cell"):
        read_configuration(layout, state, program)


def test_the_state_of_a_halted_machine_is_constant():
    program = example("addition")
    layout = layout_for(program)
    machine = Machine(sbn(layout.words, layout.bits, layout.instructions))
    end = Configuration(len(program.instructions), (1, 2, 3, -4))
    state = load(layout, program, end)
    first = machine.step(state)
    assert machine.step(first) == first
    assert first == {**state, "counter": [0] * 4, "halted": [1]}


def test_both_kernels_round_every_bit_correctly():
    for regime in ("ntk", "nngp"):
        run = run_sbn(example("gcd"), kernel=two_layer_relu(regime))
        assert run.memory["y"] == 12
        assert run.largest_matches <= run.layout.largest_matches


def test_only_memory_program_and_counter_are_set_between_instructions():
    program = example("gcd")
    layout = layout_for(program)
    templates = sbn(layout.words, layout.bits, layout.instructions)
    state = load(layout, program)
    for _ in range(layout.steps_per_instruction * 3):
        state = templates.step(state)
    kept = ("memory", "counter", "program_a", "program_b", "program_c")
    assert not any(any(bits) for field, bits in state.items() if field not in kept)
    assert sum(state["counter"]) == 1


def test_a_limit_of_zero_instructions_returns_the_initial_memory():
    program = example("addition")
    run = run_sbn(program, max_instructions=0)
    assert (run.executed, run.steps, run.halted, tuple(run.memory.values())) == (0, 0, False, program.values)
    for limit in (-1, 1.5):
        with pytest.raises(InputError, match="max_instructions"):
            run_sbn(program, max_instructions=limit)


# --- partial states


def test_a_partial_step_covers_all_states_of_the_partial_row():
    program = TemplateProgram("mixed", fields={"p": 3, "q": 2})
    program.template(when={("p", 0): 1, ("p", 1): 0}, write=[("q", 0)])
    program.template(when={("p", 2): 0}, write=[("p", 1), ("q", 1)])
    program.template(when={("q", 0): 1, ("q", 1): 1, ("p", 2): 1}, write=[("p", 0)])
    for code in range(3**5):
        partial = np.array([code // 3**index % 3 for index in range(5)], dtype=np.uint8)
        states = np.array([[number >> index & 1 for index in range(5)] for number in range(32)], dtype=np.uint8)
        states = states[((partial == UNKNOWN) | (states == partial)).all(axis=1)]
        after, covered = program.step_rows(states), step_partial(program, partial[None, :])[0]
        assert ((covered == UNKNOWN) | (after == covered)).all()
        assert (program.may_match_rows(partial[None, :])[0] >= program.match_rows(states).any(axis=0)).all()


# --- counter machines


def test_an_overflowing_counter_is_negative_at_the_end():
    program = compile_minsky([Increment(0, then=0)], [0], bits=4)
    assert run_sbn(program).memory["counter_0"] == -8


def test_invalid_counter_machines_are_refused():
    for source in ([Increment(1, 0)], [Increment(0, 2)], [Decrement(0, 0, -1)], [Decrement(-1, 0, 0)]):
        with pytest.raises(InputError, match="does not exist"):
            compile_minsky(source, [0], bits=8)
    with pytest.raises(InputError, match="must be nonnegative"):
        compile_minsky([Increment(0, 0)], [-1], bits=8)


def test_a_compiled_counter_machine_ends_with_the_same_counters():
    double = [Decrement(0, 1, 3), Increment(1, 2), Increment(1, 0)]
    for value in range(4):
        *_, (index, counters) = counter_steps(double, [value, 0])
        assert (index, counters) == (3, (0, 2 * value))
        program = compile_minsky(double, [value, 0], bits=6)
        *_, last = execute_sbn(program, layout_for(program))
        assert last.configuration.memory[:2] == counters
