"""Reading a source from a file: the format follows from the suffix of the file name."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from ntkproofs.errors import InputError
from ntkproofs.formats.aiger import read_aiger
from ntkproofs.formats.blif import read_blif
from ntkproofs.formats.kiss import read_kiss
from ntkproofs.formats.pla import read_pla
from ntkproofs.formats.sources import Source
from ntkproofs.formats.text import MAX_BYTES
from ntkproofs.formats.turing import read_turing
from ntkproofs.formats.verilog import read_verilog
from ntkproofs.printable import file_name

__all__ = ["SUFFIXES", "read_bytes", "read_source"]

_READERS: dict[str, Callable[[bytes, str], Source]] = {
    ".blif": read_blif,
    ".pla": read_pla,
    ".aag": read_aiger,
    ".aig": read_aiger,
    ".kiss": read_kiss,
    ".kiss2": read_kiss,
    ".tm": read_turing,
    ".v": read_verilog,
}
SUFFIXES = tuple(_READERS)


def read_source(path: str | os.PathLike[str]) -> Source:
    """Return the circuit, table or machine in a file; the suffix says in which format it is.

    Raises InputError, as ``FILE:LINE: what is wrong; what would be right``, if the file cannot be read, is too large or
    is invalid.

    >>> read_source("adder.txt")
    Traceback (most recent call last):
    ntkproofs.errors.InputError: adder.txt: the suffix must be one of .blif .pla .aag .aig .kiss .kiss2 .tm .v
    """
    name = os.fspath(path)
    reader = _READERS.get(Path(name).suffix.lower())
    if reader is None:
        raise InputError(f"{file_name(name)}: the suffix must be one of {' '.join(SUFFIXES)}")
    return reader(read_bytes(name, MAX_BYTES), name)


def read_bytes(path: str, limit: int) -> bytes:
    """Return the content of a regular file; raises InputError if there is none or if it has more than `limit` bytes.

    >>> read_bytes("/dev/zero", 10)
    Traceback (most recent call last):
    ntkproofs.errors.InputError: /dev/zero: cannot be read: it is not a regular file
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise InputError(f"{file_name(path)}: cannot be read: it is not a regular file")
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as problem:
        if isinstance(problem, InputError):
            raise
        reason = getattr(problem, "strerror", None) or problem
        raise InputError(f"{file_name(path)}: cannot be read: {reason}") from problem
    if len(data) > limit:
        raise InputError(f"{file_name(path)}: too large: at most {limit:,} bytes are read")
    return data
