"""PROGRAM on the command line: the options of a built-in program, and the task that they name."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ntkproofs.catalogue import CATALOGUE
from ntkproofs.commands.common import number

if TYPE_CHECKING:
    from ntkproofs.programs import Task

__all__ = ["ORDER", "read_bits", "read_order", "task_of"]

ORDER = "I,J,..."  # how help shows the value of --order


def read_bits(options: argparse.Namespace, command: str, *, low: int = 1) -> int:
    """Return the number of bits that ``--bits`` says; raises InputError for more than the command takes."""
    return number(options.bits, "--bits", low=low, high=CATALOGUE[options.program].limits[command])


def read_order(options: argparse.Namespace) -> Sequence[int] | None:
    """Return the order that ``--order`` says, None where it says nothing or the program has no such option."""
    text = getattr(options, "order", None)
    if text is None:
        return None
    return [number(part.strip(), "an index in --order") for part in text.split(",")]


def task_of(options: argparse.Namespace, command: str) -> Task:
    """Return the task that the options of a command name: the built-in program, its bits and its order."""
    return CATALOGUE[options.program].task(read_bits(options, command), read_order(options))
