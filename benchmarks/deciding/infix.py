"""A strict reader of formulas in infix notation, shared by the plain format and TPTP; nothing is evaluated.

    sum     = ["-"] product {("+" | "-") product}
    product = power {("*" | "/") power}
    power   = "-" power | atom [("^" | "**") ["-"] power]
    atom    = number | name | name "(" sum {"," sum} ")" | "(" sum ")"

Numbers are decimal (``1.5e-7``) and exact.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from benchmarks.deciding.trees import ARGUMENTS, Tree, number
from ntkproofs.errors import InputError

__all__ = ["Tokens", "decimal", "read_sum"]

MAX_TEXT = 100_000  # characters of one problem
MAX_DEPTH = 100
MAX_OPERATIONS = 300  # of a formula
MAX_DIGITS = 400  # of a number, its power of ten included

_TOKEN = re.compile(
    r"\s*(?:(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|([A-Za-z_][A-Za-z0-9_]*)|(<=>|=>|<=|>=|!=|\*\*|\(=|=\)|[-+*/^(),<>=&|~!?:\[\]]))",
    re.ASCII,
)


def decimal(text: str) -> Fraction:
    """Return a decimal number as a fraction; raises InputError for one with too many digits."""
    mantissa, _, power = text.lower().partition("e")
    if len(mantissa) > MAX_DIGITS or (power and abs(int(power[:10])) > MAX_DIGITS):
        raise InputError(f"the number {text[:20]}... has more than {MAX_DIGITS} digits")
    return Fraction(mantissa) * Fraction(10) ** int(power or 0)


class Tokens:
    """The tokens of a text, with one token of lookahead."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_TEXT:
            raise InputError(f"more than {MAX_TEXT:,} characters")
        self.text, self.offset, self.depth = text, 0, 0
        self.kind, self.token = "", ""
        self.advance()

    def advance(self) -> str:
        """Return the current token and move to the next one."""
        token = self.token
        match = _TOKEN.match(self.text, self.offset)
        if match is None:
            if self.text[self.offset :].strip():
                self.refuse()
            self.kind, self.token = "end", ""
            return token
        self.offset = match.end()
        self.kind = ("number", "name", "sign")[(match.lastindex or 1) - 1]
        self.token = match[match.lastindex or 1]
        return token

    def refuse(self, wanted: str = "a formula") -> None:
        """Raise InputError with the position."""
        at = self.offset - len(self.token)
        raise InputError(f"expected {wanted} at character {at + 1}, got {self.text[at : at + 30]!r}")

    def accept(self, *signs: str) -> str | None:
        """Return the current token and move on if it is one of `signs` (or words); otherwise return None."""
        return self.advance() if self.kind in ("sign", "name") and self.token in signs else None

    def expect(self, sign: str) -> None:
        """Move past a token; raises InputError if the current one is another."""
        if self.accept(sign) is None:
            self.refuse(repr(sign))

    def name(self) -> str:
        """Return the current token, which must be a name, and move on."""
        if self.kind != "name":
            self.refuse("a name")
        return self.advance()

    def end(self) -> None:
        """Raise InputError unless all tokens are used."""
        if self.kind != "end":
            self.refuse("nothing more")


Name = Callable[[str], Tree]
"""How a format reads a name without arguments."""
Call = Callable[[str, list[Tree]], Tree]
"""How a format reads a name with arguments."""


def call(name: str, arguments: list[Tree]) -> Tree:
    """Return a function of the plain format at its arguments."""
    if name not in ARGUMENTS:
        raise InputError(f"{name} is not a function: use {', '.join(ARGUMENTS)}")
    if len(arguments) != ARGUMENTS[name]:
        raise InputError(f"{name} takes {ARGUMENTS[name]} arguments, got {len(arguments)}")
    return (name, *arguments)


def variable_or_constant(name: str) -> Tree:
    """Return a name of the plain format."""
    if name in ("pi", "E"):
        return ("pi",) if name == "pi" else ("e",)
    if name in ARGUMENTS:
        raise InputError(f"{name} is a function, and has no argument here")
    return ("name", name)


def read_sum(tokens: Tokens, name: Name = variable_or_constant, function: Call = call) -> Tree:
    """Read a formula as far as it goes."""
    return _Formula(tokens, name, function).sum()


class _Formula:
    def __init__(self, tokens: Tokens, name: Name, function: Call) -> None:
        self.tokens, self._name, self._call = tokens, name, function
        self._operations = 0

    def _operation(self, *signs: str) -> str | None:
        """Return the current token and move on if it is one of the signs; InputError for too many operations."""
        sign = self.tokens.accept(*signs)
        self._operations += sign is not None
        if self._operations > MAX_OPERATIONS:
            raise InputError(f"more than {MAX_OPERATIONS} operations in a formula")
        return sign

    def sum(self) -> Tree:
        self.tokens.depth += 1
        if self.tokens.depth > MAX_DEPTH:
            raise InputError(f"more than {MAX_DEPTH} parentheses inside one another")
        tree = self._minus(self._product()) if self.tokens.accept("-") else self._product()
        while (sign := self._operation("+", "-")) is not None:
            tree = (sign, tree, self._product())
        self.tokens.depth -= 1
        return tree

    @staticmethod
    def _minus(tree: Tree) -> Tree:
        return number(-tree[1]) if tree[0] == "number" else ("*", number(-1), tree)

    def _product(self) -> Tree:
        tree = self._power()
        while (sign := self._operation("*", "/")) is not None:
            tree = (sign, tree, self._power())
        return tree

    def _power(self) -> Tree:
        if self._operation("-"):  # a sign after an operation, as in 2*-x
            return self._minus(self._power())
        base = self._atom()
        if self._operation("^", "**") is None:
            return base
        return ("^", base, self._power())

    def _atom(self) -> Tree:
        tokens = self.tokens
        if tokens.kind == "number":
            return number(decimal(tokens.advance()))
        if tokens.kind == "name":
            name = tokens.advance()
            return self._call(name, self._arguments()) if tokens.token == "(" else self._name(name)
        tokens.expect("(")
        tree = self.sum()
        tokens.expect(")")
        return tree

    def _arguments(self) -> list[Tree]:
        self.tokens.expect("(")
        arguments = [self.sum()]
        while self.tokens.accept(","):
            arguments.append(self.sum())
        self.tokens.expect(")")
        return arguments
