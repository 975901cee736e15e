"""The interpreter on small programs, and every example on many data, with results known from arithmetic."""

from math import gcd

import pytest

from ntkproofs.errors import InputError
from ntkproofs.execution import run_sbn
from ntkproofs.programs.sbn import EXAMPLES, Configuration, assemble, configurations, example, interpret
from ntkproofs.programs.sbn.library import example_text


def results(name, **data):
    """Return the memory by name, from the interpreter; the machine must agree on the first few data of a test."""
    program = example(name).with_data(data)
    configuration, _ = interpret(program, max_instructions=5000)
    return dict(zip(program.names, configuration.memory, strict=True))


# --- the interpreter


def test_subtracts_and_goes_on_or_branches():
    program = assemble("x: .word 3\ny: .word 2\nagain: sbn x y halt\nsbn y x again\nsbn x x")
    assert [c.counter for c in configurations(program)] == [0, 3]
    program = program.with_data({"y": 5})
    assert list(configurations(program)) == [
        Configuration(0, (3, 5)),
        Configuration(1, (3, 2)),
        Configuration(2, (1, 2)),
        Configuration(3, (0, 2)),
    ]


@pytest.mark.parametrize(
    ("x", "y", "difference", "counter"),
    [(1, -128, 127, 1), (-1, 127, -128, 2), (-128, 0, -128, 2), (-128, -128, 0, 1), (127, -1, -128, 2), (0, 0, 0, 1)],
)
def test_wraps_around_and_branches_on_the_sign_bit(x, y, difference, counter):
    program = assemble("x: .word 0\ny: .word 0\nsbn x y halt\nsbn x x").with_data({"x": x, "y": y})
    for item in (list(configurations(program))[1], stepped(program)):
        assert item == Configuration(counter, (x, difference))


def stepped(program):
    result = []
    run_sbn(program, max_instructions=1, watch=result.append)
    return result[-1].configuration


def test_a_word_minus_itself_is_zero_and_not_negative():
    for value in (-128, -1, 0, 1, 127):
        program = assemble("x: .word 0\nsbn x x halt\nsbn x x").with_data({"x": value})
        assert stepped(program) == Configuration(1, (0,))


def test_a_program_that_does_not_halt_is_refused_at_the_limit():
    forever = assemble("go: .word -1\nzero: .word 0\nhere: sbn zero go here")
    with pytest.raises(InputError, match="has not halted after 100 instructions"):
        interpret(forever, max_instructions=100)
    run = run_sbn(forever, max_instructions=7)
    assert (run.halted, run.executed, run.steps) == (False, 7, 7 * run.layout.steps_per_instruction)


# --- the examples


def test_every_example_documents_its_result():
    for name in EXAMPLES:
        assert "Result: " in example_text(name)
    with pytest.raises(InputError, match="there is no SBN example"):
        example("../../cli")


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_machine_and_the_interpreter_agree_on_every_example(name):
    program = example(name)
    run = run_sbn(program)
    configuration, executed = interpret(program, max_instructions=5000)
    assert run.halted
    assert run.executed == executed
    assert tuple(run.memory.values()) == configuration.memory


@pytest.mark.parametrize(("x", "y"), [(0, 0), (13, 29), (-5, 3), (-60, -60), (100, 27), (-128, 127)])
def test_addition(x, y):
    memory = results("addition", x=x, y=y)
    assert (memory["x"], memory["y"], memory["z"]) == (x, y, x + y)


@pytest.mark.parametrize(("x", "y"), [(0, 0), (7, 13), (13, 7), (-9, 5), (1, 127), (-128, 1), (0, 50)])
def test_multiplication(x, y):
    memory = results("multiplication", x=x, y=y)
    assert (memory["x"], memory["y"], memory["z"]) == (x, -1, x * y)


def test_fibonacci():
    numbers = [0, 1]
    while len(numbers) < 12:
        numbers.append(numbers[-1] + numbers[-2])
    for n, number in enumerate(numbers):
        memory = results("fibonacci", n=n)
        assert (memory["n"], memory["f"], memory["t"], memory["u"]) == (-1, number, 0, 0)


@pytest.mark.parametrize(("x", "y"), [(84, 36), (36, 84), (1, 1), (127, 1), (1, 127), (17, 17), (64, 48), (55, 34)])
def test_greatest_common_divisor(x, y):
    memory = results("gcd", x=x, y=y)
    assert (memory["x"], memory["y"]) == (0, gcd(x, y))


@pytest.mark.parametrize(("x", "y"), [(57, 99), (99, 57), (0, 0), (127, 0), (0, 127), (-60, 60), (-7, -3), (5, 5)])
def test_maximum(x, y):
    memory = results("maximum", x=x, y=y)
    assert (memory["x"], memory["y"], memory["m"]) == (x, y, max(x, y))


def test_sorting():
    values = (0, 1, 64, 127)
    for x in values:
        for y in values:
            for z in values:
                memory = results("sorting", x=x, y=y, z=z)
                assert [memory["x"], memory["y"], memory["z"]] == sorted([x, y, z])


@pytest.mark.parametrize("n", [0, 1, 10, 127])
def test_countdown(n):
    memory = results("countdown", n=n)
    assert (memory["n"], memory["rounds"]) == (0, n)


def test_countdown_of_a_negative_number_leaves_it():
    memory = results("countdown", n=-4)
    assert (memory["n"], memory["rounds"]) == (-4, 0)
