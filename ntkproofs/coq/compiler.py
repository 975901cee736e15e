"""Execution of the Coq compiler on one file with limits on time and memory, and the cache of results.

The compiler is the ``coqc`` on the path, or the one that the environment variable ``NTKPROOFS_COQC`` names. It inherits
only the variables ``PATH`` and ``TMPDIR``, so that no other variable (``COQLIB``, ``COQPATH``, ``OCAMLPATH``,
``LD_PRELOAD``) and no library in a home folder can change what it does.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ntkproofs.errors import InputError
from ntkproofs.truth import NoTruthValue

__all__ = [
    "MISSING",
    "Coqc",
    "RunResult",
    "cache_folder",
    "compile_file",
    "find_coqc",
    "limit_message",
    "one_run",
    "query",
    "read_cache",
    "run_limited",
    "run_start",
    "stop_all",
    "write_cache",
]

MISSING = "coqc not found: apt-get install coq libcoq-interval libcoq-coquelicot"
VARIABLE = "NTKPROOFS_COQC"
CACHE = "NTKPROOFS_CACHE"  # the cache folder, instead of the default one
RUN_START = "NTKPROOFS_BEGAN"  # the time at which the current run started
INHERITED = ("PATH", "TMPDIR")  # environment variables that compiler and checker inherit
MIN_CPU_SHARE = 0.9  # CPU time / elapsed time below which the machine counts as busy

MAX_OUTPUT = 8 << 20  # bytes of output that are read
MAX_FILE = 1 << 30  # bytes of a file that coqc may write

_RUNNING: set[subprocess.Popen[bytes]] = set()  # processes that have been started and have not ended

# A short Python script sets the limits and then executes the command, since preexec_fn is not safe with threads.
_LAUNCHER = """\
import os, resource, sys
for limit, value in ((resource.RLIMIT_AS, int(sys.argv[1])), (resource.RLIMIT_FSIZE, int(sys.argv[2]))):
    hard = resource.getrlimit(limit)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (value, value))
if sys.platform == "linux":  # send SIGKILL to this process when its parent dies
    import ctypes
    ctypes.CDLL(None).prctl(1, 9)
os.execv(sys.argv[3], sys.argv[3:])
"""


@dataclass(frozen=True)
class Coqc:
    """A Coq compiler: its path and its version (``8.16.1``)."""

    path: str
    version: str

    @property
    def engine(self) -> str:
        """The name of the engine in verdicts.

        >>> Coqc("/usr/bin/coqc", "8.16.1").engine
        'Coq 8.16.1'
        """
        return f"Coq {self.version}"


@dataclass(frozen=True)
class RunResult(NoTruthValue):
    """The result of one run.

    `ok`: whether the file was accepted; `output`: the output, after a line with the reason if the run failed;
    `seconds`: the elapsed time; `busy`: the process got too little CPU time for a time limit to be conclusive.
    """

    instead = ".ok"

    ok: bool
    output: str
    seconds: float
    busy: bool = False


def environment() -> dict[str, str]:
    """Return the environment variables of compiler and checker.

    >>> sorted(environment().keys() - {"TMPDIR"})
    ['HOME', 'LC_ALL', 'PATH']
    """
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {"PATH": os.defpath, **inherited, "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}


def find_coqc() -> Coqc | None:
    """Return the Coq compiler, or None if there is no working one.

    >>> compiler = find_coqc()
    >>> compiler is None or compiler.version[0].isdigit()
    True
    """
    return _find(os.environ.get(VARIABLE) or "coqc", os.environ.get("PATH", ""))


@lru_cache
def _find(name: str, _path: str) -> Coqc | None:
    executable = shutil.which(name)
    if executable is None:
        return None
    path = os.path.abspath(executable)
    version = re.match(r"\d+\.\d+(\.\d+)?", query(path, "--print-version"))
    return None if version is None else Coqc(path, version.group())


def query(path: str, option: str) -> str:
    """Return the output of a program that is run with one option; empty if it cannot be run or fails.

    >>> query("/nowhere/coqc", "-where")
    ''
    """
    try:
        completed = subprocess.run(
            [path, option], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, env=environment()
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return ""
    return "" if completed.returncode else completed.stdout


def compile_file(
    coqc: Coqc, source: Path, *, root: Path, name: str = "NtkProofs", seconds: float, memory_mib: int
) -> RunResult:
    """Compile `source`; `root` is the folder that is bound to the logical path `name`.

    After `seconds`, coqc and its child processes are killed; `memory_mib` limits its address space. The output files
    (``.vo``, ``.glob``) are written beside `source`. Raises InputError for limits that are not positive.
    """
    arguments = ["-q", "-Q", str(root.resolve()), name, str(source.resolve())]
    return run_limited("coqc", [coqc.path, *arguments], seconds=seconds, memory_mib=memory_mib)


def run_limited(title: str, command: list[str], *, seconds: float, memory_mib: int) -> RunResult:
    """Run a command with the limits of :func:`compile_file`; `title` names it in messages."""
    if not seconds > 0 or memory_mib < 1:
        raise InputError(f"the limits of {title} must be positive, got {seconds} s and {memory_mib} MiB")
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(memory_mib << 20), str(MAX_FILE)]
    start = time.perf_counter()
    with tempfile.TemporaryFile() as file:
        process = subprocess.Popen(
            [*launcher, *command],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment(),
            start_new_session=True,
        )
        _RUNNING.add(process)
        timed_out = False
        try:
            code, cpu_seconds = _wait(process, seconds)
        except subprocess.TimeoutExpired:
            timed_out, code, cpu_seconds = True, -signal.SIGKILL, 0.0
        finally:
            _kill(process)
            _RUNNING.discard(process)
        elapsed = time.perf_counter() - start
        file.seek(0)
        output = file.read(MAX_OUTPUT + 1)
    text = output[:MAX_OUTPUT].decode(errors="replace").strip()
    limits = f"{seconds:g} s, {memory_mib} MiB of memory"
    if timed_out:
        failure = f"stopped after {seconds:g} s"
    else:
        failure = _failure(title, code, len(output) > MAX_OUTPUT, text, limits)
    return RunResult(not failure, f"{failure}\n{text}".strip(), elapsed, busy=cpu_seconds < MIN_CPU_SHARE * elapsed)


def _wait(process: subprocess.Popen[bytes], seconds: float) -> tuple[int, float]:
    """Wait for a process; return its exit code and its CPU time in seconds, or raise TimeoutExpired."""
    deadline, pause = time.monotonic() + seconds, 0.001
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage.ru_utime + usage.ru_stime
        if time.monotonic() >= deadline:
            raise subprocess.TimeoutExpired(process.args, seconds)
        time.sleep(min(pause, max(0.0, deadline - time.monotonic())))
        pause = min(2 * pause, 0.05)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def stop_all() -> None:
    """Kill every running process; the threads that wait for them get a failed run."""
    for process in tuple(_RUNNING):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _failure(title: str, code: int, too_long: bool, text: str, limits: str) -> str:
    """Return why a run failed, or an empty text if it did not."""
    if code and re.search("out of memory|not enough memory|cannot allocate memory", text[-4000:].casefold()):
        return f"more than {limits.partition(', ')[2]} needed"
    if code < 0:
        return f"{title} was killed by signal {-code} (limits: {limits})"
    if code:
        return f"{title} exited with code {code}"
    return f"{title} printed more than {MAX_OUTPUT} bytes" if too_long else ""


def limit_message(output: str) -> str:
    """Return the first line of the output of a failed run if it reports a limit; empty otherwise.

    >>> limit_message("stopped after 20 s"), limit_message("coqc exited with code 1")
    ('stopped after 20 s', '')
    """
    line = output.split("\n", 1)[0]
    return line if re.match(r"stopped after|more than .* needed|coq\w+ was killed by signal", line) else ""


# --- the cache


@contextlib.contextmanager
def one_run(*, cache: bool = True) -> Iterator[None]:
    """Context manager of one run, child processes included: a failed computation is not repeated within a run.

    With ``cache=False`` the run uses a temporary cache folder, which is empty at first and deleted afterwards.
    """
    before = {name: os.environ.get(name) for name in (RUN_START, CACHE)}
    with contextlib.ExitStack() as stack:
        os.environ[RUN_START] = repr(time.time())
        if not cache:
            os.environ[CACHE] = stack.enter_context(tempfile.TemporaryDirectory(prefix="ntkproofs-"))
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


def run_start() -> float:
    """Return the time at which the current run started, in seconds since 1970."""
    try:
        return float(os.environ[RUN_START])
    except (KeyError, ValueError):
        return _IMPORT_TIME


_IMPORT_TIME = time.time()  # inherited by forked processes


def cache_folder() -> Path:
    """Return the cache folder, ``$XDG_CACHE_HOME/ntkproofs`` or ``~/.cache/ntkproofs``, creating it if possible.

    If it cannot be created, :func:`write_cache` returns False and :func:`read_cache` returns None.
    """
    if os.environ.get(CACHE):
        return Path(os.environ[CACHE])
    configured = os.environ.get("XDG_CACHE_HOME", "")
    try:
        base = Path(configured) if os.path.isabs(configured) else Path.home() / ".cache"
    except RuntimeError:  # the user has no home folder
        base = Path(tempfile.gettempdir()) / f"cache-{os.getuid()}"
    folder = base / "ntkproofs"
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def read_cache(name: str, *, max_bytes: int = MAX_OUTPUT) -> bytes | None:
    """Return the cached data of the key `name`, or None if there is none or it has more than `max_bytes` bytes."""
    try:
        with (cache_folder() / name).open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError:
        return None
    return data if len(data) <= max_bytes else None


def write_cache(name: str, data: bytes) -> bool:
    """Write `data` to the cache under the key `name`, atomically; return whether it could be written."""
    target = cache_folder() / name
    temporary = ""
    try:
        target.parent.mkdir(mode=0o700, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".new-", delete=False) as file:
            temporary = file.name
            file.write(data)
        os.replace(temporary, target)
    except OSError:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        return False
    return True
