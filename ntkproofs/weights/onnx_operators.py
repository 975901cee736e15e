"""The ONNX operators of a two-layer ReLU network, evaluated on what is known of each value of a graph.

A value is a :class:`Constant`, or a :class:`Signal`, which depends on the input of the network: it is a multiple of the
input or of the hidden layer, or after a product with a matrix an affine function of it. Each operator returns the
*real* function, or raises InputError: nothing is rounded, so that a scale factor is accepted only if its product with
every weight is a float64 number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError
from ntkproofs.weights.onnx_shapes import Shape, reshaped
from ntkproofs.weights.products import exact_product, exact_quotient

__all__ = ["OPERATORS", "Affine", "Constant", "Signal", "Value"]

Array: TypeAlias = NDArray[Any]
Attributes: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Constant:
    """An initialiser or a constant: its numbers, and the name of its ONNX type such as ``FLOAT``."""

    array: Array
    kind: str


@dataclass(frozen=True)
class Affine:
    """A layer: ``weight``, ``(outputs, inputs)``, and ``bias``, ``(outputs,)`` or None."""

    weight: Array
    bias: Array | None = None


@dataclass(frozen=True)
class Signal:
    """A value that depends on the input: ``scale`` times the input or the hidden layer, or an affine function of it.

    `shape`; `kind`, the name of its ONNX type; `column`: whether the features are on the first of two axes and not on
    the last, or None while that is open; `hidden`: the hidden layer, after Relu; `affine`: the layer at which the value
    is, before Relu or before the output.
    """

    shape: Shape
    kind: str
    column: bool | None = None
    scale: float = 1.0
    affine: Affine | None = None
    hidden: Affine | None = None

    @property
    def axis(self) -> int:
        """The axis of the features."""
        return 0 if self.column else len(self.shape) - 1


Value: TypeAlias = Constant | Signal
Operator: TypeAlias = Callable[[Sequence[Value], Attributes], Value]


# --- products with a matrix


def _matmul(inputs: Sequence[Value], attributes: Attributes) -> Value:
    """Return ``first @ second``, where one of them is a matrix of weights."""
    first, second = _two(inputs)
    if isinstance(first, Signal) and isinstance(second, Constant):
        return _product(first, _matrix(second, first).T, column=False, result=False)
    if isinstance(first, Constant) and isinstance(second, Signal):
        column = len(second.shape) == 2
        if len(second.shape) > 2:
            raise InputError("a matrix times a value of more than two axes is not accepted")
        return _product(second, _matrix(first, second), column=column, result=column)
    raise InputError("one factor must depend on the input, the other must be a constant matrix")


def _gemm(inputs: Sequence[Value], attributes: Attributes) -> Value:
    """Return ``alpha op(A) op(B) + beta C``, where A or B is a matrix of weights and op may transpose."""
    if len(inputs) not in (2, 3):
        raise InputError(f"two or three inputs are needed, got {len(inputs)}")
    first, second = inputs[:2]
    transposed_first, transposed_second = (bool(attributes.get(name, 0)) for name in ("transA", "transB"))
    alpha = attributes.get("alpha", 1.0)
    if isinstance(first, Signal) and isinstance(second, Constant):
        matrix = _matrix(second, first)
        weight = matrix if transposed_second else matrix.T
        result = _product(_of_rank_two(first), weight, column=transposed_first, result=False, alpha=alpha)
    elif isinstance(first, Constant) and isinstance(second, Signal):
        matrix = _matrix(first, second)
        weight = matrix.T if transposed_first else matrix
        result = _product(_of_rank_two(second), weight, column=not transposed_second, result=True, alpha=alpha)
    else:
        raise InputError("A or B must depend on the input, the other must be a constant matrix")
    beta = attributes.get("beta", 1.0)
    if len(inputs) == 2 or beta == 0:
        return result
    return _add_constant(result, _scaled(_weights(inputs[2], result), beta))


def _product(signal: Signal, weight: Array, *, column: bool, result: bool, alpha: float = 1.0) -> Signal:
    """Return the product with a matrix; `column`, `result`: whether its features, before and after, are axis 0 of 2."""
    if signal.affine is not None:
        raise InputError("two products without a Relu between them: multiply the matrices before the export")
    if len(signal.shape) == 2 and signal.column not in (None, column):
        raise InputError("the product is over the axis of the batch, not over that of the features")
    axis = 0 if column else len(signal.shape) - 1
    features = signal.shape[axis]
    if isinstance(features, int) and features != weight.shape[1]:
        raise InputError(f"the matrix has {weight.shape[1]} rows or columns for {features} features")
    factor = _scaled(np.asarray(signal.scale), alpha)
    others = signal.shape[:axis] + signal.shape[axis + 1 :]
    outputs = weight.shape[0]
    return replace(
        signal,
        shape=(outputs, *others) if result else (*others, outputs),
        column=result and len(signal.shape) == 2,
        scale=1.0,
        affine=Affine(_scaled(weight, factor)),
    )


def _matrix(constant: Constant, signal: Signal) -> Array:
    """Return a constant with two axes, of the type of the signal."""
    array = _weights(constant, signal)
    if array.ndim != 2:
        raise InputError(f"the weights must be a matrix, got an array of the shape {array.shape}")
    return array


def _of_rank_two(signal: Signal) -> Signal:
    if len(signal.shape) != 2:
        raise InputError(f"A and B must have two axes, got the shape {_written(signal.shape)}")
    return signal


# --- sums and scale factors


def _add(inputs: Sequence[Value], attributes: Attributes) -> Value:
    """Return the sum of a layer and its bias."""
    first, second = _two(inputs)
    if isinstance(first, Constant):
        first, second = second, first
    if not isinstance(first, Signal) or not isinstance(second, Constant):
        raise InputError("one summand must depend on the input, the other must be constant")
    return _add_constant(first, _weights(second, first))


def _add_constant(signal: Signal, constant: Array) -> Signal:
    """Return a layer with a bias: a scalar, or a vector along the axis of the features."""
    if signal.affine is None:
        raise InputError("a constant may be added after a product with a matrix only")
    if signal.affine.bias is not None:
        raise InputError("a layer may have one bias only: add the biases before the export")
    rank, outputs = len(signal.shape), signal.affine.weight.shape[0]
    shape = (1,) * (rank - constant.ndim) + constant.shape
    expected = tuple(outputs if axis == signal.axis else 1 for axis in range(rank))
    if len(shape) != rank or any(size not in (1, most) for size, most in zip(shape, expected, strict=True)):
        raise InputError(
            f"the bias has the shape {constant.shape}; it must be a scalar, or {outputs} numbers along the axis of the "
            "features"
        )
    bias = np.broadcast_to(constant.reshape(shape), expected).reshape(outputs)
    return replace(signal, affine=Affine(signal.affine.weight, bias))


def _mul(inputs: Sequence[Value], attributes: Attributes) -> Value:
    """Return the product with a scalar constant."""
    first, second = _two(inputs)
    if isinstance(first, Constant) and (isinstance(second, Signal) or first.array.size == 1):
        first, second = second, first
    factor = _scalar(second, first)
    return _each(first, lambda array: _scaled(array, factor))


def _div(inputs: Sequence[Value], attributes: Attributes) -> Value:
    """Return the quotient by a scalar constant."""
    first, second = _two(inputs)
    divisor = _scalar(second, first)

    def divided(array: Array) -> Array:
        quotient = exact_quotient(array, divisor)
        if quotient is None:
            raise InputError(
                f"the quotients by {divisor} are not float64 numbers: multiply by a constant, or divide the weights "
                "before the export"
            )
        return quotient

    return _each(first, divided)


def _each(value: Value, function: Callable[[Array], Array]) -> Value:
    """Apply a linear function of numbers to a constant, or to the weights and the bias of a signal."""
    if isinstance(value, Constant):
        return Constant(function(value.array), value.kind)
    if value.affine is None:
        return replace(value, scale=float(function(np.asarray(value.scale))))
    bias = value.affine.bias
    return replace(value, affine=Affine(function(value.affine.weight), None if bias is None else function(bias)))


def _scalar(value: Value, other: Value) -> float:
    """Return a scale factor: a constant with one element, of the type and of no more axes than `other`."""
    if not isinstance(value, Constant) or value.array.size != 1:
        raise InputError("a scale factor must be a constant with one element")
    rank = len(other.shape) if isinstance(other, Signal) else other.array.ndim
    if value.array.ndim > rank:
        raise InputError(f"a scale factor of the shape {value.array.shape} adds axes")
    return float(_weights(value, other).reshape(()))


def _scaled(array: Array, factor: Any) -> Array:
    if factor == 1:
        return array
    product = exact_product(array, factor)
    if product is None:
        raise InputError(f"the products with {float(factor)!r} are not all float64 numbers: scale before the export")
    return product


# --- Relu, and operators that change no number


def _relu(inputs: Sequence[Value], attributes: Attributes) -> Value:
    value = _one(inputs)
    if not isinstance(value, Signal) or value.affine is None:
        raise InputError("Relu must follow a product of the input with a matrix")
    if value.hidden is not None:
        raise InputError("a second Relu: networks have one hidden layer")
    return replace(value, affine=None, hidden=value.affine)


def _identity(inputs: Sequence[Value], attributes: Attributes) -> Value:
    return _one(inputs)


WIDER = {
    "FLOAT16": ("FLOAT16", "FLOAT", "DOUBLE"),
    "BFLOAT16": ("BFLOAT16", "FLOAT", "DOUBLE"),
    "FLOAT": ("FLOAT", "DOUBLE"),
    "DOUBLE": ("DOUBLE",),
}  # types that hold every number of a type


def _cast(inputs: Sequence[Value], attributes: Attributes) -> Value:
    value, kind = _one(inputs), attributes.get("to")
    if kind not in WIDER.get(value.kind, ()):
        raise InputError(f"from {value.kind} to {kind}: a Cast must keep every number; give the weights one type")
    return replace(value, kind=str(kind))


def _transpose(inputs: Sequence[Value], attributes: Attributes) -> Value:
    value = _one(inputs)
    if isinstance(value, Signal):
        raise InputError("of a value that depends on the input: transpose the weights")
    axes = attributes.get("perm", tuple(range(value.array.ndim))[::-1])
    if sorted(axes) != list(range(value.array.ndim)):
        raise InputError(f"perm {list(axes)} is no permutation of the {value.array.ndim} axes")
    return Constant(value.array.transpose(axes), value.kind)


def _flatten(inputs: Sequence[Value], attributes: Attributes) -> Value:
    value, axis = _one(inputs), attributes.get("axis", 1)
    shape = _shape(value)
    if not -len(shape) <= axis <= len(shape):
        raise InputError(f"axis {axis} of the shape {_written(shape)}")
    axis += len(shape) if axis < 0 else 0
    rows, features = reshaped(shape[:axis], (-1,)), reshaped(shape[axis:], (-1,))
    if rows is None or features is None:
        raise InputError(f"the shape {_written(shape)} cannot be flattened")
    return _with_shape(value, rows + features)


def _reshape(inputs: Sequence[Value], attributes: Attributes) -> Value:
    value, target = _two(inputs)
    if not isinstance(target, Constant) or target.kind != "INT64" or target.array.ndim != 1:
        raise InputError("the shape must be a constant vector of the type INT64")
    shape, sizes = _shape(value), [int(size) for size in target.array]
    if any(size < -1 or (size == 0 and axis >= len(shape)) for axis, size in enumerate(sizes)):
        raise InputError(f"the sizes {sizes} do not fit the shape {_written(shape)}")
    result = reshaped(shape, [shape[axis] if size == 0 else size for axis, size in enumerate(sizes)])
    if result is None:
        raise InputError(f"the sizes {sizes} do not fit the shape {_written(shape)}")
    return _with_shape(value, result)


def _with_shape(value: Value, shape: Shape) -> Value:
    """Return the value with another shape, in which the last axis must still be that of the features."""
    if isinstance(value, Constant):
        return Constant(value.array.reshape([int(size) for size in shape]), value.kind)
    if value.column or not shape or shape[-1] != value.shape[-1]:
        raise InputError(
            f"from {_written(value.shape)} to {_written(shape)} changes the last axis, that of the features: give the "
            "network an input of the shape (batch, inputs)"
        )
    return replace(value, shape=shape, column=False)


# --- arguments


def _one(inputs: Sequence[Value]) -> Value:
    if len(inputs) != 1:
        raise InputError(f"one input is needed, got {len(inputs)}")
    return inputs[0]


def _two(inputs: Sequence[Value]) -> tuple[Value, Value]:
    if len(inputs) != 2:
        raise InputError(f"two inputs are needed, got {len(inputs)}")
    return inputs[0], inputs[1]


def _weights(value: Value, other: Value) -> Array:
    """Return the numbers of a constant, which must have the type of `other`."""
    if not isinstance(value, Constant):
        raise InputError("a constant is needed in place of a value that depends on the input")
    if value.kind != other.kind or value.kind not in WIDER:
        raise InputError(f"the constant has the type {value.kind}, the other value {other.kind}")
    return value.array


def _shape(value: Value) -> Shape:
    return value.shape if isinstance(value, Signal) else value.array.shape


def _written(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))})"


OPERATORS: Mapping[str, tuple[Operator, Mapping[str, str]]] = MappingProxyType(
    {
        "Gemm": (_gemm, {"alpha": "FLOAT", "beta": "FLOAT", "transA": "INT", "transB": "INT"}),
        "MatMul": (_matmul, {}),
        "Add": (_add, {}),
        "Relu": (_relu, {}),
        "Mul": (_mul, {}),
        "Div": (_div, {}),
        "Identity": (_identity, {}),
        "Cast": (_cast, {"to": "INT"}),
        "Flatten": (_flatten, {"axis": "INT"}),
        "Reshape": (_reshape, {}),
        "Transpose": (_transpose, {"perm": "INTS"}),
    }
)  # the operators that are accepted, with the types of their attributes
