"""Infinitely wide networks, as options of ``run`` and ``exhaust``: kernel, time of training, threshold."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypedDict

from ntkproofs.commands.regime import kernel_of
from ntkproofs.commands.threshold import searched, threshold_of
from ntkproofs.commands.training_time import described, entries_of, training_time_of
from ntkproofs.errors import InputError
from ntkproofs.training_time import TrainingTime

if TYPE_CHECKING:
    from ntkproofs.execution import Machine
    from ntkproofs.kernels import Kernel
    from ntkproofs.programs import TemplateProgram

__all__ = ["InfinitelyWide", "infinitely_wide"]


class Arguments(TypedDict):
    """The arguments that describe the networks for Machine, ``exhaust`` and ``explore``."""

    kernel: Kernel
    time: TrainingTime
    threshold: Fraction


@dataclass(frozen=True)
class InfinitelyWide:
    """The kernel of training, the time of training, and the threshold at which means are rounded."""

    kernel: Kernel
    at: TrainingTime
    threshold: Fraction

    @property
    def arguments(self) -> Arguments:
        """The arguments of :class:`~ntkproofs.execution.Machine`, ``exhaust`` and ``explore``."""
        return {"kernel": self.kernel, "time": self.at, "threshold": self.threshold}

    def machine(self, program: TemplateProgram) -> Machine:
        """Return the machine that executes a program through the predictor."""
        from ntkproofs.execution import Machine

        return Machine(program, **self.arguments)

    def document(self) -> dict[str, Any]:
        """Return the entries of a JSON document; time and threshold have none where they are the defaults."""
        return {"kernel": self.kernel.name, **entries_of(self.at, self.threshold)}

    @property
    def decided(self) -> str:
        """What decides the bits, for the remark after a run."""
        minus = " minus the threshold" if self.threshold else ""
        sign = f"every bit from the rigorous sign of its mean{minus} ({self.kernel.name})"
        return ", ".join(filter(None, [sign, described(self.at, self.threshold)]))


def infinitely_wide(options: argparse.Namespace) -> InfinitelyWide:
    """Return the networks that the options describe; raises InputError for invalid values."""
    if searched(options):
        raise InputError("--threshold search is about networks with given weights: it requires --networks FILE")
    threshold = threshold_of(options)
    return InfinitelyWide(kernel_of(options.regime), training_time_of(options), threshold or Fraction(0))
