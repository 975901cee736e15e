"""Proofs of inequalities by a certificate: ``right - left`` is a polynomial with coefficients >= 0 in quantities >= 0.

The sign of each quantity is either proved by a finding (a decision over a domain, or another combination) or is a
hypothesis that appears in the statement. A point that satisfies all hypotheses is part of the evidence; it shows that
the statement is not vacuous.
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
from ntkproofs.rigor.charts import pieces_of_box
from ntkproofs.rigor.decide import Decision, decide
from ntkproofs.rigor.elimination import eliminated
from ntkproofs.rigor.evaluator import Evaluator
from ntkproofs.rigor.membership import contains, points_of
from ntkproofs.rigor.replay import EvidenceError, replay
from ntkproofs.rigor.statements import Domain, Inequality, Integers, Point, at_most, less, point_text

__all__ = ["Combination", "SignProof", "combination"]

Monomial: TypeAlias = tuple[tuple[sympy.Symbol, int], ...]
Pairs: TypeAlias = tuple[tuple[sympy.Symbol, Fraction], ...]

MAX_DRAWS = 4000  # random points that are tried in the search for an instance
SEED = 1
_VALUES = [Fraction(value) for value in (1, 1, 2, 2, 3, 5, 8, 20)] + [Fraction(1, 2), Fraction(1, 4)]
_QUANTITY = sympy.Symbol("quantity")
_ANY_SIGN = [*_VALUES, Fraction(0), Fraction(-1), Fraction(-3, 2)]


@dataclass(frozen=True)
class Combination(Finding):
    """A proof of `inequality` by a certificate: a polynomial in quantities of known sign that equals ``right - left``.

    `given`: the quantities and their names; `terms`: the polynomial in these names, with coefficients >= 0;
    `positive`: the names of the quantities that are > 0, where the others are >= 0. The sign of each quantity that
    occurs in `terms` is proved by one of the `findings`, over its domain, or is one of the `hypotheses`. `instance`: a
    point that satisfies all hypotheses. `outcome`: ``holds``, or ``open`` with the `reason`.
    """

    instead = '.outcome == "holds"'

    inequality: Inequality
    given: tuple[tuple[sympy.Symbol, sympy.Expr], ...]
    terms: sympy.Expr
    positive: tuple[sympy.Symbol, ...]
    outcome: Literal["holds", "open"]
    reason: str = ""
    findings: tuple[SignProof, ...] = ()
    hypotheses: tuple[Inequality, ...] = ()
    instance: Pairs = ()

    @property
    def domains(self) -> tuple[Domain, ...]:
        """The domains of the findings used, without repetition; empty if they are about constants."""
        return _domains(self.findings)

    @property
    def statement(self) -> str:
        """The proved statement in words, with all hypotheses."""
        text = f"{self.inequality}"
        if self.domains:
            text += f" for {', '.join(map(str, self.domains))}"
        if self.hypotheses:
            signs = (f"{written(sign.right)} {'>' if sign.strict else '>='} 0" for sign in self.hypotheses)
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


SignProof: TypeAlias = Decision | Combination


@issues
def combination(
    inequality: Inequality,
    given: Mapping[sympy.Symbol, Any],
    terms: Any,
    *,
    positive: tuple[sympy.Symbol, ...] = (),
    findings: Iterable[SignProof] = (),
    instance: Mapping[sympy.Symbol, Any] | None = None,
) -> Combination:
    """Prove an inequality from the signs of given quantities, by checking a certificate exactly.

    `given`: the quantities, ``{name: expression}``. `terms`: the certificate, a polynomial in the names with
    coefficients >= 0 that equals ``right - left``. `positive`: the names of the quantities that are > 0; for a strict
    inequality, one monomial of `terms` must contain only such names. `findings`: proofs of signs; each must hold and
    state ``q > 0`` or ``q >= 0`` for a given quantity (``less(0, q)``, or ``at_most(1, n)`` for ``q = n - 1``). The
    signs of constants are decided automatically; every other sign becomes a hypothesis of the statement. `instance`:
    a point that satisfies all hypotheses (default: found by a random search).

    Raises InputError for a finding that proves no sign needed here, for a constant of the wrong sign, and for an
    instance that does not satisfy the hypotheses.

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
    used, hypotheses = _proofs_of_signs(needed, positive, tuple(findings))

    def result(outcome: Literal["holds", "open"], reason: str = "", point: Pairs = ()) -> Combination:
        return Combination(
            inequality, tuple(quantities.items()), terms, positive, outcome, reason, used, hypotheses, point
        )

    defect = _defect(inequality, quantities, terms, positive)
    if defect:
        return result("open", defect)
    point = _instance(inequality, hypotheses, _domains(used), instance)
    if point is None:
        return result("open", "found no point that satisfies all hypotheses: pass instance={symbol: value}")
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
    unknown = [name for name in positive if name not in quantities]
    if unknown:
        raise InputError(f"{', '.join(map(str, unknown))} in `positive` is not among the given quantities")


# --- signs


def _proofs_of_signs(
    quantities: Mapping[sympy.Symbol, sympy.Expr], positive: tuple[sympy.Symbol, ...], findings: tuple[SignProof, ...]
) -> tuple[tuple[SignProof, ...], tuple[Inequality, ...]]:
    """Return the findings that prove signs, and the hypotheses: the signs that no finding proves."""
    for finding in findings:
        if not isinstance(finding, Decision | Combination) or finding.outcome != "holds":
            raise InputError(f"a finding must be a decision or a combination that holds, got: {finding}")
        _replay(finding)
    used: dict[SignProof, None] = {}
    hypotheses: dict[Inequality, None] = {}
    for name, quantity in quantities.items():
        sign = (less if name in positive else at_most)(0, quantity)
        proof = next((finding for finding in findings if _proves(finding, sign)), None)
        if proof is None and not formula(quantity).symbols:
            proof = _decide_constant(sign)
        if proof is None:
            hypotheses[sign] = None
        else:
            used[proof] = None
            hypotheses.update(dict.fromkeys(proof.hypotheses if isinstance(proof, Combination) else ()))
    unused = [finding for finding in findings if finding not in used]
    if unused:
        raise InputError(f"the finding proves the sign of none of the given quantities: {unused[0]}")
    return tuple(used), tuple(hypotheses)


def _replay(finding: SignProof) -> None:
    """Verify the evidence of a finding; raises EvidenceError if it proves something else."""
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
        raise EvidenceError(f"the certificate of a finding proves something else: {again}")


def _decide_constant(sign: Inequality) -> Decision:
    decision = decide(sign)
    if decision.outcome != "holds":
        raise InputError(f"a given quantity has the wrong sign: {decision}")
    return decision


def _proves(finding: SignProof, sign: Inequality) -> bool:
    """Return whether a finding proves the sign of a quantity, over the domain of the finding."""
    proved, quantity = finding.inequality, sign.right
    if sign.strict and not proved.strict:
        return False
    if isinstance(finding, Combination) and not _total(proved):
        return False
    if proved.left == 0 and proved.right == quantity:
        return True
    return formula(quantity).total and _equals_difference(proved, {_QUANTITY: quantity}, _QUANTITY)


def _domains(findings: tuple[SignProof, ...]) -> tuple[Domain, ...]:
    """Return the domains of findings; two findings about the same symbol must have the same domain."""
    domains: dict[Domain, None] = {}
    for finding in findings:
        domains.update(dict.fromkeys(finding.domains if isinstance(finding, Combination) else (finding.domain,)))
    nontrivial = [domain for domain in domains if domain.symbols]
    for index, first in enumerate(nontrivial):
        for second in nontrivial[index + 1 :]:
            common = set(first.symbols) & set(second.symbols)
            if common:
                raise InputError(f"the findings have different domains for {common.pop().name}: {first}; {second}")
    return tuple(nontrivial)


# --- the certificate


def _defect(
    inequality: Inequality,
    quantities: Mapping[sympy.Symbol, sympy.Expr],
    terms: sympy.Expr,
    positive: tuple[sympy.Symbol, ...],
) -> str:
    """Return why the certificate does not prove the inequality, or an empty text if it does."""
    try:
        monomials = _positive_polynomial(terms, tuple(quantities))
        if monomials is None:
            return "a coefficient is negative"
        if not _equals_difference(inequality, quantities, terms):
            return "the certificate does not equal right - left"
    except Undecided as problem:
        return str(problem)
    strictly = any(all(power == 0 or name in positive for name, power in monomial) for monomial in monomials)
    return "no monomial is known to be positive" if inequality.strict and not strictly else ""


def _equals_difference(inequality: Inequality, given: Mapping[sympy.Symbol, sympy.Expr], terms: sympy.Expr) -> bool:
    """Return whether `terms`, with each name replaced by its quantity, has the normal form of ``right - left``."""
    ring = Ring()
    ring.pi()
    left, right = formula(inequality.left), formula(inequality.right)
    symbols = (left.symbols | right.symbols).union(*(formula(quantity).symbols for quantity in given.values()))
    values = {symbol: ring.symbol(symbol) for symbol in symbols}
    quantities = {name: formula(quantity).evaluate(values, ring) for name, quantity in given.items()}
    difference = right.evaluate(values, ring) - left.evaluate(values, ring)
    return (difference - formula(terms).evaluate(quantities, ring)).is_zero()


@lru_cache(maxsize=256)
def _positive_polynomial(terms: sympy.Expr, names: tuple[sympy.Symbol, ...]) -> tuple[Monomial, ...] | None:
    """Return the monomials of `terms`, or None if a coefficient is negative."""
    unknown = formula(terms).symbols - set(names)
    if unknown:
        raise InputError(
            f"the certificate uses {', '.join(map(str, unknown))}, which is not among the given quantities"
        )
    ring = Ring()
    values = {name: ring.symbol(name) for name in names}
    value = formula(terms).evaluate(values, ring)
    if not value.denominator.is_constant() or any(key not in names for key in ring.assigned):
        raise InputError(f"the certificate must be a polynomial: {written(terms)}")
    scale = Fraction(str(value.denominator.leading_coefficient()))
    monomials = []
    for exponents, coefficient in value.numerator.to_dict().items():
        if Fraction(str(coefficient)) / scale < 0:
            return None
        monomials.append(tuple(zip(names, map(int, exponents), strict=False)))
    return tuple(monomials)


# --- an instance, which shows that the hypotheses are consistent


def _instance(
    inequality: Inequality,
    hypotheses: tuple[Inequality, ...],
    domains: tuple[Domain, ...],
    proposed: Mapping[sympy.Symbol, Any] | None,
) -> Pairs | None:
    """Return a point of the domains that satisfies all hypotheses and at which both sides are defined, or None."""
    statements = (*hypotheses, inequality)
    sides = [side for statement in statements for side in (statement.left, statement.right)]
    symbols = sorted(frozenset[sympy.Symbol]().union(*(formula(side).symbols for side in sides)), key=str)
    if proposed is not None:
        pairs = tuple((symbol, as_fraction(value, f"{symbol}")) for symbol, value in proposed.items())
        if not set(symbols) <= set(dict(pairs)) or not _satisfies(dict(pairs), statements, domains):
            raise InputError(f"the instance {point_text(pairs)} does not satisfy every hypothesis")
        return pairs
    source = random.Random(SEED)
    nonnegative = {hypothesis.right for hypothesis in hypotheses}
    for _ in range(MAX_DRAWS):
        values = {symbol: source.choice(_VALUES if symbol in nonnegative else _ANY_SIGN) for symbol in symbols}
        for domain in domains:
            values.update(_random_point(domain, source))
        if _satisfies(values, statements, domains):
            return tuple((symbol, values[symbol]) for symbol in symbols)
    return None


def _random_point(domain: Domain, source: random.Random) -> dict[sympy.Symbol, Fraction]:
    if isinstance(domain, Point):
        return dict(domain.values)
    if isinstance(domain, Integers):
        return {domain.symbol: Fraction(source.randint(*_some_integers(domain)))}
    if domain.is_closed_rational:
        return {symbol: low + (high - low) * Fraction(source.randint(0, 8), 8) for symbol, low, high in domain.sides}
    return next(points_of(pieces_of_box(domain, *eliminated(domain)), source))


def _some_integers(domain: Integers) -> tuple[int, int]:
    """Return the first and the last of at most 21 integers of a domain."""
    if domain.start is None:
        last = 10 if domain.stop is None else domain.stop
        return last - 20, last
    return domain.start, domain.start + 20 if domain.stop is None else min(domain.stop, domain.start + 20)


def _satisfies(
    values: Mapping[sympy.Symbol, Fraction], statements: tuple[Inequality, ...], domains: tuple[Domain, ...]
) -> bool:
    """Return whether a point lies in the domains, and all statements are defined and hold there."""
    if not all(contains(domain, values) for domain in domains):
        return False
    try:
        return all(Evaluator(statement, 64, 256).at_point(values).holds for statement in statements)
    except DomainError:
        return False
