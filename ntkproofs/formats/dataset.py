"""Data sets of instructions, in the layout of the code published with arXiv 2601.23207, as JSON or NumPy arrays.

A JSON file is an object with three keys: what ``get_sample`` and ``get_dataset`` of that code return, written by
``json.dump({"sample": sample, "inputs": inputs, "labels": labels}, file)``::

    {"sample": {"flag": 0, "message": [[0, 0], [0, 0]]},
     "inputs": [{"flag": {}, "message": {"1": {"0": 1}}}, {"flag": 1}],
     "labels": [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0]]}

`sample` gives the fields and their shapes; each item of `inputs` is the partial assignment of one instruction, by index
(in JSON a string); each row of `labels` is the flattened state that the instruction writes. A file ``.npz`` has the
matrices `inputs`, with -1 where a bit is not required, and `labels`, and optionally the vectors `fields` and `widths`,
the names and sizes of the fields (without them there is one field, ``bits``).
"""

from __future__ import annotations

import io
import json
import lzma
import os
import zipfile
import zlib
from math import prod
from typing import TYPE_CHECKING, Any, NoReturn

from ntkproofs.errors import InputError
from ntkproofs.files import read_file
from ntkproofs.formats.sources import DataSet, Instruction
from ntkproofs.formats.text import quoted
from ntkproofs.printable import file_name, message_of, printable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["MAX_DATA_BYTES", "read_data_set"]

MAX_DATA_BYTES = 1 << 26  # bytes of a file
MAX_ARRAY_BYTES = 1 << 27  # bytes of an array of an .npz file, uncompressed
_KEYS = ("sample", "inputs", "labels")


def read_data_set(path: str | os.PathLike[str]) -> DataSet:
    """Return the data set in a file ``.json`` or ``.npz``; raises InputError, naming the item, if it is invalid."""
    name = os.fspath(path)
    suffix = os.path.splitext(name)[1].lower()
    if suffix not in (".json", ".npz"):
        raise InputError(f"{file_name(name)}: the suffix of a data set must be .json or .npz")
    data = read_file(name, most=MAX_DATA_BYTES)
    return (_read_json if suffix == ".json" else _read_npz)(data, _File(name))


class _File:
    """The name of a file, for messages and for the data set."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.name = os.path.basename(path)
        self.stem = os.path.splitext(self.name)[0]

    def error(self, message: str, line: int = 0) -> InputError:
        return InputError(f"{file_name(self.path)}:{f'{line}:' if line else ''} {printable(message)}")


# --- JSON


def _read_json(data: bytes, file: _File) -> DataSet:
    content = _parse(data, file)
    if not isinstance(content, dict) or sorted(content) != sorted(_KEYS):
        raise file.error(f"a data set is an object with the keys {', '.join(_KEYS)}")
    sample, inputs, labels = (content[key] for key in _KEYS)
    if not isinstance(sample, dict) or not sample:
        raise file.error('sample must be an object of fields, such as {"bits": [0, 0]}')
    fields = tuple((name, _shape(file, f"sample.{name}", value)) for name, value in sample.items())
    if not isinstance(inputs, list) or not isinstance(labels, list) or len(inputs) != len(labels) or not inputs:
        raise file.error("inputs and labels must be lists of the same length, not empty")
    starts, size = {}, 0
    for name, shape in fields:
        starts[name] = size, shape
        size += prod(shape)
    instructions = tuple(
        Instruction(_requirements(file, f"inputs[{index}]", partial, starts), _row(file, f"labels[{index}]", row, size))
        for index, (partial, row) in enumerate(zip(inputs, labels, strict=True))
    )
    return DataSet(file.stem, fields, instructions, file.name, data)


def _parse(data: bytes, file: _File) -> Any:
    def refuse(constant: str) -> NoReturn:
        raise file.error(f"{constant} is not a number of JSON")

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in items:
            if key in result:
                raise file.error(f"the key {quoted(key)} stands twice in an object")
            result[key] = value
        return result

    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=pairs, parse_constant=refuse)
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise file.error(f"not UTF-8 text (byte {problem.start})", line) from problem
    except json.JSONDecodeError as problem:
        raise file.error(f"not JSON: {problem.msg} (column {problem.colno})", problem.lineno) from problem
    except InputError:
        raise
    except (RecursionError, ValueError) as problem:
        raise file.error(
            f"not a data set: {type(problem).__name__} in JSON (nested too deeply, or a large number)"
        ) from problem


def _shape(file: _File, place: str, value: Any) -> tuple[int, ...]:
    """Return the shape of nested lists of numbers, () of a number; raises InputError if they are not regular."""
    shape: list[int] = []
    level = [value]
    while level and isinstance(level[0], list):
        widths = {len(item) if isinstance(item, list) else -1 for item in level}
        if len(widths) > 1 or widths & {0, -1}:
            raise file.error(f"{place} must be a number or nested lists of one regular shape, none empty")
        shape.append(len(level[0]))
        level = [inner for item in level for inner in item]
    if any(type(item) not in (int, float) for item in level):
        raise file.error(f"{place} must be a number or nested lists of numbers of one regular shape")
    return tuple(shape)


def _requirements(
    file: _File, place: str, partial: Any, starts: dict[str, tuple[int, tuple[int, ...]]]
) -> tuple[tuple[int, int], ...]:
    """Return the (position, value) pairs of a partial assignment."""
    if not isinstance(partial, dict):
        raise file.error(f"{place} must be an object of fields, got {quoted(str(partial))}")
    found: list[tuple[int, int]] = []
    for name, value in partial.items():
        if name not in starts:
            raise file.error(f"{place} has the field {quoted(name)}, which sample does not have")
        start, shape = starts[name]
        _collect(file, f"{place}.{name}", value, start, shape, found)
    return tuple(found)


def _collect(
    file: _File, place: str, value: Any, start: int, shape: tuple[int, ...], found: list[tuple[int, int]]
) -> None:
    """Append the values of the part of a field that begins at the position `start` and has the shape `shape`."""
    if not shape and type(value) in (int, float) and value in (0, 1):
        found.append((start, int(value)))
        return
    if not isinstance(value, dict) or (value and not shape):
        depth = f"an object of indices, {len(shape)} deep" if shape else "0 or 1"
        raise file.error(f"{place} must be {depth}, got {quoted(str(value))}")
    for key, inner in value.items():
        if not (key.isascii() and key.isdigit() and len(key) <= 9 and int(key) < shape[0]):
            raise file.error(f"{place} has the index {quoted(key)}; it must be from 0 to {shape[0] - 1}")
        _collect(file, f"{place}[{key}]", inner, start + int(key) * prod(shape[1:]), shape[1:], found)


def _row(file: _File, place: str, row: Any, size: int) -> tuple[int, ...]:
    """Return the positions of the ones of a row of labels."""
    if not isinstance(row, list) or len(row) != size:
        got = f"{len(row)} items" if isinstance(row, list) else quoted(str(row))
        raise file.error(f"{place} must be a list of {size} labels, as many as sample has bits; got {got}")
    for value in row:
        if type(value) not in (int, float) or value not in (0, 1):
            raise file.error(f"{place} has the label {quoted(str(value))}; labels are 0 or 1")
    return tuple(index for index, value in enumerate(row) if value)


# --- NumPy


def _read_npz(data: bytes, file: _File) -> DataSet:
    arrays = _arrays(data, file)
    inputs = _matrix(file, "inputs", arrays, (-1, 0, 1))
    labels = _matrix(file, "labels", arrays, (0, 1))
    if inputs.shape != labels.shape:
        raise file.error(f"inputs and labels must have the same shape, got {inputs.shape} and {labels.shape}")
    fields = _fields(file, arrays, inputs.shape[1])
    instructions = tuple(
        Instruction(
            tuple((int(position), int(row[position])) for position in (row >= 0).nonzero()[0]),
            tuple(int(position) for position in label.nonzero()[0]),
        )
        for row, label in zip(inputs, labels, strict=True)
    )
    return DataSet(file.stem, fields, instructions, file.name, data)


def _arrays(data: bytes, file: _File) -> dict[str, NDArray[Any]]:
    """Return the arrays of an .npz file, after checking the sizes that it announces; no object is unpickled."""
    import numpy as np

    known = ("inputs", "labels", "fields", "widths")
    arrays = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for item in archive.infolist():
                name = item.filename.removesuffix(".npy")
                if name not in known or name in arrays:
                    raise file.error(f"the array {quoted(name)}: expected {', '.join(known)}, each once")
                if item.file_size > MAX_ARRAY_BYTES:
                    raise file.error(f"the array {name} is too large: at most {MAX_ARRAY_BYTES:,} bytes")
                content = io.BytesIO(archive.read(item))
                _check_size(file, name, content)
                arrays[name] = np.lib.format.read_array(content, allow_pickle=False)
    except InputError:
        raise
    except (
        OSError,
        ValueError,
        EOFError,
        RuntimeError,
        NotImplementedError,
        zipfile.BadZipFile,
        zlib.error,
    ) as problem:
        raise file.error(f"not an .npz file: {message_of(problem)}") from problem
    except (lzma.LZMAError, MemoryError, SyntaxError, KeyError, TypeError, OverflowError) as problem:
        raise file.error(f"not an .npz file: {type(problem).__name__}") from problem
    return arrays


def _check_size(file: _File, name: str, content: io.BytesIO) -> None:
    """Raise InputError unless the size in the header of an array is that of its data; else reading allocates it."""
    import numpy as np

    version = np.lib.format.read_magic(content)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(content)
    expected = content.tell() + prod(shape) * dtype.itemsize
    if dtype.hasobject or expected != len(content.getbuffer()):
        raise file.error(f"the array {name} must have as much data as its header announces, of numbers or strings")
    content.seek(0)


def _matrix(file: _File, name: str, arrays: dict[str, NDArray[Any]], allowed: tuple[int, ...]) -> NDArray[np.int8]:
    import numpy as np

    matrix = arrays.get(name)
    values = ", ".join(map(str, allowed))
    if matrix is None or matrix.ndim != 2 or not matrix.size or matrix.dtype.kind not in "biuf":
        raise file.error(f"{name} must be a matrix of the values {values}, a row for each instruction")
    wrong = np.argwhere(~np.isin(matrix, allowed))
    if len(wrong):
        row, column = wrong[0]
        raise file.error(f"{name}[{row}, {column}] is {matrix[row, column]}; it must be one of {values}")
    return matrix.astype(np.int8)


def _fields(file: _File, arrays: dict[str, NDArray[Any]], size: int) -> tuple[tuple[str, tuple[int, ...]], ...]:
    names, widths = arrays.get("fields"), arrays.get("widths")
    if names is None and widths is None:
        return (("bits", (size,)),)
    if (
        names is None
        or widths is None
        or names.ndim != 1
        or names.dtype.kind != "U"
        or widths.shape != names.shape
        or widths.dtype.kind not in "iu"
        or len(set(names.tolist())) != len(names)
        or any(width < 1 for width in widths.tolist())
        or sum(widths.tolist()) != size
    ):
        raise file.error(
            f"fields must be a vector of different names, and widths one of positive sizes with the sum {size}"
        )
    return tuple((str(name), (int(width),)) for name, width in zip(names, widths, strict=True))
