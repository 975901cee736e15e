"""Collecting the claims of files and folders, optionally only those that contain a text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from ntkproofs.claims.claim import Claim, ListedClaim
from ntkproofs.claims.files import claim_files, claim_prefixes
from ntkproofs.claims.problems import Problem
from ntkproofs.claims.registry import collection_errors, imported_claims
from ntkproofs.claims.verdict import Verdict
from ntkproofs.errors import InputError

__all__ = ["SLOW", "collect", "matching_claims"]

SLOW = "slow"  # the text that selects the claims that are marked so

AnyClaim = TypeVar("AnyClaim", Claim, ListedClaim)


def collect(paths: Iterable[Path], *, matching: str = "") -> list[Claim]:
    """Return the claims of files and folders whose name or statement contains `matching`; slow ones are included.

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
    """Return the claims whose name or statement contains `matching`, ignoring case; raises InputError if none does.

    The text ``slow`` also selects the claims that are marked slow. Claims that stand for a collection error are always
    included, since they could hide a match.
    """
    shown = ", ".join(map(str, paths))
    if not claims:
        raise InputError(f"no claims found in {shown}: a claim is a function decorated with @claim(...) in a .py file")
    text = matching.casefold()
    matches = [
        claim
        for claim in claims
        if text in claim.name.casefold()
        or text in claim.statement.casefold()
        or (text == SLOW and claim.slow)
        or _is_error(claim)
    ]
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
