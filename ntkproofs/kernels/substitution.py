"""Substitution into nested formulas: every shared part once, and no question that SymPy would answer by evaluation.

A kernel of many layers contains the correlation of the layer below several times; as a tree it grows exponentially.
And SymPy, asked for the root of a sum of numbers, evaluates the sum numerically to learn its sign: it walks that tree.
"""

from __future__ import annotations

from functools import lru_cache

import sympy

__all__ = ["substituted"]

NESTED = 2  # roots and functions within each other that SymPy may still simplify


@lru_cache(maxsize=4096)
def substituted(expression: sympy.Expr, symbol: sympy.Symbol, value: sympy.Expr) -> sympy.Expr:
    """Return `expression` with `value` for `symbol`, in time that grows with the number of different parts.

    Parts with few nested roots and functions are simplified as by ``subs``; deeper ones stay as they are written.

    >>> x = sympy.Symbol("x")
    >>> substituted(sympy.sqrt(1 - x**2) + sympy.acos(x), x, sympy.Rational(3, 5))
    4/5 + acos(3/5)
    """
    results: dict[sympy.Basic, tuple[sympy.Basic, int]] = {symbol: (value, 0)}  # part -> the new part, how nested it is
    waiting: list[sympy.Basic] = [expression]
    while waiting:
        part = waiting[-1]
        missing = [argument for argument in part.args if argument not in results]
        if part in results or not missing:
            waiting.pop()
            results.setdefault(part, _rebuilt(part, results))
        else:
            waiting += missing
    return results[expression][0]


def _rebuilt(part: sympy.Basic, results: dict[sympy.Basic, tuple[sympy.Basic, int]]) -> tuple[sympy.Basic, int]:
    if not part.args or part in results:
        return results.get(part, (part, 0))
    arguments = [results[argument][0] for argument in part.args]
    depth = max(results[argument][1] for argument in part.args)
    if arguments == list(part.args) and depth == 0:
        return part, 0
    new = part.func(*arguments) if depth < NESTED else part.func(*arguments, evaluate=False)
    steep = isinstance(new, sympy.Function) or (isinstance(new, sympy.Pow) and not new.exp.is_Integer)
    return new, depth + steep if new.args else 0
