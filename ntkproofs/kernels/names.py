"""Names of the package's kernels, and the one place where a name is read."""

from __future__ import annotations

import re
from typing import TypeAlias

from ntkproofs.errors import InputError
from ntkproofs.kernels.activations import ACTIVATIONS, activation_kernel, linear
from ntkproofs.kernels.angular import Kernel
from ntkproofs.kernels.depth import MAX_LAYERS, deep_relu
from ntkproofs.kernels.regimes import REGIMES
from ntkproofs.kernels.two_layer import two_layer_relu

__all__ = ["KERNEL_NAMES", "KernelLike", "as_kernel", "two_layer_name"]

KernelLike: TypeAlias = Kernel | str  # a kernel, or the name of one

KERNEL_NAMES = (*REGIMES, *ACTIVATIONS, "linear", "depth-L")

_NAME = re.compile(rf"({'|'.join(ACTIVATIONS)}|linear|depth-([1-9][0-9]?))(-nngp)?", re.ASCII)


def as_kernel(kernel: KernelLike) -> Kernel:
    """Return a kernel as it is, and the package's kernel of a name.

    The names: ``ntk`` and ``nngp``, the two-layer ReLU network; ``erf``, ``sine``, ``cosine``, ``gelu`` and ``linear``,
    two-layer networks with another activation, whose preactivations have variance 1; ``depth-2`` to ``depth-24``, ReLU
    networks with as many hidden layers. These are NTKs; with ``-nngp`` after the name, the NNGP kernel. Raises
    InputError for other names and other objects.

    >>> as_kernel("nngp").name, as_kernel("depth-3-nngp").name
    ('two-layer ReLU, NNGP', '3 hidden layers, ReLU, NNGP')
    """
    if isinstance(kernel, Kernel):
        return kernel
    if not isinstance(kernel, str):
        raise InputError(f"a kernel is a Kernel or the name of one, got {type(kernel).__name__} {kernel!r:.80}")
    if kernel in REGIMES:
        return two_layer_relu(kernel)
    name = _NAME.fullmatch(kernel)
    if name is None or int(name[2] or 1) > MAX_LAYERS:
        raise InputError(
            f"no kernel is called {kernel!r:.80}: choose {', '.join(KERNEL_NAMES)} (L from 1 to {MAX_LAYERS} hidden "
            "layers), or one of these after the second with -nngp appended"
        )
    regime = "nngp" if name[3] else "ntk"
    if name[2]:
        return deep_relu(int(name[2]), regime)
    return linear(regime) if name[1] == "linear" else activation_kernel(name[1], regime)


def two_layer_name(kernel: KernelLike) -> str:
    """Return the name of a kernel of the two-layer ReLU network, ``ntk`` or ``nngp``; raises InputError for any other.

    >>> two_layer_name(two_layer_relu("nngp")), two_layer_name("ntk")
    ('nngp', 'ntk')
    """
    for name in REGIMES:
        if kernel in (name, two_layer_relu(name)):
            return name
    shown = kernel.name if isinstance(kernel, Kernel) else kernel
    raise InputError(f"kernel must be one of {', '.join(REGIMES)}, or the two-layer ReLU kernel of one, got {shown!r}")
