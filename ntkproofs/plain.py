"""Conversion of evidence to plain data that JSON can represent, checked when a finding is constructed."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from ntkproofs.errors import InputError

__all__ = ["plain"]

MAX_DIGITS = 4000  # decimal digits of an integer; Python converts at most 4300 by default
MAX_DEPTH = 40  # nesting of lists and dictionaries


def plain(value: object, where: str) -> Any:
    """Convert `value` to text, integers, floats, booleans, None, lists, and dictionaries whose keys are text.

    Integers of NumPy and SymPy become integers, fractions become text, arrays and tuples become lists. `where` names
    the value in messages. Raises InputError for a number that is not finite, an integer of more than about 4000 digits,
    more than 40 levels of nesting, and an object of any other type.

    >>> import numpy
    >>> plain({"cases": numpy.int64(4), "margin": Fraction(1, 3)}, "evidence")
    {'cases': 4, 'margin': '1/3'}
    """
    return _plain(value, where, MAX_DEPTH)


def _plain(value: object, where: str, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if depth == 0:
        raise InputError(f"{where}: lists and dictionaries are nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, Mapping):
        return {_key(key, where): _plain(item, f"{where}[{key!r}]", depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{index}]", depth - 1) for index, item in enumerate(value)]
    if hasattr(value, "tolist") and type(value).__module__ == "numpy":  # NumPy arrays and scalars
        return _plain(value.tolist(), where, depth - 1)
    return _number(value, where)


def _number(value: object, where: str) -> Any:
    if isinstance(value, numbers.Integral) or getattr(value, "is_Integer", None) is True:
        number = int(value)  # type: ignore[call-overload]
        if number.bit_length() > MAX_DIGITS * 3:
            raise InputError(f"{where}: an integer of {number.bit_length():,} bits is too long; convert it to text")
        return number
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InputError(f"{where}: {float(value)!r} cannot be represented in JSON; convert it to text")
        return float(value)
    raise InputError(
        f"{where}: evidence consists of text, numbers, True, False, None, lists and dictionaries, got "
        f"{type(value).__name__}; convert it to text"
    )


def _key(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise InputError(f"{where}: a key must be text, got {key!r}")
    return str.__str__(key)
