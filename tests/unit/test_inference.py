"""Exact decisions on given networks: rounding that would decide wrongly, ties, extreme weights, invalid arguments."""

from fractions import Fraction

import numpy as np
import pytest
from exact_networks import brute_force

from ntkproofs.errors import EnginesDisagree, InputError
from ntkproofs.inference import Outputs, Surd, decide, outputs_exact
from ntkproofs.weights.networks import Networks

ONE = np.ones((1, 1), dtype=np.bool_)


def exact(networks, matches):
    outputs = Outputs(networks, matches)
    return outputs, outputs.exact(np.ones(outputs.low.shape, dtype=np.bool_))


def test_a_margin_of_two_to_the_minus_60_is_decided():
    hidden = np.array([[1.0], [2.0**-30]])
    output = np.array([[1.0, 2.0**-30], [1.0, -(2.0**-30)]])
    result = decide(Networks.of(hidden, output), ONE, 1)
    assert result.bits.tolist() == [[1, 0]]
    assert result.exact == 2
    assert result.least_margin() == (Surd(Fraction(1, 1 << 60)), 0, 0)


@pytest.mark.parametrize("threshold", [Fraction(1, 3) + Fraction(1, 1 << 400), Fraction(1, 3) - Fraction(1, 1 << 400)])
def test_thresholds_that_are_no_floats(threshold):
    """1/3 itself is no float: 1 is compared with 3 tau by way of three networks of which two answer 0."""
    networks = Networks.of(np.ones((3, 1, 1)), np.array([[[1.0]], [[0.0]], [[0.0]]]))
    assert decide(networks, ONE, Fraction(1, 3)).bits.tolist() == [[-1]]
    assert decide(networks, ONE, threshold).bits.tolist() == [[int(threshold < Fraction(1, 3))]]


def test_equality_is_reported_also_of_irrational_sums():
    networks = Networks.of(
        np.array([[1.0, 1.0]]), np.array([[1.0], [2.0]]), np.array([0.0]), np.array([0.5, 0.5])
    )  # sqrt(2) + 1/2 and 2 sqrt(2) + 1/2
    matches = np.array([[True, True], [False, False]])
    assert decide(networks, matches, Fraction(1, 2)).bits.tolist() == [[1, 1], [-1, -1]]
    assert outputs_exact(networks, matches[0], 1) == Surd(Fraction(1, 2), 2, 2)
    tie = Networks.of(np.array([[1.0, 1.0, 1.0, 1.0]]), np.array([[1.0]]))
    result = decide(tie, np.ones((1, 4), dtype=np.bool_), 2)
    assert (result.bits.tolist(), result.at_threshold) == ([[-1]], 1)


def test_states_that_no_input_matches():
    without = Networks.of(np.ones((1, 2)), np.ones((1, 1)))
    none = np.zeros((1, 2), dtype=np.bool_)
    assert [decide(without, none, threshold).bits.item() for threshold in (-1, 0, 1)] == [1, 0, 0]
    assert decide(without, none, 0).exact == 0
    assert decide(without, none, 0).least_margin() is None
    biased = Networks.of(np.ones((1, 2)), np.ones((1, 1)), np.array([0.25]))
    assert [decide(biased, none, threshold).bits.item() for threshold in (0, Fraction(1, 4), 1)] == [1, -1, 0]


def test_zero_weights_are_at_the_threshold_zero():
    networks = Networks.of(np.zeros((4, 3, 2)), np.zeros((4, 5, 3)))
    result = decide(networks, np.array([[True, True], [True, False], [False, False]]), 0)
    assert result.bits.tolist() == [[-1] * 5, [-1] * 5, [0] * 5]
    assert (result.exact, result.at_threshold) == (10, 10)
    assert result.least_margin() == (Surd(0), 0, 0)


def test_rounding_errors_of_long_sums_are_within_the_bounds():
    """Half a unit in the last place is lost at nearly every addition to 1 (and kept, if the small numbers come first).

    In the preactivations, and in the sum over the neurons. A bound forty times smaller would be wrong with OpenBLAS.
    """
    small = 2.0**-53
    for inputs, width in ((3000, 1), (1, 500)):
        hidden = np.full((width, inputs), small if inputs > 1 else 1.0)
        output = np.full((1, width), small if width > 1 else 1.0)
        hidden[0, 0] = output[0, 0] = 1.0
        networks = Networks.of(hidden, output)
        outputs, values = exact(networks, np.ones((1, inputs), dtype=np.bool_))
        true = values[0, 0]
        terms = max(inputs, width) - 1
        assert true == Surd(0, Fraction(1 + terms * Fraction(1, 1 << 53), inputs), inputs)
        middle = (Fraction(outputs.low[0, 0]) + Fraction(outputs.high[0, 0])) / 2
        error = abs(float(true - middle))
        assert error < (outputs.high[0, 0] - outputs.low[0, 0]) / 2


def test_cancellation_where_floats_have_the_wrong_sign():
    """1e16 + 1 - 1e16 - 1/2: the order of summation decides the sign that floats see."""
    hidden = np.array([[1e16, 1.0, -1e16, -0.5]])
    for order in ([0, 1, 2, 3], [1, 0, 2, 3], [3, 0, 1, 2], [1, 3, 0, 2]):
        networks = Networks.of(hidden[:, order], np.array([[1.0]]))
        result = decide(networks, np.ones((1, 4), dtype=np.bool_), 0)
        assert (result.bits.tolist(), result.exact) == ([[1]], 1)
        assert result.least_margin() == (Surd(Fraction(1, 4)), 0, 0)
        opposite = decide(Networks.of(-hidden[:, order], np.array([[1.0]])), np.ones((1, 4), dtype=np.bool_), 0)
        assert opposite.bits.tolist() == [[-1]]  # the neuron is inactive: the output is 0


def test_huge_weights_that_overflow_floats():
    """1.5e308 + 1.5e308 - 2.9e308 is 1e307, but infinite in most orders of summation, and relu(-inf) would be 0."""
    hidden = np.array([[-1e308, -1e308, 1.7e308, 1e308]])
    networks = Networks.of(hidden, np.array([[1e-300]]))
    result = decide(networks, np.ones((1, 4), dtype=np.bool_), 0)
    expected, _ = brute_force(networks, np.ones((1, 4), dtype=np.bool_))
    assert result.bits.tolist() == [[1]]
    assert result.least_margin() == (Surd(0, expected[0][0][1], 4), 0, 0)


def test_subnormal_weights():
    tiny = 5e-324
    networks = Networks.of(np.array([[tiny, tiny]]), np.array([[1.0], [tiny], [-tiny], [1e300]]))
    result = decide(networks, np.array([[True, True]]), 0)
    assert result.bits.tolist() == [[1, 1, 0, 1]]
    assert decide(networks, np.array([[True, True]]), Fraction(tiny) ** 2).bits.tolist() == [[1, 1, 0, 1]]


def test_enclosures_hold_where_products_of_weights_are_less_than_every_float():
    outputs, values = exact(Networks.of(np.full((1000, 1), 2.0**-538), np.full((1, 1000), 2.0**-538)), ONE)
    assert values[0, 0] == Surd(Fraction(1000, 1 << 1076)) > Fraction(5e-324)
    assert outputs.high[0, 0] > 5e-324


def test_enclosures_hold_where_subnormal_numbers_are_replaced_by_zero():
    """Such processors would compute 0 in place of 1e-310 (the hidden layer) and of its product with 1e300."""
    networks = Networks.of(np.array([[1e-310]]), np.array([[1e120]]))
    outputs, _ = exact(networks, ONE)
    assert outputs.low[0, 0] <= 0
    assert outputs.high[0, 0] >= 1e-190


def test_hidden_biases_whose_sign_squares_decide():
    """g + c sqrt(2) with the convergents p/q of sqrt(2), which are as near as fractions can be, from both sides."""
    both, p, q = np.array([True, True]), 1.0, 1.0
    while p < 1 << 52:
        for side in (1, -1):
            networks = Networks.of(np.array([[side * p / 2, side * p / 2]]), np.array([[1.0]]), np.array([-side * q]))
            positive = (int(p) ** 2 > 2 * int(q) ** 2) == (side > 0)  # whether side (p - q sqrt(2)) is
            assert decide(networks, both[None], 0).bits.tolist() == [[1 if positive else -1]]
            value = Surd(Fraction(-side * q), Fraction(side * p) / 2, 2)
            assert outputs_exact(networks, both, 0) == (value if positive else Surd(0))
        p, q = p + 2 * q, p + q


def test_extremes_are_exact_and_the_first():
    hidden = np.array([[1.0, 1.0, 1.0]])
    outputs = Outputs(
        Networks.of(hidden, np.array([[1.0], [1.0]])), np.array([[True, False, True], [False, True, True]])
    )
    everything = np.ones((2, 2), dtype=np.bool_)
    least, greatest = outputs.least(everything), outputs.greatest(everything)
    assert (
        (least.value, least.state, least.bit) == (greatest.value, greatest.state, greatest.bit) == (Surd(0, 1, 2), 0, 0)
    )
    assert outputs.least(np.zeros((2, 2), dtype=np.bool_)) is None
    assert outputs.least(everything, below=1.0) is None


def test_an_enclosure_that_misses_the_exact_output_is_an_alarm():
    outputs = Outputs(Networks.of(np.ones((1, 1)), np.ones((1, 1))), ONE)
    outputs.low[0, 0] = np.nextafter(1.0, 2)
    with pytest.raises(EnginesDisagree, match="by integers"):
        outputs.exact(ONE)


@pytest.mark.parametrize(
    ("matches", "message"),
    [
        (np.ones((1, 2), dtype=np.bool_), "matches has 2 columns, but the networks"),
        (np.ones((1, 1)), "a boolean matrix"),
        (np.ones(1, dtype=np.bool_), "a boolean matrix"),
        ([[True]], "a boolean matrix"),
    ],
)
def test_matches_of_another_shape_are_refused(matches, message):
    with pytest.raises(InputError, match=message):
        decide(Networks.of(np.ones((1, 1)), np.ones((1, 1))), matches, 0)


@pytest.mark.parametrize("threshold", [0.5, "1/2", None, True])
def test_thresholds_must_be_rational(threshold):
    with pytest.raises(InputError, match="a threshold must be a fraction"):
        decide(Networks.of(np.ones((1, 1)), np.ones((1, 1))), ONE, threshold)


def test_progress_ends_with_the_whole_work():
    networks = Networks.of(np.ones((2, 600, 1)), np.ones((2, 1, 600)))
    floats, integers = [], []
    outputs = Outputs(networks, ONE, floats.append)
    outputs.exact(ONE, integers.append)
    assert floats == integers == [0.25, 0.5, 0.75, 1.0]


def test_outputs_without_weights_need_no_integers():
    """A bit that no template writes keeps the output weights 0 when training starts at zero."""
    networks = Networks.of(np.ones((1, 3)), np.array([[0.0], [-1.0]]))
    matches = (np.arange(8)[:, None] >> np.arange(3) & 1).astype(np.bool_)
    result = decide(networks, matches, Fraction(1, 8))
    assert result.exact == 0
    everything = np.ones((8, 2), dtype=np.bool_)
    assert int(result.outputs.near_greatest(everything).sum()) == 1
    greatest = result.outputs.greatest(everything)
    assert (greatest.value, greatest.state, greatest.bit) == (Surd(0), 0, 0)
    biased = Networks.of(np.ones((1, 3)), np.array([[0.0], [-1.0]]), None, np.array([5e-324, 0.0]))
    assert decide(biased, matches, 0).bits[:, 0].tolist() == [1] * 8
