"""Charts: the pieces into which a domain is cut, each the image of a closed box of rational parameters.

A ray cannot be subdivided by bisection, and an interval that ends at ``pi/2`` has no rational end. So each variable is
written as a formula of one parameter, which ranges over a closed interval with rational ends: ``x = 1/u`` with u in
``[0, 1]`` for ``x >= 1``, where u = 0 is excluded. Enclosures, Taylor series and germs substitute first, so each rule
that works for a box works on each piece. Points, counterexamples and messages are in the variables of the statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import TypeAlias, TypeVar

import sympy

from ntkproofs.arithmetic.expressions import Arithmetic, Number, formula
from ntkproofs.arithmetic.notation import written
from ntkproofs.rigor.statements import Box, Integers

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
        return ", ".join(f"{symbol.name} = {written(expression)}" for symbol, expression in self.formulas)


IDENTITY = Chart()


@dataclass(frozen=True)
class Piece:
    """A part of the domain: the points that the `chart` gives for the parameters of a closed box.

    `excluded`: for each parameter, whether its lower and its upper end belong to no point of the domain, so that the
    inequality need neither hold nor be defined there. `index`: the number of the piece among those of the domain.
    """

    index: int
    symbols: tuple[sympy.Symbol, ...]
    sides: BoxSides
    excluded: tuple[tuple[bool, bool], ...]
    chart: Chart = IDENTITY

    def excludes(self, axis: int, box: BoxSides, end: str) -> bool:
        """Return whether the ``low`` or ``high`` end of one side of a box in the piece is an excluded end."""
        which = 0 if end == "low" else 1
        return self.excluded[axis][which] and box[axis][which] == self.sides[axis][which]


@dataclass(frozen=True)
class Region:
    """A closed box of the parameters of a piece: what is proved, or bisected further."""

    piece: Piece
    box: BoxSides

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


def pieces_of_box(domain: Box) -> tuple[Piece, ...]:
    """Return the pieces of a box."""
    sides = tuple((low, high) for _, low, high in domain.sides)
    return (Piece(0, domain.symbols, sides, ((False, False),) * len(sides)),)


def pieces_of_integers(domain: Integers) -> tuple[Piece, ...]:
    """Return the pieces of the integers, with the parameter ``s = n**(-1/2)``; n = 0 belongs to the cell of n = 1."""
    n = domain.symbol
    low = Fraction(0)
    if domain.stop is not None and domain.stop > 0:
        low = Fraction(1, isqrt(domain.stop) + 1)
    return (Piece(0, domain.symbols, ((low, Fraction(1)),), ((True, False),), Chart(((n, n**-2),))),)
