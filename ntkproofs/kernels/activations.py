"""Two-layer networks with other activations whose kernels are elementary: erf, sine, cosine, leaky ReLU, linear.

Network ``f(x) = (v n0 w)^(-1/2) sum_r a_r phi(v^(1/2) u_r . x)`` on unit vectors x, all a, u standard normal: every
preactivation has the variance v. For v = 1/n0 this is the network of the two-layer ReLU kernel with another activation;
for a homogeneous phi (ReLU, leaky ReLU, linear) it is the same network whatever v, for the others v matters. With ``e
= E[phi(g) phi(h)]``, g and h normal of variance v and correlation r, by Price's theorem ``e' = v E[phi'(g) phi'(h)]``::

    v n0 K = e(r),        v n0 Theta = e(r) + v r E[phi' phi'] = e(r) + r e'(r)

At the zero vector (a state that no template matches) both kernels are ``phi(0)**2 / v`` with itself and
``phi(0) E[phi(h)] / v`` with a unit vector. Cosine does not vanish there: such a network does not answer 0.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

import mpmath
import sympy

from ntkproofs.errors import InputError
from ntkproofs.kernels.angular import RHO, Kernel
from ntkproofs.kernels.depth import deep_relu
from ntkproofs.kernels.two_layer import REGIMES
from ntkproofs.rigor.balls import Rational, as_fraction

__all__ = [
    "ACTIVATIONS",
    "activation_kernel",
    "cosine_product",
    "erf_product",
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


ACTIVATIONS: dict[str, Callable[[Any, Any], sympy.Expr]] = {
    "erf": erf_product,
    "sine": sine_product,
    "cosine": cosine_product,
}


@lru_cache(maxsize=256)
def activation_kernel(activation: str, regime: str = "ntk", *, variance: Rational = 1) -> Kernel:
    """Return the kernel that trains a two-layer network with the activation erf, sine or cosine.

    `variance`: of every preactivation on unit inputs (v; see the module for what it means). For unit vectors only.

    >>> kernel = activation_kernel("erf", variance=Fraction(1, 10))
    >>> kernel.other, kernel.homogeneous
    (0, False)
    """
    if activation not in ACTIVATIONS:
        raise InputError(f"unknown activation {activation!r}: choose one of {', '.join(ACTIVATIONS)}")
    if regime not in REGIMES:
        raise InputError(f"unknown regime {regime!r}: choose one of {', '.join(REGIMES)}")
    given = as_fraction(variance, "the variance of the preactivations")
    if given <= 0:
        raise InputError(f"the variance of the preactivations must be positive, got {given}")
    v = sympy.Rational(given.numerator, given.denominator)
    product = ACTIVATIONS[activation](RHO, v)
    title = f"{activation}, preactivations of variance {given}"
    zero = (1 / v, sympy.exp(-v / 2) / v) if activation == "cosine" else (sympy.Integer(0), sympy.Integer(0))
    nngp = Kernel(f"{title}, NNGP", product / v, homogeneous=False, zero=zero)
    if regime == "nngp":
        return nngp
    tangent = (product + RHO * sympy.diff(product, RHO)) / v
    return Kernel(f"{title}, NTK", tangent, prior=nngp, homogeneous=False, zero=zero)


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
    """Estimate ``E[phi(g) phi(h)]`` for an entire function phi of mpmath numbers, g and h of the given variance.

    The trapezoidal rule in the plane of two independent normal variables: for entire functions (whose growth the normal
    density outweighs) it converges faster than any power of the step. An estimate, never a verdict by itself.

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
