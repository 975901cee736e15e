r"""Averages of finite networks whose output layer is trained from a Gaussian start: how likely an output is wrong.

*Setting.* That of :mod:`ntkproofs.bounds.finite.output_layer`, but the output weights of each bit start at ``a ~ N(0,
I)``; N independent networks of width w are averaged and rounded at the threshold tau. With ``phi = relu(x . u)/sqrt
w``, ``Phi`` its values at the samples (so ``G = Phi' Phi``, ``k = Phi' phi``) and ``R = (I - eta G)^T``, T steps give
exactly ::

    f_T(x) = k' G^-1 (I - R) y  +  (phi - Phi G^-1 (I - R) k) . a

*The random initial function.* Given u the second term is Gaussian with mean 0. As ``phi - Phi G^-1 k`` is orthogonal
to the columns of Phi, its variance is, with ``rho = h - beta . v`` and ``beta = Gbar^-1 kbar``, ::

    |phi - Phi G^-1 k|^2 + k' G^-1 R^2 k  <=  mean rho^2 + (1 - eta least)^(2 T) trace

because ``G^-1 k`` minimises ``mean (h - b . v)^2`` over b, and ``k' G^-1 k <= mean h^2 <= trace`` as in
:mod:`ntkproofs.bounds.finite.descent`. The last term is what is left of the start after T steps; it is 0 at
convergence. The average of N networks is, given all hidden weights, Gaussian with a variance of at most ``(V +
leftover)/N`` if ``mean rho^2 <= V``, the mean being over the N w neurons of all networks.

*The mean.* ``r = k - G beta = mean v rho`` has expectation 0, and as ``y = Gbar alpha``, exactly ::

    k' G^-1 y - mu  =  r' G^-1 y  =  mean (alpha . v) rho  -  Delta' (Gbar^(1/2) G^-1 Gbar^(1/2)) S
    Delta = Gbar^(-1/2) (G - Gbar) alpha = mean V (alpha . v) - Gbar^(1/2) alpha,   S = mean V rho,   V = Gbar^(-1/2) v

If ``G >= (1 - drop) Gbar`` the last term is at most ``|Delta| |S|/(1 - drop)``. The first one is averaged over the
neurons of all networks, ``|Delta| <= deviation`` holds for every network, and of ``|S|`` only the average over the
networks matters. So the average of N networks is right at a class (n, p, t) if its first-order term is below x, its
Gaussian term below d, and ::

    d + x + deviation(t) shift(n)/(1 - drop) + remainder(t)  <=  s (tau - mu)

*Events.* For the lengths of mean vectors the Donsker-Varadhan inequality as in
:mod:`ntkproofs.bounds.finite.output_layer`, here with directions omega in all K dimensions and a centred ``omega .
xi``, ``E exp(l omega . xi) <= exp(C omega' W omega)``, C of Bennett's inequality, W the second moment. Over w neurons,
with the uniform average of :meth:`MeanVector.log_average` ::

    E exp(w l p(z) |mean xi|)  <=  exp( KL(z) + average over omega of exp(w C omega' W omega) )

and for the average of N independent lengths its N-th power. ``rho^2`` is at most M on the unit sphere and homogeneous
of degree 2, so ``E exp(l rho^2) <= 1 + E rho^2 ((1 - 2 l M)^(-K/2) - 1)/(K M)`` (the chord of a convex function). In
all, with U the bound of the Gaussian tail ::

    failure >= N (trace + eigenvalue + sum over columns P(|Delta| > deviation))
             + sum over n (states) [ P(average |S| > shift) + P(mean rho^2 > V) ]
             + sum over classes (pairs) [ P(first-order term > x) + U(sqrt(N) d/sqrt(V + leftover)) ]

States at which one template matches are samples: the mean is off by the remainder of gradient descent and the variance
is the leftover. A bit that no template writes has mean 0: only its Gaussian term matters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from ntkproofs.bounds.finite import descent
from ntkproofs.bounds.finite.numbers import Balls, Numbers, Real
from ntkproofs.bounds.finite.output_layer import BitClass, ClassBound, Sample, Setting, log_determinant
from ntkproofs.bounds.finite.workload import PRECISION, Workload
from ntkproofs.bounds.tails import mills_convergent
from ntkproofs.classes import Classes
from ntkproofs.errors import InputError

__all__ = ["FirstOrder", "GaussianEnsemble", "GaussianLoad", "Length", "Shift", "Split", "GramDeviation", "log_tail"]


def log_tail(numbers: Numbers, x: Real) -> Real:
    """Return an upper bound of the logarithm of the Gaussian tail at ``x > 0``, by a convergent of odd order.

    >>> import math
    >>> from ntkproofs.bounds.finite.numbers import FLOATS
    >>> round(math.exp(log_tail(FLOATS, 3.0)), 6)
    0.00135
    """
    if not numbers.negligible(numbers.of(0), x, bits=0):
        raise InputError(f"a margin {x} is not certainly above 0")
    return numbers.log(mills_convergent(x)) - x * x / 2 - numbers.log(numbers.pi() * 2) / 2


# --- events


@dataclass(frozen=True)
class Length:
    """The event that the length of a mean vector exceeds `value`, with the parameters l, z and q of its bound."""

    value: Fraction
    l: Fraction
    z: Fraction
    q: Fraction


class Limit(ClassBound):
    """A class at its limit: ``b = beta``, so that ``zeta = s rho``, and its first-order term has the variance `spread`.

    `square`: M, the supremum of ``rho^2`` on the unit sphere. ``rho <= (x - beta)+ . v`` as ``h <= x . v``; and ``-rho
    <= sum over the matches of beta_i |u_i|/2 + (beta)+ . v over the others`` as ``h >= mu x . u`` for every mu from 0
    to 1, here ``mu = beta_i/(2 x_i)``. `reach`: the supremum of ``|alpha . v|``, from ``v >= 0``.
    """

    def __init__(self, setting: Setting, kind: BitClass) -> None:
        super().__init__(setting, kind, Fraction(0), setting.numbers.of(0))
        numbers, n, t, K, zero = self.numbers, kind.n, kind.t, setting.K, setting.numbers.of(0)
        inside, outside = self.limits[0], self.limits[2]
        self.mean_square = numbers.of(Fraction(1, 2)) - inside * setting.matched(n) * n
        self.mean_square = self.mean_square - outside * setting.rest * (K - n)
        if not (numbers.negligible(inside, self.root, bits=0) and numbers.negligible(zero, inside, bits=0)):
            raise InputError(f"the limit weight of a matching sample is not certainly between 0 and 1/sqrt({n})")
        above = (self.root - inside, numbers.largest(-outside, zero))
        below = (inside / 2, numbers.largest(outside, zero))
        self.square = numbers.largest(*(a * a * n + b * b * (K - n) for a, b in (above, below)))
        self.reach = numbers.largest(self.A0 / numbers.sqrt(numbers.of(t)), self.a * numbers.sqrt(numbers.of(K - t)))

    def _margin(self, threshold: Fraction, slack: Real) -> Real:
        return self.numbers.of(0)


class FirstOrder(Limit):
    """The first-order term of a class: a mean of independent copies of ``s (alpha . v) rho``, which is centred."""

    def log_rate(self, l: Real) -> Real:
        """Return ``log(1 + C E X^2)``, a bound of the logarithm of ``E exp(l X)`` for one neuron."""
        numbers = self.numbers
        C = self.setting.bennett(l, numbers.upper(self.reach * numbers.sqrt(self.square)))
        return numbers.log(1 + C * self.spread)

    def log_exceeds(self, neurons: int, x: Real, l: Real) -> Real:
        """Return the logarithm of the bound that the term over so many neurons exceeds x."""
        return (self.log_rate(l) - l * x) * neurons


class MeanVector(Limit):
    """The mean of w independent vectors xi in K dimensions, in the metric of Gbar, with second moment W."""

    @property
    def size(self) -> Real:
        """M, the supremum of ``|omega . xi|`` on the unit sphere of u, for every unit vector omega."""
        raise NotImplementedError

    def log_exceeds(self, width: int, event: Length, *, networks: int = 1) -> Real:
        """Return the logarithm of the bound that the lengths of so many networks exceed the value on average."""
        numbers, setting = self.numbers, self.setting
        l, z, q = numbers.of(event.l), numbers.of(event.z), numbers.of(event.q)
        p, divergence = setting.tilted(z, dimension=setting.K)
        C = setting.bennett(l, numbers.upper(self.size))
        return (divergence + self.log_average(C * width, q) - l * p * event.value * width) * networks

    def log_average(self, g: Real, q: Real) -> Real:
        """Return ``q - log det((1 + 2 q/K) I - (2 g/K) W) / 2``, a bound of ``log E exp(g omega' W omega)``.

        omega is uniform on the unit sphere. The space splits into differences within a group, on which W is a number,
        and vectors that are constant on groups.
        """
        numbers, K = self.numbers, self.setting.K
        base, scale, (limits, weights) = 1 + q * 2 / K, g * 2 / K, self.blocks
        total = -log_determinant(numbers, limits)
        for count, value in self.differences:
            total = total + numbers.log(base - scale * value) * count
        rows = zip(limits, weights, strict=True)
        block = [[base * x - scale * y for x, y in zip(*row, strict=True)] for row in rows]
        return q - (total + log_determinant(numbers, block)) / 2

    @cached_property
    def differences(self) -> tuple[tuple[int, Real], ...]:
        """Eigenvalues of W, relative to Gbar, on differences within a group, with multiplicities."""
        lam = self.setting.lam
        return tuple(
            (size - 1, (self.diagonal[g] - self.between[g][g]) / lam) for g, size in enumerate(self.sizes) if size > 1
        )

    @cached_property
    def blocks(self) -> tuple[list[list[Real]], list[list[Real]]]:
        """The forms of Gbar and of W on the indicators of the groups."""
        sizes, lam, rest = self.sizes, self.setting.lam, self.setting.rest
        groups = [g for g in range(4) if sizes[g]]
        limits = [[rest * (sizes[g] * sizes[h]) + (lam * sizes[g] if g == h else 0) for h in groups] for g in groups]
        weights = [[self.between[g][h] * (sizes[g] * sizes[h]) for h in groups] for g in groups]
        for i, g in enumerate(groups):
            weights[i][i] = weights[i][i] + (self.diagonal[g] - self.between[g][g]) * sizes[g]
        return limits, weights


class Shift(MeanVector):
    """``S = mean V rho`` of a state with n >= 2 matches: ``|V| <= |v|/sqrt(lam)``, hence M; and the event of rho^2."""

    def __init__(self, setting: Setting, n: int) -> None:
        if not 2 <= n <= setting.K:
            raise InputError(f"a state that is no sample has 2 to {setting.K} matches, got {n}")
        super().__init__(setting, BitClass(n, int(n == setting.K), 1))

    @property
    def size(self) -> Real:
        """``sqrt(M/lam)``, M the supremum of rho^2."""
        return self.numbers.sqrt(self.square / self.setting.lam)

    def log_square(self, neurons: int, value: Real, l: Real) -> Real:
        """Return the logarithm of the bound of ``P(mean rho^2 > value)`` over so many neurons, for a tilt l > 0."""
        numbers, K = self.numbers, self.setting.K
        M = numbers.upper(self.square)
        power = numbers.exp(-numbers.log(1 - l * M * 2) * K / 2)
        return (numbers.log(1 + self.mean_square * (power - 1) / (M * K)) - l * value) * neurons


class GramDeviation(MeanVector):
    """``Delta = mean V (alpha . v) - Gbar^(1/2) alpha`` of a column with t ones.

    For ``X = (omega . V)(alpha . v)``, ``E exp(l (X - E X)) <= (1 + l E X + C E X^2) exp(-l E X) <= exp(C E X^2)``, so
    that W is the second moment ``E v v' (alpha . v)^2`` without the expectation taken off.
    """

    def __init__(self, setting: Setting, t: int) -> None:
        p = max(0, 2 - (setting.K - t))
        super().__init__(setting, BitClass(2, p, t))

    @property
    def size(self) -> Real:
        """``sup |alpha . v|/sqrt(lam)``."""
        return self.reach / self.numbers.sqrt(self.setting.lam)

    def _entry(self, first: Sample, second: Sample) -> Real:
        """Return ``E v_i v_k (alpha . v)^2``."""
        base: dict[Sample, int] = {}
        for sample in (first, second):
            base[sample] = base.get(sample, 0) + 1
        kept, self.b = self.b, self.alpha
        try:
            return self._quadratic(base)
        finally:
            self.b = kept


# --- the theorem


@dataclass(frozen=True)
class GaussianLoad:
    """The outputs that must be correct: a workload, and the states and bits that the start zero gets right by itself.

    `states`: numbers of states with n >= 2 matches, by n; `samples`: pairs of a state with n = 1 and a bit, by t;
    `unwritten`: pairs of a state with n >= 2 matches and a bit that no template writes, by n.
    """

    workload: Workload
    states: Mapping[int, int]
    samples: Mapping[int, int]
    unwritten: Mapping[int, int]

    @classmethod
    def of(
        cls, samples: int, classes: Classes, labels: list[list[int]], *, max_states: int | None = None
    ) -> GaussianLoad:
        """Return the load of all classes (n, p, t); `labels` are the columns of targets, one for each output bit.

        `max_states`: upper limit on the number of arbitrarily chosen states (None: all states).

        >>> from ntkproofs.classes import arbitrary_classes
        >>> from ntkproofs.programs import addition
        >>> program = addition(bits=1)
        >>> load = GaussianLoad.of(program.samples, arbitrary_classes(program), program.labels.T.tolist())
        >>> load.states, load.samples, load.unwritten
        ({2: 3}, {0: 4, 2: 8}, {2: 3})
        """
        bits, totals = Counter(sum(column) for column in labels), Counter[int]()
        single: dict[int, int] = {}
        unwritten: dict[int, int] = {}
        for (n, _, t), pairs in sorted(classes.items()):
            totals[n] += pairs
            if n == 1:
                single[t] = single.get(t, 0) + pairs
            elif n and not t:
                unwritten[n] = unwritten.get(n, 0) + pairs
        states = {n: pairs // len(labels) for n, pairs in totals.items() if n >= 2 and pairs}
        if max_states is not None:
            states = {n: min(number, max_states) for n, number in states.items()}
            single = {t: min(pairs, max_states * bits[t]) for t, pairs in single.items()}
            unwritten = {n: min(pairs, max_states * bits[0]) for n, pairs in unwritten.items()}
        load = Workload.of(samples, classes, labels, max_states=max_states)
        return cls(load, states, dict(sorted(single.items())), unwritten)


@dataclass(frozen=True)
class Split:
    """How a class divides its margin: d for the Gaussian term, the rest for the first-order term with its tilt l."""

    d: Fraction
    l: Fraction


@dataclass(frozen=True)
class GaussianEnsemble:
    """N networks of a width, a threshold and a training that suffice, with all parameters of the bound.

    `deviations`: by t; `shifts`, and `squares` (V and its tilt): by n; `splits`: by class.
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
    deviations: Mapping[int, Length]
    shifts: Mapping[int, Length]
    squares: Mapping[int, tuple[Fraction, Fraction]]
    splits: Mapping[BitClass, Split]

    def bound(self, numbers: Numbers | None = None) -> Real:
        """Enclose the bound of the failure probability; raises Undecided or InputError where a condition fails."""
        numbers = Balls(PRECISION) if numbers is None else numbers
        self._check()
        setting = Setting(numbers, self.load.workload.samples)
        each = sum(self.each(setting), start=numbers.of(0))
        return each * self.networks + sum(self.together(setting), start=numbers.of(0))

    def _check(self) -> None:
        load = self.load
        required = (load.workload.classes, load.states, load.states, load.workload.columns)
        if [set(part) for part in required] != [
            set(part) for part in (self.splits, self.shifts, self.squares, self.deviations)
        ]:
            raise InputError("the parameters are not those of the workload's classes, columns and numbers of matches")
        if min(self.networks, self.width, self.steps) < 1 or not 0 < self.threshold < 1:
            raise InputError("networks, width and steps are 1 or more, and the threshold lies between 0 and 1")
        if not 0 < self.step <= 2 / (load.workload.samples * (1 + self.rise)) or not 0 < self.drop < 1:
            raise InputError(
                f"the step {self.step} is not above 0 and at most 2/(K (1 + rise)), or drop not within 0, 1"
            )

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

    def slack(self, setting: Setting, kind: BitClass) -> Real:
        """Return the second-order term and the remainder, which every margin loses."""
        of = setting.numbers.of
        second = of(self.deviations[kind.t].value) * of(self.shifts[kind.n].value) / (1 - of(self.drop))
        return second + self.remainder(setting, kind.t)

    def each(self, setting: Setting) -> Iterator[Real]:
        """Yield the terms that every network has: trace, eigenvalue, deviations of the columns."""
        numbers, of, width = setting.numbers, setting.numbers.of, self.width
        yield numbers.exp(descent.log_trace(setting, width, of(self.rise), of(self.tilts[0])))
        yield numbers.exp(descent.log_small_eigenvalue(setting, width, of(self.drop), of(self.tilts[1])))
        for t, columns in self.load.workload.columns.items():
            yield numbers.exp(GramDeviation(setting, t).log_exceeds(width, self.deviations[t])) * columns

    def together(self, setting: Setting) -> Iterator[Real]:
        """Yield the terms of the average: shifts and squares of the states, classes, unwritten bits, samples."""
        numbers, of, load, neurons = setting.numbers, setting.numbers.of, self.load, self.networks * self.width
        for n, states in load.states.items():
            shift, (value, l) = Shift(setting, n), self.squares[n]
            yield numbers.exp(shift.log_exceeds(self.width, self.shifts[n], networks=self.networks)) * states
            yield numbers.exp(shift.log_square(neurons, of(value), of(l))) * states
        leftover = self.leftover(setting)
        for kind, pairs in load.workload.classes.items():
            term, split = FirstOrder(setting, kind), self.splits[kind]
            x = term.sign * (of(self.threshold) - term.mean) - self.slack(setting, kind) - of(split.d)
            yield numbers.exp(term.log_exceeds(neurons, x, of(split.l))) * pairs
            yield self.tail(numbers, of(split.d), of(self.squares[kind.n][0]) + leftover, pairs)
        nearest = of(min(self.threshold, 1 - self.threshold))  # distance from the nearer target
        for n, pairs in load.unwritten.items():
            yield self.tail(numbers, nearest, of(self.squares[n][0]) + leftover, pairs)
        for t, pairs in load.samples.items():
            yield self.tail(numbers, nearest - self.remainder(setting, t), leftover, pairs)

    def tail(self, numbers: Numbers, margin: Real, variance: Real, pairs: int) -> Real:
        """Return so many times the tail of the average of the Gaussian terms, each of at most this variance."""
        return numbers.exp(log_tail(numbers, margin / numbers.sqrt(variance / self.networks))) * pairs
