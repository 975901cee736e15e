"""Exact real numbers: the field ``Q(pi)`` of rational functions of pi, with decidable equality, and beyond it.

Since pi is transcendental, such a constant is zero if and only if its numerator is the zero polynomial, whereas an
interval can only be known to contain zero. Exact constants are needed at contact points, where the two sides of an
inequality are equal. A function whose value is not known to lie in Q(pi) returns a
:class:`~ntkproofs.arithmetic.constants.Constant`, with which the arithmetic goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any, TypeAlias

import flint

from ntkproofs.arithmetic.balls import Ball, as_fraction
from ntkproofs.arithmetic.constants import Constant
from ntkproofs.errors import DomainError, NotExact

__all__ = ["Exact", "ExactArithmetic", "PiRational"]

Polynomial = Any  # flint.fmpq_poly, a polynomial in pi
Exact: TypeAlias = Any  # a PiRational or a Constant
MAX_BITS = 1 << 20  # size of the largest power that is computed exactly


def _polynomial(coefficients: list[Fraction]) -> Polynomial:
    return flint.fmpq_poly([flint.fmpq(c.numerator, c.denominator) for c in coefficients])


def _size(polynomial: Polynomial) -> int:
    """Return the approximate size of a polynomial in bits; 0 for the constants 0, 1 and -1."""
    parts = [int(part) for c in polynomial.coeffs() for part in (c.p, c.q)]
    return int(polynomial.degree()) + sum(part.bit_length() for part in parts if abs(part) > 1)


def _constant(polynomial: Polynomial) -> Fraction | None:
    """Return the value of a constant polynomial, or None if it is not constant."""
    if polynomial.degree() > 0:
        return None
    value = polynomial[0]
    return Fraction(int(value.p), int(value.q))


class PiRational:
    """An element of Q(pi), represented as a reduced quotient of polynomials in pi.

    A function whose value is not known to lie in Q(pi) returns a Constant; an undefined operation raises DomainError.

    >>> pi = PiRational.pi()
    >>> ((2 * pi - 1) - (2 * pi - 1)).is_zero()
    True
    >>> PiRational.of(Fraction(1, 2)).acos() == pi / 3
    True
    >>> PiRational.of(2).log() - 1
    <Constant -0.3068528194400546906…>
    """

    __slots__ = ("denominator", "numerator")

    def __init__(self, numerator: Polynomial, denominator: Polynomial) -> None:
        common = numerator.gcd(denominator)
        if common.degree() > 0:
            numerator, denominator = numerator / common, denominator / common
        lead = denominator[denominator.degree()]
        self.numerator, self.denominator = numerator / lead, denominator / lead

    @classmethod
    def of(cls, value: Fraction | int) -> PiRational:
        """Return the rational constant `value`."""
        return cls(_polynomial([as_fraction(value, "a constant")]), _polynomial([Fraction(1)]))

    @classmethod
    def pi(cls) -> PiRational:
        """Return pi."""
        return cls(_polynomial([Fraction(0), Fraction(1)]), _polynomial([Fraction(1)]))

    def is_zero(self) -> bool:
        """Return whether the number is exactly zero."""
        return bool(self.numerator == 0)

    def rational(self) -> Fraction | None:
        """Return the number as a fraction, or None if pi occurs in it."""
        top, bottom = _constant(self.numerator), _constant(self.denominator)
        return None if top is None or bottom is None else top / bottom

    def enclose(self, precision: int) -> Ball:
        """Return an interval of `precision` bits that contains the number."""
        pi = Ball.pi(precision=precision)

        def value(polynomial: Polynomial) -> Ball:
            total = Ball(0, precision=precision)
            for degree in range(polynomial.degree(), -1, -1):
                coefficient = polynomial[degree]
                total = total * pi + Fraction(int(coefficient.p), int(coefficient.q))
            return total

        return value(self.numerator) / value(self.denominator)

    @staticmethod
    def _of(value: PiRational | Fraction | int) -> PiRational:
        return value if isinstance(value, PiRational) else PiRational.of(value)

    def __add__(self, other: Exact) -> PiRational:
        if isinstance(other, Constant):
            return NotImplemented
        other = self._of(other)
        return PiRational(
            self.numerator * other.denominator + other.numerator * self.denominator,
            self.denominator * other.denominator,
        )

    def __neg__(self) -> PiRational:
        return PiRational(-self.numerator, self.denominator)

    def __sub__(self, other: Exact) -> PiRational:
        if isinstance(other, Constant):
            return NotImplemented
        return self + -self._of(other)

    def __mul__(self, other: Exact) -> PiRational:
        if isinstance(other, Constant):
            return NotImplemented
        other = self._of(other)
        return PiRational(self.numerator * other.numerator, self.denominator * other.denominator)

    def __truediv__(self, other: Exact) -> PiRational:
        if isinstance(other, Constant):
            return NotImplemented
        other = self._of(other)
        if other.is_zero():
            raise DomainError("division by zero")
        return PiRational(self.numerator * other.denominator, self.denominator * other.numerator)

    def __pow__(self, exponent: int) -> PiRational:
        if exponent < 0:
            return PiRational.of(1) / self**-exponent
        if exponent and self.rational() in (0, 1):
            return self
        if exponent > MAX_BITS or exponent * max(_size(self.numerator), _size(self.denominator)) > MAX_BITS:
            raise NotExact(f"a power {exponent} is too large to be computed exactly")
        return PiRational(self.numerator**exponent, self.denominator**exponent)

    def __radd__(self, other: Fraction | int) -> PiRational:
        return self + other

    def __rsub__(self, other: Fraction | int) -> PiRational:
        return self._of(other) - self

    def __rmul__(self, other: Fraction | int) -> PiRational:
        return self * other

    def __rtruediv__(self, other: Fraction | int) -> PiRational:
        return self._of(other) / self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PiRational | Fraction | int):
            return NotImplemented
        return (self - other).is_zero()

    def __hash__(self) -> int:
        value = self.rational()
        return hash((str(self.numerator), str(self.denominator)) if value is None else value)

    def __repr__(self) -> str:
        return f"({self.numerator.str(var='pi')})/({self.denominator.str(var='pi')})"

    # --- functions: in Q(pi) at the arguments for which this is known, and otherwise a Constant

    def _look_up(self, name: str, table: dict[Fraction, PiRational]) -> Exact:
        value = self.rational()
        return table[value] if value is not None and value in table else Constant.function(name, self)

    def sqrt(self) -> Exact:
        """Return the square root, in Q(pi) for the square of a rational number."""
        value = self.rational()
        if value is not None and value < 0:
            raise DomainError(f"sqrt of {value}")
        if value is not None:
            top, bottom = isqrt(value.numerator), isqrt(value.denominator)
            if top * top == value.numerator and bottom * bottom == value.denominator:
                return PiRational.of(Fraction(top, bottom))
        return Constant.function("sqrt", self)

    def exp(self) -> Exact:
        """Return the exponential, in Q(pi) at 0."""
        return self._look_up("exp", {Fraction(0): PiRational.of(1)})

    def log(self) -> Exact:
        """Return the natural logarithm, in Q(pi) at 1."""
        return self._look_up("log", {Fraction(1): PiRational.of(0)})

    def acos(self) -> Exact:
        """Return the arc cosine, in Q(pi) at 0, 1/2, 1 and their negatives."""
        return PiRational.pi() / 2 - self.asin()

    def asin(self) -> Exact:
        """Return the arc sine, in Q(pi) at 0, 1/2, 1 and their negatives."""
        pi, half = PiRational.pi(), Fraction(1, 2)
        one, zero = Fraction(1), Fraction(0)
        table = {-one: -pi / 2, -half: -pi / 6, zero: PiRational.of(0), half: pi / 6, one: pi / 2}
        return self._look_up("asin", table)

    def atan(self) -> Exact:
        """Return the arc tangent, in Q(pi) at -1, 0 and 1."""
        pi = PiRational.pi()
        return self._look_up("atan", {Fraction(-1): -pi / 4, Fraction(0): PiRational.of(0), Fraction(1): pi / 4})

    def _turns(self) -> Fraction | None:
        """Return the rational q if the number is q * pi, otherwise None."""
        return (self / PiRational.pi()).rational()

    def sin(self) -> Exact:
        """Return the sine, in Q(pi) at the angles where it is 0, 1/2, 1 or a negative of these."""
        zero, half, one = Fraction(0), Fraction(1, 2), Fraction(1)
        table = {zero: zero, Fraction(1, 6): half, half: one, Fraction(5, 6): half, one: zero}
        turns = self._turns()
        if turns is None:
            return Constant.function("sin", self)
        turns %= 2
        sign, turns = (1, turns) if turns <= 1 else (-1, turns - 1)
        if turns not in table:
            return Constant.function("sin", self)
        return PiRational.of(table[turns] * sign)

    def cos(self) -> Exact:
        """Return the cosine, in Q(pi) at the angles where it is 0, 1/2, 1 or a negative of these."""
        return (PiRational.pi() / 2 - self).sin()


@dataclass(frozen=True)
class ExactArithmetic:
    """The arithmetic of exact numbers, for evaluating formulas."""

    def rational(self, value: Fraction) -> PiRational:
        """Return the constant `value`."""
        return PiRational.of(value)

    def pi(self) -> PiRational:
        """Return the constant pi."""
        return PiRational.pi()
