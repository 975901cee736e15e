"""Random streams: independent for every purpose and index, derived from one seed."""

from __future__ import annotations

import numpy as np

from ntkproofs.errors import InputError
from ntkproofs.validation import as_integer

__all__ = ["ENSEMBLES", "PAIRS", "STATES", "WEIGHTS", "WORDS", "stream"]

# purposes: test words, networks (or their averages), pairs of states; states and weights of trained networks
WORDS, ENSEMBLES, PAIRS, STATES, WEIGHTS = range(5)


def stream(seed: int, purpose: int, *index: int) -> np.random.Generator:
    """Return the generator of one purpose and index, independent of all others (``numpy.random.SeedSequence``).

    A tuple as a seed is ambiguous: ``default_rng(5)``, ``(5, 0)`` and ``(5, 0, 0)`` are equal, and so are
    ``(2**32 + 5, 0)`` and ``(5, 1, 0)``. Raises InputError unless the seed is an integer from 0 to 2^128 - 1.

    >>> bool(stream(5, WORDS).random() == stream(5, ENSEMBLES, 0).random())
    False
    """
    number = as_integer(seed)
    if number is None or not 0 <= number < 1 << 128:
        raise InputError(f"a seed is an integer from 0 to 2^128 - 1, got {seed!r}")
    return np.random.default_rng(np.random.SeedSequence(number, spawn_key=(purpose, *map(int, index))))
