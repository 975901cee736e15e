"""Exact rounding: the conditions under which the sign of the mean is the bit that the program means.

With ``D = own/other - 1``, ``F(n) = matched(n)/other - 1``, ``B(n) = D/F(n)``:

* a bit that should be 1 (p >= 1) has a positive mean iff ``t (n - B(n)) < p (K + D)``;
* a bit that should be 0 (p = 0) has the mean ``t u(n)``: 0 if n = 1 or t = 0, negative iff ``n F(n) > D``.

The conditions are stated symbolically and decided for given counts by ball arithmetic. That the first one is equivalent
to a positive mean, and that it follows from ``t n <= p K``, is claimed and decided in ``paper_checks/``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from ntkproofs.arithmetic.balls import Rational, as_fraction
from ntkproofs.arithmetic.expressions import as_expression
from ntkproofs.arithmetic.normal_form import same_normal_form
from ntkproofs.bounds.balance import contrast_positive, excess_positive, matches_outweigh
from ntkproofs.bounds.moments import demand_networks, enclose_weights
from ntkproofs.counts import Counts
from ntkproofs.errors import InputError, NoMargin, Undecided
from ntkproofs.kernels.angular import Kernel
from ntkproofs.kernels.definite import FIRST_PRECISION, LAST_PRECISION, certain_sign, demand_definite
from ntkproofs.kernels.names import KernelLike, as_kernel
from ntkproofs.predictor import MATCHED_WRITERS, MATCHES, SAMPLES, WRITERS, Predictor, combine
from ntkproofs.rigor import Ball, Inequality, at_most, decide, less
from ntkproofs.training_time import CONVERGED, TrainingTime

__all__ = [
    "MeanAt",
    "as_threshold",
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
    kernel: KernelLike, n: Any = MATCHES, p: Any = MATCHED_WRITERS, t: Any = WRITERS, K: Any = SAMPLES
) -> Inequality:
    """Return the inequality ``t (n - B(n)) < p (K + D)``; for p >= 1 and F(n) > 0 it holds iff the mean is positive.

    That F(n) > 0 is the statement :func:`~ntkproofs.bounds.balance.excess_positive`. Raises InputError for a function
    that is not positive definite on every number of samples, and if other = 0 (D is infinite).

    >>> from ntkproofs.kernels import two_layer_relu
    >>> from ntkproofs.rigor import decide
    >>> decide(rounding_condition(two_layer_relu(), n=16, p=1, t=2, K=32)).outcome
    'holds'
    """
    kernel = as_kernel(kernel)
    demand_definite(kernel, None)
    return less(t * (n - kernel.balance(n)), p * (K + kernel.contrast))


def sufficient_condition(n: Any = MATCHES, p: Any = MATCHED_WRITERS, t: Any = WRITERS, K: Any = SAMPLES) -> Inequality:
    """Return the inequality ``t n <= p K`` between integers; it implies the rounding condition if B(n) > 0 and D > 0.

    >>> print(sufficient_condition())
    n*t <= K*p
    """
    return at_most(t * n, p * K)


def sufficient_applies(kernel: KernelLike) -> bool:
    """Decide whether for this kernel ``t n <= p K`` implies the right sign of every mean, for all counts.

    It does if D > 0, F(n) > 0 and n F(n) > D for every n, and the kernel vanishes at the zero vector (where no template
    matches).

    >>> from ntkproofs.kernels import two_layer_relu
    >>> sufficient_applies(two_layer_relu("ntk")), sufficient_applies(two_layer_relu("nngp"))
    (True, True)
    """
    return _sufficient_applies(as_kernel(kernel))


@lru_cache(maxsize=64)
def _sufficient_applies(kernel: Kernel) -> bool:
    if kernel.other == 0 or not kernel.vanishes:
        return False
    statements = (contrast_positive(kernel), excess_positive(kernel), matches_outweigh(kernel))
    return all(decide(*statement).outcome == "holds" for statement in statements)


def as_threshold(threshold: Rational) -> Fraction:
    """Return a threshold as a fraction; raises InputError for a negative or inexact one.

    >>> as_threshold(0)
    Fraction(0, 1)
    """
    tau = as_fraction(threshold, "the threshold")
    if tau < 0:
        raise InputError(
            f"the threshold must not be negative, got {tau}: the output 0 where no template matches must round to 0"
        )
    return tau


def enclose_mean(kernel: KernelLike, counts: Counts, *, precision: int, at: TrainingTime = CONVERGED) -> Ball:
    """Return a ball of the given precision (bits) that contains the mean of an output bit with these counts.

    `at`: the time of training. Raises InputError if no networks have this kernel
    (:func:`~ntkproofs.bounds.moments.demand_networks`).

    >>> from ntkproofs.kernels import two_layer_relu
    >>> print(enclose_mean(two_layer_relu(), Counts(2, 1, 1, 10), precision=40))
    0.5654217643…
    """
    kernel = as_kernel(kernel)
    demand_networks(kernel, counts.matches, counts.samples, at)
    gain, u = enclose_weights(kernel, counts.matches, counts.samples, precision, at)
    mean: Ball = combine(gain, u, counts.matched_writers, counts.writers)
    return mean


def mean_sign(
    kernel: KernelLike, counts: Counts, *, at: TrainingTime = CONVERGED, threshold: Rational = Fraction(0)
) -> int:
    """Return the sign (-1, 0 or 1) of the mean minus a threshold (default: 0), rigorously.

    `at`: the time of training. At convergence the mean is exactly 0 where no template writes the bit, where one
    template matches (n = 1) and does not write it, where none matches and the kernel vanishes at the zero vector, and
    where the normal form of its formula is 0. Raises Undecided if 8192 bits do not determine the sign, InputError if no
    networks have this kernel.

    >>> mean_sign("gelu", Counts(2, 0, 1, 10)), mean_sign("gelu", Counts(2, 1, 1, 10))
    (-1, 1)
    >>> mean_sign("ntk", Counts(1, 0, 1, 10)), mean_sign("ntk", Counts(1, 0, 1, 10), at=TrainingTime(time=9))
    (0, 1)
    """
    return _mean_sign(as_kernel(kernel), counts, at, as_threshold(threshold))


@lru_cache(maxsize=1 << 18)
def _mean_sign(kernel: Kernel, counts: Counts, at: TrainingTime, threshold: Fraction) -> int:
    return certain_sign(
        lambda bits: enclose_mean(kernel, counts, precision=bits, at=at) - threshold,
        f"the mean at {counts}" + (f" minus {threshold}" if threshold else ""),
        is_zero=lambda: _equals(kernel, counts, at, threshold),
    )


def _equals(kernel: Kernel, counts: Counts, at: TrainingTime, threshold: Fraction) -> bool:
    """Tell whether the normal form of the mean is the threshold; False where it is not known."""
    predictor = Predictor(kernel, counts.samples, time=at)
    mean = predictor.mean(counts.matches, counts.matched_writers, counts.writers)
    return same_normal_form(mean, as_expression(threshold))


def rounds_right(
    kernel: KernelLike, counts: Counts, *, at: TrainingTime = CONVERGED, threshold: Rational = Fraction(0)
) -> bool:
    """Tell whether rounding gives the bit that the program means: the mean is above the threshold iff p >= 1.

    The default threshold is 0; `at`: the time of training.

    >>> from ntkproofs.kernels import two_layer_relu
    >>> rounds_right(two_layer_relu(), Counts(10, 1, 9, 20)), rounds_right(two_layer_relu(), Counts(10, 1, 2, 20))
    (False, True)
    """
    return (mean_sign(kernel, counts, at=at, threshold=threshold) > 0) == (counts.matched_writers > 0)


def least_padding(kernel: KernelLike, counts: Iterable[Counts]) -> int:
    """Return the smallest number of additional samples with which every bit is rounded correctly at the threshold 0.

    `counts` are those of the program without them; additional samples change K only. Raises InputError if there are no
    counts, and NoMargin where no number of samples is enough: a bit that should be 0 has a positive mean (two hidden
    ReLU layers; a kernel that does not vanish at the zero vector), or the mean of a bit that should be 1 does not grow
    with K.

    >>> from ntkproofs.kernels import two_layer_relu
    >>> least_padding(two_layer_relu(), [Counts(10, 1, 9, 20)])
    24
    """
    kernel = as_kernel(kernel)
    largest: dict[tuple[int, int], Fraction] = {}  # (n, K) -> the largest t/p; the padding increases with it
    written: dict[tuple[int, int], Counts] = {}  # (n, K) -> counts of a written bit that should be 0
    for item in _nonempty(counts):
        n, p, t, K = item.matches, item.matched_writers, item.writers, item.samples
        if p and n > 1:
            largest[n, K] = max(largest.get((n, K), Fraction(0)), Fraction(t, p))
        elif t and not p:
            written[n, K] = item
    if not kernel.vanishes:
        raise NoMargin(
            f"no padding helps: networks of the kernel {kernel.name!r} do not answer 0 where no template matches"
        )
    for zero_bit in written.values():  # the sign of t u(n) depends on n alone
        if mean_sign(kernel, zero_bit) > 0:
            raise NoMargin(
                f"no padding helps: for the kernel {kernel.name!r} a bit that should be 0 has a positive mean at "
                f"{zero_bit}"
            )
    return max([0, *(_padding(kernel, n, K, ratio) for (n, K), ratio in largest.items())])


def _padding(kernel: Kernel, n: int, K: int, ratio: Fraction) -> int:
    """Return the smallest P >= 0 with ``(t/p) (n - B(n)) < K + P + D``; if F(n) > 0, the mean is then positive."""
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
    items = frozenset(counts)
    if not items:
        raise InputError("no counts given: there is nothing to decide")
    return items


@dataclass(frozen=True)
class MeanAt:
    """An enclosure of a mean, and the counts at which the mean is attained."""

    counts: Counts
    mean: Ball

    def __str__(self) -> str:
        return f"{self.mean} at {self.counts}"


def extreme_means(
    kernel: KernelLike,
    counts: Iterable[Counts],
    *,
    digits: int = 15,
    at: TrainingTime = CONVERGED,
    threshold: Rational = Fraction(0),
) -> tuple[MeanAt | None, MeanAt | None]:
    """Return the smallest mean above a threshold (default: 0) and the largest mean not above it, over a set of counts.

    None stands for a mean where there is none. `at`: the time of training. Both are enclosed to `digits` certain
    digits. Raises InputError for an empty set and Undecided if 8192 bits do not determine a sign or the digits.

    >>> from ntkproofs.kernels import two_layer_relu
    >>> small, large = extreme_means(two_layer_relu(), [Counts(2, 1, 1, 10), Counts(2, 0, 1, 10)], digits=6)
    >>> print(small.mean.digits(6), large.mean.digits(6))
    0.565421… -0.00985031…
    """
    kernel = as_kernel(kernel)
    tau = as_threshold(threshold)
    signs = {item: mean_sign(kernel, item, at=at, threshold=tau) for item in sorted(_nonempty(counts))}
    by_sign = {sign: [item for item in signs if signs[item] == sign] for sign in (-1, 0, 1)}
    smallest = _extreme(kernel, by_sign[1], digits, at, smallest=True) if by_sign[1] else None
    if by_sign[0]:
        return smallest, MeanAt(by_sign[0][0], Ball(tau, precision=FIRST_PRECISION))
    return smallest, _extreme(kernel, by_sign[-1], digits, at, smallest=False) if by_sign[-1] else None


def _extreme(kernel: Kernel, counts: list[Counts], digits: int, at: TrainingTime, *, smallest: bool) -> MeanAt:
    """Return the extreme mean: the hull of the enclosures that may contain it, refined until its digits are certain."""
    wanted = int(digits * 3.33) + 8
    precision = max(FIRST_PRECISION, wanted + 16)
    while precision <= LAST_PRECISION:
        means = [MeanAt(c, enclose_mean(kernel, c, precision=precision, at=at)) for c in counts]
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
