"""Bit-sliced execution: 64 states in every machine word.

A *plane* holds one bit of many states: word w of it holds that bit for the states 64 w to 64 w + 63 (lane 0 is the
lowest bit). A block of states is a matrix of planes, ``(bits, words)``. One step is the template logic on whole
planes: AND the planes that a template requires, OR what the matching templates write.

Templates that repeat from position to position (most do) form *runs*: their planes are slices of the matrix, and one
NumPy operation serves the whole run. :class:`SlicedProgram` finds the runs; :class:`Slab` binds them to buffers of one
size. Counts come bit-sliced as well: matches by a carry-save adder over the match planes (:class:`Adder`).
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

__all__ = ["Adder", "Planes", "Slab", "SlicedProgram", "slice_rows", "unslice"]

Planes: TypeAlias = NDArray[np.uint64]  # (bits, words)
Instruction: TypeAlias = tuple[Callable[..., Any], tuple[Any, ...]]

LANES = 64


def slice_rows(rows: Rows) -> Planes:
    """Turn states ``(states, bits)`` into planes ``(bits, words)``; lanes beyond the last state are zero.

    >>> slice_rows(np.array([[1, 0], [1, 1]], dtype=np.uint8)).tolist()
    [[3], [2]]
    """
    states, bits = rows.shape
    words = -(-states // LANES)
    padded = np.zeros((bits, words * LANES), dtype=np.uint8)
    padded[:, :states] = rows.T
    return np.packbits(padded, axis=1, bitorder="little").view("<u8").astype(np.uint64).reshape(bits, words)


def unslice(planes: Planes, states: int) -> Rows:
    """Turn planes back into the first `states` states, ``(states, bits)``.

    >>> unslice(np.array([[3], [2]], dtype=np.uint64), 2).tolist()
    [[1, 0], [1, 1]]
    """
    octets = np.ascontiguousarray(planes.astype("<u8")).view(np.uint8)
    return np.ascontiguousarray(np.unpackbits(octets, axis=1, count=states, bitorder="little").T)


@dataclass(frozen=True)
class _Operand:
    """Planes ``start, start + stride, ...`` of one of the matrices; stride 0 repeats one plane."""

    matrix: str
    start: int
    stride: int

    def view(self, buffers: dict[str, Planes], count: int) -> Planes:
        planes = buffers[self.matrix]
        if self.stride == 0:
            return planes[self.start : self.start + 1]
        last = self.start + (count - 1) * self.stride
        if self.stride < 0:
            return planes[self.start : (last - 1 if last > 0 else None) : self.stride]
        return planes[self.start : last + 1 : self.stride]


@dataclass(frozen=True)
class _Run:
    """`count` planes of a target that are each made of operands in the same way: by AND (matches) or OR (writes)."""

    start: int
    count: int
    operands: tuple[_Operand, ...]


def _runs(columns: Sequence[tuple[tuple[str, int], ...]]) -> Iterable[tuple[int, int, tuple[_Operand, ...]]]:
    """Cut a list of items, each a tuple of ``(matrix, plane)``, into maximal arithmetic progressions.

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


def _stride(item: tuple[tuple[str, int], ...], after: tuple[tuple[str, int], ...]) -> tuple[int, ...] | None:
    if [matrix for matrix, _ in item] != [matrix for matrix, _ in after]:
        return None
    return tuple(b - a for (_, a), (_, b) in zip(item, after, strict=True))


class SlicedProgram:
    """A template program as runs of planes.

    Match planes are in an order of our own: ``templates[i]`` is the program's template that match plane i belongs to.

    >>> from ntkproofs.programs import addition
    >>> sliced = SlicedProgram(addition(bits=8))
    >>> len(sliced.match_runs), len(sliced.write_runs)
    (5, 4)
    """

    def __init__(self, program: TemplateProgram) -> None:
        if not program.templates:
            raise InputError(f"program {program.name!r} has no templates: there is nothing to execute")
        self.program = program
        literals = [
            tuple(sorted((("inverse", "state")[value], program.position(bit)) for bit, value in template.when))
            for template in program.templates
        ]

        def shape(index: int) -> tuple[Any, ...]:
            """Return what templates of one run have in common, then where they stand."""
            fields = tuple((matrix, program.bit(plane)[0]) for matrix, plane in literals[index])
            written = tuple(sorted(program.position(bit) for bit in program.templates[index].write))
            targets = tuple(program.bit(position)[0] for position in written)
            return fields, targets, written, literals[index]

        self.templates = sorted(range(len(literals)), key=shape)
        self.match_runs = [_Run(*found) for found in _runs([literals[index] for index in self.templates])]
        planes: dict[int, list[int]] = {position: [] for position in range(program.output_bits)}
        for plane, index in enumerate(self.templates):
            for bit in program.templates[index].write:
                planes[program.position(bit)].append(plane)
        self.writers = [tuple(planes[position]) for position in range(program.output_bits)]
        columns = [tuple(("match", plane) for plane in writers) for writers in self.writers]
        self.write_runs = [_Run(*found) for found in _runs(columns)]

    @cached_property
    def inverted(self) -> list[tuple[int, int]]:
        """The stretches ``(first, last + 1)`` of planes that some template requires to be 0."""
        needed = sorted(
            {
                operand.start + place * operand.stride
                for run in self.match_runs
                for operand in run.operands
                if operand.matrix == "inverse"
                for place in range(run.count)
            }
        )
        groups = groupby(enumerate(needed), key=lambda pair: pair[1] - pair[0])
        stretches = [[plane for _, plane in group] for _, group in groups]
        return [(planes[0], planes[-1] + 1) for planes in stretches]


class Slab:
    """Buffers for `words` words of states, and the instructions that step them.

    Fill ``slab.state`` (``(bits, words)``), call :meth:`step` as often as wanted, read ``slab.state`` again. After a
    step ``slab.match`` holds the match planes of the state before it.

    >>> from ntkproofs.programs import addition_task
    >>> task = addition_task(bits=4)
    >>> slab = Slab(SlicedProgram(task.program), words=1)
    >>> slab.state[:] = slice_rows(task.program.row(task.start(9, 8))[None, :])
    >>> for _ in range(task.steps):
    ...     slab.step()
    >>> task.read_row(unslice(slab.state, 1)[0])
    17
    """

    def __init__(self, sliced: SlicedProgram, words: int) -> None:
        self.sliced, self.words = sliced, words
        bits = sliced.program.output_bits
        self._states = [np.zeros((bits, words), dtype=np.uint64) for _ in range(2)]
        self._inverse = np.zeros((bits, words), dtype=np.uint64)
        self.match = np.zeros((len(sliced.templates), words), dtype=np.uint64)
        self._now = 0
        self._code = [self._instructions(now) for now in range(2)]

    @property
    def state(self) -> Planes:
        """The planes of the current states."""
        return self._states[self._now]

    def step(self) -> None:
        """Replace the states by the next ones."""
        for operation, arguments in self._code[self._now]:
            operation(*arguments)
        self._now = 1 - self._now

    def _instructions(self, now: int) -> list[Instruction]:
        """Return the operations of one step from buffer `now` into the other one, each bound to its planes."""
        state, after = self._states[now], self._states[1 - now]
        buffers = {"state": state, "inverse": self._inverse, "match": self.match}
        code: list[Instruction] = [
            (np.invert, (state[first:last], self._inverse[first:last])) for first, last in self.sliced.inverted
        ]
        for run in self.sliced.match_runs:
            code += _fold(np.bitwise_and, run, buffers, self.match)
        for run in self.sliced.write_runs:
            code += _fold(np.bitwise_or, run, buffers, after)
        return code


def _fold(operation: Callable[..., Any], run: _Run, buffers: dict[str, Planes], target: Planes) -> list[Instruction]:
    """Return the operations that make the run's planes of `target` out of its operands."""
    goal = target[run.start : run.start + run.count]
    views = [operand.view(buffers, run.count) for operand in run.operands]
    if not views:
        return [(np.bitwise_xor, (goal, goal, goal))]
    if len(views) == 1:
        return [(np.positive, (views[0], goal))]
    code: list[Instruction] = [(operation, (views[0], views[1], goal))]
    code += [(operation, (goal, view, goal)) for view in views[2:]]
    return code


class Adder:
    """Counts, for every lane, how many of `planes` have it set; bound to those planes, so that it can run again.

    A carry-save adder: three planes of one weight become one of that weight and one of twice it, by five operations.
    Whole thirds of the planes are added at a time. `counts` are the bits of the counts, least significant first, after
    :meth:`run`.

    >>> adder = Adder(np.array([[1], [3], [1]], dtype=np.uint64))
    >>> adder.run()
    >>> [int(plane[0]) for plane in adder.counts]
    [3, 1]
    """

    def __init__(self, planes: Planes) -> None:
        self._words = planes.shape[1]
        self._code: list[Instruction] = []
        self._scratch = self._take(max(1, len(planes) // 3))
        self.counts: list[NDArray[np.uint64]] = []
        level = [(planes, False)]  # stretches of planes of one weight, and whether they are ours to overwrite
        while level:
            carries: list[tuple[Planes, bool]] = []
            while sum(len(stretch) for stretch, _ in level) > 1:
                level = self._add_some(level, carries)
            self.counts.append(level[0][0][0])
            level = carries

    def run(self) -> None:
        """Count again."""
        for operation, arguments in self._code:
            operation(*arguments)

    def _take(self, count: int) -> Planes:
        return np.empty((count, self._words), dtype=np.uint64)

    def _add_some(
        self, level: list[tuple[Planes, bool]], carries: list[tuple[Planes, bool]]
    ) -> list[tuple[Planes, bool]]:
        """Add three stretches of equal length (two planes, if no more are left); return what is left of the level."""
        level = sorted(level, key=lambda pair: len(pair[0]))
        longest, ours = level[-1]
        if len(longest) >= 3:
            third = len(longest) // 3
            a, b, c = (longest[place * third : (place + 1) * third] for place in range(3))
            rest = [(longest[3 * third :], ours)] if len(longest) % 3 else []
            return [*level[:-1], *rest, self._full(a, b, c, ours, carries)]
        single = [(stretch[place : place + 1], mine) for stretch, mine in level for place in range(len(stretch))]
        if len(single) == 2:
            (a, ours), (b, _) = single
            total, carry = (a if ours else self._take(1)), self._take(1)
            self._code += [(np.bitwise_and, (a, b, carry)), (np.bitwise_xor, (a, b, total))]
            carries.append((carry, True))
            return [(total, True)]
        (a, ours), (b, _), (c, _) = single[:3]
        return [*single[3:], self._full(a, b, c, ours, carries)]

    def _full(
        self, a: Planes, b: Planes, c: Planes, ours: bool, carries: list[tuple[Planes, bool]]
    ) -> tuple[Planes, bool]:
        total, carry, scratch = (a if ours else self._take(len(a))), self._take(len(a)), self._scratch[: len(a)]
        self._code += [
            (np.bitwise_and, (a, b, carry)),
            (np.bitwise_xor, (a, b, total)),
            (np.bitwise_and, (total, c, scratch)),
            (np.bitwise_or, (carry, scratch, carry)),
            (np.bitwise_xor, (total, c, total)),
        ]
        carries.append((carry, True))
        return total, True
