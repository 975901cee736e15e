r"""One finite network whose output layer is trained from zero: how likely an output bit is rounded wrong.

*Setting.* Width w, hidden weights ``u_r ~ N(0, I_K)`` that stay as drawn, output weights that start at 0, full-batch
gradient descent on the K basis vectors. With ``v = relu(u)``, ``G = mean v v'`` (mean over the w neurons) and
``k = mean v h``, ``h = relu(x . u)``, the trained network is ``f(x) = k' G^-1 y`` at convergence, y the 0/1 column of
targets of one output bit. Nothing is linearised and no Gaussian limit is used; the only randomness is u.

*Symbols.* A state x is the indicator of n samples over ``sqrt n``; y has t ones, p of them among the n. ``lam = 1/2 -
1/(2 pi)``, ``D = pi - 1``; the limits are ``Gbar = lam I + 1 1'/(2 pi)``, ``beta = Gbar^-1 kbar``, ``mu = beta . y``,
``alpha = Gbar^-1 y``, ``A0 = alpha . y = t (D + K - t)/(lam (D + K))``, ``a = t/(lam (D + K))`` (minus alpha off y).
``s`` is -1 for a bit that should be 1 (p >= 1), else +1.

*Reduction.* Let c minimise ``c' G c`` over ``y . c = A0``; write ``c = alpha + Gbar^(-1/2) delta`` with delta
orthogonal to ``Gbar^(-1/2) y``, a space of N = K - 1 dimensions. Then ``c' G`` is a multiple of ``y'``, so for every
``m``, with ``b = beta + s (m/A0) alpha`` and ``zeta = s (h - b . v)``, exactly ::

    s (f(x) - mu) >= m    iff    mean[ (c . v) zeta ] >= 0

(a singular G makes the right side an equality, hence counts as a failure). ``E v zeta = -(m/A0) y``. The vector delta
depends on y alone, not on the state.

*Each class (n, p, t), where |delta| < e.* For a unit vector omega let ``X(omega) = (alpha . v + r omega . Gbar^(-1/2)
v) zeta``, ``r = e/p(z)``. The Donsker-Varadhan inequality with the uniform prior on the sphere, the posterior tilted by
``exp(z omega . omega*)``, whose mean is ``p(z) omega*`` and whose divergence is ``z p - log Psi``, and the bound of
:func:`bennett` give ::

    P <= exp( KL(z) + w log(1 + t0) + q ) det( (1 + 2 q/N) I - (2/N) Q )^(-1/2)
    t0 = -l m + C alpha' W alpha,   W = E v v' zeta^2,   C = C(l, M(r)),   g = w C/(1 + t0)
    Q  = r^2 g W + 2 (r g)^2 (W alpha)(W alpha)'     on {c : y . c = 0}, relative to Gbar

for every ``l > 0`` with ``2 l M(r) < 1``, ``z > 0`` and every q that keeps the matrix positive definite.

Source: derived here; the change of measure is the PAC-Bayesian one, the moment bound is Bennett's for variables that
are homogeneous of degree 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, Self, TypeAlias

import numpy as np

from ntkproofs.bounds.finite.moments import Moments
from ntkproofs.bounds.finite.numbers import Numbers, Real
from ntkproofs.errors import InputError

__all__ = ["Sample", "BitClass", "ClassBound", "Parameters", "Setting", "log_determinant", "tilted"]

Sample: TypeAlias = tuple[int, int]  # group and number within it


@dataclass(frozen=True, order=True)
class BitClass:
    """What an output bit and a state have in common: n matches, p matched writers, t writers; 2 <= n, 1 <= t."""

    n: int
    p: int
    t: int


@lru_cache(maxsize=1 << 14)
def tilted(dimension: int, z: float) -> tuple[float, float]:
    """Return the mean and the divergence of the tilted uniform distribution in floats, see :meth:`Setting.tilted`."""
    k = np.arange(1, int(z) + 60)
    logs = np.cumsum(2 * math.log(z) - np.log(2 * k * (dimension + 2.0 * k - 2)))
    top = max(0.0, float(logs.max()))
    terms = np.exp(logs - top)
    value = math.exp(-top) + float(terms.sum())
    p = float((2 * k * terms).sum()) / z / value
    return p, z * p - math.log(value) - top


@dataclass(frozen=True)
class Parameters:
    """Free parameters of the bound of one class: any values give a bound, good values a small one."""

    l: Fraction
    z: Fraction
    q: Fraction
    cover: tuple[tuple[int, Fraction], ...]  # see ClassBound.supremum: (largest number of the block, mu)


class Setting:
    """The constants of K samples: limits, moments and the functions that every class shares.

    The limit kernel of a sample and itself is `own`, of two different samples ``1/(2 pi)``; of a unit vector x and a
    sample at cosine c it is ``(sqrt(1 - c^2) + layers (pi - arccos c) c)/(2 pi)``.
    """

    own, layers = Fraction(1, 2), 1

    def __init__(self, numbers: Numbers, samples: int) -> None:
        if samples < 2:
            raise InputError(f"a network needs 2 samples or more, got {samples}")
        self.numbers, self.K, self.N = numbers, samples, samples - 1
        self.moments = Moments(numbers)
        self.stored: dict[Any, Any] = {}  # what was computed with this setting before
        pi = numbers.pi()
        self.rest = 1 / (pi * 2)  # the limit kernel of two different samples
        self.lam = numbers.of(self.own) - self.rest
        self.D = pi * (2 * self.own) - 1

    def tilted(self, z: Real, *, dimension: int | None = None) -> tuple[Real, Real]:
        """Return ``p(z) = Psi'(z)/Psi(z)`` and the divergence ``z p - log Psi(z)`` of the tilted uniform distribution.

        ``Psi(z) = E exp(z omega_1)``, omega uniform on the unit sphere of N dimensions (or those given), is the series
        of ``(z/2)^(2 k) / (k! (N/2) (N/2 + 1) ... (N/2 + k - 1))``. What a Fraction gives is stored.
        """
        numbers, N = self.numbers, self.N if dimension is None else dimension
        if isinstance(z, float):
            return tilted(N, z)
        if isinstance(z, Fraction):
            if ("tilted", N, z) not in self.stored:
                self.stored["tilted", N, z] = self.tilted(numbers.of(z), dimension=N)
            result: tuple[Real, Real] = self.stored["tilted", N, z]
            return result
        y = z * z / 4
        term, value, slope, scale, k = numbers.of(1), numbers.of(1), numbers.of(0), 0, 0
        while True:
            k += 1
            ratio = y / (Fraction(N, 2) + k - 1) / k
            term = term * ratio
            value, slope = value + term, slope + term * (2 * k)
            if numbers.negligible(term, value) and numbers.negligible(ratio * 2, numbers.of(1), bits=0):
                rest = numbers.between(0, term * 2)  # the ratios that follow are below 1/2
                value, slope = value + rest, slope + rest * (4 * k)
                break
            if numbers.huge(value):
                factor = Fraction(1, 2**256)
                term, value, slope, scale = term * factor, value * factor, slope * factor, scale + 256
        p = slope / z / value
        return p, z * p - numbers.log(value) - numbers.log(numbers.of(2)) * scale

    def matched(self, n: int) -> Real:
        """Return the limit kernel of a state with n matches and a matching sample."""
        numbers, root = self.numbers, 1 / self.numbers.sqrt(self.numbers.of(n))
        angle = numbers.pi() / 2 + numbers.atan(1 / numbers.sqrt(numbers.of(n - 1)))  # pi - arccos(n^(-1/2))
        return (numbers.sqrt(numbers.of(Fraction(n - 1, n))) + angle * root * self.layers) * self.rest

    def bennett(self, l: Real, M: Real, constant: Real = 0, *, dimension: int | None = None) -> Real:
        """Return C: ``E exp(l X) <= 1 + l E X + C E X^2`` for X = X0 + X2, X0 <= `constant`, ``X2 <= M`` on the sphere.

        X0 is homogeneous of degree 0, X2 of degree 2, in K >= 2 standard normal variables (or the `dimension` given;
        any dimension if X0 = 0)::

            C = ( exp(l M0) (1 - 2 l M)^(-K/2) - 1 - l (M0 + K M) ) / ( M0^2 + 2 K M0 M + K (K + 2) M^2 )

        *Proof.* At a fixed direction ``X = x0 + x2 R^2``, ``R^2`` chi-squared; C is the ratio of ``E (exp(l X) - 1 -
        l X)`` and ``E X^2``; it increases in x0 and x2 (see :mod:`ntkproofs.bounds.finite.linearised`). Integrate over
        the directions.
        """
        numbers, K = self.numbers, self.K if dimension is None else dimension
        power = numbers.exp(l * constant - numbers.log(1 - l * M * 2) * K / 2)
        square = constant * constant + constant * M * (2 * K) + M * M * (K * (K + 2))
        return (power - 1 - l * (constant + M * K)) / square


class ClassBound:
    """The bound for one class (n, p, t): the groups of samples, second moments and suprema.

    Groups, in this order: matching writers, matching others, further writers, the rest; `sizes` of them, whether they
    match (`inside`) and whether they write (`labels`).
    """

    def __init__(self, setting: Setting, kind: BitClass, threshold: Fraction, slack: Real) -> None:
        self.setting, self.kind, self.numbers = setting, kind, setting.numbers
        n, p, t, K = kind.n, kind.p, kind.t, setting.K
        if not (2 <= n <= K and 1 <= t <= K and 0 <= p <= min(n, t) and n - p <= K - t):
            raise InputError(f"no bit of {K} samples has n = {n}, p = {p}, t = {t}")
        numbers, lam, D = self.numbers, setting.lam, setting.D
        self.sizes = (p, n - p, t - p, K - n - t + p)
        self.inside, self.labels = (1, 1, 0, 0), (1, 0, 1, 0)
        self.sign = -1 if p else 1
        self.root = 1 / numbers.sqrt(numbers.of(n))  # the entries of x
        self.a = numbers.of(t) / (lam * (D + K))
        self.alpha = tuple((1 / lam - self.a) if label else -self.a for label in self.labels)
        self.A0 = self.alpha[0] * t
        matched = setting.matched(n)
        shift = (matched * n + setting.rest * (K - n)) / (D + K)
        limits = tuple(((matched if inside else setting.rest) - shift) / lam for inside in self.inside)
        self.limits = limits
        self.mean = limits[0] * p + limits[2] * (t - p)
        self._set_margin(self._margin(threshold, slack))
        self._weigh(self._entries())

    @classmethod
    def searched(cls, setting: Setting, kind: BitClass, threshold: Fraction, slack: Real) -> Self:
        """Return the bound in floats, the second moments interpolated from those that the setting stores for the class.

        They are quadratic in the margin. For searching: nothing certified may be computed so.
        """
        if (cls, kind) not in setting.stored:
            first = cls(setting, kind, threshold, slack)
            nodes = [first._with_margin(margin)._entries() for margin in (-1.0, 0.0, 1.0)]
            parts = {
                key: (value, (nodes[2][key] - nodes[0][key]) / 2, (nodes[2][key] + nodes[0][key]) / 2 - value)
                for key, value in nodes[1].items()
            }
            setting.stored[cls, kind] = (first, parts)
        first, parts = setting.stored[cls, kind]
        result: Self = first._with_margin(first._margin(threshold, slack))
        x = result.margin
        result._weigh({key: c0 + (c1 + c2 * x) * x for key, (c0, c1, c2) in parts.items()})
        return result

    def _with_margin(self, margin: Real) -> Self:
        """Return the bound of the same class with another margin, without second moments."""
        result = copy(self)
        for name in ("forms", "constants"):
            result.__dict__.pop(name, None)
        result._set_margin(margin)
        return result

    def _set_margin(self, margin: Real) -> None:
        self.margin = margin
        step = margin * self.sign / self.A0
        self.b = tuple(limit + step * alpha for limit, alpha in zip(self.limits, self.alpha, strict=True))

    def _margin(self, threshold: Fraction, slack: Real) -> Real:
        return self.sign * (self.numbers.of(threshold) - self.mean) - slack

    # --- second moments

    def _power(self, exponents: dict[Sample, int], q: int) -> Real:
        """Return ``E prod v_i^(e_i) (sqrt(n) h)^q`` for one representative i of each (group, number) named."""
        inner = tuple(exponent for (group, _), exponent in exponents.items() if q and self.inside[group])
        outer = tuple(exponent for (group, _), exponent in exponents.items() if not (q and self.inside[group]))
        return self.setting.moments.product(self.kind.n, q, inner, outer)

    def _entry(self, first: Sample, second: Sample) -> Real:
        """Return ``E v_i v_k (h - b . v)^2`` for two samples, named by group and number within it."""
        base: dict[Sample, int] = {}
        for sample in (first, second):
            base[sample] = base.get(sample, 0) + 1
        square = self._power(base, 2) * self.root * self.root
        cross = self.numbers.of(0)
        for group, size in enumerate(self.sizes):
            named = [sample for sample in base if sample[0] == group]
            for sample in named:
                cross = cross + self.b[group] * self._power({**base, sample: base[sample] + 1}, 1)
            if size > len(named):
                cross = cross + self.b[group] * (size - len(named)) * self._power({**base, (group, -1): 1}, 1)
        return square - cross * self.root * 2 + self._quadratic(base)

    def _quadratic(self, base: dict[tuple[int, int], int]) -> Real:
        """Return ``E v_i v_k (b . v)^2``."""
        m, numbers = self.setting.moments.single, self.numbers
        total, squares = numbers.of(0), numbers.of(0)
        for group, size in enumerate(self.sizes):
            free = size - sum(sample[0] == group for sample in base)
            total, squares = total + self.b[group] * free, squares + self.b[group] * self.b[group] * free
        mean, second = total * m[1], squares * (m[2] - m[1] * m[1]) + total * total * m[1] * m[1]
        b = [self.b[group] for group, _ in base]
        if len(b) == 1:
            return b[0] * b[0] * m[4] + b[0] * mean * m[3] * 2 + second * m[2]
        ends = (b[0] * b[0] + b[1] * b[1]) * m[3] * m[1] + b[0] * b[1] * m[2] * m[2] * 2
        return ends + (b[0] + b[1]) * m[2] * m[1] * mean * 2 + second * m[1] * m[1]

    def _entries(self) -> dict[tuple[int, int, int], Real]:
        """Return W by groups: the entries ``(g, 0, g)`` on the diagonal, ``(g, 1, h)`` for different samples."""
        groups, result = [g for g in range(4) if self.sizes[g]], {}
        for g in groups:
            result[g, 0, g] = self._entry((g, 0), (g, 0))
            for other in groups:
                if other < g or (other == g and self.sizes[g] > 1):
                    result[g, 1, other] = self._entry((g, 0), (other, 1 if g == other else 0))
        return result

    def _weigh(self, entries: Mapping[tuple[int, int, int], Real]) -> None:
        """Set W by groups: `diagonal`, `between` (different samples), ``W alpha``, and ``alpha' W alpha``."""
        groups = [g for g in range(4) if self.sizes[g]]
        zero = self.numbers.of(0)
        self.diagonal = [entries.get((g, 0, g), zero) for g in range(4)]
        self.between = [[entries.get((max(g, h), 1, min(g, h)), zero) for h in range(4)] for g in range(4)]
        self.pull = [zero] * 4
        for g in groups:
            total = self.alpha[g] * (self.diagonal[g] - self.between[g][g])
            for other in groups:
                total = total + self.alpha[other] * self.between[g][other] * self.sizes[other]
            self.pull[g] = total
        self.spread = zero
        for g in groups:
            self.spread = self.spread + self.alpha[g] * self.pull[g] * self.sizes[g]

    # --- suprema

    def supremum(self, r: Real, cover: tuple[tuple[int, Fraction], ...]) -> Real:
        """Return M(r), an upper bound of ``(alpha . v + r |P Gbar^(-1/2) v|) zeta`` on the unit sphere of u.

        *Factor.* With ``Y = (sum of v over the writers)/sqrt t``, V the sum over the others, and R the length of all of
        v but its component Y: ``alpha . v = A0/sqrt t Y - a V`` and ``|P Gbar^(-1/2) v|^2 = (R^2 - V^2/(D + K -
        t))/lam``. *Zeta.* ``b . v - h`` is bounded with ``h >= mu x . u`` for any mu in [0, 1], ``h - b . v`` with ``h
        <= x . v``. Both factors are then linear in lengths of orthogonal parts of u, and the supremum of a product ``(p
        . e)(q . e)`` over unit vectors e is ``(|p| |q| + p . q)/2``.

        The best mu depends on how many of the matching samples that do not write have u > 0, from 0 to ``sizes[1]``.
        `cover` splits these numbers into blocks, each given by its largest number and its mu; the last one ends in
        ``sizes[1]``. A block is bounded by its largest number of positive, and of negative, coordinates.
        """
        bounds, least = [self.above(r)], 0
        for most, mu in cover:
            if not (least <= most <= self.sizes[1] and 0 <= mu <= 1):
                raise InputError(f"a block from {least} to {most} with mu = {mu} covers nothing")
            bounds.append(self.below(r, least, most, self.numbers.of(mu)))
            least = most + 1
        if least != self.sizes[1] + 1:
            raise InputError(f"the blocks end in {least - 1}, not in {self.sizes[1]}")
        return self.numbers.largest(*bounds)

    def _product(self, p: Sequence[Real], q: Sequence[Real]) -> Real:
        """Return the supremum of ``(p . e)(q . e)`` over unit vectors e."""
        numbers = self.numbers
        dot = sum((x * y for x, y in zip(p, q, strict=True)), start=numbers.of(0))
        lengths = [numbers.sqrt(sum((x * x for x in vector), start=numbers.of(0))) for vector in (p, q)]
        return (lengths[0] * lengths[1] + dot) / 2

    def _positive(self, value: Real) -> Real:
        return self.numbers.largest(value, self.numbers.of(0))

    def _writers(self, first: Real, second: Real) -> tuple[Real, Real]:
        """Return the coefficients of Y and of the rest of the writers' part, for coefficients of the two groups."""
        numbers, p, t = self.numbers, self.kind.p, self.kind.t
        along = (first * p + second * (t - p)) / numbers.sqrt(numbers.of(t))
        gap = first - second
        return along, gap * gap * Fraction(p * (t - p), t)

    def below(self, r: Real, least: int, positive: int, mu: Real) -> Real:
        """Return the bound where ``b . v > h``, if `least` to `positive` of the matching non-writers have u > 0."""
        numbers, (p, others, _, rest), t = self.numbers, self.sizes, self.kind.t
        reach, pulled = r / numbers.sqrt(self.setting.lam), self.root * mu
        along, across = self._writers(self.b[0] - pulled, self.b[2])
        outer, inner = self._positive(self.b[3]), self._positive(self.b[1] - pulled)
        square = across + inner * inner * positive + outer * outer * rest
        zero = numbers.of(0)
        if self.sign > 0:  # zeta = h - b . v < 0: the other factor is negative too, at most a V + reach R
            sides = (inner * numbers.sqrt(numbers.of(positive)), outer * numbers.sqrt(numbers.of(rest)))
            other = self._positive(along) ** 2 + pulled * pulled * (others - least)
            length = numbers.sqrt(square + other)
            sums = self._product(
                (self.a * numbers.sqrt(numbers.of(positive)), self.a * numbers.sqrt(numbers.of(rest)), zero),
                (*sides, numbers.sqrt(other)),
            )
            return sums + reach * (length + numbers.sqrt(square)) / 2
        bounds = []
        for writing in range(p + 1):  # matching writers with u > 0
            support = writing + t - p
            share = Fraction(t - support, t)
            slope = self.alpha[0] * numbers.sqrt(numbers.of(support)) + reach * numbers.sqrt(numbers.of(share))
            negative = numbers.sqrt(pulled * pulled * (others - least + p - writing))
            if support < t:  # Y in terms of the unit vector of the support
                first = self.b[0] - pulled
                total = first * writing + self.b[2] * (t - p)
                along_here = total / numbers.sqrt(numbers.of(support)) if support else zero
                gap = first - self.b[2]
                here = gap * gap * (Fraction(writing * (t - p), support) if support else 0)
                squares = here + inner * inner * positive + outer * outer * rest
            else:
                along_here, squares = along, square
            bounds.append(self._product((slope, reach, zero), (along_here, numbers.sqrt(squares), negative)))
        return numbers.largest(*bounds)

    def above(self, r: Real) -> Real:
        """Return the bound where ``h > b . v``."""
        numbers, (_, others, _, rest), t = self.numbers, self.sizes, self.kind.t
        reach = r / numbers.sqrt(self.setting.lam)
        inner, outer = self._positive(self.root - self.b[1]), self._positive(-self.b[3])
        slope = self.A0 / numbers.sqrt(numbers.of(t))
        if self.sign > 0:
            along, across = self._writers(self.root - self.b[0], -self.b[2])
            square = across + inner * inner * others + outer * outer * rest
            return self._product((slope, reach), (along, numbers.sqrt(square)))
        # -(alpha . v) + reach ... and h - b . v are at most a V + reach rho - slope Y and most V + line Y, as the sum
        # over the writers is sqrt(t) Y; (a V + reach rho) V <= G rho^2 with rho^2 = R^2 - V^2/E
        most = numbers.of(0)
        if others or rest:
            most = numbers.largest(*[value for value, size in ((inner, others), (outer, rest)) if size])
        line, E = (
            self._positive(self.root - self.b[0]) * numbers.sqrt(numbers.of(t)),
            self.setting.D + (self.setting.K - t),
        )
        G = most * (self.a * E + numbers.sqrt(self.a * self.a * E * E + reach * reach * E)) / 2
        cross = line * reach + numbers.sqrt(numbers.of(others + rest)) * self._positive(line * self.a - slope * most)
        return (G + numbers.sqrt(G * G + cross * cross)) / 2

    # --- the bound

    def moment_factor(self, l: Real, r: Real, M: Real) -> Real:
        """Return C with ``E exp(l X(omega)) <= 1 + l E X(omega) + C E X(omega)^2`` for every unit vector omega."""
        return self.setting.bennett(l, M)

    def at_width(self, e: Real, parameters: Parameters) -> Callable[[int], Real]:
        """Return, as a function of the width, a bound of ``log P(the bit is on the wrong side, |delta| < e)``."""
        numbers, setting = self.numbers, self.setting
        if parameters.l <= 0 or parameters.z <= 0:
            raise InputError(f"l and z of a class are positive, got {parameters.l} and {parameters.z}")
        l, q = numbers.of(parameters.l), numbers.of(parameters.q)
        tilt, divergence = setting.tilted(parameters.z)
        r = numbers.upper(e / tilt)
        M = numbers.upper(self.supremum(r, parameters.cover))
        C = numbers.upper(self.moment_factor(l, r, M))
        t0 = numbers.upper(C * self.spread - l * self.margin)
        log, factor = numbers.log(1 + t0), C / (1 + t0)
        return lambda width: log * width + divergence + self._averaged(factor * width, r, q)

    def log_probability(self, width: int, e: Real, parameters: Parameters) -> Real:
        """Return an upper bound of the logarithm of ``P(the bit is on the wrong side, |delta| < e)``."""
        return self.at_width(e, parameters)(width)

    def _averaged(self, g: Real, r: Real, q: Real) -> Real:
        """Return ``q - log det((1 + 2 q/N) I - (2/N) Q) / 2``, a bound of ``log E exp(omega' Q omega)``.

        The space ``{c : y . c = 0}`` splits into differences within a group, on which the operator is a number, and
        vectors that are constant on groups.
        """
        numbers, N, forms = self.numbers, self.setting.N, self.forms
        base, scale, pull = 1 + q * 2 / N, g * r * r * 2 / N, g * r * 2
        total = -forms.limit_determinant
        for count, ratio in forms.differences:
            total = total + numbers.log(base - scale * ratio) * count
        size = range(len(forms.limit))
        matrix = [
            [
                base * forms.limit[i][j] - scale * forms.weight[i][j] - pull * pull * forms.pull[i] * forms.pull[j] / N
                for j in size
            ]
            for i in size
        ]
        return q - (total + log_determinant(numbers, matrix)) / 2

    @cached_property
    def forms(self) -> _Forms:
        """The quadratic forms of Gbar, W and W alpha on the vectors of :meth:`_group_vectors`."""
        vectors, numbers, lam = self._group_vectors(), self.numbers, self.setting.lam
        limits = self._form(vectors, [lam] * 4, [[self.setting.rest] * 4] * 4)
        rest = [self.diagonal[g] - self.between[g][g] for g in range(4)]
        weights = self._form(vectors, rest, self.between)
        pull = [sum((self.pull[g] * vector[g] for g in vector), start=numbers.of(0)) for vector in vectors]
        differences = tuple((size - 1, rest[g] / lam) for g, size in enumerate(self.sizes) if size > 1)
        return _Forms(limits, weights, pull, differences, log_determinant(numbers, limits))

    def _form(
        self, vectors: list[dict[int, int]], diagonal: Sequence[Real], between: Sequence[Sequence[Real]]
    ) -> list[list[Real]]:
        """Return the form of the matrix with entries `between`, and `diagonal` added to its diagonal, by groups."""
        values = [[self.numbers.of(0)] * len(vectors) for _ in vectors]
        for i, x in enumerate(vectors):
            for j, z in enumerate(vectors[: i + 1]):
                total = values[i][j]
                for g, first in x.items():
                    if g in z:
                        total = total + diagonal[g] * (first * z[g]) / self.sizes[g]
                    for h, second in z.items():
                        total = total + between[g][h] * (first * second)
                values[i][j] = values[j][i] = total
        return values

    def _group_vectors(self) -> list[dict[int, int]]:
        """Return a basis of the vectors that are constant on each group and orthogonal to the labels.

        Each is given by the sums of its entries over the groups where it is not 0.
        """
        vectors = [{g: self.sizes[g]} for g in (1, 3) if self.sizes[g]]
        if self.sizes[0] and self.sizes[2]:
            vectors.append({0: 1, 2: -1})
        return vectors


@dataclass(frozen=True)
class _Forms:
    """Forms of one class by group-constant vectors, and the eigenvalues on differences with their multiplicities."""

    limit: list[list[Real]]
    weight: list[list[Real]]
    pull: list[Real]
    differences: tuple[tuple[int, Real], ...]
    limit_determinant: Real


def log_determinant(numbers: Numbers, matrix: list[list[Real]]) -> Real:
    """Return the logarithm of the determinant of a positive definite matrix, by elimination; refused otherwise."""
    rows = [list(row) for row in matrix]
    total = numbers.of(0)
    for i, pivot in enumerate(rows):
        total = total + numbers.log(pivot[i])
        for row in rows[i + 1 :]:
            factor = row[i] / pivot[i]
            for j in range(i, len(rows)):
                row[j] = row[j] - factor * pivot[j]
    return total
