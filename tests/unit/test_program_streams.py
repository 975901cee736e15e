"""Streams: programs whose inputs arrive at ports, one group at each clock."""

import numpy as np
import pytest

from ntkproofs.errors import InputError
from ntkproofs.programs import Stream, TemplateProgram


def serial_adder():
    """Return an adder of two numbers that arrive bit by bit, lowest first."""
    program = TemplateProgram("serial", fields={"a": 1, "b": 1, "carry": 1, "sum": 1})
    a, b, carry = ("a", 0), ("b", 0), ("carry", 0)
    for x, y, z in np.ndindex(2, 2, 2):
        write = [("sum", 0)] * ((x + y + z) & 1) + [carry] * (x + y + z >= 2)
        if write:
            program.template(when={a: x, b: y, carry: z}, write=write)
    return Stream(program, ("a", "b"), 1, (("sum", 0),), add_digit)


def add_digit(carry, a, b):
    total = a + b + (carry or 0)
    return total >> 1, total & 1


def digits(number, count):
    return [number >> index & 1 for index in range(count)]


def test_a_serial_adder_adds():
    stream = serial_adder()
    for x, y in ((0, 0), (201, 57), (255, 255), (1, 254)):
        words = list(zip(digits(x, 9), digits(y, 9), strict=True))
        assert stream.run(words) == stream.expected(words) == digits(x + y, 9)


def test_the_ports_are_set_and_nothing_else():
    program = TemplateProgram("keep", fields={"port": 2, "kept": 3})
    for index in range(3):
        program.template(when={("kept", index): 1}, write=[("kept", index), ("port", 0)])
    stream = Stream(
        program, ("port",), 2, (("kept", 0), ("kept", 1), ("kept", 2), ("port", 0)), constantly(13), {"kept": 5}
    )
    assert stream.start() == program.state(kept=5)
    assert stream.start(kept=2) == program.state(kept=2)
    assert stream.run([3, (0,), np.int64(2)]) == stream.expected([3, 0, 2]) == [13, 13, 13]
    rows = stream.set_rows(program.row(stream.start())[None, :].repeat(3, axis=0), [(3,), (0,), (2,)])
    assert [program.unrow(row) for row in rows] == [program.state(port=port, kept=5) for port in (3, 0, 2)]


def constantly(answer):
    return lambda state, word: (None, answer)


def test_widths_and_positions():
    program = TemplateProgram("x", fields={"a": 2, "b": 1, "c": 3})
    stream = Stream(program, ["c", "a"], np.int64(4), [("b", np.int32(0))], constantly(0))
    assert (stream.inputs, stream.period, stream.output) == (("c", "a"), 4, (("b", 0),))
    assert (stream.input_widths, stream.input_bits) == ((3, 2), 5)
    assert stream.input_positions == (3, 4, 5, 0, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"program": 3}, "program must be a TemplateProgram, got 3"),
        ({"inputs": ()}, "one or more distinct fields"),
        ({"inputs": "a"}, "one or more distinct fields, such as \\('a',\\), got 'a'"),
        ({"inputs": ("a", "a")}, "one or more distinct fields"),
        ({"inputs": ("a", "w")}, "unknown field 'w'"),
        ({"period": 0}, "period must be a positive integer, got 0"),
        ({"period": True}, "period must be a positive integer, got True"),
        ({"output": ()}, "at least one output bit"),
        ({"output": (("w", 0),)}, "unknown field 'w'"),
        ({"output": ("sum", 0)}, "a bit must be"),
        ({"output": "sum"}, "output must be a list of bits"),
        ({"oracle": 3}, "the oracle must be a function"),
        ({"constants": {"a": 1}}, "either an input or a constant"),
        ({"constants": {"w": 1}}, "unknown field 'w'"),
        ({"constants": {"carry": 2}}, "serial, constants: field 'carry': 2 does not fit in 1 bit"),
        ({"constants": 3}, "constants must be"),
    ],
)
def test_invalid_streams_are_refused(change, message):
    stream = serial_adder()
    names = ("program", "inputs", "period", "output", "oracle", "constants")
    arguments = {name: getattr(stream, name) for name in names}
    with pytest.raises(InputError, match=message):
        Stream(**{**arguments, **change})


@pytest.mark.parametrize("words", [[(1,)], [(1, 2)], [(1, 0), (0, -1)], [(0, 1.0)], ["01"], [3], [None]])
def test_inputs_that_do_not_fit_the_ports_are_refused_with_the_clock(words):
    with pytest.raises(InputError, match=f"serial, clock {len(words)}"):
        serial_adder().run(words)


def test_an_oracle_that_fails_is_named_with_its_state_and_inputs():
    stream = serial_adder()
    for oracle, message in (
        (lambda state, a, b: 3, r"in its state None with the inputs \(1, 0\), gives 3"),
        (lambda state, a, b: (0, -1), r"gives \(0, -1\): it must be \(next state, nonnegative integer\)"),
        (lambda state, a, b: (0, a / 2), r"gives \(0, 0.5\)"),
        (lambda state, a, b: {}[a], r"\(1, 0\), raises KeyError: 1"),
    ):
        broken = Stream(stream.program, stream.inputs, 1, stream.output, oracle)
        with pytest.raises(InputError, match=message):
            broken.expected([(1, 0)])
