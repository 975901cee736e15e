"""Kernels of wide networks: Gaussian expectations, and the three numbers they become on orthonormal samples.

>>> from ntkproofs.kernels import two_layer_relu
>>> two_layer_relu(regime="nngp").matched(4)
(sqrt(3)/2 + pi/3)/(2*pi)
"""

from ntkproofs.kernels.activations import (
    ACTIVATIONS,
    activation_kernel,
    cosine_product,
    erf_product,
    leaky_relu,
    linear,
    plane_expectation,
    sine_product,
)
from ntkproofs.kernels.angular import RHO, Kernel
from ntkproofs.kernels.definite import demand_definite
from ntkproofs.kernels.depth import MAX_LAYERS, deep_numbers, deep_relu, layer_gradient, layer_value
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
    "ACTIVATIONS",
    "MAX_LAYERS",
    "Derivation",
    "Kernel",
    "Step",
    "activation_kernel",
    "cosine_product",
    "deep_numbers",
    "deep_relu",
    "demand_definite",
    "derive_relu_product",
    "derive_step_product",
    "erf_product",
    "expectation_by_quadrature",
    "layer_gradient",
    "layer_value",
    "leaky_relu",
    "linear",
    "plane_expectation",
    "relu_product",
    "sine_product",
    "step_product",
    "two_layer_relu",
]
