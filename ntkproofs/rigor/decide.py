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

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import isqrt
from typing import Any, Literal, Protocol, TypeAlias

import sympy

from ntkproofs.errors import DomainError, InputError, NotExact, NtkProofsError, Undecided
from ntkproofs.rigor.balls import Ball
from ntkproofs.rigor.digits import certain_digits
from ntkproofs.rigor.exact import ExactArithmetic
from ntkproofs.rigor.expressions import BallArithmetic, Formula, formula
from ntkproofs.rigor.germs import Germ, GermArithmetic
from ntkproofs.rigor.statements import Box, Domain, Inequality, Integers, Point
from ntkproofs.rigor.taylor import TaylorArithmetic

__all__ = ["Cell", "Decision", "EvidenceError", "decide", "replay"]

Outcome: TypeAlias = Literal["holds", "fails", "open"]
Interval: TypeAlias = tuple[Fraction, Fraction]
Values: TypeAlias = Mapping[sympy.Symbol, Fraction]

ORDER = 6  # Taylor terms kept at a contact point: a zero of order up to 6 can be divided out
FEW_INTEGERS = 4
MAX_DEPTH = 120


class EvidenceError(NtkProofsError):
    """The evidence of a decision does not support it."""


@dataclass(frozen=True)
class Cell:
    """One settled piece of the domain: its box, the rule that settled it, a lower bound of ``right - left`` on it.

    For the rule ``contact`` the bound is one of ``(right - left) / s**order``, ``s`` the distance from the contact
    point (``n**(-1/2)`` for integers).
    """

    box: tuple[Interval, ...]
    rule: str
    bound: Fraction | None
    precision: int
    order: int = 0


@dataclass(frozen=True)
class Decision:
    """The outcome of :func:`decide` and what supports it.

    `margin` is a certified lower bound of ``(right - left) * n**(order/2)`` over the domain for integers (`order` is 0
    unless the two sides approach each other, or part, as n grows), of ``right - left`` otherwise.
    """

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
            text += f" {self.domain.symbol}" if power == 1 else f" {self.domain.symbol}^{shown}"
        return text

    def __str__(self) -> str:
        head = f"{self.outcome}: {self.inequality} for {self.domain}"
        if self.outcome == "holds":
            return f"{head} ({len(self.cells)} cells, margin {self.margin_text()}, {self.precision} bits)"
        if self.counterexample is not None:
            return f"{head} (right - left is {self.value} at {Point(dict(self.counterexample))})"
        return f"{head} ({self.reason})"


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
    domain = Point() if domain is None else domain
    missing = formula(inequality.difference).symbols - set(domain.symbols)
    if missing:
        raise InputError(f"no domain given for {', '.join(sorted(map(str, missing)))} in: {inequality}")
    if not 2 <= precision <= limit:
        raise InputError(f"precision must lie between 2 and the limit of {limit} bits, got {precision}")
    task = _Task(inequality, precision, limit)
    if isinstance(domain, Point):
        return _decide_point(task, domain)
    space: _Space = _RealSpace(task, domain) if isinstance(domain, Box) else _IntegerSpace(task, domain)
    return _subdivide(task, domain, space, max_cells)


# --- one point


@dataclass(frozen=True)
class _Verdict:
    """What is known at a point: True, False or None for open; the value; the bits used."""

    holds: bool | None
    value: Ball | None
    precision: int
    exact_zero: bool = False


@dataclass(frozen=True)
class _Task:
    """An inequality on its way to a decision, with the precisions to try."""

    inequality: Inequality
    precision: int
    limit: int

    @property
    def formula(self) -> Formula:
        return formula(self.inequality.difference)

    def at(self, values: Values, bits: int | None = None) -> _Verdict:
        """Decide at one exact point, from `bits` on (default: the first precision)."""
        first = bits = self.precision if bits is None else bits
        value = None
        while bits <= self.limit:
            try:
                arithmetic = BallArithmetic(bits)
                value = self.formula.evaluate({k: arithmetic.rational(v) for k, v in values.items()}, arithmetic)
                sign = value.sign()
                if sign:
                    return _Verdict(sign > 0, value, bits)
                return _Verdict(not self.inequality.strict, value, bits, exact_zero=True)
            except Undecided:
                if bits == first and self.is_zero_at(values):
                    return _Verdict(not self.inequality.strict, Ball(0, precision=bits), bits, exact_zero=True)
            bits *= 2
        return _Verdict(None, value, bits // 2)

    def is_zero_at(self, values: Values) -> bool:
        """Tell whether the two sides are equal at a point, where that is decidable in Q(pi)."""
        arithmetic = ExactArithmetic()
        try:
            value = self.formula.evaluate({k: arithmetic.rational(v) for k, v in values.items()}, arithmetic)
        except (NotExact, DomainError):
            return False
        return value.is_zero()

    def accepts(self, value: Ball) -> bool:
        """Tell whether every number of the ball satisfies the inequality."""
        return value.lower > 0 or (not self.inequality.strict and value.lower == 0)

    # --- rules for a cell of real boxes

    def range_over(self, box: Mapping[sympy.Symbol, Ball], bits: int) -> Ball | None:
        """Return the formula evaluated with the whole box; DomainError (undefined everywhere there) is passed on."""
        try:
            return self.formula.evaluate(box, BallArithmetic(bits))
        except Undecided:
            return None

    def mean_value(self, box: Mapping[sympy.Symbol, Ball], bits: int) -> Ball | None:
        """Return the mean-value enclosure over the box, or None where a derivative is not bounded."""
        base = BallArithmetic(bits)
        middles = {symbol: Ball(side.middle, precision=bits) for symbol, side in box.items()}
        try:
            total = self.formula.evaluate(middles, base)
            arithmetic = TaylorArithmetic(base, 1)
            for symbol in box:
                seeds = {
                    other: arithmetic.series([side, Ball(1 if other == symbol else 0, precision=bits)])
                    for other, side in box.items()
                }
                slope = self.formula.evaluate(seeds, arithmetic).coefficients[1]
                total = total + slope * (box[symbol] - middles[symbol])
        except (Undecided, DomainError):
            return None
        return total


def _decide_point(task: _Task, domain: Point) -> Decision:
    verdict = task.at(dict(domain.values))
    common = _Common(task, domain)
    if verdict.holds is None:
        shown = "not enclosed" if verdict.value is None else verdict.value.digits(6)
        return common.open((), f"right - left is {shown}, which does not tell its sign at {verdict.precision} bits")
    if not verdict.holds:
        return common.fails((), _Counterexample(domain.values, verdict))
    bound = verdict.value.lower if verdict.value is not None else Fraction(0)
    cell = Cell(tuple((value, value) for _, value in domain.values), "point", bound, verdict.precision)
    return common.holds((cell,), bound, 0)


# --- subdivision


@dataclass(frozen=True)
class _Counterexample:
    point: tuple[tuple[sympy.Symbol, Fraction], ...]
    verdict: _Verdict


@dataclass(frozen=True)
class _Common:
    """Builds the three kinds of decision."""

    task: _Task
    domain: Domain

    def _make(self, outcome: Outcome, cells: tuple[Cell, ...], **more: Any) -> Decision:
        used = max([self.task.precision, *(cell.precision for cell in cells)])
        empty: dict[str, Any] = {"margin": None, "order": 0, "precision": used}
        return Decision(self.task.inequality, self.domain, outcome, cells, **(empty | more))

    def holds(self, cells: tuple[Cell, ...], margin: Fraction, order: int) -> Decision:
        return self._make("holds", cells, margin=margin, order=order)

    def fails(self, cells: tuple[Cell, ...], found: _Counterexample) -> Decision:
        value = "exactly 0" if found.verdict.exact_zero else str(found.verdict.value)
        return self._make("fails", cells, counterexample=found.point, value=value, precision=found.verdict.precision)

    def open(self, cells: tuple[Cell, ...], reason: str) -> Decision:
        return self._make("open", cells, reason=reason)


class _Space(Protocol):
    """A domain that is cut into cells."""

    def roots(self) -> list[tuple[Interval, ...]]:
        """Return the boxes that cover the domain."""

    def settle(self, box: tuple[Interval, ...], bits: int) -> Cell | None:
        """Return the settled cell, or None if no rule applies."""

    def refute(self, box: tuple[Interval, ...]) -> _Counterexample | None:
        """Look for a counterexample in the box."""

    def halves(self, box: tuple[Interval, ...]) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
        """Cut the box."""

    def margin(self, cells: list[Cell]) -> tuple[Fraction, int]:
        """Return the certified margin over all cells and its order."""

    def by_rule(self, cell: Cell) -> Cell | None:
        """Settle again by the cell's own rule only (for replay)."""


def _subdivide(task: _Task, domain: Domain, space: _Space, max_cells: int) -> Decision:
    """Settle cells depth first until none is left, a counterexample turns up, or the limits are met."""
    common = _Common(task, domain)
    cells: list[Cell] = []
    stack = [(box, 0) for box in reversed(space.roots())]
    while stack:
        box, depth = stack.pop()
        cell = space.settle(box, min(task.limit, task.precision + 2 * depth))
        if cell is not None:
            cells.append(cell)
            continue
        found = space.refute(box)
        if found is not None:
            return common.fails(tuple(cells), found)
        if depth >= MAX_DEPTH or len(cells) + len(stack) >= max_cells:
            where = ", ".join(f"{_short(low)}..{_short(high)}" for low, high in box)
            return common.open(tuple(cells), f"{len(cells)} cells settled, none of the rules settles {where}")
        left, right = space.halves(box)
        stack += [(right, depth + 1), (left, depth + 1)]
    return common.holds(tuple(cells), *space.margin(cells))


def _short(value: Fraction) -> str:
    return certain_digits(value, value, 8)


def _half(interval: Interval) -> tuple[Interval, Interval]:
    low, high = interval
    middle = (low + high) / 2
    return (low, middle), (middle, high)


class _RealSpace:
    """A closed box of real points."""

    def __init__(self, task: _Task, domain: Box) -> None:
        self.task, self.domain = task, domain
        self.symbols = domain.symbols

    def roots(self) -> list[tuple[Interval, ...]]:
        if len(self.symbols) > 1:
            return [tuple((low, high) for _, low, high in self.domain.sides)]
        _, low, high = self.domain.sides[0]
        ends = [low, *self.domain.contacts, high]
        return [((a, b),) for a, b in pairwise(ends)]

    def _balls(self, box: tuple[Interval, ...], bits: int) -> dict[sympy.Symbol, Ball]:
        sides = zip(self.symbols, box, strict=True)
        return {symbol: Ball.between(low, high, precision=bits) for symbol, (low, high) in sides}

    def settle(self, box: tuple[Interval, ...], bits: int) -> Cell | None:
        rules = ["range", "mean value"]
        if len(box) == 1:
            rules += [f"contact {side}" for side in ("low", "high") if self._touches(box[0], side)]
        for rule in rules:
            cell = self._apply(rule, box, bits)
            if cell is not None:
                return cell
        return None

    def by_rule(self, cell: Cell) -> Cell | None:
        return self._apply(cell.rule, cell.box, cell.precision)

    def _apply(self, rule: str, box: tuple[Interval, ...], bits: int) -> Cell | None:
        if rule.startswith("contact"):
            return self._contact(box, rule.removeprefix("contact "), bits)
        balls = self._balls(box, bits)
        enclosure = (self.task.range_over if rule == "range" else self.task.mean_value)(balls, bits)
        if enclosure is None or not self.task.accepts(enclosure):
            return None
        return Cell(box, rule, enclosure.lower, bits)

    def _touches(self, side: Interval, end: str) -> bool:
        point = side[0] if end == "low" else side[1]
        return not self.task.inequality.strict and self.task.is_zero_at({self.symbols[0]: point})

    def _contact(self, box: tuple[Interval, ...], end: str, bits: int) -> Cell | None:
        low, high = box[0]
        centre, direction = (low, 1) if end == "low" else (high, -1)
        arithmetic = GermArithmetic(high - low, ORDER, bits)
        germ = _germ(self.task, {self.symbols[0]: arithmetic.shifted(centre, direction)}, arithmetic)
        if germ is None or germ.valuation < 0 or not self.task.accepts(germ.factor()):
            return None
        return Cell(box, f"contact {end}", germ.factor().lower, bits, germ.valuation)

    def _test(self, point: tuple[Fraction, ...]) -> _Counterexample | None:
        pairs = tuple(zip(self.symbols, point, strict=True))
        verdict = self.task.at(dict(pairs))
        return _Counterexample(pairs, verdict) if verdict.holds is False else None

    def refute(self, box: tuple[Interval, ...]) -> _Counterexample | None:
        candidates = [tuple((low + high) / 2 for low, high in box)]
        if len(box) <= 3:  # the corners too: equality often sits there
            candidates += _corners(box)
        for point in candidates:
            found = self._test(point)
            if found is not None:
                return found
        return None

    def halves(self, box: tuple[Interval, ...]) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
        widths = [
            (high - low) / (top - bottom) for (low, high), (_, bottom, top) in zip(box, self.domain.sides, strict=True)
        ]
        axis = widths.index(max(widths))
        left, right = _half(box[axis])
        return (*box[:axis], left, *box[axis + 1 :]), (*box[:axis], right, *box[axis + 1 :])

    def margin(self, cells: list[Cell]) -> tuple[Fraction, int]:
        bounds = [cell.bound for cell in cells if cell.bound is not None and not cell.rule.startswith("contact")]
        touching = any(cell.rule.startswith("contact") for cell in cells)
        return (Fraction(0) if touching else min(bounds)), 0


def _corners(box: tuple[Interval, ...]) -> list[tuple[Fraction, ...]]:
    corners: list[tuple[Fraction, ...]] = [()]
    for side in box:
        corners = [(*corner, end) for corner in corners for end in side]
    return corners


def _germ(task: _Task, values: Mapping[sympy.Symbol, Germ], arithmetic: GermArithmetic) -> Germ | None:
    try:
        return task.formula.evaluate(values, arithmetic).reduced()
    except (Undecided, DomainError):
        return None


class _IntegerSpace:
    """Integers, as the points ``s = n**(-1/2)`` of ``(0, 1]``; a cell ``(a, b]`` holds ``1/b**2 <= n < 1/a**2``."""

    def __init__(self, task: _Task, domain: Integers) -> None:
        self.task, self.domain = task, domain
        self.symbol = domain.symbol

    def roots(self) -> list[tuple[Interval, ...]]:
        if self.domain.stop is None or self.domain.stop == 0:
            return [((Fraction(0), Fraction(1)),)]
        return [((Fraction(1, isqrt(self.domain.stop) + 1), Fraction(1)),)]

    def _integers(self, side: Interval) -> tuple[int, int | None]:
        """Return the first and last integer of the cell (last None: no end); first > last if it is empty."""
        low, high = side
        first = -(-(high.denominator**2) // high.numerator**2)
        first = self.domain.start if high == 1 else max(first, self.domain.start)  # n = 0 stands with n = 1
        last = None
        if low > 0:
            last = -(-(low.denominator**2) // low.numerator**2) - 1
        if self.domain.stop is not None:
            last = self.domain.stop if last is None else min(last, self.domain.stop)
        return first, last

    def settle(self, box: tuple[Interval, ...], bits: int) -> Cell | None:
        first, last = self._integers(box[0])
        if last is not None and first > last:
            return Cell(box, "empty", None, bits)
        if last is not None and last - first < FEW_INTEGERS:
            return self._points(box, bits)
        if first == 0:
            return None
        for rule in ("contact",) if box[0][0] == 0 else ("range", "mean value"):
            cell = self._apply(rule, box, bits)
            if cell is not None:
                return cell
        return None

    def by_rule(self, cell: Cell) -> Cell | None:
        first, last = self._integers(cell.box[0])
        if cell.rule == "empty":
            return cell if last is not None and first > last else None
        if cell.rule == "integers":
            few = last is not None and first <= last < first + FEW_INTEGERS
            return self._points(cell.box, cell.precision) if few else None
        if first == 0:
            return None
        return self._apply(cell.rule, cell.box, cell.precision)

    def _points(self, box: tuple[Interval, ...], bits: int) -> Cell | None:
        first, last = self._integers(box[0])
        bounds: list[Fraction] = []
        for n in range(first, (first if last is None else last) + 1):
            verdict = self.task.at({self.symbol: Fraction(n)}, bits)
            if not verdict.holds or verdict.value is None:
                return None
            bounds.append(verdict.value.lower)
            bits = max(bits, verdict.precision)
        return Cell(box, "integers", min(bounds), bits)

    def _apply(self, rule: str, box: tuple[Interval, ...], bits: int) -> Cell | None:
        low, high = box[0]
        if rule == "contact":
            if low != 0:
                return None
            arithmetic = GermArithmetic(high, ORDER, bits)
            germ = _germ(self.task, {self.symbol: arithmetic.variable(-2)}, arithmetic)
            if germ is None or not self.task.accepts(germ.factor()):
                return None
            return Cell(box, "contact", germ.factor().lower, bits, germ.valuation)
        side = Ball.between(1 / high**2, 1 / low**2, precision=bits)
        enclosure = (self.task.range_over if rule == "range" else self.task.mean_value)({self.symbol: side}, bits)
        if enclosure is None or not self.task.accepts(enclosure):
            return None
        return Cell(box, rule, enclosure.lower, bits)

    def _candidates(self, box: tuple[Interval, ...]) -> Iterator[int]:
        first, last = self._integers(box[0])
        yield first
        if last is None:
            yield from (max(first, 1) * 10**power for power in (1, 2, 3, 6, 12))
        else:
            yield from range(first + 1, min(last, first + FEW_INTEGERS) + 1)
            yield from ((first + last) // 2, last)

    def refute(self, box: tuple[Interval, ...]) -> _Counterexample | None:
        for n in self._candidates(box):
            verdict = self.task.at({self.symbol: Fraction(n)})
            if verdict.holds is False:
                return _Counterexample(((self.symbol, Fraction(n)),), verdict)
        return None

    def halves(self, box: tuple[Interval, ...]) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
        left, right = _half(box[0])
        return (left,), (right,)

    def margin(self, cells: list[Cell]) -> tuple[Fraction, int]:
        """Express every bound as one of ``(right - left) / s**order``, with the order found at infinity."""
        order = next((cell.order for cell in cells if cell.rule == "contact"), 0)
        bounds = [self._scaled(cell, order) for cell in cells if cell.bound is not None]
        if not bounds:
            raise InputError(f"no integers to decide anything for: {self.domain}")
        return min(bounds), order

    def _scaled(self, cell: Cell, order: int) -> Fraction:
        bound = Fraction(0) if cell.bound is None else cell.bound
        if cell.rule == "contact" or order == 0 or bound == 0:
            return bound
        first, last = self._integers(cell.box[0])
        # (right - left) * n**(order/2) is least at the cell's first integer for order > 0, at its last for order < 0
        n = first if order > 0 or last is None else last
        power = Fraction(n) ** (order // 2)
        if order % 2:
            power *= Ball(n, precision=64).sqrt().lower
        return bound * power


# --- replay


def replay(decision: Decision) -> Decision:
    """Check the evidence of a decision anew, cell by cell, and return the decision that it supports.

    Needs no search: each cell is settled by its own rule, and the cells must cover the domain. Raises EvidenceError if
    a cell is missing, does not follow, or the margin is not the one claimed.

    >>> from ntkproofs.rigor import less
    >>> n = sympy.Symbol("n", positive=True)
    >>> replay(decide(less(1, n + sympy.sqrt(n)), Integers(n))).outcome
    'holds'
    """
    task = _Task(decision.inequality, decision.precision, max(decision.precision, 2))
    common, domain = _Common(task, decision.domain), decision.domain
    if decision.outcome == "open":
        return decision
    if decision.outcome == "fails":
        return _replay_counterexample(decision, task, common)
    if isinstance(domain, Point):
        again = _decide_point(task, domain)
        if again.outcome != "holds" or again.margin is None or again.margin < (decision.margin or 0):
            raise EvidenceError(f"{decision.inequality} does not hold at {domain} with the margin claimed")
        return again
    space: _Space = _RealSpace(task, domain) if isinstance(domain, Box) else _IntegerSpace(task, domain)
    _check_cover(decision.cells, space.roots())
    cells = []
    for cell in decision.cells:
        settled = space.by_rule(cell)
        if settled is None:
            raise EvidenceError(f"the cell {cell.box} does not follow by the rule {cell.rule!r}")
        cells.append(settled)
    again = common.holds(tuple(cells), *space.margin(cells))
    claimed = Fraction(0) if decision.margin is None else decision.margin
    if again.order != decision.order or again.margin is None or again.margin < claimed:
        raise EvidenceError(f"the margin is {again.margin_text()}, not {decision.margin_text()}")
    return replace(again, margin=claimed, precision=decision.precision)


def _replay_counterexample(decision: Decision, task: _Task, common: _Common) -> Decision:
    point = decision.counterexample
    if point is None:
        raise EvidenceError("a refuted inequality needs a counterexample")
    _check_inside(dict(point), decision.domain)
    verdict = task.at(dict(point))
    if verdict.holds is not False:
        raise EvidenceError(f"{decision.inequality} does not fail at {Point(dict(point))}")
    return common.fails((), _Counterexample(point, verdict))


def _check_inside(point: dict[sympy.Symbol, Fraction], domain: Domain) -> None:
    if isinstance(domain, Point):
        inside = point == dict(domain.values)
    elif isinstance(domain, Box):
        inside = all(low <= point[symbol] <= high for symbol, low, high in domain.sides)
    else:
        n = point[domain.symbol]
        inside = n.denominator == 1 and n >= domain.start and (domain.stop is None or n <= domain.stop)
    if not inside:
        raise EvidenceError(f"the counterexample {Point(point)} lies outside {domain}")


def _check_cover(cells: tuple[Cell, ...], roots: list[tuple[Interval, ...]]) -> None:
    """Check that the boxes of `cells`, as bisection leaves them, tile the roots."""
    boxes = sorted(cell.box for cell in cells)
    if len(roots[0]) == 1:
        ends = [box[0] for box in boxes]
        gaps = any(first[1] != second[0] for first, second in pairwise(ends))
        if not ends or gaps or ends[0][0] != roots[0][0][0] or ends[-1][1] != roots[-1][0][1]:
            raise EvidenceError("the cells do not cover the domain")
        return
    inside = all(_contains(roots[0], box) for box in boxes)
    overlap = any(_overlap(a, b) for place, a in enumerate(boxes) for b in boxes[place + 1 :])
    if not inside or overlap or sum(map(_volume, boxes)) != _volume(roots[0]):
        raise EvidenceError("the cells do not cover the domain")


def _contains(outer: tuple[Interval, ...], inner: tuple[Interval, ...]) -> bool:
    return all(a <= c <= d <= b for (a, b), (c, d) in zip(outer, inner, strict=True))


def _overlap(first: tuple[Interval, ...], second: tuple[Interval, ...]) -> bool:
    return all(a < d and c < b for (a, b), (c, d) in zip(first, second, strict=True))


def _volume(box: tuple[Interval, ...]) -> Fraction:
    volume = Fraction(1)
    for low, high in box:
        volume *= high - low
    return volume
