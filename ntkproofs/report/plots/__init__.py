"""Figures: functions that draw on matplotlib Axes, new ones or those of the caller, and return them.

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
    """A figure: ``module:function`` that draws it, its subject in one line, and how to read it in a few sentences."""

    function: str
    shows: str
    reading: str


_HERE = "ntkproofs.report.plots"
FIGURES = {
    "balance": Entry(
        f"{_HERE}.balance:balance",
        "the balance B(n) of both kernels against n",
        "Dots: B(n) for n matching templates. Lines: the asymptotic multiple of the square root of n. Where B(n) < n, "
        "a bit that should be 0 has a negative mean.",
    ),
    "margins": Entry(
        f"{_HERE}.margins:margins",
        "standardised margins of 0-bits and 1-bits at two thresholds",
        "Distance of the mean from the threshold, in standard deviations of one network, for words with n ones. Pale: "
        "threshold 0; full colour: the best one. If every word gets the smallest margin (circled), it "
        "determines the number of networks.",
    ),
    "ensemble-sizes": Entry(
        f"{_HERE}.ensemble_sizes:ensemble_sizes",
        "ensemble size against bits for four union bounds and the published bound",
        "Smallest number of networks for which all words of a permutation are rounded correctly at the same time, by "
        "the Gaussian tail: with the smallest margin for every word at three thresholds, and with the margin of each "
        "class at the best one; dashed: by the published bound at threshold 0. Decided by ball arithmetic.",
    ),
    "training-time": Entry(
        f"{_HERE}.training_time:training_time",
        "smallest margin and networks against training time",
        "Smallest distance of a mean from the best threshold, in standard deviations of one network, for all words of "
        "a permutation, while networks are trained by gradient flow (unit of time: the kernel with own entry 1). "
        "Numbers: networks that are enough for all words, with the margin of each class; dashed: at convergence.",
    ),
    "published": Entry(
        f"{_HERE}.published:published",
        "the published experiment and the predictions of both kernels",
        "Dots: published errors of the average of 1, 8 and 64 networks. Lines: expected errors from the closed-form "
        "mean and variance, without fitted parameters.",
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
        "sign of the mean of 0-bits by depth and by activation",
        "Blue: with n matching templates, a bit that should be 0 has a negative mean, so it is rounded correctly at "
        "threshold 0; orange: a positive mean; grey: 0. The deeper the colour, the further the ratio n/B(n) is from 1. "
        "Right: the number of networks for a permutation at the best threshold, all words, failure at most 1/100.",
    ),
}


def figure(name: str) -> Callable[..., Axes]:
    """Return the function that draws the figure `name`; raises InputError, with all names, for an unknown name."""
    if name not in FIGURES:
        raise InputError(f"there is no figure {name!r}; the figures are {', '.join(FIGURES)}")
    module, function = FIGURES[name].function.split(":")
    draw: Callable[..., Axes] = getattr(import_module(module), function)
    return draw
