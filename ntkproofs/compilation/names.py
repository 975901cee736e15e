"""Names of compiled programs, and of the fields that a compilation adds to the signals of a file."""

from __future__ import annotations

import re
from collections.abc import Collection

from ntkproofs.formats.sources import Netlist

__all__ = ["fresh", "inverse_mark", "program_name", "signals_of"]

MAX_NAME = 64


def program_name(name: str, kind: str) -> str:
    """Return a valid name of a program that is as similar as possible to the name of a source, or else `kind`.

    >>> program_name("my circuit (2)", "netlist"), program_name("", "netlist")
    ('my_circuit__2_', 'netlist')
    """
    plain = re.sub(r"[^A-Za-z0-9_.-]", "_", name)[:MAX_NAME]
    return re.sub(r"^[.-]", "_", plain) or kind


def fresh(field: str, taken: Collection[str]) -> str:
    """Return `field`, with as many ``_`` appended as it takes to differ from all `taken` names.

    >>> fresh("cubes", {"cubes", "cubes_"})
    'cubes__'
    """
    while field in taken:
        field += "_"
    return field


def inverse_mark(taken: Collection[str]) -> str:
    """Return the prefix of the names of inverses: as many ``~`` as it takes that no `taken` name starts with it.

    >>> inverse_mark({"y", "~y"})
    '~~'
    """
    mark = "~"
    while any(name.startswith(mark) for name in taken):
        mark += "~"
    return mark


def signals_of(netlist: Netlist) -> set[str]:
    """Return the names of all signals of a netlist."""
    latches = {name for latch in netlist.latches for name in (latch.input, latch.output)}
    return {*netlist.inputs, *netlist.outputs, *latches, *(signal for signal, _ in netlist.covers)}
