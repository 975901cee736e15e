"""Networks that are drawn and trained: the size of the steps, the sizes allowed, and the training of a batch."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ntkproofs.errors import InputError
from ntkproofs.programs import TemplateProgram
from ntkproofs.simulation.descent import Trained, all_layers, output_layer
from ntkproofs.training import Training

__all__ = ["MOST_WEIGHTS", "check_width", "default_step", "draw_and_train"]

MOST_WEIGHTS = 1 << 26  # of one network, or of the scalar networks of all bits


def default_step(training: Training, samples: int) -> float:
    """Return the size of a step: the one given, else half of 1 over the largest eigenvalue of the limit kernel.

    Descent on a drawn network is stable unless its kernel has an eigenvalue four times as large.

    >>> round(default_step(Training.of("all"), 10), 4)
    0.2056
    """
    own = 1.0 if training.kernel == "ntk" else 0.5
    return training.step if training.step is not None else 1 / (2 * own + (samples - 1) / math.pi)


def check_width(program: TemplateProgram, training: Training, width: int, *, scalar: bool | None = None) -> int:
    """Return the number of hidden weights of a network, or of the scalar networks of all bits.

    `scalar`: whether each output bit has a network of its own; None: as usual for the trained layers. Raises InputError
    if the program has no templates, or if the width is smaller than the number of samples, no multiple of the number
    that the start requires, or too large.
    """
    if not program.templates:
        raise InputError(f"program {program.name!r} has no templates: there is nothing to train on")
    scalar = training.layers.scalar if scalar is None else scalar
    weights = width * program.samples * (program.output_bits if scalar else 1)
    if not program.samples <= width <= weights <= MOST_WEIGHTS:
        raise InputError(
            f"width {width}: it must be at least {program.samples}, the number of samples, and there may be at most "
            f"{MOST_WEIGHTS:,} weights"
        )
    if width % training.weights.multiple:
        raise InputError(
            f"width {width}: with the start {training.start.name!r} it is a multiple of {training.weights.multiple}"
        )
    return weights


def draw_and_train(
    program: TemplateProgram, training: Training, width: int, sources: Sequence[np.random.Generator]
) -> Trained:
    """Draw a network from each source of random numbers, and train them."""
    step = default_step(training, program.samples)
    drawn = [training.weights.draw(source, width, program.samples, program.output_bits) for source in sources]
    hidden, outer = (np.stack(part) for part in zip(*drawn, strict=True))
    train = all_layers if training.layers.scalar else output_layer
    return train(hidden, outer, program.labels.astype(np.float64), step=step, steps=training.steps)
