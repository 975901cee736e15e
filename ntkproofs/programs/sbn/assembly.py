"""Assembly: an SBN program as people mean it, words by name. Made by the assembler; everything else starts from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ntkproofs.display import CODE, table
from ntkproofs.errors import InputError
from ntkproofs.programs.sbn.layout import MAX_INSTRUCTIONS, MAX_WORD_BITS, MAX_WORDS
from ntkproofs.validation import integer

__all__ = ["Assembly", "Instruction"]


@dataclass(frozen=True)
class Instruction:
    """``M[b] := M[b] - M[a]``; negative: go to `c`. All by number; `line` is where it was written (0: nowhere)."""

    a: int
    b: int
    c: int
    line: int = 0


@dataclass(frozen=True)
class Assembly:
    """An SBN program with its data.

    `bits` of a word; `names` and `values` of the words, in order (values are signed, two's complement);
    `instructions`, whose targets run from 0 to ``len(instructions)``: that number stops the machine. Raises InputError
    if something is out of range.

    >>> program = Assembly(bits=4, names=("x", "y"), values=(2, 7), instructions=(Instruction(0, 1, 1),))
    >>> program.with_data({"x": -3}).values
    (-3, 7)
    """

    bits: int
    names: tuple[str, ...]
    values: tuple[int, ...]
    instructions: tuple[Instruction, ...]

    def __post_init__(self) -> None:
        for count, most, what in (
            (self.bits, MAX_WORD_BITS, "bits for a word"),
            (len(self.names), MAX_WORDS, "words"),
            (len(self.instructions), MAX_INSTRUCTIONS, "instructions"),
        ):
            if not 1 <= count <= most:
                raise InputError(f"an SBN program has from 1 to {most} {what}, got {count}")
        if len(set(self.names)) < len(self.names) or len(self.names) != len(self.values):
            raise InputError("an SBN program has one value for each of its words, and no two words of one name")
        for name, value in zip(self.names, self.values, strict=True):
            self._fits(name, value)
        for place, each in enumerate(self.instructions):
            words, targets = range(len(self.names)), range(len(self.instructions) + 1)
            if each.a not in words or each.b not in words or each.c not in targets:
                raise InputError(f"instruction {place} names a word or a target that is not there: {each}")

    def _fits(self, name: str, value: int) -> None:
        low, high = value_range(self.bits)
        if not low <= value <= high:
            raise InputError(f"{name} = {value} does not fit in a word of {self.bits} bits: {low} to {high}")

    def with_data(self, data: Mapping[str, int]) -> Assembly:
        """Return the same program with other initial values for the words named; raises InputError."""
        values = dict(zip(self.names, self.values, strict=True))
        for name, value in data.items():
            if name not in values:
                raise InputError(f"there is no data word {name!r}; there are {', '.join(self.names)}")
            values[name] = integer(value, name)
        return replace(self, values=tuple(values.values()))

    def text(self, instruction: int) -> str:
        """Return an instruction as one reads it: ``x y``, ``x y halt``, ``x y line 17``, without lines ``x y 3``."""
        each = self.instructions[instruction]
        words = f"{self.names[each.a]} {self.names[each.b]}"
        if each.c == instruction + 1:
            return words
        if each.c == len(self.instructions):
            return f"{words} halt"
        line = self.instructions[each.c].line
        return f"{words} {f'line {line}' if line else each.c}"

    def _repr_html_(self) -> str:
        rows = []
        for place, each in enumerate(self.instructions):
            a, b = self.names[each.a], self.names[each.b]
            goal = "stop" if each.c == len(self.instructions) else f"go to {each.c}"
            branch = "" if each.c == place + 1 else goal
            rows.append((f"{place}", CODE + f"sbn {a} {b}", CODE + f"{b} := {b} - {a}", branch))
        words = ", ".join(f"{name} = {value}" for name, value in zip(self.names, self.values, strict=True))
        return table(["", "instruction", "effect", "if negative"], rows, caption=f"words of {self.bits} bits: {words}")


def value_range(bits: int) -> tuple[int, int]:
    """Return the least and the greatest value of a word.

    >>> value_range(8)
    (-128, 127)
    """
    return -(1 << bits - 1), (1 << bits - 1) - 1
