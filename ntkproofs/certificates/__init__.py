"""Certificates: claims as files, with what the checker needs to decide them. Everything here is untrusted.

``issue`` makes them, ``format`` gives them their bytes; ``ntkproofs/checker.py`` alone says whether they hold.

>>> from ntkproofs.certificates import issue_ensemble
>>> from ntkproofs.programs import addition_task
>>> issue_ensemble(addition_task(bits=4), failure="1/1000").networks
45
"""

from ntkproofs.certificates.format import Certificate, schema, write
from ntkproofs.certificates.issue import Run, ample_padding, issue_ensemble, issue_rounding
from ntkproofs.certificates.network import issue_network
from ntkproofs.certificates.subdivide import issue_inequality

__all__ = [
    "Certificate",
    "Run",
    "ample_padding",
    "issue_ensemble",
    "issue_inequality",
    "issue_network",
    "issue_rounding",
    "schema",
    "write",
]
