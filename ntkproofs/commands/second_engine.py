"""Deciding inequalities a second time with the checker, which shares no code with ball arithmetic.

This happens in the process that ran the claim, which still has the decisions.
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
from ntkproofs.display import counted
from ntkproofs.errors import NtkProofsError
from ntkproofs.facts import Fact, amended
from ntkproofs.rigor import Decision

__all__ = ["decided_again"]

ENGINE = "checker"
MAX_COST = 1 << 23  # (bytes of the claim) x (sum of squared numbers of series terms): less than 2 seconds


@dataclass(frozen=True)
class _Answer:
    """The answer of the checker: `evidence` if it accepts, else the `reason`; `false` if the inequality is false."""

    evidence: tuple[tuple[str, Any], ...] = ()
    reason: str = ""
    false: bool = False


def decided_again(result: Result) -> Result:
    """Return the result with the checker as a second engine of every decided finding that it accepts.

    The evidence of a finding that the checker does not accept gets the reason. The verdict becomes ``error`` if the
    checker finds that an inequality is false.
    """
    verdict = result.verdict
    if not any(_is_decided(fact) for fact in verdict.facts):
        return result
    facts = tuple(_checked(fact) if _is_decided(fact) else fact for fact in verdict.facts)
    failure = verdict.failure or next(filter(None, map(_disagreement, facts)), "")
    return replace(result, verdict=replace(verdict, facts=facts, failure=failure))


def _is_decided(fact: Fact) -> bool:
    return fact.kind == "decided" and fact.outcome == "holds" and isinstance(fact.finding, Decision)


def _checked(fact: Fact) -> Fact:
    """Return the fact with the answer of the checker in its evidence."""
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
    """Return the message of an error if the checker found that the inequality is false, else an empty string."""
    note = fact.evidence.get("checker", {})
    if "disagrees" not in note:
        return ""
    return f"two engines disagree: {fact.text} holds by {fact.engine}, {note['reason']}"


@lru_cache(maxsize=1024)
def _answer(draft: Draft) -> _Answer:
    if draft.reason:
        return _Answer(reason=draft.reason)
    claim, tree = json.loads(draft.claim), json.loads(draft.tree)
    if len(draft.claim) * _work(tree) > MAX_COST:
        return _Answer(reason=f"too much work: {counted(len(draft.claim), 'byte')} on {_boxes(tree)}")
    try:
        certificate = accepted(claim, tree)
        verified = certificate.verified
    except Refuted as problem:
        return _Answer(reason=str(problem), false=True)
    except NtkProofsError as problem:
        return _Answer(reason=str(problem))
    return _Answer(evidence=(("claim_sha256", verified.digest), ("boxes", verified.facts)))


def _sum_over_leaves(tree: list[Any], weight: Callable[[list[Any]], int]) -> int:
    stack, total = [tree], 0
    while stack:
        node = stack.pop()
        if node[0] == "split":
            stack += node[3:]
        else:
            total += weight(node)
    return total


def _work(tree: list[Any]) -> int:
    return _sum_over_leaves(tree, lambda leaf: 1 if len(leaf) == 1 else leaf[2] ** 2)


def _boxes(tree: list[Any]) -> str:
    count = _sum_over_leaves(tree, lambda leaf: 1)
    return f"{count:,} {'box' if count == 1 else 'boxes'}"
