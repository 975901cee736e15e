"""The argument PROGRAM: built-in programs by name, objects of Python files, and files of programs.

:func:`load_program` is the only place where the text of PROGRAM becomes a program. Commands call it through
``ntkproofs.commands.programs``, which reads the parameters from their options.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntkproofs.catalogue import CATALOGUE
from ntkproofs.errors import InputError
from ntkproofs.files import check_readable, read_file
from ntkproofs.formats.reading import SUFFIXES
from ntkproofs.objects import load_object, names_object
from ntkproofs.printable import clipped

if TYPE_CHECKING:
    from ntkproofs.formats import Source
    from ntkproofs.programs import Stream, Task, TemplateProgram
    from ntkproofs.programs.sbn import Assembly

__all__ = ["Loaded", "Parameters", "load_program"]

MAX_BYTES = 1 << 26  # of a JSON file or an SBN program
MAX_WORK = 1 << 32  # cells times steps of a cellular automaton
RULE = re.compile(r"rule([0-9]{1,3})", re.ASCII)
MACHINE = re.compile(r"(?:[0-9A-Z-]{3})+(?:_(?:[0-9A-Z-]{3})+)+", re.ASCII)  # such as 1RB1LC_1RC1RB_1RD0LE


@dataclass(frozen=True)
class Loaded:
    """A program as PROGRAM names it.

    `name`: the text of PROGRAM; `program`; `task`: its inputs, steps, output and oracle, if they are known; `source`:
    the file from which it was compiled; `words`: whether an answer is a word of bits in the order of the output, and
    not a number; `default`: the inputs if none are given; `steps`: the number of steps of a run; `assembly`: the SBN
    program, from `file`, with whose data the machine `program` starts.
    """

    name: str
    program: TemplateProgram
    task: Task | Stream | None = None
    source: Source | None = None
    words: bool = False
    default: tuple[int, ...] | None = None
    steps: int = 1
    assembly: Assembly | None = None
    file: str = ""


@dataclass(frozen=True)
class Parameters:
    """The parameters of a program, each None if it is not given.

    `bits` and `order` of a built-in program; `cells` of a tape or a cellular automaton; `steps`; `naive`: compile a
    circuit cube by cube, for comparison; `file` of the program ``sbn``.
    """

    bits: int | None = None
    order: Sequence[int] | None = None
    cells: int | None = None
    steps: int | None = None
    naive: bool | None = None
    file: str | None = None

    def only(self, text: str, *names: str) -> None:
        """Raise InputError if a parameter other than `names` is given."""
        for item in fields(self):
            if item.name not in names and getattr(self, item.name) is not None:
                raise InputError(f"--{item.name} is not an option of {text}")


def load_program(text: str, parameters: Parameters = Parameters()) -> Loaded:
    """Return the program that `text` names.

    `text` is the name of a built-in program; ``sbn``, with a file; ``rule0`` to ``rule255``, an elementary cellular
    automaton; the standard text of a Turing machine, such as ``1RB1LB_1LA1RZ``; ``FILE.py:NAME``, where NAME is a Task,
    a Stream, a TemplateProgram, or a function that returns one; or the name of a file of a known suffix. Raises
    InputError if there is no such program, or if a parameter is missing, out of range, or none of this program.

    >>> load_program("addition", Parameters(bits=4)).program.samples
    16
    """
    if text in CATALOGUE:
        return _built_in(text, parameters)
    if text == "sbn":
        return _sbn_machine(text, parameters)
    if RULE.fullmatch(text):
        return _automaton(text, parameters)
    if names_object(text):
        return _object(text, parameters)
    if MACHINE.fullmatch(text):
        return _machine(text, parameters)
    loader = LOADERS.get(Path(text).suffix.lower())
    if loader is None:
        raise _unknown(text)
    return loader(text, parameters)


def _unknown(text: str) -> InputError:
    """Return the error for a PROGRAM that names nothing."""
    if text.endswith(".py"):
        return InputError(f"PROGRAM: a program in a Python file must be given as FILE.py:NAME, got {clipped(text)}")
    names = ", ".join([*CATALOGUE, "sbn FILE", "rule0 to rule255", "a Turing machine such as 1RB1LB_1LA1RZ"])
    return InputError(
        f"PROGRAM: invalid choice: {clipped(text)} (choose from {names}; FILE.py:NAME; or a file {' '.join(LOADERS)})"
    )


# --- programs by name


def _built_in(text: str, parameters: Parameters) -> Loaded:
    parameters.only(text, "bits", "order")
    if parameters.bits is None:
        raise InputError(f"{text}: --bits is required")
    task = CATALOGUE[text].task(parameters.bits, parameters.order)
    return Loaded(text, task.program, task, steps=task.steps)


def _automaton(text: str, parameters: Parameters) -> Loaded:
    """Return an elementary cellular automaton; by default a single cell, in the middle, is 1."""
    from ntkproofs.compilation import elementary

    parameters.only(text, "cells", "steps")
    if parameters.cells is None or parameters.steps is None:
        raise InputError(f"{text}: --cells and --steps are required")
    if parameters.cells * parameters.steps > MAX_WORK:
        raise InputError(f"{text}: cells times steps must be at most {MAX_WORK:,}")
    task = elementary(int(text.removeprefix("rule")), cells=parameters.cells, steps=parameters.steps)
    middle = (1 << parameters.cells // 2,)
    return Loaded(text, task.program, task, words=True, default=middle, steps=task.steps)


def _machine(text: str, parameters: Parameters) -> Loaded:
    from ntkproofs.formats import read_turing

    return _compiled(text, read_turing(text.encode("ascii"), "machine.tm"), parameters)


def _sbn_machine(text: str, parameters: Parameters) -> Loaded:
    parameters.only(text, "file")
    if parameters.file is None:
        raise InputError("sbn: a file with an SBN program is required")
    return _assembled(text, parameters.file)


# --- objects of Python files


def _object(text: str, parameters: Parameters) -> Loaded:
    from ntkproofs.programs import Stream, Task, TemplateProgram

    value: Any = load_object(text, Task, Stream, TemplateProgram)
    if isinstance(value, TemplateProgram):
        return _program(text, value, parameters)
    parameters.only(text)
    return Loaded(text, value.program, value, steps=value.steps if isinstance(value, Task) else value.period)


def _program(text: str, program: TemplateProgram, parameters: Parameters) -> Loaded:
    parameters.only(text, "steps")
    return Loaded(text, program, steps=1 if parameters.steps is None else parameters.steps)


# --- files


def _json(text: str, parameters: Parameters) -> Loaded:
    from ntkproofs.programs.serialised import is_data_set, read_program

    data = read_file(text, most=MAX_BYTES)
    if is_data_set(data):
        return _data_set(text, parameters)
    try:
        program = read_program(data)
    except InputError as problem:
        raise InputError(f"{text}: {problem}") from problem
    return _program(text, program, parameters)


def _data_set(text: str, parameters: Parameters) -> Loaded:
    from ntkproofs.compilation.data_sets import compile_data_set
    from ntkproofs.formats import read_data_set

    check_readable(text, most=MAX_BYTES)
    return _program(text, compile_data_set(read_data_set(text)), parameters)


def _sbn(text: str, parameters: Parameters) -> Loaded:
    parameters.only(text)
    check_readable(text, most=MAX_BYTES)
    return _assembled(text, text)


def _assembled(text: str, file: str) -> Loaded:
    from ntkproofs.programs.sbn import layout_for, read_assembly, sbn

    assembly = read_assembly(Path(file))
    layout = layout_for(assembly)
    return Loaded(text, sbn(layout.words, layout.bits, layout.instructions), assembly=assembly, file=file)


def _source(text: str, parameters: Parameters) -> Loaded:
    from ntkproofs.formats import read_source

    return _compiled(text, read_source(text), parameters)


def _compiled(text: str, source: Source, parameters: Parameters) -> Loaded:
    from ntkproofs.compilation import compile_source
    from ntkproofs.formats import TuringMachine
    from ntkproofs.programs import Task

    machine = isinstance(source, TuringMachine)
    parameters.only(text, *(("cells", "steps") if machine else ("naive",)))
    task = compile_source(source, naive=bool(parameters.naive), cells=parameters.cells, steps=parameters.steps)
    steps = task.steps if isinstance(task, Task) else task.period
    return Loaded(text, task.program, task, source, words=True, default=(1,) if machine else None, steps=steps)


Loader = Callable[[str, Parameters], Loaded]
LOADERS: dict[str, Loader] = {**dict.fromkeys(SUFFIXES, _source), ".sbn": _sbn, ".json": _json, ".npz": _data_set}
