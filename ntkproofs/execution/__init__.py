"""Execute template programs through the predictor or given networks: step by step, or on every input at once.

>>> from ntkproofs.execution import Machine
>>> from ntkproofs.programs import permutation
>>> Machine(permutation([1, 0])).step({"bits": [1, 0]})
{'bits': [0, 1]}
"""

from ntkproofs.execution.concrete import NetworkMachine, NetworkTrace, WrongBit, WrongOutput
from ntkproofs.execution.events import EventRun
from ntkproofs.execution.exhaust import Exhaustion, WrongCase, exhaust, exhaust_chunks
from ntkproofs.execution.exhaust_networks import (
    exhaust_networks,
    exhaust_networks_chunks,
    search_thresholds,
    search_thresholds_chunks,
)
from ntkproofs.execution.failures import FailureSearch, find_failure
from ntkproofs.execution.machine import Machine, RoundingFailure
from ntkproofs.execution.network_exhaustion import NetworkExhaustion, PlacedOutput, ThresholdInterval, WrongStep
from ntkproofs.execution.oracles import PlaneOracle
from ntkproofs.execution.runner import Runner, StreamRun
from ntkproofs.execution.sbn import Boundary, SbnRun, execute_sbn, run_sbn
from ntkproofs.execution.streams import Exploration, WrongSequence, explore
from ntkproofs.execution.trace import Trace

__all__ = [
    "Boundary",
    "EventRun",
    "Exhaustion",
    "Exploration",
    "FailureSearch",
    "Machine",
    "NetworkExhaustion",
    "NetworkMachine",
    "NetworkTrace",
    "RoundingFailure",
    "Runner",
    "SbnRun",
    "StreamRun",
    "PlacedOutput",
    "PlaneOracle",
    "ThresholdInterval",
    "Trace",
    "WrongBit",
    "WrongCase",
    "WrongOutput",
    "WrongSequence",
    "WrongStep",
    "execute_sbn",
    "exhaust",
    "exhaust_chunks",
    "exhaust_networks",
    "exhaust_networks_chunks",
    "explore",
    "find_failure",
    "run_sbn",
    "search_thresholds",
    "search_thresholds_chunks",
]
