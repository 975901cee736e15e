"""Sources: the content of a circuit, table or machine file as plain data, which compilers and interpreters use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

__all__ = [
    "Cover",
    "DataSet",
    "Instruction",
    "Latch",
    "Netlist",
    "Row",
    "Rule",
    "Source",
    "StateMachine",
    "TuringMachine",
]


@dataclass(frozen=True)
class Cover:
    """A Boolean function in two levels: `value` where a cube matches, and ``1 - value`` elsewhere.

    `inputs`: the names of its arguments; `cubes`: strings of ``0``, ``1`` and ``-`` (either), a character an argument.

    >>> Cover(("a", "b"), ("11",), value=0)  # the NAND of a and b
    Cover(inputs=('a', 'b'), cubes=('11',), value=0)
    """

    inputs: tuple[str, ...]
    cubes: tuple[str, ...]
    value: int


@dataclass(frozen=True)
class Latch:
    """A register bit: at each clock `output` takes the value of the signal `input`; at the start it is `initial`."""

    output: str
    input: str
    initial: int


@dataclass(frozen=True)
class Netlist:
    """A circuit: `covers` defines signals as functions of inputs, latch outputs and signals that stand before them.

    `inputs` and `outputs` are names of signals in the order of the file. `dont_care`: for some outputs a function that
    is 1 where the output may have either value. `file` and `text` are the base name and the contents of the file.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    covers: tuple[tuple[str, Cover], ...]
    latches: tuple[Latch, ...] = ()
    dont_care: tuple[tuple[str, Cover], ...] = ()
    file: str = ""
    text: bytes = b""


@dataclass(frozen=True)
class Row:
    """A transition of a state machine: for inputs that match the cube `inputs` in `state`, go to `next`."""

    inputs: str
    state: str
    next: str
    outputs: str


@dataclass(frozen=True)
class StateMachine:
    """A finite-state machine with `inputs` input bits and `outputs` output bits; the first of `states` is initial.

    A ``-`` in the outputs of a row, and an input that no row of the state matches, leave the result unspecified.
    """

    name: str
    inputs: int
    outputs: int
    states: tuple[str, ...]
    rows: tuple[Row, ...]
    file: str = ""
    text: bytes = b""


@dataclass(frozen=True)
class Rule:
    """What a Turing machine does: write a symbol, move by -1 or +1, go to the state `next`, or halt if it is -1."""

    write: int
    move: int
    next: int


@dataclass(frozen=True)
class TuringMachine:
    """A Turing machine: ``rules[state][symbol]``; it halts where a rule is None, undefined. State 0 is initial."""

    name: str
    rules: tuple[tuple[Rule | None, ...], ...]
    file: str = ""
    text: bytes = b""


@dataclass(frozen=True)
class Instruction:
    """A sample of a data set: the bits that it requires, as (position, value), and the positions that it sets to 1."""

    requires: tuple[tuple[int, int], ...]
    writes: tuple[int, ...]


@dataclass(frozen=True)
class DataSet:
    """A training set of instructions: partial assignments of the bits of a state, and 0/1 labels.

    `fields`: the name and the shape of each field, ``()`` for a single bit. The positions of bits count through the
    fields in order, in the last index of a shape first, as in a flattened array.
    """

    name: str
    fields: tuple[tuple[str, tuple[int, ...]], ...]
    instructions: tuple[Instruction, ...]
    file: str = ""
    text: bytes = b""


Source: TypeAlias = Netlist | StateMachine | TuringMachine
