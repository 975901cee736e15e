"""Compilation of netlists without latches: one writer a bit, exact at every state without padding.

Inputs are held by identity templates. Each gate (:mod:`ntkproofs.compilation.gates`) is one bit and one template, which
requires the literals whose AND it is. So every bit has at most t = 1 writer, and ``t n <= p K`` holds at every state:
networks with the NTK round every bit right, whatever the state. If the inputs are right, a gate of level l is right
after l steps, whatever the state was before, and stays right; the number of steps is the largest level of an output. An
output that is always 0 is a bit that no template writes: its mean is exactly 0, and only positive thresholds are safe.

Fields: an input has its name; ``y`` holds the signal y, and ``~y`` its inverse; ``cubes`` holds the cubes of covers
with several. Gates on which no output depends have no template; outputs that are inputs or equal signals share a bit.
"""

from __future__ import annotations

from ntkproofs.compilation.circuits import Circuit, Layout
from ntkproofs.compilation.names import program_name
from ntkproofs.errors import InputError
from ntkproofs.formats.sources import Netlist
from ntkproofs.interpreters import NetlistOracle
from ntkproofs.programs import Task, TemplateProgram

__all__ = ["compile_netlist", "demand_interface"]


def compile_netlist(netlist: Netlist) -> Task:
    """Return a netlist without latches as a task: its inputs are fields of one bit, bit i of the answer is output i.

    Its oracle is :class:`ntkproofs.interpreters.NetlistOracle`. Where an output may have either value, it is as its
    cover says. Raises InputError for a netlist with latches, without inputs or outputs, and for undefined signals.

    >>> from ntkproofs.formats import Cover
    >>> nand = Cover(("a", "b"), ("11",), value=0)
    >>> task = compile_netlist(Netlist("nand", ("a", "b"), ("y",), (("y", nand),)))
    >>> [str(template.write) for template in task.program.templates]
    ["(('a', 0),)", "(('b', 0),)", "(('~y', 0),)", "(('y', 0),)"]
    >>> task.steps
    2
    """
    demand_interface(netlist, latches=False)
    circuit = Circuit(netlist)
    outputs = [circuit.output(signal) for signal in netlist.outputs]
    layout = Layout(circuit, circuit.inputs | circuit.reached(outputs))
    program = TemplateProgram(program_name(netlist.name, "netlist"), layout.fields)
    layout.write_gates(program)
    return Task(
        program,
        inputs=layout.inputs,
        steps=max(1, circuit.level(outputs)),
        output=tuple(layout.bits[number] for number in outputs),
        oracle=NetlistOracle(netlist),
    )


def demand_interface(netlist: Netlist, *, latches: bool) -> None:
    """Raise InputError unless a netlist has inputs and outputs, and latches if and only if they are expected."""
    if netlist.latches and not latches:
        raise InputError(f"{netlist.name}: {len(netlist.latches)} latches; a netlist with latches is no function")
    if latches and not netlist.latches:
        raise InputError(f"{netlist.name}: no latches; a netlist without latches has no clock")
    for kind in ("inputs", "outputs"):
        if not getattr(netlist, kind):
            raise InputError(f"{netlist.name}: no {kind}; a circuit needs at least one of them to be executed")
