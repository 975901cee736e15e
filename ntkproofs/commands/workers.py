"""Listing and running claims, each file and each claim in a fresh process, which imports the claim file there.

This process runs no code of a claim file: it learns the names from one child for each file, then has one child for each
claim. So no claim can change another's verdict, whatever it does, in whatever order and however many run at a time.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ntkproofs.claims import importing
from ntkproofs.claims.claim import Listed, Result
from ntkproofs.claims.collect import matching_claims
from ntkproofs.claims.files import claim_files, left_out, titles_of
from ntkproofs.claims.problems import Problem
from ntkproofs.claims.registry import claims_of, troubles_of
from ntkproofs.claims.transport import from_json, problem_from, to_json
from ntkproofs.claims.verdict import Verdict
from ntkproofs.commands.second_engine import decided_again
from ntkproofs.coq import theory as theorems
from ntkproofs.errors import InputError
from ntkproofs.processes import ChildResult, run_children, silenced

__all__ = ["SECONDS", "Listing", "Source", "list_claims", "run_claims"]

SECONDS = 1800.0  # for each claim, unless another limit is stated


@dataclass(frozen=True)
class Source:
    """A claim file as it was read: its SHA-256 and those of the helpers in its folder, by their paths from there.

    `shadowed`: helpers that are imported instead of another module of the same name; `theories`: the folders of
    Coq's theories that it opens; `output`: what importing printed.
    """

    file: Path
    sha256: str
    helpers: dict[str, str]
    shadowed: tuple[str, ...] = ()
    theories: tuple[str, ...] = ()
    output: str = ""


@dataclass(frozen=True)
class Listing:
    """The claims that were asked for, the files that they come from, and what was not looked at."""

    claims: list[Listed]
    sources: list[Source] = field(default_factory=list)
    left_out: list[Path] = field(default_factory=list)
    empty: list[Path] = field(default_factory=list)


def list_claims(
    paths: Sequence[Path], *, matching: str = "", jobs: int | None = None, seconds: float = SECONDS
) -> Listing:
    """Return the claims of files and folders without running any code of theirs in this process.

    As :func:`ntkproofs.claims.collect` does it; raises InputError for what is no claim file, for a file named that
    makes no claim, and if nothing matches.
    """
    _prepare()
    files = claim_files(paths)
    titles = titles_of(files)
    claims: list[Listed] = []
    sources: list[Source] = []
    empty: list[Path] = []
    homes = tuple(file.resolve() for file in files)
    work = [partial(_list, file, homes) for file in files]
    for file, ended in zip(files, run_children(work, jobs=jobs or os.cpu_count() or 1, seconds=seconds), strict=True):
        found = _answer(ended) or _not_imported(file, ended)
        if found["read"] is not None:
            sources.append(Source(file, output=ended.output, **found["read"]))
        mine = [
            Listed(
                f"{titles[file]}.{key}" if key else titles[file], statement, source, file, key, problem_from(problem)
            )
            for key, statement, source, problem in found["claims"]
        ]
        claims += mine
        empty += [] if mine else [file]
    named = [file for file in empty if file in paths]
    if named and claims:
        raise InputError(f"no claims found in {named[0]}: a claim is a function under @claim(...)")
    return Listing(matching_claims(claims, matching, paths), sources, left_out(paths), empty)


def _not_imported(file: Path, ended: ChildResult) -> dict[str, Any]:
    """Return, as the child would, the one claim of a file whose child sent no list."""
    reason = ended.failure or "its process sent no list of claims"
    problem = Problem(f"importing {file.name}: {reason}", trace=ended.output)
    return {"claims": [["", f"the file {file.name} can be imported", f"{file}", asdict(problem)]], "read": None}


def run_claims(
    claims: Sequence[Listed], jobs: int | None = None, *, seconds: float = SECONDS, sources: Sequence[Source] = ()
) -> Generator[Result, None, None]:
    """Yield the result of every claim, in order; `jobs` of them at a time (default: one for each core).

    Whatever a claim does, ending its process or running for longer than `seconds` included, is its own ``error``.
    `sources`: the files as they were listed; a claim whose file has changed since is an ``error``.
    """
    _prepare()
    for folder in {folder for source in sources for folder in source.theories}:
        theorems.prepare(Path(folder))
    digests = {source.file: (source.sha256, source.helpers) for source in sources}
    waiting = [claim for claim in claims if claim.problem is None]
    work = [partial(_run, claim, digests.get(claim.file)) for claim in waiting]
    ended = run_children(work, jobs=jobs or os.cpu_count() or 1, seconds=seconds)
    try:
        for claim in claims:
            if claim.problem is not None:
                yield _failed(claim, claim.problem, 0.0)
            else:
                yield _result(claim, next(ended))
    finally:
        ended.close()


def _result(claim: Listed, ended: ChildResult) -> Result:
    answer = _answer(ended)
    if answer is None:
        return _failed(claim, Problem(ended.failure or "its process sent no result"), ended.seconds, ended.output)
    try:
        return from_json(answer, claim, ended.output)
    except InputError as problem:
        return _failed(claim, Problem(f"{problem}"), ended.seconds, ended.output)


def _failed(claim: Listed, problem: Problem, seconds: float, output: str = "") -> Result:
    return Result(claim, Verdict((), failure=f"{problem}"), seconds, output, problem)


def _answer(ended: ChildResult) -> dict[str, Any] | None:
    if ended.answer is None:
        return None
    try:
        answer = json.loads(ended.answer)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _prepare() -> None:
    """Import the library, so that no child has to."""
    from ntkproofs import bounds, certificates, execution, kernels, predictor, programs, simulation  # noqa: F401
    from ntkproofs.coq import agreement  # noqa: F401

    importing.prepare()


# --- in a child


def _list(file: Path, homes: tuple[Path, ...]) -> bytes:
    """Return the names of a file's claims and the digests of what was read, as JSON."""
    theorems.FOLDERS.clear()
    with claims_of(file, alone=True) as found:
        claims: list[Any] = [[each.name, each.statement, each.source, None] for each in found.claims]
        claims += [[key, statement, f"{file}", asdict(each)] for key, statement, each in troubles_of(found, homes)]
        own, helpers = _digests(found.imports.sources, found.home)
        folders = sorted({f"{folder}" for folder in theorems.FOLDERS})
        read = {"sha256": own, "helpers": helpers, "shadowed": found.imports.shadowed, "theories": folders}
        return json.dumps({"claims": claims, "read": read if own else None}).encode()


def _digests(sources: dict[Path, str], home: Path) -> tuple[str, dict[str, str]]:
    """Return the digest of a file, and those of the helpers in its folder."""
    helpers = {
        path.relative_to(home.parent).as_posix(): digest
        for path, digest in sorted(sources.items())
        if path != home and path.is_relative_to(home.parent)
    }
    return sources.get(home, ""), helpers


def _run(claim: Listed, listed: tuple[str, dict[str, str]] | None) -> bytes:
    """Import the file of a claim, run that claim and return its result as JSON."""
    with contextlib.ExitStack() as stack:
        with silenced():  # what the import prints was shown when the claims were listed
            found = stack.enter_context(claims_of(claim.file, alone=True))
        mine = next((each for each in found.claims if each.name == claim.key), None)
        if found.problem is not None:
            result = _failed(claim, found.problem, 0.0)
        elif mine is None or (mine.statement, mine.source) != (claim.statement, claim.source):
            change = "is not made" if mine is None else "says something else"
            message = f"{claim.key} {change} when {claim.file.name} is imported again"
            result = _failed(claim, Problem(message, hint="claims must not depend on chance or time"), 0.0)
        elif listed is not None and listed != _digests(found.imports.sources, found.home):
            result = _failed(claim, Problem(f"{claim.file.name}, or a helper, changed while it was checked"), 0.0)
        else:
            result = decided_again(found.run(mine))
        return json.dumps(to_json(result)).encode()
