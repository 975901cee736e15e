"""Networks in ONNX files: what exporters write, what a graph computes, and files that are refused."""

import itertools
import random
from fractions import Fraction

import numpy as np
import pytest

from ntkproofs.errors import InputError
from ntkproofs.weights import read_networks
from ntkproofs.weights.onnx import read_onnx
from ntkproofs.weights.products import exact_product, exact_quotient
from ntkproofs.weights.wire import MAX_STRUCTURE, check_structure

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

K, WIDTH, OUTPUTS = 3, 4, 2
RNG = np.random.default_rng(1)
HIDDEN = RNG.integers(-8, 9, (WIDTH, K)).astype(np.float32) / 8
OUTPUT = RNG.integers(-8, 9, (OUTPUTS, WIDTH)).astype(np.float32) / 8
HIDDEN_BIAS = RNG.integers(-8, 9, WIDTH).astype(np.float32) / 8
OUTPUT_BIAS = RNG.integers(-8, 9, OUTPUTS).astype(np.float32) / 8


def model(nodes, constants=(), *, shape=("batch", K), kind=TensorProto.FLOAT, output="y", inputs=None):
    """A model of nodes, with initialisers by name."""
    graph = helper.make_graph(
        nodes,
        "graph",
        inputs or [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info(output, kind, None)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in dict(constants).items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def node(operator, inputs, output, **attributes):
    return helper.make_node(operator, inputs.split(), [output], **attributes)


ARRAYS = {"w": HIDDEN, "v": OUTPUT, "b": HIDDEN_BIAS, "c": OUTPUT_BIAS, "wt": HIDDEN.T, "vt": OUTPUT.T}


def using(names, **more):
    return {name: ARRAYS[name] for name in names.split()} | more


def two_matmuls(*between):
    return [node("MatMul", "x wt", "h"), node("Relu", "h", "r"), *between, node("MatMul", "r vt", "y")]


# the graphs that exporters write: Linear layers of PyTorch, Dense layers of TensorFlow, and matrices on the left
GEMM = [
    node("Gemm", "x w b", "h", transB=1),
    node("Relu", "h", "r"),
    node("Gemm", "r v c", "y", transB=1, alpha=1.0, beta=1.0),
]
DENSE = [
    node("MatMul", "x wt", "m"),
    node("Add", "m b", "h"),
    node("Relu", "h", "r"),
    node("MatMul", "r vt", "n"),
    node("Add", "c n", "y"),
]
COLUMNS = [
    node("MatMul", "w x", "m"),
    node("Add", "m bc", "h"),
    node("Relu", "h", "r"),
    node("Gemm", "v r cc", "y"),
]
VECTOR = [node("MatMul", "w x", "m"), node("Add", "b m", "h"), *DENSE[2:]]
FLATTENED = [
    node("Flatten", "x", "f"),
    node("Identity", "f", "g"),
    node("Gemm", "g w b", "h", transB=1),
    node("Relu", "h", "r"),
    node("Reshape", "r target", "s"),
    node("Gemm", "s vt c", "y"),
]
TURNED = [
    node("Gemm", "x w b", "h", transA=1, transB=1),
    node("Relu", "h", "r"),
    node("Gemm", "r v c", "y", transB=1),
]
LEFT = [
    node("Gemm", "wt x bc", "h", transA=1, transB=1),
    node("Relu", "h", "r"),
    node("Gemm", "v r cc", "y"),
]
TRANSPOSED = [
    node("Transpose", "w", "t", perm=[1, 0]),
    node("MatMul", "x t", "m"),
    node("Add", "m b", "h"),
    *DENSE[2:],
]
COLUMN = {"bc": HIDDEN_BIAS[:, None], "cc": OUTPUT_BIAS[:, None]}
TARGET = {"target": np.array([-1, WIDTH])}
GRAPHS = {
    "gemm": (GEMM, using("w v b c"), ("batch", K)),
    "gemm, one row": (GEMM, using("w v b c"), (1, K)),
    "dense": (DENSE, using("wt vt b c"), (None, K)),
    "dense, many axes": (DENSE, using("wt vt b c"), ("a", 1, K)),
    "dense, bias rows": (DENSE, using("wt vt") | {"b": HIDDEN_BIAS[None], "c": OUTPUT_BIAS[None]}, ("batch", K)),
    "columns": (COLUMNS, using("w v") | COLUMN, (K, "batch")),
    "vector": (VECTOR, using("w b vt c"), (K,)),
    "flattened": (FLATTENED, using("w b vt c") | TARGET, ("batch", K)),
    "columns, turned": (TURNED, using("w v b c"), (K, "batch")),
    "rows, matrices on the left": (LEFT, using("wt v") | COLUMN, (5, K)),
    "transposed": (TRANSPOSED, using("w b vt c"), ("batch", K)),
}


def saved(folder, what):
    path = folder / "network.onnx"
    path.write_bytes(what if isinstance(what, bytes) else what.SerializeToString())
    return path


@pytest.mark.parametrize("name", GRAPHS)
def test_what_exporters_write_is_read(tmp_path, name):
    nodes, constants, shape = GRAPHS[name]
    networks = read_onnx(saved(tmp_path, model(nodes, constants, shape=shape)))
    assert np.array_equal(networks.hidden[0, 0], HIDDEN)
    assert np.array_equal(networks.output[0, 0], OUTPUT)
    assert np.array_equal(networks.hidden_bias[0, 0], HIDDEN_BIAS)
    assert np.array_equal(networks.output_bias[0, 0], OUTPUT_BIAS)
    arrays = networks.hidden, networks.output, networks.hidden_bias, networks.output_bias
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


def values(networks, x):
    """The outputs of a network at x, in exact dyadic arithmetic of small numbers."""
    hidden = networks.hidden[0, 0].astype(np.float64) @ x
    hidden += 0 if networks.hidden_bias is None else networks.hidden_bias[0, 0]
    output = networks.output[0, 0].astype(np.float64) @ np.maximum(hidden, 0)
    return output + (0 if networks.output_bias is None else networks.output_bias[0, 0])


def reference(graph, x):
    """The output by the reference evaluation of the package onnx."""
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(graph).run(None, {"x": x})[0]


SCALED = {
    "factors of both layers": [
        node("Mul", "x half", "s"),
        node("Gemm", "s w b", "h", transB=1, alpha=0.5, beta=2.0),
        node("Mul", "h minus", "k"),
        node("Relu", "k", "r"),
        node("Div", "r four", "q"),
        node("MatMul", "q vt", "m"),
        node("Add", "m c", "n"),
        node("Mul", "three n", "y"),
    ],
    "the matrix is scaled": [
        node("Mul", "wt half", "u"),
        node("MatMul", "x u", "h"),
        node("Relu", "h", "r"),
        node("Mul", "three vt", "u2"),
        node("MatMul", "r u2", "y"),
    ],
    "beta is 0": [node("Gemm", "x wt b", "h", beta=0.0), node("Relu", "h", "r"), node("Gemm", "r vt", "y")],
}
FACTORS = {"half": 0.5, "minus": -1.5, "four": 4.0, "three": 3.0}


@pytest.mark.parametrize("name", SCALED)
def test_scale_factors_are_folded_into_the_weights(tmp_path, name):
    constants = using("w v b c wt vt") | {key: np.float32(value) for key, value in FACTORS.items()}
    graph = model(SCALED[name], constants)
    networks = read_onnx(saved(tmp_path, graph))
    active = 0
    for entries in itertools.product((-8.0, 0.0, 8.0), repeat=K):
        x = np.array(entries, dtype=np.float32)  # sums of few multiples of 2^-9: exact in float32 as well
        assert np.array_equal(values(networks, x.astype(np.float64)), reference(graph, x[None])[0])
        active += (values(networks, x.astype(np.float64)) != values(networks, 0 * x)).any()
    assert active > 9


def test_one_over_the_square_root_of_the_width_is_folded_exactly(tmp_path):
    scale = np.float32(1 / np.sqrt(3))
    graph = model([*two_matmuls(node("Mul", "r s", "q"))[:3], node("MatMul", "q vt", "y")], using("wt vt", s=scale))
    networks = read_onnx(saved(tmp_path, graph))
    expected = [[Fraction(float(scale)) * Fraction(float(item)) for item in row] for row in OUTPUT]
    assert [[Fraction(float(item)) for item in row] for row in networks.output[0, 0]] == expected


@pytest.mark.parametrize(("dtype", "kind"), [(np.float16, TensorProto.FLOAT16), (np.float64, TensorProto.DOUBLE)])
def test_other_types_are_kept(tmp_path, dtype, kind):
    graph = model(two_matmuls(), {"wt": HIDDEN.T.astype(dtype), "vt": OUTPUT.T.astype(dtype)}, kind=kind)
    networks = read_onnx(saved(tmp_path, graph))
    assert networks.hidden.dtype == networks.output.dtype == dtype
    assert np.array_equal(networks.output[0, 0], OUTPUT)


def test_bfloat16_is_read_as_float32(tmp_path):
    tensors = [
        helper.make_tensor(name, TensorProto.BFLOAT16, array.shape, array.flatten().tolist())
        for name, array in (("wt", HIDDEN.T), ("vt", OUTPUT.T))
    ]
    graph = model(two_matmuls(), kind=TensorProto.BFLOAT16)
    graph.graph.initializer.extend(tensors)
    networks = read_onnx(saved(tmp_path, graph))
    assert np.array_equal(networks.hidden[0, 0], HIDDEN)
    assert networks.hidden.dtype == np.float32


def test_constant_nodes_and_properties_of_the_model(tmp_path):
    constants = [
        helper.make_node("Constant", [], ["wt"], value=numpy_helper.from_array(HIDDEN.T)),
        helper.make_node("Constant", [], ["two"], value_float=2.0),
        helper.make_node("Constant", [], ["vt"], value=numpy_helper.from_array(OUTPUT.T)),
    ]
    graph = model([*constants, *two_matmuls(node("Mul", "r two", "q"))])
    helper.set_model_props(graph, {"program": "permutation", "threshold": "1/8"})
    networks = read_networks(saved(tmp_path, graph))
    assert dict(networks.metadata) == {"program": "permutation"}
    assert networks.threshold == Fraction(1, 8)
    assert not networks.biased


# --- refusals: each message names the node and what is accepted


W2 = {"square": np.eye(WIDTH, dtype=np.float32), "one": np.float32(1), "third": np.float32(3)}
REFUSED = {
    "Sigmoid": ([node("Sigmoid", "x", "y")], r"node 0 \(Sigmoid\): accepted are Gemm, MatMul"),
    "no Relu": ([node("MatMul", "x wt", "y")], "the graph has no Relu"),
    "no second product": ([node("MatMul", "x wt", "h"), node("Relu", "h", "y")], "no product with a matrix after Relu"),
    "three layers": (
        [*two_matmuls()[:2], node("MatMul", "r square", "k"), node("Relu", "k", "l"), node("MatMul", "l vt", "y")],
        r"node 3 \(Relu\): a second Relu",
    ),
    "two products": (
        [node("MatMul", "x wt", "h"), node("MatMul", "h square", "k"), node("Relu", "k", "r"), two_matmuls()[-1]],
        r"node 1 \(MatMul\): two products without a Relu",
    ),
    "Relu first": ([node("Relu", "x", "y")], "Relu must follow"),
    "residual": ([node("MatMul", "x wt", "h"), node("Add", "h h", "y")], "the other must be constant"),
    "shift of the input": ([node("Add", "x one", "y")], "after a product with a matrix only"),
    "two biases": ([*DENSE[:2], node("Add", "h b", "y")], "one bias only"),
    "vector of scales": ([node("MatMul", "x wt", "h"), node("Mul", "h b", "y")], "one element"),
    "inexact quotient": ([node("MatMul", "x wt", "h"), node("Div", "h third", "y")], "are not float64 numbers"),
    "reciprocal": ([node("Div", "one x", "y")], "one element"),
    "cycle": ([node("MatMul", "z wt", "h"), node("Relu", "h", "z")], "'z' is defined neither before it"),
    "missing weights": ([node("MatMul", "x nothing", "y")], "'nothing' is defined neither"),
    "own name": ([node("MatMul", "x wt", "x")], "'x' is defined twice"),
    "vector of weights": ([node("MatMul", "x b", "y")], "must be a matrix"),
    "wrong size": ([node("MatMul", "x vt", "y")], "4 rows or columns for 3 features"),
    "bias of the wrong size": ([node("MatMul", "x wt", "h"), node("Add", "h c", "y")], r"the shape \(2,\)"),
    "bias for each row": ([node("MatMul", "x wt", "h"), node("Add", "h square", "y")], r"the shape \(4, 4\)"),
    "batch and features": ([node("MatMul", "x wt", "h"), node("Relu", "h", "r"), node("MatMul", "v r", "y")], "batch"),
    "lossy Cast": ([node("Cast", "x", "y", to=TensorProto.FLOAT16)], "from FLOAT to FLOAT16"),
    "other type": ([node("Cast", "x", "d", to=TensorProto.DOUBLE), node("MatMul", "d wt", "y")], "has the type FLOAT"),
    "unknown attribute": ([node("Relu", "x", "y", slope=0.1)], "the attribute 'slope'"),
    "attribute of a wrong type": ([node("Gemm", "x w", "y", transB=1.0)], "the attribute 'transB'"),
    "infinite alpha": ([node("Gemm", "x wt", "y", alpha=float("inf"))], "'alpha' is inf"),
    "other domain": ([helper.make_node("Relu", ["x"], ["y"], domain="own")], r"\('own.Relu'\): accepted"),
    "two outputs": ([helper.make_node("Relu", ["x"], ["y", "z"])], "it has 2 outputs"),
    "no input": ([node("Relu", "", "y")], "one input is needed, got 0"),
    "changed features": ([node("Reshape", "x target", "y")], "changes the last axis"),
    "Transpose of the input": ([node("Transpose", "x", "y")], "transpose the weights"),
    "constant output": ([node("Identity", "wt", "y")], "does not depend on the input"),
    "no output": ([], "does not depend on the input"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_graphs_are_refused(tmp_path, name):
    nodes, message = REFUSED[name]
    constants = using("w v b c wt vt") | W2 | {"target": np.array([-1, 1])}
    with pytest.raises(InputError, match=message) as problem:
        read_onnx(saved(tmp_path, model(nodes, constants)))
    assert str(problem.value).startswith(str(tmp_path / "network.onnx"))
    assert "\n" not in str(problem.value)


def changed(change):
    graph = model(two_matmuls(), using("wt vt"))
    change(graph)
    return graph


def _two_alphas(graph):
    graph.graph.node[0].CopyFrom(node("Gemm", "x wt", "h", alpha=1.0))
    graph.graph.node[0].attribute.add().CopyFrom(graph.graph.node[0].attribute[0])


def _nan(graph):
    graph.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.full((K, WIDTH), np.nan, np.float32), "wt"))


def _external(graph):
    tensor = graph.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


FORGED = {
    "NaN": (_nan, r"'wt' is nan at \[0, 0\]"),
    "data elsewhere": (_external, "has its data in another file"),
    "a huge shape": (lambda graph: graph.graph.initializer[0].dims.append(1 << 62), "does not have the numbers"),
    "a negative shape": (lambda graph: graph.graph.initializer[0].dims.append(-1), "does not have the numbers"),
    "text": (lambda graph: setattr(graph.graph.initializer[0], "data_type", TensorProto.STRING), "the type STRING"),
    "an unknown type": (lambda graph: setattr(graph.graph.initializer[0], "data_type", 99), "the type number 99"),
    "two tensors of one name": (
        lambda graph: graph.graph.initializer.add().CopyFrom(graph.graph.initializer[0]),
        "twice",
    ),
    "two inputs": (lambda graph: graph.graph.input.add(name="second"), "2 inputs and 1 outputs"),
    "an input without a shape": (
        lambda graph: graph.graph.input[0].type.tensor_type.ClearField("shape"),
        "with a shape",
    ),
    "an empty input": (lambda graph: graph.graph.input[0].type.Clear(), "with a shape"),
    "a sparse tensor": (lambda graph: graph.graph.sparse_initializer.add(), "sparse"),
    "a function": (lambda graph: graph.functions.add(name="Relu"), "functions"),
    "an attribute twice": (_two_alphas, "an attribute is given twice"),
    "axes": (lambda graph: helper.set_model_props(graph, {"axes": "bit"}), "named 'axes'"),
    "a threshold that is no number": (lambda graph: helper.set_model_props(graph, {"threshold": "1/0"}), "threshold"),
    "no graph": (lambda graph: graph.ClearField("graph"), "no model can be read"),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_files_are_refused(tmp_path, name):
    change, message = FORGED[name]
    with pytest.raises(InputError, match=message):
        read_onnx(saved(tmp_path, changed(change)))


def test_names_that_are_no_text_are_refused(tmp_path):
    """The parser returns them as bytes."""
    data = model(two_matmuls(), using("wt vt")).SerializeToString()
    assert data.count(b"Relu") == 1
    with pytest.raises(InputError, match="no model can be read"):
        read_onnx(saved(tmp_path, data.replace(b"Relu", b"Rel\xff")))


def test_a_file_of_many_small_messages_is_refused_before_it_is_parsed():
    empty_nodes = b"\x0a\x00" * MAX_STRUCTURE
    length = len(empty_nodes)
    varint = bytes((length >> shift & 127) | (128 if length >> shift + 7 else 0) for shift in range(0, 28, 7))
    with pytest.raises(InputError, match="are not numbers of tensors"):
        check_structure(b"\x3a" + varint + empty_nodes)


def test_damaged_files_raise_no_other_error(tmp_path):
    """Bytes changed, removed or added at random: a network is read, or one line says what is wrong."""
    draw = random.Random(1)
    good = model([*GEMM], using("w v b c")).SerializeToString()
    for _ in range(1500):
        data = bytearray(good)
        for _ in range(draw.randint(1, 4)):
            place = draw.randrange(len(data))
            data[place : place + draw.randint(0, 2)] = draw.randbytes(draw.randint(0, 2))
        try:
            networks = read_onnx(saved(tmp_path, bytes(data)))
        except InputError as problem:
            assert "\n" not in str(problem)  # noqa: PT017 - most are refused, and some are still networks
        else:
            assert np.isfinite(networks.hidden).all()


# --- exact products


def test_products_are_exact_or_none():
    draw = random.Random(2)
    numbers = [
        draw.choice([1, -1]) * draw.getrandbits(draw.randint(0, 53)) * 2.0 ** draw.randint(-1120, 960)
        for _ in range(300)
    ]
    seen = set()
    for first, second in itertools.product(numbers[:60], numbers[60:120]):
        exact = Fraction(first) * Fraction(second)
        product = exact_product(np.array([first]), second)
        try:
            representable = Fraction(float(exact)) == exact
        except OverflowError:
            representable = False
        assert (product is not None) == representable
        assert product is None or Fraction(float(product[0])) == exact
        seen.add(representable)
    assert seen == {True, False}


def test_quotients_are_exact_or_none():
    draw = random.Random(3)
    seen = set()
    for _ in range(2000):
        first, second = float(draw.getrandbits(draw.randint(0, 40))), float(draw.randint(-12, 12))
        quotient = exact_quotient(np.array([first]), second)
        exact = None if second == 0 else Fraction(first) / Fraction(second)
        representable = exact is not None and Fraction(float(exact)) == exact
        assert (quotient is not None) == representable
        assert quotient is None or Fraction(float(quotient[0])) == exact
        seen.add(representable)
    assert seen == {True, False}
