"""Claims and verdicts: a statement, a function that looks into it, and what came of it.

A claim file is a Python file with functions like ::

    @claim("F(n) > 0 for all n", source="validation scripts")
    def excess_is_positive():
        return conclude(decide(less(0, F(n)), Integers(n)))

The verdict is computed from its findings; it cannot be written down by hand.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeAlias

from ntkproofs.display import CODE, counted, table
from ntkproofs.errors import InputError
from ntkproofs.facts import Fact, as_fact
from ntkproofs.margins import combined_margin
from ntkproofs.truth import NoTruthValue

__all__ = ["Claim", "ClaimFamily", "Result", "Verdict", "VerdictKind", "claim", "collect", "conclude", "VERDICTS"]

VerdictKind: TypeAlias = Literal["proved", "decided", "derived", "confirmed", "refuted", "undecided", "error"]
VERDICTS: tuple[VerdictKind, ...] = ("proved", "decided", "derived", "confirmed", "refuted", "undecided", "error")
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
        """What a claim that holds has to spare, all its findings together; see :mod:`ntkproofs.margins`."""
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
        return f"{self.kind}: {self.reason or self.margin}".rstrip(": ")

    def __repr__(self) -> str:
        return f"<Verdict {self}>"

    def _repr_html_(self) -> str:
        rows = [
            (
                role,
                fact.outcome,
                CODE + fact.text,
                fact.margin or fact.reason,
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
    """A claim, its verdict and the seconds that it took."""

    instead = ".verdict.kind"

    claim: Claim
    verdict: Verdict
    seconds: float


@dataclass(frozen=True)
class Claim(NoTruthValue):
    """A statement with the function that looks into it, where it comes from, and the file it was collected from."""

    instead = ".run().verdict.kind"

    name: str
    statement: str
    source: str
    function: Callable[[], object]
    file: Path | None = None

    def run(self) -> Result:
        """Look into the claim. What it raises, or a return value that is no Verdict, becomes an ``error``."""
        start = time.perf_counter()
        try:
            verdict = self.function()
            if not isinstance(verdict, Verdict):
                verdict = Verdict((), failure=f"the claim returned {type(verdict).__name__}, not a Verdict")
        except (Exception, SystemExit) as problem:
            verdict = Verdict((), failure=f"{type(problem).__name__}: {' '.join(str(problem).split())}")
        return Result(self, verdict, time.perf_counter() - start)


@dataclass(frozen=True)
class ClaimFamily(NoTruthValue):
    """The same claim for several values of a parameter."""

    instead = ".claims, each with .run().verdict.kind"

    claims: tuple[Claim, ...]


def claim(
    statement: str, *, source: str, each: Mapping[str, Sequence[Any]] | None = None
) -> Callable[[Callable[..., object]], Claim | ClaimFamily]:
    """Turn a function that returns a :class:`Verdict` into a claim.

    `each` (one parameter): ``{"regime": ("ntk", "nngp")}`` makes one claim for each value, passed to the function by
    name; ``{regime}`` in `statement` is replaced.

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
        name = function.__name__
        if each is None:
            return Claim(name, statement, source, function)
        ((parameter, values),) = each.items()
        if not values:
            raise InputError(f"claim {name}: no value given for {parameter}")
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


# --- collecting


def collect(paths: Iterable[Path], *, matching: str = "") -> list[Claim]:
    """Return the claims of files and directories (their ``*.py`` files, sorted), those that contain `matching`.

    Names are prefixed by the file's name (a leading number, which only orders the files, is left out). A file that
    cannot be imported becomes a claim whose verdict is ``error``. Raises InputError if a path does not exist, is no
    Python file, or no claim is found.
    """
    found: list[Claim] = []
    paths = list(paths)
    for path in paths:
        for file in _files(path):
            found += _claims_of(file)
    shown = ", ".join(map(str, paths))
    if not found:
        raise InputError(f"no claims found in {shown}: a claim is a function under @claim(...) in a .py file")
    text = matching.casefold()
    chosen = [each for each in found if text in each.name.casefold() or text in each.statement.casefold()]
    if not chosen:
        raise InputError(f"none of the {len(found)} claims in {shown} contains {matching!r} in its name or statement")
    return chosen


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.glob("*.py") if not file.name.startswith("_"))
    if path.is_file() and path.suffix == ".py":
        return [path]
    raise InputError(f"{path}: {'not a Python file' if path.exists() else 'no such file or directory'}")


def _claims_of(file: Path) -> list[Claim]:
    try:
        module = _import(file)
    except (Exception, SystemExit) as problem:
        return [_broken(file, problem)]
    return [
        Claim(f"{_title(file)}.{each.name}", each.statement, each.source, each.function, file)
        for value in vars(module).values()
        for each in _members(value)
        if _home(each) == module.__name__
    ]


def _title(file: Path) -> str:
    """Return the file's name without the number that orders it: ``02_gram.py`` holds the claims ``gram.*``."""
    return file.stem.lstrip("0123456789_") or file.stem


def _members(value: object) -> Iterator[Claim]:
    if isinstance(value, Claim):
        yield value
    elif isinstance(value, ClaimFamily):
        yield from value.claims


def _home(each: Claim) -> str:
    """Return the module in which a claim was defined (an imported claim is not collected twice)."""
    function = each.function.func if isinstance(each.function, partial) else each.function
    return function.__module__


def _import(file: Path) -> ModuleType:
    resolved = file.resolve()
    name = f"claims_{resolved.stem}_{sha256(str(resolved).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, resolved)
    if spec is None or spec.loader is None:
        raise InputError(f"{file}: cannot be imported as Python")
    module = importlib.util.module_from_spec(spec)
    folder, known = str(resolved.parent), set(sys.modules)
    sys.modules[name] = module
    sys.path.append(folder)  # a claim file may import a helper that lies beside it
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(folder)
        for other in set(sys.modules) - known:  # another folder's helper may have the same name
            if Path(getattr(sys.modules[other], "__file__", None) or "").parent == resolved.parent:
                del sys.modules[other]
    return module


def _broken(file: Path, problem: BaseException) -> Claim:
    def fail() -> object:
        raise problem

    return Claim(f"{file.stem}", f"the file {file.name} can be imported", str(file), fail, file)
