"""Decision of inequalities by interval arithmetic: over a point, a box or integers, with evidence.

``decide(less(a, b), domain)`` returns a :class:`Decision`: ``holds``, with cells that cover the domain and a margin;
``fails``, with a counterexample (for integers the least one, if that is cheap to show); or ``open``, with the reason.
A cell is proved by one of these rules:

===============  =============================================================================================
The integers ``n >= n0`` are mapped to ``0 < s <= 1`` by ``s = n**(-1/2)``. The limit ``n -> infinity`` is the point
``s = 0``, which is treated as a contact point. Other domains are cut into pieces with parameters (see ``charts``).
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
from ntkproofs.display import CODE, counted, facts
from ntkproofs.errors import InputError, Undecided
from ntkproofs.facts import Fact, Finding, Outcome, engine_of
from ntkproofs.rigor.evaluator import Evaluator
from ntkproofs.rigor.search import Obstacle, Search
from ntkproofs.rigor.statements import Box, Domain, Inequality, Integers, Point, point_text
from ntkproofs.rigor.subdivision import BoxSubdivision, Cell, Counterexample, Subdivision, subdivision_of
from ntkproofs.validation import integer

__all__ = ["Cell", "Decision", "DecisionBuilder", "Outcome", "decide", "decide_point"]

MAX_CELLS = 10_000_000
CELLS, CELLS_OF_A_LINE = 20_000, 2_000  # the default of max_cells; the second one for one real variable


@dataclass(frozen=True)
class Decision(Finding):
    """The result of :func:`decide`, with its evidence.

    `outcome`: ``holds``, ``fails`` or ``open``; `cells`: the proved cells; `margin`: a certified lower bound of
    ``right - left`` over the domain, for integers of ``(right - left) * n**(order/2)``; `order`: 0 unless ``right -
    left`` tends to 0 or to infinity as n grows; `precision`: the largest precision used, in bits; `counterexample`: a
    point at which the inequality fails, with the `value` of ``right - left`` there; `least`: whether it is known to be
    the least integer at which it fails; `reason`: why it is open, as a text; `obstacle`: the same as an object.
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
    obstacle: Obstacle | None = None
    least: bool = False

    def margin_text(self) -> str:
        """Return the margin in readable form: ``>= 2.41 n^(1/2)``."""
        if self.margin is None:
            return ""
        if self.margin == 0:
            return "≥ 0"
        text = "≥ " + certain_digits(self.margin, self.margin, 6).rstrip("…")
        if self.order and isinstance(self.domain, Integers):
            power = Fraction(-self.order, 2)
            exponent = f"{power}" if power.denominator == 1 and power > 0 else f"({power})"
            name, start = self.domain.symbol.name, self.domain.start
            size = name if start is not None and start >= 0 else f"|{name}|"
            text += f" {size}" if power == 1 else f" {size}^{exponent}"
        return text

    def __str__(self) -> str:
        head = f"{self.outcome}: {self.inequality} for {self.domain}"
        if self.outcome == "holds":
            return f"{head} ({counted(len(self.cells), 'cell')}, margin {self.margin_text()}, {self.precision} bits)"
        if self.counterexample is not None:
            return f"{head} (right - left is {self.value} at {point_text(self.counterexample)}{self._least_text()})"
        return f"{head} ({self.reason})"

    def _least_text(self) -> str:
        return ", the least integer at which it is false" if self.least else ""

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
            rows.append(
                (
                    "counterexample",
                    f"{point_text(self.counterexample)}{self._least_text()}: right - left is {self.value}",
                )
            )
        if self.reason:
            rows.append(("reason", self.reason))
        rows.append(("cells", ", ".join(f"{rule} ({count:,})" for rule, count in rules.items()) or "none"))
        return facts(rows, caption=f"{self.outcome}, by ball arithmetic at {self.precision} bits")

    def _charts(self) -> list[str]:
        """Return for each piece of the domain how its variables depend on the parameters; empty for plain domains."""
        if not isinstance(self.domain, Box) or self.domain.is_closed_rational or not self.cells:
            return []
        subdivision = subdivision_of(Evaluator(self.inequality, self.precision, self.precision), self.domain)
        return [str(piece.chart) for piece in subdivision.pieces]

    def fact(self) -> Fact:
        """Return the decision as a fact."""
        charts = self._charts()
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
                    **({} if cell.contact is None else {"contact": str(cell.contact)}),
                    **({"chart": charts[cell.piece]} if charts else {}),
                }
                for cell in self.cells
            ],
        }
        reason = self.reason
        if self.counterexample is not None:
            point = {symbol.name: str(value) for symbol, value in self.counterexample}
            evidence["counterexample"] = {"point": point, "right_minus_left": self.value, "least": self.least}
            where = ", ".join(f"{symbol} = {value}" for symbol, value in point.items()) or "these constants"
            reason = f"false at {where}{self._least_text()}: right - left is {self.value}"
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
    max_cells: int | None = None,
) -> Decision:
    """Decide `inequality` over `domain` (default: the inequality is about constants).

    `precision` and `limit` are the first and the last precision to try, in bits; `max_cells` limits the subdivision
    (default: 2,000 cells in one real variable, otherwise 20,000).
    Raises InputError for an invalid argument or a symbol without a domain, and DomainError where a side is undefined.

    >>> from ntkproofs.rigor import less
    >>> n = sympy.Symbol("n", positive=True)
    >>> print(decide(less(sympy.sqrt(n), n + sympy.Rational(1, 4)), Integers(n, start=1)))
    holds: sqrt(n) < n + 1/4 for all integers n >= 1 (2 cells, margin ≥ 0.0833333 n, 66 bits)
    >>> decide(less(sympy.Rational(314, 100), sympy.pi)).outcome
    'holds'
    """
    domain = Point() if domain is None else domain
    _check_statement(inequality, domain)
    precision, limit, max_cells = _checked_limits(precision, limit, max_cells)
    written(inequality.left), written(inequality.right)  # checks that the printed statement parses as the one decided
    evaluator = Evaluator(inequality, precision, limit)
    if isinstance(domain, Point):
        return decide_point(evaluator, domain)
    subdivision = subdivision_of(evaluator, domain)
    return _subdivide(evaluator, domain, subdivision, _default_cells(subdivision) if max_cells is None else max_cells)


def _default_cells(subdivision: Subdivision) -> int:
    """Return the default of `max_cells`, which an open statement reaches within seconds, mostly."""
    is_line = isinstance(subdivision, BoxSubdivision) and len(subdivision.symbols) == 1
    return CELLS_OF_A_LINE if is_line else CELLS


def _check_statement(inequality: object, domain: object) -> None:
    """Raise InputError unless the arguments are an inequality and a domain that contains all of its symbols."""
    if not isinstance(inequality, Inequality):
        raise InputError(
            f"decide takes an inequality made by less(a, b) or at_most(a, b), got {type(inequality).__name__} "
            f"{inequality!s:.80}; SymPy may evaluate an expression with < or <= by itself"
        )
    if not isinstance(domain, Point | Box | Integers):
        raise InputError(f"a domain is a Point, a Box or Integers, got {type(domain).__name__} {domain!r}")
    symbols = difference(inequality.left, inequality.right).symbols
    check_names([*symbols, *domain.symbols])
    missing = symbols - set(domain.symbols)
    if missing:
        names = ", ".join(sorted(symbol.name for symbol in missing))
        raise InputError(f"no domain given for {names} in: {inequality}")


def _checked_limits(precision: object, limit: object, max_cells: object) -> tuple[int, int, int | None]:
    """Return precisions and number of cells; raises InputError unless they are integers in their ranges."""
    maximum = integer(limit, "limit", low=2, high=MAX_PRECISION)
    return (
        integer(precision, "precision", low=2, high=maximum),
        maximum,
        None if max_cells is None else integer(max_cells, "max_cells", low=1, high=MAX_CELLS),
    )


def decide_point(evaluator: Evaluator, domain: Point) -> Decision:
    """Decide an inequality at a single point."""
    result = evaluator.at_point(dict(domain.values))
    builder = DecisionBuilder(evaluator, domain)
    if result.holds is None:
        value = "not bounded" if result.value is None else result.value.digits(6)
        return builder.open((), f"right - left is {value}: its sign is not certain at {result.precision} bits")
    if not result.holds:
        return builder.fails((), Counterexample(domain.values, result))
    try:
        bound = Fraction(0) if result.exact_zero or result.value is None else result.value.lower
    except Undecided as problem:
        return builder.open((), str(problem))
    cell = Cell(tuple((value, value) for _, value in domain.values), "point", bound, result.precision)
    return builder.holds((cell,), bound, 0)


@dataclass(frozen=True)
class DecisionBuilder:
    """Constructs the decisions of one inequality over one domain."""

    evaluator: Evaluator
    domain: Domain

    def _decision(self, outcome: Outcome, cells: tuple[Cell, ...], **fields: Any) -> Decision:
        precision = max([self.evaluator.precision, *(cell.precision for cell in cells)])
        defaults: dict[str, Any] = {"margin": None, "order": 0, "precision": precision}
        return Decision(self.evaluator.inequality, self.domain, outcome, cells, **(defaults | fields))

    def holds(self, cells: tuple[Cell, ...], margin: Fraction, order: int) -> Decision:
        """Return the decision ``holds``, supported by cells that cover the domain."""
        return self._decision("holds", cells, margin=margin, order=order)

    def fails(self, cells: tuple[Cell, ...], counterexample: Counterexample, *, least: bool = False) -> Decision:
        """Return the decision ``fails``, supported by a counterexample; `least`: no smaller integer is one."""
        point, result = counterexample.point, counterexample.result
        value = "exactly 0" if result.exact_zero else str(result.value)
        return self._decision(
            "fails", cells, counterexample=point, value=value, precision=result.precision, least=least
        )

    def open(self, cells: tuple[Cell, ...], reason: str, obstacle: Obstacle | None = None) -> Decision:
        """Return the decision ``open``, with the reason."""
        return self._decision("open", cells, reason=reason, obstacle=obstacle)


def _subdivide(evaluator: Evaluator, domain: Domain, subdivision: Subdivision, max_cells: int) -> Decision:
    """Return the decision that a search over the subdivision of the domain supports."""
    builder, result = DecisionBuilder(evaluator, domain), Search(evaluator, subdivision, max_cells).run()
    if result.counterexample is not None:
        return builder.fails(result.cells, result.counterexample, least=result.least)
    if result.obstacle is not None:
        return builder.open(result.cells, str(result.obstacle), result.obstacle)
    return builder.holds(result.cells, *subdivision.margin(list(result.cells)))
