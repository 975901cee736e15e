"""Contacts that nobody names, counterexamples, and the rules by derivatives: what they prove, what they must not."""

import random
from dataclasses import replace
from fractions import Fraction as Q

import pytest
import sympy
from contact_problems import FALSE, ONE_VARIABLE, SEVERAL_VARIABLES, THIN
from sympy import acos, cos, exp, log, pi, sin, sqrt

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.arithmetic.enclosed import EnclosedArithmetic
from ntkproofs.arithmetic.expressions import BallArithmetic, formula
from ntkproofs.arithmetic.jets import JetArithmetic, is_positive_semidefinite
from ntkproofs.rigor import Box, EvidenceError, Integers, at_most, decide, enclose, less, replay
from ntkproofs.rigor.contacts import Contact, ContactRules
from ntkproofs.rigor.evaluator import Evaluator
from ntkproofs.rigor.refutation import recognised

R = sympy.Rational
x, y, z = sympy.symbols("x y z")
n = sympy.Symbol("n", positive=True)
TRUE = ONE_VARIABLE + SEVERAL_VARIABLES + THIN


def grid(sides, steps):
    points = [{}]
    for symbol, (low, high) in sides.items():
        low, high = (Q(int(R(end).p), int(R(end).q)) for end in (low, high))
        points = [{**point, symbol: low + (high - low) * Q(k, steps)} for point in points for k in range(steps + 1)]
    return points


@pytest.mark.parametrize(("claim", "sides"), TRUE, ids=lambda value: str(value)[:60])
def test_true_statements_hold_and_are_replayed(claim, sides):
    decision = decide(claim, Box(sides))
    assert decision.outcome == "holds", str(decision)
    assert replay(decision).outcome == "holds"
    for point in grid(sides, {1: 40, 2: 6, 3: 4, 4: 3}[len(sides)]):
        assert enclose(claim.right - claim.left, point, precision=200).upper >= decision.margin


@pytest.mark.parametrize(("claim", "sides"), FALSE, ids=lambda value: str(value)[:60])
def test_false_statements_are_refuted_at_a_point_of_the_domain(claim, sides):
    decision = decide(claim, Box(sides))
    assert decision.outcome == "fails", str(decision)
    point = dict(decision.counterexample)
    assert all(sides[symbol][0] <= value <= sides[symbol][1] for symbol, value in point.items())
    difference = enclose(claim.right - claim.left, point, precision=3000)
    assert difference.lower <= 0 if claim.strict else difference.upper < 0
    assert replay(decision).counterexample == decision.counterexample


@pytest.mark.parametrize("claim_and_sides", [*ONE_VARIABLE, *SEVERAL_VARIABLES], ids=lambda value: str(value[0])[:60])
def test_sides_that_are_equal_somewhere_are_never_strictly_ordered(claim_and_sides):
    claim, sides = claim_and_sides
    assert decide(less(claim.left, claim.right), Box(sides), max_cells=200).outcome != "holds"


@pytest.mark.parametrize(("claim", "sides"), ONE_VARIABLE + SEVERAL_VARIABLES[:12], ids=lambda value: str(value)[:60])
def test_a_small_change_makes_them_false(claim, sides):
    lowered = at_most(claim.left, claim.right - R(1, 10**8))
    assert decide(lowered, Box(sides), max_cells=500).outcome == "fails"


# --- rules that must not prove


def rules(value, sides, *, strict=False):
    claim = (less if strict else at_most)(0, value)
    domain = Box(sides)
    box = tuple((low, high) for _, low, high in domain.sides)
    return ContactRules(Evaluator(claim, 64, 2048), domain.symbols, box), box


def contact(**surface):
    return Contact(tuple((sympy.Symbol(name), sympy.sympify(value)) for name, value in surface.items()))


UNSOUND = {  # a false statement and a wrong variant of a rule that would prove it
    "the Hessian matrix at the contact alone": (x**2 - 2 * x**4, {x: (-1, 1)}, "convex", contact(x=0)),
    "the Hessian matrix at the middle alone": (x**2 + y**2 - 3 * x**2 * y**2, {x: (-1, 1), y: (-1, 1)}, "convex",
                                               contact(x=0, y=0)),
    "a gradient that is not zero": (x**2 - x / 100, {x: (-1, 1)}, "convex", contact(x=0)),
    "a gradient that points out of the box": (x**2 - x, {x: (0, 1)}, "convex", contact(x=0)),
    "a negative value at the contact": (x**2 - R(1, 10**30), {x: (-1, 1)}, "convex", contact(x=0)),
    "an indefinite Hessian matrix with a positive diagonal": (
        x**2 + y**2 - 3 * x * y, {x: (-1, 1), y: (-1, 1)}, "convex", contact(x=0, y=0)),
    "the other sign of an even power": (-((x - y) ** 2), {x: (0, 1), y: (0, 1)}, "divided", contact(y=x)),
    "the sign of an odd power": ((x - y) ** 3, {x: (0, 1), y: (0, 1)}, "divided", contact(y=x)),
    "an odd power on the wrong side": (x - y, {x: (0, 1), y: (1, 2)}, "divided", contact(y=x)),
    "an identity sampled at 0, 1/2 and 1": (
        (x - y) ** 2 - x * (1 - x) * (2 * x - 1) / 1000, {x: (0, 1), y: (0, 1)}, "divided", contact(y=x)),
    "a derivative that is not zero on the set": (
        (x - y) ** 2 + (y - x) / 1000, {x: (0, 1), y: (0, 1)}, "divided", contact(y=x)),
    "the coefficient on the set alone": (
        (x - y) ** 2 * (1 + 2 * (x - y)), {x: (0, R(1, 100)), y: (0, 1)}, "divided", contact(y=x)),
    "an odd power on both sides": ((y - x) ** 3, {x: (0, 1), y: (0, 1)}, "divided", contact(y=x)),
    "an irrational number taken for another": (
        (x**2 - 2) * (x**2 - 2 - R(1, 10**6)), {x: (1, 2)}, "divided", contact(x=sqrt(2))),
    "transversal derivatives that are not zero": (
        y**2 + z**2 - y / 100, {x: (0, 1), y: (-1, 1), z: (-1, 1)}, "transversal", contact(y=0, z=0)),
    "one of two transversal derivatives": (
        y**2 + z**2 - z / 100, {x: (0, 1), y: (-1, 1), z: (-1, 1)}, "transversal", contact(y=0, z=0)),
    "an indefinite transversal matrix": (
        y**2 + z**2 - 3 * y * z, {x: (0, 1), y: (-1, 1), z: (-1, 1)}, "transversal", contact(y=0, z=0)),
    "a transversal matrix on the set alone": (
        y**2 + z**2 - 3 * y**2 * z**2, {x: (0, 1), y: (-1, 1), z: (-1, 1)}, "transversal", contact(y=0, z=0)),
    "a Taylor polynomial without its remainder": (R(1, 10) - x**8, {x: (-1, 1)}, "taylor 6", None),
    "the odd terms left out": (R(1, 2) + x**3, {x: (-1, 1)}, "taylor 6", None),
    "a second-order polynomial without mixed terms": (
        R(1, 10) + 3 * x * y, {x: (-1, 1), y: (-1, 1)}, "taylor", None),
    "the highest face": (x - R(1, 2), {x: (0, 1)}, "monotone", None),
    "a slope of both signs": (x**2 - R(1, 2), {x: (-1, 1)}, "monotone", None),
    "one monotone variable of two": (x + y**2 - R(1, 2), {x: (0, 1), y: (-1, 1)}, "monotone", None),
    "a concave function": (1 - 2 * x**2, {x: (-1, 1)}, "convex", None),
    "the factors of both signs": (x * y, {x: (-1, 1), y: (0, 1)}, "factors", None),
    "the sign of the constant": (-x**2, {x: (-1, 1)}, "factors", None),
    "sqrt(x**2) taken for x": (sqrt(x**2) * x, {x: (-1, 1)}, "factors", None),
    "log(exp(x)) taken for its absolute value": (log(exp(2 * x)), {x: (-1, 1)}, "factors", None),
}  # fmt: skip


@pytest.mark.parametrize("variant", UNSOUND)
def test_a_rule_does_not_prove_what_a_wrong_variant_would(variant):
    value, sides, rule, where = UNSOUND[variant]
    on_piece, box = rules(value, sides)
    assert on_piece.prove(rule, where, box, 64) is None
    assert decide(at_most(0, value), Box(sides)).outcome == "fails"


SOUND = [
    (x**2 + x**4, {x: (-1, 1)}, "convex", contact(x=0)),
    (x**2 + y**2 - x * y, {x: (-1, 1), y: (-1, 1)}, "convex", contact(x=0, y=0)),
    (x**2 + x, {x: (0, 1)}, "convex", contact(x=0)),
    ((y - x) ** 3, {x: (0, 1), y: (1, 2)}, "divided", contact(y=x)),
    ((x - y) ** 2 * (3 - x), {x: (0, 1), y: (0, 1)}, "divided", contact(y=x)),
    ((x**2 - 2) ** 2, {x: (1, 2)}, "divided", contact(x=sqrt(2))),
    ((x - pi / 4) ** 2, {x: (0, 1)}, "divided", contact(x=pi / 4)),
    (y**2 + z**2 - y * z, {x: (0, 1), y: (-1, 1), z: (-1, 1)}, "transversal", contact(y=0, z=0)),
    (R(11, 10) - x**8, {x: (-R(1, 4), R(1, 4))}, "taylor 6", None),
    (x + y**2, {x: (0, 1), y: (-1, 1)}, "monotone", None),
    (x**2 * y, {x: (-1, 1), y: (0, 1)}, "factors", None),
    (x - sqrt(x**2), {x: (0, 1)}, "factors", None),
]


@pytest.mark.parametrize(("value", "sides", "rule", "where"), SOUND, ids=str)
def test_a_rule_proves_what_it_is_for_but_no_strict_statement_with_a_zero(value, sides, rule, where):
    on_piece, box = rules(value, sides)
    assert on_piece.prove(rule, where, box, 64) is not None
    if not rule.startswith("taylor"):
        on_piece, box = rules(value, sides, strict=True)
        assert on_piece.prove(rule, where, box, 64) is None


@pytest.mark.parametrize(
    "rule", ["", "taylor", "taylor -1", "taylor 0", "taylor 6.5", "taylor 1000", "divide", "convex "]
)
def test_a_rule_of_another_name_proves_nothing(rule):
    value = (x - y) ** 2 - x
    on_piece, box = rules(value, {x: (0, 1), y: (0, 1)})
    for where in (None, contact(y=x), contact(x=0, y=0), contact(u=0)):
        assert on_piece.prove(rule, where, box, 64) is None


# --- evidence


@pytest.mark.parametrize(("claim", "sides"), [ONE_VARIABLE[10], SEVERAL_VARIABLES[5], SEVERAL_VARIABLES[8]], ids=str)
def test_another_contact_or_statement_is_refused(claim, sides):
    decision = decide(claim, Box(sides))
    contacts = {cell.contact for cell in decision.cells} - {None}
    assert contacts
    for wrong in (None, Contact(tuple((s, v + R(1, 10**6)) for s, v in next(iter(contacts)).surface))):
        cells = tuple(replace(cell, contact=wrong) if cell.contact else cell for cell in decision.cells)
        with pytest.raises(EvidenceError, match="does not follow"):
            replay(replace(decision, cells=cells))
    lowered = at_most(claim.left, claim.right - R(1, 10**12))
    with pytest.raises(EvidenceError):
        replay(replace(decision, inequality=lowered))


# --- integers


@pytest.mark.parametrize(
    ("claim", "domain", "least"),
    [
        (less(n**2, 100 * n + 5), Integers(n), 101),
        (less(n, 1000), Integers(n), 1000),
        (less(exp(n), 1000 * n**3 + 10**6), Integers(n), 16),
        (at_most(n**2, 2**10), Integers(n, 5, 50), 33),
        (less((n - 7) ** 2, n), Integers(n, 6), 11),
        (less(0, (n - 23) ** 2), Integers(n), 23),
        (less(sqrt(n) * 10, n + R(249, 10)), Integers(n), 22),
    ],
    ids=str,
)
def test_the_least_counterexample_is_found_and_known_to_be_the_least(claim, domain, least):
    decision = decide(claim, domain)
    assert decision.outcome == "fails"
    assert dict(decision.counterexample)[n] == least
    assert decision.least
    assert "the least integer" in str(decision)
    for k in range(domain.start, least):
        difference = enclose(claim.right - claim.left, {n: Q(k)}, precision=200)
        assert difference.lower > 0 or (not claim.strict and difference.lower >= 0)
    assert replay(decision).counterexample == decision.counterexample
    assert replay(decision).least
    later = tuple((symbol, value + 1) for symbol, value in decision.counterexample)
    if decide(claim, Integers(n, least + 1, least + 1)).outcome == "fails":
        with pytest.raises(EvidenceError, match="do not prove"):
            replay(replace(decision, counterexample=later))
    if least > domain.start:
        for index in range(len(decision.cells)):
            cells = decision.cells[:index] + decision.cells[index + 1 :]
            if decision.cells[index].rule != "empty":
                with pytest.raises(EvidenceError, match="do not prove"):
                    replay(replace(decision, cells=cells))


def test_a_box_has_no_least_counterexample():
    assert not decide(less(x, R(1, 2)), Box({x: (0, 1)})).least


# --- arithmetic


JETS = [
    (x**3 * y - 2 * x * y**2, None),
    (exp(x * y) / (1 + x**2), None),
    (sin(x - 2 * y) * sqrt(3 + x), None),
    (log(3 + x * y) ** 2, None),
    (acos(x * y / 9), None),
    (abs(x - 5) * sympy.Max(x, y - 4) + sympy.Min(x, y), (5 - x) * x + y),
]


@pytest.mark.parametrize(("expression", "same"), JETS, ids=str)
def test_jets_contain_the_derivatives_at_points_of_the_box(expression, same):
    sides = {x: Ball.between(Q(1, 2), Q(3, 4), precision=80), y: Ball.between(Q(-1, 4), Q(1, 8), precision=80)}
    variables = dict(zip(sides, JetArithmetic.variables(list(sides.values())), strict=True))
    jet = formula(expression).evaluate(variables, JetArithmetic(BallArithmetic(80), 2))
    smooth = expression if same is None else same
    true = [smooth, *(sympy.diff(smooth, s) for s in (x, y))]
    true += [sympy.diff(smooth, a, b) for a, b in ((x, x), (x, y), (y, y))]
    for part, derivative in zip([jet.value, *jet.gradient, *jet.hessian], true, strict=True):
        at_point = enclose(derivative, {x: Q(5, 8), y: Q(1, 16)}, precision=200)
        enclosure = Ball(0, precision=80) if part is None else part
        assert enclosure.lower <= at_point.lower
        assert at_point.upper <= enclosure.upper


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_a_matrix_is_positive_semidefinite_only_if_its_smallest_eigenvalue_is_not_negative(size):
    source = random.Random(size)
    for _ in range(200):
        entries = [[source.randint(-4, 4) + (6 if i == j else 0) for j in range(size)] for i in range(size)]
        matrix = sympy.Matrix(size, size, lambda i, j, e=entries: e[min(i, j)][max(i, j)])
        balls = [[Ball(int(matrix[i, j]), precision=60) for j in range(size)] for i in range(size)]
        if is_positive_semidefinite(balls):
            assert all(minor >= 0 for minor in (matrix[:k, :k].det() for k in range(1, size + 1)))
            assert matrix.is_positive_semidefinite
        elif matrix.is_positive_definite:
            raise AssertionError(matrix)


def test_symbolic_numbers_know_what_is_true_on_their_interval_only():
    for low, high, is_x in ((0, 1, True), (-1, 0, False), (-1, 1, False)):
        numbers = EnclosedArithmetic(60)
        u = numbers.symbol("u", Ball.between(low, high, precision=60))
        assert ((u**2).sqrt() - u).is_zero() == is_x
    numbers = EnclosedArithmetic(60)
    two = numbers.rational(Q(2))
    assert (two.log().exp() - two).is_zero()
    assert ((two * 4).sqrt() - two.sqrt() * 2).is_zero()
    assert (numbers.rational(Q(6)).log() - two.log() - numbers.rational(Q(3)).log()).is_zero()
    assert not (numbers.rational(Q(5)).log() - two.log() - numbers.rational(Q(3)).log()).is_zero()
    assert ((two.exp() * (two * -1).exp()) - numbers.rational(Q(1))).is_zero()
    assert not (two.exp() - numbers.rational(Q(1)).exp()).is_zero()
    assert (numbers.pi().cos() + numbers.rational(Q(1))).is_zero()


@pytest.mark.parametrize(
    "number",
    [R(22, 7), -R(1, 3), sqrt(2), -sqrt(5) / 3, pi / 6, log(3), exp(2), (1 + sqrt(5)) / 2, cos(1), 2 / pi],
    ids=str,
)
def test_numbers_are_recognised_by_many_digits(number):
    value = enclose(number, precision=250).middle
    assert recognised(value)
    assert sympy.simplify(recognised(value)[0] - number) == 0
    assert recognised(value + Q(1, 10**16)) == []


# --- absolute values of errors of approximations

SINE_ERROR = sympy.sin(x) - (x - x**3 / 6 + x**5 / 120 - x**7 / 5040)  # from 0 at 0 to 1/366187.7... at 1


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("bound", "outcome"), [(R(1, 366100), "holds"), (R(1, 366300), "fails")])
def test_an_absolute_value_is_bounded_by_the_taylor_polynomials_of_both_branches(sign, bound, outcome):
    decision = decide(at_most(sympy.Abs(sign * SINE_ERROR), bound), Box({x: (0, 1)}))
    assert decision.outcome == outcome
    assert replay(decision).outcome == outcome
    assert outcome == "fails" or (len(decision.cells) < 50 and any(c.rule.startswith("taylor") for c in decision.cells))


@pytest.mark.parametrize("sign", [1, -1])
def test_both_branches_of_an_absolute_value_are_needed(sign):
    """The error is close to one bound only; each branch alone proves a bound of the wrong sign."""
    rules = ContactRules(Evaluator(at_most(sympy.Abs(sign * (x - 2)), 1), 64, 512), (x,), ((Q(0), Q(1)),))
    assert rules.prove("taylor 3", None, ((Q(0), Q(1, 2)),), 64) is None
    assert ContactRules(Evaluator(at_most(sympy.Abs(sign * (x - 2)), 3), 64, 512), (x,), ((Q(0), Q(1)),)).prove(
        "taylor 3", None, ((Q(0), Q(1, 2)),), 64
    )
