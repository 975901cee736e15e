"""Two-layer networks with other activations: erf, sine, cosine, GELU, leaky ReLU and linear, in closed form.

The network on unit vectors x has w hidden neurons, n0 inputs and all weights a, u standard normal::

    f(x) = (v n0 w)^(-1/2) sum_r a_r phi(v^(1/2) u_r . x)

so every preactivation has the variance v. For v = 1/n0 this is the network of the two-layer ReLU kernel with another
activation; for a homogeneous phi (ReLU, leaky ReLU, linear) it does not depend on v. Let ``e(r) = E[phi(g) phi(h)]``
for g, h normal of variance v and correlation r. By Price's theorem ``e'(r) = v E[phi'(g) phi'(h)]``, and ::

    v n0 NNGP = e(r)
    v n0 NTK  = e(r) + v r E[phi'(g) phi'(h)] = e(r) + r e'(r)

At the zero vector (the encoding of a state that no template matches) both kernels are ``phi(0)**2 / v`` with itself and
``phi(0) E[phi(h)] / v`` with a unit vector. Only the cosine is not 0 there: the output of its networks is not 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import mpmath
import sympy

from ntkproofs.arithmetic.balls import Rational, as_fraction
from ntkproofs.errors import InputError
from ntkproofs.kernels.activation import Activation
from ntkproofs.kernels.angular import RHO, Kernel
from ntkproofs.kernels.depth import deep_relu
from ntkproofs.kernels.regimes import check_regime

__all__ = [
    "ACTIVATIONS",
    "activation_kernel",
    "cosine_product",
    "erf_product",
    "gelu_product",
    "leaky_relu",
    "linear",
    "plane_expectation",
    "sine_product",
]


def erf_product(rho: Any = RHO, variance: Any = 1) -> sympy.Expr:
    """Return ``E[erf(g) erf(h)] = 2/pi asin(2 v r / (1 + 2 v))`` (Williams 1997).

    >>> erf_product(sympy.Integer(1), sympy.Rational(1, 2))
    1/3
    """
    return 2 / sympy.pi * sympy.asin(2 * variance * rho / (1 + 2 * variance))


def sine_product(rho: Any = RHO, variance: Any = 1) -> sympy.Expr:
    """Return ``E[sin(g) sin(h)] = exp(-v) sinh(v r)``.

    >>> sine_product(sympy.Integer(0))
    0
    """
    return sympy.exp(-variance) * (sympy.exp(variance * rho) - sympy.exp(-variance * rho)) / 2


def cosine_product(rho: Any = RHO, variance: Any = 1) -> sympy.Expr:
    """Return ``E[cos(g) cos(h)] = exp(-v) cosh(v r)``.

    >>> cosine_product(sympy.Integer(0))
    exp(-1)
    """
    return sympy.exp(-variance) * (sympy.exp(variance * rho) + sympy.exp(-variance * rho)) / 2


def gelu_product(rho: Any = RHO, variance: Any = 1) -> sympy.Expr:
    """Return ``E[gelu(g) gelu(h)]`` for the Gaussian error linear unit ``gelu(x) = x P(Z < x)``, Z standard normal.

    With the covariance ``c = v r``, integration by parts (Stein's lemma) leads to two known integrals::

        A = E[P(Z < g) P(Z < h)] = 1/4 + asin(c / (1 + v)) / (2 pi)        an orthant probability
        C = E[density(g) density(h)] = 1 / (2 pi sqrt((1 + v)**2 - c**2))
        E[gelu(g) gelu(h)] = c A + C (v**2 + c**2 (1 - v) / (1 + v))

    >>> gelu_product(sympy.Integer(0)), gelu_product(sympy.Integer(1))
    (1/(4*pi), sqrt(3)/(6*pi) + 1/3)
    """
    v, c = variance, variance * rho
    orthant = sympy.Rational(1, 4) + sympy.asin(c / (1 + v)) / (2 * sympy.pi)
    densities = 1 / (2 * sympy.pi * sympy.sqrt((1 + v) ** 2 - c**2))
    return c * orthant + densities * (v**2 + c**2 * (1 - v) / (1 + v))


ACTIVATIONS: dict[str, Callable[[Any, Any], sympy.Expr]] = {
    "erf": erf_product,
    "sine": sine_product,
    "cosine": cosine_product,
    "gelu": gelu_product,
}


@dataclass(frozen=True)
class _WithVariance(Activation):
    """``phi(v**(1/2) x) / v**(1/2)`` for an activation phi of the table above."""

    activation: str
    variance: sympy.Rational

    @property
    def name(self) -> str:
        return f"{self.activation}, preactivations of variance {self.variance}"

    def product(self, rho: sympy.Expr) -> sympy.Expr:
        return ACTIVATIONS[self.activation](rho, self.variance) / self.variance

    @property
    def zero(self) -> tuple[sympy.Expr, sympy.Expr]:
        if self.activation != "cosine":  # phi(0) = 0
            return super().zero
        return 1 / self.variance, sympy.exp(-self.variance / 2) / self.variance


@lru_cache(maxsize=256)
def activation_kernel(activation: str, regime: str = "ntk", *, variance: Rational = 1) -> Kernel:
    """Return the kernel that trains a two-layer network with the activation erf, sine, cosine or gelu.

    `variance`: that of every preactivation on unit vectors (v in the formulas of this module). Known for unit vectors
    and the zero vector only. Raises InputError for other activations and regimes, and unless `variance` is an exact
    positive number.

    >>> kernel = activation_kernel("erf", variance=Fraction(1, 10))
    >>> kernel.other, kernel.homogeneous
    (0, False)
    """
    if activation not in ACTIVATIONS:
        raise InputError(f"unknown activation {activation!r}: choose one of {', '.join(ACTIVATIONS)}")
    check_regime(regime)
    v = as_fraction(variance, "the variance of the preactivations")
    if v <= 0:
        raise InputError(f"the variance of the preactivations must be positive, got {v}")
    return _WithVariance(activation, sympy.Rational(v.numerator, v.denominator)).kernel(regime)


def leaky_relu(slope: Rational, regime: str = "ntk") -> Kernel:
    """Return the kernel of a two-layer network with the activation ``relu(x) - slope relu(-x)``.

    >>> leaky_relu(Fraction(1, 2)).own, leaky_relu(0).other
    (5/4, 1/(2*pi))
    """
    return deep_relu(1, regime, slope=slope)


def linear(regime: str = "ntk") -> Kernel:
    """Return the kernel of a two-layer network without a nonlinearity.

    >>> linear().angular, linear("nngp").matched(4)
    (2*rho, 1/2)
    """
    return leaky_relu(1, regime)


def plane_expectation(
    function: Callable[[Any], Any], correlation: Fraction, *, variance: Fraction = Fraction(1), digits: int = 20
) -> Any:
    """Estimate ``E[phi(g) phi(h)]`` for an entire function phi on mpmath numbers, g and h normal of equal variance.

    By the trapezoidal rule in the plane of two independent standard normal variables, which for entire functions of
    moderate growth converges faster than any power of the step. An estimate, never a verdict by itself. Raises
    InputError unless the correlation lies between -1 and 1 and the variance is positive.

    >>> print(mpmath.nstr(plane_expectation(lambda x: x, Fraction(1, 4), digits=15), 12))
    0.25
    """
    if not -1 <= correlation <= 1:
        raise InputError(f"the correlation must lie between -1 and 1, got {correlation}")
    if variance <= 0:
        raise InputError(f"the variance must be positive, got {variance}")
    with mpmath.workdps(digits + 10):
        step = mpmath.mpf(1) / 4
        reach = int(mpmath.ceil((mpmath.sqrt(2 * mpmath.log(10) * (digits + 4)) + 2) / step))
        rho = mpmath.mpf(correlation.numerator) / correlation.denominator
        size = mpmath.sqrt(mpmath.mpf(variance.numerator) / variance.denominator)
        rest = mpmath.sqrt(1 - rho**2)
        density = [mpmath.exp(-((k * step) ** 2) / 2) for k in range(reach + 1)]
        total = mpmath.mpf(0)
        for i in range(-reach, reach + 1):
            g = i * step
            inner = mpmath.fsum(
                density[abs(j)] * function(size * (rho * g + rest * j * step)) for j in range(-reach, reach + 1)
            )
            total += density[abs(i)] * function(size * g) * inner
        return total * step**2 / (2 * mpmath.pi)
