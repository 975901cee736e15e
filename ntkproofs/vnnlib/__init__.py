"""Questions about networks for other verifiers, as ONNX and VNN-LIB files.

For each output bit of a program the question is whether there is a state at which the networks decide the bit wrong;
``unsat`` means that the bit is right at every state. Each state is a disjunct of the property, and the constants are
chosen, by exact arithmetic, so that the property has the answer of the exact question.
"""

from ntkproofs.vnnlib.export import export_vnnlib
from ntkproofs.vnnlib.states import occurring_matches

__all__ = ["export_vnnlib", "occurring_matches"]
