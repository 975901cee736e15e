"""Proofs of identities: two expressions are equal wherever both are defined.

An identity is proved by equal normal forms (see ``normal_form``), and only if it also passes an independent test: at
random exact points, narrow enclosures of the two sides must overlap.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import sympy

from ntkproofs.arithmetic.balls import as_fraction
from ntkproofs.arithmetic.expressions import as_expression, enclose, formula
from ntkproofs.arithmetic.normal_form import same_normal_form
from ntkproofs.arithmetic.notation import latex, written
from ntkproofs.display import counted
from ntkproofs.errors import DomainError, InputError, Undecided
from ntkproofs.facts import Fact, Finding, engine_of
from ntkproofs.issued import issues
from ntkproofs.rigor.assumptions import Extent, check_assumptions, check_declared
from ntkproofs.rigor.statements import point_text
from ntkproofs.validation import integer

__all__ = ["Identity", "Sample", "identity"]

MAX_POINTS = 10_000
POINT_PRECISION = 256
POINT_ACCURACY = 128


@dataclass(frozen=True)
class Sample:
    """The range from which values of a symbol are drawn.

    Exact rationals strictly between `low` and `high`, or, with `integers`, integers from `low` to `high`.
    """

    low: Fraction
    high: Fraction
    integers: bool = False

    def draw(self, source: random.Random) -> Fraction:
        """Return a random value of the range, exactly."""
        if self.integers:
            return Fraction(source.randint(int(self.low), int(self.high)))
        return self.low + (self.high - self.low) * Fraction(source.randint(1, 2**20 - 1), 2**20)


@dataclass(frozen=True)
class Identity(Finding):
    """The result of :func:`identity`.

    `outcome`: ``holds``, ``fails`` (with a `counterexample`) or ``open`` (with a `reason`); `points`: the number of
    random points at which the two sides agree; `seed`: the seed from which they were drawn.
    """

    instead = '.outcome == "holds"'

    left: sympy.Expr
    right: sympy.Expr
    outcome: Literal["holds", "fails", "open"]
    points: int
    seed: int
    counterexample: tuple[tuple[sympy.Symbol, Fraction], ...] | None = None
    reason: str = ""

    @property
    def statement(self) -> str:
        """The statement in words; an identity is about the points at which both sides are defined."""
        total = formula(self.left).total and formula(self.right).total
        return f"{written(self.left)} = {written(self.right)}{'' if total else ' wherever both sides are defined'}"

    def __str__(self) -> str:
        text = f"{self.outcome}: {self.statement}"
        if self.counterexample is not None:
            return f"{text} (not at {point_text(self.counterexample)})"
        points = counted(self.points, "random exact point")
        return f"{text} ({self.reason or f'normal form; {points}'})"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {latex(self.left)} = {latex(self.right)}$"

    def fact(self) -> Fact:
        """Return the identity as a fact."""
        reason = self.reason
        if self.counterexample is not None:
            reason = f"false at {point_text(self.counterexample)}"
        return Fact(
            kind="derived",
            outcome=self.outcome,
            engine=engine_of("normal form", "python-flint"),
            text=self.statement,
            work=self.points,
            unit="points",
            reason=reason,
            evidence={"points": self.points, "seed": self.seed, "normal_form": self.outcome == "holds"},
            finding=self,
        )


@issues
def identity(
    left: sympy.Expr | int,
    right: sympy.Expr | int,
    domains: Mapping[sympy.Symbol, tuple[Any, Any]] | None = None,
    *,
    points: int = 8,
    seed: int = 0,
) -> Identity:
    """Prove ``left = right`` by normal forms, after a test at random exact points.

    `domains`: for each symbol the interval ``(low, high)``, with rational end points, from which its values are drawn;
    a symbol declared as an integer gets integers. `points`: the number of points; `seed`: the seed of the generator.
    Raises InputError for a symbol without an interval, or if there are too few points where both sides are defined.

    >>> x = sympy.Symbol("x")
    >>> root = sympy.sqrt(1 - x**2)
    >>> identity((1 - root) / x, x / (1 + root), {x: (0, 1)}).outcome
    'holds'
    >>> print(identity(x**2, x, {x: (2, 3)}))
    fails: x**2 = x (not at x = 2982593/1048576)
    """
    points, seed = integer(points, "points", low=1, high=MAX_POINTS), integer(seed, "seed")
    left, right = (as_expression(side, "a side of an identity") for side in (left, right))
    samples = {symbol: _sample(symbol, ends) for symbol, ends in _checked_domains(domains).items()}
    symbols = formula(left).symbols | formula(right).symbols
    check_declared([*symbols, *samples])
    missing = symbols - set(samples)
    if missing:
        raise InputError(f"no domain given for {', '.join(sorted(symbol.name for symbol in missing))}")
    source = random.Random(seed)
    agreed = 0
    for _ in range(20 * points):
        if agreed == points:
            break
        values = {symbol: sample.draw(source) for symbol, sample in samples.items()}
        agrees = _agree_at(left, right, values)
        if agrees is False:
            return Identity(left, right, "fails", agreed, seed, counterexample=tuple(values.items()))
        agreed += agrees is True
        if not samples and agrees:
            agreed = points
    if agreed < points:
        raise InputError(
            f"only {agreed} of {points} random points were found where both sides are defined: "
            f"{written(left)} = {written(right)}"
        )
    agreeing = 1 if not samples else points
    if same_normal_form(left, right):
        return Identity(left, right, "holds", agreeing, seed)
    reason = f"the sides agree at {counted(agreeing, 'point')}, but their normal forms differ"
    return Identity(left, right, "open", agreeing, seed, reason=reason)


def _checked_domains(domains: object) -> Mapping[sympy.Symbol, tuple[Any, Any]]:
    """Return the interval of each symbol; raises InputError unless `domains` is a mapping to pairs or None."""
    if domains is None:
        return {}
    if isinstance(domains, Mapping) and all(isinstance(ends, tuple) and len(ends) == 2 for ends in domains.values()):
        return domains
    raise InputError(f"the domains of an identity are {{symbol: (low, high)}}, got {domains!r}")


def _sample(symbol: sympy.Symbol, ends: tuple[Any, Any]) -> Sample:
    low, high = (as_fraction(end, f"an end of the domain of {symbol}") for end in ends)
    if low >= high:
        raise InputError(f"the domain of {symbol} is empty: ({low}, {high})")
    check_assumptions(symbol, Extent(low, high, integers=bool(symbol.is_integer), open=not symbol.is_integer))
    return Sample(low, high, integers=bool(symbol.is_integer))


def _agree_at(left: sympy.Expr, right: sympy.Expr, values: Mapping[sympy.Symbol, Fraction]) -> bool | None:
    """Return whether the sides agree at a point; None if a side is undefined or its enclosure is too wide."""
    try:
        first = enclose(left, values, precision=POINT_PRECISION)
        second = enclose(right, values, precision=POINT_PRECISION)
        is_narrow = max(first.width, second.width) <= Fraction(1, 2**POINT_ACCURACY)
    except (Undecided, DomainError):
        return None
    if not first.overlaps(second):
        return False
    return True if is_narrow else None
