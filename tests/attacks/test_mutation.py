"""Mutation testing of the checker: what no test notices must be explained; and the tool tells right from wrong."""

import ast
import os
import signal
import time

import battery
import mutate
import pytest
from mutants import TEXT, _codes, module_from, module_of, mutants_of, sample
from mutate import PARTS, REST, Outcome, explanations, facts_of, part_of, problems, survey

from ntkproofs import checker

NUMBER, SEED = 100, "suite"  # mutants in the suite: a minute on two cores


@pytest.fixture(scope="module")
def everything():
    return mutants_of(TEXT)


@pytest.mark.parametrize("fact", battery.FACTS, ids=lambda fact: fact.__name__)
def test_the_checker_passes_the_battery(fact):
    fact(checker)


def test_a_sample_of_mutants_is_noticed_or_explained(everything):
    tree, mutants = everything
    outcomes = survey(sample(mutants, NUMBER, SEED), tree, jobs=2)
    assert len(outcomes) == NUMBER
    names = [name for each in explanations() for name in each.names]
    assert not problems(outcomes, names, mutants)
    assert sum(outcome.broken is not None for outcome in outcomes) > NUMBER * 0.7


def test_every_part_of_the_checker_has_mutants_and_facts_of_its_own(everything):
    parts = [part_of(mutant) for mutant in everything[1]]
    assert set(parts) == {*PARTS, REST}
    assert all(parts.count(part) > 2000 for part in set(parts))
    facts = [set(facts_of(part)) for part in (*PARTS, REST)]
    assert all(facts)
    assert len(set().union(*facts)) == sum(map(len, facts))


# mistakes that earlier tests of the checker did not notice
OVERLOOKED = {
    "0-bits lost where unwritten bits are dropped": ("(part.t or not dropped)", "(part.least or not dropped)"),
    "the variance of one end": ("if variance.low <= 0:", "if variance.high <= 0:"),
    "far below 0": ("if -end > ONE * MAX_ARGUMENT else", "if -end < ONE * MAX_ARGUMENT else"),
    "no limit of groups": ("if len(group) * different > MAX_MEMORY:", "if False:"),
    "no limit of entries": (" > MAX_ENTRIES:", " < 0:"),
    "no variance": ("if z is not None:", "if z is None:"),
    "a program without fields": ("    if not names:", "    if False:"),
    "more groups than templates": ("min(groups, len(program.templates))", "groups"),
    "the margins of ones for zeros": (
        "if part.matched(part.first) else (Interval.of(threshold) - means)",
        "if True else means",
    ),
    "the half of the signs": ("left.extend(part.halves()[::-1])", "left.extend(part.halves()[:1])"),
    "parts forgotten": (
        "for values in product((0, 1), repeat=len(free[LANE_BITS:])):",
        "for values in [(0,) * len(free[LANE_BITS:])]:",
    ),
    "the mean of one end": (
        "return excess * (self.across * p + (self.slope * n)",
        "return Interval(excess.low, excess.low) * (self.across * p + (self.slope * n)",
    ),
    "one network fewer": ("Interval.of(networks).sqrt())", "Interval.of(networks + 1).sqrt())"),
}


@pytest.mark.parametrize("name", OVERLOOKED)
def test_a_mistake_that_was_overlooked_is_noticed(name):
    assert battery.first_wrong(module_of(*OVERLOOKED[name])) is not None


def test_names_are_unique_and_the_tree_stays_as_it_is(everything):
    tree, mutants = everything
    before, whole = ast.dump(tree), _codes(tree)
    assert len({mutant.name for mutant in mutants}) == len(mutants) > 2000
    for mutant in sample(mutants, 20, "names"):
        codes = mutant.applied(tree)
        assert ast.dump(tree) == before
        assert len(codes) == len(tree.body)
        assert sum(code != other for code, other in zip(codes, whole, strict=True)) == 1
    assert {mutant.kind for mutant in mutants} >= {
        "comparison",
        "arithmetic",
        "constant",
        "end",
        "min, max",
        "statement",
    }


def test_a_sample_depends_on_its_seed_and_little_on_other_code():
    text = "def f(a, b):\n    return a < b + 3\ndef g(a):\n    return a * 2 - 1\n"
    mutants = mutants_of(text)[1]
    assert len(sample(mutants, 5, 1)) == 5
    names = [mutant.name for mutant in sample(mutants, 5, 1)]
    assert names == [mutant.name for mutant in sample(mutants, 5, 1)]
    assert names != [mutant.name for mutant in sample(mutants, 5, 2)]
    later = {mutant.name for mutant in mutants_of("import re\n\n\n" + text)[1]}
    assert set(names) <= later


def test_what_a_small_function_is_changed_to():
    _, mutants = mutants_of(
        "def f(a, b):\n    if not a.low < 2:\n        raise Rejected('x' + a)\n    return min(a, b)\n"
    )
    assert {mutant.name for mutant in mutants} == {
        "f | if {not  -> }a.low < 2:",
        "f | if not a.low {< -> <=} 2:",
        "f | if not a.low {< -> >=} 2:",
        "f | if not a.{low -> high} < 2:",
        "f | if not a.low < {2 -> 3}:",
        "f | if not a.low < {2 -> 1}:",
        "f | if {not a.low < 2 -> False}:",
        "f | if {not a.low < 2 -> True}:",
        "f | if not { -> not }a.low < 2:",
        "f | {raise Rejected('x' + a) -> pass}",
        "f | raise {Rejected -> Declined}('x' + a)",
        "f | return {min -> max}(a, b)",
    }


def test_stale_and_missing_explanations_are_errors(everything):
    _, mutants = everything
    first, second, third = mutants[:3]
    outcomes = [Outcome(first, None), Outcome(second, "some fact"), Outcome(third, None)]
    found = problems(outcomes, [first.name, second.name, "f | {gone -> pass}"], mutants)
    assert [line.partition(":")[0].partition(",")[0] for line in found] == [
        "stale",
        "stale",
        "survives without an explanation",
    ]
    assert "no such mutant: f | {gone -> pass}" in found[0]
    assert "it is noticed (some fact)" in found[1]
    assert third.name in found[2]
    assert not problems([Outcome(first, None)], [first.name], mutants)


def test_every_explanation_is_of_a_mutant_that_exists(everything):
    names = {mutant.name for mutant in everything[1]}
    explained = [name for each in explanations() for name in each.names]
    assert not [name for name in explained if name not in names]
    assert len(explained) < len(names) / 6


def no_children():
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def in_children(action):
    """Return a fact that holds in this process, and does something else in every other one."""
    parent = os.getpid()
    return lambda _module: None if os.getpid() == parent else action()


def test_a_mutant_without_an_end_is_ended(everything, monkeypatch):
    def loop():
        while True:
            pass

    tree, mutants = everything
    monkeypatch.setattr(battery, "FACTS", [in_children(loop)])
    monkeypatch.setattr(mutate, "LEAST", 0.5)
    (outcome,) = survey(mutants[:1], tree)
    assert outcome.broken == f"no answer: signal {signal.SIGPROF.value}"
    no_children()


def test_a_mutant_that_takes_all_memory_is_ended(everything, monkeypatch):
    tree, mutants = everything
    monkeypatch.setattr(battery, "FACTS", [in_children(lambda: bytearray(1 << 40))])
    (outcome,) = survey(mutants[:1], tree)
    assert "MemoryError" in outcome.broken
    no_children()


def test_an_interrupted_survey_leaves_no_child(everything, monkeypatch):
    tree, mutants = everything

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(battery, "FACTS", [in_children(lambda: time.sleep(60))])
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 1)
    try:
        with pytest.raises(KeyboardInterrupt):
            survey(mutants[:4], tree, jobs=2)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    no_children()


def test_a_checker_that_fails_the_battery_is_not_surveyed(everything, monkeypatch):
    def never(_module):
        raise AssertionError("never")

    monkeypatch.setattr(battery, "FACTS", [never])
    with pytest.raises(AssertionError, match="the checker itself does not pass the battery: never"):
        survey(everything[1][:1], everything[0])


def test_the_battery_names_the_fact_that_is_broken():
    assert battery.first_wrong(module_from(TEXT)) is None
    assert battery.first_wrong(module_of("CONVERGENT = 41", "CONVERGENT = 40")).startswith(("tails", "limits"))
