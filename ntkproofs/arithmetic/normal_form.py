"""Normal forms of expressions: quotients of polynomials over Q, which prove that two expressions are equal.

The generators are the symbols, pi, and one generator for each root, sine or other function value that occurs, with the
relations ``root**2 = radicand``, ``sin**2 = 1 - cos**2`` and ``cos(acos x) = x``. Two expressions are equal wherever
both are defined if their difference is zero in normal form. The converse does not hold, since no other relations are
used. The polynomial arithmetic is FLINT's; SymPy's ``simplify`` is not used.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeAlias

import flint
import sympy

from ntkproofs.arithmetic.expressions import formula
from ntkproofs.arithmetic.functions import Functions
from ntkproofs.errors import DomainError, Undecided

__all__ = ["Quotient", "Ring", "same_normal_form"]

Polynomial: TypeAlias = Any  # flint.fmpq_mpoly
MAX_GENERATORS = 24
MAX_POWER = 1000


class Ring:
    """A polynomial ring over Q whose generators are assigned to symbols and function values on demand."""

    def __init__(self) -> None:
        names = tuple(f"g{index}" for index in range(MAX_GENERATORS))
        self.context = flint.fmpq_mpoly_ctx.get(names, flint.Ordering.lex)
        self.generators = list(self.context.gens())
        self.assigned: dict[Any, Polynomial] = {}
        self.squares: dict[int, Quotient] = {}  # index of a root or sine generator -> its square
        self.cosines: dict[int, Quotient] = {}  # index of an arc cosine generator -> its argument
        self.pi_generator: Polynomial | None = None

    def constant(self, value: Fraction) -> Polynomial:
        """Return a constant polynomial."""
        return self.context.constant(flint.fmpq(value.numerator, value.denominator))

    def generator(self, key: Any) -> Polynomial:
        """Return the generator assigned to `key`, assigning a free one if there is none."""
        if key not in self.assigned:
            index = len(self.assigned)
            if index >= MAX_GENERATORS:
                raise Undecided(f"the identity has more than {MAX_GENERATORS} symbols and functions")
            self.assigned[key] = self.generators[index]
        return self.assigned[key]

    def index(self, generator: Polynomial) -> int:
        """Return the index of a generator."""
        return self.generators.index(generator)

    def rational(self, value: Fraction) -> Quotient:
        """Return the constant `value`."""
        return Quotient(self, self.constant(value), self.constant(Fraction(1)))

    def symbol(self, key: Any) -> Quotient:
        """Return the generator assigned to `key`, as a quotient."""
        return Quotient(self, self.generator(key), self.constant(Fraction(1)))

    def pi(self) -> Quotient:
        """Return the generator that represents pi, as a quotient."""
        self.pi_generator = self.generator("pi")
        return self.symbol("pi")

    def reduce(self, polynomial: Polynomial) -> tuple[Polynomial, Polynomial]:
        """Replace the squares of root and sine generators, the latest first; return ``(r, m)`` with r = m polynomial.

        ``r`` is at most linear in these generators; ``m`` is the product of the denominators that were cleared.
        """
        cleared = self.constant(Fraction(1))
        for index in sorted(self.squares, reverse=True):
            square = self.squares[index]
            generator = self.generators[index]
            parts: dict[int, Polynomial] = {}
            for exponents, coefficient in polynomial.to_dict().items():
                lower = [*exponents[:index], 0, *exponents[index + 1 :]]
                power = int(exponents[index])
                term = self.context.from_dict({tuple(map(int, lower)): coefficient})
                parts[power] = parts.get(power, self.constant(Fraction(0))) + term
            top = max((power // 2 for power in parts), default=0)
            cleared = cleared * square.denominator**top
            polynomial = self.constant(Fraction(0))
            for power, part in parts.items():
                half = power // 2
                scaled = part * square.numerator**half * square.denominator ** (top - half)
                polynomial = polynomial + (scaled * generator if power % 2 else scaled)
        return polynomial, cleared


class Quotient(Functions):
    """A quotient of two polynomials of a ring, on which formulas can be evaluated."""

    def __init__(self, ring: Ring, numerator: Polynomial, denominator: Polynomial) -> None:
        self.ring, self.numerator, self.denominator = ring, numerator, denominator

    def _make(self, numerator: Polynomial, denominator: Polynomial) -> Quotient:
        common = numerator.gcd(denominator)
        if not common.is_constant():
            numerator, denominator = numerator / common, denominator / common
        return Quotient(self.ring, numerator, denominator)

    def __add__(self, other: Quotient) -> Quotient:
        top = self.numerator * other.denominator + other.numerator * self.denominator
        return self._make(top, self.denominator * other.denominator)

    def __sub__(self, other: Quotient) -> Quotient:
        top = self.numerator * other.denominator - other.numerator * self.denominator
        return self._make(top, self.denominator * other.denominator)

    def __mul__(self, other: Quotient) -> Quotient:
        return self._make(self.numerator * other.numerator, self.denominator * other.denominator)

    def __truediv__(self, other: Quotient) -> Quotient:
        if other.is_zero():
            raise DomainError("division by an expression that is zero everywhere")
        return self._make(self.numerator * other.denominator, self.denominator * other.numerator)

    def __pow__(self, exponent: int) -> Quotient:
        if exponent < 0:
            return self.ring.rational(Fraction(1)) / self**-exponent
        if exponent > MAX_POWER:
            raise Undecided(f"the power {exponent} is too large to be expanded")
        return Quotient(self.ring, self.numerator**exponent, self.denominator**exponent)

    def is_zero(self) -> bool:
        """Return whether the normal form is zero."""
        return bool(self.ring.reduce(self.numerator)[0] == 0)

    def _key(self, name: str) -> tuple[str, str, str]:
        reduced, cleared = self.ring.reduce(self.numerator)
        plain = self._make(reduced, self.denominator * cleared)
        lead = plain.denominator.leading_coefficient()
        return name, str(plain.numerator / lead), str(plain.denominator / lead)

    def _opaque(self, name: str) -> Quotient:
        """Return the generator of a function value; the only rule is that equal arguments give equal values."""
        return self.ring.symbol(self._key(name))

    def sqrt(self) -> Quotient:
        """Return the square root: a generator whose square is known."""
        root = self._opaque("sqrt")
        self.ring.squares[self.ring.index(root.numerator)] = self
        return root

    def constant(self, value: Fraction | int) -> Quotient:
        """Return the constant `value`."""
        return self.ring.rational(Fraction(value))

    def gamma(self) -> Quotient:
        """Return the gamma function, a generator without relations."""
        return self._opaque("gamma")

    def loggamma(self) -> Quotient:
        """Return the logarithm of the gamma function, a generator without relations."""
        return self._opaque("loggamma")

    def erf(self) -> Quotient:
        """Return the error function, a generator without relations."""
        return self._opaque("erf")

    def __abs__(self) -> Quotient:
        return self._opaque("Abs")

    def maximum(self, other: Quotient) -> Quotient:
        """Return the larger one of two numbers, ``(a + b + Abs(a - b))/2``."""
        return (self + other + abs(self - other)) / self.constant(2)

    def minimum(self, other: Quotient) -> Quotient:
        """Return the smaller one of two numbers, ``(a + b - Abs(a - b))/2``."""
        return (self + other - abs(self - other)) / self.constant(2)

    def rational_power(self, exponent: Fraction) -> Quotient:
        """Return a power of a root, a generator without relations."""
        return self._opaque(f"root {exponent.denominator}") ** exponent.numerator

    def exp(self) -> Quotient:
        """Return the exponential, a generator without relations."""
        return self._opaque("exp")

    def log(self) -> Quotient:
        """Return the natural logarithm, a generator without relations."""
        return self._opaque("log")

    def atan(self) -> Quotient:
        """Return the arc tangent, a generator without relations."""
        return self._opaque("atan")

    def asin(self) -> Quotient:
        """Return the arc sine as ``pi/2 - acos``."""
        return self.ring.pi() / self.ring.rational(Fraction(2)) - self.acos()

    def acos(self) -> Quotient:
        """Return the arc cosine: a generator with the relation ``cos(acos x) = x``."""
        angle = self._opaque("acos")
        self.ring.cosines[self.ring.index(angle.numerator)] = self
        return angle

    def sin(self) -> Quotient:
        """Return the sine, by the addition theorems if the argument is an integer combination of monomials."""
        return self._cosine_and_sine()[1]

    def cos(self) -> Quotient:
        """Return the cosine, by the addition theorems if the argument is an integer combination of monomials."""
        return self._cosine_and_sine()[0]

    def _cosine_and_sine(self) -> tuple[Quotient, Quotient]:
        """Return the cosine and the sine."""
        ring = self.ring
        one, zero = ring.rational(Fraction(1)), ring.rational(Fraction(0))
        if not self.denominator.is_constant():
            return self._cosine_and_sine_generators()
        scale = Fraction(str(self.denominator.leading_coefficient()))
        total = (one, zero)
        for exponents, coefficient in self.numerator.to_dict().items():
            count = Fraction(str(coefficient)) / scale
            monomial = Quotient(
                ring, ring.context.from_dict({tuple(map(int, exponents)): 1}), ring.constant(Fraction(1))
            )
            if ring.pi_generator is not None and monomial.numerator == ring.pi_generator:
                if (2 * count).denominator != 1:
                    return self._cosine_and_sine_generators()
                quarter = int(2 * count) % 4
                values = [(one, zero), (zero, one), (zero - one, zero), (zero, zero - one)]
                total = _rotate(total, values[quarter])
                continue
            if count.denominator != 1:
                return self._cosine_and_sine_generators()
            single = monomial._cosine_and_sine_generators()
            if count < 0:
                single = (single[0], zero - single[1])
            for _ in range(abs(int(count))):
                total = _rotate(total, single)
        return total

    def _cosine_and_sine_generators(self) -> tuple[Quotient, Quotient]:
        """Return cosine c and sine s of an argument that is not expanded, with ``s**2 = 1 - c**2``."""
        for index, cosine in self.ring.cosines.items():
            if self.numerator == self.ring.generators[index] and self.denominator == 1:  # acos is in [0, pi]: sine >= 0
                return cosine, (self.ring.rational(Fraction(1)) - cosine * cosine).sqrt()
        cosine, sine = self._opaque("cos"), self._opaque("sin")
        square = self.ring.rational(Fraction(1)) - cosine * cosine
        self.ring.squares[self.ring.index(sine.numerator)] = square
        return cosine, sine


def _rotate(first: tuple[Quotient, Quotient], second: tuple[Quotient, Quotient]) -> tuple[Quotient, Quotient]:
    """Return cosine and sine of a sum of two angles."""
    (a, b), (c, d) = first, second
    return a * c - b * d, a * d + b * c


def same_normal_form(left: sympy.Expr, right: sympy.Expr) -> bool:
    """Return whether two expressions have the same normal form; if so, they are equal wherever both are defined.

    >>> x = sympy.Symbol("x")
    >>> same_normal_form(sympy.sqrt(1 + x) ** 2, x + 1), same_normal_form(sympy.sqrt(x**2), x)
    (True, False)
    """
    ring = Ring()
    ring.pi()
    first, second = formula(left), formula(right)
    values = {symbol: ring.symbol(symbol) for symbol in first.symbols | second.symbols}
    try:
        difference = first.evaluate(values, ring) - second.evaluate(values, ring)
    except Undecided:
        return False
    return difference.is_zero()
