"""What is said of an expression outside the grammar of formulas: the part, and how to write it otherwise."""

from __future__ import annotations

import re

import sympy

from ntkproofs.errors import NotInGrammar

__all__ = ["GRAMMAR", "not_in_grammar"]

GRAMMAR = (
    "exact rationals, pi, E, symbols, + - * /, powers, sqrt, exp, log, the circular and hyperbolic functions and their "
    "inverses, Abs, Max, Min, gamma, loggamma, factorial, binomial, erf, erfc"
)

_CASES = "state each case as an inequality of its own, on its part of the domain"
_COMPLEX = "complex numbers are not supported: state the inequality for real and imaginary parts"
_CLOSED_FORM = "write it in closed form (SymPy's .doit() may find one), or replace it by a bound"

REWRITES = {  # keyed by the name of SymPy's class; {0}, {1}: the arguments
    "Float": "write an exact number, such as Rational(1, 10)",
    "Piecewise": _CASES,
    "sign": _CASES,
    "Heaviside": _CASES,
    "floor": "it is not continuous; replace it by a bound, {0} - 1 < floor({0}) <= {0}",
    "ceiling": "it is not continuous; replace it by a bound, {0} <= ceiling({0}) < {0} + 1",
    "frac": "it is not continuous; replace it by a bound, 0 <= frac({0}) < 1",
    "Mod": "it is not continuous; for 0 <= {0} < {1} it is {0}",
    "atan2": "write atan(({0})/({1})) where {1} > 0, or pi/2 - atan(({1})/({0})) where {0} > 0",
    "LambertW": "w = LambertW({0}) solves w*exp(w) = {0}: take w >= -1 as the variable, and w*exp(w) for {0}",
    "acot": "write atan(1/({0})) where {0} is not 0",
    "asec": "write acos(1/({0}))",
    "acsc": "write asin(1/({0}))",
    "acoth": "write atanh(1/({0}))",
    "asech": "write acosh(1/({0}))",
    "acsch": "write asinh(1/({0}))",
    "sinc": "write sin({0})/({0}) where {0} is not 0",
    "beta": "write gamma({0})*gamma({1})/gamma({0} + {1})",
    "erf2": "write erf({1}) - erf({0})",
    "RisingFactorial": "write gamma({0} + {1})/gamma({0})",
    "FallingFactorial": "write gamma({0} + 1)/gamma({0} - ({1}) + 1)",
    "catalan": "write binomial(2*{0}, {0})/({0} + 1)",
    "GoldenRatio": "write (1 + sqrt(5))/2",
    "ImaginaryUnit": _COMPLEX,
    "re": _COMPLEX,
    "im": _COMPLEX,
    "arg": _COMPLEX,
    "conjugate": _COMPLEX,
    "Sum": _CLOSED_FORM,
    "Product": _CLOSED_FORM,
    "Integral": _CLOSED_FORM,
    "Derivative": _CLOSED_FORM,
    "Limit": _CLOSED_FORM,
    "harmonic": _CLOSED_FORM,
}


def not_in_grammar(node: sympy.Basic) -> NotInGrammar:
    """Return the error for a part of an expression that is not in the grammar: its name, and its rewrite if known.

    >>> print(not_in_grammar(sympy.asec(sympy.Symbol("x"))))
    asec(x) is not in the grammar: write acos(1/x)
    """
    name = type(node).__name__
    rewrite = REWRITES.get(name) if str(type(node).__module__).startswith("sympy.") else None
    text = _shortened(node)
    if rewrite is None:
        return NotInGrammar(f"{text} ({name}) is not in the grammar: {GRAMMAR}")
    return NotInGrammar(f"{text} is not in the grammar: {_filled(rewrite, node.args)}")


def _filled(rewrite: str, arguments: tuple[sympy.Basic, ...]) -> str:
    """Return `rewrite` with the arguments filled in, without the parentheses that they do not need."""
    for index, argument in enumerate(arguments[:2]):
        if argument.is_Symbol or (argument.is_Integer and argument.is_nonnegative):
            rewrite = re.sub(rf"(?<![a-z])\(\{{{index}\}}\)", f"{{{index}}}", rewrite)
        rewrite = rewrite.replace(f"{{{index}}}", _shortened(argument))
    return rewrite


def _shortened(node: sympy.Basic) -> str:
    text = str(node)
    return text if len(text) <= 80 else f"{text[:77]}..."
