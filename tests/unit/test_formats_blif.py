"""BLIF: the function of every kind of cover, latches, clocks, and what each malformed file is told."""

import pytest
from hypothesis import given
from netlists import ascii_aiger, blif, graphs, truth_table, values

from ntkproofs.errors import InputError
from ntkproofs.formats import Cover, Latch, read_aiger, read_blif


def model(body, inputs="a b", outputs="y"):
    return f".model m\n.inputs {inputs}\n.outputs {outputs}\n{body}\n.end\n".encode()


def refused(data):
    with pytest.raises(InputError) as problem:
        read_blif(data, "dir/f.blif")
    message = str(problem.value)
    assert message.startswith("dir/f.blif:")
    assert "\n" not in message
    return message.removeprefix("dir/f.blif:")


@pytest.mark.parametrize(
    ("body", "table"),
    [
        (".names a b y\n11 1", 0b1000),
        (".names a b y\n11 0", 0b0111),
        (".names a b y\n1- 1\n-1 1", 0b1110),
        (".names a b y\n00 0\n11 0", 0b0110),
        (".names y", 0b0000),
        (".names y\n1", 0b1111),
        (".names y\n0", 0b0000),
        (".names a b y", 0b0000),
        (".names a b y\n-- 1", 0b1111),
        (".names a y\n0 1", 0b0101),
        (".names a a y\n11 1", 0b1010),
        (".names a a y\n10 1", 0b0000),
        (".names a a y\n10 0", 0b1111),
        (".names a b a y\n-10 1\n1-- 1", 0b1110),
        (".names x a y\n11 1\n.names b x\n0 1", 0b0010),
    ],
)
def test_the_function_of_a_cover(body, table):
    assert truth_table(read_blif(model(body))) == (table,)


@given(graphs())
def test_a_graph_written_as_blif_computes_the_same(graph):
    expected = read_aiger(ascii_aiger(graph))
    netlist = read_blif(blif(expected))
    assert (netlist.inputs, netlist.outputs, netlist.latches) == (expected.inputs, expected.outputs, expected.latches)
    places = [*netlist.inputs, *(latch.output for latch in netlist.latches)]
    mask = (1 << (1 << len(places))) - 1
    planes = [sum((k >> i & 1) << k for k in range(1 << len(places))) for i in range(len(places))]
    state = dict(zip(places, planes, strict=True))
    inputs = planes[: len(netlist.inputs)]
    assert values(netlist, inputs, mask, state) == values(expected, inputs, mask, state)


def test_fields_of_a_netlist():
    text = (
        b"# comment\n.model top\n.inputs a[0] \\\n $abc$20\n.outputs y a[0]\n.names a[0] $abc$20 y # 1\n1-\t1\n.end\n"
    )
    text = text.replace(b"\n", b"\r\n")
    netlist = read_blif(text, "folder/x.blif")
    assert (netlist.name, netlist.file, netlist.text) == ("top", "x.blif", text)
    assert netlist.inputs == ("a[0]", "$abc$20")
    assert netlist.outputs == ("y", "a[0]")
    assert netlist.covers == (("y", Cover(("a[0]", "$abc$20"), ("1-",), 1)),)


def test_without_a_model_line_the_name_is_that_of_the_file():
    assert read_blif(b".inputs a\n.outputs a\n.end", "some/one.blif").name == "one"


def test_covers_stay_in_the_order_of_the_file_if_that_is_topological():
    body = ".names a p\n1 1\n.names b q\n1 1\n.names q p y\n11 1"
    assert [name for name, _ in read_blif(model(body)).covers] == ["p", "q", "y"]
    body = ".names q p y\n11 1\n.names b q\n1 1\n.names a q p\n11 1"
    assert [name for name, _ in read_blif(model(body)).covers] == ["q", "p", "y"]


@pytest.mark.parametrize(
    ("line", "initial"),
    [("d q 1", 1), ("d q 0", 0), ("d q", 0), ("d q 2", 0), ("d q 3", 0), ("d q re clk 1", 1), ("d q fe clk", 0)],
)
def test_latches(line, initial):
    netlist = read_blif(model(f".latch {line}\n.names a q d\n11 1", inputs="a clk", outputs="q"))
    assert netlist.latches == (Latch("q", "d", initial),)
    assert netlist.inputs == (("a",) if "clk" in line else ("a", "clk"))


def test_a_clock_is_not_an_input():
    body = ".clock c\n.latch a q re c 0\n.latch q y re c 1"
    assert read_blif(model(body)).inputs == ("a", "b")
    assert read_blif(model(body, inputs="a c b")).inputs == ("a", "b")


def test_dont_care_functions():
    netlist = read_blif(model(".names a y\n1 1\n.exdc\n.names b a y\n11 1"))
    assert netlist.covers == (("y", Cover(("a",), ("1",), 1)),)
    assert netlist.dont_care == (("y", Cover(("b", "a"), ("11",), 1)),)


def test_timing_is_skipped():
    assert read_blif(model(".area 3\n.names a y\n1 1\n.default_input_arrival 0 0")).covers


@pytest.mark.parametrize(
    ("body", "line", "part"),
    [
        (".names a b y\n1 1", 5, "the cube '1' has 1 characters for 2 inputs (.names on line 4)"),
        (".names a b y\n111 1", 5, "the cube '111' has 3 characters for 2 inputs"),
        (".names a b y\n12 1", 5, "must be a cube of 2 characters 0, 1, - and the value 0 or 1, got '12 1'"),
        (".names a b y\n11 x", 5, "and the value 0 or 1, got '11 x'"),
        (".names a b y\n11", 5, "and the value 0 or 1, got '11'"),
        (".names a b y\n1 1 1", 5, "and the value 0 or 1, got '1 1 1'"),
        (".names y\n1 1", 5, "must be the value 0 or 1, got '1 1'"),
        (".names a b y\n11 1\n\n00 0", 7, "mixed cover: 1 on line 5 and 0 here; all lines of a cover have the same"),
        (".names a x y\n11 1", 4, "nothing drives 'x': it must be an input, a latch or a defined signal"),
        (".latch x y", 4, "nothing drives 'x'"),
        ("", 3, "nothing drives 'y'"),
        (".names a y\n1 1\n.names b y\n1 1", 6, "'y' is driven twice, first on line 4; a signal has one driver"),
        (".names b a\n1 1", 4, "'a' is driven twice, first on line 2"),
        (".inputs a", 4, "'a' is driven twice, first on line 2"),
        (".latch a b", 4, "'b' is driven twice, first on line 2"),
        (".outputs y", 4, "the output 'y' is listed twice, first on line 3"),
        (".names y y\n1 1", 4, "a cycle of 1 signals without a latch: 'y' <- 'y'; a latch must break it"),
        (
            ".names p y\n1 1\n.names q p\n1 1\n.names y q\n1 1",
            4,
            "a cycle of 3 signals without a latch: 'y' <- 'p' <- 'q'",
        ),
        (".names", 4, ".names needs the name of a signal"),
        ("11 1", 4, "'11' is neither a directive nor a line of a .names cover"),
        (".names a y\n1 1\n.inputs\n1 1", 7, "'1' is neither a directive nor a line of a .names cover"),
        (".foo a", 4, "unknown directive '.foo'; the directives are .model .inputs"),
        (".subckt and a=a", 4, ".subckt is not read: only one flat model"),
        (".start_kiss", 4, ".start_kiss is not read here: a state machine stands alone in a file .kiss2"),
        (".gate and2 A=a", 4, ".gate is not read: only one flat model"),
        (".model again", 4, "a second .model; only one flat model"),
        (".end\n.model sub", 5, "'.model' after .end; only one flat model"),
        (".end 1", 4, ".end stands alone on its line"),
        (".latch a", 4, ".latch needs INPUT OUTPUT"),
        (".latch a y re clk 0 0", 4, ".latch needs INPUT OUTPUT"),
        (".latch a y 4", 4, "the initial value of a latch is 0, 1, 2 or 3, got '4'"),
        (".latch a y ah b 0", 4, "'ah': level-sensitive and asynchronous latches are not read"),
        (".latch a y xx b 0", 4, "'xx': only latches triggered by an edge, re or fe, are read"),
        (".latch a y re c 0", 4, "the clock 'c' must be listed in .inputs or .clock"),
        (".latch a y re b 0\n.latch a q fe b 0", 5, "the latch on line 4 has another clock or edge"),
        (".latch a y re b 0\n.latch a q 0", 5, "the latch on line 4 has another clock or edge"),
        (".latch b y re b 0", 4, "the clock 'b' is used as a signal; it may only trigger latches"),
        (".latch a q re b 0\n.names a y\n1 1\n.exdc\n.names b y\n1 1", 3, "the clock 'b' is used as a signal"),
        (".names a y\n1 1\n.exdc\n.names x y\n1 1", 7, "'x' is not an input; a don't-care cover is one of inputs"),
        (".names a y\n1 1\n.exdc\n.names a b\n1 1", 7, "the don't-care function of 'b', which is not an output"),
        (".names a y\n1 1\n.exdc\n.names a y\n1 1\n.names b y\n1 1", 9, "'y' has two don't-care functions"),
        (".names a y\n1 1\n.exdc\n.exdc", 7, ".exdc stands once"),
        (".names a y\n1 1\n.exdc\n.latch a q", 7, "a latch after .exdc"),
        (".names a y\n1 1\n.exdc\n.inputs z", 7, "'z' after .exdc is not an input of the model"),
        (".names a y\n1 1\n.exdc\n.outputs a", 7, "'a' after .exdc is not an output of the model"),
        (".names \x00 y\n1 1", 4, "the byte 0x00 is not a printable ASCII character"),
        (".names \x1b[2J y\n1 1", 4, "the byte 0x1b is not a printable ASCII character"),
    ],
)
def test_each_malformed_file_is_told_the_line_and_what_would_be_right(body, line, part):
    message = refused(model(body))
    assert message.startswith(f"{line}: ")
    assert part in message


@pytest.mark.parametrize(
    ("data", "line", "part"),
    [
        (b"", 1, "the file does not end with .end: it may be truncated"),
        (b".model m\n.inputs a\n.outputs y\n.names a y\n1 1\n", 5, "it may be truncated"),
        (b".model m\n.inputs a \\", 2, "the file ends after a '\\'"),
        (b".model m\n.inputs a\n.end\n", 3, "the circuit has no outputs"),
        (b".model a b\n.end\n", 1, ".model needs one name, got 'a b'"),
        (b".model m\n.inputs \xc3\xa9\n.end\n", 2, "the byte 0xc3 is not a printable ASCII character"),
        (b".model m\r.end", 1, "the byte 0x0d is not a printable ASCII character"),
    ],
)
def test_malformed_frames(data, line, part):
    message = refused(data)
    assert message.startswith(f"{line}: ")
    assert part in message


def test_comments_may_have_any_bytes():
    assert read_blif(b"# \xff\x00\n" + model(".names a y\n1 1")).name == "m"


def test_a_long_cycle_is_shortened():
    body = "\n".join(f".names n{i + 1} n{i}\n1 1" for i in range(50)) + "\n.names n0 n50\n1 1\n.names n0 y\n1 1"
    message = refused(model(body))
    assert "a cycle of 51 signals" in message
    assert len(message) < 200


def test_long_names_are_shortened():
    assert len(refused(model(f".names {'x' * 100_000} y\n1 1"))) < 200


@pytest.mark.parametrize("reverse", [False, True])
def test_a_chain_of_100_000_gates(reverse):
    gates = [f".names n{i} n{i + 1}\n0 1" for i in range(100_000)]
    body = "\n".join(reversed(gates) if reverse else gates)
    netlist = read_blif(model(f".names a n0\n1 1\n{body}\n.names n100000 y\n1 1"))
    assert [name for name, _ in netlist.covers] == [*(f"n{i}" for i in range(100_001)), "y"]
