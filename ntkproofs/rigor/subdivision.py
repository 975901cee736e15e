"""Subdivision of a domain into cells, and the rules that prove an inequality on a cell.

:class:`BoxSubdivision` bisects a box of real points; :class:`IntegerSubdivision` bisects the integers, represented by
the points ``s = n**(-1/2)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Protocol

import sympy

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.arithmetic.digits import certain_digits
from ntkproofs.arithmetic.germs import Germ, GermArithmetic
from ntkproofs.errors import InputError, OrderTooLow
from ntkproofs.rigor.charts import BoxSides, Interval, Piece, Region, pieces_of_box, pieces_of_integers
from ntkproofs.rigor.contacts import Contact, ContactRules, Proof, simplest
from ntkproofs.rigor.evaluator import Evaluator, PointResult
from ntkproofs.rigor.statements import Box, Domain, Integers

__all__ = [
    "BoxSubdivision",
    "Cell",
    "Counterexample",
    "IntegerSubdivision",
    "Subdivision",
    "subdivision_of",
]

TAYLOR_ORDERS = (6, 12, 24, 48)  # of the expansion at a contact point, tried in turn until a coefficient is not zero
MAX_POINTS = 4  # a cell with at most so many integers (beyond the first) is decided at each of them
MAX_ORDER = 1 << 16  # of the growth at infinity, by which margins are scaled


@dataclass(frozen=True)
class Cell:
    """A part of the domain on which the inequality is proved: its box, the rule, a lower bound of ``right - left``.

    For the rule ``contact`` the bound is a lower bound of ``(right - left) / s**order``, where ``s`` is the distance
    from the contact point (``n**(-1/2)`` for integers). `precision`: the bits used; `piece`: the index of the
    piece of the domain, in whose parameters the box is given. `contact`: where both sides are equal, for the rules of
    ``contacts`` that need it, also in these parameters.
    """

    box: BoxSides
    rule: str
    bound: Fraction | None
    precision: int
    order: int = 0
    piece: int = 0
    contact: Contact | None = None


@dataclass(frozen=True)
class Counterexample:
    """A point of the domain at which the inequality fails, and the result of the evaluation there."""

    point: tuple[tuple[sympy.Symbol, Fraction], ...]
    result: PointResult


class OrderSearch:
    """Expansions at contact points, whose order is raised until a coefficient is not zero.

    The zeros are exact, and do not depend on the size of a cell; so each order is tried once for each contact point.
    If the highest order is too low at one of them, the sides may be identical, and the others are given the lowest.
    """

    def __init__(self) -> None:
        self._tried: dict[tuple[int, Fraction], int] = {}  # piece, contact point -> number of orders too low there

    def first(
        self,
        expand: Callable[[GermArithmetic], Germ | None],
        piece: Piece,
        centre: Fraction,
        reach: Fraction,
        bits: int,
    ) -> Germ | None:
        """Return the result of `expand` at the contact point `centre` for the first order that is high enough."""
        place = piece.index, centre
        stop = 1 if self._is_exhausted() else len(TAYLOR_ORDERS)
        for index in range(self._tried.get(place, 0), stop):
            try:
                return expand(GermArithmetic(reach, TAYLOR_ORDERS[index], bits))
            except OrderTooLow:
                self._tried[place] = index + 1
        return None

    def _is_exhausted(self) -> bool:
        return len(TAYLOR_ORDERS) in self._tried.values()

    def note(self) -> str:
        """Return where the two sides agree to the highest order, for messages; empty if nowhere."""
        if not self._is_exhausted():
            return ""
        return f"; all Taylor coefficients of right - left up to order {TAYLOR_ORDERS[-1]} are zero at a contact point"


class Subdivision(Protocol):
    """A domain that can be subdivided into cells; `orders`: the expansions at its contact points."""

    orders: OrderSearch

    @property
    def evaluator(self) -> Evaluator:
        """The evaluator of the inequality."""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The pieces of the domain."""

    def regions(self) -> list[Region]:
        """Return regions that cover the domain."""

    def prove(self, region: Region, bits: int) -> Cell | None:
        """Return the region as a proved cell, or None if no rule applies."""

    def prove_again(self, cell: Cell) -> Cell | None:
        """Prove a cell by its own rule only, or return None; for replay."""

    def find_counterexample(self, region: Region) -> Counterexample | None:
        """Search the region for a counterexample."""

    def counterexample_at(self, piece: Piece, parameters: tuple[Fraction, ...]) -> Counterexample | None:
        """Return the point of given parameters (for integers, one beside it) if the inequality fails there."""

    def bisect(self, region: Region) -> tuple[Region, Region]:
        """Return the two halves of a region."""

    def margin(self, cells: list[Cell]) -> tuple[Fraction, int]:
        """Return the certified margin over all cells, and its order."""

    def may_be_undefined(self, region: Region, bits: int) -> bool:
        """Return whether a side is not known to be defined on the whole region; for messages."""

    def describe(self, region: Region) -> str:
        """Return a region in the variables of the statement; for messages."""


class BoxSubdivision:
    """Subdivision of a closed box of real points."""

    def __init__(self, evaluator: Evaluator, domain: Box) -> None:
        self.evaluator, self.domain = evaluator, domain
        self.symbols = domain.symbols
        self.orders = OrderSearch()
        self.pieces = pieces_of_box(domain)
        self._tested: set[tuple[int, tuple[Fraction, ...]]] = set()  # points that are no counterexamples
        self.contacts: list[tuple[int, Contact | None]] = []  # found by the search, with the piece; None: factors

    def regions(self) -> list[Region]:
        """Return regions that cover the domain; a box of one variable is split at its contact points."""
        if not self.domain.contacts:
            return [Region(piece, piece.sides) for piece in self.pieces]
        (piece,) = self.pieces
        ends = [piece.sides[0][0], *self.domain.contacts, piece.sides[0][1]]
        return [Region(piece, ((a, b),)) for a, b in pairwise(ends)]

    def _intervals(self, region: Region, bits: int) -> dict[sympy.Symbol, Ball]:
        """Return the enclosures of the parameters."""
        sides = zip(self.symbols, region.box, strict=True)
        return {symbol: Ball.between(low, high, precision=bits) for symbol, (low, high) in sides}

    def prove(self, region: Region, bits: int) -> Cell | None:
        """Return the region as a proved cell, or None if no rule applies."""
        values = self._range(region, bits)
        rules = [] if values is None else ["range", "mean value"]  # both need the range
        if len(region.box) == 1:
            rules += ["contact low", "contact high"]
        for rule in rules:
            cell = self._apply(rule, region, bits, values)
            if cell is not None:
                return cell
        return None if values is None else self._by_derivatives(region, bits)

    def rules_on(self, piece: Piece) -> ContactRules:
        """Return the rules of ``contacts`` for the cells of a piece."""
        return ContactRules(self.evaluator.on(piece.chart), self.symbols, piece.sides)

    def _by_derivatives(self, region: Region, bits: int) -> Cell | None:
        """Prove a region on which both sides are defined by the rules of ``contacts``, or return None."""
        rules = self.rules_on(region.piece)
        proof = rules.smooth(region.box, bits)
        if proof is not None:
            return _cell_of(proof, region, bits, None)
        for index, contact in self.contacts:
            if index == region.piece.index:
                proof = rules.by_contact(contact, region.box, bits)
                if proof is not None:
                    return _cell_of(proof, region, bits, contact)
        return None

    def _range(self, region: Region, bits: int) -> Ball | None:
        """Return the range of ``right - left`` over the region, or None if it is not bounded."""
        return self.evaluator.on(region.piece.chart).range_over(self._intervals(region, bits), bits)

    def may_be_undefined(self, region: Region, bits: int) -> bool:
        """Return whether a side is not known to be defined on the whole region."""
        return self._range(region, bits) is None

    def describe(self, region: Region) -> str:
        """Return a region in the variables of the statement."""
        sides = zip(self.symbols, region.box, strict=True)
        return ", ".join(f"{symbol.name} in [{_decimal(low)}, {_decimal(high)}]" for symbol, (low, high) in sides)

    def prove_again(self, cell: Cell) -> Cell | None:
        """Prove a cell by its own rule only, or return None."""
        region = Region(self.pieces[cell.piece], cell.box)
        return self._apply(cell.rule, region, cell.precision, self._range(region, cell.precision), cell.contact)

    def _apply(
        self, rule: str, region: Region, bits: int, values: Ball | None, contact: Contact | None = None
    ) -> Cell | None:
        """Prove a region by one rule; `values`: the range of ``right - left`` over it, or None if not bounded."""
        if len(region.box) == 1 and rule in ("contact low", "contact high"):
            return self._contact(region, rule.removeprefix("contact "), bits, defined=values is not None)
        evaluator = self.evaluator.on(region.piece.chart)
        if rule not in ("range", "mean value"):
            proof = None if values is None else self.rules_on(region.piece).prove(rule, contact, region.box, bits)
            return None if proof is None else _cell_of(proof, region, bits, contact)
        return _prove_by_enclosure(evaluator, rule, region, self._intervals(region, bits), bits, values)

    def _is_contact(self, region: Region, end: str) -> bool:
        if self.evaluator.inequality.strict:
            return False
        point = region.box[0][0] if end == "low" else region.box[0][1]
        return self.evaluator.on(region.piece.chart).is_equality_at({self.symbols[0]: point})

    def _contact(self, region: Region, end: str, bits: int, *, defined: bool) -> Cell | None:
        if not self._is_contact(region, end):
            return None
        low, high = region.box[0]
        centre, direction = (low, 1) if end == "low" else (high, -1)
        evaluator = self.evaluator.on(region.piece.chart)
        germ = self.orders.first(
            lambda arithmetic: evaluator.germ(
                {self.symbols[0]: arithmetic.shifted(centre, direction)}, arithmetic, defined=defined
            ),
            region.piece,
            centre,
            high - low,
            bits,
        )
        if germ is None or germ.valuation < 0 or not self.evaluator.is_satisfied_by(germ.factor()):
            return None
        return Cell(region.box, f"contact {end}", germ.factor().lower, bits, germ.valuation, region.piece.index)

    def _counterexample_at(self, point: tuple[Fraction, ...]) -> Counterexample | None:
        pairs = tuple(zip(self.symbols, point, strict=True))
        result = self.evaluator.at_point(dict(pairs))
        return Counterexample(pairs, result) if result.holds is False else None

    def counterexample_at(self, piece: Piece, parameters: tuple[Fraction, ...]) -> Counterexample | None:
        """Return the point of given parameters if the inequality fails there."""
        return self._counterexample_at(parameters)

    def find_counterexample(self, region: Region) -> Counterexample | None:
        """Search the midpoint, the simplest point and, for at most three variables, the corners of the region."""
        candidates = [tuple((low + high) / 2 for low, high in region.box)]
        candidates.append(tuple(simplest(low, high) for low, high in region.box))
        if len(region.box) <= 3:  # equality often occurs at a corner
            candidates += _corners(region.box)
        for point in candidates:
            if (region.piece.index, point) not in self._tested:
                self._tested.add((region.piece.index, point))
                counterexample = self._counterexample_at(point)
                if counterexample is not None:
                    return counterexample
        return None

    def bisect(self, region: Region) -> tuple[Region, Region]:
        """Bisect the side that is the widest in relation to the piece."""
        widths = [
            (high - low) / (top - bottom)
            for (low, high), (bottom, top) in zip(region.box, region.piece.sides, strict=True)
        ]
        return region.bisected(widths.index(max(widths)))

    def margin(self, cells: list[Cell]) -> tuple[Fraction, int]:
        """Return the smallest bound of all cells, or 0 if the two sides are equal at a contact point."""
        bounds = [cell.bound for cell in cells if cell.bound is not None and not cell.rule.startswith("contact")]
        has_contact = any(cell.rule.startswith("contact") for cell in cells)
        return (Fraction(0) if has_contact else min(bounds)), 0


def _prove_by_enclosure(
    evaluator: Evaluator,
    rule: str,
    region: Region,
    intervals: dict[sympy.Symbol, Ball],
    bits: int,
    values: Ball | None,
) -> Cell | None:
    """Prove a cell by the rule ``range`` or ``mean value``; a range shows that both sides are defined on the box."""
    if rule not in ("range", "mean value") or values is None:
        return None
    enclosure = values if rule == "range" else evaluator.mean_value(intervals, bits)
    if enclosure is None or not evaluator.is_satisfied_by(enclosure):
        return None
    return Cell(region.box, rule, enclosure.lower, bits, piece=region.piece.index)


def _cell_of(proof: Proof, region: Region, bits: int, contact: Contact | None) -> Cell:
    return Cell(
        region.box,
        proof.rule,
        proof.bound,
        max(bits, proof.precision),
        piece=region.piece.index,
        contact=contact,
    )


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
        self.pieces = pieces_of_integers(domain)

    def regions(self) -> list[Region]:
        """Return regions that cover the domain."""
        return [Region(piece, piece.sides) for piece in self.pieces]

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

    def prove(self, region: Region, bits: int) -> Cell | None:
        """Return the region as a proved cell, or None if no rule applies."""
        first, last = self._integers(region.box[0])
        if last is not None and first > last:
            return Cell(region.box, "empty", None, bits, piece=region.piece.index)
        if last is not None and last - first < MAX_POINTS:
            return self._points(region, bits)
        if first == 0:
            return None
        if region.box[0][0] == 0:
            return self._contact(region, bits)
        intervals = self._intervals(region, bits)
        values = self.evaluator.range_over(intervals, bits)
        return _prove_by_enclosure(self.evaluator, "range", region, intervals, bits, values) or _prove_by_enclosure(
            self.evaluator, "mean value", region, intervals, bits, values
        )

    def _intervals(self, region: Region, bits: int) -> dict[sympy.Symbol, Ball]:
        low, high = region.box[0]
        return {self.symbol: Ball.between(1 / high**2, 1 / low**2, precision=bits)}

    def may_be_undefined(self, region: Region, bits: int) -> bool:
        """Return whether a side is not known to be defined on the region; False for one that contains infinity."""
        return region.box[0][0] > 0 and self.evaluator.range_over(self._intervals(region, bits), bits) is None

    def describe(self, region: Region) -> str:
        """Return a region in the variable of the statement."""
        first, last = self._integers(region.box[0])
        if last is None:
            return f"{self.symbol.name} >= {_decimal(Fraction(first))}"
        return f"{_decimal(Fraction(first))} <= {self.symbol.name} <= {_decimal(Fraction(last))}"

    def prove_again(self, cell: Cell) -> Cell | None:
        """Prove a cell by its own rule only, or return None."""
        region = Region(self.pieces[cell.piece], cell.box)
        first, last = self._integers(cell.box[0])
        if cell.rule == "empty":
            return cell if last is not None and first > last else None
        if cell.rule == "integers":
            is_small = last is not None and first <= last < first + MAX_POINTS
            return self._points(region, cell.precision) if is_small else None
        if first == 0:
            return None
        if cell.box[0][0] == 0:
            return self._contact(region, cell.precision) if cell.rule == "contact" else None
        intervals = self._intervals(region, cell.precision)
        values = self.evaluator.range_over(intervals, cell.precision)
        return _prove_by_enclosure(self.evaluator, cell.rule, region, intervals, cell.precision, values)

    def _points(self, region: Region, bits: int) -> Cell | None:
        first, last = self._integers(region.box[0])
        bounds: list[Fraction] = []
        for n in range(first, (first if last is None else last) + 1):
            result = self.evaluator.at_point({self.symbol: Fraction(n)}, bits)
            if not result.holds or result.value is None:
                return None
            bounds.append(result.value.lower)
            bits = max(bits, result.precision)
        return Cell(region.box, "integers", min(bounds), bits, piece=region.piece.index)

    def _contact(self, region: Region, bits: int) -> Cell | None:
        germ = self.orders.first(
            lambda arithmetic: self.evaluator.germ({self.symbol: arithmetic.variable(-2)}, arithmetic),
            region.piece,
            Fraction(0),
            region.box[0][1],
            bits,
        )
        if germ is None or abs(germ.valuation) > MAX_ORDER or not self.evaluator.is_satisfied_by(germ.factor()):
            return None
        return Cell(region.box, "contact", germ.factor().lower, bits, germ.valuation, region.piece.index)

    def _candidates(self, region: Region) -> Iterator[int]:
        first, last = self._integers(region.box[0])
        yield first
        if last is None:
            yield from (max(first, 1) * 10**power for power in (1, 2, 3, 6, 12))
        else:
            yield from range(first + 1, min(last, first + MAX_POINTS) + 1)
            yield from ((first + last) // 2, last)

    def find_counterexample(self, region: Region) -> Counterexample | None:
        """Search some integers of the region for a counterexample."""
        for n in self._candidates(region):
            result = self.evaluator.at_point({self.symbol: Fraction(n)})
            if result.holds is False:
                return Counterexample(((self.symbol, Fraction(n)),), result)
        return None

    def counterexample_at(self, piece: Piece, parameters: tuple[Fraction, ...]) -> Counterexample | None:
        """Return one of the integers beside the number of a given parameter if the inequality fails there."""
        if not parameters[0]:
            return None
        last = self.domain.stop
        below = int(1 / parameters[0] ** 2)
        for n in (below, below + 1):
            if n >= self.domain.start and (last is None or n <= last):
                result = self.evaluator.at_point({self.symbol: Fraction(n)})
                if result.holds is False:
                    return Counterexample(((self.symbol, Fraction(n)),), result)
        return None

    def first_integer(self, region: Region) -> int:
        """Return the first integer of a region."""
        return self._integers(region.box[0])[0]

    def bisect(self, region: Region) -> tuple[Region, Region]:
        """Return the two halves of a region."""
        return region.bisected(0)

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
