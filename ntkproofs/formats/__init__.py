"""Formats: strict readers of circuit, table and machine files. Sources are plain data; no file is ever executed."""

from ntkproofs.formats.sources import Cover, Latch, Netlist, Row, Rule, Source, StateMachine, TuringMachine

__all__ = ["Cover", "Latch", "Netlist", "Row", "Rule", "Source", "StateMachine", "TuringMachine"]
