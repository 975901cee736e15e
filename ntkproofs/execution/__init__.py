"""Executing programs through the predictor.

>>> from ntkproofs.execution import Machine
>>> from ntkproofs.programs import permutation
>>> Machine(permutation([1, 0])).step({"bits": [1, 0]})
{'bits': [0, 1]}
"""

from ntkproofs.execution.exhaust import Exhaustion, exhaust, exhaust_chunks
from ntkproofs.execution.machine import Machine, RoundingFailure
from ntkproofs.execution.trace import Trace

__all__ = ["Exhaustion", "Machine", "RoundingFailure", "Trace", "exhaust", "exhaust_chunks"]
