"""Cases as planes: the inputs of a block of cases, 64 to a word; all inputs of a task, or a sample of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.execution.bitsliced import LANES, Planes
from ntkproofs.programs import Task

__all__ = [
    "AllCases",
    "Cases",
    "SampledCases",
    "Words",
    "case_inputs",
    "inputs_of",
    "lane_mask",
    "lane_planes",
    "transpose",
]

Words: TypeAlias = NDArray[np.uint64]
Integers: TypeAlias = NDArray[Any]  # (64, words), int64 or Python integers: lane j of word w is in row j

PAGE = 8  # words of a sample that are drawn together
MAX_WIDTH = 62  # bits of inputs whose values are int64

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


def lane_mask(words: int, cases: int) -> Words:
    """Return the plane, ``(words,)``, in which the first `cases` lanes are set.

    >>> [hex(int(word)) for word in lane_mask(2, 68)]
    ['0xffffffffffffffff', '0xf']
    """
    mask = np.zeros(words, dtype=np.uint64)
    full, rest = divmod(min(cases, words * LANES), LANES)
    mask[:full] = _ALL_LANES
    if rest:
        mask[full] = (1 << rest) - 1
    return mask


def inputs_of(task: Task, case: int) -> tuple[int, ...]:
    """Return the inputs of a case number: its bits are those of the first input, then of the second, and so on."""
    values = []
    for width in task.input_widths:
        values.append(case & ((1 << width) - 1))
        case >>= width
    return tuple(values)


class Cases(ABC):
    """The inputs of blocks of `words` words of cases, which are numbered from 0 to ``total - 1``."""

    def __init__(self, task: Task, words: int, total: int) -> None:
        self.task, self.words, self.total = task, words, total
        program = task.program
        self.input_positions = [position for positions in task.input_positions for position in positions]
        zero = program.row(task.start(*(0 for _ in task.inputs)))
        self.constants = np.where(zero[:, None] == 1, np.uint64(_ALL_LANES), np.uint64(0))

    def load(self, state: Planes, first: int) -> None:
        """Fill `state` with the initial states of the cases from case number `first` on."""
        state[:] = self.constants
        state[self.input_positions] = self.planes(first)

    @abstractmethod
    def planes(self, first: int) -> Planes:
        """Return the planes of the inputs, ``(input bits, words)``, of the cases from case number `first` on."""

    @abstractmethod
    def integers(self, first: int) -> list[Integers]:
        """Return the values of each input, ``(64, words)``, of the cases from case number `first` on."""


class AllCases(Cases):
    """All inputs of a task: the bits of a case number are the bits of its inputs.

    A block starts at a multiple of its size, so each input is the input of the block's first case plus a part that
    depends on the lane only and is computed once.
    """

    def __init__(self, task: Task, words: int) -> None:
        super().__init__(task, words, 1 << task.input_bits)
        self._planes = np.zeros((task.input_bits, words), dtype=np.uint64)
        lanes = (
            np.arange(words, dtype=np.uint64)[None, :] * np.uint64(LANES) + np.arange(LANES, dtype=np.uint64)[:, None]
        )
        self._lane_inputs = [np.ascontiguousarray(value.astype(np.int64)) for value in _split(task, lanes)]
        self._integers = [value.copy() for value in self._lane_inputs]

    def planes(self, first: int) -> Planes:
        """Return the planes of the inputs."""
        lane_planes(self._planes, range(len(self._planes)), first)
        return self._planes

    def integers(self, first: int) -> list[Integers]:
        """Return the values of each input."""
        first_inputs = inputs_of(self.task, first)
        for lane_input, value, first_input in zip(self._lane_inputs, self._integers, first_inputs, strict=True):
            np.add(lane_input, first_input, out=value)
        return self._integers


class SampledCases(Cases):
    """Independent random inputs of a task, uniformly distributed and determined by the `seed` and the case number.

    They are the raw numbers of NumPy's PCG64, one stream for every eight words of cases.
    """

    def __init__(self, task: Task, words: int, total: int, seed: int) -> None:
        super().__init__(task, words, total)
        self.seed = seed

    def planes(self, first: int) -> Planes:
        """Return the planes of the inputs."""
        word = first // LANES
        pages = range(word // PAGE, (word + self.words - 1) // PAGE + 1)
        drawn = np.concatenate([_page(self.task.input_bits, self.seed, page) for page in pages], axis=1)
        start = word - pages[0] * PAGE
        return drawn[:, start : start + self.words]

    def integers(self, first: int) -> list[Integers]:
        """Return the values of each input."""
        octets = np.ascontiguousarray(self.planes(first).astype("<u8")).view(np.uint8)
        bits = np.unpackbits(octets, axis=1, bitorder="little")
        values, start = [], 0
        for width in self.task.input_widths:
            values.append(_numbers(bits[start : start + width]).reshape(self.words, LANES).T)
            start += width
        return values


@lru_cache(maxsize=256)
def _page(bits: int, seed: int, page: int) -> Planes:
    numbers = np.random.PCG64(np.random.SeedSequence([seed, page])).random_raw(bits * PAGE)
    return np.asarray(numbers, dtype=np.uint64).reshape(bits, PAGE)


def _numbers(bits: NDArray[np.uint8]) -> NDArray[Any]:
    """Return the numbers whose bits are the columns of a matrix, least significant first: int64 if they fit."""
    parts: list[NDArray[Any]] = []
    for start in range(0, len(bits), MAX_WIDTH):
        rows = bits[start : start + MAX_WIDTH].astype(np.int64)
        parts.append((rows << np.arange(len(rows), dtype=np.int64)[:, None]).sum(axis=0, dtype=np.int64))
    if len(parts) == 1:
        return parts[0]
    total: NDArray[Any] = np.zeros(bits.shape[1], dtype=object)
    for number, part in enumerate(parts):
        total += part.astype(object) * (1 << MAX_WIDTH * number)
    return total


def case_inputs(task: Task, case: int, seed: int | None = None) -> tuple[int, ...]:
    """Return the inputs of a case number: of all cases, or of the sample with a seed.

    >>> from ntkproofs.programs import addition_task
    >>> case_inputs(addition_task(4), 0x25), case_inputs(addition_task(4), 0x25, seed=1)
    ((5, 2), (9, 14))
    """
    if seed is None:
        return inputs_of(task, case)
    word, lane = divmod(case, LANES)
    page = _page(task.input_bits, seed, word // PAGE)[:, word % PAGE]
    return inputs_of(task, sum((int(plane) >> lane & 1) << bit for bit, plane in enumerate(page)))


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
