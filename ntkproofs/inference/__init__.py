"""Exact outputs of networks with given weights; floats only where an error bound is proved.

A *state* of this package is the set of the n inputs that match, encoded as their indicator vector divided by the root
of n. The weights are floats, hence rational, so each output is a number ``a + b sqrt(n)`` (:class:`Surd`), and whether
it is above a rational threshold can be decided: by floats with a bound of all rounding errors, or by integers.
This package knows no programs.

>>> import numpy as np
>>> from ntkproofs.weights.networks import Networks
>>> networks = Networks.of(np.array([[0.5, 0.25]]), np.array([[1.0]]))
>>> decide(networks, np.array([[True, False], [True, True]]), 0).bits.tolist()
[[1], [1]]
"""

from ntkproofs.inference.decisions import Decisions, as_threshold, decide, decide_outputs
from ntkproofs.inference.outputs import Extreme, Outputs, outputs_exact
from ntkproofs.inference.surds import Surd

__all__ = ["Decisions", "Extreme", "Outputs", "Surd", "as_threshold", "decide", "decide_outputs", "outputs_exact"]
