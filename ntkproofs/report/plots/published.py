"""Figure: the published ensemble experiment and the predictions of both kernels."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import sympy

from ntkproofs.display import counted
from ntkproofs.errors import InputError
from ntkproofs.installed import claims_folder
from ntkproofs.kernels import two_layer_relu
from ntkproofs.predictor import SAMPLES, Predictor
from ntkproofs.report.plots.style import BLUE, INK, VERMILION, frame, label, new_axes, visible_ticks
from ntkproofs.rigor import enclose

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["data_file", "expected_error", "published", "published_errors"]

FILE = "permlearn_experiment_1.csv"
SIZES = (1, 8, 64)
STABLE = 4  # for fewer bits the published step size is unstable


def data_file(name: str) -> Path:
    """Return where a table of numbers lies, installed or in a clone; raises InputError if it is not there."""
    file = claims_folder() / "data" / name
    if not file.is_file():
        raise InputError(f"the table {name} is not in {file.parent}")
    return file


def published_errors() -> dict[tuple[int, int], float]:
    """Return the published mean squared errors, ``{(k, networks): error}``; raises InputError if the file is missing.

    >>> published_errors()[30, 175]
    0.0004682397120632231
    """
    with data_file(FILE).open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        return {(int(row["k"]), int(row["networks"])): float(row["mean_squared_error"]) for row in rows}


@lru_cache
def expected_error(k: int, networks: int, regime: str) -> float:
    """Return the expected squared error of the average of N = `networks` networks at a word of k bits with two ones.

    It is the mean over the k output bits of ``var/N + (mean - target)**2``, where a target is a bit divided by
    ``sqrt(2)``; mean and variance are those of :class:`~ntkproofs.predictor.Predictor`.

    >>> f"{expected_error(30, 175, 'nngp'):.2e}", f"{expected_error(30, 175, 'ntk'):.2e}"
    ('4.56e-04', '1.26e-03')
    """
    predictor = Predictor(two_layer_relu(regime), SAMPLES)
    one, zero = predictor.mean(2, 1, 1), predictor.mean(2, 0, 1)
    squared_bias = 2 * (one - 1 / sympy.sqrt(2)) ** 2 + (SAMPLES - 2) * zero**2
    error = predictor.variance(2) / networks + squared_bias / SAMPLES
    return float(enclose(error, {SAMPLES: k}, precision=64).middle)


def published(axes: Axes | None = None) -> Axes:
    """Draw the published errors of the average of 1, 8 and 64 networks against k, and those expected for each kernel.

    >>> published().get_title(loc="left")
    'The published networks follow the NNGP kernel'
    """
    axes = new_axes(axes)
    errors = published_errors()
    for size in SIZES:
        sizes = sorted(k for k, networks in errors if networks == size and k >= STABLE)
        for regime, colour, dashes in (("ntk", VERMILION, (0, (4, 2.5))), ("nngp", BLUE, "-")):
            expected = [expected_error(k, size, regime) for k in sizes]
            axes.plot(sizes, expected, color=colour, linestyle=dashes, linewidth=1.2)
        axes.plot(sizes, [errors[k, size] for k in sizes], "o", color=INK, markersize=3)
        label(axes, counted(size, "network"), (sizes[-1], errors[sizes[-1], size]), INK)
    label(axes, "expected under the NTK", (12, expected_error(12, 1, "ntk")), VERMILION, xytext=(4, 8))
    label(axes, "expected under\nthe NNGP kernel", (4, expected_error(22, 64, "nngp")), BLUE, xytext=(0, 0))
    frame(
        axes,
        title="The published networks follow the NNGP kernel",
        x="k, bits of a word with two ones",
        y="mean squared error",
    )
    axes.set_yscale("log")
    visible_ticks(axes.yaxis, (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05))
    return axes
