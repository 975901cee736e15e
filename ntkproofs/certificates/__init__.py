"""Certificates: files with a claim and the evidence by which the checker decides it. This package is untrusted.

``issue``, ``streams``, ``network`` and ``subdivide`` create certificates, ``format`` serialises them; only
``ntkproofs/checker.py`` decides whether a claim holds.

>>> from ntkproofs.certificates import issue_ensemble
>>> from ntkproofs.programs import addition_task
>>> issue_ensemble(addition_task(bits=4), failure="1/1000").networks
35
"""

from ntkproofs.certificates.format import Certificate, read_certificate, schema, write
from ntkproofs.certificates.issue import Run, ample_padding, issue_ensemble, issue_rounding
from ntkproofs.certificates.network import issue_network
from ntkproofs.certificates.source import SourceClaim
from ntkproofs.certificates.streams import issue_stream
from ntkproofs.certificates.subdivide import issue_inequality

__all__ = [
    "Certificate",
    "Run",
    "SourceClaim",
    "ample_padding",
    "issue_ensemble",
    "issue_inequality",
    "issue_network",
    "issue_rounding",
    "issue_stream",
    "read_certificate",
    "schema",
    "write",
]
