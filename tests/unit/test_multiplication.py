"""Multiplication: known products, the necessity of every template, inputs narrower than their fields, the command."""

import json

import numpy as np
import pytest

from ntkproofs.cli import main
from ntkproofs.errors import InputError
from ntkproofs.execution import Machine, RoundingFailure
from ntkproofs.kernels import two_layer_relu
from ntkproofs.programs import Task, TemplateProgram, addition_task, multiplication, multiplication_task

KNOWN = [
    (8, 201, 57, 11457),
    (4, 15, 15, 225),
    (10, 999, 999, 998001),
    (20, 641, 6700417 % 2**20, 641 * (6700417 % 2**20)),
]


@pytest.mark.parametrize("regime", ["ntk", "nngp"])
@pytest.mark.parametrize(("bits", "x", "y", "product"), KNOWN)
def test_known_products(bits, x, y, product, regime):
    task = multiplication_task(bits)
    trace = Machine(task.program, two_layer_relu(regime)).run(task.start(x, y), steps=task.steps)
    assert task.read(trace.final) == product
    assert trace.largest_matches <= 3 * bits + 1


def test_eulers_factor_of_the_fifth_fermat_number():
    task = multiplication_task(23)
    rows = task.start_rows(np.array([641]), np.array([6700417]))
    for _ in range(task.steps):
        rows = task.program.step_rows(rows)
    assert task.read_row(rows[0]) == 2**32 + 1


@pytest.mark.parametrize("bits", [1, 2, 3, 4, 5])
def test_all_products(bits):
    task = multiplication_task(bits)
    x, y = np.divmod(np.arange(4**bits), 2**bits)
    rows = task.start_rows(x, y)
    for _ in range(task.steps):
        rows = task.program.step_rows(rows)
    np.testing.assert_array_equal(task.read_rows(rows), x * y)


@pytest.mark.parametrize("bits", range(1, 17))
def test_random_products_through_the_predictor(bits):
    task = multiplication_task(bits)
    source = np.random.default_rng(bits)
    x, y = source.integers(2**bits, size=(2, 3))
    machine, rows = Machine(task.program), task.start_rows(x, y)
    for _ in range(task.steps):
        rows, counts = machine.step_rows(rows)
        assert max(item.matches for item in counts) <= 3 * bits + 1
    np.testing.assert_array_equal(task.read_rows(rows), x * y)


def test_the_product_is_constant_after_the_last_step():
    task = multiplication_task(3)
    rows = task.start_rows(np.array([7]), np.array([5]))
    for step in range(3 * task.steps):
        rows = task.program.step_rows(rows)
        assert step + 1 < task.steps or task.read_row(rows[0]) == 35


def wide_products(program: TemplateProgram) -> list[tuple[int, int, int]]:
    """Execute all 4-bit s in sum_p, 2-bit multipliers x and 4-bit multiplicands y.

    Return for each the sum modulo 16, the carry out of it, and the multiplier during the addition.
    """
    inputs = ("sum_p", "multiplier", "multiplicand")
    task = Task(program, inputs, 60, (("sum_p", 0),), int.__mul__, constants={"to_check_lsb": 1})
    cases = np.arange(1024)
    early = rows = task.start_rows(cases >> 6, cases >> 4 & 3, cases & 15)
    for step in range(task.steps):
        rows = program.step_rows(rows)
        early = rows if step == 1 else early
    return [
        (value(after["sum_p"]), after["sum_c"][3], value(before["multiplier"]) if before["sum_counter"][0] else -1)
        for before, after in zip(map(program.unrow, early), map(program.unrow, rows), strict=True)
    ]


def value(bits: list[int]) -> int:
    return sum(bit << index for index, bit in enumerate(bits))


def test_a_multiplicand_that_fills_its_field_is_added_to_an_initial_sum():
    """Bits that are shifted out are lost, the carry out of the sum is kept, and the multiplier does not change."""
    expected = []
    for s in range(16):
        for x in range(4):
            for y in range(16):
                total = s + sum((y << i) % 16 for i in range(2) if x >> i & 1)
                expected.append((total % 16, int(total >= 16), x if x & 1 else -1))
    assert wide_products(multiplication(2)) == expected


@pytest.mark.parametrize("dropped", range(42))
def test_every_template_is_necessary(dropped):
    whole = multiplication(2)
    mutant = TemplateProgram("mutant", fields=whole.fields)
    for index, template in enumerate(whole.templates):
        if index != dropped:
            mutant.template(template.when, template.write)
    assert len(mutant.templates) == 41
    assert wide_products(mutant) != wide_products(whole)


def test_arbitrary_states_need_padding():
    program = multiplication(2)
    ones = dict.fromkeys(("multiplier", "sum_counter", "multiplicand", "sum_p", "sum_q", "sum_c"))
    state = program.state(
        **{field: 2 ** program.fields[field] - 1 for field in ones}, to_copy_to_sum_q=1, to_check_lsb=1
    )
    with pytest.raises(RoundingFailure, match="multiplicand_1 would be rounded incorrectly") as failure:
        Machine(program).step(state)
    assert str(failure.value.counts) == "n = 24, p = 1, t = 3, K = 42"
    program.pad(3)  # more than the l = 2 of the published scripts
    Machine(program).step(state)


@pytest.mark.parametrize("bits", [0, -1, 1.5, "8", None, 10**6])
def test_refused_numbers_of_bits(bits):
    with pytest.raises(InputError, match="multiplication: bits must be an integer from 1 to 58254"):
        multiplication(bits)


# --- inputs narrower than their field


def test_an_input_may_be_narrower_than_its_field():
    task = multiplication_task(3)
    assert task.input_widths == (3, 3)
    assert task.input_bits == 6
    assert task.input_positions == ((0, 1, 2), (6, 7, 8))
    assert task.start(5, 6)["multiplicand"] == [0, 1, 1, 0, 0, 0]
    for number in (8, -1):
        with pytest.raises(InputError, match="does not fit in 3 bits"):
            task.start(5, number)


def test_start_rows_agrees_with_start():
    for task in (addition_task(3), multiplication_task(3)):
        x, y = np.divmod(np.arange(64), 8)
        rows = task.start_rows(x, y)
        for case in range(64):
            assert task.program.unrow(rows[case]) == task.start(int(x[case]), int(y[case]))


@pytest.mark.parametrize(
    ("widths", "message"),
    [
        ({"sum_p": 1}, "widths are for inputs"),
        ({"q": 5}, "the width of input 'q' must be an integer from 1 to 4"),
        ({"q": 0}, "the width of input 'q' must be an integer from 1 to 4"),
    ],
)
def test_refused_widths(widths, message):
    program = addition_task(4).program
    with pytest.raises(InputError, match=message):
        Task(program, ("p", "q"), 8, (("p", 0),), int.__add__, widths=widths)


# --- command line


def test_command_line(capsys):
    assert main(["run", "multiplication", "201", "57", "--bits", "8"]) == 0
    assert capsys.readouterr().out == "11457\n"
    assert main(["run", "multiplication", "201", "57", "--bits", "8", "--json", "--regime", "nngp"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["result"] == 11457
    assert (document["steps"], document["samples"]) == (280, 162)


@pytest.mark.parametrize("arguments", [["201", "57", "--bits", "7"], ["1", "1", "--bits", "129"], ["1", "1"]])
def test_refused_command_lines(arguments, capsys):
    assert main(["run", "multiplication", *arguments]) == 3
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_wide_trace_breaks_its_headings(capsys):
    assert main(["run", "multiplication", "5", "11", "--bits", "4", "--trace"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 142
    headings = "step multiplier right multiplicand left to_sum_q sum_p sum_q sum_c sum_counter lsb matching mean mean"
    assert " ".join(lines[2].split()) == headings
    assert lines[3].split()[:3] == ["0", "0101", "0000"]
    assert lines[-1] == "55"
