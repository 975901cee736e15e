"""What the commands share: exit codes, reading numbers, writing to the right stream."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ntkproofs.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "HOLDS",
    "INTERNAL",
    "REFUTED",
    "UNDECIDED",
    "USAGE",
    "clipped",
    "make_console",
    "number",
    "print_json",
    "worst",
]

HOLDS, REFUTED, UNDECIDED, USAGE, INTERNAL = 0, 1, 2, 3, 70
BY_WEIGHT = (HOLDS, UNDECIDED, USAGE, REFUTED, INTERNAL)  # each one worse than those before it
PLAIN_WIDTH = 120


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
    """Return a rich console for stdout or stderr; plain and of fixed width where that is no terminal."""
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False)
    return console if console.is_terminal else Console(stderr=stderr, highlight=False, width=PLAIN_WIDTH)


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document on stdout."""
    print(json.dumps(document, indent=2, ensure_ascii=False))


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
