"""ntkproofs: a toolkit for proving that wide neural networks execute programs exactly.

The subpackages, in the direction of the data flow::

    programs -> counts -> kernels + predictor -> bounds -> certificates, claims

``programs`` defines template programs and ``counts`` how many of their templates match a state; ``kernels`` and
``predictor`` give the mean and the variance of trained networks, ``bounds`` the conditions for exact rounding.
Inequalities are decided by ``arithmetic`` and ``rigor`` and proved by ``coq``; ``claims`` combines the results into
verdicts. Submodules are imported on first use.

>>> import ntkproofs
>>> ntkproofs.programs.addition(bits=8).samples
32
"""

from __future__ import annotations

import importlib
from types import ModuleType

__version__ = "0.1.0"

_SUBMODULES = (
    "arithmetic",
    "bounds",
    "certificates",
    "checker",
    "claims",
    "coq",
    "counts",
    "errors",
    "execution",
    "facts",
    "kernels",
    "predictor",
    "programs",
    "report",
    "rigor",
    "simulation",
)

__all__ = ["__version__", *_SUBMODULES]


def __getattr__(name: str) -> ModuleType:
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
