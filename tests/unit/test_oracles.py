"""Oracles: the expected answers are the values on Python integers, however they are computed."""

import contextlib
import operator
import os
import signal
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ntkproofs.errors import InputError, Undecided
from ntkproofs.execution import chunks, exhaust
from ntkproofs.execution.oracles import IntegerRange, Oracle, Untraceable
from ntkproofs.processes import parallel_map
from ntkproofs.programs import Task, TemplateProgram, addition_task, multiplication_task, permutation_task


def constant_zero(oracle, *, bits=3, inputs=("x", "y"), outputs=8) -> Task:
    """Return a task whose program always answers 0."""
    program = TemplateProgram("blank", fields={**dict.fromkeys(inputs, bits), "z": outputs})
    program.template(when={("z", 0): 1}, write=[("z", 0)])
    return Task(program, tuple(inputs), 1, tuple(("z", index) for index in range(outputs)), oracle)


def table_task(function, *, bits=3) -> Task:
    """Return a task for a Boolean function of two numbers, with one template for each pair with value 1."""
    program = TemplateProgram("table", fields={"x": bits, "y": bits, "z": 1})
    for x in range(1 << bits):
        for y in range(1 << bits):
            if function(x, y):
                when = {(name, i): value >> i & 1 for name, value in (("x", x), ("y", y)) for i in range(bits)}
                program.template(when=when, write=[("z", 0)])
    return Task(program, ("x", "y"), 1, (("z", 0),), function)


def test_differences_may_be_negative():
    """With unsigned 64-bit integers, x - y > 0 would mean x != y."""
    greater, different = table_task(lambda x, y: x - y > 0), table_task(lambda x, y: x != y)
    assert exhaust(greater).holds
    wrong = exhaust(Task(different.program, ("x", "y"), 1, (("z", 0),), greater.oracle))
    assert wrong.wrong == sum(x < y for x in range(8) for y in range(8))
    assert wrong.first_wrong.expected == 0
    assert wrong.first_wrong.got == 1


REFUSED = [
    (
        lambda x, y: x / 2,
        r"gives 0.0 \(float\) at the inputs \(0, 0\): an answer must be a nonnegative integer \(x // 2 is an integer",
    ),
    (lambda x, y: float(x), r"gives 0.0 \(float\)"),
    (lambda x, y: x - y, r"gives -. \(int\) at the inputs \(., .\)"),
    (lambda x, y: None, "gives None"),
    (lambda x, y: "0", "gives '0'"),
    (lambda x, y: [0], "gives "),
    (lambda x, y: x // y, r"raises ZeroDivisionError at the inputs \(0, 0\)"),
    (lambda x: x, r"raises TypeError at the inputs \(0, 0\)"),
    (lambda x, y: np.sqrt(x), r"gives np.float64|gives 0.0"),
]


@pytest.mark.parametrize(("oracle", "message"), REFUSED)
def test_an_oracle_must_return_nonnegative_integers(oracle, message):
    with pytest.raises(InputError, match=f"the oracle of blank {message}"):
        exhaust(constant_zero(oracle))


def aliased(x, y):
    before = after = x + 0
    after += y
    return before * 16 + after


def by_type(x, y):
    return x if isinstance(x, int) else x + (y > 0)


DEFINED = [
    lambda x, y: (x * y + 3) % 5,
    lambda x, y: (x > 2) + (y > 2),
    lambda x, y: (x > y) * 3 + (x == y),
    lambda x, y: x << 3 | y,
    lambda x, y: x ^ y & 3,
    lambda x, y: 1,
    lambda x, y: True,
    lambda x, y: max(x, y),
    lambda x, y: x if x > y else y,
    lambda x, y: len(str(x * 100)),
    lambda x, y: x + len(str(x)),
    lambda x, y: (~(x > y)) & 7,
    lambda x, y: sum([x, y, x > y]),
    lambda x, y: [5, 6, 7, 8, 9, 10, 11, 12][x],
    lambda x, y: x**y % 7,
    lambda x, y: 2 ** (16 * x) % 11,
    lambda x, y: (x + 2**61) * 2 % 9,
    lambda x, y: x * 2**60 * 16 // 2**62,
    lambda x, y: int(np.int64(x)) + y,
    lambda x, y: np.uint8(x),
    lambda x, y: x.bit_length(),
    lambda x, y: (x > 3) & (y > 3) | (x == y),
    aliased,
]


@pytest.mark.parametrize("oracle", DEFINED)
def test_answers_are_the_values_on_python_integers(oracle):
    task = constant_zero(oracle)
    grid = [np.arange(64) % 8, np.arange(64) // 8]
    inputs = [np.tile(values, (2, 1)) for values in grid]
    (values,), large = Oracle(task, exact_bits=0).answers(inputs)
    expected = [int(oracle(int(x), int(y))) for x, y in zip(*grid, strict=True)]
    assert [int(value) for value in values[0]] == [value & 255 for value in expected]
    assert large[1].tolist() == [value > 255 for value in expected]
    result = exhaust(task)
    assert (result.cases, result.wrong) == (64, sum(value != 0 for value in expected))


def by_class(x, y):
    return x if type(x) is int else x + (y > 0)


def test_an_oracle_that_depends_on_the_type_of_its_arguments_is_refused():
    """With up to 2^20 cases the oracle is called on Python integers only."""
    assert exhaust(constant_zero(by_class)).wrong == 56
    oracle = Oracle(constant_zero(by_class), exact_bits=0)
    assert oracle.traced
    with pytest.raises(InputError, match="its value must not depend on the type"):
        oracle.answers([np.arange(4096).reshape(64, -1) % 8, np.arange(4096).reshape(64, -1) // 512])


TABLE = [0, 0, 0, 1, 0, 0, 0, 0]


def branches(x, y):
    try:
        return 1 if x == 3 and y == 2 else 0
    except Exception:
        return 0 * x


def looks_up(x, y):
    try:
        return TABLE[x]
    except TypeError:
        return 0 * x


def asks_for_a_method(x, y):
    try:
        return (x * 100).bit_length() * (x == 5)
    except AttributeError:
        return 0 * x


def negates(x, y):
    with contextlib.suppress(BaseException):
        return int(-x == -3 and y == 2)
    return x - x


def asks_for_the_class(x, y):
    return int((x, y) == (3, 2)) if isinstance(x, int) else 0 * x


@pytest.mark.parametrize(
    ("oracle", "wrong"), [(branches, 1), (looks_up, 8), (asks_for_a_method, 8), (negates, 1), (asks_for_the_class, 1)]
)
def test_an_oracle_that_catches_its_errors_is_not_traced(oracle, wrong):
    """On arrays each of these oracles would be 0 everywhere, as the program is."""
    task = constant_zero(oracle)
    assert not Oracle(task, exact_bits=0).traced
    assert exhaust(task).wrong == wrong


def test_answers_of_any_size_are_compared():
    task = constant_zero(lambda x, y: 2**100 * x + (y == 9), outputs=64)
    assert exhaust(task).wrong == 56
    exact = constant_zero(lambda x, y: 2**63 + x, outputs=64)
    assert exhaust(exact).wrong == 64
    assert exhaust(constant_zero(lambda x, y: 2**64 * y, outputs=64)).wrong == 56


@pytest.mark.parametrize("task", [addition_task(20), multiplication_task(8), permutation_task(range(19, -1, -1))])
def test_the_oracles_of_the_package_run_on_arrays(task):
    assert Oracle(task, exact_bits=0).traced


@pytest.mark.parametrize("oracle", [lambda x, y: x**2, lambda x, y: x / 2, lambda x, y: -x, min, aliased, int.__add__])
def test_operations_that_may_differ_on_arrays_are_not_traced(oracle):
    assert not Oracle(constant_zero(oracle), exact_bits=0).traced


def test_numbers_that_do_not_fit_are_not_traced():
    assert Oracle(constant_zero(operator.mul, bits=20, outputs=40)).traced
    assert not Oracle(constant_zero(lambda x, y: x * y * 2**30, bits=20), exact_bits=0).traced
    assert not Oracle(constant_zero(lambda x, y: x << y, bits=10), exact_bits=0).traced
    assert not Oracle(constant_zero(lambda x, y: (x // (2 * y - 5)) + 9), exact_bits=0).traced
    assert not Oracle(constant_zero(lambda x, y: x % (2 * y - 5) + 9), exact_bits=0).traced
    assert not Oracle(constant_zero(lambda x, y: (x * 2**59) << 1), exact_bits=0).traced
    assert not Oracle(constant_zero(lambda x, y: (0 - x) * 2**60 + 2**62), exact_bits=0).traced


BINARY = [operator.add, operator.sub, operator.mul, operator.and_, operator.or_, operator.xor, operator.lt, operator.eq]
BINARY += [operator.floordiv, operator.mod, operator.lshift, operator.rshift]


@given(st.data(), st.integers(-40, 40), st.integers(0, 30), st.integers(-40, 40), st.integers(0, 30))
@settings(max_examples=300)
def test_integer_ranges_contain_the_results_of_numpy_and_python(data, low, size, other, more):
    operation = data.draw(st.sampled_from(BINARY))
    left, right = IntegerRange(low, low + size), IntegerRange(other, other + more)
    try:
        result = operation(left, right)
    except Untraceable:
        return
    x = data.draw(st.integers(left.low, left.high))
    y = data.draw(st.integers(right.low, right.high))
    value = operation(x, y)
    assert result.low <= value <= result.high
    assert operation(np.array([x]), np.array([y]))[0] == value
    assert operation(np.array([x]), y)[0] == value


# --- tasks


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "steps must be a positive integer, got 0"),
        ({"steps": -3}, "steps must be a positive integer, got -3"),
        ({"steps": 1.0}, "steps must be a positive integer, got 1.0"),
        ({"output": ()}, "at least one output bit"),
        ({"output": (("z", 99),)}, "indices from 0 to"),
        ({"output": (("w", 0),)}, "unknown field 'w'"),
        ({"inputs": ()}, "one or more distinct fields"),
        ({"inputs": ("p", "p")}, "one or more distinct fields"),
        ({"inputs": ("p", "w")}, "unknown field 'w'"),
        ({"constants": {"p": 1}}, "either an input or a constant"),
        ({"constants": {"w": 1}}, "unknown field 'w'"),
        ({"oracle": 3}, "the oracle must be a function"),
        ({"widths": {"p": "2"}}, "the width of input 'p' must be an integer from 1 to 3"),
    ],
)
def test_invalid_tasks_are_refused(change, message):
    task = addition_task(3)
    program = task.program
    arguments = {"inputs": task.inputs, "steps": 6, "output": task.output, "oracle": task.oracle, **change}
    if "z" in str(change):
        program = TemplateProgram("z", fields={"p": 1, "q": 1, "z": 2})
    with pytest.raises(InputError, match=message):
        Task(program, **arguments)


@pytest.mark.parametrize("value", [1.0, "1", None, 2.5])
def test_inputs_must_be_integers(value):
    with pytest.raises(InputError):
        addition_task(3).start(value, 1)


# --- several processes


def square(number):
    return number * number


def test_results_come_in_order():
    assert list(parallel_map(square, range(50), 3)) == [number * number for number in range(50)]


def test_a_killed_worker_raises_an_error():
    def die(number):
        if number == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    message = r"a worker process ended early \(its process was killed by the signal SIGKILL\) after . of 20 parts"
    with pytest.raises(Undecided, match=message):
        list(parallel_map(die, range(20), 2))


def test_an_exception_in_a_worker_is_raised():
    def fail(number):
        if number == 3:
            raise InputError("not three")
        return number

    with pytest.raises(InputError, match="not three"):
        list(parallel_map(fail, range(9), 2))


def test_workers_end_with_the_iteration():
    work = parallel_map(lambda number: os.getpid(), range(9), 2)
    process = next(work)
    work.close()
    for _ in range(100):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    raise AssertionError("a worker is still there")


def test_exhaust_ends_when_a_worker_is_killed(monkeypatch):
    module = sys.modules[exhaust.__module__]
    monkeypatch.setattr(module, "SMALL_WORK", 0)
    monkeypatch.setattr(chunks, "CHUNK_WORK", 1)
    monkeypatch.setattr(module, "run_chunk", lambda plan, chunk: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(Undecided, match="a worker process ended early"):
        exhaust(addition_task(bits=8), workers=2)
