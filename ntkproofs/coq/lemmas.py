r"""lemmas: an inequality over its domain, written as Coq states it.

The text comes from the same :class:`Formula` that the balls run: here it is run on terms of text. What a formula says
silently, that nothing in it is undefined, is said aloud, since Coq's functions are total (``1 / 0`` is some number
there): the lemma states first that no divisor is 0, no root of a negative number is taken and so on, then the
inequality.

    forall n : R, 2 <= n <= 3 -> (0 <= n) /\ sqrt n < n + 1 / 4

``acos`` and ``asin`` are Coq's own; no identity is applied here. Names of symbols are kept only if they are one letter,
so no text of a symbol reaches the file.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

import sympy

from ntkproofs.arithmetic.expressions import formula
from ntkproofs.errors import NtkProofsError
from ntkproofs.facts import Restatement
from ntkproofs.rigor.decide import Decision
from ntkproofs.rigor.statements import Box, Domain, Integers, Point

__all__ = ["Export", "Lemma", "NoLemma", "export"]

MAX_TEXT = 20_000  # characters of one statement
MAX_POWER = 1000
_AND = " /\\ "

# Coq's levels: a term may stand as an operand where its level is low enough
_ATOM, _APPLIED, _POWER, _PRODUCT, _SUM = 0, 10, 30, 40, 50


class _NotWritable(NtkProofsError):
    """The formula has no reasonable text."""


@dataclass(frozen=True)
class Lemma(Restatement):
    """A statement of Coq, and what its proof needs to know.

    `introduction`: the tactics that make real variables of the quantified ones; `variables`: those that have a range;
    `conditions`: how many say that the formula is defined; `precision`: the bits that the balls needed; `unbounded`:
    the domain has no upper end. Plain text, so that it is handed from process to process as it was written.
    """

    statement: str
    introduction: str
    variables: tuple[str, ...]
    conditions: int
    precision: int
    unbounded: bool


@dataclass(frozen=True)
class NoLemma(Restatement):
    """Why a decision is not written for Coq."""

    reason: str


Export: TypeAlias = Lemma | NoLemma


def export(decision: Decision) -> Export:
    r"""Return a decision that holds as a lemma of Coq, or why it is none.

    >>> from ntkproofs.rigor.decide import decide
    >>> from ntkproofs.rigor.statements import less
    >>> n = sympy.Symbol("n")
    >>> export(decide(less(1 / n, sympy.sqrt(n)), Box({n: (2, 3)}))).statement
    'forall n : R, 2 <= n <= 3 -> (n <> 0 /\\ 0 <= n) /\\ 1 / n < sqrt n'
    >>> export(decide(less(sympy.pi, 3))).reason
    'it was not decided that it holds'
    """
    if decision.outcome != "holds":
        return NoLemma("it was not decided that it holds")
    try:
        return _lemma(decision)
    except _NotWritable as problem:
        return NoLemma(str(problem))


def _lemma(decision: Decision) -> Lemma:
    domain, inequality = decision.domain, decision.inequality
    names = _names(domain.symbols)
    book: dict[str, None] = {}
    values = {symbol: _Term(name, _ATOM, book) for symbol, name in names.items()}
    if isinstance(domain, Integers):
        values = {symbol: _Term(f"IZR {name}", _APPLIED, book) for symbol, name in names.items()}
    arithmetic = _TermArithmetic(book)
    left, right = (formula(side).evaluate(values, arithmetic) for side in (inequality.left, inequality.right))
    sign = "<" if inequality.strict else "<="
    conclusion = f"{left.below(_SUM + 1)} {sign} {right.below(_SUM + 1)}"
    if book:
        conclusion = f"({_AND.join(book)}) {_AND.strip()} {conclusion}"
    quantified, introduction = _domain(domain, names)
    statement = quantified + conclusion
    if len(statement) > MAX_TEXT:
        raise _NotWritable(f"the statement has more than {MAX_TEXT} characters")
    fixed = isinstance(domain, Point)
    return Lemma(
        statement=statement,
        introduction=introduction,
        variables=() if fixed else tuple(names.values()),
        conditions=len(book),
        precision=decision.precision,
        unbounded=isinstance(domain, Integers) and domain.stop is None,
    )


def _names(symbols: Sequence[sympy.Symbol]) -> dict[sympy.Symbol, str]:
    """Return a name for each symbol: its own if it is one letter that means nothing else, else x1, x2, ..."""
    names: dict[sympy.Symbol, str] = {}
    for place, symbol in enumerate(symbols, 1):
        own = symbol.name
        plain = len(own) == 1 and own in string.ascii_letters and own not in ("R", "Z") and own not in names.values()
        names[symbol] = own if plain else f"x{place}"
    return names


def _domain(domain: Domain, names: dict[sympy.Symbol, str]) -> tuple[str, str]:
    """Return the quantifier with its hypotheses, and the tactics that introduce them."""
    if not names:
        return "", "idtac"
    listed, given = " ".join(names.values()), [f"H{place}" for place in range(1, len(names) + 1)]
    if isinstance(domain, Integers):
        (name,) = names.values()
        limits = f"{domain.start} <= {name}" if domain.stop is None else f"{domain.start} <= {name} <= {domain.stop}"
        lemma = "IZR_le" if domain.stop is None else "reals_of_integers"
        return (
            f"forall {name} : Z, ({limits})%Z -> ",
            f"intros {name} H1; apply {lemma} in H1; revert H1; generalize (IZR {name}); "
            f"clear {name}; intros {name} H1",
        )
    if isinstance(domain, Box):
        ranges = [
            f"{_rational(low).text} <= {names[symbol]} <= {_rational(high).text}" for symbol, low, high in domain.sides
        ]
        substitution = ""
    else:
        ranges = [f"{names[symbol]} = {_rational(value).text}" for symbol, value in domain.values]
        substitution = f"; subst {listed}"
    hypotheses = "".join(f"{each} -> " for each in ranges)
    return f"forall {listed} : R, {hypotheses}", f"intros {listed} {' '.join(given)}{substitution}"


# --- terms: numbers that are text


@dataclass(frozen=True)
class _Term:
    """A real number of Coq as text, with the level at which it can stand and its value if it is a plain rational.

    `book` collects what must hold for all terms to be defined, in the order of the formula. `factors`: a product or
    power is not 0 if none of these is.
    """

    text: str
    level: int
    book: dict[str, None] = field(compare=False)
    value: Fraction | None = None
    factors: tuple[_Term, ...] = ()

    def __post_init__(self) -> None:
        if len(self.text) > MAX_TEXT:
            raise _NotWritable(f"the statement has more than {MAX_TEXT} characters")

    def below(self, level: int) -> str:
        """Return the text as an operand whose level must be less than `level`."""
        return self.text if self.level < level else f"({self.text})"

    def _joined(self, sign: str, other: _Term, level: int, factors: tuple[_Term, ...] = ()) -> _Term:
        text = f"{self.below(level + 1)} {sign} {other.below(level)}"
        return _Term(text, level, self.book, factors=factors)

    def __add__(self, other: _Term) -> _Term:
        return self._joined("+", other, _SUM)

    def __sub__(self, other: _Term) -> _Term:
        return self._joined("-", other, _SUM)

    def __mul__(self, other: _Term) -> _Term:
        factors = (*(self.factors or (self,)), *(other.factors or (other,)))
        return self._joined("*", other, _PRODUCT, factors)

    def __truediv__(self, other: _Term) -> _Term:
        for factor in other.factors or (other,):
            if not factor.value:  # no number, or 0
                self._require(f"{factor.below(_SUM + 1)} <> 0")
        return self._joined("/", other, _PRODUCT)

    def __pow__(self, exponent: int) -> _Term:
        if not 1 <= exponent <= MAX_POWER:
            raise _NotWritable(f"the exponent {exponent} is not from 1 to {MAX_POWER}")
        return _Term(f"{self.below(_POWER)} ^ {exponent}", _POWER, self.book, factors=self.factors or (self,))

    def _require(self, condition: str) -> None:
        self.book[condition] = None

    def _applied(self, function: str) -> _Term:
        return _Term(f"{function} {self.below(_APPLIED)}", _APPLIED, self.book)

    def sqrt(self) -> _Term:
        """Return the root, which asks for a radicand that is not negative."""
        if self.value is None or self.value < 0:
            self._require(f"0 <= {self.below(_SUM + 1)}")
        return self._applied("sqrt")

    def log(self) -> _Term:
        """Return the logarithm, which asks for a positive number."""
        if self.value is None or self.value <= 0:
            self._require(f"0 < {self.below(_SUM + 1)}")
        return self._applied("ln")

    def acos(self) -> _Term:
        """Return the arc cosine, which asks for a number from -1 to 1."""
        self._require(f"-1 <= {self.below(_SUM + 1)} <= 1")
        return self._applied("acos")

    def asin(self) -> _Term:
        """Return the arc sine, which asks for a number from -1 to 1."""
        self._require(f"-1 <= {self.below(_SUM + 1)} <= 1")
        return self._applied("asin")

    def exp(self) -> _Term:
        """Return the exponential."""
        return self._applied("exp")

    def sin(self) -> _Term:
        """Return the sine."""
        return self._applied("sin")

    def cos(self) -> _Term:
        """Return the cosine."""
        return self._applied("cos")

    def atan(self) -> _Term:
        """Return the arc tangent."""
        return self._applied("atan")


def _rational(value: Fraction, book: dict[str, None] | None = None) -> _Term:
    above = str(value.numerator) if value >= 0 else f"({value.numerator})"
    book = {} if book is None else book
    if value.denominator == 1:
        return _Term(above, _ATOM, book, value)
    return _Term(f"{above} / {value.denominator}", _PRODUCT, book, value)


@dataclass(frozen=True)
class _TermArithmetic:
    """Constants as terms; all share the book of conditions."""

    book: dict[str, None]

    def rational(self, value: Fraction) -> _Term:
        """Return the exact constant `value`."""
        return _rational(value, self.book)

    def pi(self) -> _Term:
        """Return pi."""
        return _Term("PI", _ATOM, self.book)
