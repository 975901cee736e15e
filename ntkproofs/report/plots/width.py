"""Width of one finite network against bits: certified, measured, and that of the published experiment."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from ntkproofs.report.plots.published import data_file, published_errors
from ntkproofs.report.plots.style import BLUE, INK, MUTED, VERMILION, frame, label, new_axes, plain_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["certified_widths", "measured_widths", "width"]

PUBLISHED = 50_000  # neurons of each network of the published experiment
SHOWN = (5, 8, 10, 20, 30)
CURVES = (("all", VERMILION, "all layers", (8, -8)), ("output", BLUE, "output layer", (8, 8)))


def _rows(name: str) -> list[dict[str, str]]:
    with data_file(name).open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines) if row["program"] == "permutation"]


def certified_widths(trained: str) -> dict[int, int]:
    """Return the certified widths of permutations, ``{bits: width}`` (``benchmarks/certified_widths.py`` makes them).

    >>> certified_widths("output")[10]
    2385
    """
    return {int(row["bits"]): int(row["width"]) for row in _rows("certified_widths.csv") if row["trained"] == trained}


def measured_widths(trained: str) -> dict[int, int]:
    """Return from which width on fewer than 1 % of draws fail, ``{bits: width}`` (``benchmarks/finite_widths.py``).

    >>> measured_widths("all")[5]
    84
    """
    result: dict[int, int] = {}
    rows = sorted(
        (row for row in _rows("finite_widths.csv") if row["trained"] == trained), key=lambda r: -int(r["width"])
    )
    failing = set()
    for row in rows:
        bits, wrong = int(row["bits"]), 1 - int(row["right"]) / int(row["draws"])
        if wrong >= 0.01:
            failing.add(bits)
        elif bits not in failing:
            result[bits] = int(row["width"])
    return result


def width(axes: Axes | None = None) -> Axes:
    """Draw the width of one network (all layers: of one a bit) that executes a permutation on every word, against bits.

    Lines: certified for a failure of at most 1/100; dots: measured, fewer than 1 % of draws fail. Dashed: the width of
    the networks of the published experiment, and how many of them it averaged for nine in ten words with two ones.

    >>> width().get_yscale()
    'log'
    """
    axes, ratios = new_axes(axes), []
    for trained, colour, name, shift in CURVES:
        found, seen = certified_widths(trained), measured_widths(trained)
        ratios += [found[bits] / seen[bits] for bits in seen]
        axes.plot(list(found), list(found.values()), "-", color=colour, linewidth=1.2)
        axes.plot(list(seen), list(seen.values()), "o", color=colour, markersize=4)
        label(axes, f"{name}\n{found[SHOWN[-1]]:,}", (SHOWN[-1], found[SHOWN[-1]]), colour, fontsize=9, xytext=shift)
    most = {k: networks for k, networks in sorted(published_errors())}
    axes.plot([SHOWN[0], SHOWN[-1]], [PUBLISHED] * 2, color=MUTED, linestyle=(0, (4, 2.5)), linewidth=1.2)
    for bits in (5, 10, 20, 30):
        label(axes, f"{most[bits]}", (bits, PUBLISHED), MUTED, xytext=(0, 8), ha="center", fontsize=9)
    label(
        axes, "published: so many networks\nof width 50,000", (SHOWN[0], PUBLISHED), MUTED, xytext=(0, -15), fontsize=9
    )
    label(axes, "certified", (8, certified_widths("all")[8]), INK, xytext=(-6, 12), ha="right", fontsize=9)
    label(axes, "measured", (8, measured_widths("all")[8]), INK, xytext=(-8, 10), ha="right", fontsize=9)
    frame(
        axes,
        title=f"Certified: {min(ratios):.0f} to {max(ratios):.0f} times the measured need",
        x="bits of a permuted word",
        y="neurons of one network, every word right (failure 1/100)",
    )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(4.6, 31)
    plain_ticks(axes.xaxis, SHOWN, [str(bits) for bits in SHOWN])
    places = (100, 1000, 10_000, 100_000)
    axes.set_ylim(60, 120_000)
    plain_ticks(axes.yaxis, places, [f"{place:,}" for place in places])
    return axes
