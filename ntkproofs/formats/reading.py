"""Reading a source from a file: the format follows from the suffix of the file name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ntkproofs.errors import InputError
from ntkproofs.files import read_file
from ntkproofs.formats.aiger import read_aiger
from ntkproofs.formats.blif import read_blif
from ntkproofs.formats.kiss import read_kiss
from ntkproofs.formats.pla import read_pla
from ntkproofs.formats.sources import Source
from ntkproofs.formats.text import MAX_BYTES
from ntkproofs.formats.turing import read_turing
from ntkproofs.formats.verilog import read_verilog
from ntkproofs.printable import file_name

__all__ = ["SUFFIXES", "read_source"]

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
    return reader(read_file(name, most=MAX_BYTES), name)
