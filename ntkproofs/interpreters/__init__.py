"""Interpreters: evaluate the sources themselves, independently of their compilation, for comparison with programs.

They share no code with :mod:`ntkproofs.compilation`, and import nothing of it. The oracles that have a method `planes`
evaluate 64 cases in every machine word.
"""

from ntkproofs.interpreters.automata import AutomatonOracle
from ntkproofs.interpreters.machines import MachineOracle
from ntkproofs.interpreters.netlists import ClockedNetlist, NetlistOracle
from ntkproofs.interpreters.turing import TapeRun, simulate

__all__ = ["NetlistOracle", "ClockedNetlist", "MachineOracle", "simulate", "TapeRun", "AutomatonOracle"]
