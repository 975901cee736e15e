"""Helpers of the claims on depth and on activations: symbols, rigorous signs, margins and ensembles of permutations."""

from fractions import Fraction
from functools import lru_cache

import sympy

from ntkproofs.bounds import Margins, choose_threshold, ensemble_size
from ntkproofs.counts import arbitrary_counts
from ntkproofs.kernels import (
    RHO,
    Kernel,
    deep_numbers,
)
from ntkproofs.predictor import MATCHED_WRITERS, MATCHES, SAMPLES, WRITERS
from ntkproofs.programs import permutation

SOURCE = "extension: the same theory for other networks"
n, p, t, K = MATCHES, MATCHED_WRITERS, WRITERS, SAMPLES
a, v = sympy.symbols("a v", real=True)
CORRELATION = {RHO: (Fraction(-1), Fraction(1))}
PRECISION = 128
DELTA = Fraction(1, 100)


def positive_at(layers: int, matches: int, regime: str, slope: Fraction = Fraction(0)) -> bool:
    """Return whether the mean of a 0-bit is positive; raise Undecided if the interval contains 0."""
    own, other, matched = deep_numbers(layers, matches, regime, slope=slope, precision=PRECISION)
    return (own - other - (matched - other) * matches).sign() > 0


@lru_cache(maxsize=64)
def margins_of(kernel: Kernel, bits: int) -> Margins:
    """Return the margins of a permutation of the given number of bits, at arbitrary states."""
    return Margins.of(kernel, arbitrary_counts(permutation(range(bits))))


def size(kernel: Kernel, bits: int, choice: str = "best") -> int:
    """Return the size of the ensemble that the union bound requires for a permutation, all inputs, delta = 0.01."""
    counts = arbitrary_counts(permutation(range(bits)))
    return ensemble_size(
        kernel,
        counts,
        output_bits=bits,
        steps=1,
        inputs=2**bits,
        failure=DELTA,
        threshold=choose_threshold(kernel, counts, choice),
    ).networks
