"""Checkpoints: files from which a long run goes on after it was stopped or killed.

A checkpoint is one JSON object: the format, the version and the digest of the sources of this package, the `job` (what
is run, as text and numbers), its `state`, and a digest of all of these. It is replaced atomically, so that a process
that is killed at any time leaves the last complete one. A checkpoint of another job, of other sources, or with another
digest is refused. While a process uses a checkpoint, it holds a lock on the file of that name with ``.lock`` appended.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any, NoReturn, TypeVar

from ntkproofs.errors import InputError
from ntkproofs.execution.sources import package_version, sources_sha256
from ntkproofs.files import check_writable, read_file, write_atomically
from ntkproofs.printable import clipped

__all__ = ["Checkpoint", "opened"]

FORMAT = "ntkproofs checkpoint 1"
KEYS = {"format", "version", "sources", "job", "state", "sha256"}
MAX_BYTES = 1 << 30
SECONDS = 5.0  # between two writes
SHARE = 20  # writing takes at most one part in so many of the time
LONGEST = 50.0  # seconds between two writes, whatever they take

T = TypeVar("T")
State = Callable[[], Any]  # returns the state as JSON data


class Checkpoint:
    """The checkpoint of a job, in the file at `path`; None: the state is kept nowhere. Use it as a context.

    `job`: text and numbers that determine the result. Entering raises InputError if another process uses the file, if
    it is no checkpoint, or if it is that of another job. Leaving the context, also by an exception, writes the last
    state that :meth:`update` was given.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for _ in range(2):
    ...         with Checkpoint(f"{folder}/run", {"task": "sum"}) as checkpoint:
    ...             done = checkpoint.restored(int) or 0
    ...             checkpoint.update(lambda: done + 5)
    ...         print(done)
    0
    5
    """

    def __init__(self, path: str | os.PathLike[str] | None, job: Mapping[str, Any]) -> None:
        self.path = None if path is None else Path(path)
        self.job = {name: value for name, value in job.items() if value is not None}
        self._begun: Any = None  # the state in the file
        self._pending: State | None = None
        self._next_write = 0.0
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Checkpoint:
        if self.path is not None:
            with self._stack:
                self._stack.enter_context(_locked(self.path))
                self._begun = _read(self.path, self.job)
                self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        with self._stack:
            self._write()

    def restored(self, read: Callable[[Any], T]) -> T | None:
        """Return what `read` makes of the state in the file; None if the job was not begun.

        Raises InputError if `read` finds the state invalid, by an InputError or an error of Python.
        """
        if self._begun is None:
            return None
        try:
            return read(self._begun)
        except (ArithmeticError, AttributeError, InputError, LookupError, TypeError, ValueError) as problem:
            raise _damaged(self.path, f"its state is invalid: {problem!s:.200}") from problem

    def update(self, state: State) -> None:
        """Keep a new state, as a function that returns it as JSON data, and write it unless this was done just now.

        The function may be called later, when the run has gone on, and must return the same state then.
        """
        if self.path is None:
            return
        self._pending = state
        if monotonic() >= self._next_write:
            self._write()

    def _write(self) -> None:
        if self.path is None or self._pending is None:
            return
        start = monotonic()
        head = {"format": FORMAT, "version": package_version(), "sources": sources_sha256(), "job": self.job}
        content = {**head, "state": self._pending()}
        write_atomically(self.path, _text({**content, "sha256": _digest(content)}) + b"\n")
        self._pending = None
        self._next_write = monotonic() + min(max(SECONDS, SHARE * (monotonic() - start)), LONGEST)


def opened(path: str | os.PathLike[str] | None, job: Callable[[], Mapping[str, Any]]) -> Checkpoint:
    """Return the checkpoint at `path` of a job, which is not described if there is no path."""
    return Checkpoint(path, {} if path is None else job())


def _read(path: Path, job: Mapping[str, Any]) -> Any:
    """Return the state in a checkpoint of a job; None if there is no such file."""
    if not check_regular(path):
        return None
    data = read_file(path, most=MAX_BYTES)
    try:
        content = json.loads(data, object_pairs_hook=_unique, parse_float=_refused, parse_constant=_refused)
    except (ValueError, RecursionError) as problem:
        reason = "it is nested too deep" if isinstance(problem, RecursionError) else f"{problem}"
        raise _damaged(path, f"{reason:.200}") from problem
    if not isinstance(content, dict) or content.get("format") != FORMAT or set(content) != KEYS:
        raise _damaged(path, f'it is no JSON object with "format": "{FORMAT}" and the keys of this format')
    if content.pop("sha256") != _digest(content):
        raise _damaged(path, "its content has another digest than the file says")
    if (content["version"], content["sources"]) != (package_version(), sources_sha256()):
        version = clipped(f"{content['version']}")
        raise InputError(
            f"{path} was written by other sources of ntkproofs (version {version}, this is '{package_version()}'): go "
            "on with those, or begin with another file"
        )
    _demand_same(path, content["job"], job)
    return content["state"]


def _demand_same(path: Path, written: Any, job: Mapping[str, Any]) -> None:
    """Raise InputError unless the job in the file is `job`."""
    written = written if isinstance(written, dict) else {}
    for name in [*job, *written]:
        if written.get(name) != job.get(name):
            there, here = (clipped(f"{value}") for value in (written.get(name, "none"), job.get(name, "none")))
            raise InputError(f"{path} is the checkpoint of another job: {name} is {there} there, and {here} here")


def check_regular(path: Path) -> bool:
    """Return whether there is a file at `path`; raises InputError unless a regular file is there or can be written."""
    if check_writable(path) is None:
        return False
    if not path.is_file():
        raise InputError(f"{path} cannot be a checkpoint: it is not a regular file")
    return True


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of a checkpoint; raises InputError if another process holds it."""
    check_regular(path)
    name = Path(f"{os.path.realpath(path)}.lock")
    try:
        descriptor = _lock(name)
    except BlockingIOError:
        raise InputError(f"{path} is in use by another process, which writes its checkpoints there") from None
    except OSError as problem:
        raise InputError(f"{name} cannot be locked: {problem.strerror or problem}") from problem
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.unlink(name)
        os.close(descriptor)


def _lock(name: Path) -> int:
    """Return the descriptor of a locked file of that name; raises BlockingIOError if it is locked already."""
    while True:
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.stat(name), os.fstat(descriptor)):  # no other process removed it meanwhile
                    return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True, allow_nan=False, sort_keys=True, separators=(",", ":")).encode("ascii")


def _digest(content: Any) -> str:
    return sha256(_text(content)).hexdigest()


def _damaged(path: Path | None, reason: str) -> InputError:
    return InputError(f"{path} is no valid checkpoint: {reason}")


def _refused(text: str) -> NoReturn:
    raise ValueError(f"numbers must be integers, got {text:.40}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("an object has the same key twice")
    return result
