"""The naive compilation of netlists, for comparison: every cube of a cover writes the bit of its signal directly.

A signal then has as many writers t as its cover has cubes, and ``t n <= p K`` fails for everyday files. The bit of a
cover with the value 0 holds the inverse of its signal, as in the compilation with one writer a bit. A cube that several
covers of the same level have is one template that writes all their bits. In two levels, one step computes the outputs.
"""

from __future__ import annotations

from ntkproofs.compilation.names import FieldNames, program_name
from ntkproofs.compilation.netlists import demand_interface
from ntkproofs.errors import InputError
from ntkproofs.formats.sources import Cover, Netlist
from ntkproofs.interpreters import NetlistOracle
from ntkproofs.programs import Bit, Task, TemplateProgram

__all__ = ["compile_naively"]


def compile_naively(netlist: Netlist) -> Task:
    """Return a netlist without latches as a task whose cubes write the bits of their signals.

    Inputs are held only where more than one step is needed. Raises InputError as
    :func:`ntkproofs.compilation.compile_netlist` does.

    >>> from ntkproofs.formats import Cover
    >>> either = Cover(("a", "b"), ("1-", "-1"), value=1)
    >>> task = compile_naively(Netlist("or", ("a", "b"), ("y",), (("y", either),)))
    >>> task.steps, task.program.samples, task.program.writers.max()
    (1, 2, np.int32(2))
    """
    demand_interface(netlist, latches=False)
    cubes = _Cubes(netlist)
    outputs = [cubes.output(signal) for signal in netlist.outputs]
    steps = max(1, *(cubes.levels[field] for field in outputs))
    program = TemplateProgram(program_name(netlist.name, "netlist"), dict.fromkeys(cubes.levels, 1))
    if steps > 1 or not set(outputs).isdisjoint(cubes.inputs):
        for name in cubes.inputs:
            program.template([((name, 0), 1)], [(name, 0)])
    for requirements, written in cubes.templates.items():
        program.template(sorted(requirements), written)
    output = tuple((field, 0) for field in outputs)
    return Task(program, inputs=cubes.inputs, steps=steps, output=output, oracle=NetlistOracle(netlist))


class _Cubes:
    """The templates of all cubes, ``{requirements: bits}``, and the levels of the fields."""

    def __init__(self, netlist: Netlist) -> None:
        self._name, self._names = netlist.name, FieldNames(netlist)
        self.inputs = tuple(map(self._names.field, netlist.inputs))
        self.levels = dict.fromkeys(self.inputs, 0)
        self._held = {  # signal -> field, and the value of the field where the signal is true
            signal: (field, 1) for signal, field in zip(netlist.inputs, self.inputs, strict=True)
        }
        self.templates: dict[frozenset[tuple[Bit, int]], list[Bit]] = {}
        for signal, cover in netlist.covers:
            self._cover(signal, cover)

    def _field(self, signal: str) -> tuple[str, int]:
        if signal not in self._held:
            raise InputError(f"{self._name}: the signal {signal!r} is used, but nothing before it defines it")
        return self._held[signal]

    def _cover(self, signal: str, cover: Cover) -> None:
        field = (self._names.field if cover.value else self._names.inverse)(signal)
        arguments = [self._field(name) for name in cover.inputs]
        self.levels[field] = 1 + max((self.levels[argument] for argument, _ in arguments), default=0)
        self._held[signal] = field, cover.value
        for cube in dict.fromkeys(cover.cubes):
            literals = frozenset(
                ((argument, 0), true if wanted == "1" else 1 - true)
                for (argument, true), wanted in zip(arguments, cube, strict=True)
                if wanted != "-"
            )
            if len({bit for bit, _ in literals}) == len(literals):  # the cube does not contradict itself
                self._write(literals, field)

    def _write(self, literals: frozenset[tuple[Bit, int]], field: str) -> None:
        written = self.templates.setdefault(literals, [])
        if (field, 0) not in written:
            written.append((field, 0))

    def output(self, signal: str) -> str:
        """Return a field that holds the signal itself."""
        field, true = self._field(signal)
        if true:
            return field
        buffer = self._names.field(signal)
        self.levels.setdefault(buffer, self.levels[field] + 1)
        self._write(frozenset([((field, 0), 0)]), buffer)
        return buffer
