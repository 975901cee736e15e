"""Files ``.safetensors``: a header in JSON with names, dtypes, shapes and offsets of tensors, then their bytes.

The header is checked here, so that each error says what would be right, and the library `safetensors` must accept the
file too. The data are read into memory once.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, BinaryIO, NoReturn

import numpy as np

from ntkproofs.errors import InputError
from ntkproofs.files import open_file
from ntkproofs.printable import clipped, message_of
from ntkproofs.weights.networks import NAMES, Networks
from ntkproofs.weights.stored import MAX_BYTES, MAX_TEXT, Array, Stored, check_shape, fill, named, refused, text_of

__all__ = ["MAX_HEADER", "read_safetensors", "safetensors_bytes"]

MAX_HEADER = 1 << 20  # bytes of a header
_METADATA = "__metadata__"
_DTYPES = {"F16": "<f2", "BF16": "<u2", "F32": "<f4", "F64": "<f8"}  # in the file; BF16: upper half of a float32
_READ = {**_DTYPES, "BF16": "<f4"}
_CODES = {2: "F16", 4: "F32", 8: "F64"}  # by the number of bytes


@dataclass(frozen=True)
class _Tensor:
    """A tensor of the header: its data are the bytes from `begin` to `end` of all data."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def size(self) -> int:
        """The number of bytes of an array of this dtype and shape."""
        return prod(self.shape) * np.dtype(_DTYPES[self.dtype]).itemsize


def read_safetensors(path: str, *, most: int = MAX_BYTES) -> Stored:
    """Return the content of a file ``.safetensors`` of at most `most` bytes.

    Arrays have the dtype of the file; bfloat16 is converted to float32, which is exact.
    """
    library = _library(path)
    with open_file(path, most=most) as file:
        tensors, metadata, start = _header(file, path)
        names = named(tensors, path)
        _check_tensors(path, tensors, os.fstat(file.fileno()).st_size - start, most)
        try:
            with library.safe_open(path, framework="numpy"):
                pass
        except (library.SafetensorError, OSError) as problem:
            raise refused(path, f"the library safetensors does not accept the file: {message_of(problem)}") from problem
        arrays = {names[name]: _array(file, path, name, tensor, start) for name, tensor in tensors.items()}
    return Stored(path, arrays, metadata)


def _library(path: str) -> Any:
    try:
        import safetensors
    except ImportError:
        raise refused(
            path, ".safetensors files need the package safetensors: pip install 'ntkproofs[weights]'"
        ) from None
    return safetensors


# --- the header


def _header(file: BinaryIO, path: str) -> tuple[dict[str, _Tensor], dict[str, str], int]:
    """Return the tensors by name, the metadata, and where the data begin."""
    length = file.read(8)
    size = struct.unpack("<Q", length)[0] if len(length) == 8 else 0
    if not 2 <= size <= MAX_HEADER:
        raise refused(
            path, f"not a safetensors file: the first 8 bytes are the length of its header, from 2 to {MAX_HEADER:,}"
        )
    text = file.read(size)
    if len(text) < size:
        raise refused(path, f"the file is truncated: its header has {size:,} bytes, but only {len(text):,} follow")
    entries = _parsed(text, path)
    metadata = _metadata(path, entries.pop(_METADATA, {}))
    return {name: _tensor(path, name, entry) for name, entry in entries.items()}, metadata, 8 + size


def _parsed(text: bytes, path: str) -> dict[str, Any]:
    """Return the object of the header; no key of an object stands twice in it."""

    def once(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in items:
            if key in result:
                raise refused(path, f"the name {clipped(key)} stands twice in the header")
            result[key] = value
        return result

    def constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is not a number of JSON")

    try:
        entries = json.loads(text.decode("utf-8"), object_pairs_hook=once, parse_constant=constant)
    except InputError:
        raise
    except RecursionError as problem:
        raise refused(path, "not a safetensors file: its header is nested too deeply") from problem
    except ValueError as problem:  # also of UTF-8 and of JSON
        raise refused(path, f"not a safetensors file: its header is not JSON: {message_of(problem)}") from problem
    if not isinstance(entries, dict):
        raise refused(path, "not a safetensors file: its header is not an object of JSON")
    return entries


def _metadata(path: str, entries: Any) -> dict[str, str]:
    if not isinstance(entries, dict):
        raise refused(path, "the metadata must be an object of texts")
    for name, value in entries.items():
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            raise refused(path, f"the metadata entry {clipped(name)} must be a text of at most {MAX_TEXT:,} characters")
    return entries


def _tensor(path: str, name: str, entry: Any) -> _Tensor:
    if not isinstance(entry, dict) or sorted(entry) != ["data_offsets", "dtype", "shape"]:
        raise refused(path, f"the entry {clipped(name)} of the header must have dtype, shape and data_offsets only")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not _integers(shape) or not _integers(offsets) or len(offsets) != 2:
        raise refused(
            path, f"{clipped(name)}: shape and data_offsets, which are two, must be nonnegative integers below 2^63"
        )
    if not isinstance(dtype, str) or dtype not in _DTYPES:
        raise refused(
            path, f"{clipped(name)} has the dtype {clipped(str(dtype))}: weights are F16, BF16, F32 or F64 (floats)"
        )
    return _Tensor(dtype, tuple(shape), *offsets)


def _integers(items: Any) -> bool:
    return isinstance(items, list) and all(type(item) is int and 0 <= item < 1 << 63 for item in items)


def _check_tensors(path: str, tensors: Mapping[str, _Tensor], size: int, most: int) -> None:
    """Raise InputError unless the tensors, one after another, are all of the data, which have `size` bytes."""
    reached = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: item[1].begin):
        most -= check_shape(path, name, tensor.shape, _READ[tensor.dtype], most)
        if (tensor.begin, tensor.end) != (reached, reached + tensor.size):
            raise refused(
                path,
                f"the data_offsets of {name} are {tensor.begin} and {tensor.end}; for the dtype {tensor.dtype} and "
                f"the shape {tensor.shape} after {reached} bytes they must be {reached} and {reached + tensor.size}",
            )
        reached = tensor.end
    if reached > size:
        raise refused(path, f"the file is truncated: its tensors have {reached:,} bytes, but only {size:,} are there")
    if reached < size:
        raise refused(path, f"{size - reached:,} bytes follow the last tensor, where the file should end")


# --- the data


def _array(file: BinaryIO, path: str, name: str, tensor: _Tensor, start: int) -> Array:
    array = np.empty(tensor.shape, _DTYPES[tensor.dtype])
    file.seek(start + tensor.begin)
    if not fill(file, array):
        raise refused(path, f"the file became shorter while {name} was read")
    if tensor.dtype == "BF16":
        wide = array.astype("<u4")
        wide <<= 16
        array = wide.view("<f4")
    return array.astype(array.dtype.newbyteorder("="), copy=False)


# --- writing


def safetensors_bytes(networks: Networks, path: str) -> list[bytes | memoryview]:
    """Return the pieces of the file of these networks, which depend on the arrays and the metadata only.

    Data are in the order that the library writes: larger dtypes first, so that all are aligned, then by name.
    """
    leading = tuple(axis for axis, size in enumerate(networks.hidden.shape[:2]) if size == 1)
    fields = (networks.hidden, networks.output, networks.hidden_bias, networks.output_bias)
    given = zip(NAMES, fields, strict=True)
    arrays = {name: np.squeeze(array, leading) for name, array in given if array is not None}
    metadata = text_of(networks, path)
    header: dict[str, Any] = {_METADATA: metadata} if metadata else {}
    data: list[bytes | memoryview] = []
    offset = 0
    for name, array in sorted(arrays.items(), key=lambda item: (-item[1].itemsize, item[0])):
        end = offset + array.nbytes
        header[name] = {"dtype": _CODES[array.itemsize], "shape": array.shape, "data_offsets": [offset, end]}
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        data.append(little.reshape(-1).view(np.uint8).data)
        offset = end
    try:
        text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError as problem:
        raise refused(path, "the metadata must be text that UTF-8 can represent") from problem
    text += b" " * (-len(text) % 8)
    if len(text) > MAX_HEADER or any(len(value) > MAX_TEXT for value in metadata.values()):
        raise refused(path, f"the metadata are too long: at most {MAX_TEXT:,} characters each, {MAX_HEADER:,} bytes")
    return [struct.pack("<Q", len(text)), text, *data]
