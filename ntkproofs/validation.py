"""Validation of integer arguments: integers of Python, NumPy and SymPy are accepted, with one error message for all."""

from __future__ import annotations

import operator

from ntkproofs.errors import InputError

__all__ = ["as_integer", "integer", "integers_between"]


def as_integer(value: object) -> int | None:
    """Return `value` as an int if it is an integer or a boolean of Python, NumPy or SymPy, else None.

    >>> import numpy
    >>> as_integer(numpy.int64(3)), as_integer(numpy.True_), as_integer(3.0)
    (3, 1, None)
    """
    if type(value).__module__ == "numpy" and type(value).__name__ in ("bool", "bool_"):
        return int(value)  # type: ignore[call-overload, no-any-return]
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None


def integer(value: object, name: str, *, low: int | None = None, high: int | None = None, word: str = "") -> int:
    """Return an argument as an int; raises InputError unless it is an integer from `low` to `high`.

    `name`: the name of the argument in the message; `word`: a string that the caller also accepts, mentioned in the
    message. Booleans are rejected, because True in place of a number is most likely a mistake.

    >>> integer(8, "bits", low=1)
    8
    >>> integer(0, "bits", low=1, high=64)
    Traceback (most recent call last):
    ntkproofs.errors.InputError: bits must be an integer from 1 to 64, got 0
    """
    if type(value).__name__ not in ("bool", "bool_"):
        number = as_integer(value)
        if number is not None and (low is None or low <= number) and (high is None or number <= high):
            return number
    alternative = f", or {word!r}" if word else ""
    raise InputError(f"{name} must be {integers_between(low, high)}{alternative}, got {value!r}")


def integers_between(low: int | None, high: int | None) -> str:
    """Return the description of the integers between two limits, for messages.

    >>> integers_between(1, 64), integers_between(1, None)
    ('an integer from 1 to 64', 'a positive integer')
    """
    if high is not None:
        return f"an integer from {low} to {high}" if low is not None else f"an integer <= {high}"
    names = {None: "an integer", 0: "a nonnegative integer", 1: "a positive integer"}
    return names.get(low, f"an integer >= {low}")
