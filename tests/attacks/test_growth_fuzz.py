"""A seeded sample of the fuzzer for statements at infinity; `python tests/attacks/growth_fuzz.py` runs 2,000."""

from growth_fuzz import run


def test_values_at_large_integers_contradict_no_decision():
    outcomes, wrong = run(60, seed=5)
    assert wrong == []
    assert all(outcomes[outcome] >= 10 for outcome in ("holds", "fails")), outcomes
