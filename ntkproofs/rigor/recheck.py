"""coqchk: Coq's own separate checker looks at compiled files once more, without tactics and without virtual machine.

It reads the compiled files themselves, so it is independent of what the compiler was told or printed. What libraries
hold is taken as compiled. A file that it accepted is kept under the digests of the file, of all that it needs and of
what is installed, so that only what changed is looked at again.
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

from ntkproofs.rigor.builds import Compiled, Limits, place
from ntkproofs.rigor.coqc import MISSING, Coqc, cache_folder, read_cache, run_began, run_limited, write_cache
from ntkproofs.rigor.installed import find_coqchk, fingerprint
from ntkproofs.rigor.permitted import OWN

__all__ = ["Rechecked", "context_problem", "recheck", "recheck_files"]

SECONDS = 1200
_FORM = 1  # changes when the meaning of what is kept does
_SECTIONS = (
    "Axioms",
    "Constants/Inductives relying on type-in-type",
    "Constants/Inductives relying on unsafe (co)fixpoints",
    "Inductives whose positivity is assumed",
)


@dataclass(frozen=True)
class Rechecked:
    """What came of it: accepted if there is neither a `refusal` nor a reason why it is `open`.

    `kept`: all of it was accepted by an earlier run, and read from the cache.
    """

    refusal: str = ""
    open: str = ""
    kept: bool = False


def recheck(
    coqc: Coqc, parts: Mapping[str, Compiled], needs: Mapping[str, tuple[str, ...]], limits: Limits
) -> Rechecked:
    """Have coqchk check compiled files of a theory, all of them at once; `needs`: what each needs of the others."""
    tools = fingerprint(coqc)
    keys = {name: _key(tools, parts, name, needs[name]) for name in parts}
    if not _unknown(keys):
        return Rechecked(kept=all(_is_from_before(key) for key in keys.values()))
    with _alone():
        wanted = _unknown(keys)  # another process may have been at it
        if wanted:
            with tempfile.TemporaryDirectory(prefix="ntkproofs-") as folder:
                place(parts, Path(folder))
                found = recheck_files(coqc, Path(folder), wanted, seconds=SECONDS, memory_mib=limits.memory_mib)
            if found.refusal or found.open:
                return found
            for name in wanted:
                write_cache(f"checked/{keys[name]}", json.dumps({"began": run_began()}).encode())
    return Rechecked()


def _key(tools: str, parts: Mapping[str, Compiled], name: str, needed: tuple[str, ...]) -> str:
    digests = sorted((other, parts[other].digest) for other in {name, *needed})
    return sha256(json.dumps([_FORM, tools, name, digests]).encode()).hexdigest()


def _unknown(keys: Mapping[str, str]) -> list[str]:
    return [name for name, key in keys.items() if _began(key) is None]


def _began(key: str) -> float | None:
    """Return when the run began that accepted a file, or None if none is known to have."""
    try:
        document = json.loads(read_cache(f"checked/{key}", most=256) or b"")
        return float(document["began"])
    except (ValueError, KeyError, TypeError):
        return None


def _is_from_before(key: str) -> bool:
    began = _began(key)
    return began is not None and began < run_began()


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Let one process at a time run the checker, so that none checks what another is about to."""
    import fcntl

    try:
        lock = (cache_folder() / "coqchk.lock").open("w")
    except OSError:
        yield
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def recheck_files(coqc: Coqc, folder: Path, names: Sequence[str], *, seconds: float, memory_mib: int) -> Rechecked:
    """Have coqchk check the files `names` among the compiled files of a folder; nothing is kept."""
    checker = find_coqchk(coqc)
    if not checker:
        return Rechecked(open=f"coqchk not found: {MISSING.split(': ')[1]}")
    alone = [text for name in names for text in ("-norec", f"{OWN}.{name}")]
    command = [checker, "-silent", "-o", "-Q", str(folder), OWN, *alone]
    outcome = run_limited("coqchk", command, seconds=seconds, memory_mib=memory_mib)
    if outcome.ok:
        return Rechecked(refusal=context_problem(outcome.output))
    first, _, rest = outcome.output.partition("\n")
    if first.startswith(("stopped after", "more than", "coqchk died")):
        return Rechecked(open=f"coqchk: {first}")
    return Rechecked(refusal=f"coqchk refuses it: {' '.join(rest.split())[-400:]}")


def context_problem(output: str) -> str:
    r"""Return what coqchk's summary says against the theory's own files; empty if there is nothing.

    >>> context_problem("CONTEXT SUMMARY\n\n* Axioms: <none>")
    'coqchk printed no list of "Constants/Inductives relying on type-in-type"'
    """
    said = dict(re.findall(r"^\* ([^:\n]+):(.*?)(?=^\* |\Z)", output, re.MULTILINE | re.DOTALL))
    for title in _SECTIONS:
        if title not in said:
            return f'coqchk printed no list of "{title}"'
        own = [name for name in said[title].split() if name.startswith(f"{OWN}.")]
        if own:
            return f"coqchk lists {', '.join(own[:3])} among: {title}"
    return ""
