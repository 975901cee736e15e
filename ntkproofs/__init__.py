"""ntkproofs: a toolkit for proving that wide neural networks execute programs exactly.

The subpackages, in the direction of the data flow::

    programs -> counts -> kernels + predictor -> bounds -> certificates, claims

``programs`` defines template programs and ``counts`` how many of their templates match a state; ``kernels`` and
``predictor`` give the mean and the variance of trained networks, ``bounds`` the conditions for exact rounding.
Inequalities are decided by ``arithmetic`` and ``rigor`` and proved by ``coq``; ``claims`` combines the results into
verdicts.

The names that most programs need are available from ``ntkproofs`` itself: :class:`~ntkproofs.programs.TemplateProgram`,
:class:`~ntkproofs.programs.Task` and :class:`~ntkproofs.programs.Stream`; :class:`~ntkproofs.execution.Machine`,
:func:`~ntkproofs.execution.exhaust` and :func:`~ntkproofs.execution.find_failure`;
:func:`~ntkproofs.certificates.issue_ensemble`; :func:`~ntkproofs.claims.claim`, :func:`~ntkproofs.claims.conclude`,
:func:`~ntkproofs.rigor.decide`, :func:`~ntkproofs.rigor.less`, :func:`~ntkproofs.rigor.at_most`,
:class:`~ntkproofs.rigor.Integers` and :class:`~ntkproofs.rigor.Box`. They and the submodules are imported on first use.

>>> from ntkproofs import Machine, TemplateProgram
>>> program = TemplateProgram("copy", fields={"p": 1, "q": 1})
>>> program.template(when={("p", 0): 1}, write=[("q", 0)])
>>> Machine(program).step(program.state(p=1))
{'p': [0], 'q': [1]}
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ntkproofs.certificates import issue_ensemble as issue_ensemble
    from ntkproofs.claims import claim as claim
    from ntkproofs.claims import conclude as conclude
    from ntkproofs.execution import Machine as Machine
    from ntkproofs.execution import exhaust as exhaust
    from ntkproofs.execution import find_failure as find_failure
    from ntkproofs.programs import Stream as Stream
    from ntkproofs.programs import Task as Task
    from ntkproofs.programs import TemplateProgram as TemplateProgram
    from ntkproofs.rigor import Box as Box
    from ntkproofs.rigor import Integers as Integers
    from ntkproofs.rigor import at_most as at_most
    from ntkproofs.rigor import decide as decide
    from ntkproofs.rigor import less as less

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

_NAMES = {  # by subpackage
    "certificates": ("issue_ensemble",),
    "claims": ("claim", "conclude"),
    "execution": ("Machine", "exhaust", "find_failure"),
    "programs": ("Stream", "Task", "TemplateProgram"),
    "rigor": ("Box", "Integers", "at_most", "decide", "less"),
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names}

__all__ = ["__version__", *_SUBMODULES, *_HOMES]


def __getattr__(name: str) -> object:
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _HOMES:
        value: object = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
