"""Descriptions of errors in claims: the exception, its location in the claim's own files, and a hint."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Problem", "problem_of"]

MAX_MESSAGE = 2000  # characters
MAX_TRACE = 20_000  # characters
MAX_CODE = 200  # characters of a source line
HINTS = {
    "ModuleNotFoundError": "a helper module must be in the folder of the claim file; other modules must be installed",
    "SyntaxError": "the file is not valid Python",
    "IndentationError": "the file is not valid Python",
    "RecursionError": "a function calls itself too often",
}


@dataclass(frozen=True)
class Problem:
    """The description of an error in a claim.

    `exception`: the name of the exception's class, empty if none was raised; `file`, `line` and `code`: the location
    and its source line (empty, 0 and empty if unknown); `hint`: how to correct it; `trace`: Python's traceback.
    """

    message: str
    exception: str = ""
    file: str = ""
    line: int = 0
    code: str = ""
    hint: str = ""
    trace: str = ""

    def __str__(self) -> str:
        text = ": ".join(filter(None, (self.exception, self.message)))
        location = f"{self.file}, line {self.line}" if self.line else self.file
        where = f" ({location}{f': {self.code}' if self.code else ''})" if location else ""
        return f"{text}{where}{f'; {self.hint}' if self.hint else ''}"


def problem_of(error: BaseException, own_files: Iterable[Path], default: tuple[str, int] = ("", 0)) -> Problem:
    r"""Return the description of an exception, located at the innermost stack frame within `own_files`.

    `default`: file and line if no stack frame lies in these files.

    >>> problem_of(ValueError("two\n lines"), ()).message
    'two lines'
    """
    files = {str(file) for file in own_files}
    stack = traceback.extract_tb(error.__traceback__)
    innermost = next((frame for frame in reversed(stack) if frame.filename in files), None)
    file, line = (innermost.filename, innermost.lineno or 0) if innermost else default
    code = (innermost.line or "") if innermost else linecache.getline(file, line).strip()
    if isinstance(error, SyntaxError) and error.filename:
        file, line = error.filename, error.lineno or 0
        code = (error.text or linecache.getline(file, line)).strip()
    name = type(error).__name__
    return Problem(
        message=_message(error), exception=name, file=_relative(file), line=line, code=code[:MAX_CODE],
        hint=HINTS.get(name, ""), trace=_trace(error),
    )  # fmt: skip


def _message(error: BaseException) -> str:
    """Return the message of an exception on one line; computing it runs code of the claim, which may raise."""
    try:
        text = str(error.msg if isinstance(error, SyntaxError) else error)
    except Exception as problem:
        text = f"(the text of the exception raised {type(problem).__name__})"
    return " ".join(text.split())[:MAX_MESSAGE]


def _trace(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(error))[-MAX_TRACE:]
    except Exception as problem:
        return f"(formatting the traceback raised {type(problem).__name__})"


def _relative(file: str) -> str:
    """Return a path relative to the current folder if it lies there, else unchanged."""
    try:
        return str(Path(file).relative_to(Path.cwd())) if file else ""
    except (ValueError, OSError):
        return file
