"""What SymPy assumes of a symbol, held against the domain over which a statement is claimed.

SymPy simplifies by what a symbol was declared to be (``sqrt(x**2)`` is ``x`` for a positive symbol, ``cos(pi*k)`` is
``-1`` for an odd one), before anybody here sees the expression. So each assumption must be true on the whole domain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import sympy

from ntkproofs.errors import InputError
from ntkproofs.rigor.expressions import check_names

__all__ = ["Extent", "check_assumptions", "check_declared"]

# what a symbol may be declared to be; whatever SymPy derives from that is checked against the domain as well
DECLARED = (
    "commutative", "complex", "finite", "hermitian", "integer", "negative", "nonnegative", "nonpositive", "nonzero",
    "positive", "rational", "real", "zero",
)  # fmt: skip


@dataclass(frozen=True)
class Extent:
    """Where the values of a symbol lie: from `low` to `high`, ends included unless `open`, all reals or `integers`.

    `endless`: there is no last one, and `high` is one that is large enough to stand for all (2 or more).
    """

    low: Fraction
    high: Fraction
    integers: bool = False
    open: bool = False
    endless: bool = False

    @property
    def above(self) -> bool:
        """Whether every value is positive."""
        return self.low > 0 or (self.open and self.low == 0)

    @property
    def below(self) -> bool:
        """Whether every value is negative."""
        return self.high < 0 or (self.open and self.high == 0)

    @property
    def only_zero(self) -> bool:
        """Whether 0 is the only value."""
        return self.low == self.high == 0

    @property
    def rational(self) -> bool:
        """Whether every value is rational."""
        return self.integers or self.low == self.high

    def __str__(self) -> str:
        which = "integers " if self.integers else ""
        if self.endless:
            return f"all integers from {self.low} on"
        if self.low == self.high:
            return f"{self.low}"
        return (
            f"{which}strictly between {self.low} and {self.high}" if self.open else f"{which}{self.low} to {self.high}"
        )


_Test = Callable[[Extent], bool]


def _always(_: Extent) -> bool:
    return True


# what SymPy may know of a symbol, and when it is true of all values
_TRUE: dict[tuple[str, bool], _Test] = {
    **{(name, True): _always for name in ("commutative", "complex", "hermitian", "real", "extended_real", "finite")},
    **{(name, False): _always for name in ("infinite", "imaginary")},
    ("positive", True): lambda at: at.above,
    ("positive", False): lambda at: at.high <= 0,
    ("negative", True): lambda at: at.below,
    ("negative", False): lambda at: at.low >= 0,
    ("nonnegative", True): lambda at: at.low >= 0,
    ("nonnegative", False): lambda at: at.below,
    ("nonpositive", True): lambda at: at.high <= 0,
    ("nonpositive", False): lambda at: at.above,
    ("nonzero", True): lambda at: at.above or at.below,
    ("nonzero", False): lambda at: at.only_zero,
    ("zero", True): lambda at: at.only_zero,
    ("zero", False): lambda at: at.above or at.below,
    ("integer", True): lambda at: at.integers,
    ("noninteger", False): lambda at: at.integers,
    **{(name, True): lambda at: at.rational for name in ("rational", "algebraic")},
    **{(name, False): lambda at: at.rational for name in ("irrational", "transcendental")},
    **{(name, False): lambda at: at.high <= 1 for name in ("prime", "composite")},
    ("even", True): lambda at: at.only_zero,
    ("odd", False): lambda at: at.only_zero,
}


def check_declared(symbols: object) -> None:
    """Refuse symbols with names that mislead (see ``check_names``) or with assumptions beyond the list; InputError.

    >>> check_declared([sympy.Symbol("k", odd=True)])
    Traceback (most recent call last):
      ...
    ntkproofs.errors.InputError: the symbol k is assumed to be odd; allowed: commutative, complex, finite, hermitian, \
integer, negative, nonnegative, nonpositive, nonzero, positive, rational, real, zero
    """
    listed = list(symbols)  # type: ignore[call-overload]
    check_names(listed)
    for symbol in listed:
        for name, value in symbol._assumptions_orig.items():
            if name not in DECLARED or not value:
                raise InputError(
                    f"the symbol {symbol.name} is assumed to be {name if value else f'{name}=False'}; "
                    f"allowed: {', '.join(DECLARED)}"
                )


def check_assumptions(symbol: sympy.Symbol, extent: Extent) -> None:
    """Refuse a domain on which something that SymPy assumes of the symbol is not true everywhere; InputError.

    >>> check_assumptions(sympy.Symbol("n", positive=True), Extent(Fraction(1), Fraction(2)))
    >>> check_assumptions(sympy.Symbol("n", positive=True), Extent(Fraction(0), Fraction(2)))
    Traceback (most recent call last):
      ...
    ntkproofs.errors.InputError: the symbol n is assumed to be positive, which is not true on its whole domain, 0 to 2
    """
    check_declared([symbol])
    declared = symbol._assumptions_orig
    facts = {**declared, **{name: value for name, value in symbol.assumptions0.items() if name not in declared}}
    for name, value in facts.items():
        test = _TRUE.get((name.removeprefix("extended_") if name != "extended_real" else name, value))
        if test is None or not test(extent):
            raise InputError(
                f"the symbol {symbol.name} is assumed to be {'' if value else 'not '}{name}, "
                f"which is not true on its whole domain, {extent}"
            )
