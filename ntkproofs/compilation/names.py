"""Names of compiled programs, and of the fields that hold the signals of a file."""

from __future__ import annotations

import re

from ntkproofs.formats.sources import Netlist
from ntkproofs.programs.language import FIELD_NAME

__all__ = ["FieldNames", "program_name"]

MAX_NAME = 64  # characters of the name of a program
MAX_REPLACED = 100  # characters of a field whose signal has a name that fields cannot have


def program_name(name: str, kind: str) -> str:
    """Return a valid name of a program that is as similar as possible to the name of a source, or else `kind`.

    >>> program_name("my circuit (2)", "netlist"), program_name("", "netlist")
    ('my_circuit__2_', 'netlist')
    """
    plain = re.sub(r"[^A-Za-z0-9_.-]", "_", name)[:MAX_NAME]
    return re.sub(r"^[.-]", "_", plain) or kind


class FieldNames:
    """The fields of the signals of a netlist. No two signals have the same, and no other field has that of a signal.

    A signal's field has its name. The field of its inverse has the mark ``~`` before it, or as many ``~`` as it takes
    that no signal has such a name. In a name that a field cannot have, other characters are replaced by ``_``.

    >>> names = FieldNames(Netlist("x", ("a", "~a", "it's"), ("a",), ()))
    >>> names.field("a"), names.inverse("a"), names.field("it's"), names.added("a")
    ('a', '~~a', 'it_s', 'a_')
    """

    def __init__(self, netlist: Netlist) -> None:
        latches = [name for latch in netlist.latches for name in (latch.input, latch.output)]
        self._taken = {*netlist.inputs, *netlist.outputs, *latches, *(signal for signal, _ in netlist.covers)}
        self._mark = "~"
        while any(name.startswith(self._mark) for name in self._taken):
            self._mark += "~"
        self._replaced: dict[str, str] = {}

    def field(self, signal: str) -> str:
        """Return the name of the field that holds a signal."""
        if FIELD_NAME.fullmatch(signal):
            return signal
        if signal not in self._replaced:
            plain = "".join(letter if FIELD_NAME.fullmatch(letter) else "_" for letter in signal[:MAX_REPLACED])
            number = len(self._replaced)  # a name that is taken is numbered: thousands of long names may begin alike
            self._replaced[signal] = self.added(f"{plain}_{number}" if plain in self._taken else plain)
        return self._replaced[signal]

    def inverse(self, signal: str) -> str:
        """Return the name of the field that holds the inverse of a signal."""
        return self.field(self._mark + signal)

    def added(self, field: str) -> str:
        """Return the name of a new field: `field`, with as many ``_`` appended as it takes that no other has it."""
        while field in self._taken:
            field += "_"
        self._taken.add(field)
        return field
