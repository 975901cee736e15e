"""Atomic file writes: after an interruption a file has either its old or its new content, never a part of it.

Every file that a command writes is written by :func:`write_atomically`. Symbolic links are followed;
character devices and pipes are written to directly; folders, block devices and read-only files are refused.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import sys
import tempfile
from pathlib import Path

from ntkproofs.errors import InputError

__all__ = ["check_writable", "write_atomically"]

MAX_DESCRIPTORS = 64  # open file descriptors that are examined: the standard streams and those that a shell opened
_STREAMS = (stat.S_IFCHR, stat.S_IFIFO)  # written to directly: terminals, /dev/null, pipes


def write_atomically(path: str | Path, data: bytes) -> None:
    """Write `data` to the file at `path`, atomically where the file system allows it.

    A regular file is replaced in one step and keeps its permissions. A file with several hard links, a file that this
    process has open for writing (such as that of ``/dev/stdout``), a pipe and a character device are written in place.
    Raises InputError, leaving the old content, if the file cannot be written.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomically(f"{folder}/a", b"whole")
    ...     (os.listdir(folder), Path(folder, "a").read_bytes())
    (['a'], b'whole')
    """
    before = check_writable(path)
    try:
        descriptor = None if before is None else _open_in_place(path, before)
        if descriptor is None:
            _replace(Path(os.path.realpath(path)), data, before)
        else:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
    except OSError as problem:
        raise _refused(path, problem.strerror or f"{problem}") from problem


def check_writable(path: str | Path) -> os.stat_result | None:
    """Return the status of the file at `path`, or None if there is none; use it before a long computation.

    Raises InputError if :func:`write_atomically` would refuse `path`.

    >>> check_writable("/")
    Traceback (most recent call last):
    ntkproofs.errors.InputError: / cannot be written: it does not name a file
    """
    if not os.path.basename(path):
        raise _refused(path, "it does not name a file")
    try:
        before = os.stat(path)
    except FileNotFoundError:
        folder = Path(os.path.realpath(path)).parent
        if not folder.is_dir():
            raise _refused(path, f"there is no folder {folder}") from None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise _refused(path, f"the folder {folder} is read-only") from None
        return None
    except (OSError, ValueError) as problem:
        raise _refused(path, getattr(problem, "strerror", None) or f"{problem}") from problem
    kind = stat.S_IFMT(before.st_mode)
    if kind == stat.S_IFDIR:
        raise _refused(path, "it is a folder")
    if kind not in (*_STREAMS, stat.S_IFREG):
        raise _refused(path, "it is neither a file, a pipe nor a character device")
    if not before.st_mode & 0o222 or not os.access(path, os.W_OK):
        raise _refused(path, "it is read-only")
    return before


def _refused(path: str | Path, reason: str) -> InputError:
    return InputError(f"{path} cannot be written: {reason}")


def _open_in_place(path: str | Path, before: os.stat_result) -> int | None:
    """Return a file descriptor if `path` must be written in place, or None if the file can be replaced."""
    if not stat.S_ISREG(before.st_mode):
        if sys.stdout is not None:
            sys.stdout.flush()  # it may refer to the same file
        return os.open(path, os.O_WRONLY)
    for descriptor in range(MAX_DESCRIPTORS):
        with contextlib.suppress(OSError):  # the descriptor is not open
            is_writable = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
            if is_writable and os.path.samestat(os.fstat(descriptor), before):
                if sys.stdout is not None:
                    sys.stdout.flush()
                return os.dup(descriptor)
    return os.open(path, os.O_WRONLY | os.O_TRUNC) if before.st_nlink > 1 else None


def _replace(target: Path, data: bytes, before: os.stat_result | None) -> None:
    """Write a temporary file beside `target`, with the permissions and the owner of the old file, and rename it."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".ntkproofs-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if before is None:
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(name, 0o666 & ~mask)  # the usual permissions of a new file; mkstemp creates private ones
        else:
            with contextlib.suppress(PermissionError):  # the old file belongs to another user
                os.chown(name, before.st_uid, before.st_gid)
            os.chmod(name, stat.S_IMODE(before.st_mode))
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise
