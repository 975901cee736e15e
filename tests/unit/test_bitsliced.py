"""Bit-sliced execution: transposition, partial words, adders, truth tables, and runs with one wrong input."""

import operator

import numpy as np
import pytest

from ntkproofs.errors import InputError
from ntkproofs.execution import Machine, exhaust, exhaust_chunks
from ntkproofs.execution.bitsliced import Adder, SlicedProgram, StateBlock, slice_rows, unslice
from ntkproofs.execution.cases import transpose
from ntkproofs.kernels import two_layer_relu
from ntkproofs.programs import Task, TemplateProgram, addition_task, permutation_task


@pytest.mark.parametrize("states", [1, 7, 63, 64, 65, 127, 128, 200])
def test_slicing_and_unslicing_are_inverse_for_any_number_of_states(states):
    rows = np.random.default_rng(states).integers(0, 2, (states, 11), dtype=np.uint8)
    planes = slice_rows(rows)
    assert planes.shape == (11, -(-states // 64))
    assert (unslice(planes, states) == rows).all()
    for bit in range(11):  # lane j of word w is state 64 w + j
        for state in range(states):
            assert int(planes[bit, state // 64]) >> (state % 64) & 1 == rows[state, bit]


@pytest.mark.parametrize("bits", [1, 15, 16, 17, 31, 32, 33, 64])
def test_transposing_integers_gives_their_bits(bits):
    numbers = np.random.default_rng(bits).integers(0, 2**63, (64, 3), dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    planes = transpose(numbers.copy(), bits)
    for bit in range(bits):
        for word in range(3):
            expected = sum((int(numbers[lane, word]) >> bit & 1) << lane for lane in range(64))
            assert int(planes[bit, word]) == expected


@pytest.mark.parametrize("planes", [1, 2, 3, 4, 5, 6, 7, 8, 26, 27, 64, 100])
def test_adding_planes_counts_lanes(planes):
    words = np.random.default_rng(planes).integers(0, 2**63, (planes, 2), dtype=np.uint64)
    adder = Adder(words)
    for _ in range(2):  # it can run again
        adder.run()
    counts = adder.counts
    for word in range(2):
        for lane in range(64):
            expected = sum(int(plane[word]) >> lane & 1 for plane in words)
            assert sum((int(count[word]) >> lane & 1) << weight for weight, count in enumerate(counts)) == expected


def truth_table(table: int) -> Task:
    """Return a task for a function of three bits, with one template for each row of its table that is 1."""
    program = TemplateProgram("table", fields={"x": 3, "y": 1, "z": 1})
    program.template(when={("y", 0): 1}, write=[("z", 0)])
    for row in range(8):
        if table >> row & 1:
            program.template(when={("x", bit): row >> bit & 1 for bit in range(3)}, write=[("y", 0)])
    return Task(program, ("x",), 1, (("y", 0),), oracle=lambda x: (table >> x) & 1)


@pytest.mark.parametrize("table", range(256))
def test_every_truth_table_of_three_inputs(table):
    result = exhaust(truth_table(table))
    assert (result.cases, result.wrong, result.holds) == (8, 0, True)


@pytest.mark.parametrize("table", range(0, 256, 5))
@pytest.mark.parametrize("flipped", range(8))
def test_the_one_wrong_row_of_a_truth_table_is_detected(table, flipped):
    good = truth_table(table)
    task = Task(good.program, good.inputs, 1, good.output, oracle=truth_table(table ^ 1 << flipped).oracle)
    result = exhaust(task)
    assert result.wrong == 1
    assert not result.holds
    assert result.first_wrong.inputs == (flipped,)
    assert (result.first_wrong.got, result.first_wrong.expected) == (table >> flipped & 1, 1 - (table >> flipped & 1))


@pytest.mark.parametrize("case", [0, 1, 63, 64, 4095, 65535, 32768 + 77])
def test_the_one_wrong_input_of_many_is_detected(case):
    bits = 16
    program = TemplateProgram("spike", fields={"x": bits, "y": 1})
    program.template(when={("x", bit): case >> bit & 1 for bit in range(bits)}, write=[("y", 0)])
    task = Task(program, ("x",), 1, (("y", 0),), oracle=lambda x: x * 0)
    result = exhaust(task)
    assert (result.cases, result.wrong) == (65536, 1)
    assert result.first_wrong.inputs == (case,)
    assert (result.first_wrong.got, result.first_wrong.expected) == (1, 0)


def test_the_result_does_not_depend_on_the_number_of_processes():
    task = addition_task(11)
    broken = Task(task.program, task.inputs, task.steps - 2, task.output, task.oracle)
    one, two = exhaust(broken, workers=1), exhaust(broken, workers=2)
    assert one.wrong == two.wrong > 0
    assert one.first_wrong == two.first_wrong
    assert one.visited == two.visited


def test_wrong_sums_occur_with_too_few_steps_only():
    task = addition_task(6)
    for steps, wrong in ((10, True), (11, False), (12, False)):
        result = exhaust(Task(task.program, task.inputs, steps, task.output, task.oracle))
        assert (result.wrong > 0) == wrong
        if wrong:
            x, y = result.first_wrong.inputs
            assert result.first_wrong.expected == x + y != result.first_wrong.got


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_visited_counts_are_those_of_the_dense_machine(bits):
    task = addition_task(bits)
    machine, seen = Machine(task.program), set()
    rows = np.stack([task.program.row(task.start(x, y)) for y in range(2**bits) for x in range(2**bits)])
    for _ in range(task.steps):
        rows, counts = machine.step_rows(rows)
        seen |= counts
    assert set(exhaust(task).visited) == seen


def test_counts_occur_at_their_recorded_visit():
    result = exhaust(addition_task(4))
    for counts, visit in result.visited.items():
        program = result.task.program
        row = program.row(result.task.start(*result.inputs_of(visit.case)))[None, :]
        for _ in range(visit.step):
            row = program.step_rows(row)
        match = program.match_rows(row)
        assert match.sum() == counts.matches
        assert program.matched_writers_rows(match)[0, program.position(visit.bit)] == counts.matched_writers
        assert program.writers[program.position(visit.bit)] == counts.writers


def overloaded(padding: int) -> Task:
    """Return a task whose bit q has ten writers that do not match: without padding, its mean is negative at p = 1."""
    program = TemplateProgram("overloaded", fields={"p": 1, "a": 10, "q": 1, "r": 1})
    program.template(when={("p", 0): 1}, write=[("q", 0)])
    for index in range(10):
        program.template(when={("a", index): 1}, write=[("q", 0)])
        program.template(when={("p", 0): 1, ("a", index): 0}, write=[("r", 0)])
    program.pad(padding)
    return Task(program, ("p", "a"), 1, (("q", 0),), oracle=lambda p, a: (p | (a > 0)) * 1)


def test_incorrect_rounding_is_detected_when_the_template_logic_is_correct():
    result = exhaust(overloaded(padding=0), condition=False)
    assert result.counted  # t n <= K is not provable here, so the states are counted without being asked to
    assert result.wrong == 0
    assert result.unsound
    assert not result.holds
    assert any(counts.matched_writers == 1 and counts.writers == 11 for counts in result.unsound)
    assert exhaust(overloaded(padding=200)).holds


def test_the_condition_is_proved_without_counting_if_possible():
    result = exhaust(addition_task(5), condition=False)
    assert not result.counted
    assert result.visited == {}
    assert result.largest_matches is None
    assert result.holds
    counted = exhaust(addition_task(5), condition=True)
    assert counted.counted
    assert counted.largest_matches == 5 <= result.matches_bound == 10


def test_smallest_margin_is_at_the_counts_with_most_matches_for_addition():
    margin, visit = exhaust(addition_task(5), kernel=two_layer_relu("nngp")).smallest_margin()
    assert (margin.counts.matches, margin.counts.matched_writers, margin.counts.writers) == (5, 1, 2)
    assert visit.step == 0


def test_chunks_yield_increasing_results_and_the_last_is_complete():
    result = list(exhaust_chunks(addition_task(10), workers=1))
    assert result[-1].cases == result[-1].total == 2**20
    assert [part.cases for part in result] == sorted(item.cases for item in result)


def test_permutation_of_twenty_bits():
    order = [(7 * index + 3) % 20 for index in range(20)]
    result = exhaust(permutation_task(order))
    assert (result.cases, result.wrong, result.largest_matches) == (2**20, 0, 20)


def test_an_answer_too_large_for_the_output_is_wrong():
    task = addition_task(3)
    result = exhaust(Task(task.program, task.inputs, task.steps, task.output[:3], operator.add))
    assert result.wrong == sum(x + y > 7 for x in range(8) for y in range(8))


def test_sizes_beyond_the_limits_are_refused():
    with pytest.raises(InputError, match="42 input bits"):
        exhaust(addition_task(21))
    empty = TemplateProgram("empty", fields={"x": 1})
    with pytest.raises(InputError, match="no templates"):
        SlicedProgram(empty)


def test_bits_that_no_template_writes_become_zero():
    task = addition_task(2)
    block = StateBlock(SlicedProgram(task.program), words=1)
    block.state[:] = np.uint64(2**64 - 1)
    block.step()
    assert not block.state[task.program.position(("q", 0))].any()
