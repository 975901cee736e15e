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
    sides = {name: [Fraction(end) for end in ends] for name, ends in claim["domain"].items()}
    if any(low > high for low, high in sides.values()) or claim["relation"] not in ("<", "<="):
        return FALSE
    if len(sides) > 2:
        raise TooLarge("variables")
    axes = [[low + (high - low) * Fraction(i, POINTS - 1) for i in range(POINTS)] for low, high in sides.values()]
    for values in itertools.product(*axes):
        point = {name: number(value) for name, value in zip(sides, values, strict=True)}
        difference = evaluate(claim["right"], point) - evaluate(claim["left"], point)
        tiny = mpf(10) ** -40  # of rounding; an exact contact counts as such
        if difference < -tiny or (abs(difference) <= tiny and claim["relation"] == "<"):
            return FALSE
    return IMPLIED


# --- honest certificates


def tree(source: random.Random, names: list[str], depth: int) -> Any:
    """Return a full subdivision, the variables by turns."""
    if depth == 0 or not names:
        return ["leaf"]
    name = names[depth % len(names)]
    return ["split", name, tree(source, names, depth - 1), tree(source, names, depth - 1)]


def random_claim(source: random.Random) -> Document:
    """Return a random true inequality with a subdivision of its domain."""
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
    return document(claim, {"tree": tree(source, names, source.randint(3, DEPTH) if names else 0)})


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
    """A leaf for a subtree, or halves exchanged."""
    node = d["evidence"]["tree"]
    while len(node) == 4 and source.random() < 0.7:
        node = source.choice(node[2:])
    if len(node) == 4 and source.random() < 0.5:
        node[2], node[3] = node[3], node[2]
    else:
        node[:] = ["leaf"]


MUTATIONS = (sides_exchanged, relation, shifted, shifted, domain_changed, domain_changed, operation, tree_changed)
