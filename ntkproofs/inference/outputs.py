"""Outputs: all outputs of given networks at some states, as enclosures, and exact where that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import EnginesDisagree, InputError
from ntkproofs.inference.enclosures import enclose
from ntkproofs.inference.exact import Place, exact_outputs
from ntkproofs.inference.pieces import Matches
from ntkproofs.inference.surds import Surd
from ntkproofs.weights.networks import Networks

__all__ = ["Extreme", "Outputs", "outputs_exact"]

COMPARED = 1000  # exact outputs that are compared with their enclosures, of those that are computed together


@dataclass(frozen=True)
class Extreme:
    """An exact output, and where it occurs."""

    value: Surd
    state: int
    bit: int


class Outputs:
    """The outputs of `networks` at the states with these `matches`, a boolean matrix ``(states, inputs)``.

    `low` and `high`, ``(states, output bits)``, are floats that enclose the outputs (:mod:`~.enclosures`);
    :meth:`exact` computes outputs exactly. `progress` is called with the part of the enclosures that is done. Raises
    InputError for matches of another type or shape.

    >>> networks = Networks.of(np.array([[1.0, 2.0]]), np.array([[3.0]]))
    >>> outputs = Outputs(networks, np.array([[True, True]]))
    >>> print(outputs.least(np.array([[True]])).value, outputs.low[0, 0] < 9 / 2**0.5 < outputs.high[0, 0])
    9/2*sqrt(2) True
    """

    def __init__(self, networks: Networks, matches: Matches, progress: Callable[[float], object] | None = None) -> None:
        if not isinstance(matches, np.ndarray) or matches.dtype != np.bool_ or matches.ndim != 2:
            raise InputError("matches must be a boolean matrix with a row for each state and a column for each input")
        if matches.shape[1] != networks.inputs:
            raise InputError(
                f"matches has {matches.shape[1]} columns, but the networks ({networks.source}) have {networks.inputs} "
                "inputs"
            )
        self.networks, self.matches = networks, matches
        enclosures = enclose(networks, matches, progress)
        self.low, self.high = enclosures.low, enclosures.high
        self._known: dict[Place, Surd] = {}

    def exact(self, wanted: NDArray[np.bool_], progress: Callable[[float], object] | None = None) -> dict[Place, Surd]:
        """Return the exact outputs at the `wanted` states and output bits, ``(states, output bits)``.

        Raises EnginesDisagree if one of the first thousand of them lies outside its enclosure.
        """
        places: list[Place] = [(state, bit) for state, bit in np.argwhere(wanted).tolist()]
        missing = wanted.copy()
        for place in places:
            missing[place] = place not in self._known
        if missing.any():
            values = exact_outputs(self.networks, self.matches, missing, progress)
            for place in islice(values, COMPARED):
                self._compare(place, values[place])
            self._known.update(values)
        return {place: self._known[place] for place in places}

    def _compare(self, place: Place, value: Surd) -> None:
        """Raise EnginesDisagree unless the enclosure contains the value."""
        low, high = float(self.low[place]), float(self.high[place])
        if not (low == -np.inf or value >= Fraction(low)) or not (high == np.inf or value <= Fraction(high)):
            raise EnginesDisagree(
                f"the output of bit {place[1]} at state {place[0]} of {self.networks.source} is {value.decimal(20)} by "
                f"integers and from {low!r} to {high!r} by floats"
            )

    def near_least(self, among: NDArray[np.bool_], below: float = np.inf) -> NDArray[np.bool_]:
        """Return which of the outputs `among`, ``(states, bits)``, may be the least, if it is at most `below`."""
        lowest = min(float(self.high[among].min(initial=np.inf)), below)
        return self._without_repetitions(among & (self.low <= lowest))

    def near_greatest(self, among: NDArray[np.bool_], above: float = -np.inf) -> NDArray[np.bool_]:
        """Return which of the outputs `among` may be the greatest, if it is at least `above`."""
        highest = max(float(self.low[among].max(initial=-np.inf)), above)
        return self._without_repetitions(among & (self.high >= highest))

    def _without_repetitions(self, candidates: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return the candidates for an extreme, but only the first of those that floats prove to be the same number."""
        same = np.flatnonzero(candidates & (self.low == self.high))
        candidates.flat[same[1:]] = False
        return candidates

    def least(self, among: NDArray[np.bool_], below: float = np.inf) -> Extreme | None:
        """Return the least output at the states and bits `among`, ``(states, output bits)``, and its first occurrence.

        None if there are none; outputs that exceed `below` may be left out.
        """
        candidates = self.exact(self.near_least(among, below))
        first: Extreme | None = None
        for (state, bit), value in candidates.items():
            if first is None or (value != first.value and value < first.value):
                first = Extreme(value, state, bit)
        return first

    def greatest(self, among: NDArray[np.bool_], above: float = -np.inf) -> Extreme | None:
        """Return the greatest output likewise; outputs that are less than `above` may be left out."""
        candidates = self.exact(self.near_greatest(among, above))
        first: Extreme | None = None
        for (state, bit), value in candidates.items():
            if first is None or (value != first.value and value > first.value):
                first = Extreme(value, state, bit)
        return first


def outputs_exact(networks: Networks, matches_row: NDArray[np.bool_], bit: int) -> Surd:
    """Return the exact output of a bit at the state with these matches, ``(inputs,)``."""
    wanted = np.zeros((1, networks.output_bits), dtype=np.bool_)
    wanted[0, bit] = True
    return exact_outputs(networks, matches_row[None, :], wanted)[0, bit]
