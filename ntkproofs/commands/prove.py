"""Proving with Coq the inequalities that ball arithmetic decided in claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ntkproofs.claims import Result
from ntkproofs.coq.compiler import MISSING, Coqc
from ntkproofs.coq.inequalities import LemmaResult, prove_lemmas
from ntkproofs.coq.lemmas import Lemma, NoLemma
from ntkproofs.facts import Fact, amended

__all__ = ["prove_results", "without_coq"]


def prove_results(
    results: Sequence[Result], coqc: Coqc, *, jobs: int, progress: Callable[[int, int], None] | None = None
) -> list[Result]:
    """Return the results with every decided finding that Coq proves changed to ``proved``.

    The evidence of the other decided findings gets the reason. `jobs` lemmas are proved at a time, and a lemma that
    several claims need is proved once; `progress` is called with the numbers of processed and of all lemmas.
    """
    lemmas = [fact.lemma for result in results for fact in result.verdict.facts if _has_lemma(fact)]
    exported = [lemma for lemma in lemmas if isinstance(lemma, Lemma)]
    proofs = prove_lemmas(exported, coqc=coqc, jobs=jobs, progress=progress)
    return _replaced(results, lambda fact: _after_proof(fact, proofs, coqc))


def without_coq(results: Sequence[Result]) -> list[Result]:
    """Return the results with a note, in each finding that Coq might have proved, that Coq is not installed."""
    return _replaced(results, lambda fact: _noted(fact, {"reason": MISSING}))


def _replaced(results: Sequence[Result], change: Callable[[Fact], Fact]) -> list[Result]:
    """Return the results with `change` applied to each finding that has a lemma for Coq."""
    return [
        replace(
            result,
            verdict=replace(
                result.verdict,
                facts=tuple(change(fact) if _has_lemma(fact) else fact for fact in result.verdict.facts),
            ),
        )
        for result in results
    ]


def _has_lemma(fact: Fact) -> bool:
    return fact.kind == "decided" and fact.outcome == "holds" and fact.lemma is not None


def _after_proof(fact: Fact, proofs: Mapping[Lemma, LemmaResult], coqc: Coqc) -> Fact:
    if not isinstance(fact.lemma, Lemma):
        return _noted(fact, {"reason": fact.lemma.reason if isinstance(fact.lemma, NoLemma) else ""})
    proof = proofs[fact.lemma]
    if proof.outcome != "proved":
        return _noted(fact, {"reason": proof.reason, "tactic": proof.tactic, "digest": proof.digest})
    evidence = {
        "statement": fact.lemma.statement,
        "tactic": proof.tactic,
        "assumptions": list(proof.assumptions),
        "digest": proof.digest,
        "seconds": proof.seconds,
        "from_cache": proof.cached,
    }
    combined = {**fact.evidence, "margin_engine": fact.engine, "coq": evidence}
    return amended(fact, kind="proved", engine=coqc.engine, work=1, unit="inequalities", evidence=combined)


def _noted(fact: Fact, note: dict[str, Any]) -> Fact:
    return amended(fact, evidence={**fact.evidence, "coq": note})
