"""Deciding inequalities: what is true holds with a true margin, what is false is refuted, the rest stays open."""

from fractions import Fraction as Q
from itertools import pairwise

import mpmath
import pytest
import sympy
from strategies_local import as_exact
from sympy import acos, asin, atan, cos, exp, log, pi, sin, sqrt

from ntkproofs.errors import DomainError, InputError
from ntkproofs.rigor import Box, Inequality, Integers, Point, at_most, decide, enclose, less

R = sympy.Rational
n = sympy.Symbol("n", positive=True)
x, y, z, m = sympy.symbols("x y z m")


def value(expression, **at):
    """Return the value of an expression at exact points, to 60 digits, by mpmath."""
    with mpmath.workdps(60):
        function = sympy.lambdify(list(map(sympy.Symbol, at)), expression, "mpmath")
        return as_exact(mpmath.mpf(function(*(mpmath.mpf(v.numerator) / v.denominator for v in at.values()))))


def assert_holds(decision):
    assert decision.outcome == "holds", str(decision)
    assert decision.cells
    assert decision.counterexample is None


def assert_fails(decision):
    """Check that a refutation names a point of the domain, and confirm it there with 3000 bits or as an equality."""
    assert decision.outcome == "fails", str(decision)
    values = dict(decision.counterexample)
    difference = enclose(decision.inequality.difference, values, precision=3000)
    if decision.inequality.strict:
        assert difference.lower <= 0
        assert difference.upper <= Q(1, 2**2000)
    else:
        assert difference.upper < 0
    return values


# --- points


@pytest.mark.parametrize(
    "claim",
    [
        less(3, pi),
        less(R(314159265358979, 10**14), pi),
        less(0, acos(R(7823207, 7823209))),
        less(pi, R(355, 113)),
        less(exp(pi * sqrt(163)), 262537412640768744),
        at_most(acos(0), pi / 2),
        at_most(asin(R(1, 2)) * 6, pi),
        less(sqrt(2) + sqrt(3), pi + R(1, 100)),
    ],
    ids=str,
)
def test_true_statements_about_constants(claim):
    decision = decide(claim)
    assert_holds(decision)
    assert decision.margin <= enclose(claim.difference, precision=3000).upper


@pytest.mark.parametrize(
    "claim",
    [
        less(pi, 3),
        less(pi, pi),
        less(R(355, 113), pi),
        less(6 * asin(R(1, 2)), pi),
        less(262537412640768744, exp(pi * sqrt(163))),
        at_most(acos(R(7823207, 7823209)), 0),
    ],
    ids=str,
)
def test_false_statements_about_constants(claim):
    assert_fails(decide(claim))


def test_an_angle_that_symbolic_evaluation_takes_for_zero_is_positive():
    angle = acos(R(7823207, 7823209))
    decision = decide(less(0, angle))
    assert_holds(decision)
    with mpmath.workdps(40):
        true = as_exact(mpmath.acos(mpmath.mpf(7823207) / 7823209))
    assert 0 < decision.margin <= true


@pytest.mark.parametrize("strict", [True, False])
def test_an_equality_that_is_not_recognised_stays_open(strict):
    claim = Inequality((sqrt(3) + sqrt(2)) ** 1001 * (sqrt(3) - sqrt(2)) ** 1001, sympy.Integer(1), strict=strict)
    decision = decide(claim)
    assert decision.outcome == "open"
    assert "2048 bits" in decision.reason
    assert decision.margin is None
    assert decision.counterexample is None


def test_a_point_with_values():
    assert_holds(decide(less(x * y, 1), Point({x: Q(1, 2), y: Q(3, 2)})))
    assert_fails(decide(less(x * y, 1), Point({x: Q(2, 3), y: Q(3, 2)})))


def test_the_limit_in_bits_is_respected():
    close = less(R(31415926535897932384626433832795028841971, 10**40), pi)
    assert decide(close, precision=16, limit=64).outcome == "open"
    decision = decide(close, precision=16, limit=256)
    assert decision.outcome == "holds"
    assert 64 < decision.precision <= 256


# --- boxes

TRUE_ON_BOXES = [
    (less(x, 2), {x: (0, 1)}),
    (less(sin(x), x + R(1, 100)), {x: (0, 2)}),
    (less(x * (1 - x), R(26, 100)), {x: (0, 1)}),
    (less(x**3 - x, R(2, 5)), {x: (-1, 1)}),
    (less(sqrt(1 - x**2), R(101, 100) - x**2 / 2), {x: (-1, 1)}),
    (less(R(-31, 10), exp(x) * cos(x)), {x: (-2, 2)}),
    (less(x * y, R(101, 200) * (x**2 + y**2) + R(1, 50)), {x: (-1, 1), y: (-1, 1)}),
    (less(sin(x) * cos(y), 1 + x**2 / 5), {x: (-1, 2), y: (0, 3)}),
    (less(x * y + y * z + z * x, x**2 + y**2 + z**2 + R(1, 4)), {x: (0, 1), y: (0, 1), z: (0, 1)}),
]


@pytest.mark.parametrize(("claim", "sides"), TRUE_ON_BOXES, ids=lambda v: str(v)[:60])
def test_true_statements_on_boxes_hold_with_a_margin_below_every_sample(claim, sides):
    decision = decide(claim, Box(sides))
    assert_holds(decision)
    assert decision.margin > 0
    steps = {1: 200, 2: 15, 3: 6}[len(sides)]
    grids = [[low + (high - low) * Q(k, steps) for k in range(steps + 1)] for low, high in sides.values()]
    for point in _product(grids):
        at = dict(zip((s.name for s in sides), point, strict=True))
        assert value(claim.difference, **at) >= decision.margin - Q(1, 10**50)


def _product(grids):
    points = [()]
    for grid in grids:
        points = [(*point, v) for point in points for v in grid]
    return points


def test_cells_tile_the_box_and_each_bound_is_one():
    claim = less(x**3 - x, R(39, 100))
    decision = decide(claim, Box({x: (-1, 1)}))
    assert_holds(decision)
    cells = sorted(decision.cells, key=lambda cell: cell.box)
    assert cells[0].box[0][0] == -1
    assert cells[-1].box[0][1] == 1
    assert all(a.box[0][1] == b.box[0][0] for a, b in pairwise(cells))
    for cell in cells:
        low, high = cell.box[0]
        for k in range(5):
            point = low + (high - low) * Q(k, 4)
            assert claim.difference.subs(x, R(point.numerator, point.denominator)) >= R(
                cell.bound.numerator, cell.bound.denominator
            )
    assert decision.margin == min(cell.bound for cell in cells)


@pytest.mark.parametrize(
    ("claim", "sides"),
    [
        (less(x, R(1, 2)), {x: (0, 1)}),
        (less(x**2, x + R(19, 10)), {x: (0, 2)}),
        (at_most(x, sin(x)), {x: (0, 2)}),
        (less(x + y, R(199, 100)), {x: (0, 1), y: (0, 1)}),
        (less(x * y * z, R(999, 1000)), {x: (0, 1), y: (0, 1), z: (0, 1)}),
        (less(0, (x - R(3, 8)) ** 2), {x: (0, 1)}),
        (less(0, x**2), {x: (0, 1)}),
        (less(0, 1 - x), {x: (0, 1)}),
        (less(0, (x - R(5, 7)) ** 2 - R(1, 10**8)), {x: (0, 1)}),
        (less(sin(x) ** 2 + cos(x) ** 2, 1), {x: (0, 1)}),
    ],
    ids=str,
)
def test_false_statements_on_boxes(claim, sides):
    values = assert_fails(decide(claim, Box(sides)))
    assert all(sides[symbol][0] <= v <= sides[symbol][1] for symbol, v in values.items())


@pytest.mark.parametrize("contacts", [(), (Q(1, 3),)])
def test_false_at_one_rational_point_that_bisection_does_not_meet(contacts):
    values = assert_fails(decide(less(0, (x - R(1, 3)) ** 2), Box({x: (0, 1)}, contacts=contacts)))
    assert values == {x: Q(1, 3)}


def test_an_irrational_contact_never_holds_strictly():
    left, right = 2 * sqrt(2) * x, x**2 + 2  # equal at sqrt(2) only
    decision = decide(less(left, right), Box({x: (1, 2)}), max_cells=300)
    assert decision.outcome == "open"
    assert "no rule applies to the neighbourhood of x = sqrt(2)" in decision.reason
    assert decision.obstacle.kind == "equality"
    assert_holds(decide(at_most(left, right), Box({x: (1, 2)})))


def test_an_identity_in_disguise_holds_but_not_strictly():
    box = Box({x: (0, 1)})
    assert_holds(decide(at_most(sin(x) ** 2 + cos(x) ** 2, 1), box))
    assert_holds(decide(less(sin(x) ** 2 + cos(x) ** 2, R(1000001, 1000000)), box))
    assert decide(less(sin(x) ** 2 + cos(x) ** 2, 1), box).outcome == "fails"


CONTACTS = [
    (at_most(sin(x), x), Box({x: (0, 2)})),
    (at_most(x, sin(x) / cos(x)), Box({x: (0, 1)})),
    (at_most(1 - x**2 / 2, cos(x)), Box({x: (0, 2)})),
    (at_most(1 + x, exp(x)), Box({x: (-1, 1)}, contacts=(0,))),
    (at_most(log(1 + x), x), Box({x: (0, 3)})),
    (at_most(0, (x - R(1, 3)) ** 2), Box({x: (0, 1)}, contacts=(Q(1, 3),))),
    (at_most(2 * x, x**2 + 1), Box({x: (0, 1)})),
    (at_most(2 * x / pi, sin(x)), Box({x: (0, Q(3, 2))})),
    (at_most(pi / 2 - x - x**3, acos(x)), Box({x: (0, Q(1, 2))})),
    (at_most(x**2 * (1 - x) ** 3, x**2), Box({x: (0, 1)})),
    (at_most(atan(x), pi / 4), Box({x: (0, 1)})),
]


@pytest.mark.parametrize(("claim", "domain"), CONTACTS, ids=str)
def test_contacts_at_listed_points_are_divided_out(claim, domain):
    decision = decide(claim, domain)
    assert_holds(decision)
    assert decision.margin == 0
    (symbol, low, high) = domain.sides[0]
    for k in range(101):
        assert value(claim.difference, **{symbol.name: low + (high - low) * Q(k, 100)}) >= -Q(1, 10**50)


@pytest.mark.parametrize(("claim", "domain"), CONTACTS, ids=str)
def test_sides_that_are_equal_somewhere_are_not_strictly_ordered(claim, domain):
    assert_fails(decide(less(claim.left, claim.right), domain))


@pytest.mark.parametrize(
    ("claim", "domain"),
    [
        (at_most(x, sin(x)), Box({x: (0, 2)})),
        (at_most(exp(x), 1 + x), Box({x: (-1, 1)}, contacts=(0,))),
        (at_most(0, (x - R(1, 3)) ** 3), Box({x: (0, 1)}, contacts=(Q(1, 3),))),
        (at_most(x**2, x**4), Box({x: (0, 1)})),
    ],
    ids=str,
)
def test_a_contact_from_the_wrong_side_is_refuted(claim, domain):
    assert_fails(decide(claim, domain))


def test_a_square_whose_root_is_between_cells_is_settled_by_the_even_power():
    assert_holds(decide(at_most(0, (x**2 - 2) ** 2), Box({x: (1, 2)})))


# --- integers


@pytest.mark.parametrize(
    ("claim", "domain"),
    [
        (less(sqrt(n), n + R(1, 4)), Integers(n)),
        (less(log(2), sqrt(n)), Integers(n)),
        (less(sqrt(n + 1) - sqrt(n), R(42, 100)), Integers(n)),
        (less(sqrt(n**2 + n) - n, R(1, 2)), Integers(n)),
        (less(n * sin(1 / n), 1), Integers(n)),
        (less(n, n**2), Integers(n, 2)),
        (less(0, acos(1 / sqrt(n))), Integers(n, 2)),
        (less(n * atan(1 / n), 1), Integers(n)),
        (less(1 / n**2, 1 / (n**2 - 1)), Integers(n, 2)),
        (less(R(9, 10) / n**2, 1 / n), Integers(n)),
        (less(R(9, 10) / n, 1 / sqrt(n)), Integers(n)),
        (less(R(99, 10) / n ** R(5, 2), 1 / n), Integers(n, 5)),
        (less(0, (n - 3) ** 2 + R(1, 10)), Integers(n)),
        (less(0, (n - 7) ** 2 + R(1, 10)), Integers(n)),
        (less(0, ((n - 3) ** 2 + R(1, 10)) / n**3), Integers(n)),
        (at_most(sqrt(n), n), Integers(n)),
        (less(n, 1000), Integers(n, 1, 999)),
        (at_most(0, m), Integers(m, 0)),
        (less(-1, sqrt(m)), Integers(m, 0, 40)),
    ],
    ids=str,
)
def test_true_statements_about_integers(claim, domain):
    decision = decide(claim, domain)
    assert_holds(decision)
    last = 400 if domain.stop is None else domain.stop
    for k in range(max(domain.start, 1), last + 1):
        with mpmath.workdps(60):
            scaled = value(claim.difference, **{domain.symbol.name: Q(k)}) * as_exact(
                mpmath.mpf(k) ** (mpmath.mpf(decision.order) / 2)
            )
        assert scaled >= decision.margin - Q(1, 10**40)
    for k in (10**6, 10**9) if domain.stop is None else ():
        with mpmath.workdps(60):
            scaled = value(claim.difference, **{domain.symbol.name: Q(k)}) * as_exact(
                mpmath.mpf(k) ** (mpmath.mpf(decision.order) / 2)
            )
        assert scaled >= decision.margin - Q(1, 10**20)


def test_every_integer_of_a_finite_domain_is_evaluated():
    """One integer that violates the statement refutes it and is named."""
    for bad in (1, 2, 3, 4, 5, 9, 16, 17, 24, 25, 26, 36, 37, 50):
        claim = less(0, (n - bad) ** 2)
        assert assert_fails(decide(claim, Integers(n, 1, 50))) == {n: bad}
        assert assert_fails(decide(claim, Integers(n))) == {n: bad}
    for outside in (51, 52, 100):
        assert_holds(decide(less(0, (n - outside) ** 2), Integers(n, 1, 50)))
    assert_holds(decide(less(0, (n - 4) ** 2), Integers(n, 5)))


def test_zero_is_an_integer_when_the_domain_starts_there():
    m = sympy.Symbol("m")
    assert assert_fails(decide(less(0, m), Integers(m, 0))) == {m: 0}
    assert assert_fails(decide(less(0, m), Integers(m, 0, 7))) == {m: 0}
    assert_holds(decide(less(0, m), Integers(m, 1)))
    assert_holds(decide(at_most(0, m), Integers(m, 0, 0)))


@pytest.mark.parametrize(
    ("claim", "start", "where"),
    [
        (less(sqrt(n), n), 1, 1),
        (less(1, n), 1, 1),
        (less(n, 2), 2, 2),
        (less(n, 1000), 1, None),
        (less(n, 10**9), 1, None),
        (less(sqrt(n**2 + n) - n, R(49, 100)), 1, None),
        (less(R(1, 10**5), 1 / sqrt(n)), 1, None),
        (less(n * sin(1 / n), 1 - R(1, 10**10)), 1, None),
        (at_most(sqrt(n + 1) - sqrt(n), R(41, 100)), 1, 1),
        (less(1 / n, R(1, 7)), 7, 7),
    ],
    ids=str,
)
def test_false_statements_about_integers(claim, start, where):
    values = assert_fails(decide(claim, Integers(n, start)))
    assert values[n].denominator == 1
    assert values[n] >= start
    assert where is None or values[n] == where


def test_a_statement_about_all_integers_that_is_an_equality_stays_open():
    claim = at_most(sin(n) ** 2 + cos(n) ** 2, 1)
    assert decide(claim, Integers(n), limit=128, max_cells=20).outcome == "open"
    assert decide(claim, Integers(n, 1, 3), limit=128).outcome == "holds"


def test_growth_beyond_every_power_is_decided():
    assert decide(less(0, exp(n)), Integers(n)).outcome == "holds"


def test_a_counterexample_with_a_huge_value_is_reported():
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, hard))
    try:
        decision = decide(less(exp(n), exp(10**7)), Integers(n))
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    assert decision.outcome == "fails"


# --- limits and refusals


def test_the_number_of_cells_is_limited():
    claim = less(sin(20 * x) * cos(13 * x), R(999, 1000))
    few = decide(claim, Box({x: (-1, 1)}), max_cells=5)
    assert few.outcome == "open"
    assert len(few.cells) <= 5
    assert_holds(decide(claim, Box({x: (-1, 1)})))


def test_precision_must_not_exceed_the_limit():
    for options in ({"precision": 128, "limit": 64}, {"precision": 1}, {"precision": 0}):
        with pytest.raises(InputError, match="precision"):
            decide(less(0, 1), **options)


def test_a_symbol_without_a_domain_is_refused():
    with pytest.raises(InputError, match="no domain given for x"):
        decide(less(0, x))
    with pytest.raises(InputError, match="no domain given for x"):
        decide(less(0, x + y), Box({y: (0, 1)}))
    with pytest.raises(InputError, match="no domain given for x"):
        decide(less(0, x + n), Integers(n))


@pytest.mark.parametrize(
    "make",
    [
        lambda: less(0.5, x),
        lambda: less(x, True),
        lambda: less("x", 1),
        lambda: less(None, 1),
        lambda: Box({x: (0.0, 1)}),
        lambda: Box({x: (0, 1.5)}),
        lambda: Point({x: 0.5}),
        lambda: Point({x: True}),
        lambda: Box({x: (1, 1)}),
        lambda: Box({x: (2, 1)}),
        lambda: Box({}),
        lambda: Box({x: (0, 1)}, contacts=(2,)),
        lambda: Box({x: (0, 1)}, contacts=(0,)),
        lambda: Box({x: (0, 1)}, contacts=(0.5,)),
        lambda: Box({x: (0, 1), y: (0, 1)}, contacts=(Q(1, 2),)),
        lambda: Box({s: (0, 1) for s in sympy.symbols("a:z")}),
        lambda: Integers(n, -1),
        lambda: Integers(n, 1.0),
        lambda: Integers(n, True),
        lambda: Integers(n, 5, 4),
        lambda: Integers(n, "1"),
    ],
)
def test_invalid_arguments_are_refused(make):
    with pytest.raises(InputError):
        make()


@pytest.mark.parametrize("stop", [10.5, True, Q(7, 2)])
def test_the_last_integer_is_an_integer(stop):
    with pytest.raises(InputError):
        Integers(n, 1, stop)


@pytest.mark.parametrize(
    "expression",
    [
        sympy.Float("0.5") + x,
        sympy.zeta(x),
        sympy.sign(x),
        sympy.floor(x),
        sympy.acot(x),
        sympy.I * x,
        sympy.E**x + 0.5,
    ],
    ids=str,
)
def test_expressions_outside_the_grammar_are_refused(expression):
    with pytest.raises(InputError, match="not in the grammar"):
        decide(less(0, expression), Box({x: (1, 2)}))


@pytest.mark.parametrize(
    ("claim", "domain"),
    [
        (less(-10, log(x)), Box({x: (-1, 1)})),
        (less(-10, sqrt(x - R(1, 3))), Box({x: (0, 1)})),
        (less(-10, acos(x)), Box({x: (0, 3)})),
        (less(-10, asin(2 * x)), Box({x: (0, 1)})),
        (less(-10, 1 / x), Box({x: (0, 1)})),
        (less(-10, 1 / (x - 1)), Box({x: (0, 2)})),
        (less(0, sqrt(x - 2) + 1), Point({x: 1})),
        (less(-10, log(x - 1)), Point({x: 1})),
        (less(-10, 1 / (n - 7)), Integers(n)),
        (less(-10, sqrt(n - 2)), Integers(n)),
        (less(-10, log(m)), Integers(m, 0)),
        (less(-10, acos(sqrt(n) / 3)), Integers(n, 1, 12)),
        (at_most(0, (x - sin(x)) / x), Box({x: (0, 1)})),
    ],
    ids=str,
)
def test_a_statement_that_is_undefined_somewhere_is_no_statement(claim, domain):
    with pytest.raises(DomainError):
        decide(claim, domain)


def test_a_pole_that_no_cell_meets_exactly_never_holds():
    assert decide(at_most(0, 1 / (x**2 - 2) ** 2), Box({x: (0, 2)})).outcome == "open"
    with pytest.raises(DomainError, match="x = 1/3"):
        decide(at_most(0, 1 / (x - R(1, 3)) ** 2), Box({x: (0, 1)}))


def test_the_ends_of_a_domain_of_definition_are_allowed():
    assert_holds(decide(at_most(0, sqrt(1 - x**2)), Box({x: (-1, 1)})))
    assert_holds(decide(less(-1, acos(x)), Box({x: (-1, 1)})))


# --- assumptions of symbols


@pytest.mark.parametrize(
    "domain",
    [
        lambda: Box({n: (-1, 1)}),  # |n| < n + 1 is false at -1/2, but sympy has made |n| to n
        lambda: Box({sympy.Symbol("m", integer=True): (0, 1)}),  # sympy takes sin(pi m) for 0
        lambda: Integers(sympy.Symbol("h", nonpositive=True)),
        lambda: Point({n: Q(-1, 2)}),
        lambda: Point({sympy.Symbol("m", integer=True): Q(1, 2)}),
        lambda: Box({sympy.Symbol("z", nonzero=True, real=True): (-1, 1)}),
    ],
    ids=["positive", "integer", "nonpositive", "point", "half", "nonzero"],
)
def test_a_domain_must_agree_with_what_the_symbol_is_assumed_to_be(domain):
    with pytest.raises(InputError, match="assumed"):
        domain()


# --- how decisions read


def test_margins_name_their_order():
    decision = decide(less(sqrt(n), n + R(1, 4)), Integers(n))
    assert decision.order == -2
    assert decision.margin_text().endswith(" n")
    assert decide(less(3, pi)).margin_text().startswith("≥ 0.14159")
    assert decide(at_most(sin(x), x), Box({x: (0, 2)})).margin_text() == "≥ 0"
    assert decide(less(pi, 3)).margin_text() == ""


def test_decisions_read_as_sentences():
    assert str(decide(less(n, 1000), Integers(n))).startswith("fails: n < 1000 for all integers n >= 1")
    assert "at x = 1/2" in str(decide(less(x, R(1, 2)), Box({x: (0, 1)})))
    assert str(decide(less(3, pi))).startswith("holds: 3 < pi for constants")


def test_an_open_statement_in_one_variable_ends_after_few_cells_by_default() -> None:
    u = sympy.Symbol("u", real=True)
    statement = less(u * sympy.sin(1 / u), u + u**2)
    decision = decide(statement, Box({u: sympy.Interval.open(0, 1)}))
    assert decision.outcome == "open"
    assert len(decision.cells) < 2000
