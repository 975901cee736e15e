"""The checker of sources: alone in a process, against brute force, its rules against each other, and `verify`."""

import ast
import itertools
import json
import random
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from ntkproofs import source_checker
from ntkproofs.certificates import SourceClaim, issue_rounding, schema
from ntkproofs.certificates.format import Certificate
from ntkproofs.certificates.issue import program_json
from ntkproofs.cli import main
from ntkproofs.compilation import compile_source
from ntkproofs.compilation.naive import compile_naively
from ntkproofs.errors import InputError
from ntkproofs.formats import Cover, Netlist, read_blif, read_kiss, read_pla
from ntkproofs.interpreters import NetlistOracle
from ntkproofs.programs import permutation_task

CHECKER = Path(source_checker.__file__)
HALF = b".model half\n.inputs a b\n.outputs s c\n.names a b s\n10 1\n01 1\n.names a b c\n11 1\n.end\n"
TOGGLE = b".i 1\n.o 1\n.r off\n1 off on 1\n0 off off 0\n1 on off 0\n0 on on 1\n.e\n"


def certificate(source, task, **changes):
    """Return a certificate whose evidence is empty: the checker of sources reads the claim only."""
    program = changes.pop("program", program_json(task.program))
    entry = SourceClaim.of(source, task).json | changes
    return Certificate(
        {"kind": "rounding", "kernel": "ntk", "program": program, "states": "arbitrary", "source": entry}, {}
    )


def judged(source, task, **changes):
    return source_checker.judge(certificate(source, task, **changes).data)


# --- one file


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-I", "-S", CHECKER, *arguments], capture_output=True, text=True, check=False
    )


def test_it_runs_alone(tmp_path):
    path, source = tmp_path / "half.json", read_blif(HALF, "half.blif")
    path.write_bytes(certificate(source, compile_source(source)).data)
    done = run(path)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [
        "accepted",
        "source",
        "claim_sha256",
        "verified",
    ]
    path.write_bytes(certificate(source, compile_source(source), steps=1).data)
    assert run(path).returncode == 1
    path.write_bytes(issue_rounding(permutation_task([1, 0])).data)
    assert run(path).stdout == "declined: the claim names no source\n"
    assert run().returncode == run(path, path).returncode == run(tmp_path / "missing").returncode == 3


def test_it_is_one_file_of_integers():
    tree = ast.parse(CHECKER.read_text())
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules |= {node.module} if isinstance(node, ast.ImportFrom) else {name.name for name in node.names}
        assert not isinstance(node, ast.Assert)
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float))
        assert not (isinstance(node, ast.Name) and node.id in ("float", "eval", "exec"))
    assert modules == {
        "__future__",
        "base64",
        "binascii",
        "collections.abc",
        "dataclasses",
        "hashlib",
        "json",
        "re",
        "sys",
        "typing",
    }


# --- against brute force


def netlist(rng, inputs, gates, outputs):
    """Return a random netlist, and its BLIF."""
    names = [f"i{k}" for k in range(inputs)]
    covers = []
    for k in range(gates):
        arguments = tuple(rng.sample(names, min(len(names), rng.randint(0, 3))))
        cubes = tuple("".join(rng.choice("01-") for _ in arguments) for _ in range(rng.randint(0, 3)))
        covers.append((f"g{k}", Cover(arguments, cubes, rng.randint(0, 1) if cubes else 1)))
        names.append(f"g{k}")
    chosen = tuple(rng.sample(names, outputs))
    result = Netlist("random", tuple(names[:inputs]), chosen, tuple(covers))
    lines = [".model random", ".inputs " + " ".join(names[:inputs]), ".outputs " + " ".join(chosen)]
    for name, cover in covers:
        lines += [" ".join([".names", *cover.inputs, name]), *(f"{c} {cover.value}".strip() for c in cover.cubes)]
    return result, "\n".join([*lines, ".end", ""]).encode()


def mutated(rng, program):
    """Return a program with one requirement, one written bit or one template changed, or none."""
    program = json.loads(json.dumps(program))
    templates = program["templates"]
    row = rng.choice(templates)
    change = rng.choice(["none", "value", "less", "template", "write"])
    if change == "value" and row[0]:
        rng.choice(row[0])[1] ^= 1
    elif change == "less" and row[0]:
        row[0].pop(rng.randrange(len(row[0])))
    elif change == "template":
        templates.remove(row)
    elif change == "write":
        row[1] = [rng.choice(rng.choice(templates)[1] or [0])]
    return program


def step(program, state):
    return {
        position
        for when, write in program["templates"]
        if all((position in state) == bool(value) for position, value in when)
        for position in write
    }


def difference(program, entry, oracle):
    """Return the first input, as a word, and output where a program differs from an oracle, by plain execution."""
    for bits in itertools.product((0, 1), repeat=len(entry["inputs"])):
        state = {*entry["ones"], *(p for p, bit in zip(entry["inputs"], bits, strict=True) if bit)}
        for _ in range(entry["steps"]):
            state = step(program, state)
        answer = oracle(*bits)
        for k, position in enumerate(entry["outputs"]):
            if (position in state) != bool(answer >> k & 1):
                yield "".join(map(str, bits)), k


def test_what_is_accepted_agrees_with_plain_execution_and_what_is_rejected_does_not():
    rng, codes = random.Random("sources"), set()
    for _ in range(150):
        plain, text = netlist(rng, rng.randint(1, 5), rng.randint(1, 8), 2 if rng.random() < 0.8 else 1)
        source = read_blif(text, "random.blif")
        task = compile_source(source)
        program, entry = mutated(rng, program_json(task.program)), SourceClaim.of(source, task).json
        entry["steps"] = max(1, entry["steps"] - rng.choice([0, 0, 0, 1]))
        code, words = judged(source, task, program=program, steps=entry["steps"])
        wrong = set(difference(program, entry, NetlistOracle(plain)))
        assert code == (1 if wrong else 0), (words, text)
        codes.add(code)
        if wrong:
            name, inputs = re.search(r"output '?([^' ]*)'? is .* at the inputs ([01]*)", words).groups()
            assert (inputs, plain.outputs.index(name)) in wrong
    assert codes == {0, 1}


def parts(data):
    """Return program, source and circuit of a certificate."""
    claim, _ = source_checker.claim_of(data)
    program = source_checker.program_of(claim)
    source = source_checker.source_of(claim, program.bits)
    return source_checker.READERS[source.format](source.data), program, source


def outcome(rule, *arguments):
    """Return 0, 1 or 2, as a rule decides."""
    try:
        rule(*arguments)
    except source_checker.Rejected:
        return 1
    except source_checker.Declined:
        return 2
    return 0


def test_structure_proves_what_the_compilation_makes_and_nothing_false():
    rng, outcomes = random.Random("structure"), set()
    for _ in range(150):
        _, text = netlist(rng, rng.randint(2, 6), rng.randint(1, 10), 2)
        source = read_blif(text, "random.blif")
        task = compile_source(source)
        for program in (program_json(task.program), mutated(rng, program_json(task.program))):
            circuit, read, entry = parts(certificate(source, task, program=program).data)
            truth = outcome(source_checker.by_simulation, circuit, read, entry, entry.steps)
            proved = outcome(source_checker.by_structure, circuit, read, entry, entry.steps)
            assert proved in (truth, 2)
            outcomes.add((truth, proved))
        circuit, read, entry = parts(certificate(source, task).data)
        assert outcome(source_checker.by_structure, circuit, read, entry, entry.steps) == 0
    assert {(0, 0), (1, 1)} <= outcomes


def registers(rng):
    """Return BLIF of a random circuit with registers."""
    inputs, count, gates = rng.randint(1, 3), rng.randint(1, 3), rng.randint(1, 5)
    names = [*(f"i{k}" for k in range(inputs)), *(f"q{k}" for k in range(count))]
    lines = []
    for k in range(gates):
        arguments = rng.sample(names, min(len(names), 2))
        cubes = [f"{rng.choice('01')}{rng.choice('01-')}" for _ in range(rng.randint(1, 2))]
        lines += [" ".join([".names", *arguments, f"g{k}"]), *(f"{cube} 1" for cube in cubes)]
        names.append(f"g{k}")
    latches = [f".latch {rng.choice(names)} q{k} {rng.randint(0, 1)}" for k in range(count)]
    top = [".model random", ".inputs " + " ".join(names[:inputs]), f".outputs q0 {names[-1]}"]
    return "\n".join([*top, *latches, *lines, ".end", ""]).encode()


def test_induction_proves_what_the_compilation_makes_and_nothing_false():
    rng, outcomes = random.Random("induction"), set()
    for _ in range(40):
        source = read_blif(registers(rng), "random.blif")
        task = compile_source(source)
        assert judged(source, task)[0] == 0
        for program in (program_json(task.program), mutated(rng, program_json(task.program))):
            circuit, read, entry = parts(certificate(source, task, program=program).data)
            truth = outcome(source_checker.by_states, circuit, read, entry, entry.period)
            proved = outcome(source_checker.by_induction, circuit, read, entry, entry.period)
            assert proved in (truth, 2)
            outcomes.add((truth, proved))
    assert {(0, 0), (1, 1)} <= outcomes


def test_a_naive_compilation_is_simulated():
    source = read_pla(b".i 3\n.o 2\n11- 11\n0-1 10\n-00 01\n.e\n", "table.pla")
    code, text = judged(source, compile_naively(source))
    assert (code, text.splitlines()[-1]) == (0, "verified: by simulation of all 2^3 inputs")


def test_a_random_change_of_the_text_breaks_nothing():
    """Another text is read, rejected or declined; never an error in the checker, never an endless loop."""
    rng = random.Random("texts")
    machine, half = read_kiss(TOGGLE, "toggle.kiss"), read_blif(HALF, "half.blif")
    for source in (machine, half):
        task = compile_source(source)
        for _ in range(300):
            text = list(source.text.decode())
            for _ in range(rng.randint(1, 4)):
                text[rng.randrange(len(text))] = rng.choice("01-~.#\\\n iosabepx\x00")
            assert judged(source, task, text="".join(text))[0] in (0, 1, 2)


# --- the claim and the command


def test_a_source_claim_is_validated():
    for changes, words in (
        ({"format": "edif"}, "the format must be one of"),
        ({"period": 2}, "exactly one of steps and period"),
        ({"steps": None}, "exactly one of steps and period"),
        ({"head": 0}, "head is needed for Turing machines, and for them only"),
        ({"text": b""}, "the text of the file is needed"),
    ):
        values = {"name": "a.blif", "format": "blif", "text": HALF, "inputs": (0,), "outputs": (1,), "steps": 1}
        with pytest.raises(InputError, match=words):
            SourceClaim(**values | changes)
    source = Netlist("half", ("a",), ("y",), (("y", Cover(("a",), ("1",), 1)),))
    with pytest.raises(InputError, match="suffix"):
        SourceClaim.of(source, compile_source(source))


def test_certificates_with_a_source_have_the_form_of_the_schema():
    for source in (read_blif(HALF, "half.blif"), read_kiss(TOGGLE, "toggle.kiss")):
        task = compile_source(source)
        issued = issue_rounding(task.program, source=SourceClaim.of(source, task))
        jsonschema.validate(json.loads(issued.data), schema())


def test_what_yosys_made_is_named_so():
    source = read_blif(HALF, "half.v.blif")
    code, text = judged(source, compile_source(source))
    assert code == 0
    assert "compute the 2 output bits of the BLIF that Yosys made of 'half.v' (yosys-blif, " in text


def test_verify_runs_both_checkers(tmp_path, capsys):
    source, good, bad = read_blif(HALF, "half.blif"), tmp_path / "good.json", tmp_path / "bad.json"
    task = compile_source(source)
    issued = issue_rounding(task, source=SourceClaim.of(source, task))
    good.write_bytes(issued.data)
    entry = issued.claim["source"]
    swapped = entry | {"outputs": entry["outputs"][::-1]}
    bad.write_bytes(Certificate(issued.claim | {"source": swapped}, issued.evidence).data)
    assert main(["verify", str(good)]) == 0
    assert re.search(r"\n  source +the 7 templates .*\n  source_verified by simulation", capsys.readouterr().out)
    assert main(["verify", str(good), str(bad)]) == 1
    assert "bad.json: rejected: the source: output 's' is " in capsys.readouterr().err
    assert main(["verify", "--json", str(good), str(bad)]) == 1
    first, second = json.loads(capsys.readouterr().out)["files"]
    assert first["source"].startswith("the 7 templates with SHA-256 ")
    assert first["source_verified"] == "by simulation of all 2^2 inputs"
    assert (second["outcome"], "source" in second) == ("rejected", False)


def test_without_a_source_verify_says_nothing_of_it(tmp_path, capsys):
    path = tmp_path / "plain.json"
    path.write_bytes(issue_rounding(permutation_task([1, 0])).data)
    assert main(["verify", "--json", str(path)]) == 0
    assert not {"source", "source_verified"} & json.loads(capsys.readouterr().out)["files"][0].keys()
