"""Findings are made by engines: what is written by hand, copied or changed is none, and evidence is plain data."""

import copy
import json
import math
import pickle
from dataclasses import replace
from fractions import Fraction as Q

import mpmath
import numpy as np
import pytest
import sympy

from ntkproofs.claims import Claim, Tally, Verdict, claim, conclude, confirm, confirm_batches, estimate
from ntkproofs.claims.recheck import rechecked
from ntkproofs.coq.theory import Proof
from ntkproofs.errors import InputError
from ntkproofs.facts import Fact, amended, as_fact
from ntkproofs.plain import plain
from ntkproofs.rigor import Ball, Box, Decision, Integers, Point, at_most, combination, decide, identity, less
from ntkproofs.rigor.combination import Combination
from ntkproofs.rigor.identities import Identity

x, a = sympy.symbols("x a")
n = sympy.Symbol("n", positive=True)
TRUE, FALSE = decide(less(3, sympy.pi)), decide(less(sympy.pi, 3))
PYTHAGORAS = decide(less(x * (1 - x), Q(1, 3)), Box({x: (0, 1)}))
MADE = Fact("proved", "holds", "Coq", "P = NP", 1, "theorems")


def run(*findings):
    return claim("a statement", source="here")(lambda: conclude(*findings)).run().verdict


# --- written by hand


@pytest.mark.parametrize(
    "fact",
    [
        MADE,
        replace(as_fact(TRUE), text="P = NP"),
        replace(as_fact(FALSE), outcome="holds"),
        copy.copy(as_fact(TRUE)),
        pickle.loads(pickle.dumps(replace(as_fact(TRUE), finding=None))),
    ],
    ids=["made", "other words", "other outcome", "copied", "pickled"],
)
def test_a_fact_that_no_engine_made_is_refused(fact):
    for attempt in (lambda: conclude(fact), lambda: conclude(TRUE, checks=[fact]), lambda: as_fact(fact)):
        with pytest.raises(InputError, match="this Fact was not returned by an engine"):
            attempt()
    for attempt in (lambda: Verdict((fact,)), lambda: Verdict((as_fact(TRUE),), (fact,))):
        with pytest.raises(InputError, match="a verdict must be constructed by conclude"):
            attempt()
    assert run(fact).kind == "error"


def test_a_fact_that_was_changed_in_place_is_refused():
    fact = as_fact(decide(less(sympy.pi, 3)))
    object.__setattr__(fact, "outcome", "holds")
    with pytest.raises(InputError, match="not returned by an engine"):
        conclude(fact)


def test_evidence_that_was_changed_in_place_is_refused():
    """This includes nested evidence, and changes after the verdict was made."""
    fact, later = as_fact(decide(less(3, sympy.pi))), conclude(decide(less(3, sympy.pi)))
    fact.evidence["domain"] = "all numbers"
    with pytest.raises(InputError, match="not returned by an engine"):
        conclude(fact)
    later.facts[0].evidence["cells"][0]["rule"] = "trust"
    assert claim("a statement", source="here")(lambda: later).run().verdict.kind == "error"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "certain"}, "the kind of a finding must be one of proved, decided, .*; got 'certain'"),
        ({"kind": "PROVED"}, "got 'PROVED'"),
        ({"outcome": "true"}, "the outcome of a finding must be one of holds, fails, open; got 'true'"),
        ({"outcome": True}, "got True"),
        ({"outcome": None}, "got None"),
        ({"engine": ""}, "the engine of a finding must be a nonempty string, got ''"),
        ({"text": None}, "the text of a finding must be a nonempty string, got None"),
        ({"work": -1}, r"the work of a finding \(its theorems\) must be a nonnegative integer, got -1"),
        ({"work": 1.0}, "got 1.0"),
        ({"evidence": {"value": math.nan}}, r"evidence of 'P = NP'\['value'\]: nan cannot be represented in JSON"),
        ({"evidence": {"value": object()}}, r"evidence of 'P = NP'\['value'\]: evidence consists of text, numbers"),
    ],
)
def test_unknown_words_and_evidence_that_is_no_data_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        replace(MADE, **change)


@pytest.mark.parametrize(
    "decision",
    [
        replace(FALSE, outcome="holds", margin=Q(1), counterexample=None),
        replace(FALSE, outcome="holds"),
        Decision(less(sympy.pi, 3), Point(), "holds", (), Q(1), 0, 64),
        replace(PYTHAGORAS, inequality=less(x * (1 - x), Q(1, 4))),
        replace(PYTHAGORAS, domain=Box({x: (0, 100)})),
        replace(PYTHAGORAS, cells=PYTHAGORAS.cells[1:]),
        replace(PYTHAGORAS, margin=PYTHAGORAS.margin + 1),
        replace(decide(less(0, n), Integers(n)), cells=()),
        replace(TRUE, outcome="fails"),
        replace(TRUE, outcome="fails", counterexample=(), value="-1"),
        replace(PYTHAGORAS, cells=None),
    ],
)
def test_a_decision_that_its_evidence_does_not_support_is_undecided(decision):
    try:
        verdict = run(decision)
    except TypeError:  # it is no decision at all
        return
    assert verdict.kind in ("undecided", "error")
    if verdict.kind == "undecided":
        assert "not replayed: " in verdict.reason
    assert verdict.margin == ""


def test_a_decision_with_its_evidence_is_replayed_and_holds():
    again = pickle.loads(pickle.dumps(PYTHAGORAS))
    assert again is not PYTHAGORAS
    assert run(again).kind == run(PYTHAGORAS).kind == "decided"
    assert run(pickle.loads(pickle.dumps(FALSE))).kind == "refuted"


def test_a_check_is_replayed_too():
    forged = replace(FALSE, outcome="holds", margin=Q(1), counterexample=None)
    verdict = Claim("c", "s", "h", lambda: conclude(TRUE, checks=[forged])).run().verdict
    assert verdict.kind == "undecided"


SAME = identity(x, x, {x: (0, 1)})
SUM = combination(at_most(1, x), {a: x - 1}, a)


@pytest.mark.parametrize(
    "finding",
    [
        Proof("P = NP", "P = NP", "holds", "Coq 8.16.1"),
        Identity(x, x + 1, "holds", 8, 0),
        replace(SAME, right=x + 1),
        Combination(less(1, 0), (), a, (), "holds"),
        replace(SUM, inequality=at_most(2, x)),
        replace(SAME),
    ],
)
def test_a_proof_or_identity_that_no_engine_made_is_undecided(finding):
    verdict = run(finding)
    assert verdict.kind == "undecided"
    assert f"not replayed: this {type(finding).__name__} was not returned by its engine" in verdict.reason
    assert verdict.margin == ""
    assert run(SAME).kind == run(SUM).kind == "derived"


class Sure(Decision):
    """A subclass of a decision that overrides its outcome."""


def test_an_object_of_a_class_of_the_claim_file_is_no_finding():
    sure = Sure(less(sympy.pi, 3), Point(), "holds", (), Q(1), 0, 64)
    with pytest.raises(InputError, match=r"a verdict consists of findings .*, got Sure"):
        conclude(sure)


def test_an_engine_can_add_evidence():
    proved = amended(as_fact(TRUE), kind="proved", engine="Coq 8.16.1")
    assert conclude(proved).kind == "proved"
    assert rechecked([proved]) == (proved,)


# --- decide's argument


@pytest.mark.parametrize("thing", [x < x + 1, x < 1, True, None, "3 < 4", sympy.true, 3])
def test_the_error_names_the_types_that_decide_accepts(thing):
    with pytest.raises(InputError, match=r"decide takes an inequality made by less\(a, b\) or at_most\(a, b\), got"):
        decide(thing)


# --- evidence


@pytest.mark.parametrize(
    ("value", "same"),
    [
        (np.int64(3), 3),
        (np.uint8(255), 255),
        (np.float64(0.5), 0.5),
        (np.bool_(True), True),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.str_("text"), "text"),
        (sympy.Integer(7), 7),
        (Q(1, 3), "1/3"),
        ((1, (2, 3)), [1, [2, 3]]),
        ({"a": {"b": None}}, {"a": {"b": None}}),
        ("\ud800\x1b", "\ud800\x1b"),
        (10**3000, 10**3000),
    ],
    ids=lambda value: type(value).__name__,
)
def test_evidence_becomes_plain_data(value, same):
    result = plain(value, "e")
    assert result == same
    assert type(result) in (int, float, bool, str, list, dict)
    assert json.loads(json.dumps(result, allow_nan=False)) == same


LOOP: list = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        -math.inf,
        np.float64("nan"),
        np.array([1.0, np.inf]),
        {1},
        {1: 2},
        b"bytes",
        1j,
        x,
        object(),
        lambda: 1,
        LOOP,
        10**5000,
        mpmath.mpf(1),
        sympy.Rational(1, 3),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_that_are_not_plain_data_are_refused_with_their_key(value):
    with pytest.raises(InputError, match=r"^e\['key'\]"):
        plain({"key": value}, "e")


# --- tallies and agreements


@pytest.mark.parametrize("cases", [math.inf, math.nan, 3.0, "3", None, True, np.float64(3)])
def test_cases_are_counted_in_integers(cases):
    with pytest.raises(InputError, match="some: the number of cases must be a nonnegative integer, got"):
        confirm_batches("some", [(cases, None)], exhaustive=True)
    with pytest.raises(InputError, match="some: the number of cases must be a nonnegative integer, got"):
        Tally("some", cases, True, None, None)


@pytest.mark.parametrize("batches", [[(-1, None)], [(5, None), (-4, None)], [(-5, None), (6, None)]])
def test_no_number_of_cases_is_negative(batches):
    with pytest.raises(InputError, match="some: the number of cases must be a nonnegative integer, got -"):
        confirm_batches("some", batches, exhaustive=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"statement": ""}, "a statement, a nonempty string"),
        ({"exhaustive": 1}, "exhaustive must be True or False"),
        ({"exhaustive": False}, "need a seed"),
        ({"wrong": False}, "the first wrong case must be a string or None, got False"),
        ({"cases": 0}, "no case was evaluated"),
    ],
)
def test_a_confirmation_names_its_cases(change, message):
    with pytest.raises(InputError, match=message):
        Tally(**{"statement": "s", "cases": 1, "exhaustive": True, "seed": None, "wrong": None, **change})


@pytest.mark.parametrize(("answer", "shown"), [(np.bool_(True), "np.True_|True"), ("no", "'no'"), (1, "1")])
def test_a_check_answers_true_or_false(answer, shown):
    with pytest.raises(InputError, match=rf"a check must return True or False, got ({shown}): c"):
        confirm("c", [1], lambda _: answer, exhaustive=True)


def test_counts_of_numpy_are_integers():
    result = confirm_batches("some", [(np.int64(2), None), (np.uint8(3), None)], exhaustive=True)
    assert (result.cases, type(result.cases)) == (5, int)
    assert json.dumps(as_fact(result).evidence)


@pytest.mark.parametrize(
    ("value", "digits", "message"),
    [
        (mpmath.mpf(3), 0, "pi: the number of digits must be a positive integer, got 0"),
        (mpmath.mpf(3), -5, "got -5"),
        (mpmath.mpf(3), 2.5, "got 2.5"),
        (mpmath.mpc(3, 1), 5, "must be an mpmath.mpf, got mpc"),
        (3.14, 5, "must be an mpmath.mpf, got float"),
        ("3.14", 5, "must be an mpmath.mpf, got str"),
    ],
)
def test_an_estimate_compares_a_real_number_to_a_number_of_digits(value, digits, message):
    with pytest.raises(InputError, match=message):
        estimate("pi", value, Ball.pi(precision=53), digits=digits)
