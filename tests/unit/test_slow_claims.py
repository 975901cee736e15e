"""Slow claims are evaluated only when they are asked for, and the summary says how many were not."""

import json

import pytest

from ntkproofs.claims import claim, collect
from ntkproofs.cli import main
from ntkproofs.commands.workers import list_claims
from ntkproofs.errors import InputError

FILE = """
from ntkproofs.claims import claim, conclude, confirm

def verdict():
    return conclude(confirm("one case", [1], lambda case: case == 1, exhaustive=True))

@claim("one is one", source="school")
def quick():
    return verdict()

@claim("one is one, after a long time", source="school", slow=True)
def long():
    return verdict()

@claim("squares, {n}", source="school", slow=True, each={"n": (1, 2)})
def squares(n):
    return verdict()
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "mine.py").write_text(FILE)
    return tmp_path / "mine.py"


def check(capsys, *arguments):
    code = main(["check", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


def names(capsys, *arguments):
    code, out, _ = check(capsys, *arguments, "--json")
    assert code == 0
    document = json.loads(out)
    return [item["name"] for item in document["claims"]], document["slow"]


def test_slow_claims_are_left_out_and_counted(capsys, file):
    assert names(capsys, file) == (["mine.quick"], ["mine.long", "mine.squares[1]", "mine.squares[2]"])
    code, out, _ = check(capsys, file)
    assert code == 0
    assert "1 claim: 1 confirmed" in out
    assert "3 slow claims not evaluated (-k slow evaluates them)" in out


def test_slow_claims_are_evaluated_when_asked_for(capsys, file):
    slow = ["mine.long", "mine.squares[1]", "mine.squares[2]"]
    assert names(capsys, file, "-k", "slow") == (slow, [])
    assert names(capsys, file, "-k", "SLOW") == (slow, [])
    assert names(capsys, f"{file}::long") == (["mine.long"], [])
    assert names(capsys, f"{file}::squares") == (["mine.squares[1]", "mine.squares[2]"], [])
    assert names(capsys, f"{file}::squares[2]", f"{file}::quick") == (["mine.quick", "mine.squares[2]"], [])
    assert names(capsys, f"{file}::long", "-k", "one is") == (["mine.long"], [])
    assert names(capsys, f"{file}::long", file) == (["mine.quick"], slow)  # the whole file: slow ones are not asked for
    assert names(capsys, file, "-k", "one is") == (["mine.quick"], ["mine.long"])
    assert "not evaluated" not in check(capsys, f"{file}::quick")[1]


def test_what_is_not_there_is_an_error(capsys, file):
    for arguments, message in (
        ([f"{file}::other"], "mine.py has no claim 'other'; it has quick, long, squares[1], squares[2]"),
        ([f"{file}::"], "a claim of a file is named as FILE::CLAIM"),
        (["::quick"], "a claim of a file is named as FILE::CLAIM"),
        ([file.parent / "no.py::quick"], "no such file or directory"),
        ([file, "-k", "long"], "all that match are slow, which run with -k slow or as FILE::CLAIM: mine.long"),
        ([file, "-k", "none of them"], "none of the 4 claims"),
        ([f"{file}::quick", "-k", "squares"], "no claim is to be evaluated: none"),
    ):
        code, out, err = check(capsys, *arguments)
        assert (code, out) == (3, "")
        assert message in err


def test_the_list_of_claims_marks_slow_ones_and_evaluates_nothing(capsys, file):
    file.write_text(FILE.replace("return verdict()", "raise SystemExit"))
    lines = ["mine.quick", "mine.long (slow)", "mine.squares[1] (slow)", "mine.squares[2] (slow)"]
    assert check(capsys, file, "--list") == (0, "\n".join(lines) + "\n", "")
    document = json.loads(check(capsys, file, "--list", "--json")[1])
    assert [item["slow"] for item in document["claims"]] == [False, True, True, True]
    assert document["claims"][1]["statement"] == "one is one, after a long time"


def test_python_collects_slow_claims_too(file):
    assert [item.slow for item in collect([file])] == [False, True, True, True]
    assert [item.name for item in list_claims([file]).slow] == ["mine.long", "mine.squares[1]", "mine.squares[2]"]


def test_broken_files_are_reported_whatever_is_asked_for(capsys, tmp_path):
    (tmp_path / "broken.py").write_text("1 / 0\n")
    code, out, _ = check(capsys, f"{tmp_path / 'broken.py'}::mine")
    assert code == 3
    assert "ZeroDivisionError" in out


@pytest.mark.parametrize("value", ["yes", None, 2])
def test_slow_is_true_or_false(value):
    with pytest.raises(InputError, match="slow must be True or False"):
        claim("a statement", source="a source", slow=value)
