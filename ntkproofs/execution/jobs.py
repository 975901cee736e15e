"""Jobs: descriptions of what a run computes, as text and numbers that checkpoints and other machines compare.

Programs, networks and kernels are described by digests of their contents. So are oracles, as far as Python tells what a
function does: its name, the file that defines it, the values that it closes over, and the functions and modules that it
names. A function that depends on anything else, such as a file that it reads or the time of day, has the same digest
although its values may differ.
"""

from __future__ import annotations

import functools
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import fields, is_dataclass
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import sympy

from ntkproofs.execution.sources import PACKAGE
from ntkproofs.files import read_file
from ntkproofs.kernels import Kernel
from ntkproofs.programs import Stream, Task, TemplateProgram
from ntkproofs.programs.serialised import program_json
from ntkproofs.weights import Networks

__all__ = ["described_kernel", "digest", "networks_sha256", "program_sha256", "source_sha256"]

MAX_BYTES = 1 << 26  # of a Python file
INSTALLED = ("stdlib", "platstdlib", "purelib", "platlib")  # folders of Python and of packages
PLAIN = (bool, int, float, complex, str, bytes, Fraction, type(None), type(Ellipsis))


def program_sha256(source: Task | Stream | TemplateProgram) -> str:
    """Return the digest of a program, with the inputs, the steps and the output of a task or a stream.

    >>> from ntkproofs.programs import addition_task
    >>> program_sha256(addition_task(4)) == program_sha256(addition_task(4)) != program_sha256(addition_task(5))
    True
    """
    if isinstance(source, TemplateProgram):
        return digest(program_json(source))
    program, steps = source.program, source.steps if isinstance(source, Task) else source.period
    interface = [type(source).__name__, source.inputs, source.input_widths, steps, source.output, source.constants]
    return digest([program_json(program), interface])


def networks_sha256(networks: Networks) -> str:
    """Return the digest of the weights of networks; their file names and metadata do not matter."""
    return digest([networks.hidden, networks.output, networks.hidden_bias, networks.output_bias])


def described_kernel(kernel: Kernel) -> str:
    """Return the name of a kernel and the digest of its expressions, as text."""
    return f"{kernel.name} ({digest(kernel)[:16]})"


def source_sha256(function: Callable[..., Any]) -> str:
    """Return the digest of an oracle: of its name, its file, and the values and functions that it refers to.

    >>> def power(n):
    ...     return lambda x: x**n
    >>> source_sha256(power(2)) == source_sha256(power(2)) != source_sha256(power(3))
    True
    """
    return digest(function)


def digest(value: Any) -> str:
    """Return the SHA-256 of a value that consists of plain data, arrays, expressions, functions and objects of them."""
    result = sha256()
    for part in _Parts().of(value):
        data = part.encode("utf-8", "backslashreplace") if isinstance(part, str) else part
        result.update(f"{type(part).__name__}{len(data)}:".encode())
        result.update(data)
    return result.hexdigest()


class _Parts:
    """The parts of values, as text and bytes; every object is described once, and then by its number."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._alive: list[Any] = []  # so that no number is used again

    def of(self, value: Any) -> Iterator[str | bytes]:
        """Yield the parts of a value."""
        if isinstance(value, PLAIN):
            yield f"{type(value).__name__} {value!r}"
            return
        if isinstance(value, np.ndarray):
            yield f"array {value.dtype.str} {value.shape}"
            yield from map(str, value.reshape(-1)) if value.dtype.hasobject else [np.ascontiguousarray(value).tobytes()]
            return
        if id(value) in self._numbers:
            yield f"number {self._numbers[id(value)]}"
            return
        self._numbers[id(value)] = len(self._numbers)
        self._alive.append(value)
        yield from self._new(value)

    def _new(self, value: Any) -> Iterator[str | bytes]:
        if isinstance(value, Mapping):
            yield f"mapping {len(value)}"
            for key, item in value.items():
                yield from self.of(key)
                yield from self.of(item)
        elif isinstance(value, list | tuple):
            yield f"sequence {len(value)}"
            for item in value:
                yield from self.of(item)
        elif isinstance(value, Set):
            yield f"set {len(value)}"
            yield from sorted(map(digest, value))
        elif isinstance(value, sympy.Basic):
            yield sympy.srepr(value)
        else:
            yield from self._code(value)

    def _code(self, value: Any) -> Iterator[str | bytes]:
        """Yield the parts of a function, a class, a module, or an object."""
        if isinstance(value, FunctionType):
            yield from self._function(value)
        elif isinstance(value, functools.partial):
            yield from self.of([value.func, value.args, value.keywords])
        elif isinstance(value, MethodType):
            yield from self.of([value.__func__, value.__self__])
        elif isinstance(value, CodeType):
            yield from self.of([value.co_code, value.co_names, value.co_consts])
        elif isinstance(value, type):
            yield f"class {value.__qualname__}"
            yield from _file(getattr(sys.modules.get(value.__module__), "__file__", None))
        elif isinstance(value, ModuleType):
            yield f"module {value.__name__}"
            yield from _file(getattr(value, "__file__", None))
        elif isinstance(value, BuiltinFunctionType):
            yield f"function {value.__qualname__}"
        else:
            yield from self.of(type(value))
            known = is_dataclass(value)
            names = [item.name for item in fields(value)] if known else sorted(getattr(value, "__dict__", ()))
            yield from self.of({name: getattr(value, name, None) for name in names})

    def _function(self, value: FunctionType) -> Iterator[str | bytes]:
        """Yield the parts of a function: of one of this package only its name and the values that it closes over."""
        code = value.__code__
        yield f"function {value.__qualname__} {code.co_firstlineno}"
        yield from self.of([cell.cell_contents for cell in value.__closure__ or () if _is_filled(cell)])
        yield from self.of([value.__defaults__, value.__kwdefaults__])
        if _is_installed(code.co_filename):
            return
        yield from _file(code.co_filename)
        yield from self.of(code)
        for name in sorted(_names(code)):  # functions, classes, modules and plain data at module level
            item = value.__globals__.get(name)
            if isinstance(item, (*PLAIN, list, tuple, dict, FunctionType, type, ModuleType)):
                yield name
                yield from self.of(item)


def _file(file: str | None) -> Iterator[bytes]:
    """Yield the digest of a Python file; nothing for an installed one, and for this package."""
    if file is not None and not _is_installed(file) and Path(file).is_file():
        yield sha256(read_file(file, most=MAX_BYTES)).digest()


def _is_installed(file: str) -> bool:
    """Return whether a file is part of this package, of an installed one, or of Python."""
    return file.startswith("<frozen") or any(Path(file).resolve().is_relative_to(folder) for folder in _folders())


@functools.cache
def _folders() -> tuple[Path, ...]:
    return PACKAGE, *(Path(sysconfig.get_path(name)).resolve() for name in INSTALLED)


def _names(code: CodeType) -> set[str]:
    """Return the names at module level, and of attributes, that a function and the functions in it use."""
    inner = (_names(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*inner)


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True
