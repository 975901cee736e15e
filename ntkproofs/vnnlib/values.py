"""Exact outputs of a network at rational multiples of indicators, in integers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.weights.networks import Networks

__all__ = ["Values"]

Array: TypeAlias = NDArray[Any]


class Values:
    """The outputs of a block of a single network at ``x = scale * indicator``, as fractions.

    >>> network = Networks.of(np.array([[0.5, 0.25]]), np.array([[2.0]]), np.array([0.125]))
    >>> Values(network, 0).at(np.array([True, True]), Fraction(1, 3))
    [Fraction(3, 4)]
    """

    def __init__(self, network: Networks, block: int) -> None:
        hidden, bias = network.hidden[0, block], network.hidden_bias
        zero = np.zeros(len(hidden))
        both, self._hidden_unit = _integers(np.column_stack([hidden, zero if bias is None else bias[0, block]]))
        self._hidden, self._bias = both[:, :-1], both[:, -1]
        self._output, self._output_unit = _integers(network.output[0, block])
        offsets = network.output_bias
        self._offsets = [0] * len(self._output) if offsets is None else offsets[0, block].tolist()

    def at(self, matches: NDArray[np.bool_], scale: Fraction) -> list[Fraction]:
        """Return the exact output for each output bit of the block; `matches`, ``(inputs,)``."""
        sums = self._hidden[:, np.flatnonzero(matches)].sum(axis=1)
        neurons = np.maximum(sums * scale.numerator + self._bias * scale.denominator, 0)
        unit = scale.denominator * self._hidden_unit * self._output_unit
        totals = self._output @ neurons
        return [Fraction(total, unit) + Fraction(own) for total, own in zip(totals, self._offsets, strict=True)]


def _integers(array: Array) -> tuple[Array, int]:
    """Return an array of Python integers and the power of two by which it was multiplied."""
    ratios = [float(number).as_integer_ratio() for number in array.flat]
    unit = max(denominator for _, denominator in ratios)
    result = np.empty(array.size, dtype=object)
    result[:] = [numerator * (unit // denominator) for numerator, denominator in ratios]
    return result.reshape(array.shape), unit
