"""Independent verification of compiled files by ``coqchk``, which has neither tactics nor a virtual machine.

``coqchk`` reads the compiled files and depends on nothing that the compiler was told or printed. Libraries are not
verified. Accepted files are cached; the key is a digest of the file, its dependencies and the Coq installation, so that
only changed files are verified again.
"""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ntkproofs.coq.builds import Compiled, Limits, link_files
from ntkproofs.coq.compiler import (
    MISSING,
    Coqc,
    cache_folder,
    limit_message,
    read_cache,
    run_limited,
    run_start,
    write_cache,
)
from ntkproofs.coq.installed import find_coqchk, fingerprint
from ntkproofs.coq.permitted import OWN

__all__ = ["RecheckResult", "recheck", "recheck_files", "summary_error"]

SECONDS = 1200
_CACHE_FORMAT = 1  # to be increased when the meaning of a cache entry changes
_SECTIONS = (
    "Axioms",
    "Constants/Inductives relying on type-in-type",
    "Constants/Inductives relying on unsafe (co)fixpoints",
    "Inductives whose positivity is assumed",
)


@dataclass(frozen=True)
class RecheckResult:
    """The result of ``coqchk``: accepted if both `refusal` and `open` are empty.

    `refusal`: why files are rejected; `open`: why nothing was verified (``coqchk`` is missing or met a limit);
    `cached`: whether an earlier run accepted all files.
    """

    refusal: str = ""
    open: str = ""
    cached: bool = False


def recheck(
    coqc: Coqc, parts: Mapping[str, Compiled], needs: Mapping[str, tuple[str, ...]], limits: Limits
) -> RecheckResult:
    """Verify the compiled files of a theory; `needs`: the dependencies of each file."""
    tools = fingerprint(coqc)
    keys = {name: _key(tools, parts, name, needs[name]) for name in parts}
    if not _unverified(keys):
        return RecheckResult(cached=all(_is_from_earlier_run(key) for key in keys.values()))
    with _lock():
        names = _unverified(keys)  # another process may have verified files in the meantime
        if names:
            with tempfile.TemporaryDirectory(prefix="ntkproofs-") as folder:
                link_files(parts, Path(folder))
                result = recheck_files(coqc, Path(folder), names, seconds=SECONDS, memory_mib=limits.memory_mib)
            if result.refusal or result.open:
                return result
            for name in names:
                write_cache(f"checked/{keys[name]}", json.dumps({"began": run_start()}).encode())
    return RecheckResult()


def _key(tools: str, parts: Mapping[str, Compiled], name: str, required: tuple[str, ...]) -> str:
    digests = sorted((other, parts[other].digest) for other in {name, *required})
    return sha256(json.dumps([_CACHE_FORMAT, tools, name, digests]).encode()).hexdigest()


def _unverified(keys: Mapping[str, str]) -> list[str]:
    return [name for name, key in keys.items() if _verified_at(key) is None]


def _verified_at(key: str) -> float | None:
    """Return the start time of the run that accepted a file, or None if no run has."""
    try:
        document = json.loads(read_cache(f"checked/{key}", max_bytes=256) or b"")
        return float(document["began"])
    except (ValueError, KeyError, TypeError):
        return None


def _is_from_earlier_run(key: str) -> bool:
    start = _verified_at(key)
    return start is not None and start < run_start()


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    """Hold a lock, so that two processes do not verify the same files."""
    import fcntl

    try:
        lock = (cache_folder() / "coqchk.lock").open("w")
    except OSError:
        yield
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def recheck_files(coqc: Coqc, folder: Path, names: Sequence[str], *, seconds: float, memory_mib: int) -> RecheckResult:
    """Verify the files `names` among the compiled files of a folder, without the cache."""
    checker = find_coqchk(coqc)
    if not checker:
        return RecheckResult(open=f"coqchk not found: {MISSING.split(': ')[1]}")
    selection = [argument for name in names for argument in ("-norec", f"{OWN}.{name}")]
    command = [checker, "-silent", "-o", "-Q", str(folder), OWN, *selection]
    run = run_limited("coqchk", command, seconds=seconds, memory_mib=memory_mib)
    if run.ok:
        return RecheckResult(refusal=summary_error(run.output))
    limit = limit_message(run.output)
    if limit:
        return RecheckResult(open=f"coqchk: {limit}")
    message = " ".join(run.output.partition("\n")[2].split())[-400:]
    return RecheckResult(refusal=f"coqchk rejects the file: {message}")


def summary_error(output: str) -> str:
    r"""Return the first objection in the summary of ``coqchk`` to a file of the theory; empty if there is none.

    >>> summary_error("CONTEXT SUMMARY\n\n* Axioms: <none>")
    'coqchk printed no list of "Constants/Inductives relying on type-in-type"'
    """
    summary = dict(re.findall(r"^\* ([^:\n]+):(.*?)(?=^\* |\Z)", output, re.MULTILINE | re.DOTALL))
    for title in _SECTIONS:
        if title not in summary:
            return f'coqchk printed no list of "{title}"'
        own = [name for name in summary[title].split() if name.startswith(f"{OWN}.")]
        if own:
            return f"coqchk lists {', '.join(own[:3])} among: {title}"
    return ""
