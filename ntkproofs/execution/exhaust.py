"""exhaust: run a task on every input, 64 at a time, and look at every state that it visits.

The template logic gives the next states; that a network would give the same is checked, not assumed. Either it
provably cannot fail (``t n <= K`` for the largest t and n that can occur: the sufficient condition with p = 1), or the
counts of every visited state and output bit are collected, bit-sliced, and each distinct ``(n, p, t)`` is held against
the rigorous sign of its mean. The answers are compared with the task's oracle on 64-bit integers; one case of every
block also with Python's.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.bounds.rounding import MeanAt, extreme_means, rounds_right, sufficient_applies
from ntkproofs.counts import Counts, bound_matches
from ntkproofs.errors import InputError
from ntkproofs.execution.bitsliced import LANES, Adder, Planes, Slab, SlicedProgram
from ntkproofs.kernels import Kernel, two_layer_relu
from ntkproofs.programs import Bit, Task

__all__ = ["Exhaustion", "Visit", "WrongCase", "exhaust", "exhaust_chunks"]

Words: TypeAlias = NDArray[np.uint64]

MAX_INPUT_BITS = 40
SLAB_WORDS = 1 << 17  # one megabyte of planes: what a core's cache holds
CHUNK_WORK = 1 << 27  # plane words for a chunk: some tenths of a second
SMALL_WORK = 1 << 26  # below this, starting processes costs more than it saves
_LANE_PATTERNS = tuple(
    sum(((lane >> bit) & 1) << lane for lane in range(LANES)) for bit in range(6)
)  # bit `bit` of the lane's number, for all 64 lanes
_ALL = (1 << LANES) - 1


@dataclass(frozen=True)
class WrongCase:
    """An input on which the program's answer is not the oracle's."""

    inputs: tuple[int, ...]
    got: int
    wanted: int


@dataclass(frozen=True, order=True)
class Visit:
    """Where counts were seen first: the case, the step that starts there, the output bit."""

    case: int
    step: int
    bit: Bit


@dataclass(frozen=True)
class Exhaustion:
    """What came of running a task on all inputs (or so far).

    `wrong` counts the cases whose answer differs from the oracle's, `first_wrong` is the first of them. `visited` maps
    every counts (n, p, t, K) that occurred to where it occurred first; it is empty if the rounding condition holds
    provably for all states (``t n <= K`` with `matches_bound`) and counting was not asked for. `unsound` are the
    counts among them at which rounding goes wrong.
    """

    task: Task
    kernel: Kernel
    total: int
    cases: int = 0
    wrong: int = 0
    first_wrong: WrongCase | None = None
    visited: dict[Counts, Visit] = field(default_factory=dict, hash=False)
    unsound: tuple[Counts, ...] = ()
    counted: bool = False
    matches_bound: int = 0
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether every case is done, its answer right, and every visited bit rounded right."""
        return self.cases == self.total and self.wrong == 0 and not self.unsound

    @property
    def steps(self) -> int:
        """Steps that each case was run for."""
        return self.task.steps

    @property
    def states(self) -> int:
        """How many states were stepped."""
        return self.cases * self.task.steps

    @property
    def cases_per_second(self) -> float:
        """Speed."""
        return self.cases / self.seconds if self.seconds else 0.0

    @property
    def largest_matches(self) -> int | None:
        """The largest n that occurred, None if counts were not collected."""
        return max((counts.matches for counts in self.visited), default=None) if self.counted else None

    def smallest_margin(self) -> tuple[MeanAt, Visit] | None:
        """Return the smallest positive mean among the visited bits and where it occurred first; None without counts."""
        if not self.visited:
            return None
        smallest, _ = extreme_means(self.kernel, self.visited)
        return None if smallest is None else (smallest, self.visited[smallest.counts])

    def inputs_of(self, case: int) -> tuple[int, ...]:
        """Return the inputs of a case: the case's number, cut into the inputs' bits, the first input lowest."""
        return _inputs_of(self.task, case)


def _inputs_of(task: Task, case: int) -> tuple[int, ...]:
    values = []
    for width in task.input_widths:
        values.append(case & ((1 << width) - 1))
        case >>= width
    return tuple(values)


def exhaust(
    task: Task, *, condition: bool = True, kernel: Kernel | None = None, workers: int | None = None
) -> Exhaustion:
    """Run `task` on all its inputs; see :class:`Exhaustion`.

    `condition`: collect the counts even where rounding provably cannot fail. `workers`: processes (default: all cores).
    Raises InputError for more than 40 input bits.

    >>> from ntkproofs.programs import addition_task
    >>> found = exhaust(addition_task(bits=4))
    >>> found.cases, found.wrong, found.largest_matches, found.holds
    (256, 0, 4, True)
    """
    *_, found = exhaust_chunks(task, condition=condition, kernel=kernel, workers=workers)
    return found


def exhaust_chunks(
    task: Task, *, condition: bool = True, kernel: Kernel | None = None, workers: int | None = None
) -> Iterator[Exhaustion]:
    """Like :func:`exhaust`, but yield what is known after every chunk; the last one is the whole."""
    kernel = two_layer_relu() if kernel is None else kernel
    if not 1 <= task.input_bits <= MAX_INPUT_BITS:
        raise InputError(f"{task.program.name}: {task.input_bits} input bits, 1 to {MAX_INPUT_BITS} can be exhausted")
    if len(task.output) > LANES:
        raise InputError(f"{task.program.name}: {len(task.output)} output bits, at most {LANES} are supported")
    plan = _Plan.of(task, kernel, condition)
    start = time.perf_counter()
    found = Exhaustion(task, kernel, 1 << task.input_bits, counted=plan.counting, matches_bound=plan.matches_bound)
    for chunk in _run_chunks(plan, workers):
        found = _merge(found, chunk, kernel, time.perf_counter() - start)
        yield found


@dataclass(frozen=True)
class _Chunk:
    """What one range of blocks gave."""

    cases: int
    wrong: int
    first_wrong: int | None
    visited: dict[Counts, Visit]


def _merge(found: Exhaustion, chunk: _Chunk, kernel: Kernel, seconds: float) -> Exhaustion:
    first = found.first_wrong
    if first is None and chunk.first_wrong is not None:
        first = _wrong_case(found.task, chunk.first_wrong)
    visited = dict(found.visited)
    unsound = list(found.unsound)
    for counts, visit in chunk.visited.items():
        if counts not in visited:
            visited[counts] = visit
            if not rounds_right(kernel, counts):
                unsound.append(counts)
    return replace(
        found,
        cases=found.cases + chunk.cases,
        wrong=found.wrong + chunk.wrong,
        first_wrong=first,
        visited=visited,
        unsound=tuple(unsound),
        seconds=seconds,
    )


def _wrong_case(task: Task, case: int) -> WrongCase:
    """Run one case alone, on Python integers."""
    inputs = _inputs_of(task, case)
    row = task.program.row(task.start(*inputs))[None, :]
    for _ in range(task.steps):
        row = task.program.step_rows(row)
    return WrongCase(inputs, task.read_row(row[0]), int(task.oracle(*inputs)))


# --- the work, cut into blocks and chunks


@dataclass(frozen=True)
class _Plan:
    """How the cases are cut: blocks of `words` words that fit the cache, chunks of `blocks_per_chunk` blocks."""

    task: Task
    sliced: SlicedProgram
    words: int
    blocks: int
    blocks_per_chunk: int
    counting: bool
    matches_bound: int
    work: int

    @classmethod
    def of(cls, task: Task, kernel: Kernel, condition: bool) -> _Plan:
        program = task.program
        bound = bound_matches(program).bound
        provable = int(program.writers.max()) * bound <= program.samples and sufficient_applies(kernel)
        counting = condition or not provable
        planes = 3 * program.output_bits + len(program.templates) * (2 if counting else 1)
        total_words = max(1, (1 << task.input_bits) // LANES)
        words = min(total_words, max(8, 1 << (SLAB_WORDS // planes).bit_length() - 1))
        blocks = total_words // words
        work = words * planes * max(1, task.steps)
        return cls(
            task=task,
            sliced=SlicedProgram(program),
            words=words,
            blocks=blocks,
            blocks_per_chunk=min(blocks, max(1, CHUNK_WORK // work)),
            counting=counting,
            matches_bound=bound,
            work=work * blocks,
        )

    def chunks(self) -> list[range]:
        size = self.blocks_per_chunk
        return [range(first, min(first + size, self.blocks)) for first in range(0, self.blocks, size)]


_PLAN: _Plan | None = None  # what a forked worker works on


def _run_chunks(plan: _Plan, workers: int | None) -> Iterator[_Chunk]:
    """Run the chunks in order: in this process if there is little to do, else in several."""
    global _PLAN
    chunks = plan.chunks()
    count = min(workers or os.cpu_count() or 1, len(chunks))
    if count == 1 or plan.work < SMALL_WORK or "fork" not in multiprocessing.get_all_start_methods():
        yield from (_run_chunk(plan, chunk) for chunk in chunks)
        return
    _PLAN = plan
    try:
        with multiprocessing.get_context("fork").Pool(count, initializer=_ignore_interrupts) as pool:
            yield from pool.imap(_run_planned, chunks)
    finally:
        _PLAN = None


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent process answers Ctrl-C


def _run_planned(chunk: range) -> _Chunk:
    if _PLAN is None:
        raise InputError("a worker was started without a plan")
    return _run_chunk(_PLAN, chunk)


def _run_chunk(plan: _Plan, chunk: range) -> _Chunk:
    task, slab = plan.task, Slab(plan.sliced, plan.words)
    census = _Census(slab) if plan.counting else None
    inputs = _Inputs(task, plan.words)
    lanes = min(1 << task.input_bits, LANES)  # fewer than 64 cases leave lanes idle
    mask = np.full(plan.words, (1 << lanes) - 1, dtype=np.uint64)
    cases, wrong, first_wrong = 0, 0, None
    for block in chunk:
        first = block * plan.words * LANES
        inputs.load(slab.state, first)
        for step in range(task.steps):
            slab.step()
            if census is not None:
                census.look(mask, first, step)
        differs = inputs.differences(slab.state, first) & mask
        if differs.any():
            places = np.flatnonzero(np.unpackbits(differs.astype("<u8").view(np.uint8), bitorder="little"))
            wrong += len(places)
            first_wrong = first + int(places[0]) if first_wrong is None else first_wrong
        cases += plan.words * lanes
    return _Chunk(cases, wrong, first_wrong, {} if census is None else census.visited)


class _Inputs:
    """Inputs as planes, and the oracle's answers as planes. Case number c has the bits of c in the inputs' places.

    A block starts at a multiple of its size, so the number of a case is the block's number plus (or) the lane's: what
    the lane adds to each input is made once. Integers are kept as ``(64, words)``, lane j of word w in row j.
    """

    def __init__(self, task: Task, words: int) -> None:
        self.task, self.words = task, words
        program = task.program
        self.places = [place for places in task.input_positions for place in places]
        self.output = [program.position(bit) for bit in task.output]
        zero = program.row(task.start(*(0 for _ in task.inputs)))
        self.constants = np.where(zero[:, None] == 1, np.uint64(_ALL), np.uint64(0))
        self.word_numbers = np.arange(words, dtype=np.uint64)
        lanes = self.word_numbers[None, :] * np.uint64(LANES) + np.arange(LANES, dtype=np.uint64)[:, None]
        self.lane_inputs = [np.ascontiguousarray(value) for value in _cut(task, lanes)]
        self.inputs = [value.copy() for value in self.lane_inputs]

    def load(self, state: Planes, first: int) -> None:
        """Fill `state` with the initial states of the cases from number `first` on."""
        state[:] = self.constants
        for number, place in enumerate(self.places):
            if number < 6:
                state[place] = _LANE_PATTERNS[number]
            elif 1 << (number - 6) < self.words:
                state[place] = (0 - (self.word_numbers >> np.uint64(number - 6) & np.uint64(1))).astype(np.uint64)
            else:
                state[place] = _ALL if first >> number & 1 else 0

    def differences(self, state: Planes, first: int) -> Words:
        """Return, a lane for each case, where the answer in `state` is not the oracle's."""
        heads = _inputs_of(self.task, first)
        for lane_input, value, head in zip(self.lane_inputs, self.inputs, heads, strict=True):
            np.add(lane_input, np.uint64(head), out=value)
        wanted = np.asarray(self.task.oracle(*self.inputs)).astype(np.uint64, copy=False)
        head_answer = int(self.task.oracle(*heads))
        if wanted.shape != (LANES, self.words) or head_answer != int(wanted[0, 0]):
            raise InputError(
                f"the oracle of {self.task.program.name} must work on arrays of 64-bit integers as on numbers; "
                f"at the inputs {heads} it gives {head_answer} for numbers"
            )
        wrong = np.zeros(self.words, dtype=np.uint64)
        if len(self.output) < LANES and int(wanted.max()) >> len(self.output):  # answers too large for the output
            wrong |= _transpose((wanted >> np.uint64(len(self.output)) != 0).astype(np.uint64), 1)[0]
        planes = _transpose(wanted, len(self.output))
        for place, position in enumerate(self.output):
            wrong |= planes[place] ^ state[position]
        return wrong


def _cut(task: Task, cases: Words) -> Iterator[Words]:
    """Yield each input of the given cases."""
    for width in task.input_widths:
        yield cases & np.uint64((1 << width) - 1)
        cases = cases >> np.uint64(width)


def _transpose(lanes: Words, bits: int) -> Words:
    """Turn integers, ``(64, words)`` with lane j in row j, into their lowest `bits` planes, ``(>= bits, words)``.

    Transposes 64 x 64 bit matrices (32 x 32 or 16 x 16 where so few bits matter) by swapping ever smaller blocks.

    >>> numbers = np.arange(64, dtype=np.uint64)[:, None]
    >>> [hex(int(plane)) for plane in _transpose(numbers, 2)[:2, 0]]
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


# --- counts, bit-sliced


class _Census:
    """Collects every counts (n, p, t) of the visited states, with the first place where each was seen."""

    def __init__(self, slab: Slab) -> None:
        sliced = slab.sliced
        self.program, self.match = sliced.program, slab.match
        self.adder = Adder(slab.match)
        self.visited: dict[Counts, Visit] = {}
        by_writers: dict[int, list[int]] = {}
        for position, writers in enumerate(sliced.writers):
            by_writers.setdefault(len(writers), []).append(position)
        self.classes = [
            (t, np.array(positions), [np.array([sliced.writers[x][j] for x in positions]) for j in range(t)])
            for t, positions in sorted(by_writers.items())
        ]
        self.keys = [(t, p) for t, _, _ in self.classes for p in range(t + 1)]
        self.seen: set[tuple[int, int]] = set()  # (n, place in keys)
        self.shown = np.zeros((len(self.keys), slab.words), dtype=np.uint64)

    def look(self, mask: Words, first: int, step: int) -> None:
        """Record the counts of the step that was just made."""
        self.adder.run()
        numbers, lanes_with = _lanes_by_number(self.adder.counts, mask)
        row = 0
        for t, _, columns in self.classes:
            for plane in _lanes_by_matched(self.match, columns, t):
                self.shown[row] = plane
                row += 1
        meet = np.bitwise_or.reduce(lanes_with[:, None, :] & self.shown[None, :, :], axis=2)
        for place, key in zip(*np.nonzero(meet), strict=True):
            pair = (int(numbers[place]), int(key))
            if pair not in self.seen:
                self.seen.add(pair)
                self._add(pair, lanes_with[place] & self.shown[key], first, step)

    def _add(self, pair: tuple[int, int], lanes: Words, first: int, step: int) -> None:
        n, (t, p) = pair[0], self.keys[pair[1]]
        word = int(np.flatnonzero(lanes)[0])
        lane = (int(lanes[word]) & -int(lanes[word])).bit_length() - 1
        _, positions, columns = next(row for row in self.classes if row[0] == t)
        hits = sum(
            ((self.match[column, word] >> np.uint64(lane)) & np.uint64(1)).astype(np.int64) for column in columns
        ) + np.zeros(len(positions), dtype=np.int64)
        position = int(positions[np.flatnonzero(hits == p)[0]])
        visit = Visit(first + word * LANES + lane, step, self.program.bit(position))
        self.visited[Counts(n, p, t, self.program.samples)] = visit


def _lanes_by_number(counts: list[Words], mask: Words) -> tuple[NDArray[np.intp], Words]:
    """Return the numbers that occur among the lanes of `mask`, and for each the lanes that have it."""
    lanes, numbers = mask[None, :], np.zeros(1, dtype=np.intp)
    for weight, plane in enumerate(counts):
        if plane.any():
            lanes = np.concatenate([lanes & ~plane, lanes & plane])
            numbers = np.concatenate([numbers, numbers + (1 << weight)])
    occurring = np.flatnonzero(np.bitwise_or.reduce(lanes, axis=1))
    return numbers[occurring], lanes[occurring]


def _lanes_by_matched(match: Planes, columns: list[NDArray[np.intp]], t: int) -> Iterable[Words]:
    """Yield, for p = 0 to t, the lanes in which some bit of the class has p matching writers."""
    if t == 0:
        yield np.full(match.shape[1], _ALL, dtype=np.uint64)
        return
    counts: list[Any] = []
    for column in columns:
        carry = match[column]
        for place, plane in enumerate(counts):
            counts[place], carry = plane ^ carry, plane & carry
        if len(counts) < t.bit_length():
            counts.append(carry)
    for p in range(t + 1):
        equal = counts[0] if p & 1 else ~counts[0]
        for place, plane in enumerate(counts[1:], 1):
            equal = equal & (plane if p >> place & 1 else ~plane)
        yield np.bitwise_or.reduce(equal, axis=0)
