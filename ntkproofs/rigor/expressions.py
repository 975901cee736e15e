"""Formula: a SymPy expression turned into a straight-line program that any arithmetic can run.

SymPy only holds the expression. Whoever evaluates it (balls, Taylor coefficients, exact constants, polynomials) passes
an :class:`Arithmetic`, so that one walk serves them all and nothing that SymPy simplifies or approximates is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Protocol, Self, TypeVar

import sympy

from ntkproofs.errors import DomainError, InputError
from ntkproofs.rigor.balls import Ball, as_fraction

__all__ = ["Arithmetic", "BallArithmetic", "Formula", "Number", "as_expression", "enclose", "formula"]

FUNCTIONS = ("exp", "log", "sin", "cos", "atan", "asin", "acos")


class Number(Protocol):
    """What a value must be able to do so that a formula can be run on it."""

    def __add__(self, other: Any) -> Self: ...
    def __sub__(self, other: Any) -> Self: ...
    def __mul__(self, other: Any) -> Self: ...
    def __truediv__(self, other: Any) -> Self: ...
    def __pow__(self, exponent: int) -> Self: ...
    def sqrt(self) -> Self:
        """Return the square root."""


T = TypeVar("T", bound=Number)
T_co = TypeVar("T_co", bound=Number, covariant=True)


class Arithmetic(Protocol[T_co]):
    """Where a formula's constants live."""

    def rational(self, value: Fraction) -> T_co:
        """Return the exact constant `value`."""

    def pi(self) -> T_co:
        """Return the constant pi."""


def as_expression(value: object, what: str = "an expression") -> sympy.Expr:
    """Return a SymPy expression as it is and an exact number as one; anything else (texts above all) is refused.

    >>> as_expression(Fraction(1, 2)), as_expression(sympy.pi)
    (1/2, pi)
    """
    if isinstance(value, sympy.Expr):
        return value
    fraction = as_fraction(value, what)
    return sympy.Rational(fraction.numerator, fraction.denominator)


@dataclass(frozen=True)
class BallArithmetic:
    """Balls of a given precision (bits)."""

    precision: int

    def rational(self, value: Fraction) -> Ball:
        """Return a ball that contains `value`."""
        return Ball(value, precision=self.precision)

    def pi(self) -> Ball:
        """Return a ball that contains pi."""
        return Ball.pi(precision=self.precision)


@dataclass(frozen=True)
class _Instruction:
    """One step: apply `name` to earlier results. Leaves hold their constant or symbol in `data`."""

    name: str
    arguments: tuple[int, ...] = ()
    data: Any = None


class Formula:
    """A SymPy expression compiled for evaluation; equal subexpressions are computed once.

    Allowed: exact rationals, pi, symbols, ``+ - * /``, integer and half-integer powers, ``exp log sin cos atan asin
    acos``. Anything else, a float above all, raises InputError that names it.

    >>> x = sympy.Symbol("x")
    >>> print(Formula(sympy.sqrt(1 - x**2)).evaluate({x: Ball(Fraction(3, 5), precision=30)}, BallArithmetic(30)))
    0.8000000 ± 3e-9
    """

    def __init__(self, expression: sympy.Expr) -> None:
        self.expression = as_expression(expression, "a formula")
        self._program: list[_Instruction] = []
        self._places: dict[tuple[str, tuple[int, ...], Any], int] = {}
        self._known: dict[sympy.Expr, int] = {}  # a nested kernel repeats its parts: walk each of them once
        self._result = self._compile(self.expression)
        self.symbols: frozenset[sympy.Symbol] = frozenset(
            instruction.data for instruction in self._program if instruction.name == "symbol"
        )

    def evaluate(self, values: Mapping[sympy.Symbol, T], arithmetic: Arithmetic[T]) -> T:
        """Run the formula; `values` gives each symbol's value. Raises InputError for a symbol without one."""
        results: list[T] = []
        for instruction in self._program:
            arguments = [results[place] for place in instruction.arguments]
            results.append(self._apply(instruction, arguments, values, arithmetic))
        return results[self._result]

    @staticmethod
    def _apply(
        instruction: _Instruction,
        arguments: list[T],
        values: Mapping[sympy.Symbol, T],
        arithmetic: Arithmetic[T],
    ) -> T:
        name = instruction.name
        if name == "symbol":
            if instruction.data not in values:
                raise InputError(f"no value given for the symbol {instruction.data}")
            value: T = values[instruction.data]
            return value
        if name == "rational":
            return arithmetic.rational(instruction.data)
        if name == "pi":
            return arithmetic.pi()
        if name == "add":
            return arguments[0] + arguments[1]
        if name == "multiply":
            return arguments[0] * arguments[1]
        if name == "divide":
            return arguments[0] / arguments[1]
        if name == "power":
            power: T = arguments[0] ** instruction.data
            return power
        method: Callable[[], T] = getattr(arguments[0], name)
        result: T = method()
        return result

    # --- compiling

    def _emit(self, name: str, arguments: tuple[int, ...] = (), data: Any = None) -> int:
        key = (name, arguments, data)
        if key not in self._places:
            self._places[key] = len(self._program)
            self._program.append(_Instruction(name, arguments, data))
        return self._places[key]

    def _compile(self, node: sympy.Expr) -> int:
        if node not in self._known:
            self._known[node] = self._walk(node)
        return self._known[node]

    def _walk(self, node: sympy.Expr) -> int:
        if node.is_Rational:
            return self._emit("rational", data=Fraction(int(node.p), int(node.q)))
        if node is sympy.S.Pi:
            return self._emit("pi")
        if node is sympy.S.Exp1:
            return self._emit("exp", (self._emit("rational", data=Fraction(1)),))
        if node.is_Symbol:
            return self._emit("symbol", data=node)
        if node.is_Add:
            return self._fold("add", [self._compile(part) for part in node.args])
        if node.is_Mul:
            return self._product(node)
        if node.is_Pow:
            return self._power(node.base, node.exp)
        name = type(node).__name__
        if name in FUNCTIONS and len(node.args) == 1:
            return self._emit(name, (self._compile(node.args[0]),))
        if node in (sympy.zoo, sympy.oo, -sympy.oo, sympy.nan):
            raise DomainError(f"the expression contains {node}: it is undefined")
        raise InputError(
            f"{node} ({name}) is not in the grammar: exact rationals, pi, symbols, + - * /, "
            f"integer and half-integer powers, {', '.join(FUNCTIONS)}"
        )

    def _fold(self, name: str, places: list[int]) -> int:
        total = places[0]
        for place in places[1:]:
            total = self._emit(name, (total, place))
        return total

    def _product(self, node: sympy.Mul) -> int:
        """Compile numerator / denominator, so that each quotient is one division."""
        above: list[int] = []
        below: list[int] = []
        for factor in node.args:
            if factor.is_Pow and factor.exp.is_Rational and factor.exp < 0:
                below.append(self._power(factor.base, -factor.exp))
            else:
                above.append(self._compile(factor))
        top = self._fold("multiply", above) if above else self._emit("rational", data=Fraction(1))
        return self._emit("divide", (top, self._fold("multiply", below))) if below else top

    def _power(self, base: sympy.Expr, exponent: sympy.Expr) -> int:
        if not exponent.is_Rational or exponent.q not in (1, 2):
            raise InputError(f"{base}**({exponent}) is not in the grammar: integer and half-integer powers only")
        if exponent < 0:
            one = self._emit("rational", data=Fraction(1))
            return self._emit("divide", (one, self._power(base, -exponent)))
        place = self._compile(base)
        if exponent.q == 2:
            place = self._emit("sqrt", (place,))
        return place if exponent.p == 1 else self._emit("power", (place,), int(exponent.p))


@lru_cache(maxsize=4096)
def formula(expression: sympy.Expr) -> Formula:
    """Return the compiled form of `expression`, remembered (it is pure)."""
    return Formula(expression)


def enclose(expression: sympy.Expr, values: Mapping[sympy.Symbol, Any] | None = None, *, precision: int) -> Ball:
    """Return a ball that contains the value of `expression` at exact rational (or ball) `values`.

    >>> n = sympy.Symbol("n")
    >>> print(enclose(sympy.acos(1 / sympy.sqrt(n)), {n: 2}, precision=60))
    0.7853981633974483…
    """
    arithmetic = BallArithmetic(precision)
    balls = {
        symbol: value if isinstance(value, Ball) else arithmetic.rational(as_fraction(value, f"the value of {symbol}"))
        for symbol, value in (values or {}).items()
    }
    return formula(expression).evaluate(balls, arithmetic)
