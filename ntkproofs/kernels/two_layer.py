"""The two-layer ReLU network in its two regimes."""

from __future__ import annotations

from functools import lru_cache

import sympy

from ntkproofs.kernels.activation import Activation
from ntkproofs.kernels.angular import RHO, Kernel
from ntkproofs.kernels.regimes import REGIMES

__all__ = ["REGIMES", "relu_product", "step_product", "two_layer_relu"]


def relu_product(rho: sympy.Expr = RHO) -> sympy.Expr:
    """Return ``E[relu(g) relu(h)]`` for standard normal g, h of correlation `rho` (derived in ``kernels.gaussian``)."""
    return (sympy.sqrt(1 - rho**2) + (sympy.pi - sympy.acos(rho)) * rho) / (2 * sympy.pi)


def step_product(rho: sympy.Expr = RHO) -> sympy.Expr:
    """Return ``E[step(g) step(h)]`` for standard normal g, h of correlation `rho` (derived in ``kernels.gaussian``)."""
    return (sympy.pi - sympy.acos(rho)) / (2 * sympy.pi)


class _Relu(Activation):
    name = "two-layer ReLU"
    homogeneous = True

    def product(self, rho: sympy.Expr) -> sympy.Expr:
        return relu_product(rho)

    def product_of_derivatives(self, rho: sympy.Symbol) -> sympy.Expr:
        return step_product(rho)


@lru_cache
def two_layer_relu(regime: str = "ntk") -> Kernel:
    """Return the kernel that trains a two-layer ReLU network without bias, at infinite width.

    `regime`: ``"ntk"`` (all weights are trained, NTK parametrisation: Jacot et al. 2018) or ``"nngp"`` (the output
    layer alone is trained: the NNGP kernel). In both the prior kernel is the NNGP kernel.

    >>> two_layer_relu().own, two_layer_relu().other
    (1, 1/(2*pi))
    >>> two_layer_relu("nngp").own
    1/2
    """
    return _Relu().kernel(regime)
