"""Listing and running claims in child processes.

This process executes no code of a claim file. One child for each file imports it and returns the names of its claims;
then one child for each claim imports the file and runs the claim. So a claim cannot change the verdict of another one,
in whatever order and however many at a time they run.
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
from ntkproofs.claims.claim import ListedClaim, Result
from ntkproofs.claims.files import claim_files, claim_prefixes, skipped_paths
from ntkproofs.claims.problems import Problem
from ntkproofs.claims.registry import collection_errors, imported_claims
from ntkproofs.claims.selection import Selection
from ntkproofs.claims.transport import from_json, problem_from, to_json
from ntkproofs.claims.verdict import Verdict
from ntkproofs.commands.second_engine import decided_again
from ntkproofs.coq import theory
from ntkproofs.errors import InputError
from ntkproofs.processes import ChildResult, run_children, silenced

__all__ = ["SECONDS", "Listing", "Source", "list_claims", "prepare", "run_claims", "run_listed"]

SECONDS = 1800.0  # default time limit of a claim


@dataclass(frozen=True)
class Source:
    """A claim file as it was read when its claims were listed.

    `sha256`: the digest of the file; `helpers`: the digests of the helper modules in its folder, by relative path;
    `shadowed`: the helpers that are imported instead of another module of the same name; `theories`: the folders of the
    Coq theories that it opens; `output`: what its import printed.
    """

    file: Path
    sha256: str
    helpers: dict[str, str]
    shadowed: tuple[str, ...] = ()
    theories: tuple[str, ...] = ()
    output: str = ""


@dataclass(frozen=True)
class Listing:
    """The listed claims, their files, the skipped paths of folders, and the files without claims (`empty`).

    `slow`: the claims that are not evaluated because they are slow and nobody asked for them.
    """

    claims: list[ListedClaim]
    sources: list[Source] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)
    empty: list[Path] = field(default_factory=list)
    slow: list[ListedClaim] = field(default_factory=list)


def list_claims(
    paths: Sequence[str | Path], *, matching: str = "", jobs: int | None = None, seconds: float = SECONDS
) -> Listing:
    """Return the claims that :func:`ntkproofs.claims.collect` collects, running no code of theirs in this process.

    `paths`: files, folders, and claims of a file as ``FILE::CLAIM``. `jobs` files are imported at a time, each for at
    most `seconds`. Raises InputError if a path is not a claim file or folder, if a file named in `paths` has no claims
    or not the named one, and if no claim matches, or only slow ones that nobody asked for.
    """
    prepare()
    selection = Selection.of(paths, matching)
    files = claim_files(selection.paths)
    prefixes = claim_prefixes(files)
    claims: list[ListedClaim] = []
    sources: list[Source] = []
    empty: list[Path] = []
    collected = tuple(file.resolve() for file in files)
    work = [partial(_list, file, collected) for file in files]
    for file, child in zip(files, run_children(work, jobs=jobs or os.cpu_count() or 1, seconds=seconds), strict=True):
        answer = _answer(child) or _import_failure(file, child)
        if answer["source"] is not None:
            sources.append(Source(file, output=child.output, **answer["source"]))
        prefix = prefixes[file]
        listed = [
            ListedClaim(f"{prefix}.{key}" if key else prefix, statement, source, file, key, problem_from(problem), slow)
            for key, statement, source, problem, slow in answer["claims"]
        ]
        claims += listed
        empty += [] if listed else [file]
    named = [file for file in empty if file in selection.paths]
    if named and claims:
        raise InputError(f"no claims found in {named[0]}: a claim is a function decorated with @claim(...)")
    chosen, slow = selection.of_claims(claims)
    return Listing(chosen, sources, skipped_paths(selection.paths), empty, slow)


def _import_failure(file: Path, child: ChildResult) -> dict[str, Any]:
    """Return the answer for a file whose child process returned no list: one claim, which is an ``error``."""
    reason = child.failure or "its process returned no list of claims"
    problem = Problem(f"importing {file.name}: {reason}", trace=child.output)
    return {
        "claims": [["", f"the file {file.name} can be imported", f"{file}", asdict(problem), False]],
        "source": None,
    }


def run_claims(
    claims: Sequence[ListedClaim],
    jobs: int | None = None,
    *,
    seconds: float = SECONDS,
    sources: Sequence[Source] = (),
    cluster: str | None = None,
) -> Generator[Result, None, None]:
    """Yield the result of every claim, in order, running `jobs` claims at a time (default: one for each core).

    A claim that ends its process, or runs for longer than `seconds`, is an ``error`` and does not affect other claims.
    `sources`: the files as they were listed; a claim is also an ``error`` if its file has changed since. `cluster`: the
    address of a Dask scheduler, on whose workers claims are run, as many at a time as they have threads.
    """
    prepare()
    _compute_common()
    for folder in {folder for source in sources for folder in source.theories}:
        theory.prepare(Path(folder))
    digests = {source.file: (source.sha256, source.helpers) for source in sources}
    run = [claim for claim in claims if claim.problem is None]
    if cluster is None:
        work = [partial(run_listed, claim, digests.get(claim.file)) for claim in run]
        children = run_children(work, jobs=jobs or os.cpu_count() or 1, seconds=seconds)
    else:
        from ntkproofs.commands.claims_on_cluster import cluster_children

        children = cluster_children(cluster, run, digests, seconds)
    try:
        for claim in claims:
            if claim.problem is not None:
                yield _error_result(claim, claim.problem, 0.0)
            else:
                yield _result(claim, next(children))
    finally:
        children.close()


def _result(claim: ListedClaim, child: ChildResult) -> Result:
    """Return the result that the child process of a claim returned, or an ``error``."""
    answer = _answer(child)
    if answer is None:
        problem = Problem(child.failure or "the process of the claim returned no result")
        return _error_result(claim, problem, child.seconds, child.output)
    try:
        return from_json(answer, claim, child.output)
    except InputError as error:
        return _error_result(claim, Problem(f"{error}"), child.seconds, child.output)


def _error_result(claim: ListedClaim, problem: Problem, seconds: float, output: str = "") -> Result:
    return Result(claim, Verdict((), failure=f"{problem}"), seconds, output, problem)


def _answer(child: ChildResult) -> dict[str, Any] | None:
    """Return the JSON object that a child process returned, or None if it returned something else or nothing."""
    if child.answer is None:
        return None
    try:
        answer = json.loads(child.answer)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def prepare() -> None:
    """Import the package before child processes are forked, so that they need not import it."""
    from ntkproofs import bounds, certificates, execution, kernels, predictor, programs, simulation  # noqa: F401
    from ntkproofs.coq import agreement  # noqa: F401

    importing.prepare()


def _compute_common() -> None:
    """Import and compute once, before child processes are forked, what the claims of many files import and compute."""
    from sympy.combinatorics import polyhedron  # noqa: F401
    from sympy.tensor import tensor  # noqa: F401

    from ntkproofs import compilation  # noqa: F401
    from ntkproofs.bounds import sufficient_applies
    from ntkproofs.estimates import ensemble, network  # noqa: F401
    from ntkproofs.kernels import REGIMES, two_layer_relu
    from ntkproofs.predictor import MATCHED_WRITERS, MATCHES, SAMPLES, WRITERS, Predictor

    for regime in REGIMES:
        predictor = Predictor(two_layer_relu(regime), SAMPLES)
        predictor.mean(MATCHES, MATCHED_WRITERS, WRITERS)
        predictor.variance(MATCHES)
        sufficient_applies(predictor.kernel)


# --- in a child process


def _list(file: Path, collected: tuple[Path, ...]) -> bytes:
    """Import a claim file and return the descriptions of its claims, and the fields of its Source, as JSON."""
    theory.FOLDERS.clear()
    with imported_claims(file, dedicated=True) as imported:
        errors = collection_errors(imported, collected)
        claims: list[Any] = [[claim.name, claim.statement, claim.source, None, claim.slow] for claim in imported.claims]
        claims += [[key, statement, f"{file}", asdict(problem), False] for key, statement, problem in errors]
        digest, helpers = _digests(imported.imports.sources, imported.resolved)
        folders = sorted({f"{folder}" for folder in theory.FOLDERS})
        source = {"sha256": digest, "helpers": helpers, "shadowed": imported.imports.shadowed, "theories": folders}
        return json.dumps({"claims": claims, "source": source if digest else None}).encode()


def _digests(sources: dict[Path, str], file: Path) -> tuple[str, dict[str, str]]:
    """Return the digest of a file, and those of the helpers in its folder by relative path."""
    helpers = {
        path.relative_to(file.parent).as_posix(): digest
        for path, digest in sorted(sources.items())
        if path != file and path.is_relative_to(file.parent)
    }
    return sources.get(file, ""), helpers


def run_listed(claim: ListedClaim, listed: tuple[str, dict[str, str]] | None) -> bytes:
    """Import the file of a claim, run that claim and return its result as JSON."""
    with contextlib.ExitStack() as stack:
        with silenced():  # the output of the import was shown when the claims were listed
            imported = stack.enter_context(imported_claims(claim.file, dedicated=True))
        current = next((item for item in imported.claims if item.name == claim.key), None)
        if imported.problem is not None:
            result = _error_result(claim, imported.problem, 0.0)
        elif current is None or (current.statement, current.source) != (claim.statement, claim.source):
            change = "does not exist" if current is None else "has another statement or source"
            message = f"{claim.key} {change} when {claim.file.name} is imported again"
            result = _error_result(claim, Problem(message, hint="claims must not depend on chance or time"), 0.0)
        elif listed is not None and listed != _digests(imported.imports.sources, imported.resolved):
            problem = Problem(f"{claim.file.name} or one of its helpers changed during the check")
            result = _error_result(claim, problem, 0.0)
        else:
            result = decided_again(imported.run(current))
        return json.dumps(to_json(result)).encode()
