"""Cases as planes: the inputs of all cases of a block, and the oracle's answers, 64 in a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.execution.bitsliced import LANES, Planes
from ntkproofs.execution.oracles import Oracle
from ntkproofs.programs import Task

__all__ = ["CaseInputs", "inputs_of", "lane_planes", "transpose"]

Words: TypeAlias = NDArray[np.uint64]

_LANE_PATTERNS = tuple(
    sum(((lane >> bit) & 1) << lane for lane in range(LANES)) for bit in range(6)
)  # bit `bit` of the lane's number, for all 64 lanes
_ALL = (1 << LANES) - 1


def lane_planes(state: Planes, places: Sequence[int], first: int = 0) -> None:
    """Fill the planes at `places` so that bit number i of a lane's number, counted from `first`, is at place i.

    >>> state = np.zeros((2, 1), dtype=np.uint64)
    >>> lane_planes(state, [1])
    >>> [hex(int(plane)) for plane in state[:, 0]]
    ['0x0', '0xaaaaaaaaaaaaaaaa']
    """
    words = state.shape[1]
    for number, place in enumerate(places):
        if number < 6:
            state[place] = _LANE_PATTERNS[number]
        elif 1 << (number - 6) < words:
            word_numbers = np.arange(words, dtype=np.uint64)
            state[place] = (0 - (word_numbers >> np.uint64(number - 6) & np.uint64(1))).astype(np.uint64)
        else:
            state[place] = _ALL if first >> number & 1 else 0


def inputs_of(task: Task, case: int) -> tuple[int, ...]:
    """Return the inputs of a case: its number cut into the inputs' bits, the first input lowest."""
    values = []
    for width in task.input_widths:
        values.append(case & ((1 << width) - 1))
        case >>= width
    return tuple(values)


class CaseInputs:
    """Inputs as planes, and the oracle's answers as planes. Case number c has the bits of c in the inputs' places.

    A block starts at a multiple of its size, so the number of a case is the block's number plus (or) the lane's: what
    the lane adds to each input is made once. Integers are kept as ``(64, words)``, lane j of word w in row j.
    """

    def __init__(self, task: Task, words: int) -> None:
        self.task, self.words, self.oracle = task, words, Oracle(task)
        program = task.program
        self.places = [place for places in task.input_positions for place in places]
        self.output = [program.position(bit) for bit in task.output]
        zero = program.row(task.start(*(0 for _ in task.inputs)))
        self.constants = np.where(zero[:, None] == 1, np.uint64(_ALL), np.uint64(0))
        self.word_numbers = np.arange(words, dtype=np.uint64)
        lanes = self.word_numbers[None, :] * np.uint64(LANES) + np.arange(LANES, dtype=np.uint64)[:, None]
        self.lane_inputs = [np.ascontiguousarray(value.astype(np.int64)) for value in _cut(task, lanes)]
        self.inputs = [value.copy() for value in self.lane_inputs]

    def load(self, state: Planes, first: int) -> None:
        """Fill `state` with the initial states of the cases from number `first` on."""
        state[:] = self.constants
        lane_planes(state, self.places, first)

    def differences(self, state: Planes, first: int) -> Words:
        """Return, a lane for each case, where the answer in `state` is not the oracle's."""
        heads = inputs_of(self.task, first)
        for lane_input, value, head in zip(self.lane_inputs, self.inputs, heads, strict=True):
            np.add(lane_input, head, out=value)
        wanted, large = self.oracle.answers(self.inputs)
        wrong = np.zeros(self.words, dtype=np.uint64)
        if large.any():  # answers too large for the output
            wrong |= transpose(large.astype(np.uint64), 1)[0]
        planes = transpose(wanted, len(self.output))
        for place, position in enumerate(self.output):
            wrong |= planes[place] ^ state[position]
        return wrong


def _cut(task: Task, cases: Words) -> Iterator[Words]:
    """Yield each input of the given cases."""
    for width in task.input_widths:
        yield cases & np.uint64((1 << width) - 1)
        cases = cases >> np.uint64(width)


def transpose(lanes: Words, bits: int) -> Words:
    """Turn integers, ``(64, words)`` with lane j in row j, into their lowest `bits` planes, ``(>= bits, words)``.

    Transposes 64 x 64 bit matrices (32 x 32 or 16 x 16 where so few bits matter) by swapping ever smaller blocks.

    >>> numbers = np.arange(64, dtype=np.uint64)[:, None]
    >>> [hex(int(plane)) for plane in transpose(numbers, 2)[:2, 0]]
    ['0xaaaaaaaaaaaaaaaa', '0xcccccccccccccccc']
    """
    size = 16 if bits <= 16 else 32 if bits <= 32 else 64
    kind = np.dtype(f"<u{size // 8}").type
    groups, words = LANES // size, lanes.shape[1]
    matrix = lanes.astype(kind).reshape(groups, size, words)
    width, mask = size // 2, (1 << size // 2) - 1
    while width:
        pairs = matrix.reshape(groups, size // (2 * width), 2, width, words)
        low, high = pairs[:, :, 0], pairs[:, :, 1]
        swap = low >> kind(width)
        swap ^= high
        swap &= kind(mask)
        high ^= swap
        swap <<= kind(width)
        low ^= swap
        width >>= 1
        mask ^= mask << width & (1 << size) - 1
    together = np.ascontiguousarray(matrix[:, :bits].transpose(1, 2, 0))
    return together.view("<u8").astype(np.uint64, copy=False).reshape(bits, words)
