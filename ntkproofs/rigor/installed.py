"""What is installed: a digest of the compiler, the checker and their libraries, by content.

Results that a cache keeps are kept under this digest, so that what one compiler said is never taken for what another
would say. Reading a few hundred files takes seconds; so the digest itself is kept, under their names, sizes, times and
inode numbers.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from ntkproofs.rigor.coqc import Coqc, ask, read_cache, write_cache

__all__ = ["fingerprint", "find_coqchk"]

_SUFFIXES = (".vo", ".cmxs", ".so")


def find_coqchk(coqc: Coqc) -> str:
    """Return the checker that belongs to a compiler: beside it, or beside what it is a link to; empty if none is.

    A compiler that is a script of one's own, with nothing beside it, goes with the checker on the path.

    >>> find_coqchk(Coqc("/nowhere/coqc", "0.0")) in ("", shutil.which("coqchk"))
    True
    """
    beside = (Path(coqc.path).parent, Path(os.path.realpath(coqc.path)).parent)
    found = next((place for folder in beside if (place := shutil.which("coqchk", path=str(folder)))), None)
    return found or shutil.which("coqchk") or ""


def fingerprint(coqc: Coqc) -> str:
    """Return the SHA-256 of the contents of the compiler, the checker, and all compiled libraries and plugins.

    >>> len(fingerprint(Coqc("/nowhere/coqc", "0.0")))
    64
    """
    return _fingerprint(coqc.path, find_coqchk(coqc))


@lru_cache
def _fingerprint(coqc: str, checker: str) -> str:
    where = ask(coqc, "-where").strip()
    files = [*(os.path.realpath(path) for path in (coqc, checker) if path), *sorted(_libraries(where))]
    stamps = sha256(json.dumps([(path, *_stamp(path)) for path in files]).encode()).hexdigest()
    known = read_cache(f"installed/{stamps}", most=64)
    if known is not None and len(known) == 64:
        return known.decode(errors="replace")
    contents = [(path, _content(path)) for path in files]
    found = sha256(json.dumps(contents).encode()).hexdigest()
    write_cache(f"installed/{stamps}", found.encode())
    return found


def _libraries(where: str) -> Iterator[str]:
    """Yield the compiled libraries and plugins below the folder of Coq's library, and those of Coq beside it."""
    if not where or not os.path.isdir(where):
        return
    for root in (where, os.path.join(os.path.dirname(os.path.normpath(where)), "coq-core")):
        for folder, _, names in os.walk(root):
            yield from (os.path.join(folder, name) for name in names if name.endswith(_SUFFIXES))


def _stamp(path: str) -> tuple[int, ...]:
    try:
        found = os.stat(path)
    except OSError:
        return ()
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev


def _content(path: str) -> str:
    try:
        return sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return ""
