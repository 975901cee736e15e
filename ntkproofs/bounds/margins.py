"""Margins: the distance of the mean of each output bit from the threshold, in standard deviations of one network.

With ``sigma = sqrt(var)`` the *standardised* margin is ::

    z = (mean - threshold) / sigma      for a bit that should be 1 (p >= 1)
    z = (threshold - mean) / sigma      for a bit that should be 0

An ensemble of N networks rounds the bit wrong with probability ``Q(sqrt(N) z)`` (:mod:`ntkproofs.bounds.tails`). The
smallest z of a program gives a size of the ensemble, the z of each class (:mod:`ntkproofs.bounds.by_class`) a smaller
one.

The output of a network is rounded to 1 where it is above the threshold. At convergence the output has variance 0 where
one template matches (n = 1): the mean is exactly p, and its comparison with the threshold is exact. The same holds at
any time where no template matches (n = 0), with the mean 0, if the kernel vanishes at the zero vector.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from ntkproofs.arithmetic.balls import Ball, Rational, greatest, least
from ntkproofs.bounds.moments import Moments, State
from ntkproofs.bounds.rounding import MeanAt, as_threshold
from ntkproofs.counts import Counts
from ntkproofs.display import facts, table
from ntkproofs.errors import InputError
from ntkproofs.kernels.angular import Kernel
from ntkproofs.kernels.names import KernelLike, as_kernel
from ntkproofs.training_time import CONVERGED, TrainingTime

__all__ = ["Margins", "SmallestMargin", "smallest_margin", "thinnest_counts"]

PRECISION = 128


@dataclass(frozen=True, eq=False)
class SmallestMargin:
    """The smallest standardised margin at a threshold: an enclosure, and counts at which it is attained.

    `z` and `counts` are None where no counts have a positive variance (then a single network is enough). Where the
    precision does not separate several counts, `counts` is one of them and `z` encloses the minimum.
    """

    threshold: Fraction
    z: Ball | None
    counts: Counts | None

    def __str__(self) -> str:
        if self.z is None:
            return f"no output has a positive variance, threshold {self.threshold}"
        return f"z = {self.z.digits(10)} at {self.counts}, threshold {self.threshold}"

    def _repr_html_(self) -> str:
        rows: list[tuple[str, object]] = [("threshold", self.threshold)]
        if self.z is not None:
            rows += [("z", self.z.digits(10)), ("at", self.counts)]
        return facts(rows, caption="smallest standardised margin" if self.z is not None else "nothing varies")


def _by_state(counts: Iterable[Counts]) -> dict[tuple[int, int], set[tuple[int, int]]]:
    """Return ``{(n, K): {(p, t)}}``."""
    states: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for c in counts:
        states.setdefault((c.matches, c.samples), set()).add((c.matched_writers, c.writers))
    return states


def _critical(pairs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the pairs (p, t) of one state whose margin can be the smallest, if g > 0 and u < 0.

    The mean ``p g + t u`` then increases with p and decreases with t. Among bits that should be 0, a bit with the
    fewest writers has the largest mean. Among bits that should be 1, the mean at (p, t) is at least that at (p', t') if
    p >= p' and t <= t'. All bits of a state have the same variance, so this holds for every threshold.
    """
    ordered = sorted(pairs, key=lambda pair: (pair[0], -pair[1]))
    zeros = [pair for pair in ordered if pair[0] == 0]
    if zeros:
        yield zeros[-1]
    most = -1
    for p, t in ordered:
        if p and t > most:
            most = t
            yield p, t


def thinnest_counts(counts: Iterable[Counts], drop_unwritten: bool = False) -> list[Counts]:
    """Return those counts that can have the smallest margin at some number of samples, if g > 0 and u < 0.

    >>> for counts in thinnest_counts([Counts(3, 1, 2, 9), Counts(3, 2, 2, 9), Counts(3, 0, 1, 9), Counts(3, 0, 2, 9)]):
    ...     print(counts)
    n = 3, p = 0, t = 1, K = 9
    n = 3, p = 1, t = 2, K = 9
    """
    states = _by_state(each for each in counts if each.writers or not drop_unwritten)
    return [Counts(n, p, t, K) for (n, K), pairs in sorted(states.items()) for p, t in _critical(pairs)]


@dataclass(frozen=True, eq=False)
class Margins:
    """Enclosures of mean and variance over a set of counts, kept for the counts that can have the smallest margin.

    Constructed by :meth:`of`. `dropped`: whether bits that no template writes (t = 0) were left out; `at`: the time of
    training.
    """

    kernel: Kernel
    moments: tuple[Moments, ...]
    dropped: bool = False
    precision: int = PRECISION
    at: TrainingTime = CONVERGED

    @classmethod
    def of(
        cls,
        kernel: KernelLike,
        counts: Iterable[Counts],
        *,
        drop_unwritten: bool = False,
        precision: int = PRECISION,
        at: TrainingTime = CONVERGED,
    ) -> Margins:
        """Return the margins of a kernel over `counts`, at `precision` bits and a time of training.

        The kernel is evaluated once for each (n, K) in ball arithmetic, so the cost grows with the number of distinct
        n. `drop_unwritten` leaves out bits that no template writes (they are then not rounded but known to be 0).
        Raises InputError if no counts are left and Undecided if a sign is not certain.

        >>> from ntkproofs.counts import arbitrary_counts
        >>> from ntkproofs.kernels import two_layer_relu
        >>> from ntkproofs.programs import permutation
        >>> margins = Margins.of(two_layer_relu(), arbitrary_counts(permutation(range(10))))
        >>> print(margins.largest_zero.mean.digits(6), margins.smallest_one.mean.digits(6), len(margins.moments))
        0 0.140391… 20
        """
        kernel, items = as_kernel(kernel), list(counts)
        kept = [c for c in items if c.writers or not drop_unwritten]
        if not kept:
            raise InputError("no counts given" if not items else "no counts are left: no template writes any bit")
        rows: list[Moments] = []
        for (n, K), pairs in sorted(_by_state(kept).items()):
            state = State.at(kernel, n, K, precision, at)
            critical = _critical(pairs) if state.ordered else sorted(pairs)
            rows += [state.moments(Counts(n, p, t, K)) for p, t in critical]
        return cls(kernel, tuple(rows), drop_unwritten, precision, at)

    @cached_property
    def smallest_one(self) -> MeanAt | None:
        """The smallest mean of a bit that should be 1; None if there is none."""
        rows = [row for row in self.moments if row.bit]
        if not rows:
            return None
        lowest = min(rows, key=lambda row: row.mean.lower)
        return MeanAt(lowest.counts, least(*(row.mean for row in rows)))

    @cached_property
    def largest_zero(self) -> MeanAt | None:
        """The largest mean of a bit that should be 0; None if there is none."""
        rows = [row for row in self.moments if not row.bit]
        if not rows:
            return None
        highest = max(rows, key=lambda row: row.mean.upper)
        return MeanAt(highest.counts, greatest(*(row.mean for row in rows)))

    @cached_property
    def variances(self) -> tuple[Ball, Ball]:
        """Enclosures of the smallest and of the largest variance."""
        return least(*(row.variance for row in self.moments)), greatest(*(row.variance for row in self.moments))

    def smallest(self, threshold: Rational) -> SmallestMargin:
        """Return the smallest standardised margin at an exact `threshold` >= 0.

        Raises NoMargin, with the counts, if a mean lies on the wrong side of the threshold or (with a positive
        variance) exactly at it; InputError for a negative threshold: at a state that no template matches the output 0
        must round to 0.

        >>> from ntkproofs.kernels import two_layer_relu
        >>> print(Margins.of(two_layer_relu(), [Counts(2, 0, 1, 10), Counts(2, 1, 1, 10)]).smallest(0))
        z = 0.1220024302… at n = 2, p = 0, t = 1, K = 10, threshold 0
        """
        tau = as_threshold(threshold)
        standardised: list[tuple[Ball, Counts]] = []
        for row in self.moments:
            if row.certain:
                row.demand_right(tau)
            else:
                standardised.append((row.standardised(tau), row.counts))
        if not standardised:
            return SmallestMargin(tau, None, None)
        z = least(*(ball for ball, _ in standardised))
        return SmallestMargin(tau, z, next(c for ball, c in standardised if ball.overlaps(z)))

    def __repr__(self) -> str:
        return f"<Margins of {len(self.moments)} counts, {self.kernel.name}>"

    def _repr_html_(self) -> str:
        headings = ["n", "p", "t", "K", "should be", "mean", "standard deviation of one network"]
        rows = (
            (
                row.counts.matches,
                row.counts.matched_writers,
                row.counts.writers,
                row.counts.samples,
                row.bit,
                row.mean.digits(6),
                "0" if row.certain else row.sigma.digits(6),
            )
            for row in self.moments
        )
        caption = f"{self.kernel.name}: the counts that can have the smallest margin"
        return table(headings, rows, caption=caption, total=len(self.moments))

    def ceiling(self, threshold: Rational) -> Ball | None:
        """Return an upper bound of the smallest standardised margin over all thresholds; None where there is none.

        The margins of a 0-bit and a 1-bit sum to the distance of their means, so at every threshold the smaller
        standardised margin is at most ``(mean_1 - mean_0)/(sigma_0 + sigma_1)``. The pair used is that of the smallest
        margins at `threshold`; near the best threshold the bound is close to the margin attained.

        >>> from ntkproofs.kernels import two_layer_relu
        >>> margins = Margins.of(two_layer_relu(), [Counts(2, 0, 1, 10), Counts(2, 1, 1, 10)])
        >>> margins.ceiling(0).digits(6), margins.smallest(Fraction(5, 18)).z.digits(6)
        ('3.56255…', '3.56245…')
        """
        pair: list[Moments] = []
        for bit in (0, 1):
            rows = [row for row in self.moments if row.bit == bit and not row.certain]
            if not rows:
                return None
            pair.append(min(rows, key=lambda row: (row.margin(threshold) / row.sigma).middle))
        low, high = pair
        return (high.mean - low.mean) / (low.sigma + high.sigma)


def smallest_margin(
    kernel: KernelLike,
    counts: Iterable[Counts],
    threshold: Rational,
    *,
    drop_unwritten: bool = False,
    precision: int = PRECISION,
    at: TrainingTime = CONVERGED,
) -> SmallestMargin:
    """Return the smallest standardised margin of `counts` at `threshold` and a time of training.

    See :meth:`Margins.smallest`.

    >>> from ntkproofs.counts import arbitrary_counts
    >>> from ntkproofs.kernels import two_layer_relu
    >>> from ntkproofs.programs import permutation
    >>> print(smallest_margin(two_layer_relu(), arbitrary_counts(permutation(range(30))), 0))
    z = 0.09224028582… at n = 2, p = 0, t = 1, K = 30, threshold 0
    """
    margins = Margins.of(kernel, counts, drop_unwritten=drop_unwritten, precision=precision, at=at)
    return margins.smallest(threshold)
