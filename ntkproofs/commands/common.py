"""Functions shared by the commands: exit codes, reading numbers, writing to stdout and stderr."""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import sys
from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from ntkproofs.errors import InputError
from ntkproofs.printable import clipped, printable
from ntkproofs.validation import integers_between

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "HOLDS",
    "INTERNAL",
    "NUMBER",
    "Parser",
    "REFUTED",
    "UNDECIDED",
    "USAGE",
    "clipped",
    "json_printed",
    "make_console",
    "number",
    "print_json",
    "probability",
    "remark",
    "silence",
    "to_json",
    "worst",
]

HOLDS, REFUTED, UNDECIDED, USAGE, INTERNAL = 0, 1, 2, 3, 70
BY_SEVERITY = (HOLDS, UNDECIDED, USAGE, REFUTED, INTERNAL)  # increasing
PLAIN_WIDTH = 120
_JSON_STREAM: list[TextIO] = []  # the stream on which the last document was printed
NUMBER = r"[0-9]*\.?[0-9]+([eE]-?[0-9]{1,3})?|[0-9]+/[0-9]*[1-9][0-9]*"
MAX_INTEGER_BITS = 14_000  # by default Python converts at most 4,300 digits


def worst(codes: Iterable[int]) -> int:
    """Return the most severe of several exit codes; it is 0 only if all are 0.

    In increasing severity: 0 holds, 2 undecided, 3 unreadable, 1 refuted, 70 internal error. An unknown code or an
    empty collection is an internal error.

    >>> worst([0, 2, 0]), worst([1, 3]), worst([0, 70, 1]), worst([])
    (2, 1, 70, 70)
    """
    codes = list(codes)
    if not codes or not set(codes) <= set(BY_SEVERITY):
        return INTERNAL
    return max(codes, key=BY_SEVERITY.index)


class Parser(argparse.ArgumentParser):
    """An argument parser that reports invalid usage in one line, with exit code 3."""

    def error(self, message: str) -> NoReturn:
        """Print the message on stderr and exit with code 3."""
        remark(f"{self.prog}: {message} (see {self.prog} --help)")
        self.exit(USAGE)


def make_console(*, stderr: bool = False) -> Console:
    """Return a rich console for stdout or stderr, without markup, emoji names and highlighting.

    If the stream is not a terminal, the console has a fixed width and no colours.
    """
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if console.is_terminal:
        return console
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=PLAIN_WIDTH)


def remark(text: object) -> None:
    """Print one line on stderr, escaped by :func:`printable`; ignore errors, such as that of a closed pipe."""
    try:
        print(printable(text), file=sys.stderr)
    except OSError:
        silence(sys.stderr)


def silence(stream: TextIO) -> None:
    """Discard all further output to a stream that can no longer be written: its pipe is closed or its disk is full."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document on stdout; its bytes do not depend on the encoding of stdout."""
    text = to_json(document) + "\n"
    _JSON_STREAM[:] = [sys.stdout]
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        sys.stdout.write(text)
        return
    sys.stdout.flush()
    binary.write(text.encode("ascii"))
    binary.flush()


def json_printed() -> bool:
    """Return whether a JSON document was printed on stdout; a second one would make the output invalid."""
    return any(stream is sys.stdout for stream in _JSON_STREAM)


def to_json(document: dict[str, Any]) -> str:
    """Return a document as JSON in ASCII; raises TypeError, with the path of the value, if JSON cannot represent it.

    Bytes of file names that are not valid UTF-8 are replaced by escapes, since JSON texts are Unicode.

    >>> json.loads(to_json({"sign": "≥"})), to_json({"sign": "≥"}).isascii()
    ({'sign': '≥'}, True)
    >>> to_json({"claims": [{"seconds": float("nan")}]})
    Traceback (most recent call last):
    TypeError: JSON cannot represent the float nan at claims[0].seconds
    """
    return json.dumps(_json_value(document, ""), indent=2, ensure_ascii=True, allow_nan=False)


def _json_value(value: Any, path: str) -> Any:
    """Return a copy of `value` with text escaped; raises TypeError if JSON cannot represent it."""
    if isinstance(value, dict):
        return {_key(key, path): _json_value(item, f"{path}.{key}" if path else key) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and value.bit_length() <= MAX_INTEGER_BITS:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    description = f"an integer of {value.bit_length()} bits" if isinstance(value, int) else f"the {_described(value)}"
    raise TypeError(f"JSON cannot represent {description} at {path}")


def _key(key: object, path: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"JSON cannot represent the key {_described(key)} at {path or 'the top level'}")
    return key.encode("utf-8", "backslashreplace").decode()


def _described(value: object) -> str:
    return f"{type(value).__name__} {clipped(repr(value)).strip(chr(39))}"


def number(text: str, name: str, *, low: int = 0, high: int | None = None) -> int:
    """Return the integer with the decimal digits `text`; raises InputError unless it is from `low` to `high`.

    `name`: the name of the argument or option in the message.

    >>> number("12", "--bits", low=1, high=64)
    12
    """
    if not (text.isascii() and text.isdigit()):
        raise InputError(f"{name} must be {integers_between(low, None)} in decimal digits, got {clipped(text)}")
    try:
        value = int(text)
    except ValueError:  # more digits than Python converts
        raise InputError(f"{name} has {len(text):,} digits, which are too many") from None
    if value < low or (high is not None and value > high):
        raise InputError(f"{name} must be {integers_between(low, high)}, got {clipped(text)}")
    return value


def rational(text: str, name: str) -> Fraction:
    """Return the exact value of a nonnegative number; raises InputError otherwise, naming the option `name`.

    >>> rational("0.125", "--threshold")
    Fraction(1, 8)
    """
    if len(text) <= 100 and re.fullmatch(NUMBER, text, re.ASCII) and Fraction(text) >= 0:
        return Fraction(text)
    raise InputError(f"{name} must be a number from 0 on, such as 0.125 or 1/8, got {clipped(text)}")


def probability(text: str) -> Fraction:
    """Return the exact value of ``--failure``; raises InputError unless it is between 0 and 1.

    >>> probability("1e-6")
    Fraction(1, 1000000)
    """
    if len(text) <= 100 and re.fullmatch(NUMBER, text, re.ASCII):
        value = Fraction(text)
        if 0 < value < 1:
            return value
    raise InputError(f"--failure must be a probability between 0 and 1, such as 1e-6 or 1/1000, got {clipped(text)}")
