"""The checker as a module of its own that remembers, from certificate to certificate, what is costly and pure.

The forger's mutants of one certificate share most of what the checker computes: suprema and moments that depend on a
few numbers. Only these are kept, by all that they depend on; each use is charged the work that the first one took. The
rest of the checker is its own text.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Hashable
from typing import Any

from mutants import TEXT, module_from

KEPT: dict[tuple[str, str], Callable[..., Hashable]] = {  # by class and method: what the answer depends on
    ("Column", "supremum"): lambda self, g: (self.hidden.K, self.t, g.low, g.high),
    ("Column", "fourth_moment"): lambda self: (self.hidden.K, self.t),
    ("Descent", "second_moment"): lambda self: self.hidden.K,
    ("Hidden", "by_parts"): lambda self, exponents, R: (tuple(exponents), tuple(map(tuple, R))),
    ("Hidden", "matched"): lambda self, n: (self.layers, n),
    ("Hidden", "tilted"): lambda self, z: (self.N, z),
}


def remembering(module: types.ModuleType) -> types.ModuleType:
    """Return a checker's module, changed in place so that the functions of KEPT remember their answers."""
    for (owner, name), key in KEPT.items():
        home = getattr(module, owner)
        setattr(home, name, _remembered(module, getattr(home, name), key))
    return module


def _remembered(
    module: types.ModuleType, function: Callable[..., Any], key: Callable[..., Hashable]
) -> Callable[..., Any]:
    known: dict[Hashable, tuple[Any, int]] = {}

    def remembered(*given: Any) -> Any:
        index = key(*given)
        if index in known:
            answer, work = known[index]
            module.spend(work, function.__name__)
            return answer
        left: int = module._left[0]
        answer = function(*given)  # what raises is not remembered
        known[index] = answer, left - module._left[0]
        return answer

    return remembered


def checker() -> types.ModuleType:
    """Return a module of the checker's text that remembers."""
    return remembering(module_from(TEXT))
