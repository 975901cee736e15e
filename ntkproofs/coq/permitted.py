"""Allow-lists for the files of a theory: characters, libraries, commands (each in one form) and tactics.

No allowed command declares a token, so that Coq recognises comments, strings and the ends of sentences as
:mod:`~ntkproofs.coq.text` does, and none changes the checks of the kernel. Everything that is not on a list is refused,
whether it is harmful or not.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable

from ntkproofs.coq.recursion import SHAPE, recursion_error, tokens
from ntkproofs.coq.text import pieces
from ntkproofs.errors import InputError

__all__ = [
    "LIBRARIES",
    "OWN",
    "TACTICS",
    "character_errors",
    "command_error",
    "opens_proof",
    "requirements",
    "tactic_error",
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
_ALLOWED = {
    "code": (_CODE, "outside of comments and strings"),
    "comment": (_COMMENT - {'"'}, "in a comment (a quotation mark would begin a string)"),
    "string": (_STRING, "in a string (only letters, digits and `_-., ` are)"),
}


def character_errors(source: str) -> list[tuple[int, str]]:
    r"""Return the characters that are not allowed, as ``(offset, message)``; at most one for each piece of the source.

    Raises InputError for a comment or string that is not closed.

    >>> character_errors('Lemma \u03b1 : True.')
    [(6, "the character 'α' (U+03B1) is not allowed outside of comments and strings")]
    """
    errors = []
    for kind, start, end in pieces(source):
        inside = source[start + 1 : end - 1] if kind == "string" else source[start:end]
        allowed, where = _ALLOWED[kind]
        index = next((index for index, character in enumerate(inside) if character not in allowed), None)
        if index is not None:
            character = inside[index]
            offset = start + index + (kind == "string")
            errors.append((offset, f"the character {character!r} (U+{ord(character):04X}) is not allowed {where}"))
    return errors


# --- libraries


def requirements(code: str) -> list[tuple[str, bool]]:
    """Return the full names of the files that a ``Require`` sentence requires, each with whether it is imported.

    The result is empty for any other sentence. Raises InputError for a ``Require`` of a form that is not allowed.

    >>> requirements("From Coq Require Import Reals Lra")
    [('Coq.Reals', True), ('Coq.Lra', True)]
    """
    if not re.search(r"\bRequire\b", code):
        return []
    match = _REQUIRE.fullmatch(code)
    if match is None:
        raise InputError(f"`{_short(code)}` is not `From LIBRARY Require [Import] FILES`")
    root, form, names = match.groups()
    return [(f"{root}.{name}" if root else name, form is not None) for name in names.split()]


def _require_error(code: str) -> str:
    try:
        required = requirements(code)
    except InputError as problem:
        return str(problem)
    if not required:
        return f"`{_short(code)}` is not `From LIBRARY Require [Import] FILES`"
    return "; ".join(filter(None, (_library_error(name) for name, _ in required)))


def _library_error(name: str) -> str:
    root, *path = name.split(".")
    if root == OWN and len(path) == 1:
        return ""
    if root not in LIBRARIES:
        return f"`Require` of {name}: the allowed libraries are {', '.join(sorted([*LIBRARIES, OWN]))}"
    if not path or path[-1] not in LIBRARIES[root]:
        return f"`Require` of {name}: the allowed files of {root} are {', '.join(sorted(LIBRARIES[root]))}"
    return ""


# --- commands


def _form(pattern: str, description: str) -> Callable[[str], str]:
    """Return a function that checks that a sentence has the form of a pattern."""
    compiled = re.compile(pattern)
    return lambda code: "" if compiled.fullmatch(code) else f"`{_short(code)}` is not of the form `{description}`"


def _term_error(code: str) -> str:
    """Return an error for a ``with`` that belongs to no ``match`` (mutual definitions) and for tactics in a term."""
    words = tokens(code)
    if "ltac" in words:
        return f"tactics inside a term: `{_short(code)}`"
    depth = 0
    for token in words:
        depth += (token == "match") - (token == "with")
        if depth < 0:
            return f"mutual definitions (`with`) are not allowed: `{_short(code)}`"
    return ""


def _type_error(code: str) -> str:
    words = tokens(code)
    error = _term_error(code)
    if error or (words.count(":=") == 1 and "let" not in words):
        return error
    return f"`{_short(code)}` is not of the form `{words[0]} name ... := ...` without local definitions"


def _declaration_error(code: str) -> str:
    return f"`{_short(code)}` contains a definition" if ":=" in tokens(code) else _term_error(code)


def _fixpoint_error(code: str) -> str:
    error = recursion_error(code)
    name = next(iter(tokens(code)[1:]), "")
    return f"the recursion of {name} is not plain: {error}; the form is `{SHAPE}`" if error else ""


def _ltac_error(code: str) -> str:
    match = re.fullmatch(r"Ltac(?:\s+[A-Za-z_][\w']*)+\s*:=\s*(.*)", code, re.DOTALL)
    return tactic_error(match.group(1)) if match else f"`{_short(code)}` is not of the form `Ltac name ... := tactic`"


_STATE = ("Lemma", "Theorem", "Corollary", "Proposition", "Fact", "Remark", "Example")
_ARGUMENT = r"(?:\{\w+\}|\[\w+\]|!?\w+|/)"
_COMMANDS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(("From", "Require"), _require_error),
    "Import": _form(r"Import\s+ListNotations", "Import ListNotations"),
    **dict.fromkeys(("Open", "Close"), _form(r"(?:Open|Close)\s+Scope\s+\w+", "Open Scope name")),
    "Arguments": _form(
        rf"Arguments\s+{_NAME}(?:\s+{_ARGUMENT})*(?:\s*:\s*simpl\s+(?:never|nomatch))?",
        "Arguments name arguments : simpl never",
    ),
    **dict.fromkeys(("Section", "End"), _form(r"(?:Section|End)\s+\w+", "Section name")),
    **dict.fromkeys(("Variable", "Variables", "Hypothesis", "Hypotheses", "Context"), _declaration_error),
    **dict.fromkeys(_STATE, _term_error),
    **dict.fromkeys(("Definition", "Let"), _term_error),
    "Fixpoint": _fixpoint_error,
    **dict.fromkeys(("Inductive", "Record"), _type_error),
    "Ltac": _ltac_error,
}
_LOCAL = ("Open", "Close", "Arguments", "Definition", "Ltac")


def command_error(code: str) -> str:
    """Return why a sentence outside of proofs is refused; empty if it is an allowed command in the allowed form.

    >>> command_error("Definition one := 1"), command_error("Unset Universe Checking")[:41]
    ('', '`Unset` is not among the allowed commands')
    """
    rest = re.sub(r"^Local\s+", "", code)
    word = re.match(r"\w*", rest)
    command = word.group() if word else ""
    if command not in _COMMANDS or (rest != code and command not in _LOCAL):
        name = f"Local {command}" if rest != code else command or _short(code)
        return (
            f"`{name}` is not among the allowed commands: {', '.join(sorted({*_COMMANDS, 'Proof', 'Qed', 'Defined'}))}"
        )
    return _COMMANDS[command](rest)


def opens_proof(code: str) -> bool:
    """Return whether a sentence begins a proof: a statement, or a definition without a value."""
    word = next(iter(re.sub(r"^Local\s+", "", code).split(maxsplit=1)), "")
    return word in _STATE or (word in ("Definition", "Let") and ":=" not in tokens(code))


def tactic_error(code: str, local: Iterable[str] = ()) -> str:
    """Return why a sentence inside a proof is refused, or an empty text; `local`: the tactics that the file defines.

    >>> tactic_error("- intros n; lia"), tactic_error("native_compute")[:24]
    ('', '`native_compute` is not ')
    """
    rest = re.sub(r"^(?:\s|[-+*]+(?=[\s{])|[{}(]|(?:all|\d+)\s*:)+", "", code)
    word = re.match(r"[\w']*", rest)
    head = word.group() if word else ""
    if not rest or head in TACTICS or head in local:
        return ""
    return f"`{head or _short(rest)}` is not among the allowed tactics"


def _short(text: str) -> str:
    return " ".join(text.split())[:60]
