"""``ntkproofs run sbn``: its output and exit codes."""

import json
from importlib.resources import files

import pytest

from ntkproofs.cli import main

EXAMPLES = files("ntkproofs.programs.sbn") / "examples"


def example(name):
    return str(EXAMPLES / f"{name}.sbn")


@pytest.fixture
def forever(tmp_path):
    file = tmp_path / "forever.sbn"
    file.write_text("go: .word -1\nzero: .word 0\nhere: sbn zero go here\n")
    return str(file)


def test_prints_the_memory_by_name(capsys):
    assert main(["run", "sbn", example("gcd"), "--data", "x=30", "--data", "y=12"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert "y     = 6" in out
    assert out[-1].startswith("executed ")


def test_json_is_one_document(capsys):
    assert main(["run", "sbn", example("addition"), "--json", "--data", "x=-5", "--regime", "nngp"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["format"] == 1
    assert document["program"] == "sbn"
    assert (document["words"], document["bits"], document["instructions"]) == (4, 8, 3)
    assert document["memory"] == {"x": -5, "y": 29, "z": 24, "minus": -24}
    assert (document["executed"], document["steps"], document["halted"]) == (3, 48, True)
    assert "NNGP" in document["kernel"]
    assert "trace" not in document


def test_trace_has_a_line_for_every_instruction(capsys):
    assert main(["run", "sbn", example("addition"), "--trace"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:5]] == ["executed", "0", "1", "2", "3"]
    assert "(halted)" in lines[4]
    assert main(["run", "sbn", example("addition"), "--trace", "--json"]) == 0
    trace = json.loads(capsys.readouterr().out)["trace"]
    assert [step["counter"] for step in trace] == [0, 1, 2, 3]
    assert [step["memory"]["minus"] for step in trace] == [0, -13, -42, -42]


@pytest.mark.parametrize("more", [[], ["--json"], ["--trace"]])
def test_a_program_that_does_not_halt_gives_exit_code_2(capsys, forever, more):
    assert main(["run", "sbn", forever, "--max-instructions", "5", *more]) == 2
    captured = capsys.readouterr()
    lines = [line for line in captured.err.splitlines() if line.startswith("ntkproofs: ")]
    assert len(lines) == 1
    assert "stopped after 5 instructions" in lines[0]
    if more == ["--json"]:
        assert json.loads(captured.out)["halted"] is False


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"x: .word 5\nsbn x x there\n", ":2: unknown label 'there'"),
        (b"x: .word 500\nsbn x x\n", ":1: x = 500 does not fit"),
        (b"x: .word 5\n" + b"sbn x x\n" * 300, ":258: too many instructions"),
        (b"\n\n\xff\n", ":3: not UTF-8"),
        (b";" * (1 << 20), ": an SBN program has at most 262,144 bytes"),
    ],
)
def test_an_invalid_file_gives_exit_code_3_and_one_line(tmp_path, capsys, content, where):
    file = tmp_path / "bad.sbn"
    file.write_bytes(content)
    assert main(["run", "sbn", str(file)]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert f"{file}{where}" in captured.err


@pytest.mark.parametrize(
    "options",
    [
        ["--data", "x"],
        ["--data", "x=one"],
        ["--data", "nothing=1"],
        ["--data", "x=128"],
        ["--data", "x=1", "--data", "x=2"],
        ["--max-instructions", "-1"],
        ["--max-instructions", "many"],
        ["--regime", "other"],
    ],
)
def test_invalid_options_give_exit_code_3_and_one_line(capsys, options):
    assert main(["run", "sbn", example("addition"), *options]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1


def test_a_missing_file_and_a_folder(tmp_path, capsys):
    for path in (tmp_path / "missing.sbn", tmp_path):
        assert main(["run", "sbn", str(path)]) == 3
        assert "cannot be read" in capsys.readouterr().err
