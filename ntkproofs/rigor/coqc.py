"""coqc: run the Coq compiler on one file, with limits on time and memory. Nothing here trusts what a file says.

The compiler is the ``coqc`` on the path, or the one that the environment variable ``NTKPROOFS_COQC`` names. Of the
environment it is given the path and the folder for temporary files alone, so that no variable (``COQLIB``, ``COQPATH``,
``OCAMLPATH``, ``LD_PRELOAD``, a home folder with libraries) makes it another compiler.
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
    "Outcome",
    "ask",
    "cache_folder",
    "compile_file",
    "find_coqc",
    "one_run",
    "read_cache",
    "run_began",
    "run_limited",
    "stop_all",
    "write_cache",
]

MISSING = "coqc not found: apt-get install coq libcoq-interval libcoq-coquelicot"
VARIABLE = "NTKPROOFS_COQC"
CACHE = "NTKPROOFS_CACHE"  # the folder for results that can be computed again
BEGAN = "NTKPROOFS_BEGAN"  # when the run began to which a process belongs
KEPT = ("PATH", "TMPDIR")  # of the environment
IDLE = 0.9  # of a process' seconds it must have computed for its lateness to mean anything

MAX_OUTPUT = 8 << 20  # bytes of output that are read
MAX_FILE = 1 << 30  # bytes of a file that coqc may write

_RUNNING: set[subprocess.Popen[bytes]] = set()  # what compile_file started and has not seen end

# The limits are set by a small Python in between, not by a function that runs after the fork: threads may be running.
_START = """\
import os, resource, sys
for limit, wanted in ((resource.RLIMIT_AS, int(sys.argv[1])), (resource.RLIMIT_FSIZE, int(sys.argv[2]))):
    hard = resource.getrlimit(limit)[1]
    wanted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(limit, (wanted, wanted))
if sys.platform == "linux":  # end with the process that waits for it, even if that is killed
    import ctypes
    ctypes.CDLL(None).prctl(1, 9)
os.execv(sys.argv[3], sys.argv[3:])
"""


@dataclass(frozen=True)
class Coqc:
    """A Coq compiler: where it is, and its version (``8.16.1``)."""

    path: str
    version: str

    @property
    def engine(self) -> str:
        """The name under which it is believed.

        >>> Coqc("/usr/bin/coqc", "8.16.1").engine
        'Coq 8.16.1'
        """
        return f"Coq {self.version}"


@dataclass(frozen=True)
class Outcome(NoTruthValue):
    """What came of one run: whether the file was accepted, what was said (or which limit was met), and its seconds.

    `busy`: the machine had other things to do, so that a limit of time says little.
    """

    instead = ".ok"

    ok: bool
    output: str
    seconds: float
    busy: bool = False


def environment() -> dict[str, str]:
    """Return the environment that compiler and checker get.

    >>> sorted(environment().keys() - {"TMPDIR"})
    ['HOME', 'LC_ALL', 'PATH']
    """
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {"PATH": os.defpath, **kept, "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}


def find_coqc() -> Coqc | None:
    """Return the Coq compiler, or None if there is none that runs.

    >>> compiler = find_coqc()
    >>> compiler is None or compiler.version[0].isdigit()
    True
    """
    return _find(os.environ.get(VARIABLE) or "coqc", os.environ.get("PATH", ""))


@lru_cache
def _find(name: str, _path: str) -> Coqc | None:
    found = shutil.which(name)
    if found is None:
        return None
    path = os.path.abspath(found)
    version = re.match(r"\d+\.\d+(\.\d+)?", ask(path, "--print-version"))
    return None if version is None else Coqc(path, version.group())


def ask(path: str, option: str) -> str:
    """Return what a program prints when it is run with one option; nothing if it does not run, or fails.

    >>> ask("/nowhere/coqc", "-where")
    ''
    """
    try:
        answer = subprocess.run(
            [path, option], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, env=environment()
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return ""
    return "" if answer.returncode else answer.stdout


def compile_file(
    coqc: Coqc, source: Path, *, root: Path, name: str = "NtkProofs", seconds: float, memory_mib: int
) -> Outcome:
    """Compile `source`; `root` is the folder whose files have the logical name `name`.

    At the limit of `seconds` coqc is killed, with everything that it started; beyond `memory_mib` it gets no more
    memory. What coqc writes (``.vo``, ``.glob``) lies beside `source`. Raises InputError for limits that are none.
    """
    arguments = ["-q", "-Q", str(root.resolve()), name, str(source.resolve())]
    return run_limited("coqc", [coqc.path, *arguments], seconds=seconds, memory_mib=memory_mib)


def run_limited(title: str, command: list[str], *, seconds: float, memory_mib: int) -> Outcome:
    """Run a command that is called `title` in messages, within limits; see :func:`compile_file`."""
    if not seconds > 0 or memory_mib < 1:
        raise InputError(f"{title} needs some time and memory, got {seconds} s and {memory_mib} MiB")
    starter = [sys.executable, "-I", "-S", "-c", _START, str(memory_mib << 20), str(MAX_FILE)]
    begin = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [*starter, *command],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env=environment(),
            start_new_session=True,
        )
        _RUNNING.add(process)
        late = False
        try:
            code, computed = _wait(process, seconds)
        except subprocess.TimeoutExpired:
            late, code, computed = True, -signal.SIGKILL, 0.0
        finally:
            _kill(process)
            _RUNNING.discard(process)
        spent = time.perf_counter() - begin
        said.seek(0)
        output = said.read(MAX_OUTPUT + 1)
    text = output[:MAX_OUTPUT].decode(errors="replace").strip()
    limits = f"{seconds:g} s, {memory_mib} MiB of memory"
    problem = f"stopped after {seconds:g} s" if late else _problem(title, code, len(output) > MAX_OUTPUT, text, limits)
    return Outcome(not problem, f"{problem}\n{text}".strip(), spent, busy=computed < IDLE * spent)


def _wait(process: subprocess.Popen[bytes], seconds: float) -> tuple[int, float]:
    """Wait for a process; return its exit code and the seconds that it computed, or raise TimeoutExpired."""
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
    """End the whole process group; nobody is left behind."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def stop_all() -> None:
    """End every run of :func:`compile_file` that other threads wait for; they see a run that died."""
    for process in tuple(_RUNNING):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _problem(title: str, code: int, long: bool, text: str, limits: str) -> str:
    """Say why a run is not accepted; nothing if it is."""
    if code and re.search("out of memory|not enough memory|cannot allocate memory", text[-4000:].casefold()):
        return f"more than {limits.partition(', ')[2]} needed"
    if code < 0:
        return f"{title} died of signal {-code} (limits: {limits})"
    if code:
        return f"{title} exits with {code}"
    return f"{title} says more than {MAX_OUTPUT} bytes" if long else ""


# --- what was found before


@contextlib.contextmanager
def one_run(*, cache: bool = True) -> Iterator[None]:
    """Let what happens inside, in child processes too, be one run: what failed in it is not tried again in it.

    Without `cache` it begins with an empty cache of its own, which is gone afterwards.
    """
    before = {name: os.environ.get(name) for name in (BEGAN, CACHE)}
    with contextlib.ExitStack() as stack:
        os.environ[BEGAN] = repr(time.time())
        if not cache:
            os.environ[CACHE] = stack.enter_context(tempfile.TemporaryDirectory(prefix="ntkproofs-"))
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


def run_began() -> float:
    """Return when the run began to which this process belongs, in seconds since 1970."""
    try:
        return float(os.environ[BEGAN])
    except (KeyError, ValueError):
        return _IMPORTED


_IMPORTED = time.time()  # also in the processes forked later


def cache_folder() -> Path:
    """Return the folder for results that can be computed again: ``$XDG_CACHE_HOME`` or ``~/.cache``, ``/ntkproofs``.

    It is made if it can be; if not, :func:`write_cache` writes nothing and :func:`read_cache` finds nothing.
    """
    if os.environ.get(CACHE):
        return Path(os.environ[CACHE])
    given = os.environ.get("XDG_CACHE_HOME", "")
    try:
        base = Path(given) if os.path.isabs(given) else Path.home() / ".cache"
    except RuntimeError:  # nobody's home
        base = Path(tempfile.gettempdir()) / f"cache-{os.getuid()}"
    folder = base / "ntkproofs"
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def read_cache(name: str, *, most: int = MAX_OUTPUT) -> bytes | None:
    """Return what :func:`write_cache` wrote under `name`, or None; more than `most` bytes count as nothing."""
    try:
        with (cache_folder() / name).open("rb") as file:
            data = file.read(most + 1)
    except OSError:
        return None
    return data if len(data) <= most else None


def write_cache(name: str, data: bytes) -> bool:
    """Write `data` under `name` in the cache, all of it or nothing; returns whether it could be written."""
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
