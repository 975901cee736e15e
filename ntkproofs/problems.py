"""What went wrong in a claim: the exception, where in the claim's own files, and what would be right."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Problem", "problem_of"]

LONG = 2000  # characters of a message
HINTS = {
    "ModuleNotFoundError": "a helper lies beside the claim file, anything else must be installed",
    "SyntaxError": "the file is no Python as it stands",
    "IndentationError": "the file is no Python as it stands",
    "RecursionError": "something calls itself without end",
}


@dataclass(frozen=True)
class Problem:
    """Why a claim is an ``error``: a message, and where known the place (`line` 0: not known) with its source line.

    `exception`: the name of its class, empty if nothing was raised; `hint`: what would be right; `trace`: Python's
    traceback.
    """

    message: str
    exception: str = ""
    file: str = ""
    line: int = 0
    code: str = ""
    hint: str = ""
    trace: str = ""

    def __str__(self) -> str:
        said = ": ".join(filter(None, (self.exception, self.message)))
        place = f"{self.file}, line {self.line}" if self.line else self.file
        where = f" ({place}{f': {self.code}' if self.code else ''})" if place else ""
        return f"{said}{where}{f'; {self.hint}' if self.hint else ''}"


def problem_of(error: BaseException, own: Iterable[Path]) -> Problem:
    r"""Return an exception as a problem, at the innermost place that lies in one of the `own` files.

    >>> problem_of(ValueError("two\n lines"), ()).message
    'two lines'
    """
    files = {str(file) for file in own}
    stack = traceback.extract_tb(error.__traceback__)
    place = next((frame for frame in reversed(stack) if frame.filename in files), None)
    file, line, code = (place.filename, place.lineno or 0, place.line or "") if place else ("", 0, "")
    if isinstance(error, SyntaxError) and error.filename:
        file, line = error.filename, error.lineno or 0
        code = (error.text or linecache.getline(file, line)).strip()
    name = type(error).__name__
    return Problem(
        message=_message(error), exception=name, file=_shown(file), line=line, code=code[:200],
        hint=HINTS.get(name, ""), trace=_trace(error),
    )  # fmt: skip


def _message(error: BaseException) -> str:
    """Return what an exception says, in one line; its text is the claim's code, too."""
    try:
        text = str(error.msg if isinstance(error, SyntaxError) else error)
    except Exception as problem:
        text = f"(its text cannot be had: {type(problem).__name__})"
    return " ".join(text.split())[:LONG]


def _trace(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(error))[-20_000:]
    except Exception as problem:
        return f"(no traceback: {type(problem).__name__})"


def _shown(file: str) -> str:
    """Return a path as a reader finds it: from the current folder, if it lies there."""
    try:
        return str(Path(file).relative_to(Path.cwd())) if file else ""
    except (ValueError, OSError):
        return file
