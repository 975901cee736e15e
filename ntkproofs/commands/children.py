"""Work in processes of its own: each piece in a fresh child, which can do nothing to the others or to this process.

A child is forked from this process, so it starts with what is imported here; it gets a process group, streams and
``stdin`` of its own. What it answers are bytes; nothing of it is unpickled. Whatever ends it, a signal, ``os._exit`` or
the time limit, is reported as its failure, and what it started ends with it.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import io
import os
import pickle
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

__all__ = ["Ended", "quiet", "run_children", "serve"]

MOST_OUTPUT = 100_000  # bytes that are kept of what a child prints
MOST_ANSWER = 1 << 30
PATIENCE = 5.0  # seconds that a child may take to end after it has answered
NAP = 0.05
HELD = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True)
class Ended:
    """What came of a child: its `answer`, or the `failure` that left none; what it printed; its seconds."""

    answer: bytes | None
    failure: str
    output: str
    seconds: float


def run_children(work: Sequence[Callable[[], bytes]], *, jobs: int, seconds: float) -> Generator[Ended, None, None]:
    """Run every piece of `work` in a child of its own, `jobs` at a time, and yield what came of each, in order.

    A child that takes longer than `seconds` is ended. Closing the iterator ends all children and what they started.
    """
    if not hasattr(os, "fork"):
        yield from _run_spawned(work, jobs, seconds)
        return
    gc.collect()
    gc.freeze()  # what is here now is looked at by no child's collector, which would copy all of it
    waiting, running, done = deque(enumerate(work)), dict[int, _Child](), dict[int, Ended]()
    try:
        for place in range(len(work)):
            while place not in done:
                while waiting and len(running) < jobs:
                    number, piece = waiting.popleft()
                    with _signals_held():
                        running[number] = _Child(piece, seconds)
                _read(list(running.values()))
                for number in [number for number, child in running.items() if child.is_over()]:
                    done[number] = running.pop(number).ended()
            yield done.pop(place)
    finally:
        gc.unfreeze()
        with _signals_held():
            for child in running.values():
                child.kill()


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Put Ctrl-C and SIGTERM off while a child is started or ended, so that none is forgotten."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _read(children: Sequence[_Child]) -> None:
    """Read what the children write; wait for it a moment."""
    streams = {stream: child for child in children for stream in child.streams}
    for stream in select.select(list(streams), [], [], NAP)[0]:
        streams[stream].read(stream)


@dataclass
class _Stream:
    """One end of a pipe: the bytes read so far, at most `most` of them, and how many there were."""

    descriptor: int
    most: int
    data: bytearray = field(default_factory=bytearray)
    total: int = 0

    def fileno(self) -> int:
        return self.descriptor

    def __hash__(self) -> int:
        return self.descriptor


class _Child:
    def __init__(self, work: Callable[[], bytes], seconds: float) -> None:
        self._begin = time.perf_counter()
        self._limit, self._deadline, self._late = seconds, self._begin + seconds, False
        self._status: int | None = None
        answers, answer = os.pipe()
        outputs, output = os.pipe()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(answers)
            os.close(outputs)
            _in_child(work, answer, output)
        os.close(answer)
        os.close(output)
        with contextlib.suppress(OSError):  # the child does so too; whoever comes first
            os.setpgid(self.pid, self.pid)
        self._answer, self._output = _Stream(answers, MOST_ANSWER), _Stream(outputs, MOST_OUTPUT)
        self.streams = [self._answer, self._output]

    def read(self, stream: _Stream) -> None:
        piece = os.read(stream.descriptor, 1 << 16)
        if not piece:
            self.streams.remove(stream)
        stream.total += len(piece)
        stream.data += piece[: max(0, stream.most - len(stream.data))]

    def is_over(self) -> bool:
        """Tell whether the child has ended; end it if it is late, or has answered and stays."""
        if self._status is None and self._has_ended():
            self._end()
        elif self._status is None and time.perf_counter() > self._deadline:
            self._late = self._message() is None
            self._end()
        elif self._status is None and self._message() is not None:
            self._deadline = min(self._deadline, time.perf_counter() + PATIENCE)
        return self._status is not None

    def _has_ended(self) -> bool:
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _message(self) -> bytes | None:
        """Return the answer once all of it is there: eight bytes with its length stand before it."""
        data = self._answer.data
        length = int.from_bytes(data[:8], "big")
        return bytes(data[8:]) if len(data) >= 8 and len(data) == 8 + length else None

    def _end(self) -> None:
        """End the child, all that it started and its process group, then read what is left in the pipes."""
        if not self._has_ended():
            _kill_descendants(self.pid, also=(self.pid,))
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        _, self._status = os.waitpid(self.pid, 0)
        while self.streams and (ready := select.select(self.streams, [], [], 0)[0]):
            for stream in ready:
                self.read(stream)
        for stream in (self._answer, self._output):
            os.close(stream.descriptor)
        self.streams = []

    def kill(self) -> None:
        if self._status is None:
            self._end()

    def ended(self) -> Ended:
        """Return what came of it."""
        answer = self._message()
        text = self._output.data.decode(errors="backslashreplace")
        left = self._output.total - len(self._output.data)
        output = f"{text}\n... and {left:,} bytes more" if left else text
        return Ended(answer, "" if answer is not None else self._failure(), output, time.perf_counter() - self._begin)

    def _failure(self) -> str:
        if self._late:
            return f"not done after {self._limit:g} s"
        code = os.waitstatus_to_exitcode(self._status or 0)
        if code < 0:
            return f"its process was ended by {_name(-code)}"
        return f"its process ended with exit code {code} before it was done"


def _name(number: int) -> str:
    try:
        return f"the signal {signal.Signals(number).name}"
    except ValueError:
        return f"signal {number}"


# --- where there is no fork


def _run_spawned(work: Sequence[Callable[[], bytes]], jobs: int, seconds: float) -> Iterator[Ended]:
    """Do the same with processes that start from nothing; each piece of work is pickled for its child."""
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(lambda piece: _spawned(piece, seconds), work)


def _spawned(work: Callable[[], bytes], seconds: float) -> Ended:
    begin, late, code = time.perf_counter(), False, 0
    with tempfile.TemporaryDirectory() as folder:
        answer, output = Path(folder) / "answer", Path(folder) / "output"
        start = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import serve; serve({str(answer)!r})"
        with output.open("wb") as said:
            command = [sys.executable, "-c", start]
            try:
                code = subprocess.run(
                    command, input=pickle.dumps(work), stdout=said, stderr=said, timeout=seconds, check=False
                ).returncode
            except subprocess.TimeoutExpired:
                late = True
        data = answer.read_bytes() if answer.exists() and not late else None
        failure = f"not done after {seconds:g} s" if late else f"its process ended with exit code {code}"
        text = output.read_bytes()[:MOST_OUTPUT].decode(errors="backslashreplace")
    return Ended(data, "" if data is not None else failure, text, time.perf_counter() - begin)


def serve(answer: str) -> None:
    """Do the work that the parent sent and write its answer to a file (where processes cannot be forked)."""
    work = pickle.load(sys.stdin.buffer)
    part = Path(f"{answer}.part")
    part.write_bytes(work())
    part.rename(answer)


# --- in the child


def _in_child(work: Callable[[], bytes], answer: int, output: int) -> NoReturn:
    """Do the work, write its answer and end, without running anything that the parent registered."""
    code = 70
    try:
        os.setpgid(0, 0)
        _end_with_parent()
        for number in HELD:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)
        atexit._clear()
        _own_streams(output)
        data = work()
        with open(answer, "wb") as pipe:
            pipe.write(len(data).to_bytes(8, "big") + data)
        code = 0
        atexit._run_exitfuncs()
    except BaseException:  # nothing may return to the parent's code
        with contextlib.suppress(BaseException):
            traceback.print_exc(file=sys.__stderr__)
    finally:
        for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
            with contextlib.suppress(BaseException):
                stream.flush()  # type: ignore[union-attr]
        with contextlib.suppress(BaseException):
            _kill_descendants(os.getpid())
        os._exit(code)


def _own_streams(output: int) -> None:
    """Give the child an empty stdin, and stdout and stderr that the parent keeps for it."""
    empty = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((empty, 0), (output, 1), (output, 2)):
        os.dup2(source, target, inheritable=True)
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), encoding="utf-8")  # type: ignore[misc]
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        raw = io.FileIO(descriptor, "w", closefd=False)
        stream = io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Throw away what is written to stdout and stderr; for use in a child."""
    kept = [os.dup(1), os.dup(2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for target in (1, 2):
        os.dup2(nowhere, target)
    try:
        yield
    finally:
        for source, target in zip(kept, (1, 2), strict=True):
            os.dup2(source, target)
            os.close(source)
        os.close(nowhere)


def _end_with_parent() -> None:
    """Have the kernel end this process when its parent ends, where it can (Linux)."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


# --- ending what a process started


def _kill_descendants(root: int, also: tuple[int, ...] = ()) -> None:
    """Stop every descendant, so that none starts another, then kill all."""
    stopped = list(also)
    for pid in also:
        _signal(pid, signal.SIGSTOP)
    while True:
        new = [pid for pid in _descendants(root) if pid not in stopped]
        if not new:
            break
        for pid in new:
            _signal(pid, signal.SIGSTOP)
        stopped += new
    for pid in reversed(stopped):
        _signal(pid, signal.SIGKILL)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _descendants(root: int) -> list[int]:
    found, queue = [], deque([root])
    while queue:
        own = _children(queue.popleft())
        found += own
        queue += own
    return found


def _children(pid: int) -> list[int]:
    """Return the processes that a process started and that run: from Linux's lists, or else from all processes."""
    try:
        lists = [(thread / "children").read_text() for thread in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        if Path("/proc/self/task").exists():
            return []
        command = ["ps", "-A", "-o", "pid=,ppid="]
        rows = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split("\n")
        return [int(row.split()[0]) for row in rows if row.split()[1:] == [str(pid)]]
    return [int(name) for each in lists for name in each.split()]
