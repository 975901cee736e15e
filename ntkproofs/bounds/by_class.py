"""Union bounds by class: each pair of a state and an output bit with the margin of its own counts (n, p, t).

The smallest margin of a program is attained at few states: for a permutation, at the ``C(K, 2)`` states with n = 2 of
all ``2**K``. With the numbers of pairs of each class (:mod:`ntkproofs.classes`), N networks are enough if ::

    sum over the classes c of m_c q(sqrt(N) z_c) <= delta

with the standardised margin z_c of the class, the elementary bound q of the Gaussian tail, and ``m_c`` pairs. If at
most `cases` pairs occur (inputs x steps x output bits), fewer than all pairs of all classes, the largest sum over that
many pairs is taken: those of the smallest margins first.

Floats search for the number of networks and the threshold; balls decide.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.arithmetic.simplest import simplest_between
from ntkproofs.bounds.moments import Moments
from ntkproofs.bounds.tails import ORDER, log_tail_upper
from ntkproofs.counts import Counts
from ntkproofs.errors import NoMargin

__all__ = ["FloatUnion", "likeliest", "networks_enough_by_class"]

ORDERS = (
    (63.0, 3),
    (16.0, 5),
    (9.0, 9),
    (6.0, 15),
)  # (x, order) of convergents of the Mills ratio, the largest x first
GOLDEN = (math.sqrt(5) - 1) / 2
STEPS = 32  # of a search for the minimum over thresholds
HALVINGS = 48  # of bisections
INSIDE = 1e-9  # relative distance to the ends of an interval of thresholds that floats find

Floats = NDArray[np.float64]


def likeliest(logs: Sequence[Ball], pairs: Sequence[int], cases: int) -> list[tuple[Ball, int]]:
    """Return the terms of the largest sum ``m exp(log)`` with ``m <= pairs`` in each class and `cases` in all.

    >>> terms = likeliest([Ball(-9, precision=30), Ball(-5, precision=30)], [7, 4], cases=6)
    >>> [(term.digits(1), number) for term, number in terms]
    [('-5', 4), ('-9', 2)]
    """
    result = []
    for index in sorted(range(len(logs)), key=lambda index: logs[index].upper, reverse=True):
        if cases:
            result.append((logs[index], min(pairs[index], cases)))
        cases -= min(pairs[index], cases)
    return result


def networks_enough_by_class(
    networks: int,
    rows: Iterable[Moments],
    pairs: Mapping[Counts, int],
    threshold: Fraction,
    *,
    cases: int,
    failure: Fraction,
) -> bool:
    """Tell whether `networks` keep the union by class within `failure`.

    `rows`: the moments of the classes; those without variance are correct or raise NoMargin. `pairs`: the number of
    pairs of each class. Raises NoMargin where a mean is on the wrong side of the threshold, Undecided where the
    precision does not decide.
    """
    logs, numbers, precision = list[Ball](), list[int](), 64
    for row in rows:
        if row.certain:
            row.demand_right(threshold)
        elif pairs[row.counts]:
            precision = row.variance.precision
            root = Ball(networks, precision=precision).sqrt()
            x = root * row.standardised(threshold)
            logs.append(log_tail_upper(x, _order(x.lower)))
            numbers.append(pairs[row.counts])
    total = Ball(0, precision=precision)
    for log, number in likeliest(logs, numbers, cases):
        total = total + (log + Ball(number / failure, precision=precision).log()).exp()
    return total <= 1


def _order(x: float | Fraction) -> int:
    """Return an odd order at which the convergent exceeds the Mills ratio by less than 1e-10 from `x` on, or ORDER."""
    return next((order for least, order in ORDERS if x >= least), ORDER)


# --- searching


@dataclass(frozen=True, eq=False)
class FloatUnion:
    """The logarithm of the union by class as a function of threshold and networks, in floats: for searches only.

    One entry a class: mean, standard deviation, 1 for a bit that should be 1 and -1 for a 0, and the logarithm of the
    number of pairs divided by `cases`.
    """

    means: Floats
    sigmas: Floats
    signs: Floats
    shares: Floats
    log_cases: float
    log_failure: float

    @classmethod
    def of(
        cls, means: Floats, sigmas: Floats, ones: NDArray[np.bool_], pairs: Sequence[int], cases: int, failure: Fraction
    ) -> FloatUnion:
        """Return the union of classes with these moments; `failure` is the permitted probability."""
        shares = np.array(_shares(tuple(pairs), cases), dtype=np.float64)
        log_failure = math.log(failure.numerator) - math.log(failure.denominator)
        return cls(means, sigmas, np.where(ones, 1.0, -1.0), shares, math.log(cases), log_failure)

    @property
    def ends(self) -> tuple[float, float]:
        """The interval of thresholds at which all means are on the correct side; empty if the first end is larger."""
        ones = self.signs > 0
        return max(0.0, float(self.means[~ones].max(initial=0.0))), float(self.means[ones].min(initial=1.0))

    def excess(self, networks: float, threshold: float) -> float:
        """Return the logarithm of the union divided by the permitted probability; infinite beyond the means."""
        x = math.sqrt(networks) * self.signs * (self.means - threshold) / self.sigmas
        if not len(x):
            return -math.inf
        if not (x > 0).all():
            return math.inf
        rest = np.zeros_like(x)
        for step in range(_order(float(x.min())) - 1, 0, -1):
            rest = step / (x + rest)
        logs = -np.log(x + rest) - x * x / 2
        terms = logs + self.shares if self.complete else self._likeliest(logs)
        largest = float(terms.max())
        total = largest + math.log(float(np.exp(terms - largest).sum()))
        return total - math.log(2 * math.pi) / 2 + self.log_cases - self.log_failure

    @cached_property
    def complete(self) -> bool:
        """Whether no more than `cases` pairs are in the classes, so that none is left out."""
        return float(np.exp(self.shares).sum()) <= 1

    def _likeliest(self, logs: Floats) -> Floats:
        """Return the logarithms of the terms, the likeliest first, of at most `cases` pairs in all."""
        order = np.argsort(-logs)
        shares = np.exp(self.shares[order])
        left = 1 - np.concatenate([[0.0], np.cumsum(shares)[:-1]])
        with np.errstate(divide="ignore"):
            terms: Floats = logs[order] + np.log(np.clip(left, 0.0, shares))
        return terms

    def best(self, networks: float) -> tuple[float, float]:
        """Return a threshold at which the excess is smallest, and the excess.

        Where all means are on the correct side, the excess before the logarithm is a sum of convex functions of the
        threshold.
        """
        low, high = self.ends
        if low >= high:
            return low, math.inf
        first, second = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        values = self.excess(networks, first), self.excess(networks, second)
        for _ in range(STEPS):
            if values[0] <= values[1]:
                high, second, first = second, first, second - GOLDEN * (second - low)
                values = self.excess(networks, first), values[0]
            else:
                low, first, second = first, second, first + GOLDEN * (high - first)
                values = values[1], self.excess(networks, second)
        return (first, values[0]) if values[0] <= values[1] else (second, values[1])

    def networks(self, most: int, threshold: float | None = None) -> int:
        """Return the smallest number of networks at the `threshold`, or at the best one; `most` if more are needed."""

        def excess(networks: int) -> float:
            return self.best(networks)[1] if threshold is None else self.excess(networks, threshold)

        low, high = 0, self._guess(threshold)
        while (above := excess(high)) > 0:
            low, high = high, 2 * high
            if high > most:
                return most
        linear = True
        while high - low > 1:
            middle = (low + high) // 2
            slope = (above - self.log_cases + self.log_failure) / high  # the excess is nearly linear in the networks
            if linear and slope < 0:
                middle = min(max(math.floor(high - above / slope), low + 1), high - 1)
            value, linear = excess(middle), not linear
            if value > 0:
                low = middle
            else:
                high, above = middle, value
        return high

    def _guess(self, threshold: float | None) -> int:
        """Return a number of networks near the smallest one: from the smallest margin at a threshold."""
        tau = sum(self.ends) / 2 if threshold is None else threshold
        z = float((self.signs * (self.means - tau) / self.sigmas).min(initial=math.inf))
        return max(1, math.ceil((self.log_cases - self.log_failure) / z**2)) if 0 < z < math.inf else 1

    def threshold(self, networks: int) -> Fraction:
        """Return the threshold of the smallest denominator at which `networks` are enough, as far as floats tell.

        Raises NoMargin if there is none.
        """
        peak, excess = self.best(networks)
        if not excess <= 0:
            raise NoMargin(f"no threshold was found at which {networks} networks are enough")
        low, high = self.ends
        first = -_last(-peak, -low, lambda tau: self.excess(networks, -tau) <= 0)
        last = _last(peak, high, lambda tau: self.excess(networks, tau) <= 0)
        first, last = first + INSIDE * (peak - first), last - INSIDE * (last - peak)
        return simplest_between(Fraction(min(first, peak)), Fraction(max(last, peak)))


@lru_cache(maxsize=4)
def _shares(pairs: tuple[int, ...], cases: int) -> list[float]:
    """Return the logarithms of the numbers of pairs divided by `cases`, at most 0."""
    return [min(0.0, math.log(number) - math.log(cases)) for number in pairs]


def _last(low: float, high: float, holds: Callable[[float], bool]) -> float:
    """Return approximately the last point at which `holds`, true at `low`, is true, by bisection."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
