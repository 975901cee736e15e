"""The event that the direction of the trained weights is far from its limit: ``P(|delta| >= e)``, output layer.

For ``delta`` of :mod:`ntkproofs.bounds.finite.output_layer`: on the event the unit vector ``omega* = delta/|delta|``
satisfies ``mean[-(omega*.v~)(alpha.v) - e (omega*.v~)^2] >= 0``, ``v~ = Gbar^(-1/2) v``. With the change of measure of
that module, ``p = p(z)``, ``b = p/z``, ``g = p e/(1 - N b)``, and for every ``l > 0`` with ``2 l M < 1``::

    P <= exp( z p - log Psi(z) + w log(1 - l p e + C(l, M) V) )
    M = max( (sqrt(g^2 (1 - b)^2 + A0) - g (1 - b))/2, g b ) / lam
    V = ( sqrt(E2) + g b sqrt(T2) )^2,    E2 = sup E[(Y alpha.v + g Y^2)^2] over Y = omega.v~,    T2 = E |P v~|^4

E2 is a supremum over power sums of a vector c with ``y.c = 0`` and ``c' Gbar c = 1``: with ``m`` the mean of ``v_i``,
``Y``'s mean ``y0 = m sum c`` in [-1, 1] and the share of ``|c|^2`` that lies on the writers as the two variables; third
powers are bounded by ``|c|^3`` on either part, fourth ones by ``|c|^4``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from heapq import heappop, heappush

from ntkproofs.bounds.finite.numbers import Balls, Real
from ntkproofs.bounds.finite.output_layer import Setting
from ntkproofs.errors import InputError
from ntkproofs.rigor import Ball

__all__ = ["Deviation"]

CELLS = 256  # parts of [-1, 1], a power of 2
BLOCKS = 16  # of parts, at first


class Deviation:
    """The bound of ``P(|delta| >= e)`` for one output bit with t writers."""

    def __init__(self, setting: Setting, t: int) -> None:
        self.setting, self.t, self.numbers = setting, t, setting.numbers
        lam, D, K = setting.lam, setting.D, setting.K
        self.a = self.numbers.of(t) / (lam * (D + K))
        self.top = 1 / lam - self.a
        self.A0 = self.top * t
        m = setting.moments.single
        self.third = m[3] - m[2] * m[1] * 3 + m[1] ** 3 * 2
        self.fourth = m[4] - m[3] * m[1] * 4 + m[2] * m[1] ** 2 * 6 - m[1] ** 4 * 3
        self.kurtosis = self.fourth - lam * lam * 3
        self.T2 = self._fourth_moment()

    def _fourth_moment(self) -> Real:
        """Return ``T2 = E |P v~|^4``."""
        t, others = self.t, self.setting.K - self.t
        first, first_square = self._form(others, self.setting.D + others)
        second, second_square = self._form(t, self.numbers.of(t))
        return (first_square + first * second * 2 + second_square) / (self.setting.lam * self.setting.lam)

    def _form(self, size: int, divisor: Real) -> tuple[Real, Real]:
        """Return mean and mean square of ``sum v_i^2 - (sum v_i)^2/divisor`` over `size` samples."""
        m1, m2, m3, m4 = self.setting.moments.single[1:]
        pairs, triples = size * (size - 1), size * (size - 1) * (size - 2)
        square = m2 * size
        total = m2 * size + m1 * m1 * pairs
        squares = m4 * size + m2 * m2 * pairs
        cross = m4 * size + m3 * m1 * (2 * pairs) + m2 * m2 * pairs + m2 * m1 * m1 * triples
        fourth = m4 * size + m3 * m1 * (4 * pairs) + m2 * m2 * (3 * pairs)
        fourth = fourth + m2 * m1 * m1 * (6 * triples) + m1**4 * (triples * (size - 3))
        return square - total / divisor, squares - cross * 2 / divisor + fourth / divisor / divisor

    @property
    def sides(self) -> tuple[Real, ...]:
        """The values of alpha on the part of the samples that holds all of c in the worst case."""
        return (-self.a,) if self.t == 1 else (-self.a, self.top)

    def second_moment(self, g: Real, y0: Real, side: Real) -> Real:
        """Return E2 at one mean of Y, with all of ``|c|^2`` on samples of equal labels, where alpha is `side`.

        As a function of the share of ``|c|^2`` on the writers E2 is convex (its terms are linear, squares and powers
        3/2 of the two parts), so that its supremum is at one of the ends; with one writer the share is 0.
        """
        numbers, lam, kurtosis = self.numbers, self.setting.lam, self.kurtosis
        m1, t, K = self.setting.moments.single[1], self.t, self.setting.K
        variance = 1 - y0**2
        whole, c1 = variance / lam, y0 / m1
        length, A1 = self.top * self.top * t + self.a * self.a * (K - t), m1 * (self.top * t - self.a * (K - t))
        bilinear = -lam * self.a * c1
        YYw = self.third * side * whole
        Yww = self.third * self.a * self.a * c1
        Y2w2 = lam * lam * (whole * length + self.a * self.a * c1 * c1 * 2) + kurtosis * side * side * whole
        # the cubes: E Y^3 enters 2 g A1 + 4 g^2 y0 times, E Y^3 w enters 2 g times
        cubic = (self.third * (A1 * 2 + y0 * g * 4) + kurtosis * side * 2) * g
        edge = numbers.largest(cubic, -cubic) * whole * numbers.sqrt(whole)
        value = y0**2 * (A1 * A1 + lam * length) + A1 * A1 * variance
        value = value + y0 * A1 * bilinear * 4 + A1 * YYw * 2 + y0 * Yww * 2 + Y2w2
        linear = A1 * (y0**3 + y0 * variance * 3) + y0**2 * bilinear * 3 + y0 * YYw * 3
        linear = linear - lam * lam * self.a * whole * c1 * 3
        quartic = y0**4 + y0**2 * variance * 6 + variance * variance * 3 + kurtosis * whole * whole
        return value + linear * g * 2 + quartic * g * g + edge

    def rate(self, e: Real, z: Real, l: Real) -> tuple[Real, Real]:
        """Return divergence and ``log(1 + t0)``: ``log P(|delta| >= e) <= divergence + w log(1 + t0)``."""
        numbers, N, lam = self.numbers, self.setting.N, self.setting.lam
        if not all(numbers.negligible(numbers.of(0), value, bits=0) for value in (e, z, l)):
            raise InputError("e, z and l of a deviation event are positive")
        tilt, divergence = self.setting.tilted(z)
        b = tilt / z
        rest = 1 - b * N
        g = tilt * e / rest
        inner = g * (1 - b)
        M = numbers.largest((numbers.sqrt(inner * inner + self.A0) - inner) / 2, g * b) / lam
        V = (numbers.sqrt(self.largest_second_moment(g)) + g * b * numbers.sqrt(self.T2)) ** 2
        t0 = self.setting.bennett(l, numbers.upper(M), numbers.upper(self.constant(g, b))) * V - l * tilt * e
        return divergence, numbers.log(1 + t0)

    def constant(self, g: Real, b: Real) -> Real:
        """Return an upper bound of the part of degree 0, of which there is none here."""
        return self.numbers.of(0)

    def sampled(self, g: float, grid: Sequence[float]) -> float:
        """Return the largest E2 on a grid of means of Y: for searching with floats."""
        return float(max(self.second_moment(g, y0, side) for y0 in grid for side in self.sides))

    def at_side(self, g: Real, side: Real) -> Callable[[Real], Real]:
        """Return :meth:`second_moment` as a function of the mean of Y."""
        return lambda y0: self.second_moment(g, y0, side)

    def largest_second_moment(self, g: Real) -> Real:
        """Return the largest of the bounds of E2 on CELLS parts of [-1, 1], the mean of Y, for all sides.

        Blocks of parts are bounded as a whole, and split in halves in the order of their bounds, largest first, until
        the first one is a single part: its bound is at least those of all other blocks.
        """
        numbers, bounds = self.numbers, [self.at_side(g, side) for side in self.sides]
        size = CELLS // BLOCKS if isinstance(numbers, Balls) else 1  # floats are no bounds of a block
        new = [(index, low, size) for index in range(len(bounds)) for low in range(0, CELLS, size)]
        blocks: list[tuple[Real, int, int, int, Real]] = []
        while True:
            for index, low, size in new:
                y0 = numbers.span(Fraction(2 * low - CELLS, CELLS), Fraction(2 * (low + size) - CELLS, CELLS))
                bound = bounds[index](y0)
                heappush(blocks, (-(bound.upper if isinstance(bound, Ball) else bound), index, low, size, bound))
            _, index, low, size, bound = heappop(blocks)
            if size == 1:
                return numbers.upper(bound)
            new = [(index, low, size // 2), (index, low + size // 2, size // 2)]
