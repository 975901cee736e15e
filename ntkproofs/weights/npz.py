"""Files ``.npz`` of NumPy: a zip archive with one array a member; nothing is unpickled and no header is evaluated.

Each member ``NAME.npy`` is an array of weights, or a text without axes, which is the metadata entry of that name, as
``numpy.savez(path, **arrays, axes="network", threshold="1/8")`` writes it.
"""

from __future__ import annotations

import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from typing import IO, BinaryIO

import numpy as np

from ntkproofs.errors import InputError
from ntkproofs.files import open_file
from ntkproofs.printable import clipped, message_of, printable
from ntkproofs.weights.pickles import pickled
from ntkproofs.weights.stored import MAX_BYTES, MAX_TEXT, Array, Stored, check_shape, fill, named, refused

__all__ = ["read_npz"]

MAX_DIRECTORY = 1 << 16  # bytes of the archive's directory, which is read as a whole
_END = struct.Struct("<4s4H2LH")  # the end of the directory: signature, ..., its bytes, its offset, comment
_WIDE_END = struct.Struct("<4sQ2H2L4Q")  # the same of archives of more than 2 GiB
_LOCATOR = struct.Struct("<4sLQL")  # between the two: signature, ..., where the former begins
_MAGIC = b"\x93NUMPY\x01\x00"  # of files .npy of version 1.0, whose header has at most 65,535 bytes
_HEADER = re.compile(
    r"\{\s*'descr':\s*'([^'\\]{1,12})'\s*,\s*'fortran_order':\s*(True|False)\s*,"
    r"\s*'shape':\s*\(\s*((?:\d{1,19}\s*,\s*)+(?:\d{1,19}\s*)?|)\)\s*,?\s*\}\s*",
    re.ASCII,
)
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, NotImplementedError, struct.error)
_FLOATS = {f"{order}f{size}" for order in "<>" for size in (2, 4, 8)}
_TEXT = re.compile(r"[<>]U(\d{1,7})", re.ASCII)


@dataclass(frozen=True)
class _Member:
    """An array of an archive, as its header describes it.

    `descr`: its dtype; `order`: C or F, that of its data; `left`: the number of bytes that follow the header.
    """

    name: str
    descr: str
    order: str
    shape: tuple[int, ...]
    left: int

    @property
    def is_text(self) -> bool:
        return "U" in self.descr


def read_npz(path: str, *, most: int = MAX_BYTES) -> Stored:
    """Return the content of a file ``.npz`` with at most `most` bytes of data, uncompressed; no object is unpickled.

    Arrays in big-endian or Fortran order are converted, which changes no number.
    """
    arrays: dict[str, Array] = {}
    metadata: dict[str, str] = {}
    with open_file(path, most=most) as file, _zip_errors(path), _archive(file, path) as archive:
        items = _names(archive, path)
        members = [_opened(archive, item, path) for item in items]
        names = named((member.name for member in members if not member.is_text), path)
        for member in members:
            if not member.is_text:
                most -= check_shape(path, member.name, member.shape, member.descr, most)
        for item in items:
            with archive.open(item) as stream:
                member = _member(stream, item, path)
                if member.is_text:
                    metadata[member.name] = _text(stream, member, path)
                else:
                    arrays[names[member.name]] = _array(stream, member, path)
    return Stored(path, arrays, metadata)


def _opened(archive: zipfile.ZipFile, item: zipfile.ZipInfo, path: str) -> _Member:
    with archive.open(item) as stream:
        return _member(stream, item, path)


# --- the archive


@contextmanager
def _zip_errors(path: str) -> Iterator[None]:
    """Turn what `zipfile` raises about an invalid archive into an InputError."""
    try:
        yield
    except InputError:
        raise
    except _ZIP_ERRORS as problem:
        raise refused(path, f"not a valid .npz file: {message_of(problem)}") from problem


def _archive(file: BinaryIO, path: str) -> zipfile.ZipFile:
    """Open an archive, after checking the size of its directory."""
    size = os.fstat(file.fileno()).st_size
    count = _WIDE_END.size + _LOCATOR.size + _END.size
    file.seek(max(0, size - count))
    tail = file.read(count).rjust(count, b"\0")
    signature, *_, length, _, comment = _END.unpack_from(tail, count - _END.size)
    if signature != b"PK\x05\x06" or comment:
        raise refused(path, "not an .npz file, or truncated: it must end as a zip archive without a comment does")
    locator, _, start, _ = _LOCATOR.unpack_from(tail, _WIDE_END.size)
    if locator == b"PK\x06\x07":
        wide, *_, length, _ = _WIDE_END.unpack_from(tail)
        if wide != b"PK\x06\x06" or start != size - count:
            raise refused(path, "not a valid .npz file: the end of its directory is not where the file says it is")
    if length > MAX_DIRECTORY:
        raise refused(path, f"its directory has {length:,} bytes, at most {MAX_DIRECTORY:,} are supported")
    file.seek(0)
    return zipfile.ZipFile(file)


def _names(archive: zipfile.ZipFile, path: str) -> list[zipfile.ZipInfo]:
    """Return the members, each an array with a name of its own, not encrypted, and compressed by deflate or not."""
    items, seen = archive.infolist(), set[str]()
    for item in items:
        if item.filename.endswith("/data.pkl"):
            raise pickled(path, ".pt")
        if not item.filename.endswith(".npy"):
            raise refused(path, f"the member {clipped(item.filename)} is not an array: its name does not end in .npy")
        if item.filename in seen:
            raise refused(path, f"the member {clipped(item.filename)} is there twice")
        if item.flag_bits & 1 or item.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refused(path, f"the member {clipped(item.filename)} must be stored or deflated, and not encrypted")
        seen.add(item.filename)
    return items


# --- the arrays


def _member(stream: IO[bytes], item: zipfile.ZipInfo, path: str) -> _Member:
    """Return what the header of a member says, after checking it; the stream is then at the data."""
    name = item.filename.removesuffix(".npy")
    prefix = stream.read(10)
    length = int.from_bytes(prefix[8:], "little")
    header = stream.read(length)
    match = _HEADER.fullmatch(header.decode("latin-1"))
    if prefix[:8] != _MAGIC or match is None:
        raise refused(path, f"{clipped(name)} is not an array of NumPy with a header of version 1.0")
    descr, order, axes = match.groups()
    shape = tuple(int(size) for size in axes.split(",") if size.strip())
    if descr not in _FLOATS and not _TEXT.fullmatch(descr):
        raise refused(path, f"{clipped(name)} has the dtype {_described(descr)}: weights are float16, float32, float64")
    member = _Member(name, descr, "F" if order == "True" else "C", shape, item.file_size - 10 - length)
    if member.left != prod(shape) * np.dtype(descr).itemsize:
        raise refused(
            path,
            f"{clipped(name)} has {member.left:,} bytes of data; for the dtype {descr} and the shape {shape} they must "
            f"be {prod(shape) * np.dtype(descr).itemsize:,}",
        )
    return member


def _described(descr: str) -> str:
    if descr == "|O":
        return "object, which would be unpickled"
    if re.fullmatch(r".?V2", descr):
        return f"{descr} (NumPy has no bfloat16: convert to float32)"
    return printable(descr)


def _text(stream: IO[bytes], member: _Member, path: str) -> str:
    """Return a text without axes: an entry of the metadata."""
    if member.shape or member.left > 4 * MAX_TEXT:
        raise refused(path, f"{clipped(member.name)} must be a text without axes, of at most {MAX_TEXT:,} characters")
    data = stream.read(member.left)
    try:
        return data.decode("utf-32-be" if member.descr[0] == ">" else "utf-32-le").rstrip("\0")
    except UnicodeDecodeError as problem:
        raise refused(path, f"{clipped(member.name)} is not text") from problem


def _array(stream: IO[bytes], member: _Member, path: str) -> Array:
    """Return an array of weights, contiguous and in the byte order of this machine."""
    array = np.empty(member.shape[::-1] if member.order == "F" else member.shape, member.descr)
    if not fill(stream, array):
        raise refused(path, f"the file is truncated: {clipped(member.name)} has too few bytes")
    if not array.dtype.isnative:
        array = array.byteswap(inplace=True).view(array.dtype.newbyteorder("="))
    return np.ascontiguousarray(array.T) if member.order == "F" else array
