"""Facts about the kind inequality: values of the grammar, subdivisions, claims. Without this kind, delete this file."""

from __future__ import annotations

import copy
import itertools
import types
from fractions import Fraction
from functools import cache
from typing import Any

import honest
import inequalities
import test_inequality_forgeries as forged
from battery import expect, fact, refuses
from battery_intervals import contains, units
from claim_oracle import DIGITS, IMPLIED
from honest import Document, sign
from mpmath import mp

NUMBER = 25  # random claims


def value(module: types.ModuleType, expression: Any, box: dict[str, tuple[Fraction, Fraction]] | None = None) -> Any:
    """Return the value of an expression on a box of real sides, by intervals."""
    sides = {name: (low, high, False) for name, (low, high) in (box or {}).items()}
    steps: dict[Any, int] = {}
    module.compiled(expression, sides, steps)
    variables = {name: module._over(name, side) for name, side in sides.items()}
    return module.value_of(steps, variables, module._itself).value


@fact
def expressions_have_their_values(module: types.ModuleType) -> None:
    half, x = Fraction(1, 2), ["var", "x"]
    for expression in (
        3,
        "-3/4",
        ["pi"],
        ["neg", 2],
        ["sqrt", 2],
        ["atan", 2],
        ["exp", "1/2"],
        ["log", 3],
        ["add", 2, "1/3"],
        ["sub", 2, "1/3"],
        ["mul", 2, "1/3"],
        ["div", 2, 3],
        ["pow", "3/2", 3],
        ["pow", "3/2", -2],
        ["sub", ["mul", x, x], ["atan", x]],
    ):
        with mp.workdps(DIGITS):
            true = inequalities.evaluate(expression, {"x": mp.mpf(1) / 2})
            found = value(module, expression, {"x": (half, half)})
            tiny = units(mp.mpf(10) ** -90)
            expect(found.low - tiny <= units(true) <= found.high + tiny, expression)
            expect(found.high - found.low < 1 << 8, "narrow", expression)
    found = value(module, x, {"x": (Fraction(1, 3), Fraction(2, 3)), "y": (half, half)})
    expect(contains(found, Fraction(1, 3)) and contains(found, Fraction(2, 3)), "a variable's side")
    expect(found.high - found.low <= units(Fraction(1, 3)) + 2, "and no more")
    for expression, message in (
        (["var", "y"], "does not name the variable 'y'"),
        ([], "does not begin with an operation"),
        ([1], "does not begin with an operation"),
        (["eval", 1], "unknown operation 'eval' of 1 arguments"),
        (["add", 1], "unknown operation 'add' of 1 arguments"),
        (["pi", 1], "unknown operation 'pi' of 1 arguments"),
        (["sqrt"], "unknown operation 'sqrt' of 0 arguments"),
        (["add", 1, 1, 1], "unknown operation 'add' of 3 arguments"),
        (["var", "x", "x"], "unknown operation 'var' of 2 arguments"),
        (["pow", 1], "unknown operation 'pow' of 1 arguments"),
        (["pow", 1, "2"], "an exponent is not an integer"),
        ({}, "a constant is not a number"),
        (["var", 1], "a variable is not a text"),
    ):
        refuses(module, "Rejected", message, value, module, expression)


@fact
def exponents_are_limited_on_both_sides(module: types.ModuleType) -> None:
    for exponent in (1025, -1025, -10_001, -(10**50), -(10**3999), 10**3999):
        refuses(module, "Declined", "an exponent beyond 1024", value, module, ["pow", 2, exponent])


@fact
def leaves_cover_the_box(module: types.ModuleType) -> None:
    whole = (Fraction(-1), Fraction(2), True)
    box = {"x": (Fraction(0), Fraction(1), False), "n": whole, "k": (Fraction(3), None, True)}
    below = ["split", "k", "4", LEAF, ["leaf", 1]]
    tree = ["split", "x", "1/3", ["high", "x", 2], ["split", "n", 1, below, ["split", "n", 1, [], LEAF]]]
    third = Fraction(1, 3)
    expected: list[tuple[Any, list[Any]]] = [
        (box | {"x": (0, third, False)}, ["high", "x", 2]),
        (box | {"x": (third, 1, False), "n": (-1, 0, True), "k": (3, 3, True)}, LEAF),
        (box | {"x": (third, 1, False), "n": (-1, 0, True), "k": (4, None, True)}, ["leaf", 1]),
        (box | {"x": (third, 1, False), "n": (1, 2, True)}, LEAF),  # nothing lies below its first integer
    ]
    found = list(module.leaves(box, tree))
    expect(len(found) == len(expected) and all(leaf in found for leaf in expected), found)
    for name, at in (("x", "-1/9"), ("x", "10/9"), ("n", "1/2"), ("n", -2), ("n", 3), ("k", 2)):
        node = ["split", name, at, LEAF, LEAF]
        refuses(module, "Rejected", "which is not in its domain", lambda tree: list(module.leaves(box, tree)), node)
    for node in (
        ["split", "z", 1, LEAF, LEAF],
        ["split", 1, 1, LEAF, LEAF],
        ["spl", "x", 1, LEAF, LEAF],
        ["split", "x", LEAF, LEAF],
    ):
        expect(list(module.leaves(box, node)) == [(box, node)], "is taken for a leaf", node)
        refuses(module, "Rejected", "neither leaf nor split", lambda leaf: list(module.bounds_on([], box, leaf)), node)
    for node in ("leaf", {}, ["split", "x", 1, LEAF, "leaf"]):
        refuses(
            module, "Rejected", "a node of the tree is not a list", lambda tree: list(module.leaves(box, tree)), node
        )


def claim(left: Any, relation: str, right: Any, domain: dict[str, list[Any]], tree: Any) -> Document:
    parts = {"kind": "inequality", "left": left, "right": right, "relation": relation, "domain": domain}
    return honest.document(parts, {"tree": tree})


X: Any = ["var", "x"]
LEAF = ["leaf"]
HALVES = ["split", "x", "1/2", LEAF, LEAF]


@cache
def claims() -> tuple[tuple[bytes, int, tuple[str, ...]], ...]:
    """Return claims, each with the outcome and phrases of what must be said."""
    side = {"x": ["0", "1"]}
    rows: list[tuple[Document, int, tuple[str, ...]]] = [
        (claim(X, "<", 2, side, LEAF), 0, ('["var","x"] < 2 for all 0 <= x <= 1\n', "facts: 1\n", "verified: one box")),
        (claim(X, "<", 2, side, HALVES), 0, ("facts: 2\n", "verified: 2 boxes decided")),
        (claim(X, "<=", 1, side, LEAF), 0, ('["var","x"] <= 1 for all',)),
        (claim(X, "<", 1, side, LEAF), 1, ("does not follow on the leaf 'x' in 0 to 1",)),
        (claim(X, "<", 1, side, HALVES), 1, ("does not follow on the leaf 'x' in 1/2 to 1",)),
        (claim(1, "<", X, side, LEAF), 1, ("does not follow",)),
        (claim(2, "<=", X, side, LEAF), 1, ("is false on the leaf 'x' in 0 to 1",)),
        (claim(1, "<=", 1, {}, LEAF), 0, ("claim: 1 <= 1\n",)),
        (claim(1, "<=", f"{2**256 - 1}/{2**256}", {}, LEAF), 1, ("is false on the leaf (constants)",)),
        (claim(1, "<", f"{2**256 + 1}/{2**256}", {}, LEAF), 0, ("claim: 1 < ",)),
        (claim(1, "<", 1, {}, LEAF), 1, ("does not follow on the leaf (constants)",)),
        (claim(X, "<=", 1, {"x": ["1", "1"]}, LEAF), 0, ("for all 1 <= x <= 1",)),
        (claim(X, "<", 2, {"x": ["1", "0"]}, LEAF), 1, ("the domain is empty: 'x' from 1 to 0",)),
        (claim(X, "<", 2, {"x": ["1"]}, LEAF), 1, ("a side of the domain is not a list of 2",)),
        (claim(X, "<", 2, {"": ["0", "1"]}, LEAF), 1, ("a variable is not a text",)),
        (claim(X, ">", -2, side, LEAF), 1, ("relation is not one of <, <=",)),
        (claim(X, "<", 2, side, 3), 1, ("a node of the tree is not a list",)),
        (claim(X, "<", 2, ["x"], LEAF), 1, ("domain is not an object",)),  # type: ignore[arg-type]
        (claim(["var", "y"], "<", 2, side, LEAF), 1, ("does not name the variable 'y'",)),
    ]
    documents = honest.stream(inequalities.random_claim, "battery inequality")
    for _ in range(NUMBER):
        document = next(documents)
        expect(inequalities.truth(document["claim"]) == IMPLIED, document["claim"])
        over = copy.deepcopy(document)
        over["claim"]["left"] = ["add", over["claim"]["left"], 10**4]
        rows.append((over, 1, ("is false on the leaf",)))
    return tuple((sign(document), code, phrases) for document, code, phrases in rows)


@fact
def inequalities_get_the_outcome_that_they_must(module: types.ModuleType) -> None:
    for data, code, phrases in claims():
        found, text = module.judge(data)
        expect(found == code and all(phrase in text for phrase in phrases), phrases, text)


@fact
def inequalities_with_series_get_their_outcome(module: types.ModuleType) -> None:
    for name, document in forged.VALID.items():
        expect((forged.judge(document, module)[0] == 0) == (name != "two"), name)
    for name, (change, of, reason, code) in forged.FORGERIES.items():
        document = copy.deepcopy(forged.VALID[of])
        change(document)
        found, text = forged.judge(document, module)
        expect(found == code and reason in text, name, text)


@fact
def series_and_exact_constants_have_their_values(module: types.ModuleType) -> None:
    for terms in (4, 5):
        expect(forged.encloses(module, terms), "series", terms)


@fact
def series_are_asked_for_within_limits(module: types.ModuleType) -> None:
    side = {"x": ["0", "1"]}
    for terms, code in ((0, 1), (1, 0), (module.MAX_TERMS, 0), (module.MAX_TERMS + 1, 1)):
        found, text = module.judge(sign(claim(0, "<=", X, side, ["low", "x", terms])))
        expect(found == code, "terms", terms, text)
    for exponent, code in ((1024, 0), (-1024, 0), (1025, 2), (-1025, 2)):
        found, text = module.judge(sign(claim(1, "<=", ["pow", 1, exponent], {}, LEAF)))
        expect(found == code, "exponent", exponent, text)


EXACT = [
    ["div", ["pi"], 6],
    ["neg", ["div", ["mul", 5, ["pi"]], 2]],
    ["div", 1, ["add", 1, ["pi"]]],
    ["pow", ["pi"], -2],
]
UNARY_AT = [*EXACT, 0, 1, -1, "1/2", "-1/2", 2, "9/4", "-7/3", 40, -40]


@fact
def functions_of_exact_numbers_have_their_values(module: types.ModuleType) -> None:
    """Also what is taken to be exactly 0: an expression that is not 0 must not be."""
    for name, at in itertools.product(inequalities.UNARY, UNARY_AT):
        expression = [name, at]
        steps: dict[Any, int] = {}
        module.compiled(expression, {}, steps)
        with mp.workdps(DIGITS):
            try:
                true = inequalities.evaluate(expression, {})
            except (ValueError, TypeError, ZeroDivisionError):
                refuses(module, "Rejected", "", module.value_of, steps, {}, module._itself)
                continue
            found = module.value_of(steps, {}, module._itself)
            tiny = units(mp.mpf(10) ** -90)
            expect(found.value.low - tiny <= units(true) <= found.value.high + tiny, expression)
            if found.exact is not None:
                sums = (mp.fsum(inequalities.number(q) * mp.pi**k for k, q in each.items()) for each in found.exact)
                top, bottom = sums
                expect(abs(top / bottom - true) < mp.mpf(10) ** -60, "exact", expression)


@fact
def what_is_exactly_equal_is_known_to_be(module: types.ModuleType) -> None:
    pi, third = ["pi"], ["div", ["pi"], 3]
    for left, right in (
        (["sqrt", ["div", ["pow", pi, 2], 9]], third),
        (["sin", ["div", ["mul", 7, pi], 2]], -1),
        (["cos", ["mul", -3, pi]], -1),
        (["log", ["exp", ["sin", pi]]], ["atan", ["asin", 0]]),
        (["div", 1, ["sub", pi, 1]], ["div", ["add", 1, pi], ["sub", ["mul", pi, pi], 1]]),
        (["sub", ["div", 2, pi], ["div", 1, pi]], ["pow", pi, -1]),
        (["add", ["div", 1, ["add", 1, pi]], ["div", pi, ["add", pi, 1]]], 1),
    ):
        for one, other in ((left, right), (right, left)):
            found, text = module.judge(sign(claim(one, "<=", other, {}, LEAF)))
            expect(found == 0, one, other, text)
            found, text = module.judge(sign(claim(one, "<", other, {}, LEAF)))
            expect(found == 1, one, other, text)


@fact
def intervals_of_series_have_their_values(module: types.ModuleType) -> None:
    one, half = 1 << module.FRACTION_BITS, 1 << (module.FRACTION_BITS - 1)
    ends = [
        (ends.low, ends.high)
        for ends in (module._with(0, module.Interval(half, one)), module._with(1, module.Interval(-one, half)))
    ]
    expect(ends == [(0, one), (-one, one)], "around an integer")
    ends = [
        (ends.low, ends.high)
        for ends in (
            module._with(1, module.Interval(2 * one, 3 * one)),
            module._with(-1, module.Interval(-3 * one, -2 * one)),
        )
    ]
    expect(ends == [(one, 3 * one), (-3 * one, -one)], "an integer beyond")
    numbers = [module.Number.of(k) for k in (2, 3, 5)]
    expect([c.exact[0].get(0) for c in module._product(numbers, numbers)] == [4, 12, 29, 30, 25], "a product")
    for angle, outcome in (
        (Fraction(63), ""),
        (Fraction(-63), ""),
        (Fraction(64), "Declined"),
        (Fraction(-64), "Declined"),
    ):
        if outcome:
            refuses(module, outcome, "a sine of more than 64", module.sine, module.Interval.of(angle))
        else:
            with mp.workdps(DIGITS):
                found, true = module.sine(module.Interval.of(angle)), units(mp.sin(inequalities.number(angle)))
                expect(found.low <= true <= found.high, "the sine of", angle)
    for end in (-1, 1):
        with mp.workdps(DIGITS):
            expect(contains(module.arcsine(module.Interval.of(end)), mp.asin(end)), "the arcsine of", end)


@fact
def nodes_and_leaves_are_told_apart(module: types.ModuleType) -> None:
    box = {"x": (Fraction(0), Fraction(1), False)}
    expect(len(list(module.leaves(box, ["split", "x", 0, LEAF, LEAF]))) == 2, "a real part that is one point")
    for node in (
        ["split", "x", "1/2", LEAF, LEAF, LEAF],
        ["splits", "x", "1/2", LEAF, LEAF],
        ["low", "x"],
        ["low", "x", 3, 3],
        ["leaf", "x", 3],
        [],
    ):
        expect(list(module.leaves(box, node)) == [(box, node)], "is taken for a leaf", node)
        refuses(module, "Rejected", "neither leaf nor split", lambda leaf: list(module.bounds_on([], box, leaf)), node)


@fact
def a_side_of_the_domain_is_read_and_written(module: types.ModuleType) -> None:
    most = 10**module.MAX_DIGITS
    side, words = module.side_of, module._side_words
    expect(side("n", ["integers", -most, None]) == (-most, None, True), "the first integer")
    expect(side("n", ["integers", -most, -most]) == (-most, -most, True), "the last integer")
    refuses(module, "Rejected", "the first integer", side, "n", ["integers", -most - 1, None])
    refuses(module, "Rejected", "the last integer", side, "n", ["integers", -most, -most - 1])
    refuses(module, "Rejected", "an exponent", module.compiled, ["pow", 1, -most - 1], {}, {})
    for value in (3, None, {}, "01", ["integers", 0], ["integers", 0, 1, 2], ["0", "1", "2"]):
        refuses(module, "Rejected", "a side of the domain", side, "n", value)
    half = Fraction(1, 2)
    expect(words("n", (Fraction(1), None, True)) == "integers n >= 1", "without an end")
    expect(words("n", (Fraction(1), Fraction(2), True)) == "integers 1 <= n <= 2", "integers")
    expect(words("x", (half, Fraction(2), False)) == "1/2 <= x <= 2", "reals")


@fact
def a_leaf_of_several_variables_is_decided(module: types.ModuleType) -> None:
    y = ["var", "y"]
    domain: dict[str, list[Any]] = {"x": ["0", "1"], "y": ["0", "2"]}
    for name, end in itertools.product("xy", ("low", "high")):
        at = {"low": 0, "high": int(domain[name][1])}[end]
        away = ["sub", ["var", name], at] if end == "low" else ["sub", at, ["var", name]]
        other = y if name == "x" else X
        for more, code in ((0, 0), (f"1/{10**30}", 1)):
            left = ["add", ["pow", away, 2], more]
            found, text = module.judge(
                sign(claim(left, "<=", ["add", ["mul", 3, away], ["pow", other, 2]], domain, [end, name, 3]))
            )
            expect(found == code, name, end, text)


def variables(module: types.ModuleType, box: dict[str, Any], leaf: list[Any]) -> list[dict[str, Any]]:
    """Return what the variables are where a leaf evaluates its expression."""
    original, caught = module.value_of, list[dict[str, Any]]()

    def value_of(steps: object, given: dict[str, Any], constant: object) -> Any:
        caught.append(given)
        return given["x"]

    module.value_of = value_of
    try:
        list(module.bounds_on([], box, leaf))
    finally:
        module.value_of = original
    return caught


@fact
def the_variable_of_a_series_goes_all_the_way(module: types.ModuleType) -> None:
    third, seven = Fraction(1, 3), Fraction(7)
    for low, high, end, valuation, first in (
        (seven, None, "high", -2, [1, 0, 0]),
        (third, seven, "low", 0, [third, 1, 0]),
        (third, seven, "high", 0, [seven, -1, 0]),
    ):
        found = variables(module, {"x": (low, high, False), "y": (third, third, False)}, [end, "x", 3])
        last = found[-1]["x"]
        expect(last.valuation == valuation and len(last.terms) == 3, "a series", end)
        exact = [{0: Fraction(c)} if c else {} for c in first]
        expect([c.exact[0] for c in last.terms] == exact and (last.rest.low, last.rest.high) == (0, 0), "exactly", end)
        with mp.workdps(DIGITS):
            true = units(1 / mp.sqrt(7) if high is None else inequalities.number(high - low))
            expect(last.s.low == 0 and true <= last.s.high <= true + 4, "from 0 to its reach", end)
        expect(found[-1]["y"].terms[0].exact[0] == {0: third}, "another variable")
        at = [each["x"].exact[0] for each in found[:-1]]
        expect(at == ([] if high is None else [{0: first[0]}]), "the end by itself", end)
    expect(len(variables(module, {"x": (third, third, False)}, ["low", "x", 3])) == 1, "a side of one point")
    expect(module._over("x", (third, third, False)).exact is not None, "a point is exact")
