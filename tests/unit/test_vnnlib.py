"""Questions for other verifiers: the exact answer of the files is that of the networks, and Marabou's beside it."""

import itertools
import re
from fractions import Fraction
from math import isqrt

import numpy as np
import pytest

from ntkproofs.errors import InputError
from ntkproofs.execution.exhaust_networks import exhaust_networks
from ntkproofs.programs import (
    Stream,
    TemplateProgram,
    addition_task,
    multiplication_task,
    permutation,
    permutation_task,
)
from ntkproofs.simulation import train
from ntkproofs.training import Training
from ntkproofs.vnnlib import export_vnnlib, occurring_matches
from ntkproofs.vnnlib.decimals import decimal, root_bounds
from ntkproofs.weights.networks import Networks

pytest.importorskip("onnx")
from ntkproofs.weights.onnx import read_onnx

THIRD = Fraction(1, 3)
TINY = 2.0**-60


def states_of(inputs):
    return np.array(list(itertools.product([False, True], repeat=inputs)))


def copying():
    """Two bits, each copied by a template of its own."""
    program = TemplateProgram("copy", {"q": 2})
    for index in range(2):
        program.template({("q", index): 1}, [("q", index)])
    return program


ONE_EACH = np.array([[True, False], [False, True]])  # its states with one match


# --- reading the files back, and their answer in exact arithmetic


def expressions(text):
    """The S-expressions of a file without its comments."""
    tokens = re.findall(r"[()]|[^\s()]+", re.sub(r";[^\n]*", "", text))
    stack = [[]]
    for token in tokens:
        if token == "(":
            stack.append([])
        elif token == ")":
            inner = stack.pop()
            stack[-1].append(inner)
        else:
            stack[-1].append(token)
    return stack[0]


def disjuncts(path):
    """The disjuncts of a property: comparisons (operator, tensor, index, number)."""
    (assertion,) = [item[1] for item in expressions(path.read_text()) if item[0] == "assert"]
    assert assertion[0] == "or"
    result = []
    for conjunction in assertion[1:]:
        assert conjunction[0] == "and"
        result.append([_comparison(item) for item in conjunction[1:]])
    return result


def _comparison(item):
    operator, place, number = item
    tensor, index = re.fullmatch(r"([XY])(?:_|\[0,)(\d+)\]?", place).groups()
    return operator, tensor, int(index), Fraction(number)


def outputs(networks, x, block=0):
    """The outputs of a single network, by fractions."""
    bias = np.zeros(networks.width) if networks.hidden_bias is None else networks.hidden_bias[0, block]
    neurons = [
        max(
            Fraction(0),
            sum((Fraction(float(w)) * value for w, value in zip(row, x, strict=True)), Fraction(float(own))),
        )
        for row, own in zip(networks.hidden[0, block], bias, strict=True)
    ]
    rows = networks.output[0, block]
    offsets = np.zeros(len(rows)) if networks.output_bias is None else networks.output_bias[0, block]
    return [
        sum((Fraction(float(w)) * value for w, value in zip(row, neurons, strict=True)), Fraction(float(own)))
        for row, own in zip(rows, offsets, strict=True)
    ]


HOLDS = {
    "==": lambda a, b: a == b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


def answers(folder):
    """The indices of the satisfiable disjuncts of each property, which fix the inputs, by fractions."""
    result = {}
    for line in (folder / "instances.csv").read_text().splitlines():
        model, name, _ = line.split(",")
        networks = read_onnx(folder / model)
        satisfied = []
        for index, conditions in enumerate(disjuncts(folder / name)):
            x = [number for _, tensor, _, number in conditions if tensor == "X"]
            assert [place for _, tensor, place, _ in conditions if tensor == "X"] == list(range(networks.inputs))
            y = outputs(networks, x)
            values = {"X": x, "Y": y}
            if all(HOLDS[operator](values[tensor][place], number) for operator, tensor, place, number in conditions):
                satisfied.append(index)
        result[int(re.search(r"\d+", name)[0])] = satisfied
        claimed = re.search("Exact answer: (unsat|sat)", (folder / name).read_text())[1]
        assert claimed == ("sat" if satisfied else "unsat")
    return result


def sign_without_biases(networks, matches, threshold, bit):
    """The sign of (true output - threshold), by comparison of squares: the average at the indicator, over sqrt(n)."""
    n = int(matches.sum())
    block, output = divmod(bit, networks.output.shape[2])
    total = Fraction(0)
    for index in range(networks.count):
        one = Networks(networks.hidden[index : index + 1], networks.output[index : index + 1])
        total += outputs(one, [Fraction(int(match)) for match in matches], block)[output]
    value = total / networks.count
    if n == 0:
        return (threshold < 0) - (threshold > 0)
    if (value >= 0) != (threshold >= 0):
        return 1 if value >= 0 else -1
    order = (value**2 > threshold**2 * n) - (value**2 < threshold**2 * n)
    return order if value >= 0 else -order


def noisy(draw, shape, noise):
    program = permutation([1, 2, 0])
    own = np.broadcast_to(np.eye(3), (*shape, 3, 3))
    out = np.broadcast_to(program.labels.T.astype(float), (*shape, 3, 3))
    hidden = np.concatenate([own, draw.normal(size=(*shape, 5, 3)) * noise], axis=-2)
    output = np.concatenate([out, draw.normal(size=(*shape, 3, 5)) * noise], axis=-1)
    return program, hidden.astype(np.float32), output.astype(np.float32)


@pytest.mark.parametrize("noise", [0.0, 0.3, 0.6])
@pytest.mark.parametrize("kind", ["one", "ensemble", "scalar", "scalar ensemble"])
def test_the_answer_of_the_files_is_that_of_the_networks(tmp_path, noise, kind):
    draw = np.random.default_rng(7)
    shape = {"one": (), "ensemble": (3,), "scalar": (3,), "scalar ensemble": (2, 3)}[kind]
    program, hidden, output = noisy(draw, shape, noise)
    axes = {"one": "", "ensemble": "network", "scalar": "bit", "scalar ensemble": "network,bit"}[kind]
    if "scalar" in kind:
        output = np.stack([output[..., bit, bit : bit + 1, :] for bit in range(3)], axis=-3)
    networks = Networks.of(hidden, output, axes=axes)
    states = states_of(3)
    names = export_vnnlib(networks, program, tmp_path / "new" / "folder", threshold=THIRD, states=states)
    folder = tmp_path / "new" / "folder"
    assert sorted(path.name for path in folder.iterdir()) == names
    expected = states @ program.labels.astype(int) > 0
    for bit, satisfied in answers(folder).items():
        signs = [sign_without_biases(networks, state, THIRD, bit) for state in states]
        wrong = [sign != (1 if right else -1) for sign, right in zip(signs, expected[:, bit], strict=True)]
        assert satisfied == list(np.flatnonzero(wrong))


@pytest.mark.parametrize("noise", [0.2, 0.6])
def test_the_answer_with_biases_is_that_of_the_networks(tmp_path, noise):
    """At 1/sqrt(n) to 80 digits no output is within 10^-60 of the threshold, so that its sign is certain."""
    draw = np.random.default_rng(11)
    program, hidden, output = noisy(draw, (), noise)
    biases = [(draw.normal(size=size) * noise / 2).astype(np.float32) for size in (8, 3)]
    networks = Networks.of(hidden, output, *biases)
    states = states_of(3)
    export_vnnlib(networks, program, tmp_path, threshold=THIRD, states=states)
    expected = states @ program.labels.astype(int) > 0
    result = answers(tmp_path)
    assert any(result.values()) == (noise > 0.5)
    for index, state in enumerate(states):
        entry = Fraction(isqrt(10**160 // max(1, int(state.sum()))), 10**80)
        for bit, value in enumerate(outputs(networks, [entry * int(match) for match in state])):
            assert abs(value - THIRD) > Fraction(1, 10**60)
            assert (index in result[bit]) == ((value > THIRD) != expected[index, bit])


def test_both_versions_have_the_same_comparisons(tmp_path):
    program, hidden, output = noisy(np.random.default_rng(3), (), 0.5)
    export_vnnlib(Networks.of(hidden, output), program, tmp_path, threshold=THIRD, states=states_of(3))
    for bit in range(3):
        second, first = (disjuncts(tmp_path / f"bit-{bit}{suffix}.vnnlib") for suffix in ("", ".v1"))
        for old, new in zip(first, second, strict=True):
            pairs = [(tensor, place, number) for operator, tensor, place, number in new if operator == "=="]
            assert old[:-1] == [(operator, *pair) for pair in pairs for operator in ("<=", ">=")]
            assert old[-1] == new[-1]


def test_the_package_vnnlib_reads_version_2(tmp_path):
    vnnlib = pytest.importorskip("vnnlib")
    program, hidden, output = noisy(np.random.default_rng(3), (), 0.5)
    networks = Networks.of(hidden, output, np.full(8, 0.25, np.float32))
    export_vnnlib(networks, program, tmp_path, threshold=THIRD, states=states_of(3))
    for bit in range(3):
        query = vnnlib.parse_query_file(str(tmp_path / f"bit-{bit}.vnnlib"))
        (network,) = query.networks
        assert [list(item.shape) for item in (*network.inputs, *network.outputs)] == [[1, 3], [1, 3]]
        (assertion,) = query.assertions
        parsed = [
            [(item.lhs.name, list(item.lhs.indices), Fraction(item.rhs.lexeme)) for item in conjunction.args]
            for conjunction in assertion.expr.args
        ]
        written = disjuncts(tmp_path / f"bit-{bit}.vnnlib")
        assert parsed == [[(tensor, [0, place], number) for _, tensor, place, number in item] for item in written]


# --- the models


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("biased", [False, True])
def test_the_model_of_one_network_has_its_weights(tmp_path, dtype, biased):
    draw = np.random.default_rng(4)
    program = copying()
    hidden, output = draw.normal(size=(5, 2)).astype(dtype), draw.normal(size=(2, 5)).astype(dtype)
    biases = (draw.normal(size=5).astype(dtype), draw.normal(size=2).astype(dtype)) if biased else (None, None)
    networks = Networks.of(hidden, output, *biases)
    export_vnnlib(networks, program, tmp_path, threshold=THIRD, states=ONE_EACH)
    again = read_onnx(tmp_path / "network.onnx")
    assert again.threshold == THIRD
    for name in ("hidden", "output", "hidden_bias", "output_bias"):
        before, after = getattr(networks, name), getattr(again, name)
        assert (before is None and after is None) or (before.dtype == after.dtype and np.array_equal(before, after))


def test_float16_weights_become_float32(tmp_path):
    networks = Networks.of(np.eye(2, dtype=np.float16), np.eye(2, dtype=np.float32))
    export_vnnlib(networks, copying(), tmp_path, threshold=THIRD, states=ONE_EACH)
    assert read_onnx(tmp_path / "network.onnx").hidden.dtype == np.float32


def test_the_model_of_an_ensemble_is_the_sum(tmp_path):
    draw = np.random.default_rng(5)
    arrays = [draw.normal(size=size).astype(np.float32) for size in ((3, 4, 2), (3, 2, 4), (3, 4), (3, 2))]
    networks = Networks.of(*arrays, axes="network")
    export_vnnlib(networks, copying(), tmp_path, threshold=THIRD, states=ONE_EACH)
    one = read_onnx(tmp_path / "network.onnx")
    assert one.threshold == 1
    x = [Fraction(1, 7), Fraction(-2, 3)]
    parts = [Networks.of(*(array[index] for array in arrays)) for index in range(3)]
    assert outputs(one, x) == [sum(column) for column in zip(*(outputs(part, x) for part in parts), strict=True)]


def test_biases_whose_sum_is_no_float_are_refused(tmp_path):
    bias = np.array([[1.0, 0.0], [TINY, 0.0]])
    networks = Networks.of(np.ones((2, 1, 2)), np.ones((2, 2, 1)), None, bias, axes="network")
    with pytest.raises(InputError, match="a sum of output biases is not a float64 number"):
        export_vnnlib(networks, copying(), tmp_path, threshold=THIRD, states=ONE_EACH)


# --- where tolerances would decide


def answer_of_copy(folder, hidden, output, *biases, threshold=Fraction(1, 2), states=ONE_EACH):
    networks = Networks.of(np.array(hidden), np.array(output), *(None if b is None else np.array(b) for b in biases))
    export_vnnlib(networks, copying(), folder, threshold=threshold, states=states)
    return answers(folder)


@pytest.mark.parametrize(("margin", "wrong"), [(0.0, [0]), (TINY, []), (-TINY, [0])])
def test_equality_and_a_margin_of_two_to_the_minus_60(tmp_path, margin, wrong):
    hidden = [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    assert answer_of_copy(tmp_path, hidden, [[0.5, 0, margin], [0, 1.0, 0]]) == {0: wrong, 1: []}


@pytest.mark.parametrize(("margin", "wrong"), [(0.0, [0]), (TINY, [0]), (-TINY, [])])
def test_the_same_for_a_bit_that_should_be_0(tmp_path, margin, wrong):
    hidden = [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    assert answer_of_copy(tmp_path, hidden, [[1.0, 0, 0], [0.5, 1.0, margin]]) == {0: [], 1: wrong}


def test_the_threshold_itself_at_a_root_that_is_no_decimal(tmp_path):
    """At n = 4 the threshold 1/2 becomes 1, a decimal number, and at n = 3 half the root of 3, which is none."""
    program = TemplateProgram("all", {"q": 4})
    for index in range(4):
        program.template({("q", index): 1}, [("q", index)])
    states = np.array([[True] * 4, [True] * 3 + [False]])
    networks = Networks.of(np.full((1, 4), 1.0), np.full((4, 1), 0.25))  # 1 at n = 4, and 3/4 at n = 3
    for threshold, wrong in ((Fraction(1, 2), [0, 1]), (Fraction(2, 5), [])):
        export_vnnlib(networks, program, tmp_path, threshold=threshold, states=states)
        assert answers(tmp_path)[0] == wrong  # 1/2 = 1/sqrt(4); 3/4 < sqrt(3)/2, and 3/4 > 2/5 sqrt(3)


@pytest.mark.parametrize("threshold", [Fraction(0), Fraction(-1, 3), Fraction(1, 3)])
def test_states_that_no_template_matches(tmp_path, threshold):
    """There every output is 0, and the bit is 0: right unless the threshold is negative."""
    result = answer_of_copy(tmp_path, np.eye(2), np.eye(2) - 0.5, threshold=threshold, states=states_of(2))
    count = len(disjuncts(tmp_path / "bit-0.vnnlib"))
    assert count == (3 if threshold == 0 else 4)
    assert (0 in result[0]) == (threshold < 0)


def test_output_biases_at_the_threshold_stay_there(tmp_path):
    """Without active neurons the output is its bias: at the threshold it is wrong, on both sides, at every state."""
    states = states_of(2)[1:]
    result = answer_of_copy(tmp_path, -np.eye(2), np.eye(2), None, [0.5, 0.5 + 2.0**-53], states=states)
    assert result == {0: [0, 1, 2], 1: [1]}


def test_the_threshold_at_an_input_that_is_no_decimal(tmp_path):
    """With nine matches the inputs are 1/3; an output of exactly 3 is at the threshold 3, and wrong on both sides."""
    program = TemplateProgram("nine", {"q": 9})
    for index in range(9):
        program.template({("q", index): 1}, [("q", 0)])
    networks = Networks.of(np.ones((1, 9)), np.ones((9, 1)), np.zeros(1))
    states = np.ones((1, 9), dtype=bool)
    for threshold, wrong in ((Fraction(3), [0]), (3 + Fraction(1, 10**25), [0]), (3 - Fraction(1, 10**25), [])):
        export_vnnlib(networks, program, tmp_path, threshold=threshold, states=states)
        result = answers(tmp_path)
        assert result[0] == wrong  # it should be 1
        assert result[1] == ([0] if threshold <= 3 else [])  # it should be 0


def test_biased_networks_with_a_tiny_margin_get_more_digits(tmp_path):
    """At n = 2 the output is 1/sqrt(2) - c for a double c next to it; the sign of the difference is decided."""
    root = isqrt(2 * 10**60)
    near = float(Fraction(root, 2 * 10**30))
    for own in (near, np.nextafter(near, 1), np.nextafter(near, 0)):
        above = Fraction(float(own)) ** 2 * 2 < 1  # the neuron at 1/sqrt(2) is above the bias
        result = answer_of_copy(
            tmp_path,
            [[1.0, 0.0], [0.0, 1.0]],
            [[1.0, 0.0], [0.0, 1.0]],
            None,
            [-own, 0.0],
            threshold=Fraction(0),
            states=np.array([[True, True]]),
        )
        assert result == {0: [] if above else [0], 1: []}


def test_an_output_that_is_too_near_is_refused(tmp_path, monkeypatch):
    """An output next to 1/sqrt(2), with a single digit for the threshold."""
    monkeypatch.setattr("ntkproofs.vnnlib.questions.DIGITS", 1)
    monkeypatch.setattr("ntkproofs.vnnlib.questions.MAX_DIGITS", 8)
    with pytest.raises(InputError, match="8 digits do not separate them"):
        answer_of_copy(tmp_path, np.eye(2), np.eye(2) * 2.0**0.5, threshold=Fraction(1), states=states_of(2))
    assert not list(tmp_path.iterdir())


def test_margins_of_many_orders_need_many_digits(tmp_path):
    """The output differs from an irrational threshold by 10^-29: the first number of digits is not enough."""
    n = 2
    low, _ = root_bounds(Fraction(1), Fraction(n), 30)
    parts, rest = [], low
    while rest:
        parts.append(float(rest))
        rest -= Fraction(parts[-1])
        if len(parts) == 4:
            break
    value = sum(map(Fraction, parts), Fraction(0))
    hidden = np.zeros((len(parts), 2))
    hidden[:, 0] = 1
    output = np.vstack([parts, np.zeros(len(parts))])
    states = np.array([[True, True]])
    result = answer_of_copy(tmp_path, hidden, output, threshold=Fraction(1), states=states)
    assert result[0] == ([0] if value**2 < 2 else [])
    (conditions,) = disjuncts(tmp_path / "bit-0.vnnlib")
    assert len(decimal(conditions[-1][-1])) > 30


def test_decimals_are_bounds():
    for factor, n in itertools.product([Fraction(1, 3), Fraction(-5, 7), Fraction(0), Fraction(3, 8)], [1, 2, 4, 10]):
        low, high = root_bounds(factor, Fraction(n), 6)
        square = factor**2 * n
        inner, outer = sorted([low**2, high**2])
        assert inner <= square <= outer
        assert high - low in (0, Fraction(1, 10**6))
        assert (low == high) == (low**2 == square)
        assert Fraction(decimal(low)) == low


# --- the states of a program


@pytest.mark.parametrize(
    "source", [addition_task(bits=2), permutation_task([2, 0, 1]), copying(), multiplication_task(bits=2)]
)
def test_states_are_those_that_an_execution_visits(source):
    program = source if isinstance(source, TemplateProgram) else source.program
    networks = Networks.of(np.ones((1, program.samples)), np.ones((program.output_bits, 1)))
    found = occurring_matches(source)
    assert len(found) == exhaust_networks(source, networks, threshold=THIRD).match_sets
    assert len(np.unique(found, axis=0)) == len(found)


def test_states_of_large_programs_and_of_streams_are_refused():
    with pytest.raises(InputError, match="has 18 input bits and takes"):
        occurring_matches(addition_task(bits=9))
    with pytest.raises(InputError, match="is a stream"):
        occurring_matches(Stream(copying(), ("q",), period=1, output=(("q", 0),), oracle=lambda state, q: (q, q & 1)))


# --- refusals


def test_other_sizes_are_refused(tmp_path):
    networks = Networks.of(np.eye(3), np.eye(3))
    with pytest.raises(InputError, match="3 inputs and 3 output bits, but the program 'copy' needs 2 and 2"):
        export_vnnlib(networks, copying(), tmp_path, threshold=THIRD, states=ONE_EACH)
    with pytest.raises(InputError, match="states must be boolean"):
        export_vnnlib(Networks.of(np.eye(2), np.eye(2)), copying(), tmp_path, threshold=THIRD, states=ONE_EACH * 1)


def test_large_questions_are_refused(tmp_path):
    networks = Networks.of(np.ones((1 << 14, 2)), np.ones((2, 1 << 14)))
    states = np.ones((1 << 13, 2), dtype=bool)
    with pytest.raises(InputError, match="8,192 states, 2 inputs, 2 output bits and 32,768 weights"):
        export_vnnlib(networks, copying(), tmp_path, threshold=THIRD, states=states)


def test_without_states_nothing_is_asked(tmp_path):
    networks = Networks.of(np.eye(2), np.eye(2))
    with pytest.raises(InputError, match="there is no state"):
        export_vnnlib(networks, copying(), tmp_path, threshold=Fraction(0), states=np.zeros((1, 2), dtype=bool))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    networks = Networks.of(np.eye(2), np.eye(2))
    with pytest.raises(InputError, match="the folder cannot be made"):
        export_vnnlib(networks, copying(), tmp_path / "file", threshold=THIRD, states=ONE_EACH)


# --- Marabou, a verifier that decides in floating point


def marabou(folder):
    """The answers of Marabou by output bit."""
    module = pytest.importorskip("maraboupy.Marabou", reason="Marabou is not installed: pip install maraboupy")
    result = {}
    for line in (folder / "instances.csv").read_text().splitlines():
        model, name, _ = line.split(",")
        options = module.createOptions(verbosity=0, timeoutInSeconds=60)
        question = str(folder / name.replace(".vnnlib", ".v1.vnnlib"))
        code, _, _ = module.read_onnx(str(folder / model)).solve(
            verbose=False, options=options, propertyFilename=question
        )
        result[int(re.search(r"\d+", name)[0])] = code
    return result


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Tensorflow parser is unavailable")
@pytest.mark.parametrize("biased", [False, True])
def test_marabou_gives_the_exact_answer_where_margins_are_large(tmp_path, biased):
    seen = set()
    for seed, noise in enumerate((0.0, 0.3, 0.6, 0.6)):
        draw = np.random.default_rng(seed)
        program, hidden, output = noisy(draw, (), noise)
        biases = [(draw.normal(size=size) * noise / 4).astype(np.float32) for size in (8, 3)] if biased else []
        networks = Networks.of(hidden, output, *biases)
        folder = tmp_path / f"{seed}"
        export_vnnlib(networks, program, folder, threshold=THIRD, states=states_of(3))
        exact = {bit: "sat" if satisfied else "unsat" for bit, satisfied in answers(folder).items()}
        assert marabou(folder) == exact
        seen |= set(exact.values())
    assert seen == {"sat", "unsat"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Tensorflow parser is unavailable")
@pytest.mark.parametrize("damaged", [False, True])
def test_marabou_and_trained_networks(tmp_path, damaged):
    """All layers trained, a scalar network for each bit; then the sign of the strongest weight is flipped."""
    program = permutation([1, 2, 0])
    networks = train(program, Training.of("all"), width=100, seed=1)
    output = networks.output.copy()
    if damaged:
        output[np.unravel_index(np.abs(output).argmax(), output.shape)] *= -1
    changed = Networks.of(networks.hidden, output, axes="network,bit")
    export_vnnlib(changed, program, tmp_path, threshold=networks.threshold, states=states_of(3))
    exact = {bit: "sat" if satisfied else "unsat" for bit, satisfied in answers(tmp_path).items()}
    assert ("sat" in exact.values()) == damaged
    assert marabou(tmp_path) == exact


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Tensorflow parser is unavailable")
def test_marabou_gives_other_answers_where_rounding_matters(tmp_path):
    """What Marabou 2.0.0 answers, for comparison: these are the cases for which exact arithmetic is needed."""
    large = 2.0**60
    hidden = [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]
    margin = answer_of_copy(tmp_path / "margin", hidden, [[0.5, 0, TINY, 0], [0, 1.0, 0, 0]])
    assert margin == {0: [], 1: []}
    assert marabou(tmp_path / "margin") == {0: "sat", 1: "unsat"}  # right by 2^-60, within its tolerance
    cancelling = answer_of_copy(tmp_path / "cancelling", hidden, [[1.0, 0, 0, 0], [0.75, 1.0, large, -large]])
    assert cancelling == {0: [], 1: [0]}
    assert marabou(tmp_path / "cancelling") == {0: "unsat", 1: "unsat"}  # wrong by 1/4, and said to be right
