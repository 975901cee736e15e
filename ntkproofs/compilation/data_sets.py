"""Data sets of instructions as programs: each instruction is a template, whatever network it was published for.

A field of the data set is a field of the program, with the bits of its flattened array, the last index first. Nothing
is simplified: instructions that require or write nothing, and duplicates, are samples of the network like others.
"""

from __future__ import annotations

from math import prod

from ntkproofs.compilation.names import program_name
from ntkproofs.formats.sources import DataSet
from ntkproofs.programs import TemplateProgram

__all__ = ["compile_data_set"]


def compile_data_set(data: DataSet) -> TemplateProgram:
    """Return a data set as a program. It has no inputs, outputs or number of steps: a data set does not say them.

    Warns :class:`ntkproofs.programs.DuplicateTemplate` for instructions that occur twice. Raises InputError for names
    that fields cannot have, for positions out of range, and for contradictory requirements.

    >>> from ntkproofs.formats.sources import Instruction
    >>> once = Instruction(requires=((0, 1), (4, 0)), writes=(3, 4))
    >>> print(compile_data_set(DataSet("copy", (("flag", ()), ("message", (2, 2))), (once,))))
    <TemplateProgram 'copy': 1 template, 0 padding, 5 bits>
      flag_0=1, message_3=0 -> message_2, message_3
    """
    program = TemplateProgram(program_name(data.name, "data_set"), {name: prod(shape) for name, shape in data.fields})
    for instruction in data.instructions:
        required = [(program.bit(position), value) for position, value in instruction.requires]
        program.template(required, [program.bit(position) for position in instruction.writes])
    return program
