"""Reader of the TPTP problems of MetiTarski: ``fof(name, conjecture, ![X] : ((a < X & X < b) => f <= g)).``

Axioms and includes are skipped. What is not a conjunction of bounds that implies one inequality is not taken.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

from benchmarks.deciding.infix import Tokens, read_sum
from benchmarks.deciding.infix import call as plain_call
from benchmarks.deciding.logic import Formula, conjuncts, inequality, relation
from benchmarks.deciding.problem import NotTaken, Problem
from benchmarks.deciding.trees import ARGUMENTS, Tree, number
from ntkproofs.errors import InputError

__all__ = ["read_tptp", "read_tptp_text"]

MAX_BYTES = 1 << 20
MAX_NESTED = 40
_RENAMED = {"ln": "log", "arctan": "atan", "arcsin": "asin", "arccos": "acos"}
_CONJECTURE = re.compile(r"\bfof\s*\(\s*('[^']*'|\w+)\s*,\s*conjecture\s*,")


def read_tptp(file: Path) -> list[Problem]:
    """Read a file with one conjecture (or several); a file that cannot be read raises InputError."""
    try:
        data = file.read_bytes()[: MAX_BYTES + 1]
    except OSError as error:
        raise InputError(f"cannot read {file}: {error}") from error
    if len(data) > MAX_BYTES:
        raise InputError(f"{file} has more than {MAX_BYTES:,} bytes")
    return read_tptp_text(data.decode("utf-8", "replace"), file.stem)


def read_tptp_text(text: str, name: str) -> list[Problem]:
    """Read the conjectures of a text; one that is not taken says why, also if it is malformed.

    >>> problem, = read_tptp_text("fof(a, conjecture, ![X] : ((0 < X & X < 1) => sin(X) < X)).", "a")
    >>> problem.ranges[0].high, problem.left
    (('number', Fraction(1, 1)), ('sin', ('name', 'X')))
    """
    content = re.sub(r"%[^\n]*", "", re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL))
    matches = list(_CONJECTURE.finditer(content))
    if not matches:
        return [Problem.not_taken(name, "tptp", "no conjecture")]
    result = []
    for index, match in enumerate(matches):
        own = name if len(matches) == 1 else f"{name}.{index + 1}"
        end = matches[index + 1].start() if index + 1 < len(matches) else len(content)
        result.append(_problem(content[match.end() : end], own))
    return result


def _problem(text: str, name: str) -> Problem:
    try:
        formula = _Reader(_first_formula(text)).whole()
        *bounds, negated = conjuncts(formula, positive=False)
        return inequality(name, "tptp", bounds, negated, "unknown")
    except (InputError, NotTaken) as problem:
        return Problem.not_taken(name, "tptp", str(problem))


def _first_formula(text: str) -> str:
    """Return the text up to the parenthesis that closes ``fof(``."""
    depth = 1
    for offset, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return text[:offset]
    raise InputError("a parenthesis is not closed")


class _Reader:
    """A reader of formulas of first-order logic; quantifiers are dropped, as all variables are universal."""

    def __init__(self, text: str) -> None:
        self.tokens = Tokens(text)
        self.depth = 0

    def whole(self) -> Formula:
        formula = self._formula()
        self.tokens.end()
        return formula

    def _formula(self) -> Formula:
        first = self._or()
        if self.tokens.accept("=>"):
            first = ("=>", first, self._formula())
        elif self.tokens.token in ("<=>", "?"):
            raise NotTaken(f"the connective {self.tokens.token}")
        return first

    def _or(self) -> Formula:
        return self._joined("or", "|", lambda: self._joined("and", "&", self._unary))

    def _joined(self, kind, sign, part) -> Formula:  # type: ignore[no-untyped-def]
        parts = [part()]
        while self.tokens.accept(sign):
            parts.append(part())
        return parts[0] if len(parts) == 1 else (kind, *parts)

    def _unary(self) -> Formula:
        self.depth += 1
        if self.depth > MAX_NESTED:
            raise InputError("formulas are nested too deeply")
        formula = self._primary()
        self.depth -= 1
        return formula

    def _primary(self) -> Formula:
        if self.tokens.accept("~"):
            return ("not", self._unary())
        if self.tokens.accept("!"):
            return self._quantified()
        if self.tokens.token == "?":
            raise NotTaken("an existential quantifier")
        if self.tokens.token == "(":
            return self._parenthesis()
        return self._relation()

    def _quantified(self) -> Formula:
        self.tokens.expect("[")
        self.tokens.name()
        while self.tokens.accept(","):
            self.tokens.name()
        self.tokens.expect("]")
        self.tokens.expect(":")
        return self._unary() if self.tokens.token in ("(", "!", "~") else self._formula()

    def _parenthesis(self) -> Formula:
        """Read a formula in parentheses, or a relation whose left side begins with a parenthesis."""
        tokens = self.tokens
        saved = (tokens.offset, tokens.kind, tokens.token, tokens.depth, self.depth)
        try:
            tokens.expect("(")
            formula = self._formula()
            tokens.expect(")")
            return formula
        except InputError as problem:
            reached = tokens.offset
            tokens.offset, tokens.kind, tokens.token, tokens.depth, self.depth = saved
            try:
                return self._relation()
            except InputError:
                if tokens.offset >= reached:
                    raise
                raise problem from None  # the one that came further

    def _relation(self) -> Formula:
        first = self._sum()
        if self.tokens.accept(":"):
            return self._interval(first)
        if self.tokens.token == "!=":
            raise NotTaken("the relation !=")
        sign = self.tokens.accept("<", "<=", ">", ">=", "=") or self.tokens.refuse("a relation")
        return relation(str(sign), first, self._sum())

    def _interval(self, tree: Tree) -> Formula:
        opening = self.tokens.accept("(", "(=") or self.tokens.refuse("'(' or '(='")
        low = self._sum()
        self.tokens.expect(",")
        high = self._sum()
        closing = self.tokens.accept(")", "=)") or self.tokens.refuse("')' or '=)'")
        signs = ["<=" if "=" in str(sign) else "<" for sign in (opening, closing)]
        return ("and", relation(signs[0], low, tree), relation(signs[1], tree, high))

    def _sum(self) -> Tree:
        return read_sum(self.tokens, _name, _call)


def _name(name: str) -> Tree:
    if name == "pi":
        return ("pi",)
    if not name[0].isupper():
        raise NotTaken(f"the constant {name}")
    return ("name", name)


def _call(name: str, arguments: list[Tree]) -> Tree:
    if name == "pow" and len(arguments) == 2:
        return ("^", *arguments)
    if name == "nthrt" and len(arguments) == 2 and arguments[0][0] == "number" and arguments[0][1] > 0:
        return ("^", arguments[1], number(1 / Fraction(arguments[0][1])))
    if name == "log" and len(arguments) == 1:  # of MetiTarski: to the base 10
        return ("/", ("log", *arguments), ("log", number(10)))
    if name == "cot" and len(arguments) == 1:
        return ("/", ("cos", *arguments), ("sin", *arguments))
    known = _RENAMED.get(name, name)
    if known not in ARGUMENTS or known in ("erf", "erfc", "factorial", "gamma"):
        raise NotTaken(f"the function {name}")
    return plain_call(known, arguments)
