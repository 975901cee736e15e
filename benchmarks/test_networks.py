"""Networks per second for trained ensembles, linearised ensembles, and the limit.

pytest benchmarks/test_networks.py --benchmark-columns=median,rounds
"""

import pytest

from ntkproofs.programs import permutation
from ntkproofs.simulation import simulate, words_with_ones

CASES = {
    f"{model}-{parametrisation}-{bits}": (model, parametrisation, bits)
    for bits in (10, 30)
    for model, parametrisation in (("limit", "ntk"), ("linearised", "ntk"), ("trained", "ntk"), ("trained", "standard"))
}


@pytest.mark.parametrize("name", CASES)
def test_networks_per_second(benchmark, name):
    model, parametrisation, bits = CASES[name]
    trials = words_with_ones(permutation(range(bits)))
    options = {"networks": 16, "model": model, "parametrisation": parametrisation, "repetitions": 1}
    result = benchmark.pedantic(lambda: simulate(trials, **options), rounds=3, warmup_rounds=1)
    assert result.complete
    benchmark.extra_info |= {
        "networks per second": round(16 / benchmark.stats.stats.median, 1),
        "steps of gradient descent": result.descent_steps,
    }
    print(f"\n{name}: {benchmark.extra_info}")
