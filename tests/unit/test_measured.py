"""Measured values as findings: what survives a test, what falls, and that many comparisons are paid for."""

import math

import mpmath
import pytest

from ntkproofs.claims import Comparison, conclude, confirm_measured
from ntkproofs.errors import InputError
from ntkproofs.facts import as_fact


def off(deviate, what="error"):
    return Comparison(what, observed=1 + deviate, predicted=1, deviate=deviate)


@pytest.mark.parametrize(
    ("deviates", "against", "holds"),
    [
        ([2.5], False, True),  # p = 0.012
        ([2.6], False, False),  # p = 0.009
        ([-2.6], False, False),
        ([2.6] + [0.0] * 9, False, True),  # ten comparisons: 0.09
        ([5.0] + [0.0] * 9, False, False),
        ([5.0, -6.0], True, True),
        ([5.0, 2.0], True, False),
        ([2.6, 9.0], True, False),  # two comparisons: 0.019
    ],
)
def test_the_level_is_divided_by_the_number_of_comparisons(deviates, against, holds):
    finding = confirm_measured("as predicted", map(off, deviates), level=0.01, against=against)
    assert finding.holds is holds
    assert as_fact(finding).outcome == ("holds" if holds else "fails")
    assert conclude(finding).kind == ("confirmed" if holds else "refuted")


def test_p_values_far_out_are_not_zero():
    with mpmath.workdps(30):
        exact = mpmath.log10(mpmath.erfc(mpmath.mpf(150) / mpmath.sqrt(2)))
    assert off(150).p_value() == f"10^{float(exact):.1f}"
    assert off(1.96).p_value() == "0.05"
    assert off(1.96).p_value(comparisons=100) == "1"


def test_the_evidence_names_every_comparison_and_the_reason_the_worst():
    fact = as_fact(confirm_measured("as predicted", [off(1.0, "k = 4"), off(-8.0, "k = 5")]))
    assert [item["what"] for item in fact.evidence["compared"]] == ["k = 4", "k = 5"]
    assert (fact.work, fact.unit, fact.evidence["level"]) == (2, "comparisons", 0.01)
    assert "k = 5" in fact.reason
    assert "-8.0 deviations" in fact.reason
    assert "corrected for 2 comparisons" in fact.reason


def test_a_test_needs_a_comparison():
    with pytest.raises(InputError, match="nothing was measured: empty"):
        confirm_measured("empty", [])
    with pytest.raises(InputError, match=r"the level must be a float from 1e-06 to 0\.1, got 1: x"):
        confirm_measured("x", [off(0.0)], level=1)
    with pytest.raises(InputError, match="an observed value must be a finite real number, got nan"):
        off(math.nan)


@pytest.mark.parametrize("level", [1e-300, 0.0, -0.01, 0.5, 1 - 1e-9, math.nan, math.inf, "0.01", True, None])
def test_a_level_out_of_range_is_refused(level):
    with pytest.raises(InputError, match=r"the level must be a float from 1e-06 to 0\.1, got"):
        confirm_measured("x", [off(0.0)], level=level)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "1", None, True, 1j])
@pytest.mark.parametrize("name", ["observed", "predicted", "deviate"])
def test_comparisons_need_numbers(name, value):
    with pytest.raises(InputError, match=rf"error: an? {'deviate' if name == 'deviate' else name + ' value'} must be"):
        Comparison("error", **{"observed": 1.0, "predicted": 1.0, "deviate": 0.0, name: value})


def test_the_level_is_shown_with_the_verdict():
    assert conclude(confirm_measured("x", [off(1.0)], level=0.02)).margin == "1 comparison, least p 0.32, level 0.02"
