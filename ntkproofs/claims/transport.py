"""Results as plain data, for sending them from the process of a claim to its parent without unpickling anything."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from ntkproofs.claims import Claim, ListedClaim, Result, Verdict
from ntkproofs.claims.problems import Problem
from ntkproofs.coq.lemmas import Export, Lemma, NoLemma
from ntkproofs.errors import InputError
from ntkproofs.facts import Fact
from ntkproofs.issued import issue

__all__ = ["from_json", "problem_from", "to_json"]


def to_json(result: Result) -> dict[str, Any]:
    """Return a result as plain data, without the objects that exist only in its own process."""
    verdict = result.verdict
    return {
        "facts": [_fact_to_json(fact) for fact in verdict.facts],
        "checks": [_fact_to_json(fact) for fact in verdict.checks],
        "failure": verdict.failure,
        "problem": None if result.problem is None else asdict(result.problem),
        "seconds": result.seconds,
    }


def from_json(data: dict[str, Any], claim: Claim | ListedClaim, output: str = "") -> Result:
    """Return the result from the plain data that :func:`to_json` returned; raises InputError for invalid data."""
    try:
        facts, checks = (tuple(_fact_from_json(item) for item in data[group]) for group in ("facts", "checks"))
        verdict = Verdict(facts, checks, str(data["failure"]))
        return Result(claim, verdict, float(data["seconds"]), output, problem_from(data["problem"]))
    except (KeyError, TypeError, ValueError) as problem:
        raise InputError(f"the process of the claim returned no valid result: {problem}") from None


def problem_from(data: dict[str, Any] | None) -> Problem | None:
    """Return a problem from plain data."""
    return None if data is None else Problem(**data)


def _fact_to_json(fact: Fact) -> dict[str, Any]:
    names = (field.name for field in fields(fact) if field.name not in ("lemma", "finding"))
    data = {name: getattr(fact, name) for name in names}
    return {**data, "lemma": asdict(fact.lemma) if isinstance(fact.lemma, Export) else None}


def _fact_from_json(data: dict[str, Any]) -> Fact:
    lemma = data["lemma"]
    if lemma is not None and "statement" in lemma:
        lemma = Lemma(**{**lemma, "variables": tuple(lemma["variables"])})
    elif lemma is not None:
        lemma = NoLemma(**lemma)
    return issue(Fact(**{**data, "lemma": lemma}))
