"""References: what the answers of a program are compared with, on blocks of cases.

An oracle on Python integers, an oracle on planes (:class:`ntkproofs.execution.oracles.PlaneOracle`), or another program
with the same inputs and outputs, by its template logic.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError
from ntkproofs.execution.bitsliced import LANES, Planes, SlicedProgram, StateBlock
from ntkproofs.execution.cases import Cases, transpose
from ntkproofs.execution.oracles import Oracle, PlaneOracle
from ntkproofs.programs import Task

__all__ = ["OtherProgram", "Reference", "reference_of"]

Words: TypeAlias = NDArray[np.uint64]


class Reference(ABC):
    """The expected answers of a task.

    `operations`: an oracle that consists of integer operations without branches, whose values on arrays are those on
    integers; None if the expected answers are not those of such an oracle.
    """

    operations: Callable[..., object] | None = None

    @abstractmethod
    def differences(self, cases: Cases, outputs: Planes, first: int) -> Words:
        """Return the plane, ``(words,)``, of the cases whose `outputs`, ``(output bits, words)``, differ.

        `first` is the number of the first case of the block.
        """

    @abstractmethod
    def answer(self, inputs: tuple[int, ...]) -> int:
        """Return the expected answer of one case."""


class _Integers(Reference):
    """An oracle on Python integers."""

    def __init__(self, task: Task, cases: int) -> None:
        self.oracle = Oracle(task, cases=cases)
        self.operations = task.oracle if self.oracle.traced else None

    def differences(self, cases: Cases, outputs: Planes, first: int) -> Words:
        expected, large = self.oracle.answers(cases.integers(first))
        wrong = np.zeros(cases.words, dtype=np.uint64)
        if large.any():  # expected answers that do not fit in the output bits
            wrong |= transpose(large.astype(np.uint64), 1)[0]
        for start, part in zip(range(0, len(outputs), LANES), expected, strict=True):
            found = outputs[start : start + LANES]
            wrong |= np.bitwise_or.reduce(found ^ transpose(part, len(found)), axis=0)
        return wrong

    def answer(self, inputs: tuple[int, ...]) -> int:
        return self.oracle.one(inputs)


class _OnPlanes(Reference):
    """An oracle on planes; the first and the last case of the first block are compared with its call on integers."""

    def __init__(self, task: Task, cases: int) -> None:
        self.oracle = Oracle(task, cases=cases)

    def differences(self, cases: Cases, outputs: Planes, first: int) -> Words:
        expected, dont_care = self.oracle.planes(cases.planes(first))
        if first == 0:
            self._compare(cases, expected, dont_care)
        wrong = outputs ^ expected
        if dont_care is not None:
            wrong &= ~dont_care
        return np.asarray(np.bitwise_or.reduce(wrong, axis=0))

    def answer(self, inputs: tuple[int, ...]) -> int:
        return self.oracle.one(inputs)

    def _compare(self, cases: Cases, expected: Planes, dont_care: Planes | None) -> None:
        """Raise InputError if the method `planes` and the call have different values."""
        integers = cases.integers(0)
        for case in {0, min(cases.total, cases.words * LANES) - 1}:
            word, lane = divmod(case, LANES)
            inputs = tuple(int(values[lane, word]) for values in integers)
            called, on_planes = self.answer(inputs), _number(expected, word, lane)
            free = 0 if dont_care is None else _number(dont_care, word, lane)
            if (called ^ on_planes) & ~free:
                raise InputError(
                    f"the oracle of {self.oracle.task.program.name} gives {called} at the inputs {inputs}, and its "
                    f"method planes {on_planes}"
                )


def _number(planes: Planes, word: int, lane: int) -> int:
    """Return the number in one lane."""
    return sum((int(plane[word]) >> lane & 1) << bit for bit, plane in enumerate(planes))


class OtherProgram(Reference):
    """Another task with the same inputs and number of outputs, executed by its template logic.

    Inputs are paired by their names if both tasks have the same names, else in order. Raises InputError for other
    numbers of bits.
    """

    def __init__(self, task: Task, other: Task) -> None:
        self.task, self.other, self.sliced = task, other, SlicedProgram(other.program)
        self.order = _paired(task, other)
        if len(other.output) != len(task.output):
            raise InputError(
                f"{task.program.name} has {len(task.output)} output bits, {other.program.name} {len(other.output)}: "
                "programs with the same number of output bits can be compared"
            )
        self.outputs = [other.program.position(bit) for bit in other.output]
        zero = other.program.row(other.start(*(0 for _ in other.inputs)))
        self.constants = np.where(zero[:, None] == 1, ~np.uint64(0), np.uint64(0))
        self._block: StateBlock | None = None

    def differences(self, cases: Cases, outputs: Planes, first: int) -> Words:
        """Return the plane of the cases whose outputs differ from those of the other program."""
        block = self._block
        if block is None or block.words != cases.words:
            block = self._block = StateBlock(self.sliced, cases.words)
        planes, start = cases.planes(first), 0
        bits = []
        for width in self.task.input_widths:
            bits.append(planes[start : start + width])
            start += width
        block.state[:] = self.constants
        for positions, index in zip(self.other.input_positions, self.order, strict=True):
            block.state[list(positions)] = bits[index]
        for _ in range(self.other.steps):
            block.step()
        return np.asarray(np.bitwise_or.reduce(outputs ^ block.state[self.outputs], axis=0))

    def answer(self, inputs: tuple[int, ...]) -> int:
        """Return the answer of the other program."""
        row = self.other.program.row(self.other.start(*(inputs[index] for index in self.order)))[None, :]
        for _ in range(self.other.steps):
            row = self.other.program.step_rows(row)
        return self.other.read_row(row[0])


def _paired(task: Task, other: Task) -> list[int]:
    """Return for each input of the other task the number of the input of `task` with the same values."""
    by_name = sorted(task.inputs) == sorted(other.inputs)
    order = [task.inputs.index(name) if by_name else number for number, name in enumerate(other.inputs)]
    widths = task.input_widths
    if len(order) != len(widths) or [widths[index] for index in order] != list(other.input_widths):
        raise InputError(
            f"{task.program.name} has inputs of {_bits(task)} bits, {other.program.name} of {_bits(other)}: programs "
            "with the same inputs can be compared"
        )
    return order


def _bits(task: Task) -> str:
    widths = task.input_widths
    return f"{len(widths)} x 1" if set(widths) == {1} else ", ".join(map(str, widths))


def reference_of(task: Task, cases: int) -> Reference:
    """Return the reference that is the oracle of a task, for so many cases."""
    return (_OnPlanes if isinstance(task.oracle, PlaneOracle) else _Integers)(task, cases)
