"""Issue certificates of inequalities: the cells of a decision, refined where the checker rejects them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ntkproofs import checker
from ntkproofs.certificates.format import Certificate
from ntkproofs.certificates.grammar import LOW_TERMS, claim_json, tree_json
from ntkproofs.errors import NtkProofsError, Undecided
from ntkproofs.rigor import Inequality, Point, decide
from ntkproofs.rigor.statements import Domain

__all__ = ["Refuted", "accepted", "issue_inequality"]

MAX_HALVINGS, MANY_TERMS = 12, 9  # of one cell; of a series that has too few


class Refuted(NtkProofsError):
    """The checker finds a claim false."""


def issue_inequality(inequality: Inequality, domain: Domain | None = None) -> Certificate:
    """Certify an inequality at a point, on a box, or for integers.

    Raises NtkProofsError if it is false, Undecided if ball arithmetic or the checker cannot decide it, InputError for
    an expression outside the grammar.

    >>> import sympy
    >>> from ntkproofs.rigor import Integers, less
    >>> n = sympy.Symbol("n")
    >>> print(issue_inequality(less(sympy.sqrt(n), n + 1), Integers(n)).verified.claim)
    ["sqrt",["var","n"]] < ["add",1,["var","n"]] for all integers n >= 1
    """
    where = Point() if domain is None else domain
    claim, decision = claim_json(inequality, where), decide(inequality, where)
    if decision.outcome == "fails":
        raise NtkProofsError(f"the inequality is false: {decision}")
    if decision.outcome == "open":
        raise Undecided(f"the inequality is not settled: {decision.reason}")
    return accepted(claim, tree_json(decision))


def accepted(claim: dict[str, Any], tree: list[Any]) -> Certificate:
    """Return an accepted certificate of the claim, with the given tree or a refinement of it.

    Raises Undecided with the reason of the checker if 12 halvings of a leaf do not help, Refuted if the checker finds
    the claim false.
    """
    certificate = Certificate(claim, {"tree": tree})
    if not _problem(certificate):
        return certificate
    return Certificate(claim, {"tree": _finer(claim, tree, MAX_HALVINGS)})


def _problem(certificate: Certificate) -> str:
    """Return why the checker rejects a certificate, or "" if it accepts; a finer tree may help.

    Raises Refuted if the checker finds the claim false, Undecided if it declines.
    """
    try:
        certificate.verified  # noqa: B018 - the certificate keeps the result
    except NtkProofsError as problem:
        reason = problem.__cause__
        if not isinstance(reason, checker.Rejected):
            raise Undecided(f"the checker declines: {reason}") from problem
        if str(reason).startswith(checker.FALSE):
            raise Refuted(f"by the checker {reason}") from problem
        return str(reason)
    return ""


def _finer(claim: dict[str, Any], node: list[Any], halvings: int) -> list[Any]:
    """Return a refined tree for the claim: rejected leaves become longer series, or are bisected."""
    problem = _problem(Certificate(claim, {"tree": node}))
    if not problem:
        return node
    if node[0] != "split":
        longer = [*node[:2], MANY_TERMS]
        if len(node) == 3 and not _problem(Certificate(claim, {"tree": longer})):
            return longer
        if not halvings:
            raise Undecided(f"the checker rejects: {problem}")
        node, halvings = _halved(claim["domain"], node, problem), halvings - 1
    _, name, at, below, above = node
    side = claim["domain"][name]
    whole = side[:1] == ["integers"]
    lower, upper = (
        (["integers", side[1], at - 1], ["integers", at, side[2]]) if whole else ([side[0], at], [at, side[1]])
    )
    parts = [(claim | {"domain": claim["domain"] | {name: part}}) for part in (lower, upper)]
    return ["split", name, at, _finer(parts[0], below, halvings), _finer(parts[1], above, halvings)]


def _halved(domain: dict[str, Any], leaf: list[Any], problem: str) -> list[Any]:
    """Bisect a leaf at the midpoint of its variable's side, or of the longest; a series remains at its end point."""
    name = leaf[1] if len(leaf) > 1 else max(domain, key=lambda name: _length(domain[name]), default="")
    if not name or _length(domain[name]) <= 0:
        raise Undecided(f"the checker rejects: {problem}")
    side = domain[name]
    plain = ["low", name, LOW_TERMS]
    below, above = (plain if leaf[0] == "high" else leaf), (leaf if leaf[0] == "high" else plain)
    if side[:1] != ["integers"]:
        return ["split", name, str((Fraction(side[0]) + Fraction(side[1])) / 2), below, above]
    first, last = side[1], side[2]
    at = 2 * first + 1 if last is None else (first + last + 1) // 2
    return ["split", name, at, ["leaf"] if at - 1 == first else below, ["leaf"] if at == last else above]


def _length(side: list[Any]) -> Fraction:
    """Return the length of a side of the domain; an unbounded side counts as longer than any other."""
    low, high = side[-2:]
    return Fraction(1 << 64) if high is None else Fraction(high) - Fraction(low)
