"""Formulas as trees, before any computer algebra: the readers make them; SymPy, mpmath and Coq each get their own.

A tree is ``("number", Fraction)``, ``("name", str)``, ``("pi",)``, ``("e",)``, or an operation and its arguments:
``("+", a, b)``, ``-``, ``*``, ``/``, ``^``, or a function such as ``("sin", a)`` or ``("max", a, b)``.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, TypeAlias

__all__ = ["ARGUMENTS", "Tree", "constant", "names", "number", "substituted"]

Tree: TypeAlias = tuple[Any, ...]

ARGUMENTS = {  # of the functions
    **dict.fromkeys(("exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"), 1),
    **dict.fromkeys(("sqrt", "cbrt", "abs", "erf", "erfc", "factorial", "gamma"), 1),
    "min": 2,
    "max": 2,
}
MAX_POWER = 4096  # of a rational constant that is computed


def number(value: Fraction | int) -> Tree:
    """Return a rational constant."""
    return ("number", Fraction(value))


def names(tree: Tree) -> Iterator[str]:
    """Yield the names of the variables, with repetitions."""
    if tree[0] == "name":
        yield tree[1]
    elif tree[0] != "number":
        for part in tree[1:]:
            yield from names(part)


def substituted(tree: Tree, values: dict[str, Tree]) -> Tree:
    """Return the tree with variables replaced by trees."""
    if tree[0] == "name":
        return values.get(tree[1], tree)
    if tree[0] == "number":
        return tree
    return (tree[0], *(substituted(part, values) for part in tree[1:]))


def constant(tree: Tree) -> Fraction | None:
    """Return the value of a tree of rational numbers and arithmetic operations, or None."""
    if tree[0] == "number":
        value: Fraction = tree[1]
        return value
    if tree[0] not in ("+", "-", "*", "/", "^"):
        return None
    first, second = constant(tree[1]), constant(tree[2])
    if first is None or second is None:
        return None
    if tree[0] == "^":
        return _power(first, second)
    if tree[0] == "/":
        return first / second if second else None
    return {"+": first + second, "-": first - second, "*": first * second}[tree[0]]


def _power(base: Fraction, exponent: Fraction) -> Fraction | None:
    small = exponent.denominator == 1 and abs(exponent) <= MAX_POWER and (base or exponent > 0)
    return base ** int(exponent) if small else None
