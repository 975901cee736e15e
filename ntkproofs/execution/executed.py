"""Executed: one step of a program from many states, through given networks and by the program itself."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ntkproofs.counts import Counts
from ntkproofs.execution.wrong_bits import WrongOutput
from ntkproofs.inference import Decisions, Outputs, decide_outputs
from ntkproofs.programs import Rows, TemplateProgram
from ntkproofs.weights import Networks

__all__ = ["Executed", "padded"]


def padded(program: TemplateProgram, match: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which inputs of the networks match: those of the templates, and no padding."""
    return np.pad(match, ((0, 0), (0, program.padding)))


@dataclass(frozen=True, eq=False)
class Executed:
    """Steps of a program through networks, from given states: what the program writes, and what the networks decide.

    `rows`, the states before, ``(states, bits)``; `match`, which templates match them; `expected`, the next states.
    """

    program: TemplateProgram
    rows: Rows
    match: NDArray[np.bool_]
    expected: Rows
    decisions: Decisions

    @classmethod
    def of(cls, program: TemplateProgram, networks: Networks, threshold: Fraction, rows: Rows) -> Executed:
        """Execute one step from each of the states `rows`."""
        match = program.match_rows(rows)
        expected = (program.matched_writers_rows(match) > 0).astype(np.uint8)
        decisions = decide_outputs(Outputs(networks, padded(program, match)), threshold)
        return cls(program, rows, match, expected, decisions)

    @property
    def wrong_bits(self) -> NDArray[np.bool_]:
        """The bits that are not decided as the program writes, equality included, ``(states, bits)``."""
        return np.asarray(self.decisions.bits != self.expected)

    def wrong_output(self, state: int, position: int) -> WrongOutput:
        """Return the description of the wrong bit at a position, after the step from the state of that number."""
        wanted = np.zeros(self.expected.shape, dtype=np.bool_)
        wanted[state, position] = True
        return WrongOutput(
            self.program,
            self.program.unrow(self.rows[state]),
            self.program.bit(position),
            self.counts(state, position),
            self.decisions.outputs.exact(wanted)[state, position],
            int(self.expected[state, position]),
            self.decisions.threshold,
        )

    def first_wrong(self) -> tuple[int, WrongOutput] | None:
        """Return the first state from which a bit is wrong, and the first such bit; None if there is none."""
        places = np.argwhere(self.wrong_bits)
        if not len(places):
            return None
        state, position = (int(index) for index in places[0])
        return state, self.wrong_output(state, position)

    def counts(self, state: int, position: int) -> Counts:
        """Return the counts of a bit at a state."""
        matched = int(self.program.matched_writers_rows(self.match[state : state + 1])[0, position])
        return Counts(int(self.match[state].sum()), matched, int(self.program.writers[position]), self.program.samples)

    def all_counts(self, state: int) -> frozenset[Counts]:
        """Return all counts that occur at a state."""
        matched = self.program.matched_writers_rows(self.match[state : state + 1])[0]
        n, pairs = int(self.match[state].sum()), set(zip(matched.tolist(), self.program.writers.tolist(), strict=True))
        return frozenset(Counts(n, p, t, self.program.samples) for p, t in pairs)

    def margins(self, state: int) -> tuple[float | None, float | None]:
        """Return the least output of a 1-bit and the greatest of a 0-bit after the step from a state, for display."""
        outputs, ones = self.decisions.outputs, np.zeros(self.expected.shape, dtype=np.bool_)
        ones[state] = self.expected[state] == 1
        zeros = np.zeros(self.expected.shape, dtype=np.bool_)
        zeros[state] = self.expected[state] == 0
        if np.isinf(outputs.low[state]).any():  # no floats are known
            least, greatest = outputs.least(ones), outputs.greatest(zeros)
            return (
                None if least is None else float(least.value),
                None if greatest is None else float(greatest.value),
            )
        middle = (outputs.low[state] + outputs.high[state]) / 2
        return (
            float(middle[ones[state]].min()) if ones.any() else None,
            float(middle[zeros[state]].max()) if zeros.any() else None,
        )

    def values(self, state: int) -> list[float]:
        """Return the outputs after the step from a state as floats, for display; inf and nan where none are known."""
        outputs = self.decisions.outputs
        return [float(value) for value in (outputs.low[state] + outputs.high[state]) / 2]
