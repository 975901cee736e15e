"""Inequalities and domains: the statements that can be decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import sympy

from ntkproofs.arithmetic.balls import as_fraction
from ntkproofs.arithmetic.expressions import as_expression, check_names, difference
from ntkproofs.arithmetic.notation import latex, written
from ntkproofs.errors import InputError
from ntkproofs.rigor.assumptions import Extent, check_assumptions, check_declared
from ntkproofs.truth import NoTruthValue
from ntkproofs.validation import integer

__all__ = ["Inequality", "less", "at_most", "Point", "Box", "Integers", "Domain", "point_text"]

MAX_VARIABLES = 6


@dataclass(frozen=True)
class Inequality(NoTruthValue):
    """``left < right`` (strict) or ``left <= right``, both exact SymPy expressions.

    This is not a relation of SymPy, since SymPy may evaluate ``pi > 3`` numerically while it is constructed.
    """

    instead = 'decide(inequality, domain).outcome == "holds"; state several inequalities one by one'

    left: sympy.Expr
    right: sympy.Expr
    strict: bool

    def __post_init__(self) -> None:
        for side in (self.left, self.right):
            if not isinstance(side, sympy.Expr):
                raise InputError(f"a side of an inequality must be an expression, got {type(side).__name__} {side!r}")
        check_declared(difference(self.left, self.right).symbols)

    @property
    def difference(self) -> sympy.Expr:
        """``right - left`` as simplified by SymPy, for display and plots only; decisions do not use it."""
        return self.right - self.left

    def __str__(self) -> str:
        return f"{written(self.left)} {'<' if self.strict else '<='} {written(self.right)}"

    def _repr_latex_(self) -> str:
        sign = "<" if self.strict else r"\le"
        return rf"$\displaystyle {latex(self.left)} {sign} {latex(self.right)}$"


def _inequality(left: object, right: object, *, strict: bool) -> Inequality:
    sides = [as_expression(side, "a side of an inequality") for side in (left, right)]
    return Inequality(sides[0], sides[1], strict)


def less(left: object, right: object) -> Inequality:
    """Return the statement ``left < right``.

    >>> print(less(0, sympy.pi - 3))
    0 < -3 + pi
    """
    return _inequality(left, right, strict=True)


def at_most(left: object, right: object) -> Inequality:
    """Return the statement ``left <= right``.

    >>> print(at_most(1, sympy.Symbol("n")))
    1 <= n
    """
    return _inequality(left, right, strict=False)


@dataclass(frozen=True)
class Point:
    """A single point: an exact rational value for each symbol (none for a statement about constants)."""

    values: tuple[tuple[sympy.Symbol, Fraction], ...]

    def __init__(self, values: Mapping[sympy.Symbol, Any] | None = None) -> None:
        pairs = tuple((symbol, as_fraction(value, f"{symbol}")) for symbol, value in (values or {}).items())
        check_names(symbol for symbol, _ in pairs)
        for symbol, value in pairs:
            check_assumptions(symbol, Extent(value, value, integers=value.denominator == 1))
        object.__setattr__(self, "values", pairs)

    @property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """The symbols of the point."""
        return tuple(symbol for symbol, _ in self.values)

    def __str__(self) -> str:
        return point_text(self.values)


def point_text(pairs: Iterable[tuple[sympy.Symbol, Fraction]]) -> str:
    """Return a point as text: ``n = 1, x = 1/2``."""
    return ", ".join(f"{symbol.name} = {value}" for symbol, value in pairs) or "constants"


@dataclass(frozen=True)
class Box:
    """All real points of a closed box, ``{symbol: (low, high)}`` with exact rational end points.

    `contacts` (for one variable only): interior points at which the two sides are equal. The box is split there, so
    that the zero can be divided out. The two end points of the box are always examined for equality.
    """

    sides: tuple[tuple[sympy.Symbol, Fraction, Fraction], ...]
    contacts: tuple[Fraction, ...] = ()

    def __init__(self, sides: Mapping[sympy.Symbol, tuple[Any, Any]], *, contacts: tuple[Any, ...] = ()) -> None:
        rows = tuple(
            (
                symbol,
                as_fraction(low, f"the lower end of {symbol}"),
                as_fraction(high, f"the upper end of {symbol}"),
            )
            for symbol, (low, high) in sides.items()
        )
        if not 1 <= len(rows) <= MAX_VARIABLES:
            raise InputError(f"a Box has 1 to {MAX_VARIABLES} variables, got {len(rows)}")
        check_names(symbol for symbol, _, _ in rows)
        for symbol, low, high in rows:
            if low >= high:
                raise InputError(f"the box is empty: {symbol} from {low} to {high}; use Point for a single value")
            check_assumptions(symbol, Extent(low, high))
        points = tuple(sorted(as_fraction(point, "a contact point") for point in contacts))
        if points and len(rows) > 1:
            raise InputError(f"contact points need a box of one variable, got {len(rows)} variables")
        if any(not rows[0][1] < point < rows[0][2] for point in points):
            raise InputError(f"contact points {points} must lie inside the box")
        object.__setattr__(self, "sides", rows)
        object.__setattr__(self, "contacts", points)

    @property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """The variables of the box."""
        return tuple(symbol for symbol, _, _ in self.sides)

    def __str__(self) -> str:
        return ", ".join(f"{low} <= {symbol.name} <= {high}" for symbol, low, high in self.sides)


@dataclass(frozen=True)
class Integers:
    """All integers ``symbol >= start`` (and ``<= stop`` if given)."""

    symbol: sympy.Symbol
    start: int = 1
    stop: int | None = None

    def __post_init__(self) -> None:
        check_names([self.symbol])
        object.__setattr__(self, "start", integer(self.start, "the first of the integers", low=0))
        if self.stop is not None:
            object.__setattr__(self, "stop", integer(self.stop, "the last of the integers"))
        if self.stop is not None and self.stop < self.start:
            raise InputError(f"no integers: {self.symbol} from {self.start} to {self.stop}")
        first, last = Fraction(self.start), Fraction(self.start + 2 if self.stop is None else self.stop)
        check_assumptions(self.symbol, Extent(first, last, integers=True, unbounded=self.stop is None))

    @property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """The variable."""
        return (self.symbol,)

    def __str__(self) -> str:
        if self.stop is not None:
            return f"all integers {self.start} <= {self.symbol.name} <= {self.stop}"
        return f"all integers {self.symbol.name} >= {self.start}"


Domain: TypeAlias = Point | Box | Integers
