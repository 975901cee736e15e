"""The margin of many findings is none of one of them: least gap, all axioms, all cases, every test."""

from fractions import Fraction

import pytest
import sympy

from ntkproofs.claims import Claim, Comparison, conclude, confirm, confirm_measured
from ntkproofs.claims.margins import combined_margin
from ntkproofs.commands.common import make_console
from ntkproofs.facts import Fact, as_fact
from ntkproofs.report import document, show_results
from ntkproofs.report.page import html_page
from ntkproofs.rigor import Integers, decide, identity, less

n, k = sympy.symbols("n k", positive=True)
CLASSIC = "Coq.Logic.Classical_Prop.classic"
EXTENSIONALITY = "Coq.Logic.FunctionalExtensionality.functional_extensionality_dep"
REALS = "Coq.Reals.ClassicalDedekindReals.sig_forall_dec"


def theorem(*assumptions: str) -> Fact:
    return Fact(
        kind="proved",
        outcome="holds",
        engine="Coq 8.16.1",
        text="a theorem",
        work=1,
        unit="theorems",
        margin="as the engine says",
        evidence={"coq": {"statement": "forall n, n = n", "assumptions": list(assumptions)}},
    )


def inequality(margin: str, *assumptions: str) -> Fact:
    return Fact(
        kind="proved",
        outcome="holds",
        engine="Coq 8.16.1",
        text="0 < 1",
        work=1,
        unit="inequalities",
        margin=f"≥ {margin}",
        evidence={"margin": margin, "margin_order": 0, "coq": {"assumptions": list(assumptions)}},
    )


def cases(count: int, seed: int | None = None):
    return confirm("each", range(count), lambda _: True, exhaustive=seed is None, seed=seed)


def gap(value: object, domain: object = None):
    return decide(less(0, value), domain)


@pytest.mark.parametrize(
    ("facts", "margin"),
    [
        # the axioms of every proof
        ([theorem(), theorem(CLASSIC)], "assumes classical logic"),
        ([theorem(CLASSIC), theorem()], "assumes classical logic"),
        ([theorem(), theorem()], "assumes nothing"),
        (
            [theorem(EXTENSIONALITY), theorem(), theorem(REALS)],
            "assumes classical reals, functional extensionality",
        ),
        ([theorem(), inequality("1/4", REALS)], "≥ 1/4; assumes classical reals"),
        ([inequality("3", REALS), inequality("1/4")], "≥ 1/4; assumes classical reals"),
        # cases: the sum, and sampled wins
        ([cases(3), cases(4)], "7 cases, exhaustive"),
        ([cases(1000), cases(24, seed=5)], "1,024 cases, 24 of them sampled, seed 5"),
        ([cases(24, seed=5), cases(1000)], "1,024 cases, 24 of them sampled, seed 5"),
        ([cases(1, seed=5), cases(1, seed=6)], "2 cases, sampled, seeds 5, 6"),
        ([cases(1, seed=5), cases(2, seed=5)], "3 cases, sampled, seed 5"),
        ([cases(1, seed=seed) for seed in range(9)], "9 cases, sampled, 9 seeds"),
        ([cases(1, seed=5)], "1 case, sampled, seed 5"),
        # the least gap of each power
        ([gap(1000), gap(Fraction(1, 16))], "≥ 0.0625"),
        ([gap(Fraction(1, 16)), gap(1000)], "≥ 0.0625"),
        ([gap(n, Integers(n)), gap(3 * n, Integers(n)), gap(2)], "≥ 2; ≥ 1 n"),
        ([gap(2), gap(n, Integers(n)), gap(1 / n, Integers(n))], "≥ 1 n^(-1); ≥ 2; ≥ 1 n"),
        ([gap(n, Integers(n)), gap(2 * k, Integers(k))], "≥ 2 k; ≥ 1 n"),
        # unlike things side by side, whatever the order
        ([theorem(), cases(2), gap(3), identity(1, 1)], "≥ 3; assumes nothing; 2 cases, exhaustive"),
        ([identity(1, 1)], ""),
        ([], ""),
    ],
)
def test_together(facts, margin):
    assert combined_margin(map(as_fact_or_given, facts)) == margin


def as_fact_or_given(finding: object) -> Fact:
    return finding if isinstance(finding, Fact) else as_fact(finding)


def test_statistical_tests_show_the_worst_p_value_and_all_levels():
    close = confirm_measured("a", [Comparison("x", 1, 1, 0.5), Comparison("y", 1, 1, 0.25)], level=0.01)
    far = confirm_measured("b", [Comparison("z", 1, 1, 2.0)], level=0.001)
    never = confirm_measured("c", [Comparison("z", 1, 1, 9.0)], against=True)
    beyond = confirm_measured("d", [Comparison("z", 1, 1, 12.0)], against=True)
    for group in ([close, far], [far, close]):
        text = combined_margin(map(as_fact, group))
        assert text.startswith("3 comparisons in 2 tests, least p 0.046, level")
        assert "0.01" in text
        assert "0.001" in text
    rejected = as_fact(never).evidence["greatest_p_corrected"]
    for group in ([never, beyond], [beyond, never]):
        assert f"greatest p {rejected}, level" in combined_margin(map(as_fact, group))
    assert combined_margin(map(as_fact, [close, never])).count("; ") == 1


def test_table_json_and_page_show_the_same_margin(capsys):
    def many() -> object:
        return conclude(gap(1000), cases(1000), gap(Fraction(1, 16)), cases(24, seed=5))

    result = Claim("mine", "many things", "here", many).run()
    margin = "≥ 0.0625; 1,024 cases, 24 of them sampled, seed 5"
    assert result.verdict.margin == margin
    assert document([result])["claims"][0]["margin"] == margin
    assert f"<td>{margin}</td>" in html_page([result])
    show_results([result], make_console())
    shown = " ".join(capsys.readouterr().out.split())
    assert "≥ 0.0625" in shown
    assert "exhaustive" not in shown


def test_a_claim_that_does_not_hold_has_no_margin():
    verdict = conclude(gap(1000), decide(less(4, sympy.pi)), decide(less(5, sympy.pi)))
    assert (verdict.kind, verdict.margin) == ("refuted", "")
    assert verdict.reason.startswith("4 < pi for constants: false at these constants")
    assert verdict.reason.endswith(" (and 1 more finding)")


def test_an_estimate_is_no_margin():
    estimate = Fact("estimated", "holds", "mpmath", "a guess", 1, "estimates", margin="to 9 digits")
    assert combined_margin([estimate, as_fact(gap(3))]) == "≥ 3"
