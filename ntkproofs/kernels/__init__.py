"""Kernels of wide networks: from Gaussian expectations to three values on orthonormal samples.

* :mod:`.angular` the class Kernel and its arithmetic, :mod:`.activation` the base class of an activation,
  :mod:`.bias` an output bias
* :mod:`.two_layer`, :mod:`.activations`, :mod:`.depth` the kernels of the package, :mod:`.names` their names
* :mod:`.gaussian` derivations, :mod:`.definite` positive definiteness

Wherever a kernel is a parameter, it is a Kernel or the name of one (:func:`~ntkproofs.kernels.names.as_kernel`).

>>> from ntkproofs.kernels import two_layer_relu
>>> two_layer_relu(regime="nngp").matched(4)
(sqrt(3)/2 + pi/3)/(2*pi)
"""

from ntkproofs.kernels.activation import Activation
from ntkproofs.kernels.activations import (
    ACTIVATIONS,
    activation_kernel,
    cosine_product,
    erf_product,
    gelu_product,
    leaky_relu,
    linear,
    plane_expectation,
    sine_product,
)
from ntkproofs.kernels.angular import RHO, Kernel
from ntkproofs.kernels.bias import bias
from ntkproofs.kernels.definite import demand_definite
from ntkproofs.kernels.depth import MAX_LAYERS, deep_numbers, deep_relu, layer_gradient, layer_value
from ntkproofs.kernels.gaussian import (
    Derivation,
    Step,
    derive_relu_product,
    derive_step_product,
    expectation_by_quadrature,
)
from ntkproofs.kernels.names import KERNEL_NAMES, KernelLike, as_kernel, two_layer_name
from ntkproofs.kernels.regimes import REGIMES
from ntkproofs.kernels.two_layer import relu_product, step_product, two_layer_relu

__all__ = [
    "RHO",
    "REGIMES",
    "ACTIVATIONS",
    "KERNEL_NAMES",
    "MAX_LAYERS",
    "Activation",
    "Derivation",
    "Kernel",
    "KernelLike",
    "Step",
    "activation_kernel",
    "as_kernel",
    "bias",
    "cosine_product",
    "deep_numbers",
    "deep_relu",
    "demand_definite",
    "derive_relu_product",
    "derive_step_product",
    "erf_product",
    "expectation_by_quadrature",
    "gelu_product",
    "layer_gradient",
    "layer_value",
    "leaky_relu",
    "linear",
    "plane_expectation",
    "relu_product",
    "sine_product",
    "step_product",
    "two_layer_name",
    "two_layer_relu",
]
