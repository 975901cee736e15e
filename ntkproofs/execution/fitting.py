"""Whether given networks fit a program, and the threshold at which they execute it."""

from __future__ import annotations

from fractions import Fraction

from ntkproofs.bounds.thresholds import balanced
from ntkproofs.display import counted
from ntkproofs.errors import InputError, NoMargin
from ntkproofs.inference import as_threshold
from ntkproofs.kernels import Kernel, as_kernel
from ntkproofs.kernels.regimes import REGIMES
from ntkproofs.programs import TemplateProgram
from ntkproofs.weights import Networks

__all__ = ["balanced_threshold", "chosen_threshold", "demand_fit", "kernel_of"]


def demand_fit(program: TemplateProgram, networks: Networks) -> None:
    """Raise InputError unless the networks have an input for each sample and an output for each bit of the program."""
    if not isinstance(program, TemplateProgram):
        raise InputError(f"networks execute a TemplateProgram, got {type(program).__name__}")
    if not program.templates:
        raise InputError(f"program {program.name!r} has no templates: there is nothing to execute")
    if not isinstance(networks, Networks):
        raise InputError(f"networks must be Networks, as read_networks returns them, got {type(networks).__name__}")
    if networks.inputs != program.samples:
        padding = f" ({len(program.templates)} templates and padding {program.padding})" if program.padding else ""
        raise InputError(
            f"{networks.source}: the networks have {counted(networks.inputs, 'input')}, and program {program.name!r} "
            f"{counted(program.samples, 'sample')}{padding}: they must be equal"
        )
    if networks.output_bits != program.output_bits:
        raise InputError(
            f"{networks.source}: the networks have {counted(networks.output_bits, 'output')}, and program "
            f"{program.name!r} {counted(program.output_bits, 'bit')}: they must be equal"
        )


def kernel_of(networks: Networks) -> Kernel:
    """Return the kernel of networks trained so: that of the metadata; NNGP if only the output layer is; else NTK."""
    named = networks.metadata.get("kernel")
    if named in REGIMES:
        return as_kernel(str(named))
    return as_kernel("nngp" if networks.metadata.get("trained") == "output" else "ntk")


def balanced_threshold(program: TemplateProgram, networks: Networks) -> Fraction:
    """Return the threshold in the middle of the standardised margins of infinitely wide networks at arbitrary states.

    It depends on the program and on which layers were trained, not on the weights. Raises InputError if no threshold is
    right at every state.
    """
    kernel = kernel_of(networks)
    try:
        return balanced(program, kernel)
    except NoMargin as problem:
        raise InputError(
            f"no threshold is balanced for {problem} ({kernel.name}): choose one, or search one"
        ) from problem


def chosen_threshold(program: TemplateProgram, networks: Networks, threshold: Fraction | int | None) -> Fraction:
    """Return the threshold that is given, else that of the networks' file, else the balanced one of the program."""
    if threshold is not None:
        return as_threshold(threshold)
    return balanced_threshold(program, networks) if networks.threshold is None else networks.threshold
