"""Charts: the pieces into which a domain is cut, each the image of a closed box of rational parameters.

A ray cannot be subdivided by bisection, and an interval that ends at ``pi/2`` has no rational end. So each variable is
written as a formula of one parameter, which ranges over a closed interval with rational ends: ``x = 1/u`` with u in
``[0, 1]`` for ``x >= 1``, where u = 0 is excluded. Enclosures, Taylor series and germs substitute first, so each rule
that works for a box works on each piece. Points, counterexamples and messages are in the variables of the statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise, product
from math import ceil, floor, isqrt
from typing import TypeAlias, TypeVar

import sympy

from ntkproofs.arithmetic.expressions import Arithmetic, Number, formula
from ntkproofs.arithmetic.notation import written
from ntkproofs.rigor.sides import End, Side, as_end, compared
from ntkproofs.rigor.statements import Box, Inequality, Integers

__all__ = [
    "IDENTITY",
    "BoxSides",
    "Chart",
    "Interval",
    "Piece",
    "Region",
    "halves",
    "pieces_of_box",
    "pieces_of_integers",
]

Interval: TypeAlias = tuple[Fraction, Fraction]
BoxSides: TypeAlias = tuple[Interval, ...]
T = TypeVar("T", bound=Number)


@dataclass(frozen=True)
class Chart:
    """The variables as formulas of the parameters, in order.

    In the formula of a variable, the variable itself stands for its parameter, and the variables before it for their
    values. A variable without a formula is equal to its parameter.

    >>> from ntkproofs.arithmetic.balls import Ball
    >>> from ntkproofs.arithmetic.expressions import BallArithmetic
    >>> x = sympy.Symbol("x")
    >>> chart = Chart(((x, 1 / x),))
    >>> print(chart, chart.values({x: Ball(4, precision=53)}, BallArithmetic(53))[x])
    x = 1/x 0.25
    """

    formulas: tuple[tuple[sympy.Symbol, sympy.Expr], ...] = ()

    def values(self, parameters: Mapping[sympy.Symbol, T], arithmetic: Arithmetic[T]) -> Mapping[sympy.Symbol, T]:
        """Return the values of the variables, from those of the parameters, in any arithmetic.

        Raises Undecided or DomainError as the operations of the arithmetic do.
        """
        if not self.formulas:
            return parameters
        values = dict(parameters)
        for symbol, expression in self.formulas:
            values[symbol] = formula(expression).evaluate(values, arithmetic)
        return values

    def __str__(self) -> str:
        """Return the formulas; on the right side of ``x = 1/x``, x is the parameter."""
        return ", ".join(f"{symbol.name} = {written(expression)}" for symbol, expression in self.formulas)


IDENTITY = Chart()


@dataclass(frozen=True)
class Piece:
    """A part of the domain: the points that the `chart` gives for the parameters of a closed box.

    `excluded`: for each parameter, whether its lower and its upper end belong to no point of the domain, so that the
    inequality need neither hold nor be defined there. `index`: the number of the piece among those of the domain.
    `integral`: for each parameter, 1 if it is an integer itself, 2 if its reciprocal is, otherwise 0. `integers`: the
    variables that are integers. `conditions`: inequalities that are true at all points of the domain, although not at
    all points of the piece.
    """

    index: int
    symbols: tuple[sympy.Symbol, ...]
    sides: BoxSides
    excluded: tuple[tuple[bool, bool], ...]
    chart: Chart = IDENTITY
    integral: tuple[int, ...] = ()
    integers: frozenset[sympy.Symbol] = frozenset()
    conditions: tuple[Inequality, ...] = ()

    def excludes(self, axis: int, box: BoxSides, end: str) -> bool:
        """Return whether the ``low`` or ``high`` end of one side of a box in the piece is an excluded end."""
        which = 0 if end == "low" else 1
        return self.excluded[axis][which] and box[axis][which] == self.sides[axis][which]


@dataclass(frozen=True)
class Region:
    """A closed box of the parameters of a piece: what is proved, or bisected further."""

    piece: Piece
    box: BoxSides

    @property
    def inner(self) -> BoxSides | None:
        """The smallest box that contains the same points of the domain, or None if it contains no integer."""
        if not any(self.piece.integral):
            return self.box
        sides = [_whole(side, kind) for side, kind in zip(self.box, self.piece.integral, strict=True)]
        return None if None in sides else tuple(side for side in sides if side is not None)

    @property
    def is_at_excluded_end(self) -> bool:
        """Whether an end of a side is excluded from the domain."""
        axes = range(len(self.box))
        return any(self.piece.excludes(axis, self.box, end) for axis in axes for end in ("low", "high"))

    def bisected(self, axis: int) -> tuple[Region, Region]:
        """Return the two halves of the region, cut across one side."""
        left, right = halves(self.box[axis])
        boxes = ((*self.box[:axis], half, *self.box[axis + 1 :]) for half in (left, right))
        first, second = (Region(self.piece, box) for box in boxes)
        return first, second


def halves(interval: Interval) -> tuple[Interval, Interval]:
    """Return the two halves of an interval."""
    low, high = interval
    middle = (low + high) / 2
    return (low, middle), (middle, high)


def _whole(side: Interval, kind: int) -> Interval | None:
    """Return the hull of the parameters of integers in an interval; None if there are none."""
    low, high = side
    if kind == 0:
        return side
    if kind == 1:
        first, last = Fraction(ceil(low)), Fraction(floor(high))
        return None if first > last else (first, last)
    least = ceil(1 / high)
    if low == 0:
        return low, Fraction(1, least)
    return None if floor(1 / low) < least else (Fraction(1, floor(1 / low)), Fraction(1, least))


def pieces_of_integers(domain: Integers) -> tuple[Piece, ...]:
    """Return the pieces of the integers: n >= 0, with the parameter ``s = n**(-1/2)``, and n < 0, with ``n = -m``.

    In the first piece, n = 0 belongs to the cell of n = 1.
    """
    n = domain.symbol
    pieces: list[Piece] = []
    for sign, last in _signed(domain):
        low = Fraction(0) if last is None or last <= 0 else Fraction(1, isqrt(last) + 1)
        chart = Chart(((n, sign * n**-2),))
        pieces.append(Piece(len(pieces), domain.symbols, ((low, Fraction(1)),), ((True, False),), chart))
    return tuple(pieces)


def _signed(domain: Integers) -> list[tuple[int, int | None]]:
    """Return for each sign that occurs (1 for n >= 0) the largest absolute value, None if there is none."""
    parts: list[tuple[int, int | None]] = []
    if domain.stop is None or domain.stop >= 0:
        parts.append((1, domain.stop))
    if domain.start is None or domain.start < 0:
        parts.append((-1, None if domain.start is None else -domain.start))
    return parts


# --- the pieces of a box


@dataclass(frozen=True)
class _Part:
    """A part of one side: the interval of its parameter, with the formula of the variable, None for the identity."""

    interval: Interval
    excluded: tuple[bool, bool]
    formula: sympy.Expr | None = None
    integral: int = 0


def pieces_of_box(domain: Box, sides: tuple[Side, ...], conditions: tuple[Inequality, ...] = ()) -> tuple[Piece, ...]:
    """Return the pieces of a box; `sides` and `conditions`: its sides after the elimination of constraints.

    Each side is cut into parts, and each combination of parts is a piece.
    """
    if domain.contacts and not domain.is_closed_rational:
        (side,) = sides
        ends = (side.low, *domain.contacts, side.high)
        cut = [replace(side, low=a, high=b, open=(False, False)) for a, b in pairwise(ends)]
        cut[0], cut[-1] = replace(cut[0], open=(side.open[0], False)), replace(cut[-1], open=(False, side.open[1]))
        parts = [[part for each in cut for part in _parts(each)]]
    else:
        parts = [_parts(side) for side in sides]
    pieces = []
    for index, combination in enumerate(product(*parts)):
        formulas = zip(domain.symbols, combination, strict=True)
        chart = Chart(tuple((symbol, part.formula) for symbol, part in formulas if part.formula is not None))
        pieces.append(
            Piece(
                index,
                domain.symbols,
                tuple(part.interval for part in combination),
                tuple(part.excluded for part in combination),
                chart,
                tuple(part.integral for part in combination),
                frozenset(side.symbol for side in sides if side.integers),
                conditions,
            )
        )
    return tuple(pieces)


def _parts(side: Side) -> list[_Part]:
    """Return the parts of a side."""
    low, high = side.low, side.high
    if side.symbols:
        return [_dependent(side)]
    if low == -sympy.oo and high == sympy.oo:
        middle = Fraction(0) if side.integers else Fraction(1)
        left = replace(side, high=-middle, open=(True, False))
        right = replace(side, low=Fraction(1), open=(False, True))
        centre = [] if side.integers else _parts(replace(side, low=-middle, high=middle, open=(False, False)))
        return [*_parts(left), *centre, *_parts(right)]
    if high == sympy.oo:
        return _ray(side)
    if low == -sympy.oo:
        mirrored = replace(side, low=-high, high=sympy.oo, open=(side.open[1], True))
        return [_mirrored(part, side.symbol) for part in _ray(mirrored)]
    if isinstance(low, Fraction) and isinstance(high, Fraction):
        if side.integers:  # wider by less than 1, so that it is an interval even if there is only one integer
            return [_Part((low - Fraction(1, 2), high + Fraction(1, 2)), (False, False), integral=1)]
        return [_Part((low, high), side.open)]
    return [_Part(_UNIT, side.open, _between(low, high, side.symbol))]


_UNIT = (Fraction(0), Fraction(1))


def _between(low: End, high: End, symbol: sympy.Symbol) -> sympy.Expr:
    """Return ``low + (high - low) * u``."""
    start = as_end(low)
    return start + (as_end(high) - start) * symbol


def _dependent(side: Side) -> _Part:
    """Return the only part of a side whose ends depend on other variables."""
    symbol = side.symbol
    if side.high == sympy.oo:
        return _Part(_UNIT, (True, side.open[0]), as_end(side.low) - 1 + 1 / symbol)
    if side.low == -sympy.oo:
        return _Part(_UNIT, (True, side.open[1]), as_end(side.high) + 1 - 1 / symbol)
    return _Part(_UNIT, side.open, _between(side.low, side.high, symbol))


def _ray(side: Side) -> list[_Part]:
    """Return the parts of a ray ``x >= low``: ``x = 1/u`` where x is at least 1, and an interval below."""
    low, symbol = side.low, side.symbol
    integral = 2 if side.integers else 0
    if isinstance(low, Fraction) and low > 0:
        return [_Part((Fraction(0), 1 / low), (True, side.open[0]), 1 / symbol, integral)]
    middle = Fraction(1)
    while compared(low, middle) <= 0:
        middle *= 2
    below = replace(side, high=middle - 1 if side.integers else middle, open=(side.open[0], False))
    return [*_parts(below), _Part((Fraction(0), 1 / middle), (True, False), 1 / symbol, integral)]


def _mirrored(part: _Part, symbol: sympy.Symbol) -> _Part:
    """Return the part of the values ``-x``."""
    if part.formula is not None:
        return replace(part, formula=-part.formula)
    (low, high), (below, above) = part.interval, part.excluded
    return replace(part, interval=(-high, -low), excluded=(above, below))
