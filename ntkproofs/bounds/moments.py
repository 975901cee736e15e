"""Moments: enclosures of mean and variance of one output bit, and its margin to a threshold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from ntkproofs.arithmetic.balls import Ball, Rational
from ntkproofs.arithmetic.expressions import enclose
from ntkproofs.counts import Counts
from ntkproofs.errors import InputError, NoMargin, Undecided
from ntkproofs.kernels.angular import Kernel
from ntkproofs.kernels.definite import certain_sign, demand_definite
from ntkproofs.kernels.names import KernelLike, as_kernel
from ntkproofs.predictor import (
    combine,
    spread,
    spread_at_sample,
    spread_at_zero,
    stopped,
    unmatched,
    weight_at_zero,
)
from ntkproofs.training_time import CONVERGED, TrainingTime

__all__ = ["Moments", "State", "demand_networks", "enclose_weights"]


@dataclass(frozen=True, eq=False)
class Moments:
    """Enclosures of mean and variance of an output bit of one network at these counts, including the factor 1/n0."""

    counts: Counts
    mean: Ball
    variance: Ball

    @property
    def bit(self) -> int:
        """The bit that the program means."""
        return int(self.counts.matched_writers > 0)

    @property
    def certain(self) -> bool:
        """Whether the variance is exactly 0, so that the output of every network is the mean.

        This holds at convergence at a training sample (n = 1) and for linear networks, and at any time at the zero
        vector (n = 0) for networks whose output is 0 there.
        """
        return bool(self.variance == 0)

    @cached_property
    def sigma(self) -> Ball:
        """The standard deviation of one network."""
        return self.variance.sqrt()

    def margin(self, threshold: Rational) -> Ball:
        """Return the distance of the mean from `threshold`, positive on the side of the bit that the program means."""
        return self.mean - threshold if self.bit else threshold - self.mean

    def standardised(self, threshold: Rational) -> Ball:
        """Return ``margin / sigma`` for counts of positive variance.

        Raises NoMargin where it is not positive and Undecided where its sign is not certain at this precision.
        """
        margin = self.margin(threshold)
        if margin.sign() <= 0:
            raise NoMargin(self._reason(threshold))
        if not self.variance > 0:
            raise Undecided(f"the variance at {self.counts} is not certainly positive: {self.variance!r}")
        return margin / self.sigma

    def demand_right(self, threshold: Rational) -> None:
        """Raise NoMargin if a bit of variance 0 is rounded wrong: its output is the mean, and the comparison exact."""
        correct = self.mean.lower > threshold if self.bit else self.mean.upper <= threshold
        if not correct:
            raise NoMargin(self._reason(threshold))

    def _reason(self, threshold: Rational) -> str:
        if self.counts.writers == 0 and threshold == 0:
            return (
                f"threshold 0 is refused: at {self.counts} no template writes the bit, so its mean is exactly 0 and "
                "its variance positive: an ensemble of any size rounds it to 1 with probability 1/2. Take a threshold "
                "above 0, or drop the bits that are never written"
            )
        where = "exactly at" if self.margin(threshold) == 0 else "on the wrong side of"
        return (
            f"threshold {threshold} is refused: a bit that should be {self.bit} has its mean {self.mean.digits(6)} "
            f"{where} it, at {self.counts}"
        )


@lru_cache(maxsize=1 << 16)
def _numbers(kernel: Kernel, n: int, precision: int) -> tuple[Ball, Ball, Ball]:
    return kernel.enclosed(n, precision=precision)


@lru_cache(maxsize=1 << 16)
def enclose_weights(
    kernel: KernelLike, n: int, K: int, precision: int, at: TrainingTime = CONVERGED
) -> tuple[Ball, Ball]:
    """Return balls that contain the gain g(n) and the weight u of a sample that does not match; at n = 0 the gain is 0.

    >>> from ntkproofs.kernels import two_layer_relu
    >>> print(*(ball.digits(4) for ball in enclose_weights(two_layer_relu(), 2, 10, 64)))
    0.5752… -0.009850…
    """
    used = as_kernel(kernel)
    weights = _weights(used, n, K, precision)
    return weights if at.converged else stopped(*weights, n, K, _remaining(used, K, precision, at))


@lru_cache(maxsize=1 << 12)
def _remaining(kernel: Kernel, K: int, precision: int, at: TrainingTime) -> tuple[Ball, Ball]:
    return at.enclose(kernel, K, precision=precision)


def _weights(kernel: Kernel, n: int, K: int, precision: int) -> tuple[Ball, Ball]:
    """Return the gain and the weight at convergence."""
    if n == 1:  # the sample itself
        return Ball(1, precision=precision), Ball(0, precision=precision)
    own, other, matched = _numbers(kernel, max(1, n), precision)
    if n == 0:
        zero = enclose(kernel.at_zero[1], precision=precision)
        return Ball(0, precision=precision), weight_at_zero(own, other, zero, K)
    gain = (matched - other) / (own - other)
    return gain, unmatched(own, other, gain, n, K)


def _variance(kernel: Kernel, n: int, K: int, precision: int, at: TrainingTime = CONVERGED) -> Ball:
    """Return the variance of one network, exactly 0 in the cases of :attr:`Moments.certain`.

    At a sample it tends to 0 in training: where the precision does not separate it from 0, an upper bound.
    """
    if (n == 0 and kernel.vanishes) or (at.converged and (n == 1 or (n > 1 and kernel.deterministic))):
        return Ball(0, precision=precision)
    prior, (gain, u) = kernel.prior or kernel, enclose_weights(kernel, n, K, precision, at)
    own, other, matched = _numbers(prior, max(1, n), precision)
    if n == 0:
        zero = enclose(prior.at_zero[0], precision=precision), enclose(prior.at_zero[1], precision=precision)
        scaled: Ball = spread_at_zero(own, other, zero, u, K)
    elif n == 1:
        return _positive(spread_at_sample(own, other, _remaining(kernel, K, precision, at), K) / K)
    else:
        scaled = spread(own, other, matched, u + gain, u, n, K)
    return scaled / K


def _positive(variance: Ball) -> Ball:
    """Return the enclosure of a positive number, or an upper bound if 0 is in the enclosure."""
    return variance if variance.lower > 0 else Ball(variance.upper, precision=variance.precision)


@lru_cache(maxsize=1 << 16)
def demand_networks(kernel: KernelLike, n: int, K: int, at: TrainingTime = CONVERGED) -> None:
    """Raise InputError unless networks can have this kernel and its prior, decided by ball arithmetic.

    The Gram matrices of K samples must be definite (:func:`~ntkproofs.kernels.definite.demand_definite`), the steps of
    training `at` a time must not be too large, and the variance at a state that n templates match must not be negative.

    >>> from ntkproofs.kernels import RHO
    >>> demand_networks(Kernel("triangle", RHO + RHO**2), 3, 10)
    >>> demand_networks(Kernel("quarter", RHO - RHO**0 / 4), 3, 10)
    Traceback (most recent call last):
    ...
    ntkproofs.errors.InputError: 'quarter' is no kernel on 10 samples: the eigenvalue own + (K - 1) other = -1.5
    """
    kernel = as_kernel(kernel)
    demand_definite(kernel, K)
    at.demand_allowed(kernel, K)
    if n == 1:  # a sum of squares
        return
    if certain_sign(lambda bits: _variance(kernel, n, K, bits, at), f"the variance at n = {n}, K = {K}") < 0:
        raise InputError(
            f"no networks have the kernel {kernel.name!r}: at n = {n}, K = {K} the variance of an output would be "
            f"negative"
        )


@dataclass(frozen=True, eq=False)
class State:
    """Enclosures that all output bits of a state share: gain, weight of a sample that does not match, and variance."""

    gain: Ball
    u: Ball
    variance: Ball

    @classmethod
    def at(cls, kernel: Kernel, n: int, K: int, precision: int, time: TrainingTime = CONVERGED) -> State:
        """Return the enclosures for a state that n of K samples match, at `precision` bits and a time of training.

        Raises InputError if no networks have this kernel (:func:`demand_networks`).
        """
        demand_definite(kernel, K)
        time.demand_allowed(kernel, K)
        variance = _variance(kernel, n, K, precision, time)
        if not (variance.lower > 0 or variance.lower == variance.upper == 0):
            demand_networks(kernel, n, K, time)
        return cls(*enclose_weights(kernel, n, K, precision, time), variance)

    @property
    def ordered(self) -> bool:
        """Whether g > 0 and u < 0 for certain: the mean increases with p and decreases with t."""
        try:
            return self.gain.sign() > 0 and self.u.sign() < 0
        except Undecided:
            return False

    def moments(self, counts: Counts) -> Moments:
        """Return the moments of a bit of this state."""
        mean = combine(self.gain, self.u, counts.matched_writers, counts.writers)
        return Moments(counts, mean, self.variance)
