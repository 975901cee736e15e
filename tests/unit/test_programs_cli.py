"""The argument PROGRAM: objects of Python files, JSON and other files, in every command that takes it."""

import hashlib
import json
import os
import time
from pathlib import Path

import numpy
import pytest

from ntkproofs.cli import main
from ntkproofs.commands.inputs import named_values
from ntkproofs.errors import InputError
from ntkproofs.formats.reading import SUFFIXES
from ntkproofs.loading import Parameters, load_program
from ntkproofs.programs import addition, addition_task
from ntkproofs.programs.serialised import program_from_json, program_json

MINE = '''
from ntkproofs.programs import Task, TemplateProgram, addition_task

program = TemplateProgram("both", fields={"x": 4, "y": 4, "z": 4})
for i in range(4):
    program.template(when={("x", i): 1, ("y", i): 1}, write=[("z", i)])
task = Task(program, inputs=("x", "y"), steps=1, output=tuple(("z", i) for i in range(4)), oracle=lambda x, y: x & y)
wrong = Task(program, inputs=("x", "y"), steps=1, output=tuple(("z", i) for i in range(4)), oracle=lambda x, y: x | y)
number = 5


def made():
    """Return a task."""
    return addition_task(4)


def broken():
    raise ValueError("no such luck")


bus = TemplateProgram("bus", fields={"a[2]": 1, "a[1]": 1, "a[0]": 1, "b": 1, "w": 3})
for i in range(3):
    bus.template(when={(f"a[{i}]", 0): 1, ("b", 0): 1}, write=[("w", i)])
masked = Task(
    bus,
    inputs=("a[2]", "a[1]", "a[0]", "b"),
    steps=1,
    output=tuple(("w", i) for i in range(3)),
    oracle=lambda high, middle, low, b: b * (4 * high + 2 * middle + low),
)
'''
EXAMPLE = Path(__file__).resolve().parents[2] / "ntkproofs" / "programs" / "sbn" / "examples" / "gcd.sbn"
AND = {"name": "and", "fields": [["p", 2], ["q", 1]], "templates": [[[[0, 1], [1, 1]], [2]]], "padding": 0}


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Return the current folder, which contains the file mine.py."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    return tmp_path


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return code, out, err


def document(capsys, *arguments):
    code, out, _ = run(capsys, *arguments, "--json")
    return code, json.loads(out)


ADDER = """\
.model adder
.inputs a b carry_in
.outputs sum carry
.names a b carry_in sum
100 1
010 1
001 1
111 1
.names a b carry_in carry
0-0 0
00- 0
-00 0
.end
"""
TOGGLE = """\
.model toggle
.inputs t
.outputs q
.latch d q 0
.names t q d
10 1
01 1
.end
"""
KISS = """\
.i 1
.o 2
.s 2
.p 4
.r none
0 none none 00
1 none one 01
0 one none 00
1 one one 11
.e
"""
STUCK = """
from ntkproofs.programs import Stream

once = TemplateProgram("stuck", fields={"t": 1, "q": 1})
once.template(when={("t", 0): 1}, write=[("q", 0)])
once.template(when={("q", 0): 1, ("t", 0): 0}, write=[("q", 0)])
stuck = Stream(once, ("t",), 1, (("q", 0),), lambda state, t: ((state or 0) ^ t, (state or 0) ^ t))
"""


def pla(names, outputs, rows):
    """Return the text of a PLA with named inputs and outputs."""
    head = f".i {len(names)}\n.o {len(outputs)}\n.ilb {' '.join(names)}\n.ob {' '.join(outputs)}\n"
    return head + "".join(f"{cube} {result}\n" for cube, result in rows) + ".e\n"


@pytest.fixture
def files(mine):
    """Return the current folder, which contains files of circuits."""
    (mine / "mine.py").write_text(MINE + STUCK)
    (mine / "adder.blif").write_text(ADDER)
    (mine / "toggle.blif").write_text(TOGGLE)
    (mine / "and.aag").write_text("aag 3 2 0 1 1\n2\n4\n6\n6 4 2\ni0 left\ni1 right\no0 both\n")
    products = [(f"{x:02b}{y:02b}", f"{x * y:04b}") for x in range(4) for y in range(4) if x * y]
    times = pla(["x[1]", "x[0]", "y[1]", "y[0]"], ["z[3]", "z[2]", "z[1]", "z[0]"], products)
    (mine / "times.pla").write_text(times)
    any_of_them = [("-" * index + "1" + "-" * (7 - index), "1" + "0" * 7) for index in range(8)]
    beside = [("1" + "-" * index + "0" + "-" * (6 - index), f"0{1 << index:07b}") for index in range(7)]
    names = [[f"{letter}{index}" for index in range(8)] for letter in "io"]
    (mine / "crowd.pla").write_text(pla(*names, any_of_them + beside))
    return mine


# --- objects of Python files


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize(
    ("inputs", "result"),
    [
        (("12", "10"), 8),
        (("0xC", "0b1010"), 8),
        (("x=12", "y=10"), 8),
        (("y=10", "x=0x0c"), 8),
        (("x[3:2]=3", "x[1:0]=0", "y=10"), 8),
        (("x[0]=1", "x[1]=0", "x[2]=0", "x[3]=1", "y=0b1001"), 9),
    ],
)
def test_a_task_is_run_on_numbers_and_assignments(capsys, inputs, result):
    code, found = document(capsys, "run", "mine.py:task", *inputs)
    assert (code, found["result"], found["steps"], found["complete"]) == (0, result, 1, True)
    assert run(capsys, "run", "mine.py:task", *inputs)[:2] == (0, f"{result}\n")


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize(
    "inputs", [("1011",), ("1", "0", "1", "1"), ("a[2:0]=5", "b=1"), ("a=5", "b=1"), ("a[0:2]=5", "b=1")]
)
def test_inputs_of_one_bit_are_a_word_in_order_or_a_bus(capsys, inputs):
    """a[2] is the first input, so that the word 101 is the number 5; with b = 1 the answer is that number."""
    assert run(capsys, "run", "mine.py:masked", *inputs)[:2] == (0, "5\n")


@pytest.mark.usefixtures("mine")
def test_a_bus_may_be_read_in_either_direction(capsys):
    """In a[0:2] the first index, 0, is the most significant bit, as in Verilog."""
    assert run(capsys, "run", "mine.py:masked", "a[0:2]=6", "b=1")[1] == "3\n"
    assert run(capsys, "run", "mine.py:masked", "a[2:0]=6", "b=1")[1] == "6\n"


@pytest.mark.usefixtures("mine")
def test_a_function_is_called(capsys):
    code, out, _ = run(capsys, "run", "mine.py:made", 3, 9, "--trace")
    assert (code, out.splitlines()[-1]) == (0, "12")


@pytest.mark.usefixtures("mine")
def test_a_program_that_is_no_task_is_run_from_a_state(capsys):
    code, out, _ = run(capsys, "run", "mine.py:program", "x=7", "y=5", "z=9")
    assert (code, out) == (0, "x = 0000\ny = 0000\nz = 0101\n")
    code, found = document(capsys, "run", "mine.py:program", 7, 5, 0, "--steps", 2)
    assert (code, found["result"], found["steps"]) == (0, {"x": "0000", "y": "0000", "z": "0000"}, 2)


@pytest.mark.usefixtures("mine")
def test_exhaust_compares_a_task_with_its_own_oracle(capsys):
    code, found = document(capsys, "exhaust", "mine.py:task")
    assert (code, found["cases"], found["wrong"], found["bits"], found["input_bits"]) == (0, 256, 0, None, 8)
    code, found = document(capsys, "exhaust", "mine.py:wrong")
    assert (code, found["wrong"]) == (1, 256 - 16)  # x & y = x | y for 16 pairs
    assert found["first_wrong"] == {"inputs": [1, 0], "got": 0, "wanted": 1}


@pytest.mark.usefixtures("mine")
def test_exhaust_checks_rounding_alone_where_there_is_no_oracle(capsys):
    code, found = document(capsys, "exhaust", "mine.py:program")
    assert (code, found["cases"], found["compared"], found["rounded_wrong"]) == (0, 4096, False, [])
    assert "not compared: there is no oracle" in run(capsys, "exhaust", "mine.py:program")[1]


@pytest.mark.usefixtures("mine")
def test_a_task_is_certified_and_verified(capsys, mine):
    code, found = document(capsys, "certify", "mine.py:task", "--failure", "1e-6", "-o", "mine.json")
    assert (code, found["program"], found["states"]) == (0, "mine.py:task", "arbitrary")
    assert run(capsys, "verify", "mine.json")[0] == 0
    claim = json.loads((mine / "mine.json").read_bytes())["claim"]
    assert claim["inputs"] == {"free": list(range(8)), "ones": []}
    assert run(capsys, "run", "mine.json", 7, 5, 0)[1].splitlines()[-1] == "z = 0101"


@pytest.mark.usefixtures("mine")
def test_a_program_that_is_no_task_is_certified_from_any_state(capsys, mine):
    options = ("--failure", "1e-3", "--program-steps", 3, "-o", "c.json")
    assert run(capsys, "certify", "mine.py:program", *options)[0] == 0
    claim = json.loads((mine / "c.json").read_bytes())["claim"]
    assert (claim["inputs"]["free"], claim["steps"]) == (list(range(12)), 3)


@pytest.mark.usefixtures("mine")
def test_networks_of_a_program_of_ones_own_are_simulated(capsys):
    options = ("--trained", "output", "--width", 200, "--repetitions", 3)
    code, found = document(capsys, "simulate", "mine.py:made", *options)
    assert (code, found["networks_drawn"], found["bits"]) == (0, 3, None)
    code, found = document(capsys, "simulate", "mine.py:task", "--networks", 50)
    assert (code, found["complete"]) == (0, True)


# --- export and JSON


def test_a_program_is_exported_as_in_a_certificate_and_read_again(capsys, mine):
    assert run(capsys, "export", "addition", "--bits", 4, "--padding", 3, "-o", "a.json")[0] == 0
    assert run(capsys, "export", "a.json", "-o", "b.json")[0] == 0
    data = (mine / "a.json").read_bytes()
    assert (mine / "b.json").read_bytes() == data
    value = json.loads(data)
    assert data == json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    run(capsys, "certify", "addition", "--bits", 4, "--padding", 3, "--failure", "1e-3", "-o", "c.json")
    assert json.loads((mine / "c.json").read_bytes())["claim"]["program"] == value
    assert run(capsys, "export", "c.json", "-o", "d.json")[0] == 0
    assert (mine / "d.json").read_bytes() == data
    code, found = document(capsys, "export", "a.json", "-o", "b.json")
    assert (code, found["sha256"], found["samples"]) == (0, hashlib.sha256(data).hexdigest(), 19)


def test_json_keeps_fields_and_templates():
    program = addition(bits=3)
    again = program_from_json(json.loads(json.dumps(program_json(program))))
    assert (dict(again.fields), again.templates) == (dict(program.fields), program.templates)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"extra": 1}, "the keys fields, name, padding, templates"),
        ({"fields": 3}, "fields must be a list"),
        ({"fields": [["p", 2, 3]]}, "a field must be"),
        ({"fields": [["p", 2], ["p", 1]]}, "different from the others"),
        ({"fields": [[["p"], 2]]}, "must be a string"),
        ({"fields": [["p", 0]]}, "number of bits of field 'p' must be a positive integer"),
        ({"name": "../x"}, "the name of a program"),
        ({"padding": -1}, "padding must be a nonnegative integer"),
        ({"templates": [[[[3, 1]], [0]]]}, "template 0: a position must be from 0 to 2"),
        ({"templates": [[[[0, 1]], [True]]]}, "a position must be from 0 to 2"),
        ({"templates": [[[[0, 2]], [0]]]}, "must be required to be 0 or 1"),
        ({"templates": [[[[0]], [0]]]}, "a requirement must be [position, value]"),
        ({"templates": [7]}, "template 0 must be"),
        ({"templates": {}}, "templates must be a list"),
    ],
)
def test_invalid_programs_are_refused(capsys, tmp_path, changes, message):
    file = tmp_path / "and.json"
    file.write_text(json.dumps(AND))
    assert run(capsys, "run", file, 3, 0)[:2] == (0, "p = 00\nq = 1\n")
    file.write_text(json.dumps(AND | changes))
    code, out, err = run(capsys, "run", file, 3, 0)
    assert (code, out, len(err.splitlines())) == (3, "", 1)
    assert message in err
    assert str(file) in err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not the JSON of a program"),
        ("{", "not the JSON of a program"),
        ("[" * 200_000, "nested too deep"),
        ('{"padding": 1.5}', "numbers must be integers, got 1.5"),
        ('{"padding": NaN}', "numbers must be integers, got NaN"),
        ('{"name": "a", "name": "b"}', "an object with the same key twice"),
        ("9" * 5000, "not the JSON of a program"),
        ("\xff\xfe", "the keys"),
        ("[1, 2]", "the keys"),
        ('{"claim": {"kind": "inequality"}}', "'inequality' contains no program"),
        ('{"claim": {"kind": "rounding", "program": 3}}', "the keys"),
    ],
)
def test_texts_that_are_no_programs_are_refused(capsys, tmp_path, text, message):
    file = tmp_path / "bad.json"
    file.write_bytes(text.encode("latin-1") if text != "\xff\xfe" else b'"\xc3\xbf"')
    code, out, err = run(capsys, "show", file)
    assert (code, out, len(err.splitlines())) == (3, "", 1)
    assert message in err


# --- files of circuits


def test_a_circuit_is_run_on_a_word_in_the_order_of_the_file(capsys, files):
    """The full adder of the file: of the inputs a, b, c two are 1 in 110 and one in 001."""
    for word, result in (("000", "00"), ("001", "10"), ("110", "01"), ("111", "11")):
        code, out, _ = run(capsys, "run", "adder.blif", word)
        assert (code, out.split()) == (0, [result, f"sum={result[0]}", f"carry={result[1]}"])
    code, found = document(capsys, "run", "adder.blif", "carry_in=1", "b=0", "a=1", "--trace")
    assert (code, found["result"], found["inputs"]) == (0, "01", ["101"])
    assert found["outputs"] == ["sum", "carry"]
    assert len(found["trace"]) == found["steps"] + 1
    assert files


@pytest.mark.usefixtures("files")
def test_outputs_of_a_bus_are_shown_as_a_number(capsys):
    code, out, _ = run(capsys, "run", "times.pla", "x[1:0]=3", "y[1:0]=2")
    assert (code, out) == (0, "0110\nz[3:0]=6\n")
    assert run(capsys, "run", "times.pla", "1110")[1] == out
    assert run(capsys, "run", "times.pla", "x=3", "y=2")[1] == out


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("file", "cases", "steps"), [("adder.blif", 8, None), ("times.pla", 16, None), ("and.aag", 4, None)]
)
def test_exhaust_compares_a_circuit_with_its_file(capsys, file, cases, steps):
    code, found = document(capsys, "exhaust", file)
    assert (code, found["cases"], found["wrong"], found["complete"]) == (0, cases, 0, True)
    assert steps is None or found["steps"] == steps


@pytest.mark.usefixtures("files")
def test_the_naive_compilation_is_refuted_where_rounding_fails(capsys):
    """Eight cubes of one output, of which one matches at 10000000, beside seven templates of other outputs."""
    code, found = document(capsys, "exhaust", "crowd.pla", "--naive")
    assert (code, found["wrong"]) == (1, 0)
    assert found["rounded_wrong"]
    assert document(capsys, "exhaust", "crowd.pla")[0] == 0
    _, shown = document(capsys, "show", "crowd.pla", "--naive")
    padding = shown["reachable"]["least_padding"]
    assert not shown["reachable"]["right"]
    assert shown["search"] == "found"
    assert shown["rounded_wrong"]["bit"] == ["o0", 0]
    assert "the bit o0_0 would be rounded incorrectly" in run(capsys, "show", "crowd.pla", "--naive")[1]
    for added, code in ((padding - 1, 1), (padding, 0)):
        assert run(capsys, "exhaust", "crowd.pla", "--naive", "--padding", added)[0] == code


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("file", ["adder.blif", "times.pla", "and.aag"])
def test_the_certificate_of_a_circuit_names_its_file(capsys, file):
    code, found = document(capsys, "certify", file, "--failure", "1e-6", "--inputs", "all", "-o", "c.json")
    assert (code, found["states"]) == (0, "arbitrary")
    code, out, _ = run(capsys, "verify", "c.json")
    assert code == 0
    assert f"'{file}'" in out
    assert "by simulation of all" in out


@pytest.mark.usefixtures("files")
def test_one_network_is_certified_for_a_circuit(capsys):
    assert run(capsys, "certify", "and.aag", "--failure", "1/10", "--trained", "output", "-o", "c.json")[0] == 0
    code, out, _ = run(capsys, "verify", "c.json")
    assert (code, "'and.aag'" in out) == (0, True)


@pytest.mark.usefixtures("files")
def test_networks_of_a_circuit_are_simulated(capsys):
    options = ("--trained", "output", "--width", 300, "--repetitions", 2, "--states", "reachable")
    code, found = document(capsys, "simulate", "and.aag", *options)
    assert (code, found["networks_drawn"], found["exhaustive"]) == (0, 2, True)


@pytest.mark.usefixtures("files")
def test_a_circuit_is_exported_and_run_as_a_program(capsys):
    assert run(capsys, "export", "and.aag", "-o", "and.json")[0] == 0
    _, shown = document(capsys, "show", "and.aag")
    _, again = document(capsys, "show", "and.json")
    assert (again["templates"], again["fields"]) == (shown["templates"], shown["fields"])
    first, *rest = (name for name, _ in shown["fields"])
    whole = document(capsys, "run", "and.json", f"{first}=1", *(f"{name}=0" for name in rest))
    assert document(capsys, "run", "and.json", f"{first}=1") == whole
    assert set(whole[1]["result"]) == {first, *rest}


# --- sequential circuits


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    "inputs", [("1", "1", "0", "1"), ("t=1", "/", "t=1", "/", "t=0", "/", "t=1"), ("1", "/", "t=1", "/", "0", "/", "1")]
)
def test_a_sequential_circuit_takes_one_group_of_inputs_for_each_clock(capsys, inputs):
    """The output is the state before the clock: 0, then the parity of the inputs so far."""
    code, out, _ = run(capsys, "run", "toggle.blif", *inputs)
    assert (code, out.split()) == (0, ["0", "1", "0", "0"])
    code, found = document(capsys, "run", "toggle.blif", *inputs, "--trace")
    assert (code, found["result"], found["inputs"]) == (0, ["0", "1", "0", "0"], ["1", "1", "0", "1"])
    assert found["steps"] == 4 * found["period"]
    assert [len(trace) for trace in found["trace"]] == [found["period"] + 1] * 4


@pytest.mark.usefixtures("files")
def test_exhaust_covers_all_sequences_of_inputs(capsys):
    code, found = document(capsys, "exhaust", "toggle.blif")
    assert (code, found["wrong"], found["complete"], found["clocks"]) == (0, 0, True, None)
    code, found = document(capsys, "exhaust", "mine.py:stuck", "--clocks", 3)
    assert (code, found["holds"]) == (1, False)
    assert found["first_wrong"] == {"inputs": [[1], [1]], "got": 1, "wanted": 0}
    assert run(capsys, "exhaust", "mine.py:stuck")[1].count("first wrong      inputs 1 / 1: got 1, expected 0") == 1


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("clocks", [(), ("--clocks", 2)])
def test_a_sequential_circuit_is_certified_for_all_sequences(capsys, files, clocks):
    code, found = document(capsys, "certify", "toggle.blif", "--failure", "1e-6", *clocks, "-o", "c.json")
    assert (code, found["inputs"], found["clocks"]) == (0, "all", clocks[1] if clocks else 1000)
    claim = json.loads((files / "c.json").read_bytes())["claim"]
    assert (claim["inputs"]["clocks"], claim["source"]["name"]) == (found["clocks"], "toggle.blif")
    code, out, _ = run(capsys, "verify", "c.json")
    assert (code, "'toggle.blif'" in out) == (0, True)


def test_a_state_machine_takes_a_word_for_each_clock(capsys, files):
    """The machine waits for two ones in a row; its outputs are: seen now, and the last input."""
    (files / "pair.kiss").write_text(KISS)
    code, out, _ = run(capsys, "run", "pair.kiss", "1", "1", "0", "1", "1")
    assert (code, out.split()) == (0, ["01", "11", "00", "01", "11"])
    code, found = document(capsys, "exhaust", "pair.kiss")
    assert (code, found["wrong"], found["largest_matches"], found["complete"]) == (0, 0, 1, True)
    code, found = document(capsys, "certify", "pair.kiss", "--failure", "1e-6", "-o", "c.json")
    assert (code, found["networks"]) == (0, 1)
    code, out, _ = run(capsys, "verify", "c.json")
    assert (code, "'pair.kiss'" in out) == (0, True)
    _, found = document(capsys, "show", "pair.kiss")
    assert (found["arbitrary"]["matches"], found["reachable"]["right"]) == (1, True)


# --- Turing machines

BB2, BB3 = "1RB1LB_1LA1RZ", "1RB1RZ_1LB0RC_1LC1LA"  # 6 steps and 4 ones; 21 steps and 5 ones


@pytest.mark.parametrize(("machine", "steps", "ones"), [(BB2, 6, 4), (BB3, 21, 5)])
def test_a_busy_beaver_halts_with_its_ones(capsys, tmp_path, monkeypatch, machine, steps, ones):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bb.tm").write_text(machine + "\n")
    for program in (machine, "bb.tm"):
        code, found = document(capsys, "run", program)
        assert (code, found["steps"], found["ones"], found["halted"]) == (0, steps, ones, True)
        assert found["result"].count("1") == ones
    out = run(capsys, "run", "bb.tm", "--cells", 12)[1]
    assert out.splitlines()[1] == f"{steps} steps, {ones} ones, 12 cells, halted"
    code, found = document(capsys, "run", "bb.tm", "--steps", steps - 1, "--cells", 12)
    assert (code, found["steps"], found["halted"]) == (0, steps - 1, False)
    assert document(capsys, "exhaust", "bb.tm")[1]["wrong"] == 0


def test_the_certificate_of_a_turing_machine_names_its_file(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bb2.tm").write_text(BB2)
    assert run(capsys, "certify", "bb2.tm", "--failure", "1e-6", "-o", "c.json")[0] == 0
    code, out, _ = run(capsys, "verify", "c.json")
    assert (code, "'bb2.tm'" in out, "halts after 6 steps" in out) == (0, True, True)


# --- SBN programs


def test_an_sbn_file_is_the_program_sbn_with_that_file(capsys):
    data = ("--data", "x=35", "--data", "y=21")
    assert run(capsys, "run", EXAMPLE, *data)[:2] == run(capsys, "run", "sbn", EXAMPLE, *data)[:2]
    _, found = document(capsys, "run", EXAMPLE, *data)
    assert (found["program"], found["memory"]["y"], found["halted"]) == ("sbn", 7, True)
    small = EXAMPLE.with_name("addition.sbn")
    for command in (("certify", "--failure", "0.01"), ("export", "-o", "/dev/stdout")):
        outcomes = [run(capsys, command[0], *program, *command[1:])[:2] for program in ([small], ["sbn", small])]
        assert outcomes[0] == outcomes[1]
        assert outcomes[0][0] == 0


# --- cellular automata


def test_an_elementary_automaton_is_run_by_its_number(capsys):
    """Rule 90 from one cell is Pascal's triangle modulo 2; rule 204 keeps every cell."""
    rows = ["0000100000000", "0001010000000", "0010001000000", "0101010100000"]
    for steps, row in enumerate(rows[1:], 1):
        assert run(capsys, "run", "rule90", rows[0], "--cells", 13, "--steps", steps)[:2] == (0, row + "\n")
    assert run(capsys, "run", "rule204", "1011", "--cells", 4, "--steps", 5)[1] == "1011\n"
    code, found = document(capsys, "run", "rule90", "--cells", 5, "--steps", 1)
    assert (code, found["inputs"], found["result"]) == (0, ["00100"], "01010")


def test_all_inputs_of_an_elementary_automaton(capsys):
    code, found = document(capsys, "exhaust", "rule110", "--cells", 8, "--steps", 5)
    assert (code, found["cases"], found["wrong"]) == (0, 256, 0)
    code, found = document(capsys, "certify", "rule30", "--cells", 5, "--program-steps", 2, "--failure", "1e-3")
    assert (code, found["steps"]) == (0, 2)


# --- data sets of instructions


def test_a_data_set_is_a_program_with_its_duplicates(capsys, tmp_path, monkeypatch):
    """Three instructions: copy, a constant, and the copy once more, of which a warning tells."""
    monkeypatch.chdir(tmp_path)
    copy, constant = {"a": {"0": 1}}, {}
    sample = {"a": [0, 0], "b": 0}
    content = {"sample": sample, "inputs": [copy, constant, copy], "labels": [[0, 0, 1], [1, 0, 0], [0, 0, 1]]}
    (tmp_path / "set.json").write_text(json.dumps(content))
    code, out, err = run(capsys, "run", "set.json", 1, 0)
    assert (code, out) == (0, "a = 01\nb = 1\n")
    assert "ntkproofs: warning: program 'set', template 2: duplicate of an earlier template" in err
    _, found = document(capsys, "show", "set.json")
    assert (found["samples"], found["writers"], found["arbitrary"]["matches"]) == (3, 2, 3)
    numpy.savez(tmp_path / "set.npz", inputs=[[1, -1], [-1, 0]], labels=[[0, 1], [1, 0]])
    assert run(capsys, "run", "set.npz", 1)[1] == "bits = 11\n"
    (tmp_path / "set.json").write_text(json.dumps(content | {"labels": [[0, 0, 2]] * 3}))
    code, out, err = run(capsys, "show", "set.json")
    assert (code, out, len(err.splitlines())) == (3, "", 1)


# --- show


def test_show_states_the_sizes_of_a_multiplication(capsys):
    code, out, _ = run(capsys, "show", "multiplication", "--bits", 4)
    assert code == 0
    for text in (
        "73 bits",
        "... and 70 more",
        "at reachable states: right",
        "least padding 19",
        "t n <= K does not hold",
    ):
        assert text in out
    code, found = document(capsys, "show", "multiplication", "--bits", 4)
    assert (code, found["samples"], found["writers"], found["steps"]) == (0, 82, 3, 76)
    assert (found["arbitrary"]["right"], found["arbitrary"]["least_padding"]) == (False, 19)
    assert (found["reachable"]["matches"], found["reachable"]["right"]) == (13, True)
    assert found["frontier_states"] == "reachable"
    sizes = [(point["padding"], point["networks"]) for point in found["frontier"]]
    assert sizes == sorted(sizes)
    assert sizes[-1][1] == 1
    assert len(found["templates"]) == 82


def test_the_frontier_is_that_of_certify(capsys):
    """The number of networks without padding, and the padding with which one is sufficient."""
    options = ("addition", "--bits", 3, "--failure", "1e-4")
    _, found = document(capsys, "show", *options)
    first, *_, last = found["frontier"]
    _, certified = document(capsys, "certify", *options)
    assert (first["padding"], first["networks"]) == (0, certified["networks"])
    _, certified = document(capsys, "certify", *options, "--networks", 1)
    assert (last["padding"], last["networks"]) == (certified["padding"], 1)


def test_the_padding_of_show_is_the_least(capsys):
    for padding, right in ((18, False), (19, True)):
        _, found = document(capsys, "show", "multiplication", "--bits", 4, "--padding", padding)
        assert found["arbitrary"]["right"] == right


def test_values_are_named_by_bus():
    assert named_values(["a", "b"], "01") == ["a=0", "b=1"]
    assert named_values(["a[0]", "a[1]", "a[3]"], "011") == ["a[1:0]=2", "a[3]=1"]
    assert named_values(["a[1]", "a[0]", "b[0]", "b[1]"], "1001") == ["a[1:0]=2", "b[1:0]=2"]
    assert named_values(["a[1]", "b[0]"], "10") == ["a[1]=1", "b[0]=0"]
    assert named_values([], "") == []


# --- arguments that are refused


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "mine.py:task", 12), "there are 2 inputs (x, y), got 1 value"),
        (("run", "mine.py:task"), "there are 2 inputs (x, y), got 0 values"),
        (("run", "mine.py:task", 12, "y=1"), "either all inputs as NAME=VALUE or none, got '12'"),
        (("run", "mine.py:task", 12, 16), "y = '16' does not fit in 4 bits"),
        (("run", "mine.py:task", 12, 1, "/", 2, 3), "there are 2 inputs (x, y), got 5 values"),
        (("run", "mine.py:task", 1, 2, "--data", "x=1"), "are options of SBN programs, not of mine.py:task"),
        (("certify", "mine.py:task", "--failure", "1e-3", "--max-instructions", 9), "is an option of SBN programs"),
        (("run", EXAMPLE, 3), "the data of an SBN program are set with --data"),
        (("run", "rule110"), "--cells and --steps are required"),
        (("run", BB2, "--cells", 3), "a tape of 3 cells is too short: the head visits 4 cells"),
        (("run", BB2, "--steps", 0), "the number of steps must be an integer from 1"),
        (("run", BB2, "2"), "head = '2' does not fit in 1 bit"),
        (("run", "1RB1LB_1LA1RX", "--cells", 3), "machine.tm"),
        (("run", "1RB---_1LB---_", "--cells", 3), "invalid choice"),
        (("certify", BB2, "--failure", "1e-3", "--naive"), "--naive is not an option of"),
        (("run", "rule110", "--cells", 2, "--steps", 1), "cells must be an integer from 3"),
        (("run", "rule110", "--cells", 10**6, "--steps", 10**6), "cells times steps must be at most"),
        (("run", "rule256", "--cells", 8, "--steps", 1), "the number of the rule must be an integer from 0 to 255"),
        (("run", "rule110", "1010", "--cells", 5, "--steps", 1), "cells must be a word of 5 digits"),
        (("exhaust", "mine.py:task", "--clocks", 3), "--clocks is not an option of mine.py:task"),
        (("exhaust", "mine.py:task", "--seed", 3), "it requires --sample N"),
        (("exhaust", "mine.py:program", "--steps", 3), "one step is run from every state, not 3"),
        (("certify", "mine.py:task", "--failure", "1e-3", "--clocks", 3), "--clocks is not an option of mine.py:task"),
        (("run", "mine.py:task", 1, 2, "--naive"), "--naive is not an option of mine.py:task"),
        (("run", "mine.py:task", 1, 2, "--cells", 3), "--cells is not an option of mine.py:task"),
        (("show", "addition", "extra", "--bits", 4), "unrecognized arguments: extra"),
        (("show", "sbn"), "sbn: a file with an SBN program is required"),
        (("run", "mine.py:task", 12, -1), "must be a number"),
        (("run", "mine.py:task", 12, "9" * 9999), "must be a number"),
        (("run", "mine.py:task", 12, "0b2"), "must be a number"),
        (("run", "mine.py:task", 12, "١"), "must be a number"),
        (("run", "mine.py:task", "x=1", "y=2", "x=1"), "x sets x[0] a second time"),
        (("run", "mine.py:task", "x=1", "y=2", "x[3]=1"), "x[3] sets x[3] a second time"),
        (("run", "mine.py:task", "x=1"), "no value for y"),
        (("run", "mine.py:task", "x=1", "y[2:0]=2"), "no value for y[3]"),
        (("run", "mine.py:task", "x=1", "z=2"), "there is no input 'z'"),
        (("run", "mine.py:task", "x=1", "y[4]=1"), "there is no input 'y[4]'"),
        (("run", "mine.py:task", "x=1", "y[9999999:0]=1"), "there is no input"),
        (("run", "mine.py:task", "x=1", "y[999999:0]=1"), "there is no input"),
        (("run", "mine.py:task", "x=1", "=1"), "there is no input ''"),
        (("run", "mine.py:masked", "101"), "a word must have a digit 0 or 1 for each, got '101' (3 digits)"),
        (("run", "mine.py:masked", "10a1"), "a word must have a digit 0 or 1 for each"),
        (("run", "mine.py:masked", "1021"), "a word must have a digit 0 or 1 for each"),
        (("run", "mine.py:masked", "a[2:0]=8", "b=1"), "a[2:0] = '8' does not fit in 3 bits"),
        (
            ("run", "mine.py:number", 1),
            "number must be a Task or Stream or TemplateProgram or a function that returns one",
        ),
        (("run", "mine.py:broken", 1), "no such luck"),
        (("run", "mine.py:missing", 1), "does not define missing at module level"),
        (("run", "mine.py", 1), "must be given as FILE.py:NAME"),
        (("run", "other.py:task", 1), "other.py cannot be read: there is no such file"),
        (("run", "mine.py:task", 12, 10, "--steps", 3), "--steps is not an option of mine.py:task"),
        (("run", "mine.py:program", 1, 2, 3, "--steps", 0), "the number of steps must be an integer from 1"),
        (("run", "mine.py:task", 12, 10, "--padding", "x"), "--padding must be a nonnegative integer"),
        (("exhaust", "mine.py:task", "--bits", 4), "--bits is not an option of mine.py:task"),
        (("exhaust", "mine.py:task", "--order", "1,0"), "--order is not an option of mine.py:task"),
        (("exhaust", "addition", "--bits", 4, "--steps", 3), "--steps is not an option of addition"),
        (("exhaust", "addition"), "the following arguments are required: --bits"),
        (("simulate", "mine.py:made", "--networks", 3), "one of a single step"),
        (("export", "addition", "--bits", 4), "the following arguments are required: -o"),
        (("export", "addition", "--bits", 4, "-o", "no/such/folder/a.json"), "cannot be written"),
        (("show", "nothing"), "invalid choice: 'nothing'"),
        (("show", "addition", "--bits", 4, "--failure", 2), "--failure must be a probability"),
        (("show", "addition", "--bits", 4, "--regime", "gelu"), "nothing can be certified for the kernel"),
        (("certify", "nothing", "--failure", "1e-3"), "invalid choice: 'nothing'"),
        (("run", ""), "invalid choice: ''"),
        (("run", "a\nb\x1b[31m"), "invalid choice"),
    ],
)
def test_one_line_names_what_is_wrong(capsys, arguments, message):
    code, out, err = run(capsys, *arguments)
    assert (code, out, len(err.splitlines())) == (3, "", 1)
    assert message in err


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "adder.blif", "10"), "there are 3 inputs (a, b, carry_in): a word must have a digit"),
        (("run", "adder.blif"), "there are 3 inputs (a, b, carry_in), got 0 values"),
        (("run", "adder.blif", "a=1", "b=1"), "no value for carry_in"),
        (("run", "adder.blif", "a=1", "b=1", "c=0"), "there is no input 'c'"),
        (("run", "adder.blif", "a=2", "b=1", "carry_in=0"), "a = '2' does not fit in 1 bit"),
        (("run", "adder.blif", "101", "--steps", 3), "--steps is not an option of adder.blif"),
        (("run", "toggle.blif"), "there is 1 input (t), got 0 values"),
        (("run", "toggle.blif", "2"), "t = '2' does not fit in 1 bit"),
        (("run", "toggle.blif", "1", "/", "/", "0"), "inputs are missing"),
        (("run", "toggle.blif", "/"), "inputs are missing"),
        (("run", "toggle.blif", "t=1", "t=0"), "t sets t a second time"),
        (("run", "toggle.blif", "1", "--naive"), "naive"),
        (("exhaust", "toggle.blif", "--sample", 3), "--sample is not an option of toggle.blif"),
        (("exhaust", "toggle.blif", "--condition"), "--condition is not an option of toggle.blif"),
        (("certify", "toggle.blif", "--failure", "1e-3", "--inputs", "one"), "inputs arrive at each clock"),
        (("certify", "toggle.blif", "--failure", "1e-3", "--states", "reachable"), "inputs arrive at each clock"),
        (("simulate", "toggle.blif", "--networks", 3), "one of a single step"),
    ],
)
def test_inputs_that_a_circuit_does_not_have_are_named(capsys, arguments, message):
    code, out, err = run(capsys, *arguments)
    assert (code, out, len(err.splitlines())) == (3, "", 1)
    assert message in err


@pytest.mark.usefixtures("files")
def test_a_certificate_cannot_name_every_file(capsys, files):
    (files / "my circuit.blif").write_text(ADDER)
    assert run(capsys, "run", "my circuit.blif", "110")[0] == 0
    code, out, err = run(capsys, "certify", "my circuit.blif", "--failure", "1e-3")
    assert (code, out) == (3, "")
    assert "its base name must be" in err


def test_files_that_cannot_be_read_are_refused_at_once(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cases = {
        "gone": "o such file",
        "folder": "it is",
        "fifo": "it is not a regular file",
        "huge": "at most",
        "empty": "",
    }
    for suffix in (".json", ".npz", ".sbn", ".py:task", *SUFFIXES):
        plain = suffix.partition(":")[0]
        os.mkdir(f"folder{plain}")
        os.mkfifo(f"fifo{plain}")
        (tmp_path / f"empty{plain}").write_bytes(b"")
        with open(f"huge{plain}", "wb") as file:
            file.truncate(1 << 40)
        for name, reason in cases.items():
            for command in (("run",), ("exhaust",), ("certify", "--failure", "1e-3"), ("show",)):
                start = time.perf_counter()
                code, out, err = run(capsys, command[0], f"{name}{suffix}", *command[1:])
                assert (code, out, len(err.splitlines())) == (3, "", 1), err
                assert f"{name}{plain}" in err
                assert reason in err
                assert time.perf_counter() - start < 1


def test_the_suffixes_that_are_understood_are_listed(capsys):
    for name in ("a.txt", "a", "a.blif.gz", "a.PY:task"):
        err = run(capsys, "run", name)[2]
        for text in ("addition", "rule255", "FILE.py:NAME", ".sbn", ".json", *SUFFIXES):
            assert text in err


# --- in Python


def test_programs_are_loaded_in_python():
    loaded = load_program("addition", Parameters(bits=4))
    assert loaded.task.oracle(3, 4) == addition_task(4).oracle(3, 4) == 7
    assert loaded.steps == 8
    with pytest.raises(InputError, match="--bits is required"):
        load_program("addition")


@pytest.mark.parametrize("command", ["run", "certify", "exhaust", "simulate", "show", "export"])
def test_the_help_of_each_command_describes_programs_of_ones_own(capsys, command):
    code, out, _ = run(capsys, command, *(["FILE"] if command in ("run", "certify") else []), "--help")
    assert code == 0
    assert "FILE.py:NAME" in out
    assert "Example" in out
