"""Translate SymPy expressions and decisions to the checker's grammar, as JSON values. This module is untrusted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy

from ntkproofs.errors import InputError
from ntkproofs.rigor import Decision, Inequality, Integers, Point
from ntkproofs.rigor.decide import Cell
from ntkproofs.rigor.statements import Domain

__all__ = ["Draft", "claim_json", "draft", "expression_json", "tree_json"]

FUNCTIONS = ("acos", "asin", "atan", "cos", "exp", "log", "sin")
MAX_PARTS, MAX_DEPTH = 20_000, 95  # of an inequality; the checker reads up to 100 brackets
MAX_CELLS = 1 << 12  # of a decision
OUTSIDE = 3  # brackets around an expression in a certificate
CONTACT_TERMS, LOW_TERMS = 5, 3  # of a series at an end where two sides meet, and elsewhere


@dataclass(frozen=True)
class Draft:
    """The claim and the tree of a certificate for a decision, or the `reason` why it is outside the grammar.

    Stored as JSON text, which is passed between processes unchanged.
    """

    claim: str = ""
    tree: str = ""
    reason: str = ""


def draft(decision: Decision) -> Draft:
    """Return the draft of a certificate for a decision that holds; it is not yet checked.

    >>> from ntkproofs.rigor import decide, less
    >>> n = sympy.Symbol("n")
    >>> print(draft(decide(less(1, n + sympy.sqrt(n)), Integers(n, 2))).tree)
    ["split", "n", 3, ["leaf"], ["split", "n", 4, ["leaf"], ["high", "n", 5]]]
    """
    try:
        claim = claim_json(decision.inequality, decision.domain)
        return Draft(json.dumps(claim), json.dumps(tree_json(decision)))
    except InputError as problem:
        return Draft(reason=str(problem))


def claim_json(inequality: Inequality, domain: Domain) -> dict[str, Any]:
    """Return the claim of a certificate; raises InputError for an expression outside the grammar."""
    if len({str(symbol) for symbol in domain.symbols}) < len(domain.symbols):
        raise InputError(f"two symbols of one name: {', '.join(map(str, domain.symbols))}")
    translation = _Translation()
    return {
        "kind": "inequality",
        "left": translation.expression(inequality.left, OUTSIDE),
        "relation": "<" if inequality.strict else "<=",
        "right": translation.expression(inequality.right, OUTSIDE),
        "domain": _domain_json(domain),
    }


def _domain_json(domain: Domain) -> dict[str, Any]:
    if isinstance(domain, Point):
        return {str(symbol): [str(value), str(value)] for symbol, value in domain.values}
    if isinstance(domain, Integers):
        return {str(domain.symbol): ["integers", _first(domain), domain.stop]}
    if not domain.is_closed_rational:
        raise InputError(f"the domain is not in the checker's grammar, closed boxes with rational ends: {domain}")
    return {str(symbol): [str(low), str(high)] for symbol, low, high in domain.sides}


def _first(domain: Integers) -> int:
    """Return the first of the integers; raises InputError if it is negative or there is none."""
    if domain.start is None or domain.start < 0:
        raise InputError(f"the domain is not in the checker's grammar, integers from a first one >= 0: {domain}")
    return domain.start


def expression_json(node: sympy.Expr) -> Any:
    """Translate a SymPy expression; raises InputError for an expression outside the checker's grammar.

    >>> expression_json(sympy.sqrt(2) / (1 + sympy.pi))
    ['div', ['sqrt', 2], ['add', 1, ['pi']]]
    """
    return _Translation().expression(node, 1)


class _Translation:
    """Translates an expression and counts its parts; subexpressions that SymPy shares are repeated."""

    def __init__(self) -> None:
        self.parts = 0

    def expression(self, node: sympy.Expr, depth: int) -> Any:
        """Translate an expression nested within `depth` brackets."""
        self.parts += 1
        if self.parts > MAX_PARTS or depth > MAX_DEPTH:
            raise InputError(f"an expression of more than {MAX_PARTS:,} parts, or nested deeper than {MAX_DEPTH}")
        if node.is_Rational:
            return int(node.p) if node.q == 1 else f"{node.p}/{node.q}"
        if node is sympy.S.Pi:
            return ["pi"]
        if node is sympy.S.Exp1:
            return ["exp", 1]
        if node.is_Symbol:
            return ["var", str(node)]
        if node.is_Add:
            inner = depth + _levels(node)
            return _joined("add", [self.expression(part, inner) for part in _ordered(node)])
        if node.is_Mul:
            return self._product(node, depth)
        if node.is_Pow:
            return self._power(node.base, node.exp, depth)
        name = type(node).__name__
        if name not in FUNCTIONS or len(node.args) != 1:
            known = " ".join(FUNCTIONS)
            raise InputError(f"{node} is not in the grammar of certificates: + - * / powers sqrt pi {known}")
        return [name, self.expression(node.args[0], depth + 1)]

    def _product(self, node: sympy.Expr, depth: int) -> Any:
        inner = depth + 1 + _levels(node)
        above: list[Any] = []
        below: list[Any] = []
        for factor in _ordered(node):
            if factor.is_Pow and factor.exp.is_Rational and factor.exp < 0:
                below.append(self._power(factor.base, -factor.exp, inner))
            else:
                above.append(self.expression(factor, inner))
        top = _joined("mul", above) if above else 1
        return ["div", top, _joined("mul", below)] if below else top

    def _power(self, base: sympy.Expr, exponent: sympy.Expr, depth: int) -> Any:
        if not exponent.is_Rational or exponent.q not in (1, 2):
            raise InputError(f"{base}**({exponent}) is not in the grammar: integer and half-integer powers only")
        inner = self.expression(base, depth + exponent.q)
        if exponent.q == 2:
            inner = ["sqrt", inner]
        return inner if exponent.p == 1 else ["pow", inner, int(exponent.p)]


def _ordered(node: sympy.Expr) -> list[sympy.Expr]:
    """Return the arguments of a sum or product in a deterministic order."""
    return sorted(node.args, key=sympy.default_sort_key)


def _levels(node: sympy.Expr) -> int:
    """Return the nesting depth that a sum or product adds to its arguments."""
    return (len(node.args) - 1).bit_length()


def _joined(name: str, parts: list[Any]) -> Any:
    """Join the arguments of a sum or product as a balanced binary tree."""
    if len(parts) == 1:
        return parts[0]
    middle = (len(parts) + 1) // 2
    return [name, _joined(name, parts[:middle]), _joined(name, parts[middle:])]


# --- evidence


def tree_json(decision: Decision) -> list[Any]:
    """Return the subdivision of the domain that consists of the cells of a decision."""
    domain = decision.domain
    if isinstance(domain, Point):
        return ["leaf"]
    if len(decision.cells) > MAX_CELLS:
        raise InputError(f"more than {MAX_CELLS:,} cells")
    if isinstance(domain, Integers):
        return _integers_tree(decision.cells, domain)
    names = [str(symbol) for symbol in domain.symbols]
    return _box_tree(list(decision.cells), tuple((low, high) for _, low, high in domain.sides), names)


def _integers_tree(cells: tuple[Cell, ...], domain: Integers) -> list[Any]:
    """Split the integers at the boundaries of the cells ``1/b^2 <= n < 1/a^2``."""
    name = str(domain.symbol)
    pieces: list[tuple[int, list[Any]]] = []
    for cell in sorted(cells, key=lambda cell: -cell.box[0][1]):
        (low, high), first = cell.box[0], _first(domain)
        if high < 1:
            first = max(first, _above(high))
        if cell.rule == "empty":
            continue
        if cell.rule == "integers":
            last = _above(low) - 1 if domain.stop is None else min(domain.stop, _above(low) - 1)
            pieces += [(n, ["leaf"]) for n in range(first, last + 1)]
        elif cell.rule == "contact":
            pieces.append((first, ["high", name, CONTACT_TERMS]))
        else:
            pieces.append((first, _leaf(cell.rule, name)))
    return _parted(pieces, name)


def _above(s: Fraction) -> int:
    """Return the least integer n with ``n^(-1/2) <= s``."""
    return -(-(s.denominator**2) // s.numerator**2)


def _leaf(rule: str, name: str) -> list[Any]:
    if rule.startswith("contact"):
        return [rule.removeprefix("contact "), name, CONTACT_TERMS]
    series = rule in ("mean value", "monotone", "convex") or rule.startswith("taylor")
    return ["low", name, LOW_TERMS] if series else ["leaf"]


def _parted(pieces: list[tuple[int, list[Any]]], name: str) -> list[Any]:
    if len(pieces) == 1:
        return pieces[0][1]
    middle = len(pieces) // 2
    return ["split", name, pieces[middle][0], _parted(pieces[:middle], name), _parted(pieces[middle:], name)]


def _box_tree(cells: list[Cell], box: tuple[tuple[Fraction, Fraction], ...], names: list[str]) -> list[Any]:
    """Split a box recursively at a coordinate of an axis that no cell crosses."""
    if len(cells) == 1:
        return _leaf(cells[0].rule, names[0])
    for axis, name in enumerate(names):
        candidates = sorted(
            {cell.box[axis][0] for cell in cells} - {box[axis][0]}, key=lambda x: abs(2 * x - sum(box[axis]))
        )
        for at in candidates:
            below = [cell for cell in cells if cell.box[axis][1] <= at]
            above = [cell for cell in cells if cell.box[axis][0] >= at]
            if len(below) + len(above) == len(cells):
                low, high = box[axis]
                lower, upper = ((*box[:axis], side, *box[axis + 1 :]) for side in ((low, at), (at, high)))
                trees = [_box_tree(part, side, names) for part, side in ((below, lower), (above, upper))]
                return ["split", name, str(at), *trees]
    raise InputError("the cells are not those of a subdivision")
