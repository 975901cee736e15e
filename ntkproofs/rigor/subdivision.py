"""Subdivision of a domain into cells, and the rules that prove an inequality on a cell.

:class:`BoxSubdivision` bisects a box of real points; :class:`IntegerSubdivision` bisects the integers, represented by
the points ``s = n**(-1/2)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import isqrt
from typing import Protocol, TypeAlias

import sympy

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.arithmetic.digits import certain_digits
from ntkproofs.arithmetic.germs import Germ, GermArithmetic
from ntkproofs.errors import InputError, OrderTooLow
from ntkproofs.rigor.evaluator import Evaluator, PointResult
from ntkproofs.rigor.statements import Box, Domain, Integers

__all__ = [
    "BoxSides",
    "BoxSubdivision",
    "Cell",
    "Counterexample",
    "IntegerSubdivision",
    "Interval",
    "Subdivision",
    "subdivision_of",
]

Interval: TypeAlias = tuple[Fraction, Fraction]
BoxSides: TypeAlias = tuple[Interval, ...]

TAYLOR_ORDERS = (6, 12, 24, 48)  # of the expansion at a contact point, tried in turn until a coefficient is not zero
MAX_POINTS = 4  # a cell with at most so many integers (beyond the first) is decided at each of them
MAX_ORDER = 1 << 16  # of the growth at infinity, by which margins are scaled


@dataclass(frozen=True)
class Cell:
    """A part of the domain on which the inequality is proved: its box, the rule, a lower bound of ``right - left``.

    For the rule ``contact`` the bound is a lower bound of ``(right - left) / s**order``, where ``s`` is the distance
    from the contact point (``n**(-1/2)`` for integers). `precision`: the bits used.
    """

    box: BoxSides
    rule: str
    bound: Fraction | None
    precision: int
    order: int = 0


@dataclass(frozen=True)
class Counterexample:
    """A point of the domain at which the inequality fails, and the result of the evaluation there."""

    point: tuple[tuple[sympy.Symbol, Fraction], ...]
    result: PointResult


class OrderSearch:
    """Expansions at contact points, whose order is raised until a coefficient is not zero.

    The zeros are exact, and do not depend on the size of a cell; so each order is tried once for each contact point.
    """

    def __init__(self) -> None:
        self._tried: dict[Fraction, int] = {}  # contact point -> number of orders that are too low there

    def first(
        self, expand: Callable[[GermArithmetic], Germ | None], centre: Fraction, reach: Fraction, bits: int
    ) -> Germ | None:
        """Return the result of `expand` at the contact point `centre` for the first order that is high enough."""
        for index in range(self._tried.get(centre, 0), len(TAYLOR_ORDERS)):
            try:
                return expand(GermArithmetic(reach, TAYLOR_ORDERS[index], bits))
            except OrderTooLow:
                self._tried[centre] = index + 1
        return None

    def note(self) -> str:
        """Return where the two sides agree to the highest order, for messages; empty if nowhere."""
        if all(tried < len(TAYLOR_ORDERS) for tried in self._tried.values()):
            return ""
        return f"; all Taylor coefficients of right - left up to order {TAYLOR_ORDERS[-1]} are zero at a contact point"


class Subdivision(Protocol):
    """A domain that can be subdivided into cells; `orders`: the expansions at its contact points."""

    orders: OrderSearch

    def initial_boxes(self) -> list[BoxSides]:
        """Return boxes that cover the domain."""

    def prove(self, box: BoxSides, bits: int) -> Cell | None:
        """Return the box as a proved cell, or None if no rule applies."""

    def prove_again(self, cell: Cell) -> Cell | None:
        """Prove a cell by its own rule only, or return None; for replay."""

    def find_counterexample(self, box: BoxSides) -> Counterexample | None:
        """Search the box for a counterexample."""

    def bisect(self, box: BoxSides) -> tuple[BoxSides, BoxSides]:
        """Return the two halves of a box."""

    def margin(self, cells: list[Cell]) -> tuple[Fraction, int]:
        """Return the certified margin over all cells, and its order."""

    def may_be_undefined(self, box: BoxSides, bits: int) -> bool:
        """Return whether a side is not known to be defined on the whole box; for messages."""

    def describe(self, box: BoxSides) -> str:
        """Return a box in the variables of the statement; for messages."""


def _halves(interval: Interval) -> tuple[Interval, Interval]:
    low, high = interval
    middle = (low + high) / 2
    return (low, middle), (middle, high)


class BoxSubdivision:
    """Subdivision of a closed box of real points."""

    def __init__(self, evaluator: Evaluator, domain: Box) -> None:
        self.evaluator, self.domain = evaluator, domain
        self.symbols = domain.symbols
        self.orders = OrderSearch()

    def initial_boxes(self) -> list[BoxSides]:
        """Return boxes that cover the domain."""
        if len(self.symbols) > 1:
            return [tuple((low, high) for _, low, high in self.domain.sides)]
        _, low, high = self.domain.sides[0]
        ends = [low, *self.domain.contacts, high]
        return [((a, b),) for a, b in pairwise(ends)]

    def _intervals(self, box: BoxSides, bits: int) -> dict[sympy.Symbol, Ball]:
        sides = zip(self.symbols, box, strict=True)
        return {symbol: Ball.between(low, high, precision=bits) for symbol, (low, high) in sides}

    def prove(self, box: BoxSides, bits: int) -> Cell | None:
        """Return the box as a proved cell, or None if no rule applies."""
        values = self.evaluator.range_over(self._intervals(box, bits), bits)
        rules = [] if values is None else ["range", "mean value"]  # both need the range
        if len(box) == 1:
            rules += ["contact low", "contact high"]
        for rule in rules:
            cell = self._apply(rule, box, bits, values)
            if cell is not None:
                return cell
        return None

    def may_be_undefined(self, box: BoxSides, bits: int) -> bool:
        """Return whether a side is not known to be defined on the whole box."""
        return self.evaluator.range_over(self._intervals(box, bits), bits) is None

    def describe(self, box: BoxSides) -> str:
        """Return a box in the variables of the statement."""
        sides = zip(self.symbols, box, strict=True)
        return ", ".join(f"{symbol.name} in [{_decimal(low)}, {_decimal(high)}]" for symbol, (low, high) in sides)

    def prove_again(self, cell: Cell) -> Cell | None:
        """Prove a cell by its own rule only, or return None."""
        values = self.evaluator.range_over(self._intervals(cell.box, cell.precision), cell.precision)
        return self._apply(cell.rule, cell.box, cell.precision, values)

    def _apply(self, rule: str, box: BoxSides, bits: int, values: Ball | None) -> Cell | None:
        """Prove a cell by one rule; `values`: the range of ``right - left`` over the box, or None if not bounded."""
        if len(box) == 1 and rule in ("contact low", "contact high"):
            return self._contact(box, rule.removeprefix("contact "), bits, defined=values is not None)
        return _prove_by_enclosure(self.evaluator, rule, box, self._intervals(box, bits), bits, values)

    def _is_contact(self, side: Interval, end: str) -> bool:
        point = side[0] if end == "low" else side[1]
        return not self.evaluator.inequality.strict and self.evaluator.is_equality_at({self.symbols[0]: point})

    def _contact(self, box: BoxSides, end: str, bits: int, *, defined: bool) -> Cell | None:
        if not self._is_contact(box[0], end):
            return None
        low, high = box[0]
        centre, direction = (low, 1) if end == "low" else (high, -1)
        germ = self.orders.first(
            lambda arithmetic: self.evaluator.germ(
                {self.symbols[0]: arithmetic.shifted(centre, direction)}, arithmetic, defined=defined
            ),
            centre,
            high - low,
            bits,
        )
        if germ is None or germ.valuation < 0 or not self.evaluator.is_satisfied_by(germ.factor()):
            return None
        return Cell(box, f"contact {end}", germ.factor().lower, bits, germ.valuation)

    def _counterexample_at(self, point: tuple[Fraction, ...]) -> Counterexample | None:
        pairs = tuple(zip(self.symbols, point, strict=True))
        result = self.evaluator.at_point(dict(pairs))
        return Counterexample(pairs, result) if result.holds is False else None

    def find_counterexample(self, box: BoxSides) -> Counterexample | None:
        """Search the midpoint and, for at most three variables, the corners of the box for a counterexample."""
        candidates = [tuple((low + high) / 2 for low, high in box)]
        if len(box) <= 3:  # equality often occurs at a corner
            candidates += _corners(box)
        return next(filter(None, map(self._counterexample_at, candidates)), None)

    def bisect(self, box: BoxSides) -> tuple[BoxSides, BoxSides]:
        """Bisect the side that is the widest in relation to the domain."""
        widths = [
            (high - low) / (top - bottom) for (low, high), (_, bottom, top) in zip(box, self.domain.sides, strict=True)
        ]
        axis = widths.index(max(widths))
        left, right = _halves(box[axis])
        return (*box[:axis], left, *box[axis + 1 :]), (*box[:axis], right, *box[axis + 1 :])

    def margin(self, cells: list[Cell]) -> tuple[Fraction, int]:
        """Return the smallest bound of all cells, or 0 if the two sides are equal at a contact point."""
        bounds = [cell.bound for cell in cells if cell.bound is not None and not cell.rule.startswith("contact")]
        has_contact = any(cell.rule.startswith("contact") for cell in cells)
        return (Fraction(0) if has_contact else min(bounds)), 0


def _prove_by_enclosure(
    evaluator: Evaluator, rule: str, box: BoxSides, intervals: dict[sympy.Symbol, Ball], bits: int, values: Ball | None
) -> Cell | None:
    """Prove a cell by the rule ``range`` or ``mean value``; a range shows that both sides are defined on the box."""
    if rule not in ("range", "mean value") or values is None:
        return None
    enclosure = values if rule == "range" else evaluator.mean_value(intervals, bits)
    if enclosure is None or not evaluator.is_satisfied_by(enclosure):
        return None
    return Cell(box, rule, enclosure.lower, bits)


def _corners(box: BoxSides) -> list[tuple[Fraction, ...]]:
    corners: list[tuple[Fraction, ...]] = [()]
    for side in box:
        corners = [(*corner, end) for corner in corners for end in side]
    return corners


class IntegerSubdivision:
    """Subdivision of integers n, as points ``s = n**(-1/2)``; the cell ``(a, b]`` has ``1/b**2 <= n < 1/a**2``."""

    def __init__(self, evaluator: Evaluator, domain: Integers) -> None:
        self.evaluator, self.domain = evaluator, domain
        self.symbol = domain.symbol
        self.orders = OrderSearch()

    def initial_boxes(self) -> list[BoxSides]:
        """Return boxes that cover the domain."""
        if self.domain.stop is None or self.domain.stop == 0:
            return [((Fraction(0), Fraction(1)),)]
        return [((Fraction(1, isqrt(self.domain.stop) + 1), Fraction(1)),)]

    def _integers(self, side: Interval) -> tuple[int, int | None]:
        """Return the first and the last integer of the cell, None if there is no last; first > last if it is empty."""
        low, high = side
        first = -(-(high.denominator**2) // high.numerator**2)
        first = self.domain.start if high == 1 else max(first, self.domain.start)  # n = 0 belongs to the cell of n = 1
        last = None
        if low > 0:
            last = -(-(low.denominator**2) // low.numerator**2) - 1
        if self.domain.stop is not None:
            last = self.domain.stop if last is None else min(last, self.domain.stop)
        return first, last

    def prove(self, box: BoxSides, bits: int) -> Cell | None:
        """Return the box as a proved cell, or None if no rule applies."""
        first, last = self._integers(box[0])
        if last is not None and first > last:
            return Cell(box, "empty", None, bits)
        if last is not None and last - first < MAX_POINTS:
            return self._points(box, bits)
        if first == 0:
            return None
        if box[0][0] == 0:
            return self._contact(box, bits)
        intervals = self._intervals(box, bits)
        values = self.evaluator.range_over(intervals, bits)
        return _prove_by_enclosure(self.evaluator, "range", box, intervals, bits, values) or _prove_by_enclosure(
            self.evaluator, "mean value", box, intervals, bits, values
        )

    def _intervals(self, box: BoxSides, bits: int) -> dict[sympy.Symbol, Ball]:
        low, high = box[0]
        return {self.symbol: Ball.between(1 / high**2, 1 / low**2, precision=bits)}

    def may_be_undefined(self, box: BoxSides, bits: int) -> bool:
        """Return whether a side is not known to be defined on the whole box; False for a box that contains infinity."""
        return box[0][0] > 0 and self.evaluator.range_over(self._intervals(box, bits), bits) is None

    def describe(self, box: BoxSides) -> str:
        """Return a box in the variable of the statement."""
        first, last = self._integers(box[0])
        if last is None:
            return f"{self.symbol.name} >= {_decimal(Fraction(first))}"
        return f"{_decimal(Fraction(first))} <= {self.symbol.name} <= {_decimal(Fraction(last))}"

    def prove_again(self, cell: Cell) -> Cell | None:
        """Prove a cell by its own rule only, or return None."""
        first, last = self._integers(cell.box[0])
        if cell.rule == "empty":
            return cell if last is not None and first > last else None
        if cell.rule == "integers":
            is_small = last is not None and first <= last < first + MAX_POINTS
            return self._points(cell.box, cell.precision) if is_small else None
        if first == 0:
            return None
        if cell.box[0][0] == 0:
            return self._contact(cell.box, cell.precision) if cell.rule == "contact" else None
        intervals = self._intervals(cell.box, cell.precision)
        values = self.evaluator.range_over(intervals, cell.precision)
        return _prove_by_enclosure(self.evaluator, cell.rule, cell.box, intervals, cell.precision, values)

    def _points(self, box: BoxSides, bits: int) -> Cell | None:
        first, last = self._integers(box[0])
        bounds: list[Fraction] = []
        for n in range(first, (first if last is None else last) + 1):
            result = self.evaluator.at_point({self.symbol: Fraction(n)}, bits)
            if not result.holds or result.value is None:
                return None
            bounds.append(result.value.lower)
            bits = max(bits, result.precision)
        return Cell(box, "integers", min(bounds), bits)

    def _contact(self, box: BoxSides, bits: int) -> Cell | None:
        germ = self.orders.first(
            lambda arithmetic: self.evaluator.germ({self.symbol: arithmetic.variable(-2)}, arithmetic),
            Fraction(0),
            box[0][1],
            bits,
        )
        if germ is None or abs(germ.valuation) > MAX_ORDER or not self.evaluator.is_satisfied_by(germ.factor()):
            return None
        return Cell(box, "contact", germ.factor().lower, bits, germ.valuation)

    def _candidates(self, box: BoxSides) -> Iterator[int]:
        first, last = self._integers(box[0])
        yield first
        if last is None:
            yield from (max(first, 1) * 10**power for power in (1, 2, 3, 6, 12))
        else:
            yield from range(first + 1, min(last, first + MAX_POINTS) + 1)
            yield from ((first + last) // 2, last)

    def find_counterexample(self, box: BoxSides) -> Counterexample | None:
        """Search some integers of the box for a counterexample."""
        for n in self._candidates(box):
            result = self.evaluator.at_point({self.symbol: Fraction(n)})
            if result.holds is False:
                return Counterexample(((self.symbol, Fraction(n)),), result)
        return None

    def bisect(self, box: BoxSides) -> tuple[BoxSides, BoxSides]:
        """Return the two halves of a box."""
        left, right = _halves(box[0])
        return (left,), (right,)

    def margin(self, cells: list[Cell]) -> tuple[Fraction, int]:
        """Return a lower bound of ``(right - left) / s**order`` over all cells, and the order at infinity."""
        order = next((cell.order for cell in cells if cell.rule == "contact"), 0)
        bounds = [self._scaled(cell, order) for cell in cells if cell.bound is not None]
        if not bounds:
            raise InputError(f"the domain contains no integer: {self.domain}")
        return min(bounds), order

    def _scaled(self, cell: Cell, order: int) -> Fraction:
        bound = Fraction(0) if cell.bound is None else cell.bound
        if cell.rule == "contact" or order == 0 or bound == 0:
            return bound
        first, last = self._integers(cell.box[0])
        # the factor n**(order/2) is smallest at the first integer of the cell for order > 0, at the last for order < 0
        n = first if order > 0 or last is None else last
        power = Fraction(n) ** (order // 2)
        if order % 2:
            power *= Ball(n, precision=64).sqrt().lower
        return bound * power


def _decimal(value: Fraction) -> str:
    return certain_digits(value, value, 8)


def subdivision_of(evaluator: Evaluator, domain: Domain) -> Subdivision:
    """Return the subdivision of a box or of integers; raises InputError for a single point."""
    if isinstance(domain, Box):
        return BoxSubdivision(evaluator, domain)
    if isinstance(domain, Integers):
        return IntegerSubdivision(evaluator, domain)
    raise InputError(f"a single point cannot be subdivided: {domain}")
