"""Substitution into nested formulas that visits each shared subexpression once and evaluates nothing numerically.

A kernel of many layers contains the correlation of the layer below several times, so as a tree it grows exponentially
with the number of layers. SymPy, asked for the root of a sum of numbers, evaluates that sum numerically to determine
its sign, and visits the whole tree.
"""

from __future__ import annotations

from functools import lru_cache

import sympy

__all__ = ["substituted"]

NESTED = 2  # nested roots and functions that SymPy may still simplify


@lru_cache(maxsize=4096)
def substituted(expression: sympy.Expr, symbol: sympy.Symbol, value: sympy.Expr) -> sympy.Expr:
    """Return `expression` with `value` for `symbol`, in time linear in the number of distinct subexpressions.

    Subexpressions with at most two nested roots and functions are simplified as by ``subs``; deeper ones are kept
    unevaluated.

    >>> x = sympy.Symbol("x")
    >>> substituted(sympy.sqrt(1 - x**2) + sympy.acos(x), x, sympy.Rational(3, 5))
    4/5 + acos(3/5)
    """
    results: dict[sympy.Basic, tuple[sympy.Basic, int]] = {symbol: (value, 0)}  # part -> new part, nesting
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
    nesting = max(results[argument][1] for argument in part.args)
    if arguments == list(part.args) and nesting == 0:
        return part, 0
    new = part.func(*arguments) if nesting < NESTED else part.func(*arguments, evaluate=False)
    steep = isinstance(new, sympy.Function) or (isinstance(new, sympy.Pow) and not new.exp.is_Integer)
    return new, nesting + steep if new.args else 0
