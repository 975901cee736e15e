"""Circuits: the gates of a netlist, and the fields of the program that hold them."""

from __future__ import annotations

from collections.abc import Iterable

from ntkproofs.compilation.gates import Gate, Gates, Literal
from ntkproofs.compilation.names import FieldNames
from ntkproofs.errors import InputError
from ntkproofs.formats.sources import Netlist
from ntkproofs.programs import Bit, TemplateProgram

__all__ = ["Circuit", "Layout"]


class Circuit:
    """The gates of a netlist. Inputs are bits with their values; the bit of a latch holds the inverse of its value.

    Raises InputError for a signal that is used and not defined before.
    """

    def __init__(self, netlist: Netlist) -> None:
        self.netlist, self.gates = netlist, Gates()
        self._literals = {name: self.gates.variable(name) for name in netlist.inputs}
        self.inputs = {literal >> 1 for literal in self._literals.values()}
        latches = {latch.output: self.gates.variable(latch.output, inverted=True) for latch in netlist.latches}
        self._literals.update(latches)
        for signal, cover in netlist.covers:
            arguments = [self.literal(name) for name in cover.inputs]
            self._literals[signal] = self.gates.cover(signal, cover, arguments)
        self._next = {latches[latch.output] >> 1: self.literal(latch.input) for latch in netlist.latches}

    def literal(self, signal: str) -> Literal:
        """Return the literal of a signal."""
        if signal not in self._literals:
            raise InputError(f"{self.netlist.name}: the signal {signal!r} is used, but nothing before it defines it")
        return self._literals[signal]

    def output(self, signal: str) -> int:
        """Return the number of a bit that holds the signal, and that is an input or is written by a gate."""
        literal = self.literal(signal)
        written = literal >> 1 in self.inputs or self.gate(literal >> 1).operands is not None
        if literal & 1 == 0 and written:  # not for constants: no gate writes number 0
            return literal >> 1
        return self.gates.buffer(literal, signal) >> 1

    def gate(self, number: int) -> Gate:
        """Return a gate."""
        return self.gates.gates[number]

    def level(self, numbers: Iterable[int]) -> int:
        """Return the largest level of gates."""
        return max((self.gate(number).level for number in numbers), default=0)

    def reached(self, roots: Iterable[int]) -> set[int]:
        """Return the gates, inputs and latches on which the gates `roots` depend, at any clock, with the roots."""
        reached, waiting = {0}, list(roots)
        while waiting:
            number = waiting.pop()
            if number not in reached:
                reached.add(number)
                operands = (self._next[number],) if number in self._next else self.gate(number).operands or ()
                waiting.extend(literal >> 1 for literal in operands)
        return reached - {0}


class Layout:
    """The fields and bits of gates: ``y`` holds the signal y, ``~y`` its inverse, and ``cubes`` the cubes of covers."""

    def __init__(self, circuit: Circuit, numbers: Iterable[int]) -> None:
        self._circuit, self._numbers = circuit, sorted(numbers)
        self._names = FieldNames(circuit.netlist)
        self.fields: dict[str, int] = {}
        self.bits: dict[int, Bit] = {}
        cubes = self._names.added("cubes")
        for number in self._numbers:
            gate = circuit.gate(number)
            name = self._names.inverse if gate.inverted else self._names.field
            field = cubes if gate.signal is None else name(gate.signal)
            self.bits[number] = field, self.fields.get(field, 0)
            self.fields[field] = self.fields.get(field, 0) + 1

    def add(self, field: str, width: int) -> str:
        """Add a field of the compilation; return its name, which differs from those of all signals."""
        name = self._names.added(field)
        self.fields[name] = width
        return name

    @property
    def inputs(self) -> tuple[str, ...]:
        """The fields of the inputs."""
        return tuple(map(self._names.field, self._circuit.netlist.inputs))

    def requirements(self, literals: Iterable[Literal]) -> list[tuple[Bit, int]]:
        """Return what a template requires if it is to match where all literals are true."""
        return [(self.bits[literal >> 1], 1 - (literal & 1)) for literal in literals]

    def write_gates(self, program: TemplateProgram) -> None:
        """Append a template for each input, which holds it, and for each gate."""
        for number in self._numbers:
            operands, bit = self._circuit.gate(number).operands, self.bits[number]
            if number in self._circuit.inputs:
                program.template([(bit, 1)], [bit])
            elif operands is not None:
                program.template(self.requirements(operands), [bit])
