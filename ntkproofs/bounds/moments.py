"""Moments: mean and variance of one output bit, enclosed, and the side of the threshold on which the mean must lie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from ntkproofs.counts import Counts
from ntkproofs.errors import InputError, NoMargin, Undecided
from ntkproofs.kernels.angular import Kernel
from ntkproofs.kernels.definite import certain_sign, demand_definite
from ntkproofs.predictor import combine, spread, spread_at_zero, unmatched, weight_at_zero
from ntkproofs.rigor.balls import Ball, Rational
from ntkproofs.rigor.expressions import enclose

__all__ = ["Moments", "State", "demand_networks", "enclose_weights"]


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean and variance (of one network, the factor 1/n0 included) of an output bit with these counts, enclosed."""

    counts: Counts
    mean: Ball
    variance: Ball

    @property
    def bit(self) -> int:
        """What the bit should be."""
        return int(self.counts.matched_writers > 0)

    @property
    def certain(self) -> bool:
        """Whether every network answers the mean itself: the variance is exactly 0.

        So it is at a training sample (n = 1), for linear networks, and at the zero vector (n = 0) for networks that
        answer 0 there.
        """
        return bool(self.variance == 0)

    @cached_property
    def sigma(self) -> Ball:
        """The standard deviation of one network."""
        return self.variance.sqrt()

    def margin(self, threshold: Rational) -> Ball:
        """Return how far the mean lies on the right side of `threshold` (negative: on the wrong one)."""
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
        """Do the exact comparison; raise NoMargin if a bit of variance 0 is rounded wrong."""
        right = self.mean.lower > threshold if self.bit else self.mean.upper <= threshold
        if not right:
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
def enclose_weights(kernel: Kernel, n: int, K: int, precision: int) -> tuple[Ball, Ball]:
    """Return balls for the gain g(n) and the weight u of an unmatched sample; at n = 0 for 0 and every sample's weight.

    >>> from ntkproofs.kernels import two_layer_relu
    >>> print(*(ball.digits(4) for ball in enclose_weights(two_layer_relu(), 2, 10, 64)))
    0.5752… -0.009850…
    """
    if n == 1:  # the sample itself
        return Ball(1, precision=precision), Ball(0, precision=precision)
    own, other, matched = _numbers(kernel, max(1, n), precision)
    if n == 0:
        zero = enclose(kernel.at_zero[1], precision=precision)
        return Ball(0, precision=precision), weight_at_zero(own, other, zero, K)
    gain = (matched - other) / (own - other)
    return gain, unmatched(own, other, gain, n, K)


def _variance(kernel: Kernel, n: int, K: int, precision: int) -> Ball:
    """Return the variance of one network; 0 where it is so by structure (see :attr:`Moments.certain`)."""
    if n == 1 or (n == 0 and kernel.vanishes) or (n > 1 and kernel.deterministic):
        return Ball(0, precision=precision)
    prior, (gain, u) = kernel.prior or kernel, enclose_weights(kernel, n, K, precision)
    own, other, matched = _numbers(prior, max(1, n), precision)
    if n == 0:
        zero = enclose(prior.at_zero[0], precision=precision), enclose(prior.at_zero[1], precision=precision)
        scaled: Ball = spread_at_zero(own, other, zero, u, K)
    else:
        scaled = spread(own, other, matched, u + gain, u, n, K)
    return scaled / K


@lru_cache(maxsize=1 << 16)
def demand_networks(kernel: Kernel, n: int, K: int) -> None:
    """Raise InputError unless there can be networks of this kernel (and its prior): decided by balls.

    The Gram matrices of K samples are definite (:func:`~ntkproofs.kernels.definite.demand_definite`), and the variance
    at a state that n templates match is positive, or 0 by structure.

    >>> from ntkproofs.kernels import RHO
    >>> demand_networks(Kernel("triangle", RHO + RHO**2), 3, 10)
    >>> demand_networks(Kernel("quarter", RHO - RHO**0 / 4), 3, 10)
    Traceback (most recent call last):
    ...
    ntkproofs.errors.InputError: 'quarter' is no kernel on 10 samples: the eigenvalue own + (K - 1) other = -1.5
    """
    demand_definite(kernel, K)
    if certain_sign(lambda bits: _variance(kernel, n, K, bits), f"the variance at n = {n}, K = {K}") < 0:
        raise InputError(
            f"no networks have the kernel {kernel.name!r}: at n = {n}, K = {K} the variance of an output would be "
            f"negative"
        )


@dataclass(frozen=True, eq=False)
class State:
    """What all output bits of a state share: gain, weight of an unmatched sample, variance."""

    gain: Ball
    u: Ball
    variance: Ball

    @classmethod
    def at(cls, kernel: Kernel, n: int, K: int, precision: int) -> State:
        """Enclose the numbers of a state that n templates match, among K samples, at `precision` bits.

        Raises InputError if there are no networks of this kernel (:func:`demand_networks`).
        """
        demand_networks(kernel, n, K)
        return cls(*enclose_weights(kernel, n, K, precision), _variance(kernel, n, K, precision))

    @property
    def ordered(self) -> bool:
        """Whether it is certain that g > 0 and u < 0: more matching writers raise the mean, more writers lower it."""
        try:
            return self.gain.sign() > 0 and self.u.sign() < 0
        except Undecided:
            return False

    def moments(self, counts: Counts) -> Moments:
        """Return mean and variance of a bit of this state."""
        mean = combine(self.gain, self.u, counts.matched_writers, counts.writers)
        return Moments(counts, mean, self.variance)
