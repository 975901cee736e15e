"""Kernel: what a kernel that depends on angles says about orthonormal samples, in three numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy

from ntkproofs.errors import InputError
from ntkproofs.kernels.substitution import substituted
from ntkproofs.rigor.balls import Ball
from ntkproofs.rigor.expressions import as_expression, enclose, formula

__all__ = ["RHO", "Kernel"]

RHO = sympy.Symbol("rho", real=True)


@dataclass(frozen=True)
class Kernel:
    """A kernel ``k(x, y) = |x| |y| angular(rho) / n0``, with rho the correlation (cosine of the angle).

    Parameters: `name`; `angular`, a SymPy expression in the symbol ``RHO``; `prior`, the kernel of the network's output
    before training (None: this kernel itself, as in the NNGP regime); `homogeneous`, whether the kernel scales with the
    lengths of the vectors (if not, it is known for unit vectors only); `zero`, what it is at the zero vector, the
    encoding of a state that no template matches: ``(k(0, 0), k(0, x))`` for unit x. A homogeneous kernel vanishes
    there; any other must say so or give its values. All values leave out the common factor ``1/n0`` (n0 is the input
    dimension, the number of samples). Raises InputError for anything else. That the function is positive definite is
    decided for the samples at hand, where it is used (:func:`~ntkproofs.kernels.definite.demand_definite`).

    >>> linear = Kernel("linear", RHO)
    >>> linear.own, linear.other, linear.matched(4), linear.zero
    (1, 0, 1/2, (0, 0))
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
                f"the kernel {self.name!r} is not homogeneous and must say what it is at the zero vector: "
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
        """Whether every network answers 0 at the zero vector, before and after training."""
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
        """Return balls of the given precision (bits) for own, other and ``matched(matches)``; matches >= 1.

        The formula is run on balls and nothing is simplified, so that a kernel of many nested layers costs no more than
        its layers.

        >>> print(*(ball.digits(3) for ball in Kernel("linear", RHO).enclosed(2, precision=40)))
        1 0 0.707…
        """
        if isinstance(matches, bool) or not isinstance(matches, int) or matches < 1:
            raise InputError(f"matches must be an integer from 1 on here, got {matches!r}")
        own = enclose(self.own, precision=precision)  # exact: a ball around 1 may stick out of the domain of acos
        zero, one = Ball(0, precision=precision), Ball(1, precision=precision)
        other = enclose(self.angular, {RHO: zero}, precision=precision)
        if matches == 1:
            return own, other, own
        near = one / Ball(matches, precision=precision).sqrt()
        return own, other, enclose(self.angular, {RHO: near}, precision=precision)

    def scaled(self, factor: Any) -> Kernel:
        """Return the kernel of the same network with its output multiplied by the root of `factor` > 0, prior and all.

        Means stay the same, variances are multiplied by `factor`.

        >>> Kernel("linear", RHO).scaled(sympy.Rational(1, 2)).own
        1/2
        """
        multiple = as_expression(factor, "the factor")
        if not multiple.is_positive:
            raise InputError(f"the factor of a kernel must be positive, got {factor!r}")
        prior = None if self.prior is None else self.prior.scaled(multiple)
        zero = (multiple * self.at_zero[0], multiple * self.at_zero[1])
        return replace(self, angular=multiple * self.angular, prior=prior, zero=zero)

    @property
    def linear(self) -> bool:
        """Whether this kernel is a multiple of the correlation: then functions drawn from it are linear."""
        return bool(self.angular.as_coeff_Mul()[1] == RHO)

    @property
    def deterministic(self) -> bool:
        """Whether every network answers the same at sums of samples: trained and prior kernel are linear."""
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
        """Return ``B(n) = D / F(n)``: the number of matching templates that a single sample outweighs."""
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
