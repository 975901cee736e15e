"""Reading a theory before it is believed: what its files may not hold, and what its theorems may assume.

Pure functions on text. The kernel sees most of this too; an audit says it early, in one line, with the place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

from ntkproofs.errors import InputError
from ntkproofs.rigor.coq_text import Sentence, sentences

__all__ = ["allowed", "assumptions", "forbidden", "groups_of", "locations", "requirements"]

OWN = "NtkProofs"
LIBRARIES = frozenset({"Coq", "Coquelicot", "Interval", "Flocq", "mathcomp", OWN})

_OPEN = "leaves something without a proof"
_ASSUMES = "assumes something"
_AROUND = "goes around the kernel"
_OUTSIDE = "reaches outside the file"
_WORDS = {
    **dict.fromkeys(("Admitted", "admit", "give_up", "Admit", "admitted"), _OPEN),
    **dict.fromkeys(("Axiom", "Axioms", "Parameter", "Parameters", "Conjecture", "Conjectures"), _ASSUMES),
    **dict.fromkeys(("Primitive", "Symbol", "Symbols"), _ASSUMES),
    **dict.fromkeys(("native_compute", "native_cast_no_check", "vm_cast_no_check", "exact_no_check"), _AROUND),
    **dict.fromkeys(("change_no_check", "convert_concl_no_check", "bypass_check", "Register"), _AROUND),
    **dict.fromkeys(("Load", "Redirect", "Drop", "Cd", "Extraction", "LoadPath", "ML", "Reset", "BackTo"), _OUTSIDE),
}
_IN_SECTIONS = ("Variable", "Variables", "Hypothesis", "Hypotheses", "Context")
_WORD = re.compile(r"[^\W\d][\w']*")
_PHRASES = (
    (re.compile(r"\b(?:Guard|Positivity|Universe)\s+Checking\b"), _AROUND),
    (re.compile(r"\bDefinitional\s+UIP\b"), _AROUND),
    (re.compile(r"\btype[-_]in[-_]type\b"), _AROUND),
    (re.compile(r"<<:"), _AROUND),
    (re.compile(r"\bDeclare\s+(?!Scope\b|Custom\b)\w+"), _ASSUMES),
)
_NAME = r"[^\W\d][\w']*(?:\.[^\W\d][\w']*)*"
_REQUIRE = re.compile(rf"(?:From\s+({_NAME})\s+)?Require(?:\s+(Import|Export))?((?:\s+{_NAME})+)")


@lru_cache(maxsize=1024)
def forbidden(source: str, file: str) -> list[str]:
    r"""Return what a Coq source may not hold, each with file, line and reason; an empty list for one that is clean.

    Comments and strings are not looked at. Variables are allowed inside sections.

    >>> forbidden("Lemma a : 1 = 2. (* Admitted *)\nAdmitted.", "A.v")
    ['A.v, line 2: `Admitted` leaves something without a proof']
    """
    try:
        found = sentences(source)
    except InputError as problem:
        return [f"{file}, {problem}"]
    messages: list[str] = []
    inside: list[bool] = []  # for every section or module that is open, whether it is a section
    for sentence in found:
        _follow(sentence.bare, inside)
        for line, what in _offences(sentence, any(inside)):
            messages.append(f"{file}, line {line}: {what}")
    return messages


def _follow(bare: str, inside: list[bool]) -> None:
    """Keep track of the sections and modules that are open."""
    words = bare.split()
    if words[:1] == ["Section"]:
        inside.append(True)
    elif words[:1] == ["Module"] and ":=" not in bare:
        inside.append(False)
    elif words[:1] == ["End"] and inside:
        inside.pop()


def _offences(sentence: Sentence, in_section: bool) -> list[tuple[int, str]]:
    bare = sentence.bare
    found = []
    for word in _WORD.finditer(bare):
        reason = _WORDS.get(word.group())
        if reason is None and word.group() in _IN_SECTIONS and not in_section:
            reason = f"{_ASSUMES}, as no section is open"
        if reason is not None:
            found.append((word.start(), f"`{word.group()}` {reason}"))
    for pattern, reason in _PHRASES:
        found += [(hit.start(), f"`{' '.join(hit.group().split())}` {reason}") for hit in pattern.finditer(bare)]
    if re.search(r"\bRequire\b", bare):
        found += [(0, what) for what in _foreign(bare)]
    return [(sentence.line + bare.count("\n", 0, start), what) for start, what in sorted(found)]


def _foreign(bare: str) -> list[str]:
    """Return what is wrong with a ``Require``: one of another form, or of a library that is not on the list."""
    try:
        required = requirements(bare)
    except InputError as problem:
        return [str(problem)]
    return [
        f"`Require` of {name}: the libraries allowed are {', '.join(sorted(LIBRARIES))}"
        for name, _ in required
        if name.split(".")[0] not in LIBRARIES
    ]


def requirements(bare: str) -> list[tuple[str, bool]]:
    """Return the full names that a sentence requires, and whether they are imported; none for another sentence.

    Raises InputError for a ``Require`` of an unusual form.

    >>> requirements("From Coq Require Import Reals Lra")
    [('Coq.Reals', True), ('Coq.Lra', True)]
    """
    if not re.search(r"\bRequire\b", bare):
        return []
    found = _REQUIRE.fullmatch(bare)
    if found is None:
        raise InputError(f"`{' '.join(bare.split())[:60]}` is not `From LIBRARY Require [Import] FILES`")
    root, form, names = found.groups()
    return [(f"{root}.{name}" if root else name, form is not None) for name in names.split()]


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
