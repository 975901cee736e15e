"""The assembler: convert ``.sbn`` text to an :class:`~ntkproofs.programs.sbn.assembly.Assembly`.

There is one statement on each line; ``;`` and ``#`` start a comment::

            .bits 8              ; the number of bits of a word (default: 8)
    one:    .word 1              ; a data word and its initial value, in decimal
    x:      .word 5
    again:  sbn one x halt       ; x := x - 1; if negative, halt
            one x                ; the mnemonic is optional; without a target, go on with the next instruction
            sbn x one again

The target ``halt`` is the address after the last instruction. Data and instructions may be in any order. A label before
an instruction, or on a line of its own before it, is a target. The text is untrusted: sizes are limited, and nothing is
evaluated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.programs.sbn.assembly import Assembly, Instruction, value_range
from ntkproofs.programs.sbn.layout import MAX_INSTRUCTIONS, MAX_WORD_BITS, MAX_WORDS

__all__ = ["assemble", "read_assembly", "decimal", "MAX_TEXT"]

MAX_TEXT = 1 << 18  # bytes of a file, or characters of a text
DEFAULT_BITS = 8
MAX_NAME = 64  # characters
RESERVED = ("sbn", "halt")
_LABEL = re.compile(r"\s*([^\s:]*)\s*:(.*)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"[+-]?[0-9]{1,25}")


class _Line:
    """The source and the number of a line, for error messages."""

    def __init__(self, source: str, number: int) -> None:
        self.source, self.number = source, number

    def error(self, message: str) -> InputError:
        """Return an error whose message starts with ``source:line:``."""
        return InputError(f"{self.source}:{self.number}: {message}")


@dataclass
class _Source:
    """The statements read so far; names are resolved at the end, when all of them are known."""

    words: dict[str, tuple[int, _Line]] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    code: list[tuple[_Line, list[str]]] = field(default_factory=list)
    bits: int | None = None


def read_assembly(path: Path) -> Assembly:
    """Assemble a file; raises InputError, with the number of the line, if it cannot be read or is invalid."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_TEXT + 1)
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else None
        raise InputError(f"{path}: cannot be read: {reason or problem}") from problem
    if len(data) > MAX_TEXT:
        raise InputError(f"{path}: an SBN program has at most {MAX_TEXT:,} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise InputError(f"{path}:{line}: not UTF-8 text (byte {problem.start})") from problem
    return assemble(text.removeprefix("\ufeff"), source=str(path))


def assemble(text: str, *, source: str = "<text>") -> Assembly:
    r"""Assemble `text`; raises InputError with the line, as ``source:line:``, if it is invalid.

    >>> program = assemble("x: .word 5\none: .word 1\nagain: sbn one x halt\n sbn one x again")
    >>> program.names, program.values, program.text(0)
    (('x', 'one'), (5, 1), 'one x halt')
    >>> assemble("sbn x y", source="mine.sbn")
    Traceback (most recent call last):
    ...
    ntkproofs.errors.InputError: mine.sbn:1: there is no data word 'x'
    """
    if len(text) > MAX_TEXT:
        raise InputError(f"{source}: an SBN program has at most {MAX_TEXT:,} characters")
    parsed, line = _Source(), _Line(source, 1)
    for number, content in enumerate(text.split("\n"), 1):
        line = _Line(source, number)
        _read_statement(parsed, line, re.split("[;#]", content, maxsplit=1)[0].strip())
    if not parsed.code:
        raise line.error("the program is empty: it has no instruction")
    bits = parsed.bits or DEFAULT_BITS
    low, high = value_range(bits)
    for name, (value, definition) in parsed.words.items():
        if not low <= value <= high:
            raise definition.error(
                f"{name} = {value} does not fit in a word of {counted(bits, 'bit')}: {low} to {high}"
            )
    instructions = tuple(_resolve(parsed, line, address, names) for address, (line, names) in enumerate(parsed.code))
    values = tuple(value for value, _ in parsed.words.values())
    return Assembly(bits, tuple(parsed.words), values, instructions)


def _read_statement(parsed: _Source, line: _Line, rest: str) -> None:
    """Read the statement `rest`, a line without its comment."""
    label = None
    if parts := _LABEL.fullmatch(rest):
        label, rest = _name(line, parts[1], "a label"), parts[2].strip()
        if label in parsed.words or label in parsed.labels:
            raise line.error(f"{label!r} is defined twice")
        if label in RESERVED:
            raise line.error(f"{label!r} is a reserved word; choose another name")
    words = rest.replace(",", " ").split()
    if words and words[0] == ".word":
        _read_word(parsed, line, label, words[1:])
        return
    if label is not None:
        parsed.labels[label] = len(parsed.code)
    if words and words[0].startswith("."):
        _read_directive(parsed, line, label, words)
    elif words:
        _read_instruction(parsed, line, words)


def _read_word(parsed: _Source, line: _Line, label: str | None, values: list[str]) -> None:
    """Read a data word."""
    if label is None:
        raise line.error("a data word needs a name: NAME: .word VALUE")
    if len(values) != 1:
        raise line.error(f".word takes one value, got {len(values)}")
    if len(parsed.words) == MAX_WORDS:
        raise line.error(f"too many words: at most {MAX_WORDS}")
    parsed.words[label] = (_number(line, values[0], f"the value of {label}"), line)


def _read_directive(parsed: _Source, line: _Line, label: str | None, words: list[str]) -> None:
    """Read the directive ``.bits``."""
    if words[0] != ".bits":
        raise line.error(f"unknown directive {_quoted(words[0])}; the directives are .bits and .word")
    if label is not None or len(words) != 2:
        raise line.error(".bits takes one number and no label: .bits 8")
    if parsed.bits is not None:
        raise line.error(".bits is given twice")
    bits = _number(line, words[1], ".bits")
    if not 1 <= bits <= MAX_WORD_BITS:
        raise line.error(f".bits must be from 1 to {MAX_WORD_BITS}, got {bits}")
    parsed.bits = bits


def _read_instruction(parsed: _Source, line: _Line, words: list[str]) -> None:
    """Read an instruction; its operands are resolved later."""
    names = words[1:] if words[0] == "sbn" else words
    if len(names) not in (2, 3):
        raise line.error(f"an instruction must be: sbn A B [TARGET], got {counted(len(names), 'operand')}")
    if len(parsed.code) == MAX_INSTRUCTIONS:
        raise line.error(f"too many instructions: at most {MAX_INSTRUCTIONS}")
    parsed.code.append((line, [_name(line, name, "an operand") for name in names]))


def _resolve(parsed: _Source, line: _Line, address: int, names: list[str]) -> Instruction:
    """Return the instruction at `address`, whose operands have the given names."""
    words = list(parsed.words)
    for name in names[:2]:
        if name not in parsed.words:
            hint = " (it is the label of an instruction)" if name in parsed.labels or name == "halt" else ""
            raise line.error(f"there is no data word {name!r}{hint}")
    a, b = (words.index(name) for name in names[:2])
    if len(names) == 2:
        return Instruction(a, b, address + 1, line.number)
    target = len(parsed.code) if names[2] == "halt" else parsed.labels.get(names[2])
    if target is None:
        hint = " (it is a data word)" if names[2] in parsed.words else ""
        raise line.error(f"unknown label {names[2]!r}{hint}")
    return Instruction(a, b, target, line.number)


def _name(line: _Line, text: str, what: str) -> str:
    """Return `text` if it is a valid name; else raise InputError that mentions `what`."""
    if not _NAME.fullmatch(text):
        raise line.error(f"{what} must be a name of letters, digits and _, got {_quoted(text)}")
    if len(text) > MAX_NAME:
        raise line.error(f"a name has at most {MAX_NAME} characters, got {_quoted(text)}")
    return text


def _number(line: _Line, text: str, what: str) -> int:
    """Return the number that `text` represents; else raise InputError that mentions `what`."""
    number = decimal(text)
    if number is None:
        raise line.error(f"{what} must be a decimal number, got {_quoted(text)}")
    return number


def decimal(text: str) -> int | None:
    """Return the number that `text` represents, 1 to 25 decimal digits with an optional sign; None for other text.

    >>> decimal("-12"), decimal("1e3")
    (-12, None)
    """
    return int(text) if _NUMBER.fullmatch(text) else None


def _quoted(text: str) -> str:
    """Return a text in quotation marks, shortened if it is long."""
    return repr(text if len(text) <= 40 else f"{text[:18]}...{text[-18:]}")
