"""Reading regular files of limited size, and atomic file writes.

After an interruption a file that was written has either its old or its new content, never a part of it.

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
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from ntkproofs.errors import InputError

__all__ = ["check_readable", "check_writable", "open_file", "read_file", "write_atomically"]

MAX_DESCRIPTORS = 64  # open file descriptors that are examined: the standard streams and those that a shell opened
_STREAMS = (stat.S_IFCHR, stat.S_IFIFO)  # written to directly: terminals, /dev/null, pipes


def write_atomically(path: str | Path, data: bytes | Sequence[bytes | memoryview]) -> None:
    """Write `data`, or its pieces one after another, to the file at `path`, atomically where the file system allows it.

    A regular file is replaced in one step and keeps its permissions. A file with several hard links, a file that this
    process has open for writing (such as that of ``/dev/stdout``), a pipe and a character device are written in place.
    Raises InputError, leaving the old content, if the file cannot be written.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomically(f"{folder}/a", b"whole")
    ...     (os.listdir(folder), Path(folder, "a").read_bytes())
    (['a'], b'whole')
    """
    before = check_writable(path)
    pieces = [data] if isinstance(data, bytes) else data
    try:
        descriptor = None if before is None else _open_in_place(path, before)
        if descriptor is None:
            _replace(Path(os.path.realpath(path)), pieces, before)
        else:
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(pieces)
    except OSError as problem:
        raise _refused(path, problem.strerror or f"{problem}") from problem


def check_readable(path: str | Path, *, most: int) -> None:
    """Raise InputError unless `path` is a regular file of at most `most` bytes that can be read.

    >>> check_readable("/", most=100)
    Traceback (most recent call last):
    ntkproofs.errors.InputError: / cannot be read: it is a folder
    """
    os.close(_open_for_reading(path, most))


def read_file(path: str | Path, *, most: int) -> bytes:
    """Return the bytes of a regular file of at most `most` bytes; raises InputError if it cannot be read.

    Pipes and devices are refused, since reading from them may never end.
    """
    descriptor = _open_for_reading(path, most)
    try:
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(most + 1)
    except OSError as problem:
        raise _unreadable(path, problem.strerror or f"{problem}") from problem
    if len(data) > most:
        raise _unreadable(path, f"it has more than {most:,} bytes")
    return data


def open_file(path: str | Path, *, most: int) -> BinaryIO:
    """Open a regular file of at most `most` bytes for reading; raises InputError if it cannot be read.

    >>> open_file("/dev/null", most=100)
    Traceback (most recent call last):
    ntkproofs.errors.InputError: /dev/null cannot be read: it is not a regular file
    """
    return os.fdopen(_open_for_reading(path, most), "rb")


def _open_for_reading(path: str | Path, most: int) -> int:
    """Return a file descriptor of a regular file, opened without waiting for the other end of a pipe."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, ValueError) as problem:
        reason = "there is no such file" if isinstance(problem, FileNotFoundError) else None
        raise _unreadable(path, reason or getattr(problem, "strerror", None) or f"{problem}") from problem
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_size <= most:
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(status.st_mode):
        raise _unreadable(path, "it is a folder")
    if not stat.S_ISREG(status.st_mode):
        raise _unreadable(path, "it is not a regular file")
    raise _unreadable(path, f"it has {status.st_size:,} bytes, at most {most:,} are supported")


def _unreadable(path: str | Path, reason: str) -> InputError:
    return InputError(f"{path} cannot be read: {reason}")


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


def _replace(target: Path, pieces: Sequence[bytes | memoryview], before: os.stat_result | None) -> None:
    """Write a temporary file beside `target`, with the permissions and the owner of the old file, and rename it."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".ntkproofs-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
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
