"""Exact symbolic numbers with enclosures: normal forms that know the signs of their square roots.

An :class:`Enclosed` number is a quotient of polynomials (see ``normal_form``) together with an interval that contains
all of its values. The interval decides what algebra alone cannot: ``sqrt(x**2)`` is ``x`` where x is not negative.
A number that is zero in normal form is 0 wherever it is defined; the converse does not hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import flint

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.arithmetic.exact import PiRational
from ntkproofs.arithmetic.normal_form import Quotient, Ring
from ntkproofs.errors import DomainError, InputError, NotExact, Undecided

__all__ = ["Enclosed", "EnclosedArithmetic"]

FACTORED_BITS = 64  # of a rational number whose logarithm is split
SMALL_PRIMES = [p for p in range(2, 100) if all(p % q for q in range(2, p))]


@dataclass(frozen=True)
class EnclosedArithmetic:
    """The arithmetic of enclosed numbers, with intervals of `precision` bits."""

    precision: int
    ring: Ring = field(default_factory=Ring)
    enclosures: dict[int, Ball | None] = field(default_factory=dict)  # index of a generator -> its values
    exponentials: dict[int, Quotient] = field(default_factory=dict)  # index of exp(u) -> u
    logarithms: dict[int, Quotient] = field(default_factory=dict)  # index of log(u) -> u

    def rational(self, value: Fraction) -> Enclosed:
        """Return the constant `value`."""
        return Enclosed(self, self.ring.rational(value), Ball(value, precision=self.precision))

    def pi(self) -> Enclosed:
        """Return the constant pi."""
        return self._recorded(self.ring.pi(), Ball.pi(precision=self.precision))

    @property
    def zero(self) -> Ball:
        """The number 0 as an interval."""
        return Ball(0, precision=self.precision)

    def symbol(self, key: Any, values: Ball) -> Enclosed:
        """Return a symbol whose values lie in an interval."""
        return self._recorded(self.ring.symbol(key), values)

    def _recorded(self, generator: Quotient, values: Ball | None) -> Enclosed:
        self.enclosures.setdefault(self.ring.index(generator.numerator), values)
        return Enclosed(self, generator, values)

    def enclose(self, polynomial: Any) -> Ball:
        """Return an interval that contains the values of a polynomial in the generators; Undecided if there is none."""
        total = self.zero
        for exponents, coefficient in polynomial.to_dict().items():
            term = Ball(_fraction(coefficient), precision=self.precision)
            for index, exponent in enumerate(map(int, exponents)):
                if exponent:
                    values = self.enclosures.get(index)
                    if values is None:
                        raise Undecided("a generator is not bounded")
                    term = term * values**exponent
            total = total + term
        return total

    def sign(self, polynomial: Any) -> int:
        """Return 1 if a polynomial is never negative, -1 if it is never positive; Undecided if neither is known."""
        values = self.enclose(polynomial)
        if values.is_nonnegative():
            return 1
        if (-values).is_nonnegative():
            return -1
        raise Undecided("the sign of a square root is not known")


class Enclosed:
    """A quotient of polynomials, and an interval that contains its values (None: not bounded).

    >>> numbers = EnclosedArithmetic(53)
    >>> x = numbers.symbol("x", Ball.between(0, 1, precision=53))
    >>> ((x**2).sqrt() - x).is_zero(), ((x + 1).log() - (x * 2 + 2).log()).is_zero()
    (True, False)
    """

    __slots__ = ("arithmetic", "quotient", "values")

    def __init__(self, arithmetic: EnclosedArithmetic, quotient: Quotient, values: Ball | None) -> None:
        self.arithmetic, self.quotient, self.values = arithmetic, quotient, values

    def is_zero(self) -> bool:
        """Return whether the number is 0 in normal form, and so wherever it is defined."""
        return self.quotient.is_zero()

    def sign(self) -> int:
        """Return the sign if it is certain, 0 for the exact zero; raises Undecided otherwise."""
        if self.is_zero():
            return 0
        if self.values is None:
            raise Undecided("a number is not bounded")
        return self.values.sign()

    def sign_of_factors(self) -> tuple[int, bool]:
        """Return the sign of the number (1: never negative, -1: never positive) by the factors of its normal form.

        Even powers of factors are not negative; the signs of the others follow from their enclosures. The second part
        says whether the number is known never to be 0. Raises Undecided if the sign of a factor is not known. The
        result holds wherever the number is defined.
        """
        as_computed = (self.quotient.numerator, self.quotient.denominator)
        known = _bounded(lambda: self._sign_of(as_computed))  # before squares are replaced: (sin x)**2 is a square
        return known or self._sign_of(self._normal())

    def _sign_of(self, parts: tuple[Any, Any]) -> tuple[int, bool]:
        """Return the sign of a quotient by the factors of its parts, and whether it is known never to be 0."""
        result, nonzero = 1, not self.is_zero()
        for polynomial in parts:
            constant, factors = polynomial.factor()
            result *= 1 if int(constant.p) >= 0 else -1
            for factor, exponent in factors:
                values = _bounded(lambda factor=factor: self.arithmetic.enclose(factor))  # type: ignore[misc]
                nonzero = nonzero and values is not None and not values.overlaps(self.arithmetic.zero)
                result *= self.arithmetic.sign(factor) if int(exponent) % 2 else 1
        return result, nonzero

    def _lift(self, other: Enclosed | int | Fraction) -> Enclosed:
        return other if isinstance(other, Enclosed) else self.arithmetic.rational(Fraction(other))

    def _combined(self, other: Enclosed | int | Fraction, operation: str) -> Enclosed:
        other = self._lift(other)
        quotient = getattr(self.quotient, operation)(other.quotient)
        values = None
        if self.values is not None and other.values is not None:
            values = _bounded(lambda: getattr(self.values, operation)(other.values))
        return Enclosed(self.arithmetic, quotient, values)

    def __add__(self, other: Enclosed | int | Fraction) -> Enclosed:
        return self._combined(other, "__add__")

    def __sub__(self, other: Enclosed | int | Fraction) -> Enclosed:
        return self._combined(other, "__sub__")

    def __mul__(self, other: Enclosed | int | Fraction) -> Enclosed:
        return self._combined(other, "__mul__")

    def __truediv__(self, other: Enclosed | int | Fraction) -> Enclosed:
        return self._combined(other, "__truediv__")

    def __pow__(self, exponent: int) -> Enclosed:
        values = self.values
        powers = None if values is None else _bounded(lambda: values**exponent)
        return Enclosed(self.arithmetic, self.quotient**exponent, powers)

    def _normal(self) -> tuple[Any, Any]:
        """Return numerator and denominator after the reduction of all squares."""
        reduced, cleared = self.quotient.ring.reduce(self.quotient.numerator)
        plain = self.quotient._make(reduced, self.quotient.denominator * cleared)
        return plain.numerator, plain.denominator

    def sqrt(self) -> Enclosed:
        """Return the square root: square factors of known sign are taken out, the rest is a generator."""
        numbers, ring = self.arithmetic, self.arithmetic.ring
        if self.is_zero():
            return self
        numerator, denominator = self._normal()
        constant, factors = (numerator * denominator).factor_squarefree()
        outside, inside = _square_part(_fraction(constant))
        root, rest = ring.constant(outside), ring.constant(inside)
        for factor, exponent in factors:
            half, odd = divmod(int(exponent), 2)
            rest = rest * factor**odd
            if half and _bounded(lambda factor=factor: numbers.sign(factor)) is None:  # type: ignore[misc]
                rest = rest * factor ** (2 * half)
            elif half:
                root = root * (factor * numbers.sign(factor)) ** half
        below = denominator * numbers.sign(denominator)
        values = None if self.values is None else _bounded(self.values.sqrt)
        if rest == 1:
            return Enclosed(numbers, Quotient(ring, root, ring.constant(Fraction(1)))._make(root, below), values)
        radicand = Quotient(ring, rest, ring.constant(Fraction(1)))
        generator = numbers._recorded(radicand.sqrt(), _bounded(lambda: numbers.enclose(rest).sqrt()))
        quotient = generator.quotient * Quotient(ring, root, ring.constant(Fraction(1)))._make(root, below)
        return Enclosed(numbers, quotient, values)

    def _known(self, name: str) -> Enclosed | None:
        """Return a function's value at a constant where it is known in Q(pi), otherwise None."""
        numerator, denominator = self._normal()
        try:
            constant = self._pi_polynomial(numerator) / self._pi_polynomial(denominator)
            value = getattr(constant, name)()
        except (NotExact, AttributeError):
            return None
        return self._from_exact(value) if isinstance(value, PiRational) else None

    def _pi_polynomial(self, polynomial: Any) -> PiRational:
        """Return a polynomial in pi alone as an exact number; raises NotExact if it has another generator."""
        ring = self.arithmetic.ring
        place = None if ring.pi_generator is None else ring.index(ring.pi_generator)
        total = PiRational.of(0)
        for exponents, coefficient in polynomial.to_dict().items():
            if any(int(exponent) and index != place for index, exponent in enumerate(exponents)):
                raise NotExact("not a constant of Q(pi)")
            power = 0 if place is None else int(exponents[place])
            total = total + PiRational.pi() ** power * _fraction(coefficient)
        return total

    def _from_exact(self, value: PiRational) -> Enclosed:
        parts = []
        for polynomial in (value.numerator, value.denominator):
            total = self.arithmetic.rational(Fraction(0))
            for coefficient in reversed(polynomial.coeffs()):
                total = total * self.arithmetic.pi() + _fraction(coefficient)
            parts.append(total)
        return parts[0] / parts[1]

    def _apply(self, name: str) -> Enclosed:
        """Return a function value: a known constant, or a generator."""
        known = self._known(name)
        if known is not None:
            return known
        quotient = getattr(self.quotient, name)()
        values = self.values
        enclosure = None if values is None else _bounded(getattr(values, name))
        for generator in self.arithmetic.ring.assigned.values():  # those that the function has just made
            index = self.arithmetic.ring.index(generator)
            if index not in self.arithmetic.enclosures:
                is_value = quotient.numerator == generator and quotient.denominator == 1
                self.arithmetic.enclosures[index] = enclosure if is_value else None
        return Enclosed(self.arithmetic, quotient, enclosure)

    def exp(self) -> Enclosed:
        """Return the exponential: a product of powers of exponentials of monomials."""
        numbers, ring = self.arithmetic, self.arithmetic.ring
        values = None if self.values is None else _bounded(self.values.exp)
        numerator, denominator = self._normal()
        if not denominator.is_constant():
            return self._apply("exp")
        total = ring.rational(Fraction(1))
        scale = _fraction(denominator.leading_coefficient())
        for exponents, coefficient in numerator.to_dict().items():
            monomial = ring.context.from_dict({tuple(map(int, exponents)): 1})
            total = total * self._exponential(monomial, _fraction(coefficient) / scale)
        return Enclosed(numbers, total, values)

    def _exponential(self, monomial: Any, factor: Fraction) -> Quotient:
        """Return ``exp(factor * monomial)``: a power of ``exp(monomial / 2)`` where the factor allows."""
        numbers, ring = self.arithmetic, self.arithmetic.ring
        one = ring.constant(Fraction(1))
        if monomial in ring.generators and factor.denominator == 1:
            argument = numbers.logarithms.get(ring.index(monomial))
            if argument is not None:
                return argument ** int(factor)
        power, unit = (int(2 * factor), Fraction(1, 2)) if (2 * factor).denominator == 1 else (1, factor)
        exponent = Quotient(ring, monomial * ring.constant(unit), one)
        generator = exponent.exp()
        index = ring.index(generator.numerator)
        numbers.enclosures.setdefault(index, _bounded(lambda: numbers.enclose(exponent.numerator).exp()))
        numbers.exponentials[index] = exponent
        return generator**power

    def log(self) -> Enclosed:
        """Return the natural logarithm: the sum of those of the factors if all factors are positive."""
        numbers, ring = self.arithmetic, self.arithmetic.ring
        values = None if self.values is None else _bounded(self.values.log)
        total = ring.rational(Fraction(0))
        try:
            for part, sign in zip(self._normal(), (1, -1), strict=True):
                total = total + self._sum_of_logarithms(part) * ring.rational(Fraction(sign))
        except (Undecided, NotExact):
            return self._apply("log")
        return Enclosed(numbers, total, values)

    def _sum_of_logarithms(self, polynomial: Any) -> Quotient:
        """Return the logarithm of a product; raises Undecided unless each factor is known to be positive."""
        ring = self.arithmetic.ring
        constant, factors = polynomial.factor()
        total = self._logarithm_of_rational(_fraction(constant))
        for factor, exponent in factors:
            index = ring.index(factor) if factor in ring.generators else -1
            if index in self.arithmetic.exponentials:
                term = self.arithmetic.exponentials[index]
            else:
                values = self.arithmetic.enclose(factor)
                if not values.is_positive():
                    raise Undecided("the sign of a factor is not known")
                argument = Quotient(ring, factor, ring.constant(Fraction(1)))
                term = argument.log()
                place = ring.index(term.numerator)
                self.arithmetic.enclosures.setdefault(place, values.log())
                self.arithmetic.logarithms[place] = argument
            total = total + term * ring.rational(Fraction(int(exponent)))
        return total

    def is_nonnegative(self) -> bool:
        """Return whether the number is known not to be negative."""
        return self.is_zero() or (self.values is not None and self.values.is_nonnegative())

    def __abs__(self) -> Enclosed:
        if self.is_nonnegative():
            return self
        if (self * -1).is_nonnegative():
            return self * -1
        raise Undecided("the sign of an absolute value is not known")

    def maximum(self, other: Enclosed) -> Enclosed:
        """Return the larger one of two numbers; raises Undecided unless it is known which."""
        return (self + other + abs(self - other)) / 2

    def minimum(self, other: Enclosed) -> Enclosed:
        """Return the smaller one of two numbers; raises Undecided unless it is known which."""
        return (self + other - abs(self - other)) / 2

    def rational_power(self, exponent: Fraction) -> Enclosed:
        """Return the power of a positive number with any rational exponent; raises Undecided for any other number."""
        if self.values is None or not self.values.is_positive():
            raise Undecided("the sign of the base of a power is not known")
        return (self.log() * self.arithmetic.rational(exponent)).exp()

    def real_power(self, exponent: Enclosed) -> Enclosed:
        """Return ``exp(exponent * log(self))``."""
        return (exponent * self.log()).exp()

    def tan(self) -> Enclosed:
        """Return the tangent."""
        return self.sin() / self.cos()

    def sinh(self) -> Enclosed:
        """Return the hyperbolic sine."""
        return (self.exp() - (self * -1).exp()) / 2

    def cosh(self) -> Enclosed:
        """Return the hyperbolic cosine."""
        return (self.exp() + (self * -1).exp()) / 2

    def tanh(self) -> Enclosed:
        """Return the hyperbolic tangent."""
        return self.sinh() / self.cosh()

    def _logarithm_of_rational(self, value: Fraction) -> Quotient:
        """Return the logarithm of a positive rational number in those of its prime factors."""
        numbers, ring = self.arithmetic, self.arithmetic.ring
        total = ring.rational(Fraction(0))
        if value <= 0 or value.numerator.bit_length() + value.denominator.bit_length() > FACTORED_BITS:
            raise NotExact("not a positive rational number of moderate size")
        for number, sign in ((value.numerator, 1), (value.denominator, -1)):
            for prime, exponent in flint.fmpz(number).factor():
                argument = ring.rational(Fraction(int(prime)))
                term = argument.log()
                place = ring.index(term.numerator)
                numbers.enclosures.setdefault(place, Ball(int(prime), precision=numbers.precision).log())
                numbers.logarithms[place] = argument
                total = total + term * ring.rational(Fraction(sign * int(exponent)))
        return total

    def __getattr__(self, name: str) -> Callable[[], Enclosed]:
        """Return the function `name` of one argument (``sin``, ``acos``, ...)."""
        if name.startswith("_") or not hasattr(Quotient, name):
            raise AttributeError(name)
        return lambda: self._apply(name)


def _bounded(operation: Callable[[], Any]) -> Any:
    """Return the result of an operation on intervals, or None if it has none."""
    try:
        return operation()
    except (Undecided, DomainError, InputError):
        return None


def _fraction(value: Any) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def _square_part(value: Fraction) -> tuple[Fraction, Fraction]:
    """Return ``(a, b)`` with ``value = a**2 b``, where b is an integer without the squares of small primes."""
    outside, inside = Fraction(1, value.denominator), value.numerator * value.denominator
    root = int(flint.fmpz(abs(inside)).isqrt())
    if inside > 0 and root * root == inside:
        return outside * root, Fraction(1)
    for prime in SMALL_PRIMES:
        while inside % (prime * prime) == 0 and inside:
            inside //= prime * prime
            outside *= prime
    return outside, Fraction(inside)
