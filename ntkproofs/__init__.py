"""ntkproofs: a proof-check toolkit for exact execution by ensembles of wide neural networks.

Rooms, in the direction in which data flows::

    programs -> counts -> kernels + predictor -> bounds -> certificates, claims

``programs`` says what is computed, ``counts`` how many templates match, ``kernels`` and ``predictor`` what a trained
network answers, ``bounds`` what exact rounding needs. ``arithmetic`` and ``rigor`` decide it, ``coq`` proves it, and
``claims`` makes a verdict of what they find. Submodules load on first use.

>>> import ntkproofs
>>> ntkproofs.programs.addition(bits=8).samples
32
"""

from __future__ import annotations

import importlib
from types import ModuleType

__version__ = "0.1.0"

_ROOMS = (
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

__all__ = ["__version__", *_ROOMS]


def __getattr__(name: str) -> ModuleType:
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
