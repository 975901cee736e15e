"""A registry of the results that engines returned, by identity and content: copies and modified results do not count.

The registry protects against mistakes and not against malice, since a claim file is Python and could modify it
(docs/trusted.md lists what a reviewer checks).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

__all__ = ["issue", "issues", "was_issued"]

Result = TypeVar("Result")
Parameters = ParamSpec("Parameters")

_REGISTRY: dict[int, tuple[weakref.ref[object], type, dict[str, object]]] = {}


def issue(result: Result) -> Result:
    """Register a result (a frozen dataclass) as returned by an engine, and return it."""
    key = id(result)
    reference: weakref.ref[object] = weakref.ref(result, lambda _: _REGISTRY.pop(key, None))
    _REGISTRY[key] = (reference, type(result), _content(result))
    return result


def _content(result: object) -> dict[str, object]:
    """Return the values of a result's fields; dictionaries, which are mutable, as text."""
    return {name: repr(value) if isinstance(value, dict) else value for name, value in vars(result).items()}


def was_issued(result: object) -> bool:
    """Return whether an engine returned this very object and its fields are unchanged.

    >>> from ntkproofs.rigor.identities import Identity, identity
    >>> result = identity(1, 1)
    >>> was_issued(result), was_issued(Identity(result.left, result.right, "holds", 1, 0))
    (True, False)
    """
    if id(result) not in _REGISTRY:
        return False
    reference, kind, content = _REGISTRY[id(result)]
    return reference() is result and kind is type(result) and content == _content(result)


def issues(engine: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Decorate an engine: every result that it returns is registered."""

    @wraps(engine)
    def registering(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        return issue(engine(*args, **kwargs))

    return registering
