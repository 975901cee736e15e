"""Compilation of SymPy expressions to straight-line programs, and their evaluation over any number type.

SymPy only stores the expression. A program is evaluated over an :class:`Arithmetic` (intervals, Taylor series, exact
constants, polynomials), so one compiler serves all of them, and no simplification or numerical evaluation of SymPy is
relied on. :class:`Difference` subtracts two expressions and checks that both are defined even where terms cancel.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cmp_to_key, lru_cache
from typing import Any, Protocol, Self, TypeVar

import sympy

from ntkproofs.arithmetic.balls import Ball, as_fraction
from ntkproofs.arithmetic.outside import not_in_grammar
from ntkproofs.errors import DomainError, InputError, NotInGrammar

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

FUNCTIONS = {  # keyed by class, so that a user-defined function of the same name is not recognised
    sympy.exp: "exp",
    sympy.log: "log",
    sympy.sin: "sin",
    sympy.cos: "cos",
    sympy.atan: "atan",
    sympy.asin: "asin",
    sympy.acos: "acos",
    sympy.tan: "tan",
    sympy.sinh: "sinh",
    sympy.cosh: "cosh",
    sympy.tanh: "tanh",
    sympy.asinh: "asinh",
    sympy.acosh: "acosh",
    sympy.atanh: "atanh",
    sympy.Abs: "Abs",
    sympy.gamma: "gamma",
    sympy.loggamma: "loggamma",
    sympy.erf: "erf",
    sympy.erfc: "erfc",
}
LATTICE = {sympy.Max: "Max", sympy.Min: "Min"}  # functions of any number of arguments
REWRITTEN: dict[Any, tuple[str, Callable[..., sympy.Expr]]] = {  # functions that are defined by others
    sympy.factorial: ("factorial", lambda n: sympy.gamma(n + 1)),
    sympy.binomial: ("binomial", lambda n, k: sympy.gamma(n + 1) / (sympy.gamma(k + 1) * sympy.gamma(n - k + 1))),
    sympy.sec: ("sec", lambda x: 1 / sympy.cos(x)),
    sympy.csc: ("csc", lambda x: 1 / sympy.sin(x)),
    sympy.cot: ("cot", lambda x: sympy.cos(x) / sympy.sin(x)),
    sympy.sech: ("sech", lambda x: 1 / sympy.cosh(x)),
    sympy.csch: ("csch", lambda x: 1 / sympy.sinh(x)),
    sympy.coth: ("coth", lambda x: 1 / sympy.tanh(x)),
}
PARTIAL: dict[str, Callable[[Fraction], bool]] = {
    # operations that are undefined for some real arguments, and whether they are defined at a rational constant
    "divide": lambda value: value != 0,
    "sqrt": lambda value: value >= 0,
    "log": lambda value: value > 0,
    "asin": lambda value: abs(value) <= 1,
    "acos": lambda value: abs(value) <= 1,
    "tan": lambda value: True,  # the poles are irrational
    "acosh": lambda value: value >= 1,
    "atanh": lambda value: abs(value) < 1,
    "gamma": lambda value: value > 0 or value.denominator > 1,
    "loggamma": lambda value: value > 0,
    "rational power": lambda value: value >= 0,
    "real power": lambda value: value > 0,
}

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NAMED = {*FUNCTIONS.values(), *LATTICE.values(), *(name for name, _ in REWRITTEN.values())} - {
    "gamma"
}  # a symbol may be called gamma
_RESERVED = {"pi", "E", "I", "oo", "zoo", "nan", "sqrt", "ln", *_NAMED} | {
    "all", "and", "are", "both", "constants", "defined", "for", "integers", "sides", "whenever", "wherever"
}  # fmt: skip


class Number(Protocol):
    """The operations that a number type must provide so that formulas can be evaluated on it."""

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
    """A number type, given by the conversion of constants to it."""

    def rational(self, value: Fraction) -> T_co:
        """Return the exact constant `value`."""

    def pi(self) -> T_co:
        """Return the constant pi."""


def as_expression(value: object, what: str = "an expression") -> sympy.Expr:
    """Convert an exact number to a SymPy expression; raises InputError for text and for other objects, naming `what`.

    >>> as_expression(Fraction(1, 2)), as_expression(sympy.pi)
    (1/2, pi)
    """
    if isinstance(value, sympy.Expr):
        return value
    fraction = as_fraction(value, what)
    return sympy.Rational(fraction.numerator, fraction.denominator)


def check_names(symbols: Iterable[object]) -> None:
    """Check that the names of symbols are unambiguous in a printed statement; raises InputError otherwise.

    A name is an ASCII letter followed by ASCII letters, digits and underscores. It must differ from the functions, the
    constants and the words that occur in statements, and no two symbols may have the same name.

    >>> check_names([sympy.Symbol("n"), sympy.Symbol("pi")])
    Traceback (most recent call last):
      ...
    ntkproofs.errors.InputError: the name 'pi' is reserved and cannot be the name of a symbol
    """
    by_name: dict[str, sympy.Symbol] = {}
    for symbol in symbols:
        if type(symbol) not in (sympy.Symbol, sympy.Dummy):
            raise InputError(f"a variable must be a sympy.Symbol, got {type(symbol).__name__} {symbol!r}")
        name = symbol.name  # type: ignore[attr-defined]
        if not _IDENTIFIER.fullmatch(name):
            raise InputError(
                f"{name!r} is not the name of a symbol: an ASCII letter, then letters, digits and underscores"
            )
        if name in _RESERVED:
            raise InputError(f"the name {name!r} is reserved and cannot be the name of a symbol")
        if by_name.setdefault(name, symbol) != symbol:
            raise InputError(f"two different symbols have the name {name} (their assumptions differ): use one of them")


@dataclass(frozen=True)
class BallArithmetic:
    """Interval arithmetic of a given precision (bits)."""

    precision: int

    def rational(self, value: Fraction) -> Ball:
        """Return an interval that contains `value`."""
        return Ball(value, precision=self.precision)

    def pi(self) -> Ball:
        """Return an interval that contains pi."""
        return Ball.pi(precision=self.precision)


@dataclass(frozen=True)
class Instruction:
    """One instruction: apply the operation `name` to the results of earlier instructions.

    `arguments`: the indices of these instructions; `data`: the constant, symbol or exponent.
    """

    name: str
    arguments: tuple[int, ...] = ()
    data: Any = None


@dataclass(frozen=True)
class _Subprogram:
    """Instructions that refer to each other only; `indices` are their indices in the whole program."""

    instructions: tuple[Instruction, ...]
    result: int
    indices: tuple[int, ...]

    @property
    def symbols(self) -> frozenset[sympy.Symbol]:
        """The symbols that occur."""
        return frozenset(instruction.data for instruction in self.instructions if instruction.name == "symbol")

    def run(self, values: Mapping[sympy.Symbol, T], arithmetic: Arithmetic[T]) -> T:
        """Execute all instructions and return the result."""
        results: list[T] = []
        for instruction in self.instructions:
            arguments = [results[index] for index in instruction.arguments]
            results.append(_apply(instruction, arguments, values, arithmetic))
        return results[self.result]


class _Program:
    """A program for one or more expressions, with common subexpressions computed once."""

    def __init__(self) -> None:
        self.instructions: list[Instruction] = []
        self._indices: dict[tuple[str, tuple[int, ...], Any], int] = {}
        self._compiled: dict[sympy.Expr, int] = {}  # each common subexpression is compiled once

    def subprogram(self, outputs: Iterable[int], result: int) -> _Subprogram:
        """Return the instructions on which `outputs` depend, themselves included; `result` is one of them."""
        required, stack = set(), list(outputs)
        while stack:
            index = stack.pop()
            if index not in required:
                required.add(index)
                stack += self.instructions[index].arguments
        renumbered = {old: new for new, old in enumerate(sorted(required))}
        instructions = (self.instructions[old] for old in renumbered)
        return _Subprogram(
            tuple(Instruction(i.name, tuple(renumbered[old] for old in i.arguments), i.data) for i in instructions),
            renumbered[result],
            tuple(renumbered),
        )

    def partial_operations(self, indices: Iterable[int]) -> Iterator[int]:
        """Yield those of `indices` whose operation is undefined for some arguments."""
        for index in indices:
            instruction = self.instructions[index]
            if instruction.name in PARTIAL and not self._is_defined(instruction):
                yield index

    def _is_defined(self, instruction: Instruction) -> bool:
        """Return whether the argument is a rational constant at which a partial operation is defined."""
        argument = self.instructions[instruction.arguments[1 if instruction.name == "divide" else 0]]
        return argument.name == "rational" and PARTIAL[instruction.name](argument.data)

    # --- compiling

    def emit(self, name: str, arguments: tuple[int, ...] = (), data: Any = None) -> int:
        """Return the index of an instruction, appending it if the program does not contain it."""
        key = (name, arguments, data)
        if key not in self._indices:
            self._indices[key] = len(self.instructions)
            self.instructions.append(Instruction(name, arguments, data))
        return self._indices[key]

    def compile(self, node: sympy.Expr) -> int:
        """Return the index of the instruction that computes `node`."""
        if node not in self._compiled:
            self._compiled[node] = self._walk(node)
        return self._compiled[node]

    def _walk(self, node: sympy.Expr) -> int:
        if node.func in (sympy.Add, sympy.Mul, sympy.Pow):
            return self._operation(node)
        if node.func in FUNCTIONS and len(node.args) == 1:
            return self.emit(FUNCTIONS[node.func], (self.compile(node.args[0]),))
        if node.func in LATTICE and node.args:
            return self._fold(LATTICE[node.func], [self.compile(part) for part in node.args])
        if node.func in REWRITTEN:
            return self._rewritten(REWRITTEN[node.func][1], [self.compile(part) for part in node.args])
        return self._leaf(node)

    def _rewritten(self, define: Callable[..., sympy.Expr], indices: list[int]) -> int:
        """Compile the definition of a function at arguments that are compiled already."""
        symbols = [sympy.Dummy() for _ in indices]
        self._compiled |= dict(zip(symbols, indices, strict=True))
        return self.compile(define(*symbols))

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
        raise not_in_grammar(node)

    def _fold(self, name: str, indices: list[int]) -> int:
        total = indices[0]
        for index in indices[1:]:
            total = self.emit(name, (total, index))
        return total

    def product(self, factors: Iterable[sympy.Expr]) -> int:
        """Compile a product as numerator / denominator, so that each quotient is a single division."""
        above: list[int] = []
        below: list[int] = []
        for factor in factors:
            if _is_reciprocal(factor):
                _check_divisor(factor.base)
                below.append(self._power(factor.base, -factor.exp))
            else:
                above.append(self.compile(factor))
        numerator = self._fold("multiply", above) if above else self.emit("rational", data=Fraction(1))
        return self.emit("divide", (numerator, self._fold("multiply", below))) if below else numerator

    def _power(self, base: sympy.Expr, exponent: sympy.Expr) -> int:
        if not isinstance(exponent, sympy.Rational):
            return self.emit("real power", (self.compile(base), self.compile(exponent)))
        if exponent.p == 0:
            raise NotInGrammar(f"{base}**0 is not in the grammar: write 1")
        if exponent < 0:
            _check_divisor(base)
            one = self.emit("rational", data=Fraction(1))
            return self.emit("divide", (one, self._power(base, -exponent)))
        index = self.compile(base)
        if exponent.q > 2:
            return self.emit("rational power", (index,), Fraction(int(exponent.p), int(exponent.q)))
        if exponent.q == 2:
            index = self.emit("sqrt", (index,))
        return index if exponent.p == 1 else self.emit("power", (index,), int(exponent.p))

    # --- subtracting

    def subtract(self, left: sympy.Expr, right: sympy.Expr) -> int:
        """Return the index of ``right - left``, in which the terms that both sides share are subtracted exactly."""
        terms: dict[sympy.Expr, Fraction] = {}
        for side, sign in ((right, Fraction(1)), (left, Fraction(-1))):
            _add_terms(terms, side, sign)
        constant = terms.pop(sympy.S.One, Fraction(0))
        products = [_scaled(term, factor) for term, factor in terms.items() if factor]
        products.sort(key=cmp_to_key(_compare_expressions))
        indices = [self.product(factors) for _, factors in products]
        if constant or not indices:
            indices.insert(0, self.emit("rational", data=constant))
        return self._fold("add", indices)


def _is_reciprocal(factor: sympy.Expr) -> bool:
    return factor.func is sympy.Pow and isinstance(factor.exp, sympy.Rational) and bool(factor.exp < 0)


def _check_divisor(base: sympy.Expr) -> None:
    if isinstance(base, sympy.Rational) and base == 0:
        raise DomainError("division by zero: the expression contains a negative power of the number 0")


def _add_terms(terms: dict[sympy.Expr, Fraction], node: sympy.Expr, factor: Fraction) -> None:
    """Add ``factor * node`` to a linear combination ``{term: coefficient}``; only sums and rational factors are split.

    A term whose coefficient becomes 0 stays in the combination; the two sides are compiled separately.
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


def _compare_expressions(
    first: tuple[sympy.Expr, tuple[sympy.Expr, ...]], second: tuple[sympy.Expr, tuple[sympy.Expr, ...]]
) -> int:
    return int(first[0].compare(second[0]))


def _scaled(term: sympy.Expr, factor: Fraction) -> tuple[sympy.Expr, tuple[sympy.Expr, ...]]:
    """Return the product of a term and its coefficient, as an expression (for sorting) and as factors."""
    parts = term.args if term.func is sympy.Mul else (term,)
    if factor == 1:
        return term, parts
    factors = (sympy.Rational(factor.numerator, factor.denominator), *parts)
    return sympy.Mul(*factors, evaluate=False), factors


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "Abs": operator.abs,
    "Max": lambda first, second: first.maximum(second),
    "Min": lambda first, second: first.minimum(second),
    "real power": lambda base, exponent: base.real_power(exponent),
}


def _apply(
    instruction: Instruction, arguments: list[T], values: Mapping[sympy.Symbol, T], arithmetic: Arithmetic[T]
) -> T:
    name = instruction.name
    if not arguments:
        return _operand(instruction, values, arithmetic)
    result: T
    if name in _OPERATIONS:
        result = _OPERATIONS[name](*arguments)
    elif name == "power":
        result = arguments[0] ** instruction.data
    elif name == "rational power":
        result = arguments[0].rational_power(instruction.data)  # type: ignore[attr-defined]
    else:
        result = getattr(arguments[0], name)()
    return result


def _operand(instruction: Instruction, values: Mapping[sympy.Symbol, T], arithmetic: Arithmetic[T]) -> T:
    """Return a constant or the value of a symbol."""
    if instruction.name == "rational":
        return arithmetic.rational(instruction.data)
    if instruction.name == "pi":
        return arithmetic.pi()
    if instruction.data not in values:
        raise InputError(f"no value given for the symbol {instruction.data}")
    return values[instruction.data]


class Formula:
    """A SymPy expression compiled for evaluation, with common subexpressions computed once.

    The grammar: exact rationals, pi, symbols, ``+ - * /``, powers, ``exp log sin cos tan asin acos atan sinh cosh tanh
    asinh acosh atanh Abs Min Max gamma loggamma factorial binomial erf erfc``. Raises NotInGrammar, naming the part and
    its rewrite, for anything else, floats included.

    `instructions`: the program, in which each instruction refers to earlier ones; `result`: the index of the
    instruction that computes the value; `symbols`: the symbols that occur; `total`: whether the expression contains no
    operation that may be undefined, so that it is defined everywhere.

    >>> x = sympy.Symbol("x")
    >>> print(Formula(sympy.sqrt(1 - x**2)).evaluate({x: Ball(Fraction(3, 5), precision=30)}, BallArithmetic(30)))
    0.8000000 ± 3e-9
    """

    def __init__(self, expression: sympy.Expr) -> None:
        self.expression = as_expression(expression, "a formula")
        program = _Program()
        result = program.compile(self.expression)
        self._program = program.subprogram([result], result)
        self.instructions, self.result = self._program.instructions, self._program.result
        self.symbols = self._program.symbols
        self.total = not any(True for _ in program.partial_operations(self._program.indices))
        check_names(self.symbols)

    def evaluate(self, values: Mapping[sympy.Symbol, T], arithmetic: Arithmetic[T]) -> T:
        """Evaluate the formula at `values`, one for each symbol; raises InputError for a symbol without a value."""
        return self._program.run(values, arithmetic)


class Difference:
    """``right - left``, compiled so that common terms cancel in the value but are still checked to be defined.

    >>> x = sympy.Symbol("x")
    >>> compiled = Difference(1 / x, 1 + 1 / x)
    >>> compiled.evaluate({x: Ball(3, precision=30)}, BallArithmetic(30)) == 1
    True
    >>> compiled.evaluate({x: Ball(0, precision=30)}, BallArithmetic(30))
    Traceback (most recent call last):
      ...
    ntkproofs.errors.DomainError: division by zero
    """

    def __init__(self, left: sympy.Expr, right: sympy.Expr) -> None:
        program = _Program()
        first, second = program.compile(left), program.compile(right)
        sides = program.subprogram([first, second], second)
        result = program.subtract(left, right)
        guards = list(program.partial_operations(sides.indices))
        self._unguarded = program.subprogram([result], result)
        self._guarded = program.subprogram([result, *guards], result)
        self.symbols, self.total = sides.symbols, not guards
        check_names(self.symbols)

    def evaluate(self, values: Mapping[sympy.Symbol, T], arithmetic: Arithmetic[T], *, guarded: bool = True) -> T:
        """Return the value of ``right - left``.

        With `guarded`, every partial operation of both sides (division, root, logarithm, ...) is evaluated as well, so
        that DomainError or Undecided is raised where a side is undefined or not known to be defined. Pass
        ``guarded=False`` only if both sides are known to be defined.
        """
        return (self._guarded if guarded else self._unguarded).run(values, arithmetic)


@lru_cache(maxsize=4096)
def formula(expression: sympy.Expr) -> Formula:
    """Return the compiled form of `expression`, from a cache."""
    return Formula(expression)


@lru_cache(maxsize=4096)
def difference(left: sympy.Expr, right: sympy.Expr) -> Difference:
    """Return the compiled form of ``right - left``, from a cache."""
    return Difference(left, right)


def enclose(expression: sympy.Expr, values: Mapping[sympy.Symbol, Any] | None = None, *, precision: int) -> Ball:
    """Return an interval that contains the value of `expression`; `values` are exact rationals or intervals.

    >>> n = sympy.Symbol("n")
    >>> print(enclose(sympy.acos(1 / sympy.sqrt(n)), {n: 2}, precision=60))
    0.7853981633974483…
    """
    arithmetic = BallArithmetic(precision)
    arguments = {
        symbol: value if isinstance(value, Ball) else arithmetic.rational(as_fraction(value, f"the value of {symbol}"))
        for symbol, value in (values or {}).items()
    }
    return formula(expression).evaluate(arguments, arithmetic)
