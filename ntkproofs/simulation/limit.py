"""The limit: trained networks of infinite width as Gaussian processes, jointly over many states.

Every output bit is an independent Gaussian process over the states (Lee et al., arXiv 1902.06720)::

    mean = Y^T Theta^-1 c,    covariance = K(S, S) - C A - A^T C^T + A^T K(X, X) A,    A = Theta^-1 c^T

with S the encoded states, c their trained kernel and C their prior kernel with the samples X. The error of the
average of N networks is then a weighted sum of chi-squares: its mean and deviation are exact, its tails come from a
saddle point. Floats throughout: this is what a simulation is held against, never a verdict about a program.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy
from numpy.typing import NDArray

from ntkproofs.bounds.moments import demand_networks
from ntkproofs.errors import InputError
from ntkproofs.kernels import RHO, KernelLike, as_kernel
from ntkproofs.programs import Rows, TemplateProgram
from ntkproofs.simulation.normal import log_upper, quadrant_excess
from ntkproofs.simulation.streams import PAIRS, stream

__all__ = ["ErrorLaw", "Limit", "Trials", "kernel_values", "limit_of"]

PAIRED = 256  # states of which all pairs are looked at

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Trials:
    """The states on which networks are tried: the encoded inputs, and what the outputs should be.

    `program` (its samples are the training set); `codes`, ``(states, samples)``: the encoded states; `wanted`,
    ``(states, bits)``: the ideal next state, 0/1. The `targets` are the ideal next state over the root of the number of
    matching templates, as the encoded states are (so the published experiment scales them).

    >>> from ntkproofs.programs import permutation
    >>> trials = Trials.of(permutation([1, 0, 2]), np.array([[1, 1, 0]], dtype=np.uint8))
    >>> trials.targets.round(3).tolist()
    [[0.707, 0.707, 0.0]]
    """

    program: TemplateProgram
    codes: Floats
    wanted: Rows
    targets: Floats

    @classmethod
    def of(cls, program: TemplateProgram, rows: Rows) -> Trials:
        """Return the trials on the states `rows`, ``(states, bits)``; at each at least two templates must match.

        At a state that one template matches the network was trained: there is nothing to measure there.
        """
        match = program.match_rows(rows)
        matches = match.sum(axis=1)
        if not len(rows) or matches.min() < 2:
            raise InputError(f"{program.name}: networks are tried on states that at least two templates match")
        codes = np.zeros((len(rows), program.samples))
        codes[:, : match.shape[1]] = match / np.sqrt(matches)[:, None]
        wanted = program.step_rows(rows)
        return cls(program, codes, wanted, wanted / np.sqrt(matches)[:, None])


@dataclass(frozen=True, eq=False)
class ErrorLaw:
    """The law of ``weight * sum over i, j of (offset_ij + sqrt(spread_i) z_ij)**2``, z independent standard normal.

    `spreads`, ``(directions,)``; `offsets`, ``(directions,)``: sum over j of the squared offsets; `copies`: how many j.
    """

    spreads: Floats
    offsets: Floats
    copies: int
    weight: float

    @property
    def mean(self) -> float:
        """The mean."""
        return self.weight * float(self.copies * self.spreads.sum() + self.offsets.sum())

    @property
    def deviation(self) -> float:
        """The standard deviation."""
        return self.weight * math.sqrt(self._derivatives(0.0)[2])

    def _derivatives(self, tilt: float) -> tuple[float, float, float]:
        """Return the cumulant generating function of the unweighted sum, and its first two derivatives."""
        rest = 1 - 2 * tilt * self.spreads
        value = -self.copies / 2 * np.log(rest) + tilt * self.offsets / rest
        first = self.copies * self.spreads / rest + self.offsets / rest**2
        second = 2 * self.copies * (self.spreads / rest) ** 2 + 4 * self.spreads * self.offsets / rest**3
        return float(value.sum()), float(first.sum()), float(second.sum())

    def _tilt(self, sum_of: float) -> float:
        """Return the saddle point: where the derivative is `sum_of`; it increases, so halving closes in on it."""
        edge = 1 / (2 * float(self.spreads.max()))
        if self._derivatives(0.0)[1] < sum_of:
            low, high = 0.0, edge
        else:
            low, high = -edge, 0.0
            while self._derivatives(low)[1] > sum_of:
                low *= 2
        for _ in range(200):
            middle = (low + high) / 2
            if middle in (low, high):
                break
            if self._derivatives(middle)[1] < sum_of:
                low = middle
            else:
                high = middle
        return (low + high) / 2

    def deviate(self, value: float) -> float:
        """Return the normal deviate of an observed value: z with ``P(law > value) = P(Z > z)``.

        By the modified signed root ``r + log(u/r)/r`` of the saddle point; in the far tails as good as near the mean.
        """
        if not 0 < value < math.inf:
            raise InputError(f"an error is positive and finite, got {value!r}")
        target = value / self.weight
        tilt = self._tilt(target)
        level, _, curvature = self._derivatives(tilt)
        root = math.copysign(math.sqrt(max(0.0, 2 * (tilt * target - level))), tilt)
        if abs(root) < 1e-4:  # the two singular terms cancel here: to first order
            third = 8 * float((self.copies * self.spreads**3 + 3 * self.spreads**2 * self.offsets).sum())
            variance = self._derivatives(0.0)[2]
            return (target - self.mean / self.weight) / math.sqrt(variance) + third / math.sqrt(variance) ** 3 / 6
        return root + math.log(tilt * math.sqrt(curvature) / root) / root

    def log_density(self, value: float) -> float:
        """Return the logarithm of the density at `value`, by its saddle point."""
        target = value / self.weight
        tilt = self._tilt(target)
        level, _, curvature = self._derivatives(tilt)
        return level - tilt * target - math.log(2 * math.pi * curvature) / 2 - math.log(self.weight)


@dataclass(frozen=True, eq=False)
class Limit:
    """What networks of infinite width answer on `trials`: `mean`, ``(states, bits)``; `covariance`, ``(states,)*2``."""

    trials: Trials
    mean: Floats
    covariance: Floats

    @property
    def bias(self) -> Floats:
        """How far the mean is from the target, ``(states, bits)``."""
        return self.mean - self.trials.targets

    @property
    def variance(self) -> float:
        """The variance of one network's output, averaged over the states."""
        return float(np.diag(self.covariance).mean())

    @property
    def variance_spread(self) -> float:
        """Variance of the sample variance averaged over states and bits, times the degrees of freedom."""
        states, bits = self.mean.shape
        return 2 * float((self.covariance**2).sum()) / float(states * states * bits)

    @cached_property
    def _spectrum(self) -> tuple[Floats, Floats]:
        values, vectors = np.linalg.eigh(self.covariance)
        return np.maximum(values, 0.0), vectors

    @cached_property
    def _offsets(self) -> Floats:
        offsets: Floats = ((self._spectrum[1].T @ self.bias) ** 2).sum(axis=1)
        return offsets

    def error_law(self, networks: int) -> ErrorLaw:
        """Return the law of the mean squared error of the average of `networks` networks."""
        return ErrorLaw(self._spectrum[0] / networks, self._offsets, self.mean.shape[1], 1 / self.mean.size)

    def average_spread(self, weights: Floats) -> float:
        """Return the variance of one network's ``sum(weights * output)``; weights ``(states, bits)``."""
        return float(np.einsum("sb,st,tb->", weights, self.covariance, weights, optimize=True))

    def draw(self, source: np.random.Generator, networks: int) -> Floats:
        """Draw the average of `networks` networks, ``(states, bits)``: itself Gaussian, so one draw is exact."""
        values, vectors = self._spectrum
        noise = source.standard_normal(self.mean.shape) * np.sqrt(values / networks)[:, None]
        drawn: Floats = self.mean + vectors @ noise
        return drawn

    # --- accuracy: the share of states at which every bit is rounded right (threshold 0)

    def _heights(self, networks: int) -> Floats:
        """Return by how many deviations the average is on the right side, ``(states, bits)``."""
        deviation = np.sqrt(np.maximum(np.diag(self.covariance), 1e-300) / networks)[:, None]
        heights: Floats = np.where(self.trials.wanted > 0, self.mean, -self.mean) / deviation
        return heights

    def _log_right(self, networks: int) -> tuple[Floats, NDArray[np.intp], Floats]:
        """Return the different heights, where each stands ``(states, bits)``, and log P(Z < height) of each."""
        heights = self._heights(networks)
        different, place = np.unique(np.round(heights, 9), return_inverse=True)
        logs = np.array([_log_below(float(h)) for h in different])
        return different, place.reshape(heights.shape), logs

    def accuracy(self, networks: int) -> float:
        """Return the expected accuracy of the average of `networks` networks: the bits are independent."""
        _, place, logs = self._log_right(networks)
        return float(np.exp(logs[place].sum(axis=1)).mean())

    def accuracy_unit(self, networks: int) -> float:
        """Return u so that the accuracy of one ensemble has variance ``u a (1 - a)``: one over the independent inputs.

        The states are correlated; the joint probability of two states is a product of quadrants over the bits. From 256
        states on, pairs of some of them stand for all.
        """
        different, place, logs = self._log_right(networks)
        states = len(place)
        total = logs[place].sum(axis=1)
        right = np.exp(total)
        share = float(right.mean()) * float(-np.expm1(total).mean())
        if share <= 0:
            return 1 / states
        some = np.arange(states)
        if states > PAIRED:
            some = np.sort(stream(0, PAIRS).choice(states, PAIRED, replace=False))
        gain = self._joint_gain(different, place, logs, some)
        np.fill_diagonal(gain, 0.0)
        others = float(right[some] @ gain @ right[some]) / max(1, len(some) * (len(some) - 1)) * (states - 1)
        own = float((right * -np.expm1(total)).mean())
        return float(np.nan_to_num(min(1.0, max(1 / states, (others + own) / states / share)), nan=1.0))

    def _joint_gain(self, different: Floats, place: NDArray[np.intp], logs: Floats, some: NDArray[np.intp]) -> Floats:
        """Return ``P(both right) / (P(one) P(other)) - 1`` for every two of some states."""
        covariance, place = self.covariance[np.ix_(some, some)], place[some]
        deviation = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
        levels, level = np.unique(np.round(covariance / np.outer(deviation, deviation), 9), return_inverse=True)
        level = level.reshape(covariance.shape)
        signs = self.trials.wanted[some] > 0
        total = np.zeros(covariance.shape)
        for bit in range(place.shape[1]):
            same = signs[:, None, bit] == signs[None, :, bit]
            pairs = place[:, None, bit] * len(different) + place[None, :, bit]
            codes, where = np.unique((pairs * len(levels) + level) * 2 + same, return_inverse=True)
            pair, kind = np.divmod(codes // 2, len(levels))
            first, second = np.divmod(pair, len(different))
            rho = np.where(codes % 2 == 1, levels[kind], -levels[kind])
            joint = quadrant_excess(different[first], different[second], rho)
            odds = np.exp(np.minimum(-logs[first] - logs[second], 700.0))
            total += np.log1p(np.maximum(joint * odds, -1 + 1e-15))[where].reshape(total.shape)
        with np.errstate(over="ignore"):
            gains: Floats = np.expm1(total)
        return gains


def _log_below(h: float) -> float:
    """Return log P(Z < h)."""
    return math.log1p(-0.5 * math.erfc(h / math.sqrt(2))) if h > -5 else log_upper(-h)


def kernel_values(kernel: KernelLike) -> Callable[[Floats], Floats]:
    """Return the kernel of unit vectors as a function of arrays of their correlations."""
    angular = sympy.lambdify(RHO, as_kernel(kernel).angular, "numpy")
    return lambda correlation: np.broadcast_to(angular(np.clip(correlation, -1, 1)), correlation.shape)


def limit_of(trials: Trials, kernel: KernelLike, *, time: float | None = None) -> Limit:
    """Return the limit under a trained kernel (its `prior` is the kernel before training).

    `time`: None for training to the end, else gradient flow on ``n0 Theta`` for that long (what it has not learnt then
    fades like ``exp(-eigenvalue * time)``). Raises InputError for a negative time and for a function that is no kernel.

    >>> from ntkproofs.kernels import two_layer_relu
    >>> from ntkproofs.programs import permutation
    >>> trials = Trials.of(permutation([1, 0, 2]), np.array([[1, 1, 0]], dtype=np.uint8))
    >>> limit_of(trials, two_layer_relu()).mean.round(4).tolist()
    [[0.5571, 0.5571, -0.0182]]
    """
    kernel, K = as_kernel(kernel), trials.program.samples
    if time is not None and not time >= 0:
        raise InputError(f"the time of training must not be negative, got {time!r}")
    for matches in np.unique(np.count_nonzero(trials.codes, axis=1)).tolist():
        demand_networks(kernel, matches, K)
    trained, prior = kernel_values(kernel), kernel_values(kernel.prior or kernel)
    eye, codes = np.eye(K), trials.codes
    values, vectors = np.linalg.eigh(trained(eye))
    learnt = 1 / values if time is None else -np.expm1(-values * time) / values
    A = (vectors * learnt) @ vectors.T @ trained(codes).T
    C = prior(codes)
    cross = C @ A
    overlap = codes @ codes.T
    np.fill_diagonal(overlap, 1.0)
    covariance = (prior(overlap) - cross - cross.T + A.T @ prior(eye) @ A) / K
    return Limit(trials, A.T @ trials.program.labels, (covariance + covariance.T) / 2)
