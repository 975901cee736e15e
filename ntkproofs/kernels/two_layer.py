"""The two-layer ReLU network in its two regimes."""

from __future__ import annotations

from functools import lru_cache

import sympy

from ntkproofs.errors import InputError
from ntkproofs.kernels.angular import RHO, Kernel

__all__ = ["REGIMES", "relu_product", "step_product", "two_layer_relu"]

REGIMES = ("ntk", "nngp")


def relu_product(rho: sympy.Expr = RHO) -> sympy.Expr:
    """Return ``E[relu(g) relu(h)]`` for standard normal g, h of correlation `rho` (derived in ``kernels.gaussian``)."""
    return (sympy.sqrt(1 - rho**2) + (sympy.pi - sympy.acos(rho)) * rho) / (2 * sympy.pi)


def step_product(rho: sympy.Expr = RHO) -> sympy.Expr:
    """Return ``E[step(g) step(h)]`` for standard normal g, h of correlation `rho` (derived in ``kernels.gaussian``)."""
    return (sympy.pi - sympy.acos(rho)) / (2 * sympy.pi)


@lru_cache
def two_layer_relu(regime: str = "ntk") -> Kernel:
    """Return the kernel that trains a two-layer ReLU network without bias, at infinite width.

    `regime`: ``"ntk"`` (all weights trained, NTK parametrisation: Jacot et al. 2018) or ``"nngp"`` (the last layer
    alone matters; the prior kernel trains). In both the prior is the NNGP kernel.

    >>> two_layer_relu().own, two_layer_relu().other
    (1, 1/(2*pi))
    >>> two_layer_relu("nngp").own
    1/2
    """
    nngp = Kernel("two-layer ReLU, NNGP", relu_product())
    if regime == "nngp":
        return nngp
    if regime == "ntk":
        return Kernel("two-layer ReLU, NTK", relu_product() + RHO * step_product(), prior=nngp)
    raise InputError(f"unknown regime {regime!r}: choose one of {', '.join(REGIMES)}")
