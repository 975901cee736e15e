"""Execute template programs through the predictor: step by step, or on every input at once.

>>> from ntkproofs.execution import Machine
>>> from ntkproofs.programs import permutation
>>> Machine(permutation([1, 0])).step({"bits": [1, 0]})
{'bits': [0, 1]}
"""

from ntkproofs.execution.exhaust import Exhaustion, WrongCase, exhaust, exhaust_chunks
from ntkproofs.execution.failures import FailureSearch, find_failure
from ntkproofs.execution.machine import Machine, RoundingFailure, StreamRun
from ntkproofs.execution.oracles import PlaneOracle
from ntkproofs.execution.sbn import Boundary, SbnRun, execute_sbn, run_sbn
from ntkproofs.execution.streams import Exploration, WrongSequence, explore
from ntkproofs.execution.trace import Trace

__all__ = [
    "Boundary",
    "Exhaustion",
    "Exploration",
    "FailureSearch",
    "Machine",
    "RoundingFailure",
    "SbnRun",
    "StreamRun",
    "PlaneOracle",
    "Trace",
    "WrongCase",
    "WrongSequence",
    "execute_sbn",
    "exhaust",
    "exhaust_chunks",
    "explore",
    "find_failure",
    "run_sbn",
]
