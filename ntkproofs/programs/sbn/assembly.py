"""Assembly: an SBN program with named data words, independent of its representation as a state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ntkproofs.display import CODE, counted, table
from ntkproofs.errors import InputError
from ntkproofs.programs.sbn.layout import MAX_INSTRUCTIONS, MAX_WORD_BITS, MAX_WORDS
from ntkproofs.validation import integer

__all__ = ["Assembly", "Instruction"]


@dataclass(frozen=True)
class Instruction:
    """``M[b] := M[b] - M[a]``; if the result is negative, go to instruction `c`.

    `a` and `b` are numbers of words; `line` is the line of the source (0: none).
    """

    a: int
    b: int
    c: int
    line: int = 0


@dataclass(frozen=True)
class Assembly:
    """An SBN program with its data.

    Parameters: `bits`, the number of bits of a word; `names` and `values` of the words, in order (signed numbers in
    two's complement); `instructions`, whose targets are from 0 to ``len(instructions)``, which halts the machine.
    Raises InputError for numbers out of range.

    >>> program = Assembly(bits=4, names=("x", "y"), values=(2, 7), instructions=(Instruction(0, 1, 1),))
    >>> program.with_data({"x": -3}).values
    (-3, 7)
    """

    bits: int
    names: tuple[str, ...]
    values: tuple[int, ...]
    instructions: tuple[Instruction, ...]

    def __post_init__(self) -> None:
        for count, limit, what in (
            (self.bits, MAX_WORD_BITS, "bits in a word"),
            (len(self.names), MAX_WORDS, "words"),
            (len(self.instructions), MAX_INSTRUCTIONS, "instructions"),
        ):
            if not 1 <= count <= limit:
                raise InputError(f"an SBN program must have from 1 to {limit} {what}, got {count}")
        if len(set(self.names)) < len(self.names) or len(self.names) != len(self.values):
            raise InputError("an SBN program must have one value for each word, and words with different names")
        for name, value in zip(self.names, self.values, strict=True):
            self._check_value(name, value)
        words, targets = range(len(self.names)), range(len(self.instructions) + 1)
        for address, instruction in enumerate(self.instructions):
            if instruction.a not in words or instruction.b not in words or instruction.c not in targets:
                raise InputError(f"instruction {address} has an operand that does not exist: {instruction}")

    def _check_value(self, name: str, value: int) -> None:
        """Raise InputError unless the value of a word fits in its bits."""
        low, high = value_range(self.bits)
        if not low <= value <= high:
            raise InputError(f"{name} = {value} does not fit in a word of {counted(self.bits, 'bit')}: {low} to {high}")

    def with_data(self, data: Mapping[str, int]) -> Assembly:
        """Return the program with new initial values of some words; raises InputError for unknown names and values."""
        values = dict(zip(self.names, self.values, strict=True))
        for name, value in data.items():
            if name not in values:
                raise InputError(f"there is no data word {name!r}; the words are {', '.join(self.names)}")
            values[name] = integer(value, name)
        return replace(self, values=tuple(values.values()))

    def text(self, instruction: int) -> str:
        """Return an instruction as text: ``x y``, ``x y halt`` or ``x y line 17`` (``x y 3`` if lines are unknown)."""
        code = self.instructions[instruction]
        words = f"{self.names[code.a]} {self.names[code.b]}"
        if code.c == instruction + 1:
            return words
        if code.c == len(self.instructions):
            return f"{words} halt"
        line = self.instructions[code.c].line
        return f"{words} {f'line {line}' if line else code.c}"

    def _repr_html_(self) -> str:
        rows = []
        for address, instruction in enumerate(self.instructions):
            a, b = self.names[instruction.a], self.names[instruction.b]
            target = "halt" if instruction.c == len(self.instructions) else f"go to {instruction.c}"
            branch = "" if instruction.c == address + 1 else target
            rows.append((f"{address}", CODE + f"sbn {a} {b}", CODE + f"{b} := {b} - {a}", branch))
        words = ", ".join(f"{name} = {value}" for name, value in zip(self.names, self.values, strict=True))
        return table(
            ["", "instruction", "effect", "if negative"], rows, caption=f"words of {counted(self.bits, 'bit')}: {words}"
        )


def value_range(bits: int) -> tuple[int, int]:
    """Return the least and the greatest value of a word of `bits` bits.

    >>> value_range(8)
    (-128, 127)
    """
    return -(1 << bits - 1), (1 << bits - 1) - 1
