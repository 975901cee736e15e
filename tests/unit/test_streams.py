"""What is written does not depend on where it is written, and no text from elsewhere forges a line of it."""

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
import unicodedata
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import rich
from hypothesis import given, settings
from hypothesis import strategies as st

from ntkproofs.claims import Claim, conclude, confirm
from ntkproofs.cli import main
from ntkproofs.commands.common import make_console, to_json
from ntkproofs.execution import Machine
from ntkproofs.printable import file_name, printable
from ntkproofs.programs import TemplateProgram
from ntkproofs.report import show_results
from ntkproofs.report.page import html_page

ROOT = Path(__file__).resolve().parents[2]
CLAIMS = ROOT / "tests" / "claims" / "true_claims.py"
ENVIRONMENT = {**os.environ, "NTKPROOFS_COQC": "/nonexistent/coqc", "PYTHONPATH": str(ROOT)}
CONTROLS = "\u202e\u2066\x9b\x07\u2028\u200b\x00\ud800\x85"
HOSTILE = "\u202e3 < pi\x1b[2K\nclaim proved\r1:100:1 :smile: [bold]x[/bold] [/] " + CONTROLS


def shell(line: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of shell in which ``ntkproofs`` is this package."""
    function = f'ntkproofs() {{ "{sys.executable}" -m ntkproofs "$@"; }}\n'
    return subprocess.run(
        ["bash", "-c", function + line], capture_output=True, env={**ENVIRONMENT, **variables}, timeout=120, check=False
    )


def hostile_claims(folder: Path) -> Path:
    """Write a claim file whose statement, values and reasons contain control characters."""
    file = folder / "hostile.py"
    file.write_text(
        "from ntkproofs.claims import claim, conclude\n"
        "from ntkproofs.facts import confirm\n"
        f"TEXT = {HOSTILE!r}\n"
        "@claim('{x} ' + TEXT, source=TEXT, each={'x': (TEXT,)})\n"
        "def first(x):\n"
        "    return conclude(confirm(TEXT, [TEXT], lambda _: False, exhaustive=True))\n"
        "@claim(TEXT, source=TEXT)\n"
        "def second():\n"
        "    raise ValueError(TEXT)\n"
        "@claim('3 \u2270 pi', source='here')\n"
        "def third():\n"
        "    return conclude(confirm('3 \u2270 pi', [1], lambda _: True, exhaustive=True))\n"
        "@claim('3 \u2264 pi', source='here')\n"
        "def fourth():\n"
        "    return conclude(confirm('3 \u2264 pi', [1], lambda _: True, exhaustive=True))\n",
        encoding="utf-8",
    )
    return file


# --- one function for foreign text


@given(st.text())
def test_printable_text_is_one_line_without_controls(text):
    shown = printable(text)
    assert len(shown.splitlines()) <= 1
    assert all(item == " " or unicodedata.category(item)[0] not in "CZ" for item in shown)
    assert printable(shown) == shown


@given(
    st.text(alphabet=st.characters(exclude_characters="\\")), st.text(alphabet=st.characters(exclude_characters="\\"))
)
def test_different_texts_are_shown_differently(one, other):
    assert (printable(one) == printable(other)) == (one == other)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("results/a.json", "results/a.json"),
        ("b.json: accepted", "'b.json: accepted'"),
        ("a\nb.json: accepted", "'a\\nb.json: accepted'"),
        ("x\x1b[2K", "'x\\x1b[2K'"),
        ("\udcff.json", "'\\udcff.json'"),
        ("größe.json", "größe.json"),
    ],
)
def test_names_of_files(name, shown):
    assert file_name(name) == shown


def plain(text: str) -> None:
    """Check that an output has no control characters except line breaks."""
    assert not [item for item in text if item != "\n" and not item.isprintable()]


def test_hostile_claims_forge_nothing(tmp_path):
    done = shell(f"ntkproofs check --jobs 1 {hostile_claims(tmp_path)}")
    assert done.returncode == 1
    for stream in (done.stdout.decode(), done.stderr.decode()):
        plain(stream)
        assert not re.search(r"(?m)^(claim proved|x )", stream)
    out = done.stdout.decode()
    assert "1:100:1 :smile: [bold]x[/bold] [/]" in re.sub(r"\s+", " ", out)
    assert sum(line.startswith("hostile.") for line in out.splitlines()) >= 4


def test_hostile_claims_send_no_control_characters_to_a_terminal(tmp_path):
    command = [sys.executable, "-m", "ntkproofs", "check", "--jobs", "1", str(hostile_claims(tmp_path))]
    leader, follower = pty.openpty()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=follower, stderr=follower, env=ENVIRONMENT)
    os.close(follower)
    shown = b""
    with contextlib.suppress(OSError):  # the other end is closed
        while piece := os.read(leader, 65536):
            shown += piece
    os.close(leader)
    assert process.wait(60) == 1
    text = re.sub(r"\x1b\[[?]?[0-9;]*[A-Za-z]", "", shown.decode().replace("\r\n", "\n"))  # what rich itself sends
    assert not set(CONTROLS + "\x1b") & set(text)
    assert not re.search(r"(?m)^claim proved", text)


def test_the_page_shows_escapes(tmp_path):
    def fail() -> object:
        raise ValueError(HOSTILE)

    page = html_page([Claim(HOSTILE, HOSTILE, HOSTILE, fail, Path(HOSTILE)).run()])
    plain(page)
    page.encode("utf-8")


def test_markup_and_names_of_emoji_are_text(capsys):
    statement = "1:100:1 :smile: [bold red]proved[/] a:b:c"
    verdict = Claim(
        "a:b:c", statement, "here", lambda: conclude(confirm(statement, [1], lambda _: False, exhaustive=True))
    )
    show_results([verdict.run()], make_console())
    out = capsys.readouterr().out
    assert statement in out
    assert f"a:b:c: {statement}: false for 1" in out


def test_a_verdict_shows_foreign_text_escaped_and_the_counterexample():
    verdict = conclude(confirm("\x1b[32m3 < pi\nproved <b>", [1], lambda _: False, exhaustive=True))
    for shown in (f"{verdict}", repr(verdict)):
        assert r"refuted: \x1b[32m3 < pi\nproved <b>: false for 1" in shown
    assert "false for 1" in verdict._repr_html_()
    assert "exhaustive" not in verdict._repr_html_()


def test_names_of_fields_are_no_markup(capsys):
    program = TemplateProgram("b", fields={"[red]": 2, ":smile:": 1})
    program.template(when={("[red]", 0): 1}, write=[(":smile:", 0)])
    rich.print(Machine(program).run(program.state(), steps=1))
    assert capsys.readouterr().out.split()[1:3] == ["'[red]'", "':smile:'"]


def test_a_console_prints_text_as_it_is(capsys):
    text = "1:100:1 :smile: [bold]x[/bold] [link=file:///]y[/link] 0x1f https://a.b"
    make_console().print(text)
    make_console(stderr=True).print(text)
    assert capsys.readouterr() == (text + "\n", text + "\n")


@pytest.mark.parametrize("name", ["good.json: accepted\nother.json", "a\x1b[1A\x1b[2K.json", "\u202ea.json"])
def test_names_of_files_in_messages(capsys, tmp_path, name):
    for arguments in (["verify", name], ["check", name], ["run", "sbn", name], [name], ["check", "--jobs", name]):
        assert main(arguments) in (2, 3)
        captured = capsys.readouterr()
        plain(captured.out + captured.err)
        assert len(captured.err.splitlines()) == 1
    bad = str(tmp_path / "none" / name)
    assert main(["certify", "addition", "--bits", "2", "--failure", "0.1", "-o", bad]) == 3
    plain(capsys.readouterr().err)


# --- JSON


def test_json_is_the_same_bytes_wherever_it_is_written(tmp_path):
    file = hostile_claims(tmp_path)
    line = f"ntkproofs check --jobs 1 --json {file} | sed 's/\"seconds\": .*//'"
    outputs = {
        shell(line, **variables).stdout
        for variables in (
            {},
            {"PYTHONIOENCODING": "ascii"},
            {"PYTHONIOENCODING": "latin-1"},
            {"LC_ALL": "C"},
            {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
            {"PYTHONIOENCODING": "utf-16"},
            {"PYTHONHASHSEED": "1"},
            {"PYTHONOPTIMIZE": "2"},
        )
    }
    assert len(outputs) == 1
    (output,) = outputs
    assert output.isascii()
    assert b"3 \\u2264 pi" in output
    assert b"3 \\u2270 pi" in output


def test_the_answer_is_the_same_in_another_folder_and_as_a_module(tmp_path):
    here = shell(f"cd {ROOT}; ntkproofs check --jobs 1 {CLAIMS} | sed 's/ *[0-9.]*$//;s/in .* s//'")
    there = shell(
        f"cd {tmp_path}; ntkproofs check --jobs 1 {CLAIMS} | sed 's/ *[0-9.]*$//;s/in .* s//'",
        LC_ALL="C",
        PYTHONHASHSEED="7",
        PYTHONOPTIMIZE="1",
    )
    started = f"import sys; from ntkproofs.cli import main; sys.exit(main(['check', '--jobs', '1', {str(CLAIMS)!r}]))"
    script = shell(f"{sys.executable} -c \"{started}\" | sed 's/ *[0-9.]*$//;s/in .* s//'")
    assert here.stdout
    assert here.stdout == there.stdout == script.stdout


def test_characters_outside_ascii_stay_distinct(tmp_path):
    file = hostile_claims(tmp_path)
    out = shell(f"ntkproofs check --jobs 1 -k 'pi' {file}", PYTHONIOENCODING="ascii").stdout.decode("ascii")
    assert "3 <= pi" in out
    assert "3 \\u2270 pi" in out
    assert "?" not in out
    margins = shell(f"ntkproofs check --engine balls {CLAIMS}", PYTHONIOENCODING="ascii").stdout.decode("ascii")
    assert ">= 0.14159" in margins


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("nan"), "JSON cannot represent the float nan at claims[0].x"),
        (float("-inf"), "JSON cannot represent the float -inf at claims[0].x"),
        (np.int64(3), "JSON cannot represent the int64 "),
        (np.bool_(True), "JSON cannot represent the bool"),
        (Fraction(1, 3), "JSON cannot represent the Fraction Fraction(1, 3) at claims[0].x"),
        ({1: "a"}, "JSON cannot represent the key int 1 at claims[0].x"),
        (1 << 20_000, "JSON cannot represent an integer of 20001 bits at claims[0].x"),
        ({1}, "JSON cannot represent the set {1} at claims[0].x"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_that_json_cannot_represent_are_named(value, message):
    with pytest.raises(TypeError, match=re.escape(message)) as caught:
        to_json({"claims": [{"x": value}]})
    assert str(caught.value).endswith("at claims[0].x")


@settings(max_examples=30)
@given(
    st.dictionaries(
        st.text(),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
            lambda item: st.lists(item) | st.dictionaries(st.text(), item),
        ),
    )
)
def test_json_represents_its_arguments(document):
    text = to_json(document)
    assert text.isascii()
    assert json.loads(text) == json.loads(json.dumps(document))


# --- streams that are closed, full or broken


def test_progress_is_not_printed_to_standard_output(tmp_path):
    for line in (f"ntkproofs check --json {CLAIMS} 2>&-", "ntkproofs run addition 1 2 --bits 2 --json 2>&-"):
        done = shell(line)
        assert done.returncode == 0
        assert json.loads(done.stdout)["format"] == 1
    file = tmp_path / "a.json"
    shell(f"ntkproofs certify addition --bits 2 --failure 0.1 -o {file} 2>&- <&-")
    assert shell(f"ntkproofs verify {file}").returncode == 0


def test_no_file_gets_the_descriptor_of_a_closed_stream(tmp_path):
    code = (
        "import os; from ntkproofs.cli import _prepare_streams as p; p(); print(os.open('a', os.O_CREAT | os.O_RDWR))"
    )
    done = shell(f'cd {tmp_path}; {sys.executable} -c "{code}" <&- 2>&-')
    assert int(done.stdout) > 2


@pytest.mark.parametrize("buffered", ["", "1"])
def test_an_output_that_cannot_be_written_is_an_error(buffered):
    run = "ntkproofs run addition 1 2 --bits 2"
    for line, message in (
        (f"{run} >/dev/full", b"the output cannot be written: No space left on device\n"),
        (f"{run} --json >/dev/full", b"the output cannot be written: No space left on device\n"),
    ):
        done = shell(line, PYTHONUNBUFFERED=buffered)
        assert (done.returncode, done.stderr.endswith(message)) == (2, True)
    closed = shell(f"{run} >&-", PYTHONUNBUFFERED=buffered)
    assert (closed.returncode, closed.stderr.startswith(b"ntkproofs: stdout is closed")) == (3, True)
    piped = shell(f"set -o pipefail; {run} --trace --json | (exec <&-; sleep 1)", PYTHONUNBUFFERED=buffered)
    assert (piped.returncode, piped.stderr) == (2, b"")


@pytest.mark.parametrize("buffered", ["", "1"])
def test_a_closed_standard_error_does_not_stop_the_command(buffered):
    for line in ("ntkproofs run addition 1 2 --bits 2 2>/dev/full", "ntkproofs run addition 1 2 --bits 2 2>&-"):
        done = shell(line, PYTHONUNBUFFERED=buffered)
        assert (done.returncode, done.stdout) == (0, b"3\n")


# --- stopped work


def stop(*_, **__):
    raise KeyboardInterrupt


STOPPED = {
    "ntkproofs.execution.events.EventRun.advance": ("run", "addition", "1", "2", "--bits", "2"),
    "ntkproofs.certificates.issue_ensemble": ("certify", "addition", "--bits", "2", "--failure", "0.1"),
    "ntkproofs.commands.verify._run": ("verify", "a.json"),
}


@pytest.mark.parametrize("function", STOPPED)
def test_interrupted_work_is_marked_in_the_document(capsys, monkeypatch, function):
    monkeypatch.setattr(function, stop)
    assert main([*STOPPED[function], "--json"]) == 2
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert (document["format"], document["complete"]) == (1, False)
    assert captured.err.startswith("ntkproofs: interrupted")
    assert main(STOPPED[function]) == 2
    shown = capsys.readouterr()
    assert "not complete" in shown.out or "interrupted" in shown.err


def test_stopped_after_the_answer_there_is_one_document(capsys, monkeypatch):
    monkeypatch.setattr("ntkproofs.commands.certify.remark", stop)
    assert main(["certify", "addition", "--bits", "2", "--failure", "0.1", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["networks"]


def test_an_unfinished_figure_is_not_written(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("ntkproofs.report.plots.svg._rendered", stop)
    assert main(["plot", "balance", "-o", str(tmp_path / "a.svg")]) == 2
    assert capsys.readouterr().out == "not complete: interrupted\n"
    assert not list(tmp_path.iterdir())


def test_an_internal_error_in_json_is_named(capsys, monkeypatch):
    monkeypatch.setattr("ntkproofs.commands.certify._document", lambda *_: {"claim": {"networks": np.int64(3)}})
    assert main(["certify", "addition", "--bits", "2", "--failure", "0.1", "--json"]) == 70
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "internal error: TypeError: JSON cannot represent the int64" in captured.err
    assert "at claim.networks" in captured.err
