"""Checks that SymPy's assumptions about symbols are true on the domain of a statement.

SymPy uses the assumptions about a symbol while an expression is constructed (``sqrt(x**2)`` is ``x`` for a positive
symbol, ``cos(pi*k)`` is ``-1`` for an odd one). So each assumption must be true on the whole domain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import sympy

from ntkproofs.arithmetic.expressions import check_names
from ntkproofs.errors import InputError

__all__ = ["Extent", "check_assumptions", "check_declared"]

# the assumptions that are allowed; those that SymPy derives from them are checked against the domain as well
DECLARED = (
    "commutative", "complex", "finite", "hermitian", "integer", "negative", "nonnegative", "nonpositive", "nonzero",
    "positive", "rational", "real", "zero",
)  # fmt: skip


@dataclass(frozen=True)
class Extent:
    """The set of values of a symbol: the reals, or the `integers`, from `low` to `high`, None for an infinite end.

    `excluded`: whether the lower and the upper end are known to be no values; `open`: neither of them is.
    """

    low: Fraction | None
    high: Fraction | None
    integers: bool = False
    open: bool = False
    excluded: tuple[bool, bool] = (False, False)

    @property
    def is_positive(self) -> bool:
        """Whether every value is positive."""
        return self.low is not None and (self.low > 0 or (self.low == 0 and (self.open or self.excluded[0])))

    @property
    def is_negative(self) -> bool:
        """Whether every value is negative."""
        return self.high is not None and (self.high < 0 or (self.high == 0 and (self.open or self.excluded[1])))

    @property
    def is_nonnegative(self) -> bool:
        """Whether no value is negative."""
        return self.low is not None and self.low >= 0

    @property
    def is_nonpositive(self) -> bool:
        """Whether no value is positive."""
        return self.high is not None and self.high <= 0

    @property
    def is_zero(self) -> bool:
        """Whether 0 is the only value."""
        return self.low == self.high == 0

    @property
    def is_rational(self) -> bool:
        """Whether every value is rational."""
        return self.integers or (self.low is not None and self.low == self.high)

    def __str__(self) -> str:
        kind = "integers " if self.integers else ""
        if self.low is None and self.high is None:
            return f"all {kind or 'reals'}".rstrip()
        if self.low is None or self.high is None:
            which, end = (0, self.low) if self.high is None else (1, self.high)
            sign = (">" if which == 0 else "<") + ("" if self.excluded[which] or self.open else "=")
            return f"all {kind or 'reals '}{sign} {end}"
        if self.low == self.high:
            return f"{self.low}"
        is_open = self.open or all(self.excluded)
        return f"{kind}strictly between {self.low} and {self.high}" if is_open else f"{kind}{self.low} to {self.high}"


_Predicate = Callable[[Extent], bool]


def _always(_: Extent) -> bool:
    return True


# for each assumption that SymPy may derive: whether it is true of all values
_TRUE: dict[tuple[str, bool], _Predicate] = {
    **{(name, True): _always for name in ("commutative", "complex", "hermitian", "real", "extended_real", "finite")},
    **{(name, False): _always for name in ("infinite", "imaginary")},
    ("positive", True): lambda values: values.is_positive,
    ("positive", False): lambda values: values.is_nonpositive,
    ("negative", True): lambda values: values.is_negative,
    ("negative", False): lambda values: values.is_nonnegative,
    ("nonnegative", True): lambda values: values.is_nonnegative,
    ("nonnegative", False): lambda values: values.is_negative,
    ("nonpositive", True): lambda values: values.is_nonpositive,
    ("nonpositive", False): lambda values: values.is_positive,
    ("nonzero", True): lambda values: values.is_positive or values.is_negative,
    ("nonzero", False): lambda values: values.is_zero,
    ("zero", True): lambda values: values.is_zero,
    ("zero", False): lambda values: values.is_positive or values.is_negative,
    ("integer", True): lambda values: values.integers,
    ("noninteger", False): lambda values: values.integers,
    **{(name, True): lambda values: values.is_rational for name in ("rational", "algebraic")},
    **{(name, False): lambda values: values.is_rational for name in ("irrational", "transcendental")},
    **{(name, False): lambda values: values.high is not None and values.high <= 1 for name in ("prime", "composite")},
    ("even", True): lambda values: values.is_zero,
    ("odd", False): lambda values: values.is_zero,
}


def check_declared(symbols: object) -> None:
    """Check the names of symbols (see ``check_names``) and that all assumptions are allowed; raises InputError if not.

    >>> check_declared([sympy.Symbol("k", odd=True)])
    Traceback (most recent call last):
      ...
    ntkproofs.errors.InputError: the symbol k is assumed to be odd; allowed: commutative, complex, finite, hermitian, \
integer, negative, nonnegative, nonpositive, nonzero, positive, rational, real, zero
    """
    declared = list(symbols)  # type: ignore[call-overload]
    check_names(declared)
    for symbol in declared:
        for name, value in symbol._assumptions_orig.items():
            if name not in DECLARED or not value:
                raise InputError(
                    f"the symbol {symbol.name} is assumed to be {name if value else f'{name}=False'}; "
                    f"allowed: {', '.join(DECLARED)}"
                )


def check_assumptions(symbol: sympy.Symbol, extent: Extent) -> None:
    """Check that all assumptions of SymPy about a symbol are true on its domain; raises InputError if not.

    >>> check_assumptions(sympy.Symbol("n", positive=True), Extent(Fraction(1), Fraction(2)))
    >>> check_assumptions(sympy.Symbol("n", positive=True), Extent(Fraction(0), Fraction(2)))
    Traceback (most recent call last):
      ...
    ntkproofs.errors.InputError: the symbol n is assumed to be positive, which is not true on its whole domain, 0 to 2
    """
    check_declared([symbol])
    declared = symbol._assumptions_orig
    derived = {name: value for name, value in symbol.assumptions0.items() if name not in declared}
    for name, value in {**declared, **derived}.items():
        predicate = _TRUE.get((name.removeprefix("extended_") if name != "extended_real" else name, value))
        if predicate is None or not predicate(extent):
            raise InputError(
                f"the symbol {symbol.name} is assumed to be {'' if value else 'not '}{name}, "
                f"which is not true on its whole domain, {extent}"
            )
