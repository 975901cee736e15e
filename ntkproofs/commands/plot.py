"""``ntkproofs plot``: write one figure to a file."""

from __future__ import annotations

import argparse
from typing import Any

from ntkproofs.commands.common import HOLDS
from ntkproofs.report.plots import FIGURES

__all__ = ["register"]


def register(commands: Any) -> None:
    """Add the command to the parser."""
    names = "\n".join(f"  {name:<16} {entry.shows}" for name, entry in FIGURES.items())
    parser = commands.add_parser(
        "plot",
        help="write one figure of the report to a file (needs matplotlib)",
        description=f"Draw a figure and write it to a file. The figures:\n\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar="NAME", help="the figure, one of the names above")
    parser.add_argument(
        "-o", dest="output", metavar="FILE", required=True, help="the output file: FILE.svg, FILE.png or FILE.pdf"
    )
    parser.set_defaults(function=_plot)


def _plot(options: argparse.Namespace) -> int:
    from ntkproofs.report.plots.svg import save

    save(options.name, options.output)
    return HOLDS
