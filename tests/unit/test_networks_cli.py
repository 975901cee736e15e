"""Networks on the command line: run and exhaust with --networks, through the same main function as a user's shell."""

import importlib
import json
import re
from fractions import Fraction

import numpy as np
import pytest

from ntkproofs.bounds.margins import Margins
from ntkproofs.bounds.thresholds import best as choose
from ntkproofs.cli import main
from ntkproofs.commands.networks import SUFFIXES, repeated
from ntkproofs.counts import arbitrary_counts
from ntkproofs.kernels import two_layer_relu
from ntkproofs.loading import load_program
from ntkproofs.programs import addition_task, permutation_task
from ntkproofs.programs.sbn import layout_for, load
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
MINE = """\
from ntkproofs.programs import Task, TemplateProgram

program = TemplateProgram("both", fields={"x": 3, "y": 3, "z": 3})
for i in range(3):
    program.template(when={("x", i): 1, ("y", i): 1}, write=[("z", i)])
task = Task(program, inputs=("x", "y"), steps=1, output=tuple(("z", i) for i in range(3)), oracle=lambda x, y: x & y)
wrong = Task(program, inputs=("x", "y"), steps=1, output=tuple(("z", i) for i in range(3)), oracle=lambda x, y: x | y)
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
    program = load_program("counter.blif").program
    write_networks("counter.safetensors", lookup(program, threshold=Fraction(1, 8)))
    words = ("run", "counter.blif", "1", "1", "1", "0", "1")
    code, out, _ = run(capsys, *words, "--networks", "counter.safetensors")
    assert (code, out) == (0, "00\n01\n10\n11\n11\n")
    code, out, _ = run(capsys, *words, "--networks", "counter.safetensors", "--threshold", "1/3", "--trace")
    assert code == 1
    assert out.startswith("clock 1\n")
    assert "\nfirst wrong      step 1 of clock " in out


def test_a_turing_machine(capsys, folder):
    write_networks("beaver.safetensors", lookup(load_program(BEAVER).program))
    code, out, _ = run(capsys, "run", BEAVER, "--networks", "beaver.safetensors", "--threshold", "1/8")
    assert (code, out.splitlines()) == (0, ["11111", "21 steps, 5 ones, 5 cells, halted"])


def test_a_python_object_and_the_state_of_a_program(capsys, folder):
    (folder / "mine.py").write_text(MINE)
    program = load_program("mine.py:program").program
    write_networks("mine.safetensors", lookup(program, threshold=Fraction(1, 8)))
    assert run(capsys, "run", "mine.py:task", "6", "3", "--networks", "mine.safetensors")[:2] == (0, "2\n")
    code, out, _ = run(capsys, "run", "mine.py:program", "x=6", "y=3", "--networks", "mine.safetensors")
    assert (code, out) == (0, "x = 000\ny = 000\nz = 010\n")


SUM = "x: .word 20\ny: .word -3\nz: .word 0\nsbn z x\nsbn z y\nsbn y y\n"


def test_an_sbn_program(capsys, folder):
    (folder / "sum.sbn").write_text(SUM)
    program = load_program("sum.sbn").program
    write_networks("sum.safetensors", lookup(program, threshold=Fraction(1, 32)))
    plain = document(capsys, "run", "sbn", "sum.sbn")
    through = document(capsys, "run", "sbn", "sum.sbn", "--networks", "sum.safetensors")
    assert (plain[0], through[0]) == (0, 0)
    assert {key: plain[1][key] for key in ("memory", "executed", "steps", "largest_matches")}.items() <= through[
        1
    ].items()
    assert "kernel" not in through[1]
    assert through[1]["threshold"] == "1/32"
    assert document(capsys, "run", "sum.sbn", "--networks", "sum.safetensors")[1] == through[1] | {"program": "sbn"}


def test_the_first_wrong_bit_of_an_sbn_program_has_the_step_of_the_run(capsys, folder):
    (folder / "sum.sbn").write_text(SUM)
    assembly = load_program("sum.sbn").assembly
    layout = layout_for(assembly)
    program = load_program("sum.sbn").program
    rows = [program.row(load(layout, assembly))]
    for _ in range(3 * layout.steps_per_instruction):
        rows.append(program.step_rows(rows[-1][None, :])[0])
    sizes = program.match_rows(np.stack(rows[:-1])).sum(axis=1)
    broken = lookup(program, threshold=Fraction(1, 32))
    first_template = {
        template: int(np.argmax(column)) for template, column in enumerate(matches_of(program, rows)) if column.any()
    }
    template, step = max(first_template.items(), key=lambda item: item[1])
    assert step > layout.steps_per_instruction  # not in the first instruction
    broken.output[0, 0, :, template] *= -1
    write_networks("broken.safetensors", broken)
    code, result = document(capsys, "run", "sbn", "sum.sbn", "--networks", "broken.safetensors")
    assert code == 1
    assert result["result"] is None
    assert result["complete"] is True
    assert result["first_wrong"]["step"] == step + 1
    assert result["steps"] == step
    assert result["executed"] == step // layout.steps_per_instruction
    assert f"n = {sizes[step]}," in result["first_wrong"]["counts"]
    assert result["first_wrong"]["state"] == program.field_digits(rows[step])


def matches_of(program, rows):
    """Return whether each template matches, a column for each state."""
    return program.match_rows(np.stack(rows[:-1])).astype(bool).T


# --- run: wrong bits


def test_a_wrong_bit_is_reported_with_everything_about_it(capsys, adding):
    """At 2/3 the outputs 1/sqrt(3) are below the threshold: at the first step three templates match."""
    words = ("run", "addition", "5", "3", "--bits", "3", "--networks", adding, "--threshold", "2/3")
    code, out, err = run(capsys, *words)
    assert (code, err) == (1, "")
    assert out.splitlines() == [
        "file             adding.safetensors",
        "networks         a network with all output bits: width 12, 12 inputs",
        "threshold        2/3, from the option --threshold",
        "first wrong      step 1, bit p_1",
        "  state          p=101 q=011 c=000",
        "  counts         n = 3, p = 1, t = 2, K = 12",
        "  output         0.57735026… = 1/3*sqrt(3)",
        "  expected       above the threshold 2/3",
    ]
    code, result = document(capsys, *words)
    assert code == 1
    assert (result["result"], result["complete"], result["steps"]) == (None, True, 0)
    wrong = result["first_wrong"]
    assert wrong["output"] == {"exact": "1/3*sqrt(3)", "value": "0.57735026…"}
    assert (wrong["step"], wrong["bit"], wrong["expected"]) == (1, ["p", 1], 1)
    assert wrong["state"] == {"p": "101", "q": "011", "c": "000"}


def test_the_steps_before_a_wrong_bit_are_shown(capsys, adding):
    code, out, _ = run(
        capsys, "run", "addition", "7", "1", "--bits", "3", "--networks", adding, "--threshold", "3/5", "--trace"
    )
    assert code == 1
    steps = int(re.search(r"first wrong +step (\d+)", out)[1])
    assert sum(line.lstrip()[0].isdigit() for line in out.split("file ")[0].splitlines() if line.strip()) == steps


# --- run: a search for thresholds


def test_the_thresholds_that_are_right_at_the_states_of_a_run(capsys, adding):
    """At the six steps of 5 + 3 at most three templates match, so every threshold below 1/sqrt(3) is right."""
    words = ("run", "addition", "5", "3", "--bits", "3", "--networks", adding, "--threshold", "search")
    code, result = document(capsys, *words)
    assert (code, result["result"], result["threshold_from"]) == (0, 8, "search")
    assert result["thresholds"]["outcome"] == "right"
    assert result["thresholds"]["above"]["exact"] == "0"
    assert result["thresholds"]["below"]["exact"] == "1/3*sqrt(3)"
    assert 0 < Fraction(result["threshold"]) < Fraction(57736, 100000)
    code, out, err = run(capsys, *words)
    assert (code, out) == (0, "8\n")
    assert "and below 1/3*sqrt(3)" in err


def test_no_threshold_is_right_at_the_states_of_a_run(capsys, folder):
    write_networks("none.safetensors", lookup(addition_task(bits=3).program, scale=-1.0))
    words = ("run", "addition", "5", "3", "--bits", "3", "--networks", "none.safetensors", "--threshold", "search")
    code, result = document(capsys, *words)
    assert (code, result["result"], result["threshold"], result["thresholds"]["outcome"]) == (1, None, None, "none")
    code, out, _ = run(capsys, *words)
    assert code == 1
    assert "threshold        none is right\n" in out
    assert "should be 1 has -1" in " ".join(out.split())


def test_a_search_along_an_sbn_program_and_along_clocks(capsys, folder):
    (folder / "sum.sbn").write_text(SUM)
    write_networks("sum.safetensors", lookup(load_program("sum.sbn").program))
    code, result = document(
        capsys, "run", "sum.sbn", "--networks", "sum.safetensors", "--threshold", "search", "--trace"
    )
    plain = document(capsys, "run", "sum.sbn", "--trace")[1]
    assert (code, result["memory"], result["trace"]) == (0, plain["memory"], plain["trace"])
    assert result["thresholds"]["outcome"] == "right"
    (folder / "counter.blif").write_text(COUNTER)
    write_networks("counter.safetensors", lookup(load_program("counter.blif").program))
    words = ("run", "counter.blif", "1", "1", "0", "--networks", "counter.safetensors", "--threshold", "search")
    code, result = document(capsys, *words)
    assert (code, result["result"]) == (0, ["00", "01", "10"])


# --- invalid usage


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--regime", "ntk", "--networks", "adding.safetensors"], "--regime describes infinitely wide networks; with "
         "--networks the networks are given"),
        (["--time", "3", "--networks", "adding.safetensors"], "--time describes infinitely wide networks"),
        (["--training-steps", "3", "--networks", "adding.safetensors"], "--training-steps describes infinitely wide"),
        (["--step", "1/2", "--networks", "adding.safetensors"], "--step describes infinitely wide networks"),
        (["--threshold", "search"], "it requires --networks FILE"),
        (["--threshold=-1/8"], "the threshold must not be negative, got -1/8"),
        (["--networks", "adding.safetensors", "--threshold", "one"], "such as 1/8 or 0.125"),
        (["--networks", "adding.safetensors", "--threshold", "1/0"], "such as 1/8 or 0.125"),
        (["--networks", "missing.npz"], "missing.npz"),
        (["--networks", "model.pt"], "pickles are not opened"),
        (["--networks", "adding.safetensors", "adding.safetensors"], "given twice"),
        (["--networks", "padded.safetensors"], "15 inputs, and program 'addition' 12 samples: they must be equal; with "
         "--padding 3 they are"),
        (["--networks", "other.safetensors"], "they must be equal\n"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", [("run", "addition", "5", "3"), ("exhaust", "addition")], ids=["run", "exhaust"])
def test_what_does_not_fit_is_one_line(capsys, adding, command, options, line):
    program = addition_task(bits=3).program
    program.pad(3)
    write_networks("padded.safetensors", lookup(program))
    write_networks("other.safetensors", lookup(addition_task(bits=4).program))
    code, out, err = run(capsys, *command, "--bits", "3", *options)
    assert (code, out) == (3, "")
    assert line in err
    assert err.count("\n") == 1


def test_padding_makes_networks_fit(capsys, folder):
    program = addition_task(bits=3).program
    program.pad(3)
    write_networks("padded.safetensors", lookup(program, threshold=Fraction(1, 8)))
    options = ("--bits", "3", "--padding", "3", "--networks", "padded.safetensors")
    assert run(capsys, "run", "addition", "5", "3", *options)[:2] == (0, "8\n")
    assert document(capsys, "exhaust", "addition", *options)[0] == 0


def test_a_file_for_other_templates_is_remarked(capsys, folder):
    networks = lookup(permutation_task([1, 0, 2]).program, metadata={"program_sha256": "0" * 64, "program": "other"})
    write_networks("p.safetensors", networks)
    words = ("run", "permutation", "100", "--order", "1,0,2", "--networks", "p.safetensors")
    assert run(capsys, *words)[:2] == (0, "010\n")
    assert "trained for other templates ('other')" in run(capsys, *words)[2]


# --- exhaust


def test_the_document_has_the_keys_of_the_contract(capsys, adding):
    code, result = document(capsys, "exhaust", "addition", "--bits", "3", "--networks", adding)
    assert code == 0
    assert set(result) == CONTRACT | OWN
    assert (result["cases"], result["wrong"], result["steps"], result["states"]) == (64, 0, 6, 384)
    assert (result["complete"], result["holds"], result["first_wrong"]) == (True, True, None)
    assert result["smallest_margin"]["exact"] == "1/8"  # of the outputs that are 0
    assert set(result["smallest_margin"]) == {"exact", "value", "inputs", "step", "bit"}


def test_the_sign_of_a_weight(capsys, folder):
    """Flip the output weight of the template of one bit: every word with this bit is wrong, and the least is named."""
    program = permutation_task([3, 2, 1, 0]).program
    networks, template = lookup(program, threshold=Fraction(1, 4)), program.templates[2]
    ((_, read), _), (_, written) = template.when[0], template.write[0]
    networks.output[0, 0, written, 2] *= -1
    write_networks("flipped.safetensors", networks)
    words = ("exhaust", "permutation", "--bits", "4", "--networks", "flipped.safetensors")
    code, result = document(capsys, *words)
    assert (code, result["cases"], result["wrong"]) == (1, 16, 8)
    wrong = result["first_wrong"]
    assert (wrong["inputs"], wrong["step"], wrong["bit"]) == ([1 << read], 1, ["bits", written])
    assert wrong["output"]["exact"] == "-1"
    code, out, _ = run(capsys, *words)
    assert code == 1
    assert f"\nwrong            8\nfirst wrong      inputs {1 << read}, step 1, bit bits_{written}\n" in out
    assert "\n  output         -1\n" in out


def test_an_output_at_the_threshold_is_not_right(capsys, folder):
    """Where four templates match, the outputs that should be 1 are 1/2 exactly."""
    write_networks("p.safetensors", lookup(permutation_task([3, 2, 1, 0]).program))
    words = ("exhaust", "permutation", "--bits", "4", "--networks", "p.safetensors", "--threshold")
    code, result = document(capsys, *words, "1/2")
    assert (code, result["wrong"], result["at_threshold"]) == (1, 1, 4)
    assert result["exact_decisions"] >= 4
    assert (result["first_wrong"]["inputs"], result["first_wrong"]["output"]["exact"]) == ([15], "1/2")
    assert result["smallest_margin"]["exact"] == "0"
    assert "  output         0.5 = 1/2, exactly the threshold\n" in run(capsys, *words, "1/2")[1]
    assert "at threshold     4 outputs exactly equal to it, which is wrong\n" in run(capsys, *words, "1/2")[1]


@pytest.mark.parametrize(("sign", "code"), [(-1, 0), (1, 1)])
def test_a_margin_of_a_quintillionth_is_decided(capsys, folder, sign, code):
    write_networks("p.safetensors", lookup(permutation_task([3, 2, 1, 0]).program))
    threshold = Fraction(1, 2) + sign * Fraction(1, 1 << 60)
    words = ("exhaust", "permutation", "--bits", "4", "--networks", "p.safetensors", f"--threshold={threshold}")
    got, result = document(capsys, *words)
    assert (got, result["wrong"], result["at_threshold"]) == (code, code, 0)
    assert Fraction(result["smallest_margin"]["exact"]) == -sign * Fraction(1, 1 << 60)
    assert result["exact_decisions"] >= 4


def test_files_are_averaged(capsys, folder):
    """One of two networks has outputs of the wrong sign, half as large: it is wrong, and the average is right."""
    program = permutation_task([3, 2, 1, 0]).program
    write_networks("good.safetensors", lookup(program))
    write_networks("bad.safetensors", lookup(program, scale=-0.5))
    words = ("exhaust", "permutation", "--bits", "4", "--threshold", "1/16", "--networks")
    assert document(capsys, *words, "good.safetensors")[0] == 0
    assert document(capsys, *words, "bad.safetensors")[0] == 1
    code, result = document(capsys, *words, "good.safetensors", "bad.safetensors")
    assert (code, result["networks"], result["files"]) == (0, 2, ["good.safetensors", "bad.safetensors"])
    assert (
        "files            2, from good.safetensors to bad.safetensors\n"
        in (run(capsys, *words, "good.safetensors", "--networks", "bad.safetensors")[1])
    )


def test_the_threshold_is_that_of_the_option_else_the_file_else_the_program(capsys, folder):
    program = permutation_task([3, 2, 1, 0]).program
    write_networks("none.safetensors", lookup(program))
    write_networks("own.safetensors", lookup(program, threshold=Fraction(1, 8)))
    write_networks("output.safetensors", lookup(program, metadata={"trained": "output"}))

    def used(*options):
        _, result = document(capsys, "exhaust", "permutation", "--bits", "4", *options)
        return result["threshold"], result["threshold_from"]

    assert used("--networks", "own.safetensors", "--threshold", "0.3") == ("3/10", "option")
    assert used("--networks", "own.safetensors") == ("1/8", "file")
    for file, kernel in (("none", "ntk"), ("output", "nngp")):
        best = Margins.of(two_layer_relu(kernel), arbitrary_counts(program))
        assert used("--networks", f"{file}.safetensors") == (f"{choose(best)}", "balanced")


def test_a_search_for_thresholds(capsys, folder):
    program = permutation_task([3, 2, 1, 0]).program
    write_networks("p.safetensors", lookup(program))
    words = ("exhaust", "permutation", "--bits", "4", "--threshold", "search", "--networks")
    code, result = document(capsys, *words, "p.safetensors")
    assert (code, result["threshold_from"], result["thresholds"]["outcome"]) == (0, "search", "right")
    assert result["thresholds"]["above"]["exact"] == "0"
    assert result["thresholds"]["below"]["exact"] == "1/2"
    assert 0 < Fraction(result["threshold"]) < Fraction(1, 2)
    write_networks("none.safetensors", lookup(program, scale=-1.0))
    code, result = document(capsys, *words, "none.safetensors")
    assert (code, result["threshold"], result["wrong"], result["holds"]) == (1, None, None, False)
    assert result["thresholds"]["outcome"] == "none"
    assert "no threshold is right" in result["thresholds"]["reason"]
    assert "no threshold is right" in " ".join(run(capsys, *words, "none.safetensors")[1].split())


def test_a_sample_shrinks_to_a_smallest_wrong_input(capsys, folder):
    task = permutation_task(range(40))
    networks = lookup(task.program, threshold=Fraction(1, 16))
    networks.output[0, 0, 7, 7] *= -1
    write_networks("p.safetensors", networks)
    order = ",".join(map(str, range(40)))
    words = ("exhaust", "permutation", "--bits", "40", "--order", order, "--networks", "p.safetensors")
    code, result = document(capsys, *words, "--sample", "100", "--seed", "3")
    assert (code, result["sampled"], result["seed"], result["cases"]) == (1, True, 3, 100)
    assert result["first_wrong"]["inputs"] == [1 << 7]


def test_all_sequences_of_inputs(capsys, folder):
    (folder / "counter.blif").write_text(COUNTER)
    write_networks("counter.safetensors", lookup(load_program("counter.blif").program, threshold=Fraction(1, 8)))
    words = ("exhaust", "counter.blif", "--networks", "counter.safetensors")
    code, result = document(capsys, *words)
    assert (code, result["cases"], result["wrong"], result["complete"]) == (0, 18, 0, True)
    assert document(capsys, *words, "--clocks", "2")[1]["cases"] == 6
    code, result = document(capsys, *words, "--threshold", "9/10")
    assert code == 1
    assert all(isinstance(word, list) for word in result["first_wrong"]["inputs"])
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert "all sequences of any length" in out


def test_a_program_without_an_oracle_and_one_with_a_wrong_oracle(capsys, folder):
    (folder / "mine.py").write_text(MINE)
    program = load_program("mine.py:program").program
    write_networks("mine.safetensors", lookup(program, threshold=Fraction(1, 8)))
    code, result = document(capsys, "exhaust", "mine.py:program", "--networks", "mine.safetensors")
    assert (code, result["cases"], result["compared"]) == (0, 512, False)
    code, result = document(capsys, "exhaust", "mine.py:wrong", "--networks", "mine.safetensors")
    assert (code, result["wrong"], result["wrong_answers"]) == (1, 56, 56)
    assert result["first_wrong"] == {"inputs": [1, 0], "got": 0, "wanted": 1}
    code, out, _ = run(capsys, "exhaust", "mine.py:wrong", "--networks", "mine.safetensors")
    assert code == 1
    assert "56 of the program itself" in out
    write_networks("none.safetensors", lookup(program))
    for name, words in (("wrong", "56 of the program itself"), ("program", "there is no oracle")):
        code, out, _ = run(
            capsys, "exhaust", f"mine.py:{name}", "--networks", "none.safetensors", "--threshold", "search"
        )
        assert code == (name == "wrong")
        assert words in " ".join(out.split())


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--condition"], "--condition counts matches for the predictor"),
        (["--clocks", "3"], "--clocks is not an option of addition"),
        (["--seed", "3"], "it requires --sample N"),
    ],
)
def test_options_that_do_not_apply(capsys, adding, options, line):
    code, out, err = run(capsys, "exhaust", "addition", "--bits", "3", "--networks", adding, *options)
    assert (code, out) == (3, "")
    assert line in err


def test_an_exhaustion_that_is_interrupted_before_it_begins_has_the_same_keys(capsys, monkeypatch, adding):
    module = importlib.import_module("ntkproofs.execution.exhaust_networks")  # the function has the same name

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "chosen_threshold", interrupted)
    code, result = document(capsys, "exhaust", "addition", "--bits", "3", "--networks", adding)
    keys = {"cases", "wrong", "first_wrong", "steps", "states", "complete", "engine", "seconds", "cases_per_second"}
    assert keys <= result.keys()
    assert (code, result["cases"], result["steps"], result["complete"]) == (2, 0, addition_task(3).steps, False)


@pytest.mark.parametrize("done", [0, 1])
def test_an_interrupted_exhaustion_is_not_complete(capsys, monkeypatch, adding, done):
    module = importlib.import_module("ntkproofs.execution.exhaust_networks")  # the function has the same name
    blocks = module._Run.blocks

    def interrupted(self):
        for number, block in enumerate(blocks(self)):
            if number == done:
                raise KeyboardInterrupt
            yield block
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "BLOCK", 1 << 12)
    monkeypatch.setattr(module._Run, "blocks", interrupted)
    words = ("exhaust", "addition", "--bits", "6", "--networks", "six.safetensors")
    write_networks("six.safetensors", lookup(addition_task(bits=6).program, threshold=Fraction(1, 8)))
    code, result = document(capsys, *words)
    assert (code, result["complete"]) == (2, False)
    assert (result["cases"] > 0) == bool(done)
    code, out, err = run(capsys, *words)
    assert code == 2
    assert out.count("not complete") == 1
    assert "interrupted" in err
