"""Identities: two expressions are equal wherever both are defined.

Three judges, each able to say no. *Normal form*: both sides become quotients of polynomials with rational coefficients
in the symbols, pi, and one generator for each root, sine or other function that occurs, with ``root**2 = radicand``
and ``sin**2 = 1 - cos**2``; the cross difference must be the zero polynomial (FLINT's exact arithmetic, not SymPy's
``simplify``). *Random exact points*: at each, balls for the two sides must meet, and be small. A point where they are
apart refutes the identity. *Sign certificates* (:func:`combination`) prove polynomial inequalities for all values at
once.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal

import flint
import sympy

from ntkproofs.errors import DomainError, InputError, Undecided
from ntkproofs.rigor.balls import as_fraction
from ntkproofs.rigor.expressions import enclose, formula
from ntkproofs.rigor.statements import Inequality

__all__ = ["Combination", "Identity", "Sample", "combination", "identity"]

Polynomial = Any  # flint.fmpq_mpoly
GENERATORS = 24
POINT_PRECISION = 256
POINT_ACCURACY = 128


# --- normal form


class _Ring:
    """Polynomials over Q whose generators are given out on demand."""

    def __init__(self) -> None:
        names = tuple(f"g{place}" for place in range(GENERATORS))
        self.context = flint.fmpq_mpoly_ctx.get(names, flint.Ordering.lex)
        self.free = list(self.context.gens())
        self.named: dict[Any, Polynomial] = {}
        self.squares: dict[int, _Quotient] = {}  # place of a root generator -> what its square is
        self.cosines: dict[int, _Quotient] = {}  # place of an arc cosine -> its argument
        self.pi_generator: Polynomial | None = None

    def constant(self, value: Fraction) -> Polynomial:
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
        return self.free.index(generator)

    def rational(self, value: Fraction) -> _Quotient:
        return _Quotient(self, self.constant(value), self.constant(Fraction(1)))

    def symbol(self, key: Any) -> _Quotient:
        return _Quotient(self, self.generator(key), self.constant(Fraction(1)))

    def pi(self) -> _Quotient:
        self.pi_generator = self.generator("pi")
        return self.symbol("pi")

    def reduce(self, polynomial: Polynomial) -> Polynomial:
        """Replace squares of root generators, latest first; clears denominators, so that zero stays zero."""
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
            polynomial = self.constant(Fraction(0))
            for power, part in parts.items():
                half = power // 2
                scaled = part * square.numerator**half * square.denominator ** (top - half)
                polynomial = polynomial + (scaled * generator if power % 2 else scaled)
        return polynomial


class _Quotient:
    """A quotient of two polynomials of a ring; a number in the sense of formulas."""

    def __init__(self, ring: _Ring, numerator: Polynomial, denominator: Polynomial) -> None:
        self.ring, self.numerator, self.denominator = ring, numerator, denominator

    def _make(self, numerator: Polynomial, denominator: Polynomial) -> _Quotient:
        common = numerator.gcd(denominator)
        if not common.is_constant():
            numerator, denominator = numerator / common, denominator / common
        return _Quotient(self.ring, numerator, denominator)

    def __add__(self, other: _Quotient) -> _Quotient:
        top = self.numerator * other.denominator + other.numerator * self.denominator
        return self._make(top, self.denominator * other.denominator)

    def __sub__(self, other: _Quotient) -> _Quotient:
        top = self.numerator * other.denominator - other.numerator * self.denominator
        return self._make(top, self.denominator * other.denominator)

    def __mul__(self, other: _Quotient) -> _Quotient:
        return self._make(self.numerator * other.numerator, self.denominator * other.denominator)

    def __truediv__(self, other: _Quotient) -> _Quotient:
        if other.is_zero():
            raise DomainError("division by an expression that is zero everywhere")
        return self._make(self.numerator * other.denominator, self.denominator * other.numerator)

    def __pow__(self, exponent: int) -> _Quotient:
        if exponent < 0:
            return self.ring.rational(Fraction(1)) / self**-exponent
        return _Quotient(self.ring, self.numerator**exponent, self.denominator**exponent)

    def is_zero(self) -> bool:
        """Tell whether this is zero in normal form."""
        return bool(self.ring.reduce(self.numerator) == 0)

    def _key(self, name: str) -> tuple[str, str, str]:
        lead = self.denominator.leading_coefficient()
        return name, str(self.ring.reduce(self.numerator) / lead), str(self.denominator / lead)

    def _opaque(self, name: str) -> _Quotient:
        """Return the value of a function of which nothing is used but that equal arguments give equal values."""
        return self.ring.symbol(self._key(name))

    def sqrt(self) -> _Quotient:
        """Return a generator whose square is this."""
        root = self._opaque("sqrt")
        self.ring.squares[self.ring.place(root.numerator)] = self
        return root

    def exp(self) -> _Quotient:
        """Return an opaque exponential."""
        return self._opaque("exp")

    def log(self) -> _Quotient:
        """Return an opaque logarithm."""
        return self._opaque("log")

    def atan(self) -> _Quotient:
        """Return an opaque arc tangent."""
        return self._opaque("atan")

    def asin(self) -> _Quotient:
        """Return pi/2 - acos."""
        return self.ring.pi() / self.ring.rational(Fraction(2)) - self.acos()

    def acos(self) -> _Quotient:
        """Return an arc cosine: opaque but for ``cos(acos x) = x``."""
        angle = self._opaque("acos")
        self.ring.cosines[self.ring.place(angle.numerator)] = self
        return angle

    def sin(self) -> _Quotient:
        """Return the sine, by the addition theorems where the argument is an integer combination."""
        return self._turn()[1]

    def cos(self) -> _Quotient:
        """Return the cosine, by the addition theorems where the argument is an integer combination."""
        return self._turn()[0]

    def _turn(self) -> tuple[_Quotient, _Quotient]:
        """Return cosine and sine."""
        ring = self.ring
        one, zero = ring.rational(Fraction(1)), ring.rational(Fraction(0))
        if not self.denominator.is_constant():
            return self._basic_turn()
        scale = Fraction(str(self.denominator.leading_coefficient()))
        total = (one, zero)
        for exponents, coefficient in self.numerator.to_dict().items():
            count = Fraction(str(coefficient)) / scale
            monomial = _Quotient(
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

    def _basic_turn(self) -> tuple[_Quotient, _Quotient]:
        """Return generators c, s for cosine and sine of this argument, with s**2 = 1 - c**2."""
        for place, cosine in self.ring.cosines.items():
            if self.numerator == self.ring.free[place] and self.denominator == 1:  # acos lies in [0, pi]: sine >= 0
                return cosine, (self.ring.rational(Fraction(1)) - cosine * cosine).sqrt()
        cosine, sine = self._opaque("cos"), self._opaque("sin")
        square = self.ring.rational(Fraction(1)) - cosine * cosine
        self.ring.squares[self.ring.place(sine.numerator)] = square
        return cosine, sine


def _rotate(first: tuple[_Quotient, _Quotient], second: tuple[_Quotient, _Quotient]) -> tuple[_Quotient, _Quotient]:
    (a, b), (c, d) = first, second
    return a * c - b * d, a * d + b * c


def _same_normal_form(left: sympy.Expr, right: sympy.Expr) -> bool:
    ring = _Ring()
    ring.pi()
    values = {symbol: ring.symbol(symbol) for symbol in left.free_symbols | right.free_symbols}
    try:
        difference = formula(left).evaluate(values, ring) - formula(right).evaluate(values, ring)
    except Undecided:
        return False
    return difference.is_zero()


# --- random exact points


@dataclass(frozen=True)
class Sample:
    """Where a symbol is drawn from: exact rationals strictly between `low` and `high`, or integers from low to high."""

    low: Fraction
    high: Fraction
    integers: bool = False

    def draw(self, source: random.Random) -> Fraction:
        """Return a random exact value."""
        if self.integers:
            return Fraction(source.randint(int(self.low), int(self.high)))
        return self.low + (self.high - self.low) * Fraction(source.randint(1, 2**20 - 1), 2**20)


@dataclass(frozen=True)
class Identity:
    """The outcome of :func:`identity`: ``holds``, ``fails`` (with a point) or ``open``, and how many points agreed."""

    left: sympy.Expr
    right: sympy.Expr
    outcome: Literal["holds", "fails", "open"]
    points: int
    seed: int
    counterexample: tuple[tuple[sympy.Symbol, Fraction], ...] | None = None
    reason: str = ""

    def __str__(self) -> str:
        text = f"{self.outcome}: {self.left} = {self.right}"
        if self.counterexample is not None:
            return text + " (not at " + ", ".join(f"{k} = {v}" for k, v in self.counterexample) + ")"
        return f"{text} ({self.reason or f'normal form; {self.points} random exact points'})"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {sympy.latex(self.left)} = {sympy.latex(self.right)}$"


def identity(
    left: sympy.Expr | int,
    right: sympy.Expr | int,
    domains: Mapping[sympy.Symbol, tuple[Any, Any]] | None = None,
    *,
    points: int = 8,
    seed: int = 0,
) -> Identity:
    """Prove ``left = right`` by normal form and confirm it at random exact points.

    `domains` gives each symbol's interval ``(low, high)`` of exact rationals; symbols declared as integers are drawn as
    integers. Raises InputError for a symbol without one, or if no point can be found where both sides are defined.

    >>> x = sympy.Symbol("x")
    >>> root = sympy.sqrt(1 - x**2)
    >>> identity((1 - root) / x, x / (1 + root), {x: (0, 1)}).outcome
    'holds'
    >>> print(identity(x**2, x, {x: (2, 3)}))
    fails: x**2 = x (not at x = 2982593/1048576)
    """
    left, right = sympy.sympify(left), sympy.sympify(right)
    samples = {symbol: _sample(symbol, ends) for symbol, ends in (domains or {}).items()}
    missing = (left.free_symbols | right.free_symbols) - set(samples)
    if missing:
        raise InputError(f"no domain given for {', '.join(sorted(map(str, missing)))}")
    source = random.Random(seed)
    agreed = 0
    for _ in range(20 * points):
        if agreed == points:
            break
        values = {symbol: sample.draw(source) for symbol, sample in samples.items()}
        agrees = _agree_at(left, right, values)
        if agrees is False:
            return Identity(left, right, "fails", agreed, seed, counterexample=tuple(values.items()))
        agreed += agrees is True
        if not samples and agrees:
            agreed = points
    if agreed < points:
        raise InputError(f"only {agreed} of {points} points found where both sides are defined: {left} = {right}")
    shown = 1 if not samples else points
    if _same_normal_form(left, right):
        return Identity(left, right, "holds", shown, seed)
    return Identity(left, right, "open", shown, seed, reason=f"{shown} points agree, the normal forms differ")


def _sample(symbol: sympy.Symbol, ends: tuple[Any, Any]) -> Sample:
    low, high = (as_fraction(end, f"an end of the domain of {symbol}") for end in ends)
    if low >= high:
        raise InputError(f"the domain of {symbol} is empty: ({low}, {high})")
    return Sample(low, high, integers=bool(symbol.is_integer))


def _agree_at(left: sympy.Expr, right: sympy.Expr, values: Mapping[sympy.Symbol, Fraction]) -> bool | None:
    """Return True or False, or None where a side is undefined or too wide."""
    try:
        first = enclose(left, values, precision=POINT_PRECISION)
        second = enclose(right, values, precision=POINT_PRECISION)
    except (Undecided, DomainError):
        return None
    if not first.overlaps(second):
        return False
    small = Fraction(1, 2**POINT_ACCURACY)
    if first.width > small or second.width > small:
        return None
    return True


# --- sign certificates


@dataclass(frozen=True)
class Combination:
    """A proof of `inequality` for all values: its difference is a polynomial, with no minus sign, in given quantities.

    `given` names quantities known to be >= 0; `terms` is the polynomial in those names. See :func:`combination`.
    """

    inequality: Inequality
    given: tuple[tuple[sympy.Symbol, sympy.Expr], ...]
    terms: sympy.Expr
    positive: tuple[sympy.Symbol, ...]
    outcome: Literal["holds", "open"]
    reason: str = ""

    def __str__(self) -> str:
        return (
            f"{self.outcome}: {self.inequality}, right - left being {self.terms}{self.reason and f' ({self.reason})'}"
        )


def combination(
    inequality: Inequality,
    given: Mapping[sympy.Symbol, sympy.Expr],
    terms: sympy.Expr,
    *,
    positive: tuple[sympy.Symbol, ...] = (),
) -> Combination:
    """Prove an inequality for all values of its symbols from quantities known to be non-negative.

    `given` names those quantities: ``{name: expression}``; `terms` must be a polynomial in the names, with non-negative
    coefficients, that equals ``right - left``. For a strict inequality one of its monomials must consist of names in
    `positive` (quantities known to be > 0) only. A person or a search finds the certificate; here it is checked,
    exactly.

    >>> from ntkproofs.rigor import at_most
    >>> n, K, a, b = sympy.symbols("n K a b")
    >>> print(combination(at_most(1, K), {a: n - 1, b: K - n}, a + b))
    holds: 1 <= K, right - left being a + b
    """
    sides = dict(given)

    def found(outcome: Literal["holds", "open"], reason: str = "") -> Combination:
        return Combination(inequality, tuple(sides.items()), terms, positive, outcome, reason)

    monomials = _positive_polynomial(terms, tuple(sides))
    if monomials is None:
        return found("open", "a coefficient is negative")
    if not _sums_up(inequality.difference, sides, terms):
        return found("open", "the terms do not sum up to right - left")
    strictly = any(all(power == 0 or name in positive for name, power in monomial) for monomial in monomials)
    if inequality.strict and not strictly:
        return found("open", "no term is known to be positive")
    return found("holds")


def _sums_up(goal: sympy.Expr, given: Mapping[sympy.Symbol, sympy.Expr], terms: sympy.Expr) -> bool:
    """Tell whether `terms`, with each name standing for its quantity, has the normal form of `goal`."""
    ring = _Ring()
    ring.pi()
    symbols = goal.free_symbols.union(*(quantity.free_symbols for quantity in given.values()))
    values = {symbol: ring.symbol(symbol) for symbol in symbols}
    quantities = {name: formula(quantity).evaluate(values, ring) for name, quantity in given.items()}
    difference = formula(goal).evaluate(values, ring) - formula(terms).evaluate(quantities, ring)
    return difference.is_zero()


@lru_cache(maxsize=256)
def _positive_polynomial(
    terms: sympy.Expr, names: tuple[sympy.Symbol, ...]
) -> tuple[tuple[tuple[sympy.Symbol, int], ...], ...] | None:
    """Return the monomials of `terms`, or None if a coefficient is not positive."""
    stray = terms.free_symbols - set(names)
    if stray:
        raise InputError(f"the certificate uses {', '.join(map(str, stray))}, which is not among the given quantities")
    ring = _Ring()
    values = {name: ring.symbol(name) for name in names}
    value = formula(terms).evaluate(values, ring)
    if not value.denominator.is_constant() or any(key not in names for key in ring.named):
        raise InputError(f"the certificate must be a polynomial: {terms}")
    scale = Fraction(str(value.denominator.leading_coefficient()))
    monomials = []
    for exponents, coefficient in value.numerator.to_dict().items():
        if Fraction(str(coefficient)) / scale < 0:
            return None
        monomials.append(tuple(zip(names, map(int, exponents), strict=False)))
    return tuple(monomials)
