"""What a command run by ``python -m`` does first, before it imports anything else."""

from __future__ import annotations

import os
import sys

__all__ = ["leave_current_folder"]


def leave_current_folder() -> None:
    """Take the current folder, which ``python -m`` puts first, off the path: what lies there is no module of Python's.

    >>> leave_current_folder()
    >>> "" in sys.path[:1]
    False
    """
    if not sys.flags.safe_path and sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
