"""SymPy expressions and decisions in the checker's grammar, as JSON values. Nothing here is believed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy

from ntkproofs.errors import InputError
from ntkproofs.rigor import Box, Decision, Inequality, Integers, Point
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
    """A decision as the claim and the tree of a certificate, or the `reason` why it is not in the grammar.

    JSON text, so that it is handed from process to process as it was written.
    """

    claim: str = ""
    tree: str = ""
    reason: str = ""


def draft(decision: Decision) -> Draft:
    """Return a decision that holds as a certificate that the checker has not seen.

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
    """Return the claim of a certificate; raises InputError for what the grammar lacks."""
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
    if isinstance(domain, Box):
        return {str(symbol): [str(low), str(high)] for symbol, low, high in domain.sides}
    return {str(domain.symbol): ["integers", domain.start, domain.stop]}


def expression_json(node: sympy.Expr) -> Any:
    """Return a SymPy expression in the checker's grammar; raises InputError for what it lacks.

    >>> expression_json(sympy.sqrt(2) / (1 + sympy.pi))
    ['div', ['sqrt', 2], ['add', 1, ['pi']]]
    """
    return _Translation().expression(node, 1)


class _Translation:
    """Expressions translated so far, counted: what SymPy shares is written out each time."""

    def __init__(self) -> None:
        self.parts = 0

    def expression(self, node: sympy.Expr, depth: int) -> Any:
        """Translate an expression that stands within `depth` brackets."""
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
    """Return the parts of a sum or product in an order that does not depend on the process."""
    return sorted(node.args, key=sympy.default_sort_key)


def _levels(node: sympy.Expr) -> int:
    """Return how many brackets stand around a part of a sum or product."""
    return (len(node.args) - 1).bit_length()


def _joined(name: str, parts: list[Any]) -> Any:
    """Join the parts of a sum or product two at a time, so that long ones are not nested deeply."""
    if len(parts) == 1:
        return parts[0]
    middle = (len(parts) + 1) // 2
    return [name, _joined(name, parts[:middle]), _joined(name, parts[middle:])]


# --- evidence


def tree_json(decision: Decision) -> list[Any]:
    """Return the cells of a decision that holds as a subdivision of its domain."""
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
    """Part the integers where the cells ``1/b^2 <= n < 1/a^2`` do."""
    name = str(domain.symbol)
    pieces: list[tuple[int, list[Any]]] = []
    for cell in sorted(cells, key=lambda cell: -cell.box[0][1]):
        (low, high), first = cell.box[0], domain.start
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
    return ["low", name, LOW_TERMS] if rule == "mean value" else ["leaf"]


def _parted(pieces: list[tuple[int, list[Any]]], name: str) -> list[Any]:
    if len(pieces) == 1:
        return pieces[0][1]
    middle = len(pieces) // 2
    return ["split", name, pieces[middle][0], _parted(pieces[:middle], name), _parted(pieces[middle:], name)]


def _box_tree(cells: list[Cell], box: tuple[tuple[Fraction, Fraction], ...], names: list[str]) -> list[Any]:
    """Part a box as its cells do: along an axis and at a place that no cell reaches across."""
    if len(cells) == 1:
        return _leaf(cells[0].rule, names[0])
    for axis, name in enumerate(names):
        places = sorted(
            {cell.box[axis][0] for cell in cells} - {box[axis][0]}, key=lambda x: abs(2 * x - sum(box[axis]))
        )
        for at in places:
            below = [cell for cell in cells if cell.box[axis][1] <= at]
            above = [cell for cell in cells if cell.box[axis][0] >= at]
            if len(below) + len(above) == len(cells):
                low, high = box[axis]
                lower, upper = ((*box[:axis], side, *box[axis + 1 :]) for side in ((low, at), (at, high)))
                trees = [_box_tree(part, side, names) for part, side in ((below, lower), (above, upper))]
                return ["split", name, str(at), *trees]
    raise InputError("the cells are not those of a subdivision")
