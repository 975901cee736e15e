"""The option ``--export-vnnlib`` of exhaust: the question about the networks of weights files, for other verifiers."""

from __future__ import annotations

import argparse
from fractions import Fraction
from typing import TYPE_CHECKING

from ntkproofs.commands.common import remark
from ntkproofs.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ntkproofs.loading import Loaded
    from ntkproofs.weights import Networks

__all__ = ["add_export", "check_export", "exported", "states_to_export"]

OPTION = "--export-vnnlib"


def add_export(parser: argparse.ArgumentParser) -> None:
    """Add the option to a parser."""
    parser.add_argument(
        OPTION,
        metavar="DIR",
        help="with --networks: also write the question to the folder DIR, for other verifiers: ONNX models, and for "
        "each output bit a property in VNN-LIB (2.0 and 1.0) that is unsat if the bit is right at every state; for "
        "small programs",
    )


def check_export(options: argparse.Namespace) -> None:
    """Raise InputError if the option is given without networks, or with a sample."""
    if options.export_vnnlib is None:
        return
    if options.networks is None:
        raise InputError(f"{OPTION} writes the question about given networks: it requires --networks FILE")
    if options.sample is not None:
        raise InputError(f"{OPTION} writes the question about all inputs, not about a sample")


def states_to_export(options: argparse.Namespace, loaded: Loaded) -> NDArray[np.bool_] | None:
    """Return the sets of matching templates of all states, or None without the option.

    Raises InputError for a program that is too large, or is a stream.
    """
    if options.export_vnnlib is None:
        return None
    from ntkproofs.vnnlib import occurring_matches

    return occurring_matches(loaded.program if loaded.task is None else loaded.task)


def exported(
    options: argparse.Namespace,
    loaded: Loaded,
    networks: Networks,
    states: NDArray[np.bool_] | None,
    threshold: Fraction | None,
) -> list[str]:
    """Write the files of the option, and return their names; none without the option, or if no threshold is right."""
    if states is None:
        return []
    if threshold is None:
        remark(f"ntkproofs: no threshold is right, so nothing is written to {options.export_vnnlib}")
        return []
    from ntkproofs.vnnlib import export_vnnlib

    return export_vnnlib(networks, loaded.program, options.export_vnnlib, threshold=threshold, states=states)
