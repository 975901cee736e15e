"""Certificates whose program does not compute what the source says: each is refused, with the reason."""

import pytest
from forgery import ACCEPTED, DECLINED, sign
from source_forgeries import FORGERIES, a_billion_steps, honest, rule_of, true_variations

from ntkproofs import checker, source_checker


@pytest.mark.parametrize("name", honest())
def test_honest_certificates_are_accepted_by_both_checkers(name):
    data = sign(honest()[name])
    assert checker.judge(data)[0] == ACCEPTED
    code, text = source_checker.judge(data)
    assert (code, text.splitlines()[0]) == (ACCEPTED, "accepted"), text
    assert f"\nverified: {rule_of(name)}" in text


@pytest.mark.parametrize("name", true_variations())
def test_what_is_still_true_is_accepted(name):
    assert source_checker.judge(true_variations()[name])[0] == ACCEPTED


@pytest.mark.parametrize("name", FORGERIES)
def test_forgeries_are_refused_with_the_reason(name):
    make, code, message = FORGERIES[name]
    got, text = source_checker.judge(make())
    assert (got, message in text) == (code, True), text
    assert "\n" not in text


def test_the_work_is_limited(monkeypatch):
    monkeypatch.setattr(source_checker, "MAX_WORK", 1 << 26)
    code, text = source_checker.judge(a_billion_steps())
    assert (code, text) == (
        DECLINED,
        f"declined: the execution of the program: more work than {1 << 26} word operations",
    )
