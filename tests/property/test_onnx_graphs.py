"""Random graphs: whatever is read as a network has the values of the reference evaluation of ONNX."""

import random

import numpy as np
import pytest

from ntkproofs.errors import InputError
from ntkproofs.weights.onnx import read_onnx

pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

INPUTS, GRAPHS = 3, 1000


class Builder:
    """A graph in which each step is one of many that an exporter might write, a few of them wrong."""

    def __init__(self, draw: random.Random) -> None:
        self.draw, self.nodes, self.constants = draw, [], {}
        self.column = draw.random() < 0.3
        self.shape = (INPUTS, 2) if self.column else draw.choice([(2, INPUTS), (1, INPUTS), (INPUTS,), (2, 1, INPUTS)])
        self.value, self.rank = "x", len(self.shape)

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(array, dtype=np.float64)
        return name

    def numbers(self, *shape):
        return np.array([self.draw.randint(-4, 4) / 4 for _ in range(int(np.prod(shape)))]).reshape(shape)

    def add(self, operator, *inputs, **attributes):
        output = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        self.value = output

    def either(self, operator, constant):
        pair = [self.value, constant]
        if self.draw.random() < 0.4:
            pair.reverse()
        self.add(operator, *pair)

    def decorate(self, width):
        """Add a few nodes that scale the value, or change nothing."""
        for _ in range(self.draw.choice([0, 0, 0, 1, 2])):
            kind = self.draw.randrange(6)
            if kind == 0:
                self.either("Mul", self.constant(self.numbers(*self.draw.choice([(), (1,), (1, 1), (1, width)]))))
            elif kind == 1:
                self.add("Div", self.value, self.constant(self.draw.choice([2.0, -4.0, 3.0])))
            elif kind == 2:
                self.add("Identity", self.value)
            elif kind == 3:
                self.add("Flatten", self.value, axis=self.draw.choice([-1, 0, 1, 1, 2]))
                self.rank = 2
            elif kind == 4:
                name = f"shape{len(self.constants)}"
                sizes = self.draw.choice([[-1, width], [0, -1], [2, width], [width], [1, -1], [width, -1]])
                self.constants[name] = np.array(sizes, dtype=np.int64)
                self.add("Reshape", self.value, name)
                self.rank = len(sizes)
            else:
                self.add("Cast", self.value, to=TensorProto.DOUBLE)

    def layer(self, inputs, outputs):
        """Add a product with a matrix, and perhaps a bias."""
        weight, left = self.numbers(outputs, inputs), self.column != (self.draw.random() < 0.1)
        bias = self.numbers(outputs)
        bias = (
            bias[:, None]
            if left and self.rank == 2
            else self.draw.choice([bias, bias[None], bias[:1], bias[None, None]])
        )
        if self.draw.random() < 0.5:
            self.add(
                "MatMul", *([self.constant(weight), self.value] if left else [self.value, self.constant(weight.T)])
            )
            if self.draw.random() < 0.6:
                self.either("Add", self.constant(bias))
            return
        turned, swapped = self.draw.random() < 0.2, self.draw.random() < 0.5  # the value, the matrix
        matrix = self.constant(weight if left != swapped else weight.T)
        extra = [self.constant(bias)] if self.draw.random() < 0.6 else []
        flags = {"transA": swapped if left else turned, "transB": turned if left else swapped}
        numbers = {"alpha": self.draw.choice([1.0, 0.5, -2.0]), "beta": self.draw.choice([1.0, 0.25, 0.0])}
        operands = (matrix, self.value) if left else (self.value, matrix)
        self.add("Gemm", *operands, *extra, **{name: int(flag) for name, flag in flags.items()}, **numbers)
        self.column = left

    def model(self):
        width = 4
        self.decorate(INPUTS)
        self.layer(INPUTS, width)
        self.decorate(width)
        self.add("Relu", self.value)
        self.decorate(width)
        self.layer(width, 2)
        self.decorate(2)
        graph = helper.make_graph(
            self.nodes,
            "graph",
            [helper.make_tensor_value_info("x", TensorProto.DOUBLE, self.shape)],
            [helper.make_tensor_value_info(self.value, TensorProto.DOUBLE, None)],
            [numpy_helper.from_array(array, name) for name, array in self.constants.items()],
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def expected(networks, x):
    hidden = x @ networks.hidden[0, 0].T + (0 if networks.hidden_bias is None else networks.hidden_bias[0, 0])
    output = np.maximum(hidden, 0) @ networks.output[0, 0].T
    return output + (0 if networks.output_bias is None else networks.output_bias[0, 0])


def test_what_is_read_has_the_values_of_the_graph(tmp_path):
    draw, path, read, columns = random.Random(6), tmp_path / "graph.onnx", 0, 0
    for _ in range(GRAPHS):
        builder = Builder(draw)
        model = builder.model()
        path.write_bytes(model.SerializeToString())
        try:
            networks = read_onnx(path)
        except InputError:
            continue
        x = np.array([draw.randint(-8, 8) for _ in range(int(np.prod(builder.shape)))], dtype=np.float64)
        x = x.reshape(builder.shape)  # small dyadic numbers, so that floats compute without rounding errors
        got = ReferenceEvaluator(model).run(None, {"x": x})[0]
        inputs = [x.reshape(-1, INPUTS), x.reshape(INPUTS, -1).T]  # the rows of a batch; of two axes, either may be it
        outputs = [got.reshape(-1, 2), got.reshape(2, -1).T]
        values = [expected(networks, rows) for rows in inputs]
        assert any(np.array_equal(some, other) for some in values for other in outputs)
        read, columns = read + 1, columns + (builder.shape == (INPUTS, 2))
    assert read > GRAPHS // 10
    assert columns > 20
