"""Importing a claim file: the claims that it makes, or why it could not be imported."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from ntkproofs.claims.claim import LISTENERS, Claim, Result, failed
from ntkproofs.claims.importing import Imports, imports_from
from ntkproofs.claims.problems import Problem, problem_of

__all__ = ["ClaimFile", "claims_of", "troubles_of"]


class _Register:
    """Every claim that is made while a file is imported, with the file whose code made it."""

    def __init__(self, imports: Imports, file: Path) -> None:
        self._imports, self.home = imports, file
        self.made: list[tuple[Claim, Path, int]] = []

    def add(self, claim: Claim) -> None:
        self.made.append((claim, *self._place()))

    def _place(self) -> tuple[Path, int]:
        """Return the innermost file that is being imported, and the line at which it stands."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            path = Path(frame.f_code.co_filename)
            if frame.f_code.co_name == "<module>" and path in self._imports.sources:
                return path, frame.f_lineno
            frame = frame.f_back
        return self.home, 0  # in a thread


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
class ClaimFile:
    """The claims of a file as an import registered them, or why it could not be imported.

    `home`: the file without links, from the root, as it was found before the import (which may change the folder).
    `foreign`: what other files made while they were imported, ``{file: names}``; `doubled`: names that several claims
    have, with the lines. `imports`: the sources that were executed.
    """

    file: Path
    home: Path
    claims: tuple[Claim, ...]
    imports: Imports
    doubled: Mapping[str, tuple[int, ...]]
    foreign: Mapping[Path, tuple[str, ...]]
    problem: Problem | None = None

    def run(self, claim: Claim) -> Result:
        """Look into one of the claims, an exception within it being the claim's, whatever it is.

        A claim that makes further claims is an ``error``: nobody would collect those.
        """
        own = tuple(self.imports.sources)
        start = time.perf_counter()
        with _registering(self.imports, self.home) as late:
            try:
                result = claim.run(own)
            except KeyboardInterrupt as error:  # raised by the claim: Ctrl-C does not reach this process
                result = failed(claim, problem_of(error, own), time.perf_counter() - start)
        if late.made:
            names = ", ".join(made.name for made, _, _ in late.made)
            problem = Problem(
                f"it makes claims that are not collected: {names}", hint="make them when the file is imported"
            )
            return failed(claim, problem, result.seconds)
        return result


@contextmanager
def claims_of(file: Path, *, alone: bool = False) -> Iterator[ClaimFile]:
    """Import a claim file and give its claims, by their names within the file; afterwards nothing of it is left over.

    Whatever the import raises is the file's `problem`; except Ctrl-C, unless the process is there for this file `alone`
    and Ctrl-C does not reach it.
    """
    home = file.resolve()
    with imports_from(home.parent, alone=alone) as imports:
        problem = None
        with _registering(imports, home) as register:
            try:
                imports.run(home)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt) and not alone:
                    raise
                problem = problem_of(error, imports.sources or (home,))
        yield _claim_file(file, register, imports, problem)


def _claim_file(file: Path, register: _Register, imports: Imports, problem: Problem | None) -> ClaimFile:
    home = register.home
    own = [(claim, line) for claim, place, line in register.made if place == home]
    foreign: dict[Path, tuple[str, ...]] = {}
    for claim, place, _ in register.made:
        if place != home:
            foreign[place] = (*foreign.get(place, ()), claim.name)
    count = Counter(claim.name for claim, _ in own)
    doubled = {
        name: tuple(line for claim, line in own if claim.name == name) for name, times in count.items() if times > 1
    }
    claims = tuple(claim for claim, _ in own if claim.name not in doubled)
    return ClaimFile(file, home, claims, imports, doubled, foreign, problem)


def troubles_of(found: ClaimFile, homes: Iterable[Path]) -> list[tuple[str, str, Problem]]:
    """Return what is wrong with a claim file as ``(name, statement, problem)``; `homes`: of all that are collected."""
    name = found.file.name
    if found.problem is not None:
        return [("", f"the file {name} can be imported", found.problem)]
    troubles = []
    for key, lines in found.doubled.items():
        where = ", ".join(f"line {line}" for line in lines)
        message = f"{len(lines)} claims of {name} have the name {key} ({where})"
        hint = "give each a name of its own; a decorator keeps a function's name with functools.wraps"
        troubles.append((key, f"the claims of {name} have different names", Problem(message, file=name, hint=hint)))
    collected = set(homes)
    for file, names in found.foreign.items():
        if file not in collected:
            message = f"{file.name}, which {name} imports, makes claims that are not collected: {', '.join(names)}"
            hint = f"name {file.name} too, or make them in a function that {name} calls"
            troubles.append(
                (
                    file.stem,
                    f"every claim made by importing {name} is collected",
                    Problem(message, file=name, hint=hint),
                )
            )
    return troubles
