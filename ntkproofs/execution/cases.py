"""Cases as planes: the inputs of a block of cases, and the comparison with the oracle's answers, 64 to a word."""

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
)  # bit `bit` of the number of each of the 64 lanes
_ALL_LANES = (1 << LANES) - 1


def lane_planes(state: Planes, positions: Sequence[int], first: int = 0) -> None:
    """Fill the planes at `positions` with the numbers of the lanes: bit i of each number in the plane ``positions[i]``.

    Lanes are numbered from `first`, a multiple of the number of lanes of the block.

    >>> state = np.zeros((2, 1), dtype=np.uint64)
    >>> lane_planes(state, [1])
    >>> [hex(int(plane)) for plane in state[:, 0]]
    ['0x0', '0xaaaaaaaaaaaaaaaa']
    """
    words = state.shape[1]
    for bit, position in enumerate(positions):
        if bit < 6:
            state[position] = _LANE_PATTERNS[bit]
        elif 1 << (bit - 6) < words:
            word_numbers = np.arange(words, dtype=np.uint64)
            state[position] = (0 - (word_numbers >> np.uint64(bit - 6) & np.uint64(1))).astype(np.uint64)
        else:
            state[position] = _ALL_LANES if first >> bit & 1 else 0


def inputs_of(task: Task, case: int) -> tuple[int, ...]:
    """Return the inputs of a case number: its bits are those of the first input, then of the second, and so on."""
    values = []
    for width in task.input_widths:
        values.append(case & ((1 << width) - 1))
        case >>= width
    return tuple(values)


class CaseInputs:
    """The inputs of blocks of cases as planes, and the comparison of answers with the oracle's.

    The bits of a case number are the bits of its inputs. A block starts at a multiple of its size, so each input is the
    input of the block's first case plus a part that depends on the lane only and is computed once. Arrays of integers
    have the shape ``(64, words)``: lane j of word w is in row j.
    """

    def __init__(self, task: Task, words: int) -> None:
        self.task, self.words, self.oracle = task, words, Oracle(task)
        program = task.program
        self.input_positions = [position for positions in task.input_positions for position in positions]
        self.output = [program.position(bit) for bit in task.output]
        zero = program.row(task.start(*(0 for _ in task.inputs)))
        self.constants = np.where(zero[:, None] == 1, np.uint64(_ALL_LANES), np.uint64(0))
        self.word_numbers = np.arange(words, dtype=np.uint64)
        lanes = self.word_numbers[None, :] * np.uint64(LANES) + np.arange(LANES, dtype=np.uint64)[:, None]
        self.lane_inputs = [np.ascontiguousarray(value.astype(np.int64)) for value in _split(task, lanes)]
        self.inputs = [value.copy() for value in self.lane_inputs]

    def load(self, state: Planes, first: int) -> None:
        """Fill `state` with the initial states of the cases from case number `first` on."""
        state[:] = self.constants
        lane_planes(state, self.input_positions, first)

    def differences(self, state: Planes, first: int) -> Words:
        """Return a plane, ``(words,)``, of the cases whose answer in `state` differs from the oracle's."""
        first_inputs = inputs_of(self.task, first)
        for lane_input, value, first_input in zip(self.lane_inputs, self.inputs, first_inputs, strict=True):
            np.add(lane_input, first_input, out=value)
        expected, large = self.oracle.answers(self.inputs)
        wrong = np.zeros(self.words, dtype=np.uint64)
        if large.any():  # expected answers that do not fit in the output bits
            wrong |= transpose(large.astype(np.uint64), 1)[0]
        planes = transpose(expected, len(self.output))
        for plane, position in zip(planes, self.output, strict=True):
            wrong |= plane ^ state[position]
        return wrong


def _split(task: Task, cases: Words) -> Iterator[Words]:
    """Yield the first input of all cases, then the second, and so on."""
    for width in task.input_widths:
        yield cases & np.uint64((1 << width) - 1)
        cases = cases >> np.uint64(width)


def transpose(lanes: Words, bits: int) -> Words:
    """Convert integers, ``(64, words)`` with lane j in row j, to planes of their lowest bits, ``(bits, words)``.

    Transposes 64 x 64 bit matrices (32 x 32 or 16 x 16 for so few bits) by swapping smaller and smaller blocks.

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
    rows = np.ascontiguousarray(matrix[:, :bits].transpose(1, 2, 0))
    return rows.view("<u8").astype(np.uint64, copy=False).reshape(bits, words)
