"""A seeded sample of the fuzzer for open domains; `python tests/attacks/problems_fuzz.py` runs 5,000 problems."""

from problems_fuzz import run


def test_high_precision_contradicts_no_decision_on_open_domains():
    answers, wrong = run(80, seed=7)
    assert wrong == []
    assert answers["decided"] >= 10
    assert answers["refuted"] >= 10
