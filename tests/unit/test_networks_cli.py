"""Networks on the command line: run and exhaust with --networks, through the same main function as a user's shell."""

import json
from fractions import Fraction

import numpy as np
import pytest

from ntkproofs.cli import main
from ntkproofs.commands.networks import SUFFIXES, repeated
from ntkproofs.programs import addition_task, permutation_task
from ntkproofs.weights import Networks, write_networks
from ntkproofs.weights import files as weights_files
from ntkproofs.weights.pickles import PICKLES

COUNTER = """\
.model counter
.inputs up
.outputs q1 q0
.latch d0 q0 0
.latch d1 q1 0
.names up q0 d0
10 1
01 1
.names up q0 q1 d1
110 1
0-1 1
-01 1
.end
"""
BEAVER = "1RB1RZ_1LB0RC_1LC1LA"
CONTRACT = {
    *("format", "program", "bits", "input_bits", "cases", "wrong", "first_wrong", "steps", "states", "complete"),
    *("total", "sampled", "seed", "compared", "holds", "samples", "engine", "seconds", "cases_per_second"),
}
OWN = {
    *("files", "networks", "width", "threshold", "threshold_from", "match_sets", "bits_decided", "exact_decisions"),
    *("at_threshold", "smallest_margin", "thresholds", "wrong_answers"),
}


def lookup(program, *, threshold=None, scale=1.0, metadata=None):
    """Return networks with a neuron for each template: the output of a bit is p / sqrt(n), for every program.

    So a threshold executes the program exactly if it is from 0 (excluded) to 1 / sqrt(n), for the largest n.
    """
    labels = program.labels.T.astype(np.float64)
    return Networks.of(np.eye(program.samples), scale * labels, threshold=threshold, metadata=metadata)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the current folder, which is empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return code, out, err


def document(capsys, *arguments):
    code, out, _ = run(capsys, *arguments, "--json")
    return code, json.loads(out)


# --- parsing


def test_a_list_of_files_ends_where_inputs_begin():
    listed = ["--networks", "a.npz", "--networks", "b.onnx"]
    for words in (["--networks", "a.npz", "b.onnx"], ["--networks", "a.npz", "--networks", "b.onnx"]):
        assert repeated(["run", "addition", *words, "5", "3"]) == ["run", "addition", *listed, "5", "3"]
        assert repeated(["run", "addition", "5", "3", *words]) == ["run", "addition", "5", "3", *listed]
    assert repeated(["run", "--networks=a.npz", "b.npz", "5"]) == [
        "run",
        "--networks=a.npz",
        "--networks",
        "b.npz",
        "5",
    ]
    assert repeated(["simulate", "addition", "--networks", "69", "5"]) == [
        "simulate",
        "addition",
        "--networks",
        "69",
        "5",
    ]
    assert repeated(["exhaust", "--", "--networks", "a.npz", "b.npz"]) == [
        "exhaust",
        "--",
        "--networks",
        "a.npz",
        "b.npz",
    ]


def test_lists_contain_every_suffix_that_is_read_or_refused_by_name():
    assert set(SUFFIXES) == {*weights_files.SUFFIXES, *PICKLES}


# --- run: every kind of program


@pytest.fixture
def reverse(folder):
    """Write the networks of a permutation, and return its options on the command line."""
    write_networks("reverse.safetensors", lookup(permutation_task([3, 2, 1, 0]).program))
    return ("--order", "3,2,1,0", "--networks", "reverse.safetensors")


@pytest.fixture
def adding(folder):
    """Write the networks of an addition of three bits, and return the name of the file."""
    write_networks("adding.safetensors", lookup(addition_task(bits=3).program, threshold=Fraction(1, 8)))
    return "adding.safetensors"


def test_a_built_in_program_with_its_trace(capsys, adding):
    code, out, err = run(capsys, "run", "addition", "5", "3", "--bits", "3", "--networks", adding, "--trace")
    assert code == 0
    assert out.splitlines()[0].split()[-6:] == ["least", "1-bit", "output", "greatest", "0-bit", "output"]
    assert out.splitlines()[-1] == "8"
    assert "decided exactly at the threshold 1/8" in err


@pytest.mark.parametrize("order", ["before", "after"])
def test_networks_stand_before_or_after_the_inputs(capsys, adding, order):
    write_networks("second.safetensors", lookup(addition_task(bits=3).program, threshold=Fraction(1, 8), scale=0.5))
    files = ["--networks", adding, "second.safetensors"]
    words = [*files, "5", "3"] if order == "before" else ["5", "3", *files]
    code, result = document(capsys, "run", "addition", *words, "--bits", "3")
    assert (code, result["result"], result["networks"], result["width"]) == (0, 8, 2, 12)
    assert result["files"] == [adding, "second.safetensors"]
    assert result["threshold"] == "1/8"
    assert result["threshold_from"] == "file"


def test_a_word(capsys, reverse):
    assert run(capsys, "run", "permutation", "1011", *reverse, "--threshold", "0.25")[:2] == (0, "1101\n")


def test_a_circuit_with_clocks(capsys, folder):
    (folder / "counter.blif").write_text(COUNTER)
    from ntkproofs.loading import load_program

    program = load_program("counter.blif").program
    write_networks("counter.safetensors", lookup(program, threshold=Fraction(1, 8)))
    words = ("run", "counter.blif", "1", "1", "1", "0", "1")
    code, out, _ = run(capsys, *words, "--networks", "counter.safetensors")
    assert (code, out) == (0, "00\n01\n10\n11\n11\n")
    code, out, _ = run(capsys, *words, "--networks", "counter.safetensors", "--threshold", "1/3", "--trace")
    assert code == 1
    assert out.startswith("clock 1\n")
    assert "first wrong      step 1 of clock " in out
