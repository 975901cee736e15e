"""Gradient descent on batches of networks of finite width, in floats: of the output layer, or of all layers.

``f(x) = w^(-1/2) sum over r of a_r relu(u_r . x)``; the samples are the K basis vectors, so that gradient descent on
half the sum of squared errors acts coordinate by coordinate::

    a_r  <- a_r  - (eta/sqrt w) sum_i e_i relu(u_ri)
    u_ri <- u_ri - (eta/sqrt w) a_r e_i [u_ri > 0],                    e = f(samples) - targets

The first axis of arrays is that of the networks.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import Undecided

__all__ = ["TOLERANCE", "all_layers", "output_layer"]

Floats: TypeAlias = NDArray[np.float64]

TOLERANCE = 1e-7  # maximum error of the outputs at the samples after convergence
MOST_STEPS = 100_000
BLOCK = 128  # states evaluated in one matrix product


def output_layer(
    hidden: Floats, outer: Floats, codes: Floats, labels: Floats, *, step: float, steps: int | None = None
) -> Floats:
    """Return the outputs, ``(networks, states, bits)``, of networks whose output weights are trained.

    `hidden`, ``(networks, w, K)``; `outer`, ``(networks, w, bits)``: output weights at the start; `codes`, ``(states,
    K)``; `labels`, ``(K, bits)``. In closed form: with ``G = Phi' Phi``, ``Phi = relu(u)/sqrt w``, T steps add ::

        Phi G^-1 (I - (I - step G)^T) (y - f)

    to the output weights (steps None: ``Phi G^-1 (y - f)``). Raises Undecided if G is singular or steps of this size
    diverge.

    >>> import numpy as np
    >>> u = np.random.default_rng(1).standard_normal((1, 50, 2))
    >>> output_layer(u, np.zeros((1, 50, 2)), np.eye(2), np.eye(2), step=1.0).round(9).tolist()
    [[[1.0, 0.0], [0.0, 1.0]]]
    """
    root = hidden.shape[1] ** 0.5
    features = np.maximum(hidden, 0) / root
    miss = labels - features.transpose(0, 2, 1) @ outer
    values, vectors = np.linalg.eigh(features.transpose(0, 2, 1) @ features)
    if steps is None:
        if (values[:, 0] <= 1e-12 * values[:, -1]).any():
            raise Undecided("the Gram matrix of a network is singular: a larger width helps")
        learnt = 1 / values
    else:
        if (step * values[:, -1] >= 2).any():
            raise Undecided(
                f"steps of size {step:g} are too large for a network: 2/{values[:, -1].max():.4g} is the edge"
            )
        left = (1 - step * values) ** steps
        tiny = values <= 1e-12 * values[:, -1:]
        learnt = np.where(tiny, steps * step, (1 - left) / np.where(tiny, 1, values))
    dual = vectors @ (learnt[:, :, None] * (vectors.transpose(0, 2, 1) @ miss))
    weights = (outer + features @ dual) / root
    return np.stack([_outputs(codes, u, a) for u, a in zip(hidden, weights, strict=True)])


def _outputs(codes: Floats, hidden: Floats, weights: Floats) -> Floats:
    """Return the outputs of one network, ``(states, bits)``, block by block."""
    result, columns = np.empty((len(codes), weights.shape[1])), np.ascontiguousarray(hidden.T)
    for first in range(0, len(codes), BLOCK):
        after = codes[first : first + BLOCK] @ columns
        np.maximum(after, 0, out=after)
        result[first : first + BLOCK] = after @ weights
    return result


def all_layers(
    hidden: Floats, outer: Floats, codes: Floats, labels: Floats, *, step: float, steps: int | None = None
) -> tuple[Floats, int]:
    """Return outputs, ``(networks, states, bits)``, of scalar networks with all layers trained, and the steps taken.

    Arguments as for :func:`output_layer`; the networks of all bits have the same hidden weights at the start. With
    steps None they are trained until every output at every sample is within 1e-7 of its target. Raises Undecided if
    that takes more than 100,000 steps or diverges.
    """
    root, bits = hidden.shape[1] ** 0.5, labels.shape[1]
    u = np.repeat(hidden[:, None], bits, axis=1)  # (networks, bits, w, K)
    a = np.ascontiguousarray(outer.transpose(0, 2, 1))  # (networks, bits, w)
    v, turn, targets = np.empty_like(u), np.empty_like(u), labels.T
    done = 0
    while True:
        np.maximum(u, 0, out=v)
        miss = (a[:, :, None, :] @ v)[:, :, 0, :] / root - targets
        worst = float(np.abs(miss).max())
        if not worst < 1e6:
            raise Undecided(
                f"gradient descent with steps of size {step:g} diverges: a smaller step or a larger width helps"
            )
        if done == steps or (steps is None and worst <= TOLERANCE):
            break
        if done == MOST_STEPS:
            raise Undecided(
                f"gradient descent has not converged after {done} steps (the worst output is off by {worst:.2g})"
            )
        miss *= step / root
        np.multiply(a[..., None], miss[:, :, None, :], out=turn)
        turn *= v > 0
        a -= (v @ miss[..., None])[..., 0]
        u -= turn
        done += 1
    outputs = np.empty((len(u), len(codes), bits))
    for network in range(len(u)):
        for bit in range(bits):
            outputs[network, :, bit] = _outputs(codes, u[network, bit], a[network, bit, :, None] / root)[:, 0]
    return outputs, done
