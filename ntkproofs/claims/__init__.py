"""Claims: statements, the functions that evaluate them, and the verdicts that follow from their findings.

There is one verb for each kind of verdict; the results, called findings, are the arguments of :func:`conclude`:

=====================  ================================================================================================
:func:`prove`          a theorem of a Coq theory; :func:`prove_equal`: programs of a theory equal those of this package
:func:`decide`         an inequality over a domain, by ball arithmetic
:func:`derive`         an equality or inequality for all values, by exact algebra
:func:`confirm`        a statement on many cases; :func:`confirm_batches`: many cases at a time;
                       :func:`confirm_measured`: measured values against a prediction
:func:`estimate`       an mpmath value against an enclosure; never a verdict by itself
=====================  ================================================================================================

* :mod:`.verdict`, :mod:`.claim`, :mod:`.collect`: verdicts, claims, collecting claims from files
* :mod:`.files`, :mod:`.importing`, :mod:`.registry`: finding claim files, importing them from source, registering
  their claims
* :mod:`.prove`, :mod:`.confirm`, :mod:`.measure`, :mod:`.estimate`: the verbs and engines defined in this package
* :mod:`.recheck`: replay of decisions before they count; :mod:`.margins`: the combined margin of several findings
* :mod:`.problems`: what went wrong in a claim, and where; :mod:`.transport`: results as plain data between processes

>>> import sympy
>>> from ntkproofs.rigor import less
>>> conclude(decide(less(3, sympy.pi))).kind
'decided'
"""

from ntkproofs.claims.claim import Claim, ClaimFamily, ListedClaim, Result, claim
from ntkproofs.claims.collect import collect
from ntkproofs.claims.confirm import Tally, confirm, confirm_batches
from ntkproofs.claims.estimate import Agreement, estimate
from ntkproofs.claims.measure import Comparison, Measured, confirm_measured
from ntkproofs.claims.prove import prove, prove_equal
from ntkproofs.claims.verdict import VERDICTS, Verdict, VerdictKind, conclude
from ntkproofs.rigor import decide, derive

__all__ = [
    "VERDICTS",
    "Agreement",
    "Claim",
    "ClaimFamily",
    "Comparison",
    "ListedClaim",
    "Measured",
    "Result",
    "Tally",
    "Verdict",
    "VerdictKind",
    "claim",
    "collect",
    "conclude",
    "confirm",
    "confirm_batches",
    "confirm_measured",
    "decide",
    "derive",
    "estimate",
    "prove",
    "prove_equal",
]
