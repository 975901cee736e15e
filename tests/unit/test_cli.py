"""The command line: answers on stdout, one line for bad input on stderr, and the exit codes that scripts rely on."""

import json
import os
import pty
import re
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest
from small_theories import FILES, write

import ntkproofs
from ntkproofs.cli import main
from ntkproofs.commands import theory
from ntkproofs.errors import Undecided

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
CLAIMS = TESTS / "claims"
KEYS = {"name", "statement", "source", "verdict", "engine", "margin", "evidence", "seconds", "output", "problem"}


@pytest.fixture(autouse=True)
def without_coq(monkeypatch):
    """Use interval arithmetic only; proofs by Coq are tested in tests/coq."""
    monkeypatch.setenv("NTKPROOFS_COQC", "/nonexistent/coqc")


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def program(*arguments, **options):
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
        **options,
    )


# --- greeting


def test_without_arguments_the_greeting_is_printed(capsys):
    code, out, err = run(capsys)
    assert (code, err) == (0, "")
    assert "ntkproofs run addition" in out
    assert "ntkproofs check" in out
    assert "--help" in out


@pytest.mark.parametrize(
    "arguments", [["--help"], ["check", "--help"], ["run", "--help"], ["run", "addition", "--help"]]
)
def test_help(capsys, arguments):
    code, out, err = run(capsys, *arguments)
    assert (code, err) == (0, "")
    assert out.startswith("usage: ntkproofs")


def test_help_names_the_exit_codes(capsys):
    _, out, _ = run(capsys, "--help")
    for text in ("0 holds", "1 refuted", "2 undecided", "3 invalid usage", "70 internal"):
        assert text in " ".join(out.split())


def test_version(capsys):
    assert run(capsys, "--version") == (0, f"ntkproofs {ntkproofs.__version__}\n", "")


def test_the_examples_of_the_greeting_run(capsys):
    line = "ntkproofs run addition 13 29 --bits 8 --trace"
    assert line in run(capsys)[1]
    assert run(capsys, *line.split()[1:])[0] == 0


# --- run


def test_an_addition_prints_its_sum(capsys):
    code, out, err = run(capsys, "run", "addition", 13, 29, "--bits", 8)
    assert (code, out) == (0, "42\n")
    assert "16 steps, 32 samples" in err


def test_the_trace_shows_every_step_and_then_the_sum(capsys):
    code, out, _ = run(capsys, "run", "addition", 13, 29, "--bits", 8, "--trace")
    lines = out.splitlines()
    assert code == 0
    assert lines[-1] == "42"
    steps = [int(line.split()[0]) for line in lines[1:-1] if line.split() and line.split()[0].isdigit()]
    assert steps == list(range(17))
    assert lines[0].split()[:4] == ["step", "p", "q", "c"]
    assert lines[1].split()[1:4] == ["00001101", "00011101", "00000000"]
    assert all(len(line) <= 120 for line in lines)


def test_an_addition_as_json(capsys):
    code, out, _ = run(capsys, "run", "addition", 200, 100, "--bits", 8, "--json")
    document = json.loads(out)
    assert code == 0
    assert document["format"] == 1
    assert (document["result"], document["steps"]) == (300, 16)
    assert document["samples"] == 32
    assert document["inputs"] == [200, 100]


def test_a_trace_as_json(capsys):
    _, out, _ = run(capsys, "run", "addition", 1, 1, "--bits", 2, "--json", "--trace")
    trace = json.loads(out)["trace"]
    assert len(trace) == 5
    assert trace[0] == {"p": "01", "q": "01", "c": "00"}
    assert trace[1] == {"p": "00", "q": "00", "c": "01"}
    assert trace[2] == {"p": "00", "q": "10", "c": "00"}
    assert trace[3] == {"p": "10", "q": "00", "c": "00"}


def test_a_permutation_as_json(capsys):
    code, out, _ = run(capsys, "run", "permutation", "1011", "--order", "2,0,1,3", "--json")
    assert code == 0
    assert json.loads(out)["result"] == "1101"


@pytest.mark.parametrize("regime", ["ntk", "nngp"])
@pytest.mark.parametrize(("word", "order", "result"), [("10", "1,0", "01"), ("100", "2,0,1", "010"), ("1", "0", "1")])
def test_a_permutation_reads_from_left_to_right(capsys, word, order, result, regime):
    assert run(capsys, "run", "permutation", word, "--order", order, "--regime", regime)[:2] == (0, result + "\n")


def test_the_regime_is_named(capsys):
    for regime in ("ntk", "nngp"):
        _, out, _ = run(capsys, "run", "addition", 1, 2, "--bits", 2, "--json", "--regime", regime)
        assert regime.upper() in json.loads(out)["kernel"]


def test_numbers_of_a_thousand_bits(capsys):
    x, y = 2**999 + 12345, 2**999 - 7
    code, out, _ = run(capsys, "run", "addition", x, y, "--bits", 1000)
    assert (code, out) == (0, f"{x + y}\n")


BAD = [
    ["run", "addition", "300", "1", "--bits", "8"],
    ["run", "addition", "1", "300", "--bits", "8"],
    ["run", "addition", "1", "1", "--bits", "0"],
    ["run", "addition", "1", "1", "--bits", "-1"],
    ["run", "addition", "1", "1", "--bits", "8.0"],
    ["run", "addition", "1", "1", "--bits", "many"],
    ["run", "addition", "1", "1", "--bits", "1000000"],
    ["run", "addition", "1", "1"],
    ["run", "addition", "1", "--bits", "8"],
    ["run", "addition", "1", "2", "3", "--bits", "8"],
    ["run", "addition", "one", "1", "--bits", "8"],
    ["run", "addition", "-1", "1", "--bits", "8"],
    ["run", "addition", "1.5", "1", "--bits", "8"],
    ["run", "addition", "0x1", "1", "--bits", "8"],
    ["run", "addition", "1_0", "1", "--bits", "8"],
    ["run", "addition", "", "1", "--bits", "8"],
    ["run", "addition", "٣", "1", "--bits", "8"],
    ["run", "addition", "9" * 6000, "1", "--bits", "8"],
    ["run", "addition", "1\n2", "1", "--bits", "8"],
    ["run", "addition", "1", "1", "--bits", "8", "--regime", "lazy"],
    ["run", "permutation", "1011", "--order", "2,0,1"],
    ["run", "permutation", "1011", "--order", "2,0,1,1"],
    ["run", "permutation", "1011", "--order", "2,0,1,4"],
    ["run", "permutation", "1011", "--order", "2,0,1,x"],
    ["run", "permutation", "1011", "--order", ""],
    ["run", "permutation", "1011", "--order", ",,,"],
    ["run", "permutation", "1012", "--order", "2,0,1,3"],
    ["run", "permutation", "", "--order", "0"],
    ["run", "permutation", "1011"],
    ["run"],
    ["run", "nothing"],
    ["nothing"],
    ["--nothing"],
    ["check", "--nothing"],
    ["check", "no/such/path"],
    ["check", "no/such/file.py"],
    ["check", str(CLAIMS), "-k", "no such claim"],
    ["check", str(CLAIMS), "--timeout", "0"],
    ["check", str(CLAIMS), "--timeout", "-1"],
    ["check", str(CLAIMS), "--timeout", "inf"],
    ["check", str(CLAIMS), "--timeout", "1e3"],
    ["check", str(CLAIMS), "--timeout", ""],
    ["check", str(CLAIMS), "--timeout", "."],
    ["check", str(CLAIMS), "--timeout", "99999999999"],
    ["check", str(ROOT / "pyproject.toml")],
]


@pytest.mark.parametrize("arguments", BAD, ids=lambda row: " ".join(row)[:60].strip())
def test_bad_input_is_one_line_and_exit_code_three(capsys, arguments):
    code, out, err = run(capsys, *arguments)
    assert code == 3
    assert out == ""
    assert len(err.splitlines()) == 1
    assert err.endswith("\n")
    assert err.startswith("ntkproofs")
    assert "Traceback" not in err
    assert len(err) < 400


def test_the_line_names_the_value_and_the_rule(capsys):
    _, _, err = run(capsys, "run", "addition", 300, 1, "--bits", 8)
    assert "'300'" in err
    assert "8 bits" in err
    assert "255" in err
    _, _, err = run(capsys, "run", "permutation", "1011", "--order", "2,0,1,1")
    assert "once" in err


# --- check


@pytest.mark.parametrize(
    ("file", "code", "verdicts"),
    [
        ("true_claims.py", 0, {"decided": 1, "confirmed": 2}),
        ("false_claims.py", 1, {"refuted": 3}),
        ("open_claims.py", 2, {"undecided": 2}),
    ],
)
def test_exit_codes_and_the_document(capsys, file, code, verdicts):
    result, out, _ = run(capsys, "check", CLAIMS / file, "--json")
    document = json.loads(out)
    assert result == code
    assert set(document) == {"format", "claims", "counts", "complete", "done", "total", "files", "left_out", "slow"}
    assert (document["format"], document["complete"]) == (1, True)
    assert document["done"] == document["total"] == len(document["claims"])
    digest = sha256((CLAIMS / file).read_bytes()).hexdigest()
    assert [(item["file"], item["sha256"], item["helpers"]) for item in document["files"]] == [
        (str(CLAIMS / file), digest, {})
    ]
    assert all(set(item) == KEYS for item in document["claims"])
    assert document["counts"] == verdicts == Counter(item["verdict"] for item in document["claims"])


def test_each_false_claim_comes_with_its_counterexample(capsys):
    _, out, _ = run(capsys, "check", CLAIMS / "false_claims.py", "--json")
    claims = {item["name"]: item for item in json.loads(out)["claims"]}
    assert {item["verdict"] for item in claims.values()} == {"refuted"}
    (outweighs,) = claims["false_claims.outweighs_from_one"]["evidence"]["findings"]
    assert outweighs["counterexample"] == {"point": {"n": "1"}, "right_minus_left": "exactly 0", "least": True}
    (balance,) = claims["false_claims.balance_stays_small"]["evidence"]["findings"]
    assert int(balance["counterexample"]["point"]["n"]) > 1000
    (steps,) = claims["false_claims.half_the_steps"]["evidence"]["findings"]
    assert re.fullmatch(r"\(\d, \d\)", steps["wrong"])


ERRORS = {
    "raises": "@claim('s', source='x')\ndef f():\n    raise ValueError('no')\n",
    "returns nothing": "@claim('s', source='x')\ndef f():\n    pass\n",
    "returns true": "@claim('s', source='x')\ndef f():\n    return True\n",
    "no findings": "@claim('s', source='x')\ndef f():\n    return conclude()\n",
    "no cases": "@claim('s', source='x')\ndef f():\n    return conclude(confirm('c', [], bool, exhaustive=True))\n",
    "import": "import no_such_module_at_all\n",
    "syntax": "def f(:\n",
}
HEAD = "from ntkproofs.claims import claim, conclude, confirm\n"


@pytest.mark.parametrize("text", ERRORS.values(), ids=ERRORS)
def test_a_claim_that_establishes_nothing_is_an_error(capsys, tmp_path, text):
    (tmp_path / "mine.py").write_text(HEAD + text)
    code, out, _ = run(capsys, "check", tmp_path, "--json")
    document = json.loads(out)
    assert code == 3
    assert document["counts"] == {"error": 1}
    assert document["claims"][0]["evidence"]["reason"]


@pytest.mark.parametrize(
    "text",
    ["@claim('s', source='x')\ndef f():\n    raise SystemExit(0)\n", "import sys\nsys.exit(0)\n"],
    ids=["claim", "import"],
)
def test_a_claim_cannot_end_the_check_with_success(capsys, tmp_path, text):
    (tmp_path / "a.py").write_text(HEAD + text)
    (tmp_path / "b.py").write_text((CLAIMS / "false_claims.py").read_text())
    code, out, _ = run(capsys, "check", tmp_path, "--json")
    assert code == 1
    assert json.loads(out)["counts"] == {"refuted": 3, "error": 1}


def test_refuted_outranks_error_outranks_undecided(capsys, tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text("1/0\n")
    true, false, undecided = (CLAIMS / f"{name}_claims.py" for name in ("true", "false", "open"))
    assert run(capsys, "check", true, undecided)[0] == 2
    assert run(capsys, "check", true, undecided, broken)[0] == 3
    assert run(capsys, "check", undecided, broken, false)[0] == 1


def test_a_filter_takes_only_what_contains_the_text(capsys):
    code, out, _ = run(capsys, "check", CLAIMS, "-k", "more_than_three", "--json")
    assert code == 0
    assert [item["name"] for item in json.loads(out)["claims"]] == ["true_claims.pi_is_more_than_three"]


def test_the_table_names_verdicts_counterexamples_and_engines(capsys):
    code, out, err = run(capsys, "check", CLAIMS)
    assert code == 1
    for text in ("decided", "refuted", "undecided", "confirmed", "n = 1", "Engines relied on", "Arb (python-flint"):
        assert text in out
    assert re.search(r"8 claims: 1 decided, 2 confirmed, 3 refuted, 2 undecided in \d", out)
    assert "\x1b" not in out + err
    assert len(err.splitlines()) == 8
    assert all(re.match(rf"\[{number}/8\] \w+_claims\.", line) for number, line in enumerate(err.splitlines(), 1))


def test_the_same_helper_name_in_two_folders(capsys, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "helper.py").write_text(f"VALUE = {name!r}\n")
        (tmp_path / name / "mine.py").write_text(
            HEAD
            + "from helper import VALUE\n@claim(VALUE, source='x')\ndef f():\n"
            + f"    return conclude(confirm('v', [VALUE], lambda v: v == {name!r}, exhaustive=True))\n"
        )
    code, out, _ = run(capsys, "check", tmp_path / "one", tmp_path / "two", "--json")
    assert code == 0
    assert [item["statement"] for item in json.loads(out)["claims"]] == ["one", "two"]
    assert [item["name"] for item in json.loads(out)["claims"]] == ["one/mine.f", "two/mine.f"]


def test_ignored_files_of_a_folder_are_named(capsys, tmp_path):
    (tmp_path / "a.py").write_text((CLAIMS / "true_claims.py").read_text())
    for name in ("_private.py", "window.pyw", ".hidden/c.py", "deeper/still/b.py", "helpers.py", "data/table.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    code, out, err = run(capsys, "check", tmp_path, "--json")
    assert code == 0
    left_out = [f"{tmp_path}/{name}" for name in ("_private.py", "window.pyw", ".hidden/", "deeper/")]
    assert err.splitlines()[:2] == [
        f"ntkproofs: skipped: {', '.join(left_out)}",
        f"ntkproofs: no claims in: {tmp_path}/helpers.py",
    ]
    assert json.loads(out)["left_out"] == [name.removesuffix("/") for name in left_out]


def test_a_file_that_is_named_and_makes_no_claim_is_refused(capsys, tmp_path):
    (tmp_path / "empty.py").write_text("")
    code, out, err = run(capsys, "check", CLAIMS / "true_claims.py", tmp_path / "empty.py")
    assert (code, out) == (3, "")
    assert f"no claims found in {tmp_path}/empty.py" in err


def test_a_traceback_is_shown_when_it_is_asked_for(capsys, tmp_path):
    (tmp_path / "mine.py").write_text(HEAD + "def deep():\n    1 / 0\n@claim('s', source='x')\ndef f():\n    deep()\n")
    _, plain, _ = run(capsys, "check", tmp_path)
    _, full, _ = run(capsys, "check", tmp_path, "--traceback")
    assert "ZeroDivisionError: division by zero" in plain
    assert "Traceback" not in plain
    assert "Traceback (most recent call last):" in full
    assert "    deep()" in full


def test_what_a_claim_prints_is_shown_with_its_verdict(capsys, tmp_path):
    said = "print('one'); print('\\x1b[31mtwo')"
    (tmp_path / "mine.py").write_text(HEAD + f"@claim('s', source='x')\ndef f():\n    {said}\n    raise OSError\n")
    _, out, _ = run(capsys, "check", tmp_path)
    assert "output of mine.f:\n  one\n  \\x1b[31mtwo\n" in out


def test_the_claims_of_the_paper_about_the_balance_hold(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    code, out, _ = run(capsys, "check", "paper_checks/check_04_balance.py", "--json")
    document = json.loads(out)
    assert code == 0
    assert set(document["counts"]) <= {"proved", "decided", "derived", "confirmed"}
    assert len(document["claims"]) >= 5


# --- what goes wrong inside


def test_an_internal_error_is_seventy_and_a_line(capsys, monkeypatch):
    def broken(*_arguments, **_options):
        raise RuntimeError("something of ours")

    monkeypatch.delenv("NTKPROOFS_DEBUG", raising=False)
    monkeypatch.setattr("ntkproofs.commands.workers.list_claims", broken)
    code, out, err = run(capsys, "check", CLAIMS)
    assert (code, out) == (70, "")
    assert "internal error: RuntimeError: something of ours" in err
    assert "Traceback" not in err
    monkeypatch.setenv("NTKPROOFS_DEBUG", "1")
    with pytest.raises(RuntimeError):
        main(["check", str(CLAIMS)])


def test_undecided_is_two(capsys, monkeypatch):
    def too_wide(*_arguments, **_options):
        raise Undecided("not enough bits")

    monkeypatch.setattr("ntkproofs.execution.machine.mean_sign", too_wide)
    code, out, err = run(capsys, "run", "addition", 1, 1, "--bits", 2)
    assert (code, out) == (2, "")
    assert err == "ntkproofs: not enough bits\n"


def test_a_bit_that_would_be_rounded_wrong_is_one(capsys, monkeypatch):
    monkeypatch.setattr("ntkproofs.execution.machine.mean_sign", lambda _kernel, _counts, **_options: -1)
    code, out, err = run(capsys, "run", "addition", 1, 1, "--bits", 2)
    assert (code, out) == (1, "")
    assert "would be rounded incorrectly" in err
    assert len(err.splitlines()) == 1


def test_a_check_that_is_stopped_before_coq_is_done_says_so(capsys, monkeypatch):
    def stop(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("ntkproofs.commands.check._proved_by_coq", stop)
    code, out, err = run(capsys, "check", CLAIMS / "true_claims.py", "--json")
    document = json.loads(out)
    assert (code, document["complete"], document["done"], document["total"]) == (2, False, 3, 3)
    assert "interrupted after 3 of 3 claims, while Coq was running" in err


# --- as a process


def test_importing_the_package_loads_nothing_heavy():
    heavy = ("sympy", "numpy", "flint", "mpmath", "rich", "hypothesis")
    code = f"import sys, ntkproofs; print([name for name in {heavy} if name in sys.modules])"
    assert program("-c", code).stdout == "[]\n"


def test_submodules_load_on_first_use_and_others_do_not_exist():
    code = "import ntkproofs; print(ntkproofs.programs.addition(bits=8).samples); ntkproofs.nothing"
    done = program("-c", code)
    assert done.stdout == "32\n"
    assert "no attribute 'nothing'" in done.stderr


def test_python_dash_m():
    done = program("-m", "ntkproofs", "run", "addition", 13, 29, "--bits", 8)
    assert (done.returncode, done.stdout) == (0, "42\n")
    assert program("-m", "ntkproofs", "run", "addition", 300, 1, "--bits", 8).returncode == 3


def test_a_closed_pipe_is_not_an_internal_error():
    command = f"{sys.executable} -m ntkproofs check {CLAIMS / 'true_claims.py'} --json | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 2)


def on_a_terminal(*arguments, **environment):
    """Return what the command writes to a terminal."""
    plain = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "COLORTERM")}
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "ntkproofs", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=subprocess.DEVNULL,
        env={**plain, "TERM": "xterm-256color", **environment},
    )
    os.close(follower)
    pieces = []
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        pieces.append(piece)
    os.close(leader)
    assert process.wait(timeout=60) == 0
    return b"".join(pieces).decode()


COLOUR = re.compile(r"\x1b\[(?:[0-9]+;)*(?:3[0-8]|9[0-7])(?:;[0-9]+)*m")


def test_colour_on_a_terminal_unless_no_color_is_set():
    command = ("check", CLAIMS / "true_claims.py")
    assert COLOUR.search(on_a_terminal(*command))
    assert not COLOUR.search(on_a_terminal(*command, NO_COLOR="1"))


# --- the other command


def test_the_command_for_theories_shows_foreign_text_escaped_and_refuses_bad_usage(capsys, tmp_path):
    folder = tmp_path / "no\x1b[31m\ntheory"
    folder.mkdir()
    for arguments, message in (
        ([str(folder)], r"no\x1b[31m\ntheory contains no Coq files"),
        ([str(folder), "--fo\x1b"], r"unrecognized arguments: --fo\x1b (see "),
    ):
        assert theory.main(arguments) == 3
        out, err = capsys.readouterr()
        assert out == ""
        assert message in err
        assert err.count("\n") == 1


def test_a_record_is_written_atomically(capsys, tmp_path, monkeypatch):
    """The record is written by the function for all files, which replaces a file atomically."""
    folder, written = write(tmp_path / "theory", FILES), []
    monkeypatch.setattr(theory, "write_atomically", lambda path, data: written.append((path, data)))
    assert theory.main([str(folder), "--record"]) == 2  # there is no coqc here
    assert "twice_zero: " in capsys.readouterr().out
    ((path, data),) = written
    assert (path, data) == (folder / "statements.json", (folder / "statements.json").read_bytes())


@pytest.mark.parametrize("module", ["ntkproofs", "ntkproofs.commands.theory"])
def test_no_command_takes_modules_of_the_current_folder(tmp_path, module):
    for name in ("argparse", "ast", "json", "random", "rich"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(9)\n")
    done = program("-m", module, "--help", cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert (done.returncode, done.stderr) == (0, "")
