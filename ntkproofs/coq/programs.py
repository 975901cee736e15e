"""Export of template programs as Coq terms that do not depend on notations, scopes or short names.

All names are full names, and lists and strings are written with their constructors. Numbers and strings are definitions
that the terms refer to: ``number_5`` is ``S number_4``. See :class:`Terms`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ntkproofs.errors import InputError
from ntkproofs.formats.sources import Cover, Netlist
from ntkproofs.programs.language import Bit, Template, TemplateProgram

__all__ = ["Terms"]

MAX_NUMBER = 1 << 14  # the largest number that is exported
MAX_NAME = 200  # characters of the name of a field

_DATA = "Coq.Init.Datatypes"
_STRING = "Coq.Strings.String"
_OWN = "NtkProofs.Templates"
_NETLISTS = "NtkProofs.Netlists"
NAT, BOOL = f"{_DATA}.nat", f"{_DATA}.bool"
BIT, TEMPLATE, PROGRAM = f"{_OWN}.bit", f"{_OWN}.template", f"{_OWN}.program"
_TRUE, _FALSE = f"{_DATA}.true", f"{_DATA}.false"


class Terms:
    """Terms of Coq that share definitions of numbers and strings; :meth:`definitions` must precede them in a file.

    >>> terms = Terms()
    >>> terms.number(1)
    'number_1'
    >>> for line in terms.definitions():
    ...     print(line)
    Definition number_0 : Coq.Init.Datatypes.nat := Coq.Init.Datatypes.O.
    Definition number_1 : Coq.Init.Datatypes.nat := Coq.Init.Datatypes.S number_0.
    """

    def __init__(self) -> None:
        self._largest = -1
        self._texts: dict[str, str] = {}

    def definitions(self) -> list[str]:
        """Return the definitions of all numbers and strings used so far, one a line."""
        numbers = [
            f"Definition number_{value} : {NAT} := {f'{_DATA}.S number_{value - 1}' if value else f'{_DATA}.O'}."
            for value in range(self._largest + 1)
        ]
        texts = [f"Definition {name} : {_STRING}.string := {_constructed(text)}." for text, name in self._texts.items()]
        return [*numbers, *texts]

    def number(self, value: int) -> str:
        """Return a natural number; raises InputError unless it is at most 2^14."""
        if not 0 <= value <= MAX_NUMBER:
            raise InputError(f"a number exported to Coq must be from 0 to {MAX_NUMBER}, got {value}")
        self._largest = max(self._largest, value)
        return f"number_{value}"

    def text(self, value: str) -> str:
        """Return a string; raises InputError unless it has at most 200 characters, all ASCII."""
        if not value.isascii() or len(value) > MAX_NAME:
            raise InputError(f"a name exported to Coq must have at most {MAX_NAME} ASCII characters, got {value!r}")
        return self._texts.setdefault(value, f"text_{len(self._texts)}")

    def list_of(self, kind: str, terms: Iterable[str]) -> str:
        """Return a list of terms of the type `kind`, written with its constructors."""
        parts = list(terms)
        heads = "".join(f"@{_DATA}.cons {kind} ({part}) (" for part in parts)
        return f"{heads}@{_DATA}.nil {kind}{')' * len(parts)}"

    def bit(self, bit: Bit) -> str:
        """Return a bit: the pair of its field and its index."""
        return f"@{_DATA}.pair {_STRING}.string {NAT} {self.text(bit[0])} {self.number(bit[1])}"

    def bits(self, bits: Iterable[Bit]) -> str:
        """Return a list of bits."""
        return self.list_of(BIT, map(self.bit, bits))

    def requirements(self, required: Iterable[tuple[Bit, int]]) -> str:
        """Return a list of bits with the values that are required of them."""
        kind = f"(@{_DATA}.prod {BIT} {BOOL})"
        pairs = [
            f"@{_DATA}.pair {BIT} {BOOL} ({self.bit(bit)}) {_TRUE if value else _FALSE}" for bit, value in required
        ]
        return self.list_of(kind, pairs)

    def template(self, template: Template) -> str:
        """Return a template: the lists of its requirements and of the bits that it writes."""
        return f"{_OWN}.Template ({self.requirements(template.when)}) ({self.bits(template.write)})"

    def circuit(self, netlist: Netlist) -> str:
        """Return a netlist as a circuit; raises InputError for latches, and for covers that do not have one cube."""
        if netlist.latches:
            raise InputError(f"{netlist.name}: a netlist exported to Coq must have no latches")
        arguments, results = (self.bits((name, 0) for name in names) for names in (netlist.inputs, netlist.outputs))
        covers = self.list_of(f"{_NETLISTS}.cover", [self._cover(*pair) for pair in netlist.covers])
        return f"{_NETLISTS}.Circuit ({arguments}) ({covers}) ({results})"

    def _cover(self, signal: str, cover: Cover) -> str:
        if len(cover.cubes) != 1:
            raise InputError(f"a cover exported to Coq must have one cube, got {len(cover.cubes)} for {signal!r}")
        literals = zip(cover.inputs, cover.cubes[0], strict=True)
        cube = self.requirements(((name, 0), int(value)) for name, value in literals if value != "-")
        return f"{_NETLISTS}.Cover ({self.bit((signal, 0))}) {_TRUE if cover.value else _FALSE} ({cube})"

    def program(self, program: TemplateProgram) -> str:
        """Return a program: the list of its templates, and its padding."""
        templates = self.list_of(TEMPLATE, map(self.template, program.templates))
        return f"{_OWN}.Program ({templates}) {self.number(program.padding)}"

    def function(self, values: Sequence[int]) -> str:
        """Return the function that maps an index to the number at that index of a list, or to 0 beyond its end."""
        numbers = self.list_of(NAT, map(self.number, values))
        return f"(fun i : {NAT} => @Coq.Lists.List.nth {NAT} i ({numbers}) {self.number(0)})"


def _constructed(text: str) -> str:
    """Return a string written with its constructors: eight bits for each character, the lowest first."""
    heads = "".join(
        f"{_STRING}.String (Coq.Strings.Ascii.Ascii {' '.join(_TRUE if code >> i & 1 else _FALSE for i in range(8))}) ("
        for code in text.encode("ascii")
    )
    return f"{heads}{_STRING}.EmptyString{')' * len(text)}"
