r"""How far training all layers moves a network from its linearisation: a deterministic statement about one start.

*Setting.* m pairs of neurons ``(a, u) = (+1, u), (-1, u)``, ``w = 2 m``, ``f(x) = w^(-1/2) sum a relu(u . x)``, unit vectors x with
entries ``>= 0``, samples ``e_1, ..., e_K``, targets y with t ones, full-batch gradient descent of step eta on half the sum of
squares. With ``e(k) = f(X) - y``, ``c(k) = (eta/sqrt(w)) e(k)`` and ``E(k) = sum_(l<k) c(l)`` a step is ``u_i -= a c_i [u_i > 0]``, ``a -= c .
relu(u)``. ``v = relu(u)``, ``h_0(x) = k`` and ``H`` of :mod:`ntkproofs.bounds.finite.linearised` belong to the start, ``y^ = y/sqrt(t)``, P projects
onto ``{c : y . c = 0}``, ``P 1 =: b`` is the indicator of the samples with target 0, ``mu = lam + (K - t)/(2 pi)``.

*Identity.* ``D_k(x) = f_k(x) + sqrt(w) h_0(x) . E(k)`` satisfies exactly ``e(k+1) = (I - eta H) e(k) + D_(k+1)(X) - D_k(X)`` and, with ``bh =
H^-1 h_0(x)``, ``f_T(x) - h_0(x)' H^-1 y = D_T(x) - bh . D_T(X) + bh . e(T)``.

*Path.* Suppose ``l0 I <= H <= I/eta``, ``y' H^-1 y <= R A0``. Let ``e'(k) = -(I - eta H)^k y``. As ``I - eta H >= 0``, ``y . e'(k) <= 0``, and ``sum eta
|y^ . e'| <= R A0/sqrt(t)``. ``P e'`` obeys ``b(k+1) = (I - eta M) b(k) - eta h (y^ . e'(k))``, ``M = P H P``, ``h = P H y^``, so ``sum eta |P e'| <= (sum eta
|y^ . e'|) S(h)``, ``S(x) = sum eta |(I - eta M)^k x|``: a norm, ``S(x) <= |x|/l0``. Comparing with ``(1 - eta mu)^k`` on b: ``mu S(b) <= |b| + |P (H -
Hbar) b|/l0``. With ``|h - sqrt(t) b/(2 pi)| <= e_h``, ``|P (H - Hbar) b| <= e_b``::

    S(h) <= nom + dev,   nom = sqrt(t (K - t))/(2 pi mu),   dev = (e_h + sqrt(t) e_b/(2 pi mu))/l0

Finally ``sum eta |e - e'| <= V/l0`` where ``V >= sum |D_(k+1)(X) - D_k(X)|``. So with a number ``rest >= V/(l0 sqrt(w))`` ::

    sum |y^ . c| <= sy = R A0/sqrt(t w) + rest,    sum |P c| <= st = (nom + dev) R A0/sqrt(t w) + rest,   S = sy + st

All that follows holds up to step k if the sums up to k - 1 obey this, and V up to k follows from it: induction over k.

*Pairs.* Let ``uh_i = u_i - sum a(l) c_i(l)`` where ``u_i > 0`` (as if a coordinate never closed), ``o_i = relu(u_i) - uh_i``. ``o_i`` is 0 until ``u_i``
gets ``<= 0``; then it stays closed and ``|o_i|`` and the variation of ``o_i`` are at most ``b_i = (amax t_i - u_i)+``, ``t_i`` the path length of
``c_i``, because ``amax`` times the path until then is ``u_i`` and what uh overshoots; what is left of the path of ``c_i`` is at most
``b_i/amax``. If both members of a pair close, the second has used ``2 u_i/amax`` (``amax < 2`` keeps the signs of a): the two b together are at
most ``(amax t_i - u_i)+ + (amax t_i - 2 u_i)+``. Let ``A, 1 + B`` be half sum and half difference of a over a pair, ``p, d`` those of ``uh - v``, ``oA,
oB`` of o::

    A -= c . (v + p + oA),   p -= A c,      B -= c . (d + oB),   d -= (1 + B) c         (p, d on coordinates with u_i > 0)

Each is a sum over impulses ``|c . v| + |c . oA|`` (or 1 at the start, ``|c . oB|``), carried on by products of matrices ``[[1, x], [x, 1]]`` whose
entries are at most cosh and sinh of the sum of the x. With ``vy = y^ . v``, ``vt = |P v|`` or, in mean square over the neurons, ``L = lambda_max(mean v
v')^(1/2)`` (each step's c is common to all neurons), ``C = cosh S``, and ``be >= sum |c . oA|, sum |c . oB|`` ::

    nu = sy vy + st vt                                    |A| <= C (nu + be)
    P0 = vy sy (sy/2 + st) + vt st (st/2 + sy)            |p| <= C (P0 + be S)
    T0 = vy sy (sy^2/6 + sy st/2 + st^2/2) + vt st (st^2/6 + st sy/2 + sy^2/2)        |A + v . E| <= be + C (T0 + be S^2/2)
    |1 + B| <= (1 + be) C,  |d| <= (1 + be) sinh S,   |(1 + B) d + E| <= (1 + be)^2 sinh S cosh S - S,     amax <= C (1 + nu + 2 be)

(sums over ordered steps: ``sum_(l<l') x(l) x(l') <= X^2/2``, three of them ``X^3/6``.) ``be = sum_i (b_i+^2 + b_i-^2)/(2 amax) <= amax S^2 <= 2 S^2``.

*Smooth part.* Where ``z = u . x > 0`` the pair's part of ``sqrt(w) D(x)``, kinks and closings apart, is ``2 ((A + v . E) z + A p . x + ((1 + B) d
+ E) . x)``. Together with X, ``tau_i = 1_i (gamma x_i - bh_i)``, it is ``(A + v . E)(h - bh . v) + (A p + (1 + B) d + E) . tau``. As bh minimises ``Q(b) = mean[(h
- b . v)^2 + |1_i (gamma x_i - b_i)|^2]``, with ``Q(beta) <= Theta``, ``|tau| <= reach``, ``c0 = sinh S cosh S - S``::

    |D(x) - bh . D(X)| <= sqrt(w) ( sqrt(Theta) |(C T0, c0)| + reach C^2 nu P0 ) + (1 + |bh|) kappa W        (T0, nu, P0 in mean square)
    kappa = V (1 + C S^2/2) + C^2 S (2 nu + be) + (2 + be) sinh S cosh S,    W >= w^(-1/2) sum over pairs of 2 be        (|v| <= V)

*Closings.* A member of a pair errs at x and at X together by at most ``amax b_i max(|x_i - bh_i|, |bh_i|)``: relu is 1-Lipschitz, and o_i is a jump
followed by the movement that u_i misses. Let ``G_i = w^(-1/2) sum over pairs of amax ((amax t_i - u_i)+ + (amax t_i - 2 u_i)+) [u_i > 0]`` be at most `writer` for
t_i = sy/sqrt(t) + st (sy if t = 1), and `other` for t_i = s1 = nom/sqrt(K - t) ... + dev ... + rest where the target is 0. Since ``(x - u)+ <= (x/X)
(X - u)+`` for ``x <= X`` and the vector of these t_i has length ``<= st``, the vector of the G_i has length ``<= other st/s1``.

*Variation and decay.* ``V <= sqrt(w) (C L T0 + C^2 nu P0 + c0) + kappa W + 2 |(sqrt(t) writer, other st/s1)|``. In one step ``|D_(k+1)(X) - D_k(X)| <= eta
|e(k)| Lip``, hence ``|e(T)| <= sqrt(t) (1 - eta (l0 - Lip))^T``::

    Lip = L (p + o) + (nv + p + o) p + A^2 + (1 + be)^2 C^2 - 1 + (s + o) s + (nv + 2 S) o + amax^2 share
    p = C (P0 + be S),  A = C (nu + be),  s = (1 + be) sinh S,  nv = sqrt(K) L,  o = (amax W/sqrt(w))^(1/2)     (in mean square)

and `share` bounds, for each i, the share of the pairs with ``0 < u_i < amax t_i``.

*Kinks.* In a member of sign +-1, ``uh . x`` moves by ``-+ E . x`` (over the open coordinates) and at most ``blur = C (P0 + be S) + (1 + be) sinh S - S``. On ``|delta| <
e``, ``E(T) = -R' (alpha + Hbar^(-1/2) delta)/sqrt(w)`` up to ``rest`` and what is left of e, ``R' <= R``. So for ``x = x_S``, n matches, p of them writers, ``x = n^(-1/2)``,
u . x moves by at most ``rise = R (alpha_1 p x + e/sqrt(lam))/sqrt(w) + rest + late + blur`` in one direction and ``fall = R (a (n - p) x + e/sqrt(lam))/sqrt(w) + rest +
late + blur`` in the other, ``late = sqrt(t) (1 - eta l0)^T/(l0 sqrt(w))``. relu is convex: a neuron that crosses its kink errs upwards, times a. A bit that should be 1 loses only
by members with a < 0, one that should be 0 only by those with a > 0: at most ``amax ((rise - z)+ [z > 0] + (fall + z)+ [z <= 0])`` for one that should be 1, rise
and fall exchanged (p = 0) for one that should be 0.

Source: derived here; prior sketch in the theory notes of this project.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ntkproofs.bounds.finite.numbers import Real
from ntkproofs.bounds.finite.output_layer import BitClass, Setting

__all__ = ["Closings", "Drift", "Spectrum", "StateEvents"]


@dataclass(frozen=True)
class Spectrum:
    """Inequalities about a start, one set for each number t of ones: the module's l0, R, eta, L^2, e_h, e_b, ..."""

    least: Real  # l0
    inverse: Real  # R
    gram: Real  # L^2, at least the largest eigenvalue of mean v v'
    pull: Real  # e_h
    bulk: Real  # e_b
    label: Real  # at least mean (y^ . v)^2
    open: Real  # at least the share of the pairs with u_i > 0 for some i with target 1
    longest: Real  # V, at least every |v|


@dataclass(frozen=True)
class Closings:
    """Inequalities about the coordinates that close; see the module."""

    writer: Real
    cross: Real
    turn: Real
    other: Real
    echo: Real
    far_echo: Real


@dataclass(frozen=True)
class StateEvents:
    """Inequalities about a start and one state: deviation of delta, kinks, ``Q(beta)``, ``|bh - beta|``."""

    deviation: Real  # e
    kinks: Real  # w^(-1/2) times the sum over the pairs of what their kinks err in the bad direction
    square: Real  # Theta
    shift: Real  # at least |bh - beta|


class Drift:
    """What follows for a column with t ones, width w and T steps, given `rest`; see the module."""

    def __init__(self, setting: Setting, t: int, width: int, spectrum: Spectrum, rest: Real) -> None:
        self.setting, self.t, self.width, self.spectrum, self.rest = setting, t, width, spectrum, rest
        self.numbers = numbers = setting.numbers
        lam, D, K = setting.lam, setting.D, setting.K
        self.root = numbers.sqrt(numbers.of(width))
        self.a = numbers.of(t) / (lam * (D + K))
        self.top = 1 / lam - self.a
        self.pace = spectrum.inverse * self.top * numbers.sqrt(numbers.of(t)) / self.root  # R A0/sqrt(t w)
        mu = lam + setting.rest * (K - t)
        ones, others = numbers.sqrt(numbers.of(t)), numbers.sqrt(numbers.of(K - t))
        each = ones * setting.rest / mu
        dev = (spectrum.pull + each * spectrum.bulk) / spectrum.least
        self.sy = self.pace + rest
        self.st = self.pace * (each * others + dev) + rest
        self.across = self.pace * dev + rest
        self.s1 = self.pace * each + self.across
        self.tw = self.sy if t == 1 else self.sy / ones + self.across
        self.S = self.sy + self.st
        up, down = numbers.exp(self.S), numbers.exp(-self.S)
        self.cosh, self.sinh = (up + down) / 2, (up - down) / 2
        self.c0 = self.sinh * self.cosh - self.S
        up, down = numbers.exp(self.st * 2), numbers.exp(-self.st * 2)
        self.c1 = (up - down) / 4 - self.st  # c0 of a pair with no writer open
        self.back = rest if t == 1 else self.across
        self.be = self.S * self.S * 2
        self.length = numbers.sqrt(self.sy * self.sy + self.st * self.st)

    # --- one neuron with |v| <= size, and mean squares

    def nu(self, size: Real) -> Real:
        """Return the bound of ``sum |c . v|`` for ``|v| <= size``."""
        return self.length * size

    def amax(self, size: Real) -> Real:
        """Return the bound of ``|a|`` for ``|v| <= size``."""
        return self.cosh * (1 + self.nu(size) + self.be * 2)

    def blur(self, size: Real) -> Real:
        """Return the bound of the movement of ``uh . x`` beyond ``-+ E . x``, for ``|v| <= size``."""
        second = self.numbers.sqrt((self.sy * (self.sy / 2 + self.st)) ** 2 + (self.st * (self.st / 2 + self.sy)) ** 2)
        return self.cosh * (second * size + self.be * self.S) + (1 + self.be) * self.sinh - self.S

    @cached_property
    def squares(self) -> tuple[Real, Real, Real]:
        """The mean squares (roots of) nu, P0 and T0."""
        sy, st, L = self.sy, self.st, self.numbers.sqrt(self.spectrum.gram)
        y = self.numbers.sqrt(self.spectrum.label)
        third_y = sy * sy / 6 + sy * st / 2 + st * st / 2
        third_t = st * st / 6 + st * sy / 2 + sy * sy / 2
        return (
            sy * y + st * L,
            y * sy * (sy / 2 + st) + L * st * (st / 2 + sy),
            y * sy * third_y + L * st * third_t,
        )

    def kappa(self, size: Real) -> Real:
        """Return what ``2 be`` is multiplied by in the smooth part, for ``|v| <= size``."""
        S, C, be = self.S, self.cosh, self.be
        return size * (1 + C * S * S / 2) + C * C * S * (self.nu(size) * 2 + be) + (2 + be) * self.sinh * C

    # --- the whole network

    def _norm(self, closings: Closings) -> Real:
        """Return the length of the vector of the closings of all coordinates."""
        writing, far = closings.writer + closings.cross, closings.other * self.st / self.s1
        return self.numbers.sqrt(writing * writing * self.t + far * far)

    def echo(self, closings: Closings) -> Real:
        """Return what the closings do to the smooth part, at x or at X."""
        return closings.echo * self.t + closings.far_echo * self.st * self.st / (self.s1 * self.s1)

    def _open(self, power: int) -> Real:
        """Return the mean of ``c0^power`` over the neurons."""
        return self.spectrum.open * self.c0**power + self.c1**power

    def variation(self, closings: Closings) -> Real:
        """Return V, at least the total variation of ``D_k(X)``."""
        nu, P0, T0 = self.squares
        L, amax = self.numbers.sqrt(self.spectrum.gram), self.amax(self.spectrum.longest)
        smooth = self.root * (self.cosh * L * T0 + self.cosh * self.cosh * nu * P0 + self._open(1))
        return smooth + self.echo(closings) + self._norm(closings) * (2 - 1 / amax)

    def lipschitz(self, closings: Closings, share: Real) -> Real:
        """Return Lip: ``|D_(k+1)(X) - D_k(X)| <= eta |e(k)| Lip``."""
        nu, P0, _ = self.squares
        S, C, be, L = self.S, self.cosh, self.be, self.numbers.sqrt(self.spectrum.gram)
        p, A, s = C * (P0 + be * S), C * (nu + be), (1 + be) * self.sinh
        nv, amax = self.numbers.sqrt(self.numbers.of(self.setting.K)) * L, self.amax(self.spectrum.longest)
        weight = self.tw * self.t * (closings.writer + closings.cross) + self.st * self.st / self.s1 * closings.other
        o = self.numbers.sqrt(amax * weight / self.root)
        first = L * (p + o) + (nv + p + o) * p + A * A
        return first + ((1 + be) * C) ** 2 - 1 + (s + o) * s + (nv + S * 2) * o + amax * amax * share

    def residual(self, rate: Real, steps: int) -> Real:
        """Return ``sqrt(t) (1 - rate)^T``."""
        return self.numbers.sqrt(self.numbers.of(self.t)) * self.numbers.exp(self.numbers.log(1 - rate) * steps)

    def late(self, eta: Real, steps: int) -> Real:
        """Return how far ``E'(T)`` may be from its limit."""
        return self.residual(eta * self.spectrum.least, steps) / self.spectrum.least / self.root

    # --- one state

    def windows(self, kind: BitClass, e: Real, late: Real, size: Real) -> tuple[Real, Real, Real]:
        """Return the windows for ``|v| <= size``: where z > 0, the same if the matching writer is closed, where z <= 0."""
        numbers, scale = self.numbers, self.spectrum.inverse / self.root
        x = 1 / numbers.sqrt(numbers.of(kind.n))
        base = scale * e / numbers.sqrt(self.setting.lam) + self.rest + late + self.blur(size)
        rise, fall = base + scale * self.top * x * kind.p, base + scale * self.a * x * (kind.n - kind.p)
        if not kind.p:
            return fall, fall, base
        return (rise, base if kind.p == 1 else rise, fall)

    def distance(
        self,
        kind: BitClass,
        limits: tuple[Real, ...],
        threshold: Real,
        events: StateEvents,
        closings: Closings,
        residual: Real,
    ) -> Real:
        """Return the bound of how far f is, in the bad direction, from the linearised network at the states of a class.

        `limits` are the entries of beta by group; `residual` bounds ``|e(T)|``.
        """
        numbers, shift = self.numbers, events.shift
        square, wide, near, writing = self._weights(kind, limits)
        inverse = numbers.sqrt(square) + shift
        nu, P0, T0 = self.squares
        first = numbers.sqrt(events.square * ((self.cosh * T0) ** 2 + self._open(2)))
        smooth = self.root * (first + (numbers.sqrt(wide) + shift) * self.cosh**2 * nu * P0)
        smooth = smooth + (numbers.sqrt(wide) + shift) * self.echo(closings)
        writing = writing + shift * numbers.sqrt(numbers.of(self.t))
        closing = writing
        if self.t == 1:
            gap = 1 / numbers.sqrt(numbers.of(kind.n)) - threshold
            closing = numbers.largest(gap, numbers.of(0)) if kind.p else threshold
        closing = closing * (closings.writer + closings.cross) + writing * closings.turn
        closing = closing + (numbers.sqrt(near) + shift) * closings.other * self.st / self.s1
        return events.kinks + smooth + closing + inverse * residual

    def _weights(self, kind: BitClass, limits: tuple[Real, ...]) -> tuple[Real, Real, Real, Real]:
        """Return ``|beta|^2`` and, for ``max(|x_i - beta_i|, |beta_i|)``: squares, those off y, the sum on y."""
        numbers = self.numbers
        sizes, root = _sizes(kind, self.setting.K), 1 / numbers.sqrt(numbers.of(kind.n))
        zero = numbers.of(0)
        square, wide, near, writing = zero, zero, zero, zero
        for group, (size, beta) in enumerate(zip(sizes, limits, strict=True)):
            x = root if group < 2 else zero
            weight = numbers.largest(x - beta, beta - x, beta, -beta)
            square, wide = square + beta * beta * size, wide + weight * weight * size
            if group % 2:
                near = near + weight * weight * size
            else:
                writing = writing + weight * size
        return square, wide, near, writing


def _sizes(kind: BitClass, samples: int) -> tuple[int, int, int, int]:
    """Return the sizes of the groups: matching writers, matching others, further writers, the rest."""
    n, p, t = kind.n, kind.p, kind.t
    return (p, n - p, t - p, samples - n - t + p)
