"""A battery of facts that a checker must get right, fast enough to be asked of every mutant.

Each fact is a function of a module (the checker, or a mutant of it) that raises AssertionError where it is wrong.
Expectations come from elsewhere: mpmath, the oracles beside this file, brute force, the documented limits, and the
forgeries with their messages. :func:`first_wrong` names the first fact that does not hold.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

Fact = Callable[[types.ModuleType], None]
FACTS: list[Fact] = []
COSTS = {"screening": 0, "quick": 1, "slow": 2}  # in this order they are asked


def fact(function: Fact, cost: str = "quick") -> Fact:
    """Register a fact."""
    FACTS.append(function)
    _cost[function] = COSTS[cost]
    FACTS.sort(key=_cost.__getitem__)
    return function


_cost: dict[Fact, int] = {}


def expect(condition: object, *shown: object) -> None:
    """Raise AssertionError, with what is shown, unless the condition holds."""
    if not condition:
        raise AssertionError(*shown)


def refuses(
    module: types.ModuleType, outcome: str, message: str, action: Callable[..., object], *arguments: object
) -> None:
    """Expect that an action raises the module's Rejected or Declined, with a message that contains this one."""
    try:
        action(*arguments)
    except getattr(module, outcome) as problem:
        expect(message in str(problem), message, str(problem))
    else:
        raise AssertionError(f"not {outcome}: {message}")


@contextmanager
def replaced(owner: Any, **values: Any) -> Iterator[None]:
    """Set attributes for a while."""
    before = {name: getattr(owner, name) for name in values}
    for name, value in values.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(owner, name, value)


def spent(module: types.ModuleType, action: Callable[..., object], *arguments: object) -> int:
    """Return how much of the budget of work an action takes."""
    module._left[0] = module.MAX_WORK
    action(*arguments)
    left: int = module._left[0]
    module._left[0] = module.MAX_WORK
    return int(module.MAX_WORK) - left


def first_wrong(module: types.ModuleType, facts: Sequence[Fact] | None = None) -> str | None:
    """Return the name of the first fact that does not hold of a module, None if all (by default all FACTS) do."""
    for each in FACTS if facts is None else facts:
        try:
            each(module)
        except Exception as problem:  # whatever a mutant raises
            return f"{each.__name__}: {type(problem).__name__} {problem}"[:300]
    return None
