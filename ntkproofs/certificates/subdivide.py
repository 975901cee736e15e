"""Issuing certificates of inequalities: SymPy expressions into the closed grammar, and a subdivision of the box."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy

from ntkproofs import checker
from ntkproofs.certificates.format import Certificate
from ntkproofs.errors import InputError, NtkProofsError, Undecided
from ntkproofs.rigor import Box, Inequality, Point

__all__ = ["expression_json", "issue_inequality"]

MAX_SPLITS = 60  # nested, on the way to one leaf
MAX_LEAVES = 20_000


def issue_inequality(inequality: Inequality, domain: Box | Point | None = None) -> Certificate:
    """Certify an inequality on a closed box or at a point, by the plain interval evaluation of its leaves.

    Raises NtkProofsError if it is false somewhere on a leaf, Undecided if 60 halvings or 20,000 leaves are not enough
    (two sides that touch cannot be certified), InputError for an expression outside the grammar.

    >>> from ntkproofs.rigor import less
    >>> x = sympy.Symbol("x")
    >>> certificate = issue_inequality(less(x * (1 - x), sympy.Rational(2, 5)), Box({x: (0, 1)}))
    >>> print(certificate.verified.claim)
    ["mul",["var","x"],["add",1,["mul",-1,["var","x"]]]] < "2/5" for all 0 <= x <= 1
    """
    box = _box(Point() if domain is None else domain)
    claim = {
        "kind": "inequality",
        "left": expression_json(inequality.left),
        "relation": "<" if inequality.strict else "<=",
        "right": expression_json(inequality.right),
        "domain": {name: [str(low), str(high)] for name, (low, high) in box.items()},
    }
    difference = ["sub", claim["right"], claim["left"]]
    certificate = Certificate(claim, {"tree": _tree(difference, inequality.strict, box)})
    _ = certificate.verified
    return certificate


def _box(domain: Box | Point) -> checker.Box:
    if isinstance(domain, Point):
        return {str(symbol): (value, value) for symbol, value in domain.values}
    if isinstance(domain, Box):
        return {str(symbol): (low, high) for symbol, low, high in domain.sides}
    raise InputError(f"a certificate is about a box or a point, not about {domain}")


def _tree(difference: Any, strict: bool, box: checker.Box) -> list[Any]:
    """Halve, always the side that is longest compared with the whole box's, until every leaf is certain."""
    root: list[Any] = []
    stack = [(box, root, 0)]
    leaves = 0
    while stack:
        here, node, depth = stack.pop()
        if _settled(difference, strict, here):
            node.append("leaf")
            leaves += 1
            continue
        _settled(difference, strict, {name: ((low + high) / 2,) * 2 for name, (low, high) in here.items()})  # or false
        name = _longest(here, box)
        if name is None or depth >= MAX_SPLITS or leaves + len(stack) >= MAX_LEAVES:
            where = ", ".join(f"{name} from {low} to {high}" for name, (low, high) in here.items())
            raise Undecided(f"the inequality is not settled by {leaves} leaves, at {where or 'its constants'}")
        low, high = here[name]
        middle = (low + high) / 2
        halves: tuple[list[Any], list[Any]] = ([], [])
        node += ["split", name, *halves]
        stack += [
            (here | {name: (middle, high)}, halves[1], depth + 1),
            (here | {name: (low, middle)}, halves[0], depth + 1),
        ]
    return root


def _longest(here: checker.Box, box: checker.Box) -> str | None:
    ratio = {name: (here[name][1] - here[name][0]) / (high - low) for name, (low, high) in box.items() if low < high}
    return max(ratio, key=lambda name: ratio[name], default=None)


def _settled(difference: Any, strict: bool, box: checker.Box) -> bool:
    try:
        value = checker.value_of(difference, box)
    except checker.Rejected:  # undefined on some of the box: smaller boxes may do
        return False
    except checker.Declined as problem:
        raise Undecided(f"beyond the checker's limits: {problem}") from problem
    if value.high < 0 or (strict and value.high == 0):
        where = ", ".join(f"{name} from {low} to {high}" for name, (low, high) in box.items())
        raise NtkProofsError(f"the inequality is false{' for ' + where if where else ''}")
    return value.low > 0 or (value.low == 0 and not strict)


# --- SymPy into the grammar


def expression_json(node: sympy.Expr) -> Any:
    """Return a SymPy expression in the checker's grammar; raises InputError for what it lacks.

    >>> expression_json(sympy.sqrt(2) / (1 + sympy.pi))
    ['div', ['sqrt', 2], ['add', 1, ['pi']]]
    """
    if node.is_Rational:
        return int(node.p) if node.q == 1 else f"{node.p}/{node.q}"
    if node is sympy.S.Pi:
        return ["pi"]
    if node is sympy.S.Exp1:
        return ["exp", 1]
    if node.is_Symbol:
        return ["var", str(node)]
    if node.is_Add:
        return _fold("add", [expression_json(part) for part in _ordered(node)])
    if node.is_Mul:
        return _product(node)
    if node.is_Pow:
        return _power(node.base, node.exp)
    make = _FUNCTIONS.get(type(node).__name__)
    if make is None:
        raise InputError(f"{node} is not in the grammar of certificates: + - * / powers sqrt atan exp log pi")
    return make(expression_json(node.args[0]))


def _asin(x: Any) -> Any:
    """Return ``asin x = atan(x / sqrt(1 - x^2))`` (not at the ends, where the division is refused)."""
    return ["atan", ["div", x, ["sqrt", ["sub", 1, ["pow", x, 2]]]]]


_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "atan": lambda x: ["atan", x],
    "exp": lambda x: ["exp", x],
    "log": lambda x: ["log", x],
    "asin": _asin,
    "acos": lambda x: ["sub", ["div", ["pi"], 2], _asin(x)],
}


def _ordered(node: sympy.Expr) -> list[sympy.Expr]:
    """Return the parts of a sum or product in an order that does not depend on the process."""
    return sorted(node.args, key=sympy.default_sort_key)


def _fold(name: str, parts: list[Any]) -> Any:
    total = parts[0]
    for part in parts[1:]:
        total = [name, total, part]
    return total


def _product(node: sympy.Expr) -> Any:
    above: list[Any] = []
    below: list[Any] = []
    for factor in _ordered(node):
        if factor.is_Pow and factor.exp.is_Rational and factor.exp < 0:
            below.append(_power(factor.base, -factor.exp))
        else:
            above.append(expression_json(factor))
    top = _fold("mul", above) if above else 1
    return ["div", top, _fold("mul", below)] if below else top


def _power(base: sympy.Expr, exponent: sympy.Expr) -> Any:
    if not exponent.is_Rational or exponent.q not in (1, 2):
        raise InputError(f"{base}**({exponent}) is not in the grammar: integer and half-integer powers only")
    inner = expression_json(base)
    if exponent.q == 2:
        inner = ["sqrt", inner]
    return inner if exponent.p == 1 else ["pow", inner, int(exponent.p)]
