"""Figures: each a function that draws on Axes, its own or those given, and returns them. They need matplotlib.

>>> from ntkproofs.report.plots import FIGURES, figure
>>> sorted(FIGURES)[:2], figure("balance")().get_xlabel()
(['balance', 'depth-atlas'], 'n, matching templates')
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from ntkproofs.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FIGURES", "Entry", "figure"]


class Entry(NamedTuple):
    """A figure: module and function that draw it, what it shows (a line), how to read it (a sentence or two)."""

    function: str
    shows: str
    reading: str


_HERE = "ntkproofs.report.plots"
FIGURES = {
    "balance": Entry(
        f"{_HERE}.balance:balance",
        "B(n), what the rounding condition turns on, and n",
        "Dots: B(n) for n matching templates. Lines: the multiple of the root of n that it grows like. Where B(n) is "
        "below n, a bit that should be 0 has a negative mean.",
    ),
    "margins": Entry(
        f"{_HERE}.margins:margins",
        "standardised margins of 0-bits and 1-bits, two thresholds",
        "Distance of the mean from the threshold, in standard deviations of one network, at words with n ones. Pale: "
        "threshold 0. The least margin (circled) decides how many networks are needed.",
    ),
    "ensemble-sizes": Entry(
        f"{_HERE}.ensemble_sizes:ensemble_sizes",
        "ensemble size against bits: three thresholds and the published bound",
        "Networks that round all words of a permutation right, all at once, by the Gaussian tail; dashed: by the "
        "published bound at threshold 0. Every number is the least one, decided by balls.",
    ),
    "published": Entry(
        f"{_HERE}.published:published",
        "the published experiment against both kernels",
        "Dots: published errors of the average of 1, 8 and 64 networks. Lines: what the closed-form mean and variance "
        "expect, nothing fitted.",
    ),
    "width": Entry(
        f"{_HERE}.width:width",
        "width of one network against bits: certified, measured, published",
        "Lines: the width at which one network with a trained output layer, or a network for each bit with all layers "
        "trained, is certified to execute a permutation on every word. Dots: the width from which fewer than 1 % of "
        "draws fail. Dashed: the networks of the published experiment, right at 90 % of words with two ones.",
    ),
    "depth-atlas": Entry(
        "ntkproofs.report.plots.depth_atlas:depth_atlas",
        "sign of the mean of what should be 0, by depth and by activation",
        "Blue: at n matching templates a bit that should be 0 has a negative mean, so the threshold 0 is right; "
        "orange: a positive one; grey: 0. The deeper the colour, the further from 0. At the right: networks that a "
        "permutation needs at the best threshold, all words, failure at most 1/100.",
    ),
}


def figure(name: str) -> Callable[..., Axes]:
    """Return the function that draws the figure `name`; raises InputError, with all names, if there is none such."""
    if name not in FIGURES:
        raise InputError(f"there is no figure {name!r}: choose one of {', '.join(FIGURES)}")
    module, function = FIGURES[name].function.split(":")
    draw: Callable[..., Axes] = getattr(import_module(module), function)
    return draw
