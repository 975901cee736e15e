"""The audit of a theory: forbidden constructs in its files, and the assumptions that its theorems may have.

These are pure functions on text. The kernel detects most of the same faults; the audit reports them before compilation,
in one line, with file and line number. It also excludes constructs that meet known bugs of the kernel.
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

from ntkproofs.coq.permitted import OWN, character_errors, command_error, opens_proof, requirements, tactic_error
from ntkproofs.coq.text import Sentence, line_number, sentences
from ntkproofs.errors import InputError

__all__ = ["OWN", "allowed", "forbidden", "groups_of", "parse_assumptions", "parse_locations", "requirements"]

_NAME = r"[^\W\d][\w']*(?:\.[^\W\d][\w']*)*"
_OPEN = "leaves a goal without a proof"
_ASSUMES = "introduces an assumption"
_AROUND = "bypasses checks of the kernel"
_OUTSIDE = "depends on state outside the file"
_RECURSION = "defines recursion other than by a plain Fixpoint"
_FAULTS = "uses a feature of the kernel that theories may not use"
_TOKENS = "changes the syntax of Coq"
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
    r"""Return an error message, with file and line, for each forbidden construct in a Coq source.

    Every character and every sentence must be on the allow-lists of :mod:`~ntkproofs.coq.permitted`. Words that are
    forbidden in every sentence have messages that state their effect.

    >>> forbidden("Lemma a : 1 = 2. (* Admitted *)\nAdmitted.", "A.v")
    ['A.v, line 2: `Admitted` leaves a goal without a proof']
    """
    try:
        characters, parsed = character_errors(source), sentences(source)
    except InputError as problem:
        return [f"{file}, {problem}"]
    auditor = _Auditor(frozenset(match.group(1) for match in (_LTAC.match(s.code) for s in parsed) if match))
    errors = [error for sentence in parsed for error in auditor.errors(sentence)]
    errors += [(line_number(source, offset), message) for offset, message in characters]
    return [f"{file}, line {line}: {message}" for line, message in sorted(errors, key=itemgetter(0))]


_LTAC = re.compile(r"(?:Local\s+)?Ltac\s+([\w']+)")


@dataclass
class _Auditor:
    """Checks the sentences of a file in order.

    `local_tactics`: the tactics that the file defines; `sections`: the number of open sections; `proof`: whether a
    proof is ``open``, or ``expected`` since the last sentence was a statement.
    """

    local_tactics: frozenset[str]
    sections: int = 0
    proof: Literal["none", "expected", "open"] = "none"

    def errors(self, sentence: Sentence) -> list[tuple[int, str]]:
        """Return the errors of the next sentence as ``(line, message)``, and advance."""
        code = sentence.code
        words = _word_errors(code, in_section=self.sections > 0)
        form = self._form_error(code)
        self._advance(code)
        if not words and form:
            return [(sentence.line, form)]
        return [(sentence.line + code.count("\n", 0, start), message) for start, message in sorted(words)]

    def _form_error(self, code: str) -> str:
        """Return why the form of a sentence is not allowed; empty if it is."""
        if self.proof == "expected":
            return (
                "" if code == "Proof" else f"expected `Proof.` after a statement, got `{' '.join(code.split())[:60]}`"
            )
        if self.proof == "open":
            return "" if _ends(code) else tactic_error(code, self.local_tactics)
        return command_error(code)

    def _advance(self, code: str) -> None:
        if self.proof == "expected":
            self.proof = "open"
        elif self.proof == "open":
            self.proof = "none" if _ends(code) else "open"
        elif opens_proof(code):
            self.proof = "expected"
        elif code.split()[:1] == ["Section"]:
            self.sections += 1
        elif code.split()[:1] == ["End"]:
            self.sections = max(0, self.sections - 1)


def _ends(code: str) -> bool:
    """Return whether a sentence ends a proof, possibly after closing braces."""
    return re.fullmatch(r"[}\s]*(?:Qed|Defined|Admitted)", code) is not None


def _word_errors(code: str, *, in_section: bool) -> list[tuple[int, str]]:
    """Return the forbidden words and phrases of a sentence as ``(offset, message)``."""
    errors = []
    for word in _WORD.finditer(code):
        reason = _WORDS.get(word.group())
        if reason is None and word.group() in _IN_SECTIONS and not in_section:
            reason = f"{_ASSUMES} outside of a section"
        if reason is not None:
            errors.append((word.start(), f"`{word.group()}` {reason}"))
    for pattern, reason in _PHRASES:
        matches = pattern.finditer(code)
        errors += [(match.start(), f"`{' '.join(match.group().split())}` {reason}") for match in matches]
    return errors


# --- assumptions of theorems


def parse_assumptions(output: str) -> frozenset[str]:
    r"""Parse the output of ``Print Assumptions``: return the printed names, or the whole line if there is no name.

    Raises InputError if the text is not such an output.

    >>> sorted(parse_assumptions("Axioms:\nA.b\n  : forall x : nat,\n    x = x\nf is assumed to be guarded."))
    ['A.b', 'f is assumed to be guarded.']
    >>> parse_assumptions("Closed under the global context")
    frozenset()
    """
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    if lines == ["Closed under the global context"]:
        return frozenset()
    if not lines or lines[0] not in ("Axioms:", "Section Variables:"):
        raise InputError(f"not an output of Print Assumptions: {' '.join(lines)[:80]!r}")
    names, kind = set(), ""
    for line in lines:
        if line in ("Axioms:", "Section Variables:"):
            kind = "" if line == "Axioms:" else "section variable "
        elif not line.startswith((" ", ":")):
            match = re.fullmatch(rf"({_NAME})(?:\s*:.*)?", line)
            names.add(kind + (match.group(1) if match else line))
    return frozenset(names)


def parse_locations(output: str) -> dict[str, str]:
    r"""Parse the output of ``Locate``: return ``{printed name: full name}``.

    Coq prints the shortest name that identifies a constant uniquely.

    >>> parse_locations("Constant Coq.A.b\n  (shorter name to refer to it in current context is A.b)\nConstant C.d")
    {'A.b': 'Coq.A.b', 'C.d': 'C.d'}
    """
    pattern = rf"^Constant ({_NAME})(?:\s+\(shorter name to refer to it in current context is ({_NAME})\))?"
    return {short or full: full for full, short in re.findall(pattern, output, re.MULTILINE)}


@lru_cache
def _allow_list() -> dict[str, dict[str, str]]:
    """Return the allow-list of assumptions: ``{group: {full name: why it is allowed}}``."""
    text = files("ntkproofs.coq").joinpath("assumptions.json").read_text(encoding="utf-8")
    groups: dict[str, dict[str, str]] = json.loads(text)
    return groups


def allowed() -> frozenset[str]:
    """Return the full names of all assumptions that a theorem may have.

    >>> "Coq.Logic.Classical_Prop.classic" in allowed(), "Coq.Floats.PrimFloat.float" in allowed()
    (True, False)
    """
    return frozenset(name for names in _allow_list().values() for name in names)


def groups_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return the groups of the given assumptions, in the order of the allow-list.

    Raises InputError for a name that is not on the list.

    >>> groups_of(["Coq.Logic.Classical_Prop.classic"])
    ('classical logic',)
    """
    assumed = frozenset(names)
    if not assumed <= allowed():
        raise InputError(f"not on the allow-list of assumptions: {', '.join(sorted(assumed - allowed()))}")
    return tuple(group for group, members in _allow_list().items() if not assumed.isdisjoint(members))
