"""Exact moments of rectified Gaussians: ``E prod_i relu(u_i)^(e_i) relu(u_1 + ... + u_n)^q``.

Independent standard normal ``u_i``. By Gaussian integration by parts, ``E x_i F = sum_k R_ik E d_k F``, where the
derivative of an indicator is a density at 0 and conditions on that coordinate; every moment ends in orthant
probabilities of dimension three at most, which are elementary (Sheppard; for dimension three ``1/8`` plus the sum of
the three arcsines over ``4 pi``). Covariances stay rational all the way: only square roots, pi and arctangents appear.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from typing import TypeAlias

from ntkproofs.bounds.finite.numbers import Numbers, Real

__all__ = ["Moments"]

Covariance: TypeAlias = tuple[tuple[Fraction, ...], ...]


class Moments:
    """Moments for one kind of number, each computed once.

    >>> from ntkproofs.bounds.finite.numbers import FLOATS
    >>> moments = Moments(FLOATS)
    >>> [round(value, 6) for value in moments.single]
    [1.0, 0.398942, 0.5, 0.797885, 1.5]
    >>> round(moments.joint(4, 1, (1,)), 6)  # E relu(u_1) relu(u_1 + ... + u_4)
    0.608998
    """

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers
        one, pi = numbers.of(1), numbers.pi()
        first = one / numbers.sqrt(pi * 2)
        self.single = (one, first, one / 2, first * 2, one * 3 / 2)  # E relu(g)^e for e = 0 (as 1) to 4
        self._joint: dict[tuple[int, int, tuple[int, ...]], Real] = {}
        self._products: dict[tuple[int, int, tuple[int, ...], tuple[int, ...], bool], Real] = {}

    def product(self, n: int, q: int, inner: tuple[int, ...], outer: tuple[int, ...], *, gate: bool = False) -> Real:
        """Return the moment of n coordinates and h, times those of further coordinates with exponents `outer`.

        With `gate`, it is that of :meth:`gated`, and exponents may be 0; else that of :meth:`joint`.
        """
        key = (n, q, inner, outer, gate)
        if key not in self._products:
            if gate:
                result = self.gated(n, q, inner)
                factors = [self.positive(exponent) for exponent in outer]
            else:
                result = self.joint(n, q, inner) if q else self.numbers.of(1)
                factors = [self.single[exponent] for exponent in outer]
            for factor in factors:
                result = result * factor
            self._products[key] = result
        return self._products[key]

    def joint(self, n: int, q: int, exponents: tuple[int, ...]) -> Real:
        """Return ``E prod relu(u_i)^(e_i) h^q``, ``h = relu(u_1 + ... + u_n)``, for exponents of different i <= n.

        `exponents` are positive, at most three of them; `q` is 0 (h left out altogether), 1 or 2.
        """
        key = (n, q, tuple(sorted(exponents)))
        if key not in self._joint:
            self._joint[key] = self._compute(*key)
        return self._joint[key]

    def gated(self, n: int, q: int, exponents: tuple[int, ...]) -> Real:
        """Return ``E [h > 0] h^q prod [u_i > 0] u_i^(e_i)`` with ``h = relu(u_1 + ... + u_n)``; exponents may be 0.

        >>> from ntkproofs.bounds.finite.numbers import FLOATS
        >>> round(Moments(FLOATS).gated(2, 0, (0,)), 6)  # u_1 > 0 and u_1 + u_2 > 0
        0.375
        """
        key = (n, -1 - q, tuple(sorted(exponents)))
        if key not in self._joint:
            self._joint[key] = self._gated(n, q, key[2])
        return self._joint[key]

    def _gated(self, n: int, q: int, exponents: tuple[int, ...]) -> Real:
        if len(exponents) == n:
            return self._power_of_sum(q, exponents)
        return self._by_parts((*exponents, q), self._covariance(n, len(exponents)))

    def positive(self, exponent: int) -> Real:
        """Return ``E [u > 0] u^e``."""
        return self.single[exponent] if exponent else self.numbers.of(Fraction(1, 2))

    def _compute(self, n: int, q: int, exponents: tuple[int, ...]) -> Real:
        if q == 0:
            result = self.numbers.of(1)
            for exponent in exponents:
                result = result * self.single[exponent]
            return result
        size = len(exponents)
        if size == n:  # all of the n are positive, and h is their sum
            return self._power_of_sum(q, exponents)
        return self._by_parts((*exponents, q), self._covariance(n, size))

    def _covariance(self, n: int, size: int) -> Covariance:
        """Return the covariance of ``u_1, ..., u_size, u_1 + ... + u_n``."""
        identity = [[Fraction(int(i == j)) for j in range(size)] for i in range(size)]
        rows = [(*row, Fraction(1)) for row in identity]
        return (*rows, (*(Fraction(1) for _ in range(size)), Fraction(n)))

    def _power_of_sum(self, q: int, exponents: tuple[int, ...]) -> Real:
        total = self.numbers.of(0)
        for factors in product(range(len(exponents)), repeat=q):
            powers = list(exponents)
            for index in factors:
                powers[index] += 1
            term = self.numbers.of(1)
            for power in powers:
                term = term * self.positive(power)
            total = total + term
        return total

    def _by_parts(self, exponents: Sequence[int], R: Covariance) -> Real:
        """Return ``E prod x_i^(e_i) [x_i > 0]`` for a centred Gaussian vector x of covariance R."""
        numbers, size = self.numbers, len(R)
        if not any(exponents):
            return self._orthant(R)
        i = min((k for k in range(size) if exponents[k]), key=lambda k: sum(map(bool, R[k])))
        lowered = [exponent - (k == i) for k, exponent in enumerate(exponents)]
        total = numbers.of(0)
        for k in range(size):
            if not R[i][k]:
                continue
            if lowered[k]:
                twice = [exponent - (index == k) for index, exponent in enumerate(lowered)]
                total = total + self._by_parts(twice, R) * (R[i][k] * lowered[k])
            else:
                rest = [index for index in range(size) if index != k]
                conditioned = tuple(tuple(R[a][b] - R[a][k] * R[k][b] / R[k][k] for b in rest) for a in rest)
                density = numbers.of(R[i][k]) / numbers.sqrt(numbers.pi() * (2 * R[k][k]))
                total = total + density * self._by_parts([lowered[index] for index in rest], conditioned)
        return total

    def _orthant(self, R: Covariance) -> Real:
        """Return the probability that all coordinates are positive; dimension three at most."""
        numbers = self.numbers
        if len(R) == 0:
            return numbers.of(1)
        half = numbers.of(Fraction(1, 2 ** len(R)))
        if len(R) == 1:
            return half
        angles = [self._arcsine(R, i, j) for i in range(len(R)) for j in range(i)]
        total = angles[0]
        for angle in angles[1:]:
            total = total + angle
        return half + total / (numbers.pi() * 2 ** (len(R) - 1))

    def _arcsine(self, R: Covariance, i: int, j: int) -> Real:
        """Return the arcsine of the correlation of two coordinates."""
        numbers, rest = self.numbers, R[i][i] * R[j][j] - R[i][j] ** 2
        if not rest:
            return numbers.pi() / 2 * (1 if R[i][j] > 0 else -1)
        square = R[i][j] ** 2 / rest
        angle = numbers.atan(numbers.sqrt(numbers.of(square)))
        return angle if R[i][j] > 0 else -angle
