"""What all readers of text share: the limits on sizes, error messages with file and line, and statements of words.

Files are untrusted. The limits are checked before memory is allocated, and a name or number of a file is quoted in
messages, shortened, so that a message is always one line.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from ntkproofs.errors import InputError
from ntkproofs.printable import file_name

__all__ = ["MAX_BYTES", "MAX_LINES", "MAX_SIGNALS", "Text", "count", "quoted"]

MAX_BYTES = 1 << 24  # bytes of a file
MAX_LINES = 1 << 20  # lines that are not empty
MAX_SIGNALS = 1 << 18  # inputs, latches and functions of a netlist
_SHOWN = 40  # characters of a word that a message shows


class Text:
    """The bytes of a file, with the name that messages give it; raises InputError if there are more than MAX_BYTES."""

    def __init__(self, data: bytes, file: str) -> None:
        self.data, self.path = data, file
        self.file = os.path.basename(file)
        self.stem = os.path.splitext(self.file)[0]
        if len(data) > MAX_BYTES:
            raise InputError(f"{file_name(file)}: too large: at most {MAX_BYTES:,} bytes are read")

    def error(self, line: int, message: str) -> InputError:
        """Return an error whose message starts with ``file:line:``."""
        return InputError(f"{file_name(self.path)}:{line}: {message}")

    @property
    def last_line(self) -> int:
        """The number of the last line, for what is missing at the end of the file."""
        return self.data.rstrip(b"\r\n").count(b"\n") + 1

    def statements(self, *, continued: bool = False) -> Iterator[tuple[int, list[str]]]:
        r"""Yield the number and the words of each line that has any, without the comment that a ``#`` starts.

        `continued`: a ``\`` at the end joins a line with the next; the number is that of the first. Lines end with
        ``\n`` or ``\r\n``. Raises InputError if a character outside comments is not printable ASCII, space or tab.

        >>> list(Text(b"a b # c\n\nd \\\n e", "x.blif").statements(continued=True))
        [(1, ['a', 'b']), (3, ['d', 'e'])]
        """
        first, words, joins, number, lines = 0, list[str](), False, 0, 0
        for number, line in enumerate(self.data.decode("latin-1").split("\n"), 1):
            if not (line or joins):
                continue
            lines += 1
            if lines > MAX_LINES:
                raise self.error(number, f"too large: at most {MAX_LINES:,} lines that are not empty are read")
            line = self._without_comment(number, line)
            if not joins:
                first, words = number, []
            joins = continued and line.endswith("\\")
            words += line[:-1].split() if joins else line.split()
            if words and not joins:
                yield first, words
        if joins:
            raise self.error(number, "the file ends after a '\\', which joins a line with the next: it is truncated")

    def _without_comment(self, number: int, line: str) -> str:
        """Return a line without its comment and without spaces at its end, after checking its characters."""
        if "#" in line:
            line = line[: line.index("#")]
        line = line.rstrip(" \t\r")
        if not (line.isascii() and line.isprintable()):
            line = line.replace("\t", " ")
            for char in line:
                if not (char.isascii() and char.isprintable()):
                    raise self.error(number, f"the byte 0x{ord(char):02x} is not a printable ASCII character")
        return line


def quoted(word: str) -> str:
    """Return a word of a file as messages show it: in quotes, on one line, and shortened.

    >>> print(quoted("a'b"), len(quoted("x" * 1000)))
    "a'b" 45
    """
    return repr(word) if len(word) <= _SHOWN else repr(word[:_SHOWN]) + "..."


def count(text: Text, line: int, words: list[str], low: int, high: int) -> int:
    """Return the number of a directive such as ``.i 4``; raises InputError unless it is one integer in a range.

    >>> count(Text(b".i 4", "x.pla"), 1, [".i", "4"], 1, 9)
    4
    """
    if len(words) != 2 or not (words[1].isdigit() and len(words[1]) <= 18 and low <= int(words[1]) <= high):
        got = " ".join(words[1:])
        raise text.error(line, f"{words[0]} needs one integer from {low} to {high:,}, got {quoted(got)}")
    return int(words[1])
