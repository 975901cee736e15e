"""Drawing, training and measuring networks, in floats: nothing here is a verdict.

* :mod:`.limit` the Gaussian limit of an ensemble, :mod:`.finite` networks of finite width, :mod:`.networks` ensembles
  measured next to their prediction, :mod:`.streams` independent random numbers, :mod:`.normal` tails of the normal law
"""

from ntkproofs.simulation.networks import Quantity, Simulation, simulate, simulate_chunks, words_with_ones

__all__ = ["Quantity", "Simulation", "simulate", "simulate_chunks", "words_with_ones"]
