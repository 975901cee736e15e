r"""SBN (subtract and branch if negative): a universal machine as a template program.

* :mod:`.program`: the templates; :mod:`.layout`: the fields, and closed forms for the sizes
* :mod:`.assembler`: from text to an :class:`Assembly`; :mod:`.loader`: from an assembly to a state, and back
* :mod:`.interpreter`: the oracle; :mod:`.minsky`: a compiler from counter machines to SBN
* :mod:`.library`: the example programs of this package

To execute a program through the predictor: :func:`ntkproofs.execution.run_sbn`.

>>> from ntkproofs.programs.sbn import assemble
>>> assemble("x: .word 5\nsbn x x").text(0)
'x x'
"""

from ntkproofs.programs.sbn.assembler import assemble, read_assembly
from ntkproofs.programs.sbn.assembly import Assembly, Instruction
from ntkproofs.programs.sbn.interpreter import Configuration, configurations, interpret
from ntkproofs.programs.sbn.layout import Layout
from ntkproofs.programs.sbn.library import EXAMPLES, example
from ntkproofs.programs.sbn.loader import layout_for, load, read_configuration, read_memory
from ntkproofs.programs.sbn.program import sbn

__all__ = [
    "EXAMPLES",
    "Assembly",
    "Configuration",
    "Instruction",
    "Layout",
    "assemble",
    "configurations",
    "example",
    "interpret",
    "layout_for",
    "load",
    "read_assembly",
    "read_configuration",
    "read_memory",
    "sbn",
]
