"""The size of an ONNX file apart from its numbers, measured on its bytes before anything is built from them.

A message of two bytes becomes an object of a hundred or more, so a limit on the size of a file does not limit the
memory that a parser takes. The fields that are followed are those of the ONNX schema (``onnx.proto``); the numbers of
tensors are skipped, and everything else is counted.
"""

from __future__ import annotations

from ntkproofs.errors import InputError

__all__ = ["check_structure"]

MAX_STRUCTURE = 1 << 22  # bytes of a file that are not numbers of a tensor
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # wire types
MESSAGES = {
    ("model", 7): "graph",
    ("graph", 1): "node",
    ("graph", 5): "tensor",
    ("node", 5): "attribute",
    ("attribute", 5): "tensor",
}  # fields that contain messages which can hold numbers of tensors
NUMBERS = {("tensor", 4), ("tensor", 5), ("tensor", 9), ("tensor", 10), ("attribute", 7)}  # float_data, raw_data, ...


def check_structure(data: bytes) -> None:
    r"""Raise InputError if `data` is not a sequence of fields, or if more than 4 MiB of it are not numbers of tensors.

    >>> check_structure(bytes([8, 10]))
    >>> check_structure(b"\xff")
    Traceback (most recent call last):
    ntkproofs.errors.InputError: it is not an ONNX file: it ends inside a field
    """
    counted, waiting = 0, [("model", 0, len(data))]
    while waiting:
        kind, place, end = waiting.pop()
        while place < end:
            start = place
            key, place = _varint(data, place, end)
            length, place = _length(data, place, end, key & 7)
            inner = MESSAGES.get((kind, key >> 3)) if key & 7 == BYTES else None
            if inner is not None:
                waiting.append((inner, place, place + length))
            skipped = inner is not None or (key & 7 == BYTES and (kind, key >> 3) in NUMBERS)
            place += length
            counted += place - start - (length if skipped else 0)
            if counted > MAX_STRUCTURE:
                raise InputError(
                    f"more than {MAX_STRUCTURE:,} bytes are not numbers of tensors: that is no small graph"
                )


def _length(data: bytes, place: int, end: int, wire: int) -> tuple[int, int]:
    """Return the number of bytes of a field's value, and where the value begins."""
    if wire == BYTES:
        length, place = _varint(data, place, end)
    elif wire == VARINT:
        length = _varint(data, place, end)[1] - place
    elif wire in (FIXED32, FIXED64):
        length = 4 if wire == FIXED32 else 8
    else:
        raise InputError(f"it is not an ONNX file: a field has the wire type {wire}")
    if length > end - place:
        raise InputError("it is not an ONNX file: it ends inside a field")
    return length, place


def _varint(data: bytes, place: int, end: int) -> tuple[int, int]:
    """Return the integer of variable length that begins at `place`, and where it ends."""
    value = shift = 0
    while place < end and shift < 70:
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
        shift += 7
    raise InputError("it is not an ONNX file: it ends inside a field")
