"""What the commands share: exit codes, reading numbers, writing to the right stream."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

from ntkproofs.errors import InputError
from ntkproofs.printable import printable

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "HOLDS",
    "INTERNAL",
    "REFUTED",
    "UNDECIDED",
    "USAGE",
    "clipped",
    "json_begun",
    "make_console",
    "number",
    "print_json",
    "remark",
    "silence",
    "to_json",
    "worst",
]

HOLDS, REFUTED, UNDECIDED, USAGE, INTERNAL = 0, 1, 2, 3, 70
BY_WEIGHT = (HOLDS, UNDECIDED, USAGE, REFUTED, INTERNAL)  # each one worse than those before it
PLAIN_WIDTH = 120
_BEGUN: list[TextIO] = []  # the stream on which the last document was printed
MOST_INTEGER_BITS = 14_000  # Python writes and reads no longer integers (4,300 digits) unless told to


def worst(codes: Iterable[int]) -> int:
    """Return the exit code of several outcomes: that of the worst one, 0 only if all are 0.

    From good to bad: 0 holds, 2 undecided, 3 unreadable, 1 refuted, 70 internal error. An unknown code, and an empty
    collection (nothing was done), count as internal errors.

    >>> worst([0, 2, 0]), worst([1, 3]), worst([0, 70, 1]), worst([])
    (2, 1, 70, 70)
    """
    seen = list(codes)
    if not seen or not set(seen) <= set(BY_WEIGHT):
        return INTERNAL
    return max(seen, key=BY_WEIGHT.index)


def make_console(*, stderr: bool = False) -> Console:
    """Return a rich console for stdout or stderr; plain and of fixed width where that is no terminal.

    Nothing that it prints is taken for markup, for the name of an emoji, or for something to highlight.
    """
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if console.is_terminal:
        return console
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=PLAIN_WIDTH)


def remark(text: object) -> None:
    """Print one line about the work on stderr, escaped by :func:`printable`; nobody reading it is no reason to stop."""
    try:
        print(printable(text), file=sys.stderr)
    except OSError:
        silence(sys.stderr)


def silence(stream: TextIO) -> None:
    """Send what is still written to a stream nowhere: whoever read it has gone away, or its disk is full."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document on stdout: the same bytes whatever the encoding of stdout is."""
    text = to_json(document) + "\n"
    _BEGUN[:] = [sys.stdout]
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        sys.stdout.write(text)
        return
    sys.stdout.flush()
    binary.write(text.encode("ascii"))
    binary.flush()


def json_begun() -> bool:
    """Tell whether a document was printed on this stdout: a second one would make both unreadable."""
    return any(stream is sys.stdout for stream in _BEGUN)


def to_json(document: dict[str, Any]) -> str:
    """Return a document as JSON in ASCII; raises TypeError, naming the place, for what JSON cannot say.

    The bytes that are no UTF-8 in a file's name are written as escapes: JSON texts are Unicode.

    >>> json.loads(to_json({"sign": "≥"})), to_json({"sign": "≥"}).isascii()
    ({'sign': '≥'}, True)
    >>> to_json({"claims": [{"seconds": float("nan")}]})
    Traceback (most recent call last):
    TypeError: JSON cannot say the float nan at claims[0].seconds
    """
    return json.dumps(_sayable(document, ""), indent=2, ensure_ascii=True, allow_nan=False)


def _sayable(value: Any, where: str) -> Any:
    """Return `value` with lists and dictionaries copied; raises TypeError for what JSON cannot say."""
    if isinstance(value, dict):
        return {_key(key, where): _sayable(item, f"{where}.{key}" if where else key) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_sayable(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and value.bit_length() <= MOST_INTEGER_BITS:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    shown = f"an integer of {value.bit_length()} bits" if isinstance(value, int) else f"the {_described(value)}"
    raise TypeError(f"JSON cannot say {shown} at {where}")


def _key(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"JSON cannot say the key {_described(key)} at {where or 'the top'}")
    return key.encode("utf-8", "backslashreplace").decode()


def _described(value: object) -> str:
    return f"{type(value).__name__} {clipped(repr(value)).strip(chr(39))}"


def number(text: str, what: str, *, low: int = 0, high: int | None = None) -> int:
    """Return the decimal number that `text` says; raises InputError, naming `what`, unless it is one within the limits.

    >>> number("12", "--bits", low=1, high=64)
    12
    """
    if not (text.isascii() and text.isdigit()):
        raise InputError(f"{what} must be a number from {low} on, in decimal digits, got {clipped(text)}")
    try:
        value = int(text)
    except ValueError:  # Python reads no more than some thousand digits
        raise InputError(f"{what} has {len(text)} digits, which is more than can be read") from None
    if value < low or (high is not None and value > high):
        span = f"from {low} to {high}" if high is not None else f"from {low} on"
        raise InputError(f"{what} must be a number {span}, got {clipped(text)}")
    return value


def clipped(text: str) -> str:
    """Return a user's text quoted, its middle left out if it is long."""
    return repr(text if len(text) <= 40 else f"{text[:18]}...{text[-18:]}")
