"""confirm: evaluate a statement on many cases, all of them or a sample."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.facts import Fact, Finding
from ntkproofs.validation import integer

__all__ = ["Tally", "confirm", "confirm_batches"]


@dataclass(frozen=True)
class Tally(Finding):
    """The result of evaluating a statement on many cases.

    `cases`: the number of evaluated cases; `exhaustive`: whether these are all cases; `seed`: the seed of a sample;
    `wrong`: the first case for which the statement is false, None if there is none.
    """

    instead = ".wrong is None"
    issued_only: ClassVar[bool] = False  # the constructor rejects a tally without cases

    statement: str
    cases: int
    exhaustive: bool
    seed: int | None
    wrong: str | None

    def __post_init__(self) -> None:
        if not isinstance(self.statement, str) or not self.statement.strip():
            raise InputError(f"a tally needs a statement, a nonempty string; got {self.statement!r}")
        object.__setattr__(self, "cases", _count(self.cases, self.statement))
        if self.cases < 1:
            raise InputError(f"no case was evaluated: {self.statement}")
        if not isinstance(self.exhaustive, bool):
            raise InputError(f"exhaustive must be True or False, got {self.exhaustive!r}: {self.statement}")
        if not self.exhaustive and self.seed is None:
            raise InputError(f"sampled cases need a seed: {self.statement}")
        if self.wrong is not None and not isinstance(self.wrong, str):
            raise InputError(f"the first wrong case must be a string or None, got {self.wrong!r}: {self.statement}")

    def fact(self) -> Fact:
        """Return the tally as a fact."""
        how = "exhaustive" if self.exhaustive else f"sampled, seed {self.seed}"
        return Fact(
            kind="confirmed",
            outcome="holds" if self.wrong is None else "fails",
            engine="execution",
            text=self.statement,
            work=self.cases,
            unit="cases",
            margin=f"{counted(self.cases, 'case')}, {how}",
            reason="" if self.wrong is None else f"false for {self.wrong}",
            evidence={
                "cases": self.cases,
                "exhaustive": self.exhaustive,
                "seed": self.seed,
                "wrong": self.wrong,
            },
        )


def _count(cases: object, statement: str) -> int:
    return integer(cases, f"{statement}: the number of cases", low=0)


def confirm_batches(
    statement: str, batches: Iterable[tuple[int, str | None]], *, exhaustive: bool, seed: int | None = None
) -> Tally:
    """Confirm a statement from batches of evaluated cases, up to the first wrong case.

    A batch is a pair ``(number of cases, first wrong case or None)``; :func:`confirm` evaluates cases one by one.
    `exhaustive`: whether the batches contain all cases; if not, `seed` is the seed with which they were sampled.

    Raises InputError if there is no case, if a number of cases is negative or not an integer, and if cases were sampled
    but `seed` is None.

    >>> confirm_batches("x < 10", [(5, None), (5, None)], exhaustive=True).cases
    10
    """
    if not exhaustive and seed is None:  # before any case is evaluated
        raise InputError(f"sampled cases need a seed: {statement}")
    total = 0
    for cases, wrong in batches:
        total += _count(cases, statement)
        if wrong is not None:
            return Tally(statement, total, exhaustive, seed, wrong)
    return Tally(statement, total, exhaustive, seed, None)


def confirm(
    statement: str,
    cases: Iterable[Any],
    check: Callable[[Any], bool],
    *,
    exhaustive: bool,
    seed: int | None = None,
) -> Tally:
    """Confirm a statement by evaluating ``check(case)``, True or False, for every case, up to the first wrong case.

    `exhaustive`: whether these are all cases; if not, `seed` is the seed with which they were sampled.

    Raises InputError as :func:`confirm_batches` does, and if `check` returns anything but True or False.

    >>> confirm("squares are not negative", range(-3, 4), lambda x: x * x >= 0, exhaustive=False, seed=0).wrong is None
    True
    """

    def batches() -> Iterator[tuple[int, str | None]]:
        for case in cases:
            answer = check(case)
            if not isinstance(answer, bool):
                raise InputError(f"a check must return True or False, got {answer!r:.60}: {statement}")
            yield 1, None if answer else f"{case}"

    return confirm_batches(statement, batches(), exhaustive=exhaustive, seed=seed)
