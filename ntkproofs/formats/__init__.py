"""Formats: strict readers of circuit, table and machine files. Sources are plain data; no file is ever executed."""

from ntkproofs.formats.aiger import read_aiger
from ntkproofs.formats.blif import read_blif
from ntkproofs.formats.pla import read_pla
from ntkproofs.formats.reading import read_source
from ntkproofs.formats.sources import Cover, Latch, Netlist, Row, Rule, Source, StateMachine, TuringMachine

__all__ = [
    "Cover",
    "Latch",
    "Netlist",
    "Row",
    "Rule",
    "Source",
    "StateMachine",
    "TuringMachine",
    "read_aiger",
    "read_blif",
    "read_pla",
    "read_source",
]
