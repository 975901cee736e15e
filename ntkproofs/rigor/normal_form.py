"""Normal forms: quotients of polynomials over Q in which equality of expressions is decided exactly.

The generators are the symbols, pi, and one for each root, sine or other function that occurs, with ``root**2 =
radicand``, ``sin**2 = 1 - cos**2`` and ``cos(acos x) = x``. Two expressions are equal wherever both are defined if
their cross difference is the zero polynomial. (The converse does not hold: nothing else is known of the functions.)
The polynomials are FLINT's; SymPy's ``simplify`` has no part in it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeAlias

import flint
import sympy

from ntkproofs.errors import DomainError, Undecided
from ntkproofs.rigor.expressions import formula

__all__ = ["Quotient", "Ring", "same_normal_form"]

Polynomial: TypeAlias = Any  # flint.fmpq_mpoly
GENERATORS = 24
MAX_POWER = 1000


class Ring:
    """Polynomials over Q whose generators are given out on demand."""

    def __init__(self) -> None:
        names = tuple(f"g{place}" for place in range(GENERATORS))
        self.context = flint.fmpq_mpoly_ctx.get(names, flint.Ordering.lex)
        self.free = list(self.context.gens())
        self.named: dict[Any, Polynomial] = {}
        self.squares: dict[int, Quotient] = {}  # place of a root generator -> what its square is
        self.cosines: dict[int, Quotient] = {}  # place of an arc cosine -> its argument
        self.pi_generator: Polynomial | None = None

    def constant(self, value: Fraction) -> Polynomial:
        """Return a constant polynomial."""
        return self.context.constant(flint.fmpq(value.numerator, value.denominator))

    def generator(self, key: Any) -> Polynomial:
        """Return the generator known by `key`, a new one if there is none."""
        if key not in self.named:
            place = len(self.named)
            if place >= GENERATORS:
                raise Undecided(f"the identity has more than {GENERATORS} symbols and functions")
            self.named[key] = self.free[place]
        return self.named[key]

    def place(self, generator: Polynomial) -> int:
        """Return the place of a generator among all."""
        return self.free.index(generator)

    def rational(self, value: Fraction) -> Quotient:
        """Return the constant `value`."""
        return Quotient(self, self.constant(value), self.constant(Fraction(1)))

    def symbol(self, key: Any) -> Quotient:
        """Return the generator known by `key`."""
        return Quotient(self, self.generator(key), self.constant(Fraction(1)))

    def pi(self) -> Quotient:
        """Return the generator that stands for pi."""
        self.pi_generator = self.generator("pi")
        return self.symbol("pi")

    def reduce(self, polynomial: Polynomial) -> tuple[Polynomial, Polynomial]:
        """Replace squares of root generators, latest first; return ``r`` without them, and ``m``: r = m polynomial.

        ``m`` is the product of the radicands' denominators that had to be cleared.
        """
        cleared = self.constant(Fraction(1))
        for place in sorted(self.squares, reverse=True):
            square = self.squares[place]
            generator = self.free[place]
            parts: dict[int, Polynomial] = {}
            for exponents, coefficient in polynomial.to_dict().items():
                lower = [*exponents[:place], 0, *exponents[place + 1 :]]
                power = int(exponents[place])
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


class Quotient:
    """A quotient of two polynomials of a ring; a number in the sense of formulas."""

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
        """Tell whether this is zero in normal form."""
        return bool(self.ring.reduce(self.numerator)[0] == 0)

    def _key(self, name: str) -> tuple[str, str, str]:
        reduced, cleared = self.ring.reduce(self.numerator)
        plain = self._make(reduced, self.denominator * cleared)
        lead = plain.denominator.leading_coefficient()
        return name, str(plain.numerator / lead), str(plain.denominator / lead)

    def _opaque(self, name: str) -> Quotient:
        """Return the value of a function of which nothing is used but that equal arguments give equal values."""
        return self.ring.symbol(self._key(name))

    def sqrt(self) -> Quotient:
        """Return a generator whose square is this."""
        root = self._opaque("sqrt")
        self.ring.squares[self.ring.place(root.numerator)] = self
        return root

    def exp(self) -> Quotient:
        """Return an opaque exponential."""
        return self._opaque("exp")

    def log(self) -> Quotient:
        """Return an opaque logarithm."""
        return self._opaque("log")

    def atan(self) -> Quotient:
        """Return an opaque arc tangent."""
        return self._opaque("atan")

    def asin(self) -> Quotient:
        """Return pi/2 - acos."""
        return self.ring.pi() / self.ring.rational(Fraction(2)) - self.acos()

    def acos(self) -> Quotient:
        """Return an arc cosine: opaque but for ``cos(acos x) = x``."""
        angle = self._opaque("acos")
        self.ring.cosines[self.ring.place(angle.numerator)] = self
        return angle

    def sin(self) -> Quotient:
        """Return the sine, by the addition theorems where the argument is an integer combination."""
        return self._turn()[1]

    def cos(self) -> Quotient:
        """Return the cosine, by the addition theorems where the argument is an integer combination."""
        return self._turn()[0]

    def _turn(self) -> tuple[Quotient, Quotient]:
        """Return cosine and sine."""
        ring = self.ring
        one, zero = ring.rational(Fraction(1)), ring.rational(Fraction(0))
        if not self.denominator.is_constant():
            return self._basic_turn()
        scale = Fraction(str(self.denominator.leading_coefficient()))
        total = (one, zero)
        for exponents, coefficient in self.numerator.to_dict().items():
            count = Fraction(str(coefficient)) / scale
            monomial = Quotient(
                ring, ring.context.from_dict({tuple(map(int, exponents)): 1}), ring.constant(Fraction(1))
            )
            if ring.pi_generator is not None and monomial.numerator == ring.pi_generator:
                if (2 * count).denominator != 1:
                    return self._basic_turn()
                quarter = int(2 * count) % 4
                values = [(one, zero), (zero, one), (zero - one, zero), (zero, zero - one)]
                total = _rotate(total, values[quarter])
                continue
            if count.denominator != 1:
                return self._basic_turn()
            basic = monomial._basic_turn()
            if count < 0:
                basic = (basic[0], zero - basic[1])
            for _ in range(abs(int(count))):
                total = _rotate(total, basic)
        return total

    def _basic_turn(self) -> tuple[Quotient, Quotient]:
        """Return generators c, s for cosine and sine of this argument, with s**2 = 1 - c**2."""
        for place, cosine in self.ring.cosines.items():
            if self.numerator == self.ring.free[place] and self.denominator == 1:  # acos lies in [0, pi]: sine >= 0
                return cosine, (self.ring.rational(Fraction(1)) - cosine * cosine).sqrt()
        cosine, sine = self._opaque("cos"), self._opaque("sin")
        square = self.ring.rational(Fraction(1)) - cosine * cosine
        self.ring.squares[self.ring.place(sine.numerator)] = square
        return cosine, sine


def _rotate(first: tuple[Quotient, Quotient], second: tuple[Quotient, Quotient]) -> tuple[Quotient, Quotient]:
    (a, b), (c, d) = first, second
    return a * c - b * d, a * d + b * c


def same_normal_form(left: sympy.Expr, right: sympy.Expr) -> bool:
    """Tell whether two expressions have the same normal form (then they are equal wherever both are defined).

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
