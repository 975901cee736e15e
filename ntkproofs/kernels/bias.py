"""Bias: a constant added to the output of a network, as a kernel to add to the network's."""

from __future__ import annotations

from ntkproofs.arithmetic.balls import Rational
from ntkproofs.arithmetic.expressions import as_expression
from ntkproofs.errors import InputError
from ntkproofs.kernels.angular import Kernel

__all__ = ["bias"]


def bias(variance: Rational = 1) -> Kernel:
    """Return the kernel of a trained output bias, ``f(x) = (variance / n0)**(1/2) b`` with b standard normal.

    The same constant everywhere, at the zero vector too. By itself it is not positive definite on two samples or more
    (which is decided where a kernel is used); added to the kernel of a network it is that of the network with the bias.
    Raises InputError unless `variance` is an exact positive number.

    >>> from ntkproofs.kernels import two_layer_relu
    >>> kernel = two_layer_relu() + bias(2)
    >>> kernel.name, kernel.own, kernel.at_zero
    ('two-layer ReLU, NTK + bias', 3, (2, 2))
    """
    value = as_expression(variance, "the variance of the bias")
    if not value.is_positive:
        raise InputError(f"the variance of the bias must be positive, got {variance!r}")
    return Kernel("bias", value, homogeneous=False, zero=(value, value))
