"""Task: what a program is for. Where its inputs go, how long it runs, where the answer stands, what it should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError
from ntkproofs.programs.language import Bit, Rows, State, TemplateProgram
from ntkproofs.validation import as_integer, integer

__all__ = ["Task"]


@dataclass(frozen=True)
class Task:
    """A program with its interface.

    Parameters: `program`; `inputs`, the fields that take the inputs, in order; `steps`; `output`, the bits of the
    answer, least significant first; `oracle`, the function that the program is meant to compute, from integers to an
    integer; `constants`, the initial values of other fields (those not named start at zero); `widths`, the bits of
    those inputs that take only the low bits of their field. Raises InputError for no inputs, no output bits, no steps,
    for fields and bits that the program does not have, and if `widths` names no input or does not fit its field.

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
        title = self.program.name
        object.__setattr__(self, "steps", integer(self.steps, f"{title}: steps", low=1))
        if not self.output:
            raise InputError(f"{title}: a task has at least one output bit, got {self.output!r}")
        if not callable(self.oracle):
            raise InputError(f"{title}: the oracle is a function of the inputs, got {self.oracle!r}")
        for bit in self.output:
            self.program.position(bit)
        if not self.inputs or len(set(self.inputs)) < len(self.inputs):
            raise InputError(f"{title}: inputs are one or more different fields, got {self.inputs!r}")
        for name in (*self.inputs, *self.constants):
            if name not in self.program.fields:
                raise InputError(f"{title}: unknown field {name!r}; there are {', '.join(self.program.fields)}")
        if set(self.inputs) & set(self.constants):
            raise InputError(
                f"{title}: {sorted(set(self.inputs) & set(self.constants))} are inputs and constants at once"
            )
        self._check_widths()

    def _check_widths(self) -> None:
        for name, width in self.widths.items():
            if name not in self.inputs:
                raise InputError(
                    f"{self.program.name}: {name!r} has a width but is no input ({', '.join(self.inputs)})"
                )
            integer(width, f"{self.program.name}: the width of {name!r}", low=1, high=self.program.fields[name])

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
        """The number of input bits: there are ``2**input_bits`` inputs."""
        return sum(self.input_widths)

    @property
    def input_positions(self) -> tuple[tuple[int, ...], ...]:
        """For each input the places in a row of bits that carry it, least significant first.

        >>> from ntkproofs.programs import addition_task
        >>> addition_task(bits=2).input_positions
        ((0, 1), (2, 3))
        """
        return tuple(
            tuple(self.program.position((name, index)) for index in range(width))
            for name, width in zip(self.inputs, self.input_widths, strict=True)
        )

    def start(self, *values: int) -> State:
        """Return the initial state for the given inputs; raises InputError if one does not fit its bits."""
        if len(values) != len(self.inputs):
            raise InputError(
                f"{self.program.name} takes {len(self.inputs)} inputs ({', '.join(self.inputs)}), got {len(values)}"
            )
        for name, width, value in zip(self.inputs, self.input_widths, values, strict=True):
            number = as_integer(value)
            if (
                number is None or number >> width
            ):  # what the field itself cannot hold, negative numbers too, is refused below as well
                raise InputError(f"input {name!r}: {value!r} does not fit in {width} bits (0 to {(1 << width) - 1})")
        return self.program.state(**self.constants, **dict(zip(self.inputs, values, strict=True)))

    def start_rows(self, *values: NDArray[np.int64]) -> Rows:
        """Return the initial states of many inputs, ``(cases, bits)``: one array of shape ``(cases,)`` for each input.

        The low bits of each number are taken: nothing is refused here.
        """
        cases = len(values[0])
        rows = np.tile(self.program.row(self.start(*(0 for _ in self.inputs))), (cases, 1))
        for places, numbers in zip(self.input_positions, values, strict=True):
            for index, place in enumerate(places):
                rows[:, place] = numbers >> index & 1
        return rows

    def read(self, state: State) -> int:
        """Return the answer that stands in `state`."""
        return sum(state[field][index] << place for place, (field, index) in enumerate(self.output))

    def read_row(self, row: Rows) -> int:
        """Return the answer that stands in one row of bits."""
        return sum(int(row[self.program.position(bit)]) << place for place, bit in enumerate(self.output))

    def read_rows(self, rows: Rows) -> NDArray[np.int64]:
        """Return the answers that stand in many rows, ``(cases,)``; for answers of at most 62 bits.

        >>> import numpy as np
        >>> from ntkproofs.programs import permutation_task
        >>> task = permutation_task([1, 0])
        >>> task.read_rows(task.program.step_rows(task.start_rows(np.arange(4)))).tolist()
        [0, 2, 1, 3]
        """
        if len(self.output) > 62:
            raise InputError(f"{self.program.name}: answers of {len(self.output)} bits, read_rows reads at most 62")
        places = [self.program.position(bit) for bit in self.output]
        weights = np.int64(1) << np.arange(len(places), dtype=np.int64)
        answers: NDArray[np.int64] = rows[:, places].astype(np.int64) @ weights
        return answers
