"""A mixin for classes whose instances have no truth value: statements, findings and verdicts.

Every Python object is true unless its class defines otherwise. So ``decide(a) and decide(b)`` would return the second
decision whatever the outcome of the first, and ``assert exhaust(task)`` could never fail.

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
    """Mixin whose ``bool`` raises InputError; `instead` is the attribute or comparison that the message recommends."""

    __slots__ = ()
    instead: ClassVar[str]

    def __bool__(self) -> NoReturn:
        name = type(self).__name__
        raise InputError(f"{'an' if name[0] in 'AEIO' else 'a'} {name} has no truth value: ask for {self.instead}")
