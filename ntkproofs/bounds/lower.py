r"""Lower bounds: fewer networks than so many fail with more than the permitted probability, whatever the threshold.

*One bit.* At a threshold tau an average of N networks rounds a bit wrong with probability exactly ``Q(sqrt(N) z)``, z
its standardised margin at tau. Of several states with the same counts at least one goes wrong with a probability of at
least (Chung and Erdos) ::

    (M q)^2 / (M q + sum over ordered pairs P(both wrong)),   P(both wrong) <= Q(x sqrt(2/(1 + c))),   q = Q(x)

for M states, ``x = sqrt(N) z``, and c the correlation of the outputs at two of them: both wrong means that two standard
normal variables exceed x, hence that their sum exceeds 2 x.

*All bits.* The outputs of the limit are independent from one output bit to the next. So the ensemble fails with a
probability of at least ``1 - product over bits of (1 - bound of the bit)``.

*Whatever the threshold.* Take only bits that should be 0 at states that runs visit: the probability f0 that one of them
is wrong falls with the threshold. Take only bits that should be 1: f1 rises. So for every tau0 and every threshold the
failure probability is at least ``min(f0(tau0), f1(tau0))``.

*However few.* If N networks run a program right with probability at least ``1 - delta > 1/2``, every margin is
positive, hence N + 1 networks do too, at the same threshold. So it is enough to refute one number of networks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.arithmetic.balls import Ball, Rational, as_fraction
from ntkproofs.arithmetic.expressions import enclose
from ntkproofs.bounds.margins import PRECISION
from ntkproofs.bounds.moments import Moments, State
from ntkproofs.bounds.tails import gaussian_tail
from ntkproofs.counts import Counts
from ntkproofs.errors import InputError, Undecided
from ntkproofs.kernels.angular import RHO, Kernel
from ntkproofs.kernels.names import KernelLike, as_kernel
from ntkproofs.training_time import CONVERGED, TrainingTime
from ntkproofs.validation import integer
from ntkproofs.witnesses import Cluster, Column, Family

__all__ = ["LeastNetworks", "correlation", "fails", "least_networks", "least_width_of_any"]

Side: TypeAlias = Sequence[tuple[Column, int]]
HALVINGS = 30
KEPT, LEADING = 2, 3  # clusters of a column, and families, that the search goes on with


@dataclass(frozen=True)
class LeastNetworks:
    """A number below which no ensemble is enough, whatever its threshold; `threshold` is the tau0 that decided it.

    With one network less the failure probability exceeds the permitted one; 1 says nothing.
    """

    networks: int
    threshold: Fraction

    def __str__(self) -> str:
        return f"at least {self.networks} networks, whatever the threshold"


def correlation(
    kernel: KernelLike, n: int, K: int, overlap: int, *, precision: int = PRECISION, at: TrainingTime = CONVERGED
) -> Ball:
    """Enclose the correlation of one output at two states, n of K samples matching each and `overlap` of them both.

    The posterior covariance of the limit, ``k(x, x') + a' K a' - a' k(x') - a' k(x)`` with the prior kernel k, over the
    variance. Needs ``2 <= n`` and ``overlap < n``. `at`: the time of training.

    >>> from ntkproofs.kernels import two_layer_relu
    >>> print(*(correlation(two_layer_relu(), 2, 30, overlap).digits(5) for overlap in (0, 1)))
    0.010134… 0.11437…
    """
    kernel = as_kernel(kernel)
    prior, state = kernel.prior or kernel, State.at(kernel, n, K, precision, at)
    own, other, matched = prior.enclosed(n, precision=precision)
    u, m = state.u, state.u + state.gain
    total = m * n + u * (K - n)
    dot = m**2 * overlap + m * u * (2 * (n - overlap)) + u**2 * (K - 2 * n + overlap)
    here = m * overlap + u * (n - overlap)
    near = enclose(prior.angular, {RHO: Ball(Fraction(overlap, n), precision=precision)}, precision=precision)
    scaled = near + (own - other) * dot + other * total**2 - (matched * here + other * (total - here)) * 2
    return scaled / K / state.variance


def least_networks(
    kernel: KernelLike,
    families: Sequence[Family],
    failure: Rational,
    *,
    most: int,
    at: TrainingTime = CONVERGED,
) -> LeastNetworks:
    """Return a number of networks below which every ensemble fails with a probability above `failure`.

    Floats search, up to `most` networks (those known to be enough); balls decide. `failure` is below 1/2, else the
    result is 1. `at`: the time of training.
    """
    kernel, delta = as_kernel(kernel), as_fraction(failure, "the probability of failure")
    nothing = LeastNetworks(1, Fraction(0))
    if delta >= Fraction(1, 2) or not (any(f.zeros for f in families) and any(f.ones for f in families)):
        return nothing
    search = _Search(_Outputs(kernel, at), families, max(1, most // 2))
    low, high = 1, max(2, most)
    while high - low > 1:  # low: refuted with one network less, or 1
        middle = (low + high) // 2
        low, high = (middle, high) if search.at(middle - 1)[0] > delta else (low, middle)
    for networks in (low, low - 1, low - 1 - low // 1000):
        if networks <= 1:
            break
        threshold = Fraction(search.at(networks - 1)[1]).limit_denominator(10**9)
        if fails(kernel, search.families, networks - 1, threshold, delta, at=at):
            return LeastNetworks(networks, threshold)
    return nothing


def fails(
    kernel: KernelLike,
    families: Sequence[Family],
    networks: int,
    tau0: Fraction,
    failure: Fraction,
    *,
    at: TrainingTime = CONVERGED,
) -> bool:
    """Tell whether balls decide that so many networks, or fewer, fail too often, whatever the threshold."""
    balls = _Balls(_Outputs(as_kernel(kernel), at), networks, tau0)
    try:
        zeros = any(balls.wrong(family.zeros, 1) > failure for family in families)
        return zeros and any(balls.wrong(family.ones, -1) > failure for family in families)
    except Undecided:
        return False


def least_width_of_any(states: int, failure: Rational, *, copies: int = 1) -> int:
    """Return a width below which a trained ReLU network fails too often, whatever its threshold from 0 on.

    `states`: states at which some output bit should be 1 and of which no two have a matching template in common; only
    training samples (one matching template) where all layers are trained. With probability ``2^-w`` none of w
    independent neurons is active at such a state, as u is symmetric. Then the output there is 0. It stays 0 during
    training: a hidden layer that is frozen stays so, and on orthonormal samples a neuron that is not active at a sample
    is not moved along it. So the bit is rounded to 0. These events depend on different coordinates of u, so that one of
    them occurs with probability ``1 - (1 - 2^-w)^states``, which must not exceed `failure`. `copies`: neurons that
    share their u. Raises InputError for a failure that is no probability.

    >>> least_width_of_any(5, Fraction(1, 100)), least_width_of_any(64, Fraction(1, 100), copies=2)
    (9, 26)
    """
    delta = as_fraction(failure, "the probability of failure")
    states, copies = integer(states, "states"), integer(copies, "copies", low=1)
    if not 0 < delta < 1 or states < 0:
        raise InputError(f"a failure between 0 and 1 and a number of states are needed, got {delta} and {states}")
    independent = 1
    while 1 - (1 - Fraction(1, 1 << independent)) ** states > delta:
        independent += 1
    return copies * independent


# --- the bound of one side, for any kind of number


def _either(q: Ball, states: int, pairs: Sequence[tuple[int, Ball]]) -> Ball:
    """Return the Chung-Erdos bound from ``q`` and the pairs' numbers and bounds."""
    total = q * states
    both = total
    for times, value in pairs:
        both = both + value * times
    return total * total / both


@dataclass(frozen=True)
class _Outputs:
    """The outputs of networks with a kernel at a time of training: moments, and correlations between states."""

    kernel: Kernel
    at: TrainingTime

    def moments(self, counts: Counts) -> Moments:
        return State.at(self.kernel, counts.matches, counts.samples, PRECISION, self.at).moments(counts)

    def correlation(self, n: int, K: int, overlap: int) -> Ball:
        return correlation(self.kernel, n, K, overlap, at=self.at)


class _Balls:
    """The bounds by balls, at one number of networks and one threshold."""

    def __init__(self, outputs: _Outputs, networks: int, tau0: Fraction) -> None:
        self.outputs, self.tau0 = outputs, tau0
        self.root = Ball(networks, precision=PRECISION).sqrt()
        self.known: dict[Cluster, Ball] = {}

    def wrong(self, side: Side, sign: int) -> Ball:
        """Enclose a lower bound of the probability that some bit of a side is wrong."""
        right = Ball(1, precision=PRECISION)
        for column, bits in side:
            right = right * (1 - max((self._cluster(each, sign) for each in column), key=lambda b: b.middle)) ** bits
        return 1 - right

    def _cluster(self, cluster: Cluster, sign: int) -> Ball:
        if cluster not in self.known:
            self.known[cluster] = self._bound(cluster, sign)
        return self.known[cluster]

    def _bound(self, cluster: Cluster, sign: int) -> Ball:
        counts = cluster.counts
        moments = self.outputs.moments(counts)
        x = self.root * (self.tau0 - moments.mean) * sign / moments.sigma
        q = gaussian_tail(x)
        pairs = []
        for overlap, times in cluster.overlaps:
            c = self.outputs.correlation(counts.matches, counts.samples, overlap)
            pairs.append((times, gaussian_tail(x * (2 / (c + 1)).sqrt())))
        union = _either(q, cluster.states, pairs)
        return union if union.middle > q.middle else q


# --- searching


Floats: TypeAlias = NDArray[np.float64]


def _tail(x: Floats) -> Floats:
    """Return Q(x), at 0 for negative x: a search near what is refuted never goes there."""
    y = np.clip(x, 0.0, 38.0)
    scaled = 1 / (1 + 0.2316419 * y)  # Abramowitz and Stegun, 26.2.17
    series = scaled * (
        0.319381530 + scaled * (-0.356563782 + scaled * (1.781477937 + scaled * (-1.821255978 + scaled * 1.330274429)))
    )
    return np.exp(-y * y / 2) / math.sqrt(2 * math.pi) * series


class _Lines:
    """The clusters of one side of one family in floats, those that may matter."""

    def __init__(self, outputs: _Outputs, side: Side, sign: int) -> None:
        self.outputs, self.sign = outputs, sign
        self.side, self.columns = tuple(side), [column for column, _ in side]
        self.bits = np.array([bits for _, bits in side], dtype=np.float64)
        self.clusters = sorted({cluster for column in self.columns for cluster in column})
        rows = [_floats(outputs, cluster.counts) for cluster in self.clusters]
        self.means, self.sigmas = np.array(rows).T
        self.states = np.array([cluster.states for cluster in self.clusters], dtype=np.float64)
        self._place()
        self.times = self.owners = self.ratios = np.zeros(0)

    def _place(self) -> None:
        index = {cluster: number for number, cluster in enumerate(self.clusters)}
        self.flat = np.array([index[cluster] for column in self.columns for cluster in column])
        self.first = np.cumsum([0, *(len(column) for column in self.columns[:-1])])

    def keep(self, networks: int, tau: float) -> _Lines:
        """Return the lines with those clusters of each column that lead near so many networks, and their pairs."""
        bound = self._bounds(math.sqrt(networks), tau)
        value = dict(zip(self.clusters, bound, strict=True))
        side = [
            (tuple(sorted(column, key=lambda cluster: -value[cluster])[:KEPT]), int(bits))
            for column, bits in zip(self.columns, self.bits, strict=True)
        ]
        kept = _Lines(self.outputs, side, self.sign)
        pairs = [
            (times, owner, _ratio(self.outputs, cluster.counts, overlap))
            for owner, cluster in enumerate(kept.clusters)
            for overlap, times in cluster.overlaps
        ]
        kept.times, kept.owners, kept.ratios = np.array(pairs).reshape(-1, 3).T
        return kept

    def _bounds(self, root: float, tau: float) -> Floats:
        x = root * self.sign * (tau - self.means) / self.sigmas
        q = _tail(x)
        if not len(self.times):
            return np.minimum(1.0, q * self.states)
        owners = self.owners.astype(np.int64)
        both = np.bincount(owners, self.times * _tail(x[owners] * self.ratios), minlength=len(q))
        return np.maximum(q, (self.states * q) ** 2 / np.maximum(self.states * q + both, 1e-300))

    def wrong(self, networks: int, tau: float) -> float:
        """Return the lower bound of the probability that some bit of this side is wrong."""
        bounds = np.maximum.reduceat(self._bounds(math.sqrt(networks), tau)[self.flat], self.first)
        return float(-np.expm1((self.bits * np.log1p(-np.minimum(bounds, 1 - 1e-12))).sum()))


@lru_cache(maxsize=1 << 12)
def _floats(outputs: _Outputs, counts: Counts) -> tuple[float, float]:
    moments = outputs.moments(counts)
    return float(moments.mean.middle), float(moments.sigma.middle)


@lru_cache(maxsize=1 << 14)
def _pair_ratio(outputs: _Outputs, n: int, K: int, overlap: int) -> float:
    return math.sqrt(2 / max(1 + float(outputs.correlation(n, K, overlap).middle), 1e-9))


def _ratio(outputs: _Outputs, counts: Counts, overlap: int) -> float:
    return _pair_ratio(outputs, counts.matches, counts.samples, overlap)


class _Search:
    """Floats: the lower bound of the failure probability, at the best tau0."""

    def __init__(self, outputs: _Outputs, families: Sequence[Family], guess: int) -> None:
        self.zeros = [_Lines(outputs, family.zeros, 1) for family in families if family.zeros]
        self.ones = [_Lines(outputs, family.ones, -1) for family in families if family.ones]
        _, tau = self.at(guess)
        self.zeros, self.ones = (self._leading(side, guess, tau) for side in (self.zeros, self.ones))

    @property
    def families(self) -> list[Family]:
        """The leading columns, as families for balls."""
        zeros = [Family(lines.side, ()) for lines in self.zeros]
        return zeros + [Family((), lines.side) for lines in self.ones]

    def _leading(self, side: list[_Lines], guess: int, tau: float) -> list[_Lines]:
        order = sorted(side, key=lambda lines: -lines.wrong(guess, tau))[:LEADING]
        return [lines.keep(guess, tau) for lines in order]

    def at(self, networks: int) -> tuple[float, float]:
        """Return the bound at the best tau0, and that tau0."""
        low, high = 0.0, 1.0
        for _ in range(HALVINGS):
            tau = (low + high) / 2
            zeros = max(lines.wrong(networks, tau) for lines in self.zeros)
            more = zeros >= max(lines.wrong(networks, tau) for lines in self.ones)
            low, high = (tau, high) if more else (low, tau)
        zeros, ones = (max(lines.wrong(networks, high) for lines in side) for side in (self.zeros, self.ones))
        return min(zeros, ones), high
