"""Subdivision of a domain into cells, and the rules that prove an inequality on a cell.

:class:`BoxSubdivision` bisects a box of real points; :class:`IntegerSubdivision` bisects the integers, represented by
the points ``s = n**(-1/2)``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Protocol

import sympy

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.arithmetic.digits import certain_digits
from ntkproofs.arithmetic.extended import ExtendedArithmetic, ExtendedInterval
from ntkproofs.arithmetic.germs import Germ, GermArithmetic
from ntkproofs.arithmetic.growth import LeadingTerm
from ntkproofs.errors import DomainError, InputError, OrderTooLow, Undecided
from ntkproofs.rigor.charts import BoxSides, Piece, Region, pieces_of_box, pieces_of_integers
from ntkproofs.rigor.contacts import Contact, ContactRules, Proof, simplest
from ntkproofs.rigor.elimination import eliminated
from ntkproofs.rigor.evaluator import Evaluator, PointResult
from ntkproofs.rigor.factors import Factors, factors_of, is_zero_at
from ntkproofs.rigor.membership import check_not_empty, contains, point_of
from ntkproofs.rigor.statements import Box, Domain, Inequality, Integers

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
INWARD = Fraction(1, 64)  # of the width, by which a point is moved away from an excluded end
TAYLOR_TRIES, TAYLOR_GAIN = 64, 8  # Taylor polynomials that may fail: at first, and for each region that one proves
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
        self._tried: dict[Hashable, int] = {}  # contact point -> number of orders that are too low there

    def first(
        self,
        expand: Callable[[GermArithmetic], Germ | LeadingTerm | None],
        centre: Hashable,
        reach: Fraction,
        bits: int,
    ) -> Germ | LeadingTerm | None:
        """Return the result of `expand` at the contact point `centre` for the first order that is high enough."""
        stop = 1 if self._is_exhausted() else len(TAYLOR_ORDERS)
        for index in range(self._tried.get(centre, 0), stop):
            try:
                return expand(GermArithmetic(reach, TAYLOR_ORDERS[index], bits))
            except OrderTooLow:
                self._tried[centre] = index + 1
        return None

    def _is_exhausted(self) -> bool:
        return len(TAYLOR_ORDERS) in self._tried.values()

    def note(self) -> str:
        """Return where the two sides agree to the highest order, for messages; empty if nowhere."""
        if not self._is_exhausted():
            return ""
        order = TAYLOR_ORDERS[-1]
        return f"; the leading term of right - left at a contact point is not known from an expansion of order {order}"


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
    """Subdivision of a box: a product of intervals or sets of integers, perhaps with constraints."""

    def __init__(self, evaluator: Evaluator, domain: Box) -> None:
        self.evaluator, self.domain = evaluator, domain
        self.symbols = domain.symbols
        self.pieces = pieces_of_box(domain, *eliminated(domain))
        self.orders = OrderSearch()
        self._factors: dict[int, Factors | None] = {}  # by the index of the piece
        self._edges: dict[tuple[int, int, int], bool] = {}  # whether both sides are equal at an end of a side
        self.taylor_order = 0  # of the Taylor polynomials in one variable; raised by the search
        self._taylor_credit = 0  # how many more of them are tried although they prove nothing
        self._tested: set[tuple[int, tuple[Fraction, ...]]] = set()  # points that are no counterexamples
        self.contacts: list[tuple[int, Contact | None]] = []  # found by the search, with the piece; None: factors
        check_not_empty(domain, self.pieces)
        # whether each region contains points of the domain, so that it is an error if a side is nowhere defined there
        self._is_product = not any(side.symbols for side in domain.ranges) and not domain.where

    def regions(self) -> list[Region]:
        """Return regions that cover the domain; a box of one variable is split at its contact points."""
        if not self.domain.contacts or not self.domain.is_closed_rational:
            return [Region(piece, piece.sides) for piece in self.pieces]
        (piece,) = self.pieces
        ends = [piece.sides[0][0], *self.domain.contacts, piece.sides[0][1]]
        return [Region(piece, ((a, b),)) for a, b in pairwise(ends)]

    def _intervals(self, box: BoxSides, bits: int) -> dict[sympy.Symbol, Ball]:
        """Return the enclosures of the parameters."""
        sides = zip(self.symbols, box, strict=True)
        return {symbol: Ball.between(low, high, precision=bits) for symbol, (low, high) in sides}

    def _extended(self, region: Region, box: BoxSides, bits: int) -> dict[sympy.Symbol, ExtendedInterval]:
        """Return the enclosures of the parameters, with excluded ends."""
        return {
            symbol: ExtendedInterval.between(
                *box[axis],
                tuple(_is_excluded(region, axis, box, end) for end in ("low", "high")),  # type: ignore[arg-type]
                precision=bits,
            )
            for axis, symbol in enumerate(self.symbols)
        }

    def prove(self, region: Region, bits: int) -> Cell | None:
        """Return the region as a proved cell, or None if no rule applies."""
        box = region.inner
        discarded = self._discarded(region, box, bits)
        if discarded is not None or box is None:
            return discarded
        free = _free(box)
        if not free:
            return self._point(region, box, bits)
        values = self._range(region, box, bits)
        rules = [] if values is None else ["range", "mean value"]  # both need the range
        if region.is_at_excluded_end:
            rules += ["open range"]
        if len(free) == 1:
            rules += ["contact low", "contact high"]
        cell = None
        for rule in rules:
            cell = self._apply(rule, region, box, bits, values)
            if cell is not None:
                return cell
        if values is not None and len(free) == len(box):
            cell = self._by_derivatives(region, box, bits)
        return cell or self._by_signs(region, box, bits) or self._by_edge(region, box, bits)

    def _discarded(self, region: Region, box: BoxSides | None, bits: int) -> Cell | None:
        """Return a cell without points of the domain: without integers, or outside a constraint."""
        if box is None:
            return Cell(region.box, "empty", None, bits, piece=region.piece.index)
        if any(self._violates(condition, region, box, bits) for condition in region.piece.conditions):
            return Cell(region.box, "outside", None, bits, piece=region.piece.index)
        return None

    def _violates(self, condition: Inequality, region: Region, box: BoxSides, bits: int) -> bool:
        """Return whether a condition is known to be false at each point of a region."""
        evaluator = Evaluator(condition, bits, bits).on(region.piece.chart)
        gap = evaluator.extended_range(self._extended(region, box, bits), bits)
        return gap is not None and (gap.is_negative() or (condition.strict and (-gap).is_nonnegative()))

    def _point(self, region: Region, box: BoxSides, bits: int) -> Cell | None:
        """Prove a region that contains a single point, all of whose coordinates are integers."""
        point = point_of(region.piece, tuple(low for low, _ in box))
        if point is None or not contains(self.domain, point):
            return None
        result = self.evaluator.at_point(point, bits)
        if not result.holds or result.value is None:
            return None
        return Cell(region.box, "integers", result.value.lower, max(bits, result.precision), piece=region.piece.index)

    def rules_on(self, piece: Piece) -> ContactRules:
        """Return the rules of ``contacts`` for the cells of a piece."""
        return ContactRules(self.evaluator.on(piece.chart), self.symbols, piece.sides)

    def _by_derivatives(self, region: Region, box: BoxSides, bits: int) -> Cell | None:
        """Prove a region on which both sides are defined by the rules of ``contacts``, or return None."""
        rules = self.rules_on(region.piece)
        proof = rules.smooth(box, bits)
        if proof is not None:
            return _cell_of(proof, region, bits, None)
        if self._taylor_credit > 0 and len(box) == 1:
            proof = rules.prove(f"taylor {self.taylor_order}", None, box, bits)
            self._taylor_credit += -1 if proof is None else TAYLOR_GAIN
            if proof is not None:
                return _cell_of(proof, region, bits, None)
        for index, contact in self.contacts:
            if index == region.piece.index and rules.is_near(contact, box, bits):
                proof = rules.by_contact(contact, box, bits)
                if proof is not None:
                    return _cell_of(proof, region, bits, contact)
        return None

    def try_taylor(self, order: int) -> None:
        """Try Taylor polynomials of an order in one variable from now on, as long as they prove enough regions."""
        self.taylor_order, self._taylor_credit = order, TAYLOR_TRIES

    def _range(self, region: Region, box: BoxSides, bits: int) -> Ball | None:
        """Return the range of ``right - left`` over the region, or None if it is not bounded."""
        try:
            return self.evaluator.on(region.piece.chart).range_over(self._intervals(box, bits), bits)
        except DomainError:
            if self._is_product:
                raise
            return None

    def may_be_undefined(self, region: Region, bits: int) -> bool:
        """Return whether a side is not known to be defined on the whole region."""
        box = region.inner
        if box is None or self._range(region, box, bits) is not None:
            return False
        evaluator = self.evaluator.on(region.piece.chart)
        return evaluator.extended_range(self._extended(region, box, bits), bits) is None

    def describe(self, region: Region) -> str:
        """Return a region in the variables of the statement."""
        if not region.piece.chart.formulas:
            sides = zip(self.symbols, region.box, strict=True)
            return ", ".join(f"{symbol.name} in [{_decimal(low)}, {_decimal(high)}]" for symbol, (low, high) in sides)
        values = region.piece.chart.values(self._extended(region, region.box, 64), ExtendedArithmetic(64))
        return ", ".join(f"{symbol.name} in {values[symbol]}" for symbol in self.symbols)

    def prove_again(self, cell: Cell) -> Cell | None:
        """Prove a cell by its own rule only, or return None."""
        region, bits = Region(self.pieces[cell.piece], cell.box), cell.precision
        box = region.inner
        if cell.rule in ("empty", "outside"):
            discarded = self._discarded(region, box, bits)
            return discarded if discarded is not None and discarded.rule == cell.rule else None
        if box is None:
            return None
        if cell.rule == "integers":
            return None if _free(box) else self._point(region, box, bits)
        return self._apply(cell.rule, region, box, bits, self._range(region, box, bits), cell.contact)

    def _apply(
        self,
        rule: str,
        region: Region,
        box: BoxSides,
        bits: int,
        values: Ball | None,
        contact: Contact | None = None,
    ) -> Cell | None:
        """Prove a region by one rule; `values`: the range of ``right - left`` over it, or None if not bounded."""
        if rule in ("contact low", "contact high"):
            free = _free(box)
            return self._contact(region, box, rule, bits, defined=values is not None) if len(free) == 1 else None
        evaluator = self.evaluator.on(region.piece.chart)
        if rule == "open range":
            return self._by_open_range(evaluator, region, box, bits)
        if rule == "signs":
            return self._by_signs(region, box, bits)
        if rule == "edge":
            return self._by_edge(region, box, bits)
        if rule not in ("range", "mean value"):
            proof = None if values is None else self.rules_on(region.piece).prove(rule, contact, box, bits)
            return None if proof is None else _cell_of(proof, region, bits, contact)
        intervals = {} if rule == "range" else self._intervals(box, bits)
        return _prove_by_enclosure(evaluator, rule, region, intervals, bits, values)

    def _by_open_range(self, evaluator: Evaluator, region: Region, box: BoxSides, bits: int) -> Cell | None:
        values = evaluator.extended_range(self._extended(region, box, bits), bits)
        if values is None or not (
            values.is_positive() or (values.is_nonnegative() and not evaluator.inequality.strict)
        ):
            return None
        return Cell(region.box, "open range", values.lower, bits, piece=region.piece.index)

    def _by_signs(self, region: Region, box: BoxSides, bits: int) -> Cell | None:
        """Prove a region, on which both sides are defined, by the signs of the factors of ``right - left``."""
        evaluator, index = self.evaluator.on(region.piece.chart), region.piece.index
        if index not in self._factors:
            self._factors[index] = factors_of(evaluator, self.symbols)
        factors, intervals = self._factors[index], self._extended(region, box, bits)
        if factors is None or not factors.prove(intervals, bits, strict=evaluator.inequality.strict):
            return None
        if evaluator.extended_range(intervals, bits) is None:
            return None
        return Cell(region.box, "signs", Fraction(0), bits, piece=index)

    def _by_edge(self, region: Region, box: BoxSides, bits: int) -> Cell | None:
        """Prove a region at an end of a side at which both sides are equal: ``right - left`` increases from there.

        If the inequality is strict, the end must be excluded.
        """
        evaluator = self.evaluator.on(region.piece.chart)
        for axis in _free(box):
            for which, end in enumerate(("low", "high")):
                if box[axis][which] != region.piece.sides[axis][which]:
                    continue
                if evaluator.inequality.strict and not _is_excluded(region, axis, box, end):
                    continue
                if self._increases_from(evaluator, region, box, (axis, which), bits):
                    return Cell(region.box, "edge", Fraction(0), bits, piece=region.piece.index)
        return None

    def _increases_from(
        self, evaluator: Evaluator, region: Region, box: BoxSides, place: tuple[int, int], bits: int
    ) -> bool:
        """Return whether ``right - left`` is 0 at one end of a side, and increases from there on a region."""
        axis, which = place
        key = (region.piece.index, axis, which)
        if key not in self._edges:
            self._edges[key] = is_zero_at(evaluator, self.symbols, self.symbols[axis], box[axis][which])
        if not self._edges[key]:
            return False
        symbol, intervals = self.symbols[axis], self._extended(region, box, bits)
        closed = ExtendedInterval.between(*box[axis], (False, False), precision=bits)
        if evaluator.extended_range(intervals | {symbol: closed}, bits) is None:
            return False
        slope = evaluator.extended_slope(intervals, symbol, bits)
        if slope is None:
            return False
        slope = slope if which == 0 else -slope
        return slope.is_positive() or (slope.is_nonnegative() and not evaluator.inequality.strict)

    def _contact(self, region: Region, box: BoxSides, rule: str, bits: int, *, defined: bool) -> Cell | None:
        """Prove a region by a germ at one end of its only side that is not a single number.

        At an end that belongs to the domain both sides must be equal, and the statement not strict. At an excluded end
        nothing is required, and a function that is unbounded there is allowed.
        """
        (axis,), end = _free(box), rule.removeprefix("contact ")
        excluded = _is_excluded(region, axis, box, end)
        if not excluded and not self._is_equality(region, box, axis, end):
            return None
        evaluator = self.evaluator.on(region.piece.chart)
        for power in (1, 2):
            germ = self._germ(evaluator, box, (axis, end, power), bits, defined=defined)
            if germ is None or (germ.valuation < 0 and not excluded) or abs(germ.valuation) > MAX_ORDER:
                continue
            if self._is_satisfied_by(germ):
                return Cell(region.box, rule, germ.bound(), bits, germ.valuation, region.piece.index)
        return None

    def _is_satisfied_by(self, germ: Germ | LeadingTerm) -> bool:
        try:
            return self.evaluator.is_satisfied_by(germ.factor())
        except Undecided:  # the region is too large for bounds of a logarithm or an exponential
            return False

    def _germ(
        self, evaluator: Evaluator, box: BoxSides, place: tuple[int, str, int], bits: int, *, defined: bool
    ) -> Germ | LeadingTerm | None:
        """Return the germ of ``right - left`` at an end of one side, where the parameter is ``end +- s**power``."""
        axis, end, power = place
        low, high = box[axis]
        centre, direction = (low, 1) if end == "low" else (high, -1)
        point = tuple(side[0] for side in (*box[:axis], (centre, centre), *box[axis + 1 :]))

        def expand(arithmetic: GermArithmetic) -> Germ | LeadingTerm | None:
            values = {symbol: arithmetic.rational(value) for symbol, value in zip(self.symbols, point, strict=True)}
            variable = arithmetic.variable(power)
            if centre or direction < 0:
                variable = values[self.symbols[axis]] + arithmetic.rational(Fraction(direction)) * variable
            values[self.symbols[axis]] = variable
            return evaluator.germ(values, arithmetic, defined=defined)

        reach = high - low if power == 1 else Ball(high - low, precision=bits).sqrt().upper
        return self.orders.first(expand, (evaluator.chart, point, place), reach, bits)

    def _is_equality(self, region: Region, box: BoxSides, axis: int, end: str) -> bool:
        """Return whether the statement is not strict, and both sides are known to be equal at an end of a side."""
        if self.evaluator.inequality.strict:
            return False
        parameters = {symbol: side[0] for symbol, side in zip(self.symbols, box, strict=True)}
        parameters[self.symbols[axis]] = box[axis][0 if end == "low" else 1]
        return self.evaluator.on(region.piece.chart).is_equality_at(parameters)

    def counterexample_at(self, piece: Piece, parameters: tuple[Fraction, ...]) -> Counterexample | None:
        """Return the point at (or near) given parameters if it is a counterexample in the domain."""
        if self.domain.is_closed_rational:
            point = dict(zip(self.symbols, parameters, strict=True))
        else:
            near = point_of(piece, parameters)
            if near is None or not contains(self.domain, near):
                return None
            point = near
        result = self.evaluator.at_point(point)
        return Counterexample(tuple(point.items()), result) if result.holds is False else None

    def find_counterexample(self, region: Region) -> Counterexample | None:
        """Search the midpoint, the simplest point and, for at most three variables, the corners of the region.

        At an excluded end, the corners are moved into the region a little.
        """
        box = region.inner
        if box is None:
            return None
        candidates = [tuple((low + high) / 2 for low, high in box), tuple(simplest(low, high) for low, high in box)]
        if len(box) <= 3:  # equality often occurs at a corner
            candidates += _corners(_within(region, box))
        for point in candidates:
            if (region.piece.index, point) not in self._tested:
                self._tested.add((region.piece.index, point))
                counterexample = self.counterexample_at(region.piece, point)
                if counterexample is not None:
                    return counterexample
        return None

    def bisect(self, region: Region) -> tuple[Region, Region]:
        """Bisect the side that is the widest in relation to the piece, leaving out sides of a single integer."""
        free = _free(region.inner or region.box) or [0]
        widths = {
            axis: (region.box[axis][1] - region.box[axis][0])
            / (region.piece.sides[axis][1] - region.piece.sides[axis][0])
            for axis in free
        }
        return region.bisected(max(widths, key=lambda axis: widths[axis]))

    def margin(self, cells: list[Cell]) -> tuple[Fraction, int]:
        """Return a lower bound of ``right - left``: of all cells, and 0 if it tends to 0 at a contact point."""
        bounds = [_bound_of(cell) for cell in cells if cell.bound is not None]
        if not bounds:
            raise InputError(f"no point of the domain was found: {self.domain}")
        return min(bounds), 0


def _free(box: BoxSides) -> list[int]:
    """Return the indices of the sides that are not a single number."""
    return [axis for axis, (low, high) in enumerate(box) if low < high]


def _is_excluded(region: Region, axis: int, box: BoxSides, end: str) -> bool:
    """Return whether an end of a side of the inner box of a region is an excluded end of the piece."""
    which = 0 if end == "low" else 1
    return region.piece.excludes(axis, region.box, end) and box[axis][which] == region.box[axis][which]


def _within(region: Region, box: BoxSides) -> BoxSides:
    """Return the inner box of a region with each excluded end moved into it."""
    moved = []
    for axis, (low, high) in enumerate(box):
        step = (high - low) * INWARD
        below, above = (_is_excluded(region, axis, box, end) for end in ("low", "high"))
        moved.append((low + step if below else low, high - step if above else high))
    return tuple(moved)


def _bound_of(cell: Cell) -> Fraction:
    """Return a lower bound of ``right - left`` on a cell."""
    bound = Fraction(0) if cell.bound is None else cell.bound
    if not cell.rule.startswith("contact") or cell.order == 0:
        return bound
    if cell.order > 0:
        return Fraction(0)
    width = max(high - low for low, high in cell.box)  # s is at most the larger one of the width and its root
    return bound * max(width, Fraction(1)) ** cell.order


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
        self.pieces = pieces_of_integers(domain)
        self.orders = OrderSearch()

    def regions(self) -> list[Region]:
        """Return regions that cover the domain."""
        return [Region(piece, piece.sides) for piece in self.pieces]

    def _integers(self, region: Region) -> tuple[int, int | None]:
        """Return the least and the largest absolute value in the cell, None if there is no largest; empty if reversed.

        In the piece of the negative integers, 0 is left out.
        """
        (low, high), (start, stop) = region.box[0], self._ends(region.piece)
        first = -(-(high.denominator**2) // high.numerator**2)
        first = start if high == 1 else max(first, start)  # n = 0 belongs to the cell of n = 1
        last = None
        if low > 0:
            last = -(-(low.denominator**2) // low.numerator**2) - 1
        if stop is not None:
            last = stop if last is None else min(last, stop)
        return first, last

    def is_unbounded(self, region: Region) -> bool:
        """Return whether a region contains infinitely many integers."""
        return self._integers(region)[1] is None

    def _sign(self, piece: Piece) -> int:
        return -1 if piece.index > 0 or (self.domain.stop is not None and self.domain.stop < 0) else 1

    def _ends(self, piece: Piece) -> tuple[int, int | None]:
        """Return the least and the largest absolute value in a piece."""
        start, stop = self.domain.start, self.domain.stop
        if self._sign(piece) > 0:
            return max(0, start or 0), stop
        return 1 if stop is None else max(1, -stop), None if start is None else -start

    def prove(self, region: Region, bits: int) -> Cell | None:
        """Return the region as a proved cell, or None if no rule applies."""
        first, last = self._integers(region)
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
        ends = (1 / high**2, 1 / low**2) if self._sign(region.piece) > 0 else (-1 / low**2, -1 / high**2)
        return {self.symbol: Ball.between(*ends, precision=bits)}

    def may_be_undefined(self, region: Region, bits: int) -> bool:
        """Return whether a side is not known to be defined on the region; False for one that contains infinity."""
        return region.box[0][0] > 0 and self.evaluator.range_over(self._intervals(region, bits), bits) is None

    def describe(self, region: Region) -> str:
        """Return a region in the variable of the statement."""
        first, last = self._integers(region)
        name, sign = self.symbol.name, self._sign(region.piece)
        if last is None:
            return f"{name} >= {_decimal(Fraction(first))}" if sign > 0 else f"{name} <= {_decimal(Fraction(-first))}"
        low, high = sorted((sign * first, sign * last))
        return f"{_decimal(Fraction(low))} <= {name} <= {_decimal(Fraction(high))}"

    def prove_again(self, cell: Cell) -> Cell | None:
        """Prove a cell by its own rule only, or return None."""
        region = Region(self.pieces[cell.piece], cell.box)
        first, last = self._integers(region)
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
        first, last = self._integers(region)
        bounds: list[Fraction] = []
        for n in range(first, (first if last is None else last) + 1):
            result = self.evaluator.at_point({self.symbol: Fraction(self._sign(region.piece) * n)}, bits)
            if not result.holds or result.value is None:
                return None
            bounds.append(result.value.lower)
            bits = max(bits, result.precision)
        return Cell(region.box, "integers", min(bounds), bits, piece=region.piece.index)

    def _contact(self, region: Region, bits: int) -> Cell | None:
        sign = self._sign(region.piece)

        def expand(arithmetic: GermArithmetic) -> Germ | LeadingTerm | None:
            variable = arithmetic.variable(-2)
            if sign < 0:
                variable = arithmetic.rational(Fraction(-1)) * variable
            return self.evaluator.germ({self.symbol: variable}, arithmetic)

        germ = self.orders.first(expand, sign, region.box[0][1], bits)
        if germ is None or abs(germ.valuation) > MAX_ORDER or not self.evaluator.is_satisfied_by(germ.factor()):
            return None
        return Cell(region.box, "contact", germ.bound(), bits, germ.valuation, region.piece.index)

    def _candidates(self, region: Region) -> Iterator[int]:
        first, last = self._integers(region)
        yield first
        if last is None:
            yield from (max(first, 1) * 10**power for power in (1, 2, 3, 6, 12))
        else:
            yield from range(first + 1, min(last, first + MAX_POINTS) + 1)
            yield from ((first + last) // 2, last)

    def find_counterexample(self, region: Region) -> Counterexample | None:
        """Search some integers of the region for a counterexample."""
        for size in self._candidates(region):
            n = self._sign(region.piece) * size
            result = self.evaluator.at_point({self.symbol: Fraction(n)})
            if result.holds is False:
                return Counterexample(((self.symbol, Fraction(n)),), result)
        return None

    def counterexample_at(self, piece: Piece, parameters: tuple[Fraction, ...]) -> Counterexample | None:
        """Return one of the integers beside the number of a given parameter if the inequality fails there."""
        if not parameters[0]:
            return None
        below = int(1 / parameters[0] ** 2)
        for size in (below, below + 1):
            point = {self.symbol: Fraction(self._sign(piece) * size)}
            if contains(self.domain, point):
                result = self.evaluator.at_point(point)
                if result.holds is False:
                    return Counterexample(tuple(point.items()), result)
        return None

    @property
    def has_least(self) -> bool:
        """Whether the domain has a least integer, which is not negative."""
        return self.domain.start is not None and self.domain.start >= 0

    def first_integer(self, region: Region) -> int:
        """Return the first integer of a region of nonnegative integers."""
        return self._integers(region)[0]

    def bisect(self, region: Region) -> tuple[Region, Region]:
        """Return the two halves of a region."""
        return region.bisected(0)

    def margin(self, cells: list[Cell]) -> tuple[Fraction, int]:
        """Return a lower bound of ``(right - left) / s**order`` over all cells, and the order at infinity.

        If the orders at -oo and at oo differ, the bound is one of ``right - left``, and the order is 0.
        """
        orders = {cell.order for cell in cells if cell.rule == "contact"}
        if len(orders) > 1:
            bounds = [_bound_of(cell) for cell in cells if cell.bound is not None]
            return min(bounds), 0
        order = next(iter(orders), 0)
        bounds = [self._scaled(cell, order) for cell in cells if cell.bound is not None]
        if not bounds:
            raise InputError(f"the domain contains no integer: {self.domain}")
        return min(bounds), order

    def _scaled(self, cell: Cell, order: int) -> Fraction:
        bound = Fraction(0) if cell.bound is None else cell.bound
        if cell.rule == "contact" or order == 0 or bound == 0:
            return bound
        first, last = self._integers(Region(self.pieces[cell.piece], cell.box))
        # |n|**(order/2) is smallest at the least absolute value of the cell for order > 0, at the largest for order < 0
        n = first if order > 0 or last is None else last
        if n == 0 and order < 0:
            return bound
        power = Fraction(n) ** (order // 2)
        if order % 2:
            power *= Ball(n, precision=64).sqrt().lower
        return bound * power


def _decimal(value: Fraction) -> str:
    return certain_digits(value, value, 8)


def subdivision_of(evaluator: Evaluator, domain: Domain) -> Subdivision:
    """Return the subdivision of a box or of integers; raises InputError for a single point, or an empty box."""
    if isinstance(domain, Box):
        integers = _only_integers(domain)
        return BoxSubdivision(evaluator, domain) if integers is None else IntegerSubdivision(evaluator, integers)
    if isinstance(domain, Integers):
        return IntegerSubdivision(evaluator, domain)
    raise InputError(f"a single point cannot be subdivided: {domain}")


def _only_integers(domain: Box) -> Integers | None:
    """Return the integers that a box of a single variable is, or None for any other box."""
    side = domain.ranges[0]
    if len(domain.ranges) > 1 or domain.where or not side.integers:
        return None
    start, stop = (int(end) if isinstance(end, Fraction) else None for end in (side.low, side.high))
    return Integers(side.symbol, start, stop)
