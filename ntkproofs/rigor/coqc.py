"""coqc: run the Coq compiler on one file, with limits on time and memory. Nothing here trusts what a file says.

The compiler is the ``coqc`` on the path, or the one that the environment variable ``NTKPROOFS_COQC`` names.
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
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ntkproofs.errors import InputError
from ntkproofs.truth import NoTruthValue

__all__ = [
    "MISSING",
    "Coqc",
    "Outcome",
    "cache_folder",
    "compile_file",
    "find_coqc",
    "read_cache",
    "stop_all",
    "write_cache",
]

MISSING = "coqc not found: apt-get install coq libcoq-interval libcoq-coquelicot"
VARIABLE = "NTKPROOFS_COQC"

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
    """What came of one run: whether coqc accepted the file, what it said (or which limit it met), and its seconds."""

    instead = ".ok"

    ok: bool
    output: str
    seconds: float


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
    command = [os.path.abspath(found), "--print-version"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    version = re.match(r"\d+\.\d+(\.\d+)?", answer.stdout)
    return None if answer.returncode or version is None else Coqc(command[0], version.group())


def compile_file(
    coqc: Coqc, source: Path, *, root: Path, name: str = "NtkProofs", seconds: float, memory_mib: int
) -> Outcome:
    """Compile `source`; `root` is the folder whose files have the logical name `name`.

    At the limit of `seconds` coqc is killed, with everything that it started; beyond `memory_mib` it gets no more
    memory. What coqc writes (``.vo``, ``.glob``) lies beside `source`. Raises InputError for limits that are none.
    """
    if not seconds > 0 or memory_mib < 1:
        raise InputError(f"coqc needs some time and memory, got {seconds} s and {memory_mib} MiB")
    arguments = ["-q", "-Q", str(root.resolve()), name, str(source.resolve())]
    starter = [sys.executable, "-I", "-S", "-c", _START, str(memory_mib << 20), str(MAX_FILE), coqc.path]
    environment = {key: value for key, value in os.environ.items() if key != "COQPATH"}
    begin = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [*starter, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
        _RUNNING.add(process)
        late = False
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            late, code = True, -signal.SIGKILL
        finally:
            _kill(process)
            _RUNNING.discard(process)
        spent = time.perf_counter() - begin
        said.seek(0)
        output = said.read(MAX_OUTPUT + 1)
    text = output[:MAX_OUTPUT].decode(errors="replace").strip()
    problem = _problem(code, late, len(output) > MAX_OUTPUT, text, seconds, memory_mib)
    return Outcome(not problem, f"{problem}\n{text}".strip(), spent)


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


def _problem(code: int, late: bool, long: bool, text: str, seconds: float, memory_mib: int) -> str:
    """Say why a run is not accepted; nothing if it is."""
    if late:
        return f"stopped after {seconds:g} s"
    if code and re.search("out of memory|not enough memory|cannot allocate memory", text[-4000:].casefold()):
        return f"more than {memory_mib} MiB of memory needed"
    if code < 0:
        return f"coqc died of signal {-code} (limits: {seconds:g} s, {memory_mib} MiB of memory)"
    if code:
        return f"coqc exits with {code}"
    return f"coqc says more than {MAX_OUTPUT} bytes" if long else ""


# --- what was found before


def cache_folder() -> Path:
    """Return the folder for results that can be computed again: ``$XDG_CACHE_HOME`` or ``~/.cache``, ``/ntkproofs``.

    It is made if it can be; if not, :func:`write_cache` writes nothing and :func:`read_cache` finds nothing.
    """
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
    folder = cache_folder()
    temporary = ""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".new-", delete=False) as file:
            temporary = file.name
            file.write(data)
        os.replace(temporary, folder / name)
    except OSError:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        return False
    return True
