"""Task: what a program is for. Where its inputs go, how long it runs, where the answer stands, what it should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ntkproofs.errors import InputError
from ntkproofs.programs.language import Bit, Rows, State, TemplateProgram

__all__ = ["Task"]


@dataclass(frozen=True)
class Task:
    """A program with its interface.

    Parameters: `program`; `inputs`, the fields that take the inputs, in order; `constants`, the initial values of other
    fields (those not named start at zero); `steps`; `output`, the bits of the
    answer, least significant first; `oracle`, the function that the program is meant to compute, from integers to an
    integer.

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

    @property
    def input_places(self) -> tuple[tuple[Bit, ...], ...]:
        """For each input, the bits that take it, least significant first."""
        return tuple(tuple((name, index) for index in range(self.program.fields[name])) for name in self.inputs)

    @property
    def input_bits(self) -> int:
        """The number of input bits: there are ``2**input_bits`` inputs."""
        return sum(self.program.fields[field] for field in self.inputs)

    def start(self, *values: int) -> State:
        """Return the initial state for the given inputs; raises InputError if one does not fit its field."""
        if len(values) != len(self.inputs):
            raise InputError(
                f"{self.program.name} takes {len(self.inputs)} inputs ({', '.join(self.inputs)}), got {len(values)}"
            )
        return self.program.state(**self.constants, **dict(zip(self.inputs, values, strict=True)))

    def read(self, state: State) -> int:
        """Return the answer that stands in `state`."""
        return sum(state[field][index] << place for place, (field, index) in enumerate(self.output))

    def read_row(self, row: Rows) -> int:
        """Return the answer that stands in one row of bits."""
        return sum(int(row[self.program.position(bit)]) << place for place, bit in enumerate(self.output))
