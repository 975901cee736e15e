"""Reading two-layer ReLU networks from ONNX files, and the ONNX file of a network.

A file states a graph of operators. It is read as the real function that the graph denotes: the rounding of a runtime is
no part of it, and a graph whose function is not that of a two-layer network with float64 weights is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ntkproofs.errors import InputError
from ntkproofs.files import read_file
from ntkproofs.printable import clipped, file_name
from ntkproofs.weights.networks import Networks
from ntkproofs.weights.onnx_operators import OPERATORS, WIDER, Constant, Signal, Value
from ntkproofs.weights.stored import threshold_of
from ntkproofs.weights.wire import check_structure

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto

__all__ = ["read_onnx"]

MAX_BYTES = 1 << 29
DOMAINS = ("", "ai.onnx")
CONSTANTS = ("value", "value_float", "value_floats", "value_int", "value_ints")
NUMERIC = (*WIDER, "INT64")  # types of constants
ACCEPTED = f"accepted are {', '.join(OPERATORS)} and Constant"


def read_onnx(path: str | Path) -> Networks:
    """Return the network in an ONNX file: one input, one output, two products with matrices and a Relu between them.

    Each product is a Gemm, or a MatMul with at most one Add; scalar factors (Mul, Div) are folded into the weights if
    all products are float64 numbers; Identity, Cast, Flatten and Reshape must change no number and no feature. Weights
    are initialisers or Constant nodes of one floating-point type. The properties of the model are the metadata, one of
    them the threshold. Raises InputError for everything else: other operators, data in other files, values that are
    not finite.
    """
    source = file_name(path)
    model = _parsed(read_file(path, most=MAX_BYTES), source)
    try:
        signal = _output(model.graph)
    except InputError as problem:
        raise InputError(f"{source}: {problem}") from problem
    if signal.hidden is None or signal.affine is None:
        missing = "Relu" if signal.hidden is None else "product with a matrix after Relu"
        raise InputError(f"{source}: the graph has no {missing}: it must be a network with one hidden layer of ReLU")
    metadata = _metadata(model, source)
    threshold = metadata.pop("threshold", None)
    return Networks.of(
        hidden=signal.hidden.weight,
        output=signal.affine.weight,
        hidden_bias=signal.hidden.bias,
        output_bias=signal.affine.bias,
        threshold=None if threshold is None else threshold_of(threshold, str(path)),
        metadata=metadata,
        source=source,
    )


def _parsed(data: bytes, source: str) -> ModelProto:
    """Return the model of a file whose size apart from its numbers is limited, without functions."""
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError:
        raise InputError(f"{source}: ONNX files need the package onnx: pip install 'ntkproofs[onnx]'") from None
    try:
        check_structure(data)
        model = onnx.load_model_from_string(data)
    except (InputError, DecodeError) as problem:
        raise InputError(f"{source}: {problem}" if isinstance(problem, InputError) else _no_onnx(source)) from problem
    if not model.HasField("graph") or not _has_text(model):
        raise InputError(_no_onnx(source))
    if model.functions or model.training_info:
        raise InputError(f"{source}: functions and training graphs are not accepted: export the network for inference")
    return model


def _metadata(model: ModelProto, source: str) -> dict[str, str]:
    """Return the properties of the model as text."""
    metadata = {str(entry.key): str(entry.value) for entry in model.metadata_props}
    if len(metadata) != len(model.metadata_props) or "axes" in metadata:
        raise InputError(f"{source}: a property is given twice, or is named 'axes', which a graph has none of")
    return metadata


def _has_text(message: Any) -> bool:
    """Return whether all strings of a message are UTF-8; the parser returns others as bytes."""
    for field, value in message.ListFields():
        repeated = value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else [value]
        if field.type == field.TYPE_MESSAGE and not all(map(_has_text, repeated)):
            return False
        if field.type == field.TYPE_STRING and not all(isinstance(item, str) for item in repeated):
            return False
    return True


def _no_onnx(source: str) -> str:
    return f"{source}: it is not an ONNX file: no model can be read from it"


# --- the graph


def _output(graph: GraphProto) -> Signal:
    """Return the output of a graph as a function of its input; raises InputError with the node that is not accepted."""
    if graph.sparse_initializer:
        raise InputError("sparse initialisers are not accepted: store the weights as dense tensors")
    values: dict[str, Value] = {}
    for tensor in graph.initializer:
        _define(values, tensor.name, _constant(tensor, f"the initialiser {clipped(tensor.name)}"))
    inputs = [item for item in graph.input if item.name not in values]
    if len(inputs) != 1 or len(graph.output) != 1:
        raise InputError(f"the graph has {len(inputs)} inputs and {len(graph.output)} outputs: one of each is accepted")
    _define(values, inputs[0].name, _input(inputs[0]))
    for index, node in enumerate(graph.node):
        try:
            _define(values, _one_output(node), _result(node, values))
        except InputError as problem:
            name = f" {clipped(node.name)}" if node.name else ""
            raise InputError(f"node {index}{name} ({_operator(node)}): {problem}") from problem
    signal = values.get(graph.output[0].name)
    if not isinstance(signal, Signal):
        raise InputError(f"the output {clipped(graph.output[0].name)} does not depend on the input")
    return signal


def _define(values: dict[str, Value], name: str, value: Value) -> None:
    """Add a value under its name, which must be new."""
    if not name or name in values:
        raise InputError(f"the name {clipped(name)} is defined twice" if name else "a value has no name")
    values[name] = value


def _input(item: ValueInfoProto) -> Signal:
    """Return the input of the network as a signal."""
    tensor = item.type.tensor_type
    kind = _kind(tensor.elem_type)
    if kind not in WIDER or not tensor.HasField("shape"):
        raise InputError(f"the input {clipped(item.name)} must be a tensor of floating-point numbers with a shape")
    shape = tuple(
        size.dim_value if size.HasField("dim_value") else (size.dim_param or f"?{axis}")
        for axis, size in enumerate(tensor.shape.dim)
    )
    if not shape or any(isinstance(size, int) and size <= 0 for size in shape):
        raise InputError(f"the input {clipped(item.name)} has the shape {list(shape)}: (batch, inputs) is usual")
    return Signal(shape, kind, column=None if len(shape) == 2 else False)


def _result(node: NodeProto, values: Mapping[str, Value]) -> Value:
    """Return the value of a node."""
    if node.domain not in DOMAINS or (node.op_type not in OPERATORS and node.op_type != "Constant"):
        raise InputError(ACCEPTED)
    if node.op_type == "Constant":
        return _constant_node(node)
    operator, known = OPERATORS[node.op_type]
    attributes = {item.name: _attribute(item, known.get(item.name)) for item in node.attribute}
    if len(attributes) != len(node.attribute):
        raise InputError("an attribute is given twice")
    inputs = list(node.input)
    while inputs and not inputs[-1]:
        inputs.pop()  # optional inputs that are left out
    missing = [name for name in inputs if name not in values]
    if missing:
        raise InputError(f"its input {clipped(missing[0])} is defined neither before it nor as an initialiser")
    return operator([values[name] for name in inputs], attributes)


def _operator(node: NodeProto) -> str:
    """Return the name of the operator of a node for a message."""
    text = node.op_type if node.domain in DOMAINS else f"{node.domain}.{node.op_type}"
    return text if text.isidentifier() and len(text) <= 40 else clipped(text)


def _one_output(node: NodeProto) -> str:
    names = [str(name) for name in node.output if name]
    if len(names) != 1:
        raise InputError(f"it has {len(names)} outputs: one is accepted")
    return names[0]


def _attribute(item: Any, kind: str | None) -> Any:
    """Return the value of an attribute of the type `kind`: a finite number, a list of integers, or a type's name."""
    from onnx import AttributeProto

    if kind is None or item.ref_attr_name or item.type != AttributeProto.AttributeType.Value(kind):
        raise InputError(f"the attribute {clipped(item.name)} is not accepted, or not with such a value")
    if item.name == "to":
        return _kind(item.i)
    if kind == "FLOAT" and not np.isfinite(item.f):
        raise InputError(f"the attribute {clipped(item.name)} is {item.f}: it must be a finite number")
    return {"FLOAT": item.f, "INT": item.i, "INTS": list(item.ints)}[kind]


# --- constants


def _kind(number: int) -> str:
    """Return the name of an ONNX type of numbers."""
    from onnx import TensorProto

    names: dict[int, str] = {value: name for name, value in TensorProto.DataType.items()}
    name = names.get(number)
    return f"number {number}" if name is None else name


def _constant_node(node: NodeProto) -> Constant:
    """Return the constant of a Constant node."""
    if len(node.attribute) != 1 or node.attribute[0].name not in CONSTANTS:
        raise InputError(f"one of the attributes {', '.join(CONSTANTS)} is needed")
    item, name = node.attribute[0], node.attribute[0].name
    if name == "value":
        return _constant(item.t, "the constant")
    numbers = {"value_float": item.f, "value_floats": item.floats, "value_int": item.i, "value_ints": item.ints}[name]
    floats = name.startswith("value_float")
    array = np.array(numbers, dtype=np.float32 if floats else np.int64)
    return _finite(Constant(array, "FLOAT" if floats else "INT64"), "the constant")


def _constant(tensor: TensorProto, where: str) -> Constant:
    """Return the numbers of a tensor; bfloat16 as float32, which holds every value of it."""
    from onnx import TensorProto, numpy_helper

    kind = _kind(tensor.data_type)
    if kind not in NUMERIC:
        raise InputError(f"{where} has the type {kind}: accepted are {', '.join(NUMERIC)}")
    if tensor.external_data or tensor.data_location == TensorProto.EXTERNAL:
        raise InputError(
            f"{where} has its data in another file: save the model with its data inside (torch.onnx.export: "
            "external_data=False)"
        )
    try:
        if min(tensor.dims, default=0) < 0:
            raise ValueError(f"{min(tensor.dims)}")
        array = numpy_helper.to_array(tensor)
    except (ValueError, TypeError, OverflowError) as problem:
        raise InputError(f"{where} does not have the numbers that its shape {list(tensor.dims)} needs") from problem
    return _finite(Constant(array.astype(np.float32) if kind == "BFLOAT16" else array, kind), where)


def _finite(constant: Constant, where: str) -> Constant:
    """Return a constant whose numbers are all finite."""
    bad = np.argwhere(~np.isfinite(constant.array))
    if len(bad):
        index = tuple(int(place) for place in bad[0])
        raise InputError(f"{where} is {constant.array[index]} at {list(index)}: every number must be finite")
    return constant
