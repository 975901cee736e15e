"""Replaying evidence: its own is accepted, tampered evidence is refused."""

from dataclasses import replace
from fractions import Fraction as Q

import pytest
import sympy
from sympy import cos, exp, pi, sin, sqrt

from ntkproofs.errors import NtkProofsError
from ntkproofs.rigor import Box, Cell, EvidenceError, Integers, Point, at_most, decide, less, replay

R = sympy.Rational
n = sympy.Symbol("n", positive=True)
x, y = sympy.symbols("x y")

HOLDS = [
    (less(3, pi), Point()),
    (less(x * y, 1), Point({x: Q(1, 3), y: 2})),
    (less(x**3 - x, R(39, 100)), Box({x: (-1, 1)})),
    (at_most(sin(x), x), Box({x: (0, 2)})),
    (at_most(0, (x - R(1, 3)) ** 2 * exp(x)), Box({x: (0, 1)}, contacts=(Q(1, 3),))),
    (less(x * y, R(101, 200) * (x**2 + y**2) + R(1, 50)), Box({x: (-1, 1), y: (-1, 1)})),
    (less(sqrt(n), n + R(1, 4)), Integers(n)),
    (less(sqrt(n + 1) - sqrt(n), R(42, 100)), Integers(n)),
    (less(n, n**2), Integers(n, 2)),
    (less(n, 1000), Integers(n, 1, 999)),
]
FAILS = [
    (less(pi, 3), Point()),
    (less(x, R(1, 2)), Box({x: (0, 1)})),
    (less(x + y, R(199, 100)), Box({x: (0, 1), y: (0, 1)})),
    (less(n, 1000), Integers(n)),
    (less(1, n), Integers(n)),
]
SUBDIVIDED = [case for case in HOLDS if not isinstance(case[1], Point)]


@pytest.mark.parametrize(("claim", "domain"), HOLDS + FAILS, ids=str)
def test_own_evidence_is_accepted(claim, domain):
    decision = decide(claim, domain)
    again = replay(decision)
    assert again.outcome == decision.outcome != "open"
    assert again.inequality == claim
    assert again.domain == domain
    assert again.margin == decision.margin


def test_an_open_decision_claims_nothing():
    decision = decide(less(0, (x**2 - 2) ** 2), Box({x: (0, 2)}))
    assert decision.outcome == "open"
    assert replay(decision) == decision


@pytest.mark.parametrize(("claim", "domain"), SUBDIVIDED, ids=str)
def test_a_dropped_cell_is_missed(claim, domain):
    decision = decide(claim, domain)
    for index in range(len(decision.cells)):
        with pytest.raises(EvidenceError, match="do not cover"):
            replay(replace(decision, cells=decision.cells[:index] + decision.cells[index + 1 :]))


@pytest.mark.parametrize(("claim", "domain"), SUBDIVIDED, ids=str)
def test_no_cells_prove_nothing(claim, domain):
    with pytest.raises(EvidenceError, match="do not cover"):
        replay(replace(decide(claim, domain), cells=()))


@pytest.mark.parametrize(("claim", "domain"), HOLDS, ids=str)
def test_a_larger_margin_is_refused(claim, domain):
    decision = decide(claim, domain)
    with pytest.raises(EvidenceError):
        replay(replace(decision, margin=decision.margin + Q(1, 10**6)))
    smaller = replay(replace(decision, margin=decision.margin - Q(1, 10**6)))
    assert smaller.outcome == "holds"


@pytest.mark.parametrize("order", [-4, -1, 1, 2])
def test_another_order_of_the_margin_is_refused(order):
    decision = decide(less(sqrt(n), n + R(1, 4)), Integers(n))
    assert decision.order == -2
    with pytest.raises(EvidenceError, match="margin"):
        replay(replace(decision, order=order))


def test_a_wider_domain_is_not_covered():
    decision = decide(less(x**3 - x, R(39, 100)), Box({x: (-1, 1)}))
    for sides in ((-1, 2), (-2, 1), (-1, Q(1001, 1000))):
        with pytest.raises(EvidenceError, match="do not cover"):
            replay(replace(decision, domain=Box({x: sides})))
    finite = decide(less(n, 1000), Integers(n, 1, 999))
    for domain in (Integers(n), Integers(n, 1, 1100)):
        with pytest.raises(EvidenceError):
            replay(replace(finite, domain=domain))
    from_two = decide(less(n, n**2), Integers(n, 2))
    with pytest.raises(EvidenceError):
        replay(replace(from_two, domain=Integers(n, 1)))


@pytest.mark.parametrize(("claim", "domain"), SUBDIVIDED, ids=str)
def test_evidence_for_another_statement_is_refused(claim, domain):
    decision = decide(claim, domain)
    negation = replace(claim, left=claim.right, right=claim.left)
    with pytest.raises(NtkProofsError):
        replay(replace(decision, inequality=negation))


def test_evidence_for_a_slightly_stronger_statement_is_refused():
    decision = decide(less(x**3 - x, R(39, 100)), Box({x: (-1, 1)}))
    with pytest.raises(EvidenceError, match="does not follow"):
        replay(replace(decision, inequality=less(x**3 - x, R(38, 100))))


def with_rules(decision, change):
    return replace(decision, cells=tuple(replace(cell, rule=change(cell.rule)) for cell in decision.cells))


@pytest.mark.parametrize(
    ("claim", "domain", "rule"),
    [
        (less(x**3 - x, R(386, 1000)), Box({x: (-1, 1)}), "contact low"),
        (at_most(sin(x), x), Box({x: (0, 2)}), "range"),
        (at_most(sin(x), x), Box({x: (0, 2)}), "mean value"),
        (at_most(sin(x), x), Box({x: (0, 2)}), "contact high"),
        (less(n, 1000), Integers(n, 1, 999), "empty"),
        (less(n, n**2), Integers(n, 2), "empty"),
        (less(n, n**2), Integers(n, 2), "integers"),
    ],
    ids=str,
)
def test_another_rule_does_not_settle_the_cell(claim, domain, rule):
    decision = decide(claim, domain)
    assert decision.outcome == "holds"
    with pytest.raises(NtkProofsError):
        replay(with_rules(decision, lambda _: rule))


@pytest.mark.parametrize(
    ("claim", "high"),
    [(less(0, x), 1), (less(sin(x), x), 2), (less(0, x**2 * (2 + cos(x))), 1)],
    ids=str,
)
def test_a_contact_cannot_prove_a_strict_statement(claim, high):
    """0 < x on [0, 1] is false at 0; evidence that divides the zero out must not make it true."""
    box = Box({x: (0, high)})
    assert decide(claim, box).outcome == "fails"
    honest = decide(at_most(claim.left, claim.right), box)
    cell = Cell(((Q(0), Q(high)),), "contact low", Q(0), 64, 1)
    with pytest.raises(EvidenceError):
        replay(replace(honest, inequality=claim, cells=(cell,), margin=Q(0)))


def test_a_contact_cannot_prove_a_statement_that_is_undefined_at_the_contact():
    claim = at_most(0, (x - sin(x)) / x)
    honest = decide(at_most(0, x), Box({x: (0, 1)}))
    cell = Cell(((Q(0), Q(1)),), "contact low", Q(0), 64, 2)
    with pytest.raises(NtkProofsError):
        replay(replace(honest, inequality=claim, cells=(cell,)))


@pytest.mark.parametrize("rule", ["believe me", "", "Range", "integers", "point", "empty"])
def test_an_unknown_rule_is_refused(rule):
    decision = decide(less(x, 2), Box({x: (0, 1)}))
    with pytest.raises(EvidenceError):
        replay(with_rules(decision, lambda _: rule))


@pytest.mark.parametrize("rule", ["range", "mean value"])
def test_a_wrong_rule_at_infinity_is_refused_in_the_family_of_errors(rule):
    decision = decide(less(sqrt(n), n + R(1, 4)), Integers(n))
    with pytest.raises(NtkProofsError):
        replay(with_rules(decision, lambda old: rule if old == "contact" else old))


@pytest.mark.parametrize("case", ["dimension", "point"])
def test_malformed_evidence_is_refused_in_the_family_of_errors(case):
    if case == "dimension":
        decision = decide(less(-1, x * y), Box({x: (0, 1), y: (0, 1)}))
        bad = replace(decision, cells=tuple(replace(cell, box=cell.box[:1]) for cell in decision.cells))
    else:
        bad = replace(decide(less(x, R(1, 2)), Box({x: (0, 1)})), counterexample=())
    with pytest.raises(NtkProofsError):
        replay(bad)


@pytest.mark.parametrize("bits", [0, 1, 10**6])
def test_an_absurd_precision_is_refused(bits):
    decision = decide(less(x, 2), Box({x: (0, 1)}))
    with pytest.raises(NtkProofsError):
        replay(replace(decision, cells=tuple(replace(cell, precision=bits) for cell in decision.cells)))


# --- cells that do not tile


def moved(decision, change):
    return replace(decision, cells=tuple(replace(cell, box=change(cell.box)) for cell in decision.cells))


def test_cells_outside_the_domain_do_not_cover_it():
    decision = decide(less(-1, x * y), Box({x: (0, 1), y: (0, 1)}))
    shifted = moved(decision, lambda box: ((box[0][0] + 1, box[0][1] + 1), box[1]))
    with pytest.raises(EvidenceError, match="do not cover"):
        replay(shifted)


def test_overlapping_cells_cannot_stand_in_for_a_missing_one():
    half = Cell(((Q(0), Q(1, 2)), (Q(0), Q(1))), "range", Q(0), 64)
    decision = decide(less(-1, x * y), Box({x: (0, 1), y: (0, 1)}))
    with pytest.raises(EvidenceError, match="do not cover"):
        replay(replace(decision, cells=(half, half)))
    turned = replace(half, box=((Q(0), Q(1)), (Q(0), Q(1, 2))))
    with pytest.raises(EvidenceError, match="do not cover"):
        replay(replace(decision, cells=(half, turned)))


def test_a_gap_between_cells_is_seen():
    claim, box = less(x, 2), Box({x: (0, 1)})
    decision = decide(claim, box)
    pieces = [((Q(0), Q(1, 3)),), ((Q(1, 2), Q(1)),)]
    cells = tuple(Cell(piece, "range", Q(1), 64) for piece in pieces)
    with pytest.raises(EvidenceError, match="do not cover"):
        replay(replace(decision, cells=cells))
    backwards = (Cell(((Q(0), Q(2)),), "range", Q(0), 64), Cell(((Q(2), Q(1)),), "range", Q(0), 64))
    with pytest.raises(NtkProofsError):
        replay(replace(decision, inequality=less(x, 3), cells=backwards))


def test_an_inverted_cell_hides_no_integer():
    decision = decide(less(0, (n - 1) ** 2), Integers(n, 2))
    cells = (*decision.cells[:-1], Cell(((Q(1), Q(1, 2)),), "empty", None, 64))
    with pytest.raises(EvidenceError):
        replay(replace(decision, cells=cells, domain=Integers(n, 1)))


# --- counterexamples


@pytest.mark.parametrize(("claim", "domain"), FAILS[1:], ids=str)
def test_a_counterexample_outside_the_domain_is_refused(claim, domain):
    decision = decide(claim, domain)
    far = tuple((symbol, v - 10**6) for symbol, v in decision.counterexample)
    with pytest.raises(EvidenceError, match="outside"):
        replay(replace(decision, counterexample=far))


def test_a_counterexample_that_is_none_is_refused():
    decision = decide(less(x, R(1, 2)), Box({x: (0, 1)}))
    with pytest.raises(EvidenceError, match="does not fail"):
        replay(replace(decision, counterexample=((x, Q(1, 4)),)))
    with pytest.raises(EvidenceError, match="needs a counterexample"):
        replay(replace(decision, counterexample=None))


def test_half_an_integer_refutes_nothing_about_integers():
    decision = decide(less(n, 1000), Integers(n))
    with pytest.raises(EvidenceError, match="outside"):
        replay(replace(decision, counterexample=((n, Q(2001, 2)),)))


def test_a_refutation_cannot_be_relabelled():
    decision = decide(less(n, 1000), Integers(n))
    with pytest.raises(EvidenceError):
        replay(replace(decision, outcome="holds", margin=Q(0)))
    point = decide(less(pi, 3))
    with pytest.raises(EvidenceError):
        replay(replace(point, outcome="holds", margin=Q(-1)))
