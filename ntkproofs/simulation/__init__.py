"""Sample, train and measure networks in floating point. The results are estimates, never verdicts.

* :mod:`.limit` the Gaussian limit of an ensemble, :mod:`.finite` networks of finite width, :mod:`.networks` ensembles
  measured next to their prediction, :mod:`.streams` independent random numbers, :mod:`.normal` tails of the normal law
* :mod:`.measured` networks trained from a start of :mod:`ntkproofs.training` and evaluated at every state,
  :mod:`.descent` their gradient descent
"""

from ntkproofs.simulation.measured import Draws, States, measure, measure_chunks, share_bounds
from ntkproofs.simulation.networks import (
    Quantity,
    Simulation,
    initial_states,
    simulate,
    simulate_chunks,
    words_with_ones,
)

__all__ = [
    "Draws",
    "Quantity",
    "Simulation",
    "States",
    "initial_states",
    "measure",
    "measure_chunks",
    "share_bounds",
    "simulate",
    "simulate_chunks",
    "words_with_ones",
]
