"""The atlas as a figure: kernels down, matching templates across, the sign of a 0-bit's mean in colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ntkproofs.bounds.atlas import AtlasEntry, activation_kernels, depth_kernels, survey
from ntkproofs.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["depth_atlas"]

INK, MUTED, LINE, BLUE, VERMILION = "#1b1f24", "#5f6873", "#dde1e6", "#0072b2", "#d55e00"
SIZE = (6.4, 6.4)  # inches
GAP = 1.4  # between groups of rows, in rows


def depth_atlas(axes: Axes | None = None, *, layers: int = 8, most: int = 32, bits: int = 30) -> Axes:
    """Draw for networks of 1 to `layers` hidden ReLU layers (NTK, NNGP) and for other activations what `most` n show.

    Blue: at n matching templates the mean of a bit that should be 0 is negative, so the threshold 0 is right; orange:
    it is positive; grey: 0. The deeper the colour, the further ``n/B(n)`` from 1. At the right the networks that a
    permutation of `bits` bits needs at the best threshold (all inputs, probability of failure 0.01), outputs before
    training being equally large. Needs matplotlib: raises InputError if it is missing.

    >>> depth_atlas(layers=2, most=4, bits=5).get_xlabel()
    'n, matching templates'
    """
    axes = _new_axes() if axes is None else axes
    groups = {
        "hidden ReLU layers, NTK": depth_kernels(layers, "ntk"),
        "hidden ReLU layers, NNGP": depth_kernels(layers, "nngp"),
        "one hidden layer, NTK": activation_kernels("ntk"),
    }
    row, names, places = 0.0, [], []
    for title, kernels in groups.items():
        axes.text(1.54, row + 0.42, title, color=MUTED, fontsize=8.5, va="bottom")
        row += 1
        for entry in survey(kernels, most=most, bits=bits):
            _draw(axes, entry, row, most)
            names.append(entry.name)
            places.append(row)
            row += 1
        row += GAP - 1
    _frame(axes, names, places, row, most, bits)
    return axes


def _new_axes() -> Axes:
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("figures need matplotlib: pip install 'ntkproofs[plots]' (or matplotlib itself)") from None
    with rc_context({"text.color": INK}):
        made: Axes = Figure(figsize=SIZE, layout="constrained").add_subplot()
    return made


def _draw(axes: Axes, entry: AtlasEntry, row: float, most: int) -> None:
    for n, (sign, balance) in enumerate(zip(entry.signs, entry.balances, strict=True), start=2):
        colour = {-1: BLUE, 0: LINE, 1: VERMILION}[sign]
        strength = 0.0
        if balance is not None:
            ratio = float(balance.middle) / n
            strength = abs(1 - ratio) / (1 + ratio)
        alpha = 1.0 if sign == 0 else 0.3 + 0.7 * min(1.0, 1.6 * strength)
        axes.barh(row, 0.92, left=n - 0.46, height=0.84, color=colour, alpha=alpha, linewidth=0)
    shown = "none" if entry.networks is None else f"{entry.networks:,}"
    axes.text(most + _room(most), row, shown, color=INK, fontsize=8, va="center", ha="right")


def _frame(axes: Axes, names: Sequence[str], places: Sequence[float], end: float, most: int, bits: int) -> None:
    axes.set_ylim(end - 0.4, 0)
    axes.set_xlim(1.4, most + 0.6)
    axes.set_yticks(places, names, fontsize=8)
    ticks = [n for n in (2, 4, 8, 12, 16, 20, 24, 28, 32) if n <= most]
    axes.set_xticks(ticks, [str(n) for n in ticks], fontsize=8.5)
    axes.tick_params(length=0, colors=INK)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_xlabel("n, matching templates", fontsize=9.5, color=INK)
    title = "Deep enough, zeros come out positive (orange)"
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", color=INK, pad=14)
    axes.text(most + _room(most), 0.42, f"networks,\n{bits} bits", color=MUTED, fontsize=8, va="bottom", ha="right")


def _room(most: int) -> float:
    """Return where the numbers at the right end, in cells beyond the last one."""
    return 0.6 + 0.11 * most
