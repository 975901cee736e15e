"""Facts: what an engine found, in one form. A verdict is made of facts and of nothing else.

An engine returns a :class:`Finding`, an object that says which fact it is; :func:`as_fact` takes findings and refuses
everything else, a bare ``True`` above all. This module knows no engine: a new one is a new file.
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.metadata import version
from typing import Any, ClassVar, Literal, TypeAlias, get_args

from ntkproofs.errors import InputError
from ntkproofs.issued import issue, was_issued
from ntkproofs.plain import plain
from ntkproofs.truth import NoTruthValue
from ntkproofs.validation import integer

__all__ = ["Fact", "Finding", "Kind", "Outcome", "Restatement", "amended", "as_fact", "engine_of"]

Kind: TypeAlias = Literal["proved", "decided", "derived", "confirmed", "estimated"]
Outcome: TypeAlias = Literal["holds", "fails", "open"]

VERBS = "prove, decide, derive, confirm, estimate"
MOVED = {  # earlier names: the module and the name there
    "Tally": ("confirm", "Tally"),
    "confirm": ("confirm", "confirm"),
    "tally": ("confirm", "confirm_batches"),
    "Comparison": ("measure", "Comparison"),
    "Measured": ("measure", "Measured"),
    "measured": ("measure", "confirm_measured"),
    "Agreement": ("estimate", "Agreement"),
    "agreement": ("estimate", "estimate"),
}


class Finding(NoTruthValue, ABC):
    """What an engine returns and what :func:`ntkproofs.claims.conclude` takes: the base class of all results.

    An engine is a frozen dataclass that derives from this class, and a function under
    :func:`ntkproofs.issued.issues` that returns it. A finding counts only if its engine issued this very object; a
    class whose evidence is checked again later, or by its constructor, sets `issued_only` to False.
    """

    __slots__ = ()
    instead = ".fact().outcome"
    issued_only: ClassVar[bool] = True

    @abstractmethod
    def fact(self) -> Fact:
        """Return the finding as a fact; called by :func:`as_fact`, which alone makes facts that a verdict takes."""


class Restatement:
    """A finding written for another engine, as plain text; base class of what an exporter returns."""


@dataclass(frozen=True)
class Fact(Finding):
    """One finding in the common form, made by :func:`as_fact`; a fact that is written by hand is refused.

    `kind`: the verdict that it supports if it holds; `outcome`; `engine`: the engine believed for it; `text`: the
    statement; `margin`: for people; `work` and `unit`: how much was evaluated (boxes, points, cases); `evidence`: what
    supports it, ready for JSON; `reason`: the counterexample of a fact that fails, or why it is open; `lemma`: the
    finding as Coq could prove it too, or why it cannot be written so; `finding`: what the engine returned, in the
    process in which it did.

    Raises InputError for an unknown kind or outcome, and for evidence that is not plain data.
    """

    instead = '.outcome == "holds"'

    kind: Kind
    outcome: Outcome
    engine: str
    text: str
    work: int
    unit: str
    margin: str = ""
    reason: str = ""
    evidence: dict[str, Any] = field(default_factory=dict, hash=False)
    lemma: Restatement | None = field(default=None, repr=False)
    finding: Finding | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, value, words in (("kind", self.kind, get_args(Kind)), ("outcome", self.outcome, get_args(Outcome))):
            if value not in words:
                raise InputError(f"the {name} of a finding is one of {', '.join(words)}; got {value!r}")
        for name in ("engine", "text", "unit"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name).strip():
                raise InputError(f"the {name} of a finding must be text, got {getattr(self, name)!r}")
        object.__setattr__(self, "work", integer(self.work, f"the work of a finding (its {self.unit})", low=0))
        object.__setattr__(self, "evidence", plain(self.evidence, f"evidence of {self.text!r}"))

    def fact(self) -> Fact:
        """Return the fact itself."""
        return self


@lru_cache
def engine_of(name: str, package: str) -> str:
    """Return the name of an engine with the version of the package that it rests on.

    >>> engine_of("mpmath", "mpmath").startswith("mpmath (mpmath 1.")
    True
    """
    return f"{name} ({package} {version(package)})"


def as_fact(finding: Finding) -> Fact:
    """Return what an engine found as a fact; raises InputError for anything that is not a finding.

    A Fact is taken only as this function made it: one written by hand, copied or changed is refused. A finding that
    its engine did not issue is open. A class must itself define which fact its objects are: to derive from an engine's
    result is not enough.

    >>> import sympy
    >>> from ntkproofs.rigor import decide, less
    >>> as_fact(decide(less(3, sympy.pi))).kind
    'decided'
    """
    if not isinstance(finding, Finding) or "fact" not in vars(type(finding)):
        raise InputError(f"a verdict is made of findings ({VERBS}), got {type(finding).__name__} {finding!r}")
    if not isinstance(finding, Fact):
        return issue(_counted_if_issued(finding, finding.fact()))
    if not was_issued(finding):
        raise InputError(
            f"a verdict is made of findings ({VERBS}), and this Fact was not made by an engine: {finding.text!r}"
        )
    return finding


def _counted_if_issued(finding: Finding, fact: Fact) -> Fact:
    """Return the fact; it is open if its finding counts only as its engine made it, and it did not make this one."""
    if not finding.issued_only or fact.outcome == "open" or was_issued(finding):
        return fact
    reason = f"not replayed: this {type(finding).__name__} was not made by its engine, but written or changed"
    return replace(fact, outcome="open", margin="", reason=reason)


def amended(fact: Fact, **changes: Any) -> Fact:
    """Return a fact with what another engine found about it; for engines, not for claims.

    Raises InputError for a fact that :func:`as_fact` did not make, or that was changed since.
    """
    return issue(replace(as_fact(fact), **changes))


def __getattr__(name: str) -> Any:
    if name in MOVED:
        module, current = MOVED[name]
        return getattr(importlib.import_module(f"ntkproofs.claims.{module}"), current)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
