"""Replay of decisions: verification of their evidence without any search."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import sympy

from ntkproofs.display import counted
from ntkproofs.errors import NtkProofsError
from ntkproofs.rigor.charts import BoxSides, Piece, Region
from ntkproofs.rigor.decide import Decision, DecisionBuilder, decide_point
from ntkproofs.rigor.evaluator import Evaluator
from ntkproofs.rigor.membership import contains
from ntkproofs.rigor.statements import Domain, Point, point_text
from ntkproofs.rigor.subdivision import Cell, Counterexample, IntegerSubdivision, subdivision_of

__all__ = ["EvidenceError", "replay"]


class EvidenceError(NtkProofsError):
    """The evidence of a decision does not prove it."""


def replay(decision: Decision) -> Decision:
    """Verify the evidence of a decision, cell by cell, and return the decision that it proves.

    Each cell is proved again by its own rule, and the cells must cover the domain. Raises EvidenceError if a cell is
    missing or does not follow by its rule, or if the claimed margin is not reached.

    >>> from ntkproofs.rigor import Integers, decide, less
    >>> n = sympy.Symbol("n", positive=True)
    >>> replay(decide(less(1, n + sympy.sqrt(n)), Integers(n))).outcome
    'holds'
    """
    evaluator = Evaluator(decision.inequality, decision.precision, max(decision.precision, 2))
    builder, domain = DecisionBuilder(evaluator, decision.domain), decision.domain
    if decision.outcome == "open":
        return decision
    if decision.outcome == "fails":
        return _replay_counterexample(decision, evaluator, builder)
    if isinstance(domain, Point):
        again = decide_point(evaluator, domain)
        if again.outcome != "holds" or again.margin is None or again.margin < (decision.margin or 0):
            raise EvidenceError(f"{decision.inequality} does not hold at {domain} with the claimed margin")
        return again
    subdivision = subdivision_of(evaluator, domain)
    if any(len(cell.box) != len(domain.symbols) for cell in decision.cells):
        raise EvidenceError(f"a cell does not have the {len(domain.symbols)} sides of the domain")
    _check_cover(decision.cells, subdivision.pieces)
    cells = []
    for cell in decision.cells:
        proved = subdivision.prove_again(cell)
        if proved is None:
            region = Region(subdivision.pieces[cell.piece], cell.box)
            raise EvidenceError(f"the cell {subdivision.describe(region)} does not follow by the rule {cell.rule!r}")
        cells.append(proved)
    again = builder.holds(tuple(cells), *subdivision.margin(cells))
    claimed = Fraction(0) if decision.margin is None else decision.margin
    if again.order != decision.order or again.margin is None or again.margin < claimed:
        raise EvidenceError(f"the margin is {again.margin_text()}, not {decision.margin_text()}")
    return replace(again, margin=claimed, precision=decision.precision)


def _replay_counterexample(decision: Decision, evaluator: Evaluator, builder: DecisionBuilder) -> Decision:
    point = decision.counterexample
    if point is None:
        raise EvidenceError("a decision that the inequality fails needs a counterexample")
    if {symbol for symbol, _ in point} != set(decision.domain.symbols):
        raise EvidenceError(f"a counterexample must have a value for each symbol of {decision.domain}")
    _check_inside(dict(point), decision.domain)
    result = evaluator.at_point(dict(point))
    if result.holds is not False:
        raise EvidenceError(f"{decision.inequality} does not fail at {point_text(point)}")
    if decision.least:
        _check_least(decision, point[0][1])
    return builder.fails(decision.cells if decision.least else (), Counterexample(point, result), least=decision.least)


def _check_least(decision: Decision, counterexample: Fraction) -> None:
    """Raise EvidenceError unless the cells prove the inequality for all smaller integers of the domain."""
    domain, precision = decision.domain, max([decision.precision, *(cell.precision for cell in decision.cells)])
    subdivision = subdivision_of(Evaluator(decision.inequality, decision.precision, max(precision, 2)), domain)
    if not isinstance(subdivision, IntegerSubdivision) or not subdivision.has_least or len(subdivision.pieces) != 1:
        raise EvidenceError(f"there is no least integer in {domain}")
    low = subdivision.pieces[0].sides[0][1]  # the cells reach from here, s = 1, to n < 1 / low**2
    for cell in sorted(decision.cells, key=lambda cell: cell.box, reverse=True):
        if len(cell.box) != 1 or cell.box[0][1] != low or subdivision.prove_again(cell) is None:
            break
        low = cell.box[0][0]
    if counterexample != subdivision.domain.start and low > 0 and 1 / low**2 <= counterexample - 1:
        raise EvidenceError(f"the cells do not prove the inequality for the integers below {counterexample}")


def _check_inside(point: dict[sympy.Symbol, Fraction], domain: Domain) -> None:
    if not contains(domain, point):
        raise EvidenceError(f"the counterexample {point_text(point.items())} lies outside {domain}")


def _check_cover(cells: tuple[Cell, ...], pieces: tuple[Piece, ...]) -> None:
    """Raise EvidenceError unless the boxes of the cells tile the parameters of each piece."""
    boxes: list[list[BoxSides]] = [[] for _ in pieces]
    for cell in cells:
        if not 0 <= cell.piece < len(pieces):
            raise EvidenceError(f"a cell lies in piece {cell.piece} of a domain of {counted(len(pieces), 'piece')}")
        boxes[cell.piece].append(cell.box)
    if not all(_tile(sorted(parts), piece.sides) for parts, piece in zip(boxes, pieces, strict=True)):
        raise EvidenceError("the cells do not cover the domain")


def _tile(boxes: list[BoxSides], whole: BoxSides) -> bool:
    """Return whether sorted boxes tile a box."""
    if len(whole) == 1:
        ends = [box[0] for box in boxes]
        gaps = any(first[1] != second[0] for first, second in pairwise(ends))
        return bool(ends) and not gaps and (ends[0][0], ends[-1][1]) == whole[0]
    inside = all(_contains(whole, box) for box in boxes)
    overlap = any(_overlap(a, b) for index, a in enumerate(boxes) for b in boxes[index + 1 :])
    return inside and not overlap and sum(map(_volume, boxes)) == _volume(whole)


def _contains(outer: BoxSides, inner: BoxSides) -> bool:
    return all(a <= c <= d <= b for (a, b), (c, d) in zip(outer, inner, strict=True))


def _overlap(first: BoxSides, second: BoxSides) -> bool:
    return all(a < d and c < b for (a, b), (c, d) in zip(first, second, strict=True))


def _volume(box: BoxSides) -> Fraction:
    volume = Fraction(1)
    for low, high in box:
        volume *= high - low
    return volume
