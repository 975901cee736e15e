"""Formats: strict readers of circuit, table and machine files. A source is plain data; nothing of a file is executed."""

from ntkproofs.formats.sources import Cover, Latch, Netlist, Row, Rule, Source, StateMachine, TuringMachine

__all__ = ["Cover", "Latch", "Netlist", "Row", "Rule", "Source", "StateMachine", "TuringMachine"]
