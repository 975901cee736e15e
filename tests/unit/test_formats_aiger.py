"""AIGER: both forms give the circuit that they describe, and what each malformed file is told."""

import pytest
from hypothesis import given
from netlists import ascii_aiger, binary_aiger, graphs, simulate_graph, truth_table, values

from ntkproofs.errors import InputError
from ntkproofs.formats import Cover, Latch, read_aiger

NAND = "aag 3 2 0 1 1\n2\n4\n7\n6 4 2\n"


def refused(data):
    with pytest.raises(InputError) as problem:
        read_aiger(data.encode("latin-1"), "f.aag")
    message = str(problem.value)
    assert message.startswith("f.aag:")
    assert "\n" not in message
    return message.removeprefix("f.aag:")


@given(graphs())
def test_both_forms_compute_what_the_literals_say(graph):
    inputs, latches, outputs, _ = graph
    text, binary = read_aiger(ascii_aiger(graph)), read_aiger(binary_aiger(graph))
    assert text.covers == binary.covers
    assert text.latches == binary.latches
    assert [latch.initial for latch in text.latches] == [initial for _, initial in latches]
    places = [*text.inputs, *(latch.output for latch in text.latches)]
    for case in range(1 << len(places)):
        bits = [case >> i & 1 for i in range(len(places))]
        signals = values(text, bits[:inputs], 1, dict(zip(places[inputs:], bits[inputs:], strict=True)))
        answer, following = simulate_graph(graph, bits[:inputs], bits[inputs:])
        assert [signals[name] for name in text.outputs] == answer
        assert [signals[latch.input] for latch in text.latches] == following
    assert len(text.outputs) == len(outputs)


def test_names():
    netlist = read_aiger((NAND + "i0 a\ni1 n3\no0 y[0]\nc\n\xff anything").encode("latin-1"), "x/nand.aag")
    assert (netlist.name, netlist.file) == ("nand", "nand.aag")
    assert (netlist.inputs, netlist.outputs) == (("a", "n3"), ("y[0]",))
    assert netlist.covers == (("n3_", Cover(("n3", "a"), ("11",), 1)), ("y[0]", Cover(("n3_",), ("0",), 1)))


def test_an_output_may_be_a_signal_of_the_same_name():
    text = "aag 1 1 0 1 0\n2\n2\ni0 a\no0 a\n"
    assert read_aiger(text.encode()).covers == ()
    assert "'a' is driven twice, first on line 2" in refused(text.replace("2\n2\n", "2\n3\n"))


def test_gates_in_any_order():
    netlist = read_aiger(b"aag 4 2 0 1 2\n2\n4\n8\n8 6 2\n6 4 3\n")
    assert [name for name, _ in netlist.covers] == ["n3", "n4", "o0"]
    assert truth_table(netlist) == (0b0000,)


def test_latches():
    netlist = read_aiger(b"aag 5 1 3 1 1\n2\n4 11\n6 11 1\n8 0 8\n4\n10 4 2\n")
    assert netlist.latches == (Latch("l0", "n5_1", 0), Latch("l1", "n5_1", 1), Latch("l2", "n0_0", 0))


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("", 1, "the file is truncated: expected the header aag|aig MAXVAR INPUTS LATCHES OUTPUTS ANDS"),
        ("aag 1 1 0 0\n", 1, "expected the header aag|aig"),
        ("aax 1 1 0 0 0\n", 1, "expected the header aag|aig"),
        ("aag 1 1 0 0 x\n", 1, "the header must be aag|aig MAXVAR INPUTS LATCHES OUTPUTS ANDS, got 'x'"),
        ("aag 1 1 0 0 -1\n", 1, "the header must be"),
        ("aag 1 1 0 1 0 1\n", 1, "bad states, constraints, justice and fairness (AIGER 1.9) are not read"),
        ("aag 1 2 0 0 0\n", 1, "the largest variable must be at least the sum of inputs, latches and ANDs, 2"),
        ("aig 3 1 0 0 1\n", 1, "the largest variable must be the sum of inputs, latches and ANDs, 2"),
        ("aig 99999999999 99999999999 0 0 0\n", 1, "too many signals in the header: a netlist has at most 262,144"),
        ("aag 2000000000 0 0 0 0\n", 1, "too many signals in the header"),
        (f"aag {'9' * 10000} 0 0 0 0\n", 1, "too many signals in the header"),
        ("aag 1 1 0 1 0\n2\n4\n", 3, "the literal 4 is out of range: at most 3"),
        ("aag 1 1 0 1 0\n4\n2\n", 2, "the literal 4 is out of range: at most 3"),
        ("aag 1 1 0 1 0\n3\n2\n", 2, "the literal 3 cannot be defined: it must be even and not 0"),
        ("aag 1 1 0 1 0\n0\n2\n", 2, "the literal 0 cannot be defined"),
        ("aag 2 2 0 1 0\n2\n2\n2\n", 3, "the literal 2 is defined twice, first on line 2"),
        ("aag 2 1 0 1 0\n2\n4\n", 3, "the literal 4 is used, but the variable 2 is not defined"),
        ("aag 4 1 0 1 1\n2\n6\n6 8 2\n", 4, "the literal 8 is used, but the variable 4 is not defined"),
        ("aag 2 1 0 1 1\n2\n4\n4 4 2\n", 4, "a cycle of 1 signals without a latch: 'n2' <- 'n2'"),
        ("aag 1 1 0 1 0\n2 2\n2\n", 2, "expected the literal of an input, got 2 numbers"),
        ("aag 1 1 0 1 0\nx\n2\n", 2, "expected the literal of an input, got 'x'"),
        ("aag 1 1 0 1 0\n2\n", 3, "the file is truncated: expected the literal of an output"),
        ("aag 1 1 0 1 0\n2\n2", 3, "the file is truncated: the last line has no end"),
        ("aag 2 1 0 1 1\n2\n4\n4 2\n", 4, "expected an AND: LITERAL OPERAND OPERAND, got 2 numbers"),
        ("aag 1 0 1 1 0\n2 2 3\n2\n", 2, "the initial value of a latch is 0, 1 or its literal 2, got 3"),
        ("aag 1 0 1 1 0\n2\n2\n", 2, "expected a latch: [LITERAL] NEXT [INITIAL], got 1 numbers"),
        ("aag 1 1 0 0 0\n2\n", 2, "the circuit has no outputs"),
        (NAND + "x0 a\n", 6, "expected a symbol such as 'i0 NAME' (i, l or o), or 'c' before a comment, got 'x0 a'"),
        (NAND + "i2 a\n", 6, "there is no 'i2': the header announces 2 of this kind"),
        (NAND + "l0 a\n", 6, "there is no 'l0': the header announces 0 of this kind"),
        (NAND + "i0\n", 6, "a name consists of printable ASCII characters without spaces, got ''"),
        (NAND + "i0 a b\n", 6, "a name consists of printable ASCII characters without spaces, got 'a b'"),
        (NAND + "i0 \xe9\n", 6, "a name consists of printable ASCII characters without spaces"),
        (NAND + "i0 a\ni0 b\n", 7, "i0 is named twice, first on line 6"),
        (NAND + "i0 a\ni1 a\n", 7, "the name 'a' is used twice, first on line 6"),
        ("aig 2 1 0 1 1\n4\n", 3, "in the binary AND with the literal 4, byte 16: the file is truncated"),
        ("aig 2 1 0 1 1\n4\n\x02", 3, "in the binary AND with the literal 4, byte 17: the file is truncated"),
        ("aig 2 1 0 1 1\n4\n\x00\x00", 3, "its operands must be smaller literals"),
        ("aig 2 1 0 1 1\n4\n\x02\x03", 3, "its operands must be smaller literals"),
        ("aig 2 1 0 1 1\n4\n" + "\x80" * 9, 3, "an operand has more than 5 bytes"),
    ],
)
def test_each_malformed_file_is_told_the_line_and_what_would_be_right(text, line, part):
    message = refused(text)
    assert message.startswith(f"{line}: ")
    assert part in message
