"""Figures as files, and as SVG with the colours and the font of the page around it. The same bytes each time."""

from __future__ import annotations

import io
import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntkproofs.errors import InputError
from ntkproofs.files import check_writable, write_whole
from ntkproofs.report.plots import figure
from ntkproofs.report.plots.style import COLOURS, SIZE, needs_matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FORMATS", "inline_svg", "save"]

FORMATS = ("svg", "png", "pdf")
_NO_DATE = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}, "pdf": {"CreationDate": None}}


def _drawn(axes: Axes, kind: str, name: str, *, see_through: bool = False) -> bytes:
    from matplotlib import rc_context

    drawing = io.BytesIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        whole: Any = axes.figure
        whole.savefig(drawing, format=kind, dpi=200, metadata=_NO_DATE[kind], transparent=see_through)
    return drawing.getvalue()


def save(name: str, path: str | Path) -> None:
    """Draw the figure `name` and write it to `path`; its ending says how (svg, png, pdf).

    Raises InputError for a name or an ending that is not known, or if matplotlib is missing.

    >>> save("balance", "balance.gif")
    Traceback (most recent call last):
    ntkproofs.errors.InputError: balance.gif: a figure is written as .svg, .png, .pdf
    """
    draw, kind = figure(name), Path(path).suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise InputError(f"{path}: a figure is written as {', '.join('.' + each for each in FORMATS)}")
    check_writable(path)
    needs_matplotlib()
    write_whole(path, _drawn(draw(), kind, name))


def inline_svg(name: str) -> str:
    """Draw the figure `name` as an ``<svg>`` element to put into a page.

    Its colours are CSS variables (``--blue``), its font is ``--font``, its ids begin with the figure's name, and it is
    as wide as its box; one that is wider than most has the class ``wide``.
    """
    axes = figure(name)()
    text = _drawn(axes, "svg", name, see_through=True).decode("utf-8")
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<defs>\s*<style[^>]*>(.*?)</style>\s*</defs>", "", text, count=1, flags=re.DOTALL)
    text = re.sub(r'(id="|url\(#|href="#)', rf"\1{name}-", text)
    for colour, code in COLOURS.items():
        text = text.replace(code, f"var(--{colour})")
    text = re.sub(r"font-family: [^;\"]*", "font-family: var(--font)", text)
    text = re.sub(r"(font: [^;\"]*?\dpx) [^;\"]*", r"\1 var(--font)", text)
    text = re.sub(r"\s*\n\s*", "\n", text)
    labels = " against ".join(filter(None, (axes.get_ylabel(), axes.get_xlabel())))
    heading = escape(f"{axes.get_title(loc='left')}. {labels}.", quote=True)
    whole: Any = axes.figure
    wide = ' class="wide"' if whole.get_size_inches()[0] > SIZE[0] else ""
    return re.sub(
        r"<svg[^>]*(viewBox=\"[^\"]*\")[^>]*>", rf'<svg \1{wide} role="img" aria-label="{heading}">', text, count=1
    )
