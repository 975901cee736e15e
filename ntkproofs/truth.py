"""Objects without a truth value: statements, findings and verdicts.

In Python every object is true unless its class says otherwise, so ``decide(a) and decide(b)`` would be the second
decision whatever the first one says, and ``assert exhaust(task)`` could not fail.

>>> import sympy
>>> from ntkproofs.rigor import decide, less
>>> bool(decide(less(4, sympy.pi)))
Traceback (most recent call last):
ntkproofs.errors.InputError: a Decision has no truth value: ask for .outcome == "holds"
"""

from __future__ import annotations

from typing import ClassVar, NoReturn

from ntkproofs.errors import InputError

__all__ = ["NoTruthValue"]


class NoTruthValue:
    """Mixin whose ``bool`` raises InputError and names what to ask for; `instead` is that attribute or comparison."""

    __slots__ = ()
    instead: ClassVar[str]

    def __bool__(self) -> NoReturn:
        name = type(self).__name__
        raise InputError(f"{'an' if name[0] in 'AEIO' else 'a'} {name} has no truth value: ask for {self.instead}")
