"""The search of a decision: regions are proved, refuted or bisected, the largest first.

A region that does not settle does not stop the search of the others. After some bisections, and then ever more rarely,
local minima of ``right - left`` are searched: a negative one is a counterexample, and where both sides seem to be
equal, the set of such points is sought for the rules of ``contacts``.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

import sympy

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.arithmetic.digits import certain_digits
from ntkproofs.arithmetic.expressions import BallArithmetic
from ntkproofs.arithmetic.notation import written
from ntkproofs.display import counted
from ntkproofs.errors import DomainError, Undecided
from ntkproofs.rigor.charts import Piece, Region
from ntkproofs.rigor.contacts import Contact, ContactRules, Point
from ntkproofs.rigor.evaluator import Evaluator
from ntkproofs.rigor.refutation import BITS, Minimum, contacts_near, local_minimum, recognised, simple_points
from ntkproofs.rigor.subdivision import BoxSubdivision, Cell, Counterexample, IntegerSubdivision, Subdivision
from ntkproofs.truth import NoTruthValue

__all__ = ["MAX_DEPTH", "Obstacle", "Search", "SearchResult"]

MAX_DEPTH = 120
FIRST_MINIMUM = 8  # bisections before the first search for a local minimum; then after twice as many, and so on
STUCK_DEPTH = 6  # bisections that lead to a small interval, where the search for a minimum pays
MANY_BISECTIONS = 64  # after which it pays for integers
MAX_COMPARED = 256  # regions whose middles are compared to begin the search of a minimum
PATIENCE = 60  # further bisections, for each variable, after an equality that no rule proves
MAX_SIMPLE = 1000  # numerators and denominators of a closed form that a message names
FAR, NEAR = 10**6, Fraction(1, 10**6)  # a value so large, with a parameter so near an excluded end, means infinity
MAX_LEAST = 500  # regions examined to show that an integer counterexample is the least

TAYLOR_ORDERS = {16: 6, 64: 10, 512: 16}  # number of bisections -> order of the Taylor polynomials tried from then on
DEPTH_OF_INFINITY = 40  # bisections towards infinity: up to 2^80, for integers
BISECTIONS_WITHOUT_INFINITY = 400  # in search of a counterexample, once the part at infinity does not settle

_Entry: TypeAlias = tuple[int, str, Region]


@dataclass(frozen=True)
class Obstacle(NoTruthValue):
    """Why a statement stays open.

    `kind`: ``equality`` (the sides agree at a point as far as can be computed), ``undefined`` (a side may be undefined)
    or ``limit``; `where`: the point or the region, in the variables of the statement; `why`: what is known there;
    `advice`: what to try; `proved`: the number of proved cells.
    """

    instead = ".kind"

    kind: str
    where: str
    why: str
    advice: str
    proved: int

    def __str__(self) -> str:
        return f"{counted(self.proved, 'cell')} proved; {self.why}; {self.advice}"


@dataclass(frozen=True)
class SearchResult:
    """What a search found: cells, and either a counterexample, an obstacle, or neither if the cells cover the domain.

    `least`: whether the counterexample is known to be the least integer at which the inequality fails.
    """

    cells: tuple[Cell, ...]
    counterexample: Counterexample | None = None
    obstacle: Obstacle | None = None
    least: bool = False


@dataclass
class Search:
    """One search over a subdivision of the domain; `max_cells` limits the number of proved and pending regions."""

    evaluator: Evaluator
    subdivision: Subdivision
    max_cells: int
    cells: dict[str, Cell] = field(default_factory=dict)  # by the path from the first region
    pending: list[_Entry] = field(default_factory=list)
    aside: list[Region] = field(default_factory=list)  # as deep as regions go, and not settled
    factored: set[int] = field(default_factory=set)  # the pieces on which the rule `factors` was tried
    handled: list[tuple[int, Point]] = field(default_factory=list)  # where equality was found, with the piece
    bisections: int = 0
    next_minimum: int = FIRST_MINIMUM
    last: int | None = None  # the number of bisections at which the search gives up, once there is an equality
    equality: tuple[Piece, Minimum] | None = None

    def run(self) -> SearchResult:
        """Prove or bisect all regions until none is left, a counterexample is found or a limit is met."""
        for index, region in enumerate(self.subdivision.regions()):
            heapq.heappush(self.pending, (0, f"{index:06d}", region))
        while self.pending:
            entry = heapq.heappop(self.pending)
            counterexample = self._advance(entry)
            if counterexample is not None:
                return self._refuted(counterexample)
            exhausted = len(self.cells) + len(self.pending) >= self.max_cells
            if self.pending and (exhausted or (self.last is not None and self.bisections >= self.last)):
                return self._open(self.aside[0] if self.aside else self.pending[0][2])
        return self._open(self.aside[0]) if self.aside else SearchResult(self._sorted_cells())

    def _sorted_cells(self) -> tuple[Cell, ...]:
        return tuple(self.cells[path] for path in sorted(self.cells))

    def _settles(self, entry: _Entry) -> bool:
        """Prove a region if a rule applies."""
        depth, path, region = entry
        bits = min(self.evaluator.limit, self.evaluator.precision + 2 * depth)
        try:
            cell = self.subdivision.prove(region, bits)
        except Undecided:  # a bound is too large to be converted to a fraction
            cell = None
        if cell is not None:
            self.cells[path] = cell
        return cell is not None

    def _advance_to_infinity(self, entry: _Entry) -> Counterexample | None:
        """Bisect a region of unboundedly many integers until the part at infinity settles; put it aside if it does not.

        All other regions of integers settle at each of their integers, in the end, so that a search without this part
        would go on up to the limit of the number of cells.
        """
        while not self._settles(entry):
            depth, path, region = entry
            counterexample = self.subdivision.find_counterexample(region)
            if counterexample is not None:
                return counterexample
            if depth >= DEPTH_OF_INFINITY:
                self.aside.append(region)
                self.last = self.bisections + BISECTIONS_WITHOUT_INFINITY
                return None
            self.bisections += 1
            at_infinity, rest = self.subdivision.bisect(region)
            heapq.heappush(self.pending, (depth + 1, path + "1", rest))
            entry = depth + 1, path + "0", at_infinity
        return None

    def _advance(self, entry: _Entry) -> Counterexample | None:
        """Prove a region, find a counterexample in it, bisect it, or put it aside."""
        if isinstance(self.subdivision, IntegerSubdivision) and self.subdivision.is_unbounded(entry[2]):
            return self._advance_to_infinity(entry)
        if self._settles(entry):
            return None
        depth, _, region = entry
        counterexample = self.subdivision.find_counterexample(region)
        if counterexample is not None:
            return counterexample
        if self._is_stuck(depth):
            self.next_minimum = 2 * self.bisections
            counterexample = self._by_minimum(region)
            if counterexample is not None or self._settles(entry):
                return counterexample
        if depth >= MAX_DEPTH:
            self.aside.append(region)
        else:
            self._bisect(entry)
        return None

    def _is_stuck(self, depth: int) -> bool:
        """Return whether it is time to search for a local minimum: after many bisections, or deep in the domain."""
        if not isinstance(self.subdivision, BoxSubdivision):
            return self.bisections >= max(self.next_minimum, MANY_BISECTIONS)
        return self.bisections >= self.next_minimum and (depth >= STUCK_DEPTH or len(self.subdivision.symbols) > 1)

    def _bisect(self, entry: _Entry) -> None:
        depth, path, region = entry
        self.bisections += 1
        if isinstance(self.subdivision, BoxSubdivision) and self.bisections in TAYLOR_ORDERS:
            self.subdivision.try_taylor(TAYLOR_ORDERS[self.bisections])
        for name, half in zip("01", self.subdivision.bisect(region), strict=True):
            heapq.heappush(self.pending, (depth + 1, path + name, half))

    # --- local minima

    def _by_minimum(self, region: Region) -> Counterexample | None:
        """Search for a counterexample or a contact at a local minimum, in the region of the smallest middle value."""
        if self._factors(region):
            return None
        others = [other for _, _, other in self.pending[:MAX_COMPARED]]
        region = self._lowest([each for each in (region, *others) if not self._is_handled(each)] or [region])
        for rules in _inside_and_around(self.subdivision, region):
            try:
                minimum = local_minimum(rules, _middle(region))
            except Undecided:  # a number is too large to be converted to a fraction
                continue
            if minimum is None:
                continue
            counterexample = self._near(region.piece, rules, minimum)
            if counterexample is not None:
                return counterexample
            if minimum.is_contact and isinstance(self.subdivision, BoxSubdivision):
                self._note_equality(self.subdivision, region, minimum)
                return None
        return None

    def _is_handled(self, region: Region) -> bool:
        """Return whether a region contains a point at which equality was found before."""
        return any(
            piece == region.piece.index
            and all(low <= value <= high for value, (low, high) in zip(point, region.box, strict=True))
            for piece, point in self.handled
        )

    def _factors(self, region: Region) -> bool:
        """Try the rule ``factors``, once for each piece; return whether it proves the region."""
        piece = region.piece.index
        if piece in self.factored or not isinstance(self.subdivision, BoxSubdivision):
            return False
        self.factored.add(piece)
        rules = self.subdivision.rules_on(region.piece)
        if rules.prove("factors", None, region.box, self.evaluator.precision) is None:
            return False
        self.subdivision.contacts.append((piece, None))
        return True

    def _lowest(self, regions: list[Region]) -> Region:
        best, least = regions[0], None
        for region in regions:
            rules = _rules(self.subdivision, region.piece)
            values = dict(zip(rules.symbols, _middle(region), strict=True))
            try:
                value = rules.evaluator.at_parameters(values, self.evaluator.precision).value
                size = None if value is None else value.middle
            except (DomainError, Undecided):
                continue
            if size is not None and (least is None or size < least):
                best, least = region, size
        return best

    def _near(self, piece: Piece, rules: ContactRules, minimum: Minimum) -> Counterexample | None:
        """Return a counterexample of a simple form near a minimum, if there is one."""
        if minimum.value > 0 and not minimum.is_contact:
            return None
        for point in simple_points(rules.domain, minimum.point):
            try:
                counterexample = self.subdivision.counterexample_at(piece, point)
            except (DomainError, Undecided):
                continue
            if counterexample is not None:
                return counterexample
        return None

    def _note_equality(self, subdivision: BoxSubdivision, region: Region, minimum: Minimum) -> None:
        """Record the sets of equal sides through a point; the search goes on for a while only if there is none."""
        if (region.piece.index, minimum.point) in self.handled:
            return
        known = [contact for _, contact in subdivision.contacts]
        found = [] if self.evaluator.inequality.strict else _useful(subdivision, region, minimum)
        self.handled.append((region.piece.index, minimum.point))
        new = [contact for contact in found if contact not in known]
        if new:
            subdivision.contacts += [(region.piece.index, contact) for contact in new]
            self.next_minimum = self.bisections + FIRST_MINIMUM
        elif not found and self.last is None:
            self.equality = (region.piece, minimum)
            self.last = self.bisections + PATIENCE * len(minimum.point)

    # --- results

    def _refuted(self, counterexample: Counterexample) -> SearchResult:
        if not isinstance(self.subdivision, IntegerSubdivision) or not self.subdivision.has_least:
            return SearchResult(self._sorted_cells(), counterexample)
        return self._least(self.subdivision, counterexample)

    def _least(self, subdivision: IntegerSubdivision, counterexample: Counterexample) -> SearchResult:
        """Search the smaller integers, so that the counterexample is the least if they all settle."""
        pending = [(0, f"{index:06d}", region) for index, region in enumerate(subdivision.regions())]
        self.cells, steps = {}, 0
        while pending and steps < MAX_LEAST:
            steps += 1
            entry = pending.pop()  # the smaller integers first
            depth, path, region = entry
            if subdivision.first_integer(region) >= counterexample.point[0][1] or self._settles(entry):
                continue
            smaller = subdivision.find_counterexample(region)
            if smaller is not None and smaller.point[0][1] < counterexample.point[0][1]:
                counterexample = smaller
            pending += [
                (depth + 1, path + name, half) for name, half in zip("01", subdivision.bisect(region), strict=True)
            ]
        return SearchResult(self._sorted_cells(), counterexample, least=not pending)

    def _open(self, region: Region) -> SearchResult:
        cells = self._sorted_cells()
        return SearchResult(cells, obstacle=self._obstacle(region, len(cells)))

    def _obstacle(self, region: Region, proved: int) -> Obstacle:
        where = self.subdivision.describe(region)
        if self.equality is not None:
            return self._equal_at(*self.equality, proved)
        if self.subdivision.may_be_undefined(region, self.evaluator.precision):
            why = f"no rule applies to {where}, where a side may be undefined"
            return Obstacle("undefined", where, why, "restrict the domain or rewrite that side", proved)
        why = f"no rule applies to {where}{self.subdivision.orders.note()}"
        advice = "a larger max_cells or limit may help, or a smaller domain"
        return Obstacle("limit", where, why, advice, proved)

    def _equal_at(self, piece: Piece, minimum: Minimum, proved: int) -> Obstacle:
        rules = _rules(self.subdivision, piece)
        where = _point_text(rules, piece, minimum.point)
        why = f"no rule applies to the neighbourhood of {where}, where both sides agree to 24 digits"
        if _is_excluded(piece, minimum.point):
            why = f"no rule applies near {where}, which is excluded; both sides tend to the same limit there"
            advice = "divide both sides by a factor that tends to 0 there, or let the domain begin elsewhere"
        elif self.evaluator.inequality.strict:
            advice = "if they are equal there, the strict inequality is false: state it with <=, or exclude the point"
        else:
            advice = "factor the difference by hand, or substitute so that they are equal at a rational point"
        return Obstacle("equality", where, why, advice, proved)


def _useful(subdivision: BoxSubdivision, region: Region, minimum: Minimum) -> list[Contact | None]:
    """Return contacts through a minimum that prove the neighbourhood of it, those of the largest dimension."""
    rules = subdivision.rules_on(region.piece)
    useful: list[Contact | None] = []
    size = 0
    if _proves_nearby(rules, None, region, minimum.point):
        return [None]
    for contact in contacts_near(rules, minimum):
        if len(contact.symbols) > size and useful:
            break
        size = len(contact.symbols)
        if _proves_nearby(rules, contact, region, minimum.point):
            useful.append(contact)
    return useful


def _proves_nearby(rules: ContactRules, contact: Contact | None, region: Region, point: Point) -> bool:
    """Return whether a contact proves a small box around a point, or its parts on both sides of the point."""
    boxes = [
        tuple(
            (max(low, value - (high - low) / 256), min(high, value + (high - low) / 256))
            for value, (low, high) in zip(point, region.piece.sides, strict=True)
        )
    ]
    if len(point) == 1:
        ((low, high),) = boxes[0]
        boxes += [((a, b),) for a, b in ((low, point[0]), (point[0], high)) if a < b]
    return any(rules.by_contact(contact, box, rules.evaluator.precision) is not None for box in boxes)


def _rules(subdivision: Subdivision, piece: Piece) -> ContactRules:
    return ContactRules(subdivision.evaluator.on(piece.chart), piece.symbols, piece.sides)


def _inside_and_around(subdivision: Subdivision, region: Region) -> Iterator[ContactRules]:
    """Yield the rules on a region alone and on its whole piece, between which a minimum is searched."""
    rules = _rules(subdivision, region.piece)
    yield ContactRules(rules.evaluator, rules.symbols, region.box)
    yield rules


def _middle(region: Region) -> Point:
    return tuple((low + high) / 2 for low, high in region.box)


def _point_text(rules: ContactRules, piece: Piece, point: Point) -> str:
    """Return a point in the variables of the statement, with exact values where simple ones are recognised."""
    parameters = {symbol: Ball(value, precision=BITS) for symbol, value in zip(rules.symbols, point, strict=True)}
    try:
        values = piece.chart.values(parameters, BallArithmetic(BITS))
    except (DomainError, Undecided):
        return "an infinite end of the domain"
    texts = []
    for symbol, parameter, side, excluded in zip(rules.symbols, point, piece.sides, piece.excluded, strict=True):
        value = values[symbol].middle
        if abs(value) > FAR and any(
            out and abs(parameter - end) < NEAR for end, out in zip(side, excluded, strict=True)
        ):
            texts.append(f"{symbol.name} = {'oo' if value > 0 else '-oo'}")
            continue
        exact = next(filter(_is_simple, recognised(value)), None)
        texts.append(f"{symbol.name} about {_digits(value)}" if exact is None else f"{symbol.name} = {written(exact)}")
    return ", ".join(texts)


def _is_simple(number: sympy.Expr) -> bool:
    """Return whether an expression has only small numbers, so that it is no accident that it fits a value."""
    return all(max(abs(part.p), part.q) <= MAX_SIMPLE for part in number.atoms(sympy.Rational))


def _is_excluded(piece: Piece, point: Point) -> bool:
    """Return whether a point is, as far as its digits tell, at an end that does not belong to the domain."""
    return any(
        excluded and abs(value - end) < (side[1] - side[0]) / 10**12
        for value, side, ends in zip(point, piece.sides, piece.excluded, strict=True)
        for end, excluded in zip(side, ends, strict=True)
    )


def _digits(value: Fraction) -> str:
    rounded = Fraction(round(value * 10**8), 10**8)
    return certain_digits(rounded, rounded, 8)
