"""What a run was made with: the versions of everything that has a say in it."""

from __future__ import annotations

import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version

import ntkproofs

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
    coq = _coq()
    return {**found, "Coq": coq} if coq else found


def _coq() -> str:
    """Return the version of the ``coqc`` on the path; empty if there is none or it does not answer."""
    path = shutil.which("coqc")
    if path is None:
        return ""
    try:
        answer = subprocess.run([path, "--print-version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return next(iter(answer.stdout.split()), "")
