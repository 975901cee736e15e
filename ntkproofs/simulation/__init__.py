"""Sample, train and measure networks in floating point. The results are estimates, never verdicts.

* :mod:`.limit` the Gaussian limit of an ensemble, :mod:`.finite` networks of finite width, :mod:`.networks` ensembles
  measured next to their prediction, :mod:`.streams` independent random numbers, :mod:`.normal` tails of the normal law
* :mod:`.measured` networks trained from a start of :mod:`ntkproofs.training` and evaluated at every state,
  :mod:`.descent` their gradient descent, :mod:`.drawn` batches of them
* :mod:`.trainer` networks whose weights are kept, :mod:`.events` the events of a certificate measured on their start
  (:mod:`.output_events`, :mod:`.tangent_events`)
"""

from ntkproofs.simulation.events import Event, largest_ratios, measure_events
from ntkproofs.simulation.measured import Draws, States, measure, measure_chunks, share_bounds
from ntkproofs.simulation.networks import (
    Quantity,
    Simulation,
    initial_states,
    simulate,
    simulate_chunks,
    words_with_ones,
)
from ntkproofs.simulation.trainer import Stage, train

__all__ = [
    "Draws",
    "Event",
    "Quantity",
    "Simulation",
    "Stage",
    "States",
    "initial_states",
    "largest_ratios",
    "measure",
    "measure_chunks",
    "measure_events",
    "share_bounds",
    "simulate",
    "simulate_chunks",
    "train",
    "words_with_ones",
]
