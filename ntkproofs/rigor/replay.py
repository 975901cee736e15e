"""replay: check the evidence of a decision anew, without any search."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import sympy

from ntkproofs.errors import NtkProofsError
from ntkproofs.rigor.decide import Decision, Outcomes, decide_point
from ntkproofs.rigor.inquiry import Inquiry
from ntkproofs.rigor.spaces import BoxSides, Cell, Counterexample, space_of
from ntkproofs.rigor.statements import Box, Domain, Point, point_text

__all__ = ["EvidenceError", "replay"]


class EvidenceError(NtkProofsError):
    """The evidence of a decision does not support it."""


def replay(decision: Decision) -> Decision:
    """Check the evidence of a decision anew, cell by cell, and return the decision that it supports.

    Needs no search: each cell is settled by its own rule, and the cells must cover the domain. Raises EvidenceError if
    a cell is missing, does not follow, or the margin is not the one claimed.

    >>> from ntkproofs.rigor import Integers, decide, less
    >>> n = sympy.Symbol("n", positive=True)
    >>> replay(decide(less(1, n + sympy.sqrt(n)), Integers(n))).outcome
    'holds'
    """
    inquiry = Inquiry(decision.inequality, decision.precision, max(decision.precision, 2))
    common, domain = Outcomes(inquiry, decision.domain), decision.domain
    if decision.outcome == "open":
        return decision
    if decision.outcome == "fails":
        return _replay_counterexample(decision, inquiry, common)
    if isinstance(domain, Point):
        again = decide_point(inquiry, domain)
        if again.outcome != "holds" or again.margin is None or again.margin < (decision.margin or 0):
            raise EvidenceError(f"{decision.inequality} does not hold at {domain} with the margin claimed")
        return again
    space = space_of(inquiry, domain)
    if any(len(cell.box) != len(domain.symbols) for cell in decision.cells):
        raise EvidenceError(f"a cell does not have the {len(domain.symbols)} sides of the domain")
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


def _replay_counterexample(decision: Decision, inquiry: Inquiry, common: Outcomes) -> Decision:
    point = decision.counterexample
    if point is None:
        raise EvidenceError("a refuted inequality needs a counterexample")
    if {symbol for symbol, _ in point} != set(decision.domain.symbols):
        raise EvidenceError(f"a counterexample must give a value for each symbol of {decision.domain}")
    _check_inside(dict(point), decision.domain)
    verdict = inquiry.at(dict(point))
    if verdict.holds is not False:
        raise EvidenceError(f"{decision.inequality} does not fail at {point_text(point)}")
    return common.fails((), Counterexample(point, verdict))


def _check_inside(point: dict[sympy.Symbol, Fraction], domain: Domain) -> None:
    if isinstance(domain, Point):
        inside = point == dict(domain.values)
    elif isinstance(domain, Box):
        inside = all(low <= point[symbol] <= high for symbol, low, high in domain.sides)
    else:
        n = point[domain.symbol]
        inside = n.denominator == 1 and n >= domain.start and (domain.stop is None or n <= domain.stop)
    if not inside:
        raise EvidenceError(f"the counterexample {point_text(point.items())} lies outside {domain}")


def _check_cover(cells: tuple[Cell, ...], roots: list[BoxSides]) -> None:
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


def _contains(outer: BoxSides, inner: BoxSides) -> bool:
    return all(a <= c <= d <= b for (a, b), (c, d) in zip(outer, inner, strict=True))


def _overlap(first: BoxSides, second: BoxSides) -> bool:
    return all(a < d and c < b for (a, b), (c, d) in zip(first, second, strict=True))


def _volume(box: BoxSides) -> Fraction:
    volume = Fraction(1)
    for low, high in box:
        volume *= high - low
    return volume
