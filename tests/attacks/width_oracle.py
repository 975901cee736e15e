"""The oracle for claims about a finite width: the Chernoff bound that such a claim states, once more, in mpmath.

A kernel entry (times n0) is the mean of w independent copies of ``[g, h > 0] (g h + a^2 rho)``; g, h and a are standard
normal, g and h of correlation rho. If no entry is off by more than ``error``, the means move by at most
``sqrt(t K) error (1 + |a|_1) / (1 - 1/(2 pi) - K error)``. The largest such error for which every mean stays on its
side, and the best tilt of each Chernoff bound, give the least union bound that any evidence can support.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from claim_oracle import FALSE, IMPLIED, UNKNOWN, Count, Ensemble, counts_of, ensemble_truth, moments, number, weights
from mpmath import fp, mp, mpf

SCALAR = "one scalar network for each output bit"  # what a claim with a width says of its networks
SECTIONS = 40  # of the search for a tilt, which floats do: the rate is flat at its top
SLACK = mpf(10) ** -9  # of the search for a tilt, relative


@dataclass(frozen=True)
class Entry:
    """One kind of entry: its mean, and the log of its moment generating function, finite from `below` to `above`."""

    mean: mpf
    log_moments: Callable[[mpf], mpf]
    below: mpf
    above: mpf


def entry(n: int, numbers: Any = mp) -> Entry:
    """Return the entry of a state and one of its n matching samples; n = 0: two different samples."""
    half, rho = numbers.mpf("0.5"), 1 / numbers.sqrt(n) if n else numbers.mpf(0)
    if n == 1:  # g = h: relu(g)^2 + a^2 [g > 0]
        return Entry(2 * half, lambda L: numbers.log(half + 1 / (2 - 4 * L)), -20 * half, half)
    theta = numbers.acos(rho)
    mean = (numbers.sin(theta) + 2 * (numbers.pi - theta) * rho) / (2 * numbers.pi)

    def quadrant(r: mpf) -> mpf:  # probability that two standard normal numbers of this correlation are both positive
        return half / 2 + numbers.asin(r) / (2 * numbers.pi)

    def log_moments(L: mpf) -> mpf:
        # precision matrix of (g, h), tilted by L g h: its determinant and the correlation that belongs to it
        same, cross = 1 / (1 - rho**2), -rho / (1 - rho**2) - L
        tilted = numbers.sqrt(same / (same**2 - cross**2)) * quadrant(-cross / same) / numbers.sqrt(1 - 2 * L * rho)
        return numbers.log(1 - quadrant(rho) + tilted)

    edge = min(1 / (1 + rho), 1 / (2 * rho) if n else 2 * half)  # |correlation| < 1, and E exp(L a^2 rho) is finite
    return Entry(mean, log_moments, -1 / (1 - rho), edge)


def rate(kind: Entry, error: mpf, tilt: mpf) -> mpf:
    """Return I: an average of w copies is off by the error, on the tilt's side, with probability at most exp(-w I)."""
    return tilt * (kind.mean + (error if tilt > 0 else -error)) - kind.log_moments(tilt)


@cache
def best_tilt(n: int, error: mpf, above: bool) -> float:
    """Return the tilt of the largest rate, which is concave in it: for entries that are too large, or too small."""
    kind = entry(n, fp)
    low, high = 0.0, (kind.above if above else kind.below) * (1 - 1e-12)
    for _ in range(SECTIONS):
        third = (high - low) / 3
        if rate(kind, float(error), low + third) < rate(kind, float(error), high - third):
            low += third
        else:
            high -= third
    return (low + high) / 2


def largest_error(ensemble: Ensemble, counts: set[Count]) -> mpf:
    """Return the largest error of the entries by which no mean crosses the threshold; not positive if one has."""
    K, least = ensemble.program.samples, 1 - 1 / (2 * mp.pi)
    largest = least / K
    for n, p, t in counts:
        if n > 1 and t:
            a = weights("ntk", K, n)
            mean, _ = moments("ntk", K, n, p, t)
            gap = (mean - number(ensemble.threshold)) * (1 if p else -1)
            move = mp.sqrt(t * K) * (1 + n * abs(a.m) + (K - n) * abs(a.u))
            largest = min(largest, gap * least / (move + K * gap))  # move e / (least - K e) = gap
    return largest


def claimed_counts(ensemble: Ensemble) -> set[Count]:
    """Return the counts of the bits that the claim speaks of."""
    return {count for count in counts_of(ensemble.program, ensemble.states) if count[2] or not ensemble.dropped}


def kinds_of(counts: set[Count]) -> list[int]:
    """Return the kinds of entries: two samples, a sample with itself, and each n at which a state matches."""
    return [0, 1, *sorted({n for n, _, _ in counts if n > 1})]


Rates = dict[int, tuple[mpf, mpf]]  # of entries too small and too large, for each kind


def union(ensemble: Ensemble, rates: Rates, width: int) -> mpf:
    """Return the sum over the entries of every network of the probability that it is off, over the failure."""
    K, states = ensemble.program.samples, ensemble.inputs * ensemble.steps
    matching = [n for n in rates if n > 1]
    total = mpf(0)
    for side in (0, 1):
        total += K * mp.exp(-width * rates[1][side])
        total += (K * (K - 1) // 2) * mp.exp(-width * rates[0][side])
        if matching:  # a state that is no sample: at least two samples match it, and at most the largest n
            total += states * (K - 2) * mp.exp(-width * rates[0][side])
            total += states * max(matching) * mp.exp(-width * min(rates[n][side] for n in matching))
    networks = ensemble.networks * len(ensemble.bits)  # scalar ones
    return networks * total / number(ensemble.failure)


def best_rates(ensemble: Ensemble, counts: set[Count]) -> Rates | None:
    """Return rates which no evidence exceeds; None if a mean is on the wrong side."""
    error = largest_error(ensemble, counts)
    if error <= 0:
        return None
    rates = {}
    for n in kinds_of(counts):
        sides = [rate(entry(n), error, mpf(best_tilt(n, error, above))) * (1 + SLACK) for above in (False, True)]
        rates[n] = (sides[0], sides[1])
    return rates


def width_for(ensemble: Ensemble, error: Fraction, tilts: dict[int, tuple[Fraction, Fraction]]) -> int:
    """Return the least width that this evidence supports: tilts below and above 0 for each kind of entry."""
    rates: Rates = {}
    for n, pair in tilts.items():
        below, above = (rate(entry(n), number(error), number(tilt)) for tilt in pair)
        rates[n] = (below, above)
    high = 1
    while union(ensemble, rates, high) > 1:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if union(ensemble, rates, middle) <= 1 else (middle, high)
    return high


def width_truth(claim: dict[str, Any]) -> str:
    """Decide an ensemble's claim that may have a width: `implied` only if some evidence could support the width."""
    first = ensemble_truth(claim)
    if first != IMPLIED or "width" not in claim:
        return first
    ensemble = Ensemble.of(claim)
    if claim["kernel"] != "ntk" or claim["width"] < 1 or claim["outputs"] != SCALAR:
        return FALSE
    rates = best_rates(ensemble, claimed_counts(ensemble))
    return IMPLIED if rates is not None and union(ensemble, rates, claim["width"]) <= 1 else UNKNOWN
