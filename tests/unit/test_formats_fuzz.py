"""Any bytes whatever are either a source or an InputError of one line, and nothing hangs."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ntkproofs.errors import InputError
from ntkproofs.formats import read_aiger, read_blif, read_kiss, read_pla, read_turing

VALID = {
    read_blif: b".model m\n.inputs a b \\\n c\n.outputs y z\n.names a b x\n11 0\n.names x c y\n1- 1\n-1 1\n"
    b".names z\n1\n.clock k\n.latch y q re k 2\n.exdc\n.names a b y\n11 1\n.end\n",
    read_pla: b".i 3\n.o 2\n.ilb a b c\n.ob f g\n.type fr\n.p 3\n11- 1-\n0-1 |01\n000 -0\n.e\n",
    read_kiss: b".i 2\n.o 1\n.p 3\n.s 2\n.r b\n0- a b 1\n1- * a -\n0- b a 0\n.e\n",
    read_turing: b"# BB(4)\n1RB1LB_1LA0LC_---1LD_1RD0RZ\n",
    read_aiger: b"aag 5 2 1 2 2\n2\n4\n6 11 1\n7\n10\n8 4 2\n10 9 6\ni0 a\nl0 q\no0 y\nc\nfree text\n",
    lambda data: read_aiger(data, "x.aig"): b"aig 5 2 1 2 2\n11 1\n7\n10\n\x04\x02\x01\x03i0 a\no0 y\nc\n",
}


def check(reader, data):
    begin = time.process_time()
    try:
        reader(data)
    except InputError as problem:
        message = str(problem)
        assert message.isprintable()
        assert len(message) < 500
    assert time.process_time() - begin < 20  # seconds of CPU time; all of these take less than one


@pytest.mark.parametrize("reader", VALID)
def test_the_examples_are_valid(reader):
    assert reader(VALID[reader])


@pytest.mark.parametrize("reader", VALID)
@given(data=st.binary(max_size=200))
@example(data=b"")
@example(data=b"\n" * 1_000_000)
@example(data=b"a\n" * 300_000)
@example(data=b"a " * 300_000)
@example(data=b"\\\n" * 300_000)
@example(data=b".i 2048\n.o 2048\n.e\n")
@example(data=b"aig 262144 262144 0 0 0\n")
@example(data=b"aig 99999999999 99999999999 0 0 0\n")
def test_random_bytes(reader, data):
    check(reader, data)


@pytest.mark.parametrize("reader", VALID)
def test_every_truncation(reader):
    for length in range(len(VALID[reader])):
        check(reader, VALID[reader][:length])


@pytest.mark.parametrize("reader", VALID)
@given(data=st.data())
def test_random_changes_of_valid_files(reader, data):
    text = bytearray(VALID[reader])
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        piece = data.draw(st.binary(max_size=3) | st.sampled_from([b"0", b"1", b"-", b" ", b"\n", b".", b"999999999"]))
        text[start : start + data.draw(st.integers(0, 3))] = piece
    check(reader, bytes(text))


@pytest.mark.parametrize("reader", VALID)
@given(data=st.data())
def test_shuffled_lines_of_valid_files(reader, data):
    lines = VALID[reader].splitlines(keepends=True)
    order = data.draw(st.lists(st.sampled_from(range(len(lines))), max_size=2 * len(lines)))
    check(reader, b"".join(lines[index] for index in order))
