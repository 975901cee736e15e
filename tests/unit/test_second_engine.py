"""The checker as a second engine of what balls decided."""

import pytest
import sympy

from ntkproofs.certificates.grammar import Draft, draft, expression_json
from ntkproofs.claims import claim, conclude
from ntkproofs.commands import second_engine
from ntkproofs.commands.second_engine import decided_again
from ntkproofs.errors import InputError
from ntkproofs.report.terminal import engine_names, not_decided_again
from ntkproofs.rigor import Box, Integers, at_most, decide, identity, less

n, x = sympy.symbols("n x")


def nested(levels):
    """Return an expression with shared parts, whose size without sharing doubles at each level."""
    expression = x
    for _ in range(levels):
        expression = sympy.sin(expression) + sympy.cos(expression)
    return expression


def result_of(*findings):
    @claim("a statement", source="a test")
    def a_claim():
        return conclude(*findings)

    return a_claim.run()


def test_a_decided_finding_gets_a_second_engine():
    result = result_of(decide(less(sympy.atan(n), sympy.pi / 2), Integers(n)), identity(sympy.S(1), sympy.S(1)))
    again = decided_again(result)
    assert engine_names(again.verdict) == "Arb, checker, normal form"
    assert again.verdict.engine.startswith("Arb (python-flint ")
    evidence = again.verdict.facts[0].evidence["checker"]
    assert evidence["boxes"] >= 2
    assert len(evidence["claim_sha256"]) == 64
    assert again.verdict.kind == result.verdict.kind
    assert not_decided_again([again]) == {}


def test_the_claim_for_the_checker_is_the_decided_statement():
    """The digest is that of the statement in the grammar of the checker."""
    again = decided_again(result_of(decide(less(sympy.sqrt(n), n + 1), Integers(n, 2))))
    from ntkproofs.certificates import issue_inequality

    certificate = issue_inequality(less(sympy.sqrt(n), n + 1), Integers(n, 2))
    assert certificate.verified.claim == '["sqrt",["var","n"]] < ["add",1,["var","n"]] for all integers n >= 2'
    assert again.verdict.facts[0].evidence["checker"]["claim_sha256"] == certificate.digest


def test_statements_beyond_the_checker_have_one_engine():
    far = result_of(decide(less(0, n**600 + 1), Integers(n)))
    again = decided_again(far)
    assert "checker" not in again.verdict.engine
    (reason,) = not_decided_again([again])
    assert reason == "the checker declines: a power of the variable beyond 1024"


def test_decisions_with_too_much_work_are_not_checked_again(monkeypatch):
    long = Draft(f'"{"0" * (1 << 20)}"', '["high", "n", 9]')
    monkeypatch.setattr(second_engine, "draft", lambda decision: long)
    again = decided_again(result_of(decide(less(0, sympy.sqrt(x)), Box({x: (1, 2)}))))
    assert not_decided_again([again]) == {"too much work: 1,048,578 bytes on 1 box": 1}


def test_only_statements_that_hold_are_checked_again():
    for finding in (decide(less(1, 0)), decide(less(1, n ** (10**3) * 0 + x), Box({x: (0, 2)}))):
        assert "checker" not in decided_again(result_of(finding)).verdict.facts[0].evidence


def test_engines_that_disagree_are_an_error_that_names_both(monkeypatch):
    right, other = decide(less(sympy.pi, 4)), decide(less(3, sympy.pi))
    wrong = Draft(draft(other).claim.replace("3", "4"), '["leaf"]')
    monkeypatch.setattr(second_engine, "draft", lambda decision: wrong)
    again = decided_again(result_of(right))
    assert again.verdict.kind == "error"
    assert again.verdict.reason.startswith("two engines disagree: pi < 4 for constants holds by Arb (python-flint ")
    assert again.verdict.reason.endswith("by the checker the inequality is false on the leaf (constants)")


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        (sympy.tan(x), "tan.x. is not in the grammar"),
        (x ** sympy.Rational(1, 3), "integer and half-integer powers only"),
        (nested(14), "more than 20,000 parts"),
    ],
)
def test_functions_outside_the_grammar(expression, reason):
    with pytest.raises(InputError, match=reason):
        expression_json(expression)


def test_deep_expressions_are_refused_before_anything_recurses():
    deep = x
    for _ in range(99):
        deep = sympy.sin(deep, evaluate=False)
    with pytest.raises(InputError, match="nested deeper than 95"):
        expression_json(deep)


def test_long_sums_are_not_nested_deeply():
    text = str(expression_json(sympy.Add(*[sympy.Symbol(f"x{k}") for k in range(500)])))
    assert max(text[:k].count("[") - text[:k].count("]") for k in range(0, len(text), 7)) < 15


def test_sides_touch_in_a_box():
    again = decided_again(result_of(decide(at_most(x**2, x), Box({x: (0, 1)}))))
    assert engine_names(again.verdict) == "Arb, checker"
