"""Printing and parsing of formulas: every printed formula is parsed again and compared with the original.

:func:`written` prints an expression in the style of SymPy, with its own rules for parentheses, and parses the result.
The parsed formula must equal the formula that is evaluated, up to the order of sums and products and arithmetic on
rational numbers; so a printed statement is the statement that was decided. (SymPy prints the unevaluated expression
``1 - 1/(1/2)`` as ``1 - 1/1/2``.) The grammar::

    sum     = ["-"] product {("+" | "-") product}
    product = power {("*" | "/") power}
    power   = atom ["**" atom]
    atom    = number | name | name "(" sum {"," sum} ")" | "(" sum ")"
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, reduce
from typing import Any, TypeAlias

import sympy

from ntkproofs.arithmetic.expressions import FUNCTIONS, LATTICE, REWRITTEN, formula
from ntkproofs.display import counted
from ntkproofs.errors import InputError, NtkProofsError

__all__ = ["latex", "read", "same_formula", "written"]

MAX_TEXT = 1_000_000  # characters of one expression

# precedence levels: a text is an operand without parentheses where its level is high enough
_SUM, _PRODUCT, _POWER, _ATOM = range(4)

_DEFINITIONS = dict(REWRITTEN.values())
_NAMES = FUNCTIONS | LATTICE | {function: name for function, (name, _) in REWRITTEN.items()}
_ARITY = dict.fromkeys(["sqrt", *_NAMES.values()], 1) | {"binomial": 2, "Max": 0, "Min": 0}  # 0: any number


@lru_cache(maxsize=4096)
def written(expression: sympy.Expr) -> str:
    """Return an expression as text that parses as the same formula.

    Raises InputError for an expression that is not in the grammar of formulas or has more than a million characters.

    >>> n = sympy.Symbol("n")
    >>> print(written(sympy.sqrt(n) / 2 - 1 / (n + 1) ** 2))
    sqrt(n)/2 - 1/(n + 1)**2
    >>> print(written(sympy.Add(1, -sympy.Pow(sympy.Rational(1, 2), -1, evaluate=False), evaluate=False)))
    1 - 1/(1/2)
    """
    formula(expression)  # raises InputError for an expression outside the grammar
    try:
        texts = [_Printer().top(expression)]
        if not same_formula(texts[0], expression):  # x/2/(y/z) is the formula x/2 divided by y/z, but not x/(2*(y/z))
            texts.append(_Printer(separate=True).top(expression))
    except ValueError as problem:  # Python limits the number of digits of an integer
        raise InputError(f"a number in the expression is too long to be printed: {problem}") from problem
    if len(texts) > 1 and not same_formula(texts[1], expression):
        raise NtkProofsError(f"internal error: {texts[1]!r} does not read back as the expression that was printed")
    return texts[-1]


def same_formula(text: str, expression: sympy.Expr) -> bool:
    """Return whether `text` parses as the formula of `expression`, up to the order of sums and products.

    >>> x = sympy.Symbol("x")
    >>> same_formula("1 - x/2", 1 - x / 2), same_formula("(1 - x)/2", 1 - x / 2)
    (True, False)
    """
    shapes = _Shapes()
    compiled = formula(expression)
    values = {symbol: shapes.name(symbol.name) for symbol in compiled.symbols}
    return _shape(read(text), shapes).key == compiled.evaluate(values, shapes).key


# --- printing


class _Printer:
    """Prints expressions; common subexpressions are printed once.

    `separate`: divisions by the denominators of rational factors come first and one by one.
    """

    def __init__(self, *, separate: bool = False) -> None:
        self._separate = separate
        self._printed: dict[sympy.Expr, tuple[str, int]] = {}

    def top(self, node: sympy.Expr) -> str:
        """Return the text of an expression."""
        return self._text(node)[0]

    def _text(self, node: sympy.Expr) -> tuple[str, int]:
        """Return the text and its precedence level; a text that begins with a minus sign has the level of a sum."""
        if node not in self._printed:
            text, level = self._write(node)
            if len(text) > MAX_TEXT:
                raise InputError(f"the expression has more than {MAX_TEXT:,} characters")
            self._printed[node] = text, level
        return self._printed[node]

    def _at(self, node: sympy.Expr, level: int) -> str:
        text, own = self._text(node)
        return text if own >= level else f"({text})"

    def _write(self, node: sympy.Expr) -> tuple[str, int]:
        if node.func is sympy.Add:
            return self._sum(node), _SUM
        if node.func is sympy.Mul or isinstance(node, sympy.Rational):
            return self._product(_ordered(node))
        if node.func is sympy.Pow:
            return self._power(node)
        if node.func in _NAMES:
            return f"{_NAMES[node.func]}({', '.join(self.top(argument) for argument in node.args)})", _ATOM
        return _leaf(node), _ATOM

    def _sum(self, node: sympy.Expr) -> str:
        pieces: list[str] = []
        for term in _ordered(node):
            text = f"({self.top(term)})" if term.func is sympy.Add else self.top(term)
            minus = text.startswith("-")
            sign = ("-" if minus else "") if not pieces else (" - " if minus else " + ")
            pieces.append(sign + text.removeprefix("-"))
        return "".join(pieces)

    def _product(self, factors: tuple[sympy.Expr, ...]) -> tuple[str, int]:
        above: list[str] = []
        below: list[str] = []
        first: list[str] = []
        sign = ""
        for factor in factors:
            if isinstance(factor, sympy.Rational):
                sign = sign if factor >= 0 else ("" if sign else "-")
                above += [str(abs(int(factor.p)))] * (abs(int(factor.p)) != 1)
                (first if self._separate else below).extend([str(int(factor.q))] * (factor.q != 1))
            elif factor.func is sympy.Pow and isinstance(factor.exp, sympy.Rational) and factor.exp < 0:
                below.append(self._raised(factor.base, -factor.exp, _POWER))
            else:
                above.append(self._at(factor, _POWER))
        text = "/".join(["*".join(above) or "1", *first])
        if below:
            text += f"/({'*'.join(below)})" if len(below) > 1 else f"/{below[0]}"
        if sign:
            return sign + text, _SUM
        return text, _PRODUCT if first or below or len(above) > 1 else (_POWER if above and "**" in text else _ATOM)

    def _power(self, node: sympy.Expr) -> tuple[str, int]:
        base, exponent = node.args
        if not isinstance(exponent, sympy.Rational):
            return f"{self._at(base, _ATOM)}**{self._at(exponent, _ATOM)}", _POWER
        if exponent in (-1, sympy.Rational(-1, 2)):
            return self._product((node,))
        if exponent == 1:
            return self._text(base)
        return self._raised(base, exponent, _POWER), _ATOM if exponent == sympy.S.Half else _POWER

    def _raised(self, base: sympy.Expr, exponent: sympy.Rational, level: int) -> str:
        if exponent == sympy.S.Half:
            return f"sqrt({self.top(base)})"
        if exponent == 1:
            return self._at(base, level)
        printed = f"{exponent}" if exponent.q == 1 and exponent > 0 else f"({exponent})"
        return f"{self._at(base, _ATOM)}**{printed}"


def _ordered(node: sympy.Expr) -> tuple[sympy.Expr, ...]:
    """Return the terms or factors in the order in which SymPy prints them; the order has no meaning."""
    if node.func not in (sympy.Add, sympy.Mul):
        return (node,)
    try:
        return tuple(node.as_ordered_terms() if node.func is sympy.Add else node.as_ordered_factors())
    except (OverflowError, TypeError, ValueError):
        return tuple(node.args)


def _leaf(node: sympy.Expr) -> str:
    if node is sympy.S.Pi:
        return "pi"
    return "E" if node is sympy.S.Exp1 else str(node.name)


# --- parsing

Tree: TypeAlias = tuple[Any, ...]
"""``("number", int)``, ``("name", str)``, ``("call", name, *trees)``, ``("power", tree, Fraction)``, ``("real power",
tree, tree)`` for other exponents, ``("product" | "sum", ((sign, tree), ...))`` with the signs ``* /`` and ``+ -``."""

_TOKEN = re.compile(r"\s*(?:(\d+)|([A-Za-z][A-Za-z0-9_]*)|(\*\*|[-+*/(),]))", re.ASCII)


def read(text: str) -> Tree:
    """Parse a printed expression; raises InputError, with the position, if the text is not in the grammar.

    >>> read("-x/2")
    ('sum', (('-', ('product', (('*', ('name', 'x')), ('/', ('number', 2))))),))
    """
    return _Parser(text).parse()


class _Parser:
    """A recursive-descent parser with one token of lookahead."""

    def __init__(self, text: str) -> None:
        self.text, self.offset = text, 0
        self.kind, self.token = "", ""
        self._next()

    def _next(self) -> None:
        match = _TOKEN.match(self.text, self.offset)
        if match is None:
            if self.text[self.offset :].strip():
                self._refuse()
            self.kind, self.token = "end", ""
            return
        self.offset = match.end()
        self.kind = ("number", "name", "sign")[(match.lastindex or 1) - 1]
        self.token = match[match.lastindex or 1]

    def _refuse(self) -> None:
        raise InputError(f"not an expression: {self.text[:80]!r} at character {self.offset}")

    def _take(self, token: str) -> None:
        if self.kind != "sign" or self.token != token:
            self._refuse()
        self._next()

    def _sign(self, *choices: str) -> str | None:
        """Consume the next token if it is one of the signs `choices`, and return it."""
        if self.kind != "sign" or self.token not in choices:
            return None
        sign = self.token
        self._next()
        return sign

    def parse(self) -> Tree:
        """Parse the entire text."""
        tree = self._sum()
        if self.kind != "end":
            self._refuse()
        return tree

    def _sum(self) -> Tree:
        first = self._sign("-") or "+"
        return self._many("sum", ("+", "-"), first, self._product)

    def _product(self) -> Tree:
        return self._many("product", ("*", "/"), "*", self._power)

    def _many(self, kind: str, signs: tuple[str, ...], sign: str | None, part: Callable[[], Tree]) -> Tree:
        parts = []
        while sign is not None:
            parts.append((sign, part()))
            sign = self._sign(*signs)
        return parts[0][1] if len(parts) == 1 and parts[0][0] in "+*" else (kind, tuple(parts))

    def _power(self) -> Tree:
        base = self._atom()
        if self._sign("**") is None:
            return base
        exponent = self._atom()
        literal = _literal(exponent)
        return ("real power", base, exponent) if literal is None else ("power", base, literal)

    def _number(self) -> int:
        if self.kind != "number":
            self._refuse()
        value = int(self.token)
        self._next()
        return value

    def _atom(self) -> Tree:
        if self.kind == "number":
            return ("number", self._number())
        name = self.token if self.kind == "name" else None
        if name is not None:
            self._next()
            if self.kind != "sign" or self.token != "(":
                return ("name", name)
        self._take("(")
        inside = [self._sum()]
        while name is not None and self._sign(","):
            inside.append(self._sum())
        self._take(")")
        return inside[0] if name is None else ("call", name, *inside)


def _literal(tree: Tree) -> Fraction | None:
    """Return the value of a tree that is written as ``2``, ``2/3``, ``-2`` or ``-2/3``, or None for another tree."""
    kind, first, *_ = tree
    if kind == "number":
        return Fraction(first)
    if kind == "sum" and len(first) == 1:
        value = _literal(first[0][1])
        return None if value is None else -value
    if kind == "product" and [sign for sign, _ in first] == ["*", "/"]:
        (_, above), (_, below) = first
        if above[0] == below[0] == "number" and below[1]:
            return Fraction(above[1], below[1])
    return None


# --- comparison of formulas up to the order of sums and products and arithmetic on rational numbers


@dataclass(frozen=True)
class _Shape:
    """A formula in a table of formulas; two formulas of a table are the same if and only if their keys are."""

    table: _Shapes
    key: int

    def __add__(self, other: _Shape) -> _Shape:
        return self.table.sum((self.key, other.key))

    def __sub__(self, other: _Shape) -> _Shape:
        return self + self.table.rational(Fraction(-1)) * other

    def __mul__(self, other: _Shape) -> _Shape:
        return self.table.product((self.key, other.key), ())

    def __truediv__(self, other: _Shape) -> _Shape:
        return self.table.product((self.key,), (other.key,))

    def __pow__(self, exponent: int) -> _Shape:
        return self.table.make("power", self.key, exponent)

    def sqrt(self) -> _Shape:
        """Return the square root."""
        return self.table.call("sqrt", [self])

    def __abs__(self) -> _Shape:
        return self.table.call("Abs", [self])

    def maximum(self, other: _Shape) -> _Shape:
        """Return the larger one of two numbers."""
        return self.table.make("Max", self.key, other.key)

    def minimum(self, other: _Shape) -> _Shape:
        """Return the smaller one of two numbers."""
        return self.table.make("Min", self.key, other.key)

    def rational_power(self, exponent: Fraction) -> _Shape:
        """Return the power with an exponent whose denominator is greater than 2."""
        return self.table.make("rational power", self.key, exponent)

    def real_power(self, exponent: _Shape) -> _Shape:
        """Return the power with an exponent that may be any formula."""
        return self.table.real_power(self, exponent)

    def __getattr__(self, name: str) -> Callable[[], _Shape]:
        """Return the method that applies the function `name` of the grammar."""
        if name not in FUNCTIONS.values():
            raise AttributeError(name)
        return lambda: self.table.call(name, [self])


class _Shapes:
    """A table of formulas; its rewriting rules preserve the value and the domain of definition."""

    def __init__(self) -> None:
        self._keys: dict[tuple[Any, ...], int] = {}
        self._rows: list[tuple[Any, ...]] = []

    def make(self, *row: Any) -> _Shape:
        """Return the formula with the given row, appending the row if it is new."""
        if row not in self._keys:
            self._keys[row] = len(self._rows)
            self._rows.append(row)
        return _Shape(self, self._keys[row])

    def rational(self, value: Fraction) -> _Shape:
        """Return a rational number."""
        return self.make("rational", value)

    def pi(self) -> _Shape:
        """Return pi."""
        return self.make("pi")

    def name(self, name: str) -> _Shape:
        """Return the symbol with the given name."""
        return self.make("symbol", name)

    def call(self, name: str, arguments: list[_Shape]) -> _Shape:
        """Return the formula with the function `name` applied; raises InputError if there is no such function."""
        if name not in _ARITY or (_ARITY[name] and _ARITY[name] != len(arguments)):
            raise InputError(f"{name} of {counted(len(arguments), 'argument')} is not a function of the grammar")
        if name in LATTICE.values():
            return reduce(lambda first, second: self.make(name, first.key, second.key), arguments)
        if name in _DEFINITIONS:
            symbols = [sympy.Dummy() for _ in arguments]
            values: dict[sympy.Symbol, _Shape] = dict(zip(symbols, arguments, strict=True))
            return formula(_DEFINITIONS[name](*symbols)).evaluate(values, self)
        return self.make(name, arguments[0].key)

    def real_power(self, base: _Shape, exponent: _Shape) -> _Shape:
        """Return a power; an exponent that is a rational number, other than 0, gives a rational power."""
        kind, *data = self._rows[exponent.key]
        if kind == "rational" and data[0]:
            return _raise(base, data[0], self)
        return self.make("real power", base.key, exponent.key)

    def sum(self, keys: tuple[int, ...]) -> _Shape:
        """Return a sum, with rational terms added and nested sums flattened."""
        constant, terms = Fraction(0), []
        for key in keys:
            kind, *data = self._rows[key]
            if kind == "rational":
                constant += data[0]
            elif kind == "sum":
                constant += data[0]
                terms += data[1]
            else:
                terms.append(key)
        if not terms:
            return self.rational(constant)
        if len(terms) == 1 and not constant:
            return _Shape(self, terms[0])
        return self.make("sum", constant, tuple(sorted(terms)))

    def product(self, above: tuple[int, ...], below: tuple[int, ...]) -> _Shape:
        """Return a quotient of products, with rational factors multiplied and nested products flattened.

        A quotient or 0 in the denominator is not flattened: ``x/(y/z)`` is undefined at ``z = 0``, ``x*z/y`` is not.
        """
        scale = Fraction(1)
        tops: list[int] = []
        bottoms: list[int] = []
        for key in above:
            factor, over, under = self._factors(key)
            scale *= factor
            tops += over
            bottoms += under
        for key in below:
            factor, over, under = self._factors(key)
            if under or not factor:
                bottoms.append(key)
                continue
            scale /= factor
            bottoms += over
        if not tops and not bottoms:
            return self.rational(scale)
        if scale == 1 and len(tops) == 1 and not bottoms:
            return _Shape(self, tops[0])
        return self.make("product", scale, tuple(sorted(tops)), tuple(sorted(bottoms)))

    def _factors(self, key: int) -> tuple[Fraction, tuple[int, ...], tuple[int, ...]]:
        kind, *data = self._rows[key]
        if kind == "rational":
            return data[0], (), ()
        if kind == "product":
            return data[0], data[1], data[2]
        return Fraction(1), (key,), ()


def _shape(tree: Tree, shapes: _Shapes) -> _Shape:
    """Return the formula that a syntax tree represents."""
    kind, first, *rest = tree
    if kind == "number":
        return shapes.rational(Fraction(first))
    if kind == "name":
        return _constant(first, shapes)
    if kind == "call":
        return shapes.call(first, [_shape(part, shapes) for part in rest])
    if kind == "power":
        return _raise(_shape(first, shapes), rest[0], shapes)
    if kind == "real power":
        return shapes.real_power(_shape(first, shapes), _shape(rest[0], shapes))
    shape = shapes.rational(Fraction(0 if kind == "sum" else 1))
    for sign, part in first:
        other = _shape(part, shapes)
        shape = {"+": shape.__add__, "-": shape.__sub__, "*": shape.__mul__, "/": shape.__truediv__}[sign](other)
    return shape


def _constant(name: str, shapes: _Shapes) -> _Shape:
    if name == "pi":
        return shapes.pi()
    return shapes.rational(Fraction(1)).exp() if name == "E" else shapes.name(name)


def _raise(base: _Shape, exponent: Fraction, shapes: _Shapes) -> _Shape:
    if exponent < 0:
        return shapes.rational(Fraction(1)) / _raise(base, -exponent, shapes)
    if not exponent:
        raise InputError("the power 0 is not in the grammar")
    if exponent.denominator > 2:
        return base.rational_power(exponent)
    if exponent.denominator == 2:
        base = base.sqrt()
    return base if exponent.numerator == 1 else base**exponent.numerator


# --- LaTeX, from the syntax tree of the printed text

_GREEK = (
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
    "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
)  # fmt: skip

_COMMANDS = {name: rf"\{name}" for name in ("log", "sin", "cos", "tan", "sinh", "cosh", "tanh")} | {
    "gamma": r"\Gamma", "loggamma": r"\log\Gamma", "Max": r"\max", "Min": r"\min"
}  # fmt: skip


def latex(expression: sympy.Expr) -> str:
    r"""Return an expression in LaTeX, converted from the syntax tree of its printed text.

    >>> print(latex(sympy.sqrt(sympy.Symbol("n")) / 2 - sympy.pi))
    \frac{\sqrt{n}}{2} - \pi
    """
    return _latex(read(written(expression)))


def _latex(tree: Tree) -> str:
    kind, first, *rest = tree
    if kind == "number":
        return str(first)
    if kind == "name":
        return _latex_name(first)
    if kind == "call":
        return _latex_call(first, ", ".join(map(_latex, rest)))
    if kind in ("power", "real power"):
        base = _latex(first) if first[0] in ("name", "number") else _bracketed(_latex(first))
        return f"{base}^{{{rest[0] if kind == 'power' else _latex(rest[0])}}}"
    if kind == "sum":
        pieces = [f"{sign} {_latex_part(part, ('sum',))}" for sign, part in first]
        return re.sub(r"^\+ |^(-) ", r"\1", " ".join(pieces))
    above, below = ([part for sign, part in first if sign == operator] for operator in "*/")
    text = _latex_factors(above)
    return rf"\frac{{{text}}}{{{_latex_factors(below)}}}" if below else text


def _latex_factors(parts: list[Tree]) -> str:
    if len(parts) == 1:  # the fraction bar groups it
        return _latex(parts[0])
    text = ""
    for part in parts:
        factor = _latex_part(part, ("sum", "product"))
        text += (r" \cdot " if factor[0].isdigit() else " ") * bool(text) + factor
    return text or "1"


def _latex_part(tree: Tree, bracketed_kinds: tuple[str, ...]) -> str:
    text = _latex(tree)
    return _bracketed(text) if tree[0] in bracketed_kinds else text


def _latex_call(name: str, argument: str) -> str:
    if name == "sqrt":
        return rf"\sqrt{{{argument}}}"
    if name == "exp":
        return rf"e^{{{argument}}}"
    if name == "Abs":
        return rf"\left\lvert {argument} \right\rvert"
    command = _COMMANDS.get(name, rf"\operatorname{{{name}}}")
    return command + _bracketed(argument)


def _latex_name(name: str) -> str:
    if name in ("pi", *_GREEK):
        return rf"\{name}"
    if len(name) == 1:
        return "e" if name == "E" else name
    return rf"\mathrm{{{name}}}".replace("_", r"\_")


def _bracketed(text: str) -> str:
    return rf"\left({text}\right)"
