"""The assembler: ``.sbn`` text to an :class:`~ntkproofs.programs.sbn.assembly.Assembly`.

One statement a line; ``;`` and ``#`` start a comment::

            .bits 8              ; bits of a word (8 if not said)
    one:    .word 1              ; a data word and its initial value, in decimal
    x:      .word 5
    again:  sbn one x halt       ; x := x - 1; negative: stop (halt is the place after the last instruction)
            one x                ; the mnemonic may be left out; without a target: the next instruction in any case
            sbn x one again

Data and instructions may stand in any order. A label before an instruction, or alone on a line before it, is a target.
The text is not trusted: sizes are capped, and nothing in it is evaluated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from ntkproofs.errors import InputError
from ntkproofs.programs.sbn.assembly import Assembly, Instruction, value_range
from ntkproofs.programs.sbn.layout import MAX_INSTRUCTIONS, MAX_WORD_BITS, MAX_WORDS

__all__ = ["assemble", "read_assembly", "decimal", "MAX_TEXT"]

MAX_TEXT = 1 << 18  # bytes of a file, characters of a text
DEFAULT_BITS = 8
MAX_NAME = 64
RESERVED = ("sbn", "halt")
_LABEL = re.compile(r"\s*([^\s:]*)\s*:(.*)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"[+-]?[0-9]{1,25}")


class _Line:
    """Where we are; errors name it."""

    def __init__(self, source: str, number: int) -> None:
        self.source, self.number = source, number

    def error(self, message: str) -> InputError:
        return InputError(f"{self.source}:{self.number}: {message}")


@dataclass
class _Source:
    """What has been read so far. Names are resolved at the end, when all are known."""

    words: dict[str, tuple[int, _Line]] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    code: list[tuple[_Line, list[str]]] = field(default_factory=list)
    bits: int | None = None


def read_assembly(path: Path) -> Assembly:
    """Assemble a file; raises InputError, with the line where there is one, if it cannot be read or is wrong."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_TEXT + 1)
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else None
        raise InputError(f"{path}: cannot be read: {reason or problem}") from problem
    if len(data) > MAX_TEXT:
        raise InputError(f"{path}: larger than {MAX_TEXT} bytes; no SBN program needs that")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise InputError(f"{path}:{line}: not UTF-8 text (byte {problem.start})") from problem
    return assemble(text.removeprefix("\ufeff"), source=str(path))


def assemble(text: str, *, source: str = "<text>") -> Assembly:
    r"""Assemble `text`; raises InputError whose message starts with ``source:line:``.

    >>> program = assemble("x: .word 5\none: .word 1\nagain: sbn one x halt\n sbn one x again")
    >>> program.names, program.values, program.text(0)
    (('x', 'one'), (5, 1), 'one x halt')
    >>> assemble("sbn x y", source="mine.sbn")
    Traceback (most recent call last):
    ...
    ntkproofs.errors.InputError: mine.sbn:1: there is no data word 'x'
    """
    if len(text) > MAX_TEXT:
        raise InputError(f"{source}: longer than {MAX_TEXT} characters; no SBN program needs that")
    found, line = _Source(), _Line(source, 1)
    for number, content in enumerate(text.split("\n"), 1):
        line = _Line(source, number)
        _statement(found, line, re.split("[;#]", content, maxsplit=1)[0].strip())
    if not found.code:
        raise line.error("the program is empty: it has no instruction")
    bits = found.bits or DEFAULT_BITS
    for name, (value, where) in found.words.items():
        low, high = value_range(bits)
        if not low <= value <= high:
            raise where.error(f"{name} = {value} does not fit in a word of {bits} bits: {low} to {high}")
    instructions = tuple(_resolve(found, where, place, names) for place, (where, names) in enumerate(found.code))
    values = tuple(value for value, _ in found.words.values())
    return Assembly(bits, tuple(found.words), values, instructions)


def _statement(found: _Source, line: _Line, rest: str) -> None:
    """Read one line without its comment."""
    label = None
    if parts := _LABEL.fullmatch(rest):
        label, rest = _name(line, parts[1], "a label"), parts[2].strip()
        if label in found.words or label in found.labels:
            raise line.error(f"{label!r} is defined twice")
        if label in RESERVED:
            raise line.error(f"{label!r} is reserved, choose another name")
    words = rest.replace(",", " ").split()
    if words and words[0] == ".word":
        _word(found, line, label, words[1:])
        return
    if label is not None:
        found.labels[label] = len(found.code)
    if words and words[0].startswith("."):
        _directive(found, line, label, words)
    elif words:
        _code(found, line, words)


def _word(found: _Source, line: _Line, label: str | None, values: list[str]) -> None:
    if label is None:
        raise line.error("a data word needs a name: NAME: .word VALUE")
    if len(values) != 1:
        raise line.error(f".word takes one value, got {len(values)}")
    if len(found.words) == MAX_WORDS:
        raise line.error(f"too many words: at most {MAX_WORDS}")
    found.words[label] = (_number(line, values[0], f"the value of {label}"), line)


def _directive(found: _Source, line: _Line, label: str | None, words: list[str]) -> None:
    if words[0] != ".bits":
        raise line.error(f"unknown directive {_short(words[0])}; there are .bits and .word")
    if label is not None or len(words) != 2:
        raise line.error(".bits stands alone on its line with one number: .bits 8")
    if found.bits is not None:
        raise line.error(".bits is said twice")
    bits = _number(line, words[1], ".bits")
    if not 1 <= bits <= MAX_WORD_BITS:
        raise line.error(f".bits must be from 1 to {MAX_WORD_BITS}, got {bits}")
    found.bits = bits


def _code(found: _Source, line: _Line, words: list[str]) -> None:
    names = words[1:] if words[0] == "sbn" else words
    if len(names) not in (2, 3):
        raise line.error(f"an instruction is: sbn A B [TARGET], got {len(names)} operand{'s' * (len(names) != 1)}")
    if len(found.code) == MAX_INSTRUCTIONS:
        raise line.error(f"too many instructions: at most {MAX_INSTRUCTIONS}")
    found.code.append((line, [_name(line, name, "an operand") for name in names]))


def _resolve(found: _Source, line: _Line, place: int, names: list[str]) -> Instruction:
    """Turn the operands of instruction `place` into numbers."""
    numbers = list(found.words)
    for name in names[:2]:
        if name not in found.words:
            hint = " (it is a place in the program)" if name in found.labels or name == "halt" else ""
            raise line.error(f"there is no data word {name!r}{hint}")
    a, b = (numbers.index(name) for name in names[:2])
    if len(names) == 2:
        return Instruction(a, b, place + 1, line.number)
    target = len(found.code) if names[2] == "halt" else found.labels.get(names[2])
    if target is None:
        hint = " (it is a data word)" if names[2] in found.words else ""
        raise line.error(f"unknown label {names[2]!r}{hint}")
    return Instruction(a, b, target, line.number)


def _name(line: _Line, text: str, what: str) -> str:
    if not _NAME.fullmatch(text):
        raise line.error(f"{what} is a name of letters, digits and _, got {_short(text)}")
    if len(text) > MAX_NAME:
        raise line.error(f"a name has at most {MAX_NAME} characters, got {_short(text)}")
    return text


def _number(line: _Line, text: str, what: str) -> int:
    number = decimal(text)
    if number is None:
        raise line.error(f"{what} must be a decimal number, got {_short(text)}")
    return number


def decimal(text: str) -> int | None:
    """Return the number that at most 25 decimal digits with an optional sign say, None for any other text.

    >>> decimal("-12"), decimal("1e3")
    (-12, None)
    """
    return int(text) if _NUMBER.fullmatch(text) else None


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:18]}...{text[-18:]}")
