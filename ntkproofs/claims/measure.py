"""confirm_measured: compare measured values with a prediction by statistical tests."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.facts import Fact, Finding
from ntkproofs.truth import NoTruthValue

__all__ = ["Comparison", "Measured", "confirm_measured"]

MIN_LEVEL, MAX_LEVEL = 1e-6, 0.1  # levels of a statistical test
_ARTICLES = {"observed": "an observed value", "predicted": "a predicted value", "deviate": "a deviate"}


@dataclass(frozen=True)
class Comparison(NoTruthValue):
    """A measured value and its prediction; `deviate` is a standard normal deviate if the prediction is right.

    >>> Comparison("a coin, 100 throws", observed=60, predicted=50, deviate=2.0).p_value()
    '0.046'
    """

    instead = ".p_value()"

    what: str
    observed: float
    predicted: float
    deviate: float

    def __post_init__(self) -> None:
        for name in ("observed", "predicted", "deviate"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
                raise InputError(f"{self.what}: {_ARTICLES[name]} must be a finite real number, got {value!r}")
            object.__setattr__(self, name, float(value))

    @property
    def log_p(self) -> float:
        """The logarithm of the two-sided p-value."""
        from ntkproofs.simulation.normal import log_two_sided

        return log_two_sided(self.deviate)

    def p_value(self, comparisons: int = 1) -> str:
        """Return the p-value as text, multiplied by the number of comparisons (Bonferroni) and at most 1."""
        exponent = min(0.0, self.log_p + math.log(comparisons)) / math.log(10)
        return f"{10**exponent:.2g}" if exponent > -4 else f"10^{exponent:.1f}"


@dataclass(frozen=True)
class Measured(Finding):
    """The result of comparing measured values with a prediction.

    `level`: the probability, from 1e-6 to 0.1 and chosen in advance, with which all comparisons together may reject a
    right prediction. Each p-value is multiplied by the number of comparisons (Bonferroni), so that the comparisons need
    not be independent. The finding holds if no comparison rejects the prediction; with `against`, if every comparison
    rejects it.
    """

    instead = ".holds"
    issued_only: ClassVar[bool] = False  # the constructor rejects a result without comparisons

    statement: str
    level: float
    comparisons: tuple[Comparison, ...]
    against: bool = False

    def __post_init__(self) -> None:
        if not self.comparisons:
            raise InputError(f"nothing was measured: {self.statement}")
        if not isinstance(self.level, float) or not MIN_LEVEL <= self.level <= MAX_LEVEL:
            raise InputError(
                f"the level must be a float from {MIN_LEVEL:g} to {MAX_LEVEL:g}, got {self.level!r}: {self.statement}"
            )

    @property
    def critical(self) -> Comparison:
        """The decisive comparison: that of the least p-value, with `against` that of the greatest."""
        return (max if self.against else min)(self.comparisons, key=lambda comparison: comparison.log_p)

    @property
    def holds(self) -> bool:
        """Whether no comparison rejects the prediction; with `against`, whether every comparison rejects it."""
        survives = self.critical.log_p + math.log(len(self.comparisons)) >= math.log(self.level)
        return survives != self.against

    def fact(self) -> Fact:
        """Return the comparison as a fact."""
        critical, count = self.critical, len(self.comparisons)
        corrected = critical.p_value(count)
        which = "greatest" if self.against else "least"
        summary = (
            f"{critical.what}: {critical.observed:.4g}, predicted {critical.predicted:.4g}, "
            f"{critical.deviate:+.1f} deviations, p {corrected}"
        )
        return Fact(
            kind="confirmed",
            outcome="holds" if self.holds else "fails",
            engine="statistical test",
            text=self.statement,
            work=count,
            unit="comparisons",
            margin=f"{counted(count, 'comparison')}, {which} p {corrected}, level {self.level:g}",
            reason=""
            if self.holds
            else f"{summary} (corrected for {counted(count, 'comparison')}, level {self.level:g})",
            evidence={
                "level": self.level,
                "rejects": self.against,
                f"{which}_p_corrected": corrected,
                "compared": [
                    {
                        "what": comparison.what,
                        "observed": comparison.observed,
                        "predicted": comparison.predicted,
                        "deviate": round(comparison.deviate, 3),
                        "p": comparison.p_value(),
                    }
                    for comparison in self.comparisons
                ],
            },
        )


def confirm_measured(
    statement: str, comparisons: Iterable[Comparison], *, level: float = 0.01, against: bool = False
) -> Measured:
    """Confirm a prediction, or with `against` its rejection, by comparing measured values with the predicted values.

    `level`: see :class:`Measured`. Raises InputError if there are no comparisons or the level is out of range.

    >>> throws = [Comparison("100 throws", 60, 50, 2.0)]
    >>> confirm_measured("a fair coin", throws).holds, confirm_measured("no fair coin", throws, against=True).holds
    (True, False)
    """
    return Measured(statement, level, tuple(comparisons), against)
