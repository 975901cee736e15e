"""Spaces: a domain cut into cells, and the rules that settle a cell.

:class:`RealSpace` for a box of real points, :class:`IntegerSpace` for integers as the points ``s = n**(-1/2)``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import isqrt
from typing import Protocol, TypeAlias

import sympy

from ntkproofs.errors import InputError
from ntkproofs.rigor.balls import Ball
from ntkproofs.rigor.germs import GermArithmetic
from ntkproofs.rigor.inquiry import Inquiry, PointVerdict
from ntkproofs.rigor.statements import Box, Domain, Integers

__all__ = ["BoxSides", "Cell", "Counterexample", "IntegerSpace", "Interval", "RealSpace", "Space", "space_of"]

Interval: TypeAlias = tuple[Fraction, Fraction]
BoxSides: TypeAlias = tuple[Interval, ...]

ORDER = 6  # Taylor terms kept at a contact point: a zero of order up to 6 can be divided out
FEW_INTEGERS = 4
MAX_ORDER = 1 << 16  # of growth at infinity: the margin is scaled by such a power


@dataclass(frozen=True)
class Cell:
    """One settled piece of the domain: its box, the rule that settled it, a lower bound of ``right - left`` on it.

    For the rule ``contact`` the bound is one of ``(right - left) / s**order``, ``s`` the distance from the contact
    point (``n**(-1/2)`` for integers).
    """

    box: BoxSides
    rule: str
    bound: Fraction | None
    precision: int
    order: int = 0


@dataclass(frozen=True)
class Counterexample:
    """A point of the domain at which the inequality fails, and what is known there."""

    point: tuple[tuple[sympy.Symbol, Fraction], ...]
    verdict: PointVerdict


class Space(Protocol):
    """A domain that is cut into cells."""

    def roots(self) -> list[BoxSides]:
        """Return the boxes that cover the domain."""

    def settle(self, box: BoxSides, bits: int) -> Cell | None:
        """Return the settled cell, or None if no rule applies."""

    def refute(self, box: BoxSides) -> Counterexample | None:
        """Look for a counterexample in the box."""

    def halves(self, box: BoxSides) -> tuple[BoxSides, BoxSides]:
        """Cut the box."""

    def margin(self, cells: list[Cell]) -> tuple[Fraction, int]:
        """Return the certified margin over all cells and its order."""

    def by_rule(self, cell: Cell) -> Cell | None:
        """Settle again by the cell's own rule only (for replay)."""


def _half(interval: Interval) -> tuple[Interval, Interval]:
    low, high = interval
    middle = (low + high) / 2
    return (low, middle), (middle, high)


class RealSpace:
    """A closed box of real points."""

    def __init__(self, inquiry: Inquiry, domain: Box) -> None:
        self.inquiry, self.domain = inquiry, domain
        self.symbols = domain.symbols

    def roots(self) -> list[BoxSides]:
        """Return the boxes that cover the domain."""
        if len(self.symbols) > 1:
            return [tuple((low, high) for _, low, high in self.domain.sides)]
        _, low, high = self.domain.sides[0]
        ends = [low, *self.domain.contacts, high]
        return [((a, b),) for a, b in pairwise(ends)]

    def _balls(self, box: BoxSides, bits: int) -> dict[sympy.Symbol, Ball]:
        sides = zip(self.symbols, box, strict=True)
        return {symbol: Ball.between(low, high, precision=bits) for symbol, (low, high) in sides}

    def settle(self, box: BoxSides, bits: int) -> Cell | None:
        """Return the settled cell, or None if no rule applies."""
        values = self.inquiry.range_over(self._balls(box, bits), bits)
        rules = [] if values is None else ["range", "mean value"]  # without values they cannot be
        if len(box) == 1:
            rules += ["contact low", "contact high"]
        for rule in rules:
            cell = self._apply(rule, box, bits, values)
            if cell is not None:
                return cell
        return None

    def by_rule(self, cell: Cell) -> Cell | None:
        """Settle again by the cell's own rule only."""
        values = self.inquiry.range_over(self._balls(cell.box, cell.precision), cell.precision)
        return self._apply(cell.rule, cell.box, cell.precision, values)

    def _apply(self, rule: str, box: BoxSides, bits: int, values: Ball | None) -> Cell | None:
        """Settle by one rule; `values`: the difference over the box, if both sides are known to be defined on it."""
        if len(box) == 1 and rule in ("contact low", "contact high"):
            return self._contact(box, rule.removeprefix("contact "), bits, defined=values is not None)
        return _by_values(self.inquiry, rule, box, self._balls(box, bits), bits, values)

    def _touches(self, side: Interval, end: str) -> bool:
        point = side[0] if end == "low" else side[1]
        return not self.inquiry.inequality.strict and self.inquiry.touches_at({self.symbols[0]: point})

    def _contact(self, box: BoxSides, end: str, bits: int, *, defined: bool) -> Cell | None:
        if not self._touches(box[0], end):
            return None
        low, high = box[0]
        centre, direction = (low, 1) if end == "low" else (high, -1)
        arithmetic = GermArithmetic(high - low, ORDER, bits)
        variable = arithmetic.shifted(centre, direction)
        germ = self.inquiry.germ({self.symbols[0]: variable}, arithmetic, defined=defined)
        if germ is None or germ.valuation < 0 or not self.inquiry.accepts(germ.factor()):
            return None
        return Cell(box, f"contact {end}", germ.factor().lower, bits, germ.valuation)

    def _test(self, point: tuple[Fraction, ...]) -> Counterexample | None:
        pairs = tuple(zip(self.symbols, point, strict=True))
        verdict = self.inquiry.at(dict(pairs))
        return Counterexample(pairs, verdict) if verdict.holds is False else None

    def refute(self, box: BoxSides) -> Counterexample | None:
        """Look for a counterexample in the box."""
        candidates = [tuple((low + high) / 2 for low, high in box)]
        if len(box) <= 3:  # the corners too: equality often sits there
            candidates += _corners(box)
        for point in candidates:
            found = self._test(point)
            if found is not None:
                return found
        return None

    def halves(self, box: BoxSides) -> tuple[BoxSides, BoxSides]:
        """Cut the box in two."""
        widths = [
            (high - low) / (top - bottom) for (low, high), (_, bottom, top) in zip(box, self.domain.sides, strict=True)
        ]
        axis = widths.index(max(widths))
        left, right = _half(box[axis])
        return (*box[:axis], left, *box[axis + 1 :]), (*box[:axis], right, *box[axis + 1 :])

    def margin(self, cells: list[Cell]) -> tuple[Fraction, int]:
        """Return the least bound of all cells; 0 where the two sides touch."""
        bounds = [cell.bound for cell in cells if cell.bound is not None and not cell.rule.startswith("contact")]
        touching = any(cell.rule.startswith("contact") for cell in cells)
        return (Fraction(0) if touching else min(bounds)), 0


def _by_values(
    inquiry: Inquiry, rule: str, box: BoxSides, balls: dict[sympy.Symbol, Ball], bits: int, values: Ball | None
) -> Cell | None:
    """Settle by the rules that need both sides to be defined on the closed box, of which `values` is the evidence."""
    if rule not in ("range", "mean value") or values is None:
        return None
    enclosure = values if rule == "range" else inquiry.mean_value(balls, bits)
    if enclosure is None or not inquiry.accepts(enclosure):
        return None
    return Cell(box, rule, enclosure.lower, bits)


def _corners(box: BoxSides) -> list[tuple[Fraction, ...]]:
    corners: list[tuple[Fraction, ...]] = [()]
    for side in box:
        corners = [(*corner, end) for corner in corners for end in side]
    return corners


class IntegerSpace:
    """Integers, as the points ``s = n**(-1/2)`` of ``(0, 1]``; a cell ``(a, b]`` holds ``1/b**2 <= n < 1/a**2``."""

    def __init__(self, inquiry: Inquiry, domain: Integers) -> None:
        self.inquiry, self.domain = inquiry, domain
        self.symbol = domain.symbol

    def roots(self) -> list[BoxSides]:
        """Return the boxes that cover the domain."""
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

    def settle(self, box: BoxSides, bits: int) -> Cell | None:
        """Return the settled cell, or None if no rule applies."""
        first, last = self._integers(box[0])
        if last is not None and first > last:
            return Cell(box, "empty", None, bits)
        if last is not None and last - first < FEW_INTEGERS:
            return self._points(box, bits)
        if first == 0:
            return None
        if box[0][0] == 0:
            return self._contact(box, bits)
        balls = self._balls(box, bits)
        values = self.inquiry.range_over(balls, bits)
        return _by_values(self.inquiry, "range", box, balls, bits, values) or _by_values(
            self.inquiry, "mean value", box, balls, bits, values
        )

    def _balls(self, box: BoxSides, bits: int) -> dict[sympy.Symbol, Ball]:
        low, high = box[0]
        return {self.symbol: Ball.between(1 / high**2, 1 / low**2, precision=bits)}

    def by_rule(self, cell: Cell) -> Cell | None:
        """Settle again by the cell's own rule only."""
        first, last = self._integers(cell.box[0])
        if cell.rule == "empty":
            return cell if last is not None and first > last else None
        if cell.rule == "integers":
            few = last is not None and first <= last < first + FEW_INTEGERS
            return self._points(cell.box, cell.precision) if few else None
        if first == 0:
            return None
        if cell.box[0][0] == 0:
            return self._contact(cell.box, cell.precision) if cell.rule == "contact" else None
        balls = self._balls(cell.box, cell.precision)
        values = self.inquiry.range_over(balls, cell.precision)
        return _by_values(self.inquiry, cell.rule, cell.box, balls, cell.precision, values)

    def _points(self, box: BoxSides, bits: int) -> Cell | None:
        first, last = self._integers(box[0])
        bounds: list[Fraction] = []
        for n in range(first, (first if last is None else last) + 1):
            verdict = self.inquiry.at({self.symbol: Fraction(n)}, bits)
            if not verdict.holds or verdict.value is None:
                return None
            bounds.append(verdict.value.lower)
            bits = max(bits, verdict.precision)
        return Cell(box, "integers", min(bounds), bits)

    def _contact(self, box: BoxSides, bits: int) -> Cell | None:
        arithmetic = GermArithmetic(box[0][1], ORDER, bits)
        germ = self.inquiry.germ({self.symbol: arithmetic.variable(-2)}, arithmetic)
        if germ is None or abs(germ.valuation) > MAX_ORDER or not self.inquiry.accepts(germ.factor()):
            return None
        return Cell(box, "contact", germ.factor().lower, bits, germ.valuation)

    def _candidates(self, box: BoxSides) -> Iterator[int]:
        first, last = self._integers(box[0])
        yield first
        if last is None:
            yield from (max(first, 1) * 10**power for power in (1, 2, 3, 6, 12))
        else:
            yield from range(first + 1, min(last, first + FEW_INTEGERS) + 1)
            yield from ((first + last) // 2, last)

    def refute(self, box: BoxSides) -> Counterexample | None:
        """Look for a counterexample in the box."""
        for n in self._candidates(box):
            verdict = self.inquiry.at({self.symbol: Fraction(n)})
            if verdict.holds is False:
                return Counterexample(((self.symbol, Fraction(n)),), verdict)
        return None

    def halves(self, box: BoxSides) -> tuple[BoxSides, BoxSides]:
        """Cut the box in two."""
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


def space_of(inquiry: Inquiry, domain: Domain) -> Space:
    """Return the space of a domain that is not a single point."""
    if isinstance(domain, Box):
        return RealSpace(inquiry, domain)
    if isinstance(domain, Integers):
        return IntegerSpace(inquiry, domain)
    raise InputError(f"a single point has no cells: {domain}")
