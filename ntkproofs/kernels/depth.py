"""ReLU networks with any number of hidden layers, plain or leaky, in both regimes.

For standard normal g, h of correlation r and the activation ``phi = relu(x) - a relu(-x)`` of slope a, the expectations
``E[phi(g) phi(h)]`` and ``E[phi'(g) phi'(h)]``, scaled to 1 at r = 1::

    value(r)    = ((1 - a)**2 k1(r) + 2 a r) / (1 + a**2),    k1(r) = (sqrt(1 - r**2) + (pi - acos r) r)/pi
    gradient(r) = ((1 - a)**2 k0(r) + 2 a) / (1 + a**2),      k0(r) = (pi - acos r)/pi

Layer by layer ``S' = value(S)`` (NNGP) and ``T' = value(S) + T gradient(S)`` (NTK), from ``S = T = r`` (Cho and Saul
2009, Jacot et al. 2018; no bias). In the NTK parametrisation of the two-layer network (all weights standard normal)
every hidden layer multiplies both by ``(1 + a**2)/2``, so the outputs of a deep plain network are small at
initialisation. Variances depend on that factor, means do not; :meth:`~ntkproofs.kernels.angular.Kernel.scaled` removes
it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sympy

from ntkproofs.arithmetic.balls import Ball, Rational, as_fraction
from ntkproofs.arithmetic.expressions import enclose
from ntkproofs.errors import InputError
from ntkproofs.kernels.angular import RHO, Kernel
from ntkproofs.kernels.regimes import check_regime
from ntkproofs.kernels.two_layer import relu_product, step_product
from ntkproofs.validation import integer

__all__ = ["MAX_LAYERS", "deep_numbers", "deep_relu", "layer_gradient", "layer_value"]

MAX_LAYERS = 24  # of a formula; deep_numbers has no limit


def layer_value(rho: Any = RHO, slope: Any = 0) -> sympy.Expr:
    """Return the correlation after a hidden layer with the given slope.

    >>> layer_value(sympy.Integer(0)), layer_value(RHO, slope=1)
    (1/pi, rho)
    """
    return ((1 - slope) ** 2 * 2 * relu_product(rho) + 2 * slope * rho) / (1 + slope**2)


def layer_gradient(rho: Any = RHO, slope: Any = 0) -> sympy.Expr:
    """Return the factor by which a hidden layer with the given slope multiplies the NTK of the layers below it.

    >>> layer_gradient(sympy.Integer(0)), layer_gradient(RHO, slope=1)
    (1/2, 1)
    """
    return ((1 - slope) ** 2 * 2 * step_product(rho) + 2 * slope) / (1 + slope**2)


def _slope(value: Rational) -> sympy.Rational:
    slope = as_fraction(value, "the slope")
    return sympy.Rational(slope.numerator, slope.denominator)


def _check(layers: int, regime: str) -> None:
    integer(layers, "the number of hidden layers", low=1)
    check_regime(regime)


@lru_cache(maxsize=256)
def deep_relu(layers: int, regime: str = "ntk", *, slope: Rational = 0) -> Kernel:
    """Return the kernel that trains a ReLU network with `layers` hidden layers, plain (slope 0) or leaky, without bias.

    `slope`: that of the activation on negative numbers (1: linear, -1: the absolute value). One hidden layer of slope 0
    is the two-layer network. Raises InputError for more than 24 layers, where formulas become too long
    (:func:`deep_numbers` has no limit), and for slopes that are not exact numbers.

    >>> from ntkproofs.rigor import enclose
    >>> enclose(deep_relu(2).balance(2), precision=60).digits(6)
    '2.10432…'
    """
    _check(layers, regime)
    if layers > MAX_LAYERS:
        raise InputError(f"{layers} hidden layers: formulas are limited to {MAX_LAYERS}, deep_numbers has no limit")
    below = _slope(slope)
    value = gradient = RHO
    for _ in range(layers):
        above = layer_value(value, below)
        value, gradient = above, above + gradient * layer_gradient(value, below)
    scale = ((1 + below**2) / 2) ** layers
    title = f"{layers} hidden layer{'s' if layers > 1 else ''}, {'ReLU' if below == 0 else f'slope {below}'}"
    nngp = Kernel(f"{title}, NNGP", scale * value)
    return nngp if regime == "nngp" else Kernel(f"{title}, NTK", scale * gradient, prior=nngp)


def deep_numbers(
    layers: int, matches: int, regime: str = "ntk", *, slope: Rational = 0, precision: int
) -> tuple[Ball, Ball, Ball]:
    """Return balls that contain own, other and matched(n) for any number of hidden layers, scaled so that S(1) = 1.

    The recursion is evaluated in ball arithmetic with `precision` bits and 16 more for each layer; the cost is linear
    in the number of layers. ``own`` is 1 (NNGP) or ``layers + 1`` (NTK).

    >>> own, other, matched = deep_numbers(3, 2, precision=80)
    >>> print(((own - other) / (matched - other)).digits(6))
    2.50620…
    """
    _check(layers, regime)
    matches = integer(matches, "matches", low=1)
    precision += 16 * layers  # each layer loses a few bits: correlations approach 1, where acos and sqrt are steep
    next_value, next_gradient = layer_value(slope=_slope(slope)), layer_gradient(slope=_slope(slope))

    def through_all_layers(value: Ball) -> Ball:
        gradient = value
        for _ in range(layers):
            above = enclose(next_value, {RHO: value}, precision=precision)
            gradient = above + gradient * enclose(next_gradient, {RHO: value}, precision=precision)
            value = above
        return value if regime == "nngp" else gradient

    one, zero = Ball(1, precision=precision), Ball(0, precision=precision)
    own = Ball(1 if regime == "nngp" else layers + 1, precision=precision)
    matched = own if matches == 1 else through_all_layers(one / Ball(matches, precision=precision).sqrt())
    return own, through_all_layers(zero), matched
