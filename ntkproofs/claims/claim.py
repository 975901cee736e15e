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

from ntkproofs.claims.outside import OutsideGrammar
from ntkproofs.claims.problems import Problem, problem_of
from ntkproofs.claims.recheck import rechecked
from ntkproofs.claims.verdict import Verdict, conclude
from ntkproofs.errors import InputError, NotInGrammar
from ntkproofs.truth import NoTruthValue

__all__ = ["Claim", "ClaimFamily", "LISTENERS", "ListedClaim", "Result", "claim", "error_result"]

LISTENERS: list[Callable[[Claim], None]] = []  # the last one is called with every claim that is constructed


@dataclass(frozen=True)
class Result(NoTruthValue):
    """The result of running a claim: its verdict, the seconds it took, what it printed, and the problem of an error."""

    instead = ".verdict.kind"

    claim: Claim | ListedClaim
    verdict: Verdict
    seconds: float
    output: str = ""
    problem: Problem | None = None


@dataclass(frozen=True)
class ListedClaim:
    """The description of a claim, without its function: a :class:`Claim` as it is known outside its own process.

    `key`: the name of the claim within its file; `problem`: why the claim could not be collected, None if it could;
    `slow`: whether it is evaluated only when it is asked for.
    """

    name: str
    statement: str
    source: str
    file: Path
    key: str
    problem: Problem | None = None
    slow: bool = False


@dataclass(frozen=True)
class Claim(NoTruthValue):
    """A statement with its source, the function that evaluates it, and the file from which it was collected.

    `slow`: whether ``ntkproofs check`` evaluates it only when it is asked for.
    """

    instead = ".run().verdict.kind"

    name: str
    statement: str
    source: str
    function: Callable[[], object]
    file: Path | None = None
    slow: bool = False

    def __post_init__(self) -> None:
        if LISTENERS:
            LISTENERS[-1](self)

    def run(self, own_files: Iterable[Path] = ()) -> Result:
        """Evaluate the claim in this process and return the result.

        Decisions among the findings are replayed. The verdict is ``undecided`` if the function states something that is
        not in the grammar (NotInGrammar); it is ``error`` if the function raises any other exception, or
        returns anything but a :class:`Verdict`; only KeyboardInterrupt is passed on. The location of an error is
        reported within the claim's file or `own_files`.
        """
        start = time.perf_counter()
        try:
            verdict = self.function()
            if type(verdict) is not Verdict:
                return error_result(self, self._no_verdict(verdict), time.perf_counter() - start)
            verdict = replace(verdict, facts=rechecked(verdict.facts), checks=rechecked(verdict.checks))
        except KeyboardInterrupt:
            raise
        except NotInGrammar as limitation:
            verdict = conclude(OutsideGrammar(self.statement, str(limitation)))
        except BaseException as error:  # pytest.skip and CancelledError as well
            problem = problem_of(error, (*own_files, *self._files()), default=self._location())
            return error_result(self, problem, time.perf_counter() - start)
        return Result(self, verdict, time.perf_counter() - start)

    def _no_verdict(self, value: object) -> Problem:
        hint = "a claim must end with `return conclude(...)`"
        message = f"the claim returned {type(value).__name__}, not a Verdict"
        file, line = self._location()
        return Problem(message, file=Path(file).name, line=line, hint=hint)

    def _files(self) -> tuple[Path, ...]:
        file, _ = self._location()
        return (Path(file),) if file else ()

    def _location(self) -> tuple[str, int]:
        """Return the file and line where the claim's function begins, ``("", 0)`` if it is not a Python function."""
        code = getattr(_innermost(self.function), "__code__", None)
        return ("", 0) if code is None else (code.co_filename, code.co_firstlineno)


def error_result(claim: Claim, problem: Problem, seconds: float) -> Result:
    """Return the result of a claim whose verdict is ``error``."""
    return Result(claim, Verdict((), failure=f"{problem}"), seconds, problem=problem)


def _innermost(function: object) -> object:
    while isinstance(function, partial):
        function = function.func
    return function


@dataclass(frozen=True)
class ClaimFamily(NoTruthValue):
    """Claims that differ only in the value of a parameter."""

    instead = ".claims, each with .run().verdict.kind"

    claims: tuple[Claim, ...]


def claim(
    statement: str, *, source: str, each: Mapping[str, Iterable[Any]] | None = None, slow: bool = False
) -> Callable[[Callable[..., object]], Claim | ClaimFamily]:
    """Turn a function that returns a :class:`Verdict` into a claim.

    With `each`, a dictionary of one parameter such as ``{"regime": ("ntk", "nngp")}``, there is one claim for each
    value: the value is passed to the function as a keyword argument, and replaces ``{regime}`` in `statement`. A claim
    that is `slow` is evaluated by ``ntkproofs check -k slow`` and ``ntkproofs check FILE::CLAIM`` only.

    Raises InputError if `statement` or `source` is empty or not text, if `each` has no value, if a string stands in
    place of a tuple of values, or if `slow` is not True or False.

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
            raise InputError(f"a claim needs {what}, a nonempty string; got {text!r}")
    if slow not in (True, False):
        raise InputError(f"slow must be True or False, got {slow!r}")

    def decorate(function: Callable[..., object]) -> Claim | ClaimFamily:
        name = getattr(function, "__name__", type(function).__name__)
        if each is None:
            return Claim(name, statement, source, function, slow=slow)
        parameter, values = _values(name, each)
        return ClaimFamily(
            tuple(
                Claim(
                    f"{name}[{value}]",
                    statement.replace("{" + parameter + "}", str(value)),
                    source,
                    partial(function, **{parameter: value}),
                    slow=slow,
                )
                for value in values
            )
        )

    return decorate


def _values(name: str, each: Mapping[str, Iterable[Any]]) -> tuple[str, tuple[Any, ...]]:
    """Return the parameter of a family and the tuple of its values; an iterator is consumed."""
    if not isinstance(each, Mapping) or len(each) != 1:
        raise InputError(f"claim {name}: each={{parameter: values}} must have one parameter, got {each!r}")
    ((parameter, values),) = each.items()
    if isinstance(values, str | bytes | bytearray):
        raise InputError(
            f"claim {name}: the values of {parameter} are the string {values!r}; write a tuple: ({values!r},)"
        )
    try:
        listed = tuple(values)
    except TypeError:
        raise InputError(f"claim {name}: the values of {parameter} must be a tuple or list, got {values!r}") from None
    if not listed:
        raise InputError(f"claim {name}: there are no values for {parameter} (an iterator can be consumed only once)")
    return parameter, listed
