"""Evidence for people: JSON cut to a length that a page can hold, and says what it left out."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["clip", "shortened"]

ITEMS = 8  # of a list
CHARACTERS = 6000  # in all
LONG = 400  # of one text


def shortened(evidence: object) -> str:
    """Return `evidence` as indented JSON; what is left out of lists and texts is counted in its place.

    >>> print(shortened({"cells": list(range(20))}))
    {
      "cells": [0, 1, 2, 3, 4, 5, 6, 7, "… and 12 more"]
    }
    """
    return clip(_shown(_cut(evidence), ""))


def clip(text: str) -> str:
    """Return a text cut to what a page can hold; what is left out is counted."""
    if len(text) <= CHARACTERS:
        return text
    return f"{text[:CHARACTERS]}\n… and {len(text) - CHARACTERS:,} characters more"


def _cut(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _cut(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        left = len(value) - ITEMS
        return [_cut(each) for each in value[:ITEMS]] + ([f"… and {left:,} more"] if left > 0 else [])
    if isinstance(value, str) and len(value) > LONG:
        return f"{value[:LONG]}… and {len(value) - LONG:,} characters more"
    return value


def _shown(value: Any, margin: str) -> str:
    """Write JSON with short values on one line."""
    line = json.dumps(value, ensure_ascii=False, default=str)
    if not isinstance(value, dict | list) or not value or (len(margin) + len(line) <= 100 and margin):
        return line
    inner = margin + "  "
    if isinstance(value, dict):
        parts = [f"{json.dumps(str(key), ensure_ascii=False)}: {_shown(each, inner)}" for key, each in value.items()]
        return "{\n" + ",\n".join(inner + part for part in parts) + f"\n{margin}}}"
    return "[\n" + ",\n".join(inner + _shown(each, inner) for each in value) + f"\n{margin}]"
