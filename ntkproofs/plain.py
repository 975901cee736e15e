"""Evidence as plain data: what JSON can hold, checked where a finding is made."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from ntkproofs.errors import InputError

__all__ = ["plain"]

MOST_DIGITS = 4000  # of an integer: Python writes no more than 4300 by itself
DEPTH = 40


def plain(value: object, where: str) -> Any:
    """Return `value` as text, integers, floats, booleans, None, lists and dictionaries with text as keys.

    NumPy's and SymPy's integers become integers, fractions become text, arrays and tuples become lists. Raises
    InputError, naming `where`, for a number that is not finite and for any other object.

    >>> import numpy
    >>> plain({"cases": numpy.int64(4), "margin": Fraction(1, 3)}, "evidence")
    {'cases': 4, 'margin': '1/3'}
    """
    return _plain(value, where, DEPTH)


def _plain(value: object, where: str, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if depth == 0:
        raise InputError(f"{where}: lists and dictionaries are nested more than {DEPTH} deep")
    if isinstance(value, Mapping):
        return {_key(key, where): _plain(item, f"{where}[{key!r}]", depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{place}]", depth - 1) for place, item in enumerate(value)]
    if hasattr(value, "tolist") and type(value).__module__ == "numpy":  # arrays, and NumPy's numbers
        return _plain(value.tolist(), where, depth - 1)
    return _number(value, where)


def _number(value: object, where: str) -> Any:
    if isinstance(value, numbers.Integral) or getattr(value, "is_Integer", None) is True:
        number = int(value)  # type: ignore[call-overload]
        if number.bit_length() > MOST_DIGITS * 3:
            raise InputError(f"{where}: an integer of {number.bit_length():,} bits is too long; write it as text")
        return number
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InputError(f"{where}: {float(value)!r} is not a number that JSON has; write it as text")
        return float(value)
    raise InputError(
        f"{where}: evidence is text, numbers, True, False, None, lists and dictionaries, got "
        f"{type(value).__name__}; write it as text"
    )


def _key(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise InputError(f"{where}: a key must be text, got {key!r}")
    return str.__str__(key)
