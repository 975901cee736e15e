r"""How far training all layers moves a network from its linearisation: a deterministic statement about one start.

*Setting.* m pairs of neurons ``(a, u) = (+1, u), (-1, u)``, ``w = 2 m``, ``f(x) = w^(-1/2) sum a relu(u . x)``, unit
vectors x with entries ``>= 0``, samples ``e_1, ..., e_K``, targets y with t ones, full-batch gradient descent of
step eta on half the sum of squares. With ``e(k) = f(X) - y``, ``c(k) = (eta/sqrt(w)) e(k)``, ``E(k) = sum_(l<k)
c(l)`` a step is ``u_i -= a c_i [u_i > 0]``, ``a -= c . relu(u)``. ``v = relu(u)``, ``h_0(x) = k`` and H of
:mod:`ntkproofs.bounds.finite.linearised` belong to the start, ``y^ = y/sqrt(t)``, P projects onto ``{c : y . c =
0}``, ``b = P 1`` is the indicator of the samples with target 0, ``mu = lam + (K - t)/(2 pi)``. The last line of each
paragraph is what the functions below compute; :class:`Spectrum`, :class:`Closings`, :class:`StateEvents` are the
assumptions.

*Identity.* ``D_k(x) = f_k(x) + sqrt(w) h_0(x) . E(k)`` satisfies exactly ``e(k+1) = (I - eta H) e(k) + D_(k+1)(X) -
D_k(X)`` and, with ``bh = H^-1 h_0(x)``, ``f_T(x) - h_0(x)' H^-1 y = D_T(x) - bh . D_T(X) + bh . e(T)``.

*Path.* Suppose ``l0 I <= H <= I/eta``, ``eta mu <= 1`` and ``y' H^-1 y <= R A0``. Let ``e'(k) = -(I - eta H)^k y``.
As ``I - eta H >= 0``, ``y . e'(k) <= 0``, and ``sum eta |y^ . e'| <= R A0/sqrt(t)``. ``q = P e'`` obeys ``q(k+1) =
(I - eta M) q(k) - eta h (y^ . e'(k))``, ``M = P H P``, ``h = P H y^``, so ``sum eta |q| <= (sum eta |y^ . e'|)
N(h)`` for the norm ``N(x) = sum eta |(I - eta M)^k x| <= |x|/l0``. Comparing with ``(1 - eta mu)^k b``: ``mu N(b) <=
|b| + |P (H - Hbar) b|/l0``; ``P Hbar y^ = sqrt(t) b/(2 pi)``. Hence with ``|P (H - Hbar) y^| <= e_h``, ``|P (H -
Hbar) b| <= e_b``, q is a multiple ``>= 0`` of b whose path is ``each = sqrt(t)/(2 pi mu)`` in every coordinate, and
a part with ``N <= dev = (e_h + each e_b)/l0``. Moreover ``sum eta |e - e'| <= V/l0`` if ``V >= sum |D_(k+1)(X) -
D_k(X)|``. So with ``pace = R A0/sqrt(t w)`` and any number ``rest >= V/(l0 sqrt(w))`` the path lengths of ``y^ .
c``, of ``P c``, of c, of a coordinate with target 1 and with target 0, and the path of a coordinate with target 1
against its direction (``c_i > 0``) are at most ::

    sy = pace + rest,   st = pace (each sqrt(K - t) + dev) + rest,   S = sy + st,   across = pace dev + rest
    tw = pace/sqrt(t) + across (t = 1: sy),   s1 = pace each + across,   back = across (t = 1: rest)

(t = 1: ``P c`` has no entry there, and ``y^ . c`` is positive by ``e - e'`` alone.) All of this holds up to step k
if the sums up to k - 1 obey it, and what follows bounds V up to k by the sums up to k - 1: induction over k.

*Pairs.* Let ``uh_i = u_i - sum a(l) c_i(l)`` where ``u_i > 0`` (as if a coordinate never closed), ``o_i =
relu(u_i(k)) - uh_i(k)``. ``o_i`` is 0 until ``u_i(k) <= 0``; the coordinate then stays closed. ``|o_i|`` and the
variation of ``o_i`` are at most ``b_i = (amax t_i - u_i)+``, t_i the path length of c_i, because amax times the path
until then is at least the initial ``u_i`` and the overshoot; the path of c_i that is left is at most ``b_i/amax``.
If both members of a pair close, the second has used ``2 u_i/amax`` (``amax < 2`` keeps the signs of a). Let A and
``1 + B`` be half sum and half difference of a over a pair, p, d those of ``uh - v``, oA, oB those of o; c^ is c on
the coordinates with ``u_i > 0``::

    A -= c . (v + p + oA),   p -= A c^,      B -= c . (d + oB),   d -= (1 + B) c^

These are sums over impulses ``|c . v| + |c . oA|`` (for B, d: 1 at the start, ``|c . oB|``), carried on by products
of matrices ``[[1, x], [x, 1]]``, x the length of c, whose entries are at most cosh and sinh of the sum of the x;
ordered sums obey ``sum_(l<l') x(l) x(l') <= X^2/2``, and ``X^3/6`` for three. With ``vy = y^ . v``, ``vt = |P v|``,
``C = cosh S``::

    nu = sy vy + st vt,   P0 = vy sy (sy/2 + st) + vt st (st/2 + sy)
    T0 = vy sy (sy^2/6 + sy st/2 + st^2/2) + vt st (st^2/6 + st sy/2 + sy^2/2)
    |A| <= C (nu + be),   |p| <= C (P0 + be S),   |A + v . E| <= be + C (T0 + be S^2/2)
    |1 + B| <= (1 + be) C,   |d| <= (1 + be) sinh S,   |(1 + B) d + E^| <= (1 + be)^2 sinh S cosh S - S
    be = sum_i (b_i+^2 + b_i-^2)/(4 amax) <= amax S^2/2 <= S^2,   amax = C (1 + nu + 2 be)

where ``be >= sum |c . oA|, sum |c . oB|``: with an overshoot z and a path y of c_i after it, ``z + amax y <= b_i``,
``sum |c_i o_i| <= z y + amax y^2/2 <= b_i^2/(2 amax)``. For a pair without an open writer (all ``u_i <= 0`` where y
is 1) c^ has path st, and the bound of ``(1 + B) d + E^`` has st for S. In root mean square over the pairs vy, vt may
be replaced by ``(mean (y^ . v)^2)^(1/2)`` and ``L = lambda_max(mean v v')^(1/2)``: every step has one c for all
neurons.

*Smooth part.* Where ``z = u . x > 0`` the pair adds to ``sqrt(w) D(x)``, kinks and closings apart, ``2 ((A + v . E)
z + (A p + (1 + B) d + E^) . x)``. With X, ``tau_i = 1_i (gamma x_i - bh_i)``: ``2 ((A + v . E)(h - bh . v) + (A p +
(1 + B) d + E^) . tau)``. bh minimises ``Q(b) = mean[(h - b . v)^2 + sum 1_i (gamma x_i - b_i)^2]``, ``Q(beta) <=
Theta``; both ``|tau|`` and ``|h - bh . v|/|v|`` are at most ``reach``, the length of the vector ``max(|x_i - bh_i|,
|bh_i|)``. With ``c0 = sinh cosh - id`` ::

    |D(x) - bh . D(X)| <= sqrt(w) ( (Theta mean[(C T0)^2 + c0^2])^(1/2) + reach C^2 rms(nu) rms(P0) ) + reach echo
    kappa = |v| (1 + C S^2/2) + C^2 S (2 nu + be) + (2 + be) sinh S cosh S,   echo >= w^(-1/2) sum of 2 be kappa

*Closings.* At x and X together a member errs by ``a (th x_i D_i - bh_i (z_i + D_i))``, ``0 <= th <= 1`` (relu is
1-Lipschitz), z_i >= 0 the overshoot and D_i the movement that u_i misses, ``|z_i| + |D_i| <= b_i``: at most ``amax
b_i max(|x_i - bh_i|, |bh_i|)``. Let G_i be ``w^(-1/2)`` times the sum over the pairs of ``amax b_i`` of both
members. If t = 1 and y_j = 1, the member with a < 0 has ``D_j >= -amax back``, that with a > 0 closes only if ``u_j
<= amax back`` and has ``z_j, D_j <= amax back``; up to ``amax^2 back max(...)`` for each, ``turn`` in all, a bit
that should be 1 (``bh_j > tau``) loses ``(x_j - tau)+ amax b_j``, one that should be 0 (``bh_j < tau``, ``x_j = 0``)
gains ``tau amax b_j``. As ``(x - u)+ <= (x/X)(X - u)+`` for ``0 <= x <= X``, and the paths of the coordinates with
target 0, each at most s1, form a vector of length ``<= st``, their G_i form a vector of length ``<= other st/s1`` if
`other` bounds each with path s1 ::

    closings <= weight (writer + cross) + weights turn + |max(|x_i - bh_i|, |bh_i|)| other st/s1

*Variation and decay.* Products of increasing majorants have the variation of the product: V is at most the bound of
``D(X)``, with ``amax b_i + (amax - 1) b_i`` for a closing. Closings of different coordinates may come one after the
other, so that their variations add up: to t times ``writer + cross``, and to ``other/s1`` times the sum of the paths of
the coordinates with target 0, at most ``sqrt(K - t) st``. In one step ``|D_(k+1)(X) - D_k(X)| <= eta |e(k)| Lip``,
hence ``|e(T)| <= sqrt(t) (1 - eta (l0 - Lip))^T`` ::

    V = sqrt(w) (C L rms(T0) + C^2 rms(nu) rms(P0) + mean c0) + echo
        + (2 - 1/amax) (t (writer + cross) + sqrt(K - t) other st/s1)
    Lip = L (p + o) + (nv + p + o) p + A^2 + (1 + be)^2 C^2 - 1 + (d + o) d + (nv + 2 S) o + amax^2 share

in root mean squares, ``nv = K^(1/2) L >= rms |v|``, ``o = (amax W/sqrt(w))^(1/2)`` with ``W = sum t_i G_i >=
w^(-1/2) sum (b_i+^2 + b_i-^2)/amax``; `share` bounds, for every i, the share of the pairs with ``0 < u_i < amax
t_i``.

*Kinks.* In the member of sign s, ``uh . x`` moves by ``-s E^ . x`` and at most ``blur = C (P0 + be S) + (1 + be)
sinh S - S``. ``E(T)`` is ``-H^-1 y/sqrt(w)`` up to ``rest + late``, ``late = sqrt(t) (1 - eta l0)^T/(l0 sqrt(w))``,
and ``H^-1 y = R' (alpha + Hbar^(-1/2) delta)``, ``R' <= R``, ``|delta| <= e``. So for a state with n matches, p of
them writers, the argument moves by at most `rise` in one direction and `fall` in the other. relu is convex: a neuron
that crosses its kink errs upwards, times a. A bit that should be 1 loses only by a < 0, one that should be 0 gains
only by a > 0::

    rise = R (alpha_1 p n^(-1/2) + e/sqrt(lam))/sqrt(w) + rest + late + blur
    fall = R (a (n - p) n^(-1/2) + e/sqrt(lam))/sqrt(w) + rest + late + blur
    kinks = w^(-1/2) sum over pairs of amax ((rise - z)+ [z > 0] + (fall + z)+ [z <= 0])        (should be 1)
    kinks = w^(-1/2) sum over pairs of amax ((fall - z)+ [z > 0] + (rise + z)+ [z <= 0])        (should be 0, p = 0)

(rise without its first term where no matching writer is open).

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
        self.mu = lam + setting.rest * (K - t)
        ones, others = numbers.sqrt(numbers.of(t)), numbers.sqrt(numbers.of(K - t))
        each = ones * setting.rest / self.mu
        dev = (spectrum.pull + each * spectrum.bulk) / spectrum.least
        self.sy = self.pace + rest
        self.st = self.pace * (each * others + dev) + rest
        self.across = self.pace * dev + rest
        self.s1 = self.pace * each + self.across
        self.tw = self.sy if t == 1 else self.pace / ones + self.across
        self.S = self.sy + self.st
        up, down = numbers.exp(self.S), numbers.exp(-self.S)
        self.cosh, self.sinh = (up + down) / 2, (up - down) / 2
        self.c0 = self.sinh * self.cosh - self.S
        up, down = numbers.exp(self.st * 2), numbers.exp(-self.st * 2)
        self.c1 = (up - down) / 4 - self.st  # c0 of a pair with no writer open
        self.back = rest if t == 1 else self.across
        self.be = self.S * self.S
        self.length = numbers.sqrt(self.sy * self.sy + self.st * self.st)

    # --- one neuron with |v| <= size, and mean squares

    def nu(self, size: Real) -> Real:
        """Return the bound of ``sum |c . v|`` for ``|v| <= size``."""
        return self.length * size

    def amax(self, size: Real) -> Real:
        """Return the bound of ``|a|`` for ``|v| <= size``."""
        base, slope = self._largest_weight
        return base + slope * size

    @cached_property
    def _largest_weight(self) -> tuple[Real, Real]:
        return self.cosh * (1 + self.be * 2), self.cosh * self.length

    def blur(self, size: Real) -> Real:
        """Return the bound of the movement of ``uh . x`` beyond ``-+ E . x``, for ``|v| <= size``."""
        base, slope = self._movement
        return base + slope * size

    @cached_property
    def _movement(self) -> tuple[Real, Real]:
        second = self.numbers.sqrt((self.sy * (self.sy / 2 + self.st)) ** 2 + (self.st * (self.st / 2 + self.sy)) ** 2)
        return self.cosh * self.be * self.S + (1 + self.be) * self.sinh - self.S, self.cosh * second

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

    def _sum(self, closings: Closings) -> Real:
        """Return the sum of the closings of all coordinates."""
        others = self.numbers.sqrt(self.numbers.of(self.setting.K - self.t))
        return (closings.writer + closings.cross) * self.t + others * closings.other * self.st / self.s1

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
        return smooth + self.echo(closings) + self._sum(closings) * (2 - 1 / amax)

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

    def moves(self, kind: BitClass, e: Real, late: Real) -> tuple[Real, Real, Real]:
        """Return how far ``u . x`` moves, apart from the blur: z > 0, z > 0 without the matching writer, z <= 0."""
        numbers, scale = self.numbers, self.spectrum.inverse / self.root
        x = 1 / numbers.sqrt(numbers.of(kind.n))
        base = scale * e / numbers.sqrt(self.setting.lam) + self.rest + late
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
