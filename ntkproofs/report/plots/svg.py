"""Figures as files, and as SVG elements that use the colours and the font of an HTML page.

The output for a figure always consists of the same bytes.
"""

from __future__ import annotations

import io
import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntkproofs.errors import InputError
from ntkproofs.files import check_writable, write_atomically
from ntkproofs.report.plots import figure
from ntkproofs.report.plots.style import COLOURS, SIZE, needs_matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FORMATS", "inline_svg", "save"]

FORMATS = ("svg", "png", "pdf")
_METADATA = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}, "pdf": {"CreationDate": None}}


def _rendered(axes: Axes, kind: str, name: str, *, transparent: bool = False) -> bytes:
    """Return the figure of `axes` as a file of the given format."""
    from matplotlib import rc_context

    buffer = io.BytesIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        image: Any = axes.figure
        image.savefig(buffer, format=kind, dpi=200, metadata=_METADATA[kind], transparent=transparent)
    return buffer.getvalue()


def save(name: str, path: str | Path) -> None:
    """Draw the figure `name` and write it to `path`, in the format of its suffix: ``.svg``, ``.png`` or ``.pdf``.

    Raises InputError for an unknown name or suffix, if matplotlib is missing, and if the file cannot be written.

    >>> save("balance", "balance.gif")
    Traceback (most recent call last):
    ntkproofs.errors.InputError: balance.gif: the suffix of a figure must be one of .svg, .png, .pdf
    """
    draw, kind = figure(name), Path(path).suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise InputError(
            f"{path}: the suffix of a figure must be one of {', '.join(f'.{suffix}' for suffix in FORMATS)}"
        )
    check_writable(path)
    needs_matplotlib()
    write_atomically(path, _rendered(draw(), kind, name))


def inline_svg(name: str) -> str:
    """Draw the figure `name` and return it as an ``<svg>`` element for an HTML page.

    Its colours are CSS variables such as ``--blue``, its font is ``--font``, and its ids begin with the name of the
    figure. It has no fixed width; a figure that is wider than the usual size has the class ``wide``.
    """
    axes = figure(name)()
    text = _rendered(axes, "svg", name, transparent=True).decode("utf-8")
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
    image: Any = axes.figure
    wide = ' class="wide"' if image.get_size_inches()[0] > SIZE[0] else ""
    return re.sub(
        r"<svg[^>]*(viewBox=\"[^\"]*\")[^>]*>", rf'<svg \1{wide} role="img" aria-label="{heading}">', text, count=1
    )
