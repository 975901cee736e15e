"""Text from elsewhere, made fit for one line of a terminal: statements, names of files, messages, what a claim prints.

Whatever is no printable character is escaped as ``repr`` escapes it: a line break could forge a row of a table, an
escape sequence could overwrite one, and a format character could reverse the order in which a statement is read.
"""

from __future__ import annotations

import codecs
import os
import re

__all__ = ["SPELLED", "file_name", "printable"]

SPELLED = "ntkproofs.spelled"  # an error handler: how a stream writes what its encoding lacks
_SPELLED = {"≥": ">=", "≤": "<=", "…": "...", "±": "+-"}  # signs of our own tables that ASCII can spell
_PLAIN_NAME = re.compile(r"[\w./+@%=,~-]+")


def printable(text: object) -> str:
    r"""Return `text` with everything but printable characters and spaces escaped: it is one line, and shows what it is.

    >>> print(printable("3 < pi\n\x1b[32mproved \u202e"))
    3 < pi\n\x1b[32mproved \u202e
    """
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in str(text))


def file_name(path: str | os.PathLike[str]) -> str:
    r"""Return a file's name for the beginning of a line: quoted if it holds spaces, quotes, colons or escapes.

    >>> file_name("results/a.json"), file_name("a.json: accepted")
    ('results/a.json', "'a.json: accepted'")
    """
    text = os.fspath(path)
    return text if _PLAIN_NAME.fullmatch(text) else repr(text)


def _spell(problem: UnicodeError) -> tuple[str, int]:
    """Write what an encoding lacks: signs that ASCII can spell, and escapes for the rest; never a question mark."""
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    lost = problem.object[problem.start : problem.end]
    return "".join(
        _SPELLED.get(each) or each.encode("ascii", "backslashreplace").decode("ascii") for each in lost
    ), problem.end


codecs.register_error(SPELLED, _spell)
