"""Margins and rounding over ranges of n, for the kernels of networks with one hidden ReLU layer.

A program with K templates has up to K different n. :func:`least_margin_count` finds the counts of the smallest margin
by bisection of the ranges: the range with the smallest lower bound is halved until it is a single n. Few n are
evaluated, and every number is an enclosure.

With the gain g, the weights u and m of :mod:`ntkproofs.predictor`, ``D = own/other - 1`` of the trained kernel and
``C(n) = matched(n)/other`` of the prior one, the identities ``1 - S1 = D u`` and ``u (D + K) = 1 - n g`` give ::

    mean = (g (p (D + K) - t n) + t) / (D + K)
    scaled variance / other = (own/other - 1) (1 + n m^2 + (K - n) u^2) + (D u)^2 - 2 n m (C(n) - 1)

On the integers ``2 <= n <= K``, g, u, m and C decrease. For ``rho = n^-1/2`` the trained kernel is, up to a factor,
``kappa = sqrt(1 - rho^2) + c rho A`` with ``A = pi - arccos rho`` and c = 2 (NTK) or 1 (NNGP), which increases with
rho; ``n (kappa - 1) = (kappa - 1)/rho^2`` decreases with rho because ``2 (kappa - 1) >= rho kappa'`` for
``rho^2 <= 1/2``; and ``D (D + K) m = D + D g (D + K - n)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from heapq import heappop, heappush

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.bounds.margins import PRECISION, Margins, SmallestMargin
from ntkproofs.bounds.moments import State
from ntkproofs.bounds.rounding import rounds_right, sufficient_applies
from ntkproofs.counts import CountRange, Counts
from ntkproofs.errors import InputError
from ntkproofs.kernels import KernelLike, as_kernel, two_layer_relu
from ntkproofs.kernels.angular import Kernel

__all__ = ["first_wrong_count", "least_margin_count", "representatives", "smallest_margin_over"]

FEW = 4096  # counts that are all listed
RATIO = Fraction(51, 50)  # of consecutive n that represent a longer range


def representatives(ranges: Iterable[CountRange]) -> frozenset[Counts]:
    """Return all counts of some ranges, or of long ranges those at n in about geometric progression and at the ends."""
    parts = tuple(ranges)
    if sum(map(len, parts)) <= FEW:
        return frozenset(counts for part in parts for counts in part)
    return frozenset(part.at(n) for part in parts for n in _geometric(part))


def _geometric(part: CountRange) -> set[int]:
    chosen, n = {part.first, part.last}, part.first
    while n < part.last:
        chosen.add(n)
        n = max(n + 1, int(n * RATIO))
    return chosen | {n for n in (part.others, part.others + 1) if part.first <= n <= part.last}


@dataclass(frozen=True)
class _Enclosures:
    """Enclosures over a range of n >= 2, as in the description of this module; `n` is the range itself."""

    n: Ball
    gain: Ball
    u: Ball
    m: Ball
    prior: Ball  # C(n)
    own: Ball  # own/other of the prior kernel
    contrast: Ball  # D
    factor: Ball  # other of the prior kernel

    @classmethod
    def over(cls, kernel: Kernel, part: CountRange, precision: int) -> _Enclosures:
        if kernel not in (two_layer_relu("ntk"), two_layer_relu("nngp")):
            raise InputError(f"ranges of n are known for the kernels ntk and nngp, not for {kernel.name!r}")
        K, prior = part.samples, kernel.prior or kernel
        low, high = (State.at(kernel, n, K, precision) for n in (part.first, part.last))
        own, other, _ = kernel.enclosed(1, precision=precision)
        prior_own, factor, first = prior.enclosed(part.first, precision=precision)

        def hull(largest: Ball, smallest: Ball) -> Ball:
            return Ball.between(smallest.lower, largest.upper, precision=precision)

        return cls(
            n=Ball.between(Fraction(part.first), Fraction(part.last), precision=precision),
            gain=hull(low.gain, high.gain),
            u=hull(low.u, high.u),
            m=hull(low.gain + low.u, high.gain + high.u),
            prior=hull(first / factor, prior.enclosed(part.last, precision=precision)[2] / factor),
            own=prior_own / factor,
            contrast=own / other - 1,
            factor=factor,
        )

    def mean(self, part: CountRange) -> Ball:
        """Enclose the means of all counts of the range."""
        first, last = (part.at(n).matched_writers for n in (part.first, part.last))
        if not last:
            return self.u * part.writers
        total = self.contrast + part.samples
        least, most = total * first - part.last * part.writers, total * last - part.first * part.writers
        weight = Ball.between(least.lower, most.upper, precision=self.n.precision)
        return (self.gain * weight + part.writers) / total

    def largest_variance(self, part: CountRange) -> Fraction:
        """Return an upper bound of the variances of all counts of the range."""
        K, n = part.samples, self.n
        squares = n * self.m**2 + (n * -1 + K) * self.u**2 + 1
        scaled = (self.own - 1) * squares + (self.contrast * self.u) ** 2 - n * self.m * (self.prior - 1) * 2
        return max(Fraction(0), (scaled * self.factor / K).upper)


def least_margin_count(
    kernel: KernelLike, ranges: Iterable[CountRange], threshold: Fraction, *, precision: int = PRECISION
) -> Counts | None:
    """Return counts of the smallest standardised margin, or with a mean on the wrong side of the threshold.

    None where all counts have n = 1. Raises Undecided if a sign is not certain, InputError for a kernel other than
    those of :func:`~ntkproofs.kernels.two_layer_relu`.

    >>> from ntkproofs.counts import worst_ranges
    >>> from ntkproofs.programs import permutation
    >>> print(least_margin_count(two_layer_relu(), worst_ranges(permutation(range(30))), Fraction(3, 238)))
    n = 30, p = 1, t = 1, K = 30
    """
    kernel = as_kernel(kernel)
    queue: list[tuple[Fraction, int, CountRange]] = []
    new: Sequence[CountRange] = [replace(part, first=max(2, part.first)) for part in ranges if part.last > 1]
    number = 0
    while True:
        for part in new:
            number += 1
            heappush(queue, (_lower_bound(kernel, part, threshold, precision), number, part))
        if not queue:
            return None
        _, _, part = heappop(queue)
        if len(part) == 1:
            return part.at(part.first)
        new = part.halves()


def _lower_bound(kernel: Kernel, part: CountRange, threshold: Fraction, precision: int) -> Fraction:
    """Return a lower bound of the margins of a range; for a single n not positive where its mean is on the wrong side.

    Of several n whose means may be on the wrong side the bound is -1.
    """
    if len(part) == 1:
        counts = part.at(part.first)
        moments = State.at(kernel, part.first, part.samples, precision).moments(counts)
        margin = moments.margin(threshold)
        return Fraction(0) if margin.sign() <= 0 else (margin / moments.sigma).lower
    enclosures = _Enclosures.over(kernel, part, precision)
    mean, variance = enclosures.mean(part), enclosures.largest_variance(part)
    distance = mean.lower - threshold if part.at(part.first).matched_writers else threshold - mean.upper
    if distance <= 0 or variance == 0:
        return Fraction(-1)
    return (Ball(distance, precision=precision) / Ball(variance, precision=precision).sqrt()).lower


def smallest_margin_over(
    kernel: KernelLike,
    ranges: Iterable[CountRange],
    threshold: Fraction,
    *,
    drop_unwritten: bool = False,
    precision: int = PRECISION,
) -> SmallestMargin:
    """Return the smallest standardised margin over ranges; raises like :meth:`Margins.smallest`.

    >>> from ntkproofs.counts import worst_ranges
    >>> from ntkproofs.programs import permutation
    >>> print(smallest_margin_over(two_layer_relu(), worst_ranges(permutation(range(30))), Fraction(0)))
    z = 0.09224028582… at n = 2, p = 0, t = 1, K = 30, threshold 0
    """
    kept = [part for part in ranges if part.writers or not drop_unwritten]
    counts = {part.at(1) for part in kept if part.first == 1}
    least = least_margin_count(kernel, kept, threshold, precision=precision)
    found = counts | ({least} if least is not None else set())
    return Margins.of(kernel, found, drop_unwritten=drop_unwritten, precision=precision).smallest(threshold)


def first_wrong_count(kernel: KernelLike, ranges: Iterable[CountRange]) -> Counts | None:
    """Return the smallest counts at which rounding at the threshold 0 is incorrect; None if there are none.

    >>> print(first_wrong_count(two_layer_relu(), [CountRange(1, 20, least=1, others=20, writers=9, samples=90)]))
    n = 17, p = 1, t = 9, K = 90
    """
    used = as_kernel(kernel)
    found = (_first_wrong(used, part) for part in ranges)
    return min((counts for counts in found if counts is not None), default=None)


def _first_wrong(kernel: Kernel, part: CountRange) -> Counts | None:
    left = [part]
    while left:
        part = left.pop()
        if _surely_right(kernel, part):
            continue
        if len(part) == 1:
            if not rounds_right(kernel, part.at(part.first)):
                return part.at(part.first)
        else:
            left += reversed(part.halves())
    return None


def _surely_right(kernel: Kernel, part: CountRange) -> bool:
    """Tell whether bounds for the whole range show that rounding at 0 is right; False if they do not tell."""
    if sufficient_applies(kernel) and (not part.at(part.last).matched_writers or _sufficient(part)):
        return True
    if len(part) == 1 or part.first == 1:
        return False
    mean = _Enclosures.over(kernel, part, PRECISION).mean(part)
    return bool(mean.lower > 0) if part.at(part.first).matched_writers else bool(mean.upper <= 0)


def _sufficient(part: CountRange) -> bool:
    """Tell whether ``t n <= p K`` for the whole range, where p is at least its value at the first n."""
    p = part.at(part.first).matched_writers
    return p > 0 and part.writers * part.last <= p * part.samples
