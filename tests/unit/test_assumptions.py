"""What SymPy assumes of a symbol is on a list and true on its domain, ends included; absurd options are refused."""

from dataclasses import replace
from fractions import Fraction as Q

import pytest
import sympy

from ntkproofs.errors import DomainError, InputError, NtkProofsError
from ntkproofs.rigor import Box, Inequality, Integers, Point, at_most, combination, decide, identity, less

x, a, b = sympy.symbols("x a b")
UNLISTED = [
    {"extended_negative": True},
    {"extended_positive": True},
    {"extended_real": True},
    {"polar": True},
    {"infinite": True},
    {"real": False},
    {"odd": True},
    {"even": True},
    {"prime": True},
    {"composite": True},
    {"irrational": True},
    {"noninteger": True},
    {"imaginary": True},
    {"commutative": False},
    {"complex": False},
    {"zero": False},
    {"positive": False},
    {"integer": False},
    {"algebraic": True},
]


@pytest.mark.parametrize("assumed", UNLISTED, ids=str)
def test_other_assumptions_are_refused_by_name(assumed):
    ((name, value),) = assumed.items()
    k = sympy.Symbol("k", **assumed)
    shown = name if value else f"{name}=False"
    for make in (
        lambda: less(k, 5),
        lambda: at_most(0, k**2),
        lambda: Box({k: (1, 2)}),
        lambda: Box({k: (-2, -1)}),
        lambda: Point({k: 1}),
        lambda: Integers(k),
        lambda: identity(k, k, {k: (1, 2)}),
        lambda: combination(at_most(0, x), {k: x}, k),
    ):
        with pytest.raises(InputError, match=f"^the symbol k is assumed to be {shown}; allowed: .*integer.*positive"):
            make()


def test_an_odd_symbol_does_not_turn_a_cosine_into_minus_one():
    k = sympy.Symbol("k", odd=True, positive=True)
    assert k * sympy.cos(sympy.pi * k) == -k
    with pytest.raises(InputError, match="assumed to be odd"):
        decide(less(k * sympy.cos(sympy.pi * k), 0), Integers(k))


HALF = Q(1, 2)


@pytest.mark.parametrize(
    ("assumed", "true", "false"),
    [
        ("positive", [("box", 1, 2), ("from", 1), ("at", HALF)], [("box", 0, 1), ("from", 0), ("at", 0)]),
        ("nonnegative", [("box", 0, 1), ("from", 0), ("at", 0)], [("box", -1, 1), ("at", -1)]),
        ("negative", [("box", -2, -1), ("at", -1)], [("box", -1, 0), ("from", 0), ("at", 0), ("at", 1)]),
        ("nonpositive", [("box", -1, 0), ("to", 0, 0), ("at", 0)], [("box", -1, 1), ("from", 0), ("at", HALF)]),
        ("nonzero", [("box", 1, 2), ("box", -2, -1), ("from", 1)], [("box", 0, 1), ("box", -1, 0), ("from", 0)]),
        ("nonzero", [("at", 1)], [("box", -1, 1), ("at", 0)]),
        ("integer", [("from", 0), ("at", 3), ("at", -3)], [("box", 0, 1), ("at", HALF)]),
        ("rational", [("from", 0), ("at", HALF)], [("box", 0, 1)]),
        ("zero", [("at", 0), ("to", 0, 0)], [("box", -1, 1), ("at", 1), ("from", 0)]),
        ("real", [("box", -1, 1), ("from", 0), ("at", HALF)], []),
        ("finite", [("box", -1, 1), ("from", 0), ("at", HALF)], []),
        ("complex", [("box", -1, 1), ("from", 0)], []),
    ],
)  # fmt: skip
def test_an_assumption_is_true_on_the_whole_domain(assumed, true, false):
    k = sympy.Symbol("k", **{assumed: True})
    for domain in true:
        _domain(k, *domain)
    for domain in false:
        with pytest.raises(
            InputError, match=f"the symbol k is assumed to be {assumed}, which is not true on its whole"
        ):
            _domain(k, *domain)


def _domain(symbol, kind, *ends):
    if kind == "box":
        return Box({symbol: ends})
    return Point({symbol: ends[0]}) if kind == "at" else Integers(symbol, *ends)


def test_random_points_lie_strictly_inside():
    positive, k = sympy.Symbol("v", positive=True), sympy.Symbol("k", positive=True, integer=True)
    assert identity(sympy.sqrt(positive**2), positive, {positive: (0, 1)}).outcome == "holds"
    for symbol, ends in ((positive, (-1, 1)), (k, (0, 3))):
        with pytest.raises(InputError, match="assumed to be positive"):
            identity(symbol, symbol, {symbol: ends})


# --- statements


NO_FORMULAS = [sympy.I, sympy.I * x, sympy.Float("0.5") + x, sympy.nan, sympy.oo, -sympy.oo, sympy.zoo, sympy.sign(x)]
NO_FORMULAS += [sympy.LambertW(x), x**0.5, sympy.Pow(x, 0, evaluate=False), sympy.EulerGamma, sympy.zeta(x)]
NO_COUNTS = [{"points": 0}, {"points": -3}, {"points": True}, {"points": 2.0}, {"points": 10**9}, {"points": None}]
NO_COUNTS += [{"seed": 0.5}, {"seed": None}, {"seed": "now"}, {"seed": True}]


@pytest.mark.parametrize("make", [less, at_most, lambda a, b: Inequality(a, b, strict=True)])
@pytest.mark.parametrize("side", NO_FORMULAS, ids=str)
def test_a_statement_must_be_an_exact_real_formula(make, side):
    for sides in ((side, x), (x, side)):
        with pytest.raises((InputError, DomainError), match=r"not in the grammar|is undefined"):
            make(*map(sympy.sympify, sides))
    with pytest.raises((InputError, DomainError)):
        combination(at_most(0, x), {a: side}, a)
    with pytest.raises((InputError, DomainError)):
        identity(side, x, {x: (1, 2)})


@pytest.mark.parametrize(
    "claim", [x < x + 1, sympy.true, True, None, "0 < 1", sympy.Integer(1), sympy.Lt(x, 1)], ids=str
)
def test_decide_refuses_relations_of_sympy(claim):
    with pytest.raises(InputError, match=r"decide takes an inequality made by less\(a, b\) or at_most\(a, b\), got"):
        decide(claim)
    with pytest.raises(InputError, match=r"combination takes less\(a, b\) or at_most\(a, b\), got"):
        combination(claim, {a: x}, a)


@pytest.mark.parametrize("domain", [(1, 2), {x: (0, 1)}, "all", sympy.S.Reals])
def test_decide_refuses_sets_of_sympy(domain):
    with pytest.raises(InputError, match="a domain is a Point, a Box or Integers, got"):
        decide(less(x, 1), domain)


# --- options


@pytest.mark.parametrize(
    "options",
    [
        {"precision": -1},
        {"precision": 0},
        {"precision": 1},
        {"precision": True},
        {"precision": 64.0},
        {"precision": 4096},
        {"precision": 10**9, "limit": 10**9},
        {"limit": -1},
        {"limit": 0},
        {"limit": 10**9},
        {"limit": "many"},
        {"limit": float("inf")},
        {"max_cells": 0},
        {"max_cells": -5},
        {"max_cells": 10**30},
        {"max_cells": 2.5},
        {"max_cells": None},
    ],
    ids=str,
)
def test_limits_out_of_range_are_refused(options):
    name = "precision" if "limit" not in options and "precision" in options else "|".join(options)
    with pytest.raises(InputError, match=name):
        decide(less(3, sympy.pi), **options)


@pytest.mark.parametrize("options", NO_COUNTS, ids=str)
def test_numbers_of_points_out_of_range_are_refused(options):
    with pytest.raises(InputError, match=f"{next(iter(options))} must be an integer"):
        identity(x, x, {x: (0, 1)}, **options)


@pytest.mark.parametrize("exponent", [10**9, 10**12, 10**30])
@pytest.mark.parametrize("stop", [None, 3])
def test_a_number_too_large_to_be_written_stays_undecided(exponent, stop):
    m = sympy.Symbol("m")
    assert decide(less(1, m**exponent), Integers(m, 2, stop)).outcome == "open"
    assert decide(less(1, (m + 1) ** exponent), Integers(m, 2, stop)).outcome == "open"
    assert decide(less(1, sympy.Pow(2, exponent, evaluate=False))).outcome == "open"
    with pytest.raises(InputError, match="only 0 of 1 random points"):
        identity((m + 1) ** exponent, (2 + m) ** exponent, {m: (1, 2)}, points=1)


# --- combinations: hypotheses


def test_the_statement_contains_its_hypotheses_exactly():
    claim = combination(less(0, x + 1), {a: x, b: sympy.Integer(1)}, a + b, positive=(b,))
    assert claim.statement == "0 < x + 1 whenever x >= 0"
    strict = combination(less(0, x), {a: x}, a, positive=(a,))
    assert strict.statement == "0 < x whenever x > 0"
    assert dict(strict.instance)[x] > 0
    assert combination(at_most(0, 1 / x), {a: 1 / x}, a).statement == (
        "0 <= 1/x whenever 1/x >= 0, wherever both sides are defined"
    )


def test_a_false_hypothesis_is_refused():
    with pytest.raises(InputError, match="a given quantity has the wrong sign: fails: 0 < 0"):
        combination(less(0, 0), {a: 0}, a, positive=(a,))
    with pytest.raises(InputError, match="wrong sign: fails: 0 <= 3 - pi"):
        combination(at_most(0, 3 - sympy.pi), {a: 3 - sympy.pi}, a)
    with pytest.raises(InputError, match=r"c in `positive` is not among"):
        combination(at_most(0, x), {a: x}, a, positive=(sympy.Symbol("c"),))


def test_contradictory_hypotheses_prove_nothing():
    result = combination(less(0, 0), {a: x, b: -x}, a + b, positive=(a, b))
    assert result.outcome == "open"
    assert "satisfies all hypotheses" in result.reason
    with pytest.raises(InputError, match="does not satisfy every hypothesis"):
        combination(less(0, 0), {a: x, b: -x}, a + b, positive=(a, b), instance={x: 1})


def test_an_instance_can_be_an_argument():
    far = {a: x - 10**6, b: 10**6 + 1 - x}
    assert combination(at_most(0, 1), far, a + b).outcome == "open"
    assert combination(at_most(0, 1), far, a + b, instance={x: 10**6}).outcome == "holds"
    for instance in ({x: 0}, {}, {a: 3}, {x: 0.5}):
        with pytest.raises(InputError):
            combination(at_most(0, 1), far, a + b, instance=instance)


def test_findings_replace_hypotheses():
    n = sympy.Symbol("n")
    shown = decide(at_most(1, n), Integers(n))
    claim = combination(at_most(0, n - 1), {a: n - 1}, a, findings=[shown])
    assert claim.outcome == "holds"
    assert claim.statement == "0 <= n - 1 for all integers n >= 1"
    assert claim.hypotheses == ()
    above = combination(at_most(0, 2 * n - 2), {a: n - 1}, 2 * a, findings=[claim])
    assert above.statement == "0 <= 2*n - 2 for all integers n >= 1"


@pytest.mark.parametrize("case", ["weak", "other", "fails", "promise", "forged", "domains", "undefined"])
def test_a_finding_must_show_the_sign(case):
    n = sympy.Symbol("n")
    weak, other = decide(at_most(0, n), Integers(n, 0)), decide(less(0, n + 1), Integers(n))
    fails = decide(less(0, n - 1), Integers(n))
    forged = replace(decide(less(0, n), Integers(n)), inequality=less(0, n - 5))
    findings = {
        "weak": ([weak], {a: n}, (a,)),
        "other": ([other], {a: n}, (a,)),
        "fails": ([fails], {a: n - 1}, (a,)),
        "promise": ([True], {a: n}, (a,)),
        "forged": ([forged], {a: n - 5}, (a,)),
        "domains": ([decide(less(0, n), Integers(n)), decide(less(n, 5), Box({n: (0, 1)}))], {a: n, b: 5 - n}, (a,)),
        "undefined": ([decide(less(0, n), Integers(n))], {a: sympy.Mul(n**2, 1 / n, evaluate=False)}, (a,)),
    }
    result, given, positive = findings[case]
    with pytest.raises(NtkProofsError):
        combination(less(0, sum(given.values())), given, sum(given), positive=positive, findings=result)
