"""Kernel: a kernel that depends on lengths and angles alone, and its three values on orthonormal samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import sympy

from ntkproofs.arithmetic.balls import Ball
from ntkproofs.arithmetic.expressions import as_expression, enclose, formula
from ntkproofs.errors import DomainError, InputError
from ntkproofs.kernels.substitution import substituted
from ntkproofs.validation import integer

__all__ = ["RHO", "Kernel"]

RHO = sympy.Symbol("rho", real=True)


@dataclass(frozen=True)
class Kernel:
    """A kernel ``k(x, y) = |x| |y| angular(rho) / n0``, with rho the correlation (cosine of the angle) of x and y.

    All values leave out the common factor ``1/n0``; n0 is the input dimension, the number of samples. Parameters:

    * `name`, for tables and messages;
    * `angular`, a SymPy expression in the symbol ``RHO``: its values at 1, 0 and ``n**(-1/2)`` are the three numbers
      :attr:`own`, :attr:`other` and :meth:`matched` on which everything else rests;
    * `prior`, the kernel of the network's output before training (None: this kernel itself, as in the NNGP regime);
    * `homogeneous`, whether the kernel scales with the lengths of the vectors; if not, it is known for unit vectors and
      the zero vector only;
    * `zero`, the values ``(k(0, 0), k(0, x))`` at the zero vector (the encoding of a state that no template matches)
      for unit x. A homogeneous kernel vanishes there; for any other they are required.

    Kernels of independent networks add where the outputs of the networks do (``first + second``), and a positive factor
    multiplies a kernel where its root multiplies the output (``factor * kernel``); prior kernels and the values at the
    zero vector follow. Raises InputError for invalid parameters. Whether the function is positive definite is decided
    for the samples at hand, where it is used (:func:`~ntkproofs.kernels.definite.demand_definite`).

    >>> linear = Kernel("linear", RHO)
    >>> linear.own, linear.other, linear.matched(4), linear.zero
    (1, 0, 1/2, (0, 0))
    >>> both = linear + 2 * Kernel("square", RHO**2)
    >>> both.name, both.angular, both.matched(4)
    ('linear + 2 (square)', 2*rho**2 + rho, 1)
    """

    name: str
    angular: sympy.Expr
    prior: Kernel | None = None
    homogeneous: bool = True
    zero: tuple[sympy.Expr, sympy.Expr] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.angular, sympy.Expr) or not formula(self.angular).symbols <= {RHO}:
            raise InputError(
                f"the kernel {self.name!r} must be a SymPy expression in {RHO} alone, got {self.angular!r}"
            )
        if self.prior is not None and not isinstance(self.prior, Kernel):
            raise InputError(f"the prior of the kernel {self.name!r} must be a Kernel, got {self.prior!r}")
        object.__setattr__(self, "zero", self._checked_zero())

    def _checked_zero(self) -> tuple[sympy.Expr, sympy.Expr]:
        """Return the values at the zero vector, or raise InputError."""
        nothing = (sympy.Integer(0), sympy.Integer(0))
        if self.zero is None:
            if self.homogeneous:
                return nothing
            raise InputError(
                f"the kernel {self.name!r} is not homogeneous: its values at the zero vector are required, "
                "zero=(k(0, 0), k(0, x)) for unit x, (0, 0) if the networks answer 0 there"
            )
        if not isinstance(self.zero, tuple) or len(self.zero) != 2:
            raise InputError(f"zero of the kernel {self.name!r} is (k(0, 0), k(0, x)), got {self.zero!r}")
        values = as_expression(self.zero[0], "k(0, 0)"), as_expression(self.zero[1], "k(0, x)")
        if any(formula(value).symbols for value in values):
            raise InputError(f"zero of the kernel {self.name!r} must be two numbers, got {self.zero!r}")
        if self.homogeneous and values != nothing:
            raise InputError(f"the kernel {self.name!r} is homogeneous and vanishes at the zero vector, got {values!r}")
        return values

    @property
    def at_zero(self) -> tuple[sympy.Expr, sympy.Expr]:
        """``(k(0, 0), k(0, x))`` for the zero vector and a unit vector x."""
        return self._checked_zero()

    @property
    def vanishes(self) -> bool:
        """Whether the output of every network is 0 at the zero vector, before and after training."""
        prior = self.prior or self
        return not any((*self.at_zero, *prior.at_zero))

    def at(self, correlation: Any) -> sympy.Expr:
        """Return the kernel of two unit vectors with the given correlation.

        Raises InputError for a number that is not between -1 and 1.
        """
        rho = as_expression(correlation, "the correlation")
        if rho.is_Rational and not -1 <= rho <= 1:
            raise InputError(f"a correlation lies between -1 and 1, got {correlation!r}")
        return substituted(self.angular, RHO, rho)

    @property
    def own(self) -> sympy.Expr:
        """The kernel of a sample with itself."""
        return self.at(sympy.Integer(1))

    @property
    def other(self) -> sympy.Expr:
        """The kernel of two different samples."""
        return self.at(sympy.Integer(0))

    def matched(self, matches: Any) -> sympy.Expr:
        """Return the kernel of a state that `matches` templates match with one of their samples.

        The encoded state is the sum of those samples over the root of their number, so their correlation is
        ``matches**(-1/2)``; with the sample of a template that does not match it is 0, which gives ``other``.
        """
        n = as_expression(matches, "matches")
        if n.is_number and not n.is_positive:
            raise InputError(f"matches must be positive, got {matches!r}: an unmatched state is the zero vector")
        return self.at(1 / sympy.sqrt(n))

    def enclosed(self, matches: int, *, precision: int) -> tuple[Ball, Ball, Ball]:
        """Return balls of the given precision (bits) that contain own, other and ``matched(matches)``; matches >= 1.

        The formula is evaluated in ball arithmetic without simplification, so the cost of a deep kernel is linear in
        the number of its layers. Raises InputError where the kernel is undefined.

        >>> print(*(ball.digits(3) for ball in Kernel("linear", RHO).enclosed(2, precision=40)))
        1 0 0.707…
        """
        matches = integer(matches, "matches", low=1)
        try:
            return self._enclosed(matches, precision)
        except DomainError as problem:
            raise InputError(f"the kernel {self.name!r} is undefined at a correlation from 0 to 1: {problem}") from None

    def _enclosed(self, matches: int, precision: int) -> tuple[Ball, Ball, Ball]:
        own, other = _enclosed_at_samples(self, precision)
        if matches == 1:
            return own, other, own
        correlation = Ball(1, precision=precision) / Ball(matches, precision=precision).sqrt()
        return own, other, enclose(self.angular, {RHO: correlation}, precision=precision)

    # --- arithmetic

    def __add__(self, other: Kernel) -> Kernel:
        """Return the kernel of the sum of the outputs of two independent networks."""
        if not isinstance(other, Kernel):
            return NotImplemented
        prior = None
        if self.prior is not None or other.prior is not None:
            prior = (self.prior or self) + (other.prior or other)
        return Kernel(
            f"{self.name} + {other.name}",
            self.angular + other.angular,
            prior,
            homogeneous=self.homogeneous and other.homogeneous,
            zero=(self.at_zero[0] + other.at_zero[0], self.at_zero[1] + other.at_zero[1]),
        )

    def scaled(self, factor: Any) -> Kernel:
        """Return the kernel of the network whose output is multiplied by the square root of `factor`; its prior, too.

        Means stay the same and variances are multiplied by `factor`. Written ``factor * kernel`` as well. Raises
        InputError unless `factor` is an exact positive number.

        >>> Kernel("linear", RHO).scaled(sympy.Rational(1, 2)).own
        1/2
        """
        multiple = as_expression(factor, "the factor of a kernel")
        if not multiple.is_positive or formula(multiple).symbols:
            raise InputError(f"the factor of a kernel must be a positive number, got {factor!r}")
        if multiple == 1:
            return self
        prior = None if self.prior is None else self.prior.scaled(multiple)
        zero = (multiple * self.at_zero[0], multiple * self.at_zero[1])
        return replace(self, name=f"{multiple} ({self.name})", angular=multiple * self.angular, prior=prior, zero=zero)

    __mul__ = __rmul__ = scaled

    # --- properties

    @property
    def linear(self) -> bool:
        """Whether this kernel is a multiple of the correlation; functions drawn from it are then linear."""
        return _is_linear(self.angular)

    @property
    def deterministic(self) -> bool:
        """Whether all networks have the same output at sums of samples: trained and prior kernel are linear."""
        return self.linear and (self.prior is None or self.prior.linear)

    @property
    def contrast(self) -> sympy.Expr:
        """``D = own/other - 1``; raises InputError if different samples do not interact (other = 0)."""
        if self.other == 0:
            raise InputError(f"the kernel {self.name!r} has other = 0: D = own/other - 1 is infinite")
        return sympy.expand(self.own / self.other - 1)

    def excess(self, matches: Any) -> sympy.Expr:
        """Return ``F(n) = matched(n)/other - 1``; raises InputError if other = 0."""
        if self.other == 0:
            raise InputError(f"the kernel {self.name!r} has other = 0: F(n) = matched(n)/other - 1 is infinite")
        return sympy.expand(self.matched(matches) / self.other - 1)

    def balance(self, matches: Any) -> sympy.Expr:
        """Return ``B(n) = D / F(n)``; where F(n) > 0, the mean of a written 0-bit is negative iff ``n > B(n)``."""
        return self.contrast / self.excess(matches)

    def between(self, first: Sequence[Any], second: Sequence[Any]) -> sympy.Expr:
        """Return ``n0 k(x, y)`` for two vectors of exact numbers.

        Raises InputError for vectors that are neither zero nor of length 1 if the kernel is not homogeneous.
        """
        x, y = sympy.Matrix(list(first)), sympy.Matrix(list(second))
        lengths = x.dot(x), y.dot(y)
        if not self.homogeneous and not {*lengths} <= {0, 1}:
            raise InputError(f"the kernel {self.name!r} is known for vectors of length 1 and the zero vector only")
        if 0 in lengths:
            return self.at_zero[0 if lengths == (0, 0) else 1]
        size = sympy.sqrt(lengths[0] * lengths[1])
        return size * self.at(x.dot(y) / size)

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle \kappa(\rho) = {sympy.latex(self.angular)}$"


def _is_linear(expression: sympy.Expr) -> bool:
    """Tell whether the form of an expression shows that it is a constant times ``RHO``."""
    if isinstance(expression, sympy.Add):
        return all(_is_linear(term) for term in expression.args)
    if isinstance(expression, sympy.Mul):
        varying = [factor for factor in expression.args if formula(factor).symbols]
        return len(varying) == 1 and _is_linear(varying[0])
    return bool(expression == RHO)


@lru_cache(maxsize=1 << 8)
def _enclosed_at_samples(kernel: Kernel, precision: int) -> tuple[Ball, Ball]:
    """Return balls that contain own and other."""
    own = enclose(kernel.own, precision=precision)  # from the exact 1: a ball around 1 leaves the domain of acos
    return own, enclose(kernel.angular, {RHO: Ball(0, precision=precision)}, precision=precision)
