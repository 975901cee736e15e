"""A theory: a folder of Coq files, and what the kernel says about each theorem that its ``Statements.v`` restates.

For every statement Coq is asked three things, in a file written for the purpose. First it reads the statement with
nothing in scope but the definitions that ``Statements.v`` imports: so no lemma file can change what a statement means.
Then its kernel compares that with the theorem. Then it prints what the theorem assumes, which is held against
``assumptions.json``. Before anything is compiled, every file is audited; and what is compiled is checked once more
by ``coqchk``.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Literal

from ntkproofs.coq.audit import OWN, allowed, assumptions, forbidden, groups_of, locations
from ntkproofs.coq.builds import Compiled, Limits, build, compile_one, first_error, needed_by
from ntkproofs.coq.builds import prepare as prepare_builds
from ntkproofs.coq.compiler import MISSING, find_coqc
from ntkproofs.coq.recheck import Rechecked, recheck
from ntkproofs.coq.statements import (
    FILE,
    RECORD,
    Record,
    Statement,
    definition_digest,
    differences,
    imported_files,
    statements,
)
from ntkproofs.errors import InputError, NtkProofsError, ProofRefused
from ntkproofs.facts import Fact, Finding
from ntkproofs.issued import issues

__all__ = ["Proof", "Theory"]

OPENED: list[Path] = []  # the folders of the theories of this process

LAST = FILE.removesuffix(".v")
QUESTIONS = "Questions"
_NAMED = re.compile(
    r"^\s*(Theorem|Lemma|Corollary|Proposition|Fact|Remark|Example|Definition|Fixpoint)\s+([\w']+)", re.M
)


@dataclass(frozen=True)
class Proof(Finding):
    """What Coq found about one statement: `words` and, as Coq reads it, `text`.

    `outcome`: ``holds``; ``fails`` for an equality that does not hold; ``open`` if Coq is missing or met a limit, with
    the `reason`. `assumptions`: full names of all that the proof rests on; `groups`: the same in a few words; `theory`:
    a digest of the sources; `seconds`: what compiling them took; `count`: how many facts it is; `kept`: nothing was
    compiled or checked for it, everything was in the cache from an earlier run.
    """

    instead = '.outcome == "holds"'

    words: str
    text: str
    outcome: Literal["holds", "fails", "open"]
    engine: str
    assumptions: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    theory: str = ""
    seconds: float = 0.0
    reason: str = ""
    count: int = 1
    kept: bool = False

    def fact(self) -> Fact:
        """Return the proof as a fact."""
        return Fact(
            kind="proved",
            outcome=self.outcome,
            engine=self.engine,
            text=self.words,
            work=self.count,
            unit="theorems",
            margin=f"assumes {', '.join(self.groups) or 'nothing'}" if self.outcome == "holds" else "",
            reason=self.reason,
            evidence={
                "coq": {
                    "statement": self.text,
                    "assumptions": list(self.assumptions),
                    "sources_sha256": self.theory,
                    "seconds": self.seconds,
                    "from_cache": self.kept,
                },
            },
            finding=self,
        )


class Theory:
    """The theory in a folder. What it holds is read once; Coq runs when a proof is asked for.

    Raises InputError if the folder has no Coq files.
    """

    def __init__(self, folder: Path, *, limits: Limits | None = None) -> None:
        self.folder = folder
        OPENED.append(folder.resolve())
        self.limits = limits or Limits()
        self._built: dict[tuple[str, ...], dict[str, Compiled]] = {}
        self._rechecked: dict[tuple[tuple[str, str], ...], Rechecked] = {}
        try:
            self.sources: Mapping[str, str] = {
                file.stem: file.read_bytes().decode() for file in sorted(folder.glob("*.v"))
            }
            record = folder / RECORD
            self._record = record.read_bytes().decode() if record.exists() else None
        except (OSError, UnicodeDecodeError) as problem:
            raise InputError(f"{folder}: {problem}") from None
        if not self.sources:
            raise InputError(f"{folder} holds no Coq files")

    # --- reading

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """The statements of ``Statements.v``; raises InputError if it is missing or holds anything else."""
        if LAST not in self.sources:
            raise InputError(f"{self.folder} has no {FILE}")
        return statements(self.sources[LAST])

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of all sources."""
        return sha256("\0".join(f"{name}\0{source}" for name, source in self.sources.items()).encode()).hexdigest()

    def found(self, assumptions: Mapping[str, str] | None = None) -> Record:
        """Return the digests of the statements and of the definition files as they are now, to be recorded."""
        stated = {statement.name: statement.digest for statement in self.statements}
        definitions = needed_by(imported_files(self.sources[LAST]), self.sources)
        return Record(
            stated,
            {f"{name}.v": definition_digest(self.sources[name]) for name in definitions},
            assumptions or {},
        )

    @cached_property
    def expected(self) -> Mapping[str, str]:
        """What each statement is recorded to assume: a hint, believed for nothing."""
        return Record.from_json(self._record).assumptions if self._record is not None else {}

    @cached_property
    def changed(self) -> Mapping[str, str]:
        """What is not as recorded, ``{statement or file: message}``; nothing is if there is no record."""
        if self._record is None:
            return {RECORD: f"{self.folder} has no {RECORD}: python -m ntkproofs.commands.theory FOLDER --record"}
        return differences(Record.from_json(self._record), self.found())

    def not_recorded(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return messages for those of the files `names`, and of what these need, that are not the ones recorded."""
        needed = {f"{name}.v" for name in needed_by(tuple(names), self.sources)}
        if self._record is None:
            return tuple(self.changed.values())
        before = Record.from_json(self._record).definitions
        found = {name: definition_digest(self.sources[name.removesuffix(".v")]) for name in sorted(needed)}
        kept = {name: digest for name, digest in before.items() if name in needed}
        return tuple(differences(Record({}, kept), Record({}, found)).values())

    @cached_property
    def impure(self) -> tuple[str, ...]:
        """What the files hold that they may not, each with its place."""
        return tuple(message for name, source in self.sources.items() for message in forbidden(source, f"{name}.v"))

    @cached_property
    def offences(self) -> tuple[str, ...]:
        """What is wrong with the theory as a whole: it holds what it may not, or definitions or statements changed.

        A statement that is there but not as recorded is that statement's own trouble, and not listed here.
        """
        if self.impure:
            return self.impure
        own = {statement.name for statement in self.statements}
        return tuple(message for name, message in self.changed.items() if name not in own)

    # --- proving

    @property
    def engine(self) -> str:
        """Who is believed: ``Coq 8.16.1``, or plain ``Coq`` where there is none."""
        coqc = find_coqc()
        return coqc.engine if coqc else "Coq"

    @issues
    def proof(self, name: str) -> Proof:
        """Return what Coq says about a statement.

        Raises ProofRefused, with the place, if the audit or Coq refuses the theory or this statement.
        """
        statement = next((each for each in self.statements if each.name == name), None)
        if statement is None:
            raise InputError(f"{FILE} has no theorem {name}")
        if self.offences:
            more = f" (and {len(self.offences) - 1} more)" if len(self.offences) > 1 else ""
            raise ProofRefused(self.offences[0] + more)
        if name in self.changed:
            raise ProofRefused(self.changed[name])
        compiled = self.compiled(*self.sources)
        if isinstance(compiled, str):
            return Proof(statement.words, statement.text, "open", self.engine, theory=self.digest, reason=compiled)
        with ThreadPoolExecutor(1) as background:  # the checker looks at the files while Coq is asked
            checking = background.submit(self.rechecked, compiled)
            answer = self._answers.get(name, _Answer(refused=f"Coq said nothing about theorem {name}"))
            checked = checking.result()
        if checked.refusal or answer.refused:
            raise ProofRefused(checked.refusal or answer.refused)
        reason = checked.open or answer.reason
        if reason:
            return Proof(statement.words, statement.text, "open", self.engine, theory=self.digest, reason=reason)
        return Proof(
            statement.words,
            statement.text,
            "holds",
            self.engine,
            assumptions=answer.assumptions,
            groups=groups_of(answer.assumptions),
            theory=self.digest,
            seconds=round(sum(part.seconds for part in compiled.values()), 2),
            kept=answer.kept and checked.kept and all(part.kept for part in compiled.values()),
        )

    def compiled(self, *names: str) -> dict[str, Compiled] | str:
        """Return the files `names`, compiled, with all that they need; or, in words, why that is open.

        Raises ProofRefused, with the place, if Coq does not accept one.
        """
        coqc = find_coqc()
        if coqc is None:
            return MISSING
        if names not in self._built:
            self._built[names] = build(coqc, self.sources, names, self.limits)
        parts = self._built[names]
        failed = next((part for part in parts.values() if not part.ok), None)
        if failed is None:
            return parts
        reason = _limit_or_library(failed)
        if reason:
            return reason
        raise ProofRefused(self._where(failed))

    def compile_with(self, names: tuple[str, ...], title: str, source: str) -> Compiled | str:
        """Compile one more source, called `title`, against the files `names`; or say why that is open."""
        parts = self.compiled(*names)
        coqc = find_coqc()
        if isinstance(parts, str) or coqc is None:
            return parts if isinstance(parts, str) else MISSING
        done = compile_one(coqc, title, source, parts, self.limits)
        return (_limit_or_library(done) if not done.ok else "") or done

    def rechecked(self, compiled: Mapping[str, Compiled], **more: tuple[str, ...]) -> Rechecked:
        """Return what coqchk says of compiled files; `more`: those that are not the theory's, with what they need."""
        key = tuple((part.name, part.digest) for part in compiled.values())
        coqc = find_coqc()
        if coqc is None:
            return Rechecked(open=MISSING)
        if key not in self._rechecked:
            needs = {name: needed_by((name,), self.sources) for name in compiled if name in self.sources}
            self._rechecked[key] = recheck(coqc, compiled, {**needs, **more}, self.limits)
        return self._rechecked[key]

    def rechecked_with(self, names: tuple[str, ...], done: Compiled) -> Rechecked:
        """Return what coqchk says of one more compiled file and of the files `names` that it needs."""
        parts = self.compiled(*names)
        if isinstance(parts, str):
            return Rechecked(open=parts)
        return self.rechecked({**parts, done.name: done}, **{done.name: tuple(parts)})

    def _where(self, failed: Compiled) -> str:
        """Say which file failed, where, and what Coq said."""
        line, message = first_error(failed)
        before = "\n".join(self.sources[failed.blame].split("\n")[:line])
        named = _NAMED.findall(before)
        where = f" ({named[-1][0].lower()} {named[-1][1]})" if named and line else ""
        return f"{failed.blame}.v{f', line {line}' if line else ''}{where}: Coq refuses it: {message}"

    # --- asking

    @cached_property
    def _answers(self) -> Mapping[str, _Answer]:
        """What Coq answers about each statement; a question that fails is left out, and the rest asked again."""
        answers: dict[str, _Answer] = {}
        asked = list(self.statements)
        expected = self.expected
        while asked:
            questions = _Questions(asked, expected)
            done = self.compile_with(tuple(self.sources), QUESTIONS, questions.source)
            if isinstance(done, str):
                return {**answers, **{each.name: _Answer(reason=done) for each in asked}}
            if done.ok:
                answers |= questions.answers(done)
                asked, expected = [each for each in asked if each.name not in answers], {}
                continue
            line, message = first_error(done)
            guilty = questions.statement_at(line)
            problem = f"{FILE}: read with nothing but its definitions in scope, Coq refuses it: {message}"
            for each in [guilty] if guilty else list(asked):
                answers[each.name] = _Answer(refused=f"statement {each.name} of {problem}")
                asked.remove(each)
        return answers


def prepare(folder: Path) -> None:
    """Read and audit the files of a theory and look at the Coq that is installed, for the processes forked later."""
    if find_coqc() is not None:
        with contextlib.suppress(NtkProofsError):
            theory = Theory(folder)
            needed_by((*theory.sources,), theory.sources)
            _ = theory.offences
        prepare_builds()


@dataclass(frozen=True)
class _Answer:
    """The full names of a theorem's assumptions, or why it is refused, or why that is open."""

    assumptions: tuple[str, ...] = ()
    refused: str = ""
    reason: str = ""
    kept: bool = False


class _Questions:
    """The file that asks Coq about statements, and how to read what it answers.

    Statements that are `expected` to assume the same are asked about together. If they do not, they are not answered.
    """

    def __init__(self, asked: list[Statement], expected: Mapping[str, str]) -> None:
        digests = "".join(each.digest for each in asked)
        self._mark = f"{sha256(digests.encode()).hexdigest()[:16]}:"
        self._lines: list[str] = []
        self._owner: dict[int, Statement] = {}
        self._say('Set Warnings "-all".')
        context: tuple[str, ...] = ()
        for each in asked:
            for sentence in each.context[len(context) :]:
                self._say(f"{sentence}.")
            context = each.context
            self._say(f"Definition meaning_of_{each.name} : Prop := ({each.text}).", each)
        self._say(f"From {OWN} Require {LAST}.")
        for each in asked:
            proof = f"{OWN}.{LAST}.{each.name}"
            self._say(f"Definition proof_of_{each.name} : meaning_of_{each.name} := {proof}.", each)
        self._together: dict[str, list[Statement]] = {}
        for each in asked:
            self._together.setdefault(expected.get(each.name, f"only {each.name}"), []).append(each)
        for number, members in enumerate(self._together.values()):
            proofs = [f"{OWN}.{LAST}.{each.name}" for each in members]
            self._say(f"Definition together_{number} := ({', '.join(proofs)}).", members[0])
            self._print(str(number))
            self._say(f"Print Assumptions together_{number}.", members[0])
        self._print("")
        for name in sorted(allowed()):
            self._say(f"Locate {name}.")

    def _say(self, text: str, owner: Statement | None = None) -> None:
        for line in text.split("\n"):
            self._lines.append(line)
            if owner is not None:
                self._owner[len(self._lines)] = owner

    def _print(self, name: str) -> None:
        self._say(f'Goal True. idtac "{self._mark}{name}". Abort.')

    @property
    def source(self) -> str:
        """The file."""
        return "\n".join([*self._lines, ""])

    def statement_at(self, line: int) -> Statement | None:
        """Return the statement that a line is about."""
        return self._owner.get(line)

    def answers(self, done: Compiled) -> dict[str, _Answer]:
        """Return what Coq said about each statement."""
        pieces = re.split(rf"^{re.escape(self._mark)}(.*)$", done.output, flags=re.MULTILINE)
        said = dict(zip(pieces[1::2], pieces[2::2], strict=True))
        full = locations(said.pop("", ""))
        answers: dict[str, _Answer] = {}
        for number, (groups, members) in enumerate(self._together.items()):
            answer = replace(_answer(members[0].name, said[str(number)], full), kept=done.kept)
            alone = groups == f"only {members[0].name}"
            if alone or (not answer.refused and in_words(answer.assumptions) == groups):
                answers |= {each.name: answer for each in members}
        return answers


def in_words(assumptions: Iterable[str]) -> str:
    """Return the groups of assumptions as they are recorded and shown.

    >>> in_words([])
    'nothing'
    """
    return ", ".join(groups_of(assumptions)) or "nothing"


def _answer(name: str, printed: str, full: Mapping[str, str]) -> _Answer:
    """Hold what a theorem assumes against the list; Coq prints the shortest name that means just one constant."""
    try:
        found = assumptions(printed)
    except InputError as problem:
        return _Answer(refused=f"theorem {name}: {problem}")
    foreign = sorted(each for each in found if full.get(each) not in allowed())
    if foreign:
        return _Answer(refused=f"theorem {name} assumes what is not on the list: {', '.join(foreign)}")
    return _Answer(tuple(sorted(full[each] for each in found)))


def _limit_or_library(failed: Compiled) -> str:
    """Return why a file that failed says nothing about the theory: a limit, or a library that is not installed."""
    first = failed.output.split("\n", 1)[0]
    if first.startswith(("stopped after", "more than", "coqc died")):
        return f"{failed.blame}.v: {first}"
    _, lost, prefix = failed.output.partition("Cannot find a physical path bound to logical path")
    library = re.match(r"[\s\S]*?\b(Interval|Coquelicot|Flocq|mathcomp)\b", prefix) if lost else None
    if library is not None:
        return f"{failed.blame}.v: {library.group(1)} not found: {MISSING.split(': ')[1]}"
    return ""
