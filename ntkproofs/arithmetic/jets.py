"""Second-order jets in several variables: value, gradient and Hessian matrix (automatic differentiation).

Over intervals, if the variables are intervals that form a box, the parts of a jet contain the value, the gradient and
the Hessian matrix at *every* point of the box. Functions of one argument are applied through their Taylor coefficients
of order 2, so that a function that ``Taylor`` knows is known here as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Generic, TypeVar

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.arithmetic.expressions import Arithmetic
from ntkproofs.arithmetic.taylor import Taylor
from ntkproofs.errors import Undecided

__all__ = ["Jet", "JetArithmetic", "is_positive_semidefinite"]

C = TypeVar("C")


class Jet(Generic[C]):
    """The value of a function, its gradient and its Hessian matrix, at a point or as enclosures over a box.

    `gradient` has an entry for each variable, `hessian` one for each pair ``(i, j)``, ``i <= j``, in the order
    ``(0, 0), (0, 1), ..., (1, 1), ...``. None stands for the exact zero. An operation raises Undecided, DomainError or
    NotExact if an operation on the coefficients does.

    >>> x, y = JetArithmetic.variables([Ball(3, precision=53), Ball(2, precision=53)])
    >>> product = x * x * y
    >>> [str(part) for part in product.gradient], [str(part) for part in product.hessian]
    (['12', '9'], ['4', '6', 'None'])
    """

    __slots__ = ("gradient", "hessian", "value")

    def __init__(self, value: C, gradient: list[C | None], hessian: list[C | None]) -> None:
        self.value, self.gradient, self.hessian = value, gradient, hessian

    def entry(self, row: int, column: int) -> C | None:
        """Return an entry of the Hessian matrix."""
        return self.hessian[_index(min(row, column), max(row, column), len(self.gradient))]

    def _lift(self, other: Jet[C] | int | Fraction) -> Jet[C]:
        if isinstance(other, Jet):
            return other
        constant: Any = self.value
        return Jet(constant * 0 + other, [None] * len(self.gradient), [None] * len(self.hessian))

    def __add__(self, other: Jet[C] | int | Fraction) -> Jet[C]:
        other = self._lift(other)
        return Jet(
            _plus(self.value, other.value),
            [_plus(a, b) for a, b in zip(self.gradient, other.gradient, strict=True)],
            [_plus(a, b) for a, b in zip(self.hessian, other.hessian, strict=True)],
        )

    def __sub__(self, other: Jet[C] | int | Fraction) -> Jet[C]:
        other = self._lift(other)
        return Jet(
            _minus(self.value, other.value),
            [_minus(a, b) for a, b in zip(self.gradient, other.gradient, strict=True)],
            [_minus(a, b) for a, b in zip(self.hessian, other.hessian, strict=True)],
        )

    def __mul__(self, other: Jet[C] | int | Fraction) -> Jet[C]:
        if not isinstance(other, Jet):
            return self._scaled(lambda part: part * other)
        a, b = self, other
        count = len(a.gradient)
        gradient = [
            _plus(_times(a.value, db), _times(da, b.value)) for da, db in zip(a.gradient, b.gradient, strict=True)
        ]
        hessian, place = [], 0
        for i in range(count):
            for j in range(i, count):
                outer = _plus(_times(a.value, b.hessian[place]), _times(a.hessian[place], b.value))
                inner = _plus(_times(a.gradient[i], b.gradient[j]), _times(a.gradient[j], b.gradient[i]))
                hessian.append(_plus(outer, inner))
                place += 1
        return Jet(_times(a.value, b.value), gradient, hessian)

    def __truediv__(self, other: Jet[C] | int | Fraction) -> Jet[C]:
        if not isinstance(other, Jet):
            return self._scaled(lambda part: part / other)
        one = self._lift(1).value
        inverse = other._composed(lambda series: series._constant(1) / series, one)
        product = self * inverse
        quotient: Any = self.value
        return Jet(quotient / other.value, product.gradient, product.hessian)

    def __pow__(self, exponent: int) -> Jet[C]:
        if exponent < 0:
            return self._lift(1) / self**-exponent
        if exponent < 2:
            return self if exponent else self._lift(1)

        def power(series: Taylor[Any]) -> Taylor[Any]:
            base, n = series.coefficients[0], exponent
            parts = [base**n, base ** (n - 1) * n, base ** (n - 2) * (n * (n - 1) // 2)]
            return Taylor(parts[: len(series.coefficients)])

        return self._composed(power, self._lift(1).value)

    def _scaled(self, scale: Callable[[Any], Any]) -> Jet[C]:
        return Jet(
            scale(self.value),
            [None if part is None else scale(part) for part in self.gradient],
            [None if part is None else scale(part) for part in self.hessian],
        )

    def _composed(self, function: Callable[[Taylor[Any]], Taylor[Any]], one: C) -> Jet[C]:
        """Return a function of this jet by the chain rule; `function` acts on series in one variable."""
        start: Any = self.value
        if all(part is None for part in (*self.gradient, *self.hessian)):
            return Jet(function(Taylor([start])).coefficients[0], self.gradient, self.hessian)
        value, slope, half = function(Taylor([start, one, start * 0])).coefficients
        hessian, place, count = [], 0, len(self.gradient)
        for i in range(count):
            for j in range(i, count):
                square = self._square(i, j)
                bent = None if square is None else half * square * 2
                hessian.append(_plus(_times(slope, self.hessian[place]), bent))
                place += 1
        return Jet(value, [_times(slope, part) for part in self.gradient], hessian)

    def _square(self, i: int, j: int) -> Any:
        """Return the product of two entries of the gradient, without negative numbers if they are the same."""
        first: Any = self.gradient[i]
        if i == j:
            return None if first is None else first**2
        return _times(first, self.gradient[j])

    def __getattr__(self, name: str) -> Callable[[], Jet[C]]:
        """Return the function `name` of one argument (``exp``, ``sqrt``, ...), applied through Taylor series."""
        if name.startswith("_") or not hasattr(Taylor, name):
            raise AttributeError(name)
        return lambda: self._composed(lambda series: getattr(series, name)(), self._lift(1).value)

    def sqrt(self) -> Jet[C]:
        """Return the square root."""
        return self._composed(lambda series: series.sqrt(), self._lift(1).value)

    def rational_power(self, exponent: Fraction) -> Jet[C]:
        """Return a power with a rational exponent."""
        return self._composed(lambda series: series.rational_power(exponent), self._lift(1).value)

    def real_power(self, exponent: Jet[C]) -> Jet[C]:
        """Return ``exp(exponent * log(self))``."""
        return (exponent * self.log()).exp()

    def __abs__(self) -> Jet[C]:
        return self.maximum(self * -1)

    def maximum(self, other: Jet[C]) -> Jet[C]:
        """Return the larger one of two functions; raises Undecided unless it is the same one on the whole box."""
        difference: Any = self.value - other.value  # type: ignore[operator]
        if difference.is_nonnegative():
            return self
        if (difference * -1).is_nonnegative():
            return other
        raise Undecided("the branches of Max or Min may meet, so that there is no derivative")

    def minimum(self, other: Jet[C]) -> Jet[C]:
        """Return the smaller one of two functions; raises Undecided unless it is the same one on the whole box."""
        return other if self.maximum(other) is self else self

    def sign(self) -> int:
        """Return the sign of the value; raises Undecided if it is not certain, and for 0."""
        value: Any = self.value
        sign = int(value.sign())
        if sign == 0:
            raise Undecided("the sign near a zero is not certain")
        return sign


def _index(row: int, column: int, count: int) -> int:
    return row * count - row * (row - 1) // 2 + column - row


def _plus(a: Any, b: Any) -> Any:
    if a is None:
        return b
    return a if b is None else a + b


def _minus(a: Any, b: Any) -> Any:
    if b is None:
        return a
    return b * -1 if a is None else a - b


def _times(a: Any, b: Any) -> Any:
    return None if a is None or b is None else a * b


@dataclass(frozen=True)
class JetArithmetic:
    """Jets in `count` variables over the numbers of the arithmetic `base`."""

    base: Arithmetic[Any]
    count: int

    def constant(self, value: Any) -> Jet[Any]:
        """Return a constant as a jet."""
        return Jet(value, [None] * self.count, [None] * (self.count * (self.count + 1) // 2))

    def rational(self, value: Fraction) -> Jet[Any]:
        """Return the rational constant `value`."""
        return self.constant(self.base.rational(value))

    def pi(self) -> Jet[Any]:
        """Return the constant pi."""
        return self.constant(self.base.pi())

    @staticmethod
    def variables(values: list[Any]) -> list[Jet[Any]]:
        """Return the variables as jets, at a point or on a box."""
        count = len(values)
        no_hessian = [None] * (count * (count + 1) // 2)
        return [
            Jet(value, [value * 0 + 1 if i == place else None for i in range(count)], [*no_hessian])
            for place, value in enumerate(values)
        ]


def is_positive_semidefinite(matrix: list[list[Ball | None]]) -> bool:
    """Return whether every symmetric matrix with entries in the given intervals is known to be positive semidefinite.

    By symmetric elimination (``L D L^T``) with intervals: each matrix has pivots in the computed intervals. None is the
    exact zero. The lower triangle is not read.

    >>> entry = Ball.between(-1, 1, precision=53)
    >>> two = Ball(2, precision=53)
    >>> is_positive_semidefinite([[two, entry], [None, two]]), is_positive_semidefinite([[two, two * 2], [None, two]])
    (True, False)
    """
    rows = [list(row) for row in matrix]
    for k, row in enumerate(rows):
        pivot, rest = row[k], [j for j in range(k + 1, len(rows)) if not _is_zero(row[j])]
        if not _is_zero(pivot) and not pivot.is_nonnegative():  # type: ignore[union-attr]
            return False
        if not rest:
            continue
        if pivot is None or not pivot.is_positive():
            return False
        for i in rest:
            for j in rest:
                if i <= j:
                    first: Any = row[i]
                    product = first**2 if i == j else first * row[j]
                    try:
                        rows[i][j] = _minus(rows[i][j], product / pivot)
                    except Undecided:
                        return False
    return True


def _is_zero(entry: Ball | None) -> bool:
    return entry is None or (entry.is_nonnegative() and (-entry).is_nonnegative())
