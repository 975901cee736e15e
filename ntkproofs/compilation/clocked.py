"""Compilation of netlists with latches: one writer a bit, with a phase ring inside the network.

The gates are those of :mod:`ntkproofs.compilation.netlists`, and inputs are held during a clock. A latch holds its
value, and at the end of a clock takes the value of its input signal d. Its three bits, with one writer each, are

    ``~q``   <- hold = 0, load = 0      the inverse of the value, which the gates read
    ``hold`` <- ~q = 0, last = 0        the old value, until the end of the clock
    ``load`` <- d, last = 1             the new value

A value returns to ``~q`` after two steps, by way of ``hold``. So two copies of it alternate, and ``last`` is 1 for two
steps, to replace both: the last two steps of a clock. It is the last bit of the field ``phase``, a ring with a bit for
each step of a clock, in which two adjacent ones move by one bit a step. The inputs of the latches must be right when
``last`` becomes 1: with l_d the largest level of an input of a latch, and l_o that of an output, the period is

    max(2, l_d + 2, l_o)

Outputs are functions of the inputs and of the values of the latches before the end of the clock; an output that is a
latch has a bit of its own, which is one step behind it.

The cost beyond the gates: three templates for each latch, and one for each step of the period (ISCAS-89 s27, with 10
gates and 3 latches: K = 29, 6 steps a clock). Every bit has at most one writer, so networks round every state right
without padding. But latches and phase keep what they are given: the answers are exact from the initial state, and not
from every state.
"""

from __future__ import annotations

from ntkproofs.compilation.circuits import Circuit, Layout
from ntkproofs.compilation.gates import FALSE, TRUE
from ntkproofs.compilation.names import program_name
from ntkproofs.compilation.netlists import demand_interface
from ntkproofs.formats.sources import Latch, Netlist
from ntkproofs.interpreters import ClockedNetlist
from ntkproofs.programs import Bit, Stream, TemplateProgram
from ntkproofs.validation import integer

__all__ = ["compile_clocked"]


def compile_clocked(netlist: Netlist) -> Stream:
    """Return a netlist with latches as a stream: its inputs are ports of one bit, bit i of the answer is output i.

    Its oracle is :class:`ntkproofs.interpreters.ClockedNetlist`. Latches on which no output depends are left out.
    Raises InputError for a netlist without latches, inputs or outputs, for undefined signals, and for initial values
    other than 0 and 1.

    >>> from ntkproofs.formats import Cover
    >>> flip = Cover(("t", "q"), ("10", "01"), value=1)
    >>> toggle = Netlist("toggle", ("t",), ("q",), (("d", flip),), (Latch("q", "d", 0),))
    >>> stream = compile_clocked(toggle)
    >>> stream.period, stream.program.samples, stream.run([1, 1, 0, 1, 0])
    (4, 12, [0, 1, 0, 0, 1])
    """
    demand_interface(netlist, latches=True)
    circuit = Circuit(netlist)
    outputs = [circuit.output(signal) for signal in netlist.outputs]
    reached = circuit.reached(outputs)
    latches = [latch for latch in netlist.latches if circuit.literal(latch.output) >> 1 in reached]
    inputs_of_latches = [circuit.literal(latch.input) >> 1 for latch in latches]
    period = max(2, circuit.level(inputs_of_latches) + 2, circuit.level(outputs))
    layout = Layout(circuit, circuit.inputs | reached)
    memory = _Memory(circuit, layout, latches, period)
    program = TemplateProgram(program_name(netlist.name, "netlist"), layout.fields)
    layout.write_gates(program)
    memory.write(program)
    return Stream(
        program,
        inputs=layout.inputs,
        period=period,
        output=tuple(layout.bits[number] for number in outputs),
        oracle=ClockedNetlist(netlist),
        constants=memory.constants,
    )


class _Memory:
    """The bits of the latches, and the phase ring."""

    def __init__(self, circuit: Circuit, layout: Layout, latches: list[Latch], period: int) -> None:
        self._circuit, self._layout, self._latches, self._period = circuit, layout, latches, period
        self.constants: dict[str, int] = {}
        for latch in latches:
            integer(latch.initial, f"{circuit.netlist.name}: the initial value of {latch.output!r}", low=0, high=1)
        if latches:
            self._hold, self._load = (layout.add(name, len(latches)) for name in ("hold", "load"))
            self._phase = layout.add("phase", period)
            self.constants = {self._inverse(latch)[0]: 1 - latch.initial for latch in latches}
            self.constants[self._hold] = sum(latch.initial << index for index, latch in enumerate(latches))
            self.constants[self._phase] = 0b11

    def _inverse(self, latch: Latch) -> Bit:
        return self._layout.bits[self._circuit.literal(latch.output) >> 1]

    def write(self, program: TemplateProgram) -> None:
        """Append the templates of the latches and of the ring."""
        if not self._latches:
            return
        last = (self._phase, self._period - 1)
        for index, latch in enumerate(self._latches):
            inverse, hold, load = self._inverse(latch), (self._hold, index), (self._load, index)
            program.template({hold: 0, load: 0}, [inverse])
            program.template({inverse: 0, last: 0}, [hold])
            value = self._circuit.literal(latch.input)
            if value != FALSE:
                program.template([*self._layout.requirements({value} - {TRUE}), (last, 1)], [load])
        for index in range(self._period):
            program.template({(self._phase, index - 1 if index else self._period - 1): 1}, [(self._phase, index)])
