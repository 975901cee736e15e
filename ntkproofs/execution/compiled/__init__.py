"""compiled: the bit-sliced engine as machine code, which llvmlite compiles for a program at run time.

Sub-blocks of as many cases as a vector register has bits run all their steps in the cache. The numbers (n, p, t) are
counted on planes and compared with those that are known; a step at which a lane has new ones is logged, and the NumPy
engine records the counts of the logged states. Results are those of the NumPy engine in every field.
"""

from __future__ import annotations

from ntkproofs.execution.compiled.machine_code import available

__all__ = ["available"]
