"""Sides of a box: the set of values of one variable, from a pair of ends or from a set of SymPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from typing import Any, TypeAlias

import sympy

from ntkproofs.arithmetic.balls import as_fraction
from ntkproofs.arithmetic.expressions import BallArithmetic, difference, formula
from ntkproofs.arithmetic.extended import ExtendedArithmetic, ExtendedInterval
from ntkproofs.arithmetic.notation import written
from ntkproofs.errors import DomainError, InputError, Undecided
from ntkproofs.rigor.assumptions import Extent

__all__ = ["End", "Side", "as_end", "compared", "extent_of", "extents", "side_of"]

End: TypeAlias = Fraction | sympy.Expr  # an expression: an exact constant, an end that depends on variables, or +-oo
PRECISIONS = (64, 256, 1024, 4096)  # in bits, at which two constants are compared
_INFINITE = (sympy.oo, -sympy.oo)


@dataclass(frozen=True)
class Side:
    """All reals, or all integers, between two ends; `open`: whether the lower and the upper end are excluded.

    An end is a fraction, an exact constant such as ``pi/2``, an expression in variables of the box, or infinite.
    """

    symbol: sympy.Symbol
    low: End
    high: End
    open: tuple[bool, bool] = (False, False)
    integers: bool = False

    @property
    def is_closed_rational(self) -> bool:
        """Whether the side is a closed interval of reals with rational ends."""
        return (
            isinstance(self.low, Fraction) and isinstance(self.high, Fraction) and not (any(self.open) or self.integers)
        )

    @property
    def symbols(self) -> frozenset[sympy.Symbol]:
        """The variables on which the ends depend."""
        ends = (end for end in (self.low, self.high) if isinstance(end, sympy.Expr) and end not in _INFINITE)
        return frozenset[sympy.Symbol]().union(*(formula(end).symbols for end in ends))

    def checked(self) -> Side:
        """Return the side, of integers with integer ends; raises InputError if it is empty, or a single real number."""
        if self.symbols:
            return self
        return _whole_ends(self) if self.integers else _checked(self)

    def _closed_where_finite(self) -> Side:
        return replace(self, open=(self.low == -sympy.oo, self.high == sympy.oo))

    def __str__(self) -> str:
        name, kind = self.symbol.name, "integers " if self.integers else ""
        below, above = ("<" if is_open else "<=" for is_open in self.open)
        low, high = self.low == -sympy.oo, self.high == sympy.oo
        if low and high:
            return f"all integers {name}" if self.integers else f"all real {name}"
        if high:
            return f"{kind}{name} {'>' if self.open[0] else '>='} {_text(self.low)}"
        if low:
            return f"{kind}{name} {above} {_text(self.high)}"
        return f"{kind}{_text(self.low)} {below} {name} {above} {_text(self.high)}"


def _text(end: End) -> str:
    return str(end) if isinstance(end, Fraction) else written(end)


def side_of(symbol: sympy.Symbol, values: Any, earlier: Sequence[sympy.Symbol] = ()) -> Side:
    """Return the side of a variable from a pair ``(low, high)``, a ``sympy.Interval`` or a set of integers.

    A pair is closed, and ``oo`` is no value. The ends may depend on the variables listed `earlier`. Raises InputError
    for anything else, and for a side with constant ends that is empty or a single real.

    >>> x = sympy.Symbol("x")
    >>> print(side_of(x, sympy.Interval.Lopen(0, sympy.pi / 2)))
    0 < x <= pi/2
    >>> print(side_of(x, sympy.Naturals))
    integers x >= 1
    """
    low, high, is_open, integers = _ends(symbol, values)
    side = Side(
        symbol,
        _end(low, f"the lower end of {symbol}", earlier),
        _end(high, f"the upper end of {symbol}", earlier),
        (is_open[0] or low == -sympy.oo, is_open[1] or high == sympy.oo),
        integers,
    )
    if side.low == sympy.oo or side.high == -sympy.oo:
        raise InputError(f"the box is empty: {symbol} from {low} to {high}")
    return side.checked()


def _ends(symbol: sympy.Symbol, values: Any) -> tuple[Any, Any, tuple[bool, bool], bool]:
    """Return the ends, whether they are excluded, and whether only integers are meant."""
    if isinstance(values, tuple | list) and len(values) == 2:
        return values[0], values[1], (False, False), False
    if isinstance(values, sympy.Interval):
        return values.start, values.end, (bool(values.left_open), bool(values.right_open)), False
    if isinstance(values, sympy.Range) and values.step == 1:
        return values.start, values.stop - 1, (False, False), True
    for integers, first in ((sympy.S.Naturals, 1), (sympy.S.Naturals0, 0), (sympy.S.Integers, -sympy.oo)):
        if values is integers:
            return first, sympy.oo, (False, False), True
    if values is sympy.S.EmptySet:
        raise InputError(f"the box is empty: the set of the values of {symbol} is empty")
    raise InputError(
        f"the values of {symbol} are a pair (low, high), a sympy.Interval, sympy.Reals, sympy.Naturals, "
        f"sympy.Naturals0, sympy.Integers or sympy.Range(a, b), got {type(values).__name__} {values!r:.80}"
    )


def _end(end: Any, what: str, earlier: Sequence[sympy.Symbol]) -> End:
    if isinstance(end, sympy.Expr) and end in _INFINITE:
        return end
    if not isinstance(end, sympy.Expr) or isinstance(end, sympy.Rational):
        return as_fraction(end, what)
    try:
        symbols = formula(end).symbols
    except DomainError as problem:
        raise InputError(f"{what} is undefined: {problem}") from problem
    unknown = symbols - set(earlier)
    if unknown:
        names = ", ".join(sorted(symbol.name for symbol in unknown))
        raise InputError(f"{what} depends on {names}: an end may use only variables that are listed before")
    return end


def compared(low: End, high: End) -> int:
    """Return the sign of ``high - low`` for two constants; raises InputError if it cannot be decided.

    >>> compared(Fraction(3), sympy.pi)
    1
    """
    if isinstance(low, Fraction) and isinstance(high, Fraction):
        return (high > low) - (high < low)
    if low == high:
        return 0
    if low == -sympy.oo or high == sympy.oo:
        return 1
    if low == sympy.oo or high == -sympy.oo:
        return -1
    for bits in PRECISIONS:
        try:
            return difference(as_end(low), as_end(high)).evaluate({}, BallArithmetic(bits)).sign()
        except Undecided:
            continue
        except DomainError as problem:
            raise InputError(f"an end of a side is undefined: {problem}") from problem
    raise InputError(f"the order of {_text(low)} and {_text(high)} is not certain at {PRECISIONS[-1]} bits")


def as_end(end: End) -> sympy.Expr:
    """Return an end as an expression."""
    return sympy.Rational(end.numerator, end.denominator) if isinstance(end, Fraction) else end


def _checked(side: Side) -> Side:
    """Return a side of reals; raises InputError if it is empty or a single value."""
    if compared(side.low, side.high) <= 0:
        low, high = _text(side.low), _text(side.high)
        raise InputError(f"the box is empty: {side.symbol} from {low} to {high}; use Point for a single value")
    return side


def _whole_ends(side: Side) -> Side:
    """Return a side of integers with constant ends, with closed ends that are integers or infinite."""
    low, high = side.low, side.high
    if low not in _INFINITE:
        low = _integer_at_least(low, excluded=side.open[0])
    if high not in _INFINITE:
        high = -_integer_at_least(-high, excluded=side.open[1])
    if compared(low, high) < 0:
        raise InputError(f"no integers: {side}")
    return replace(side, low=low, high=high)._closed_where_finite()


def _integer_at_least(end: End, *, excluded: bool) -> Fraction:
    """Return the smallest integer that is >= a constant, or > if that is `excluded`."""
    if isinstance(end, Fraction):
        return Fraction(floor(end) + 1 if excluded else ceil(end))
    for bits in PRECISIONS:
        ball = formula(end).evaluate({}, BallArithmetic(bits))
        first, last = ceil(ball.lower), ceil(ball.upper)
        if first == last and ball.lower > first - 1 and ball.upper < first:
            return Fraction(first)
    raise InputError(f"the smallest integer above {_text(end)} is not certain at {PRECISIONS[-1]} bits")


# --- the values that a variable takes, for the assumptions of SymPy


def extents(sides: Sequence[Side], bits: int = 128) -> dict[sympy.Symbol, ExtendedInterval]:
    """Return for each variable an interval that contains all its values in the box, excluded and infinite ends marked.

    Raises Undecided or DomainError if an end is not known to be defined for all values of the variables before it.
    """
    arithmetic = ExtendedArithmetic(bits)
    result: dict[sympy.Symbol, ExtendedInterval] = {}
    for side in sides:
        low, high = (_enclosed(end, result, arithmetic) for end in (side.low, side.high))
        result[side.symbol] = ExtendedInterval.spanning(low, high, side.open, precision=bits)
    return result


def _enclosed(
    end: End, values: dict[sympy.Symbol, ExtendedInterval], arithmetic: ExtendedArithmetic
) -> ExtendedInterval | None:
    """Return an enclosure of an end, None if it is infinite."""
    if isinstance(end, Fraction):
        return arithmetic.rational(end)
    return None if end in _INFINITE else formula(end).evaluate(values, arithmetic)


def extent_of(side: Side, values: ExtendedInterval) -> Extent:
    """Return the set of values of a side, for the check of assumptions."""
    exact = [end if isinstance(end, Fraction) else None for end in (side.low, side.high)]
    low, high = values.lower if exact[0] is None else exact[0], values.upper if exact[1] is None else exact[1]
    return Extent(low, high, integers=side.integers, excluded=values.excluded)
