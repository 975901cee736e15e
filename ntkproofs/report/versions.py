"""What a run was made with: the versions of everything that has a say in it."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import ntkproofs
from ntkproofs.rigor.coqc import find_coqc

__all__ = ["versions"]

PACKAGES = {
    "SymPy": "sympy",
    "python-flint": "python-flint",
    "mpmath": "mpmath",
    "NumPy": "numpy",
    "matplotlib": "matplotlib",
}


def versions() -> dict[str, str]:
    """Return ``{name: version}`` of this package, Python, its libraries, and Coq if there is one.

    >>> list(versions())[:3]
    ['ntkproofs', 'Python', 'SymPy']
    """
    found = {"ntkproofs": ntkproofs.__version__, "Python": platform.python_version()}
    for name, package in PACKAGES.items():
        try:
            found[name] = version(package)
        except PackageNotFoundError:
            continue
    coqc = find_coqc()  # the one that the engine asks
    return {**found, "Coq": coqc.version} if coqc else found
