"""Theories: folders of Coq files whose theorems, restated in ``Statements.v``, are checked by the kernel of Coq.

A proof is accepted after these steps. Every file passes the audit. Coq compiles all files. A generated file makes Coq
parse each statement again with only the definitions in scope that ``Statements.v`` imports, so that no file with lemmas
can change its meaning; makes the kernel compare the result with the theorem; and prints the assumptions of the theorem,
which must all be in ``assumptions.json``. Finally ``coqchk`` verifies the compiled files.
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

from ntkproofs.coq.audit import OWN, allowed, forbidden, groups_of, parse_assumptions, parse_locations
from ntkproofs.coq.builds import Compiled, Limits, build, compile_one, dependencies, first_error
from ntkproofs.coq.builds import prepare as prepare_builds
from ntkproofs.coq.compiler import MISSING, find_coqc, limit_message
from ntkproofs.coq.recheck import RecheckResult, recheck
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

FOLDERS: list[Path] = []  # the folders of all theories constructed in this process

STATEMENTS = FILE.removesuffix(".v")
QUERIES = "Queries"
_DECLARATION = re.compile(
    r"^\s*(Theorem|Lemma|Corollary|Proposition|Fact|Remark|Example|Definition|Fixpoint)\s+([\w']+)", re.M
)


@dataclass(frozen=True)
class Proof(Finding):
    """The result of Coq for one statement.

    `words`: the statement in words; `text`: the statement in Coq; `outcome`: ``holds``, ``fails`` (an equality that
    does not hold) or ``open`` (Coq is missing or met a limit), with the `reason`; `assumptions`: the full names of the
    axioms that the proof uses; `groups`: their groups; `theory`: a digest of the sources; `seconds`: the time of
    compilation; `count`: the number of theorems; `cached`: whether everything was read from the cache of an earlier
    run.
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
    cached: bool = False

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
                    "from_cache": self.cached,
                },
            },
            finding=self,
        )


class Theory:
    """The theory in a folder; the files are read by the constructor, and Coq is run by :meth:`proof`.

    Raises InputError if the folder contains no Coq files.
    """

    def __init__(self, folder: Path, *, limits: Limits | None = None) -> None:
        self.folder = folder
        FOLDERS.append(folder.resolve())
        self.limits = limits or Limits()
        self._built: dict[tuple[str, ...], dict[str, Compiled]] = {}
        self._rechecked: dict[tuple[tuple[str, str], ...], RecheckResult] = {}
        try:
            self.sources: Mapping[str, str] = {
                file.stem: file.read_bytes().decode() for file in sorted(folder.glob("*.v"))
            }
            record = folder / RECORD
            self._record = record.read_bytes().decode() if record.exists() else None
        except (OSError, UnicodeDecodeError) as problem:
            raise InputError(f"{folder}: {problem}") from None
        if not self.sources:
            raise InputError(f"{folder} contains no Coq files")

    # --- reading

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """The statements of ``Statements.v``; raises InputError if the file is missing or malformed."""
        if STATEMENTS not in self.sources:
            raise InputError(f"{self.folder} has no {FILE}")
        return statements(self.sources[STATEMENTS])

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of all sources."""
        return sha256("\0".join(f"{name}\0{source}" for name, source in self.sources.items()).encode()).hexdigest()

    def current_record(self, assumptions: Mapping[str, str] | None = None) -> Record:
        """Return the record of the statements and definition files in their present form."""
        digests = {statement.name: statement.digest for statement in self.statements}
        definitions = dependencies(imported_files(self.sources[STATEMENTS]), self.sources)
        return Record(
            digests,
            {f"{name}.v": definition_digest(self.sources[name]) for name in definitions},
            assumptions or {},
        )

    @cached_property
    def recorded_assumptions(self) -> Mapping[str, str]:
        """The recorded assumptions of each statement; they are only a hint."""
        return Record.from_json(self._record).assumptions if self._record is not None else {}

    @cached_property
    def record_differences(self) -> Mapping[str, str]:
        """Messages for statements and definition files that differ from the record, or for a missing record."""
        if self._record is None:
            return {RECORD: f"{self.folder} has no {RECORD}: python -m ntkproofs.commands.theory FOLDER --record"}
        return differences(Record.from_json(self._record), self.current_record())

    def definition_differences(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return messages for those of the files `names` and their dependencies that differ from the record."""
        required = {f"{name}.v" for name in dependencies(tuple(names), self.sources)}
        if self._record is None:
            return tuple(self.record_differences.values())
        definitions = Record.from_json(self._record).definitions
        recorded = {name: digest for name, digest in definitions.items() if name in required}
        current = {name: definition_digest(self.sources[name.removesuffix(".v")]) for name in sorted(required)}
        return tuple(differences(Record({}, recorded), Record({}, current)).values())

    @cached_property
    def audit_errors(self) -> tuple[str, ...]:
        """Messages for the forbidden constructs in all files."""
        return tuple(message for name, source in self.sources.items() for message in forbidden(source, f"{name}.v"))

    @cached_property
    def errors(self) -> tuple[str, ...]:
        """Messages for the errors that invalidate the whole theory: forbidden constructs, or a changed definition file.

        A statement that differs from the record is not listed; only its own proof is refused.
        """
        if self.audit_errors:
            return self.audit_errors
        names = {statement.name for statement in self.statements}
        return tuple(message for name, message in self.record_differences.items() if name not in names)

    # --- proving

    @property
    def engine(self) -> str:
        """The name of the engine: ``Coq 8.16.1``, or ``Coq`` if it is not installed."""
        coqc = find_coqc()
        return coqc.engine if coqc else "Coq"

    @issues
    def proof(self, name: str) -> Proof:
        """Return the result of Coq for the statement `name`.

        Raises InputError if there is no such statement, and ProofRefused, with file and line, if the audit or Coq
        rejects the theory or this statement.
        """
        statement = self._checked_statement(name)
        compiled = self.compiled(*self.sources)
        if isinstance(compiled, str):
            return Proof(statement.words, statement.text, "open", self.engine, theory=self.digest, reason=compiled)
        with ThreadPoolExecutor(1) as background:  # coqchk runs while Coq answers the queries
            checking = background.submit(self.rechecked, compiled)
            answer = self._answers.get(name, _Answer(refusal=f"Coq printed nothing about theorem {name}"))
            checked = checking.result()
        if checked.refusal or answer.refusal:
            raise ProofRefused(checked.refusal or answer.refusal)
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
            cached=answer.cached and checked.cached and all(part.cached for part in compiled.values()),
        )

    def _checked_statement(self, name: str) -> Statement:
        """Return the statement `name`; raises ProofRefused if the audit or the comparison with the record fails."""
        statement = next((statement for statement in self.statements if statement.name == name), None)
        if statement is None:
            raise InputError(f"{FILE} has no theorem {name}")
        if self.errors:
            more = f" (and {len(self.errors) - 1} more)" if len(self.errors) > 1 else ""
            raise ProofRefused(self.errors[0] + more)
        if name in self.record_differences:
            raise ProofRefused(self.record_differences[name])
        return statement

    def compiled(self, *names: str) -> dict[str, Compiled] | str:
        """Compile the files `names` and their dependencies; return the reason as text if Coq is missing or met a limit.

        Raises ProofRefused, with file and line, if Coq rejects a file.
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
        raise ProofRefused(self._error_message(failed))

    def compile_with(self, names: tuple[str, ...], title: str, source: str) -> Compiled | str:
        """Compile an additional source named `title` against the files `names`, or return why that is not possible."""
        parts = self.compiled(*names)
        coqc = find_coqc()
        if isinstance(parts, str) or coqc is None:
            return parts if isinstance(parts, str) else MISSING
        compiled = compile_one(coqc, title, source, parts, self.limits)
        return (_limit_or_library(compiled) if not compiled.ok else "") or compiled

    def rechecked(self, compiled: Mapping[str, Compiled], **additional: tuple[str, ...]) -> RecheckResult:
        """Return the result of ``coqchk``; `additional`: the dependencies of files that do not belong to the theory."""
        key = tuple((part.name, part.digest) for part in compiled.values())
        coqc = find_coqc()
        if coqc is None:
            return RecheckResult(open=MISSING)
        if key not in self._rechecked:
            needs = {name: dependencies((name,), self.sources) for name in compiled if name in self.sources}
            self._rechecked[key] = recheck(coqc, compiled, {**needs, **additional}, self.limits)
        return self._rechecked[key]

    def rechecked_with(self, names: tuple[str, ...], compiled: Compiled) -> RecheckResult:
        """Return the result of ``coqchk`` for an additional compiled file and its dependencies `names`."""
        parts = self.compiled(*names)
        if isinstance(parts, str):
            return RecheckResult(open=parts)
        return self.rechecked({**parts, compiled.name: compiled}, **{compiled.name: tuple(parts)})

    def _error_message(self, failed: Compiled) -> str:
        """Return the file, the line, the declaration and the message of the error that Coq reported."""
        line, message = first_error(failed)
        file = failed.failed_file
        declarations = _DECLARATION.findall("\n".join(self.sources[file].split("\n")[:line]))
        declaration = f" ({declarations[-1][0].lower()} {declarations[-1][1]})" if declarations and line else ""
        return f"{file}.v{f', line {line}' if line else ''}{declaration}: Coq rejects it: {message}"

    # --- queries

    @cached_property
    def _answers(self) -> Mapping[str, _Answer]:
        """The answer of Coq for each statement; if a query fails, its statement is removed and the rest repeated."""
        answers: dict[str, _Answer] = {}
        remaining = list(self.statements)
        expected = self.recorded_assumptions
        while remaining:
            queries = _Queries(remaining, expected)
            compiled = self.compile_with(tuple(self.sources), QUERIES, queries.source)
            if isinstance(compiled, str):
                return {**answers, **{statement.name: _Answer(reason=compiled) for statement in remaining}}
            if compiled.ok:
                answers |= queries.answers(compiled)
                remaining, expected = [statement for statement in remaining if statement.name not in answers], {}
                continue
            line, message = first_error(compiled)
            failed = queries.statement_at(line)
            for statement in [failed] if failed else list(remaining):
                answers[statement.name] = _Answer(
                    refusal=f"statement {statement.name} of {FILE}: with only its definitions in scope, "
                    f"Coq rejects it: {message}"
                )
                remaining.remove(statement)
        return answers


def prepare(folder: Path) -> None:
    """Read and audit a theory and compute the digest of the Coq installation, for the processes forked later."""
    if find_coqc() is not None:
        with contextlib.suppress(NtkProofsError):
            theory = Theory(folder)
            dependencies((*theory.sources,), theory.sources)
            _ = theory.errors
        prepare_builds()


@dataclass(frozen=True)
class _Answer:
    """The answer of Coq for a statement.

    `assumptions`: the full names of the axioms that its proof uses; `refusal`: why the statement is refused; `reason`:
    why there is no answer; `cached`: whether the answer was read from the cache of an earlier run.
    """

    assumptions: tuple[str, ...] = ()
    refusal: str = ""
    reason: str = ""
    cached: bool = False


class _Queries:
    """A generated file that queries Coq about statements, and the parser of its output.

    The assumptions of statements with the same `expected` groups are printed together; if the groups that Coq prints
    are different, these statements have no answer.
    """

    def __init__(self, statements: list[Statement], expected: Mapping[str, str]) -> None:
        digests = "".join(statement.digest for statement in statements)
        self._marker = f"{sha256(digests.encode()).hexdigest()[:16]}:"
        self._lines: list[str] = []
        self._statements: dict[int, Statement] = {}
        self._groups: dict[str, list[Statement]] = {}
        for statement in statements:
            self._groups.setdefault(expected.get(statement.name, f"only {statement.name}"), []).append(statement)
        self._add('Set Warnings "-all".')
        self._add_meanings(statements)
        self._add(f"From {OWN} Require {STATEMENTS}.")
        self._add_comparisons(statements)
        self._add_assumptions()
        self._add_marker("")
        for name in sorted(allowed()):
            self._add(f"Locate {name}.")

    def _add_meanings(self, statements: list[Statement]) -> None:
        """Define each statement as a proposition, in its own context."""
        context: tuple[str, ...] = ()
        for statement in statements:
            for sentence in statement.context[len(context) :]:
                self._add(f"{sentence}.")
            context = statement.context
            self._add(f"Definition meaning_of_{statement.name} : Prop := ({statement.text}).", statement)

    def _add_comparisons(self, statements: list[Statement]) -> None:
        """Let the kernel check that each theorem proves its statement."""
        for statement in statements:
            name = statement.name
            self._add(f"Definition proof_of_{name} : meaning_of_{name} := {OWN}.{STATEMENTS}.{name}.", statement)

    def _add_assumptions(self) -> None:
        """Print the assumptions of each group of statements."""
        for number, group in enumerate(self._groups.values()):
            proofs = [f"{OWN}.{STATEMENTS}.{statement.name}" for statement in group]
            self._add(f"Definition together_{number} := ({', '.join(proofs)}).", group[0])
            self._add_marker(str(number))
            self._add(f"Print Assumptions together_{number}.", group[0])

    def _add(self, text: str, statement: Statement | None = None) -> None:
        for line in text.split("\n"):
            self._lines.append(line)
            if statement is not None:
                self._statements[len(self._lines)] = statement

    def _add_marker(self, name: str) -> None:
        self._add(f'Goal True. idtac "{self._marker}{name}". Abort.')

    @property
    def source(self) -> str:
        """The source of the file."""
        return "\n".join([*self._lines, ""])

    def statement_at(self, line: int) -> Statement | None:
        """Return the statement to which a line of the file belongs."""
        return self._statements.get(line)

    def answers(self, compiled: Compiled) -> dict[str, _Answer]:
        """Parse the output of Coq; return the answers by the names of the statements."""
        parts = re.split(rf"^{re.escape(self._marker)}(.*)$", compiled.output, flags=re.MULTILINE)
        outputs = dict(zip(parts[1::2], parts[2::2], strict=True))
        full_names = parse_locations(outputs.pop("", ""))
        answers: dict[str, _Answer] = {}
        for number, (expected, group) in enumerate(self._groups.items()):
            answer = replace(_answer(group[0].name, outputs[str(number)], full_names), cached=compiled.cached)
            is_single = expected == f"only {group[0].name}"
            if is_single or (not answer.refusal and in_words(answer.assumptions) == expected):
                answers |= {statement.name: answer for statement in group}
        return answers


def in_words(assumptions: Iterable[str]) -> str:
    """Return the groups of assumptions in words, as they are recorded and printed.

    >>> in_words([])
    'nothing'
    """
    return ", ".join(groups_of(assumptions)) or "nothing"


def _answer(name: str, output: str, full_names: Mapping[str, str]) -> _Answer:
    """Compare the printed assumptions of a theorem with the allow-list."""
    try:
        printed = parse_assumptions(output)
    except InputError as problem:
        return _Answer(refusal=f"theorem {name}: {problem}")
    foreign = sorted(axiom for axiom in printed if full_names.get(axiom) not in allowed())
    if foreign:
        return _Answer(refusal=f"theorem {name} has assumptions that are not on the allow-list: {', '.join(foreign)}")
    return _Answer(tuple(sorted(full_names[axiom] for axiom in printed)))


def _limit_or_library(failed: Compiled) -> str:
    """Return why a failure does not refute the theory: a limit, or a missing library; empty otherwise."""
    limit = limit_message(failed.output)
    if limit:
        return f"{failed.failed_file}.v: {limit}"
    _, error, prefix = failed.output.partition("Cannot find a physical path bound to logical path")
    library = re.match(r"[\s\S]*?\b(Interval|Coquelicot|Flocq|mathcomp)\b", prefix) if error else None
    if library is not None:
        return f"{failed.failed_file}.v: {library.group(1)} not found: {MISSING.split(': ')[1]}"
    return ""
