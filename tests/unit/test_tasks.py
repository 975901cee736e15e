"""Tasks: validated when they are made; oracles are plain Python on integers."""

import numpy as np
import pytest

from ntkproofs.errors import InputError
from ntkproofs.execution import exhaust
from ntkproofs.programs import Task, TemplateProgram, addition_task


def identity(bits):
    """Return a program that keeps its field x of so many bits, and y of two."""
    program = TemplateProgram("identity", fields={"x": bits, "y": 2})
    for name, width in program.fields.items():
        for index in range(width):
            program.template({(name, index): 1}, [(name, index)])
    return program


def task(oracle, bits=6):
    program = identity(bits)
    return Task(program, ("x",), 1, tuple(("x", index) for index in range(bits)), oracle)


TABLE = {number: number for number in range(1 << 8)}


def branches(x):
    if x > 3:
        return x
    return 0 if x == 0 else x


def loops(x):
    total, weight = 0, 1
    while x:
        x, digit = divmod(x, 2)
        total += digit * weight
        weight *= 2
    return total


ORACLES = {
    "branches": branches,
    "loops": loops,
    "max": lambda x: max(x, 0),
    "int": lambda x: int(str(x)),
    "a table": lambda x: TABLE[x % 256] + x // 256 * 256,
    "bit_count": lambda x: x if x.bit_count() >= 0 else 1,
    "bits as text": lambda x: int(f"{x:b}", 2),
    "sum of a generator": lambda x: sum(1 << i for i in range(x.bit_length()) if x >> i & 1),
    "pow": lambda x: pow(x, 1),
    "a set": lambda x: sorted({x, 10**9})[0],
    "a truth value": lambda x: x if x else False,
    "NumPy's integers": lambda x: np.int64(x),
    "an array": lambda x: np.array([x, 5])[0],
    "arithmetic": lambda x: x * 3 // 3,
    "try": lambda x: len([None] * x),
}


@pytest.mark.parametrize("name", ORACLES)
@pytest.mark.parametrize("bits", [6, 8])
def test_oracles_are_plain_python(name, bits):
    result = exhaust(task(ORACLES[name], bits), workers=1)
    assert (result.cases, result.wrong, result.complete) == (1 << bits, 0, True)


@pytest.mark.parametrize("name", ["branches", "max", "a table", "bit_count", "arithmetic"])
def test_oracles_are_plain_python_with_many_inputs(name):
    """With more than 20 input bits an oracle may be called on arrays, where that is the same."""
    result = exhaust(task(ORACLES[name], 21), workers=1, condition=False)
    assert (result.cases, result.wrong) == (1 << 21, 0)


FAILING = {
    "an exception": (lambda x: {}[x], "the oracle of identity raises KeyError at the inputs (0,): 0"),
    "one input": (lambda x: 7 // abs(x - 5), "the oracle of identity raises ZeroDivisionError at the inputs (5,)"),
    "a float": (lambda x: x / 2, "the oracle of identity gives 0.0 (float) at the inputs (0,)"),
    "negative": (lambda x: 2 - x, "the oracle of identity gives -1 (int) at the inputs (3,)"),
    "None": (lambda x: None, "the oracle of identity gives None (NoneType) at the inputs (0,)"),
    "text": (lambda x: "1", "the oracle of identity gives '1' (str) at the inputs (0,)"),
    "arguments": (lambda: 1, "the oracle of identity raises TypeError at the inputs (0,)"),
}


@pytest.mark.parametrize("name", FAILING)
def test_an_error_names_the_oracle_and_the_input(name):
    oracle, message = FAILING[name]
    with pytest.raises(InputError) as caught:
        exhaust(task(oracle), workers=1, condition=False)
    assert message in str(caught.value)


# --- validated when made


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"program": 3}, "program must be a TemplateProgram, got 3"),
        ({"inputs": "p"}, r"inputs must be one or more distinct fields, such as \('p',\), got 'p'"),
        ({"inputs": 3}, "one or more distinct fields"),
        ({"inputs": (3,)}, "one or more distinct fields"),
        ({"steps": True}, "steps must be a positive integer, got True"),
        ({"steps": "2"}, "steps must be a positive integer, got '2'"),
        ({"output": ("p", 0)}, "a bit must be"),
        ({"output": "p"}, "output must be a list of bits"),
        ({"output": None}, "output must be a list of bits"),
        ({"output": (("p", "0"),)}, "indices from 0 to 2"),
        ({"oracle": None}, "the oracle must be a function of the inputs, got None"),
        ({"constants": {"c": 8}}, "addition, constants: field 'c': 8 does not fit in 3 bits"),
        ({"constants": {"c": -1}}, "does not fit in 3 bits"),
        ({"constants": {"c": "1"}}, "does not fit in 3 bits"),
        ({"constants": [("c", 1)]}, "constants must be {field: number}"),
        ({"widths": [("p", 1)]}, "widths must be {input: number of bits}"),
        ({"widths": {"p": 4}}, "the width of input 'p' must be an integer from 1 to 3, got 4"),
        ({"widths": {"c": 1}}, r"widths are for inputs \(p, q\), got one for 'c'"),
    ],
)
def test_what_is_no_task_is_refused(change, message):
    made = addition_task(3)
    names = ("program", "inputs", "steps", "output", "oracle", "constants", "widths")
    with pytest.raises(InputError, match=message):
        Task(**{**{name: getattr(made, name) for name in names}, **change})


def test_lists_and_iterators_become_tuples():
    made = Task(identity(3), ["x"], 1, iter([("x", 0)]), max, {"y": np.int8(2)}, {"x": np.uint8(2)})
    assert (made.inputs, made.output) == (("x",), (("x", 0),))
    assert (made.constants, made.widths, made.input_widths) == ({"y": 2}, {"x": 2}, (2,))
    hash(made)


def test_names_that_are_no_identifiers_are_quoted():
    program = TemplateProgram("x", fields={"a[0]": 1, "$b": 1})
    program.template({("a[0]", 0): 1}, [("$b", 0)])
    with pytest.raises(InputError, match=r"unknown field 'c'; the fields are 'a\[0\]', '\$b'"):
        Task(program, ("c",), 1, (("$b", 0),), int)
    made = Task(program, ("a[0]",), 1, (("$b", 0),), int)
    with pytest.raises(InputError, match=r"x takes 1 input \('a\[0\]'\), got 2"):
        made.start(1, 1)
    assert exhaust(made, workers=1).holds
