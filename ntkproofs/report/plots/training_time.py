"""Figure: the smallest margin of a permutation against training time, and the networks that are then needed."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from ntkproofs.bounds.margins import Margins
from ntkproofs.bounds.padding import Requirement
from ntkproofs.bounds.thresholds import best
from ntkproofs.classes import arbitrary_classes
from ntkproofs.counts import Counts, arbitrary_counts
from ntkproofs.kernels import two_layer_relu
from ntkproofs.programs import permutation
from ntkproofs.report.plots.style import BLUE, GREEN, INK, VERMILION, frame, label, new_axes, visible_ticks
from ntkproofs.training_time import CONVERGED, TrainingTime

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["training_time"]

BITS = (5, 10, 30)
LAST = Fraction(8)  # the last time that is drawn
MARKED = tuple(map(Fraction, (1, 2, 3, 6)))  # times at which networks are written


def training_time(
    axes: Axes | None = None, *, bits: tuple[int, ...] = BITS, parts: int = 8, failure: Fraction = Fraction(1, 100)
) -> Axes:
    """Draw the smallest margin of a permutation at the best threshold against time, in standard deviations.

    Gradient flow, NTK; the unit of time is the kernel with own entry 1, and there are `parts` points in each. Numbers:
    the networks that are enough for all words, by class, with a probability of failure of at most `failure`. Dashed: at
    convergence.

    >>> training_time(bits=(5,), parts=1).get_xlabel()
    'training time (kernel with own entry 1)'
    """
    axes = new_axes(axes)
    times = [Fraction(part, parts) for part in range(1, int(LAST * parts) + 1)]
    for size, colour in zip(bits, (GREEN, BLUE, VERMILION), strict=False):
        margins = [_margin(size, TrainingTime(time=moment)) for moment in times]
        axes.plot([0, *map(float, times)], [0, *margins], color=colour, linewidth=1.4)
        limit = _margin(size, CONVERGED)
        axes.plot([0, float(LAST)], [limit, limit], color=colour, linewidth=0.8, linestyle=(0, (4, 2.5)))
        last = f"{size} bits\n{_networks(size, CONVERGED, failure):,} networks"
        label(axes, last, (float(LAST), limit), colour, fontsize=9)
        for moment in MARKED:
            at = TrainingTime(time=moment)
            height = _margin(size, at)
            axes.plot([float(moment)], [height], "o", color=colour, markersize=3.4)
            text = f"{_networks(size, at, failure):,}"
            label(axes, text, (float(moment), height), INK, fontsize=8.5, xytext=(6, -5))
    frame(
        axes,
        title="The longer the training, the fewer networks",
        x="training time (kernel with own entry 1)",
        y="smallest margin, standard deviations",
    )
    axes.set_xlim(0, float(LAST))
    axes.set_ylim(0)
    visible_ticks(axes.xaxis, range(9))
    return axes


def _margin(bits: int, at: TrainingTime) -> float:
    """Return the smallest standardised margin of a permutation at the best threshold."""
    margins = Margins.of(two_layer_relu(), arbitrary_counts(permutation(range(bits))), at=at)
    z = margins.smallest(best(margins)).z
    return 0.0 if z is None else float(z.middle)


def _networks(bits: int, at: TrainingTime, failure: Fraction) -> int:
    pairs = {Counts(*count, bits): number for count, number in arbitrary_classes(permutation(range(bits))).items()}
    return (
        Requirement(two_layer_relu(), frozenset(pairs), bits, 1, 2**bits, failure, pairs=pairs, at=at).size(0).networks
    )
