"""Networks: two-layer ReLU networks with given weights, whose outputs are averaged.

For an input x the output of bit b is ::

    f_b(x) = (1/N) sum over the N networks of [ sum_r output_br relu(hidden_r . x + hidden_bias_r) + output_bias_b ]

Either each network has all output bits, or there is a scalar network for each bit. Weights are floats, hence exact
dyadic numbers; scale factors such as 1/sqrt(width) are part of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from numbers import Rational
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.display import counted
from ntkproofs.errors import InputError

__all__ = ["AXES", "DIGITS", "NAMES", "Networks", "is_short"]

Array: TypeAlias = NDArray[Any]

AXES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"": (), "network": ("network",), "bit": ("bit",), "network,bit": ("network", "bit")}
)  # values of the metadata entry `axes`, and the leading axes that they name
NAMES = ("hidden.weight", "output.weight", "hidden.bias", "output.bias")  # in weights files; the last two may be absent
DIGITS = 4000  # of the numerator and the denominator of a threshold; Python converts at most 4,300 to text
DTYPES = (np.float16, np.float32, np.float64)  # bfloat16 is read as float32, which holds every value of it


@dataclass(frozen=True, eq=False)
class Networks:
    """Two-layer ReLU networks with given weights; :meth:`of` makes them from arrays in the layout of weights files.

    Arrays of one dtype each (float16, float32, float64), every entry finite, with the axes of networks and of *blocks*
    first: there is one block with all output bits, or one block with one output for each bit.

    `hidden`, ``(networks, blocks, width, inputs)``; `output`, ``(networks, blocks, outputs, width)``; `hidden_bias`,
    ``(networks, blocks, width)`` or None; `output_bias`, ``(networks, blocks, outputs)`` or None; `threshold`: that of
    the file, or None; `metadata`: the other entries of the file, as text; `source`: the files' names.
    """

    hidden: Array = field(repr=False)
    output: Array = field(repr=False)
    hidden_bias: Array | None = field(repr=False, default=None)
    output_bias: Array | None = field(repr=False, default=None)
    threshold: Fraction | None = None
    metadata: Mapping[str, str] = field(repr=False, default_factory=dict)
    source: str = "networks"

    @classmethod
    def of(
        cls,
        hidden: Array,
        output: Array,
        hidden_bias: Array | None = None,
        output_bias: Array | None = None,
        *,
        axes: str | None = None,
        threshold: Fraction | None = None,
        metadata: Mapping[str, str] | None = None,
        source: str = "networks",
    ) -> Networks:
        """Return the networks with these arrays: `hidden` ``(..., width, inputs)``, `output` ``(..., outputs, width)``.

        `axes` names the further leading axes: ``network`` (an ensemble, averaged), ``bit`` (a scalar network for each
        output bit) or ``network,bit``; None: ``network`` if there is one further axis. Raises InputError for other
        shapes, other dtypes, empty axes and entries that are not finite.
        """
        names = _names(axes, np.ndim(hidden), source)
        given = {
            "hidden.weight": hidden,
            "output.weight": output,
            "hidden.bias": hidden_bias,
            "output.bias": output_bias,
        }
        arrays = {name: np.asarray(array) for name, array in given.items() if array is not None}
        for name, array in arrays.items():
            _check_array(array, names, 2 if name.endswith("weight") else 1, f"{source}: {name}")
        _check_shapes({name: array.shape for name, array in arrays.items()}, "bit" in names, source)
        absent = tuple(axis for axis, name in enumerate(("network", "bit")) if name not in names)
        spread = {name: np.expand_dims(array, absent) for name, array in arrays.items()}
        return cls(
            spread["hidden.weight"],
            spread["output.weight"],
            spread.get("hidden.bias"),
            spread.get("output.bias"),
            _rational(threshold, source),
            dict(metadata or {}),
            source,
        )

    @property
    def count(self) -> int:
        """The number of networks that are averaged for each output bit."""
        return int(self.hidden.shape[0])

    @property
    def scalar(self) -> bool:
        """Whether there is a scalar network for each output bit, of at least two bits."""
        return bool(self.hidden.shape[1] > 1)

    @property
    def width(self) -> int:
        """The number of neurons of each network."""
        return int(self.hidden.shape[2])

    @property
    def inputs(self) -> int:
        """The number of inputs, K."""
        return int(self.hidden.shape[3])

    @property
    def output_bits(self) -> int:
        """The number of output bits."""
        return int(self.output.shape[1] * self.output.shape[2])

    @property
    def biased(self) -> bool:
        """Whether there are biases, of either layer."""
        return self.hidden_bias is not None or self.output_bias is not None

    def __str__(self) -> str:
        each = "a scalar network for each output bit" if self.scalar else "a network with all output bits"
        average = each if self.count == 1 else f"the average of {self.count:,} draws of {each}"
        return f"{average}: width {self.width:,}, {counted(self.inputs, 'input')}"


def _names(axes: str | None, dimensions: int, source: str) -> Sequence[str]:
    """Return the names of the leading axes."""
    if axes is None:
        axes = "network" if dimensions == 3 else ""
    if axes not in AXES:
        known = ", ".join(repr(name) for name in AXES if name)
        raise InputError(f"{source}: axes must be one of {known}, or absent, got {axes!a}")
    return AXES[axes]


def _check_array(array: Array, names: Sequence[str], own: int, where: str) -> None:
    """Raise InputError unless an array has the leading axes `names`, `own` more, a dtype of floats, finite entries."""
    if array.ndim != len(names) + own:
        leading = f" after the axes {', '.join(names)}" if names else ""
        further = "; axes says what leading axes are" if array.ndim > len(names) + own else ""
        count = "one axis" if own == 1 else f"{own} axes"
        raise InputError(f"{where} must have {count}{leading}, got the shape {array.shape}{further}")
    if array.dtype not in DTYPES:
        raise InputError(f"{where} has the dtype {array.dtype}: weights are float16, float32 or float64")
    if 0 in array.shape:
        raise InputError(f"{where} is empty: its shape is {array.shape}")
    if not (np.isfinite(array.min()) and np.isfinite(array.max())):  # without an array of booleans; NaN is propagated
        index = np.unravel_index(int(np.argmin(np.isfinite(array))), array.shape)
        place = [int(axis) for axis in index]
        raise InputError(f"{where} is {array[index]} at {place}: every weight must be a finite number")


def _check_shapes(shapes: Mapping[str, tuple[int, ...]], scalar: bool, source: str) -> None:
    """Raise InputError unless the shapes agree with that of the hidden weights."""
    hidden, output = shapes["hidden.weight"], shapes["output.weight"]
    *leading, width, _ = hidden
    outputs = 1 if scalar else output[-2]
    if turned := _transposed(hidden[-2:], output[-2:]):
        raise InputError(
            f"{source}: {turned} transposed: hidden.weight {hidden} must be (..., width, inputs), and output.weight "
            f"{output} (..., outputs, width), as torch.nn.Linear has them"
        )
    expected = {"output.weight": (outputs, width), "hidden.bias": (width,), "output.bias": (outputs,)}
    for name, own in expected.items():
        if name in shapes and shapes[name] != (*leading, *own):
            raise InputError(
                f"{source}: {name} has the shape {shapes[name]}; with hidden.weight {hidden}"
                f"{' and one output for each bit' if scalar else ''} it must be {(*leading, *own)}"
            )


def _transposed(hidden: tuple[int, ...], output: tuple[int, ...]) -> str:
    """Return which matrices would agree if they were transposed, if they do not agree as they are."""
    if hidden[0] == output[1]:
        return ""
    if hidden[1] == output[0]:
        return "both matrices look"
    if hidden[1] == output[1]:
        return "hidden.weight looks"
    return "output.weight looks" if hidden[0] == output[0] else ""


def _rational(threshold: object, source: str) -> Fraction | None:
    if threshold is None:
        return None
    if not isinstance(threshold, Rational):
        raise InputError(f"{source}: the threshold must be a rational number (an int or a Fraction), got {threshold!r}")
    result = Fraction(int(threshold.numerator), int(threshold.denominator))
    if not is_short(result):
        raise InputError(f"{source}: the threshold must be a fraction of integers of at most {DIGITS:,} digits")
    return result


def is_short(threshold: Fraction) -> bool:
    """Return whether a threshold can be printed: numerator and denominator have at most 4,000 digits.

    >>> is_short(Fraction(1, 8)), is_short(Fraction(1, 10**4000))
    (True, False)
    """
    return bool(max(abs(threshold.numerator), threshold.denominator) < 10**DIGITS)
