"""MatchSets: the sets of matching templates that occurred, each with every output decided once.

The next bits of a program and the outputs of networks depend on a state only by the set of the templates that match it.
Sets are compared as bytes, by equality and not by a hash alone.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError
from ntkproofs.execution.executed import padded
from ntkproofs.execution.jobs import networks_sha256
from ntkproofs.execution.network_exhaustion import Inputs, Place, PlacedOutput
from ntkproofs.execution.tally import natural
from ntkproofs.inference import Extreme, Outputs, decide_outputs
from ntkproofs.inference.decisions import float_bounds
from ntkproofs.programs import Rows, TemplateProgram
from ntkproofs.weights import Networks

__all__ = ["Key", "MatchSets", "distinct", "keys_of"]

Key: TypeAlias = bytes  # a set of templates, eight to a byte

MOST_SETS = 1 << 23
TOGETHER = 1 << 25  # entries of the arrays for the sets that are decided together


def keys_of(match: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the sets of matching templates, boolean ``(states, templates)``, as rows of bytes."""
    return np.packbits(match, axis=1)


def distinct(packed: NDArray[np.uint8]) -> tuple[list[Key], NDArray[np.intp], NDArray[np.intp]]:
    r"""Return the distinct rows of bytes, the index of the first of each, and for every row the number of its key.

    >>> distinct(np.array([[2], [1], [2]], dtype=np.uint8))
    ([b'\x01', b'\x02'], array([1, 0]), array([1, 0, 1]))
    """
    rows = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).reshape(-1)
    keys, first, inverse = np.unique(rows, return_index=True, return_inverse=True)
    return [key.tobytes() for key in keys], first, inverse.reshape(-1)


class MatchSets:
    """The decided sets of a program and its networks, at a threshold (None: the outputs are only compared).

    `wrong`: the sets at which a bit is not decided as the program writes it; `decided` outputs, `exact` of them by
    integers, and `at_threshold` of them equal to the threshold; `least_one`, `greatest_zero`: the extreme outputs of
    bits that should be 1 and 0; `silent`: whether the empty set occurred, and there are no biases.
    """

    def __init__(
        self,
        program: TemplateProgram,
        networks: Networks,
        threshold: Fraction | None,
        progress: Callable[[float], object] | None = None,
    ) -> None:
        self.program, self.networks, self.threshold, self.progress = program, networks, threshold, progress
        self.known: dict[Key, int] = {}  # their numbers, in the order in which they were decided
        self.wrong: dict[Key, None] = {}
        self.decided = self.exact = self.at_threshold = 0
        self.least_one: PlacedOutput | None = None
        self.greatest_zero: PlacedOutput | None = None
        self.silent = False

    def new(self, keys: Iterable[Key]) -> list[int]:
        """Return which of the keys, by their numbers, are not decided yet."""
        return [number for number, key in enumerate(keys) if key not in self.known]

    def decide(self, keys: Sequence[Key], place: Callable[[int], Place]) -> None:
        """Decide all outputs at new, distinct sets; ``place(i)`` returns where number i of them first occurs."""
        if len(self.known) + len(keys) > MOST_SETS:
            raise InputError(
                f"{self.program.name}: more than {MOST_SETS:,} different sets of matching templates occur; choose a "
                "sample (sample=N, --sample N)"
            )
        size = max(1, TOGETHER // (8 * self.networks.inputs + 32 * self.program.output_bits))
        for first in range(0, len(keys), size):
            self._decide(keys[first : first + size], lambda index, first=first: place(first + index))  # type: ignore[misc]

    def _decide(self, keys: Sequence[Key], place: Callable[[int], Place]) -> None:
        match = self.matches(keys)
        expected = self.program.matched_writers_rows(match) > 0
        outputs = Outputs(self.networks, padded(self.program, match), self.progress)
        if self.threshold is not None:
            decisions = decide_outputs(outputs, self.threshold)
            wrong = (decisions.bits != expected).any(axis=1)
            self.wrong.update(dict.fromkeys(keys[index] for index in np.flatnonzero(wrong).tolist()))
            self.exact += decisions.exact
            self.at_threshold += decisions.at_threshold
        self.decided += expected.size
        self._compare(outputs, expected, place)
        self.known.update(zip(keys, range(len(self.known), len(self.known) + len(keys)), strict=True))

    def matches(self, keys: Sequence[Key]) -> NDArray[np.bool_]:
        """Return the sets as a boolean matrix, ``(sets, templates)``."""
        packed = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(len(keys), -1)
        return np.unpackbits(packed, axis=1, count=len(self.program.templates)).astype(np.bool_)

    def _compare(self, outputs: Outputs, expected: NDArray[np.bool_], place: Callable[[int], Place]) -> None:
        """Update the extreme outputs."""
        some = np.ones(expected.shape, dtype=np.bool_)
        if not self.networks.biased:
            empty = ~outputs.matches.any(axis=1)
            some[empty] = False
            self.silent |= bool(empty.any())
        ones, zeros = expected & some, ~expected & some
        below = np.inf if self.least_one is None else float_bounds(self.least_one.value.enclose(64)[1])[1]
        above = -np.inf if self.greatest_zero is None else float_bounds(self.greatest_zero.value.enclose(64)[0])[0]
        outputs.exact(outputs.near_least(ones, below) | outputs.near_greatest(zeros, above))
        least, greatest = outputs.least(ones, below), outputs.greatest(zeros, above)
        if least is not None and (self.least_one is None or least.value < self.least_one.value):
            self.least_one = self._placed(least, place)
        if greatest is not None and (self.greatest_zero is None or greatest.value > self.greatest_zero.value):
            self.greatest_zero = self._placed(greatest, place)

    def _placed(self, extreme: Extreme, place: Callable[[int], Place]) -> PlacedOutput:
        return PlacedOutput(extreme.value, place(extreme.state), self.program.bit(extreme.bit))

    def state_of_result(self) -> dict[str, Any]:
        """Return the entries of a result about these sets."""
        return {
            "match_sets": len(self.known),
            "bits_decided": self.decided,
            "exact_decisions": self.exact,
            "at_threshold": self.at_threshold,
            "least_one": self.least_one,
            "greatest_zero": self.greatest_zero,
            "silent": self.silent,
        }

    # --- for checkpoints

    def job(self) -> dict[str, Any]:
        """Return the description of the networks and the threshold."""
        return {
            "networks sha256": networks_sha256(self.networks),
            "threshold": "search" if self.threshold is None else f"{self.threshold}",
        }

    def saved(self) -> Callable[[], dict[str, Any]]:
        """Return a function that returns this state as JSON data, also when more sets were decided.

        An extreme output is described by its place, and computed again.
        """
        known, wrong = len(self.known), len(self.wrong)
        numbers = [self.decided, self.exact, self.at_threshold]
        extremes = [self._described(output) for output in (self.least_one, self.greatest_zero)]
        silent = self.silent
        return lambda: {
            "known": base64.b64encode(b"".join(islice(self.known, known))).decode("ascii"),
            "wrong": [self.known[key] for key in islice(self.wrong, wrong)],
            "numbers": numbers,
            "extremes": extremes,
            "silent": silent,
        }

    def _described(self, output: PlacedOutput | None) -> list[Any] | None:
        if output is None:
            return None
        place = output.place
        inputs = [list(item) if isinstance(item, tuple) else item for item in place.inputs]
        return [inputs, place.step, self.program.position(output.bit)]

    def restore(self, data: Any, row_at: Callable[[Any, int], Rows]) -> None:
        """Bring these sets, none of which is decided, into a saved state.

        ``row_at(inputs, step)`` returns a state. Raises InputError, KeyError, TypeError or ValueError for data that is
        no such state.
        """
        packed, size = base64.b64decode(data["known"], validate=True), -(-len(self.program.templates) // 8)
        keys = [packed[first : first + size] for first in range(0, len(packed), size)]
        self.known.update(zip(keys, range(len(keys)), strict=True))
        if len(packed) % size or len(self.known) < len(keys) or len(keys) > MOST_SETS:
            raise InputError("the sets of templates are not different from each other")
        self.wrong.update(dict.fromkeys(keys[natural(item, "a set", len(keys) - 1)] for item in data["wrong"]))
        most = len(keys) * self.program.output_bits
        self.decided, self.exact, self.at_threshold = (natural(item, "a number", most) for item in data["numbers"])
        self.silent = bool(data["silent"])
        self.least_one, self.greatest_zero = (self._computed(item, row_at) for item in data["extremes"])

    def _computed(self, data: Any, row_at: Callable[[Any, int], Rows]) -> PlacedOutput | None:
        """Return the output at a place."""
        if data is None:
            return None
        inputs, step, position = data
        row = row_at(inputs, step)
        wanted = np.zeros((1, self.program.output_bits), dtype=np.bool_)
        wanted[0, natural(position, "the position of a bit", self.program.output_bits - 1)] = True
        match = padded(self.program, self.program.match_rows(row[None, :]).astype(np.bool_))
        (value,) = Outputs(self.networks, match).exact(wanted).values()
        given: Inputs = tuple(tuple(item) if isinstance(item, list) else item for item in inputs)
        return PlacedOutput(value, Place(given, step, self.program.unrow(row)), self.program.bit(position))
