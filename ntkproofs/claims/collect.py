"""Collecting: the claims of files and folders, those that contain a text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from ntkproofs.claims.claim import Claim, Listed
from ntkproofs.claims.files import claim_files, titles_of
from ntkproofs.claims.problems import Problem
from ntkproofs.claims.registry import claims_of, troubles_of
from ntkproofs.claims.verdict import Verdict
from ntkproofs.errors import InputError

__all__ = ["collect", "matching_claims"]

Named = TypeVar("Named", Claim, Listed)


def collect(paths: Iterable[Path], *, matching: str = "") -> list[Claim]:
    """Return the claims of files and directories (their ``*.py`` files, sorted), those that contain `matching`.

    A claim belongs to the file whose import makes it, wherever its function is defined or kept. Names are prefixed by
    the file's name (a leading number, as in ``02_gram.py`` or ``check_02_gram.py``, only orders the files and is left
    out). A file that cannot be imported, two claims of one name, and claims of a helper that is not collected itself
    become claims whose verdict is ``error``.
    Raises InputError if a path does not exist, is no Python file, or no claim is found.
    """
    paths = list(paths)
    files = claim_files(paths)
    titles, homes = titles_of(files), [file.resolve() for file in files]
    claims: list[Claim] = []
    for file in files:
        with claims_of(file) as found:
            claims += [replace(each, name=f"{titles[file]}.{each.name}", file=file) for each in found.claims]
            troubles = troubles_of(found, homes)
        claims += [
            Claim(".".join(filter(None, (titles[file], key))), statement, str(file), partial(_fail, problem), file)
            for key, statement, problem in troubles
        ]
    return matching_claims(claims, matching, paths)


def matching_claims(claims: Sequence[Named], matching: str, paths: Sequence[Path]) -> list[Named]:
    """Return the claims that contain `matching`, in any case; raises InputError if there are none.

    What could not be collected is always among them: nobody knows whether it would have matched.
    """
    shown = ", ".join(map(str, paths))
    if not claims:
        raise InputError(f"no claims found in {shown}: a claim is a function under @claim(...) in a .py file")
    text = matching.casefold()
    chosen = [
        each
        for each in claims
        if text in each.name.casefold() or text in each.statement.casefold() or _is_trouble(each)
    ]
    if not chosen:
        raise InputError(f"none of the {len(claims)} claims in {shown} contains {matching!r} in its name or statement")
    return chosen


def _is_trouble(claim: Claim | Listed) -> bool:
    if isinstance(claim, Listed):
        return claim.problem is not None
    return isinstance(claim.function, partial) and claim.function.func is _fail


def _fail(problem: Problem) -> Verdict:
    return Verdict((), failure=f"{problem}")
