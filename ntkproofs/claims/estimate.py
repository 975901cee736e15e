"""estimate: compare an mpmath value with an enclosure. An estimate is never a verdict by itself."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import mpmath

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.errors import InputError
from ntkproofs.facts import Fact, Finding, engine_of
from ntkproofs.validation import integer

__all__ = ["Agreement", "estimate"]


@dataclass(frozen=True)
class Agreement(Finding):
    """An mpmath value compared with an enclosure: whether the two agree to `digits` digits."""

    instead = ".agrees"
    issued_only: ClassVar[bool] = False  # an estimate supports no verdict

    statement: str
    digits: int
    agrees: bool
    estimate: str

    def fact(self) -> Fact:
        """Return the comparison as a fact, which supports no verdict by itself."""
        return Fact(
            kind="estimated",
            outcome="holds" if self.agrees else "fails",
            engine=engine_of("mpmath", "mpmath"),
            text=f"{self.statement}, to {self.digits} digits",
            work=1,
            unit="estimates",
            reason="" if self.agrees else f"the estimate {self.estimate} is not within 10^-{self.digits}",
            evidence={"digits": self.digits, "estimate": self.estimate},
        )


def estimate(statement: str, value: Any, ball: Ball, *, digits: int) -> Agreement:
    """Compare a real mpmath number with a ball.

    They agree if the distance of `value` from every point of the ball is less than ``10**-digits``, `digits` >= 1.
    Raises InputError if `value` is not an ``mpmath.mpf`` or `digits` is not a positive integer.

    >>> import mpmath
    >>> estimate("pi", mpmath.mpf("3.14"), Ball.pi(precision=53), digits=5).agrees
    False
    """
    digits = integer(digits, f"{statement}: the number of digits", low=1)
    if not isinstance(value, mpmath.mpf):
        raise InputError(f"an estimate must be an mpmath.mpf, got {type(value).__name__}: {statement}")
    if not mpmath.isfinite(value):
        return Agreement(statement, digits, False, str(value))
    sign, mantissa, exponent, _ = value._mpf_
    exact = (-1) ** sign * Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    distance = max(abs(ball.lower - exact), abs(ball.upper - exact))
    return Agreement(statement, digits, distance < Fraction(1, 10**digits), str(value))
