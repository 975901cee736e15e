"""Exact rounding: when the sign of the mean is the bit.

With ``D = own/other - 1``, ``F(n) = matched(n)/other - 1``, ``B(n) = D/F(n)``:

* a bit that should be 1 (p >= 1) has a positive mean iff ``t (n - B(n)) < p (K + D)``;
* a bit that should be 0 (p = 0) has mean ``t u(n)``: 0 if n = 1 or t = 0, negative iff ``n F(n) > D``.

This file states the conditions (symbolically) and decides them for given counts (with balls). That the condition is the
right one, and that it follows from ``t n <= p K``, is claimed and decided in ``paper_checks/``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from ntkproofs.bounds.balance import contrast_positive, excess_positive, matches_outweigh
from ntkproofs.bounds.moments import demand_networks, enclose_weights
from ntkproofs.counts import Counts
from ntkproofs.errors import InputError, NoMargin, Undecided
from ntkproofs.kernels.angular import Kernel
from ntkproofs.kernels.definite import FIRST_PRECISION, LAST_PRECISION, certain_sign, demand_definite
from ntkproofs.predictor import MATCHED_WRITERS, MATCHES, SAMPLES, WRITERS, combine
from ntkproofs.rigor import Ball, Inequality, at_most, decide, less

__all__ = [
    "MeanAt",
    "enclose_mean",
    "extreme_means",
    "least_padding",
    "mean_sign",
    "rounding_condition",
    "rounds_right",
    "sufficient_applies",
    "sufficient_condition",
]


def rounding_condition(
    kernel: Kernel, n: Any = MATCHES, p: Any = MATCHED_WRITERS, t: Any = WRITERS, K: Any = SAMPLES
) -> Inequality:
    """State ``t (n - B(n)) < p (K + D)``: for p >= 1 and F(n) > 0, the mean is positive iff this holds.

    Raises InputError for a function that is no kernel on every number of samples, or has other = 0 (D is infinite).
    That F(n) > 0 is stated by :func:`~ntkproofs.bounds.balance.excess_positive`.

    >>> from ntkproofs.kernels import two_layer_relu
    >>> from ntkproofs.rigor import decide
    >>> decide(rounding_condition(two_layer_relu(), n=16, p=1, t=2, K=32)).outcome
    'holds'
    """
    demand_definite(kernel, None)
    return less(t * (n - kernel.balance(n)), p * (K + kernel.contrast))


def sufficient_condition(n: Any = MATCHES, p: Any = MATCHED_WRITERS, t: Any = WRITERS, K: Any = SAMPLES) -> Inequality:
    """State ``t n <= p K``: integers only, and enough for the rounding condition if B(n) > 0 and D > 0.

    >>> print(sufficient_condition())
    n*t <= K*p
    """
    return at_most(t * n, p * K)


@lru_cache(maxsize=64)
def sufficient_applies(kernel: Kernel) -> bool:
    """Decide whether for this kernel ``t n <= p K`` makes every mean right, for all counts.

    So it is if D > 0, F(n) > 0, n F(n) > D, and the kernel vanishes at the zero vector (where no template matches).

    >>> from ntkproofs.kernels import two_layer_relu
    >>> sufficient_applies(two_layer_relu("ntk")), sufficient_applies(two_layer_relu("nngp"))
    (True, True)
    """
    if kernel.other == 0 or not kernel.vanishes:
        return False
    facts = (contrast_positive(kernel), excess_positive(kernel), matches_outweigh(kernel))
    return all(decide(*fact).outcome == "holds" for fact in facts)


def enclose_mean(kernel: Kernel, counts: Counts, *, precision: int) -> Ball:
    """Return a ball of the given precision (bits) that contains the mean of an output bit with these counts.

    Raises InputError if there are no networks of this kernel (:func:`~ntkproofs.bounds.moments.demand_networks`).

    >>> from ntkproofs.kernels import two_layer_relu
    >>> print(enclose_mean(two_layer_relu(), Counts(2, 1, 1, 10), precision=40))
    0.5654217643…
    """
    demand_networks(kernel, counts.matches, counts.samples)
    gain, u = enclose_weights(kernel, counts.matches, counts.samples, precision)
    mean: Ball = combine(gain, u, counts.matched_writers, counts.writers)
    return mean


@lru_cache(maxsize=1 << 18)
def mean_sign(kernel: Kernel, counts: Counts) -> int:
    """Return the sign (-1, 0, 1) of the mean, rigorously; raises Undecided if 8192 bits do not tell it.

    Exact zeros: no template writes the bit, one matches (n = 1) and does not write it, or none matches and the kernel
    vanishes at the zero vector. Raises InputError if there are no networks of this kernel.
    """
    return certain_sign(lambda bits: enclose_mean(kernel, counts, precision=bits), f"the mean at {counts}")


def rounds_right(kernel: Kernel, counts: Counts) -> bool:
    """Tell whether rounding at threshold 0 gives the bit that the program means: mean > 0 iff p >= 1.

    >>> from ntkproofs.kernels import two_layer_relu
    >>> rounds_right(two_layer_relu(), Counts(10, 1, 9, 20)), rounds_right(two_layer_relu(), Counts(10, 1, 2, 20))
    (False, True)
    """
    return (mean_sign(kernel, counts) > 0) == (counts.matched_writers > 0)


def least_padding(kernel: Kernel, counts: Iterable[Counts]) -> int:
    """Return the least number of further samples with which every bit rounds right at threshold 0.

    `counts` are those of the program as it stands; samples added change K only. Raises InputError if there are no
    counts, and NoMargin where no number of samples helps: a bit that should be 0 has a positive mean (two hidden ReLU
    layers; a kernel that does not vanish at the zero vector), or the mean of one that should be 1 does not grow.

    >>> from ntkproofs.kernels import two_layer_relu
    >>> least_padding(two_layer_relu(), [Counts(10, 1, 9, 20)])
    24
    """
    heaviest: dict[tuple[int, int], Fraction] = {}  # (n, K) -> the largest t/p: the need grows with it where positive
    written: dict[tuple[int, int], Counts] = {}  # (n, K) -> a bit that should be 0 and that is written
    for each in _nonempty(counts):
        n, p, t, K = each.matches, each.matched_writers, each.writers, each.samples
        known = heaviest.get((n, K))
        if p and n > 1 and (known is None or t * known.denominator > known.numerator * p):
            heaviest[n, K] = Fraction(t, p)
        elif t and not p:
            written[n, K] = each
    if not kernel.vanishes:
        raise NoMargin(
            f"no padding helps: networks of the kernel {kernel.name!r} do not answer 0 where nothing matches"
        )
    for zero in written.values():  # the sign of t u(n) depends on n alone
        if mean_sign(kernel, zero) > 0:
            raise NoMargin(
                f"no padding helps: for the kernel {kernel.name!r} a bit that should be 0 has a positive mean at {zero}"
            )
    return max([0, *(_padding(kernel, n, K, ratio) for (n, K), ratio in heaviest.items())])


def _padding(kernel: Kernel, n: int, K: int, ratio: Fraction) -> int:
    """Return the least P >= 0 with ``(t/p) (n - B(n)) < K + P + D``, which with F(n) > 0 makes the mean positive."""
    demand_networks(kernel, n, K)
    if certain_sign(lambda bits: enclose_weights(kernel, n, K, bits)[0], f"the gain at n = {n}") <= 0:
        raise NoMargin(f"no padding helps: for the kernel {kernel.name!r} matching does not raise the mean at n = {n}")
    other_sign = certain_sign(lambda bits: kernel.enclosed(n, precision=bits)[1], "other")
    if other_sign == 0:
        return 0
    if other_sign < 0:
        raise NoMargin(f"no padding helps: the kernel {kernel.name!r} is not definite on many samples, as other < 0")
    precision = FIRST_PRECISION
    while precision <= LAST_PRECISION:
        own, other, matched = kernel.enclosed(n, precision=precision)
        need = (n - (own - other) / (matched - other)) * ratio - K - (own - other) / other
        if need.upper < 0:
            return 0
        low, high = need.lower // 1, need.upper // 1
        if low == high and (need.lower != low or need.width == 0):
            return max(0, int(low) + 1)
        precision *= 2
    raise Undecided(f"the least padding at n = {n}, t/p = {ratio}, K = {K} is not certain at {LAST_PRECISION} bits")


def _nonempty(counts: Iterable[Counts]) -> frozenset[Counts]:
    given = frozenset(counts)
    if not given:
        raise InputError("no counts given: there is nothing to decide")
    return given


@dataclass(frozen=True)
class MeanAt:
    """A mean, enclosed, and counts at which it is taken."""

    counts: Counts
    mean: Ball

    def __str__(self) -> str:
        return f"{self.mean} at {self.counts}"


def extreme_means(kernel: Kernel, counts: Iterable[Counts], *, digits: int = 15) -> tuple[MeanAt | None, MeanAt | None]:
    """Return the smallest positive mean and the largest non-positive one over a set of counts (None if there is none).

    Each as an enclosure with `digits` certain digits. Raises InputError for an empty set and Undecided if a sign or the
    digits cannot be had within 8192 bits.

    >>> from ntkproofs.kernels import two_layer_relu
    >>> small, large = extreme_means(two_layer_relu(), [Counts(2, 1, 1, 10), Counts(2, 0, 1, 10)], digits=6)
    >>> print(small.mean.digits(6), large.mean.digits(6))
    0.565421… -0.00985031…
    """
    given = sorted(_nonempty(counts))
    positive = [c for c in given if mean_sign(kernel, c) > 0]
    rest = [c for c in given if mean_sign(kernel, c) <= 0]
    return (
        _extreme(kernel, positive, digits, smallest=True) if positive else None,
        _extreme(kernel, rest, digits, smallest=False) if rest else None,
    )


def _extreme(kernel: Kernel, counts: list[Counts], digits: int, *, smallest: bool) -> MeanAt:
    """Return the extreme mean: the hull of those that could be it, narrowed until the digits are certain."""
    wanted = int(digits * 3.33) + 8
    precision = max(FIRST_PRECISION, wanted + 16)
    while precision <= LAST_PRECISION:
        means = [MeanAt(c, enclose_mean(kernel, c, precision=precision)) for c in counts]
        if smallest:
            edge = min(row.mean.upper for row in means)
            close = [row for row in means if row.mean.lower <= edge]
            best = Ball.between(min(row.mean.lower for row in close), edge, precision=precision)
        else:
            edge = max(row.mean.lower for row in means)
            close = [row for row in means if row.mean.upper >= edge]
            best = Ball.between(edge, max(row.mean.upper for row in close), precision=precision)
        if best.accuracy() >= wanted:
            return MeanAt(close[0].counts, best)
        counts = [row.counts for row in close]
        precision *= 2
    raise Undecided(f"{digits} digits of the extreme mean are not certain at {LAST_PRECISION} bits")
