"""Compiled netlists: sizes known from elsewhere, and the corner cases of covers, outputs and latches."""

from itertools import product

import numpy as np
import pytest

from ntkproofs.bounds.rounding import least_padding
from ntkproofs.compilation import compile_clocked, compile_naively, compile_netlist, compile_source
from ntkproofs.counts import Counts, arbitrary_counts
from ntkproofs.errors import InputError
from ntkproofs.execution import Machine, RoundingFailure, exhaust, explore
from ntkproofs.formats import Cover, Latch, Netlist

AND, NAND, XOR, OR = (
    Cover(("a", "b"), cubes, value)
    for cubes, value in ((("11",), 1), (("11",), 0), (("10", "01"), 1), (("1-", "-1"), 1))
)


def netlist(outputs, covers, inputs=("a", "b"), **others):
    return Netlist("small", tuple(inputs), tuple(outputs), tuple(covers.items()), **others)


def c17():
    """Six NAND gates, the smallest of the ISCAS-85 circuits."""
    gates = {"10": "1 3", "11": "3 6", "16": "2 11", "19": "11 7", "22": "10 16", "23": "16 19"}
    covers = {name: Cover(tuple(inputs.split()), ("11",), 0) for name, inputs in gates.items()}
    return netlist(["22", "23"], covers, inputs="12367")


def answers(task):
    """Return the answers for all inputs, by template logic from states whose other bits are all 1."""
    cases = np.array(list(product((0, 1), repeat=len(task.inputs))), dtype=np.uint8)
    rows = np.ones((len(cases), task.program.output_bits), dtype=np.uint8)
    rows[:, [position for (position,) in task.input_positions]] = cases
    for _ in range(task.steps):
        rows = task.program.step_rows(rows)
    return task.read_rows(rows).tolist()


def test_c17_has_13_templates_and_4_steps():
    task = compile_netlist(c17())
    assert (task.program.samples, task.steps, task.program.padding) == (13, 4, 0)
    assert task.program.writers.tolist() == [1] * 13
    gates = {"~10", "~11", "~16", "~19", "~22", "~23"}  # every gate is an AND, the inverse of the file's NAND
    assert set(task.program.fields) == {"1", "2", "3", "6", "7", "22", "23"} | gates
    result = exhaust(task)
    assert (result.cases, result.wrong, result.unsound) == (32, 0, ())
    assert least_padding("ntk", arbitrary_counts(task.program)) == 0


def test_a_small_circuit_has_the_fewest_gates():
    """One template for each input and each AND: no buffers, no gate for a cube of one literal."""
    both = {"n": NAND, "y": Cover(("n", "b"), ("01", "10"), 1)}
    assert compile_netlist(netlist(["y"], both)).program.samples == 2 + 1 + 2 + 1 + 1
    assert compile_netlist(netlist(["y"], {"y": AND})).program.samples == 3
    assert compile_netlist(netlist(["y"], {"y": OR})).program.samples == 4  # neither, and its inverse
    assert compile_netlist(netlist(["y"], {"y": OR})).steps == 2


@pytest.mark.parametrize(
    ("outputs", "covers", "expected"),
    [
        (["a"], {}, [0, 0, 1, 1]),
        (["b", "a"], {}, [0, 1, 2, 3]),
        (["y", "y"], {"y": AND}, [0, 0, 0, 3]),
        (["y", "z"], {"y": AND, "z": NAND}, [2, 2, 2, 1]),
        (["y"], {"n": Cover(("a",), ("0",), 1), "y": Cover(("n",), ("0",), 1)}, [0, 0, 1, 1]),
        (["y"], {"y": Cover(("a",), ("1",), 0)}, [1, 1, 0, 0]),
        (["y"], {"y": Cover((), (), 1)}, [0, 0, 0, 0]),
        (["y"], {"y": Cover((), (), 0)}, [1, 1, 1, 1]),
        (["y"], {"y": Cover((), ("",), 1)}, [1, 1, 1, 1]),
        (["y"], {"y": Cover((), ("",), 0)}, [0, 0, 0, 0]),
        (["y"], {"y": Cover(("a", "a"), ("10",), 1)}, [0, 0, 0, 0]),
        (["y"], {"y": Cover(("a", "a"), ("10", "11"), 0)}, [1, 1, 0, 0]),
        (["y"], {"y": Cover(("a", "b"), ("--",), 1)}, [1, 1, 1, 1]),
        (["y"], {"y": Cover(("a", "b"), ("0-", "1-"), 1)}, [1, 1, 1, 1]),
        (["y"], {"y": Cover(("a", "b"), ("1-", "1-", "1-"), 1)}, [0, 0, 1, 1]),
        (["y"], {"one": Cover((), ("",), 1), "y": Cover(("one", "b"), ("11",), 1)}, [0, 1, 0, 1]),
        (["y"], {"zero": Cover((), (), 1), "y": Cover(("zero", "b"), ("0-", "-1"), 0)}, [0, 0, 0, 0]),
    ],
)
def test_constants_buffers_repeated_arguments_and_tautologies(outputs, covers, expected):
    for compiled in (compile_netlist, compile_naively):
        task = compiled(netlist(outputs, covers))
        assert [task.oracle(a, b) for a, b in product((0, 1), repeat=2)] == expected
        start = task.start_rows(*np.array(list(product((0, 1), repeat=2))).T)
        for _ in range(task.steps):
            start = task.program.step_rows(start)
        assert task.read_rows(start).tolist() == expected
    assert answers(compile_netlist(netlist(outputs, covers))) == expected


def test_gates_without_effect_are_left_out_and_unused_inputs_are_held():
    task = compile_netlist(netlist(["y"], {"unused": XOR, "y": Cover(("a",), ("1",), 1)}))
    assert [str(template) for template in task.program.templates] == ["a_0=1 -> a_0", "b_0=1 -> b_0"]
    assert task.output == (("a", 0),)


def test_equal_cubes_of_different_covers_are_one_gate():
    covers = {"y": Cover(("a", "b"), ("11", "00"), 1), "z": Cover(("b", "a"), ("11",), 0)}
    program = compile_netlist(netlist(["y", "z"], covers)).program
    assert program.samples == 2 + 2 + 1 + 1 + 1
    assert program.fields == {"a": 1, "b": 1, "~z": 1, "cubes": 1, "~y": 1, "y": 1, "z": 1}
    same = compile_netlist(netlist(["y", "z"], {"y": AND, "z": AND}))
    assert same.output == (("y", 0), ("y", 0))


def test_a_wide_cube_is_one_template():
    inputs = tuple(f"x{i}" for i in range(300))
    task = compile_netlist(Netlist("wide", inputs, ("y",), (("y", Cover(inputs, ("01" * 150,), 1)),)))
    assert (task.steps, task.program.samples) == (1, 301)
    assert task.oracle(*([0, 1] * 150)) == 1
    assert task.read(task.program.step(task.start(*([0, 1] * 150)))) == 1
    assert task.read(task.program.step(task.start(*([1, 1] * 150)))) == 0


def test_added_fields_do_not_have_the_names_of_signals():
    covers = {"cubes": XOR, "~cubes": Cover(("cubes", "a"), ("00", "11"), 0)}
    task = compile_netlist(netlist(["~cubes", "cubes"], covers))
    assert set(task.program.fields) == {"a", "b", "cubes_", "~~cubes", "cubes", "~cubes"}
    assert answers(task) == [(a ^ b ^ a) | (a ^ b) << 1 for a, b in product((0, 1), repeat=2)]


@pytest.mark.parametrize("compiled", [compile_netlist, compile_naively])
def test_names_that_fields_cannot_have_are_replaced(compiled):
    """Quotation marks, spaces, letters beyond ASCII, and names as long as tools write them."""
    long = "$flatten" + "\\sub" * 60
    names = ("it's", "it_s", "a b", "\N{LATIN SMALL LETTER E WITH ACUTE}", long, long + "'")
    covers = {"y'": Cover(names, ("110111",), 0), "z" * 200: Cover(("y'", "it's"), ("11",), 0)}
    circuit = netlist(["y'", "z" * 200], covers, inputs=names)
    task = compiled(circuit)
    assert len(set(task.inputs)) == 6
    assert task.inputs[:4] == ("it_s_0", "it_s", "a_b", "_")
    rows = task.start_rows(*np.array(list(product((0, 1), repeat=6))).T)
    for _ in range(task.steps):
        rows = task.program.step_rows(rows)
    assert task.read_rows(rows).tolist() == [task.oracle(*case) for case in product((0, 1), repeat=6)]


def test_interpreters_know_what_an_output_may_be():
    """Rows of a table of the type fd: on-set 11, don't-care 0-."""
    circuit = netlist(["y", "a"], {"y": AND}, dont_care=(("y", Cover(("a", "b"), ("0-",), 1)),))
    oracle = compile_source(circuit).oracle
    planes = np.array([[0b1100], [0b1010]], dtype=np.uint64)
    assert oracle.planes(planes).tolist() == [[0b1000], [0b1100]]
    assert (oracle.dont_care_planes(planes) & np.uint64(15)).tolist() == [[0b0011], [0]]


# --- the naive compilation


def test_the_naive_compilation_writes_the_output_from_each_cube():
    task = compile_naively(netlist(["y", "z"], {"y": XOR, "z": Cover(("b", "a"), ("01", "1-"), 1)}))
    assert (task.steps, task.program.samples, task.program.writers.max()) == (1, 3, 2)
    assert [len(template.write) for template in task.program.templates] == [2, 1, 1]


def test_a_naive_table_with_many_cubes_is_rounded_wrong_and_one_writer_a_bit_is_right():
    """At 1111 one of the six cubes of y matches, and all 14 cubes of z: t (n - B(n)) exceeds p (K + D)."""
    inputs = ("a", "b", "c", "d")
    y = Cover(inputs, ("1111", "0---", "-0--", "--0-", "---0", "00--"), 1)
    z = Cover(inputs, tuple("".join(cube) for cube in product("-1", repeat=4))[1:-1], 1)
    circuit = Netlist("table", inputs, ("y", "z"), (("y", y), ("z", z)))
    naive = compile_source(circuit, naive=True)
    assert Counts(matches=14 + 1, matched_writers=1, writers=6, samples=14 + 6) in exhaust(naive).unsound
    with pytest.raises(RoundingFailure, match="bit y_0 would be rounded incorrectly"):
        Machine(naive.program).step(naive.start(1, 1, 1, 1))
    result = exhaust(compile_source(circuit))
    assert (result.wrong, result.unsound) == (0, ())


# --- latches


def clocked(covers, latches, outputs, inputs=("a", "b")):
    return compile_source(netlist(outputs, covers, inputs, latches=tuple(latches)))


def test_a_shift_register_needs_no_more_than_two_steps_a_clock():
    latches = [Latch("p", "a", 1), Latch("q", "p", 0)]
    stream = clocked({}, latches, ["q"], inputs=["a"])
    assert stream.period == 2
    assert stream.run([1, 0, 0, 1, 1]) == [0, 1, 1, 0, 0]
    assert stream.program.samples == 1 + 2 * 3 + 2 + 1  # input, latches, phases, the output


def test_a_counter_counts_and_every_state_it_visits_is_rounded_right():
    """Two bits that count the clocks at which the input is 1; the carry is an output, of the state before."""
    covers = {
        "low": Cover(("a", "q0"), ("10", "01"), 1),
        "high": Cover(("a", "q0", "q1"), ("110", "0-1", "-01"), 1),
        "carry": Cover(("a", "q0", "q1"), ("111",), 1),
    }
    stream = clocked(covers, [Latch("q0", "low", 0), Latch("q1", "high", 1)], ["q0", "q1", "carry"], inputs=["a"])
    count, expected = 2, []
    for bit in (1, 1, 0, 1, 1, 1, 1, 0, 0, 1):
        expected.append(count | (bit and count == 3) << 2)
        count = (count + bit) % 4
    assert stream.run([1, 1, 0, 1, 1, 1, 1, 0, 0, 1]) == expected
    assert stream.expected([1, 1, 0, 1, 1, 1, 1, 0, 0, 1]) == expected
    result = explore(stream)
    assert (result.closed, result.holds) == (True, True)


def test_a_latch_and_its_inverse_as_outputs_have_the_value_before_the_clock():
    stream = clocked({"r": Cover(("q",), ("0",), 1)}, [Latch("q", "a", 0)], ["q", "r"], inputs=["a"])
    assert stream.run([1, 1, 0, 1]) == stream.expected([1, 1, 0, 1]) == [0b10, 0b01, 0b01, 0b10]


def test_latches_without_effect_and_constant_latches():
    covers = {"zero": Cover((), (), 1), "one": Cover((), ("",), 1), "y": Cover(("p", "q"), ("11",), 1)}
    latches = [Latch("p", "one", 0), Latch("q", "one", 1), Latch("r", "zero", 1), Latch("unused", "a", 0)]
    stream = clocked(covers, latches, ["y", "r"])
    assert stream.run([(0, 0)] * 4) == [0b10, 0b01, 0b01, 0b01]
    assert stream.program.fields["hold"] == 3


def test_a_netlist_whose_outputs_depend_on_no_latch_is_a_stream_as_well():
    stream = clocked({"y": AND}, [Latch("q", "a", 0)], ["y"])
    assert stream.run([(1, 1), (1, 0)]) == [1, 0]
    assert "phase" not in stream.program.fields


# --- refusals


@pytest.mark.parametrize(
    ("circuit", "message"),
    [
        (netlist(["y"], {"y": Cover(("c",), ("1",), 1)}), "small: the signal 'c' is used, but nothing before it"),
        (netlist(["y"], {}), "small: the signal 'y' is used"),
        (netlist([], {}), "small: no outputs"),
        (netlist(["y"], {"y": Cover((), ("",), 1)}, inputs=[]), "small: no inputs"),
        (netlist(["q"], {}, latches=(Latch("q", "d", 0),)), "small: the signal 'd' is used"),
        (netlist(["q"], {}, latches=(Latch("q", "a", 2),)), "the initial value of 'q' must be .* 0 to 1, got 2"),
    ],
)
def test_what_cannot_be_compiled_is_an_error(circuit, message):
    with pytest.raises(InputError, match=message):
        compile_source(circuit)


def test_latches_belong_to_streams_only():
    with_latch = netlist(["q"], {}, latches=(Latch("q", "a", 0),))
    for compiled in (compile_netlist, compile_naively):
        with pytest.raises(InputError, match="small: 1 latch"):
            compiled(with_latch)
    with pytest.raises(InputError, match="naive is for netlists without latches"):
        compile_source(with_latch, naive=True)
    with pytest.raises(InputError, match="small: no latches"):
        compile_clocked(netlist(["y"], {"y": AND}))
    with pytest.raises(InputError, match="steps is for Turing machines"):
        compile_source(netlist(["y"], {"y": AND}), steps=3)


def test_what_is_no_source_is_an_error():
    with pytest.raises(InputError, match="a source must be a netlist"):
        compile_source("adder.blif")
