"""Inputs of a program on the command line: a word of bits, numbers in order, or assignments ``NAME=VALUE``.

A value is decimal, or hexadecimal with ``0x``, or binary with ``0b``; for an input that is a word of bits, it is that
word, beginning with bit 0. NAME is an input; or some bits of it, ``a[3:0]``; or, where inputs have the names ``a[7]``
to ``a[0]``, the number ``a`` or ``a[7:0]`` of these bits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from ntkproofs.commands.common import clipped
from ntkproofs.display import counted
from ntkproofs.errors import InputError

__all__ = ["CLOCKS", "FORMS", "Ports", "named_values"]

FORMS = (
    "the inputs: a word of bits (10110, one for each input in order), numbers in order (12 0x1f), or assignments "
    "(a=1 b[7:0]=20; fields of a program that declares no inputs are 0 by default)"
)
CLOCKS = "sequential programs: one word for each clock, or inputs separated by / (a=1 b=0 / a=0 b=0)"
SEPARATOR = "/"
NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]+|0[bB][01]+", re.ASCII)
INDEXED = re.compile(r"(.+)\[([0-9]{1,6})(?::([0-9]{1,6}))?\]", re.ASCII)
MAX_DIGITS = 4000
MAX_NAMES = 8  # names that are listed in a message

Place = tuple[int, int]  # an input, and a bit of it


@dataclass(frozen=True)
class Ports:
    """The inputs of a program, by name with their numbers of bits, in order.

    `program`: the name of the program in messages; `texts`: the inputs that are words of bits; `partial`: whether
    assignments may leave out inputs, which are then 0.

    >>> Ports("mine", ("a", "b", "x[1]", "x[0]"), (4, 1, 1, 1)).read(["b=1", "a=0x0c", "x[1:0]=2"])
    [12, 1, 1, 0]
    >>> Ports("mine", ("p", "q", "r"), (1, 1, 1)).read(["101"])
    [1, 0, 1]
    >>> Ports("mine", ("p", "q", "r"), (1, 1, 1), partial=True).read(["q=1"])
    [0, 1, 0]
    """

    program: str
    names: tuple[str, ...]
    widths: tuple[int, ...]
    texts: frozenset[str] = frozenset()
    partial: bool = False

    def read(self, words: Sequence[str]) -> list[int]:
        """Return the values of the inputs in order; raises InputError unless every input has one value."""
        assigned = sum("=" in word for word in words)
        if assigned and assigned < len(words):
            other = next(word for word in words if "=" not in word)
            raise InputError(f"{self.program}: give either all inputs as NAME=VALUE or none, got {clipped(other)}")
        if assigned:
            return _Assignments(self).read(words)
        if self.binary and len(words) == 1 and len(self.names) != 1:
            return self._digits(words[0])
        if len(words) != len(self.names):
            raise InputError(f"{self.program}: {self.described()}, got {counted(len(words), 'value')}")
        return [self.value(*item) for item in zip(words, self.names, self.widths, strict=True)]

    def clocks(self, words: Sequence[str]) -> list[list[int]]:
        """Return the values of the inputs at each clock.

        The clocks are separated by ``/``. Without it each word is a clock if a word gives all inputs, and otherwise
        there is one clock.

        >>> Ports("mine", ("p", "q"), (1, 1)).clocks(["10", "01"])
        [[1, 0], [0, 1]]
        >>> Ports("mine", ("x", "y"), (4, 4)).clocks(["7", "9", "/", "y=1", "x=2"])
        [[7, 9], [2, 1]]
        """
        if SEPARATOR in words:
            runs = [list(run) for separates, run in groupby(words, SEPARATOR.__eq__) if not separates]
            if len(runs) != list(words).count(SEPARATOR) + 1:
                raise InputError(f"{self.program}: inputs are missing before, after or between two {SEPARATOR}")
            return [self.read(run) for run in runs]
        single = bool(words) and (self.binary or len(self.names) == 1) and not any("=" in word for word in words)
        return [self.read([word]) for word in words] if single else [self.read(words)]

    @property
    def binary(self) -> bool:
        """Whether every input has one bit, so that a word of bits gives all of them."""
        return set(self.widths) <= {1}

    def described(self) -> str:
        """Return the number of inputs and the first of their names."""
        listed = ", ".join(self.names[:MAX_NAMES]) + (", ..." if len(self.names) > MAX_NAMES else "")
        return f"there {'is' if len(self.names) == 1 else 'are'} {counted(len(self.names), 'input')} ({listed})"

    def _digits(self, word: str) -> list[int]:
        if set(word) - {"0", "1"} or len(word) != len(self.names):
            form = f"a word must have a digit 0 or 1 for each, got {clipped(word)} ({counted(len(word), 'digit')})"
            raise InputError(f"{self.program}: {self.described()}: {form}")
        return [int(digit) for digit in word]

    def value(self, text: str, name: str, width: int) -> int:
        """Return the value of `width` bits: a number, or a word if `name` is an input that is one."""
        if name in self.texts:
            if set(text) - {"0", "1"} or len(text) != width:
                raise InputError(
                    f"{self.program}: {name} must be a word of {width} digits 0 and 1, got {clipped(text)} "
                    f"({counted(len(text), 'digit')})"
                )
            return int(text[::-1], 2)
        value = _number(text, f"{self.program}: {name}")
        if value >> width:
            raise InputError(f"{self.program}: {name} = {clipped(text)} does not fit in {counted(width, 'bit')}")
        return value


def _number(text: str, where: str) -> int:
    """Return the value of a decimal, hexadecimal or binary number."""
    if not NUMBER.fullmatch(text) or len(text) > MAX_DIGITS:
        raise InputError(f"{where}: a value must be a number such as 12, 0x1f or 0b101, got {clipped(text)}")
    prefix = text[:2].lower()
    return int(text, 16 if prefix == "0x" else 2 if prefix == "0b" else 10)


@dataclass
class _Assignments:
    """The bits that assignments have set so far, from places to values."""

    ports: Ports
    bits: dict[Place, int] = field(default_factory=dict)

    def read(self, words: Sequence[str]) -> list[int]:
        """Return the values of the inputs; raises InputError for unknown, repeated and missing names."""
        ports = self.ports
        for word in words:
            name, _, text = word.rpartition("=")
            places = self._places(name)
            value = ports.value(text, name, len(places))
            for index, place in enumerate(places):
                if place in self.bits:
                    raise InputError(f"{ports.program}: {name} sets {self._shown(place)} a second time")
                self.bits[place] = value >> index & 1
        missing = [name for port in range(len(ports.names)) for name in self._missing(port)]
        if missing and not ports.partial:
            more = f" and {len(missing) - MAX_NAMES} more" if len(missing) > MAX_NAMES else ""
            raise InputError(f"{ports.program}: no value for {', '.join(missing[:MAX_NAMES])}{more}")
        return [
            sum(self.bits.get((port, bit), 0) << bit for bit in range(width)) for port, width in enumerate(ports.widths)
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
        known = dict(self._bus(indexed[1] if indexed else name))
        if indexed is None:
            indices: Iterable[int] = sorted(known)
        else:
            first, last = int(indexed[2]), int(indexed[3] or indexed[2])
            indices = range(last, first + 1) if first >= last else range(last, first - 1, -1)
        if not known or any(index not in known for index in indices):
            raise InputError(f"{ports.program}: there is no input {clipped(name)}; {ports.described()}")
        return [known[index] for index in indices]

    def _bus(self, base: str) -> Iterator[tuple[int, Place]]:
        """Yield the bits of the input `base`, or the inputs ``base[0]``, ``base[1]``, ..., each with its index."""
        ports = self.ports
        for port, (name, width) in enumerate(zip(ports.names, ports.widths, strict=True)):
            match = INDEXED.fullmatch(name)
            if name == base:
                yield from ((bit, (port, bit)) for bit in range(width))
            elif width == 1 and match and match[1] == base and not match[3]:
                yield int(match[2]), (port, 0)


def named_values(names: Sequence[str], word: str) -> list[str]:
    """Return the bits of a word as assignments; neighbours ``a[2]``, ``a[1]``, ``a[0]`` as the number ``a[2:0]``.

    >>> named_values(["s[0]", "s[1]", "s[2]", "carry"], "0111")
    ['s[2:0]=6', 'carry=1']
    """
    result = []
    position = 0
    while position < len(names):
        size = _bus_size(names[position:])
        bits, first = word[position : position + size], names[position]
        if size == 1:
            result.append(f"{first}={bits}")
        else:
            (base, start), (_, end) = (_indexed(names[index]) for index in (position, position + size - 1))
            high, low = max(start, end), min(start, end)
            result.append(f"{base}[{high}:{low}]={int(bits if start > end else bits[::-1], 2)}")
        position += size
    return result


def _indexed(name: str) -> tuple[str, int]:
    match = INDEXED.fullmatch(name)
    return (name, -1) if match is None or match[3] else (match[1], int(match[2]))


def _bus_size(names: Sequence[str]) -> int:
    """Return how many of the first names are bits of one bus, with indices that go up or down by one."""
    (base, first), size = _indexed(names[0]), 1
    if first < 0 or len(names) == 1:
        return 1
    step = _indexed(names[1])[1] - first
    if abs(step) != 1:
        return 1
    while size < len(names) and _indexed(names[size]) == (base, first + step * size):
        size += 1
    return size
