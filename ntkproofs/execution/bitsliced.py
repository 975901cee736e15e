"""Bit-sliced execution: 64 states in every machine word.

A *plane* holds one bit of many states: its word w holds that bit for the states 64 w to 64 w + 63. The position of a
state within a word is its *lane*; lane 0 is the lowest bit. A block of states is a matrix of planes, ``(bits, words)``.
A step evaluates the templates on whole planes: a match plane is the AND of the planes that its template requires, and
an output plane is the OR of the match planes of its writers.

Consecutive templates with the same pattern form a *run*: their planes are slices of the matrix, and one NumPy operation
evaluates the whole run. :class:`SlicedProgram` finds the runs; :class:`StateBlock` binds them to buffers of one size.
In blocks of few words the planes of short runs, as those of circuits, are gathered by index arrays, which takes a few
operations for thousands of templates.
:class:`Adder` counts the matching templates of every lane with a carry-save adder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError
from ntkproofs.programs import Rows, TemplateProgram

__all__ = ["Adder", "Planes", "SlicedProgram", "StateBlock", "slice_rows", "unslice"]

Planes: TypeAlias = NDArray[np.uint64]  # (bits, words)
Instruction: TypeAlias = tuple[Callable[..., Any], tuple[Any, ...]]

LANES = 64  # states in a word
FEW_WORDS, SHORT_RUN = 128, 16  # of a block in which, and of a run of which, the planes are gathered
GATHERED = 1 << 15  # words that are gathered at a time: they fit in the cache
_ALL_LANES = (1 << LANES) - 1


def slice_rows(rows: Rows) -> Planes:
    """Convert states, ``(states, bits)``, to planes, ``(bits, words)``; lanes beyond the last state are zero.

    >>> slice_rows(np.array([[1, 0], [1, 1]], dtype=np.uint8)).tolist()
    [[3], [2]]
    """
    states, bits = rows.shape
    words = -(-states // LANES)
    padded = np.zeros((bits, words * LANES), dtype=np.uint8)
    padded[:, :states] = rows.T
    return np.packbits(padded, axis=1, bitorder="little").view("<u8").astype(np.uint64).reshape(bits, words)


def unslice(planes: Planes, states: int) -> Rows:
    """Convert planes back to the first `states` states, ``(states, bits)``.

    >>> unslice(np.array([[3], [2]], dtype=np.uint64), 2).tolist()
    [[1, 0], [1, 1]]
    """
    octets = np.ascontiguousarray(planes.astype("<u8")).view(np.uint8)
    return np.ascontiguousarray(np.unpackbits(octets, axis=1, count=states, bitorder="little").T)


@dataclass(frozen=True)
class _Operand:
    """The planes ``start, start + stride, ...`` of one of the matrices; a stride of 0 repeats one plane."""

    matrix: str
    start: int
    stride: int

    def view(self, buffers: dict[str, Planes], count: int) -> Planes:
        """Return the first `count` of these planes as a view of their buffer."""
        planes = buffers[self.matrix]
        if self.stride == 0:
            return planes[self.start : self.start + 1]
        last = self.start + (count - 1) * self.stride
        if self.stride < 0:
            return planes[self.start : (last - 1 if last > 0 else None) : self.stride]
        return planes[self.start : last + 1 : self.stride]


@dataclass(frozen=True)
class _Run:
    """The `count` planes of a target from `start` on, each the AND (matches) or the OR (writes) of the operands."""

    start: int
    count: int
    operands: tuple[_Operand, ...]


def _runs(columns: Sequence[tuple[tuple[str, int], ...]]) -> Iterable[tuple[int, int, tuple[_Operand, ...]]]:
    """Split a list of items, each a tuple of ``(matrix, plane)``, into maximal arithmetic progressions.

    Yields ``(first item, number of items, operands)``.
    """
    first = 0
    while first < len(columns):
        item = columns[first]
        last, strides = first, (0,) * len(item)
        while last + 1 < len(columns):
            step = _stride(columns[last], columns[last + 1])
            if step is None or (last > first and step != strides):
                break
            strides, last = step, last + 1
        operands = tuple(_Operand(matrix, plane, stride) for (matrix, plane), stride in zip(item, strides, strict=True))
        yield first, last - first + 1, operands
        first = last + 1


def _stride(item: tuple[tuple[str, int], ...], following: tuple[tuple[str, int], ...]) -> tuple[int, ...] | None:
    """Return the differences of the plane numbers of two items, or None if they belong to different matrices."""
    if [matrix for matrix, _ in item] != [matrix for matrix, _ in following]:
        return None
    return tuple(b - a for (_, a), (_, b) in zip(item, following, strict=True))


class SlicedProgram:
    """A template program as runs of planes; raises InputError for a program without templates.

    The templates are reordered to get long runs: match plane i belongs to the program's template ``templates[i]``.

    >>> from ntkproofs.programs import addition
    >>> sliced = SlicedProgram(addition(bits=8))
    >>> len(sliced.match_runs), len(sliced.write_runs)
    (5, 4)
    """

    def __init__(self, program: TemplateProgram) -> None:
        if not program.templates:
            raise InputError(f"program {program.name!r} has no templates: there is nothing to execute")
        self.program = program
        literals, writes = [], []
        for template in program.templates:
            literals.append(
                tuple(sorted((("inverse", "state")[value], program.position(bit)) for bit, value in template.when))
            )
            writes.append(tuple(sorted(map(program.position, template.write))))

        def shape(index: int) -> tuple[Any, ...]:
            """Return a sort key: first what the templates of a run have in common, then their positions."""
            fields = tuple((matrix, program.bit(plane)[0]) for matrix, plane in literals[index])
            targets = tuple(program.bit(position)[0] for position in writes[index])
            return fields, targets, writes[index], literals[index]

        self.templates = sorted(range(len(literals)), key=shape)
        self.match_runs = [_Run(*run) for run in _runs([literals[index] for index in self.templates])]
        planes: dict[int, list[int]] = {position: [] for position in range(program.output_bits)}
        for plane, index in enumerate(self.templates):
            for position in writes[index]:
                planes[position].append(plane)
        self.writers = [tuple(planes[position]) for position in range(program.output_bits)]
        columns = [tuple(("match", plane) for plane in writers) for writers in self.writers]
        self.write_runs = [_Run(*run) for run in _runs(columns)]

    @cached_property
    def inverted(self) -> list[tuple[int, int]]:
        """The intervals ``(first, last + 1)`` of planes that some template requires to be 0."""
        required = sorted(
            {
                operand.start + index * operand.stride
                for run in self.match_runs
                for operand in run.operands
                if operand.matrix == "inverse"
                for index in range(run.count)
            }
        )
        groups = groupby(enumerate(required), key=lambda pair: pair[1] - pair[0])
        intervals = [[plane for _, plane in group] for _, group in groups]
        return [(planes[0], planes[-1] + 1) for planes in intervals]


class StateBlock:
    """A block of `words` words of states, with the instructions of one step.

    Fill ``block.state``, of shape ``(bits, words)``, call :meth:`step` any number of times, and read ``block.state``
    again. After a step, ``block.match`` holds the match planes of the previous state.

    >>> from ntkproofs.programs import addition_task
    >>> task = addition_task(bits=4)
    >>> block = StateBlock(SlicedProgram(task.program), words=1)
    >>> block.state[:] = slice_rows(task.program.row(task.start(9, 8))[None, :])
    >>> for _ in range(task.steps):
    ...     block.step()
    >>> task.read_row(unslice(block.state, 1)[0])
    17
    """

    def __init__(self, sliced: SlicedProgram, words: int) -> None:
        self.sliced, self.words = sliced, words
        bits = sliced.program.output_bits
        self._both = [np.zeros((2 * bits, words), dtype=np.uint64) for _ in range(2)]  # states, then their inverses
        self._states = [both[:bits] for both in self._both]
        self.match = np.zeros((len(sliced.templates), words), dtype=np.uint64)
        self._current = 0  # which of the two buffers holds the current states
        self._code = [self._instructions(source) for source in range(2)]

    @property
    def state(self) -> Planes:
        """The planes of the current states."""
        return self._states[self._current]

    def step(self) -> None:
        """Replace the current states by their next states."""
        for operation, arguments in self._code[self._current]:
            operation(*arguments)
        self._current = 1 - self._current

    def _instructions(self, source: int) -> list[Instruction]:
        """Return the operations of a step from buffer `source` into the other buffer, each bound to its planes."""
        both, next_state = self._both[source], self._states[1 - source]
        bits = self.sliced.program.output_bits
        state, inverse = both[:bits], both[bits:]
        buffers = {"state": state, "inverse": inverse, "match": self.match}
        intervals = self.sliced.inverted
        if len(intervals) > SHORT_RUN and self.words <= FEW_WORDS:
            intervals = [(0, bits)]
        code: list[Instruction] = [(np.invert, (state[first:last], inverse[first:last])) for first, last in intervals]
        code += self._runs(np.bitwise_and, self.sliced.match_runs, buffers, both, self.match)
        code += self._runs(np.bitwise_or, self.sliced.write_runs, buffers, self.match, next_state)
        return code

    def _runs(
        self,
        operation: Callable[..., Any],
        runs: Sequence[_Run],
        buffers: dict[str, Planes],
        source: Planes,
        target: Planes,
    ) -> list[Instruction]:
        """Return the operations that compute the planes of `target`; `source` contains the planes of all operands."""
        short = [run for run in runs if run.operands and run.count < SHORT_RUN] if self.words <= FEW_WORDS else []
        gathered = short if len(short) > SHORT_RUN else []
        skipped = set(map(id, gathered))
        code: list[Instruction] = []
        for run in runs:
            if id(run) not in skipped:
                code += _fold(operation, run, buffers, target)
        start = {"state": 0, "inverse": self.sliced.program.output_bits, "match": 0}
        for targets, columns in _gathers(gathered, start, max(1, GATHERED // self.words)):
            code.append((_gather, (operation, source, columns, target, targets)))
        return code


def _gathers(
    runs: Iterable[_Run], start: dict[str, int], size: int
) -> Iterable[tuple[NDArray[np.intp], list[NDArray[np.intp]]]]:
    """Yield the targets of up to `size` items with the same number of operands, and the planes of each operand.

    `start` is the number of the first plane of a matrix in the source.
    """
    items: dict[int, list[tuple[int, ...]]] = {}
    for run in runs:
        for index in range(run.count):
            planes = (start[operand.matrix] + operand.start + index * operand.stride for operand in run.operands)
            items.setdefault(len(run.operands), []).append((run.start + index, *planes))
    for rows in items.values():
        for first in range(0, len(rows), size):
            targets, *columns = np.array(rows[first : first + size], dtype=np.intp).T
            yield np.ascontiguousarray(targets), [np.ascontiguousarray(column) for column in columns]


def _gather(
    operation: Callable[..., Any],
    source: Planes,
    columns: list[NDArray[np.intp]],
    target: Planes,
    targets: NDArray[np.intp],
) -> None:
    """Compute the planes `targets` of `target` from planes of `source`: column j has the j-th operand of each."""
    planes = source[columns[0]]
    for column in columns[1:]:
        operation(planes, source[column], planes)
    target[targets] = planes


def _fold(operation: Callable[..., Any], run: _Run, buffers: dict[str, Planes], target: Planes) -> list[Instruction]:
    """Return the operations that compute the run's planes of `target` from its operands."""
    output = target[run.start : run.start + run.count]
    views = [operand.view(buffers, run.count) for operand in run.operands]
    if not views:  # a template that requires nothing matches all lanes; a bit without writers is 0 in all
        return [(np.copyto, (output, np.uint64(_ALL_LANES if operation is np.bitwise_and else 0)))]
    if len(views) == 1:
        return [(np.positive, (views[0], output))]
    code: list[Instruction] = [(operation, (views[0], views[1], output))]
    code += [(operation, (output, view, output)) for view in views[2:]]
    return code


class Adder:
    """Count for every lane how many of `planes` have the bit set.

    A carry-save adder: five operations replace three planes of one weight by one plane of the same weight and one of
    twice the weight. A third of the planes of a weight is added to the second and last thirds at a time. The operations
    are bound to `planes`: :meth:`run` counts their current contents, and leaves the bits of the counts in `counts`,
    least significant first.

    >>> adder = Adder(np.array([[1], [3], [1]], dtype=np.uint64))
    >>> adder.run()
    >>> [int(plane[0]) for plane in adder.counts]
    [3, 1]
    """

    def __init__(self, planes: Planes) -> None:
        self._words = planes.shape[1]
        self._code: list[Instruction] = []
        self._scratch = self._allocate(max(1, len(planes) // 3))
        self.counts: list[NDArray[np.uint64]] = []
        level = [(planes, False)]  # groups of planes of one weight, and whether they may be overwritten
        while level:
            carries: list[tuple[Planes, bool]] = []
            while sum(len(group) for group, _ in level) > 1:
                level = self._add_groups(level, carries)
            self.counts.append(level[0][0][0])
            level = carries

    def run(self) -> None:
        """Count the current contents of the planes."""
        for operation, arguments in self._code:
            operation(*arguments)

    def _allocate(self, count: int) -> Planes:
        return np.empty((count, self._words), dtype=np.uint64)

    def _add_groups(
        self, level: list[tuple[Planes, bool]], carries: list[tuple[Planes, bool]]
    ) -> list[tuple[Planes, bool]]:
        """Add three groups of equal length, or the last two planes; return the remaining planes of the weight."""
        level = sorted(level, key=lambda pair: len(pair[0]))
        longest, writable = level[-1]
        if len(longest) >= 3:
            third = len(longest) // 3
            a, b, c = (longest[part * third : (part + 1) * third] for part in range(3))
            rest = [(longest[3 * third :], writable)] if len(longest) % 3 else []
            return [*level[:-1], *rest, self._full_adder(a, b, c, writable, carries)]
        single = [(group[index : index + 1], flag) for group, flag in level for index in range(len(group))]
        if len(single) == 2:
            (a, writable), (b, _) = single
            total, carry = (a if writable else self._allocate(1)), self._allocate(1)
            self._code += [(np.bitwise_and, (a, b, carry)), (np.bitwise_xor, (a, b, total))]
            carries.append((carry, True))
            return [(total, True)]
        (a, writable), (b, _), (c, _) = single[:3]
        return [*single[3:], self._full_adder(a, b, c, writable, carries)]

    def _full_adder(
        self, a: Planes, b: Planes, c: Planes, writable: bool, carries: list[tuple[Planes, bool]]
    ) -> tuple[Planes, bool]:
        """Append the operations that add three groups; return the group of the sums, and append that of the carries."""
        total, carry, scratch = (
            (a if writable else self._allocate(len(a))),
            self._allocate(len(a)),
            self._scratch[: len(a)],
        )
        self._code += [
            (np.bitwise_and, (a, b, carry)),
            (np.bitwise_xor, (a, b, total)),
            (np.bitwise_and, (total, c, scratch)),
            (np.bitwise_or, (carry, scratch, carry)),
            (np.bitwise_xor, (total, c, total)),
        ]
        carries.append((carry, True))
        return total, True
