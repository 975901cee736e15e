"""Certificates about averages of networks with a Gaussian start, and padding for networks of finite width."""

import json
from fractions import Fraction

import jsonschema
import pytest

from ntkproofs import checker
from ntkproofs.certificates import Certificate, Run, issue_network, schema
from ntkproofs.certificates.network import request_for
from ntkproofs.certificates.trained_padding import best_trained_padding, least_trained_padding, size_with
from ntkproofs.cli import main
from ntkproofs.errors import EnginesDisagree, InputError, NtkProofsError, Undecided
from ntkproofs.estimates import failure_bound
from ntkproofs.programs import TemplateProgram, addition_task, permutation_task

PERMUTATION = permutation_task([1, 0, 2])


def accepted(certificate):
    code, text = checker.judge(certificate.data)
    assert code == checker.ACCEPTED, text
    jsonschema.validate(json.loads(certificate.data), schema())
    return certificate.claim


def rejected(certificate, **changes):
    return checker.judge(Certificate(certificate.claim | changes, certificate.evidence).data)[0] == checker.REJECTED


def test_the_smallest_number_of_networks_of_a_width():
    certificate = issue_network(PERMUTATION, failure="1/10", start="gaussian", width=800)
    claim = accepted(certificate)
    assert (claim["kind"], claim["start"], claim["trained"], claim["width"]) == ("network", "gaussian", "output", 800)
    assert rejected(certificate, networks=claim["networks"] - 1)
    assert rejected(certificate, steps=claim["steps"] - 1)
    assert rejected(certificate, step=str(Fraction(claim["step"]) * Fraction(1001, 1000)))
    assert rejected(certificate, start="zero")
    estimate = float(failure_bound(certificate.computed))
    assert 0.09 < estimate <= 0.1
    assert estimate == pytest.approx(float(certificate.computed.bound().middle), rel=1e-12)


def test_the_smallest_width_of_a_number_of_networks():
    certificate = issue_network(PERMUTATION, failure="1/10", start="gaussian", networks=40)
    claim = accepted(certificate)
    assert claim["networks"] == 40
    for key in ("width", "networks", "steps"):
        assert rejected(certificate, **{key: claim[key] - 1})
    wider = accepted(issue_network(PERMUTATION, failure="1/10", start="gaussian", networks=20))
    assert wider["width"] > claim["width"]


def test_both_and_the_training_may_be_required():
    asked = {"networks": 60, "width": 900, "threshold": "3/20", "steps": 150, "step": "2/5"}
    claim = accepted(issue_network(PERMUTATION, failure="1/10", start="gaussian", **asked))
    assert {key: claim[key] for key in asked} == asked


def test_states_and_inputs():
    task = addition_task(2)
    every = accepted(issue_network(task, failure="1/4", start="gaussian", width=2000))
    visited = accepted(issue_network(task, failure="1/4", start="gaussian", width=2000, states="reachable"))
    one = accepted(issue_network(task, failure="1/4", start="gaussian", width=2000, states="reachable", inputs=1))
    assert one["inputs"] == 1
    assert one["networks"] < visited["networks"] < every["networks"]


def test_a_program_of_which_every_state_is_a_sample():
    program = TemplateProgram("one_hot", fields={"a": 1, "b": 1})
    program.template(when={("a", 0): 0}, write=[("b", 0)])
    program.template(when={("a", 0): 1}, write=[("a", 0)])
    run = Run(program, free=(0, 1), ones=(), steps=2)
    claim = accepted(issue_network(run, failure="1/100", start="gaussian", width=300))
    assert claim["networks"] == 1  # what is left of the start decays


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({}, InputError, "need a number of networks or a width"),
        ({"networks": 0}, InputError, "networks must be"),
        ({"networks": 2}, Undecided, r"even infinitely wide networks with a Gaussian start must be \d+ or more"),
        ({"networks": 9, "width": 900}, Undecided, r"9 networks of width 900 .* is bounded by 0\.\d+, 1/10 is"),
        ({"width": 30}, Undecided, "the width 30 is too small"),
        ({"width": 900, "step": "9"}, NtkProofsError, "the step 9 is too large for the width 900: at most"),
        ({"width": 900, "steps": 3}, Undecided, "too small"),
        ({"width": 900, "threshold": "99/100"}, NtkProofsError, "the threshold 99/100 is not between"),
        ({"networks": 2, "start": "zero"}, InputError, "networks = 2: only networks with a Gaussian start"),
        ({"start": "orthogonal"}, InputError, "certificates are for the start zero and gaussian alone"),
        ({"trained": "all"}, InputError, "certificates are for the start antisymmetric alone"),
        ({"width": 900, "inputs": 9}, InputError, r"there are only 2\^3, got 9"),
    ],
)
def test_what_is_refused(asked, error, message):
    with pytest.raises(error, match=message):
        issue_network(PERMUTATION, failure="1/10", **({"start": "gaussian"} | asked))


def test_engines_that_disagree_name_both_numbers(monkeypatch):
    monkeypatch.setattr(checker, "tail", lambda x: checker.Interval.of(0))
    with pytest.raises(EnginesDisagree, match=r"networks = 40 and width = \d+, and the checker rejects that: one term"):
        issue_network(PERMUTATION, failure="1/10", start="gaussian", networks=40)


# --- padding


def test_the_best_padding_costs_no_more_than_any_that_is_tried():
    request = request_for(PERMUTATION, failure="1/10", start="gaussian", width=2000)
    best = best_trained_padding(request)
    assert best.cost == best.networks * best.width * best.samples
    for padding in (0, 1, 3, 9):
        assert size_with(request, padding).cost >= best.cost
    assert PERMUTATION.program.padding == 0  # the search leaves the program as it is


def crowded():
    """Five templates that match together; two bits have two writers each. Padding lowers the number of networks."""
    program = TemplateProgram("crowded", fields={"a": 5})
    for index in range(4):
        program.template(when={("a", index): 1}, write=[("a", index % 2)])
    program.template(when={("a", 4): 1}, write=[("a", 4)])
    return Run(program, free=(0, 1, 2, 3, 4), ones=(), steps=1)


def test_padding_makes_room_for_a_threshold_and_a_width():
    asked = {"failure": "1/4", "states": "arbitrary", "start": "gaussian", "width": 20_000}
    least = least_trained_padding(request_for(crowded(), networks=30, **asked))
    assert size_with(request_for(crowded(), networks=30, **asked), least.padding).networks == 30
    assert least.padding > 0
    with pytest.raises(NtkProofsError):
        size_with(request_for(crowded(), networks=30, **asked), least.padding - 1)
    with pytest.raises(Undecided, match=r"is bounded by .* the same with every padding up to"):
        least_trained_padding(request_for(PERMUTATION, failure="1/10", start="gaussian", width=900, networks=2))


# --- the command


def certify(*options):
    return main(["certify", "permutation", "--bits", "3", "--failure", "0.1", "--trained", "output", *options])


def test_the_command(tmp_path, capsys):
    path = str(tmp_path / "c.json")
    assert certify("--start", "gaussian", "--width", "800", "-o", path, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    told = {key: document[key] for key in ("width", "trained", "start", "kernel", "inputs", "at_least")}
    assert told == {
        "width": 800, "trained": "output", "start": "gaussian", "kernel": "nngp", "inputs": "all", "at_least": 1
    }  # fmt: skip
    assert 0.09 < float(document["estimate"]) <= 0.1
    assert all(each["networks"] * each["width"] < document["networks"] * 800 for each in document["suggestions"])
    assert main(["verify", path]) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert f"the average of {document['networks']} independent two-layer ReLU networks, each of width 800" in words
    assert "output weights a_r of each output drawn from N(0, 1)" in words
    few = ("--start", "gaussian", "--width", "800", "--networks", "9")
    assert certify(*few) == 2
    error = capsys.readouterr().err
    assert "9 networks of width 800" in error
    assert f"; {document['networks']} networks of this width are sufficient" in error


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--start", "gaussian"), 3, "--start gaussian requires --networks N (for the smallest width) or --width W"),
        (("--start", "gaussian", "--networks", "40", "--padding", "2"), 0, "networks 40 "),
        (("--start", "gaussian", "--networks", "2"), 2, "no width is sufficient for 2 networks"),
        (("--networks", "2"), 3, "--networks '2': only networks with --start gaussian are averaged"),
        (("--networks", "1"), 0, "networks 1 "),
        (("--networks", "none"), 3, "--networks must be a positive integer"),
        (("--padding", "best"), 0, "(0 padding, 3 bits"),
        (("--padding", "auto"), 0, "(3 padding, 3 bits"),
        (("--padding", "least", "--width", "400"), 0, "(0 padding, 3 bits"),
        (("--padding", "least"), 0, "(0 padding, 3 bits"),
    ],
)
def test_options(options, code, message, capsys):
    assert certify(*options) == code
    captured = capsys.readouterr()
    assert message in " ".join((captured.out + captured.err).split())


def test_reachable_states_are_suggested(capsys):
    common = ["certify", "addition", "--bits", "1", "--failure", "0.1", "--trained", "output", "--start", "gaussian"]
    assert main([*common, "--width", "2000", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    for each in document["suggestions"]:
        assert each["networks"] * each["width"] <= 0.9 * 2000 * document["networks"]
    (suggestion,) = (each for each in document["suggestions"] if each["states"] == "reachable")
    claim = issue_network(addition_task(1), failure="1/10", start="gaussian", width=2000, states="reachable").claim
    assert claim["networks"] == suggestion["networks"]
