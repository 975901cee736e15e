"""Escaping of untrusted text for a single line of a terminal: statements, file names, messages, output of claims.

Characters that are not printable are escaped as ``repr`` escapes them. Otherwise a line break could forge a row of a
table, an escape sequence could overwrite one, and a bidirectional format character could reverse a statement.
"""

from __future__ import annotations

import codecs
import os
import re

__all__ = ["SPELLED", "clipped", "file_name", "message_of", "printable"]

SPELLED = "ntkproofs.spelled"  # name of the encoding error handler for streams
_ASCII = {"≥": ">=", "≤": "<=", "…": "...", "±": "+-"}  # ASCII forms of the characters that tables use
_PLAIN_NAME = re.compile(r"[\w./+@%=,~-]+")


def printable(text: object) -> str:
    r"""Return `text` on one line, with every character escaped that is not printable (a space is).

    >>> print(printable("3 < pi\n\x1b[32mproved \u202e"))
    3 < pi\n\x1b[32mproved \u202e
    """
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in str(text))


def clipped(text: str) -> str:
    """Return the text quoted, with its middle replaced by dots if it is longer than 40 characters."""
    return repr(text if len(text) <= 40 else f"{text[:18]}...{text[-18:]}")


def message_of(problem: BaseException) -> str:
    r"""Return the message of another library's exception, or its type, on one line of at most 200 characters.

    Such messages may contain pieces of a file, of any size.

    >>> message_of(ValueError("a\x00b")), message_of(EOFError()), len(message_of(ValueError("x" * 10**6)))
    ('a\\x00b', 'EOFError', 200)
    """
    text = printable(str(problem)[:200]) or type(problem).__name__
    return text if len(text) <= 200 else text[:197] + "..."


def file_name(path: str | os.PathLike[str]) -> str:
    r"""Return a file name for the beginning of a message, quoted if it contains spaces, quotes, colons or escapes.

    >>> file_name("results/a.json"), file_name("a.json: accepted")
    ('results/a.json', "'a.json: accepted'")
    """
    text = os.fspath(path)
    return text if _PLAIN_NAME.fullmatch(text) else repr(text)


def _replace_unencodable(problem: UnicodeError) -> tuple[str, int]:
    """Replace characters that an encoding cannot represent by their ASCII form, or by an escape if there is none."""
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    unencodable = problem.object[problem.start : problem.end]
    text = "".join(_ASCII.get(char) or char.encode("ascii", "backslashreplace").decode("ascii") for char in unencodable)
    return text, problem.end


codecs.register_error(SPELLED, _replace_unencodable)
