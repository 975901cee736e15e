"""Atomic file writes: what was there, or all of the new, and never anything but a file replaced.

Every file that a command writes goes through :func:`write_whole`. A link is followed, a device or a pipe is written to,
and a folder, a block device or a read-only file is refused.
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

__all__ = ["check_writable", "write_whole"]

MOST_DESCRIPTORS = 64  # that are looked at: those of the standard streams, and what a shell opened
_STREAM = (stat.S_IFCHR, stat.S_IFIFO)  # what is written to as it stands: terminals, /dev/null, pipes


def write_whole(path: str | Path, data: bytes) -> None:
    """Write `data` to the file at `path`; raises InputError, leaving what was there, if it cannot be written.

    A regular file is replaced in one step, its permissions kept; one that has other names (hard links), and one that is
    open already, such as that of ``/dev/stdout``, is written in place, as are pipes and character devices.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(f"{folder}/a", b"whole")
    ...     (os.listdir(folder), Path(folder, "a").read_bytes())
    (['a'], b'whole')
    """
    before = check_writable(path)
    try:
        descriptor = None if before is None else _opened_in_place(path, before)
        if descriptor is None:
            _replace(Path(os.path.realpath(path)), data, before)
        else:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
    except OSError as problem:
        raise _refused(path, problem.strerror or f"{problem}") from problem


def check_writable(path: str | Path) -> os.stat_result | None:
    """Return what is at `path` now (None: nothing); raises InputError for a goal that :func:`write_whole` refuses.

    For use before the work whose result is to be written there.

    >>> check_writable("/")
    Traceback (most recent call last):
    ntkproofs.errors.InputError: / cannot be written: it names a folder
    """
    if not os.path.basename(path):
        raise _refused(path, "it names a folder")
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
    if kind not in (*_STREAM, stat.S_IFREG):
        raise _refused(path, "it is neither a file, a pipe nor a character device")
    if not before.st_mode & 0o222 or not os.access(path, os.W_OK):
        raise _refused(path, "it is read-only")
    return before


def _refused(path: str | Path, reason: str) -> InputError:
    return InputError(f"{path} cannot be written: {reason}")


def _opened_in_place(path: str | Path, before: os.stat_result) -> int | None:
    """Return a descriptor for what is written in place, or None for what is replaced."""
    if not stat.S_ISREG(before.st_mode):
        if sys.stdout is not None:
            sys.stdout.flush()  # which may lead to the same place
        return os.open(path, os.O_WRONLY)
    for descriptor in range(MOST_DESCRIPTORS):
        with contextlib.suppress(OSError):  # not open
            writing = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
            if writing and os.path.samestat(os.fstat(descriptor), before):
                if sys.stdout is not None:
                    sys.stdout.flush()
                return os.dup(descriptor)
    return os.open(path, os.O_WRONLY | os.O_TRUNC) if before.st_nlink > 1 else None


def _replace(goal: Path, data: bytes, before: os.stat_result | None) -> None:
    """Write a new file beside `goal` and rename it, with the permissions and the owner of the old one."""
    handle, name = tempfile.mkstemp(dir=goal.parent, prefix=".ntkproofs-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if before is None:
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(name, 0o666 & ~mask)  # as an ordinary new file; mkstemp makes private ones
        else:
            with contextlib.suppress(PermissionError):  # of another owner, in a folder of ours
                os.chown(name, before.st_uid, before.st_gid)
            os.chmod(name, stat.S_IMODE(before.st_mode))
        os.replace(name, goal)
    except BaseException:
        os.unlink(name)
        raise
