"""Formula: a SymPy expression turned into a straight-line program that any arithmetic can run.

SymPy only holds the expression. Whoever evaluates it (balls, Taylor coefficients, exact constants, polynomials) passes
an :class:`Arithmetic`, so that one walk serves them all and nothing that SymPy simplifies or approximates is believed:
:class:`Difference` subtracts two expressions itself, and checks that both are defined even where terms cancel.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cmp_to_key, lru_cache
from typing import Any, Protocol, Self, TypeVar

import sympy

from ntkproofs.errors import DomainError, InputError
from ntkproofs.rigor.balls import Ball, as_fraction

__all__ = [
    "FUNCTIONS",
    "Arithmetic",
    "BallArithmetic",
    "Difference",
    "Formula",
    "Instruction",
    "Number",
    "as_expression",
    "check_names",
    "difference",
    "enclose",
    "formula",
]

FUNCTIONS = {  # by the class itself: a user's own function of the same name is another function
    sympy.exp: "exp",
    sympy.log: "log",
    sympy.sin: "sin",
    sympy.cos: "cos",
    sympy.atan: "atan",
    sympy.asin: "asin",
    sympy.acos: "acos",
}
PARTIAL = ("divide", "sqrt", "log", "asin", "acos")  # operations that are undefined for some real arguments

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_RESERVED = {"pi", "E", "I", "oo", "zoo", "nan", "sqrt", "ln", *FUNCTIONS.values()} | {
    "all", "and", "are", "both", "constants", "defined", "for", "integers", "sides", "whenever", "wherever"
}  # fmt: skip


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


def check_names(symbols: Iterable[object]) -> None:
    """Refuse a symbol whose name could be read as something else, and two symbols of one name; InputError.

    A name is a letter followed by letters, digits and underscores (ASCII), and not that of a function, a constant or a
    word of the statement around it.

    >>> check_names([sympy.Symbol("n"), sympy.Symbol("pi")])
    Traceback (most recent call last):
      ...
    ntkproofs.errors.InputError: a symbol cannot be called 'pi', which means something else in a statement
    """
    seen: dict[str, sympy.Symbol] = {}
    for symbol in symbols:
        if type(symbol) not in (sympy.Symbol, sympy.Dummy):
            raise InputError(f"a variable must be a sympy.Symbol, got {type(symbol).__name__} {symbol!r}")
        name = symbol.name  # type: ignore[attr-defined]
        if not _IDENTIFIER.fullmatch(name):
            raise InputError(
                f"{name!r} is not the name of a symbol: a letter, then letters, digits and underscores (ASCII)"
            )
        if name in _RESERVED:
            raise InputError(f"a symbol cannot be called {name!r}, which means something else in a statement")
        if seen.setdefault(name, symbol) != symbol:
            raise InputError(f"two different symbols are called {name} (their assumptions differ): use one of them")


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
class Instruction:
    """One step: apply `name` to earlier results. Leaves hold their constant or symbol in `data`."""

    name: str
    arguments: tuple[int, ...] = ()
    data: Any = None


@dataclass(frozen=True)
class _Part:
    """Instructions that can be run: each refers to earlier ones; `places` are their places in the whole program."""

    instructions: tuple[Instruction, ...]
    result: int
    places: tuple[int, ...]

    @property
    def symbols(self) -> frozenset[sympy.Symbol]:
        """The symbols that are read."""
        return frozenset(instruction.data for instruction in self.instructions if instruction.name == "symbol")

    def run(self, values: Mapping[sympy.Symbol, T], arithmetic: Arithmetic[T]) -> T:
        """Run all instructions and return the result."""
        results: list[T] = []
        for instruction in self.instructions:
            arguments = [results[place] for place in instruction.arguments]
            results.append(_apply(instruction, arguments, values, arithmetic))
        return results[self.result]


class _Program:
    """Instructions for one or more expressions; equal subexpressions are computed once."""

    def __init__(self) -> None:
        self.instructions: list[Instruction] = []
        self._places: dict[tuple[str, tuple[int, ...], Any], int] = {}
        self._known: dict[sympy.Expr, int] = {}  # a nested kernel repeats its parts: walk each of them once

    def part(self, goals: Iterable[int], result: int) -> _Part:
        """Return the instructions on which `goals` depend, themselves included, as a program of their own."""
        found, stack = set(), list(goals)
        while stack:
            place = stack.pop()
            if place not in found:
                found.add(place)
                stack += self.instructions[place].arguments
        moved = {old: new for new, old in enumerate(sorted(found))}
        chosen = (self.instructions[old] for old in moved)
        return _Part(
            tuple(Instruction(one.name, tuple(moved[each] for each in one.arguments), one.data) for one in chosen),
            moved[result],
            tuple(moved),
        )

    def partial(self, steps: Iterable[int]) -> Iterator[int]:
        """Give those of `steps` that are undefined for some arguments."""
        for step in steps:
            instruction = self.instructions[step]
            if instruction.name in PARTIAL and not self._total(instruction):
                yield step

    def _total(self, instruction: Instruction) -> bool:
        """Tell whether the argument is a rational constant at which the operation is defined."""
        argument = self.instructions[instruction.arguments[-1]]
        if argument.name != "rational":
            return False
        value: Fraction = argument.data
        return {"divide": value != 0, "sqrt": value >= 0, "log": value > 0}.get(instruction.name, abs(value) <= 1)

    # --- compiling

    def emit(self, name: str, arguments: tuple[int, ...] = (), data: Any = None) -> int:
        """Return the place of an instruction, a new one if there is none."""
        key = (name, arguments, data)
        if key not in self._places:
            self._places[key] = len(self.instructions)
            self.instructions.append(Instruction(name, arguments, data))
        return self._places[key]

    def compile(self, node: sympy.Expr) -> int:
        """Return the place of a node's value."""
        if node not in self._known:
            self._known[node] = self._walk(node)
        return self._known[node]

    def _walk(self, node: sympy.Expr) -> int:
        if node.func in (sympy.Add, sympy.Mul, sympy.Pow):
            return self._operation(node)
        if node.func in FUNCTIONS and len(node.args) == 1:
            return self.emit(FUNCTIONS[node.func], (self.compile(node.args[0]),))
        return self._leaf(node)

    def _operation(self, node: sympy.Expr) -> int:
        if node.func is sympy.Add:
            return self._fold("add", [self.compile(part) for part in node.args])
        return self.product(node.args) if node.func is sympy.Mul else self._power(*node.args)

    def _leaf(self, node: sympy.Expr) -> int:
        if isinstance(node, sympy.Rational):
            return self.emit("rational", data=Fraction(int(node.p), int(node.q)))
        if node is sympy.S.Pi:
            return self.emit("pi")
        if node is sympy.S.Exp1:
            return self.emit("exp", (self.emit("rational", data=Fraction(1)),))
        if type(node) in (sympy.Symbol, sympy.Dummy):
            return self.emit("symbol", data=node)
        if node in (sympy.zoo, sympy.oo, -sympy.oo, sympy.nan):
            raise DomainError(f"the expression contains {node}: it is undefined")
        raise InputError(
            f"{node} ({type(node).__name__}) is not in the grammar: exact rationals, pi, symbols, + - * /, "
            f"integer and half-integer powers, {', '.join(FUNCTIONS.values())}"
        )

    def _fold(self, name: str, places: list[int]) -> int:
        total = places[0]
        for place in places[1:]:
            total = self.emit(name, (total, place))
        return total

    def product(self, factors: Iterable[sympy.Expr]) -> int:
        """Compile numerator / denominator, so that each quotient is one division."""
        above: list[int] = []
        below: list[int] = []
        for factor in factors:
            if _is_reciprocal(factor):
                below.append(self._power(factor.base, -factor.exp))
            else:
                above.append(self.compile(factor))
        top = self._fold("multiply", above) if above else self.emit("rational", data=Fraction(1))
        return self.emit("divide", (top, self._fold("multiply", below))) if below else top

    def _power(self, base: sympy.Expr, exponent: sympy.Expr) -> int:
        if not isinstance(exponent, sympy.Rational) or exponent.q not in (1, 2) or exponent.p == 0:
            raise InputError(
                f"{base}**({exponent}) is not in the grammar: integer and half-integer powers only, and not 0"
            )
        if exponent < 0:
            one = self.emit("rational", data=Fraction(1))
            return self.emit("divide", (one, self._power(base, -exponent)))
        place = self.compile(base)
        if exponent.q == 2:
            place = self.emit("sqrt", (place,))
        return place if exponent.p == 1 else self.emit("power", (place,), int(exponent.p))

    # --- subtracting

    def subtract(self, left: sympy.Expr, right: sympy.Expr) -> int:
        """Return the place of ``right - left``, with the terms that both have in common subtracted exactly."""
        terms: dict[sympy.Expr, Fraction] = {}
        for side, sign in ((right, Fraction(1)), (left, Fraction(-1))):
            _add_terms(terms, side, sign)
        constant = terms.pop(sympy.S.One, Fraction(0))
        listed = [_scaled(term, factor) for term, factor in terms.items() if factor]
        listed.sort(key=cmp_to_key(_by_expression))
        places = [self.product(factors) for _, factors in listed]
        if constant or not places:
            places.insert(0, self.emit("rational", data=constant))
        return self._fold("add", places)


def _is_reciprocal(factor: sympy.Expr) -> bool:
    return factor.func is sympy.Pow and isinstance(factor.exp, sympy.Rational) and bool(factor.exp < 0)


def _add_terms(terms: dict[sympy.Expr, Fraction], node: sympy.Expr, factor: Fraction) -> None:
    """Add ``factor * node`` to a linear combination ``{term: coefficient}``; only sums and rational factors are split.

    Nothing is dropped: a term whose coefficient becomes 0 is still compiled as a part of its side.
    """
    if node.func is sympy.Add:
        for part in node.args:
            _add_terms(terms, part, factor)
        return
    rest: list[sympy.Expr] = [node]
    if node.func is sympy.Mul:
        rest = [part for part in node.args if not isinstance(part, sympy.Rational)]
        for part in node.args:
            if isinstance(part, sympy.Rational):
                factor *= Fraction(int(part.p), int(part.q))
    elif isinstance(node, sympy.Rational):
        rest, factor = [], factor * Fraction(int(node.p), int(node.q))
    if len(rest) == 1 and rest[0] is not node:
        _add_terms(terms, rest[0], factor)
        return
    term = node if rest == [node] else sympy.Mul(*rest, evaluate=False) if rest else sympy.S.One
    terms[term] = terms.get(term, Fraction(0)) + factor


def _by_expression(
    first: tuple[sympy.Expr, tuple[sympy.Expr, ...]], second: tuple[sympy.Expr, tuple[sympy.Expr, ...]]
) -> int:
    return int(first[0].compare(second[0]))


def _scaled(term: sympy.Expr, factor: Fraction) -> tuple[sympy.Expr, tuple[sympy.Expr, ...]]:
    """Return a term with its coefficient: as an expression to sort by, and as factors."""
    parts = term.args if term.func is sympy.Mul else (term,)
    if factor == 1:
        return term, parts
    factors = (sympy.Rational(factor.numerator, factor.denominator), *parts)
    return sympy.Mul(*factors, evaluate=False), factors


def _apply(
    instruction: Instruction, arguments: list[T], values: Mapping[sympy.Symbol, T], arithmetic: Arithmetic[T]
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


class Formula:
    """A SymPy expression compiled for evaluation; equal subexpressions are computed once.

    Allowed: exact rationals, pi, symbols, ``+ - * /``, integer and half-integer powers, ``exp log sin cos atan asin
    acos``. Anything else, a float above all, raises InputError that names it.

    `instructions`: the program, in which each instruction refers to earlier ones; `result`: the place of the value;
    `symbols`: those that occur; `total`: whether the form alone shows that it is defined everywhere.

    >>> x = sympy.Symbol("x")
    >>> print(Formula(sympy.sqrt(1 - x**2)).evaluate({x: Ball(Fraction(3, 5), precision=30)}, BallArithmetic(30)))
    0.8000000 ± 3e-9
    """

    def __init__(self, expression: sympy.Expr) -> None:
        self.expression = as_expression(expression, "a formula")
        program = _Program()
        result = program.compile(self.expression)
        self._part = program.part([result], result)
        self.instructions, self.result = self._part.instructions, self._part.result
        self.symbols = self._part.symbols
        self.total = not any(True for _ in program.partial(self._part.places))
        check_names(self.symbols)

    def evaluate(self, values: Mapping[sympy.Symbol, T], arithmetic: Arithmetic[T]) -> T:
        """Run the formula; `values` gives each symbol's value. Raises InputError for a symbol without one."""
        return self._part.run(values, arithmetic)


class Difference:
    """``right - left``, compiled so that common terms cancel in the value but not in the question where it is defined.

    >>> x = sympy.Symbol("x")
    >>> both = Difference(1 / x, 1 + 1 / x)
    >>> both.evaluate({x: Ball(3, precision=30)}, BallArithmetic(30)) == 1
    True
    >>> both.evaluate({x: Ball(0, precision=30)}, BallArithmetic(30))
    Traceback (most recent call last):
      ...
    ntkproofs.errors.DomainError: division by zero
    """

    def __init__(self, left: sympy.Expr, right: sympy.Expr) -> None:
        program = _Program()
        first, second = program.compile(left), program.compile(right)
        sides = program.part([first, second], second)
        result = program.subtract(left, right)
        guards = list(program.partial(sides.places))
        self._unguarded = program.part([result], result)
        self._guarded = program.part([result, *guards], result)
        self.symbols, self.total = sides.symbols, not guards
        check_names(self.symbols)

    def evaluate(self, values: Mapping[sympy.Symbol, T], arithmetic: Arithmetic[T], *, guarded: bool = True) -> T:
        """Return the difference; with `guarded`, every division, root and so on of both sides is evaluated as well.

        Raises DomainError or Undecided as the arithmetic does where one of them is undefined or not known to be
        defined. ``guarded=False`` is for a caller that knows that both sides are defined.
        """
        return (self._guarded if guarded else self._unguarded).run(values, arithmetic)


@lru_cache(maxsize=4096)
def formula(expression: sympy.Expr) -> Formula:
    """Return the compiled form of `expression`, remembered (it is pure)."""
    return Formula(expression)


@lru_cache(maxsize=4096)
def difference(left: sympy.Expr, right: sympy.Expr) -> Difference:
    """Return the compiled form of ``right - left``, remembered (it is pure)."""
    return Difference(left, right)


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
