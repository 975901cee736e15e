"""Networks that execute a program: exact ones by interpolation, and small trained ones for tests."""

import numpy as np

from ntkproofs.weights.networks import Networks


def regressed(program, *, width=400, networks=1, seed=0, scalar=False, dtype=np.float32, metadata=None):
    """Random hidden weights, and output weights of least norm that fit the samples: the limit of gradient descent."""
    source = np.random.default_rng(seed)
    inputs, targets = program.samples, program.labels.astype(float)
    bits = program.output_bits
    blocks = bits if scalar else 1
    hidden = source.standard_normal((networks, blocks, width, inputs)).astype(dtype)
    output = np.empty((networks, blocks, bits // blocks, width), dtype=dtype)
    for network in range(networks):
        for block in range(blocks):
            features = np.maximum(hidden[network, block].astype(float), 0).T  # the samples are the unit vectors
            wanted = targets[:, block : block + 1] if scalar else targets
            output[network, block] = np.linalg.lstsq(features, wanted, rcond=None)[0].T.astype(dtype)
    if not scalar:
        hidden, output = hidden[:, 0], output[:, 0]
    axes = "network,bit" if scalar else "network"
    return Networks.of(hidden, output, axes=axes, metadata=metadata or {"trained": "output"})
