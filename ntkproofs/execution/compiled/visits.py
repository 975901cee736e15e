"""LoggedVisits: the counts of the states that compiled code logs, recorded by the NumPy engine."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.execution.bitsliced import LANES, SlicedProgram, StateBlock
from ntkproofs.execution.recorder import CountsRecorder, Triple, Visit

__all__ = ["LoggedVisits"]

Words: TypeAlias = NDArray[np.uint64]

FEW = 2  # states of a log that is recorded in a smaller block


class LoggedVisits:
    """The first visits of counts, from logs of up to `capacity` states of `words` words each.

    Logs are read in order of their cases. `new` are the counts that were added since :meth:`take_new`.
    """

    def __init__(self, sliced: SlicedProgram, words: int, capacity: int) -> None:
        self.words = words
        blocks = [(size, StateBlock(sliced, words * size)) for size in sorted({min(FEW, capacity), capacity})]
        self.recorders = [(size, block, CountsRecorder(block)) for size, block in blocks]
        self.visits: dict[Triple, Visit] = {}
        self.new: set[Triple] = set()

    def read(self, log: Words, steps: NDArray[np.int64], mask: Words, first: int) -> None:
        """Record the counts of logged states, ``(states, bits, words)``, of the cases from number `first` on.

        `steps` are the numbers of their steps, in order. Only lanes that are set in `mask`, ``(words,)``, are recorded.
        """
        count, bits, _ = log.shape
        capacity, block, recorder = next(item for item in self.recorders if item[0] >= count)
        block.state.reshape(bits, capacity, self.words)[:, :count] = log.transpose(1, 0, 2)
        block.step()
        lanes_of_cases = np.zeros((capacity, self.words), dtype=np.uint64)
        lanes_of_cases[:count] = mask
        for t, p, numbers, lanes in recorder.occurring(lanes_of_cases.reshape(-1)):
            for number, planes in zip(numbers.tolist(), lanes, strict=True):
                self._see(recorder, (number, p, t), planes.reshape(capacity, self.words), steps, first)

    def _see(
        self, recorder: CountsRecorder, triple: Triple, lanes: Words, steps: NDArray[np.int64], first: int
    ) -> None:
        """Update the visit of counts that occur in `lanes`, ``(states, words)``."""
        known = self.visits.get(triple)
        if known is not None and known.case < first:
            return
        ever = np.bitwise_or.reduce(lanes, axis=0)
        word = int(np.flatnonzero(ever)[0])
        lane = (int(ever[word]) & -int(ever[word])).bit_length() - 1
        row = int(np.flatnonzero(lanes[:, word] >> np.uint64(lane) & np.uint64(1))[0])
        case, step = first + word * LANES + lane, int(steps[row])
        if known is None or case < known.case:  # of the same case, the earlier step was read first
            if known is None:
                self.new.add(triple)
            self.visits[triple] = Visit(case, step, recorder.bit(triple, row * self.words + word, lane))

    def take_new(self) -> set[Triple]:
        """Return the new counts, which are new no more."""
        new, self.new = self.new, set()
        return new
