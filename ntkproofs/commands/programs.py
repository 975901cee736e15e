"""The argument PROGRAM on the command line: reading the options of a built-in program, and its task."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ntkproofs.catalogue import CATALOGUE
from ntkproofs.commands.common import number

if TYPE_CHECKING:
    from ntkproofs.programs import Task

__all__ = ["ORDER", "read_bits", "read_order", "task_of"]

ORDER = "I,J,..."  # placeholder of the value of --order in help texts


def read_bits(options: argparse.Namespace, command: str, *, low: int = 1) -> int:
    """Return the value of ``--bits``; raises InputError unless it is from `low` to the limit of the program."""
    return number(options.bits, "--bits", low=low, high=CATALOGUE[options.program].limits[command])


def read_order(options: argparse.Namespace) -> Sequence[int] | None:
    """Return the value of ``--order``, or None if it is not given or the program has no such option."""
    text = getattr(options, "order", None)
    if text is None:
        return None
    return [number(part.strip(), "each index in --order") for part in text.split(",")]


def task_of(options: argparse.Namespace, command: str) -> Task:
    """Return the task of the built-in program that the options name, for their number of bits and order."""
    return CATALOGUE[options.program].task(read_bits(options, command), read_order(options))
