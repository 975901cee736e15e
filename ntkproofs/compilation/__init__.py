"""Compilation: sources, cellular automata and data sets as template programs that networks execute.

The result for a source is a task or a stream, whose oracle is an interpreter (:mod:`ntkproofs.interpreters`).

>>> from ntkproofs.formats import Cover, Netlist
>>> compile_source(Netlist("not", ("a",), ("y",), (("y", Cover(("a",), ("0",), value=1)),))).program.samples
2
"""

from ntkproofs.compilation.cellular import elementary
from ntkproofs.compilation.clocked import compile_clocked
from ntkproofs.compilation.data_sets import compile_data_set
from ntkproofs.compilation.machines import compile_machine
from ntkproofs.compilation.naive import compile_naively
from ntkproofs.compilation.netlists import compile_netlist
from ntkproofs.compilation.sources import compile_source
from ntkproofs.compilation.turing import compile_turing

__all__ = [
    "compile_source",
    "compile_netlist",
    "compile_naively",
    "compile_clocked",
    "compile_machine",
    "compile_turing",
    "compile_data_set",
    "elementary",
]
