"""The finding of a claim whose statement is not in the grammar of formulas, so that no engine can decide it."""

from __future__ import annotations

from dataclasses import dataclass

from ntkproofs.facts import Fact, Finding, engine_of

__all__ = ["OutsideGrammar"]


@dataclass(frozen=True)
class OutsideGrammar(Finding):
    """An open finding: `statement` contains an expression that is not in the grammar, for the `reason` given."""

    statement: str
    reason: str

    def fact(self) -> Fact:
        """Return the finding as a fact, which is open."""
        engine = engine_of("Arb", "python-flint")
        return Fact("decided", "open", engine, text=self.statement, work=0, unit="boxes", reason=self.reason)
