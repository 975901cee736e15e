"""The question about each output bit: at which states is it decided wrong, with constants that are finite decimals.

At a state that n inputs match, the input x is 1/sqrt(n) at them and 0 elsewhere. A bit is 1 if the output is above the
threshold and 0 if it is below; at the threshold it is wrong. Neither the input nor the question has finitely many
digits, unless n is a square:

* without biases the output is homogeneous, so that the input may be the indicator itself, and the threshold is
  multiplied by sqrt(n);
* with biases the entry 1/sqrt(n) is replaced by a decimal number with twice as many digits as the threshold.

A pair ``low <= high`` of decimals stands for the threshold. By exact arithmetic it is *checked*, at every state, that
the output of the network in the file is above `high`, below `low` or between them if and only if the true output is
above, below or at the threshold; the digits are doubled until this holds. So the property with these numbers has the
answer of the question, in real arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError
from ntkproofs.inference import decide
from ntkproofs.truth import NoTruthValue
from ntkproofs.vnnlib.decimals import root_bounds
from ntkproofs.vnnlib.models import summed
from ntkproofs.vnnlib.values import Values
from ntkproofs.weights.networks import Networks

__all__ = ["Case", "Question", "questions"]

DIGITS = 20  # of the first attempt, more than a float64 has
MAX_DIGITS = 1280  # of a threshold


@dataclass(frozen=True)
class Case(NoTruthValue):
    """A state: the network input is `entry` at the inputs that match; the bit is wrong if the output is beyond `bound`.

    `expected`: the right bit; it is decided wrong if the output is at most `bound` for 1, and at least for 0; `wrong`:
    whether it is, exactly.
    """

    instead = ".wrong"

    matches: NDArray[np.bool_]
    entry: Fraction
    expected: int
    bound: Fraction
    wrong: bool


@dataclass(frozen=True)
class Question(NoTruthValue):
    """The question about output `bit`, which is output `output` of the block `block` of the networks."""

    instead = ".wrong"

    bit: int
    block: int
    output: int
    cases: Sequence[Case]

    @property
    def wrong(self) -> list[int]:
        """The indices of the states at which the bit is decided wrong: the property is ``sat`` if there are any."""
        return [index for index, case in enumerate(self.cases) if case.wrong]


def questions(
    networks: Networks, matches: NDArray[np.bool_], expected: NDArray[np.bool_], threshold: Fraction
) -> Iterator[Question]:
    """Return the question about each output bit.

    `matches`, ``(states, inputs)``: the inputs that match at each state; `expected`, ``(states, output bits)``. If
    there are no biases and the threshold is 0, a state that no input matches is left out: every output is 0 there, and
    the bit is 0 by convention. Raises InputError if an output is too near the threshold for decimals of 1,280 digits.
    """
    if not networks.biased and threshold == 0:
        occurs = matches.any(axis=1)
        matches, expected = matches[occurs], expected[occurs]
    signs = decide(networks, matches, threshold).bits
    one = summed(networks)
    outputs = one.output.shape[2]
    for block in range(one.hidden.shape[1]):
        bits = slice(block * outputs, (block + 1) * outputs)
        points = _points(Values(one, block), one.biased, matches, signs[:, bits], threshold * networks.count)
        for output in range(outputs):
            bit = block * outputs + output
            right = [1 if item else 0 for item in expected[:, bit]]
            cases = [
                Case(row, point.entry, value, point.high if value else point.low, bool(sign != value))
                for row, point, value, sign in zip(matches, points, right, signs[:, bit], strict=True)
            ]
            yield Question(bit, block, output, cases)


@dataclass(frozen=True)
class _Point:
    """The input of a network at a state, and the two decimals that stand for the threshold."""

    entry: Fraction
    low: Fraction
    high: Fraction

    def agrees(self, output: Fraction, sign: int) -> bool:
        """Return whether an output at this input lies as the true one does: above (1), below (0), at (-1)."""
        return {1: output > self.high, 0: output < self.low, -1: self.low <= output <= self.high}[int(sign)]


def _points(
    values: Values, biased: bool, matches: NDArray[np.bool_], signs: NDArray[np.int8], threshold: Fraction
) -> list[_Point]:
    """Return the points of all states, with as many digits as all outputs of the block need."""
    numbers = [max(1, int(row.sum())) for row in matches]  # no match: the input is 0, and the threshold stays
    digits = DIGITS
    while digits <= MAX_DIGITS:
        choice = {n: _point(n, biased, threshold, digits) for n in set(numbers)}
        points = [choice[n] for n in numbers]
        if all(
            point.agrees(output, sign)
            for row, point, own in zip(matches, points, signs, strict=True)
            for output, sign in zip(values.at(row, point.entry), own, strict=True)
        ):
            return points
        digits *= 2
    raise InputError(
        f"--export-vnnlib: an output is so near the threshold {threshold} that {MAX_DIGITS:,} digits do not separate "
        "them; choose another threshold"
    )


def _point(n: int, biased: bool, threshold: Fraction, digits: int) -> _Point:
    """Return the point at states that n inputs match."""
    if not biased:
        return _Point(Fraction(1), *root_bounds(threshold, Fraction(n), digits))
    entry, above = root_bounds(Fraction(1), Fraction(1, n), 2 * digits)
    low, high = root_bounds(threshold, Fraction(1), digits)
    space = Fraction(entry != above, 10**digits)  # for the output at the threshold, which the rounded input moves
    return _Point(entry, low - space, high + space)
