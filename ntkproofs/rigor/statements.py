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
from ntkproofs.errors import DomainError, InputError, Undecided
from ntkproofs.rigor.assumptions import Extent, check_assumptions, check_declared
from ntkproofs.rigor.sides import Side, compared, extent_of, extents, side_of
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


@dataclass(frozen=True, init=False)
class Box:
    """A set of points: for each variable an interval of reals or a set of integers, and perhaps constraints.

    The values of a variable are a pair ``(low, high)``, which is closed (``oo`` is no value), a ``sympy.Interval`` with
    open or closed ends, ``sympy.Reals``, or integers: ``sympy.Naturals``, ``Naturals0``, ``Integers``, ``Range(a, b)``.
    An end is an exact rational, an exact constant such as ``pi/2``, infinite, or an expression in variables that are
    listed before. `where`: inequalities that each point satisfies, both sides being defined there.

    `contacts` (for one variable only): interior points at which the two sides are equal. The box is split there, so
    that the zero can be divided out. The two end points of the box are always examined for equality.

    Raises InputError for a box without points, as far as its ends are constants.

    >>> x, y = sympy.symbols("x y")
    >>> print(Box({x: sympy.Interval(0, sympy.oo)}))
    x >= 0
    >>> print(Box({x: (0, 1), y: (0, 1 - x)}, where=[less(x, 2 * y)]))
    0 <= x <= 1, 0 <= y <= 1 - x, x < 2*y
    """

    ranges: tuple[Side, ...]
    contacts: tuple[Fraction, ...] = ()
    where: tuple[Inequality, ...] = ()

    def __init__(
        self,
        sides: Mapping[sympy.Symbol, Any],
        *,
        contacts: tuple[Any, ...] = (),
        where: Iterable[Inequality] = (),
    ) -> None:
        if not isinstance(sides, Mapping) or not 1 <= len(sides) <= MAX_VARIABLES:
            number = len(sides) if isinstance(sides, Mapping) else f"{type(sides).__name__} {sides!r:.80}"
            raise InputError(f"a Box has 1 to {MAX_VARIABLES} variables, got {number}")
        check_names(sides)
        ranges: list[Side] = []
        for symbol, values in sides.items():
            ranges.append(side_of(symbol, values, [side.symbol for side in ranges]))
        object.__setattr__(self, "ranges", tuple(ranges))
        object.__setattr__(self, "where", _constraints(where, self.symbols))
        object.__setattr__(self, "contacts", _contacts(contacts, self.ranges))
        _check_extents(self.ranges)

    @property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """The variables of the box."""
        return tuple(side.symbol for side in self.ranges)

    @property
    def is_closed_rational(self) -> bool:
        """Whether the box is a product of closed intervals of reals with rational ends, without constraints."""
        return not self.where and all(side.is_closed_rational for side in self.ranges)

    @property
    def sides(self) -> tuple[tuple[sympy.Symbol, Fraction, Fraction], ...]:
        """The variables with their rational ends; raises InputError for any other kind of box."""
        if not self.is_closed_rational:
            raise InputError(f"{self} is not a closed box of real points with rational ends")
        return tuple((side.symbol, side.low, side.high) for side in self.ranges)

    def __str__(self) -> str:
        return ", ".join(map(str, (*self.ranges, *self.where)))


def _constraints(where: Iterable[Inequality], symbols: tuple[sympy.Symbol, ...]) -> tuple[Inequality, ...]:
    constraints = tuple(where) if isinstance(where, Iterable) else (where,)
    for constraint in constraints:
        if not isinstance(constraint, Inequality):
            raise InputError(
                f"a constraint in `where` is made by less(a, b) or at_most(a, b), got {type(constraint).__name__} "
                f"{constraint!r:.80}"
            )
        used = difference(constraint.left, constraint.right).symbols
        if not used or not used <= set(symbols):
            raise InputError(f"a constraint is about variables of the box, got: {constraint}")
    return constraints


def _contacts(points: Iterable[Any], ranges: tuple[Side, ...]) -> tuple[Fraction, ...]:
    contacts = tuple(sorted(as_fraction(point, "a contact point") for point in points))
    if contacts and len(ranges) > 1:
        raise InputError(f"contact points need a box of one variable, got {len(ranges)} variables")
    side = ranges[0]
    if contacts and side.integers:
        raise InputError("contact points need a box of reals, not of integers")
    if any(compared(side.low, point) <= 0 or compared(point, side.high) <= 0 for point in contacts):
        raise InputError(f"contact points {contacts} must lie inside the box")
    return contacts


def _check_extents(ranges: tuple[Side, ...]) -> None:
    """Check the assumptions about each variable, and that its ends are defined for all values of those before."""
    try:
        values = extents(ranges)
    except (Undecided, DomainError) as problem:
        raise InputError(f"an end of a side is not known to be defined: {problem}") from problem
    for side in ranges:
        check_assumptions(side.symbol, extent_of(side, values[side.symbol]))


@dataclass(frozen=True)
class Integers:
    """All integers ``symbol >= start`` (and ``<= stop`` if given); with ``start=None``, all integers ``<= stop``."""

    symbol: sympy.Symbol
    start: int | None = 1
    stop: int | None = None

    def __post_init__(self) -> None:
        check_names([self.symbol])
        if self.start is not None:
            object.__setattr__(self, "start", integer(self.start, "the first of the integers"))
        if self.stop is not None:
            object.__setattr__(self, "stop", integer(self.stop, "the last of the integers"))
        if self.start is not None and self.stop is not None and self.stop < self.start:
            raise InputError(f"no integers: {self.symbol} from {self.start} to {self.stop}")
        first, last = (None if end is None else Fraction(end) for end in (self.start, self.stop))
        check_assumptions(self.symbol, Extent(first, last, integers=True))

    @property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """The variable."""
        return (self.symbol,)

    def __str__(self) -> str:
        name = self.symbol.name
        if self.start is None:
            return f"all integers {name}" if self.stop is None else f"all integers {name} <= {self.stop}"
        if self.stop is not None:
            return f"all integers {self.start} <= {name} <= {self.stop}"
        return f"all integers {name} >= {self.start}"


Domain: TypeAlias = Point | Box | Integers
