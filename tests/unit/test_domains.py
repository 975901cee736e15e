"""Domains of statements: open, infinite and irrational ends, dependent ends, constraints, integers and reals."""

from dataclasses import replace
from fractions import Fraction as Q

import pytest
import sympy
from sympy import Interval, Range, S, acos, atan, cos, exp, log, oo, pi, sin, sqrt, tan

from ntkproofs.arithmetic.extended import ExtendedInterval
from ntkproofs.errors import DomainError, InputError, Undecided
from ntkproofs.rigor import Box, EvidenceError, Integers, at_most, decide, less, replay
from ntkproofs.rigor.membership import contains

x, y, z, n, k = sympy.symbols("x y z n k")
half, third = sympy.Rational(1, 2), sympy.Rational(1, 3)
unit, positive = Interval.open(0, 1), Interval.open(0, oo)

OPEN_ENDS = [
    (less(0, x), {x: unit}, "holds"),
    (less(x, 1), {x: unit}, "holds"),
    (less(x, 1), {x: Interval.Lopen(0, 1)}, "fails"),
    (less(0, x), {x: Interval.Ropen(0, 1)}, "fails"),
    (less(x * log(x), 1), {x: Interval.Lopen(0, 1)}, "holds"),
    (less(log(x), x - 1), {x: unit}, "holds"),
    (less(log(x), x - 1), {x: Interval.Lopen(0, 1)}, "fails"),
    (at_most(log(x), x - 1), {x: Interval.Lopen(0, 1)}, "holds"),
    (less(log(x), x - 2), {x: unit}, "fails"),
    (less(-1, 1 / x), {x: Interval.Lopen(0, 1)}, "holds"),
    (less(100, 1 / x), {x: Interval.Lopen(0, 1)}, "fails"),
    (less(1 / x, 10**6), {x: Interval.Lopen(0, 1)}, "fails"),  # only near the excluded end
    (less(sin(x), x), {x: Interval.Lopen(0, 10)}, "holds"),
    (less(x, sin(x)), {x: Interval.Lopen(0, 10)}, "fails"),
    (less(x**2, x), {x: unit}, "holds"),
    (less(x**2, x - sympy.Rational(1, 10**6)), {x: unit}, "fails"),  # only near both excluded ends
    (less(1 / x + 1 / (1 - x), 3), {x: unit}, "fails"),
    (less(3, 1 / x + 1 / (1 - x)), {x: unit}, "holds"),
    (less(sqrt(x), 1), {x: unit}, "holds"),
    (less(x, sqrt(x)), {x: unit}, "holds"),
    (less(sqrt(x), x), {x: unit}, "fails"),
    (less(0, acos(x)), {x: Interval.Ropen(0, 1)}, "holds"),
]

INFINITE_ENDS = [
    (at_most(2 * x, x**2 + 1), {x: S.Reals}, "holds"),
    (less(2 * x, x**2 + 1), {x: S.Reals}, "fails"),
    (less(-1, x**3), {x: S.Reals}, "fails"),
    (less(x, x + 1), {x: S.Reals}, "holds"),
    (less(atan(x), pi / 2), {x: S.Reals}, "holds"),
    (less(-pi / 2, atan(x)), {x: S.Reals}, "holds"),
    (less(sqrt(x), 1 + x), {x: (0, oo)}, "holds"),
    (less(sqrt(x**2 + 1), x + 1), {x: positive}, "holds"),
    (less(sqrt(x**2 + 1), x + 1), {x: Interval(0, oo)}, "fails"),  # equality at 0
    (less(sqrt(x**2 + 1) - x, third), {x: positive}, "fails"),
    (less(x, sqrt(x**2 + 1)), {x: S.Reals}, "holds"),  # equal in the limit x -> oo
    (less(sin(x), x), {x: positive}, "holds"),
    (less(sin(x), x), {x: (0, oo)}, "fails"),
    (less(1 / (1 + x**2), half), {x: Interval.open(1, oo)}, "holds"),
    (less(1 / (1 + x**2), half), {x: (1, oo)}, "fails"),
    (less(0, 1 / x), {x: Interval(sympy.Rational(7, 3), oo)}, "holds"),
    (less(1 / x, 0), {x: Interval.Ropen(-oo, 0)}, "holds"),
    (less(1 / x, -third), {x: Interval.Ropen(-oo, 0)}, "fails"),
    (less(x / (1 + x), 1), {x: (0, oo)}, "holds"),
    (less(x / (1 + x), sympy.Rational(999, 1000)), {x: (0, oo)}, "fails"),  # only near infinity
    (less(exp(-x), 2), {x: (0, oo)}, "holds"),
    (less(exp(x), half), {x: Interval(-oo, 0)}, "fails"),
]

IRRATIONAL_ENDS = [
    (at_most(2 * x / pi, sin(x)), {x: (0, pi / 2)}, "holds"),  # equal at both ends
    (less(2 * x / pi, sin(x)), {x: Interval.open(0, pi / 2)}, "holds"),
    (less(2 * x / pi, sin(x)), {x: Interval.Lopen(0, sympy.Rational(3, 2))}, "holds"),
    (less(sin(x), x), {x: Interval.Lopen(0, pi)}, "holds"),
    (less(sin(x), sympy.Rational(999, 1000)), {x: (0, pi / 2)}, "fails"),
    (at_most(sin(x), 1), {x: (0, pi / 2)}, "holds"),
    (at_most(0, sin(x)), {x: (0, pi)}, "holds"),
    (less(0, sin(x)), {x: Interval.open(0, pi)}, "holds"),
    (less(sin(x), 0), {x: Interval.open(pi, 2 * pi)}, "holds"),
    (less(0, sin(x)), {x: Interval(3, pi + sympy.Rational(1, 100))}, "fails"),  # only near the upper end
    (less(x, 3), {x: (0, pi)}, "fails"),
    (less(x, sympy.Rational(22, 7)), {x: (0, pi)}, "holds"),
    (less(x**2, sympy.Rational(19999, 10000)), {x: Interval.Ropen(0, sqrt(2))}, "fails"),
    (less(x**2, 3), {x: (-sqrt(2), sqrt(2))}, "holds"),
    (less(log(x), 2), {x: (1, sympy.E)}, "holds"),
    (less(log(x), sympy.Rational(99, 100)), {x: (1, sympy.E)}, "fails"),
    (less(cos(x), 0), {x: Interval.open(pi / 2, pi)}, "holds"),
    (less(0, x), {x: Interval(exp(-5), oo)}, "holds"),
    (less(sympy.Rational(1, 100), x), {x: Interval(exp(-5), oo)}, "fails"),
    (less(x, 2), {x: Interval(-oo, pi / 2)}, "holds"),
]

SEVERAL = [
    (less(0, x * y), {x: positive, y: positive}, "holds"),
    (less(1 / (x + y), 1 / x), {x: positive, y: positive}, "holds"),
    (less(1 / x, 1 / (x + y)), {x: positive, y: positive}, "fails"),
    (less(x * y, x), {x: unit, y: unit}, "holds"),
    (less(x * y, x), {x: unit, y: Interval.Lopen(0, 1)}, "fails"),
    (less(x * y, 1), {x: unit, y: unit}, "holds"),
    (less(x + y, 2), {x: unit, y: unit}, "holds"),
    (less(x + y, 2 - third), {x: unit, y: unit}, "fails"),
    (less(-1, x**2 + y**2), {x: S.Reals, y: S.Reals}, "holds"),
    (at_most(2 * x * y, x**2 + y**2), {x: S.Reals, y: S.Reals}, "holds"),
    (less(2 * x * y, x**2 + y**2), {x: S.Reals, y: S.Reals}, "fails"),
    (less(x**2 + y**2, -1), {x: S.Reals, y: S.Reals}, "fails"),
    (less(sin(x) * cos(y), 2), {x: S.Reals, y: S.Reals}, "holds"),
    (less(0, exp(-x - y)), {x: (0, oo), y: (0, oo)}, "holds"),
    (less(exp(-x - y), 2), {x: (0, oo), y: (0, oo)}, "holds"),
    (less(exp(-x - y), half), {x: (0, oo), y: (0, oo)}, "fails"),
    (less(atan(x) + atan(y), pi + third), {x: S.Reals, y: (0, 1)}, "holds"),
    (less(x + sin(y), 3), {x: (0, pi / 2), y: S.Reals}, "holds"),
    (less(x, x + 1 / y), {x: (0, sqrt(2)), y: positive}, "holds"),
    (at_most(2, x / y + y / x), {x: positive, y: positive}, "holds"),
]

DEPENDENT = [
    (at_most(x, y), {x: (0, 1), y: (x, 1)}, [], "holds"),
    (less(x, y), {x: (0, 1), y: (x, 1)}, [], "fails"),
    (at_most(x * y, sympy.Rational(1, 4)), {x: (0, 1), y: (0, 1 - x)}, [], "holds"),
    (at_most(x * y, sympy.Rational(1, 5)), {x: (0, 1), y: (0, 1 - x)}, [], "fails"),
    (less(x, y), {x: unit, y: unit}, [less(x, y)], "holds"),
    (less(x * x, y), {x: unit, y: unit}, [less(x, y)], "holds"),
    (less(y, x * 2), {x: unit, y: unit}, [less(x, y)], "fails"),
    (at_most(x + y + z, 1), {x: (0, 1), y: (0, 1), z: (0, 1)}, [at_most(x + y + z, 1)], "holds"),
    (at_most(x * y * z, sympy.Rational(1, 20)), {x: (0, 1), y: (0, 1 - x), z: (0, 1 - x - y)}, [], "holds"),
    (less(x * y * z, sympy.Rational(1, 28)), {x: (0, 1), y: (0, 1 - x), z: (0, 1 - x - y)}, [], "fails"),
    (less(x + y, sympy.Rational(3, 2)), {x: (0, 2), y: (0, 2)}, [less(x**2 + y**2, 1)], "holds"),
    (less(x + y, sympy.Rational(7, 5)), {x: (0, 2), y: (0, 2)}, [less(x**2 + y**2, 1)], "fails"),
    (less(x, 1 + third), {x: (0, 2), y: (0, 2)}, [less(x**2, y), less(y, 1)], "holds"),
    (less(y, half), {x: (0, 1), y: (0, 1)}, [less(x + y, half)], "holds"),
    (less(y, third), {x: (0, 1), y: (0, 1)}, [less(x + y, half)], "fails"),
    (less(0, y - x), {x: S.Reals, y: S.Reals}, [less(x, y)], "holds"),
    (less(1, y - x), {x: S.Reals, y: S.Reals}, [less(x, y)], "fails"),
    (less(x, half), {x: (0, 1)}, [less(x, half)], "holds"),
    (at_most(x, y), {x: (0, 1), y: (half, 1)}, [less(x, y)], "holds"),
    (less(log(x), 0), {x: (0, 1)}, [less(0, x), less(x, 1)], "holds"),
    (at_most(y, 1), {x: (-1, 1), y: (0, sqrt(1 - x**2))}, [], "holds"),
]

INTEGERS = [
    (at_most(0, n**2), {n: S.Integers}, [], "holds"),
    (at_most(n, n**2), {n: S.Integers}, [], "holds"),
    (less(n, n**2), {n: S.Integers}, [], "fails"),
    (less(0, n**2 - n + sympy.Rational(1, 8)), {n: S.Integers}, [], "holds"),  # false for reals
    (less(0, n**2 - n + sympy.Rational(1, 8)), {n: S.Reals}, [], "fails"),
    (less(n, 5), {n: Range(-5, 5)}, [], "holds"),
    (less(n, 4), {n: Range(-5, 5)}, [], "fails"),
    (less(0, n), {n: S.Naturals}, [], "holds"),
    (less(0, n), {n: S.Naturals0}, [], "fails"),
    (less(1 / n, 0), {n: Range(-oo, 0)}, [], "holds"),
    (at_most(0, (n - k) ** 2), {n: Range(0, 5), k: Range(0, 5)}, [], "holds"),
    (less(0, (n - k) ** 2 + (n + k - 3) ** 2), {n: Range(0, 5), k: Range(0, 5)}, [], "holds"),  # 3/2 is no integer
    (less(1, n + k), {n: S.Naturals, k: S.Naturals}, [], "holds"),
    (less(2, n + k), {n: S.Naturals, k: S.Naturals}, [], "fails"),
    (at_most(k, n), {n: S.Naturals, k: S.Naturals}, [at_most(k, n)], "holds"),
    (less(k, n), {n: S.Naturals, k: Range(1, n + 1)}, [], "fails"),
    (less(n * x, n + 1), {n: S.Naturals, x: (0, 1)}, [], "holds"),
    (less(sin(n * x), 2), {n: S.Naturals, x: (0, 1)}, [], "holds"),
    (at_most(x, n), {n: S.Naturals, x: (0, n)}, [], "holds"),
    (at_most(x + 1, n), {n: S.Naturals, x: (0, n)}, [], "fails"),
    (less(x / n, 1), {n: S.Naturals, x: Interval.open(0, 1)}, [], "holds"),
    (less(n, sympy.Rational(7, 2)), {n: Range(0, 10)}, [at_most(2 * n, 7)], "holds"),
]

TABLES = {"open": OPEN_ENDS, "infinite": INFINITE_ENDS, "irrational": IRRATIONAL_ENDS, "several": SEVERAL}
PROBLEMS = [(f"{name} {i}", q, d, [], e) for name, rows in TABLES.items() for i, (q, d, e) in enumerate(rows)]
PROBLEMS += [(f"dependent {i}", *row) for i, row in enumerate(DEPENDENT)]
PROBLEMS += [(f"integers {i}", *row) for i, row in enumerate(INTEGERS)]


@pytest.mark.parametrize(
    ("claim", "sides", "where", "expected"), [p[1:] for p in PROBLEMS], ids=[p[0] for p in PROBLEMS]
)
def test_a_statement_is_decided_on_its_domain(claim, sides, where, expected):
    box = Box(sides, where=where)
    decision = decide(claim, box, max_cells=3000)
    assert decision.outcome == expected, decision
    replay(decision)
    if expected == "fails":
        assert contains(box, dict(decision.counterexample))


# --- what a domain is


@pytest.mark.parametrize(
    ("sides", "where", "text"),
    [
        ({x: unit}, [], "0 < x < 1"),
        ({x: (2, oo)}, [], "x >= 2"),
        ({x: Interval.open(-oo, 3)}, [], "x < 3"),
        ({x: S.Reals}, [], "all real x"),
        ({x: (0, pi / 2)}, [], "0 <= x <= pi/2"),
        ({n: S.Integers}, [], "all integers n"),
        ({n: S.Naturals0, x: (0, n)}, [], "integers n >= 0, 0 <= x <= n"),
        ({n: Range(-2, 3)}, [], "integers -2 <= n <= 2"),
        ({n: Range(-oo, 3)}, [], "integers n <= 2"),
        ({x: (0, 1), y: (x, 1)}, [less(x * y, half)], "0 <= x <= 1, x <= y <= 1, x*y < 1/2"),
    ],
)
def test_the_text_of_a_domain_is_exact(sides, where, text):
    assert str(Box(sides, where=where)) == text


def test_integers_of_any_sign():
    assert str(Integers(n, -3, 4)) == "all integers -3 <= n <= 4"
    assert str(Integers(n, None)) == "all integers n"
    assert str(Integers(n, None, -2)) == "all integers n <= -2"
    assert str(decide(less(1 / n, 0), Integers(n, None, -2)).margin_text()) == "≥ 1 |n|^(-1)"
    assert decide(at_most(-n, n**2), Integers(n, -7)).outcome == "holds"
    fails = decide(less(-n, n**2), Integers(n, None, -1))
    assert dict(fails.counterexample) == {n: -1}
    for start in range(-4, 3):
        for stop in range(start, 4):
            decision = replay(decide(at_most(n**2, 8), Integers(n, start, stop)))
            assert decision.outcome == ("holds" if all(m * m <= 8 for m in range(start, stop + 1)) else "fails")


@pytest.mark.parametrize(
    ("sides", "where", "message"),
    [
        ({x: (1, 1)}, [], "use Point"),
        ({x: Interval.open(pi, sympy.Rational(22, 7) - sympy.Rational(1, 500))}, [], "is empty"),
        ({x: (sqrt(2), sqrt(2))}, [], "is empty"),
        ({x: S.EmptySet}, [], "is empty"),
        ({x: sympy.FiniteSet(1)}, [], "a pair"),
        ({x: Range(0, 10, 2)}, [], "Range"),
        ({n: Range(3, 3)}, [], "no integers"),
        ({x: (oo, oo)}, [], "is empty"),
        ({x: (0.5, 1)}, [], "must be exact"),
        ({x: (0, float("inf"))}, [], "must be exact"),
        ({x: (y, 1), y: (0, 1)}, [], "listed before"),
        ({x: (0, log(0, evaluate=False))}, [], "undefined"),
        ({x: (0, 1), y: (0, log(x))}, [], "not known to be defined"),
        ({x: (0, 1)}, [x < 1], "less"),
        ({x: (0, 1)}, [less(y, 1)], "about variables of the box"),
        ({x: (0, 1)}, [less(0, 1)], "about variables of the box"),
        ({sympy.Symbol("x", positive=True): (0, 1)}, [], "positive"),
        ({sympy.Symbol("x", integer=True): unit}, [], "integer"),
        ({sympy.Symbol("x", negative=True): Interval(-oo, 0)}, [], "negative"),
        ({sympy.Symbol("x", positive=True): S.Naturals0}, [], "positive"),
        ({sympy.Symbol("x", positive=True): S.Reals}, [], "positive"),
    ],
)
def test_a_wrong_domain_is_an_error(sides, where, message):
    with pytest.raises(InputError, match=message):
        Box(sides, where=where)


@pytest.mark.parametrize(
    ("sides", "where"),
    [
        ({x: (0, 1)}, [less(x, 0)]),
        ({x: (0, 1)}, [less(2, x)]),
        ({x: (0, 1), y: (2, x)}, []),
        ({x: (0, 1), y: (0, 1)}, [less(x, y), less(y, x)]),
        ({x: (0, 1), y: (0, 1)}, [less(x**2 + y**2, 0)]),
        ({x: (-1, 1)}, [less(1, sin(x))]),
        ({x: (-1, 0)}, [at_most(0, log(x))]),
        ({n: S.Naturals, k: S.Naturals}, [less(n + k, 2)]),
        ({n: Range(0, 3)}, [less(3 * n, 2), less(1, 3 * n)]),
    ],
)
@pytest.mark.parametrize("claim", [less(x, x + 1), less(x, x - 1)])
def test_nothing_is_said_of_an_empty_domain(claim, sides, where):
    symbol = next(iter(sides))
    claim = type(claim)(claim.left.subs(x, symbol), claim.right.subs(x, symbol), claim.strict)
    with pytest.raises(InputError, match=r"empty|no integers"):
        decide(claim, Box(sides, where=where))


@pytest.mark.parametrize(
    "sides", [{sympy.Symbol("x", positive=True): positive}, {sympy.Symbol("x", positive=True): Interval.open(0, pi)}]
)
def test_assumptions_are_true_on_open_domains(sides):
    (symbol,) = sides
    assert decide(less(0, sqrt(symbol**2)), Box(sides)).outcome == "holds"


def test_an_assumption_may_follow_from_an_end_that_depends_on_a_variable():
    a = sympy.Symbol("a", positive=True)
    assert Box({x: unit, a: (x, 1)}).symbols == (x, a)
    with pytest.raises(InputError, match="positive"):
        Box({x: (0, 1), a: (x, 1)})


def test_undefined_at_an_end_that_belongs_to_the_domain():
    with pytest.raises(DomainError, match="undefined at x = 0"):
        decide(less(-1, 1 / x), Box({x: Interval.Ropen(0, 1)}))
    with pytest.raises(DomainError, match="undefined"):
        decide(less(-1, 1 / x**2), Box({x: S.Reals}))


# --- evidence


def test_the_cells_of_a_fact_say_how_the_variables_depend_on_the_parameters():
    fact = decide(less(x, sqrt(x**2 + 1)), Box({x: (sympy.Rational(1, 2), oo)})).fact()
    assert {cell["chart"] for cell in fact.evidence["cells"]} == {"x = 1/x"}
    assert "chart" not in decide(less(x, 2), Box({x: (0, 1)})).fact().evidence["cells"][0]


def claims():
    yield less(x * log(x), 1), Box({x: Interval.Lopen(0, 1)})
    yield less(x, sqrt(x**2 + 1)), Box({x: S.Reals})
    yield less(1 / (x + y), 1 / x), Box({x: positive, y: positive})
    yield less(x, half + third), Box({x: (0, 1), y: (0, 1)}, where=[less(x + y**2, half)])
    yield less(0, n**2 - n + sympy.Rational(1, 8)), Integers(n, None)
    yield less(n * x, n + 1), Box({n: S.Naturals, x: (0, 1)})


@pytest.mark.parametrize(("claim", "domain"), claims(), ids=str)
def test_the_cells_must_cover_all_pieces(claim, domain):
    decision = decide(claim, domain)
    assert decision.outcome == "holds"
    for index, cell in enumerate(decision.cells):
        rest = decision.cells[:index] + decision.cells[index + 1 :]
        with pytest.raises(EvidenceError, match="cover"):
            replay(replace(decision, cells=rest))
        with pytest.raises(EvidenceError):
            replay(replace(decision, cells=(*rest, replace(cell, piece=99))))


@pytest.mark.parametrize(("claim", "domain"), claims(), ids=str)
@pytest.mark.parametrize("rule", ["range", "mean value", "open range", "signs", "contact low", "outside", "empty"])
def test_no_rule_proves_the_reverse(claim, domain, rule):
    decision = decide(claim, domain)
    reversed_claim = less(claim.right, claim.left)
    wrong = replace(decision, inequality=reversed_claim, cells=tuple(replace(c, rule=rule) for c in decision.cells))
    with pytest.raises((EvidenceError, InputError)):
        replay(replace(wrong, margin=Q(0), order=0))


@pytest.mark.parametrize(
    ("domain", "inside", "outside"),
    [
        (Box({x: unit}), {x: Q(1, 2)}, {x: Q(1)}),
        (Box({x: (0, pi)}), {x: Q(3)}, {x: Q(22, 7)}),
        (Box({x: (0, sqrt(2))}), {x: Q(141, 100)}, {x: Q(142, 100)}),
        (Box({x: (0, 1), y: (x, 1)}), {x: Q(1, 2), y: Q(1, 2)}, {x: Q(1, 2), y: Q(1, 3)}),
        (Box({n: S.Naturals}), {n: Q(5)}, {n: Q(5, 2)}),
        (Box({n: S.Naturals, k: Range(1, n + 1)}), {n: Q(5), k: Q(5)}, {n: Q(5), k: Q(6)}),
        (Box({x: (-1, 1)}, where=[less(0, log(x + 1))]), {x: Q(1, 2)}, {x: Q(-1)}),
        (Box({x: (0, 1)}, where=[less(x, exp(-1))]), {x: Q(367, 1000)}, {x: Q(368, 1000)}),
        (Integers(n, -2, 2), {n: Q(-2)}, {n: Q(-3)}),
    ],
    ids=str,
)
def test_a_counterexample_must_lie_in_the_domain(domain, inside, outside):
    assert contains(domain, inside)
    assert not contains(domain, outside)
    claim = less(sum(domain.symbols), -1000)
    decision = decide(claim, domain)
    assert decision.outcome == "fails"
    replay(replace(decision, counterexample=tuple(inside.items()), least=False))
    with pytest.raises(EvidenceError, match="outside"):
        replay(replace(decision, counterexample=tuple(outside.items())))


@pytest.mark.parametrize(
    ("right", "outcome"),
    [
        (sympy.Min(sympy.E, pi, evaluate=False) * tan(x) * (x + 3) ** 3, "fails"),
        (sympy.Min(sympy.E, pi, evaluate=False) * x**2 + 1 / x**2, "holds"),
        (sympy.Max(x, -2 * x) + 1 / x**2, "holds"),
        (sympy.Abs(x) - 1, "fails"),
    ],
)
def test_the_smaller_of_two_numbers_on_an_infinite_domain(right, outcome):
    decision = decide(less(0, right), Box({x: Interval.open(-oo, 0)}))
    assert decision.outcome == outcome
    assert replay(decision).outcome == outcome


def test_an_extended_interval_has_the_functions_of_one_number_only():
    interval = ExtendedInterval.between(Q(1), Q(2), (False, True), precision=64)
    assert [interval.sign(), (-interval).sign(), (interval - interval.end(0)).is_nonnegative()] == [1, -1, True]
    for name in ("middle", "digits", "pi", "intersection", "Abs"):
        assert not hasattr(interval, name)
    with pytest.raises(Undecided):
        (interval - ExtendedInterval.between(Q(3, 2), Q(3, 2), (False, False), precision=64)).sign()
