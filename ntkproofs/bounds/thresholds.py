"""Thresholds between 0-bits and 1-bits: three choices, each a fraction with a small denominator.

* ``zero``: 0. Refused where the mean of a bit can be exactly 0 with a positive variance.
* ``half``: half the smallest mean of a bit that should be 1, rounded down.
* ``best``: where the smallest standardised margins of 0-bits and of 1-bits are equal, rounded.

The best threshold is searched in floating point; the result is an exact fraction, and the margin at it is certified by
:meth:`ntkproofs.bounds.margins.Margins.smallest`. A threshold is at least 0, because the output 0 at a state that no
template matches must round to 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ntkproofs.arithmetic.simplest import simplest_between
from ntkproofs.bounds.margins import Margins
from ntkproofs.bounds.ranges import representatives
from ntkproofs.bounds.rounding import MeanAt
from ntkproofs.counts import Counts, worst_ranges
from ntkproofs.errors import InputError, NoMargin
from ntkproofs.kernels.names import KernelLike, as_kernel
from ntkproofs.programs import TemplateProgram
from ntkproofs.training_time import CONVERGED, TrainingTime

__all__ = [
    "THRESHOLDS",
    "balanced",
    "best",
    "choose_threshold",
    "demand_separable",
    "half",
    "reaching",
    "zero",
]

SLACK = Fraction(1, 2000)  # relative loss of z by rounding the best threshold; N is of order z**-2 and loses 1/1000
SHORT = Fraction(1, 1000)  # relative error by which `half` is rounded down
TINY = 1e-200  # the least variance in floats: that at samples tends to 0 in training
HALVINGS = 100  # of an interval of floats; more than the bits of a float

_NO_POSITIVE = "no threshold from 0 on works: a bit that should be 1 has the mean {}; more samples (padding) raise it"


def _shown(mean: MeanAt) -> str:
    return f"{mean.mean.digits(6)} at {mean.counts}"


def zero(margins: Margins) -> Fraction:
    """Return 0; raises NoMargin where it does not work."""
    margins.smallest(0)
    return Fraction(0)


def half(margins: Margins) -> Fraction:
    """Return half the smallest mean of a 1-bit, rounded down by at most a thousandth to a small denominator.

    Raises NoMargin if that mean is not positive or the threshold does not work, InputError if no bit is ever 1.
    """
    smallest = margins.smallest_one
    if smallest is None:
        raise InputError("no counts with p >= 1: there is no positive mean to halve")
    if smallest.mean.sign() <= 0:
        raise NoMargin(_NO_POSITIVE.format(_shown(smallest)))
    most = smallest.mean.lower / 2
    threshold = simplest_between(most * (1 - SHORT), most)
    margins.smallest(threshold)
    return threshold


@dataclass(frozen=True)
class _Lines:
    """The standardised margins as linear functions of the threshold, in floating point: for the search only."""

    means: NDArray[np.float64]
    sigmas: NDArray[np.float64]
    signs: NDArray[np.float64]  # 1 for a bit that should be 0, -1 for one that should be 1

    @classmethod
    def of(cls, margins: Margins) -> _Lines:
        rows = [row for row in margins.moments if not row.certain]
        variances = np.array([float(row.variance.middle) for row in rows])
        means = np.array([float(row.mean.middle) for row in rows])
        return cls(means, np.sqrt(np.maximum(variances, TINY)), np.array([-1.0 if row.bit else 1.0 for row in rows]))

    def lowest(self, threshold: float, sign: int) -> float:
        chosen = self.signs == sign
        margins = sign * (threshold - self.means[chosen]) / self.sigmas[chosen]
        return float(margins.min(initial=np.inf))

    def value(self, threshold: float) -> float:
        return min(self.lowest(threshold, 1), self.lowest(threshold, -1))


def _last(low: float, high: float, holds: Callable[[float], bool]) -> float:
    """Return approximately the last point at which `holds`, true at `low`, is true, by bisection."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def best(margins: Margins) -> Fraction:
    """Return a threshold with a small denominator at which the smallest standardised margin is nearly maximal.

    The smallest margin of 0-bits increases with the threshold and that of 1-bits decreases; the maximum lies where they
    are equal (or at an end of the allowed interval: 0, and 1/2 where an output is exactly 1). Among all thresholds that
    increase the number of networks by at most 1/1000 the one with the smallest denominator is returned. Raises NoMargin
    if no threshold works.

    >>> from ntkproofs.counts import arbitrary_counts
    >>> from ntkproofs.kernels import two_layer_relu
    >>> from ntkproofs.programs import permutation
    >>> best(Margins.of(two_layer_relu(), arbitrary_counts(permutation(range(30)))))
    Fraction(3, 238)
    """
    return _short(margins, 0.0)


def reaching(margins: Margins, z: float) -> Fraction:
    """Return a short rational threshold at which the smallest standardised margin is `z`, as far as floats tell.

    The one of :func:`best` unless `z` lies so near the largest value that a closer one is needed. Raises NoMargin if no
    threshold works; whether the margin is at least `z` is decided by who uses it.
    """
    return _short(margins, z)


def _short(margins: Margins, z: float) -> Fraction:
    """Return the shortest threshold that costs at most SLACK of the largest margin, and less if `z` needs that."""
    demand_separable(margins)
    lines = _Lines.of(margins)
    one = margins.smallest_one
    top = float(one.mean.middle) if one is not None else 1.0
    if any(row.certain and row.bit for row in margins.moments):
        top = min(top, 0.5)
    if not len(lines.means):
        threshold = Fraction(1, 2) if one is None else half(margins)
    else:
        peak = _last(0.0, top, lambda tau: lines.lowest(tau, 1) <= lines.lowest(tau, -1))
        most = lines.value(peak)
        enough = max(most * float(1 - SLACK), min(most, z * (1 + 1e-12)))
        first = -_last(-peak, 0.0, lambda tau: lines.value(-tau) >= enough)
        last = _last(peak, top, lambda tau: lines.value(tau) >= enough)
        threshold = simplest_between(Fraction(first), max(Fraction(first), Fraction(last)))
    margins.smallest(threshold)
    return threshold


def demand_separable(margins: Margins) -> None:
    """Raise NoMargin if no threshold from 0 on can lie between the means of 0-bits and of 1-bits."""
    one, largest = margins.smallest_one, margins.largest_zero
    if one is None:
        return
    if one.mean.sign() <= 0:
        raise NoMargin(_NO_POSITIVE.format(_shown(one)))
    if largest is not None and not largest.mean < one.mean:
        raise NoMargin(
            f"no threshold works: a bit that should be 0 has the mean {_shown(largest)}, "
            f"one that should be 1 {_shown(one)}"
        )


THRESHOLDS: dict[str, Callable[[Margins], Fraction]] = {"zero": zero, "half": half, "best": best}


def choose_threshold(
    kernel: KernelLike,
    counts: Iterable[Counts],
    choice: str,
    *,
    drop_unwritten: bool = False,
    at: TrainingTime = CONVERGED,
) -> Fraction:
    """Return the threshold ``zero``, ``half`` or ``best`` for a set of counts and a time of training.

    Raises InputError for another choice, and NoMargin where the threshold does not work for some counts; for ``zero``
    those are the counts with t = 0 and n >= 2, unless `drop_unwritten` leaves out bits that no template writes.

    >>> from ntkproofs.kernels import two_layer_relu
    >>> choose_threshold(two_layer_relu(), [Counts(2, 0, 1, 10), Counts(2, 1, 1, 10)], "half")
    Fraction(13, 46)
    """
    if choice not in THRESHOLDS:
        raise InputError(f"unknown threshold {choice!r}: choose one of {', '.join(THRESHOLDS)}")
    return THRESHOLDS[choice](Margins.of(kernel, counts, drop_unwritten=drop_unwritten, at=at))


def balanced(
    program: TemplateProgram, kernel: KernelLike, visited: Callable[[], Iterable[Counts]] | None = None
) -> Fraction:
    """Return a positive threshold of a program, the :func:`best` one: at arbitrary states, or at those of its runs.

    `visited`: a function that returns the counts at the states of its runs, which is called if no threshold separates
    0-bits from 1-bits at arbitrary states. Raises NoMargin if there is no threshold, InputError if the program has no
    templates.

    >>> from ntkproofs.programs import permutation
    >>> balanced(permutation(range(8)), "nngp")
    Fraction(4, 93)
    """
    kernel = as_kernel(kernel)
    if not program.templates:
        raise InputError(f"program {program.name!r} has no templates: there is nothing to train on")
    try:
        return _positive(Margins.of(kernel, representatives(worst_ranges(program))))
    except NoMargin as problem:
        if visited is None:
            raise NoMargin(f"{program.name}: at arbitrary states {problem}") from problem
    return _positive(Margins.of(kernel, visited()))


def _positive(margins: Margins) -> Fraction:
    """Return the best threshold if it is positive, else the half, at least if a bit is ever 1.

    The best one is 0 where no bit that should be 0 has a variance, as for a permutation of 2 bits; but training leaves
    a small error of either sign at 0-bits of the samples.
    """
    threshold = best(margins)
    return threshold if threshold > 0 or margins.smallest_one is None else half(margins)
