"""Child processes: run functions in isolated, forked processes, several at a time, with results in order.

:func:`run_children` runs untrusted work: each call gets a fresh child with its own process group, streams and empty
``stdin``, and returns bytes, which are never unpickled here. A child that ends early, whether by a signal, by
``os._exit`` or by the time limit, is reported as a failure, and every process that it started is killed.
:func:`parallel_map` runs functions of this package on top of it: results are pickled, and exceptions are raised here.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import io
import math
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
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from ntkproofs.display import counted
from ntkproofs.errors import NtkProofsError, Undecided

__all__ = [
    "ChildResult",
    "WorkerDied",
    "can_fork",
    "end_with_parent",
    "parallel_map",
    "run_children",
    "serve",
    "silenced",
]

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_OUTPUT = 100_000  # bytes of the output of a child that are kept
MAX_ANSWER = 1 << 30  # bytes
EXIT_SECONDS = 5.0  # time limit for the end of a child after its answer
POLL_SECONDS = 0.05  # waiting time for output of the children
BLOCKED = (signal.SIGINT, signal.SIGTERM)


class WorkerDied(Undecided):
    """A worker process ended without a result, for example because it was killed or ran out of memory."""


@dataclass(frozen=True)
class ChildResult:
    """The result of a child process.

    `answer`: its bytes, or None; `failure`: why there is no answer (empty if there is one); `output`: what it printed;
    `seconds`: its running time.
    """

    answer: bytes | None
    failure: str
    output: str
    seconds: float


def can_fork() -> bool:
    """Return whether child processes are forked on this platform, so that functions need not be pickled."""
    return hasattr(os, "fork")


def parallel_map(function: Callable[[Item], Result], items: Sequence[Item], processes: int) -> Iterator[Result]:
    """Yield ``function(item)`` for every item, in order, computed in `processes` child processes at a time.

    Raises the exception of the first item that raises one (as NtkProofsError with its text if it cannot be pickled),
    and WorkerDied if a process ends without a result. All processes end with the iteration, even if it ends early. The
    output of the function is printed on ``stderr``.

    >>> list(parallel_map(abs, [-2, 3], processes=2))
    [2, 3]
    """
    work = (partial(_pickled_result, function, item) for item in items)
    children = run_children(work, jobs=processes, seconds=math.inf)
    with contextlib.closing(children):
        for done, child in enumerate(children):
            if child.answer is None:
                raise WorkerDied(
                    f"a worker process ended early ({child.failure}) after {done:,} of {counted(len(items), 'part')}"
                )
            print(child.output, end="", file=sys.stderr)
            result, problem = pickle.loads(child.answer)
            if problem is not None:
                raise problem
            yield result


def _pickled_result(function: Callable[[Any], Any], item: Any) -> bytes:
    """Return the pickled pair of the result of a call and its exception, one of which is None."""
    try:
        return pickle.dumps((function(item), None))
    except Exception as problem:
        try:
            data = pickle.dumps((None, problem))
            pickle.loads(data)
        except Exception:
            data = pickle.dumps((None, NtkProofsError(f"{type(problem).__name__}: {problem}")))
        return data


def run_children(
    work: Iterable[Callable[[], bytes]], *, jobs: int, seconds: float
) -> Generator[ChildResult, None, None]:
    """Run every function of `work` in its own child process, `jobs` at a time, and yield the results in order.

    A child that runs for longer than `seconds` is killed. Closing the iterator kills all children and every process
    that they started.
    """
    if not can_fork():
        yield from _run_spawned(work, jobs, seconds)
        return
    gc.collect()
    gc.freeze()  # otherwise the garbage collector of each child would copy all memory pages of this process
    waiting, running, results = enumerate(work), dict[int, _Child](), dict[int, ChildResult]()
    try:
        for index in count():
            while index not in results:
                for number, function in islice(waiting, max(0, jobs - len(running))):
                    with _signals_blocked():
                        running[number] = _Child(function, seconds)
                if not running:
                    return
                _read(list(running.values()))
                for number in [number for number, child in running.items() if child.is_over()]:
                    results[number] = running.pop(number).result()
            yield results.pop(index)
    finally:
        gc.unfreeze()
        with _signals_blocked():
            for child in running.values():
                child.kill()


@contextlib.contextmanager
def _signals_blocked() -> Iterator[None]:
    """Block SIGINT and SIGTERM while a child is started or ended, so that every child is accounted for."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, BLOCKED)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _read(children: Sequence[_Child]) -> None:
    """Wait until a child writes or ends, for at most ``POLL_SECONDS``, and read what the children have written."""
    streams = {stream: child for child in children for stream in child.streams}
    exits = [child.exit_descriptor for child in children if child.exit_descriptor is not None]
    sources: list[Any] = [*streams, *exits]
    for ready in select.select(sources, [], [], POLL_SECONDS)[0]:
        if ready in streams:
            streams[ready].read(ready)


@dataclass
class _Stream:
    """The reading end of a pipe: the first `limit` bytes read, and the total number of bytes."""

    descriptor: int
    limit: int
    data: bytearray = field(default_factory=bytearray)
    total: int = 0

    def fileno(self) -> int:
        return self.descriptor

    def __hash__(self) -> int:
        return self.descriptor


class _Child:
    """A forked child process as its parent sees it."""

    def __init__(self, work: Callable[[], bytes], seconds: float) -> None:
        self._started = time.perf_counter()
        self._limit, self._deadline, self._timed_out = seconds, self._started + seconds, False
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
        with contextlib.suppress(OSError):  # the child calls it as well, since either may run first
            os.setpgid(self.pid, self.pid)
        self._answer, self._output = _Stream(answers, MAX_ANSWER), _Stream(outputs, MAX_OUTPUT)
        self.streams = [self._answer, self._output]
        self.exit_descriptor = _exit_descriptor(self.pid)

    def read(self, stream: _Stream) -> None:
        """Read once from a stream; at the end of the stream, remove it from `streams`."""
        data = os.read(stream.descriptor, 1 << 16)
        if not data:
            self.streams.remove(stream)
        stream.total += len(data)
        stream.data += data[: max(0, stream.limit - len(stream.data))]

    def is_over(self) -> bool:
        """Return whether the child has ended; kill it after its deadline, or EXIT_SECONDS after its answer."""
        if self._status is None and self._has_ended():
            self._end()
        elif self._status is None and time.perf_counter() > self._deadline:
            self._timed_out = self._message() is None
            self._end()
        elif self._status is None and self._message() is not None:
            self._deadline = min(self._deadline, time.perf_counter() + EXIT_SECONDS)
        return self._status is not None

    def _has_ended(self) -> bool:
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _message(self) -> bytes | None:
        """Return the answer once it is complete, else None; eight bytes with its length precede it."""
        data = self._answer.data
        length = int.from_bytes(data[:8], "big")
        return bytes(data[8:]) if len(data) >= 8 and len(data) == 8 + length else None

    def _end(self) -> None:
        """Kill the child, its descendants and its process group, then read the rest of the pipes."""
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
        if self.exit_descriptor is not None:
            os.close(self.exit_descriptor)
            self.exit_descriptor = None

    def kill(self) -> None:
        """Kill the child unless it has ended."""
        if self._status is None:
            self._end()

    def result(self) -> ChildResult:
        """Return the result of a child that has ended."""
        answer = self._message()
        text = self._output.data.decode(errors="backslashreplace")
        omitted = self._output.total - len(self._output.data)
        output = f"{text}\n... and {counted(omitted, 'more byte')}" if omitted else text
        failure = "" if answer is not None else self._failure()
        return ChildResult(answer, failure, output, time.perf_counter() - self._started)

    def _failure(self) -> str:
        if self._timed_out:
            return f"not finished after {self._limit:g} s"
        code = os.waitstatus_to_exitcode(self._status or 0)
        if code < 0:
            return f"its process was killed by {_signal_name(-code)}"
        return f"its process ended with exit code {code} before it had finished"


def _exit_descriptor(pid: int) -> int | None:
    """Return a descriptor that becomes readable when the process ends (on Linux), else None."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return os.pidfd_open(pid)
    return None


def _signal_name(number: int) -> str:
    try:
        return f"the signal {signal.Signals(number).name}"
    except ValueError:
        return f"signal {number}"


# --- platforms without fork


def _run_spawned(work: Iterable[Callable[[], bytes]], jobs: int, seconds: float) -> Iterator[ChildResult]:
    """Run every function of `work` in a new Python process, which receives it pickled."""
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(lambda function: _spawned(function, seconds), work)


def _spawned(work: Callable[[], bytes], seconds: float) -> ChildResult:
    begin, late, code = time.perf_counter(), False, 0
    with tempfile.TemporaryDirectory() as folder:
        answer, output = Path(folder) / "answer", Path(folder) / "output"
        start = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import serve; serve({str(answer)!r})"
        with output.open("wb") as stream:
            command = [sys.executable, "-c", start]
            try:
                code = subprocess.run(
                    command, input=pickle.dumps(work), stdout=stream, stderr=stream, timeout=seconds, check=False
                ).returncode
            except subprocess.TimeoutExpired:
                late = True
        data = answer.read_bytes() if answer.exists() and not late else None
        failure = f"not finished after {seconds:g} s" if late else f"its process ended with exit code {code}"
        text = output.read_bytes()[:MAX_OUTPUT].decode(errors="backslashreplace")
    return ChildResult(data, "" if data is not None else failure, text, time.perf_counter() - begin)


def serve(answer: str) -> None:
    """Read a pickled function from ``stdin`` and write its answer to the file `answer` (platforms without fork)."""
    work = pickle.load(sys.stdin.buffer)
    part = Path(f"{answer}.part")
    part.write_bytes(work())
    part.rename(answer)


# --- in the child process


def _in_child(work: Callable[[], bytes], answer: int, output: int) -> NoReturn:
    """Call `work`, write its answer and exit without running the exit functions that the parent registered."""
    code = 70
    try:
        os.setpgid(0, 0)
        end_with_parent()
        for number in BLOCKED:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, BLOCKED)
        atexit._clear()
        _own_streams(output)
        data = work()
        with open(answer, "wb") as pipe:
            pipe.write(len(data).to_bytes(8, "big") + data)
        code = 0
        atexit._run_exitfuncs()
    except BaseException:  # the code of the parent must not continue in the child
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
    """Give the child an empty ``stdin``, and a pipe to the parent as ``stdout`` and ``stderr``."""
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (output, 1), (output, 2)):
        os.dup2(source, target, inheritable=True)
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), encoding="utf-8")  # type: ignore[misc]
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        raw = io.FileIO(descriptor, "w", closefd=False)
        stream = io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Discard output to ``stdout`` and ``stderr`` within the context; for use in a child process."""
    saved = [os.dup(1), os.dup(2)]
    null = os.open(os.devnull, os.O_WRONLY)
    for target in (1, 2):
        os.dup2(null, target)
    try:
        yield
    finally:
        for source, target in zip(saved, (1, 2), strict=True):
            os.dup2(source, target)
            os.close(source)
        os.close(null)


def end_with_parent() -> None:
    """Ask the operating system to kill this process when its parent ends (on Linux only)."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


# --- killing descendants


def _kill_descendants(root: int, also: tuple[int, ...] = ()) -> None:
    """Suspend every descendant, so that none starts another process, then kill them all."""
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
    descendants, queue = [], deque([root])
    while queue:
        children = _children(queue.popleft())
        descendants += children
        queue += children
    return descendants


def _children(pid: int) -> list[int]:
    """Return the running children of a process: from ``/proc`` on Linux, elsewhere from the output of ``ps``."""
    try:
        lists = [(thread / "children").read_text() for thread in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        if Path("/proc/self/task").exists():
            return []
        command = ["ps", "-A", "-o", "pid=,ppid="]
        rows = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split("\n")
        return [int(row.split()[0]) for row in rows if row.split()[1:] == [str(pid)]]
    return [int(name) for line in lists for name in line.split()]
