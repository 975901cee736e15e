"""Engines: what runs the steps of :func:`~ntkproofs.execution.exhaust`: compiled code, or NumPy operations."""

from __future__ import annotations

from ntkproofs.errors import InputError
from ntkproofs.execution.bitsliced import LANES
from ntkproofs.execution.compiled import available
from ntkproofs.programs import Task

__all__ = ["COMPILED", "ENGINES", "NUMPY", "engine_for", "fastest"]

COMPILED, NUMPY = ENGINES = ("compiled", "numpy")

WORTH_COMPILING = 1 << 26  # plane words of all steps; with fewer, compiling takes longer than it saves


def fastest() -> str:
    """Return the name of the engine that is fastest for many cases: compiled code, if llvmlite is installed."""
    return COMPILED if available() else NUMPY


def engine_for(engine: str | None, task: Task, cases: int) -> str:
    """Return the name of the engine for so many cases of a task.

    None stands for compiled code if llvmlite is installed and the cases are many, and for NumPy otherwise. Raises
    InputError for an unknown name, and for compiled code if llvmlite is not installed.

    >>> from ntkproofs.programs import addition_task
    >>> engine_for(None, addition_task(4), 256), engine_for("numpy", addition_task(16), 1 << 32)
    ('numpy', 'numpy')
    """
    if engine is None:
        planes = 4 * task.program.output_bits + 2 * len(task.program.templates)
        many = -(-cases // LANES) * planes * task.steps >= WORTH_COMPILING
        return fastest() if many else NUMPY
    if engine not in ENGINES:
        raise InputError(f"engine must be one of {', '.join(ENGINES)}, got {engine!r}")
    if engine == COMPILED and not available():
        raise InputError("the compiled engine needs the package llvmlite: pip install 'ntkproofs[fast]'")
    return engine
