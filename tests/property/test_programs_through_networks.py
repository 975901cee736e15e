"""Random programs through random networks: wrong cases, match sets and extremes agree with brute force on fractions."""

from fractions import Fraction

import numpy as np
import pytest
from exact_networks import brute_force, sign_of_root_sum
from hypothesis import given, settings
from hypothesis import strategies as st

from ntkproofs.execution import NetworkMachine, WrongBit, exhaust_networks, search_thresholds
from ntkproofs.inference import Surd
from ntkproofs.strategies import template_programs
from ntkproofs.weights import Networks

PROGRAMS = template_programs(fields={"p": 2, "q": 3}, max_templates=6, max_padding=2)


def drawn(program, seed, biased):
    """Networks with small integer weights, so that many outputs are equal; some execute the program nearly."""
    source = np.random.default_rng(seed)
    inputs, bits, width = program.samples, program.output_bits, program.samples + 1
    hidden, output = np.eye(width, inputs), np.zeros((bits, width))
    output[:, :inputs] = program.labels.T
    if seed % 3:
        hidden += source.integers(-1, 2, hidden.shape) * 2.0 ** -source.integers(1, 60, hidden.shape)
        output += source.integers(-1, 2, output.shape) * (source.random(output.shape) < 0.2)
    biases = (source.integers(-1, 2, width) / 4, source.integers(-1, 2, bits) / 8) if biased else (None, None)
    return Networks.of(hidden, output, *biases)


@settings(max_examples=60)
@given(PROGRAMS, st.integers(0, 2**20), st.booleans(), st.sampled_from([0, Fraction(1, 4), Fraction(1, 2), 1]))
def test_one_step_from_every_state(program, seed, biased, threshold):
    networks = drawn(program, seed, biased)
    result = exhaust_networks(program, networks, threshold=threshold)
    interval = search_thresholds(program, networks)
    wrong, sets, ones, zeros = 0, set(), [], []
    for case in range(32):
        state = program.state(p=case & 3, q=case >> 2)
        match = np.zeros((1, networks.inputs), dtype=np.bool_)
        match[0, program.match(state)] = True
        (values,), (n,) = brute_force(networks, match)
        following = program.row(program.step(state))
        silent = not biased and not match.any()
        right = True
        for (a, b), bit in zip(values, following, strict=True):
            if not silent:
                right &= sign_of_root_sum(a - threshold, b, n) == (1 if bit else -1)
            (ones if bit else zeros).append(Surd(a, b, n))
        sets.add(match.tobytes())
        wrong += not right
        if not right and wrong == 1:
            assert result.first_wrong.inputs == (case & 3, case >> 2)
            with pytest.raises(WrongBit) as caught:
                NetworkMachine(program, networks, threshold).step(state)
            output = result.first_wrong.output
            assert (caught.value.value, caught.value.bit) == (output.value, output.bit)
    assert (result.wrong, result.match_sets, result.bits_decided) == (wrong, len(sets), 5 * len(sets))
    low, high = (max(zeros) if zeros else None), (min(ones) if ones else None)
    assert (interval.low, interval.high) == (low, high)
    assert interval.outcome == ("none" if low is not None and high is not None and low >= high else "right")
    if interval.outcome == "right":
        assert exhaust_networks(program, networks, threshold=interval.threshold()).holds
