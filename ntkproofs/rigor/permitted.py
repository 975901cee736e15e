"""The sentences and characters that a Coq file of a theory may hold: an allow-list, each entry of one form.

Nothing here may declare a token, so that Coq reads comments, strings and the ends of sentences as :mod:`coq_text` does;
and nothing may change how the kernel checks. Whatever is not on the lists is refused, whether it is harmful or not.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable

from ntkproofs.errors import InputError
from ntkproofs.rigor.coq_text import pieces
from ntkproofs.rigor.recursion import SHAPE, recursion_problem, tokens

__all__ = [
    "LIBRARIES",
    "OWN",
    "TACTICS",
    "characters",
    "command_problem",
    "opens_proof",
    "requirements",
    "tactic_problem",
]

OWN = "NtkProofs"

_COQ = """
Reals Rdefinitions Raxioms RIneq Rtrigo Ranalysis ClassicalDedekindReals Arith Nat PeanoNat Compare_dec NArith ZArith
PArith QArith Bool List String Ascii Lia Lra Psatz Ring Field Permutation Sorted Classical Classical_Prop
FunctionalExtensionality
"""
_COQUELICOT = "Coquelicot Rcomplements Rbar Hierarchy Continuity Derive AutoDerive RInt Series"
LIBRARIES = {
    "Coq": frozenset(_COQ.split()),
    "Coquelicot": frozenset(_COQUELICOT.split()),
    "Interval": frozenset({"Tactic"}),
}

_TACTICS = """
apply assert assumption auto auto_derive case cbn cbv change clear clearbody congruence constructor contradiction
destruct discriminate do eapply eassumption easy eauto eexists elim enough etransitivity exact exfalso exists f_equal
field field_simplify first fold generalize idtac induction injection interval intro intros intuition inversion
lazymatch left lia lra match move nia now nra pattern pose progress refine reflexivity remember rename repeat replace
revert rewrite right ring ring_simplify set simpl solve specialize split subst symmetry tauto transitivity trivial try
unfold zify
"""
TACTICS = frozenset(_TACTICS.split())

_NAME = r"[A-Za-z_][\w']*(?:\.[A-Za-z_][\w']*)*"
_REQUIRE = re.compile(rf"(?:From\s+({_NAME})\s+)?Require(?:\s+(Import|Export))?((?:\s+{_NAME})+)")

_CODE = frozenset(string.ascii_letters + string.digits + " \n_'!%&()*+,-./:;<=>?@[\\]^{|}~")
_COMMENT = frozenset(map(chr, range(32, 127))) | {"\n"}
_STRING = frozenset(string.ascii_letters + string.digits + " _-.,")
_PLACES = {
    "code": (_CODE, "outside of comments and strings"),
    "comment": (_COMMENT - {'"'}, "in a comment (quotation marks would begin a string there)"),
    "string": (_STRING, "in a string (letters, digits and `_-., ` may)"),
}


def characters(source: str) -> list[tuple[int, str]]:
    r"""Return the places of a source at which a character may not stand, with the reason; the first of each kind.

    Raises InputError for a comment or string that does not end.

    >>> characters('Lemma \u03b1 : True.')
    [(6, "the character 'α' (U+03B1) may not stand outside of comments and strings")]
    """
    found = []
    for kind, start, end in pieces(source):
        inside = source[start + 1 : end - 1] if kind == "string" else source[start:end]
        allowed, where = _PLACES[kind]
        wrong = next((place for place, character in enumerate(inside) if character not in allowed), None)
        if wrong is not None:
            what = inside[wrong]
            place = start + wrong + (kind == "string")
            found.append((place, f"the character {what!r} (U+{ord(what):04X}) may not stand {where}"))
    return found


# --- libraries


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
        raise InputError(f"`{_short(bare)}` is not `From LIBRARY Require [Import] FILES`")
    root, form, names = found.groups()
    return [(f"{root}.{name}" if root else name, form is not None) for name in names.split()]


def _require_problem(bare: str) -> str:
    try:
        required = requirements(bare)
    except InputError as problem:
        return str(problem)
    if not required:
        return f"`{_short(bare)}` is not `From LIBRARY Require [Import] FILES`"
    return "; ".join(filter(None, (_library_problem(name) for name, _ in required)))


def _library_problem(name: str) -> str:
    root, *path = name.split(".")
    if root == OWN and len(path) == 1:
        return ""
    if root not in LIBRARIES:
        return f"`Require` of {name}: the libraries allowed are {', '.join(sorted([*LIBRARIES, OWN]))}"
    if not path or path[-1] not in LIBRARIES[root]:
        return f"`Require` of {name}: of {root} these files are allowed: {', '.join(sorted(LIBRARIES[root]))}"
    return ""


# --- commands


def _form(pattern: str, shown: str) -> Callable[[str], str]:
    """Return the check that a sentence is of one form."""
    compiled = re.compile(pattern)
    return lambda bare: "" if compiled.fullmatch(bare) else f"`{_short(bare)}` is not of the form `{shown}`"


def _term_problem(bare: str) -> str:
    """Return what is wrong with a term: a ``with`` without its ``match`` (mutual recursion), or tactics inside."""
    found = tokens(bare)
    if "ltac" in found:
        return f"tactics inside of a term: `{_short(bare)}`"
    depth = 0
    for token in found:
        depth += (token == "match") - (token == "with")
        if depth < 0:
            return f"`with` joins several in one: `{_short(bare)}`"
    return ""


def _type(bare: str) -> str:
    found = tokens(bare)
    problem = _term_problem(bare)
    if problem or (found.count(":=") == 1 and "let" not in found):
        return problem
    return f"`{_short(bare)}` is not of the form `{found[0]} name ... := ...` without definitions inside"


def _declared(bare: str) -> str:
    return f"`{_short(bare)}` defines something" if ":=" in tokens(bare) else _term_problem(bare)


def _recursive(bare: str) -> str:
    problem = recursion_problem(bare)
    name = next(iter(tokens(bare)[1:]), "")
    return f"the recursion of {name} is not plain: {problem}; the form is `{SHAPE}`" if problem else ""


def _tactic(bare: str) -> str:
    found = re.fullmatch(r"Ltac(?:\s+[A-Za-z_][\w']*)+\s*:=\s*(.*)", bare, re.DOTALL)
    return tactic_problem(found.group(1)) if found else f"`{_short(bare)}` is not of the form `Ltac name ... := tactic`"


_STATE = ("Lemma", "Theorem", "Corollary", "Proposition", "Fact", "Remark", "Example")
_ARGUMENT = r"(?:\{\w+\}|\[\w+\]|!?\w+|/)"
_COMMANDS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(("From", "Require"), _require_problem),
    "Import": _form(r"Import\s+ListNotations", "Import ListNotations"),
    **dict.fromkeys(("Open", "Close"), _form(r"(?:Open|Close)\s+Scope\s+\w+", "Open Scope name")),
    "Arguments": _form(
        rf"Arguments\s+{_NAME}(?:\s+{_ARGUMENT})*(?:\s*:\s*simpl\s+(?:never|nomatch))?",
        "Arguments name arguments : simpl never",
    ),
    **dict.fromkeys(("Section", "End"), _form(r"(?:Section|End)\s+\w+", "Section name")),
    **dict.fromkeys(("Variable", "Variables", "Hypothesis", "Hypotheses", "Context"), _declared),
    **dict.fromkeys(_STATE, _term_problem),
    **dict.fromkeys(("Definition", "Let"), _term_problem),
    "Fixpoint": _recursive,
    **dict.fromkeys(("Inductive", "Record"), _type),
    "Ltac": _tactic,
}
_LOCAL = ("Open", "Close", "Arguments", "Definition", "Ltac")


def command_problem(bare: str) -> str:
    """Return why a sentence outside of proofs is refused; empty if it is a command of the list, in its form.

    >>> command_problem("Definition one := 1"), command_problem("Unset Universe Checking")[:41]
    ('', '`Unset` is not among the commands allowed')
    """
    rest = re.sub(r"^Local\s+", "", bare)
    word = re.match(r"\w*", rest)
    command = word.group() if word else ""
    if command not in _COMMANDS or (rest != bare and command not in _LOCAL):
        shown = f"Local {command}" if rest != bare else command or _short(bare)
        return (
            f"`{shown}` is not among the commands allowed: {', '.join(sorted({*_COMMANDS, 'Proof', 'Qed', 'Defined'}))}"
        )
    return _COMMANDS[command](rest)


def opens_proof(bare: str) -> bool:
    """Tell whether a proof follows a sentence: a statement, or a definition without its value."""
    word = next(iter(re.sub(r"^Local\s+", "", bare).split(maxsplit=1)), "")
    return word in _STATE or (word in ("Definition", "Let") and ":=" not in tokens(bare))


def tactic_problem(bare: str, own: Iterable[str] = ()) -> str:
    """Return why a sentence inside of a proof is refused; `own`: the tactics that the theory defines.

    >>> tactic_problem("- intros n; lia"), tactic_problem("native_compute")[:24]
    ('', '`native_compute` is not ')
    """
    rest = re.sub(r"^(?:\s|[-+*]+(?=[\s{])|[{}(]|(?:all|\d+)\s*:)+", "", bare)
    word = re.match(r"[\w']*", rest)
    head = word.group() if word else ""
    if not rest or head in TACTICS or head in own:
        return ""
    return f"`{head or _short(rest)}` is not among the tactics allowed"


def _short(text: str) -> str:
    return " ".join(text.split())[:60]
