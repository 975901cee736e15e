"""The option ``--threshold`` of ``run`` and ``exhaust``: what an output or a mean is compared with."""

from __future__ import annotations

import argparse
import re
from fractions import Fraction

from ntkproofs.commands.common import NUMBER, clipped
from ntkproofs.errors import InputError

__all__ = ["SEARCH", "add_threshold", "searched", "threshold_of"]

SEARCH = "search"
MAX_TEXT = 1000  # characters of a threshold


def add_threshold(parser: argparse.ArgumentParser) -> None:
    """Add the option to a parser."""
    parser.add_argument(
        "--threshold",
        metavar="X",
        help="a bit is 1 where its mean is above X, such as 1/8 (default: 0); with --networks, where its output is "
        "above X (default: that of the file, else the balanced one for the program), or search: for all thresholds "
        "that are right",
    )


def searched(options: argparse.Namespace) -> bool:
    """Return whether the option is the word ``search``."""
    return bool(options.threshold == SEARCH)


def threshold_of(options: argparse.Namespace) -> Fraction | None:
    """Return the exact value of the option; None if it is not given or is ``search``, which :func:`searched` tells.

    Raises InputError unless it is a number; the predictor refuses negative ones.
    """
    text = options.threshold
    if text in (None, SEARCH):
        return None
    if len(text) <= MAX_TEXT and re.fullmatch(rf"-?(?:{NUMBER})", text, re.ASCII):
        return Fraction(text)
    raise InputError(f"--threshold must be a number such as 1/8 or 0.125, or the word search, got {clipped(text)}")
