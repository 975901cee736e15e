"""Formats: strict readers of circuit, table and machine files. Sources are plain data; no file is ever executed."""

from ntkproofs.formats.aiger import read_aiger
from ntkproofs.formats.blif import read_blif
from ntkproofs.formats.dataset import read_data_set
from ntkproofs.formats.kiss import read_kiss
from ntkproofs.formats.pla import read_pla
from ntkproofs.formats.reading import SUFFIXES, read_source
from ntkproofs.formats.sources import (
    Cover,
    DataSet,
    Instruction,
    Latch,
    Netlist,
    Row,
    Rule,
    Source,
    StateMachine,
    TuringMachine,
)
from ntkproofs.formats.turing import read_turing
from ntkproofs.formats.verilog import read_verilog

__all__ = [
    "Cover",
    "DataSet",
    "Instruction",
    "Latch",
    "Netlist",
    "Row",
    "Rule",
    "SUFFIXES",
    "Source",
    "StateMachine",
    "TuringMachine",
    "read_aiger",
    "read_blif",
    "read_data_set",
    "read_kiss",
    "read_pla",
    "read_source",
    "read_turing",
    "read_verilog",
]
