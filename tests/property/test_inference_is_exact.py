"""Outputs and decisions of given networks agree with brute force on fractions: all kinds of weights, and ties."""

from fractions import Fraction

import numpy as np
import pytest
from exact_networks import brute_force, sign_of_root_sum
from hypothesis import given
from hypothesis import strategies as st

from ntkproofs.inference import Outputs, Surd, decide
from ntkproofs.weights.networks import Networks

KINDS = {
    "normal": lambda source, shape: source.standard_normal(shape),
    "integers": lambda source, shape: source.integers(-2, 3, shape).astype(float),
    "sparse": lambda source, shape: source.standard_normal(shape) * (source.random(shape) < 0.3),
    "wide": lambda source, shape: source.standard_normal(shape) * 2.0 ** source.integers(-70, 70, shape),
    "subnormal": lambda source, shape: source.integers(-9, 10, shape) * 5e-324,
    "huge": lambda source, shape: source.standard_normal(shape) * 1e307,
    "all exponents": lambda source, shape: source.standard_normal(shape) * 2.0 ** source.integers(-1060, 1020, shape),
    "near 1": lambda source, shape: source.choice([-1.0, 1.0], shape) * (1 + source.integers(-2, 3, shape) * 2.0**-52),
    "zero": lambda source, shape: np.zeros(shape),
}


@st.composite
def cases(draw):
    source = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    axes = draw(st.sampled_from(["", "network", "bit", "network,bit"]))
    dtype = draw(st.sampled_from([np.float64, np.float64, np.float32, np.float16]))
    leading = tuple(draw(st.integers(1, 3)) for name in axes.split(",") if name)
    width, inputs = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    outputs = 1 if "bit" in axes else draw(st.integers(1, 3))

    def array(*shape):
        kind = KINDS[draw(st.sampled_from(list(KINDS)))]
        with np.errstate(over="ignore"):
            values = kind(source, (*leading, *shape)).astype(dtype)
        values[~np.isfinite(values)] = np.finfo(dtype).max
        return values

    networks = Networks.of(
        array(width, inputs),
        array(outputs, width),
        array(width) if draw(st.booleans()) else None,
        array(outputs) if draw(st.booleans()) else None,
        axes=axes,
    )
    if draw(st.booleans()) and width >= 2:  # sums that cancel but for the last digits, or exactly
        networks.hidden[:, :, 1] = networks.hidden[:, :, 0]
        networks.output[..., 1] = -networks.output[..., 0]
        if draw(st.booleans()):
            networks.hidden[:, :, 1, 0] = np.nextafter(networks.hidden[:, :, 1, 0], dtype(0))
    matches = source.random((draw(st.integers(1, 6)), inputs)) < 0.6
    return networks, matches


@given(cases())
def test_outputs_are_exact_and_enclosed(case):
    networks, matches = case
    expected, numbers = brute_force(networks, matches)
    outputs = Outputs(networks, matches)
    exact = outputs.exact(np.ones(outputs.low.shape, dtype=np.bool_))
    for state, row in enumerate(expected):
        for bit, (a, b) in enumerate(row):
            value = exact[state, bit]
            assert value == Surd(a, b, numbers[state])
            for bound, side in ((outputs.low[state, bit], 1), (outputs.high[state, bit], -1)):
                if np.isfinite(bound):
                    assert sign_of_root_sum(a - Fraction(float(bound)), b, numbers[state]) * side >= 0


@given(cases(), st.data())
def test_decisions_agree_with_brute_force(case, data):
    networks, matches = case
    expected, numbers = brute_force(networks, matches)
    rational = [a + b for row, n in zip(expected, numbers, strict=True) for a, b in row if n == 1]
    threshold = data.draw(st.sampled_from([Fraction(0), Fraction(1, 8), *rational]))
    threshold += data.draw(st.sampled_from([0, 0, Fraction(1, 1 << 60), Fraction(-1, 1 << 1080), Fraction(1, 3 << 50)]))
    result = decide(networks, matches, threshold)
    margins = []
    for state, row in enumerate(expected):
        silent = not networks.biased and not matches[state].any()
        for bit, (a, b) in enumerate(row):
            order = sign_of_root_sum(a - threshold, b, numbers[state])
            if silent:
                assert result.bits[state, bit] == (threshold < 0)
            else:
                assert result.bits[state, bit] == {-1: 0, 0: -1, 1: 1}[order]
                margins.append((abs(Surd(a - threshold, b, numbers[state])), state, bit))
    least = result.least_margin()
    if not margins:
        assert least is None
        return
    smallest = margins[0]
    for margin in margins:
        if margin[0] < smallest[0]:
            smallest = margin
    assert least == smallest


@pytest.mark.parametrize("bias", [False, True])
def test_more_neurons_and_states_than_a_block(bias):
    source = np.random.default_rng(5)
    networks = Networks.of(
        source.standard_normal((2, 700, 7)).astype(np.float32),
        source.standard_normal((2, 2, 700)).astype(np.float32),
        source.standard_normal((2, 700)).astype(np.float32) if bias else None,
    )
    matches = (np.arange(128)[:, None] >> np.arange(7) & 1).astype(np.bool_)
    outputs = Outputs(networks, matches)
    exact = outputs.exact(np.ones(outputs.low.shape, dtype=np.bool_))
    chosen = [1, 63, 64, 127]
    expected, numbers = brute_force(networks, matches[chosen])
    for state, row, n in zip(chosen, expected, numbers, strict=True):
        assert [exact[state, bit] for bit in range(2)] == [Surd(a, b, n) for a, b in row]
    width = outputs.high - outputs.low
    assert ((width[1:] > 0) & (width[1:] < 1e-9)).all()
