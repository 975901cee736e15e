"""Serialisation of certificates as canonical JSON: equal certificates have equal bytes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import ntkproofs
from ntkproofs import checker
from ntkproofs.display import CODE, facts
from ntkproofs.errors import InputError, NtkProofsError
from ntkproofs.files import read_file, write_atomically

__all__ = ["Certificate", "read_certificate", "schema", "write"]

FORMAT = 1


@dataclass(frozen=True)
class Certificate:
    """A claim and the evidence for it, both JSON values: integers, strings, lists, objects; never floats.

    `computed`: the result from which the producer created it, if any; it is not part of the file.
    """

    claim: dict[str, Any]
    evidence: dict[str, Any]
    computed: Any = field(default=None, compare=False, repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of the claim's canonical JSON."""
        return hashlib.sha256(checker.canonical(self.claim)).hexdigest()

    @cached_property
    def data(self) -> bytes:
        """The file's bytes."""
        document = {
            "format": FORMAT,
            "claim": self.claim,
            "evidence": self.evidence,
            "producer": f"ntkproofs {ntkproofs.__version__}",
            "claim_sha256": self.digest,
        }
        return checker.canonical(document) + b"\n"

    @cached_property
    def verified(self) -> checker.Verified:
        """The result of the checker in this process; raises NtkProofsError with its reason if it does not accept."""
        try:
            return checker.check(self.data)
        except (checker.Rejected, checker.Declined) as problem:
            raise NtkProofsError(f"the checker does not accept this: {problem}") from problem

    @property
    def networks(self) -> int:
        """N, the number of networks; for ensembles only."""
        if "networks" not in self.claim:
            raise InputError(f"a certificate of the kind {self.claim['kind']!r} is not about an ensemble")
        return int(self.claim["networks"])

    def __repr__(self) -> str:
        return f"<Certificate of the kind {self.claim.get('kind')!r}, {len(self.data):,} bytes>"

    def _repr_html_(self) -> str:
        rows: list[tuple[str, object]] = [
            ("size", f"{len(self.data):,} bytes"),
            ("SHA-256 of the claim", CODE + self.digest),
        ]
        try:
            rows = [("claim", self.verified.claim), ("verified", self.verified.details), *rows]
        except NtkProofsError as problem:
            return facts([("reason", problem), *rows], caption="certificate: not accepted by the checker")
        return facts(rows, caption="certificate: accepted by the checker")


def schema() -> dict[str, Any]:
    """Return the JSON Schema of certificates; it describes the format only, not whether a claim holds.

    >>> schema()["required"]
    ['format', 'claim', 'evidence', 'producer', 'claim_sha256']
    """
    text = (files("ntkproofs.certificates") / "schema.json").read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def write(certificate: Certificate, path: str | Path) -> None:
    """Write a certificate to a file atomically; raises InputError if it cannot be written."""
    write_atomically(path, certificate.data)


def read_certificate(path: str | Path) -> Certificate:
    """Return the certificate in a file; raises InputError if it cannot be read or the checker does not accept it."""
    data = read_file(path, most=checker.MAX_BYTES)
    try:
        document = checker.read(data)
        certificate = Certificate(document["claim"], document["evidence"])
        _ = certificate.verified
    except (NtkProofsError, checker.Rejected, checker.Declined) as problem:
        raise InputError(f"{path} is no certificate that the checker accepts: {problem}") from problem
    return certificate
