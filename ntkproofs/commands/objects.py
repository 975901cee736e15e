"""Objects of Python files that a user names on the command line: ``FILE.py:NAME``."""

from __future__ import annotations

import contextlib
import inspect
import sys
from pathlib import Path
from typing import TypeVar

from ntkproofs.commands.common import clipped
from ntkproofs.errors import InputError

__all__ = ["load_object", "names_object"]

T = TypeVar("T")


def names_object(text: str) -> bool:
    """Tell whether a text has the form ``FILE.py:NAME``.

    >>> names_object("mine.py:gelu"), names_object("mine.py"), names_object("ntk")
    (True, False, False)
    """
    file, colon, name = text.rpartition(":")
    return file.endswith(".py") and bool(colon) and name.isidentifier()


def load_object(text: str, kind: type[T]) -> T:
    """Return the object of the class `kind` that ``FILE.py:NAME`` names, or the result of the factory of that name.

    A factory is a function without required arguments. The file is executed from its source, as a claim file is, so it
    is trusted as this package is; what it prints goes to stderr. Raises InputError, in one line, where the file cannot
    be executed or the name is not that of such an object.
    """
    path, _, name = text.rpartition(":")
    if not Path(path).is_file():
        raise InputError(f"{clipped(path)}: there is no such file")
    value = _executed(Path(path), name)
    if not isinstance(value, kind):
        raise InputError(
            f"{text}: {name} must be a {kind.__name__} or a function that returns one, got {type(value).__name__} "
            f"{clipped(repr(value))}"
        )
    return value


def _executed(file: Path, name: str) -> object:
    """Return the value of a name at the module level of a file, called if it is a function or a method."""
    from ntkproofs.claims.importing import imports_from
    from ntkproofs.claims.problems import problem_of

    with imports_from(file.resolve().parent) as imports, contextlib.redirect_stdout(sys.stderr):
        try:
            names = vars(imports.run(file))
            if name in names:
                value: object = names[name]
                return value() if inspect.isroutine(value) else value
        except (Exception, SystemExit) as error:
            raise InputError(f"{file}:{name}: {problem_of(error, imports.sources or (file.resolve(),))}") from error
    raise InputError(f"{file} has no {name} at module level")
