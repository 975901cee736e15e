"""Moments: mean and variance of one output bit, enclosed, and the side of the threshold on which the mean must lie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from ntkproofs.bounds.rounding import enclose_gain
from ntkproofs.counts import Counts
from ntkproofs.errors import NoMargin, Undecided
from ntkproofs.kernels.angular import Kernel
from ntkproofs.predictor import combine, spread, unmatched
from ntkproofs.rigor.balls import Ball, Rational

__all__ = ["Moments", "State"]


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
        """Whether every network answers the mean itself: n <= 1, or a linear network; the variance is exactly 0."""
        return self.counts.matches <= 1 or bool(self.variance == 0)

    @cached_property
    def sigma(self) -> Ball:
        """The standard deviation of one network."""
        return self.variance.sqrt()

    def margin(self, threshold: Rational) -> Ball:
        """Return how far the mean lies on the right side of `threshold` (negative: on the wrong one)."""
        return self.mean - threshold if self.bit else threshold - self.mean

    def standardised(self, threshold: Rational) -> Ball:
        """Return ``margin / sigma`` for counts with n >= 2.

        Raises NoMargin where it is not positive and Undecided where its sign is not certain at this precision.
        """
        margin = self.margin(threshold)
        if margin.sign() <= 0:
            raise NoMargin(self._reason(threshold))
        if not self.variance > 0:
            raise Undecided(f"the variance at {self.counts} is not certainly positive: {self.variance!r}")
        return margin / self.sigma

    def demand_right(self, threshold: Rational) -> None:
        """Do the exact comparison; raise NoMargin if a bit of variance 0 (n <= 1) is rounded wrong."""
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
def _prior_numbers(prior: Kernel, n: int, precision: int) -> tuple[Ball, Ball, Ball]:
    return prior.enclosed(n, precision=precision)


@dataclass(frozen=True, eq=False)
class State:
    """What all output bits of a state share: gain, weight of an unmatched sample, variance."""

    gain: Ball
    u: Ball
    variance: Ball

    @classmethod
    def at(cls, kernel: Kernel, n: int, K: int, precision: int) -> State:
        """Enclose the numbers of a state that n templates match, among K samples, at `precision` bits."""
        zero, one = Ball(0, precision=precision), Ball(1, precision=precision)
        if n <= 1:  # no match: every output is 0; one match: the sample itself
            return cls(one * n, zero, zero)
        own, other, gain = enclose_gain(kernel, n, precision)
        u = unmatched(own, other, gain, n, K)
        if kernel.linear:  # a linear function is known at sums of samples
            return cls(gain, u, zero)
        variance = spread(*_prior_numbers(kernel.prior or kernel, n, precision), u + gain, u, n, K) / K
        return cls(gain, u, variance)

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
