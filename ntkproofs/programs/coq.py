"""Template programs as Coq terms in which nothing is left to notations, scopes or names that a file may redefine.

Names are full, lists and strings are spelled by their constructors, and a number, a string or a bit is a definition of
its own, which a file writes before it uses it: ``five`` is ``S four``. See :class:`Terms`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ntkproofs.errors import InputError
from ntkproofs.programs.language import Bit, Template, TemplateProgram

__all__ = ["Terms"]

MOST = 1 << 14  # the greatest number that is written
MAX_NAME = 200  # characters of a field's name

_DATA = "Coq.Init.Datatypes"
_STRING = "Coq.Strings.String"
_OWN = "NtkProofs.Templates"
NAT, BOOL = f"{_DATA}.nat", f"{_DATA}.bool"
BIT, TEMPLATE, PROGRAM = f"{_OWN}.bit", f"{_OWN}.template", f"{_OWN}.program"
_TRUE, _FALSE = f"{_DATA}.true", f"{_DATA}.false"


class Terms:
    """Terms of Coq that share definitions of numbers and strings; :meth:`definitions` has to stand before them.

    >>> terms = Terms()
    >>> terms.number(1)
    'number_1'
    >>> for line in terms.definitions():
    ...     print(line)
    Definition number_0 : Coq.Init.Datatypes.nat := Coq.Init.Datatypes.O.
    Definition number_1 : Coq.Init.Datatypes.nat := Coq.Init.Datatypes.S number_0.
    """

    def __init__(self) -> None:
        self._greatest = -1
        self._texts: dict[str, str] = {}

    def definitions(self) -> list[str]:
        """Return a line of Coq for every number and string used so far."""
        numbers = [
            f"Definition number_{value} : {NAT} := {f'{_DATA}.S number_{value - 1}' if value else f'{_DATA}.O'}."
            for value in range(self._greatest + 1)
        ]
        texts = [f"Definition {name} : {_STRING}.string := {_spelled(text)}." for text, name in self._texts.items()]
        return [*numbers, *texts]

    def number(self, value: int) -> str:
        """Return a natural number; raises InputError beyond the greatest that is written."""
        if not 0 <= value <= MOST:
            raise InputError(f"a number that is written for Coq lies from 0 to {MOST}, got {value}")
        self._greatest = max(self._greatest, value)
        return f"number_{value}"

    def text(self, value: str) -> str:
        """Return a string of ASCII characters."""
        if not value.isascii() or len(value) > MAX_NAME:
            raise InputError(f"a name that is written for Coq has at most {MAX_NAME} ASCII characters, got {value!r}")
        return self._texts.setdefault(value, f"text_{len(self._texts)}")

    def listed(self, kind: str, terms: Iterable[str]) -> str:
        """Return a list of terms of one type, spelled by its constructors."""
        parts = list(terms)
        heads = "".join(f"@{_DATA}.cons {kind} ({part}) (" for part in parts)
        return f"{heads}@{_DATA}.nil {kind}{')' * len(parts)}"

    def bit(self, bit: Bit) -> str:
        """Return a bit: its field and its index there."""
        return f"@{_DATA}.pair {_STRING}.string {NAT} {self.text(bit[0])} {self.number(bit[1])}"

    def template(self, template: Template) -> str:
        """Return a template: its requirements and what it writes, in order."""
        requirement = f"(@{_DATA}.prod {BIT} {BOOL})"
        when = [
            f"@{_DATA}.pair {BIT} {BOOL} ({self.bit(bit)}) {_TRUE if value else _FALSE}" for bit, value in template.when
        ]
        write = [self.bit(bit) for bit in template.write]
        return f"{_OWN}.Template ({self.listed(requirement, when)}) ({self.listed(BIT, write)})"

    def program(self, program: TemplateProgram) -> str:
        """Return a program: its templates in order, and its padding."""
        templates = self.listed(TEMPLATE, map(self.template, program.templates))
        return f"{_OWN}.Program ({templates}) {self.number(program.padding)}"

    def function(self, values: Sequence[int]) -> str:
        """Return the function from indices to the numbers of a list, 0 beyond its end."""
        numbers = self.listed(NAT, map(self.number, values))
        return f"(fun i : {NAT} => @Coq.Lists.List.nth {NAT} i ({numbers}) {self.number(0)})"


def _spelled(text: str) -> str:
    """Return a string by its constructors: eight bits for a character, the lowest first."""
    heads = "".join(
        f"{_STRING}.String (Coq.Strings.Ascii.Ascii {' '.join(_TRUE if code >> i & 1 else _FALSE for i in range(8))}) ("
        for code in text.encode("ascii")
    )
    return f"{heads}{_STRING}.EmptyString{')' * len(text)}"
