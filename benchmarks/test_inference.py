"""Seconds for exact decisions on given networks, compared with float matrix products that prove nothing.

    pytest benchmarks/test_inference.py --benchmark-columns=median,rounds

The states are all 1,023 words of 10 bits. Random hidden weights, and output weights that fit the samples.
"""

import time
from fractions import Fraction

import numpy as np
import pytest

from ntkproofs.inference import Outputs, decide
from ntkproofs.inference.enclosures import NEURONS, STATES
from ntkproofs.weights import Networks

BITS = 10
WORDS = (np.arange(1, 1 << BITS)[:, None] >> np.arange(BITS) & 1).astype(np.bool_)
THRESHOLD = Fraction(1, 8)


def networks(count, width):
    """Networks of one hidden layer, float32, each with all output bits."""
    source = np.random.default_rng(0)
    hidden = source.standard_normal((count, width, BITS), dtype=np.float32)
    output = np.empty((count, BITS, width), dtype=np.float32)
    for weights, fitted in zip(hidden, output, strict=True):
        features = np.maximum(weights, 0).astype(np.float64)
        fitted[:] = np.linalg.solve(features.T @ features, features.T)
    return Networks.of(hidden, output)


def plain(given, dtype):
    """Seconds for the outputs by float matrix products, in blocks that fit in the cache, as those of the package."""
    states = (WORDS / np.sqrt(WORDS.sum(axis=1, keepdims=True))).astype(dtype)
    start = time.perf_counter()
    total = np.zeros(WORDS.shape, dtype=dtype)
    for hidden, output in zip(given.hidden[:, 0], given.output[:, 0], strict=True):
        for first in range(0, len(hidden), NEURONS):
            part = hidden[first : first + NEURONS].astype(dtype).T
            weights = output[:, first : first + NEURONS].astype(dtype).T
            for row in range(0, len(states), STATES):
                total[row : row + STATES] += np.maximum(states[row : row + STATES] @ part, 0) @ weights
    return time.perf_counter() - start


@pytest.mark.parametrize(("count", "width"), [(10, 1000), (10, 50_000), (69, 50_000)])
def test_decisions(benchmark, count, width):
    given = networks(count, width)
    result = benchmark.pedantic(lambda: decide(given, WORDS, THRESHOLD), rounds=1 if count > 10 else 3)
    seconds = benchmark.stats.stats.median
    benchmark.extra_info |= {
        "decided by integers": result.exact,
        "times the product in float64": round(seconds / plain(given, np.float64), 2),
        "times the product in float32": round(seconds / plain(given, np.float32), 2),
    }
    print(f"\n{count} networks of width {width}: {benchmark.extra_info}")


@pytest.mark.parametrize(("count", "width"), [(1, 2000), (5, 2000)])
def test_every_output_by_integers(benchmark, count, width):
    given = networks(count, width)
    outputs = Outputs(given, WORDS)
    everything = np.ones(outputs.low.shape, dtype=np.bool_)

    def integers():
        outputs._known.clear()
        return outputs.exact(everything)

    assert len(benchmark.pedantic(integers, rounds=1)) == everything.size
    benchmark.extra_info |= {
        "times the product in float64": round(benchmark.stats.stats.median / plain(given, np.float64), 1)
    }
    print(f"\nevery output of {count} networks of width {width} by integers: {benchmark.extra_info}")
