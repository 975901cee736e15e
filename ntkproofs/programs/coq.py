"""A template program as Coq text, in the terms of the theory's ``Templates.v``."""

from __future__ import annotations

from ntkproofs.programs.language import Bit, Template, TemplateProgram

__all__ = ["coq_program", "coq_template"]


def coq_template(template: Template) -> str:
    """Return one template: its requirements and what it writes, in order.

    >>> from ntkproofs.programs import addition
    >>> coq_template(addition(bits=1).templates[0])
    'Template [(("p", 0), false); (("q", 0), true)] [("p", 0)]'
    """
    when = "; ".join(f"({_bit(bit)}, {'true' if value else 'false'})" for bit, value in template.when)
    return f"Template [{when}] [{'; '.join(map(_bit, template.write))}]"


def coq_program(program: TemplateProgram) -> str:
    """Return a program: its templates, one on a line, and its padding.

    >>> from ntkproofs.programs import permutation
    >>> print(coq_program(permutation([0])))
    Program [
      Template [(("bits", 0), true)] [("bits", 0)]
    ] 0
    """
    templates = ";\n  ".join(map(coq_template, program.templates))
    return f"Program [\n  {templates}\n] {program.padding}"


def _bit(bit: Bit) -> str:
    return f'("{bit[0]}", {bit[1]})'
