"""AIGER, and-inverter graphs: the ascii form (``.aag``) and the binary form (``.aig``) of format version 1.

A literal is ``2 v`` for the variable v and ``2 v + 1`` for its negation; 0 and 1 are constants. The ascii form::

    aag 3 2 0 1 1      largest variable, inputs, latches, outputs, ANDs
    2                  the literal of each input
    4
    7                  the literal of each output
    6 4 2              an AND: its literal and its two operands
    i0 a               names, and after a line "c" a comment: both optional
    c

In the netlist, inputs, latches and outputs have the names of the symbol table (i0, l0, o0 without), and the AND of the
variable v has the name n<v>. Every output is a function of one literal, except where the literal is a signal of the
same name. A latch has an initial value 0 or 1 (from version 1.9); a latch that has none in 1.9, its own literal, starts
with 0, one of the values that this permits. Bad states, constraints, justice and fairness of 1.9 are refused.
"""

from __future__ import annotations

from ntkproofs.errors import InputError
from ntkproofs.formats.netlists import Circuit, unused_name
from ntkproofs.formats.sources import Cover, Latch, Netlist
from ntkproofs.formats.text import MAX_SIGNALS, Text, quoted

__all__ = ["read_aiger"]

_MAX_DIGITS = 10  # of a number
_HEADER = "aag|aig MAXVAR INPUTS LATCHES OUTPUTS ANDS"


def read_aiger(data: bytes, file: str = "text") -> Netlist:
    r"""Return the netlist of an AIGER file of either form; raises InputError, with file and line, if it is invalid.

    >>> read_aiger(b"aag 3 2 0 1 1\n2\n4\n7\n6 5 2\n").covers
    (('n3', Cover(inputs=('i1', 'i0'), cubes=('01',), value=1)), ('o0', Cover(inputs=('n3',), cubes=('0',), value=1)))
    """
    return _Reader(Text(data, file)).read()


class _Reader:
    """The content of the sections in turn; `_position` is that of the next byte and `_line` the number of its line."""

    def __init__(self, text: Text) -> None:
        self._text, self._data = text, text.data
        self._position, self._line = 0, 0
        self._largest = 0  # variable
        self._inputs: list[int] = []  # variables
        self._latches: list[tuple[int, int, int, int]] = []  # variable, next literal, initial value, line
        self._outputs: list[tuple[int, int]] = []  # literal, line
        self._gates: list[tuple[int, int, int, int]] = []  # variable, two literals, line
        self._lines: dict[int, int] = {}  # variable -> the line that defines it
        self._symbols: dict[str, tuple[str, int]] = {}  # such as "i0" -> name and line
        self._names: dict[int, str] = {}  # variable -> name
        self._taken: set[str] = set()
        self._copies: dict[int, str] = {}  # literal -> signal with its value, where the variable itself is not

    def read(self) -> Netlist:
        binary, inputs, latches, outputs, gates = self._header()
        for index in range(inputs):
            variable = index + 1 if binary else self._defined(self._numbers("the literal of an input", 1)[0])
            self._inputs.append(variable)
            self._lines[variable] = self._line
        for index in range(latches):
            self._latch(inputs + index + 1 if binary else 0)
        for _ in range(outputs):
            literal = self._numbers("the literal of an output", 1)[0]
            self._outputs.append((self._in_range(literal), self._line))
        for index in range(gates):
            if binary:
                self._binary_gate(inputs + latches + index + 1)
            else:
                self._gate()
        self._read_symbols({"i": inputs, "l": latches, "o": outputs})
        return self._netlist()

    # --- numbers

    def _error(self, message: str) -> InputError:
        return self._text.error(self._line, message)

    def _next_line(self, expected: str) -> str:
        """Return the next line without its end; `expected` is what a truncated file lacks."""
        self._line += 1
        if self._position >= len(self._data):
            raise self._error(f"the file is truncated: expected {expected}")
        end = self._data.find(b"\n", self._position)
        if end < 0:
            raise self._error("the file is truncated: the last line has no end")
        line = self._data[self._position : end].decode("latin-1")
        self._position = end + 1
        return line.removesuffix("\r")

    def _numbers(self, expected: str, least: int, most: int = 0) -> list[int]:
        words = self._next_line(expected).split(" ")
        for word in words:
            if not (word.isascii() and word.isdigit() and len(word) <= _MAX_DIGITS):
                raise self._error(f"expected {expected}, got {quoted(' '.join(words))}")
        if not least <= len(words) <= max(least, most):
            raise self._error(f"expected {expected}, got {len(words)} numbers")
        return [int(word) for word in words]

    def _header(self) -> tuple[bool, int, int, int, int]:
        words = self._next_line(f"the header {_HEADER}").split(" ")
        if words[0] not in ("aag", "aig") or len(words) < 6:
            raise self._error(f"expected the header {_HEADER}, got {quoted(' '.join(words))}")
        for word in words[1:]:
            if not (word.isascii() and word.isdigit()):
                raise self._error(f"the header must be {_HEADER}, got {quoted(word)}")
        if any(word.strip("0") for word in words[6:]):
            raise self._error("bad states, constraints, justice and fairness (AIGER 1.9) are not read")
        sizes = [int(word) if len(word) <= _MAX_DIGITS else 10**_MAX_DIGITS for word in words[1:6]]
        self._largest, *counts = sizes
        if sum(counts) > MAX_SIGNALS or self._largest >= 10 ** (_MAX_DIGITS - 1):
            raise self._error(f"too many signals in the header: a netlist has at most {MAX_SIGNALS:,}")
        inputs, latches, outputs, gates = counts
        total = inputs + latches + gates
        if self._largest < total or (words[0] == "aig" and self._largest != total):
            relation = "the sum" if words[0] == "aig" else "at least the sum"
            raise self._error(f"the largest variable must be {relation} of inputs, latches and ANDs, {total:,}")
        return words[0] == "aig", inputs, latches, outputs, gates

    def _in_range(self, literal: int) -> int:
        if literal > 2 * self._largest + 1:
            raise self._error(f"the literal {literal} is out of range: at most {2 * self._largest + 1}")
        return literal

    def _defined(self, literal: int) -> int:
        """Return the variable that a line of the ascii form defines, by its positive literal."""
        self._in_range(literal)
        variable = literal >> 1
        if literal & 1 or not variable:
            raise self._error(f"the literal {literal} cannot be defined: it must be even and not 0")
        if variable in self._lines:
            raise self._error(f"the literal {literal} is defined twice, first on line {self._lines[variable]}")
        return variable

    # --- sections

    def _latch(self, variable: int) -> None:
        """Read a latch; `variable` is 0 in the ascii form, where the line starts with its literal."""
        words = 0 if variable else 1
        numbers = self._numbers("a latch: [LITERAL] NEXT [INITIAL]", 1 + words, 2 + words)
        variable = variable or self._defined(numbers[0])
        following, initial = (*numbers[words:], 0)[:2]
        if initial not in (0, 1, 2 * variable):
            raise self._error(f"the initial value of a latch is 0, 1 or its literal {2 * variable}, got {initial}")
        self._latches.append((variable, self._in_range(following), int(initial == 1), self._line))
        self._lines[variable] = self._line

    def _gate(self) -> None:
        literal, first, second = self._numbers("an AND: LITERAL OPERAND OPERAND", 3)
        variable = self._defined(literal)
        self._gates.append((variable, self._in_range(first), self._in_range(second), self._line))
        self._lines[variable] = self._line

    def _binary_gate(self, variable: int) -> None:
        first = 2 * variable - self._difference(variable)
        second = first - self._difference(variable)
        if not 0 <= second <= first < 2 * variable:
            raise self._byte_error(variable, "its operands must be smaller literals")
        self._gates.append((variable, first, second, self._line))

    def _difference(self, variable: int) -> int:
        """Read a difference of literals: seven bits a byte, the least first; the highest bit is set if more follow."""
        value = shift = 0
        while True:
            if self._position >= len(self._data):
                raise self._byte_error(variable, "the file is truncated")
            byte = self._data[self._position]
            self._position += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
            if shift > 35:
                raise self._byte_error(variable, "an operand has more than 5 bytes")

    def _byte_error(self, variable: int, message: str) -> InputError:
        self._line += 1
        return self._error(f"in the binary AND with the literal {2 * variable}, byte {self._position}: {message}")

    def _read_symbols(self, counts: dict[str, int]) -> None:
        names: dict[tuple[bool, str], int] = {}
        while self._position < len(self._data):
            line = self._next_line("a symbol")
            if line == "c":
                return
            place, _, name = line.partition(" ")
            kind, index = place[:1], place[1:]
            if kind not in counts or not (index.isascii() and index.isdigit() and len(index) <= _MAX_DIGITS):
                right = "a symbol such as 'i0 NAME' (i, l or o), or 'c' before a comment"
                raise self._error(f"expected {right}, got {quoted(line)}")
            if int(index) >= counts[kind] or str(int(index)) != index:
                raise self._error(f"there is no {quoted(place)}: the header announces {counts[kind]} of this kind")
            if not name or " " in name or not (name.isascii() and name.isprintable()):
                raise self._error(f"a name consists of printable ASCII characters without spaces, got {quoted(name)}")
            if place in self._symbols:
                raise self._error(f"{place} is named twice, first on line {self._symbols[place][1]}")
            if (kind == "o", name) in names:
                first = names[kind == "o", name]
                raise self._error(f"the name {quoted(name)} is used twice, first on line {first}")
            names[kind == "o", name] = self._line
            self._symbols[place] = name, self._line

    # --- the netlist

    def _netlist(self) -> Netlist:
        circuit, names = Circuit(self._text), self._names
        self._taken = {name for name, _ in self._symbols.values()}
        for kind, variables in (("i", self._inputs), ("l", [latch[0] for latch in self._latches])):
            for index, variable in enumerate(variables):
                names[variable] = self._name(f"{kind}{index}")
        for variable, *_ in self._gates:
            names[variable] = self._name(f"n{variable}")
        for variable in self._inputs:
            circuit.add_input(names[variable], self._lines[variable])
        for variable, first, second, line in self._gates:
            circuit.add_cover(names[variable], self._function((first, second), line), line)
        for variable, literal, initial, line in self._latches:
            circuit.add_latch(Latch(names[variable], self._signal(circuit, literal, line), initial), line)
        for index, (literal, line) in enumerate(self._outputs):
            name = self._name(f"o{index}")
            circuit.add_output(name, line)
            if literal & 1 or names.get(literal >> 1) != name:
                circuit.add_cover(name, self._function((literal,), line), line)
        return circuit.netlist(self._text.stem)

    def _name(self, place: str) -> str:
        """Return the name in the symbol table, or one that no other signal has."""
        if place in self._symbols:
            return self._symbols[place][0]
        name = unused_name(place, self._taken)
        self._taken.add(name)
        return name

    def _function(self, literals: tuple[int, ...], line: int) -> Cover:
        """Return the AND of literals; the constants 0 and 1 vanish."""
        if 0 in literals:
            return Cover((), (), 1)
        used = [literal for literal in literals if literal != 1]
        for literal in used:
            if literal >> 1 not in self._names:
                message = f"the literal {literal} is used, but the variable {literal >> 1} is not defined"
                raise self._text.error(line, f"{message}; it must be an input, a latch or an AND")
        cube = "".join("0" if literal & 1 else "1" for literal in used)
        return Cover(tuple(self._names[literal >> 1] for literal in used), (cube,), 1)

    def _signal(self, circuit: Circuit, literal: int, line: int) -> str:
        """Return a signal with the value of `literal`: that of its variable if it is positive, else a new one."""
        if not literal & 1 and literal >> 1 in self._names:
            return self._names[literal >> 1]
        if literal not in self._copies:
            function = self._function((literal,), line)
            self._copies[literal] = self._name(f"n{literal >> 1}_{literal & 1}")
            circuit.add_cover(self._copies[literal], function, line)
        return self._copies[literal]
