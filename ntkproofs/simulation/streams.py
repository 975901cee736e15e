"""Random streams: independent of each other for every purpose and place, from one seed of any size."""

from __future__ import annotations

import numpy as np

from ntkproofs.errors import InputError
from ntkproofs.validation import as_integer

__all__ = ["ENSEMBLES", "PAIRS", "STATES", "WEIGHTS", "WORDS", "stream"]

# purposes: test words, networks (or averages of them), pairs of states; states, weights of trained networks
WORDS, ENSEMBLES, PAIRS, STATES, WEIGHTS = range(5)


def stream(seed: int, purpose: int, *place: int) -> np.random.Generator:
    """Return the generator for one purpose and place; others are independent of it (``numpy.random.SeedSequence``).

    A tuple as a seed would not do: ``default_rng(5)``, ``(5, 0)`` and ``(5, 0, 0)`` are the same, and so are
    ``(2**32 + 5, 0)`` and ``(5, 1, 0)``. Raises InputError unless the seed is an integer from 0 on.

    >>> bool(stream(5, WORDS).random() == stream(5, ENSEMBLES, 0).random())
    False
    """
    number = as_integer(seed)
    if number is None or not 0 <= number < 1 << 128:
        raise InputError(f"a seed is an integer from 0 to 2^128 - 1, got {seed!r}")
    return np.random.default_rng(np.random.SeedSequence(number, spawn_key=(purpose, *map(int, place))))
