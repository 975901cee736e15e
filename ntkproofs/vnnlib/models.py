"""The ONNX model of networks: the sum of the outputs of an ensemble, as one network."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError
from ntkproofs.weights.networks import Networks

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

__all__ = ["INPUT", "OUTPUT", "model_bytes", "summed"]

Array: TypeAlias = NDArray[Any]

INPUT, OUTPUT = "X", "Y"  # names of the input and the output of a model
OPSET, IR = 13, 7  # versions of the operators and of the format, old enough for every verifier


def summed(networks: Networks) -> Networks:
    """Return one network for each block, whose outputs are the *sums* of those of the networks, not the averages.

    The hidden layers are concatenated, so that every weight is one of the given ones. The dtype is the smallest of
    float32 and float64 that holds all numbers; the threshold is multiplied by the number of networks. Raises InputError
    if a sum of output biases is not a float64 number.

    >>> networks = Networks.of(np.ones((3, 2, 1)), np.ones((3, 1, 2)), threshold=Fraction(1, 3))
    >>> one = summed(networks)
    >>> one.width, one.threshold
    (6, Fraction(1, 1))
    """
    count, blocks, width, inputs = networks.hidden.shape
    outputs = networks.output.shape[2]
    hidden = networks.hidden.swapaxes(0, 1).reshape(1, blocks, count * width, inputs)
    output = networks.output.transpose(1, 2, 0, 3).reshape(1, blocks, outputs, count * width)
    hidden_bias = networks.hidden_bias
    if hidden_bias is not None:
        hidden_bias = hidden_bias.swapaxes(0, 1).reshape(1, blocks, count * width)
    output_bias = None if networks.output_bias is None else _sums(networks.output_bias, networks.source)
    biases = [array for array in (hidden_bias, output_bias) if array is not None]
    dtype = np.result_type(np.float32, hidden, output, *biases)
    return Networks(
        hidden.astype(dtype),
        output.astype(dtype),
        None if hidden_bias is None else hidden_bias.astype(dtype),
        None if output_bias is None else output_bias.astype(dtype),
        threshold=None if networks.threshold is None else networks.threshold * count,
        source=networks.source,
    )


def _sums(biases: Array, source: str) -> Array:
    """Return the sums over the networks, of the dtype of the biases if it holds them, or else of float64."""
    if len(biases) == 1:
        return biases
    exact = [sum(map(Fraction, column.tolist()), Fraction(0)) for column in biases.reshape(len(biases), -1).T]
    sums = np.array([_nearest(number) for number in exact])
    if any(Fraction(number) != total for number, total in zip(sums.tolist(), exact, strict=True)):
        raise InputError(f"{source}: a sum of output biases is not a float64 number, so that no ONNX model is exact")
    own = sums.astype(biases.dtype)
    return (own if np.array_equal(own, sums) else sums).reshape(1, *biases.shape[1:])


def _nearest(number: Fraction) -> float:
    try:
        return float(number)
    except OverflowError:
        return 0.0  # not equal to the number


def model_bytes(network: Networks, block: int) -> bytes:
    """Return the ONNX file of one block of a single network, from an input ``(1, inputs)`` to ``(1, outputs)``.

    It has the nodes Gemm, Relu, Gemm, and the weights as they are. The threshold is an entry of the metadata. Raises
    InputError if the package onnx is not installed.
    """
    try:
        from onnx import helper, numpy_helper
    except ImportError:
        raise InputError("writing ONNX files needs the package onnx: pip install 'ntkproofs[onnx]'") from None
    kind = helper.np_dtype_to_tensor_dtype(network.hidden.dtype)
    names = {
        "hidden.weight": network.hidden[0, block],
        "hidden.bias": None if network.hidden_bias is None else network.hidden_bias[0, block],
        "output.weight": network.output[0, block],
        "output.bias": None if network.output_bias is None else network.output_bias[0, block],
    }
    arrays = {name: array for name, array in names.items() if array is not None}
    tensors: list[TensorProto] = [numpy_helper.from_array(np.ascontiguousarray(a), name) for name, a in arrays.items()]
    nodes: list[NodeProto] = [
        helper.make_node("Gemm", [INPUT, *_layer("hidden", arrays)], ["hidden"], transB=1),
        helper.make_node("Relu", ["hidden"], ["neurons"]),
        helper.make_node("Gemm", ["neurons", *_layer("output", arrays)], [OUTPUT], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info(INPUT, kind, [1, network.inputs])],
        [helper.make_tensor_value_info(OUTPUT, kind, [1, network.output.shape[2]])],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    if network.threshold is not None:
        helper.set_model_props(model, {"threshold": str(network.threshold)})
    return bytes(model.SerializeToString(deterministic=True))


def _layer(name: str, arrays: dict[str, Array]) -> list[str]:
    """Return the names of the arrays of a layer."""
    return [key for key in (f"{name}.weight", f"{name}.bias") if key in arrays]
