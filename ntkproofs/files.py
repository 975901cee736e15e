"""Writing a file so that it is there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ntkproofs.errors import InputError

__all__ = ["write_whole"]


def write_whole(path: str | Path, data: bytes) -> None:
    """Write `data` beside `path` first, then rename; raises InputError, leaving what was there, if that fails.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(f"{folder}/a", b"whole")
    ...     (os.listdir(folder), Path(folder, "a").read_bytes())
    (['a'], b'whole')
    """
    goal = Path(path)
    try:
        handle, name = tempfile.mkstemp(dir=goal.parent, prefix=f".{goal.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(name, 0o666 & ~mask)  # as an ordinary new file; mkstemp makes private ones
            os.replace(name, goal)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as problem:
        raise InputError(f"{goal} cannot be written: {problem.strerror or problem}") from problem
