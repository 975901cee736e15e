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

    def symbol(self, key: Any, values: Ball) -> Enclosed:
        """Return a symbol whose values lie in an interval."""
        return self._recorded(self.ring.symbol(key), values)

    def _recorded(self, generator: Quotient, values: Ball | None) -> Enclosed:
        self.enclosures.setdefault(self.ring.index(generator.numerator), values)
        return Enclosed(self, generator, values)

    def enclose(self, polynomial: Any) -> Ball:
        """Return an interval that contains the values of a polynomial in the generators; Undecided if there is none."""
        total = Ball(0, precision=self.precision)
        for exponents, coefficient in polynomial.to_dict().items():
            term = Ball(Fraction(int(coefficient.p), int(coefficient.q)), precision=self.precision)
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
        outside, inside = _square_part(Fraction(int(constant.p), int(constant.q)))
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
            value: PiRational = getattr(constant, name)()
        except (NotExact, AttributeError):
            return None
        return self._from_exact(value)

    def _pi_polynomial(self, polynomial: Any) -> PiRational:
        """Return a polynomial in pi alone as an exact number; raises NotExact if it has another generator."""
        ring = self.arithmetic.ring
        place = None if ring.pi_generator is None else ring.index(ring.pi_generator)
        total = PiRational.of(0)
        for exponents, coefficient in polynomial.to_dict().items():
            if any(int(exponent) and index != place for index, exponent in enumerate(exponents)):
                raise NotExact("not a constant of Q(pi)")
            power = 0 if place is None else int(exponents[place])
            total = total + PiRational.pi() ** power * Fraction(int(coefficient.p), int(coefficient.q))
        return total

    def _from_exact(self, value: PiRational) -> Enclosed:
        parts = []
        for polynomial in (value.numerator, value.denominator):
            total = self.arithmetic.rational(Fraction(0))
            for coefficient in reversed(polynomial.coeffs()):
                total = total * self.arithmetic.pi() + Fraction(int(coefficient.p), int(coefficient.q))
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

    def _generator(self) -> int | None:
        """Return the index of the generator that the number consists of, or None."""
        numerator, denominator = self._normal()
        generators = self.arithmetic.ring.generators
        return generators.index(numerator) if denominator == 1 and numerator in generators else None

    def exp(self) -> Enclosed:
        """Return the exponential; that of a logarithm is its argument."""
        index = self._generator()
        result = self._apply("exp")
        if index is not None and index in self.arithmetic.logarithms:
            return Enclosed(self.arithmetic, self.arithmetic.logarithms[index], result.values)
        place = result._generator()
        if place is not None:
            self.arithmetic.exponentials.setdefault(place, self.quotient)
        return result

    def log(self) -> Enclosed:
        """Return the natural logarithm; that of an exponential is its argument."""
        index = self._generator()
        if index is not None and index in self.arithmetic.exponentials:
            values = None if self.values is None else _bounded(self.values.log)
            return Enclosed(self.arithmetic, self.arithmetic.exponentials[index], values)
        result = self._apply("log")
        place = result._generator()
        if place is not None:
            self.arithmetic.logarithms.setdefault(place, self.quotient)
        return result

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
