"""Deciding a second time, by the checker, what balls decided in a claim: two engines that share no code.

Done in the process that ran the claim, which still has the decisions themselves.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ntkproofs.certificates.grammar import Draft, draft
from ntkproofs.certificates.subdivide import Refuted, accepted
from ntkproofs.claims import Result
from ntkproofs.errors import NtkProofsError
from ntkproofs.facts import Fact, amended
from ntkproofs.rigor import Decision

__all__ = ["decided_again"]

ENGINE = "checker"
MAX_COST = 1 << 23  # bytes of the claim times terms of series, squared: less than 2 seconds


@dataclass(frozen=True)
class _Answer:
    """What the checker says of a draft: accepted, with `evidence`; or the reason why not; or that it is `false`."""

    evidence: tuple[tuple[str, Any], ...] = ()
    reason: str = ""
    false: bool = False


def decided_again(result: Result) -> Result:
    """Return the result with the checker as a second engine of every decided finding that it accepts.

    A finding that the checker does not accept says why; one that the checker finds false makes the claim an error.
    """
    verdict = result.verdict
    if not any(_is_open(fact) for fact in verdict.facts):
        return result
    facts = tuple(_answered(fact) if _is_open(fact) else fact for fact in verdict.facts)
    failure = verdict.failure or next((found for fact in facts if (found := _disagreement(fact))), "")
    return replace(result, verdict=replace(verdict, facts=facts, failure=failure))


def _is_open(fact: Fact) -> bool:
    return fact.kind == "decided" and fact.outcome == "holds" and isinstance(fact.finding, Decision)


def _answered(fact: Fact) -> Fact:
    if not isinstance(fact.finding, Decision):
        return fact
    answer = _answer(draft(fact.finding))
    if not answer.evidence:
        note = {"reason": answer.reason, **({"disagrees": True} if answer.false else {})}
        return amended(fact, evidence={**fact.evidence, "checker": note})
    return amended(
        fact, engine=f"{fact.engine}, {ENGINE}", evidence={**fact.evidence, "checker": dict(answer.evidence)}
    )


def _disagreement(fact: Fact) -> str:
    found = fact.evidence.get("checker", {})
    if "disagrees" not in found:
        return ""
    return f"two engines disagree: {fact.text} holds by {fact.engine}, {found['reason']}"


@lru_cache(maxsize=1024)
def _answer(draft: Draft) -> _Answer:
    if draft.reason:
        return _Answer(reason=draft.reason)
    claim, tree = json.loads(draft.claim), json.loads(draft.tree)
    if len(draft.claim) * _work(tree) > MAX_COST:
        return _Answer(reason=f"too much work: {len(draft.claim):,} bytes on {_count(tree):,} boxes")
    try:
        certificate = accepted(claim, tree)
        verified = certificate.verified
    except Refuted as problem:
        return _Answer(reason=str(problem), false=True)
    except NtkProofsError as problem:
        return _Answer(reason=str(problem))
    return _Answer(evidence=(("claim_sha256", verified.digest), ("boxes", verified.facts)))


def _sum_of_leaves(tree: list[Any], weight: Callable[[list[Any]], int]) -> int:
    stack, total = [tree], 0
    while stack:
        node = stack.pop()
        if node[0] == "split":
            stack += node[3:]
        else:
            total += weight(node)
    return total


def _work(tree: list[Any]) -> int:
    return _sum_of_leaves(tree, lambda leaf: 1 if len(leaf) == 1 else leaf[2] ** 2)


def _count(tree: list[Any]) -> int:
    return _sum_of_leaves(tree, lambda leaf: 1)
