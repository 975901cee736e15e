"""Task: a program with its inputs, its number of steps, its output, and the function that it should compute."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError
from ntkproofs.programs.interface import (
    answer_of,
    as_constants,
    as_inputs,
    as_output,
    as_program,
    as_widths,
    values_of,
)
from ntkproofs.programs.language import Bit, Rows, State, TemplateProgram
from ntkproofs.validation import integer

__all__ = ["Task"]


@dataclass(frozen=True)
class Task:
    """A program with its interface.

    Parameters: `program`; `inputs`, the fields that hold the inputs, in order; `steps`, the number of steps; `output`,
    the bits of the answer, least significant first; `oracle`, the function that the program should compute, from
    integers to a nonnegative integer; `constants`, the initial values of other fields (default: zero); `widths`, the
    number of bits of inputs that are narrower than their fields. Raises InputError if there are no inputs, output bits
    or steps, if the program lacks a field or bit, if a constant does not fit in its field, and if a width belongs to no
    input or exceeds its field. The oracle is not called.

    >>> from ntkproofs.programs import addition_task
    >>> task = addition_task(bits=4)
    >>> task.start(3, 5)
    {'p': [1, 1, 0, 0], 'q': [1, 0, 1, 0], 'c': [0, 0, 0, 0]}
    """

    program: TemplateProgram
    inputs: tuple[str, ...]
    steps: int
    output: tuple[Bit, ...]
    oracle: Callable[..., int]
    constants: Mapping[str, int] = field(default_factory=dict, hash=False)
    widths: Mapping[str, int] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        program = as_program(self.program)
        for name, value in (
            ("inputs", as_inputs(program, self.inputs)),
            ("steps", integer(self.steps, f"{program.name}: steps", low=1)),
            ("output", as_output(program, self.output)),
        ):
            object.__setattr__(self, name, value)
        if not callable(self.oracle):
            raise InputError(f"{program.name}: the oracle must be a function of the inputs, got {self.oracle!r}")
        object.__setattr__(self, "constants", as_constants(program, self.constants, self.inputs))
        object.__setattr__(self, "widths", as_widths(program, self.widths, self.inputs))

    @property
    def input_widths(self) -> tuple[int, ...]:
        """The number of bits of each input.

        >>> from ntkproofs.programs import multiplication_task
        >>> task = multiplication_task(bits=4)
        >>> task.program.fields["multiplicand"], task.input_widths
        (8, (4, 4))
        """
        return tuple(self.widths.get(name, self.program.fields[name]) for name in self.inputs)

    @property
    def input_bits(self) -> int:
        """The total number of input bits; there are ``2**input_bits`` different inputs."""
        return sum(self.input_widths)

    @property
    def input_positions(self) -> tuple[tuple[int, ...], ...]:
        """The positions of the bits of each input in a row, least significant first.

        >>> from ntkproofs.programs import addition_task
        >>> addition_task(bits=2).input_positions
        ((0, 1), (2, 3))
        """
        return tuple(
            tuple(self.program.position((name, index)) for index in range(width))
            for name, width in zip(self.inputs, self.input_widths, strict=True)
        )

    def start(self, *values: int) -> State:
        """Return the initial state for the inputs `values`; raises InputError if a value does not fit in its bits."""
        numbers = values_of(self.program.name, self.inputs, self.input_widths, values)
        return self.program.state(**self.constants, **dict(zip(self.inputs, numbers, strict=True)))

    def start_rows(self, *values: NDArray[np.int64]) -> Rows:
        """Return the initial states of many cases, ``(cases, bits)``, from one array ``(cases,)`` for each input.

        Only the low bits of each number are used; numbers that do not fit raise no error.
        """
        cases = len(values[0])
        rows = np.tile(self.program.row(self.start(*(0 for _ in self.inputs))), (cases, 1))
        for positions, numbers in zip(self.input_positions, values, strict=True):
            for index, position in enumerate(positions):
                rows[:, position] = numbers >> index & 1
        return rows

    def read(self, state: State) -> int:
        """Return the answer in `state`."""
        return answer_of([state[name][index] for name, index in self.output])

    def read_row(self, row: Rows) -> int:
        """Return the answer in one row of bits."""
        return answer_of([row[self.program.position(bit)] for bit in self.output])

    def read_rows(self, rows: Rows) -> NDArray[np.int64]:
        """Return the answers in many rows, ``(cases,)``; raises InputError for answers of more than 62 bits.

        >>> import numpy as np
        >>> from ntkproofs.programs import permutation_task
        >>> task = permutation_task([1, 0])
        >>> task.read_rows(task.program.step_rows(task.start_rows(np.arange(4)))).tolist()
        [0, 2, 1, 3]
        """
        if len(self.output) > 62:
            raise InputError(
                f"{self.program.name}: read_rows reads answers of at most 62 bits, got {len(self.output)} bits"
            )
        positions = [self.program.position(bit) for bit in self.output]
        weights = np.int64(1) << np.arange(len(positions), dtype=np.int64)
        answers: NDArray[np.int64] = rows[:, positions].astype(np.int64) @ weights
        return answers
