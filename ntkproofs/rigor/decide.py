"""decide: settle an inequality over a point, a box or all integers, by ball arithmetic, with evidence.

``decide(less(a, b), domain)`` returns a :class:`Decision`: ``holds`` with the cells that cover the domain and a margin,
``fails`` with a counterexample, or ``open`` with the reason. Rules by which a cell is settled:

=============  ====================================================================================================
``point``      the value at one point, at rising precision; equality is recognised exactly where it lies in Q(pi)
``range``      the formula evaluated with the whole cell
``mean value`` ``f(middle) + f'(cell) (cell - middle)``, derivatives by Taylor arithmetic over balls
``contact``    the two sides touch at an end of the cell: divide the zero out (see ``germs``), then ``range``
``integers``   the cell holds a few integers only: each is a point
``empty``      the cell holds no integer
=============  ====================================================================================================

All integers ``n >= n0`` at once: ``s = n**(-1/2)`` maps them into ``0 < s <= 1``; at ``s = 0`` stands n = infinity, a
contact point like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import sympy

from ntkproofs.arithmetic.balls import MAX_PRECISION
from ntkproofs.arithmetic.digits import certain_digits
from ntkproofs.arithmetic.expressions import check_names, difference
from ntkproofs.arithmetic.notation import written
from ntkproofs.display import CODE, facts
from ntkproofs.errors import InputError, Undecided
from ntkproofs.facts import Fact, Finding, Outcome, engine_of
from ntkproofs.rigor.inquiry import Inquiry
from ntkproofs.rigor.spaces import BoxSides, Cell, Counterexample, Space, space_of
from ntkproofs.rigor.statements import Box, Domain, Inequality, Integers, Point, point_text
from ntkproofs.validation import integer

__all__ = ["Cell", "Decision", "Outcome", "Outcomes", "check_question", "decide", "decide_point"]

MAX_DEPTH = 120
MAX_CELLS = 10_000_000


@dataclass(frozen=True)
class Decision(Finding):
    """The outcome of :func:`decide` and what supports it.

    `margin` is a certified lower bound of ``(right - left) * n**(order/2)`` over the domain for integers (`order` is 0
    unless the two sides approach each other, or part, as n grows), of ``right - left`` otherwise.
    """

    instead = '.outcome == "holds"'
    issued_only: ClassVar[bool] = False  # every decision is replayed before it counts

    inequality: Inequality
    domain: Domain
    outcome: Outcome
    cells: tuple[Cell, ...]
    margin: Fraction | None
    order: int
    precision: int
    counterexample: tuple[tuple[sympy.Symbol, Fraction], ...] | None = None
    value: str | None = None
    reason: str = ""

    def margin_text(self) -> str:
        """Return the margin for people: ``>= 2.41 n^(1/2)``."""
        if self.margin is None:
            return ""
        if self.margin == 0:
            return "≥ 0"
        text = "≥ " + certain_digits(self.margin, self.margin, 6).rstrip("…")
        if self.order and isinstance(self.domain, Integers):
            power = Fraction(-self.order, 2)
            shown = f"{power}" if power.denominator == 1 and power > 0 else f"({power})"
            text += f" {self.domain.symbol.name}" if power == 1 else f" {self.domain.symbol.name}^{shown}"
        return text

    def __str__(self) -> str:
        head = f"{self.outcome}: {self.inequality} for {self.domain}"
        if self.outcome == "holds":
            return f"{head} ({len(self.cells)} cells, margin {self.margin_text()}, {self.precision} bits)"
        if self.counterexample is not None:
            return f"{head} (right - left is {self.value} at {point_text(self.counterexample)})"
        return f"{head} ({self.reason})"

    def __repr__(self) -> str:
        return f"<Decision {self}>"

    def _repr_html_(self) -> str:
        rules: dict[str, int] = {}
        for cell in self.cells:
            rules[cell.rule] = rules.get(cell.rule, 0) + 1
        rows: list[tuple[str, object]] = [("statement", CODE + str(self.inequality)), ("for", self.domain)]
        if self.margin is not None:
            rows.append(("right - left", self.margin_text()))
        if self.counterexample is not None:
            rows.append(("counterexample", f"{point_text(self.counterexample)}: right - left is {self.value}"))
        if self.reason:
            rows.append(("reason", self.reason))
        rows.append(("cells", ", ".join(f"{rule} ({count:,})" for rule, count in rules.items()) or "none"))
        return facts(rows, caption=f"{self.outcome}, by ball arithmetic at {self.precision} bits")

    def fact(self) -> Fact:
        """Return the decision as a fact."""
        rules: dict[str, int] = {}
        for cell in self.cells:
            rules[cell.rule] = rules.get(cell.rule, 0) + 1
        evidence: dict[str, Any] = {
            "domain": str(self.domain),
            "boxes": len(self.cells),
            "rules": rules,
            "precision": self.precision,
            "margin": None if self.margin is None else str(self.margin),
            "margin_order": self.order,
            "cells": [
                {
                    "box": [[str(low), str(high)] for low, high in cell.box],
                    "rule": cell.rule,
                    "bound": None if cell.bound is None else str(cell.bound),
                    "precision": cell.precision,
                    "order": cell.order,
                }
                for cell in self.cells
            ],
        }
        reason = self.reason
        if self.counterexample is not None:
            point = {symbol.name: str(value) for symbol, value in self.counterexample}
            evidence["counterexample"] = {"point": point, "right_minus_left": self.value}
            where = ", ".join(f"{symbol} = {value}" for symbol, value in point.items()) or "these constants"
            reason = f"false at {where}: right - left is {self.value}"
        return Fact(
            kind="decided",
            outcome=self.outcome,
            engine=engine_of("Arb", "python-flint"),
            text=f"{self.inequality} for {self.domain}",
            work=len(self.cells),
            unit="boxes",
            margin=self.margin_text(),
            reason=reason,
            evidence=evidence,
            finding=self,
        )


def decide(
    inequality: Inequality,
    domain: Domain | None = None,
    *,
    precision: int = 64,
    limit: int = 2048,
    max_cells: int = 20_000,
) -> Decision:
    """Decide `inequality` over `domain` (default: a statement about constants).

    `precision` and `limit` are bits: the first to try and the last; `max_cells` bounds the subdivision. Raises
    InputError for a symbol without a domain and DomainError where the statement itself is undefined.

    >>> from ntkproofs.rigor import less
    >>> n = sympy.Symbol("n", positive=True)
    >>> print(decide(less(sympy.sqrt(n), n + sympy.Rational(1, 4)), Integers(n, start=1)))
    holds: sqrt(n) < n + 1/4 for all integers n >= 1 (2 cells, margin ≥ 0.0833333 n, 66 bits)
    >>> decide(less(sympy.Rational(314, 100), sympy.pi)).outcome
    'holds'
    """
    if not isinstance(inequality, Inequality):
        raise InputError(
            f"decide takes an inequality made by less(a, b) or at_most(a, b), got {type(inequality).__name__} "
            f"{inequality!s:.80}; what is written with < or <= SymPy may decide by itself"
        )
    domain = Point() if domain is None else domain
    check_question(inequality, domain)
    precision, limit, max_cells = checked_limits(precision, limit, max_cells)
    written(inequality.left), written(inequality.right)  # the statement as printed reads back as what is decided
    inquiry = Inquiry(inequality, precision, limit)
    if isinstance(domain, Point):
        return decide_point(inquiry, domain)
    return _subdivide(inquiry, domain, space_of(inquiry, domain), max_cells)


def check_question(inequality: object, domain: object) -> None:
    """Refuse what is no inequality over a domain that gives each of its symbols values; InputError."""
    if not isinstance(inequality, Inequality):
        raise InputError(
            f"decide takes less(a, b) or at_most(a, b), got {type(inequality).__name__} {inequality!r}; "
            "a < b between SymPy expressions is SymPy's own relation"
        )
    if not isinstance(domain, Point | Box | Integers):
        raise InputError(f"a domain is a Point, a Box or Integers, got {type(domain).__name__} {domain!r}")
    symbols = difference(inequality.left, inequality.right).symbols
    check_names([*symbols, *domain.symbols])
    missing = symbols - set(domain.symbols)
    if missing:
        names = ", ".join(sorted(symbol.name for symbol in missing))
        raise InputError(f"no domain given for {names} in: {inequality}")


def checked_limits(precision: object, limit: object, max_cells: object) -> tuple[int, int, int]:
    """Return bits and the number of cells; raises InputError unless they are integers in their ranges."""
    most = integer(limit, "limit", low=2, high=MAX_PRECISION)
    return (
        integer(precision, "precision", low=2, high=most),
        most,
        integer(max_cells, "max_cells", low=1, high=MAX_CELLS),
    )


def decide_point(inquiry: Inquiry, domain: Point) -> Decision:
    """Decide at a single point."""
    verdict = inquiry.at(dict(domain.values))
    common = Outcomes(inquiry, domain)
    if verdict.holds is None:
        shown = "not enclosed" if verdict.value is None else verdict.value.digits(6)
        return common.open((), f"right - left is {shown}, which does not tell its sign at {verdict.precision} bits")
    if not verdict.holds:
        return common.fails((), Counterexample(domain.values, verdict))
    try:
        bound = verdict.value.lower if verdict.value is not None else Fraction(0)
    except Undecided as problem:
        return common.open((), str(problem))
    cell = Cell(tuple((value, value) for _, value in domain.values), "point", bound, verdict.precision)
    return common.holds((cell,), bound, 0)


@dataclass(frozen=True)
class Outcomes:
    """Builds the three kinds of decision."""

    inquiry: Inquiry
    domain: Domain

    def _make(self, outcome: Outcome, cells: tuple[Cell, ...], **more: Any) -> Decision:
        used = max([self.inquiry.precision, *(cell.precision for cell in cells)])
        empty: dict[str, Any] = {"margin": None, "order": 0, "precision": used}
        return Decision(self.inquiry.inequality, self.domain, outcome, cells, **(empty | more))

    def holds(self, cells: tuple[Cell, ...], margin: Fraction, order: int) -> Decision:
        """Return the decision that all cells support."""
        return self._make("holds", cells, margin=margin, order=order)

    def fails(self, cells: tuple[Cell, ...], found: Counterexample) -> Decision:
        """Return the decision that a counterexample makes."""
        value = "exactly 0" if found.verdict.exact_zero else str(found.verdict.value)
        return self._make("fails", cells, counterexample=found.point, value=value, precision=found.verdict.precision)

    def open(self, cells: tuple[Cell, ...], reason: str) -> Decision:
        """Return the decision that nothing was decided."""
        return self._make("open", cells, reason=reason)


def _subdivide(inquiry: Inquiry, domain: Domain, space: Space, max_cells: int) -> Decision:
    """Settle cells depth first until none is left, a counterexample turns up, or the limits are met."""
    common = Outcomes(inquiry, domain)
    cells: list[Cell] = []
    stack = [(box, 0) for box in reversed(space.roots())]
    while stack:
        box, depth = stack.pop()
        cell = _settle(space, box, min(inquiry.limit, inquiry.precision + 2 * depth))
        if cell is not None:
            cells.append(cell)
            continue
        found = space.refute(box)
        if found is not None:
            return common.fails(tuple(cells), found)
        if depth >= MAX_DEPTH or len(cells) + len(stack) >= max_cells:
            where = ", ".join(f"{_short(low)}..{_short(high)}" for low, high in box)
            doubt = ", where a side may be undefined" if space.in_doubt(box, inquiry.precision) else ""
            reason = f"{len(cells)} cells settled, none of the rules settles {where}{doubt}"
            return common.open(tuple(cells), reason)
        left, right = space.halves(box)
        stack += [(right, depth + 1), (left, depth + 1)]
    return common.holds(tuple(cells), *space.margin(cells))


def _settle(space: Space, box: BoxSides, bits: int) -> Cell | None:
    try:
        return space.settle(box, bits)
    except Undecided:  # a bound that is too large to be written out
        return None


def _short(value: Fraction) -> str:
    return certain_digits(value, value, 8)
