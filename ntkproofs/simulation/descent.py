"""Full-batch gradient descent on networks of finite width, in floats: of the output layer, or of all layers.

``f(x) = scale * sum over r of a_r relu(u_r . x)``; the samples are the K basis vectors, so that gradient descent on
half the sum of squared errors acts coordinate by coordinate::

    a_r  <- a_r  - step scale sum_i e_i relu(u_ri)
    u_ri <- u_ri - rate step scale a_r . e_i [u_ri > 0],                    e = f(samples) - targets

The scale is ``1/sqrt(w)`` and the rate 1 unless stated. The first axis of arrays is that of the networks; a network has
one output or several, which share its hidden weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import Undecided

__all__ = ["TOLERANCE", "Trained", "Watch", "all_layers", "descend", "output_layer", "unwatched"]

Floats: TypeAlias = NDArray[np.float64]
Watch: TypeAlias = Callable[[int, float], None]  # (steps taken, largest error of an output at a sample)

TOLERANCE = 1e-7  # largest error of the outputs at the samples after convergence
MOST_STEPS = 100_000
BLOCK = 128  # states evaluated in one matrix product
HELD = 1 << 15  # numbers of a block of neurons, which a cache holds
WATCHED = 64  # steps between two calls of a function that shows progress


def unwatched(_steps: int, _error: float) -> None:
    """Show no progress."""


@dataclass(frozen=True, eq=False)
class Trained:
    """Trained networks: ``f(x) = output relu(hidden x)``, with the scale as a factor of the output weights.

    `hidden`, ``(networks, blocks, w, K)``; `output`, ``(networks, blocks, outputs, w)``: one block with all outputs, or
    a block with one output for each output bit; `steps` taken, None if the weights have a closed form.
    """

    hidden: Floats
    output: Floats
    steps: int | None = None

    def outputs(self, codes: Floats) -> Floats:
        """Return the outputs at encoded states ``(states, K)``: ``(networks, states, bits)``."""
        return np.stack([self._outputs(codes, network) for network in range(len(self.hidden))])

    def _outputs(self, codes: Floats, network: int) -> Floats:
        """Return the outputs of one network, ``(states, bits)``, block by block."""
        blocks, outputs = self.output.shape[1:3]
        result = np.empty((len(codes), blocks * outputs))
        for block in range(blocks):
            columns = np.ascontiguousarray(self.hidden[network, block].T)
            weights = self.output[network, block].T
            for first in range(0, len(codes), BLOCK):
                after = codes[first : first + BLOCK] @ columns
                np.maximum(after, 0, out=after)
                result[first : first + BLOCK, block * outputs : (block + 1) * outputs] = after @ weights
        return result


def output_layer(hidden: Floats, outer: Floats, labels: Floats, *, step: float, steps: int | None = None) -> Trained:
    """Train the output weights of networks with all output bits, in closed form.

    `hidden`, ``(networks, w, K)``; `outer`, ``(networks, w, bits)``: output weights at the start; `labels`, ``(K,
    bits)``. With ``G = Phi' Phi``, ``Phi = relu(u)/sqrt w``, T steps add ::

        Phi G^-1 (I - (I - step G)^T) (y - f)

    to the output weights (steps None: ``Phi G^-1 (y - f)``). Raises Undecided if G is singular or steps of this size
    diverge.

    >>> import numpy as np
    >>> u = np.random.default_rng(1).standard_normal((1, 50, 2))
    >>> output_layer(u, np.zeros((1, 50, 2)), np.eye(2), step=1.0).outputs(np.eye(2)).round(9).tolist()
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
    return Trained(hidden[:, None], weights.transpose(0, 2, 1)[:, None], steps)


def all_layers(
    hidden: Floats,
    outer: Floats,
    labels: Floats,
    *,
    step: float,
    steps: int | None = None,
    watch: Watch = unwatched,
    errors: list[Floats] | None = None,
) -> Trained:
    """Train all layers of scalar networks, one for each output bit.

    Arguments as for :func:`output_layer`; the networks of all bits have the same hidden weights at the start. With
    steps None they are trained until every output at every sample is within 1e-7 of its target. Raises Undecided if
    that takes more than 100,000 steps or diverges. `watch` is called now and then with the number of steps; the errors
    at the samples before each step and after the last, ``(networks * bits, K, 1)``, are appended to `errors`.
    """
    networks, width, samples = hidden.shape
    bits, root = labels.shape[1], width**0.5
    u = np.repeat(hidden.transpose(0, 2, 1), bits, axis=0)
    a = np.ascontiguousarray(outer.transpose(0, 2, 1)).reshape(networks * bits, 1, width)
    targets = np.tile(labels.T, (networks, 1))[:, :, None]
    done = descend(u, a, targets, scale=1 / root, step=step, steps=steps, watch=watch, errors=errors)
    return Trained(
        u.reshape(networks, bits, samples, width).swapaxes(2, 3), (a / root).reshape(networks, bits, 1, width), done
    )


def descend(
    u: Floats,
    a: Floats,
    targets: Floats,
    *,
    scale: float,
    step: float | Floats,
    rate: float = 1.0,
    steps: int | None = None,
    tolerance: float = TOLERANCE,
    most_steps: int = MOST_STEPS,
    watch: Watch = unwatched,
    errors: list[Floats] | None = None,
) -> int:
    """Train all layers by gradient descent, in place; return the number of steps.

    `u`, ``(networks, K, w)``, `a`, ``(networks, outputs, w)``, `targets`, ``(networks, K, outputs)``; `step`: one size
    or one for each network; `rate`: how fast hidden weights move beside output weights. With steps None the networks
    are trained until every output at every sample is within `tolerance` of its target. Raises Undecided if that takes
    more than `most_steps` steps, or if an output leaves the interval from -1e6 to 1e6.
    """
    width = u.shape[2]
    size = min(width, max(1, HELD // (len(u) * u.shape[1])))
    blocks = [slice(first, first + size) for first in range(0, width, size)]
    spare = _Spare.of((len(u), u.shape[1], size))
    factor = scale * np.broadcast_to(np.asarray(step, dtype=np.float64), (len(u),))[:, None, None]
    miss, done = np.zeros_like(targets), 0
    while True:
        total = np.zeros_like(targets)
        with np.errstate(over="ignore", invalid="ignore"):  # of weights that diverge, which is found below
            for block in blocks:  # one pass over the weights: the step of the last errors, then the outputs
                total += spare.advanced(u[:, :, block], a[:, :, block], miss if done else None, rate)
            error = scale * total - targets
        worst = float(np.abs(error).max())
        if errors is not None:
            errors.append(error)
        if not worst < 1e6:
            raise Undecided(
                "gradient descent with steps of this size diverges: a smaller step or a larger width helps"
                if isinstance(step, np.ndarray)
                else f"gradient descent with steps of size {step:g} diverges: a smaller step or a larger width helps"
            )
        if done == steps or (steps is None and worst <= tolerance):
            return done
        if steps is None and done == most_steps:
            raise Undecided(
                f"gradient descent at width {width} has not reached {tolerance:g} after {done} steps (the worst "
                f"output is off by {worst:.2g}): a smaller step or a larger width helps"
            )
        if done % WATCHED == 0:
            watch(done, worst)
        miss, done = factor * error, done + 1


@dataclass(frozen=True, eq=False)
class _Spare:
    """Arrays of the size of a block of neurons, ``(networks, K, size)``, that each step overwrites."""

    v: Floats
    turn: Floats
    is_open: NDArray[np.bool_]

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> _Spare:
        return cls(np.empty(shape), np.empty(shape), np.empty(shape, dtype=np.bool_))

    def advanced(self, u: Floats, a: Floats, miss: Floats | None, rate: float) -> Floats:
        """Take one step with the errors `miss` (None: no step), in place; return the sum of ``relu(u) a`` over them."""
        v, turn = (array[:, :, : u.shape[2]] for array in (self.v, self.turn))
        if miss is not None:
            np.maximum(u, 0, out=v)
            if miss.shape[2] == 1:
                np.multiply(miss, a, out=turn)  # several times as fast as the product of matrices
            else:
                np.matmul(miss, a, out=turn)
            turn *= np.greater(u, 0, out=self.is_open[:, :, : u.shape[2]])
            a -= miss.transpose(0, 2, 1) @ v
            if rate != 1:
                turn *= rate
            u -= turn
        np.maximum(u, 0, out=v)
        return v @ a.transpose(0, 2, 1)
