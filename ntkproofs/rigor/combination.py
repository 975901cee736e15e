"""Combinations: an inequality for all values, because its difference is a sum of products of non-negative quantities.

The sign of each quantity is either shown by a finding (a decision over a domain, another combination) or is a
hypothesis, which the statement then says: nothing is assumed in silence. An instance that satisfies all hypotheses is
part of the evidence, so that the statement is not about nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import sympy

from ntkproofs.arithmetic.balls import as_fraction
from ntkproofs.arithmetic.expressions import as_expression, formula
from ntkproofs.arithmetic.normal_form import Ring
from ntkproofs.arithmetic.notation import written
from ntkproofs.errors import DomainError, InputError, Undecided
from ntkproofs.facts import Fact, Finding, engine_of
from ntkproofs.issued import issues
from ntkproofs.rigor.assumptions import check_declared
from ntkproofs.rigor.decide import Decision, decide
from ntkproofs.rigor.inquiry import Inquiry
from ntkproofs.rigor.replay import EvidenceError, replay
from ntkproofs.rigor.statements import Box, Domain, Inequality, Integers, Point, at_most, less

__all__ = ["Combination", "SignFinding", "combination"]

Monomial: TypeAlias = tuple[tuple[sympy.Symbol, int], ...]
Pairs: TypeAlias = tuple[tuple[sympy.Symbol, Fraction], ...]

DRAWS = 4000
SEED = 1
_VALUES = [Fraction(value) for value in (1, 1, 2, 2, 3, 5, 8, 20)] + [Fraction(1, 2), Fraction(1, 4)]
_QUANTITY = sympy.Symbol("quantity")
_ANY_SIGN = [*_VALUES, Fraction(0), Fraction(-1), Fraction(-3, 2)]


@dataclass(frozen=True)
class Combination(Finding):
    """A proof of `inequality`: its difference is a polynomial, with no minus sign, in given quantities.

    `given` names the quantities, `terms` is the polynomial in those names; each is >= 0, those in `positive` are > 0.
    That is shown by `findings`, over their domains, or else is one of the `hypotheses`, which `instance` satisfies.
    A quantity that does not occur in `terms` needs no sign.
    """

    instead = '.outcome == "holds"'

    inequality: Inequality
    given: tuple[tuple[sympy.Symbol, sympy.Expr], ...]
    terms: sympy.Expr
    positive: tuple[sympy.Symbol, ...]
    outcome: Literal["holds", "open"]
    reason: str = ""
    findings: tuple[SignFinding, ...] = ()
    hypotheses: tuple[Inequality, ...] = ()
    instance: Pairs = ()

    @property
    def domains(self) -> tuple[Domain, ...]:
        """The domains of the findings that it rests on, each once; none for constants."""
        return _domains(self.findings)

    @property
    def statement(self) -> str:
        """What is claimed, in words, with every hypothesis."""
        text = f"{self.inequality}"
        if self.domains:
            text += f" for {', '.join(map(str, self.domains))}"
        if self.hypotheses:
            signs = (f"{written(each.right)} {'>' if each.strict else '>='} 0" for each in self.hypotheses)
            text += f" whenever {', '.join(signs)}"
        return text if _total(self.inequality) else f"{text}, wherever both sides are defined"

    def __str__(self) -> str:
        return f"{self.outcome}: {self.statement} ({self.reason or f'right - left is {written(self.terms)}'})"

    def fact(self) -> Fact:
        """Return the combination as a fact."""
        believed = "normal form and Arb" if self.findings else "normal form"
        return Fact(
            kind="derived",
            outcome=self.outcome,
            engine=engine_of(believed, "python-flint"),
            text=self.statement,
            work=1,
            unit="certificates",
            reason=self.reason,
            evidence={
                "terms": written(self.terms),
                "non_negative": {name.name: written(quantity) for name, quantity in self.given},
                "positive": [name.name for name in self.positive],
                "hypotheses": [str(hypothesis) for hypothesis in self.hypotheses],
                "findings": [str(each) for each in self.findings],
                "instance": {symbol.name: str(value) for symbol, value in self.instance},
            },
            finding=self,
        )


SignFinding: TypeAlias = Decision | Combination  # a finding that shows the sign of a quantity


@issues
def combination(
    inequality: Inequality,
    given: Mapping[sympy.Symbol, Any],
    terms: Any,
    *,
    positive: tuple[sympy.Symbol, ...] = (),
    findings: Iterable[SignFinding] = (),
    instance: Mapping[sympy.Symbol, Any] | None = None,
) -> Combination:
    """Prove an inequality from the signs of given quantities, whatever values their symbols have.

    `given`: the quantities, ``{name: expression}``; `terms` must be a polynomial in the names, with non-negative
    coefficients, that equals ``right - left``. For a strict inequality one of its monomials must consist of names in
    `positive` (quantities that are > 0, not only >= 0). A person or a search finds the certificate; here it is checked,
    exactly.

    `findings` show signs: each must hold and say ``q > 0`` or ``q >= 0`` of a given quantity (``less(0, q)``, or
    ``at_most(1, n)`` for ``q = n - 1``). Constants are decided at once. Every other sign is a hypothesis of the
    statement; `instance` gives values that satisfy all hypotheses (default: searched for).

    Raises InputError for a finding that shows nothing of this, a constant of the wrong sign, or an instance that does
    not satisfy the hypotheses.

    >>> n, K, a, b = sympy.symbols("n K a b")
    >>> print(combination(at_most(1, K), {a: n - 1, b: K - n}, a + b))
    holds: 1 <= K whenever n - 1 >= 0, K - n >= 0 (right - left is a + b)
    >>> from_one = decide(at_most(1, n), Integers(n, 1))
    >>> print(combination(at_most(1, K), {a: n - 1, b: K - n}, a + b, findings=[from_one]).statement)
    1 <= K for all integers n >= 1 whenever K - n >= 0
    """
    quantities = {name: as_expression(quantity, f"the quantity {name}") for name, quantity in given.items()}
    terms = as_expression(terms, "the certificate")
    _check_names(inequality, quantities, positive)
    needed = {name: quantity for name, quantity in quantities.items() if name in formula(terms).symbols}
    used, hypotheses = _signs(needed, positive, tuple(findings))

    def result(outcome: Literal["holds", "open"], reason: str = "", point: Pairs = ()) -> Combination:
        return Combination(
            inequality, tuple(quantities.items()), terms, positive, outcome, reason, used, hypotheses, point
        )

    doubt = _doubt(inequality, quantities, terms, positive)
    if doubt:
        return result("open", doubt)
    point = _instance(inequality, hypotheses, _domains(used), instance)
    if point is None:
        return result("open", "no values were found that satisfy all hypotheses: pass instance={symbol: value}")
    return result("holds", point=point)


def _total(inequality: Inequality) -> bool:
    return formula(inequality.left).total and formula(inequality.right).total


def _check_names(
    inequality: object, quantities: Mapping[sympy.Symbol, sympy.Expr], positive: tuple[sympy.Symbol, ...]
) -> None:
    if not isinstance(inequality, Inequality):
        raise InputError(
            f"combination takes less(a, b) or at_most(a, b), got {type(inequality).__name__} {inequality!r}"
        )
    check_declared(quantities)
    sides = (inequality.left, inequality.right, *quantities.values())
    check_declared(frozenset[sympy.Symbol]().union(*(formula(side).symbols for side in sides)))
    stray = [name for name in positive if name not in quantities]
    if stray:
        raise InputError(f"{', '.join(map(str, stray))} in `positive` is not among the given quantities")


# --- signs


def _signs(
    quantities: Mapping[sympy.Symbol, sympy.Expr], positive: tuple[sympy.Symbol, ...], findings: tuple[SignFinding, ...]
) -> tuple[tuple[SignFinding, ...], tuple[Inequality, ...]]:
    """Return the findings that show signs, and the hypotheses: the signs that none shows."""
    for finding in findings:
        if not isinstance(finding, Decision | Combination) or finding.outcome != "holds":
            raise InputError(f"a finding must be a decision or a combination that holds, got: {finding}")
        _check_again(finding)
    used: dict[SignFinding, None] = {}
    hypotheses: dict[Inequality, None] = {}
    for name, quantity in quantities.items():
        wanted = (less if name in positive else at_most)(0, quantity)
        shown = next((finding for finding in findings if _shows(finding, wanted)), None)
        if shown is None and not formula(quantity).symbols:
            shown = _constant(wanted)
        if shown is None:
            hypotheses[wanted] = None
        else:
            used[shown] = None
            hypotheses.update(dict.fromkeys(shown.hypotheses if isinstance(shown, Combination) else ()))
    unused = [finding for finding in findings if finding not in used]
    if unused:
        raise InputError(f"the finding shows the sign of no given quantity: {unused[0]}")
    return tuple(used), tuple(hypotheses)


def _check_again(finding: SignFinding) -> None:
    """Check the evidence of a finding, which anybody can write down, anew; EvidenceError if it does not hold."""
    if isinstance(finding, Decision):
        replay(finding)
        return
    given, instance = dict(finding.given), dict(finding.instance)
    again = combination(
        finding.inequality,
        given,
        finding.terms,
        positive=finding.positive,
        findings=finding.findings,
        instance=instance,
    )
    if again != finding:
        raise EvidenceError(f"the certificate proves something else: {again}")


def _constant(wanted: Inequality) -> Decision:
    decision = decide(wanted)
    if decision.outcome != "holds":
        raise InputError(f"a given quantity has the wrong sign: {decision}")
    return decision


def _shows(finding: SignFinding, wanted: Inequality) -> bool:
    """Tell whether a finding says what is wanted of a quantity, wherever it speaks."""
    shown, quantity = finding.inequality, wanted.right
    if wanted.strict and not shown.strict:
        return False
    if isinstance(finding, Combination) and not _total(shown):
        return False
    if shown.left == 0 and shown.right == quantity:
        return True
    return formula(quantity).total and _sums_up(shown, {_QUANTITY: quantity}, _QUANTITY)


def _domains(findings: tuple[SignFinding, ...]) -> tuple[Domain, ...]:
    """Return the domains of findings; two that speak of one symbol must have the same."""
    domains: dict[Domain, None] = {}
    for finding in findings:
        domains.update(dict.fromkeys(finding.domains if isinstance(finding, Combination) else (finding.domain,)))
    listed = [domain for domain in domains if domain.symbols]
    for place, first in enumerate(listed):
        for second in listed[place + 1 :]:
            common = set(first.symbols) & set(second.symbols)
            if common:
                raise InputError(f"findings over different domains of {common.pop().name}: {first}; {second}")
    return tuple(listed)


# --- the certificate


def _doubt(
    inequality: Inequality,
    quantities: Mapping[sympy.Symbol, sympy.Expr],
    terms: sympy.Expr,
    positive: tuple[sympy.Symbol, ...],
) -> str:
    """Return why the certificate does not prove the inequality, or nothing."""
    try:
        monomials = _positive_polynomial(terms, tuple(quantities))
        if monomials is None:
            return "a coefficient is negative"
        if not _sums_up(inequality, quantities, terms):
            return "the terms do not sum up to right - left"
    except Undecided as problem:
        return str(problem)
    strictly = any(all(power == 0 or name in positive for name, power in monomial) for monomial in monomials)
    return "no term is known to be positive" if inequality.strict and not strictly else ""


def _sums_up(inequality: Inequality, given: Mapping[sympy.Symbol, sympy.Expr], terms: sympy.Expr) -> bool:
    """Tell whether `terms`, with each name standing for its quantity, has the normal form of ``right - left``."""
    ring = Ring()
    ring.pi()
    left, right = formula(inequality.left), formula(inequality.right)
    symbols = (left.symbols | right.symbols).union(*(formula(quantity).symbols for quantity in given.values()))
    values = {symbol: ring.symbol(symbol) for symbol in symbols}
    quantities = {name: formula(quantity).evaluate(values, ring) for name, quantity in given.items()}
    goal = right.evaluate(values, ring) - left.evaluate(values, ring)
    return (goal - formula(terms).evaluate(quantities, ring)).is_zero()


@lru_cache(maxsize=256)
def _positive_polynomial(terms: sympy.Expr, names: tuple[sympy.Symbol, ...]) -> tuple[Monomial, ...] | None:
    """Return the monomials of `terms`, or None if a coefficient is not positive."""
    stray = formula(terms).symbols - set(names)
    if stray:
        raise InputError(f"the certificate uses {', '.join(map(str, stray))}, which is not among the given quantities")
    ring = Ring()
    values = {name: ring.symbol(name) for name in names}
    value = formula(terms).evaluate(values, ring)
    if not value.denominator.is_constant() or any(key not in names for key in ring.named):
        raise InputError(f"the certificate must be a polynomial: {written(terms)}")
    scale = Fraction(str(value.denominator.leading_coefficient()))
    monomials = []
    for exponents, coefficient in value.numerator.to_dict().items():
        if Fraction(str(coefficient)) / scale < 0:
            return None
        monomials.append(tuple(zip(names, map(int, exponents), strict=False)))
    return tuple(monomials)


# --- an instance: the hypotheses do not exclude each other


def _instance(
    inequality: Inequality,
    hypotheses: tuple[Inequality, ...],
    domains: tuple[Domain, ...],
    wanted: Mapping[sympy.Symbol, Any] | None,
) -> Pairs | None:
    """Return values in the domains that satisfy all hypotheses, and at which both sides are defined."""
    statements = (*hypotheses, inequality)
    sides = [side for each in statements for side in (each.left, each.right)]
    symbols = sorted(frozenset[sympy.Symbol]().union(*(formula(side).symbols for side in sides)), key=str)
    if wanted is not None:
        pairs = tuple((symbol, as_fraction(value, f"{symbol}")) for symbol, value in wanted.items())
        if not set(symbols) <= set(dict(pairs)) or not _satisfies(dict(pairs), statements, domains):
            raise InputError(f"the instance {dict(pairs)} does not satisfy every hypothesis")
        return pairs
    source = random.Random(SEED)
    plain = {each.right for each in hypotheses}
    for _ in range(DRAWS):
        values = {symbol: source.choice(_VALUES if symbol in plain else _ANY_SIGN) for symbol in symbols}
        for domain in domains:
            values.update(_drawn(domain, source))
        if _satisfies(values, statements, domains):
            return tuple((symbol, values[symbol]) for symbol in symbols)
    return None


def _drawn(domain: Domain, source: random.Random) -> dict[sympy.Symbol, Fraction]:
    if isinstance(domain, Point):
        return dict(domain.values)
    if isinstance(domain, Box):
        return {symbol: low + (high - low) * Fraction(source.randint(0, 8), 8) for symbol, low, high in domain.sides}
    last = domain.start + 20 if domain.stop is None else min(domain.stop, domain.start + 20)
    return {domain.symbol: Fraction(source.randint(domain.start, last))}


def _satisfies(
    values: Mapping[sympy.Symbol, Fraction], statements: tuple[Inequality, ...], domains: tuple[Domain, ...]
) -> bool:
    """Tell whether all statements are defined and hold at a point of the domains (equality may stay open)."""
    if not all(_inside(domain, values) for domain in domains):
        return False
    try:
        return all(Inquiry(each, 64, 256).at(values).holds for each in statements)
    except DomainError:
        return False


def _inside(domain: Domain, values: Mapping[sympy.Symbol, Fraction]) -> bool:
    if isinstance(domain, Integers):
        value = values.get(domain.symbol, Fraction(domain.start))
        return value.denominator == 1 and domain.start <= value and (domain.stop is None or value <= domain.stop)
    if isinstance(domain, Box):
        return all(low <= values.get(symbol, low) <= high for symbol, low, high in domain.sides)
    return all(values.get(symbol, value) == value for symbol, value in domain.values)
