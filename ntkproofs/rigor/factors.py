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

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.arithmetic.expressions import formula
from ntkproofs.arithmetic.extended import ExtendedArithmetic, ExtendedInterval
from ntkproofs.arithmetic.normal_form import Ring
from ntkproofs.errors import DomainError, Undecided
from ntkproofs.rigor.evaluator import Evaluator

__all__ = ["Factors", "factors_of"]

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
        values = self._range(box, pi)
        never_zero = values.is_positive() or values.is_negative()
        if not never_zero and not values.is_nonnegative() and not (-values).is_nonnegative():
            centred = self._mean_value(box, pi)
            values = values if centred is None else centred
            never_zero = values.is_positive() or values.is_negative()
        if self.exponent < 0 and not never_zero:
            return None
        if self.exponent % 2 == 0:
            return 1, never_zero
        if values.is_nonnegative():
            return 1, never_zero
        return (-1, never_zero) if (-values).is_nonnegative() else None

    def _range(self, box: Sequence[ExtendedInterval], pi: ExtendedInterval) -> ExtendedInterval:
        return _sum(self.terms, (*box, pi))

    def _mean_value(self, box: Sequence[ExtendedInterval], pi: ExtendedInterval) -> ExtendedInterval | None:
        """Return the mean-value form, or None for an unbounded box."""
        middles = []
        for side in box:
            low, high = side.lower, side.upper
            if low is None or high is None:
                return None
            middles.append(ExtendedInterval.of(Ball((low + high) / 2, precision=side.precision)))
        total = _sum(self.terms, (*middles, pi))
        for side, middle, slope in zip(box, middles, self.slopes, strict=True):
            total = total + _sum(slope, (*box, pi)) * (side - middle)
        return total


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
