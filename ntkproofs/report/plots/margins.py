"""Figure: the standardised margins of a permutation at two thresholds."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from ntkproofs.bounds.margins import Margins
from ntkproofs.bounds.thresholds import best, zero
from ntkproofs.counts import arbitrary_counts
from ntkproofs.kernels import two_layer_relu
from ntkproofs.programs import permutation
from ntkproofs.report.plots.style import BLUE, INK, VERMILION, frame, label, new_axes, visible_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["margins"]


def margins(axes: Axes | None = None, *, bits: int = 30) -> Axes:
    """Draw the margins of 0-bits and 1-bits of a permutation of `bits` bits, in standard deviations of one network.

    Pale: threshold 0; full colour: the best threshold. The smallest margin determines the number of networks.

    >>> margins(bits=10).get_xlabel()
    'n, ones in the word'
    """
    axes = new_axes(axes)
    table = Margins.of(two_layer_relu(), arbitrary_counts(permutation(range(bits))))
    thresholds = (zero(table), best(table))
    for threshold, pale in zip(thresholds, (0.4, 1.0), strict=True):
        for bit, colour in ((1, BLUE), (0, VERMILION)):
            line = _standardised(table, bit, threshold)
            axes.plot(*zip(*line, strict=True), "o-", color=colour, alpha=pale, markersize=2.8, linewidth=1.1)
        smallest = table.smallest(threshold)
        if smallest.z is not None and smallest.counts is not None:
            z, n = float(smallest.z.middle), smallest.counts.matches
            axes.plot([n], [z], "o", color=INK, markersize=6, fillstyle="none")
            offset = {"xytext": (9, 0)} if n < bits / 2 else {"xytext": (3, -14), "ha": "right"}
            label(axes, f"threshold {threshold}: smallest {z:.3f}", (n, z), INK, **offset)
    for bit, colour, position in ((1, BLUE, (8, 6)), (0, VERMILION, (8, -12))):
        point = _standardised(table, bit, thresholds[0])[2 if bit else bits // 6]
        label(axes, f"should be {bit}", point, colour, xytext=position)
    frame(
        axes,
        title=f"A small threshold balances the margins ({bits} bits)",
        x="n, ones in the word",
        y="margin, standard deviations",
    )
    axes.set_yscale("log")
    visible_ticks(axes.yaxis, (0.05, 0.1, 0.2, 0.5, 1, 2, 5))
    return axes


def _standardised(table: Margins, bit: int, threshold: Fraction) -> list[tuple[int, float]]:
    """Return the points (n, margin) of the bits that should be `bit` and are not certain."""
    rows = [row for row in table.moments if row.bit == bit and not row.certain]
    return [(row.counts.matches, float(row.standardised(threshold).middle)) for row in rows]
