"""Facts: the results of all engines in a common form. A verdict consists of facts only.

An engine returns a :class:`Finding`, an object that converts itself to a fact; :func:`as_fact` accepts findings only
and rejects everything else, such as a bare ``True``. This module imports no engine: a new engine is a new file.
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
MOVED = {  # earlier names: the module of ntkproofs.claims that has the object now, and its name there
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
    """The base class of the results of engines, which are the arguments of :func:`ntkproofs.claims.conclude`.

    An engine consists of a frozen dataclass that derives from this class, and of a function, decorated with
    :func:`ntkproofs.issued.issues`, that returns it. A finding counts only if it is the very object that its engine
    returned; a class whose evidence is checked by its constructor or later sets `issued_only` to False.
    """

    __slots__ = ()
    instead = ".fact().outcome"
    issued_only: ClassVar[bool] = True

    @abstractmethod
    def fact(self) -> Fact:
        """Return the finding as a fact; a verdict accepts only facts returned by :func:`as_fact`, which calls this."""


class Restatement:
    """The base class of findings exported as text for another engine."""


@dataclass(frozen=True)
class Fact(Finding):
    """A finding in the common form, made by :func:`as_fact`; a verdict rejects facts that are constructed by hand.

    * `kind`: the verdict that the fact supports if it holds
    * `outcome`: ``holds``, ``fails`` or ``open``
    * `engine`: the engine that is trusted for it
    * `text`: the statement
    * `work`, `unit`: how much was evaluated, for example the number of boxes, points or cases
    * `margin`: the margin, as text for people
    * `reason`: the counterexample if the fact fails, or why it is open
    * `evidence`: the evidence, as data for JSON
    * `lemma`: the finding as a lemma for Coq, or why it cannot be exported
    * `finding`: the object that the engine returned (None in any other process)

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
                raise InputError(f"the {name} of a finding must be one of {', '.join(words)}; got {value!r}")
        for name in ("engine", "text", "unit"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name).strip():
                raise InputError(f"the {name} of a finding must be a nonempty string, got {getattr(self, name)!r}")
        object.__setattr__(self, "work", integer(self.work, f"the work of a finding (its {self.unit})", low=0))
        object.__setattr__(self, "evidence", plain(self.evidence, f"evidence of {self.text!r}"))

    def fact(self) -> Fact:
        """Return the fact itself."""
        return self


@lru_cache
def engine_of(name: str, package: str) -> str:
    """Return the name of an engine with the version of the package on which it rests.

    >>> engine_of("mpmath", "mpmath").startswith("mpmath (mpmath 1.")
    True
    """
    return f"{name} ({package} {version(package)})"


def as_fact(finding: Finding) -> Fact:
    """Return a finding as a fact; raises InputError for anything that is not a finding.

    A Fact is accepted only if this function returned it: one that was constructed by hand, copied or modified is
    rejected. The fact of a finding that its engine did not return is open. The class of a finding must define ``fact``
    itself; inheriting it from the result class of an engine is not enough.

    >>> import sympy
    >>> from ntkproofs.rigor import decide, less
    >>> as_fact(decide(less(3, sympy.pi))).kind
    'decided'
    """
    if not isinstance(finding, Finding) or "fact" not in vars(type(finding)):
        raise InputError(f"a verdict consists of findings ({VERBS}), got {type(finding).__name__} {finding!r}")
    if not isinstance(finding, Fact):
        return issue(_open_unless_issued(finding, finding.fact()))
    if not was_issued(finding):
        raise InputError(
            f"a verdict consists of findings ({VERBS}), and this Fact was not returned by an engine: {finding.text!r}"
        )
    return finding


def _open_unless_issued(finding: Finding, fact: Fact) -> Fact:
    """Return the fact; its outcome becomes open if its finding must be issued by its engine and was not."""
    if not finding.issued_only or fact.outcome == "open" or was_issued(finding):
        return fact
    reason = f"not replayed: this {type(finding).__name__} was not returned by its engine, but constructed or modified"
    return replace(fact, outcome="open", margin="", reason=reason)


def amended(fact: Fact, **changes: Any) -> Fact:
    """Return a copy of a fact with the `changes` that another engine makes to it; for engines, not for claims.

    Raises InputError for a fact that :func:`as_fact` did not return, or that was modified since.
    """
    return issue(replace(as_fact(fact), **changes))


def __getattr__(name: str) -> Any:
    if name in MOVED:
        module, current = MOVED[name]
        return getattr(importlib.import_module(f"ntkproofs.claims.{module}"), current)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
