"""Signs by factors: ``right - left`` as a quotient of products of polynomials, each of which has a known sign.

``1/x - 1/(x + y)`` is ``y/(x (x + y))``, so it is positive for positive x and y, however small they are. Intervals do
not show that near 0, nor ``x**2 + y**2 - 2 x y = (x - y)**2 >= 0``. FLINT factors the numerator and the denominator of
the normal form of a rational function of the parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import sympy

from ntkproofs.arithmetic.expressions import formula
from ntkproofs.arithmetic.extended import ExtendedArithmetic, ExtendedInterval
from ntkproofs.arithmetic.normal_form import Ring
from ntkproofs.errors import DomainError, Undecided
from ntkproofs.rigor.evaluator import Evaluator

__all__ = ["Factors", "factors_of", "is_zero_at"]

RATIONAL = {"rational", "pi", "symbol", "add", "multiply", "divide", "power"}
MAX_TERMS = 2000  # of a polynomial that is factored

Polynomial: TypeAlias = Any  # flint.fmpq_mpoly


@dataclass(frozen=True)
class Factor:
    """A power of a polynomial: its terms ``(exponents, coefficient)``, those of its derivatives, and the exponent."""

    terms: tuple[tuple[tuple[int, ...], Fraction], ...]
    slopes: tuple[tuple[tuple[tuple[int, ...], Fraction], ...], ...]
    exponent: int

    def sign(self, box: Sequence[ExtendedInterval], pi: ExtendedInterval) -> tuple[int, bool] | None:
        """Return the sign of the power on a box, 1 for >= 0 and -1 for <= 0, and whether it is never 0; or None."""
        sign, never_zero = self._sign_of_base(box, pi)
        if (self.exponent < 0 and not never_zero) or (self.exponent % 2 and sign == 0):
            return None
        return (1 if self.exponent % 2 == 0 else sign), never_zero

    def _sign_of_base(self, box: Sequence[ExtendedInterval], pi: ExtendedInterval) -> tuple[int, bool]:
        """Return the sign of the polynomial on a box, 0 if it is not known, and whether it is never 0."""
        values = _sum(self.terms, (*box, pi))
        for sign, side in ((1, values), (-1, -values)):
            if side.is_nonnegative():
                return sign, side.is_positive()
        for sign in (1, -1):
            least, never_attained = self._least(sign, box, pi)
            if least.is_nonnegative():
                return sign, least.is_positive() or never_attained
        return 0, False

    def _least(self, sign: int, box: Sequence[ExtendedInterval], pi: ExtendedInterval) -> tuple[ExtendedInterval, bool]:
        """Return the range of `sign` times the polynomial on the part of a box that contains its minimum.

        A variable in which it is monotone is replaced by one end of its interval. The second part: whether the
        polynomial is larger than on this part everywhere in the box, since it increases strictly from an excluded end.
        """
        sides, never_attained = list(box), False
        left = set(range(len(sides)))
        changed = True
        while changed:
            changed = False
            for axis in sorted(left):
                slope = _sum(self.slopes[axis], (*sides, pi))
                slope = slope if sign > 0 else -slope
                end = 0 if slope.is_nonnegative() else 1 if (-slope).is_nonnegative() else None
                if end is not None:
                    is_strict = slope.is_positive() or slope.is_negative()
                    never_attained |= is_strict and sides[axis].excluded[end]
                    sides[axis] = sides[axis].end(end)
                    left.remove(axis)
                    changed = True
        values = _sum(self.terms, (*sides, pi))
        return (values if sign > 0 else -values), never_attained


@dataclass(frozen=True)
class Factors:
    """``right - left`` as the product of powers of polynomials in the parameters, times `sign`."""

    symbols: tuple[sympy.Symbol, ...]
    sign: int
    factors: tuple[Factor, ...]

    def prove(self, box: Mapping[sympy.Symbol, ExtendedInterval], bits: int, *, strict: bool) -> bool:
        """Return whether the product is known to be >= 0 on a box, or > 0 if `strict`."""
        sides = [box[symbol] for symbol in self.symbols]
        pi = ExtendedArithmetic(bits).pi()
        sign, never_zero = self.sign, True
        for factor in self.factors:
            known = factor.sign(sides, pi)
            if known is None:
                return False
            sign, never_zero = sign * known[0], never_zero and known[1]
        return sign > 0 and (never_zero or not strict)


def _sum(terms: tuple[tuple[tuple[int, ...], Fraction], ...], values: Sequence[ExtendedInterval]) -> ExtendedInterval:
    arithmetic = ExtendedArithmetic(values[-1].precision)
    total = arithmetic.rational(Fraction(0))
    for exponents, coefficient in terms:
        term = arithmetic.rational(coefficient)
        for value, exponent in zip(values, exponents, strict=True):
            if exponent:
                term = term * value**exponent
        total = total + term
    return total


def factors_of(evaluator: Evaluator, symbols: tuple[sympy.Symbol, ...]) -> Factors | None:
    """Return the factors of ``right - left`` in the parameters of the evaluator's chart, or None.

    None for anything but a rational function, and for a single polynomial, of which the range is known already.
    """
    if not all(_is_rational(expression) for expression in _expressions(evaluator)):
        return None
    ring = Ring()
    values = {symbol: ring.symbol(symbol) for symbol in symbols}
    ring.pi()
    try:
        quotient = evaluator.evaluate(values, ring)
    except (DomainError, Undecided):
        return None
    parts = (quotient.numerator, quotient.denominator)
    if quotient.is_zero() or any(len(part.to_dict()) > MAX_TERMS for part in parts):
        return None
    sign, factors = 1, list[Factor]()
    for part, power in zip(parts, (1, -1), strict=True):
        content, powers = part.factor()
        sign = sign if content > 0 else -sign
        factors += [_factor(polynomial, power * int(exponent), len(symbols)) for polynomial, exponent in powers]
    is_single = [factor.exponent for factor in factors] == [1]
    return None if is_single else Factors(symbols, sign, tuple(factors))


def is_zero_at(evaluator: Evaluator, symbols: tuple[sympy.Symbol, ...], symbol: sympy.Symbol, value: Fraction) -> bool:
    """Return whether ``right - left`` has the normal form 0 if one parameter has a given value."""
    ring = Ring()
    values = {other: ring.symbol(other) for other in symbols if other != symbol}
    ring.pi()
    try:
        return evaluator.evaluate(values | {symbol: ring.rational(value)}, ring).is_zero()
    except (DomainError, Undecided):
        return False


def _expressions(evaluator: Evaluator) -> Iterator[sympy.Expr]:
    yield from (evaluator.inequality.left, evaluator.inequality.right)
    yield from (expression for _, expression in evaluator.chart.formulas)


def _is_rational(expression: sympy.Expr) -> bool:
    return all(instruction.name in RATIONAL for instruction in formula(expression).instructions)


def _factor(polynomial: Polynomial, exponent: int, count: int) -> Factor:
    slopes = tuple(_terms(polynomial.derivative(axis), count) for axis in range(count))
    return Factor(_terms(polynomial, count), slopes, exponent)


def _terms(polynomial: Polynomial, count: int) -> tuple[tuple[tuple[int, ...], Fraction], ...]:
    """Return the terms of a polynomial in the first generators: the `count` symbols and pi."""
    return tuple(
        (tuple(map(int, exponents[: count + 1])), Fraction(int(coefficient.p), int(coefficient.q)))
        for exponents, coefficient in polynomial.to_dict().items()
    )
