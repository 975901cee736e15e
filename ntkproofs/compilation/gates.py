"""Gates: a circuit of ANDs whose operands may be inverted, the form in which every bit has one writer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from ntkproofs.formats.sources import Cover

__all__ = ["FALSE", "TRUE", "Gate", "Gates", "Literal"]

Literal: TypeAlias = int  # 2 * gate, plus 1 for its inverse

FALSE: Literal = 0
TRUE: Literal = 1


@dataclass
class Gate:
    """A bit. `operands`: the literals whose AND it is, or None if it is not written by a gate (or not at all).

    `signal`: the signal of the netlist that the bit or its inverse (`inverted`) is, or None for a cube of a cover.
    `level`: after so many steps the bit is right, whatever its initial value, if the variables are held.
    """

    operands: tuple[Literal, ...] | None
    level: int
    signal: str | None = None
    inverted: bool = False


class Gates:
    """ANDs over variables; equal ANDs are one gate, and constants, repeated and contradictory operands are simplified.

    Literals are numbered as in AIGER: 0 and 1 are the constants, ``2 g`` is gate g and ``2 g + 1`` its inverse.

    >>> gates = Gates()
    >>> a, b = gates.variable("a"), gates.variable("b")
    >>> gates.cover("y", Cover(("a", "b"), ("11",), value=0), [a, b])  # the inverse of gate 3
    7
    >>> gates.cover("z", Cover(("a", "a"), ("10",), value=1), [a, a]) == FALSE
    True
    """

    def __init__(self) -> None:
        self.gates = [Gate(None, 0)]  # number 0 stands for the constants
        self._conjunctions: dict[frozenset[Literal], int] = {}
        self._buffers: dict[Literal, int] = {}

    def _append(self, gate: Gate) -> int:
        self.gates.append(gate)
        return len(self.gates) - 1

    def variable(self, signal: str, *, inverted: bool = False) -> Literal:
        """Return the literal of a new bit that no gate writes; it holds the signal, or its inverse."""
        return 2 * self._append(Gate(None, 0, signal, inverted)) + inverted

    def conjunction(self, literals: Iterable[Literal], signal: str | None = None, *, inverted: bool = False) -> Literal:
        """Return the AND of literals; a new gate holds the `signal`, or its inverse."""
        operands = frozenset(literals) - {TRUE}
        if FALSE in operands or any(literal ^ 1 in operands for literal in operands):
            return FALSE
        if len(operands) <= 1:
            return next(iter(operands), TRUE)
        number = self._conjunctions.get(operands)
        if number is None:
            level = 1 + max(self.gates[literal >> 1].level for literal in operands)
            number = self._conjunctions[operands] = self._append(Gate(tuple(sorted(operands)), level))
        gate = self.gates[number]
        if gate.signal is None:
            gate.signal, gate.inverted = signal, inverted
        return 2 * number

    def cover(self, signal: str, cover: Cover, inputs: list[Literal]) -> Literal:
        """Return the literal of the function `cover`: a gate for each cube, and one for "no cube matches".

        A cover with one cube needs one gate, and a cube with one literal needs none.
        """
        cubes = dict.fromkeys(
            frozenset(literal ^ (wanted == "0") for literal, wanted in zip(inputs, cube, strict=True) if wanted != "-")
            for cube in cover.cubes
        )
        negative = cover.value == 0
        if len(cubes) == 1:
            return self.conjunction(next(iter(cubes)), signal, inverted=negative) ^ negative
        unmatched = self.conjunction([self.conjunction(cube) ^ 1 for cube in cubes], signal, inverted=not negative)
        return unmatched ^ (not negative)

    def buffer(self, literal: Literal, signal: str) -> Literal:
        """Return a bit of its own that equals the literal one step later; for FALSE a bit that is never written."""
        if literal not in self._buffers:
            operands = {FALSE: None, TRUE: ()}.get(literal, (literal,))
            self._buffers[literal] = self._append(Gate(operands, self.gates[literal >> 1].level + 1, signal))
        return 2 * self._buffers[literal]
