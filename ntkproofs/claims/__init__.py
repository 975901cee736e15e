"""Claims: a statement, a function that evaluates it, and the verdict that follows from its findings.

One verb for each verdict, whose result :func:`conclude` takes:

=====================  ================================================================================================
:func:`prove`          a theorem of a Coq theory; :func:`prove_equal`: programs of a theory are those of this package
:func:`decide`         an inequality over a domain, by ball arithmetic
:func:`derive`         an equality or inequality for all values, by exact algebra
:func:`confirm`        a statement on many cases; :func:`confirm_batches`: many cases at a time;
                       :func:`confirm_measured`: measured values against a prediction
:func:`estimate`       an mpmath value against an enclosure; never a verdict by itself
=====================  ================================================================================================

* :mod:`.verdict`, :mod:`.claim`, :mod:`.collect` verdicts, claims, collecting them; :mod:`.files`, :mod:`.registry`,
  :mod:`.importing` claim files: which they are, what they make, how they are imported from source
* :mod:`.confirm`, :mod:`.measure`, :mod:`.estimate`, :mod:`.prove` engines and verbs that are at home here
* :mod:`.problems` what went wrong and where; :mod:`.transport` results between processes, as plain data
* :mod:`.recheck` decisions replayed before they count; :mod:`.margins` one margin for several findings

>>> import sympy
>>> from ntkproofs.rigor import less
>>> conclude(decide(less(3, sympy.pi))).kind
'decided'
"""

from ntkproofs.claims.claim import Claim, ClaimFamily, Listed, Result, claim
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
    "Listed",
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
