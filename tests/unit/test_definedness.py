"""A statement is decided only where both of its sides are defined, whatever cancels between them."""

from dataclasses import replace
from fractions import Fraction as Q

import pytest
import sympy
from sympy import Add, Mul, Pow, acos, asin, exp, log, pi, sin, sqrt

from ntkproofs.arithmetic.expressions import BallArithmetic, Difference
from ntkproofs.coq.lemmas import Lemma, export
from ntkproofs.errors import DomainError, NtkProofsError
from ntkproofs.rigor import Box, Cell, Integers, Point, at_most, decide, less, replay

R = sympy.Rational
n = sympy.Symbol("n", positive=True)
x, y = sympy.symbols("x y")

UNDEFINED = [
    (less(1 / x, 1 + 1 / x), Point({x: 0})),
    (less(1 / x, 1 + 1 / x), Box({x: (-1, 1)})),
    (less(1 / x, 1 + 1 / x), Box({x: (0, 1)})),
    (less(1 / x, 1 + 1 / x), Integers(x, 0)),
    (less(log(x), 1 + log(x)), Box({x: (-2, -1)})),
    (less(log(x), 1 + log(x)), Box({x: (0, 1)})),
    (less(sqrt(x), 1 + sqrt(x)), Box({x: (-1, 1)})),
    (less(asin(2 * x), 1 + asin(2 * x)), Box({x: (0, 1)})),
    (less(acos(n) + 1 / (n - 3), 1 / n + acos(n) + 1 / (n - 3)), Integers(n)),
    (less(sqrt(n - 5), sqrt(n - 5) + 1 / n), Integers(n)),
    (less(1 / (n - 3), 1 + 1 / (n - 3)), Integers(n)),
    (less(1 / (n - 100), 1 + 1 / (n - 100)), Integers(n, 1, 100)),
    (less(log(n - 1), log(n - 1) + 1 / n), Integers(n)),
    (at_most(sin(x) + 1 / x, x + 1 / x), Box({x: (0, 2)})),  # touches at x = 0, where neither side is defined
    (at_most(sin(x) + log(x), x + log(x)), Box({x: (0, 2)})),
    (at_most((x - 1) ** 2 + 1 / (x - 1), 2 * (x - 1) ** 2 + 1 / (x - 1)), Box({x: (0, 2)}, contacts=(1,))),
    (less(1 / (x - y), 1 + 1 / (x - y)), Box({x: (0, 1), y: (0, 1)})),
    # unevaluated, as one writes what SymPy would cancel
    (less(0, 1 + Mul(x, Pow(x, -1), evaluate=False)), Point({x: 0})),
    (less(0, 2 + Pow(sqrt(x), 2, evaluate=False)), Box({x: (-1, 1)})),
    (less(0, 2 + exp(log(x), evaluate=False)), Point({x: -1})),
    (less(Mul(0, 1 / x, evaluate=False), 1), Point({x: 0})),
    (less(Add(1 / x, Mul(-1, 1 / x), evaluate=False), 1), Box({x: (0, 1)})),
    (less(Pow(Pow(x, -1), -1, evaluate=False), 10), Box({x: (0, 1)})),
    (less(0, Pow(-1, R(1, 2), evaluate=False) + 1), Point()),
    (less(0, 1 / Add(pi, -pi, evaluate=False)), Point()),
]


@pytest.mark.parametrize(("claim", "domain"), UNDEFINED, ids=str)
def test_terms_that_cancel_must_be_defined(claim, domain):
    with pytest.raises(DomainError, match="is undefined"):
        decide(claim, domain)


@pytest.mark.parametrize(
    ("claim", "domain"),
    [
        (less(1 / x, 1 + 1 / x), Box({x: (-1, 2)})),  # bisection does not meet the pole
        (less(1 / (3 * n - 10), 1 + 1 / (3 * n - 10)), Integers(n)),  # no integer is the pole: see below
        (less(log(x - R(1, 3)), 1 + log(x - R(1, 3))), Box({x: (R(1, 3), 1)})),
    ],
    ids=str,
)
def test_a_pole_that_is_not_met_never_holds(claim, domain):
    try:
        outcome = decide(claim, domain, max_cells=200).outcome
    except DomainError:
        return
    pole = isinstance(domain, Integers)
    assert outcome == ("holds" if pole else "open")


def test_the_reason_says_that_a_side_may_be_undefined():
    pole = 1 / (x**2 - 2)
    decision = decide(less(pole, 1 + pole), Box({x: (-1, 2)}))
    assert decision.obstacle.kind == "undefined"
    assert "where a side may be undefined" in decision.reason


@pytest.mark.parametrize(
    ("claim", "domain"),
    [
        (less(1 / x, 1 + 1 / x), Box({x: (1, 2)})),
        (less(sqrt(x), 1 + sqrt(x)), Box({x: (0, 1)})),
        (less(acos(x), 1 + acos(x)), Box({x: (-1, 1)})),
        (at_most(sin(x) + sqrt(x), x + sqrt(x)), Box({x: (0, 2)})),
        (at_most(sin(x) + acos(x), x + acos(x)), Box({x: (0, 1)})),
        (less(1 / (n - 3), 1 / n + 1 / (n - 3)), Integers(n, 4)),
        (less(sqrt(n - 5), sqrt(n - 5) + 1 / n), Integers(n, 5)),
        (less(1 / (2 * n - 7), 1 + 1 / (2 * n - 7)), Integers(n)),
        (less(log(n - 1), log(n - 1) + 1), Integers(n, 2, 50)),
        (less(sqrt(x - R(1, 3)) - 1, sqrt(x - R(1, 3))), Point({x: R(1, 3)})),  # the root of exactly 0
        (less(0, 1 + Mul(x, Pow(x, -1), evaluate=False)), Box({x: (1, 2)})),
    ],
    ids=str,
)
def test_where_both_sides_are_defined_terms_may_cancel(claim, domain):
    decision = decide(claim, domain)
    assert decision.outcome == "holds", str(decision)
    assert replay(decision).outcome == "holds"


def test_the_undefined_point_is_named():
    with pytest.raises(DomainError, match=r"^1/\(n - 3\) < 1 \+ 1/\(n - 3\) is undefined at n = 3: division by zero$"):
        decide(less(1 / (n - 3), 1 + 1 / (n - 3)), Integers(n))
    with pytest.raises(DomainError, match=r"is undefined for x in \[-2, -1\]: log of"):
        decide(less(log(x), 1 + log(x)), Box({x: (-2, -1)}))


# --- evidence


@pytest.mark.parametrize("rule", ["range", "mean value", "contact low", "contact high", "integers", "contact"])
def test_forged_evidence_for_an_undefined_statement_is_refused(rule):
    honest = decide(less(x, 1 + x), Box({x: (0, 1)}))
    forged = replace(honest, inequality=less(1 / x, 1 + 1 / x), cells=(Cell(((Q(0), Q(1)),), rule, Q(1), 64),))
    with pytest.raises(NtkProofsError):
        replay(forged)
    touching = replace(forged, inequality=at_most(sin(x) + 1 / x, x + 1 / x), margin=Q(0))
    with pytest.raises(NtkProofsError):
        replay(touching)


@pytest.mark.parametrize("rule", ["range", "mean value", "integers", "contact", "empty"])
def test_forged_evidence_about_integers_is_refused(rule):
    honest = decide(less(0, n), Integers(n))
    cells = (Cell(((Q(0), Q(1)),), rule, Q(1), 64),)
    with pytest.raises(NtkProofsError):
        replay(replace(honest, inequality=less(1 / (n - 3), 1 + 1 / (n - 3)), cells=cells))


def test_a_counterexample_at_which_a_side_is_undefined_is_none():
    honest = decide(less(x, 0), Point({x: 0}))
    with pytest.raises(DomainError):
        replay(replace(honest, inequality=less(1 / x + 1, 1 / x)))


@pytest.mark.parametrize(
    ("claim", "conditions"),
    [
        (less(1 / x, 1 + 1 / x), ["x <> 0"]),
        (less(log(x), 1 + log(x)), ["0 < x"]),
        (less(sqrt(x), 1 + sqrt(x)), ["0 <= x"]),
        (less(acos(x / 3), 1 + acos(x / 3)), ["-1 <= 1 / 3 * x <= 1"]),
        (less(Mul(0, 1 / x, evaluate=False), 1), ["x <> 0"]),
    ],
    ids=str,
)
def test_a_lemma_for_coq_says_that_what_cancels_is_defined(claim, conditions):
    lemma = export(decide(claim, Box({x: (1, 2)})))
    assert isinstance(lemma, Lemma)
    assert lemma.conditions == len(conditions)
    assert all(condition in lemma.statement for condition in conditions)


# --- the difference is ours


def test_sympy_is_not_asked_for_the_difference(monkeypatch):
    left, right = x + R(1, 2) + sqrt(x), sqrt(x) + 2 * x

    def lie(*_):
        raise AssertionError("SymPy was asked to subtract")

    monkeypatch.setattr(sympy.Expr, "__sub__", lie)
    monkeypatch.setattr(sympy.Add, "flatten", lie)
    value = Difference(left, right).evaluate({x: BallArithmetic(64).rational(Q(1, 3))}, BallArithmetic(64))
    assert value.contains(Q(-1, 6))
    assert value.width < Q(1, 2**50)


def test_common_terms_cancel_exactly():
    claim = less(sin(x) * exp(x) + 3 * x / 2, x / 2 + exp(x) * sin(x) + x + R(1, 10**30))
    decision = decide(claim, Box({x: (0, 100)}))
    assert decision.outcome == "holds"
    assert len(decision.cells) == 1
    assert Q(999, 1000) < decision.margin * 10**30 <= 1


def test_a_division_by_the_number_zero_is_a_domain_error_whatever_stands_around_it() -> None:
    reciprocal = sympy.Pow(0, -1, evaluate=False)
    for around in (sympy.Rational(-1, 3), sympy.Rational(2), sympy.sin(1)):
        side = sympy.Add(sympy.Mul(around, reciprocal, evaluate=False), sympy.tanh(-1, evaluate=False), evaluate=False)
        with pytest.raises(DomainError, match="division by zero"):
            decide(at_most(side, x), Box({x: (0, 1)}))


@pytest.mark.parametrize(
    ("side", "ends", "message"),
    [
        (sympy.acos(x), (-3, -2), r"acos\(x\) <= 1 is undefined for x in \[-3, -2\]: acos of \[-3, -2\] is undefined:"),
        (sympy.acos(x), (-3, -2), r"its argument must lie in \[-1, 1\]"),
        (sympy.atanh(x), (2, 3), r"its argument must lie in \(-1, 1\)"),
        (sympy.log(x), (-3, -2), "its argument must be positive"),
        (sympy.sqrt(x), (-3, -2), "its argument must not be negative"),
        (sympy.acosh(x), (-3, sympy.Rational(1, 3)), r"x in \[-3, 0.33333333…\].* must be at least 1"),
    ],
)
def test_the_message_says_which_arguments_a_function_takes(side: sympy.Expr, ends: tuple, message: str) -> None:
    with pytest.raises(DomainError, match=message):
        decide(at_most(side, 1), Box({x: ends}))
