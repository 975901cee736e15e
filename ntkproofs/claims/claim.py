"""Claims and verdicts: a statement, a function that looks into it, and what came of it.

A claim file is a Python file with functions like ::

    @claim("F(n) > 0 for all n", source="validation scripts")
    def excess_is_positive():
        return conclude(decide(less(0, F(n)), Integers(n)))

The verdict is computed from its findings; it cannot be written down by hand.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Literal, TypeAlias, TypeVar

from ntkproofs.claims.importing import Imports, imports_from
from ntkproofs.claims.margins import combined_margin
from ntkproofs.claims.problems import Problem, problem_of
from ntkproofs.claims.recheck import rechecked
from ntkproofs.display import CODE, counted, table
from ntkproofs.errors import InputError
from ntkproofs.facts import Fact, as_fact
from ntkproofs.issued import was_issued
from ntkproofs.printable import printable
from ntkproofs.truth import NoTruthValue

__all__ = ["Claim", "ClaimFamily", "Result", "Verdict", "VerdictKind", "claim", "collect", "conclude", "VERDICTS"]

VerdictKind: TypeAlias = Literal["proved", "decided", "derived", "confirmed", "refuted", "undecided", "error"]
VERDICTS: tuple[VerdictKind, ...] = ("proved", "decided", "derived", "confirmed", "refuted", "undecided", "error")
_ORDER = re.compile(r"^(check_)?[0-9]+_")  # what orders files, and is no part of their claims' names
_STRENGTH: tuple[VerdictKind, ...] = ("confirmed", "derived", "decided", "proved")


@dataclass(frozen=True)
class Verdict(NoTruthValue):
    """What is known about a claim: the findings that establish it together, and checks that could have refuted it.

    `kind` follows: ``refuted`` if a finding or check fails, ``undecided`` if one is open, else the weakest kind among
    the findings (confirmed, derived, decided, proved). Checks never make a verdict stronger or weaker. Made by
    :func:`conclude`.
    """

    instead = ".kind, which is one of the seven verdicts"

    facts: tuple[Fact, ...]
    checks: tuple[Fact, ...] = ()
    failure: str = ""

    def __post_init__(self) -> None:
        for fact in (*self.facts, *self.checks):
            if not was_issued(fact):
                raise InputError(f"a verdict is made by conclude(...) of what engines found, got {fact!r}")
        if not self.failure and not any(fact.kind != "estimated" for fact in self.facts):
            raise InputError("nothing was decided: a verdict needs at least one finding that is not an estimate")

    @property
    def kind(self) -> VerdictKind:
        """The verdict in one word."""
        everything = (*self.facts, *self.checks)
        if self.failure:
            return "error"
        if any(fact.outcome == "fails" and fact.kind != "estimated" for fact in everything):
            return "refuted"
        if any(fact.outcome == "fails" for fact in everything):
            return "error"  # an estimate and an enclosure cannot both be right
        if any(fact.outcome == "open" for fact in everything):
            return "undecided"
        kinds: list[VerdictKind] = [fact.kind for fact in self.facts if fact.kind != "estimated"]
        return min(kinds, key=_STRENGTH.index)

    @property
    def engines(self) -> tuple[str, ...]:
        """Who is believed for the verdict, each once (checks not counted)."""
        return tuple(dict.fromkeys(fact.engine for fact in self.facts))

    @property
    def engine(self) -> str:
        """Who is believed for the verdict, in one line."""
        return " + ".join(self.engines)

    @property
    def margin(self) -> str:
        """What a claim that holds has to spare, all its findings together; see :mod:`ntkproofs.claims.margins`."""
        return combined_margin(self.facts) if self.kind in _STRENGTH else ""

    @property
    def reason(self) -> str:
        """The counterexample, or why nothing was decided; empty for a claim that holds."""
        if self.failure:
            return self.failure
        for outcome in ("fails", "open"):
            told = [fact for fact in (*self.facts, *self.checks) if fact.outcome == outcome]
            if told:
                more = f" (and {counted(len(told) - 1, 'more finding')})" if len(told) > 1 else ""
                return f"{told[0].text}: {told[0].reason}{more}"
        return ""

    @property
    def evidence(self) -> dict[str, Any]:
        """Every finding with its evidence, ready for JSON."""
        return {
            "findings": [_fact_json(fact) for fact in self.facts],
            "checks": [_fact_json(fact) for fact in self.checks],
            **({"reason": self.reason} if self.reason else {}),
        }

    def __str__(self) -> str:
        return printable(f"{self.kind}: {self.reason or self.margin}".rstrip(": "))

    def __repr__(self) -> str:
        return f"<Verdict {self}>"

    def _repr_html_(self) -> str:
        rows = [
            (
                role,
                fact.outcome,
                CODE + fact.text,
                fact.margin if fact.outcome == "holds" else fact.reason,
                f"{fact.work:,} {fact.unit}",
                fact.engine,
            )
            for role, group in (("finding", self.facts), ("check", self.checks))
            for fact in group
        ]
        headings = ["", "outcome", "statement", "margin or reason", "work", "engine"]
        return table(headings, rows, caption=f"verdict: {self.kind}{f' ({self.failure})' if self.failure else ''}")


def _fact_json(fact: Fact) -> dict[str, Any]:
    return {
        "kind": fact.kind,
        "outcome": fact.outcome,
        "engine": fact.engine,
        "statement": fact.text,
        fact.unit: fact.work,
        **fact.evidence,
    }


def conclude(*findings: object, checks: Iterable[object] = ()) -> Verdict:
    """Return the verdict that the findings support together; `checks` could refute it but do not support it.

    Raises InputError if there is no finding, or if something is not a finding.

    >>> import sympy
    >>> from ntkproofs.rigor import decide, less
    >>> conclude(decide(less(3, sympy.pi))).kind, conclude(decide(less(sympy.pi, 3))).kind
    ('decided', 'refuted')
    """
    return Verdict(tuple(map(as_fact, findings)), tuple(map(as_fact, checks)))


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
        if _REGISTERS:
            _REGISTERS[-1].add(self)

    def run(self, own: Iterable[Path] = ()) -> Result:
        """Look into the claim, in this process. What it raises, or a return value that is no Verdict, is an ``error``.

        Decisions among its findings are replayed. `own`: the files in which an error is placed, besides the claim's.
        Only Ctrl-C ends more than this claim.
        """
        start = time.perf_counter()
        try:
            verdict = self.function()
            if type(verdict) is not Verdict:
                return _error(self, self._no_verdict(verdict), time.perf_counter() - start)
            verdict = replace(verdict, facts=rechecked(verdict.facts), checks=rechecked(verdict.checks))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # pytest.skip and CancelledError, too
            return _error(self, problem_of(error, (*own, *self._files()), self._place()), time.perf_counter() - start)
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


def _error(claim: Claim, problem: Problem, seconds: float) -> Result:
    return Result(claim, Verdict((), failure=f"{problem}"), seconds, problem=problem)


Named = TypeVar("Named", Claim, Listed)


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
    >>> from ntkproofs.rigor import decide, less
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


# --- registering


class _Register:
    """Every claim that is made while a file is imported, with the file whose code made it."""

    def __init__(self, imports: Imports, file: Path) -> None:
        self._imports, self.home = imports, file
        self.made: list[tuple[Claim, Path, int]] = []

    def add(self, claim: Claim) -> None:
        self.made.append((claim, *self._place()))

    def _place(self) -> tuple[Path, int]:
        """Return the innermost file that is being imported, and the line at which it stands."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            path = Path(frame.f_code.co_filename)
            if frame.f_code.co_name == "<module>" and path in self._imports.sources:
                return path, frame.f_lineno
            frame = frame.f_back
        return self.home, 0  # in a thread


_REGISTERS: list[_Register] = []


@contextmanager
def _registering(imports: Imports, file: Path) -> Iterator[_Register]:
    register = _Register(imports, file)
    _REGISTERS.append(register)
    try:
        yield register
    finally:
        _REGISTERS.remove(register)


@dataclass(frozen=True)
class ClaimFile:
    """The claims of a file as an import registered them, or why it could not be imported.

    `home`: the file without links, from the root, as it was found before the import (which may change the folder).
    `foreign`: what other files made while they were imported, ``{file: names}``; `doubled`: names that several claims
    have, with the lines. `imports`: the sources that were executed.
    """

    file: Path
    home: Path
    claims: tuple[Claim, ...]
    imports: Imports
    doubled: Mapping[str, tuple[int, ...]]
    foreign: Mapping[Path, tuple[str, ...]]
    problem: Problem | None = None

    def run(self, claim: Claim) -> Result:
        """Look into one of the claims, an exception within it being the claim's, whatever it is.

        A claim that makes further claims is an ``error``: nobody would collect those.
        """
        own = tuple(self.imports.sources)
        start = time.perf_counter()
        with _registering(self.imports, self.home) as late:
            try:
                result = claim.run(own)
            except KeyboardInterrupt as error:  # raised by the claim: Ctrl-C does not reach this process
                result = _error(claim, problem_of(error, own), time.perf_counter() - start)
        if late.made:
            names = ", ".join(made.name for made, _, _ in late.made)
            problem = Problem(
                f"it makes claims that are not collected: {names}", hint="make them when the file is imported"
            )
            return _error(claim, problem, result.seconds)
        return result


@contextmanager
def claims_of(file: Path, *, alone: bool = False) -> Iterator[ClaimFile]:
    """Import a claim file and give its claims, by their names within the file; afterwards nothing of it is left over.

    Whatever the import raises is the file's `problem`; except Ctrl-C, unless the process is there for this file `alone`
    and Ctrl-C does not reach it.
    """
    home = file.resolve()
    with imports_from(home.parent, alone=alone) as imports:
        problem = None
        with _registering(imports, home) as register:
            try:
                imports.run(home)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt) and not alone:
                    raise
                problem = problem_of(error, imports.sources or (home,))
        yield _claim_file(file, register, imports, problem)


def _claim_file(file: Path, register: _Register, imports: Imports, problem: Problem | None) -> ClaimFile:
    home = register.home
    own = [(claim, line) for claim, place, line in register.made if place == home]
    foreign: dict[Path, tuple[str, ...]] = {}
    for claim, place, _ in register.made:
        if place != home:
            foreign[place] = (*foreign.get(place, ()), claim.name)
    count = Counter(claim.name for claim, _ in own)
    doubled = {
        name: tuple(line for claim, line in own if claim.name == name) for name, times in count.items() if times > 1
    }
    claims = tuple(claim for claim, _ in own if claim.name not in doubled)
    return ClaimFile(file, home, claims, imports, doubled, foreign, problem)


# --- collecting


def collect(paths: Iterable[Path], *, matching: str = "") -> list[Claim]:
    """Return the claims of files and directories (their ``*.py`` files, sorted), those that contain `matching`.

    A claim belongs to the file whose import makes it, wherever its function is defined or kept. Names are prefixed by
    the file's name (a leading number, as in ``02_gram.py`` or ``check_02_gram.py``, only orders the files and is left
    out). A file that cannot be imported, two claims of one name, and claims of a helper that is not collected itself
    become claims whose verdict is ``error``.
    Raises InputError if a path does not exist, is no Python file, or no claim is found.
    """
    paths = list(paths)
    files = claim_files(paths)
    titles, homes = titles_of(files), [file.resolve() for file in files]
    claims: list[Claim] = []
    for file in files:
        with claims_of(file) as found:
            claims += [replace(each, name=f"{titles[file]}.{each.name}", file=file) for each in found.claims]
            troubles = troubles_of(found, homes)
        claims += [
            Claim(".".join(filter(None, (titles[file], key))), statement, str(file), partial(_fail, problem), file)
            for key, statement, problem in troubles
        ]
    return matching_claims(claims, matching, paths)


def matching_claims(claims: Sequence[Named], matching: str, paths: Sequence[Path]) -> list[Named]:
    """Return the claims that contain `matching`, in any case; raises InputError if there are none.

    What could not be collected is always among them: nobody knows whether it would have matched.
    """
    shown = ", ".join(map(str, paths))
    if not claims:
        raise InputError(f"no claims found in {shown}: a claim is a function under @claim(...) in a .py file")
    text = matching.casefold()
    chosen = [
        each
        for each in claims
        if text in each.name.casefold() or text in each.statement.casefold() or _is_trouble(each)
    ]
    if not chosen:
        raise InputError(f"none of the {len(claims)} claims in {shown} contains {matching!r} in its name or statement")
    return chosen


def _is_trouble(claim: Claim | Listed) -> bool:
    if isinstance(claim, Listed):
        return claim.problem is not None
    return isinstance(claim.function, partial) and claim.function.func is _fail


def claim_files(paths: Iterable[Path]) -> list[Path]:
    """Return the claim files that the paths name, each once, in order; raises InputError for what is none."""
    files: dict[Path, Path] = {}
    for path in paths:
        for file in _files(path):
            files.setdefault(file.resolve(), file)
    return list(files.values())


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.glob("*.py") if not file.name.startswith("_"))
    if path.is_file() and path.suffix == ".py":
        return [path]
    raise InputError(f"{path}: {'not a Python file' if path.exists() else 'no such file or directory'}")


def left_out(paths: Iterable[Path]) -> list[Path]:
    """Return what lies in the named folders and is not looked at: ``_*.py``, ``*.pyw``, folders with Python files."""
    out: list[Path] = []
    for folder in filter(Path.is_dir, paths):
        read = _files(folder)
        out += sorted(
            file
            for file in folder.iterdir()
            if file.is_file() and file.suffix.lower() in (".py", ".pyw") and file not in read
        )
        out += sorted(
            each
            for each in folder.iterdir()
            if each.is_dir() and each.name != "__pycache__" and next(each.rglob("*.py"), None) is not None
        )
    return list(dict.fromkeys(out))


def titles_of(files: Sequence[Path]) -> dict[Path, str]:
    """Return the prefix of each file's claims: its name without ``check_`` and the number that orders it.

    Files that would have the same one keep their number, and then as many of their folders as tell them apart.

    >>> titles_of([Path("02_gram.py"), Path("check_03_mean.py"), Path("a/sums.py"), Path("b/sums.py")]).values()
    dict_values(['gram', 'mean', 'a/sums', 'b/sums'])
    """
    titles = {file: _ORDER.sub("", file.stem) or file.stem for file in files}
    for depth in range(1, max((len(file.resolve().parts) for file in files), default=0) + 1):
        count = Counter(titles.values())
        if max(count.values(), default=1) == 1:
            break
        for file in files:
            if count[titles[file]] > 1:
                titles[file] = "/".join((*file.resolve().parent.parts[1 - depth :][: depth - 1], file.stem))
    return titles


def troubles_of(found: ClaimFile, homes: Iterable[Path]) -> list[tuple[str, str, Problem]]:
    """Return what is wrong with a claim file as ``(name, statement, problem)``; `homes`: of all that are collected."""
    name = found.file.name
    if found.problem is not None:
        return [("", f"the file {name} can be imported", found.problem)]
    troubles = []
    for key, lines in found.doubled.items():
        where = ", ".join(f"line {line}" for line in lines)
        message = f"{len(lines)} claims of {name} have the name {key} ({where})"
        hint = "give each a name of its own; a decorator keeps a function's name with functools.wraps"
        troubles.append((key, f"the claims of {name} have different names", Problem(message, file=name, hint=hint)))
    collected = set(homes)
    for file, names in found.foreign.items():
        if file not in collected:
            message = f"{file.name}, which {name} imports, makes claims that are not collected: {', '.join(names)}"
            hint = f"name {file.name} too, or make them in a function that {name} calls"
            troubles.append(
                (
                    file.stem,
                    f"every claim made by importing {name} is collected",
                    Problem(message, file=name, hint=hint),
                )
            )
    return troubles


def _fail(problem: Problem) -> Verdict:
    return Verdict((), failure=f"{problem}")
