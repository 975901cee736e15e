"""The example SBN programs of this package."""

from __future__ import annotations

from importlib.resources import files

from ntkproofs.errors import InputError
from ntkproofs.programs.sbn.assembler import assemble
from ntkproofs.programs.sbn.assembly import Assembly

__all__ = ["EXAMPLES", "example", "example_text"]

EXAMPLES = ("addition", "countdown", "fibonacci", "gcd", "maximum", "multiplication", "sorting")


def example_text(name: str) -> str:
    """Return the source text of an example; raises InputError for an unknown name."""
    if name not in EXAMPLES:
        raise InputError(f"there is no SBN example {name!r}; the examples are {', '.join(EXAMPLES)}")
    return (files(__package__) / "examples" / f"{name}.sbn").read_text(encoding="utf-8")


def example(name: str) -> Assembly:
    """Return an example as an assembly; raises InputError for an unknown name.

    >>> from ntkproofs.programs.sbn.interpreter import interpret
    >>> program = example("gcd").with_data({"x": 36, "y": 24})
    >>> interpret(program, max_instructions=1000)[0].memory[1]
    12
    """
    return assemble(example_text(name), source=f"{name}.sbn")
