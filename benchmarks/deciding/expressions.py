"""Trees as SymPy expressions that are not simplified: what is decided is the formula as it was written.

Only rational constants are computed, sums and products are flattened, and equal factors become a power.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy

from benchmarks.deciding.trees import Tree, constant
from ntkproofs.errors import InputError

__all__ = ["expression"]

_FUNCTIONS: dict[str, Callable[..., sympy.Expr]] = {
    **{name: getattr(sympy, name) for name in ("exp", "log", "sin", "cos", "tan", "asin", "acos", "atan")},
    **{name: getattr(sympy, name) for name in ("sinh", "cosh", "tanh", "erf", "erfc", "factorial", "gamma")},
    "abs": sympy.Abs,
    "min": sympy.Min,
    "max": sympy.Max,
}


def expression(tree: Tree, symbols: Mapping[str, sympy.Symbol]) -> sympy.Expr:
    """Return a tree as an expression of SymPy in `symbols`."""
    exact = constant(tree)
    if exact is not None:
        return sympy.Rational(exact.numerator, exact.denominator)
    if tree[0] in ("name", "pi", "e"):
        return symbols[tree[1]] if tree[0] == "name" else sympy.pi if tree[0] == "pi" else sympy.E
    parts = [expression(part, symbols) for part in tree[1:]]
    if tree[0] in ("+", "-", "*", "/", "^"):
        return _ARITHMETIC[tree[0]](*parts)
    if tree[0] in ("sqrt", "cbrt"):
        return _power(parts[0], sympy.Rational(1, 2 if tree[0] == "sqrt" else 3))
    return _FUNCTIONS[tree[0]](*parts, evaluate=False)


def _arguments(kind: Any, *parts: sympy.Expr) -> list[sympy.Expr]:
    return [item for part in parts for item in (part.args if part.func is kind else (part,))]


def _sum(first: sympy.Expr, second: sympy.Expr) -> sympy.Expr:
    return sympy.Add(*_arguments(sympy.Add, first, second), evaluate=False)


def _product(first: sympy.Expr, second: sympy.Expr) -> sympy.Expr:
    factors = _arguments(sympy.Mul, first, second)
    scale = sympy.Integer(1)
    powers: dict[sympy.Expr, sympy.Expr] = {}
    others: list[sympy.Expr] = []
    for factor in factors:
        base, exponent = (factor.base, factor.exp) if factor.func is sympy.Pow else (factor, sympy.Integer(1))
        if isinstance(factor, sympy.Rational):
            scale *= factor
        elif isinstance(exponent, sympy.Integer) and exponent > 0:
            powers[base] = powers.get(base, 0) + exponent
        else:
            others.append(factor)
    result = [_power(base, exponent) for base, exponent in powers.items()] + others
    if scale != 1 or not result:
        result.insert(0, scale)
    return result[0] if len(result) == 1 else sympy.Mul(*result, evaluate=False)


def _reciprocal(base: sympy.Expr) -> sympy.Expr:
    if base.func is sympy.Pow and isinstance(base.exp, sympy.Rational) and base.exp > 0:
        return sympy.Pow(base.base, -base.exp, evaluate=False)
    if isinstance(base, sympy.Rational) and base != 0:
        return 1 / base
    return sympy.Pow(base, -1, evaluate=False)


def _power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    if exponent == 1:
        return base
    if exponent == 0:
        raise InputError("a power with the exponent 0")
    if base is sympy.E:
        return sympy.exp(exponent, evaluate=False)
    return sympy.Pow(base, exponent, evaluate=False)


_ARITHMETIC: dict[str, Callable[[sympy.Expr, sympy.Expr], sympy.Expr]] = {
    "+": _sum,
    "-": lambda first, second: _sum(first, _product(sympy.Integer(-1), second)),
    "*": _product,
    "/": lambda first, second: _product(first, _reciprocal(second)),
    "^": _power,
}
