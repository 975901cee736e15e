"""The statements of a theory: parsing of ``Statements.v``, and the record of the statements that a person reviewed.

``Statements.v`` restates every theorem and proves it by ``exact``. It contains imports, scopes and
theorems of one form::

    (** The statement in words. *)
    Theorem name : statement.
    Proof. exact File.lemma. Qed.

The files of the theory that it *imports* contain the definitions; they have to be reviewed too, and are recorded with
the statements. Files with lemmas are required but not imported, so that they cannot change the meaning of a statement.
The record contains digests of the text: of a whole definition file, and of a statement with its words and the imports
and scopes before it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

from ntkproofs.coq.audit import OWN, requirements
from ntkproofs.coq.text import Sentence, normalized, sentences
from ntkproofs.errors import InputError

__all__ = [
    "FILE",
    "RECORD",
    "Record",
    "Statement",
    "definition_digest",
    "differences",
    "imported_files",
    "required_files",
    "statements",
]

FILE, RECORD = "Statements.v", "statements.json"
SHAPE = "`(** words *) Theorem name : statement. Proof. exact lemma. Qed.`"

_THEOREM = re.compile(r"Theorem\s+([^\W\d][\w']*)\s*:\s*(.*)", re.DOTALL)
_SCOPE = re.compile(r"(?:(?:Local\s+)?(?:Open|Close)\s+Scope\s+\w+|Import\s+ListNotations)")
_EXACT = re.compile(r"exact\s+(@?[^\W\d][\w'.]*|\(.*\))", re.DOTALL)


@dataclass(frozen=True)
class Statement:
    """A theorem of ``Statements.v``.

    `text`: the statement in Coq; `words`: the statement in words; `line`: its line number; `context`: the imports and
    scopes before it; `source`: words and statement, verbatim.
    """

    name: str
    text: str
    words: str
    line: int
    context: tuple[str, ...]
    source: str

    @property
    def digest(self) -> str:
        """The SHA-256 of the context, the words and the statement."""
        return sha256("\0".join([*self.context, self.source]).encode()).hexdigest()


def statements(source: str) -> tuple[Statement, ...]:
    r"""Parse a ``Statements.v``; raises InputError, with the line, for a sentence of any other form.

    >>> (one,) = statements("(** One is one. *) Theorem one : 1 = 1.\nProof. exact eq_refl. Qed.")
    >>> one.name, one.text, one.words
    ('one', '1 = 1', 'One is one')
    """
    try:
        rest = list(sentences(source))
    except InputError as problem:
        raise InputError(f"{FILE}, {problem}") from None
    result: list[Statement] = []
    context: list[str] = []
    while rest:
        first = rest.pop(0)
        theorem = _THEOREM.fullmatch(first.text)
        if theorem is None:
            context += _context(first)
            continue
        name, text = theorem.group(1), normalized(theorem.group(2))
        if any(name == other.name for other in result):
            raise InputError(f"{FILE}, line {first.line}: the theorem {name} occurs twice")
        _check_proof(name, rest[:3])
        del rest[:3]
        result.append(Statement(name, text, _words(name, first), first.line, tuple(context), first.source))
    if not result:
        raise InputError(f"{FILE} contains no theorem of the form {SHAPE}")
    return tuple(result)


def _context(sentence: Sentence) -> list[str]:
    """Return the contribution of an import or scope to the context; raises InputError for any other sentence."""
    try:
        required = requirements(sentence.code)
    except InputError as problem:
        raise InputError(f"{FILE}, line {sentence.line}: {problem}") from None
    if required:
        return [normalized(sentence.code)] if any(imported for _, imported in required) else []
    if _SCOPE.fullmatch(sentence.code):
        return [normalized(sentence.code)]
    raise InputError(
        f"{FILE}, line {sentence.line}: `{normalized(sentence.text)[:60]}` is not allowed; "
        f"allowed are imports, scopes and theorems of the form {SHAPE}"
    )


def _check_proof(name: str, proof: list[Sentence]) -> None:
    """Raise InputError unless the three sentences after a theorem are a proof by ``exact``."""
    code = [sentence.code for sentence in proof]
    if (
        len(code) < 3
        or code[0] != "Proof"
        or code[2] != "Qed"
        or _EXACT.fullmatch(code[1]) is None
        or re.search(r"\bltac\b", code[1])
    ):
        proof_text = " ".join(f"{normalized(text)}." for text in code)[:80]
        where = f"{FILE}, line {proof[0].line}: " if proof else f"{FILE}: "
        raise InputError(f"{where}theorem {name} is not proved by `Proof. exact lemma. Qed.` but by `{proof_text}`")


def _words(name: str, sentence: Sentence) -> str:
    words = re.fullmatch(r"\(\*\*\s+(?!\*)(.*?)\s*\*\)", sentence.comment, re.DOTALL)
    if words is None or not words.group(1).strip(" ."):
        raise InputError(
            f"{FILE}, line {sentence.line}: the theorem {name} has no comment (** ... *) with the statement in words"
        )
    return " ".join(words.group(1).split()).removesuffix(".")


def imported_files(source: str) -> tuple[str, ...]:
    """Return the names of the files of the theory that a source imports.

    >>> imported_files("From NtkProofs Require Import Kernels. From NtkProofs Require Gram.")
    ('Kernels',)
    """
    return tuple(name for name, imported in _own_requirements(source) if imported)


@lru_cache(maxsize=1024)
def required_files(source: str) -> tuple[str, ...]:
    """Return the names of the files of the theory that a source requires, imported or not.

    >>> required_files("From NtkProofs Require Import Kernels. From NtkProofs Require Gram.")
    ('Kernels', 'Gram')
    """
    return tuple(name for name, _ in _own_requirements(source))


def _own_requirements(source: str) -> list[tuple[str, bool]]:
    return [
        (name.removeprefix(f"{OWN}."), imported)
        for sentence in sentences(source)
        for name, imported in requirements(sentence.code)
        if name.startswith(f"{OWN}.")
    ]


# --- the record


@dataclass(frozen=True)
class Record:
    """The record of reviewed statements: ``{statement: digest}`` and ``{definition file: digest}``.

    `assumptions` (``{statement: groups of assumptions}``, possibly empty) is only a hint: statements with the same
    entry are queried together, which is faster, and one by one if the result differs from the entry.
    """

    statements: Mapping[str, str]
    definitions: Mapping[str, str]
    assumptions: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the record as JSON text."""
        parts = ("definitions", "statements", *(("assumptions",) if self.assumptions else ()))
        return json.dumps({part: dict(getattr(self, part)) for part in parts}, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Record:
        """Parse the JSON text of a record; raises InputError for any other document.

        >>> Record.from_json('{"definitions": {}, "statements": {"a": "00"}}').statements
        {'a': '00'}
        """
        try:
            document = json.loads(text)
        except ValueError as problem:
            raise InputError(f"{RECORD} is not JSON: {problem}") from None
        if not isinstance(document, dict) or set(document) - {"assumptions"} != {"definitions", "statements"}:
            raise InputError(
                f"{RECORD} must be an object with the keys definitions, statements and optionally assumptions"
            )
        for digests in document.values():
            if not isinstance(digests, dict) or not all(isinstance(digest, str) for digest in digests.values()):
                raise InputError(f"{RECORD}: every value must be an object that maps names to text")
        return cls(document["statements"], document["definitions"], document.get("assumptions", {}))


def definition_digest(source: str) -> str:
    """Return the SHA-256 of the text of a definition file, including comments and line breaks.

    >>> definition_digest("Definition a := 1.")[:16]
    'f6203735a30a9318'
    """
    return sha256(source.encode()).hexdigest()


def differences(recorded: Record, current: Record) -> dict[str, str]:
    """Return the differences between two records, ``{statement or file: message}``.

    >>> differences(Record({"a": "1"}, {}), Record({"a": "2"}, {}))["a"][:36]
    'statement a differs from the record;'
    """
    advice = "review it, then record it (python -m ntkproofs.commands.theory FOLDER --record)"
    messages = {}
    for kind, old, new in (
        ("statement", recorded.statements, current.statements),
        ("definition file", recorded.definitions, current.definitions),
    ):
        for name in [*new, *(name for name in old if name not in new)]:
            if name not in old:
                messages[name] = f"{kind} {name} is not in the record; {advice}"
            elif name not in new:
                messages[name] = f"{kind} {name} is in the record but does not exist; {advice}"
            elif old[name] != new[name]:
                messages[name] = f"{kind} {name} differs from the record; {advice}"
    return messages
