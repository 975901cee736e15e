"""Standardised margins at two thresholds."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from ntkproofs.bounds.margins import Margins
from ntkproofs.bounds.thresholds import best, zero
from ntkproofs.counts import arbitrary_counts
from ntkproofs.kernels import two_layer_relu
from ntkproofs.programs import permutation
from ntkproofs.report.plots.style import BLUE, INK, VERMILION, frame, label, new_axes, plain_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["margins"]


def margins(axes: Axes | None = None, *, bits: int = 30) -> Axes:
    """Draw the margins of 0-bits and 1-bits in standard deviations of one network, permutation of `bits` bits.

    Pale: threshold 0; full: the best threshold. The smallest margin decides how many networks are needed.

    >>> margins(bits=10).get_xlabel()
    'n, ones in the word'
    """
    axes = new_axes(axes)
    given = Margins.of(two_layer_relu(), arbitrary_counts(permutation(range(bits))))
    thresholds = (zero(given), best(given))
    for threshold, pale in zip(thresholds, (0.4, 1.0), strict=True):
        for bit, colour in ((1, BLUE), (0, VERMILION)):
            line = _standardised(given, bit, threshold)
            axes.plot(*zip(*line, strict=True), "o-", color=colour, alpha=pale, markersize=2.8, linewidth=1.1)
        smallest = given.smallest(threshold)
        if smallest.z is not None and smallest.counts is not None:
            z, n = float(smallest.z.middle), smallest.counts.matches
            axes.plot([n], [z], "o", color=INK, markersize=6, fillstyle="none")
            place = {"xytext": (9, 0)} if n < bits / 2 else {"xytext": (3, -14), "ha": "right"}
            label(axes, f"threshold {threshold}: least {z:.3f}", (n, z), INK, **place)
    for bit, colour, where in ((1, BLUE, (8, 6)), (0, VERMILION, (8, -12))):
        at = _standardised(given, bit, thresholds[0])[2 if bit else bits // 6]
        label(axes, f"should be {bit}", at, colour, xytext=where)
    frame(
        axes,
        title=f"A small threshold balances the margins ({bits} bits)",
        x="n, ones in the word",
        y="margin, standard deviations",
    )
    axes.set_yscale("log")
    places = [place for place in (0.05, 0.1, 0.2, 0.5, 1, 2, 5) if axes.get_ylim()[0] <= place <= axes.get_ylim()[1]]
    plain_ticks(axes.yaxis, places, [f"{place:g}" for place in places])
    return axes


def _standardised(given: Margins, bit: int, threshold: Fraction) -> list[tuple[int, float]]:
    rows = [row for row in given.moments if row.bit == bit and not row.certain]
    return [(row.counts.matches, float(row.standardised(threshold).middle)) for row in rows]
