"""Figure: the sign of the mean of a 0-bit, for kernels of several depths and activations, against n."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ntkproofs.bounds.atlas import AtlasEntry, activation_kernels, depth_kernels, survey
from ntkproofs.report.plots.style import (
    BLUE,
    INK,
    LINE,
    MUTED,
    VERMILION,
    new_axes,
    plain_ticks,
    title_and_labels,
    visible_ticks,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["depth_atlas"]

SIZE = (6.4, 6.4)  # inches
GAP = 1.4  # between groups of rows, in heights of a row
SMALL = 8.0  # points


def depth_atlas(axes: Axes | None = None, *, layers: int = 8, most: int = 32, bits: int = 30) -> Axes:
    """Draw the sign of the mean of a 0-bit for n = 2 to `most` matching templates.

    The rows are networks of 1 to `layers` hidden ReLU layers (NTK and NNGP), and networks with other activations. Blue:
    the mean is negative, so the bit is rounded correctly at threshold 0; orange: it is positive; grey: it is 0. The
    deeper the colour, the further the ratio ``n/B(n)`` is from 1. Right: the number of networks for a permutation of
    `bits` bits at the best threshold (all inputs, probability of failure at most 1/100), with initial outputs of
    variance 1/2. Raises InputError if matplotlib is missing.

    >>> depth_atlas(layers=2, most=4, bits=5).get_xlabel()
    'n, matching templates'
    """
    axes = new_axes(axes, SIZE)
    groups = {
        "hidden ReLU layers, NTK": depth_kernels(layers, "ntk"),
        "hidden ReLU layers, NNGP": depth_kernels(layers, "nngp"),
        "one hidden layer, NTK": activation_kernels("ntk"),
    }
    row, names, positions = 0.0, [], []
    for title, kernels in groups.items():
        axes.text(1.54, row + 0.42, title, color=MUTED, fontsize=SMALL, va="bottom")
        row += 1
        for entry in survey(kernels, most=most, bits=bits):
            _draw(axes, entry, row, most)
            names.append(entry.name)
            positions.append(row)
            row += 1
        row += GAP - 1
    _frame(axes, names, positions, row, most, bits)
    return axes


def _draw(axes: Axes, entry: AtlasEntry, row: float, most: int) -> None:
    """Draw the row of a kernel: a cell for each n, and the number of networks."""
    for n, (sign, balance) in enumerate(zip(entry.signs, entry.balances, strict=True), start=2):
        colour = {-1: BLUE, 0: LINE, 1: VERMILION}[sign]
        strength = 0.0
        if balance is not None:
            ratio = float(balance.middle) / n
            strength = abs(1 - ratio) / (1 + ratio)
        alpha = 1.0 if sign == 0 else 0.3 + 0.7 * min(1.0, 1.6 * strength)
        axes.barh(row, 0.92, left=n - 0.46, height=0.84, color=colour, alpha=alpha, linewidth=0)
    networks = "none" if entry.networks is None else f"{entry.networks:,}"
    axes.text(most + _column_end(most), row, networks, color=INK, fontsize=SMALL, va="center", ha="right")


def _frame(axes: Axes, names: Sequence[str], positions: Sequence[float], end: float, most: int, bits: int) -> None:
    """Set the limits, ticks, title and labels."""
    axes.set_ylim(end - 0.4, 0)
    axes.set_xlim(1.4, most + 0.6)
    title_and_labels(axes, title="In deep networks, 0-bits have positive means (orange)", x="n, matching templates")
    plain_ticks(axes.yaxis, positions, names)
    axes.tick_params(axis="y", labelsize=SMALL, labelcolor=INK)
    visible_ticks(axes.xaxis, (2, 4, 8, 12, 16, 20, 24, 28, 32))
    heading = f"networks,\n{bits} bits"
    axes.text(most + _column_end(most), 0.42, heading, color=MUTED, fontsize=SMALL, va="bottom", ha="right")


def _column_end(most: int) -> float:
    """Return the right end of the column of numbers, in cells from the last one."""
    return 0.6 + 0.11 * most
