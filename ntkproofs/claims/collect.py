"""Collecting the claims of files and folders, optionally only those that contain a text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from ntkproofs.claims.claim import Claim, ListedClaim
from ntkproofs.claims.files import claim_files, claim_prefixes
from ntkproofs.claims.matching import Matching
from ntkproofs.claims.problems import Problem
from ntkproofs.claims.registry import collection_errors, imported_claims
from ntkproofs.claims.verdict import Verdict
from ntkproofs.errors import InputError

__all__ = ["collect", "matching_claims"]

AnyClaim = TypeVar("AnyClaim", Claim, ListedClaim)


def collect(paths: Iterable[Path], *, matching: str = "") -> list[Claim]:
    """Return the claims of files and folders that `matching` selects; slow ones are included.

    `matching`: a text that the name or the statement contains, or several (:mod:`ntkproofs.claims.matching`).

    Of a folder, the ``*.py`` files are collected in alphabetical order. A claim belongs to the file whose import
    constructs it, wherever its function is defined. Its name is prefixed by the name of the file, without the number
    that orders the files (``02_gram.py`` and ``check_02_gram.py`` give ``gram``). A file that cannot be imported,
    claims with the same name, and claims constructed by a helper file that is not collected itself are represented by
    claims whose verdict is ``error``.

    Raises InputError if a path does not exist or is not a Python file, or if no claim is found.
    """
    paths = list(paths)
    files = claim_files(paths)
    prefixes, collected = claim_prefixes(files), [file.resolve() for file in files]
    claims: list[Claim] = []
    for file in files:
        with imported_claims(file) as imported:
            claims += [replace(claim, name=f"{prefixes[file]}.{claim.name}", file=file) for claim in imported.claims]
            errors = collection_errors(imported, collected)
        claims += [
            Claim(".".join(filter(None, (prefixes[file], key))), statement, str(file), partial(_fail, problem), file)
            for key, statement, problem in errors
        ]
    return matching_claims(claims, matching, paths)


def matching_claims(claims: Sequence[AnyClaim], matching: str, paths: Sequence[Path]) -> list[AnyClaim]:
    """Return the claims that `matching` selects (see there); raises InputError if there are none.

    Claims that stand for a collection error are always included, since they could hide a match.
    """
    shown = ", ".join(map(str, paths))
    if not claims:
        raise InputError(f"no claims found in {shown}: a claim is a function decorated with @claim(...) in a .py file")
    chosen = Matching.of(matching)
    matches = [claim for claim in claims if chosen.selects(claim) or _is_error(claim)]
    if not matches:
        raise InputError(f"none of the {len(claims)} claims in {shown} contains {matching!r} in its name or statement")
    return matches


def _is_error(claim: Claim | ListedClaim) -> bool:
    """Return whether a claim stands for a collection error."""
    if isinstance(claim, ListedClaim):
        return claim.problem is not None
    return isinstance(claim.function, partial) and claim.function.func is _fail


def _fail(problem: Problem) -> Verdict:
    return Verdict((), failure=f"{problem}")
