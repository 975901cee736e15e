"""The digest of the sources of this package, by which results of different versions are kept apart."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path

__all__ = ["PACKAGE", "package_version", "sources_sha256"]

PACKAGE = Path(__file__).resolve().parent.parent


@cache
def sources_sha256() -> str:
    """Return the SHA-256 of the names and contents of all Python files of the package, in the order of their names.

    >>> len(sources_sha256())
    64
    """
    digest = sha256()
    for name in sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")):
        content = (PACKAGE / name).read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def package_version() -> str:
    """Return the version of the package."""
    return str(import_module("ntkproofs").__version__)
