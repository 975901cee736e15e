"""Weights files: networks with given weights, read from files that nobody has to trust, and written.

>>> import numpy as np
>>> from ntkproofs.weights import Networks
>>> networks = Networks.of(hidden=np.eye(2), output=np.array([[0.0, 1.0], [1.0, 0.0]]))
>>> networks.count, networks.width, networks.inputs, networks.output_bits
(1, 2, 2, 2)
"""

from ntkproofs.weights.files import SUFFIXES, read_networks, write_networks
from ntkproofs.weights.networks import Networks

__all__ = ["Networks", "read_networks", "write_networks", "SUFFIXES"]
