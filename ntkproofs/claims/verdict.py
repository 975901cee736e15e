"""Verdicts: what is known about a claim, computed from its findings and never written by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ntkproofs.claims.margins import combined_margin
from ntkproofs.display import CODE, counted, table
from ntkproofs.errors import InputError
from ntkproofs.facts import Fact, Finding, as_fact
from ntkproofs.issued import was_issued
from ntkproofs.printable import printable
from ntkproofs.truth import NoTruthValue

__all__ = ["VERDICTS", "Verdict", "VerdictKind", "conclude"]

VerdictKind: TypeAlias = Literal["proved", "decided", "derived", "confirmed", "refuted", "undecided", "error"]
VERDICTS: tuple[VerdictKind, ...] = ("proved", "decided", "derived", "confirmed", "refuted", "undecided", "error")
_STRENGTH: tuple[VerdictKind, ...] = ("confirmed", "derived", "decided", "proved")


@dataclass(frozen=True)
class Verdict(NoTruthValue):
    """What is known about a claim: the findings that together establish it, and checks that could have refuted it.

    `kind` is ``refuted`` if a finding or check fails, ``undecided`` if one is open, and otherwise the weakest kind
    among the findings (confirmed, derived, decided, proved). Checks that hold do not change the verdict. Verdicts are
    constructed by :func:`conclude`.
    """

    instead = ".kind, which is one of the seven verdicts"

    facts: tuple[Fact, ...]
    checks: tuple[Fact, ...] = ()
    failure: str = ""

    def __post_init__(self) -> None:
        for fact in (*self.facts, *self.checks):
            if not was_issued(fact):
                raise InputError(
                    f"a verdict must be constructed by conclude(...) from findings of engines, got {fact!r}"
                )
        if not self.failure and not any(fact.kind != "estimated" for fact in self.facts):
            raise InputError("nothing was decided: a verdict needs at least one finding that is not an estimate")

    @property
    def kind(self) -> VerdictKind:
        """The verdict as one of the words of :data:`VerdictKind`."""
        everything = (*self.facts, *self.checks)
        if self.failure:
            return "error"
        if any(fact.outcome == "fails" and fact.kind != "estimated" for fact in everything):
            return "refuted"
        if any(fact.outcome == "fails" for fact in everything):
            return "error"  # an estimate and an enclosure cannot both be right
        if any(fact.outcome == "open" for fact in everything):
            return "undecided"
        kinds: list[VerdictKind] = [fact.kind for fact in self.facts if fact.kind != "estimated"]
        return min(kinds, key=_STRENGTH.index)

    @property
    def engines(self) -> tuple[str, ...]:
        """The names of the engines on which the verdict rests, without duplicates and without those of checks."""
        return tuple(dict.fromkeys(fact.engine for fact in self.facts))

    @property
    def engine(self) -> str:
        """The names of the engines on which the verdict rests, in one line."""
        return " + ".join(self.engines)

    @property
    def margin(self) -> str:
        """The combined margin of the findings of a claim that holds; see :mod:`ntkproofs.claims.margins`."""
        return combined_margin(self.facts) if self.kind in _STRENGTH else ""

    @property
    def reason(self) -> str:
        """The counterexample, or why the claim is undecided or an error; empty for a claim that holds."""
        if self.failure:
            return self.failure
        for outcome in ("fails", "open"):
            facts = [fact for fact in (*self.facts, *self.checks) if fact.outcome == outcome]
            if facts:
                more = f" (and {counted(len(facts) - 1, 'more finding')})" if len(facts) > 1 else ""
                return f"{facts[0].text}: {facts[0].reason}{more}"
        return ""

    @property
    def evidence(self) -> dict[str, Any]:
        """All findings and checks with their evidence, as data for JSON."""
        return {
            "findings": [_fact_json(fact) for fact in self.facts],
            "checks": [_fact_json(fact) for fact in self.checks],
            **({"reason": self.reason} if self.reason else {}),
        }

    def __str__(self) -> str:
        return printable(f"{self.kind}: {self.reason or self.margin}".rstrip(": "))

    def __repr__(self) -> str:
        return f"<Verdict {self}>"

    def _repr_html_(self) -> str:
        rows = [
            (
                role,
                fact.outcome,
                CODE + fact.text,
                fact.margin if fact.outcome == "holds" else fact.reason,
                f"{fact.work:,} {fact.unit}",
                fact.engine,
            )
            for role, group in (("finding", self.facts), ("check", self.checks))
            for fact in group
        ]
        headings = ["", "outcome", "statement", "margin or reason", "work", "engine"]
        return table(headings, rows, caption=f"verdict: {self.kind}{f' ({self.failure})' if self.failure else ''}")


def _fact_json(fact: Fact) -> dict[str, Any]:
    return {
        "kind": fact.kind,
        "outcome": fact.outcome,
        "engine": fact.engine,
        "statement": fact.text,
        fact.unit: fact.work,
        **fact.evidence,
    }


def conclude(*findings: Finding, checks: Iterable[Finding] = ()) -> Verdict:
    """Return the verdict that `findings` together support.

    `checks` are further findings that can refute the claim but do not support it. Raises InputError if there is no
    finding except estimates, or if an argument is not a finding.

    >>> import sympy
    >>> from ntkproofs.rigor import decide, less
    >>> conclude(decide(less(3, sympy.pi))).kind, conclude(decide(less(sympy.pi, 3))).kind
    ('decided', 'refuted')
    """
    return Verdict(tuple(map(as_fact, findings)), tuple(map(as_fact, checks)))
