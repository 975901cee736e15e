r"""Enclosures: floating-point bounds of all outputs, proved for every order of summation.

Let S be the set of the n inputs that match a state, s the root of n (1 if n = 0, where the code of the state is 0), N
the number of networks, and D the sum of the output biases of a bit. Then the output of this bit is ``F / (s N)``::

    F = sum_r a_r relu(g_r + c_r s) + D s,        g_r = sum_(i in S) u_ri

where r runs through the neurons of all networks: at most ``block`` neurons in each of ``pieces`` matrix products, whose
results are added.

*The model of arithmetic.* An operation returns ``(x op y)(1 + d) + e`` with ``|d| <= u = 2**-53``, and ``|e|`` is 0 or,
if results or operands below 2**-1022 are replaced by zero, at most 2**-1022 for each result and, in the place of each
operand, 2**-1022 (times the other factor of a product). A matrix product adds the products of its entries in any order,
with or without fused multiply-add. Products with the entries 0 and 1 of the matrix of states are exact, and so are
sums with 0.

*Relative errors.* Write ``gamma_k = k u / (1 - k u)``. Each ``u_ri`` takes part in at most n additions, one of them
that of ``c_r s``, which itself has three roundings with this addition; relu is exact and has the Lipschitz constant 1.
So the computed preactivation is off by at most ``gamma_(n+3) (sum_S |u_ri| + |c_r| s)``. Its product with a_r is
rounded once, and takes part in at most ``block + pieces`` additions; then ``D s``, three roundings, is added; the root,
the product ``s N`` and the division are three more. Since ``gamma_j + gamma_k + gamma_j gamma_k <= gamma_(j+k)``
(Higham, *Accuracy and Stability of Numerical Algorithms*, Lemma 3.3), the computed output is off by at most ::

    gamma_k M / (s N),    M = sum_(i in S) W_i + s (C + |D|),    k = n + block + pieces + 12,
    W_i = sum_r |a_r| |u_ri|,    C = sum_r |a_r| |c_r|

W and C do not depend on the state. They are computed in the same arithmetic; all their terms are nonnegative, so that
they are relatively close, and the factor 5/4 covers this, the difference of gamma_k and ``k u``, and the roundings of
the bound, if ``k u`` and the number of neurons times u are at most 2**-10.

*Underflow.* In W and C, and for D, absolute values are raised by ``t = 2**-960``. This adds ``k u t`` times the sums
of ``|a_r|`` and of ``|u_ri|`` and ``|c_r|`` to the bound, more than the ``(4 n + 8) 2**-1022 |a_r|`` by which the
preactivations may be off, and than 2**-1022 times a preactivation for a weight a_r that is replaced by zero. The
products and sums of the output layer are off by at most ``2**-1019`` for each neuron, which is added.

*Zeros.* An output is exactly 0, by definition, at a state that no input matches if there are no biases, and at every
state if its output weights and the sum D are 0. (D is a multiple of the least float, so it is 0 if it is rounded to 0.)

*Overflow* is impossible: no bound is given (the enclosure is everything) if a weight exceeds 2**400.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ntkproofs.inference.pieces import Floats, Matches, pieces, roots
from ntkproofs.weights.networks import Networks

__all__ = ["Enclosures", "enclose", "output_biases"]

NEURONS, STATES = 512, 64  # of a matrix product: its result fits in the cache of a core
LARGEST = 2.0**400  # weight
UNIT = 2.0**-53
SMALL = 2.0**-10  # of which the relative errors of the bounds themselves are at most a small multiple
RAISED = 2.0**-960  # added to absolute values, for underflow
ABSOLUTE = 2.0**-1019  # for each neuron, for underflow of the output layer
SLACK = 1.25


@dataclass(frozen=True, eq=False)
class Enclosures:
    """Bounds of all outputs, ``low <= output <= high``, ``(states, output bits)`` each; infinite if none is known."""

    low: Floats
    high: Floats


def output_biases(networks: Networks) -> list[Fraction]:
    """Return the sum of the output biases of all networks for each output bit."""
    if networks.output_bias is None:
        return [Fraction(0)] * networks.output_bits
    each = networks.output_bias.reshape(networks.count, -1).T
    return [sum((Fraction(float(bias)) for bias in row), Fraction(0)) for row in each]


def enclose(networks: Networks, matches: Matches, progress: Callable[[float], object] | None = None) -> Enclosures:
    """Return bounds of all outputs at the states with these `matches`; see the module for the proof.

    `progress` is called with the part of the work that is done.
    """
    shape = len(matches), networks.output_bits
    n = matches.sum(axis=1, dtype=np.int64)
    depth = float(n.max(initial=0) + _parts(networks) * networks.count + min(NEURONS, networks.width) + 12)
    neurons = float(networks.count * networks.width)
    if max(depth, neurons) * UNIT > SMALL or _largest(networks) > LARGEST:
        return Enclosures(np.full(shape, -np.inf), np.full(shape, np.inf))
    root = np.sqrt(roots(matches).astype(np.float64))
    sums, weights, biases = _sums(networks, matches, root, progress)
    offsets = np.array([float(bias) for bias in output_biases(networks)])
    scale = (root * networks.count)[:, None]
    middle = (sums + root[:, None] * offsets) / scale
    sizes = matches.astype(np.float64) @ weights + root[:, None] * (biases + np.abs(offsets) + RAISED)
    radius = SLACK * depth * UNIT * sizes / scale + (neurons + 16) * ABSOLUTE
    low, high = np.nextafter(middle - radius, -np.inf), np.nextafter(middle + radius, np.inf)
    if not networks.biased:
        low[n == 0] = high[n == 0] = 0.0
    zero = ~networks.output.any(axis=(0, 3)).reshape(-1) & (offsets == 0)
    low[:, zero] = high[:, zero] = 0.0
    return Enclosures(low, high)


def _parts(networks: Networks) -> int:
    """Return the number of pieces of each network."""
    return -(-networks.width // NEURONS)


def _largest(networks: Networks) -> float:
    """Return the largest absolute value of a weight, or of the sum of output biases of a bit."""
    arrays = [networks.hidden, networks.output, networks.hidden_bias, networks.output_bias]
    return max(float(max(array.max(), -array.min())) for array in arrays if array is not None) * networks.count


def _sums(
    networks: Networks, matches: Matches, root: Floats, progress: Callable[[float], object] | None
) -> tuple[Floats, Floats, Floats]:
    """Return F without ``D s``, ``(states, bits)``; W, ``(inputs, bits)``; and C, ``(bits,)``, as computed."""
    states, inputs = matches.shape
    sums = np.zeros((states, networks.output_bits))
    weights, biases = np.zeros((inputs, networks.output_bits)), np.zeros(networks.output_bits)
    indicator = matches.astype(np.float64)
    buffer = np.empty((STATES, NEURONS))
    total = _parts(networks) * networks.count * networks.hidden.shape[1]
    for done, piece in enumerate(pieces(networks, NEURONS), 1):
        size = np.abs(piece.output) + RAISED
        weights[:, piece.bits] += (size @ (np.abs(piece.hidden) + RAISED)).T
        biases[piece.bits] += size.sum(axis=1) * RAISED if piece.bias is None else size @ (np.abs(piece.bias) + RAISED)
        hidden, output = piece.hidden.T, piece.output.T
        for first in range(0, states, STATES):
            rows = slice(first, first + STATES)
            part = indicator[rows]
            active = np.matmul(part, hidden, out=buffer[: len(part), : hidden.shape[1]])
            if piece.bias is not None:
                active += root[rows, None] * piece.bias
            np.maximum(active, 0.0, out=active)
            sums[rows, piece.bits] += active @ output
        if progress is not None:
            progress(done / total)
    return sums, weights, biases
