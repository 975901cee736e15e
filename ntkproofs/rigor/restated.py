"""``Statements.v``: every theorem restated in the plainest terms and proved by ``exact``; and the record of it.

The file holds imports, scopes, and pieces of one shape::

    (** What it says, in words. *)
    Theorem name : statement.
    Proof. exact File.lemma. Qed.

What it *imports* from the theory are definitions: a reader reads those files too, and they are recorded with the
statements. Files that hold lemmas are required without being imported, so that nothing in them can give a statement
another meaning. What is recorded is a digest of the text as it stands: of a definition file all of it, of a statement
also its words and what stands before it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

from ntkproofs.errors import InputError
from ntkproofs.rigor.audit import OWN, requirements
from ntkproofs.rigor.coq_text import Sentence, normal, sentences

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
    """One theorem: its name, its statement as Coq reads it, the same in words, and where it begins.

    `context`: the imports and scopes in which Coq reads it; `source`: words and statement as they stand in the file.
    """

    name: str
    text: str
    words: str
    line: int
    context: tuple[str, ...]
    source: str

    @property
    def digest(self) -> str:
        """The SHA-256 of the words and the statement as they stand in the file, and of the context."""
        return sha256("\0".join([*self.context, self.source]).encode()).hexdigest()


def statements(source: str) -> tuple[Statement, ...]:
    r"""Return the theorems of a ``Statements.v``; raises InputError, with the line, for anything of another shape.

    >>> found = statements("(** One is one. *) Theorem one : 1 = 1.\nProof. exact eq_refl. Qed.")
    >>> found[0].name, found[0].text, found[0].words
    ('one', '1 = 1', 'One is one')
    """
    try:
        rest = list(sentences(source))
    except InputError as problem:
        raise InputError(f"{FILE}, {problem}") from None
    found: list[Statement] = []
    context: list[str] = []
    while rest:
        first = rest.pop(0)
        theorem = _THEOREM.fullmatch(first.text)
        if theorem is None:
            context += _context(first)
            continue
        name, text = theorem.group(1), normal(theorem.group(2))
        if any(name == other.name for other in found):
            raise InputError(f"{FILE}, line {first.line}: there is a theorem {name} already")
        _proved_by_exact(name, rest[:3])
        del rest[:3]
        found.append(Statement(name, text, _words(name, first), first.line, tuple(context), first.source))
    if not found:
        raise InputError(f"{FILE} states nothing: it holds pieces {SHAPE}")
    return tuple(found)


def _context(sentence: Sentence) -> list[str]:
    """Return what a sentence that is no theorem adds to the context; raises InputError if it has no place here."""
    try:
        required = requirements(sentence.bare)
    except InputError as problem:
        raise InputError(f"{FILE}, line {sentence.line}: {problem}") from None
    if required:
        return [normal(sentence.bare)] if any(imported for _, imported in required) else []
    if _SCOPE.fullmatch(sentence.bare):
        return [normal(sentence.bare)]
    raise InputError(
        f"{FILE}, line {sentence.line}: `{normal(sentence.text)[:60]}` has no place here: "
        f"imports, scopes, and pieces {SHAPE}"
    )


def _proved_by_exact(name: str, proof: list[Sentence]) -> None:
    bare = [sentence.bare for sentence in proof]
    if (
        len(bare) < 3
        or bare[0] != "Proof"
        or bare[2] != "Qed"
        or _EXACT.fullmatch(bare[1]) is None
        or re.search(r"\bltac\b", bare[1])
    ):
        shown = " ".join(f"{normal(text)}." for text in bare)[:80]
        where = f"{FILE}, line {proof[0].line}: " if proof else f"{FILE}: "
        raise InputError(f"{where}theorem {name} is not proved by `Proof. exact lemma. Qed.` but by `{shown}`")


def _words(name: str, sentence: Sentence) -> str:
    words = re.fullmatch(r"\(\*\*\s+(?!\*)(.*?)\s*\*\)", sentence.comment, re.DOTALL)
    if words is None or not words.group(1).strip(" ."):
        raise InputError(f"{FILE}, line {sentence.line}: theorem {name} is not said in words: (** ... *) before it")
    return " ".join(words.group(1).split()).removesuffix(".")


def imported_files(source: str) -> tuple[str, ...]:
    """Return the theory's files that a source imports, by name.

    >>> imported_files("From NtkProofs Require Import Kernels. From NtkProofs Require Gram.")
    ('Kernels',)
    """
    return tuple(name for name, imported in _own(source) if imported)


@lru_cache(maxsize=1024)
def required_files(source: str) -> tuple[str, ...]:
    """Return the theory's files that a source requires, imported or not, by name.

    >>> required_files("From NtkProofs Require Import Kernels. From NtkProofs Require Gram.")
    ('Kernels', 'Gram')
    """
    return tuple(name for name, _ in _own(source))


def _own(source: str) -> list[tuple[str, bool]]:
    return [
        (name.removeprefix(f"{OWN}."), imported)
        for sentence in sentences(source)
        for name, imported in requirements(sentence.bare)
        if name.startswith(f"{OWN}.")
    ]


# --- the record


@dataclass(frozen=True)
class Record:
    """What was recorded: ``{statement: digest}``, ``{definition file: digest}``, and what each statement assumes.

    `assumptions` (``{statement: groups in words}``, may be empty) is a hint: statements that are said to assume the
    same are asked about together, which is quicker, and one by one if the answer is another.
    """

    statements: Mapping[str, str]
    definitions: Mapping[str, str]
    assumptions: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the record as it is written."""
        parts = ("definitions", "statements", *(("assumptions",) if self.assumptions else ()))
        return json.dumps({part: dict(getattr(self, part)) for part in parts}, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Record:
        """Read what :meth:`to_json` wrote; raises InputError for anything else.

        >>> Record.from_json('{"definitions": {}, "statements": {"a": "00"}}').statements
        {'a': '00'}
        """
        try:
            document = json.loads(text)
        except ValueError as problem:
            raise InputError(f"{RECORD} is no JSON: {problem}") from None
        if not isinstance(document, dict) or set(document) - {"assumptions"} != {"definitions", "statements"}:
            raise InputError(f"{RECORD} holds an object with the keys definitions, statements and perhaps assumptions")
        for digests in document.values():
            if not isinstance(digests, dict) or not all(isinstance(digest, str) for digest in digests.values()):
                raise InputError(f"{RECORD} holds objects that map names to texts")
        return cls(document["statements"], document["definitions"], document.get("assumptions", {}))


def definition_digest(source: str) -> str:
    """Return the SHA-256 of a definition file, comments and line breaks included.

    >>> definition_digest("Definition a := 1.")[:16]
    'f6203735a30a9318'
    """
    return sha256(source.encode()).hexdigest()


def differences(record: Record, found: Record) -> dict[str, str]:
    """Return what is not as recorded, ``{statement or file: message}``; empty if everything is.

    >>> differences(Record({"a": "1"}, {}), Record({"a": "2"}, {}))["a"][:42]
    'statement a is not the one recorded; if th'
    """
    way_out = "if that is meant, read it again and record it (python -m ntkproofs.commands.theory FOLDER --record)"
    messages = {}
    for what, before, now in (
        ("statement", record.statements, found.statements),
        ("definition file", record.definitions, found.definitions),
    ):
        for name in [*now, *(name for name in before if name not in now)]:
            if name not in before:
                messages[name] = f"{what} {name} is not recorded; {way_out}"
            elif name not in now:
                messages[name] = f"{what} {name} is recorded, but is not there; {way_out}"
            elif before[name] != now[name]:
                messages[name] = f"{what} {name} is not the one recorded; {way_out}"
    return messages
