"""What a weights file stores: arrays by name, and metadata, text by name.

Arrays have the names ``hidden.weight``, ``output.weight``, ``hidden.bias`` and ``output.bias``, or those that
``torch.nn.Sequential(Linear, ReLU, Linear)`` gives them: ``0.weight``, ``2.weight``, ``0.bias`` and ``2.bias``. Of the
metadata, ``axes`` names the leading axes, and ``threshold`` is a rational number; all other entries are kept as text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import IO, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError
from ntkproofs.printable import clipped, file_name
from ntkproofs.weights.networks import AXES, NAMES, Networks

__all__ = ["MAX_BYTES", "MAX_TEXT", "Stored", "check_shape", "fill", "named", "refused", "text_of", "threshold_of"]

Array: TypeAlias = NDArray[Any]

MAX_BYTES = 1 << 32  # bytes of all weights that are read at once
MAX_TEXT = 1 << 16  # characters of an entry of the metadata
MAX_AXES = 4  # of an array: networks, bits, and its own two
_MAX_NUMBER = 1000  # characters of a threshold
_CHUNK = 1 << 24  # bytes that are read at a time
_LAYOUTS = (
    dict(zip(NAMES, NAMES, strict=True)),
    dict(zip(("0.weight", "2.weight", "0.bias", "2.bias"), NAMES, strict=True)),
)  # the names of arrays in a file, and what they are


@dataclass(frozen=True)
class Stored:
    """The content of a weights file: `arrays` by the names ``hidden.weight``, ..., and `metadata` as text."""

    path: str
    arrays: Mapping[str, Array]
    metadata: Mapping[str, str]

    def networks(self, axes: str | None) -> Networks:
        """Return the networks; `axes` names the leading axes if the metadata do not."""
        rest = dict(self.metadata)
        own, threshold = rest.pop("axes", None), rest.pop("threshold", None)
        if None not in (own, axes) and own != axes:
            raise refused(self.path, f"the axes of the file are {clipped(own or '')}, which differ from {axes!a}")
        return Networks.of(
            *(self.arrays.get(name) for name in NAMES),  # type: ignore[arg-type]
            axes=axes if own is None else own,
            threshold=None if threshold is None else threshold_of(threshold, self.path),
            metadata=rest,
            source=file_name(self.path),
        )


def refused(path: str | os.PathLike[str], message: str) -> InputError:
    """Return the error that says what is wrong with a file."""
    return InputError(f"{file_name(path)}: {message}")


def named(names: Iterable[str], path: str) -> dict[str, str]:
    """Return what each array of a file is, by its name in the file.

    Raises InputError unless the names are those of one of the two layouts.

    >>> named(["2.weight", "0.weight"], "a.npz")
    {'2.weight': 'output.weight', '0.weight': 'hidden.weight'}
    """
    names = list(names)
    own, torch = (", ".join(layout) for layout in _LAYOUTS)
    for name in names:
        if not any(name in layout for layout in _LAYOUTS):
            raise refused(
                path,
                f"unknown array {clipped(name)}: the arrays of a two-layer network are {own} (or, of "
                f"torch.nn.Sequential, {torch}), without a prefix; those of biases may be absent",
            )
    for layout in _LAYOUTS:
        if layout.keys() >= set(names):
            missing = [name for name in list(layout)[:2] if name not in names]
            if missing:
                raise refused(path, f"the array {missing[0]} is missing" if names else f"it has no arrays {own}")
            return {name: layout[name] for name in names}
    raise refused(path, f"it has arrays of both layouts: either {own}, or {torch}")


def check_shape(path: str, name: str, shape: tuple[int, ...], dtype: str, most: int) -> int:
    """Return the bytes of an array; raises InputError unless it can be one of a network, of at most `most` bytes."""
    if not 1 <= len(shape) <= MAX_AXES:
        raise refused(path, f"{name} has {len(shape)} axes; arrays of weights have 1 to {MAX_AXES}")
    if 0 in shape:
        raise refused(path, f"{name} is empty: its shape is {shape}")
    size = prod(shape) * np.dtype(dtype).itemsize
    if size > most:
        raise refused(
            path,
            f"{name} is too large: it has {size:,} bytes, and {most:,} are left of the {MAX_BYTES:,} that all "
            "arrays of all files may have",
        )
    return size


def threshold_of(text: str, path: str) -> Fraction:
    """Return the threshold of an entry of the metadata, a fraction or a decimal number.

    >>> threshold_of("1/8", "a.npz") == threshold_of("0.125", "a.npz")
    True
    """
    if len(text) <= _MAX_NUMBER and re.fullmatch(r"[+-]?\d+(/0*[1-9]\d*|\.\d+)?", text, re.ASCII):
        return Fraction(text)
    raise refused(
        path,
        f"the metadata entry threshold must be a rational number such as 1/8 or 0.125, of at most {_MAX_NUMBER:,} "
        f"characters, got {clipped(text)}",
    )


def text_of(networks: Networks, path: str) -> dict[str, str]:
    """Return the metadata of the file of these networks: `axes`, `threshold` and their own entries, by name.

    Raises InputError if an entry is not text, or has one of the two names.
    """
    result: dict[str, str] = {}
    for name, value in networks.metadata.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise refused(path, f"the metadata entry {name!a} must be text, got {value!a}")
        if name in ("axes", "threshold"):
            raise refused(path, f"the metadata entry {name} is written from the networks, and cannot be given")
        result[name] = value
    axes = tuple(axis for axis, many in (("network", networks.count > 1), ("bit", networks.scalar)) if many)
    if axes:
        result["axes"] = next(text for text, names in AXES.items() if names == axes)
    if networks.threshold is not None:
        result["threshold"] = str(networks.threshold)
        threshold_of(result["threshold"], path)  # what is written must be readable
    return dict(sorted(result.items()))


def fill(stream: IO[bytes], array: Array) -> bool:
    """Read the bytes of an array from a stream; return whether there were enough."""
    target, done = array.reshape(-1).view(np.uint8), 0
    while done < len(target):
        piece = stream.read(min(_CHUNK, len(target) - done))
        if not piece:
            return False
        target[done : done + len(piece)] = np.frombuffer(piece, np.uint8)
        done += len(piece)
    return True
