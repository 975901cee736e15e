"""Exact outputs: the weights as integers in limbs, whose products are computed by exact matrix products.

With the symbols of :mod:`ntkproofs.inference.enclosures`, and with ``active`` for the neurons with ``g_r + c_r s > 0``,
the output of a bit is ``A + B s`` with the rational numbers ::

    A = (D + sum_active a_r c_r) / N,        B = sum_active a_r g_r / (n N)

because ``1/s = s/n`` (with 1 in place of n = 0). Whether a neuron is active follows from the signs of g_r and c_r if
they agree or one of them is 0, else from the comparison of ``g_r**2`` with ``c_r**2 n``, which floats with an error
bound decide for all but few neurons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.inference.enclosures import LARGEST, RAISED, SLACK, SMALL, UNIT, output_biases
from ntkproofs.inference.limbs import LIMB, Integers, Sum, carried, limbs, sign
from ntkproofs.inference.pieces import Floats, Matches, Piece, block_bits, pieces, roots
from ntkproofs.inference.surds import Surd
from ntkproofs.weights.networks import Networks

__all__ = ["Place", "exact_outputs"]

Place: TypeAlias = tuple[int, int]  # (state, output bit)
Indices: TypeAlias = NDArray[np.intp]
Progress: TypeAlias = Callable[[float], object]

NEURONS, STATES = 512, 64  # of a matrix product: sums of 2**9 products of 42 bits are exact
MOST_STATES = 1 << 12  # whose sums are held at a time


def exact_outputs(
    networks: Networks, matches: Matches, wanted: NDArray[np.bool_], progress: Progress | None = None
) -> dict[Place, Surd]:
    """Return the exact outputs at the `wanted` states and output bits, ``(states, bits)``.

    `progress` is called with the part of the work that is done.
    """
    zero = Surd(Fraction(0))
    result = {(state, bit): zero for state, bit in np.argwhere(wanted).tolist()}
    needed = wanted if networks.biased else wanted & (matches.sum(axis=1)[:, None] > 0)
    parts = list(_parts(networks, needed))
    biases, count = output_biases(networks), networks.count
    for done, (block, states) in enumerate(parts):
        bits = np.flatnonzero(needed[states].any(axis=0) & _within(networks, block))
        evaluation = _Evaluation(networks, block, matches[states], bits)
        for share in evaluation.run():
            if progress is not None:
                progress((done + share) / len(parts))
        constants, factors, n = evaluation.constants.fractions(), evaluation.factors.fractions(), evaluation.n.tolist()
        for row, column in np.argwhere(needed[np.ix_(states, bits)]).tolist():
            bit = int(bits[column])
            factor, constant = factors[row][column], constants[row][column] + biases[bit]
            if factor or constant:
                result[int(states[row]), bit] = Surd(constant / count, factor / (n[row] * count), n[row])
    return result


def _within(networks: Networks, block: int) -> NDArray[np.bool_]:
    """Return which output bits belong to a block."""
    within = np.zeros(networks.output_bits, dtype=np.bool_)
    within[block_bits(networks, block)] = True
    return within


def _parts(networks: Networks, needed: NDArray[np.bool_]) -> Iterator[tuple[int, Indices]]:
    """Yield each block of which an output is needed, with some of the states at which it is."""
    for block in range(networks.hidden.shape[1]):
        states = np.flatnonzero(needed[:, block_bits(networks, block)].any(axis=1))
        for first in range(0, len(states), MOST_STATES):
            yield block, states[first : first + MOST_STATES]


class _Evaluation:
    """The sums of one block at some states: `factors` of ``a_r g_r``, `constants` of ``a_r c_r``, of active neurons."""

    def __init__(self, networks: Networks, block: int, matches: Matches, bits: Indices) -> None:
        self.networks, self.block = networks, block
        self.inputs = np.flatnonzero(matches.any(axis=0))  # the others take no part
        self.indicator = matches[:, self.inputs].astype(np.float64)
        self.outputs = bits - block_bits(networks, block).start
        self.n = roots(matches)
        self.factors, self.constants = Sum((len(matches), len(bits))), Sum((len(matches), len(bits)))

    def run(self) -> Iterator[float]:
        """Add all neurons; yield the part of them that is done."""
        total = self.networks.count * -(-self.networks.width // NEURONS)
        for done, piece in enumerate(pieces(self.networks, NEURONS, range(self.block, self.block + 1)), 1):
            self._add(piece)
            yield done / total

    def _add(self, piece: Piece) -> None:
        output = limbs(piece.output[self.outputs])
        weights = piece.hidden[:, self.inputs]
        hidden, bias = limbs(weights), {} if piece.bias is None else limbs(piece.bias)
        for first in range(0, len(self.indicator), STATES):
            rows = slice(first, first + STATES)
            part = self.indicator[rows]
            digits = carried({position: part @ limb.T for position, limb in hidden.items()} or {0: part @ weights.T})
            if piece.bias is None:
                active = sign(digits) > 0
            else:
                active = _active(digits, weights, piece.bias, part, self.n[rows])
            for position, digit in digits.items():
                kept = np.where(active, digit, 0).astype(np.float64)
                if kept.any():
                    for other, limb in output.items():
                        self.factors.add(position + other, kept @ limb.T, rows)
            for position, biases in bias.items():
                for other, limb in output.items():
                    self.constants.add(position + other, active.astype(np.float64) @ (limb * biases).T, rows)


def _active(
    digits: dict[int, Integers], weights: Floats, bias: Floats, part: Floats, n: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return where ``g + c s > 0``, ``(states, neurons)``, for the g with these digits and the c in `bias`."""
    g, c = sign(digits), np.sign(bias).astype(np.int8)
    result = np.where(g != 0, g, c)
    opposed = g * c < 0
    if not opposed.any():
        return np.asarray(result > 0)
    settled, signs = _settled(weights, bias, part, n)
    result[settled] = signs[settled]
    lowest = min(digits)
    for state, neuron in np.argwhere(opposed & ~settled).tolist():
        number = sum(int(digit[state, neuron]) << LIMB * (position - lowest) for position, digit in digits.items())
        exact = number * Fraction(2) ** (LIMB * lowest)
        result[state, neuron] = Surd(exact, Fraction(float(bias[neuron])), int(n[state])).sign()
    return np.asarray(result > 0)


def _settled(
    weights: Floats, bias: Floats, part: Floats, n: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.int8]]:
    """Return where floats prove the sign of ``g + c s``, and the signs; for the bound see the module `enclosures`."""
    depth = float(n.max() + 12)
    largest = max(np.abs(weights).max(initial=0), np.abs(bias).max())
    if largest > LARGEST or depth * UNIT > SMALL:
        shape = len(part), len(bias)
        return np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.int8)
    root = np.sqrt(n.astype(np.float64))[:, None]
    values = part @ weights.T + root * bias
    sizes = part @ (np.abs(weights) + RAISED).T + root * (np.abs(bias) + RAISED)
    settled = np.abs(values) > SLACK * depth * UNIT * sizes
    return settled, np.sign(values).astype(np.int8)
