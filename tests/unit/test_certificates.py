"""Issuing certificates, the commands certify and verify, the schema."""

import ast
import json
import os
import stat
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import sympy

from ntkproofs import checker, classes
from ntkproofs.arithmetic.simplest import simplest_between
from ntkproofs.bounds import Margins, by_class, ensemble_size, padding
from ntkproofs.certificates import (
    Run,
    ample_padding,
    issue,
    issue_ensemble,
    issue_inequality,
    issue_rounding,
    schema,
    write,
)
from ntkproofs.cli import main
from ntkproofs.counts import arbitrary_counts, bound_matches, worst_counts
from ntkproofs.errors import EnginesDisagree, InputError, NtkProofsError, Undecided
from ntkproofs.execution import exhaust
from ntkproofs.execution.visited import visited_counts
from ntkproofs.kernels import two_layer_relu
from ntkproofs.programs import (
    Task,
    TemplateProgram,
    addition_task,
    language,
    multiplication,
    multiplication_task,
    permutation_task,
)
from ntkproofs.rigor import Box, Integers, Point, at_most, less

x = sympy.Symbol("x")


def refused(certificate, **changes):
    """Return the reason for which the checker rejects a certificate with a changed claim."""
    changed = type(certificate)(certificate.claim | changes, certificate.evidence)
    code, text = checker.judge(changed.data)
    assert code == 1
    return text


@pytest.mark.parametrize("threshold", ["best", "half"])
@pytest.mark.parametrize(
    "task", [addition_task(6), permutation_task(range(9)), multiplication_task(2)], ids=lambda t: t.program.name
)
def test_not_one_network_more_than_the_bound_needs(task, threshold):
    least = issue_ensemble(task, failure="1/1000", threshold=threshold)
    assert "the union bound exceeds the failure" in refused(least, networks=least.networks - 1)
    certificate = issue_ensemble(task, failure="1/1000", threshold=threshold, by_class=False)
    assert certificate.networks >= least.networks
    assert "too few" in refused(certificate, networks=certificate.networks - 1)


def test_known_sizes_for_permutations_of_thirty_bits():
    task = permutation_task(range(30))
    best = issue_ensemble(task, failure="0.01").networks
    half = issue_ensemble(task, failure="0.01", threshold="half").networks
    zero = issue_ensemble(task, failure="0.01", threshold="zero").networks
    published = issue_ensemble(task, failure="0.01", threshold="zero", tail="published").networks
    assert best < 150 < half < 500 < zero < 5000 < published
    assert issue_ensemble(task, failure="0.01", by_class=False).networks == 390


@pytest.mark.parametrize(("bits", "networks"), [(5, 12), (10, 31), (64, 467), (128, 1409)])
def test_sizes_of_permutations_by_class(bits, networks):
    """About (12, 31, 467, 1410) by an independent evaluation in floats."""
    certificate = issue_ensemble(permutation_task(range(bits)), failure="0.01")
    assert certificate.networks == networks
    assert "the union bound" in refused(certificate, networks=networks - 1)


def test_where_classes_cannot_be_counted_the_smallest_margin_is_taken(monkeypatch):
    task = addition_task(3)
    least = issue_ensemble(task, failure="1/100")
    monkeypatch.setattr(classes, "MAX_COMPONENT", 1)
    fallback = issue_ensemble(task, failure="1/100")
    assert least.evidence == {"union": "classes"}
    assert list(fallback.evidence) == ["groups"]
    assert least.networks < fallback.networks


def test_reachable_counts_are_those_of_exhaustive_execution():
    task = multiplication_task(3)
    run = Run.of(task)
    result = checker.visited(
        checker.program_of(issue_rounding(task, states="reachable").claim["program"]), run.free, run.ones, run.steps
    )
    visited = exhaust(task, workers=1).visited
    assert visited_counts(run.program, run.free, run.ones, run.steps) == {c for c in visited if c.matches}
    assert {c for c in result if c[0]} == {(c.matches, c.matched_writers, c.writers) for c in visited if c.matches}


def copies(bits):
    """Return a task with a template for each bit, that copies it, and as much padding."""
    program = TemplateProgram("copies", fields={"a": bits})
    for index in range(bits):
        program.template(when={("a", index): 1}, write=[("a", index)])
    program.pad(bits)
    return Task(program, ("a",), 1, (("a", 0),), lambda a: a & 1)


def triples(ranges):
    """Return the counts (n, p, t) of some ranges of the checker."""
    return {(n, part.matched(n), part.t) for part in ranges for n in range(part.first, part.last + 1)}


def test_arbitrary_counts_include_the_worst_counts():
    """For each n >= 1 and t, the counts of the checker include p = 0, if it occurs, and the smallest p >= 1."""
    program = addition_task(4).program
    claim = issue_rounding(program).claim["program"]
    mine = triples(checker.arbitrary(checker.program_of(claim), bound_matches(program).bound))
    for c in arbitrary_counts(program):
        others = len(program.templates) - c.writers
        least = max(1 if c.matched_writers else 0, c.matches - others)
        if c.matches and c.matched_writers >= c.matches - others:
            assert (c.matches, least, c.writers) in mine


def test_default_states():
    assert issue_ensemble(addition_task(4), failure="0.1").claim["states"] == "arbitrary"
    assert issue_ensemble(multiplication_task(2), failure="0.1").claim["states"]["steps"] == 22
    with pytest.raises(NtkProofsError, match="more padding makes it right"):
        issue_ensemble(multiplication_task(12), failure="0.1")
    task = multiplication_task(12)
    task.program.pad(ample_padding(task.program))
    assert issue_ensemble(task, failure="0.1").claim["states"] == "arbitrary"


def test_rounding_is_refused_where_it_fails():
    with pytest.raises(NtkProofsError, match="the mean of a bit that should be 1 is on the wrong side of 0 at n = "):
        issue_rounding(multiplication(4), states="arbitrary")
    with pytest.raises(InputError, match="is no task"):
        issue_rounding(multiplication(4), states="reachable")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"failure": 0}, "failure must lie between 0 and 1"),
        ({"failure": 1}, "failure must lie between 0 and 1"),
        ({"inputs": 17}, "inputs must be an integer from 1 to 16, or 'all', got 17"),
        ({"inputs": 0}, "inputs must be"),
        ({"threshold": "none"}, "threshold must be one of"),
        ({"states": "few"}, "states must be one of"),
        ({"tail": "fat"}, "tail must be one of"),
        ({"kernel": "rbf"}, "kernel must be one of"),
    ],
)
def test_invalid_arguments(changes, message):
    with pytest.raises(InputError, match=message):
        issue_ensemble(addition_task(2), **({"failure": "0.1"} | changes))


def test_inequalities():
    certificate = issue_inequality(less(sympy.acos(x), 2 - x), Box({x: (0, Fraction(1, 2))}))
    assert "is false" in refused(certificate, left=certificate.claim["right"], right=certificate.claim["left"])
    assert issue_inequality(at_most(0, 0)).verified.facts == 1
    assert issue_inequality(less(sympy.pi, sympy.Rational(22, 7)), Point()).verified.claim == '["pi"] < "22/7"'
    with pytest.raises(NtkProofsError, match="is false: fails: x < 1"):
        issue_inequality(less(x, 1), Box({x: (0, 2)}))
    with pytest.raises(Undecided, match="does not follow"):  # the sides touch at 1/3, inside a box
        issue_inequality(at_most(6 * x, 9 * x**2 + 1), Box({x: (0, 1)}))
    with pytest.raises(InputError, match="not in the grammar"):
        issue_inequality(less(sympy.tan(x), 2), Box({x: (0, 1)}))
    with pytest.raises(InputError, match="two different symbols have the name x"):
        issue_inequality(less(0, x + 1), Box({x: (0, 1), sympy.Symbol("x", real=True): (0, 1)}))


@pytest.mark.parametrize(
    ("inequality", "domain", "words"),
    [
        (less(sympy.atan(x), sympy.pi / 2), Integers(x, 0), "all integers x >= 0"),
        (less(x * sympy.sin(1 / x), 1), Integers(x), "all integers x >= 1"),  # they touch to fourth order
        (less(3 * x, 20 + sympy.sqrt(x)), Integers(x, 2, 7), "all integers 2 <= x <= 7"),
        (at_most(sympy.sin(x), x), Box({x: (0, 8)}), "all 0 <= x <= 8"),
        (at_most(sympy.cos(x), 1), Box({x: (-3, 3)}, contacts=(0,)), "all -3 <= x <= 3"),
        (at_most(x / sympy.sqrt(1 + x**2), sympy.atan(x)), Box({x: (0, 10)}), "all 0 <= x <= 10"),
    ],
)
def test_inequalities_to_infinity_and_where_the_sides_touch(inequality, domain, words):
    certificate = issue_inequality(inequality, domain)
    assert certificate.verified.claim.endswith(words)
    assert "is false" in refused(certificate, left=certificate.claim["right"], right=certificate.claim["left"])
    refused(certificate, left=["add", certificate.claim["left"], "1/100"], right=certificate.claim["left"])


@pytest.mark.parametrize(
    ("low", "high", "found"), [("1/3", "1/2", "1/2"), ("7/10", "8/10", "3/4"), ("5/2", "5/2", "5/2")]
)
def test_simplest(low, high, found):
    assert simplest_between(Fraction(low), Fraction(high)) == Fraction(found)


def test_the_simplest_fraction_between_numbers_that_agree_in_thousands_of_bits():
    """Quotients of consecutive Fibonacci numbers have the longest continued fractions: 1 + 1/(1 + 1/(1 + ...))."""
    last, fibonacci = 1, 1
    for _ in range(3000):
        last, fibonacci = fibonacci, last + fibonacci
    near, next_one = Fraction(fibonacci, last), Fraction(last + fibonacci, fibonacci)
    assert simplest_between(*sorted((near, next_one))) == near


def test_certificates_are_deterministic_and_written_atomically(tmp_path):
    first, second = (issue_ensemble(addition_task(3), failure="1/9") for _ in range(2))
    assert first.data == second.data
    path = tmp_path / "a.json"
    write(first, path)
    write(first, path)
    assert path.read_bytes() == first.data
    assert os.listdir(tmp_path) == ["a.json"]
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0o077 & ~_mask() & 0o666
    with pytest.raises(InputError, match="cannot be written"):
        write(first, tmp_path / "missing" / "a.json")


def _mask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_schema_names_the_same_keys_as_the_checker():
    kinds = schema()["$defs"]
    certificates = {
        "rounding": issue_rounding(addition_task(2)),
        "ensemble": issue_ensemble(addition_task(2), failure="0.1"),
        "inequality": issue_inequality(less(0, sympy.pi)),
    }
    for kind, certificate in certificates.items():
        optional = set() if kind == "inequality" else {"source", "training"}
        assert set(kinds[kind]["properties"]) - optional == set(kinds[kind]["required"]) == set(certificate.claim)
        assert optional <= set(kinds[kind]["properties"])
    assert tuple(kinds["source"]["properties"]["format"]["enum"]) == checker.SOURCES
    assert kinds["program"]["properties"]["name"]["pattern"] == "^" + language.PROGRAM_NAME.pattern + "$"
    fields = kinds["program"]["properties"]["fields"]["items"]["prefixItems"][0]
    assert fields["pattern"] == "^" + language.FIELD_NAME.pattern + "$"
    assert set(schema()["required"]) == set(json.loads(certificates["rounding"].data))


@pytest.mark.parametrize("width", ["206249", "least"])
def test_a_width_needs_the_layers_that_are_trained(capsys, width):
    assert certify("permutation", "--bits", "5", "--failure", "0.01", "--width", width) == 3
    error = capsys.readouterr().err
    assert "it requires --trained" in error
    assert error.count("\n") == 1


def crowded(padding):
    """Return a program in which most templates write one bit, so that few others can match."""
    program = TemplateProgram("crowded", fields={"a": 4, "b": 1})
    for index in range(4):
        program.template(when={("a", index): 1}, write=[("b", 0)])
    program.template(when={("b", 0): 1}, write=[("a", 0)])
    program.pad(padding)
    return program


@pytest.mark.parametrize("padding", [0, 3, 30])
def test_the_worst_counts_are_those_of_the_checker_and_give_what_all_give(padding):
    program = crowded(padding)
    claim = issue_rounding(program, states="arbitrary").claim if padding else {"program": issue.program_json(program)}
    mine = triples(checker.arbitrary(checker.program_of(claim["program"]), bound_matches(program).bound))
    worst = worst_counts(program)
    assert {(c.matches, c.matched_writers, c.writers) for c in worst} == mine
    assert worst <= arbitrary_counts(program)
    margins = [
        Margins.of(two_layer_relu(), counts).smallest(Fraction(1, 50)).z
        for counts in (worst, arbitrary_counts(program))
    ]
    assert margins[0].lower == margins[1].lower


def test_producer_and_checker_that_disagree_are_an_internal_error(monkeypatch, capsys):
    """The error names both numbers: that of the producer, and the smallest that the checker accepts."""

    def one_less(*arguments, **named):
        size = ensemble_size(*arguments, **named)
        return replace(size, networks=size.networks - 1)

    with monkeypatch.context() as patch:
        patch.setattr(padding, "ensemble_size", one_less)
        with pytest.raises(EnginesDisagree, match=r"computes networks = 208, and .* it accepts networks = 209"):
            issue_ensemble(addition_task(8), failure="1e-6", by_class=False)
        patch.setattr(padding, "networks_enough_by_class", lambda networks, *_, **__: networks >= 174)
        patch.setattr(by_class.FloatUnion, "networks", lambda *_: 174)
        patch.setattr(by_class.FloatUnion, "threshold", lambda *_: Fraction(3, 76))
        assert certify("addition", "--bits", "8", "--failure", "1e-6") == 70
        err = capsys.readouterr().err
        assert "EnginesDisagree: the producer computes networks = 174, and the checker rejects that: the union" in err
        assert "it accepts networks = 175" in err

    monkeypatch.setattr(issue, "first_wrong_count", lambda kernel, ranges: None)
    with pytest.raises(
        EnginesDisagree, match=r"lies beyond the threshold at n = .*, p = 1, t = [23]; it accepts nothing"
    ):
        issue_rounding(multiplication(4), states="arbitrary")


def test_what_the_checker_declines_is_undecided(monkeypatch, capsys):
    monkeypatch.setattr(checker, "MAX_WORK", 1000)
    assert certify("addition", "--bits", "8", "--failure", "1e-6") == 2
    assert "the checker declines the certificate: " in capsys.readouterr().err
    with pytest.raises(Undecided, match="24 input bits, 612 steps: executing them takes about"):
        issue_rounding(multiplication_task(12), states="reachable")


def test_the_producer_states_the_limits_of_the_checker():
    limits = (issue.MOST_FREE, issue.MAX_WORK, issue.CALL, issue.LANE_BITS)
    assert limits == (checker.MAX_FREE, checker.MAX_WORK, checker.CALL, checker.LANE_BITS)


@pytest.mark.parametrize("task", [addition_task(8), multiplication_task(4), permutation_task([2, 0, 1]), copies(19)])
def test_the_estimated_work_of_an_execution_is_about_that_of_the_checker(task):
    run = issue.Run.of(task)
    program = checker.program_of(issue.program_json(run.program))
    before = checker._left[0] = checker.MAX_WORK
    checker.visited(program, run.free, run.ones, run.steps)
    spent = before - checker._left[0]
    checker._left[0] = checker.MAX_WORK
    assert spent / 4 < issue.executing(run) < issue.OVERESTIMATE * spent


def test_more_input_bits_than_lanes_are_executed_in_parts():
    """20 bits are four parts; each of the counts n = 0 to 20 occurs, p = 0 and 1."""
    certificate = issue_rounding(copies(20), states="reachable")
    assert certificate.claim["states"]["free"] == list(range(20))
    assert "on 2^20 inputs" in certificate.verified.details
    found = visited_counts(copies(20).program, range(20), [], 1)
    assert {counts.matches for counts in found} == set(range(1, 21))


def test_the_producer_computes_nothing_with_the_checker():
    """It uses these names of the checker only, for verdicts of finished certificates."""
    tree = ast.parse(Path(issue.__file__).read_text())
    used = {
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "checker"
    }
    assert used == {"ACCEPTED", "Declined", "judge"}


def certify(*arguments):
    return main(["certify", *arguments])


def test_certify_and_verify(tmp_path, capsys):
    path = str(tmp_path / "a.json")
    assert certify("addition", "--bits", "8", "--failure", "1e-6", "--inputs", "all", "-o", path) == 0
    out = capsys.readouterr().out
    assert out.startswith("networks   175\nthreshold  ")
    assert "with probability at least 1 - 1/1000000" in out
    assert main(["verify", path]) == 0
    assert "with probability at least 1 - 1/1000000" in capsys.readouterr().out
    assert main(["verify", path, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["accepted"] is True
    assert document["files"][0]["facts"] == 95
    with open(path, "r+b") as file:
        data = file.read().replace(b'"networks":175', b'"networks":174')
        file.seek(0)
        file.write(data)
    assert main(["verify", path]) == 1
    assert "claim_sha256 is not the SHA-256 of the claim" in capsys.readouterr().err
    assert main(["verify", str(tmp_path)]) == 3
    assert main(["verify", str(tmp_path), path, "--json"]) == 1
    assert [row["outcome"] for row in json.loads(capsys.readouterr().out)["files"]] == ["unreadable", "rejected"]


def test_certify_permutation_as_json(tmp_path, capsys):
    path = str(tmp_path / "p.json")
    common = ["permutation", "--bits", "30", "--failure", "0.01", "--json", "-o", path]
    assert certify(*common, "--threshold", "best") == 0
    assert json.loads(capsys.readouterr().out)["networks"] < 150
    assert main(["verify", path]) == 0
    capsys.readouterr()
    assert certify(*common, "--threshold", "zero") == 0
    assert json.loads(capsys.readouterr().out)["networks"] > 500
    assert main(["verify", path]) == 0


def test_certify_sbn(tmp_path, capsys):
    from importlib.resources import files

    path = str(tmp_path / "s.json")
    example = str(files("ntkproofs.programs.sbn") / "examples" / "addition.sbn")
    assert certify("sbn", example, "--failure", "1e-9", "-o", path) == 0
    assert "from the initial state that the claim names" in capsys.readouterr().out
    assert main(["verify", path]) == 0


def test_threshold_zero_on_addition_is_refused_with_the_reason(capsys):
    common = ["addition", "--bits", "8", "--failure", "1e-6", "--threshold", "zero"]
    assert certify(*common) == 1
    assert "no template writes the bit, so its mean is exactly 0 and its variance positive" in capsys.readouterr().err
    assert certify(*common, "--drop-unwritten") == 0


@pytest.mark.parametrize(
    "options",
    [
        ["--failure", "0"],
        ["--failure", "1"],
        ["--failure", "2e-0"],
        ["--failure", "1e-9999999"],
        ["--failure", "nan"],
        ["--failure", "1/0"],
        ["--inputs", "many"],
        ["--inputs", "99999999"],
        ["--padding", "-1"],
        ["--padding", "some"],
        ["--bits", "0"],
        ["--bits", "5000"],
        ["--threshold", "1/3"],
        ["-o", "/missing/folder/a.json"],
    ],
)
def test_bad_options_are_one_line_and_code_3(capsys, options):
    assert certify("addition", "--bits", "4", "--failure", "1e-6", *options) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
