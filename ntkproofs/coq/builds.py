"""Compilation of the files of a theory: in topological order, in parallel, and incrementally.

Compiled files are cached. The key is a digest of the source, of the compiled dependencies and of the Coq installation,
so that only changed files and the files that depend on them are compiled again. Entries are created atomically, and a
lock lets one process compile at a time. Failures are cached too, but only for the duration of a run.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from ntkproofs.coq.compiler import Coqc, cache_folder, compile_file, find_coqc, run_start, stop_all
from ntkproofs.coq.installed import fingerprint
from ntkproofs.coq.permitted import OWN
from ntkproofs.coq.statements import required_files
from ntkproofs.errors import InputError
from ntkproofs.truth import NoTruthValue

__all__ = ["Compiled", "Limits", "build", "compile_one", "dependencies", "first_error", "link_files", "prepare"]

_DAY = 24 * 3600


@dataclass(frozen=True)
class Limits:
    """Limits of compilation: seconds and MiB of memory for each file, and the number of parallel jobs."""

    seconds: float = 300
    memory_mib: int = 6144
    jobs: int = field(default_factory=lambda: os.cpu_count() or 1)


@dataclass(frozen=True)
class Compiled(NoTruthValue):
    """The result of compiling a file.

    `ok`: whether Coq accepted it; `output`: the output of Coq; `seconds`: the time of the compilation; `digest` and
    `path`: the SHA-256 and the path of the compiled file (empty if it failed); `failed_file`: the name of the file that
    failed, this one or a dependency; `cached`: whether an earlier run compiled it.
    """

    instead = ".ok"

    name: str
    ok: bool
    output: str
    seconds: float
    digest: str = ""
    path: str = ""
    failed_file: str = ""
    cached: bool = False


def dependencies(names: tuple[str, ...], sources: Mapping[str, str]) -> tuple[str, ...]:
    """Return the files `names` and their dependencies in topological order.

    Raises InputError if a file is missing or depends on itself.

    >>> dependencies(("B",), {"A": "", "B": "From NtkProofs Require A."})
    ('A', 'B')
    """
    order: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise InputError(f"circular dependency of {name}.v: {' -> '.join([*path, name])}")
        if name not in sources:
            raise InputError(f"{name}.v not found" + (f", required by {path[-1]}.v" if path else ""))
        if name not in order:
            for other in _required(name, sources[name]):
                visit(other, (*path, name))
            order.append(name)

    for name in names:
        visit(name, ())
    return tuple(order)


def _required(name: str, source: str) -> tuple[str, ...]:
    try:
        return required_files(source)
    except InputError as problem:
        raise InputError(f"{name}.v, {problem}") from None


def build(coqc: Coqc, sources: Mapping[str, str], names: tuple[str, ...], limits: Limits) -> dict[str, Compiled]:
    """Compile the files `names` and their dependencies; return the results in topological order."""
    order = dependencies(names, sources)
    done: dict[str, Compiled] = {}
    needs = {name: set(dependencies((name,), sources)) - {name} for name in order}
    with _store() as store, ThreadPoolExecutor(max(1, limits.jobs)) as pool:
        running: dict[Future[Compiled], str] = {}
        waiting = list(order)
        try:
            while waiting or running:
                for name in [name for name in waiting if needs[name] <= done.keys()]:
                    waiting.remove(name)
                    parts = {other: done[other] for other in needs[name]}
                    running[pool.submit(_compile, store, coqc, name, sources[name], parts, limits)] = name
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    done[running.pop(future)] = future.result()
        except BaseException:  # interrupted: do not wait for running compilations
            pool.shutdown(wait=False, cancel_futures=True)
            stop_all()
            raise
    return {name: done[name] for name in order}


def compile_one(coqc: Coqc, name: str, source: str, parts: Mapping[str, Compiled], limits: Limits) -> Compiled:
    """Compile an additional source against the compiled files `parts`."""
    with _store() as store:
        return _compile(store, coqc, name, source, parts, limits)


def link_files(parts: Mapping[str, Compiled], folder: Path) -> None:
    """Link or copy compiled files to a folder."""
    for part in parts.values():
        target = folder / f"{part.name}.vo"
        try:
            os.link(part.path, target)
        except OSError:
            shutil.copyfile(part.path, target)


# --- the cache of compiled files


@contextlib.contextmanager
def _store() -> Iterator[Path]:
    """Lock the folder of compiled files and return it; a temporary folder if the cache cannot be written."""
    import fcntl  # not available on Windows, where nothing is compiled

    root = cache_folder() / "coq"
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (root / "lock").open("w")
    except OSError:
        yield _temporary_folder()
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _remove_old_entries(root)
        yield root


@lru_cache
def _temporary_folder() -> Path:
    folder = tempfile.mkdtemp(prefix="ntkproofs-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _remove_old_entries(root: Path) -> None:
    """Remove incomplete entries of interrupted runs after a day, and entries that have not been used for 60 days."""
    now = time.time()
    for entry in root.iterdir():
        with contextlib.suppress(OSError):
            age = now - entry.stat().st_mtime
            if entry.is_dir() and age > (_DAY if entry.name.startswith("new-") else 60 * _DAY):
                shutil.rmtree(entry)


def _compile(
    store: Path, coqc: Coqc, name: str, source: str, parts: Mapping[str, Compiled], limits: Limits
) -> Compiled:
    for part in parts.values():
        if not part.ok:
            return Compiled(name, False, part.output, 0.0, failed_file=part.failed_file)
    required = sorted((part.name, part.digest) for part in parts.values())
    key = sha256(json.dumps([coqc.engine, fingerprint(coqc), name, source, required]).encode()).hexdigest()
    cached = _read(store / key, name)
    if cached is not None:
        return cached
    folder = Path(tempfile.mkdtemp(prefix="new-", dir=store))
    try:
        link_files(parts, folder)
        file = folder / f"{name}.v"
        file.write_bytes(source.encode())
        run = compile_file(coqc, file, root=folder, name=OWN, seconds=limits.seconds, memory_mib=limits.memory_mib)
        compiled = file.with_suffix(".vo")
        result = {
            "ok": run.ok and compiled.is_file(),
            "output": run.output,
            "seconds": round(run.seconds, 2),
            "digest": sha256(compiled.read_bytes()).hexdigest() if run.ok and compiled.is_file() else "",
            "began": run_start(),
        }
        for other in folder.iterdir():
            if other != compiled or not result["ok"]:
                other.unlink()
        (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
        shutil.rmtree(store / key, ignore_errors=True)
        os.rename(folder, store / key)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    entry = _read(store / key, name)
    if entry is None:
        raise OSError(f"{store / key}: the compiled {name} cannot be read back")
    return entry


def _read(entry: Path, name: str) -> Compiled | None:
    """Return a cached result; None if there is none, the compiled file has changed, or an earlier run failed."""
    path = entry / f"{name}.vo"
    try:
        result = json.loads((entry / "result.json").read_bytes())
        ok, digest = result["ok"], result["digest"]
        from_earlier_run = float(result["began"]) < run_start()
        if sha256(path.read_bytes()).hexdigest() != digest if ok else from_earlier_run:
            return None
        os.utime(entry)
        seconds = float(result["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if ok:
        return Compiled(name, True, str(result["output"]), seconds, digest, str(path), cached=from_earlier_run)
    return Compiled(name, False, str(result["output"]), seconds, failed_file=name)


# --- error messages of Coq


_ERROR = re.compile(
    r'^File "[^"\n]*", line (\d+), characters [\d-]+:\n(Error.*?)(?=^File "|\Z)', re.MULTILINE | re.DOTALL
)

_ENVIRONMENT = re.compile(r"\AIn environment\n(?:.*\n)*?(?=(?:The|Unable|Cannot|Found|Not|Illegal|Non)\b)")


def first_error(compiled: Compiled) -> tuple[int, str]:
    r"""Return the line of the first error (0 if it is not known) and the message of Coq on one line.

    >>> output = 'File "/x/A.v", line 3, characters 0-4:\nError:\nUnable to unify\n "1" with "2".'
    >>> first_error(Compiled("A", False, output, 0.1, failed_file="A"))
    (3, 'Unable to unify "1" with "2".')
    """
    error = _ERROR.search(compiled.output)
    text = error.group(2) if error else re.sub(r"\A[\s\S]*?^(?=Error)", "", compiled.output, flags=re.MULTILINE)
    message = " ".join(_ENVIRONMENT.sub("", re.sub(r"^Error:?\s*", "", text)).split())
    return int(error.group(1)) if error else 0, message if len(message) <= 400 else f"{message[:400]} ..."


def prepare() -> None:
    """Compute the digest of the Coq installation, for this process and the processes forked later."""
    coqc = find_coqc()
    if coqc is not None:
        fingerprint(coqc)
