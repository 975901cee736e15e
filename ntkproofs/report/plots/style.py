"""How figures look: one size, a colour-blind-safe palette (Okabe and Ito), labels at the curves, the finding as title.

Every colour has a name, so that a page can put its own in its place (:func:`ntkproofs.report.plots.svg.inline_svg`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ntkproofs.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["COLOURS", "SIZE", "frame", "label", "needs_matplotlib", "new_axes", "plain_ticks", "power"]

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

SIZE = (5.0, 3.5)  # inches: about one to one on a phone, so that the text stays readable there
TEXT = 10.5
_DIGITS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def needs_matplotlib() -> None:
    """Raise InputError, saying what to install, unless matplotlib can be imported.

    >>> needs_matplotlib()
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise InputError("figures need matplotlib: pip install 'ntkproofs[plots]' (or matplotlib itself)") from None


def new_axes(axes: Axes | None = None) -> Axes:
    """Return the axes given, or those of a new figure in the house style (no window, no global state).

    >>> new_axes().figure.get_size_inches().tolist()
    [5.0, 3.5]
    """
    if axes is not None:
        return axes
    needs_matplotlib()
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"font.size": TEXT, "text.color": INK}):
        made: Axes = Figure(figsize=SIZE, layout="constrained").add_subplot()
    return made


def frame(axes: Axes, *, title: str, x: str, y: str) -> None:
    """Set title and axis labels (that of y lies above its axis), take away what is not data."""
    axes.set_title(title, loc="left", fontsize=TEXT + 0.5, fontweight="bold", color=INK, pad=24)
    axes.set_xlabel(x, color=MUTED, loc="right")
    axes.set_ylabel(y, color=MUTED, rotation=0, ha="left", va="bottom")
    axes.yaxis.set_label_coords(0, 1.02)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(MUTED)
    axes.tick_params(which="both", length=0, colors=MUTED)
    axes.tick_params(axis="x", which="major", length=3)
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)


def label(axes: Axes, text: str, at: tuple[float, float], colour: str, **options: Any) -> None:
    """Write a label at a point of the data, a little to its right unless `xytext` (in points) says otherwise."""
    shown: dict[str, Any] = {"xytext": (6, 0), "textcoords": "offset points", "va": "center", "annotation_clip": False}
    axes.annotate(text, at, color=colour, **{**shown, **options})


def power(exponent: int) -> str:
    """Return a power of ten in plain characters.

    >>> power(-6), power(0), power(4)
    ('10⁻⁶', '1', '10,000')
    """
    return f"{10**exponent:,}" if 0 <= exponent <= 5 else "10" + str(exponent).translate(_DIGITS)


def plain_ticks(axis: Any, places: Sequence[float], texts: Sequence[str]) -> None:
    """Set the ticks of an axis and what they say; no other ticks."""
    axis.set_ticks(list(places), labels=list(texts))
    axis.set_ticks([], minor=True)
