"""The versions of the software on which the verdicts of a run depend."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import ntkproofs
from ntkproofs.coq.compiler import find_coqc

__all__ = ["versions"]

PACKAGES = {
    "SymPy": "sympy",
    "python-flint": "python-flint",
    "mpmath": "mpmath",
    "NumPy": "numpy",
    "matplotlib": "matplotlib",
}


def versions() -> dict[str, str]:
    """Return ``{name: version}`` of this package, Python, the libraries, and Coq if it is installed.

    >>> list(versions())[:3]
    ['ntkproofs', 'Python', 'SymPy']
    """
    result = {"ntkproofs": ntkproofs.__version__, "Python": platform.python_version()}
    for name, package in PACKAGES.items():
        try:
            result[name] = version(package)
        except PackageNotFoundError:
            continue
    coqc = find_coqc()
    return {**result, "Coq": coqc.version} if coqc else result
