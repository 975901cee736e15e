"""Integer arguments: accepted from every library that has integers (Python, NumPy, SymPy), refused in one wording."""

from __future__ import annotations

import operator

from ntkproofs.errors import InputError

__all__ = ["as_integer", "integer"]


def as_integer(value: object) -> int | None:
    """Return `value` as an int if it is an integer or boolean of any library, else None.

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
    """Return an argument as an int; raises InputError, naming it, unless it is an integer from `low` to `high`.

    Booleans are refused: that an argument is True where a number belongs is a mistake. `word`: a text that the caller
    accepts besides, for the message.

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
    besides = f", or {word!r}" if word else ""
    raise InputError(f"{name} must be {_integers(low, high)}{besides}, got {value!r}")


def _integers(low: int | None, high: int | None) -> str:
    """Return what integers between two limits are called."""
    if high is not None:
        return f"an integer from {low} to {high}" if low is not None else f"an integer <= {high}"
    named = {None: "an integer", 0: "a nonnegative integer", 1: "a positive integer"}
    return named.get(low, f"an integer >= {low}")
