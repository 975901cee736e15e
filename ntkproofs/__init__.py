"""ntkproofs: a proof-check toolkit for exact execution by ensembles of wide neural networks.

Rooms, in the direction in which data flows::

    programs -> counts -> kernels + predictor -> bounds -> rigor -> claims

``programs`` says what is computed, ``counts`` how many templates meet, ``kernels`` and ``predictor`` what a trained
network answers, ``bounds`` what exact rounding needs, ``rigor`` decides it, ``claims`` turns it into a verdict.
Submodules load on first use.

>>> import ntkproofs
>>> ntkproofs.programs.addition(bits=8).samples
32
"""

from __future__ import annotations

import importlib
from types import ModuleType

__version__ = "0.1.0"

_ROOMS = (
    "bounds",
    "certificates",
    "checker",
    "claims",
    "counts",
    "errors",
    "execution",
    "facts",
    "kernels",
    "predictor",
    "programs",
    "report",
    "rigor",
)

__all__ = ["__version__", *_ROOMS]


def __getattr__(name: str) -> ModuleType:
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
