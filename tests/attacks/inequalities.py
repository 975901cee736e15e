"""Claims of the kind inequality: honest certificates, mutations, and an oracle that evaluates them at many points.

The oracle can only refute: `false` is proved by a point (or by a side that is undefined at one), `implied` means that
no point of a fine grid refutes it. Nothing else rests on this module: without this kind, delete it and its rows.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from claim_oracle import FALSE, IMPLIED, TooLarge, number
from honest import Document, document
from mpmath import mp, mpf

POINTS = 17  # of each side of the domain
DEPTH = 9  # of the subdivision's tree

UNARY: dict[str, Callable[[Any], Any]] = {
    "sqrt": mp.sqrt,
    "atan": mp.atan,
    "exp": mp.exp,
    "log": mp.log,
    "sin": mp.sin,
    "cos": mp.cos,
    "asin": mp.asin,
    "acos": mp.acos,
    "neg": lambda a: -a,
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
}


def evaluate(expression: Any, point: dict[str, mpf]) -> mpf:
    """Return the value of an expression of the grammar; raises ValueError where it is undefined or malformed."""
    if isinstance(expression, str) or type(expression) is int:
        return number(Fraction(expression))
    name, *arguments = expression
    if name == "pi" and not arguments:
        return +mp.pi
    if name == "var":
        return point[arguments[0]]
    if name == "pow":
        exponent = arguments[1]
        if type(exponent) is not int:
            raise ValueError("an exponent that is no integer")
        if abs(exponent) > 5000:
            raise TooLarge("an exponent")
        return evaluate(arguments[0], point) ** exponent
    values = [evaluate(argument, point) for argument in arguments]
    result = UNARY[name](*values) if len(values) == 1 else BINARY[name](*values)
    if not isinstance(result, mpf) or not mp.isfinite(result):
        raise ValueError("undefined here")
    return result


def truth(claim: dict[str, Any]) -> str:
    """Refute a claim at a point of a grid; raises ValueError where a side is undefined."""
    sides = {name: axis(side) for name, side in claim["domain"].items()}
    if not all(sides.values()) or claim["relation"] not in ("<", "<="):
        return FALSE
    if len(sides) > 2:
        raise TooLarge("variables")
    for values in itertools.product(*sides.values()):
        point = {name: number(value) for name, value in zip(sides, values, strict=True)}
        difference = evaluate(claim["right"], point) - evaluate(claim["left"], point)
        tiny = mpf(10) ** -40  # of rounding; an exact contact counts as such
        if difference < -tiny or (abs(difference) <= tiny and claim["relation"] == "<"):
            return FALSE
    return IMPLIED


def axis(side: list[Any]) -> list[Fraction]:
    """Return points of a side of the domain, its ends among them; none if it is empty."""
    if side[0] == "integers":
        _, low, high = side
        if type(low) is not int or type(high) not in (int, type(None)):
            raise ValueError("an end that is no integer")
        most = low + 10**4 if high is None else high
        return [
            Fraction(n) for n in sorted({*range(low, min(low + POINTS, most + 1)), (low + most) // 2, most}) if n >= low
        ]
    low, high = (Fraction(end) for end in side)
    return [low + (high - low) * Fraction(i, POINTS - 1) for i in range(POINTS)] if low <= high else []


# --- honest certificates

Real = tuple[Fraction, Fraction]


def tree(box: dict[str, Real], depth: int) -> Any:
    """Return a full subdivision into halves, the variables by turns."""
    if depth == 0 or not box:
        return ["leaf"]
    name = list(box)[depth % len(box)]
    low, high = box[name]
    at = (low + high) / 2
    return ["split", name, str(at), tree(box | {name: (low, at)}, depth - 1), tree(box | {name: (at, high)}, depth - 1)]


def random_claim(source: random.Random) -> Document:
    """Return a random true inequality on halves of its domain, or by a series where the sides touch."""
    return _touching(source) if source.random() < 0.4 else _subdivided(source)


def _touching(source: random.Random) -> Document:
    """Return an inequality whose sides touch at an end of the domain, or at infinity."""
    x, terms = ["var", "x"], source.randint(5, 8)
    first = source.randint(4, 9)
    endless = ["integers", first, None]
    finite = ["0", str(Fraction(1, source.randint(2, 5)))]
    high = [str(1 - Fraction(finite[1])), "1"]
    left, right, side, end = source.choice(
        [
            (["sin", x], x, finite, "low"),
            (["sub", 1, ["div", ["pow", x, 2], 2]], ["cos", x], finite, "low"),
            (["add", 1, x], ["exp", x], finite, "low"),
            (x, ["asin", x], finite, "low"),
            (["pow", x, 2], x, high, "high"),
            (["log", x], ["sub", x, 1], high, "high"),
            (0, ["sub", ["div", 1, x], ["log", ["add", 1, ["div", 1, ["mul", 2, x]]]]], endless, "high"),
            (["atan", x], ["div", ["pi"], 2], endless, "high"),
            (["acos", ["div", 1, x]], ["div", ["pi"], 2], endless, "high"),
        ]
    )
    claim = {"kind": "inequality", "left": left, "right": right, "relation": "<=", "domain": {"x": side}}
    return document(claim, {"tree": [end, "x", terms]})


def _subdivided(source: random.Random) -> Document:
    x, y = ["var", "x"], ["var", "y"]
    low = Fraction(source.randint(1, 8), source.choice([1, 2, 3]))
    high = low + Fraction(source.randint(0, 9), 4)
    margin = str(Fraction(1, source.choice([2, 10, 50])))
    choices: list[tuple[Any, Any, list[str]]] = [
        (["mul", x, ["sub", 1, x]], ["add", "1/4", margin], ["x"]),
        (["atan", x], ["sub", ["div", ["pi"], 2], ["div", 1, ["add", 1, ["mul", 9, x]]]], ["x"]),
        (["log", x], ["sub", ["add", x, margin], 1], ["x"]),
        (["sqrt", ["mul", x, y]], ["add", ["div", ["add", x, y], 2], margin], ["x", "y"]),
        (["exp", 1], ["sub", ["pi"], "2/5"], []),
        (["add", 1, x], ["add", ["exp", x], margin], ["x"]),
        (["neg", ["pow", ["sub", x, y], 2]], margin, ["x", "y"]),
    ]
    left, right, names = source.choice(choices)
    domain = {name: [str(low), str(high)] for name in names}
    claim = {
        "kind": "inequality",
        "left": left,
        "right": right,
        "relation": source.choice(["<", "<="]),
        "domain": domain,
    }
    return document(claim, {"tree": tree(dict.fromkeys(names, (low, high)), source.randint(3, DEPTH))})


# --- mutations


def sides_exchanged(d: Document, source: random.Random) -> None:
    """The other way round."""
    claim = d["claim"]
    claim["left"], claim["right"] = claim["right"], claim["left"]


def relation(d: Document, source: random.Random) -> None:
    """Strict or not."""
    d["claim"]["relation"] = "<" if d["claim"]["relation"] == "<=" else "<="


def shifted(d: Document, source: random.Random) -> None:
    """A constant more on one side."""
    side, amount = source.choice(["left", "right"]), str(Fraction(source.randint(-9, 9), source.choice([3, 30, 300])))
    d["claim"][side] = ["add", d["claim"][side], amount]


def domain_changed(d: Document, source: random.Random) -> None:
    """A wider domain, or a moved one."""
    sides = d["claim"]["domain"]
    side = sides[source.choice(list(sides))]
    if side[0] == "integers":
        side[1 + source.randrange(2)] = source.choice([None, *range(-2, 12)])
        return
    end = source.randrange(2)
    side[end] = str(Fraction(side[end]) + Fraction(source.randint(-9, 9), 4))


def operation(d: Document, source: random.Random) -> None:
    """Another operation of as many arguments, somewhere."""
    nodes = [node for side in ("left", "right") for node in _nodes(d["claim"][side])]
    node = source.choice(nodes)
    node[0] = source.choice(list(UNARY if len(node) == 2 else BINARY))


def _nodes(expression: Any) -> list[Any]:
    if not isinstance(expression, list):
        return []
    inner = [node for argument in expression[1:] for node in _nodes(argument)]
    return inner if expression[0] in ("var", "pi", "pow") else [expression, *inner]


def tree_changed(d: Document, source: random.Random) -> None:
    """A leaf for a subtree, halves exchanged, a split elsewhere, another end or fewer terms of a series."""
    node = d["evidence"]["tree"]
    while len(node) == 5 and source.random() < 0.7:
        node = source.choice(node[3:])
    choice = source.randrange(3)
    if len(node) == 5 and choice == 0:
        node[3], node[4] = node[4], node[3]
    elif len(node) == 5 and choice == 1:
        node[2] = str(Fraction(node[2]) + Fraction(source.randint(-9, 9), 4))
    elif len(node) == 3 and choice:
        node[2 * (choice - 1)] = source.choice(["low", "high"]) if choice == 1 else source.randint(0, 3)
    else:
        node[:] = ["leaf"]


MUTATIONS = (sides_exchanged, relation, shifted, shifted, domain_changed, domain_changed, operation, tree_changed)
