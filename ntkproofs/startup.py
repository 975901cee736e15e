"""Preparation of ``sys.path`` for commands run by ``python -m``, before anything else is imported."""

from __future__ import annotations

import os
import sys

__all__ = ["leave_current_folder"]


def leave_current_folder() -> None:
    """Remove the current folder from ``sys.path``, where ``python -m`` puts it, so that no module is imported from it.

    >>> leave_current_folder()
    >>> "" in sys.path[:1]
    False
    """
    if not sys.flags.safe_path and sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
