"""Inputs of a program on the command line: a word of bits, numbers in order, or assignments ``NAME=VALUE``.

A value is decimal, or hexadecimal with ``0x``, or binary with ``0b``. NAME is an input; or some bits of it, ``a[3:0]``;
or, where inputs have the names ``a[7]`` to ``a[0]``, the number ``a`` or ``a[7:0]`` of these bits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ntkproofs.commands.common import clipped
from ntkproofs.display import counted
from ntkproofs.errors import InputError

__all__ = ["FORMS", "Ports", "read_number"]

FORMS = (
    "a word of bits (10110, one for each input in order), numbers in order (12 0x1f), or assignments (a=1 b[7:0]=20)"
)
NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]+|0[bB][01]+", re.ASCII)
INDEXED = re.compile(r"(.+)\[([0-9]{1,6})(?::([0-9]{1,6}))?\]", re.ASCII)
MAX_DIGITS = 4000
MAX_NAMES = 8  # names that are listed in a message

Place = tuple[int, int]  # an input, and a bit of it


@dataclass(frozen=True)
class Ports:
    """The inputs of a program, by name with their numbers of bits, in order; `name` is that of the program.

    >>> Ports("mine", ("a", "b", "x[1]", "x[0]"), (4, 1, 1, 1)).read(["b=1", "a=0x0c", "x[1:0]=2"])
    [12, 1, 1, 0]
    >>> Ports("mine", ("p", "q", "r"), (1, 1, 1)).read(["101"])
    [1, 0, 1]
    """

    name: str
    names: tuple[str, ...]
    widths: tuple[int, ...]

    def read(self, words: Sequence[str]) -> list[int]:
        """Return the values of the inputs in order; raises InputError unless every input has exactly one value."""
        assigned = sum("=" in word for word in words)
        if assigned and assigned < len(words):
            other = next(word for word in words if "=" not in word)
            raise InputError(f"{self.name}: give either all inputs as NAME=VALUE or none, got {clipped(other)}")
        if assigned:
            return _Assignments(self).read(words)
        if self.single and len(words) == 1 and len(self.names) != 1:
            return self._word(words[0])
        if len(words) != len(self.names):
            raise InputError(f"{self.name}: {self.described()}, got {counted(len(words), 'number')}")
        return [
            self.fit(read_number(word, name), width, name)
            for word, name, width in zip(words, self.names, self.widths, strict=True)
        ]

    @property
    def single(self) -> bool:
        """Whether every input has one bit, so that a word of bits gives all of them."""
        return set(self.widths) <= {1}

    def described(self) -> str:
        """Return the number of inputs and the first of their names."""
        listed = ", ".join(self.names[:MAX_NAMES]) + (", ..." if len(self.names) > MAX_NAMES else "")
        return f"there are {counted(len(self.names), 'input')} ({listed})"

    def _word(self, word: str) -> list[int]:
        if set(word) - {"0", "1"} or len(word) != len(self.names):
            form = f"a word must have a digit 0 or 1 for each, got {clipped(word)} ({counted(len(word), 'digit')})"
            raise InputError(f"{self.name}: {self.described()}: {form}")
        return [int(digit) for digit in word]

    def fit(self, value: int, width: int, name: str) -> int:
        """Return `value`; raises InputError unless it fits in `width` bits."""
        if value >> width:
            raise InputError(f"{self.name}: {name} = {clipped(str(value))} does not fit in {counted(width, 'bit')}")
        return value


def read_number(text: str, name: str) -> int:
    """Return the value of a decimal, hexadecimal or binary number; `name` is that of the input in the message."""
    if not NUMBER.fullmatch(text) or len(text) > MAX_DIGITS:
        raise InputError(f"{name}: a value must be a number such as 12, 0x1f or 0b101, got {clipped(text)}")
    prefix = text[:2].lower()
    return int(text, 16 if prefix == "0x" else 2 if prefix == "0b" else 10)


@dataclass
class _Assignments:
    """The bits that assignments have set so far, from places to values."""

    ports: Ports
    bits: dict[Place, int] = field(default_factory=dict)

    def read(self, words: Sequence[str]) -> list[int]:
        """Return the values of the inputs; raises InputError for unknown, repeated and missing names."""
        for word in words:
            name, _, text = word.rpartition("=")
            places = self._places(name)
            value = self.ports.fit(read_number(text, name), len(places), name)
            for index, place in enumerate(places):
                if place in self.bits:
                    raise InputError(f"{self.ports.name}: {name} sets {self._shown(place)} a second time")
                self.bits[place] = value >> index & 1
        missing = [name for port in range(len(self.ports.names)) for name in self._missing(port)]
        if missing:
            more = f" and {len(missing) - MAX_NAMES} more" if len(missing) > MAX_NAMES else ""
            raise InputError(f"{self.ports.name}: no value for {', '.join(missing[:MAX_NAMES])}{more}")
        return [
            sum(self.bits[port, bit] << bit for bit in range(width)) for port, width in enumerate(self.ports.widths)
        ]

    def _missing(self, port: int) -> list[str]:
        """Return the input, or the bits of it, without a value."""
        places = [(port, bit) for bit in range(self.ports.widths[port])]
        missing = [place for place in places if place not in self.bits]
        return [self.ports.names[port]] if missing == places else list(map(self._shown, missing))

    def _shown(self, place: Place) -> str:
        name, width = self.ports.names[place[0]], self.ports.widths[place[0]]
        return name if width == 1 else f"{name}[{place[1]}]"

    def _places(self, name: str) -> list[Place]:
        """Return the bits that a name stands for, least significant first."""
        ports = self.ports
        if name in ports.names:
            port = ports.names.index(name)
            return [(port, bit) for bit in range(ports.widths[port])]
        indexed = INDEXED.fullmatch(name)
        if indexed is None:
            return [place for _, place in sorted(self._bus(name))] or self._unknown(name)
        base, first, last = indexed[1], int(indexed[2]), int(indexed[3] or indexed[2])
        known = dict(self._bus(base))
        step = 1 if first >= last else -1
        if abs(first - last) > 1 << 20:
            self._unknown(name)
        return [known[index] if index in known else self._unknown(name)[0] for index in range(last, first + step, step)]

    def _bus(self, base: str) -> Iterable[tuple[int, Place]]:
        """Return the bits of the input `base`, or the inputs ``base[0]``, ``base[1]``, ..., each with its index."""
        ports = self.ports
        if base in ports.names:
            port = ports.names.index(base)
            return [(bit, (port, bit)) for bit in range(ports.widths[port])]
        found = ((INDEXED.fullmatch(name), port) for port, name in enumerate(ports.names) if ports.widths[port] == 1)
        return [(int(match[2]), (port, 0)) for match, port in found if match and match[1] == base and not match[3]]

    def _unknown(self, name: str) -> list[Place]:
        raise InputError(f"{self.ports.name}: there is no input {clipped(name)}; {self.ports.described()}")
