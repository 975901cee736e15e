"""Claims: a statement, a function that evaluates it, and the verdict that follows from its findings.

* :mod:`.claim` the decorator, collecting, verdicts; :mod:`.importing` claim files, from source and without byte code
* :mod:`.problems` what went wrong and where; :mod:`.transport` results between processes, as plain data
* :mod:`.recheck` decisions replayed before they count; :mod:`.margins` one margin for several findings

>>> import sympy
>>> from ntkproofs.rigor import decide, less
>>> conclude(decide(less(3, sympy.pi))).kind
'decided'
"""

from ntkproofs.claims.claim import (
    VERDICTS,
    Claim,
    ClaimFamily,
    Listed,
    Result,
    Verdict,
    VerdictKind,
    claim,
    collect,
    conclude,
)

__all__ = [
    "VERDICTS",
    "Claim",
    "ClaimFamily",
    "Listed",
    "Result",
    "Verdict",
    "VerdictKind",
    "claim",
    "collect",
    "conclude",
]
