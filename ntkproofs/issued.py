"""Which results an engine made itself: by identity and content, so that a copy or a changed one is not among them.

A claim file is Python and can reach this record like anything else; it is there against slips, not against malice
(docs/trusted.md says what a reviewer looks for).
"""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

__all__ = ["issue", "issues", "was_issued"]

Result = TypeVar("Result")
Parameters = ParamSpec("Parameters")

_RECORD: dict[int, tuple[weakref.ref[object], object]] = {}


def issue(result: Result) -> Result:
    """Record a result (a frozen dataclass) as made by an engine, and return it."""
    key = id(result)
    reference: weakref.ref[object] = weakref.ref(result, lambda _: _RECORD.pop(key, None))
    _RECORD[key] = (reference, copy.copy(result))
    return result


def was_issued(result: object) -> bool:
    """Tell whether an engine made this very object, and nobody changed it since.

    >>> from ntkproofs.rigor.identities import Identity, identity
    >>> made = identity(1, 1)
    >>> was_issued(made), was_issued(Identity(made.left, made.right, "holds", 1, 0))
    (True, False)
    """
    reference, before = _RECORD.get(id(result), (None, None))
    return (
        reference is not None
        and reference() is result
        and type(before) is type(result)
        and vars(before) == vars(result)
    )


def issues(engine: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Record whatever a function returns as made by an engine."""

    @wraps(engine)
    def recorded(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        return issue(engine(*args, **kwargs))

    return recorded
