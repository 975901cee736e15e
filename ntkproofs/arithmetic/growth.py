"""Functions that grow or decay like logarithms, fractional powers or exponentials at a contact point.

On ``0 < s <= h`` such a function is a finite sum of terms ``m * f``, with a scale m (see ``scales``) and a germ f. The
sign of a sum is that of its leading term, if on the whole interval the other terms, divided by the scale of the leading
one, are too small to change it; their scales are bounded by their values at h. So nothing asymptotic is concluded
without the interval on which it is true.

A function of a sum ``g + e``, where g is a germ and the terms of e tend to 0, is expanded in powers of e by Taylor's
theorem; the remainder is bounded by an enclosure of the derivative over all values of ``g + e``. The gamma function is
expanded by Stirling's series and the error function by its asymptotic series, whose remainders lie between 0 and the
first omitted term (DLMF 5.11(ii) and 7.12(i)).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import comb, floor
from typing import Any, TypeAlias

import flint

from ntkproofs.arithmetic.balls import Ball, hull
from ntkproofs.arithmetic.exact import Exact
from ntkproofs.arithmetic.functions import Functions
from ntkproofs.arithmetic.germs import Germ, GermArithmetic
from ntkproofs.arithmetic.scales import LOG, LOG_LOG, ONE, POWER, ZERO, Key, Scale
from ntkproofs.arithmetic.taylor import Taylor
from ntkproofs.errors import OrderTooLow, Undecided

__all__ = ["Growth", "LeadingTerm"]

Term: TypeAlias = tuple[Scale, Germ]
Operand: TypeAlias = "Growth | Germ | Fraction | int"
MAX_TERMS = 60
MAX_REPEATED = 8  # largest power that is computed by multiplication


@dataclass(frozen=True)
class LeadingTerm:
    """The function ``scale * (germ + rest)``, where the terms of `rest` tend to 0 and `germ` has valuation 0."""

    scale: Scale
    germ: Germ
    rest: Growth

    @property
    def valuation(self) -> int:
        """The exponent of a power of s of which the function is at least a positive multiple, or 0 if there is none."""
        return self._power()[0]

    def factor(self) -> Ball:
        """Return an interval that contains ``germ + rest`` on ``0 < s <= h``; it decides the sign of the function."""
        return self.germ.factor() + self.rest.range()

    def bound(self) -> Fraction:
        """Return a lower bound of the function divided by ``s**valuation`` if the factor is not negative."""
        factor, least = self.factor(), self._power()[1]
        if least is None or not factor.is_nonnegative():
            return Fraction(0)
        try:
            return (factor * least).lower
        except Undecided:  # too small to be converted to a fraction
            return Fraction(0)

    def _power(self) -> tuple[int, Ball | None]:
        """Return k and a positive lower bound of ``scale / s**k`` on ``0 < s <= h``, or None if there is none."""
        arithmetic = self.germ.arithmetic
        power = self.scale.rational(POWER)
        first = 0 if power is None or max(self.scale.keys(), default=POWER) > POWER else -floor(power)
        for k in (first, first + 1):
            try:
                inverse = self.scale.times_power(-k) ** -1
                if inverse.direction() <= 0:
                    inverse.bound(arithmetic.reach, arithmetic.precision)  # decreasing, so that this is the largest
                    return k, 1 / inverse.at(arithmetic.reach, arithmetic.precision)
            except Undecided:
                continue
        return 0, None


class Growth(Functions):
    """A sum of terms ``scale * germ`` on ``0 < s <= h``; germs with exact coefficients have different scales."""

    __slots__ = ("arithmetic", "terms")

    def __init__(self, arithmetic: GermArithmetic, terms: Iterable[Term]) -> None:
        self.arithmetic = arithmetic
        self.terms = _collected(terms)
        for scale, _ in self.terms:  # a logarithm is not positive at s = 1
            scale.check_positive(arithmetic.reach, arithmetic.precision)
        if len(self.terms) > MAX_TERMS:
            raise Undecided(f"an expansion at the contact point has more than {MAX_TERMS} terms")

    @classmethod
    def of(cls, germ: Germ) -> Growth:
        """Return a germ as a sum of one term."""
        return cls(germ.arithmetic, [(ONE, germ)])

    def constant(self, value: Fraction | int) -> Growth:
        """Return the constant `value`."""
        return Growth.of(self.arithmetic.rational(Fraction(value)))

    def _operand(self, other: Operand) -> Growth:
        if isinstance(other, Growth):
            return other
        return Growth.of(other) if isinstance(other, Germ) else self.constant(other)

    def _scaled(self, scale: Scale) -> Growth:
        return Growth(self.arithmetic, [(scale * own, germ) for own, germ in self.terms])

    # --- the leading term

    def _orders(self) -> Iterator[tuple[Scale, Germ, bool]]:
        """Yield the terms with their powers of s moved to the scale, and whether the germ is known not to vanish."""
        for scale, germ in self.terms:
            try:
                reduced = germ.reduced()
                known = reduced.exact is not None or _excludes_zero(reduced.balls.coefficients[0])
            except OrderTooLow:
                reduced, known = germ.remainder(), False
            yield scale.times_power(reduced.valuation), reduced.with_valuation_zero(), known

    def reduced(self) -> LeadingTerm:
        """Return the leading term; raises OrderTooLow if it is not known at this order, Undecided if there is none."""
        terms = list(self._orders())
        if not terms:
            raise OrderTooLow("an expansion at the contact point is zero")
        best = 0
        for index in range(1, len(terms)):
            if (terms[index][0] / terms[best][0]).direction() > 0:
                best = index
        scale, germ, known = terms[best]
        if not known:
            raise OrderTooLow("the leading term of an expansion at the contact point is not known")
        others = [(other / scale, rest) for index, (other, rest, _) in enumerate(terms) if index != best]
        return LeadingTerm(scale, germ, Growth(self.arithmetic, others))

    def range(self) -> Ball:
        """Return an interval that contains the sum on ``0 < s <= h``, if no scale grows; raises Undecided otherwise."""
        reach, precision = self.arithmetic.reach, self.arithmetic.precision
        total = Ball(0, precision=precision)
        for scale, germ in self.terms:
            size = scale.times_power(germ.valuation).bound(reach, precision)
            total = total + size * germ.with_valuation_zero().factor()
        return total

    def _sign(self) -> int:
        return self.reduced().factor().sign()

    # --- arithmetic

    def __add__(self, other: Operand) -> Growth:
        return Growth(self.arithmetic, [*self.terms, *self._operand(other).terms])

    def __neg__(self) -> Growth:
        return Growth(self.arithmetic, [(scale, germ * -1) for scale, germ in self.terms])

    def __sub__(self, other: Operand) -> Growth:
        return self + -self._operand(other)

    def __mul__(self, other: Operand) -> Growth:
        second = self._operand(other)
        return Growth(self.arithmetic, [(m * n, f * g) for m, f in self.terms for n, g in second.terms])

    def __truediv__(self, other: Operand) -> Growth:
        lead = self._operand(other).reduced()
        one = self.arithmetic.rational(Fraction(1))
        inverse = _expanded(lead.germ, lead.rest, lambda series: series._constant(1) / series, lambda germ: one / germ)
        return self * inverse._scaled(lead.scale**-1)

    def __radd__(self, other: Operand) -> Growth:
        return self._operand(other) + self

    def __rsub__(self, other: Operand) -> Growth:
        return self._operand(other) - self

    def __rmul__(self, other: Operand) -> Growth:
        return self._operand(other) * self

    def __rtruediv__(self, other: Operand) -> Growth:
        return self._operand(other) / self

    def __pow__(self, exponent: int) -> Growth:
        if exponent < 0:
            return self.constant(1) / self**-exponent
        if len(self.terms) == 1:
            ((scale, germ),) = self.terms
            return Growth(self.arithmetic, [(scale**exponent, germ**exponent)])
        if exponent > MAX_REPEATED:
            return self._power_of_leading(Fraction(exponent), lambda base: base**exponent)
        total = self.constant(1)
        for _ in range(exponent):
            total = total * self
        return total

    def _power_of_leading(self, exponent: Fraction, power: Callable[[Any], Any]) -> Growth:
        lead = self.reduced()
        return _expanded(lead.germ, lead.rest, power, power)._scaled(lead.scale**exponent)

    def sqrt(self) -> Growth:
        """Return the square root of a sum that is positive on ``0 < s <= h``."""
        return self._power_of_leading(Fraction(1, 2), lambda base: base.sqrt())

    def rational_power(self, exponent: Fraction) -> Growth:
        """Return the power of a sum that is positive on ``0 < s <= h``."""
        return self._power_of_leading(exponent, lambda base: base.rational_power(exponent))

    def real_power(self, exponent: Operand) -> Growth:
        """Return the power of a sum that is positive on ``0 < s <= h``."""
        return (self.log() * self._operand(exponent))._exponential()

    # --- exp and log

    def _split(self) -> tuple[list[tuple[Key, Exact]], Germ, Growth]:
        """Return the sum as ``growing + germ + small``: keys with coefficients, a germ, terms that tend to 0."""
        growing: list[tuple[Key, Exact]] = []
        unit, small = self.arithmetic.rational(Fraction(0)), []
        for scale, germ in self.terms:
            part = _Splitting.of(scale, germ)
            growing += part.growing
            if part.is_bounded and (part.rest.exact is not None or part.rest.valuation == 0):
                unit = unit + part.rest
            else:
                small.append((scale, part.rest))
        return growing, unit, Growth(self.arithmetic, small)

    def exp(self) -> Growth:
        """Return the exponential."""
        return self._exponential()

    def _exponential(self) -> Growth:
        growing, unit, small = self._split()
        scale = ONE
        for (a, b, c, _), coefficient in growing:
            if c == 0:
                scale = scale * Scale.of({(a, b, c, Fraction(0)): coefficient})
            elif not a and not b and c == 1:
                scale = scale * Scale.of({LOG: coefficient})
            else:
                raise Undecided("the exponential of a product with a twofold logarithm")
        return _named("exp", unit, small)._scaled(scale)

    def log(self) -> Growth:
        """Return the natural logarithm of a sum that is positive on ``0 < s <= h``."""
        lead = self.reduced()
        total = _named("log", lead.germ, lead.rest)
        return total + Growth(self.arithmetic, (self._logarithm(key, c) for key, c in lead.scale.logarithm))

    def _logarithm(self, key: Key, coefficient: Exact) -> Term:
        a, b, c, d = key
        if d:
            raise Undecided("a threefold logarithm")
        scale = {LOG_LOG: Fraction(1)} if c else {POWER: a, LOG: b}
        return Scale.of(scale), self.arithmetic.exact(coefficient)

    # --- other functions

    def _bounded(self, name: str) -> Growth:
        """Return a function, analytic at the limit, of a sum that has a limit or is bounded."""
        growing, unit, small = self._split()
        if growing:
            raise Undecided(f"{name} of a function that is unbounded at the contact point")
        if small.terms and name in ("gamma", "loggamma"):
            raise Undecided(f"{name} has no expansion here that is computed with terms of different growth")
        return _named(name, unit, small)

    def _oscillation(self, name: str) -> Growth:
        try:
            return self._bounded(name)
        except Undecided:
            return Growth.of(self.arithmetic.bounded(-1, 1))

    def sin(self) -> Growth:
        """Return the sine, of which nothing but its bounds is known if the argument is unbounded."""
        return self._oscillation("sin")

    def cos(self) -> Growth:
        """Return the cosine, of which nothing but its bounds is known if the argument is unbounded."""
        return self._oscillation("cos")

    def tan(self) -> Growth:
        """Return the tangent of a bounded function."""
        return self._bounded("tan")

    def asin(self) -> Growth:
        """Return the arc sine."""
        return self._bounded("asin")

    def acos(self) -> Growth:
        """Return the arc cosine."""
        return self._bounded("acos")

    def _is_unbounded(self) -> bool:
        return any((scale.times_power(germ.valuation)).direction() > 0 for scale, germ in self.terms)

    def atan(self) -> Growth:
        """Return the arc tangent; of an unbounded sum f, +-pi/2 minus that of 1/f."""
        if not self._is_unbounded():
            return self._bounded("atan")
        half_pi = Growth.of(self.arithmetic.pi()) / 2
        return (half_pi if self._sign() > 0 else -half_pi) - (self.constant(1) / self).atan()

    def asinh(self) -> Growth:
        """Return the inverse hyperbolic sine."""
        if not self._is_unbounded():
            return self._bounded("asinh")
        return super().asinh() if self._sign() > 0 else -(-self).asinh()

    def __abs__(self) -> Growth:
        return self if self._sign() > 0 else -self

    def maximum(self, other: Operand) -> Growth:
        """Return the larger one of two sums, if their difference has one sign on ``0 < s <= h``."""
        return self if (self - other)._sign() > 0 else self._operand(other)

    def minimum(self, other: Operand) -> Growth:
        """Return the smaller one of two sums, if their difference has one sign on ``0 < s <= h``."""
        return self._operand(other) if (self - other)._sign() > 0 else self

    def loggamma(self) -> Growth:
        """Return the logarithm of the gamma function: Stirling's series if the argument tends to infinity."""
        if not self._is_unbounded():
            return self._bounded("loggamma")
        self._check_positive("loggamma")
        half, one = self.constant(1) / 2, self.constant(1)
        two_pi = Growth.of(self.arithmetic.pi()) * 2
        total = (self - half) * self.log() - self + two_pi.log() / 2
        inverse = one / self
        count = self.arithmetic.order // 2 + 1
        terms = [inverse ** (2 * k - 1) * _stirling(k) for k in range(1, count + 1)]
        for term in terms[:-1]:
            total = total + term
        return total + terms[-1] * Growth.of(self.arithmetic.bounded(0, 1))

    def gamma(self) -> Growth:
        """Return the gamma function."""
        return self.loggamma()._exponential() if self._is_unbounded() else self._bounded("gamma")

    def erf(self) -> Growth:
        """Return the error function."""
        return self._bounded("erf") if not self._is_unbounded() else self.constant(1) - self.erfc()

    def erfc(self) -> Growth:
        """Return the complementary error function: its asymptotic series if the argument is unbounded."""
        if not self._is_unbounded():
            return self._bounded("erfc")
        if self._sign() < 0:
            return self.constant(2) - (-self).erfc()
        inverse = (self.constant(1) / self) ** 2 / 2
        total, term = self.constant(0), self.constant(1)
        for k in range(1, self.arithmetic.order // 2 + 2):
            total, term = total + term, term * inverse * -(2 * k - 1)
        total = total + term * Growth.of(self.arithmetic.bounded(0, 1))
        return (-(self**2))._exponential() * total / (self * Growth.of(self.arithmetic.pi()).sqrt())

    def _check_positive(self, name: str) -> None:
        if self._sign() < 0:
            raise Undecided(f"{name} of a negative function that is unbounded at the contact point")


# --- terms


def _excludes_zero(ball: Ball) -> bool:
    return ball.is_positive() or (-ball).is_positive()


def _collected(terms: Iterable[Term]) -> tuple[Term, ...]:
    """Return the terms with integer powers of s moved to the germs and the germs of equal scales added.

    A germ whose exact coefficients are not known is not added to one with exact coefficients, which would be lost.
    """
    total: list[Term] = []
    for given, added in terms:
        scale, germ = _normal(given, added)
        if germ.is_zero():
            continue
        for index, (other, sum_) in enumerate(total):
            if (germ.exact is None) == (sum_.exact is None) and scale.equals(other):
                total[index] = (other, sum_ + germ)
                break
        else:
            total.append((scale, germ))
    return tuple((scale, germ) for scale, germ in total if not germ.is_zero())


def _normal(scale: Scale, germ: Germ) -> Term:
    """Return a term whose scale has an exponent of s in [0, 1), as far as that is known."""
    power = scale.coefficient(POWER)
    if power.is_zero():
        return scale, germ
    value = power.rational()
    if value is not None:
        whole = floor(-value)
    else:
        ball = -power.enclose(64)
        whole = floor(ball.lower) if floor(ball.lower) == floor(ball.upper) else 0
    if whole == 0:
        return scale, germ
    return scale.times_power(-whole), germ.times_power(whole)


@dataclass(frozen=True)
class _Splitting:
    """A term as a sum: `growing`, keys of unbounded functions with their coefficients, and `rest` times the scale.

    `is_bounded`: whether the scale is 1, so that the rest is a germ that need not tend to 0.
    """

    growing: list[tuple[Key, Exact]]
    rest: Germ
    is_bounded: bool

    @classmethod
    def of(cls, scale: Scale, germ: Germ) -> _Splitting:
        """Return the parts of a term; raises Undecided if an unbounded part is not a product of powers."""
        if scale == ONE and germ.valuation >= 0:
            return cls([], germ, True)
        if scale.times_power(germ.valuation).direction() < 0:
            return cls([], germ, False)
        power, log, log_log = (scale.rational(key) for key in (POWER, LOG, LOG_LOG))
        if power is None or log is None or log_log is None or not scale.keys() <= {POWER, LOG, LOG_LOG}:
            raise Undecided("a function of a function that grows faster than each power at the contact point")
        growing: list[tuple[Key, Exact]] = []
        while (exponent := germ.valuation - power) < 0 or (exponent == 0 and (log, log_log) > (ZERO, ZERO)):
            if germ.exact is None or len(germ.balls.coefficients) < 2:
                raise OrderTooLow("an unbounded part of an expansion is not known exactly")
            leading = germ.exact.coefficients[0]
            if not leading.is_zero():
                growing.append(((-exponent, log, log_log, Fraction(0)), leading))
            germ = germ.without_leading()
        return cls(growing, germ, exponent == 0 and log == log_log == 0)


# --- functions of a germ and terms that tend to 0


def _named(name: str, germ: Germ, small: Growth) -> Growth:
    def apply(value: Any) -> Any:
        return getattr(value, name)()

    return _expanded(germ, small, apply, apply)


def _expanded(
    germ: Germ, small: Growth, on_series: Callable[[Taylor[Any]], Taylor[Any]], on_germ: Callable[[Germ], Germ | Growth]
) -> Growth:
    """Return ``F(germ + small)``, for a function F of Taylor series and of germs."""
    if not small.terms:
        return small._operand(on_germ(germ))
    arithmetic = germ.arithmetic
    order = _order(len(small.terms), arithmetic.order)
    base = germ.aligned_with_valuation_zero()
    one = arithmetic.rational(Fraction(1))
    zeros = [arithmetic.rational(Fraction(0))] * order
    outer = on_series(Taylor([base, one, *zeros][:order]))
    total, power = small.constant(0), small.constant(1)
    for coefficient in outer.coefficients:
        total = total + power * coefficient
        power = power * small
    values = base.balls.coefficients[0]
    values = hull(values, values + small.range())
    ball = [values, Ball(1, precision=arithmetic.precision)]
    ball += [Ball(0, precision=arithmetic.precision)] * (order - 1)
    remainder = on_series(Taylor(ball)).coefficients[order]
    return total + power * arithmetic.enclosed(remainder)


def _order(terms: int, order: int) -> int:
    """Return the number of powers of a sum of so many terms that are computed."""
    largest = max(2, order // 2)
    while largest > 1 and comb(terms + largest - 1, largest) > MAX_TERMS // 2:
        largest -= 1
    return largest


def _stirling(k: int) -> Fraction:
    """Return ``B(2k) / (2k (2k - 1))``, with the Bernoulli number B(2k)."""
    number = flint.fmpq.bernoulli(2 * k)
    return Fraction(int(number.p), int(number.q)) / (2 * k * (2 * k - 1))
