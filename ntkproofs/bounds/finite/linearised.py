r"""The network that is linearised at an antisymmetric start: how likely a bit of it lacks a given margin.

*Setting.* m independent pairs of neurons ``(+1, u), (-1, u)``, ``u ~ N(0, I_K)``, width ``w = 2 m``, ``f(x) = w^(-1/2)
sum a relu(u . x)``, all layers trained. With ``v = relu(u)``, ``1_i = [u_i > 0]``, ``h = relu(u . x)``, ``gamma = [u
. x > 0]``, averages over the pairs, and ::

    N_r = diag(1_i) + v v',   H = mean N_r,   k_i = v_i h + 1_i gamma x_i,   k = mean k_r

the linearised network, trained to convergence on the K basis vectors with targets y, is ``f(x) = k' H^-1 y``: the
neural tangent kernel of the start as drawn. Symbols are those of :mod:`ntkproofs.bounds.finite.output_layer` with H
for G and ``lam = 1 - 1/(2 pi)``, ``D = 2 pi - 1``.

*Reduction.* Nothing in that of the output layer uses more than ``E rho = -(m/A0) y`` for ``rho = s (k - N_r b)``, here
``rho_i = v_i zeta + s 1_i (gamma x_i - b_i)``, ``zeta = s (h - b . v)``: for c the minimiser of ``c' H c`` over ``y .
c = A0`` and every m, ``s (f(x) - mu) >= m`` if and only if ``mean[ c . rho ] >= 0`` (with ``m = s (tau - mu) - d``:
the bit of f lacks the margin d); a singular H counts as a failure.

*Two degrees.* ``rho = rho2 + rho0`` has parts of degree 2 and 0 in u, and :meth:`Setting.bennett` takes both. Its proof
needs that ``F(x0, x2) = E[exp(l X) - 1 - l X]/E X^2``, ``X = x0 + x2 R^2``, increases in x0 and in ``x2 < 1/(2 l)``. As
``exp(l X) - 1 - l X = l^2 X^2 int_0^1 (1 - s) exp(s l X) ds`` it is enough that ``q = E[X^2 exp(t X)]/E X^2`` does, t
>= 0. The moment generating function is ``exp(L)``, ``L = t x0 - (K/2) log(1 - 2 t x2)``, and ``E[X^2 exp(t X)] =
exp(L) (L'^2 + L'')``. Let ``y = x2/(1 - 2 t x2)``, so ``1/x2 - 1/y = 2 t``.

* In x0: ``d log q/d x0 = t + 2 k(1/y) - 2 k(1/x2)``, ``k(P) = P Z/(Z^2 + 2 K)``, ``Z = x0 P + K``; ``k' = K (Z^2 + 4
  Z - 2 K)/(Z^2 + 2 K)^2 <= 1/4`` because ``Z^4 - 16 K Z + 12 K^2 >= 12 K (K - (4 K)^(1/3)) >= 0`` for ``K >= 2``.
* In x2: ``(x2^2/(2 K)) d log q/d x2 = (y - x2)/4 + j(y) - j(x2)``, ``j(x) = x^2 (x0 + (K + 2) x)/((x0 + K x)^2 + 2 K
  x^2)``; ``j' >= -1/4`` if, with ``o = (K + 2) x/x0`` and ``e = 4/(K + 2)^2 <= 1/4``, ``(1 + o)^4 >= e (4 o^3 +
  o^4)``: for o in [-4, 0] the right side is not positive, for ``o < -4`` it is less than ``o^4/4 < (3 o/4)^4``, for
  ``o > 0`` the left side contains it.

*Suprema.* The part of degree 2 is the output layer's, with the constants of this setting. That of degree 0 is at most
``M0 + r M0'``: ``M0`` the larger, over gamma in {0, 1}, of the sum of the positive parts of ``s alpha_i (gamma x_i -
b_i)``, and ``M0'^2 lam`` the largest squared length of ``tau_i = 1_i (gamma x_i - b_i)`` off y: the sum over the
samples that do not write, and for the writers (whose mean is taken off) ``floor(t^2/4)/t`` times the squared range of
tau.

Source: derived here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import TypeAlias

import numpy as np

from ntkproofs.bounds.finite.deviation import Deviation
from ntkproofs.bounds.finite.numbers import Real
from ntkproofs.bounds.finite.output_layer import ClassBound, Sample, Setting

__all__ = ["LinearisedBound", "LinearisedDeviation", "TangentSetting"]

SHARES = 12  # parts of [0, 1]

Floats: TypeAlias = np.ndarray
Monomial: TypeAlias = tuple[int, ...]
Polynomial: TypeAlias = dict[Monomial, Real]


class TangentSetting(Setting):
    """The constants of K samples for the neural tangent kernel.

    >>> from ntkproofs.bounds.finite.numbers import FLOATS
    >>> round(TangentSetting(FLOATS, 5).lam, 6)
    0.840845
    """

    own, layers = Fraction(1), 2


class LinearisedBound(ClassBound):
    """The bound for one class (n, p, t): ``P(the bit lacks the margin, |delta| < e)``; the margin is the `slack`."""

    # --- second moments

    def _gated(self, exponents: dict[Sample, int], q: int) -> Real:
        """Return ``E gamma (sqrt(n) h)^q prod 1_i u_i^(e_i)``."""
        inner = tuple(exponent for (group, _), exponent in exponents.items() if self.inside[group])
        outer = tuple(exponent for (group, _), exponent in exponents.items() if not self.inside[group])
        return self.setting.moments.product(self.kind.n, q, inner, outer, gate=True)

    def _plain(self, exponents: dict[Sample, int], q: int = 0) -> Real:
        """Return ``E prod 1_i u_i^(e_i)``."""
        result = self.numbers.of(1)
        for exponent in exponents.values():
            result = result * self.setting.moments.positive(exponent)
        return result

    def _along(self, base: dict[Sample, int], *, gate: bool) -> Real:
        """Return ``E (b . v) prod 1_i u_i^(e_i)``, times gamma or not."""
        power, total = self._gated if gate else self._plain, self.numbers.of(0)
        for group, size in enumerate(self.sizes):
            named = [sample for sample in base if sample[0] == group]
            for sample in named:
                total = total + self.b[group] * power({**base, sample: base[sample] + 1}, 0)
            if size > len(named):
                total = total + self.b[group] * (size - len(named)) * power({**base, (group, -1): 1}, 0)
        return total

    def _entry(self, first: Sample, second: Sample) -> Real:
        """Return ``E rho_i rho_k`` for two samples.

        ``rho_i rho_k`` is ``v_i v_k zeta^2`` and, on ``1_i 1_k``, ``(x_k - b_k) u_i h - x_k gamma u_i (b . v) + b_k
        u_i (b . v)``, the same with i and k exchanged, and ``gamma (x_i x_k - x_i b_k - x_k b_i) + b_i b_k``.
        """
        total = super()._entry(first, second)
        gates: dict[Sample, int] = {first: 0, second: 0}
        for one, other in ((first, second), (second, first)):
            x, b = self.root * self.inside[other[0]], self.b[other[0]]
            base = {**gates, one: 1}
            total = total + (x - b) * self.root * self._gated(base, 1)
            total = total - x * self._along(base, gate=True) + b * self._along(base, gate=False)
        x, z = (self.root * self.inside[sample[0]] for sample in (first, second))
        b, c = self.b[first[0]], self.b[second[0]]
        return total + (x * z - x * c - z * b) * self._gated(gates, 0) + b * c * self._plain(gates)

    # --- suprema

    @cached_property
    def constants(self) -> tuple[Real, Real]:
        """``M0`` and ``M0'``, the bounds of the part of degree 0."""
        numbers, zero, t = self.numbers, self.numbers.of(0), self.kind.t
        values = [
            [self.root * (gamma * inside) - b for inside, b in zip(self.inside, self.b, strict=True)]
            for gamma in (0, 1)
        ]
        sums = []
        for row in values:
            total = zero
            for alpha, tau, size in zip(self.alpha, row, self.sizes, strict=True):
                total = total + numbers.largest(alpha * tau * self.sign, zero) * size
            sums.append(total)
        square = zero
        for group in (1, 3):
            square = square + numbers.largest(*(row[group] * row[group] for row in values)) * self.sizes[group]
        taus = [zero, *(row[group] for row in values for group in (0, 2) if self.sizes[group])]
        span = numbers.largest(*taus) + numbers.largest(*(-tau for tau in taus))
        square = square + span * span * Fraction(t * t // 4, t)
        return numbers.largest(*sums), numbers.sqrt(square / self.setting.lam)

    def moment_factor(self, l: Real, r: Real, M: Real) -> Real:
        """Return C of the lemma, with the part of degree 0."""
        first, second = self.constants
        return self.setting.bennett(l, M, self.numbers.upper(first + second * r))


class LinearisedDeviation(Deviation):
    """The bound of ``P(|delta| >= e)`` for one output bit with t writers.

    As for the output layer with ``v~ v~'`` replaced by ``N~ = Hbar^(-1/2) N_r Hbar^(-1/2)``: for ``c = Hbar^(-1/2)
    omega``, ``y . c = 0``, the variables are ``(c . v)(alpha . v) + sum c_i alpha_i 1_i`` and ``(c . v)^2 + sum c_i^2
    1_i``. The part of degree 0 is at most ``max_y (a sqrt(K - t) y - g y^2) + g b T``, ``0 <= y <= lam^(-1/2)``, plus
    ``top sqrt(t)/(2 sqrt(lam))`` for several writers (the ``c_i`` of the writers add up to 0); ``T = (t - 1 + (K - t)
    (1 - 1/(D + K - t)))/lam``. E2 is a polynomial in power sums of c over the writers and over the others, by
    expansion of products of sums of independent terms into joint cumulants; it is linear in the third and in the
    fourth powers, which are replaced by their bounds.
    """

    def __init__(self, setting: Setting, t: int) -> None:
        super().__init__(setting, t)
        self.polynomials = _Expansion(setting, t, self.top, self.a).squares()
        self.T2 = self.T2 + self._gate_moment()

    def _gate_moment(self) -> Real:
        """Return ``E[2 |P v~|^2 T_r + T_r^2]``, ``T_r = sum 1_i Q_ii``, the trace of the gates' part of N~ off y."""
        numbers, lam, t, others = self.numbers, self.setting.lam, self.t, self.setting.K - self.t
        groups = []  # size, Q_ii, E of the form of v and of its product with one gate
        for size, divisor in ((t, numbers.of(t)), (others, self.setting.D + others)):
            mean = self._form(size, divisor)[0]
            groups.append((size, (1 - 1 / divisor) / lam, mean / lam, self._with_gate(size, divisor) / lam))
        total = numbers.of(0)
        for index, (size, weight, _, gated) in enumerate(groups):
            total = total + weight * size * (gated * 2 + groups[1 - index][2]) + weight * weight * Fraction(size, 4)
        trace = groups[0][1] * groups[0][0] + groups[1][1] * groups[1][0]
        return total + trace * trace / 4

    def _with_gate(self, size: int, divisor: Real) -> Real:
        """Return ``E 1_1 (sum v_i^2 - (sum v_i)^2/divisor)`` over `size` samples."""
        m1, m2 = self.setting.moments.single[1:3]
        square = m2 + m2 * Fraction(size - 1, 2)
        rest = m2 * (size - 1) + m1 * m1 * ((size - 1) * (size - 2))
        return square - (m2 + m1 * m1 * (2 * (size - 1)) + rest / 2) / divisor

    def constant(self, g: Real, b: Real) -> Real:
        """Return an upper bound of the part of degree 0."""
        numbers, lam, t, K = self.numbers, self.setting.lam, self.t, self.setting.K
        slope, end = self.a * numbers.sqrt(numbers.of(K - t)), 1 / numbers.sqrt(lam)
        peak = -numbers.largest(-slope * slope / (g * 4), -slope * end)  # each of the two is an upper bound
        trace = (t - 1 + (1 - 1 / (self.setting.D + K - t)) * (K - t)) / lam
        writing = self.top * numbers.sqrt(numbers.of(t)) * end / 2 if t > 1 else numbers.of(0)
        return peak + writing + g * b * trace

    @property
    def sides(self) -> tuple[Real, ...]:
        """The shares of ``|c|^2`` that lie on the writers, in parts of [0, 1]: E2 need not be convex in the share."""
        if self.t == 1:
            return (self.numbers.of(0),)
        return tuple(self.numbers.span(Fraction(i, SHARES), Fraction(i + 1, SHARES)) for i in range(SHARES))

    def second_moment(self, g: Real, y0: Real, side: Real) -> Real:
        """Return E2 at one pair (mean of Y, `side` the share of the writers in ``|c|^2``), the worst of the others."""
        return self.at_side(g, side)(y0)

    def at_side(self, g: Real, side: Real) -> Callable[[Real], Real]:
        """Return :meth:`second_moment` as a function of the mean of Y."""
        numbers, parts = self.numbers, (side, 1 - side)
        plain, high = self._collected(g, parts)

        def value(y0: Real) -> Real:
            whole = (1 - y0**2) / self.setting.lam
            squares, total = (1, whole, whole * whole), numbers.of(0)
            for (first, square), coefficient in plain.items():
                total = total + coefficient * y0**first * squares[square]
            slopes = [numbers.of(0)] * 4
            for (first, index), coefficient in high.items():
                slopes[index] = slopes[index] + coefficient * y0**first
            for index in {index for _, index in high}:
                slope, part = slopes[index], parts[index % 2] * whole
                if index < 2:
                    total = total + numbers.largest(slope, -slope) * part * numbers.sqrt(part)
                else:  # the fourth powers lie between 0 and part^2
                    total = total + numbers.largest(slope, numbers.of(0)) * part * part
            return total

        return value

    def _collected(self, g: Real, parts: tuple[Real, Real]) -> tuple[dict[tuple[int, int], Real], ...]:
        """Return the coefficients by the powers of the mean of Y and of ``|c|^2``, and those of the high power sums.

        The latter by the power of the mean and the index of the power sum: thirds of writers, of others, fourths.
        """
        plain: dict[tuple[int, int], Real] = {}
        high: dict[tuple[int, int], Real] = {}
        for factor, polynomial in zip((self.numbers.of(1), g * 2, g * g), self.polynomials, strict=True):
            for powers, coefficient in polynomial.items():
                first, term = powers[0], coefficient * factor / self.setting.moments.single[1] ** powers[0]
                for part, exponent in zip(parts, powers[1:3], strict=True):
                    term = term * part**exponent if exponent else term
                into, key = (
                    (high, (first, powers.index(1, 3) - 3)) if any(powers[3:]) else (plain, (first, sum(powers[1:3])))
                )
                into[key] = into[key] + term if key in into else term
        return plain, high

    def sampled(self, g: float, grid: Sequence[float]) -> float:
        """Return the largest E2 on a grid of means of Y: for searching with floats."""
        values, slopes, radii, middles = self._samples(tuple(grid))
        factors = np.array([1.0, 2 * g, g * g])
        slope = slopes @ factors
        return float((values @ factors + (np.abs(slope) * radii + slope * middles).sum(axis=0)).max())

    @lru_cache(maxsize=4)  # noqa: B019 - few objects, each with one grid
    def _samples(self, grid: tuple[float, ...]) -> tuple[Floats, Floats, Floats, Floats]:
        """Return, at every mean and share, the polynomials, the slopes in the four high powers, and their bounds."""
        y0, share = (axis.ravel() for axis in np.meshgrid(grid, np.array(self.sides, dtype=float)))
        whole = (1 - y0**2) / self.setting.lam
        parts = np.array([whole * share, whole * (1 - share)])
        sums = np.array([y0 / self.setting.moments.single[1], *parts])
        values, slopes = np.zeros((len(y0), 3)), np.zeros((4, len(y0), 3))
        for index, polynomial in enumerate(self.polynomials):
            for powers, coefficient in polynomial.items():
                term = coefficient * np.prod(sums ** np.array(powers[:3])[:, None], axis=0)
                if any(powers[3:]):
                    slopes[powers.index(1, 3) - 3, :, index] += term
                else:
                    values[:, index] += term
        half = parts**2 / 2  # the fourth powers lie between 0 and twice this
        return values, slopes, np.concatenate([parts**1.5, half]), np.concatenate([0 * half, half])


class _Expansion:
    """``E (Y B + n1 + g (Y^2 + n2))^2`` as polynomials in the power sums of c, for 1, ``2 g`` and ``g^2``.

    ``Y = sum c_i v_i``, ``B = sum alpha_i v_i``, ``n1 = sum c_i alpha_i 1_i``, ``n2 = sum c_i^2 1_i``. A monomial has
    the exponents of: the first powers over the others (over the writers they add up to 0), second powers (writers,
    others), third powers (writers, others), fourth powers (writers, others).
    """

    Y, B, n1, n2 = ("v", 1, 0), ("v", 0, 1), ("1", 1, 1), ("1", 2, 0)  # variable, exponent of c, exponent of alpha

    def __init__(self, setting: Setting, t: int, top: Real, a: Real, *, gates: bool = True) -> None:
        self.setting, self.t, self.top, self.a, self.gates = setting, t, top, a, gates
        self.cumulants: dict[tuple[int, int], Real] = {}

    def squares(self) -> tuple[Polynomial, Polynomial, Polynomial]:
        """Return the three polynomials."""
        first: list[tuple[tuple[str, int, int], ...]] = [(self.Y, self.B)]
        second: list[tuple[tuple[str, int, int], ...]] = [(self.Y, self.Y)]
        if self.gates:
            first.append((self.n1,))
            second.append((self.n2,))
        return self._product(first, first), self._product(first, second), self._product(second, second)

    def _product(self, left: list, right: list) -> Polynomial:  # type: ignore[type-arg]
        result: Polynomial = {}
        for one in left:
            for other in right:
                for partition in _partitions([*one, *other]):
                    for powers, value in self._blocks(partition).items():
                        result[powers] = result[powers] + value if powers in result else value
        return result

    def _blocks(self, partition: list) -> Polynomial:  # type: ignore[type-arg]
        """Return the product over the blocks of joint cumulant times power sum."""
        result: Polynomial = {(0,) * 7: self.setting.numbers.of(1)}
        for block in partition:
            cumulant = self._cumulant(
                sum(name == "v" for name, _, _ in block), sum(name == "1" for name, _, _ in block)
            )
            factor = self._power_sum(sum(c for _, c, _ in block), sum(alpha for _, _, alpha in block))
            product: Polynomial = {}
            for powers, value in result.items():
                for more, times in factor.items():
                    key = tuple(x + y for x, y in zip(powers, more, strict=True))
                    term = value * times * cumulant
                    product[key] = product[key] + term if key in product else term
            result = product
        return result

    def _power_sum(self, c: int, alpha: int) -> Polynomial:
        """Return ``sum c_i^c alpha_i^alpha``."""
        t, K = self.t, self.setting.K
        one = self.setting.numbers.of(1)
        top, low = (one if alpha == 0 else self.top**alpha), (one if alpha == 0 else (-self.a) ** alpha)
        if c == 0:
            return {(0,) * 7: top * t + low * (K - t)}
        if c == 1:
            return {_unit(0): low}
        return {_unit(2 * c - 3): top, _unit(2 * c - 2): low}

    def _cumulant(self, values: int, gates: int) -> Real:
        """Return the joint cumulant of `values` copies of relu(u) and `gates` copies of [u > 0]."""
        key = (values, gates)
        if key not in self.cumulants:
            names = ["v"] * values + ["1"] * gates
            total = self.setting.numbers.of(0)
            for partition in _partitions(names):
                term = self.setting.numbers.of((-1) ** (len(partition) - 1))
                for factor in range(1, len(partition)):
                    term = term * factor
                for block in partition:
                    term = term * self.setting.moments.positive(block.count("v"))
                total = total + term
            self.cumulants[key] = total
        return self.cumulants[key]


def _unit(index: int) -> Monomial:
    return tuple(int(index == i) for i in range(7))


def _partitions(items: list) -> Iterator[list]:  # type: ignore[type-arg]
    """Yield the partitions of a list into blocks."""
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for partition in _partitions(rest):
        yield [[first], *partition]
        for index, block in enumerate(partition):
            yield [*partition[:index], [first, *block], *partition[index + 1 :]]
