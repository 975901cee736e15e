"""KISS2: states, rows of any state, conflicts, and what each malformed file is told."""

import pytest

from ntkproofs.errors import InputError
from ntkproofs.formats import Row, read_kiss


def table(rows, inputs=2, outputs=1):
    return f".i {inputs}\n.o {outputs}\n{rows}\n.e\n".encode()


def refused(data):
    with pytest.raises(InputError) as problem:
        read_kiss(data, "f.kiss2")
    message = str(problem.value)
    assert message.startswith("f.kiss2:")
    assert "\n" not in message
    return message.removeprefix("f.kiss2:")


def test_fields_of_a_machine():
    text = b".start_kiss\n.i 1\n.o 2\n.p 3\n.s 2\n.r b # initial\n0 a b 0-\n1 a a 11\n- b a 00\n.end_kiss\n"
    text = text.replace(b"\n", b"\r\n")
    machine = read_kiss(text, "dir/toggle.kiss")
    assert (machine.name, machine.file, machine.text) == ("toggle", "toggle.kiss", text)
    assert (machine.inputs, machine.outputs, machine.states) == (1, 2, ("b", "a"))
    assert machine.rows == (Row("0", "a", "b", "0-"), Row("1", "a", "a", "11"), Row("-", "b", "a", "00"))


def test_the_first_row_has_the_initial_state_by_default():
    assert read_kiss(table("00 q p 1\n11 p r 0")).states == ("q", "p", "r")


@pytest.mark.parametrize("name", ["*", "ANY"])
def test_rows_of_any_state(name):
    machine = read_kiss(table(f"00 {name} a 1\n11 a b 0"))
    assert machine.states == ("a", "b")
    assert machine.rows == (Row("00", "a", "a", "1"), Row("00", "b", "a", "1"), Row("11", "a", "b", "0"))


@pytest.mark.parametrize(
    "rows", ["0- a a 1\n1- a b 0", "0- a a -\n-1 a a 1", "00 a a 1\n00 b a 0", "00 a a 1\n00 a a 1"]
)
def test_rows_that_agree(rows):
    assert read_kiss(table(rows))


@pytest.mark.parametrize(
    ("data", "line", "part"),
    [
        (table("00 a a"), 3, "a row must be: INPUTS STATE NEXT OUTPUTS, got 3 words"),
        (table("000 a a 1"), 3, "the inputs '000' have 3 characters; .i is 2"),
        (table("00 a a 11"), 3, "the outputs '11' have 2 characters; .o is 1"),
        (table("0x a a 1"), 3, "the inputs '0x' must consist of 0, 1 and -"),
        (table("00 a a ~"), 3, "the outputs '~' must consist of 0, 1 and -"),
        (table("00 a * 1"), 3, "the next state is unspecified (*); name a state"),
        (table("00 a - 1"), 3, "the next state is unspecified (-); name a state"),
        (
            table("0- a a 1\n\n-1 a b 1"),
            5,
            "the row contradicts that on line 3: both match some input in the state 'a'",
        ),
        (table("0- a a 1\n-1 a a 0"), 4, "the row contradicts that on line 3"),
        (table("00 a a 1\n00 b a 1\n-- * b 1"), 5, "the row contradicts that on line 3"),
        (table(""), 4, "the machine has no rows"),
        (table("00 * * 1"), 3, "the next state is unspecified"),
        (table(".r z\n00 a a 1"), 3, ".r must be a state that occurs in the rows, got 'z'"),
        (table(".r\n00 a a 1"), 3, ".r must be a state that occurs in the rows, got ''"),
        (table(".s 2\n00 a a 1"), 3, ".s announces 2 states and there are 1"),
        (table(".p 2\n00 a a 1"), 3, ".p announces 2 rows and there are 1 in the file"),
        (table(".code a 01\n00 a a 1"), 3, ".code is not read: the codes of states are chosen by the compilation"),
        (table(".foo"), 3, "unknown directive '.foo'; the directives are .i .o .p .s .r"),
        (table(".ilb a\n00 a a 1"), 3, ".ilb lists 1 names for 2 columns"),
        (b".i 2\n.o 1\n00 a a 1\n", 3, "neither .p, the number of rows, nor an end .e: the file may be truncated"),
        (b".i 1000000000000\n.o 1\n.e\n", 1, ".i needs one integer from 1 to 2,048"),
        (table("00 \x7f a 1"), 3, "the byte 0x7f is not a printable ASCII character"),
    ],
)
def test_each_malformed_file_is_told_the_line_and_what_would_be_right(data, line, part):
    message = refused(data)
    assert message.startswith(f"{line}: ")
    assert part in message


def test_rows_of_any_state_do_not_multiply_without_limit():
    rows = "\n".join(f"00 s{i} s{i} 1\n11 * s0 1" for i in range(2000))
    assert "too large: 2,000 rows of the state * for 2,000 states" in refused(table(rows))
