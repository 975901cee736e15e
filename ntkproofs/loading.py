"""The argument PROGRAM: built-in programs by name, objects of Python files, and files of programs.

:func:`load_program` is the only place where the text of PROGRAM becomes a program. Commands call it through
``ntkproofs.commands.programs``, which reads the parameters from their options.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntkproofs.catalogue import CATALOGUE
from ntkproofs.errors import InputError
from ntkproofs.files import check_readable, read_file
from ntkproofs.objects import load_object, names_object
from ntkproofs.printable import clipped

if TYPE_CHECKING:
    from ntkproofs.programs import Task, TemplateProgram
    from ntkproofs.programs.sbn import Assembly

__all__ = ["Loaded", "Parameters", "load_program"]

MAX_BYTES = 1 << 26  # of a JSON file


@dataclass(frozen=True)
class Loaded:
    """A program as PROGRAM names it.

    `name`: the text of PROGRAM; `program`; `task`: its inputs, steps, output and oracle, if they are known; `steps`:
    the number of steps of a run; `assembly`: the SBN program with whose data the machine `program` starts.
    """

    name: str
    program: TemplateProgram
    task: Task | None = None
    steps: int = 1
    assembly: Assembly | None = None


@dataclass(frozen=True)
class Parameters:
    """The parameters of a program, each None if it is not given: `bits`, `order`, and the number of `steps`."""

    bits: int | None = None
    order: Sequence[int] | None = None
    steps: int | None = None

    def only(self, text: str, *names: str) -> None:
        """Raise InputError if a parameter other than `names` is given."""
        for item in fields(self):
            if item.name not in names and getattr(self, item.name) is not None:
                raise InputError(f"--{item.name} is not an option of {text}")


def load_program(text: str, parameters: Parameters = Parameters()) -> Loaded:
    """Return the program that `text` names.

    `text` is the name of a built-in program; ``FILE.py:NAME``, where NAME is a Task, a TemplateProgram, or a function
    that returns one; or the name of a file of a known suffix. Raises InputError if there is no such program, or if a
    parameter is missing, out of range, or none of this program.

    >>> load_program("addition", Parameters(bits=4)).program.samples
    16
    """
    if text in CATALOGUE:
        return _built_in(text, parameters)
    if names_object(text):
        return _object(text, parameters)
    loader = LOADERS.get(Path(text).suffix)
    if loader is None:
        raise _unknown(text)
    return loader(text, parameters)


def _unknown(text: str) -> InputError:
    """Return the error for a PROGRAM that names nothing."""
    if text.endswith(".py"):
        return InputError(f"PROGRAM: a program in a Python file must be given as FILE.py:NAME, got {clipped(text)}")
    names = ", ".join(CATALOGUE)
    return InputError(
        f"PROGRAM: invalid choice: {clipped(text)} (choose from {names}; FILE.py:NAME; or a file {', '.join(LOADERS)})"
    )


def _built_in(text: str, parameters: Parameters) -> Loaded:
    parameters.only(text, "bits", "order")
    if parameters.bits is None:
        raise InputError(f"{text}: --bits is required")
    task = CATALOGUE[text].task(parameters.bits, parameters.order)
    return Loaded(text, task.program, task, task.steps)


def _object(text: str, parameters: Parameters) -> Loaded:
    from ntkproofs.programs import Task, TemplateProgram

    value: Any = load_object(text, Task, TemplateProgram)
    if isinstance(value, TemplateProgram):
        return _program(text, value, parameters)
    parameters.only(text)
    return Loaded(text, value.program, value, value.steps)


def _program(text: str, program: TemplateProgram, parameters: Parameters) -> Loaded:
    parameters.only(text, "steps")
    return Loaded(text, program, steps=1 if parameters.steps is None else parameters.steps)


def _json(text: str, parameters: Parameters) -> Loaded:
    from ntkproofs.programs.serialised import read_program

    data = read_file(text, most=MAX_BYTES)
    try:
        program = read_program(data)
    except InputError as problem:
        raise InputError(f"{text}: {problem}") from problem
    return _program(text, program, parameters)


def _sbn(text: str, parameters: Parameters) -> Loaded:
    from ntkproofs.programs.sbn import layout_for, read_assembly, sbn

    parameters.only(text)
    check_readable(text, most=MAX_BYTES)
    assembly = read_assembly(Path(text))
    layout = layout_for(assembly)
    return Loaded(text, sbn(layout.words, layout.bits, layout.instructions), assembly=assembly)


Loader = Callable[[str, Parameters], Loaded]
LOADERS: dict[str, Loader] = {".sbn": _sbn, ".json": _json}
