"""Exact real numbers: the field ``Q(pi)`` of rational functions of pi, with decidable equality, and beyond it.

Since pi is transcendental, such a constant is zero if and only if its numerator is the zero polynomial, whereas an
interval can only be known to contain zero. Exact constants are needed at contact points, where the two sides of an
inequality are equal. A function whose value is not known to lie in Q(pi) returns a
:class:`~ntkproofs.arithmetic.constants.Constant`, with which the arithmetic goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import factorial, isqrt
from typing import Any, TypeAlias

import flint

from ntkproofs.arithmetic.balls import Ball, as_fraction
from ntkproofs.arithmetic.constants import Constant
from ntkproofs.arithmetic.functions import Functions
from ntkproofs.errors import DomainError, NotExact, Undecided

__all__ = ["Exact", "ExactArithmetic", "PiRational"]

Polynomial = Any  # flint.fmpq_poly, a polynomial in pi
Exact: TypeAlias = Any  # a PiRational or a Constant
MAX_FACTORIAL = 1000  # largest factorial that is computed exactly
SIGN_BITS = 1 << 12  # the largest precision at which the sign of a number is sought
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


class PiRational(Functions):
    """An element of Q(pi), represented as a reduced quotient of polynomials in pi.

    A function whose value is not known to lie in Q(pi) returns a Constant; an undefined operation raises DomainError.

    >>> pi = PiRational.pi()
    >>> ((2 * pi - 1) - (2 * pi - 1)).is_zero()
    True
    >>> PiRational.of(Fraction(1, 2)).acos() == pi / 3
    True
    >>> PiRational.of(2).log() - 1
    <Constant -0.306852819440054690…>
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

    def constant(self, value: Fraction | int) -> PiRational:
        """Return the rational constant `value`."""
        return PiRational.of(value)

    def sign(self) -> int:
        """Return the sign, -1, 0 or 1; raises NotExact if it is not certain at the largest precision."""
        if self.is_zero():
            return 0
        bits = 64
        while bits <= SIGN_BITS:
            try:
                return self.enclose(bits).sign()
            except Undecided:
                bits *= 2
        raise NotExact(f"the sign of {self!r} is not certain at {SIGN_BITS} bits")

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

    def rational_power(self, exponent: Fraction) -> Exact:
        """Return ``x**exponent`` for ``x >= 0``, in Q(pi) for rational numbers with rational roots."""
        if exponent < 0:
            return PiRational.of(1) / self.rational_power(-exponent)
        value = self.rational()
        if value is None:
            return Constant.of(self).rational_power(exponent)
        if value < 0:
            raise DomainError(f"the power {exponent} of {value}")
        parts = [_root(part, exponent.denominator) for part in (value.numerator, value.denominator)]
        if None in parts:
            return Constant.of(self).rational_power(exponent)
        return PiRational.of(Fraction(*parts)) ** exponent.numerator  # type: ignore[arg-type]

    def real_power(self, exponent: Exact) -> Exact:
        """Return ``x**exponent``, in Q(pi) for some rational exponents and for the bases 0 and 1."""
        if isinstance(exponent, Constant):
            return Constant.of(self).real_power(exponent)
        value = exponent.rational()
        if value is not None and value.denominator == 1:
            return self**value.numerator
        if (self.is_zero() and exponent.sign() > 0) or self.rational() == 1:
            return self
        if self.sign() <= 0:
            raise DomainError(f"the power {exponent!r} of {self!r}")
        if value is None:
            return Constant.of(self).real_power(Constant.of(exponent))
        return self.rational_power(value)

    def __abs__(self) -> Exact:
        return -self if self.sign() < 0 else self

    def minimum(self, other: Exact) -> Exact:
        """Return the smaller one of two numbers."""
        return self if (self - other).sign() <= 0 else other

    def maximum(self, other: Exact) -> Exact:
        """Return the larger one of two numbers."""
        return self if (self - other).sign() >= 0 else other

    def gamma(self) -> Exact:
        """Return the gamma function, in Q(pi) at positive integers; raises DomainError at a pole."""
        value = self.rational()
        if value is None or value.denominator > 1 or value > MAX_FACTORIAL:
            return Constant.function("gamma", self)
        if value <= 0:
            raise DomainError(f"gamma of {value} is undefined: it has a pole there")
        return PiRational.of(factorial(int(value) - 1))

    def loggamma(self) -> Exact:
        """Return the logarithm of the gamma function, in Q(pi) at 1 and 2."""
        return self._look_up("loggamma", {Fraction(1): PiRational.of(0), Fraction(2): PiRational.of(0)})

    def digamma(self) -> Exact:
        """Raise NotExact: the logarithmic derivative of the gamma function is not known in Q(pi)."""
        raise self._unknown("digamma")

    def hurwitz_zeta(self, exponent: int) -> Exact:
        """Raise NotExact: the derivatives of the gamma function are not known in Q(pi)."""
        raise self._unknown(f"the Hurwitz zeta function of {exponent}")

    def erf(self) -> Exact:
        """Return the error function, in Q(pi) at 0."""
        return self._look_up("erf", {Fraction(0): PiRational.of(0)})

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

    def tan(self) -> Exact:
        """Return the tangent, in Q(pi) at integer multiples of pi/4; raises DomainError at a pole."""
        turns = self._turns()
        if turns is None:
            return Constant.function("tan", self)
        turns %= 1
        if turns == Fraction(1, 2):
            raise DomainError(f"tan of {self!r}: a pole")
        table = {Fraction(0): 0, Fraction(1, 4): 1, Fraction(3, 4): -1}
        if turns not in table:
            return Constant.function("tan", self)
        return PiRational.of(table[turns])

    def cos(self) -> Exact:
        """Return the cosine, in Q(pi) at the angles where it is 0, 1/2, 1 or a negative of these."""
        return (PiRational.pi() / 2 - self).sin()


def _root(value: int, degree: int) -> int | None:
    """Return the root of a natural number if it is an integer."""
    if degree > MAX_BITS:
        return value if value <= 1 else None
    root = int(flint.fmpz(value).root(degree))
    return root if root**degree == value else None


@dataclass(frozen=True)
class ExactArithmetic:
    """The arithmetic of exact numbers, for evaluating formulas."""

    def rational(self, value: Fraction) -> PiRational:
        """Return the constant `value`."""
        return PiRational.of(value)

    def pi(self) -> PiRational:
        """Return the constant pi."""
        return PiRational.pi()
