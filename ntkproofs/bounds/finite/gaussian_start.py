r"""Ensembles of finite networks whose output layer is trained from a Gaussian start: how likely an output is wrong.

*Setting.* That of :mod:`ntkproofs.bounds.finite.output_layer`, but the output weights of each bit start at ``a ~ N(0,
I)``; N independent networks of width w are averaged and rounded at the threshold tau. With ``phi = relu(x . u)/sqrt
w``, ``Phi`` its values at the samples (so ``G = Phi' Phi``, ``k = Phi' phi``) and ``R = (I - eta G)^T``, T steps give
exactly ::

    f_T(x) = k' G^-1 (I - R) y  +  (phi - Phi G^-1 (I - R) k) . a

The first part is what the start 0 gives. Given u the second is Gaussian with mean 0 and variance, as ``phi - Phi G^-1
k`` is orthogonal to the columns of Phi ::

    |phi - Phi G^-1 k|^2 + k' G^-1 R^2 k  <=  mean rho^2 + (1 - eta least)^(2 T) k' G^-1 k,     rho = h - beta . v

for ``beta = Gbar^-1 kbar`` (``G^-1 k`` minimises ``mean (h - b . v)^2`` over b). The last factor is at most the largest
eigenvalue of G, by Bessel's inequality as in :mod:`ntkproofs.bounds.finite.descent`. So the average of N networks is,
given all their hidden weights, Gaussian with variance at most ``(V + leftover)/N``, if ``mean rho^2 <= V`` over the N
w neurons of all networks.

*Events.* ``rho^2 >= 0`` is homogeneous of degree 2 and at most M on the unit sphere, from ``rho <= (x - beta)+ . v``,
as ``h <= x . v``, and ``-rho <= sum over the matches of beta_i |u_i|/2 + (beta)+ . v over the others``, as ``h >= mu
x . u`` for every mu from 0 to 1, here ``mu = beta_i/(2 x_i)``. At a direction with ``rho^2 = r``, ``E exp(l rho^2) =
(1 - 2 l r)^(-K/2)`` over the length of u, which is convex in r, hence at most its chord from 0 to M; the mean of r is
``E rho^2/K``. So for ``2 l M < 1`` ::

    P(mean rho^2 > V) <= exp( N w ( log(1 + E rho^2 ((1 - 2 l M)^(-K/2) - 1)/(K M)) - l V ) )
    failure >= N (trace + eigenvalue + sum over columns P(|delta| >= e)
                  + sum over classes (states) P(class, margin below d, |delta| < e))
             + sum over n (states) P(mean rho^2 > V)  +  sum over classes (states) Q( sqrt(N) d / sqrt(V + leftover) )

States at which one template matches are samples: the mean is off by the remainder of gradient descent and the variance
is the leftover. A bit that no template writes has mean 0 and is asked for its Gaussian part alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from ntkproofs.bounds.finite import descent
from ntkproofs.bounds.finite.deviation import Deviation
from ntkproofs.bounds.finite.numbers import Balls, Numbers, Real
from ntkproofs.bounds.finite.output_layer import BitClass, ClassBound, Parameters, Setting
from ntkproofs.bounds.finite.tuning import float_setting, least_deviation, least_event, minimum, short, tune
from ntkproofs.bounds.finite.workload import PRECISION, Deviated, Workload
from ntkproofs.bounds.tails import mills_convergent
from ntkproofs.classes import Classes
from ntkproofs.errors import InputError, NoMargin, NtkProofsError, Undecided

__all__ = ["GaussianEnsemble", "GaussianLoad", "Residual", "least_gaussian_ensemble", "log_tail"]

SHARE = 0.02  # of the failure probability for each kind of event that is not a class
FRACTIONS = tuple(i / 20 for i in range(5, 20))  # of a margin, for d
MOST = 1 << 24  # networks that are searched for


def log_tail(numbers: Numbers, x: Real) -> Real:
    """Return an upper bound of the logarithm of the Gaussian tail at ``x > 0``, by a convergent of odd order.

    >>> from ntkproofs.bounds.finite.numbers import FLOATS
    >>> round(math.exp(log_tail(FLOATS, 3.0)), 6)
    0.00135
    """
    if not numbers.negligible(numbers.of(0), x, bits=0):
        raise InputError(f"a margin {x} is not certainly above 0")
    return numbers.log(mills_convergent(x)) - x * x / 2 - numbers.log(numbers.pi() * 2) / 2


class Residual:
    """The variable rho of a state with n >= 2 matches: its mean square, and its supremum squared on the unit sphere."""

    def __init__(self, setting: Setting, n: int) -> None:
        if not 2 <= n <= setting.K:
            raise InputError(f"a state that is no sample has 2 to {setting.K} matches, got {n}")
        self.setting, self.n, K, numbers = setting, n, setting.K, setting.numbers
        matched, rest, zero = setting.matched(n), setting.rest, numbers.of(0)
        shift = (matched * n + rest * (K - n)) / (setting.D + K)
        self.inside, self.outside = (matched - shift) / setting.lam, (rest - shift) / setting.lam  # beta
        self.mean_square = numbers.of(Fraction(1, 2)) - self.inside * matched * n - self.outside * rest * (K - n)
        x = 1 / numbers.sqrt(numbers.of(n))
        if not (numbers.negligible(self.inside, x, bits=0) and numbers.negligible(zero, self.inside, bits=0)):
            raise InputError(f"the limit weight of a matching sample is not certainly between 0 and 1/sqrt({n})")
        above = (numbers.largest(x - self.inside, zero), numbers.largest(-self.outside, zero))
        below = (self.inside / 2, numbers.largest(self.outside, zero))
        self.M = numbers.largest(*(a * a * n + b * b * (K - n) for a, b in (above, below)))

    def log_probability(self, neurons: int, value: Real, l: Real) -> Real:
        """Return the logarithm of the bound of ``P(mean rho^2 > value)`` over so many neurons, for a tilt l > 0."""
        numbers, K = self.setting.numbers, self.setting.K
        M = numbers.upper(self.M)
        power = numbers.exp(-numbers.log(1 - l * M * 2) * K / 2)
        return (numbers.log(1 + self.mean_square * (power - 1) / (M * K)) - l * value) * neurons


@dataclass(frozen=True)
class GaussianLoad:
    """What must go right: a workload, and what the start 0 gets right by itself.

    `states`: how many states have n >= 2 matches; `samples`: pairs of a state with n = 1 and a bit, by t; `unwritten`:
    pairs of a state and a bit that no template writes, by n >= 2.
    """

    workload: Workload
    states: Mapping[int, int]
    samples: Mapping[int, int]
    unwritten: Mapping[int, int]

    @classmethod
    def of(cls, samples: int, classes: Classes, labels: list[list[int]]) -> GaussianLoad:
        """Return the load of all classes (n, p, t); `labels` are the columns of targets, one for each output bit.

        >>> from ntkproofs.classes import arbitrary_classes
        >>> from ntkproofs.programs import addition
        >>> program = addition(bits=1)
        >>> load = GaussianLoad.of(program.samples, arbitrary_classes(program), program.labels.T.tolist())
        >>> load.states, load.samples, load.unwritten
        ({2: 3}, {0: 4, 2: 8}, {2: 3})
        """
        states: dict[int, int] = {}
        single: dict[int, int] = {}
        unwritten: dict[int, int] = {}
        for (n, _, t), pairs in sorted(classes.items()):
            if n >= 2:
                states[n] = states.get(n, 0) + pairs
                if t == 0:
                    unwritten[n] = unwritten.get(n, 0) + pairs
            elif n == 1:
                single[t] = single.get(t, 0) + pairs
        counts = {n: pairs // len(labels) for n, pairs in states.items()}
        return cls(Workload.of(samples, classes, labels), counts, dict(sorted(single.items())), unwritten)


@dataclass(frozen=True)
class GaussianEnsemble:
    """N networks of a width, a threshold and a training that are enough, with every parameter of the bound.

    `variances`: V and its tilt for each n; `classes`: the margin d, and the parameters of the bound at that margin.
    """

    load: GaussianLoad
    networks: int
    width: int
    threshold: Fraction
    failure: Fraction
    steps: int
    step: Fraction
    rise: Fraction
    drop: Fraction
    tilts: tuple[Fraction, Fraction]
    deviated: Mapping[int, Deviated]
    variances: Mapping[int, tuple[Fraction, Fraction]]
    classes: Mapping[BitClass, tuple[Fraction, Parameters]]

    def bound(self, numbers: Numbers | None = None) -> Real:
        """Enclose the bound of the failure probability; raises Undecided or InputError where a condition fails."""
        numbers = Balls(PRECISION) if numbers is None else numbers
        workload = self.load.workload
        if (
            set(self.classes) != set(workload.classes)
            or set(self.variances) != set(self.load.states)
            or set(self.deviated) != set(workload.columns)
        ):
            raise InputError("the parameters are not those of the workload's classes, columns and numbers of matches")
        if min(self.networks, self.width, self.steps) < 1 or not 0 < self.threshold < 1:
            raise InputError("networks, width and steps are 1 or more, and the threshold lies between 0 and 1")
        if not 0 < self.step <= 2 / (workload.samples * (1 + self.rise)) or not 0 < self.drop < 1:
            raise InputError(
                f"the step {self.step} is not above 0 and at most 2/(K (1 + rise)), or drop not within 0, 1"
            )
        setting = Setting(numbers, workload.samples)
        each = sum(self.each(setting), start=numbers.of(0))
        return each * self.networks + sum(self.together(setting), start=numbers.of(0))

    def remainder(self, setting: Setting, t: int) -> Real:
        """Return how far the mean of a bit with t writers may be from convergence."""
        of = setting.numbers.of
        return descent.remainder(setting, t, self.steps, of(self.step), of(self.rise), of(self.drop))

    def leftover(self, setting: Setting) -> Real:
        """Return ``(1 - eta least)^(2 T) K (1 + rise)/2``, what training leaves of the variance of the start."""
        numbers, of = setting.numbers, setting.numbers.of
        least = (1 - of(self.drop)) * setting.lam
        power = numbers.exp(numbers.log(1 - least * of(self.step)) * (2 * self.steps))
        return power * (1 + of(self.rise)) * setting.K / 2

    def each(self, setting: Setting) -> Iterator[Real]:
        """Yield the terms that every network has: trace, eigenvalue, deviation events, classes at their margins."""
        numbers, of, workload = setting.numbers, setting.numbers.of, self.load.workload
        yield numbers.exp(descent.log_trace(setting, self.width, of(self.rise), of(self.tilts[0])))
        yield numbers.exp(descent.log_small_eigenvalue(setting, self.width, of(self.drop), of(self.tilts[1])))
        for t, columns in workload.columns.items():
            event = self.deviated[t]
            divergence, log = Deviation(setting, t).rate(of(event.e), of(event.z), of(event.l))
            yield numbers.exp(divergence + log * self.width) * columns
        for kind, pairs in workload.classes.items():
            d, parameters = self.classes[kind]
            slack = numbers.upper(self.remainder(setting, kind.t) + of(d))
            bound = ClassBound(setting, kind, self.threshold, slack)
            yield numbers.exp(bound.log_probability(self.width, of(self.deviated[kind.t].e), parameters)) * pairs

    def together(self, setting: Setting) -> Iterator[Real]:
        """Yield the terms of the ensemble: events of the variance, and Gaussian tails."""
        numbers, of, load = setting.numbers, setting.numbers.of, self.load
        leftover, root = self.leftover(setting), numbers.sqrt(of(self.networks))
        tau = of(self.threshold)

        def tail(margin: Real, variance: Real, pairs: int) -> Real:
            return numbers.exp(log_tail(numbers, root * margin / numbers.sqrt(variance))) * pairs

        for n, states in load.states.items():
            value, l = self.variances[n]
            residual = Residual(setting, n)
            yield numbers.exp(residual.log_probability(self.networks * self.width, of(value), of(l))) * states
        for kind in load.workload.classes:
            yield tail(of(self.classes[kind][0]), of(self.variances[kind.n][0]) + leftover, load.workload.classes[kind])
        for n, pairs in load.unwritten.items():
            yield tail(tau, of(self.variances[n][0]) + leftover, pairs)
        nearest = of(min(self.threshold, 1 - self.threshold))
        for t, pairs in load.samples.items():
            yield tail(nearest - self.remainder(setting, t) if t else tau, leftover, pairs)


# --- searching: floats choose, balls confirm


def least_gaussian_ensemble(
    load: GaussianLoad, failure: Fraction, *, width: int, threshold: Fraction
) -> GaussianEnsemble:
    """Return the least number of networks of a width that the search finds, with every parameter, confirmed by balls.

    Raises NoMargin where a limit lies on the wrong side of the threshold or the width is too small, Undecided if balls
    do not confirm what floats found.
    """
    if not 0 < failure < 1:
        raise InputError(f"a failure probability lies between 0 and 1, got {failure}")
    search = _Search(load, float(failure), width, threshold)
    low, high = 0, 1
    while search.total(high) > search.failure:
        low, high = high, 2 * high
        if high > MOST:
            raise NoMargin(f"no number of networks of width {width} is enough at the threshold {threshold}")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if search.total(middle) <= search.failure else (middle, high)
    for networks in (high, high + 1, high + max(2, high // 100)):
        found = search.complete(networks, failure)
        try:
            if found.bound().upper <= failure:
                return found
        except NtkProofsError:
            continue
    raise Undecided(f"balls do not confirm {high} networks of width {width}")


class _Search:
    """Floats: one width and threshold; every class at several margins, then the best margin for each number."""

    def __init__(self, load: GaussianLoad, failure: float, width: int, threshold: Fraction) -> None:
        self.load, self.failure, self.width, self.threshold = load, failure, width, threshold
        workload = load.workload
        self.setting, self.K = float_setting(workload.samples), workload.samples
        setting = self.setting
        tiny = math.log(failure * SHARE * 1e-4)  # of one network; their number multiplies it
        trace = least_event(lambda value, l: descent.log_trace(setting, width, value, l), tiny, 9.0, 0.499)
        least = least_event(lambda value, l: descent.log_small_eigenvalue(setting, width, value, l), tiny, 0.999, 2.0)
        if trace is None or least is None:
            raise NoMargin(f"the width {width} is too small for gradient descent")
        self.rise, self.drop, self.tilts = trace[0], least[0], (trace[1], least[1])
        self.step = 2 / (self.K * (1 + self.rise))
        self.deviated = {}
        for t in workload.columns:
            event = least_deviation(Deviation(setting, t), width, tiny - math.log(len(workload.columns)))
            if event is None:
                raise NoMargin(f"the width {width} is too small for columns with {t} ones")
            self.deviated[t] = Deviated.of(event, setting.N)
        self.residuals = {n: Residual(setting, n) for n in load.states}
        self.steps = self._steps()
        self.rows = {kind: self._row(kind) for kind in workload.classes}

    def _empty(self, networks: int) -> GaussianEnsemble:
        return GaussianEnsemble(
            self.load, networks, self.width, self.threshold, Fraction(1, 2), self.steps, self.step, self.rise,
            self.drop, self.tilts, self.deviated, {}, {},
        )  # fmt: skip

    def _steps(self) -> int:
        """Return steps after which remainder and leftover are small next to threshold and variance."""
        least = (1 - float(self.drop)) * self.setting.lam
        trace = self.K * (1 + float(self.rise)) / 2
        tau = min(float(self.threshold), 1 - float(self.threshold))
        variance = min((float(each.mean_square) for each in self.residuals.values()), default=1.0)
        t = max(self.load.workload.columns, default=1)
        small = min(1e-3 * tau / math.sqrt(t * trace / least), math.sqrt(1e-3 * min(variance, tau * tau / 100) / trace))
        return math.ceil(math.log(small) / math.log1p(-float(self.step) * least))

    def _row(self, kind: BitClass) -> list[tuple[float, float, Parameters]]:
        """Return (d, logarithm of the bound of one network, parameters) for several margins."""
        rest = float(self._empty(1).remainder(self.setting, kind.t))
        whole = float(ClassBound(self.setting, kind, self.threshold, rest).margin)
        if whole <= 0:
            raise NoMargin(f"at n = {kind.n}, p = {kind.p}, t = {kind.t} the limit is not beyond the threshold")
        e, near, rows = float(self.deviated[kind.t].e), None, []
        for share in FRACTIONS:
            d = float(short(share * whole))
            log, parameters, near = tune(
                ClassBound(self.setting, kind, self.threshold, rest + d), self.width, e, near=near, rounds=5
            )
            rows.append((d, log, parameters))
        return rows

    @lru_cache(maxsize=64)  # noqa: B019 - a search lives for one call
    def variance(self, n: int, networks: int) -> tuple[float, float]:
        """Return V and its tilt for the share of the failure probability that these events have."""
        residual, neurons = self.residuals[n], networks * self.width
        chance = math.log(self.failure * SHARE / len(self.residuals) / self.load.states[n])

        def value(log: float) -> tuple[float, float]:
            l = math.exp(log) / (2 * residual.M)
            return ((float(residual.log_probability(neurons, 0.0, l)) - chance) / (l * neurons), l)

        result, l = minimum(value, -14.0, -0.02, 40)
        return float(short(result * (1 + 1e-5))), float(short(l))

    def _variances(self, networks: int) -> dict[int, tuple[Fraction, Fraction]]:
        found = {n: self.variance(n, networks) for n in self.residuals}
        return {n: (short(value), short(l)) for n, (value, l) in found.items()}

    def best(self, kind: BitClass, networks: int) -> tuple[float, tuple[float, float, Parameters]]:
        """Return the least share of a class and the margin that gives it."""
        spread, root = self.spread(kind.n, networks), math.sqrt(networks)
        pairs = self.load.workload.classes[kind]

        def share(row: tuple[float, float, Parameters]) -> float:
            tail = math.exp(log_tail(self.setting.numbers, root * row[0] / spread))
            return pairs * (tail + networks * math.exp(min(row[1], 50.0)))

        found = min(self.rows[kind], key=share)
        return share(found), found

    def spread(self, n: int, networks: int) -> float:
        """Return the deviation of one network that is allowed for."""
        return math.sqrt(self.variance(n, networks)[0] + float(self._empty(networks).leftover(self.setting)))

    def total(self, networks: int) -> float:
        """Return the failure probability of so many networks."""
        candidate = replace(self._empty(networks), variances=self._variances(networks))
        other = replace(candidate, load=replace(self.load, workload=replace(self.load.workload, classes={})))
        shared = sum(other.each(self.setting)) * networks + sum(other.together(self.setting))
        return float(shared) + sum(self.best(kind, networks)[0] for kind in self.load.workload.classes)

    def complete(self, networks: int, failure: Fraction) -> GaussianEnsemble:
        """Return the ensemble with all its parameters."""
        rows = {kind: self.best(kind, networks)[1] for kind in self.load.workload.classes}
        return replace(
            self._empty(networks),
            failure=failure,
            variances=self._variances(networks),
            classes={kind: (short(d), parameters) for kind, (d, _, parameters) in rows.items()},
        )
