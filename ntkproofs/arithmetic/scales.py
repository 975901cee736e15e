"""Scales of growth: products of powers, logarithms and exponentials, with bounds on a whole interval ``0 < s <= h``.

With ``x = log(1/s)``, a scale is ``exp(sum of c * e**(a x) * x**b * log(x)**c * log(log(x))**d)``: the key ``(0, 1, 0,
0)`` with coefficient ``-p`` is ``s**p``, the key ``(0, 0, 1, 0)`` is a power of ``log(1/s)``, and ``(1, 0, 0, 0)`` with
coefficient -1 is ``exp(-1/s)``.

A scale that tends to 0 is at most its value at h if it decreases as x increases from ``X = log(1/h)`` on. This holds if
the derivative of its logarithm is negative on ``[X, oo)``: there the leading term exceeds all positive terms, since the
quotient of each of these by the leading term decreases as well, and so is at most its value at X.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from ntkproofs.arithmetic.balls import Ball, hull
from ntkproofs.arithmetic.exact import Exact, PiRational
from ntkproofs.errors import NotExact, Undecided

__all__ = ["LOG", "LOG_LOG", "ONE", "POWER", "ZERO", "Key", "Scale"]

Key: TypeAlias = tuple[Fraction, Fraction, Fraction, Fraction]
ZERO = Fraction(0)
POWER: Key = (ZERO, Fraction(1), ZERO, ZERO)  # of the logarithm of s**-1
LOG: Key = (ZERO, ZERO, Fraction(1), ZERO)  # of the logarithm of log(1/s)
LOG_LOG: Key = (ZERO, ZERO, ZERO, Fraction(1))  # of the logarithm of log(log(1/s))
MIN_X = 2  # log(1/h), at least


@dataclass(frozen=True)
class Scale:
    """A positive function of s, by the coefficients of its logarithm; none of them is zero."""

    logarithm: tuple[tuple[Key, Exact], ...]

    @staticmethod
    def of(coefficients: dict[Key, Any]) -> Scale:
        """Return the scale with the given coefficients (exact numbers or fractions) of its logarithm."""
        exact = {
            key: PiRational.of(value) if isinstance(value, Fraction | int) else value
            for key, value in coefficients.items()
        }
        return Scale(tuple(sorted((item for item in exact.items() if not item[1].is_zero()), key=lambda item: item[0])))

    def coefficient(self, key: Key) -> Exact:
        """Return the coefficient of a key, 0 if there is none."""
        return dict(self.logarithm).get(key, PiRational.of(0))

    def rational(self, key: Key) -> Fraction | None:
        """Return the coefficient of a key if it is known to be rational."""
        value: Fraction | None = self.coefficient(key).rational()
        return value

    def keys(self) -> set[Key]:
        """Return the keys with a coefficient."""
        return {key for key, _ in self.logarithm}

    def __mul__(self, other: Scale) -> Scale:
        total = dict(self.logarithm)
        for key, value in other.logarithm:
            total[key] = total[key] + value if key in total else value
        return Scale.of(total)

    def __pow__(self, exponent: Fraction | int) -> Scale:
        return Scale.of({key: value * Fraction(exponent) for key, value in self.logarithm})

    def __truediv__(self, other: Scale) -> Scale:
        return self * other**-1

    def equals(self, other: Scale) -> bool:
        """Return whether two scales are known to be equal."""
        return self.keys() == other.keys() and not (self / other).logarithm

    def times_power(self, exponent: Fraction | int) -> Scale:
        """Return the scale times ``s**exponent``."""
        return self * Scale.of({POWER: Fraction(-exponent)})

    def direction(self) -> int:
        """Return 1 if the scale tends to infinity as s tends to 0, -1 if it tends to 0, and 0 for the constant 1."""
        if not self.logarithm:
            return 0
        try:
            sign: int = self.logarithm[-1][1].sign()
        except NotExact as problem:
            raise Undecided(str(problem)) from problem
        return sign

    # --- bounds on 0 < s <= h

    def at(self, reach: Fraction, precision: int) -> Ball:
        """Return an enclosure of the value at ``s = reach``."""
        x = self._x(reach, precision)
        total = Ball(0, precision=precision)
        for key, value in self.logarithm:
            total = total + value.enclose(precision) * _monomial(key, x)
        return total.exp()

    def bound(self, reach: Fraction, precision: int) -> Ball:
        """Return the interval from 0 to the least upper bound on ``0 < s <= reach`` of a scale that does not grow.

        Raises Undecided unless the scale is known to decrease as s tends to 0.
        """
        if not self.logarithm:
            return Ball(1, precision=precision)
        if not self._decreases(self._x(reach, precision), precision):
            raise Undecided("a scale is not known to decrease on the whole interval")
        return hull(Ball(0, precision=precision), self.at(reach, precision))

    def _x(self, reach: Fraction, precision: int) -> Ball:
        """Return ``log(1/reach)``; raises Undecided if the scale contains logarithms and this is less than 2."""
        self.check_positive(reach, precision)
        return -Ball(reach, precision=precision).log()

    def check_positive(self, reach: Fraction, precision: int) -> None:
        """Raise Undecided if the scale contains logarithms, unless they are positive on ``0 < s <= reach``."""
        has_logarithms = any(key != POWER and any(key[1:]) for key in self.keys())
        if has_logarithms and not (Ball(reach, precision=precision).log() + MIN_X <= 0):
            raise Undecided("the interval at the contact point is too long for logarithms")

    def _decreases(self, x: Ball, precision: int) -> bool:
        """Return whether the derivative of the logarithm is known to be negative on ``[x, oo)``."""
        slope: dict[Key, Ball] = {}
        for key, value in self.logarithm:
            coefficient = value.enclose(precision)
            for other, factor in _derivative(key):
                slope[other] = coefficient * factor + slope.get(other, Ball(0, precision=precision))
        leading = max(slope)
        total = slope.pop(leading)
        for key, coefficient in slope.items():
            if coefficient.is_positive() or not (-coefficient).is_nonnegative():
                quotient: Key = tuple(a - b for a, b in zip(key, leading, strict=True))  # type: ignore[assignment]
                if not _monomial_decreases(quotient, x):
                    return False
                positive = hull(Ball(0, precision=precision), coefficient)
                total = total + positive * _monomial(quotient, x)
        return (-total).is_positive()


ONE = Scale(())


def _real_power(base: Ball, exponent: Fraction) -> Ball:
    if exponent.denominator == 1:
        return base**exponent.numerator
    return (base.log() * exponent).exp()


def _monomial(key: Key, x: Ball) -> Ball:
    """Return ``e**(a x) * x**b * log(x)**c * log(log(x))**d``."""
    a, b, c, d = key
    value = (x * a).exp() * _real_power(x, b)
    if c or d:
        log = x.log()
        value = value * _real_power(log, c)
        if d == 1:
            value = value * log.log()
        elif d:
            raise Undecided("powers of a threefold logarithm")
    return value


def _derivative(key: Key) -> list[tuple[Key, Fraction]]:
    """Return the derivative of a term of the logarithm, as terms of the same kind with ``d = 0``."""
    a, b, c, d = key
    if d:
        return [((ZERO, Fraction(-1), Fraction(-1), ZERO), Fraction(1))]
    if c:
        return [((ZERO, Fraction(-1), ZERO, ZERO), Fraction(1))]
    return [(k, f) for k, f in (((a, b, ZERO, ZERO), a), ((a, b - 1, ZERO, ZERO), b)) if f]


def _monomial_decreases(key: Key, x: Ball) -> bool:
    """Return whether ``e**(a y) * y**b * log(y)**c`` is known not to increase for ``y >= x``."""
    a, b, c, _ = key
    if not (a or b):
        return c <= 0
    slope = Ball(a or b, precision=x.precision)
    if b > 0 and a:
        slope = slope + b / x
    if c > 0:
        slope = slope + c / (x * x.log() if a else x.log())
    return (-slope).is_nonnegative()
