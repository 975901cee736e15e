"""Replaying decisions, cell by cell and without search, before a verdict counts; and exporting them to Coq."""

from __future__ import annotations

from collections.abc import Iterable

from ntkproofs.coq.lemmas import export
from ntkproofs.errors import NtkProofsError
from ntkproofs.facts import Fact, amended
from ntkproofs.rigor import Decision
from ntkproofs.rigor.replay import replay

__all__ = ["rechecked"]


def rechecked(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Return the facts, with every decision replayed.

    A decision that holds is exported as a lemma for Coq; the outcome of a decision that its evidence does not support
    becomes ``open``, with the reason.
    """
    return tuple(map(_rechecked, facts))


def _rechecked(fact: Fact) -> Fact:
    decision = fact.finding
    if not isinstance(decision, Decision) or decision.outcome == "open":
        return fact
    try:
        outcome = replay(decision).outcome
        problem = "" if outcome == fact.outcome else f"according to its evidence it {outcome}"
    except (NtkProofsError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        problem = " ".join(f"{error}".split()) or type(error).__name__
    if not problem:
        return amended(fact, lemma=export(decision)) if fact.kind == "decided" and fact.outcome == "holds" else fact
    return amended(fact, outcome="open", margin="", reason=f"not replayed: {problem}", lemma=None)
