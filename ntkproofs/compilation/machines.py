"""Compilation of finite-state machines whose inputs arrive from outside: n <= 1 at every state.

The states have binary codes from 1 on; the code 0 is no state. The program has a template for each row, which requires
the code of the row's state and the row's inputs, and writes the code of the next state and the outputs. Rows of a state
that overlap and agree are split, so that any two templates contradict each other: at most one matches.

At n = 1 the encoded state is one of the training samples, and the mean of the network is that sample's target. So here
*the encoder does the logic*: it finds the matching row, and the network only looks up what the row writes.

Where no row matches, no template matches, and the next state is no state, with all outputs 0; it is never left. An
output that a row leaves unspecified (``-``) is 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from ntkproofs.compilation.names import program_name
from ntkproofs.errors import InputError
from ntkproofs.formats.sources import Row, StateMachine
from ntkproofs.interpreters import MachineOracle
from ntkproofs.programs import Bit, Stream, TemplateProgram

__all__ = ["compile_machine"]

MAX_PIECES = 1 << 20  # templates into which overlapping rows are split


def compile_machine(machine: StateMachine) -> Stream:
    """Return a state machine as a stream of one step a clock.

    The port ``input`` has the inputs of a clock and the field ``output`` the outputs after it, with bit i for character
    i of the rows; ``state`` has the code of the state. The oracle is :class:`ntkproofs.interpreters.MachineOracle`.
    Raises InputError for a machine without inputs or outputs, unknown states, and rows that conflict.

    >>> rows = (Row("1", "off", "on", "1"), Row("1", "on", "off", "0"), Row("0", "on", "on", "1"))
    >>> stream = compile_machine(StateMachine("toggle", 1, 1, ("off", "on"), rows))
    >>> print(stream.program)
    <TemplateProgram 'toggle': 3 templates, 0 padding, 4 bits>
      state_0=1, state_1=0, input_0=1 -> state_1, output_0
      state_0=0, state_1=1, input_0=1 -> state_0
      state_0=0, state_1=1, input_0=0 -> state_1, output_0
    >>> stream.run([1, 1])
    [1, 0]
    """
    if machine.inputs < 1 or machine.outputs < 1:
        raise InputError(
            f"{machine.name}: {machine.inputs} inputs and {machine.outputs} outputs; both must be positive"
        )
    oracle = MachineOracle(machine)
    width = len(machine.states).bit_length()
    codes = {state: code for code, state in enumerate(machine.states, 1)}
    program = TemplateProgram(
        program_name(machine.name, "machine"),
        fields={"input": machine.inputs, "state": width, "output": machine.outputs},
        text=["input", "output"],
    )
    for piece in _disjoint(machine):
        state = [(("state", i), codes[piece.row.state] >> i & 1) for i in range(width)]
        inputs: list[tuple[Bit, int]] = [
            (("input", i), int(wanted)) for i, wanted in enumerate(piece.cube) if wanted != "-"
        ]
        following: list[Bit] = [("state", i) for i in range(width) if codes[piece.row.next] >> i & 1]
        outputs: list[Bit] = [("output", i) for i, value in enumerate(piece.outputs) if value == "1"]
        program.template([*state, *inputs], [*following, *outputs])
    return Stream(
        program,
        inputs=("input",),
        period=1,
        output=tuple(("output", i) for i in range(machine.outputs)),
        oracle=oracle,
        constants={"state": 1},
    )


@dataclass(frozen=True)
class _Piece:
    """A part of a row: the inputs that match `cube`, and the outputs that the rows which match them specify."""

    row: Row
    cube: str
    outputs: str


def _disjoint(machine: StateMachine) -> Iterator[_Piece]:
    """Yield pieces of the rows, state by state, of which no two match the same state and inputs."""
    groups: dict[str, list[Row]] = {}
    for row in machine.rows:
        groups.setdefault(row.state, []).append(row)
    for rows in groups.values():
        yield from chain.from_iterable(_pieces(machine, rows))


def _pieces(machine: StateMachine, rows: list[Row]) -> list[list[_Piece]]:
    """Return disjoint pieces of each row of a state; a row has what earlier rows do not have."""
    pieces: list[list[_Piece]] = []
    cubes = _Cubes(machine.inputs)
    total = 0
    for row in rows:
        rest = [row.inputs]
        for index in cubes.overlapping(row.inputs):
            total -= len(pieces[index])
            pieces[index], rest = _joined(pieces[index], row, rest, machine.name)
            total += len(pieces[index])
        cubes.add(row.inputs)
        pieces.append([_Piece(row, cube, row.outputs) for cube in rest])
        total += len(rest)
        if total > MAX_PIECES:
            raise InputError(
                f"{machine.name}: the rows of the state {row.state!r} overlap so much that they are more than "
                f"{MAX_PIECES:,} disjoint cubes"
            )
    return pieces


def _joined(pieces: list[_Piece], row: Row, rest: list[str], name: str) -> tuple[list[_Piece], list[str]]:
    """Return the pieces with the outputs that a further row specifies, and `rest`, cubes of that row, without them."""
    result: list[_Piece] = []
    for piece in pieces:
        common = _common(piece.cube, row.inputs)
        if common is None:
            result.append(piece)
            continue
        outputs = _common(piece.outputs, row.outputs)
        if outputs is None or piece.row.next != row.next:
            raise InputError(f"{name}: two rows conflict where both match: {piece.row} and {row}")
        if outputs == piece.outputs:
            result.append(piece)
        else:
            result += [_Piece(piece.row, cube, piece.outputs) for cube in _without(piece.cube, common)]
            result.append(_Piece(row, common, outputs))
        rest = [part for cube in rest for part in _without(cube, common)]
    return result, rest


class _Cubes:
    """A list of cubes that finds those that overlap another: for each position the sets of cubes with 0 and with 1."""

    def __init__(self, width: int) -> None:
        self._having: list[dict[str, int]] = [{"0": 0, "1": 0} for _ in range(width)]  # bit i for cube i
        self._count = 0

    def add(self, cube: str) -> None:
        """Append a cube."""
        for sets, value in zip(self._having, cube, strict=True):
            if value != "-":
                sets[value] |= 1 << self._count
        self._count += 1

    def overlapping(self, cube: str) -> Iterator[int]:
        """Yield the indices of the cubes that have something in common with `cube`."""
        apart = 0
        for sets, value in zip(self._having, cube, strict=True):
            if value != "-":
                apart |= sets["0" if value == "1" else "1"]
        together = ~apart & (1 << self._count) - 1
        while together:
            yield (together & -together).bit_length() - 1
            together &= together - 1


def _common(first: str, second: str) -> str | None:
    """Return the cube of what two cubes have in common, or None if it is empty.

    >>> _common("1-0", "-10"), _common("1-", "0-")
    ('110', None)
    """
    if any(a != b and "-" not in (a, b) for a, b in zip(first, second, strict=True)):
        return None
    return "".join(b if a == "-" else a for a, b in zip(first, second, strict=True))


def _without(cube: str, other: str) -> list[str]:
    """Return disjoint cubes that cover what `cube` has and `other` has not.

    >>> _without("1--", "-10"), _without("0-", "1-")
    (['10-', '111'], ['0-'])
    """
    if _common(cube, other) is None:
        return [cube]
    parts = []
    for index, (a, b) in enumerate(zip(cube, other, strict=True)):
        if a == "-" and b != "-":
            parts.append(cube[:index] + "10"[int(b)] + cube[index + 1 :])
            cube = cube[:index] + b + cube[index + 1 :]
    return parts
