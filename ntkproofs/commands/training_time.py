"""The options ``--time``, ``--training-steps`` and ``--step``: how far infinitely wide networks are trained."""

from __future__ import annotations

import argparse
from fractions import Fraction
from typing import Any

from ntkproofs.commands.common import number, rational
from ntkproofs.errors import InputError
from ntkproofs.training_time import UNIT, TrainingTime

__all__ = [
    "add_training_time",
    "described",
    "entries_of",
    "read_training_time",
    "training_time_of",
]


def add_training_time(parser: argparse.ArgumentParser) -> None:
    """Add the options of a time of training; ``--steps`` is the number of steps of the program."""
    parser.add_argument(
        "--time", metavar="T", help=f"networks at the time T of gradient flow (default: convergence; {UNIT})"
    )
    parser.add_argument("--training-steps", metavar="T", help="networks after T steps of gradient descent")
    parser.add_argument(
        "--step",
        metavar="ETA",
        help=f"size of the steps of training, with --training-steps (below 2/lambda_max; {UNIT})",
    )


def training_time_of(options: argparse.Namespace) -> TrainingTime:
    """Return the time of training of the options; raises InputError for invalid values."""
    return read_training_time(options.time, options.training_steps, options.step)


def read_training_time(
    time: str | None, steps: str | None, step: str | None, option: str = "--training-steps"
) -> TrainingTime:
    """Return the time of training of the values of options; `option`: that of the number of steps.

    >>> print(read_training_time(None, "40", "0.1"))
    40 steps of size 1/10
    """
    if (steps is None) != (step is None):
        raise InputError(f"{option} and --step are given together, the number and the size of the steps of training")
    if time is not None and step is not None:
        raise InputError(f"a time of training is either --time or {option} and --step")
    if time is not None:
        return TrainingTime(time=_positive(time, "--time"))
    if steps is None or step is None:
        return TrainingTime()
    return TrainingTime(steps=number(steps, option, low=1), step=_positive(step, "--step"))


def _positive(text: str, option: str) -> Fraction:
    value = rational(text, option)
    if value == 0:
        raise InputError(f"{option} must be positive, got {text}")
    return value


def described(at: TrainingTime, threshold: Fraction = Fraction(0)) -> str:
    """Return the time of training and the threshold as text, with the unit of time; empty where both are the defaults.

    >>> described(TrainingTime(time=3), Fraction(1, 8))
    'at time 3 (unit of time: the kernel with own entry 1), threshold 1/8'
    """
    parts = [] if at.converged else [f"{at.phrase} ({UNIT})"]
    return ", ".join([*parts, f"threshold {threshold}"] if threshold else parts)


def entries_of(at: TrainingTime, threshold: Fraction = Fraction(0)) -> dict[str, Any]:
    """Return the entries of a JSON document; none where both are the defaults.

    >>> entries_of(TrainingTime(steps=40, step=Fraction(1, 10)))
    {'training_steps': 40, 'step': '1/10'}
    """
    entries: dict[str, Any] = {}
    if at.time is not None:
        entries["time"] = str(at.time)
    if at.steps is not None:
        entries |= {"training_steps": int(at.steps), "step": str(at.step)}
    return entries | ({"threshold": str(threshold)} if threshold else {})
