"""Pieces: the weights of some neurons of one network, as float64 arrays; every pass over the weights takes these."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.weights.networks import Networks

__all__ = ["Floats", "Matches", "Piece", "block_bits", "roots", "pieces"]

Floats: TypeAlias = NDArray[np.float64]
Matches: TypeAlias = NDArray[np.bool_]  # (states, inputs): which inputs match each state


@dataclass(frozen=True, eq=False)
class Piece:
    """Some neurons of one network: `hidden` ``(neurons, inputs)``, `output` ``(bits, neurons)``, `bias` ``(neurons,)``.

    `bits`: the output bits to which these neurons contribute; `bias` is None if there are no hidden biases. Every
    weight is exactly that of the file: float64 holds all float16 and float32 numbers.
    """

    hidden: Floats
    output: Floats
    bias: Floats | None
    bits: slice


def block_bits(networks: Networks, block: int) -> slice:
    """Return the output bits of a block: all of them, or one."""
    outputs = int(networks.output.shape[2])
    return slice(block * outputs, (block + 1) * outputs)


def pieces(networks: Networks, neurons: int, blocks: range | None = None) -> Iterator[Piece]:
    """Yield the networks in pieces of at most so many neurons; `blocks`: some of the blocks (default: all)."""
    for network in range(networks.count):
        for block in range(networks.hidden.shape[1]) if blocks is None else blocks:
            for first in range(0, networks.width, neurons):
                part = slice(first, first + neurons)
                bias = networks.hidden_bias
                yield Piece(
                    networks.hidden[network, block, part].astype(np.float64),
                    networks.output[network, block, :, part].astype(np.float64),
                    None if bias is None else bias[network, block, part].astype(np.float64),
                    block_bits(networks, block),
                )


def roots(matches: Matches) -> NDArray[np.int64]:
    """Return the number under the root for each state: n, or 1 at a state that no input matches, whose code is 0."""
    return np.asarray(np.maximum(matches.sum(axis=1, dtype=np.int64), 1))
