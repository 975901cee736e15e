"""Margins: how far the mean of every output bit stays from the threshold, in standard deviations of one network.

A bit that should be 1 (p >= 1) has the margin ``mean - threshold``, a bit that should be 0 the margin ``threshold -
mean``; divided by ``sigma = sqrt(var)`` it is the *standardised* margin z. An ensemble of N networks rounds the bit
wrong with probability ``Q(sqrt(N) z)`` (:mod:`ntkproofs.bounds.tails`), so the smallest z of a program decides.

The output of a network is rounded to 1 where it is above the threshold. Where one template matches (n = 1) the output
has variance 0: the mean is exactly p, and only its comparison with the threshold counts. So it is where none matches
(n = 0), with the mean 0, if the kernel vanishes at the zero vector.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from ntkproofs.arithmetic.balls import Ball, Rational, as_fraction, greatest, least
from ntkproofs.bounds.moments import Moments, State
from ntkproofs.bounds.rounding import MeanAt
from ntkproofs.counts import Counts
from ntkproofs.display import facts, table
from ntkproofs.errors import InputError
from ntkproofs.kernels.angular import Kernel

__all__ = ["Margins", "SmallestMargin", "smallest_margin", "thinnest_counts"]

PRECISION = 128


@dataclass(frozen=True, eq=False)
class SmallestMargin:
    """The smallest standardised margin at a threshold: an enclosure, and counts at which it is attained.

    `z` and `counts` are None where no counts have a positive variance (then a single network is enough). If two counts
    cannot be told apart at the precision used, `counts` are one of them; `z` holds for both.
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


def _thinnest(pairs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield those (p, t) of one state whose margin can be the smallest, if g > 0 and u < 0.

    The mean ``p g + t u`` then increases with p and decreases with t. Of bits that should be 0 the one with the fewest
    writers has the largest mean; of bits that should be 1, (p, t) is no thinner than (p', t') if p >= p' and t <= t'.
    That holds whatever the threshold, as all bits of a state have the same variance.
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
    return [Counts(n, p, t, K) for (n, K), pairs in sorted(states.items()) for p, t in _thinnest(pairs)]


@dataclass(frozen=True, eq=False)
class Margins:
    """Mean and variance over a set of counts, enclosed; only those counts that can have the smallest margin are kept.

    Made by :meth:`of`. `dropped` tells whether bits that no template writes (t = 0) were left out.
    """

    kernel: Kernel
    moments: tuple[Moments, ...]
    dropped: bool = False
    precision: int = PRECISION

    @classmethod
    def of(
        cls, kernel: Kernel, counts: Iterable[Counts], *, drop_unwritten: bool = False, precision: int = PRECISION
    ) -> Margins:
        """Enclose the moments of all `counts` that matter, at `precision` bits.

        One kernel evaluation for each (n, K); balls throughout, so the cost grows with the number of distinct n.
        `drop_unwritten` leaves out bits that no template writes (they are then not rounded but known to be 0). Raises
        InputError if no counts are left and Undecided if a sign is not certain.

        >>> from ntkproofs.counts import arbitrary_counts
        >>> from ntkproofs.kernels import two_layer_relu
        >>> from ntkproofs.programs import permutation
        >>> margins = Margins.of(two_layer_relu(), arbitrary_counts(permutation(range(10))))
        >>> print(margins.largest_zero.mean.digits(6), margins.smallest_one.mean.digits(6), len(margins.moments))
        0 0.140391… 20
        """
        given = list(counts)
        kept = [c for c in given if c.writers or not drop_unwritten]
        if not kept:
            raise InputError("no counts given" if not given else "no counts are left: no template writes any bit")
        rows: list[Moments] = []
        for (n, K), pairs in sorted(_by_state(kept).items()):
            state = State.at(kernel, n, K, precision)
            thin = _thinnest(pairs) if state.ordered else sorted(pairs)
            rows += [state.moments(Counts(n, p, t, K)) for p, t in thin]
        return cls(kernel, tuple(rows), drop_unwritten, precision)

    @cached_property
    def smallest_one(self) -> MeanAt | None:
        """The smallest mean of a bit that should be 1; None if there is none."""
        rows = [row for row in self.moments if row.bit]
        if not rows:
            return None
        thinnest = min(rows, key=lambda row: row.mean.lower)
        return MeanAt(thinnest.counts, least(*(row.mean for row in rows)))

    @cached_property
    def largest_zero(self) -> MeanAt | None:
        """The largest mean of a bit that should be 0; None if there is none."""
        rows = [row for row in self.moments if not row.bit]
        if not rows:
            return None
        thinnest = max(rows, key=lambda row: row.mean.upper)
        return MeanAt(thinnest.counts, greatest(*(row.mean for row in rows)))

    @cached_property
    def variances(self) -> tuple[Ball, Ball]:
        """Enclosures of the smallest and of the largest variance."""
        return least(*(row.variance for row in self.moments)), greatest(*(row.variance for row in self.moments))

    def smallest(self, threshold: Rational) -> SmallestMargin:
        """Return the smallest standardised margin at an exact `threshold` >= 0.

        Raises NoMargin, with the counts, if a bit lies on the wrong side of the threshold or (with a positive variance)
        exactly at it; InputError for a negative threshold: a state that no template matches has the output 0.

        >>> from ntkproofs.kernels import two_layer_relu
        >>> print(Margins.of(two_layer_relu(), [Counts(2, 0, 1, 10), Counts(2, 1, 1, 10)]).smallest(0))
        z = 0.1220024302… at n = 2, p = 0, t = 1, K = 10, threshold 0
        """
        tau = as_fraction(threshold, "the threshold")
        if tau < 0:
            raise InputError(f"the threshold must not be negative, got {tau}: the output 0 of no match must round to 0")
        spread_out: list[tuple[Ball, Counts]] = []
        for row in self.moments:
            if row.certain:
                row.demand_right(tau)
            else:
                spread_out.append((row.standardised(tau), row.counts))
        if not spread_out:
            return SmallestMargin(tau, None, None)
        z = least(*(ball for ball, _ in spread_out))
        return SmallestMargin(tau, z, next(c for ball, c in spread_out if ball.overlaps(z)))

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
        """Return what no threshold whatever can exceed as its smallest standardised margin; None if nothing bounds it.

        A 0-bit and a 1-bit have margins that sum to the distance of their means, so the smaller standardised margin is
        at most ``(mean_1 - mean_0)/(sigma_0 + sigma_1)``, whatever the threshold. The pair taken is the thinnest one at
        `threshold`: near the best threshold the ceiling is close to what is attained.

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
    kernel: Kernel,
    counts: Iterable[Counts],
    threshold: Rational,
    *,
    drop_unwritten: bool = False,
    precision: int = PRECISION,
) -> SmallestMargin:
    """Return the smallest standardised margin of `counts` at `threshold`; see :meth:`Margins.smallest`.

    >>> from ntkproofs.counts import arbitrary_counts
    >>> from ntkproofs.kernels import two_layer_relu
    >>> from ntkproofs.programs import permutation
    >>> print(smallest_margin(two_layer_relu(), arbitrary_counts(permutation(range(30))), 0))
    z = 0.09224028582… at n = 2, p = 0, t = 1, K = 30, threshold 0
    """
    return Margins.of(kernel, counts, drop_unwritten=drop_unwritten, precision=precision).smallest(threshold)
