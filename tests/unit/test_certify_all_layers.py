"""Certificates about networks all of whose layers are trained: issued, verified, and what is refused."""

import json

import pytest

from ntkproofs import checker
from ntkproofs.bounds.finite.network import TooNarrow, Workload
from ntkproofs.certificates import Certificate, Run, issue_network
from ntkproofs.classes import TooConnected, arbitrary_classes
from ntkproofs.cli import main
from ntkproofs.errors import EnginesDisagree, InputError
from ntkproofs.programs import TemplateProgram, permutation, permutation_task


def accepted(certificate):
    code, text = checker.judge(certificate.data)
    assert code == checker.ACCEPTED, text
    return certificate.claim


@pytest.mark.parametrize("bits", [3, 5])
def test_permutations_are_certified(bits):
    claim = accepted(issue_network(permutation_task(range(bits)), failure="1/10", trained="all"))
    assert (claim["networks"], claim["trained"], claim["start"]) == (1, "all", "antisymmetric")
    assert claim["width"] % 2 == 0


def test_a_program_of_ones_own_is_certified_at_reachable_states():
    program = TemplateProgram("mine", fields={"a": 3, "b": 2})
    program.template(when={("a", 0): 1}, write=[("b", 0)])
    program.template(when={("a", 1): 1, ("a", 2): 0}, write=[("b", 0), ("b", 1)])
    program.template(when={("a", 2): 1}, write=[("b", 1)])
    program.pad(1)
    run = Run(program, free=(0, 1, 2), ones=(), steps=1)
    claim = accepted(issue_network(run, failure="1/4", trained="all", states="reachable"))
    assert claim["states"]["steps"] == 1
    some = accepted(issue_network(run, failure="1/4", trained="all", states="reachable", inputs=1))
    assert some["inputs"] == 1
    assert some["width"] <= claim["width"]


def test_what_is_given_stands_in_the_claim():
    asked = {"width": 1000, "threshold": "3/20", "steps": 60, "step": "2/5"}
    claim = accepted(issue_network(permutation_task([1, 0, 2]), failure="1/10", trained="all", **asked))
    assert {key: claim[key] for key in asked} == asked


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"start": "zero"}, InputError, "the start 'zero' is not available for training 'all'"),
        ({"width": 901}, InputError, "an even width, got 901"),
        ({"width": 300}, TooNarrow, "the width 300 with this training and threshold"),
        ({"width": 1000, "step": "9/10"}, TooNarrow, "the step 9/10 is too large for the width 1000: below 0.4"),
        ({"width": 1000, "steps": 3}, TooNarrow, "the width 1000 with this training and threshold"),
        ({"threshold": "9/10"}, Exception, "the threshold 9/10 is not between"),
        ({"inputs": 9}, InputError, r"there are only 2\^3, got 9"),
        ({"trained": "hidden"}, InputError, "one of output, all; got 'hidden'"),
    ],
)
def test_what_is_refused(asked, error, message):
    with pytest.raises(error, match=message):
        issue_network(permutation_task([1, 0, 2]), failure="1/10", **({"trained": "all"} | asked))


def test_programs_beyond_the_theorem_are_refused_with_the_reason():
    full = TemplateProgram("full", fields={"a": 2})
    full.template(when={("a", 0): 1}, write=[("a", 0)])
    full.template(when={("a", 1): 1}, write=[("a", 0)])
    with pytest.raises(InputError, match=r"got one with 2 ones \(padding adds zeros\)"):
        issue_network(Run(full, (0, 1), (), 2), failure="1/100", trained="all")


def test_where_no_two_templates_match_training_alone_decides():
    apart = TemplateProgram("apart", fields={"a": 2})
    apart.template(when={("a", 0): 1, ("a", 1): 0}, write=[("a", 0)])
    apart.template(when={("a", 1): 1, ("a", 0): 0}, write=[("a", 1)])
    certificate = issue_network(Run(apart, (0, 1), (), 1), failure="1/100", trained="all")
    claim = accepted(certificate)
    assert certificate.evidence["classes"] == []
    assert claim["steps"] < 10
    assert checker.judge(Certificate(claim | {"steps": 1}, certificate.evidence).data)[0] == checker.REJECTED


def test_where_arbitrary_states_cannot_be_counted_the_reachable_ones_are_certified():
    chain = TemplateProgram("chain", fields={"a": 17})
    chain.template(when={("a", bit): 0 for bit in range(17)}, write=[("a", 0)])
    chain.template(when={("a", 0): 0}, write=[("a", 0)])
    certificate = issue_network(Run(chain, (), (), 1), failure="1/10", trained="output")
    assert certificate.claim["states"]["steps"] == 1
    with pytest.raises(TooConnected, match="connect 17 bits"):
        issue_network(Run(chain, (), (), 1), failure="1/10", trained="output", states="arbitrary")


def test_a_workload_counts_states_once_and_no_more_than_are_chosen():
    program = permutation([1, 0, 2])
    load = Workload.of(3, arbitrary_classes(program), program.labels.T.tolist())
    assert load.states == {2: 3, 3: 1}
    some = Workload.of(3, arbitrary_classes(program), program.labels.T.tolist(), max_states=2)
    assert some.states == {2: 2, 3: 1}
    assert max(some.classes.values()) <= 2 * 3


def test_engines_that_disagree_name_both_widths(monkeypatch):
    def reject(_first, _second, what):
        raise checker.Rejected(what)

    monkeypatch.setattr(checker, "less", reject)
    with pytest.raises(
        EnginesDisagree, match=r"networks = 1 and width = 1000, and the checker rejects that: the output"
    ):
        issue_network(permutation_task([1, 0, 2]), failure="1/10", trained="all", width=1000)


def test_the_command(tmp_path, capsys):
    path = str(tmp_path / "c.json")
    common = ["certify", "permutation", "--bits", "3", "--failure", "0.1", "--trained", "all", "--width", "1000"]
    assert main([*common, "--inputs", "one", "-o", path, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    told = {key: document[key] for key in ("networks", "width", "trained", "start", "kernel", "inputs", "file")}
    assert told == {
        "networks": 1, "width": 1000, "trained": "all", "start": "antisymmetric", "kernel": "ntk", "inputs": "one",
        "file": path,
    }  # fmt: skip
    assert main(["verify", path]) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert "all from one antisymmetric start of 500 pairs of neurons" in words
    assert "at any one state chosen beforehand" in words
