r"""How likely a start violates the inequalities that :mod:`ntkproofs.bounds.finite.drift` asks for.

Each event has the form ``mean or sum of m independent terms >= value`` and the bound ``exp(moment(l) - l scale
value)`` for every ``l > 0``: a function here returns ``moment`` and ``scale``. Symbols are those of
:mod:`ntkproofs.bounds.finite.linearised` and of `drift`; m is the number of pairs.

* *Least eigenvalue*, ``H >= (1 - drop) Hbar`` fails: the matrix Laplace transform of ``X = Hbar^(-1/2) N_r
  Hbar^(-1/2) >= 0``, ``E X = I``, whose second moment has two eigenvalues: ``E tr exp(sum) <= tr (E exp)^m`` with
  ``exp(-s) <= 1 - a s + b s^2`` for ``s >= 0``, the parabola that agrees at 0 and is tangent at x (the difference has
  three zeros there, and no more: its third derivative is ``exp(-s)``).
* *Gram matrix*, ``lambda_max(mean v v') > gram``: ``exp(l v v') = I + l v v' + v v' |v|^2 (exp(x) - 1 - x)/x^2``, ``x
  = l |v|^2``; as ``|v| <= |u| = R`` and the quotient increases, integrating out R gives ``E exp(l v v') <= I + l E v
  v' + C(l, 1) E |v|^2 v v'``.
* *Vectors*, ``|mean xi| >= value`` for a centred xi in N dimensions whose components ``omega . xi`` have parts of
  degree 0 and 2 at most ``M0`` and ``M2``: the change of measure on the sphere, ``moment = KL(z) + q - log det((1 + 2
  q/N) I - (2/N) m C V)/2``, ``C = C(l; M0, M2)``, ``V = E xi xi'``, ``scale = m p(z)``. Applied to the columns ``xi =
  P (N_r - Hbar) y^`` and ``xi = P (N_r - Hbar) b``, and to ``xi = Hbar^(-1/2) rho`` at margin 0 (K dimensions):
  ``mean rho = H (bh - beta)``, so that ``|bh - beta| <= |mean xi|/((1 - drop) lam^(1/2))``.
* *Label*, ``mean (y^ . v)^2 > value``: Bennett's bound in t dimensions with ``M = 1``.
* *Longest*, some ``|v|^2 > value``: chi-squared by coordinates, union over m.
* *Square*, ``Q(beta) > value``: ``E exp(l X) <= 1 + E X (exp(l M0) (1 - 2 l M2)^(-K/2) - 1)/(M0 + K M2)`` for X >= 0
  of degrees 0 and 2. (``E_R[exp(l X) - 1]/E_R X`` at a fixed direction, ``X = x0 + x2 R^2``, is an average of ``E[X
  exp(t X)]/E X``, which increases in x0 and x2: with ``y = x2/(1 - 2 t x2)`` it is ``exp(L) (x0 + K y)/(x0 + K x2)``,
  and ``d/dx0`` of its logarithm is ``t - K (y - x2)/((x0 + K y)(x0 + K x2)) >= t - 2 t/K``; in x2 all factors
  increase.)
* *Windows*. A density at 0 is at most ``phi(0) = (2 pi)^(-1/2)``: ``E exp(l X) - 1 <= phi(0) int (exp(l X(z)) - 1)
  dz``. The size of v enters through amax and blur: what matters of u besides z (or u_i) is independent of it, so for
  X increasing in ``|v|`` the expectation is ``X(s_0)`` plus increments times ``P(|v| > s_j)`` (chi-squared by
  coordinates; for ``z = u . x`` by convexity of ``exp(l |relu(.)|^2)`` in the part of u across x; ``|v| <= s_j +
  |z|``).

Source: derived here; the matrix bounds are Tropp's, the change of measure is the PAC-Bayesian one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from ntkproofs.bounds.finite.drift import Drift
from ntkproofs.bounds.finite.linearised import LinearisedBound
from ntkproofs.bounds.finite.numbers import Numbers, Real
from ntkproofs.bounds.finite.output_layer import BitClass, Setting, log_determinant

__all__ = ["Column", "Level", "StateBound", "Windows", "gram", "least_eigenvalue", "longest", "second_moments"]


def _fourth(setting: Setting) -> tuple[Real, Real]:
    """Return ``E v_i^2 |v|^2`` and ``E v_i v_k |v|^2``."""
    K, (m1, m2, m3, m4) = setting.K, setting.moments.single[1:]
    return m4 + m2 * m2 * (K - 1), m3 * m1 * 2 + m2 * m1 * m1 * (K - 2)


def second_moments(setting: Setting) -> tuple[Real, Real]:
    """Return the eigenvalues (along and across the all-ones vector) of ``E X^2``, ``X = Hbar^(-1/2) N_r Hbar^(-1/2)``.

    >>> from ntkproofs.bounds.finite.linearised import TangentSetting
    >>> from ntkproofs.bounds.finite.numbers import FLOATS
    >>> round(second_moments(TangentSetting(FLOATS, 5))[0], 3)
    4.618
    """
    K, lam, (m1, m2, m3, m4) = setting.K, setting.lam, setting.moments.single[1:]
    own, pair = _fourth(setting)
    own, pair = own + m2 * 2 + Fraction(1, 2), pair + m1 * m1 * 2  # of N_r^2 = diag(1_i) + 2 v v' + |v|^2 v v'
    # of (N_r 1)(N_r 1)', N_r 1 = 1_i + v_i V, V = sum v
    sums = m4 + m3 * m1 * (2 * (K - 1)) + m2 * (m2 * (K - 1) + m1 * m1 * ((K - 1) * (K - 2)))
    sums = sums + (m2 + m1 * m1 * (K - 1)) * 2 + Fraction(1, 2)
    cross = m3 * m1 * 2 + m2 * m2 * 2 + m2 * m1 * m1 * (4 * (K - 2))
    cross = cross + m1 * m1 * (m2 * (K - 2) + m1 * m1 * ((K - 2) * (K - 3)))
    cross = cross + (m1 * m1 + m2 / 2 + m1 * m1 * Fraction(K - 2, 2)) * 2 + Fraction(1, 4)
    diagonal, other = (own - sums / (setting.D + K)) / lam, (pair - cross / (setting.D + K)) / lam
    return (diagonal + other * (K - 1)) / (lam + setting.rest * K), (diagonal - other) / lam


def _trace(setting: Setting, pairs: int, along: Real, across: Real) -> Real:
    """Return ``log(along^m + (K - 1) across^m)``."""
    numbers = setting.numbers
    top, low = numbers.log(along), numbers.log(across)
    return top * pairs + numbers.log(1 + numbers.exp((low - top) * pairs) * (setting.K - 1))


def least_eigenvalue(setting: Setting, pairs: int, l: Real) -> Real:
    """Return the moment of the event that H is not at least ``(1 - drop) Hbar``; add ``l m (1 - drop)``."""
    numbers, values = setting.numbers, second_moments(setting)
    x = l * numbers.largest(*values)
    end = numbers.exp(-x)
    b = (1 - end - end * x) / x / x
    a = b * x * 2 + end
    along, across = (1 - a * l + b * l * l * value for value in values)
    return _trace(setting, pairs, along, across)


def gram(setting: Setting, pairs: int, l: Real) -> Real:
    """Return the moment of the largest eigenvalue of ``mean v v'``; the scale is m."""
    K, (own, pair), m2 = setting.K, _fourth(setting), setting.moments.single[2]
    C, rest = setting.bennett(l, setting.numbers.of(1)), setting.rest
    along = 1 + l * (m2 + rest * (K - 1)) + C * (own + pair * (K - 1))
    return _trace(setting, pairs, along, 1 + l * (m2 - rest) + C * (own - pair))


def _chi(numbers: Numbers, K: int, l: Real) -> Real:
    """Return ``log E exp(l |v|^2)``."""
    return numbers.log((1 + 1 / numbers.sqrt(1 - l * 2)) / 2) * K


def longest(setting: Setting, pairs: int, l: Real) -> Real:
    """Return the moment of the largest ``|v|^2`` of the pairs; the scale is 1."""
    return _chi(setting.numbers, setting.K, l) + setting.numbers.log(setting.numbers.of(pairs))


@dataclass(frozen=True)
class Spread:
    """A centred vector of parts of degree 0 and 2: eigenvalues of its covariance, ``M0``, ``M2``."""

    eigenvalues: tuple[tuple[int, Real], ...]  # with multiplicities
    M0: Real
    M2: Real

    def factor(self, setting: Setting, l: Real) -> Real:
        """Return C of Bennett's bound."""
        return setting.bennett(l, self.M2, self.M0)


def vector_moment(setting: Setting, pairs: int, spread: Spread, l: Real, z: Real, q: Real) -> tuple[Real, Real]:
    """Return the moment and ``p(z)`` for a vector of ``N = K - 1`` dimensions."""
    numbers, N = setting.numbers, setting.N
    p, divergence = setting.tilted(z)
    base, scale = 1 + q * 2 / N, spread.factor(setting, l) * pairs * 2 / N
    total = numbers.of(0)
    for count, value in spread.eigenvalues:
        total = total + numbers.log(base - scale * value) * count
    return divergence + q - total / 2, p


class Column:
    """The vector and scalar events of one column of targets with t ones."""

    def __init__(self, setting: Setting, t: int) -> None:
        self.setting, self.t, self.numbers = setting, t, setting.numbers
        m1, m2, m3, m4 = setting.moments.single[1:]
        self.mean = m2 + m1 * m1 * (t - 1)
        fourth = m4 * t + m3 * m1 * (4 * t * (t - 1)) + m2 * m2 * (3 * t * (t - 1))
        fourth = fourth + m2 * m1 * m1 * (6 * t * (t - 1) * (t - 2)) + m1**4 * (t * (t - 1) * (t - 2) * (t - 3))
        self.fourth = fourth / (t * t)

    def label_moment(self, pairs: int, l: Real) -> Real:
        """Return the moment of ``mean (y^ . v)^2``; the scale is m."""
        C = self.setting.bennett(l, self.numbers.of(1), dimension=self.t)
        return self.numbers.log(1 + l * self.mean + C * self.fourth) * pairs

    def open_moment(self, pairs: int, l: Real) -> Real:
        """Return the moment of the share of pairs with some ``u_i > 0`` where the target is 1; the scale is m."""
        chance = 1 - Fraction(1, 2**self.t)
        return self.numbers.log(1 + (self.numbers.exp(l) - 1) * chance) * pairs

    @cached_property
    def pull(self) -> Spread:
        """``P (N_r - Hbar) y^``: ``(y^ . v) P v + P (1_i y^_i)`` less its mean."""
        numbers, t, rest, others = self.numbers, self.t, self.setting.rest, self.setting.K - self.t
        m1, m2, m3, m4 = self.setting.moments.single[1:]
        lam = m2 - rest  # the variance of v_i
        values = []
        if others > 1:
            values.append((others - 1, self.mean * lam))
        values.append((1, self.mean * (lam + rest * others) - rest * rest * (t * others)))
        if t > 1:  # differences of two writers i, k: T_i = v_i Y + 1_i/sqrt(t), Y = sum v/sqrt(t)
            more = m2 * (t - 2) + m1 * m1 * ((t - 2) * (t - 3))
            own = m4 + m3 * m1 * (2 * (t - 1)) + m2 * (m2 * (t - 1) + m1 * m1 * ((t - 1) * (t - 2)))
            pair = m3 * m1 * 2 + m2 * m2 * 2 + m2 * m1 * m1 * (4 * (t - 2)) + m1 * m1 * more
            own = own + (m2 + m1 * m1 * (t - 1)) * 2 + Fraction(1, 2)
            pair = pair + (m2 / 2 + m1 * m1 + m1 * m1 * Fraction(t - 2, 2)) * 2 + Fraction(1, 4)
            values.append((t - 1, (own - pair) / t))
        M0 = numbers.sqrt(numbers.of(t * others)) * rest + (Fraction(1, 2) if t > 1 else 0)
        return Spread(tuple(values), M0, numbers.of(Fraction(1, 2)))

    @cached_property
    def bulk(self) -> Spread:
        """``P (N_r - Hbar) b``: ``1_i b_i + V P v``, V the sum of v over the s samples with target 0, less its mean."""
        numbers, t, rest, s = self.numbers, self.t, self.setting.rest, self.setting.K - self.t
        m1, m2, m3, m4 = self.setting.moments.single[1:]
        square = m2 * s + m1 * m1 * (s * (s - 1))  # E V^2
        more = m2 * (s - 2) + m1 * m1 * ((s - 2) * (s - 3))
        own = m4 + m3 * m1 * (2 * (s - 1)) + m2 * (m2 * (s - 1) + m1 * m1 * ((s - 1) * (s - 2)))
        pair = m3 * m1 * 2 + m2 * m2 * 2 + m2 * m1 * m1 * (4 * (s - 2)) + m1 * m1 * more
        own = own + (m2 + m1 * m1 * (s - 1)) * 2 + Fraction(1, 2)
        pair = pair + (m2 / 2 + m1 * m1 + m1 * m1 * Fraction(s - 2, 2)) * 2 + Fraction(1, 4)
        mu = self.setting.lam + rest * s
        values = [(1, own + (pair * (s - 1) if s > 1 else 0) - mu * mu * s)]
        if s > 1:
            values.append((s - 1, own - pair))
        if t > 1:
            values.append((t - 1, square * (m2 - rest)))
        size = numbers.sqrt(numbers.of(s))
        return Spread(tuple(values), size * numbers.largest(mu, 1 - mu), size)


# --- windows


@dataclass(frozen=True)
class Level:
    """A size s of v with ``P(|v| > s) <= exp(l-moment - l s^2)``."""

    size: Fraction
    l: Fraction


class Windows:
    """Closings and kinks of one column, by levels of ``|v|`` that increase and stay below the longest."""

    def __init__(self, drift: Drift, levels: Sequence[Level]) -> None:
        self.drift, self.numbers, self.setting = drift, drift.numbers, drift.setting
        self.sizes = [*(self.numbers.of(level.size) for level in levels), drift.spectrum.longest]
        self.chances = []
        for level, size in zip(levels, self.sizes[:-1], strict=True):
            l = self.numbers.of(level.l)
            self.chances.append(self.numbers.exp(_chi(self.numbers, self.setting.K, l) - l * size * size))
        self.peak = 1 / self.numbers.sqrt(self.numbers.pi() * 2)

    def _sizes_near(self, near: Real) -> list[Real]:
        """Return the sizes of v, enlarged by `near` except for the longest."""
        return [*(size + near for size in self.sizes[:-1]), self.sizes[-1]]

    def _layered(self, values: Sequence[Real], weight: Real | int = 1) -> Real:
        """Return a bound of ``E value(|v|)`` over an event of probability `weight`; `values` at the sizes of v."""
        total, zero, share = values[0] * weight, self.numbers.of(0), -self.numbers.of(1) * weight
        for low, high, chance in zip(values[:-1], values[1:], self.chances, strict=True):
            total = total - self.numbers.largest(high - low, zero) * self.numbers.largest(-chance, share)
        return total

    def _moment(self, value: Callable[[Real], Real], near: Real) -> Real:
        """Return the moment of X, whose exponential's excess integrates to ``value(size)`` if ``|v| <= size``."""
        values = [value(size) for size in self._sizes_near(near)]
        return self.numbers.log(1 + self.peak * self._layered(values)) * (self.drift.width // 2)

    def closing_moment(self, path: Real, l: Real, *, twice: bool = False, echo: bool = False) -> Real:
        """Return the moment of ``sqrt(w) G_i`` for a path of this length, the scale being sqrt(w).

        ``X = f (a t - u)+``, a = amax, ``f = a``, or ``f = t kappa/2`` for the echo; `twice` adds ``f (a t - 2 u)+``.
        """
        numbers = self.numbers

        def value(size: Real) -> Real:
            a = self.drift.amax(size)
            theta, k = a * path, l * (path * self.drift.kappa(size) / 2 if echo else a)
            if not twice:
                return (numbers.exp(k * theta) - 1) / k - theta
            # 2 theta - 3 u up to theta/2, theta - u from there on
            return (numbers.exp(k * theta * 2) + numbers.exp(k * theta / 2) * 2 - 3) / (k * 3) - theta

        return self._moment(value, path * 2)

    def cross_moment(self, path: Real, back: Real, l: Real) -> Real:
        """Return the moment of ``sqrt(w)`` times the closings by `back`, ``X = a (a t - u)+ [u < a back]``."""
        numbers, back = self.numbers, -self.numbers.largest(-back, -path)

        def value(size: Real) -> Real:
            a = self.drift.amax(size)
            k, turn = l * a, a * back
            return numbers.exp(k * a * path) * (1 - numbers.exp(-k * turn)) / k - turn

        return self._moment(value, path * 2)

    def turn_moment(self, path: Real, back: Real, l: Real) -> Real:
        """Return the moment of ``sqrt(w)`` times the reversals, ``X = a^2 back ([0 < u < a t] + [0 < u < a back])``."""
        numbers, short = self.numbers, -self.numbers.largest(-back, -path)

        def value(size: Real) -> Real:
            a = self.drift.amax(size)
            rise = numbers.exp(l * a * a * back)
            return (rise - 1) * a * (path - short) + (rise * rise - 1) * a * short

        return self._moment(value, path * 2)

    def share_moment(self, path: Real, l: Real) -> Real:
        """Return the moment of the share of pairs with ``0 < u_i < amax path``; the scale is m."""
        theta = self.drift.amax(self.sizes[-1]) * path
        return self.numbers.log(1 + self.peak * theta * (self.numbers.exp(l) - 1)) * (self.drift.width // 2)

    def kink_moment(self, kind: BitClass, e: Real, late: Real, l: Real) -> Real:
        """Return the moment of ``sqrt(w)`` times the kinks of a class.

        With one matching writer j, ``P(u_j > 0 | z) <= 1/2 + phi(0) z/sqrt(n - 1)`` for z > 0.
        """
        numbers, drift, half = self.numbers, self.drift, self.numbers.of(Fraction(1, 2))
        moves = drift.moves(kind, e, late)
        longest = drift.blur(self.sizes[-1])
        rows: list[list[Real]] = [[], [], []]
        for size in self._sizes_near(numbers.largest(*moves) + longest):
            k, blur = l * drift.amax(size), drift.blur(size)
            for row, move in zip(rows, moves, strict=True):
                window = move + blur
                row.append((numbers.exp(k * window) - 1) / k - window)
        if kind.p == 1:
            more = self.peak * (moves[0] + longest) / numbers.sqrt(numbers.of(kind.n - 1))
            total = self._layered(rows[0], half + more) + self._layered(rows[1], half)
        else:
            total = self._layered(rows[0])
        total = total + self._layered(rows[2])
        return numbers.log(1 + self.peak * total) * (drift.width // 2)


# --- states


class StateBound(LinearisedBound):
    """The regression of one state at its limit: ``rho`` with ``b = beta``, and the events about it."""

    def _margin(self, threshold: Fraction, slack: Real) -> Real:
        return self.numbers.of(0)

    @cached_property
    def suprema(self) -> tuple[Real, Real, Real]:
        """Bounds of ``|tau|``, of ``|zeta|/|u|``, and of ``|zeta| |Hbar^(-1/2) v| lam^(1/2)`` on the unit sphere.

        ``zeta = h - beta . v`` is at most ``(x - beta)+ . v`` and, as ``h >= x . u/2``, at least ``-sum max((beta_i -
        x_i/2)+ v_i, x_i/2 u_i-)``, as well as ``-(beta)+ . v``. With V the sum of v, ``|Hbar^(-1/2) v|^2 lam = |v|^2
        - V^2/E``, ``E = D + K``, and ``V (1 - V^2/E)^(1/2) <= E^(1/2)/2``.
        """
        numbers, zero = self.numbers, self.numbers.of(0)
        reach, squares, most = zero, [zero, zero], [zero, zero]
        for size, inside, beta in zip(self.sizes, self.inside, self.b, strict=True):
            if not size:
                continue
            x, pulled = self.root * inside, self.root * inside / 2
            reach = reach + numbers.largest(*(value * value for value in (x - beta, beta))) * size
            sides = (numbers.largest(x - beta, zero), numbers.largest(beta - pulled, pulled))
            squares = [square + side * side * size for square, side in zip(squares, sides, strict=True)]
            most = [numbers.largest(*pair) for pair in zip(most, (sides[0], beta), strict=True)]
        lengths = [numbers.sqrt(square) for square in squares]
        half = numbers.sqrt(self.setting.D + self.setting.K) / 2
        white = [-numbers.largest(-length, -top * half) for length, top in zip(lengths, most, strict=True)]
        return numbers.sqrt(reach), numbers.largest(*lengths), numbers.largest(*white)

    @cached_property
    def spread_of_rho(self) -> Spread:
        """``Hbar^(-1/2) rho``: eigenvalues on differences within a group, ``M0`` and ``M2``."""
        reach, _, white = self.suprema
        root, lam = self.numbers.sqrt(self.setting.lam), self.setting.lam
        values = tuple(
            (size - 1, (self.diagonal[g] - self.between[g][g]) / lam) for g, size in enumerate(self.sizes) if size > 1
        )
        return Spread(values, reach / root, white / root)

    def shift_moment(self, pairs: int, l: Real, z: Real, q: Real) -> tuple[Real, Real]:
        """Return the moment of ``|Hbar^(-1/2) mean rho|`` and p(z), in K dimensions; the scale is ``m p(z)``."""
        numbers, setting, K, spread = self.numbers, self.setting, self.setting.K, self.spread_of_rho
        p, divergence = setting.tilted(z, dimension=K)
        base, scale = 1 + q * 2 / K, spread.factor(setting, l) * pairs * 2 / K
        limits, forms = self.blocks()
        total = -log_determinant(numbers, limits)
        for count, value in spread.eigenvalues:
            total = total + numbers.log(base - scale * value) * count
        block = [[base * x - scale * y for x, y in zip(*rows, strict=True)] for rows in zip(limits, forms, strict=True)]
        return divergence + q - (total + log_determinant(numbers, block)) / 2, p

    def blocks(self) -> tuple[list[list[Real]], list[list[Real]]]:
        """Return the forms of Hbar and of ``E rho rho'`` on the indicators of the groups."""
        groups = [g for g in range(4) if self.sizes[g]]
        lam, rest, sizes = self.setting.lam, self.setting.rest, self.sizes
        limits = [[rest * (sizes[g] * sizes[h]) + (lam * sizes[g] if g == h else 0) for h in groups] for g in groups]
        return limits, [[self.form(g, h) for h in groups] for g in groups]

    def form(self, g: int, h: int) -> Real:
        """Return the sum of ``E rho_i rho_k`` over i in group g and k in group h."""
        if g != h:
            return self.between[g][h] * (self.sizes[g] * self.sizes[h])
        return self.diagonal[g] * self.sizes[g] + self.between[g][g] * (self.sizes[g] * (self.sizes[g] - 1))

    @cached_property
    def square_mean(self) -> Real:
        """``E Q(beta) = E[h^2 + gamma sum 1_i x_i^2] - beta . kbar``."""
        numbers, setting, n = self.numbers, self.setting, self.kind.n
        angle = numbers.pi() / 2 + numbers.atan(1 / numbers.sqrt(numbers.of(n - 1)))
        total = angle * setting.rest + Fraction(1, 2)
        matched = setting.matched(n)
        for size, inside, beta in zip(self.sizes, self.inside, self.b, strict=True):
            total = total - beta * (matched if inside else setting.rest) * size
        return total

    def square_moment(self, pairs: int, l: Real) -> Real:
        """Return the moment of ``Q(beta)``; the scale is m."""
        numbers, K, (reach, length, _) = self.numbers, self.setting.K, self.suprema
        M0, M2 = reach * reach, length * length
        ratio = (numbers.exp(l * M0 - numbers.log(1 - l * M2 * 2) * K / 2) - 1) / (M0 + M2 * K)
        return numbers.log(1 + self.square_mean * ratio) * pairs
