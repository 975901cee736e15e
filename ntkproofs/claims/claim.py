"""Claims: a statement, its source, and the function that evaluates it.

A claim file is a Python file with functions like ::

    @claim("F(n) > 0 for all n", source="validation scripts")
    def excess_is_positive():
        return conclude(decide(less(0, F(n)), Integers(n)))
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ntkproofs.claims.problems import Problem, problem_of
from ntkproofs.claims.recheck import rechecked
from ntkproofs.claims.verdict import Verdict
from ntkproofs.errors import InputError
from ntkproofs.truth import NoTruthValue

__all__ = ["Claim", "ClaimFamily", "LISTENERS", "Listed", "Result", "claim", "failed"]

LISTENERS: list[Callable[[Claim], None]] = []  # called with every claim that is made, the last one only


@dataclass(frozen=True)
class Result(NoTruthValue):
    """A claim, its verdict and the seconds that it took; what it printed, and the problem of one that is an error."""

    instead = ".verdict.kind"

    claim: Claim | Listed
    verdict: Verdict
    seconds: float
    output: str = ""
    problem: Problem | None = None


@dataclass(frozen=True)
class Listed:
    """A claim by its name: what :func:`collect` returns as a :class:`Claim`, without the code.

    `key`: its name within the file; `problem`: why it is an error already.
    """

    name: str
    statement: str
    source: str
    file: Path
    key: str
    problem: Problem | None = None


@dataclass(frozen=True)
class Claim(NoTruthValue):
    """A statement with the function that looks into it, where it comes from, and the file it was collected from."""

    instead = ".run().verdict.kind"

    name: str
    statement: str
    source: str
    function: Callable[[], object]
    file: Path | None = None

    def __post_init__(self) -> None:
        if LISTENERS:
            LISTENERS[-1](self)

    def run(self, own: Iterable[Path] = ()) -> Result:
        """Look into the claim, in this process. What it raises, or a return value that is no Verdict, is an ``error``.

        Decisions among its findings are replayed. `own`: the files in which an error is placed, besides the claim's.
        Only Ctrl-C ends more than this claim.
        """
        start = time.perf_counter()
        try:
            verdict = self.function()
            if type(verdict) is not Verdict:
                return failed(self, self._no_verdict(verdict), time.perf_counter() - start)
            verdict = replace(verdict, facts=rechecked(verdict.facts), checks=rechecked(verdict.checks))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # pytest.skip and CancelledError, too
            return failed(self, problem_of(error, (*own, *self._files()), self._place()), time.perf_counter() - start)
        return Result(self, verdict, time.perf_counter() - start)

    def _no_verdict(self, value: object) -> Problem:
        hint = "end it with `return conclude(...)`"
        message = f"the claim returned {type(value).__name__}, not a Verdict"
        file, line = self._place()
        return Problem(message, file=Path(file).name, line=line, hint=hint)

    def _files(self) -> tuple[Path, ...]:
        file, _ = self._place()
        return (Path(file),) if file else ()

    def _place(self) -> tuple[str, int]:
        """Return the file and line at which the claim's function begins, ``("", 0)`` if it is not written in Python."""
        code = getattr(_innermost(self.function), "__code__", None)
        return ("", 0) if code is None else (code.co_filename, code.co_firstlineno)


def failed(claim: Claim, problem: Problem, seconds: float) -> Result:
    """Return the result of a claim that is an ``error``."""
    return Result(claim, Verdict((), failure=f"{problem}"), seconds, problem=problem)


def _innermost(function: object) -> object:
    while isinstance(function, partial):
        function = function.func
    return function


@dataclass(frozen=True)
class ClaimFamily(NoTruthValue):
    """The same claim for several values of a parameter."""

    instead = ".claims, each with .run().verdict.kind"

    claims: tuple[Claim, ...]


def claim(
    statement: str, *, source: str, each: Mapping[str, Iterable[Any]] | None = None
) -> Callable[[Callable[..., object]], Claim | ClaimFamily]:
    """Turn a function that returns a :class:`Verdict` into a claim.

    `each` (one parameter): ``{"regime": ("ntk", "nngp")}`` makes one claim for each value, passed to the function by
    name; ``{regime}`` in `statement` is replaced. Raises InputError if there is no value, or a text in place of values.

    >>> import sympy
    >>> from ntkproofs.claims import conclude, decide
    >>> from ntkproofs.rigor import less
    >>> @claim("3 < pi", source="Archimedes")
    ... def pi_is_more_than_three():
    ...     return conclude(decide(less(3, sympy.pi)))
    >>> pi_is_more_than_three.run().verdict.kind
    'decided'
    """
    for text, what in ((statement, "a statement"), (source, "a source")):
        if not isinstance(text, str) or not text.strip():
            raise InputError(f"a claim needs {what} in words, got {text!r}")

    def decorate(function: Callable[..., object]) -> Claim | ClaimFamily:
        name = getattr(function, "__name__", type(function).__name__)
        if each is None:
            return Claim(name, statement, source, function)
        parameter, values = _values(name, each)
        return ClaimFamily(
            tuple(
                Claim(
                    f"{name}[{value}]",
                    statement.replace("{" + parameter + "}", str(value)),
                    source,
                    partial(function, **{parameter: value}),
                )
                for value in values
            )
        )

    return decorate


def _values(name: str, each: Mapping[str, Iterable[Any]]) -> tuple[str, tuple[Any, ...]]:
    """Return the parameter of a family and its values; an iterator is used up here, and not half by another family."""
    if not isinstance(each, Mapping) or len(each) != 1:
        raise InputError(f"claim {name}: each={{parameter: values}} takes one parameter, got {each!r}")
    ((parameter, values),) = each.items()
    if isinstance(values, str | bytes | bytearray):
        raise InputError(f"claim {name}: the values of {parameter} are the text {values!r}: write ({values!r},)")
    try:
        listed = tuple(values)
    except TypeError:
        raise InputError(f"claim {name}: the values of {parameter} must be a tuple or list, got {values!r}") from None
    if not listed:
        raise InputError(f"claim {name}: no value given for {parameter} (an iterator gives its values only once)")
    return parameter, listed
