"""Reading a theory before it is believed: what its files may not hold, and what its theorems may assume.

Pure functions on text. The kernel sees most of this too; an audit says it early, in one line, with the place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from operator import itemgetter
from typing import Literal

from ntkproofs.errors import InputError
from ntkproofs.rigor.coq_text import Sentence, line_of, sentences
from ntkproofs.rigor.permitted import OWN, characters, command_problem, opens_proof, requirements, tactic_problem

__all__ = ["OWN", "allowed", "assumptions", "forbidden", "groups_of", "locations", "requirements"]

_NAME = r"[^\W\d][\w']*(?:\.[^\W\d][\w']*)*"
_OPEN = "leaves something without a proof"
_ASSUMES = "assumes something"
_AROUND = "goes around the kernel"
_OUTSIDE = "reaches outside the file"
_RECURSION = "is recursion outside of a plain Fixpoint"
_FAULTS = "needs a part of the kernel that this theory does without"
_TOKENS = "declares how Coq reads text"
_WORDS = {
    **dict.fromkeys(("Admitted", "admit", "give_up", "Admit", "admitted"), _OPEN),
    **dict.fromkeys(("Axiom", "Axioms", "Parameter", "Parameters", "Conjecture", "Conjectures"), _ASSUMES),
    **dict.fromkeys(("Primitive", "Symbol", "Symbols"), _ASSUMES),
    **dict.fromkeys(("native_compute", "native_cast_no_check", "vm_cast_no_check", "exact_no_check"), _AROUND),
    **dict.fromkeys(("change_no_check", "convert_concl_no_check", "bypass_check", "Register"), _AROUND),
    **dict.fromkeys(("Load", "Redirect", "Drop", "Cd", "Extraction", "LoadPath", "ML", "Reset", "BackTo"), _OUTSIDE),
    **dict.fromkeys(("fix", "cofix", "CoFixpoint", "CoInductive", "Function", "Scheme"), _RECURSION),
    **dict.fromkeys(("Module", "Include", "SProp", "Polymorphic", "Cumulative", "vm_compute"), _FAULTS),
    **dict.fromkeys(("abstract", "transparent_abstract", "ltac2"), _FAULTS),
    **dict.fromkeys(("Notation", "Infix", "where", "Reserved"), _TOKENS),
}
_IN_SECTIONS = ("Variable", "Variables", "Hypothesis", "Hypotheses", "Context")
_WORD = re.compile(r"[^\W\d][\w']*")
_PHRASES = (
    (re.compile(r"\b(?:Guard|Positivity|Universe)\s+Checking\b"), _AROUND),
    (re.compile(r"\bDefinitional\s+UIP\b"), _AROUND),
    (re.compile(r"\btype[-_]in[-_]type\b"), _AROUND),
    (re.compile(r"<?<:"), _AROUND),
    (re.compile(r"@\{"), _FAULTS),
    (re.compile(r"\bDeclare\s+\w+"), _ASSUMES),
)


@lru_cache(maxsize=1024)
def forbidden(source: str, file: str) -> list[str]:
    r"""Return what a Coq source may not hold, each with file, line and reason; an empty list for one that is clean.

    Every character and every sentence must be on the lists of :mod:`~ntkproofs.rigor.permitted`. Words that no sentence
    may hold are named as such, with what they would do.

    >>> forbidden("Lemma a : 1 = 2. (* Admitted *)\nAdmitted.", "A.v")
    ['A.v, line 2: `Admitted` leaves something without a proof']
    """
    try:
        places, found = characters(source), sentences(source)
    except InputError as problem:
        return [f"{file}, {problem}"]
    messages: list[tuple[int, str]] = []
    state = _State(frozenset(own.group(1) for own in map(_LTAC.match, (each.bare for each in found)) if own))
    for sentence in found:
        messages += state.offences(sentence)
    messages += [(line_of(source, place), what) for place, what in places]
    return [f"{file}, line {line}: {what}" for line, what in sorted(messages, key=itemgetter(0))]


_LTAC = re.compile(r"(?:Local\s+)?Ltac\s+([\w']+)")


@dataclass
class _State:
    """Where in a file one is: in which sections, whether before or inside of a proof; `own`: the file's tactics."""

    own: frozenset[str]
    sections: int = 0
    proof: Literal["none", "expected", "open"] = "none"

    def offences(self, sentence: Sentence) -> list[tuple[int, str]]:
        """Return what is wrong with the next sentence, with its lines, and go past it."""
        bare = sentence.bare
        words = _word_offences(bare, in_section=self.sections > 0)
        form = self._form(bare)
        self._follow(bare)
        if not words and form:
            return [(sentence.line, form)]
        return [(sentence.line + bare.count("\n", 0, start), what) for start, what in sorted(words)]

    def _form(self, bare: str) -> str:
        """Return what is wrong with the form of a sentence."""
        if self.proof == "expected":
            return "" if bare == "Proof" else f"`{' '.join(bare.split())[:60]}` where a statement needs `Proof.`"
        if self.proof == "open":
            return "" if _ends(bare) else tactic_problem(bare, self.own)
        return command_problem(bare)

    def _follow(self, bare: str) -> None:
        if self.proof == "expected":
            self.proof = "open"
        elif self.proof == "open":
            self.proof = "none" if _ends(bare) else "open"
        elif opens_proof(bare):
            self.proof = "expected"
        elif bare.split()[:1] == ["Section"]:
            self.sections += 1
        elif bare.split()[:1] == ["End"]:
            self.sections = max(0, self.sections - 1)


def _ends(bare: str) -> bool:
    """Tell whether a sentence ends a proof, perhaps after closing braces."""
    return re.fullmatch(r"[}\s]*(?:Qed|Defined|Admitted)", bare) is not None


def _word_offences(bare: str, *, in_section: bool) -> list[tuple[int, str]]:
    """Return the words and phrases that no sentence may hold, with their places."""
    found = []
    for word in _WORD.finditer(bare):
        reason = _WORDS.get(word.group())
        if reason is None and word.group() in _IN_SECTIONS and not in_section:
            reason = f"{_ASSUMES}, as no section is open"
        if reason is not None:
            found.append((word.start(), f"`{word.group()}` {reason}"))
    for pattern, reason in _PHRASES:
        found += [(hit.start(), f"`{' '.join(hit.group().split())}` {reason}") for hit in pattern.finditer(bare)]
    return found


# --- what theorems assume


def assumptions(output: str) -> frozenset[str]:
    r"""Return what one ``Print Assumptions`` lists: names as Coq prints them, or the whole line for what has none.

    Raises InputError if the text is no such output.

    >>> sorted(assumptions("Axioms:\nA.b\n  : forall x : nat,\n    x = x\nf is assumed to be guarded."))
    ['A.b', 'f is assumed to be guarded.']
    >>> assumptions("Closed under the global context")
    frozenset()
    """
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    if lines == ["Closed under the global context"]:
        return frozenset()
    if not lines or lines[0] not in ("Axioms:", "Section Variables:"):
        raise InputError(f"no output of Print Assumptions: {' '.join(lines)[:80]!r}")
    found, kind = set(), ""
    for line in lines:
        if line in ("Axioms:", "Section Variables:"):
            kind = "" if line == "Axioms:" else "section variable "
        elif not line.startswith((" ", ":")):
            named = re.fullmatch(rf"({_NAME})(?:\s*:.*)?", line)
            found.add(kind + (named.group(1) if named else line))
    return frozenset(found)


def locations(output: str) -> dict[str, str]:
    r"""Return ``{name as Coq prints it: full name}`` from what ``Locate`` says.

    Two constants may print alike only in part: Coq prints the shortest name that means one constant and no other.

    >>> locations("Constant Coq.A.b\n  (shorter name to refer to it in current context is A.b)\nConstant C.d")
    {'A.b': 'Coq.A.b', 'C.d': 'C.d'}
    """
    pattern = rf"^Constant ({_NAME})(?:\s+\(shorter name to refer to it in current context is ({_NAME})\))?"
    return {short or full: full for full, short in re.findall(pattern, output, re.MULTILINE)}


@lru_cache
def _list() -> dict[str, dict[str, str]]:
    """Return the allow-list: ``{group: {full name: why it is allowed}}``."""
    text = files("ntkproofs.rigor").joinpath("coq_assumptions.json").read_text(encoding="utf-8")
    groups: dict[str, dict[str, str]] = json.loads(text)
    return groups


def allowed() -> frozenset[str]:
    """Return the full names of all that a theorem may assume.

    >>> "Coq.Logic.Classical_Prop.classic" in allowed(), "Coq.Floats.PrimFloat.float" in allowed()
    (True, False)
    """
    return frozenset(name for names in _list().values() for name in names)


def groups_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return the groups to which allowed assumptions belong, in the order of the list.

    Raises InputError for a name that is not on the list.

    >>> groups_of(["Coq.Logic.Classical_Prop.classic"])
    ('classical logic',)
    """
    given = frozenset(names)
    if not given <= allowed():
        raise InputError(f"not on the list of assumptions that are allowed: {', '.join(sorted(given - allowed()))}")
    return tuple(group for group, members in _list().items() if not given.isdisjoint(members))
