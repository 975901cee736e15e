"""Decisions: which outputs of given networks are above a rational threshold; floats settle most, integers the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError
from ntkproofs.inference.outputs import Outputs
from ntkproofs.inference.pieces import Matches
from ntkproofs.inference.surds import Surd
from ntkproofs.weights.networks import DIGITS, Networks, is_short

__all__ = ["Decisions", "as_threshold", "decide", "decide_outputs", "float_bounds"]


@dataclass(frozen=True, eq=False)
class Decisions:
    """The comparison of all outputs with a threshold.

    `bits`, int8 ``(states, output bits)``: 1 above the threshold, 0 below, -1 exactly equal to it; `exact`: how many of
    them floats did not settle. At a state that no input matches, networks without biases answer 0: there a bit is 1 if
    the threshold is negative, else 0, also if the threshold is 0.
    """

    outputs: Outputs = field(repr=False)
    threshold: Fraction
    bits: NDArray[np.int8]
    exact: int

    @property
    def at_threshold(self) -> int:
        """The number of outputs that are exactly equal to the threshold."""
        return int((self.bits == -1).sum())

    def least_margin(self) -> tuple[Surd, int, int] | None:
        """Return the least distance of an output from the threshold, exactly, with the first state and bit that has it.

        States that no input matches are left out if there are no biases; None if there are no others.
        """
        low, high = float_bounds(self.threshold)
        outputs = self.outputs
        among = np.broadcast_to(~_silent(outputs)[:, None], self.bits.shape)
        with np.errstate(invalid="ignore"):
            least = np.nextafter(np.maximum(outputs.low - high, low - outputs.high), -np.inf)
            most = np.nextafter(np.maximum(outputs.high - low, high - outputs.low), np.inf)
        bound = np.min(most[among & ~np.isnan(most)], initial=np.inf)
        result: tuple[Surd, int, int] | None = None
        for (state, bit), value in outputs.exact(among & ~(least > bound)).items():
            margin = abs(value - self.threshold)
            if result is None or (margin != result[0] and margin < result[0]):
                result = margin, state, bit
        return result


def decide(
    networks: Networks,
    matches: Matches,
    threshold: Fraction | int,
    progress: Callable[[float], object] | None = None,
) -> Decisions:
    """Compare all outputs at the states with these `matches`, boolean ``(states, inputs)``, with `threshold`, exactly.

    `progress` is called with the part of the work in floats that is done. Raises InputError for matches of another
    type or shape, and for a threshold that is not rational.

    >>> networks = Networks.of(np.array([[1.0, 2.0]]), np.array([[3.0], [-1.0]]))
    >>> result = decide(networks, np.array([[True, False], [True, True], [False, False]]), 3)
    >>> result.bits.tolist(), result.exact
    ([[-1, 0], [1, 0], [0, 0]], 1)
    """
    return decide_outputs(Outputs(networks, matches, progress), as_threshold(threshold))


def decide_outputs(outputs: Outputs, threshold: Fraction) -> Decisions:
    """Compare all outputs with a threshold."""
    low, high = float_bounds(threshold)
    above, below = outputs.low > high, outputs.high < low
    silent = _silent(outputs)
    above[silent], below[silent] = threshold < 0, threshold >= 0
    bits = above.astype(np.int8)
    open_bits = ~(above | below)
    for place, value in outputs.exact(open_bits).items():
        order = value.compare(threshold)
        bits[place] = -1 if order == 0 else order > 0
    return Decisions(outputs, threshold, bits, int(open_bits.sum()))


def _silent(outputs: Outputs) -> NDArray[np.bool_]:
    """Return the states at which every output is 0 whatever the weights: no input matches, and there are no biases."""
    if outputs.networks.biased:
        return np.zeros(len(outputs.matches), dtype=np.bool_)
    return np.asarray(~outputs.matches.any(axis=1))


def as_threshold(value: object) -> Fraction:
    """Return a threshold; raises InputError unless it is a fraction or an integer, of at most 4,000 digits."""
    if isinstance(value, (int, Fraction)) and not isinstance(value, bool):
        if is_short(Fraction(value)):
            return Fraction(value)
        raise InputError(f"a threshold must be a fraction of integers of at most {DIGITS:,} digits")
    raise InputError(f"a threshold must be a fraction, such as Fraction(1, 8), got {value!r}")


def float_bounds(number: Fraction) -> tuple[float, float]:
    """Return the greatest float that is at most a number, and the least one that is at least the number.

    >>> float_bounds(Fraction(1, 8)), float_bounds(Fraction(1, 3))
    ((0.125, 0.125), (0.3333333333333333, 0.33333333333333337))
    """
    try:
        near = float(number)
    except OverflowError:
        near = np.inf if number > 0 else -np.inf
        return (float(np.finfo(np.float64).max), near) if number > 0 else (near, float(np.finfo(np.float64).min))
    exact = Fraction(near)
    low = near if exact <= number else float(np.nextafter(near, -np.inf))
    high = near if exact >= number else float(np.nextafter(near, np.inf))
    return low, high
