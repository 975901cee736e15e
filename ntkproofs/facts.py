"""Facts: what an engine found, in one form. A verdict is made of facts and of nothing else.

:func:`as_fact` takes what the rooms return (a Decision, an Identity, a Combination, a Proof, a :class:`Tally`, an
:class:`Agreement`, a :class:`Measured`); anything else, a bare ``True`` above all, is refused.
"""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache, singledispatch
from importlib.metadata import version
from typing import Any, Literal, TypeAlias, get_args

import mpmath

from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.issued import issue, was_issued
from ntkproofs.normal import log_two_sided
from ntkproofs.plain import plain
from ntkproofs.rigor import Ball, Combination, Decision, Identity
from ntkproofs.rigor.lemmas import Export, export
from ntkproofs.rigor.notation import written
from ntkproofs.rigor.statements import point_text
from ntkproofs.rigor.theorems import Proof
from ntkproofs.truth import NoTruthValue

__all__ = [
    "Agreement",
    "Comparison",
    "Fact",
    "Kind",
    "Measured",
    "Tally",
    "agreement",
    "amended",
    "as_fact",
    "confirm",
    "measured",
    "tally",
]

Kind: TypeAlias = Literal["proved", "decided", "derived", "confirmed", "estimated"]
Outcome: TypeAlias = Literal["holds", "fails", "open"]

LEAST_LEVEL, GREATEST_LEVEL = 1e-6, 0.1  # of a statistical test


@dataclass(frozen=True)
class Fact(NoTruthValue):
    """One finding. Made by :func:`as_fact` from what an engine returned; one that is written by hand is no finding.

    `kind`: what it is if it holds; `outcome`; `engine`: who is believed for it; `text`: what it says; `margin`: for
    people; `work` and `unit`: how much was looked at (cells, points, cases); `evidence`: what supports it, ready for
    JSON; `reason`: the counterexample of a fact that fails, or why it is open; `lemma`: the finding as Coq could prove
    it too, or why it cannot be written so; `finding`: what the engine returned, in the process in which it did.

    Raises InputError for an unknown kind or outcome, and for evidence that is no plain data.
    """

    instead = '.outcome == "holds"'

    kind: Kind
    outcome: Outcome
    engine: str
    text: str
    work: int
    unit: str
    margin: str = ""
    reason: str = ""
    evidence: dict[str, Any] = field(default_factory=dict, hash=False)
    lemma: Export | None = field(default=None, repr=False)
    finding: object = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, value, words in (("kind", self.kind, get_args(Kind)), ("outcome", self.outcome, get_args(Outcome))):
            if value not in words:
                raise InputError(f"the {name} of a finding is one of {', '.join(words)}; got {value!r}")
        for name in ("engine", "text", "unit"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name).strip():
                raise InputError(f"the {name} of a finding must be text, got {getattr(self, name)!r}")
        if isinstance(self.work, bool) or not isinstance(self.work, int) or self.work < 0:
            raise InputError(f"the work of a finding is a number of {self.unit}, got {self.work!r}")
        object.__setattr__(self, "evidence", plain(self.evidence, f"evidence of {self.text!r}"))


@lru_cache
def _engine(name: str, package: str) -> str:
    return f"{name} ({package} {version(package)})"


def as_fact(finding: object) -> Fact:
    """Return what a room found as a fact; raises InputError for anything that is not a finding.

    A Fact is taken only as this function made it: one written by hand, copied or changed is refused.

    >>> import sympy
    >>> from ntkproofs.rigor import decide, less
    >>> as_fact(decide(less(3, sympy.pi))).kind
    'decided'
    """
    if isinstance(finding, Fact):
        if not was_issued(finding):
            raise InputError(
                f"a verdict is made of findings (decide, identity, combination, confirm, ...), and this Fact was not "
                f"made by an engine: {finding.text!r}"
            )
        return finding
    return issue(_fact.dispatch(type(finding) if type(finding) in _fact.registry else object)(finding))


def amended(fact: Fact, **changes: Any) -> Fact:
    """Return a fact with what another engine found about it; for engines, not for claims."""
    return issue(replace(fact, **changes))


@singledispatch
def _fact(finding: object) -> Fact:
    raise InputError(
        f"a verdict is made of findings (decide, identity, combination, confirm, ...), got {type(finding).__name__} "
        f"{finding!r}"
    )


def _not_replayed(finding: object, outcome: Outcome, reason: str) -> tuple[Outcome, str]:
    """Return the outcome of a finding that cannot be derived again: open, unless its engine made it just so."""
    if outcome == "open" or was_issued(finding):
        return outcome, reason
    return "open", f"not replayed: this {type(finding).__name__} was not made by its engine, but written or changed"


@_fact.register
def _(finding: Decision) -> Fact:
    rules: dict[str, int] = {}
    for cell in finding.cells:
        rules[cell.rule] = rules.get(cell.rule, 0) + 1
    evidence: dict[str, Any] = {
        "domain": str(finding.domain),
        "boxes": len(finding.cells),
        "rules": rules,
        "precision": finding.precision,
        "margin": None if finding.margin is None else str(finding.margin),
        "margin_order": finding.order,
        "cells": [
            {
                "box": [[str(low), str(high)] for low, high in cell.box],
                "rule": cell.rule,
                "bound": None if cell.bound is None else str(cell.bound),
                "precision": cell.precision,
                "order": cell.order,
            }
            for cell in finding.cells
        ],
    }
    reason = finding.reason
    if finding.counterexample is not None:
        point = {symbol.name: str(value) for symbol, value in finding.counterexample}
        evidence["counterexample"] = {"point": point, "right_minus_left": finding.value}
        where = ", ".join(f"{symbol} = {value}" for symbol, value in point.items()) or "these constants"
        reason = f"false at {where}: right - left is {finding.value}"
    return Fact(
        kind="decided",
        outcome=finding.outcome,
        engine=_engine("Arb", "python-flint"),
        text=f"{finding.inequality} for {finding.domain}",
        work=len(finding.cells),
        unit="boxes",
        margin=finding.margin_text(),
        reason=reason,
        evidence=evidence,
        lemma=export(finding) if finding.outcome == "holds" else None,
        finding=finding,
    )


@_fact.register
def _(finding: Identity) -> Fact:
    reason = finding.reason
    if finding.counterexample is not None:
        reason = f"false at {point_text(finding.counterexample)}"
    outcome, reason = _not_replayed(finding, finding.outcome, reason)
    return Fact(
        kind="derived",
        outcome=outcome,
        engine=_engine("normal form", "python-flint"),
        text=finding.statement,
        work=finding.points,
        unit="points",
        reason=reason,
        evidence={"points": finding.points, "seed": finding.seed, "normal_form": finding.outcome == "holds"},
        finding=finding,
    )


@_fact.register
def _(finding: Combination) -> Fact:
    outcome, reason = _not_replayed(finding, finding.outcome, finding.reason)
    believed = "normal form and Arb" if finding.findings else "normal form"
    return Fact(
        kind="derived",
        outcome=outcome,
        engine=_engine(believed, "python-flint"),
        text=finding.statement,
        work=1,
        unit="certificates",
        reason=reason,
        evidence={
            "terms": written(finding.terms),
            "non_negative": {name.name: written(quantity) for name, quantity in finding.given},
            "positive": [name.name for name in finding.positive],
            "hypotheses": [str(hypothesis) for hypothesis in finding.hypotheses],
            "findings": [str(each) for each in finding.findings],
            "instance": {symbol.name: str(value) for symbol, value in finding.instance},
        },
        finding=finding,
    )


@_fact.register
def _(finding: Proof) -> Fact:
    outcome, reason = _not_replayed(finding, finding.outcome, finding.reason)
    return Fact(
        kind="proved",
        outcome=outcome,
        engine=finding.engine,
        text=finding.words,
        work=finding.count,
        unit="theorems",
        margin=f"assumes {', '.join(finding.groups) or 'nothing'}" if outcome == "holds" else "",
        reason=reason,
        evidence={
            "coq": finding.text,
            "assumptions": list(finding.assumptions),
            "sources_sha256": finding.theory,
            "compile_seconds": finding.seconds,
            "from_cache": finding.kept,
        },
        finding=finding,
    )


# --- execution


@dataclass(frozen=True)
class Tally(NoTruthValue):
    """A statement tried on many cases: how many, whether those are all, and the first that is wrong."""

    instead = ".wrong is None"

    statement: str
    cases: int
    exhaustive: bool
    seed: int | None
    wrong: str | None

    def __post_init__(self) -> None:
        if not isinstance(self.statement, str) or not self.statement.strip():
            raise InputError(f"a tally needs a statement in words, got {self.statement!r}")
        object.__setattr__(self, "cases", _count(self.cases, self.statement))
        if self.cases < 1:
            raise InputError(f"no case was tried: {self.statement}")
        if not isinstance(self.exhaustive, bool):
            raise InputError(f"exhaustive is True or False, got {self.exhaustive!r}: {self.statement}")
        if not self.exhaustive and self.seed is None:
            raise InputError(f"sampled cases need a seed: {self.statement}")
        if self.wrong is not None and not isinstance(self.wrong, str):
            raise InputError(f"the first wrong case is text, or None, got {self.wrong!r}: {self.statement}")


def _count(cases: object, statement: str) -> int:
    """Return a number of cases; NumPy's integers are taken, floats and booleans are not."""
    if isinstance(cases, bool) or not hasattr(cases, "__index__"):
        raise InputError(f"a number of cases is an integer, got {cases!r}: {statement}")
    number = operator.index(cases)
    if number < 0:
        raise InputError(f"a number of cases is not negative, got {number}: {statement}")
    return number


def tally(
    statement: str, batches: Iterable[tuple[int, str | None]], *, exhaustive: bool, seed: int | None = None
) -> Tally:
    """Add up batches ``(cases tried, the first wrong one or None)``; stops at the first wrong one.

    Raises InputError if no case was tried, if a number of cases is no integer or negative, or if cases were sampled and
    no `seed` says which.

    >>> tally("x < 10", [(5, None), (5, None)], exhaustive=True).cases
    10
    """
    if not exhaustive and seed is None:  # before the work, not after it
        raise InputError(f"sampled cases need a seed: {statement}")
    total = 0
    for cases, wrong in batches:
        total += _count(cases, statement)
        if wrong is not None:
            return Tally(statement, total, exhaustive, seed, wrong)
    return Tally(statement, total, exhaustive, seed, None)


def confirm(
    statement: str,
    cases: Iterable[Any],
    check: Callable[[Any], bool],
    *,
    exhaustive: bool,
    seed: int | None = None,
) -> Tally:
    """Try `check` on every case; it must return True or False.

    >>> confirm("squares are not negative", range(-3, 4), lambda x: x * x >= 0, exhaustive=False, seed=0).wrong is None
    True
    """

    def batches() -> Iterator[tuple[int, str | None]]:
        for case in cases:
            answer = check(case)
            if not isinstance(answer, bool):
                raise InputError(f"a check must return True or False, got {type(answer).__name__}: {statement}")
            yield 1, None if answer else f"{case}"

    return tally(statement, batches(), exhaustive=exhaustive, seed=seed)


@_fact.register
def _(finding: Tally) -> Fact:
    how = "exhaustive" if finding.exhaustive else f"sampled, seed {finding.seed}"
    return Fact(
        kind="confirmed",
        outcome="holds" if finding.wrong is None else "fails",
        engine="execution",
        text=finding.statement,
        work=finding.cases,
        unit="cases",
        margin=f"{finding.cases:,} case{'s' if finding.cases != 1 else ''}, {how}",
        reason="" if finding.wrong is None else f"false for {finding.wrong}",
        evidence={
            "cases": finding.cases,
            "exhaustive": finding.exhaustive,
            "seed": finding.seed,
            "wrong": finding.wrong,
        },
    )


# --- measurements


_ARTICLES = {"observed": "an observed value", "predicted": "a predicted value", "deviate": "a deviate"}


@dataclass(frozen=True)
class Comparison(NoTruthValue):
    """A measured value and the one predicted; `deviate`: the normal deviate of the first, if the prediction is right.

    >>> Comparison("a coin, 100 throws", observed=60, predicted=50, deviate=2.0).p_value()
    '0.046'
    """

    instead = ".p_value()"

    what: str
    observed: float
    predicted: float
    deviate: float

    def __post_init__(self) -> None:
        for name in ("observed", "predicted", "deviate"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
                raise InputError(f"{self.what}: {_ARTICLES[name]} must be a number, got {value!r}")
            object.__setattr__(self, name, float(value))

    @property
    def log_p(self) -> float:
        """The logarithm of the two-sided p-value."""
        return log_two_sided(self.deviate)

    def p_value(self, comparisons: int = 1) -> str:
        """Return the p-value as people write it, times the number of comparisons (Bonferroni), at most 1."""
        exponent = min(0.0, self.log_p + math.log(comparisons)) / math.log(10)
        return f"{10**exponent:.2g}" if exponent > -4 else f"10^{exponent:.1f}"


@dataclass(frozen=True)
class Measured(NoTruthValue):
    """Measured values held against a prediction.

    `level`: how often a right prediction may be rejected, all comparisons together (stated before one looks), from 1e-6
    to 0.1: below, hardly anything is ever rejected; above, it says little that something is. Each
    p-value is multiplied by the number of comparisons (Bonferroni), so they may depend on each other. It holds if no
    comparison rejects the prediction; with `against` if every one of them does.
    """

    instead = ".holds"

    statement: str
    level: float
    comparisons: tuple[Comparison, ...]
    against: bool = False

    def __post_init__(self) -> None:
        if not self.comparisons:
            raise InputError(f"nothing was measured: {self.statement}")
        if not isinstance(self.level, float) or not LEAST_LEVEL <= self.level <= GREATEST_LEVEL:
            raise InputError(
                f"a level lies between {LEAST_LEVEL:g} and {GREATEST_LEVEL:g}, got {self.level!r}: {self.statement}"
            )

    @property
    def critical(self) -> Comparison:
        """The comparison that decides: the one with the least p-value, with `against` the one with the greatest."""
        return (max if self.against else min)(self.comparisons, key=lambda each: each.log_p)

    @property
    def holds(self) -> bool:
        """Whether the prediction survives, with `against` whether it falls everywhere."""
        survives = self.critical.log_p + math.log(len(self.comparisons)) >= math.log(self.level)
        return survives != self.against


def measured(
    statement: str, comparisons: Iterable[Comparison], *, level: float = 0.01, against: bool = False
) -> Measured:
    """Hold measured values against what was predicted.

    >>> throws = [Comparison("100 throws", 60, 50, 2.0)]
    >>> measured("a fair coin", throws).holds, measured("no fair coin", throws, against=True).holds
    (True, False)
    """
    return Measured(statement, level, tuple(comparisons), against)


@_fact.register
def _(finding: Measured) -> Fact:
    critical, count = finding.critical, len(finding.comparisons)
    corrected = critical.p_value(count)
    which = "greatest" if finding.against else "least"
    told = (
        f"{critical.what}: {critical.observed:.4g}, predicted {critical.predicted:.4g}, "
        f"{critical.deviate:+.1f} deviations, p {corrected}"
    )
    return Fact(
        kind="confirmed",
        outcome="holds" if finding.holds else "fails",
        engine="statistical test",
        text=finding.statement,
        work=count,
        unit="comparisons",
        margin=f"{counted(count, 'comparison')}, {which} p {corrected}, level {finding.level:g}",
        reason=""
        if finding.holds
        else f"{told} (corrected for {counted(count, 'comparison')}, level {finding.level:g})",
        evidence={
            "level": finding.level,
            "rejects": finding.against,
            f"{which}_p_corrected": corrected,
            "compared": [
                {
                    "what": each.what,
                    "observed": each.observed,
                    "predicted": each.predicted,
                    "deviate": round(each.deviate, 3),
                    "p": each.p_value(),
                }
                for each in finding.comparisons
            ],
        },
    )


# --- estimates


@dataclass(frozen=True)
class Agreement(NoTruthValue):
    """An mpmath estimate held against an enclosure: whether they agree to so many digits."""

    instead = ".agrees"

    statement: str
    digits: int
    agrees: bool
    estimate: str


def agreement(statement: str, estimate: Any, ball: Ball, *, digits: int) -> Agreement:
    """Tell whether an mpmath number and a ball are closer than ``10**-digits``; `digits` is 1 or more.

    >>> import mpmath
    >>> agreement("pi", mpmath.mpf("3.14"), Ball.pi(precision=53), digits=5).agrees
    False
    """
    if isinstance(digits, bool) or not isinstance(digits, int) or digits < 1:
        raise InputError(f"an agreement needs a number of digits from 1 on, got {digits!r}: {statement}")
    if not isinstance(estimate, mpmath.mpf):
        raise InputError(f"an estimate must be a real number of mpmath, got {type(estimate).__name__}: {statement}")
    if not mpmath.isfinite(estimate):
        return Agreement(statement, digits, False, str(estimate))
    sign, mantissa, exponent, _ = estimate._mpf_
    value = (-1) ** sign * Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    distance = max(abs(ball.lower - value), abs(ball.upper - value))
    return Agreement(statement, digits, distance < Fraction(1, 10**digits), str(estimate))


@_fact.register
def _(finding: Agreement) -> Fact:
    return Fact(
        kind="estimated",
        outcome="holds" if finding.agrees else "fails",
        engine=_engine("mpmath", "mpmath"),
        text=f"{finding.statement}, to {finding.digits} digits",
        work=1,
        unit="estimates",
        reason="" if finding.agrees else f"the estimate {finding.estimate} is not within 10^-{finding.digits}",
        evidence={"digits": finding.digits, "estimate": finding.estimate},
    )
