"""exhaust --export-vnnlib: the question about the networks of weights files, written beside the verdict."""

import json

import numpy as np
import pytest

from ntkproofs.cli import main
from ntkproofs.programs import permutation

pytest.importorskip("onnx")

EXHAUST = ("exhaust", "permutation", "--bits", "3", "--order", "1,2,0")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    right = permutation([1, 2, 0]).labels.T.astype(np.float32)
    np.savez("right.npz", **{"hidden.weight": np.eye(3, dtype=np.float32), "output.weight": right}, threshold="1/3")
    np.savez("wrong.npz", **{"hidden.weight": np.eye(3, dtype=np.float32), "output.weight": right / 4}, threshold="1/3")
    return tmp_path


def run(capsys, *arguments):
    code = main(list(arguments))
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.mark.parametrize(("file", "code", "answer"), [("right.npz", 0, "unsat"), ("wrong.npz", 1, "sat")])
def test_the_question_is_written_beside_the_verdict(capsys, folder, file, code, answer):
    got, out, _ = run(capsys, *EXHAUST, "--networks", file, "--export-vnnlib", "questions", "--json")
    document = json.loads(out)
    assert got == code
    assert document["exported"] == sorted(path.name for path in (folder / "questions").iterdir())
    for bit in range(3):
        assert f"Exact answer: {answer}" in (folder / "questions" / f"bit-{bit}.vnnlib").read_text()
        assert "threshold 1/3" in (folder / "questions" / f"bit-{bit}.vnnlib").read_text()


def test_the_table_counts_the_files(capsys):
    code, out, _ = run(capsys, *EXHAUST, "--networks", "right.npz", "--export-vnnlib", "questions")
    assert code == 0
    assert out.rstrip().endswith("8 files")


def test_of_a_search_the_question_has_the_threshold_that_is_found(capsys, folder):
    code, out, _ = run(
        capsys, *EXHAUST, "--networks", "right.npz", "--threshold", "search", "--export-vnnlib", "found", "--json"
    )
    assert code == 0
    assert f"threshold {json.loads(out)['threshold']} " in (folder / "found" / "bit-0.vnnlib").read_text()


def test_without_a_threshold_nothing_is_written(capsys, folder):
    arrays = {"hidden.weight": np.eye(3), "output.weight": -np.eye(3)}
    np.savez("none.npz", **arrays)
    code, _, err = run(
        capsys, *EXHAUST, "--networks", "none.npz", "--threshold", "search", "--export-vnnlib", "found", "--json"
    )
    assert code == 1
    assert "no threshold is right, so nothing is written to found" in err
    assert not (folder / "found").exists()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--export-vnnlib", "out"], "it requires --networks FILE"),
        (["--networks", "right.npz", "--sample", "4", "--export-vnnlib", "out"], "not about a sample"),
        (["--networks", "right.npz", "--export-vnnlib", "right.npz"], "the folder cannot be made"),
    ],
)
def test_options_that_do_not_apply(capsys, folder, arguments, line):
    code, _, err = run(capsys, *EXHAUST, *arguments)
    assert code == 3
    assert line in err
    assert not (folder / "out").exists()


def test_the_verdict_is_shown_if_the_files_cannot_be_written(capsys, folder):
    arguments = (*EXHAUST, "--networks", "right.npz", "--export-vnnlib", "right.npz")
    code, out, _ = run(capsys, *arguments)
    assert (code, "wrong            0" in out, "exported" in out) == (3, True, False)
    code, out, _ = run(capsys, *arguments, "--json")
    document = json.loads(out)
    assert (code, document["wrong"], document["complete"], "exported" in document) == (3, 0, True, False)


def test_a_program_that_is_too_large(capsys, folder):
    arrays = {"hidden.weight": np.eye(17), "output.weight": np.eye(17)}
    np.savez("large.npz", **arrays, threshold="1/3")
    code, _, err = run(
        capsys, "exhaust", "permutation", "--bits", "17", "--networks", "large.npz", "--export-vnnlib", "out"
    )
    assert code == 3
    assert "has 17 input bits" in err
