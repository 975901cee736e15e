"""A digest of the contents of the installed compiler, checker and libraries.

The digest is part of every cache key, so that a result of one installation is never used for another. Reading a few
hundred files takes seconds; so the digest itself is cached, with the names, sizes, times and inode numbers as the key.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from ntkproofs.coq.compiler import Coqc, query, read_cache, write_cache

__all__ = ["fingerprint", "find_coqchk"]

_SUFFIXES = (".vo", ".cmxs", ".so")


def find_coqchk(coqc: Coqc) -> str:
    """Return the path of the ``coqchk`` that belongs to a compiler; empty if there is none.

    It is the one in the folder of the compiler, in the folder of the link's target, or otherwise the one on the path.

    >>> find_coqchk(Coqc("/nowhere/coqc", "0.0")) in ("", shutil.which("coqchk"))
    True
    """
    folders = (Path(coqc.path).parent, Path(os.path.realpath(coqc.path)).parent)
    checker = next((path for folder in folders if (path := shutil.which("coqchk", path=str(folder)))), None)
    return checker or shutil.which("coqchk") or ""


def fingerprint(coqc: Coqc) -> str:
    """Return the SHA-256 of the contents of the compiler, the checker, and all compiled libraries and plugins.

    >>> len(fingerprint(Coqc("/nowhere/coqc", "0.0")))
    64
    """
    return _fingerprint(coqc.path, find_coqchk(coqc))


@lru_cache
def _fingerprint(coqc: str, checker: str) -> str:
    library = query(coqc, "-where").strip()
    files = [*(os.path.realpath(path) for path in (coqc, checker) if path), *sorted(_libraries(library))]
    stamps = sha256(json.dumps([(path, *_stamp(path)) for path in files]).encode()).hexdigest()
    cached = read_cache(f"installed/{stamps}", max_bytes=64)
    if cached is not None and len(cached) == 64:
        return cached.decode(errors="replace")
    contents = [(path, _content_digest(path)) for path in files]
    digest = sha256(json.dumps(contents).encode()).hexdigest()
    write_cache(f"installed/{stamps}", digest.encode())
    return digest


def _libraries(library: str) -> Iterator[str]:
    """Yield the compiled libraries and plugins in the library folder of Coq and in ``coq-core`` beside it."""
    if not library or not os.path.isdir(library):
        return
    for root in (library, os.path.join(os.path.dirname(os.path.normpath(library)), "coq-core")):
        for folder, _, names in os.walk(root):
            yield from (os.path.join(folder, name) for name in names if name.endswith(_SUFFIXES))


def _stamp(path: str) -> tuple[int, ...]:
    try:
        status = os.stat(path)
    except OSError:
        return ()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev


def _content_digest(path: str) -> str:
    try:
        return sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return ""
