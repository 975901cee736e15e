"""Integer arguments: accepted from every library that has integers (Python, NumPy, SymPy), refused in one wording."""

from __future__ import annotations

import operator

from ntkproofs.errors import InputError

__all__ = ["as_bit", "as_integer", "integer"]


def as_integer(value: object) -> int | None:
    """Return `value` as an int if it is an integer of any library, else None; booleans are not integers here.

    >>> import numpy
    >>> as_integer(numpy.int64(3)), as_integer(3.0), as_integer(True)
    (3, None, None)
    """
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None


def integer(value: object, name: str, *, low: int | None = None, high: int | None = None) -> int:
    """Return an argument as an int; raises InputError, naming it, unless it is an integer from `low` to `high`.

    >>> integer(8, "bits", low=1)
    8
    >>> integer(0, "bits", low=1, high=64)
    Traceback (most recent call last):
    ntkproofs.errors.InputError: bits must be an integer from 1 to 64, got 0
    """
    number = as_integer(value)
    if number is None or (low is not None and number < low) or (high is not None and number > high):
        raise InputError(f"{name} must be an integer{_limits(low, high)}, got {value!r}")
    return number


def _limits(low: int | None, high: int | None) -> str:
    if low is not None and high is not None:
        return f" from {low} to {high}"
    return f" >= {low}" if low is not None else f" <= {high}" if high is not None else ""


def as_bit(value: object) -> int | None:
    """Return 0 or 1 if `value` is one of them as an integer or boolean of any library, else None.

    >>> as_bit(True), as_bit(1), as_bit(2), as_bit(0.0)
    (1, 1, None, None)
    """
    number = int(value) if type(value).__name__ in ("bool", "bool_") else as_integer(value)  # type: ignore[call-overload]
    return number if number in (0, 1) else None
