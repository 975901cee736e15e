"""Evidence as JSON text of limited length, with notes on what is omitted."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["clip", "shortened"]

MAX_ITEMS = 8  # of a list
MAX_CHARACTERS = 6000  # of the whole text
MAX_STRING = 400  # characters of a string
MAX_LINE = 100  # characters of a value that is written on one line


def shortened(evidence: object) -> str:
    """Return `evidence` as indented JSON; long lists and strings are cut, and say how much is omitted.

    >>> print(shortened({"cells": list(range(20))}))
    {
      "cells": [0, 1, 2, 3, 4, 5, 6, 7, "… and 12 more"]
    }
    """
    return clip(_formatted(_cut(evidence), ""))


def clip(text: str) -> str:
    """Return a text, cut to a limited length; a note says how many characters are omitted."""
    if len(text) <= MAX_CHARACTERS:
        return text
    return f"{text[:MAX_CHARACTERS]}\n… and {len(text) - MAX_CHARACTERS:,} more characters"


def _cut(value: Any) -> Any:
    """Return a value with its long lists and strings cut."""
    if isinstance(value, dict):
        return {key: _cut(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        omitted = len(value) - MAX_ITEMS
        return [_cut(item) for item in value[:MAX_ITEMS]] + ([f"… and {omitted:,} more"] if omitted > 0 else [])
    if isinstance(value, str) and len(value) > MAX_STRING:
        return f"{value[:MAX_STRING]}… and {len(value) - MAX_STRING:,} more characters"
    return value


def _formatted(value: Any, margin: str) -> str:
    """Return a value as JSON, indented by `margin`, with short values on one line."""
    line = json.dumps(value, ensure_ascii=False, default=str)
    if not isinstance(value, dict | list) or not value or (len(margin) + len(line) <= MAX_LINE and margin):
        return line
    inner = margin + "  "
    if isinstance(value, dict):
        parts = [
            f"{json.dumps(str(key), ensure_ascii=False)}: {_formatted(item, inner)}" for key, item in value.items()
        ]
        return "{\n" + ",\n".join(inner + part for part in parts) + f"\n{margin}}}"
    return "[\n" + ",\n".join(inner + _formatted(item, inner) for item in value) + f"\n{margin}]"
