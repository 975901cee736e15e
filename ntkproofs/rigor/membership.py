"""Points of a domain: exact decision whether a point belongs to it, and the search for a point."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction

import sympy

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.arithmetic.expressions import BallArithmetic, difference, formula
from ntkproofs.arithmetic.simplest import simplest_between
from ntkproofs.errors import DomainError, InputError, Undecided
from ntkproofs.rigor.charts import Piece
from ntkproofs.rigor.evaluator import Evaluator
from ntkproofs.rigor.sides import End, Side
from ntkproofs.rigor.statements import Box, Domain, Inequality, Integers, Point

__all__ = ["check_not_empty", "contains", "point_of", "points_of"]

MAX_TRIES = 2000  # points that are tried in the search for a point of a box
SEED = 1
BITS = 128  # of the enclosure of a coordinate, near which a rational number is chosen
LIMIT = 4096  # bits up to which a constraint is evaluated at a point

Values = Mapping[sympy.Symbol, Fraction]


def contains(domain: Domain, values: Values) -> bool:
    """Return whether a point is known to belong to a domain; a side or constraint without all its values is left out.

    >>> x = sympy.Symbol("x")
    >>> contains(Box({x: (0, sympy.pi)}), {x: Fraction(22, 7)}), contains(Box({x: (0, sympy.pi)}), {x: Fraction(3)})
    (False, True)
    """
    if isinstance(domain, Point):
        return all(values.get(symbol, value) == value for symbol, value in domain.values)
    if isinstance(domain, Integers):
        return domain.symbol not in values or _is_among(values[domain.symbol], domain)
    known = set(values)
    sides = (side for side in domain.ranges if {side.symbol} | side.symbols <= known)
    constraints = (c for c in domain.where if difference(c.left, c.right).symbols <= known)
    return all(_lies_in(side, values) for side in sides) and all(_satisfies(c, values) for c in constraints)


def _is_among(n: Fraction, domain: Integers) -> bool:
    start, stop = domain.start, domain.stop
    return n.denominator == 1 and (start is None or start <= n) and (stop is None or n <= stop)


def _lies_in(side: Side, values: Values) -> bool:
    value = values[side.symbol]
    if side.integers and value.denominator != 1:
        return False
    above = _is_ordered(side.low, value, values, strict=side.open[0])
    return above and _is_ordered(value, side.high, values, strict=side.open[1])


def _is_ordered(low: End, high: End, values: Values, *, strict: bool) -> bool:
    """Return whether ``low <= high``, or ``<`` if `strict`, is certain at a point."""
    if isinstance(low, Fraction) and isinstance(high, Fraction):
        return low < high or (low == high and not strict)
    if low == -sympy.oo or high == sympy.oo:
        return True
    ends = [sympy.Rational(end.numerator, end.denominator) if isinstance(end, Fraction) else end for end in (low, high)]
    return _satisfies(Inequality(ends[0], ends[1], strict), values)


def _satisfies(constraint: Inequality, values: Values) -> bool:
    symbols = difference(constraint.left, constraint.right).symbols
    try:
        return Evaluator(constraint, 64, LIMIT).at_point({symbol: values[symbol] for symbol in symbols}).holds is True
    except (DomainError, Undecided):
        return False


# --- points


def point_of(piece: Piece, parameters: tuple[Fraction, ...]) -> dict[sympy.Symbol, Fraction] | None:
    """Return a rational point at, or very near, given parameters of a piece; None if there is none.

    The point belongs to the piece only if its coordinates are exact; check it with :func:`contains`.
    """
    values: dict[sympy.Symbol, Fraction] = {}
    formulas = dict(piece.chart.formulas)
    for symbol, parameter in zip(piece.symbols, parameters, strict=True):
        value: Fraction | None = parameter
        if symbol in formulas:
            value = _coordinate(formulas[symbol], values | {symbol: parameter})
        if value is None:
            return None
        values[symbol] = Fraction(round(value)) if symbol in piece.integers else value
    return values


def _coordinate(expression: sympy.Expr, values: Values) -> Fraction | None:
    """Return the value of the formula of a coordinate, or a simple fraction near it if it is irrational."""
    try:
        ball = formula(expression).evaluate(
            {s: Ball(v, precision=BITS) for s, v in values.items()}, BallArithmetic(BITS)
        )
    except (DomainError, Undecided):
        return None
    radius = max(ball.width, abs(ball.middle) / 2 ** (BITS // 2))
    return _simplest(ball.middle - radius, ball.middle + radius)


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """Return the simplest fraction of an interval."""
    if low <= 0 <= high:
        return Fraction(0)
    return simplest_between(low, high) if low > 0 else -simplest_between(-high, -low)


def points_of(pieces: tuple[Piece, ...], source: random.Random) -> Iterator[dict[sympy.Symbol, Fraction]]:
    """Yield points at random parameters of the pieces, without end; some may lie outside the domain."""
    while True:
        piece = source.choice(pieces)
        parameters = (low + (high - low) * Fraction(source.randint(1, 63), 64) for low, high in piece.sides)
        point = point_of(piece, tuple(parameters))
        if point is not None:
            yield point


def check_not_empty(domain: Box, pieces: tuple[Piece, ...]) -> None:
    """Raise InputError unless a point of the box is found; a box whose ends are constants has one."""
    if not domain.where and not any(side.symbols for side in domain.ranges):
        return
    source = random.Random(SEED)
    tried = points_of(pieces, source)
    if not any(contains(domain, next(tried)) for _ in range(MAX_TRIES)):
        raise InputError(f"no point of the domain was found among {MAX_TRIES}; it may be empty: {domain}")
