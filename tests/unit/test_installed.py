"""Without a clone: the wheel holds the claims, and commands find them and copy them."""

import json
import tomllib
from pathlib import Path

import pytest

from ntkproofs import installed
from ntkproofs.cli import main
from ntkproofs.errors import InputError

ROOT = Path(__file__).parents[2]


def test_the_examples_of_a_clone_are_those_at_its_top_level():
    folders = installed.example_folders()
    assert folders["paper_checks"] == ROOT / "paper_checks"
    assert all(any(folder.iterdir()) for folder in folders.values())


def test_the_examples_of_a_wheel_are_inside_the_package(tmp_path, monkeypatch):
    package = tmp_path / "site-packages" / "ntkproofs"
    monkeypatch.setattr(installed, "PACKAGE", package)
    with pytest.raises(InputError, match="not installed"):
        installed.claims_folder()
    for name, marker in zip(installed.FOLDERS, installed.MARKERS, strict=True):
        (package / "examples" / name).mkdir(parents=True)
        (package / "examples" / name / marker).touch()
    assert installed.claims_folder() == package / "examples" / "paper_checks"


def test_a_check_without_claims_here_takes_the_installed_ones_and_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["check", "-k", "balance.gap_is_increasing[ntk]", "--engine", "balls"]) == 0
    said = capsys.readouterr()
    assert f"the claims are those in {ROOT / 'paper_checks'}" in said.err
    assert "balance.gap_is_increasing[ntk]" in said.out


def test_examples_are_copied_into_a_new_folder_and_can_be_checked_there(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["copy-examples", "mine", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["files"]["paper_checks"] == sum(
        file.is_file() for file in (tmp_path / "mine/paper_checks").rglob("*")
    )
    assert (tmp_path / "mine/paper_checks/coq/Statements.v").read_bytes() == (
        ROOT / "paper_checks/coq/Statements.v"
    ).read_bytes()
    assert {path.name for path in (tmp_path / "mine").iterdir()} == {"notebooks", "paper_checks", "sbn_programs"}
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    monkeypatch.chdir(tmp_path / "mine")
    assert main(["run", "sbn", "sbn_programs/gcd.sbn"]) == 0


def test_nothing_is_overwritten_by_a_copy(tmp_path, capsys):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    (tmp_path / "file").touch()
    for folder, reason in {
        "full": "is not empty",
        "file": "is not a folder",
        "none/new": "there is no folder",
    }.items():
        assert main(["copy-examples", f"{tmp_path}/{folder}"]) == 3
        assert reason in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["copy-examples", f"{tmp_path}/empty"]) == 0


def test_the_wheel_is_told_to_hold_what_is_looked_for():
    """The table of the build says where in the wheel the folders go; they must be those that are looked for."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = table["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included == {name: f"ntkproofs/examples/{name}" for name in installed.FOLDERS}
