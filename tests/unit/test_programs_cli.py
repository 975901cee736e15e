"""The argument PROGRAM: objects of Python files, JSON and other files, in every command that takes it."""

import hashlib
import json
import os
import time

import pytest

from ntkproofs.cli import main
from ntkproofs.errors import InputError
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


# --- arguments that are refused


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "mine.py:task", 12), "there are 2 inputs (x, y), got 1 number"),
        (("run", "mine.py:task"), "there are 2 inputs (x, y), got 0 numbers"),
        (("run", "mine.py:task", 12, "y=1"), "either all inputs as NAME=VALUE or none, got '12'"),
        (("run", "mine.py:task", 12, 16), "y = '16' does not fit in 4 bits"),
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
        (("run", "mine.py:number", 1), "number must be a Task or TemplateProgram or a function that returns one"),
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


def test_files_that_cannot_be_read_are_refused_at_once(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cases = {"gone": "there is no such file", "folder": "it is a folder", "fifo": "it is not a regular file"}
    cases |= {"huge": "at most", "empty": ""}
    for suffix in (".json", ".sbn", ".py:task"):
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
        for text in ("addition", "FILE.py:NAME", ".sbn", ".json"):
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
