"""The common style of the figures: size, colours, axes, labels and ticks.

The palette (Okabe and Ito) is safe for colour-blind readers. Curves are labelled directly, and the title states the
result. Every colour has a name, so that a page can replace it (:func:`ntkproofs.report.plots.svg.inline_svg`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ntkproofs.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "COLOURS",
    "SIZE",
    "decade_ticks",
    "frame",
    "label",
    "needs_matplotlib",
    "new_axes",
    "plain_ticks",
    "power",
    "title_and_labels",
    "visible_ticks",
]

INK, MUTED, LINE = "#1b1f24", "#5f6873", "#dde1e6"
BLUE, ORANGE, GREEN, VERMILION, PURPLE = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7"
COLOURS = {
    "ink": INK,
    "muted": MUTED,
    "line": LINE,
    "blue": BLUE,
    "orange": ORANGE,
    "green": GREEN,
    "vermilion": VERMILION,
    "purple": PURPLE,
}

SIZE = (5.0, 3.5)  # inches, about the width of a telephone, so that text remains legible there
TEXT = 10.5  # points
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def needs_matplotlib() -> None:
    """Raise InputError with the package to install unless matplotlib can be imported.

    >>> needs_matplotlib()
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise InputError("figures need matplotlib: pip install 'ntkproofs[plots]' (or matplotlib itself)") from None


def new_axes(axes: Axes | None = None, size: tuple[float, float] = SIZE) -> Axes:
    """Return `axes`, or if it is None the axes of a new figure of `size` inches (without a window or global state).

    >>> new_axes().figure.get_size_inches().tolist()
    [5.0, 3.5]
    """
    if axes is not None:
        return axes
    needs_matplotlib()
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"font.size": TEXT, "text.color": INK}):
        created: Axes = Figure(figsize=size, layout="constrained").add_subplot()
    return created


def frame(axes: Axes, *, title: str, x: str, y: str) -> None:
    """Set the title and the labels of the axes (that of y above its axis), and draw a light grid."""
    title_and_labels(axes, title=title, x=x)
    axes.set_ylabel(y, color=MUTED, rotation=0, ha="left", va="bottom")
    axes.yaxis.set_label_coords(0, 1.02)
    axes.spines["bottom"].set_visible(True)
    axes.spines["bottom"].set_color(MUTED)
    axes.tick_params(axis="x", which="major", length=3)
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)


def title_and_labels(axes: Axes, *, title: str, x: str) -> None:
    """Set the title and the label of the x axis; hide the spines and the tick marks."""
    axes.set_title(title, loc="left", fontsize=TEXT + 0.5, fontweight="bold", color=INK, pad=24)
    axes.set_xlabel(x, color=MUTED, loc="right")
    axes.spines[["top", "right", "bottom", "left"]].set_visible(False)
    axes.tick_params(which="both", length=0, colors=MUTED)


def label(axes: Axes, text: str, at: tuple[float, float], colour: str, **options: Any) -> None:
    """Write a label next to a point of the data, at the offset `xytext` in points (default: to the right)."""
    defaults: dict[str, Any] = {
        "xytext": (6, 0),
        "textcoords": "offset points",
        "va": "center",
        "annotation_clip": False,
    }
    axes.annotate(text, at, color=colour, **{**defaults, **options})


def power(exponent: int) -> str:
    """Return the power of ten with the given exponent as text.

    >>> power(-6), power(0), power(4)
    ('10⁻⁶', '1', '10,000')
    """
    return f"{10**exponent:,}" if 0 <= exponent <= 5 else "10" + str(exponent).translate(_SUPERSCRIPTS)


def plain_ticks(axis: Any, positions: Sequence[float], labels: Sequence[str]) -> None:
    """Set the ticks of an axis and their labels, without minor ticks."""
    axis.set_ticks(list(positions), labels=list(labels))
    axis.set_ticks([], minor=True)


def visible_ticks(axis: Any, positions: Sequence[float]) -> None:
    """Set those of the ticks that lie within the range of an axis, labelled by their values."""
    low, high = axis.get_view_interval()
    visible = [position for position in positions if low <= position <= high]
    plain_ticks(axis, visible, [f"{position:g}" for position in visible])


def decade_ticks(axis: Any) -> None:
    """Set the ticks of a logarithmic axis to the powers of ten from 1 on that lie within its range."""
    low, high = axis.get_view_interval()
    exponents = [exponent for exponent in range(16) if low <= 10**exponent <= high]
    plain_ticks(axis, [10**exponent for exponent in exponents], [power(exponent) for exponent in exponents])
