"""The option ``--regime``: the kernel of the trained networks."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ntkproofs.commands.common import clipped
from ntkproofs.errors import InputError
from ntkproofs.objects import load_object, names_object

if TYPE_CHECKING:
    from ntkproofs.kernels import Kernel

__all__ = ["add_regime", "certified_regime", "kernel_of"]

DEFAULT = "ntk"
KERNELS = (
    "ntk or nngp (two-layer ReLU); erf, sine, cosine, gelu, linear or depth-L (L hidden ReLU layers), with the suffix "
    "-nngp for the NNGP kernel; or FILE.py:NAME, a Kernel or a function that returns one"
)


def add_regime(
    parser: argparse.ArgumentParser, *, default: str | None = DEFAULT, known: str = KERNELS, explicit: bool = False
) -> None:
    """Add the option to a parser; `known`: the list of kernels in its help text.

    `explicit`: the value is None unless the option is given, for commands in which it excludes other options.
    """
    note = "" if default is None else f" (default: {default})"
    text = f"the kernel of training{note}: {known}"
    parser.add_argument("--regime", default=None if explicit else default, metavar="KERNEL", help=text)


def kernel_of(regime: str | None) -> Kernel:
    """Return the kernel that the option names (None: the default); raises InputError if there is no such kernel."""
    from ntkproofs.kernels import Kernel, as_kernel

    regime = DEFAULT if regime is None else regime
    if names_object(regime):
        return load_object(regime, Kernel)
    if ".py" in regime:
        raise InputError(f"--regime: a kernel in a file must be given as FILE.py:NAME, got {clipped(regime)}")
    return as_kernel(regime)


def certified_regime(regime: str) -> str:
    """Return the name of a kernel that the checker knows; raises InputError for any other kernel."""
    from ntkproofs.kernels import REGIMES

    if regime in REGIMES:
        return regime
    other = kernel_of(regime)  # raises for unknown kernels
    raise InputError(
        f"--regime {regime}: nothing can be certified for the kernel {other.name!r}, because the checker knows the "
        f"kernels {' and '.join(REGIMES)} only"
    )
