"""Registering the claims that are constructed while a claim file is imported."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from ntkproofs.claims.claim import LISTENERS, Claim, Result, error_result
from ntkproofs.claims.importing import Imports, imports_from
from ntkproofs.claims.problems import Problem, problem_of

__all__ = ["ImportedFile", "collection_errors", "imported_claims"]


class _Register:
    """The claims constructed while a file is imported, each with the file and line whose execution constructed it."""

    def __init__(self, imports: Imports, file: Path) -> None:
        self._imports, self.file = imports, file
        self.entries: list[tuple[Claim, Path, int]] = []

    def add(self, claim: Claim) -> None:
        self.entries.append((claim, *self._location()))

    def _location(self) -> tuple[Path, int]:
        """Return the innermost file that is being imported, and the line that is being executed."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            path = Path(frame.f_code.co_filename)
            if frame.f_code.co_name == "<module>" and path in self._imports.sources:
                return path, frame.f_lineno
            frame = frame.f_back
        return self.file, 0  # constructed in another thread


@contextmanager
def _registering(imports: Imports, file: Path) -> Iterator[_Register]:
    register = _Register(imports, file)
    listener = register.add
    LISTENERS.append(listener)
    try:
        yield register
    finally:
        LISTENERS.remove(listener)


@dataclass(frozen=True)
class ImportedFile:
    """An imported claim file: its claims, or the problem that prevented the import.

    `resolved`: the absolute path with links resolved, determined before the import, which may change the current
    folder; `imports`: the executed sources; `duplicates`: the names that several claims have, with their lines;
    `foreign`: the names of claims that other files constructed during the import, ``{file: names}``.
    """

    file: Path
    resolved: Path
    claims: tuple[Claim, ...]
    imports: Imports
    duplicates: Mapping[str, tuple[int, ...]]
    foreign: Mapping[Path, tuple[str, ...]]
    problem: Problem | None = None

    def run(self, claim: Claim) -> Result:
        """Evaluate one of the claims and return the result; the verdict is ``error`` if it raises any exception.

        The verdict is also ``error`` if the claim constructs further claims, since those would not be collected.
        """
        own_files = tuple(self.imports.sources)
        start = time.perf_counter()
        with _registering(self.imports, self.resolved) as register:
            try:
                result = claim.run(own_files)
            except KeyboardInterrupt as error:  # raised by the claim: Ctrl-C does not reach this process
                result = error_result(claim, problem_of(error, own_files), time.perf_counter() - start)
        if register.entries:
            names = ", ".join(inner.name for inner, _, _ in register.entries)
            problem = Problem(
                f"the claim constructs claims that are not collected: {names}",
                hint="construct them when the file is imported",
            )
            return error_result(claim, problem, result.seconds)
        return result


@contextmanager
def imported_claims(file: Path, *, dedicated: bool = False) -> Iterator[ImportedFile]:
    """Import a claim file within the context; the state of Python's imports is restored afterwards.

    The names of the claims are those within the file. An exception that the import raises becomes the file's `problem`.
    `dedicated`: whether this process exists for this file only; otherwise KeyboardInterrupt is passed on.
    """
    resolved = file.resolve()
    with imports_from(resolved.parent, dedicated=dedicated) as imports:
        problem = None
        with _registering(imports, resolved) as register:
            try:
                imports.run(resolved)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt) and not dedicated:
                    raise
                problem = problem_of(error, imports.sources or (resolved,))
        yield _imported_file(file, register, imports, problem)


def _imported_file(file: Path, register: _Register, imports: Imports, problem: Problem | None) -> ImportedFile:
    own = [(claim, line) for claim, origin, line in register.entries if origin == register.file]
    foreign: dict[Path, tuple[str, ...]] = {}
    for claim, origin, _ in register.entries:
        if origin != register.file:
            foreign[origin] = (*foreign.get(origin, ()), claim.name)
    count = Counter(claim.name for claim, _ in own)
    duplicates = {
        name: tuple(line for claim, line in own if claim.name == name) for name, times in count.items() if times > 1
    }
    claims = tuple(claim for claim, _ in own if claim.name not in duplicates)
    return ImportedFile(file, register.file, claims, imports, duplicates, foreign, problem)


def collection_errors(imported: ImportedFile, collected: Iterable[Path]) -> list[tuple[str, str, Problem]]:
    """Return the errors of an imported claim file as triples ``(name, statement, problem)``.

    `collected`: the resolved paths of all files whose claims are collected.
    """
    name = imported.file.name
    if imported.problem is not None:
        return [("", f"the file {name} can be imported", imported.problem)]
    errors = []
    for key, lines in imported.duplicates.items():
        where = ", ".join(f"line {line}" for line in lines)
        message = f"{len(lines)} claims of {name} have the name {key} ({where})"
        hint = "give each claim a different name; a decorator should use functools.wraps"
        errors.append((key, f"the claims of {name} have different names", Problem(message, file=name, hint=hint)))
    resolved = set(collected)
    for file, names in imported.foreign.items():
        if file not in resolved:
            message = f"{file.name}, imported by {name}, constructs claims that are not collected: {', '.join(names)}"
            hint = f"check {file.name} as well, or construct them in a function that {name} calls"
            errors.append(
                (
                    file.stem,
                    f"every claim constructed by importing {name} is collected",
                    Problem(message, file=name, hint=hint),
                )
            )
    return errors
