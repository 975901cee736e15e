"""Loading objects of Python files that are named ``FILE.py:NAME`` on the command line."""

from __future__ import annotations

import contextlib
import inspect
import sys
from pathlib import Path
from typing import TypeVar

from ntkproofs.errors import InputError
from ntkproofs.files import check_readable
from ntkproofs.printable import clipped

__all__ = ["executed_files", "load_object", "names_object"]

T = TypeVar("T")

MAX_BYTES = 1 << 24  # of a Python file

_EXECUTED: dict[str, tuple[Path, ...]] = {}


def names_object(text: str) -> bool:
    """Return whether `text` has the form ``FILE.py:NAME``.

    >>> names_object("mine.py:gelu"), names_object("mine.py"), names_object("ntk")
    (True, False, False)
    """
    file, colon, name = text.rpartition(":")
    return file.endswith(".py") and bool(colon) and name.isidentifier()


def load_object(text: str, *kinds: type[T]) -> T:
    """Return the object of one of the classes `kinds` that ``FILE.py:NAME`` names.

    NAME may also be a function without required arguments that returns such an object. The file is executed from
    source like a claim file, and its output is printed on stderr; so it must be trusted like this package. Raises
    InputError if the file cannot be executed or has no such object.
    """
    path, _, name = text.rpartition(":")
    check_readable(path, most=MAX_BYTES)
    value = _executed(Path(path), name)
    if not isinstance(value, kinds):
        classes = " or ".join(kind.__name__ for kind in kinds)
        raise InputError(
            f"{text}: {name} must be a {classes} or a function that returns one, got {type(value).__name__} "
            f"{clipped(repr(value))}"
        )
    return value


def executed_files(text: str) -> tuple[Path, ...]:
    """Return the files that were executed when ``FILE.py:NAME`` was loaded last: the file, and those that it imports.

    Only files in its folder, or in a folder in it, are listed.
    """
    return _EXECUTED.get(text, ())


def _executed(file: Path, name: str) -> object:
    """Execute a file and return the value of a name at module level; if it is a function, return its result."""
    from ntkproofs.claims.importing import imports_from
    from ntkproofs.claims.problems import problem_of

    with imports_from(file.resolve().parent) as imports, contextlib.redirect_stdout(sys.stderr):
        try:
            names = vars(imports.run(file))
            if name in names:
                value: object = names[name]
                value = value() if inspect.isroutine(value) else value
                _EXECUTED[f"{file}:{name}"] = tuple(imports.sources)
                return value
        except (Exception, SystemExit) as error:
            raise InputError(f"{file}:{name}: {problem_of(error, imports.sources or (file.resolve(),))}") from error
    raise InputError(f"{file} does not define {name} at module level")
