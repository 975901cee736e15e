"""``ntkproofs report``: every claim and the figures, as one page for the browser."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from ntkproofs.commands.check import add_options, look_into
from ntkproofs.commands.common import remark
from ntkproofs.printable import file_name

__all__ = ["register"]


def register(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "report",
        help="every claim, who is believed for it, and the figures, as one page (needs matplotlib)",
        description="Look into the claims of the given files or directories, as `check` does, draw the figures, and "
        "write one page for the browser. The exit code is that of `check`.",
    )
    add_options(parser)
    parser.add_argument("-o", dest="output", metavar="FILE", default="report.html", help="default: report.html")
    parser.set_defaults(function=_report)


def _report(options: argparse.Namespace) -> int:
    from ntkproofs.files import check_writable, write_whole
    from ntkproofs.report.page import html_page
    from ntkproofs.report.plots.style import needs_matplotlib
    from ntkproofs.report.versions import versions
    from ntkproofs.rigor.coqc import one_run

    goal = options.output
    check_writable(goal)  # before the work, not after it
    needs_matplotlib()
    figures = list(_figures())
    with one_run(cache=not options.no_cache):
        run = look_into(options)
    if run.stopped:
        remark(f"ntkproofs: {goal} was not written")
        return run.code
    page = html_page(run.results, figures=figures, versions=versions(), files=run.digests)
    write_whole(goal, page.encode())
    remark(f"ntkproofs: {file_name(goal)}: {len(run.results)} claims, {len(figures)} figures")
    return run.code


def _figures() -> Iterator[tuple[str, str]]:
    """Draw every figure; a line for each on stderr."""
    from ntkproofs.report.plots import FIGURES
    from ntkproofs.report.plots.svg import inline_svg

    for name in FIGURES:
        remark(f"drawing {name}")
        yield name, inline_svg(name)
