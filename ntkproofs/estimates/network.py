"""The bound of the failure probability of one finite network, estimated by mpmath.

The formulas of ``bounds.finite`` run on mpmath's numbers instead of balls: another arithmetic, the same formulas. The
formulas are held against another reading of them by the checker, which shares no code with either.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

from mpmath import mp, mpf

from ntkproofs.bounds.finite.numbers import Numbers, Real
from ntkproofs.estimates.ensemble import DIGITS, GUARD

__all__ = ["failure_bound"]


class Bounded(Protocol):
    """A network whose bound can be evaluated with any kind of number."""

    def bound(self, numbers: Numbers | None = None) -> Real:
        """Return the bound of the failure probability."""


def failure_bound(network: Bounded) -> mpf:
    """Return an estimate of a network's bound of its failure probability, to 50 digits.

    >>> from ntkproofs.bounds.finite.network import Workload, least_network
    >>> from ntkproofs.classes import arbitrary_classes
    >>> from ntkproofs.programs import permutation
    >>> program = permutation([1, 0, 2])
    >>> load = Workload.of(program.samples, arbitrary_classes(program), program.labels.T.tolist())
    >>> mp.nstr(failure_bound(least_network(load, Fraction(1, 10))), 6)
    '0.099375'
    """
    with mp.workdps(DIGITS + GUARD):
        return +network.bound(_Many())


class _Many:
    """mpmath's numbers at the precision at hand, as :class:`ntkproofs.bounds.finite.numbers.Numbers`."""

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
