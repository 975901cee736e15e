"""Relations of formulas and their connectives, and what of it is an inequality over ranges of variables.

A formula is ``("<" | "<=" | "=", left, right)``, ``("and" | "or", formula, ...)``, ``("not", formula)`` or
``("=>", first, second)``. A problem is read from what contradicts it: bounds of variables, and the negated inequality.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeAlias

import mpmath

from benchmarks.deciding.oracle import Undefined, value
from benchmarks.deciding.problem import NotTaken, Problem, Range, ordered
from benchmarks.deciding.trees import Tree, constant, names, number, substituted

__all__ = ["Formula", "Relation", "conjuncts", "inequality", "relation"]

Formula: TypeAlias = tuple[Any, ...]
Relation: TypeAlias = tuple[str, Tree, Tree]


def relation(sign: str, left: Tree, right: Tree) -> Relation:
    """Return a relation by ``<``, ``<=`` or ``=``; ``>`` and ``>=`` are turned round."""
    return (sign, left, right) if sign in ("<", "<=", "=") else (sign.replace(">", "<"), right, left)


def conjuncts(formula: Formula, *, positive: bool = True) -> Iterator[Relation]:
    """Yield the relations whose conjunction is the formula (or its negation); NotTaken if it is no conjunction."""
    kind, *parts = formula
    if kind == "not":
        yield from conjuncts(parts[0], positive=not positive)
    elif kind == "=>":
        yield from conjuncts(("or", ("not", parts[0]), parts[1]), positive=positive)
    elif kind in ("and", "or"):
        if len(parts) > 1 and (kind == "and") != positive:
            raise NotTaken("a disjunction of inequalities")
        for part in parts:
            yield from conjuncts(part, positive=positive)
    elif positive:
        yield (kind, parts[0], parts[1])
    elif kind == "=":
        raise NotTaken("an equation to be proved")
    else:
        yield ("<" if kind == "<=" else "<=", parts[1], parts[0])


def inequality(name: str, group: str, relations: Iterable[Relation], negated: Relation, expected: str) -> Problem:
    """Return the problem that ``relations`` and ``negated`` exclude one another; NotTaken if they are no bounds."""
    if negated[0] == "=":
        raise NotTaken("an equation to be excluded")
    bounds, negated = _without_equations(list(relations), negated)
    ranges = _Ranges({name for item in (*bounds, negated) for side in item[1:] for name in names(side)})
    for item in bounds:
        ranges.restrict(item)
    sign, right, left = negated  # not (right <= left), so left < right
    used = {*names(left), *names(right)}
    return Problem(name, group, ranges.result(used), left, right, strict=sign == "<=", expected=expected)


def _without_equations(relations: list[Relation], negated: Relation) -> tuple[list[Relation], Relation]:
    """Return relations without equations of the form ``x = formula``: the formula is substituted."""
    for index, (sign, first, second) in enumerate(relations):
        if sign != "=":
            continue
        if first[0] != "name" or first[1] in names(second):
            first, second = second, first
        if first[0] != "name" or first[1] in names(second):
            raise NotTaken("an equation that is not of the form x = formula")
        values = {first[1]: second}
        rest = [*relations[:index], *relations[index + 1 :]]
        replaced = [_replaced(item, values) for item in rest]
        return _without_equations(replaced, _replaced(negated, values))
    return relations, negated


def _replaced(item: Relation, values: dict[str, Tree]) -> Relation:
    return (item[0], substituted(item[1], values), substituted(item[2], values))


class _Ranges:
    """Ranges of variables, restricted by one relation after the other."""

    def __init__(self, variables: set[str]) -> None:
        self._ranges = {name: Range(name, None, None) for name in sorted(variables)}
        self._pairs: list[Relation] = []

    def restrict(self, item: Relation) -> None:
        """Restrict a range; NotTaken for a relation that is no bound."""
        sign, first, second = _solved(item)
        if first[0] == "abs" and first[1][0] == "name" and constant(second) is not None:
            self.restrict((sign, first[1], second))
            self.restrict((sign, ("*", number(-1), second), first[1]))
        elif first[0] == "name" and second[0] == "name":
            self._pairs.append((sign, first, second))
        elif first[0] == "name" and first[1] not in names(second):
            self._bound(first[1], second, "high", open_=sign == "<")
        elif second[0] == "name" and second[1] not in names(first):
            self._bound(second[1], first, "low", open_=sign == "<")
        elif not {*names(first), *names(second)}:
            _check_true(sign, first, second)
        else:
            raise NotTaken("a hypothesis that is not a bound of one variable")

    def _bound(self, name: str, end: Tree, side: str, *, open_: bool) -> None:
        item = self._ranges[name]
        old = item.high if side == "high" else item.low
        order = -1 if old is None else _compare(end, old) * (1 if side == "high" else -1)
        if order < 0 or (order == 0 and open_):
            self._ranges[name] = replace(item, **{side: end, f"{side}_open": open_})

    def result(self, used: set[str]) -> tuple[Range, ...]:
        """Return the ranges of the variables that are used, in an order in which ends use earlier variables."""
        for sign, low, high in self._pairs:
            self._relate(low[1], high[1], open_=sign == "<")
        ends = [end for item in self._ranges.values() for end in (item.low, item.high) if end is not None]
        needed = used | {name for end in ends for name in names(end)}
        for item in self._ranges.values():
            _check_nonempty(item)
        return ordered([item for item in self._ranges.values() if item.name in needed])

    def _relate(self, low: str, high: str, *, open_: bool) -> None:
        """Restrict two variables by ``low < high``: the larger one gets the smaller one as its end."""
        if self._ranges[high].high is not None:
            self._bound(low, self._ranges[high].high, "high", open_=open_ or self._ranges[high].high_open)
        if self._ranges[low].low is not None:
            self._bound(high, self._ranges[low].low, "low", open_=open_ or self._ranges[low].low_open)
        if self._ranges[high].low != self._ranges[low].low or self._ranges[high].high != self._ranges[low].high:
            raise NotTaken(f"the ranges of {low} < {high} overlap")
        self._ranges[high] = replace(self._ranges[high], low=("name", low), low_open=open_)


def _solved(item: Relation) -> Relation:
    """Return ``c*x < d`` as ``x < d/c``, and what is no such relation as it is."""
    sign, first, second = item
    for left, right, turned in ((first, second, False), (second, first, True)):
        factor, variable = _scaled(left)
        if factor is None or variable is None or constant(right) is None:
            continue
        solved = right if factor == 1 else ("/", right, number(factor))
        return (sign, variable, solved) if (factor > 0) != turned else (sign, solved, variable)
    return item


def _scaled(tree: Tree) -> tuple[Any, Tree | None]:
    if tree[0] == "name":
        return constant(number(1)), tree
    if tree[0] == "*" and constant(tree[1]) and tree[2][0] == "name":
        return constant(tree[1]), tree[2]
    return None, None


def _compare(first: Tree, second: Tree) -> int:
    """Return the sign of ``first - second`` for constants; NotTaken if they depend on variables."""
    if first == second:
        return 0
    one, two = constant(first), constant(second)
    if one is not None and two is not None:
        return (one > two) - (one < two)
    with mpmath.workdps(60):
        try:
            gap = value(first, {}) - value(second, {})
        except (KeyError, Undefined) as problem:
            raise NotTaken("two bounds of a variable, of which one is not a constant") from problem
        if abs(gap) < mpmath.mpf(10) ** -40:
            raise NotTaken("two bounds of a variable that are equal or nearly equal")
        return 1 if gap > 0 else -1


def _check_true(sign: str, first: Tree, second: Tree) -> None:
    order = _compare(first, second)
    if order > 0 or (order == 0 and sign == "<"):
        raise NotTaken("the hypotheses contradict one another")


def _check_nonempty(item: Range) -> None:
    ends = [end for end in (item.low, item.high) if end is not None]
    if len(ends) < 2 or any(True for end in ends for _ in names(end)):
        return
    order = _compare(ends[0], ends[1])
    if order > 0 or (order == 0 and (item.low_open or item.high_open)):
        raise NotTaken("the hypotheses contradict one another")
