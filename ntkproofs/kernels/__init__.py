"""Kernels of wide networks: Gaussian expectations, and the three numbers they become on orthonormal samples.

>>> from ntkproofs.kernels import two_layer_relu
>>> two_layer_relu(regime="nngp").matched(4)
(sqrt(3)/2 + pi/3)/(2*pi)
"""

from ntkproofs.kernels.angular import RHO, Kernel
from ntkproofs.kernels.gaussian import (
    Derivation,
    Step,
    derive_relu_product,
    derive_step_product,
    expectation_by_quadrature,
)
from ntkproofs.kernels.two_layer import REGIMES, relu_product, step_product, two_layer_relu

__all__ = [
    "RHO",
    "REGIMES",
    "Derivation",
    "Kernel",
    "Step",
    "derive_relu_product",
    "derive_step_product",
    "expectation_by_quadrature",
    "relu_product",
    "step_product",
    "two_layer_relu",
]
