"""compile_source: any source as a task or a stream, with an interpreter of the source as its oracle."""

from __future__ import annotations

from ntkproofs.compilation.clocked import compile_clocked
from ntkproofs.compilation.machines import compile_machine
from ntkproofs.compilation.naive import compile_naively
from ntkproofs.compilation.netlists import compile_netlist
from ntkproofs.compilation.turing import compile_turing
from ntkproofs.errors import InputError
from ntkproofs.formats.sources import DataSet, Netlist, Source, TuringMachine
from ntkproofs.programs import Stream, Task

__all__ = ["compile_source"]


def compile_source(
    source: Source, *, naive: bool = False, cells: int | None = None, steps: int | None = None
) -> Task | Stream:
    """Return a source as a task, or as a stream where inputs arrive at each clock (netlists with latches, machines).

    Its oracle is an interpreter of the source (:mod:`ntkproofs.interpreters`). `naive`: compile a netlist without
    latches cube by cube (:func:`compile_naively`), for comparison. `cells` and `steps`: see :func:`compile_turing`.
    Raises InputError for a source that cannot be compiled, and for arguments that do not apply to it.

    >>> from ntkproofs.formats import Cover
    >>> nand = Netlist("nand", ("a", "b"), ("y",), (("y", Cover(("a", "b"), ("11",), value=0)),))
    >>> task = compile_source(nand)
    >>> task.oracle(1, 1), task.steps, task.program.samples
    (0, 2, 4)
    """
    _demand_source(source)
    if isinstance(source, TuringMachine):
        _refuse(source, naive=naive or None)
        return compile_turing(source, cells=cells, steps=steps)
    _refuse(source, cells=cells, steps=steps)
    if isinstance(source, Netlist) and not source.latches:
        return compile_naively(source) if naive else compile_netlist(source)
    _refuse(source, naive=naive or None)
    return compile_clocked(source) if isinstance(source, Netlist) else compile_machine(source)


def _demand_source(source: object) -> None:
    if not isinstance(source, Source):
        kinds = "a netlist, a state machine or a Turing machine"
        advice = "; compile_data_set compiles data sets" if isinstance(source, DataSet) else ""
        raise InputError(f"a source must be {kinds}, got {type(source).__name__}{advice}")


def _refuse(source: Source, **arguments: object) -> None:
    """Raise InputError if an argument is given that does not apply to the source."""
    kinds = {"naive": "netlists without latches", "cells": "Turing machines", "steps": "Turing machines"}
    for name, value in arguments.items():
        if value is not None:
            raise InputError(f"{source.name}: {name} is for {kinds[name]} only")
