"""Compiling the files of a theory: in the order in which they need each other, side by side, each version once.

A compiled file is kept under the digest of its source, of the compiled files it needs and of all that is installed of
Coq. So a second look costs nothing, and a change costs what depends on it. A file appears there complete or not at all;
one process compiles while others wait for it. Failures are kept as well, but only believed within one run: the next run
tries again.
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

from ntkproofs.errors import InputError
from ntkproofs.rigor.coqc import Coqc, cache_folder, compile_file, find_coqc, run_began, stop_all
from ntkproofs.rigor.installed import fingerprint
from ntkproofs.rigor.permitted import OWN
from ntkproofs.rigor.restated import required_files
from ntkproofs.truth import NoTruthValue

__all__ = ["Compiled", "Limits", "build", "compile_one", "first_error", "needed_by", "place", "prepare"]

_DAY = 24 * 3600


@dataclass(frozen=True)
class Limits:
    """What compiling may take: seconds and MiB of memory for a file, and how many files at a time."""

    seconds: float = 300
    memory_mib: int = 6144
    jobs: int = field(default_factory=lambda: os.cpu_count() or 1)


@dataclass(frozen=True)
class Compiled(NoTruthValue):
    """What came of a file: whether Coq accepted it, what it said, the seconds it took when it was compiled.

    `digest`: the SHA-256 of the compiled file, which lies at `path` (both empty if there is none). `blame`: the name of
    the file that failed, which may be one that this file needs. `kept`: it was compiled by an earlier run.
    """

    instead = ".ok"

    name: str
    ok: bool
    output: str
    seconds: float
    digest: str = ""
    path: str = ""
    blame: str = ""
    kept: bool = False


def needed_by(names: tuple[str, ...], sources: Mapping[str, str]) -> tuple[str, ...]:
    """Return the files that `names` need, and these, each after what it needs itself.

    Raises InputError if a file is missing or needs itself.

    >>> needed_by(("B",), {"A": "", "B": "From NtkProofs Require A."})
    ('A', 'B')
    """
    order: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise InputError(f"{name}.v needs itself: {' -> '.join([*path, name])}")
        if name not in sources:
            raise InputError(f"{name}.v is not there" + (f", but {path[-1]}.v requires it" if path else ""))
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
    """Compile the files `names` and all that they need; return what came of each, in that order."""
    order = needed_by(names, sources)
    done: dict[str, Compiled] = {}
    needs = {name: set(needed_by((name,), sources)) - {name} for name in order}
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
        except BaseException:  # interrupted: do not wait for what still compiles
            pool.shutdown(wait=False, cancel_futures=True)
            stop_all()
            raise
    return {name: done[name] for name in order}


def compile_one(coqc: Coqc, name: str, source: str, parts: Mapping[str, Compiled], limits: Limits) -> Compiled:
    """Compile one more source against compiled files."""
    with _store() as store:
        return _compile(store, coqc, name, source, parts, limits)


def place(parts: Mapping[str, Compiled], folder: Path) -> None:
    """Put the compiled files into a folder."""
    for part in parts.values():
        target = folder / f"{part.name}.vo"
        try:
            os.link(part.path, target)
        except OSError:
            shutil.copyfile(part.path, target)


# --- the store


@contextlib.contextmanager
def _store() -> Iterator[Path]:
    """Give the folder of compiled files to this process alone; a temporary one if there is no cache to write to."""
    import fcntl  # not everywhere; but where it is not, there is nothing to compile either

    root = cache_folder() / "coq"
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (root / "lock").open("w")
    except OSError:
        yield _temporary()
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _sweep(root)
        yield root


@lru_cache
def _temporary() -> Path:
    folder = tempfile.mkdtemp(prefix="ntkproofs-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _sweep(root: Path) -> None:
    """Remove what interrupted runs left, and what nobody asked for in two months."""
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
            return Compiled(name, False, part.output, 0.0, blame=part.blame)
    needed = sorted((part.name, part.digest) for part in parts.values())
    key = sha256(json.dumps([coqc.engine, fingerprint(coqc), name, source, needed]).encode()).hexdigest()
    known = _read(store / key, name)
    if known is not None:
        return known
    folder = Path(tempfile.mkdtemp(prefix="new-", dir=store))
    try:
        place(parts, folder)
        file = folder / f"{name}.v"
        file.write_bytes(source.encode())
        outcome = compile_file(coqc, file, root=folder, name=OWN, seconds=limits.seconds, memory_mib=limits.memory_mib)
        compiled = file.with_suffix(".vo")
        result = {
            "ok": outcome.ok and compiled.is_file(),
            "output": outcome.output,
            "seconds": round(outcome.seconds, 2),
            "digest": sha256(compiled.read_bytes()).hexdigest() if outcome.ok and compiled.is_file() else "",
            "began": run_began(),
        }
        for other in folder.iterdir():
            if other != compiled or not result["ok"]:
                other.unlink()
        (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
        shutil.rmtree(store / key, ignore_errors=True)
        os.rename(folder, store / key)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found = _read(store / key, name)
    if found is None:
        raise OSError(f"{store / key}: the compiled {name} does not read as it was written")
    return found


def _read(entry: Path, name: str) -> Compiled | None:
    """Return what is kept, or None: nothing, a compiled file that is not the one kept, or an earlier run's failure."""
    path = entry / f"{name}.vo"
    try:
        result = json.loads((entry / "result.json").read_bytes())
        ok, digest = result["ok"], result["digest"]
        kept = float(result["began"]) < run_began()
        if sha256(path.read_bytes()).hexdigest() != digest if ok else kept:
            return None
        os.utime(entry)
        seconds = float(result["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if ok:
        return Compiled(name, True, str(result["output"]), seconds, digest, str(path), kept=kept)
    return Compiled(name, False, str(result["output"]), seconds, blame=name)


# --- what Coq said


_ERROR = re.compile(
    r'^File "[^"\n]*", line (\d+), characters [\d-]+:\n(Error.*?)(?=^File "|\Z)', re.MULTILINE | re.DOTALL
)

_ENVIRONMENT = re.compile(r"\AIn environment\n(?:.*\n)*?(?=(?:The|Unable|Cannot|Found|Not|Illegal|Non)\b)")


def first_error(compiled: Compiled) -> tuple[int, str]:
    r"""Return the line at which a file failed (0 if none is known) and Coq's message, in one line.

    >>> said = 'File "/x/A.v", line 3, characters 0-4:\nError:\nUnable to unify\n "1" with "2".'
    >>> first_error(Compiled("A", False, said, 0.1, blame="A"))
    (3, 'Unable to unify "1" with "2".')
    """
    error = _ERROR.search(compiled.output)
    text = error.group(2) if error else re.sub(r"\A[\s\S]*?^(?=Error)", "", compiled.output, flags=re.MULTILINE)
    message = " ".join(_ENVIRONMENT.sub("", re.sub(r"^Error:?\s*", "", text)).split())
    return int(error.group(1)) if error else 0, message if len(message) <= 400 else f"{message[:400]} ..."


def prepare() -> None:
    """Look at the Coq that is installed, once for this process and all that it forks later."""
    coqc = find_coqc()
    if coqc is not None:
        fingerprint(coqc)
