"""A seeded sample of the audit fuzzer for `decide`; `python tests/attacks/decide_fuzz.py` runs 5,000 statements."""

from decide_fuzz import run


def test_high_precision_contradicts_no_decision():
    outcomes, wrong = run(400, seed=7)
    assert wrong == []
    assert all(outcomes[outcome] >= 10 for outcome in ("holds", "fails", "open", "undefined")), outcomes
