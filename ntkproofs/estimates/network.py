"""The bound of the failure probability of one network of finite width, evaluated with mpmath.

The formulas are those of ``bounds.finite``, evaluated with mpmath's numbers instead of balls. So this is a check of the
arithmetic and not of the formulas. The checker implements the formulas independently.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

from mpmath import mp, mpf

from ntkproofs.bounds.finite.numbers import Numbers, Real
from ntkproofs.estimates.ensemble import DIGITS, GUARD

__all__ = ["failure_bound"]


class Bounded(Protocol):
    """A network whose failure bound can be evaluated with different kinds of numbers."""

    def bound(self, numbers: Numbers | None = None) -> Real:
        """Return the bound of the failure probability, evaluated with `numbers` (default: balls)."""


def failure_bound(network: Bounded) -> mpf:
    """Return the bound of the failure probability of a network to 50 digits.

    >>> from ntkproofs.bounds.finite.network import Workload, least_network
    >>> from ntkproofs.classes import arbitrary_classes
    >>> from ntkproofs.programs import permutation
    >>> program = permutation([1, 0, 2])
    >>> workload = Workload.of(program.samples, arbitrary_classes(program), program.labels.T.tolist())
    >>> mp.nstr(failure_bound(least_network(workload, Fraction(1, 10))), 6)
    '0.0978559'
    """
    with mp.workdps(DIGITS + GUARD):
        return +network.bound(_MpmathNumbers())


class _MpmathNumbers:
    """The operations of :class:`ntkproofs.bounds.finite.numbers.Numbers` for mpmath's numbers."""

    def of(self, value: int | Fraction) -> mpf:
        return mpf(value.numerator) / value.denominator

    def pi(self) -> mpf:
        return +mp.pi

    def sqrt(self, value: mpf) -> mpf:
        return mp.sqrt(value)

    def exp(self, value: mpf) -> mpf:
        return mp.exp(value)

    def log(self, value: mpf) -> mpf:
        return mp.log(value)

    def atan(self, value: mpf) -> mpf:
        return mp.atan(value)

    def largest(self, *values: mpf) -> mpf:
        return max(values)

    def upper(self, value: mpf) -> mpf:
        return value

    def between(self, low: int, high: mpf) -> mpf:
        return mpf(low)

    def span(self, low: Fraction, high: Fraction) -> mpf:
        return self.of((low + high) / 2)

    def negligible(self, value: mpf, other: mpf, *, bits: int | None = None) -> bool:
        return bool(abs(value) * mpf(2) ** (mp.prec if bits is None else bits) < other)

    def huge(self, value: mpf) -> bool:
        return False
