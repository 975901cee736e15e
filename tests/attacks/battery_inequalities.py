"""Facts about the kind inequality: values of the grammar, subdivisions, claims. Without this kind, delete this file."""

from __future__ import annotations

import copy
import types
from fractions import Fraction
from functools import cache
from typing import Any

import honest
import inequalities
from battery import expect, fact, refuses
from battery_intervals import contains, units
from claim_oracle import DIGITS, IMPLIED
from honest import Document, sign
from mpmath import mp

NUMBER = 25  # random claims


def value(module: types.ModuleType, expression: Any, box: dict[str, tuple[Fraction, Fraction]] | None = None) -> Any:
    return module.value_of(expression, box or {})


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
def leaves_cover_the_box(module: types.ModuleType) -> None:
    box = {"x": (Fraction(0), Fraction(1)), "y": (Fraction(-1), Fraction(2))}
    tree = ["split", "x", ["leaf"], ["split", "y", ["leaf"], ["split", "x", ["leaf"], ["leaf"]]]]
    found = list(module.leaves(box, tree))
    half, quarter = Fraction(1, 2), Fraction(3, 4)
    expected = [
        {"x": (0, half), "y": (-1, 2)},
        {"x": (half, 1), "y": (-1, half)},
        {"x": (half, quarter), "y": (half, 2)},
        {"x": (quarter, 1), "y": (half, 2)},
    ]
    expect(len(found) == len(expected) and all(leaf in found for leaf in expected), found)
    for node in (
        ["leaf", "leaf"],
        [],
        ["split", "x", ["leaf"]],
        ["split", "x", ["leaf"], ["leaf"], ["leaf"]],
        ["split", "z", ["leaf"], ["leaf"]],
        ["split", 1, ["leaf"], ["leaf"]],
        ["spl", "x", ["leaf"], ["leaf"]],
        ["split", "x", ["leaf"], ["x"]],
        ["split", "x", ["x"], ["leaf"]],
    ):
        refuses(module, "Rejected", "neither leaf nor split", lambda tree: list(module.leaves(box, tree)), node)
    for node in ("leaf", {}, ["split", "x", ["leaf"], "leaf"]):
        refuses(
            module, "Rejected", "a node of the tree is not a list", lambda tree: list(module.leaves(box, tree)), node
        )


def claim(left: Any, relation: str, right: Any, domain: dict[str, list[Any]], tree: Any) -> Document:
    parts = {"kind": "inequality", "left": left, "right": right, "relation": relation, "domain": domain}
    return honest.document(parts, {"tree": tree})


X: Any = ["var", "x"]
LEAF = ["leaf"]
HALVES = ["split", "x", LEAF, LEAF]


@cache
def claims() -> tuple[tuple[bytes, int, tuple[str, ...]], ...]:
    """Return claims, each with the outcome and phrases of what must be said."""
    side = {"x": ["0", "1"]}
    rows: list[tuple[Document, int, tuple[str, ...]]] = [
        (claim(X, "<", 2, side, LEAF), 0, ('["var","x"] < 2 for all 0 <= x <= 1\n', "facts: 1\n", "verified: 1 boxes")),
        (claim(X, "<", 2, side, HALVES), 0, ("facts: 2\n", "verified: 2 boxes decided")),
        (claim(X, "<=", 1, side, LEAF), 0, ('["var","x"] <= 1 for all',)),
        (claim(X, "<", 1, side, LEAF), 1, ("does not follow on the leaf 'x' in 0 to 1",)),
        (claim(X, "<", 1, side, HALVES), 1, ("does not follow on the leaf 'x' in 1/2 to 1",)),
        (claim(1, "<", X, side, LEAF), 1, ("does not follow",)),
        (claim(2, "<=", X, side, LEAF), 1, ("is false on the leaf 'x' in 0 to 1",)),
        (claim(1, "<=", 1, {}, LEAF), 0, ("claim: 1 <= 1\n",)),
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
    size, before = len(module.canonical(claim(X, "<", 2, {"x": ["0", "1"]}, LEAF)["claim"])), module.MAX_EVALUATED
    try:
        for limit, code in ((2 * size, 0), (2 * size - 1, 2)):
            module.MAX_EVALUATED = limit
            expect(module.judge(claims()[1][0])[0] == code, "the limit of an inequality's leaves", limit)
    finally:
        module.MAX_EVALUATED = before
